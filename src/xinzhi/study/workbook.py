"""The results as one Excel workbook, headed in both languages."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import xarray as xr
import xlsxwriter

from xinzhi.core.labels import INDICATOR, ORIGINS, ORIGINS_ZH, REGION, TIME
from xinzhi.study.running import Run

# Excel's own limit; what does not fit is in the Parquet file.
_MOST_ROWS = 1_048_576
_REGION_HEADS = (("Code", "代码"), ("Region", "地区（英文）"), ("Chinese name", "地区"))
# A workbook says when it was made; equal runs must be equal bytes, so it always says the same.
_CREATED = datetime(2000, 1, 1)


@dataclass(frozen=True)
class _Sheet:
    """One sheet: its name, heads as (English, Chinese), rows."""

    name: str
    heads: Sequence[tuple[str, str]]
    rows: Iterable[Sequence[Any]]


def workbook(run: Run) -> bytes:
    """Ranking, scores, weights, normalised indicators, coverage, repairs and record, as an xlsx file's bytes."""
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    title = run.study.spec.title
    book.set_properties({"title": f"{title.en} {title.zh}", "created": _CREATED})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#EDF2F7"})
    for sheet in (_ranking, _scores, _weights, _normalised, _coverage, _repairs, _record):
        _fill(book, sheet(run), head)
    book.close()
    return sink.getvalue()


def _fill(book: Any, sheet: _Sheet, head: Any) -> None:
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


def _ranking(run: Run) -> _Sheet:
    """Ranks by the index in its last year, the elements beside it."""
    scores, ranks = run.index.scores, run.index.ranks()
    last = scores.sizes[TIME] - 1
    order = np.argsort(ranks.values[:, last, -1], kind="stable")
    columns = range(scores.sizes["element"] - 1, -1, -1)
    year = int(scores[TIME].values[last])
    heads = [("Rank", "名次"), *_REGION_HEADS]
    for at in columns:
        en, zh = _element(scores, at)
        heads += [(f"{en} {year}", f"{zh} {year}"), (f"Rank in {en}", f"{zh}名次")]
    names = _regions(run)
    rows = (
        [
            ranks.values[i, last, -1],
            *names[i],
            *(cell for at in columns for cell in (scores.values[i, last, at], ranks.values[i, last, at])),
        ]
        for i in order
    )
    return _Sheet("ranking 排名", heads, rows)


def _scores(run: Run) -> _Sheet:
    scores, ranks = run.index.scores, run.index.ranks().values[:, :, -1]
    cells = scores.values
    heads = [*_REGION_HEADS, ("Year", "年份")]
    heads += [_element(scores, at) for at in range(scores.sizes["element"])] + [("Rank", "名次")]
    names, years = _regions(run), scores[TIME].values
    rows = (
        [*names[i], int(year), *cells[i, t].tolist(), float(ranks[i, t])]
        for i in range(scores.sizes[REGION])
        for t, year in enumerate(years)
    )
    return _Sheet("scores 得分", heads, rows)


def _weights(run: Run) -> _Sheet:
    weights, effective = run.index.weights, run.index.effective()
    heads = [
        ("Code", "代码"),
        ("Name", "名称（英文）"),
        ("Chinese name", "名称"),
        ("Parent", "上级"),
        ("Level", "层级"),
        ("Direction", "方向"),
        ("Unit", "单位"),
        ("Denominator", "分母"),
    ]
    by_year = TIME in weights.dims
    years = [int(year) for year in weights[TIME].values] if by_year else [None]
    for year in years:
        at = f" {year}" if year is not None else ""
        heads += [(f"Weight within parent{at}", f"同级权重{at}"), (f"Weight in the index{at}", f"总权重{at}")]
    shares = np.atleast_2d(weights.values)
    overall = np.atleast_2d(effective.values)
    tree = run.index.tree
    rows = (
        [
            node.code,
            node.label.en,
            node.label.zh,
            node.parent or "",
            int(tree.levels[at]),
            node.direction,
            getattr(node, "unit", None) or "",
            getattr(node, "denominator", None) or "",
            *(cell for t in range(len(years)) for cell in (shares[t, at], overall[t, at])),
        ]
        for at, node in enumerate(tree.nodes)
    )
    return _Sheet("weights 权重", heads, rows)


