"""Pitfalls 7 and 15: what was never observed, who is not covered, and in whose prices."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.labels import INDICATOR, MISSING, OBSERVED, ORIGINS, ORIGINS_ZH, REGION, TIME, Floats
from xinzhi.core.specs import Text
from xinzhi.data import units
from xinzhi.data.regions import gazetteer
from xinzhi.measure.analysis.profiles import ranks
from xinzhi.measure.dispersion import deviation
from xinzhi.study.audit.findings import Finding, Severity, fine
from xinzhi.study.audit.subject import Subject, listed

# Every region takes two runs of the index; of very many, those with the most filled cells are tried.
_TRIED = 60

# What fills a cell from other years of the same region.
_OWN_YEARS = [ORIGINS.index(name) for name in ("linear", "constant", "latest")]

# The National Bureau of Statistics publishes these apart from the tables of provinces.
_APART = frozenset({"710000", "810000", "820000"})

_CONSTANT_PRICES = re.compile(
    r"不变价|可比价|平减|实际(?:值|增)|constant|deflated|real terms|(?:19|20)\d\d\s*年?\s*(?:价格|prices|US\$|PPP)",
    re.IGNORECASE,
)
_BOUNDARIES = re.compile(r"区划|撤并|边界|boundar", re.IGNORECASE)


def filled_cells(subject: Subject) -> Iterator[Finding]:
    """Pitfall 7: how much was filled, and whether ranks rest on it.

    Each region's filled cells alone are moved by one standard deviation, all for the better and all for the worse
    (within the observed range), and the index is measured again from there. Cells filled from the region's own years
    move by the deviation within regions, others by that of the whole column, since that is how little is known of them.
    """
    origin = subject.index.stages.origin
    filled, missing = origin > OBSERVED, origin == MISSING
    if missing.any():
        yield _gaps(subject, missing)
    if not filled.any():
        if not missing.any():
            yield fine(7, "every cell of the index was observed.", "指数的所有数据单元均为实测值。")
        return
    share, table = float(filled.mean()), _by_region(subject, filled)
    by_indicator = filled.mean(axis=(0, 1))
    most = int(np.argmax(by_indicator))
    used = [int(code) for code in np.unique(origin[filled])]
    en = ", ".join(f"{ORIGINS[code]} {(origin == code).mean():.1%}" for code in used)
    zh = "、".join(f"{ORIGINS_ZH[code]} {(origin == code).mean():.1%}" for code in used)
    widest = table["rank_range"].max()
    limits = subject.limits
    carried = int((table["rank_range"] >= subject.far).sum())
    rests = carried > limits.carried * len(subject.index.regions)
    severity: Severity = "serious" if rests else "worth-knowing"
    proof_en, proof_zh = "", ""
    if widest == widest:
        row = table.iloc[0]
        proof_en = (
            " Moved by one standard deviation to either side (within regions for cells filled from a region's own "
            "years, "
            f"of the whole column for others), its filled cells alone put {row['region_name_en']} "
            f"between rank {row['rank_best']:.0f} and {row['rank_worst']:.0f} in {row['time']}; the regions that move "
            f"{subject.far} places or more are {carried} (limit {limits.carried:.0%} of all)."
        )
        proof_zh = (
            "将填补值上下移动一个标准差（由本地区其他年份填补的取地区内标准差，其余取整列标准差），"
            f"{row['region_name_zh']} {row['time']} 年的排名即在第 {row['rank_best']:.0f} "
            "至第 "
            f"{row['rank_worst']:.0f} 位之间；有 {carried} 个地区的排名变动达到 {subject.far} 位（界限为全部地"
            f"区的 {limits.carried:.0%}）。"
        )
    label = subject.leaves[most].label
    yield Finding(
        7,
        "filled-cells-carry-ranks" if rests else "filled-cells",
        severity,
        Text(en="Ranks rest on filled cells", zh="排名依赖填补数据")
        if rests
        else Text(en="Some cells are filled", zh="部分数据为填补值"),
        Text(
            en=f"{share:.1%} of the cells are filled ({en}), most in '{label.en}' "
            f"({by_indicator[most]:.0%}).{proof_en}",
            zh=f"{share:.1%} 的数据单元为填补值（{zh}），以“{label.zh}”最多（{by_indicator[most]:.0%}）。{proof_zh}",
        ),
        table,
        Text(
            en="Let xz.vary draw the fillings, so that filled cells widen the intervals; leave out years or indicators "
            "that are mostly filled; print what was filled under the table.",
            zh="请用 xz.vary 对填补值作多重抽样，使填补数据体现为更宽的区间；剔除以填补为主的年份或指标；并在表下注明"
            "填补情况。",
        ),
    )


def _gaps(subject: Subject, missing: npt.NDArray[np.bool_]) -> Finding:
    by_indicator = missing.mean(axis=(0, 1))
    most = int(np.argmax(by_indicator))
    label = subject.leaves[most].label
    return Finding(
        7,
        "cells-missing",
        "worth-knowing",
        Text(en="Some cells stay missing", zh="部分数据仍然缺失"),
        Text(
            en=f"{missing.mean():.1%} of the cells are missing and were not filled, most in '{label.en}' "
            f"({by_indicator[most]:.0%}). A score then rests on the indicators that are there, so regions are not "
            "compared on the same ones.",
            zh=f"{missing.mean():.1%} 的数据单元缺失且未填补，以“{label.zh}”最多（{by_indicator[most]:.0%}）。此时得分"
            "仅依据"
            "现有指标，各地区的比较口径不一致。",
        ),
        subject.table(missing=by_indicator),
        Text(
            en="Fill them (impute), ask for a least share of indicators (aggregate.least), or screen such region-years "
            "out.",
            zh="请予以填补（impute）、设置最低指标比例（aggregate.least），或筛除这类地区年份（screen）。",
        ),
    )


def _by_region(subject: Subject, filled: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Per region with filled cells: their share, and the widest range of ranks in a year in which it has some."""
    spec, cells = subject.filled_in
    values = cells.transpose(TIME, REGION, INDICATOR).values
    flat = values.reshape(-1, values.shape[-1])
    from_own = np.isin(subject.index.stages.origin, _OWN_YEARS)
    step = np.where(from_own, _within_regions(values), deviation(flat)) * subject.tree.directions[: values.shape[-1]]
    low, high = np.fmin.reduce(flat, axis=0), np.fmax.reduce(flat, axis=0)
    share = filled.mean(axis=(0, 2))
    tried = np.argsort(-share, kind="stable")[: min(_TRIED, int((share > 0).sum()))]
    en, zh = subject.region_names()
    rows = []
    for r in tried:
        own = np.zeros_like(filled)
        own[:, r] = filled[:, r]
        ends = []
        for way in (1, -1):
            moved = np.where(own, np.clip(values + way * step, low, high), values)
            again = subject.measured(spec, cells.copy(data=moved.transpose(1, 0, 2)))
            ends.append(_ranks_of(again.stages.scores[:, :, -1], int(r)) if again else np.full(len(values), np.nan))
        best, worst = np.fmin(*ends), np.fmax(*ends)
        reach = np.where(filled[:, r].any(axis=1), worst - best, np.nan)
        t = int(np.nanargmax(reach)) if (~np.isnan(reach)).any() else 0
        rows.append((share[r], subject.times[t], best[t], worst[t], reach[t]))
    table = pd.DataFrame(rows, columns=["filled", "time", "rank_best", "rank_worst", "rank_range"])
    table.insert(0, "region", [subject.index.regions[r] for r in tried])
    table.insert(1, "region_name_en", [en[r] for r in tried])
    table.insert(2, "region_name_zh", [zh[r] for r in tried])
    return table.sort_values("rank_range", ascending=False, kind="stable", ignore_index=True)


