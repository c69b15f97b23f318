"""Inference without a likelihood: known posteriors, what cannot be identified, calibration, resuming."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from xinzhi.core.errors import MethodError
from xinzhi.simulate.inference import infer
from xinzhi.simulate.matching import match
from xinzhi.simulate.posterior import Prior, Target, weighted_quantile
from xinzhi.simulate.summaries import SUMMARIES, ridge

N = 20


def normal_mean(parameters, seeds):
    """Mean and spread of 20 normals: under a flat prior the mean's posterior is normal with sd 1/√20."""
    found = [np.random.default_rng(s).normal(q, 1, N) for (q,), s in zip(parameters, seeds, strict=True)]
    return np.array([[x.mean(), x.std()] for x in found])


def only_the_sum(parameters, seeds):
    """Moments that know a + b, and nothing of a, of b or of c."""
    noise = np.array([np.random.default_rng(s).normal(0, 0.1, 3) for s in seeds])
    both = parameters[:, 0] + parameters[:, 1]
    return np.column_stack([both, both**2, np.zeros(len(both))]) + noise


SUM_PRIORS = (Prior("a", 0, 1), Prior("b", 0, 1), Prior("c", 0, 2))
SUM_TARGETS = {"sum": 1.0, "square": 1.0, "nothing": 0.0}


@pytest.mark.parametrize("summaries", [method.name for method in SUMMARIES])
def test_the_mean_of_a_normal_has_its_conjugate_posterior(summaries):
    sd, priors = N**-0.5, [Prior("mu", -3, 3)]
    several = [infer(normal_mean, {"mean": 0.7, "sd": 1.0}, priors, summaries=summaries, seed=k) for k in range(6)]
    told = [[one.mean[0], one.quantile(0.05)[0], one.quantile(0.95)[0]] for one in several]
    # Over six seeds the error of simulating is about 0.1 of the posterior's own deviation.
    assert np.mean(told, axis=0) == pytest.approx([0.7, 0.7 - 1.645 * sd, 0.7 + 1.645 * sd], abs=0.3 * sd)
    assert np.mean([one.covariance[0, 0] for one in several]) == pytest.approx(1 / N, rel=0.2)
    assert np.mean([one.coverage[0] for one in several]) == pytest.approx(0.9, abs=0.07)
    assert {one.verdicts for one in several} == {("identified",)}
    assert several[0].fit()["inside"].all()


def test_a_target_known_roughly_widens_the_posterior():
    """With error τ in the target the posterior's variance is 1/20 + τ²."""
    found = infer(normal_mean, {"mean": Target(0.7, 0.5), "sd": Target(1.0, 9.0)}, [Prior("mu", -4, 4)])
    assert np.sqrt(found.covariance[0, 0]) == pytest.approx(np.sqrt(1 / N + 0.25), rel=0.2)


def test_what_only_a_sum_knows_is_named_as_such():
    found = infer(only_the_sum, SUM_TARGETS, SUM_PRIORS)
    assert found.verdicts == ("not identified",) * 3
    (pair,) = found.pairs
    assert pair.names == ("a", "b")
    assert pair.correlation < -0.9
    assert pair.first == pytest.approx(pair.second, rel=0.1)
    directions = found.directions()
    assert list(directions["sloppy"]) == [False, True, True]
    stiff = directions.loc[0, ["a", "b", "c"]].to_numpy(dtype=float)
    assert stiff == pytest.approx([0.5**0.5, 0.5**0.5, 0], abs=0.05)
    printed = repr(found).splitlines()
    assert len(printed) == 6
    assert "not identified: a" in printed[3]
    assert "a with b" in printed[4]


def test_ranks_of_the_truth_are_uniform():
    """Simulation-based calibration: the truth, drawn from the prior, has a uniform rank in its own posterior."""
    rng, ranks = np.random.default_rng(11), []
    prior = Prior("mu", -3, 3)
    for number in range(80):
        truth = rng.uniform(-3, 3)
        seen = rng.normal(truth, 1, N)
        targets = {"mean": seen.mean(), "sd": seen.std()}
        found = infer(normal_mean, targets, [prior], draws=120, generations=2, keep=0.4, predictive=0, seed=number)
        ranks.append(found.weights @ (found.sample[:, 0] < truth))
    counts = np.histogram(ranks, bins=8, range=(0, 1))[0]
    assert chisquare(counts).pvalue > 0.01
    assert np.mean(ranks) == pytest.approx(0.5, abs=0.1)
    assert np.std(ranks) == pytest.approx(12**-0.5, abs=0.06)


def test_samples_stay_inside_the_prior():
    found = infer(normal_mean, {"mean": 2.9, "sd": 1.0}, [Prior("mu", -3, 3)], draws=200)
    assert found.sample.min() >= -3
    assert found.sample.max() <= 3
    assert found.weights.sum() == pytest.approx(1)
    again = found.resample(500, seed=3)
    assert again.shape == (500, 1)
    assert again.mean() == pytest.approx(found.mean[0], abs=0.05)


