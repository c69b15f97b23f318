"""Jobs: long work in processes of its own, some at once and the rest waiting, with all that is known of it on disk.

A job's process ends with its server. What was running then is told as interrupted; what was waiting is taken up by the
next server. So a restart loses nothing that was finished, and nothing that had not begun.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi import Path as PathOf
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from xinzhi.console import STAGES
from xinzhi.core.errors import Fault
from xinzhi.core.locks import held, holding
from xinzhi.study.workshop import clear_away
from xinzhi.web import job_files as files
from xinzhi.web.answers import REFUSED, FaultSaid, Refused, encoded, missing
from xinzhi.web.describing import Words
from xinzhi.web.logs import log
from xinzhi.web.shelf import API, RUNS, Shelf, StudyOnShelf

# So many jobs may wait, and so many seconds pass between asking a process to end and ending it.
MOST_WAITING, GRACE = 100, 2.0
# -P: a study folder that holds a file called numpy.py is not where Python may look for numpy.
WORKER = [sys.executable, "-P", "-m", "xinzhi.web.worker"]
_SERVER, _MOMENT = ".server-", 10.0


JobId = Annotated[str, PathOf(max_length=60, description="A job's id, as the answer that made it gives it.")]


class JobAsked(BaseModel):
    """What is to be run: a study, or a variant of it."""

    model_config = ConfigDict(extra="forbid")

    study: str = Field(max_length=120)
    variant: str | None = Field(default=None, max_length=120)
    kind: Literal["run"] = "run"


class JobTold(BaseModel):
    """A job: what was asked, how far it is, and what came of it."""

    id: str
    kind: str
    study: str
    study_title: Words
    variant: str | None
    file: str
    state: Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
    stage: str | None
    stage_title: Words | None
    progress: float | None
    ahead: int
    asked: str
    began: str | None
    ended: str | None
    run: str | None
    page: str | None
    api: str | None
    faults: list[FaultSaid]
    url: str


class JobList(BaseModel):
    """Jobs, the newest first."""

    jobs: list[JobTold]


class Jobs:
    """The jobs of the studies on a shelf. ``at_once`` processes run at a time: one for each core."""

    def __init__(self, shelf: Shelf, at_once: int | None = None) -> None:
        self.shelf, self._at_once = shelf, at_once or os.cpu_count() or 1
        self._waiting: deque[Path] = deque()
        self._running: dict[Path, subprocess.Popen[bytes] | None] = {}
        self._cancelled: set[Path] = set()
        self._news = threading.Condition(threading.RLock())
        self._token = f"{_SERVER}{secrets.token_hex(4)}"
        self._locks, self._locked = ExitStack(), set[Path]()
        self._hands: list[threading.Thread] = []
        self._stopping = False

    @property
    def running(self) -> int:
        """How many jobs are being done."""
        return len(self._running)

    @property
    def queued(self) -> int:
        """How many jobs wait."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to do jobs, first those that an earlier server left waiting."""
        self._hands = [threading.Thread(target=self._work, daemon=True) for _ in range(self._at_once)]
        for study in self.shelf.studies():
            for folder in reversed([*files.jobs_of(study.folder)]):
                self._settle(folder)
        for hand in self._hands:
            hand.start()

    def stop(self) -> None:
        """End what is running, which is told as interrupted; what waits stays on disk for the next server."""
        with self._news:
            self._stopping = True
            running = [process for process in self._running.values() if process is not None]
            self._news.notify_all()
        for process in running:
            process.terminate()
        for process in running:
            _end(process)
        for hand in self._hands:
            hand.join(GRACE + 2)
        self._locks.close()
        for place in self._locked:
            (place / self._token).unlink(missing_ok=True)

    def add(self, study: StudyOnShelf, variant: str | None = None) -> Path:
        """Have a study run, or a variant of it; returns the job's folder. Raises ``Refused``."""
        file = (study.variant(variant) if variant is not None else study.main).path.name
        with self._news:
            if len(self._waiting) >= MOST_WAITING:
                raise Refused(429, _TOO_MANY)
            try:
                self._own(files.place_of(study.folder))
                folder = files.new_job(study.folder, {"kind": "run", "file": file, "server": self._token})
            except OSError as error:
                raise Refused(409, _cannot_write(error)) from None
            self._waiting.append(folder)
            self._news.notify()
        return folder

    def cancel(self, folder: Path) -> None:
        """End a job; when this returns its process is gone. Raises ``Refused`` where it has ended or is not ours."""
        with self._news:
            self._settle(folder)
            if files.outcome(folder) is not None:
                raise Refused(409, _ENDED)
            if folder in self._waiting:
                self._waiting.remove(folder)
                self._say(folder, "cancelled")
                files.forget_old(files.study_of(folder))
                return
            if folder not in self._running:
                raise Refused(409, _ELSEWHERE)
            self._cancelled.add(folder)
            process = self._running[folder]
        _end(process)
        with self._news:
            self._news.wait_for(lambda: folder not in self._running, timeout=2 * GRACE)

    def find(self, job: str) -> Path:
        """The folder of a job. Raises ``Refused`` 404."""
        if files.ID.fullmatch(job):
            for study in self.shelf.studies():
                folder = study.folder / files.PLACE / job
                if folder in files.jobs_of(study.folder):
                    return folder
        raise missing("no-such-job", "job", "任务", job)

    # --- Doing them -----------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._stopping or self._waiting)
                if self._stopping:
                    return
                folder = self._waiting.popleft()
                self._running[folder] = None
            try:
                self._do(folder)
            except Exception as error:
                log.error("job failed", exc_info=error, extra={"told": {"job": folder.name}})
                self._say(folder, "failed", _FAILED)
            finally:
                with self._news:
                    del self._running[folder]
                    self._cancelled.discard(folder)
                    self._news.notify_all()

    def _do(self, folder: Path) -> None:
        try:
            with (folder / files.LOG).open("wb") as said:
                process = subprocess.Popen(
                    [*WORKER, str(folder)],
                    stdin=subprocess.PIPE,
                    stdout=said,
                    stderr=said,
                    **_APART,
                )
        except OSError as error:
            self._say(folder, "failed", _cannot_start(error))
            return
        with self._news:
            self._running[folder] = process
            unwanted = self._stopping or folder in self._cancelled
        if unwanted:
            _end(process)
        code = process.wait()
        if process.stdin is not None:
            process.stdin.close()
        study = files.study_of(folder)
        self._clear_away(study, process.pid)
        if files.outcome(folder) is None:
            if folder in self._cancelled:
                self._say(folder, "cancelled")
            else:
                self._say(folder, "interrupted", files.interrupted(_reason(code, stopping=self._stopping)))
        files.forget_old(study)

    def _say(self, folder: Path, state: str, *faults: Fault) -> None:
        said = {"state": state, "ended": files.now(), "faults": [fault.to_dict() for fault in faults]}
        with suppress(OSError):  # a disk that is full takes no last word either; the job is told as interrupted
            files.put(folder / files.END, said)

    def _clear_away(self, study: Path, pid: int) -> None:
        with suppress(OSError):
            clear_away(study / RUNS, of=pid)

    # --- What other servers left ----------------------------------------------------------------------------

    def _settle(self, folder: Path) -> None:
        """See to a job whose server is no more: say that it was interrupted, or take it up if it had not begun."""
        with self._news:
            if folder in self._running or folder in self._waiting or files.outcome(folder) is not None:
                return
            if (folder / files.WORK).is_file():
                if files.forsaken(folder):
                    self._clear_away(files.study_of(folder), (files.read(folder / files.WORK) or {}).get("pid", 0))
                    self._say(folder, "interrupted", files.interrupted())
                return
            asked, place = files.read(folder / files.JOB), folder.parent
            if asked is None or self._stopping or _lives(place, str(asked.get("server", ""))):
                return
            with suppress(OSError), holding(place / ".adopting"):
                again = files.read(folder / files.JOB)
                if again != asked:  # another server was faster
                    return
                self._own(place)
                files.put(folder / files.JOB, asked | {"server": self._token})
                self._waiting.append(folder)
                self._news.notify()

    def _own(self, place: Path) -> None:
        """Hold a lock beside the jobs of a study, so that other servers know that we live."""
        if place not in self._locked:
            self._locks.enter_context(holding(place / self._token))
            self._locked.add(place)
            for other in place.glob(f"{_SERVER}*"):
                with suppress(OSError):  # another server clears away too
                    # One that has just been made may not be locked yet.
                    if time.time() - other.stat().st_mtime > _MOMENT and not held(other):
                        other.unlink(missing_ok=True)

    # --- Telling of them ------------------------------------------------------------------------------------

    def told(self, folder: Path, study: StudyOnShelf) -> dict[str, Any] | None:
        """A ``JobTold``; nothing where the job has just been forgotten."""
        self._settle(folder)
        asked, ended = files.read(folder / files.JOB), files.outcome(folder)
        if asked is None:
            return None
        with self._news:
            ahead = self._waiting.index(folder) if folder in self._waiting else 0
            running = folder in self._running
        if not (ended or running) and files.forsaken(folder):  # and the disk took no word of it
            ended = {"state": "interrupted", "faults": [files.interrupted().to_dict()]}
        said = ended or files.read(folder / files.WORK) or {}
        state = said["state"] if ended else "running" if running or said else "queued"
        stage = str(said.get("stage") or "") if state == "running" else ""
        en, zh = STAGES.get(stage, (stage, stage))
        run, variant = said.get("run"), [one.id for one in study.variants if one.path.name == asked.get("file")]
        return {
            "id": folder.name,
            "kind": asked.get("kind", "run"),
            "study": study.id,
            "study_title": study.title,
            "variant": variant[0] if variant else None,
            "file": asked.get("file"),
            "state": state,
            "stage": stage or None,
            "stage_title": {"en": en, "zh": zh} if stage else None,
            "progress": said.get("progress") if state == "running" else None,
            "ahead": ahead,
            "asked": asked.get("asked"),
            "began": said.get("began"),
            "ended": said.get("ended"),
            "run": run,
            "page": f"/studies/{quote(study.id)}/runs/{run}" if run else None,
            "api": f"{study.api}/runs/{run}" if run else None,
            "faults": said.get("faults", []),
            "url": f"{API}/jobs/{folder.name}",
        }


