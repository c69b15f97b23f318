"""Who may ask, and what no request reaches: nothing outside the studies, nothing for other sites, never a failure."""

import pytest

from tests.web.served import HOST, client
from xinzhi.web.app import create_app
from xinzhi.web.security import HEADERS, LARGEST_BODY

RUN = "/api/v1/studies/small-one/runs/0001"


@pytest.mark.parametrize(
    "path",
    [
        f"{RUN}/files/../../../data.csv",
        f"{RUN}/files/..%2f..%2f..%2fdata.csv",
        f"{RUN}/files/%2e%2e/%2e%2e/%2e%2e/data.csv",
        f"{RUN}/files/..%5c..%5cdata.csv",
        f"{RUN}/files/%252e%252e%252fdata.csv",
        f"{RUN}/files//etc/passwd",
        f"{RUN}/files/%2fetc%2fpasswd",
        f"{RUN}/files/scores.csv%00.png",
        f"{RUN}/files/scores.csv%00",
        f"{RUN}/files/%c0%ae%c0%ae/data.csv",
        f"{RUN}/files/%ff%fe",
        f"{RUN}/files/record.json",
        f"{RUN}/files/file:///etc/passwd",
        f"{RUN}/files/",
        f"{RUN}/files/SCORES.CSV",
        f"{RUN}/tables/..%2f..%2fdata.json",
        f"{RUN}/tables/scores%00.json",
        f"{RUN}/tables/%2e%2e.json",
        f"{RUN}/tables/{'x' * 199}.json",
        "/api/v1/studies/..%2f..",
        "/api/v1/studies/%2e%2e/runs/0001",
        "/api/v1/studies/Small%20One",
        "/api/v1/studies/small-one/runs/%2e%2e",
        "/api/v1/studies/small-one/runs/1",
        "/api/v1/studies/small-one/runs/0001%2f..%2f..",
        "/api/v1/studies/small-one/runs/%EF%BC%90001",
        "/static/..%2fpage.py",
        "/static/%2e%2e%2fpayload.py",
        "/studies/small-one/runs/%3Cscript%3E",
        "/docs",
        "/redoc",
    ],
)
def test_nothing_else_is_reached(web, path):
    answer = web.get(path)
    assert answer.status_code in (404, 422), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["faults"][0]["zh"]
    assert "data.csv" not in answer.headers.get("content-disposition", "")


@pytest.mark.parametrize("path", ["/", "/health", "/studies/small-one/runs/latest", RUN, f"{RUN}/payload", "/nothing"])
def test_every_answer_says_what_a_browser_may_do(web, path):
    answer = web.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


def test_pages_run_no_script_of_their_own(web):
    page = web.get("/studies/hostile/runs/0001").text
    assert "<script>" not in page
    assert page.count("<script") == 1
    assert 'content="/api/v1/studies/hostile/runs/0001"' in page
    assert "'unsafe-inline'" not in HEADERS["Content-Security-Policy"].split("style-src")[0]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000", "127.8.9.1"])
def test_this_machine_may_be_asked_for(web, host):
    assert web.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "192.168.0.9", "", "[", "a:b:c"]
)
def test_another_host_is_refused(web, host):
    answer = web.get("/health", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["faults"][0]["code"] == "foreign-host"


def test_a_host_that_was_named_may_be_asked_for(shelf_folder):
    with client(create_app([shelf_folder], hosts=["lab.example"])) as web:
        assert web.get("/health", headers={"Host": "Lab.example:8000"}).status_code == 200
        assert web.get("/health", headers={"Host": "192.168.0.9"}).status_code == 403
    with client(create_app([shelf_folder], hosts=["0.0.0.0"])) as web:
        assert web.get("/health", headers={"Host": "192.168.0.9:8000"}).status_code == 200
        assert web.get("/health", headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9000"},
        {"Origin": f"{HOST}.evil.example"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_other_sites_change_nothing(web, method, headers):
    answer = web.request(method, "/api/v1/jobs", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["faults"][0]["code"] == "foreign-origin"


def test_what_is_sent_is_json_and_not_too_much(web):
    own = {"Origin": HOST, "Content-Type": "application/json"}
    assert web.post("/api/v1/jobs", content=b"a=1", headers={"Origin": HOST}).status_code == 415
    assert web.post("/api/v1/jobs", content=b"{", headers={**own, "Content-Type": "text/plain"}).status_code == 415
    assert web.post("/api/v1/jobs", content=b"{", headers=own).status_code == 422
    assert web.post("/api/v1/jobs", content=b"\xff\xfe", headers=own).status_code == 422
    assert web.post("/api/v1/jobs", content=b"[" * 100_000, headers=own).status_code in (400, 422)
    assert web.post("/api/v1/jobs", content=b" " * (LARGEST_BODY + 1), headers=own).status_code == 413
    pieces = (b" " * 2**18 for _ in range(5))
    assert web.post("/api/v1/jobs", content=pieces, headers=own).status_code == 413


def test_methods_and_long_addresses(web):
    answer = web.delete("/health")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert web.get("/api/v1/studies?" + "x" * 9_000).status_code == 414
    head, get = web.head(f"{RUN}/payload"), web.get(f"{RUN}/payload")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", get.headers["etag"])


def test_a_failure_of_ours_tells_nothing(shelf_folder, monkeypatch, caplog):
    app = create_app([shelf_folder])

    @app.get("/broken")
    def broken():
        raise RuntimeError("a secret")

    with client(app) as web:
        answer = web.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["faults"][0]["code"] == "failed"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
