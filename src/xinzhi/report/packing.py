"""Numbers and words as the page takes them: packed cells, runs, rounded numbers, texts in both languages."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.specs import Text

DIGITS = 6
# The steps between two ends that numbers are packed in; one more says that there is none.
STEPS = 65_534


def text(words: Text) -> dict[str, str]:
    """A text in both languages."""
    return {"en": words.en, "zh": words.zh}


def camel(name: str) -> str:
    """A column's name as the page calls it: ``rank_low`` is ``rankLow``."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def called(period: Any) -> str:
    """A period as it is printed: spans of years with a dash that is as long as a dash should be."""
    return re.sub(r"(?<=\d)-(?=\d)", "–", str(period))


def rounded(value: float) -> float | None:
    """A number with six digits, nothing where there is none."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


def number(value: Any) -> float | None:
    """One cell of a table as a number with six digits, nothing where it is missing."""
    return None if value is None or pd.isna(value) else rounded(float(value))


def packed(cells: npt.NDArray[Any], kind: str) -> str:
    """Cells in base64 as numbers of a NumPy kind, in C order."""
    with np.errstate(over="ignore"):
        return base64.b64encode(np.ascontiguousarray(cells).astype(kind).tobytes()).decode("ascii")


def packed_short(cells: npt.NDArray[np.float64]) -> str:
    """32-bit floats without their last byte, rounded: half of the size of the page is these numbers."""
    with np.errstate(over="ignore"):
        whole = np.where(np.isfinite(cells), cells, np.nan).astype("<f4").view("<u4")
    nearest = (whole.astype(np.uint64) + 0x80).astype("<u4")
    return base64.b64encode(np.ascontiguousarray(nearest).view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()).decode()


def packed_scaled(cells: npt.NDArray[np.float64]) -> tuple[list[list[float]], str]:
    """Numbers as 16-bit steps between the lowest and the highest of each row (first axis), and these ends.

    A row without numbers has the ends 0 and 0.
    """
    rows = np.asarray(cells, dtype=np.float64).reshape(len(cells), -1)
    seen = np.isfinite(rows)
    low = np.where(seen, rows, np.inf).min(axis=1, initial=np.inf)
    high = np.where(seen, rows, -np.inf).max(axis=1, initial=-np.inf)
    ends = np.where(seen.any(axis=1, keepdims=True), np.stack([low, high], axis=1), 0.0)
    return ends.tolist(), packed_within(rows, ends[:, :1], ends[:, 1:])


def packed_within(cells: npt.NDArray[np.float64], low: Any, high: Any) -> str:
    """Numbers as 16-bit steps between two ends, which nothing lies beyond."""
    low, high = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        steps = np.rint((cells - low) / np.where(high > low, high - low, 1.0) * STEPS)
    return packed(np.where(np.isfinite(cells), np.clip(steps, 0, STEPS), STEPS + 1), "<u2")


def runs(cells: npt.NDArray[np.uint8]) -> list[int]:
    """Cells (time, region, indicator) as count, value, count, value …, where years follow each other most closely.

    What happened to an indicator in one year mostly happened to it in the next, so runs are long in that order.
    """
    flat = cells.transpose(2, 1, 0).ravel()
    starts = np.concatenate(([0], np.flatnonzero(np.diff(flat.astype(np.int16))) + 1))
    counts = np.diff(np.append(starts, flat.size))
    return [int(n) for n in np.stack((counts, flat[starts]), axis=1).ravel()]
