"""What regions are made of, as the page shows it: one space for each of a study's links.

Tables of regions and activities are packed whole. Of pairs of region and activity there may be hundreds of thousands,
so a page holds those that matter most to each region; the results beside it hold all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.report.dependency import depended, importers
from xinzhi.report.digital import digitised
from xinzhi.report.digital import regions_of as regions_of_digital
from xinzhi.report.emerging import emerged
from xinzhi.report.fused import fused
from xinzhi.report.ladder import laddered
from xinzhi.report.ladder import regions_of as regions_of_ladder
from xinzhi.report.networks import laid_out, thinned
from xinzhi.report.packing import called, camel, packed, packed_short, rounded, text
from xinzhi.report.records import recorded
from xinzhi.report.standing import stood
from xinzhi.report.steps import step
from xinzhi.study.structure.results import Space, Structure

# Pairs of region and activity on a page, over all spaces.
MOST_PAIRS = 30_000
# Fewer than this per region would tell little, however many regions there are.
_FEWEST_PAIRS = 24
# Of more cells than this a page does not hold who has what.
_MOST_CELLS = 4_000_000
# The null curve of a region: so many places along complexity, smoothed over this share of its range.
_CURVE, _SMOOTH = 16, 0.12

REGION_COLUMNS = (
    "total",
    "diversity",
    "specialisation",
    "entropy",
    "complexity",
    "rank",
    "rank_low",
    "rank_high",
    "density_held",
    "density_missing",
    "coherence",
    "outlook",
)
ACTIVITY_COLUMNS = ("total", "ubiquity", "gini", "complexity", "rank")
PAIR_COLUMNS = ("value", "intensity", "density", "by_chance", "gain", "chance", "chance_null")
RATE_COLUMNS = (
    "candidates",
    "entries",
    "entry_rate",
    "entry_low",
    "entry_high",
    "held",
    "exits",
    "exit_rate",
    "exit_low",
    "exit_high",
)


def structured(structure: Structure) -> dict[str, Any]:
    """Every space, their fusion, topics that emerge, choke points, the ladder and records, as plain data."""
    spaces = list(structure.spaces.values())
    files = {space.name: space.spec.file for space in spaces}
    room = MOST_PAIRS // max(len(spaces), 1)
    return {
        "spaces": [_space(space, room) for space in spaces],
        "fusion": fused(structure.fusion, structure.spaces) if structure.fusion else None,
        "emergence": emerged(structure.emergence, files) if structure.emergence else [],
        "dependency": depended(structure.dependency) if structure.dependency else [],
        "ladder": laddered(structure.ladder) if structure.ladder else [],
        "digital": digitised(structure.digital, list(structure.digital.files)) if structure.digital else None,
        "records": recorded(structure.records) if structure.records else [],
    }


def regions_of(structure: Structure) -> dict[str, Text]:
    """The names of every region that links or industries have or that imports something, by code, in their order."""
    found: dict[str, Text] = {}
    for space in structure.spaces.values():
        for code, en, zh in zip(space.links.regions, *_names(space, "region"), strict=True):
            found.setdefault(str(code), Text(en=str(en), zh=str(zh)))
    for code, (en, zh) in importers(structure.dependency).items() if structure.dependency else ():
        found.setdefault(code, Text(en=en, zh=zh))
    for code, name in regions_of_ladder(structure.ladder).items() if structure.ladder else ():
        found.setdefault(code, name)
    for code, name in regions_of_digital(structure.digital).items() if structure.digital else ():
        found.setdefault(code, name)
    return found


def _names(space: Space, side: Any) -> tuple[Any, Any]:
    return space.links.names(side, "en"), space.links.names(side, "zh")


def _space(space: Space, room: int) -> dict[str, Any]:
    links, spec = space.links, space.spec
    groups, of_group = _groups(space)
    activities = zip(links.activities, *_names(space, "activity"), of_group, strict=True)
    chosen = (
        ("presence", spec.presence),
        ("complexity", spec.complexity),
        ("relatedness", spec.relatedness),
        ("density", spec.density if spec.relatedness else None),
    )
    return {
        "name": space.name,
        "title": text(space.title),
        "file": spec.file,
        "unit": links.unit,
        "periods": [called(period) for period in links.periods],
        "regions": [str(code) for code in links.regions],
        "activities": [
            {"code": str(code), "name": {"en": str(en), "zh": str(zh)}, "group": int(group)}
            for code, en, zh, group in activities
        ],
        "groups": groups,
        "steps": [step(name, choice) for name, choice in chosen if choice is not None],
        "draws": spec.complexity.draws if spec.complexity else 0,
        "resampled": spec.complexity.resample if spec.complexity else None,
        "level": space.validity.level if space.validity else None,
        "dropped": len(links.dropped),
        "told": [*map(_period, space.periods.to_dict("records"))],
        "regionCells": packed_short(_cells(space.regions, "region", links.regions, links.periods, REGION_COLUMNS)),
        "activityCells": packed_short(
            _cells(space.activities, "activity", links.activities, links.periods, ACTIVITY_COLUMNS)
        ),
        "present": _present(space),
        "pairs": _pairs(space, room) if len(space.pairs) else None,
        "network": _network(space) if len(space.ties) else None,
        "forecast": [_scored(row) for row in space.forecast.to_dict("records")],
        "verdict": text(space.verdict) if space.verdict else None,
        "standing": stood(space, _share(space, room)) if len(space.standing) else None,
        "rates": _rates(space) if len(space.rates) else None,
    }


def _period(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {camel(name): value for name, value in _row({**row, "period": called(row["period"])}).items()}


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A table's row with numbers rounded, labels as text, nothing where there is none."""
    return {str(name): _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, float, np.number)):
        return rounded(float(value))
    return None if value is None or value is pd.NA else str(value)


