"""The weighted mean that most aggregations are made of."""

from __future__ import annotations

import numpy as np

from xinzhi.core.labels import Floats


def average(x: Floats, w: Floats) -> Floats:
    """Weighted mean along the last axis, missing values dropped and the weights of the rest renormalised.

    ``x`` is (..., units, k), ``w`` (..., k); a unit without a value that carries weight has no mean.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.matmul(x, w[..., None])[..., 0] / w.sum(-1)[..., None]
    if not np.isnan(mean).any():  # any missing value would have shown
        return np.asarray(mean)
    seen = ~np.isnan(x)
    total = np.matmul(np.where(seen, x, 0.0), w[..., None])[..., 0]
    weight = np.matmul(seen.astype(float), w[..., None])[..., 0]
    return np.where(weight != 0, total / np.where(weight != 0, weight, 1.0), np.nan)
