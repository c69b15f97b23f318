"""Every cell that was read, in columns, with its labels as numbers into a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from xinzhi.core.errors import Fault
from xinzhi.core.labels import Floats
from xinzhi.data.numbers import Ints
from xinzhi.data.sources import Repair

Bools: TypeAlias = npt.NDArray[np.bool_]

# Beyond so many faults of single cells the rest of a source is counted; nobody reads on, and memory is finite.
MOST_FAULTS = 10_000


class Words:
    """Distinct texts numbered in the order they are met."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}

    def codes(self, texts: Iterable[str]) -> Ints:
        """The number of every text; a new text gets the next one."""
        return np.array([self._at.setdefault(text, len(self._at)) for text in texts], dtype=np.int64)

    @property
    def texts(self) -> list[str]:
        """Every text, in order."""
        return list(self._at)


@dataclass
class Vocabulary:
    """The texts that cells refer to by number."""

    columns: Words = field(default_factory=Words)
    given: Words = field(default_factory=Words)
    regions: Words = field(default_factory=Words)
    indicators: Words = field(default_factory=Words)
    units: Words = field(default_factory=Words)


@dataclass(frozen=True)
class Cells:
    """What was read, in columns of equal length; labels are numbers into a vocabulary.

    ``signed`` marks a percent sign; ``text`` is what the file held, in chunks of whatever type it held it in.
    """

    source: Ints
    row: Ints
    column: Ints
    given: Ints
    region: Ints
    time: Ints
    indicator: Ints
    unit: Ints
    value: Floats
    origin: npt.NDArray[np.uint8]
    signed: Bools
    text: tuple[pa.Array, ...]

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def join(cls, parts: Sequence[Cells]) -> Cells:
        """All cells one after the other."""
        if len(parts) == 1:
            return parts[0]
        arrays = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in cls.__annotations__
            if name != "text"
        }
        return cls(**arrays, text=tuple(chunk for part in parts for chunk in part.text))


@dataclass
class Findings:
    """What was mended and what is wrong, gathered on the way."""

    repairs: list[Repair] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def first_of(codes: Ints, size: int) -> Ints:
    """Where each of ``size`` codes occurs first; -1 where it does not."""
    first = np.full(size, -1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return first
