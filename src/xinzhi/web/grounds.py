"""What a run's index stands on: its study and panel, brought in once and kept while the files are those of the run."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from anyio import CapacityLimiter, to_thread
from pydantic import ValidationError

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.results import digest
from xinzhi.web.answers import Refused
from xinzhi.web.shelf import RunOnShelf

if TYPE_CHECKING:  # the sciences take a second to load, and a server that only shows runs needs none of them
    from xinzhi.core.labels import Panel
    from xinzhi.measure.spec import IndexSpec
    from xinzhi.study.reading import Study

Answer = TypeVar("Answer")

# Panels are kept up to so many bytes altogether, and runs up to so many.
_MOST_BYTES, _MOST_RUNS = 512 * 2**20, 16
# A file that changed within this many seconds may change again without a new time of change.
_SETTLED = 2.0


@dataclass(frozen=True)
class Ground:
    """A run's study as its file stood, its index as it was measured, and the panel it was measured on.

    ``files`` are the digests of what the panel came from.
    """

    study: Study
    spec: IndexSpec
    panel: Panel
    files: dict[Path, str]


class Grounds:
    """The grounds of runs, each brought in when it is first asked for; the least recently used are let go."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], Ground] = OrderedDict()
        self._known: dict[Path, tuple[tuple[int, int, int], str]] = {}
        self._lock, self._bringing = threading.Lock(), threading.Lock()
        self._turns = CapacityLimiter(max(2, os.cpu_count() or 1))

    async def in_turn(self, work: Callable[[], Answer]) -> Answer:
        """Do what reads or measures a ground, a few at a time: whoever waits holds no thread that others need."""
        return await to_thread.run_sync(work, limiter=self._turns)

    def of(self, run: RunOnShelf) -> Ground:
        """The ground of a run. Raises ``Refused`` 409 where a file of its data has changed since or is gone."""
        key = str(run.folder), run.digest
        ground = self._get(key)
        if ground is None:
            with self._bringing:
                ground = self._get(key) or self._bring(run, key)
        if faults := [*self._unlike(ground.files)]:
            raise Refused(409, faults)
        return ground

    def of_file(self, path: Path) -> Ground:
        """The ground of a study file as it stands, which is not kept. Raises ``StudyError`` or ``DataError``."""
        from xinzhi.study.matching import settle
        from xinzhi.study.measuring import load
        from xinzhi.study.reading import read_study

        study = read_study(path)
        data = load(study)
        files = {study.folder / one.file: one.sha256 for one in data.sources}
        return Ground(study, settle(study, data.panel, data.sources).spec, data.panel, files)

    def spec(self, run: RunOnShelf) -> IndexSpec:
        """The index of a run as its record has it, whatever has become of the data. Raises ``Refused`` 404, or 409
        where an index is said otherwise now than when the record was written."""
        from xinzhi.measure.spec import IndexSpec

        said = run.record["settings"].get("index")
        if said is None:
            raise Refused(404, _no_index(run.id))
        try:
            return IndexSpec.model_validate(said)
        except ValidationError:
            raise Refused(409, _other_version(run)) from None

    def _get(self, key: tuple[str, str]) -> Ground | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def _bring(self, run: RunOnShelf, key: tuple[str, str]) -> Ground:
        from xinzhi.study.matching import settle
        from xinzhi.study.measuring import load
        from xinzhi.study.repeating import study_then

        record, folder = run.record, run.folder.parent.parent
        study = study_then(record, folder)
        if study.spec.index is None:
            raise Refused(404, _no_index(run.id))
        named = {source.file for source in study.spec.source}
        then = {folder / name: sha for name, sha in record["inputs"].items() if name in named}
        if faults := [*self._unlike(then)]:
            raise Refused(409, faults)
        try:
            data = load(study)
        except DataError as error:  # the run could read them, so they are others now
            raise Refused(409, error.faults) from None
        changed = [one.file for one in data.sources if record["inputs"].get(one.file) != one.sha256]
        if changed:
            raise Refused(409, [_changed(name) for name in changed])
        files = {folder / one.file: one.sha256 for one in data.sources}
        ground = Ground(study, settle(study, data.panel, data.sources).spec, data.panel, files)
        with self._lock:
            self._held[key] = ground
            while len(self._held) > 1 and (
                len(self._held) > _MOST_RUNS or sum(one.panel.nbytes for one in self._held.values()) > _MOST_BYTES
            ):
                self._held.popitem(last=False)
        return ground

    def _unlike(self, then: dict[Path, str]) -> Iterator[Fault]:
        """The files that are not what they were."""
        for path, sha in then.items():
            try:
                now = self._digest(path)
            except OSError:
                yield _gone(path.name)
                continue
            if now != sha:
                yield _changed(path.name)

    def _digest(self, path: Path) -> str:
        """The digest of a file, taken again only where the file may have changed."""
        found = path.stat()
        stamp = found.st_mtime_ns, found.st_size, found.st_ino
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        now = digest(path)
        if time.time() - found.st_mtime > _SETTLED:
            self._known[path] = stamp, now
        return now


def _no_index(run: str) -> Fault:
    return Fault(
        "no-index",
        f"run {run} has no index, so there is nothing to change. Add [index] to the study and run it.",
        f"第 {run} 次运行没有指数，无从改动。请在研究文件中添加 [index] 并运行。",
    )


def _other_version(run: RunOnShelf) -> Fault:
    return Fault(
        "other-version",
        f"run {run.id} was written by Xinzhi {run.version}, and this version reads its index otherwise. Run the study "
        "anew.",
        f"第 {run.id} 次运行由 Xinzhi {run.version} 写出，当前版本无法读取其指数设置。请重新运行该研究。",
    )


def _changed(name: str) -> Fault:
    return Fault(
        "input-changed",
        "this file has changed since the run, so what the run would be otherwise cannot be told. Run the study anew, "
        "or bring back the file as it was.",
        "此文件自该次运行后已改动，无法据此推算其他方案。请重新运行该研究，或恢复原文件。",
        file=name,
    )


def _gone(name: str) -> Fault:
    return Fault(
        "input-gone",
        "this file went into the run and is gone. Put it back.",
        "此文件曾用于该次运行，现已不存在。请恢复该文件。",
        file=name,
    )
