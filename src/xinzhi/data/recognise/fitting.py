"""Learning classes from labelled records: weights of terms, and probabilities that are right as often as they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import expit, logit

from xinzhi.core.labels import Floats
from xinzhi.data.numbers import Ints
from xinzhi.data.recognise.evidence import with_those_above
from xinzhi.data.records import Bools
from xinzhi.data.taxonomies import Taxonomy

LEAST = 8  # different texts of a class, and outside it, before its own weights are learned
INNER = 5  # parts in which decisions are made by weights learned on the others, to calibrate them
_STRENGTH = 10.0  # C of the logistic regression: the inverse of how hard weights are held down


@dataclass(frozen=True)
class Material:
    """What is learned from: records in one order in every part.

    ``docs`` are terms of each record, or ``vectors`` an embedding of it, or neither; ``words`` and ``codes`` count the
    evidence for each class, ``prior`` is its probability by it; ``labels`` is records × classes; records of the same
    text are of one ``group``.
    """

    taxonomy: Taxonomy
    docs: tuple[tuple[str, ...], ...] | None
    vectors: Floats | None
    words: sp.csr_array[np.float64]
    codes: sp.csr_array[np.float64]
    prior: sp.csr_array[np.float64]
    labels: Bools
    group: Ints

    def take(self, rows: Ints) -> Material:
        """Some records."""
        return replace(
            self,
            docs=None if self.docs is None else tuple(self.docs[row] for row in rows.tolist()),
            vectors=None if self.vectors is None else self.vectors[rows],
            words=self.words[rows],
            codes=self.codes[rows],
            prior=self.prior[rows],
            labels=self.labels[rows],
            group=self.group[rows],
        )


@dataclass(frozen=True)
class Weights:
    """What was learned: weights of terms and evidence for ``trained`` classes, and how decisions become probabilities.

    ``terms`` with their ``idf`` are the first columns of ``weights`` (or the numbers of an embedding are), then come
    phrases and codes for each class. ``sigmoid`` holds slope and offset for each class; where a class has no weights
    of its own they are those of all classes by the prior, and ``base`` is its share of records without evidence.
    """

    terms: tuple[str, ...]
    idf: Floats
    weights: Floats
    intercept: Floats
    trained: Ints
    sigmoid: Floats
    base: Floats

    def features(self, material: Material) -> sp.csr_array[np.float64]:
        """Records × columns of the weights."""
        parts = [np.minimum(material.words.toarray(), 2.0), np.minimum(material.codes.toarray(), 1.0)]
        read: list[Any] = [] if material.vectors is None else [sp.csr_array(material.vectors)]
        if material.docs is not None:
            read = [_vectorizer(self.terms, self.idf).transform(material.docs)]
        whole: sp.csr_array[np.float64] = sp.csr_array(sp.hstack([*read, *map(sp.csr_array, parts)]))
        return whole

    def decide(self, material: Material) -> Floats:
        """Decisions records × classes; nan for classes without weights."""
        decisions = np.full(material.labels.shape, np.nan)
        if len(self.trained):
            decisions[:, self.trained] = self.features(material) @ self.weights.T + self.intercept
        return decisions

    def probability(self, material: Material) -> Floats:
        """Probabilities records × classes, none smaller than that of a class below it."""
        likely = expit(self.decide(material) * self.sigmoid[:, 0] + self.sigmoid[:, 1])
        prior = material.prior.toarray()
        some = prior > 0
        by_evidence = expit(_odds(np.where(some, prior, 0.5)) * self.sigmoid[:, 0] + self.sigmoid[:, 1])
        likely = np.where(np.isnan(likely), np.where(some, by_evidence, self.base), likely)
        return with_those_above(likely, material.taxonomy)


def learn(material: Material, seed: int) -> Weights:
    """Weights from labelled records, calibrated on decisions made by weights that had not seen them.

    One logistic regression for each class that enough records have, in which rare and frequent outcomes weigh the
    same; its decisions become probabilities by a sigmoid (Platt 2000) fitted across ``INNER`` parts. For the other
    classes one sigmoid of the prior's odds is fitted to all classes together.
    """
    order = np.argsort(material.group, kind="stable")  # so that the order of the table does not matter
    material = material.take(order)
    found = _weights(material)
    held = np.full(material.labels.shape, np.nan)
    part = parts(material, INNER, seed)
    for one in range(INNER if len(found.trained) else 0):
        inside = np.flatnonzero(part == one)
        if len(inside) and len(inside) < len(part):
            held[inside] = _weights(material.take(np.flatnonzero(part != one))).decide(material.take(inside))
    common, base = _by_evidence(material)
    sigmoid = np.tile(common, (material.labels.shape[1], 1))
    useful = []
    for row, own in enumerate(found.trained.tolist()):
        known = ~np.isnan(held[:, own])
        slope, offset = platt(held[known, own], material.labels[known, own])
        if slope > 0:  # otherwise the text tells nothing of the class
            sigmoid[own] = slope, offset
            useful.append(row)
    return replace(
        found,
        weights=found.weights[useful],
        intercept=found.intercept[useful],
        trained=found.trained[useful],
        sigmoid=sigmoid,
        base=base,
    )


def parts(material: Material, many: int, seed: int) -> Ints:
    """The part each record is put in: records of one text together, those of a rare class spread over all parts."""
    groups, first = np.unique(material.group, return_index=True)
    labels = material.labels[first]
    share = np.where(labels, labels.sum(axis=0), len(groups) + 1)
    rarest = np.where(labels.any(axis=1), share.argmin(axis=1), labels.shape[1])
    shuffled = np.random.default_rng(seed).permutation(len(groups))
    dealt = shuffled[np.argsort(rarest[shuffled], kind="stable")]
    part = np.empty(len(groups), dtype=np.int64)
    part[dealt] = np.arange(len(groups)) % many
    return part[np.searchsorted(groups, material.group)]


def platt(decision: Floats, truth: Bools) -> tuple[float, float]:
    """Slope and offset of the sigmoid that turns decisions into probabilities, with Platt's (2000) softened targets."""
    yes, no = int(truth.sum()), int((~truth).sum())
    if not yes + no:
        return 0.0, 0.0
    target = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))
    centre, spread = float(decision.mean()), float(decision.std()) or 1.0
    scaled = (decision - centre) / spread

    def loss(at: Floats) -> tuple[float, Floats]:
        score = at[0] * scaled + at[1]
        off = expit(score) - target
        cost = float((np.logaddexp(0, score) - target * score).sum()) + 0.5e-6 * float(at[0] ** 2)
        return cost, np.array([(off * scaled).sum() + 1e-6 * at[0], off.sum()])

    found = minimize(loss, np.array([1.0, np.log((yes + 1) / (no + 1))]), jac=True, method="BFGS").x
    return float(found[0] / spread), float(found[1] - found[0] * centre / spread)


