"""Runs on disk: one file each, whole or not at all, named by all that decides what is in it.

A file is a NumPy archive without pickles and with fixed dates, so that equal runs are equal bytes. It also holds what
it was made from, the digest of which is its name, and its comment is the digest of all that goes before. So a file that
was cut short, damaged or renamed is known for what it is and made again.
"""

from __future__ import annotations

import errno
import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xinzhi import __version__
from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.locks import holding
from xinzhi.core.results import digest

if TYPE_CHECKING:
    from xinzhi.simulate.world import Start

Arrays = Mapping[str, npt.NDArray[Any]]
Make = Callable[[dict[str, Any]], Arrays]

_ABOUT = "settings.json"
_SEAL = 64  # letters of a digest
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def identity(make: Make, settings: Mapping[str, Any]) -> bytes:
    """All that decides what a run leaves, as JSON: what is done, on what settings, by which version of the model."""
    function: Any = make
    while isinstance(function, partial):
        function = function.func
    operation = f"{function.__module__}.{function.__qualname__}"
    said = {"operation": operation, "version": __version__, "model": model_digest(), "settings": dict(settings)}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def name_of(about: bytes) -> str:
    """The name of the file of a run."""
    return digest(about)[:40]


@cache
def model_digest() -> str:
    """What the model's own source says: runs of an older one must not pass for its own under the same version."""
    return digest("".join(digest(path) for path in sorted(Path(__file__).parent.glob("*.py"))))[:16]


def start_digest(start: Start) -> str:
    """The digest of all that a world begins from."""
    parts = {one.name: np.asarray(getattr(start, one.name)).tolist() for one in fields(start)}
    return digest(json.dumps(parts, ensure_ascii=False, sort_keys=True))


def packed(arrays: Arrays, about: bytes) -> bytes:
    """Named arrays, none of objects, and what they were made from, as the bytes of a file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(_entry(_ABOUT), about)
        for name in sorted(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(_entry(f"{name}.npy"), content.getvalue())
    return _sealed(stream.getvalue())


def _sealed(archive: bytes) -> bytes:
    """An archive with its own digest for a comment, whose length stands in the two bytes before it."""
    seal = digest(archive).encode()
    return archive[:-2] + len(seal).to_bytes(2, "little") + seal


def _entry(name: str) -> zipfile.ZipInfo:
    """A part of a file without a date of its own, nor the machine's way of marking files."""
    entry = zipfile.ZipInfo(name)  # 1 January 1980
    entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
    return entry


class RunFiles:
    """A folder of runs, one that ``stays`` or is gone when they have been read."""

    def __init__(self, folder: Path, *, stays: bool = True) -> None:
        self.folder, self._runs, self._stays = folder, folder / "runs", stays

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from writing here; what one that was killed had half written is removed.

        Raises ``MethodError`` where another process writes here, or nobody can.
        """
        with self._telling():
            self._runs.mkdir(parents=True, exist_ok=True)
            (self.folder / ".lock").touch()
        with self._locked():
            for left in self._runs.glob("*.part"):
                left.unlink(missing_ok=True)
            yield

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = holding(self.folder / ".lock")
        try:
            lock.__enter__()
        except OSError:
            raise MethodError(
                Fault(
                    "store-in-use",
                    f"another process is writing runs to {self.folder}. Wait until it has ended, or use another "
                    "folder.",
                    f"另有进程正在向 {self.folder} 写入运行结果。请等待其结束，或改用其他文件夹。",
                )
            ) from None
        try:
            yield
        finally:
            lock.__exit__(None, None, None)

    def whole(self, name: str) -> bool:
        """Whether a run is there, undamaged and under its own name."""
        try:
            content = self._path(name).read_bytes()
        except OSError:
            return False
        if _sealed(content[: -_SEAL - 2] + b"\0\0") != content:
            return False
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return name_of(archive.read(_ABOUT)) == name

    def put(self, name: str, content: bytes) -> None:
        """Keep a run. Raises ``MethodError`` where the disk is full or refuses."""
        self._write(self._path(name), content)

    def list_runs(self, names: Sequence[str], abouts: Sequence[bytes]) -> None:
        """Keep a list of which files belong together, and what each was made from."""
        runs = [{"file": f"runs/{n}.npz"} | json.loads(about) for n, about in zip(names, abouts, strict=True)]
        content = json.dumps({"runs": runs}, ensure_ascii=False, sort_keys=True, indent=1).encode()
        self._write(self.folder / f"{digest(''.join(names))[:16]}.json", content)

    def read(self, name: str, part: str) -> npt.NDArray[Any]:
        """One array of a run. Raises ``MethodError`` where the file was taken away or damaged after it was made."""
        with self._reading(name) as archive, archive.open(f"{part}.npy") as stream:
            return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))

    def parts(self, name: str) -> list[str]:
        """The names of a run's arrays."""
        with self._reading(name) as archive:
            return [part.removesuffix(".npy") for part in archive.namelist() if part != _ABOUT]

    @contextmanager
    def _reading(self, name: str) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(self._path(name)) as archive:
                yield archive
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise MethodError(
                Fault(
                    "run-damaged",
                    f"the run {self._path(name)} cannot be read ({error}). Run the same again: it is made anew.",
                    f"无法读取运行结果 {self._path(name)}（{error}）。请重新运行，该结果会重新生成。",
                )
            ) from error

    def _path(self, name: str) -> Path:
        return self._runs / f"{name}.npz"

    def _write(self, path: Path, content: bytes) -> None:
        part = self._runs / f"{path.name}.part"
        with self._telling():
            try:
                part.write_bytes(content)
                part.replace(path)
            except OSError:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
                raise

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn what a disk refuses into a fault."""
        try:
            yield
        except OSError as error:
            if error.errno not in _DISK_FULL:
                said = os.strerror(error.errno or 0)
                en = f"runs cannot be written to {self.folder} ({said}). Name a folder that you may write to."
                zh = f"无法将运行结果写入 {self.folder}（{said}）。请指定有写入权限的文件夹。"
                raise MethodError(Fault("cannot-write", en, zh)) from error
            en, zh = f"the disk of {self.folder} is full.", f"{self.folder} 所在磁盘空间不足。"
            if self._stays:
                en += " What was done is kept: make room and run the same again, and it goes on from there."
                zh += "已完成的部分已保留：请清理空间后重新运行，将从中断处继续。"
            else:
                en += " Name a folder on a disk with more room to keep the runs in."
                zh += "请指定空间充足的文件夹存放运行结果。"
            raise MethodError(Fault("disk-full", en, zh)) from error
