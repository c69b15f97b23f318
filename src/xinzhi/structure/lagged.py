"""What one series says of another some years later: curves over lags, for many draws of regions or years at once."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_FEWEST = 4  # regions, below which there are hardly other ways to deal them

lead_lags = Family(
    "lead-lag",
    zh="领先—滞后估计",
    about="f(x, y: (region, field, time) growth, centred, 0 where not used; lags: (lag,), unit: (region, field, time) "
    "whole numbers, weights: (draw, unit), used: (time,) of y) -> (draw, lag): how x of so many years before goes "
    "with y.",
)


@lead_lags.add("cross-correlation", zh="互相关", cite="Box, Jenkins, Reinsel, Ljung 2015")
def cross_correlation(x: Floats, y: Floats, lags: Ints, unit: Ints, weights: Floats, used: Bools) -> Floats:
    """Correlation of growth with growth so many years before, over all regions and years."""
    curve = np.empty((len(weights), len(lags)))
    for at, lag in enumerate(lags):
        before, now = windows(y.shape[-1], int(lag))
        on = used[now]
        a, b, of = x[..., before][..., on].ravel(), y[..., now][..., on].ravel(), unit[..., now][..., on].ravel()
        sums = [weights @ np.bincount(of, one, weights.shape[1]) for one in (a * b, a * a, b * b)]
        scale = np.sqrt(sums[1] * sums[2])
        curve[:, at] = np.divide(sums[0], scale, out=np.full(len(scale), np.nan), where=scale > 0)
    return curve


@lead_lags.add("distributed-lag", zh="分布滞后面板回归", cite="Hall, Griliches, Hausman 1986")
def distributed_lag(x: Floats, y: Floats, lags: Ints, unit: Ints, weights: Floats, used: Bools) -> Floats:
    """Coefficients of y on x of all lags together, so that what one lag explains another need not.

    Least squares over all regions and years that have every lag; effects of regions and years must be taken out of x
    and y before.
    """
    time = y.shape[-1]
    now = np.arange(max(int(lags.max()), 0), time + min(int(lags.min()), 0))
    now = now[used[now]]
    z = np.stack([x[..., now - int(lag)] for lag in lags], axis=-1).reshape(-1, len(lags))
    target, of = y[..., now].ravel(), unit[..., now].ravel()
    select: Any = sparse.csr_array((np.ones(len(of)), (of, np.arange(len(of)))), (weights.shape[1], len(of)))
    squares = weights @ (select @ (z[:, :, None] * z[:, None, :]).reshape(len(z), -1))
    products = weights @ (select @ (z * target[:, None]))
    size = len(lags)
    squares = squares.reshape(-1, size, size)
    # Where lags cannot be told apart the smallest coefficients are taken.
    return np.asarray((np.linalg.pinv(squares, hermitian=True) @ products[..., None])[..., 0])


def windows(time: int, lag: int) -> tuple[slice, slice]:
    """Where x and where y stand when y is ``lag`` years after x, of so many years."""
    return slice(max(-lag, 0), time - max(lag, 0)), slice(max(lag, 0), time - max(-lag, 0))


def peak(curve: Floats, lags: Ints) -> Floats:
    """The lag at which each curve (draw, lag) is highest, between the years by a parabola; nan where undefined.

    The parabola goes through the highest value and its neighbours, so it moves by half a year at most; at an end the
    end is taken.
    """
    known = ~np.isnan(curve).all(axis=1)
    filled = np.where(np.isnan(curve), -np.inf, curve)
    top = filled.argmax(axis=1)
    inner = np.clip(top, 1, len(lags) - 2)
    row = np.arange(len(curve))
    left, middle, right = (filled[row, inner + step] for step in (-1, 0, 1))
    inside = (top == inner) & np.isfinite(left) & np.isfinite(right)
    with np.errstate(invalid="ignore", divide="ignore"):
        bend = left - 2 * middle + right
        shift = np.where(inside & (bend < 0), (left - right) / (2 * bend), 0.0)
    return np.asarray(np.where(known, lags[top] + shift, np.nan))


def by_exchange(x: Floats, y: Floats, lags: Ints, used: Bools, rng: np.random.Generator, draws: int) -> float:
    """How often the best correlation over lags is at least as high when y is dealt to regions anew: a p-value.

    Regions keep their own course, so that what is left of trends and waves in each is in the null too.
    """
    regions, time = len(x), y.shape[-1]
    if regions < _FEWEST:
        return np.nan
    order = rng.permuted(np.broadcast_to(np.arange(regions), (draws, regions)), axis=1)
    best, reached = -np.inf, np.full(draws, -np.inf)
    for lag in lags:
        before, now = windows(time, int(lag))
        on = used[now]
        a, b = (one[..., span][..., on].reshape(regions, -1) for one, span in ((x, before), (y, now)))
        scale = np.sqrt((a**2).sum() * (b**2).sum())
        if not scale > 0:
            continue
        between = a @ b.T / scale
        best = max(best, float(np.trace(between)))
        reached = np.maximum(reached, between[np.arange(regions), order].sum(axis=1))
    return float((1 + np.count_nonzero(reached >= best - 1e-12)) / (1 + draws)) if np.isfinite(best) else np.nan