def _within_regions(values: Floats) -> Floats:
    """Standard deviation of every column about the means of its regions, n - regions in the denominator."""
    seen = ~np.isnan(values)
    n = seen.sum(axis=0)
    centre = np.where(seen, values, 0.0).sum(axis=0) / np.maximum(n, 1)
    squares = np.where(seen, values - centre, 0.0) ** 2
    return np.asarray(np.sqrt(squares.sum(axis=(0, 1)) / np.maximum((n - (n > 0)).sum(axis=0), 1)))


def _ranks_of(scores: Floats, region: int) -> Floats:
    return np.array([ranks(year)[region] for year in scores])


def coverage(subject: Subject) -> Iterator[Finding]:
    """Pitfall 15: regions that are not there, money of different years, and boundaries nobody wrote down."""
    found = [*_absent(subject), *_prices(subject), *_boundaries(subject)]
    yield from found
    if not found:
        yield fine(
            15,
            "every region of the gazetteer has a score in every year, no money of several years stands at current "
            "prices, and boundaries are spoken of or cannot have changed.",
            "名录中的地区各年均有得分，没有跨年使用现价的货币指标，行政区划变动已有说明或不涉及。",
        )


def _absent(subject: Subject) -> Iterator[Finding]:
    about = subject.run.study.spec.study
    scored = ~np.isnan(subject.top)
    present = {str(code) for code in subject.index.regions[scored.any(axis=0)]}
    book = gazetteer(about.regions).regions
    absent = [region for code, region in book.items() if code not in present]
    partly = np.flatnonzero(scored.any(axis=0) & ~scored.all(axis=0))
    if not absent and not partly.size:
        return
    rows = [(region.code, region.name_en, region.name_zh, 0) for region in absent]
    en, zh = subject.region_names()
    rows += [(str(subject.index.regions[r]), en[r], zh[r], int(scored[:, r].sum())) for r in partly]
    table = pd.DataFrame(rows, columns=["region", "region_name_en", "region_name_zh", "years_scored"])
    said_en, said_zh = [], []
    if absent:
        names = listed([region.name_en for region in absent], [region.name_zh for region in absent])
        title = gazetteer(about.regions).title
        said_en.append(f"{len(absent)} of {len(book)} ({title.en}) are not in the index: {names.en}.")
        said_zh.append(f"{title.zh}共 {len(book)} 个，有 {len(absent)} 个未纳入指数：{names.zh}。")
        if about.regions == "china-provinces" and {region.code for region in absent} <= _APART:
            said_en.append("The provincial tables of the National Bureau of Statistics do not hold them.")
            said_zh.append("国家统计局分省数据不含上述地区。")
        if about.drop_regions or about.keep_regions:
            said_en.append("The study file itself leaves regions out (drop_regions, keep_regions).")
            said_zh.append("研究文件自身设定了剔除或保留的地区（drop_regions、keep_regions）。")
    if partly.size:
        names = listed([en[r] for r in partly], [zh[r] for r in partly])
        said_en.append(
            f"{partly.size} regions have a score in some years only: {names.en}; ranks of these years differ in length."
        )
        said_zh.append(f"{partly.size} 个地区仅部分年份有得分：{names.zh}；各年参与排名的地区数不同。")
    only_apart = about.regions == "china-provinces" and {region.code for region in absent} <= _APART
    if only_apart and not partly.size:
        yield fine(15, " ".join(said_en), "".join(said_zh), table)
        return
    yield Finding(
        15,
        "regions-absent",
        "worth-knowing",
        Text(en="Not every region is covered", zh="地区覆盖不完整"),
        Text(en=" ".join(said_en), zh="".join(said_zh)),
        table,
        Text(
            en="Say which regions are left out and why; ranks, gaps and means hold for those that remain.",
            zh="请说明未纳入的地区及其原因；排名、差距与均值仅对所涵盖的地区成立。",
        ),
    )


