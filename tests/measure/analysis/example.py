"""A small index that the tests of this folder look at: six regions, three years, two pillars, one gap."""

from __future__ import annotations

from typing import Any

import numpy as np

from xinzhi.core.labels import Panel, panel
from xinzhi.measure.composite import measure
from xinzhi.measure.result import Index
from xinzhi.measure.spec import IndexSpec

REGIONS = ["A", "B", "C", "D", "E", "F"]
YEARS = [2020, 2021, 2022]
CODES = ["rd", "staff", "energy", "waste", "people"]
ELEMENTS = [
    {"code": "top", "name": {"en": "Index", "zh": "指数"}},
    {"code": "science", "parent": "top", "weight": 0.6, "name": {"en": "Science", "zh": "科技"}},
    {"code": "green", "parent": "top", "weight": 0.4, "name": {"en": "Green", "zh": "绿色"}},
]
INDICATORS: list[dict[str, Any]] = [
    {"code": "rd", "parent": "science", "weight": 0.7, "name": {"en": "R&D", "zh": "研发经费"}, "unit": "%"},
    {"code": "staff", "parent": "science", "weight": 0.3, "name": {"en": "Researchers", "zh": "研发人员"}},
    {"code": "energy", "parent": "green", "weight": 0.5, "name": {"en": "Clean energy", "zh": "清洁能源"}},
    {"code": "waste", "parent": "green", "weight": 0.5, "direction": -1, "name": {"en": "Waste", "zh": "废弃物"}},
]


def data(*, gap: bool = True) -> Panel:
    rng = np.random.default_rng(4)
    values = rng.lognormal(1.0, 0.5, (len(REGIONS), len(YEARS), len(CODES)))
    if gap:
        values[1, 2, 1] = np.nan  # B has no researchers in 2022
    about = {
        "name_en": [f"Region {code}" for code in REGIONS],
        "name_zh": [f"地区{code}" for code in REGIONS],
        "zone": ["east", "east", "east", "west", "west", "west"],
    }
    return panel(values, REGIONS, YEARS, CODES, about_region=about)


def spec(**changes: Any) -> IndexSpec:
    base: dict[str, Any] = {
        "elements": ELEMENTS,
        "indicators": INDICATORS,
        "normalise": {"method": "min-max", "to": (1, 100)},
    }
    return IndexSpec(**(base | changes))


def index(*, gap: bool = True, **changes: Any) -> Index:
    return measure(data(gap=gap), spec(**changes))
