"""Pitfalls 8, 9, 10 and 13: whether conclusions outlive the choices behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.errors import MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.measure.aggregation import aggregations
from xinzhi.measure.analysis.comparison import leave_one_out
from xinzhi.measure.analysis.profiles import ranks
from xinzhi.measure.climb import oriented, scores_under
from xinzhi.measure.coupling import coupling
from xinzhi.measure.spec import Aggregate, Normalise, Weigh
from xinzhi.study.audit.findings import Finding, Severity, fine, unchecked
from xinzhi.study.audit.subject import Subject, stretched

_COUPLING = "coupling-coordination"


def unstable_ranks(subject: Subject) -> Iterator[Finding]:
    """Pitfall 8: neighbours in the ranking of the last year that change places when one indicator is left out.

    A first look only; intervals of ranks over all choices are what ``xz.vary`` gives.
    """
    try:
        left_out = leave_one_out(subject.index)
    except MethodError as error:
        yield unchecked(
            8,
            f"indicators cannot be left out one at a time here ({error.say('en')}); see xz.vary.",
            f"此处无法逐一剔除指标（{error.say('zh')}）；请使用 xz.vary。",
        )
        return
    t = subject.last
    table, swapped = _neighbours(subject, left_out.scores.values[:, t])
    if not len(table):
        yield fine(8, "does not apply: fewer than two regions have a score.", "不适用：有得分的地区不足两个。")
        return
    moved = np.abs(left_out.rank_changes().values[:, t])
    known = moved[~np.isnan(moved)]
    places, mean = (int(known.max()), float(known.mean())) if known.size else (0, 0.0)
    limit, year = subject.limits.unstable, subject.times[t]
    said = Text(
        en=f"in {year}, {swapped:.0%} of neighbours in the ranking change places when some one indicator is left out "
        f"(limit {limit:.0%}); a region moves by {mean:.1f} places on average (limit {subject.far / 2:g}) and by up to "
        f"{places}.",
        zh=f"{year} 年，剔除某一个指标即可使 {swapped:.0%} 的相邻名次互换（界限为 {limit:.0%}），"
        f"地区平均变动 {mean:.1f} 位（界限为 {subject.far / 2:g} 位），最多变动 {places} 位。",
    )
    if swapped == 0:
        yield fine(8, said.en, said.zh, table)
        return
    # With many indicators some one of them turns round most neighbours; how far regions go tells studies apart.
    severity: Severity = "serious" if swapped > limit and mean >= subject.far / 2 else "worth-knowing"
    yield Finding(
        8,
        "unstable-ranks",
        severity,
        Text(en="Neighbouring ranks mean little", zh="相邻名次难分先后"),
        said,
        table,
        Text(
            en="Report intervals of ranks (xz.vary) and speak of groups rather than of single places in the middle of "
            "the "
            "table.",
            zh="请报告排名区间（xz.vary），对中游地区宜按梯队表述，不宜强调具体名次。",
        ),
    )


def _neighbours(subject: Subject, without: Floats) -> tuple[pd.DataFrame, float]:
    """Neighbours by rank with the gap between them; ``without`` is (region, indicator left out)."""
    scores = subject.top[subject.last]
    order = np.argsort(-scores, kind="stable")[: int((~np.isnan(scores)).sum())]
    above, below = order[:-1], order[1:]
    gaps, tried = scores[above] - scores[below], without[above] - without[below]
    known = ~np.isnan(tried)
    swaps = (known & (tried < 0)).sum(axis=1)
    change = np.where(known, np.abs(tried - gaps[:, None]), 0.0).max(axis=1, initial=0.0)
    en, zh = subject.region_names()
    placed = ranks(scores)
    table = pd.DataFrame(
        {
            "rank": placed[above],
            "region": subject.index.regions[above],
            "region_name_en": [en[i] for i in above],
            "region_name_zh": [zh[i] for i in above],
            "next": subject.index.regions[below],
            "next_name_en": [en[i] for i in below],
            "next_name_zh": [zh[i] for i in below],
            "gap": gaps,
            "largest_change_of_gap": change,
            "swaps": swaps,
        }
    )
    return table, float((swaps > 0).mean()) if len(table) else 0.0


def opposite_trends(subject: Subject) -> Iterator[Finding]:
    """Pitfall 9: whether regional gaps widen or narrow under three normalisations, two aggregations, two weights.

    The gap is the coefficient of variation between regions, its trend the least-squares slope over years. All scales
    start above zero, since a coefficient of variation and a geometric mean need that; they pool all years.
    """
    if len(subject.times) < 3 or len(subject.index.regions) < 3:
        yield fine(
            9,
            "does not apply: a trend of gaps needs three years and three regions.",
            "不适用：差距趋势至少需要三个年份和三个地区。",
        )
        return
    rows = [_version(subject, "as it stands", subject.top)]
    for normalise in _NORMALISATIONS:
        for aggregate in ("arithmetic", "geometric"):
            for weigh in ("equal", "entropy"):
                rows += _rerun(subject, normalise, aggregate, weigh)
    table = pd.DataFrame(rows)
    trends = _trends(table, subject)
    known = trends[1:][~np.isnan(trends[1:])]
    if not known.size:
        yield unchecked(9, "none of the versions could be measured.", "各备选版本均无法测算。")
        return
    up, down = int((known > 0).sum()), int((known < 0).sum())
    share = max(up, down) / (up + down) if up + down else 1.0
    steady, first, last = subject.limits.steady, subject.times[0], subject.times[-1]
    said = Text(
        en=f"between {first} and {last} regional gaps (coefficient of variation) widen in {up}, narrow in {down} and "
        f"change by no more than {steady:.0%} in {known.size - up - down} of {known.size} versions: three "
        f"normalisations by two aggregations by two weightings (agreement on the direction {share:.0%}, limit "
        f"{subject.limits.agreement:.0%}).",
        zh=f"{first}—{last} 年地区差距（变异系数）在 {known.size} 个版本（三种标准化 × 两种合成 × 两种赋权）中有 "
        f"{up} 个扩大、{down} 个缩小、{known.size - up - down} 个变动不超过 {steady:.0%}（方向一致率 {share:.0%}，"
        f"界限为 {subject.limits.agreement:.0%}）。",
    )
    against = up != down and trends[0] == (-1.0 if up > down else 1.0)
    if share == 1 and not against:
        yield fine(9, said.en, said.zh, table)
        return
    severity: Severity = "serious" if share < subject.limits.agreement or against else "worth-knowing"
    more = Text(en="", zh="")
    if against:
        more = Text(
            en=" The study as it stands finds the minority's sign.", zh="本研究现有做法得到的是少数版本的方向。"
        )
    yield Finding(
        9,
        "opposite-trends",
        severity,
        Text(en="Whether gaps widen or narrow depends on the method", zh="差距扩大或缩小取决于方法选择"),
        Text(en=said.en + more.en, zh=said.zh + more.zh),
        table,
        Text(
            en="A coefficient of variation depends on where the scale has its zero, and that of a normalised score is "
            "arbitrary: report the standard deviation beside it (sd_slope), and have the claim counted over all "
            "defensible "
            "versions (xz.vary) before writing about convergence.",
            zh="变异系数取决于标尺零点，而标准化得分的零点是任意的：请同时报告标准差（sd_slope）；在论述收敛或分化之"
            "前，"
            "用 xz.vary 统计该判断在各种合理版本中成立的比例。",
        ),
    )


def _trends(table: pd.DataFrame, subject: Subject) -> Floats:
    """1 where a version's gap widens over the years, -1 where it narrows, 0 where it hardly changes."""
    middle = table[["cv_first", "cv_last"]].to_numpy(dtype=np.float64).mean(axis=1)
    moved = table["slope"].to_numpy(dtype=np.float64) * float(subject.times[-1] - subject.times[0])
    change = moved / np.where(middle > 0, middle, np.nan)
    return np.where(np.abs(change) <= subject.limits.steady, 0.0, np.sign(change))


