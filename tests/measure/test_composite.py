"""Building an index: each step on small numbers worked by hand, and the refusals."""

import numpy as np
import pytest
from pydantic import ValidationError

from xinzhi.core.errors import MethodError
from xinzhi.core.labels import ORIGINS, panel
from xinzhi.measure.composite import measure
from xinzhi.measure.spec import IndexSpec

REGIONS, YEARS = ["A", "B", "C", "D"], [2020, 2021]


def small(values=None, **about):
    """Four regions, two years, two indicators and a denominator."""
    if values is None:
        values = np.array(
            [  # x, y, people: region by region, year by year
                [[1, 10, 2], [2, 20, 2]],
                [[2, 20, 2], [3, 10, 2]],
                [[3, 30, 1], [5, 40, 1]],
                [[4, 50, 4], [4, 50, 4]],
            ],
            dtype=float,
        )
    return panel(values, REGIONS, YEARS, ["x", "y", "people"], **about)


def spec(**changes):
    given = {
        "elements": [{"code": "top"}],
        "indicators": [{"code": "x", "parent": "top"}, {"code": "y", "parent": "top"}],
    }
    return IndexSpec(**(given | changes))


def test_min_max_and_arithmetic_mean_by_hand():
    index = measure(small(), spec())
    # x runs from 1 to 5, y from 10 to 50, over both years together
    assert index.top.sel(region="C", time=2021).item() == pytest.approx((1 + 0.75) / 2)
    assert index.top.sel(region="A", time=2020).item() == 0
    assert index.ranks().sel(region="D", time=2020, element="top").item() == 1


def test_each_year_alone_gives_each_year_a_best_of_one():
    index = measure(small(), spec(normalise={"method": "min-max", "scope": "year"}))
    assert index.normalised.max("region").values.tolist() == [[1, 1], [1, 1]]


def test_a_base_period_lets_later_values_pass_one():
    index = measure(small(), spec(normalise={"method": "min-max", "scope": [2020, 2020]}))
    assert index.normalised.sel(region="C", time=2021, indicator="x").item() == pytest.approx(4 / 3)


@pytest.mark.parametrize(
    ("units", "stated", "factor", "shown"),
    [
        (("万元", "亿元"), None, 1e-4, "比值"),
        (("万元", "亿元"), "%", 0.01, "%"),
        (("亿元", "万人"), None, 1, "亿元/万人"),
        (("亿元", "万人"), "元/人", 1e4, "元/人"),
        (("亿元", ""), None, 1, ""),  # none is made up
        (("亿元", ""), "%", 1, "%"),
        (("亿元", "万人"), "my own", 1, "my own"),
    ],
)
def test_quotients_are_measured_in_a_unit_one_can_read(units, stated, factor, shown):
    data = small(about_indicator={"unit": [units[0], "亿元", units[1]]})
    leaves = [
        {"code": "x", "parent": "top", "denominator": "people", "unit": stated},
        {"code": "y", "parent": "top", "unit": "万元"},
    ]
    index = measure(data, spec(indicators=leaves))
    assert index.denominated["unit"].values.tolist() == [shown, "万元"]
    assert index.denominated.sel(region="C", time=2021).values.tolist() == pytest.approx([5 * factor, 40e4])
    assert index.raw["unit"].values.tolist() == [units[0], "亿元"]
    assert index.raw.sel(region="C", time=2021).values.tolist() == [5, 40]
    as_given = measure(data, spec(indicators=leaves, denominate=False))
    assert as_given.denominated["unit"].values.tolist() == ["万元" if units[0] == "万元" else "亿元", "万元"]


def test_denominators_divide_and_unknown_ones_are_named():
    divided = [{"code": "x", "parent": "top", "denominator": "people"}, {"code": "y", "parent": "top"}]
    index = measure(small(), spec(indicators=divided))
    assert index.denominated.sel(region="A", time=2020, indicator="x").item() == 0.5
    divided[0]["denominator"] = "persons"
    divided[1]["column"] = "z"
    with pytest.raises(MethodError) as caught:
        measure(small(), spec(indicators=divided))
    assert [fault.column for fault in caught.value.faults] == ["z", "persons"]


def test_zero_denominators_become_missing_and_are_said():
    values = small().values.copy()
    values[1, 0, 2] = 0
    divided = [{"code": "x", "parent": "top", "denominator": "people"}, {"code": "y", "parent": "top"}]
    index = measure(small(values), spec(indicators=divided))
    assert np.isnan(index.denominated.sel(region="B", time=2020, indicator="x").item())
    assert index.omitted[0].code == "zero-denominator"
    assert "B (2020)" in index.omitted[0].en


def test_filled_cells_are_marked_and_observed_ones_are_not_touched():
    values = small().values.copy()
    values[0, 1, 0] = np.nan
    index = measure(small(values), spec(impute=[{"method": "mean"}]))
    assert index.imputed.sel(region="A", time=2021, indicator="x").item() == pytest.approx(4)
    origin = index.imputed.coords["origin"]
    assert ORIGINS[int(origin.sel(region="A", time=2021, indicator="x"))] == "mean"
    assert (origin == ORIGINS.index("observed")).sum() == origin.size - 1


