"""In which goods regions depend on others, and on few of them, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.report.packing import called, number, text
from xinzhi.study.structure.dependency_spec import DependencySpec
from xinzhi.study.structure.results import Depended

# Numbers on a page, over all blocks; of each region at least and at most so many goods.
MOST_NUMBERS = 60_000
_FEWEST, _MOST = 8, 60
BY_PERIOD = ("dependency", "hhi", "exposure")
_SUMS = ("goods", "chokes", "total", "foreign", "dependency", "in_chokes")


def depended(found: Depended) -> list[dict[str, Any]]:
    """Every block: its importers, and their goods that are choke points or come nearest to one."""
    return [_block(found, spec, MOST_NUMBERS // len(found.specs)) for spec in found.specs]


def importers(found: Depended) -> dict[str, tuple[str, str]]:
    """The English and Chinese name of every importer by code."""
    first = found.regions.drop_duplicates("region")
    return {str(row["region"]): (str(row["name_en"]), str(row["name_zh"])) for row in first.to_dict("records")}


def _block(found: Depended, spec: DependencySpec, room: int) -> dict[str, Any]:
    sums = found.regions[found.regions["block"] == spec.name]
    points = found.points[found.points["block"] == spec.name]
    periods = list(dict.fromkeys(sums["period"]))
    regions = list(dict.fromkeys(sums["region"]))
    last = points[points["period"] == periods[-1]]
    last = last[last["total"] > 0]
    most = int(np.clip(room // (len(regions) * len(periods) * len(BY_PERIOD)), _FEWEST, _MOST))
    # Choke points in the order of their rank, then what hangs most on one source.
    order = last.sort_values(["region", "rank", "exposure"], ascending=[True, True, False], kind="stable")
    kept = order.groupby("region", sort=False).head(most)
    courses = points.set_index(["region", "good", "period"])[list(BY_PERIOD)]
    keys = pd.MultiIndex.from_tuples(
        [(*pair, period) for pair in zip(kept["region"], kept["good"], strict=True) for period in periods],
        names=["region", "good", "period"],
    )
    shape = len(kept), len(periods), len(BY_PERIOD)
    course = courses.reindex(keys).to_numpy(dtype=float).reshape(shape)
    goods = _places(kept, "good", "good_en", "good_zh")
    sources = _places(kept[kept["top_source"] != ""], "top_source", "top_en", "top_zh")
    at = {name: {code: place for place, code in enumerate(of)} for name, of in (("good", goods), ("source", sources))}
    return {
        "name": spec.name,
        "title": text(spec.called),
        "file": spec.file,
        "unit": spec.unit,
        "thresholds": [spec.dependency, spec.hhi],
        "periods": [called(period) for period in periods],
        "regions": [_region(sums[sums["region"] == code], periods) for code in regions],
        "goods": list(goods.values()),
        "sources": list(sources.values()),
        "points": [
            {"region": regions.index(row["region"]), "good": at["good"][row["good"]]}
            | _point(row, at["source"].get(row["top_source"]))
            | {"byPeriod": [[number(value) for value in then] for then in past]}
            for row, past in zip(kept.to_dict("records"), course, strict=True)
        ],
        "most": most,
        "all": len(kept) == len(last),
    }


def _places(table: pd.DataFrame, code: str, en: str, zh: str) -> dict[Any, dict[str, Any]]:
    """Codes with their names, in the order of the codes."""
    first = table.drop_duplicates(code).sort_values(code, kind="stable")
    return {
        row[code]: {"code": str(row[code]), "name": {"en": str(row[en]), "zh": str(row[zh])}}
        for row in first.to_dict("records")
    }


def _region(sums: pd.DataFrame, periods: list[Any]) -> dict[str, Any]:
    last = sums[sums["period"] == periods[-1]].iloc[0]
    told = {name: number(last[name]) for name in _SUMS}
    return {
        "code": str(last["region"]),
        "name": {"en": str(last["name_en"]), "zh": str(last["name_zh"])},
        "domestic": bool(last["own_told"]),
        "goods": int(last["goods"]),
        "chokes": int(last["chokes"]),
        "total": told["total"],
        "foreign": told["foreign"],
        "dependency": told["dependency"],
        "inChokes": told["in_chokes"],
        "chokesByPeriod": [int(many) for many in sums.set_index("period")["chokes"].reindex(periods)],
    }


def _point(row: Mapping[Any, Any], source: int | None) -> dict[str, Any]:
    names = ("total", "foreign", "domestic", "dependency", "hhi", "sources", "exposure", "substitution")
    return {
        "rank": None if pd.isna(row["rank"]) else int(row["rank"]),
        "choke": bool(row["choke"]),
        **{name: number(row[name]) for name in names},
        "topSource": source,
        "topShare": number(row["top_share"]),
    }
