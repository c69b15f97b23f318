"""Whom and when a statistic speaks of: regions, groups and years found by the names a person gives them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION
from xinzhi.core.specs import Text
from xinzhi.data.regions import GAZETTEERS, Gazetteer, gazetteer
from xinzhi.measure.result import Codes

if TYPE_CHECKING:
    from xinzhi.dynamics.neighbours import Islands, Neighbours

# A coordinate of the regions, or the regions of each group by name or code.
Groups: TypeAlias = str | dict[str, list[str]]
# A method of neighbourhoods, alone or with its options: { method = "nearest", k = 4 }.
Ties: TypeAlias = str | dict[str, Any]

NOBODY = -1


@dataclass(frozen=True)
class Grouped:
    """The group of every region as a position, ``NOBODY`` for none, and what the groups are called."""

    codes: npt.NDArray[np.intp]
    names: tuple[Text, ...]
    known_as: tuple[frozenset[str], ...]

    def at(self, label: str) -> int:
        """The position of a group, by its label in either language. Raises ``MethodError`` with those there are."""
        for at, spellings in enumerate(self.known_as):
            if label in spellings:
                return at
        en, zh = ", ".join(name.en for name in self.names), "、".join(name.zh for name in self.names)
        raise MethodError(
            Fault(
                "unknown-group",
                f"there is no group '{label}'. There are: {en}.",
                f"没有名为“{label}”的分组。现有：{zh}。",
            )
        )


@dataclass(frozen=True)
class Setting:
    """The regions and years of an index, with what is known of its regions."""

    regions: Codes
    times: npt.NDArray[np.int64]
    about_region: Mapping[str, npt.NDArray[Any]]

    def year(self, year: int) -> int:
        """The position of a year. Raises ``MethodError``."""
        at = np.flatnonzero(self.times == year)
        if not at.size:
            years = f"{self.times[0]}-{self.times[-1]}"
            raise MethodError(
                Fault("unknown-time", f"no year {year}; there are {years}.", f"没有 {year} 年；现有 {years}。")
            )
        return int(at[0])

    def region(self, name: str) -> int:
        """The position of a region, by its code or its name in either language. Raises ``MethodError``."""
        if name in self._known:
            return self._known[name]
        if self._book and (match := self._book.resolve(name)).code in self._known:
            return self._known[match.code]  # type: ignore[index]
        near = difflib.get_close_matches(name, self._known, n=3, cutoff=0.5)
        raise MethodError(
            Fault(
                "unknown-region",
                f"no region '{name}' in the index." + (f" Did you mean: {', '.join(near)}?" if near else ""),
                f"指数中没有地区“{name}”。" + (f"是否指：{'、'.join(near)}？" if near else ""),
            )
        )

    def region_text(self, name: str) -> Text:
        """What a region is called in both languages."""
        return self._listed(np.array([self.region(name)]))

    def groups(self, groups: Groups, *, whole: bool = False) -> Grouped:
        """The groups of the regions.

        With ``whole`` every region must have one and there must be two or more, as where parts add up to a total.
        Raises ``MethodError`` for unknown coordinates and regions, and for a region in two groups.
        """
        found = self._coordinate(groups) if isinstance(groups, str) else self._lists(groups)
        if whole and (found.codes == NOBODY).any():
            without = self._listed(np.flatnonzero(found.codes == NOBODY))
            raise MethodError(
                Fault(
                    "no-group",
                    f"these regions belong to no group: {without.en}. Parts add up to the whole only where every "
                    "region is in one.",
                    f"以下地区未分组：{without.zh}。各部分之和须等于总体，每个地区都须归入一组。",
                )
            )
        if whole and len(found.names) < 2:
            only = found.names[0] if found.names else Text(en="-", zh="-")
            raise MethodError(
                Fault(
                    "one-group",
                    f"all regions belong to the group '{only.en}'; a decomposition needs two groups or more.",
                    f"所有地区均属于分组“{only.zh}”；分解至少需要两个分组。",
                )
            )
        return found

    def neighbours(self, ties: Ties | None, islands: Islands) -> Neighbours:
        """Who is next to whom.

        Without ``ties``: the borders of Chinese provinces, else the tile grid that has all the regions, else the four
        nearest by ``lon`` and ``lat``. Raises ``MethodError`` where the regions have none of these.
        """
        from xinzhi.dynamics.neighbours import neighbours  # SciPy's sparse graphs take a while to load

        coords = {name: (REGION, of) for name, of in self.about_region.items()}
        places = xr.DataArray(np.zeros(len(self.regions)), dims=(REGION,), coords={REGION: self.regions, **coords})
        if ties is None:
            ties = self._usual_ties()
        said = {"method": ties} if isinstance(ties, str) else dict(ties)
        return neighbours(places, said.pop("method", "contiguity"), islands=islands, **said)

    def _usual_ties(self) -> str:
        if self._book and self._book.name == "china-provinces":
            return "contiguity"
        if self._book and all(region.tile for code, region in self._book.regions.items() if code in self._known):
            return "tiles"
        if {"row", "col"} <= set(self.about_region):
            return "tiles"
        if {"lon", "lat"} <= set(self.about_region):
            return "nearest"
        raise MethodError(
            Fault(
                "no-neighbours-known",
                "nothing says who is next to whom: the regions are not those of a catalogue with borders or a tile "
                "grid, and have no coordinates `lon` and `lat` (or `row` and `col`). Give the regions coordinates, or "
                "follow another statistic.",
                "无从判断地区是否相邻：这些地区不在含邻接关系或网格布局的目录中，也没有 lon、lat（或 row、col）坐标。"
                "请为地区补充坐标，或改用其他统计量。",
            )
        )

    @cached_property
    def _known(self) -> dict[str, int]:
        known: dict[str, int] = {}
        for of in (self.regions, *self._names.values()):
            for at, label in enumerate(of):
                known.setdefault(str(label), at)
        return known

    @cached_property
    def _names(self) -> dict[str, npt.NDArray[Any]]:
        """What regions are called in the data, else in the gazetteer that knows them all, else by their codes."""
        found = {}
        for name in ("name_en", "name_zh"):
            listed = [getattr(self._book.regions[str(region)], name) for region in self.regions] if self._book else None
            found[name] = self.about_region.get(name, np.array(listed, dtype=object) if listed else self.regions)
        return found

    @cached_property
    def _book(self) -> Gazetteer | None:
        """The gazetteer that knows every region."""
        labels = {str(region) for region in self.regions}
        return next((book for book in map(gazetteer, GAZETTEERS) if labels <= book.regions.keys()), None)

    def _coordinate(self, name: str) -> Grouped:
        columns = self._group_columns
        if name not in columns:
            known = ", ".join(columns) or "none"
            raise MethodError(
                Fault(
                    "unknown-group",
                    f"regions have no coordinate '{name}'. They have: {known}. `groups` may also be a table of lists: "
                    '{ east = ["…"], west = ["…"] }.',
                    f"地区没有名为“{name}”的分组坐标。现有：{known}。groups 亦可为列表组成的表："
                    '{ east = ["…"], west = ["…"] }。',
                    column="groups",
                )
            )
        base = _base(name)
        alike = [column for column in (f"{base}_en", f"{base}_zh", base) if column in columns and column != name]
        labels = columns[name].astype(object)
        missing = pd.isna(labels) | (labels == "")
        order = list(dict.fromkeys(labels[~missing]))
        codes = np.array([NOBODY if gap else order.index(label) for label, gap in zip(labels, missing, strict=True)])
        names, known_as = [], []
        for at, label in enumerate(order):
            inside = np.flatnonzero(codes == at)
            # A column in the other language names the same groups only where it is the same throughout a group.
            also = {column: {str(of) for of in columns[column][inside]} for column in alike}
            one = {column: next(iter(of)) for column, of in also.items() if len(of) == 1}
            en = str(label) if name.endswith("_en") else one.get(f"{base}_en", str(label))
            zh = one.get(f"{base}_zh", one.get(base, str(label))) if name.endswith("_en") else str(label)
            names.append(Text(en=en, zh=zh))
            known_as.append(frozenset({str(label), *one.values()}))
        return Grouped(codes.astype(np.intp), tuple(names), tuple(known_as))

    def _lists(self, groups: Mapping[str, Iterable[str]]) -> Grouped:
        codes = np.full(len(self.regions), NOBODY, dtype=np.intp)
        faults: list[Fault] = []
        for at, (label, members) in enumerate(groups.items()):
            for member in members:
                try:
                    place = self.region(member)
                except MethodError as error:
                    faults += error.faults
                    continue
                if codes[place] not in (NOBODY, at):
                    other = list(groups)[codes[place]]
                    faults.append(
                        Fault(
                            "in-two-groups",
                            f"'{member}' stands in the groups '{other}' and '{label}'. Name it in one.",
                            f"“{member}”同时列入分组“{other}”与“{label}”。每个地区只能列入一组。",
                        )
                    )
                codes[place] = at
        if faults:
            raise MethodError(dict.fromkeys(faults))
        names = tuple(Text.of(label) for label in groups)
        return Grouped(codes, names, tuple(frozenset([label]) for label in groups))

    @cached_property
    def _group_columns(self) -> dict[str, npt.NDArray[Any]]:
        """What regions may be grouped by: their own coordinates, and those of the gazetteer that knows them all."""
        own = {name: of for name, of in self.about_region.items() if name not in ("name_en", "name_zh")}
        if self._book is None:
            return own
        entries = [self._book.regions[str(region)] for region in self.regions]
        listed = {name: np.array([entry.groups[name] for entry in entries], dtype=object) for name in self._book.groups}
        # Where the data group by a zone of their own, the catalogue's English zones are others.
        other = {_base(name) for name in listed.keys() & own.keys() if not np.array_equal(listed[name], own[name])}
        return {name: of for name, of in listed.items() if _base(name) not in other} | own

    def _listed(self, at: npt.NDArray[np.intp], most: int = 5) -> Text:
        en, zh = (self._names[name][at] for name in ("name_en", "name_zh"))
        more = "" if len(at) <= most else " …"
        return Text(en=", ".join(map(str, en[:most])) + more, zh="、".join(map(str, zh[:most])) + more)


def _base(column: str) -> str:
    """A column's name without its language."""
    return column.removesuffix("_en").removesuffix("_zh")
