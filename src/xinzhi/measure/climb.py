"""From normalised indicators to the top of the tree: weights and aggregation, level by level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.measure.aggregation import PER_UNIT
from xinzhi.measure.cells import Gathered, frames, telling
from xinzhi.measure.normalisation import mirror
from xinzhi.measure.spec import Aggregate, IndexSpec, Weigh
from xinzhi.measure.tree import Tree
from xinzhi.measure.weighting import Siblings, scored

# These look at the index their weights lead to, so they come after all others, a whole level at a time.
OPTIMISED = frozenset({"correlation-optimised", "effective-weight-optimised"})


def climb(normalised: Floats, spec: IndexSpec, raw: Gathered) -> tuple[Floats, Floats]:
    """Weigh and aggregate from the indicators to the top; returns (weights, scores) over all nodes."""
    way = _Climb(spec, spec.tree, raw, normalised)
    weights = way.weights()
    return weights, way.scores(weights)


def scores_under(weights: Floats, normalised: Floats, spec: IndexSpec, raw: Gathered) -> Floats:
    """Scores of all nodes under settled weights: shares within each parent, (node,) or (time, node)."""
    return _Climb(spec, spec.tree, raw, normalised).scores(weights)


@dataclass(frozen=True)
class _Climb:
    spec: IndexSpec
    tree: Tree
    raw: Gathered
    normalised: Floats

    def weights(self) -> Floats:
        tree = self.tree
        shares = _shares(tree.given, tree)
        flat = next((choice for choice in self.spec.weigh if choice.flat), None)
        if flat is not None:
            return self._flat(flat)
        choices = {level: self.spec.weighing(level) for level in range(1, tree.height)}
        if all(choice.method == "given" for choice in choices.values()):
            return shares
        late = []
        for family in tree.families:
            level = int(tree.levels[family.parent]) - 1
            choice = choices[level]
            if choice.name in OPTIMISED:
                late.append(level)
            elif choice.method != "given":
                shares = self._weigh(choice, family.children, tree.nodes[family.parent].code, shares)
        for level in sorted(set(late)):
            shares = self._optimise(choices[level], level, shares)
        return shares

    def _weigh(self, choice: Weigh, children: npt.NDArray[np.intp], parent: str, shares: Floats) -> Floats:
        x = self._oriented(self._unshifted(self.scores(shares, upto=children))[:, :, children], children)
        siblings = Siblings(parent, tuple(self.tree.codes[i] for i in children), self.tree.given[children], None)
        own = self._call(choice, x, siblings)
        return _put(shares, children, own)

    def _flat(self, choice: Weigh) -> Floats:
        tree = self.tree
        leaves = np.arange(tree.n_indicators)
        siblings = Siblings(tree.codes[-1], tree.codes[: tree.n_indicators], tree.given[leaves], None)
        own = self._call(choice, self.normalised, siblings)
        masses = np.zeros((*own.shape[:-1], len(tree.nodes)))
        for at in range(tree.n_indicators):
            for node in tree.line(at):
                masses[..., node] += own[..., at]
        return _shares(masses, tree)

    def _optimise(self, choice: Weigh, level: int, shares: Floats) -> Floats:
        """Weights of a whole level at once, against the index they lead to."""
        nodes = np.flatnonzero((self.tree.levels == level) & (self.tree.parents >= 0))
        x = self._unshifted(self.scores(shares, upto=nodes))

        def outcome(own: Floats) -> Floats:
            tried = _shares(_put(shares, nodes, own), self.tree)
            return self.scores(tried)[:, :, -1].ravel()

        siblings = Siblings("", tuple(self.tree.codes[i] for i in nodes), np.ones(len(nodes)), outcome)
        own = self._call(choice, x[:, :, nodes], siblings)
        return _shares(_put(shares, nodes, own), self.tree)

    def _call(self, choice: Weigh, x: Floats, siblings: Siblings) -> Floats:
        _, frame = frames(x, choice.scope, self.raw)
        en, zh = (f" under '{siblings.parent}'", f"（“{siblings.parent}”之下）") if siblings.parent else ("", "")
        with telling(f"weigh: {choice.name}{en}", f"赋权：{choice.name}{zh}", self.raw):
            return np.asarray(choice.function(frame, siblings, **choice.options))

    def scores(self, weights: Floats, upto: npt.NDArray[np.intp] | None = None) -> Floats:
        """Scores of all nodes under the given weights; with ``upto``, only as far as those nodes need."""
        tree = self.tree
        t, r, k = self.normalised.shape
        out = np.full((t, r, len(tree.nodes)), np.nan)
        out[:, :, :k] = self._scored()
        last = len(tree.nodes) if upto is None else int(upto.max()) + 1
        for family in tree.families:
            if family.parent >= last:
                break
            x = self._oriented(out[:, :, family.children], family.children)
            choice = self.spec.aggregating(int(tree.levels[family.parent]))
            out[:, :, family.parent] = self._aggregate(x, weights[..., family.children], choice, family.parent)
        return out

    def _unshifted(self, scores: Floats) -> Floats:
        """What weights look at: a zero rule that enters the score must not be applied a second time."""
        scores[:, :, : self.tree.n_indicators] = self.normalised
        return scores

    def _scored(self) -> Floats:
        """The data that is scored: as normalised, unless the zero rule of the weights is to enter the score too."""
        choice = self.spec.weighing(1)
        if not choice.options.get("in_score"):
            return self.normalised
        layout, _ = frames(self.normalised, choice.scope, self.raw)
        return scored(layout, **choice.options).reshape(self.normalised.shape)

    def _oriented(self, x: Floats, children: npt.NDArray[np.intp]) -> Floats:
        # Indicators were turned when they were normalised; an element that counts against its parent is mirrored here.
        against = (self.tree.directions[children] < 0) & (children >= self.tree.n_indicators)
        if not against.any():
            return x
        choice = self.spec.normalise
        return np.where(against, mirror(choice.name, choice.options, x), x)

    def _aggregate(self, x: Floats, w: Floats, choice: Aggregate, parent: int) -> Floats:
        t, r, k = x.shape
        node = self.tree.nodes[parent].code
        by_year = choice.scope == "year" or t == 1 or choice.name in PER_UNIT
        if w.ndim > 1 and not by_year:
            raise MethodError(_two_clocks(choice.name, node))
        layout = x if by_year else x.reshape(t * r, k)
        with telling(f"aggregate: {choice.name} of '{node}'", f"合成“{node}”：{choice.name}", self.raw):
            score = np.asarray(choice.function(layout, w, **choice.options)).reshape(t, r)
        if choice.least > 0:
            present = (~np.isnan(x)).mean(axis=2)
            # Strictly below the limit is missing; the guard keeps 2/3 of 3 children from failing by rounding.
            score = np.where(present < choice.least - 1e-12, np.nan, score)
        return score


def _two_clocks(method: str, node: str) -> Fault:
    return Fault(
        "weights-change-within-frame",
        f"'{node}': the weights change by the year, but '{method}' compares all years together. "
        'Set scope = "year" for the aggregation too, or pool the weights.',
        f"“{node}”：权重逐年变化，而“{method}”将各年合在一起比较。"
        '请将合成也设为 scope = "year"，或改用各年合并的权重。',
    )


def _shares(masses: Floats, tree: Tree) -> Floats:
    """Scale the masses of siblings so that they sum to one under each parent; the top has all."""
    out = np.array(masses, dtype=float)
    for family in tree.families:
        own = out[..., family.children]
        out[..., family.children] = own / own.sum(axis=-1, keepdims=True)
    out[..., -1] = 1.0
    return out


def _put(shares: Floats, at: npt.NDArray[np.intp], own: Floats) -> Floats:
    """``shares`` with those of some nodes replaced, taking on a time axis where the new ones have it."""
    shape = np.broadcast_shapes(shares.shape[:-1], own.shape[:-1])
    out = np.broadcast_to(shares, (*shape, shares.shape[-1])).copy()
    out[..., at] = own
    return out
