"""Crosswalks of codes and codes of another vintage."""

from __future__ import annotations

import pandas as pd
import pytest

import xinzhi as xz
from xinzhi.core.errors import DataError

OLD = pd.DataFrame(
    {
        "old": ["01", "02", "02", "03", "04", "05"],
        "new": ["01", "A1", "A2", "B", "B", "C"],
        "share": [1, 0.25, 0.75, 1, 1, 1],
    }
)


def test_what_splits_and_merges_is_told():
    made = xz.crosswalk(OLD, "old", "new", "share")
    assert dict(zip(made.kinds["source"], made.kinds["kind"], strict=True)) == {
        "01": "same",
        "02": "split",
        "03": "merged",
        "04": "merged",
        "05": "renamed",
    }
    assert [note.code for note in made.notes] == ["codes-split", "codes-merged"]
    assert "02 → A1, A2" in made.notes[0].en


def test_all_that_is_wrong_with_shares_is_told_at_once():
    table = pd.DataFrame({"o": ["1", "1", "2", "", "3"], "n": ["a", "b", "a", "a", "c"], "s": [0.5, 0.4, -1, 1, None]})
    with pytest.raises(DataError) as caught:
        xz.crosswalk(table, "o", "n", "s")
    codes = [fault.code for fault in caught.value.faults]
    assert codes == ["no-code", "no-share", "bad-share", "sum-not-one", "sum-not-one", "sum-not-one"]


def test_shares_that_were_rounded_in_print_lose_nothing():
    thirds = pd.DataFrame({"o": ["1"] * 3, "n": list("abc"), "s": [0.3333333] * 3})
    frame = pd.DataFrame({"code": ["1"] * 7})
    counts = xz.records(frame, activity="code").count(concordance=(thirds, "o", "n", "s"))
    assert counts.to_frame()["records"].sum() == pytest.approx(7, rel=1e-12)


def test_a_code_without_an_entry_is_kept_apart_and_named():
    frame = pd.DataFrame({"code": ["02", "02", "99"], "size": [1.0, 3.0, 5.0]})
    counts = xz.records(frame, activity="code", value="size").count(
        ["records", "value"], concordance=(OLD, "old", "new", "share")
    )
    assert counts.to_frame()["value"].tolist() == [1.0, 3.0]
    assert counts.unplaced["records"].tolist() == [1.0]
    assert any(note.code == "no-entry" and "99 (1)" in note.en for note in counts.notes)


def test_a_concordance_of_structure_serves_too():
    way = xz.concordance(OLD, source="old", target="new", share="share")
    frame = pd.DataFrame({"code": ["02"] * 4})
    found = xz.records(frame, activity="code").count(concordance=way).to_frame()
    assert found["records"].tolist() == [1.0, 3.0]
    with pytest.raises(DataError, match="a concordance is"):
        xz.records(frame, activity="code").count(concordance="old.csv")


def test_codes_of_another_vintage_are_listed_with_who_knows_them():
    frame = pd.DataFrame({"code": ["62.01", "6201", "7210", "7210", "XX"], "year": [2010, 2010, 2005, 2006, 2010]})
    found = xz.records(frame, activity="code", date="year").vintages(
        {"NACE 1.1": ["7210", "6201"], "NACE 2": ["62.01"]}, "NACE 2"
    )
    assert found.mixed
    rows = {row.code: (row.records, row.known_to, row.written) for row in found.table.itertuples()}
    assert rows == {"7210": (2, "NACE 1.1", ""), "6201": (1, "NACE 1.1", "62.01"), "XX": (1, "", "")}
    assert [note.code for note in found.notes] == ["mixed-vintages", "unknown-codes"]
    assert "seen 2005-2010" in found.notes[0].en
    with pytest.raises(DataError, match="declared vintage"):
        xz.records(frame, activity="code").vintages({"NACE 2": ["62.01"]}, "NACE 3")
