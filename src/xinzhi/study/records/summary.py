"""What a run found of records, in a few lines and as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from xinzhi.core.errors import Language
from xinzhi.study.records.results import Recorded, Tallied
from xinzhi.study.records.sheets import counted

_NAMED = 5


def lines_of(found: Recorded, language: Language) -> Iterator[str]:
    """By block how many records were counted and how many not, the largest classes, and how right these are."""
    for block in found.blocks.values():
        yield from _zh(block) if language == "zh" else _en(block)


def data_of(found: Recorded) -> list[dict[str, Any]]:
    """The same as data: what was found, counts of classes, and the evaluation."""
    return [
        {
            "name": name,
            "file": block.spec.file,
            "rows": block.cleaning.rows,
            "counted": block.placed,
            "found": _records(block.report.drop(columns="block")),
            **({"classes": _records(counted(block).drop(columns="block"))} if block.recognised else {}),
            **({"evaluation": _records(block.scored.drop(columns="block"))} if block.evaluation else {}),
        }
        for name, block in found.blocks.items()
    ]


def _en(block: Tallied) -> Iterator[str]:
    repeats = f", {block.taken_out:,} repeat another" if block.taken_out else ""
    placed = f"{block.placed:,.0f} counted by {' × '.join(block.sides)}" if block.sides else "counted as a whole"
    yield f"{block.spec.called.en}: {block.cleaning.rows:,} {block.kind.en}{repeats}; {placed}"
    if block.recognised is not None:
        some, none, unread = block.outcomes
        title = block.recognised.taxonomy.title.en
        told = f"{some:,} of some class, {none:,} of none, {unread:,} with nothing to read"
        yield f"  by '{title}': {told}; {_top(block, 'en')}"
    if block.evaluation is not None:
        all_ = block.evaluation.averages.loc["(micro)"]
        yield (
            f"  held against {block.evaluation.records:,} labels: precision {all_['precision']:.2f}, "
            f"recall {all_['recall']:.2f}, F1 {all_['f1']:.2f} ({all_['f1_low']:.2f} to {all_['f1_high']:.2f})"
        )


def _zh(block: Tallied) -> Iterator[str]:
    sides = {"region": "地区", "activity": "活动", "year": "年份"}
    repeats = f"，其中 {block.taken_out:,} 条重复" if block.taken_out else ""
    by = " × ".join(sides[side] for side in block.sides)
    placed = f"按{by}计入 {block.placed:,.0f}" if block.sides else "整体计数"
    yield f"{block.spec.called.zh}：{block.kind.zh} {block.cleaning.rows:,} 条{repeats}；{placed}"
    if block.recognised is not None:
        some, none, unread = block.outcomes
        title = block.recognised.taxonomy.title.zh
        yield f"  按“{title}”识别：归入某类 {some:,}，均不属于 {none:,}，无可读内容 {unread:,}；{_top(block, 'zh')}"
    if block.evaluation is not None:
        all_ = block.evaluation.averages.loc["(micro)"]
        yield (
            f"  与 {block.evaluation.records:,} 条标注比较：精确率 {all_['precision']:.2f}，"
            f"召回率 {all_['recall']:.2f}，F1 {all_['f1']:.2f}（{all_['f1_low']:.2f} 至 {all_['f1_high']:.2f}）"
        )


def _top(block: Tallied, language: Language) -> str:
    """The finest classes with most records."""
    assert block.recognised is not None
    finest = {own.code for own in block.recognised.taxonomy.leaves}
    table = counted(block)
    table = table[table["class"].isin(finest) & (table["records"] > 0)].nlargest(_NAMED, "records")
    each = [f"{row[f'name_{language}']} {row['records']:,}" for row in table.to_dict("records")]
    if language == "zh":
        return f"最多：{'、'.join(each) or '无'}"
    return f"most: {', '.join(each) or 'none'}"


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return list(json.loads(table.to_json(orient="records", force_ascii=False)))
