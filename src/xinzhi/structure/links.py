"""Regions and what they do: one sparse matrix region × activity a period, with labels, names and how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from xinzhi.core.errors import Fault, Language, MethodError
from xinzhi.core.results import Record
from xinzhi.core.specs import Text

Names: TypeAlias = npt.NDArray[np.object_]
Floats: TypeAlias = npt.NDArray[np.float64]
Counts: TypeAlias = npt.NDArray[np.int64]
Places: TypeAlias = npt.NDArray[np.intp]
Period: TypeAlias = int | str
Side: TypeAlias = Literal["region", "activity"]
Unknown: TypeAlias = Literal["stop", "drop"]  # what to do with labels nobody knows

ALL = "all"  # the one period of links that were given without any
SHOWN = 5
SIDES: dict[Side, tuple[str, str]] = {"region": ("regions", "地区"), "activity": ("activities", "活动")}


@dataclass(frozen=True, slots=True)
class Dropped:
    """A region or an activity that was left out, and why; ``value`` is what it had of what ``why`` speaks of."""

    side: Side
    label: str
    why: Text
    value: float


@dataclass(frozen=True, eq=False)
class Links:
    """How much of each activity each region has, period by period.

    ``values`` holds one sparse matrix (region, activity) a period, all over the same sorted labels; a cell that is not
    stored is 0. ``about_region`` and ``about_activity`` hold what is known besides, such as ``name_en`` and
    ``name_zh``. ``notices`` say what was mended or is worth knowing, ``dropped`` what was left out. Truth values are
    allowed too: links that say only who does what.
    """

    values: tuple[sparse.csr_array, ...]
    regions: Names
    activities: Names
    periods: tuple[Period, ...] = (ALL,)
    about_region: Mapping[str, Names] = field(default_factory=dict)
    about_activity: Mapping[str, Names] = field(default_factory=dict)
    title: Text = Text(en="links", zh="关联")  # noqa: RUF009 - frozen
    unit: str = ""
    source: str = ""
    notices: tuple[Fault, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    record: Record = field(default_factory=lambda: Record("links", {}, {}))

    def __post_init__(self) -> None:
        shape = len(self.regions), len(self.activities)
        if len(self.values) != len(self.periods) or any(matrix.shape != shape for matrix in self.values):
            found = ", ".join(f"{matrix.shape[0]} × {matrix.shape[1]}" for matrix in self.values[:SHOWN])
            raise MethodError(
                Fault(
                    "bad-matrix",
                    f"links need one matrix a period ({len(self.periods)}) of {shape[0]} regions × {shape[1]} "
                    f"activities; found {len(self.values)}: {found}.",
                    f"关联数据须每期一个矩阵（{len(self.periods)} 期），即 {shape[0]} 个地区 × {shape[1]} 项活动；"
                    f"实际为 {len(self.values)} 个：{found}。",
                )
            )
        for period, matrix in zip(self.periods, self.values, strict=True):
            if len(matrix.data) and not (matrix.data.min() >= 0 and matrix.data.max() < np.inf):
                raise MethodError(_bad_values(period, matrix, self))

    def at(self, period: Period | None = None) -> sparse.csr_array:
        """The matrix (region, activity) of a period; without one, of the only period. Raises ``MethodError``."""
        if period is None and len(self.periods) == 1:
            return self.values[0]
        if period not in self.periods:
            raise MethodError(_no_period(period, self.periods))
        return self.values[self.periods.index(period)]

    @property
    def diversity(self) -> Counts:
        """How many activities each region has, (period, region)."""
        return np.array([np.diff(stored(matrix).indptr) for matrix in self.values], dtype=np.int64)

    @property
    def ubiquity(self) -> Counts:
        """How many regions have each activity, (period, activity)."""
        size = len(self.activities)
        return np.array([np.bincount(stored(matrix).indices, minlength=size) for matrix in self.values])

    def names(self, side: Side, language: Language = "en") -> Names:
        """The names of regions or activities in a language; the labels where no names are known."""
        about = self.about_region if side == "region" else self.about_activity
        return about.get(f"name_{language}", self.regions if side == "region" else self.activities)

    def only(
        self,
        *,
        regions: Iterable[str] | None = None,
        activities: Iterable[str] | None = None,
        periods: Iterable[Period] | None = None,
    ) -> Links:
        """The links of these regions, activities and periods only, in the order given. Raises ``MethodError``."""
        wanted = self.periods if periods is None else tuple(periods)
        if unknown := [period for period in wanted if period not in self.periods]:
            raise MethodError(_no_period(unknown[0], self.periods))
        chosen = replace(self, values=tuple(self.at(period) for period in wanted), periods=wanted)
        return chosen.take(
            None if regions is None else _places(regions, self.regions, "region"),
            None if activities is None else _places(activities, self.activities, "activity"),
        )

    def take(self, regions: Places | None = None, activities: Places | None = None) -> Links:
        """The links at these places only: whole numbers that say where regions and activities stand."""
        rows = np.arange(len(self.regions)) if regions is None else regions
        columns = np.arange(len(self.activities)) if activities is None else activities
        values = self.values
        if regions is not None:
            values = tuple(sparse.csr_array(matrix[rows]) for matrix in values)
        if activities is not None:
            values = tuple(sparse.csr_array(matrix[:, columns]) for matrix in values)
        return replace(
            self,
            values=values,
            regions=self.regions[rows],
            activities=self.activities[columns],
            about_region={name: about[rows] for name, about in self.about_region.items()},
            about_activity={name: about[columns] for name, about in self.about_activity.items()},
        )

    def summed(self, windows: Mapping[Period, Sequence[Period]]) -> Links:
        """Periods added up into longer ones: ``{"2006-2010": range(2006, 2011)}``. Raises ``MethodError``."""
        values = []
        for name, parts in windows.items():
            if not len(parts):
                raise MethodError(_no_period(name, self.periods))
            total = self.at(parts[0])
            for part in parts[1:]:
                total = total + self.at(part)
            values.append(sparse.csr_array(total))
        return replace(self, values=tuple(values), periods=tuple(windows))

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of the links there are: period, region, activity, value; the zeros are left out."""
        frames = []
        for period, matrix in zip(self.periods, self.values, strict=True):
            cells = stored(matrix).tocoo()
            rows, columns = cells.coords
            frame = {"period": period, "region": self.regions[rows], "activity": self.activities[columns]}
            frames.append(pd.DataFrame(frame | {"value": cells.data}))
        return pd.concat(frames, ignore_index=True)

    def __repr__(self) -> str:
        links = [int(stored(matrix).nnz) for matrix in self.values]
        cells = len(self.regions) * len(self.activities) * len(self.values)
        spread = f"{self.periods[0]} to {self.periods[-1]}" if len(self.periods) > 1 else f"{self.periods[0]}"
        unit = f" ({self.unit})" if self.unit else ""
        return "\n".join(
            (
                f"Links: {self.title.en}{unit}, {len(self.regions)} regions × {len(self.activities)} activities",
                f"  periods: {len(self.periods)} ({spread})",
                f"  links: {sum(links)} of {cells} cells{f', {sum(links) / cells:.1%}' if cells else ''}",
                f"  from: {self.source or 'a table'}",
                f"  left out: {len(self.dropped)} regions and activities",
                *(f"  {notice.en}" for notice in self.notices[:SHOWN]),
            )
        )


