"""Shift-share: how much of the growth of a region's industries is the nation's, the industries' and its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import DataError, Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record
from xinzhi.core.specs import Text
from xinzhi.data.industries import Industries
from xinzhi.structure.conversion.shares import PARTS, shift_shares
from xinzhi.structure.crossed import one_of, settled
from xinzhi.structure.ladder.amounts import amounts
from xinzhi.structure.ladder.rungs import SERIES, TIME

Absent = Literal["leave-out", "zero"]
PART = "part"
ADDED_UP = "sum of regions"
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ShiftShare:
    """The growth of regions' industries and what it is made of.

    ``parts`` is series × part, in the unit of the measure, and adds up to ``change`` (series); ``base`` is the amount
    at the start. ``left_out`` lists region × industry without a number that is needed, and is in no sum.
    """

    parts: xr.DataArray
    change: xr.DataArray
    base: xr.DataArray
    left_out: tuple[tuple[str, str], ...]
    method: str
    zh: str
    measure: str
    years: tuple[int, ...]
    reference: str
    notes: tuple[Fault, ...]
    record: Record

    @property
    def regions(self) -> pd.DataFrame:
        """A row per region: base, change, each part, and each part's growth rate as a share of the base."""
        return self._by(REGION)

    @property
    def industries(self) -> pd.DataFrame:
        """A row per industry, all regions together, as ``regions`` has them."""
        return self._by("industry")

    def _by(self, label: str) -> pd.DataFrame:
        summed = self._wide().groupby(label, sort=True).sum(numeric_only=True)
        for part in self.parts[PART].values.tolist():
            summed[f"{part}_rate"] = summed[part] / summed["base"].where(summed["base"] > 0)
        return summed.reset_index()

    def _wide(self) -> pd.DataFrame:
        coords = self.parts.coords
        columns = {REGION: coords[REGION].values, "industry": coords["industry"].values}
        columns |= {"base": self.base.values, "change": self.change.values}
        columns |= {part: self.parts.values[:, at] for at, part in enumerate(self.parts[PART].values.tolist())}
        return pd.DataFrame(columns)

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: region, industry, part, part_en, part_zh, value."""
        rows = self._wide().drop(columns=["base"]).melt([REGION, "industry"], var_name=PART, value_name="value")
        told = {"change": Text(en="change", zh="增量"), **PARTS}
        for language in ("en", "zh"):
            names = {part: told.get(part, Text(en=part, zh=part))[language] for part in rows[PART].unique()}
            rows[f"part_{language}"] = rows[PART].map(names)
        return rows[[REGION, "industry", PART, "part_en", "part_zh", "value"]]

    def __str__(self) -> str:
        sums = self.parts.sum(SERIES).to_series()
        table = self.regions
        lines = [
            f"shift-share ({self.method} {self.zh}): {len(table)} regions, {self.measure}, "
            f"{self.years[0]}-{self.years[-1]}",
            f"reference: {self.reference}",
            f"change: {_whole(self.change.sum())}; " + ", ".join(f"{part} {_whole(of)}" for part, of in sums.items()),
        ]
        own = next((part for part in ("competitive", "region-homothetic") if part in table), None)
        if own is not None and len(table) > 1:
            names, shift = table[REGION].to_numpy(), table[own].to_numpy()
            best, worst = shift.argmax(), shift.argmin()
            lines.append(
                f"most {own}: {names[best]} ({_whole(shift[best])}); least: {names[worst]} ({_whole(shift[worst])})"
            )
        return "\n".join([*lines, f"left out: {len(self.left_out)} series", f"notes: {len(self.notes)}"])


def shift_share(
    industries: Industries,
    method: str | Callable[..., Any] = "classical",
    *,
    measure: str = "employment",
    start: int | None = None,
    end: int | None = None,
    reference: str | None = None,
    absent: Absent = "leave-out",
    **options: Any,
) -> ShiftShare:
    """Split the growth of each region's industries into the nation's share, the industries' mix and its own shift.

    ``start`` and ``end`` are the first and last year with numbers unless given. ``reference`` is one of the regions in
    the table that stands for the nation (and is then not itself split), else the sum of all regions. ``method`` is
    classical, dynamic (year by year), esteban-marquillas, homothetic or arcelus; ``options`` are its own.

    A series without a number in a year that is needed is left out of every sum, and named; with ``absent="zero"``,
    years before its first number and after its last count as zero, so that industries enter and leave. What the method
    has no rate for, since there was nothing at the start, is the part "entry". Parts add up to the change but for
    rounding. Cells between bounds count at their middle. A function in place of a name is given every year known.

    Raises ``DataError`` for a measure there is not, negative amounts and years without numbers; ``MethodError`` for
    other options that do not fit.
    """
    one_of("absent", absent, Absent)
    chosen, options = settled(shift_shares, method, options)
    cells, notes = amounts(industries, measure)
    years = industries.values[TIME].values
    seen: Mask = np.asarray(np.isfinite(cells).any(axis=0))
    first, last = _span(years, seen, measure, start, end)
    region = industries.values[REGION].values.astype(str)
    if absent == "zero":
        cells = _filled(cells)
    # Every year with numbers where the method goes step by step; a year in which nobody was asked is stepped over.
    steps = seen & (years >= first) & (years <= last)
    if method in shift_shares.members and method != "dynamic":
        steps &= (years == first) | (years == last)
    nation = _is_reference(reference, region)
    levels = cells[:, steps]
    known = np.isfinite(levels).all(axis=1)
    industry = industries.values["industry"].values.astype(str)
    codes, of = np.unique(industry, return_inverse=True)
    among = known & (nation if reference is not None else True)
    whole = np.zeros((len(codes), levels.shape[1]))
    np.add.at(whole, of[among], levels[among])
    told = np.zeros(len(codes), dtype=bool)
    told[of[among]] = True
    kept = known & told[of] & ~nation
    lacking = ~kept & ~nation & np.isfinite(cells[:, steps]).any(axis=1)
    if not kept.any():
        raise DataError(_nothing(measure, first, last))
    own, everything = levels[kept], whole.sum(axis=0)
    names, place = np.unique(region[kept], return_inverse=True)
    total = np.zeros((len(names), own.shape[1]))
    np.add.at(total, place, own)
    parts = chosen.function(own, whole[of[kept]], everything, total[place], **options)
    parts = _with_entries(parts, own)
    notes += _remarks(cells[:, steps], lacking, region, industry, parts, names, reference, everything)
    coords = {REGION: (SERIES, region[kept]), "industry": (SERIES, industry[kept])}
    return ShiftShare(
        xr.DataArray(
            np.stack(list(parts.values()), axis=-1),
            {**coords, PART: np.array(list(parts), dtype=object)},
            (SERIES, PART),
            name="value",
        ),
        xr.DataArray(own[:, -1] - own[:, 0], coords, (SERIES,), name="change"),
        xr.DataArray(own[:, 0], coords, (SERIES,), name="base"),
        tuple(zip(region[lacking].tolist(), industry[lacking].tolist(), strict=True)),
        chosen.name,
        chosen.zh,
        measure,
        tuple(years[steps].tolist()),
        ADDED_UP if reference is None else reference,
        (*industries.notes, *notes),
        Record(
            "shift_share",
            {"method": chosen.name, "measure": measure, "start": first, "end": last}
            | {"reference": reference, "absent": absent, **options},
            dict(industries.record.inputs),
        ),
    )


def _whole(amount: Any) -> str:
    return f"{round(float(amount)):+,d}"


def _span(years: npt.NDArray[Any], seen: Mask, measure: str, start: int | None, end: int | None) -> tuple[int, int]:
    """The first and the last year. Raises ``DataError`` for one without a number, ``MethodError`` if not in order."""
    there = years[seen].tolist()
    if len(there) < 2:
        raise DataError(_few_years(measure, there))
    first, last = there[0] if start is None else start, there[-1] if end is None else end
    if lacking := [year for year in (first, last) if year not in there]:
        shown = f"{there[0]}-{there[-1]}"
        raise DataError(
            Fault(
                "year-missing",
                f"no industry has '{measure}' in {', '.join(map(str, lacking))}. Years with numbers lie in {shown}.",
                f"{'、'.join(map(str, lacking))} 年没有产业的“{measure}”数据。有数据的年份在 {shown} 之间。",
            )
        )
    if first >= last:
        raise MethodError(
            Fault(
                "years-out-of-order",
                f"`start` must come before `end`; found {first} and {last}.",
                f"start 须早于 end；实际为 {first} 与 {last}。",
            )
        )
    return first, last


def _is_reference(reference: str | None, region: npt.NDArray[np.str_]) -> Mask:
    nation: Mask = region == (reference if reference is not None else "\0")
    if reference is not None and (not nation.any() or nation.all()):
        shown = ", ".join(list(dict.fromkeys(region.tolist()))[:5])
        raise MethodError(
            Fault(
                "no-reference",
                f"`reference` must be one of the regions, with others beside it; found {reference!r} among: {shown}.",
                f"reference 须为数据中的一个地区，且另有其他地区；实际为 {reference!r}，现有：{shown}。",
            )
        )
    return nation


def _filled(cells: Floats) -> Floats:
    """Zero before the first and after the last number of a series that has one; gaps in between stay open."""
    known = np.isfinite(cells)
    begun = np.logical_or.accumulate(known, axis=1)
    to_come = np.logical_or.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    outside = (begun ^ to_come) & ~known
    return np.where(outside, 0.0, cells)


def _with_entries(parts: dict[str, Floats], own: Floats) -> dict[str, Floats]:
    """The parts, and what the method had no rate for as the part "entry" where there is such."""
    undefined = np.isnan(np.stack(list(parts.values()))).any(axis=0)
    entered = parts.get("entry", np.zeros(len(own)))
    entered = np.where(undefined, own[:, -1] - own[:, 0], entered)
    found = {name: np.where(undefined, 0.0, of) for name, of in parts.items() if name != "entry"}
    return found | {"entry": entered} if entered.any() else found


def _remarks(
    levels: Floats,
    lacking: Mask,
    region: npt.NDArray[np.str_],
    industry: npt.NDArray[np.str_],
    parts: dict[str, Floats],
    names: npt.NDArray[np.str_],
    reference: str | None,
    everything: Floats,
) -> list[Fault]:
    notes = []
    if lacking.any():
        many, at = int(lacking.sum()), int(lacking.argmax())
        share = float(np.nanmax(levels[lacking], axis=1).sum())
        share /= max(float(everything.max()), np.finfo(float).tiny)
        notes.append(
            Fault(
                "series-left-out",
                f"{many} series lack a number in a year that is needed, in their region or in the reference, and are "
                f"in no sum (first: {region[at]} × {industry[at]}; at their largest {share:.1%} of the reference).",
                f"{many} 个序列在所需年份（本地区或参照系）缺少数据，未计入任何合计"
                f"（首个：{region[at]} × {industry[at]}；其最大规模合计为参照系的 {share:.1%}）。",
                severity="warning",
            )
        )
    if "entry" in parts:
        many, amount = int((parts["entry"] != 0).sum()), float(parts["entry"].sum())
        notes.append(
            Fault(
                "entered-from-nothing",
                f"{many} series begin from nothing, so that the method has no rate for them: {amount:+,.0f} is entry.",
                f"{many} 个序列由零开始，无增长率可计：{amount:+,.0f} 列为进入分量。",
                severity="warning",
            )
        )
    if len(names) == 1 and reference is None:
        notes.append(
            Fault(
                "own-reference",
                f"'{names[0]}' is the only region and its own reference: its regional shift is zero by construction.",
                f"“{names[0]}”是唯一地区，以自身为参照：竞争力分量必为零。",
                severity="warning",
            )
        )
    return notes


def _few_years(measure: str, there: list[int]) -> Fault:
    found = ", ".join(map(str, there))
    return Fault(
        "too-few-years",
        f"shift-share compares two years; '{measure}' is known in: {found or 'none'}.",
        f"偏离份额法须有两个年份；“{measure}”有数据的年份：{found or '无'}。",
    )


def _nothing(measure: str, first: int, last: int) -> Fault:
    return Fault(
        "no-series",
        f"no industry of a region has '{measure}' both in {first} and {last} and in the reference. Choose other years, "
        "or `absent='zero'` if what is absent is zero.",
        f"没有产业同时具有 {first} 与 {last} 年的“{measure}”及参照系数据。"
        "请另选年份；如缺失即为零，可设 absent='zero'。",
    )
