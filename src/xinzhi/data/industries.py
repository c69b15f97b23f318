"""What industries of regions measure, year by year: what the industry ladder and life cycles are read from."""

from __future__ import annotations

import datetime
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import xarray as xr
from pydantic import ValidationError

from xinzhi.core.errors import DataError, Fault, errors_in
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.core.specs import Text, faults_of
from xinzhi.data.bounds import Between, read_bounded
from xinzhi.data.files import find
from xinzhi.data.frames import arrow_of
from xinzhi.data.layout import Coded
from xinzhi.data.numbers import REASONS, Ints, read_year
from xinzhi.data.reading import kept_lines
from xinzhi.data.records import Bools, Words
from xinzhi.data.sources import FIRST_YEAR, SourceSpec
from xinzhi.data.tables import RawTable, from_arrow, read_tables

SERIES, TIME, MEASURE = "series", "time", "measure"
ALL_REGIONS = "all"
FRAME = "frame"
SHOWN = 5  # places named in one fault

# Usual measures: amounts, of which a negative one is an error. Value added can be negative, and other names may be too.
AMOUNTS = (
    "employment",
    "output",
    "revenue",
    "firms",
    "establishments",
    "entries",
    "exits",
    "rd",
    "patents",
    "capital",
    "energy",
    "productivity",
    "digital",
    "wages",
)


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
    unknown: Literal["stop", "drop"] = "stop",
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
    repeated cells, bounds the wrong way round, years out of range.
    """
    held = dict(measures) if isinstance(measures, Mapping) else {name: name for name in measures}
    asked = _Asked(
        industry, period, region, held, dict(low or {}), dict(high or {}), names if isinstance(names, str) else None
    )
    raw, spec, inputs = _tables(table, how)
    faults = [fault for one in raw for fault in (*one.faults, *asked.lacking(one))]
    if errors_in(faults):
        raise DataError(faults)
    first, last = years or (FIRST_YEAR, datetime.date.today().year)
    words = {"region": Words(), "industry": Words()}
    parts = [
        _part(one.keep(kept_lines(one, spec)), asked, spec, dict(flags or {}), (first, last), unknown, words)
        for one in raw
    ]
    faults += [fault for part in parts for fault in part.faults]
    lines = _Part.join(parts)
    if not len(lines.year) and not errors_in(faults):
        faults.append(Fault("no-data", "no row is left to bring in.", "没有可用的数据行。", file=raw[0].file))
    if errors_in(faults):
        raise DataError(faults)
    made = _laid_out(lines, words, asked, dict(units or {}), raw[0].file)
    faults += made.notes
    if errors_in(faults):
        raise DataError(faults)
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


@dataclass(frozen=True)
class _Asked:
    """Which column plays which role."""

    industry: str
    period: str
    region: str | None
    measures: dict[str, str]
    low: dict[str, str]
    high: dict[str, str]
    names: str | None

    def lacking(self, table: RawTable) -> list[Fault]:
        """Columns that are not there, and bounds of measures that are not."""
        wanted = [self.industry, self.period, self.region, self.names, *self.measures.values()]
        wanted += [*self.low.values(), *self.high.values()]
        absent = [head for head in dict.fromkeys(wanted) if head is not None and head not in table.heads]
        faults = []
        if absent:
            there = list(table.heads[:12])
            faults.append(
                Fault(
                    "no-column",
                    f"there is no column {', '.join(map(repr, absent))}. The table has: {', '.join(there)}.",
                    f"没有以下列：{'、'.join(absent)}。表中有：{'、'.join(there)}。",
                    table.file,
                    table.sheet,
                )
            )
        if not self.measures:
            said = (
                'no measure is named; measures = {"employment": "emp"}.',
                "未指明任何度量，如 measures = {“employment”: “emp”}。",
            )
            faults.append(Fault("no-measures", *said, table.file))
        odd = sorted((self.low.keys() ^ self.high.keys()) | (self.low.keys() - self.measures.keys()))
        if odd:
            faults.append(
                Fault(
                    "half-bounds",
                    f"`low` and `high` need a column each for the same measures; not so: {', '.join(odd)}.",
                    f"low 与 high 须为同一度量各给一列；不符：{'、'.join(odd)}。",
                    table.file,
                )
            )
        return faults


@dataclass(frozen=True)
class _Part:
    """Sound lines of one table: labels as numbers, years, and cells line × measure."""

    region: Ints
    industry: Ints
    year: Ints
    value: Floats
    low: Floats
    high: Floats
    rows: Ints
    names: dict[str, Text]
    faults: tuple[Fault, ...]

    @classmethod
    def join(cls, parts: Sequence[_Part]) -> _Part:
        if len(parts) == 1:
            return parts[0]
        fields = ("region", "industry", "year", "value", "low", "high", "rows")
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in fields}
        names = {code: name for part in reversed(parts) for code, name in part.names.items()}
        return cls(**arrays, names=names, faults=())


def _tables(table: Any, how: dict[str, Any]) -> tuple[list[RawTable], SourceSpec, dict[str, str]]:
    path = Path(table) if isinstance(table, (str, os.PathLike)) else None
    try:
        spec = SourceSpec(file=FRAME if path is None else path.name, **how)
    except ValidationError as error:
        raise DataError(faults_of(error)) from None
    if path is None:
        return [from_arrow(arrow_of(table, FRAME), FRAME)], spec, {}
    found = find(path.parent, path.name)
    return read_tables(found, spec), spec, {path.name: found.sha256}


def _part(
    table: RawTable,
    asked: _Asked,
    spec: SourceSpec,
    flags: dict[str, Between],
    years: tuple[int, int],
    unknown: Literal["stop", "drop"],
    words: dict[str, Words],
) -> _Part:
    faults = list[Fault]()
    n = len(table.rows)
    region = _codes(
        Coded.constant(ALL_REGIONS, n) if asked.region is None else Coded.of(table.column(asked.region)),
        words["region"],
    )
    industry = _codes(Coded.of(table.column(asked.industry)), words["industry"])
    year, wrong, said = _years(table, asked.period, years, unknown)
    faults += said
    kept = ~wrong
    for role, head, codes in (("region", asked.region, region), ("industry", asked.industry, industry)):
        if (blank := codes < 0).any():
            faults.append(_unlabelled(table, role, str(head), blank, unknown))
            kept &= ~blank
    value, low, high = (np.full((n, len(asked.measures)), np.nan) for _ in range(3))
    for at, (measure, head) in enumerate(asked.measures.items()):
        value[:, at], low[:, at], high[:, at], said = _cells(table, asked, measure, head, spec, flags)
        faults += said
    names = _names(table, asked, industry, words["industry"])
    return _Part(
        region[kept],
        industry[kept],
        year[kept],
        value[kept],
        low[kept],
        high[kept],
        table.rows[kept],
        names,
        tuple(faults),
    )


def _codes(labels: Coded, words: Words) -> Ints:
    texts = [_whole(text.strip()) for text in labels.texts]
    numbers = np.full(len(texts) + 1, -1, dtype=np.int64)
    some = np.array([bool(text) for text in texts], dtype=bool)
    numbers[:-1][some] = words.codes(text for text in texts if text)
    return numbers[labels.codes]


def _whole(text: str) -> str:
    """A label that a frame keeps as a decimal number because others are missing, back as a whole one."""
    return "" if text == "nan" else text[:-2] if text.endswith(".0") and text[:-2].isdecimal() else text


def _years(
    table: RawTable, head: str, years: tuple[int, int], unknown: Literal["stop", "drop"]
) -> tuple[Ints, Bools, list[Fault]]:
    coded = Coded.of(table.column(head))
    read = [read_year(_whole(text))[0] for text in coded.texts]
    number = np.array([*(-1 if year is None else year for year in read), -1], dtype=np.int64)[coded.codes]
    faults = list[Fault]()
    outside = (number >= 0) & ((number < years[0]) | (number > years[1]))
    for code, bad, en, zh in (
        ("no-year", number < 0, "do not say a year", "没有写明年份"),
        ("year-out-of-range", outside, f"are not of {years[0]}-{years[1]}", f"不在 {years[0]}-{years[1]} 年之内"),
    ):
        if bad.any():
            shown = ", ".join(
                dict.fromkeys(_shown(table.column(head), at) for at in np.flatnonzero(bad)[:200]).keys()
                if bad.any()
                else ()
            )
            shown = ", ".join(shown.split(", ")[:SHOWN])
            way_en = (
                "They were left out."
                if unknown == "drop"
                else 'Mend them, set `years`, or leave them out with unknown = "drop".'
            )
            way_zh = (
                "这些行已剔除。"
                if unknown == "drop"
                else "请更正，或用 years 指定范围，或设 unknown = “drop” 予以剔除。"
            )
            faults.append(
                _at(
                    table,
                    code,
                    f"rows that {en}: {int(bad.sum())} ({shown}). {way_en}",
                    f"{zh}的行：{int(bad.sum())} 行（{shown}）。{way_zh}",
                    head,
                    int(np.flatnonzero(bad)[0]),
                    "warning" if unknown == "drop" else "error",
                )
            )
    return number, (number < 0) | outside, faults


def _shown(column: pa.Array, at: int) -> str:
    text = str(column[int(at)].as_py())
    return text if len(text) <= 40 else text[:39] + "…"


def _at(
    table: RawTable, code: str, en: str, zh: str, head: str, line: int, severity: Literal["error", "warning"] = "error"
) -> Fault:
    return Fault(code, en, zh, table.file, table.sheet, int(table.rows[line]), head, severity)


def _unlabelled(table: RawTable, role: str, head: str, blank: Bools, unknown: Literal["stop", "drop"]) -> Fault:
    zh = {"region": "地区", "industry": "产业"}[role]
    way_en = "They were left out." if unknown == "drop" else 'Write it in, or set unknown = "drop".'
    way_zh = "这些行已剔除。" if unknown == "drop" else "请补全，或设置 unknown = “drop” 予以剔除。"
    many, first = int(blank.sum()), int(np.flatnonzero(blank)[0])
    said = f"rows that do not say the {role}: {many}. {way_en}", f"有 {many} 行没有写明{zh}。{way_zh}"
    return _at(table, f"no-{role}", *said, head, first, "warning" if unknown == "drop" else "error")


def _cells(
    table: RawTable, asked: _Asked, measure: str, head: str, spec: SourceSpec, flags: dict[str, Between]
) -> tuple[Floats, Floats, Floats, list[Fault]]:
    """One measure of every line: values, bounds, and what is wrong or was mended."""
    read = read_bounded(table.column(head), spec.decimal, flags)
    value, low, high = read.value, read.low, read.high
    faults = list[Fault]()
    wrong = np.zeros(len(value), dtype=bool)
    for reading, rows in read.odd:
        shown, first = _shown(table.column(head), int(rows[0])), int(rows[0])
        if reading.reason == "wrong":
            wrong[rows] = True
            code = "infinite-value" if "inf" in reading.text.casefold() else "not-a-number"
            faults.append(
                _at(
                    table,
                    code,
                    f"'{shown}' is not a number (cells: {len(rows)}). Write the number alone, leave the cell empty, or "
                    f"say what it means with flags = {{'{shown}': (low, high)}}.",
                    f"“{shown}”不是数字（{len(rows)} 格）。请只写数字，没有数据则留空，或用 flags 说明其上下限。",
                    head,
                    first,
                )
            )
        elif reading.reason != "missing-mark":
            en, zh = REASONS[reading.reason]
            said = f"{en} (cells: {len(rows)}, such as '{shown}').", f"{zh}（{len(rows)} 格，如“{shown}”）。"
            faults.append(_at(table, "numbers-mended", *said, head, first, "warning"))
    if measure in asked.low:
        said_low, said_high = (
            read_bounded(table.column(of[measure]), spec.decimal).value for of in (asked.low, asked.high)
        )
        between = np.isnan(value) & ~wrong & np.isfinite(said_low) & ~np.isnan(said_high)
        low, high = np.where(between, said_low, low), np.where(between, said_high, high)
        outside = np.isfinite(value) & ((value < said_low) | (value > said_high))
        if outside.any():
            said = (
                f"{measure} lies outside its own bounds in {int(outside.sum())} rows.",
                f"{measure} 超出自身上下限：{int(outside.sum())} 行。",
            )
            faults.append(_at(table, "outside-bounds", *said, head, int(np.flatnonzero(outside)[0])))
    if (crossed := low > high).any():
        said = (
            f"the lower bound is above the upper one in {int(crossed.sum())} rows.",
            f"下限高于上限：{int(crossed.sum())} 行。",
        )
        faults.append(_at(table, "crossed-bounds", *said, head, int(np.flatnonzero(crossed)[0])))
    if measure in AMOUNTS and (negative := low < 0).any():
        said = (
            f"{measure} is negative in {int(negative.sum())} rows; it is an amount of at least 0.",
            f"{measure} 为负值：{int(negative.sum())} 行；该度量须不小于 0。",
        )
        faults.append(_at(table, "negative-value", *said, head, int(np.flatnonzero(negative)[0])))
    bounded, blank = np.isnan(value) & ~np.isnan(low), np.isnan(low) & ~wrong
    for code, cells, en, zh in (
        ("bounded-cells", bounded, "are known only between bounds", "仅知上下限"),
        ("blank-cells", blank, "are empty and count as not observed", "为空，按未观测处理"),
    ):
        if cells.any():
            many, share = int(cells.sum()), cells.mean()
            said = f"{measure}: {many} cells ({share:.0%}) {en}.", f"{measure}：{many} 格（{share:.0%}）{zh}。"
            faults.append(_at(table, code, *said, head, int(np.flatnonzero(cells)[0]), "warning"))
    return value, low, high, faults


def _names(table: RawTable, asked: _Asked, industry: Ints, words: Words) -> dict[str, Text]:
    """The name beside each industry, the first where there are several."""
    if asked.names is None:
        return {}
    coded = Coded.of(table.column(asked.names))
    texts = [*(text.strip() for text in coded.texts), ""]
    kept = industry >= 0
    codes, first = np.unique(industry[kept], return_index=True)
    at = np.flatnonzero(kept)[first]
    known = words.texts
    return {
        known[code]: Text.of(texts[coded.codes[line]])
        for code, line in zip(codes.tolist(), at.tolist(), strict=True)
        if texts[coded.codes[line]]
    }


def _laid_out(lines: _Part, words: dict[str, Words], asked: _Asked, units: dict[str, str], file: str) -> Industries:
    """The lines as series × time × measure; a repeated cell is an error among the notes."""
    regions, codes = words["region"].texts, words["industry"].texts
    place = _order(regions)[lines.region] * len(codes) + _order(codes)[lines.industry]
    pairs, series = np.unique(place, return_inverse=True)
    first, last = int(lines.year.min()), int(lines.year.max())
    times = np.arange(first, last + 1)
    cell = series * len(times) + (lines.year - first)
    notes = list[Fault]()
    many = np.bincount(cell)
    if (many > 1).any():
        again = np.flatnonzero(many[cell] > 1)
        shown = dict.fromkeys(
            f"{regions[lines.region[at]]} × {codes[lines.industry[at]]} × {lines.year[at]}"
            for at in again[: 4 * SHOWN].tolist()
        )
        told = list(shown)[:SHOWN]
        notes.append(
            Fault(
                "repeated-cell",
                f"cells of region × industry × year in more than one row: {int((many > 1).sum())} ({'; '.join(told)}). "
                "Add them up first, or choose rows with `where`.",
                f"“地区 × 产业 × 年份”重复出现于多行：{int((many > 1).sum())} 个（{'；'.join(told)}）。"
                "请先汇总，或用 where 选定行。",
                file,
                row=int(lines.rows[again[0]]),
            )
        )
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
    return Industries(laid(lines.value), low, high, {}, tuple(notes), Record("industries", {}, {}))


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
