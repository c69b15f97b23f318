"""Versions of an index side by side, and an index with one element left out."""

import numpy as np
import pytest

from tests.measure.analysis import example
from xinzhi.core.errors import MethodError
from xinzhi.measure.analysis import compare, compare_versions, leave_one_out


def test_a_version_compared_with_itself_differs_in_nothing():
    index = example.index()
    table = compare(index, index)
    assert (table[["score_difference", "rank_difference"]] == 0).all(axis=None)
    assert len(table) == 18


def test_ranks_are_among_the_regions_both_versions_have():
    whole = example.index()
    panel = example.data()
    best = str(whole.top.sel(time=2022)["region"].values[whole.top.sel(time=2022).values.argmax()])
    fewer = example.measure(panel.sel(region=[r for r in example.REGIONS if r != best]), example.spec())
    table = compare(whole, fewer)
    assert best not in set(table["region"])
    assert table[table["time"] == 2022]["rank_a"].min() == 1
    assert {"region_name_en", "region_name_zh"} <= set(table.columns)


def test_several_versions_are_sorted_by_the_first():
    versions = {"base": example.index(), "geometric": example.index(aggregate="geometric")}
    table = compare_versions(versions, node="science")
    assert table[table["time"] == 2021]["rank_base"].is_monotonic_increasing
    assert (table["rank_span"] == (table["rank_base"] - table["rank_geometric"]).abs()).all()


def test_versions_with_nothing_in_common_are_refused():
    other = example.measure(example.data().assign_coords(time=[1990, 1991, 1992]), example.spec())
    with pytest.raises(MethodError, match="no region and year in common"):
        compare(example.index(), other)


def test_leaving_out_is_measuring_without():
    index = example.index()
    left = leave_one_out(index)
    without = [leaf for leaf in example.INDICATORS if leaf["code"] != "staff"]
    without[0] = without[0] | {"weight": 1.0}
    again = example.index(indicators=without)
    assert left.scores.sel(left_out="staff").values == pytest.approx(again.top.values)
    assert left.ranks().sel(left_out="staff", time=2021).values == pytest.approx(
        again.ranks().sel(element="top", time=2021)
    )


def test_an_only_child_takes_its_parent_with_it():
    indicators = [leaf for leaf in example.INDICATORS if leaf["code"] != "waste"]
    indicators[2] = indicators[2] | {"weight": 1.0}
    index = example.index(indicators=indicators)
    left = leave_one_out(index).scores.sel(left_out="energy")
    assert left.values == pytest.approx(index.scores.sel(element="science").values)


def test_the_summary_names_what_moves_most():
    table = leave_one_out(example.index(), 2).to_frame()
    assert list(table["left_out"]) == ["science", "green"]
    assert list(table["name_zh"]) == ["科技", "绿色"]
    assert (table["mean_rank_change"] <= table["largest_rank_change"]).all()
    assert set(table["region_moved_most"]) <= set(example.REGIONS)


def test_what_cannot_be_left_out_is_refused():
    with pytest.raises(MethodError, match="nothing below it at level 3"):
        leave_one_out(example.index(), 3)
    with pytest.raises(MethodError, match="still counts"):
        leave_one_out(example.index(gap=False, aggregate="benefit-of-the-doubt"))
    alone = {"elements": example.ELEMENTS[:1], "indicators": [example.INDICATORS[0] | {"parent": "top", "weight": 1}]}
    with pytest.raises(MethodError, match="nothing is left"):
        leave_one_out(example.index(**alone))


def test_weights_that_change_by_the_year_are_kept():
    index = example.index(gap=False, weigh={"method": "entropy", "scope": "year"})
    left = leave_one_out(index, 2)
    assert left.scores.sel(left_out="green").values == pytest.approx(index.scores.sel(element="science").values)
    assert not np.isnan(left.scores).any()
