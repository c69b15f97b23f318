"""What if: two or more versions of an index side by side, and an index with one element left out at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.measure.aggregation import DEAF_TO_WEIGHTS
from xinzhi.measure.analysis.layers import names, node_at, place
from xinzhi.measure.analysis.profiles import ranks
from xinzhi.measure.cells import Gathered
from xinzhi.measure.climb import bearer, scores_under
from xinzhi.measure.result import Index
from xinzhi.measure.tree import Tree


def compare(a: Index, b: Index, *, node: str | None = None) -> pd.DataFrame:
    """Two versions of an index, region by region: scores, ranks and what changed from ``b`` to ``a``.

    Only region-years that both versions score are compared, and ranks are among them, so that no rank moves merely
    because one version measures more regions. A negative ``rank_difference`` means that ``a`` puts the region higher.
    """
    table = _side_by_side({"a": a, "b": b}, node)
    for what in ("score", "rank"):
        table[f"{what}_difference"] = table[f"{what}_a"] - table[f"{what}_b"]
    return table


def compare_versions(versions: Mapping[str, Index], *, node: str | None = None) -> pd.DataFrame:
    """Several versions of an index side by side, sorted by the rank in the first: ``score_…`` and ``rank_…`` of each.

    Region-years and ranks as in ``compare``; ``rank_span`` is how far apart a region's best and worst rank lie.
    """
    table = _side_by_side(versions, node)
    columns = [f"rank_{name}" for name in versions]
    table["rank_span"] = table[columns].max(axis=1) - table[columns].min(axis=1)
    return table.sort_values([TIME, columns[0]], kind="stable", ignore_index=True)


def leave_one_out(index: Index, level: int = 1, *, node: str | None = None) -> LeftOut:
    """Leave out one node of a level at a time and score the rest again.

    Its weight becomes zero and its siblings share what it had; the weights they had among themselves stay, also where
    a method found them, and so does every step before aggregation, which knows no weights. Leaving out an only child
    leaves out its parent. ``node`` is the score looked at, the index unless named.
    Raises ``MethodError`` for the top level, where nothing would be left, and where a parent is made by a method in
    which a weight of zero does not leave a child out.
    """
    tree, top = index.tree, node_at(index.tree, node)
    nodes = [int(at) for at in np.flatnonzero(tree.levels == level) if top in tree.line(int(at)) and at != top]
    if not nodes:
        raise MethodError(
            Fault(
                "nothing-to-leave-out",
                f"'{tree.codes[top]}' has nothing below it at level {level}.",
                f"“{tree.codes[top]}”在第 {level} 层没有可剔除的下级。",
            )
        )
    _refuse_deaf(index, nodes)
    raw = _as_gathered(index)
    scores = [
        scores_under(_without(index.stages.weights, tree, at, top), index.stages.normalised, index.spec, raw)[:, :, top]
        for at in nodes
    ]
    codes = np.array([tree.codes[at] for at in nodes], dtype=object)
    coords = {REGION: index.regions, TIME: index.times, "left_out": codes}
    cells = xr.DataArray(np.stack(scores, axis=-1).transpose(1, 0, 2), dims=(REGION, TIME, "left_out"), coords=coords)
    nominal = xr.DataArray(
        index.stages.scores[:, :, top].T, dims=(REGION, TIME), coords={REGION: index.regions, TIME: index.times}
    )
    return LeftOut(tree, nominal.rename("score"), cells.rename("score"))


@dataclass(frozen=True)
class LeftOut:
    """An index with all its elements and with each one left out: ``nominal`` region × time, ``scores`` × left_out."""

    tree: Tree
    nominal: xr.DataArray
    scores: xr.DataArray

    def ranks(self) -> xr.DataArray:
        """Ranks with each element left out, among the regions of a year; 1 is best, ties share the best rank."""
        return self.scores.copy(data=ranks(self.scores.values)).rename("rank")

    def rank_changes(self) -> xr.DataArray:
        """Rank with everything minus rank without the element: positive where the region gains by its absence."""
        return (self.nominal.copy(data=ranks(self.nominal.values)) - self.ranks()).rename("rank_change")

    def to_frame(self) -> pd.DataFrame:
        """One row per element left out: mean and largest absolute change of rank, and the region it moves most."""
        changes = self.rank_changes()
        moved = abs(changes)
        codes = [str(code) for code in changes["left_out"].values]
        most = moved.fillna(-1).max(TIME).argmax(REGION)
        return pd.DataFrame(
            {"left_out": codes}
            | names(self.tree, codes)
            | {
                "mean_rank_change": moved.mean((REGION, TIME)).values,
                "largest_rank_change": moved.max((REGION, TIME)).values,
                "region_moved_most": changes[REGION].values[most.values],
            }
        )


def _side_by_side(versions: Mapping[str, Index], node: str | None) -> pd.DataFrame:
    tables = [_scores(name, index, node) for name, index in versions.items()]
    about = pd.concat([_about(index) for index in versions.values()]).drop_duplicates(REGION)
    table = reduce(lambda left, right: left.merge(right, on=[REGION, TIME]), tables)
    if table.empty:
        raise MethodError(
            Fault(
                "nothing-in-common",
                "the versions have no region and year in common.",
                "各版本之间没有共同的地区和年份。",
            )
        )
    for name in versions:
        by_year = table.groupby(TIME)[f"score_{name}"]
        table[f"rank_{name}"] = by_year.rank(method="min", ascending=False)
    return about.merge(table, on=REGION, how="right")


def _scores(name: str, index: Index, node: str | None) -> pd.DataFrame:
    scores = index.stages.scores[:, :, node_at(index.tree, node)].T
    rows = pd.MultiIndex.from_product([index.regions, index.times], names=[REGION, TIME])
    return pd.Series(scores.ravel(), rows, name=f"score_{name}").dropna().reset_index()


def _about(index: Index) -> pd.DataFrame:
    return pd.DataFrame([place(index, at) for at in range(len(index.regions))])


def _as_gathered(index: Index) -> Gathered:
    """The index's cells as the aggregation step wants them; it reads no denominator."""
    stages, nothing = index.stages, np.array([], dtype=np.intp)
    return Gathered(
        stages.raw, None, nothing, stages.origin, index.regions, index.times, index.about_region, index.units
    )


def _refuse_deaf(index: Index, nodes: list[int]) -> None:
    tree = index.tree
    makers = {int(tree.parents[at]): index.spec.aggregating(int(tree.levels[tree.parents[at]])).name for at in nodes}
    faults = [
        Fault(
            "weights-not-used",
            f"'{tree.codes[at]}' is made by '{name}', in which a child without weight still counts. Measure the index "
            "without that child and use `compare`.",
            f"“{tree.codes[at]}”由“{name}”合成，权重为零的下级仍参与计算。请去掉该下级重新测算后用 compare 比较。",
        )
        for at, name in makers.items()
        if name in DEAF_TO_WEIGHTS
    ]
    if faults:
        raise MethodError(faults)


def _without(weights: Floats, tree: Tree, at: int, top: int) -> Floats:
    at = bearer(weights, tree, at, top)
    siblings = np.flatnonzero(tree.parents == tree.parents[at])
    out = weights.copy()
    out[..., at] = 0.0
    out[..., siblings] /= out[..., siblings].sum(axis=-1, keepdims=True)
    return out
