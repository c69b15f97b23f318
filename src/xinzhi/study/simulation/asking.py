"""What a study asks of its world: policies by the world's own codes, and what this world does not have."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from xinzhi.core.errors import Fault
from xinzhi.core.specs import Text
from xinzhi.simulate.policy import Policy
from xinzhi.simulate.world import Start
from xinzhi.study.simulation.spec import LeverChoice, PolicyChoice, ShockChoice, SimulateSpec

Names = Mapping[str, Text]


def policies_of(spec: SimulateSpec, start: Start, regions: Names, industries: Names) -> list[Policy]:
    """The policies with regions and industries by the world's codes, whatever the study file calls them."""
    places, kinds = called(start.regions, regions), called(start.industries, industries)

    def coded(one: Any) -> Any:
        where = tuple(places[name] for name in one.regions)
        which = tuple(kinds[name] for name in one.industries)
        return one.model_copy(update={"regions": where, "industries": which})

    return [
        policy.model_copy(
            update={
                "levers": tuple(coded(one) for one in policy.levers),
                "shocks": tuple(coded(one) for one in policy.shocks),
            }
        ).policy()
        for policy in spec.policies
    ]


def unfit(spec: SimulateSpec, first: int, places: Mapping[str, str], kinds: Mapping[str, str]) -> list[Fault]:
    """What the policies ask that a world of ``first`` lacks: regions, industries, dates; and money beyond all bounds.

    ``places`` and ``kinds`` are its regions and industries, codes by every word that stands for them.
    """
    last, several = first + spec.years, len(set(places.values()))
    faults: list[Fault] = []
    for at, policy in enumerate(spec.policies, start=1):
        asked: dict[str, Sequence[LeverChoice | ShockChoice]] = {"levers": policy.levers, "shocks": policy.shocks}
        for kind in asked:
            for number, one in enumerate(asked[kind], start=1):
                key = f"simulate.policies.{at}.{kind}.{number}"
                faults += _unknown("region", one.regions, places, key)
                faults += _unknown("industry", one.industries, kinds, key)
                faults += _outside(one, first, last, key)
        faults += _too_dear(policy, first, last, f"simulate.policies.{at}")
    if spec.equal_spending:
        faults += _beyond_scaling(spec.policies, first, last)
    firms = {"simulate.firms": spec.firms}
    if spec.calibrate is not None:
        firms["simulate.calibrate.firms"] = spec.calibrate.firms
    return faults + [
        Fault(
            "too-few-firms",
            f"{count} firms are too few for {several} regions; give at least {10 * several}.",
            f"{count} 家企业对 {several} 个地区过少；至少须有 {10 * several} 家。",
            column=key,
        )
        for key, count in firms.items()
        if count < 10 * several
    ]


def _unknown(side: str, wanted: Sequence[str], there: Mapping[str, str], key: str) -> Iterator[Fault]:
    zh = {"region": "地区", "industry": "产业"}[side]
    for name in wanted:
        if name not in there:
            near = (
                difflib.get_close_matches(name, list(there), n=3, cutoff=0.5) or list(dict.fromkeys(there.values()))[:5]
            )
            yield Fault(
                f"unknown-{side}",
                f"'{name}' is no {side} of the simulated world, or the name of several. Did you mean: "
                f"{', '.join(near)}?",
                f"所模拟的世界中没有{zh}“{name}”，或有多个同名。是否指：{'、'.join(near)}？",
                column=f"{key}.{'regions' if side == 'region' else 'industries'}",
            )


def _outside(one: LeverChoice | ShockChoice, first: int, last: int, key: str) -> Iterator[Fault]:
    for side, year in (("start", one.start), ("stop", one.stop)):
        meets = first <= year < last if side == "start" else first < year <= last
        if np.isfinite(year) and not meets:
            yield Fault(
                "outside-the-run",
                f"{side} = {year:g} lies outside the run, which goes from {first} to {last}. Change it, or `years` of "
                "[simulate].",
                f"{side} = {year:g} 不在模拟期 {first}—{last} 年之内。请修改，或调整 [simulate] 的 years。",
                column=f"{key}.{side}",
            )
    if np.isfinite(one.start) and np.ceil(4 * one.start) >= np.ceil(4 * one.stop):
        yield Fault(
            "between-quarters",
            f"from {one.start:g} to {one.stop:g} no quarter begins, so that nothing would be done. Quarters begin at "
            ".0, .25, .5 and .75 of a year.",
            f"{one.start:g} 至 {one.stop:g} 之间没有季度开始，因而不会产生任何作用。季度始于每年的 .0、.25、.5、.75。",
            column=f"{key}.stop",
        )


# What one lever may take of output a year; the field's own bound.
MOST_OF_A_LEVER = 0.05
# More than this share of output a year is no programme of innovation policy but a war economy.
_MOST = 0.1


def _too_dear(policy: PolicyChoice, first: int, last: int, key: str) -> Iterator[Fault]:
    """A policy whose levers together ask too much of any year."""
    starts = sorted({max(one.start, first) for one in policy.levers})
    yearly = [sum(one.budget for one in policy.levers if one.start <= year < one.stop) for year in starts]
    if yearly and max(yearly) > _MOST:
        year = starts[int(np.argmax(yearly))]
        yield Fault(
            "impossible-budget",
            f"the levers of '{policy.name}' together take {max(yearly):.1%} of output a year from {year:g} on; at most "
            f"{_MOST:.0%} can be raised. Lower the budgets.",
            f"政策“{policy.name}”的各项工具自 {year:g} 年起合计占年产出的 {max(yearly):.1%}；"
            f"至多 {_MOST:.0%}。请调低预算。",
            column=f"{key}.levers",
        )


def _beyond_scaling(policies: Sequence[PolicyChoice], first: int, last: int) -> Iterator[Fault]:
    """Levers that would need more than a lever may take, once every policy spends as much as the dearest."""
    spent = [one.policy().spending(first, last) for one in policies]
    most = max(spent, default=0.0)
    for at, (policy, own) in enumerate(zip(policies, spent, strict=True), start=1):
        largest = max((one.budget for one in policy.levers), default=0.0)
        if own > 0 and largest <= MOST_OF_A_LEVER < (needed := largest * most / own):
            yield Fault(
                "impossible-budget",
                f"to spend as much as the dearest policy, '{policy.name}' would need {needed:.1%} of output a year for "
                f"one lever; at most {MOST_OF_A_LEVER:.0%} is possible. Run it for longer, spread its money over more "
                "levers, or set equal_spending = false.",
                f"若与支出最大的政策同额，“{policy.name}”的单项工具每年须占产出的 {needed:.1%}；"
                f"至多 {MOST_OF_A_LEVER:.0%}。"
                "请延长其期限、增加工具，或设 equal_spending = false。",
                column=f"simulate.policies.{at}.levers",
            )


def called(codes: Sequence[str], names: Names) -> dict[str, str]:
    """Codes by every word that stands for one of them alone; a code comes before a name that looks like it."""
    words = [(word, code) for code in codes if code in names for word in {names[code].en, names[code].zh}]
    often = Counter(word for word, _ in words)
    return {word: code for word, code in words if often[word] == 1} | {code: code for code in codes}
