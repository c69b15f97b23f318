"""The sheets of the results workbook that show a run itself: the index as it was built, the data it came from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from xinzhi.core.errors import Fault
from xinzhi.core.labels import INDICATOR, ORIGINS, ORIGINS_ZH, REGION, TIME
from xinzhi.core.specs import Text
from xinzhi.measure.tree import Element, Tree
from xinzhi.study.running import AnyRun, Run

Head = tuple[str, str]
REGION_HEADS: tuple[Head, ...] = (("Code", "代码"), ("Region", "地区（英文）"), ("Chinese name", "地区"))
NODE_HEADS: tuple[Head, ...] = (("Code", "代码"), ("Name", "名称（英文）"), ("Chinese name", "名称"))


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, what it holds, heads as (English, Chinese), rows; ``None`` and ``nan`` are empty cells."""

    name: str
    about: Text
    heads: Sequence[Head]
    rows: Iterable[Sequence[Any]]


def index_sheets(run: Run) -> list[Sheet]:
    """Ranking, scores, weights and normalised indicators."""
    return [_ranking(run), _scores(run), _weights(run), _normalised(run)]


def data_sheets(run: AnyRun) -> list[Sheet]:
    """Coverage where there is an index, repairs and record."""
    return [*([_coverage(run)] if isinstance(run, Run) else []), _repairs(run), _record(run)]


def regions(run: Run) -> list[tuple[str, str, str]]:
    """Every region's code and names, as under ``REGION_HEADS``."""
    codes = [str(code) for code in run.index.regions]
    en, zh = (map(str, run.index.about_region.get(name, codes)) for name in ("name_en", "name_zh"))
    return list(zip(codes, en, zh, strict=True))


def top_down(tree: Tree) -> list[Element]:
    """The elements, the index first and then level by level."""
    n = tree.n_indicators
    order = sorted(range(len(tree.elements)), key=lambda at: -int(tree.levels[n + at]))
    return [tree.elements[at] for at in order]


def without(name: str, about: Text, faults: Sequence[Fault]) -> Sheet:
    """A sheet that says why there is nothing on it."""
    return Sheet(
        name, about, [("Not computed", "未计算（英文）"), ("In Chinese", "未计算")], [[f.en, f.zh] for f in faults]
    )


def _ranking(run: Run) -> Sheet:
    scores, ranks = run.index.scores, run.index.ranks()
    last = scores.sizes[TIME] - 1
    order = np.argsort(ranks.values[:, last, -1], kind="stable")
    elements = run.index.tree.elements
    columns = [elements.index(element) for element in top_down(run.index.tree)]
    year = int(scores[TIME].values[last])
    heads = [("Rank", "名次"), *REGION_HEADS]
    for at in columns:
        en, zh = _element(scores, at)
        heads += [(f"{en} {year}", f"{zh} {year}"), (f"Rank in {en}", f"{zh}名次")]
    names = regions(run)
    rows = (
        [
            ranks.values[i, last, -1],
            *names[i],
            *(cell for at in columns for cell in (scores.values[i, last, at], ranks.values[i, last, at])),
        ]
        for i in order
    )
    return Sheet(
        "ranking 排名",
        Text(en="Ranks and scores of the last year, the index first.", zh="最后一年的排名与得分，总指数在前。"),
        heads,
        rows,
    )


def _scores(run: Run) -> Sheet:
    scores, ranks = run.index.scores, run.index.ranks().values[:, :, -1]
    cells = scores.values
    heads = [*REGION_HEADS, ("Year", "年份")]
    heads += [_element(scores, at) for at in range(scores.sizes["element"])] + [("Rank", "名次")]
    names, years = regions(run), scores[TIME].values
    rows = (
        [*names[i], int(year), *cells[i, t].tolist(), float(ranks[i, t])]
        for i in range(scores.sizes[REGION])
        for t, year in enumerate(years)
    )
    return Sheet(
        "scores 得分",
        Text(
            en="Scores of the index and its elements in every year; ranks by the index.",
            zh="总指数与各维度历年得分；名次按总指数。",
        ),
        heads,
        rows,
    )


def _weights(run: Run) -> Sheet:
    weights, effective = run.index.weights, run.index.effective()
    heads = [
        *NODE_HEADS,
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
    tree, units = run.index.tree, run.index.units.measured
    rows = (
        [
            node.code,
            node.label.en,
            node.label.zh,
            node.parent or "",
            int(tree.levels[at]),
            node.direction,
            units[at] if at < tree.n_indicators else "",
            getattr(node, "denominator", None) or "",
            *(cell for t in range(len(years)) for cell in (shares[t, at], overall[t, at])),
        ]
        for at, node in enumerate(tree.nodes)
    )
    return Sheet(
        "weights 权重",
        Text(en="Every node's share within its parent and in the whole index.", zh="各节点的同级权重与总权重。"),
        heads,
        rows,
    )


def _normalised(run: Run) -> Sheet:
    panel = run.index.normalised
    cells = panel.values
    codes = zip(panel[INDICATOR].values, panel["name_en"].values, panel["name_zh"].values, strict=True)
    heads = [*REGION_HEADS, ("Year", "年份"), *((f"{code}: {en}", str(zh)) for code, en, zh in codes)]
    names, years = regions(run), panel[TIME].values
    rows = ([*names[i], int(year), *cells[i, t].tolist()] for i in range(len(cells)) for t, year in enumerate(years))
    return Sheet(
        "normalised 标准化",
        Text(
            en="The indicators on one scale, all pointing the same way, as they are aggregated.",
            zh="标准化后的指标值：量纲一致、方向统一，即参与合成的数值。",
        ),
        heads,
        rows,
    )


def _coverage(run: Run) -> Sheet:
    imputed = run.index.imputed
    origin = imputed["origin"].values
    used = [code for code in range(len(ORIGINS)) if code < 2 or (origin == code).any()]
    heads = [*NODE_HEADS, ("Cells", "单元数")]
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
    return Sheet(
        "coverage 覆盖",
        Text(
            en="How every indicator's cells came by their values: observed, filled (how), missing.",
            zh="各指标单元的数据来源：实测、填补（及方法）、缺失。",
        ),
        heads,
        rows,
    )


def _repairs(run: AnyRun) -> Sheet:
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
        for r in (run.data.repairs if run.data else ())
    ]
    rows += [
        [fault.code, fault.file or "", fault.column or "", "", "", None, str(fault.row or ""), fault.en, fault.zh]
        for fault in run.warnings
    ]
    return Sheet(
        "repairs 修复",
        Text(
            en="What was mended on the way in, then what was left out or is worth knowing.",
            zh="读入时修复的内容；其后为未纳入或值得注意之处。",
        ),
        heads,
        rows,
    )


def _record(run: AnyRun) -> Sheet:
    record = run.record
    rows = [["operation", record.operation], ["xinzhi", record.version]]
    rows += [[f"SHA-256 {name}", of] for name, of in sorted(record.inputs.items())]
    for key, value in record.settings.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        rows += [[key if number == 0 else "", line] for number, line in enumerate(text.splitlines())]
    return Sheet(
        "record 记录",
        Text(
            en="Everything needed to repeat the run; record.json says the same.",
            zh="复现本次运行所需的全部信息，与 record.json 一致。",
        ),
        [("Item", "项目"), ("Value", "内容")],
        rows,
    )


def _element(scores: xr.DataArray, at: int) -> tuple[str, str]:
    return str(scores["name_en"].values[at]), str(scores["name_zh"].values[at])
