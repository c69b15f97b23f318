"""The loops over firms agree with their slow twins, and with the distributions they are said to draw from."""

import numpy as np
import pytest
from scipy import stats

from tests.oracles import firm_events
from xinzhi.simulate import _dice, _kernels
from xinzhi.simulate._kernels import BLOCKS, FIRMS, LEFT, NEWEST, OUTPUT, SIZE, SKILL, SKILL2
from xinzhi.simulate.knobs import Knobs

REGIONS, INDUSTRIES, FIELDS = 4, 5, 3


@pytest.fixture(params=[0, 1, 2])
def scene(request):
    rng = np.random.default_rng(request.param)
    n = 3_000
    size = np.where(rng.random(n) < 0.1, 0.0, rng.lognormal(0, 1, n)).astype(np.float32)
    return {
        "rng": rng,
        "key": np.uint64(_dice.key_of(request.param, 3, 8)),
        "region": rng.integers(0, REGIONS, n).astype(np.int16),
        "industry": rng.integers(0, INDUSTRIES, n).astype(np.int16),
        "size": size,
        "driver": rng.integers(0, 4, n).astype(np.int8),
        "productivity": rng.normal(0, 0.4, n).astype(np.float32),
        "boost": np.array([0.0, 0.1, 0.3, 0.4]),
        "handicap": rng.normal(0, 0.05, (REGIONS, INDUSTRIES)),
        "mean_lead": rng.normal(0, 0.1, INDUSTRIES),
        "knobs": Knobs(innovation=0.4, imitation=0.7),
    }


def firms_of(scene):
    return tuple(scene[name].copy() for name in ("region", "industry", "size", "driver"))


