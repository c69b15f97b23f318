from __future__ import annotations

import numpy as np
import pytest

from tests.data.bringing import bring, cell, codes, refused
from xinzhi.core.errors import DataError
from xinzhi.core.labels import ORIGINS
from xinzhi.core.specs import Text
from xinzhi.data.loading import load_sources
from xinzhi.data.sources import IndicatorSpec, SourceSpec

HEAD = "地区,年份,指标,数值,单位\n"


def long(*rows: str) -> str:
    return HEAD + "".join(row + "\n" for row in rows)


def steady(unit: str, years: range, value: float = 100) -> list[str]:
    return [f"{region},{year},gdp,{value},{unit}" for year in years for region in ("北京", "上海", "天津")]


# ---- regions


def test_unknown_regions_are_faults_with_suggestions_counted_by_name(tmp_path):
    faults = refused(tmp_path, long("北京,2018,gdp,1,亿元", "江苏西,2018,gdp,2,亿元", "江苏西,2019,gdp,2,亿元"))
    assert codes(faults) == ["unknown-region"]
    assert (faults[0].row, faults[0].column) == (3, "地区")
    assert "rows: 2" in faults[0].en
    assert "names" in faults[0].en


def test_unknown_regions_may_be_left_out_and_are_still_listed(tmp_path):
    data = bring(tmp_path, long("北京,2018,gdp,1,亿元", "江苏西,2018,gdp,2,亿元"), unknown="drop")
    assert [(fault.code, fault.severity) for fault in data.faults] == [("unknown-region", "warning")]
    assert list(data.panel.region.values) == ["110000"]


def test_the_study_says_what_a_name_means(tmp_path):
    content = long("京,2018,gdp,1,亿元", "老大,2018,gdp,2,亿元", "其他,2018,gdp,3,亿元")
    data = bring(tmp_path, content, names={"老大": "上海", "其他": ""})
    assert cell(data, "310000", 2018, "gdp") == 2
    assert {repair.was for repair in data.repairs if repair.reason == "name-as-told"} == {"老大", "其他"}


def test_totals_are_left_out_and_listed_or_kept(tmp_path):
    content = long("北京,2018,gdp,1,亿元", "全国,2018,gdp,9,亿元")
    data = bring(tmp_path, content)
    assert codes(data.faults) == ["totals-left-out"]
    assert "全国" in data.faults[0].zh
    kept = bring(tmp_path, content, aggregates="keep")
    assert kept.faults == ()
    assert kept.panel.sizes["region"] == 2


def test_rows_without_a_region_are_a_fault(tmp_path):
    assert codes(refused(tmp_path, long("北京,2018,gdp,1,亿元", ",2018,gdp,2,亿元"))) == ["no-region-name"]


# ---- years


def test_years_are_mended_and_listed(tmp_path):
    data = bring(tmp_path, long("北京,2010.0,gdp,1,亿元", "北京,2011年,gdp,2,亿元", "上海,2011年,gdp,2,亿元"))
    assert list(data.panel.time.values) == [2010, 2011]
    assert [(r.reason, r.was, r.now, r.count, r.rows) for r in data.repairs] == [
        ("year-as-decimal", "2010.0", "2010", 1, (2,)),
        ("year-in-words", "2011年", "2011", 2, (3, 4)),
    ]


def test_years_that_are_none_are_faults(tmp_path):
    rows = [f"北京,{year},gdp,1,亿元" for year in (2009, 2010, 2011, 2012, 2010.5, 9999, 1782)]
    faults = refused(tmp_path, long(*rows))
    assert codes(faults) == ["bad-year"] * 3
    assert [fault.row for fault in faults] == [6, 7, 8]


def test_years_nobody_asked_for_are_left_out(tmp_path):
    content = long("北京,2009,gdp,1,亿元", "北京,2010,gdp,2,亿元", "某地,2009,gdp,abc,元", "北京,9999,gdp,2,亿元")
    data = bring(tmp_path, content, years=(2010, 2012))
    assert list(data.panel.time.values) == [2010]
    assert codes(refused(tmp_path, content, years=(1990, 1995))) == ["no-data"]


def test_a_whole_year_without_values_is_a_warning(tmp_path):
    content = long(
        *(
            f"{r},{y},{i},{'' if (y, i) == (2012, 'rd') else 1},"
            for r in ("北京", "上海")
            for y in (2010, 2012, 2013)
            for i in ("gdp", "rd")
        )
    )
    data = bring(tmp_path, content)
    assert codes(data.faults) == ["year-missing", "indicator-year-missing"]
    assert "2011" in data.faults[0].en
    assert "2012" in data.faults[1].en
    assert "rd" in data.faults[1].zh


