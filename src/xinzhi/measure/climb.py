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


def weigh(normalised: Floats, spec: IndexSpec, raw: Gathered) -> Floats:
    """Weights of all nodes without their scores: shares within each parent, (node,) or (time, node)."""
    return _Climb(spec, spec.tree, raw, normalised).weights()


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
        shares = shares_of(tree.given, tree)
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
        x = oriented(self._unshifted(self.scores(shares, upto=children))[:, :, children], children, self.spec)
        siblings = Siblings(parent, tuple(self.tree.codes[i] for i in children), self.tree.given[children], None)
        own = self._call(choice, x, siblings)
        return put(shares, children, own)

    def _flat(self, choice: Weigh) -> Floats:
        tree = self.tree
        leaves = np.arange(tree.n_indicators)
        siblings = Siblings(tree.codes[-1], tree.codes[: tree.n_indicators], tree.given[leaves], None)
        return spread_up(self._call(choice, self.normalised, siblings), tree)

    def _optimise(self, choice: Weigh, level: int, shares: Floats) -> Floats:
        """Weights of a whole level at once, against the index they lead to."""
        nodes = np.flatnonzero((self.tree.levels == level) & (self.tree.parents >= 0))
        x = self._unshifted(self.scores(shares, upto=nodes))

        def outcome(own: Floats) -> Floats:
            tried = shares_of(put(shares, nodes, own), self.tree)
            return self.scores(tried)[:, :, -1].ravel()

        siblings = Siblings("", tuple(self.tree.codes[i] for i in nodes), np.ones(len(nodes)), outcome)
        own = self._call(choice, x[:, :, nodes], siblings)
        return shares_of(put(shares, nodes, own), self.tree)

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
        out[:, :, :k] = entering(self.normalised, self.spec, self.raw)
        last = len(tree.nodes) if upto is None else int(upto.max()) + 1
        for family in tree.families:
            if family.parent >= last:
                break
            x = oriented(out[:, :, family.children], family.children, self.spec)
            choice = self.spec.aggregating(int(tree.levels[family.parent]))
            w = weights[..., family.children]
            out[:, :, family.parent] = aggregate(x, w, choice, tree.nodes[family.parent].code, self.raw)
        return out

    def _unshifted(self, scores: Floats) -> Floats:
        """What weights look at: a zero rule that enters the score must not be applied a second time."""
        scores[:, :, : self.tree.n_indicators] = self.normalised
        return scores


def entering(normalised: Floats, spec: IndexSpec, raw: Gathered) -> Floats:
    """The data that is scored: as normalised, unless the zero rule of the weights is to enter the score too."""
    choice = spec.weighing(1)
    if not choice.options.get("in_score"):
        return normalised
    layout, _ = frames(normalised, choice.scope, raw)
    return scored(layout, **choice.options).reshape(normalised.shape)


def oriented(x: Floats, children: npt.NDArray[np.intp], spec: IndexSpec) -> Floats:
    """The scores of children, (..., k), with elements that count against their parent mirrored.

    Indicators were turned when they were normalised.
    """
    tree = spec.tree
    against = (tree.directions[children] < 0) & (children >= tree.n_indicators)
    if not against.any():
        return x
    return np.where(against, mirror(spec.normalise.name, spec.normalise.options, x), x)


def aggregate(x: Floats, w: Floats, choice: Aggregate, node: str, raw: Gathered) -> Floats:
    """One parent's scores (time, region) from its children's (time, region, k) and weights (k,) or (time, k)."""
    t, r, k = x.shape
    by_year = within_year(choice, t)
    if w.ndim > 1 and not by_year:
        raise MethodError(_two_clocks(choice.name, node))
    layout = x if by_year else x.reshape(t * r, k)
    with telling(f"aggregate: {choice.name} of '{node}'", f"合成“{node}”：{choice.name}", raw):
        score = np.asarray(choice.function(layout, w, **choice.options)).reshape(t, r)
    return enough(score, x, choice)


def within_year(choice: Aggregate, times: int) -> bool:
    """Whether a parent's scores can be made each year alone: they do not look across years, or are not to."""
    return choice.scope == "year" or times == 1 or choice.name in PER_UNIT


def enough(score: Floats, x: Floats, choice: Aggregate) -> Floats:
    """The scores of units with enough of their direct children present, the others missing."""
    if choice.least > 0:
        present = (~np.isnan(x)).mean(axis=-1)
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


def shares_of(masses: Floats, tree: Tree) -> Floats:
    """Scale the masses of siblings so that they sum to one under each parent; the top has all."""
    out = np.array(masses, dtype=float)
    for family in tree.families:
        own = out[..., family.children]
        out[..., family.children] = own / own.sum(axis=-1, keepdims=True)
    out[..., -1] = 1.0
    return out


def spread_up(own: Floats, tree: Tree) -> Floats:
    """Shares within each parent, (…, node), under which the indicators have the weights ``own`` (…, indicator)."""
    masses = np.zeros((*own.shape[:-1], len(tree.nodes)))
    for at in range(tree.n_indicators):
        for node in tree.line(at):
            masses[..., node] += own[..., at]
    return shares_of(masses, tree)


def put(shares: Floats, at: npt.NDArray[np.intp], own: Floats) -> Floats:
    """``shares`` with those of some nodes replaced, taking on a time axis where the new ones have it."""
    shape = np.broadcast_shapes(shares.shape[:-1], own.shape[:-1])
    out = np.broadcast_to(shares, (*shape, shares.shape[-1])).copy()
    out[..., at] = own
    return out


def bearer(weights: Floats, tree: Tree, at: int, top: int) -> int:
    """The node that goes when ``at`` is left out: itself, or the highest parent that has no weight but through it.

    Raises ``MethodError`` where ``top`` would have nothing left.
    """
    while True:
        siblings = np.flatnonzero(tree.parents == tree.parents[at])
        rest = weights[..., siblings].sum(axis=-1) - weights[..., at]
        if (rest > 1e-12).any():
            return at
        parent = int(tree.parents[at])
        if parent == top:
            raise MethodError(_nothing_left(tree.codes[at], tree.codes[top]))
        at = parent


def _nothing_left(code: str, top: str) -> Fault:
    return Fault(
        "nothing-left",
        f"'{code}' carries all of '{top}': nothing is left without it.",
        f"“{code}”承担了“{top}”的全部权重，剔除后无可合成。",
    )
