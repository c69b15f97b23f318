"""What the server tells of studies and runs, and that what it describes is what it does."""

import json
import shutil

import pytest

from tests.web.served import client
from xinzhi import __version__
from xinzhi.report.page import embedded
from xinzhi.web.app import create_app

RUN = "/api/v1/studies/small-one/runs/0001"


def test_the_list_of_studies(web, shelf_folder):
    told = web.get("/api/v1/studies").json()
    assert told["version"] == __version__
    assert {study["id"] for study in told["studies"]} == {"small-one", "hostile"}
    small = next(study for study in told["studies"] if study["id"] == "small-one")
    assert (small["title"], small["variants"], small["runs"]) == ({"en": "Small", "zh": "小"}, 2, 1)
    assert small["latest"]["page"] == "/studies/small-one/runs/0001"
    assert (small["latest"]["regions"], small["latest"]["years"], small["latest"]["indicators"]) == (4, [2020, 2022], 4)
    record = json.loads((shelf_folder / "Small One" / "runs" / "0001" / "record.json").read_text(encoding="utf-8"))
    assert small["latest"]["warnings"] == record["warnings"]


def test_a_study_and_a_run(web):
    study = web.get("/api/v1/studies/small-one").json()
    assert [(one["id"], one["latest"]) for one in study["variants"]] == [("study", "0001"), ("ranked", None)]
    assert [one["variant"] for one in study["runs"]] == ["study"]
    run = web.get(f"{RUN}").json()
    assert [table["name"] for table in run["tables"]] == ["scores"]
    assert {file["name"] for file in run["files"]} == {"report.html", "results.xlsx", "scores.csv", "scores.parquet"}
    for address in [
        run["payload"],
        *(file["url"] for file in run["files"]),
        *(one["metadata"] for one in run["tables"]),
    ]:
        assert web.get(address).status_code == 200
    latest = web.get("/api/v1/studies/small-one/runs/latest").json()
    assert latest == run


def test_the_payload_is_the_one_in_the_report(web, shelf_folder):
    report = (shelf_folder / "Small One" / "runs" / "0001" / "report.html").read_text(encoding="utf-8")
    answer = web.get(f"{RUN}/payload")
    assert f'id="payload">{answer.text}</script>' in report
    assert embedded(answer.json()) == answer.text
    assert answer.headers["content-encoding"] == "gzip"
    plain = web.get(f"{RUN}/payload", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content
    again = web.get(f"{RUN}/payload", headers={"If-None-Match": f"W/{answer.headers['etag']}"})
    assert again.status_code == 304


def test_a_run_without_a_report_has_no_payload(shelf_folder, tmp_path):
    shutil.copytree(shelf_folder / "hostile", tmp_path / "bare")
    (tmp_path / "bare" / "runs" / "0001" / "report.html").write_bytes(b"<html></html>")
    with client(create_app([tmp_path / "bare"])) as web:
        answer = web.get("/api/v1/studies/bare/runs/latest/payload")
        assert web.get("/api/v1/studies/bare/runs/latest").status_code == 200
    assert answer.status_code == 404
    assert answer.json()["faults"][0]["code"] == "no-report"


def test_pages_name_their_data_and_script(web):
    page = web.get("/studies/small-one/runs/latest").text
    assert '<meta name="xinzhi-api" content="/api/v1/studies/small-one/runs/0001">' in page
    assert '<meta name="xinzhi-api" content="/api/v1">' in web.get("/").text
    script = page.partition('<script src="')[2].partition('"')[0]
    answer = web.get(script)
    assert "immutable" in answer.headers["cache-control"]
    assert web.get("/static/report.js").headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")


def test_health(web):
    told = web.get("/health").json()
    assert told == {
        "status": "ok",
        "version": __version__,
        "studies": 2,
        "runs": 2,
        "jobs": {"running": 0, "queued": 0},
    }


def test_files_are_saved_never_shown(web):
    answer = web.get(f"{RUN}/files/report.html")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("kind", ["pdf", "docx", "bib"])
def test_documents_are_made_from_the_payload(web, monkeypatch, kind):
    from xinzhi.report import documents

    def document(payload, kind, language):
        return f"{payload['title'][language]} {kind}".encode()

    monkeypatch.setattr(documents, "document", document)
    answer = web.get(f"/api/v1/studies/hostile/runs/latest/report.{kind}?lang=en")
    assert answer.content == f"Small {kind}".encode()
    assert f'filename="hostile-0001-en.{kind}"' in answer.headers["content-disposition"]
    assert web.get(f"/api/v1/studies/hostile/runs/latest/report.{kind}?lang=fr").status_code == 422


def test_the_description_names_every_address(web):
    told = web.get("/api/v1/openapi.json").json()
    assert told["info"]["version"] == __version__
    for path, methods in told["paths"].items():
        for method, of in methods.items():
            assert of["summary"], (path, method)
            assert {"404", "422"} <= set(of["responses"]), (path, method)
    assert "http" not in json.dumps(told["paths"]).replace("http-", "")
