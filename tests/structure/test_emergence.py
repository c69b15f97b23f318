import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import sparse

from tests.oracles import growth as slow
from xinzhi.core.errors import MethodError
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.emergence import MEASURES, emergence
from xinzhi.structure.links import Links
from xinzhi.structure.onsets import bends, step_up
from xinzhi.structure.yearly import yearly

YEARS = np.arange(2000, 2020)


def steady(level=40.0, rate=0.05, bend=None, after=0.0):
    time = YEARS - 2000.0
    extra = 0.0 if bend is None else (after - rate) * np.maximum(YEARS - bend, 0)
    return np.round(level * np.exp(rate * time + extra))


TABLE = pd.DataFrame(
    [
        steady(),
        steady(bend=2011, after=0.4),
        np.where(YEARS < 2008, 0, steady(3, 0.2)),
        steady(rate=-0.05),
        YEARS * 0.0,
    ],
    index=["steady", "taking off", "born", "fading", "never"],
    columns=YEARS,
)
WHOLE = pd.Series(20_000 * 1.05 ** (YEARS - 2000), index=YEARS)


def test_onsets_are_dated():
    topics = emergence(TABLE, whole=WHOLE).topics
    assert topics["kind"].to_dict() == {
        "steady": "none",
        "taking off": "bend",
        "born": "birth",
        "fading": "none",
        "never": "none",
    }
    assert topics.loc["taking off", ["onset", "onset_low", "onset_high"]].tolist() == [2011, 2011, 2011]
    assert topics.loc["taking off", "rate_after"] == pytest.approx(np.exp(0.4) / 1.05 - 1, abs=0.02)
    assert topics.loc["born", ["first_seen", "onset"]].tolist() == [2008, 2008]
    assert np.isnan(topics.loc["never", "first_seen"])
    assert topics.loc[["steady", "fading", "never"], "onset"].isna().all()


def test_growth_is_held_against_the_whole():
    found = emergence(TABLE, whole=WHOLE)
    own, relative = found.measure("growth"), found.measure("relative-growth")
    assert own.loc["steady", "value"] == pytest.approx(np.expm1(0.05), abs=0.01)
    assert relative.loc["steady", "low"] < 0 < relative.loc["steady", "high"]
    assert relative.loc["taking off", "low"] > 0.3
    assert relative.loc["fading", "value"] == pytest.approx(np.exp(-0.1) - 1, abs=0.03)
    assert own.loc["never"].isna().all()
    share = found.measure("share").loc["steady"]
    assert share["value"] == pytest.approx(TABLE.loc["steady"].iloc[-5:].sum() / WHOLE.iloc[-5:].sum())
    assert share["low"] < share["value"] < share["high"]


def test_the_sum_of_topics_stands_for_a_whole_that_is_not_given():
    found = emergence(TABLE)
    assert "whole-of-topics" in [note.code for note in found.notes]
    given = emergence(TABLE, whole=TABLE.sum())
    pd.testing.assert_frame_equal(found.measures, given.measures)
    alone = emergence(TABLE.loc["steady"])
    assert "relative-growth" not in set(alone.measures["measure"])
    assert alone.notes[0].code == "no-whole"


def test_age_persistence_and_run():
    counts = pd.Series([0, 0, 3, 0, 1, 4, 5, 2, 6, 7], index=range(2010, 2020), name="t", dtype=float)
    found = emergence(counts, threshold=2)
    assert found.measure("age")["value"].tolist() == [8]
    assert found.measure("persistence")["value"].tolist() == [6 / 8]
    assert found.measure("run")["value"].tolist() == [5]
    older = emergence(counts.iloc[2:], threshold=2)
    assert older.measure("age")["high"].tolist() == [np.inf]


CODES = pd.DataFrame(
    [(1, 2014, "A"), (1, 2014, "B"), (2, 2015, "A"), (2, 2015, "B"), (3, 2016, "A"), (3, 2016, "C"), (4, 2019, "A")],
    columns=["record", "year", "code"],
)


def test_what_records_tell_by_hand():
    counts = pd.Series(np.arange(1.0, 11.0), index=range(2010, 2020))
    found = emergence(counts, codes=CODES, window=5)
    # The window is 2015 to 2019: record 2 joins what 1 joined, 3 joins anew, 4 joins nothing.
    assert found.measure("new-combinations")["value"].tolist() == [0.5]
    cosines = [1 / 2, 1 / np.sqrt(2), 1 / np.sqrt(2)]
    assert found.measure("coherence")["value"].tolist() == pytest.approx([np.mean(cosines)])
    p = np.array([3, 1, 1]) / 5
    assert found.measure("diversity")["value"].tolist() == pytest.approx([np.exp(-(p * np.log(p)).sum())])


def test_who_takes_part_by_hand():
    counts = pd.Series(np.arange(1.0, 11.0), index=range(2010, 2020))
    rows = [(2012, "x"), (2015, "x"), (2015, "y"), (2017, "y"), (2018, "z"), (2019, "y")]
    found = emergence(counts, actors=pd.DataFrame(rows, columns=["year", "actor"]))
    assert found.measure("actors")["value"].tolist() == [3]
    assert found.measure("newcomers")["value"].tolist() == [2 / 3]
    assert found.measure("concentration")["value"].tolist() == pytest.approx([(1 + 9 + 1) / 25])


