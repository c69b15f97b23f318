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
