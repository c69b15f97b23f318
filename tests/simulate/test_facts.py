"""Facts of firms: estimators find what was planted, growth adds up, and what cannot be told says why."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import facts as slow
from xinzhi.core.errors import MethodError
from xinzhi.simulate import distributions as spread
from xinzhi.simulate.facts import facts, measured
from xinzhi.simulate.targets import TARGETS
from xinzhi.simulate.world import OPEN

VENTURE = np.dtype([("born", "i4"), ("ended", "i4"), ("cause", "i1")])
BACKED = np.dtype([("born", "i4"), ("ended", "i4"), ("outcome", "i1")])


def history(seed=0, n=20_000, quarters=300, *, slope=0.2, outcomes=(31, 9, 26, 34)):
    """A made-up run that has the facts: Laplace growth, Pareto sizes, industries that rise along an S and shake out."""
    rng = np.random.default_rng(seed)
    size = (1 - rng.random(n)) ** -1.0
    industry, stays = rng.integers(0, 20, n), rng.random(n) < 0.9
    before = np.where(stays, rng.normal(0, 0.25, n), np.nan)
    growth = rng.laplace(0, 0.1, n) * size**-slope
    gone = 3000
    time = np.arange(quarters)
    rise = np.where(time < 80, 200 / (1 + np.exp(-(time - 40) / 6)), np.maximum(200 * np.exp(-(time - 80) / 60), 10))
    firms = np.stack([np.full(quarters, 300.0), rise, np.zeros(quarters)], axis=1)
    ended = rng.geometric(0.05, 2000)
    ventures = np.zeros(2000, VENTURE)
    ventures["ended"], ventures["cause"] = ended, np.where(rng.random(2000) < 0.7, 1, 2)
    open_still = ended > quarters - 1
    ventures["ended"][open_still], ventures["cause"][open_still] = OPEN, 0
    backed = np.zeros(100, BACKED)
    backed["outcome"] = np.repeat(np.arange(4), outcomes)
    return SimpleNamespace(
        firms_now={
            "size": size * np.exp(growth),
            "size_year_ago": size,
            "size_before": np.where(stays, size, np.nan),
            "productivity": np.where(stays, before + 0.5, rng.normal(0.6, 0.25, n)),
            "productivity_before": before,
            "region": rng.integers(0, 5, n),
            "industry": industry,
        },
        left_since={
            "size_before": (1 - rng.random(gone)) ** -0.5,
            "productivity_before": rng.normal(-0.3, 0.25, gone),
            "industry": rng.integers(0, 20, gone),
        },
        before_quarters=40,
        national=np.zeros((quarters, 1)),
        industry_firms=firms,
        born_quarter=np.array([0, 1, -1]),
        ventures=ventures,
        backed=backed,
    )


@pytest.mark.parametrize("shape", [0.6, 1.0, 2.0])
def test_subbotins_shape_is_found(shape):
    rng = np.random.default_rng(5)
    # |x|^b / b is gamma with shape 1 / b.
    x = rng.choice([-1, 1], 60_000) * (shape * rng.gamma(1 / shape, size=60_000)) ** (1 / shape)
    assert spread.subbotin_shape(x) == pytest.approx(shape, rel=0.03)


def test_the_shape_is_the_likeliest():
    from scipy.stats import gennorm

    x = np.random.default_rng(6).standard_t(4, 3000)
    found = spread.subbotin_shape(x)
    # SciPy's scale is a b^(1/b); at each b it has its own best value.
    away = np.abs(x - np.median(x))

    def likelihood(b):
        return gennorm.logpdf(away, b, 0, (b * (away**b).mean()) ** (1 / b)).sum()

    assert likelihood(found) >= max(likelihood(b) for b in np.linspace(0.3, 4, 75)) - 1e-6


@pytest.mark.parametrize("exponent", [0.8, 1.0, 2.5])
def test_paretos_exponent_is_found(exponent):
    x = (1 - np.random.default_rng(7).random(100_000)) ** (-1 / exponent)
    tail = spread.upper_tail(x)
    assert tail.exponent == pytest.approx(exponent, rel=0.08)
    assert tail.error == pytest.approx(exponent / np.sqrt(tail.used), rel=0.08)


def test_a_tail_is_found_above_a_body_that_has_none():
    rng = np.random.default_rng(8)
    body, tail = rng.uniform(0, 10, 95_000), 10 * (1 - rng.random(5_000)) ** (-1 / 1.5)
    found = spread.upper_tail(np.concatenate([body, tail]))
    assert found.exponent == pytest.approx(1.5, rel=0.12)
    assert found.used <= 5_500


@given(st.integers(0, 50), st.sampled_from([2.0**-20, 2.0**30]))
@settings(deadline=None, max_examples=15)
def test_unit_and_order_do_not_matter(seed, unit):
    rng = np.random.default_rng(seed)
    size, growth = rng.pareto(1.2, 1500) + 0.1, rng.laplace(size=1500)
    order = rng.permutation(1500)
    assert spread.subbotin_shape(unit * growth[order]) == pytest.approx(spread.subbotin_shape(growth), rel=1e-2)
    assert spread.upper_tail(unit * size[order]).exponent == pytest.approx(spread.upper_tail(size).exponent, rel=1e-6)
    beta = spread.spread_by_size(size, growth)
    assert spread.spread_by_size(unit * size[order], growth[order]) == pytest.approx(beta, abs=1e-9)
    group = rng.integers(0, 4, 1500)
    ratio = spread.ninety_ten(growth, group)
    assert spread.ninety_ten(growth[order] + 3, group[order]) == pytest.approx(ratio, rel=1e-9)


def test_the_fall_of_spread_with_size_is_found():
    rng = np.random.default_rng(9)
    size = (1 - rng.random(60_000)) ** -1.0
    assert spread.spread_by_size(size, rng.laplace(size=60_000) * size**-0.2) == pytest.approx(0.2, abs=0.02)
    assert spread.spread_by_size(size, rng.laplace(size=60_000)) == pytest.approx(0, abs=0.02)


def test_ninety_ten_is_within_groups():
    rng = np.random.default_rng(10)
    logs, group = rng.normal(0, 0.3, 3000), rng.integers(0, 3, 3000)
    plain = np.exp(np.mean([np.ptp(np.quantile(logs[group == one], [0.1, 0.9])) for one in range(3)]))
    assert spread.ninety_ten(logs + 5 * group, group) == pytest.approx(plain, rel=1e-9)
    assert np.isnan(spread.ninety_ten(logs[:30], np.arange(30)))


def test_groups_lose_their_mean_and_gaps_stay():
    centred = spread.centred(np.array([1.0, 3.0, np.nan, 10.0]), np.array([0, 0, 0, 4]))
    assert centred == pytest.approx(np.array([-1, 1, np.nan, 0]), nan_ok=True)


@st.composite
def moves(draw):
    n = draw(st.integers(2, 30))
    values = st.floats(0.01, 100), st.floats(-3, 3)
    rows = []
    for _ in range(n):
        there = draw(st.sampled_from(["stays", "comes", "goes"]))
        was = [np.nan, np.nan] if there == "comes" else [draw(one) for one in values]
        now = [np.nan, np.nan] if there == "goes" else [draw(one) for one in values]
        rows.append([*was, *now])
    return spread.Moves(*np.array(rows).T, np.array([draw(st.integers(0, 3)) for _ in range(n)]))


@given(moves())
@settings(deadline=None)
def test_growth_adds_up_and_is_that_of_the_slow_twin(rows):
    found = spread.growth_of_productivity(rows)
    both = {
        group
        for group in set(rows.group)
        if np.isfinite(rows.size[rows.group == group]).any()
        and np.isfinite(rows.size_before[rows.group == group]).any()
    }
    if not both:
        assert np.isnan(found.total)
        return
    parts = [found.within, found.between, found.cross, found.entry, found.exit]
    assert sum(parts) == pytest.approx(found.total, abs=1e-9)
    twin = slow.growth(rows.size_before, rows.logs_before, rows.size, rows.logs, rows.group)
    assert [found.total, *parts] == pytest.approx(list(twin), abs=1e-9)


def test_a_run_that_has_the_facts_is_found_to():
    found = facts([history(seed) for seed in range(3)], targeted=("size_tail",))
    met = {"growth_shape", "spread_by_size", "size_tail", "region_size_tail", "ninety_ten", "productivity_growth"}
    met |= {"shakeout", "years_to_peak", "s_curve", "science_to_market", "listed", "acquired", "dead", "still_open"}
    got = {code: found[code].got for code in TARGETS}
    assert got["growth_shape"] == pytest.approx(1, abs=0.15)  # growth of sizes of all kinds has fatter tails
    assert got["spread_by_size"] == pytest.approx(0.2, abs=0.03)
    assert got["size_tail"] == pytest.approx(1, abs=0.1)
    assert got["region_size_tail"] == pytest.approx(2, abs=0.1)
    assert got["productivity_growth"] == pytest.approx(np.expm1(0.05), abs=1e-9)
    assert got["shakeout"] == pytest.approx(200 / 13, rel=0.2)
    assert got["years_to_peak"] == pytest.approx(20, abs=0.5)
    assert got["s_curve"] == 1
    assert (got["listed"], got["acquired"], got["dead"], got["still_open"]) == (0.09, 0.26, 0.34, 0.31)
    # A share of .7 comes to the market at .05 a quarter, so half of all after log(.5 / .7 …) quarters.
    quarters = np.ceil(np.log(1 - 0.5 / 0.7) / np.log(0.95))
    assert got["science_to_market"] == pytest.approx(quarters / 4, abs=1)
    assert found["size_tail"].targeted
    assert not found["size_tail"].missing
    assert all(found[code].meets for code in ("growth_shape", "listed", "dead", "shakeout", "s_curve"))
    assert found["industries_born"].meets is None
    for code in met:
        assert found[code].low <= found[code].got <= found[code].high
    assert len(str(found).splitlines()) == 6
    assert list(found.to_frame()["code"]) == list(TARGETS)


def test_what_misses_is_said_to_miss():
    found = facts(history(slope=0.0, outcomes=(80, 0, 10, 10)))
    assert found["spread_by_size"].meets is False
    assert found["listed"].meets is False
    assert found["still_open"].meets is False
    assert np.isnan(found["listed"].low)  # one run has no interval
    assert "listed" in str(found).splitlines()[2]


def test_a_short_run_says_what_it_cannot_tell():
    found = facts(history(quarters=100))
    for code in ("shakeout", "years_to_peak", "s_curve"):
        assert np.isnan(found[code].got)
        assert found[code].meets is None
    assert "25 years" in found["shakeout"].missing.en
    assert "25 年" in found["shakeout"].missing.zh
    rare = history()
    rare.ventures["cause"][rare.ventures["cause"] == 1] = 2
    rare.ventures["cause"][:100] = 1
    assert "Half never" in measured(rare)["science_to_market"].en
    few = history()
    few.backed = few.backed[:10]
    assert "10 backed" in measured(few)["dead"].en
    shrinking = history()
    shrinking.firms_now["productivity"] = shrinking.firms_now["productivity"] - 5
    assert "did not grow" in measured(shrinking)["net_entry"].en


def test_few_firms_tell_nothing_rather_than_something():
    small = history(n=40)
    found = facts(small)
    for code in ("growth_shape", "growth_tail", "spread_by_size", "size_tail", "region_size_tail", "ninety_ten"):
        assert np.isnan(found[code].got)
        assert found[code].missing.zh


def test_runs_may_come_one_by_one():
    listed = facts([history(seed) for seed in range(2)])
    streamed = facts(history(seed) for seed in range(2))
    assert streamed.to_frame().equals(listed.to_frame())


def test_every_target_has_a_source_where_something_is_asked():
    for one in TARGETS.values():
        asked = one.low is not None or one.high is not None
        assert bool(one.source) is asked
        assert one.name.zh != one.name.en
        assert one.low is None or one.high is None or one.low < one.high


def test_unknown_facts_and_no_runs_are_refused():
    with pytest.raises(MethodError) as refused:
        facts(history(), targeted=("gdp",))
    assert refused.value.faults[0].code == "unknown-fact"
    with pytest.raises(MethodError) as refused:
        facts([])
    assert refused.value.faults[0].code == "no-runs"
