"""One file as raw tables: heads, columns of text or numbers as they stand, and the row each line had in the file."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from xinzhi.core.errors import DataError, Fault
from xinzhi.data import files
from xinzhi.data.files import Found
from xinzhi.data.sources import Repair, SourceSpec

Ints: TypeAlias = npt.NDArray[np.int64]
Grid: TypeAlias = Sequence[Sequence[Any]]

SEPARATORS = (",", ";", "\t", "|")
HEAD_ROWS = 60
HEAD_TEXT = 4_000_000  # characters that hold the first rows of any table
NOTE = re.compile(
    r"^[\s*（(【\[]*(注|附注|资料来源|数据来源|来源|说明|备注|单位|notes?|sources?|last updated|data from)"
    r"\s*[\d一二三四五]?\s*[:：.、]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class RawTable:
    """A table as it stands. A column is text, or numbers where the file itself keeps numbers apart from text.

    ``rows`` holds the row of every line as a spreadsheet shows it (the header of a plain file is row 1); in files
    without visible rows (Parquet, Stata, frames) the first record is 1. ``above`` and ``below`` are title lines and
    notes set aside.
    """

    file: str
    heads: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    rows: Ints
    sheet: str | None = None
    header: int = 0
    encoding: str | None = None
    labels: dict[str, str] | None = None
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    repairs: tuple[Repair, ...] = ()

    def column(self, head: str) -> pa.Array:
        """The column under that head."""
        return self.columns[self.heads.index(head)]

    def keep(self, mask: npt.NDArray[np.bool_]) -> RawTable:
        """The table with only the lines marked true."""
        if mask.all():
            return self
        kept = pa.array(mask)
        return replace(self, columns=tuple(column.filter(kept) for column in self.columns), rows=self.rows[mask])


def read_tables(found: Found, spec: SourceSpec) -> list[RawTable]:
    """The tables of one file: one, or one per sheet where the sheets have the same heads. Raises ``DataError``."""
    readers = {files.TEXT: _read_text, files.EXCEL: _read_excel, files.PARQUET: _read_parquet, files.STATA: _read_stata}
    tables = [_without_empty_columns(table) for table in readers[found.kind](found, spec)]
    for table in tables:
        twice = [head for head, count in Counter(table.heads).items() if count > 1]
        if twice:
            raise DataError(
                Fault(
                    "duplicate-column",
                    f"these heads occur more than once: {', '.join(twice)}. Give every column a name of its own.",
                    f"以下列名重复出现：{'、'.join(twice)}。请使每列名称唯一。",
                    file=table.file,
                    sheet=table.sheet,
                    row=table.header or None,
                )
            )
    if not any(len(table.rows) for table in tables):
        raise DataError(
            Fault("no-rows", "the table has heads but no rows.", "表格只有表头，没有数据行。", file=found.name)
        )
    return tables


def from_arrow(table: pa.Table, name: str, labels: dict[str, str] | None = None) -> RawTable:
    """A table of typed columns; columns of lists and structures are left out."""
    heads, columns = [], []
    for head, chunked in zip(table.column_names, table.columns, strict=True):
        kind = chunked.type.value_type if pa.types.is_dictionary(chunked.type) else chunked.type
        if pa.types.is_nested(kind) or re.fullmatch(r"__index_level_\d+__", head):
            continue
        heads.append(head)
        columns.append(_plain(chunked, kind))
    return RawTable(name, tuple(heads), tuple(columns), np.arange(1, len(table) + 1), labels=labels)


def _plain(chunked: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    """Text (dictionary-encoded where it was), whole numbers, or floats; everything else as text."""
    array = chunked.chunk(0) if chunked.num_chunks == 1 else chunked.combine_chunks()  # which copies one chunk too
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if pa.types.is_dictionary(array.type):
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            # Polars numbers its categories without a sign, which leaves no -1 for a cell without one.
            return pa.DictionaryArray.from_arrays(array.indices.cast(pa.int32()), array.dictionary)
        array = array.dictionary_decode()
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return array.cast(pa.float64())
    if pa.types.is_integer(kind):
        return array.cast(pa.int64())
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return pc.strftime(array, format="%Y-%m-%d")
    return array if pa.types.is_large_string(array.type) else array.cast(pa.string())


# ---- plain text


def _read_text(found: Found, spec: SourceSpec) -> list[RawTable]:
    text, encoding = files.decode(found.name, found.content, spec.encoding)
    text = text.removeprefix("\ufeff")
    try:
        separator = spec.separator or _separator(found.name, text)
        head = list(_records(text, separator, max(HEAD_ROWS, spec.header or 0)))
    except csv.Error as error:
        raise _damaged(found.name, str(error)) from None
    top = _header_row(found.name, [record for record, _ in head], spec.header)
    heads = tuple(cell.strip() for cell in head[top][0])
    columns, rows, ragged = _columns_of_text(found.name, text[head[top][1] :], separator, len(heads), top + 1)
    table = RawTable(
        found.name,
        _named(heads),
        columns,
        rows,
        header=top + 1,
        encoding=encoding,
        above=tuple(_line(record) for record, _ in head[:top] if _line(record)),
    )
    # A note below the table is a line of one field; anything else that does not fit the heads is a fault.
    table = _without_notes(table)
    last = int(table.rows[-1]) if len(table.rows) else top + 1
    below = [text for row, _, text in ragged if row > last and _is_note_line(text, separator)]
    faults = [
        Fault(
            "ragged-line",
            f"this line has {count} fields, the header has {len(heads)}. A separator is missing or needs quotes.",
            f"该行有 {count} 个字段，而表头有 {len(heads)} 个。可能缺少、多出分隔符，或字段需加引号。",
            file=found.name,
            row=row,
        )
        for row, count, text in ragged
        if not (row > last and _is_note_line(text, separator)) and text.strip()
    ]
    return [replace(table, below=(*table.below, *(text.strip() for text in below)), faults=tuple(faults))]


def _records(text: str, separator: str, most: int) -> Iterator[tuple[list[str], int]]:
    """The first records with the position in the text where each begins."""
    position, start = 0, 0

    def lines() -> Iterator[str]:
        nonlocal position
        for line in io.StringIO(text[:HEAD_TEXT], newline=""):
            position += len(line)
            yield line

    for number, record in enumerate(csv.reader(lines(), delimiter=separator)):
        if number >= most:
            return
        yield record, start
        start = position


def _separator(name: str, text: str) -> str:
    """The separator under which most of the first lines have the same number of fields, and the most of them."""
    best, score = "", (0.0, 0)
    for candidate in SEPARATORS:
        widths = Counter(len(record) for record, _ in _records(text, candidate, HEAD_ROWS) if any(record))
        wide = {width: count for width, count in widths.items() if width > 1}
        if wide:
            width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
            if (count / widths.total(), width) > score:
                best, score = candidate, (count / widths.total(), width)
    if not best:
        raise DataError(
            Fault(
                "no-separator",
                "no comma, semicolon, tab or bar separates fields. Set `separator`, or check that this is a table.",
                "未发现逗号、分号、制表符或竖线分隔的字段。请设置 separator，或确认该文件是表格。",
                file=name,
            )
        )
    return best


def _columns_of_text(
    name: str, text: str, separator: str, width: int, header: int
) -> tuple[tuple[pa.Array, ...], Ints, list[tuple[int, int, str]]]:
    """Every field as text; lines with another number of fields apart, as (row, fields, text)."""
    import pyarrow.csv as pacsv  # readers of files are read in when there is such a file

    ragged: list[tuple[int, int, str]] = []

    def set_aside(row: Any) -> str:
        ragged.append((row.number + header - 1, row.actual_columns, row.text))
        return "skip"

    names = [f"f{i}" for i in range(width)]
    content = text.encode()
    try:
        table = pacsv.read_csv(
            pa.BufferReader(content),
            read_options=pacsv.ReadOptions(
                use_threads=False, autogenerate_column_names=True, block_size=min(len(content) + 1, 2**31 - 1)
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=set_aside
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise _damaged(name, str(error).split(":", 1)[-1].strip()) from None
    every = np.arange(header, header + len(table) + len(ragged))
    rows = np.setdiff1d(every, [row for row, _, _ in ragged], assume_unique=True)
    columns = [chunked.combine_chunks() for chunked in table.columns]
    return tuple(column[1:] for column in columns), rows[1:], ragged


def _is_note_line(text: str, separator: str) -> bool:
    fields = text.split(separator)
    return bool(NOTE.match(text.strip().strip('"'))) or sum(bool(field.strip()) for field in fields) <= 1


def _damaged(name: str, found: str) -> DataError:
    return DataError(
        Fault(
            "damaged-file", f"this file cannot be read as a table: {found}", f"无法将该文件读作表格：{found}", file=name
        )
    )


# ---- Excel


def _read_excel(found: Found, spec: SourceSpec) -> list[RawTable]:
    """Visible sheets. A cell holding an Excel error (#N/A, #DIV/0!) reads as empty; merged cells below one another
    take the value shown over them, and are listed.
    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(found.content))
        visible = [meta.name for meta in book.sheets_metadata if meta.visible == SheetVisibleEnum.Visible]
        if spec.sheet is not None and spec.sheet not in book.sheet_names:
            raise DataError(
                Fault(
                    "unknown-sheet",
                    f"there is no sheet '{spec.sheet}'. The workbook has: {', '.join(book.sheet_names)}.",
                    f"没有名为“{spec.sheet}”的工作表。工作簿中有：{'、'.join(book.sheet_names)}。",
                    file=found.name,
                )
            )
        names = visible if spec.sheet is None else [spec.sheet]
        sheets = {name: book.get_sheet_by_name(name) for name in names}
        grids = {name: sheet.to_python(skip_empty_area=False) for name, sheet in sheets.items()}
        merged = {name: sheet.merged_cell_ranges or [] for name, sheet in sheets.items()}
    except CalamineError as error:
        raise _damaged(found.name, str(error)) from None
    tables = [
        _table_of_grid(found.name, name, grid, merged[name], spec.header)
        for name, grid in grids.items()
        if spec.sheet is not None or any(sum(cell != "" for cell in row) > 1 for row in grid)
    ]
    if not tables:
        raise DataError(
            Fault(
                "empty-file",
                "no sheet of this workbook holds a table.",
                "该工作簿中没有含表格的工作表。",
                file=found.name,
            )
        )
    if len({table.heads for table in tables}) > 1:
        listed = [
            f"{table.sheet} ({', '.join(table.heads[:4])}{', …' if len(table.heads) > 4 else ''})" for table in tables
        ]
        raise DataError(
            Fault(
                "several-sheets",
                f"the sheets have different heads; choose one with `sheet`: {'; '.join(listed)}.",
                f"各工作表的表头不同，请用 sheet 指定其一：{'；'.join(listed)}。",
                file=found.name,
            )
        )
    return tables


