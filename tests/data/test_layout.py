from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.bringing import bring, cell, codes, refused
from xinzhi.data.frames import load_frame

YEARS = "地区,2018,2019\n北京,1,2\n上海,3,4\n"


def test_long(tmp_path):
    data = bring(tmp_path, "prov;yr;var;val\n北京;2019;gdp;1\n", indicator="var", value="val", region="prov")
    assert data.sources[0].layout == "long"
    assert data.sources[0].columns == {"region": "prov", "time": "yr", "indicator": "var", "value": "val"}


def test_long_with_a_column_of_units_called_like_a_column_of_regions(tmp_path):
    content = "unit,province,time,indicator,value,measure\n110000,北京,2019,gdp,1,亿元\n310000,上海,2019,gdp,2,亿元\n"
    data = bring(tmp_path, content)
    assert data.sources[0].columns["region"] == "unit"
    assert data.sources[0].columns["unit"] == "measure"
    content = "region,year,indicator,value,unit\n北京,2019,gdp,1,亿元\n"
    data = bring(tmp_path, content, regions="own")
    assert data.sources[0].columns["unit"] == "unit"


def test_wide_by_year(tmp_path):
    data = bring(tmp_path, YEARS, indicator_code="gdp")
    assert data.sources[0].layout == "wide-years"
    assert cell(data, "310000", 2018, "gdp") == 3


def test_wide_by_year_with_the_names_of_indicators(tmp_path):
    content = (
        "Country Name,Country Code,Indicator Name,Indicator Code,1960 [YR1960],1961 [YR1961]\n"
        "France,FRA,GDP (current US$),NY.GDP,1,2\nFrance,FRA,Population,SP.POP,..,4\n"
    )
    data = bring(tmp_path, content, regions="countries")
    assert cell(data, "FRA", 1961, "SP.POP") == 4
    assert list(data.panel["title_en"].values)[1] == "Population"
    assert data.sources[0].columns["title"] == "Indicator Name"


def test_wide_by_indicator_with_units_in_the_heads(tmp_path):
    data = bring(tmp_path, "省份,年份,GDP（亿元）,人口/万人,备注\n北京,2019,1,2,好\n")
    assert data.sources[0].layout == "wide-indicators"
    assert list(data.panel.indicator.values) == ["GDP", "人口"]
    assert list(data.panel["unit"].values) == ["亿元", "万人"]
    assert data.sources[0].ignored == ("备注",)


def test_wide_by_region(tmp_path):
    data = bring(tmp_path, "年份,北京,上海,天津\n2018,1,2,3\n2019,4,5,6\n", indicator_code="gdp")
    assert data.sources[0].layout == "wide-units"
    assert cell(data, "120000", 2019, "gdp") == 6


def test_wide_by_region_with_damaged_heads(tmp_path):
    data = bring(tmp_path, "年份,指标,北   京,上海,浙汀\n2018,gdp,1,2,3\n")
    assert cell(data, "330000", 2018, "gdp") == 3
    assert [(repair.was, repair.now, repair.rows) for repair in data.repairs] == [
        ("北   京", "北京", (1,)),
        ("浙汀", "浙江", (1,)),
    ]


def test_wide_by_region_with_names_of_ones_own(tmp_path):
    content = "year,East Park,West Park\n2018,1,2\n"
    data = bring(tmp_path, content, regions="own", layout="wide-units", indicator_code="jobs")
    assert cell(data, "West Park", 2018, "jobs") == 2


def test_one_year(tmp_path):
    data = bring(tmp_path, "地区,gdp,人口\n北京,1,2\n", year=2019)
    assert cell(data, "110000", 2019, "人口") == 2


def test_a_column_of_running_numbers_is_no_indicator(tmp_path):
    data = bring(tmp_path, "序号,地区,年份,gdp\n1,北京,2018,5\n2,上海,2018,6\n")
    assert list(data.panel.indicator.values) == ["gdp"]


def test_columns_are_known_by_content(tmp_path):
    data = bring(tmp_path, "a,b,gdp\n北京,2018,1\n上海,2019,2\n")
    assert data.sources[0].columns == {"region": "a", "time": "b", "value": "gdp"}


def test_numbers_are_codes_of_regions_under_a_head_that_says_so(tmp_path):
    data = bring(tmp_path, "prov,year,gdp\n11,2018,1\n31,2019,2\n")
    assert list(data.panel.region.values) == ["110000", "310000"]


