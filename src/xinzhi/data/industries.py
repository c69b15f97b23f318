"""What industries of regions measure, year by year: what the industry ladder and life cycles are read from."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import DataError, Fault, errors_in
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.core.specs import FaultyValue, Text
from xinzhi.data.bounds import Between
from xinzhi.data.industry_lines import FRAME, SHOWN, Asked, Part, Unknown, part, tables
from xinzhi.data.reading import kept_lines
from xinzhi.data.records import Words
from xinzhi.data.sources import FIRST_YEAR

SERIES, TIME, MEASURE = "series", "time", "measure"


@dataclass(frozen=True)
class Industries:
    """What industries of regions measure, year by year.

    ``values`` is series × time × measure; a series is a region's industry (coordinates ``region`` and ``industry``),
    sorted by region, then industry; times are all years from the first to the last; ``unit`` follows the measure.
    nan is not observed. A cell of which only bounds are known is nan in ``values`` and between ``low`` and ``high``,
    which equal ``values`` everywhere else and are none where no cell is bounded; ``high`` may be infinite.
    """

    values: xr.DataArray
    low: xr.DataArray | None
    high: xr.DataArray | None
    names: Mapping[str, Text]
    notes: tuple[Fault, ...]
    record: Record

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures there are, in the order given."""
        return tuple(self.values[MEASURE].values.tolist())

    def of(self, measure: str) -> xr.DataArray:
        """One measure, series × time. Raises ``DataError`` that names the measures there are."""
        self._known(measure)
        return self.values.sel({MEASURE: measure}, drop=True).rename(measure)

    def bounds(self, measure: str) -> tuple[xr.DataArray, xr.DataArray]:
        """Between what each cell of a measure lies, series × time. Raises ``DataError``."""
        self._known(measure)
        sides = (self.values if side is None else side for side in (self.low, self.high))
        low, high = (side.sel({MEASURE: measure}, drop=True).rename(measure) for side in sides)
        return low, high

    def _known(self, measure: str) -> None:
        if measure not in self.measures:
            raise DataError(
                Fault(
                    "no-measure",
                    f"the industries have no measure '{measure}'. There are: {', '.join(self.measures)}.",
                    f"产业数据中没有度量“{measure}”。现有：{'、'.join(self.measures)}。",
                )
            )

    def name(self, industry: str) -> Text:
        """What an industry is called; its code where no name is known."""
        return self.names.get(industry) or Text(en=industry, zh=industry)

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of cells with something known: region, industry, time, measure, value, low, high, unit."""
        low, high = (self.values if side is None else side for side in (self.low, self.high))
        series, time, measure = np.nonzero(~np.isnan(low.values))
        cells = series, time, measure
        return pd.DataFrame(
            {
                "region": self.values["region"].values[series],
                "industry": self.values["industry"].values[series],
                "time": self.values[TIME].values[time],
                "measure": self.values[MEASURE].values[measure],
                "value": self.values.values[cells],
                "low": low.values[cells],
                "high": high.values[cells],
                "unit": self.values["unit"].values[measure],
            }
        )

    def __str__(self) -> str:
        years, filled = self.values[TIME].values, int(np.isfinite(self.values.values).sum())
        bounded = 0 if self.low is None else int((np.isfinite(self.low.values) & np.isnan(self.values.values)).sum())
        empty = self.values.size - filled - bounded
        return "\n".join(
            (
                f"industries: {len(set(self.values['industry'].values.tolist()))} of "
                f"{len(set(self.values['region'].values.tolist()))} regions, {self.values.sizes[SERIES]} series",
                f"years: {years[0]}-{years[-1]}",
                f"measures: {', '.join(self.measures)}",
                f"cells: {filled} observed, {bounded} between bounds, {empty} not observed",
                f"names: {len(self.names)}",
                f"notes: {len(self.notes)}",
            )
        )


def industries(
    table: Any,
    *,
    industry: str,
    period: str,
    measures: Mapping[str, str] | Sequence[str],
    region: str | None = None,
    low: Mapping[str, str] | None = None,
    high: Mapping[str, str] | None = None,
    flags: Mapping[str, Between] | None = None,
    units: Mapping[str, str] | None = None,
    names: Mapping[str, str | dict[str, str] | Text] | str | None = None,
    years: tuple[int, int] | None = None,
    unknown: Unknown = "stop",
    **how: Any,
) -> Industries:
    """What industries measure, from a table with one row per (region ×) industry × year.

    ``table`` is a path (csv, Excel, Parquet, Stata) or a frame (pandas, Polars, Arrow); ``industry``, ``period`` and
    ``region`` are its columns (without a region there is one, "all"). ``measures`` says which column holds which
    measure, {"employment": "emp"}; the usual names are in ``AMOUNTS`` and "value_added", others are allowed.
    ``names`` are the industries' names, or the column with them.

    What a source withholds is kept as bounds, never as zero: texts such as "<5" or "20-49"; columns of bounds in
    ``low`` and ``high`` (measure -> column) for cells without a value; ``flags`` for letters, {"a": (1, 19)}; a "D"
    or "*" of no stated meaning lies between 0 and infinity. Empty cells are nan and counted.

    ``years`` are the first and last year the data may be about (else 1800 to this year). Rows without a label or of
    another year stop the work, or are left out and counted where ``unknown="drop"``. ``how`` are the keys of a
    ``[[source]]``: ``where``, ``decimal``, ``sheet``, ``header``, ``encoding``, ``separator``.
    Raises ``DataError`` with everything that is wrong: negative and infinite amounts, texts that are no numbers,
    repeated cells, bounds the wrong way round, years out of range. ``MethodError`` for another ``unknown``.
    """
    if unknown not in get_args(Unknown):
        known = ", ".join(get_args(Unknown))
        said = f"unknown is one of: {known}; found {unknown!r}.", f"unknown 可取：{known}；实际为 {unknown!r}。"
        raise FaultyValue("bad-option", *said)
    held = dict(measures) if isinstance(measures, Mapping) else {name: name for name in measures}
    asked = Asked(
        industry, period, region, held, dict(low or {}), dict(high or {}), names if isinstance(names, str) else None
    )
    raw, spec, inputs = tables(table, asked, how)
    faults = [fault for one in raw for fault in (*one.faults, *asked.lacking(one))]
    if errors_in(faults):
        raise DataError(faults)
    first, last = years or (FIRST_YEAR, datetime.date.today().year)
    words = {"region": Words(), "industry": Words()}
    parts = [
        part(one.keep(kept_lines(one, spec)), asked, spec, dict(flags or {}), (first, last), unknown, words)
        for one in raw
    ]
    faults += [fault for part in parts for fault in part.faults]
    lines = Part.join(parts)
    faults += _repeated(lines, words, raw[0].file)
    if not len(lines.year) and not errors_in(faults):
        faults.append(Fault("no-data", "no row is left to bring in.", "没有可用的数据行。", file=raw[0].file))
    if errors_in(faults):
        raise DataError(faults)
    made = _laid_out(lines, words, asked, dict(units or {}))
    told = {str(code): Text.of(name) for code, name in names.items()} if isinstance(names, Mapping) else lines.names
    settings = {
        "industry": industry,
        "period": period,
        "region": region,
        "measures": held,
        "low": asked.low,
        "high": asked.high,
        "flags": dict(flags or {}),
        "years": years,
        "unknown": unknown,
        **how,
    }
    record = Record("industries", settings, inputs or {FRAME: _digest(made)})
    return replace(made, names=told, notes=tuple(faults), record=record)


def _laid_out(lines: Part, words: dict[str, Words], asked: Asked, units: dict[str, str]) -> Industries:
    """The lines as series × time × measure."""
    regions, codes = words["region"].texts, words["industry"].texts
    place = _order(regions)[lines.region] * len(codes) + _order(codes)[lines.industry]
    pairs, series = np.unique(place, return_inverse=True)
    first, last = int(lines.year.min()), int(lines.year.max())
    times = np.arange(first, last + 1)
    cell = series * len(times) + (lines.year - first)
    shape = len(pairs) * len(times), len(asked.measures)
    # Texts of fixed width: xarray copies arrays of objects one by one.
    ordered_regions, ordered_codes = np.array(sorted(regions), dtype=str), np.array(sorted(codes), dtype=str)
    coords = {
        "region": (SERIES, ordered_regions[pairs // len(codes)]),
        "industry": (SERIES, ordered_codes[pairs % len(codes)]),
        TIME: times,
        MEASURE: np.array(list(asked.measures), dtype=object),
        "unit": (MEASURE, np.array([units.get(measure, "") for measure in asked.measures], dtype=object)),
    }

    def laid(cells: Floats) -> xr.DataArray:
        full = np.full(shape, np.nan)
        full[cell] = cells
        return xr.DataArray(full.reshape(len(pairs), len(times), -1), coords, (SERIES, TIME, MEASURE), name="value")

    bounded = bool((np.isnan(lines.value) & ~np.isnan(lines.low)).any())
    low, high = (laid(lines.low), laid(lines.high)) if bounded else (None, None)
    return Industries(laid(lines.value), low, high, {}, (), Record("industries", {}, {}))


def _repeated(lines: Part, words: dict[str, Words], file: str) -> list[Fault]:
    """What is wrong where a cell stands in more than one row."""
    if not len(lines.year):
        return []
    regions, codes = words["region"].texts, words["industry"].texts
    first = int(lines.year.min())
    place = (lines.region * len(codes) + lines.industry) * (int(lines.year.max()) - first + 1) + lines.year - first
    ordered = np.sort(place)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not twice.size:
        return []
    again = np.flatnonzero(np.isin(place, twice))
    shown = dict.fromkeys(
        f"{regions[lines.region[at]]} × {codes[lines.industry[at]]} × {lines.year[at]}"
        for at in again[: 4 * SHOWN].tolist()
    )
    told = list(shown)[:SHOWN]
    return [
        Fault(
            "repeated-cell",
            f"cells of region × industry × year in more than one row: {len(twice)} ({'; '.join(told)}). "
            "Add them up first, choose rows with `where`, or name a column of industries that tells them apart.",
            f"“地区 × 产业 × 年份”重复出现于多行：{len(twice)} 个（{'；'.join(told)}）。"
            "请先汇总，或用 where 选定行，或改用能区分它们的产业列。",
            file,
            row=int(lines.rows[again[0]]),
        )
    ]


def _order(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """The place of each text in sorted order."""
    place = np.empty(len(texts), dtype=np.int64)
    place[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts))
    return place


def _digest(made: Industries) -> str:
    content = hashlib.sha256()
    for labels in ("region", "industry", TIME, MEASURE):
        content.update("\n".join(map(str, made.values[labels].values.tolist())).encode() + b"\0")
    for side in (made.values, made.low, made.high):
        if side is not None:
            content.update(np.ascontiguousarray(side.values).data)
    return content.hexdigest()
