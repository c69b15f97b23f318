"""What is told of industries beside their rungs, as the page shows it: pipelines, moves, life cycles, conversion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.labels import REGION, Floats
from xinzhi.core.specs import Text
from xinzhi.report.packing import camel, number, packed, packed_short, text
from xinzhi.structure.conversion.conversion import PARTS, Conversion
from xinzhi.structure.conversion.shares import PARTS as GROWTH_PARTS
from xinzhi.structure.conversion.shares import shift_shares
from xinzhi.structure.conversion.shift_share import ShiftShare
from xinzhi.structure.ladder.carriers import QUADRANTS, STANDARDS, Standing
from xinzhi.structure.ladder.chances import ENDS, FROM, GROUP, LEVEL
from xinzhi.structure.ladder.moves import Transitions
from xinzhi.structure.ladder.pipeline import NEXT, Pipeline
from xinzhi.structure.ladder.rungs import RUNG, RUNG_NAMES, RUNGS, TIME
from xinzhi.structure.lifecycle.phases import PHASES, LifeCycle
from xinzhi.structure.lifecycle.shakeouts import Shakeouts
from xinzhi.structure.lifecycle.survival import VERDICTS, RungSpells
from xinzhi.study.ladder.results import Placed

COLUMNS = ("number", "number_low", "number_high", "size", "share")
# Series whose numbers of firms are drawn: those with a shakeout, then those with the most firms.
MOST_CYCLES = 200
# Industries that carried the change of the share of the new, over all regions, the most first.
MOST_CARRIERS = 400
# From this number on a rung is not empty: half of an industry, expected.
_THERE = 0.5
_UNKNOWN = 255

Ints = npt.NDArray[np.intp]


def parts(placed: Placed, regions: Sequence[str], kept: Ints, measures: Mapping[str, Text]) -> dict[str, Any]:
    """Every part there is by its key; ``kept`` are the series on the page, in their order."""
    of = placed.parts
    found: dict[str, Any] = {}
    if of.pipeline is not None and of.pipeline.years:
        found["pipeline"] = _pipeline(of.pipeline, regions)
    if of.standing is not None and (standings := list(_standings(of.standing, regions, measures))):
        found |= {"standing": standings[0], "standings": standings}
    if of.transitions is not None:
        found["transitions"] = _transitions(of.transitions, placed)
    if of.life_cycle is not None and of.shakeouts is not None:
        found["lifecycle"] = _life_cycle(of.life_cycle, of.shakeouts, placed, kept, measures)
    if of.time_on_rungs is not None:
        found |= _time_on_rungs(of.time_on_rungs)
    if of.conversion is not None:
        found["conversion"] = _conversion(of.conversion, of.shift_shares, regions, kept)
    return found


# --- Regions --------------------------------------------------------------------------------------------------


def _pipeline(found: Pipeline, regions: Sequence[str]) -> dict[str, Any]:
    """Numbers and sizes by rung, whether something grows up beside what is applied, and what lacks in words."""
    stock = found.stock.sel({REGION: list(regions), TIME: list(found.years)})
    generations = found.generations.sel({REGION: list(regions), TIME: list(found.years)})
    applied, following = generations["applied"].values, generations["next"].values
    # A breadth is at least one wherever anything is possible at all, so numbers tell whether something is there.
    growing = stock["number"].sel({RUNG: list(NEXT)}).sum(RUNG, skipna=False).values
    there = np.where(np.isfinite(following) & np.isfinite(applied), growing >= _THERE, _UNKNOWN)
    return {
        "years": list(found.years),
        "level": found.level,
        "columns": [camel(name) for name in COLUMNS],
        "cells": packed_short(np.stack([stock[name].values for name in COLUMNS], axis=-1)),
        "successors": packed(there, "u1"),
        "next": packed_short(np.stack([applied, following], axis=-1)),
        "lacking": [_lacking(found, region) for region in regions],
    }


def _lacking(found: Pipeline, region: str) -> dict[str, str] | None:
    """The rungs of the ladder that are, or may be, empty in the last year placed, in words; none where none is."""
    number_ = found.stock["number"].sel({REGION: region})
    years = number_[TIME].values[np.isfinite(number_.values).any(axis=-1)]
    if not len(years):
        return None
    last = found.stock.sel({REGION: region, TIME: years[-1]})
    # The sentences on empty rungs come first, one for each.
    empty = sum(float(last["number"].sel({RUNG: rung})) < _THERE for rung in RUNGS[:4])
    said = found.reasons(region)[:empty]
    if not said:
        return None
    return {"en": "; ".join(one.en for one in said), "zh": "；".join(one.zh for one in said)}


def _standings(found: Standing, regions: Sequence[str], measures: Mapping[str, Text]) -> Iterable[dict[str, Any]]:
    """Quantity beside every standard known, in the last year in which any region has both."""
    size = measures.get(found.size, Text(en=found.size, zh=found.size))
    for standard in found.standards:
        quality = found.quality.sel({"standard": standard, REGION: list(regions)})
        quantity = found.quantity.sel({REGION: list(regions)})
        known = np.isfinite(quality["value"].values) & np.isfinite(quantity["share"].values)
        if not known.any():
            continue
        year = quantity[TIME].values[np.flatnonzero(known.any(axis=0))[-1]]
        here, there = quantity.sel({TIME: year}), quality.sel({TIME: year})
        places = np.flatnonzero(known[:, list(quantity[TIME].values).index(year)])
        quadrant = found.quadrant.sel({"standard": standard, REGION: list(regions), TIME: year}).values
        certain = found.certain.sel({"standard": standard, REGION: list(regions), TIME: year}).values
        yield {
            "year": int(year),
            "quantity": {"en": f"share of {size.en}", "zh": f"占{size.zh}比重"},
            "standard": text(STANDARDS[standard]),
            "level": found.level,
            "beside": found.beside,
            "cuts": [number(here["cut"].values[places[0]]), number(there["cut"].values[places[0]])],
            "points": [
                {
                    "region": int(at),
                    "quantity": [number(here[name].values[at]) for name in ("share", "low", "high")],
                    "standard": [number(there[name].values[at]) for name in ("value", "low", "high")],
                    "quadrant": text(QUADRANTS[quadrant[at]]),
                    "certain": bool(certain[at]),
                }
                for at in places
            ],
        }


# --- Moves ----------------------------------------------------------------------------------------------------


def _transitions(found: Transitions, placed: Placed) -> dict[str, Any]:
    """Moves of all regions together; the last column of counts and chances is "gone"."""
    counts, chance = found.counts.isel({GROUP: 0}).values, found.probability.isel({GROUP: 0}).values
    ahead = found.forecast.isel({GROUP: 0})
    years = placed.rungs["year"]
    waiting = found.waiting.to_dict("records")
    return {
        "level": LEVEL,
        "from": int(years.min()),
        "to": found.last,
        "ends": [text(RUNG_NAMES[end]) if end in RUNG_NAMES else {"en": "gone", "zh": "已消失"} for end in ENDS],
        "counts": [[number(cell) for cell in row] for row in counts],
        "chance": [[_triple(cell) for cell in row] for row in chance],
        "expected": [{"from": _rung(row), "to": None, "years": _ends(row, "median")} for row in waiting],
        "waiting": [
            {"from": _rung(row), "seen": int(row["seen"])}
            | {name: _ends(row, name) for name in ("risen", "fallen", "median")}
            for row in waiting
        ],
        "incidence": list(_incidence(found)),
        "forecast": {
            "years": [int(year) for year in ahead["step"].values],
            "number": [[_triple(cell) for cell in row] for row in ahead.values],
        },
    }


def _incidence(found: Transitions) -> Iterable[dict[str, Any]]:
    """By rung the share that has risen, and fallen, so many years after reaching it, as far as it is known."""
    for at, rung in enumerate(RUNGS):
        one = found.incidence.isel({GROUP: 0}).sel({FROM: rung})
        up, down = (one.sel(event=event).values for event in ("up", "down"))
        known = int(np.isfinite(up[:, 0]).sum())
        if known > 1:
            sides = {"up": up, "down": down}
            yield {"from": at} | {name: [_triple(cell) for cell in of[:known]] for name, of in sides.items()}


def _rung(row: Mapping[Any, Any]) -> int:
    return RUNGS.index(row[FROM])


def _ends(row: Mapping[Any, Any], name: str) -> list[float | None]:
    return [number(row[one]) for one in (name, f"{name}_low", f"{name}_high")]


def _triple(cells: Floats) -> list[float | None]:
    return [number(cell) for cell in cells]


# --- Life cycles ----------------------------------------------------------------------------------------------


def _life_cycle(
    cycle: LifeCycle, falls: Shakeouts, placed: Placed, kept: Ints, measures: Mapping[str, Text]
) -> dict[str, Any]:
    """Phases of net entry and shakeouts of the series that tell most, with their firms, entries and exits."""
    of = str(cycle.record.settings["of"])
    held = placed.industries
    stock = held.of(of).values
    flows = {name: held.of(name).values if name in held.measures else None for name in ("entries", "exits")}
    fallen = falls.found[(falls.found["basis"] == "number") & (falls.found["status"] == "shakeout")]
    series = pd.MultiIndex.from_arrays([held.values[side].values.astype(str) for side in ("region", "industry")])
    at = series.get_indexer(pd.MultiIndex.from_frame(fallen[["region", "industry"]].astype(str)))
    fell = dict(zip(at.tolist(), fallen.to_dict("records"), strict=True))
    peak = np.nan_to_num(stock).max(axis=1)
    order = sorted(range(len(kept)), key=lambda place: (kept[place] not in fell, -peak[kept[place]]))
    shown = sorted(order[:MOST_CYCLES])
    years = cycle.phase[TIME].values
    return {
        "measure": text(measures.get(of, Text(en=of, zh=of))),
        "level": cycle.level,
        "phases": [text(PHASES[phase]) for phase in sorted(PHASES)],
        "series": [
            {
                "series": place,
                "count": _triple(stock[kept[place]]),
                "entries": None if flows["entries"] is None else _triple(flows["entries"][kept[place]]),
                "exits": None if flows["exits"] is None else _triple(flows["exits"][kept[place]]),
                "phases": list(_stretches(cycle.phase.values[kept[place]], years)),
                "shakeout": _shakeout(fell.get(int(kept[place]))),
            }
            for place in shown
        ],
        "inAll": len(stock),
        "shakeouts": len(fell),
    }


def _stretches(phase: npt.NDArray[np.int8], years: npt.NDArray[Any]) -> Iterable[dict[str, int]]:
    """Phases from year to year by their place in ``phases``; years whose phase could not be told are left out."""
    starts = np.flatnonzero(np.diff(phase, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(phase)], strict=True):
        if phase[start]:
            yield {"phase": int(phase[start]) - 1, "from": int(years[start]), "to": int(years[end - 1])}


def _shakeout(row: Mapping[Any, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "year": [number(row[name]) for name in ("onset", "low", "high")],
        **{name: number(row[name]) for name in ("fall", "p", "q")},
        "kind": row["kind"] or None,
        "defended": bool(row["defended"]),
    }


def _time_on_rungs(found: RungSpells) -> dict[str, Any]:
    """By rung and cohort how many are still on it, and whether later cohorts leave sooner; of all also in words."""
    rows = found.trend[(found.trend["way"] == "any") & (found.trend["window"] == "all")].to_dict("records")
    trend = {str(row["group"]): row for row in rows}
    rungs = [rung for rung in RUNGS if rung in set(found.survival["group"])]
    overall = trend.get("all", rows[0])  # of a single rung there is no row for all
    told = {"verdict": text(VERDICTS[found.verdict]), "say": text(found.said), "cox": _ratio(overall)}
    return {
        "timeOnRungs": told,
        "survival": [
            {
                "rung": RUNGS.index(rung),
                "level": found.level,
                "cohorts": [
                    _cohort(name, rows)
                    for name, rows in found.survival[found.survival["group"] == rung].groupby("cohort", sort=False)
                ],
                "cox": _ratio(trend[rung]) if rung in trend else None,
            }
            for rung in rungs
        ],
    }


def _cohort(name: Any, rows: pd.DataFrame) -> dict[str, Any]:
    whole = name == "all"
    first = rows.iloc[0]
    return {
        "name": {"en": "all cohorts", "zh": "全部"} if whole else {"en": str(name), "zh": str(name).replace("-", "—")},
        "entered": None if whole else [int(year) for year in str(name).split("-")],
        "n": int(first["spells"]),
        "left": int(rows["exits"].sum()),
        "median": [number(first[end]) for end in ("median", "median_low", "median_high")],
        "curve": {
            "years": [0, *(number(year) for year in rows["time"])],
            "share": [1, *(number(share) for share in rows["survival"])],
            **{end: [1, *(number(share) for share in rows[end])] for end in ("low", "high")},
        },
    }


def _ratio(row: Mapping[Any, Any]) -> dict[str, Any] | None:
    """The hazard ratio of leaving for a cohort ten years later; none where too few have left to tell."""
    if not np.isfinite(row["hazard_ratio"]):
        return None
    ends = [number(row[name]) for name in ("hazard_ratio", "low", "high")]
    return {"ratio": ends, "p": number(row["p"]), "per": 10, "n": int(row["spells"]), "left": int(row["exits"])}


# --- Conversion -----------------------------------------------------------------------------------------------


def _conversion(found: Conversion, split: Sequence[ShiftShare], regions: Sequence[str], kept: Ints) -> dict[str, Any]:
    """Shares of the new and the old, who carried their change, and the growth of every region by its parts."""
    shares = found.shares.sel({REGION: list(regions)})
    total = found.total.sel({REGION: list(regions)})
    span = found.years[1] - found.years[0]
    moved = found.carried.values.sum(axis=-1)[kept]
    order = [int(at) for at in np.argsort(-np.abs(np.nan_to_num(moved)), kind="stable") if np.isfinite(moved[at])]
    place = {region: at for at, region in enumerate(regions)}
    return {
        "from": found.years[0],
        "to": found.years[1],
        "level": found.level,
        "new": list(found.new),
        "old": list(found.old),
        "kinds": [
            {
                "code": one.method,
                "name": {"en": one.method, "zh": one.zh},
                "cite": shift_shares.find(one.method).cite,
                "parts": [text(GROWTH_PARTS[part]) for part in one.parts["part"].values.tolist()],
            }
            for one in split
        ],
        "shiftShare": [
            {
                "kind": kind,
                "region": place[row[REGION]],
                "parts": [number(row[part]) for part in one.parts["part"].values.tolist()],
                "total": number(row["change"]),
                "base": number(row["base"]),
            }
            for kind, one in enumerate(split)
            for row in one.regions.to_dict("records")
            if row[REGION] in place
        ],
        "shares": {
            "years": [int(year) for year in shares[TIME].values],
            **{name: packed_short(shares[name].values) for name in ("new", "old")},
            **{
                f"{name}Bounds": packed_short(np.stack([shares[f"{name}_{end}"].values for end in ("low", "high")], -1))
                for name in ("new", "old")
            },
        },
        "speed": [
            {"region": at, "value": [number(total[name].values[at] / span) for name in ("change", "low", "high")]}
            for at in range(len(regions))
            if np.isfinite(total["change"].values[at])
        ],
        "carriers": [
            {
                "series": at,
                "contribution": number(moved[at]),
                "parts": [number(part) for part in found.carried.values[kept[at]]],
            }
            for at in order[:MOST_CARRIERS]
        ],
        "carrierParts": [text(part) for part in PARTS.values()],
        "say": [_said(found, region) for region in regions],
    }


def _said(found: Conversion, region: str) -> dict[str, str] | None:
    """How the region's conversion went, in words; none where it is not known."""
    if not np.isfinite(found.total["change"].sel({REGION: region}).item()):
        return None
    told = found.reasons(region)
    return {"en": "; ".join(one.en for one in told), "zh": "；".join(one.zh for one in told)}
