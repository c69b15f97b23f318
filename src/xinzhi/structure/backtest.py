"""How a forecast did on a transition that is over, beside diversity × ubiquity and plain relatedness density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, Language
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.structure.learning import Lesson
from xinzhi.structure.prospects import NAMES_ZH
from xinzhi.structure.scores import Lead, Scores, lead, reliability

FORECAST, NULL, LOGIT, DENSITY = "forecast", "diversity × ubiquity", "logit of diversity and ubiquity", "density"
NAMES = {
    FORECAST: Text(en="forecast", zh="预测模型"),
    NULL: Text(en="diversity × ubiquity (null)", zh="多样性 × 普遍性（零模型）"),
    LOGIT: Text(en="logit of diversity and ubiquity (null)", zh="多样性与普遍性的 Logit（零模型）"),
    DENSITY: Text(en="relatedness density", zh="关联密度"),
}


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecast and nulls on one transition, ``name``: ``scores`` by what made them, and ``leads`` over the null.

    ``leads`` holds by how much the AUC of each exceeds that of diversity × ubiquity, with intervals over regions drawn
    anew. ``how`` says what the forecast was learned from; ``happened`` and ``probability`` are by cell.
    """

    name: str
    how: Text
    scores: dict[str, Scores]
    leads: dict[str, Lead]
    happened: Any
    probability: Floats
    notes: tuple[Fault, ...]

    def to_frame(self, language: Language = "en") -> pd.DataFrame:
        """One row a forecast or null: method, name, auc, lead, lead_low, lead_high, average_precision, brier, skill,
        cells, entries. ``lead`` is over diversity × ubiquity; ``brier`` and ``skill`` are of probabilities only.
        """
        rows = []
        for method, score in self.scores.items():
            ahead = self.leads.get(method)
            name = NAMES[method].zh if language == "zh" else NAMES[method].en
            row = {"method": method, "name": name, "auc": score.auc}
            row |= {"lead": ahead.difference if ahead else np.nan, "lead_low": ahead.low if ahead else np.nan}
            row |= {"lead_high": ahead.high if ahead else np.nan, "average_precision": score.average_precision}
            rows.append(row | {"brier": score.brier, "skill": score.skill} | _sizes(score))
        return pd.DataFrame(rows)

    def reliability(self, *, bins: int = 10, level: float = 0.95) -> pd.DataFrame:
        """What was said against what came: see ``scores.reliability``."""
        return reliability(self.happened, self.probability, bins=bins, level=level)

    def say(self, language: Language = "en") -> str:
        """Which wins, by how much, and how plain density does."""
        ours, null, plain = (self.scores[name] for name in (FORECAST, NULL, DENSITY))
        first = self._compared(FORECAST, ours.auc, null.auc, language)
        second = self._compared(DENSITY, plain.auc, null.auc, language)
        how = self.how.zh if language == "zh" else self.how.en
        return (
            f"{self.name}（{how}）：{first}{second}" if language == "zh" else f"{self.name} ({how}): {first} {second}"
        )

    def _compared(self, method: str, ours: float, null: float, language: Language) -> str:
        ahead = self.leads[method]
        name = NAMES[method].zh if language == "zh" else NAMES[method].en
        size = f"{abs(ahead.difference):.3f}"
        span = (ahead.low, ahead.high)
        if language == "zh":
            verdict = {"ahead": "优于", "behind": "不及", "level": "与零模型难分高下，"}[ahead.verdict]
            against = "零模型（多样性 × 普遍性）" if ahead.verdict != "level" else "相对多样性 × 普遍性"
            sign = "高" if ahead.difference >= 0 else "低"
            return (
                f"{name}{verdict}{against}，AUC {ours:.3f} 对 {null:.3f}，{sign} {size}"
                f"（{ahead.level:.0%} 区间 {span[0]:+.3f} 至 {span[1]:+.3f}）。"
            )
        verdict = {"ahead": "beats", "behind": "falls short of", "level": "cannot be told from"}[ahead.verdict]
        return (
            f"{name[0].upper()}{name[1:]} {verdict} diversity × ubiquity, AUC {ours:.3f} against {null:.3f}, "
            f"{ahead.difference:+.3f} ({ahead.level:.0%} interval {span[0]:+.3f} to {span[1]:+.3f})."
        )

    def __repr__(self) -> str:
        table = self.to_frame().drop(columns=["method", "cells", "entries"]).round(4).to_string(index=False)
        score = self.scores[FORECAST]
        return "\n".join(
            [f"Backtest: {score.happened} entries among {score.cells} missing links", f"  {self.say()}", table]
        )


def judged(test: Lesson, said: Floats, null: Floats, name: str, how: Text, level: float, seed: int) -> Backtest:
    """Score what was said of a transition that is over, and everything it is to be held against."""
    product, plain = test.prospects.of("diversity × ubiquity"), test.prospects.of("density")
    ranks = {FORECAST: said, NULL: product, LOGIT: null, DENSITY: plain}
    scores = {
        method: Scores.of(test.happened, values, probabilities=method in (FORECAST, LOGIT))
        for method, values in ranks.items()
    }
    leads = {
        method: lead(test.happened, values, product, test.prospects.rows, level=level, seed=seed)
        for method, values in ranks.items()
        if method != NULL
    }
    return Backtest(name, how, scores, leads, test.happened, said, _flat(test))


def _flat(test: Lesson) -> tuple[Fault, ...]:
    """A notice of what is the same for every missing link, and of a test with few entries."""
    features = test.prospects.features
    known = [not np.isnan(column).all() for column in features.T]
    flat = [
        name
        for name, column, has in zip(test.prospects.names, features.T, known, strict=True)
        if has and np.nanmin(column) == np.nanmax(column)
    ]
    notes = []
    if flat:
        more = " …" if len(flat) > 5 else ""
        notes.append(
            Fault(
                "all-equal",
                f"the same for every missing link, and so of no use: {', '.join(flat[:5])}{more}.",
                f"以下特征对所有缺失关联均相同，不起作用：{'、'.join(NAMES_ZH[name] for name in flat[:5])}{more}。",
                severity="warning",
            )
        )
    if (few := int(test.happened.sum())) < 30:
        notes.append(
            Fault(
                "few-entries",
                f"only {few} links entered in the transition that tests the forecast: its scores say little.",
                f"用于检验的转换中仅有 {few} 个进入，得分参考意义有限。",
                severity="warning",
            )
        )
    return tuple(notes)


def _sizes(score: Scores) -> dict[str, int]:
    return {"cells": score.cells, "entries": score.happened}
