"""What inequality between regions is made of: within groups, between groups, and the overlap of groups."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import TIME, Floats
from xinzhi.core.results import Record
from xinzhi.core.specs import Text
from xinzhi.dynamics import _inequality_kernels as kernels
from xinzhi.dynamics._scores import Grouping, Scores, names, runs
from xinzhi.dynamics.inequality import (
    GROUP,
    Zeros,
    above_zero,
    not_negative,
    positive,
    recorded,
    rows,
    shares,
    telling,
    weighting,
)

OTHER, PART = "other", "part"
Codes = npt.NDArray[np.intp]
Grouped = tuple[Codes, npt.NDArray[np.object_]]
Tables = dict[str, npt.NDArray[np.float64]]
Kind = Literal["T", "L"]

DAGUM_PARTS = {
    "total": Text(en="Gini coefficient", zh="总体基尼系数"),
    "within": Text(en="within groups", zh="组内差距"),
    "between": Text(en="net between groups", zh="组间净值差距"),
    "transvariation": Text(en="transvariation", zh="超变密度"),
}


class _Split:
    """A total and its parts through time, with a table of groups."""

    parts: xr.DataArray
    rates: xr.DataArray
    groups: xr.Dataset

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: time, part, its names where it has some, value, rate."""
        return self.parts.to_dataframe("value").assign(rate=self.rates.values.ravel()).reset_index()

    def groups_to_frame(self) -> pd.DataFrame:
        """Tidy rows: time, group, its own index, what it is multiplied by, contribution, mean, regions."""
        return self.groups.to_dataframe().reset_index()


@dataclass(frozen=True)
class Dagum(_Split):
    """The Gini coefficient through time and its three parts, with the tables of groups and of pairs of groups.

    ``parts`` is time × part (total, within, between, transvariation) and ``rates`` what each is of the total.
    ``groups`` (time × group): ``gini`` inside the group, ``weight`` and ``score`` its shares of the weights and of the
    scores, ``mean``, ``regions``, and the ``contribution`` to the part within. ``pairs`` (time × group × other, both
    orders): ``gini`` between the two, ``relative_affluence`` D, ``gross_affluence`` d, ``transvariation_moment`` p,
    and the contributions ``between`` and ``transvariation``; missing on the diagonal. ``omitted`` lists what was left
    out.
    """

    parts: xr.DataArray
    rates: xr.DataArray
    groups: xr.Dataset
    pairs: xr.Dataset
    weighting: str
    omitted: tuple[Fault, ...]
    record: Record

    def pairs_to_frame(self) -> pd.DataFrame:
        """Tidy rows, one per year and pair of groups: its Gini coefficient, D, d, p, contributions."""
        table = self.pairs.to_dataframe().reset_index()
        order = {name: at for at, name in enumerate(self.pairs[GROUP].values)}
        return table[table[GROUP].map(order) < table[OTHER].map(order)].reset_index(drop=True)

    def __repr__(self) -> str:
        return _lines("Dagum Gini decomposition (Dagum 基尼系数分解)", self.weighting, self.parts, len(self.omitted))


@dataclass(frozen=True)
class Theil(_Split):
    """Theil's index through time and its parts, exact: the parts add up to the total.

    ``parts`` is time × part: total, between (``between:name`` for each of several nested groupings), within.
    ``groups`` (time × group, of the first grouping): ``index`` inside the group, ``share`` it is multiplied by,
    ``contribution`` = share × index, ``mean``, ``regions``; contributions plus the first part between give the total.
    """

    kind: Kind
    parts: xr.DataArray
    rates: xr.DataArray
    groups: xr.Dataset
    weighting: str
    omitted: tuple[Fault, ...]
    record: Record

    def __repr__(self) -> str:
        return _lines(f"Theil {self.kind} (泰尔指数 {self.kind})", self.weighting, self.parts, len(self.omitted))


