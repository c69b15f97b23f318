"""Many runs of a model at given parameters: by many hands, in the same order always, and kept as they end."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats

Seeds = npt.NDArray[np.int64]
Simulate = Callable[[Floats, Seeds], Floats]

# Runs of one portion, which is what one worker takes up and what is kept at once. Its bounds depend on nothing else.
_PORTION = 8


class Runs:
    """Runs ``simulate`` by portions; with a folder, a portion that is there already is read and not run again.

    ``known`` says what the runs belong to: a folder with runs of anything else is refused. Use as a context, which
    ends the processes it started and none that it was given.
    """

    def __init__(
        self,
        simulate: Simulate,
        moments: int,
        workers: int | Executor | None,
        folder: Path | None,
        known: str,
        total: int,
        tell: Callable[[int, int], None] | None = None,
    ) -> None:
        self._simulate, self._moments, self._folder = simulate, moments, folder
        self._own = ProcessPoolExecutor(workers, _SPAWN) if isinstance(workers, int) and workers > 1 else None
        self._pool = workers if isinstance(workers, Executor) else self._own
        self._total, self._tell, self.done, self._calls = total, tell, 0, 0
        name = getattr(simulate, "digest", None) or getattr(simulate, "__qualname__", type(simulate).__name__)
        self.inputs = {"simulate": str(name)}
        if folder is not None:
            self._claim(folder, f"{known}\n{name}\n")

    def __enter__(self) -> Runs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own is not None:
            self._own.shutdown(wait=True, cancel_futures=True)

    def at(self, parameters: Floats, seeds: Seeds) -> Floats:
        """The moments (n, m) of runs at parameters (n, p). Raises ``MethodError`` where they have another shape."""
        parts = [slice(start, start + _PORTION) for start in range(0, len(parameters), _PORTION)]
        paths = [self._path(number) for number in range(len(parts))]
        self._calls += 1
        got = [_read(path, len(parameters[part])) for path, part in zip(paths, parts, strict=True)]
        missing = [number for number, moments in enumerate(got) if moments is None]
        for moments in got:
            self._say(0 if moments is None else len(moments))
        tasks = [(self._simulate, parameters[parts[number]], seeds[parts[number]]) for number in missing]
        for number, moments in zip(missing, self._mapped(tasks), strict=True):
            self._check(moments, len(parameters[parts[number]]))
            _keep(paths[number], moments)
            got[number] = moments
            self._say(len(moments))
        return np.concatenate([part for part in got if part is not None]) if got else np.empty((0, self._moments))

    def _mapped(self, tasks: list[Any]) -> Iterator[Floats]:
        return iter(self._pool.map(_portion, tasks)) if self._pool is not None else map(_portion, tasks)

    def _say(self, more: int) -> None:
        self.done += more
        if more and self._tell is not None:
            self._tell(self.done, self._total)

    def _path(self, number: int) -> Path | None:
        return None if self._folder is None else self._folder / f"runs-{self._calls:02d}-{number:05d}.npy"

    def _check(self, moments: Floats, count: int) -> None:
        if moments.shape == (count, self._moments):
            return
        wanted = f"({count}, {self._moments})"
        raise MethodError(
            Fault(
                "wrong-shape",
                f"the model gave moments of shape {moments.shape}; {wanted} is needed: one row a run, one column a "
                "target, in the targets' order.",
                f"模型返回的矩的形状为 {moments.shape}，应为 {wanted}：每次运行一行，每个目标一列，次序与目标一致。",
            )
        )

    def _claim(self, folder: Path, mark: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "runs.txt"
        if not path.exists():
            _written(path, mark.encode())
        elif path.read_text(encoding="utf-8") != mark:
            raise MethodError(
                Fault(
                    "runs-of-another",
                    f"the folder '{folder.name}' holds runs of other settings, so they cannot be taken up. "
                    "Give another folder, or empty this one.",
                    f"文件夹“{folder.name}”中保存的是其他设置下的运行结果，无法续算。请另选文件夹，或清空该文件夹。",
                )
            )


# A forked child of a process with threads may wait for ever for a lock that no thread of its own will open.
_SPAWN = multiprocessing.get_context("spawn")


def _portion(task: tuple[Simulate, Floats, Seeds]) -> Floats:
    simulate, parameters, seeds = task
    moments = np.asarray(simulate(parameters, seeds), dtype=float)
    return np.where(np.isfinite(moments), moments, np.nan)


def _read(path: Path | None, count: int) -> Floats | None:
    if path is None or not path.exists():
        return None
    moments = np.load(path, allow_pickle=False)
    return moments if len(moments) == count else None


def _keep(path: Path | None, moments: Floats) -> None:
    if path is not None:
        import io

        held = io.BytesIO()
        np.save(held, moments, allow_pickle=False)
        _written(path, held.getvalue())


def _written(path: Path, content: bytes) -> None:
    """Whole or not at all: a run that is killed while writing leaves no half of a file under its name."""
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
