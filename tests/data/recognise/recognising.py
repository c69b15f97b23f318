"""A small taxonomy and records of it, for the tests of recognition."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xinzhi.data.taxonomies import Taxonomy

WORDS = {
    "energy": {"en": ["energy"], "zh": ["能源"]},
    "solar": {"en": ["solar", "photovoltaic*"], "zh": ["太阳能", "光伏"]},
    "wind": {"en": ["wind turbine"], "zh": ["风电"]},
    "chips": {"en": ["semiconductor", "chip"], "zh": ["芯片", "半导体"]},
}
CODES = {"solar": {"ipc": ["H02S"]}, "chips": {"ipc": ["H01L"], "naics2017": ["3344"]}}
ABOVE = {"solar": "energy", "wind": "energy"}
# Words that go with a class and that the taxonomy does not know.
BESIDE = {
    "solar": ["module", "irradiance", "硅片", "组件"],
    "wind": ["blade", "nacelle", "叶片", "塔筒"],
    "chips": ["lithography", "wafer", "封装", "晶圆"],
    "none": ["restaurant", "hotel", "旅游", "餐饮"],
}
COMMON = ["system", "method", "for", "of", "研究", "应用", "项目", "device"]


def taxonomy(*, more: bool = False) -> Taxonomy:
    """Energy with two kinds, and chips; ``more`` adds a class that nothing speaks for."""
    classes = [
        {"code": code, "name": code.title(), "words": words, "codes": CODES.get(code, {}), "parent": ABOVE.get(code)}
        for code, words in WORDS.items()
    ]
    if more:
        classes.insert(1, {"code": "more", "name": "More", "words": {"en": ["no such word"]}})
    said = {"code": "small", "title": "Small", "about": "a", "source": "s", "wording": ["en"]}
    return Taxonomy.model_validate(said | {"classes": classes})


def records(many: int = 240, seed: int = 5, known: float = 0.5) -> tuple[pd.DataFrame, list[str]]:
    """Records with labels; a share ``known`` of those of a class hold a word of the taxonomy, all hold words beside."""
    rng = np.random.default_rng(seed)
    rows, labels = [], []
    for number in range(many):
        label = ("solar", "wind", "chips", "none")[rng.integers(4)]
        told = [*rng.choice(BESIDE[label], 2), *rng.choice(COMMON, 3)]
        if label != "none" and rng.random() < known:
            told.append(rng.choice([*WORDS[label]["zh"], WORDS[label]["en"][0]]))
        rows.append({"id": f"r{number}", "title": " ".join(rng.permutation(told)), "n": f"no {number}"})
        labels.append(label)
    return pd.DataFrame(rows), labels