def test_improve_agrees_with_its_twin(scene):
    rng, knobs = scene["rng"], scene["knobs"]
    region, industry, size, driver = firms_of(scene)
    old = scene["productivity"]
    effort, openness = rng.uniform(0.3, 1.5, (REGIONS, INDUSTRIES)), rng.random((REGIONS, INDUSTRIES))
    closed, hazard = rng.random(REGIONS), rng.random((REGIONS, INDUSTRIES))
    technology, related = rng.integers(0, FIELDS, INDUSTRIES), rng.random((FIELDS, FIELDS))
    mean_size, foreign = rng.uniform(0.5, 2, INDUSTRIES), rng.normal(0.3, 0.3, INDUSTRIES)
    book = firm_events.improve(
        scene["key"],
        firms_of(scene),
        old,
        effort,
        closed,
        openness,
        hazard,
        3,
        technology,
        related,
        mean_size,
        foreign,
        knobs,
    )
    productivity = old.copy()
    _kernels.improve(
        scene["key"], 0, BLOCKS, region, industry, productivity, old, size, driver,
        effort, closed, openness, hazard, 3, technology, related, mean_size, foreign,
        knobs.innovation, 1 - np.exp(-knobs.imitation * effort), knobs.gain, knobs.size_advantage,
        1 - knobs.distance_penalty,
    )  # fmt: skip
    np.testing.assert_allclose(productivity, book[0], rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(driver, book[1])
    assert (productivity > old).mean() > 0.1
    assert (driver > scene["driver"]).mean() > 0.1


def test_compete_agrees_with_its_twin(scene):
    knobs = scene["knobs"]
    region, industry, size, driver = firms_of(scene)
    drag = scene["rng"].uniform(0, 0.05, (REGIONS, INDUSTRIES))
    rest = (scene["boost"], scene["handicap"], scene["mean_lead"], drag)
    book = firm_events.compete(scene["key"], firms_of(scene), scene["productivity"], *rest, knobs)
    sums = np.zeros((BLOCKS, REGIONS, INDUSTRIES))
    _kernels.compete(
        scene["key"], 0, BLOCKS, region, industry, scene["productivity"], size, driver, *rest,
        knobs.selection, knobs.penrose, knobs.lump_rate, knobs.lump_size, knobs.size_damping, sums,
    )  # fmt: skip
    np.testing.assert_allclose(size, book, rtol=1e-6)
    by_hand = np.zeros((REGIONS, INDUSTRIES))
    np.add.at(by_hand, (region, industry), size.astype(float))
    np.testing.assert_allclose(sums.sum(axis=0), by_hand, rtol=1e-6)


def test_leave_agrees_with_its_twin_and_counts_who_stays(scene):
    region, industry, size, driver = firms_of(scene)
    scale = scene["rng"].uniform(0.8, 1.2, (REGIONS, INDUSTRIES))
    rest = (scene["boost"], scene["handicap"], scene["mean_lead"])
    book = firm_events.leave(scene["key"], firms_of(scene), scene["productivity"], scale, *rest, 0.2, 0.5)
    tallies = np.zeros((BLOCKS, REGIONS, INDUSTRIES, LEFT + 1))
    _kernels.leave(
        scene["key"], 0, BLOCKS, region, industry, scene["productivity"], size, driver,
        scale, *rest, 3, 0.2, 0.5, tallies,
    )  # fmt: skip
    np.testing.assert_allclose(size, book, rtol=1e-6)
    tally, stays = np.moveaxis(tallies.sum(axis=0), -1, 0), size > 0
    assert tally[LEFT].sum() == ((scene["size"] > 0) & ~stays).sum() > 0
    skill = scene["productivity"].astype(float)
    lead = skill + scene["boost"][driver] - scene["handicap"][region, industry]
    layers = {FIRMS: np.ones(size.size), SIZE: size, OUTPUT: size * np.exp(lead), SKILL: skill, SKILL2: skill**2}
    layers[NEWEST] = size * (driver >= 3)
    for layer, values in layers.items():
        by_hand = np.zeros((REGIONS, INDUSTRIES))
        np.add.at(by_hand, (region[stays], industry[stays]), values[stays])
        np.testing.assert_allclose(tally[layer], by_hand, rtol=1e-5, atol=1e-9)


def test_enter_fills_free_places_in_order(scene):
    region, industry, size, driver = firms_of(scene)
    productivity, born = scene["productivity"].copy(), np.full(size.size, -9, np.int16)
    free = np.flatnonzero(size <= 0)
    wanted = scene["rng"].integers(0, 4, (REGIONS, INDUSTRIES))
    base = scene["rng"].normal(0, 0.3, (REGIONS, INDUSTRIES))
    tally = np.zeros((7, REGIONS, INDUSTRIES))
    taken = _kernels.enter(
        scene["key"], free, wanted, base, 0.8, 0.4, 0.3, np.ones((REGIONS, INDUSTRIES), np.int64), 7,
        region, industry, productivity, size, driver, born, scene["boost"], scene["handicap"], 1, tally,
    )  # fmt: skip
    assert taken == wanted.sum() <= free.size
    new = free[:taken]
    np.testing.assert_array_equal(tally[FIRMS], wanted)
    np.testing.assert_array_equal(region[new] * INDUSTRIES + industry[new], np.repeat(np.arange(20), wanted.ravel()))
    assert (born[new] == 7).all()
    assert (born[free[taken:]] == -9).all()
    draws = np.exp(productivity[new] - base[region[new], industry[new]])
    assert 0.8 <= draws.min() <= draws.max() <= 1.2
    crowded = _kernels.enter(
        scene["key"], free[taken : taken + 3], wanted + 1, base, 0.8, 0.4, 0.3,
        np.ones((REGIONS, INDUSTRIES), np.int64), 7,
        region, industry, productivity, size, driver, born, scene["boost"], scene["handicap"], 1, tally,
    )  # fmt: skip
    assert crowded == 3


def test_the_innovation_draw_has_the_distribution_of_the_book():
    """Chance 1 − exp(−ζ · effort), gain Beta(3, 3) on ± the half width, kept when positive (K+S, equations 4 and 5)."""
    n, zeta, half = 400_000, 0.3, 0.15
    one = np.ones((1, 1))
    region, size = np.zeros(n, np.int16), np.ones(n, np.float32)
    productivity, old = np.zeros(n, np.float32), np.zeros(n, np.float32)
    _kernels.improve(
        np.uint64(_dice.key_of(11, 0, 8)), 0, BLOCKS, region, region, productivity, old, size,
        np.zeros(n, np.int8),
        one, np.zeros(1), 0 * one, 0 * one, 0, np.zeros(1, np.int64), one, np.ones(1), np.zeros(1),
        zeta, 0 * one, half, 0.4, 1.0,
    )  # fmt: skip
    won = productivity > 0
    chance = (1 - np.exp(-zeta)) / 2  # half of the draws are better than what there is
    assert stats.binomtest(int(won.sum()), n, chance).pvalue > 1e-3
    gains = np.expm1(productivity[won].astype(float))
    law = stats.beta(3, 3, loc=-half, scale=2 * half)
    upper = (law.cdf(gains) - 0.5) / 0.5  # given that it is positive
    assert stats.kstest(upper, "uniform").pvalue > 1e-3


def test_luck_in_growth_has_the_tail_of_the_book():
    """Lumps are two-sided Lomax of index 2: the density of large growth falls as the third power (Fu et al. 2005)."""
    n = 400_000
    region, size = np.zeros(n, np.int16), np.ones(n, np.float32)
    zero = np.zeros((1, 1))
    _kernels.compete(
        np.uint64(_dice.key_of(12, 0, 9)), 0, BLOCKS, region, region, np.zeros(n, np.float32),
        size, np.zeros(n, np.int8),
        np.zeros(1), zero, np.zeros(1), zero, 0.0, 4.0, 1.0, 0.05, 0.2, np.zeros((BLOCKS, 1, 1)),
    )  # fmt: skip
    growth = np.log(size.astype(float))
    assert abs(np.mean(growth > 0) - 0.5) < 0.005
    inside = np.abs(growth) < 1.9
    law = stats.lomax(2, scale=0.05)
    assert stats.kstest(law.cdf(np.abs(growth[inside])) / law.cdf(1.9), "uniform").pvalue > 1e-3
