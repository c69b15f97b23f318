"""Slow and obvious: intervals of paired differences, one number after another."""

import math

from scipy.stats import t


def paired(gaps, groups, level):
    """Mean, low and high of one list of differences; the variance of the mean is that of the sums of groups."""
    kept = [(gap, group) for gap, group in zip(gaps, groups, strict=True) if not math.isnan(gap)]
    n = len(kept)
    mean = math.fsum(gap for gap, _ in kept) / n
    names = sorted({group for _, group in kept})
    sums = [math.fsum(gap - mean for gap, group in kept if group == name) for name in names]
    g = len(names)
    error = math.sqrt(math.fsum(one**2 for one in sums) * g / (g - 1)) / n
    reach = t.ppf((1 + level) / 2, g - 1) * error
    return mean, mean - reach, mean + reach
