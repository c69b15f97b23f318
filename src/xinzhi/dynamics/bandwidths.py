"""How wide a kernel is to be: bandwidth rules, by the names they are quoted under.

A bandwidth is the standard deviation of the kernel, whatever its shape (as in R's ``density`` and Stata's
``kdensity``). Rules take scores (..., region) with ``nan`` for missing and return (...). Programs use the same names
for different rules: what SciPy calls "silverman" is ``normal-reference`` here, and what SciPy calls "scott" is
n^(-1/5) s.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize
from scipy.spatial.distance import pdist

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family
from xinzhi.core.specs import FaultyValue
from xinzhi.dynamics.states import quantiles

bandwidths = Family(
    "bandwidth",
    zh="核密度带宽选择方法",
    about="f(x: (..., region), *, options) -> bandwidth (...), the standard deviation of the kernel.",
)

# Of a normal distribution; 1.34 as Silverman rounds it.
IQR_OF_NORMAL = 1.34


@bandwidths.add("silverman", zh="Silverman 经验法则", cite="Silverman 1986, eq. 3.31")
def silverman(x: Floats, *, iqr: float = IQR_OF_NORMAL) -> Floats:
    """0.9 min(s, IQR / 1.34) n^(-1/5): R's ``bw.nrd0``; with ``iqr`` 1.349 Stata's and statsmodels' rule."""
    return 0.9 * _spread(x, iqr) * _n(x) ** -0.2


@bandwidths.add("scott", zh="Scott 法则", cite="Scott 1992, Multivariate Density Estimation")
def scott(x: Floats, *, iqr: float = IQR_OF_NORMAL) -> Floats:
    """1.06 min(s, IQR / 1.34) n^(-1/5): R's ``bw.nrd``."""
    return 1.06 * _spread(x, iqr) * _n(x) ** -0.2


@bandwidths.add("normal-reference", zh="正态参照法则", cite="Silverman 1986, eq. 3.28")
def normal_reference(x: Floats) -> Floats:
    """(4 / (3n))^(1/5) s: best for normal scores, too smooth for scores with several modes."""
    return (4 / (3 * _n(x))) ** 0.2 * _deviation(x)


@bandwidths.add("sheather-jones", zh="Sheather–Jones 法", cite="Sheather, Jones 1991, JRSS B 53(3): 683")
def sheather_jones(x: Floats) -> Floats:
    """Solve for the bandwidth whose estimated roughness asks for itself: R's ``bw.SJ``, exact where R rounds."""
    return _one_by_one(x, _solve_the_equation)


@bandwidths.add("direct-plug-in", zh="直接插入法", cite="Sheather, Jones 1991; Wand, Jones 1995, Kernel Smoothing")
def direct_plug_in(x: Floats) -> Floats:
    """The bandwidth for a roughness estimated in two stages: R's ``bw.SJ`` with method "dpi", without its binning."""
    return _one_by_one(x, _plug_in)


def _one_by_one(x: Floats, rule: Callable[[Floats], float]) -> Floats:
    out = np.empty(x.shape[:-1])
    for at in np.ndindex(out.shape):
        own = x[at]
        out[at] = rule(own[~np.isnan(own)])
    return out


def _n(x: Floats) -> Floats:
    return np.asarray((~np.isnan(x)).sum(axis=-1), dtype=float)


def _deviation(x: Floats) -> Floats:
    """Standard deviation with n - 1 of what is observed; 0 for fewer than two."""
    seen, n = ~np.isnan(x), _n(x)
    mean = np.where(seen, x, 0.0).sum(axis=-1) / np.maximum(n, 1)
    off = np.where(seen, x - mean[..., None], 0.0)
    return np.asarray(np.sqrt((off**2).sum(axis=-1) / np.maximum(n - 1, 1)))


def _spread(x: Floats, iqr: float) -> Floats:
    """The smaller of the standard deviation and the scaled interquartile range; the former where half of x ties."""
    quarters = quantiles(x, 4)
    deviation, range_ = _deviation(x), (quarters[..., 2] - quarters[..., 0]) / iqr
    return np.asarray(np.where(range_ > 0, np.minimum(deviation, range_), deviation))


def _solve_the_equation(x: Floats) -> float:
    """Sheather, Jones 1991, eq. 12."""
    n, apart = len(x), pdist(x[:, None])
    scale = _scale(x)
    slope = _roughness_of_slope(apart, n, 1.23 * scale * n ** (-1 / 9))
    ratio = 1.357 * (_roughness(apart, n, 1.24 * scale * n ** (-1 / 7)) / slope) ** (1 / 7)

    def excess(h: float) -> float:
        return _best(n, _roughness(apart, n, ratio * h ** (5 / 7))) - h

    # The excess is positive near zero, where every score stands alone, and falls below zero for a flat estimate.
    high = 1.144 * scale * n**-0.2
    low = high / 10
    while excess(low) < 0:
        low /= 2
    while excess(high) > 0:
        high *= 2
    return float(optimize.brentq(excess, low, high, xtol=1e-14 * scale, rtol=1e-12))


def _plug_in(x: Floats) -> float:
    n, apart = len(x), pdist(x[:, None])
    slope = _roughness_of_slope(apart, n, 1.23 * _scale(x) * n ** (-1 / 9))
    return _best(n, _roughness(apart, n, (2.394 / (n * slope)) ** (1 / 7)))


def _scale(x: Floats) -> float:
    scale = float(_spread(x, 1.349))
    if not scale > 0:
        raise FaultyValue("no-spread", "scores do not differ: no rule gives a bandwidth.", "得分无差异，无法确定带宽。")
    return scale


def _best(n: int, roughness: float) -> float:
    """The bandwidth of least mean integrated squared error for a normal kernel and a density so rough."""
    return float((1 / (2 * np.sqrt(np.pi) * n * roughness)) ** 0.2)


def _roughness(apart: Floats, n: int, h: float) -> float:
    """Estimated integral of f''^2, from the fourth derivative of a normal kernel over all pairs."""
    d = (apart / h) ** 2
    pairs = 2 * (np.exp(-d / 2) * (d**2 - 6 * d + 3)).sum() + 3 * n
    return float(pairs / (n * (n - 1) * h**5 * np.sqrt(2 * np.pi)))


def _roughness_of_slope(apart: Floats, n: int, h: float) -> float:
    """Estimated integral of f'''^2, from the sixth derivative of a normal kernel over all pairs."""
    d = (apart / h) ** 2
    pairs = 2 * (np.exp(-d / 2) * (d**3 - 15 * d**2 + 45 * d - 15)).sum() - 15 * n
    return float(-pairs / (n * (n - 1) * h**7 * np.sqrt(2 * np.pi)))
