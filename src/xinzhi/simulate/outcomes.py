"""What a run leaves, as a person sees it: name, unit and meaning of every outcome of the country and its regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xinzhi.core.specs import Text

Kind = Literal["share", "index", "count", "ratio", "money"]
Group = Literal["growth", "ladder", "firms", "science", "people", "places", "energy", "money", "world"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome; ``better`` is 1 where more is better, -1 where less is, 0 where neither can be said."""

    name: str
    title: Text
    unit: Text
    kind: Kind
    group: Group
    better: Literal[1, -1, 0]
    says: Text


_UNITS = {
    "": Text(en="", zh=""),
    "start": Text(en="start = 1", zh="期初 = 1"),
    "mean": Text(en="mean of the start = 1", zh="期初均值 = 1"),
    "quarter": Text(en="per quarter", zh="每季度"),
    "number": Text(en="number", zh="个"),
    "output": Text(en="share of output", zh="占产出比重"),
    "log": Text(en="log points", zh="对数点"),
}


def _outcome(
    name: str,
    zh: str,
    en: str,
    unit: str,
    kind: Kind,
    group: Group,
    better: Literal[1, -1, 0],
    says: str,
    says_zh: str,
) -> Outcome:
    return Outcome(name, Text(en=en, zh=zh), _UNITS[unit], kind, group, better, Text(en=says, zh=says_zh))


# fmt: off
OUTCOMES: dict[str, Outcome] = {
    one.name: one
    for one in (
        _outcome("output", "产出", "output", "start", "index", "growth", 1,
                 "What all firms make.", "全部企业的产出。"),
        _outcome("productivity", "生产率", "productivity", "start", "index", "growth", 1,
                 "Output per worker.", "劳动者人均产出。"),
        _outcome("new_quality_share", "新质产业比重", "new quality industries", "", "share", "growth", 1,
                 "Share of output of industries that carry new quality productive forces.",
                 "承载新质生产力的产业占产出比重。"),
        _outcome("future_share", "未来产业比重", "future industries", "", "share", "ladder", 0,
                 "Share of output on this rung.", "该梯级占产出比重。"),
        _outcome("emerging_share", "战略性新兴产业比重", "strategic emerging industries", "", "share", "ladder", 0,
                 "Share of output on this rung.", "该梯级占产出比重。"),
        _outcome("leading_share", "主导产业比重", "leading industries", "", "share", "ladder", 0,
                 "Share of output on this rung.", "该梯级占产出比重。"),
        _outcome("pillar_share", "支柱产业比重", "pillar industries", "", "share", "ladder", 0,
                 "Share of output on this rung.", "该梯级占产出比重。"),
        _outcome("traditional_share", "传统产业比重", "traditional industries", "", "share", "ladder", 0,
                 "Share of output on this rung.", "该梯级占产出比重。"),
        _outcome("firms", "企业数", "firms", "number", "count", "firms", 0,
                 "Firms alive.", "存续企业。"),
        _outcome("entries", "进入企业", "entries", "quarter", "count", "firms", 0,
                 "Firms founded: spin-offs and start-ups.", "新设企业：衍生企业与初创企业。"),
        _outcome("exits", "退出企业", "exits", "quarter", "count", "firms", 0,
                 "Firms that left.", "退出的企业。"),
        _outcome("startups", "初创企业", "start-ups", "quarter", "count", "firms", 1,
                 "Discoveries that became firms.", "由发现转化而成的企业。"),
        _outcome("discoveries", "科学发现", "discoveries", "quarter", "count", "science", 1,
                 "Discoveries made.", "新产生的发现。"),
        _outcome("trials", "市场试验", "market trials", "quarter", "count", "science", 0,
                 "Trials that were paid for.", "获得资助的试验。"),
        _outcome("lapsed", "流失的发现", "discoveries lapsed", "quarter", "count", "science", -1,
                 "Discoveries that nobody took up in time.", "无人及时接手而流失的发现。"),
        _outcome("industries_born", "新生产业", "industries born", "number", "count", "ladder", 1,
                 "Industries born since the start.", "期初以来诞生的产业。"),
        _outcome("industries_alive", "存续产业", "industries alive", "number", "count", "ladder", 0,
                 "Industries with firms.", "有企业的产业。"),
        _outcome("driver_share", "最新动力使用比重", "use of the newest driver", "", "share", "growth", 1,
                 "Share of output made with the newest driver.", "使用最新动力的产出比重。"),
        _outcome("driver_generation", "动力代次", "driver generation", "number", "count", "growth", 0,
                 "The newest generation of general-purpose technology.", "最新一代通用技术的代次。"),
        _outcome("skill_shortage", "技能短缺", "skill shortage", "", "share", "people", -1,
                 "Share of skilled posts that nobody fills.", "技能岗位空缺比重。"),
        _outcome("skill_premium", "技能溢价", "skill premium", "", "ratio", "people", 0,
                 "Pay of skilled work against unskilled.", "技能劳动与非技能劳动报酬之比。"),
        _outcome("talent_concentration", "人才集聚度", "concentration of talent", "", "ratio", "people", 0,
                 "Gini coefficient of talent over regions.", "人才在地区间的基尼系数。"),
        _outcome("region_gini", "地区差距", "inequality of regions", "", "ratio", "places", -1,
                 "Gini coefficient of output per person over regions.", "地区人均产出的基尼系数。"),
        _outcome("clean_share", "清洁能源比重", "clean energy", "", "share", "energy", 1,
                 "Share of energy that is clean.", "清洁能源占能源比重。"),
        _outcome("co2_intensity", "碳排放强度", "CO₂ intensity", "start", "index", "energy", -1,
                 "CO₂ per unit of output.", "单位产出的二氧化碳排放。"),
        _outcome("venture_money", "风险投资", "venture capital", "output", "money", "money", 0,
                 "Money in venture funds.", "风险投资基金的资金。"),
        _outcome("land_free_share", "空闲用地", "free land", "", "share", "places", 0,
                 "Share of plots in parks that are free.", "园区空闲地块比重。"),
        _outcome("blocked", "因用地受阻", "blocked by land", "number", "count", "places", -1,
                 "Projects that wait for a plot.", "等待用地的项目。"),
        _outcome("park_moves", "腾退项目", "projects moved out", "quarter", "count", "places", 0,
                 "Projects that the park rule moved out.", "按园区规则腾退的项目。"),
        _outcome("spent", "政策支出", "spent on policy", "output", "money", "money", 0,
                 "Money that levers spent.", "政策工具的实际支出。"),
        _outcome("foreign_gap", "与国外前沿差距", "gap to the foreign frontier", "log", "ratio", "world", -1,
                 "Lead of the foreign frontier.", "国外前沿的领先幅度。"),
        _outcome("talent", "人才", "talent", "", "share", "people", 1,
                 "Share of the country's talent.", "占全国人才比重。"),
    )
}
"""Every outcome by its name in ``SERIES`` and ``REGIONAL``."""
# fmt: on
