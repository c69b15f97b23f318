"""The sheets of the results workbook that show which rung every industry stands on, why, and what follows from it."""

from __future__ import annotations

import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.structure.conversion.conversion import PARTS
from xinzhi.structure.ladder.carriers import QUADRANTS, STANDARDS
from xinzhi.structure.ladder.chances import GONE
from xinzhi.structure.ladder.reasons import KNOWN
from xinzhi.structure.ladder.rungs import RUNG_NAMES
from xinzhi.structure.lifecycle.shakeouts import BASES, STATUS
from xinzhi.study.ladder.results import Laddered
from xinzhi.study.sheets import Head, Sheet

RUNG_WORDS: dict[str, Text] = {**RUNG_NAMES, GONE: Text(en="gone", zh="已消失"), "all": Text(en="all", zh="全部")}
WAYS: dict[str, Text] = {
    "any": Text(en="any", zh="任一方向"),
    "up": Text(en="up", zh="上升"),
    "down": Text(en="down", zh="下降"),
}
KINDS: dict[str, Text] = {
    "selection": Text(en="selection of survivors", zh="优胜劣汰"),
    "decline": Text(en="decline", zh="整体衰退"),
}
# Rows of the sheet of rungs; the files beside the workbook hold every year.
_MOST_ROWS = 30_000
# Codes in a column, and what they are called in Chinese.
_WORDS: dict[str, dict[str, Text]] = {
    **dict.fromkeys(("rung", "from", "to", "rung_start", "rung_end"), RUNG_WORDS),
    "standard": STANDARDS,
    "quadrant": QUADRANTS,
    "basis": BASES,
    "status": STATUS,
    "kind": KINDS,
    "way": WAYS,
}
HEADS: dict[str, Head] = {
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
    "why_en": ("Why", "依据（英文）"),
    "why_zh": ("Why, in Chinese", "依据"),
    "number": ("Industries", "产业数"),
    "size": ("Size", "规模"),
    "share": ("Share of the region", "占本地区比重"),
    "number_succession": ("Successors for each, by number", "每个产业的后继数"),
    "size_succession": ("Successors for each, by size", "后继规模之比"),
    "standard": ("Standard", "水准（英文）"),
    "standard_zh": ("Standard in Chinese", "水准"),
    "standard_value": ("Value of the standard", "水准数值"),
    "standard_low": ("Value of the standard, low", "水准数值下限"),
    "standard_high": ("Value of the standard, high", "水准数值上限"),
    "standard_cut": ("Value it is held against", "水准比较值"),
    "quadrant": ("Quadrant", "象限（英文）"),
    "quadrant_zh": ("Quadrant in Chinese", "象限"),
    "from": ("From", "原梯级（英文）"),
    "from_zh": ("From, in Chinese", "原梯级"),
    "to": ("To", "新梯级（英文）"),
    "to_zh": ("To, in Chinese", "新梯级"),
    "count": ("Moves", "转移数"),
    "probability": ("Probability a year", "年概率"),
    "low": ("Low", "下限"),
    "high": ("High", "上限"),
    "seen": ("Years followed", "观察年数"),
    "risen": ("Share risen", "升级比例"),
    "fallen": ("Share fallen", "降级比例"),
    "median": ("Years until half have risen", "半数升级所需年数"),
    "years": ("Mean years on the rung", "停留年数均值"),
    "set": ("Rungs that hold it with 90 %", "90% 概率所在梯级"),
    "phase": ("Phase", "阶段"),
    "phase_en": ("Phase in words", "阶段（英文）"),
    "phase_zh": ("Phase in Chinese", "阶段名称"),
    "begins": ("Begins", "起始年份"),
    "identified": ("Interval within the record", "区间在记录之内"),
    "net_entry": ("Net entry a year", "年净进入率"),
    "basis": ("Counted", "口径（英文）"),
    "basis_zh": ("Counted, in Chinese", "口径"),
    "status": ("Shakeout", "淘汰（英文）"),
    "status_zh": ("Shakeout in Chinese", "淘汰"),
    "kind": ("Kind", "类型（英文）"),
    "kind_zh": ("Kind in Chinese", "类型"),
    "peak": ("Peak", "峰值年份"),
    "trough": ("Trough", "谷底年份"),
    "fall": ("Fall from the peak", "较峰值降幅"),
    "onset": ("Onset", "起始年份"),
    "p": ("p", "p"),
    "q": ("q (Benjamini-Hochberg)", "q（BH 校正）"),
    "chance": ("Chance of such a fall", "偶然出现的概率"),
    "rate_before": ("Rate a year before", "此前年变化率"),
    "rate_during": ("Rate a year in the fall", "淘汰期年变化率"),
    "size_change": ("Log change of size", "平均规模变化（对数）"),
    "employment_change": ("Log change of employment", "就业变化（对数）"),
    "entry_before": ("Entry rate before", "此前进入率"),
    "entry_during": ("Entry rate in the fall", "淘汰期进入率"),
    "exit_before": ("Exit rate before", "此前退出率"),
    "exit_during": ("Exit rate in the fall", "淘汰期退出率"),
    "entry_share": ("Share of the fall of entry", "进入下降的贡献"),
    "defended": ("Defended", "证据充分"),
    "way": ("Leaving", "离开方向（英文）"),
    "way_zh": ("Leaving, in Chinese", "离开方向"),
    "window": ("Watched (all; same: equally long)", "观察期（all 全部；same 等长）"),
    "spells": ("Spells", "停留段数"),
    "exits": ("Ended", "已结束"),
    "clusters": ("Industries", "产业数"),
    "hazard_ratio": ("Hazard ratio of a cohort ten years later", "晚十年进入者的风险比"),
    "p_proportional": ("p (same at all durations)", "p（比例性检验）"),
    "horizon": ("Years watched at most", "最长观察年数"),
    "cohort": ("Came to the rung in", "进入该梯级的年份"),
    "at_risk": ("Still there before", "此前仍在"),
    "survival": ("Share still there", "仍在比例"),
    "new": ("Share of the new", "新动能占比"),
    "old": ("Share of the old", "旧动能占比"),
    "other": ("Share of the others", "其他占比"),
    "placed": ("Share placed", "已判定占比"),
    "growth_new": ("Growth from the new", "新动能的贡献"),
    "growth_old": ("Growth from the old", "旧动能的贡献"),
    "growth_other": ("Growth from the others", "其他的贡献"),
    "change": ("Change of the share of the new", "新动能占比变化"),
    "lilien": ("Lilien index", "Lilien 指数"),
    "moore": ("Moore index (degrees)", "Moore 指数（度）"),
    "rung_start": ("Rung in the first year", "期初梯级（英文）"),
    "rung_start_zh": ("Rung in the first year, in Chinese", "期初梯级"),
    "rung_end": ("Rung in the last year", "期末梯级（英文）"),
    "rung_end_zh": ("Rung in the last year, in Chinese", "期末梯级"),
    "total": ("Part in the change", "对变化的贡献"),
    "method": ("Method", "方法（英文）"),
    "method_zh": ("Method in Chinese", "方法"),
    "part": ("Part code", "分量代码"),
    "part_en": ("Part", "分量（英文）"),
    "part_zh": ("Part in Chinese", "分量"),
    "value": ("Value", "数值"),
    "rate": ("Share of the start", "占期初比重"),
}
HEADS |= {name: (f"Chance: {text.en}", f"概率：{text.zh}") for name, text in RUNG_WORDS.items()}
HEADS |= {name: (of.text.en.capitalize(), of.text.zh) for name, of in KNOWN.items() if name not in HEADS}
# What a column is called in one table and not in another.
_OWN: dict[str, dict[str, Head]] = {
    "ladder-carriers": {name: (text.en.capitalize(), text.zh) for name, text in PARTS.items()},
    "ladder-survival": {
        "years": ("Years on the rung", "停留年数"),
        "median": ("Years until half have left", "半数离开所需年数"),
    },
    "ladder-conversion": {"growth": ("Growth of the region", "本地区增长")},
}
_SIDES = {"_low": (", low", "下限"), "_high": (", high", "上限"), "_cut": (", held against", "比较值")}

