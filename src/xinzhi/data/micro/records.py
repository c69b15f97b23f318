"""Records of firms, patents, papers, deals, grants and projects as one Ibis table whose columns play roles."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.results import Record
from xinzhi.data.bounds import Between, read_bounded
from xinzhi.data.micro.expressions import (
    Dated,
    Order,
    PeriodOf,
    apart,
    before,
    day_of,
    is_list,
    label_of,
    labels_of,
    number_of,
    text_of,
)
from xinzhi.data.micro.sources import ROW, Opened, opened
from xinzhi.data.sources import FIRST_YEAR

if TYPE_CHECKING:
    from xinzhi.data.micro.cleaning import Cleaning
    from xinzhi.data.micro.counts import Counts
    from xinzhi.data.micro.doubles import Deduplicated, Keep
    from xinzhi.data.micro.vintages import Vintages

Kind = Literal["records", "firms", "establishments", "patents", "papers", "deals", "grants", "projects"]
KINDS_ZH: dict[str, str] = {
    "records": "记录",
    "firms": "企业",
    "establishments": "经营单位",
    "patents": "专利",
    "papers": "论文",
    "deals": "交易",
    "grants": "资助",
    "projects": "项目",
}
LABELS = ("region", "activity")
DATES = ("date", "first", "last")
ROLES = ("unit", *LABELS, *DATES, "value")
MOST_MARKS = 10_000  # different texts of a value column that are no plain numbers
LONGEST_MARK = 60
# What reading a value adds to a table, under names no source has.
VALUE, LOW, HIGH, WRONG, NEGATIVE = (f"xinzhi_{name}" for name in ("value", "low", "high", "wrong", "negative"))
ODD, _TEXT, _MARK, _MARK_LOW, _MARK_HIGH = (
    f"xinzhi_{name}" for name in ("odd", "text", "mark", "mark_low", "mark_high")
)


@dataclass(frozen=True, eq=False)
class Records:
    """Records where they are: ``table`` is their Ibis table, ``roles`` says which column plays which role.

    Nothing is read before it is counted. ``split`` says what separates several labels in a cell of a role, ``digits``
    to how many characters codes of activities are cut, ``dates`` in what order days, months and years stand where they
    are written 05/10/17, ``years`` the first and last year a date may be of, ``flags`` what marks of a value column
    mean, ``names`` which spelling of a region means which. ``notes`` say what was mended or is worth knowing.
    """

    source: Opened
    roles: Mapping[str, str]
    kind: str = "records"
    split: Mapping[str, str] = field(default_factory=dict)
    digits: int | None = None
    dates: Order | None = None
    years: tuple[int, int] = (FIRST_YEAR, 2100)
    flags: Mapping[str, Between] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Fault, ...] = ()

    @property
    def table(self) -> ir.Table:
        """The records as they stand in their source."""
        return self.source.table

    @property
    def record(self) -> Record:
        """What the records are, enough to bring them in again."""
        settings = {
            "kind": self.kind,
            "roles": dict(self.roles),
            "split": dict(self.split),
            "digits": self.digits,
            "dates": self.dates,
            "years": list(self.years),
            "flags": {mark: list(bounds) for mark, bounds in self.flags.items()},
            "names": dict(self.names),
        }
        return Record("records", settings, dict(self.source.inputs))

    def count(
        self,
        measure: str | Sequence[str] = "records",
        *,
        period: PeriodOf = "year",
        fractional: bool | Literal["mentions"] = False,
        concordance: Any = None,
    ) -> Counts:
        """Count the records by region × activity × period, as one expression: see ``counting.counted``."""
        from xinzhi.data.micro.counting import counted

        return counted(self, measure, period=period, fractional=fractional, concordance=concordance)

    def check(self) -> Cleaning:
        """What is wrong with the records, all of it, with counts, shares of blanks and examples: see ``cleaning``."""
        from xinzhi.data.micro.cleaning import checked

        return checked(self)

    def deduplicated(
        self, by: Sequence[str] | str = (), *, keep: Keep = "first", order: str | None = None
    ) -> Deduplicated:
        """The records without those that stand there again, and what was removed: see ``doubles.deduplicated``."""
        from xinzhi.data.micro.doubles import deduplicated

        return deduplicated(self, by, keep=keep, order=order)

    def spans(self) -> Records:
        """One record a unit, from when it was first seen to when it was gone: see ``spans.spans``."""
        from xinzhi.data.micro.spans import spans

        return spans(self)

    def durations(self, until: int | None = None) -> ir.Table:
        """How long each unit was there and whether it has ended, ready for survival curves: see ``spans.durations``."""
        from xinzhi.data.micro.spans import durations

        return durations(self, until)

    def vintages(self, known: Mapping[str, Iterable[str]], declared: str) -> Vintages:
        """Which codes the declared vintage does not know, and which one would: see ``vintages.mixed``."""
        from xinzhi.data.micro.vintages import mixed

        return mixed(self, known, declared)

    def regions(self, gazetteer: str = "own") -> Records:
        """The same records with one spelling for each region: see ``places.matched``."""
        from xinzhi.data.micro.places import matched

        return matched(self, gazetteer)

    # ---- how the other files of this room read the columns

    def column(self, role: str, table: ir.Table | None = None) -> Any:
        """The column of a role as it stands."""
        return (self.table if table is None else table)[self.roles[role]]

    def is_list(self, role: str) -> bool:
        """Whether a cell of that role may hold several labels."""
        return role in self.roles and is_list(self.column(role), self.split.get(role))

    def label(self, column: Any, role: str, *, once: bool = True) -> Any:
        """The label, or the array of labels, of a cell of that role."""
        digits = self.digits if role == "activity" else None
        split = self.split.get(role)
        return labels_of(column, split, digits, once=once) if is_list(column, split) else label_of(column, digits)

    def identity(self) -> Any:
        """What tells units apart: the number as it stands, else trimmed text."""
        column = self.column("unit")
        return column if column.type().is_integer() else text_of(column)

    def dated(self, column: Any) -> Dated:
        """A column of dates, read."""
        return day_of(column, self.dates, self.years)

    def span(self, first: Any, last: Any) -> tuple[Any, Any, Any]:
        """First and last day, and whether they can be: the last one is null where there is none, as in 9999-12-31."""
        one = self.dated(first).day
        other = ibis.null("int64") if last is None else self.dated(last).day
        return one, other, one.notnull() & ~before(other, one)

    def spread(self, table: ir.Table, fractional: bool | Literal["mentions"]) -> ir.Table:
        """One row for each region × activity of a record, with its ``weight``: see ``counting.counted``."""
        lists = [role for role in LABELS if table[role].type().is_array()]
        weight: Any = ibis.literal(1)
        if fractional and lists:
            many: Any = ibis.literal(1.0)
            for role in lists:
                many = many * ibis.greatest(ibis.coalesce(table[role].length(), 0), 1)
            weight = 1.0 / many
        table = table.mutate(weight=weight)
        for role in lists:
            table = apart(table, role)
        return self.named(table)

    def named(self, table: ir.Table) -> ir.Table:
        """The table with one spelling for each region."""
        if not self.names:
            return table
        known = ibis.memtable(pa.table({"spelling": list(self.names), "called": list(self.names.values())}))
        joined = table.left_join(known, table["region"] == known["spelling"])
        region = ibis.coalesce(joined["called"], joined["region"])
        return joined.mutate(region=region).drop("spelling", "called")

    @cached_property
    def marks(self) -> pa.Table:
        """What the texts of the value column that are no plain numbers mean: text, value, low, high.

        The different ones are looked at once (one pass over the column); those that mean nothing are left out.
        """
        _, odd = number_of(self.column("value"))
        found = self.table.select(text=odd).filter(lambda t: t["text"].notnull())
        found = found.filter(lambda t: t["text"].length() <= LONGEST_MARK).distinct().limit(MOST_MARKS)
        texts = found.to_pyarrow()["text"].combine_chunks().cast(pa.string())
        read = read_bounded(texts, ".", dict(self.flags))
        wrong = {int(at) for reading, rows in read.odd if reading.reason == "wrong" for at in rows}
        kept = [at for at in range(len(texts)) if at not in wrong]
        rows = [(texts[at].as_py(), *(float(side[at]) for side in (read.value, read.low, read.high))) for at in kept]
        columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
        kinds = (pa.string(), pa.float64(), pa.float64(), pa.float64())
        arrays = [
            pa.array([None if one != one else one for one in of], k) for of, k in zip(columns, kinds, strict=True)
        ]
        return pa.table(arrays, names=[_TEXT, _MARK, _MARK_LOW, _MARK_HIGH])

    def valued(self, table: ir.Table) -> ir.Table:
        """The table with the value read: ``VALUE`` (null where it is no number of at least 0), ``LOW`` and ``HIGH`` of
        cells told as an interval, and whether a cell is ``WRONG`` or ``NEGATIVE``.
        """
        number, odd = number_of(self.column("value", table))
        table = table.mutate(**{VALUE: number, ODD: odd})
        none = ibis.null(float)
        low = high = none
        known: Any = ibis.literal(False)
        dropped = [ODD]
        if self.column("value").type().is_string() and len(self.marks):
            marks = ibis.memtable(self.marks)
            table = table.left_join(marks, table[ODD] == marks[_TEXT])
            known = table[_TEXT].notnull()
            table = table.mutate(**{VALUE: ibis.coalesce(table[VALUE], table[_MARK])})
            interval = table[VALUE].isnull()
            low, high = (ibis.ifelse(interval, table[side], none) for side in (_MARK_LOW, _MARK_HIGH))
            dropped += self.marks.column_names
        table = table.mutate(**{LOW: low, HIGH: high, WRONG: table[ODD].notnull() & ~known})
        negative = ibis.coalesce(table[VALUE] < 0, False)
        table = table.mutate(**{NEGATIVE: negative, VALUE: ibis.ifelse(negative, none, table[VALUE])})
        return table.drop(*dropped)

    @property
    def bounded(self) -> bool:
        """Whether some values are told as intervals only."""
        if "value" not in self.roles or not self.column("value").type().is_string():
            return False
        value, low = self.marks[_MARK], self.marks[_MARK_LOW]
        return bool(len(value)) and low.null_count < value.null_count

    def over(self, table: ir.Table, **changes: Any) -> Records:
        """The same records, or what was made of them, as another table of the same engine."""
        return replace(self, source=replace(self.source, table=table), **changes)

    def __repr__(self) -> str:
        roles = ", ".join(f"{role} '{head}'" for role, head in self.roles.items())
        columns = [head for head in self.table.columns if head != ROW]
        return "\n".join(
            (
                f"Records: {self.kind} from {self.source.name}",
                f"  engine: {self.table.get_backend().name}",
                f"  columns: {len(columns)} ({', '.join(columns[:6])}{' …' if len(columns) > 6 else ''})",
                f"  roles: {roles}",
                f"  years: {self.years[0]}-{self.years[1]}",
                *(f"  {note.en}" for note in self.notes[:3]),
            )
        )


def records(
    source: Any,
    *,
    unit: str | None = None,
    region: str | None = None,
    activity: str | None = None,
    date: str | None = None,
    first: str | None = None,
    last: str | None = None,
    value: str | None = None,
    kind: Kind = "records",
    split: str | Mapping[str, str] | None = None,
    digits: int | None = None,
    dates: Order | None = None,
    years: tuple[int, int] | None = None,
    flags: Mapping[str, Between] | None = None,
    sheet: str | None = None,
    header: int | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> Records:
    """Firms, establishments, patents, papers, deals, grants or projects, one row a record, ready to be counted.

    ``source`` is a path (csv, tsv, .csv.gz, Parquet, a folder of Parquet, Excel, Stata), a frame (pandas, Polars,
    Arrow) or an Ibis table of any engine, such as DuckDB or Spark, which then does the counting. The other arguments
    name its columns: ``unit`` (an identifier), ``region``, ``activity``, ``date``; ``first`` and ``last`` (when a unit
    came and when it left; nothing there, or a year 9999, is still there); ``value`` (an amount of at least 0, such as
    employees or money).

    Where a cell holds several labels, ``split`` says what separates them: ";;", or {"activity": "|"} for one role.
    ``digits`` cuts codes of activities to so many characters (4: a CPC subclass). Dates written 05/10/17 need
    ``dates``, "day-first" or "month-first"; two digits of a year mean the hundred years up to the last of ``years``
    (default 1800 to this year). ``flags`` say what a mark of the value column means, {"a": (1, 19)}; "<5", "20-49" and
    "D" are known. ``sheet``, ``header``, ``encoding``, ``separator`` say how to read a file. Raises ``DataError``.
    """
    how = {"sheet": sheet, "header": header, "encoding": encoding, "separator": separator}
    found = opened(source, {key: of for key, of in how.items() if of is not None})
    named = (unit, region, activity, date, first, last, value)
    roles = {role: head for role, head in zip(ROLES, named, strict=True) if head is not None}
    lists = dict.fromkeys(LABELS, split) if isinstance(split, str) else dict(split or {})
    span = years or (FIRST_YEAR, datetime.date.today().year)
    if faults := list(_faulty(found, roles, kind, lists, digits, dates, span)):
        raise DataError(faults)
    return Records(found, roles, kind, lists, digits, dates, span, dict(flags or {}), notes=found.notes)


def _faulty(
    found: Opened,
    roles: Mapping[str, str],
    kind: str,
    split: Mapping[str, str],
    digits: int | None,
    dates: str | None,
    years: tuple[int, int],
) -> Iterable[Fault]:
    """Everything that is wrong with what was asked for."""
    heads = [head for head in found.table.columns if head != ROW]
    shown = ", ".join(heads[:12])
    for role, head in roles.items():
        if head not in heads:
            yield Fault(
                "unknown-column",
                f"`{role}` names a column '{head}' that is not there. The table has: {shown}.",
                f"{role} 所指的列“{head}”不存在。表中有：{shown}。",
                found.name,
            )
    if not roles:
        yield Fault(
            "no-roles",
            f'name the columns to count by, such as region = "…", activity = "…", date = "…". The table has: {shown}.',
            f"请指明计数所用的列，如 region = “…”、activity = “…”、date = “…”。表中有：{shown}。",
            found.name,
        )
    if "last" in roles and "first" not in roles:
        yield Fault(
            "no-first",
            "`last` needs `first` beside it: when did the units come?",
            "给出 last 时须同时给出 first（单位何时出现）。",
            found.name,
        )
    for key, given, known in (
        ("kind", kind, (*KINDS_ZH,)),
        ("dates", dates, ("day-first", "month-first", None)),
        *(("split", role, LABELS) for role in split),
    ):
        if given not in known:
            named = ", ".join(str(one) for one in known if one)
            yield Fault(
                "bad-value",
                f"`{key}` has '{given}'; one of these is needed: {named}.",
                f"{key} 的取值“{given}”无效；可取：{named}。",
            )
    if "" in split.values():
        yield Fault("bad-value", "`split` needs at least one character.", "split 至少须有一个字符。")
    if digits is not None and digits < 1:
        yield Fault("bad-value", f"`digits` is at least 1; found {digits}.", f"digits 至少为 1；实际为 {digits}。")
    if years[0] > years[1]:
        yield Fault(
            "bad-value",
            f"`years` go from the first to the last; found {years[0]}, {years[1]}.",
            f"years 须由首年到末年；实际为 {years[0]}、{years[1]}。",
        )


def written(column: Any) -> Any:
    """Whether something is written in a cell of any type."""
    kind = column.type()
    if kind.is_string() or kind.is_floating():
        return text_of(column).notnull()
    return ibis.coalesce(column.length() > 0, False) if kind.is_array() else column.notnull()