def stored(matrix: sparse.csr_array) -> sparse.csr_array:
    """The matrix, in any form, as rows of cells that are not 0."""
    plain = sparse.csr_array(matrix)
    if not len(plain.data) or plain.data.all():
        return plain
    plain = plain.copy()
    plain.eliminate_zeros()
    return plain


def _bad_values(period: Period, matrix: sparse.csr_array, links: Links) -> Fault:
    bad = np.flatnonzero(~((matrix.data >= 0) & (matrix.data < np.inf)))
    row = int(np.searchsorted(matrix.indptr, bad[0], side="right")) - 1
    pair = f"{links.regions[row]} × {links.activities[matrix.indices[bad[0]]]}"
    found = f"{matrix.data[bad[0]]:g}"
    return Fault(
        "bad-value",
        f"{len(bad)} values of period {period} are missing, infinite or below 0 (first: {pair}, {found}). "
        "Links are amounts of at least 0; leave a cell out where there is nothing.",
        f"{period} 期有 {len(bad)} 个值缺失、无穷或为负（首个：{pair}，{found}）。关联数据须为非负数；没有关联则不写。",
    )


def _places(wanted: Iterable[str], labels: Names, side: Side) -> Places:
    order = {label: at for at, label in enumerate(labels)}
    asked = [str(label) for label in wanted]
    if unknown := [label for label in asked if label not in order]:
        shown = ", ".join(unknown[:SHOWN]) + (" …" if len(unknown) > SHOWN else "")
        en, zh = SIDES[side]
        raise MethodError(
            Fault(
                f"unknown-{side}",
                f"the links have no {en} {shown}. They have {len(labels)}, such as {', '.join(labels[:SHOWN])}.",
                f"关联数据中没有以下{zh}：{shown}。共有 {len(labels)} 个，如 {'、'.join(labels[:SHOWN])}。",
            )
        )
    return np.array([order[label] for label in asked], dtype=np.intp)


def _no_period(period: Any, periods: Sequence[Period]) -> Fault:
    known = ", ".join(map(str, periods[:12])) + (" …" if len(periods) > 12 else "")
    if period is None:
        return Fault(
            "which-period",
            f"there are {len(periods)} periods; name one of: {known}.",
            f"共有 {len(periods)} 期，请指明其一：{known}。",
        )
    return Fault(
        "no-such-period",
        f"there is nothing for the period '{period}'. Periods: {known}.",
        f"没有“{period}”期的数据。已有：{known}。",
    )
