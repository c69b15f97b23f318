"""Where a score comes from: exact additive shares of the nodes below it, of a level, a change or a gap.

The means that can be taken apart are the quasi-arithmetic ones, M = f⁻¹(Σ w f(x)) with f(x) = xᵖ (ln x for p = 0):
arithmetic p = 1, geometric p = 0, harmonic p = -1. Between two states,

    ΔM = (ΔM / Δf(M)) · Σ [ w̄ Δf(x) + (f̄(x) - f̄(M)) Δw ]

with a bar for the mean of both states. This holds exactly, leaves no residual, and is the logarithmic mean Divisia
index (Ang 2005, Energy Policy 33, "The LMDI approach to decomposition analysis") for p = 0. Secant slopes chain it
from the top of the tree to the indicators, so the shares of every level add up to the same total.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import TIME, Floats
from xinzhi.measure.analysis.layers import names, node_at, place, region_at, year_at
from xinzhi.measure.normalisation import mirror
from xinzhi.measure.result import Index
from xinzhi.measure.spec import Aggregate

# Below this relative distance a secant slope loses more digits than the tangent at the middle.
_CLOSE = 1e-7


def contributions(
    index: Index, *, region: str | None = None, time: int | None = None, node: str | None = None
) -> pd.DataFrame:
    """What every node below ``node`` (the index, unless named) adds to its score, per region and year.

    The nodes of one parent add up to its own contribution, so each level adds up to the score. Taken apart is the
    way from a region that scores zero throughout, which only exists for arithmetic means and positive powers.
    ``share`` is of the score. A missing node adds nothing; its weight has gone to its siblings.
    Raises ``MethodError`` for other means (use ``contributions_to_change`` or ``contributions_to_gap``), for
    aggregations that are not means, and where an element counts against its parent.
    """
    years = range(len(index.times)) if time is None else [year_at(index, time)]
    regions = range(len(index.regions)) if region is None else [region_at(index, region)]
    t, r = (of.ravel() for of in np.meshgrid(np.array(years), np.array(regions), indexing="ij"))
    top = node_at(index.tree, node)
    _refuse_no_origin(index, top)
    here = _states(index, t, r)
    nothing = np.where(np.isnan(here.scores), np.nan, 0.0)
    parts = _taken_apart(index, here, _State(nothing, nothing, here.weights), top)
    return _table(index, parts, top, r, {TIME: index.times[t]}, {"score": here.scores})


def contributions_to_change(
    index: Index,
    start: int | None = None,
    end: int | None = None,
    *,
    region: str | None = None,
    node: str | None = None,
) -> pd.DataFrame:
    """What every node below ``node`` adds to the change of its score between two years, per region.

    ``start`` and ``end`` are the first and the last year unless named. ``contribution`` is through the node's own
    score; ``reweighting`` is through its share within its parent, where weights differ between the years or a
    sibling is missing in one of them. Both summed over the nodes of one parent give its own ``contribution``.
    """
    first, last = (0 if start is None else year_at(index, start)), year_at(index, end)
    regions = np.arange(len(index.regions)) if region is None else np.array([region_at(index, region)])
    top = node_at(index.tree, node)
    before = _states(index, np.full_like(regions, first), regions)
    after = _states(index, np.full_like(regions, last), regions)
    parts = _taken_apart(index, after, before, top)
    years = {"start": np.full(len(regions), index.times[first]), "end": np.full(len(regions), index.times[last])}
    return _table(index, parts, top, regions, years, {"score_start": before.scores, "score_end": after.scores})


def contributions_to_gap(
    index: Index, region: str, reference: str, *, time: int | None = None, node: str | None = None
) -> pd.DataFrame:
    """What every node below ``node`` adds to the lead of a region over another in one year (the last, unless named).

    Columns as in ``contributions_to_change``; ``reweighting`` arises where a node is missing in one of the regions.
    """
    year, here, there = year_at(index, time), region_at(index, region), region_at(index, reference)
    top = node_at(index.tree, node)
    own, other = (_states(index, np.array([year]), np.array([at])) for at in (here, there))
    parts = _taken_apart(index, own, other, top)
    about = {"reference": np.array([index.regions[there]]), TIME: np.array([index.times[year]])}
    return _table(index, parts, top, np.array([here]), about, {"score": own.scores, "score_reference": other.scores})


@dataclass(frozen=True)
class _State:
    """Scores of all nodes, the same as their parents see them, and shares; (cells, node)."""

    scores: Floats
    turned: Floats
    weights: Floats


@dataclass(frozen=True)
class _Parts:
    """What each node adds, through its score and through its share; (cells, node)."""

    score: Floats
    share: Floats


def _states(index: Index, t: npt.NDArray[np.intp], r: npt.NDArray[np.intp]) -> _State:
    scores, weights = index.stages.scores[t, r], index.stages.weights
    shares = np.broadcast_to(weights, scores.shape) if weights.ndim == 1 else weights[t]
    return _State(scores, _turned(index)[t, r], shares)


def _turned(index: Index) -> Floats:
    """Scores with the elements that count against their parent mirrored; indicators were turned when normalised."""
    tree, choice = index.tree, index.spec.normalise
    against = np.flatnonzero((tree.directions < 0) & (np.arange(len(tree.nodes)) >= tree.n_indicators))
    if not against.size:
        return index.stages.scores
    out = index.stages.scores.copy()
    out[:, :, against] = mirror(choice.name, choice.options, out[:, :, against])
    return out


def _taken_apart(index: Index, after: _State, before: _State, top: int) -> _Parts:
    """Chain the secant slopes down from ``top``; see the module's formula."""
    tree = index.tree
    chain, score, share = np.zeros((3, *after.scores.shape))
    chain[:, top] = 1.0
    score[:, top] = after.scores[:, top] - before.scores[:, top]
    for family in reversed(tree.families):
        if top not in tree.line(family.parent):
            continue
        parent, kids = family.parent, family.children
        p = _power(index.spec.aggregating(int(tree.levels[parent])), tree.codes[parent])
        # Every mirror is a constant less the score, so it only turns the sign of what is passed on.
        turn = np.where((tree.directions[kids] < 0) & (kids >= tree.n_indicators), -1.0, 1.0)
        x1, x0 = after.turned[:, kids], before.turned[:, kids]
        m1, m0 = after.scores[:, [parent]], before.scores[:, [parent]]
        w1, w0 = _present(after.weights[:, kids], x1), _present(before.weights[:, kids], x0)
        with np.errstate(invalid="ignore", divide="ignore"):
            outer = chain[:, [parent]] / _slope(m1, m0, p)
            link = outer * (w1 + w0) / 2 * _slope(x1, x0, p)
            f1, f0 = _f(x1, p), _f(x0, p)
            f1, f0 = np.where(np.isnan(f1), f0, f1), np.where(np.isnan(f0), f1, f0)
            apart = (f1 + f0) / 2 - (_f(m1, p) + _f(m0, p)) / 2
            chain[:, kids] = np.where(np.isfinite(link), link * turn, 0.0)
            score[:, kids] = np.where(np.isfinite(link), link * (x1 - x0), 0.0)
            shifted = outer * apart * (w1 - w0)
            # A family that is missing in both states has no shares and adds nothing.
            share[:, kids] = np.where((w1 == w0) | np.isnan(shifted), 0.0, shifted)
    lost = np.isnan(score[:, top])
    score[lost], share[lost] = np.nan, np.nan
    return _Parts(score, share)