_TOLD: tuple[tuple[str, str, str, str], ...] = (
    (
        "rungs",
        "ladder 产业梯级",
        "The rung of every industry in every year, with its probability; of a long table the last years.",
        "各产业历年所处梯级及其概率；数据很长时仅列最近各年。",
    ),
    (
        "reasons",
        "ladder evidence 梯级依据",
        "Why every industry stands where it stood in its last year, in words and in numbers.",
        "各产业最近一年所处梯级及其依据（文字与数量）。",
    ),
    (
        "pipeline",
        "pipeline 产业梯队",
        "How many industries stand on each rung, how much they weigh, and what follows them, by region and year.",
        "各地区历年各梯级的产业数、规模及其后继。",
    ),
    (
        "standing",
        "standing 数量与水准",
        "How much of strategic emerging industries each region has, and of what standard.",
        "各地区战略性新兴产业的比重与水准。",
    ),
    (
        "moves",
        "moves 梯级转移",
        "Chances of moving from rung to rung within a year, with 95 % intervals.",
        "一年内梯级之间的转移概率及 95% 区间。",
    ),
    (
        "waiting",
        "waiting 升级所需时间",
        "How many have risen or fallen since they reached a rung, and by when half have risen.",
        "到达某一梯级后的升级、降级比例，以及半数升级所需年数。",
    ),
    (
        "rung-forecast",
        "rung forecast 梯级预测",
        "How many of today's industries will stand on each rung in the next years.",
        "现有产业今后数年在各梯级的数目。",
    ),
    (
        "outlooks",
        "outlooks 产业前景",
        "Where every industry is likely to stand at the end of the forecast.",
        "预测期末各产业可能所处的梯级。",
    ),
    (
        "life-cycles",
        "life cycles 生命周期",
        "The phases of net entry of every industry, and when each began.",
        "各产业净进入的阶段及起始年份。",
    ),
    (
        "shakeouts",
        "shakeouts 淘汰",
        "In which industries the number of firms fell for good, since when, and what speaks for it.",
        "哪些产业的企业数持续减少、始于何时及其证据。",
    ),
    (
        "time-on-rungs",
        "time on rungs 梯级停留",
        "Whether later cohorts leave a rung sooner: hazard ratios of a cohort ten years later, with 95 % intervals.",
        "晚进入者是否更快离开梯级：晚十年进入者的风险比及 95% 区间。",
    ),
    (
        "survival",
        "survival 生存曲线",
        "The share of industries still on a rung so many years after they reached it, by cohort (Kaplan-Meier).",
        "到达梯级若干年后仍在该梯级的比例，按进入年代（Kaplan-Meier）。",
    ),
    (
        "conversion",
        "conversion 动能转换",
        "How much of each region is new and how much old, what each gave to growth, and how fast structure changes.",
        "各地区历年新旧动能的占比、对增长的贡献与结构变化的快慢。",
    ),
    (
        "carriers",
        "carriers 转换载体",
        "Which industries carried the change of the share of the new from the first year to the last.",
        "哪些产业带动了新动能占比自期初至期末的变化。",
    ),
    (
        "shift-share-regions",
        "shift share 偏离份额",
        "The growth of each region: the nation's, its industries' and its own part, by every method.",
        "各地区的增长按各方法分解为全国、结构与竞争力分量。",
    ),
)


