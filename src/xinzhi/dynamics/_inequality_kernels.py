"""Differences between all pairs of values by one sweep over the sorted values: arrays in, arrays out.

A row (a year of a draw) is sorted once, so that n values cost n log n and not n². Rows are independent and each is
summed in one order, so results do not depend on threads or workers; the lock of the interpreter is released, which
leaves running rows in parallel to the caller.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _gather(x: Any, w: Any, places: Any, values: Any, shares: Any) -> Any:
    """Put what is known and carries weight to the front, sorted upwards: number, mean.

    Values are left as distances from the mean, which keeps differences of products of large numbers exact.
    """
    n, total, mean = 0, 0.0, 0.0
    for i in range(x.size):
        if not np.isnan(x[i]) and w[i] > 0:
            places[n] = i
            values[n] = x[i]
            total += w[i]
            mean += w[i] * x[i]
            n += 1
    if n == 0:
        return 0, np.nan
    mean /= total
    order = np.argsort(values[:n])
    sorted_places, sorted_values = places[order], values[order]
    for i in range(n):
        places[i] = sorted_places[i]
        values[i] = sorted_values[i] - mean
        shares[i] = w[places[i]] / total
    return n, mean


@njit(cache=True, nogil=True)
def differences(x: Any, w: Any) -> Any:
    """Half the mean difference of every row, and its mean.

    ``x`` (m, n) with nan for missing; ``w`` (rows, n) of weights, whose rows repeat over those of x.
    """
    m, n = x.shape
    half, mean = np.full(m, np.nan), np.full(m, np.nan)
    places, values, shares = np.empty(n, np.int64), np.empty(n), np.empty(n)
    for t in range(m):
        count, mean[t] = _gather(x[t], w[t % w.shape[0]], places, values, shares)
        if count > 0:
            half[t] = _half(count, values, shares)
    return half, mean


@njit(cache=True, nogil=True)
def _half(count: Any, values: Any, shares: Any) -> Any:
    below, lifted, total = 0.0, 0.0, 0.0
    for i in range(count):
        total += shares[i] * max(values[i] * below - lifted, 0.0)
        below += shares[i]
        lifted += shares[i] * values[i]
    return total


@njit(cache=True, nogil=True)
def _sweep(count: Any, places: Any, values: Any, shares: Any, codes: Any, above: Any, below: Any, lifted: Any) -> Any:
    """Fill ``above[j, h]``: how far j's values lie above h's lower ones, summed over pairs and their shares."""
    k = below.size
    above[:], below[:], lifted[:] = 0.0, 0.0, 0.0
    for i in range(count):
        share, value, j = shares[i], values[i], codes[places[i]]
        for h in range(k):
            above[j, h] += share * max(value * below[h] - lifted[h], 0.0)  # ties can round to less than nothing
        below[j] += share
        lifted[j] += share * value


@njit(cache=True, nogil=True)
def above(x: Any, w: Any, codes: Any, k: Any) -> Any:
    """The sums of ``_sweep`` for every row (m, k, k), shares (m, k) and means (m, k) of groups, overall means (m,).

    The mean of a group without values is nan.
    """
    m, n = x.shape
    tables, weight, means = np.zeros((m, k, k)), np.zeros((m, k)), np.full((m, k), np.nan)
    mean = np.full(m, np.nan)
    places, values, shares = np.empty(n, np.int64), np.empty(n), np.empty(n)
    lifted = np.empty(k)
    for t in range(m):
        count, mean[t] = _gather(x[t], w[t % w.shape[0]], places, values, shares)
        _sweep(count, places, values, shares, codes, tables[t], weight[t], lifted)
        for j in range(k):
            if weight[t, j] > 0:
                means[t, j] = mean[t] + lifted[j] / weight[t, j]
    return tables, weight, means, mean


@njit(cache=True, nogil=True)
def parts(x: Any, w: Any, codes: Any, k: Any) -> Any:
    """Total, within, net between and transvariation of every row, (m, 4), not yet over the mean; and the means.

    The total is summed without regard to groups. The others, with A = ``above``: its trace, the differences |A - A'|
    and twice the smaller of A and A', over pairs of groups.
    """
    m, n = x.shape
    out, mean = np.zeros((m, 4)), np.full(m, np.nan)
    places, values, shares = np.empty(n, np.int64), np.empty(n), np.empty(n)
    table, below, lifted = np.empty((k, k)), np.empty(k), np.empty(k)
    for t in range(m):
        count, mean[t] = _gather(x[t], w[t % w.shape[0]], places, values, shares)
        _sweep(count, places, values, shares, codes, table, below, lifted)
        out[t, 0] = _half(count, values, shares)
        for j in range(k):
            out[t, 1] += table[j, j]
            for h in range(j):
                out[t, 2] += abs(table[j, h] - table[h, j])
                out[t, 3] += 2 * min(table[j, h], table[h, j])
    return out, mean
