"""What in a record speaks for a class: phrases, with where they stand, and codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import scipy.sparse as sp

from xinzhi.core.labels import Floats
from xinzhi.data.numbers import Ints
from xinzhi.data.recognise.matching import Matcher
from xinzhi.data.recognise.reading import Cells
from xinzhi.data.taxonomies import Scheme, Taxonomy

KINDS = ("word", "code", "learned")
WORD, CODE, LEARNED = range(3)


@dataclass(frozen=True)
class Evidence:
    """Pieces of evidence in columns of equal length: what of a record speaks for a class, by its place.

    ``what`` counts into ``names`` (phrases, codes with their scheme, learned terms), ``column`` into ``columns``.
    ``start`` and ``end`` are the first place in the text, -1 where there is none; ``times`` is how often it is there.
    """

    record: Ints
    of: Ints
    kind: Ints
    what: Ints
    column: Ints
    start: Ints
    end: Ints
    times: Ints
    names: tuple[str, ...]
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.record)

    @classmethod
    def of_rows(cls, rows: Ints, names: Sequence[str], columns: Sequence[str]) -> Evidence:
        """The evidence of rows in the order of its own columns, each name of a class and record once."""
        record, of, kind, what, column, start, end, times = together(rows, np.add).T
        return cls(record, of, kind, what, column, start, end, times, tuple(names), tuple(columns))

    @property
    def rows(self) -> Ints:
        """The evidence as rows."""
        own = (self.record, self.of, self.kind, self.what, self.column, self.start, self.end, self.times)
        return np.column_stack(own)

    def counts(self, kind: int, shape: tuple[int, int]) -> sp.csr_array[np.float64]:
        """How many different pieces of a kind speak for each class of each record, records × classes."""
        among = self.kind == kind
        ones = np.ones(int(among.sum()))
        return sp.coo_array((ones, (self.record[among], self.of[among])), shape=shape).tocsr()

    def beside(self, more: Evidence) -> Evidence:
        """This evidence and more of the same records, in order of records and classes."""
        shift = replace(more, what=more.what + len(self.names))
        both = np.concatenate([self.rows, shift.rows])
        return Evidence.of_rows(both, (*self.names, *more.names), self.columns)

    def to_frame(self, ids: Sequence[object], codes: Sequence[str], texts: Sequence[Sequence[str]]) -> pd.DataFrame:
        """Tidy rows: id, class, kind, what, column, start, end, found (as it stands in the text), times."""
        found = [
            texts[column][record][start:end] if start >= 0 else None
            for record, column, start, end in zip(
                self.record.tolist(), self.column.tolist(), self.start.tolist(), self.end.tolist(), strict=True
            )
        ]
        placed = pd.array(np.where(self.start >= 0, self.start, 0), dtype="Int64")
        ends = pd.array(np.where(self.start >= 0, self.end, 0), dtype="Int64")
        placed[self.start < 0], ends[self.start < 0] = pd.NA, pd.NA
        return pd.DataFrame(
            {
                "id": [ids[record] for record in self.record.tolist()],
                "class": [codes[of] for of in self.of.tolist()],
                "kind": [KINDS[kind] for kind in self.kind.tolist()],
                "what": [self.names[what] for what in self.what.tolist()],
                "column": [self.columns[column] for column in self.column.tolist()],
                "start": placed,
                "end": ends,
                "found": pd.Series(found, dtype=object),
                "times": self.times,
            }
        )


def find_evidence(cells: Cells, taxonomy: Taxonomy) -> tuple[Evidence, Matcher, int]:
    """The words and codes that speak for each class; how many records hold traditional characters.

    What speaks for a class speaks for those above it.
    """
    matcher = Matcher.of(taxonomy)
    columns = (*cells.text, *(column for _, column in cells.codes))
    rows = [np.zeros((0, 8), dtype=np.int64)]
    traditional = set[int]()
    for place, texts in enumerate(cells.text.values()):
        for hits, seen in matcher.find(texts):
            traditional.update(seen.tolist())
            kind, where, once = (np.full(len(hits), value) for value in (WORD, place, 1))
            found = (hits.text, hits.of, kind, hits.phrase, where, hits.start, hits.end, once)
            rows.append(together(np.column_stack(found), np.add))
    names = [phrase.text for phrase in matcher.phrases]
    told, codes = _of_codes(cells, taxonomy, len(names))
    whole = _with_those_above(together(np.concatenate([*rows, told]), np.add), taxonomy)
    return Evidence.of_rows(whole, (*names, *codes), columns), matcher, len(traditional)


def _of_codes(cells: Cells, taxonomy: Taxonomy, first: int) -> tuple[Ints, list[str]]:
    """Rows of evidence of codes, and the names of the codes, counted from ``first``."""
    place = {own.code: number for number, own in enumerate(taxonomy.classes)}

    @cache
    def told(scheme: Scheme, code: str) -> tuple[int, ...]:
        return tuple(place[own] for own in taxonomy.with_code(scheme, code))

    names: dict[str, int] = {}
    rows = []
    for column, ((scheme, _), lists) in enumerate(cells.codes.items(), start=len(cells.text)):
        for record, codes in enumerate(lists):
            for code in codes:
                for own in told(scheme, code):
                    what = first + names.setdefault(f"{scheme} {code}", len(names))
                    rows.append((record, own, CODE, what, column, -1, -1, 1))
    return np.array(rows, dtype=np.int64).reshape(-1, 8), list(names)


def _with_those_above(rows: Ints, taxonomy: Taxonomy) -> Ints:
    """Rows of evidence for classes, and the same for the classes above them."""
    above = parents(taxonomy)
    parts, level = [rows], rows
    while len(level):
        up = above[level[:, 1]]
        level = np.column_stack([level[:, :1], up, level[:, 2:]])[up >= 0]
        parts.append(level)
    # A phrase of several classes below one speaks for it once, as often as for the class it speaks for most.
    return together(np.concatenate(parts), np.maximum)


def together(rows: Ints, times: np.ufunc) -> Ints:
    """Rows of evidence with each name of a class and record once: its first place, and its ``times`` added or so."""
    if not len(rows):
        return rows
    rows = rows[np.lexsort(rows[:, 5::-1].T)]
    first = np.flatnonzero(np.concatenate([[True], (np.diff(rows[:, :4], axis=0) != 0).any(axis=1)]))
    whole = rows[first]
    whole[:, 7] = times.reduceat(rows[:, 7], first)
    return whole


def parents(taxonomy: Taxonomy) -> Ints:
    """The place of each class's parent, -1 where it has none."""
    place = {own.code: number for number, own in enumerate(taxonomy.classes)}
    return np.array([place[own.parent] if own.parent else -1 for own in taxonomy.classes], dtype=np.int64)


def with_those_above(probability: Floats, taxonomy: Taxonomy) -> Floats:
    """Probabilities records × classes in which no class is less likely than one below it."""
    whole = probability.copy()
    above = parents(taxonomy)
    for own in range(len(above) - 1, -1, -1):  # parents come before those below them
        if above[own] >= 0:
            whole[:, above[own]] = np.maximum(whole[:, above[own]], whole[:, own])
    return whole
