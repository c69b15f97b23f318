"""Where a document is made from and where it goes: a run or a study's latest, and a new file where one stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from xinzhi.core.errors import Fault, Language
from xinzhi.report.documents import Kind, document_and_gaps
from xinzhi.report.page import payload_of
from xinzhi.study.outputs import RUNS, OutputError

REPORT = "report.html"


@dataclass(frozen=True)
class Written:
    """A document that was written, and the characters in it that its fonts lack."""

    file: Path
    size: int
    unprintable: tuple[str, ...]


def write_document(run: Path, kind: Kind, language: Language, out: Path | None = None) -> Written:
    """Make a document of a run (or of a study's latest) and write it to a new file.

    Without ``out`` the file is named for the study, the run and the language, and stands in the present folder.
    Raises ``OutputError`` where there is no run, where a file of that name exists, or where none can be written.
    """
    report = report_of(run)
    place = out or Path(f"{_name(report)}-{language}.{kind}")
    if place.exists() or place.is_symlink():
        raise OutputError(_taken(place))
    made, lacking = document_and_gaps(payload_of(report), kind, language)
    try:
        # A file that has come in the meantime is not written over either.
        with place.open("xb") as stream:
            stream.write(made)
    except FileExistsError:
        raise OutputError(_taken(place)) from None
    except OSError as error:
        raise OutputError(
            Fault(
                "cannot-write",
                f"the document cannot be written to {place} ({error.strerror}). Name another file with --out.",
                f"无法将文档写入 {place}（{error.strerror}）。请用 --out 另指定文件。",
            )
        ) from error
    return Written(place, len(made), tuple(lacking))


def report_of(run: Path) -> Path:
    """The page of a run folder, or of the latest run of a study. Raises ``OutputError`` where there is none."""
    place = run.parent if run.name == "study.toml" or run.name == "record.json" else run
    if place.is_file():
        return place
    if (place / REPORT).is_file():
        return place / REPORT
    runs = place / RUNS
    numbered = [one for one in runs.iterdir() if re.fullmatch(r"\d{4,}", one.name)] if runs.is_dir() else []
    found = [one / REPORT for one in sorted(numbered, key=lambda one: int(one.name)) if (one / REPORT).is_file()]
    if not found:
        raise OutputError(
            Fault(
                "no-run",
                f"{run} is no run and has none. Give a run folder, or a study after `xinzhi run`.",
                f"{run} 不是运行文件夹，其中也没有运行结果。请给出运行文件夹，或先执行 `xinzhi run`。",
            )
        )
    return found[-1]


def _name(report: Path) -> str:
    run = report.resolve().parent
    return f"{run.parent.parent.name}-{run.name}" if run.parent.name == RUNS else run.name


def _taken(place: Path) -> Fault:
    return Fault(
        "file-exists",
        f"{place} exists and is not written over. Name another file with --out, or move it away.",
        f"{place} 已存在，不会覆盖。请用 --out 另指定文件，或移走原文件。",
    )
