"""Pitfalls 1 and 6: what weights reward, and what a rule about zeros does to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import FaultyValue, Text
from xinzhi.measure import dispersion
from xinzhi.measure.cells import frames
from xinzhi.measure.optimisation import correlations, main_effects
from xinzhi.measure.weighting import Siblings, entropy, weightings
from xinzhi.study.audit.columns import totals
from xinzhi.study.audit.findings import Finding, fine, unchecked
from xinzhi.study.audit.subject import Subject, methods_in, rank_correlations, stretched

_DISPERSION = frozenset({"entropy", "coefficient-of-variation", "standard-deviation", "critic"})

# A share of the index's variance below this is nothing to talk about, whatever its ratio to the weight.
_SMALL = 0.02

# The rules in print, with the names a table gives them.
ZERO_RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("skip", {"zeros": "skip"}),
    ("replace 1e-5", {"zeros": "replace", "eps": 1e-5}),
    ("shift 1e-4", {"zeros": "shift", "eps": 1e-4}),
    ("shift 0.01", {"zeros": "shift", "eps": 0.01}),
    ("shift 1", {"zeros": "shift", "eps": 1.0}),
    ("half-minimum", {"zeros": "half-minimum"}),
)


def rewarding_dispersion(subject: Subject) -> Iterator[Finding]:
    """Pitfall 1: weights against what indicators do to the index, and against how unevenly they are spread.

    Effective weights are shares of main effects (Paruolo, Saisana, Saltelli 2013), by squared correlation and by
    correlation ratio, over all region-years.
    """
    table = _effects(subject)
    found = [*_dominated(subject, table), *_apart(subject, table), *_against(subject, table)]
    yield from found
    if not found:
        worst = float(table["effective_over_nominal"].max())
        yield fine(
            1,
            f"weights are not taken from dispersion, and no indicator has more than {worst:.1f} times its nominal "
            f"weight in what moves the index (limit {subject.limits.effective:g}).",
            f"权重未以离散程度为依据；各指标的有效权重最多为名义权重的 {worst:.1f} 倍（界限为 "
            f"{subject.limits.effective:g} 倍）。",
            table,
        )


def _effects(subject: Subject) -> pd.DataFrame:
    x, y = subject.cells, subject.top.ravel()
    squared = _shares(main_effects(x, y))
    ratio = _shares(main_effects(x, y, effect="correlation-ratio"))
    spread = stretched(x)
    mean = dispersion.mean(spread)
    cv = dispersion.deviation(spread) / np.where(mean > 0, mean, 1.0)
    nominal = subject.nominal
    return subject.table(
        nominal=nominal,
        over_siblings=_over_siblings(subject),
        effective=squared,
        effective_ratio=ratio,
        effective_over_nominal=squared / np.where(nominal > 0, nominal, np.nan),
        cv=cv,
        total=np.isin(np.arange(len(nominal)), totals(subject)),
        r=correlations(x, y),
    )


def _dominated(subject: Subject, table: pd.DataFrame) -> Iterator[Finding]:
    choice = next((one for one in subject.spec.weigh if one.flat), subject.spec.weighing(1))
    used = sorted(methods_in(choice) & _DISPERSION)
    if not used:
        return
    terms = "、".join(weightings.find(name).zh for name in used)
    relative = table["over_siblings"].to_numpy(dtype=np.float64)
    rho = float(rank_correlations(relative[:, None], table["cv"].to_numpy(dtype=np.float64)[:, None])[0, 0])
    heavy = np.flatnonzero(relative > subject.limits.dominant)
    raw = [int(at) for at in heavy if table["total"][at]]
    zh_rho = "" if np.isnan(rho) else f"权重与变异系数的秩相关系数为 {rho:.2f}。"
    en_rho = "" if np.isnan(rho) else f" Weights and coefficients of variation have a rank correlation of {rho:.2f}."
    way = Text(
        en="Divide totals by a size, set the weights by argument (equal, given, ahp) and report the ranking under "
        "both, or let xz.vary take the weighting as one of its choices.",
        zh="对总量指标除以规模量，或改用等权、专家赋权等有理据的权重并同时报告两种排名；也可在 xz.vary 中把赋权方法作"
        "为一项可变选择。",
    )
    if not heavy.size:
        yield Finding(
            1,
            "dispersion-weights",
            "worth-knowing",
            Text(en="Weights come from dispersion", zh="权重来自离散程度"),
            Text(
                en=f"{', '.join(used)} weighs an indicator by how unevenly it is spread, not by its importance; no "
                f"indicator exceeds {subject.limits.dominant:g} times the mean weight of its siblings.{en_rho}",
                zh=f"{terms}依据指标的离散程度而非重要性赋权；没有指标的权重超过同级其他指标平均权重的 "
                f"{subject.limits.dominant:g} 倍。{zh_rho}",
            ),
            table,
            way,
        )
        return
    names, joint = subject.names(heavy), float(table["nominal"][heavy].sum())
    title = (
        Text(en="Raw totals dominate the index", zh="总量指标主导指数")
        if raw
        else Text(en="Widely spread indicators dominate the index", zh="离散程度大的指标主导指数")
    )
    also = Text(en="", zh="")
    if raw:
        also = Text(
            en=f" Of these, totals that follow size: {subject.names(raw).en}.",
            zh=f"其中随规模变动的总量指标为{subject.names(raw).zh}。",
        )
    yield Finding(
        1,
        "raw-totals-dominate" if raw else "dispersion-dominates",
        "serious",
        title,
        Text(
            en=f"{', '.join(used)} gives {names.en} more than {subject.limits.dominant:g} times the mean weight of "
            f"the other siblings, {joint:.0%} of the index together.{also.en}{en_rho}",
            zh=f"{terms}赋予{names.zh}的权重超过同级其他指标平均权重的 {subject.limits.dominant:g} 倍，合计占指数的 "
            f"{joint:.0%}。{also.zh}{zh_rho}",
        ),
        table,
        way,
    )


def _apart(subject: Subject, table: pd.DataFrame) -> Iterator[Finding]:
    limit = subject.limits.effective
    ratio, gap = table["effective_over_nominal"], (table["effective"] - table["nominal"]).abs()
    hit = np.flatnonzero(((ratio > limit) | (ratio < 1 / limit)) & (gap > _SMALL))
    if not hit.size:
        return
    most = int(hit[np.argmax(gap[hit])])
    label, row = subject.leaves[most].label, table.iloc[most]
    yield Finding(
        1,
        "effective-weight-apart",
        "worth-knowing",
        Text(en="Weights are not what they say", zh="有效权重与名义权重不符"),
        Text(
            en=f"{hit.size} of {len(table)} indicators have an effective weight (share of main effects on the "
            f"index) of more than {limit:g} times the nominal one, or less than 1/{limit:g} of it. '{label.en}': "
            f"nominal {row['nominal']:.1%}, "
            f"effective {row['effective']:.1%} (correlation ratio {row['effective_ratio']:.1%}).",
            zh=f"{len(table)} 个指标中有 {hit.size} 个的有效权重（对指数的主效应份额）超过名义权重的 {limit:g} 倍或不"
            f"足其 1/{limit:g}。"
            f"“{label.zh}”的名义权重为 {row['nominal']:.1%}，有效权重为 {row['effective']:.1%}（按相关比计为 "
            f"{row['effective_ratio']:.1%}）。",
        ),
        table,
        Text(
            en="Report effective beside nominal weights; where stated weights are meant as importance, "
            'weigh = "effective-weight-optimised" brings the two together.',
            zh="请并列报告有效权重与名义权重；若指定权重意在表示重要性，可用 "
            'weigh = "effective-weight-optimised" 使二者一致。',
        ),
    )


def _against(subject: Subject, table: pd.DataFrame) -> Iterator[Finding]:
    hit = np.flatnonzero((table["r"] < -subject.limits.against) & (table["nominal"] > 0))
    if not hit.size:
        return
    names, worst = subject.names(hit), float(table["r"][hit].min())
    yield Finding(
        1,
        "against-the-index",
        "worth-knowing",
        Text(en="Indicators that run against the index", zh="与指数方向相反的指标"),
        Text(
            en=f"{names.en} correlate negatively with the index they are part of (lowest r = {worst:.2f}, limit "
            f"-{subject.limits.against:g}): doing better on them goes with a lower score.",
            zh=f"{names.zh}与其所属指数负相关（最低 r = {worst:.2f}，界限为 "
            f"-{subject.limits.against:g}）：这些指标改善，得分反而较低。",
        ),
        table,
        Text(
            en="Check their direction; if it is right, say that they measure something the others do not.",
            zh="请核对指标方向；若方向无误，应说明其反映的内容与其他指标不同。",
        ),
    )


def zero_rules(subject: Subject) -> Iterator[Finding]:
    """Pitfall 6: entropy weights of the indicators under the zero rules in print, whatever the study uses."""
    try:
        table, note = _under_rules(subject)
    except (FaultyValue, MethodError) as error:
        zh = error.zh if isinstance(error, FaultyValue) else error.say("zh")
        yield unchecked(6, f"entropy weights cannot be computed here: {error}", f"此处无法计算熵权：{zh}")
        return
    rules = [name for name, _ in ZERO_RULES]
    movement = table["movement"].to_numpy()
    most = int(np.argmax(movement))
    label, row = subject.leaves[most].label, table.iloc[most]
    low, high = str(row[rules].astype(float).idxmin()), str(row[rules].astype(float).idxmax())
    used = any("entropy" in methods_in(choice) for choice in subject.spec.weigh)
    within = "in the index" if _flat(subject) else "among its siblings"
    within_zh = "在全部指标中" if _flat(subject) else "在同级指标中"
    said = Text(
        en=f"the entropy weight of '{label.en}' {within} goes from {row[low]:.4f} ({low}) to {row[high]:.4f} ({high}) "
        f"by the rule about zeros alone (limit {subject.limits.moved_weight:g}).{note.en}",
        zh=f"仅因零值处理规则不同，“{label.zh}”{within_zh}的熵权即由 {row[low]:.4f}（{low}）变为 "
        f"{row[high]:.4f}（{high}）"
        f"（界限为 {subject.limits.moved_weight:g}）。{note.zh}",
    )
    if not used or movement[most] <= subject.limits.moved_weight:
        unused = Text(en=" The study does not use entropy weights.", zh="本研究未使用熵权。")
        tail = Text(en="", zh="") if used else unused
        yield fine(6, said.en + tail.en, said.zh + tail.zh, table)
        return
    yield Finding(
        6,
        "zero-rule-moves-weights",
        "serious",
        Text(en="The zero rule decides the weights", zh="零值处理规则左右权重"),
        said,
        table,
        Text(
            en='State the rule (zeros = …) in the paper, keep to "skip" unless a published study is repeated, and '
            "vary it: zeros is one of the choices of xz.vary.",
            zh='请在论文中写明零值处理规则（zeros = …）；除复现已发表研究外宜采用 "skip"，并在 xz.vary 中将其作为可变'
            "选择。",
        ),
    )


def _under_rules(subject: Subject) -> tuple[pd.DataFrame, Text]:
    cells, note = subject.index.stages.normalised, Text(en="", zh="")
    if (cells < 0).any():
        cells = stretched(subject.cells).reshape(cells.shape)
        note = Text(
            en=" Normalised values are negative here, so min-max values were taken.",
            zh="因标准化值含负数，此处改用极差标准化值计算。",
        )
    choice = next((one for one in subject.spec.weigh if one.flat), subject.spec.weighing(1))
    _, frame = frames(cells, choice.scope, subject.raw)
    found = {name: _entropy(subject, frame, options) for name, options in ZERO_RULES}
    table = subject.table().assign(**found)
    every = np.stack(list(found.values()))
    return table.assign(movement=np.ptp(every, axis=0)), note


def _entropy(subject: Subject, frame: Floats, options: dict[str, Any]) -> Floats:
    """Entropy weights of the indicators: of all where the study weighs flat, else among siblings; means over years."""
    out = np.ones(len(subject.leaves))
    for group in _groups(subject):
        siblings = Siblings("", tuple(subject.tree.codes[at] for at in group), np.ones(len(group)))
        weights = entropy(frame[..., group], siblings, **options)
        out[group] = weights.reshape(-1, len(group)).mean(axis=0)
    return out


def _groups(subject: Subject) -> list[list[int]]:
    k = len(subject.leaves)
    if _flat(subject):
        return [list(range(k))]
    families = [[int(at) for at in family.children if at < k] for family in subject.tree.families]
    return [group for group in families if group]


def _flat(subject: Subject) -> bool:
    return any(choice.flat for choice in subject.spec.weigh)


def _over_siblings(subject: Subject) -> Floats:
    """Each indicator's weight over the mean weight of its siblings (of all others, where weights are flat).

    1 for an only child; infinite where the siblings have none.
    """
    k, weights = len(subject.leaves), subject.index.stages.weights
    shares = weights if weights.ndim == 1 else weights.mean(axis=0)
    families = [family.children for family in subject.tree.families]
    if _flat(subject):
        shares, families = subject.nominal, [np.arange(k)]
    out = np.ones(k)
    for children in families:
        leaves = children[children < k]
        rest = 1 - shares[leaves]
        if len(children) > 1:
            out[leaves] = np.where(rest > 1e-12, shares[leaves] * (len(children) - 1) / np.maximum(rest, 1e-12), np.inf)
    return out


def _shares(values: Floats) -> Floats:
    total = float(values.sum())
    return np.asarray(values / total) if total > 0 else np.zeros_like(values)
