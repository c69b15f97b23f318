"""Reading the reference programs' tables exactly, and measuring how far ours are from them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Row = tuple[str, str, float]  # file, measure, worst absolute difference

WORDS = {"": np.nan, "NA": np.nan, "TRUE": 1.0, "FALSE": 0.0}


@dataclass(frozen=True)
class Table:
    """The columns of one CSV file as text; an empty cell means missing."""

    columns: dict[str, list[str]]

    def __getitem__(self, name: str) -> list[str]:
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def numbers(self, *names: str) -> np.ndarray:
        """The named columns side by side, (rows, names)."""
        return np.array([[number(cell) for cell in self.columns[name]] for name in names]).T


def number(cell: str) -> float:
    return WORDS[cell] if cell in WORDS else float(cell)


def read(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return Table({name: [row[at] for row in rows] for at, name in enumerate(header)})


def apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The worst absolute difference; infinite where one is missing or infinite and the other is not the same."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    if not np.isfinite(ours[~same]).all() or not np.isfinite(theirs[~same]).all():
        return np.inf
    return float(np.abs(ours[~same] - theirs[~same]).max(initial=0.0))


def scale(theirs: np.ndarray) -> float:
    """What a difference is to be held against: the largest finite magnitude, at least 1."""
    sizes = np.abs(np.asarray(theirs, dtype=float))
    return max(1.0, float(sizes[np.isfinite(sizes)].max(initial=0.0)))
