"""Many runs of the model side by side, each kept on disk as it ends.

A run is a function of its settings alone, so it makes no difference who runs it, in which order, or in how many
sittings: an ensemble that was stopped, killed or ran out of disk takes up what is there and ends with the same bytes.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError, XinzhiError
from xinzhi.core.results import digest
from xinzhi.core.workers import Workers, hands_of, processes
from xinzhi.simulate.run_files import Make, RunFiles, identity, name_of, packed

__all__ = ["Ensemble", "Progress", "Task", "Tell", "Workers", "ensemble"]

# Seconds between two words on the progress, at least, so that who listens can stop the work.
_PAUSE = 0.5
# Runs on the way per process, so that none waits for work; on a cluster whose size is not known.
_AHEAD, _FAR = 3, 256


@dataclass(frozen=True)
class Task:
    """One run: its settings, plain data that decide everything, and what to call it."""

    settings: dict[str, Any]
    en: str
    zh: str


@dataclass(frozen=True)
class Progress:
    """How far an ensemble is: runs done, of how many, seconds left as far as known, and how many were there before."""

    done: int
    total: int
    seconds_left: float | None
    kept: int


Tell = Callable[[Progress], object]
# What a run leaves: the bytes of its file, or why there are none.
Outcome = bytes | tuple[Fault, ...]
# The name of a run that has ended and what it left; nothing where for a while none has.
Ended = tuple[str, Outcome | None]


class Ensemble(Sequence[dict[str, npt.NDArray[Any]]]):
    """The runs of an ensemble, read from disk one at a time.

    ``digest`` names the whole. Runs without a folder of their own are gone when the ensemble is closed.
    """

    def __init__(self, files: RunFiles, names: Sequence[str], close: Callable[[], None] | None = None) -> None:
        self._files, self._names, self._close = files, tuple(names), close
        self.digest = digest("".join(names))

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        name = self._names[at]
        return {part: self._files.read(name, part) for part in self._files.parts(name)}

    def each(self, part: str, rows: Sequence[int] | range | None = None) -> Iterator[npt.NDArray[Any]]:
        """One array of every run, or of some, without reading the others."""
        for row in range(len(self)) if rows is None else rows:
            yield self._files.read(self._names[row], part)

    def close(self) -> None:
        """Remove the runs, where no folder was named for them."""
        if self._close is not None:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def ensemble(
    make: Make,
    tasks: Sequence[Task],
    *,
    workers: Workers = None,
    store: Path | str | None = None,
    tell: Tell | None = None,
) -> Ensemble:
    """Run every task and keep what each leaves: ``make(settings)`` gives named arrays, none of them of objects.

    ``make`` is a function of a module, or a ``partial`` of one, and what it depends on stands in the settings: large
    things by their digest. ``workers`` are fresh processes, as many as there are cores unless a number is given (1:
    in this process, in turn), or an ``Executor``, of Dask for instance; the bytes are the same. In ``store`` (a folder;
    none: a temporary one) runs stay, and tasks whose run is there, undamaged, are not run again. ``tell`` hears of the
    progress, in a pool at least every half second; what it raises stops the work.

    Raises ``MethodError``: once all others have run, naming every task that failed and why; at once where the disk is
    full or refuses, or where processes cannot start. What was done is kept.
    """
    borrowed = tempfile.TemporaryDirectory(prefix="xinzhi-runs-") if store is None else None
    try:
        files = RunFiles(Path(borrowed.name if borrowed else store or ""), stays=borrowed is None)
        names = _run_all(make, tasks, workers, files, tell)
    except BaseException:
        if borrowed:
            borrowed.cleanup()
        raise
    return Ensemble(files, names, borrowed.cleanup if borrowed else None)


def _run_all(make: Make, tasks: Sequence[Task], workers: Workers, files: RunFiles, tell: Tell | None) -> list[str]:
    """Make what is not there yet; the names of all runs."""
    abouts = [identity(make, task.settings) for task in tasks]
    names = [name_of(about) for about in abouts]
    known = dict(zip(names, zip(tasks, abouts, strict=True), strict=True))
    failed: list[Fault] = []
    with files.held():
        files.list_runs(names, abouts)
        todo = {name: about for name, (_, about) in known.items() if not files.whole(name)}
        counter = _Counter(len(known), len(todo), tell)
        # Closed as soon as anything stops the work, so that the processes are too.
        with closing(_outcomes(make, todo, workers)) as outcomes:
            for name, outcome in outcomes:
                if isinstance(outcome, bytes):
                    files.put(name, outcome)
                elif outcome is not None:
                    failed += [_of_task(known[name][0], fault) for fault in outcome]
                counter.say(outcome is not None)
    if failed:
        raise MethodError(failed)
    return names


class _Counter:
    """Says how far the work is."""

    def __init__(self, total: int, todo: int, tell: Tell | None) -> None:
        self._total, self._kept, self._tell = total, total - todo, tell
        self._fresh, self._began = 0, time.monotonic()
        self.say(more=False)

    def say(self, more: bool) -> None:
        self._fresh += more
        done = self._kept + self._fresh
        left = None
        if self._fresh or done == self._total:
            left = (time.monotonic() - self._began) / max(self._fresh, 1) * (self._total - done)
        if self._tell is not None:
            self._tell(Progress(done, self._total, left, self._kept))


def _of_task(task: Task, fault: Fault) -> Fault:
    return replace(fault, en=f"{task.en}: {fault.en}", zh=f"{task.zh}：{fault.zh}")


def _outcomes(make: Make, todo: dict[str, bytes], workers: Workers) -> Generator[Ended, None, None]:
    """What every run leaves, as they end."""
    work = partial(_run, make)
    if isinstance(workers, Executor):
        yield from _on(workers, work, deque(todo.items()), _FAR)
    elif (hands := min(hands_of(workers), len(todo))) <= 1:
        for name, about in todo.items():
            yield name, work(about)
    else:
        yield from _in_processes(work, todo, hands)


# Numba's threads may not be started from two threads at once, which an executor of threads would do.
_ONE_AT_A_TIME = threading.Lock()


def _run(make: Make, about: bytes) -> Outcome:
    """What one run leaves, wherever it runs."""
    try:
        with _ONE_AT_A_TIME:
            return packed(make(json.loads(about)["settings"]), about)
    except XinzhiError as error:
        return error.faults
    except Exception as error:  # one run that fails must not take the others with it
        last = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__}: {error} ({Path(last.filename).name}, {last.lineno})"
        return (Fault("run-failed", said, said),)


Work = Callable[[bytes], Outcome]
# Runs by their names, with all that decides what is in them.
Waiting = deque[tuple[str, bytes]]


def _on(
    executor: Executor, work: Work, waiting: Waiting, ahead: int, lost: Waiting | None = None
) -> Generator[Ended, None, None]:
    """Runs on an executor, some of them on the way at a time.

    Where a process ends under its work, the runs that were on the way are put to ``lost`` and the others stay in
    ``waiting``; without ``lost`` they have failed.
    """
    going: dict[Future[Outcome], tuple[str, bytes]] = {}
    try:
        while (waiting and not lost) or going:
            while waiting and not lost and len(going) < ahead:
                try:
                    future = executor.submit(work, waiting[0][1])
                except BrokenProcessPool as error:
                    if lost is None:
                        raise MethodError(_gone(error)) from error
                    lost.append(waiting.popleft())
                else:
                    going[future] = waiting.popleft()
            ended, _ = wait(going, timeout=_PAUSE, return_when=FIRST_COMPLETED)
            if not ended:
                yield "", None
            for future in ended:
                task = going.pop(future)
                try:
                    outcome = future.result()
                except Exception as error:  # the run's own errors are part of its outcome; this is its process's
                    if lost is not None and isinstance(error, BrokenProcessPool):
                        lost.append(task)
                        continue
                    outcome = (_gone(error),)
                yield task[0], outcome
    finally:
        for future in going:
            future.cancel()


def _in_processes(work: Work, todo: dict[str, bytes], hands: int) -> Generator[Ended, None, None]:
    """Runs in processes of this machine; a run that ends its process ends nothing else."""
    waiting, lost = Waiting(todo.items()), Waiting()
    while waiting:
        yield from _in_pool(work, waiting, hands, lost)
        if lost:
            _check_processes()
        while lost:  # whose fault it was shows when each runs by itself
            yield from _in_pool(work, deque([lost.popleft()]), 1, None)


def _in_pool(work: Work, waiting: Waiting, hands: int, lost: Waiting | None) -> Generator[Ended, None, None]:
    pool, ended = processes(hands), False
    try:
        yield from _on(pool, work, waiting, _AHEAD * hands, lost)
        ended = True
    finally:
        pool.shutdown(wait=ended, cancel_futures=True)


def _check_processes() -> None:
    """Raise ``MethodError`` where a process of the pool cannot do anything at all."""
    with processes(1) as pool:
        try:
            pool.submit(os.getpid).result()
        except BrokenProcessPool as error:
            raise MethodError(
                Fault(
                    "no-processes",
                    "processes cannot be started: each ends before it has done anything. In a script of your own, put "
                    'what starts runs under `if __name__ == "__main__":`; or use workers = 1, which starts none.',
                    "无法启动进程：每个进程都在开始工作前结束。若使用自己的脚本，"
                    '请将启动运行的代码放在 `if __name__ == "__main__":` 之下；或设 workers = 1，不启动进程。',
                )
            ) from error


def _gone(error: BaseException) -> Fault:
    return Fault(
        "process-gone",
        f"nothing came back from its process ({type(error).__name__}: {error}). A process ends early when memory runs "
        "out: use fewer workers or fewer firms.",
        f"其进程未返回结果（{type(error).__name__}：{error}）。内存不足会使进程提前结束：请减少并行进程数或企业数。",
    )