def _table_of_grid(file: str, sheet: str, grid: Grid, merged: Sequence[Any], header: int | None) -> RawTable:
    top = _header_row(file, grid[: max(HEAD_ROWS, header or 0)], header, sheet)
    heads = tuple(_cell_text(cell).strip() for cell in grid[top])
    body = [list(row) for row in grid[top + 1 :]]
    named = _named(heads)
    repairs = []
    for (first, left), (last, right) in merged:
        if first > top and last > first and left == right:
            shown = body[first - top - 1][left]
            for row in range(first + 1, last + 1):
                body[row - top - 1][left] = shown
            rows = tuple(range(first + 2, last + 2))
            repairs.append(
                Repair(
                    "merged-cell",
                    "merged cells take the value shown over them",
                    "合并单元格取其显示值",
                    "",
                    _cell_text(shown),
                    file,
                    named[left],
                    len(rows),
                    rows[:5],
                    sheet,
                )
            )
    filled = [i for i, row in enumerate(body) if any(cell != "" for cell in row)]
    columns = tuple(_column_of_cells([body[i][at] for i in filled]) for at in range(len(heads)))
    return _without_notes(
        RawTable(
            file,
            named,
            columns,
            np.asarray(filled, dtype=np.int64) + top + 2,
            sheet,
            top + 1,
            above=tuple(_line(row) for row in grid[:top] if _line(row)),
            repairs=tuple(repairs),
        )
    )


