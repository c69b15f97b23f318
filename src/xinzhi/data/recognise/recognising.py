"""Assign records to the classes of a taxonomy: by codes, by words, and by a trained recogniser if there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from xinzhi.core.errors import Fault
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.data.recognise.evidence import CODE, WORD, Evidence, find_evidence
from xinzhi.data.recognise.matching import Matcher
from xinzhi.data.recognise.reading import as_taxonomy, read_cells, shorten
from xinzhi.data.recognise.recognised import Recognised
from xinzhi.data.taxonomies import Scheme, Taxonomy

if TYPE_CHECKING:
    from xinzhi.data.recognise.recogniser import Recogniser

WAY = Text(en="words and codes", zh="关键词与代码")


class EvidencePrior(Spec):
    """How much one piece of evidence is trusted before any label was seen: our assumption, not an estimate.

    A phrase of a class is taken to be right with probability ``word``, each different one independently of the
    others; the codes of a record together with probability ``code``.
    """

    word: float = Field(default=0.7, gt=0, lt=1)
    code: float = Field(default=0.8, gt=0, lt=1)


def recognise(
    table: Any,
    taxonomy: str | Path | Mapping[str, Any] | Taxonomy,
    *,
    text: str | Sequence[str] = (),
    codes: Mapping[Scheme, str | Sequence[str]] | None = None,
    ids: str | None = None,
    model: Recogniser | None = None,
    threshold: float = 0.5,
    prior: EvidencePrior | None = None,
) -> Recognised:
    """Assign records to the classes of a taxonomy, with probabilities and what speaks for each class.

    ``table`` is a frame (pandas, Polars, Arrow), an Ibis table or ``Records``; ``text`` names its columns of text,
    ``codes`` its columns of codes by scheme, such as ``{"ipc": "ipc_codes"}``, several codes in a cell parted by ; , or
    |; ``ids`` names the column that tells records apart. ``taxonomy`` is one of the catalogue by name, a TOML file of
    one's own, or a ``Taxonomy``. A record may be of several classes, and what is of a class is of those above it.

    Without a ``model`` the probability of a class is 1 − (1 − code)^c (1 − word)^w, where w different phrases of the
    class are in the record and c is 1 if a code of the class is (``EvidencePrior``); such probabilities are not
    calibrated. A blank record is "unread", a record in which nothing speaks for a class is "none".

    Raises ``DataError`` with all that is wrong with the columns or the taxonomy, ``MethodError`` for a model of
    another taxonomy.
    """
    own = as_taxonomy(taxonomy)
    if not 0 < threshold < 1:
        raise FaultyValue(
            "bad-option",
            f"threshold is a probability between 0 and 1; found {threshold!r}.",
            f"threshold 须为 0 与 1 之间的概率；实际为 {threshold!r}。",
        )
    if model is not None:
        own = model.for_taxonomy(own)
    cells = read_cells(table, text, codes, ids)
    found, matcher, traditional = find_evidence(cells, own)
    unread = np.array(cells.unread, dtype=bool)
    notes = [*cells.notes, *_notes(own, matcher, traditional)]
    way, calibrated = WAY, False
    if model is None:
        probability = by_prior(found, (len(cells), len(own.classes)), prior or EvidencePrior())
    else:
        probability, learned = model.predict(cells, found, threshold)
        found = found.beside(learned)
        way, calibrated = model.way, True
    settings: dict[str, Any] = {
        "taxonomy": own.code,
        "text": list(cells.text),
        "codes": {scheme: [column for of, column in cells.codes if of == scheme] for scheme, _ in cells.codes},
        "ids": ids,
        "threshold": threshold,
    }
    settings |= {"prior": (prior or EvidencePrior()).model_dump()} if model is None else {"model": model.digest}
    inputs = {"table": cells.digest, "taxonomy": taxonomy_digest(own)}
    record = Record("recognise", settings, inputs)
    return Recognised(
        own, cells.ids, probability, unread, threshold, calibrated, way, found, tuple(notes), record, cells.text
    )


def by_prior(found: Evidence, shape: tuple[int, int], prior: EvidencePrior) -> sp.csr_array[np.float64]:
    """Probabilities records × classes of words and codes alone, zero where nothing speaks for a class."""
    words, codes = found.counts(WORD, shape), found.counts(CODE, shape)
    against = words * np.log1p(-prior.word) + (codes > 0) * np.log1p(-prior.code)
    probability: sp.csr_array[np.float64] = sp.csr_array(against)
    probability.data = -np.expm1(probability.data)
    return probability


def taxonomy_digest(taxonomy: Taxonomy) -> str:
    """What tells one state of a taxonomy from another."""
    return digest(taxonomy.model_dump_json())


def _notes(taxonomy: Taxonomy, matcher: Matcher, traditional: int) -> list[Fault]:
    notes = []
    if matcher.empty:
        shown = ", ".join(f"{shorten(text)!r} ({code})" for code, text in matcher.empty[:5])
        notes.append(
            Fault(
                "empty-phrases",
                f"{len(matcher.empty)} phrases of taxonomy '{taxonomy.code}' have nothing to look for: {shown}.",
                f"分类“{taxonomy.code}”中有 {len(matcher.empty)} 个词语没有可检索的内容：{shown}。",
                severity="warning",
            )
        )
    if traditional:
        notes.append(
            Fault(
                "traditional-characters",
                f"{traditional} texts hold traditional characters; they were compared in their simplified form.",
                f"{traditional} 条文本含繁体字，已按简体比对。",
                severity="warning",
            )
        )
    bare = [own.code for own in taxonomy.leaves if not own.words and not own.codes]
    if bare:
        notes.append(
            Fault(
                "classes-without-words",
                f"{len(bare)} classes have neither words nor codes to know them by: {', '.join(bare[:10])}.",
                f"有 {len(bare)} 个类既无词语也无代码可供识别：{'、'.join(bare[:10])}。",
                severity="warning",
            )
        )
    return notes
