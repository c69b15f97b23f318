"""Cells that say only between what a number lies: "<5", "20-49", "1000+", and flags for what a source withholds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from xinzhi.core.labels import Floats
from xinzhi.data.numbers import Ints, Mark, Numbers, Reading, read_numbers

Between = tuple[float, float]

_NUMBER = r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
_BETWEEN = re.compile(rf"^{_NUMBER}\s*(?:-|–|—|~|to|至|到)\s*{_NUMBER}$", re.IGNORECASE)
_BELOW = re.compile(rf"^(?:<|less than|under|fewer than|不足|少于)\s*{_NUMBER}$", re.IGNORECASE)
_AT_MOST = re.compile(rf"^(?:<=|≤|up to|至多)\s*{_NUMBER}$|^{_NUMBER}\s*(?:及以下|以下)$", re.IGNORECASE)
_AT_LEAST = re.compile(
    rf"^(?:>=|≥|at least|至少|>|over|more than|超过)\s*{_NUMBER}$|^{_NUMBER}\s*(?:\+|or more|及以上|以上)$", re.I
)


@dataclass(frozen=True)
class Bounded:
    """A column of numbers with the bounds of cells that are not told exactly.

    ``value`` is nan where a cell is empty or bounded; ``low`` and ``high`` equal it elsewhere (``high`` may be
    infinite). ``odd`` are the readings that remain: repairs, marks of missing values and texts that are no numbers.
    """

    value: Floats
    low: Floats
    high: Floats
    odd: tuple[tuple[Reading, Ints], ...]
    empty: int
    bounded: Ints


def read_bounded(column: pa.Array, decimal: Mark | None = None, flags: Mapping[str, Between] | None = None) -> Bounded:
    """A column as numbers and bounds. ``flags`` say what a text means, as {"a": (1, 19)}.

    A text by which sources withhold a value ("D", "(S)", "*") without a meaning given lies between 0 and infinity.
    """
    declared = {_plain(text): bounds for text, bounds in (flags or {}).items()}
    numbers: Numbers = read_numbers(column, decimal)
    low, high = numbers.values.copy(), numbers.values.copy()
    odd, bounded = list[tuple[Reading, Ints]](), np.zeros(len(low), dtype=bool)
    for at, reading in enumerate(numbers.readings):
        rows = numbers.positions(at)
        found = declared.get(_plain(reading.text))
        if found is None and reading.reason == "suppressed":
            found = (0.0, np.inf)
        if found is None and reading.reason == "wrong":
            found = _between(reading.text)
        if found is None:
            odd.append((reading, rows))
            continue
        low[rows], high[rows] = found
        bounded[rows] = True
    value = np.where(bounded, np.nan, numbers.values)
    told = bounded & (low == high)  # bounds that meet tell the number
    value[told] = low[told]
    return Bounded(value, low, high, tuple(odd), numbers.empty, np.flatnonzero(bounded & ~told))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _between(text: str) -> Between | None:
    form = _plain(text)
    if found := _BETWEEN.match(form):
        low, high = (_number(part) for part in found.groups())
        return (low, high) if low <= high else None
    for pattern, low_bound in ((_BELOW, False), (_AT_MOST, False), (_AT_LEAST, True)):
        if found := pattern.match(form):
            number = _number(next(part for part in found.groups() if part))
            return (number, np.inf) if low_bound else (0.0, number)
    return None


def _number(text: str) -> float:
    return float(text.replace(",", ""))
