"""Rows of a regression on splines, and what a logit of them misses."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from xinzhi.core.labels import Floats

Places = npt.NDArray[np.int32]


@njit(cache=True)
def spline_rows(scaled: Floats, low: Floats, step: Floats, pieces: int, pairs: Places) -> tuple[Floats, Places]:
    """Quadratic B-splines on equal steps, and their products for pairs: (cells, stored), and the columns these are.

    ``scaled`` (cells, features) is not below ``low``; beyond so many ``pieces`` it counts as at the end; ``nan`` has
    zeros stored. A feature has ``pieces + 2`` columns, of which three are not zero; a pair has them squared.
    """
    cells, many = scaled.shape
    size = pieces + 2
    width = 3 * many + 9 * len(pairs)
    data, index = np.empty((cells, width)), np.empty((cells, width), dtype=np.int32)
    for cell in range(cells):
        for feature in range(many):
            x = scaled[cell, feature]
            known = 0.0 if math.isnan(x) else 1.0
            along = min(max((x if known else 0.0) - low[feature], 0.0) / step[feature], float(pieces))
            piece = min(int(along), pieces - 1)
            t = along - piece
            at = 3 * feature
            data[cell, at] = known * 0.5 * (1.0 - t) * (1.0 - t)
            data[cell, at + 1] = known * (0.5 + t * (1.0 - t))
            data[cell, at + 2] = known * 0.5 * t * t
            for k in range(3):
                index[cell, at + k] = size * feature + piece + k
        at = 3 * many
        for pair in range(len(pairs)):
            one, other = pairs[pair]
            start = size * many + size * size * pair
            for i in range(3):
                row = start + (index[cell, 3 * one + i] - size * one) * size
                for j in range(3):
                    data[cell, at] = data[cell, 3 * one + i] * data[cell, 3 * other + j]
                    index[cell, at] = row + index[cell, 3 * other + j] - size * other
                    at += 1
    return data, index


@njit(cache=True, nogil=True)
def missed(
    ends: Places, index: Places, data: Floats, happened: Floats, weights: Floats, constant: float, first: int, last: int
) -> tuple[float, float, Floats]:
    """Log loss of a logit over rows ``first`` to ``last`` of a csr matrix, its slope along constant and weights.

    Both come from one walk over the rows: a row is still at hand when its miss is known. Odds are added up in four
    sums side by side, none of which waits for another.
    """
    loss, total, slope = 0.0, 0.0, np.zeros(weights.size)
    for row in range(first, last):
        a, b, c, d = constant, 0.0, 0.0, 0.0
        at = ends[row]
        while at + 4 <= ends[row + 1]:
            a += data[at] * weights[np.uint32(index[at])]
            b += data[at + 1] * weights[np.uint32(index[at + 1])]
            c += data[at + 2] * weights[np.uint32(index[at + 2])]
            d += data[at + 3] * weights[np.uint32(index[at + 3])]
            at += 4
        while at < ends[row + 1]:
            a += data[at] * weights[np.uint32(index[at])]
            at += 1
        odds = (a + b) + (c + d)
        small = math.exp(-abs(odds))
        loss += max(odds, 0.0) + math.log1p(small) - happened[row] * odds
        miss = (1.0 if odds >= 0.0 else small) / (1.0 + small) - happened[row]
        total += miss
        for at in range(ends[row], ends[row + 1]):
            slope[np.uint32(index[at])] += miss * data[at]
    return loss, total, slope
