"""The sheets of the results workbook on the course of the scores."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.study.dynamics.results import Dynamics
from xinzhi.study.sheets import Head, Sheet

HEADS: dict[str, Head] = {
    "element": ("Element", "要素代码"),
    "element_en": ("Element name", "要素（英文）"),
    "element_zh": ("Element in Chinese", "要素"),
    "time": ("Year", "年份"),
    "regions": ("Regions", "地区数"),
    "mean": ("Mean", "均值"),
    "deviation": ("Standard deviation", "标准差"),
    "low": ("Low", "下限"),
    "quarter": ("First quartile", "下四分位数"),
    "median": ("Median", "中位数"),
    "three_quarters": ("Third quartile", "上四分位数"),
    "high": ("High", "上限"),
    "mode": ("Main peak at", "主峰位置"),
    "height": ("Height of the main peak", "主峰高度"),
    "modes": ("Peaks", "波峰数"),
    "bandwidth": ("Bandwidth", "带宽"),
    "class": ("Class (1 the lowest)", "类型（1 为最低）"),
    "above": ("Above", "高于"),
    "up_to": ("Up to", "至（含）"),
    "regions_first": ("Regions in the first year", "首年地区数"),
    "regions_last": ("Regions in the last year", "末年地区数"),
    "moves": ("Moves observed", "观测到的转移次数"),
    "stay": ("Chance to stay", "保持原类型的概率"),
    "long_run": ("Share in the long run", "长期分布（遍历分布）"),
    "years_in": ("Mean years in it", "平均停留年数"),
    "from": ("From class", "期初类型"),
    "to": ("To class", "期末类型"),
    "count": ("Moves", "转移次数"),
    "probability": ("Probability", "转移概率"),
    "standard_error": ("Standard error", "标准误"),
    "region": ("Code", "代码"),
    "name_en": ("Region", "地区（英文）"),
    "name_zh": ("Chinese name", "地区"),
    "year_from": ("From year", "起始年"),
    "year_to": ("To year", "终止年"),
    "gini": ("Gini coefficient", "基尼系数"),
    "theil-t": ("Theil index (T)", "泰尔指数（T）"),
    "coefficient-of-variation": ("Coefficient of variation", "变异系数"),
    "theil_between": ("Theil, between groups", "泰尔指数：组间差距"),
    "theil_within": ("Theil, within groups", "泰尔指数：组内差距"),
    "total": ("Gini coefficient", "总体基尼系数"),
    "within": ("Within groups", "组内差距"),
    "between": ("Net between groups", "组间净值差距"),
    "transvariation": ("Transvariation", "超变密度"),
    "within_share": ("Within groups, share", "组内差距贡献率"),
    "between_share": ("Net between groups, share", "组间净值差距贡献率"),
    "transvariation_share": ("Transvariation, share", "超变密度贡献率"),
    "group": ("Group in Chinese", "分组"),
    "group_en": ("Group", "分组（英文）"),
    "other": ("Other group in Chinese", "对比组"),
    "other_en": ("Other group", "对比组（英文）"),
    "weight": ("Share of the regions", "地区数占比"),
    "score": ("Share of the scores", "得分占比"),
    "contribution": ("Contribution", "对组内差距的贡献"),
    "relative_affluence": ("Relative affluence D", "相对影响 D"),
    "gross_affluence": ("Gross affluence d", "总影响 d"),
    "transvariation_moment": ("Transvariation moment p", "超变一阶矩 p"),
    "kind": ("What", "类别"),
    "estimate": ("Estimate", "估计值"),
    "error": ("Standard error", "标准误"),
    "t": ("t", "t 值"),
    "p": ("p", "p 值"),
    "first": ("Dispersion in the first year", "首年离散程度"),
    "last": ("Dispersion in the last year", "末年离散程度"),
    "speed": ("Speed a year", "收敛速度（每年）"),
    "half_life": ("Half-life", "半衰期"),
    "observations": ("Observations", "观测值数"),
    "stayed": ("Stayed", "保持不变"),
    "up": ("Up", "向上转移"),
    "down": ("Down", "向下转移"),
    "trace": ("Mobility, trace (Shorrocks)", "流动性指数（迹，Shorrocks）"),
    "determinant": ("Mobility, determinant", "流动性指数（行列式）"),
    "eigenvalue": ("Mobility, second eigenvalue", "流动性指数（第二特征值）"),
    "bartholomew_exit": ("Bartholomew, exits", "Bartholomew 退出指数"),
    "bartholomew_distance": ("Bartholomew, distance", "Bartholomew 距离指数"),
    "part": ("Part", "部分"),
    "said_en": ("Said", "说明（英文）"),
    "said_zh": ("Said in Chinese", "说明"),
}
_KINDS = {"sigma": "σ 收敛", "absolute-beta": "绝对 β 收敛", "conditional-beta": "条件 β 收敛"}
_PARTS = {"distribution": "分布", "mobility": "流动", "inequality": "差异", "convergence": "收敛", "": "总体"}
# The name of a sheet, the table that it shows, and what it holds. The densities themselves are in dynamics/ alone.
_SHEETS: tuple[tuple[str, str, str, str], ...] = (
    (
        "distribution 分布",
        "distribution",
        "The spread of the scores in every year and the peaks of its kernel density (normal kernel; Silverman's rule, "
        "its mean over the years; the curves are in dynamics/density).",
        "历年得分分布及核密度波峰（高斯核；Silverman 法则带宽的历年均值；曲线见 dynamics/density）。",
    ),
    (
        "classes 类型",
        "classes",
        "Classes of scores: their limits, who is in them, how long a region stays, and the long run.",
        "得分类型：分界点、首末年地区数、停留时间与长期分布。",
    ),
    (
        "transitions 转移概率",
        "transitions",
        "The Markov transition matrix: moves from one year to the next, all years together.",
        "马尔可夫转移概率矩阵：各年至次年的转移，全部年份合计。",
    ),
    ("mobility 流动性", "mobility", "How freely regions move between classes.", "地区在各类型之间的流动性。"),
    ("class moves 类型变动", "moves", "Every region that changed its class, with the years.", "各地区类型变动及年份。"),
    (
        "inequality 差异",
        "inequality",
        "Inequality between regions in every year, unweighted; Theil's T with 0 ln 0 = 0.",
        "历年地区差异（不加权；泰尔指数 T，取 0 ln 0 = 0）。",
    ),
    ("dagum 差异分解", "dagum", "The Gini coefficient by Dagum's three parts.", "Dagum 基尼系数分解。"),
    ("dagum groups 组内", "dagum-groups", "Inequality inside each group of regions.", "各组内部的差异。"),
    ("dagum pairs 组间", "dagum-pairs", "Inequality between each two groups.", "两两分组之间的差异。"),
    (
        "convergence 收敛",
        "convergence",
        "σ: the yearly change of the coefficient of variation. Absolute β: growth from the first year to the last on "
        "the initial logarithm. Conditional β: every year, effects of region and year. Errors by region.",
        "σ：变异系数的年均变动；绝对 β：首末年增长率对初始对数水平回归；条件 β：逐年，含地区与年份固定效应。"
        "标准误按地区聚类。",
    ),
)


def dynamics_sheets(found: Dynamics) -> list[Sheet]:
    """One sheet a table, and a last one that says what could not be told and what to mind."""
    tables = found.tables
    named = {course.code: course.name for course in found.courses}
    told = [
        _sheet(name, Text(en=en, zh=zh), _named(tables[key], named)) for name, key, en, zh in _SHEETS if key in tables
    ]
    notices = list(_notices(found))
    about = Text(
        en="What of the course of the scores could not be told, and what to mind.", zh="动态分析的缺漏与注意事项。"
    )
    if not notices:
        return told
    columns = ["element_en", "element_zh", "part", "said_en", "said_zh"]
    return [*told, _sheet("caveats 动态说明", about, pd.DataFrame(notices, columns=columns))]


def _notices(found: Dynamics) -> Iterator[list[str]]:
    for course, part, fault in found.said():
        name = (course.name.en, course.name.zh) if course else ("", "")
        yield [*name, f"{part} {_PARTS[part]}".strip(), fault.en, fault.zh]


def _named(table: pd.DataFrame, named: dict[str, Text]) -> pd.DataFrame:
    """A table with the elements' names beside their codes, and kinds in both languages."""
    codes = table["element"]
    if "kind" in table:
        table = table.assign(kind=[f"{kind} {_KINDS[kind]}" for kind in table["kind"]])
    table = table.assign(element_en=[named[code].en for code in codes], element_zh=[named[code].zh for code in codes])
    first = ["element", "element_en", "element_zh"]
    return table[[*first, *(name for name in table.columns if name not in first)]]


def _sheet(name: str, about: Text, table: pd.DataFrame) -> Sheet:
    rows = table.astype(object).itertuples(index=False, name=None)
    return Sheet(name, about, [HEADS[str(column)] for column in table.columns], rows)
