"""Aggregations: many scores of a unit become one."""

from __future__ import annotations

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family

aggregations = Family(
    "aggregation",
    zh="合成",
    about="f(x: (..., units, k), w: (..., k), *, options) -> (..., units); nan = missing.",
)


@aggregations.add("arithmetic", zh="算术加权平均", cite="OECD, JRC 2008")
def arithmetic(x: Floats, w: Floats) -> Floats:
    """Average with weights; strengths make up for weaknesses in full."""
    total = np.einsum("...uk,...k->...u", np.nan_to_num(x, nan=0.0), w)
    present = np.einsum("...uk,...k->...u", (~np.isnan(x)).astype(float), w)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(present > 0, total / present, np.nan)
