"""The sheets of the results workbook that show how far the digital has grown into the real economy."""

from __future__ import annotations

import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.study.sheets import Head, Sheet
from xinzhi.study.structure.digital import TITLES, Digital

HEADS: dict[str, Head] = {
    "period": ("Year", "年份"),
    "year": ("Year", "年份"),
    "region": ("Region code", "地区代码"),
    "name_en": ("Region", "地区（英文）"),
    "name_zh": ("Region in Chinese", "地区"),
    "lacking": ("Levels lacking", "缺失的层次"),
    "coupling": ("Coupling (C)", "耦合度 C"),
    "level": ("Level (T)", "综合水平 T"),
    "coordination": ("Coordination (D)", "耦合协调度 D"),
    "grade": ("Grade (1 to 10)", "协调等级（1 至 10）"),
    "grade_en": ("Grade in words", "等级（英文）"),
    "grade_zh": ("Grade in Chinese", "等级"),
    "field": ("Industry", "产业"),
    "code": ("Code", "代码"),
    "total": ("All that leads there", "传导到该产业的总量"),
    "share": ("Share that is digital", "数字化份额"),
    "low": ("Share, low (95 %)", "份额下限（95%）"),
    "high": ("Share, high (95 %)", "份额上限（95%）"),
    "records": ("Records", "记录数"),
    "marked": ("With a digital code", "带有数字代码"),
    "others": ("Of other fields", "属于其他领域"),
    "combined": ("Of other fields and digital", "其他领域且带有数字代码"),
}
HEADS |= {f"score_{name}": (title.en, title.zh) for name, title in TITLES.items()}
HEADS |= {f"level_{name}": (f"{title.en}, level", f"{title.zh}（水平）") for name, title in TITLES.items()}


def digital_sheets(found: Digital) -> list[Sheet]:
    """The levels by region and year with their coupling; how digital each industry is; how far other fields are."""
    told = [
        (
            "digital levels 数实融合",
            "How far the digital has grown into industries, firms and innovation of every region, each within [0, 1], "
            "and how far the levels are coupled, D = sqrt(C T).",
            "各地区数字经济与产业、企业、技术创新的融合程度（均在 [0, 1] 之内）及其耦合协调度 D = √(CT)。",
            found.levels,
        ),
        (
            "digital industries 产业",
            "The share of the digital in the technology that leads to each industry.",
            "传导到各产业的技术中数字技术的份额。",
            found.industries,
        ),
        (
            "digital innovation 技术创新",
            "The share of the records of other fields that also carry a digital code; 95 % Wilson intervals.",
            "其他领域的记录中同时带有数字代码的份额；95% 威尔逊区间。",
            found.innovation,
        ),
        (
            "digital fields 领域",
            "The same by field, over all regions and years.",
            "按领域计算的同一份额（全部地区与年份合计）。",
            found.fields,
        ),
    ]
    return [_sheet(name, Text(en=en, zh=zh), table) for name, en, zh, table in told if len(table)]


def _sheet(name: str, about: Text, table: pd.DataFrame) -> Sheet:
    rows = table.astype(object).itertuples(index=False, name=None)
    return Sheet(name, about, [HEADS[column] for column in table.columns], rows)
