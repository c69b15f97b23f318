"""The sheets of the results workbook that show in which goods regions depend on others, and on few of them."""

from __future__ import annotations

import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.study.sheets import Head, Sheet
from xinzhi.study.structure.results import Depended

HEADS: dict[str, Head] = {
    "block": ("Block", "数据组"),
    "region": ("Region code", "地区代码"),
    "name_en": ("Region", "地区（英文）"),
    "name_zh": ("Region in Chinese", "地区"),
    "period": ("Period", "时期"),
    "good": ("Good code", "产品代码"),
    "good_en": ("Good", "产品（英文）"),
    "good_zh": ("Good in Chinese", "产品"),
    "rank": ("Rank among choke points", "卡脖子环节中的名次"),
    "choke": ("Choke point (1: yes)", "是否卡脖子（1 为是）"),
    "total": ("All supply", "全部供给"),
    "foreign": ("From elsewhere", "外部供给"),
    "domestic": ("Made at home", "国内供给"),
    "dependency": ("Dependency on others", "对外依存度"),
    "hhi": ("Concentration of sources (HHI)", "来源集中度（HHI）"),
    "sources": ("As many equal sources", "等效来源数"),
    "top_source": ("Largest source, code", "最大来源代码"),
    "top_en": ("Largest source", "最大来源（英文）"),
    "top_zh": ("Largest source in Chinese", "最大来源"),
    "top_share": ("Its share of what comes from elsewhere", "占外部供给的份额"),
    "exposure": ("Its share of all supply", "最大来源敞口（占全部供给）"),
    "substitution": ("Rise of the domestic share since the first period", "国产替代（国产化率较首期上升）"),
    "goods": ("Goods with any supply", "有供给的产品数"),
    "chokes": ("Choke points", "卡脖子环节数"),
    "in_chokes": ("Share of supply that is of choke points", "卡脖子产品占供给的份额"),
    "own_told": ("Own supply told (1: yes)", "是否写明自身供给（1 为是）"),
}


def dependency_sheets(found: Depended) -> list[Sheet]:
    """The choke points of the last period of each block, worst first; then all goods by region and period, added up."""
    last = found.points.groupby("block")["period"].transform("last")
    chokes = found.points[found.points["choke"] & (found.points["period"] == last)]
    chokes = chokes.sort_values(["block", "region", "rank"], kind="stable")
    told = [
        (
            "choke points 卡脖子",
            f"Goods of the last period in which a region depends on others and on few of them ({_thresholds(found)}), "
            "first what hangs most on one source; structure/choke-points has all goods and periods.",
            f"最后一期各地区高度依赖少数外部来源的产品（{_thresholds(found)}），按对最大来源的敞口排序；"
            "全部产品与时期见 structure/choke-points。",
            chokes,
        ),
        (
            "choke regions 依存",
            "How many choke points each region has in each period, and how much of its supply comes from elsewhere.",
            "各地区各期的卡脖子环节数与对外依存度。",
            found.regions,
        ),
    ]
    return [_sheet(name, Text(en=en, zh=zh), table) for name, en, zh, table in told if len(table)]


def _thresholds(found: Depended) -> str:
    each = [f"{spec.name}: ≥ {spec.dependency:g}, HHI ≥ {spec.hhi:g}" for spec in found.specs]
    return "; ".join(each)


def _sheet(name: str, about: Text, table: pd.DataFrame) -> Sheet:
    rows = table.astype(object).itertuples(index=False, name=None)
    return Sheet(name, about, [HEADS[column] for column in table.columns], rows)
