"""How fast a region's structure changes, whatever is called new: the Lilien and the Moore index, year by year."""

from __future__ import annotations

from typing import Any

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.structure.ladder.drawn import Regions


def lilien(cells: Floats, regions: Regions) -> Floats:
    """Dispersion of log growth over industries, weighed by this year's shares, (region, time); nan in the first year.

    The square root of the sum of x / X (d log x - d log X)², over industries above zero in both years
    (Lilien 1982, Journal of Political Economy 90: 777).
    """
    found = np.full((len(regions.names), cells.shape[1]), np.nan)
    before, now = _both(cells)
    whole = np.stack([regions.total(before), regions.total(now)])
    there = (whole > 0).all(axis=0)
    common = _log(whole[1], there) - _log(whole[0], there)
    positive = (before > 0) & (now > 0)
    apart = _log(now, positive) - _log(before, positive) - common[regions.of]
    spread = regions.total(np.where(positive, now * apart**2, 0.0))
    found[:, 1:][there] = np.sqrt(spread[there] / whole[1][there])
    return found


def moore(cells: Floats, regions: Regions) -> Floats:
    """The angle between this year's and last year's shares in degrees, (region, time); nan in the first year.

    0 where every industry keeps its share, 90 where nothing remains; over industries known in both years
    (Moore 1978, Review of Income and Wealth 24: 97).
    """
    found = np.full((len(regions.names), cells.shape[1]), np.nan)
    before, now = (np.where(np.isfinite(side), side, 0.0) for side in _known(cells))
    lengths = [np.sqrt(regions.total(side**2)) for side in (before, now)]
    there = (lengths[0] > 0) & (lengths[1] > 0)
    # The chord between unit vectors keeps small angles exact, where the cosine would lose half their digits.
    units = [
        np.divide(side, length[regions.of], out=np.zeros_like(side), where=length[regions.of] > 0)
        for side, length in zip((before, now), lengths, strict=True)
    ]
    chord = np.sqrt(regions.total((units[1] - units[0]) ** 2))
    angle = 2 * np.degrees(np.arcsin(np.clip(chord / 2, 0.0, 1.0)))
    found[:, 1:][there] = angle[there]
    return found


def _known(cells: Floats) -> tuple[Floats, Floats]:
    """Last year's and this year's amounts where both are known."""
    known = np.isfinite(cells[:, :-1]) & np.isfinite(cells[:, 1:])
    return np.where(known, cells[:, :-1], np.nan), np.where(known, cells[:, 1:], np.nan)


def _both(cells: Floats) -> tuple[Floats, Floats]:
    """The same, where both are above zero: growth from or to nothing has no logarithm."""
    before, now = _known(cells)
    positive = (before > 0) & (now > 0)
    return np.where(positive, before, np.nan), np.where(positive, now, np.nan)


def _log(values: Floats, where: Any) -> Floats:
    logs: Floats = np.log(values, out=np.zeros(np.shape(values)), where=where)
    return logs
