"""Sums over industries whose rung is drawn; arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def sums(begin, end, chances, weights, uniform, out):  # type: ignore[no-untyped-def]
    """Add up weights (amount, series, time) by group for each draw into ``out`` (time, group, amount, draw).

    ``chances`` is (series, time, group), nan where nothing is known; what they lack to one is in no group. A series
    has one uniform number per draw, (series of the region, draw), over all years.
    """
    times, groups = chances.shape[1], chances.shape[2]
    many = (end - begin) * times
    doubtful_series, doubtful_time = np.empty(many, np.int64), np.empty(many, np.int64)
    doubtful = 0
    for s in range(begin, end):
        for t in range(times):
            if np.isnan(chances[s, t, 0]):
                continue
            sure = -1
            total = 0.0
            for k in range(groups):
                total += chances[s, t, k]
                if chances[s, t, k] >= 1.0:
                    sure = k
            if sure >= 0:  # what is certain is the same in every draw
                for m in range(weights.shape[0]):
                    if not np.isnan(weights[m, s, t]):
                        out[t, sure, m, :] += weights[m, s, t]
            elif total > 0.0:
                doubtful_series[doubtful], doubtful_time[doubtful] = s, t
                doubtful += 1
    for j in range(doubtful):
        s, t = doubtful_series[j], doubtful_time[j]
        for d in range(out.shape[3]):
            reached = 0.0
            for k in range(groups):
                reached += chances[s, t, k]
                if uniform[s - begin, d] < reached:
                    for m in range(weights.shape[0]):
                        if not np.isnan(weights[m, s, t]):
                            out[t, k, m, d] += weights[m, s, t]
                    break
