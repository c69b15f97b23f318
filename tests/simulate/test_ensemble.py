import errno
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulate import making
from tests.simulate.making import files_in, tasks, walk
from xinzhi.core.errors import MethodError
from xinzhi.core.locks import holding
from xinzhi.simulate.ensemble import Task, ensemble
from xinzhi.simulate.run_files import RunFiles, identity, name_of, packed

ROOT = Path(making.__file__).parents[2]
RUNS_TWENTY = """
import sys
from pathlib import Path
from tests.simulate.making import tasks, walk
from xinzhi.simulate.ensemble import ensemble
if __name__ == "__main__":
    say = lambda so_far: print(so_far.done, flush=True)
    ensemble(walk, tasks(20, sleep=0.1), workers=2, store=Path(sys.argv[1]), tell=say)
"""


def test_runs_are_kept_in_the_order_of_the_tasks(tmp_path):
    runs = ensemble(walk, tasks(4), workers=1, store=tmp_path)
    assert len(runs) == 4
    assert [int(run["count"][0]) for run in runs] == [0, 1, 2, 3]
    np.testing.assert_array_equal(runs[2]["path"], walk({"seed": 2})["path"])
    assert [int(count[0]) for count in runs.each("count", [3, 1])] == [3, 1]


def test_any_workers_leave_the_same_bytes(tmp_path):
    ensemble(walk, tasks(6), workers=1, store=tmp_path / "here")
    ensemble(walk, tasks(6), workers=2, store=tmp_path / "two")
    with ThreadPoolExecutor(3) as pool:
        ensemble(walk, tasks(6), workers=pool, store=tmp_path / "threads")
    assert len(files_in(tmp_path / "here")) == 7
    assert files_in(tmp_path / "here") == files_in(tmp_path / "two") == files_in(tmp_path / "threads")


def test_the_order_of_tasks_makes_no_difference_to_runs(tmp_path):
    forth = ensemble(walk, tasks(5), workers=1, store=tmp_path / "forth")
    back = ensemble(walk, tasks(5)[::-1], workers=1, store=tmp_path / "back")
    runs = [{k: v for k, v in files_in(tmp_path / way).items() if k.startswith("runs")} for way in ("forth", "back")]
    assert runs[0] == runs[1]
    assert forth.digest != back.digest


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_killed_ensemble_is_taken_up_and_ends_with_the_same_bytes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(RUNS_TWENTY)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, script, tmp_path / "killed"], stdout=subprocess.PIPE, text=True, env=environment
    ) as started:
        while int(started.stdout.readline()) < 3:
            pass
        started.send_signal(signal.SIGKILL)
    kept = len(list((tmp_path / "killed" / "runs").glob("*.npz")))
    assert 3 <= kept < 20
    (tmp_path / "killed" / "runs" / "half-written.npz.part").write_bytes(b"PK")
    said = []
    ensemble(walk, tasks(20, sleep=0.1), workers=2, store=tmp_path / "killed", tell=said.append)
    assert said[0].done == said[0].kept == kept
    ensemble(walk, tasks(20, sleep=0.1), workers=2, store=tmp_path / "whole")
    assert files_in(tmp_path / "killed") == files_in(tmp_path / "whole")


