"""Tables as they leave the server: what is asked for, in every format, with nothing in them that could be run."""

import csv
import io
import math

import openpyxl
import pandas as pd
import pytest

from tests.web.served import FORMULA, HOSTILE, SCRIPT, TURNED
from xinzhi.web.encoding import harmless
from xinzhi.web.tables import table

RUN = "/api/v1/studies/small-one/runs/latest"
SCORES = f"{RUN}/tables/scores"
EVIL = "/api/v1/studies/hostile/runs/0001/tables/scores"


@pytest.fixture(scope="module")
def scores(shelf_folder):
    return pd.read_parquet(shelf_folder / "Small One" / "runs" / "0001" / "scores.parquet")


def rows_of(answer):
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return pd.DataFrame(told["rows"], columns=[column["name"] for column in told["columns"]])


def test_the_whole_table_in_every_format(web, scores):
    pd.testing.assert_frame_equal(rows_of(web.get(f"{SCORES}.json")), scores, check_dtype=False)
    came = pd.read_csv(io.BytesIO(web.get(f"{SCORES}.csv").content), keep_default_na=False)
    assert came.to_dict("list") == scores.to_dict("list")
    came = pd.read_parquet(io.BytesIO(web.get(f"{SCORES}.parquet").content))
    pd.testing.assert_frame_equal(came, scores, check_dtype=False)
    came = pd.read_excel(io.BytesIO(web.get(f"{SCORES}.xlsx").content), keep_default_na=False, engine="openpyxl")
    pd.testing.assert_frame_equal(came, scores, check_dtype=False, rtol=1e-14)


def test_columns_conditions_and_order(web, scores):
    asked = {
        "columns": ["region,time", "score"],
        "where": ["element=index", "time>=2021", "region=East", "region=West"],
        "order": ["-score", "region"],
    }
    kept = scores[(scores["element"] == "index") & (scores["time"] >= 2021) & scores["region"].isin(["East", "West"])]
    expected = kept.sort_values(["score", "region"], ascending=[False, True], kind="stable")
    found = rows_of(web.get(f"{SCORES}.json", params=asked))
    assert found.to_numpy().tolist() == expected[["region", "time", "score"]].to_numpy().tolist()


def test_pages_make_up_the_whole(web, scores):
    pages = [
        rows_of(web.get(f"{SCORES}.json", params={"order": "time", "limit": 5, "offset": at}))
        for at in range(0, len(scores) + 5, 5)
    ]
    expected = scores.sort_values("time", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(
        pd.concat([one for one in pages if len(one)], ignore_index=True), expected, check_dtype=False
    )


def test_a_csv_is_what_excel_takes_for_utf_8(web):
    content = web.get(f"{SCORES}.csv?limit=2").content
    assert content.startswith(b"\xef\xbb\xbfregion,")
    assert content.count(b"\r\n") == content.count(b"\n") == 3


def test_what_is_not_observed_is_null(web, shelf_folder):
    gaps = shelf_folder / "hostile" / "runs" / "0001" / "scores.parquet"
    whole = gaps.read_bytes()
    frame = pd.read_parquet(gaps)
    frame.loc[[0, 1, 2], "score"] = [math.nan, math.inf, -math.inf]
    frame.loc[3, "name_en"] = None
    try:
        frame.to_parquet(gaps, index=False)
        found = web.get(f"{EVIL}.json?columns=score,name_en&limit=4&order=rank&order=time").json()
        lacking = web.get(f"{EVIL}.json?where=name_en=").json()
        text = web.get(f"{EVIL}.csv?columns=score").text
    finally:
        gaps.write_bytes(whole)
    assert len(found["rows"]) == 4
    assert lacking["metadata"]["rows"] == 1
    assert text.split("\r\n")[1:4] == ['""', '""', '""']


def test_hostile_names_stay_text(web):
    found = rows_of(web.get(f"{EVIL}.json"))
    assert set(HOSTILE) == set(found["region"])
    content = web.get(f"{EVIL}.csv?columns=region,score").content.decode("utf-8-sig")
    cells = {row[0] for row in csv.reader(io.StringIO(content, newline=""))} - {"region"}
    assert cells == {SCRIPT, f"'{FORMULA}", TURNED, "'@SUM(A1)"}
    book = openpyxl.load_workbook(io.BytesIO(web.get(f"{EVIL}.xlsx").content))
    kinds = {cell.data_type for row in book["table"].iter_rows() for cell in row}
    assert kinds <= {"s", "n"}
    assert FORMULA in {cell.value for cell in book["table"]["A"]}


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\tx", "\rx", "\nx", "＝1", "＋1"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "东部", " "])
def test_other_text_stays_as_it_is(text):
    assert harmless(text) == text


def test_negative_numbers_stay_numbers(web):
    content = web.get(f"{SCORES}.csv?columns=score,level&limit=3").content
    assert b"'" not in content


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"columns": "nothing"}, "unknown-column"),
        ({"columns": "score; DROP TABLE x"}, "unknown-column"),
        ({"where": "time"}, "bad-condition"),
        ({"where": "time>=soon"}, "bad-value"),
        ({"where": "time>=99999999999999999999"}, "bad-value"),
        ({"where": "nothing=1"}, "unknown-column"),
        ({"where": "region=a\x00b"}, "bad-value"),
        ({"order": "-nothing"}, "unknown-column"),
        ({"limit": -1}, "bad-value"),
        ({"limit": 10**30}, "bad-value"),
        ({"limit": "many"}, "bad-value"),
        ({"limit": 100_001}, "too-large"),
        ({"offset": -1}, "bad-value"),
        ({"colums": "score"}, "unknown-key"),
        ({"columns": ""}, "bad-value"),
        ({"where": ["time=2020"] * 60}, "too-many"),
        ({"columns": ["a," * 900] * 2}, "too-many"),
    ],
)
def test_what_cannot_be_answered_is_refused(web, asked, code):
    answer = web.get(f"{SCORES}.json", params=asked)
    assert answer.status_code == 422, answer.text
    faults = answer.json()["faults"]
    assert code in {fault["code"] for fault in faults}
    assert all(fault["en"] and fault["zh"] for fault in faults)