def test_many_topics_are_each_as_if_alone():
    rng = np.random.default_rng(2)
    y = rng.poisson(20 * np.exp(rng.uniform(-0.1, 0.2, (6, 1)) * np.arange(18))).astype(float)
    used = np.ones(y.shape, dtype=bool)
    every = bends(y, y * 0, used, 0.9)
    for at in range(6):
        one = bends(y[at : at + 1], y[:1] * 0, used[:1], 0.9)
        assert one.years[0] == every.years[at]
        assert one.p[0] == pytest.approx(every.p[at], abs=1e-3)


def test_the_onset_is_where_a_general_optimiser_finds_the_least_deviance():
    rng = np.random.default_rng(8)
    y = rng.poisson(20 * np.exp(0.03 * np.arange(20) + 0.25 * np.maximum(np.arange(20) - 12, 0))).astype(float)
    told = slow.bend_deviances(y)
    rising = {year: deviance for year, (deviance, bend) in told.items() if bend > 0}
    found = bends(y[None], np.zeros((1, 20)), np.ones((1, 20), dtype=bool), 0.9)
    assert found.years[0] == min(rising, key=rising.get)


def test_false_findings_are_held_over_all_topics():
    rng = np.random.default_rng(5)
    chances = rng.random(12)
    assert step_up(chances) == pytest.approx(slow.false_shares(chances.tolist()))
    assert np.isnan(step_up(np.array([0.1, np.nan]))[1])
    flat = pd.DataFrame(rng.poisson(30, (60, 15)), columns=range(2000, 2015)).astype(float)
    found = emergence(flat)
    assert (found.topics["onset_q"] >= found.topics["onset_p"]).all()
    assert found.topics["onset"].notna().sum() <= 2
    assert "many-topics" in [note.code for note in found.notes]


def test_onset_intervals_hold_the_true_year():
    """At a nominal 90 %: 60 series; fewer than 46 would be a chance of 1 in 100 even if they held only 86 %."""
    rng = np.random.default_rng(1)
    time = np.arange(25)
    mean = 20 * np.exp(0.05 * time + 0.25 * np.maximum(time - 14, 0))
    y = rng.poisson(rng.gamma(20, mean / 20, (60, 25))).astype(float)
    found = bends(y, y * 0, y == y, 0.9)
    assert found.inside[:, 14].sum() >= 46
    assert (found.p < 0.05).sum() >= 46


def test_counts_of_links_arrays_and_gaps():
    cells = TABLE.loc[["steady", "taking off"]].to_numpy()
    made = Links(
        tuple(sparse.csr_array(np.vstack([column, column])) for column in cells.T),
        np.array(["r0", "r1"], dtype=object),
        np.array(["a", "b"], dtype=object),
        tuple(YEARS.tolist()),
    )
    assert np.array_equal(yearly(made).counts, 2 * cells)
    array = xr.DataArray(cells.T, dims=("time", "field"), coords={"time": YEARS, "field": ["a", "b"]})
    assert np.array_equal(yearly(array).counts, cells)
    holed = TABLE.drop(columns=2005)
    with pytest.raises(MethodError, match="2005"):
        yearly(holed)
    assert np.isnan(yearly(holed, gaps="unobserved").counts[:, 5]).all()
    assert (yearly(holed, gaps="zero").counts[:, 5] == 0).all()
    assert emergence(holed, gaps="unobserved", whole=WHOLE).topics.loc["taking off", "onset"] == 2011


def test_everything_wrong_is_told_at_once_in_both_languages():
    bad = TABLE.copy()
    bad.iloc[0, 3], bad.iloc[1, 4] = -1, np.inf
    with pytest.raises(MethodError) as caught:
        emergence(bad)
    assert [fault.code for fault in caught.value.faults] == ["negative-count", "infinite-count"]
    assert "steady 2003: -1" in caught.value.say()
    assert "计数不能为负" in caught.value.say("zh")


def test_what_cannot_be_measured():
    for counts, words in (
        (TABLE * 0, "nothing was counted"),
        (TABLE.iloc[:, :6], "at least 7 years"),
        (TABLE.rename(columns={2003: "total"}), "total"),
        (pd.concat([TABLE, TABLE.iloc[:1]]), "more than once"),
        (3.0, "not counts"),
    ):
        with pytest.raises(MethodError, match=words if words != "not counts" else "found float"):
            emergence(counts)
    with pytest.raises(MethodError, match="smaller than the topic"):
        emergence(TABLE, whole=TABLE.loc["steady"])
    with pytest.raises(MethodError, match="must cover"):
        emergence(TABLE, whole=WHOLE.iloc[3:])
    with pytest.raises(MethodError, match="not there: code"):
        emergence(TABLE.loc["steady"], codes=CODES[["record", "year"]])
    with pytest.raises(FaultyValue, match="window"):
        emergence(TABLE, window=2)
    with pytest.raises(FaultyValue, match="there are: growth"):
        emergence(TABLE.loc["steady"]).measure("share")


def test_words_rows_and_record():
    found = emergence(TABLE, whole=WHOLE, through=2018)
    assert "taking off 2011 (2011 to 2011)" in repr(found)
    assert found.onsets("taking off") == [2011]
    assert found.onsets("steady") == []
    frame = found.to_frame()
    assert list(frame.columns[:6]) == ["topic", "attribute", "attribute_zh", "measure", "measure_en", "measure_zh"]
    assert set(frame["measure"]) <= set(MEASURES)
    assert frame["topic"].unique().tolist() == list(TABLE.index)
    assert found.record.settings["through"] == 2018
