"""Where regions follow, run alongside or lead, as the page shows it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from xinzhi.report.packing import called, packed, packed_short, text
from xinzhi.structure.frontier import STAGES
from xinzhi.study.structure.results import Space

_NOWHERE = 255  # too small to tell, or no earlier period
_NOBODY = 65_535
COLUMNS = ("ratio", "low", "high", "ratio_first", "closer")


def stood(space: Space, most: int) -> dict[str, Any]:
    """Of every region its activities nearest to the frontier in the last period, and how many it has in each stage.

    ``numbers`` are the ratio to the frontier with its interval, the ratio in the first period, and the share of draws
    in which it has risen since.
    """
    links = space.links
    last = space.standing["period"].iloc[-1]
    table = space.standing[space.standing["period"] == last]
    table = table[table["ratio"].notna() & (table["ratio"] > 0)]
    if len(space.closer):
        before = space.closer[["region", "activity", "was", "ratio_first", "closer"]]
        table = table.merge(before, on=["region", "activity"], how="left")
    row = pd.Index(links.regions).get_indexer(pd.Index(table["region"]))
    order = table["ratio"].groupby(row).rank(ascending=False, method="first").to_numpy()
    kept = np.flatnonzero(order <= most)
    kept = kept[np.lexsort((order[kept], row[kept]))]
    told, at = table.iloc[kept], row[kept]
    return {
        "period": called(last),
        "first": called(space.standing["period"].iloc[0]) if len(space.closer) else None,
        "stages": [text(words) for words in STAGES.values()],
        "thresholds": [space.spec.standing.alongside, space.spec.standing.lead] if space.spec.standing else [],
        "counts": np.bincount(at, minlength=len(links.regions)).tolist(),
        "activities": packed(pd.Index(links.activities).get_indexer(pd.Index(told["activity"])), "<u2"),
        "stage": packed(_stages(told["stage"]), "u1"),
        "was": packed(_stages(told["was"]) if "was" in told else np.full(len(told), _NOWHERE), "u1"),
        "numbers": packed_short(told.reindex(columns=list(COLUMNS)).to_numpy(dtype=float)),
        "all": len(kept) == len(table),
        "byRegion": packed(_counted(space, last), "<u2"),
        "frontier": packed(_frontier(space, last), "<u2"),
        "top": space.spec.standing.top if space.spec.standing else 1,
    }


def _stages(names: pd.Series[Any]) -> Any:
    places = {stage: at for at, stage in enumerate(STAGES)}
    return names.map(places).fillna(_NOWHERE).to_numpy(dtype=int)


def _counted(space: Space, period: Any) -> Any:
    """In how many activities each region is in each stage, (region, stage)."""
    table = space.standing[space.standing["period"] == period]
    counted = pd.crosstab(table["region"], table["stage"])
    return counted.reindex(index=space.links.regions, columns=list(STAGES), fill_value=0).to_numpy()


def _frontier(space: Space, period: Any) -> Any:
    """The region furthest ahead in each activity, 65535 where nobody has it."""
    table = space.standing[(space.standing["period"] == period) & (space.standing["ratio"] > 0)]
    first = table.sort_values("ratio", ascending=False, kind="stable").drop_duplicates("activity").set_index("activity")
    places = pd.Index(space.links.regions).get_indexer(pd.Index(first["region"]))
    return pd.Series(places, index=first.index).reindex(space.links.activities).fillna(_NOBODY).to_numpy(dtype=int)
