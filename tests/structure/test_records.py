"""From tables to links: every kind of table, everything wrong at once, nothing poisoned."""

from __future__ import annotations

import duckdb
import ibis
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import presence as slow
from xinzhi.core.errors import DataError
from xinzhi.structure.records import links

ROWS = pd.DataFrame(
    {
        "region": ["b", "a", "a", "a", "b", "c"],
        "activity": ["02", "01", "01", "02", "02", "01"],
        "year": [2020, 2020, 2020, 2020, 2021, 2021],
        "value": [1.0, 2.0, 3.0, 0.0, 5.0, 6.0],
    }
)


def refused(table, **how) -> DataError:
    with pytest.raises(DataError) as caught:
        links(table, **how)
    assert all(fault.en and fault.zh for fault in caught.value.faults)
    return caught.value


def codes(error: DataError) -> set[str]:
    return {fault.code for fault in error.faults}


def database(frame: pd.DataFrame):
    connection = duckdb.connect()
    connection.register("given", frame)
    connection.execute("CREATE TABLE kept AS SELECT * FROM given")
    return connection.table("kept")


KINDS = {
    "pandas": lambda frame: frame,
    "objects": lambda frame: frame.astype({"region": object, "activity": object}),
    "categories": lambda frame: frame.astype({"region": "category"}),
    "indexed": lambda frame: frame.set_index(["region", "activity", "year"]),
    "polars": pl.from_pandas,
    "lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "arrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "ibis": ibis.memtable,
    "duckdb": database,
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_every_kind_of_table_gives_the_same_links(kind):
    made = links(KINDS[kind](ROWS))
    assert made.periods == (2020, 2021)
    assert made.regions.tolist() == ["a", "b", "c"]
    assert made.activities.tolist() == ["01", "02"]
    assert made.at(2020).toarray().tolist() == [[5, 0], [0, 1], [0, 0]]
    assert made.at(2021).toarray().tolist() == [[0, 0], [0, 5], [6, 0]]
    assert made.at(2020).nnz == 2  # a value of 0 is no link
    assert [notice.code for notice in made.notices] == ["rows-added-up"]
    assert "added up: 1" in made.notices[0].en
    assert made.record.inputs == links(ROWS).record.inputs
    assert made.record.settings["columns"]["period"] == "year"


@every_kind
def test_everything_wrong_is_said_at_once(kind):
    wrong = ROWS.assign(value=[1.0, -2.0, np.inf, np.nan, 5.0, 6.0], activity=["02", "01", "01", "02", None, "01"])
    if kind == "indexed":
        return
    error = refused(KINDS[kind](wrong))
    assert codes(error) == {"no-activity", "negative-value", "infinite-value", "no-value"}
    if kind in ("pandas", "objects", "polars", "arrow"):
        assert {(fault.code, fault.row) for fault in error.faults} == {
            ("no-activity", 5),
            ("negative-value", 2),
            ("infinite-value", 3),
            ("no-value", 4),
        }


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".xlsx"])
def test_files_of_every_kind(tmp_path, suffix):
    path = tmp_path / f"exports{suffix}"
    if suffix == ".parquet":
        ROWS.to_parquet(path)
    elif suffix == ".xlsx":
        ROWS.to_excel(path, index=False, engine="xlsxwriter")
    else:
        ROWS.to_csv(path, index=False)
    made = links(path)
    assert made.activities.tolist() == ["01", "02"]
    assert made.at(2021).toarray().tolist() == [[0, 0], [0, 5], [6, 0]]
    assert made.source == path.name
    assert made.record.inputs.keys() == {path.name}


def test_faults_of_a_file_name_file_row_and_column(tmp_path):
    path = tmp_path / "patents.csv"
    path.write_text("地区,行业,专利数\n北京,医药,3\n,医药,2\n上海,电子,many\n上海,医药,-4\n", encoding="gb18030")
    error = refused(path)
    assert {(fault.code, fault.file, fault.row, fault.column) for fault in error.faults} == {
        ("no-region", "patents.csv", 3, "地区"),
        ("not-a-number", "patents.csv", 4, "专利数"),
        ("negative-value", "patents.csv", 5, "专利数"),
    }


def test_numbers_written_for_people_are_mended_and_listed():
    made = links(pd.DataFrame({"region": ["a", "b"], "activity": ["x", "y"], "value": ["1,200", "n/a"]}))
    assert made.at().toarray().tolist() == [[1200.0]]
    assert [notice.code for notice in made.notices] == ["numbers-mended", "no-value"]


def test_numbers_written_as_text_are_values():
    frame = pd.DataFrame({"region": ["a", "b", "c"], "activity": ["x", "y", "x"], "how much": ["1", "2", "lots"]})
    error = refused(frame)
    assert (error.faults[0].code, error.faults[0].row, error.faults[0].column) == ("not-a-number", 3, "how much")


def test_rows_are_counted_where_there_is_no_value():
    plain = links(ROWS.drop(columns="value"))
    assert plain.at(2020).toarray().tolist() == [[2, 1], [0, 1], [0, 0]]
    assert plain.notices == ()
    assert (links(ROWS, count=True).at(2020) != plain.at(2020)).nnz == 0
    told = links(ROWS.drop(columns="value").assign(note="seen"))
    assert [notice.code for notice in told.notices] == ["rows-counted"]
    lazy = links(database(ROWS), count=True)
    assert (lazy.at(2020) != plain.at(2020)).nnz == 0


