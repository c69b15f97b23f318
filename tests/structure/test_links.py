"""Links: what they hold, how they are cut, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from xinzhi.core.errors import MethodError
from xinzhi.structure.links import Links


def made(*matrices, periods=None) -> Links:
    values = tuple(sparse.csr_array(np.array(matrix, dtype=float)) for matrix in matrices)
    regions = np.array(["east", "north", "west"], dtype=object)
    activities = np.array(["chips", "steel"], dtype=object)
    names = {"name_en": np.array(["East", "North", "West"], object), "name_zh": np.array(["东", "北", "西"], object)}
    return Links(values, regions, activities, periods or tuple(range(2020, 2020 + len(values))), names)


TWO = made([[1, 2], [0, 3], [0, 0]], [[0, 1], [4, 0], [0, 5]])


def test_a_period_by_its_name_or_the_only_one():
    assert TWO.at(2021).toarray().tolist() == [[0, 1], [4, 0], [0, 5]]
    assert TWO.only(periods=[2020]).at().toarray().tolist() == [[1, 2], [0, 3], [0, 0]]
    with pytest.raises(MethodError, match="2 periods; name one of: 2020, 2021"):
        TWO.at()
    with pytest.raises(MethodError, match="nothing for the period '1999'"):
        TWO.at(1999)


def test_diversity_and_ubiquity_count_links_that_are_not_zero():
    stored_zero = TWO.at(2020).copy()
    stored_zero.data[0] = 0
    links = Links((stored_zero,), TWO.regions, TWO.activities)
    assert links.diversity.tolist() == [[1, 1, 0]]
    assert links.ubiquity.tolist() == [[0, 2]]
    assert TWO.diversity.tolist() == [[2, 1, 0], [1, 1, 1]]


def test_what_is_cut_keeps_its_names_and_the_order_asked_for():
    cut = TWO.only(regions=["west", "east"], activities=["steel"])
    assert cut.at(2021).toarray().tolist() == [[5], [1]]
    assert cut.names("region", "zh").tolist() == ["西", "东"]
    assert cut.names("activity").tolist() == ["steel"]
    with pytest.raises(MethodError, match="no regions south"):
        TWO.only(regions=["south"])


def test_periods_added_up():
    both = TWO.summed({"2020-2021": [2020, 2021]})
    assert both.periods == ("2020-2021",)
    assert both.at().toarray().tolist() == [[1, 3], [4, 3], [0, 5]]
    with pytest.raises(MethodError):
        TWO.summed({"later": [2022]})


def test_a_frame_of_the_links_there_are():
    frame = TWO.to_frame()
    assert frame.columns.tolist() == ["period", "region", "activity", "value"]
    assert len(frame) == 6
    assert frame[frame.period == 2021].set_index(["region", "activity"])["value"].to_dict() == {
        ("east", "steel"): 1,
        ("north", "chips"): 4,
        ("west", "steel"): 5,
    }


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_values_that_cannot_be_are_refused(value):
    with pytest.raises(MethodError, match="north × steel"):
        made([[1, 2], [0, value], [0, 0]])


def test_matrices_must_fit_the_labels():
    with pytest.raises(MethodError, match="3 regions × 2 activities"):
        Links((sparse.csr_array((2, 2)),), TWO.regions, TWO.activities)


def test_six_lines_say_what_it_is():
    said = repr(TWO)
    assert "3 regions × 2 activities" in said
    assert "6 of 12 cells, 50.0%" in said