def _power(choice: Aggregate, code: str) -> float:
    powers = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0}
    if choice.name in powers:
        return powers[choice.name]
    if choice.name == "generalised-mean":
        return float(choice.options["p"])
    raise MethodError(
        Fault(
            "no-exact-contributions",
            f"'{code}' is made by '{choice.name}', which has no exact additive shares. Use `leave_one_out` to see what "
            "each element does to scores and ranks, or aggregate by a mean.",
            f"“{code}”由“{choice.name}”合成，无法精确分解为可加的贡献。请用逐一剔除（leave_one_out）查看各元素的影响，或改用均值合成。",
        )
    )


def _refuse_no_origin(index: Index, top: int) -> None:
    tree = index.tree
    for family in tree.families:
        code = tree.codes[family.parent]
        if (
            top in tree.line(family.parent)
            and _power(index.spec.aggregating(int(tree.levels[family.parent])), code) <= 0
        ):
            raise MethodError(
                Fault(
                    "no-zero-score",
                    f"'{code}' is a mean that no score of zero can enter, so its level has no shares. Split a "
                    "change between two years or a gap between two regions instead.",
                    f"“{code}”所用均值不允许得分为零，因此无法分解其水平值。请改为分解两年间的变化或两地区间的差距。",
                )
            )
    below = [at for at in range(tree.n_indicators, len(tree.nodes)) if at != top and top in tree.line(at)]
    against = [tree.codes[at] for at in below if tree.directions[at] < 0]
    if against:
        raise MethodError(
            Fault(
                "counts-against",
                f"{', '.join(against)} counts against its parent, so a score of zero below is none above. Split "
                "a change between two years or a gap between two regions instead.",
                f"{'、'.join(against)} 对上级为负向，其零分不对应上级零分，无法分解水平值。"
                "请改为分解两年间的变化或两地区间的差距。",
            )
        )


def _present(weights: Floats, x: Floats) -> Floats:
    """Shares among the children that are there."""
    there = np.where(np.isnan(x), 0.0, weights)
    with np.errstate(invalid="ignore"):
        shares: Floats = there / there.sum(axis=1, keepdims=True)
    return shares


def _f(x: Floats, p: float) -> Floats:
    return np.log(x) if p == 0 else x**p


def _slope(x1: Floats, x0: Floats, p: float) -> Floats:
    """Slope of f between two values, of its tangent where they (nearly) coincide."""
    if p == 1:
        return np.where(np.isnan(x1 + x0), np.nan, 1.0)
    middle = (x1 + x0) / 2
    tangent = 1 / middle if p == 0 else p * middle ** (p - 1)
    close = np.abs(x1 - x0) <= _CLOSE * np.maximum(np.abs(x1), np.abs(x0))
    return np.where(close, tangent, (_f(x1, p) - _f(x0, p)) / np.where(close, 1.0, x1 - x0))


def _table(
    index: Index,
    parts: _Parts,
    top: int,
    regions: npt.NDArray[np.intp],
    about: dict[str, np.ndarray],
    values: dict[str, Floats],
) -> pd.DataFrame:
    tree = index.tree
    shown = [at for at in reversed(range(len(tree.nodes))) if top in tree.line(at)]
    codes = [tree.codes[at] for at in shown]
    cells = pd.DataFrame([place(index, at) for at in regions]).assign(**about)
    cells = cells.loc[cells.index.repeat(len(shown))].reset_index(drop=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = parts.score / parts.score[:, [top]]
    nodes = {
        "node": codes,
        **names(tree, codes),
        "level": tree.levels[shown],
        "parent": [tree.nodes[at].parent or "" for at in shown],
    }
    repeated = {name: np.tile(np.array(of, dtype=object), len(regions)) for name, of in nodes.items()}
    numbers = values | {"contribution": parts.score, "reweighting": parts.share, "share": share}
    return cells.assign(**repeated, **{name: of[:, shown].ravel() for name, of in numbers.items()}).astype(
        {"level": int}
    )