def _column_of_cells(cells: list[Any]) -> pa.Array:
    """Numbers where all cells are numbers (whole ones where all are whole), else text."""
    written = [cell for cell in cells if cell != ""]
    if written and all(type(cell) in (int, float) for cell in written):
        whole = all(float(cell).is_integer() and abs(cell) < 2**53 for cell in written)
        settled = [None if cell == "" else int(cell) if whole else float(cell) for cell in cells]
        return pa.array(settled, type=pa.int64() if whole else pa.float64())
    return pa.array([_cell_text(cell) for cell in cells], type=pa.string())


def _cell_text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, (datetime.date, datetime.datetime)):
        return cell.isoformat()[:10]
    return str(cell)


# ---- Parquet and Stata


def _read_parquet(found: Found, spec: SourceSpec) -> list[RawTable]:
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(found.content))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise _damaged(found.name, str(error)) from None
    return [from_arrow(table, found.name)]


def _read_stata(found: Found, spec: SourceSpec) -> list[RawTable]:
    """Stata 14 and later keep UTF-8; older files keep bytes of whatever the machine used, often GBK."""
    import pyreadstat

    if found.path.suffix.lower() == ".gz":
        raise _damaged(found.name, "unpack .dta.gz first")
    modern = re.match(rb"<stata_dta><header><release>(\d+)", found.content)
    encoding = spec.encoding
    try:
        if encoding is None and not (modern and int(modern[1]) >= 118):
            frame, about = pyreadstat.read_dta(found.path, encoding="LATIN1")
            words = [*frame.columns, *(label or "" for label in about.column_labels)]
            words += [word for labels in about.variable_value_labels.values() for word in labels.values()]
            for column in frame.columns:
                if pd.api.types.is_string_dtype(frame[column]) or frame[column].dtype == object:
                    words += [word for word in frame[column].dropna().unique() if isinstance(word, str)]
            encoding = files.detect_encoding("\n".join(words).encode("latin-1", errors="replace"))
        known = {"gb18030": "GB18030", "cp1252": "WINDOWS-1252", "latin-1": "LATIN1", "utf-8": "UTF-8"}
        asked = known.get(encoding or "", encoding)
        frame, about = pyreadstat.read_dta(found.path, encoding=asked)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, LookupError, UnicodeError) as error:
        raise _damaged(found.name, str(error)) from None
    for column, labels in about.variable_value_labels.items():
        coded = frame[column].dropna().unique()
        if len(coded) and all(code in labels for code in coded):
            frame[column] = frame[column].map(labels)
    titles = {name: label for name, label in zip(about.column_names, about.column_labels, strict=True) if label}
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return [replace(from_arrow(table, found.name, titles), encoding=encoding or "utf-8")]


