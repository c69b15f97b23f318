"""Intervals, probabilities and tables of a doubt, against counting by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tests.oracles import vary as slow
from tests.study.vary_example import REGIONS, YEARS, data, spec, varied
from xinzhi.core.errors import MethodError
from xinzhi.study.vary import _kernels as kernels
from xinzhi.study.vary.results import Doubt
from xinzhi.study.vary.varying import vary

SAID = varied(
    normalise=["min-max", {"method": "z-score", "mean": 100, "sd": 10}],
    aggregate={4: ["arithmetic", "geometric"]},
    noise={"level": 1, "share": 0.4},
)


@pytest.fixture(scope="module")
def doubt() -> Doubt:
    return vary(data(), spec(), SAID, draws=200)


def test_ranks_of_few_and_of_many_are_those_of_the_twin():
    rng = np.random.default_rng(2)
    for units in (1, 7, 200):
        scores = np.round(rng.normal(size=(20, units)), 1)
        scores[rng.random(scores.shape) < 0.1] = np.nan
        assert kernels.ranks(scores).tolist() == [slow.ranks(row) for row in scores]


def test_intervals_are_quantiles_of_the_independent_draws(doubt):
    table = doubt.intervals(0.8).set_index(["region", "time"])
    scores, ranks = doubt.scores.sel(region="C", time=2021).values, doubt.ranks.sel(region="C", time=2021).values
    assert len(scores) == 200
    row = table.loc[("C", 2021)]
    assert row["score_low"] == pytest.approx(np.quantile(scores, 0.1))
    assert row["rank_high"] == pytest.approx(np.quantile(ranks, 0.9))
    assert row["rank_median"] == np.median(ranks)
    assert row["score_mean"] == pytest.approx(scores.mean())
    assert row["score"] == doubt.nominal[1, 2]
    assert (table["share_scored"] == 1).all()
    assert {"name_en", "zone"} <= set(doubt.to_frame().columns.str.removeprefix("region_"))


def test_probabilities_count_draws(doubt):
    probability = doubt.rank_probabilities()
    np.testing.assert_allclose(probability.sum("rank"), 1)
    ranks = doubt.ranks.sel(region="B", time=2022).values
    assert probability.sel(region="B", time=2022, rank=3).item() == pytest.approx((ranks == 3).mean())
    assert doubt.top(3).sel(region="B", time=2022).item() == pytest.approx((ranks <= 3).mean())
    ahead = doubt.ahead()
    a, b = (doubt.scores.sel(region=one, time=2020).values for one in "AB")
    assert ahead.sel(region="A", other="B", time=2020).item() == pytest.approx((a > b).mean())
    assert np.isnan(ahead.sel(region="A", other="A", time=2020).item())


def test_a_region_without_score_in_some_draws_is_judged_by_the_others(doubt):
    draws = doubt.draws.copy()
    draws[::2, 0, 0] = np.nan
    draws[:, 1, 1] = np.nan
    gappy = dataclasses.replace(doubt, draws=draws)
    table = gappy.intervals().set_index(["region", "time"])
    row = table.loc[("A", 2020)]
    assert row["share_scored"] == 0.5
    assert row["score_median"] == pytest.approx(np.nanmedian(draws[:200, 0, 0]))
    assert table.loc[("B", 2021)][["rank_low", "score_mean"]].isna().all()
    assert np.isnan(gappy.rank_probabilities().sel(region="B", time=2021)).all()
    seen = draws[1:200:2, 0]
    expected = (seen[:, 0] > seen[:, 1]).mean()
    assert gappy.ahead().sel(region="A", other="B", time=2020).item() == pytest.approx(expected)
    assert np.isnan(gappy.ahead().sel(region="A", other="B", time=2021).item())
    with pytest.raises(MethodError, match="missing in"):
        gappy.effects(gappy.score_of("A", 2020))
    assert "B" not in set(gappy.movers(time=2021)["region"])
    assert not np.isnan(gappy.rank_shift()).any()


def test_effects_of_any_outcome(doubt):
    shift = doubt.effects(resamples=50).to_frame().set_index("factor")
    assert list(shift.index) == ["normalise", "aggregate.4", "noise.1"]
    assert (shift["first_low"] <= shift["first_high"]).all()
    assert shift.loc["noise.1", "name_zh"] == "权重扰动（第 1 层）"
    of_one = doubt.effects(doubt.rank_of("地区C", 2021), resamples=0).shares
    both = doubt.movers(time=2021).set_index(["region", "factor"])
    assert both.loc[("C", "normalise"), "total"] == pytest.approx(of_one.total[0])

    def spread(scores):
        return scores.std(axis=-1)[:, -1]

    by_array = doubt.effects(spread, resamples=0).shares
    by_label = doubt.effects(doubt.outcome(lambda one: one.isel(time=-1).std("region")), resamples=0).shares
    np.testing.assert_allclose(by_array.total, by_label.total)
    with pytest.raises(MethodError, match="one number for each of the"):
        doubt.effects(doubt.draws[:, 0])
    assert repr(doubt.effects(resamples=0)).splitlines()[0].startswith("Effects on an outcome of variance")
    scores = doubt.movers("score", time=2020)
    assert len(scores) == len(REGIONS) * 3


def test_effects_need_a_design_that_has_them():
    plain = vary(data(), spec(), SAID, draws=20, effects=False)
    with pytest.raises(MethodError, match="without effects"):
        plain.effects()


def test_the_table_shows_what_was_varied(doubt):
    table = doubt.table(scores=True)
    assert len(table) == len(doubt.draws) == 200 + 3 * 100
    assert set(table["part"]) == {"independent", "mixed: normalise", "mixed: aggregate.4", "mixed: noise.1"}
    assert set(table["aggregate.4"]) == {"arithmetic", "geometric"}
    assert {"noise.1:rd", "noise.1:trade", "A:2020", "rank_shift"} <= set(table)
    assert len([column for column in table if column.endswith(":2022")]) == len(REGIONS)
    assert doubt.to_frame().shape[0] == len(REGIONS) * len(YEARS)


def test_by_version_says_what_each_version_does(doubt):
    table = doubt.by_version(time=2022)
    assert set(table["factor"]) == {"normalise", "aggregate.4"}
    own = table[(table["version"] == "geometric") & (table["region"] == "D")].iloc[0]
    with_it = doubt.picks[:200, 1] == 1
    assert own["draws"] == with_it.sum()
    assert own["rank"] == pytest.approx(doubt.rank_of("D", 2022)[:200][with_it].mean())
    assert own["score_difference"] == pytest.approx(
        doubt.score_of("D", 2022)[:200][with_it].mean() - doubt.score_of("D", 2022)[:200].mean()
    )
    noise = vary(data(), spec(), varied(noise={"level": 1}), draws=4)
    assert isinstance(noise.by_version(), pd.DataFrame)
    assert noise.by_version().empty


def test_a_doubt_prints_six_lines(doubt):
    assert len(repr(doubt).splitlines()) == 6


def test_unknown_regions_and_years_are_refused(doubt):
    with pytest.raises(MethodError, match="no region 'Z'"):
        doubt.rank_of("Z")
    with pytest.raises(MethodError, match="there are 2020-2022"):
        doubt.score_of("A", 1999)
