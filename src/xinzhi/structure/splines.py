"""Curves and surfaces as columns of a regression: B-splines of every feature, and products of them for pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.interpolate import BSpline

from xinzhi.core.labels import Floats
from xinzhi.structure.crossed import Csr

DEGREE = 2
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
        cells, many = features.shape
        values, places = np.empty((cells, many, DEGREE + 1)), np.empty((cells, many, DEGREE + 1), dtype=np.int32)
        for feature in range(many):
            values[:, feature], places[:, feature] = self._basis(features[:, feature], feature)
        data = [values.reshape(cells, -1)]
        index = [(places + SIZE * np.arange(many, dtype=np.int32)[None, :, None]).reshape(cells, -1)]
        for at, (one, other) in enumerate(self.pairs):
            start = many * SIZE + at * SIZE**2
            data.append((values[:, one, :, None] * values[:, other, None, :]).reshape(cells, -1))
            index.append((start + places[:, one, :, None] * SIZE + places[:, other, None, :]).reshape(cells, -1))
        flat = np.concatenate(index, axis=1)
        ends = np.arange(cells + 1, dtype=np.int64) * flat.shape[1]
        return sparse.csr_array((np.concatenate(data, axis=1).ravel(), flat.ravel(), ends), shape=(cells, self.width))

    def _basis(self, feature: Floats, at: int) -> tuple[Floats, npt.NDArray[np.int32]]:
        """The splines that are not zero at every cell, (cells, degree + 1), and which these are."""
        low, high = self.low[at], self.high[at]
        known = ~np.isnan(feature)
        scaled = (np.where(known, feature, self.middle[at]) - self.middle[at]) / self.spread[at]
        step = (high - low) / (KNOTS - 1)
        knots = low + step * np.arange(-DEGREE, KNOTS + DEGREE)
        inside = np.clip(scaled, low, knots[KNOTS + DEGREE - 1])
        made = BSpline.design_matrix(inside, knots, DEGREE)
        values = made.data.reshape(-1, DEGREE + 1) * known[:, None]
        return values, made.indices.reshape(-1, DEGREE + 1).astype(np.int32)
