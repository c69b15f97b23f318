"""Years into periods: which years are taken, and what they are added up to."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import xarray as xr

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.labels import INDICATOR, REGION, TIME, Panel
from xinzhi.structure.links import ALL, Links, Period
from xinzhi.study.structure.spec import LinksSpec

Span = tuple[int, int]


def in_periods(links: Links, spec: LinksSpec, years: Span | None) -> Links:
    """Links of the years asked for, added up into the periods asked for; ``years`` are the study's.

    Windows are counted back from the last year, and years that fill none are told. Raises ``DataError``.
    """
    wanted = spec.years or (None if spec.periods else years)
    asked = bool(spec.years or spec.window or spec.periods)
    if not all(isinstance(period, int) for period in links.periods):
        if asked:
            raise DataError(_no_years(links))
        return links  # one period, or periods that go by words
    there = np.array(links.periods)
    inside = there if wanted is None else there[(there >= wanted[0]) & (there <= wanted[1])]
    if not len(inside):
        raise DataError(_nothing_within(links, wanted))
    spans, left = _spans(spec, inside, wanted)
    parts = {span: inside[(inside >= span[0]) & (inside <= span[1])].tolist() for span in spans}
    if empty := [span for span, found in parts.items() if not found]:
        raise DataError([_nothing_within(links, span) for span in empty])
    single = all(first == last for first, last in spans)
    summed = links.summed({first if single else _called(first, last): parts[first, last] for first, last in spans})
    if not len(left):
        return summed
    notice = Fault(
        "years-left-over",
        f"years that fill no window of {spec.window} were left out: {', '.join(map(str, left))}.",
        f"不足一个 {spec.window} 年时段的年份已剔除：{'、'.join(map(str, left))}。",
        file=spec.file,
        severity="warning",
    )
    return replace(summed, notices=(*summed.notices, notice))


def refuse_empty(links: Links) -> None:
    """Raise ``DataError`` where a period has nothing at all: nothing could be told of it."""
    if empty := [str(period) for period, matrix in zip(links.periods, links.values, strict=True) if not matrix.sum()]:
        raise DataError(
            Fault(
                "empty-period",
                f"there is nothing but zeros in {', '.join(empty)}. Leave these years out with `years` or `periods`, "
                "or lower the floors of `least`.",
                f"以下时期全部为零：{'、'.join(empty)}。请用 years 或 periods 排除这些年份，或降低 least 的下限。",
                file=links.source,
            )
        )


def by_period(panel: Panel, indicator: str, periods: tuple[Period, ...]) -> xr.DataArray:
    """An indicator of the study's panel by region and period: its mean over the years of each, ``nan`` where none."""
    values = panel.sel({INDICATOR: indicator}, drop=True)
    years = values[TIME].values
    found = []
    for period in periods:
        first, last = _years_of(period)
        within = values.isel({TIME: np.flatnonzero((years >= first) & (years <= last))})
        found.append(within.mean(TIME) if within.sizes[TIME] else values.isel({TIME: 0}) * np.nan)
    bare = [one.reset_coords(drop=True) for one in found]
    return xr.concat(bare, dim=TIME).assign_coords({TIME: np.array(periods, dtype=object)}).transpose(REGION, TIME)


def _spans(spec: LinksSpec, inside: np.ndarray, wanted: Span | None) -> tuple[list[Span], list[int]]:
    if spec.periods:
        return sorted(spec.periods), []
    if not spec.window or spec.window == 1:
        return [(int(year), int(year)) for year in inside], []
    first, last = wanted or (int(inside[0]), int(inside[-1]))
    many = (last - first + 1) // spec.window
    start = last - many * spec.window + 1
    if not many:
        return [(first, last)], []
    spans = [(start + at * spec.window, start + (at + 1) * spec.window - 1) for at in range(many)]
    return spans, [int(year) for year in inside if year < start]


def _called(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _years_of(period: Period) -> Span:
    """The years a period speaks of; all of them where it does not say."""
    said = [int(year) for year in re.findall(r"\d{4}", str(period))]
    if period == ALL or not said:
        return (-(10**6), 10**6)
    return said[0], said[-1]


def _no_years(links: Links) -> Fault:
    if links.periods == (ALL,):
        return Fault(
            "no-period-column",
            "`years`, `window` and `periods` need a column of years, and none was found. Name it: "
            'columns = { period = "…" }.',
            "years、window 与 periods 需要年份列，但未识别到。请指明：columns = { period = “…” }。",
            file=links.source,
        )
    shown = ", ".join(map(str, links.periods[:3]))
    return Fault(
        "periods-not-years",
        f"`years`, `window` and `periods` need years; the periods here are such as {shown}. Leave these keys out.",
        f"years、window 与 periods 须用于年份；此处的时期为 {shown} 等。请去掉这些键。",
        file=links.source,
    )


def _nothing_within(links: Links, wanted: Span | None) -> Fault:
    first, last = wanted or (0, 0)
    return Fault(
        "no-data",
        f"nothing lies within {first} to {last}; the file has {links.periods[0]} to {links.periods[-1]}.",
        f"{first} 至 {last} 年没有数据；文件的年份为 {links.periods[0]} 至 {links.periods[-1]}。",
        file=links.source,
    )