def dagum(scores: xr.DataArray, groups: Grouping, *, weights: xr.DataArray | None = None) -> Dagum:
    """Split the Gini coefficient of every year into within groups, net between groups, and transvariation.

    ``scores`` is region × time and not negative; ``groups`` a region coordinate or labels by region, two or more;
    ``weights`` as in ``inequality``. Regions without a score, or with a weight of zero, are left out of that
    year and listed.

    Gw = Σ Gjj pj sj, Gnb = Σ Gjh Djh (pj sh + ph sj), Gt = Σ Gjh (1 - Djh) (pj sh + ph sj), Djh = (djh - pjh) /
    (djh + pjh), where djh is the mean over *all* pairs of how far the richer group's region lies above the other's,
    counted where it does, and pjh the same the other way round. Halving d is a common slip; the parts then fall short
    of G, and rates over their sum hide it. Rates here are over G, which is computed without the groups. Gnb equals
    the Gini coefficient of the group means. Dagum 1997, Empirical Economics 22: 515.

    Raises ``MethodError``, naming regions and years.
    """
    laid = Scores.of(scores)
    codes, labels = _two_or_more(*laid.groups(groups))
    w = laid.weights(weights)
    with telling(laid, laid.x, w):
        values = dagum_parts(laid.x, codes, w)
        inside, across = _dagum_tables(laid.x, codes, w, len(labels))
    parts = xr.DataArray(
        values,
        dims=(TIME, PART),
        coords={
            TIME: laid.times,
            PART: np.array(list(DAGUM_PARTS), dtype=object),
            "name_en": (PART, [name.en for name in DAGUM_PARTS.values()]),
            "name_zh": (PART, [name.zh for name in DAGUM_PARTS.values()]),
        },
        name="gini",
    )
    inside["regions"] = _counts(laid, w, codes, len(labels))
    group_tables = _labelled(inside, {TIME: laid.times, GROUP: labels})
    pair_tables = _labelled(across, {TIME: laid.times, GROUP: labels, OTHER: labels})
    omitted = (*laid.missing(w), *_small_groups(group_tables["regions"]), *_without_rates(parts))
    record = recorded("dagum", {"groups": laid.spelled(codes, labels)}, laid, weights, w)
    return Dagum(parts, _rates(parts), group_tables, pair_tables, weighting(weights), omitted, record)


def theil(
    scores: xr.DataArray,
    groups: Grouping | Sequence[Grouping],
    *,
    kind: Kind = "T",
    weights: xr.DataArray | None = None,
    zeros: Zeros = "refuse",
) -> Theil:
    """Split Theil's index of every year into between and within groups, exactly.

    ``scores`` is region × time, above zero (``kind = "T"`` takes zeros where ``zeros = "keep"``). ``groups`` as in
    ``dagum``, or several nested ones from the coarse to the fine, which gives a part between for each. ``weights`` w
    as in ``inequality``: with population and scores per head, groups count in T with their share of the product (Σ w x
    of the group over that of all) and in L with their share of w; unweighted, w is 1. Regions without a
    score or with a weight of zero in a year are left out of it and listed.

    Theil 1967; Shorrocks 1980, Econometrica 48: 613. Raises ``MethodError``, naming regions and years.
    """
    laid = Scores.of(scores)
    nests = _nested(laid, groups)
    w = laid.weights(weights)
    codes, labels = np.stack([of for of, _ in nests.values()]), next(iter(nests.values()))[1]
    with telling(laid, laid.x, w):
        values = theil_parts(laid.x, codes, w, kind=kind, zeros=zeros)
    between = ["between"] if len(nests) == 1 else [f"between:{name}" for name in nests]
    parts = xr.DataArray(
        values,
        dims=(TIME, PART),
        coords={TIME: laid.times, PART: np.array(["total", *between, "within"], dtype=object)},
        name=f"theil_{kind}",
    )
    inside = _theil_groups(laid.x, codes[0], w, len(labels), kind)
    inside["regions"] = _counts(laid, w, codes[0], len(labels))
    group_tables = _labelled(inside, {TIME: laid.times, GROUP: labels})
    omitted = (*laid.missing(w), *_small_groups(group_tables["regions"]), *_without_rates(parts))
    named = {name: laid.spelled(of, known) for name, (of, known) in nests.items()}
    record = recorded("theil", {"kind": kind, "zeros": zeros, "groups": named}, laid, weights, w)
    return Theil(kind, parts, _rates(parts), group_tables, weighting(weights), omitted, record)


