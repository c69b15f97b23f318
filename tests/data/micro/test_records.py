"""Records from files, frames and tables: what is counted, what is told, and that nothing is lost."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import polars as pl
import pytest

import xinzhi as xz
from xinzhi.core.errors import DataError, MethodError

HEADS = "id,region,industry,founded,closed,staff,note\n"
LINES = (
    "1,广东省,011,2012-07-23,2010,5,ok",
    "2,廣東省,011,3201-01-01,,<5,🦜",
    "3,浙江省,012,9999,,D,x",
    '4,浙江省,012,1201,,-4,"a\nb"',
    "5,,013,2015,9999-12-31,20,",
    "6,江苏省,013,2015,,abc,",
    '7,江苏省,013,2015,,"1,200",',
    '7,江苏省,013,2015,,"1,200",',
    "8,江苏省,013",
)
ROLES = {"unit": "id", "region": "region", "activity": "industry", "first": "founded", "last": "closed"}
YEARS = (1900, 2024)


@pytest.fixture
def messy(tmp_path):
    path = tmp_path / "firms.csv"
    path.write_text(HEADS + "\n".join(LINES) + "\n9,江苏省,014,2016,,3,z\n", encoding="utf-8")
    return xz.records(path, **ROLES, value="staff", kind="firms", years=YEARS)


def test_every_kind_of_fault_is_told_with_its_place_and_count(messy):
    found = messy.check()
    told = {(row.kind, row.column): (row.count, row.example, row.row) for row in found.table.itertuples(index=False)}
    assert told == {
        ("early-date", "founded"): (1, "1201", 5),
        ("future-date", "founded"): (2, "3201-01-01", 3),
        ("open-end", "closed"): (1, "9999-12-31", 6),
        ("exit-before-entry", "closed"): (1, "2010", 2),
        ("negative-value", "staff"): (1, "-4", 5),
        ("not-a-number", "staff"): (1, "abc", 7),
        ("bounded-value", "staff"): (2, "<5", 3),
        ("emoji", "note"): (1, "🦜", 3),
    }
    codes = {note.code: note for note in found.notes}
    assert codes["ragged-line"].row == 10
    assert "广东省 (1) = 廣東省 (1)" in codes["region-spellings"].en
    assert codes["exact-duplicates"].en.startswith("rows that repeat another in every column: 1;")
    assert found.rows == 9
    assert found.blanks["region"] == pytest.approx(1 / 9)
    assert all(note.severity == "warning" and note.zh for note in found.notes)


def test_rows_after_a_line_left_out_keep_their_row(tmp_path):
    path = tmp_path / "firms.csv"
    path.write_text("id,year\n1,2001\n2\n3,1201\n", encoding="utf-8")
    found = xz.records(path, unit="id", date="year", years=YEARS).check()
    assert found.table[["kind", "row"]].to_numpy().tolist() == [["early-date", 4]]


def test_suppressed_cells_are_bounds_and_never_zero(messy):
    counts = messy.count("value")
    rows = pd.concat([counts.to_frame(), counts.unplaced])
    bounded = rows[rows["value"].isna() & rows["value_high"].notna()]
    assert sorted(bounded["value_high"]) == [5.0, np.inf]
    assert counts.to_frame().set_index(["activity", "period"])["value"].to_dict() == {
        ("011", 2012): 5.0,
        ("013", 2015): 2400.0,
        ("014", 2016): 3.0,
    }


def test_what_cannot_be_placed_is_listed_and_adds_up(messy):
    counts = messy.count("records")
    assert counts.to_frame()["records"].sum() + counts.unplaced["records"].sum() == 9
    assert counts.unplaced["records"].tolist() == [1, 2, 1]


def test_ten_megabytes_in_one_cell_are_read(tmp_path):
    path = tmp_path / "long.csv.gz"
    text = "region,year,note\n" + "甲,2001," + "x" * 10_000_000 + "\n乙,2002,y\n"
    path.write_bytes(gzip.compress(text.encode(), 1))
    brought = xz.records(path, region="region", date="year")
    assert brought.count().to_frame()["records"].tolist() == [1, 1]
    assert brought.check().table["kind"].tolist() == ["long-text"]


def test_a_date_order_nobody_declared_stops_the_count_and_says_which_fits():
    frame = pd.DataFrame({"day": ["05/10/17", "23/01/99", "31/02/2001"], "region": ["a"] * 3})
    with pytest.raises(DataError) as caught:
        xz.records(frame, region="region", date="day", years=YEARS).count().to_frame()
    assert 'They fit dates = "day-first".' in str(caught.value)
    days = xz.records(frame, region="region", date="day", dates="day-first", years=YEARS).count(period="month")
    assert days.to_frame()["period"].tolist() == ["1999-01", "2017-10"]
    assert {note.code for note in days.notes} == {"impossible-date", "two-digit-year"}
    months = xz.records(frame, region="region", date="day", dates="month-first", years=YEARS).count(period="month")
    assert months.to_frame()["period"].tolist() == ["2017-05"]


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("2012-07-23", "2012-07"),
        ("2012/7/3 10:00", "2012-07"),
        ("2012年7月3日", "2012-07"),
        ("2012年7月", "2012-07"),
        ("20120723", "2012-07"),
        ("201207", "2012-07"),
        ("2012-Q3", "2012-07"),
        ("2012", None),
        ("2012-00-00", None),
        ("2012-02-30", None),
        ("1731272455", None),
        ("soon", None),
    ],
)
def test_dates_are_read_as_they_are_written(cell, month):
    frame = pd.DataFrame({"day": [cell, "2000-01-01"]})
    found = xz.records(frame, date="day", years=YEARS).count(period="month").to_frame()["period"].tolist()
    assert found == ["2000-01"] + ([month] if month else [])


def test_every_source_counts_the_same(tmp_path):
    frame = pd.DataFrame({"r": ["a", "b", "a", None], "i": [11, 11, 12, 12], "y": [2001, 2001, 2002, 2002]})
    folder = tmp_path / "parts"
    folder.mkdir()
    frame[:2].to_parquet(folder / "one.parquet")
    frame[2:].to_parquet(folder / "two.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_csv(tmp_path / "t.tsv.gz", index=False, sep="\t")
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    import ibis

    table = ibis.duckdb.connect().read_parquet(str(folder / "*.parquet"))
    sources = [frame, pl.from_pandas(frame), frame.convert_dtypes(dtype_backend="pyarrow"), table, folder]
    sources += [tmp_path / name for name in ("t.csv", "t.tsv.gz", "t.xlsx")]
    for source in sources:
        found = xz.records(source, region="r", activity="i", date="y").count()
        assert found.to_frame().to_numpy().tolist() == [
            ["a", "11", 2001, 1],
            ["a", "12", 2002, 1],
            ["b", "11", 2001, 1],
        ]
        assert found.unplaced["records"].tolist() == [1]


def test_chinese_text_of_another_encoding_is_read(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("地区,年份\n广东省,2001\n浙江省,2002\n".encode("gb18030"))
    counts = xz.records(path, region="地区", date="年份").count()
    assert counts.to_frame()["region"].tolist() == ["广东省", "浙江省"]
    assert [note.code for note in counts.notes] == ["other-encoding"]


def test_spellings_of_a_region_are_joined_when_asked(messy):
    own = messy.regions().count("records")
    assert sorted(own._found["region"].dropna().unique()) == ["广东省", "江苏省", "浙江省"]
    known = messy.regions("china-provinces").count("records")
    assert set(known.to_frame()["region"]) == {"440000", "320000"}


def test_everything_asked_for_wrongly_is_told_at_once(messy, tmp_path):
    with pytest.raises(DataError) as caught:
        xz.records(tmp_path / "firms.csv", region="q", activity="z", digits=0, last="closed")
    assert [fault.code for fault in caught.value.faults] == [
        "unknown-column",
        "unknown-column",
        "no-first",
        "bad-value",
    ]
    with pytest.raises(MethodError) as said:
        xz.records(tmp_path / "firms.csv", region="region").count(["units", "foo", "stock"], period="week")
    assert [fault.code for fault in said.value.faults] == ["bad-value", "bad-value", "no-role", "no-role", "years-only"]


def test_counts_become_links_panel_and_industries():
    frame = pd.DataFrame({"r": list("aab"), "i": ["x", "y", "x"], "f": [2001, 2002, 2001], "l": [2003, None, None]})
    counts = xz.records(frame, region="r", activity="i", first="f", last="l", kind="firms").count(
        ["entries", "exits", "stock"]
    )
    made = counts.to_industries()
    assert made.measures == ("entries", "exits", "firms")
    assert made.of("firms").values.tolist() == [[1, 1, 0], [0, 1, 1], [1, 1, 1]]
    assert counts.to_panel("stock").sel(region="a", time=2002).values.tolist() == [1.0, 1.0]
    links = xz.links(counts.lines("stock"), region="region", activity="activity", period="period", value="value")
    assert links.periods == (2001, 2002, 2003)
    assert links.at(2002).sum() == 3
    with pytest.raises(MethodError, match="name the measure"):
        counts.lines()


def test_spans_tell_who_came_and_went():
    frame = pd.DataFrame(
        {
            "id": list("aabbc"),
            "year": [2001, 2003, 2002, 2005, 2005],
            "region": list("xyzzz"),
            "industry": list("11223"),
        }
    )
    spans = xz.records(frame, unit="id", date="year", region="region", activity="industry", kind="firms").spans()
    found = spans.table.to_pandas().sort_values("unit")
    assert found["region"].tolist() == ["y", "z", "z"]
    assert found["first"].tolist() == [20010000, 20020000, 20050000]
    assert found["last"].fillna(0).tolist() == [20040000, 0, 0]
    told = spans.durations().to_pandas().sort_values("unit")
    assert told["duration"].tolist() == [3, 3, 0]
    assert told["ended"].tolist() == [True, False, False]


def test_duplicates_are_taken_out_by_reason_and_listed():
    frame = pd.DataFrame(
        {"id": ["a", "a", "a", "b", None, None], "x": ["1", "1", None, "2", "3", "4"], "y": [None, None, 5, 6, 7, 8]}
    )
    brought = xz.records(frame, unit="id")
    exact = brought.deduplicated()
    assert exact.counts.to_dict() == {"exact": 1, "key": 0}
    first = brought.deduplicated("id")
    assert first.counts.to_dict() == {"exact": 1, "key": 1}
    assert set(first.to_frame()["xinzhi_row"]) == {2, 3}
    last = brought.deduplicated("id", keep="last")
    assert set(last.to_frame()["xinzhi_row"]) == {1, 2}
    assert len(first.records.table.to_pandas()) + len(first.to_frame()) == len(frame)
    assert len(first.notes) == 2
    ordered = brought.deduplicated("id", keep="last", order="y")
    assert ordered.records.table.to_pandas()["y"].tolist().count(5) == 1