_NORMALISATIONS: tuple[dict[str, Any], ...] = (
    {"method": "min-max", "to": (1.0, 100.0)},
    {"method": "z-score", "mean": 100.0, "sd": 10.0},
    {"method": "rank"},
)


def _rerun(subject: Subject, normalise: dict[str, Any], aggregate: str, weigh: str) -> list[dict[str, Any]]:
    weights = (Weigh(method=weigh, level=1), Weigh(method="equal")) if weigh == "entropy" else (Weigh(method=weigh),)
    spec = subject.changed(
        normalise=Normalise(**normalise), aggregate=(Aggregate(method=aggregate),), weigh=weights
    )  # fmt: skip
    again = subject.measured(spec)
    if again is None:
        return []
    return [_version(subject, str(normalise["method"]), again.stages.scores[:, :, -1], aggregate, weigh)]


def _version(subject: Subject, name: str, top: Floats, aggregate: str = "", weigh: str = "") -> dict[str, Any]:
    cv, sd = np.array([_variation(year) for year in top]).T
    seen = ~np.isnan(cv)
    first, last = (cv[seen][at] if seen.any() else np.nan for at in (0, -1))
    return {
        "normalisation": name,
        "aggregation": aggregate,
        "weighting": weigh,
        "cv_first": first,
        "cv_last": last,
        "slope": _slope(subject.times, cv),
        "sd_slope": _slope(subject.times, sd),
    }