def test_the_same_seed_asks_the_same_questions_and_gives_the_same_bits():
    asked: dict[int, list[bytes]] = {0: [], 1: [], 2: []}

    def told(which):
        def simulate(parameters, seeds):
            asked[which].append(parameters.tobytes() + seeds.tobytes())
            return normal_mean(parameters, seeds)

        return simulate

    one, two = (infer(told(k), SHORT, [Prior("mu", -3, 3)], draws=160, seed=4) for k in (0, 1))
    other = infer(told(2), SHORT, [Prior("mu", -3, 3)], draws=160, seed=5)
    assert asked[0] == asked[1]
    assert len(asked[0]) == 5
    assert one.sample.tobytes() == two.sample.tobytes()
    assert one.weights.tobytes() == two.weights.tobytes()
    assert one.predictive.tobytes() == two.predictive.tobytes()
    assert other.sample.tobytes() != one.sample.tobytes()


SHORT = {"mean": 0.2, "sd": 1.0}


def test_runs_without_a_moment_are_left_out_and_counted():
    def gappy(parameters, seeds):
        moments = normal_mean(parameters, seeds)
        moments[parameters[:, 0] < -2, 1] = np.nan
        return moments

    found = infer(gappy, SHORT, [Prior("mu", -3, 3)], draws=200)
    assert [note.code for note in found.notes] == ["runs-left-out"]

    def never(parameters, seeds):
        return np.full((len(parameters), 2), [0.0, np.inf])

    with pytest.raises(MethodError, match=r"most often missing: sd \(\d+\)"):
        infer(never, SHORT, [Prior("mu", -3, 3)], draws=200)


def test_a_target_that_no_run_reaches_is_named():
    found = infer(normal_mean, {"mean": 0.0, "sd": 40.0}, [Prior("mu", -3, 3)], draws=100)
    assert "out-of-reach" in [note.code for note in found.notes]
    assert not found.fit()["inside"].all()


@pytest.mark.parametrize(
    ("targets", "priors", "options", "code"),
    [
        ({}, [Prior("mu", 0, 1)], {}, "no-targets"),
        (SHORT, [], {}, "no-parameters"),
        (SHORT, [Prior("mu", 1, 1)], {}, "empty-range"),
        (SHORT, [Prior("mu", 0, 1), Prior("mu", 0, 1)], {}, "given-twice"),
        (SHORT, [Prior("mu", 0, 1)], {"draws": 20}, "too-few-draws"),
        (SHORT, [Prior("mu", 0, 1)], {"keep": 0.0}, "bad-share"),
        ({"mean": Target(0, -1), "sd": 1}, [Prior("mu", 0, 1)], {}, "bad-target"),
        ({"mean": 0.0}, [Prior("mu", 0, 1)], {}, "wrong-shape"),
    ],
)
def test_what_cannot_be_inferred_is_refused_in_both_languages(targets, priors, options, code):
    with pytest.raises(MethodError) as caught:
        infer(normal_mean, targets, priors, **options)
    assert code in [fault.code for fault in caught.value.faults]
    assert caught.value.say("zh") != caught.value.say("en")


def test_simulated_moments_find_the_mean_and_its_error():
    found = match(normal_mean, {"mean": 0.7, "sd": 1.0}, [Prior("mu", -3, 3)], repeats=8)
    assert found.errors[0] == pytest.approx(np.sqrt((1 + 1 / 8) / N), rel=0.3)
    assert abs(found.estimate[0] - 0.7) < 3 * np.sqrt(1 / (8 * N))
    assert found.p > 0.05
    assert len(repr(found).splitlines()) == 6
    again = match(normal_mean, {"mean": 0.7, "sd": 1.0}, [Prior("mu", -3, 3)], repeats=8)
    assert again.estimate.tobytes() == found.estimate.tobytes()


def test_simulated_moments_do_not_pretend_to_know_the_parts_of_a_sum():
    found = match(only_the_sum, SUM_TARGETS, SUM_PRIORS)
    assert found.estimate[:2].sum() == pytest.approx(1, abs=0.2)
    assert (found.contraction < 0.5).all()
    assert np.isnan(found.j)
    with pytest.raises(MethodError, match="cannot place 3 parameters"):
        match(only_the_sum, {"sum": 1.0}, SUM_PRIORS)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(5, 60), st.integers(1, 4))
def test_the_ridge_lies_between_nothing_and_least_squares(seed, n, k):
    """Residuals of any penalty lie between those of least squares and of the mean alone."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n + k, k)), rng.standard_normal((n + k, 2))
    weights = rng.uniform(0.5, 1.5, n + k)
    centre, slopes, left = ridge(x, y, weights)
    np.testing.assert_allclose(left, y - centre - x @ slopes)
    share = weights / weights.sum()
    design = np.column_stack([np.ones(n + k), x]) * np.sqrt(share)[:, None]
    least = (y * np.sqrt(share)[:, None]) - design @ np.linalg.lstsq(design, y * np.sqrt(share)[:, None])[0]
    lost = share @ left**2
    assert (lost >= (least**2).sum(axis=0) - 1e-9).all()
    assert (lost <= share @ (y - share @ y) ** 2 + 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30), st.integers(1, 99))
def test_weighted_quantiles_are_those_of_the_values_repeated(values, percent):
    """A weight of k is the value k times: the slow obvious twin repeats and sorts."""
    counts = np.array([1 + (value % 3) for value in values])
    repeated = np.sort(np.repeat(values, counts))
    rank = -(-percent * len(repeated) // 100)  # the first to reach the share, in whole numbers
    got = weighted_quantile(np.array(values, dtype=float)[:, None], counts / counts.sum(), percent / 100)
    assert got[0] == repeated[rank - 1]
