"""Weights chosen for what they do to the index, not for how they look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.optimize import least_squares

from xinzhi.core.labels import Floats

Outcome = Callable[[Floats], Floats]
Effect = Literal["squared-correlation", "correlation-ratio"]
Aim = Literal["balance", "information"]


def correlations(x: Floats, y: Floats) -> Floats:
    """Pearson correlation of every column of x (cells, k) with y (cells,), over the cells where both are known.

    Zero where either does not vary: what is constant moves nothing.
    """
    both = ~np.isnan(x) & ~np.isnan(y)[:, None]
    n = np.maximum(both.sum(0), 1)
    a, b = np.where(both, x, 0.0), np.where(both, y[:, None], 0.0)
    a = np.where(both, a - a.sum(0) / n, 0.0)
    b = np.where(both, b - b.sum(0) / n, 0.0)
    spread = np.sqrt((a * a).sum(0) * (b * b).sum(0))
    r: Floats = np.where(spread > 0, (a * b).sum(0) / np.where(spread > 0, spread, 1.0), 0.0)
    return r


def main_effects(x: Floats, y: Floats, *, effect: Effect = "squared-correlation") -> Floats:
    """The share of the index's variance that goes with each column: its effective weight.

    The first-order measure is the correlation ratio V(E(y|x)) / V(y). ``"squared-correlation"`` takes E(y|x) as a
    line, ``"correlation-ratio"`` as a cubic fitted by least squares. Paruolo, Saisana, Saltelli 2013, Journal of the
    Royal Statistical Society A 176(3): 609.
    """
    if effect == "squared-correlation":
        return correlations(x, y) ** 2
    return np.array([_ratio(column, y) for column in x.T])


def log_imbalance(shares: Floats, target: Floats) -> float:
    """Logarithm of the mean squared distance of shares from their target; minus infinity when they meet."""
    with np.errstate(divide="ignore"):
        return float(np.log(np.mean((shares - target) ** 2)))


def by_correlation(
    x: Floats, outcome: Outcome, target: Floats, *, aim: Aim = "balance", negative: bool = False
) -> Floats:
    """Weights that bring the correlations with the index to their target, none below zero unless ``negative``.

    ``"balance"``: the correlations, made to sum to one, come as near as can be to ``target`` (least squares).
    ``"information"``: the correlations come as near as can be to one. Becker, Saisana, Paruolo, Vandecasteele 2017,
    Ecological Indicators 80: 12.
    """

    def miss(w: Floats) -> Floats:
        found = correlations(x, outcome(w))
        return _shares(found) - target if aim == "balance" else 1 - found

    return _nearest(miss, target, negative)


def by_effect(x: Floats, outcome: Outcome, target: Floats, *, effect: Effect = "squared-correlation") -> Floats:
    """Non-negative weights that bring the shares of the main effects as near as can be to their target."""
    return _nearest(lambda w: _shares(main_effects(x, outcome(w), effect=effect)) - target, target, False)


def _shares(values: Floats) -> Floats:
    total = float(values.sum())
    return np.asarray(values / total) if abs(total) > 1e-12 else np.zeros_like(values)


def _nearest(miss: Callable[[Floats], Floats], target: Floats, negative: bool) -> Floats:
    """The weights that miss least: the better of two searches, from the target and from all alike."""
    k = target.size
    close = 1e-14
    floor, ceiling = (-np.inf, np.inf) if negative else (1e-12, 1.0)

    def off(masses: Floats) -> Floats:
        return miss(_shares(masses))

    starts = np.clip([target, np.full(k, 1 / k)], 1e-3, 1.0)
    runs = [
        least_squares(off, start, bounds=(floor, ceiling), jac="3-point", xtol=close, ftol=close, gtol=close)
        for start in starts
    ]
    found = _shares(min(runs, key=lambda run: float(run.cost)).x)
    # The search keeps off its bounds; a weight this small is nothing.
    return _shares(np.where(np.abs(found) < 1e-9, 0.0, found))


def _ratio(column: Floats, y: Floats) -> float:
    both = ~np.isnan(column) & ~np.isnan(y)
    a, b = column[both], y[both]
    if b.size < 2 or np.ptp(b) == 0 or np.ptp(a) == 0:
        return 0.0
    scaled = (a - a.mean()) / a.std()
    terms = np.vander(scaled, min(4, np.unique(a).size))
    fitted = terms @ np.linalg.lstsq(terms, b, rcond=None)[0]
    return float(fitted.var() / b.var())
