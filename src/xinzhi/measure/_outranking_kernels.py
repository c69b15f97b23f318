"""Pairwise comparison of units, the only aggregation whose cost grows with the square of their number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

# Sums of weights that should be one half come out a rounding error beside it.
ALMOST = 1e-12


# Sums may be taken in any order, so that eight comparisons go at once; a missing value compares as false.
@njit(cache=True, fastmath={"reassoc", "nsz"})
def _preference(a: Any, b: Any, w: Any, shared: Any) -> Any:
    """The share of weight on which a beats b, ties counted half."""
    won, tied = 0.0, 0.0
    for c in range(w.size):
        won += w[c] * (a[c] > b[c])
        tied += w[c] * (a[c] == b[c])
    if not shared:
        return won + 0.5 * tied
    lost = 0.0
    for c in range(w.size):
        lost += w[c] * (a[c] < b[c])
    both = won + tied + lost
    return (won + 0.5 * tied) / both if both > 0 else 0.5


@njit(cache=True)
def outranking(x: Any, w: Any, shared: Any) -> Any:
    """Preference of every unit over every other: x (m, n, k), w (m, k) summing to one -> (m, n, n)."""
    m, n, _ = x.shape
    out = np.zeros((m, n, n))
    for at in range(m):
        for i in range(n):
            for j in range(i + 1, n):
                out[at, i, j] = _preference(x[at, i], x[at, j], w[at], shared)
                out[at, j, i] = 1.0 - out[at, i, j]
    return out


@njit(cache=True)
def net_wins(x: Any, w: Any, shared: Any) -> Any:
    """Duels won less duels lost: x (m, n, k), w (m, k) summing to one -> (m, n)."""
    m, n, _ = x.shape
    out = np.zeros((m, n))
    for at in range(m):
        for i in range(n):
            for j in range(i + 1, n):
                edge = _preference(x[at, i], x[at, j], w[at], shared) - 0.5
                if edge > ALMOST:
                    out[at, i] += 1.0
                    out[at, j] -= 1.0
                elif edge < -ALMOST:
                    out[at, i] -= 1.0
                    out[at, j] += 1.0
    return out
