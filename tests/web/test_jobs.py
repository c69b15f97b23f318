"""Jobs: processes of their own that may be killed at any time, and what is known of them afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.small import small_study
from tests.web.served import client
from xinzhi.core.errors import Fault
from xinzhi.core.locks import held, holding
from xinzhi.study.workshop import clear_away, workshop
from xinzhi.web import job_files, jobs, worker
from xinzhi.web.app import create_app

JOBS = "/api/v1/jobs"
SLOW = [sys.executable, str(Path(__file__).with_name("slow_worker.py"))]
ENOUGH = 30.0


def study(folder: Path, title: str) -> Path:
    folder.mkdir(parents=True)
    text = f'[study]\ntitle = "{title}"\n'
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "other.toml").write_text(text.replace(title, "run 2"), encoding="utf-8")
    return folder


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Studies of which one is done soon, one takes long, one is refused and one breaks us."""
    monkeypatch.setattr(jobs, "WORKER", SLOW)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    for name, title in (("quick", "run"), ("slow", "sleep 600"), ("bad", "refuse"), ("broken", "break")):
        study(tmp_path / name, title)
    return tmp_path


@pytest.fixture
def web(place):
    with client(create_app([place])) as asked:
        yield asked


def post(web, name, **said):
    answer = web.post(JOBS, json={"study": name, **said})
    assert answer.status_code == 202, answer.text
    return answer.json()["url"]


def until(web, url, *states):
    """The job as soon as it is in one of the states."""
    end = time.monotonic() + ENOUGH
    while (said := web.get(url).json())["state"] not in states:
        assert time.monotonic() < end, said
        time.sleep(0.02)
    return said


def at_work(web, url):
    """The job when it has said how far it is."""
    end = time.monotonic() + ENOUGH
    while (said := web.get(url).json())["progress"] is None:
        assert time.monotonic() < end, said
        time.sleep(0.02)
    return said


def left_over(place):
    return [str(path) for path in place.rglob(".making-*")]


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def pid_of(place, job):
    return next(json.loads(path.read_text(encoding="utf-8"))["pid"] for path in place.rglob(f"{job}/work.json"))


def test_a_job_runs_a_study_and_names_its_run(web, place):
    said = until(web, post(web, "quick"), "done")
    assert (said["run"], said["page"], said["variant"]) == ("0001", "/studies/quick/runs/0001", "study")
    assert said["asked"] <= said["began"] <= said["ended"]
    assert (place / "quick" / "runs" / "0001").is_dir()


def test_a_job_of_a_variant(web):
    said = until(web, post(web, "slow", variant="other"), "done")
    assert (said["variant"], said["file"]) == ("other", "other.toml")


def test_what_is_refused_is_told_in_both_languages(web):
    said = until(web, post(web, "bad"), "failed")
    assert [(one["code"], one["zh"], one["file"]) for one in said["faults"]] == [
        ("no-index", "没有指数。", "study.toml")
    ]


def test_our_own_failure_names_a_log_and_shows_no_traceback(web, place):
    answer = until(web, post(web, "broken"), "failed")
    assert [one["code"] for one in answer["faults"]] == ["xinzhi-failed"]
    assert "secret" not in json.dumps(answer)
    assert "Traceback" not in json.dumps(answer)
    assert "a secret of the machine" in (place / "broken" / answer["faults"][0]["file"]).read_text(encoding="utf-8")


def test_a_running_job_tells_its_stage_and_is_cancelled_without_a_trace(web, place):
    url = post(web, "slow")
    said = at_work(web, url)
    assert (said["stage"], said["stage_title"]["zh"], said["progress"]) == ("vary", "变动各项选择", 0.5)
    pid = pid_of(place, said["id"])
    assert left_over(place)
    answer = web.delete(url)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert gone(pid)
    assert not left_over(place)
    again = web.delete(url)
    assert (again.status_code, again.json()["faults"][0]["code"]) == (409, "job-ended")


def test_waiting_jobs_wait_their_turn_and_can_be_cancelled(place, monkeypatch):
    monkeypatch.setattr(jobs.os, "cpu_count", lambda: 1)
    with client(create_app([place])) as web:
        first = post(web, "slow")
        at_work(web, first)
        second, third = post(web, "quick"), post(web, "quick")
        waiting = [web.get(url).json() for url in (second, third)]
        assert [(one["state"], one["ahead"]) for one in waiting] == [("queued", 0), ("queued", 1)]
        assert web.get("/health").json()["jobs"] == {"running": 1, "queued": 2}
        assert web.delete(second).json()["state"] == "cancelled"
        assert web.delete(first).json()["state"] == "cancelled"
        assert until(web, third, "done")["run"] == "0001"
        assert web.get(second).json()["began"] is None


