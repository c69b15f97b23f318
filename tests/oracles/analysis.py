"""Slow, obvious twins of the analysis functions: one number at a time, straight from the definition."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def tau_b(x: Sequence[float], y: Sequence[float]) -> float:
    """Kendall's tau-b by looking at every pair."""
    pairs = [(i, j) for i in range(len(x)) for j in range(i)]
    sign = [((x[i] > x[j]) - (x[i] < x[j]), (y[i] > y[j]) - (y[i] < y[j])) for i, j in pairs]
    agreement = sum(a * b for a, b in sign)
    return agreement / math.sqrt(sum(a != 0 for a, _ in sign) * sum(b != 0 for _, b in sign))


def alpha(items: Sequence[Sequence[float]]) -> float:
    """Cronbach's alpha by its other formula: k / (k - 1) times one less the variances over that of the sum."""
    k = len(items)
    total = [sum(row) for row in zip(*items, strict=True)]
    parts = sum(statistics.variance(item) for item in items)
    return k / (k - 1) * (1 - parts / statistics.variance(total))


def growth(first: float, last: float, years: int) -> float:
    """The yearly rate that leads from ``first`` to ``last``, found by bisection."""
    low, high = -0.999, 100.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if first * (1 + middle) ** years < last else (low, middle)
    return middle


def log_mean(a: float, b: float) -> float:
    """The logarithmic mean."""
    return a if a == b else (a - b) / (math.log(a) - math.log(b))


def divisia(before: Sequence[float], after: Sequence[float], weights: Sequence[float]) -> list[float]:
    """What each factor adds to the change of a weighted product, by the logarithmic mean Divisia index."""
    was, now = (math.prod(x**w for x, w in zip(of, weights, strict=True)) for of in (before, after))
    return [log_mean(now, was) * w * math.log(b / a) for a, b, w in zip(before, after, weights, strict=True)]
