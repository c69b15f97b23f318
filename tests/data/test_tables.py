from __future__ import annotations

import gzip

import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests.data.bringing import bring, cell, codes, refused

LONG = [
    ("地区", "年份", "指标", "数值"),
    ("北京", 2018, "gdp", 33106.0),
    ("北京", 2019, "gdp", 35445.5),
    ("上海", 2019, "gdp", None),
]


def text(separator: str = ",") -> str:
    return "".join(separator.join("" if c is None else str(c) for c in row) + "\n" for row in LONG)


def book(path, sheets: dict[str, list], merge: dict[str, list[str]] | None = None):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cells in (merge or {}).get(name, []):
            sheet.merge_cells(cells)
    workbook.save(path)


def check(data):
    assert cell(data, "110000", 2018, "gdp") == 33106
    assert cell(data, "110000", 2019, "gdp") == 35445.5
    assert np.isnan(cell(data, "310000", 2019, "gdp"))
    assert list(data.panel.region.values) == ["110000", "310000"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_plain_text_of_any_kind(tmp_path, encoding, separator):
    data = bring(tmp_path, text(separator).encode(encoding))
    check(data)
    assert data.sources[0].encoding == encoding


def test_packed_text(tmp_path):
    check(bring(tmp_path, gzip.compress(text().encode()), file="data.csv.gz"))


def test_quoted_line_breaks_and_the_rows_after_them(tmp_path):
    content = '地区,年份,指标,数值,"备\n注"\n北京,2018,gdp,1,"一\n二"\n\n上海,2018,gdp,abc,\n'
    fault = refused(tmp_path, content)[0]
    assert (fault.code, fault.row, fault.column) == ("not-a-number", 4, "数值")


def test_lines_of_another_width_are_faults(tmp_path):
    faults = refused(tmp_path, text() + "天津,2019,gdp\n河北,2019,gdp,1,2\n山西,2019,gdp,7\n")
    assert codes(faults) == ["ragged-line", "ragged-line"]
    assert [fault.row for fault in faults] == [5, 6]


def test_titles_above_and_notes_below_are_set_aside(tmp_path):
    content = f"表1 地区生产总值\n单位：亿元\n{text()}\n注：2019年为初步核算数。\n资料来源：国家统计局\n"
    data = bring(tmp_path, content)
    check(data)
    source = data.sources[0]
    assert source.header == 3
    assert source.notes == ("表1 地区生产总值", "单位：亿元", "注：2019年为初步核算数。", "资料来源：国家统计局")
    assert data.panel["unit"].values[0] == "亿元"


def test_two_heads_of_one_name(tmp_path):
    assert codes(refused(tmp_path, "地区,年份,gdp,gdp\n北京,2019,1,2\n")) == ["duplicate-column"]


def test_heads_without_rows(tmp_path):
    assert codes(refused(tmp_path, "地区,年份,指标,数值\n")) == ["no-rows"]


def test_one_column_is_no_table(tmp_path):
    assert codes(refused(tmp_path, "hello\nworld\n")) == ["no-separator"]


def test_an_unclosed_quote_does_not_crash(tmp_path):
    assert refused(tmp_path, '地区,年份,指标,数值\n北京,2018,gdp,"1\n上海,2018,gdp,2\n')


def test_excel_with_titles_merged_cells_and_notes(tmp_path):
    rows = [
        ["各地区主要指标"],
        ["单位：亿元"],
        ["地区", "年份", "gdp"],
        ["北京", 2018, 1],
        [None, 2019, 2],
        ["上海", 2018, 3],
        [],
        ["注：当年价格。"],
    ]
    book(tmp_path / "data.xlsx", {"表": rows, "说明": [["只有文字"]]}, {"表": ["A1:C1", "A4:A5"]})
    data = bring(tmp_path, file="data.xlsx")
    assert cell(data, "110000", 2019, "gdp") == 2
    assert data.sources[0].header == 3
    assert data.sources[0].sheet == "表"
    assert data.sources[0].notes[-1] == "注：当年价格。"
    merged = [repair for repair in data.repairs if repair.reason == "merged-cell"]
    assert [(repair.now, repair.rows, repair.column) for repair in merged] == [("北京", (5,), "地区")]


def test_sheets_of_one_form_are_stacked_and_named_by_year(tmp_path):
    sheets = {str(year): [["地区", "gdp", "人口"], ["北京", year, 1], ["上海", 2 * year, 2]] for year in (2018, 2019)}
    book(tmp_path / "data.xlsx", sheets)
    data = bring(tmp_path, file="data.xlsx")
    assert cell(data, "310000", 2018, "gdp") == 4036
    assert cell(data, "110000", 2019, "人口") == 1
    assert [source.sheet for source in data.sources] == ["2018", "2019"]


def test_sheets_of_one_form_are_stacked_and_named_by_indicator(tmp_path):
    book(tmp_path / "data.xlsx", {name: [["地区", 2018, 2019], ["北京", 1, 2]] for name in ("gdp", "人口")})
    data = bring(tmp_path, file="data.xlsx")
    assert list(data.panel.indicator.values) == ["gdp", "人口"]


def test_sheets_of_different_form_must_be_chosen(tmp_path):
    book(
        tmp_path / "data.xlsx",
        {"甲": [["地区", "年份", "a"], ["北京", 2019, 1]], "乙": [["地区", "年份", "b"], ["北京", 2019, 2]]},
    )
    fault = refused(tmp_path, file="data.xlsx")[0]
    assert fault.code == "several-sheets"
    assert "甲" in fault.en
    assert cell(bring(tmp_path, file="data.xlsx", sheet="乙"), "110000", 2019, "b") == 2
    assert codes(refused(tmp_path, file="data.xlsx", sheet="丙")) == ["unknown-sheet"]


def test_a_number_as_text_in_excel_is_found_with_sheet_row_and_column(tmp_path):
    book(tmp_path / "data.xlsx", {"表": [["地区", "年份", "gdp"], ["北京", 2018, "1,234"], ["北京", 2019, "12(3)"]]})
    fault = refused(tmp_path, file="data.xlsx")[0]
    assert (fault.sheet, fault.row, fault.column) == ("表", 3, "gdp")


def test_a_damaged_workbook(tmp_path):
    assert codes(refused(tmp_path, b"PK\x03\x04" + b"x" * 200, file="data.xlsx")) == ["damaged-file"]


def test_parquet_keeps_types(tmp_path):
    frame = pd.DataFrame(LONG[1:], columns=LONG[0]).astype({"地区": "category", "指标": "category"})
    frame.to_parquet(tmp_path / "data.parquet")
    check(bring(tmp_path, file="data.parquet"))


def test_a_damaged_parquet_file(tmp_path):
    assert codes(refused(tmp_path, b"PAR1" + b"x" * 50, file="data.parquet")) == ["damaged-file"]


def test_stata_with_labels_of_values_and_variables(tmp_path):
    frame = pd.DataFrame({"prov": ["北京", "上海"], "year": [2019, 2019], "gdp": [1.5, 2.5]})
    labels = {"gdp": "地区生产总值（亿元）"}
    frame.to_stata(tmp_path / "data.dta", version=118, write_index=False, variable_labels=labels)
    data = bring(tmp_path, file="data.dta", region="prov")
    assert cell(data, "310000", 2019, "gdp") == 2.5
    assert str(data.panel["title_zh"].values[0]) == "地区生产总值"
    assert str(data.panel["unit"].values[0]) == "亿元"

    frame["prov"] = pd.Categorical(frame["prov"])
    frame.to_stata(tmp_path / "coded.dta", version=118, write_index=False)
    assert cell(bring(tmp_path, file="coded.dta", region="prov"), "310000", 2019, "gdp") == 2.5


@pytest.mark.parametrize("version", [114, 117])
def test_old_stata_files_in_chinese(tmp_path, version):
    # What an old Stata on a Chinese machine wrote: GBK bytes under a Western code page.
    old = lambda word: word.encode("gbk").decode("latin-1")  # noqa: E731
    frame = pd.DataFrame({"region": [old("北京"), old("上海")], "year": [2019, 2019], "gdp": [1.5, 2.5]})
    frame.to_stata(tmp_path / "data.dta", version=version, write_index=False, variable_labels={"gdp": old("生产总值")})
    data = bring(tmp_path, file="data.dta")
    assert cell(data, "110000", 2019, "gdp") == 1.5
    assert data.sources[0].encoding == "gb18030"
    assert str(data.panel["title_zh"].values[0]) == "生产总值"
