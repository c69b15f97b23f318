"""The sheets of the results workbook that examine an index: statistics, availability, correlations, contributions.

What they say is computed by ``xinzhi.measure.analysis``; here it is laid out as a paper's tables are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import INDICATOR, REGION, TIME
from xinzhi.core.specs import Text
from xinzhi.measure.analysis import (
    availability_by_element,
    contributions,
    contributions_to_change,
    correlations,
    cronbach,
    describe,
)
from xinzhi.measure.tree import Element
from xinzhi.study.running import Run
from xinzhi.study.sheets import NODE_HEADS, REGION_HEADS, Head, Sheet, regions, top_down, without

# A matrix wider than this is neither read nor quickly computed.
MOST_CORRELATED = 80

_FLAGS = {
    "flag_gaps": Text(en="many gaps", zh="缺失较多"),
    "flag_zeros": Text(en="many zeros", zh="零值较多"),
    "flag_ties": Text(en="few different values", zh="不同取值较少"),
    "flag_outliers": Text(en="outliers", zh="存在离群值"),
}


def analysis_sheets(run: Run) -> list[Sheet]:
    """Statistics, availability, correlations, consistency, contributions to the last score and to its change."""
    return [_statistics(run), _availability(run), _correlations(run), _consistency(run), _shares(run), _change(run)]


def _statistics(run: Run) -> Sheet:
    table = describe(run.index.denominated)
    columns: dict[str, Head] = {
        "observed": ("Values", "有效值个数"),
        "share_observed": ("Share of cells with a value", "有效值比例"),
        "mean": ("Mean", "均值"),
        "std": ("Standard deviation", "标准差"),
        "min": ("Minimum", "最小值"),
        "median": ("Median", "中位数"),
        "max": ("Maximum", "最大值"),
        "skew": ("Skewness", "偏度"),
        "kurtosis": ("Excess kurtosis", "超额峰度"),
        "share_nonzero": ("Share not zero", "非零比例"),
        "unique": ("Different values", "不同取值数"),
    }
    about = table[[INDICATOR, "name_en", "name_zh", "unit"]].itertuples(index=False, name=None)
    numbers = table[list(columns)].itertuples(index=False, name=None)
    flags = ([_FLAGS[name] for name in _FLAGS if row[name]] for row in table[list(_FLAGS)].to_dict("records"))
    rows = [
        [*who, *cells, ", ".join(flag.en for flag in found), "、".join(flag.zh for flag in found)]
        for who, cells, found in zip(about, numbers, flags, strict=True)
    ]
    return Sheet(
        "statistics 描述统计",
        Text(
            en="Descriptive statistics of the indicators, once divided and before anything is filled or treated, all "
            "regions and years together. Standard deviation divides by n - 1; skewness and kurtosis are corrected for "
            "the size of the sample.",
            zh="指标的描述统计：除以分母之后、填补和异常值处理之前，合并全部地区和年份。"
            "标准差分母为 n－1，偏度和峰度为样本修正值。",
        ),
        [
            *NODE_HEADS,
            ("Unit", "单位"),
            *columns.values(),
            ("To note", "注意（英文）"),
            ("To note, in Chinese", "注意"),
        ],
        rows,
    )


def _availability(run: Run) -> Sheet:
    index = run.index
    table = availability_by_element(index.denominated, index.tree)
    elements = top_down(index.tree)
    whole = table[table["element"] == elements[0].code]
    by_element = _wide(table, "share_observed", "element", [element.code for element in elements])
    shares = by_element.join(_wide(whole, "share_observed", TIME, index.times))
    return Sheet(
        "availability 数据可得性",
        Text(
            en="The share of indicators with a value in every region, before anything is filled: over all years, for "
            "the index and each element; then for the index in each year.",
            zh="各地区填补之前有数值的指标比例：先为全部年份合计（总指数及各维度），后为总指数的逐年比例。",
        ),
        [*REGION_HEADS, *map(_named, elements), *((str(year), str(year)) for year in index.times)],
        _beside(regions(run), shares.reindex(index.regions)),
    )


def _correlations(run: Run) -> Sheet:
    index = run.index
    leaves = index.tree.indicators
    codes = [leaf.code for leaf in leaves]
    table = correlations(index, 1, index.tree.height).set_index("a")[["r", "p", "n"]]
    heads = [*NODE_HEADS, ("r with the index", "与总指数的相关系数"), ("p", "p 值"), ("n", "n")]
    about = Text(
        en="Pearson correlations of the normalised indicators with the index and with each other, over all "
        "region-years in which both are observed. p takes region-years for independent, which the years of one region "
        "seldom are.",
        zh="标准化后各指标与总指数、以及指标两两之间的皮尔逊相关系数，取两者均有观测的全部地区—年份。"
        "p 值假定各观测相互独立，而同一地区的不同年份往往并不独立。",
    )
    if len(codes) <= MOST_CORRELATED:
        table = table.join(_wide(correlations(index), "r", "b", codes, by="a"))
        heads += [(code, code) for code in codes]
    else:
        about = Text(
            en=f"{about.en} With more than {MOST_CORRELATED} indicators, those between indicators are left out; "
            "xinzhi.measure.analysis.correlations computes them.",
            zh=f"{about.zh}指标超过 {MOST_CORRELATED} 个，此处不列两两相关，"
            "可用 xinzhi.measure.analysis.correlations 计算。",
        )
    return Sheet("correlations 相关", about, heads, _beside([_about(leaf) for leaf in leaves], table.reindex(codes)))


def _consistency(run: Run) -> Sheet:
    tree = run.index.tree
    rows = [
        [row.element, row.name_en, row.name_zh, level, row.items, row.alpha, row.alpha_standardised]
        for level in range(1, tree.height)
        for row in cronbach(run.index, level).itertuples()
    ]
    return Sheet(
        "consistency 一致性",
        Text(
            en="Cronbach's alpha of the children of every element, of normalised values or of scores: do they measure "
            "one thing? An element with one child has none.",
            zh="各维度下级（指标的标准化值或维度得分）的克朗巴哈系数（Cronbach's α），用以检验内部一致性；"
            "只有一个下级时无此系数。",
        ),
        [
            *NODE_HEADS,
            ("Level of the children", "下级所在层级"),
            ("Children", "下级个数"),
            ("Alpha", "α 系数"),
            ("Standardised alpha", "标准化 α 系数"),
        ],
        rows,
    )


def _shares(run: Run) -> Sheet:
    index = run.index
    year = int(index.times[-1])
    name = "contributions 贡献"
    about = Text(
        en=f"What every element and indicator adds to the score of {year}. The children of one parent add up to what "
        "their parent adds, and the indicators to the score.",
        zh=f"各维度和指标对 {year} 年得分的贡献。同一上级之下各项贡献之和等于上级的贡献，全部指标贡献之和等于总得分。",
    )
    try:
        table = contributions(index, time=year)
    except MethodError as refusal:
        return without(name, about, refusal.faults)
    score = table.drop_duplicates(REGION).set_index(REGION)[["score"]]
    heads = [*REGION_HEADS, (f"Score {year}", f"{year} 年得分"), *map(_coded, _below(run))]
    return Sheet(name, about, heads, _beside(regions(run), score.join(_parts(run, table)).reindex(index.regions)))


def _change(run: Run) -> Sheet:
    index = run.index
    first, last = int(index.times[0]), int(index.times[-1])
    name = "change 变化贡献"
    about = Text(
        en=f"What every element and indicator adds to the change of the score from {first} to {last}, through its own "
        "score. The indicators and what shifted between weights (where they differ, or a value is missing in one of "
        "the two years) add up to the change.",
        zh=f"各维度和指标通过自身得分对 {first}—{last} 年得分变化的贡献。全部指标贡献与权重变动"
        "（两年权重不同，或其中一年缺少数值）的贡献之和等于总变化。",
    )
    if first == last:
        fault = Fault("one-year", "There is one year only, so nothing changes.", "只有一个年份，没有变化可供分解。")
        return without(name, about, [fault])
    try:
        table = contributions_to_change(index, first, last)
    except MethodError as refusal:
        return without(name, about, refusal.faults)
    score = table.drop_duplicates(REGION).set_index(REGION)[["score_start", "score_end"]]
    score["change"] = score["score_end"] - score["score_start"]
    score["shift"] = table.groupby(REGION)["reweighting"].sum(min_count=1)
    heads = [
        *REGION_HEADS,
        (f"Score {first}", f"{first} 年得分"),
        (f"Score {last}", f"{last} 年得分"),
        ("Change", "变化"),
        ("Shifts of weights", "权重变动"),
        *map(_coded, _below(run)),
    ]
    return Sheet(name, about, heads, _beside(regions(run), score.join(_parts(run, table)).reindex(index.regions)))


def _below(run: Run) -> list[Element]:
    """Everything below the index: elements from the top down, then indicators."""
    tree = run.index.tree
    return [*top_down(tree)[1:], *tree.indicators]


def _parts(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    return _wide(table, "contribution", "node", [node.code for node in _below(run)])


def _wide(table: pd.DataFrame, value: str, across: str, columns: Iterable[Any], by: str = REGION) -> pd.DataFrame:
    """One row per ``by`` and one column for each of ``columns``, the mean where there are several values for a cell."""
    return table.pivot_table(value, by, across).reindex(columns=list(columns))


def _beside(about: Sequence[Sequence[str]], table: pd.DataFrame) -> list[list[object]]:
    return [[*who, *cells] for who, cells in zip(about, table.to_numpy(dtype=float).tolist(), strict=True)]


def _about(node: Element) -> tuple[str, str, str]:
    return node.code, node.label.en, node.label.zh


def _named(node: Element) -> Head:
    return node.label.en, node.label.zh


def _coded(node: Element) -> Head:
    return f"{node.code}: {node.label.en}", node.label.zh
