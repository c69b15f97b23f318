"""Pitfalls 4 and 5: where the scale comes from, and whether years can be compared on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.labels import TIME, Floats
from xinzhi.core.specs import Text
from xinzhi.measure.aggregation import PER_UNIT
from xinzhi.measure.analysis.profiles import ranks
from xinzhi.measure.spec import Choice, Normalise
from xinzhi.study.audit.findings import Finding, Severity, fine, unchecked
from xinzhi.study.audit.subject import Subject

# These take the ends of their scale from single cells.
_BY_ENDS = frozenset(
    {"min-max", "distance-to-target", "distance-to-maximum", "distance-to-reference", "fraction-of-maximum"}
)


def moving_scale(subject: Subject) -> Iterator[Finding]:
    """Pitfall 4: scales that one region-year makes, and what the last year did to the scores of earlier ones."""
    found = [*_anchored(subject), *_rewritten(subject)]
    yield from found
    if not found:
        later = ", and earlier scores do not depend on the last year" if len(subject.times) > 1 else ""
        later_zh = "，历史得分也不依赖于最后一年" if len(subject.times) > 1 else ""
        yield fine(
            4,
            f"no region-year makes more than {subject.limits.anchored:.0%} of an indicator's scale{later}.",
            f"没有任何一个地区年份占某一指标标尺的 {subject.limits.anchored:.0%} 以上{later_zh}。",
            _ends(subject),
        )


def _ends(subject: Subject) -> pd.DataFrame:
    """Of every indicator scaled by its ends: the cell that makes the larger part of the range, and that part."""
    at = [i for i, leaf in enumerate(subject.leaves) if _choice(subject, leaf.code).name in _BY_ENDS]
    at = [i for i in at if _choice(subject, subject.leaves[i].code).scope != "year"]
    rows = [_end(subject.index.stages.treated[:, :, i]) for i in at]
    en, zh = subject.region_names()
    return subject.table(
        at,
        region=[subject.index.regions[r] for _, _, r, _ in rows],
        region_name_en=[en[r] for _, _, r, _ in rows],
        region_name_zh=[zh[r] for _, _, r, _ in rows],
        time=[subject.times[t] for _, t, _, _ in rows],
        share_of_scale=[share for share, *_ in rows],
        share_of_region=[whole for *_, whole in rows],
    )


def _end(x: Floats) -> tuple[float, int, int, float]:
    """(share of the range that goes without one cell, its year, its region, share without that region)."""
    order = np.argsort(x, axis=None)[: int((~np.isnan(x)).sum())]
    if order.size < 3 or (span := float(x.flat[order[-1]] - x.flat[order[0]])) <= 0:
        return 0.0, 0, 0, 0.0
    at_top = x.flat[order[-1]] - x.flat[order[-2]] >= x.flat[order[1]] - x.flat[order[0]]
    cell = order[-1] if at_top else order[0]
    next_to = x.flat[order[-2]] if at_top else x.flat[order[1]]
    t, r = (int(i) for i in np.unravel_index(cell, x.shape))
    rest = np.delete(x, r, axis=1)
    left = float(np.nanmax(rest) - np.nanmin(rest)) if (~np.isnan(rest)).any() else 0.0
    return abs(float(x.flat[cell] - next_to)) / span, t, r, 1 - left / span


def _choice(subject: Subject, code: str) -> Normalise:
    return subject.spec.normalise.only.get(code, subject.spec.normalise)


def _anchored(subject: Subject) -> Iterator[Finding]:
    table, limit = _ends(subject), subject.limits.anchored
    hit = table[table["share_of_scale"] > limit]
    if hit.empty:
        return
    row = hit.sort_values("share_of_scale", ascending=False).iloc[0]
    names = subject.names([subject.tree.position(code) for code in hit["indicator"]])
    yield Finding(
        4,
        "scale-set-by-one-cell",
        "serious",
        Text(en="One region-year sets the scale", zh="单个极端值决定标尺"),
        Text(
            en=f"{names.en}: {row['region_name_en']} in {row['time']} alone makes {row['share_of_scale']:.0%} of the "
            f"range of '{row['name_en']}' (limit {limit:.0%}); all other scores are pressed into the rest.",
            zh=f"{names.zh}：仅{row['region_name_zh']} {row['time']} 年一个数值就占“{row['name_zh']}”极差的 "
            f"{row['share_of_scale']:.0%}（界限为 {limit:.0%}），其余得分被压缩在剩余区间内。",
        ),
        table,
        Text(
            en='Treat outliers (treat = "winsorise"), give the indicator goalposts, or take percentile ranks.',
            zh='请处理异常值（treat = "winsorise"），为指标设定上下限阈值（goalposts），或改用百分位排名。',
        ),
    )


def _rewritten(subject: Subject) -> Iterator[Finding]:
    if len(subject.times) < 2:
        return
    years = subject.times[:-1]
    before = subject.measured(subject.spec, subject.run.data.panel.sel({TIME: years}))
    if before is None:
        yield unchecked(
            4,
            f"the index cannot be measured without {subject.times[-1]}, so what that year changed is not known.",
            f"不含 {subject.times[-1]} 年时无法测算指数，故无从得知该年改变了什么。",
        )
        return
    now, then = subject.top[:-1], before.stages.scores[:, :, -1]
    change = np.abs(now - then)
    if np.isnan(change).all() or (worst := float(np.nanmax(change))) < 1e-9:
        return
    span = float(np.nanmax(now) - np.nanmin(now))
    share = worst / span if span > 0 else 0.0
    t, r = (int(i) for i in np.unravel_index(np.nanargmax(change), change.shape))
    shifts = np.abs(np.stack([ranks(a) - ranks(b) for a, b in zip(now, then, strict=True)]))
    places = int(np.nanmax(shifts)) if (~np.isnan(shifts)).any() else 0
    seen = ~np.isnan(change)
    table = pd.DataFrame(
        {
            "time": years,
            "largest_change": np.where(seen, change, 0.0).max(axis=1),
            "mean_change": np.where(seen, change, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1),
            "largest_rank_change": np.where(np.isnan(shifts), 0.0, shifts).max(axis=1),
        }
    )
    limit = subject.limits.rewritten
    # Scores of all years that shrink alike leave every statement about the past as it was; ranks that move do not.
    severity: Severity = "serious" if share > limit and places >= subject.far else "worth-knowing"
    en, zh = subject.region_names()
    yield Finding(
        4,
        "last-year-changes-history",
        severity,
        Text(en="The last year changes the scores of earlier ones", zh="新增年份改变历史得分"),
        Text(
            en=f"measured without {subject.times[-1]}, earlier scores differ by up to {worst:.3g} ({en[r]} in "
            f"{years[t]}), {share:.1%} of the range of scores (limit {limit:.0%}), and the largest change of a rank "
            f"is {places} (limit {subject.far}).",
            zh=f"若不含 {subject.times[-1]} 年，此前得分最多相差 {worst:.3g}（{zh[r]}，{years[t]} 年），相当于得分极差"
            "的 "
            f"{share:.1%}（界限为 {limit:.0%}），排名最多相差 {places} 位（界限为 {subject.far} 位）。",
        ),
        table,
        Text(
            en="Fix the scale and the weights on a base period (normalise.scope = [first, last], weigh.scope likewise) "
            "and keep it when years are added; say which vintage a published score belongs to.",
            zh="请以固定基期确定标尺与权重（normalise.scope = [起, 止]，weigh.scope 同理），新增年份时保持不变；"
            "发表得分时应注明数据版本。",
        ),
    )


def yearly_scale(subject: Subject) -> Iterator[Finding]:
    """Pitfall 5: steps that look at each year alone, which makes scores of different years no longer comparable."""
    steps = _yearly(subject)
    if len(subject.times) < 2 or not steps:
        yield fine(
            5,
            "does not apply: there is one year."
            if len(subject.times) < 2
            else "no step looks at each year alone, so scores of different years stand on one scale.",
            "不适用：仅有一个年份。" if len(subject.times) < 2 else "没有任何步骤逐年单独计算，各年得分处于同一标尺。",
        )
        return
    table = pd.DataFrame(
        {
            "time": subject.times,
            "mean_score": [float(np.nanmean(y)) if (~np.isnan(y)).any() else np.nan for y in subject.top],
        }
    )
    said_en, said_zh = ", ".join(en for en, _ in steps), "、".join(zh for _, zh in steps)
    spec = subject.changed(
        treat=_pooled(subject.spec.treat),
        normalise=_pooled(subject.spec.normalise).model_copy(
            update={"only": {code: _pooled(choice) for code, choice in subject.spec.normalise.only.items()}}
        ),
        weigh=tuple(_pooled(choice) for choice in subject.spec.weigh),
        aggregate=tuple(_pooled(choice) for choice in subject.spec.aggregate),
    )
    pooled = subject.measured(spec)
    proof_en, proof_zh = "", ""
    if pooled is not None:
        other = pooled.stages.scores[:, :, -1]
        table["mean_score_pooled"] = [float(np.nanmean(y)) if (~np.isnan(y)).any() else np.nan for y in other]
        own, its = (table[name].iloc[-1] - table[name].iloc[0] for name in ("mean_score", "mean_score_pooled"))
        proof_en = (
            f" From {subject.times[0]} to {subject.times[-1]} the mean score changes by {own:+.3f} as it stands and by "
            f"{its:+.3f} with all years on one scale."
        )
        proof_zh = (
            f"{subject.times[0]}—{subject.times[-1]} 年平均得分按现有做法变动 {own:+.3f}，若各年采用同一标尺则变动 "
            f"{its:+.3f}。"
        )
    yield Finding(
        5,
        "years-not-comparable",
        "serious",
        Text(en="Scores of different years are not comparable", zh="不同年份得分不可比"),
        Text(
            en=f"each year is taken alone by: {said_en}. A trend of such scores is no trend.{proof_en}",
            zh=f"以下步骤逐年单独计算：{said_zh}。由此得到的得分不能用于刻画趋势。{proof_zh}",
        ),
        table,
        Text(
            en='Set scope = "pooled" or a base period [first, last]; otherwise report ranks within years only, and '
            "plot "
            "no trend.",
            zh='请设置 scope = "pooled" 或固定基期 [起, 止]；否则只应报告年内排名，不应绘制趋势。',
        ),
    )


def _yearly(subject: Subject) -> list[tuple[str, str]]:
    spec, found = subject.spec, []
    if spec.treat.scope == "year" and spec.treat.name != "none":
        found.append((f"treat ({spec.treat.name})", f"异常值处理（{_term(spec.treat)}）"))
    found += [
        (f"normalise ({choice.name})", f"标准化（{_term(choice)}）")
        for choice in (spec.normalise, *spec.normalise.only.values())
        if choice.scope == "year" and choice.name not in ("none", "goalposts", "scaled")
    ]
    found += [
        (f"weigh ({choice.name})", f"赋权（{_term(choice)}）")
        for choice in spec.weigh
        if choice.scope == "year" and choice.name not in ("given", "equal", "ahp")
    ]
    found += [
        (f"aggregate ({choice.name})", f"合成（{_term(choice)}）")
        for choice in spec.aggregate
        if choice.scope == "year" and choice.name not in PER_UNIT
    ]
    return list(dict.fromkeys(found))


def _term(choice: Choice) -> str:
    """The method's Chinese term."""
    return choice.family.find(choice.method).zh


def _pooled(choice: Any) -> Any:
    return choice.model_copy(update={"scope": "pooled"}) if choice.scope == "year" else choice
