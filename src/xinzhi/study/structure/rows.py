"""Rows of a file of the study: labels, years and amounts by role, and everything wrong with them said at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.specs import faults_of
from xinzhi.data.files import find
from xinzhi.data.layout import Coded
from xinzhi.data.numbers import read_numbers, read_year
from xinzhi.data.reading import kept_lines
from xinzhi.data.sources import SourceSpec
from xinzhi.data.tables import RawTable, read_tables

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Column:
    """A column that a file should have: its role, its head, what kind of thing it holds, and words for that.

    A label that is ``needed`` must stand in every row; an amount may always be empty, which is not observed.
    """

    role: str
    head: str
    kind: Literal["label", "year", "amount"]
    en: str
    zh: str
    needed: bool = True


Finder = Callable[[RawTable], Sequence[Column]]


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a file, a column a role; beside them the ``sheets`` and ``lines`` they stand in, and the digest."""

    table: pd.DataFrame
    sheets: npt.NDArray[np.object_]
    lines: npt.NDArray[np.int64]
    sha256: str


def source_of(spec: Any) -> SourceSpec:
    """How to read the file of a block, with the keys that it has of a ``[[source]]``. Raises ``DataError``."""
    keys = ("where", "sheet", "header", "encoding", "separator", "decimal")
    try:
        return SourceSpec(file=str(spec.file), **{key: getattr(spec, key) for key in keys if hasattr(spec, key)})
    except ValidationError as error:
        raise DataError(faults_of(error)) from None


def rows_of_file(folder: Path, source: SourceSpec, columns: Sequence[Column] | Finder) -> Rows:
    """The rows that the study keeps of every sheet of a file. Raises ``DataError`` with all that is wrong.

    ``columns`` are what the file should have, or a function that finds them in each table. Labels are texts without
    blanks around them, ``None`` where there is none; years whole numbers; amounts numbers of at least 0, ``nan`` where
    a cell is empty.
    """
    found = find(folder, source.file)
    faults: list[Fault] = []
    parts: list[tuple[RawTable, pd.DataFrame]] = []
    for table in read_tables(found, source):
        asked = columns(table) if callable(columns) else columns
        if absent := list(_absent(table, asked, source)):
            raise DataError(absent)
        kept = table.keep(kept_lines(table, source))
        rows, wrong = _rows(kept, asked, source)
        faults += wrong
        parts.append((kept, rows))
    if faults:
        raise DataError(faults)
    rows = pd.concat([rows for _, rows in parts], ignore_index=True)
    if rows.empty:
        raise DataError(Fault("no-data", "no row is left to bring in.", "没有可用的数据行。", file=source.file))
    sheets = np.repeat(
        np.array([table.sheet for table, _ in parts], dtype=object), [len(table.rows) for table, _ in parts]
    )
    return Rows(rows, sheets, np.concatenate([table.rows for table, _ in parts]), found.sha256)


def _absent(table: RawTable, columns: Sequence[Column], source: SourceSpec) -> Iterator[Fault]:
    """Columns that the table should have and has not."""
    for role, head in (*((one.role, one.head) for one in columns), *(("where", head) for head in source.where)):
        if head not in table.heads:
            yield Fault(
                "unknown-column",
                f"there is no column '{head}' ({role}). Columns: {', '.join(table.heads)}. Name it in `columns`.",
                f"没有列“{head}”（{role}）。现有：{'、'.join(table.heads)}。请在 columns 中指明。",
                file=source.file,
                sheet=table.sheet,
                column=head,
            )


def _rows(table: RawTable, columns: Sequence[Column], source: SourceSpec) -> tuple[pd.DataFrame, list[Fault]]:
    """Every role of every line, and what is wrong: one fault of each kind, at its first row."""
    said: dict[str, npt.NDArray[np.object_]] = {}
    held: dict[str, Any] = {}
    checks: list[tuple[str, Bools, str, str, str]] = []
    for one in columns:
        if one.kind == "amount":
            read = read_numbers(table.column(one.head), source.decimal)
            wrong = np.isinf(read.values)
            for at, reading in enumerate(read.readings):
                if reading.reason == "wrong":
                    wrong[read.positions(at)] = True
            checks.append(
                ("not-a-number", wrong, one.head, f"{one.en} that are not finite numbers", f"{one.zh}不是有限数的行")
            )
            checks.append((f"negative-{one.role}", read.values < 0, one.head, f"{one.en} below 0", f"{one.zh}为负的行"))
            held[one.role] = read.values
            continue
        coded = Coded.of(table.column(one.head))
        texts = np.array([*(text.strip() for text in coded.texts), ""], dtype=object)[coded.codes]
        said[one.role] = texts
        if one.kind == "year":
            years = np.array([*(_year(text) for text in coded.texts), np.nan], dtype=float)[coded.codes]
            checks.append(
                ("no-year", np.isnan(years), one.head, f"rows whose {one.en} is not a year", f"{one.zh}无法识别的行")
            )
            held[one.role] = years
        else:
            blank = np.asarray(texts == "", dtype=bool)
            held[one.role] = pd.Series(texts, dtype=object).where(~blank, None)
            if one.needed:
                checks.append(
                    (f"no-{one.role}", blank, one.head, f"rows that name no {one.en}", f"没有写明{one.zh}的行")
                )
    faults = [
        _fault(
            code, bad, head, (en, zh), table, source, ", ".join(str(of[bad.argmax()] or "?") for of in said.values())
        )
        for code, bad, head, en, zh in checks
        if bad.any()
    ]
    if faults:
        return pd.DataFrame(), faults
    whole = {one.role: int for one in columns if one.kind == "year"}
    return pd.DataFrame(held).astype(whole), []


def _fault(
    code: str, bad: Bools, head: str, said: tuple[str, str], table: RawTable, source: SourceSpec, shown: str
) -> Fault:
    many = int(bad.sum())
    return Fault(
        code,
        f"{said[0]}: {many} (first: {shown}). Correct them, or delete the rows.",
        f"{said[1]}：{many} 行（首个：{shown}）。请更正或删除。",
        file=source.file,
        sheet=table.sheet,
        row=int(table.rows[bad.argmax()]),
        column=head,
    )


def _year(text: str) -> float:
    found = read_year(text)[0]
    return np.nan if found is None else float(found)
