"""A statistic followed through every version of an index: its course in the study, and how sure that course is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import TIME, Floats
from xinzhi.core.specs import FaultyValue, Text, faults_of
from xinzhi.measure.result import Index
from xinzhi.study.vary.quantiles import mean, quantiles
from xinzhi.study.vary.setting import Setting
from xinzhi.study.vary.statistics import Follow

# Draws are looked at so many scores at a time: some 16 MB, whatever the number of draws.
_SCORES = 2_000_000

# What a statistic is called with its options; the others go by their names.
_TITLES: dict[str, tuple[str, str]] = {
    "rank": ("rank of {region}", "{region}的位次"),
    "score": ("score of {region}", "{region}的得分"),
    "mean": ("mean score", "平均得分"),
    "median": ("median score", "得分中位数"),
    "range": ("range of the scores", "得分极差"),
    "max-to-min": ("ratio of the best score to the lowest", "最高与最低得分之比"),
    "gap": ("mean score of {of} less that of {to}", "{of}与{to}的平均得分差"),
    "ratio": ("ratio of the mean score of {of} to that of {to}", "{of}与{to}的平均得分比"),
    "top-share": ("share of all scores held by the first {k}", "前 {k} 位地区得分占比"),
    "gini": ("Gini coefficient", "基尼系数"),
    "theil-t": ("Theil index T", "泰尔指数（T）"),
    "theil-l": ("Theil index L", "泰尔指数（L）"),
    "coefficient-of-variation": ("coefficient of variation", "变异系数"),
    "variance-of-logs": ("variance of logarithms", "对数方差"),
    "atkinson": ("Atkinson index (ε = {epsilon})", "阿特金森指数（ε = {epsilon}）"),
    "dagum-within": ("Gini coefficient within groups ({groups})", "组内基尼差距（{groups}）"),
    "dagum-between": ("net Gini coefficient between groups ({groups})", "组间净值差距（{groups}）"),
    "dagum-transvariation": ("transvariation of groups ({groups})", "超变密度（{groups}）"),
    "theil-between": ("Theil index {kind} between groups ({groups})", "泰尔指数 {kind} 的组间差距（{groups}）"),
    "theil-within": ("Theil index {kind} within groups ({groups})", "泰尔指数 {kind} 的组内差距（{groups}）"),
    "sigma": ("standard deviation of logarithms (σ)", "对数标准差（σ）"),
    "beta": ("absolute β of convergence", "绝对 β 收敛系数"),
    "conditional-beta": ("conditional β of convergence", "条件 β 收敛系数"),
    "moran": ("Moran's I", "莫兰指数"),
    "rank-concordance": ("rank correlation with the first year", "与首年位次的秩相关系数"),
    "trend": ("yearly change of the mean score", "平均得分的年均变化"),
}


@dataclass(frozen=True)
class Followed:
    """A statistic in the study as it stands and in every version of it.

    ``nominal`` is (time,) and ``draws`` (draw, time), or () and (draw,) with ``times`` nothing where the statistic is
    one number over the years. The first ``independent`` draws are what intervals are taken from, those mixed for
    effects follow, so that ``doubt.effects(followed.at(2023))`` says which choice moves it. ``nan`` where a version
    gives it no meaning.
    """

    spec: Follow
    title: Text
    times: npt.NDArray[np.int64] | None
    nominal: Floats
    draws: Floats
    independent: int
    level: float = 0.9

    def at(self, time: int | None = None) -> Floats:
        """The statistic in a year (the last, unless named) under every draw, (draw,)."""
        if self.times is None:
            return self.draws
        at = len(self.times) - 1 if time is None else Setting(np.empty(0, object), self.times, {}).year(time)
        return np.asarray(self.draws[:, at])

    def intervals(self, level: float | None = None) -> pd.DataFrame:
        """One row per year: the study's own value; mean, median and interval of the versions that have one.

        An interval runs between the quantiles (type 7) that hold ``level`` between them; ``share_defined`` is the
        share of versions that the rest rests on. Missing where there are no versions.
        """
        level = self.level if level is None else level
        nominal = np.atleast_1d(self.nominal)
        draws = self.draws[: self.independent].reshape(self.independent, len(nominal))
        table = pd.DataFrame({"nominal": nominal})
        if self.times is not None:
            table.insert(0, TIME, self.times)
        nothing = np.full(len(nominal), np.nan)
        found = quantiles(draws, [(1 - level) / 2, 0.5, (1 + level) / 2]) if len(draws) else (nothing,) * 3
        table["mean"] = mean(draws) if len(draws) else nothing
        table["median"], table["low"], table["high"] = found[1], found[0], found[2]
        table["share_defined"] = (~np.isnan(draws)).mean(axis=0) if len(draws) else nothing
        return table

    def to_frame(self) -> pd.DataFrame:
        """What ``intervals`` gives, with the statistic and its title in both languages."""
        table = self.intervals()
        for at, (name, of) in enumerate(
            (("statistic", self.spec.method.name), ("title_en", self.title.en), ("title_zh", self.title.zh))
        ):
            table.insert(at, name, of)
        return table

    def __repr__(self) -> str:
        table = self.intervals()
        lines = [f"Followed: {self.title.en} ({self.title.zh})"]
        for row in table.iloc[sorted({0, len(table) - 1})].to_dict("records"):
            when = f"{row[TIME]}: " if TIME in row else ""
            sure = f", {self.level:.0%} of versions {row['low']:.4g} to {row['high']:.4g}" if self.independent else ""
            lines.append(f"  {when}{row['nominal']:.4g}{sure}")
        least = table["share_defined"].min()
        lines.append(f"  {self.independent} versions" + (f", has a value in {least:.1%}" if least < 1 else ""))
        return "\n".join(lines)


def follow(
    nominal: Floats, draws: Floats, setting: Setting, spec: Follow, *, independent: int, level: float = 0.9
) -> Followed:
    """Follow a statistic through scores: ``nominal`` (time, region) and ``draws`` (draw, time, region).

    Raises ``MethodError`` for regions, groups and neighbours that there are not.
    """
    statistic, (many, years, regions) = spec.method, draws.shape
    taken = _speaking(lambda x: statistic.function(x, setting, **spec.options))
    own = taken(nominal[None])
    if own.shape not in ((1,), (1, years)):
        raise MethodError(
            Fault(
                "not-a-statistic",
                f"'{statistic.name}' must give one number per draw, or per draw and year; found shape {own.shape} for "
                f"1 draw of {years} years.",
                f"“{statistic.name}”须对每次抽样（或每次抽样的每一年）给出一个数；对 1 次抽样、{years} 年的数据，"
                f"实际形状为 {own.shape}。",
            )
        )
    block = max(1, _SCORES // max(years * regions, 1))
    parts = [taken(np.ascontiguousarray(draws[start : start + block])) for start in range(0, many, block)]
    found = np.concatenate(parts) if parts else np.empty((0, *own.shape[1:]))
    times = setting.times if own.ndim == 2 else None
    return Followed(spec, title(spec, setting), times, own[0], found, independent, level)


def followed(index: Index, spec: Follow) -> Followed:
    """A statistic of an index whose choices do not vary: its values, without versions."""
    setting = Setting(index.regions, index.times, index.about_region)
    nominal = index.stages.scores[:, :, -1]
    return follow(nominal, np.empty((0, *nominal.shape)), setting, spec, independent=0)


def wanted(statistic: str | Callable[..., Any] | Follow, options: dict[str, Any]) -> Follow:
    """What is to be followed, from a name or a function with its options. Raises ``MethodError``."""
    if isinstance(statistic, Follow):
        return statistic
    try:
        return Follow(statistic=statistic, options=options)
    except ValidationError as error:
        raise MethodError(replace(fault, column=None) for fault in faults_of(error)) from None


def title(spec: Follow, setting: Setting) -> Text:
    """What a statistic is called with its options, in both languages."""
    name, options = spec.method.name, spec.method.options(**spec.options).model_dump()
    if name not in _TITLES or not isinstance(spec.statistic, str):
        return Text(en=name, zh=name)
    said = {key: Text(en=str(of), zh=str(of)) for key, of in options.items()}
    if "region" in options:
        said["region"] = setting.region_text(options["region"])
    if "groups" in options:
        grouped = setting.groups(options["groups"])
        for key in {"of", "to"} & options.keys():
            said[key] = grouped.names[grouped.at(options[key])]
        said["groups"] = Text(
            en=", ".join(one.en for one in grouped.names), zh="、".join(one.zh for one in grouped.names)
        )
    en, zh = _TITLES[name]
    return Text(
        en=en.format(**{key: of.en for key, of in said.items()}),
        zh=zh.format(**{key: of.zh for key, of in said.items()}),
    )


def _speaking(taken: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    """The same, with what a method refused told as a ``MethodError``."""

    def told(x: Floats) -> Floats:
        try:
            return np.asarray(taken(x), dtype=float)
        except FaultyValue as refusal:
            raise MethodError(Fault(refusal.code, refusal.en, refusal.zh)) from None

    return told
