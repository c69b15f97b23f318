"""Statistics, availability and trends: numbers worked by hand, and what happens at the edges."""

import numpy as np
import pytest

from tests.measure.analysis import example
from tests.oracles.analysis import growth
from xinzhi.core.labels import panel
from xinzhi.measure.analysis import availability, availability_by_element, describe, trends


def one(values, years=None):
    """One indicator, one region per row."""
    cells = np.array(values, dtype=float)
    years = years or list(range(2020, 2020 + cells.shape[1]))
    return panel(cells[:, :, None], [f"r{i}" for i in range(len(cells))], years, ["x"])


def test_a_column_described_by_hand():
    row = describe(one([[1.0], [2.0], [2.0], [0.0], [np.nan]])).iloc[0]
    assert (row["min"], row["max"], row["mean"], row["median"]) == (0, 2, 1.25, 1.5)
    assert row["std"] == pytest.approx(np.std([1, 2, 2, 0], ddof=1))
    assert (row["cells"], row["observed"], row["nonzero"], row["unique"], row["same"]) == (5, 4, 3, 3, 2)
    assert (row["share_observed"], row["share_nonzero"]) == (0.8, 0.75)


def test_a_constant_has_neither_skew_nor_outliers():
    row = describe(one([[0.1]] * 5)).iloc[0]
    assert np.isnan(row["skew"])
    assert np.isnan(row["kurtosis"])
    assert not row["flag_outliers"]
    assert row["flag_ties"]


def test_a_column_without_a_value_is_described_as_empty():
    row = describe(one([[np.nan]] * 3)).iloc[0]
    assert row["observed"] == 0
    assert np.isnan(row[["min", "mean", "median", "std", "share_nonzero"]].astype(float)).all()
    assert row["flag_gaps"]


def test_years_are_described_alone_when_asked():
    table = describe(one([[1.0, 10.0], [3.0, 30.0]]), by="year")
    assert list(table["time"]) == [2020, 2021]
    assert list(table["mean"]) == [2, 20]


def test_names_come_in_both_languages():
    row = describe(example.index().raw).set_index("indicator").loc["rd"]
    assert (row["name_en"], row["name_zh"], row["unit"]) == ("R&D", "研发经费", "%")


def test_availability_counts_gaps_and_zeros():
    table = availability(panel([[[0, 1, np.nan, 2]], [[np.nan] * 4]], ["A", "B"], [2020], list("abcd")))
    assert list(table["missing"]) == [1, 4]
    assert list(table["missing_or_zero"]) == [2, 4]
    assert table["share_nonzero"][0] == pytest.approx(2 / 3)
    assert np.isnan(table["share_nonzero"][1])


def test_availability_by_element_looks_below_each_element():
    index = example.index()
    table = availability_by_element(index.raw, index.tree).set_index(["region", "time", "element"])["share_observed"]
    assert table["B", 2022, "science"] == 0.5
    assert table["B", 2022, "top"] == 0.75
    assert table["B", 2022, "green"] == 1


def test_growth_solves_its_own_equation():
    row = trends(one([[2.0, np.nan, np.nan, 5.0]])).iloc[0]
    assert row["growth"] == pytest.approx(growth(2, 5, 3))
    assert row["percent_change"] == pytest.approx(50)  # (5 - 2) / 2 over three years
    assert (row["first"], row["last"], row["share_observed"]) == (2020, 2023, 0.5)


def test_percent_change_of_a_straight_line_is_its_slope_over_its_start():
    row = trends(one([[4.0, 5.0, np.nan, 7.0]])).iloc[0]
    assert row["percent_change"] == pytest.approx(25)


def test_no_change_is_zero_also_at_zero_and_one_value_is_no_trend():
    table = trends(one([[0.0, 0.0, 0.0], [np.nan, 3.0, np.nan], [0.0, 1.0, 2.0], [-1.0, 1.0, 1.0]]))
    assert list(table["growth"][:1]) == [0]
    assert list(table["percent_change"][:1]) == [0]
    assert np.isnan(table["growth"][1])
    assert table["first"].isna().tolist() == [False, True, False, False]
    assert np.isinf(table["growth"][2])
    assert np.isnan(table["growth"][3])


def test_trends_can_be_bounded():
    assert trends(one([[1.0, 2.0, 8.0]]), start=2021).iloc[0]["growth"] == pytest.approx(3)
