"""Leaving out the small: regions and activities below a floor of total or of diversity, each listed with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.structure.crossed import needs_links, one_of
from xinzhi.structure.links import Dropped, Links, Side

Periods = Literal["every", "any"]


def without_small(
    links: Links,
    *,
    region_total: float = 0,
    region_diversity: int = 0,
    activity_total: float = 0,
    activity_ubiquity: int = 0,
    periods: Periods = "every",
) -> Links:
    """Only regions and activities that reach every floor, in ``every`` period or in ``any`` of them.

    Totals are sums of values, diversity counts the activities of a region, ubiquity the regions of an activity. What
    is left out takes its links with it, so floors are applied until all that is left reaches them: the largest such
    set, whatever the order. Each is listed in ``.dropped`` with what it had when it fell. Raises ``MethodError`` where
    nothing is left.
    """
    needs_links(links)
    one_of("periods", periods, Periods)
    floors: list[tuple[Side, bool, float, str, str]] = [
        ("region", True, region_total, "total", "总量"),
        ("region", False, region_diversity, "diversity", "多样性"),
        ("activity", True, activity_total, "total", "总量"),
        ("activity", False, activity_ubiquity, "ubiquity", "普遍性"),
    ]
    if unknown := [f"{side}_{en}" for side, _, floor, en, _ in floors if np.isnan(floor)]:
        raise MethodError(_no_floor(unknown[0]))
    kept = {"region": np.ones(len(links.regions), bool), "activity": np.ones(len(links.activities), bool)}
    labels = {"region": links.regions, "activity": links.activities}
    dropped: list[Dropped] = []
    falling = True
    while falling:
        falling = False
        for side, totals, floor, en, zh in floors:
            if not floor > 0:
                continue
            had = _had(links, side, kept, totals)
            had = had.min(axis=0) if periods == "every" else had.max(axis=0)
            small = kept[side] & (had < floor)
            when_en, when_zh = {"every": ("in some period", "某一期"), "any": ("in all periods", "各期")}[periods]
            why = Text(en=f"{en} below {floor:g} {when_en}", zh=f"{when_zh}{zh}低于 {floor:g}")
            dropped += [Dropped(side, str(labels[side][at]), why, float(had[at])) for at in np.flatnonzero(small)]
            kept[side] &= ~small
            falling |= bool(small.any())
    if not kept["region"].any() or not kept["activity"].any():
        raise MethodError(_nothing_left(dropped, links))
    left = links.take(np.flatnonzero(kept["region"]), np.flatnonzero(kept["activity"]))
    notices = (*left.notices, _told(dropped)) if dropped else left.notices
    return replace(left, dropped=(*left.dropped, *dropped), notices=notices)


def _had(links: Links, side: Side, kept: dict[str, npt.NDArray[np.bool_]], totals: bool) -> Floats:
    """What each region (or activity) has among those kept, (period, label): its total, or how many links."""
    rows = []
    for matrix in links.values:
        cells = sparse.csr_array(matrix)
        weights = (cells.data if totals else cells.data != 0).astype(float)
        weights = weights * kept["activity"][cells.indices] * np.repeat(kept["region"], np.diff(cells.indptr))
        places = np.repeat(np.arange(len(links.regions)), np.diff(cells.indptr)) if side == "region" else cells.indices
        rows.append(np.bincount(places, weights=weights, minlength=len(kept[side])))
    return np.array(rows)


def _no_floor(name: str) -> Fault:
    return Fault("bad-option", f"{name} is no number (nan).", f"{name} 不是数值（nan）。")


def _told(dropped: list[Dropped]) -> Fault:
    regions = sum(one.side == "region" for one in dropped)
    return Fault(
        "small-left-out",
        f"below the floors and left out: regions {regions}, activities {len(dropped) - regions}; see .dropped.",
        f"低于下限而剔除：地区 {regions} 个，活动 {len(dropped) - regions} 项，详见 .dropped。",
        severity="warning",
    )


def _nothing_left(dropped: list[Dropped], links: Links) -> Fault:
    first = dropped[0]
    return Fault(
        "nothing-left",
        f"no region and activity reach all floors (of {len(links.regions)} × {len(links.activities)}; "
        f"first to fall: {first.label}, {first.why.en}, it had {first.value:g}). Lower the floors.",
        f"没有地区和活动同时达到各项下限（共 {len(links.regions)} × {len(links.activities)}；"
        f"首先剔除：{first.label}，{first.why.zh}，实际为 {first.value:g}）。请降低下限。",
    )
