"""The paper's claims as experiments: what it says, the contrast that would show it, and what was found.

All worlds of a draw share their luck, so an effect is taken draw by draw. How a verdict is reached is fixed here,
before any run. What an equation assumes is called built in and is no evidence, however clearly it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import Text
from xinzhi.simulate.contrasts import Claim, conditions_of, read_claims, world_of
from xinzhi.simulate.evidence import MEASURES, evidence
from xinzhi.simulate.history import SERIES
from xinzhi.simulate.knobs import Knobs
from xinzhi.simulate.policy import Policy
from xinzhi.simulate.run_files import start_digest
from xinzhi.simulate.spreads import paired

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from xinzhi.simulate.ensemble import Tell, Workers
    from xinzhi.simulate.world import Start

    Floats = NDArray[np.float64]

__all__ = ["Claim", "Claims", "Effect", "Judged", "claims", "judged", "read_claims"]

Verdict = Literal["holds", "depends", "undecided", "fails", "built-in"]
Sign = Literal[-1, 0, 1]

SHORTEST = 20  # years; the claims' levers are dated within them


def claims(
    start: Start,
    knobs: Knobs | Sequence[Knobs] | None = None,
    *,
    of: Iterable[Claim] | None = None,
    draws: int = 12,
    firms: int = 5_000,
    years: int = 25,
    seed: int = 7,
    level: float = 0.95,
    workers: Workers = None,
    store: Path | str | None = None,
    tell: Tell | None = None,
) -> Claims:
    """Try claims on worlds that begin from ``start``: each contrast as usual and under each of its conditions.

    ``of`` are the claims, those of the paper unless others are given; ``knobs`` one set, or several (a posterior) that
    are shuffled and dealt to the draws in turn. A world that several contrasts need is grown once; with a ``store``,
    once for all. Effects are means over draws of differences within a draw, with Student's t interval of ``level``,
    clustered where draws share knobs. Raises ``MethodError``, every fault at once, for fewer than 3 draws, fewer than
    20 years, a level outside (0, 1), and settings that a world refuses.
    """
    from xinzhi.simulate.ensemble import Task, ensemble

    chosen = tuple(read_claims() if of is None else of)
    sets = (knobs or Knobs(),) if knobs is None or isinstance(knobs, Knobs) else tuple(knobs)
    if faults := tuple(_faults(draws, years, level, sets, chosen)):
        raise MethodError(faults)
    origin = start_digest(start)
    dealt = np.resize(np.random.default_rng(seed).permutation(len(sets)), draws)
    groups = dealt if len(sets) > 1 else np.arange(draws)  # draws that share knobs are not independent, unless all do
    settings: dict[str, dict[str, Any]] = {}  # one world, one key: contrasts share their worlds
    plans: list[list[list[tuple[float, list[str]]]]] = []
    common = {"start": origin, "firms": firms, "years": years}
    for claim in chosen:
        plans.append([])
        for condition in conditions_of(claim):
            terms = []
            for arm in claim.arms:
                worlds = [world_of(start, arm, condition, sets[dealt[at]], years) for at in range(draws)]
                about = [world | common | {"seed": seed + at} for at, world in enumerate(worlds)]
                keys = [digest(repr(sorted(one.items()))) for one in about]
                settings.update(zip(keys, about, strict=True))
                terms.append((arm.weight, keys))
            plans[-1].append(terms)
    tasks = [
        Task(one, f"world {at + 1} of the claims", f"观点检验第 {at + 1} 个世界")
        for at, one in enumerate(settings.values())
    ]
    with ensemble(partial(leave, start), tasks, workers=workers, store=store, tell=tell) as runs:
        series = dict(zip(settings, runs.each("series"), strict=True))
        measures = dict(zip(settings, runs.each("measures"), strict=True))
        inputs = {"start": origin, "runs": runs.digest}
    found = tuple(
        judged(claim, [_effects(claim, terms, series, measures) for terms in plan], groups, level)
        for claim, plan in zip(chosen, plans, strict=True)
    )
    asked = {"claims": [claim.name for claim in chosen], "draws": draws, "firms": firms, "years": years, "level": level}
    asked["knobs"] = [one.model_dump() for one in sets]
    return Claims(
        found, start.name, years, firms, draws, len(settings), level, Record("claims", asked, inputs, seed=seed)
    )


def _faults(draws: int, years: int, level: float, sets: Sequence[Knobs], chosen: Sequence[Claim]) -> Iterator[Fault]:
    if draws < 3:
        yield Fault(
            "too-few-draws",
            f"{draws} draws give no interval worth having; claims need at least 3, better 12.",
            f"{draws} 次抽取无法给出可用的区间；观点检验至少需要 3 次，最好 12 次。",
        )
    if years < SHORTEST:
        yield Fault(
            "too-few-years",
            f"{years} years are too short for the claims, whose levers are dated within {SHORTEST}; give that many.",
            f"{years} 年对观点检验过短，其政策工具的日期在 {SHORTEST} 年之内；请至少给 {SHORTEST} 年。",
        )
    if not 0.0 < level < 1.0:
        yield Fault(
            "level", f"the level is {level}; it lies between 0 and 1.", f"置信水平为 {level}；应在 0 与 1 之间。"
        )
    if not sets:
        yield Fault("no-knobs", "no set of knobs is given; give one or more.", "没有给出参数组；请至少给一组。")
    if not chosen:
        yield Fault("no-claims", "no claim is given; give one or more.", "没有给出观点；请至少给一个。")


def leave(start: Start, settings: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Grow one world and keep what the claims ask: yearly means (years, SERIES) and the measures."""
    from xinzhi.simulate.story import grow
    from xinzhi.simulate.world import found_world

    levels: dict[str, Any] = {name: np.asarray(values, dtype=float) for name, values in settings["levels"].items()}
    begun = replace(start, **levels)
    world = found_world(begun, Knobs(**settings["knobs"]), firms=settings["firms"], seed=settings["seed"])
    history = grow(world, 4 * settings["years"], Policy.model_validate(settings["policy"]))
    yearly = history.national.reshape(settings["years"], 4, -1).mean(axis=1)
    return {"series": yearly, "measures": evidence(history, start)}


