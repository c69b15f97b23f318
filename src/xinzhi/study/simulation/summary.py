"""What a study's simulated worlds came to, in a few lines and as plain data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import Language
from xinzhi.core.specs import Text
from xinzhi.simulate.outcomes import OUTCOMES
from xinzhi.study.simulation.results import Simulated

if TYPE_CHECKING:
    from xinzhi.simulate.claims import Claims, Verdict

# Outcomes that a line on a policy tells of, and tables that are for programs.
_TOLD = ("new_quality_share", "output")
_LONG = ("national", "regions", "industries", "rungs", "incidence", "differences", "births")
_VERDICTS: dict[Verdict, Text] = {
    "holds": Text(en="hold", zh="成立"),
    "depends": Text(en="depend on conditions", zh="有条件成立"),
    "undecided": Text(en="undecided", zh="未能判定"),
    "fails": Text(en="fail", zh="不成立"),
    "built-in": Text(en="built into the model, no evidence", zh="模型内置，不构成证据"),
}


def lines_of(found: Simulated, language: Language) -> Iterator[str]:
    """What the worlds began from, what each policy changed by the end, and how many claims held."""
    yield _began(found, language)
    if found.experiment is not None:
        yield from _policies(found, language)
    if found.claims is not None:
        yield _claims(found.claims, language)


def data_of(found: Simulated) -> dict[str, Any]:
    """The same as data: the start, the policies, their differences in the last year, and the shorter tables."""
    start, runs = found.start, found.experiment
    tables = {name: table for name, table in found.tables.items() if name.removeprefix("simulate_") not in _LONG}
    last = found.tables["simulate_differences"] if runs else pd.DataFrame()
    last = last[last["year"] == last["year"].max()] if len(last) else last
    return {
        "simulation": {
            "years": [start.first_year, start.first_year + found.spec.years - 1],
            "regions": len(start.regions),
            "industries": len(start.industries),
            "firms": found.spec.firms,
            "draws": found.spec.draws,
            "assumed": [one.field for one in found.begun.beginning.assumed],
            "policies": []
            if runs is None
            else [
                {"name": one.name, "title": one.title.model_dump(), "reference": one.name == runs.reference}
                for one in runs.policies
            ],
            "differences": _records(last),
            "tables": {name: _records(table) for name, table in tables.items()},
        }
    }


def _began(found: Simulated, language: Language) -> str:
    start, spec = found.start, found.spec
    first, last, assumed = start.first_year, start.first_year + spec.years - 1, found.begun.beginning.assumed
    if language == "zh":
        return (
            f"模拟 {first}—{last} 年：{len(start.regions)} 个地区 × {len(start.industries)} 个产业，"
            f"{spec.firms:,} 家企业，{spec.draws} 次抽样；假定的起始条件 {len(assumed)} 项"
        )
    parts = "1 part of the start is" if len(assumed) == 1 else f"{len(assumed)} parts of the start are"
    return (
        f"Simulated {first}-{last}: {len(start.regions)} regions × {len(start.industries)} industries, "
        f"{spec.firms:,} firms, {spec.draws} draws; {parts} assumed"
    )


def _policies(found: Simulated, language: Language) -> Iterator[str]:
    """Each policy beside the one it is compared with: mean differences of the last year, with their intervals."""
    runs = found.experiment
    assert runs is not None
    titles = {one.name: one.title[language] for one in runs.policies}
    last = runs.first_year + runs.years - 1
    for name in runs.names:
        if name == runs.reference:
            continue
        told = []
        for series in _TOLD:
            gap = runs.difference(name, series, last)
            title = OUTCOMES[series].title[language]
            told.append(_interval(title, gap.mean, gap.low, gap.high, OUTCOMES[series].kind == "share", language))
        against = titles[runs.reference]
        if language == "zh":
            yield f"  {titles[name]}（与“{against}”相比，{last} 年）：{'；'.join(told)}"
        else:
            yield f"  {titles[name]} (against {against}, {last}): {'; '.join(told)}"


def _interval(title: str, mean: float, low: float, high: float, share: bool, language: Language) -> str:
    """A difference with its interval; of a share in points."""
    if not np.isfinite(mean):
        return f"{title}：无法给出" if language == "zh" else f"{title}: cannot be told"
    scale, unit = (100, Text(en=" points", zh=" 个百分点")) if share else (1, Text(en="", zh=""))
    values = [f"{scale * one:+.2f}" for one in (mean, low, high)]
    if language == "zh":
        return f"{title} {values[0]}{unit.zh}（95% 区间 {values[1]} 至 {values[2]}）"
    return f"{title} {values[0]}{unit.en} (95 %: {values[1]} to {values[2]})"


def _claims(claims: Claims, language: Language) -> str:
    counted = Counter(one.verdict for one in claims.found)
    told = [(counted[verdict], words[language]) for verdict, words in _VERDICTS.items() if counted[verdict]]
    n = len(claims.found)
    if language == "zh":
        return f"论文论断 {n} 条：" + "，".join(f"{many} 条{words}" for many, words in told)
    return f"Claims of the paper, {n}: " + ", ".join(f"{many} {words}" for many, words in told)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return list(json.loads(table.to_json(orient="records", force_ascii=False)))
