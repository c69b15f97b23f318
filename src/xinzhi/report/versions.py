"""What was varied, in words: every choice with its versions, as a reader of either language would call them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from xinzhi.core.methods import Family
from xinzhi.core.specs import Text
from xinzhi.measure.aggregation import aggregations
from xinzhi.measure.imputation import imputations
from xinzhi.measure.normalisation import normalisations
from xinzhi.measure.treatment import treatments
from xinzhi.measure.weighting import weightings
from xinzhi.report.packing import text
from xinzhi.study.vary.choices import ONE_INDICATOR
from xinzhi.study.vary.plan import NOBODY, Factor, Plan

_FAMILIES: dict[str, Family] = {
    "impute": imputations,
    "treat": treatments,
    "normalise": normalisations,
    "weigh": weightings,
    "aggregate": aggregations,
}
_WORDS: dict[str, dict[str, Text]] = {
    "denominate": {"true": Text(en="divided", zh="除以分母"), "false": Text(en="as given", zh="不除以分母")},
    "base_period": {"pooled": Text(en="all years", zh="各年合并"), "year": Text(en="each year alone", zh="逐年")},
    "zeros": {
        "skip": Text(en="zeros skipped", zh="略去零值"),
        "replace": Text(en="zeros replaced", zh="替换零值"),
        "shift": Text(en="all values shifted", zh="整体平移"),
        "half-minimum": Text(en="half the minimum", zh="最小值之半"),
    },
    "impute": {"none": Text(en="none", zh="不填补")},
}
_NOBODY = Text(en="none left out", zh="不剔除")


def varied(plan: Plan) -> list[dict[str, Any]]:
    """The factors of a plan: title, the versions by name (none where there is nothing to count), how they vary."""
    return [
        {
            "name": factor.name,
            "title": text(factor.title),
            "versions": [text(version(factor.name, label, plan)) for label in factor.versions],
            "how": text(how) if (how := _how(factor, plan)) else None,
        }
        for factor in plan.factors
    ]


def version(factor: str, label: str, plan: Plan) -> Text:
    """A version by the name its readers know it under: a method's official term, a node's name."""
    key = factor.partition(".")[0]
    if key == "leave_out":
        return _NOBODY if label == NOBODY else plan.spec.tree.nodes[plan.spec.tree.position(label)].label
    if key == "stated":
        number = label.removeprefix("set ")
        return Text(en=f"set {number}", zh=f"方案 {number}")
    parts = [_named(key, part) for part in re.split(r" \+ (?![^()]*\))", label)]
    return Text(en=" + ".join(part.en for part in parts), zh=" + ".join(part.zh for part in parts))


def _named(key: str, label: str) -> Text:
    name, bracket, options = label.partition(" (")
    own = _WORDS.get(key, {}).get(name)
    family = _FAMILIES.get(key)
    if own is None and family is not None and name in family.members:
        own = Text(en=name, zh=family.members[name].zh)
    if own is None:
        return Text(en=label, zh=label)
    told = options.removesuffix(")")
    return Text(en=f"{own.en} ({told})", zh=f"{own.zh}（{told}）") if bracket else own


def _how(factor: Factor, plan: Plan) -> Text | None:
    """How a choice varies that has no versions to list, or too many."""
    key, _, level = factor.name.partition(".")
    if key == "noise":
        share = _first(noise.share for noise in plan.variations.noise if str(noise.level) == level)
        return Text(en=f"every weight times 1 ± {share:.0%}".replace("%", " %"), zh=f"各权重乘以 1±{share:.0%}")
    if key == "error":
        return Text(en="normal errors of the observed values", zh="实测值的正态误差")
    if key == "fill":
        return Text(en="filled cells drawn anew", zh="填补值重新抽取")
    if key == "leave_out":
        n = len(factor.versions) - 1
        every = plan.variations.leave_out == ONE_INDICATOR
        return Text(
            en=f"one {'indicator ' if every else ''}of {n} at a time, or none",
            zh=f"每次从 {n} 个{'指标' if every else '节点'}中剔除一个，或不剔除",
        )
    return None


def _first(shares: Iterable[float]) -> float:
    return next(iter(shares))
