"""Medians of three years, trends between them and running levels of groups, series by series."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from xinzhi.core.labels import Floats

Places = npt.NDArray[np.int64]


@njit(cache=True)
def medians(values: Floats) -> Floats:
    """The median of what was observed this year and the two before."""
    out = np.full(values.shape, np.nan)
    for one in range(values.shape[0]):
        for time in range(values.shape[1]):
            now = values[one, time]
            before = values[one, time - 1] if time >= 1 else np.nan
            first = values[one, time - 2] if time >= 2 else np.nan
            if np.isnan(now):
                now, before, first = before, first, now
                if np.isnan(now):
                    now, before = before, now
            elif np.isnan(before):
                before, first = first, before
            # what is known now stands first
            if np.isnan(before):
                out[one, time] = now
            elif np.isnan(first):
                out[one, time] = (now + before) / 2.0
            else:
                out[one, time] = max(min(now, before), min(max(now, before), first))
    return out


@njit(cache=True)
def trends(log: Floats, common: Floats, of: Places, window: int, least: int) -> tuple[Floats, Floats]:
    """Growth a year over `window` years or the longest shorter span, and that less the group's over the same years."""
    growth, excess = np.full(log.shape, np.nan), np.full(log.shape, np.nan)
    for one in range(log.shape[0]):
        for time in range(least, log.shape[1]):
            if np.isnan(log[one, time]):
                continue
            for span in range(min(window, time), least - 1, -1):
                begun = log[one, time - span]
                if not np.isnan(begun):
                    growth[one, time] = (log[one, time] - begun) / span
                    group = common[of[one], time] - common[of[one], time - span]
                    excess[one, time] = growth[one, time] - group / span
                    break
    return growth, excess


@njit(cache=True)
def running(log: Floats, share: Floats, of: Places, groups: int) -> Floats:
    """The running log level of each group: changes of its series weighed by the mean share of both years."""
    times = log.shape[1]
    weight, moved = np.zeros((groups, times)), np.zeros((groups, times))
    for one in range(log.shape[0]):
        for time in range(1, times):
            change = log[one, time] - log[one, time - 1]
            mean = (share[one, time] + share[one, time - 1]) / 2.0
            if not np.isnan(change) and not np.isnan(mean):
                weight[of[one], time] += mean
                moved[of[one], time] += mean * change
    level = np.zeros((groups, times))
    for group in range(groups):
        for time in range(1, times):
            step = moved[group, time] / weight[group, time] if weight[group, time] > 0.0 else 0.0
            level[group, time] = level[group, time - 1] + step
    return level


@njit(cache=True)
def shares_above(log: Floats, common: Floats, of: Places, window: int, least: int) -> Floats:
    """In which share of the last `window` years known a series outgrew its group."""
    out = np.full(log.shape, np.nan)
    for one in range(log.shape[0]):
        for time in range(1, log.shape[1]):
            known, above = 0, 0
            for year in range(max(1, time - window + 1), time + 1):
                change = log[one, year] - log[one, year - 1]
                if not np.isnan(change):
                    known += 1
                    # An industry alone in its region is its own group, but for rounding.
                    above += change > common[of[one], year] - common[of[one], year - 1] + 1e-9
            if known >= least:
                out[one, time] = above / known
    return out


@njit(cache=True)
def turnover(flow: Floats, stock: Floats, of: Places, groups: int) -> tuple[Floats, Floats]:
    """A flow over the mean of this year's and last year's stock, of each series and of each group."""
    times = flow.shape[1]
    rate = np.full(flow.shape, np.nan)
    moved, held = np.zeros((groups, times)), np.zeros((groups, times))
    for one in range(flow.shape[0]):
        for time in range(times):
            mean = stock[one, time]
            if time and not np.isnan(stock[one, time - 1]):
                mean = (mean + stock[one, time - 1]) / 2.0
            if mean > 0.0 and not np.isnan(flow[one, time]):
                rate[one, time] = flow[one, time] / mean
                moved[of[one], time] += flow[one, time]
                held[of[one], time] += mean
    return rate, np.where(held > 0.0, moved / np.where(held > 0.0, held, 1.0), np.nan)
