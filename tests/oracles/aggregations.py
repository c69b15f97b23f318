"""Slow, obvious twins of the aggregations: one unit at a time, straight from the definitions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np


def _rowwise(score: Callable[[list[tuple[float, float]]], float], x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Score every unit from its known (value, weight) pairs, the weights summing to one."""
    scores = []
    for row in x:
        known = [(v, u) for v, u in zip(row, w, strict=True) if not math.isnan(v)]
        total = sum(u for _, u in known)
        scores.append(score([(v, u / total) for v, u in known]) if known else math.nan)
    return np.array(scores)


def arithmetic(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _rowwise(lambda row: sum(u * v for v, u in row), x, w)


def geometric(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _rowwise(lambda row: math.prod(v**u for v, u in row), x, w)


def harmonic(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _rowwise(lambda row: 1 / sum(u / v for v, u in row), x, w)


def generalised_mean(x: np.ndarray, w: np.ndarray, p: float) -> np.ndarray:
    return _rowwise(lambda row: sum(u * v**p for v, u in row) ** (1 / p), x, w)


def copeland(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    scores = np.zeros(len(x))
    for i, a in enumerate(x):
        for j, b in enumerate(x):
            wins = sum(u for p, q, u in zip(a, b, w, strict=True) if p > q)
            losses = sum(u for p, q, u in zip(a, b, w, strict=True) if p < q)
            if i != j and not math.isclose(wins, losses, abs_tol=1e-12):
                scores[i] += 1 if wins > losses else -1
    scores[np.isnan(x).all(axis=1)] = math.nan
    return scores


def mazziotta_pareto(x: np.ndarray) -> np.ndarray:
    """With equal weights and no gaps."""
    return np.array([row.mean() - row.var(ddof=1) / row.mean() for row in x])


def topsis(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weights inside the distance, no gaps."""
    best, worst = x.max(axis=0), x.min(axis=0)
    scores = []
    for row in x:
        near = math.sqrt(sum(u * (v - b) ** 2 for v, b, u in zip(row, best, w, strict=True)))
        far = math.sqrt(sum(u * (v - b) ** 2 for v, b, u in zip(row, worst, w, strict=True)))
        scores.append(far / (far + near))
    return np.array(scores)


def vikor(x: np.ndarray, w: np.ndarray, v: float = 0.5) -> np.ndarray:
    """Q, lower is better; no gaps, every column varies."""
    u = w / w.sum()
    short = u * (x.max(axis=0) - x) / (x.max(axis=0) - x.min(axis=0))
    s, r = short.sum(axis=1), short.max(axis=1)
    return v * (s - s.min()) / (s.max() - s.min()) + (1 - v) * (r - r.min()) / (r.max() - r.min())


def grey_relational(x: np.ndarray, w: np.ndarray, rho: float = 0.5) -> np.ndarray:
    """No gaps."""
    gap = np.abs(x.max(axis=0) - x)
    xi = (gap.min() + rho * gap.max()) / (gap + rho * gap.max())
    return xi @ (w / w.sum())


def coupling_coordination(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The standard form, no gaps."""
    scores = []
    for row in x:
        n = len(row)
        coupled = n * math.prod(row) ** (1 / n) / sum(row)
        level = sum(u * v for v, u in zip(row, w / w.sum(), strict=True))
        scores.append(math.sqrt(coupled * level))
    return np.array(scores)
