"""Scores of an index under many sets of weights at once: what varying its choices comes down to.

Means of powers are sums: f⁻¹(Σ w f(x)) with f the identity, logarithm, reciprocal or power. A parent made by the
same mean as its child, with nothing missing below, needs no score of the child at all: the weights along the line
multiply, and all draws are one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.core.specs import FaultyValue
from xinzhi.measure.aggregation import aggregations
from xinzhi.measure.cells import Gathered
from xinzhi.measure.climb import aggregate, enough, entering, oriented, within_year
from xinzhi.measure.spec import Aggregate, IndexSpec
from xinzhi.measure.tree import Tree

_POWERS = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0}


def sweep(weights: Floats, normalised: Floats, spec: IndexSpec, raw: Gathered) -> Floats:
    """Scores of the index, (draw, time, region), under each draw's weights.

    ``weights`` are shares within each parent, (draw, 1, node) or, where they change by the year, (draw, time, node);
    ``normalised`` is (time, region, indicator), or (draw, time, region, indicator) where each draw has cells of its
    own, ``nan`` = missing. The same numbers as ``climb.scores_under`` gives
    draw by draw, to rounding. Raises ``MethodError`` where a method refuses the scores of any draw.
    """
    return Sweep.of(weights, normalised, spec, raw).score(len(spec.tree.nodes) - 1)


def _gaps(cells: Floats, tree: Tree) -> npt.NDArray[np.bool_]:
    """Whether anything is missing at or below a node, (node,)."""
    gaps = np.zeros(len(tree.nodes), dtype=bool)
    gaps[: tree.n_indicators] = np.isnan(cells).any(axis=(0, 1, 2))
    for family in tree.families:
        gaps[family.parent] = gaps[family.children].any()
    return gaps


@dataclass(frozen=True)
class Sweep:
    """Weights (draw, 1 or time, node) on their way up over cells (draw or 1, time, region, indicator).

    ``gaps`` (node,) says whether anything is missing at or below a node in any draw.
    """

    weights: Floats
    cells: Floats
    gaps: npt.NDArray[np.bool_]
    spec: IndexSpec
    raw: Gathered

    @classmethod
    def of(cls, weights: Floats, normalised: Floats, spec: IndexSpec, raw: Gathered) -> Sweep:
        """Ready to score, with the cells that enter the score."""
        cells = entering(normalised, spec, raw)
        cells = cells[None] if cells.ndim == 3 else cells
        return cls(weights, cells, _gaps(cells, spec.tree), spec, raw)

    def score(self, parent: int) -> Floats:
        """One element's scores, (draw, time, region)."""
        choice = self.spec.aggregating(int(self.spec.tree.levels[parent]))
        power = _power(choice)
        if power is not None and (choice.least == 0 or not self.gaps[parent]):
            made = self._mean(parent, power)
            if made is not None:
                return made
        return self._any(parent, choice)

    def _mean(self, parent: int, power: float) -> Floats | None:
        """The mean of powers, or nothing where some score is outside of what the power takes."""
        pieces = list(self._pieces(parent, power))
        k = self.spec.tree.n_indicators
        stack = np.stack([w for _, w in pieces], axis=-1)
        stack = stack / stack.sum(axis=-1, keepdims=True)
        own = np.array([at for at, (node, _) in enumerate(pieces) if node < k], dtype=np.intp)
        leaves = _turn(self.cells[..., [pieces[at][0] for at in own]], power)
        others = [
            (stack[..., at, None], _turn(self.child(node), power)) for at, (node, _) in enumerate(pieces) if node >= k
        ]
        if leaves is None or any(x is None for _, x in others):
            return None
        children = [(w, x) for w, x in others if x is not None]
        gaps = np.isnan(leaves).any() or any(np.isnan(x).any() for _, x in children)
        total = self._sum(stack[..., own], np.where(np.isnan(leaves), 0.0, leaves) if gaps else leaves)
        for w, x in children:
            total = total + w * (np.where(np.isnan(x), 0.0, x) if gaps else x)
        if gaps:
            carried = self._sum(stack[..., own], (~np.isnan(leaves)).astype(float))
            for w, x in children:
                carried = carried + np.where(np.isnan(x), 0.0, w)
            total = np.where(carried != 0, total / np.where(carried != 0, carried, 1.0), np.nan)
        return _turn_back(total, power)

    def _pieces(self, parent: int, power: float) -> Iterator[tuple[int, Floats]]:
        """The nodes whose scores a mean is made of, each with its weight (draw, 1 or time)."""
        tree = self.spec.tree
        for child in tree.families[parent - tree.n_indicators].children:
            w = self.weights[..., child]
            if child >= tree.n_indicators and self._melts(int(child), power):
                for node, share in self._pieces(int(child), power):
                    yield node, w * share
            else:
                yield int(child), w

    def _melts(self, node: int, power: float) -> bool:
        tree = self.spec.tree
        same = _power(self.spec.aggregating(int(tree.levels[node]))) == power
        return same and tree.directions[node] > 0 and not self.gaps[node]

    def _sum(self, w: Floats, x: Floats) -> Floats:
        """Σ w x over the last axis: w (draw, 1 or time, k), x (draw or 1, time, region, k) -> (draw, time, region)."""
        own, t, r, k = x.shape
        if own > 1:
            return np.asarray(np.matmul(x, w[..., None])[..., 0])
        if w.shape[1] == 1:
            return np.asarray(w[:, 0] @ x.reshape(t * r, k).T).reshape(-1, t, r)
        return np.asarray(np.matmul(w.transpose(1, 0, 2), x[0].transpose(0, 2, 1)).transpose(1, 0, 2))

    def child(self, node: int) -> Floats:
        """An element's scores as its parent takes them, (draw, time, region)."""
        scores = self.score(node)
        if self.spec.tree.directions[node] > 0:
            return scores
        at = np.array([node])
        # A mirror may stand in the middle of the observed range, which is each draw's own.
        return np.stack([oriented(one[..., None], at, self.spec)[..., 0] for one in scores])

    def _any(self, parent: int, choice: Aggregate) -> Floats:
        """Any method at all, on the children's scores side by side."""
        tree = self.spec.tree
        children = tree.families[parent - tree.n_indicators].children
        _, t, r, _ = self.cells.shape
        n = len(self.weights)
        columns = [
            self.child(int(child)) if child >= tree.n_indicators else np.broadcast_to(self.cells[..., child], (n, t, r))
            for child in children
        ]
        x, w = np.stack(columns, axis=-1), self.weights[..., children]
        if choice.name in aggregations.members and (within_year(choice, t) or w.shape[1] == 1):
            try:
                return self._together(x, w, choice)
            except FaultyValue:
                pass  # said again below by the draw concerned, with the regions and years named
        code = tree.nodes[parent].code
        return np.stack(
            [
                aggregate(one, own[0] if w.shape[1] == 1 else own, choice, code, self.raw)
                for one, own in zip(x, w, strict=True)
            ]
        )

    def _together(self, x: Floats, w: Floats, choice: Aggregate) -> Floats:
        n, t, r, k = x.shape
        if within_year(choice, t):
            layout, own = x, np.broadcast_to(w, (n, t, k))
        else:
            layout, own = x.reshape(n, t * r, k), w[:, 0]
        return enough(np.asarray(choice.function(layout, own, **choice.options)).reshape(n, t, r), x, choice)


def _power(choice: Aggregate) -> float | None:
    """The power whose mean a method is, if it is one."""
    if choice.method == "generalised-mean":
        return float(choice.options["p"])
    return _POWERS.get(choice.name) if isinstance(choice.method, str) else None


def _turn(x: Floats, power: float) -> Floats | None:
    """f(x); nothing where f has no value for some score."""
    if power == 1:
        return x
    if power == 0:
        return None if (x <= 0).any() else np.asarray(np.log(x))
    if power == -1:
        return None if (x == 0).any() else np.asarray(1 / x)
    return None if (x <= 0).any() else np.asarray(x**power)


def _turn_back(y: Floats, power: float) -> Floats:
    if power == 1:
        return y
    if power == 0:
        return np.asarray(np.exp(y))
    if power == -1:
        return np.asarray(1 / np.where(y == 0, np.nan, y))
    return np.asarray(y ** (1 / power))
