"""What a run leaves behind: a folder of results, written whole or not at all, and a record that can repeat it.

Equal runs give equal bytes: nothing that is digested holds a time of day, a path or the order of a hash table.
"""

from __future__ import annotations

import errno
import io
import json
import os
import platform
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from xinzhi.core.errors import Fault, XinzhiError
from xinzhi.core.results import digest
from xinzhi.study.running import AnyRun, Run
from xinzhi.study.simulation.keeping import throw_away
from xinzhi.study.workbook import workbook
from xinzhi.study.workshop import workshop

RUNS, RECORD, STORE = "runs", "record.json", "study.duckdb"
STRUCTURE, DYNAMICS, SIMULATION = "structure", "dynamics", "simulation"
# What takes part in the numbers, and so may explain why a repeated run differs.
_PARTS = ("numpy", "scipy", "numba", "pandas", "xarray", "pyarrow", "XlsxWriter", "duckdb")
# Scores of more versions than this would fill hundreds of megabytes; their choices and rank shifts are kept alone.
_MOST_SCORES = 50_000_000

# Longer tables than Excel takes are for programs, which read Parquet.
_MOST_CSV_ROWS = 1_048_575

Pages = Callable[[AnyRun, Path], object]


class OutputError(XinzhiError):
    """The place for the results must change."""


def write(run: AnyRun, *, pages: Pages | None = None) -> Path:
    """Write a run's results to the next free folder of ``runs/`` and return it.

    The study's DuckDB file, which holds what its sources brought in, is renewed where it has any. Simulated runs that
    waited for this in the study folder are thrown away.
    ``pages`` adds files of its own to the folder it is given (the report does). Everything is made in a folder beside
    and moved into place at the end, so that a run folder is whole or not there. Raises ``OutputError``.
    """
    study = run.study.folder
    runs = _runs_folder(study)
    with _telling(runs), workshop(runs) as shop:
        made = shop / "run"
        outputs = make(run, made, pages=pages)
        _put(made / RECORD, _json(_record(run, outputs)))
        if run.data is not None:
            run.data.store(shop / STORE)
            (shop / STORE).replace(study / STORE)
        written = _move_to_next_number(made, runs)
    if run.simulation is not None:
        throw_away(run.study)
    return written


def make(run: AnyRun, folder: Path, *, pages: Pages | None = None) -> dict[str, str]:
    """Make a run's results in a new folder; returns their digests by their path in it."""
    folder.mkdir()
    if isinstance(run, Run):
        _put_table(folder, "scores", run.index.to_frame())
        if run.doubt is not None:
            _put(folder / "draws.parquet", _parquet(run.doubt.table(scores=run.doubt.draws.size <= _MOST_SCORES)))
        if run.dynamics is not None and run.dynamics.tables:
            (folder / DYNAMICS).mkdir()
            for name, table in run.dynamics.tables.items():
                _put_table(folder / DYNAMICS, name, table)
    for place, part in ((STRUCTURE, run.structure), (SIMULATION, run.simulation)):
        if part is not None:
            (folder / place).mkdir()
            for name, table in part.tables.items():
                _put_table(folder / place, name, table)
    _put(folder / "results.xlsx", workbook(run))
    if pages is not None:
        pages(run, folder)
    made = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): digest(file) for file in sorted(made)}


def read_record(path: Path) -> dict[str, Any]:
    """The record of an earlier run, from its folder or its ``record.json``. Raises ``OutputError``."""
    file = path / RECORD if path.is_dir() else path
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        tables = said["inputs"], said["outputs"], said.get("versions", {"python": "?"})
        if not (isinstance(said["settings"]["study"], str) and all(isinstance(of, dict) and of for of in tables)):
            raise KeyError
    except (OSError, ValueError, KeyError, TypeError):
        raise OutputError(
            Fault(
                "no-record",
                f"{file} is not the record of a run. Give a folder that `xinzhi run` wrote.",
                f"{file} 不是运行记录。请给出由 `xinzhi run` 写出的文件夹。",
            )
        ) from None
    return dict(said)


def is_record(path: Path) -> bool:
    """Whether a path means an earlier run rather than a study."""
    return path.name == RECORD or (path.is_dir() and (path / RECORD).is_file())


def versions() -> dict[str, str]:
    """Python and the libraries whose versions may change a number or a byte."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "xinzhi code": _own_code(),
        **{name: version(name) for name in _PARTS},
    }


def _own_code() -> str:
    # Between two releases the version stays and the code does not.
    house = Path(__file__).parents[1]
    return digest("".join(digest(file) for file in sorted(house.rglob("*.py"))))[:12]


def _record(run: AnyRun, outputs: dict[str, str]) -> dict[str, Any]:
    # `when` is the one thing that differs between equal runs, so it stands apart from everything digested.
    return run.record.to_dict() | {
        "outputs": outputs,
        "versions": versions(),
        "warnings": len(run.warnings),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n").encode()


def _parquet(frame: Any) -> bytes:
    sink = io.BytesIO()
    frame.to_parquet(sink, index=False)
    return sink.getvalue()


def _put_table(folder: Path, name: str, table: Any) -> None:
    _put(folder / f"{name}.parquet", _parquet(table))
    if len(table) <= _MOST_CSV_ROWS:
        # Excel takes a CSV for UTF-8 only when it starts with a byte-order mark.
        content = table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")
        _put(folder / f"{name}.csv", content)


def _put(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


# --- The place ------------------------------------------------------------------------------------------------


def _runs_folder(study: Path) -> Path:
    runs = study / RUNS
    if runs.is_symlink() and not runs.resolve().is_relative_to(study.resolve()):
        raise OutputError(
            Fault(
                "runs-leads-out",
                f"'{RUNS}' is a link that leads out of the study, to {runs.resolve()}. Replace it by a folder.",
                f"“{RUNS}”是指向研究之外（{runs.resolve()}）的链接。请改为普通文件夹。",
                file=RUNS,
            )
        )
    with _telling(runs):
        runs.mkdir(exist_ok=True)
    return runs


def _move_to_next_number(made: Path, runs: Path) -> Path:
    """Move a finished run to the next free number; renaming is the lock, so two runs at once get two numbers."""
    taken = [int(path.name) for path in runs.iterdir() if re.fullmatch(r"\d{4,}", path.name)]
    number = max(taken, default=0) + 1
    while True:
        place = runs / f"{number:04d}"
        try:
            made.rename(place)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR) or not place.exists():
                raise
            number += 1
        else:
            return place


_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_OURS = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY),
    *(errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG),
}


@contextmanager
def _telling(place: Path) -> Iterator[None]:
    """Turn what a disk refuses into a fault; any other failure is ours and passes."""
    try:
        yield
    except Exception as error:
        cause = error.errno if isinstance(error, OSError) else None
        if cause in _DISK_FULL or "No space left on device" in str(error):
            fault = Fault(
                "disk-full",
                f"the disk is full, so nothing was written to {place}. Make room and run again.",
                f"磁盘空间不足，{place} 未写入任何内容。请清理空间后重新运行。",
            )
        elif cause in _NOT_OURS:
            said, place = os.strerror(cause or 0), Path(getattr(error, "filename2", None) or place)
            fault = Fault(
                "cannot-write",
                f"results cannot be written to {place} ({said}). Nothing was written. Check what stands there, that "
                "you may write there, and that no program holds it open.",
                f"无法将结果写入 {place}（{said}），未写入任何内容。"
                "请查看该处现有的内容，并确认您有写入权限，且没有被其他程序占用。",
            )
        else:
            raise
        raise OutputError(fault) from error
