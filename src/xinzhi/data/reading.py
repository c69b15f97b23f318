"""The cells of a table as records: whose value, of when, of what, in which unit, and what had to be mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from xinzhi.core.errors import Fault, Severity
from xinzhi.core.labels import MISSING, OBSERVED, ORIGINS
from xinzhi.data import units
from xinzhi.data.heads import unit_in
from xinzhi.data.layout import Block, Coded, Roles, blocks
from xinzhi.data.numbers import REASONS, Ints, Numbers, read_numbers, read_year
from xinzhi.data.records import MOST_FAULTS, Bools, Cells, Findings, Vocabulary, first_of
from xinzhi.data.regions import Match, gazetteer, resolve
from xinzhi.data.sources import FIRST_YEAR, LAST_YEAR, Cell, Repair, TableSpec
from xinzhi.data.tables import RawTable

FILLED = ORIGINS.index("filled-in-source")


@dataclass
class TableReading:
    """Reads one table. ``years`` keeps first to last; rows outside were not asked for and are left out unlisted."""

    number: int
    table: RawTable
    roles: Roles
    spec: TableSpec
    book: str
    years: tuple[int, int] | None
    words: Vocabulary
    found: Findings
    empty: int = 0
    uncounted: int = 0
    names: dict[str, str] = field(default_factory=dict)
    groups: dict[str, dict[str, str]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    _seen: dict[int, tuple[Ints, Bools]] = field(default_factory=dict)
    _time: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def read(self) -> list[Cells]:
        """The records of every column of values."""
        self.table = self.table.keep(kept_lines(self.table, self.spec))
        if self.roles.time is not None:  # before anything else: a fault in a year nobody asked for is none
            self._time, wanted = self._years(Coded.of(self.table.column(self.roles.time)))
            self.table, self._time = self.table.keep(wanted), self._time[wanted]
        made = blocks(self.table, self.roles, self.spec)
        parts = [self._block(block) for block in made]
        if made and self.roles.region is not None:
            self._learn_regions(made[0].region)
        self._learn_titles(made)
        if self.uncounted:
            self._fault(
                "more-faults",
                None,
                None,
                f"and {self.uncounted} more cells that are not numbers.",
                f"另有 {self.uncounted} 个单元格不是数字。",
            )
        return parts

    def _block(self, block: Block) -> Cells:
        region, wanted = self._once(block.region, self._regions)
        time, in_time = (self._time, True) if self.roles.time else self._once(block.time, self._years)
        indicator, named = self._once(block.indicator, self._indicators)
        wanted = wanted & in_time & named
        numbers = self._numbers(block, np.flatnonzero(wanted))
        keep = np.flatnonzero(wanted & (region >= 0) & (time > 0) & (indicator >= 0))
        value = numbers.values[keep]
        unit = self.words.units.codes(block.unit.texts)[block.unit.codes]
        unit = np.where(block.unit.codes < 0, self.words.units.codes([""]), unit)
        signed = numbers.percent
        unit = self._percent(block, unit, signed & wanted)
        origin = np.where(np.isnan(value), MISSING, OBSERVED).astype(np.uint8)
        if self.spec.filled is not None:
            origin[(origin == OBSERVED) & _ticked(self.table.column(self.spec.filled))[keep]] = FILLED
        given = self.words.given.codes([*block.region.texts, ""])[block.region.codes]
        whole = len(keep) == len(block.values)
        text = block.values if whole else block.values.take(pa.array(keep))
        return Cells(
            np.full(len(keep), self.number),
            self.table.rows[keep],
            np.full(len(keep), self.words.columns.codes([block.head])[0]),
            given[keep],
            region[keep],
            time[keep],
            indicator[keep],
            unit[keep],
            value,
            origin,
            signed[keep],
            (text,),
        )

    def _once(self, coded: Coded, read: Callable[[Coded], tuple[Ints, Bools]]) -> tuple[Ints, Bools]:
        """Columns of labels are shared by the blocks of a wide table: each is read, and reported on, once."""
        if id(coded) not in self._seen:
            self._seen[id(coded)] = read(coded)
        return self._seen[id(coded)]

    # ---- labels

    def _regions(self, coded: Coded) -> tuple[Ints, Bools]:
        """The region of every line (-1 unknown), and which lines are wanted."""
        told = {name: code for name, code in self.spec.names.items() if name in coded.texts}
        texts = [told.get(text, text) for text in coded.texts]
        resolution = resolve([text for text in texts if text.strip()], self.book)
        lines = _Lines(coded, self.table.rows, self.table.header if self.roles.region is None else None)
        codes, wanted, totals = [], [], []
        for at, (given, meant) in enumerate(zip(coded.texts, texts, strict=True)):
            match = resolution.matches.get(meant, Match(meant, None, None))
            left_out = not meant.strip() and given in told
            # Also where several totals are equally near: whichever is meant, it is no region.
            dropped = match.aggregate and self.spec.aggregates == "drop"
            codes.append(match.code if match.code and not (dropped or left_out) else None)
            wanted.append(not (dropped or left_out))
            if dropped and match.code is None:
                self._unclear_total(given, match, lines.first(at), lines.count(at))
            elif dropped:
                totals.append((given, lines.count(at)))
            elif given in told:
                self._repair(
                    "name-as-told",
                    "read as the study says",
                    "按研究文件的说明读取",
                    given,
                    match.code or "",
                    self._region_head(given),
                    lines.rows(at),
                    lines.count(at),
                    match.code,
                )
            if match.repaired and match.code:
                self._repair(
                    f"name-{match.how}",
                    *_HOW[match.how or ""],
                    given,
                    self._called(match.code, given),
                    self._region_head(given),
                    lines.rows(at),
                    lines.count(at),
                    match.code,
                )
            if match.code is None and not (left_out or dropped):
                self._unknown_region(given, match, lines.first(at), lines.count(at))
        if totals:
            self._note_totals(totals, lines)
        numbers = np.array([*(self.words.regions.codes([code])[0] if code else -1 for code in codes), -1])
        blank = coded.codes < 0
        if blank.any():
            self._unknown_region("", Match("", None, None), int(self.table.rows[blank][0]), int(blank.sum()))
        return numbers[coded.codes], np.array([*wanted, True])[coded.codes]

    def _called(self, code: str, like: str) -> str:
        entry = gazetteer(self.book).find(code)
        return entry.called(like) if entry else code

    def _region_head(self, given: str) -> str:
        return self.roles.region or given

    def _unknown_region(self, given: str, match: Match, row: int | None, count: int) -> None:
        if not given.strip():
            self._fault(
                "no-region-name",
                row,
                self.roles.region,
                f"rows that do not say which region they are about: {count}.",
                f"有 {count} 行没有写明地区。",
            )
            return
        title = gazetteer(self.book).title
        near_en = f" Did you mean: {', '.join(match.suggestions)}?" if match.suggestions else ""
        near_zh = f"是否指：{'、'.join(match.suggestions)}？" if match.suggestions else ""
        self._fault(
            "unknown-region",
            row,
            self._region_head(given),
            f"'{given}' (rows: {count}) is not among: {title.en}.{near_en} Correct the name, or say what it means "
            f'with names = {{ "{given}" = "…" }}; an empty text leaves its rows out.',
            f"“{given}”（{count} 行）不在“{title.zh}”之中。{near_zh}请改正名称，"
            f'或用 names = {{ "{given}" = "…" }} 说明所指；留空则剔除这些行。',
            severity="error" if self.spec.unknown == "stop" else "warning",
        )

    def _unclear_total(self, given: str, match: Match, row: int | None, count: int) -> None:
        self._fault(
            "unclear-total",
            row,
            self._region_head(given),
            f"'{given}' (rows: {count}) is none of the regions; it may mean: {', '.join(match.suggestions)}. "
            "Each of these is a total, so its rows were left out.",
            f"“{given}”（{count} 行）不是单个地区，可能指：{'、'.join(match.suggestions)}。均为合计，这些行已剔除。",
            severity="warning",
        )

    def _note_totals(self, totals: list[tuple[str, int]], lines: _Lines) -> None:
        names, count = [name for name, _ in totals], sum(count for _, count in totals)
        shown = names[:8] + (["…"] if len(names) > 8 else [])
        self._fault(
            "totals-left-out",
            None,
            self.roles.region,
            f"rows of totals, not regions, left out ({count}): {', '.join(shown)}. "
            'Set aggregates = "keep" to bring them in.',
            f'{count} 行为合计或分组，不是单个地区，已剔除：{"、".join(shown)}。如需保留，请设置 aggregates = "keep"。',
            severity="warning",
        )

    def _years(self, coded: Coded) -> tuple[Ints, Bools]:
        """The year of every line (0 unknown), and which lines are wanted."""
        head = self.roles.time
        lines = _Lines(coded, self.table.rows, self.table.header if head is None else None)
        years, wanted = [], []
        for at, text in enumerate(coded.texts):
            year, reason = read_year(text)
            outside = year is not None and self.years is not None and not self.years[0] <= year <= self.years[1]
            absurd = year is not None and not FIRST_YEAR <= year <= LAST_YEAR
            if year is None or (absurd and not outside):
                self._bad_year(text, year, lines, at)
            elif reason and head is not None and not outside:
                self._repair(reason, *REASONS[reason], text, str(year), head, lines.rows(at), lines.count(at))
            years.append(0 if year is None or absurd else year)
            wanted.append(not outside)
        blank = coded.codes < 0
        if blank.any():
            self._fault(
                "bad-year",
                int(self.table.rows[blank][0]),
                head,
                f"rows without a year: {int(blank.sum())}.",
                f"有 {int(blank.sum())} 行没有年份。",
            )
        return np.array([*years, 0])[coded.codes], np.array([*wanted, True])[coded.codes]

    def _bad_year(self, text: str, year: int | None, lines: _Lines, at: int) -> None:
        count = lines.count(at)
        if year is None:
            en, zh = f"'{text}' (rows: {count}) is not a year.", f"“{text}”（{count} 行）不是年份。"
        else:
            en = f"{year} (rows: {count}) cannot be a year of statistics. Correct it, or choose `years`."
            zh = f"{year}（{count} 行）不可能是统计年份。请改正，或用 years 限定年份范围。"
        self._fault("bad-year", lines.first(at), self.roles.time, en, zh)

    def _indicators(self, coded: Coded) -> tuple[Ints, Bools]:
        numbers = np.array(
            [*(self.words.indicators.codes([t.strip()])[0] if t.strip() else -1 for t in coded.texts), -1]
        )
        codes = numbers[coded.codes]
        if (blank := codes < 0).any():
            self._fault(
                "no-indicator-name",
                int(self.table.rows[blank][0]),
                self.roles.indicator,
                f"rows that do not say what is measured: {int(blank.sum())}.",
                f"有 {int(blank.sum())} 行没有写明指标。",
            )
        return codes, np.ones(len(codes), dtype=bool)

    # ---- numbers

    def _numbers(self, block: Block, wanted: Ints) -> Numbers:
        """The values of a column; what is not wanted is not read and stays missing."""
        whole = len(wanted) == len(block.values)
        read = read_numbers(block.values if whole else block.values.take(pa.array(wanted)), self.spec.decimal)
        self.empty += read.empty
        by_reason: dict[str, list[int]] = {}
        for at, reading in enumerate(read.readings):
            by_reason.setdefault(reading.reason, []).append(at)
        for at in by_reason.pop("wrong", []):
            self._bad_numbers(read.readings[at].text, block.head, self.table.rows[wanted[read.positions(at)]])
        for reason, which in by_reason.items():
            # Marks of missing values are listed each by itself, mendings of numbers together with one example.
            groups = [[at] for at in which] if reason in ("missing-mark", "suppressed") else [which]
            for group in groups:
                rows = self.table.rows[wanted[read.odd[np.isin(read.which, group)]]]
                first = read.readings[group[0]]
                now = (
                    "" if np.isnan(first.value) else f"{first.value:g}" if first.value < 1e6 else f"{first.value:.15g}"
                )
                self._repair(reason, *REASONS[reason], first.text, now, block.head, rows[:5], len(rows))
        if whole:
            return read
        values = np.full(len(block.values), np.nan)
        values[wanted] = read.values
        return Numbers(values, wanted[read.odd], read.which, read.readings, read.empty)

    def _bad_numbers(self, text: str, head: str, rows: Ints) -> None:
        shown = text if len(text) <= 40 else text[:39] + "…"
        for row in rows:
            if len(self.found.faults) >= MOST_FAULTS:
                self.uncounted += 1
                continue
            self._fault(
                "not-a-number",
                int(row),
                head,
                f"'{shown}' is not a number. Write the number alone, or leave the cell empty where there is none.",
                f"“{shown}”不是数字。请只写数字；没有数据则留空。",
            )

    def _percent(self, block: Block, unit: Ints, signed: Bools) -> Ints:
        """A percent sign is the unit where none is given, and a fault where the unit given is another."""
        if not signed.any():
            return unit
        percent = int(self.words.units.codes(["%"])[0])
        labels = self.words.units.texts
        shares = np.array([not label or _is_share(label) for label in labels])
        for at in np.flatnonzero(signed & ~shares[unit])[:MOST_FAULTS]:
            self._fault(
                "percent-of-a-quantity",
                int(self.table.rows[at]),
                block.head,
                f"a percent sign, but the unit is {labels[unit[at]]}.",
                f"数值带百分号，而计量单位是{labels[unit[at]]}。",
            )
        return np.where(signed & (unit == self.words.units.codes([""])[0]), percent, unit)

    # ---- what is known of a region besides

    def _learn_regions(self, coded: Coded) -> None:
        """Names and groups of regions, from columns that say the same thing of a region on all its lines."""
        heads = [head for head in (self.roles.name, *self.spec.groups) if head is not None]
        if not heads:
            return
        region, _ = self._once(coded, self._regions)
        lines, codes = np.flatnonzero(region >= 0), self.words.regions.texts
        first = first_of(region[lines], len(codes))
        first_lines = {codes[number]: int(lines[at]) for number, at in enumerate(first) if at >= 0}
        for head in heads:
            column = self.table.column(head)
            said = {code: str(column[line].as_py() or "") for code, line in first_lines.items()}
            if head == self.roles.name:
                self.names = said
            else:
                self.groups[head] = said

    def _learn_titles(self, made: Sequence[Block]) -> None:
        """Names of indicators: a column of names beside the codes, or the labels a Stata file gives its columns."""
        if self.roles.title is not None and self.roles.indicator is not None:
            codes, names = (
                Coded.of(self.table.column(self.roles.indicator)),
                Coded.of(self.table.column(self.roles.title)),
            )
            first = np.unique(codes.codes, return_index=True)[1]
            pairs = [(codes.texts[codes.codes[line]].strip(), names.texts[names.codes[line]]) for line in first]
            self.titles = {code: unit_in(name)[0] for code, name in pairs if name}
        labels = self.table.labels or {}
        if self.roles.layout == "wide-indicators":
            self.titles = {
                block.indicator.texts[0]: unit_in(labels[block.head])[0] for block in made if block.head in labels
            }

    # ---- saying so

    def _repair(
        self,
        reason: str,
        en: str,
        zh: str,
        was: str,
        now: str,
        column: str,
        rows: Iterable[int],
        count: int,
        region: str | None = None,
    ) -> None:
        self.found.repairs.append(
            Repair(
                reason,
                en,
                zh,
                was,
                now,
                self.table.file,
                column,
                count,
                tuple(map(int, rows)),
                self.table.sheet,
                region,
            )
        )

    def _fault(
        self, code: str, row: int | None, column: str | None, en: str, zh: str, severity: Severity = "error"
    ) -> None:
        self.found.faults.append(Fault(code, en, zh, self.table.file, self.table.sheet, row, column, severity))


_HOW = {
    "spacing": ("spaces or marks inside the name removed", "去除名称中的空格或符号"),
    "confusable": ("characters that scanners confuse put right", "更正形近误识字符"),
    "near": ("one slip in the spelling put right", "更正名称中的一处误写"),
}


class _Lines:
    """Which lines carry which label, worked out once it is asked for. ``fixed`` is the row of labels that are heads."""

    def __init__(self, coded: Coded, rows: Ints, fixed: int | None) -> None:
        self._coded, self._rows, self._fixed = coded, rows, fixed

    def count(self, label: int) -> int:
        return int(np.count_nonzero(self._coded.codes == label))

    def rows(self, label: int) -> list[int]:
        if self._fixed is not None:
            return [self._fixed]
        return [int(row) for row in self._rows[np.flatnonzero(self._coded.codes == label)[:5]]]

    def first(self, label: int) -> int | None:
        return next(iter(self.rows(label)), None)


def _is_share(label: str) -> bool:
    found, percent = units.find(label), units.find("%")
    return bool(found and percent and (found.dimension == percent.dimension or found.dimension.startswith("share")))


def _ticked(column: pa.Array) -> Bools:
    """Which cells of a column of marks are marked."""
    plain = Coded.of(column)
    marks = [text.strip().casefold() not in ("", "0", "0.0", "false", "no", "n", "否", "nan") for text in plain.texts]
    return np.array([*marks, False])[plain.codes]


def kept_lines(table: RawTable, spec: TableSpec) -> Bools:
    """The lines that the study keeps: those that ``where`` allows."""
    keep = np.ones(len(table.rows), dtype=bool)
    for head, wanted in spec.where.items():
        asked = {_comparable(value) for value in (wanted if isinstance(wanted, tuple) else (wanted,))}
        coded = Coded.of(table.column(head))
        keep &= np.array([*(_comparable(text) in asked for text in coded.texts), "" in asked])[coded.codes]
    return keep


def _comparable(value: Cell) -> str:
    text = str(value).strip().casefold()
    numbers = read_numbers(pa.array([text])).values if text[:1].isdigit() else np.array([np.nan])
    return text if np.isnan(numbers[0]) else repr(float(numbers[0]))