def _prices(subject: Subject) -> Iterator[Finding]:
    if len(subject.times) < 2:
        return
    hit = [at for at in range(len(subject.leaves)) if _in_current_money(subject, at)]
    if not hit:
        return
    names = subject.names(hit)
    spread = f"{subject.times[0]}–{subject.times[-1]}"
    yield Finding(
        15,
        "current-prices",
        "worth-knowing",
        Text(en="Money of different years without a price base", zh="跨年货币指标未注明价格基期"),
        Text(
            en=f"{names.en}: sums of money over {spread}, {subject.nominal[hit].sum():.0%} of the index, and nothing "
            "says in whose prices. At current prices inflation counts as growth.",
            zh=f"{names.zh}为 {subject.times[0]}—{subject.times[-1]} 年的货币指标，占指数的 "
            f"{subject.nominal[hit].sum():.0%}，未注明价格基期。若为现"
            "价，"
            "物价上涨会被计为增长。",
        ),
        subject.table(hit, unit=[_money(subject, at) for at in hit], nominal=subject.nominal[hit]),
        Text(
            en="Deflate to one base year and say so in the unit or title, or divide by money of the same year (GDP).",
            zh="请平减至同一基期并在单位或名称中注明，或以同年货币量（如地区生产总值）作分母。",
        ),
    )


def _money(subject: Subject, at: int) -> str:
    leaf = subject.leaves[at]
    return subject.column_unit(leaf.source) or leaf.unit or ""


def _in_current_money(subject: Subject, at: int) -> bool:
    """Whether an indicator is money that nothing of the same kind divides and no words say to be at constant prices."""
    leaf, label = subject.leaves[at], _money(subject, at)
    unit = units.find(label)
    if unit is None or not unit.dimension.startswith("money"):
        return False
    if subject.divides(at):
        below = units.find(subject.column_unit(str(leaf.denominator)))
        if below is not None and below.dimension.startswith("money"):
            return False
    words = (label, leaf.unit or "", *subject.called(at), *subject.titles(leaf.source))
    return not any(_CONSTANT_PRICES.search(word) for word in words)


def _boundaries(subject: Subject) -> Iterator[Finding]:
    about = subject.run.study.spec.study
    if len(subject.times) < 2 or about.fictional:
        return
    if about.note and any(_BOUNDARIES.search(text) for text in (about.note.en, about.note.zh)):
        return
    yield Finding(
        15,
        "boundaries-not-recorded",
        "worth-knowing",
        Text(en="Boundaries are not spoken of", zh="未说明行政区划变动"),
        Text(
            en=f"nothing in the study says whether regions kept their boundaries from {subject.times[0]} to "
            f"{subject.times[-1]}; a merger reads as growth of the region that gained.",
            zh=f"研究未说明 {subject.times[0]}—{subject.times[-1]} 年间各地区的行政区划是否调整；区划合并会表现为并入"
            "地区的增长。",
        ),
        pd.DataFrame(),
        Text(
            en='Say it in the note of [study], for instance note = "boundaries of 2023 throughout".',
            zh='请在 [study] 的 note 中写明，例如 note = "统一采用 2023 年行政区划"。',
        ),
    )
