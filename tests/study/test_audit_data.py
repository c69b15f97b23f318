"""Pitfalls 7 and 15, planted and absent."""

import numpy as np
import pytest

from tests.study.auditing import a_run, codes_of, columns
from xinzhi.data.regions import gazetteer
from xinzhi.measure.composite import measure
from xinzhi.study.audit import audit
from xinzhi.study.audit.subject import Limits, Subject

PROVINCES = list(gazetteer("china-provinces").regions)


def with_gaps(values, where):
    for code, region, year in where:
        values[code][region, year] = np.nan
    return values


def test_filled_cells_that_carry_a_ranking():
    gaps = [("a", 3, 3), ("b", 3, 3), ("a", 7, 0)]
    run = a_run(with_gaps(columns(3), gaps), impute="mean")
    found = codes_of(audit(run, carried=0.05), 7)["filled-cells-carry-ranks"]
    assert found.severity == "serious"
    assert set(found.numbers["region"]) == {"R03", "R07"}
    first = found.numbers.iloc[0]
    assert (first["region"], first["time"]) == ("R03", 2022)
    assert first["filled"] == pytest.approx(2 / 12)
    assert first["rank_best"] < first["rank_worst"]
    assert audit(run, carried=0.5).of(7)[0].severity == "worth-knowing"


def test_cells_filled_from_their_own_years_move_by_what_years_differ_by():
    """The columns keep a region's level, so an interpolated cell is nearly known and a mean of all regions is not."""
    gaps = [("a", 3, 1), ("b", 3, 1)]
    by = {step: audit(a_run(with_gaps(columns(3), gaps), impute=step)).of(7)[0].numbers for step in ("linear", "mean")}
    assert by["linear"]["rank_range"].max() < by["mean"]["rank_range"].max()


def test_few_filled_cells_that_move_nobody_are_worth_knowing():
    run = a_run(with_gaps(columns(4), [("a", 3, 1)]), impute="linear")
    (found,) = audit(run, moved_ranks=12).of(7)
    assert (found.code, found.severity) == ("filled-cells", "worth-knowing")


def test_observed_cells_are_fine_and_missing_ones_are_named():
    assert list(codes_of(audit(a_run(columns(3))), 7)) == ["clear"]
    found = codes_of(audit(a_run(with_gaps(columns(3), [("b", 2, 1)]))), 7)
    assert list(found) == ["cells-missing"]
    assert "'b'" in found["cells-missing"].said.en


@pytest.mark.parametrize("steps", [{}, {"treat": "winsorise"}, {"normalise": "z-score"}, {"weigh": "critic"}])
def test_the_study_from_its_filled_cells_on_is_the_study(steps):
    """What is moved is moved in an index that without movement is the study's own, to the last bit."""
    values = with_gaps(columns(4), [("a", 3, 3), ("b", 5, 0)])
    leaves = [{"code": code, "parent": "index", "denominator": "d"} for code in "abc"]
    subject = Subject(a_run(values, indicators=leaves, impute="median", **steps), Limits())
    spec, cells = subject.filled_in
    np.testing.assert_array_equal(measure(cells, spec).top.values, subject.index.top.values)


def provinces(drop=(), **more):
    codes = [code for code in PROVINCES if code not in drop]
    return a_run(columns(2, regions=len(codes)), regions="china-provinces", codes=codes, **more)


def test_tibet_is_missed():
    found = codes_of(audit(provinces(drop=["540000", "710000", "810000", "820000"])), 15)["regions-absent"]
    assert found.severity == "worth-knowing"
    assert "西藏" in found.said.zh
    assert "540000" in set(found.numbers["region"])


def test_what_the_tables_of_provinces_never_hold_is_said_and_fine():
    found = codes_of(audit(provinces(drop=["710000", "810000", "820000"])), 15)
    assert [finding.severity for finding in found.values()] == ["fine"]
    assert list(codes_of(audit(provinces()), 15)) == ["clear"]


def test_a_region_scored_in_some_years_only():
    values = columns(2)
    for of in values.values():
        of[3, 0] = np.nan
    assert "'Region R03'" in codes_of(audit(a_run(values)), 15)["regions-absent"].said.en


@pytest.mark.parametrize(
    ("unit", "below", "flagged"),
    [
        ("亿元", None, True),
        ("万元/人", None, True),
        ("亿元", ("gdp", "亿元"), False),
        ("亿元", ("gdp", "万人"), True),
        ("亿元（2015年价格）", None, False),
        ("%", None, False),
    ],
)
def test_money_of_several_years_wants_a_price_base(unit, below, flagged):
    values = columns(2) | {"gdp": columns(3)["c"]}
    leaves = [{"code": "a", "parent": "index", "denominator": below[0] if below else None}]
    leaves += [{"code": "b", "parent": "index"}]
    units = {"a": unit} | ({"gdp": below[1]} if below else {})
    found = codes_of(audit(a_run(values, units=units, indicators=leaves)), 15)
    assert ("current-prices" in found) is flagged


def test_boundaries_are_to_be_spoken_of():
    assert "boundaries-not-recorded" in codes_of(audit(a_run(columns(2), about="")), 15)
    assert "boundaries-not-recorded" not in codes_of(audit(a_run(columns(2), about="fictional = true")), 15)
    assert "boundaries-not-recorded" not in codes_of(audit(a_run(columns(2, years=1), about="")), 15)
