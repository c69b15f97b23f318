"""A recogniser trained on labelled records: made, kept in a file, and read back without running anything in it."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from pydantic import ValidationError

from xinzhi.core.errors import DataError, Fault, Language
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue, Text
from xinzhi.data.numbers import Ints
from xinzhi.data.recognise.evidence import CODE, LEARNED, WORD, Evidence, find_evidence
from xinzhi.data.recognise.fitting import Material, Weights, learn
from xinzhi.data.recognise.folding import END, fold, fold_each
from xinzhi.data.recognise.reading import Cells, as_taxonomy, read_cells, read_labels
from xinzhi.data.recognise.recognising import EvidencePrior, by_prior, taxonomy_digest
from xinzhi.data.recognise.segmenting import words
from xinzhi.data.taxonomies import Scheme, Taxonomy

Reads = Literal["words", "embeddings", "evidence"]
READ = 20_000  # characters of a record that a trained recogniser reads
FLOOR = 0.001  # less probable classes are not kept
_AT_ONCE = 5_000  # records
_TERMS = 3  # learned terms shown for a class of a record
_FORMAT = 1
_ARRAYS = ("idf", "weights", "intercept", "trained", "sigmoid", "base")
_WAYS = {
    "words": Text(en="words, codes and a model of word pairs", zh="关键词、代码与词组模型"),
    "embeddings": Text(en="words, codes and a model of sentence embeddings", zh="关键词、代码与句向量模型"),
    "evidence": Text(en="words and codes, held to labels", zh="关键词与代码（经标注校准）"),
}


@dataclass(frozen=True, eq=False)
class Recogniser:
    """What was learned of a taxonomy's classes from labelled records.

    ``reads`` says what of a record it goes by beside phrases and codes: its "words" and pairs of words, "embeddings"
    of its text by ``encoder``, or nothing else ("evidence"). ``seen`` are digests of the texts it was trained on.
    """

    taxonomy: Taxonomy
    reads: Reads
    learned: Weights
    prior: EvidencePrior
    encoder: Any
    seen: frozenset[str]
    notes: tuple[Fault, ...]
    record: Record

    @property
    def way(self) -> Text:
        """How it recognises, in a few words."""
        return _WAYS[self.reads]

    @cached_property
    def digest(self) -> str:
        """What tells it from another recogniser."""
        content = hashlib.sha256(self.record.to_json().encode())
        for name in _ARRAYS:
            content.update(np.ascontiguousarray(getattr(self.learned, name)).data)
        return content.hexdigest()

    def for_taxonomy(self, taxonomy: Taxonomy) -> Taxonomy:
        """Its own state of a taxonomy. Raises ``FaultyValue`` if it was trained for other classes."""
        if [own.code for own in taxonomy.classes] == [own.code for own in self.taxonomy.classes]:
            return self.taxonomy
        raise FaultyValue(
            "other-taxonomy",
            f"the recogniser was trained for the classes of '{self.taxonomy.code}', not those of '{taxonomy.code}'. "
            "Train one with xz.train_recogniser(table, labels, taxonomy).",
            f"该识别器按“{self.taxonomy.code}”的类训练，与“{taxonomy.code}”不同。"
            "请用 xz.train_recogniser(table, labels, taxonomy) 重新训练。",
        )

    def predict(self, cells: Cells, found: Evidence, threshold: float) -> tuple[sp.csr_array[np.float64], Evidence]:
        """Calibrated probabilities records × classes, and learned terms that speak for the classes it chooses.

        Probabilities below ``FLOOR`` are kept as zero; so are those of records with nothing to read.
        """
        held = material_of(cells, found, self.taxonomy, self.reads, self.encoder, self.prior)
        unread = np.array(cells.unread, dtype=bool)
        blocks = []
        rows = [np.zeros((0, 8), dtype=np.int64)]
        for first in range(0, len(cells), _AT_ONCE):
            block = np.arange(first, min(first + _AT_ONCE, len(cells)))
            part = held.take(block)
            likely = self.learned.probability(part)
            likely[(likely < FLOOR) | unread[block, None]] = 0.0
            blocks.append(sp.csr_array(likely))
            if part.docs is not None and len(self.learned.trained):
                rows.append(self._speaking(part, likely >= threshold, first, cells))
        columns = (*cells.text, *(column for _, column in cells.codes))
        return sp.csr_array(sp.vstack(blocks)), Evidence.of_rows(np.concatenate(rows), self.learned.terms, columns)

    def _speaking(self, part: Material, chosen: Any, first: int, cells: Cells) -> Ints:
        """Rows of evidence: the terms that weigh most for the chosen classes, and where they stand."""
        features = self.learned.features(part)
        texts = list(cells.text.values())
        rows = []
        folded: dict[int, list[Any]] = {}
        for row, place in zip(*np.nonzero(chosen[:, self.learned.trained]), strict=True):
            line = slice(features.indptr[row], features.indptr[row + 1])
            weight = features.data[line] * self.learned.weights[place, features.indices[line]]
            best = np.argsort(-weight, kind="stable")
            terms = [at for at in best.tolist() if features.indices[line][at] < len(self.learned.terms)]
            for at in [at for at in terms if weight[at] > 0][:_TERMS]:
                what = int(features.indices[line][at])
                record = first + int(row)
                if record not in folded:
                    folded[record] = [fold(column[record][:READ].replace(END, " ")) for column in texts]
                where = _place(self.learned.terms[what], folded[record])
                rows.append((record, int(self.learned.trained[place]), LEARNED, what, *where, 1))
        return np.array(rows, dtype=np.int64).reshape(-1, 8)

    def save(self, path: str | Path) -> Path:
        """Write it to a file (numbers and JSON, nothing that could be run) and return where.

        An encoder given as an object is not kept; give it again to ``load``.
        """
        where = Path(path)
        where = where if where.suffix == ".npz" else where.with_name(where.name + ".npz")
        head = {
            "format": _FORMAT,
            "taxonomy": self.taxonomy.model_dump(mode="json"),
            "reads": self.reads,
            "prior": self.prior.model_dump(),
            "encoder": self.encoder if isinstance(self.encoder, str) else None,
            "terms": self.learned.terms,
            "seen": sorted(self.seen),
            "record": self.record.to_dict(),
        }
        text = np.frombuffer(json.dumps(head, ensure_ascii=False, default=str).encode(), dtype=np.uint8)
        with where.open("wb") as stream:
            np.savez_compressed(stream, head=text, **{name: getattr(self.learned, name) for name in _ARRAYS})
        return where

    @classmethod
    def load(cls, path: str | Path, *, encoder: Any = None) -> Recogniser:
        """Read one from a file. Nothing in the file is run. Raises ``DataError`` if it is none, or damaged."""
        where = Path(path)
        try:
            with np.load(where, allow_pickle=False) as held:
                head = json.loads(held["head"].tobytes().decode())
                arrays = {name: held[name] for name in _ARRAYS}
            if head["format"] != _FORMAT:
                raise ValueError(f"format {head['format']!r}")
            taxonomy, prior = Taxonomy.model_validate(head["taxonomy"]), EvidencePrior.model_validate(head["prior"])
            learned = Weights(tuple(map(str, head["terms"])), **arrays)
            record = Record(**head["record"])
            _check_shapes(learned, len(taxonomy.classes), head["reads"])
            seen = frozenset(map(str, head["seen"]))
        except (OSError, KeyError, TypeError, ValueError, EOFError, ValidationError, zipfile.BadZipFile) as error:
            said = " ".join(str(error).split())[:200]
            raise DataError(
                Fault(
                    "not-a-recogniser",
                    f"the file is no recogniser that this version can read: {said}. Save it again with .save(path).",
                    f"该文件不是本版本可读的识别器：{said}。请用 .save(path) 重新保存。",
                    file=where.name,
                )
            ) from None
        return cls(taxonomy, head["reads"], learned, prior, encoder or head["encoder"], seen, (), record)

    def say(self, language: Language = "en") -> str:
        """What was learned, in a few lines."""
        own = [self.taxonomy.classes[at].code for at in self.learned.trained.tolist()]
        rest = [one.code for one in self.taxonomy.classes if one.code not in own]
        if language == "zh":
            lines = [
                f"“{self.taxonomy.title.zh}”的识别器：{self.way.zh}",
                f"训练文本 {len(self.seen):,} 种，词项 {len(self.learned.terms):,} 个",
                f"单独学习的类 {len(own)} 个：{'、'.join(own) or '无'}",
                f"标注太少、合并校准的类 {len(rest)} 个：{'、'.join(rest) or '无'}",
            ]
        else:
            lines = [
                f"recogniser for '{self.taxonomy.title.en}' by {self.way.en}",
                f"{len(self.seen):,} different texts, {len(self.learned.terms):,} terms",
                f"{len(own)} classes with weights of their own: {', '.join(own) or 'none'}",
                f"{len(rest)} classes with too few labels, calibrated together: {', '.join(rest) or 'none'}",
            ]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.say()


def train_recogniser(
    table: Any,
    labels: Any,
    taxonomy: str | Path | Mapping[str, Any] | Taxonomy,
    *,
    text: str | Sequence[str] = (),
    codes: Mapping[Scheme, str | Sequence[str]] | None = None,
    ids: str | None = None,
    reads: Reads = "words",
    encoder: Any = None,
    prior: EvidencePrior | None = None,
    seed: int = 0,
) -> Recogniser:
    """Learn the classes of a taxonomy from labelled records; see ``recognise`` for how a table is read.

    ``labels`` has one entry per record, or is a mapping from ids: codes of classes in a list or parted by ;, "none"
    for a record of none of them, ``None`` for one that was not labelled. ``reads`` chooses what is learned from beside
    phrases and codes: "words" (words and pairs of words, Chinese segmented; TF-IDF), "embeddings" (a sentence
    transformer by name or folder, or any object with ``encode``, given as ``encoder``), or "evidence" (nothing: phrases
    and codes are only calibrated). A class needs ``LEAST`` different texts to get weights of its own.

    Logistic regression one class against the rest, calibrated by cross-fitting (Platt 2000). Records of the same text
    are kept together. Raises ``DataError`` for columns, labels or a taxonomy at fault, ``MethodError`` where nothing
    is labelled.
    """
    own = as_taxonomy(taxonomy)
    cells = read_cells(table, text, codes, ids)
    truth, notes = read_labels(labels, cells, own)
    held, rows, more = labelled(cells, truth, own, reads, encoder, prior or EvidencePrior())
    learned = learn(held, seed)
    settings = {
        "taxonomy": own.code,
        "text": list(cells.text),
        "codes": {scheme: [column for of, column in cells.codes if of == scheme] for scheme, _ in cells.codes},
        "ids": ids,
        "reads": reads,
        "encoder": encoder if isinstance(encoder, str) else type(encoder).__name__ if encoder is not None else None,
        "prior": (prior or EvidencePrior()).model_dump(),
    }
    said = "\n".join(";".join(sorted(truth[row] or ())) for row in rows.tolist())
    inputs = {"table": cells.digest, "labels": digest(said), "taxonomy": taxonomy_digest(own)}
    keys = text_keys(cells)
    seen = frozenset(keys[row] for row in rows.tolist())
    record = Record("train-recogniser", settings, inputs, seed)
    found = (*cells.notes, *notes, *more)
    return Recogniser(own, reads, learned, prior or EvidencePrior(), encoder, seen, found, record)


def labelled(
    cells: Cells,
    truth: Sequence[frozenset[str] | None],
    taxonomy: Taxonomy,
    reads: Reads,
    encoder: Any,
    prior: EvidencePrior,
) -> tuple[Material, Ints, list[Fault]]:
    """What the labelled records that can be read hold, which rows they are, and what was left out."""
    unread = cells.unread
    rows = np.array([row for row, one in enumerate(truth) if one is not None and not unread[row]], dtype=np.int64)
    notes = []
    if blank := sum(one is not None and unread[row] for row, one in enumerate(truth)):
        notes.append(
            Fault(
                "labelled-but-blank",
                f"{blank} labelled records have neither text nor codes and were left out.",
                f"有 {blank} 条已标注记录既无文本也无代码，未计入。",
                severity="warning",
            )
        )
    if len(rows) < 2:
        raise FaultyValue(
            "too-few-labels",
            f'{len(rows)} records are labelled and can be read. Label some: class codes, or "none".',
            f'可读且已标注的记录仅 {len(rows)} 条。请先标注：类代码，或 "none"。',
        )
    found, _, _ = find_evidence(cells, taxonomy)
    held = material_of(cells, found, taxonomy, reads, encoder, prior)
    place = {own.code: number for number, own in enumerate(taxonomy.classes)}
    for row, classes in enumerate(truth):
        held.labels[row, [place[code] for code in classes or ()]] = True
    return held.take(rows), rows, notes


def material_of(
    cells: Cells, found: Evidence, taxonomy: Taxonomy, reads: Reads, encoder: Any, prior: EvidencePrior
) -> Material:
    """What a recogniser goes by, of every record; no labels yet."""
    if reads not in _WAYS:
        raise FaultyValue(
            "bad-option",
            f"reads is one of {', '.join(_WAYS)}; found {reads!r}.",
            f"reads 可取 {'、'.join(_WAYS)}；实际为 {reads!r}。",
        )
    shape = (len(cells), len(taxonomy.classes))
    said = read_words(cells)
    _, group = np.unique(np.array(text_keys(cells, said)), return_inverse=True)
    return Material(
        taxonomy,
        tuple(map(_with_pairs, said)) if reads == "words" else None,
        _encoded([text[:READ] for text in cells.whole], encoder) if reads == "embeddings" else None,
        found.counts(WORD, shape),
        found.counts(CODE, shape),
        by_prior(found, shape, prior),
        np.zeros(shape, dtype=bool),
        group,
    )


def text_keys(cells: Cells, said: Sequence[Sequence[str]] | None = None) -> list[str]:
    """What records of the same words share; of those without a word, of the same codes."""
    codes = [";".join(sorted(code for cell in row for code in cell)) for row in zip(*cells.codes.values(), strict=True)]
    codes = codes or [""] * len(cells)
    return [digest(" ".join(found) or "\0" + codes[row]) for row, found in enumerate(said or read_words(cells))]


def read_words(cells: Cells) -> list[list[str]]:
    """The words of each record that a trained recogniser reads."""
    return [list(words(text)) for text in fold_each([text[:READ] for text in cells.whole])]


def _with_pairs(found: Sequence[str]) -> tuple[str, ...]:
    """Words and pairs of neighbouring words."""
    return (*found, *(f"{one} {two}" for one, two in itertools.pairwise(found)))


def _encoded(texts: Sequence[str], encoder: Any) -> Floats:
    """Embeddings of length one. ``encoder`` is the name or folder of a sentence transformer, or has ``encode``."""
    if isinstance(encoder, (str, Path)):
        try:
            from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found]
        except ImportError:
            raise FaultyValue(
                "extra-missing",
                "a sentence transformer needs the extra 'embeddings': pip install 'xinzhi[embeddings]'.",
                "句向量模型需要可选组件 embeddings：pip install 'xinzhi[embeddings]'。",
            ) from None
        encoder = SentenceTransformer(str(encoder), trust_remote_code=False, model_kwargs={"use_safetensors": True})
    if not hasattr(encoder, "encode"):
        raise FaultyValue(
            "encoder-missing",
            'reads = "embeddings" needs encoder: the name or folder of a sentence transformer, or an object with '
            ".encode(texts).",
            'reads = "embeddings" 须给出 encoder：句向量模型的名称或文件夹，或带 .encode(texts) 的对象。',
        )
    vectors = np.asarray(encoder.encode(list(texts)), dtype=float)
    if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
        raise FaultyValue(
            "bad-embeddings",
            f"the encoder gave {vectors.shape} for {len(texts)} texts; one row of finite numbers each is needed.",
            f"编码器对 {len(texts)} 条文本给出 {vectors.shape}；须为每条一行有限数值。",
        )
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = vectors / np.where(length > 0, length, 1.0)
    return unit


def _place(term: str, folded: Sequence[Any]) -> tuple[int, int, int]:
    """Column, start and end of the first place where a learned term stands as it is; -1 if its words are parted."""
    for column, text in enumerate(folded):
        for form in (term, term.replace(" ", "")):
            if found := re.search(rf"(?<![a-z0-9]){re.escape(form)}(?![a-z0-9])", text.text):
                return column, int(text.place[found.start()]), int(text.place[found.end() - 1]) + 1
    return 0, -1, -1


def _check_shapes(learned: Weights, classes: int, reads: str) -> None:
    """Raises ``ValueError`` if the numbers of a file do not belong together."""
    many = len(learned.trained)
    width = learned.weights.shape[1] if learned.weights.ndim == 2 else -1
    sound = (
        reads in _WAYS
        and all(np.isfinite(getattr(learned, name)).all() for name in _ARRAYS)
        and learned.sigmoid.shape == (classes, 2)
        and learned.base.shape == (classes,)
        and learned.weights.shape[0] == many
        and learned.intercept.shape == (many,)
        and learned.idf.shape == (len(learned.terms),)
        and (not many or (learned.trained.min() >= 0 and learned.trained.max() < classes))
        and (not many or reads != "words" or width == len(learned.terms) + 2 * classes)
    )
    if not sound:
        raise ValueError("its parts do not fit together")
