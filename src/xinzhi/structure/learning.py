"""From transitions that are over to a model of entry: what is chosen, on what, and what it says of missing links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import expit

from xinzhi.core.labels import Floats
from xinzhi.structure.prospects import PAIRS, PAIRS_OF_HISTORY, Prospects
from xinzhi.structure.ridge import Logit, Ridge
from xinzhi.structure.scores import Bools
from xinzhi.structure.splines import Splines

PENALTIES = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0)
FOLDS = 5
# More cells than this teach no more curves of six splines; every n-th is taken then.
_ENOUGH = 400_000
_ENOUGH_TO_CHOOSE = 70_000
# Surfaces and curves alone are averaged where the one does hardly worse than the other on the check.
_HARDLY = 1.01
NULL = ("diversity", "ubiquity")


@dataclass(frozen=True, eq=False)
class Lesson:
    """A transition that is over: what was known of its missing links, and which were taken up."""

    prospects: Prospects
    happened: Bools

    def relative(self) -> Lesson:
        """The same with features relative to this transition."""
        return Lesson(self.prospects.relative(), self.happened)

    def part(self, which: Bools) -> Lesson:
        """Some of its cells."""
        given = self.prospects
        some = Prospects(given.names, given.features[which], given.rows[which], given.columns[which])
        return Lesson(some, self.happened[which])


@dataclass(frozen=True)
class Choice:
    """How smooth the model is, and whether surfaces of pairs are in it; ``loss`` is the mean log loss on the check."""

    penalty: float
    pairs: bool
    loss: float


@dataclass(frozen=True, eq=False)
class Model:
    """Log odds of entry from features: splines of those that ``names`` says, and a logit of them."""

    names: tuple[str, ...]
    splines: Splines
    ridge: Ridge

    def odds(self, given: Prospects) -> Floats:
        """The log odds of entry of every cell."""
        at = [given.names.index(name) for name in self.names]
        found = np.empty(len(given.rows))
        for start in range(0, len(found), _ENOUGH):
            span = slice(start, start + _ENOUGH)
            found[span] = self.ridge.odds(self.splines.columns(given.features[span][:, at]))
        return found


@dataclass(frozen=True, eq=False)
class Mixture:
    """Models whose log odds are averaged: curves alone, and curves with surfaces, each as smooth as was best."""

    models: tuple[Model, ...]
    choices: tuple[Choice, ...]

    def probabilities(self, given: Prospects) -> Floats:
        """The probability of entry of every cell."""
        odds = [model.odds(given) for model in self.models]
        return np.asarray(expit(np.mean(odds, axis=0)))


def learned(lessons: Sequence[Lesson], tried: Sequence[Choice]) -> Mixture:
    """The models of the best choice with surfaces and the best without, fitted to all lessons together.

    One that did worse on the check by more than 1 % of its loss is left out.
    """
    first = [next(choice for choice in tried if choice.pairs is pairs) for pairs in (False, True)]
    best = [choice for choice in first if choice.loss <= tried[0].loss * _HARDLY]
    names, features, happened = together(lessons)
    models = []
    for choice in best:
        splines = Splines.over(features, _pairs(names) if choice.pairs else ())
        models.append(Model(names, splines, Logit(splines.columns(features), happened).fit(choice.penalty)))
    return Mixture(tuple(models), tuple(best))


def chosen(lessons: Sequence[Lesson], seed: int) -> tuple[Choice, ...]:
    """Every choice tried, the best first: judged on the last lesson by a model of those before it.

    Of a single lesson, one of the folds of its regions is judged by a model of the others.
    """
    training, check = list(lessons[:-1]), lessons[-1]
    if not training:
        apart = folds(check, seed)[0]
        training, check = [check.part(~apart)], check.part(apart)
    names, features, happened = together(training, _ENOUGH_TO_CHOOSE)
    at = [check.prospects.names.index(name) for name in names]
    asked = check.prospects.features[:, at]
    tried = []
    for pairs in (False, True):
        splines = Splines.over(features, _pairs(names) if pairs else ())
        logit, unseen = Logit(splines.columns(features), happened), splines.columns(asked)
        near = None
        for penalty in PENALTIES:
            near = logit.fit(penalty, near, precise=1e-7)
            odds = near.odds(unseen)
            tried.append(Choice(penalty, pairs, float((np.logaddexp(0, odds) - check.happened * odds).mean())))
    return tuple(sorted(tried, key=lambda choice: choice.loss))


def folds(lesson: Lesson, seed: int) -> list[Bools]:
    """The cells of each fold of regions, which are dealt out at random; folds that would be empty are none."""
    used, at = np.unique(lesson.prospects.rows, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(used)) % FOLDS
    return [fold[at] == one for one in range(min(FOLDS, len(used)))]


def null_probabilities(lessons: Sequence[Lesson], given: Prospects) -> Floats:
    """Probabilities of a logit on log(1 + diversity) and log(1 + ubiquity) alone."""
    columns = np.concatenate([_margins(lesson.prospects) for lesson in lessons])
    middle, spread = columns.mean(axis=0), columns.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    happened = np.concatenate([lesson.happened for lesson in lessons])
    found = Logit(sparse.csr_array((columns - middle) / scale), happened).fit(1e-3)
    return np.asarray(expit(found.odds(sparse.csr_array((_margins(given) - middle) / scale))))


def together(lessons: Sequence[Lesson], enough: int = _ENOUGH) -> tuple[tuple[str, ...], Floats, Floats]:
    """The features that vary in the lessons, their values, and what happened; thinned evenly where there are many."""
    features = np.concatenate([lesson.prospects.features for lesson in lessons])
    happened = np.concatenate([lesson.happened for lesson in lessons]).astype(float)
    every = -(-len(happened) // enough)
    features, happened = features[::every], happened[::every]
    known = ~np.isnan(features)
    low = np.where(known, features, np.inf).min(axis=0, initial=np.inf)
    high = np.where(known, features, -np.inf).max(axis=0, initial=-np.inf)
    varies = high > low
    names = lessons[0].prospects.names
    return tuple(name for name, kept in zip(names, varies, strict=True) if kept), features[:, varies], happened


def _pairs(names: tuple[str, ...]) -> list[tuple[int, int]]:
    """The positions of the pairs of features whose surfaces are fitted, of those there are."""
    every = (*PAIRS, *PAIRS_OF_HISTORY)
    return [(names.index(one), names.index(other)) for one, other in every if one in names and other in names]


def _margins(given: Prospects) -> Floats:
    return np.column_stack([given.of(name) for name in NULL])