def dagum_parts(x: Floats, groups: Codes, w: Floats | None = None) -> Floats:
    """Gini coefficient, within, net between and transvariation: x (..., regions) -> (..., 4).

    ``groups`` (regions,) are positions from 0; ``w`` (regions,) or any shape that broadcasts to x. Missing scores are
    left out. Raises ``FaultyValue`` for negative scores and a mean of zero.
    """
    not_negative(x, w, "the Dagum decomposition", "Dagum 基尼系数分解")
    parts, mean = kernels.parts(*rows(x, w), groups, int(groups.max()) + 1)
    return np.asarray((parts / above_zero(mean)[:, None]).reshape(*x.shape[:-1], 4))


def theil_parts(
    x: Floats, nests: Codes, w: Floats | None = None, *, kind: Kind = "T", zeros: Zeros = "refuse"
) -> Floats:
    """Total, a part between for each grouping, within: x (..., regions) -> (..., groupings + 2).

    ``nests`` (groupings, regions) are positions from 0, from the coarse to the fine. Every part is a sum over regions
    of ln (m / m'), where m and m' are the means of the region's group and of the one around it; all regions are
    around the first and a region itself is the last. Shares of the score (T) or of the weights (L) multiply it.
    """
    p, values = shares(x, w)
    name = (f"Theil {kind}", f"泰尔 {kind} 指数")
    positive(values, p, *name, zeros=kind == "T" and zeros == "keep")
    mean = above_zero(np.asarray((p * values).sum(-1)))[..., None]
    score = p * values / mean
    chain = [np.broadcast_to(mean, p.shape), *(_group_means(values, p, codes)[..., codes] for codes in nests), values]
    # A group or region without score or weight adds nothing, whatever its logarithm would be.
    logs = [np.log(np.where((p > 0) & (of > 0), of, 1.0)) for of in chain]
    share = score if kind == "T" else -p
    steps = [(share * (inner - outer)).sum(-1) for outer, inner in itertools.pairwise(logs)]
    total = (share * (logs[-1] - logs[0])).sum(-1)
    parts: Floats = np.stack([total, *steps], axis=-1)
    return np.maximum(parts, 0.0)


def _group_means(x: Floats, p: Floats, codes: Codes) -> Floats:
    """Weighted means of groups, (..., groups); missing for a group without weight."""
    member = (codes[:, None] == np.arange(codes.max() + 1)).astype(float)
    weight = p @ member
    return np.asarray((p * x) @ member / np.where(weight > 0, weight, np.nan))


def _dagum_tables(x: Floats, codes: Codes, w: Floats | None, k: int) -> tuple[Tables, Tables]:
    """The tables of groups (time, group) and of pairs (time, group, group), missing where a group is."""
    above, p, means, mean = kernels.above(*rows(x, w), codes, k)
    p, mean = np.where(p > 0, p, np.nan), mean[:, None]
    own = np.einsum("tjj->tj", above)
    inside = {
        "gini": _over(own, p**2 * means),
        "weight": p,
        "score": p * means / mean,
        "mean": means,
        "contribution": own / mean,
    }
    below = np.swapaxes(above, 1, 2)
    # The group with the higher mean lies farther above the other: above - below is the gap of their means.
    more, less = np.maximum(above, below), np.minimum(above, below)
    pairs = p[:, :, None] * p[:, None, :]
    present = np.where(~np.isnan(pairs) & ~np.eye(k, dtype=bool), 1.0, np.nan)
    across = {
        "gini": _over(more + less, pairs * (means[:, :, None] + means[:, None, :])),
        "relative_affluence": _over(more - less, more + less),
        "gross_affluence": more / pairs,
        "transvariation_moment": less / pairs,
        "between": (more - less) / mean[:, :, None],
        "transvariation": 2 * less / mean[:, :, None],
    }
    return inside, {name: of * present for name, of in across.items()}


def _theil_groups(x: Floats, codes: Codes, w: Floats | None, k: int, kind: Kind) -> Tables:
    """The tables of groups (time, group), missing where a group is."""
    p, values = shares(x, w)
    means = _group_means(values, p, codes)
    weight = p @ (codes[:, None] == np.arange(k)).astype(float)
    weight = np.where(weight > 0, weight, np.nan)
    share = weight * means / (p * values).sum(-1, keepdims=True) if kind == "T" else weight
    ratio = np.where((p > 0) & (values > 0), values, 1.0) / np.where(values > 0, means[:, codes], 1.0)
    part = p * (ratio * np.log(ratio) if kind == "T" else -np.log(ratio))
    # A group of nothing but zeros is even.
    index = np.stack([part[:, codes == at].sum(-1) for at in range(k)], axis=-1) / weight
    return {
        "index": np.maximum(index, 0.0),
        "share": share,
        "contribution": np.maximum(share * index, 0.0),
        "mean": means,
    }


