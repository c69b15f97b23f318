"""Entries, exits, their rates, and what is said where they tell little."""

import pandas as pd
import pytest

from xinzhi.core.errors import MethodError
from xinzhi.structure.entry import entries


def tables(*rows_of):
    return {
        at: pd.DataFrame([[int(cell) for cell in row] for row in rows], list("ABC"), list("xyz"))
        for at, rows in enumerate(rows_of, 2001)
    }


def test_rates_by_region_and_by_activity():
    found = entries(tables(["110", "100", "001"], ["111", "010", "001"]))
    whole = found.rates().iloc[0]
    assert (whole.candidates, whole.entries, whole.held, whole.exits) == (5, 2, 4, 1)
    regions = found.rates("region").set_index("region")
    assert list(regions.candidates) == [1, 2, 2]
    assert list(regions.entry_rate) == [1.0, 0.5, 0.0]
    assert list(found.rates("activity").set_index("activity").exits) == [1, 0, 0]
    assert set(map(tuple, found.to_frame()[["region", "activity", "change"]].values)) == {
        ("A", "z", "entry"),
        ("B", "y", "entry"),
        ("B", "x", "exit"),
    }
    assert "2 of 5 missing links entered (40.0%)" in repr(found)


def test_intervals_are_the_published_ones():
    """Newcombe 1998, Statistics in Medicine 17: 857, table I: 81 of 263 and 0 of 20."""
    from xinzhi.structure.proportions import clopper_pearson, wilson

    low, high = wilson([81, 0], [263, 20])
    assert (low.round(4).tolist(), high.round(4).tolist()) == ([0.2553, 0.0], [0.3662, 0.1611])
    low, high = clopper_pearson([81, 0], [263, 20])
    assert (low.round(4).tolist(), high.round(4).tolist()) == ([0.2527, 0.0], [0.3676, 0.1684])


def test_an_activity_from_nowhere_is_no_entry():
    found = entries(tables(["110", "100", "000"], ["111", "110", "001"]), presence="as-given")
    assert found.transitions[0].entered.sum() == 1  # B takes up y; z and C were not there before


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (["111", "111", "111"], ["111", "111", "110"], "no-missing-links"),
        (["110", "011", "001"], ["110", "011", "001"], "no-entry"),
        (["110", "011", "001"], ["111", "011", "000"], "regions-gone"),
        (["110", "101", "100"], ["110", "101", "110"], "activity-everywhere"),
    ],
)
def test_what_tells_little_is_said(before, after, code):
    notes = {note.code: note for note in entries(tables(before, after)).notes}
    assert "2001 → 2002" in notes[code].en
    assert "2001 → 2002" in notes[code].zh


def test_one_period_has_no_entry():
    with pytest.raises(MethodError, match="at least 2") as refusal:
        entries(tables(["110", "011", "001"]))
    assert "至少需要 2 期" in refusal.value.say("zh")


def test_where_nothing_can_enter_there_is_no_rate():
    assert "0 of 0 missing links entered (no rate)" in repr(entries(tables(["111"] * 3, ["110"] * 3)))


@pytest.mark.parametrize("level", [0, 1, 2, float("nan")])
def test_an_interval_holds_some_but_not_all(level):
    with pytest.raises(MethodError, match="between 0 and 1"):
        entries(tables(["110"], ["011"]), level=level)


def test_a_period_of_nothing_is_told_as_such():
    found = entries(tables(["110", "011", "100"], ["000"] * 3, ["110", "011", "100"]))
    assert [note.code for note in found.notes if note.en.startswith("2002 → 2003")] == ["no-links"]
