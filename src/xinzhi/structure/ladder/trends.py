"""Levels and trends that one odd year does not move: medians of three years, and growth between two of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.data.industries import Industries
from xinzhi.structure.ladder import _trend_kernels as kernels

YEARS = 3  # of a level, and the fewest between two levels that a trend is drawn through


def level(values: Floats) -> Floats:
    """The median of what was observed this year and the two before, (series, time); nan where nothing was."""
    return kernels.medians(np.ascontiguousarray(values))


def logs(levels: Floats) -> Floats:
    """Natural logarithms; nan where there is nothing to take one of."""
    return np.log(levels, out=np.full(levels.shape, np.nan), where=levels > 0)


def over(part: Any, whole: Any) -> Floats:
    """A ratio; nan where there is nothing to divide by."""
    whole = np.broadcast_to(whole, np.shape(part))
    quotient: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return quotient


class Groups:
    """Series by region: sums and running levels of each region, and trends against them.

    A region's running log level is a Törnqvist chain, changes of its series weighed by the mean share of both years:
    series that appear or vanish, or have blanks, do not move it, and index numbers can be chained as amounts can.
    """

    def __init__(self, industries: Industries) -> None:
        region = industries.values["region"].values
        # Series are sorted by region, so each region is one run.
        new = np.ones(len(region), dtype=bool)
        new[1:] = region[1:] != region[:-1]
        self.starts = np.flatnonzero(new)
        self.of = np.cumsum(new) - 1
        self.many = len(self.starts)
        self._industry = industries.values["industry"].values

    def total(self, values: Floats) -> Floats:
        """Each region's sum of what is known, told to its series."""
        known = np.where(np.isnan(values), 0.0, values)
        summed: Floats = np.add.reduceat(known, self.starts, axis=0)[self.of]
        return summed

    def running(self, log: Floats, share: Floats) -> Floats:
        """Each region's running log level, (region, time)."""
        return kernels.running(log, share, self.of, self.many)

    def trends(self, log: Floats, common: Floats, window: int) -> tuple[Floats, Floats]:
        """Log growth a year, and that above the region's running level ``common`` over the same years.

        Over ``window`` years, or over the longest shorter span (of 3 years or more) there is.
        """
        return kernels.trends(log, common, self.of, window, YEARS)

    def growth(self, log: Floats, window: int) -> Floats:
        """Log growth a year, as ``trends`` has it."""
        return kernels.trends(log, np.zeros((self.many, log.shape[1])), self.of, window, YEARS)[0]

    def turnover(self, flow: Floats, stock: Floats) -> tuple[Floats, Floats]:
        """The rate of entry or exit, and that of the region, (region, time) told to its series, both as levels."""
        rate, region = kernels.turnover(flow, stock, self.of, self.many)
        return level(rate), level(region)[self.of]

    def steadiness(self, log: Floats, common: Floats, window: int) -> Floats:
        """In which share of the last ``window`` years a series outgrew its region; nan with fewer than 3 known."""
        return kernels.shares_above(log, common, self.of, window, YEARS)

    def share_of_all(self, level: Floats) -> Floats:
        """Each industry's share in the economy of all regions, told to its series."""
        codes, of = np.unique(self._industry.astype(str), return_inverse=True)
        order = np.argsort(of, kind="stable")
        starts = np.searchsorted(of[order], np.arange(len(codes)))
        known = np.where(np.isnan(level), 0.0, level)
        return over(np.add.reduceat(known[order], starts, axis=0)[of], known.sum(axis=0))
