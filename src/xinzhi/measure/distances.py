"""Scores from distances to what is best among the units, (..., units, k) -> (..., units); higher is better.

Missing values are left out of a unit's distances and the weights of the rest renormalised. Weights sum to any
positive number.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.measure.means import average


def best(x: Floats) -> Floats:
    """The highest value of every column, (..., 1, k)."""
    return np.asarray(np.fmax.reduce(x, axis=-2, keepdims=True))


def worst(x: Floats) -> Floats:
    """The lowest value of every column, (..., 1, k)."""
    return np.asarray(np.fmin.reduce(x, axis=-2, keepdims=True))


def closeness(x: Floats, w: Floats, top: Floats, bottom: Floats, *, weights: Literal["inside", "matrix"]) -> Floats:
    """TOPSIS: the distance from the worst, over that plus the distance to the best; missing where best is worst.

    ``"inside"`` puts weights into the squared distance, sum w d²; ``"matrix"`` multiplies the matrix first, so
    that the distance has their square, sum w² d². The two rank differently.
    """
    inside = w if weights == "inside" else w * w
    far = np.sqrt(average((x - bottom) ** 2, inside))
    near = np.sqrt(average((x - top) ** 2, inside))
    both = far + near
    return np.where(both > 0, far / np.where(both > 0, both, 1.0), np.nan)


def regret(x: Floats, w: Floats) -> tuple[Floats, Floats]:
    """VIKOR's S and R: mean and greatest weighted shortfall from the best, in parts of a column's range."""
    top, bottom = best(x), worst(x)
    reach = np.where(top > bottom, top - bottom, 1.0)
    short = (top - x) / reach
    shares = w / w.sum(-1, keepdims=True)
    return average(short, w), np.fmax.reduce(short * shares[..., None, :], axis=-1)


def compromise(x: Floats, w: Floats, *, v: float) -> Floats:
    """VIKOR's Q: v times S plus 1 - v times R, each from 0 (best unit) to 1 (worst unit). Lower is better."""
    s, r = regret(x, w)
    return np.asarray(v * _spread_out(s) + (1 - v) * _spread_out(r))


def grey_relation(x: Floats, w: Floats, *, rho: float) -> Floats:
    """Grey relational grade to the best of every column: the mean of (least + rho most) / (gap + rho most).

    Least and most are taken over the gaps of all units and columns, so a frame of years is judged as one.
    """
    gap = best(x) - x
    flat = gap.reshape(*gap.shape[:-2], -1)
    least = np.fmin.reduce(flat, axis=-1)[..., None, None]
    most = np.fmax.reduce(flat, axis=-1)[..., None, None]
    bottom = gap + rho * most
    # Where no unit differs every gap is nothing and the relation is full.
    related = np.where(bottom == 0, 1.0, (least + rho * most) / np.where(bottom == 0, 1.0, bottom))
    return average(related, w)


def hellwig(x: Floats, w: Floats) -> Floats:
    """One less the distance to the best, in units of the mean distance plus two standard deviations (n - 1)."""
    d = np.sqrt(average((x - best(x)) ** 2, w))
    seen = ~np.isnan(d)
    n = seen.sum(-1, keepdims=True)
    centre = np.where(seen, d, 0.0).sum(-1, keepdims=True) / np.maximum(n, 1)
    width = np.sqrt(np.where(seen, (d - centre) ** 2, 0.0).sum(-1, keepdims=True) / np.maximum(n - 1, 1))
    limit = centre + 2 * width
    return np.asarray(1 - d / np.where(limit > 0, limit, 1.0))


def _spread_out(s: Floats) -> Floats:
    """Values along the last axis brought to 0…1; all zero where they are alike."""
    low, high = np.fmin.reduce(s, axis=-1, keepdims=True), np.fmax.reduce(s, axis=-1, keepdims=True)
    return np.asarray((s - low) / np.where(high > low, high - low, 1.0))
