"""The rows of a table of industries: labels as numbers, years, values with bounds, and everything wrong with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import ValidationError

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text, faults_of
from xinzhi.data.bounds import Between, read_bounded
from xinzhi.data.files import find
from xinzhi.data.frames import arrow_of, mixed_labels
from xinzhi.data.layout import Coded
from xinzhi.data.numbers import REASONS, Ints, read_year
from xinzhi.data.records import Bools, Words
from xinzhi.data.sources import SourceSpec
from xinzhi.data.tables import RawTable, from_arrow, read_tables

ALL_REGIONS = "all"
FRAME = "frame"
Unknown = Literal["stop", "drop"]
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
class Asked:
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
class Part:
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
    def join(cls, parts: Sequence[Part]) -> Part:
        """The lines of all tables one after the other."""
        if len(parts) == 1:
            return parts[0]
        fields = ("region", "industry", "year", "value", "low", "high", "rows")
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in fields}
        names = {code: name for part in reversed(parts) for code, name in part.names.items()}
        return cls(**arrays, names=names, faults=())


def tables(table: Any, asked: Asked, how: dict[str, Any]) -> tuple[list[RawTable], SourceSpec, dict[str, str]]:
    """The raw tables of a file or a frame, how to read them, and digests. Raises ``DataError``."""
    path = Path(table) if isinstance(table, (str, os.PathLike)) else None
    try:
        spec = SourceSpec(file=FRAME if path is None else path.name, **how)
    except ValidationError as error:
        raise DataError(faults_of(error)) from None
    if path is None:
        if isinstance(table, pd.DataFrame):
            heads = [head for head in (asked.region, asked.industry) if head and head in table.columns]
            mixed = [fault for head in heads if (fault := mixed_labels(table[head], head)) is not None]
            if mixed:
                raise DataError(mixed)
        return [from_arrow(arrow_of(table, FRAME), FRAME)], spec, {}
    found = find(path.parent, path.name)
    return read_tables(found, spec), spec, {path.name: found.sha256}


def part(
    table: RawTable,
    asked: Asked,
    spec: SourceSpec,
    flags: dict[str, Between],
    years: tuple[int, int],
    unknown: Unknown,
    words: dict[str, Words],
) -> Part:
    """The sound lines of one table, and what is wrong with the others."""
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
    return Part(
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


def _years(table: RawTable, head: str, years: tuple[int, int], unknown: Unknown) -> tuple[Ints, Bools, list[Fault]]:
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
            texts = dict.fromkeys(_shown(table.column(head), at) for at in np.flatnonzero(bad)[:200].tolist())
            shown = ", ".join(list(texts)[:SHOWN])
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


def _unlabelled(table: RawTable, role: str, head: str, blank: Bools, unknown: Unknown) -> Fault:
    zh = {"region": "地区", "industry": "产业"}[role]
    way_en = "They were left out." if unknown == "drop" else 'Write it in, or set unknown = "drop".'
    way_zh = "这些行已剔除。" if unknown == "drop" else "请补全，或设置 unknown = “drop” 予以剔除。"
    many, first = int(blank.sum()), int(np.flatnonzero(blank)[0])
    said = f"rows that do not say the {role}: {many}. {way_en}", f"有 {many} 行没有写明{zh}。{way_zh}"
    return _at(table, f"no-{role}", *said, head, first, "warning" if unknown == "drop" else "error")


def _cells(
    table: RawTable, asked: Asked, measure: str, head: str, spec: SourceSpec, flags: dict[str, Between]
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
            faults.append(_no_number(table, head, reading.text, len(rows), first))
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


def _no_number(table: RawTable, head: str, text: str, many: int, line: int) -> Fault:
    shown = text if len(text) <= 40 else text[:39] + "…"
    if "inf" in text.casefold():
        said = f"infinite values (cells: {many}). Leave the cell empty.", f"无穷大的值（{many} 格）。请留空。"
        return _at(table, "infinite-value", *said, head, line)
    return _at(
        table,
        "not-a-number",
        f"'{shown}' is not a number (cells: {many}). Write the number alone, leave the cell empty, or say between what "
        f"it lies with flags = {{'{shown}': (low, high)}}.",
        f"“{shown}”不是数字（{many} 格）。请只写数字，没有数据则留空，"
        f"或用 flags = {{'{shown}': (下限, 上限)}} 说明其范围。",
        head,
        line,
    )


def _names(table: RawTable, asked: Asked, industry: Ints, words: Words) -> dict[str, Text]:
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
