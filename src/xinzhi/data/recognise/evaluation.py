"""How well records are recognised, held against labels: precision, recall, and whether probabilities hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, Language
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue, Text
from xinzhi.data.numbers import Ints
from xinzhi.data.recognise.fitting import Material, learn, parts
from xinzhi.data.recognise.reading import as_taxonomy, read_cells, read_labels
from xinzhi.data.recognise.recogniser import Reads, Recogniser, labelled, text_keys
from xinzhi.data.recognise.recognising import WAY, EvidencePrior, taxonomy_digest
from xinzhi.data.records import Bools
from xinzhi.data.taxonomies import Scheme, Taxonomy

_BINS = 10
_LEVEL = 0.95
_CELLS = 2_000_000  # draws × texts at a time
_WAYS = {
    "words": Text(en="trained on words, codes and word pairs", zh="关键词、代码与词组模型（经训练）"),
    "embeddings": Text(en="trained on words, codes and embeddings", zh="关键词、代码与句向量模型（经训练）"),
    "evidence": Text(en="words and codes, held to labels", zh="关键词与代码（经标注校准）"),
}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well a recogniser did on labelled records.

    ``folds`` is into how many parts the records were put, each recognised by what was learned from the others; ``None``
    if nothing was learned from them. ``classes`` has a row for each class: labelled, found, right (counts), precision,
    recall, f1 with the bounds of their 95% intervals, missed_as_none (records of the class said to be of none) and
    found_in_none (records of none said to be of the class). ``averages`` has rows micro and macro over the classes that
    have none below them (macro over those with a labelled record), and any: whether a record is of some class at all.
    ``calibration`` has a row for each tenth of probability: how many, what was said, what was so. ``brier`` and ``ece``
    (expected calibration error) are over records × the same classes. What cannot be computed, such as the precision of
    a class that was never found, is nan.
    """

    taxonomy: Taxonomy
    way: Text
    folds: int | None
    records: int
    texts: int
    classes: pd.DataFrame
    averages: pd.DataFrame
    calibration: pd.DataFrame
    brier: float
    ece: float
    threshold: float
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """The rows of classes and averages in one table, by class."""
        return pd.concat([self.classes, self.averages])

    def say(self, language: Language = "en") -> str:
        """The report as text: a line for each class, the averages, calibration."""
        zh = language == "zh"
        if self.folds is None:
            held = "未从中学习" if zh else "nothing learned from them"
        else:
            held = f"分 {self.folds} 份轮流留出" if zh else f"each held out in one of {self.folds} parts"
        head = (
            f"“{self.taxonomy.title.zh}”识别评估：{self.way.zh}；"
            f"{self.records:,} 条记录（{self.texts:,} 种文本），{held}，阈值 {self.threshold:g}"
            if zh
            else f"recognition by '{self.taxonomy.title.en}': {self.way.en}; {self.records:,} records "
            f"({self.texts:,} different texts), {held}, threshold {self.threshold:g}"
        )
        titles = (
            ("类", "标注", "识别", "正确", "精确率", "召回率", "F1", "漏判为无", "误判自无")
            if zh
            else ("class", "labelled", "found", "right", "precision", "recall", "F1", "missed", "from none")
        )
        lines = [head, "", " | ".join(titles), " | ".join(["---"] * len(titles))]
        for name, row in self.to_frame().iterrows():
            if name in self.classes.index and not (row["labelled"] or row["found"]):
                continue
            shown = [
                _AVERAGES[str(name)][language] if str(name) in _AVERAGES else self.taxonomy[str(name)].name[language]
            ]
            shown += [_whole(row[key]) for key in ("labelled", "found", "right")]
            shown += [_bounded(row, key) for key in ("precision", "recall", "f1")]
            shown += [_whole(row[key]) for key in ("missed_as_none", "found_in_none")]
            lines.append(" | ".join(shown))
        lines += ["", f"Brier {self.brier:.4f}, ECE {self.ece:.4f}", ""]
        lines.append("概率区间 | 个数 | 平均概率 | 实际比例" if zh else "probability | how many | said | so")
        lines.append("--- | --- | --- | ---")
        for _, row in self.calibration.iterrows():
            if row["many"]:
                lines.append(
                    f"{row['from']:.1f}–{row['to']:.1f} | {row['many']:,.0f} | {row['said']:.3f} | {row['so']:.3f}"
                )
        lines += [note.say(language) for note in self.notes]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.say()


_AVERAGES = {
    "(micro)": Text(en="(micro)", zh="（微平均）"),
    "(macro)": Text(en="(macro)", zh="（宏平均）"),
    "(any)": Text(en="(any class)", zh="（任一类）"),
}


