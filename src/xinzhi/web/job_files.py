"""Jobs as they are on disk: a folder each under the study's ``.xinzhi/jobs``, every file written by one process alone.

``job.json`` says what was asked (the server), ``work.json`` how far the work is and what came of it (the worker),
``end.json`` why it ended otherwise (the server), ``log.txt`` what the worker printed; ``alive`` is locked by the worker
while it lives. A file is put in place whole, so whoever reads it reads a state that held.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xinzhi.core.errors import Fault
from xinzhi.core.locks import held

PLACE = Path(".xinzhi") / "jobs"
JOB, WORK, END, LOG, ALIVE = "job.json", "work.json", "end.json", "log.txt", "alive"
ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")
# How often, and after how many seconds each, a file is put in place that is being read.
_TRIES, _WAIT = 20, 0.01
# So many jobs that have ended are kept for each study; the oldest go first.
KEPT = 100

State = dict[str, Any]


def now() -> str:
    """The time as it is written."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def place_of(study: Path) -> Path:
    """The folder of a study's jobs, made where it is not there. Raises ``OSError``, also where it would lead out."""
    place = study / PLACE
    place.mkdir(parents=True, exist_ok=True)
    if not place.resolve().is_relative_to(study.resolve()):
        raise NotADirectoryError(20, "leads out of the study", str(place))
    return place


def new_job(study: Path, said: State) -> Path:
    """The folder of a new job with what was asked. Raises ``OSError``."""
    place = place_of(study)
    while True:
        at = datetime.now(UTC)
        # With the microsecond in it, names are in the order in which jobs were asked for.
        folder = place / f"{at:%Y%m%d-%H%M%S}-{at.microsecond:05x}{secrets.choice('0123456789abcdef')}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        put(folder / JOB, said | {"asked": now()})
        return folder


def jobs_of(study: Path) -> Iterator[Path]:
    """The folders of a study's jobs, the newest first; what is linked to from there may be anybody's."""
    place = study / PLACE
    try:
        if not place.resolve().is_relative_to(study.resolve()):
            return
        found = (path for path in place.iterdir() if ID.fullmatch(path.name) and not path.is_symlink())
        names = sorted((path.name for path in found), reverse=True)
    except OSError:
        return
    yield from (place / name for name in names if (place / name / JOB).is_file())


def study_of(folder: Path) -> Path:
    """The study that a job belongs to."""
    return folder.parents[len(PLACE.parts)]


def put(path: Path, said: State) -> None:
    """Write a state so that the file is the old one or the new one, whatever happens."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(said, stream, ensure_ascii=False)
            stream.flush()
            os.fsync(stream.fileno())
        _replace(Path(draft), path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _replace(draft: Path, path: Path) -> None:
    # Windows refuses while somebody reads the file that has the name, which is soon over.
    for _ in range(_TRIES if os.name == "nt" else 0):
        with suppress(PermissionError):
            draft.replace(path)
            return
        time.sleep(_WAIT)
    draft.replace(path)


def read(path: Path) -> State | None:
    """A state, or nothing where there is none or it cannot be read."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def outcome(folder: Path) -> State | None:
    """How a job ended: in the worker's words where it came to an end of its own, else in the server's."""
    work = read(folder / WORK)
    if work is not None and work.get("state") in ("done", "failed"):
        return work
    end = read(folder / END) or {}
    return (work or {}) | end if isinstance(end.get("state"), str) else None


def forsaken(folder: Path) -> bool:
    """Whether work on a job has begun and its worker is no more."""
    return (folder / WORK).is_file() and not held(folder / ALIVE)


def forget_old(study: Path) -> None:
    """Remove the oldest jobs of a study that have ended, where there are many."""
    ended = [folder for folder in jobs_of(study) if outcome(folder) is not None]
    for folder in ended[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def interrupted(reason: str | None = None) -> Fault:
    """What is said of a job whose server or worker ended before it."""
    told = f" ({reason})" if reason else ""
    told_zh = f"（{reason}）" if reason else ""
    return Fault(
        "job-interrupted",
        f"the work was cut off before it was done{told}: the server or the process was ended, or the machine ran out "
        "of memory. Nothing half-made was kept; start it again.",
        f"任务中途被中断{told_zh}：服务器或工作进程被结束，或内存不足。未保留任何半成品，请重新开始。",
    )