def test_codes_and_names_of_ones_own_regions(tmp_path):
    content = "city_code,city,year,gdp\n4201,武汉,2018,1\n4202,黄石,2018,2\n4201,武汉市,2019,3\n" + "".join(
        f"{4300 + at},城{at},2019,1\n" for at in range(40)
    )
    data = bring(tmp_path, content, regions="own")
    assert data.sources[0].columns["region"] == "city_code"
    assert data.sources[0].columns["name"] == "city"
    assert list(data.panel["name_zh"].values)[:2] == ["武汉", "黄石"]


def test_groups_come_along(tmp_path):
    content = "park,year,jobs,kind\nA,2018,1,new\nA,2019,2,new\nB,2018,3,old\n"
    data = bring(tmp_path, content, regions="own", groups="kind")
    assert dict(zip(data.panel.region.values, data.panel["kind"].values, strict=True)) == {"A": "new", "B": "old"}


def test_only_the_columns_asked_for(tmp_path):
    data = bring(tmp_path, "地区,年份,a,b,c\n北京,2018,1,2,3\n", value=["a", "c"])
    assert list(data.panel.indicator.values) == ["a", "c"]


@pytest.mark.parametrize(
    ("content", "code", "key"),
    [
        (YEARS, "no-indicator", "indicator_code"),
        ("地区,gdp\n北京,1\n", "no-time", "year"),
        ("年份,gdp,rd\n2018,1,2\n", "no-region", "region"),
        ("地区,年份,指标,甲,乙\n北京,2018,gdp,1,2\n", "ambiguous-layout", "value"),
        ("地区,年份,备注\n北京,2018,好\n", "no-values", "value"),
        ("a,b,c,gdp\n北京,2018,2018,1\n北京,2019,2018,1\n", "ambiguous-column", "time"),
        ("a,b,年份,gdp\n北京,上海,2018,1\n北京,天津,2019,1\n", "ambiguous-column", "region"),
    ],
)
def test_what_stays_open_is_a_fault_that_names_the_key(tmp_path, content, code, key):
    fault = refused(tmp_path, content)[0]
    assert fault.code == code
    assert f"`{key}`" in fault.en
    assert key in fault.zh


def test_a_column_that_is_not_there(tmp_path):
    faults = refused(tmp_path, YEARS, region="地去", time="year", where={"性别": "男"})
    assert codes(faults) == ["unknown-column"] * 3
    assert "地区" in faults[0].en


def test_rows_are_chosen(tmp_path):
    content = "地区,年份,性别,gdp\n北京,2018,男,1\n北京,2018,女,2\n北京,2018,合计,3\n"
    assert cell(bring(tmp_path, content, where={"性别": "合计"}), "110000", 2018, "gdp") == 3
    assert "where" in refused(tmp_path, content)[0].en
    numbers = "country,year,is_aggregate,kind,x\nFrance,2018,False,1.0,1\nWorld,2018,True,2.0,2\n"
    for where in ({"is_aggregate": False}, {"kind": 1}, {"kind": [1, 3]}):
        data = bring(tmp_path, numbers, regions="countries", where=where, value="x")
        assert data.faults == ()
        assert list(data.panel.region.values) == ["FRA"]


def test_a_column_that_is_the_same_everywhere_is_still_an_indicator(tmp_path):
    data = bring(tmp_path, "地区,年份,面积\n北京,2018,7\n北京,2019,7\n")
    assert list(data.panel.indicator.values) == ["面积"]


@settings(max_examples=20, deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=12, max_size=12))
def test_the_same_table_in_every_layout_is_the_same_panel(values):
    regions, years, indicators = ("北京", "上海", "天津"), (2018, 2019), ("甲", "乙")
    keys = list(itertools.product(regions, years, indicators))
    long = pd.DataFrame([(*key, value) for key, value in zip(keys, values, strict=True)], columns=list("ryiv"))
    long.columns = ["地区", "年份", "指标", "数值"]
    frames = [long]
    for column, rest in (("年份", ["地区", "指标"]), ("指标", ["地区", "年份"]), ("地区", ["年份", "指标"])):
        frames.append(long.pivot_table(index=rest, columns=column, values="数值").reset_index())
    found = [load_frame(frame, regions="china-provinces") for frame in frames]
    assert [data.sources[0].layout for data in found] == ["long", "wide-years", "wide-indicators", "wide-units"]
    first = found[0].panel
    for data in found[1:]:
        again = data.panel.sel(indicator=first.indicator.values)
        np.testing.assert_array_equal(again.values, first.values)
        assert list(again.region.values) == list(first.region.values)
