"""What may be followed of an index through all of its versions: one number a year, or one over the years.

The numbers are those of `dynamics`, whose kernels are called here over many versions at once. Where a version gives
scores that a statistic has no meaning for (negative ones for a Gini coefficient, too few regions) it is ``nan``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import xarray as xr
from pydantic import Field, field_serializer, model_validator

from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.methods import Family, Method
from xinzhi.core.specs import FaultyValue, Spec, by_name
from xinzhi.dynamics import decomposition, inequality
from xinzhi.study.vary import _kernels as kernels
from xinzhi.study.vary.setting import Groups, Setting, Ties

Kernel = Callable[[Floats], Floats]
Bools = npt.NDArray[np.bool_]
# What the scores of a year must be for a statistic to mean anything.
Floor = Literal["any", "zero", "positive"]

statistics = Family(
    "statistic",
    zh="统计量",
    about="f(x: (draw, time, region), setting, *, options) -> (draw, time), or (draw,) for one number over the years; "
    "nan = a region without score, or a statistic without meaning.",
)

# Those that give one number over the years.
OVER_YEARS = frozenset({"beta", "conditional-beta", "trend"})
# A mean this small beside the scores is what rounding leaves of zero; a regressor that varies this little, of none.
_ROUNDING, _FLAT = 1e-12, 1e-9


class Follow(Spec):
    """A statistic by name (or a function) with its options; in a study file the options stand beside the name."""

    statistic: str | Callable[..., Any]
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        return by_name(cls, "statistic", given)

    @model_validator(mode="after")
    def _known(self) -> Self:
        object.__setattr__(self, "options", self.method.accept(self.options))
        return self

    @field_serializer("statistic", when_used="json")
    def _told(self, statistic: str | Callable[..., Any]) -> str:
        # A function's repr holds its address, and a record must be the same on every run.
        if isinstance(statistic, str):
            return statistic
        return f"{statistic.__module__}.{getattr(statistic, '__qualname__', '')}"

    @property
    def method(self) -> Method:
        """The statistic itself, with its name and source."""
        return statistics.find(self.statistic)


@statistics.add("rank", zh="位次", cite="competition ranking")
def rank(x: Floats, setting: Setting, *, region: str) -> Floats:
    """The rank of a region among all of a year: 1 is best, ties share the best rank."""
    at = setting.region(region)
    placed = kernels.ranks(_rows(x))[:, at].reshape(x.shape[:-1])
    return np.where(placed > 0, placed, np.nan)


@statistics.add("score", zh="得分", cite="the index itself")
def score(x: Floats, setting: Setting, *, region: str) -> Floats:
    """The score of a region, in the units of each version: its course means more than its size."""
    return np.asarray(x[..., setting.region(region)])


@statistics.add("mean", zh="平均得分", cite="arithmetic mean")
def mean(x: Floats, setting: Setting) -> Floats:
    """The mean score of the regions, in the units of each version."""
    return _mean(x)


@statistics.add("median", zh="得分中位数", cite="median")
def median(x: Floats, setting: Setting) -> Floats:
    """The middle score of the regions, in the units of each version."""
    ascending, n = np.sort(x, axis=-1), (~np.isnan(x)).sum(axis=-1)  # nan goes last
    low, high = (np.maximum(at, 0)[..., None] for at in ((n - 1) // 2, np.minimum(n // 2, x.shape[-1] - 1)))
    ends = (np.take_along_axis(ascending, at, axis=-1)[..., 0] for at in (low, high))
    return np.asarray(sum(ends) / 2)


@statistics.add("range", zh="极差", cite="range")
def spread(x: Floats, setting: Setting) -> Floats:
    """The best score less the lowest, in the units of each version."""
    return np.asarray(np.fmax.reduce(x, axis=-1) - np.fmin.reduce(x, axis=-1))


@statistics.add("max-to-min", zh="极值比", cite="range ratio")
def max_to_min(x: Floats, setting: Setting) -> Floats:
    """The best score over the lowest. Scores must be above zero."""
    return _defined(x, lambda rows: np.fmax.reduce(rows, axis=-1) / np.fmin.reduce(rows, axis=-1), "positive")


@statistics.add("gap", zh="组间均值差", cite="difference of means")
def gap(x: Floats, setting: Setting, *, groups: Groups, of: str, to: str) -> Floats:
    """The mean score of one group of regions less that of another, in the units of each version."""
    above, below = _two_means(x, setting, groups, of, to)
    return above - below


@statistics.add("ratio", zh="组间均值比", cite="ratio of means")
def ratio(x: Floats, setting: Setting, *, groups: Groups, of: str, to: str) -> Floats:
    """The mean score of one group of regions over that of another. Both means must be above zero."""
    above, below = _two_means(x, setting, groups, of, to)
    fit = (above > 0) & (below > 0)
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=fit))


@statistics.add("top-share", zh="前列地区得分占比", cite="concentration ratio")
def top_share(x: Floats, setting: Setting, *, k: int = 3) -> Floats:
    """The share of all scores that the first ``k`` regions hold together. Scores must not be negative."""
    if not 1 <= k <= x.shape[-1]:
        n = x.shape[-1]
        raise FaultyValue("bad-option", f"k must lie within 1 and {n}; found {k}.", f"k 须在 1 与 {n} 之间；现为 {k}。")

    def held(rows: Floats) -> Floats:
        known = np.where(np.isnan(rows), 0.0, rows)
        return np.asarray(np.partition(known, -k, axis=-1)[:, -k:].sum(axis=-1) / known.sum(axis=-1))

    return _defined(x, held, "zero")


@statistics.add("gini", zh="基尼系数", cite="Gini 1914; Dagum 1997")
def gini(x: Floats, setting: Setting) -> Floats:
    """The Gini coefficient between regions. Scores must not be negative."""
    return _defined(x, inequality.gini, "zero")


@statistics.add("theil-t", zh="泰尔指数（T）", cite="Theil 1967")
def theil_t(x: Floats, setting: Setting, *, zeros: Literal["refuse", "keep"] = "refuse") -> Floats:
    """Theil's T between regions. Scores must be above zero, or with ``zeros = "keep"`` not negative."""
    return _defined(x, partial(inequality.theil_t, zeros=zeros), "zero" if zeros == "keep" else "positive")


