"""The tables of a run: what is asked of them, checked against their columns, and read by DuckDB piece by piece."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeAlias, cast

from xinzhi.core.errors import Fault
from xinzhi.web import columns as words
from xinzhi.web.answers import Refused, missing, shortened
from xinzhi.web.shelf import RunOnShelf

Kind: TypeAlias = Literal["text", "integer", "number", "boolean", "time"]
MOST_COLUMNS, MOST_CONDITIONS = 1_000, 50
# Rows that are read and written at a time.
PIECE = 20_000

_CONDITION = ("!=", ">=", "<=", "=", ">", "<")
_BIGGEST = 2**63


@dataclass(frozen=True)
class Column:
    """A column, its kind, and what it means."""

    table: str
    folder: str
    name: str
    kind: Kind

    @property
    def meaning(self) -> words.Words:
        """What the column means; the first to ask waits a second for the words."""
        return words.meaning(self.table, self.name, self.folder)

    @property
    def unit(self) -> str | None:
        """The unit, where it is known."""
        return words.unit(self.name)

    def to_dict(self) -> dict[str, Any]:
        """The column as plain data."""
        return {"name": self.name, "type": self.kind, **self.meaning, "unit": self.unit}


@dataclass(frozen=True)
class Table:
    """A table of a run that lies in a Parquet file."""

    name: str
    file: Path
    folder: str
    rows: int
    columns: tuple[Column, ...]

    @property
    def title(self) -> words.Words:
        """What the table is about."""
        return words.title(self.name, self.folder)

    def column(self, name: str) -> Column:
        """A column by name. Raises ``Refused``."""
        for one in self.columns:
            if one.name == name:
                return one
        known = [column.name for column in self.columns[:30]]
        raise Refused(
            422,
            Fault(
                "unknown-column",
                f"the table has no column '{shortened(name)}'. It has: {', '.join(known)}"
                f"{' …' if len(self.columns) > len(known) else ''}.",
                f"表中没有列“{shortened(name)}”。可用的列：{'、'.join(known)}"
                f"{'……' if len(self.columns) > len(known) else ''}。",
                column=shortened(name),
            ),
        )


@dataclass(frozen=True)
class Condition:
    """What a column must be; ``value`` nothing means not observed."""

    column: str
    operator: str
    value: str | int | float | bool | None


@dataclass(frozen=True)
class Query:
    """Which columns and rows of a table, in which order."""

    columns: tuple[str, ...]
    where: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    offset: int = 0


def tables(run: RunOnShelf) -> dict[str, Table]:
    """Every table of a run by its name: the name of its Parquet file, with the folder's before it where two share one.

    Files that the record does not name, or that are gone, are not there.
    """
    key = str(run.folder), run.digest
    with _LOCK:
        if key not in _TABLES:
            while len(_TABLES) >= _MOST_RUNS:
                _TABLES.pop(next(iter(_TABLES)))
            _TABLES[key] = _tables(run)
        return _TABLES[key]


def table(run: RunOnShelf, name: str) -> Table:
    """A table of a run by name. Raises ``Refused``."""
    found = tables(run).get(name)
    if found is None:
        raise missing("no-such-table", "table", "表", name)
    return found


_LOCK = threading.Lock()
_TABLES: dict[tuple[str, str], dict[str, Table]] = {}
_MOST_RUNS = 64


def _tables(run: RunOnShelf) -> dict[str, Table]:
    found: dict[str, Table] = {}
    paths = [PurePosixPath(name) for name in run.outputs if name.endswith(".parquet")]
    for path in sorted(paths, key=lambda one: (len(one.parts), one)):
        file = run.file(path.as_posix())
        name = path.stem if path.stem not in found else "-".join(path.with_suffix("").parts)
        if file is not None and (one := _table(name, file, path.parent.name)) is not None:
            found[name] = one
    return found


def _table(name: str, file: Path, folder: str) -> Table | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        head = pq.ParquetFile(file)
    except (OSError, pa.ArrowException):
        return None
    with head:
        columns = tuple(Column(name, folder, one.name, _kind(one.type)) for one in head.schema_arrow)
        return Table(name, file, folder, head.metadata.num_rows, columns)


def _kind(arrow: Any) -> Kind:
    import pyarrow.types as of

    if of.is_boolean(arrow):
        return "boolean"
    if of.is_integer(arrow):
        return "integer"
    if of.is_floating(arrow) or of.is_decimal(arrow):
        return "number"
    return "time" if of.is_temporal(arrow) else "text"


# --- What is asked ----------------------------------------------------------------------------------------------


def asked(
    table: Table,
    columns: Sequence[str] = (),
    where: Sequence[str] = (),
    order: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
) -> Query:
    """A query as a request spells it, held against the table. Raises ``Refused`` with every fault."""
    faults: list[Fault] = []

    def named(given: Sequence[str]) -> list[str]:
        return [name for one in given for name in _listed(one, table)]

    chosen, ordered = named(columns), named(order)
    if len(chosen) > MOST_COLUMNS or len(where) > MOST_CONDITIONS or len(ordered) > MOST_CONDITIONS:
        raise Refused(
            422,
            Fault(
                "too-many",
                f"at most {MOST_COLUMNS} columns, {MOST_CONDITIONS} conditions and as many columns to order by.",
                f"至多 {MOST_COLUMNS} 列、{MOST_CONDITIONS} 个条件，排序列亦至多 {MOST_CONDITIONS} 个。",
            ),
        )
    conditions: list[Condition] = []
    orders: list[tuple[str, bool]] = []
    for name in chosen:
        _collect(faults, lambda name=name: table.column(name))  # type: ignore[misc]
    for one in where:
        _collect(faults, lambda one=one: conditions.append(_condition(table, one)))  # type: ignore[misc]
    for name in ordered:
        down = name.startswith("-") and not any(column.name == name for column in table.columns)
        _collect(faults, lambda name=name, down=down: orders.append((table.column(name[down:]).name, down)))  # type: ignore[misc]
    if faults:
        raise Refused(422, faults)
    every = tuple(column.name for column in table.columns)
    return Query(tuple(dict.fromkeys(chosen)) or every, tuple(conditions), tuple(orders), limit, offset)


def _collect(faults: list[Fault], look: Any) -> None:
    try:
        look()
    except Refused as refused:
        faults += refused.faults


def _listed(text: str, table: Table) -> list[str]:
    """Names between commas; a column whose name holds a comma is taken by itself."""
    if any(column.name in (text, text.removeprefix("-")) for column in table.columns):
        return [text]
    return [name.strip() for name in text.split(",") if name.strip()]


def _condition(table: Table, text: str) -> Condition:
    """``column operator value``; of the columns that fit, the one with the longest name is meant."""
    for column in sorted(table.columns, key=lambda one: -len(one.name)):
        if text.startswith(column.name):
            rest = text[len(column.name) :]
            for operator in _CONDITION:
                if rest.startswith(operator):
                    return Condition(column.name, operator, _value(column, operator, rest[len(operator) :]))
    name = re.split(r"[=<>!]", text, maxsplit=1)[0]
    if name != text:
        table.column(name)
    raise Refused(
        422,
        Fault(
            "bad-condition",
            f"'{shortened(text)}' is not a condition. Write a column, one of = != >= <= > < and a value: time>=2015.",
            f"“{shortened(text)}”不是条件。请写作：列名、= != >= <= > < 之一、值，例如 time>=2015。",
        ),
    )


def _value(column: Column, operator: str, text: str) -> str | int | float | bool | None:
    if text == "" and operator in ("=", "!="):
        return None
    try:
        if column.kind == "integer":
            found = int(text)
            if abs(found) < _BIGGEST:
                return found
        elif column.kind == "number":
            return float(text)
        elif column.kind == "boolean":
            return {"true": True, "false": False}[text.lower()]
        elif "\0" not in text and (column.kind == "text" or re.fullmatch(r"[0-9T:. +-]{4,40}", text)):
            return text.encode("utf-8", "replace").decode()
    except (ValueError, KeyError):
        pass
    wanted = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "time": "a date"}
    wanted_zh = {"integer": "整数", "number": "数值", "boolean": "true 或 false", "time": "日期"}
    raise Refused(
        422,
        Fault(
            "bad-value",
            f"column '{column.name}' is compared with {wanted.get(column.kind, 'a text')}; found '{shortened(text)}'.",
            f"列“{column.name}”须与{wanted_zh.get(column.kind, '文本')}比较；实际为“{shortened(text)}”。",
            column=column.name,
        ),
    )


# --- Reading ----------------------------------------------------------------------------------------------------


def counted(table: Table, query: Query) -> int:
    """How many rows the conditions leave, before any limit."""
    if not query.where:
        return table.rows
    where, values = _where(table, query)
    text = f"SELECT count(*) FROM read_parquet(?){where}"  # noqa: S608 - names are quoted, values stand apart
    with _cursor() as cursor:
        rows = cursor.execute(text, [str(table.file), *values]).fetchone()
    return int(rows[0]) if rows else 0


def pieces(table: Table, query: Query) -> Iterator[Any]:
    """The rows asked for as Arrow record batches; text as text, whatever it was packed as."""
    where, values = _where(table, query)
    kinds = {column.name: column.kind for column in table.columns}
    chosen = ", ".join(
        f"CAST({_quoted(name)} AS VARCHAR) AS {_quoted(name)}" if kinds[name] in ("text", "time") else _quoted(name)
        for name in query.columns
    )
    order = "".join(f"{_quoted(name)} {'DESC' if down else 'ASC'} NULLS LAST, " for name, down in query.order)
    source = "read_parquet(?, file_row_number = true)" if order else "read_parquet(?)"
    # Equal rows keep the order in which they stand, so that pages of a table never overlap.
    text = f"SELECT {chosen} FROM {source}{where}" + (f" ORDER BY {order}file_row_number" if order else "")  # noqa: S608
    if query.limit is not None or query.offset:
        text += f" LIMIT {query.limit if query.limit is not None else _BIGGEST - 1} OFFSET {query.offset}"
    with _cursor() as cursor:
        yield from cursor.execute(text, [str(table.file), *values]).to_arrow_reader(PIECE)


def _where(table: Table, query: Query) -> tuple[str, list[Any]]:
    """The conditions as SQL with its values apart; several equalities of a column mean any of them."""
    alike: dict[str, list[Condition]] = {}
    terms: list[str] = []
    values: list[Any] = []
    for one in query.where:
        if one.operator == "=":
            alike.setdefault(one.column, []).append(one)
        else:
            terms.append(_term(table, one, values))
    terms += [f"({' OR '.join([_term(table, one, values) for one in several])})" for several in alike.values()]
    return (f" WHERE {' AND '.join(terms)}" if terms else ""), values


def _term(table: Table, one: Condition, values: list[Any]) -> str:
    name = _quoted(one.column)
    if one.value is None:
        return f"{name} IS NULL" if one.operator == "=" else f"{name} IS NOT NULL"
    if table.column(one.column).kind in ("text", "time"):
        name = f"CAST({name} AS VARCHAR)"
    values.append(one.value)
    return f"{name} IS DISTINCT FROM ?" if one.operator == "!=" else f"{name} {one.operator} ?"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _cursor() -> Any:
    return cast(Any, _connection().cursor())


@cache
def _connection() -> Any:
    import duckdb

    # A table larger than memory is put on disk in between rather than refused. Of two that ask at once neither waits
    # for the other's second thread.
    return duckdb.connect(config={"memory_limit": "1GB", "threads": 1, "temp_directory": tempfile.gettempdir()})
