"""A worker whose studies take as long as their title says, so that tests of jobs need not load the sciences.

All else is as it is: the process, its locks, the pipe to its server, what it writes.
"""

from __future__ import annotations

import sys
import time
import tomllib
from contextlib import suppress
from pathlib import Path

from xinzhi.core.errors import Fault, StudyError
from xinzhi.core.locks import holding
from xinzhi.web import worker

RUNS = "runs"


def run_study(file: Path, told: worker.Told) -> str:
    """Do what the title says: "sleep 3", "refuse", "break", or "run"."""
    what, _, how = tomllib.loads(file.read_text(encoding="utf-8"))["study"]["title"].partition(" ")
    runs = file.parent / RUNS
    runs.mkdir(exist_ok=True)
    shop = runs / f".making-{time.time_ns()}"
    shop.mkdir()
    with holding(shop / ".alive"):
        told.stage("vary")
        told.say(progress=0.5)
        if what == "sleep":
            time.sleep(float(how))
        if what == "refuse":
            raise StudyError(Fault("no-index", "there is no index.", "没有指数。", file=file.name))
        if what == "break":
            raise RuntimeError("a secret of the machine")
        (shop / ".alive").rename(shop / "x")
        for number in range(1, 1_000):
            with suppress(OSError):  # two at once: the number is the other's
                return shop.rename(runs / f"{number:04d}").name
        raise RuntimeError("no number is free")


if __name__ == "__main__":
    worker.run_study = run_study
    worker.main(Path(sys.argv[1]))