def test_no_more_wait_than_may(place, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_WAITING", 3)
    monkeypatch.setattr(jobs.os, "cpu_count", lambda: 1)
    with client(create_app([place])) as web:
        at_work(web, post(web, "slow"))
        codes = [web.post(JOBS, json={"study": "slow"}).status_code for _ in range(5)]
    assert codes == [202, 202, 202, 429, 429]


def test_jobs_asked_for_at_once_are_all_done(web):
    with ThreadPoolExecutor(4) as pool:
        urls = [*pool.map(lambda name: post(web, name), ["quick", "bad", "quick", "bad"])]
    assert len(set(urls)) == 4
    assert sorted(until(web, url, "done", "failed")["state"] for url in urls) == ["done", "done", "failed", "failed"]
    listed = [one["id"] for one in web.get(JOBS).json()["jobs"]]
    assert listed == sorted(listed, reverse=True)
    assert len(web.get(f"{JOBS}?study=quick").json()["jobs"]) == 2


def test_the_same_study_twice_at_once_gives_two_runs(tmp_path):
    """The one test with the sciences in it: two real runs at the same time."""
    folder = small_study(tmp_path / "real")
    with client(create_app([folder])) as web:
        urls = [post(web, "real"), post(web, "real")]
        end = time.monotonic() + 120
        while any(web.get(url).json()["state"] in ("queued", "running") for url in urls) and time.monotonic() < end:
            time.sleep(0.1)
        said = [web.get(url).json() for url in urls]
        assert sorted(one["run"] for one in said) == ["0001", "0002"]
        assert len(web.get("/api/v1/studies/real").json()["runs"]) == 2
    assert not left_over(tmp_path)


def test_a_killed_worker_is_told_as_interrupted_and_leaves_nothing(web, place):
    done = until(web, post(web, "quick"), "done")
    url = post(web, "slow")
    os.kill(pid_of(place, at_work(web, url)["id"]), signal.SIGKILL)
    said = until(web, url, "interrupted")
    assert [one["code"] for one in said["faults"]] == ["job-interrupted"]
    assert not left_over(place)
    assert web.get(done["url"]).json() == done


def test_stopping_the_server_interrupts_what_runs_and_keeps_what_waits(place, monkeypatch):
    monkeypatch.setattr(jobs.os, "cpu_count", lambda: 1)
    with client(create_app([place])) as web:
        running = post(web, "slow")
        pid = pid_of(place, at_work(web, running)["id"])
        waiting = post(web, "quick")
    assert gone(pid)
    with client(create_app([place])) as web:
        assert web.get(running).json()["state"] == "interrupted"
        assert until(web, waiting, "done")["run"] == "0001"
    assert not [*place.rglob(".server-*")]
    assert not left_over(place)


SERVER = """
import sys, time
from pathlib import Path
from xinzhi.web import jobs
from xinzhi.web.shelf import Shelf
jobs.WORKER = sys.argv[2:]
shelf = Shelf([Path(sys.argv[1])])
own = jobs.Jobs(shelf, at_once=1)
own.start()
own.add(shelf.study("quick"))
while own.running or own.queued:
    time.sleep(0.02)
print(own.add(shelf.study("slow")), own.add(shelf.study("quick")), flush=True)
time.sleep(600)
"""


def test_a_killed_server_loses_nothing_that_was_finished(place):
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(place), *SLOW], stdout=subprocess.PIPE, text=True)
    running, waiting = map(Path, server.stdout.readline().split())
    end = time.monotonic() + ENOUGH
    while (job_files.read(running / "work.json") or {}).get("progress") is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    with client(create_app([place])) as web:  # another server of the same studies, while the first one lives
        said = {one["id"]: one["state"] for one in web.get(JOBS).json()["jobs"]}
        assert [said[one.name] for one in (running, waiting)] == ["running", "queued"]
        refused = web.delete(f"{JOBS}/{running.name}")
        assert (refused.status_code, refused.json()["faults"][0]["code"]) == (409, "job-elsewhere")
        server.kill()
        server.wait()
        server.stdout.close()
        until(web, f"{JOBS}/{running.name}", "interrupted")
        assert not held(running / job_files.ALIVE)  # the work ends with its server
    with client(create_app([place])) as web:
        assert web.get(f"{JOBS}/{running.name}").json()["faults"][0]["code"] == "job-interrupted"
        assert until(web, f"{JOBS}/{waiting.name}", "done")["run"] == "0002"
        assert sorted(one["state"] for one in web.get(JOBS).json()["jobs"]) == ["done", "done", "interrupted"]
    assert not left_over(place)


