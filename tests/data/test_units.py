from __future__ import annotations

import csv

import pytest

from xinzhi.data.units import conversion, find, known, quotient, same, units


@pytest.mark.parametrize(
    ("have", "want", "factor"),
    [
        ("亿元", "万元", 1e4),
        ("万元", "亿元", 1e-4),
        ("百万元", "亿元", 0.01),
        ("万亿元", "亿元", 1e4),
        ("10,000 yuan", "万元", 1),
        ("10^8 yuan", "亿元", 1),
        ("100 million yuan", "亿元", 1),
        ("RMB 100 million", "亿元", 1),
        ("million USD", "亿美元", 0.01),
        ("百万美元", "US$", 1e6),
        ("万人", "persons", 1e4),
        ("TWh", "亿千瓦时", 10),
        ("GWh", "万千瓦时", 100),
        ("千瓦时", "MJ", 3.6),
        ("万千瓦", "GW", 0.01),
        ("MW", "千瓦", 1e3),
        ("万吨标准煤", "tce", 1e4),
        ("Mtce", "万吨标准煤", 100),
        ("%", "‰", 10),
        ("%", "比值", 0.01),
        ("% of GDP", "share of GDP", 0.01),
        ("公顷", "亩", 15),
        ("万公顷", "平方公里", 100),
        ("元/人", "万元/人", 1e-4),
        ("件/人", "件/万人", 1e4),
        ("吨标准煤/万元", "tce/元", 1e-4),
        ("kt", "万吨", 0.1),
        ("单位：万元", "元", 1e4),
        ("(亿元)", "亿元", 1),
    ],
)
def test_conversions(have, want, factor):
    assert conversion(have, want) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    ("have", "want"),
    [
        ("元", "美元"),  # no exchange rate is known
        ("美元", "国际元"),
        ("千瓦时", "吨标准煤"),  # by heat value or by coal burnt: tables differ
        ("吨标准煤", "吨标准油"),
        ("吨", "吨二氧化碳"),
        ("件", "个"),
        ("项", "篇"),
        ("家", "户"),
        ("人", "人年"),
        ("人", "人次"),
        ("%", "百分点"),
        ("% of GDP", "%"),
        ("% of GDP", "% of exports"),
        ("万元", "mil. 2021 USD"),
        ("", "元"),
    ],
)
def test_what_is_not_of_one_kind_is_not_converted(have, want):
    assert conversion(have, want) is None
    assert conversion(want, have) is None


@pytest.mark.parametrize(
    "label",
    ["", "million", "1-5", "const PPP $", "constant 2015 US$", "per 100", "mil. 2021 USD", "亿", "100", "元/", "/"],
)
def test_labels_that_say_no_unit(label):
    assert not known(label)


def test_the_longest_multiple_is_read():
    assert find("百万元").factor == 1e6
    assert find("万千瓦").label("zh") == "万千瓦"
    assert find("千万元").label("en") == "10 million yuan"


def test_the_same_unit_under_two_names():
    assert same("TWh", "十亿千瓦时")
    assert same("人年", "FTE")
    assert same("％", "%")
    assert same("Foo  Bar", "foo bar")  # not known: compared as text
    assert not same("亿元", "万元")


def test_one_amount_over_another_of_its_kind_is_a_ratio():
    assert quotient("万元", "亿元") == quotient("foo", "Foo") == "比值"
    assert conversion("万元/亿元", "比值") == pytest.approx(1e-4)
    assert conversion("万元/亿元", "%") == pytest.approx(0.01)
    assert quotient("亿元", "万人") == "亿元/万人"
    assert conversion("亿元/万人", "元/人") == 1e4
    assert quotient("亿元", "USD") == "亿元/USD"
    assert quotient("亿元", "") == quotient("", "亿元") == ""


def test_case_does_not_matter_where_no_symbol_is_hurt_by_it():
    assert find("KWH") == find("kWh")
    assert find("usd") == find("USD")
    assert find("PERSONS") == find("persons")


def test_every_unit_has_both_names_and_a_positive_factor():
    for unit in units():
        assert unit.zh
        assert unit.en
        assert unit.factor > 0


def test_units_of_the_provincial_panel(shared_data):
    with (shared_data / "china" / "province_sti_panel_2000_2019.csv").open(encoding="utf-8") as stream:
        labels = {row["measure"] for row in csv.DictReader(stream)}
    assert [label for label in labels if not known(label)] == []