def _variation(scores: Floats) -> tuple[float, float]:
    """Coefficient of variation and standard deviation between regions; the former needs a mean above zero."""
    known = scores[~np.isnan(scores)]
    if known.size < 2:
        return float("nan"), float("nan")
    sd, mean = float(known.std(ddof=1)), float(known.mean())
    return sd / mean if mean > 0 else float("nan"), sd


def _slope(times: npt.NDArray[np.int64], values: Floats) -> float:
    """Least-squares slope over the years where there is a value; rounding counts as none."""
    seen = ~np.isnan(values)
    if seen.sum() < 2:
        return float("nan")
    t, y = times[seen] - times[seen].mean(), values[seen]
    slope = float(t @ (y - y.mean()) / (t @ t))
    return slope if abs(slope) > 1e-12 else 0.0


def compensation(subject: Subject) -> Iterator[Finding]:
    """Pitfall 10: ranks by arithmetic and by geometric means of the same scores and weights, on a scale of 1 to 100."""
    if len(subject.leaves) < 2:
        yield fine(10, "does not apply: there is one indicator.", "不适用：仅有一个指标。")
        return
    shape = subject.index.stages.normalised.shape
    z = stretched(subject.cells, 1.0, 100.0).reshape(shape)
    try:
        full, partial = (_averaged(subject, z, method) for method in ("arithmetic", "geometric"))
    except MethodError as error:
        yield unchecked(10, f"could not be checked: {error.say('en')}", f"无法检验：{error.say('zh')}")
        return
    table, moved = _uneven(subject, z, full, partial)
    used = {choice.name for choice in subject.spec.aggregate} or {"arithmetic"}
    widest = table.iloc[0] if len(table) else None
    said = Text(en=f"{moved[2].en}", zh=f"{moved[2].zh}")
    if widest is not None:
        said = Text(
            en=f"{said.en} Most uneven: {widest['region_name_en']}, {widest['best']:.0f} of 100 on "
            f"'{widest['best_name_en']}' and {widest['worst']:.0f} on '{widest['worst_name_en']}'.",
            zh=f"{said.zh}最不均衡的是{widest['region_name_zh']}：“{widest['best_name_zh']}”为 {widest['best']:.0f} 分"
            "（百分制），"
            f"“{widest['worst_name_zh']}”仅 {widest['worst']:.0f} 分。",
        )
    if used != {"arithmetic"} or moved[0] == 0:
        note = Text(en="", zh="")
        if used != {"arithmetic"}:
            names = ", ".join(sorted(used))
            terms = "、".join(aggregations.find(name).zh for name in sorted(used & set(aggregations.members)))
            note = Text(en=f" The study aggregates by {names}.", zh=f"本研究的合成方法为{terms or names}。")
        yield fine(10, said.en + note.en, said.zh + note.zh, table)
        return
    severity: Severity = "serious" if moved[0] >= subject.far and moved[1] >= subject.far / 2 else "worth-knowing"
    yield Finding(
        10,
        "full-compensation",
        severity,
        Text(en="A strength makes up in full for a weakness", zh="长项完全弥补短板"),
        said,
        table,
        Text(
            en='Report the geometric mean, mazziotta-pareto or mean-min beside the sum (aggregate = "geometric" with '
            "normalise to = [1, 100]), or say why one thing may replace another.",
            zh='请同时报告几何平均、Mazziotta–Pareto 指数或均值—最小值函数的结果（aggregate = "geometric"，标准化至 '
            "to = [1, 100]），或论证指标间何以可相互替代。",
        ),
    )