def _normalised(run: Run) -> _Sheet:
    panel = run.index.normalised
    cells = panel.values
    codes = zip(panel[INDICATOR].values, panel["name_en"].values, panel["name_zh"].values, strict=True)
    heads = [*_REGION_HEADS, ("Year", "年份"), *((f"{code}: {en}", str(zh)) for code, en, zh in codes)]
    names, years = _regions(run), panel[TIME].values
    rows = ([*names[i], int(year), *cells[i, t].tolist()] for i in range(len(cells)) for t, year in enumerate(years))
    return _Sheet("normalised 标准化", heads, rows)


def _coverage(run: Run) -> _Sheet:
    """How every indicator's cells came by their values: observed, filled (how), missing."""
    imputed = run.index.imputed
    origin = imputed["origin"].values
    used = [code for code in range(len(ORIGINS)) if code < 2 or (origin == code).any()]
    heads = [("Code", "代码"), ("Name", "名称（英文）"), ("Chinese name", "名称"), ("Cells", "单元数")]
    heads += [(ORIGINS[code].replace("-", " ").capitalize(), ORIGINS_ZH[code]) for code in used]
    heads += [("Share observed", "实测比例")]
    total = origin.shape[0] * origin.shape[1]
    rows = (
        [
            str(code),
            str(en),
            str(zh),
            total,
            *((count := np.bincount(origin[:, :, at].ravel(), minlength=len(ORIGINS)))[used].tolist()),
            count[1] / total,
        ]
        for at, (code, en, zh) in enumerate(
            zip(imputed[INDICATOR].values, imputed["name_en"].values, imputed["name_zh"].values, strict=True)
        )
    )
    return _Sheet("coverage 覆盖", heads, rows)


def _repairs(run: Run) -> _Sheet:
    """What was mended on the way in, then what was left out or is worth knowing."""
    heads = [
        ("Kind", "类别"),
        ("File", "文件"),
        ("Column", "列"),
        ("Was", "原为"),
        ("Now", "现为"),
        ("Rows", "行数"),
        ("First rows", "首见行"),
        ("Reason", "原因（英文）"),
        ("Reason in Chinese", "原因"),
    ]
    rows: list[list[Any]] = [
        [r.reason, r.file, r.column, r.was, r.now, r.count, ", ".join(map(str, r.rows)), r.en, r.zh]
        for r in run.data.repairs
    ]
    rows += [
        [fault.code, fault.file or "", fault.column or "", "", "", None, str(fault.row or ""), fault.en, fault.zh]
        for fault in run.warnings
    ]
    return _Sheet("repairs 修复", heads, rows)


def _record(run: Run) -> _Sheet:
    record = run.record
    rows = [["operation", record.operation], ["xinzhi", record.version]]
    rows += [[f"SHA-256 {name}", of] for name, of in sorted(record.inputs.items())]
    for key, value in record.settings.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        rows += [[key if number == 0 else "", line] for number, line in enumerate(text.splitlines())]
    return _Sheet("record 记录", [("Item", "项目"), ("Value", "内容")], rows)


def _regions(run: Run) -> list[tuple[str, str, str]]:
    index = run.index
    codes = [str(code) for code in index.regions]
    en, zh = (map(str, index.about_region.get(name, codes)) for name in ("name_en", "name_zh"))
    return list(zip(codes, en, zh, strict=True))


def _element(scores: xr.DataArray, at: int) -> tuple[str, str]:
    return str(scores["name_en"].values[at]), str(scores["name_zh"].values[at])