def test_labels_of_mixed_kind_are_refused():
    mixed = ROWS.assign(activity=["02", 1, 1, "02", "02", 1])
    error = refused(mixed)
    assert codes(error) == {"mixed-labels"}
    assert (error.faults[0].row, error.faults[0].column) == (2, "activity")


def test_whole_labels_kept_as_decimals_are_whole_again():
    frame = pd.DataFrame({"region": [1.0, 2.0, 2.0], "activity": [11, 12, 12], "value": [1, 2, 3]})
    assert links(frame).regions.tolist() == ["1", "2"]
    assert codes(refused(frame.assign(region=[1.5, 2.0, np.nan]))) == {"label-as-decimal", "no-region"}


def test_codes_of_another_version_are_listed_with_what_hangs_on_them():
    known = {"0101": "Horses", "0102": {"en": "Cattle", "zh": "牛"}}
    frame = pd.DataFrame({"region": list("aab"), "activity": ["0101", "0102", "0199"], "value": [1, 1, 2]})
    error = refused(frame, activities=known)
    assert "1 of 3 activities are not among the 2 known, 50.0% of the value" in error.say()
    made = links(frame, activities=known, unknown="drop")
    assert made.activities.tolist() == ["0101", "0102"]
    assert made.names("activity", "zh").tolist() == ["Horses", "牛"]
    assert [(one.side, one.label, one.value) for one in made.dropped] == [("activity", "0199", 2.0)]
    lost = refused(frame.assign(activity=["101", "102", "101"]), activities=known)
    assert "zeros in front" in lost.say()
    longer = refused(frame.assign(activity=["010110", "010121", "010129"]), activities=known)
    assert "They have 6 characters, the known ones 4" in longer.say()


def test_regions_of_a_gazetteer_get_names_and_totals_go():
    frame = pd.DataFrame({"country": ["China", "DEU", "World"], "field": list("xyx"), "n": [1, 2, 3]})
    made = links(frame, regions="countries")
    assert made.regions.tolist() == ["CHN", "DEU"]
    assert made.names("region", "zh").tolist() == ["中国", "德国"]
    assert [one.label for one in made.dropped] == ["World"]
    assert made.at().toarray().tolist() == [[1, 0], [0, 2]]
    assert codes(refused(frame.assign(country=["China", "Atlantis", "DEU"]), regions="countries")) == {"unknown-region"}


def test_rows_without_a_label_may_be_left_out():
    frame = ROWS.assign(region=["b", None, "a", "a", "b", "c"])
    assert codes(refused(frame)) == {"no-region"}
    made = links(frame, unknown="drop")
    assert made.at(2020).toarray().tolist() == [[3, 0], [0, 1], [0, 0]]
    assert "no-region" in {notice.code for notice in made.notices}


def test_which_column_is_what_is_asked_where_heads_do_not_say():
    frame = ROWS.rename(columns={"region": "who", "activity": "what"})
    assert codes(refused(frame)) == {"which-region", "which-activity"}
    assert links(frame, region="who", activity="what").regions.tolist() == ["a", "b", "c"]
    assert codes(refused(frame, region="whom", activity="what")) == {"unknown-column"}
    assert codes(refused(ROWS.rename(columns={"value": "jobs"}).assign(exports=1))) == {"which-value"}
    assert codes(refused(ROWS.assign(product="x"))) == {"which-activity"}


def test_only_the_rows_asked_for():
    both = pd.concat([ROWS.assign(kind="new"), ROWS.assign(kind="old")])
    for table in (both, database(both)):
        assert links(table, where={"kind": "new"}).at(2021).sum() == 11


def test_periods_are_years_where_all_can_be():
    assert links(ROWS.assign(year=[f"{year}年" for year in ROWS.year])).periods == (2020, 2021)
    spans = ["1974-1978" if year == 2020 else "1979-1983" for year in ROWS.year]
    assert links(ROWS.assign(year=spans)).periods == ("1974-1978", "1979-1983")


@pytest.mark.parametrize("table", [5, pd.DataFrame({"region": [], "activity": [], "value": []}), {"region": ["a"]}])
def test_what_is_no_table_is_refused(table):
    assert codes(refused(table)) <= {"not-a-frame", "no-rows"}


def test_sums_too_large_to_hold_are_refused():
    frame = pd.DataFrame({"region": ["a", "a"], "activity": ["x", "x"], "value": [1.7e308, 1.7e308]})
    assert "too-large" in codes(refused(frame))


labels = st.sampled_from("abcde")
rows = st.lists(st.tuples(labels, labels, st.integers(2000, 2003), st.integers(0, 9)), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(rows=rows, seed=st.integers(0, 999))
def test_links_are_the_sums_of_their_rows_in_any_order(rows, seed):
    frame = pd.DataFrame(rows, columns=["region", "activity", "period", "value"])
    made = links(frame).to_frame().set_index(["period", "region", "activity"])["value"].to_dict()
    assert made == slow.added_up(rows)
    shuffled = frame.sample(frac=1, random_state=seed)
    assert links(shuffled).record.inputs == links(frame).record.inputs
    lazily = links(pl.from_pandas(frame).lazy()).to_frame().set_index(["period", "region", "activity"])["value"]
    assert lazily.to_dict() == made
