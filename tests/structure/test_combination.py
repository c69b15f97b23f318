"""Records that join marked codes with others, beside counting them one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xinzhi.core.errors import MethodError
from xinzhi.structure.combination import combination
from xinzhi.structure.proportions import wilson

ROWS = [
    ("p1", "G06", "A"),
    ("p1", "F24", "A"),
    ("p1", "F24", "A"),  # a code twice in a record
    ("p2", "F24", "A"),
    ("p3", "G06", "A"),
    ("p4", "H02", "B"),
    ("p4", "H04", "B"),
    ("p4", "F24", "B"),
    ("p5", "H04", "C"),
]
CODES = pd.DataFrame(ROWS, columns=["record", "code", "region"])


def test_records_are_counted_by_group_and_field():
    found = combination(CODES, ["G06", "H04"], by="region")
    told = found.to_frame().set_index("region")
    assert told[["records", "marked", "others", "combined"]].to_numpy().tolist() == [
        [3, 2, 2, 1],
        [1, 1, 1, 1],
        [1, 1, 0, 0],
    ]
    assert told["share"].tolist()[:2] == [0.5, 1.0]
    assert np.isnan(told.loc["C", ["share", "low", "high"]].to_numpy(dtype=float)).all()
    assert told.loc["A", ["low", "high"]].tolist() == pytest.approx(np.ravel(wilson([1], [2])).tolist())
    fields = found.fields.set_index("code")
    assert fields[["others", "combined"]].to_dict("index") == {
        "F24": {"others": 3, "combined": 2},
        "H02": {"others": 1, "combined": 1},
    }
    assert "H02 100.0%" in repr(found)


def test_without_groups_there_is_one_row_and_a_record_counts_once_in_each_group():
    assert combination(CODES, "G06").groups[["records", "marked", "others", "combined"]].to_numpy().tolist() == [
        [5, 2, 4, 1]
    ]
    shared = pd.concat([CODES, CODES.assign(region="D")])
    assert combination(shared, "G06").groups.equals(combination(CODES, "G06").groups)
    assert combination(shared, "G06", by=["region"]).groups["records"].sum() == 10


def test_empty_cells_are_told_and_codes_nobody_has_refused():
    gaps = pd.concat([CODES, pd.DataFrame([("p9", None, "A")], columns=CODES.columns)])
    assert [fault.code for fault in combination(gaps, "G06").notices] == ["empty-cells"]
    for of, code in (("G99", "unknown-code"), ((), "nothing-marked")):
        with pytest.raises(MethodError) as caught:
            combination(CODES, of)
        assert caught.value.faults[0].code == code
    with pytest.raises(MethodError, match="not there: period"):
        combination(CODES, "G06", by="period")
