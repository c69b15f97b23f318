"""Filling what was not observed, and saying of every filled cell how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import MISSING, ORIGINS, Floats
from xinzhi.core.methods import Family

imputations = Family(
    "imputation",
    "缺失值填补",
    "f(x (time, region, indicator), near, *, options) -> x with as many gaps filled as the method can fill",
)


@dataclass(frozen=True)
class Near:
    """What stands near a cell: regions of its group, indicators under its parent, other years.

    ``groups`` (region,) codes or None; ``parents`` (indicator,) codes of the parent element; ``times`` (time,);
    ``directions`` (indicator,) +1 or -1; ``pooled``: means are taken over all years together rather than within each.
    """

    groups: npt.NDArray[np.intp] | None
    parents: npt.NDArray[np.intp]
    times: Floats
    directions: Floats
    pooled: bool = False
    seed: int | None = None


def fill(
    x: Floats,
    steps: Sequence[tuple[str, Callable[..., Floats], dict[str, Any]]],
    near: Near,
    origin: npt.NDArray[np.uint8],
) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Take the steps one after another, each filling what the ones before left open.

    Returns the filled array and ``origin`` updated; observed cells are never changed, whatever a step returns.
    """
    filled, origin = x, origin.copy()
    for name, function, options in steps:
        gap = np.isnan(filled)
        if not gap.any():
            break
        filled = np.where(gap, function(filled, near, **options), filled)
        origin[gap & ~np.isnan(filled)] = ORIGINS.index(name) if name in ORIGINS else ORIGINS.index("function")
    origin[np.isnan(filled)] = MISSING
    return filled, origin


@imputations.add("mean", zh="均值填补", cite="Becker et al. 2022, COINr")
def mean(x: Floats, near: Near) -> Floats:
    """Fill with the mean of the indicator's observed values."""
    raise NotImplementedError
