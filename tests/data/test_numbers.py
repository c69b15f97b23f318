from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinzhi.data.numbers import is_year, read_numbers, read_year


def read(*texts: str, **how):
    return read_numbers(pa.array(texts, type=pa.string()), **how)


def one(text: str) -> tuple[float, str]:
    numbers = read(text)
    return float(numbers.values[0]), numbers.readings[0].reason if numbers.readings else ""


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("1234", 1234, ""),
        ("-0.5", -0.5, ""),
        ("1.2e3", 1200, ""),
        ("007", 7, ""),
        ("1,234", 1234, "thousands"),
        ("1,234,567.5", 1234567.5, "thousands"),
        ("1 234 567", 1234567, "thousands"),
        ("1\u00a0234", 1234, "thousands"),
        ("12,34,567", 1234567, "indian-grouping"),
        ("１２３", 123, "full-width"),
        ("１，２３４", 1234, "thousands"),
        (" 12 ", 12, "spaces"),
        ("+5", 5, "sign"),
        ("−5", -5, "sign"),
        ("12.5%", 12.5, "percent"),
        ("12.5％", 12.5, "percent"),
    ],
)
def test_a_number_is_read_and_its_mending_named(text, value, reason):
    assert one(text) == (value, reason)


@pytest.mark.parametrize(
    "text",
    ["—", "——", "-", "–", "…", "……", "...", "..", "NA", "n.a.", "N/A", "NULL", "null", "nan", ":", "/", "无", "－"],
)
def test_marks_of_missing_values(text):
    value, reason = one(text)
    assert math.isnan(value)
    assert reason == "missing-mark"


@pytest.mark.parametrize("text", ["*", "**", "(C)", "(D)", "x", "c"])
def test_marks_of_withheld_values(text):
    value, reason = one(text)
    assert math.isnan(value)
    assert reason == "suppressed"


@pytest.mark.parametrize("text", ["", "  ", "\u3000"])
def test_an_empty_cell_is_missing_without_a_word(text):
    numbers = read(text)
    assert math.isnan(numbers.values[0])
    assert (numbers.readings, numbers.empty) == ((), 1)


@pytest.mark.parametrize(
    "text", ["12(3)", "abc", "12,5x", "1,23", "12 *", "1.2万", "<5", "1.2.3", "inf", "1e999", "2019年", "(12)", "0,123"]
)
def test_what_is_not_a_number_is_wrong(text):
    value, reason = one(f"{text}") if text != "1,23" and text != "0,123" else (read(text, "1.5").values[0], "wrong")
    assert math.isnan(value)
    assert reason == "wrong"


def test_a_decimal_comma_holds_where_the_whole_column_has_it():
    numbers = read("1.234,5", "7", "12,25", "1.234")
    np.testing.assert_array_equal(numbers.values, [1234.5, 7, 12.25, 1234])


def test_a_decimal_comma_beside_a_decimal_point_is_wrong():
    numbers = read("12,5", "13.7")
    assert math.isnan(numbers.values[0])
    assert numbers.values[1] == 13.7
    assert [reading.reason for reading in numbers.readings] == ["wrong"]


def test_the_study_can_settle_the_decimal_mark():
    assert read("1,234", decimal=",").values[0] == 1.234
    assert read("1,234").values[0] == 1234


def test_positions_tell_where_a_reading_occurs():
    numbers = read("1", "—", "2", "—", "abc")
    assert [list(numbers.positions(at)) for at in range(2)] == [[1, 3], [4]]


def test_typed_columns_keep_their_numbers():
    np.testing.assert_array_equal(read_numbers(pa.array([1, None, 3])).values, [1, np.nan, 3])
    infinite = read_numbers(pa.array([1.5, float("inf")]))
    assert math.isnan(infinite.values[1])
    assert infinite.readings[0].reason == "wrong"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=1, max_size=20))
def test_what_python_writes_is_read_back_exactly(values):
    np.testing.assert_array_equal(read(*map(repr, values)).values, values)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=20))
def test_grouping_thousands_changes_nothing(values):
    np.testing.assert_array_equal(read(*(f"{value:,}" for value in values)).values, values)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=10))
def test_no_text_breaks_reading(texts):
    assert len(read(*texts).values) == len(texts)


@pytest.mark.parametrize(
    ("text", "year", "reason"),
    [
        ("2010", 2010, None),
        ("2010.0", 2010, "year-as-decimal"),
        ("2010年", 2010, "year-in-words"),
        ("2010 [YR2010]", 2010, "year-in-words"),
        ("FY2010", 2010, "year-in-words"),
        ("２０１０", 2010, "full-width"),
        (" 2010", 2010, "spaces"),
        ("2010-12-31", 2010, "year-of-date"),
        ("2010.5", None, None),
        ("10", None, None),
        ("2010-06-30", None, None),
        ("", None, None),
    ],
)
def test_years(text, year, reason):
    assert read_year(text) == (year, reason)


def test_absurd_years_are_no_years():
    assert not is_year("9999")
    assert not is_year("1782")
    assert is_year("1949")
