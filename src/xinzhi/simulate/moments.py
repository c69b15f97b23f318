"""What a run is held against: moments of its ladder, industries, regions, discoveries and firms, each one number.

A moment that a run does not have (no start-up has ended, too few firms for a tail) is ``nan``. Moments of cells need
nothing but employment by region, industry and year, so the same function tells them of a run and of data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.simulate.facts import measured
from xinzhi.simulate.lags import BACKED, DISCOVERIES, incidence
from xinzhi.simulate.posterior import Target
from xinzhi.simulate.targets import TARGETS

if TYPE_CHECKING:
    from xinzhi.simulate.history import History

_A_YEAR = 4  # quarters
_LARGEST = 5  # regions
# Facts of firms and their productivity that are moments too, by the code they have among the facts.
_FACTS = (
    *("growth_shape", "growth_tail", "spread_by_size", "size_tail", "region_size_tail", "ninety_ten"),
    *("productivity_growth", "net_entry"),
)
# Those that a world without data of its own is calibrated by. The others are kept as evidence: nothing was fitted to
# them. Tails of sizes differ between the sources, and net entry grows with the years between.
_FITTED = ("growth_shape", "growth_tail", "spread_by_size", "ninety_ten", "productivity_growth")

TITLES: dict[str, Text] = {
    "future_share": Text(en="future industries, share of output at the end", zh="未来产业占比（期末）"),
    "emerging_share": Text(
        en="strategic emerging industries, share of output at the end", zh="战略性新兴产业占比（期末）"
    ),
    "leading_share": Text(en="leading industries, share of output at the end", zh="主导产业占比（期末）"),
    "pillar_share": Text(en="pillar industries, share of output at the end", zh="支柱产业占比（期末）"),
    "to_emerging": Text(en="employment that leaves the future rung upwards, a year", zh="未来产业年升级比重"),
    "to_leading": Text(en="employment that comes to lead, a year", zh="升为主导产业的年比重"),
    "to_pillar": Text(en="employment that comes to be a pillar, a year", zh="升为支柱产业的年比重"),
    "to_traditional": Text(en="employment that becomes traditional, a year", zh="转为传统产业的年比重"),
    "back": Text(en="employment that moves back on the ladder, a year", zh="梯级回退的年比重"),
    "births": Text(en="industries born, in ten years", zh="十年新生产业数"),
    "new_quality_growth": Text(en="gain of the new-quality share, a year", zh="新质产出占比年增量"),
    "efficiency_growth": Text(en="growth of mean productivity, logs a year", zh="平均生产率年增长（对数）"),
    "largest_regions": Text(en="share of output of the five largest regions", zh="前五位地区产出占比"),
    "region_gini": Text(en="Gini coefficient of new-quality output per head", zh="地区新质产出基尼系数"),
    "market_5y": Text(en="discoveries on the market within 5 years", zh="五年内进入市场的发现占比"),
    "lapsed_5y": Text(en="discoveries lapsed within 5 years", zh="五年内流失的发现占比"),
    "abandoned_5y": Text(en="discoveries given up within 5 years", zh="五年内放弃的发现占比"),
    "listed_5y": Text(en="start-ups listed within 5 years of backing", zh="五年内上市的创投企业占比"),
    "acquired_5y": Text(en="start-ups acquired within 5 years of backing", zh="五年内被并购的创投企业占比"),
    "dead_5y": Text(en="start-ups dead within 5 years of backing", zh="五年内倒闭的创投企业占比"),
    "discoveries": Text(en="discoveries a year", zh="年发现数"),
    "entry_rate": Text(en="firms founded per firm, a year", zh="企业年进入率"),
    "exit_rate": Text(en="firms closed per firm, a year", zh="企业年退出率"),
    "startup_rate": Text(en="start-ups from discoveries per thousand firms, a year", zh="每千家企业年科技创业数"),
    "growth_spread": Text(en="spread of yearly firm growth, logs", zh="企业年增长离散度（对数）"),
    **{code: TARGETS[code].name for code in _FACTS},
    "driver_share": Text(en="employment on the newest driver at the end", zh="最新动力采用率（期末）"),
    "clean_share": Text(en="clean energy at the end, share of use", zh="清洁能源占比（期末）"),
    "skill_shortage": Text(en="skilled posts unfilled, mean", zh="技能岗位缺口率（均值）"),
    "region_churn": Text(en="employment that changes region, share a year", zh="就业的年地区转移比重"),
    "industry_churn": Text(en="employment that changes industry, share a year", zh="就业的年产业转移比重"),
    "top_region": Text(en="share of employment of the five largest regions", zh="前五位地区就业占比"),
    "specialisation": Text(
        en="Krugman's index of specialisation, mean of regions", zh="克鲁格曼专业化指数（地区均值）"
    ),
    "cell_entry": Text(en="regions' industries that come to be specialised, share a year", zh="地区产业年进入率"),
    "cell_exit": Text(en="regions' industries that cease to be specialised, share a year", zh="地区产业年退出率"),
    "cell_memory": Text(en="correlation of specialisations, first year and last", zh="专业化首末年相关系数"),
}
"""Every moment, with what it is."""


def _stylised(code: str) -> Target:
    """The middle of a fact's range; one deviation is half of half the range, as of an interval of 95 %."""
    fact = TARGETS[code]
    assert fact.low is not None and fact.high is not None
    return Target((fact.low + fact.high) / 2, (fact.high - fact.low) / 4, fact.source)


