"""The process of one job: ``python -m xinzhi.web.worker FOLDER`` runs a study and says in that folder how far it is.

It ends with the server that started it: when the pipe on its standard input closes, however that came, it stops at
once. A run is moved into place whole, so what it leaves is a run or nothing.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from xinzhi.core.errors import Fault, StudyError, XinzhiError
from xinzhi.core.locks import holding
from xinzhi.web.job_files import ALIVE, JOB, LOG, WORK, now, put, read, study_of

# Seconds between two words on the progress of one stage.
_PAUSE = 0.25
LEFT_ALONE = 3


def main(folder: Path) -> None:
    """Do a job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt at the terminal is for the server, which then ends us
    with holding(folder / ALIVE):
        threading.Thread(target=_end_with_the_server, daemon=True).start()
        asked = read(folder / JOB)
        if asked is None:
            raise SystemExit(f"no job in {folder}")
        told = Told(folder / WORK)
        told.say(state="running", began=now(), pid=os.getpid())
        try:
            number = run_study(study_file(study_of(folder), asked.get("file")), told)
        except XinzhiError as error:
            faults = [_without_places(fault, study_of(folder)).to_dict() for fault in error.faults]
            told.say(state="failed", ended=now(), faults=faults)
        except MemoryError:
            told.say(state="failed", ended=now(), faults=[_NO_MEMORY.to_dict()])
        except Exception:
            traceback.print_exc()  # standard error is the job's log
            told.say(state="failed", ended=now(), faults=[_ours(folder).to_dict()])
        else:
            told.say(state="done", ended=now(), stage=None, progress=None, run=number)


def study_file(study: Path, name: object) -> Path:
    """A study file by its name in the study folder; what a job names elsewhere is not run. Raises ``StudyError``."""
    file = study / str(name)
    if file.name == name and file.is_file() and file.resolve().is_relative_to(study.resolve()):
        return file
    raise StudyError(
        Fault(
            "study-gone",
            "the study file of this job is no longer in the study folder. Put it back, or run another.",
            "该任务的研究文件已不在研究文件夹中。请放回该文件，或改为运行其他方案。",
            file=Path(str(name)).name,
        )
    )


def _without_places(fault: Fault, study: Path) -> Fault:
    """A fault that says where in the study something is, and not where the study is on this machine."""

    def told(text: str) -> str:
        return text.replace(f"{study}{os.sep}", "").replace(str(study), study.name)

    return replace(fault, en=told(fault.en), zh=told(fault.zh))


def run_study(file: Path, told: Told) -> str:
    """Run a study file and write its results; returns the number of the run."""
    told.stage("load")  # the sciences themselves take a while to load
    from xinzhi import report
    from xinzhi.study.outputs import write
    from xinzhi.study.reading import read_study
    from xinzhi.study.running import run
    from xinzhi.study.simulation.keeping import cache_of

    study = read_study(file)
    with Counting(os.cpu_count() or 1, told.progress) as pool:
        result = run(study, tell=told.stage, workers=pool, cache=cache_of(study))
    told.stage("write")
    return write(result, pages=report.write).name


class Told:
    """What is said of the work, kept in one file."""

    def __init__(self, path: Path) -> None:
        self._path, self._said, self._at = path, dict[str, Any](), 0.0
        self._lock = threading.Lock()

    def say(self, **said: Any) -> None:
        """Say something more, or something else."""
        with self._lock:
            self._said |= said
            put(self._path, self._said)
            self._at = time.monotonic()

    def stage(self, name: str) -> None:
        """Say that a stage begins."""
        self.say(stage=name, progress=None)

    def progress(self, share: float) -> None:
        """Say how far the stage is, unless that was said a moment ago."""
        if time.monotonic() - self._at > _PAUSE:
            self.say(progress=round(share, 3))


class Counting(ThreadPoolExecutor):
    """Threads that say what share of the work given to ``map`` is done."""

    def __init__(self, hands: int, progress: Callable[[float], object]) -> None:
        super().__init__(hands)
        self._progress, self._asked, self._done = progress, 0, 0
        self._counting = threading.Lock()

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any], **how: Any) -> Iterator[Any]:
        """As any executor does."""
        tasks = list(zip(*iterables, strict=True))
        with self._counting:
            self._asked += len(tasks)
        return super().map(fn, *zip(*tasks, strict=True), **how) if tasks else iter(())

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As any executor does."""
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(self._one_more)
        return future

    def _one_more(self, future: Future[Any]) -> None:
        with self._counting:
            self._done += 1
            share = self._done / max(self._asked, self._done)
        self._progress(share)


def _end_with_the_server() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(LEFT_ALONE)


_NO_MEMORY = Fault(
    "out-of-memory",
    "there was not enough memory for this study. Ask for fewer draws, or run it on a larger machine.",
    "内存不足，无法完成该研究。请减少抽样次数，或换用内存更大的机器。",
)


def _ours(folder: Path) -> Fault:
    log = (folder / LOG).relative_to(study_of(folder)).as_posix()
    return Fault(
        "xinzhi-failed",
        "Xinzhi itself failed, and it is not your doing. What happened is in the log named here; please report it.",
        "Xinzhi 自身出错，责任不在您。详情见所列日志，请附上它反馈问题。",
        file=log,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
