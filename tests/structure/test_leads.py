"""Lags planted in made worlds are found again, as often as intervals say; where there are none, none is claimed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tests.oracles import fusion as slow
from tests.structure.test_fusion import countries
from xinzhi.core.errors import MethodError
from xinzhi.structure.concordance import carried
from xinzhi.structure.lagged import by_exchange, cross_correlation, distributed_lag, lead_lags, peak
from xinzhi.structure.leads import leads
from xinzhi.structure.links import Links

METHODS = [method.name for method in lead_lags]


def links(amounts, first=1990):
    regions, fields, years = amounts.shape
    return Links(
        tuple(sparse.csr_array(amounts[..., at].astype(float)) for at in range(years)),
        np.array([f"r{at:02d}" for at in range(regions)], dtype=object),
        np.array([f"f{at:02d}" for at in range(fields)], dtype=object),
        tuple(range(first, first + years)),
    )


def world(lag, seed=1, regions=25, fields=12, years=24, noise=0.1):
    """Counts of two stages; growth of the later is growth of the earlier ``lag(year)`` years before, and noise."""
    rng = np.random.default_rng(seed)
    before = 12
    growth = rng.normal(0, 0.15, (regions, fields, years + before))
    after = np.stack([growth[..., at + before - lag(at)] for at in range(years)], axis=2)
    after = after + rng.normal(0.03, noise, after.shape)
    return tuple(links(rng.poisson(np.exp(6 + np.cumsum(one, axis=2)))) for one in (growth[..., before:], after))


@pytest.mark.parametrize("method", METHODS)
def test_a_planted_lag_is_found_in_every_field_and_covered(method):
    found = leads(*world(lambda year: 3, fields=60), method, lags=(-1, 6), draws=200)
    fields = found.fields.iloc[:-1]
    assert (fields["lag"] - 3).abs().max() < 0.5
    covered = fields["low"].le(3) & fields["high"].ge(3)
    assert 0.78 < covered.mean() < 0.98  # 90% intervals, sixty fields
    assert (fields["q"] < 0.05).all()
    assert (fields["after"] > 0.99).all()
    whole = found.fields.iloc[-1]
    assert whole["field"] == "all"
    assert whole["lag"] == pytest.approx(3, abs=0.1)
    assert not whole["edge"]
    assert found.curve.query("field == 'all'").set_index("lag")["share"].idxmax() == 3


def test_a_stage_that_follows_is_told_by_a_lag_below_nothing():
    later, earlier = world(lambda year: 2)
    found = leads(earlier, later, lags=(-4, 2), draws=100)
    assert found.fields.iloc[-1]["lag"] == pytest.approx(-2, abs=0.1)
    assert found.fields.iloc[-1]["after"] == 0


def test_no_lag_is_claimed_where_there_is_none():
    earlier, _ = world(lambda year: 3, seed=3, fields=30)
    _, later = world(lambda year: 3, seed=4, fields=30)
    found = leads(earlier, later, draws=100)
    assert (found.fields["p"].iloc[:-1] < 0.05).mean() < 0.2
    assert not (found.fields["q"].iloc[:-1] < 0.01).any()


def test_a_shrinking_lag_has_a_slope_below_nothing_and_a_steady_one_has_none():
    shrinking = leads(*world(lambda year: 5 if year < 12 else 2, years=26), lags=(0, 6), cohorts=2, draws=100)
    slope = shrinking.trend.iloc[-1]
    assert slope["field"] == "all"
    assert slope["high"] < 0
    assert slope["falls"] == 1
    assert shrinking.cohorts.query("field == 'all'")["lag"].tolist() == pytest.approx([5, 2], abs=0.2)
    assert shrinking.cohorts.query("field == 'all'")[["first", "last"]].to_numpy().tolist() == [
        [1991, 2003],
        [2004, 2015],
    ]
    steady = leads(*world(lambda year: 3, years=26), lags=(0, 6), cohorts=2, draws=100)
    assert abs(steady.trend.iloc[-1]["slope"]) < 0.02
    assert (steady.trend["low"].iloc[:-1] <= 0).mean() > 0.7


def test_few_regions_need_draws_of_years():
    few = world(lambda year: 3, regions=3)
    with pytest.raises(MethodError, match='resample = "years"'):
        leads(*few)
    found = leads(*few, lags=(0, 6), resample="years", draws=100)
    assert found.fields.iloc[-1]["lag"] == pytest.approx(3, abs=0.2)
    assert found.fields["p"].isna().all()


def test_a_region_counts_only_where_it_is_large_enough_and_nothing_spoils_nothing():
    earlier, later = world(lambda year: 3, fields=3)
    alone = leads(earlier, later, draws=50)
    lone = np.zeros((26, 3, 24))
    lone[:25] = np.stack([one.toarray() for one in earlier.values], axis=2)
    second = np.zeros((26, 3, 24))
    second[:25] = np.stack([one.toarray() for one in later.values], axis=2)
    found = leads(links(lone), links(second), at_least=0, draws=50)
    assert found.fields["regions"].tolist() == [25] * 4
    np.testing.assert_allclose(found.curve["value"], alone.curve["value"], atol=1e-12)
    lone[:, 1] = 0
    named = leads(links(lone), links(second), draws=50)
    assert named.fields["field"].tolist() == ["f00", "f02", "all"]
    assert "f01" in named.notices[0].en
    with pytest.raises(MethodError, match="Lower at_least"):
        leads(earlier, later, at_least=1e9)


def test_years_that_all_regions_share_are_taken_out():
    rng = np.random.default_rng(2)
    wave = np.cumsum(rng.normal(0, 0.3, 30))
    steps = rng.normal(0, 0.02, (2, 20, 4, 28))
    first, second = (
        links(np.exp(7 + wave[span] + np.cumsum(one, axis=2)))
        for one, span in zip(steps, (slice(2, 30), slice(0, 28)), strict=True)
    )
    assert leads(first, second, years_out=False, draws=50).fields.iloc[-1]["strength"] > 0.9
    assert leads(first, second, draws=50).fields.iloc[-1]["strength"] < 0.2


def test_the_parabola_lies_between_its_years():
    lags = np.arange(5)
    assert peak(np.array([[0, 1, 2, 1, 0.0]]), lags).tolist() == [2]
    assert peak(np.array([[0, 1, 2, 2, 0.0]]), lags).tolist() == [pytest.approx(2.5)]
    assert peak(np.array([[3, 1, 2, 1, 0.0]]), lags).tolist() == [0]
    assert peak(np.array([[np.nan, 1, 2, np.nan, 0.0]]), lags).tolist() == [2]
    assert np.isnan(peak(np.full((1, 5), np.nan), lags)).all()


def test_curves_are_what_their_definitions_say():
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(2, 5, 1, 9))
    lags, unit = np.arange(-1, 3), np.broadcast_to(np.arange(5)[:, None, None], (5, 1, 9))
    weights, every = np.array([[1, 1, 1, 1, 1], [2, 0, 1, 1, 1]], dtype=float), np.full(9, True)
    curve = cross_correlation(x, y, lags, unit, weights, every)
    twice = [0, 0, 2, 3, 4]
    for at, lag in enumerate(lags):
        both = slow.lagged_correlation(x[:, 0].tolist(), y[:, 0].tolist(), int(lag))
        assert curve[0, at] == pytest.approx(both)
        drawn = slow.lagged_correlation(x[twice, 0].tolist(), y[twice, 0].tolist(), int(lag))
        assert curve[1, at] == pytest.approx(drawn)
    found = distributed_lag(x, y, lags, unit, weights, every)
    for row, regions in enumerate(([0, 1, 2, 3, 4], twice)):
        z = np.array([[x[r, 0, t - lag] for lag in lags] for r in regions for t in range(2, 8)])
        target = np.array([y[r, 0, t] for r in regions for t in range(2, 8)])
        np.testing.assert_allclose(found[row], np.linalg.lstsq(z, target, rcond=None)[0])


def test_nothing_that_varies_gives_nothing():
    none = np.zeros((6, 1, 9))
    lags, unit = np.arange(3), np.zeros((6, 1, 9), dtype=np.int64)
    assert np.isnan(cross_correlation(none, none, lags, unit, np.ones((2, 1)), np.full(9, True))).all()
    assert (distributed_lag(none, none, lags, unit, np.ones((2, 1)), np.full(9, True)) == 0).all()
    assert np.isnan(by_exchange(none, none, lags, np.full(9, True), np.random.default_rng(0), 20))


def test_what_cannot_be_is_refused():
    earlier, later = world(lambda year: 3, fields=2)
    with pytest.raises(MethodError, match="at least three of them"):
        leads(earlier, later, lags=(3, 0))
    with pytest.raises(MethodError, match="need 25"):
        leads(earlier, later, lags=(0, 20))
    with pytest.raises(MethodError, match="between 1993 and the next"):
        leads(earlier.only(periods=[1990, 1991, 1992, 1993, *range(1995, 2014)]), later)
    with pytest.raises(MethodError, match="no field in common"):
        leads(earlier, replace(later, activities=np.array(["g0", "g1"], dtype=object)))
    with pytest.raises(MethodError, match="must be years"):
        named = tuple(map(str, earlier.periods))
        leads(replace(earlier, periods=named), replace(later, periods=named))
    with pytest.raises(MethodError, match="draws at least 20"):
        leads(earlier, later, draws=2)


def test_the_order_of_years_does_not_matter():
    earlier, later = world(lambda year: 3, fields=2)
    turned = earlier.only(periods=earlier.periods[::-1])
    pd.testing.assert_frame_equal(leads(turned, later, draws=50).fields, leads(earlier, later, draws=50).fields)


def test_patents_of_countries_after_their_science(shared_data):
    papers, patents, science, _ = countries(shared_data)
    found = leads(carried(papers, science).links, patents, lags=(-3, 5), draws=100)
    assert len(found.fields) == 36
    assert found.fields["lag"].between(-3.5, 5.5).all()
    assert (found.fields["low"] <= found.fields["high"]).all()
    assert (found.fields["q"].iloc[:-1] > 0.05).all()  # fifteen years of countries tell nothing field by field


def test_what_never_changes_has_no_lag_and_is_named():
    first, second = world(lambda year: 2, regions=12, fields=3)
    still = links(np.full((12, 3, 24), 50.0))
    found = leads(still, second, draws=20)
    assert found.fields["lag"].isna().all()
    assert [notice.code for notice in found.notices] == ["no-lag"]
    assert "f00" in found.notices[0].en
    assert not leads(first, second, draws=20).notices


def test_lags_and_draws_that_cannot_be():
    first, second = world(lambda year: 2, regions=12, fields=3)
    with pytest.raises(MethodError, match="whole years"):
        leads(first, second, lags=(0, 2.5))
    with pytest.raises(MethodError, match="resample is one of: regions, years"):
        leads(first, second, resample="fields")
