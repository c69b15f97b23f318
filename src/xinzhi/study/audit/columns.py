"""Pitfalls 2 and 3: indicators that say the same, and totals among ratios."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.labels import INDICATOR, REGION, TIME, Floats
from xinzhi.core.specs import Text
from xinzhi.measure.dispersion import correlation
from xinzhi.study.audit.findings import Finding, fine
from xinzhi.study.audit.labels import extensive, formula, relative
from xinzhi.study.audit.subject import Subject, listed, quantity, rank_correlations

_SIZES = frozenset({"gdp", "population", "workers", "budget_total", "energy_total", "firms_total"})

_INDEX = re.compile(r"指数|综合(?:得分|评价)|(?:^|[\W_])(?:index|indices|composite score)(?:[\W_]|$)", re.IGNORECASE)
_PRICES = re.compile(r"价格|物价|price", re.IGNORECASE)


def double_counting(subject: Subject) -> Iterator[Finding]:
    """Pitfall 2: indicators that say the same, are made of the same, or are themselves composite indices.

    To say the same they must go together over all region-years and within years as well: whatever rises with the years
    correlates, and need not rank regions alike.
    """
    of_years = _less_years(subject.index.stages.normalised)
    r = np.nan_to_num(correlation(subject.cells))
    if len(subject.times) > 1:
        within = np.nan_to_num(correlation(of_years))
        r = np.where(np.abs(within) < np.abs(r), within, r)
    table = _redundancy(subject, r, of_years)
    found = [*_twice(subject), *_clusters(subject, r, table), *_shared(subject), *_nested(subject)]
    yield from found
    if not found:
        strongest = float(np.abs(r - np.diag(np.diag(r))).max(initial=0.0))
        yield fine(
            2,
            f"no column is used twice, none is called an index, the strongest correlation is |r| = {strongest:.2f} "
            f"(limit {subject.limits.redundant:g}) and no variance inflation reaches {subject.limits.vif:g}.",
            f"没有重复使用的数据列，没有名为指数的指标，最强相关为 |r| = {strongest:.2f}（界限为 "
            f"{subject.limits.redundant:g}），方差膨胀因子均低于 {subject.limits.vif:g}。",
            table,
        )


def _less_years(z: Floats) -> Floats:
    """Cells (region-year, indicator) of (time, region, indicator) less the means of their years."""
    seen = ~np.isnan(z)
    means = np.where(seen, z, 0.0).sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    return np.asarray((z - means).reshape(-1, z.shape[-1]))


def _redundancy(subject: Subject, r: Floats, of_years: Floats) -> pd.DataFrame:
    strength = np.abs(r - np.diag(np.diag(r)))
    nearest = strength.argmax(axis=1)
    return subject.table(
        group=_groups(strength, subject.limits.redundant),
        nearest=[subject.leaves[at].code for at in nearest],
        r=r[np.arange(len(r)), nearest],
        vif=np.fmin(_inflation(subject.cells), _inflation(of_years))
        if len(subject.times) > 1
        else _inflation(subject.cells),
        nominal=subject.nominal,
    )


def _groups(strength: Floats, limit: float) -> npt.NDArray[np.int_]:
    """Numbers from 1 for indicators all of whose pairs reach the limit (complete linkage); 0 for those without a group.

    Chains in which the ends have little in common are cut, so that a group can be called one thing.
    """
    from scipy.cluster.hierarchy import fcluster, linkage  # slow to load

    if len(strength) < 2:
        return np.zeros(len(strength), dtype=int)
    apart = 1 - strength[np.triu_indices(len(strength), 1)]
    trees = fcluster(linkage(apart, "complete"), 1 - limit + 1e-12, "distance")
    labels, counts = np.unique(trees, return_counts=True)
    several = labels[counts > 1]
    return np.where(np.isin(trees, several), np.searchsorted(several, trees) + 1, 0)


def _inflation(cells: Floats) -> Floats:
    """1 / (1 - R²) of each column on the others, over complete cells; ``nan`` for too few cells or a constant."""
    known = cells[~np.isnan(cells).any(axis=1)]
    n, k = known.shape
    if k < 2 or n <= k or (np.ptp(known, axis=0) == 0).any():
        return np.full(k, np.nan)
    z = (known - known.mean(axis=0)) / known.std(axis=0)
    out = np.empty(k)
    for j in range(k):
        rest = np.delete(z, j, axis=1)
        left = z[:, j] - rest @ np.linalg.lstsq(rest, z[:, j], rcond=None)[0]
        unexplained = float(left @ left) / n
        out[j] = 1 / unexplained if unexplained > 1e-12 else np.inf
    return out


def _twice(subject: Subject) -> Iterator[Finding]:
    by_formula: dict[str, list[int]] = defaultdict(list)
    for at in range(len(subject.leaves)):
        by_formula[formula(subject, at)].append(at)
    for made_of, users in by_formula.items():
        if len(users) < 2:
            continue
        names, joint = subject.names(users), float(subject.nominal[users].sum())
        yield Finding(
            2,
            "same-column-twice",
            "serious",
            Text(en="The same quantity counted twice", zh="同一数据重复计入"),
            Text(
                en=f"{names.en} are all '{made_of}': it counts {len(users)} times, {joint:.0%} of the index together.",
                zh=f"{names.zh}均取自“{made_of}”，被计入 {len(users)} 次，合计占指数的 {joint:.0%}。",
            ),
            subject.table(users, formula=made_of, nominal=subject.nominal[users]),
            Text(en="Keep one of them.", zh="请只保留其中一个。"),
        )


def _clusters(subject: Subject, r: Floats, table: pd.DataFrame) -> Iterator[Finding]:
    groups, limits = table["group"].to_numpy(), subject.limits
    way = Text(
        en="Keep one of each group, or give the group one weight to share (a parent of its own); CRITIC weights "
        "and principal components discount what others already say.",
        zh="每组保留一个指标，或将其置于同一上级之下共享权重；也可采用 CRITIC 法、主成分分析法降低信息重复。",
    )
    for group in range(1, int(groups.max(initial=0)) + 1):
        at = np.flatnonzero(groups == group)
        names, joint = subject.names(at), float(subject.nominal[at].sum())
        inside = np.abs(r[np.ix_(at, at)])
        strongest = float((inside - np.diag(np.diag(inside))).max())
        same = strongest >= 0.999
        yield Finding(
            2,
            "near-duplicates" if same else "redundant-indicators",
            "serious" if same or joint > limits.nested_weight else "worth-knowing",
            Text(en="Indicators that say the same", zh="信息高度重复的指标"),
            Text(
                en=f"{names.en} move together, over all years and within them (|r| up to {strongest:.3f}, limit "
                f"{limits.redundant:g}), and hold {joint:.0%} of the index between them.",
                zh=f"{names.zh}在各年合并与年内均高度相关（|r| 最高为 {strongest:.3f}，界限为 {limits.redundant:g}），"
                f"合计占指数的 {joint:.0%}。",
            ),
            table.iloc[at].reset_index(drop=True),
            way,
        )
    inflated = np.flatnonzero((table["vif"].to_numpy() >= limits.vif) & (groups == 0))
    if inflated.size:
        names, worst = subject.names(inflated), float(table["vif"].to_numpy()[inflated].max())
        yield Finding(
            2,
            "collinear-indicators",
            "worth-knowing",
            Text(en="Indicators that the others add up to", zh="可由其他指标推出的指标"),
            Text(
                en=f"{names.en}: the other indicators together explain them (variance inflation up to {worst:.1f}, "
                f"limit {limits.vif:g}), though no single one does.",
                zh=f"{names.zh}可由其余指标共同解释（方差膨胀因子最高为 {worst:.1f}，界限为 {limits.vif:g}），尽管与任"
                "一单个"
                "指标的相关性并不强。",
            ),
            table.iloc[inflated].reset_index(drop=True),
            way,
        )


def _shared(subject: Subject) -> Iterator[Finding]:
    users: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for at, leaf in enumerate(subject.leaves):
        users[leaf.source].append((at, "column"))
        if subject.divides(at):
            users[str(leaf.denominator)].append((at, "denominator"))
    several = {column: of for column, of in users.items() if len({formula(subject, at) for at, _ in of}) > 1}
    if not several:
        return
    rows = [
        {"column": column, "role": role} | subject.table([at]).iloc[0].to_dict()
        for column, of in several.items()
        for at, role in of
    ]
    columns = listed(list(several), list(several))
    yield Finding(
        2,
        "shared-parts",
        "worth-knowing",
        Text(en="Indicators made of the same columns", zh="指标共用数据列"),
        Text(
            en=f"{columns.en} stand in more than one indicator. Ratios that share a part correlate by construction, "
            "and an error in it moves them all.",
            zh=f"{columns.zh}出现在多个指标中。共用分子或分母的比率之间存在构造性相关，该列的误差会同时影响这些指标。",
        ),
        pd.DataFrame(rows),
        Text(
            en="Say so beside the indicator table; where the shared part is a denominator, see whether another size "
            "(population instead of output) leaves the ranking as it is.",
            zh="请在指标体系表旁予以说明；若共用的是分母，宜更换规模变量（如以人口代替产出）检验排名是否稳健。",
        ),
    )


def _nested(subject: Subject) -> Iterator[Finding]:
    at = [i for i in range(len(subject.leaves)) if _is_index(subject, i)]
    if not at:
        return
    names = subject.names(at)
    yield Finding(
        2,
        "index-within-index",
        "worth-knowing",
        Text(en="An index within the index", zh="指数中嵌套指数"),
        Text(
            en=f"{names.en}: by name a composite index, with {subject.nominal[at].sum():.0%} of the weight. What it is "
            "made of may stand beside it in this index as well (a digital economy index beside broadband).",
            zh=f"{names.zh}从名称看本身即为综合指数，权重合计 {subject.nominal[at].sum():.0%}。其构成指标可能已在本指"
            "数中"
            "另行计入（如数字经济指数与宽带用户并列）。",
        ),
        subject.table(at, formula=[formula(subject, i) for i in at], nominal=subject.nominal[at]),
        Text(
            en="List its components and take out what counts twice, or replace it by those components.",
            zh="请列出其构成指标并剔除重复部分，或以这些构成指标取代之。",
        ),
    )


def _is_index(subject: Subject, at: int) -> bool:
    called = subject.called(at)
    return any(_INDEX.search(name) for name in called) and not any(_PRICES.search(name) for name in called)


def totals(subject: Subject) -> list[int]:
    """The indicators that are totals: a unit that adds up, nothing divides them, and their values go with size.

    Size is told by the columns the catalogue knows as one and by those the study divides by; where there is none, by
    regions of one year that lie orders of magnitude apart.
    """
    return [int(at) for at in np.flatnonzero(_scale(subject)["total"])]


def _scale(subject: Subject) -> pd.DataFrame:
    x, limits = subject.index.stages.denominated, subject.limits
    followed, r = _followed(subject, x)
    decades = _decades(x)
    rows = []
    for at in range(len(subject.leaves)):
        unit, promised = subject.unit(at), relative(subject.called(at))
        apart = decades[at] >= limits.decades
        large = r[at] >= limits.follows or (apart and (np.isnan(r[at]) or not promised))
        adds_up = extensive(unit) if unit else not promised
        rows.append(adds_up and bool(large) and not subject.divides(at))
    labels = [subject.unit_label(at) for at in range(len(rows))]
    return subject.table(unit=labels, size=followed, r=r, decades=decades, total=rows, nominal=subject.nominal)


def _followed(subject: Subject, x: Floats) -> tuple[list[str], Floats]:
    """The size variable that each indicator of (time, region, k) goes with most, and how closely.

    Rank correlations across regions, their mean over years; none where an indicator is the only size there is.
    """
    of = subject.run.data.panel.transpose(TIME, REGION, INDICATOR)
    divisors = {str(leaf.denominator) for leaf in subject.leaves if leaf.denominator}
    codes = [str(code) for code in of[INDICATOR].values]
    known = [c for c in codes if c in divisors or {quantity(n) for n in (c, *subject.titles(c))} & _SIZES]
    if not known:
        return [""] * x.shape[-1], np.full(x.shape[-1], np.nan)
    by_year = rank_correlations(x, of.sel({INDICATOR: known}).values)
    seen = ~np.isnan(by_year)
    mean = np.where(seen, by_year, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    own = np.array([[leaf.source == code for code in known] for leaf in subject.leaves])
    mean = np.where(seen.any(axis=0) & ~own, mean, -np.inf)
    best = mean.argmax(axis=1)
    r = np.where(np.isfinite(mean.max(axis=1)), mean.max(axis=1), np.nan)
    return ["" if np.isnan(r[at]) else known[best[at]] for at in range(len(best))], r


def _decades(x: Floats) -> Floats:
    """Orders of magnitude between the greatest and the least positive region of a year, means over years, (k,)."""
    positive = np.where(x > 0, x, np.nan)
    apart = np.log10(np.fmax.reduce(positive, axis=1) / np.fmin.reduce(positive, axis=1))
    seen = ~np.isnan(apart)
    return np.asarray(np.where(seen, apart, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1))


def scale_among_ratios(subject: Subject) -> Iterator[Finding]:
    """Pitfall 3: totals beside ratios, and what the ranking is without them."""
    table, limits = _scale(subject), subject.limits
    at = [int(i) for i in np.flatnonzero(table["total"])]
    if not at:
        yield fine(
            3,
            "no indicator is an undivided total that goes with the size of a region (rank correlation with a size "
            f"variable from {limits.follows:g}, or {limits.decades:g} orders of magnitude between regions).",
            f"没有未经相对化且随地区规模变动的总量指标（与规模变量的秩相关达到 {limits.follows:g}，或地区间相差 "
            f"{limits.decades:g} 个数量级）。",
            table,
        )
        return
    names, joint = subject.names(at), float(subject.nominal[at].sum())
    way = Text(
        en='Divide them by what they should be read against (denominator = "population", "gdp"), or keep totals in an '
        "index of their own and call it size.",
        zh='请以相应规模量作分母（如 denominator = "population"、"gdp"），或将总量指标另立为规模指数。',
    )
    if len(at) == len(subject.leaves):
        yield Finding(
            3,
            "all-totals",
            "serious",
            Text(en="An index of totals is an index of size", zh="全部为总量指标，所测实为规模"),
            Text(
                en=f"all {len(at)} indicators are totals: large regions come first because they are large.",
                zh=f"全部 {len(at)} 个指标均为总量指标：规模大的地区因其规模而居前。",
            ),
            table,
            way,
        )
        return
    spec = subject.without(at)
    rerun = subject.measured(spec) if spec else None
    numbers, severity = table, "serious"
    moved = Text(en="the index could not be measured without them", zh="剔除后无法重新测算")
    if rerun is not None:
        moves = subject.moves(rerun.stages.scores[:, :, -1])
        moved, numbers = moves.said, moves.table
        severity = "serious" if moves.grade(subject.far) == "serious" else "worth-knowing"
    yield Finding(
        3,
        "totals-among-ratios",
        severity,  # type: ignore[arg-type]
        Text(en="Totals stand beside ratios", zh="总量指标与比率指标混用"),
        Text(
            en=f"{names.en}: undivided totals, {joint:.0%} of the index, beside {len(subject.leaves) - len(at)} "
            f"indicators that are not. Without them {moved.en}.",
            zh=f"{names.zh}为未经相对化的总量指标，占指数的 {joint:.0%}，与其余 {len(subject.leaves) - len(at)} 个指标"
            "混用。"
            f"剔除后，{moved.zh}。",
        ),
        numbers,
        way,
    )