@statistics.add("theil-l", zh="泰尔指数（L）", cite="Theil 1967")
def theil_l(x: Floats, setting: Setting) -> Floats:
    """Theil's L, the mean logarithmic deviation. Scores must be above zero."""
    return _defined(x, inequality.theil_l, "positive")


@statistics.add("coefficient-of-variation", zh="变异系数", cite="Williamson 1965")
def coefficient_of_variation(x: Floats, setting: Setting, *, divisor: Literal["n", "n-1"] = "n") -> Floats:
    """Standard deviation over the mean of the regions. Scores must not be negative.

    Where a version centres scores about zero, as z-scores are, their mean is no yardstick.
    """
    return _defined(x, partial(inequality.coefficient_of_variation, divisor=divisor), "zero")


@statistics.add("variance-of-logs", zh="对数方差", cite="Cowell 2011")
def variance_of_logs(x: Floats, setting: Setting, *, divisor: Literal["n", "n-1"] = "n") -> Floats:
    """Variance of the logarithms of the scores. They must be above zero."""
    return _defined(x, partial(inequality.variance_of_logs, divisor=divisor), "positive")


@statistics.add("atkinson", zh="阿特金森指数", cite="Atkinson 1970")
def atkinson(x: Floats, setting: Setting, *, epsilon: float = 0.5) -> Floats:
    """The part of the mean that could be given up if the rest were even, at an aversion ``epsilon`` > 0.

    Scores must be above zero, below ``epsilon`` = 1 not negative.
    """
    return _defined(x, partial(inequality.atkinson, epsilon=epsilon), "zero" if epsilon < 1 else "positive")


@statistics.add("dagum-within", zh="组内差距", cite="Dagum 1997")
def dagum_within(x: Floats, setting: Setting, *, groups: Groups) -> Floats:
    """The part of the Gini coefficient that lies within groups. Scores must not be negative."""
    return _dagum(x, setting, groups, 1)


@statistics.add("dagum-between", zh="组间净值差距", cite="Dagum 1997")
def dagum_between(x: Floats, setting: Setting, *, groups: Groups) -> Floats:
    """The net part of the Gini coefficient that lies between groups. Scores must not be negative."""
    return _dagum(x, setting, groups, 2)


@statistics.add("dagum-transvariation", zh="超变密度", cite="Dagum 1997")
def dagum_transvariation(x: Floats, setting: Setting, *, groups: Groups) -> Floats:
    """The part of the Gini coefficient that comes of groups overlapping. Scores must not be negative."""
    return _dagum(x, setting, groups, 3)


@statistics.add("theil-between", zh="泰尔指数的组间差距", cite="Theil 1967; Shorrocks 1980")
def theil_between(x: Floats, setting: Setting, *, groups: Groups, kind: Literal["T", "L"] = "T") -> Floats:
    """The part of Theil's index that lies between groups. Scores must be above zero."""
    return _theil(x, setting, groups, kind, 1)


@statistics.add("theil-within", zh="泰尔指数的组内差距", cite="Theil 1967; Shorrocks 1980")
def theil_within(x: Floats, setting: Setting, *, groups: Groups, kind: Literal["T", "L"] = "T") -> Floats:
    """The part of Theil's index that lies within groups. Scores must be above zero."""
    return _theil(x, setting, groups, kind, 2)


