"""Cutting a series of rates into spells of rising, steady and falling, by dynamic programming; arrays only.

A class is the range its mean may lie in; nan is a year without a rate, which costs nothing.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MOST_PERSISTENT = 0.8  # autocorrelation is held below this: a longer memory is not told from a shift in so few years


@njit(cache=True)
def _sums(x):  # type: ignore[no-untyped-def]
    """Running count, sum and sum of squares of the years that have a rate."""
    n = x.size
    out = np.zeros((3, n + 1))
    for t in range(n):
        known = not np.isnan(x[t])
        out[0, t + 1] = out[0, t] + known
        out[1, t + 1] = out[1, t] + (x[t] if known else 0.0)
        out[2, t + 1] = out[2, t] + (x[t] * x[t] if known else 0.0)
    return out


@njit(cache=True)
def _mean(sums, first, end, low, high):  # type: ignore[no-untyped-def]
    """The mean of a stretch, held in its range."""
    n = sums[0, end] - sums[0, first]
    mean = (sums[1, end] - sums[1, first]) / n if n > 0 else 0.0
    return min(max(mean, low), high)


@njit(cache=True)
def _cost(sums, first, end, low, high):  # type: ignore[no-untyped-def]
    """Squared distance of a stretch from its mean, held in its range."""
    n = sums[0, end] - sums[0, first]
    total = sums[1, end] - sums[1, first]
    mean = _mean(sums, first, end, low, high)
    return sums[2, end] - sums[2, first] - 2.0 * mean * total + n * mean * mean


@njit(cache=True)
def best_paths(x, low, high, starts, ends, latest, follows, shortest, most):  # type: ignore[no-untyped-def]
    """The class of every year along the cheapest path with 0, 1, … ``most`` cuts, a row each; −1 where there is none.

    ``starts`` and ``ends`` say which classes may come first and last, ``follows[a, b]`` whether b may come after a,
    ``latest`` by which year a class must have ended. Every stretch holds at least ``shortest`` years.
    """
    n, classes = x.size, low.size
    sums = _sums(x)
    cheapest = np.full((most + 1, classes, n + 1), np.inf)
    begun = np.zeros((most + 1, classes, n + 1), np.int64)
    before = np.full((most + 1, classes, n + 1), -1, np.int64)
    for at in range(classes):
        for end in range(shortest, n + 1):
            if starts[at] and end <= latest[at]:
                cheapest[0, at, end] = _cost(sums, 0, end, low[at], high[at])
    for cuts in range(1, most + 1):
        for at in range(classes):
            for end in range((cuts + 1) * shortest, n + 1):
                if end > latest[at]:
                    continue
                for first in range(cuts * shortest, end - shortest + 1):
                    base, previous = np.inf, -1
                    for one in range(classes):
                        if follows[one, at] and cheapest[cuts - 1, one, first] < base:
                            base, previous = cheapest[cuts - 1, one, first], one
                    if base < np.inf:
                        value = base + _cost(sums, first, end, low[at], high[at])
                        if value < cheapest[cuts, at, end]:
                            cheapest[cuts, at, end] = value
                            begun[cuts, at, end], before[cuts, at, end] = first, previous
    label = np.full((most + 1, n), -1, np.int64)
    for many in range(most + 1):
        at, value = -1, np.inf
        for one in range(classes):
            if ends[one] and cheapest[many, one, n] < value:
                at, value = one, cheapest[many, one, n]
        end, cuts = n, many
        while at >= 0:
            first, previous = begun[cuts, at, end], before[cuts, at, end]
            label[many, first:end] = at
            at, end, cuts = previous, first, cuts - 1
    return label


@njit(cache=True)
def profiles(x, low, high, shortest):  # type: ignore[no-untyped-def]
    """What it costs to put each cut of a path of known classes in each year (cut, year); inf where it cannot be."""
    n, parts = x.size, low.size
    sums = _sums(x)
    ahead = np.full((parts, n + 1), np.inf)
    back = np.full((parts, n + 1), np.inf)
    for end in range(shortest, n + 1):
        ahead[0, end] = _cost(sums, 0, end, low[0], high[0])
    for at in range(1, parts):
        for end in range(shortest, n + 1):
            for first in range(shortest, end - shortest + 1):
                if ahead[at - 1, first] < np.inf:
                    value = ahead[at - 1, first] + _cost(sums, first, end, low[at], high[at])
                    ahead[at, end] = min(ahead[at, end], value)
    for first in range(n - shortest + 1):
        back[parts - 1, first] = _cost(sums, first, n, low[parts - 1], high[parts - 1])
    for at in range(parts - 2, -1, -1):
        for first in range(n - shortest + 1):
            for end in range(first + shortest, n - shortest + 1):
                if back[at + 1, end] < np.inf:
                    value = back[at + 1, end] + _cost(sums, first, end, low[at], high[at])
                    back[at, first] = min(back[at, first], value)
    out = np.full((parts - 1, n + 1), np.inf)
    for at in range(parts - 1):
        for year in range(n + 1):
            out[at, year] = ahead[at, year] + back[at + 1, year]
    return out


@njit(cache=True)
def noise(x, cuts, low, high):  # type: ignore[no-untyped-def]
    """The means between cuts and the noise about them, as AR(1): standard deviation, autocorrelation r, two variances.

    The long-run variance has r mended for its bias in short series (Marriott, Pope 1954: (1 + 3 r) / n) and held
    between 0 and ``MOST_PERSISTENT``; the variance of the innovations is that of the likelihood, with r as it is.
    """
    n, parts = x.size, low.size
    sums = _sums(x)
    fitted = np.zeros(n)
    for at in range(parts):
        first = cuts[at - 1] if at else 0
        end = cuts[at] if at < parts - 1 else n
        fitted[first:end] = _mean(sums, first, end, low[at], high[at])
    squares, products = 0.0, 0.0
    for t in range(n):
        if not np.isnan(x[t]):
            squares += (x[t] - fitted[t]) ** 2
            if t and not np.isnan(x[t - 1]):
                products += (x[t] - fitted[t]) * (x[t - 1] - fitted[t - 1])
    known = sums[0, n]
    r = products / squares if squares > 0 else 0.0
    fresh = squares * (1 - r * r) / known
    r = min(max(r + (1 + 3 * r) / known, 0.0), MOST_PERSISTENT)
    variance = squares / max(known - parts, 1.0)
    return fitted, np.sqrt(variance), r, variance * (1 + r) / (1 - r), fresh


@njit(cache=True)
def calibrate(x, fitted, cuts, low, high, shortest, spread, r, shocks):  # type: ignore[no-untyped-def]
    """How far the true cut falls behind the best one in series like this: (draw, cut), over the long-run variance.

    Each draw is the fitted means with AR(1) noise, nan where ``x`` is; its noise is estimated anew.
    """
    draws, n, parts = shocks.shape[0], x.size, low.size
    out = np.zeros((draws, parts - 1))
    made = np.empty(n)
    found = np.empty(parts - 1, np.int64)
    for draw in range(draws):
        last = shocks[draw, 0] * spread
        for t in range(n):
            if t:
                last = r * last + np.sqrt(1 - r * r) * spread * shocks[draw, t]
            made[t] = np.nan if np.isnan(x[t]) else fitted[t] + last
        cost = profiles(made, low, high, shortest)
        for cut in range(parts - 1):
            found[cut] = np.argmin(cost[cut])
        scale = noise(made, found, low, high)[3]
        for cut in range(parts - 1):
            gap = cost[cut, cuts[cut]] - cost[cut, found[cut]]
            out[draw, cut] = gap / scale if scale > 0 else 0.0
    return out
