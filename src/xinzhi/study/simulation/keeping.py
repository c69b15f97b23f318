"""Where a study's simulated runs wait until its results are written, so that a killed run loses none of them."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from xinzhi.core.locks import held

if TYPE_CHECKING:
    from xinzhi.study.reading import Study

_FOLDER = ".simulating"
# Runs of a study file that has changed since are of no use to anybody after so many seconds.
_STALE = 7 * 86_400


def cache_of(study: Study) -> Path:
    """The folder in which a study's runs wait; it is not made. A changed study file has another."""
    return study.folder / _FOLDER / study.digest[:16]


def throw_away(study: Study) -> None:
    """Remove the runs of a study, and those of study files that have long been changed; others may still be awaited."""
    waiting = study.folder / _FOLDER
    with suppress(OSError):
        for folder in waiting.iterdir() if waiting.is_dir() else ():
            old = time.time() - folder.stat().st_mtime > _STALE
            if folder == cache_of(study) or (old and not held(folder / ".lock")):
                shutil.rmtree(folder, ignore_errors=True)
        waiting.rmdir()  # only where nobody else's runs wait in it
