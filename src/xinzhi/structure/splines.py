"""Curves and surfaces as columns of a regression: B-splines of every feature, and products of them for pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from xinzhi.core.labels import Floats
from xinzhi.structure._ridge_kernels import spline_rows
from xinzhi.structure.crossed import Csr

DEGREE = 2  # which the kernel takes for granted
KNOTS = 5
# Beyond so many standard deviations a feature counts as being there: a curve must not be drawn through a few.
CLIP = 4.0
SIZE = KNOTS + DEGREE - 1

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Splines:
    """B-splines of degree 2 on equally spaced knots over the range of every feature, once it is standardised.

    ``low`` and ``high`` bound the standardised feature, which stays at its end outside; ``pairs`` are positions of
    features whose splines are multiplied into a surface. A feature that is not known (``nan``) adds nothing, and its
    splines add up to one where it is, so that being known has an effect of its own. De Boor 1978; Eilers, Marx 1996,
    Statistical Science 11: 89.
    """

    middle: Floats
    spread: Floats
    low: Floats
    high: Floats
    pairs: Pairs

    @classmethod
    def over(cls, features: Floats, pairs: Sequence[tuple[int, int]] = ()) -> Splines:
        """Splines for features (cells, features); one that never varies is taken at its middle everywhere."""
        known = ~np.isnan(features)
        count = np.maximum(known.sum(axis=0), 1)
        filled = np.where(known, features, 0.0)
        middle = filled.sum(axis=0) / count
        spread = np.sqrt((np.where(known, features - middle, 0.0) ** 2).sum(axis=0) / count)
        spread = np.where(spread > 1e-9 * (1 + np.abs(middle)), spread, np.inf)
        scaled = np.clip((np.where(known, features, middle) - middle) / spread, -CLIP, CLIP)
        low, high = (scaled.min(axis=0), scaled.max(axis=0)) if len(scaled) else (0 * middle, 0 * middle)
        return cls(middle, spread, low, np.where(high > low, high, low + 1.0), tuple(pairs))

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.middle) * SIZE + len(self.pairs) * SIZE**2

    def columns(self, features: Floats) -> Csr:
        """The columns of a regression (cells, width) for features (cells, features), sparse."""
        scaled = (features - self.middle) / self.spread
        step = (self.high - self.low) / (KNOTS - 1)
        pairs = np.array(self.pairs, dtype=np.int32).reshape(-1, 2)
        data, index = spline_rows(scaled, self.low, step, KNOTS - 1, pairs)
        ends = np.arange(len(scaled) + 1, dtype=np.int32 if data.size < 2**31 else np.int64) * data.shape[1]
        return sparse.csr_array((data.ravel(), index.ravel(), ends), shape=(len(scaled), self.width))