def _effects(
    claim: Claim,
    terms: Iterable[tuple[float, Sequence[str]]],
    series: Mapping[str, Floats],
    measures: Mapping[str, Floats],
) -> Floats:
    """The effect draw by draw: the weighted sum of the outcome over the arms."""
    total: Any = 0.0
    for weight, keys in terms:
        if claim.outcome in MEASURES:
            at = list(MEASURES).index(claim.outcome)
            values = np.array([measures[key][at] for key in keys])
        else:
            at = list(SERIES).index(claim.outcome)
            values = np.array([series[key][-claim.last :, at].mean() for key in keys])
        total = total + weight * (np.log(values) if claim.logs else values)
    return np.asarray(total)


# --- What was found ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Effect:
    """The effect of a contrast under one condition: mean over draws, its interval, and what that amounts to.

    ``found`` is 1 where the effect is surely as the paper says and large enough, -1 where it is surely the other way,
    and 0 otherwise; ``small`` says that it is surely too small to matter. ``draws`` counts those that could tell.
    """

    title: Text
    effect: float
    low: float
    high: float
    found: Sign
    small: bool
    draws: int


@dataclass(frozen=True)
class Judged:
    """A claim, its effect as usual and under each condition, and the verdict."""

    claim: Claim
    usual: Effect
    conditions: tuple[Effect, ...]
    verdict: Verdict

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The effect as usual and those under the conditions."""
        return (self.usual, *self.conditions)

    @property
    def evidence(self) -> bool:
        """Whether what was found says something: only what no equation assumes does."""
        return self.claim.kind == "emergent"

    @property
    def fails(self) -> Text | None:
        """Where the claim was not found or found the other way, in words; nothing where it holds throughout."""
        if not (missed := [one for one in self.effects if one.found != 1]):
            return None
        return Text(
            en="; ".join(f"{one.title.en}: {_missing(one).en}" for one in missed),
            zh="；".join(f"{one.title.zh}：{_missing(one).zh}" for one in missed),
        )


def _missing(one: Effect) -> Text:
    if one.found == -1:
        return Text(en="the other way", zh="方向相反")
    if one.small:
        return Text(en="next to nothing", zh="几乎没有效应")
    return Text(en="not to be told", zh="无法判定")


def judged(claim: Claim, effects: Sequence[Floats], groups: NDArray[np.int64], level: float = 0.95) -> Judged:
    """The verdict on a claim from its effects, one array over draws as usual and one for each of its conditions.

    An effect is as the paper says where its whole interval is on that side of zero and its mean is at least ``least``;
    the other way likewise; surely small where its whole interval lies within ``least``. A claim *holds* where it shows
    as usual and under every condition, *depends* where it shows somewhere but not everywhere, *fails* where it shows
    nowhere and is somewhere the other way, and is *undecided* (not found) otherwise. A claim that an equation assumes
    is *built in* where it would hold. These rules are ours, and were fixed before the runs.
    """
    pairs = zip(conditions_of(claim), effects, strict=True)
    usual, *others = [_effect(condition.title, values, groups, claim, level) for condition, values in pairs]
    signs = [one.found for one in (usual, *others)]
    verdict: Verdict
    if all(sign == 1 for sign in signs):
        verdict = "built-in" if claim.kind == "built-in" else "holds"
    elif 1 in signs:
        verdict = "depends"
    else:
        verdict = "fails" if -1 in signs else "undecided"
    return Judged(claim, usual, tuple(others), verdict)


def _effect(title: Text, values: Floats, groups: NDArray[np.int64], claim: Claim, level: float) -> Effect:
    gap = paired(values, groups, level)
    mean, low, high = float(gap.mean), float(gap.low), float(gap.high)
    near, far = (low, high) if claim.sign > 0 else (-high, -low)
    found: Sign = 0
    if near > 0 and claim.sign * mean >= claim.least:
        found = 1
    elif far < 0 and claim.sign * mean <= -claim.least:
        found = -1
    return Effect(title, mean, low, high, found, bool(max(abs(low), abs(high)) < claim.least), int(gap.draws))


@dataclass(frozen=True)
class Claims:
    """Claims tried on worlds that begin from one start; ``worlds`` counts the runs that were needed."""

    found: tuple[Judged, ...]
    start: str
    years: int
    firms: int
    draws: int
    worlds: int
    level: float
    record: Record

    def __getitem__(self, name: str) -> Judged:
        """The claim of this name. Raises ``KeyError`` where there is none."""
        for one in self.found:
            if one.claim.name == name:
                return one
        raise KeyError(name)

    def of(self, verdict: Verdict) -> tuple[Judged, ...]:
        """The claims with this verdict."""
        return tuple(one for one in self.found if one.verdict == verdict)

    def to_frame(self) -> pd.DataFrame:
        """One row per claim and condition: what was expected, what was found, and the verdict on the claim."""
        import pandas as pd

        return pd.DataFrame(
            {
                "claim": one.claim.name,
                "ids": " ".join(one.claim.ids),
                "lines": one.claim.lines,
                "kind": one.claim.kind,
                "title_en": one.claim.title.en,
                "title_zh": one.claim.title.zh,
                "outcome": one.claim.outcome,
                "condition_en": effect.title.en,
                "condition_zh": effect.title.zh,
                "expected": one.claim.sign,
                "found": effect.found,
                "effect": effect.effect,
                "low": effect.low,
                "high": effect.high,
                "least": one.claim.least,
                "draws": effect.draws,
                "verdict": one.verdict,
                "evidence": one.evidence,
            }
            for one in self.found
            for effect in one.effects
        )

    def __str__(self) -> str:
        count = {verdict: len(self.of(verdict)) for verdict in ("holds", "depends", "undecided", "fails", "built-in")}
        said = ", ".join(f"{number} {verdict}" for verdict, number in count.items())
        chance = (1.0 - self.level) * sum(len(one.effects) for one in self.found if one.evidence) / 2.0
        return "\n".join(
            (
                f"{len(self.found)} claims on worlds from {self.start}",
                f"{self.worlds} worlds of {self.firms:,} firms and {self.years} years, {self.draws} draws",
                said,
                f"{self.level:.0%} intervals of mean differences within draws",
                f"by luck alone about {chance:.0f} of the emergent effects would seem to be as said",
                "built in: an equation assumes it, no evidence",
            )
        )
