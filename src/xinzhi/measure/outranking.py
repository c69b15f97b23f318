"""Units compared two by two: no strength makes up for a weakness, only the count of victories matters."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.measure import _outranking_kernels as kernels

# What a pair is compared on when a value is missing.
Pairs = Literal["shared", "one-sided"]


def outrank_matrix(x: Floats, w: Floats, *, pairs: Pairs = "shared") -> Floats:
    """The share of weight on which the row's unit beats the column's, ties counted half; zeros on the diagonal.

    ``x`` is (..., units, k), ``w`` (..., k) of any positive sum; the result is (..., units, units) and
    complementary: mirrored entries add to one. With ``pairs="shared"`` two units are compared on what both have
    (on nothing: one half each). ``"one-sided"`` is the rule of R's COINr: a missing value counts neither as a win
    nor as a tie for the unit that stands first in the table, and the other receives the complement, so that the
    result depends on the order of the units.
    """
    stack, weights = _stacked(x, w)
    shares: Floats = kernels.outranking(stack, weights, pairs == "shared")
    return shares.reshape(*x.shape[:-1], x.shape[-2])


def net_wins(x: Floats, w: Floats, *, pairs: Pairs = "shared") -> Floats:
    """Duels won less duels lost, per unit: (..., units); missing for a unit without any value."""
    stack, weights = _stacked(x, w)
    wins = np.asarray(kernels.net_wins(stack, weights, pairs == "shared")).reshape(x.shape[:-1])
    return np.where(np.isnan(x).all(-1), np.nan, wins)


def _stacked(x: Floats, w: Floats) -> tuple[Floats, Floats]:
    units, k = x.shape[-2:]
    shares = np.broadcast_to(w / w.sum(-1, keepdims=True), (*x.shape[:-2], k))
    return np.ascontiguousarray(x).reshape(-1, units, k), np.ascontiguousarray(shares).reshape(-1, k)
