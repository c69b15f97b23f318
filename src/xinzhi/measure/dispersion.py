"""What the data themselves say about weights: spread, disorder, conflict and common movement.

Arrays are (..., cells, k) with ``nan`` for missing; leading axes are independent. Every function returns (..., k),
not yet made to sum to one.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from xinzhi.core.labels import Floats

# A deviation below this part of the mean is rounding.
CONSTANT = 1e-13

Zeros = Literal["skip", "shift", "replace", "half-minimum", "rescale"]


def without_zeros(x: Floats, zeros: Zeros, eps: float, low: float, high: float) -> Floats:
    """The data after the zero rule of the entropy method; each rule is in print, and they give different weights.

    ``skip`` leaves them (0 ln 0 = 0), ``shift`` adds eps to every value, ``replace`` puts eps where a zero is,
    ``half-minimum`` adds half a column's smallest positive value to the column, ``rescale`` spreads a column from
    low to high.
    """
    if zeros == "skip":
        return x
    if zeros == "shift":
        return x + eps
    if zeros == "replace":
        return np.where(x == 0, eps, x)
    if zeros == "half-minimum":
        least = np.fmin.reduce(np.where(x > 0, x, np.nan), axis=-2, keepdims=True)
        return x + np.where(np.isnan(least), 0.0, least / 2)
    bottom, top = np.fmin.reduce(x, axis=-2, keepdims=True), np.fmax.reduce(x, axis=-2, keepdims=True)
    reach = np.where(top > bottom, top - bottom, 1.0)
    return low + (high - low) * (x - bottom) / reach


def divergence(x: Floats) -> Floats:
    """One less the entropy of a column's shares, -k sum p ln p with k = 1 / ln(cells observed); x must not be negative.

    A column without differences has none: nothing but zeros counts as evenly shared.
    """
    seen = ~np.isnan(x)
    n, z = seen.sum(-2), np.where(seen, x, 0.0)
    total = z.sum(-2, keepdims=True)
    p = z / np.where(total > 0, total, 1.0)
    disorder = -(p * np.log(np.where(p > 0, p, 1.0))).sum(-2) / np.log(np.maximum(n, 2))
    # Rounding can carry an even column past 1.
    return np.where((n < 2) | (total[..., 0, :] <= 0), 0.0, np.maximum(1 - disorder, 0.0))


def mean(x: Floats) -> Floats:
    """Mean of the observed cells; zero where there are none."""
    seen = ~np.isnan(x)
    return np.asarray(np.where(seen, x, 0.0).sum(-2) / np.maximum(seen.sum(-2), 1))


def deviation(x: Floats) -> Floats:
    """Standard deviation of the observed cells with n - 1; zero for fewer than two, and for a constant."""
    seen, centre = ~np.isnan(x), mean(x)
    off = np.where(seen, x - centre[..., None, :], 0.0)
    width = np.sqrt((off * off).sum(-2) / np.maximum(seen.sum(-2) - 1, 1))
    return np.where(width > CONSTANT * np.abs(centre), width, 0.0)


def correlation(x: Floats) -> Floats:
    """Pearson correlation between columns, (..., k, k), each pair over the cells where both are known.

    Missing where one of the two does not vary over those cells.
    """
    seen, centre = ~np.isnan(x), mean(x)
    # Taking each column's own mean off first keeps the sums of squares below from cancelling.
    z = np.where(seen, x - centre[..., None, :], 0.0)
    products = np.swapaxes(z, -1, -2) @ z
    n: Floats = np.full(products.shape, float(x.shape[-2]))
    if seen.all():
        squares = np.broadcast_to(np.diagonal(products, axis1=-2, axis2=-1)[..., None], products.shape)
    else:
        m = seen.astype(float)
        n = np.maximum(np.swapaxes(m, -1, -2) @ m, 1.0)
        sums = np.swapaxes(z, -1, -2) @ m
        products = products - sums * np.swapaxes(sums, -1, -2) / n
        squares = np.swapaxes(z * z, -1, -2) @ m - sums * sums / n
    # What rounding leaves of a constant: of its own size, and of its cells outside the pair.
    noise = np.maximum((CONSTANT * np.abs(centre)) ** 2, 1e-14 * np.abs(z).max(-2) ** 2)[..., None] * n
    varies = (squares > noise) & np.swapaxes(squares > noise, -1, -2)
    scale = np.sqrt(np.where(varies, squares * np.swapaxes(squares, -1, -2), 1.0))
    return np.where(varies, np.clip(products / scale, -1.0, 1.0), np.nan)


def conflict(x: Floats, *, signed: bool = True) -> Floats:
    """How far a column goes its own way: the sum of 1 - r (or 1 - |r|) over the other columns.

    A column that does not vary conflicts with nobody.
    """
    r = correlation(x)
    return np.asarray(np.where(np.isnan(r), 0.0, 1 - (r if signed else np.abs(r))).sum(-1))


def loadings(x: Floats) -> Floats:
    """Loadings on the first principal component of the correlations, over complete cells; x is (cells, k).

    They have length one and are turned so that their sum is positive. Every column must vary over two complete
    cells or more.
    """
    known = x[~np.isnan(x).any(-1)]
    scaled = (known - known.mean(0)) / known.std(0, ddof=1)
    _, vectors = np.linalg.eigh(scaled.T @ scaled)
    first: Floats = vectors[:, -1]
    return -first if first.sum() < 0 else first
