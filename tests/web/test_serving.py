"""A server of its own, asked over the network and told to stop."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from xinzhi.cli import app

PATIENCE = 60
posix = pytest.mark.skipif(os.name != "posix", reason="signals are told otherwise here")


@contextlib.contextmanager
def serving(*arguments):
    """A server in a process of its own; yields the process and where it is."""
    command = [sys.executable, "-m", "xinzhi", "serve", *map(str, arguments), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        kill = threading.Timer(PATIENCE, process.kill)
        kill.start()
        try:
            lines = iter(process.stdout.readline, "}\n")
            yield process, json.loads("".join(lines) + "}")["address"]
        finally:
            process.kill()
            kill.cancel()


@posix
def test_a_server_answers_logs_and_stops_well(shelf_folder):
    with serving(shelf_folder) as (process, address), httpx.Client(base_url=address) as web:
        assert web.get("/health").json()["studies"] == 2
        assert web.get("/nothing?token=secret").status_code == 404
        many = ["/api/v1/studies/small-one/runs/latest/tables/scores.json?limit=3"] * 20
        with ThreadPoolExecutor(8) as several:
            assert {answer.status_code for answer in several.map(web.get, many)} == {200}
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    lines = [json.loads(line) for line in told.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) == 22
    assert {"time", "level", "method", "path", "status", "ms"} <= requests[0].keys()
    assert (lines[0]["event"], lines[-1]["event"]) == ("started", "stopped")
    assert "secret" not in told


@posix
def test_what_is_being_answered_is_finished(shelf_folder):
    with serving(shelf_folder / "Small One") as (process, address):
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as line:
            body = b'{"study": "nothing"}'
            head = f"POST /api/v1/jobs HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            line.sendall(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode())
            httpx.get(f"{address}/health")  # the first request has been taken up by now
            process.send_signal(signal.SIGINT)
            line.sendall(body)
            answer = b"".join(iter(lambda: line.recv(65_536), b""))
        assert b" 404 " in answer.split(b"\r\n")[0]
        assert b"no-such-study" in answer
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0


def test_odd_bytes_are_answered_or_dropped(shelf_folder):
    odd = [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n",
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    ]
    with serving(shelf_folder) as (_, address):
        host, port = address.removeprefix("http://").split(":")
        for sent in odd:
            with socket.create_connection((host, int(port)), timeout=PATIENCE) as line:
                line.sendall(sent)
                line.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionError):
                    answer = line.recv(4_096)
                    assert not answer or answer.split()[1].startswith(b"4"), (sent, answer)
        assert httpx.get(f"{address}/health").status_code == 200


def test_a_port_in_use_is_told(shelf_folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = CliRunner().invoke(app, ["--lang", "en", "serve", str(shelf_folder), "--port", str(port), "--json"])
    assert done.exit_code == 2
    assert json.loads(done.stdout)["faults"][0]["code"] == "port-in-use"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["nowhere"], "no-study"), (["."], "no-study")],
)
def test_a_folder_without_studies_is_told(tmp_path, monkeypatch, arguments, code):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["serve", *arguments, "--json"])
    assert done.exit_code == 2
    assert json.loads(done.stdout)["faults"][0]["code"] == code


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "\u0000"])
def test_a_host_that_is_not_ours_is_told(shelf_folder, host):
    done = CliRunner().invoke(app, ["serve", str(shelf_folder), "--host", host, "--port", "0", "--json"])
    assert done.exit_code == 2, done.output
    assert json.loads(done.stdout)["faults"][0]["code"] == "no-such-host"


def test_warnings_are_lines_of_the_log():
    probe = "import warnings; from xinzhi.web import logs; logs.start(); warnings.warn('odd\\nthing')"
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in told] == ["warning"]
    assert "odd" in told[0]["event"]


def test_help_of_the_server_loads_nothing_of_it():
    probe = (
        "import sys, xinzhi.cli\n"
        "try: xinzhi.cli.main(['serve', '--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'fastapi', 'uvicorn', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, cwd=Path(__file__).parents[2])