def _scored(row: Mapping[Any, Any]) -> dict[str, Any]:
    """One row of the forecast's scores, its names in both languages as one."""
    told = {name: value for name, value in row.items() if name not in ("name_en", "name_zh")}
    return {camel(name): value for name, value in _row(told).items()} | {
        "name": {"en": str(row["name_en"]), "zh": str(row["name_zh"])}
    }


def _cells(
    table: pd.DataFrame,
    side: str,
    labels: Sequence[Any] | npt.NDArray[Any],
    periods: Sequence[Any],
    names: Sequence[str],
) -> Floats:
    """Columns of a table (label, period, column); nan where a label has no row, or the table no such column."""
    order = pd.MultiIndex.from_product([labels, periods])
    laid = table.set_index([side, "period"]).reindex(index=order, columns=list(names))
    return laid.to_numpy(dtype=float).reshape(len(labels), len(periods), len(names))


def _last(table: pd.DataFrame, space: Space) -> pd.DataFrame:
    return table[table["period"] == space.last]


def _groups(space: Space) -> tuple[list[dict[str, str]], npt.NDArray[np.intp]]:
    """The classes that a file of names gives, and the class of every activity: -1 for none. Or nothing."""
    if "group" not in space.activities:
        return [], np.full(len(space.links.activities), -1)
    last = _last(space.activities, space).set_index("activity")["group"].reindex(space.links.activities)
    codes, found = pd.factorize(last.where(last.notna() & (last != "")), sort=True)
    zh = _last(space.activities, space).get("group_zh")
    named = {} if zh is None else dict(zip(_last(space.activities, space)["group"], zh, strict=True))
    return [{"en": str(one), "zh": str(named.get(one, one))} for one in found], codes


# --- Pairs ----------------------------------------------------------------------------------------------------


def _pairs(space: Space, room: int) -> dict[str, Any]:
    """Of every region the pairs that matter most to it, and its null curve, of all pairs."""
    links, table = space.links, space.pairs
    row = pd.Index(links.regions).get_indexer(pd.Index(table["region"]))
    activity = pd.Index(links.activities).get_indexer(pd.Index(table["activity"]))
    most = _share(space, room)
    kept = np.flatnonzero(_order(table, row) < most)
    kept = kept[np.lexsort((activity[kept], row[kept]))]
    names = [name for name in PAIR_COLUMNS if name in table and table[name].notna().any()]
    told = table.iloc[kept]
    return {
        "counts": np.bincount(row[kept], minlength=len(links.regions)).tolist(),
        "activities": packed(activity[kept], "<u2"),
        "present": packed(told["present"].to_numpy(dtype=bool), "u1"),
        "columns": names,
        "numbers": packed_short(told[names].to_numpy(dtype=float)),
        "all": len(kept) == len(table),
        "most": most,
        "curve": _curve(space, table, row, activity) if "by_chance" in table else None,
    }


