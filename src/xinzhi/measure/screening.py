"""Which region-years have enough data to be measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats


@dataclass(frozen=True)
class Screened:
    """Data availability of every region-year, and whether it is enough; all arrays are (time, region).

    ``missing`` and ``zeros`` count indicators; ``available`` is the observed share of all indicators, ``nonzero``
    the share of the observed ones that are not zero (nan where nothing was observed); ``few`` and ``idle`` say
    which of the two fell short, whatever the rule; ``included`` is the rule's verdict.
    """

    missing: npt.NDArray[np.int64]
    zeros: npt.NDArray[np.int64]
    available: Floats
    nonzero: Floats
    few: npt.NDArray[np.bool_]
    idle: npt.NDArray[np.bool_]
    included: npt.NDArray[np.bool_]


def screen(
    x: Floats,
    *,
    by: Literal["missing", "zeros", "both"] = "missing",
    least: float = 2 / 3,
    least_nonzero: float = 0.1,
) -> Screened:
    """Leave out the region-years of (time, region, indicator) with too many gaps, too many zeros, or either.

    A share must be strictly below its limit (``least`` observed, ``least_nonzero`` not zero) to fall short. Where
    nothing was observed both fall short. Source: Becker et al. 2022, COINr: Screen.
    """
    k = x.shape[-1]
    missing = np.isnan(x).sum(axis=-1)
    zeros = (x == 0).sum(axis=-1)
    available = 1 - missing / k
    nonzero = np.full(missing.shape, np.nan)
    np.divide(k - missing - zeros, k - missing, out=nonzero, where=missing < k)
    few, idle = available < least, ~(nonzero >= least_nonzero)
    short = {"missing": few, "zeros": idle, "both": few | idle}[by]
    return Screened(missing, zeros, available, nonzero, few, idle, ~short)
