"""Slow, obvious twins of relatedness, density, variety, location and networks: loops straight from the definitions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

Table = Sequence[Sequence[float]]


def column(x: Table, j: int) -> list[float]:
    return [row[j] for row in x]


def both(x: Table, i: int, j: int) -> int:
    return sum(1 for row in x if row[i] and row[j])


def ubiquity(x: Table, j: int) -> int:
    return sum(1 for row in x if row[j])


def meetings(x: Table, i: int) -> int:
    """How often an activity meets any other."""
    return sum(both(x, i, j) for j in range(len(x[0])) if j != i)


def pair(name: str, x: Table, i: int, j: int) -> float:
    """The relatedness of i and j, i ≠ j, by the method's definition; nan where it has none."""
    regions, m = len(x), both(x, i, j)
    a, b = ubiquity(x, i), ubiquity(x, j)
    if name == "correlation":
        u, v = column(x, i), column(x, j)
        p, q = sum(u) / regions, sum(v) / regions
        spread = math.sqrt(sum((s - p) ** 2 for s in u) * sum((s - q) ** 2 for s in v))
        constant = len(set(u)) == 1 or len(set(v)) == 1
        return math.nan if constant else sum((s - p) * (t - q) for s, t in zip(u, v, strict=True)) / spread
    if a == 0 or b == 0:
        return math.nan
    if name == "z-score":
        mean = a * b / regions
        variance = mean * (1 - a / regions) * (regions - b) / (regions - 1)
        return (m - mean) / math.sqrt(variance) if variance > 0 else math.nan
    if name == "min-probability":
        return min(m / a, m / b)
    if name == "probability":
        return m / b
    if name == "cosine":
        return m / math.sqrt(a * b)
    if name == "jaccard":
        return m / sum(1 for row in x if row[i] or row[j])
    if name == "taxonomy":
        return sum(1 / sum(map(bool, row)) for row in x if row[i] and row[j]) / max(a, b)
    s, t = meetings(x, i), meetings(x, j)
    every = sum(meetings(x, k) for k in range(len(x[0])))
    if s == 0 or t == 0:
        return math.nan
    if name == "association":
        return (m / every) / (s / every * t / every)
    if name == "combination-probability":
        chance = s / every * t / (every - s) + t / every * s / (every - t)
        return m / (chance * every / 2)
    raise ValueError(name)


def density(x: Table, phi: np.ndarray, r: int, i: int, among: Sequence[int]) -> float:
    whole = sum(phi[i][j] for j in among)
    return sum(phi[i][j] * x[r][j] for j in among) / whole if whole > 0 else math.nan


def nearest(phi: np.ndarray, i: int, k: int) -> list[int]:
    """The k most related to i, itself left out, all that tie for the last place among them, none unrelated."""
    others = sorted((float(phi[i][j]), j) for j in range(len(phi)) if j != i and phi[i][j] > 0)[::-1]
    if len(others) <= k:
        return [j for _, j in others]
    last = others[k - 1][0]
    return [j for value, j in others if value >= last * (1 - 1e-12)]


def gain(x: Table, phi: np.ndarray, pci: Sequence[float], r: int, p: int) -> float:
    """What having p would bring near for region r; Hausmann et al. 2014, the first term."""
    return sum(phi[q][p] / sum(phi[q]) * pci[q] for q in range(len(pci)) if not x[r][q] and sum(phi[q]) > 0)


def coherence(x: Table, tau: np.ndarray, r: int) -> float:
    own = [j for j, value in enumerate(x[r]) if value > 0]
    if len(own) < 2:
        return math.nan
    size = sum(x[r][j] for j in own)
    total = 0.0
    for i in own:
        others = [j for j in own if j != i]
        mean = sum(tau[i][j] * x[r][j] for j in others) / sum(x[r][j] for j in others)
        total += mean * x[r][i] / size
    return total


def entropy(values: Sequence[float]) -> float:
    whole = sum(values)
    return -sum(v / whole * math.log2(v / whole) for v in values if v > 0)


def variety(values: Sequence[float], groups: Sequence[object]) -> tuple[float, float]:
    """Entropy between groups, and the mean entropy within them weighted by size."""
    inside: dict[object, list[float]] = {}
    for value, group in zip(values, groups, strict=True):
        inside.setdefault(group, []).append(value)
    sizes = {group: sum(own) for group, own in inside.items() if sum(own) > 0}
    within = sum(size / sum(values) * entropy(inside[group]) for group, size in sizes.items())
    return entropy(list(sizes.values())), within


def gini(x: Sequence[float], base: Sequence[float]) -> float:
    """Half the mean difference of x / base over all pairs, weighted by base, over the mean."""
    apart = sum(abs(a * q - b * p) for (a, p), (b, q) in itertools.product(zip(x, base, strict=True), repeat=2))
    return apart / (2 * sum(x) * sum(base))


def krugman(x: Table, r: int, *, others: bool = False) -> float:
    rest = [s for s in range(len(x)) if not others or s != r]
    whole = sum(sum(x[s]) for s in rest)
    return sum(abs(x[r][j] / sum(x[r]) - sum(x[s][j] for s in rest) / whole) for j in range(len(x[0])))


def quotient(x: Table, r: int, j: int) -> float:
    return (x[r][j] / sum(x[r])) / (sum(column(x, j)) / sum(map(sum, x)))


def gamma(plants: Sequence[tuple[int, int, float]], activity: int) -> float:
    """Ellison and Glaeser's index of an activity, from (region, activity, size) of each plant."""
    regions = {region for region, _, _ in plants}
    everything = sum(size for _, _, size in plants)
    own = [(region, size) for region, of, size in plants if of == activity]
    whole = sum(size for _, size in own)
    x = {r: sum(size for region, _, size in plants if region == r) / everything for r in regions}
    s = {r: sum(size for region, size in own if region == r) / whole for r in regions}
    g = sum((s[r] - x[r]) ** 2 for r in regions)
    h = sum((size / whole) ** 2 for _, size in own)
    free = 1 - sum(part**2 for part in x.values())
    return (g - free * h) / (free * (1 - h))


def barber(x: Table, rows: Sequence[int], columns: Sequence[int]) -> float:
    m = sum(map(sum, x))
    return sum(
        (x[i][j] - sum(x[i]) * sum(column(x, j)) / m) / m
        for i in range(len(x))
        for j in range(len(x[0]))
        if rows[i] == columns[j]
    )


def newman(w: np.ndarray, groups: Sequence[int]) -> float:
    m = w.sum()
    return sum(
        (w[i, j] - w[i].sum() * w[j].sum() / m) / m
        for i in range(len(w))
        for j in range(len(w))
        if groups[i] == groups[j]
    )


def nodf(x: Table) -> tuple[float, int]:
    """The sum over pairs of rows, the richer first, of the part of the poorer that the richer has; and the pairs."""
    total, pairs = 0.0, 0
    for a, b in itertools.combinations(x, 2):
        pairs += 1
        rich, poor = (a, b) if sum(a) > sum(b) else (b, a)
        if sum(rich) > sum(poor):
            total += sum(1 for s, t in zip(rich, poor, strict=True) if s and t) / sum(poor)
    return total, pairs


def tail(probabilities: Sequence[float], met: int) -> float:
    """The probability of at least so many heads of unlike coins, over all ways they can fall."""
    found = 0.0
    for fall in itertools.product((0, 1), repeat=len(probabilities)):
        if sum(fall) >= met:
            found += math.prod(p if up else 1 - p for p, up in zip(probabilities, fall, strict=True))
    return found