STYLISED: dict[str, Target] = {code: _stylised(code) for code in _FITTED}
"""What is known of firms anywhere, for a world without data of its own. None of it speaks of the ladder."""


def moments(history: History) -> dict[str, float]:
    """Every moment of one run by its name; ``nan`` where the run has no such moment."""
    told: dict[str, float] = {}
    for part in (_ladder, _growth, _discoveries, _firms):
        told |= part(history)
    old = history.born_quarter == 0  # data know the industries of the start only
    return told | cell_moments(history.cells[:, :, old])


def cell_moments(cells: Floats) -> dict[str, float]:
    """Moments of employment by year, region and industry (Y, R, J), of a run or of data; all shares, no units.

    A region is specialised where its location quotient is 1 or more. Entry and exit compare the first year with the
    last and are told per year. ``nan`` without two years. Raises ``MethodError`` for numbers missing or negative.
    """
    if not (np.isfinite(cells).all() and (cells >= 0).all()):
        raise MethodError(
            Fault(
                "bad-cells",
                "employment by year, region and industry must be numbers from 0; some are missing or negative. Fill "
                "them or leave the industry out.",
                "分年、地区、产业的就业须为不小于 0 的数；现有缺失或负值。请填补，或剔除相应产业。",
            )
        )
    names = ("region_churn", "industry_churn", "top_region", "specialisation", "cell_entry", "cell_exit", "cell_memory")
    years = len(cells) - 1
    if years < 1 or not (cells.sum(axis=(1, 2)) > 0).all():
        return dict.fromkeys(names, np.nan)
    shares = cells / cells.sum(axis=(1, 2), keepdims=True)
    regions, industries = shares.sum(axis=2), shares.sum(axis=1)
    first, last = quotients(cells[0]), quotients(cells[-1])
    had, has = first >= 1, last >= 1
    there = (first > 0) & (last > 0)
    within = shares[-1] / np.maximum(regions[-1][:, None], 1e-300)
    values = (
        float(np.abs(np.diff(regions, axis=0)).sum() / 2 / years),
        float(np.abs(np.diff(industries, axis=0)).sum() / 2 / years),
        float(np.sort(regions[-1])[-_LARGEST:].sum()),
        float(np.abs(within - industries[-1]).sum(axis=1)[regions[-1] > 0].mean()),
        float((has & ~had).sum() / max((~had).sum(), 1) / years),
        float((had & ~has).sum() / max(had.sum(), 1) / years),
        _correlation(np.log(first[there]), np.log(last[there])),
    )
    return dict(zip(names, values, strict=True))


def targets_from(cells: Floats) -> dict[str, Target]:
    """Targets of a study's own employment by year, region and industry (Y, R, J).

    How far each may be off is its standard error over regions left out one by one (jackknife; Efron 1982). Moments that
    the data do not have are left out.
    """
    whole, count = cell_moments(cells), cells.shape[1]
    without = [list(cell_moments(np.delete(cells, region, axis=1)).values()) for region in range(count)]
    errors = np.sqrt((count - 1) * np.var(without, axis=0))
    source = f"the study's own data, {len(cells)} years, {count} regions"
    return {
        name: Target(value, float(error), source)
        for (name, value), error in zip(whole.items(), errors, strict=True)
        if np.isfinite(value) and np.isfinite(error)
    }


