"""How sure a share is: intervals for so many out of so many."""

from __future__ import annotations

from typing import Any

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family

proportion_intervals = Family(
    "proportion-interval",
    zh="比例区间估计",
    about="f(found: (n,) counts, among: (n,) counts, *, level) -> (low, high), each (n,); nan where among is 0.",
)


@proportion_intervals.add("wilson", zh="威尔逊区间", cite="Wilson 1927")
def wilson(found: Any, among: Any, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Shares that a score test would not refuse: right on average, for small counts too.

    Wilson 1927, Journal of the American Statistical Association 22: 209.
    """
    from scipy.stats import norm

    k, n = _counts(found, among)
    z = norm.ppf((1 + level) / 2)
    share = k / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    width = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Of none, or of all, the end is exact; rounding must not put it on the wrong side.
    low, high = np.where(k == 0, 0.0, middle - width), np.where(k == n, 1.0, middle + width)
    return np.where(np.isnan(n), np.nan, low), np.where(np.isnan(n), np.nan, high)


@proportion_intervals.add("clopper-pearson", zh="克洛珀–皮尔逊精确区间", cite="Clopper, Pearson 1934")
def clopper_pearson(found: Any, among: Any, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Shares under which the count is not too rare on either side: never too sure, often too cautious.

    Clopper, Pearson 1934, Biometrika 26: 404.
    """
    from scipy.stats import beta

    k, n = _counts(found, among)
    tail = (1 - level) / 2
    low = np.where(k == 0, 0.0, beta.ppf(tail, k, n - k + 1))
    high = np.where(k == n, 1.0, beta.ppf(1 - tail, k + 1, n - k))
    return np.where(np.isnan(n), np.nan, low), np.where(np.isnan(n), np.nan, high)


def _counts(found: Any, among: Any) -> tuple[Floats, Floats]:
    n = np.asarray(among, dtype=float)
    return np.asarray(found, dtype=float), np.where(n > 0, n, np.nan)