def test_a_year_asked_for_of_which_there_is_nothing_is_a_warning(tmp_path):
    content = long(*(f"{r},{y},gdp,1," for r in ("北京", "上海") for y in (2010, 2011)))
    data = bring(tmp_path, content, years=(2010, 2013))
    assert codes(data.faults) == ["year-missing"]
    assert "2012–2013" in data.faults[0].en
    assert list(data.panel.time.values) == [2010, 2011]


# ---- cells


def test_every_cell_knows_its_origin(tmp_path):
    content = "地区,年份,gdp,est\n北京,2018,1,\n北京,2019,2,1\n上海,2018,—,\n"
    data = bring(tmp_path, content, filled="est")
    origin = data.panel["origin"].sel(indicator="gdp")
    said = {(r, y): ORIGINS[int(origin.sel(region=r, time=y))] for r in ("110000", "310000") for y in (2018, 2019)}
    assert said == {
        ("110000", 2018): "observed",
        ("110000", 2019): "filled-in-source",
        ("310000", 2018): "missing",
        ("310000", 2019): "missing",
    }


def test_marks_of_missing_values_are_counted_by_spelling(tmp_path):
    content = long(
        "北京,2018,gdp,—,", "上海,2018,gdp,—,", "天津,2018,gdp,*,", "河北,2018,gdp,,", '山西,2018,gdp,"1,234",'
    )
    data = bring(tmp_path, content)
    assert {(r.reason, r.was, r.now, r.count) for r in data.repairs} == {
        ("missing-mark", "—", "", 2),
        ("suppressed", "*", "", 1),
        ("thousands", "1,234", "1234", 1),
    }
    assert data.sources[0].empty == 1


def test_a_thousand_faults_are_all_found(tmp_path):
    rows = [
        f"{region},{1000 + year},指标{at},{at}(3),亿元"
        for at in range(10)
        for year in range(900, 1000)
        for region in ("北京",)
    ]
    faults = refused(tmp_path, long(*rows))
    assert codes(faults) == ["not-a-number"] * 1000
    assert [fault.row for fault in faults] == list(range(2, 1002))


def test_without_strictness_faulty_rows_are_left_out(tmp_path):
    data = bring(tmp_path, long("北京,2018,gdp,1,亿元", "某地,2018,gdp,2,亿元", "上海,2018,gdp,abc,亿元"), strict=False)
    assert codes(data.faults) == ["unknown-region", "not-a-number"]
    assert data.panel.sizes["region"] == 2
    assert np.isnan(cell(data, "310000", 2018, "gdp"))


# ---- units


def test_known_units_are_converted_and_listed(tmp_path):
    data = bring(tmp_path, long(*steady("亿元", range(2010, 2013)), *steady("万元", range(2013, 2014), 1_000_000)))
    assert cell(data, "110000", 2013, "gdp") == pytest.approx(100)
    converted = [(r.reason, r.was, r.now, r.count) for r in data.repairs]
    assert converted == [("unit-converted", "万元", "亿元", 3)]
    assert str(data.panel["unit"].values[0]) == "亿元"


def test_a_unit_is_brought_to_the_one_asked_for(tmp_path):
    wanted = IndicatorSpec(code="gdp", unit="万元", title=Text(en="GDP", zh="地区生产总值"))
    data = bring(tmp_path, long(*steady("亿元", range(2010, 2012))), indicators=(wanted,))
    assert cell(data, "110000", 2010, "gdp") == 1_000_000
    assert (str(data.panel["unit"].values[0]), str(data.panel["title_zh"].values[0])) == ("万元", "地区生产总值")


def test_a_unit_that_cannot_be_converted(tmp_path):
    wanted = (IndicatorSpec(code="gdp", unit="人年"), IndicatorSpec(code="gpd"))
    faults = refused(tmp_path, long(*steady("亿元", range(2010, 2012))), indicators=wanted)
    assert set(codes(faults)) == {"unit-unknown", "unknown-indicator"}


def test_a_wrong_label_is_told_by_numbers_that_go_on(tmp_path):
    content = long(*steady("人年", range(2016, 2020)), *steady("万元", range(2020, 2021), 120))
    fault = refused(tmp_path, content)[0]
    assert fault.code == "unit-conflict"
    assert "2016–2019" in fault.en
    assert "2020" in fault.en
    assert "probably wrong" in fault.en
    told = bring(tmp_path, content, measured_in={"gdp": "人年"})
    assert cell(told, "110000", 2020, "gdp") == 120
    assert [(r.reason, r.was, r.now) for r in told.repairs] == [("unit-as-told", "万元", "人年")]


def test_a_convertible_label_with_numbers_that_go_on_is_doubted(tmp_path):
    faults = refused(tmp_path, long(*steady("亿元", range(2010, 2013)), *steady("万元", range(2013, 2014), 110)))
    assert codes(faults) == ["unit-doubtful"]