def evaluate_recogniser(
    table: Any,
    labels: Any,
    taxonomy: str | Path | Mapping[str, Any] | Taxonomy,
    *,
    text: str | Sequence[str] = (),
    codes: Mapping[Scheme, str | Sequence[str]] | None = None,
    ids: str | None = None,
    reads: Reads | None = None,
    model: Recogniser | None = None,
    encoder: Any = None,
    prior: EvidencePrior | None = None,
    threshold: float = 0.5,
    folds: int = 5,
    draws: int = 1_000,
    seed: int = 0,
) -> Evaluation:
    """Hold recognition against labels; see ``train_recogniser`` for how labels and tables are read.

    With ``reads`` a recogniser is trained on the other parts for each of ``folds`` parts of the records, so that each
    record is recognised by one that has not seen it, nor another of the same text. With ``model`` that recogniser is
    evaluated; records whose text it was trained on are left out. With neither, phrases and codes by the ``prior`` are.

    Intervals are percentiles of ``draws`` resamplings of texts with their records. Brier 1950; expected calibration
    error as in Naeini, Cooper, Hauskrecht 2015 with ten bins of equal width. Raises ``DataError`` for columns, labels
    or a taxonomy at fault, ``MethodError`` for options that do not go together.
    """
    if reads is not None and model is not None:
        raise FaultyValue(
            "bad-option",
            "either reads or model is given: to train on parts of these records, or to evaluate what is trained.",
            "reads 与 model 只能给出其一：前者在部分记录上训练，后者评估已训练的识别器。",
        )
    own = as_taxonomy(taxonomy)
    own = own if model is None else model.for_taxonomy(own)
    cells = read_cells(table, text, codes, ids)
    truth, found_notes = read_labels(labels, cells, own)
    notes = [*cells.notes, *found_notes]
    given = model.reads if model is not None else reads or "evidence"
    if model is not None:
        keys = text_keys(cells)
        again = [row for row, one in enumerate(truth) if one is not None and keys[row] in model.seen]
        truth = [None if keys[row] in model.seen else one for row, one in enumerate(truth)]
        if again:
            notes.append(
                Fault(
                    "seen-in-training",
                    f"{len(again)} labelled records have texts that the recogniser was trained on; they were left out.",
                    f"有 {len(again)} 条已标注记录的文本曾用于训练，未计入评估。",
                    severity="warning",
                )
            )
    encoder = encoder if model is None else model.encoder
    held, rows, more = labelled(cells, truth, own, given, encoder, prior or EvidencePrior())
    likely = _held_out(held, reads, model, folds, seed)
    way = model.way if model is not None else WAY if reads is None else _WAYS[reads]
    said = "\n".join(";".join(sorted(truth[row] or ())) for row in rows.tolist())
    settings = {
        "text": list(cells.text),
        "codes": {scheme: [column for of, column in cells.codes if of == scheme] for scheme, _ in cells.codes},
        "reads": reads,
        "model": None if model is None else model.digest,
        "prior": (prior or EvidencePrior()).model_dump(),
        "threshold": threshold,
        "folds": folds,
        "draws": draws,
    }
    inputs = {"table": cells.digest, "labels": digest(said), "taxonomy": taxonomy_digest(own)}
    leaves = np.array([one in own.leaves for one in own.classes])
    chosen = likely >= threshold
    classes, averages = _scores(held, chosen, leaves, draws, seed)
    table_of, brier, ece = _calibration(likely[:, leaves], held.labels[:, leaves])
    return Evaluation(
        own,
        way,
        folds if reads is not None else None,
        len(rows),
        len(np.unique(held.group)),
        classes,
        averages,
        table_of,
        brier,
        ece,
        threshold,
        (*notes, *more),
        Record("evaluate-recogniser", settings, inputs, seed),
    )


def _held_out(held: Material, reads: Reads | None, model: Recogniser | None, folds: int, seed: int) -> Floats:
    """Probabilities of every record by what has not learned from it."""
    if model is not None:
        return model.learned.probability(held)
    if reads is None:
        return held.prior.toarray()
    likely = np.zeros(held.labels.shape)
    part = parts(held, folds, seed)
    for one in range(folds):
        inside = np.flatnonzero(part == one)
        if len(inside):
            likely[inside] = learn(held.take(np.flatnonzero(part != one)), seed).probability(held.take(inside))
    return likely