@statistics.add("sigma", zh="σ 收敛（对数标准差）", cite="Barro, Sala-i-Martin 1992")
def sigma(x: Floats, setting: Setting, *, divisor: Literal["n", "n-1"] = "n") -> Floats:
    """Standard deviation of the logarithms, over the regions that a version scores in every year.

    Scores must be above zero.
    """
    whole = np.where(np.isnan(x).any(axis=-2, keepdims=True), np.nan, x)
    return np.sqrt(_defined(whole, partial(inequality.variance_of_logs, divisor=divisor), "positive"))


@statistics.add("beta", zh="绝对 β 收敛系数", cite="Barro, Sala-i-Martin 1992")
def beta(x: Floats, setting: Setting) -> Floats:
    """Yearly growth from the first year to the last regressed on the initial logarithm; below 0 the lower grow faster.

    Scores of both years must be above zero, of three regions or more.
    """
    from xinzhi.dynamics.panels import least_squares  # SciPy's distributions take most of a second to load

    span = float(setting.times[-1] - setting.times[0])
    if span <= 0:
        return np.full(len(x), np.nan)
    logs = _logs(x[:, [0, -1]])

    def slope(level: Floats, growth: Floats, seen: Bools) -> Floats:
        found = np.full(len(level), np.nan)
        own = np.ptp(level, axis=-1) > _FLAT * np.abs(level).max(axis=-1)
        if seen.sum() >= 3 and own.any():
            design = np.stack([level[own], np.ones_like(level[own])], axis=-1)
            found[own] = least_squares(growth[own], design)[0][:, 0]
        return found

    return _by_pattern(logs[:, 0], (logs[:, 1] - logs[:, 0]) / span, slope)


@statistics.add("conditional-beta", zh="条件 β 收敛系数", cite="Barro, Sala-i-Martin 1992; Islam 1995")
def conditional_beta(x: Floats, setting: Setting) -> Floats:
    """Growth of every year regressed on the logarithm it started from, region and time effects swept out.

    Scores must be above zero. A short panel pulls the coefficient down (Nickell 1981), in every version alike.
    """
    from xinzhi.dynamics.convergence import growth_terms
    from xinzhi.dynamics.panels import least_squares, sweep

    years = xr.DataArray(
        np.ones((1, len(setting.times))), dims=(REGION, TIME), coords={REGION: ["any"], TIME: setting.times}
    )
    first = [setting.year(int(start)) for start in growth_terms(years, span=1).starts]
    logs = _logs(x)
    growth = np.stack([logs[:, at + 1] - logs[:, at] for at in first], axis=1)
    at_time, at_region = (codes.ravel() for codes in np.indices(growth.shape[1:]))

    def slope(level: Floats, growth: Floats, seen: Bools) -> Floats:
        regions, times = at_region[seen], at_time[seen]
        if level.shape[-1] <= len(np.unique(regions)) + len(np.unique(times)):
            return np.full(len(level), np.nan)
        swept, target = np.split(sweep(np.concatenate([level, growth]), regions, times), 2)
        own = np.linalg.norm(swept, axis=-1) > _FLAT * np.linalg.norm(level, axis=-1)
        found = np.full(len(level), np.nan)
        found[own] = least_squares(target[own], swept[own][..., None])[0][:, 0]
        return found

    return _by_pattern(logs[:, first].reshape(len(x), -1), growth.reshape(len(x), -1), slope)


@statistics.add("moran", zh="莫兰指数", cite="Cliff, Ord 1981")
def moran(
    x: Floats,
    setting: Setting,
    *,
    neighbours: Ties | None = None,
    islands: Literal["bridge", "nearest", "drop", "refuse"] = "bridge",
) -> Floats:
    """Moran's I: how far neighbours are alike. Every region must have a score, four or more.

    ``neighbours`` is a method of neighbourhoods by name, or a table with its options; without it the borders of
    Chinese provinces, else the regions' tile grid, else the nearest four.
    """
    from xinzhi.dynamics.space import moran_i

    drawn = setting.neighbours(neighbours, islands)
    order = {str(region): at for at, region in enumerate(setting.regions)}
    rows = _rows(x)[:, [order[str(region)] for region in drawn.regions]]
    found = np.full(len(rows), np.nan)
    flat = np.ptp(rows, axis=-1) <= _ROUNDING * np.abs(rows).max(axis=-1)
    fit = ~(np.isnan(rows).any(axis=-1) | flat)
    if rows.shape[-1] >= 4:
        found[fit] = moran_i(rows[fit], drawn.weights)
    return found.reshape(x.shape[:-1])


