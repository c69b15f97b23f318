"""What records were recognised as: classes with probabilities and evidence, none of them, or nothing to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from xinzhi.core.errors import Fault, Language
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.core.specs import Text
from xinzhi.data.recognise.evidence import Evidence, parents
from xinzhi.data.records import Bools
from xinzhi.data.taxonomies import Taxonomy

NONE, UNREAD = "none", "unread"
_OUTCOMES = {
    "none": Text(en="none of these", zh="均不属于"),
    "unread": Text(en="nothing to read", zh="无可读内容"),
}


@dataclass(frozen=True, eq=False)
class Recognised:
    """Which classes each record belongs to, how probably, and why.

    ``probability`` is records × classes (in the taxonomy's order), zero where nothing speaks for a class; ``unread``
    marks records with neither text nor codes, of which nothing is known. A record is of the classes that reach
    ``threshold``, and of those above them. ``calibrated`` says whether probabilities were held to labelled records;
    if not, they come from a stated prior and only rank. ``way`` says how it was done.
    """

    taxonomy: Taxonomy
    ids: tuple[Any, ...]
    probability: sp.csr_array[np.float64]
    unread: Bools
    threshold: float
    calibrated: bool
    way: Text
    found: Evidence
    notes: tuple[Fault, ...]
    record: Record
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def codes(self) -> tuple[str, ...]:
        """The classes' codes, in the order of the columns."""
        return tuple(own.code for own in self.taxonomy.classes)

    @cached_property
    def chosen(self) -> sp.csr_array[np.bool_]:
        """Which classes each record is of: records × classes."""
        cells = self.probability.tocoo()
        reached = cells.data >= self.threshold
        rows, columns = cells.coords
        ones = np.ones(int(reached.sum()), dtype=np.bool_)
        return sp.csr_array((ones, (rows[reached], columns[reached])), shape=self.probability.shape)

    @cached_property
    def outcome(self) -> npt.NDArray[np.str_]:
        """Of each record: "classes", "none" (of these), or "unread" (nothing was there to read)."""
        some = np.diff(self.chosen.indptr) > 0
        return np.where(self.unread, UNREAD, np.where(some, "classes", NONE))

    @cached_property
    def none(self) -> Floats:
        """How probably a record is of no class, were the classes independent; nan where nothing was read."""
        tops = self.probability[:, np.flatnonzero(parents(self.taxonomy) < 0)].tocsr()
        rows = np.repeat(np.arange(tops.shape[0]), np.diff(tops.indptr))
        with np.errstate(divide="ignore"):
            not_of = np.bincount(rows, np.log1p(-np.minimum(tops.data, 1.0)), minlength=tops.shape[0])
        return np.where(self.unread, np.nan, np.exp(not_of))

    @property
    def classes(self) -> list[tuple[str, ...]]:
        """The codes of each record's classes, in the taxonomy's order."""
        codes, at = self.codes, self.chosen
        return [
            tuple(codes[own] for own in sorted(at.indices[first:last]))
            for first, last in zip(at.indptr[:-1].tolist(), at.indptr[1:].tolist(), strict=True)
        ]

    @property
    def counts(self) -> pd.Series[int]:
        """How many records each class has, by code."""
        return pd.Series(
            np.asarray(self.chosen.sum(axis=0)).ravel().astype(int), index=list(self.codes), name="records"
        )

    @cached_property
    def evidence(self) -> pd.DataFrame:
        """What speaks for each class of each record, chosen or not; tidy rows, see ``Evidence.to_frame``."""
        return self.found.to_frame(self.ids, self.codes, tuple(self.texts.values()))

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows, one for each class of each record, or one that says "none" or "unread".

        Columns: id, class, name_en, name_zh, probability (of "none" see ``none``; nan where nothing was read), because
        (what speaks for the class).
        """
        rows, columns = self.chosen.nonzero()
        without = np.flatnonzero(self.outcome != "classes")
        record = np.concatenate([rows, without]).astype(np.int64)
        of = np.concatenate([columns, np.full(len(without), -1)]).astype(np.int64)
        likely = np.concatenate([np.asarray(self.probability[rows, columns]).ravel(), self.none[without]])
        order = np.lexsort((of, record))
        record, of = record[order], of[order]
        because = self._because()
        named = [
            (own.code, own.name)
            if at >= 0 and (own := self.taxonomy.classes[at])
            else (outcome := str(self.outcome[who]), _OUTCOMES[outcome])
            for who, at in zip(record.tolist(), of.tolist(), strict=True)
        ]
        return pd.DataFrame(
            {
                "id": [self.ids[who] for who in record.tolist()],
                "class": [code for code, _ in named],
                "name_en": [name.en for _, name in named],
                "name_zh": [name.zh for _, name in named],
                "probability": likely[order],
                "because": [because.get(pair, "") for pair in zip(record.tolist(), of.tolist(), strict=True)],
            }
        )

    def _because(self) -> dict[tuple[int, int], str]:
        """What speaks for each class of each record, in one line."""
        said: dict[tuple[int, int], dict[str, None]] = {}
        found = self.found
        for who, of, what in zip(found.record.tolist(), found.of.tolist(), found.what.tolist(), strict=True):
            said.setdefault((who, of), {})[found.names[what]] = None
        return {pair: "; ".join(words) for pair, words in said.items()}

    def say(self, language: Language = "en") -> str:
        """Six lines: how many records, how it was done, the outcomes, and the classes with most records."""
        counts = self.counts.sort_values(ascending=False, kind="stable")
        top = counts[counts > 0].head(5)
        some, none, unread = (int((self.outcome == one).sum()) for one in ("classes", NONE, UNREAD))
        if language == "zh":
            kept = "已校准" if self.calibrated else "未校准，来自先验"
            lines = [
                f"按“{self.taxonomy.title.zh}”识别 {len(self.ids):,} 条记录",
                f"方法：{self.way.zh}；概率{kept}；阈值 {self.threshold:g}",
                f"归入某类 {some:,}，均不属于 {none:,}，无可读内容 {unread:,}",
                "最多的类："
                + ("、".join(f"{self.taxonomy[str(code)].name.zh} {many:,}" for code, many in top.items()) or "无"),
                f"依据 {len(self.found):,} 条，见 .evidence",
                f"提示 {len(self.notes)} 条" + (f"：{self.notes[0].say('zh')}" if self.notes else ""),
            ]
        else:
            kept = "calibrated" if self.calibrated else "uncalibrated, from a prior"
            lines = [
                f"{len(self.ids):,} records recognised by '{self.taxonomy.title.en}'",
                f"by {self.way.en}; probabilities {kept}; threshold {self.threshold:g}",
                f"of some class {some:,}, none of these {none:,}, nothing to read {unread:,}",
                "most: "
                + (", ".join(f"{self.taxonomy[str(code)].name.en} {many:,}" for code, many in top.items()) or "none"),
                f"{len(self.found):,} pieces of evidence in .evidence",
                f"{len(self.notes)} notes" + (f", first: {self.notes[0].say()}" if self.notes else ""),
            ]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.say()
