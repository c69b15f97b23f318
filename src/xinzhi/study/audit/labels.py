"""Pitfalls 11, 12 and 14: what indicators are called, what they are made of, and what may not explain them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.data.units import Unit
from xinzhi.measure.result import Index
from xinzhi.study.audit.findings import Finding, fine
from xinzhi.study.audit.subject import Subject, quantity

# Of these a number does not grow with the size of the region it is about.
_NOT_EXTENSIVE = ("share", "percentage points", "index", "rank", "temperature", "concentration", "time in", "bandwidth")

_SHARE = re.compile(
    r"占比|比重|份额|比例|百分比|[^效汇利]率(?:$|[（(])|增速|"
    r"(?:^|[\W_])(?:share|ratio|rate|proportion|percent(?:age)?|pct)(?:[\W_]|$)",
    re.IGNORECASE,
)
_PER_HEAD = re.compile(
    r"人均|每[百千万]+人|"
    r"(?:^|[\W_])per[\W_](?:capita|person|head|worker|(?:[\d,]+|hundred|thousand|million)[\W_])",
    re.IGNORECASE,
)
_INTENSITY = re.compile(r"强度|密度|单位GDP|地均|亩均|户均|(?:^|[\W_])(?:intensity|density)(?:[\W_]|$)", re.IGNORECASE)
_TOTAL = re.compile(r"总量|总额|总数|总值$|(?:^|[\W_])total(?:[\W_]|$)", re.IGNORECASE)
_OF_GDP = re.compile(r"占(?:GDP|地区生产总值|国内生产总值|生产总值)|(?:of|to|per)[\W_]+(?:unit of )?gdp", re.IGNORECASE)
_RESIDUAL = re.compile(
    r"全要素生产率|索洛|malmquist|luenberger|卢恩伯格|曼奎斯特|(?:^|[\W_])G?TFP(?:[\W_]|$)|total[\W_]factor",
    re.IGNORECASE,
)


def overlap(index: Index, columns: Iterable[str]) -> pd.DataFrame:
    """Which regressors are part of the index: one row per regressor and node that it is, or that is made of it.

    ``columns`` are column codes, titles, or codes of elements; titles that the catalogue knows as one quantity count as
    one. ``role`` is ``indicator``, ``column``, ``denominator`` or ``element``; ``effective_weight`` is what the node
    counts for in the index. An index explained by its own parts correlates with them by construction.
    """
    tree, weights = index.tree, index.effective().values
    nominal = weights if weights.ndim == 1 else weights.mean(axis=0)
    rows = []
    for column in columns:
        for at, node in enumerate(tree.nodes):
            roles: dict[str, tuple[str, ...]] = {"element": (node.code, node.label.en, node.label.zh)}
            if at < tree.n_indicators:
                leaf = tree.indicators[at]
                roles = {"indicator": roles["element"], "column": (leaf.source,), "denominator": ()}
                if leaf.denominator and index.spec.denominate:
                    roles["denominator"] = (leaf.denominator,)
            role = next((role for role, names in roles.items() if any(_alike(column, name) for name in names)), None)
            if role:
                rows.append((column, node.code, node.label.en, node.label.zh, role, float(nominal[at])))
    return pd.DataFrame(rows, columns=["column", "node", "name_en", "name_zh", "role", "effective_weight"])


def _alike(one: str, other: str) -> bool:
    if one.strip().casefold() == other.strip().casefold():
        return True
    meant = quantity(one)
    return meant is not None and meant == quantity(other)


def regressed_on_itself(subject: Subject) -> Iterator[Finding]:
    """Pitfall 11: a study names no regression, so this says which columns none may use, and how to ask."""
    used = sorted(
        {leaf.source for leaf in subject.leaves} | {str(n.denominator) for n in subject.leaves if n.denominator}
    )
    table = overlap(subject.index, used)
    yield fine(
        11,
        f"the study names no regression. {len(used)} columns are parts of the index; before the index is explained by "
        "anything, xinzhi.study.audit.overlap(index, columns) says which of these are parts of it.",
        f"本研究未设定回归。共有 {len(used)} 个数据列为指数的构成部分；以任何变量解释指数之前，可用 "
        "xinzhi.study.audit.overlap(index, columns) 核对其中哪些属于指数自身的构成。",
        table,
    )


def label_drift(subject: Subject) -> Iterator[Finding]:
    """Pitfall 12: every label beside its formula, and where the two contradict each other."""
    notes = [_contradiction(subject, at) for at in range(len(subject.leaves))]
    table = subject.table(
        formula=[formula(subject, at) for at in range(len(subject.leaves))],
        unit=[subject.unit_label(at) for at in range(len(subject.leaves))],
        note_en=[note.en if note else "" for note, _ in notes],
        note_zh=[note.zh if note else "" for note, _ in notes],
    )
    hit = [at for at, (note, _) in enumerate(notes) if note]
    if not hit:
        yield fine(
            12,
            "no label promises a share, a rate or a figure per head that the unit and the denominator do not bear "
            "out; every label stands beside its formula in the table.",
            "没有指标在名称上表示占比、比率或人均，而单位与分母与之不符；各指标名称与计算口径对照见表。",
            table,
        )
        return
    first = notes[hit[0]][0]
    names = subject.names(hit)
    yield Finding(
        12,
        "label-contradicts-formula",
        "serious" if any(serious for _, serious in notes) else "worth-knowing",
        Text(en="Labels that the formula does not bear out", zh="名称与计算口径不符"),
        Text(
            en=f"{names.en}: label and formula disagree. {subject.leaves[hit[0]].label.en}: "
            f"{first.en if first else ''}.",
            zh=f"{names.zh}：名称与计算口径不一致。{subject.leaves[hit[0]].label.zh}：{first.zh if first else ''}。",
        ),
        table.iloc[hit].reset_index(drop=True),
        Text(
            en="Rename the indicator after what is computed, or compute what it is called; print the formula beside "
            "the label.",
            zh="请按实际计算口径命名，或按名称所示口径计算；并在指标体系表中列出计算公式。",
        ),
    )


def _contradiction(subject: Subject, at: int) -> tuple[Text | None, bool]:
    """What is wrong with a label, and whether the number is plainly something else."""
    leaf, unit = subject.leaves[at], subject.unit(at)
    label = (leaf.label.en, leaf.label.zh)
    divided = subject.divides(at)

    def says(pattern: re.Pattern[str]) -> bool:
        return any(pattern.search(name) for name in label)

    shared = says(_SHARE) or says(_INTENSITY)
    stated = subject.unit_label(at)
    if not divided and unit and extensive(unit):
        if shared and not says(_PER_HEAD):
            return Text(
                en=f"says a share, rate or intensity, but is an undivided number in '{stated}'",
                zh=f"名称表示占比、比率或强度，实际为以“{stated}”计的未经相对化的数值",
            ), True
        if says(_PER_HEAD):
            return Text(
                en=f"says per head, but nothing divides it and its unit is '{stated}'",
                zh=f"名称表示人均，但未设分母，单位为“{stated}”",
            ), False
    if not divided and not stated and (shared or says(_PER_HEAD)):
        x = subject.index.stages.denominated[:, :, at]
        top = np.nanmax(np.abs(x)) if (~np.isnan(x)).any() else 0.0
        if says(_PER_HEAD) or top > 100:
            return Text(
                en="says a share, rate or figure per head, but has neither denominator nor unit (values up to "
                f"{top:g})",
                zh=f"名称表示占比、比率或人均，但既无分母也无单位（最大值为 {top:g}）",
            ), False
    if not divided:
        return None, False
    below = {quantity(name) for name in (str(leaf.denominator), *subject.titles(str(leaf.denominator)))} - {None}
    shown = leaf.denominator
    if says(_PER_HEAD) and below and not below & {"population", "workers"}:
        return Text(en=f"says per head, but is divided by '{shown}'", zh=f"名称表示人均，分母却为“{shown}”"), True
    if says(_OF_GDP) and below and "gdp" not in below:
        return Text(
            en=f"says relative to GDP, but is divided by '{shown}'", zh=f"名称表示相对 GDP，分母却为“{shown}”"
        ), True
    if says(_TOTAL) and not (shared or says(_PER_HEAD)):
        return Text(en=f"says a total, but is divided by '{shown}'", zh=f"名称表示总量，却以“{shown}”为分母"), False
    return None, False


def residuals(subject: Subject) -> Iterator[Finding]:
    """Pitfall 14: productivity residuals (TFP, GTFP) among the indicators, and how their mean drifts."""
    at = [i for i in range(len(subject.leaves)) if any(_RESIDUAL.search(name) for name in subject.called(i))]
    if not at:
        yield fine(
            14,
            "does not apply: no indicator is by name a productivity residual (TFP, GTFP, Malmquist).",
            "不适用：没有名称表明为生产率残差（全要素生产率、绿色全要素生产率、Malmquist 指数）的指标。",
        )
        return
    x = subject.index.stages.denominated[:, :, at]
    seen = ~np.isnan(x)
    means = np.where(seen, x, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    means = np.where(seen.any(axis=1), means, np.nan)
    rows = [
        {"time": year, "mean": means[t, j]} | subject.table([i]).iloc[0].to_dict()
        for j, i in enumerate(at)
        for t, year in enumerate(subject.times)
    ]
    first, last = means[0], means[-1]
    growth = np.abs(np.where(first != 0, last / np.where(first != 0, first, 1.0) - 1, np.nan))
    worst = int(np.argmax(np.nan_to_num(growth)))
    names, limit = subject.names(at), subject.limits.drift
    yield Finding(
        14,
        "productivity-residual",
        "serious" if growth[worst] > limit else "worth-knowing",
        Text(en="A residual stands for productivity", zh="以残差代表生产率"),
        Text(
            en=f"{names.en}: a residual takes up every error of the model behind it. Its mean over regions goes from "
            f"{first[worst]:.3g} in {subject.times[0]} to {last[worst]:.3g} in {subject.times[-1]} (change "
            f"{growth[worst]:.0%}, limit {limit:.0%}).",
            zh=f"{names.zh}：残差包含了背后模型的全部误差。其地区均值由 {subject.times[0]} 年的 {first[worst]:.3g} 变"
            "为 "
            f"{subject.times[-1]} 年的 {last[worst]:.3g}（变动 {growth[worst]:.0%}，界限为 {limit:.0%}）。",
        ),
        pd.DataFrame(rows),
        Text(
            en="Backtest the model behind it against a naive one, show the residual on shuffled data, or leave it out.",
            zh="请以朴素模型为基准对背后模型作回测，并报告打乱数据后的残差；否则应予剔除。",
        ),
    )


def formula(subject: Subject, at: int) -> str:
    """How an indicator is computed: its column, and what divides it."""
    leaf = subject.leaves[at]
    return f"{leaf.source} / {leaf.denominator}" if subject.divides(at) else leaf.source


def extensive(unit: Unit) -> bool:
    """Whether numbers in a unit grow with the size of what they are about."""
    return " / " not in unit.dimension and not unit.dimension.startswith(_NOT_EXTENSIVE)


def relative(names: Iterable[str]) -> bool:
    """Whether a name promises a share, a rate, an intensity or a figure per head."""
    return any(pattern.search(name) for name in names for pattern in (_SHARE, _PER_HEAD, _INTENSITY))
