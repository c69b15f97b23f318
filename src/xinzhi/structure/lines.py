"""The lines of one table as numbers: which region, activity and period, how much, and what is wrong with it.

Tables in memory keep the row of every line. Tables of a database (Ibis, DuckDB, lazy Polars) are added up where they
are: one line then stands for many rows, and what is wrong is counted per line.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.labels import Floats
from xinzhi.data.files import find
from xinzhi.data.frames import mixed_labels
from xinzhi.data.layout import Coded
from xinzhi.data.numbers import REASONS, Ints, read_numbers
from xinzhi.data.reading import kept_lines
from xinzhi.data.records import Words
from xinzhi.data.sources import SourceSpec
from xinzhi.data.tables import RawTable, from_arrow, read_tables
from xinzhi.structure.columns import Asked, Roles, roles_of
from xinzhi.structure.links import SHOWN

Codes: TypeAlias = npt.NDArray[np.int32]

FLAWS = ("missing", "negative", "infinite")
MOST_TEXTS = 1_000  # different texts that are no numbers; nobody reads on
SAMPLE = 1_000  # lines of text that show whether a column holds numbers
FRAME = "frame"


@dataclass(frozen=True)
class Lines:
    """Lines of a table. ``codes`` number the labels of each role (-1: none) in the vocabulary of ``words``.

    ``value`` is 0 where it is at fault; ``flaws`` count what is wrong per line, ``rows`` is where a line stands (none
    in a database) and ``many`` how many rows it stands for (none: one each).
    """

    file: str
    sheet: str | None
    roles: Roles
    codes: dict[str, Codes]
    value: Floats
    flaws: dict[str, Ints]
    faults: tuple[Fault, ...]
    rows: Ints | None = None
    many: Ints | None = None

    def __len__(self) -> int:
        return len(self.value)

    def fault(self, code: str, en: str, zh: str, role: str | None = None, at: int | None = None) -> Fault:
        """A fault with its place: the table, the column of a role and the row of line ``at``."""
        row = None if at is None or self.rows is None else int(self.rows[at])
        return Fault(code, en, zh, self.file, self.sheet, row, self.roles.heads.get(role or ""))


def lines_of_file(path: Path, asked: Asked, spec: SourceSpec, words: dict[str, Words]) -> tuple[list[Lines], str]:
    """The lines of every table of a file, and the file's digest. Raises ``DataError``."""
    found = find(path.parent, path.name)
    return [_read(table, asked, spec, words) for table in read_tables(found, spec)], found.sha256


def lines_of_frame(frame: Any, asked: Asked, spec: SourceSpec, words: dict[str, Words]) -> Lines:
    """The lines of a table in memory or in a database. Raises ``DataError``."""
    if isinstance(frame, pd.DataFrame):
        named = [level for level in frame.index.names if level is not None]
        frame = frame.reset_index(level=named) if named else frame
        if not frame.columns.is_unique:
            raise DataError(_twice([str(head) for head in frame.columns]))
        frame = frame.set_axis([str(head) for head in frame.columns], axis=1)
    elif isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    try:
        given = nw.from_native(frame)
    except TypeError:
        raise DataError(_not_a_table(frame)) from None
    schema = given.collect_schema()
    heads = schema.names()
    if absent := [head for head in spec.where if head not in heads]:
        raise DataError(_no_column(absent[0], heads))
    numeric = [head for head, kind in schema.items() if kind.is_numeric()]
    roles = roles_of(heads, numeric, asked, FRAME, None)
    if isinstance(given, nw.DataFrame) and roles.value is None and not asked.count:  # numbers may be written as text
        top = given.select(head for head, kind in schema.items() if kind == nw.String).head(SAMPLE).to_arrow()
        numeric += [head for head in top.column_names if _is_numeric(top[head].combine_chunks())]
        roles = roles_of(heads, numeric, asked, FRAME, None)
    if roles.faults:
        raise DataError(roles.faults)
    if not isinstance(given, nw.DataFrame):
        return _added_up(given, roles, spec, words, numeric)
    used = given.select(*dict.fromkeys([*roles.heads.values(), *spec.where]))
    mixed = [fault for head in roles.heads.values() if (fault := mixed_labels(used[head], head)) is not None]
    if mixed:
        raise DataError(mixed)
    if not len(used):
        raise DataError(Fault("no-rows", "the frame has no rows.", "数据框没有行。", file=FRAME))
    return _lines(from_arrow(used.to_arrow(), FRAME), roles, spec, words)


