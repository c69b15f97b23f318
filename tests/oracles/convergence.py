"""Slow, obvious twins of the convergence, break and threshold methods, straight from their definitions."""

from __future__ import annotations

import itertools
import math

import numpy as np


def dummies(y, x, regions, times, effects):
    """Coefficients and design of least squares with a dummy for every region and year (one left out each)."""
    columns = [np.asarray(x, float), np.ones((len(y), 1))]
    for codes, effect in ((regions, "region"), (times, "time")):
        if effect in effects:
            columns.append(np.array([[float(c == g) for g in sorted(set(codes))[1:]] for c in codes]))
    design = np.hstack(columns)
    return np.linalg.pinv(design) @ y, design


def sandwich(design, residuals, clusters):
    """Clustered covariance without any small-sample factor, one outer product per cluster."""
    bread = np.linalg.inv(design.T @ design)
    meat = np.zeros_like(bread)
    for cluster in set(clusters):
        own = [i for i, c in enumerate(clusters) if c == cluster]
        score = sum(design[i] * residuals[i] for i in own)
        meat += np.outer(score, score)
    return bread @ meat @ bread


def spectral_weight(lag, width):
    z = 6 * math.pi * (lag / width) / 5
    return 25 / (12 * math.pi**2 * (lag / width) ** 2) * (math.sin(z) / z - math.cos(z))


def andrews(u):
    """Long-run variance: quadratic-spectral kernel, bandwidth of a first-order autoregression; one lag at a time."""
    n = len(u)
    rho = sum(u[t] * u[t - 1] for t in range(1, n)) / sum(u[t - 1] ** 2 for t in range(1, n))
    rho = min(max(rho, -0.97), 0.97)
    width = 1.3221 * (4 * rho**2 / (1 - rho) ** 4 * n) ** 0.2
    total = sum(v**2 for v in u) / n
    for lag in range(1, n):
        gamma = sum(u[t] * u[t - lag] for t in range(lag, n)) / n
        total += 2 * spectral_weight(lag, width) * gamma
    return total


def gauss_andrews(u):
    """The same as the program of Phillips and Sul counts it: lags over the first n - 1, divided by n - 1."""
    n = len(u)
    rho = sum(u[t] * u[t - 1] for t in range(1, n)) / sum(u[t - 1] ** 2 for t in range(1, n))
    width = 1.3221 * (4 * rho**2 / (1 - rho) ** 4 * n) ** 0.2
    total = sum(v**2 for v in u)
    for lag in range(1, n - 1):
        total += 2 * spectral_weight(lag, width) * sum(u[t] * u[t + lag] for t in range(n - 1 - lag))
    return total / (n - 1)


def spread(paths):
    """H of a list of paths, year by year."""
    out = []
    for year in range(len(paths[0])):
        column = [path[year] for path in paths]
        mean = sum(column) / len(column)
        out.append(sum((value / mean - 1) ** 2 for value in column) / len(column))
    return out


def log_t(paths, start, variance=andrews):
    """b and t of the log t regression by the textbook formulas of a line."""
    h = spread(paths)
    years = list(range(start, len(h) + 1))
    y = [math.log(h[0] / h[t - 1]) - 2 * math.log(math.log(t)) for t in years]
    x = [math.log(t) for t in years]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    sxx = sum((a - mean_x) ** 2 for a in x)
    b = sum((a - mean_x) * (c - mean_y) for a, c in zip(x, y, strict=True)) / sxx
    u = [c - mean_y - b * (a - mean_x) for a, c in zip(x, y, strict=True)]
    return b, b / math.sqrt(variance(u) / sxx)


def clubs(paths, start, threshold=0.0, increment=0.05):
    """Clubs of Phillips and Sul as lists of positions, before merging; every regression run from scratch."""

    def t(members):
        return log_t([paths[i] for i in members], start)[1]

    rest = sorted(range(len(paths)), key=lambda i: -paths[i][-1])
    found = []
    while len(rest) > 1:
        if t(rest) > -1.65:
            return [*found, rest]
        begin = next((i for i in range(len(rest) - 1) if t(rest[i : i + 2]) > -1.65), None)
        if begin is None:
            break
        best, core, until = -math.inf, [], begin + 2
        while until <= len(rest) and (value := t(rest[begin:until])) > -1.65:
            if value > best:
                best, core = value, rest[begin:until]
            until += 1
        bar = threshold
        while True:
            club = core + [i for i in rest if i not in core and t([*core, i]) > bar]
            if len(club) == len(core) or t(club) > -1.65:
                break
            bar += increment
        found.append(club)
        rest = [i for i in rest if i not in club]
    return found


def chow(y, years, at, shift):
    """F of a break before position ``at`` from two regressions, one with and one without it."""
    base = np.column_stack([np.ones(len(y)), years])
    jump = (np.arange(len(y)) >= at).astype(float)
    bend = np.maximum(years - years[at - 1], 0)
    added = {"level": [jump], "trend": [bend], "both": [jump, jump * years]}[shift]
    full = np.column_stack([base, *added])
    before, after = (((y - d @ np.linalg.lstsq(d, y, rcond=None)[0]) ** 2).sum() for d in (base, full))
    return (before - after) / len(added) / (after / (len(y) - full.shape[1]))


def threshold_squares(y, x, q, regions, cuts):
    """Squared errors of a panel threshold model with a dummy per region, at given thresholds."""
    edges = [-math.inf, *sorted(cuts), math.inf]
    regimes = [x * ((q > low) & (q <= high)) for low, high in itertools.pairwise(edges)]
    design = np.column_stack([*regimes, *[(regions == g).astype(float) for g in np.unique(regions)]])
    return float(((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2).sum())


def nickell(rho, periods):
    """Bias of the coefficient of the lagged level with region effects, many regions: Nickell 1981, equation 18."""
    forgotten = 1 - (1 - rho**periods) / (1 - rho) / periods
    return -(1 + rho) / (periods - 1) * forgotten / (1 - 2 * rho / ((1 - rho) * (periods - 1)) * forgotten)


def settled_paths(rng, regions, years, rho):
    """First-order autoregressions that have run for ever, (region, year)."""
    y = [rng.normal(size=regions) / math.sqrt(1 - rho**2)]
    for _ in range(years - 1):
        y.append(rho * y[-1] + rng.normal(size=regions))
    return np.array(y).T


def within_slope(growth, level, seen):
    """Slope of growth on the level over the spans that are seen, region means taken out one region at a time."""
    above = below = 0.0
    for g, x, known in zip(growth, level, seen, strict=True):
        if known.sum() > 1:
            centred = x[known] - x[known].mean()
            above, below = above + centred @ g[known], below + centred @ centred
    return above / below


def split_squares(y, at):
    """Squared errors about one mean before year ``at`` and another from it on."""
    return sum(((part - part.mean()) ** 2).sum() for part in (y[:at], y[at:]))
