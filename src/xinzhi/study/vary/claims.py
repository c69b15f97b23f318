"""A claim about an index, and the share of its defensible versions in which the claim holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import model_validator

from xinzhi.core.errors import Fault, Language, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import FaultyValue, Text
from xinzhi.study.vary.following import Followed, follow
from xinzhi.study.vary.setting import Setting
from xinzhi.study.vary.statistics import OVER_YEARS, Follow

if TYPE_CHECKING:
    from xinzhi.study.vary.results import Doubt

Holds = Literal["rises", "falls", "rises-every-year", "falls-every-year", "above", "below", "at-least", "at-most"]
Bools = npt.NDArray[np.bool_]

CHANGES = ("rises", "falls", "rises-every-year", "falls-every-year")
# What differs by less than this share of its size differs by rounding.
_ROUNDING = 1e-12
# How many changes a sentence lists.
_FEW = 5

_SAID: dict[str, tuple[str, str]] = {
    "rises": ("{what} rises from {first} to {last}", "{first}—{last} 年{what}上升"),
    "falls": ("{what} falls from {first} to {last}", "{first}—{last} 年{what}下降"),
    "rises-every-year": ("{what} rises every year from {first} to {last}", "{first}—{last} 年{what}逐年上升"),
    "falls-every-year": ("{what} falls every year from {first} to {last}", "{first}—{last} 年{what}逐年下降"),
    "above": ("{what} is above {value} {when}", "{when}{what}高于 {value}"),
    "below": ("{what} is below {value} {when}", "{when}{what}低于 {value}"),
    "at-least": ("{what} is at least {value} {when}", "{when}{what}不低于 {value}"),
    "at-most": ("{what} is at most {value} {when}", "{when}{what}不高于 {value}"),
}
# A rank that falls has improved, and what Chinese calls a falling rank is a rising number.
_SAID_OF_RANKS: dict[str, tuple[str, str]] = {
    "rises": ("{what} worsens from {first} to {last}", "{first}—{last} 年{what}后移"),
    "falls": ("{what} improves from {first} to {last}", "{first}—{last} 年{what}前移"),
    "rises-every-year": ("{what} worsens every year from {first} to {last}", "{first}—{last} 年{what}逐年后移"),
    "falls-every-year": ("{what} improves every year from {first} to {last}", "{first}—{last} 年{what}逐年前移"),
    "above": ("{what} is behind {value} {when}", "{when}{what}在第 {value} 位之后"),
    "below": ("{what} is ahead of {value} {when}", "{when}{what}在第 {value} 位之前"),
    "at-least": ("{what} is {value} or behind {when}", "{when}{what}为第 {value} 位或更后"),
    "at-most": ("{what} is {value} or ahead {when}", "{when}{what}为第 {value} 位或更前"),
}


class Claim(Follow):
    """Something said of an index that its versions can bear out or not.

    A change (``rises``, ``falls``) compares the last of ``years`` with the first, ``-every-year`` every year with the
    one before; without ``years`` they are all the index has. A limit (``above``, ``below``, ``at-least``, ``at-most``)
    compares the ``value`` with the statistic of a ``year``, the last unless said. A statistic over the years (β, a
    trend) is taken over ``years`` and held against a limit. ``says`` is the claim in words, made from its parts
    where it is left out.
    """

    says: Text | None = None
    holds: Holds
    value: float | None = None
    year: int | None = None
    years: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Claim:
        if self.holds in CHANGES:
            if self.value is not None or self.year is not None:
                raise FaultyValue(
                    "claim-of-a-change",
                    f"'{self.holds}' compares years, so `value` and `year` have no place here. Give years = [first, "
                    "last], or claim a limit: above, below, at-least, at-most.",
                    f"“{self.holds}”比较的是不同年份，不能设置 value 与 year。请给出 years = [起始年, 终止年]，"
                    "或改用界限：above、below、at-least、at-most。",
                )
        elif self.value is None:
            raise FaultyValue(
                "claim-without-value",
                f"'{self.holds}' needs a value to compare with, such as value = 5.",
                f"“{self.holds}”须给出比较的界限，例如 value = 5。",
            )
        if self.years and self.years[0] >= self.years[1]:
            first, last = self.years
            raise FaultyValue(
                "years-out-of-order",
                f"years must run forwards, from one year to a later one; found {first} to {last}.",
                f"years 须由先到后，且为两个不同年份；实际为 {first} 至 {last}。",
            )
        if isinstance(self.statistic, str):
            self.suit(over_years=self.statistic in OVER_YEARS)
        return self

    def suit(self, *, over_years: bool) -> None:
        """Raise ``FaultyValue`` where the claim asks of a statistic what its kind cannot say."""
        name = self.method.name
        if over_years and (self.holds in CHANGES or self.year is not None):
            raise FaultyValue(
                "claim-over-years",
                f"'{name}' is one number over the years: it neither rises nor has a year. Claim a limit, such as "
                'holds = "below", value = 0, over years = [first, last].',
                f"“{name}”是跨年份的单一数值，没有升降，也没有某一年的取值。请设置界限，例如 "
                'holds = "below"、value = 0，并以 years = [起始年, 终止年] 指定区间。',
            )
        if not over_years and self.holds not in CHANGES and self.years is not None:
            raise FaultyValue(
                "claim-of-one-year",
                f"'{self.holds}' compares one year with a limit; give year = {self.years[1]} in place of `years`.",
                f"“{self.holds}”以某一年与界限比较；请以 year = {self.years[1]} 代替 years。",
            )

    @property
    def strict(self) -> bool:
        """Whether a margin of nothing is too little."""
        return self.holds not in ("at-least", "at-most")


@dataclass(frozen=True)
class Verdict:
    """What the versions of an index say of a claim.

    A ``margin`` is by how much the claim holds, in the units of the statistic: above zero it does, below zero it does
    not (``at-least`` and ``at-most`` hold at zero too), ``nan`` where the version gives the statistic no meaning.
    ``margins`` are those of the independent draws, ``share`` is the share of them in which the claim holds among those
    in which it can be judged, ``share_defined`` of all. ``breakers`` has a row per version of every choice: the
    ``draws`` with it that can be judged, the ``share`` in which the claim holds, its ``difference`` from that of all,
    and ``alone``, whether the claim holds in the study as it stands with this one change (``None``: cannot be judged).
    """

    claim: Claim
    title: Text
    nominal: bool | None
    share: float
    share_defined: float
    margins: Floats
    nominal_margin: float
    followed: Followed
    breakers: pd.DataFrame
    versions: pd.DataFrame = field(repr=False)

    @property
    def holds(self) -> Floats:
        """1 where the claim holds under an independent draw, 0 where not, ``nan`` where it cannot be judged."""
        return _held(self.claim, self.margins)

    def curve(self) -> pd.DataFrame:
        """The specification curve: every version by its margin, with its choices; ``draw`` -1 is the study itself.

        Choices of which the study has none of the versions listed are empty in its row; versions that cannot be judged
        come last.
        """
        table = self.versions.copy()
        table.insert(1, "margin", np.append(self.nominal_margin, self.margins))
        table.insert(2, "holds", [_said(one) for one in _held(self.claim, table["margin"].to_numpy())])
        return table.sort_values("margin", kind="stable", ignore_index=True)

    @property
    def broken_by(self) -> pd.DataFrame:
        """The single changes that turn the claim of the study around."""
        other = [self.nominal is not None and one is not None and one != self.nominal for one in self.breakers["alone"]]
        return self.breakers[other]

    def say(self, language: Language = "en") -> str:
        """The verdict in a few sentences."""
        if language == "zh":
            return f"“{self.title.zh}”：{''.join(_chinese(self))}"
        return f"“{self.title.en}”: {' '.join(_english(self))}"

    def __repr__(self) -> str:
        return "\n".join((f"Verdict: {self.title.en} ({self.title.zh})", *(f"  {line}" for line in _english(self))))


def judge(doubt: Doubt, claim: Claim) -> Verdict:
    """Hold a claim against every version of an index. Raises ``MethodError`` for what the index does not have."""
    setting = Setting(doubt.regions, doubt.times, doubt.about_region)
    window = _window(claim, setting, doubt.nominal)
    within, years, n = window.setting, window.years, doubt.design.independent
    found = follow(doubt.nominal[years], doubt.draws[:, years], within, claim, independent=n)
    single = follow(doubt.nominal[years], doubt.alone.scores[:, years], within, claim, independent=0)
    margins = window.margins(claim, found.draws[:n])
    nominal = window.margins(claim, found.nominal[None])
    held = _held(claim, margins)
    seen = ~np.isnan(held)
    own = _said(_held(claim, nominal)[0])
    return Verdict(
        claim=claim,
        title=claim.says or _words(claim, found.title, window),
        nominal=own,
        share=_share(held),
        share_defined=float(seen.mean()),
        margins=margins,
        nominal_margin=float(nominal[0]),
        followed=found,
        breakers=_breakers(doubt, held, _held(claim, window.margins(claim, single.draws)), own),
        versions=_versions(doubt),
    )


def unfit(setting: Setting, nominal: Floats, follows: Sequence[Follow], claims: Sequence[Claim]) -> list[Fault]:
    """Every fault of what a study follows and claims: regions, groups and years that its index does not have.

    ``nominal`` is (time, region); each fault says which entry of the study file it stands in.
    """
    faults: list[Fault] = []
    for key, wanted in (("follow", follows), ("claim", claims)):
        for at, spec in enumerate(wanted, start=1):
            try:
                if isinstance(spec, Claim):
                    _window(spec, setting, nominal)
                else:
                    follow(nominal, np.empty((0, *nominal.shape)), setting, spec, independent=0)
            except MethodError as error:
                faults += [replace(fault, column=f"{key}.{at}") for fault in error.faults]
    return faults


@dataclass(frozen=True)
class _Window:
    """The years a claim speaks of: cut out for a statistic over the years, else positions among all."""

    setting: Setting
    years: slice
    first: int
    last: int
    whole: bool

    def margins(self, claim: Claim, values: Floats) -> Floats:
        """By how much the claim holds, (draw, time) or (draw,) to (draw,)."""
        if claim.value is not None:
            found = values if self.whole else values[:, self.last]
            limit = np.full(found.shape, claim.value)
            return _less(limit, found) if claim.holds in ("below", "at-most") else _less(found, limit)
        if claim.holds in ("rises", "falls"):
            steps = values[:, [self.first, self.last]]
        else:
            steps = values[:, self.first : self.last + 1]
        before, after = steps[:, :-1], steps[:, 1:]
        rises = _less(after, before) if claim.holds.startswith("rises") else _less(before, after)
        return np.asarray(rises.min(axis=1))


def _window(claim: Claim, setting: Setting, nominal: Floats) -> _Window:
    """The years of a claim, after its statistic has been tried on the study as it stands; all faults are told."""
    many, whole, faults = len(setting.times), False, []
    try:
        tried = follow(nominal, np.empty((0, *nominal.shape)), setting, claim, independent=0)
        whole = tried.times is None
        claim.suit(over_years=whole)
    except FaultyValue as refusal:
        faults.append(Fault(refusal.code, refusal.en, refusal.zh))
    except MethodError as error:
        faults += error.faults
    if claim.holds in CHANGES and many < 2:
        faults.append(
            Fault(
                "one-year",
                f"the index has one year, {setting.times[0]}: nothing in it rises or falls. Claim a limit instead.",
                f"指数只有 {setting.times[0]} 一个年份，无从比较升降。请改用界限。",
            )
        )
    places = []
    for year in claim.years or (() if claim.year is None else (claim.year,)):
        try:
            places.append(setting.year(year))
        except MethodError as error:
            faults += error.faults
    if faults:
        raise MethodError(faults)
    first, last = (places[0], places[-1]) if places else (0, many - 1)
    if not whole:
        return _Window(setting, slice(None), first, last, whole)
    years = slice(first, last + 1)
    return _Window(Setting(setting.regions, setting.times[years], setting.about_region), years, first, last, whole)


def _less(a: Floats, b: Floats) -> Floats:
    """a - b, and nothing where rounding alone keeps them apart."""
    apart = a - b
    return np.where(np.abs(apart) <= _ROUNDING * np.maximum(np.abs(a), np.abs(b)), 0.0, apart)


def _held(claim: Claim, margins: Floats) -> Floats:
    held = margins > 0 if claim.strict else margins >= 0
    return np.where(np.isnan(margins), np.nan, held)


def _said(held: float) -> bool | None:
    return None if np.isnan(held) else bool(held)


def _share(held: Floats) -> float:
    seen = held[~np.isnan(held)]
    return float(seen.mean()) if len(seen) else float("nan")


def _breakers(doubt: Doubt, held: Floats, single: Floats, own: bool | None) -> pd.DataFrame:
    """What each version of each choice does to the claim, the one that breaks it most often first."""
    changes = zip(doubt.alone.changes["factor"], doubt.alone.changes["version"], strict=True)
    by_change = dict(zip(changes, map(_said, single), strict=True))
    rows = []
    for at, factor in enumerate(doubt.plan.factors):
        for pick, version in enumerate(factor.versions):
            with_it = held[doubt.picks[: len(held), at] == pick]
            rows.append(
                {
                    "factor": factor.name,
                    "name_en": factor.title.en,
                    "name_zh": factor.title.zh,
                    "version": version,
                    "draws": int((~np.isnan(with_it)).sum()),
                    "share": _share(with_it),
                    "difference": _share(with_it) - _share(held),
                    "alone": by_change.get((factor.name, version), own),
                }
            )
    names = ["factor", "name_en", "name_zh", "version", "draws", "share", "difference", "alone"]
    table = pd.DataFrame(rows, columns=names)
    # True, False and None as they are: pandas would make numbers of them.
    table["alone"] = pd.Series([row["alone"] for row in rows], dtype=object)
    return table.sort_values("difference", kind="stable", ignore_index=True)


def _versions(doubt: Doubt) -> pd.DataFrame:
    """The choices of the study itself, draw -1, and of every independent draw."""
    n = doubt.design.independent
    columns: dict[str, Any] = {"draw": np.arange(-1, n)}
    for at, factor in enumerate(doubt.plan.factors):
        if factor.versions:
            picked = np.array(factor.versions, dtype=object)[doubt.picks[:n, at]]
            columns[factor.name] = np.concatenate([[doubt.alone.own.get(factor.name, "")], picked])
    return pd.DataFrame(columns)


def _words(claim: Claim, what: Text, window: _Window) -> Text:
    times = window.setting.times
    first, last = (times[0], times[-1]) if window.whole else (times[window.first], times[window.last])
    when = Text(en=f"over {first}-{last}", zh=f"{first}—{last} 年") if window.whole else None
    when = when or Text(en=f"in {last}", zh=f"{last} 年")
    said = {"first": first, "last": last, "value": "" if claim.value is None else f"{claim.value:g}"}
    en, zh = (_SAID_OF_RANKS if claim.statistic == "rank" else _SAID)[claim.holds]
    return Text(
        en=en.format(what=what.en, when=when.en, **said).strip(), zh=zh.format(what=what.zh, when=when.zh, **said)
    )


def _english(verdict: Verdict) -> list[str]:
    n, judged = len(verdict.margins), int((~np.isnan(verdict.margins)).sum())
    if not judged:
        return [f"it can be judged in none of {n:,} versions, in which the statistic has no meaning."]
    among = "" if judged == n else f" in which it can be judged ({n:,} in all)"
    lines = [f"it holds in {verdict.share:.1%} of {judged:,} versions{among}."]
    own = {True: "it holds", False: "it does not hold", None: "it cannot be judged"}[verdict.nominal]
    lines.append(f"In the study as it stands {own}.")
    if verdict.nominal is not None:
        turned = [f"{row.name_en}: {row.version}" for row in verdict.broken_by.itertuples()]
        few = "; ".join(turned[:_FEW]) + (f"; and {len(turned) - _FEW} more" if len(turned) > _FEW else "")
        done = "breaks it" if verdict.nominal else "makes it hold"
        each = "this" if len(turned) == 1 else "each of these"
        lines.append(f"Changed alone, {each} {done}: {few}." if turned else f"No single change {done}.")
    if worst := _worst(verdict):
        lines.append(f"It holds least often with {worst[0]}: {worst[2]} ({worst[3]:.1%}).")
    return lines


def _chinese(verdict: Verdict) -> list[str]:
    n, judged = len(verdict.margins), int((~np.isnan(verdict.margins)).sum())
    if not judged:
        return [f"全部 {n:,} 个方案均无法判断，该统计量在其中没有意义。"]
    among = f"{judged:,} 个方案" if judged == n else f"可判断的 {judged:,} 个方案（共 {n:,} 个）"
    lines = [f"在{among}中成立的比例为 {verdict.share:.1%}。"]
    own = {True: "成立", False: "不成立", None: "无法判断"}[verdict.nominal]
    lines.append(f"按研究现有设定，该论断{own}。")
    if verdict.nominal is not None:
        turned = [f"{row.name_zh}：{row.version}" for row in verdict.broken_by.itertuples()]
        few = "；".join(turned[:_FEW]) + (f"；另有 {len(turned) - _FEW} 项" if len(turned) > _FEW else "")
        done = "推翻该论断" if verdict.nominal else "使该论断成立"
        lines.append(f"仅改变以下任一项即可{done}：{few}。" if turned else f"没有任何单项改变足以{done}。")
    if worst := _worst(verdict):
        lines.append(f"成立比例最低的方案是{worst[1]}：{worst[2]}（{worst[3]:.1%}）。")
    return lines


def _worst(verdict: Verdict) -> tuple[str, str, str, float] | None:
    """The version with which the claim holds least often, where versions differ at all: its names and share."""
    rows = verdict.breakers.dropna(subset=["difference"])
    if rows.empty or not rows["difference"].iloc[0] < 0:
        return None
    row = rows.iloc[0]
    return str(row["name_en"]), str(row["name_zh"]), str(row["version"]), float(row["share"])
