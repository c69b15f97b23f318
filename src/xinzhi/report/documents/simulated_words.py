"""What documents say of the worlds that were grown, in both languages."""

from __future__ import annotations

SIMULATED: dict[str, tuple[str, str]] = {
    "simulation": ("The living model", "新质生产力生长模型"),
    "simulatedSay": (
        "Worlds were grown from {start}, {first} to {last}: {firms} firms at the start, {draws} draws with common "
        "random numbers, seed {seed}. What follows is what the model says under its assumptions, no forecast.",
        "以{start}为起点，模拟{first}—{last}年：期初{firms}家企业，{draws}次抽样，各政策使用相同的随机数，"
        "随机种子{seed}。以下为模型在其假定下的结果，不是预测。",
    ),
    "simulatedStart": (
        "Worlds were grown from {start}. What follows is what the model says under its assumptions, no forecast.",
        "以{start}为起点进行模拟。以下为模型在其假定下的结果，不是预测。",
    ),
    "simulatedFictional": (
        "The start is fictional: regions, industries and figures were made up to show the model.",
        "起点为虚构：地区、产业与数值均为演示模型而生成。",
    ),
    "simulatedEqual": (
        "All policies with levers have budgets of the same total; what a lever cannot spend goes back to households.",
        "各项有政策工具的政策预算总额相同；未能支出的资金退还居民。",
    ),
    "simulatedUnequal": (
        "Policies cost different amounts: their effects are not comparable per unit of money.",
        "各政策花费不同，其效应不能按单位资金比较。",
    ),
    "simulatedSets": (
        "The draws also vary the model’s parameters over {n} sets.",
        "各次抽样的模型参数也取自{n}组不同取值。",
    ),
    "policy": ("Policy", "政策"),
    "policySays": ("What is done, what happens", "内容"),
    "planned": ("Planned", "计划支出"),
    "spentOf": ("Spent", "实际支出"),
    "policiesTable": ("The policies", "各项政策"),
    "policiesNote": (
        "Money as a share of output a year, over the years of the run.",
        "资金为模拟期内年均占产出比重。",
    ),
    "fansFigure": ("Outcomes under the policies, {first}–{last}", "{first}—{last}年各政策下的结果"),
    "fansAlt": ("Fans through time: {what}.", "随时间展开的扇形图：{what}。"),
    "fansNote": (
        "Lines are medians of {draws} draws, bands hold {level} of them; grey is what the others are compared with.",
        "线为{draws}次抽样的中位数，色带包含其中{level}；灰色为比较基准。",
    ),
    "fansMore": ("{n} of {all} policies are drawn.", "共{all}项政策，图中绘出{n}项。"),
    "outcome": ("Outcome", "结果变量"),
    "effect": ("Effect", "效应"),
    "agree": ("Draws that agree", "方向一致的抽样"),
    "points": ("{n} points", "{n} 个百分点"),
    "policyEffectsTable": ("What the policies do", "各政策的效应"),
    "effectsOfPolicies": (
        "Against “{baseline}” draw by draw, mean of {year}; intervals at {level} are of the mean effect, for shares in "
        "percentage points.",
        "与“{baseline}”逐次抽样配对比较，取{year}年均值；{level} 区间为平均效应的区间，比重类以百分点计。",
    ),
    "afterYears": ("{what}, {n} years", "{n}年后{what}"),
    "lagsNote": (
        "Cumulative incidence with competing risks: of all that began, those still open included, so that a policy is "
        "not judged by its survivors.",
        "竞争风险下的累积发生率：以全部起始者（含仍在进行者）为基数，避免只看成功者。",
    ),
    "simulatedClaims": ("The paper’s claims as experiments", "论文观点的模拟检验"),
    "claimsSay": (
        "{n} claims were put to the model. {emergent} are not built into its rules: of these {hold} hold, {depend} "
        "hold under conditions, {fail} do not hold and {open} remain undecided. What is built in is no evidence.",
        "共检验{n}项观点，其中{emergent}项并非模型内置：成立{hold}项，有条件成立{depend}项，不成立{fail}项，"
        "未能判定{open}项。内置的结果不构成证据。",
    ),
    "claimPut": ("Claim, and how it was put", "观点与检验方式"),
    "kind": ("Kind", "性质"),
    "signs": ("Sign", "方向"),
    "builtIn": ("built in", "内置"),
    "emergent": ("emergent", "涌现"),
    "depends": ("depends", "有条件成立"),
    "undecided": ("undecided", "未能判定"),
    "simulatedClaimsTable": ("Claims of the paper put to the model", "论文观点在模型中的检验结果"),
    "simulatedClaimsNote": (
        "Sign: expected → found, 0 where the effect is not sure or too small to matter. In brackets the {level} "
        "interval of the mean effect over {draws} draws; {worlds} worlds of {firms} firms and {years} years.",
        "方向：预期 → 结果；效应不确定或过小时记为 0。括号内为{draws}次抽样平均效应的 {level} 区间；"
        "共{worlds}个世界，各{firms}家企业、{years}年。",
    ),
    "failsWhere": ("Where claims fail:", "观点不成立的情形："),
    "simulatedTrust": ("What the model is worth", "模型可信程度"),
    "fact": ("Fact", "经验事实"),
    "target": ("Target", "目标"),
    "got": ("Found", "结果"),
    "targeted": ("Fitted to", "用于拟合"),
    "meets": ("Met", "相符"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "factsTable": ("Facts of firms and industries against the model", "企业与产业的经验事实与模型对照"),
    "factsNote": (
        "Of {n} that can be told {met} are met; medians of {runs} runs, intervals hold {level} of them. Only facts "
        "that the model was not fitted to speak for it.",
        "可判断的{n}项中相符{met}项；取{runs}次运行的中位数，区间包含其中{level}。只有未用于拟合的事实才能作为佐证。",
    ),
    "knob": ("Parameter", "参数"),
    "prior": ("Before", "先验范围"),
    "median": ("Median", "中位数"),
    "narrowed": ("Narrowed by", "收窄"),
    "identified": ("Identified", "可识别"),
    "posteriorTable": ("What the data say of the parameters", "数据对参数的约束"),
    "posteriorNote": (
        "{method}; {n} of {all} draws kept. A parameter that is not identified keeps its range: what hangs on it is a "
        "scenario.",
        "{method}；{all}次抽样中保留{n}次。不可识别的参数保留其范围，依赖于它的结果只是情景。",
    ),
    "heldOut": ("Held out", "留出部分"),
    "measure": ("Measure", "评价指标"),
    "model": ("Model", "模型"),
    "ahead": ("Model better by", "本模型领先"),
    "heldOutNote": (
        "By how much the model is better than each rival, below nothing where it is worse; in brackets the interval, "
        "with regions drawn anew.",
        "本模型相对各对照的领先幅度，负值为落后；括号内为重抽地区所得区间。",
    ),
    "heldOutTable": ("Against what was held out", "对留出数据的检验"),
    "startTable": ("What the start is made from", "起点的数据来源"),
    "startWhat": ("Quantity", "内容"),
    "startFrom": ("From", "来源"),
    "assumed": ("Assumed", "假定"),
    "knobsChanged": ("Parameters set by the study: {what}.", "研究设定的参数：{what}。"),
    "knobsUsual": ("All parameters are those the model comes with.", "全部参数均为模型默认值。"),
    "simulatedEquations": ("The equations of the model", "模型方程"),
    "equationsSay": (
        "Events in the order of a quarter; each with the parameters in force.",
        "按一个季度内的先后列出各事件的方程及所用参数。",
    ),
    "knobsOf": ("Parameters: {what}.", "参数：{what}。"),
    "leadPolicy": (
        "In the model, of the policies compared “{policy}” changes the share of new quality industries most by {year}: "
        "{effect} ({level} interval {span}).",
        "在模型中，到{year}年对新质产业比重影响最大的政策是“{policy}”：{effect}（{level} 区间 {span}）。",
    ),
    "leadNoPolicy": (
        "In the model, none of {n} policies surely changes the share of new quality industries by {year}.",
        "在模型中，到{year}年，{n}项政策对新质产业比重均无确定影响。",
    ),
}