def test_group_means_need_a_group_that_exists():
    values = small().values.copy()
    values[0, 1, 0] = np.nan
    zones = {"zone": ["east", "west", "east", "west"]}
    index = measure(small(values, about_region=zones), spec(impute=[{"method": "group-mean", "by": "zone"}]))
    assert index.imputed.sel(region="A", time=2021, indicator="x").item() == 5
    with pytest.raises(MethodError, match="no group 'belt'"):
        measure(small(values, about_region=zones), spec(impute=[{"method": "group-mean", "by": "belt"}]))


def test_screening_drops_region_years_and_says_so():
    values = small().values.copy()
    values[0, 1, :2] = np.nan
    index = measure(small(values), spec(screen={"least": 0.5}, impute=["mean"]))
    assert np.isnan(index.top.sel(region="A", time=2021).item())
    assert index.omitted[0].code == "screened-out"
    assert "A (2021)" in index.omitted[0].en


def test_the_availability_limit_leaves_scores_missing():
    values = small().values.copy()
    values[0, 1, 0] = np.nan
    assert np.isnan(measure(small(values), spec(aggregate={"method": "arithmetic", "least": 0.6})).top[0, 1])
    assert measure(small(values), spec(aggregate={"method": "arithmetic", "least": 0.5})).top[0, 1] == 0.25


def test_a_negative_element_counts_against_the_index():
    tree = {
        "elements": [
            {"code": "top"},
            {"code": "good", "parent": "top"},
            {"code": "bad", "parent": "top", "direction": -1},
        ],
        "indicators": [{"code": "x", "parent": "good"}, {"code": "y", "parent": "bad"}],
    }
    index = measure(small(), IndexSpec(**tree))
    assert index.top.sel(region="C", time=2021).item() == pytest.approx((1 + (1 - 0.75)) / 2)


def test_flat_weights_add_up_through_the_tree():
    tree = {
        "elements": [{"code": "top"}, {"code": "a", "parent": "top"}, {"code": "b", "parent": "top"}],
        "indicators": [{"code": "x", "parent": "a"}, {"code": "y", "parent": "b"}, {"code": "people", "parent": "b"}],
        "weigh": {"method": "entropy", "zeros": "skip", "flat": True},
    }
    index = measure(small(), IndexSpec(**tree))
    effective = index.effective()
    assert effective.sel(node=["x", "y", "people"]).sum().item() == pytest.approx(1)
    assert effective.sel(node="b").item() == pytest.approx(effective.sel(node=["y", "people"]).sum().item())


def test_weights_that_change_by_the_year_have_a_time_axis():
    index = measure(small(), spec(weigh={"method": "standard-deviation", "scope": "year"}))
    assert index.weights.dims == ("time", "node")
    assert index.weights.sel(node=["x", "y"]).sum("node").values == pytest.approx([1, 1])


def test_an_indicator_constant_everywhere_is_refused_by_name():
    values = small().values.copy()
    values[:, :, 1] = 7
    with pytest.raises(MethodError) as caught:
        measure(small(values), spec())
    assert caught.value.faults[0].code == "indicator-constant"
    assert "'y' is 7 everywhere" in caught.value.faults[0].en


@pytest.mark.parametrize(
    ("method", "asked"), [("distance-to-target", "target = …"), ("goalposts", "high = …"), ("scaled", "high = …")]
)
def test_bounds_that_a_method_needs_are_asked_for(method, asked):
    indicators = [
        {"code": "x", "parent": "top", "low": 0, "high": 5, "target": 5},
        {"code": "y", "parent": "top", "low": 0},
    ]
    with pytest.raises(MethodError) as caught:
        measure(small(), spec(indicators=indicators, normalise=method))
    assert [fault.column for fault in caught.value.faults] == ["y"]
    assert f"Add {asked}" in caught.value.faults[0].en
    assert asked in caught.value.faults[0].zh


def test_optimised_weights_are_not_flat():
    with pytest.raises(MethodError, match="not `flat`"):
        measure(small(), spec(weigh={"method": "correlation-optimised", "flat": True}))


def test_scores_that_stand_on_little_are_pointed_out():
    values = np.concatenate([small().values, small().values[:, :, :1] + 1], axis=2)
    values[3, 1, [1, 3]] = np.nan
    data = panel(values, REGIONS, YEARS, ["x", "y", "people", "z"])
    three = [{"code": code, "parent": "top"} for code in ("x", "y", "z")]
    (fault,) = measure(data, spec(indicators=three)).omitted
    assert fault.code == "few-indicators"
    assert "D (2021)." in fault.en
    assert measure(data, spec(indicators=three, aggregate={"method": "arithmetic", "least": 0.5})).omitted == ()


