"""The worlds that a study grew as the page shows them: policies, outcomes, facts, claims, what it all rests on.

Its shape is ``SimulationPayload`` of ``frontend/src/simulation.ts``. Numbers are those of the tables ``simulate_*`` of
the run, thinned and rounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xinzhi.core.errors import Fault
from xinzhi.core.specs import Text
from xinzhi.data.regions import gazetteer
from xinzhi.report.formulas import mathml
from xinzhi.report.packing import rounded, text
from xinzhi.report.simulated_proof import claimed, claims, facts, factual, heldout, posterior, unit
from xinzhi.report.simulated_runs import CONFIDENCE, LEVEL, industries, lags, national, regional
from xinzhi.simulate.equations import EQUATIONS, EVENTS
from xinzhi.simulate.experiments import Experiment
from xinzhi.simulate.knobs import KNOBS, Knobs
from xinzhi.simulate.policy import LEVERS, SHOCKS, Lever, Shock
from xinzhi.study.simulation.results import Simulated

# Policies on a page, the baseline among them.
MOST_POLICIES = 12


def simulated(found: Simulated, kind: str, codes: Sequence[str] = ()) -> dict[str, Any]:
    """The document's part on grown worlds.

    ``kind`` is what the study calls its regions (for their tiles), ``codes`` are the regions of the index in its order.
    """
    runs = found.experiment
    shown = _shown(runs) if runs else []
    names = [_name(found.industry_names, code) for code in found.start.industries]
    return {
        "experiment": _experiment(found, shown),
        "policies": [_policy(found, at) for at in shown],
        **(national(runs, shown) if runs else _NO_RUNS),
        "industries": industries(runs, shown, names) if runs else _NO_INDUSTRIES,
        "regions": _regions(found, kind, codes),
        "map": regional(runs, shown) if runs else None,
        "facts": facts(found.facts),
        "factual": factual(found.facts),
        "lags": lags(runs, shown) if runs else [],
        "claims": claims(found.claims),
        "claimed": claimed(found.claims),
        "posterior": posterior(found.posterior),
        "heldout": heldout(found.heldout),
        "start": {
            "name": _start_name(found),
            "rows": [
                {"what": text(one.title), "from": text(one.source), "assumed": one.assumed} for one in found.origins
            ],
        },
        "knobs": _knobs(found),
        "equations": [_equation(at) for at in range(len(EQUATIONS))],
        "notices": [{"en": fault.en, "zh": fault.zh} for fault in (*found.notices, *_left_out(runs, shown))],
    }


_EMPTY: dict[str, Any] = {"ends": [], "cells": ""}
_NO_RUNS: dict[str, Any] = {
    "series": [],
    "moments": [],
    "fans": _EMPTY,
    "differences": {"years": [], **_EMPTY},
    "effects": [],
    "rungs": {"names": [], "shares": ""},
}
_NO_INDUSTRIES: dict[str, Any] = {"names": [], "inAll": 0, "ofStart": 0, "atStart": 0, "draw": 0, "byPolicy": []}


def _shown(runs: Experiment) -> list[int]:
    """The policies that find room, in their order; the baseline is always among them."""
    base = runs.names.index(runs.reference)
    first = [at for at in range(len(runs.names)) if at != base][: MOST_POLICIES - 1]
    return sorted([base, *first])


def _left_out(runs: Experiment | None, shown: Sequence[int]) -> list[Fault]:
    more = len(runs.names) - len(shown) if runs else 0
    if not more:
        return []
    return [
        Fault(
            "policies-left-out",
            f"{more} more policies were run than a page has room for; the tables of the run have all.",
            f"另有{more}项政策未列入网页，见运行结果各表。",
            severity="warning",
        )
    ]


def _experiment(found: Simulated, shown: Sequence[int]) -> dict[str, Any]:
    spec, runs = found.spec, found.experiment
    first = found.start.first_year
    return {
        "years": [first, first + (runs.years if runs else spec.years) - 1],
        "draws": runs.draws if runs else spec.draws,
        "seed": spec.seed,
        "firms": spec.firms,
        "level": LEVEL,
        "confidence": CONFIDENCE,
        "baseline": shown.index(runs.names.index(runs.reference)) if runs else 0,
        "equalSpending": spec.equal_spending,
        "runs": runs.draws * len(runs.names) if runs else 0,
        "knobSets": runs.knob_sets if runs else 1,
        "fictional": found.fictional,
    }


def _start_name(found: Simulated) -> dict[str, str]:
    if found.fictional and found.spec.source is None:
        return {"en": "the fictional model country", "zh": "虚构的模型国"}
    year = found.start.first_year
    return {"en": f"the study’s data for {year}", "zh": f"本研究{year}年的数据"}


# --- Policies ---------------------------------------------------------------------------------------------------


def _policy(found: Simulated, at: int) -> dict[str, Any]:
    """A policy, its levers and shocks in words, and what it spent; money is a share of output a year."""
    runs = found.experiment
    assert runs is not None
    policy = runs.policies[at]
    first, last = runs.first_year, runs.first_year + runs.years
    money = runs.spending[runs.spending["policy"] == runs.names[at]]
    # Of levers of one kind together only one sum is kept: each is said to have spent alike.
    sums = money.groupby("lever")[["planned", "spent"]].sum()
    done = {str(kind): row["spent"] / row["planned"] for kind, row in sums.iterrows() if row["planned"] > 0}
    return {
        "name": policy.name,
        "title": text(policy.title),
        "levers": [_lever(found, lever, done.get(lever.lever), (first, last)) for lever in policy.levers],
        "shocks": [_shock(found, shock, (first, last)) for shock in policy.shocks],
        "planned": rounded(float(money["planned"].sum()) / runs.years),
        "spent": rounded(float(money["spent"].sum()) / runs.years),
    }


def _lever(found: Simulated, lever: Lever, done: float | None, within: tuple[int, int]) -> dict[str, Any]:
    """A lever; ``done`` is the share of what was planned that was spent."""
    kind = LEVERS[lever.lever]
    where = _where(found, lever, within)
    return {
        "lever": lever.lever,
        "name": {"en": kind.en, "zh": kind.zh},
        "says": {
            "en": f"{_capital(kind.en)}: {lever.budget:.2%} of output a year, {where['en']}.",
            "zh": f"{kind.zh}：每年占产出的{lever.budget:.2%}，{where['zh']}。",
        },
        "budget": rounded(lever.budget),
        "spent": None if done is None else rounded(done * lever.budget),
        **_period_of(lever, within),
    }


def _shock(found: Simulated, shock: Shock, within: tuple[int, int]) -> dict[str, Any]:
    name, (says_en, says_zh) = SHOCK_NAMES[shock.shock], SHOCKS[shock.shock]
    where = _where(found, shock, within)
    return {
        "shock": shock.shock,
        "name": text(name),
        "says": {
            "en": f"{_capital(name.en)} of {shock.size:g} ({says_en}), {where['en']}.",
            "zh": f"{name.zh}，强度{shock.size:g}（{says_zh}），{where['zh']}。",
        },
        "size": rounded(shock.size),
        **_period_of(shock, within),
    }


SHOCK_NAMES: dict[str, Text] = {
    "blockade": Text(en="blockade", zh="技术封锁"),
    "ai_wave": Text(en="wave of artificial intelligence", zh="人工智能浪潮"),
    "carbon_price": Text(en="carbon price", zh="碳价上升"),
    "funding_drought": Text(en="funding drought", zh="融资寒冬"),
    "driver": Text(en="push for the next driver", zh="下一代动力提前出现"),
}


def _period(one: Lever | Shock, within: tuple[int, int]) -> tuple[float, float]:
    """From when to when, no longer than the run."""
    first, last = max(one.start, within[0]), min(one.stop, within[1])
    return float(f"{first:g}"), float(f"{last:g}")


def _period_of(one: Lever | Shock, within: tuple[int, int]) -> dict[str, float]:
    return dict(zip(("start", "stop"), _period(one, within), strict=True))


def _where(found: Simulated, one: Lever | Shock, within: tuple[int, int]) -> dict[str, str]:
    """When, where and for which industries, in words."""
    first, last = _period(one, within)
    # It stops as its last year begins; where that is a whole year, the year before is the last of it.
    last = last - 1 if last.is_integer() and last - 1 >= first else last
    regions = [_name(found.region_names, code) for code in one.regions]
    industries = [_name(found.industry_names, code) for code in one.industries]
    en = [f"{first:g}–{last:g}", _listed([name.en for name in regions], ", ") or "everywhere"]
    zh = [f"{first:g}—{last:g}年", _listed([name.zh for name in regions], "、") or "全部地区"]
    if industries:
        en.append("for " + _listed([name.en for name in industries], ", "))
        zh.append("限" + _listed([name.zh for name in industries], "、"))
    return {"en": ", ".join(en), "zh": "，".join(zh)}


_NAMED = 6


def _listed(names: Sequence[str], joint: str) -> str:
    shown = joint.join(names[:_NAMED])
    if len(names) <= _NAMED:
        return shown
    return f"{shown}等{len(names)}个" if joint == "、" else f"{shown} and {len(names) - _NAMED} more"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _name(names: Mapping[str, Text], code: str) -> Text:
    return names.get(code) or Text(en=code, zh=code)


# --- Regions, knobs, equations ----------------------------------------------------------------------------------


def _regions(found: Simulated, kind: str, codes: Sequence[str]) -> list[dict[str, Any]]:
    """The regions of the start: their names, tiles where the gazetteer has any, and places among those of the index."""
    known, place = gazetteer(kind).regions, {code: at for at, code in enumerate(codes)}
    told = []
    for code in found.start.regions:
        entry, name = known.get(code), _name(found.region_names, code)
        # A state goes by its two letters, as on the map.
        label = Text(en=code, zh=name.zh) if kind == "us-states" else name
        told.append(
            {
                "code": code,
                "name": text(name),
                "label": text(label),
                "tile": list(entry.tile) if entry and entry.tile else None,
                "at": place.get(code),
            }
        )
    return told


def _knobs(found: Simulated) -> list[dict[str, Any]]:
    """Every knob with the value in force, those that the study sets first; inferred ones are at their medians."""
    usual, values = Knobs(), found.spec.knobs.model_dump()
    inferred = found.posterior
    if inferred is not None:
        values |= dict(zip(inferred.names, map(float, inferred.quantile(0.5)), strict=True))
    rows = [
        {
            "name": knob.name,
            "title": {"en": knob.en, "zh": knob.zh},
            "unit": unit(knob.unit),
            "value": rounded(float(values[knob.name])),
            "usual": rounded(float(getattr(usual, knob.name))),
            "low": rounded(knob.low),
            "high": rounded(knob.high),
            "source": knob.source,
            "event": text(EVENTS[knob.event]),
            "changed": not np.isclose(values[knob.name], getattr(usual, knob.name)),
        }
        for knob in KNOBS.values()
    ]
    return sorted(rows, key=lambda row: not row["changed"])


def _equation(at: int) -> dict[str, Any]:
    one = EQUATIONS[at]
    return {
        "event": text(EVENTS[one.event]),
        "title": text(one.title),
        "latex": one.latex,
        "mathml": mathml(one.latex),
        "says": text(one.says),
        "cite": one.cite,
        "knobs": list(one.knobs),
        "builtIn": bool(one.built_in),
    }
