"""Pipelines, shift-share and the conversion of old drivers to new, one cell at a time: slow, obvious twins."""

from __future__ import annotations

import itertools
import math


def expected(chances, sizes):
    """Expected number and size on each rung of one region and year, over all ways in which industries may stand."""
    rungs = len(chances[0])
    number, size = [0.0] * rungs, [0.0] * rungs
    for way in itertools.product(range(rungs), repeat=len(chances)):
        chance = math.prod(own[rung] for own, rung in zip(chances, way, strict=True))
        for rung, weight in zip(way, sizes, strict=True):
            number[rung] += chance
            size[rung] += chance * weight
    return number, size


def breadth(sizes):
    """How many industries of equal size are as spread as these."""
    whole = sum(sizes)
    return 1 / sum((size / whole) ** 2 for size in sizes) if whole > 0 else 0.0


def classical(own, nation, everything):
    """National share, industry mix and regional shift of one industry, from (start, end) pairs."""
    rate, whole = nation[1] / nation[0] - 1, everything[1] / everything[0] - 1
    return own[0] * whole, own[0] * (rate - whole), own[1] - own[0] - own[0] * rate


def esteban_marquillas(own, nation, everything, region):
    """Regional shift at homothetic size, and allocation."""
    homothetic = region[0] * nation[0] / everything[0]
    gap = own[1] / own[0] - nation[1] / nation[0]
    return homothetic * gap, (own[0] - homothetic) * gap


def arcelus(own, nation, everything, region):
    """Eight parts: four rates, each at homothetic size and beyond it."""
    homothetic = region[0] * nation[0] / everything[0]
    mine, industry, whole, regional = (of[1] / of[0] - 1 for of in (own, nation, everything, region))
    rates = (whole, industry - whole, regional - whole, mine - regional - industry + whole)
    return [homothetic * rate for rate in rates] + [(own[0] - homothetic) * rate for rate in rates]


def lilien(before, now):
    """Dispersion of log growth over industries above zero in both years, weighed by this year's shares."""
    pairs = [(b, n) for b, n in zip(before, now, strict=True) if b > 0 and n > 0]
    whole = [sum(side) for side in zip(*pairs, strict=True)]
    common = math.log(whole[1] / whole[0])
    return math.sqrt(sum(n / whole[1] * (math.log(n / b) - common) ** 2 for b, n in pairs))


def moore(before, now):
    """The angle between two years' shares in degrees."""
    product = sum(b * n for b, n in zip(before, now, strict=True))
    lengths = math.hypot(*before) * math.hypot(*now)
    return math.degrees(math.acos(min(1.0, product / lengths)))


def carried(shares, chances):
    """Growth, renewal and graduation of one industry: its shares at both ends, its chances (new, other, old)."""
    mean = sum(shares) / 2
    new, other, old = (end - start for start, end in zip(*chances, strict=True))
    growth = (chances[0][0] + chances[1][0]) / 2 * (shares[1] - shares[0])
    way = -1 if new > 0 else 1
    flows = max(way * old, 0), max(way * other, 0)
    renewed = new * flows[0] / sum(flows) if sum(flows) > 0 else 0.0
    return growth, mean * renewed, mean * (new - renewed)