def test_an_indicator_without_any_value_is_refused_by_name():
    values = small().values.copy()
    values[:, :, 1] = np.nan
    with pytest.raises(MethodError, match="'y' has no value"):
        measure(small(values), spec())


def test_zeros_under_a_geometric_mean_are_refused_with_their_places():
    with pytest.raises(MethodError, match=r"A \(2020\)"):
        measure(small(), spec(aggregate="geometric"))


def test_a_base_period_outside_the_data_is_refused():
    with pytest.raises(MethodError, match="1990-1995"):
        measure(small(), spec(normalise={"method": "min-max", "scope": [1990, 1995]}))


def test_distances_to_a_reference_region():
    choice = {"method": "distance-to-reference", "reference": "C", "scope": "year"}
    index = measure(small(), spec(normalise=choice))
    assert (index.normalised.sel(region="C") == 1).all()
    with pytest.raises(MethodError, match="'Z' is not a region"):
        measure(small(), spec(normalise={"method": "distance-to-reference", "reference": "Z"}))


def test_functions_stand_in_for_names():
    index = measure(small(), spec(aggregate=lambda x, w: np.nanmax(x, axis=-1)))
    assert index.top.sel(region="A", time=2021).item() == pytest.approx(0.25)


def test_the_result_says_what_it_is():
    index = measure(small(), spec())
    assert len(repr(index).splitlines()) == 6
    frame = index.to_frame()
    assert len(frame) == len(REGIONS) * len(YEARS)
    assert {"region", "time", "element", "score", "rank"} <= set(frame)
    assert index.record.operation == "measure"
    assert index.record.to_json() == measure(small(), spec()).record.to_json()


def test_the_panel_is_left_as_it_was():
    given = small()
    before = given.copy(deep=True)
    measure(given, spec(impute=["mean"], treat="winsorise"))
    assert given.identical(before)


def test_stated_weights_that_do_not_add_up_are_refused_where_they_stand():
    leaves = [{"code": "x", "parent": "top", "weight": 0.5}, {"code": "y", "parent": "top", "weight": 0.4}]
    with pytest.raises(ValidationError, match=r"Under 'top', these weights add up to 0.9"):
        spec(indicators=leaves)
    index = measure(small(), spec(indicators=leaves, weigh={"method": "given", "relative": True}))
    assert index.weights.sel(node="x").item() == pytest.approx(5 / 9)


def test_a_zero_rule_may_enter_the_score():
    values = {"method": "entropy", "zeros": "shift", "eps": 0.01}
    apart = measure(small(), spec(weigh=values | {"in_score": False}))
    within = measure(small(), spec(weigh=values | {"in_score": True}))
    assert (within.weights == apart.weights).all()
    assert (within.top - apart.top).values == pytest.approx(0.01)


def test_yearly_weights_do_not_meet_a_method_that_pools_the_years():
    yearly = {"method": "standard-deviation", "scope": "year"}
    with pytest.raises(MethodError, match="compares all years together"):
        measure(small(), spec(weigh=yearly, aggregate="topsis"))
    by_year = measure(small(), spec(weigh=yearly, aggregate={"method": "topsis", "scope": "year"}))
    assert by_year.top.notnull().all()


def test_values_that_a_treatment_cannot_take_are_named_and_not_lost():
    values = small().values.copy()
    values[1, 0, 0] = -1
    with pytest.raises(MethodError, match=r"'x': 'log' has no value at B \(2020\)"):
        measure(small(values), spec(treat="log"))
    assert measure(small(values), spec(treat={"method": "log", "skip": ["x"]})).top.notnull().all()


def test_impossible_values_are_pointed_out():
    leaves = [{"code": "x", "parent": "top", "within": (0, 4)}, {"code": "y", "parent": "top"}]
    (note,) = measure(small(), spec(indicators=leaves)).omitted
    assert (note.code, note.severity) == ("implausible-value", "warning")
    assert "Cells outside: 1, the farthest 5: C (2021)" in note.en


def test_a_year_in_which_everybody_is_alike_is_pointed_out():
    values = small().values.copy()
    values[:, 1, 1] = 0
    (note,) = measure(small(values), spec()).omitted
    assert note.code == "same-everywhere"
    assert "'y' is the same in every region (0) in 2021" in note.en


def test_regions_without_a_group_are_not_a_group():
    values = small().values.copy()
    values[0, 1, 0] = np.nan
    zones = {"zone": ["", "west", "", "west"]}
    index = measure(small(values, about_region=zones), spec(impute=[{"method": "group-mean", "by": "zone"}]))
    assert np.isnan(index.imputed.sel(region="A", time=2021, indicator="x").item())


def test_a_record_names_a_function_without_its_address():
    def best(x, w):
        return np.nanmax(x, axis=-1)

    told = measure(small(), spec(aggregate=best)).record.settings["aggregate"][0]["method"]
    assert told.endswith("best")
    assert "0x" not in told
