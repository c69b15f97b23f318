"""Loops over columns for treatment and normalisation: arrays in, arrays out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from xinzhi.core.labels import Floats

# Sums may be reordered and fused; no flag that assumes away nan or infinity.
_SUMS = {"reassoc", "contract", "nsz"}

# Skewness and kurtosis closer to a limit than this are on it: rounding must not decide what happens to a column.
ROUNDING = 1e-12


@njit(cache=True, fastmath=_SUMS)
def skew_kurtosis(values: Floats) -> tuple[float, float]:
    """Skewness and excess kurtosis of type 2, of values without gaps; nan for too few or constant values.

    Joanes, Gill 1998, Comparing measures of sample skewness and kurtosis: G1 and G2.
    """
    n = values.size
    if n < 3:
        return np.nan, np.nan
    low, high = values[0], values[0]
    for i in range(n):
        low, high = min(low, values[i]), max(high, values[i])
    if low == high:  # asked of the values, since rounding keeps the variance of a constant above zero
        return np.nan, np.nan
    # From the lowest value on, so that the digits a far origin would take stay with the differences.
    mean, squares, cubes, fourths = 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        mean += (values[i] - low) / n
    for i in range(n):
        gap = (values[i] - low) - mean
        square = gap * gap
        squares += square
        cubes += square * gap
        fourths += square * square
    skew = np.sqrt(n * (n - 1.0)) / (n - 2) * np.sqrt(n) * cubes / squares**1.5
    if n < 4:
        return skew, np.nan
    kurtosis = (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * (n * fourths / squares**2 - 3.0) + 6.0)
    return skew, kurtosis


@njit(cache=True)
def shapes(x: Floats) -> tuple[Floats, Floats]:
    """Skewness and kurtosis of the observed values of every column of (cells, k)."""
    skew, kurtosis = np.empty(x.shape[1]), np.empty(x.shape[1])
    column = np.empty(x.shape[0])
    for j in range(x.shape[1]):
        n = _observed(x, j, column)
        skew[j], kurtosis[j] = skew_kurtosis(column[:n])
    return skew, kurtosis


@njit(cache=True)
def limits(
    x: Floats, most: int, skew: float, kurtosis: float, force: bool
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Where winsorising cuts each column of (cells, k): lowest and highest value kept, and how many are moved.

    One step takes all values tied at the extreme on the side of the skew (the top, without any) to the next value
    inwards. Steps end when the column is within the limits (unless ``force``), when ``most`` values have been moved,
    or when a constant is left.
    """
    k = x.shape[1]
    low, high, moved = np.full(k, -np.inf), np.full(k, np.inf), np.zeros(k, np.int64)
    column = np.empty(x.shape[0])
    for j in range(k):
        values = column[: _observed(x, j, column)]
        tops, bottoms = 0, 0
        while moved[j] < most:
            s, t = skew_kurtosis(values)
            within = abs(s) < skew - ROUNDING or t < kurtosis - ROUNDING
            if np.isnan(s) or (within and not force) or (np.isnan(t) and not within):
                break
            if s >= -ROUNDING:
                high[j], tops = _next_inwards(values, 1.0)
            else:
                low[j], bottoms = _next_inwards(values, -1.0)
            moved[j] = tops + bottoms
    return low, high, moved


@njit(cache=True)
def _next_inwards(values: Floats, side: float) -> tuple[float, int]:
    """Move all values at the extreme of one side (+1 top, -1 bottom) to the next value: that value, and how many."""
    extreme = -np.inf
    for v in values:
        extreme = max(extreme, side * v)
    level = -np.inf
    for v in values:
        if side * v < extreme:
            level = max(level, side * v)
    count = 0
    for i in range(values.size):
        if side * values[i] == extreme:
            values[i] = side * level
            count += 1
    return side * level, count


@njit(cache=True)
def _observed(x: Floats, j: int, into: Floats) -> int:
    """Copy what was observed in column j to the front of ``into``; its number."""
    n = 0
    for i in range(x.shape[0]):
        if not np.isnan(x[i, j]):
            into[n] = x[i, j]
            n += 1
    return n


@njit(cache=True)
def places(x: Floats, ascending: Floats) -> tuple[Floats, Floats]:
    """How many values of a sorted frame lie below, and how many below or at, each value of x.

    ``x`` (draws, cells, k), ``ascending`` (draws or 1, cells, k) sorted upwards along its cells with nan last.
    """
    below, upto = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    for d in range(x.shape[0]):
        frame = ascending[d if ascending.shape[0] > 1 else 0]
        for j in range(x.shape[2]):
            column = frame[:, j].copy()
            n = column.size
            while n > 0 and np.isnan(column[n - 1]):
                n -= 1
            column = column[:n]
            for i in range(x.shape[1]):
                value = x[d, i, j]
                if not np.isnan(value):
                    first = last = _first_from(column, value, 0)
                    if first < n and column[first] == value:
                        last = first + 1
                        if last < n and column[last] == value:  # only ties need a second search
                            last = _first_from(column, np.nextafter(value, np.inf), last)
                    below[d, i, j], upto[d, i, j] = first, last
    return below, upto


@njit(cache=True)
def _first_from(ascending: Floats, value: float, start: int) -> int:
    """The first position from ``start`` on whose value is at least ``value``."""
    end = ascending.size
    while start < end:
        middle = (start + end) // 2
        if ascending[middle] < value:
            start = middle + 1
        else:
            end = middle
    return start
