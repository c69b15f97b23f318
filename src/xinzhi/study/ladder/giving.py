"""What a ladder takes from files of its own: numbers by industry, and linkages from an input-output table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import DataError, Fault
from xinzhi.data.files import find
from xinzhi.data.numbers import read_numbers
from xinzhi.data.reading import kept_lines
from xinzhi.data.tables import RawTable, read_tables
from xinzhi.structure.ladder.linkages import Linkages, linkages
from xinzhi.study.ladder.bringing import Came
from xinzhi.study.ladder.spec import ByIndustry, FlowsFile
from xinzhi.study.structure.rows import Column, rows_of_file, source_of


def by_industry(folder: Path, spec: ByIndustry, block: Came) -> tuple[pd.Series[Any], dict[str, str]]:
    """Numbers by the codes of a block, and the file's digest. Raises ``DataError`` with all that is wrong.

    The Series has levels industry, and region and time where the file has such columns.
    """
    columns = [Column("industry", spec.industry, "label", "industry", "产业")]
    if spec.region is not None:
        columns.append(Column("region", spec.region, "label", "region", "地区"))
    if spec.period is not None:
        columns.append(Column("time", spec.period, "year", "year", "年份"))
    columns.append(Column("value", spec.value, "amount", "value", "数值"))
    rows = rows_of_file(folder, source_of(spec), columns)
    table = rows.table
    table["industry"] = table["industry"].map({one: block.industry(one) for one in table["industry"].unique()})
    if spec.region is not None:
        table["region"] = table["region"].map(lambda one: block.regions_as.get(one, one))
    levels = [one.role for one in columns[:-1]]
    return table.set_index(levels)["value"], {spec.file: rows.sha256}


def linked(folder: Path, spec: FlowsFile, block: Came) -> tuple[Linkages, dict[str, str]]:
    """Linkages of the industries of an input-output table. Raises ``DataError`` with all that is wrong with it."""
    found = find(folder, spec.file)
    source = source_of(spec)
    table = read_tables(found, source)[0]
    absent = [head for head in (spec.industry, spec.output) if head not in table.heads]
    if absent:
        raise DataError(
            Fault(
                "unknown-column",
                f"there is no column {', '.join(map(repr, absent))}. Columns: {', '.join(table.heads[:12])}. "
                "Name them with `industry` and `output`.",
                f"没有以下列：{'、'.join(absent)}。现有：{'、'.join(table.heads[:12])}。请用 industry 与 output 指明。",
                file=spec.file,
                sheet=table.sheet,
            )
        )
    table = table.keep(kept_lines(table, source))
    sellers = [block.industry(str(cell).strip()) for cell in table.column(spec.industry).to_pylist()]
    buyers = {block.industry(head.strip()): head for head in table.heads if head not in (spec.industry, spec.output)}
    rows = [at for at, code in enumerate(sellers) if code in buyers]
    codes = [sellers[at] for at in rows]
    if not codes:
        raise DataError(
            Fault(
                "no-flows",
                "no row is called as a column is: an input-output table has the same industries in both.",
                "没有任何一行与列同名：投入产出表的行与列须为相同的产业。",
                file=spec.file,
            )
        )
    faults = list[Fault]()
    cells = {code: _numbers(table, buyers[code], rows, spec, faults) for code in dict.fromkeys(codes)}
    output = _numbers(table, spec.output, rows, spec, faults)
    if faults:
        raise DataError(faults)
    flows = pd.DataFrame(cells, index=codes)
    try:
        made = linkages(flows, dict(zip(codes, output.tolist(), strict=True)), forward=spec.forward)
    except DataError as error:
        raise DataError([Fault(one.code, one.en, one.zh, file=spec.file) for one in error.faults]) from None
    return made, {spec.file: found.sha256}


def _numbers(table: RawTable, head: str, rows: list[int], spec: FlowsFile, faults: list[Fault]) -> np.ndarray:
    read = read_numbers(table.column(head), spec.decimal)
    wrong = np.zeros(len(read.values), dtype=bool)
    for at, reading in enumerate(read.readings):
        if reading.reason == "wrong":
            wrong[read.positions(at)] = True
    if bad := [at for at in rows if wrong[at]]:
        faults.append(
            Fault(
                "not-a-number",
                f"cells that are no number: {len(bad)}. Correct them.",
                f"不是数字的格：{len(bad)} 个。请更正。",
                file=spec.file,
                sheet=table.sheet,
                row=int(table.rows[bad[0]]),
                column=head,
            )
        )
    found: np.ndarray = np.asarray(read.values, dtype=float)[rows]
    return found