# ---- heads, notes, emptiness


def _header_row(file: str, grid: Grid, wanted: int | None, sheet: str | None = None) -> int:
    """Where the heads stand: the first line nearly as full as the fullest; only its corner may be blank."""
    filled = [[str(cell).strip() != "" for cell in row] for row in grid]
    if wanted is not None:
        if wanted > len(grid) or not any(filled[wanted - 1]):
            raise DataError(
                Fault(
                    "no-header",
                    f"row {wanted} is empty: there are no heads.",
                    f"第 {wanted} 行为空，没有表头。",
                    file=file,
                    sheet=sheet,
                    row=wanted,
                )
            )
        return wanted - 1
    fullest = max((sum(row) for row in filled), default=0)
    for at, row in enumerate(filled):
        corner = sum(row) == fullest - 1 and not any(row[:1])
        if sum(row) >= 2 and (corner or sum(row) >= 0.75 * fullest):
            return at
    raise DataError(
        Fault(
            "no-header",
            f"no line of heads was found in the first {len(grid)} rows. Set `header` to the row of the heads.",
            f"在前 {len(grid)} 行中没有找到含两个以上列名的表头。请用 header 指定表头所在行。",
            file=file,
            sheet=sheet,
        )
    )


def _named(heads: Sequence[str]) -> tuple[str, ...]:
    """Heads on one line each; a blank one is called by its position."""
    return tuple(re.sub(r"\s*[\r\n]\s*", " ", head) or f"column {at}" for at, head in enumerate(heads, 1))


def _line(record: Sequence[Any]) -> str:
    return "  ".join(text for cell in record if (text := _cell_text(cell).strip()))


def _written(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Which cells have something in them."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return np.asarray(pc.is_valid(column))
    return np.asarray(pc.fill_null(pc.not_equal(column, ""), False))


def _without_notes(table: RawTable) -> RawTable:
    """Drop blank lines and set aside notes: lines of one cell at the end, from a blank line or a word such as 注."""
    if not len(table.rows):
        return table
    filled = np.sum([_written(column) for column in table.columns], axis=0)
    cut, at = len(filled), len(filled) - 1
    while at >= 0 and filled[at] <= 1:
        text = _line([column[at].as_py() or "" for column in table.columns])
        if filled[at] == 0 or NOTE.match(text):
            cut = at
        at -= 1
    below = [_line([column[i].as_py() or "" for column in table.columns]) for i in range(cut, len(filled))]
    kept = table.keep((filled > 0) & (np.arange(len(filled)) < cut))
    return replace(kept, below=tuple(line for line in below if line))


def _without_empty_columns(table: RawTable) -> RawTable:
    kept = [
        at
        for at, head in enumerate(table.heads)
        if not re.fullmatch(r"column \d+", head) or _written(table.columns[at]).any()
    ]
    return replace(table, heads=tuple(table.heads[at] for at in kept), columns=tuple(table.columns[at] for at in kept))
