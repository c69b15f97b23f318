"""Which missing links will be taken up next: a forecast that has been tested on a later period, beside its null."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from xinzhi.core.errors import Fault, Language, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import Text
from xinzhi.structure.backtest import Backtest, judged
from xinzhi.structure.complexity import Presence, laid, presented, recorded
from xinzhi.structure.crossed import ACTIVITY, Csr, level_within, one_of
from xinzhi.structure.entry import Transition, transitions
from xinzhi.structure.learning import (
    Choice,
    Lesson,
    Mixture,
    chosen,
    folds,
    learned,
    null_probabilities,
)
from xinzhi.structure.links import Links, Period
from xinzhi.structure.presence import presence as present_in
from xinzhi.structure.prospects import Known, Prospects, Values, prospects

__all__ = ["Forecast", "backtest", "forecast"]

F = TypeVar("F", bound=Callable[..., Any])


def _alone(function: F) -> F:
    """Run with linear algebra on one thread.

    In many small regressions threads would only wait for one another, and how many there are would show in the last
    digits, which must be the same on machines of any size.
    """
    return cast(F, threadpool_limits.wrap(limits=1, user_api="blas")(function))


@dataclass(frozen=True, eq=False)
class Forecast:
    """The probability that each missing link of ``period`` is taken up by the next period, as far ahead again.

    ``tested`` says how well the same recipe did on the last transition that is over, beside its null. ``tried`` lists
    every choice of smoothness with its mean log loss on transitions that are over; the best is used.
    """

    period: Period
    links: Links
    prospects: Prospects
    probability: Floats
    null: Floats
    tested: Backtest
    model: Mixture
    tried: tuple[Choice, ...]
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self, language: Language = "en") -> pd.DataFrame:
        """Every missing link, the most probable first.

        Columns: region, region_name, activity, activity_name, probability, null (the probability that diversity and
        ubiquity alone give), diversity_ubiquity (their product), density.
        """
        rows, columns = self.prospects.rows, self.prospects.columns
        frame = pd.DataFrame(
            {
                REGION: self.links.regions[rows],
                "region_name": self.links.names("region", language)[rows],
                ACTIVITY: self.links.activities[columns],
                "activity_name": self.links.names("activity", language)[columns],
                "probability": self.probability,
                "null": self.null,
                "diversity_ubiquity": np.rint(np.expm1(self.prospects.of("diversity × ubiquity"))),
                "density": self.prospects.of("density"),
            }
        )
        return frame.sort_values("probability", ascending=False, kind="stable", ignore_index=True)

    def __repr__(self) -> str:
        top = self.to_frame().head(3)
        likely = ", ".join(f"{row.region} × {row.activity} {row.probability:.0%}" for row in top.itertuples())
        return "\n".join(
            [
                f"Forecast: entry after {self.period}, {len(self.probability)} missing links, "
                f"{self.probability.sum():.0f} entries expected",
                f"  most probable: {likely}",
                f"  {self.tested.say('en')}",
                f"  learned from {self.record.settings['learned_from']}; notes: {len(self.notes)}",
            ]
        )


@_alone
def forecast(
    links: Any,
    *,
    presence: Presence = None,
    values: Values = "amounts",
    learn_from: Sequence[Any] = (),
    level: float = 0.95,
    seed: int = 7,
) -> Forecast:
    """Tell how probable it is that each missing link of the last period is taken up by the next.

    ``links`` are ``Links`` of at least two periods, or a mapping of periods to tables of region × activity, in order
    of time and equally far apart. ``values`` says what the numbers are: ``"amounts"`` (counts, money, ones) or location
    ``"quotients"``, whose amounts are gone. ``presence`` is who counts as having what, as in ``complexity``; without
    it quotients count from 1 on. Candidates are the missing links of regions and activities that have something.
    ``learn_from`` are links of other fields or places, with the same values and presence, that are learned from too.

    A penalised logit on B-splines of some twenty features, alone and with surfaces of pairs; smoothness is chosen on
    the last transition that is over, from a model of those before it, and all are then learned from together. With
    one transition, regions are dealt into folds, and each is judged by a model of the others. What is told of the test
    comes from a model that had not seen it. Deterministic for a ``seed``. Raises ``MethodError``.
    """
    given, elsewhere = _given(links, presence, values, learn_from, level)
    tested = _tested(given, elsewhere, level, seed)
    every = [*(lesson for one in elsewhere for lesson in one.lessons()), *given.lessons()]
    lessons = _comparable(_telling(every), elsewhere)
    rows, columns = given.missing(len(given.known) - 1)
    last = given.values.periods[-1]
    if not len(rows):
        raise MethodError(_nothing_missing(last, given.known[-1].held))
    tried = chosen(lessons, seed)
    model = learned(lessons, tried)
    asked = prospects(given.known, rows, columns, values)
    told = asked.relative() if elsewhere else asked
    learned_from = f"{len(lessons)} transitions" if len(lessons) > 1 else "1 transition"
    settings = {"presence": given.how, "values": values, "learned_from": learned_from, "level": level}
    record = recorded("forecast", settings, given.amounts, None, given.values)
    inputs = record.inputs | {
        f"learn_from {at}": digest(recorded("links", {}, one.amounts, None, one.values).to_json())
        for at, one in enumerate(elsewhere, 1)
    }
    return Forecast(
        last,
        given.values,
        asked,
        model.probabilities(told),
        null_probabilities(lessons, told),
        tested,
        model,
        tried,
        (*tested.notes, *_unequal(given.values)),
        replace(record, inputs=inputs, seed=seed),
    )


@_alone
def backtest(
    links: Any,
    *,
    presence: Presence = None,
    values: Values = "amounts",
    learn_from: Sequence[Any] = (),
    level: float = 0.95,
    seed: int = 7,
) -> Backtest:
    """Forecast the last transition as if it were not over yet, and score the forecast beside its null.

    Arguments as in ``forecast``. Learned from every earlier transition of ``links`` and all of ``learn_from``; where
    there is neither, from the other regions of the same transition, fold by fold, and the result says so: that tells
    how well regions that were not seen are told from those that were, not what a later period brings.
    Raises ``MethodError``.
    """
    given, elsewhere = _given(links, presence, values, learn_from, level)
    return _tested(given, elsewhere, level, seed)


@dataclass(frozen=True, eq=False)
class Given:
    """What was given: amounts, who has what, how that was told, and the steps from period to period."""

    amounts: Links
    values: Links
    how: Any
    kind: Values
    steps: tuple[Transition, ...]
    known: tuple[Known, ...]

    @classmethod
    def of(cls, links: Any, presence: Presence, kind: Values) -> Given:
        """Links or tables, settled and checked."""
        amounts = laid(links)
        if presence is None and kind == "quotients":
            values: Links = present_in(amounts, "count", at_least=1.0)
            how: Any = values.record.settings
        else:
            values, how = presented(amounts, "forecast", presence)
        steps = transitions(values)
        held = [one.held for one in steps] + [steps[-1].later]
        known = tuple(Known(matrix, has) for matrix, has in zip(amounts.values, held, strict=True))
        return cls(amounts, values, how, kind, steps, known)

    def missing(self, at: int) -> Any:
        """Rows and columns of the missing links of a period."""
        if at < len(self.steps):
            return self.steps[at].missing()
        last = self.values.periods[-1]
        return Transition(last, last, self.known[at].held, self.known[at].held).missing()

    def lessons(self) -> list[Lesson]:
        """What every transition that is over teaches."""
        return [self.lesson(at) for at in range(len(self.steps))]

    def lesson(self, at: int) -> Lesson:
        """What one transition teaches."""
        rows, columns = self.missing(at)
        asked = prospects(self.known[: at + 1], rows, columns, self.kind)
        return Lesson(asked, self.steps[at].entered.toarray()[rows, columns] > 0)


def _given(
    links: Any, presence: Presence, values: Values, learn_from: Sequence[Any], level: float
) -> tuple[Given, list[Given]]:
    """What is forecast and what else is learned from, once the options are checked. Raises ``MethodError``."""
    one_of("values", values, Values)
    level_within(level)
    if isinstance(learn_from, (Links, Mapping)):
        raise MethodError(
            Fault(
                "bad-option",
                f"learn_from is a list of links, such as [links]; found {type(learn_from).__name__}.",
                f"learn_from 须为关联数据的列表，如 [links]；实际为 {type(learn_from).__name__}。",
            )
        )
    return Given.of(links, presence, values), [Given.of(one, presence, values) for one in learn_from]


def _tested(given: Given, elsewhere: Sequence[Given], level: float, seed: int) -> Backtest:
    """The forecast of the last transition by what was known before it, scored."""
    own = given.lessons()
    every = _comparable([*(lesson for one in elsewhere for lesson in one.lessons()), *own], elsewhere)
    test, earlier = every[-1], _telling(every[:-1])
    step = given.steps[-1]
    if not len(test.happened):
        raise MethodError(_nothing_missing(step.before, step.held))
    name = f"{step.before} → {step.after}"
    _check(earlier or [test], name)
    if earlier:
        model = learned(earlier, chosen(earlier, seed))
        said, null = model.probabilities(test.prospects), null_probabilities(earlier, test.prospects)
        many = len(earlier)
        how = Text(
            en=f"learned from {many} {'transition' if many == 1 else 'transitions'} before it or elsewhere",
            zh=f"由此前或其他领域的 {many} 次转换学习",
        )
    else:
        said, null = np.empty(len(test.happened)), np.empty(len(test.happened))
        for fold in folds(test, seed):
            others, mine = test.part(~fold), test.part(fold).prospects
            _check([others], name)
            said[fold] = learned([others], chosen([others], seed)).probabilities(mine)
            null[fold] = null_probabilities([others], mine)
        how = Text(
            en="no earlier transition: each fold of regions by a model of the other regions in the same transition",
            zh="无更早的转换：按地区分折，各折由同一转换中其他地区的模型预测",
        )
    return judged(own[-1], said, null, name, how, level, seed)


def _comparable(lessons: list[Lesson], elsewhere: Sequence[Given]) -> list[Lesson]:
    """Lessons of several fields as features relative to each transition: what is many in one is few in another."""
    return [lesson.relative() for lesson in lessons] if elsewhere else lessons


def _telling(lessons: Sequence[Lesson]) -> list[Lesson]:
    """The lessons that have missing links: a period in which every region has everything teaches nothing."""
    return [lesson for lesson in lessons if len(lesson.happened)]


def _check(lessons: Sequence[Lesson], name: str) -> None:
    """Raise ``MethodError`` where there is nothing to tell apart: no cells, no entry, or nothing but entries."""
    cells = sum(len(lesson.happened) for lesson in lessons)
    happened = sum(int(lesson.happened.sum()) for lesson in lessons)
    if cells and 0 < happened < cells:
        return
    raise MethodError(
        Fault(
            "nothing-to-learn",
            f"{name}: a forecast learns from missing links that were taken up and others that were not; found "
            f"{happened} taken up of {cells}. Use periods further apart, or another presence.",
            f"{name}：预测须从“进入”与“未进入”两类缺失关联中学习；实际 {cells} 个缺失关联中进入 {happened} 个。"
            "请采用间隔更长的时期，或改变优势判定。",
        )
    )


def _nothing_missing(period: Period, held: Csr) -> Fault:
    if not held.nnz:
        return Fault(
            "no-links",
            f"{period}: no region has anything, so there is nothing to tell entries from. Bring in what is missing, or "
            "leave the period out.",
            f"{period}：没有任何地区拥有任何活动，无从预测进入。请补充数据，或剔除该期。",
        )
    return Fault(
        "no-missing-links",
        f"{period}: every region has every activity there is, so nothing is left to enter. Use a stricter presence.",
        f"{period}：所有地区均已拥有全部活动，无可进入者。请采用更严格的优势判定。",
    )


def _unequal(values: Links) -> tuple[Fault, ...]:
    """A notice where periods are numbers that do not follow at the same distance."""
    if not all(isinstance(period, int) for period in values.periods):
        return ()
    gaps = np.diff(np.array(values.periods, dtype=float))
    if (gaps == gaps[0]).all():
        return ()
    told = ", ".join(map(str, values.periods))
    return (
        Fault(
            "unequal-periods",
            f"periods are not equally far apart ({told}): entry over a longer time is more probable.",
            f"各期间隔不等（{told}）：间隔越长，进入概率越高。",
            severity="warning",
        ),
    )
