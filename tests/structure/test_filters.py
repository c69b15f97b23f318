"""Leaving out the small, and saying what and why."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tests.oracles import presence as slow
from tests.structure.test_links import TWO, made
from xinzhi.core.errors import MethodError
from xinzhi.structure.filters import without_small
from xinzhi.structure.links import Links


def test_what_falls_takes_its_links_with_it_and_is_listed():
    # Steel has 2 and falls; then the north has nothing.
    left = without_small(made([[9, 1], [0, 1], [0, 0]]), region_total=1, activity_total=5)
    assert (left.regions.tolist(), left.activities.tolist()) == (["east"], ["chips"])
    assert [(one.side, one.label, one.value) for one in left.dropped] == [
        ("region", "west", 0.0),
        ("activity", "steel", 2.0),
        ("region", "north", 0.0),
    ]
    assert left.dropped[1].why.en == "total below 5 in some period"
    assert left.notices[-1].code == "small-left-out"


def test_every_period_or_any():
    assert without_small(TWO, region_diversity=1).regions.tolist() == ["east", "north"]
    assert without_small(TWO, region_diversity=1, periods="any").regions.tolist() == ["east", "north", "west"]


def test_nothing_to_leave_out_and_nothing_left():
    same = without_small(TWO)
    assert same.regions.tolist() == TWO.regions.tolist()
    assert same.notices == TWO.notices == ()
    with pytest.raises(MethodError, match="no region and activity reach all floors"):
        without_small(TWO, region_total=100)


@settings(max_examples=80, deadline=None)
@given(
    values=st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4), min_size=2, max_size=6),
    floors=st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 6), st.integers(0, 3)),
)
def test_the_largest_set_that_reaches_every_floor(values, floors):
    matrix = np.array(values, dtype=float)
    regions = np.array([f"r{i}" for i in range(len(matrix))], dtype=object)
    links = Links((sparse.csr_array(matrix),), regions, np.array(list("abcd"), dtype=object))
    rows, columns = slow.largest_left(matrix, floors)
    names = ("region_total", "region_diversity", "activity_total", "activity_ubiquity")
    asked = dict(zip(names, floors, strict=True))
    if not rows or not columns:
        with pytest.raises(MethodError):
            without_small(links, **asked)
        return
    left = without_small(links, **asked)
    assert left.regions.tolist() == [f"r{i}" for i in sorted(rows)]
    assert left.activities.tolist() == ["abcd"[j] for j in sorted(columns)]
    assert len(left.dropped) == len(matrix) + 4 - len(rows) - len(columns)


def test_floors_that_are_none():
    with pytest.raises(MethodError, match="periods is one of: every, any; found 'all'"):
        without_small(TWO, region_total=1, periods="all")
    with pytest.raises(MethodError, match="activity_total is no number"):
        without_small(TWO, activity_total=np.nan)
    with pytest.raises(MethodError, match="found DataFrame"):
        without_small(TWO.to_frame())
