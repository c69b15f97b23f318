"""The results as one Excel workbook, headed in both languages."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from xinzhi.core.specs import Text
from xinzhi.study.analysis_sheets import analysis_sheets
from xinzhi.study.doubt_sheets import doubt_sheets
from xinzhi.study.dynamics.sheets import dynamics_sheets
from xinzhi.study.running import AnyRun, Run
from xinzhi.study.sheets import Sheet, data_sheets, index_sheets
from xinzhi.study.simulation.sheets import simulation_sheets
from xinzhi.study.structure_sheets import structure_sheets

# Excel's own limit; what does not fit is in the Parquet file.
_MOST_ROWS = 1_048_576
# A workbook says when it was made; equal runs must be equal bytes, so it always says the same.
_CREATED = datetime(2000, 1, 1)


def workbook(run: AnyRun) -> bytes:
    """What the run found, how the index was built, how far it can be trusted, what it looks like on
    examination, how it moves, what regions are made of, what grew in simulated worlds, and the data behind it.

    One sheet each, a table of contents before them; the bytes of an xlsx file.
    """
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    title = run.study.spec.title
    book.set_properties({"title": f"{title.en} {title.zh}", "created": _CREATED})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#EDF2F7"})
    sheets = [*index_sheets(run), *doubt_sheets(run), *analysis_sheets(run)] if isinstance(run, Run) else []
    sheets += dynamics_sheets(run.dynamics) if isinstance(run, Run) and run.dynamics else []
    sheets += structure_sheets(run.structure) if run.structure is not None else []
    sheets += simulation_sheets(run.simulation) if run.simulation is not None else []
    sheets += data_sheets(run)
    for sheet in (_contents(sheets), *sheets):
        _fill(book, sheet, head)
    book.close()
    return sink.getvalue()


def _contents(sheets: Sequence[Sheet]) -> Sheet:
    heads = [("Sheet", "工作表"), ("What it holds", "内容（英文）"), ("In Chinese", "内容")]
    rows = [[sheet.name, sheet.about.en, sheet.about.zh] for sheet in sheets]
    return Sheet("contents 目录", Text(en="Every sheet and what it holds.", zh="各工作表及其内容。"), heads, rows)


def _fill(book: Any, sheet: Sheet, head: Any) -> None:
    page = book.add_worksheet(sheet.name)
    widths = [max(len(en), 2 * len(zh)) for en, zh in sheet.heads]
    for column, (en, zh) in enumerate(sheet.heads):
        page.write_string(0, column, en if en == zh else f"{en}\n{zh}", head)
    for number, row in enumerate(sheet.rows, start=1):
        if number == _MOST_ROWS - 1:
            page.write_string(number, 0, "… the rest is in scores.parquet / 其余见 scores.parquet")
            break
        for column, value in enumerate(row):
            _cell(page, number, column, value)
            if number <= 200:
                widths[column] = max(widths[column], min(_width(value), 60))
    page.freeze_panes(1, 0)
    if sheet.heads:
        page.autofilter(0, 0, max(1, page.dim_rowmax or 1), len(sheet.heads) - 1)
    for column, width in enumerate(widths):
        page.set_column(column, column, min(width, 60) + 2)


def _cell(page: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, str):
        page.write_string(row, column, value[:32_767])
    elif value is not None and math.isfinite(value):
        page.write_number(row, column, value)


def _width(value: Any) -> int:
    if isinstance(value, str):
        return max(sum(2 if ord(letter) > 0x2E7F else 1 for letter in line) for line in value.split("\n"))
    return 10
