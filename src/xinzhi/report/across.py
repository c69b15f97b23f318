"""What stands near what across two stages of a chain, and the curves of their lags, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.report.packing import number, packed_short
from xinzhi.structure.leads import ALL_FIELDS
from xinzhi.study.structure.results import Fused

Named = Mapping[str, dict[str, str]]

# A page holds at most so many ties and cells of a step, fields of a region and direction, and fields of a lag curve.
MOST_TIES, MOST_CELLS, MOST_SUPPORTED, MOST_FIELDS = 60, 4_000, 8, 24


def crossed(found: Fused, named: Named) -> dict[str, Any]:
    """Relatedness across stages and what it supports, with the curves of lags and their cohorts."""
    steps = list(dict.fromkeys(zip(found.across["from"], found.across["to"], strict=True)))
    shown = _shown(found.lags)
    return {
        "across": [_step(found, *step, named) for step in steps],
        "supported": _supported(found),
        "lagCurve": [_curve(found, key, table, named) for key, table in _by_field(found.lag_curve, shown)],
        "lagCohorts": [
            _placed(found, key, named)
            | {name: int(row[name]) for name in ("first", "last")}
            | {name: number(row[name]) for name in ("lag", "low", "high", "p")}
            for key, table in _by_field(found.lag_cohorts, shown)
            for row in table.to_dict("records")
        ],
    }


def _step(found: Fused, first: str, then: str, named: Named) -> dict[str, Any]:
    pairs = found.across[(found.across["from"] == first) & (found.across["to"] == then)]
    sources, targets = (sorted(pairs[side].unique(), key=str) for side in ("source", "target"))
    row, column = (
        pd.Index(labels).get_indexer(pd.Index(pairs[side]))
        for side, labels in (("source", sources), ("target", targets))
    )
    cells = None
    if len(sources) * len(targets) <= MOST_CELLS:
        laid = np.full((len(sources), len(targets), 2), np.nan)
        laid[row, column] = pairs[["relatedness", "q"]].to_numpy(dtype=float)
        cells = packed_short(laid)
    beyond = pairs.assign(row=row, column=column)[pairs["significant"].to_numpy(dtype=bool)]
    nearest = beyond.sort_values("relatedness", ascending=False, kind="stable").head(MOST_TIES)
    return {
        "from": found.chain.index(first),
        "to": found.chain.index(then),
        "sources": [_called(code, named) for code in sources],
        "targets": [_called(code, named) for code in targets],
        "pairsInAll": len(pairs),
        "beyond": len(beyond),
        "ties": [
            {"source": int(tie["row"]), "target": int(tie["column"]), "both": int(tie["both"])}
            | {name: number(tie[name]) for name in ("relatedness", "expected", "q")}
            for tie in nearest.to_dict("records")
        ],
        "cells": cells,
    }


def _supported(found: Fused) -> list[dict[str, Any]]:
    """Of every region and direction the fields it lacks that the other stage supports most, beyond chance."""
    lacking = found.supported[~found.supported["held"].to_numpy(dtype=bool)]
    beyond = lacking["support"] - lacking["by_chance"].fillna(0.0)
    order = lacking.assign(beyond=beyond).sort_values("beyond", ascending=False, kind="stable")
    first = order.groupby(["region", "from", "to"], sort=True).head(MOST_SUPPORTED)
    first = first.sort_values(["region", "from", "to", "beyond"], ascending=[True, True, True, False], kind="stable")
    return [
        {
            "region": str(row["region"]),
            "from": found.chain.index(row["from"]),
            "to": found.chain.index(row["to"]),
            "field": {"en": str(row["field_en"]), "zh": str(row["field_zh"])},
            "support": number(row["support"]),
            "byChance": number(row["by_chance"]),
        }
        for row in first.to_dict("records")
    ]


def _shown(lags: pd.DataFrame) -> set[tuple[str, str, str]]:
    """Steps and fields whose curves a page has: over all fields, and those least likely to be chance."""
    if not len(lags):
        return set()
    single = lags[lags["field"] != ALL_FIELDS].sort_values("q", kind="stable")
    kept = pd.concat([lags[lags["field"] == ALL_FIELDS], single.groupby(["from", "to"], sort=False).head(MOST_FIELDS)])
    return {(str(row["from"]), str(row["to"]), str(row["field"])) for row in kept.to_dict("records")}


def _by_field(table: pd.DataFrame, shown: set[tuple[str, str, str]]) -> list[tuple[tuple[str, str, str], pd.DataFrame]]:
    """The rows of each step and field that is shown, over all fields first."""
    if not len(table):
        return []
    parts = {
        (str(a), str(b), str(field)): rows for (a, b, field), rows in table.groupby(["from", "to", "field"], sort=False)
    }
    kept = [(key, rows) for key, rows in parts.items() if key in shown]
    return sorted(kept, key=lambda one: one[0][2] != ALL_FIELDS)


def _curve(found: Fused, key: tuple[str, str, str], table: pd.DataFrame, named: Named) -> dict[str, Any]:
    columns = ("value", "low", "high", "share")
    points = [[int(row["lag"]), *(number(row[name]) for name in columns)] for row in table.to_dict("records")]
    return _placed(found, key, named) | {"points": points}


def _placed(found: Fused, key: tuple[str, str, str], named: Named) -> dict[str, Any]:
    first, then, field = key
    return {
        "from": found.chain.index(first),
        "to": found.chain.index(then),
        "field": None if field == ALL_FIELDS else _called(field, named),
    }


def _called(code: Any, named: Named) -> dict[str, str]:
    return named.get(str(code), {"en": str(code), "zh": str(code)})
