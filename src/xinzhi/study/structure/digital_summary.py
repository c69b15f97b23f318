"""What a run found of the digital in the real economy, in a few lines and as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from xinzhi.core.errors import Language
from xinzhi.study.structure.digital import TITLES, Digital

_LEADERS = 3


def lines_of(found: Digital, language: Language) -> Iterator[str]:
    """Each level in its last year and who leads in it, how far all are coupled, and which levels have no data."""
    zh = language == "zh"
    yield "数字经济与实体经济的三层融合" if zh else "The digital and the real economy, by level of fusion"
    for name in found.spec.levels:
        yield f"  {_told(found.levels, f'score_{name}', TITLES[name][language], language)}"
    if found.coupled:
        named = "耦合协调度" if zh else "Coupling coordination"
        yield f"  {_told(found.levels, 'coordination', named, language)}"
    if found.missing:
        absent = [TITLES[name][language] for name in found.missing]
        yield f"  没有数据：{'、'.join(absent)}" if zh else f"  No data: {', '.join(absent).lower()}"


def data_of(found: Digital) -> dict[str, Any]:
    """The same as data: missing numbers are ``None``."""
    return {
        "given": list(found.spec.levels),
        "missing": list(found.missing),
        "levels": list(json.loads(found.levels.to_json(orient="records", force_ascii=False))),
    }


def _told(table: pd.DataFrame, column: str, title: str, language: Language) -> str:
    seen = table[table[column].notna()]
    last = seen[seen["period"] == seen["period"].max()]
    first = last.nlargest(_LEADERS, column).to_dict("records")
    each = [f"{row[f'name_{language}']} {row[column]:.2f}" for row in first]
    when, mean = last["period"].iloc[0], last[column].mean()
    if language == "zh":
        return f"{title}，{when}：{len(last)} 个地区均值 {mean:.2f}；居前：{'、'.join(each)}"
    return f"{title}, {when}: mean of {len(last)} regions {mean:.2f}; first: {', '.join(each)}"
