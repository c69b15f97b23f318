"""What of many moments to look at when a run is held against the data, and how to correct for what remains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.special import expit, logit

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family

# Maps moments (n, m) to summaries (n, q) in which runs are compared by plain distance.
Summary = Callable[[Floats], Floats]

SUMMARIES = Family(
    "summaries",
    "汇总统计量",
    "Learned from runs at unit parameters (n, p) with moments (n, m): what maps moments to summaries whose plain "
    "distance tells runs apart.",
)

_SMALLEST = 1e-9


@SUMMARIES.add("learned", zh="半自动汇总统计量", cite="Fearnhead, Prangle 2012")
def learned(unit: Floats, moments: Floats) -> Summary:
    """Look at what a ridge regression makes of the parameters from the moments, scaled by what it leaves unexplained.

    As many summaries as parameters, however many moments there are; a parameter of which the moments say nothing adds
    next to nothing to the distance. Moments and their squares are regressors, each turned by the inverse hyperbolic
    sine so that no wild run leads. Fearnhead, Prangle 2012, Journal of the Royal Statistical Society B 74: 419.
    """
    features = _Features.of(moments)
    _, slopes, left = ridge(features(moments), unit)
    scale = _inverse_root(_covariance(left) + _SMALLEST * np.eye(unit.shape[1]))
    return _Learned(features, slopes, scale)


@SUMMARIES.add("weighted", zh="最优加权矩", cite="Duffie, Singleton 1993")
def weighted(unit: Floats, moments: Floats) -> Summary:
    """Look at all moments, weighed by the inverse of the covariance that they have at given parameters.

    The covariance is that of what a quadratic regression of moments on parameters leaves, shrunk towards its diagonal
    as far as few runs demand (Ledoit, Wolf 2004, Journal of Multivariate Analysis 88: 365).
    """
    return _Weighted(_inverse_root(noise(unit, moments)))


@dataclass(frozen=True, eq=False)
class _Features:
    """Moments (n, m) as regressors (n, 2m): deviations from the median in robust units, and their squares."""

    centre: Floats
    scale: Floats

    @classmethod
    def of(cls, moments: Floats) -> _Features:
        centre = np.median(moments, axis=0)
        scale = np.quantile(moments, 0.84, axis=0) - np.quantile(moments, 0.16, axis=0)
        scale = np.where(scale > 0, scale / 2, np.where(moments.std(axis=0) > 0, moments.std(axis=0), 1.0))
        return cls(centre, scale)

    def __call__(self, moments: Floats) -> Floats:
        plain = np.arcsinh((moments - self.centre) / self.scale)
        return np.hstack([plain, plain**2])


@dataclass(frozen=True, eq=False)
class _Learned:
    features: _Features
    slopes: Floats
    scale: Floats

    def __call__(self, moments: Floats) -> Floats:
        return np.asarray(self.features(moments) @ self.slopes @ self.scale)


@dataclass(frozen=True, eq=False)
class _Weighted:
    scale: Floats

    def __call__(self, moments: Floats) -> Floats:
        return np.asarray(moments @ self.scale)


def noise(unit: Floats, moments: Floats) -> Floats:
    """The covariance (m, m) that moments have when parameters stay the same, from runs at many parameters."""
    from sklearn.covariance import ledoit_wolf  # type: ignore[import-untyped]

    scale = moments.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    _, _, left = ridge(quadratic(unit - unit.mean(axis=0)), moments / scale)
    shrunk, _ = ledoit_wolf(left)
    return np.asarray((shrunk + _SMALLEST * np.eye(len(scale))) * np.outer(scale, scale))


def quadratic(unit: Floats) -> Floats:
    """Parameters (n, p), their squares and their products, (n, p + p(p + 1) / 2)."""
    rows, columns = np.triu_indices(unit.shape[1])
    return np.hstack([unit, unit[:, rows] * unit[:, columns]])


def ridge(x: Floats, y: Floats, weights: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Means (q,), slopes (k, q) and residuals (n, q) of y (n, q) on x (n, k), shrunk as leaving one out advises.

    One penalty for each column of y, from a grid, by the generalised cross-validation of Golub, Heath, Wahba 1979,
    Technometrics 21: 215. Slopes are of x as given; columns of x without spread get none.
    """
    weights = np.full(len(x), 1 / len(x)) if weights is None else weights / weights.sum()
    level, middle = weights @ x, weights @ y
    spread = np.sqrt(weights @ (x - level) ** 2)
    usable = spread > 1e-12 * (1 + np.abs(level))
    z = np.where(usable, (x - level) / np.where(usable, spread, 1.0), 0.0)
    root = np.sqrt(weights)[:, None]
    u, s, vt = linalg.svd(root * z, full_matrices=False)
    turned, apart = u.T @ (root * (y - middle)), root * (y - middle)
    outside = (apart**2).sum(axis=0) - (turned**2).sum(axis=0)  # what no slope can explain
    # Penalties count in runs: the weights sum to 1, so 1 / n is the worth of one run.
    best, chosen = np.full(y.shape[1], np.inf), np.zeros((len(s), y.shape[1]))
    for penalty in np.geomspace(1e-6, 1e2, 17):
        kept = s**2 / (s**2 + penalty)
        lost = np.maximum(outside, 0) + ((1 - kept)[:, None] ** 2 * turned**2).sum(axis=0)
        worth = 1 - (kept.sum() + 1) / _worth(weights)
        if worth <= 0:
            continue
        score = lost / worth**2
        better = score < best
        best = np.where(better, score, best)
        chosen = np.where(better, (s / (s**2 + penalty))[:, None] * turned, chosen)
    slopes = (vt.T @ chosen) / np.where(usable, spread, 1.0)[:, None]
    return np.asarray(middle - level @ slopes), slopes, np.asarray(y - middle - (x - level) @ slopes)


def adjusted(unit: Floats, summaries: Floats, seen: Floats, weights: Floats) -> Floats:
    """Unit parameters (n, p) moved to where they would have been had their runs met the data exactly.

    A local-linear regression of the parameters' logits on the summaries (n, q), by ``weights`` (n,); the logit keeps
    what is moved inside its range (Hamilton et al. 2005, Molecular Ecology Notes 5: 944). Equation 6 of Beaumont,
    Zhang, Balding 2002, Genetics 162: 2025, with the ridge of Blum et al. 2013, Statistical Science 28: 189.
    """
    turned = logit(np.clip(unit, 1e-6, 1 - 1e-6))
    _, slopes, _ = ridge(summaries, turned, weights)
    return np.asarray(expit(turned + (seen - summaries) @ slopes))


def _worth(weights: Floats) -> float:
    return float(1 / (weights**2).sum())


def _covariance(left: Floats) -> Floats:
    return np.asarray(left.T @ left / len(left))


def _inverse_root(covariance: Floats) -> Floats:
    """A with A'A = covariance⁻¹, so that rows times A have unit covariance. Directions without noise get a floor."""
    scale = np.sqrt(np.diag(covariance))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = linalg.eigh(covariance / np.outer(scale, scale))
    values = np.maximum(values, 1e-8 * values.max())
    return np.asarray((vectors / np.sqrt(values)) / scale[:, None])
