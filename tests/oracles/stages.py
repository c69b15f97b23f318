"""Slow, obvious twins of the kernels of treatment, normalisation and imputation: one column, plain loops."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np


def skew_kurtosis(values: list[float]) -> tuple[float, float]:
    """G1 and G2 straight from their sums, which are exact."""
    n = len(values)
    if n < 3 or min(values) == max(values):
        return math.nan, math.nan
    exact = [Fraction(v) for v in values]
    mean = sum(exact) / n
    second, third, fourth = (sum((v - mean) ** power for v in exact) / n for power in (2, 3, 4))
    skew = math.copysign(math.sqrt(third**2 / second**3), third) * math.sqrt(n * (n - 1)) / (n - 2)
    if n < 4:
        return skew, math.nan
    return skew, (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (float(fourth / second**2) - 3) + 6)


def winsorise(values: list[float], most: int, skew: float, kurtosis: float, force: bool) -> tuple[list[float], int]:
    """Move the extremes one step at a time, looking at everything afresh; values and how many were moved."""
    values, tops, bottoms = list(values), [], []
    while len(tops) + len(bottoms) < most:
        s, k = skew_kurtosis(values)
        within = abs(s) < skew - 1e-12 or k < kurtosis - 1e-12
        if math.isnan(s) or (within and not force) or (math.isnan(k) and not within):
            break
        end, inner = (max, max) if s >= -1e-12 else (min, min)
        extreme = end(values)
        moved = [at for at, v in enumerate(values) if v == extreme]
        nearest = inner(v for v in values if v != extreme)
        for at in moved:
            values[at] = nearest
        if end is max:
            tops = moved
        else:
            bottoms = moved
    return values, len(tops) + len(bottoms)


def places(value: float, frame: list[float]) -> tuple[int, int]:
    """How many of the frame lie below a value, and how many below or at it."""
    return sum(v < value for v in frame), sum(v <= value for v in frame)


def em(x: np.ndarray, ridge: float, steps: int) -> np.ndarray:
    """EM for a multivariate normal, case by case, on standardised columns."""
    centre, spread = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
    z = (x - centre) / spread
    n, k = z.shape
    location, scatter = np.zeros(k), np.eye(k)
    filled = z
    for _ in range(steps):
        filled, products = z.copy(), np.zeros((n, k, k))
        for i in range(n):
            gap = np.isnan(z[i])
            seen = ~gap
            inverse = np.linalg.inv(scatter[seen][:, seen])
            filled[i, gap] = location[gap] + scatter[gap][:, seen] @ inverse @ (z[i, seen] - location[seen])
            rest = scatter[gap][:, gap] - scatter[gap][:, seen] @ inverse @ scatter[seen][:, gap]
            products[i][np.ix_(gap, gap)] = rest
        location = filled.mean(axis=0)
        around = filled - location
        scatter = (around.T @ around + products.sum(axis=0)) / n
        scatter = (scatter + ridge * np.eye(k)) / (1 + ridge)
    return filled * spread + centre