def _share(space: Space, room: int) -> int:
    """How many pairs of every region find room."""
    return max(room // max(len(space.links.regions), 1), _FEWEST_PAIRS)


def _order(table: pd.DataFrame, row: npt.NDArray[np.intp]) -> Floats:
    """Where each pair stands among those of its region, 0 for what matters most.

    In turn: what is missing and likely to come, near, or worth most, and what there is most of.
    """
    has = table["present"].to_numpy(dtype=bool)
    best = np.full(len(table), np.inf)
    for name, held in (("chance", False), ("density", False), ("gain", False), ("intensity", True)):
        if name in table:
            values = table[name].where(has == held)
            best = np.fmin(best, values.groupby(row).rank(ascending=False, method="first").to_numpy())
    return pd.Series(best).groupby(row).rank(method="first").to_numpy() - 1


def _curve(space: Space, table: pd.DataFrame, row: npt.NDArray[np.intp], activity: npt.NDArray[np.intp]) -> Any:
    """The density that chance leads to along complexity, region × place of the curve.

    A mean of all activities, weighted by how near their complexity is (a normal kernel): Nadaraya 1964, Watson 1964.
    """
    last = _last(space.activities, space).set_index("activity")
    if "complexity" not in last:
        return None
    complexity = last["complexity"].reindex(space.links.activities).to_numpy(dtype=float)
    if not np.isfinite(complexity).any():
        return None
    low, high = np.nanquantile(complexity, [0.02, 0.98])
    places = np.linspace(low, high, _CURVE)
    width = max((high - low) * _SMOOTH, 1e-12)
    near = np.nan_to_num(np.exp(-0.5 * ((places - complexity[:, None]) / width) ** 2))
    chance = table["by_chance"].to_numpy(dtype=float)
    known = np.isfinite(chance)
    shape = len(space.links.regions), len(complexity)
    values, ones = (
        sparse.csr_array((of[known], (row[known], activity[known])), shape=shape) @ near
        for of in (chance, np.ones(len(chance)))
    )
    mean = np.divide(values, ones, out=np.full(values.shape, np.nan), where=ones > 1e-9)
    return {"complexity": [rounded(float(place)) for place in places], "cells": packed_short(mean)}


def _present(space: Space) -> str | None:
    """Who has what in the last period, a bit a cell (region, activity) with the first in front; not of millions."""
    matrix = space.presence.at(space.last)
    if matrix.shape[0] * matrix.shape[1] > _MOST_CELLS:
        return None
    return packed(np.packbits(matrix.toarray() != 0), "u1")


# --- Network --------------------------------------------------------------------------------------------------


def _network(space: Space) -> dict[str, Any]:
    """The activity space: places of its activities, the tree, and the strongest ties beside it."""
    activities = space.links.activities
    index = pd.Index(activities)
    source, target = (index.get_indexer(pd.Index(space.ties[name])) for name in ("activity", "other"))
    last = _last(space.activities, space).set_index("activity").reindex(activities)
    size = last["total"].fillna(0).to_numpy(dtype=float)
    strength = space.ties["relatedness"].to_numpy(dtype=float)
    tree = space.ties["tree"].to_numpy(dtype=bool)
    drawn = thinned(source, target, strength, tree, size)
    nodes, ends = np.unique(np.concatenate([source[drawn], target[drawn]]), return_inverse=True)
    first, second = ends[: int(drawn.sum())], ends[int(drawn.sum()) :]
    community = last["community"].fillna(0) if "community" in last else pd.Series(0, index=activities)
    return {
        "nodes": packed(nodes, "<u2"),
        "places": packed_short(laid_out(len(nodes), first, second)),
        "community": packed(community.to_numpy(dtype=int)[nodes], "<u2"),
        "from": packed(first, "<u2"),
        "to": packed(second, "<u2"),
        "strength": packed_short(strength[drawn]),
        "tree": packed(tree[drawn], "u1"),
    }


def _rates(space: Space) -> dict[str, Any]:
    """Entries and exits of every region in the last transition."""
    final = space.rates["after"] == space.rates["after"].iloc[-1]
    table = space.rates[final].set_index("region").reindex(index=space.links.regions, columns=list(RATE_COLUMNS))
    last = space.rates.iloc[-1]
    return {
        "before": called(last["before"]),
        "after": called(last["after"]),
        "cells": packed_short(table.to_numpy(dtype=float)),
    }