def test_percent_signs_are_the_unit(tmp_path):
    data = bring(tmp_path, "地区,年份,rd\n北京,2018,5.5%\n上海,2018,4%\n")
    assert str(data.panel["unit"].values[0]) == "%"
    assert cell(data, "110000", 2018, "rd") == 5.5
    assert codes(refused(tmp_path, "地区,年份,rd\n北京,2018,5.5%\n上海,2018,0.04\n")) == ["percent-mixed"]
    assert codes(refused(tmp_path, long("北京,2018,gdp,5%,亿元"))) == ["percent-of-a-quantity"]


def test_rows_without_a_unit_are_noticed(tmp_path):
    data = bring(tmp_path, long(*steady("亿元", range(2010, 2012)), "河北,2010,gdp,1,"))
    assert codes(data.faults) == ["unit-not-given"]


def test_the_study_gives_the_unit(tmp_path):
    data = bring(tmp_path, "地区,年份,gdp\n北京,2018,1\n", measured_in="亿元")
    assert str(data.panel["unit"].values[0]) == "亿元"


# ---- duplicates


def test_rows_that_say_the_same_are_merged_and_listed(tmp_path):
    data = bring(tmp_path, long("北京,2018,gdp,1,亿元", "北   京,2018,gdp,1,亿元", "北京,2018,gdp,—,亿元"))
    assert cell(data, "110000", 2018, "gdp") == 1
    merged = [repair for repair in data.repairs if repair.reason == "duplicate-merged"]
    assert [(repair.count, repair.rows) for repair in merged] == [(2, (3, 4))]


def test_rows_that_disagree_are_a_fault_with_both_rows_and_values(tmp_path):
    fault = refused(tmp_path, long("北京,2018,gdp,1,亿元", "上海,2018,gdp,5,亿元", "北京,2018,gdp,2,亿元"))[0]
    assert fault.code == "duplicate-conflict"
    for part in ("北京", "2018", "1 (data.csv row 2)", "2 (data.csv row 4)"):
        assert part in fault.en


def test_sources_agree_after_conversion_or_are_a_fault(tmp_path):
    (tmp_path / "a.csv").write_text(long("北京,2018,gdp,1,亿元", "上海,2018,gdp,2,亿元"))
    (tmp_path / "b.csv").write_text(long("北京,2018,gdp,10000,万元", "天津,2018,gdp,50000,万元"))
    specs = [SourceSpec(file="a.csv"), SourceSpec(file="b.csv")]
    data = load_sources(tmp_path, specs, regions="china-provinces")
    assert cell(data, "110000", 2018, "gdp") == 1
    assert cell(data, "120000", 2018, "gdp") == 5
    (tmp_path / "b.csv").write_text(long("北京,2018,gdp,3,亿元"))
    with pytest.raises(DataError) as caught:
        load_sources(tmp_path, specs, regions="china-provinces")
    assert "a.csv row 2" in caught.value.faults[0].en
    assert "b.csv row 2" in caught.value.faults[0].en


def test_faults_of_all_sources_come_at_once(tmp_path):
    (tmp_path / "a.csv").write_text(long("北京,2018,gdp,abc,亿元"))
    (tmp_path / "b.csv").write_text("")
    specs = [SourceSpec(file=name) for name in ("a.csv", "b.csv", "c.csv")]
    with pytest.raises(DataError) as caught:
        load_sources(tmp_path, specs, regions="china-provinces")
    assert set(codes(caught.value.faults)) == {"not-a-number", "empty-file", "missing-file"}


# ---- the panel


def test_regions_stand_in_the_order_of_the_gazetteer_with_their_names(tmp_path):
    panel = bring(tmp_path, long("上海,2018,gdp,1,亿元", "北京市,2018,gdp,2,亿元", "Guangdong,2018,gdp,3,亿元")).panel
    assert list(panel.region.values) == ["110000", "310000", "440000"]
    assert list(panel["name_en"].values) == ["Beijing", "Shanghai", "Guangdong"]
    assert list(panel["name_zh"].values) == ["北京", "上海", "广东"]
    assert "zone" in panel.coords
    assert list(panel["source"].values) == ["data.csv"]


def test_the_user_s_file_is_not_touched(tmp_path):
    content = long("北京,2018,gdp,1,亿元").encode("gb18030")
    bring(tmp_path, content)
    assert (tmp_path / "data.csv").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_too_many_cells_for_a_panel(tmp_path, monkeypatch):
    monkeypatch.setattr("xinzhi.data.loading.MOST_CELLS", 3)
    assert codes(refused(tmp_path, long(*steady("亿元", range(2010, 2012))))) == ["too-large"]
