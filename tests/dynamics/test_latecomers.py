"""The latecomer test: planted overtakers are found and named, noise and regression to the mean are not."""

import numpy as np
import pytest
import xarray as xr

from tests.oracles import markov as oracle
from xinzhi.core.errors import MethodError
from xinzhi.dynamics.latecomers import latecomers, leap_statistics, nulls, places, window_places

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def table(x):
    """Scores (time, region) with labels."""
    t, n = np.shape(x)
    coords = {"time": list(range(2010, 2010 + t)), "region": [f"r{i:02d}" for i in range(n)]}
    return xr.DataArray(np.asarray(x, float), dims=("time", "region"), coords=coords)


def noise(seed, n=30, t=10, size=0.7):
    """Fixed places and independent yearly noise: all that moves is regression to the mean."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, n) + rng.normal(0, size, (t, n))


def planted(seed=1, n=30, t=10, who=(0, 1, 3, 5, 6)):
    x = np.linspace(-2, 2, n) + np.random.default_rng(seed).normal(0, 0.2, (t, n))
    x[:, list(who)] += np.linspace(0, 3.6, t)[:, None]
    return x


def p_values(found, statistic="leaps"):
    return found.tests.set_index("null")[f"p_{statistic}"]


def test_planted_overtakers_are_found_and_named():
    found = latecomers(table(planted()), window=2, draws=1999)
    assert set(found.overtakers["region"]) == {"r00", "r01", "r03", "r05", "r06"}
    assert (p_values(found) < 0.05).all() and (p_values(found, "rise") < 0.05).all()
    assert found.leaps == pytest.approx(0.5)
    first = found.overtakers.iloc[0]
    assert first["rank_start"] > 20 and first["rank_end"] <= 15
    assert first["passed"] >= 10
    assert 2011 <= first["holds_since"] <= 2019


def test_regression_to_the_mean_is_not_taken_for_overtaking():
    # Noise lets bottom regions rise in almost every panel; a test that forgot it would reject in most of them.
    rejected, rises = np.zeros((2, 2)), 0
    for seed in range(120):
        found = latecomers(table(noise(seed)), draws=199, seed=seed)
        rises += found.rise > 0
        rejected += found.tests[["p_leaps", "p_rise"]].to_numpy() <= 0.05
    assert rises > 110
    # 120 panels at 5 %: 6 expected, 14 or more has a chance of 0.3 %.
    assert rejected.max() <= 14


def test_growth_of_all_is_no_overtaking_and_drift_is_told_apart():
    drift = np.cumsum(np.random.default_rng(3).normal(0, 1, (12, 30)), axis=0)
    plain, grown = (latecomers(table(x), draws=499) for x in (drift, drift + 100 * np.arange(12)[:, None]))
    assert plain.tests.equals(grown.tests)
    p = p_values(latecomers(table(np.cumsum(noise(0, 40, 12, 1.0), axis=0)), draws=499), "rise")
    assert p["reversed"] > 0.05


def test_a_complete_exchange_is_seen_by_one_null_only():
    x = np.linspace(-2, 2, 30) * np.linspace(1, -1, 10)[:, None] + np.random.default_rng(0).normal(0, 0.1, (10, 30))
    p = p_values(latecomers(table(x), draws=499), "rise")
    assert p["shuffled"] < 0.01
    assert p["reversed"] > 0.2


def test_the_statistics_agree_with_their_twin():
    for seed in range(20):
        x = np.round(noise(seed, 11, 2) * 2)
        start, end = window_places(places(x), 1)
        assert leap_statistics(start, end, 1 / 3, 0.5) == pytest.approx(oracle.leaps(x[0], x[1], 1 / 3, 0.5))


def test_draws_in_front_are_independent():
    x = np.stack([noise(seed, 12, 6) for seed in range(5)])
    leaps, rise = leap_statistics(*window_places(places(x), 2), 1 / 3, 0.5)
    for at in range(5):
        alone = leap_statistics(*window_places(places(x[at]), 2), 1 / 3, 0.5)
        assert (leaps[at], rise[at]) == pytest.approx(tuple(map(float, alone)))


@pytest.mark.parametrize("null", list(nulls), ids=lambda null: null.name)
def test_nulls_rearrange_each_regions_years(null):
    orders = null.function(np.random.default_rng(0), 50, 7, 9)
    assert orders.shape == (50, 7, 9)
    assert (np.sort(orders, axis=1) == np.arange(7)[:, None]).all()
    if null.name == "reversed":
        assert set(map(tuple, orders.transpose(0, 2, 1).reshape(-1, 7))) == {tuple(range(7)), tuple(range(7))[::-1]}


def test_a_seed_gives_the_same_answer_and_another_one_another():
    tests = [latecomers(table(noise(5)), draws=199, seed=seed).tests for seed in (1, 1, 2)]
    assert tests[0].equals(tests[1])
    assert not tests[0].equals(tests[2])


def test_batches_do_not_change_what_is_counted(monkeypatch):
    from xinzhi.dynamics import latecomers as module

    whole = latecomers(table(planted()), draws=400).tests
    monkeypatch.setattr(module, "BATCH", 3000)
    parts = latecomers(table(planted()), draws=400).tests
    assert parts["leaps_null"].to_numpy() == pytest.approx(whole["leaps_null"].to_numpy(), abs=0.03)


def test_still_regions_leap_nowhere():
    found = latecomers(table(np.tile(np.arange(12.0), (5, 1))), draws=99)
    assert found.leaps == 0 and found.overtakers.empty
    assert (found.tests["p_leaps"] == 1).all()
    assert "overtakers: none" in repr(found)


def test_gaps_short_panels_and_few_regions_are_said():
    x = noise(1, 9, 3)
    x[1, 4] = np.nan
    found = latecomers(table(x), draws=99)
    assert [fault.code for fault in found.omitted] == ["no-score", "incomplete-course", "short-panel", "few-regions"]
    assert "r04" in found.omitted[1].en


def test_a_lead_that_is_lost_again_does_not_hold():
    x = np.tile(np.arange(12.0), (6, 1))
    x[[3, 4], 0] = 20
    found = latecomers(table(x), window=3, draws=99)
    assert found.overtakers["region"].tolist() == ["r00"]
    assert found.overtakers["holds_since"].tolist() == [None]


@pytest.mark.parametrize(
    ("x", "options", "words"),
    [
        (noise(0, 5), {}, "at least 6"),
        (noise(0, 20, 5), {"window": 3}, "window of 3 years"),
        (noise(0), {"low": 0.6, "high": 0.5}, "in order"),
        (noise(0), {"draws": 0}, "at least one draw"),
        (np.where(np.arange(10)[:, None] == np.arange(12) % 10, np.nan, noise(0, 12)), {}, "0 regions|every year"),
    ],
)
def test_what_cannot_be_done_is_refused_in_both_languages(x, options, words):
    with pytest.raises(MethodError, match=words) as caught:
        latecomers(table(x), **options)
    assert caught.value.say("zh") != caught.value.say("en")


def test_results_explain_themselves():
    found = latecomers(table(planted()), draws=99, seed=4)
    assert "against time reversed" in repr(found)
    assert "does not say why" in found.limits.en and "不能说明" in found.limits.zh
    assert "design of this software" in repr(found) and "自行设计" in found.limits.zh
    assert found.record.seed == 4
    assert list(found.to_frame()["null"]) == ["reversed", "shuffled"]
