"""What a run looks like to a reader: one self-contained page in Chinese and English."""

from __future__ import annotations

from pathlib import Path

from xinzhi.report.page import page
from xinzhi.report.payload import payload
from xinzhi.study.running import AnyRun

REPORT = "report.html"

__all__ = ["REPORT", "page", "payload", "write"]


def write(run: AnyRun, folder: Path) -> Path:
    """Write ``report.html`` into a folder and return its path. Raises ``StudyError`` for a map that cannot be read."""
    path = folder / REPORT
    path.write_text(page(payload(run)), encoding="utf-8", newline="\n")
    return path
