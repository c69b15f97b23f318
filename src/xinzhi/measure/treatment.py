"""Taming outliers before they set the scale."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family

treatments = Family(
    "treatment",
    "异常值处理",
    "f(x (cells, indicator), *, options) -> Treated; column by column, nan stays nan",
)


@dataclass(frozen=True)
class Treated:
    """Treated values, what was done to each cell, and what was found on the way.

    ``marks`` (like values): 0 untouched, 1 winsorised at the top, -1 at the bottom, 2 transformed;
    ``details``: (indicator,) arrays by name.
    """

    values: Floats
    marks: npt.NDArray[np.int8]
    details: dict[str, np.ndarray] = field(default_factory=dict)


@treatments.add("none", zh="不处理", cite="")
def none(x: Floats) -> Treated:
    """Leave the values as they are."""
    return Treated(x, np.zeros(x.shape, np.int8))
