"""Time on rungs and lives of firms: planted hazards are found, truncation and censoring are not taken for change."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import xinzhi as xz
from tests.oracles import lifecycle as slow
from xinzhi.core.errors import DataError, MethodError
from xinzhi.core.results import Record
from xinzhi.structure.ladder.rungs import RUNGS, Ladder, LadderSpec
from xinzhi.structure.lifecycle.hazards import cox
from xinzhi.structure.lifecycle.incidence import lasting


def placed(rungs, start=1980, born=()):
    """A ladder of these rungs, series × year; the ``born`` series were first seen after the record began."""
    rungs = np.asarray(rungs, dtype=object)
    chances = np.full((*rungs.shape, len(RUNGS)), np.nan)
    for at, rung in enumerate(RUNGS):
        chances[rungs != "", at] = (rungs[rungs != ""] == rung).astype(float)
    coords = {
        "region": ("series", np.full(len(rungs), "all")),
        "industry": ("series", np.array([f"i{at:03d}" for at in range(len(rungs))])),
        "time": np.arange(start, start + rungs.shape[1]),
    }
    probability = xr.DataArray(chances, coords | {"rung": list(RUNGS)}, ("series", "time", "rung"))
    age = np.full((*rungs.shape, 1), np.nan)
    age[list(born)] = 1.0
    evidence = xr.DataArray(age, coords | {"criterion": ["age"]}, ("series", "time", "criterion"))
    return Ladder(probability, evidence, LadderSpec(), "rule", {}, (), Record("ladder", {}, {}))


def moving(rng, many, years, hazard):
    """Series that leave a rung with a chance that depends on the year they came to it."""
    out = np.empty((many, years), dtype=object)
    for row in out:
        at, came = int(rng.integers(len(RUNGS))), 0
        for year in range(years):
            row[year] = RUNGS[at]
            if rng.random() < hazard(came):
                at, came = (at + int(rng.integers(1, len(RUNGS)))) % len(RUNGS), year + 1
    return out


def drawn(rng, n=80):
    x = rng.normal(size=(n, 2))
    start = rng.integers(0, 3, n) - 0.5 * rng.integers(0, 2, n)
    life = np.ceil(rng.exponential(4 * np.exp(-x @ [0.5, -0.3])))
    end, exited = np.minimum(start + life, start + 8), life <= 8
    return start, end, exited, x, rng.integers(0, 3, n), rng.integers(0, 15, n)


def test_spells_are_read_as_they_are():
    rows = [
        ["future"] * 3 + ["strategic-emerging"] * 4 + ["leading"] * 3,
        ["pillar"] * 5 + ["mature"] * 2 + [""] * 1 + ["declining"] * 2,
        [""] * 4 + ["future"] * 2 + ["mature"] * 3 + ["leading"],
        [""] * 4 + ["pillar"] * 6,  # placed late, but not new
    ]
    found = xz.time_on_rungs(placed(rows, born=[2]))
    told = found.spells[["industry", "group", "start", "age", "way", "next"]].to_numpy().tolist()
    assert told == [
        ["i000", "strategic-emerging", 1983, 4.0, "up", "leading"],
        ["i000", "leading", 1987, 3.0, "", ""],
        ["i001", "mature", 1985, 2.0, "", ""],
        ["i002", "future", 1984, 2.0, "down", "mature"],
        ["i002", "mature", 1986, 3.0, "up", "leading"],
        ["i002", "leading", 1989, 1.0, "", ""],
    ]
    # The first spells of three series, and the one after a year without a place, began nobody knows when.
    assert {"begun-before", "broken-off"} <= {note.code for note in found.notes}
    assert "4 spells" in found.notes[0].en
    assert found.verdict == "not-told"
    assert len(str(found).splitlines()) == 6


@pytest.mark.parametrize(("ratio", "verdict"), [(1.8, "shorter"), (0.55, "longer")])
def test_lives_that_change_are_found_to_change(ratio, verdict):
    rng = np.random.default_rng(4)
    found = xz.time_on_rungs(placed(moving(rng, 150, 40, lambda came: 0.12 * ratio ** ((came - 20) / 10))))
    assert found.verdict == verdict
    first = found.trend.iloc[0]
    assert first["low"] <= ratio * 1.05
    assert first["high"] >= ratio * 0.9  # a chance a year is not quite a hazard
    assert f"{first['hazard_ratio']:.2f}" in found.said.en
    assert f"{first['hazard_ratio']:.2f}" in found.said.zh


def test_constant_hazards_are_seldom_taken_for_change():
    verdicts = [
        xz.time_on_rungs(placed(moving(np.random.default_rng(seed), 60, 40, lambda came: 0.15))).verdict
        for seed in range(30)
    ]
    assert verdicts.count("not-found") >= 25
    # Averages of ended spells would have said shorter: recent ones end short or not at all.
    spells = xz.time_on_rungs(placed(moving(np.random.default_rng(0), 200, 40, lambda came: 0.15))).spells
    ended = spells[spells["way"] != ""].groupby("cohort")["age"].mean()
    assert ended["2010-2019"] < ended["1990-1999"]


def test_firms_seen_late_count_from_when_they_are_seen():
    rng = np.random.default_rng(6)
    entered = rng.integers(1950, 2011, 6000)
    left = entered + np.floor(rng.exponential(12, 6000))
    found = xz.lifetimes(entered, left, until=2015, since=1985, cluster=rng.integers(0, 50, 6000))
    assert found.verdict == "not-found"
    every = found.survival[found.survival["cohort"] == "all"].set_index("time")
    np.testing.assert_allclose(every.loc[[5.0, 15.0, 25.0], "survival"], np.exp(-np.array([6, 16, 26]) / 12), atol=0.03)
    assert "left-before" in {note.code for note in found.notes}
    faster = entered + np.floor(rng.exponential(12 * 1.5 ** (-(entered - 1980) / 10)))
    assert xz.lifetimes(entered, faster, until=2015, since=1985).verdict == "shorter"


def test_faults_of_firms_are_told_together():
    with pytest.raises(DataError) as caught:
        xz.lifetimes([2000, np.nan, 2020, 2005], [1999, 2001, np.nan, 2006], until=2010)
    assert [fault.code for fault in caught.value.faults] == ["no-entry", "exit-before-entry", "entry-after-end"]
    with pytest.raises(MethodError, match="a year for each firm"):
        xz.lifetimes([2000, 2001], [2003], until=2010)


def test_no_spell_is_refused():
    with pytest.raises(MethodError, match="no spell on a rung began"):
        xz.time_on_rungs(placed([["mature"] * 5]))


@pytest.mark.parametrize("seed", range(3))
def test_survival_is_that_of_the_slow_twin(seed):
    start, end, exited, *_ = drawn(np.random.default_rng(seed))
    found = lasting(start, end, np.where(exited, np.arange(len(end)) % 2, -1), 2, 0.9)
    time, risk, gone, share = map(np.array, zip(*slow.survival(start, end, exited), strict=True))
    np.testing.assert_array_equal(found.time, time)
    np.testing.assert_array_equal(found.at_risk, risk)
    np.testing.assert_array_equal(found.exits, gone)
    np.testing.assert_allclose(found.survival, share, atol=1e-12)
    np.testing.assert_allclose(found.ended.sum(axis=0), 1 - share, atol=1e-12)
    inner = (share > 0) & (share < 1)
    assert (found.low[inner] < share[inner]).all()
    assert (found.high[inner] > share[inner]).all()


@pytest.mark.parametrize("seed", range(2))
def test_cox_is_that_of_the_slow_twin(seed):
    """Likelihood, slope and, by the infinitesimal jackknife, what each spell adds to the score."""
    start, end, exited, x, strata, clusters = drawn(np.random.default_rng(seed), 50)
    found = cox(start, end, exited, x, strata=strata, clusters=clusters)
    x = x - x.mean(axis=0)
    args = start, end, exited, x, strata
    assert found.loglik == pytest.approx(slow.efron(found.beta, *args), abs=1e-9)
    step = 1e-5
    turns = step * np.eye(2)
    slope = [slow.efron(found.beta + turn, *args) - slow.efron(found.beta - turn, *args) for turn in turns]
    np.testing.assert_allclose(slope, 0, atol=1e-9)
    score = np.zeros((len(end), 2))
    for at in range(len(end)):
        for k, turn in enumerate(turns):
            for sign in (1, -1):
                for other in (1, -1):
                    weights = np.ones(len(end))
                    weights[at] += other * 1e-4
                    score[at, k] += sign * other * slow.efron(found.beta + sign * turn, *args, weights)
    score /= 4 * step * 1e-4
    summed = np.array([score[clusters == one].sum(axis=0) for one in np.unique(clusters)])
    wanted = found.model @ summed.T @ summed @ found.model
    np.testing.assert_allclose(found.robust, wanted, rtol=2e-3, atol=1e-6)


def test_cox_and_incidence_agree_with_statsmodels():
    sm = pytest.importorskip("statsmodels.api", reason="statsmodels is of the extra `peers`")
    from statsmodels.duration.survfunc import CumIncidenceRight

    start, end, exited, x, strata, clusters = drawn(np.random.default_rng(0), 300)
    start = np.maximum(start, 0)
    ours = cox(start, end, exited, x, strata=strata, clusters=clusters)
    # There, who starts at the time of an exit is at risk in it; here not: so they start a little later.
    entry = start + 1e-6 * (start > 0)
    theirs = sm.PHReg(end, x, status=exited.astype(int), entry=entry, strata=strata, ties="efron").fit()
    np.testing.assert_allclose(ours.beta, theirs.params, rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.model)), theirs.bse, rtol=1e-6)
    untied = end + np.linspace(0, 1e-3, len(end))
    ours = cox(start, untied, exited, x, strata=strata, clusters=clusters)
    theirs = sm.PHReg(untied, x, status=exited.astype(int), entry=entry, strata=strata).fit(groups=clusters)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.robust)), theirs.bse, rtol=1e-5)
    way = np.where(exited, np.arange(len(end)) % 2, -1)
    found, peer = lasting(0 * end, end, way, 2, 0.95), CumIncidenceRight(end, way + 1)
    at = np.searchsorted(peer.times, found.time)
    for one in range(2):
        np.testing.assert_allclose(found.ended[one], np.asarray(peer.cinc[one])[at], atol=1e-12)


def test_what_is_not_told_by_spells_is_none():
    one = np.ones(4)
    assert cox(0 * one, one, np.zeros(4, dtype=bool), one[:, None]) is None
    assert cox(0 * one, np.arange(4.0) + 1, np.ones(4, dtype=bool), one[:, None]) is None


def test_hazards_out_of_proportion_are_seen():
    rng = np.random.default_rng(8)
    x = rng.integers(0, 2, 800).astype(float)
    # The same risk of each in the whole, but one early and the other late.
    life = np.where(x > 0, rng.weibull(0.6, 800), rng.weibull(2.0, 800))
    found = cox(np.zeros(800), life, np.ones(800, dtype=bool), x[:, None])
    assert found.p_proportional[0] < 1e-4
    same = cox(np.zeros(800), rng.exponential(np.where(x > 0, 0.5, 1.0)), np.ones(800, dtype=bool), x[:, None])
    assert same.p_proportional[0] > 1e-3


def test_frames_are_tidy():
    found = xz.time_on_rungs(placed(moving(np.random.default_rng(1), 40, 30, lambda came: 0.2)))
    assert not found.to_frame().duplicated(["group", "way", "window"]).any()
    assert not found.survival.duplicated(["group", "cohort", "time"]).any()
    assert set(found.incidence["way"]) == {"up", "down"}
    assert isinstance(found.to_frame(), pd.DataFrame)