def _read(table: RawTable, asked: Asked, spec: SourceSpec, words: dict[str, Words]) -> Lines:
    numeric = [head for head, column in zip(table.heads, table.columns, strict=True) if _is_numeric(column)]
    roles = roles_of(table.heads, numeric, asked, table.file, table.sheet)
    if roles.faults:
        raise DataError([*table.faults, *roles.faults])
    return _lines(table, roles, spec, words)


def _is_numeric(column: pa.Array) -> bool:
    if pa.types.is_dictionary(column.type):
        return False
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return True
    read = read_numbers(column[:SAMPLE])
    return bool(2 * np.isfinite(read.values).sum() > len(read.values) - read.empty)


def _lines(table: RawTable, roles: Roles, spec: SourceSpec, words: dict[str, Words]) -> Lines:
    if absent := [head for head in spec.where if head not in table.heads]:
        raise DataError(_no_column(absent[0], table.heads))
    table = table.keep(kept_lines(table, spec))
    faults = list(table.faults)
    labels = {role: head for role, head in roles.heads.items() if role != "value"}
    with ThreadPoolExecutor(len(labels)) as pool:  # Arrow numbers texts without holding the interpreter
        coded = dict(
            zip(labels, pool.map(lambda role: _codes(table.column(labels[role]), words[role]), labels), strict=True)
        )
    codes = {role: numbers for role, (numbers, _) in coded.items()}
    for role, (_, decimal) in coded.items():
        if decimal:
            faults.append(_decimal_label(table.file, table.sheet, labels[role], decimal))
    if roles.value is None:
        value, flaws = np.ones(len(table.rows)), dict[str, Ints]()
    else:
        value, flaws, said = _values(table, roles.value, spec)
        faults += said
    pa.default_memory_pool().release_unused()  # or what Arrow numbered texts in stays with the process
    return Lines(table.file, table.sheet, roles, codes, value, flaws, tuple(faults), rows=table.rows)


def _codes(column: pa.Array, words: Words) -> tuple[Codes, list[str]]:
    """The number of every label, -1 where there is none, and labels that are decimal numbers."""
    coded = Coded.of(column)
    floating = pa.types.is_floating(column.type)
    texts = [_whole(text) if floating else text.strip() for text in coded.texts]
    some = np.array([bool(text) for text in texts], dtype=bool)
    numbers = np.full(len(texts) + 1, -1, dtype=np.int32)
    numbers[:-1][some] = words.codes(text for text in texts if text)
    return numbers[coded.codes], [text for text in texts if floating and "." in text]


def _whole(text: str) -> str:
    """A label that a frame keeps as a decimal number because others are missing, back as a whole one."""
    number = float(text)
    return "" if np.isnan(number) else str(int(number)) if number.is_integer() else text


def _values(table: RawTable, head: str, spec: SourceSpec) -> tuple[Floats, dict[str, Ints], list[Fault]]:
    read = read_numbers(table.column(head), spec.decimal)
    value, faults = read.values, list[Fault]()
    if not read.readings and value.min(initial=0.0) >= 0:  # nothing is missing either: then the least is not a number
        return value, {}, faults
    infinite = np.zeros(len(value), dtype=np.int64)
    wrong = np.zeros(len(value), dtype=bool)
    for at, reading in enumerate(read.readings):
        rows = read.positions(at)
        if reading.reason != "wrong":
            if reading.reason not in ("missing-mark", "suppressed"):  # counted among the missing
                faults.append(_mended(table, head, reading.reason, reading.text, rows))
        elif "inf" in reading.text.casefold():
            infinite[rows] = 1
        else:
            wrong[rows] = True
            if len(faults) < MOST_TEXTS:
                faults.append(_not_a_number(table, head, reading.text, rows))
    missing = np.isnan(value) & ~wrong & (infinite == 0)
    negative = value < 0
    flaws = {"missing": missing.astype(np.int64), "negative": negative.astype(np.int64), "infinite": infinite}
    flaws = {name: of for name, of in flaws.items() if of.any()}
    sound = np.isfinite(value) & ~negative
    return (value if sound.all() else np.where(sound, value, 0.0)), flaws, faults


