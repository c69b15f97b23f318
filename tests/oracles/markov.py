"""Slow, obvious twins of the Markov functions: one move, one walk, one pair at a time."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

Matrix = Sequence[Sequence[float]]


def count(states: Sequence[Sequence[int]], k: int) -> list[list[int]]:
    """Moves of regions (rows) from each year to the next; a negative state is no state."""
    moves = [[0] * k for _ in range(k)]
    for course in states:
        for now, then in itertools.pairwise(course):
            if now >= 0 and then >= 0:
                moves[now][then] += 1
    return moves


def after(p: Matrix, start: Sequence[float], steps: int) -> list[float]:
    """The distribution after so many steps."""
    share = list(start)
    for _ in range(steps):
        share = [sum(share[i] * p[i][j] for i in range(len(p))) for j in range(len(p))]
    return share


def average_long_run(p: Matrix, start: Sequence[float], burn: int = 2000, over: int = 60) -> list[float]:
    """The mean distribution over many late steps, which settles even where the chain turns in circles."""
    share, total = after(p, start, burn), [0.0] * len(p)
    for _ in range(over):
        share = after(p, share, 1)
        total = [a + b for a, b in zip(total, share, strict=True)]
    return [of / over for of in total]


def passage(p: Matrix, i: int, j: int, horizon: int = 4000) -> float:
    """Mean steps from i until j is entered, summing the chance of not yet being there; for j that is always reached."""
    k = len(p)
    share = [float(at == i) for at in range(k)]
    steps = 0.0
    for _ in range(horizon):
        steps += sum(share)
        share = [sum(share[a] * p[a][b] for a in range(k)) if b != j else 0.0 for b in range(k)]
    return steps


def equality(tables: Sequence[Matrix]) -> tuple[float, float, int]:
    """Q, LR and degrees of freedom of the equality of transition matrices, cell by cell."""
    rows, columns = len(tables[0]), len(tables[0][0])
    q = lr = 0.0
    dof = 0
    for i in range(rows):
        pooled = [sum(table[i][j] for table in tables) for j in range(columns)]
        if not sum(pooled):
            continue
        left = [table for table in tables if sum(table[i])]
        dof += (sum(of > 0 for of in pooled) - 1) * (len(left) - 1)
        for table in left:
            n = sum(table[i])
            for j in range(columns):
                p = pooled[j] / sum(pooled)
                if p:
                    q += n * (table[i][j] / n - p) ** 2 / p
                if table[i][j]:
                    lr += 2 * table[i][j] * math.log(table[i][j] / n / p)
    return q, lr, dof


def walk(p: Matrix, regions: int, years: int, seed: int) -> list[list[int]]:
    """Courses of independent regions through a chain."""
    rng = random.Random(seed)
    courses = []
    for _ in range(regions):
        course = [rng.randrange(len(p))]
        while len(course) < years:
            course.append(rng.choices(range(len(p)), p[course[-1]])[0])
        courses.append(course)
    return courses


def leaps(start: Sequence[float], end: Sequence[float], low: float, high: float) -> tuple[float, float]:
    """Of the regions that start within the lowest share, how many end above the other, and their mean change."""

    def place(x: Sequence[float], at: int) -> float:
        below, same = sum(of < x[at] for of in x), sum(of == x[at] for of in x)
        return (below + (same + 1) / 2 - 0.5) / len(x)

    bottom = [at for at in range(len(start)) if place(start, at) <= low + 1e-12]
    rise = [place(end, at) - place(start, at) for at in bottom]
    return sum(place(end, at) > high for at in bottom) / len(bottom), sum(rise) / len(bottom)