@pytest.mark.parametrize("harm", ["cut", "flipped", "emptied", "exchanged"])
def test_a_damaged_run_is_found_and_made_again(tmp_path, harm):
    ensemble(walk, tasks(4), workers=1, store=tmp_path)
    whole = files_in(tmp_path)
    one, other = sorted((tmp_path / "runs").glob("*.npz"))[:2]
    content = bytearray(one.read_bytes())
    content[len(content) // 2] ^= 1
    one.write_bytes({"cut": content[:-40], "flipped": content, "emptied": b"", "exchanged": other.read_bytes()}[harm])
    said = []
    ensemble(walk, tasks(4), workers=1, store=tmp_path, tell=said.append)
    assert said[0].kept == 3
    assert files_in(tmp_path) == whole


@given(at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_any_damage_is_seen(tmp_path_factory, at, flip):
    folder = tmp_path_factory.getbasetemp() / "damage"
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    about = identity(walk, {"seed": 1})
    content = bytearray(packed(walk({"seed": 1}), about))
    content[at % len(content)] ^= flip
    files, name = RunFiles(folder), name_of(about)
    files.put(name, bytes(content))
    assert not files.whole(name)


def test_a_task_that_stands_twice_is_run_once(tmp_path):
    said = []
    runs = ensemble(walk, [*tasks(2), *tasks(2)], workers=1, store=tmp_path, tell=said.append)
    assert len(runs) == 4
    assert said[-1].total == 2
    np.testing.assert_array_equal(runs[0]["path"], runs[2]["path"])


def test_ensembles_share_the_runs_they_have_in_common(tmp_path):
    said = []
    ensemble(walk, tasks(3), workers=1, store=tmp_path)
    ensemble(walk, tasks(5), workers=1, store=tmp_path, tell=said.append)
    assert said[0].kept == 3
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_the_list_says_what_every_file_was_made_from(tmp_path):
    ensemble(walk, tasks(2), workers=1, store=tmp_path)
    listed = json.loads(next(tmp_path.glob("*.json")).read_text())["runs"]
    assert [run["settings"]["seed"] for run in listed] == [0, 1]
    assert all((tmp_path / run["file"]).exists() and run["version"] and run["model"] for run in listed)


@pytest.mark.parametrize("workers", [1, 2])
def test_tasks_that_fail_are_named_and_the_others_run(tmp_path, workers):
    with pytest.raises(MethodError) as caught:
        ensemble(making.walk_but_some, tasks(9), workers=workers, store=tmp_path)
    faults = sorted(caught.value.faults, key=lambda fault: fault.en)
    assert [fault.code for fault in faults] == ["no-firm-left", "run-failed", "run-failed"]
    assert faults[0].en == "run 2: no firm is left."
    assert faults[0].zh == "运行 2：没有企业存续。"
    assert "nothing to divide by" in faults[1].en and "making.py" in faults[1].en
    assert len(list((tmp_path / "runs").glob("*.npz"))) == 6


def test_a_run_that_ends_its_process_takes_no_other_with_it(tmp_path):
    with pytest.raises(MethodError) as caught:
        ensemble(making.walk_but_one_ends_its_process, tasks(6, deadly=2), workers=2, store=tmp_path)
    assert [(fault.code, fault.en[:6]) for fault in caught.value.faults] == [("process-gone", "run 2:")]
    assert len(list((tmp_path / "runs").glob("*.npz"))) == 5


def test_a_script_without_a_guard_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from tests.simulate.making import tasks, walk\nfrom xinzhi.simulate.ensemble import ensemble\n"
        f"ensemble(walk, tasks(3), workers=2, store={str(tmp_path / 'runs')!r})\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert 'if __name__ == "__main__":' in done.stderr.strip().splitlines()[-1]


def test_a_full_disk_is_said_and_what_was_done_is_kept(tmp_path, monkeypatch):
    write, room = Path.write_bytes, [3]  # the list, then two runs

    def write_while_there_is_room(path, content):
        room[0] -= 1
        if room[0] < 0:
            write(path, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", write_while_there_is_room)
        with pytest.raises(MethodError) as caught:
            ensemble(walk, tasks(6), workers=1, store=tmp_path)
    assert [fault.code for fault in caught.value.faults] == ["disk-full"]
    assert "kept" in caught.value.faults[0].en and "已保留" in caught.value.faults[0].zh
    assert not list((tmp_path / "runs").glob("*.part"))
    said = []
    ensemble(walk, tasks(6), workers=1, store=tmp_path, tell=said.append)
    assert said[0].kept == 2


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(MethodError) as caught:
        ensemble(walk, tasks(2), workers=1, store=tmp_path / "file")
    assert caught.value.faults[0].code == "cannot-write"


def test_a_folder_that_another_process_writes_to_is_refused(tmp_path):
    ensemble(walk, tasks(1), workers=1, store=tmp_path)
    with holding(tmp_path / ".lock"), pytest.raises(MethodError) as caught:
        ensemble(walk, tasks(2), workers=1, store=tmp_path)
    assert caught.value.faults[0].code == "store-in-use"


@pytest.mark.parametrize("workers", [1, 2])
def test_who_listens_can_stop_the_work(tmp_path, workers):
    def stop(so_far):
        if so_far.done == 2:
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ensemble(walk, tasks(400, sleep=0.2), workers=workers, store=tmp_path, tell=stop)
    assert time.monotonic() - began < 40  # all of them take longer
    assert len(list((tmp_path / "runs").glob("*.npz"))) == 2


def test_progress_counts_up_and_time_left_runs_out(tmp_path):
    said = []
    ensemble(walk, tasks(5), workers=1, store=tmp_path, tell=said.append)
    assert [one.done for one in said] == [0, 1, 2, 3, 4, 5]
    assert said[0].seconds_left is None
    assert said[-1].seconds_left == 0


def test_runs_without_a_folder_go_with_the_ensemble():
    with ensemble(walk, tasks(2), workers=1) as runs:
        assert len(runs[0]["path"]) == 50
    with pytest.raises(MethodError, match="cannot be read"):
        runs[0]


def test_settings_decide_the_name():
    names = {
        name_of(identity(make, settings)) for make in (walk, making.walk_but_some) for settings in ({"a": 1}, {"a": 2})
    }
    assert len(names) == 4
    assert name_of(identity(walk, {"a": 1, "b": 2})) == name_of(identity(walk, {"b": 2, "a": 1}))


def test_a_settings_order_is_no_new_run(tmp_path):
    said = []
    ensemble(walk, [Task({"seed": 1, "sleep": 0}, "", "")], workers=1, store=tmp_path)
    ensemble(walk, [Task({"sleep": 0, "seed": 1}, "", "")], workers=1, store=tmp_path, tell=said.append)
    assert said[0].kept == 1