def quotients(cells: Floats) -> Floats:
    """Location quotients (R, J); 0 where a region or an industry has nobody."""
    expected = cells.sum(axis=1, keepdims=True) * cells.sum(axis=0, keepdims=True) / cells.sum()
    return np.asarray(np.divide(cells, expected, out=np.zeros_like(cells), where=expected > 0))


def _ladder(history: History) -> dict[str, float]:
    """Shares of the rungs at the end, and what crosses from rung to rung a year.

    Rungs are an order, so what crosses the border above rung r is what the rungs up to r lose: the fall of their
    cumulated membership, each industry by its employment (the cheapest transport on a line).
    """
    last = min(_A_YEAR, history.quarters)
    names = ("future", "emerging", "leading", "pillar")
    told = {f"{name}_share": float(history.series(f"{name}_share")[-last:].mean()) for name in names}
    flows = ("to_emerging", "to_leading", "to_pillar", "to_traditional")
    if history.quarters <= _A_YEAR:
        return told | dict.fromkeys((*flows, "back"), np.nan)
    below = np.cumsum(history.rungs, axis=2)[:, :, :4]
    lived = history.rungs.sum(axis=2) > 0
    both = (lived[_A_YEAR:] & lived[:-_A_YEAR])[:, :, None]
    crossed = np.where(both, below[:-_A_YEAR] - below[_A_YEAR:], 0.0) * history.industry_share[:-_A_YEAR, :, None]
    up = np.maximum(crossed, 0).sum(axis=1).mean(axis=0)
    back = np.maximum(-crossed, 0).sum(axis=(1, 2)).mean()
    return told | dict(zip(flows, map(float, up), strict=True)) | {"back": float(back)}


def _growth(history: History) -> dict[str, float]:
    years = max(history.quarters - 1, 1) / _A_YEAR
    last = min(_A_YEAR, history.quarters)

    def change(name: str) -> float:
        series = history.series(name)
        return float((series[-1] - series[0]) / years)

    output = np.sort(_regional(history, "output")[-1]) if len(history.regional) else np.array([np.nan])
    return {
        "births": float(history.series("industries_born")[-1] / years * 10),
        "new_quality_growth": change("new_quality_share"),
        "efficiency_growth": change("productivity"),
        "largest_regions": float(output[-_LARGEST:].sum() / output.sum()),
        **{name: float(history.series(name)[-last:].mean()) for name in ("region_gini", "driver_share", "clean_share")},
        "skill_shortage": float(history.series("skill_shortage").mean()),
    }


def _discoveries(history: History) -> dict[str, float]:
    """Ends of discoveries and of backed start-ups five years on, with the other ends beside each."""
    told = {"discoveries": float(history.series("discoveries").mean() * _A_YEAR)}
    tables: tuple[tuple[Any, Any, tuple[str, ...]], ...] = (
        (history.ventures, DISCOVERIES, ("market_5y", "lapsed_5y", "abandoned_5y")),
        (history.backed, BACKED, ("listed_5y", "acquired_5y", "dead_5y")),
    )
    for rows, causes, names in tables:
        if not (rows["born"] < history.quarters).any():
            told |= dict.fromkeys(names, np.nan)
            continue
        share, _, _ = incidence(rows, history.quarters - 1, causes).at(5.0)
        told |= dict(zip(names, map(float, share), strict=True))
    return told


def _firms(history: History) -> dict[str, float]:
    now, found = history.firms_now, measured(history)
    growth = np.log(now["size"]) - np.log(now["size_year_ago"])
    growth = growth[np.isfinite(growth)]
    return {
        "entry_rate": float(history.series("entries").mean() * _A_YEAR),
        "exit_rate": float(history.series("exits").mean() * _A_YEAR),
        "startup_rate": float(history.series("startups").mean() * _A_YEAR * 1000),
        "growth_spread": float(growth.std()) if growth.size > 1 else np.nan,
    } | {code: np.nan if isinstance(value := found[code], Text) else float(value) for code in _FACTS}


def _regional(history: History, name: str) -> Floats:
    from xinzhi.simulate.history import REGIONAL

    return np.asarray(history.regional[:, :, list(REGIONAL).index(name)])


def _correlation(left: Floats, right: Floats) -> float:
    if left.size < 3 or left.std() == 0 or right.std() == 0:
        return float("nan")
    return float(np.corrcoef(left, right)[0, 1])
