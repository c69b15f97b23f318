"""How varied a region's activities are, and how much of that lies between unlike groups or within alike ones."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record, digest
from xinzhi.structure.crossed import PERIOD, Csr, aligned, every_period, named, noted, one_of
from xinzhi.structure.links import Links, Names, Period
from xinzhi.structure.location import Logarithm, entropies
from xinzhi.structure.squares import Ints

PART = "part"
PART_ZH = "part_zh"
UNRELATED, RELATED = "unrelated", "related"
UNRELATED_ZH, RELATED_ZH = "无关多样性", "相关多样性"


@dataclass(frozen=True, eq=False)
class Variety:
    """The entropy of a region's activities and its parts: period × region × part, missing where a region has nothing.

    ``parts`` add up to ``total`` (period × region). With one classification they are ``unrelated`` (between its groups)
    and ``related`` (within them); with several, from the coarsest on, ``unrelated``, then one part within each level,
    the last being ``related``. Their Chinese names stand beside them, ``parts.part_zh``.
    """

    parts: xr.DataArray
    total: xr.DataArray
    levels: tuple[str, ...]
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: period, region, part, part_zh, value, and the region's total beside each."""
        frame = self.parts.to_dataframe("value").reset_index()
        frame["total"] = np.repeat(self.total.values.ravel(), self.parts.sizes[PART])
        return frame

    def __repr__(self) -> str:
        last = self.parts.isel({PERIOD: -1})
        by_part = last.to_series().groupby(level=PART, sort=False).mean()  # nan without a region that has anything
        means = ", ".join(f"{name} {mean:.3f}" for name, mean in by_part.items())
        return "\n".join(
            [
                f"Variety: {last.sizes[REGION]} regions, entropy in {self.record.settings['unit']}, by "
                f"{', '.join(self.levels)}",
                f"  {self.parts[PERIOD].values[-1]}, mean over regions: {means}",
                f"  missing: {int(np.isnan(self.total.values[-1]).sum())} regions",
            ]
        )


def variety(values: Any, classes: Any, *, logarithm: Logarithm = "2", period: Period | None = None) -> Variety:
    """Part the variety of each region's activities into that between groups and that within them, period by period.

    ``values`` is region × activity, amounts. ``classes`` puts activities into groups: a mapping or series by activity,
    a table of activities with one column a level, the coarsest first, or names of what links know about activities.
    Entropy between groups is unrelated variety, the mean entropy within groups, weighted by their size, related
    variety: Frenken, Van Oort, Verburg 2007, Regional Studies 41: 685; with more levels the steps
    between stand apart. The finer groups must lie inside the coarser. Raises ``MethodError``.
    """
    one_of("logarithm", logarithm, Logarithm)
    given = every_period(values, period)
    labels = given[0][1].activities
    names, codes = _classes(values, classes, labels)
    found = [entropy_parts(crossed.matrix, codes, logarithm) for _, crossed in given]
    total = np.array([parts.sum(axis=1) for parts in found])
    notes = tuple(
        note
        for (at, crossed), parts in zip(given, found, strict=True)
        for note in noted(
            "nothing-there",
            crossed.regions,
            np.isnan(parts[:, 0]),
            f"no variety for {{}} ({at}): nothing is there.",
            f"以下地区没有任何活动，不给出多样性（{at}）：{{}}。",
        )
    )
    steps = list(itertools.pairwise(names))
    called = {
        PART: [UNRELATED, *(f"{finer} within {coarser}" for coarser, finer in steps), RELATED],
        PART_ZH: (PART, [UNRELATED_ZH, *(f"{coarser}内{finer}间多样性" for coarser, finer in steps), RELATED_ZH]),
    }
    regions = given[0][1].regions
    coords = {PERIOD: [at for at, _ in given], REGION: regions}
    inputs = {str(at): crossed.digest for at, crossed in given} | {"classes": digest(codes.tobytes())}
    unit = "bits" if logarithm == "2" else "nats"
    return Variety(
        xr.DataArray(
            np.array(found),
            dims=(PERIOD, REGION, PART),
            coords=coords | called,
            name="variety",
        ),
        xr.DataArray(total, dims=(PERIOD, REGION), coords=coords, name="variety"),
        names,
        notes,
        Record("variety", {"levels": list(names), "unit": unit}, inputs),
    )


