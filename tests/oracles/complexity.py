"""Slow, obvious twins of the complexity measures: one region, one activity, one step at a time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

Matrix = Sequence[Sequence[float]]


def walk(m: Matrix) -> np.ndarray:
    """Chance of going from one region to another by way of an activity that both have."""
    regions, activities = range(len(m)), range(len(m[0]))
    d = [sum(m[c]) for c in regions]
    u = [sum(m[c][p] for c in regions) for p in activities]
    return np.array(
        [[sum(m[a][p] * m[b][p] / (d[a] * u[p]) for p in activities) for b in regions] for a in regions], dtype=float
    )


def eigenvalues(m: Matrix) -> list[float]:
    """Eigenvalues of the walk without the first, largest first."""
    return sorted((float(root) for root in np.linalg.eigvals(walk(m)).real), reverse=True)[1:]


def parts(m: Matrix) -> list[tuple[set[int], set[int]]]:
    """Regions and activities of every connected part that has a link, by flooding."""
    left = {c for c in range(len(m)) if any(m[c])}
    found = []
    while left:
        regions, activities, edge = set(), set(), {left.pop()}
        while edge:
            regions |= edge
            activities |= {p for c in edge for p in range(len(m[0])) if m[c][p]}
            edge = {c for c in left if any(m[c][p] for p in activities)}
            left -= edge
        found.append((regions, activities))
    return found


def reflections(m: Matrix, steps: int) -> tuple[list[Fraction], list[Fraction]]:
    """k(steps) of regions and of activities, exactly."""
    exact = [[Fraction(x) for x in row] for row in m]
    regions, activities = range(len(m)), range(len(m[0]))
    d = [sum(row, Fraction(0)) for row in exact]
    u = [sum((exact[c][p] for c in regions), Fraction(0)) for p in activities]
    x, y = d, u
    for _ in range(steps):
        x, y = (
            [sum((exact[c][p] * y[p] for p in activities), Fraction(0)) / d[c] for c in regions],
            [sum((exact[c][p] * x[c] for c in regions), Fraction(0)) / u[p] for p in activities],
        )
    return x, y


def fitness(m: Matrix, steps: int, extremality: float = 1.0) -> tuple[list[float], list[float]]:
    """Fitness and complexity after so many steps."""
    regions, activities = range(len(m)), range(len(m[0]))
    f, q = [1.0] * len(m), [1.0] * len(m[0])
    for _ in range(steps):
        f2 = [sum(m[c][p] * q[p] for p in activities) for c in regions]
        q2 = [sum(m[c][p] * f[c] ** -extremality for c in regions) ** (-1 / extremality) for p in activities]
        f, q = [x / (sum(f2) / len(f2)) for x in f2], [x / (sum(q2) / len(q2)) for x in q2]
    return f, q


def genepy(m: Matrix) -> list[float]:
    """GENEPY of regions from the full decomposition of what they share."""
    regions, activities = range(len(m)), range(len(m[0]))
    d = [sum(row) for row in m]
    k = [sum(m[c][p] / d[c] for c in regions) for p in activities]
    shared = [
        [sum(m[a][p] * m[b][p] / (d[a] * k[p] * d[b] * k[p]) for p in activities) if a != b else 0.0 for b in regions]
        for a in regions
    ]
    roots, vectors = np.linalg.eigh(np.array(shared))
    first, second = np.argsort(-roots)[:2]
    return [
        sum(roots[i] * vectors[c, i] ** 2 for i in (first, second)) ** 2
        + 2 * sum(roots[i] ** 2 * vectors[c, i] ** 2 for i in (first, second))
        for c in regions
    ]


def ordered(m: Matrix, regions: Sequence[float], activities: Sequence[float]) -> float:
    """Share of telling pairs of pairs that pair the higher with the higher."""
    straight = crossing = 0
    for a, b in itertools.permutations(range(len(m)), 2):
        for p, q in itertools.permutations(range(len(m[0])), 2):
            if regions[a] < regions[b] and activities[p] < activities[q]:
                along, across = m[a][p] > 0 and m[b][q] > 0, m[a][q] > 0 and m[b][p] > 0
                straight += along and not across
                crossing += across and not along
    return straight / (straight + crossing) if straight + crossing else float("nan")
