"""A table as CSV, Excel, JSON or Parquet, written piece by piece, with nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal, TypeAlias

from xinzhi.web import tables
from xinzhi.web.answers import encoded
from xinzhi.web.tables import Query, Table

Kind: TypeAlias = Literal["csv", "xlsx", "json", "parquet"]
MEDIA: dict[Kind, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
# A spreadsheet takes a cell that begins with one of these for a formula, in Chinese also the wide ones.
_RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MOST_IN_A_CELL = 32_767


@dataclass(frozen=True)
class About:
    """What goes with a table wherever it is taken: where it comes from and how it is found again."""

    told: dict[str, Any]

    def lines(self) -> Iterator[tuple[str, str]]:
        """Each thing with its name, as text."""
        for name, value in self.told.items():
            yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def write(table: Table, query: Query, kind: Kind, about: About, sink: IO[bytes]) -> None:
    """Write the rows of a query; ``nan`` and what is infinite are empty cells, in JSON ``null``."""
    _WRITERS[kind](table, query, about, sink)


def harmless(text: str) -> str:
    """A text that a spreadsheet shows and does not run: an apostrophe stands before what could be a formula."""
    return f"'{text}" if text.startswith(_RUN) else text


def _csv(table: Table, query: Query, about: About, sink: IO[bytes]) -> None:
    # Excel takes a CSV for UTF-8 only when it starts with a byte-order mark.
    text = io.TextIOWrapper(sink, "utf-8-sig", errors="replace", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(map(harmless, query.columns))
    words = _texts(table, query)
    for columns in _columns(table, query):
        for at in words:
            columns[at] = [cell and harmless(cell) for cell in columns[at]]
        writer.writerows(zip(*columns, strict=True))
    text.detach()


def _json(table: Table, query: Query, about: About, sink: IO[bytes]) -> None:
    columns = [table.column(name).to_dict() for name in query.columns]
    sink.write(b'{"metadata":' + encoded(about.told) + b',"columns":' + encoded(columns) + b',"rows":[')
    first = True
    for cells in _columns(table, query):
        rows = encoded(list(zip(*cells, strict=True)))[1:-1]
        if rows:
            sink.write(rows if first else b"," + rows)
            first = False
    sink.write(b"]}")


def _parquet(table: Table, query: Query, about: About, sink: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kept = pq.read_schema(table.file)
    schema = pa.schema([kept.field(name) for name in query.columns], metadata={"xinzhi": encoded(about.told)})
    with pq.ParquetWriter(sink, schema) as writer:
        for piece in tables.pieces(table, query):
            writer.write_batch(piece.cast(schema))


def _xlsx(table: Table, query: Query, about: About, sink: IO[bytes]) -> None:
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(sink, options)
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EDF2F7"})
    page = book.add_worksheet("table")
    page.freeze_panes(1, 0)
    for at, name in enumerate(query.columns):
        page.write_string(0, at, name, head)
    number = 1
    for columns in _columns(table, query):
        for row in zip(*columns, strict=True):
            _fill(page, number, row)
            number += 1
    meanings = book.add_worksheet("columns 列")
    told = [[name, *_told(table, name)] for name in query.columns]
    for number, line in enumerate([["column", "meaning", "含义", "unit"], *told]):
        _fill(meanings, number, line)
    beside = book.add_worksheet("about 说明")
    for number, pair in enumerate(about.lines()):
        _fill(beside, number, pair)
    book.close()


def _told(table: Table, name: str) -> list[str]:
    column = table.column(name)
    return [column.meaning["en"], column.meaning["zh"], column.unit or ""]


def _fill(page: Any, number: int, row: Sequence[Any]) -> None:
    for at, cell in enumerate(row):
        if isinstance(cell, str):
            page.write_string(number, at, cell[:_MOST_IN_A_CELL])
        elif isinstance(cell, bool):
            page.write_boolean(number, at, cell)
        elif cell is not None:
            page.write_number(number, at, cell)


_WRITERS: dict[Kind, Callable[[Table, Query, About, IO[bytes]], None]] = {
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
    "xlsx": _xlsx,
}


def _columns(table: Table, query: Query) -> Iterator[list[list[Any]]]:
    """The cells of each piece, column by column, as Python values; what is no finite number is ``None``."""
    numbers = [at for at, name in enumerate(query.columns) if table.column(name).kind == "number"]
    for piece in tables.pieces(table, query):
        columns = [column.to_pylist() for column in piece.columns]
        for at in numbers:
            columns[at] = [None if cell is None or not math.isfinite(cell) else float(cell) for cell in columns[at]]
        yield columns


def _texts(table: Table, query: Query) -> list[int]:
    return [at for at, name in enumerate(query.columns) if table.column(name).kind == "text"]
