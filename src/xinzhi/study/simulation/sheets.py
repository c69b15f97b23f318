"""The sheets of the results workbook on simulated worlds; the files beside it hold every quarter and every region."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.simulate.history import REGIONAL
from xinzhi.simulate.outcomes import OUTCOMES
from xinzhi.simulate.policy import LEVERS
from xinzhi.study.sheets import Head, Sheet
from xinzhi.study.simulation.results import Simulated

HEADS: dict[str, Head] = {
    "what": ("Part", "内容代码"),
    "what_en": ("Part of the start", "起始条件（英文）"),
    "what_zh": ("Part in Chinese", "起始条件"),
    "from_en": ("Where from", "来源（英文）"),
    "from_zh": ("Where from, in Chinese", "来源"),
    "assumed": ("Assumed (1: no table says it)", "是否假定（1 为数据未给出）"),
    "policy": ("Policy code", "政策代码"),
    "policy_en": ("Policy", "政策（英文）"),
    "policy_zh": ("Policy in Chinese", "政策"),
    "against": ("Compared with", "对照政策"),
    "series": ("Outcome code", "结果代码"),
    "series_en": ("Outcome", "结果（英文）"),
    "series_zh": ("Outcome in Chinese", "结果"),
    "region": ("Region code", "地区代码"),
    "region_en": ("Region", "地区（英文）"),
    "region_zh": ("Region in Chinese", "地区"),
    "industry": ("Industry code", "产业代码"),
    "industry_en": ("Industry", "产业（英文）"),
    "industry_zh": ("Industry in Chinese", "产业"),
    "rung": ("Rung", "梯级（英文）"),
    "rung_zh": ("Rung in Chinese", "梯级"),
    "lever": ("Lever", "政策工具代码"),
    "lever_en": ("Lever in words", "政策工具（英文）"),
    "lever_zh": ("Lever in Chinese", "政策工具"),
    "number": ("Which lever of the policy", "政策中的序号"),
    "quarter": ("Quarter", "季度序号"),
    "time": ("Time (year)", "时间（年）"),
    "year": ("Year", "年份"),
    "low": ("Low", "下限"),
    "median": ("Median", "中位数"),
    "high": ("High", "上限"),
    "mean": ("Mean", "均值"),
    "value": ("Value", "数值"),
    "reference": ("Value of the reference", "对照值"),
    "difference": ("Difference", "差异"),
    "above": ("Share of draws above 0", "差异为正的比例"),
    "draws": ("Draws", "抽样次数"),
    "p05": ("5 % of draws below", "5% 分位数"),
    "p95": ("95 % of draws below", "95% 分位数"),
    "gain": ("Gain over the reference", "较对照的增益"),
    "gain_low": ("Gain, low", "增益下限"),
    "gain_high": ("Gain, high", "增益上限"),
    "born": ("Born in (before the start: as its age says)", "诞生年份（早于起点的由产业年龄推得）"),
    "share": ("Share", "比重"),
    "firms": ("Firms", "企业数"),
    "of": ("Of what", "对象（英文）"),
    "of_zh": ("Of what, in Chinese", "对象"),
    "lag": ("Years since", "经过年数"),
    "cause": ("How it ended", "结局（英文）"),
    "cause_zh": ("How it ended, in Chinese", "结局"),
    "planned": ("Planned, share of output", "计划支出占产出比重"),
    "spent": ("Spent, share of output", "实际支出占产出比重"),
    "unspent": ("Returned to households, share of output", "退还居民部分占产出比重"),
    "code": ("Code", "代码"),
    "name": ("Fact", "事实（英文）"),
    "name_zh": ("Fact in Chinese", "事实"),
    "unit": ("Unit", "单位"),
    "target": ("Known", "已知值"),
    "target_low": ("Met from", "达标下限"),
    "target_high": ("Met up to", "达标上限"),
    "target_sd": ("Deviation of the target", "目标值的标准差"),
    "got": ("Got", "模型值"),
    "targeted": ("Fitted to (1: no evidence)", "是否用于拟合（1 则不构成证据）"),
    "meets": ("Met", "是否达标"),
    "missing": ("Why it cannot be told", "无法给出的原因（英文）"),
    "missing_zh": ("Why, in Chinese", "无法给出的原因"),
    "source": ("Source", "出处"),
    "claim": ("Claim", "论断代码"),
    "ids": ("Numbers in the paper's system", "体系编号"),
    "lines": ("Lines of the paper", "论文行号"),
    "kind": ("Built-in or emergent", "内置或涌现（英文）"),
    "kind_zh": ("Built-in or emergent, in Chinese", "内置或涌现"),
    "title_en": ("What the paper says", "论断（英文）"),
    "title_zh": ("What the paper says, in Chinese", "论断"),
    "outcome": ("Outcome", "结果变量"),
    "condition_en": ("Condition", "条件（英文）"),
    "condition_zh": ("Condition in Chinese", "条件"),
    "expected": ("Expected sign", "预期符号"),
    "found": ("Found", "结果符号"),
    "effect": ("Effect", "效应"),
    "least": ("Least effect worth the name", "最小有意义效应"),
    "verdict": ("Verdict", "结论（英文）"),
    "verdict_zh": ("Verdict in Chinese", "结论"),
    "evidence": ("Counts as evidence", "是否构成证据"),
    "parameter": ("Knob", "参数代码"),
    "prior_low": ("Range before, low", "先验下限"),
    "prior_high": ("Range before, high", "先验上限"),
    "sd": ("Standard deviation", "标准差"),
    "contraction": ("Narrowed by", "收窄程度"),
    "coverage": ("Intervals that held the truth", "区间覆盖率"),
    "moment": ("Moment", "矩"),
    "predicted": ("Of fresh runs", "新运行的均值"),
    "inside": ("Inside the interval", "是否在区间内"),
    "runs": ("Runs", "运行次数"),
    "place": ("Which regions", "地区范围"),
    "measure": ("Measure", "指标"),
    "cells": ("Cells", "单元数"),
    "happened": ("Of which it happened", "发生数"),
    "model": ("The model", "模型"),
    "model_low": ("The model, low", "模型下限"),
    "model_high": ("The model, high", "模型上限"),
    "rival": ("Rival", "对照方法"),
    "rival_value": ("The rival", "对照方法数值"),
    "lead": ("Lead of the model", "模型领先幅度"),
    "lead_low": ("Lead, low", "领先幅度下限"),
    "lead_high": ("Lead, high", "领先幅度上限"),
}
_IN_CHINESE = {
    "rung": {
        "future": "未来产业",
        "emerging": "战略性新兴产业",
        "leading": "主导产业",
        "pillar": "支柱产业",
        "traditional": "传统产业",
    },
    "of": {"discoveries": "科学发现", "startups": "获风险投资的初创企业"},
    "cause": {
        "market": "进入市场",
        "lapsed": "流失",
        "abandoned": "放弃",
        "ipo": "上市",
        "acquired": "被并购",
        "dead": "关闭",
        "open": "进行中",
    },
    "kind": {"emergent": "涌现", "built-in": "内置"},
    "verdict": {
        "holds": "成立",
        "depends": "有条件成立",
        "undecided": "未能判定",
        "fails": "不成立",
        "built-in": "模型内置",
    },
}
Shorter = Callable[[pd.DataFrame], pd.DataFrame]


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _ends_of_years(table: pd.DataFrame) -> pd.DataFrame:
    """The last quarter of every year."""
    return table[table["quarter"] % 4 == 3]


def _last_year(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(table[table["year"] == table["year"].max()])


def _last_quarter(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(table[table["quarter"] == table["quarter"].max()])


def _whole_years(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["lag"] % 1 == 0) & (table["lag"] <= 20)]


_TOLD: tuple[tuple[str, str, str, str, Shorter], ...] = (
    (
        "start",
        "world start 模拟起点",
        "What the worlds began from, where each part came from, and what was assumed because no table says it.",
        "模拟起点的各项内容、来源，以及数据未给出而作的假定。",
        _whole,
    ),
    (
        "differences",
        "policy effects 政策效应",
        "What each policy changed in the last year: mean over draws of paired differences, with their intervals.",
        "各项政策在最后一年的效应：成对差异的均值及区间。",
        _last_year,
    ),
    (
        "national",
        "worlds 模拟结果",
        "Every outcome of the country under every policy at the end of each year: median and the middle 90 % of draws.",
        "各项政策下全国各项结果的年末值：中位数与 90% 抽样区间。",
        _ends_of_years,
    ),
    (
        "rungs",
        "world rungs 模拟梯级",
        "How much of output stands on each rung at the end of each year, under every policy.",
        "各项政策下各梯级占产出比重的年末值。",
        _ends_of_years,
    ),
    (
        "regions",
        "world regions 模拟地区",
        "Every region in the last year under every policy, and its gain over the reference.",
        "各项政策下各地区最后一年的结果及其较对照的增益。",
        _last_year,
    ),
    (
        "industries",
        "world industries 模拟产业",
        "Every industry at the end of one run of each policy, those born on the way among them.",
        "各项政策的一次代表性运行期末的各产业，含新生产业。",
        _last_quarter,
    ),
    (
        "births",
        "births 产业诞生",
        "How many industries are born each year under every policy.",
        "各项政策下每年诞生的产业数。",
        _whole,
    ),
    (
        "incidence",
        "lags 滞后",
        "By when discoveries and start-ups have ended, and how: cumulative incidence with competing risks.",
        "发现与创业企业在各时点的结局：竞争风险下的累积发生率。",
        _whole_years,
    ),
    (
        "spending",
        "spending 政策支出",
        "What each lever was meant to spend and could spend, by year; what it could not went back to households.",
        "各政策工具逐年的计划支出与实际支出；未能支出的退还居民。",
        _whole,
    ),
    (
        "facts",
        "facts 典型事实",
        "Known facts of firms, ventures and industries beside those of the model, met or missed.",
        "企业、风险投资与产业的已知事实与模型结果的对照。",
        _whole,
    ),
    (
        "claims",
        "claims 论文论断",
        "The paper's claims as experiments: effect, interval and verdict, as usual and under each condition.",
        "论文论断的模拟检验：通常情形及各条件下的效应、区间与结论。",
        _whole,
    ),
    (
        "posterior",
        "knobs 参数推断",
        "What the data say of the knobs that were inferred, and which of them they tell at all.",
        "由数据推断的参数及其可识别性。",
        _whole,
    ),
    (
        "moments",
        "moments 矩",
        "The moments of the data beside those of fresh runs at the knobs inferred.",
        "数据的矩与推断参数下新运行的矩。",
        _whole,
    ),
    (
        "heldout",
        "held out 留出检验",
        "How well what was held out is foretold, beside persistence and a model of relatedness.",
        "对留出数据的预测表现，并与持续性及关联度模型比较。",
        _whole,
    ),
)


def simulation_sheets(found: Simulated) -> list[Sheet]:
    """What the worlds began from, what they came to under each policy, and how far to believe it."""
    tables = found.tables
    return [
        _sheet(name, Text(en=en, zh=zh), shorter(tables[f"simulate_{key}"]))
        for key, name, en, zh, shorter in _TOLD
        if f"simulate_{key}" in tables
    ]


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """A table with names in both languages beside its codes of outcomes, levers, rungs, ends and verdicts."""
    outcomes = {name: (one.title.en, one.title.zh) for name, one in OUTCOMES.items()}
    outcomes |= {name: (words[0], words[1]) for name, words in REGIONAL.items() if name not in outcomes}
    levers = {name: (one.en, one.zh) for name, one in LEVERS.items()}
    for column, words in (("series", outcomes), ("lever", levers)):
        if column in table:
            place = list(table.columns).index(column) + 1
            both = pd.DataFrame(
                {
                    f"{column}_{language}": table[column].map({name: of[at] for name, of in words.items()})
                    for at, language in enumerate(("en", "zh"))
                }
            ).fillna("")
            table = pd.concat([table.iloc[:, :place], both, table.iloc[:, place:]], axis=1)
    for column, names in _IN_CHINESE.items():
        if column in table and f"{column}_zh" not in table:
            place = list(table.columns).index(column) + 1
            zh = table[column].map(names).fillna("").rename(f"{column}_zh")
            table = pd.concat([table.iloc[:, :place], zh, table.iloc[:, place:]], axis=1)
    return table


def _sheet(name: str, about: Text, table: pd.DataFrame) -> Sheet:
    told = in_words(table)
    flags = [column for column in told if told[column].dtype == bool]
    told = told.astype(dict.fromkeys(flags, float)).astype(object)
    heads = [HEADS.get(str(column), (str(column), str(column))) for column in told.columns]
    return Sheet(name, about, heads, told.where(told.notna(), None).itertuples(index=False, name=None))
