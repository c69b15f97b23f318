"""How firms' sizes, growth and productivity are spread, and where growth of productivity comes from; arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from xinzhi.core.labels import Floats

Whole = npt.NDArray[np.integer[Any]]

LEAST_TAIL: Final = 50
"""The fewest values from which the exponent of a tail is told."""
_TAIL, _THRESHOLDS = 0.1, 30
_SIZES, _IN_BIN = 20, 50


def centred(values: Floats, group: Whole) -> Floats:
    """Values without their group's mean; a group's number is 0 or more. nan stays nan and counts for nothing."""
    there = np.isfinite(values)
    total = np.bincount(group[there], values[there])
    count = np.bincount(group[there])
    mean = total / np.maximum(count, 1)
    return np.where(there, values - np.append(mean, 0.0)[np.where(there, group, len(mean))], np.nan)


def subbotin_shape(values: Floats) -> float:
    """The shape b of a Subbotin distribution by maximum likelihood: 2 is the normal, 1 Laplace, less has fatter tails.

    The density is exp(-|(x - m) / a|^b / b) / (2 a b^(1/b) Γ(1 + 1/b)), with the median for m and the best a for each b
    (Bottazzi, Secchi 2006, RAND Journal of Economics 37: 235). b is sought between .2 and 6.
    nan where fewer than 50 values differ from their median.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    values = values[np.isfinite(values)]
    away = np.abs(values - np.median(values)) if values.size else values
    scale = away.max(initial=0.0)
    logs = np.log(away[away > 1e-12 * scale] / scale) if scale > 0 else away[:0]
    if logs.size < LEAST_TAIL:
        return np.nan

    def unlikely(log_b: float) -> float:
        b = np.exp(log_b)
        mean = np.exp(b * logs).sum() / away.size  # values at the median add nothing
        return float((np.log(mean) + np.log(b) + 1) / b + gammaln(1 + 1 / b))

    found = minimize_scalar(unlikely, bounds=(np.log(0.2), np.log(6.0)), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


@dataclass(frozen=True)
class Tail:
    """The exponent of a distribution function's upper tail, P(X > x) ~ x^-exponent; the density's is one more.

    ``error`` is its standard error with the threshold taken as given, ``used`` counts the values above it.
    """

    exponent: float
    error: float
    threshold: float
    used: int


def upper_tail(values: Floats) -> Tail:
    """The exponent of the upper tail by Hill's estimator above the threshold where a power law fits best.

    The fit is the greatest distance between distribution functions (Clauset, Shalizi, Newman 2009, SIAM Review 51:
    661). Thresholds are tried that leave from 50 values up to a tenth of all; of fewer than 500 values all
    that are at least 50. nan where there are fewer than 50 positive values, or no two above the threshold differ.
    """
    values = values[np.isfinite(values) & (values > 0)]
    n = values.size
    if n <= LEAST_TAIL:
        return Tail(np.nan, np.nan, np.nan, 0)
    most = max(int(_TAIL * n), LEAST_TAIL)
    top = np.log(np.sort(np.partition(values, n - most - 1)[n - most - 1 :])[::-1])
    sums = np.cumsum(top)
    best, found = np.inf, Tail(np.nan, np.nan, np.nan, 0)
    for k in np.unique(np.geomspace(LEAST_TAIL, most, _THRESHOLDS).astype(int)):
        excess = sums[k - 1] / k - top[k]
        if excess <= 1e-12:
            continue
        exponent = (k - 1) / k / excess  # (k - 1) / k takes the bias away
        above = np.exp(-exponent * (top[:k] - top[k]))
        distance = max(np.abs(above - np.arange(1, k + 1) / k).max(), np.abs(above - np.arange(k) / k).max())
        if distance < best:
            best, found = distance, Tail(exponent, exponent / np.sqrt(k), float(np.exp(top[k])), int(k))
    return found


def spread_by_size(size: Floats, growth: Floats) -> float:
    """β in sd(growth) ~ size^-β: a line through the spread of growth in bins of equally many firms by size.

    ``growth`` is of logs. Up to 20 bins of at least 50 firms; nan where fewer than three bins can be had.
    """
    there = np.isfinite(size) & np.isfinite(growth) & (size > 0)
    size, growth = np.log(size[there]), growth[there]
    bins = min(_SIZES, size.size // _IN_BIN)
    if bins < 3:
        return np.nan
    order = np.argsort(size, kind="stable")
    edges = np.linspace(0, size.size, bins + 1).astype(int)
    count = np.diff(edges)
    means = [np.add.reduceat(one[order], edges[:-1]) / count for one in (size, growth)]
    spread = np.sqrt(np.add.reduceat((growth[order] - np.repeat(means[1], count)) ** 2, edges[:-1]) / count)
    if (spread <= 0).any() or np.ptp(means[0]) <= 0:
        return np.nan
    return -float(np.polyfit(means[0], np.log(spread), 1)[0])


def ninety_ten(logs: Floats, group: Whole, *, least: int = 20) -> float:
    """How much more productive the firm at the 90th percentile is than that at the 10th, within groups: a ratio.

    ``logs`` are logs of productivity; the mean of the groups' ranges, each of at least ``least`` firms, counting
    alike (as Syverson 2011, Journal of Economic Literature 49: 326, tells it over industries). nan where none has them.
    """
    there = np.isfinite(logs)
    logs, group = logs[there], group[there]
    order = np.lexsort((logs, group))
    logs, count = logs[order], np.bincount(group)
    start = np.cumsum(count) - count
    start, count = start[count >= least], count[count >= least]
    if not count.size:
        return np.nan

    def quantile(share: float) -> Floats:
        at = share * (count - 1)
        below = np.floor(at).astype(int)
        above = np.minimum(below + 1, count - 1)
        return np.asarray(logs[start + below] + (at - below) * (logs[start + above] - logs[start + below]))

    return float(np.exp((quantile(0.9) - quantile(0.1)).mean()))


@dataclass(frozen=True)
class Growth:
    """Growth of productivity in logs and what it is made of; ``total`` is the sum of all five.

    ``within`` firms that stayed, ``between`` them as shares moved to the more productive, ``cross`` as shares moved to
    those that gained, ``entry`` of firms better than the mean before, ``exit`` of firms worse than it.
    """

    total: float
    within: float
    between: float
    cross: float
    entry: float
    exit: float
    stayed: float
    """Growth of the firms that stayed, each counting with the mean of its shares among them before and after."""

    @property
    def net_entry(self) -> float:
        """The share of growth that entry and exit account for."""
        return (self.entry + self.exit) / self.total if self.total else np.nan


@dataclass(frozen=True)
class Moves:
    """Firms before and after: size and log productivity, nan where a firm was not there; ``group`` is the industry."""

    size_before: Floats
    logs_before: Floats
    size: Floats
    logs: Floats
    group: Whole


def growth_of_productivity(moves: Moves) -> Growth:
    """Where growth came from, within industries: Foster, Haltiwanger, Krizan 2001.

    Their own decomposition (in New Developments in Productivity Analysis, NBER) of the mean by size of each industry
    with firms before and after; industries count with the mean of their shares of size before and after. nan where no
    industry has firms at both times.
    """
    groups = int(moves.group.max(initial=-1)) + 1
    was = np.isfinite(moves.size_before) & (moves.size_before > 0) & np.isfinite(moves.logs_before)
    now = np.isfinite(moves.size) & (moves.size > 0) & np.isfinite(moves.logs)

    def total(values: Floats, those: npt.NDArray[np.bool_]) -> Floats:
        return np.bincount(moves.group[those], values[those], groups).astype(float)

    sizes = [total(moves.size_before, was), total(moves.size, now)]
    both = (sizes[0] > 0) & (sizes[1] > 0)
    if not both.any():
        return Growth(*[np.nan] * 7)
    weights = sum(np.where(both, one, 0.0) / one[both].sum() for one in sizes) / 2
    inverse = [np.divide(1.0, one, where=both, out=np.zeros(groups)) for one in sizes]
    share_before = np.where(was, moves.size_before, 0.0) * inverse[0][moves.group]
    share = np.where(now, moves.size, 0.0) * inverse[1][moves.group]
    before, after = np.where(was, moves.logs_before, 0.0), np.where(now, moves.logs, 0.0)
    mean_before = total(share_before * before, was)
    apart_before, apart = before - mean_before[moves.group], after - mean_before[moves.group]
    stayed, gain, shift = was & now, after - before, share - share_before
    parts = [
        weights @ total(values, those)
        for values, those in (
            (share_before * gain, stayed),
            (shift * apart_before, stayed),
            (shift * gain, stayed),
            (share * apart, now & ~was),
            (-share_before * apart_before, was & ~now),
        )
    ]
    mass = (share_before + share) / 2 * weights[moves.group]
    own = (mass * gain)[stayed].sum() / mass[stayed].sum() if mass[stayed].sum() > 0 else np.nan
    change = weights @ (total(share * after, now) - mean_before)
    within, between, cross, entry, leave = (float(one) for one in parts)
    return Growth(float(change), within, between, cross, entry, leave, float(own))
