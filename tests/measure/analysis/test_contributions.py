"""Contributions add up exactly, level by level, and are refused where they do not exist."""

import numpy as np
import pytest

from tests.measure.analysis import example
from tests.oracles.analysis import divisia
from xinzhi.core.errors import MethodError
from xinzhi.measure.analysis import contributions, contributions_to_change, contributions_to_gap


def test_an_arithmetic_mean_by_hand():
    index = example.index(gap=False)
    table = contributions(index, region="C", time=2021).set_index("node")
    score = index.normalised.sel(region="C", time=2021, indicator="rd").item()
    assert table.loc["rd", "contribution"] == pytest.approx(0.6 * 0.7 * score)
    assert table.loc["rd", "share"] == pytest.approx(0.6 * 0.7 * score / index.top.sel(region="C", time=2021).item())
    assert table.loc["rd", ["name_zh", "region_name_zh"]].tolist() == ["研发经费", "地区C"]


def test_a_missing_child_adds_nothing_and_its_siblings_carry_its_weight():
    index = example.index()
    table = contributions(index, region="B", time=2022).set_index("node")["contribution"]
    assert table["staff"] == 0
    assert table["rd"] == pytest.approx(table["science"])


def test_a_geometric_change_is_split_by_the_logarithmic_mean():
    tree = {
        "elements": [{"code": "top"}],
        "indicators": [
            {"code": c, "parent": "top", "weight": w} for c, w in (("rd", 0.5), ("staff", 0.3), ("energy", 0.2))
        ],
    }
    index = example.index(gap=False, aggregate="geometric", **tree)
    table = contributions_to_change(index, region="D").set_index("node")["contribution"]
    before, after = (index.normalised.sel(region="D", time=year).values for year in (2020, 2022))
    assert list(table[["rd", "staff", "energy"]]) == pytest.approx(divisia(before, after, [0.5, 0.3, 0.2]))


def test_a_gap_that_comes_from_a_missing_sibling_is_called_reweighting():
    table = contributions_to_gap(example.index(), "B", "C", time=2022).set_index("node")
    assert table.loc["staff", "contribution"] == 0
    assert table.loc["staff", "reweighting"] != 0
    own = table.loc[["rd", "staff"], ["contribution", "reweighting"]].to_numpy().sum()
    assert own == pytest.approx(table.loc["science", "contribution"])


def test_no_change_is_split_into_nothing():
    index = example.index(aggregate="geometric")
    table = contributions_to_change(index, 2021, 2021)
    assert (table[["contribution", "reweighting"]] == 0).all(axis=None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aggregate": "geometric"}, "no-zero-score"),
        ({"aggregate": "copeland"}, "no-exact-contributions"),
        ({"elements": [*example.ELEMENTS[:2], example.ELEMENTS[2] | {"direction": -1}]}, "counts-against"),
    ],
)
def test_levels_that_cannot_be_split_are_refused_with_a_way_out(changes, code):
    with pytest.raises(MethodError) as refusal:
        contributions(example.index(gap=False, **changes))
    assert refusal.value.faults[0].code == code


def test_an_element_that_counts_against_its_parent_turns_what_it_passes_on():
    elements = [*example.ELEMENTS[:2], example.ELEMENTS[2] | {"direction": -1}]
    table = contributions_to_change(example.index(gap=False, elements=elements), region="A").set_index("node")
    gain = table.loc["green", "score_end"] - table.loc["green", "score_start"]
    assert np.sign(table.loc["green", "contribution"]) == -np.sign(gain)
    assert table.loc[["science", "green"], "contribution"].sum() == pytest.approx(table.loc["top", "contribution"])
