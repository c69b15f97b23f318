"""What is wrong with records: counted in one pass over them, with the first places and the share of blanks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from xinzhi.core.errors import Fault
from xinzhi.core.results import Record
from xinzhi.data.micro.expressions import before, text_of
from xinzhi.data.micro.places import spellings, told_variants, variants
from xinzhi.data.micro.records import DATES, LABELS, LOW, NEGATIVE, WRONG, Records, written
from xinzhi.data.micro.sources import ROW

LONG = 1_000_000  # characters of one cell beyond which it is no field of a record but a document
SHOWN = 40  # characters of a cell that are shown

# kind: what it is called in a fault, in both languages, with what becomes of it; {n} is how many.
_SAID: dict[str, tuple[str, str]] = {
    "unread-date": (
        "cells that are no date one can read: {n}; they count as not told.",
        "不是可识别日期的单元格：{n}，按未注明处理。",
    ),
    "impossible-date": (
        "dates with a month or day there is none of: {n}; they count as not told.",
        "月或日不存在的日期：{n}，按未注明处理。",
    ),
    "early-date": ("dates before {first}: {n}; they count as not told.", "早于 {first} 年的日期：{n}，按未注明处理。"),
    "future-date": ("dates after {last}: {n}; they count as not told.", "晚于 {last} 年的日期：{n}，按未注明处理。"),
    "open-end": (
        "last days after {last}, such as 9999-12-31: {n}; these units count as still there.",
        "晚于 {last} 年的终止日期（如 9999-12-31）：{n}，视为仍存续。",
    ),
    "two-digit-year": (
        "dates with two digits of a year: {n}; read as of the hundred years up to {last}.",
        "年份仅两位的日期：{n}，按截至 {last} 年的一百年内解读。",
    ),
    "exit-before-entry": (
        "units that left before they came: {n}; they are not among entries, exits and stock.",
        "退出早于进入的单位：{n}，不计入进入、退出与存量。",
    ),
    "negative-value": ("values below 0: {n}; they are not added up.", "负值：{n}，未计入合计。"),
    "not-a-number": ("cells that are no number: {n}; they are not added up.", "不是数字的单元格：{n}，未计入合计。"),
    "infinite-value": ("infinite values: {n}; they are not added up.", "无穷大的值：{n}，未计入合计。"),
    "bounded-value": (
        "values told as an interval or withheld: {n}; sums lie between bounds.",
        "以区间给出或未公布的数值：{n}，合计以上下限表示。",
    ),
    "long-text": (
        "cells of more than a million characters: {n}; they are kept.",
        "超过一百万个字符的单元格：{n}，已保留。",
    ),
    "emoji": ("cells with emoji: {n}; they are kept.", "含表情符号的单元格：{n}，已保留。"),
    "lost-characters": (
        "cells with characters lost when the file was made (�): {n}; they are kept.",
        "含有生成文件时丢失字符（�）的单元格：{n}，已保留。",
    ),
}
_EMOJI = r"[\x{1F000}-\x{1FAFF}\x{2600}-\x{27BF}]"


@dataclass(frozen=True, eq=False)
class Cleaning:
    """What is wrong with records, and what was done about it.

    ``rows`` is how many records there are; ``blanks`` the share of cells of each column with nothing written;
    ``table`` has a row for each thing found: kind, column, count, example, row; ``repeats`` is how many rows repeat
    another in every column.
    """

    rows: int
    blanks: pd.Series[float]
    table: pd.DataFrame
    notes: tuple[Fault, ...]
    record: Record
    repeats: int = 0

    def to_frame(self) -> pd.DataFrame:
        """Rows: kind, column, count, share, example, row (of the first; none where rows have no order)."""
        return self.table.copy()

    def __repr__(self) -> str:
        worst = self.blanks.sort_values(ascending=False).head(3)
        told = ", ".join(f"{head} {share:.0%}" for head, share in worst.items())
        return "\n".join(
            (f"Cleaning: {self.rows} records", f"  blanks: {told}", *(f"  {note.say()}" for note in self.notes))
        )


def checked(records: Records) -> Cleaning:
    """Everything that is wrong with records, in one pass, and then the first places of what was found.

    Found are: blanks; dates that cannot be read, do not exist, lie before or after the years (1201, 3201, 9999), have
    two digits of a year, or an order of day and month nobody declared; units that left before they came; values below
    0, infinite, no numbers, or told as intervals; cells of more than a million characters, emoji, lost characters; rows
    that stand there twice; regions written in several ways. An undeclared order is an error, all else a warning.
    """
    heads = [head for head in records.table.columns if head != ROW]
    flags = _flags(records, heads)
    table, counts = _counted(records, flags, heads)
    rows = counts["rows"]
    distinct = int(records.table.select(*heads).distinct().count().to_pyarrow().as_py())
    blanks = pd.Series({head: counts["blank", head] / max(rows, 1) for head in heads}, name="blank")
    found = _found(records, table, flags, counts, places=True)
    notes = [*records.notes, *records.source.rejected(), *_notes(records, found, counts)]
    notes += [
        _blank(records, role, blanks[head], rows)
        for role, head in records.roles.items()
        if blanks[head] > 0 and role != "last"
    ]
    if rows > distinct:
        notes.append(_doubles(records, rows - distinct))
    if "region" in records.roles:
        spelt = spellings(records)
        notes += told_variants(variants(spelt), spelt, records, done=bool(records.names))
    told = pd.DataFrame(found, columns=["kind", "column", "count", "example", "row"])
    told.insert(3, "share", told["count"] / max(rows, 1))
    record = Record("check", records.record.settings, dict(records.source.inputs))
    return Cleaning(rows, blanks, told, tuple(notes), record, rows - distinct)


def faults_of(records: Records) -> list[Fault]:
    """What is wrong with the columns that play a role: one pass, without the search for places and doubles."""
    flags = _flags(records, [])
    table, counts = _counted(records, flags, [*dict.fromkeys(records.roles.values())])
    rows = counts["rows"]
    found = _found(records, table, flags, counts, places=False)
    notes = _notes(records, found, counts)
    notes += [
        _blank(records, role, counts["blank", head] / rows, rows)
        for role, head in records.roles.items()
        if counts["blank", head] and role != "last"
    ]
    return notes


Flag = Callable[[ir.Table], Any]


def _flags(records: Records, heads: list[str]) -> dict[tuple[str, str], Flag]:
    """What may be wrong: (kind, column) -> whether it is so in a row of the table."""
    flags: dict[tuple[str, str], Flag] = {}

    def of_date(role: str, part: str) -> Flag:
        return lambda table: getattr(records.dated(records.column(role, table)), part)

    for role in (one for one in DATES if one in records.roles):
        head = records.roles[role]
        kinds = {"unread-date": "unread", "impossible-date": "impossible", "early-date": "early"}
        kinds |= {
            "two-digit-year": "short",
            "order": "unordered",
            "day-leads": "day_leads",
            "month-leads": "month_leads",
        }
        kinds |= {"open-end" if role == "last" else "future-date": "late"}
        flags |= {(kind, head): of_date(role, part) for kind, part in kinds.items()}
    if "last" in records.roles:

        def left_first(table: ir.Table) -> Any:
            first, last = (records.dated(records.column(role, table)).day for role in ("first", "last"))
            return before(last, first)

        flags["exit-before-entry", records.roles["last"]] = left_first
    if "value" in records.roles:
        head = records.roles["value"]
        flags |= {("negative-value", head): lambda t: t[NEGATIVE], ("not-a-number", head): lambda t: t[WRONG]}
        flags |= {("bounded-value", head): lambda t: t[LOW].notnull()}
        if records.column("value").type().is_floating():
            flags["infinite-value", head] = lambda t: t[head].isinf()
    for head in heads:
        kind = records.table[head].type()
        if kind.is_string():
            flags["long-text", head] = lambda t, head=head: t[head].length() > LONG  # type: ignore[misc]
            flags["emoji", head] = lambda t, head=head: t[head].re_search(_EMOJI)  # type: ignore[misc]
            flags["lost-characters", head] = lambda t, head=head: t[head].contains("\ufffd")  # type: ignore[misc]
    return flags


def _counted(records: Records, flags: dict[tuple[str, str], Flag], heads: list[str]) -> tuple[ir.Table, dict[Any, int]]:
    """The table with its value read; how many rows there are, how often each flag is up and each column is blank."""
    table = records.source.lines() if records.source.ordered else records.table
    if "value" in records.roles:
        table = records.valued(table)
    every = {**flags, **{("blank", head): _blank_in(head) for head in heads}}
    # Each flag is a column first: engines take many sums of columns better than many sums of long expressions.
    raised = table.select(**{f"f{at}": ibis.coalesce(flag(table), False) for at, flag in enumerate(every.values())})
    sums = {name: raised[name].cast("int64").sum() for name in raised.columns}
    counts = raised.agg(rows=raised.count(), **sums).to_pyarrow().to_pylist()[0]
    return table, {"rows": counts["rows"], **{key: counts[f"f{at}"] or 0 for at, key in enumerate(every)}}


def _blank_in(head: str) -> Flag:
    return lambda table: ~written(table[head])


def _found(
    records: Records, table: ir.Table, flags: dict[tuple[str, str], Flag], counts: dict[Any, Any], *, places: bool
) -> list[tuple[str, str, int, str | None, int | None]]:
    """What was found: kind, column, count, and the first example with its row."""
    found = []
    for (kind, head), flag in flags.items():
        many = counts[kind, head]
        if not many or kind in ("order", "day-leads", "month-leads"):
            continue
        example, row = _example(records, table, head, flag) if places else (None, None)
        found.append((kind, head, many, example, row))
    return found


def _example(records: Records, table: ir.Table, head: str, flag: Flag) -> tuple[str | None, int | None]:
    chosen = {"cell": text_of(table[head]).substr(0, SHOWN + 1)}
    if ROW in table.columns:
        chosen["row"] = table[ROW]
    row = table.filter(flag(table)).select(**chosen).limit(1).to_pyarrow().to_pylist()
    if not row:
        return None, None
    cell = row[0]["cell"]
    shown = cell if cell is None or len(cell) <= SHOWN else cell[:SHOWN] + "…"
    return shown, None if row[0].get("row") is None else records.source.row(int(row[0]["row"]))


def _notes(
    records: Records, found: list[tuple[str, str, int, str | None, int | None]], counts: dict[Any, Any]
) -> list[Fault]:
    first, last = records.years
    notes = []
    for kind, head, many, example, row in found:
        en, zh = (text.format(n=many, first=first, last=last) for text in _SAID[kind])
        if example is not None:
            en, zh = f"{en} First: '{example}'.", f"{zh}首个：“{example}”。"
        notes.append(Fault(kind, en, zh, records.source.name, row=row, column=head, severity="warning"))
    for role in (one for one in DATES if one in records.roles):
        head = records.roles[role]
        if many := int(counts.get(("order", head), 0)):
            days, months = int(counts["day-leads", head]), int(counts["month-leads", head])
            notes.append(_undeclared(records, head, many, days, months))
    return notes


def _undeclared(records: Records, head: str, many: int, days: int, months: int) -> Fault:
    if days and not months:
        fits = ' They fit dates = "day-first".', "与 dates = “day-first” 相符。"
    elif months and not days:
        fits = ' They fit dates = "month-first".', "与 dates = “month-first” 相符。"
    elif days:
        fits = (
            f" {days} have a day over 12 first, {months} second: both orders are in use, so mend the column.",
            f"其中 {days} 个首位大于 12，{months} 个次位大于 12：两种次序混用，请更正该列。",
        )
    else:
        fits = " Nothing in them tells which.", "从数据本身无法判断。"
    return Fault(
        "date-order",
        f"{many} dates are written like 05/10/17, and nobody said whether day or month comes first: "
        f'dates = "day-first" or "month-first".{fits[0]}',
        f"有 {many} 个日期形如 05/10/17，未说明日、月次序：请设置 dates = “day-first” 或 “month-first”。{fits[1]}",
        records.source.name,
        column=head,
    )


def _blank(records: Records, role: str, share: float, rows: int) -> Fault:
    head = records.roles[role]
    what = "is not placed" if role in (*LABELS, "date", "first") else "is not counted"
    zh = "未能归位" if role in (*LABELS, "date", "first") else "不计入"
    return Fault(
        "blank-cells",
        f"{share:.1%} of {rows} records have nothing as {role}; what they have {what}.",
        f"{rows} 条记录中有 {share:.1%} 未填 {role}，{zh}。",
        records.source.name,
        column=head,
        severity="warning",
    )


def _doubles(records: Records, many: int) -> Fault:
    return Fault(
        "exact-duplicates",
        f"rows that repeat another in every column: {many}; they were counted. Take them out: records.deduplicated(), "
        "or unique = true in a study.",
        f"与其他行各列完全相同的行：{many}，已计入。可用 records.deduplicated()（研究中为 unique = true）剔除。",
        records.source.name,
        severity="warning",
    )