# Ctrl-C at the terminal reaches every process of the server's group; workers are in one of their own.
_APART: dict[str, Any] = (
    {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
    if os.name == "nt"
    else {"start_new_session": True}
)


def _lives(place: Path, server: str) -> bool:
    """Whether the server that wrote a job down still runs."""
    return re.fullmatch(re.escape(_SERVER) + r"[0-9a-f]+", server) is not None and held(place / server)


def _end(process: subprocess.Popen[bytes] | None) -> None:
    """End a process: asked first, then made to. One that has not begun is seen to by who begins it."""
    if process is None:
        return
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def _reason(code: int, *, stopping: bool) -> str | None:
    if stopping:
        return None
    return f"signal {-code}" if code < 0 else f"code {code}" if code else None


def _cannot_write(error: OSError) -> Fault:
    said = os.strerror(error.errno or 0)
    return Fault(
        "cannot-write",
        f"the job cannot be written down in the study folder ({said}). Check that the server may write there.",
        f"无法在研究文件夹中登记任务（{said}）。请确认服务器对该文件夹有写入权限。",
        file=files.PLACE.as_posix(),
    )


def _cannot_start(error: OSError) -> Fault:
    said = os.strerror(error.errno or 0)
    return Fault(
        "cannot-start",
        f"no process could be started for the job ({said}). Start it again when the machine is less busy.",
        f"无法为任务启动进程（{said}）。请稍后重新开始。",
    )


_FAILED = Fault(
    "xinzhi-failed",
    "Xinzhi itself failed, and it is not your doing. What happened is in the server's log; please report it.",
    "Xinzhi 自身出错，责任不在您。详情见服务器日志，请附上它反馈问题。",
)
_TOO_MANY = Fault(
    "too-many-jobs",
    f"{MOST_WAITING} jobs are waiting already. Cancel some, or ask again when they are done.",
    f"已有 {MOST_WAITING} 个任务在等待。请取消一些，或待其完成后再试。",
)
_ENDED = Fault("job-ended", "the job has ended already.", "该任务已经结束。")
_ELSEWHERE = Fault(
    "job-elsewhere",
    "another server does this job. Cancel it there.",
    "该任务由另一个服务器执行，请在那里取消。",
)


def routes(jobs: Jobs) -> APIRouter:
    """The addresses of jobs."""
    router, shelf = APIRouter(tags=["jobs"], responses=REFUSED), jobs.shelf

    def one(folder: Path) -> dict[str, Any]:
        study = next((study for study in shelf.studies() if study.folder == files.study_of(folder)), None)
        told = jobs.told(folder, study) if study is not None else None
        if told is None:
            raise missing("no-such-job", "job", "任务", folder.name)
        return told

    @router.post("/jobs", response_model=JobTold, status_code=202)
    def new_job(asked: JobAsked) -> Response:
        """Have a study run; the answer tells where to look how far it is."""
        return _json(one(jobs.add(shelf.study(asked.study), asked.variant)), status=202)

    @router.get("/jobs", response_model=JobList)
    def list_jobs(study: str | None = Query(default=None, max_length=120)) -> Response:
        """The jobs of every study or of one, the newest first."""
        studies = [shelf.study(study)] if study is not None else shelf.studies()
        told = [jobs.told(folder, of) for of in studies for folder in files.jobs_of(of.folder)]
        found = [job for job in told if job is not None]
        return _json({"jobs": sorted(found, key=lambda job: str(job["id"]), reverse=True)})

    @router.get("/jobs/{job}", response_model=JobTold)
    def one_job(job: JobId) -> Response:
        """How far a job is, and what came of it."""
        return _json(one(jobs.find(job)))

    @router.delete("/jobs/{job}", response_model=JobTold)
    def cancel_job(job: JobId) -> Response:
        """End a job that waits or runs."""
        folder = jobs.find(job)
        jobs.cancel(folder)
        return _json(one(folder))

    return router


def _json(told: Any, status: int = 200) -> Response:
    return Response(encoded(told), status, media_type="application/json")
