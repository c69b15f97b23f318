"""Loops over draws: arrays in, arrays out. They release the interpreter, so that workers run side by side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from xinzhi.core.labels import Floats

Ranks = npt.NDArray[np.int32]

# Below this many units counting who is better beats sorting.
_FEW = 96


@njit(cache=True, nogil=True)
def ranks(scores: Floats) -> Ranks:
    """Ranks along the last axis of (rows, units): 1 is best, ties share the best rank, 0 for a unit without score."""
    n, units = scores.shape
    out = np.zeros((n, units), dtype=np.int32)
    for i in range(n):
        row = scores[i]
        if units <= _FEW:
            for j in range(units):
                better = 0
                for other in range(units):
                    better += row[other] > row[j]
                out[i, j] = 0 if np.isnan(row[j]) else better + 1
        else:
            order = np.argsort(-row)  # units without score go last
            rank = 0
            for place in range(units):
                j = order[place]
                if np.isnan(row[j]):
                    break
                if place == 0 or row[j] != row[order[place - 1]]:
                    rank = place + 1
                out[i, j] = rank
    return out


@njit(cache=True, nogil=True)
def duels(placed: Ranks) -> npt.NDArray[np.int64]:
    """How often each unit ranks above each other, (units, units), and on the diagonal how often it is ranked."""
    n, units = placed.shape
    won = np.zeros((units, units), dtype=np.int64)
    for i in range(n):
        for a in range(units):
            if placed[i, a] == 0:
                continue
            won[a, a] += 1
            for b in range(units):
                won[a, b] += placed[i, b] > placed[i, a]
    return won


@njit(cache=True, nogil=True)
def places(placed: Ranks) -> npt.NDArray[np.int64]:
    """How often each unit of (rows, units) takes each rank, (units, ranks); column 0 is "without score"."""
    n, units = placed.shape
    taken = np.zeros((units, units + 1), dtype=np.int64)
    for i in range(n):
        for j in range(units):
            taken[j, placed[i, j]] += 1
    return taken
