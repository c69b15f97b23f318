"""How much of what leads to each field is of one kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from xinzhi.core.errors import MethodError
from xinzhi.structure.content import content
from xinzhi.structure.correspondences import concordance
from xinzhi.structure.links import Links

WAY = concordance(
    pd.DataFrame(
        {
            "tech": ["chips", "code", "drugs", "drugs"],
            "industry": ["26", "62", "21", "62"],
            "share": [1, 1, 0.8, 0.2],
        }
    ),
    source="tech",
    target="industry",
    share="share",
)
REGIONS = np.array(["east", "north", "west"], dtype=object)


def links(table, activities=("chips", "code", "drugs")):
    return Links((sparse.csr_array(np.array(table, dtype=float)),), REGIONS, np.array(activities, dtype=object))


TECHNOLOGY = links([[10, 5, 25], [0, 0, 10], [0, 0, 0]])


def test_by_hand():
    found = content(TECHNOLOGY, WAY, ["chips", "code"])
    table = found.share.sel(period="all").to_pandas()
    assert table.loc["east"].to_dict() == {"21": 0, "26": 1, "62": 0.5}
    assert table.loc["north", "62"] == 0
    assert np.isnan(table.loc["north", "26"])  # nothing leads there
    assert table.loc["west"].isna().all()
    assert found.by_region()["share"].tolist()[:2] == pytest.approx([15 / 40, 0])
    assert np.isnan(found.by_region()["share"].iloc[2])
    assert [notice.code for notice in found.notices] == ["nothing-leads"]
    assert len(found.to_frame()) == 5
    assert "most in east (37.5%)" in repr(found)


def test_weighed_by_what_the_region_makes():
    jobs = links([[50, 50, 0], [10, 0, 10], [1, 1, 1]], ["21", "62", "26"])
    found = content(TECHNOLOGY, WAY, ["chips", "code"]).by_region(jobs)
    assert found["share"].tolist()[:2] == pytest.approx([0.25, 0])
    assert found["known"].tolist() == pytest.approx([1, 0.5, 0])
    with pytest.raises(MethodError, match="no region and field in common"):
        content(TECHNOLOGY, WAY, ["chips"]).by_region(links(np.ones((3, 1)), ["99"]))


def test_kinds_that_make_up_the_whole_add_up_to_it():
    parts = [content(TECHNOLOGY, WAY, kind).share.values for kind in (["chips"], ["code"], ["drugs"])]
    whole = np.sum(parts, axis=0)
    np.testing.assert_allclose(whole[~np.isnan(whole)], 1)


def test_a_marked_activity_without_an_entry_is_told_with_the_rest():
    more = links([[10, 5, 25, 1], [1, 1, 1, 1], [1, 1, 1, 1]], ["chips", "code", "drugs", "magic"])
    with pytest.raises(MethodError, match="magic"):
        content(more, WAY, ["magic", "code"])
    found = content(more, WAY, ["magic", "code"], unknown="drop")
    assert found.share.sel(period="all", region="east", field="62").item() == pytest.approx(0.5)
    assert "no-entry" in [notice.code for notice in found.notices]


def test_what_cannot_be_is_refused():
    with pytest.raises(MethodError, match="no activities ships"):
        content(TECHNOLOGY, WAY, ["ships"])
    with pytest.raises(MethodError, match="at least one"):
        content(TECHNOLOGY, WAY, [])


def test_one_activity_by_its_name_is_one_activity():
    assert content(TECHNOLOGY, WAY, "chips").of == ("chips",)
    with pytest.raises(MethodError, match="found DataFrame"):
        content(TECHNOLOGY.to_frame(), WAY, ["chips"])