def _weights(material: Material) -> Weights:
    """Weights of the classes that enough of these records have."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # takes a second to load

    classes = material.labels.shape[1]
    empty = Weights((), np.zeros(0), np.zeros((0, 0)), np.zeros(0), np.zeros(0, dtype=np.int64), *_untold(classes))
    if material.docs is None and material.vectors is None:
        return empty
    if material.docs is not None:
        fitted = _vectorizer(None, None)
        try:
            fitted.fit(material.docs)
        except ValueError:  # no record holds a word
            return empty
        terms = fitted.get_feature_names_out().tolist()
        empty = replace(empty, terms=tuple(terms), idf=np.asarray(fitted.idf_, dtype=float))
    features = empty.features(material)
    trained, weights, intercepts = [], [], []
    for own in range(classes):
        truth = material.labels[:, own]
        if min(len(np.unique(material.group[truth])), len(np.unique(material.group[~truth]))) < LEAST * 0.7:
            continue
        model = LogisticRegression(C=_STRENGTH, class_weight="balanced", solver="liblinear", random_state=0)
        model.fit(features, truth)
        trained.append(own)
        weights.append(model.coef_[0])
        intercepts.append(model.intercept_[0])
    width = features.shape[1]
    return replace(
        empty,
        weights=np.array(weights).reshape(-1, width),
        intercept=np.array(intercepts, dtype=float),
        trained=np.array(trained, dtype=np.int64),
    )


def _untold(classes: int) -> tuple[Floats, Floats]:
    return np.tile([1.0, 0.0], (classes, 1)), np.zeros(classes)


def _by_evidence(material: Material) -> tuple[tuple[float, float], Floats]:
    """Slope and offset for the prior's odds in all classes, and of each class its share where nothing speaks for it."""
    prior, labels = material.prior.toarray(), material.labels
    some = prior > 0
    # As if the prior had been right on one more cell of each kind, so that few labels cannot make it certain.
    odds = _odds(np.concatenate([prior[some], [0.7, 0.7, 0.7]]))
    slope, offset = platt(odds, np.concatenate([labels[some], np.array([True, True, False])]))
    base = ((labels & ~some).sum(axis=0) + 0.5) / ((~some).sum(axis=0) + 1.0)
    return (max(slope, 0.0), offset if slope > 0 else _flat(labels[some])), base


def _odds(probability: Floats) -> Floats:
    """Log odds; certainty that is only rounding is taken back."""
    odds: Floats = logit(np.minimum(probability, 1 - 1e-6))
    return odds


def _flat(truth: Bools) -> float:
    return float(logit((truth.sum() + 2) / (len(truth) + 3)))


def _vectorizer(terms: Sequence[str] | None, idf: Floats | None) -> Any:
    """What turns terms into numbers: how often (damped) times how rare, each record of length one."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

    vocabulary = None if terms is None else {term: at for at, term in enumerate(terms)}
    made = TfidfVectorizer(analyzer=_as_they_are, vocabulary=vocabulary, sublinear_tf=True)
    if idf is not None:
        made.idf_ = idf
    return made


def _as_they_are(terms: Sequence[str]) -> Sequence[str]:
    return terms
