"""Concordances, fits, lags and dependence, one cell at a time: slow, obvious twins."""

from __future__ import annotations

from itertools import product
from math import comb, sqrt


def carried(values: list[list[float]], shares: list[list[float]]) -> list[list[float]]:
    """Amounts (region, source) through shares (source, target)."""
    width = len(shares[0])
    return [[sum(row[s] * shares[s][t] for s in range(len(row))) for t in range(width)] for row in values]


def cosine(a: list[float], b: list[float]) -> float:
    top = sum(x * y for x, y in zip(a, b, strict=True))
    return top / sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def overlap(a: list[float], b: list[float]) -> float:
    """What two profiles have in common, field by field."""
    return sum(min(x, y) for x, y in zip(a, b, strict=True))


def meets_at_least(both: int, of_source: int, of_target: int, regions: int) -> float:
    """P(at least so many regions have both) when the regions of each are drawn at random."""
    ways = sum(
        comb(of_source, k) * comb(regions - of_source, of_target - k)
        for k in range(both, min(of_source, of_target) + 1)
        if of_target - k <= regions - of_source
    )
    return ways / comb(regions, of_target)


def two_layers_at_least(both: int, first: list[float], second: list[float]) -> float:
    """P(at least so many regions have both), each with its own two chances, by going through every outcome."""
    total = 0.0
    for outcome in product((0, 1), repeat=len(first)):
        if sum(outcome) < both:
            continue
        chance = 1.0
        for met, p, q in zip(outcome, first, second, strict=True):
            chance *= p * q if met else 1 - p * q
        total += chance
    return total


def lagged_correlation(x: list[list[float]], y: list[list[float]], lag: int) -> float:
    """Correlation about zero of y with x so many years before, over all regions and years that have both."""
    top = xx = yy = 0.0
    for region in range(len(x)):
        for year in range(len(y[region])):
            before = year - lag
            if 0 <= before < len(x[region]):
                top += x[region][before] * y[region][year]
                xx += x[region][before] ** 2
                yy += y[region][year] ** 2
    return top / sqrt(xx * yy)


def concentration(amounts: list[float]) -> float:
    """Herfindahl–Hirschman index."""
    return sum((one / sum(amounts)) ** 2 for one in amounts)
