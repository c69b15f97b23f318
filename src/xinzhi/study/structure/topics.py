"""From a file with a row a topic and year to a table topic × year, and everything wrong with it said at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
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
from xinzhi.study.structure.topic_spec import EmergenceSpec


def topics_of_file(folder: Path, spec: EmergenceSpec) -> tuple[pd.DataFrame, tuple[Fault, ...], str]:
    """Counts (topic, year) of a file, what is worth knowing of them, and the file's digest. Raises ``DataError``.

    Rows of the same topic and year are added up. A topic without a row in a year that other topics have counts 0; an
    empty count is not observed, ``nan``.
    """
    name = str(spec.file)
    found = find(folder, name)
    try:
        source = SourceSpec(
            file=name,
            where=spec.where,
            sheet=spec.sheet,
            header=spec.header,
            encoding=spec.encoding,
            separator=spec.separator,
            decimal=spec.decimal,
        )
    except ValidationError as error:
        raise DataError(faults_of(error)) from None
    faults: list[Fault] = []
    parts = []
    for table in read_tables(found, source):
        if absent := list(_absent(table, spec, name)):
            raise DataError(absent)
        rows, wrong = _rows(table.keep(kept_lines(table, source)), spec, name)
        faults += wrong
        parts.append(rows)
    if faults:
        raise DataError(faults)
    rows = pd.concat(parts, ignore_index=True)
    if rows.empty:
        raise DataError(Fault("no-data", "no row is left to bring in.", "没有可用的数据行。", file=name))
    topic, topics = pd.factorize(rows["topic"])
    years, year = np.unique(rows["year"].to_numpy(), return_inverse=True)
    shape = len(topics), len(years)
    cell, count = topic * len(years) + year, rows["count"].to_numpy()
    told = np.bincount(cell, minlength=shape[0] * shape[1])
    total = np.bincount(cell, np.nan_to_num(count), len(told))
    total[np.bincount(cell, np.isnan(count), len(told)) > 0] = np.nan
    wide = pd.DataFrame(total.reshape(shape), list(topics), years)
    notices = _mended(name, int((told - 1).clip(0).sum()), int((told == 0).sum()))
    return wide, tuple(notices), found.sha256


def _absent(table: RawTable, spec: EmergenceSpec, name: str) -> Iterator[Fault]:
    """Columns that the table should have and has not."""
    roles = {"topic": spec.columns.topic, "year": spec.columns.year, "count": spec.columns.count}
    for role, head in (*roles.items(), *(("where", head) for head in spec.where)):
        if head not in table.heads:
            yield Fault(
                "unknown-column",
                f"there is no column '{head}' ({role}). Columns: {', '.join(table.heads)}. Name it in `columns`.",
                f"没有列“{head}”（{role}）。现有：{'、'.join(table.heads)}。请在 columns 中指明。",
                file=name,
                sheet=table.sheet,
                column=head,
            )


def _rows(table: RawTable, spec: EmergenceSpec, name: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Topic, year and count of every line, and what is wrong: one fault of each kind, at its first row."""
    columns = spec.columns
    topic, year = Coded.of(table.column(columns.topic)), Coded.of(table.column(columns.year))
    topics = np.array([*(text.strip() for text in topic.texts), ""], dtype=object)[topic.codes]
    years = np.array([*(_year(text) for text in year.texts), np.nan], dtype=float)[year.codes]
    read = read_numbers(table.column(columns.count), spec.decimal)
    wrong = np.zeros(len(topics), dtype=bool)
    for at, reading in enumerate(read.readings):
        if reading.reason == "wrong":
            wrong[read.positions(at)] = True
    wrong |= np.isinf(read.values)
    checks = (
        ("no-topic", topics == "", columns.topic, "rows that name no topic", "没有写明主题的行"),
        ("no-year", np.isnan(years), columns.year, "rows whose year is not a year", "年份无法识别的行"),
        ("not-a-number", wrong, columns.count, "counts that are not finite numbers", "计数不是有限数的行"),
        ("negative-count", read.values < 0, columns.count, "counts below 0", "计数为负的行"),
    )
    faults = []
    for code, bad, head, en, zh in checks:
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            shown = f"{topics[first] or '?'}, {year.texts[year.codes[first]] if year.codes[first] >= 0 else '?'}"
            faults.append(
                Fault(
                    code,
                    f"{en}: {int(bad.sum())} (first: {shown}). Correct them, or delete the rows.",
                    f"{zh}：{int(bad.sum())} 行（首个：{shown}）。请更正或删除。",
                    file=name,
                    sheet=table.sheet,
                    row=int(table.rows[first]),
                    column=head,
                )
            )
    if faults:
        return pd.DataFrame(), faults
    return pd.DataFrame({"topic": topics, "year": years.astype(int), "count": read.values}), []


def _year(text: str) -> float:
    found = read_year(text)[0]
    return np.nan if found is None else float(found)


def _mended(name: str, repeats: int, absent: int) -> Iterator[Fault]:
    if repeats:
        yield Fault(
            "rows-added-up",
            f"rows that repeat a topic and year were added up: {repeats}.",
            f"主题与年份重复的行已相加：{repeats} 行。",
            file=name,
            severity="warning",
        )
    if absent:
        yield Fault(
            "counts-absent",
            f"topics without a row in a year that others have count 0: {absent} cells. Write an empty count where "
            "it is not known.",
            f"其他主题有记录而该主题无记录的年份按 0 计：{absent} 处。如属未知，请写入空值。",
            file=name,
            severity="warning",
        )