def _averaged(subject: Subject, z: Floats, method: str) -> Floats:
    spec = subject.changed(
        normalise=Normalise(method="min-max", options={"to": (1.0, 100.0)}),
        aggregate=(Aggregate(method=method),),
        weigh=(Weigh(method="given", options={"relative": True}),),
    )
    return scores_under(subject.index.stages.weights, z, spec, subject.raw)[:, :, -1]


def _uneven(subject: Subject, z: Floats, full: Floats, partial: Floats) -> tuple[pd.DataFrame, tuple[int, float, Text]]:
    """Regions of the last year by how far their best and worst indicators lie apart, and how far ranks move."""
    t = subject.last
    before, after = ranks(full[t]), ranks(partial[t])
    change = after - before
    known = ~np.isnan(change)
    scores = np.where(subject.nominal > 0, z[t], np.nan)
    rows = []
    en, zh = subject.region_names()
    for r in np.flatnonzero(known & (~np.isnan(scores)).any(axis=1)):
        best, worst = int(np.nanargmax(scores[r])), int(np.nanargmin(scores[r]))
        top, bottom = subject.leaves[best].label, subject.leaves[worst].label
        rows.append(
            {
                "region": subject.index.regions[r],
                "region_name_en": en[r],
                "region_name_zh": zh[r],
                "rank_arithmetic": before[r],
                "rank_geometric": after[r],
                "places": change[r],
                "best_name_en": top.en,
                "best_name_zh": top.zh,
                "best": scores[r, best],
                "worst_name_en": bottom.en,
                "worst_name_zh": bottom.zh,
                "worst": scores[r, worst],
                "apart": scores[r, best] - scores[r, worst],
            }
        )
    table = pd.DataFrame(rows)
    if len(table):
        table = table.sort_values(["places", "apart"], key=abs, ascending=False, kind="stable", ignore_index=True)
    places = np.abs(change[known])
    largest, mean = (int(places.max()), float(places.mean())) if places.size else (0, 0.0)
    year = subject.times[t]
    said = Text(
        en=f"with geometric instead of arithmetic means of the same scores and weights, ranks of {year} move by "
        f"{mean:.1f} places on average (limit {subject.far / 2:g}) and {largest} at most (limit {subject.far}).",
        zh=f"得分与权重不变，仅以几何平均代替算术平均，{year} 年排名平均变动 {mean:.1f} 位（界限为 "
        f"{subject.far / 2:g} 位），最多变动 {largest} 位（界限为 {subject.far} 位）。",
    )
    return table, (largest, mean, said)


def coupling_misuse(subject: Subject) -> Iterator[Finding]:
    """Pitfall 13: whether coupling degrees tell anything, systems are distinct, and what obstacles cannot say."""
    tree, spec = subject.tree, subject.spec
    made = [f for f in tree.families if spec.aggregating(int(tree.levels[f.parent])).name == _COUPLING]
    obstacle = Text(
        en=" Obstacle degrees, should they be reported, share out a shortfall: a ranking of obstacles always exists "
        "and "
        "proves no bottleneck.",
        zh="若报告障碍度，须注意其只是对差距的分摊：障碍因子的排序必然存在，不能据此证明瓶颈所在。",
    )
    if not made:
        yield fine(
            13,
            "no element is made by coupling coordination." + obstacle.en,
            "没有维度由耦合协调度模型合成。" + obstacle.zh,
        )
        return
    found: list[Finding] = []
    tables = []
    for family in made:
        choice = spec.aggregating(int(tree.levels[family.parent]))
        form = choice.options.get("form", "standard")
        u = np.clip(oriented(subject.index.stages.scores[:, :, family.children], family.children, spec), 0.0, 1.0)
        c = coupling(u, form=form)
        known = c[~np.isnan(c)]
        node = tree.nodes[family.parent]
        low, high = (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)
        row = {"element": node.code, "name_en": node.label.en, "name_zh": node.label.zh, "form": form}
        tables.append(
            row | {"c_min": low, "c_median": float(np.median(known)) if known.size else np.nan, "c_max": high}
        )
        if form == "standard" and high - low < subject.limits.coupling_spread:
            found.append(_flat(subject, node.label, low, high, pd.DataFrame(tables[-1:])))
        found += _common(subject, [int(at) for at in family.children], node.label)
        if choice.options.get("zeros") == "keep" and (zeros := int((u == 0).any(axis=-1).sum())):
            found.append(_zeroed(node.label, zeros, pd.DataFrame(tables[-1:])))
    yield from found
    if not found:
        yield fine(
            13,
            "systems lie within 0 and 1, share no column, and coupling degrees differ by "
            f"{subject.limits.coupling_spread:g} or more." + obstacle.en,
            f"各系统水平位于 0 与 1 之间，不共用数据列，耦合度的差异不小于 {subject.limits.coupling_spread:g}。"
            + obstacle.zh,
            pd.DataFrame(tables),
        )