def entropy_parts(values: Csr, codes: Ints, logarithm: Logarithm = "2") -> Floats:
    """Entropy between the groups of the first level, then what each further level and the activities add to it.

    ``codes`` (level, activity) numbers the groups, coarse to fine. (regions, levels + 1), nan where there is nothing.
    """
    size = values.shape[1]
    reached = []
    for level in codes:
        into = sparse.csr_array((np.ones(size), (np.arange(size), level)), (size, int(level.max()) + 1))
        reached.append(entropies(sparse.csr_array(values @ into), logarithm))
    steps = np.diff(np.array([*reached, entropies(values, logarithm)]), axis=0, prepend=0.0)
    return np.where(steps < 0, 0.0, steps).T  # a step that adds nothing may come out a rounding below it


def _classes(values: Any, classes: Any, labels: Names) -> tuple[tuple[str, ...], Ints]:
    """The levels by name and every activity's group at each, numbered. Raises ``MethodError``."""
    table = _table(values, classes, labels)
    table = table.iloc[aligned(_objects(table.index), labels, "the classification", "分类")]
    faults = []
    for name in table.columns:
        if (gaps := table[name].isna().to_numpy()).any():
            en, zh = named(labels, gaps)
            faults.append(
                Fault(
                    "no-class",
                    f"'{name}' puts these activities into no group: {en}. Give them one, or leave them out.",
                    f"“{name}”未对以下活动分类：{zh}。请补全或剔除。",
                )
            )
    if faults:
        raise MethodError(faults)
    codes = np.array([pd.factorize(table[name].astype(str), sort=True)[0] for name in table.columns], dtype=np.intp)
    for at in range(1, len(codes)):
        split = pd.Series(codes[at - 1]).groupby(codes[at]).transform("nunique").to_numpy() > 1
        if split.any():
            groups = _objects(table.iloc[split, at].astype(str).drop_duplicates())
            en, zh = named(groups, np.full(len(groups), True))
            coarse, fine = table.columns[at - 1], table.columns[at]
            faults.append(
                Fault(
                    "not-nested",
                    f"groups of '{fine}' lie in more than one of '{coarse}': {en}. Put the coarser level first, or "
                    "mend the classification.",
                    f"“{fine}”的以下类别分属“{coarse}”的多个类别：{zh}。请将较粗的层级放在前面，或更正分类。",
                )
            )
    if faults:
        raise MethodError(faults)
    return tuple(map(str, table.columns)), codes


def _table(values: Any, classes: Any, labels: Names) -> pd.DataFrame:
    """The classification as a table by activity, one column a level, whatever it was given as."""
    if isinstance(classes, pd.DataFrame):
        return classes
    if isinstance(classes, pd.Series):
        return classes.to_frame(str(classes.name or "group"))
    if isinstance(classes, Mapping):
        return pd.Series(dict(classes)).to_frame("group")
    names = [classes] if isinstance(classes, str) else classes
    if isinstance(values, Links) and isinstance(names, Sequence) and all(isinstance(name, str) for name in names):
        if unknown := [name for name in names if name not in values.about_activity]:
            known = ", ".join(values.about_activity)
            raise MethodError(
                Fault(
                    "unknown-class",
                    f"the links know no '{unknown[0]}' of their activities. They know: {known or 'nothing'}.",
                    f"关联数据的活动没有“{unknown[0]}”属性。已有：{known or '无'}。",
                )
            )
        return pd.DataFrame({name: values.about_activity[name] for name in names}, index=pd.Index(labels))
    raise MethodError(
        Fault(
            "not-a-classification",
            "a classification is a mapping or series by activity, a table with one column a level, or names of what "
            f"links know about activities; found {type(classes).__name__}.",
            "分类须为按活动的映射或序列、每列一个层级的表格，或关联数据中活动属性的名称；"
            f"实际为 {type(classes).__name__}。",
        )
    )


def _objects(of: Any) -> Names:
    labels = np.empty(len(of), dtype=object)
    labels[:] = list(of)
    return labels
