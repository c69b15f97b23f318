"""Means and quantiles over the draws in which there is something to see."""

from __future__ import annotations

import numpy as np

from xinzhi.core.labels import Floats


def quantiles(values: Floats, ends: list[float]) -> tuple[Floats, ...]:
    """Quantiles of type 7 over the draws that have a value, (draw, …) to (…) each; missing where none has."""
    flat = np.sort(values.reshape(len(values), -1), axis=0)  # nan goes last
    n = (~np.isnan(flat)).sum(axis=0)
    found = []
    for end in ends:
        at = end * np.maximum(n - 1, 0)
        low = np.floor(at).astype(np.intp)
        high = np.minimum(low + 1, np.maximum(n - 1, 0))
        below, above = (np.take_along_axis(flat, one[None], axis=0)[0] for one in (low, high))
        found.append((below + (above - below) * (at - low)).reshape(values.shape[1:]))
    return tuple(found)


def mean(values: Floats, axis: int = 0) -> Floats:
    """Mean over the observed; missing where nothing was."""
    seen = ~np.isnan(values)
    n = seen.sum(axis=axis)
    total = np.where(seen, values, 0.0).sum(axis=axis)
    return np.asarray(np.divide(total, n, out=np.full(np.shape(total), np.nan), where=n > 0))
