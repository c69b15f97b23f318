"""The sheets of the results workbook that show what regions are made of: each space, then the fusion of a chain."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.structure.frontier import STAGES
from xinzhi.study.dependency_sheets import dependency_sheets
from xinzhi.study.digital_sheets import digital_sheets
from xinzhi.study.emergence_sheets import emergence_sheets
from xinzhi.study.ladder.sheets import ladder_sheets
from xinzhi.study.records.sheets import records_sheets
from xinzhi.study.sheets import Head, Sheet
from xinzhi.study.structure.results import Fused, Space, Structure

# So many activities that a region lacks are shown for each; the Parquet file has all.
_LIKELIEST = 10
# And so many pairs of activities of two stages.
_MOST_TIES = 200

HEADS: dict[str, Head] = {
    "period": ("Period", "时期"),
    "before": ("From period", "前期"),
    "after": ("To period", "后期"),
    "region": ("Region code", "地区代码"),
    "region_en": ("Region", "地区（英文）"),
    "region_zh": ("Region in Chinese", "地区"),
    "activity": ("Activity code", "活动代码"),
    "activity_en": ("Activity", "活动（英文）"),
    "activity_zh": ("Activity in Chinese", "活动"),
    "field": ("Field code", "领域代码"),
    "field_en": ("Field", "领域（英文）"),
    "field_zh": ("Field in Chinese", "领域"),
    "group": ("Group", "分组"),
    "group_zh": ("Group in Chinese", "分组（中文）"),
    "method": ("Method", "方法"),
    "method_en": ("Method in words", "方法说明（英文）"),
    "method_zh": ("Method in Chinese", "方法说明"),
    "from": ("From", "前一环节"),
    "to": ("To", "后一环节"),
    "total": ("Total", "总量"),
    "diversity": ("Diversity", "多样性"),
    "ubiquity": ("Ubiquity", "普遍性"),
    "specialisation": ("Krugman specialisation", "克鲁格曼专业化指数"),
    "entropy": ("Entropy (bits)", "熵（比特）"),
    "gini": ("Gini over regions", "地区间基尼系数"),
    "complexity": ("Complexity", "复杂度"),
    "rank": ("Rank", "名次"),
    "rank_low": ("Rank, low", "名次下限"),
    "rank_high": ("Rank, high", "名次上限"),
    "density_held": ("Mean density of what it has", "已有活动的平均密度"),
    "density_missing": ("Mean density of what it lacks", "未有活动的平均密度"),
    "coherence": ("Coherence", "一致性"),
    "outlook": ("Complexity outlook", "复杂度前景指数"),
    "community": ("Community", "社区"),
    "regions": ("Regions", "地区数"),
    "activities": ("Activities", "活动数"),
    "links": ("Links", "关联数"),
    "share_linked": ("Share of pairs linked", "有关联的比例"),
    "nestedness": ("Nestedness (NODF)", "嵌套度（NODF）"),
    "parts": ("Connected parts", "连通分支数"),
    "second": ("Second eigenvalue", "第二特征值"),
    "third": ("Third eigenvalue", "第三特征值"),
    "gap": ("Gap between them", "特征值间隔"),
    "diversity_correlation": ("Rank correlation with diversity", "与多样性的秩相关"),
    "anchor": ("Rank correlation with anchor", "与锚定变量的秩相关"),
    "ordered": ("Share of telling pairs in order", "次序一致的比例"),
    "stable": ("Agreement of draws", "抽样名次与原名次的平均秩相关"),
    "turned": ("Share of draws turned round", "方向相反的抽样比例"),
    "value": ("Value", "数值"),
    "intensity": ("Location quotient", "区位商"),
    "density": ("Relatedness density", "关联密度"),
    "by_chance": ("By chance", "随机期望"),
    "gain": ("Opportunity gain", "机会收益"),
    "chance": ("Probability of entry", "进入概率"),
    "chance_null": ("By diversity and ubiquity alone", "仅由多样性与普遍性得出的概率"),
    "candidates": ("Missing links", "缺失关联数"),
    "entries": ("Entries", "进入数"),
    "entry_rate": ("Entry rate", "进入率"),
    "entry_low": ("Entry rate, low", "进入率下限"),
    "entry_high": ("Entry rate, high", "进入率上限"),
    "held": ("Links held", "已有关联数"),
    "exits": ("Exits", "退出数"),
    "exit_rate": ("Exit rate", "退出率"),
    "exit_low": ("Exit rate, low", "退出率下限"),
    "exit_high": ("Exit rate, high", "退出率上限"),
    "auc": ("AUC", "AUC"),
    "lead": ("AUC ahead of null", "AUC 高出零模型"),
    "lead_low": ("Ahead, low", "高出下限"),
    "lead_high": ("Ahead, high", "高出上限"),
    "average_precision": ("Average precision", "平均精度"),
    "brier": ("Brier score", "布里尔评分"),
    "skill": ("Skill", "技巧评分"),
    "cells": ("Missing links tested", "检验的缺失关联数"),
    "fit": ("Fit", "契合度"),
    "z": ("z", "z"),
    "p": ("p", "p"),
    "q": ("q (Benjamini-Hochberg)", "q（BH 校正）"),
    "above": ("Regions above chance", "高于随机的地区数"),
    "carried": ("Share with an entry", "有对应条目的份额"),
    "missing": ("Missing stage", "缺失环节"),
    "has": ("Stages there", "已有环节数"),
    "share": ("Share of region", "占本地区份额"),
    "lag": ("Lag (years)", "时滞（年）"),
    "low": ("Low", "下限"),
    "high": ("High", "上限"),
    "after_share": ("Share of draws after 0", "时滞为正的抽样比例"),
    "strength": ("Strength", "强度"),
    "frontier": ("Frontier", "前沿"),
    "ratio": ("Share of the frontier", "与前沿之比"),
    "stage": ("Stage", "所处阶段"),
    "p_absent": ("Chance of absent", "空白的概率"),
    "p_follow": ("Chance of follow", "跟跑的概率"),
    "p_alongside": ("Chance of alongside", "并跑的概率"),
    "p_lead": ("Chance of lead", "领跑的概率"),
    "coupling": ("Coupling (C)", "耦合度 C"),
    "level": ("Level (T)", "综合水平 T"),
    "coordination": ("Coordination (D)", "耦合协调度 D"),
    "grade": ("Grade (1 to 10)", "协调等级（1 至 10）"),
    "grade_en": ("Grade in words", "等级（英文）"),
    "grade_zh": ("Grade in Chinese", "等级"),
    "source": ("Activity of the earlier stage", "前一环节活动"),
    "target": ("Activity of the later stage", "后一环节活动"),
    "relatedness": ("Relatedness", "关联度"),
    "both": ("Regions with both", "同时具备的地区数"),
    "expected": ("By chance", "随机期望"),
    "support": ("Support by the other stage", "跨空间密度"),
    "edge": ("At the edge of the lags tried", "位于所试时滞的边界"),
}


def structure_sheets(found: Structure) -> list[Sheet]:
    """Each space: its periods, regions, activities, likely entries, rates and forecast; then all that is beside them.

    Beside them are fusion, topics, supply, the ladder of industries, and records.
    """
    sheets = [sheet for space in found.spaces.values() for sheet in _of_space(space)]
    sheets += _of_fusion(found.fusion) if found.fusion else []
    sheets += emergence_sheets(found.emergence) if found.emergence else []
    sheets += dependency_sheets(found.dependency) if found.dependency else []
    sheets += digital_sheets(found.digital) if found.digital else []
    sheets += ladder_sheets(found.ladder) if found.ladder else []
    return sheets + (records_sheets(found.records) if found.records else [])


def _of_space(space: Space) -> Iterable[Sheet]:
    en, zh = space.title.en, space.title.zh
    names = {f"name_{language}": f"region_{language}" for language in ("en", "zh")}
    yield _sheet(
        f"{space.name} periods 时期",
        f"{en}: how much there is in each period, and how far its complexity can be trusted.",
        f"{zh}：各期规模，以及复杂度的可信程度。",
        space.periods.rename(columns={"diversity": "diversity_correlation"}),
    )
    yield _sheet(
        f"{space.name} regions 地区",
        f"{en}: diversity, specialisation, complexity with the interval of its rank, and outlook of every region.",
        f"{zh}：各地区的多样性、专业化、复杂度（及名次区间）与前景。",
        space.regions.rename(columns=names),
    )
    yield _sheet(
        f"{space.name} activities 活动",
        f"{en}: ubiquity, concentration and complexity of every activity.",
        f"{zh}：各项活动的普遍性、集中度与复杂度。",
        space.activities.rename(columns={"name_en": "activity_en", "name_zh": "activity_zh"}),
    )
    if len(likely := _likely(space)):
        yield _sheet(
            f"{space.name} next 进入",
            f"{en}: of what each region lacks in {space.last}, the {_LIKELIEST} that come first by probability of "
            "entry, or by density where nothing is foretold.",
            f"{zh}：{space.last} 各地区尚未具有的活动中，进入概率（无预测时为关联密度）最高的 {_LIKELIEST} 项。",
            likely,
        )
    if len(space.rates):
        yield _sheet(
            f"{space.name} entry 进退",
            f"{en}: what each region took up and gave up between periods; 95 % Wilson intervals.",
            f"{zh}：各地区各期之间的进入与退出；95% 威尔逊区间。",
            space.rates.rename(columns=names),
        )
    if len(ahead := _ahead(space)):
        yield _sheet(
            f"{space.name} standing 跟并领",
            f"{en}: in which activities regions lead or run alongside in {space.last}; in the others they follow.",
            f"{zh}：{space.last} 各地区领跑或并跑的活动；其余为跟跑或空白。",
            ahead,
        )
    if len(space.forecast) and space.verdict is not None:
        yield _sheet(
            f"{space.name} forecast 预测",
            f"{en}: {space.verdict.en}",
            f"{zh}：{space.verdict.zh}",
            space.forecast.rename(columns={"name_en": "method_en", "name_zh": "method_zh"}),
        )


def _ahead(space: Space) -> pd.DataFrame:
    """Where regions lead or run alongside in the last period, with the stages in words."""
    if not len(space.standing):
        return space.standing
    table = space.standing[space.standing["period"] == space.last]
    table = table[table["stage"].isin(("lead", "alongside"))]
    words = {name: f"{text.en} {text.zh}" for name, text in STAGES.items()}
    return table.assign(stage=table["stage"].map(words))


def _likely(space: Space) -> pd.DataFrame:
    """What each region lacks and is most likely to take up, with names and the complexity of it."""
    by = next((name for name in ("chance", "density") if name in space.pairs), None)
    if by is None:
        return pd.DataFrame()
    lacking = space.pairs[~space.pairs["present"] & space.pairs[by].notna()]
    order = lacking.sort_values(["region", by], ascending=[True, False], kind="stable")
    first = order.groupby("region", sort=False).head(_LIKELIEST).drop(columns="present")
    for side, table in (("activity", space.activities), ("region", space.regions)):
        told = table[table["period"] == space.last].set_index(side)
        at = list(first.columns).index(side) + 1
        for place, language in enumerate(("en", "zh")):
            first.insert(at + place, f"{side}_{language}", first[side].map(told[f"name_{language}"]))
        if side == "activity" and "complexity" in told:
            first["complexity"] = first[side].map(told["complexity"])
    return first


def _of_fusion(found: Fused) -> list[Sheet]:
    chain_en = " → ".join(found.titles[name].en for name in found.chain)
    chain_zh = " → ".join(found.titles[name].zh for name in found.chain)
    regions = {"name_en": "region_en", "name_zh": "region_zh"}
    fields = {"name_en": "field_en", "name_zh": "field_zh"}
    told = [
        (
            "fusion overall 融合",
            "how far the stages fit one another over all regions, beside chance.",
            "各环节总体契合度及随机期望。",
            found.overall,
        ),
        (
            "fusion regions 地区契合",
            "how far the stages of every region fit one another, beside chance.",
            "各地区各环节的契合度及随机期望。",
            found.regions.rename(columns=regions),
        ),
        (
            "fusion fields 领域契合",
            "how far regions strong in what leads to a field are strong in it, beside chance.",
            "各领域前后环节在地区间的秩相关及随机期望。",
            found.fields.rename(columns=fields),
        ),
        (
            "fusion missing 断链",
            "fields of which a region has every stage but one.",
            "地区仅缺一个环节的领域。",
            found.missing,
        ),
        (
            "fusion across 跨空间关联",
            f"activities of two stages that more regions have both of than chance explains, nearest first; at most "
            f"{_MOST_TIES} a step.",
            f"两个环节中同时具备的地区多于随机期望的活动组合；每步至多 {_MOST_TIES} 对，关联度由高到低。",
            _ties(found),
        ),
        (
            "fusion supported 跨空间密度",
            f"of what each region lacks in one stage, the {_LIKELIEST} that what it has in another supports "
            "most beyond chance.",
            f"各地区某一环节尚缺、而另一环节支撑最强（高出随机期望最多）的 {_LIKELIEST} 个领域。",
            _supported(found),
        ),
        (
            "fusion lags 时滞",
            "by how many years a stage follows the one before, by field.",
            "各领域后一环节滞后前一环节的年数。",
            found.lags.rename(columns={"after": "after_share"}),
        ),
        (
            "fusion coupling 耦合协调",
            "how far along every region is in all stages (T), how evenly (C), and both together, D = sqrt(C T).",
            "各地区各环节的综合水平 T、耦合度 C 与耦合协调度 D = √(CT)。",
            found.coupling.rename(columns=regions),
        ),
    ]
    return [_sheet(name, f"{chain_en}: {en}", f"{chain_zh}：{zh}", table) for name, en, zh, table in told if len(table)]


def _ties(found: Fused) -> pd.DataFrame:
    """The pairs of two stages beyond chance, nearest first in each step."""
    if not len(found.across):
        return found.across
    table = found.across[found.across["significant"]].drop(columns="significant")
    table = table.sort_values(["from", "to", "relatedness"], ascending=[True, True, False], kind="stable")
    return table.groupby(["from", "to"], sort=False).head(_MOST_TIES)


def _supported(found: Fused) -> pd.DataFrame:
    """What each region lacks and is supported most, beyond chance, in either direction."""
    table = found.supported[~found.supported["held"]].drop(columns="held")
    beyond = table["support"] - table["by_chance"]
    table = table.assign(beyond=beyond).sort_values(
        ["from", "to", "region", "beyond"], ascending=[True, True, True, False], kind="stable"
    )
    return table.groupby(["from", "to", "region"], sort=False).head(_LIKELIEST).drop(columns="beyond")


def _sheet(name: str, en: str, zh: str, table: pd.DataFrame) -> Sheet:
    rows = table.astype(object).itertuples(index=False, name=None)
    return Sheet(name, Text(en=en, zh=zh), [_head(column) for column in table.columns], rows)


def _head(column: str) -> Head:
    kind, _, stage = column.partition("_")
    by_stage = {
        "has": (f"Has {stage}", f"有 {stage}"),
        "lq": (f"Location quotient, {stage}", f"{stage} 区位商"),
        "total": (f"Total, {stage}", f"{stage} 总量"),
        "level": (f"Level, {stage}", f"{stage} 水平"),
    }
    return HEADS[column] if column in HEADS else by_stage[kind]
