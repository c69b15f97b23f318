"""The industry ladder as the page shows it: who stands on which rung when, how surely, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.report.ladder_parts import parts
from xinzhi.report.packing import packed, packed_short, rounded, text
from xinzhi.structure.ladder.amounts import MEASURES
from xinzhi.structure.ladder.reasons import KNOWN, thresholds
from xinzhi.structure.ladder.rungs import CRITERION, ON_THE_LADDER, RUNG_NAMES, RUNGS, TIME
from xinzhi.study.ladder.results import Laddered, Placed

# Series × years of one block on a page, the largest series first; and numbers of its evidence, the last years first.
MOST_CELLS, MOST_EVIDENCE = 60_000, 300_000
_NOT_PLACED = 255

Ints = npt.NDArray[np.intp]


def laddered(found: Laddered) -> list[dict[str, Any]]:
    """Every block with its industries on their rungs, year by year."""
    return [_block(placed) for placed in found.blocks.values()]


def regions_of(found: Laddered) -> dict[str, Text]:
    """The regions of every block that names regions, by code."""
    return {code: of for placed in found.blocks.values() if placed.regional for code, of in placed.came.regions.items()}


def _block(placed: Placed) -> dict[str, Any]:
    ladder, industries, spec = placed.ladder, placed.industries, placed.spec
    size = ladder.spec.size
    years = ladder.probability[TIME].values
    amount = industries.of(size).values
    kept = _kept(amount, len(years))
    codes = {side: ladder.probability[side].values.astype(str)[kept] for side in ("region", "industry")}
    regions, region = np.unique(codes["region"], return_inverse=True)
    called, industry = np.unique(codes["industry"], return_inverse=True)
    groups, group = _groups(placed, called)
    names = [industries.name(str(code)) for code in called]
    share = ladder.evidence.sel({CRITERION: "share"}).values
    return {
        "name": spec.name,
        "title": text(spec.called),
        "file": spec.file,
        "way": ladder.way,
        "size": {
            "measure": size,
            "name": text(MEASURES.get(size, Text(en=size, zh=size))),
            "unit": spec.units.get(size, ""),
        },
        "years": [int(year) for year in years],
        "regional": placed.regional,
        "regions": regions.tolist(),
        "industries": [
            {"code": str(code), "name": text(name), "group": int(of)}
            for code, name, of in zip(called, names, group, strict=True)
        ],
        "groups": groups,
        "rungs": [{"code": rung, "name": text(RUNG_NAMES[rung]), "on": rung in ON_THE_LADDER} for rung in RUNGS],
        "series": len(kept),
        "seriesInAll": len(amount),
        "region": packed(region, "<u2"),
        "industry": packed(industry, "<u2"),
        "chances": packed(_percent(ladder.probability.values[kept]), "u1"),
        "amount": packed_short(amount[kept]),
        "share": packed_short(share[kept]),
        "certainty": ladder.spec.certainty,
        **_evidence(placed, kept),
        "reasons": _reasons(placed, kept),
        "settings": [{"key": key, "value": str(value)} for key, value in ladder.spec.model_dump().items()],
        **parts(placed, regions.tolist(), kept, MEASURES),
    }


def _kept(amount: Floats, years: int) -> Ints:
    """The series that find room, in their order: those that are largest at their largest."""
    most = max(MOST_CELLS // max(years, 1), 1)
    if len(amount) <= most:
        return np.arange(len(amount))
    peak = np.nanmax(np.nan_to_num(amount), axis=1)
    return np.sort(np.argsort(-peak, kind="stable")[:most])


def _percent(chances: Floats) -> npt.NDArray[np.uint8]:
    return np.where(np.isnan(chances), _NOT_PLACED, np.round(100 * np.nan_to_num(chances))).astype(np.uint8)


def _groups(placed: Placed, codes: npt.NDArray[Any]) -> tuple[list[dict[str, str]], list[int]]:
    """The classes that a file of names gives, and the class of every industry: -1 for none."""
    labels = placed.came.labels
    if labels is None or labels.group is None:
        return [], [-1] * len(codes)
    of = dict(zip(labels.codes, labels.group, strict=True))
    zh = dict(zip(labels.group, labels.group_zh or labels.group, strict=True))
    order = [one for one in dict.fromkeys(labels.group) if one]
    place = {one: at for at, one in enumerate(order)}
    return [{"en": one, "zh": zh[one]} for one in order], [place.get(of.get(str(code), ""), -1) for code in codes]


def _evidence(placed: Placed, kept: Ints) -> dict[str, Any]:
    """What every criterion is held against, and its quantities in as many of the last years as find room."""
    evidence, cuts = placed.ladder.evidence, thresholds(placed.ladder.spec)
    names = [str(name) for name in evidence[CRITERION].values]
    years = evidence[TIME].values
    room = max(MOST_EVIDENCE // max(len(kept) * len(names), 1), 1)
    about = [
        {
            "code": name,
            "name": text(KNOWN[name].text),
            "unit": KNOWN[name].unit,
            "cite": KNOWN[name].cite,
            "cuts": [{"name": {"en": en, "zh": zh}, "value": rounded(cut)} for en, zh, cut in cuts.get(name, ())],
        }
        for name in names
    ]
    cells = evidence.values[kept, -room:]
    told = {"years": [int(year) for year in years[-room:]], "cells": packed_short(cells)}
    return {"criteria": about, "evidence": told}


def _reasons(placed: Placed, kept: Ints) -> dict[str, Any]:
    """The verdict on every series in the last year it could be placed, and what upgrading did for it."""
    ladder = placed.ladder
    names = ladder.evidence[CRITERION].values.tolist()
    upgraded = ladder.evidence.values[:, :, names.index("upgraded")] if "upgraded" in names else None
    texts = list[list[dict[str, str]] | None]()
    for at in kept.tolist():
        if at not in placed.why:
            texts.append(None)
            continue
        also = upgraded is not None and upgraded[at, placed.last[at]] == 1
        texts.append([text(one) for one in placed.why[at][: 2 if also else 1]])
    return {"year": int(ladder.probability[TIME].values[-1]), "texts": texts}
