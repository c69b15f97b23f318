"""Likelihood of panels in which neighbours act on one another: one parameter is searched for, the rest is exact.

Arrays are laid out (..., times, regions) and (..., times, regions, columns); draws may stand in front, and what is the
same for all of them need not be repeated. Symbols are those of Lee, Yu 2010: y = ρWy + Zδ + effects + e.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.dynamics.neighbours import Neighbours, lag

Effects = Literal["region", "time", "both", "none"]
Correction = Literal["lee-yu", "none"]
Information = Literal["expected", "observed"]

_STEPS = 200  # of the search for the highest point, before it is closed in upon
_HALVINGS = 60


@dataclass(frozen=True)
class Setting:
    """What the likelihood needs beside the data, for so many times and regions.

    With ``correction`` "lee-yu" it is the likelihood of the data after the orthonormal transformation of Lee, Yu 2010,
    which has T - 1 free times under region effects and n - 1 free regions under time effects (rows of the weights must
    then sum to 1). Without, it is that of the swept data counted as T n.
    """

    neighbours: Neighbours
    times: int
    effects: Effects
    correction: Correction

    @property
    def within(self) -> bool:
        """Whether regions have effects of their own."""
        return self.effects in ("region", "both")

    @property
    def by_time(self) -> bool:
        """Whether times have effects of their own."""
        return self.effects in ("time", "both")

    @property
    def periods(self) -> int:
        """How often the Jacobian counts."""
        return self.times - (self.correction == "lee-yu" and self.within)

    @property
    def size(self) -> int:
        """How many observations the variance is divided by."""
        lost = self.correction == "lee-yu" and self.by_time
        return self.periods * (len(self.neighbours.regions) - lost)

    @cached_property
    def roots(self) -> npt.NDArray[Any]:
        """Eigenvalues that enter the Jacobian: that of the constant goes with the time effects."""
        roots = self.neighbours.eigenvalues
        return roots[:-1] if self.correction == "lee-yu" and self.by_time else roots

    def sweep(self, a: Floats, *, columns: bool = False) -> Floats:
        """``a`` (..., times, regions) less its means over time, regions or both; with ``columns`` one axis follows."""
        t, n = (-3, -2) if columns else (-2, -1)
        if self.within:
            a = a - a.mean(axis=t, keepdims=True)
        return a - a.mean(axis=n, keepdims=True) if self.by_time else a


@dataclass(frozen=True)
class Fit:
    """Estimates: ``rho`` (...), ``delta`` (..., columns), ``sigma2`` (...), ``loglik`` (...), and their ``covariance``.

    The covariance is over (ρ, δ, σ²), with zeros for a ρ that was set to 0. ``residuals`` are swept.
    """

    rho: Floats
    delta: Floats
    sigma2: Floats
    loglik: Floats
    covariance: Floats
    residuals: Floats


def fit_lag(
    y: Floats, z: Floats, setting: Setting, *, spatial: bool = True, information: Information = "expected"
) -> Fit:
    """Maximum likelihood of y = ρWy + Zδ + e, effects swept out; ρ is 0 unless ``spatial``.

    ``y`` (..., times, regions), ``z`` (..., times, regions, columns), of full rank when swept. ρ maximises the
    likelihood concentrated over δ and σ² (Anselin 1988). ``information`` "expected" is that of Lee, Yu 2010,
    "observed" the second derivatives at the estimate; both are exact, not numeric.
    """
    w, swept = setting.neighbours.weights, setting.sweep(z, columns=True)
    wy = lag(y, w)
    own, others = _flat(setting.sweep(y)), _flat(setting.sweep(wy))
    columns = _columns(swept)
    q, r = np.linalg.qr(columns)
    on_own, on_others = _times(np.swapaxes(q, -1, -2), own), _times(np.swapaxes(q, -1, -2), others)
    e0, e1 = own - _times(q, on_own), others - _times(q, on_others)
    a, b, c = (e0 * e0).sum(-1), (e0 * e1).sum(-1), (e1 * e1).sum(-1)
    if spatial:
        rho = maximise(lambda p: (a - 2 * b * p + c * p**2, 2 * (c * p - b)), setting, a.shape)
    else:
        rho = np.zeros(a.shape)
    delta = np.linalg.solve(r, (on_own - rho[..., None] * on_others)[..., None])[..., 0]
    e = e0 - rho[..., None] * e1
    sigma2 = (e * e).sum(-1) / setting.size
    residuals = e.reshape(y.shape)
    matrix = _information(rho, sigma2, residuals, others, columns, setting, information)
    return Fit(rho, delta, sigma2, loglik(rho, sigma2, setting), _inverse(matrix, spatial), residuals)


def fit_error(y: Floats, z: Floats, setting: Setting) -> tuple[Floats, Floats]:
    """Highest likelihood of y = Zδ + u, u = λWu + e, effects swept out: λ (...) and the likelihood (...)."""
    w = setting.neighbours.weights
    both = np.concatenate([y[..., None], np.broadcast_to(z, (*y.shape, z.shape[-1]))], axis=-1)
    lagged = np.moveaxis(lag(np.moveaxis(both, -1, -2), w), -2, -1)
    v, wv = (_columns(setting.sweep(a, columns=True)) for a in (both, lagged))
    scale = np.sqrt((v * v).sum(-2, keepdims=True))
    v, wv = v / scale, wv / scale
    turned = np.swapaxes(v, -1, -2)
    s0, cross, s2 = turned @ v, turned @ wv, np.swapaxes(wv, -1, -2) @ wv
    s1 = cross + np.swapaxes(cross, -1, -2)

    def squares(p: Floats) -> tuple[Floats, Floats]:
        at = p[..., None, None]
        s = s0 - at * s1 + at**2 * s2
        b = np.linalg.solve(s[..., 1:, 1:], s[..., 1:, :1])[..., 0]
        u = np.concatenate([np.ones((*b.shape[:-1], 1)), -b], axis=-1)
        turn = 2 * at * s2 - s1
        y2 = scale[..., 0, 0] ** 2
        return y2 * np.einsum("...i,...ij,...j", u, s, u), y2 * np.einsum("...i,...ij,...j", u, turn, u)

    found = maximise(squares, setting, y.shape[:-2])
    return found, loglik(found, squares(found)[0] / setting.size, setting)


def maximise(squares: Callable[[Floats], tuple[Floats, Floats]], setting: Setting, shape: tuple[int, ...]) -> Floats:
    """The ρ of the highest concentrated likelihood, (...): the best of a grid, closed in upon where the slope is 0.

    ``squares`` gives the sum of squared residuals at ρ, and its slope, for ρ with any axes before ``shape``.
    """
    low, high = setting.neighbours.bounds
    grid = low + (high - low) * np.linspace(0, 1, _STEPS + 1)
    inner = grid[1:-1].reshape(-1, *[1] * len(shape))
    heights = _height(inner, squares, setting)
    best = heights.argmax(axis=0) + 1
    below, above = grid[best - 1], grid[best + 1]
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        rising = _slope(middle, squares, setting) > 0
        below, above = np.where(rising, middle, below), np.where(rising, above, middle)
    return np.asarray((below + above) / 2)


def loglik(rho: Floats, sigma2: Floats, setting: Setting) -> Floats:
    """Log-likelihood at ρ and the σ² that belongs to it."""
    fit = -setting.size / 2 * (np.log(2 * np.pi * sigma2) + 1)
    return np.asarray(fit + setting.periods * _log_jacobian(rho, setting.roots))


def _height(rho: Floats, squares: Callable[[Floats], tuple[Floats, Floats]], setting: Setting) -> Floats:
    return np.asarray(-setting.size / 2 * np.log(squares(rho)[0]) + setting.periods * _log_jacobian(rho, setting.roots))


def _slope(rho: Floats, squares: Callable[[Floats], tuple[Floats, Floats]], setting: Setting) -> Floats:
    of, slope = squares(rho)
    roots = setting.roots
    pull = (roots / (1 - rho[..., None] * roots)).sum(-1).real
    return np.asarray(-setting.size / 2 * slope / of - setting.periods * pull)


def _log_jacobian(rho: Floats, roots: npt.NDArray[Any]) -> Floats:
    return np.asarray(np.log(np.abs(1 - rho[..., None] * roots)).sum(-1))


def _information(
    rho: Floats, sigma2: Floats, e: Floats, wy: Floats, z: Floats, setting: Setting, which: Information
) -> Floats:
    """Information on (ρ, δ, σ²), (..., k + 2, k + 2)."""
    k, periods, roots = z.shape[-1], setting.periods, setting.roots
    out = np.zeros((*rho.shape, k + 2, k + 2))
    ratio = roots / (1 - rho[..., None] * roots)
    trace, square = ratio.sum(-1).real, (ratio**2).sum(-1).real
    out[..., 1:-1, 1:-1] = np.swapaxes(z, -1, -2) @ z / sigma2[..., None, None]
    out[..., -1, -1] = setting.size / (2 * sigma2**2)
    if which == "observed":
        pull = wy
        out[..., 0, 0] = periods * square + (wy * wy).sum(-1) / sigma2
        out[..., 0, -1] = (wy * _flat(e)).sum(-1) / sigma2**2
    else:
        # What Wy would be without its part in e: with rows that sum to 1 this is G Z δ, G = W (I - ρW)^-1.
        dense = setting.neighbours.weights.toarray()
        g = dense @ np.linalg.inv(np.eye(len(dense)) - rho[..., None, None] * dense)
        pull = wy - _flat(setting.sweep(e @ np.swapaxes(g, -1, -2)))
        if setting.correction == "lee-yu" and setting.by_time:
            g = g - g.mean(axis=-2, keepdims=True)
        out[..., 0, 0] = periods * (square + (g * g).sum((-2, -1))) + (pull * pull).sum(-1) / sigma2
        out[..., 0, -1] = periods * trace / sigma2
    out[..., 0, 1:-1] = _times(np.swapaxes(z, -1, -2), pull) / sigma2[..., None]
    out[..., 1:-1, 0], out[..., -1, 0] = out[..., 0, 1:-1], out[..., 0, -1]
    return out


def _inverse(matrix: Floats, spatial: bool) -> Floats:
    """Covariance from information, parameters scaled to one another first; without ρ its row and column are 0."""
    first = 0 if spatial else 1
    part = matrix[..., first:, first:]
    scale = np.sqrt(np.diagonal(part, axis1=-2, axis2=-1))
    outer = scale[..., :, None] * scale[..., None, :]
    out = np.zeros(matrix.shape)
    out[..., first:, first:] = np.linalg.inv(part / outer) / outer
    return out


def _flat(a: Floats) -> Floats:
    return a.reshape(*a.shape[:-2], -1)


def _columns(a: Floats) -> Floats:
    return a.reshape(*a.shape[:-3], -1, a.shape[-1])


def _times(matrix: Floats, vector: Floats) -> Floats:
    return np.asarray((matrix @ vector[..., None])[..., 0])
