"""Laws of the dice: each draw is right and no two have to do with each other. Seeds are fixed, so no test flickers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from tests.oracles import firms as slow
from xinzhi.simulate import _dice as dice

LAW = settings(deadline=None)  # the first example compiles
N = 200_000
words = st.integers(0, 2**64 - 1)
KEY = np.uint64(dice.key_of(11, 4, 2))


@njit
def betas(key, n):
    out = np.empty(n)
    for i in range(n):
        out[i] = dice.beta33(dice.agent_of(key, i), 0)
    return out


@njit
def counts(key, n, mean):
    out = np.empty(n, np.int64)
    for i in range(n):
        out[i] = dice.poisson(dice.agent_of(key, i), 0, mean)
    return out


@njit
def count_of(agent, mean):
    return dice.poisson(np.uint64(agent), 0, mean)


def draws(seed=11, step=4, event=2, draw=0, n=N, first=0):
    """One draw of each of n agents."""
    key = np.uint64(dice.key_of(seed, step, event))
    return dice.uniforms(key, np.arange(first, first + n), draw + 1)[draw]


@LAW
@given(words)
def test_mixing_is_the_finaliser(word):
    assert int(dice.mixed(np.uint64(word))) == slow.mixed(word)


@LAW
@given(
    st.integers(0, 2**63 - 1), st.integers(0, 10_000), st.integers(0, 1_000), st.integers(0, 2**32), st.integers(0, 50)
)
def test_a_draw_is_its_slow_twin(seed, step, event, agent, draw):
    key = int(dice.key_of(seed, step, event))
    assert key == slow.key_of(seed, step, event)
    me = int(dice.agent_of(np.uint64(key), agent))
    assert me == slow.agent_of(key, agent)
    assert dice.uniform(np.uint64(me), draw) == slow.uniform(me, draw)


def unmixed(word: int) -> int:
    """What the finaliser makes this word of."""
    for shift, factor in ((31, slow.SECOND), (27, slow.FIRST), (30, 1)):
        back = word
        for _ in range(64 // shift):
            back = word ^ (back >> shift)
        word = back * pow(factor, -1, 2**64) & slow.MASK
    return word


@LAW
@given(words)
def test_no_two_words_mix_to_the_same(word):
    assert unmixed(slow.mixed(word)) == word


@pytest.mark.parametrize(("word", "wanted"), [(0, 2.0**-53), (2**64 - 1, 1.0 - 2.0**-53)])
def test_the_interval_is_open_at_its_very_ends(word, wanted):
    """The agents whose first draw is the least and the greatest there is."""
    assert dice.uniform(np.uint64(unmixed(word)), 0) == wanted


@pytest.mark.parametrize("draw", [0, 1, 7, 24])
def test_uniform(draw):
    u = draws(draw=draw)
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    assert abs(u.mean() - 0.5) < 4 * math.sqrt(1 / 12 / N)
    fine = np.bincount((u * 2**40).astype(np.int64) % 1024, minlength=1024)  # the middle bits
    assert stats.chisquare(fine).pvalue > 1e-3


NEIGHBOURS = {
    "agents": (draws(), draws(first=1)),
    "draws": (draws(), draws(draw=1)),
    "steps": (draws(), draws(step=5)),
    "events": (draws(), draws(event=3)),
    "seeds": (draws(), draws(seed=12)),
    "step and event changed over": (draws(step=4, event=2), draws(step=2, event=4)),
    "step of one agent, number of another": (draws(step=5, draw=0), draws(step=4, draw=1, first=1)),
}


@pytest.mark.parametrize("of", NEIGHBOURS)
def test_neighbours_have_nothing_to_do_with_each_other(of):
    u, v = NEIGHBOURS[of]
    assert not (u == v).any()
    assert abs(np.corrcoef(u, v)[0, 1]) < 4 / math.sqrt(N)
    assert abs(np.corrcoef((u - 0.5) ** 2, (v - 0.5) ** 2)[0, 1]) < 4 / math.sqrt(N)
    grid = np.bincount((u * 32).astype(int) * 32 + (v * 32).astype(int), minlength=1024)
    assert stats.chisquare(grid).pvalue > 1e-3
    turned = (u + v) % 1.0  # uniform only if they are independent, on any fixed shift
    assert stats.kstest(turned, "uniform").pvalue > 1e-3


def test_one_agent_through_many_steps_is_uniform_too():
    u = np.array([draws(step=step, n=1)[0] for step in range(5_000)])
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < 4 / math.sqrt(len(u))


def test_beta33_is_the_middle_one_of_five():
    five = dice.uniforms(KEY, np.arange(5_000), 5)
    assert (betas(KEY, 5_000) == np.sort(five, axis=0)[2]).all()


def test_the_gain_of_an_innovation_has_the_distribution_of_the_model():
    """Dosi, Fagiolo, Roventini 2010: x ~ Beta(3, 3) on (−.15, .15); the middle of five uniforms is Beta(3, 3)."""
    x = -0.15 + 0.3 * betas(KEY, N)
    law = stats.beta(3, 3, loc=-0.15, scale=0.3)
    assert stats.kstest(x, law.cdf).pvalue > 1e-3
    assert x.min() > -0.15
    assert x.max() < 0.15
    assert abs(x.mean()) < 4 * math.sqrt(law.var() / N)
    assert abs(x.var() / law.var() - 1) < 4 * math.sqrt((law.stats("k") + 2) / N)
    edges = np.linspace(-0.15, 0.15, 61)
    seen, wanted = np.histogram(x, edges)[0], N * np.diff(law.cdf(edges))
    assert stats.chisquare(seen[3:-3], wanted[3:-3] * seen[3:-3].sum() / wanted[3:-3].sum()).pvalue > 1e-3


@pytest.mark.parametrize("mean", [0.02, 0.7, 4.0, 17.5, 29.9])
def test_poisson_below_thirty_has_its_probabilities(mean):
    k = counts(KEY, N, mean)
    most = int(stats.poisson.isf(50 / N, mean))
    seen = np.bincount(np.minimum(k, most + 1), minlength=most + 2)
    wanted = N * np.append(stats.poisson.pmf(np.arange(most + 1), mean), stats.poisson.sf(most, mean))
    enough = wanted >= 5
    seen, wanted = (np.append(part[enough], part[~enough].sum()) for part in (seen, wanted))
    assert stats.chisquare(seen[wanted > 0], wanted[wanted > 0]).pvalue > 1e-3


@pytest.mark.parametrize("mean", [0.7, 29.9, 30.5, 75.0, 1_000.0])
def test_poisson_has_mean_and_variance(mean):
    k = counts(KEY, N, mean)
    assert k.min() >= 0
    assert abs(k.mean() - mean) < 4 * math.sqrt(mean / N)
    spread = math.sqrt((2 + 1 / mean) / N) + (1 / 12 / mean if mean > 30 else 0)  # a rounded normal is 1/12 too wide
    assert abs(k.var() / mean - 1) < 4 * spread


@pytest.mark.parametrize("mean", [30.5, 75.0, 1_000.0])
def test_a_large_poisson_is_near_its_distribution(mean):
    k = counts(KEY, N, mean)
    at = np.arange(k.max() + 1)
    off = np.abs(np.cumsum(np.bincount(k)) / N - stats.poisson.cdf(at, mean)).max()
    assert off < 0.4 / (6 * math.sqrt(mean)) * 1.2 + 2 / math.sqrt(N)  # skewness/6 × φ(0), and the sample's own error


@LAW
@given(words, st.floats(0.001, 25.0), st.floats(1.01, 1.2))
def test_a_larger_mean_gives_the_same_luck_no_less(agent, mean, more):
    """Two policies with common random numbers: what raises the chances of discoveries never loses one by luck."""
    assert count_of(np.uint64(agent), mean * more) >= count_of(np.uint64(agent), mean)


@pytest.mark.parametrize("mean", [0.0, -1.0])
def test_nothing_comes_of_nothing(mean):
    assert (counts(KEY, 100, mean) == 0).all()