def test_names_that_look_like_sql_are_names(web, scores):
    assert rows_of(web.get(f"{SCORES}.json", params={"where": "region=' OR 1=1 --"})).empty
    assert len(rows_of(web.get(f"{SCORES}.json", params={"where": "region!=' OR 1=1 --"}))) == len(scores)


def test_a_workbook_larger_than_excel_takes_is_refused(web, monkeypatch):
    from xinzhi.web import table_routes

    monkeypatch.setattr(table_routes, "MOST_EXCEL_CELLS", 10)
    answer = web.get(f"{SCORES}.xlsx?offset=1")
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["code"] == "too-large"


def test_a_large_table_is_sent_from_disk(web, monkeypatch, scores):
    from xinzhi.web import table_routes

    monkeypatch.setattr(table_routes, "_MOST_KEPT_CELLS", 10)
    monkeypatch.setattr(table_routes, "_IN_MEMORY", 10)
    for kind in ("csv", "json", "xlsx", "parquet"):
        answer = web.get(f"{SCORES}.{kind}?offset=0&order=-rank")
        assert int(answer.headers["content-length"]) == len(answer.content)
    assert len(pd.read_parquet(io.BytesIO(answer.content))) == len(scores)


def test_an_answer_that_the_client_has_is_not_sent_again(web):
    first = web.get(f"{SCORES}.json?limit=7")
    again = web.get(f"{SCORES}.json?limit=7", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert web.get(f"{SCORES}.json?limit=8").headers["etag"] != first.headers["etag"]


def test_metadata_say_how_to_find_a_table_again(web):
    told = web.get(f"{SCORES}/metadata").json()
    assert told["run"] == "0001"
    assert told["url"] == "http://127.0.0.1:8000/api/v1/studies/small-one/runs/0001/tables/scores"
    assert told["latest_url"].endswith("/runs/latest/tables/scores")
    assert set(told["examples"]) == {"pandas", "r", "stata", "excel", "curl"}
    assert {"file": "data.csv", "cite": None}.items() <= told["sources"][0].items()
    column = next(one for one in told["columns"] if one["name"] == "score")
    assert (column["type"], column["en"], column["zh"]) == ("number", "Score", "得分")


def test_tables_that_share_a_name_are_told_apart(shelf_folder, tmp_path):
    import shutil

    from xinzhi.web.shelf import Shelf
    from xinzhi.web.tables import tables

    shutil.copytree(shelf_folder / "hostile", tmp_path / "two")
    run = tmp_path / "two" / "runs" / "0001"
    (run / "dynamics").mkdir()
    shutil.copy(run / "scores.parquet", run / "dynamics" / "scores.parquet")
    record = run / "record.json"
    record.write_text(
        record.read_text(encoding="utf-8").replace('"outputs": {', '"outputs": {"dynamics/scores.parquet": "0",'),
        encoding="utf-8",
    )
    found = Shelf([tmp_path / "two"]).run("two", "latest")
    assert set(tables(found)) == {"scores", "dynamics-scores"}
    assert table(found, "dynamics-scores").rows == table(found, "scores").rows
