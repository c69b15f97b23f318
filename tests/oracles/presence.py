"""Presence and its null models, cell by cell: slow, obvious twins."""

from __future__ import annotations

from fractions import Fraction

import numpy as np


def quotients(values: list[list[int]]) -> list[list[Fraction]]:
    """Location quotients of whole numbers, exactly; 0 where the region or the activity has nothing."""
    total = sum(map(sum, values))
    columns = [sum(column) for column in zip(*values, strict=True)]
    return [
        [Fraction(x * total, sum(row) * columns[j]) if x else Fraction(0) for j, x in enumerate(row)] for row in values
    ]


def added_up(rows: list[tuple[str, str, int, float]]) -> dict[tuple[int, str, str], float]:
    """Rows (region, activity, period, value) added up per cell; cells of 0 are none."""
    cells: dict[tuple[int, str, str], float] = {}
    for region, activity, period, value in rows:
        cells[period, region, activity] = cells.get((period, region, activity), 0.0) + value
    return {cell: value for cell, value in cells.items() if value}


def link_chances(links: np.ndarray, sweeps: int = 20_000) -> np.ndarray:
    """The bipartite configuration model of 0 and 1, by the fixed point of its equations, one fitness at a time."""
    x, y = links.sum(axis=1) / np.sqrt(links.sum()), links.sum(axis=0) / np.sqrt(links.sum())
    for _ in range(sweeps):
        x = np.array([links[i].sum() / sum(y / (1 + x[i] * y)) for i in range(len(x))])
        y = np.array([links[:, j].sum() / sum(x / (1 + x * y[j])) for j in range(len(y))])
        chance = np.outer(x, y) / (1 + np.outer(x, y))
        if (
            max(abs(chance.sum(axis=1) - links.sum(axis=1)).max(), abs(chance.sum(axis=0) - links.sum(axis=0)).max())
            < 1e-11
        ):
            break
    return chance


def discoveries(p: list[float], alpha: float) -> list[bool]:
    """Benjamini and Hochberg's procedure, read off its definition."""
    order = sorted(range(len(p)), key=lambda at: p[at])
    last = max((rank for rank, at in enumerate(order, 1) if p[at] <= alpha * rank / len(p)), default=0)
    return [at in order[:last] for at in range(len(p))]


def largest_left(values: np.ndarray, floors: tuple[float, int, float, int]) -> tuple[set[int], set[int]]:
    """Regions and activities left when whatever is below a floor goes, one at a time, until nothing is."""
    rows, columns = set(range(values.shape[0])), set(range(values.shape[1]))
    while True:
        small_rows = [
            i
            for i in rows
            if sum(values[i, j] for j in columns) < floors[0] or sum(values[i, j] > 0 for j in columns) < floors[1]
        ]
        small_columns = [
            j
            for j in columns
            if sum(values[i, j] for i in rows) < floors[2] or sum(values[i, j] > 0 for i in rows) < floors[3]
        ]
        if small_rows:
            rows.remove(small_rows[0])
        elif small_columns:
            columns.remove(small_columns[0])
        else:
            return rows, columns