def test_old_jobs_are_forgotten_but_not_those_that_have_not_ended(place, monkeypatch):
    monkeypatch.setattr(job_files, "KEPT", 2)
    folder = place / "quick"
    made = [job_files.new_job(folder, {"file": "study.toml"}) for _ in range(5)]
    for one in made[1:]:
        job_files.put(one / job_files.END, {"state": "cancelled"})
    job_files.forget_old(folder)
    assert [*job_files.jobs_of(folder)] == [made[4], made[3], made[0]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"study": "nope"}, 404),
        ({"study": "../quick"}, 404),
        ({"study": "quick", "variant": "../../etc/passwd"}, 404),
        ({"study": "quick", "variant": "study.toml"}, 404),
        ({"study": "quick", "kind": "delete"}, 422),
        ({"study": "quick", "command": "rm"}, 422),
        ({"study": ["quick"]}, 422),
        ({"study": "\ud800"}, 422),
        ([], 422),
    ],
)
def test_hostile_posts_are_refused_with_faults(web, body, status):
    answer = web.post(JOBS, content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["faults"]
    assert web.get(JOBS).json()["jobs"] == []


@pytest.mark.parametrize("job", ["nope", "..", "%2e%2e%2fjobs", "20260101-000000-abcdef", "x" * 100])
def test_jobs_that_are_not_there(web, job):
    assert web.get(f"{JOBS}/{job}").status_code in (404, 422)
    assert web.delete(f"{JOBS}/{job}").status_code in (404, 405, 422)


def test_jobs_are_not_written_where_a_link_leads_out(place, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (place / "quick" / ".xinzhi").symlink_to(outside, target_is_directory=True)
    with client(create_app([place])) as web:
        assert web.post(JOBS, json={"study": "quick"}).status_code == 409
    assert [*outside.rglob("*.json")] == []


def test_a_server_that_begins_shows_jobs_with_spoilt_files(place):
    folder = job_files.new_job(place / "quick", {"file": "study.toml", "server": "../../x"})
    (folder / job_files.END).write_text("{", encoding="utf-8")
    (folder / job_files.WORK).write_text("[]", encoding="utf-8")
    odd = job_files.new_job(place / "slow", {"file": ["study.toml"], "server": 1})
    (odd / job_files.END).write_text('{"ended": 1}', encoding="utf-8")
    (odd / job_files.WORK).write_text('{"state": "running", "stage": ["vary"], "run": 3}', encoding="utf-8")
    with client(create_app([place])) as web:
        assert [one["state"] for one in web.get(JOBS).json()["jobs"]] == ["interrupted"] * 2


def test_a_lock_is_held_until_its_process_ends(tmp_path):
    lock = tmp_path / "lock"
    assert not held(lock)
    with holding(lock):
        assert held(lock)
        with pytest.raises(OSError), holding(lock):
            pass
    assert not held(lock)


def test_only_what_dead_processes_left_is_cleared_away(tmp_path):
    old = tmp_path / ".making-old"
    old.mkdir()
    (old / ".alive").write_text("1", encoding="ascii")
    os.utime(old / ".alive", (0, 0))
    with workshop(tmp_path) as shop:
        assert not old.exists()
        os.utime(shop / ".alive", (0, 0))
        clear_away(tmp_path)
        clear_away(tmp_path, of=os.getpid())
        assert shop.is_dir()


def test_a_job_runs_no_file_outside_its_study(web, place):
    folder = job_files.new_job(place / "quick", {"kind": "run", "file": "../slow/study.toml", "server": ""})
    said = until(web, f"{JOBS}/{folder.name}", "failed")
    assert [(one["code"], one["file"]) for one in said["faults"]] == [("study-gone", "study.toml")]
    assert not (place / "slow" / "runs").exists()


def test_faults_name_no_place_of_the_machine(tmp_path):
    fault = Fault("x", f"nothing was written to {tmp_path / 'runs'}.", f"{tmp_path} 未写入。")
    said = worker._without_places(fault, tmp_path)
    assert (said.en, said.zh) == ("nothing was written to runs.", f"{tmp_path.name} 未写入。")