def _scores(held: Material, chosen: Bools, leaves: Bools, draws: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of classes and of averages, with intervals from resampled texts."""
    truth = held.labels
    anything = np.column_stack([truth.any(axis=1), chosen.any(axis=1)])
    groups, group = np.unique(held.group, return_inverse=True)
    # Counts by text: labelled, found and right for each class, then for "any".
    counts = np.stack(
        [
            np.column_stack([truth, anything[:, 0]]),
            np.column_stack([chosen, anything[:, 1]]),
            np.column_stack([truth & chosen, anything.all(axis=1)]),
        ]
    ).astype(float)
    by_text = np.zeros((3, len(groups), counts.shape[2]))
    for which in range(3):
        np.add.at(by_text[which], group, counts[which])
    rng = np.random.default_rng(seed)
    share = np.full(len(groups), 1 / len(groups))
    at_once = max(1, _CELLS // len(groups))
    drawn = [
        np.einsum("dg,kgc->kdc", rng.multinomial(len(groups), share, size=min(at_once, draws - first)), by_text)
        for first in range(0, draws, at_once)
    ]
    resampled = np.concatenate([np.zeros((3, 0, counts.shape[2])), *drawn], axis=1)
    whole = by_text.sum(axis=1)[:, None, :]
    values, spread = (_with_averages(of, leaves) for of in (whole, resampled))
    codes = [own.code for own in held.taxonomy.classes]
    names = [*codes, *_AVERAGES]
    table = pd.DataFrame(index=pd.Index(names, name="class"))
    for at, key in enumerate(("labelled", "found", "right")):
        table[key] = values[at][0]
    for at, key in enumerate(("precision", "recall", "f1"), start=3):
        low, high = _bounds(spread[at])
        table[key], table[f"{key}_low"], table[f"{key}_high"] = values[at][0], low, high
    missed = (truth & ~anything[:, 1:]).sum(axis=0)
    from_none = (chosen & ~anything[:, :1]).sum(axis=0)
    ends = (anything[:, 0] & ~anything[:, 1]).sum(), (anything[:, 1] & ~anything[:, 0]).sum()
    table["missed_as_none"] = [*missed, np.nan, np.nan, ends[0]]
    table["found_in_none"] = [*from_none, np.nan, np.nan, ends[1]]
    return table.loc[codes], table.loc[list(_AVERAGES)]


def _with_averages(counts: Floats, leaves: Bools) -> list[Floats]:
    """Labelled, found, right, precision, recall and F1 (draws × classes) with micro, macro and any as last columns."""
    every = counts[:, :, :-1]
    own = every[:, :, leaves]
    whole = np.concatenate([every, own.sum(axis=2, keepdims=True)], axis=2)
    any_ = counts[:, :, -1:]
    ratios, last = _ratios(whole), _ratios(any_)
    by_leaf = _ratios(own)
    labelled_ones = own[0] > 0
    macro = []
    for ratio in by_leaf:
        # A class that was never found has no precision, and a recall and F1 of nought.
        kept = np.where(labelled_ones, ratio, np.nan)
        many = (~np.isnan(kept)).sum(axis=1)
        macro.append(np.where(many > 0, np.nansum(kept, axis=1) / np.maximum(many, 1), np.nan)[:, None])
    blank = np.full((counts.shape[1], 1), np.nan)
    amounts = [np.concatenate([whole[at], blank, any_[at]], axis=1) for at in range(3)]
    return [*amounts, *(np.concatenate(three, axis=1) for three in zip(ratios, macro, last, strict=True))]


def _ratios(counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 of counts labelled, found and right; nan where there is nothing to divide by."""
    asked, found, right = counts
    with np.errstate(invalid="ignore", divide="ignore"):
        return right / found, right / asked, np.where(asked > 0, 2 * right / (asked + found), np.nan)


def _bounds(drawn: Floats) -> tuple[Floats, Floats]:
    """Percentiles of each column over the draws in which it could be computed."""
    low = np.full(drawn.shape[1], np.nan)
    high = low.copy()
    tail = (1 - _LEVEL) / 2
    for column in range(drawn.shape[1]):
        known = drawn[~np.isnan(drawn[:, column]), column]
        if len(known):
            low[column], high[column] = np.quantile(known, [tail, 1 - tail])
    return low, high


def _calibration(likely: Floats, truth: Bools) -> tuple[pd.DataFrame, float, float]:
    """The table of calibration, the Brier score and the expected calibration error."""
    said, so = likely.ravel(), truth.ravel().astype(float)
    place: Ints = np.minimum((said * _BINS).astype(np.int64), _BINS - 1)
    many = np.bincount(place, minlength=_BINS)
    with np.errstate(invalid="ignore"):
        mean_said = np.bincount(place, said, _BINS) / many
        mean_so = np.bincount(place, so, _BINS) / many
    edges = np.arange(_BINS + 1) / _BINS
    table = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "many": many, "said": mean_said, "so": mean_so})
    ece = float(np.nansum(many * np.abs(mean_said - mean_so)) / max(many.sum(), 1))
    return table, float(((said - so) ** 2).mean()), ece


def _whole(value: float) -> str:
    return "" if np.isnan(value) else f"{value:,.0f}"


def _bounded(row: pd.Series[float], key: str) -> str:
    if np.isnan(row[key]):
        return "–"
    return f"{row[key]:.2f} [{row[f'{key}_low']:.2f}, {row[f'{key}_high']:.2f}]"