def _over(a: Floats, b: Floats) -> Floats:
    """a / b, and 0 where both are nothing: values that are all zero do not differ."""
    return np.where(b == 0, 0.0, a / np.where(b == 0, 1.0, b))


def _two_or_more(codes: Codes, labels: npt.NDArray[np.object_]) -> Grouped:
    if len(labels) < 2:
        raise MethodError(
            Fault(
                "one-group",
                f"all regions belong to the group '{labels[0]}'; a decomposition needs two groups or more.",
                f"所有地区均属于分组“{labels[0]}”；分解至少需要两个分组。",
            )
        )
    return codes, labels


def _nested(laid: Scores, groups: Grouping | Sequence[Grouping]) -> dict[str, Grouped]:
    """Each grouping by its name. Raises ``MethodError`` where a group lies astride two of the grouping before."""
    given = [groups] if isinstance(groups, (str, Mapping, xr.DataArray)) else list(groups)
    found: dict[str, Grouped] = {}
    before = _two_or_more(*laid.groups(given[0]))[0]
    for at, grouping in enumerate(given):
        codes, labels = laid.groups(grouping)
        astride = [label for j, label in enumerate(labels) if len(set(before[codes == j])) > 1]
        if at and astride:
            en, zh = names(astride)
            raise MethodError(
                Fault(
                    "not-nested",
                    f"groupings must be nested, from the coarse to the fine; these lie in several groups of the one "
                    f"before: {en}.",
                    f"各级分组须由粗到细逐级嵌套；以下分组跨越了上一级的多个分组：{zh}。",
                )
            )
        name = str(grouping if isinstance(grouping, str) else getattr(grouping, "name", None) or "level")
        name = f"{name} {at + 1}" if name in found or name == "level" else name
        found[name], before = (codes, labels), codes
    return found


def _counts(laid: Scores, w: Floats | None, codes: Codes, k: int) -> Floats:
    return np.stack([laid.counted(w)[:, codes == at].sum(axis=1) for at in range(k)], axis=-1)


def _labelled(tables: Tables, coords: dict[str, npt.NDArray[np.generic]]) -> xr.Dataset:
    return xr.Dataset({name: (tuple(coords), of) for name, of in tables.items()}, coords=coords)


def _rates(parts: xr.DataArray) -> xr.DataArray:
    """What each part is of the total, which was computed without the parts."""
    total = parts.sel({PART: "total"}, drop=True)
    return (parts / total.where(total > 0)).transpose(TIME, PART).rename("rate")


def _without_rates(parts: xr.DataArray) -> list[Fault]:
    even = parts.sel({PART: "total"}).values == 0
    if not even.any():
        return []
    years = runs(even, parts[TIME].values)
    return [
        Fault(
            "nothing-to-split",
            f"regions are all alike in {years}: the index is 0 and its parts have no rates.",
            f"{years} 年各地区得分相同：指数为 0，各部分没有贡献率。",
            severity="warning",
        )
    ]


def _small_groups(counts: xr.DataArray) -> list[Fault]:
    faults = []
    for name in counts[GROUP].values:
        n = counts.sel({GROUP: name}).values
        for size, en, zh in (
            (0, "has no region with a score", "没有任何有得分的地区，未列出其数值"),
            (1, "has one region with a score; nothing differs within it", "仅有一个有得分的地区，组内差距为零"),
        ):
            if (n == size).any():
                years = runs(n == size, counts[TIME].values)
                faults.append(
                    Fault(
                        "small-group",
                        f"group '{name}' {en} ({years}).",
                        f"分组“{name}”{zh}（{years} 年）。",
                        severity="warning",
                    )
                )
    return faults


def _lines(title: str, weighted: str, parts: xr.DataArray, notes: int) -> str:
    lines = [f"{title}, {weighted}"]
    for at in dict.fromkeys((0, parts.sizes[TIME] - 1)):
        row = parts.isel({TIME: at})
        lines.append(f"  {row[TIME].item()}: " + ", ".join(f"{of[PART].item()} {of.item():.4f}" for of in row))
    return "\n".join([*lines, f"  left out: {notes} notes"])
