"""Pitfalls 4 and 5, planted and absent."""

import numpy as np
import pytest

from tests.study.auditing import a_run, codes_of, columns
from xinzhi.study.audit import audit


def test_one_region_year_that_sets_the_scale():
    values = columns(3)
    values["b"][4, 2] = 400
    found = codes_of(audit(a_run(values)), 4)["scale-set-by-one-cell"]
    assert found.severity == "serious"
    row = found.numbers.set_index("indicator").loc["b"]
    assert (row["region"], row["time"]) == ("R04", 2021)
    rest = np.delete(values["b"].ravel(), 4 * 4 + 2)
    assert row["share_of_scale"] == pytest.approx((400 - rest.max()) / (400 - rest.min()))


def test_the_last_year_rewrites_history_and_a_base_period_does_not():
    values = columns(3)
    values["a"][:, -1] *= 3
    run = a_run(values)
    found = codes_of(audit(run), 4)["last-year-changes-history"]
    assert found.severity == "serious"
    before = a_run({code: of[:, :-1] for code, of in values.items()}).index.top
    now = run.index.top.isel(time=slice(0, 3))
    assert found.numbers["largest_change"].max() == pytest.approx(float(np.abs(now.values - before.values).max()))
    fixed = a_run(values, normalise={"method": "min-max", "scope": [2019, 2020]})
    assert list(codes_of(audit(fixed), 4)) == ["clear"]


def test_a_base_period_that_is_the_last_year_cannot_be_checked():
    run = a_run(columns(3), normalise={"method": "min-max", "scope": [2022, 2022]})
    assert "not-checked" in codes_of(audit(run), 4)


def test_goalposts_are_no_moving_scale():
    leaves = [{"code": code, "parent": "index", "low": 0, "high": 100} for code in "abc"]
    assert list(codes_of(audit(a_run(columns(3), indicators=leaves, normalise="goalposts")), 4)) == ["clear"]


@pytest.mark.parametrize(
    "steps",
    [
        {"normalise": {"method": "min-max", "scope": "year"}},
        {"weigh": {"method": "entropy", "scope": "year"}},
        {"aggregate": {"method": "topsis", "scope": "year"}},
        {"treat": {"method": "winsorise", "scope": "year"}},
    ],
)
def test_each_year_alone_is_serious(steps):
    (found,) = audit(a_run(columns(3), **steps)).of(5)
    assert (found.code, found.severity) == ("years-not-comparable", "serious")
    assert "mean_score_pooled" in found.numbers


@pytest.mark.parametrize(
    "steps",
    [
        {},
        {"weigh": {"method": "equal", "scope": "year"}},
        {"aggregate": {"method": "geometric", "scope": "year"}, "normalise": {"method": "min-max", "to": [1, 100]}},
    ],
)
def test_years_on_one_scale_are_fine(steps):
    assert audit(a_run(columns(3), **steps)).of(5)[0].severity == "fine"


def test_one_year_has_no_trend():
    run = a_run(columns(3, years=1), normalise={"method": "min-max", "scope": "year"})
    assert audit(run).of(5)[0].severity == "fine"
