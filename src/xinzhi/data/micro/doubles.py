"""Records that stand there twice: found, counted by reason, and listed, so that nothing is lost in silence."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from xinzhi.core.errors import DataError, Fault, MethodError
from xinzhi.core.results import Record
from xinzhi.data.micro.expressions import text_of
from xinzhi.data.micro.records import Records, written
from xinzhi.data.micro.sources import ROW

Keep = Literal["first", "last", "complete"]
REASON = "xinzhi_reason"
EXACT, KEY = "exact", "key"
_FILLED, _AGAIN = "xinzhi_filled", "xinzhi_again"


@dataclass(frozen=True, eq=False)
class Deduplicated:
    """Records without those that stand there again.

    ``removed`` is a table of the rows taken out with their ``reason``: "exact" where the whole row stands there again,
    "key" where only the key does. Kept and removed rows are all the rows there were.
    """

    records: Records
    removed: ir.Table
    by: tuple[str, ...]
    keep: Keep
    record: Record

    @cached_property
    def counts(self) -> pd.Series[int]:
        """How many rows were removed, by reason."""
        many = self.removed.group_by("reason").agg(rows=self.removed.count()).to_pandas()
        return pd.Series(many["rows"].to_numpy(), index=many["reason"]).reindex([EXACT, KEY], fill_value=0)

    @property
    def notes(self) -> tuple[Fault, ...]:
        """What was removed, in words."""
        notes = []
        for reason, en, zh in (
            (EXACT, "rows that repeat another in every column", "各列完全重复的行"),
            (
                KEY,
                f"rows that repeat the key {' × '.join(self.by)} ({self.keep} kept)",
                f"键 {' × '.join(self.by)} 重复的行",
            ),
        ):
            if many := int(self.counts[reason]):
                notes.append(
                    Fault(
                        f"removed-{reason}",
                        f"{en} were removed: {many}. They are listed in .removed.",
                        f"已剔除{zh}：{many} 行，见 .removed。",
                        self.records.source.name,
                        severity="warning",
                    )
                )
        return tuple(notes)

    def to_frame(self) -> pd.DataFrame:
        """The rows that were removed, with their reason. Reads them all: count first."""
        found: pd.DataFrame = self.removed.to_pandas()
        return found

    def __repr__(self) -> str:
        return "\n".join((f"Deduplicated: {self.records.kind}", *(f"  {note.en}" for note in self.notes)))


def deduplicated(
    records: Records, by: Sequence[str] | str = (), *, keep: Keep = "first", order: str | None = None
) -> Deduplicated:
    """Take out rows that repeat another in every column, and then, with ``by``, rows that repeat these columns.

    Of rows with the same key the first, the last, or the most complete one stays (most cells written; of those the
    first). ``order`` names the column that says what comes first; without it rows stand in the order of their file,
    which tables of Spark do not have. A row whose key is blank repeats nothing. Raises ``MethodError``, ``DataError``.
    """
    keys = (by,) if isinstance(by, str) else tuple(by)
    heads = [head for head in records.table.columns if head != ROW]
    _refuse(records, keys, keep, order, heads)
    table = records.source.lines() if records.source.ordered else records.table
    filled = functools.reduce(operator.add, [written(table[head]).cast("int64") for head in heads])
    table = table.mutate(**{_FILLED: filled})
    # Where rows have no order of their own, all their cells are one: the same row is kept on every run.
    line: list[Any] = [table[ROW]] if records.source.ordered else [table[head] for head in heads]
    if order is not None:
        line = [table[order], *line]
    again = ibis.row_number().over(ibis.window(group_by=[table[head] for head in heads], order_by=line))
    table = table.mutate(**{REASON: ibis.ifelse(again > 0, EXACT, ibis.null(str))})
    if keys:
        table = _keyed(table, keys, keep, [one.get_name() for one in line])
    kept = table.filter(table[REASON].isnull())
    removed = table.filter(table[REASON].notnull())
    removed = removed.mutate(reason=removed[REASON]).drop(REASON, _FILLED)
    made = records.over(kept.drop(REASON, _FILLED))
    settings = {"by": list(keys), "keep": keep, "order": order}
    return Deduplicated(made, removed, keys, keep, Record("deduplicated", settings, dict(records.source.inputs)))


def _keyed(table: ir.Table, keys: tuple[str, ...], keep: Keep, line: list[str]) -> ir.Table:
    """Rows whose key stands on a row that is kept."""
    told = functools.reduce(operator.and_, [written(table[key]) for key in keys])
    labels = [text_of(table[key]) for key in keys]
    order: list[Any] = [table[name] for name in line]
    if keep == "last":
        order = [ibis.desc(column) for column in order]
    if keep == "complete":
        order = [ibis.desc(table[_FILLED]), *order]
    # Rows that are gone already come after all others, so that they never count as the first of their key.
    order = [table[REASON].notnull(), *order]
    again = ibis.row_number().over(ibis.window(group_by=labels, order_by=order))
    table = table.mutate(**{_AGAIN: told & (again > 0)})
    reason = ibis.coalesce(table[REASON], ibis.ifelse(table[_AGAIN], KEY, ibis.null(str)))
    return table.mutate(**{REASON: reason}).drop(_AGAIN)


def _refuse(records: Records, keys: tuple[str, ...], keep: str, order: str | None, heads: list[str]) -> None:
    faults: list[Fault] = []
    for head in (*keys, *((order,) if order else ())):
        if head not in heads:
            shown = ", ".join(heads[:12])
            faults.append(
                Fault(
                    "unknown-column",
                    f"there is no column '{head}'. The table has: {shown}.",
                    f"没有列“{head}”。表中有：{shown}。",
                    records.source.name,
                )
            )
    if faults:
        raise DataError(faults)
    if keep not in ("first", "last", "complete"):
        raise MethodError(
            Fault(
                "bad-value",
                f"`keep` has '{keep}'; first, last or complete is needed.",
                f"keep 的取值“{keep}”无效；可取 first、last、complete。",
            )
        )
    if keys and keep in ("first", "last") and order is None and not records.source.ordered:
        raise MethodError(
            Fault(
                "no-order",
                f'the rows of this table have no order, so that none is the {keep}: name a column, order = "…".',
                "该表的行没有固有顺序，无法判断首行或末行：请用 order = “…” 指明排序列。",
            )
        )