def ladder_sheets(found: Laddered) -> list[Sheet]:
    """Where every industry stands, why, and what is told of regions, moves and life cycles beside it."""
    tables = found.tables | _shorter(found.tables)
    told = ((f"ladder-{key}", name, Text(en=en, zh=zh)) for key, name, en, zh in _TOLD)
    return [_sheet(name, about, tables[key], _OWN.get(key, {})) for key, name, about in told if key in tables]


def _shorter(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Rungs without their evidence, which stands beside the reasons; of a long table the last years."""
    if "ladder-rungs" not in tables:
        return {}
    rungs = tables["ladder-rungs"]
    evidence = [column for column in rungs if column in KNOWN]
    keys = ["block", "region", "industry", "year"]
    why = tables["ladder-reasons"].merge(rungs[[*keys, *evidence]], how="left", on=keys)
    years = rungs["year"].value_counts().sort_index(ascending=False).cumsum()
    first = years.index[max(int((years <= _MOST_ROWS).sum()) - 1, 0)]
    told = rungs.loc[
        rungs["year"] >= first, [column for column in rungs if column not in evidence or column == "share"]
    ]
    return {"ladder-rungs": told, "ladder-reasons": why}


def _sheet(name: str, about: Text, table: pd.DataFrame, own: dict[str, Head]) -> Sheet:
    for column in [column for column in _WORDS if column in table]:
        words = {code: text.zh for code, text in _WORDS[column].items()}
        place = list(table.columns).index(column) + 1
        before, after = table.iloc[:, :place], table.iloc[:, place:]
        table = pd.concat([before, table[column].map(words).fillna("").rename(f"{column}_zh"), after], axis=1)
    # A cell is a number or a text; what is not told of a row stays empty.
    flags = [column for column in ("certain", "identified", "defended") if column in table]
    table = table.astype(dict.fromkeys(flags, "Float64")).astype(object)
    rows = table.where(table.notna(), None).itertuples(index=False, name=None)
    return Sheet(name, about, [own.get(column) or _head(column) for column in table.columns], rows)


def _head(column: str) -> Head:
    if column in HEADS:
        return HEADS[column]
    for end, (en, zh) in _SIDES.items():
        own = column.removesuffix(end)
        if own != column and own in HEADS:
            return f"{HEADS[own][0]}{en}", f"{HEADS[own][1]}{zh}"
    return column, column
