"""Who stands where: the table of results, and the profile of one region."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import INDICATOR, TIME, Floats
from xinzhi.measure.analysis.layers import Stage, names, node_at, place, region_at, year_at
from xinzhi.measure.result import Index


def results(
    index: Index,
    *,
    show: Literal["scores", "ranks", "group_ranks"] = "scores",
    group: str | None = None,
    order_by: str | None = None,
    indicators: bool = True,
    time: int | None = None,
) -> pd.DataFrame:
    """The table of an index: one row per region and year, best first; the index, its elements and its indicators.

    Scores come with the ``rank`` of the ordering node (the index unless ``order_by`` names another). Ranks are among
    the regions of a year, or of a year and a ``group`` (a region coordinate, such as a zone); 1 is best, ties share
    the best rank, missing stays missing. Rows are sorted by year, then group where ranks are within groups, then rank.
    """
    tree = index.tree
    groups = _groups(index, group)
    if show == "group_ranks" and group is None:
        raise MethodError(
            Fault(
                "no-group",
                "ranks within groups need `group`, a region coordinate.",
                "组内排名需要给出 group（地区分组）。",
            )
        )
    years = range(len(index.times)) if time is None else [year_at(index, time)]
    order = node_at(tree, order_by)
    shown = [*reversed(range(tree.n_indicators, len(tree.nodes))), *(range(tree.n_indicators) if indicators else ())]
    codes = [tree.codes[at] for at in shown]
    frames = []
    for year in years:
        scores = index.stages.scores[year]
        table = pd.DataFrame([place(index, at) for at in range(len(index.regions))])
        table[TIME] = index.times[year]
        if groups is not None:
            table[group] = groups
        overall = ranks(scores[:, order])
        if show == "scores":
            cells = scores[:, shown]
            table["rank"] = overall
        else:
            cells = ranks(scores[:, shown], groups if show == "group_ranks" else None)
        table = pd.concat([table, pd.DataFrame(cells, columns=codes)], axis=1)
        table = table.iloc[np.argsort(overall, kind="stable")]
        frames.append(table.sort_values(group, kind="stable") if group and show == "group_ranks" else table)
    return pd.concat(frames, ignore_index=True)


def ranks(scores: Floats, groups: np.ndarray | None = None) -> Floats:
    """Ranks down the rows of (regions, …), within groups where they are given: 1 is best, ties share the best."""
    if groups is None:
        return np.asarray(rankdata(-scores, method="min", axis=0, nan_policy="omit"), dtype=float)
    out = np.full(scores.shape, np.nan)
    for group in pd.unique(groups):
        own = groups == group
        out[own] = rankdata(-scores[own], method="min", axis=0, nan_policy="omit")
    return out


def unit_summary(index: Index, region: str, *, time: int | None = None, indicators: bool = False) -> pd.DataFrame:
    """One region's scores and ranks in a year (the last, unless named), from the index down to its elements."""
    tree, year, at = index.tree, year_at(index, time), region_at(index, region)
    first = 0 if indicators else tree.n_indicators
    shown = sorted(range(first, len(tree.nodes)), key=lambda node: -tree.levels[node])
    scores = index.stages.scores[year][:, shown]
    codes = [tree.codes[node] for node in shown]
    return pd.DataFrame(
        place(index, at)
        | {TIME: index.times[year], "node": codes}
        | names(tree, codes)
        | {"level": tree.levels[shown], "score": scores[at], "rank": ranks(scores)[at]}
        | {"of": (~np.isnan(scores)).sum(axis=0)}
    )


def strengths(
    index: Index, region: str, *, top: int = 5, time: int | None = None, stage: Stage = "raw", group: str | None = None
) -> pd.DataFrame:
    """The ``top`` indicators in which a region ranks best, best first.

    Ranks are of the values after ``stage``, turned by direction, among the regions of the year (or of its ``group``).
    Indicators that are missing, or in which the region shares the last place, are not considered: where most regions
    have a zero, a tie for last can look like a high rank. Definition: Becker et al. 2022, COINr.
    """
    return _standing(index, region, time, stage, group).head(top).reset_index(drop=True)


def weaknesses(
    index: Index, region: str, *, top: int = 5, time: int | None = None, stage: Stage = "raw", group: str | None = None
) -> pd.DataFrame:
    """The ``top`` indicators in which a region ranks worst, worst last; considered are those of ``strengths``."""
    return _standing(index, region, time, stage, group).tail(top).reset_index(drop=True)


def _standing(index: Index, region: str, time: int | None, stage: Stage, group: str | None) -> pd.DataFrame:
    tree, year, at = index.tree, year_at(index, time), region_at(index, region)
    values = getattr(index.stages, stage)[year]
    leaves = tree.indicators
    # Normalised values point the same way already.
    turned = values if stage == "normalised" else values * tree.directions[: tree.n_indicators]
    groups = _groups(index, group)
    placed = ranks(turned, groups)
    peers = np.full(len(placed), True) if groups is None else groups == groups[at]
    own, last = placed[at], np.fmax.reduce(placed[peers], axis=0)
    considered = np.flatnonzero(own < last)
    considered = considered[np.argsort(own[considered], kind="stable")]
    codes = [leaves[i].code for i in considered]
    parents = [leaves[i].parent for i in considered]
    units = index.units.given if stage == "raw" else index.units.measured
    return pd.DataFrame(
        place(index, at)
        | {TIME: index.times[year], INDICATOR: codes}
        | names(tree, codes)
        | {"element": parents}
        | names(tree, parents, "element_")
        | {
            "rank": own[considered].astype(int),
            "of": (~np.isnan(turned[peers])).sum(axis=0)[considered],
            "value": values[at, considered],
            "unit": [units[i] for i in considered],
        }
    )


def _groups(index: Index, group: str | None) -> np.ndarray | None:
    if group is None:
        return None
    if group not in index.about_region:
        known = ", ".join(index.about_region) or "none"
        raise MethodError(
            Fault(
                "no-such-group",
                f"regions have no coordinate '{group}'. They have: {known}.",
                f"地区没有名为“{group}”的分组。现有：{known}。",
            )
        )
    return np.asarray(index.about_region[group])
