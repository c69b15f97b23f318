"""The tables of a space: its periods, regions, activities, and every region with every activity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.structure.backtest import Backtest
from xinzhi.structure.complexity import Complexity, ranked
from xinzhi.structure.crossed import totals
from xinzhi.structure.forecast import Forecast
from xinzhi.structure.intensity import location_quotients
from xinzhi.structure.links import Links, Names, Side, stored
from xinzhi.structure.location import concentration, specialisation
from xinzhi.structure.network import nestedness
from xinzhi.structure.validity import Validity
from xinzhi.study.structure.near import Near

EMPTY = pd.DataFrame()
# Cells of the last period beyond this many are told where something is there or most is within reach.
_MOST_PAIRS = 4_000_000
_NEAREST = 100


def periods(links: Links, held: Links, trusted: Validity | None) -> pd.DataFrame:
    """One row a period: how much there is, how nested it is, and how far its complexity can be trusted."""
    rows = []
    for period, amounts, has in zip(links.periods, links.values, held.values, strict=True):
        linked = stored(has)
        rows.append(
            {
                "period": period,
                "regions": int((np.diff(linked.indptr) > 0).sum()),
                "activities": len(np.unique(linked.indices)),
                "links": int(linked.nnz),
                "total": float(amounts.sum()),
                "share_linked": linked.nnz / max(linked.shape[0] * linked.shape[1], 1),
                "nestedness": nestedness(held, period=period).value,
            }
        )
    table = pd.DataFrame(rows)
    if trusted is None:
        return table
    told = ("parts", "second", "third", "gap", "diversity", "anchor", "ordered", "stable", "turned")
    return table.assign(**{name: trusted.table[name].to_numpy() for name in told if name in trusted.table})


def regions(
    links: Links, held: Links, scored: Complexity | None, trusted: Validity | None, reached: Near
) -> pd.DataFrame:
    """One row a period and region."""
    table = _rows(links, "region")
    table["total"] = np.concatenate([totals(matrix, 1) for matrix in links.values])
    table["diversity"] = held.diversity.ravel()
    table["specialisation"] = specialisation(links, "krugman").values.values.ravel()
    table["entropy"] = specialisation(links, "shannon-entropy").values.values.ravel()
    if scored is not None:
        table["complexity"] = scored.regions.values.ravel()
        table["rank"] = scored.ranks.values.ravel()
    if trusted is not None:
        table["rank_low"], table["rank_high"] = trusted.ranks["low"].to_numpy(), trusted.ranks["high"].to_numpy()
    if reached.regions:
        near = pd.concat(reached.regions, ignore_index=True)
        names = [name for name in ("density_held", "density_missing", "coherence", "outlook") if name in near]
        table = table.assign(**{name: near[name].to_numpy() for name in names})
    return table


def activities(links: Links, held: Links, scored: Complexity | None, reached: Near) -> pd.DataFrame:
    """One row a period and activity."""
    table = _rows(links, "activity")
    for name in ("group", "group_zh"):
        if name in links.about_activity:
            table[name] = np.tile(links.about_activity[name], len(links.periods))
    table["total"] = np.concatenate([totals(matrix, 0) for matrix in links.values])
    table["ubiquity"] = held.ubiquity.ravel()
    table["gini"] = concentration(links, "gini").values.values.ravel()
    if scored is not None:
        table["complexity"] = scored.activities.values.ravel()
        table["rank"] = ranked(scored.activities.values).ravel()
    if reached.communities is not None:
        table["community"] = np.tile(reached.communities, len(links.periods))
    return table


def pairs(links: Links, held: Links, reached: Near, ahead: Forecast | None) -> tuple[pd.DataFrame, tuple[Fault, ...]]:
    """Every region with every activity in the last period, and what is to be known of that."""
    amounts, has = stored(links.values[-1]), stored(held.values[-1])
    shape = amounts.shape
    present = has.toarray() != 0
    dense: dict[str, Floats] = {}
    if reached.density is not None:
        dense["density"] = reached.density.values.values
    if reached.by_chance is not None:
        dense["by_chance"] = reached.by_chance
    if reached.outlook is not None:
        dense["gain"] = reached.outlook.gain.values
    if ahead is not None:
        for name, of in (("chance", ahead.probability), ("chance_null", ahead.null)):
            dense[name] = np.full(shape, np.nan)
            dense[name][ahead.prospects.rows, ahead.prospects.columns] = of
    kept, told = _kept(present, dense, links)
    row, column = np.nonzero(kept)
    table: dict[str, Any] = {"region": links.regions[row], "activity": links.activities[column]}
    table["value"] = amounts.astype(float).toarray()[row, column]
    table["intensity"] = location_quotients(amounts).toarray()[row, column]
    table["present"] = present[row, column]
    return pd.DataFrame(table | {name: of[row, column] for name, of in dense.items()}), told


def scores(tested: Backtest) -> pd.DataFrame:
    """How well entry was foretold: one row a forecast or null, with its names in both languages."""
    table = tested.to_frame("en").rename(columns={"name": "name_en"})
    table.insert(2, "name_zh", tested.to_frame("zh")["name"])
    return table


def verdict(tested: Backtest) -> Text:
    """Which of forecast, null and density wins, in words."""
    return Text(en=tested.say("en"), zh=tested.say("zh"))


def _rows(links: Links, side: Side) -> pd.DataFrame:
    labels = links.regions if side == "region" else links.activities
    many = len(links.periods)
    columns: dict[str, Names] = {
        "period": np.repeat(np.array(links.periods, dtype=object), len(labels)),
        side: np.tile(labels, many),
        "name_en": np.tile(links.names(side, "en"), many),
        "name_zh": np.tile(links.names(side, "zh"), many),
    }
    return pd.DataFrame(columns).infer_objects()


def _kept(present: Any, dense: dict[str, Floats], links: Links) -> tuple[Any, tuple[Fault, ...]]:
    """Which cells are told: all, or of a very large table those that are there and the nearest that are not."""
    if present.size <= _MOST_PAIRS:
        return np.ones(present.shape, dtype=bool), ()
    kept = present.copy()
    by = dense.get("chance", dense.get("density"))
    if by is not None:
        missing = np.where(present | np.isnan(by), -np.inf, by)
        first = np.argpartition(-missing, _NEAREST, axis=1)[:, :_NEAREST]
        kept[np.arange(len(kept))[:, None], first] = True
    notice = Fault(
        "pairs-cut",
        f"{links.title.en}: of {present.size} pairs of region and activity those that are there and the {_NEAREST} "
        "nearest others of each region are told.",
        f"{links.title.zh}：地区与活动的组合共 {present.size} 个，仅列出已有者及每个地区最接近的 {_NEAREST} 个。",
        severity="warning",
    )
    return kept, (notice,)
