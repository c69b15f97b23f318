"""The sheets of the results workbook that show which rung every industry stands on, and why."""

from __future__ import annotations

import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.structure.ladder.criteria import CRITERIA
from xinzhi.structure.ladder.rungs import RUNG_NAMES
from xinzhi.study.ladder.results import Laddered
from xinzhi.study.sheets import Head, Sheet

_HEADS: dict[str, Head] = {
    "block": ("Block", "数据组"),
    "region": ("Region code", "地区代码"),
    "region_en": ("Region", "地区（英文）"),
    "region_zh": ("Region in Chinese", "地区"),
    "industry": ("Industry code", "产业代码"),
    "industry_en": ("Industry", "产业（英文）"),
    "industry_zh": ("Industry in Chinese", "产业"),
    "year": ("Year", "年份"),
    "rung": ("Rung", "梯级（英文）"),
    "rung_zh": ("Rung in Chinese", "梯级"),
    "certain": ("Certain", "是否确定"),
    "number": ("Industries", "产业数"),
    "expected": ("Sum of probabilities", "概率之和"),
    "share": ("Share of the region", "占本地区比重"),
    "why_en": ("Why", "依据（英文）"),
    "why_zh": ("Why, in Chinese", "依据"),
}
_HEADS |= {name: (f"Chance: {text.en}", f"概率：{text.zh}") for name, text in RUNG_NAMES.items()}
_HEADS |= {name: (of.text.en.capitalize(), of.text.zh) for name, of in CRITERIA.items() if name not in _HEADS}


def ladder_sheets(found: Laddered) -> list[Sheet]:
    """Where every industry stands in every year, why it stands where it stood last, and how many stand on each rung."""
    tables = found.tables
    told = [
        (
            "ladder 产业梯级",
            "The rung of every industry in every year it can be placed, with its probability and the evidence.",
            "各产业历年所处梯级、概率与所依据的数量。",
            "ladder-rungs",
        ),
        (
            "ladder evidence 梯级依据",
            "Why every industry stands where it stood in its last year, in words.",
            "各产业最近一年所处梯级及其依据（文字）。",
            "ladder-reasons",
        ),
        (
            "ladder counts 各梯级产业数",
            "How many industries stand on each rung, and how much of the region they are, by year.",
            "各地区历年各梯级的产业数及其占比。",
            "ladder-rung-counts",
        ),
    ]
    return [_sheet(name, Text(en=en, zh=zh), tables[key]) for name, en, zh, key in told if key in tables]


def _sheet(name: str, about: Text, table: pd.DataFrame) -> Sheet:
    if "rung" in table:
        words = {code: text.zh for code, text in RUNG_NAMES.items()}
        table = table.copy()
        table.insert(list(table.columns).index("rung") + 1, "rung_zh", table["rung"].map(words))
    if "certain" in table:
        table = table.assign(certain=table["certain"].astype(int))
    rows = table.astype(object).itertuples(index=False, name=None)
    return Sheet(name, about, [_HEADS.get(column, (column, column)) for column in table.columns], rows)