def _added_up(given: Any, roles: Roles, spec: SourceSpec, words: dict[str, Words], numeric: list[str]) -> Lines:
    """A table of a database, one line per region × activity × period that it has."""
    if roles.value is not None and roles.value not in numeric:
        raise DataError(_text_column(roles.value))
    for head, wanted in spec.where.items():
        given = given.filter(nw.col(head).is_in(list(wanted if isinstance(wanted, tuple) else (wanted,))))
    labels = {role: nw.col(head) for role, head in roles.heads.items() if role != "value"}
    amount = nw.lit(1.0) if roles.value is None else nw.col(roles.value).cast(nw.Float64)
    table = given.select(**labels, value=amount)
    # A missing value may be null or not a number; comparisons of null are null, so it is settled first.
    table = table.with_columns(missing=nw.col("value").is_null() | nw.col("value").is_nan())
    table = table.with_columns(value=nw.when(~nw.col("missing")).then(nw.col("value")).otherwise(nw.lit(0.0)))
    infinity = float("inf")
    table = table.with_columns(
        negative=(nw.col("value") < 0) & (nw.col("value") > -infinity),
        infinite=(nw.col("value") == infinity) | (nw.col("value") == -infinity),
    )
    sound = ~(nw.col("negative") | nw.col("infinite"))
    table = table.with_columns(value=nw.when(sound).then(nw.col("value")).otherwise(nw.lit(0.0)))
    counts = {flaw: nw.col(flaw).cast(nw.Int64).sum() for flaw in FLAWS}
    made = table.group_by(*labels).agg(nw.col("value").sum(), nw.len().alias("many"), **counts)
    found = made.collect(backend="pyarrow").to_arrow()
    if not len(found):
        raise DataError(Fault("no-rows", "the table has no rows.", "表中没有行。", file=FRAME))
    raw = from_arrow(found.select(list(labels)), FRAME)
    faults, codes = list[Fault](), dict[str, Codes]()
    for role in labels:
        codes[role], decimal = _codes(raw.column(role), words[role])
        if decimal:
            faults.append(_decimal_label(FRAME, None, roles.heads[role], decimal))
    whole = {name: np.asarray(found[name].cast(pa.int64()), dtype=np.int64) for name in (*FLAWS, "many")}
    flaws = {name: whole[name] for name in FLAWS if whole[name].any()}
    value = np.asarray(found["value"].cast(pa.float64()), dtype=float)
    return Lines(FRAME, None, roles, codes, value, flaws, tuple(faults), many=whole["many"])


def _mended(table: RawTable, head: str, reason: str, text: str, rows: Ints) -> Fault:
    en, zh = REASONS[reason]
    return Fault(
        "numbers-mended",
        f"{en} (cells: {len(rows)}, such as '{text}').",
        f"{zh}（{len(rows)} 格，如“{text}”）。",
        table.file,
        table.sheet,
        int(table.rows[rows[0]]),
        head,
        "warning",
    )


def _not_a_number(table: RawTable, head: str, text: str, rows: Ints) -> Fault:
    shown = text if len(text) <= 40 else text[:39] + "…"
    return Fault(
        "not-a-number",
        f"'{shown}' is not a number (cells: {len(rows)}). Write the number alone, or leave the cell empty.",
        f"“{shown}”不是数字（{len(rows)} 格）。请只写数字；没有数据则留空。",
        table.file,
        table.sheet,
        int(table.rows[rows[0]]),
        head,
    )


def _decimal_label(file: str, sheet: str | None, head: str, labels: list[str]) -> Fault:
    shown = ", ".join(labels[:SHOWN])
    return Fault(
        "label-as-decimal",
        f"labels are decimals ({len(labels)}: {shown}); codes lose their last zeros so. Read the column as text.",
        f"标签是小数（{len(labels)} 个：{shown}），代码末尾的零会丢失。请将该列读作文本。",
        file,
        sheet,
        column=head,
    )


def _text_column(head: str) -> Fault:
    return Fault(
        "not-a-number",
        "the values are not numbers in the database. Cast the column to a number first.",
        "数据库中该列不是数值类型。请先转换为数值。",
        FRAME,
        column=head,
    )


def _twice(heads: list[str]) -> Fault:
    twice = ", ".join(dict.fromkeys(head for head in heads if heads.count(head) > 1))
    return Fault(
        "duplicate-column",
        f"these heads occur more than once: {twice}. Give every column a name of its own.",
        f"以下列名重复出现：{twice}。请使每列名称唯一。",
        FRAME,
    )


def _no_column(head: str, heads: Any) -> Fault:
    shown = ", ".join(list(heads)[:8])
    return Fault(
        "unknown-column",
        f"`where` names a column '{head}' that is not there. The table has: {shown}.",
        f"where 所指的列“{head}”不存在。表中有：{shown}。",
        FRAME,
    )


def _not_a_table(given: Any) -> Fault:
    kind = type(given).__name__
    return Fault(
        "not-a-frame",
        f"a path or a table (pandas, Polars, Arrow, Ibis, DuckDB) is needed; found {kind}.",
        f"需要文件路径或表（pandas、Polars、Arrow、Ibis、DuckDB）；实际为 {kind}。",
        FRAME,
    )