@statistics.add("rank-concordance", zh="与首年位次的秩相关", cite="Spearman 1904")
def rank_concordance(x: Floats, setting: Setting) -> Floats:
    """Spearman's correlation of a year's ranks with those of the first year, over the regions scored in both.

    Three regions or more that do not all tie.
    """
    from xinzhi.dynamics.mobility import ranks

    out = np.full(x.shape[:-1], np.nan)
    for t in range(x.shape[1]):
        both = np.isnan(x[:, 0] + x[:, t])
        start, end = (ranks(np.where(both, np.nan, year)) for year in (x[:, 0], x[:, t]))
        start, end = start - _mean(start)[:, None], end - _mean(end)[:, None]
        sizes = np.sqrt(np.nansum(start**2, axis=-1) * np.nansum(end**2, axis=-1))
        fit = (sizes > 0) & ((~both).sum(axis=-1) >= 3)
        np.divide(np.nansum(start * end, axis=-1), sizes, out=out[:, t], where=fit)
    return out


@statistics.add("trend", zh="平均得分的年均变化", cite="least squares")
def trend(x: Floats, setting: Setting) -> Floats:
    """The slope a year of the mean score, by least squares, in the units of each version."""
    from xinzhi.dynamics.panels import least_squares

    if x.shape[1] < 2:
        return np.full(len(x), np.nan)
    years = setting.times - setting.times.mean()
    return np.asarray(least_squares(_mean(x), np.column_stack([np.ones(len(years)), years]))[0][:, 1])


def _rows(x: Floats) -> Floats:
    return np.ascontiguousarray(x).reshape(-1, x.shape[-1])


def _defined(x: Floats, of: Kernel, floor: Floor) -> Floats:
    """A kernel (rows, region) -> (rows,) where two regions have scores and they are fit for it; ``nan`` elsewhere."""
    rows = _rows(x)
    seen = ~np.isnan(rows)
    least, most = np.fmin.reduce(rows, axis=-1), np.fmax.reduce(rows, axis=-1)
    fit = seen.sum(axis=-1) >= 2
    if floor == "positive":
        fit &= least > 0
    elif floor == "zero":
        fit &= (least >= 0) & (most > 0)
    out = np.full(len(rows), np.nan)
    if fit.all():
        out[:] = of(rows)
    elif fit.any():
        out[fit] = of(rows[fit])
    return out.reshape(x.shape[:-1])


def _dagum(x: Floats, setting: Setting, groups: Groups, part: int) -> Floats:
    codes = setting.groups(groups, whole=True).codes
    return _defined(x, lambda rows: decomposition.dagum_parts(rows, codes)[:, part], "zero")


def _theil(x: Floats, setting: Setting, groups: Groups, kind: Literal["T", "L"], part: int) -> Floats:
    codes = setting.groups(groups, whole=True).codes[None]
    return _defined(x, lambda rows: decomposition.theil_parts(rows, codes, kind=kind)[:, part], "positive")


def _two_means(x: Floats, setting: Setting, groups: Groups, of: str, to: str) -> tuple[Floats, Floats]:
    grouped = setting.groups(groups)
    above, below = (grouped.codes == grouped.at(label) for label in (of, to))
    return _mean(x[..., above]), _mean(x[..., below])


def _logs(x: Floats) -> Floats:
    """Logarithms, missing throughout a version in which any score is zero or less."""
    unfit = (x <= 0).any(axis=(1, 2), keepdims=True)
    return np.asarray(np.log(np.where(unfit | np.isnan(x), np.nan, np.where(x > 0, x, 1.0))))


def _by_pattern(level: Floats, growth: Floats, fit: Callable[[Floats, Floats, Bools], Floats]) -> Floats:
    """A regression (draw, n) -> (draw,) over what each draw has; draws that lack the same are done together."""
    out = np.full(len(level), np.nan)
    seen = ~np.isnan(growth)
    for rows in _alike(seen):
        have = seen[rows[0]]
        if have.any():
            out[rows] = fit(level[rows][:, have], growth[rows][:, have], have)
    return out


def _alike(seen: Bools) -> Iterator[npt.NDArray[np.intp]]:
    """The draws with the same gaps, group by group."""
    if seen.all():
        yield np.arange(len(seen))
        return
    _, which = np.unique(np.packbits(seen, axis=1), axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    yield from np.split(order, np.cumsum(np.bincount(which.ravel()))[:-1])


def _mean(values: Floats) -> Floats:
    """Mean over the regions with a score; missing where none has."""
    seen = ~np.isnan(values)
    n = seen.sum(axis=-1)
    total = np.where(seen, values, 0.0).sum(axis=-1)
    return np.asarray(np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0))
