"""A small index that the tests of varying look at: seven regions, three years, three levels, some gaps."""

from __future__ import annotations

from typing import Any

import numpy as np

from xinzhi.core.labels import Panel, panel
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.vary.choices import Variations

REGIONS, YEARS = list("ABCDEFG"), [2020, 2021, 2022]
CODES = ["rd", "staff", "patents", "energy", "waste", "trade", "people"]
ELEMENTS: list[dict[str, Any]] = [
    {"code": "top"},
    {"code": "inside", "parent": "top", "weight": 2},
    {"code": "open", "parent": "top", "weight": 1},
    {"code": "science", "parent": "inside"},
    {"code": "green", "parent": "inside"},
    {"code": "abroad", "parent": "open"},
]
INDICATORS: list[dict[str, Any]] = [
    {"code": "rd", "parent": "science", "weight": 3, "denominator": "people"},
    {"code": "staff", "parent": "science"},
    {"code": "patents", "parent": "science"},
    {"code": "energy", "parent": "green"},
    {"code": "waste", "parent": "green", "direction": -1},
    {"code": "trade", "parent": "abroad"},
]


def data(*, gaps: int = 0, seed: int = 4) -> Panel:
    rng = np.random.default_rng(seed)
    values = rng.lognormal(1.0, 0.6, (len(REGIONS), len(YEARS), len(CODES)))
    for i, t, j in zip(rng.integers(0, 7, gaps), rng.integers(0, 3, gaps), rng.integers(0, 6, gaps), strict=True):
        values[i, t, j] = np.nan
    about = {
        "name_en": [f"Region {code}" for code in REGIONS],
        "name_zh": [f"地区{code}" for code in REGIONS],
        "zone": ["east", "east", "east", "east", "west", "west", "west"],
    }
    sources = ["yearbook", "yearbook", "office", "office", "office", "customs", "census"]
    return panel(values, REGIONS, YEARS, CODES, about_region=about, about_indicator={"source": sources})


def spec(**changes: Any) -> IndexSpec:
    base: dict[str, Any] = {
        "elements": ELEMENTS,
        "indicators": INDICATORS,
        "normalise": {"method": "min-max", "to": (1, 100)},
        "weigh": {"method": "given", "relative": True},
    }
    return IndexSpec(**(base | changes))


def varied(**choices: Any) -> Variations:
    return Variations.model_validate(choices)
