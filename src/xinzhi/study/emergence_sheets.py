"""The sheets of the results workbook that show which topics emerge, their growth curves and the next years."""

from __future__ import annotations

import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.study.sheets import Head, Sheet
from xinzhi.study.structure.results import Emerged

HEADS: dict[str, Head] = {
    "block": ("Block", "数据组"),
    "topic": ("Topic code", "主题代码"),
    "name_en": ("Topic", "主题（英文）"),
    "name_zh": ("Topic in Chinese", "主题"),
    "attribute": ("Attribute", "属性（英文）"),
    "attribute_zh": ("Attribute in Chinese", "属性"),
    "measure": ("Measure", "指标"),
    "measure_en": ("Measure in words", "指标说明（英文）"),
    "measure_zh": ("Measure in Chinese", "指标说明"),
    "value": ("Value", "数值"),
    "low": ("Low", "下限"),
    "high": ("High", "上限"),
    "counted": ("Counted", "总数"),
    "first_seen": ("First seen", "首次出现"),
    "kind": ("Kind of onset", "起点类型"),
    "onset": ("Onset", "起点"),
    "onset_low": ("Onset, low", "起点下限"),
    "onset_high": ("Onset, high", "起点上限"),
    "onset_p": ("Onset, p", "起点 p"),
    "onset_q": ("Onset, q", "起点 q"),
    "rate_before": ("Growth a year before", "起点前年增长率"),
    "rate_after": ("Growth a year after", "起点后年增长率"),
    "growth_p": ("Growth, p", "增长 p"),
    "growth_q": ("Growth, q", "增长 q"),
    "curve": ("Curve", "曲线"),
    "curve_zh": ("Curve in Chinese", "曲线名称"),
    "identified": ("Ceiling told", "能否确定饱和值"),
    "shape": ("Shape", "形状参数"),
    "background": ("Background", "本底"),
    "dispersion": ("Dispersion", "离散参数"),
    "loglik": ("Log-likelihood", "对数似然"),
    "aicc": ("AICc", "AICc"),
    "weight": ("Weight", "权重"),
    "p_embryonic": ("Chance of embryonic", "萌芽期的概率"),
    "p_growth": ("Chance of growth", "成长期的概率"),
    "p_maturity": ("Chance of maturity", "成熟期的概率"),
    "p_saturation": ("Chance of saturation", "饱和期的概率"),
    "year": ("Year", "年份"),
    "mean": ("Mean", "均值"),
    "median": ("Median", "中位数"),
    "total_median": ("Total, median", "累计中位数"),
    "total_low": ("Total, low", "累计下限"),
    "total_high": ("Total, high", "累计上限"),
}
for _name, _en, _zh in (
    ("ceiling", "Ceiling", "饱和值"),
    ("rate", "Rate", "速率"),
    ("peak", "Fastest growth", "增长最快年份"),
    ("reached", "Share reached", "已达比例"),
):
    HEADS |= {_name: (_en, _zh), f"{_name}_low": (f"{_en}, low", f"{_zh}下限")}
    HEADS |= {f"{_name}_high": (f"{_en}, high", f"{_zh}上限")}


def emergence_sheets(found: Emerged) -> list[Sheet]:
    """When each topic began to grow, all that was measured of it, and with growth curves these and the next years."""
    told = [
        (
            "emergence topics 涌现起点",
            "When each topic was first seen and since when it has been growing faster.",
            "各主题首次出现的年份与加速增长的起点。",
            found.topics,
        ),
        (
            "emergence measures 涌现指标",
            "How fast each topic grows, how new and lasting it is, and how large.",
            "各主题的增长、新颖、持续与影响。",
            found.measures,
        ),
        (
            "growth curves 增长曲线",
            "Growth curves of each topic, best first: an open ceiling is left empty.",
            "各主题的增长曲线，由优到劣；无法确定的饱和值留空。",
            found.curves,
        ),
        (
            "growth forecasts 增长预测",
            "What the next years of each topic may bring, over all curves.",
            "各主题今后数年的预测（按全部曲线加权）。",
            found.forecasts,
        ),
    ]
    return [_sheet(name, Text(en=en, zh=zh), table) for name, en, zh, table in told if len(table)]


def _sheet(name: str, about: Text, table: pd.DataFrame) -> Sheet:
    rows = table.astype(object).itertuples(index=False, name=None)
    return Sheet(name, about, [HEADS[column] for column in table.columns], rows)
