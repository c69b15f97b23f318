"""What many draws say together: how far they lie apart, and how sure the mean of a paired difference is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xinzhi.core.labels import Floats


def quantiles(values: Floats, at: Sequence[float]) -> Floats:
    """Quantiles (type 7) over the first axis, (quantile, …), of what is there; ``nan`` where nothing is.

    Hyndman, Fan 1996, The American Statistician 50: 361.
    """
    ordered = np.sort(values, axis=0)  # what is missing comes last
    count = (~np.isnan(values)).sum(axis=0)
    out = np.empty((len(at), *values.shape[1:]))
    for row, share in enumerate(at):
        place = share * np.maximum(count - 1, 0)
        below = np.floor(place).astype(np.intp)
        above = np.minimum(below + 1, np.maximum(count - 1, 0))
        low, high = (np.take_along_axis(ordered, one[None], axis=0)[0] for one in (below, above))
        out[row] = low + (place - below) * (high - low)
    return out


@dataclass(frozen=True, eq=False)
class Paired:
    """The mean of differences and its interval, and the share of draws in which the difference is above zero."""

    mean: Floats
    low: Floats
    high: Floats
    above: Floats
    draws: npt.NDArray[np.intp]


def paired(gaps: Floats, groups: npt.NDArray[np.int64], level: float = 0.95) -> Paired:
    """The mean of paired differences (draw, …) with an interval of Student's t; ``nan`` from fewer than two groups.

    Both worlds of a draw share their luck, so the difference is taken within the draw (Law 2015, Simulation Modeling
    and Analysis, section 10.2.1). Draws of one group (``groups``, (draw,)) share their knobs as well and are not
    independent: the variance is that of group sums (Cameron, Miller 2015, Journal of Human Resources 50: 317). Draws
    without a difference (``nan``) are left out. It is the interval of the mean, not the spread of the draws.
    """
    from scipy.stats import t

    there = ~np.isnan(gaps)
    n = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, gaps, 0.0).sum(axis=0) / n
        off = np.where(there, gaps - mean, 0.0)
        _, group = np.unique(groups, return_inverse=True)
        member = np.eye(group.max(initial=0) + 1)[group].T  # (group, draw)
        sums = np.tensordot(member, off, axes=1)
        count = (np.tensordot(member, there.astype(float), axes=1) > 0).sum(axis=0)
        error = np.sqrt((sums**2).sum(axis=0) * count / (count - 1)) / n
        reach = np.where(count > 1, t.ppf((1 + level) / 2, np.maximum(count - 1, 1)) * error, np.nan)
        above = (there & (gaps > 0)).sum(axis=0) / n
    return Paired(mean, mean - reach, mean + reach, above, n)
