"""A measure as amounts that can be added up and divided into shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.labels import Floats
from xinzhi.structure.ladder.rungs import TIME

if TYPE_CHECKING:
    from xinzhi.data.industries import Industries


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