def _flat(subject: Subject, label: Text, low: float, high: float, table: pd.DataFrame) -> Finding:
    return Finding(
        13,
        "coupling-without-spread",
        "serious",
        Text(en="Coupling degrees tell regions apart by nothing", zh="耦合度缺乏区分度"),
        Text(
            en=f"all coupling degrees of '{label.en}' lie between {low:.3f} and {high:.3f} (spread below "
            f"{subject.limits.coupling_spread:g}): with systems of near-equal level the standard form is near 1 for "
            "everybody, and coordination is only the mean level again.",
            zh=f"“{label.zh}”的耦合度全部介于 {low:.3f} 与 {high:.3f} 之间（极差小于 "
            f"{subject.limits.coupling_spread:g}）："
            "各系统水平接近时，传统形式的耦合度几乎恒为 1，协调度只是综合水平的重复。",
        ),
        table,
        Text(
            en='Use form = "wang-2021", which spreads coupling over 0 to 1, or report the mean level itself.',
            zh='请采用修正形式 form = "wang-2021"，其取值分布于 0 至 1；或直接报告综合水平。',
        ),
    )


def _common(subject: Subject, children: list[int], label: Text) -> list[Finding]:
    """A finding where systems are made of the same columns."""
    tree = subject.tree
    used: dict[str, set[str]] = {}
    for child in children:
        leaves = [child] if child < tree.n_indicators else list(tree.below(tree.codes[child]))
        for at in leaves:
            used.setdefault(subject.leaves[at].source, set()).add(tree.codes[child])
    shared = {column: systems for column, systems in used.items() if len(systems) > 1}
    if not shared:
        return []
    columns = ", ".join(f"'{column}'" for column in shared)
    return [
        Finding(
            13,
            "systems-share-columns",
            "serious",
            Text(en="Coupled systems are made of the same data", zh="耦合的各系统共用数据"),
            Text(
                en=f"systems of '{label.en}' share {columns}: they are coupled by construction.",
                zh=f"“{label.zh}”的各系统共用 {'、'.join(f'“{column}”' for column in shared)}：其耦合由构造产生。",
            ),
            pd.DataFrame({"column": list(shared), "systems": [", ".join(sorted(of)) for of in shared.values()]}),
            Text(en="Give each column to one system.", zh="每个数据列只应归入一个系统。"),
        )
    ]


def _zeroed(label: Text, count: int, table: pd.DataFrame) -> Finding:
    return Finding(
        13,
        "coupling-of-zero",
        "worth-knowing",
        Text(en="Coordination of zero", zh="协调度为零"),
        Text(
            en=f"in {count} region-years a system of '{label.en}' is exactly 0, so coordination is 0 whatever the "
            "others "
            "are. A zero of min-max scores is the lowest of the sample, not nothing.",
            zh=f"“{label.zh}”有 {count} 个地区年份的某一系统恰为 0，故协调度为 0，与其他系统无关。极差标准化的 0 只表"
            "示样本最低值，"
            "并非没有。",
        ),
        table.assign(zero_region_years=count),
        Text(en="Normalise to = [0.01, 1].", zh="请标准化至 to = [0.01, 1]。"),
    )
