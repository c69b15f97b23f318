"""Tables of results and profiles of regions."""

import numpy as np
import pytest

from tests.measure.analysis import example
from xinzhi.core.errors import MethodError
from xinzhi.measure.analysis import results, strengths, unit_summary, weaknesses


def test_results_are_sorted_by_year_and_rank():
    table = results(example.index())
    assert list(table["time"].unique()) == example.YEARS
    for _, year in table.groupby("time"):
        assert year["rank"].is_monotonic_increasing
        assert year["top"].is_monotonic_decreasing
    assert list(table.columns[:5]) == ["region", "region_name_en", "region_name_zh", "time", "rank"]


def test_ranks_share_the_best_place_and_can_be_within_groups():
    index = example.index()
    table = results(index, show="group_ranks", group="zone", time=2022, indicators=False).set_index("region")
    assert sorted(table.loc[["A", "B", "C"], "top"]) == [1, 2, 3]
    assert list(table["zone"]) == ["east"] * 3 + ["west"] * 3
    overall = results(index, show="ranks", time=2022).set_index("region")
    assert sorted(overall["top"]) == [1, 2, 3, 4, 5, 6]


def test_results_can_follow_another_node():
    table = results(example.index(), order_by="green", time=2021)
    assert table["green"].is_monotonic_decreasing
    assert "green" in table


@pytest.mark.parametrize(
    ("options", "word"),
    [({"show": "group_ranks"}, "group"), ({"group": "size"}, "zone"), ({"order_by": "gren"}, "green")],
)
def test_what_the_index_lacks_is_said_with_what_it_has(options, word):
    with pytest.raises(MethodError, match=word):
        results(example.index(), **options)


def test_a_unit_is_found_by_code_or_name_and_summed_up_from_the_top():
    index = example.index()
    for name in ("B", "Region B", "地区B"):
        table = unit_summary(index, name)
        assert list(table["node"]) == ["top", "science", "green"]
        assert set(table["region"]) == {"B"}
        assert set(table["time"]) == {2022}
    with pytest.raises(MethodError, match="Region B"):
        unit_summary(index, "Regoin B")


def test_strengths_turn_values_by_direction_and_skip_gaps():
    index = example.index()
    table = strengths(index, "B", top=4, time=2022)
    assert "staff" not in set(table["indicator"])
    assert table["rank"].is_monotonic_increasing
    waste = index.raw.sel(indicator="waste", time=2022)
    least = str(waste["region"].values[waste.values.argmin()])
    found = strengths(index, least, top=4).set_index("indicator").loc["waste"]
    assert (found["rank"], found["of"], found["value"]) == (1, 6, waste.min().item())


def test_sharing_the_last_place_is_no_strength():
    panel = example.data()
    panel.loc[{"indicator": "energy", "time": 2022}] = [0, 0, 0, 0, 0, 1]
    index = example.measure(panel, example.spec())
    assert "energy" not in set(strengths(index, "A", top=4)["indicator"])
    assert "energy" in set(strengths(index, "F", top=4)["indicator"])


def test_weaknesses_end_with_the_worst():
    index = example.index()
    weak, strong = weaknesses(index, "C", top=2), strengths(index, "C", top=4)
    assert weak["rank"].iloc[-1] == strong["rank"].max()
    assert np.all(np.diff(weak["rank"]) >= 0)
    assert {"name_zh", "element_name_zh", "unit"} <= set(weak.columns)
