"""Slow, obvious twins of the weights: loops over plain numbers, straight from the definitions."""

from __future__ import annotations

import math
import statistics

import numpy as np


def entropy(x: np.ndarray) -> np.ndarray:
    """Entropy weights with 0 ln 0 = 0."""
    gains = []
    for column in x.T:
        values = [v for v in column if not math.isnan(v)]
        total = sum(values)
        disorder = -sum(v / total * math.log(v / total) for v in values if v > 0) / math.log(len(values))
        gains.append(1 - disorder)
    return np.array(gains) / sum(gains)


def critic(x: np.ndarray, *, absolute: bool = False) -> np.ndarray:
    """CRITIC weights with n - 1, correlations over the cells where both are known."""
    amounts = []
    for j, column in enumerate(x.T):
        conflict = 0.0
        for k, other in enumerate(x.T):
            if j != k:
                r = correlation(column, other)
                conflict += 1 - (abs(r) if absolute else r)
        amounts.append(deviation(column) * conflict)
    return np.array(amounts) / sum(amounts)


def deviation(column: np.ndarray) -> float:
    return statistics.stdev(v for v in column if not math.isnan(v))


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    pairs = [(p, q) for p, q in zip(a, b, strict=True) if not math.isnan(p) and not math.isnan(q)]
    return statistics.correlation(*zip(*pairs, strict=True))


def reconcile(sets: np.ndarray) -> np.ndarray:
    """The game-theory combination of two sets, by trying every pair of shares on a grid."""
    gram, wanted = sets @ sets.T, np.diag(sets @ sets.T)
    grid = np.linspace(0, 2, 401)
    a, b = (axis.ravel() for axis in np.meshgrid(grid, grid))
    miss = ((gram @ np.array([a, b]) - wanted[:, None]) ** 2).sum(axis=0)
    at = miss.argmin()
    return (a[at] * sets[0] + b[at] * sets[1]) / (a[at] + b[at])
