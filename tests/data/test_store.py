from __future__ import annotations

import duckdb
import pytest

from tests.data.bringing import bring
from xinzhi.core.errors import DataError
from xinzhi.data.store import TABLES, open_store

CONTENT = '地区,年份,指标,数值,单位\n北   京,2018,gdp,"1,234",亿元\n上海,2018,gdp,—,亿元\n全国,2018,gdp,9,亿元\n'


@pytest.fixture
def data(tmp_path):
    return bring(tmp_path, CONTENT, cite="Yearbook")


def test_what_was_brought_in_is_kept(data, tmp_path):
    path = tmp_path / "study.duckdb"
    data.store(path)
    with duckdb.connect(path, read_only=True) as store:
        kept = {name: store.sql(f"SELECT * FROM {name}").df() for name in TABLES}
    records = kept["records"]
    first = records.iloc[0]
    assert (first["row"], first["region_given"], first["region"]) == (2, "北   京", "110000")
    assert (first["value_given"], first["value"]) == ("1,234", 1234)
    assert records["value"].isna().tolist() == [False, True]
    assert records["origin"].tolist() == ["observed", "missing"]
    assert set(kept["repairs"]["reason"]) == {"name-spacing", "thousands", "missing-mark"}
    assert kept["notices"]["code"].tolist() == ["totals-left-out"]
    source = kept["sources"].iloc[0]
    assert (source["file"], source["rows"], source["layout"]) == ("data.csv", 3, "long")


def test_a_store_is_opened_with_ibis(data, tmp_path):
    path = tmp_path / "study.duckdb"
    data.store(path)
    store = open_store(path)
    assert set(store.list_tables()) == set(TABLES)
    records = store.table("records")
    assert records.filter(records.origin == "observed").count().execute() == 1
    store.disconnect()


def test_a_store_is_replaced_whole(data, tmp_path):
    path = tmp_path / "study.duckdb"
    data.store(path)
    data.store(path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["data.csv", "study.duckdb"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), duckdb.IOException("IO Error: disk full")])
def test_nothing_half_written_is_left(data, tmp_path, monkeypatch, error):
    path = tmp_path / "study.duckdb"
    path.write_bytes(b"what was there")

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("xinzhi.data.store.duckdb.connect", fail)
    with pytest.raises(DataError) as caught:
        data.store(path)
    assert caught.value.faults[0].code == "cannot-write"
    assert path.read_bytes() == b"what was there"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["data.csv", "study.duckdb"]


def test_a_folder_that_is_not_there(data, tmp_path):
    with pytest.raises(DataError):
        data.store(tmp_path / "nowhere" / "study.duckdb")
