"""What a run leaves, as a person sees it: name, unit and kind of every outcome of the country and of its regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from xinzhi.core.specs import Text
from xinzhi.simulate.history import REGIONAL, SERIES

Kind = Literal["share", "index", "count", "ratio", "money"]
Group = Literal["growth", "ladder", "firms", "science", "people", "places", "energy", "money", "world"]
Better = Literal[1, -1, 0]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome; ``better`` is 1 where more is better, -1 where less is, 0 where neither can be said.

    A ``share`` is of one (``money`` one of output), an ``index`` is 1 at the start; ``says`` is what is counted.
    """

    name: str
    title: Text
    unit: Text
    kind: Kind
    group: Group
    better: Better
    says: Text


_UNITS = {
    "": Text(en="", zh=""),
    "start": Text(en="start = 1", zh="期初 = 1"),
    "country": Text(en="country at the start = 1", zh="全国期初 = 1"),
    "quarter": Text(en="per quarter", zh="每季度"),
    "log": Text(en="log points", zh="对数点"),
    "gini": Text(en="Gini", zh="基尼系数"),
    "output": Text(en="quarters of output", zh="季度产出"),
    "people": Text(en="people", zh="人"),
    "hundred": Text(en="per hundred people", zh="每百人"),
    "national": Text(en="share of the country", zh="占全国比重"),
}

_Row = tuple[str, str, str, str, Kind, Group, Better]
_NATIONAL: tuple[_Row, ...] = (
    ("output", "output", "产出", "start", "index", "growth", 1),
    ("productivity", "productivity", "生产率", "log", "ratio", "growth", 1),
    ("new_quality_share", "share of new quality industries", "新质产业比重", "", "share", "growth", 1),
    ("upgraded_share", "upgraded traditional industry", "传统产业改造升级比重", "", "share", "growth", 1),
    ("future_share", "future industries", "未来产业比重", "", "share", "ladder", 0),
    ("emerging_share", "strategic emerging industries", "战略性新兴产业比重", "", "share", "ladder", 0),
    ("leading_share", "leading industries", "主导产业比重", "", "share", "ladder", 0),
    ("pillar_share", "pillar industries", "支柱产业比重", "", "share", "ladder", 0),
    ("traditional_share", "traditional industries", "传统产业比重", "", "share", "ladder", 0),
    ("firms", "firms", "企业数", "start", "index", "firms", 0),
    ("entries", "entry rate", "企业进入率", "quarter", "share", "firms", 0),
    ("exits", "exit rate", "企业退出率", "quarter", "share", "firms", 0),
    ("startups", "start-up rate", "科技创业率", "quarter", "share", "firms", 1),
    ("discoveries", "discoveries", "科学发现", "quarter", "count", "science", 1),
    ("trials", "market trials", "市场试验", "quarter", "count", "science", 0),
    ("lapsed", "discoveries lapsed", "流失的发现", "quarter", "count", "science", -1),
    ("industries_born", "industries born", "新生产业", "", "count", "ladder", 1),
    ("industries_alive", "industries alive", "存续产业", "", "count", "ladder", 0),
    ("driver_share", "use of the newest driver", "最新动力采用率", "", "share", "growth", 1),
    ("driver_breadth", "breadth of the newest driver", "最新动力应用广度", "", "share", "growth", 1),
    ("driver_generation", "driver generations", "动力代次", "", "count", "growth", 0),
    ("driver_boost", "what drivers add", "动力放大效应", "log", "ratio", "growth", 1),
    ("skill_shortage", "skill shortage", "技能短缺", "", "share", "people", -1),
    ("skill_premium", "skill premium", "技能溢价", "", "ratio", "people", 0),
    ("talent_concentration", "concentration of talent", "人才集中度", "gini", "ratio", "people", 0),
    ("region_gini", "inequality of regions", "地区差距", "gini", "ratio", "places", -1),
    ("catch_up", "new industries of latecomers", "后发地区新产业份额", "", "share", "places", 1),
    ("clean_share", "clean energy", "清洁能源比重", "", "share", "energy", 1),
    ("clean_cost", "cost of clean energy", "清洁能源相对成本", "", "ratio", "energy", -1),
    ("co2_intensity", "CO₂ intensity", "碳排放强度", "start", "index", "energy", -1),
    ("venture_money", "venture funds", "风险投资资金", "output", "ratio", "money", 0),
    ("land_free_share", "free land", "空闲用地比重", "", "share", "places", 0),
    ("blocked", "ventures that wait for land", "等待用地的项目", "", "count", "places", -1),
    ("turned_away", "entrants without land", "因用地受阻的进入率", "quarter", "share", "places", -1),
    ("park_moves", "projects moved out", "项目腾退率", "quarter", "share", "places", 0),
    ("spent", "spent on policy", "政策支出", "", "money", "money", 0),
    ("foreign_gap", "gap to the foreign frontier", "与国外前沿的差距", "log", "ratio", "world", -1),
    ("unemployed", "people without a post", "失业率", "", "share", "people", -1),
    ("entrepreneurs", "entrepreneurs", "科技企业家", "people", "count", "people", 1),
)
_REGIONAL: tuple[_Row, ...] = (
    ("output", "output", "产出", "country", "index", "growth", 1),
    ("new_quality_share", "share of new quality industries", "新质产业比重", "", "share", "growth", 1),
    ("new_quality_per_head", "new quality output a head", "人均新质产出", "", "ratio", "growth", 1),
    ("talent", "talent", "人才", "hundred", "ratio", "people", 1),
    ("productivity", "productivity", "生产率", "log", "ratio", "growth", 1),
    ("clean_share", "clean energy", "清洁能源比重", "", "share", "energy", 1),
    ("firms", "firms", "企业数", "national", "share", "firms", 0),
    ("land_free_share", "free land", "空闲用地比重", "", "share", "places", 0),
    ("skill_shortage", "skill shortage", "技能短缺", "", "share", "people", -1),
)


def _outcomes(rows: tuple[_Row, ...], counted: Mapping[str, tuple[str, str, str]]) -> dict[str, Outcome]:
    return {
        name: Outcome(
            name, Text(en=en, zh=zh), _UNITS[unit], kind, group, better, Text(en=counted[name][0], zh=counted[name][1])
        )
        for name, en, zh, unit, kind, group, better in rows
    }


OUTCOMES = _outcomes(_NATIONAL, SERIES)
"""Every outcome of the country by its name in ``SERIES``."""
REGIONAL_OUTCOMES = _outcomes(_REGIONAL, REGIONAL)
"""Every outcome of a region by its name in ``REGIONAL``."""
