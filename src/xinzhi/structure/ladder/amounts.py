"""A measure as amounts that can be added up and divided into shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.structure.ladder.rungs import TIME

if TYPE_CHECKING:
    from xinzhi.data.industries import Industries

MEASURES: dict[str, Text] = {
    name: Text(en=en, zh=zh)
    for name, en, zh in (
        ("employment", "employment", "就业"),
        ("output", "output", "产出"),
        ("value_added", "value added", "增加值"),
        ("revenue", "revenue", "营业收入"),
        ("firms", "firms", "企业数"),
        ("establishments", "establishments", "机构数"),
        ("entries", "entries", "进入数"),
        ("exits", "exits", "退出数"),
        ("rd", "research and development", "研发投入"),
        ("patents", "patents", "专利"),
        ("capital", "capital", "资本"),
        ("energy", "energy", "能耗"),
        ("productivity", "productivity", "生产率"),
        ("digital", "digital intensity", "数字化水平"),
        ("wages", "wages", "工资"),
    )
}


def named(measure: str) -> Text:
    """What a measure is called in words; its own name where it is none of the usual ones."""
    return MEASURES.get(measure) or Text(en=measure.replace("_", " "), zh=measure)


def amounts(industries: Industries, measure: str) -> tuple[Floats, list[Fault]]:
    """A measure, (series, time); cells between bounds at their middle, and a note of how many.

    Raises ``DataError`` where there is no such measure or an amount is negative.
    """
    cells = industries.of(measure).values.astype(float)
    if (cells < 0).any():
        series, time = np.argwhere(cells < 0)[0]
        values, many = industries.values, int((cells < 0).sum())
        region, industry = values["region"].values[series], values["industry"].values[series]
        year = values[TIME].values[time]
        raise DataError(
            Fault(
                "negative-amount",
                f"'{measure}' is negative in {many} cells (first: {region} × {industry} × {year}). Shares need amounts "
                "of zero or more: correct them, or choose another measure.",
                f"“{measure}”有 {many} 格为负（首个：{region} × {industry} × {year}）。"
                "份额须用非负数量：请更正，或改用其他度量。",
            )
        )
    if industries.low is None:
        return cells, []
    low, high = (side.values for side in industries.bounds(measure))
    bounded = np.isnan(cells) & np.isfinite(low) & np.isfinite(high)
    if not bounded.any():
        return cells, []
    cells[bounded] = (low[bounded] + high[bounded]) / 2
    many = int(bounded.sum())
    return cells, [
        Fault(
            "middle-of-bounds",
            f"{many} cells of '{measure}' known only between bounds count at the middle of these.",
            f"“{measure}”有 {many} 格仅知上下限，按区间中值计。",
            severity="warning",
        )
    ]
