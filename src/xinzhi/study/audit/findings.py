"""What an audit says: one finding after another, each in words, with the numbers that prove it and a way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from xinzhi.core.errors import Language
from xinzhi.core.results import Record
from xinzhi.core.specs import Text

Severity = Literal["serious", "worth-knowing", "fine"]

SEVERITIES: dict[Severity, Text] = {
    "serious": Text(en="serious", zh="严重"),
    "worth-knowing": Text(en="worth knowing", zh="提示"),
    "fine": Text(en="fine", zh="未见问题"),
}

# The pitfalls by number, from 1.
PITFALLS: tuple[Text, ...] = (
    Text(en="Weights that reward dispersion", zh="权重奖励离散程度而非重要性"),
    Text(en="Double counting and nesting", zh="重复计量与指标嵌套"),
    Text(en="Totals among ratios", zh="规模总量与比率指标混用"),
    Text(en="A scale set by one extreme, and a history that changes", zh="极端值决定标尺，历史得分随之改变"),
    Text(en="Each year on its own scale", zh="逐年标准化或逐年赋权"),
    Text(en="The zero rule of entropy weights", zh="熵值法的零值处理"),
    Text(en="Filled cells", zh="填补数据"),
    Text(en="Unstable ranks", zh="排名不稳定"),
    Text(en="Opposite findings from the same data", zh="同一数据得出相反结论"),
    Text(en="Weaknesses made up for", zh="指标间的完全补偿"),
    Text(en="An index regressed on its own components", zh="以指数的构成指标解释指数"),
    Text(en="Labels that say more than the formula", zh="指标名称与计算口径不符"),
    Text(en="Coupling coordination and obstacle degrees", zh="耦合协调度与障碍度的误用"),
    Text(en="Residuals read as productivity", zh="把残差当作生产率"),
    Text(en="Coverage, price base and boundaries", zh="覆盖范围、价格基期与行政区划"),
)


JUDGEMENT = Text(
    en="Limits are judgements of this software, not tests from the literature; each can be set by name. A finding is a "
    "reason to look, no verdict.",
    zh="各项界限为本软件的经验设定，并非文献中的统计检验，均可按名称调整；结果是核查线索，不是定论。",
)


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing found under a pitfall, or that nothing was: what, how bad, the proof, and the way out.

    ``code`` is stable and kebab-case (``clear`` where nothing was found); ``numbers`` is a small tidy table.
    """

    pitfall: int
    code: str
    severity: Severity
    title: Text
    said: Text
    numbers: pd.DataFrame = field(repr=False)
    way_out: Text

    def say(self, language: Language = "en") -> str:
        """The finding as text: number and severity, what was found, the way out."""
        zh = language == "zh"
        mark = f"{self.pitfall:2d} [{SEVERITIES[self.severity][language]}] {self.title[language]}"
        lines = [mark, f"   {self.said[language]}"]
        if self.severity != "fine":
            lines.append(f"   {'建议：' if zh else 'Way out: '}{self.way_out[language]}")
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class Audit:
    """What the fifteen pitfalls find in a run, in their order; every pitfall has at least one finding."""

    findings: tuple[Finding, ...]
    record: Record

    @property
    def serious(self) -> tuple[Finding, ...]:
        """The findings that put a conclusion in doubt."""
        return tuple(finding for finding in self.findings if finding.severity == "serious")

    def of(self, pitfall: int) -> tuple[Finding, ...]:
        """The findings under one pitfall, 1 to 15."""
        return tuple(finding for finding in self.findings if finding.pitfall == pitfall)

    def to_frame(self) -> pd.DataFrame:
        """One row per finding: pitfall, code, severity, and title, words and way out in both languages."""
        rows = [
            {"pitfall": finding.pitfall, "code": finding.code, "severity": finding.severity}
            | {f"{name}_{tongue}": text[tongue] for name, text in _texts(finding) for tongue in _TONGUES}
            for finding in self.findings
        ]
        return pd.DataFrame(rows)

    def say(self, language: Language = "en") -> str:
        """All findings as text, and what their limits are."""
        return "\n".join([*(finding.say(language) for finding in self.findings), JUDGEMENT[language]])

    def __repr__(self) -> str:
        by = {severity: sorted({f.pitfall for f in self.findings if f.severity == severity}) for severity in SEVERITIES}
        clear = sorted(set(by["fine"]) - set(by["serious"]) - set(by["worth-knowing"]))
        return "\n".join(
            (
                f"Audit: {len(PITFALLS)} pitfalls, {len(self.findings)} findings",
                *(f"  serious: {finding.pitfall} {finding.title.en}" for finding in self.serious),
                f"  worth knowing: pitfalls {_numbers(by['worth-knowing'])}",
                f"  fine: pitfalls {_numbers(clear)}",
                f"  {JUDGEMENT.en}",
            )
        )


_TONGUES: tuple[Language, ...] = ("en", "zh")


def fine(pitfall: int, en: str, zh: str, numbers: pd.DataFrame | None = None) -> Finding:
    """That nothing was found under a pitfall, or that it does not apply; the words say what was checked."""
    nothing = Text(en="Nothing needs doing.", zh="无须处理。")
    table = pd.DataFrame() if numbers is None else numbers
    return Finding(pitfall, "clear", "fine", PITFALLS[pitfall - 1], Text(en=en, zh=zh), table, nothing)


def unchecked(pitfall: int, en: str, zh: str) -> Finding:
    """That a pitfall could not be looked into, and why."""
    way = Text(en="Look into it by hand, or with xz.vary.", zh="请人工核查，或使用 xz.vary。")
    title = PITFALLS[pitfall - 1]
    return Finding(pitfall, "not-checked", "worth-knowing", title, Text(en=en, zh=zh), pd.DataFrame(), way)


def _texts(finding: Finding) -> list[tuple[str, Text]]:
    return [("title", finding.title), ("said", finding.said), ("way_out", finding.way_out)]


def _numbers(pitfalls: list[int]) -> str:
    return ", ".join(map(str, pitfalls)) or "none"
