"""Do regions grow more alike: their dispersion through time (σ), and growth that depends on where it started (β)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.dynamics.durbin import Model, SpatialPanel, spatial_panel
from xinzhi.dynamics.inequality import inequalities
from xinzhi.dynamics.lags import neighbour_means, neighbour_weights
from xinzhi.dynamics.likelihood import Effects
from xinzhi.dynamics.neighbours import Neighbours
from xinzhi.dynamics.nickell import Estimator, Spans, nickell_note, settled_note
from xinzhi.dynamics.panels import (
    Effect,
    Fit,
    LagRule,
    SmallSample,
    chosen,
    complete,
    few_clusters,
    lags_of,
    least_squares,
    named,
    newey_west,
    rectangle,
    regress,
)

VARIABLE = "variable"
LEVEL, NEIGHBOURS = "initial_level", "neighbours_initial_level"


def sd_of_logs(x: Floats, *, divisor: Literal["n", "n-1"] = "n") -> Floats:
    """Standard deviation of the natural logarithms of (..., regions), the σ of Barro and Sala-i-Martin (1992)."""
    return np.asarray(np.log(x).std(axis=-1, ddof=int(divisor == "n-1")))


@dataclass(frozen=True)
class SigmaConvergence:
    """Dispersion of the regions by year, and its linear trend with a Newey–West standard error.

    ``slope`` is the yearly change of ``dispersion``; ``p`` is two-sided, of t with years - 2 degrees of freedom.
    """

    dispersion: xr.DataArray
    measure: str
    slope: float
    error: float
    statistic: float
    p: float
    lags: int
    regions: tuple[Any, ...]
    omitted: tuple[Fault, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per year."""
        return self.dispersion.to_dataframe().reset_index()

    def __repr__(self) -> str:
        first, last = self.dispersion.values[[0, -1]]
        years = self.dispersion[TIME].values[[0, -1]]
        return "\n".join(
            (
                f"SigmaConvergence: {self.measure} of {len(self.regions)} regions, {years[0]}-{years[1]}",
                f"  from {first:.4f} to {last:.4f}",
                f"  slope {self.slope:.3g} a year, Newey-West error {self.error:.3g} ({self.lags} lags)",
                f"  t = {self.statistic:.2f}, p = {self.p:.3f}; {len(self.omitted)} notes",
            )
        )


def sigma_convergence(
    values: xr.DataArray,
    *,
    measure: str | Callable[..., Floats] = "coefficient-of-variation",
    lags: LagRule | int = "newey-west-1994",
    **options: Any,
) -> SigmaConvergence:
    """Ask whether the regions' dispersion falls: measured every year and regressed on the year.

    ``values`` is region × time, above zero. ``measure`` is ``sd-of-logs`` or any measure of the inequality family, with
    its ``options``; both classics are the coefficient of variation and the standard deviation of logarithms. Regions
    with a gap are left out of every year, because a dispersion whose members change shows who was counted, not who
    caught up. The error of the slope allows for serial correlation (Bartlett's kernel, ``lags`` by rule or number,
    times n/(n-2)). Needs two regions and four years. A short series makes the test reject too often; fewer than twenty
    years are warned about. Source: Sala-i-Martin 1996.
    """
    data = complete(values, regions=2, times=4, positive=True)
    method = chosen(inequalities, sd_of_logs if measure == "sd-of-logs" else measure, **options)
    dispersion = np.asarray(method.function(np.ascontiguousarray(data.values.T)))
    n = len(data.times)
    reach = lags_of(lags, n)
    slope, error = trend(dispersion, data.times, reach)
    if not error > 0:
        raise MethodError(
            Fault(
                "no-trend-to-test",
                "the dispersion follows a straight line exactly (or never changes), so its trend has no error to be "
                "tested against. Check the data.",
                "离散程度恰为一条直线（或始终不变），趋势检验没有误差可言。请核对数据。",
            )
        )
    statistic = float(slope / error)
    labelled = xr.DataArray(dispersion, dims=TIME, coords={TIME: values[TIME].values}, name="dispersion")
    notes = (*data.omitted, *_short_series(n))
    p = float(2 * stats.t.sf(abs(statistic), n - 2))
    members = tuple(data.regions)
    return SigmaConvergence(labelled, method.name, float(slope), float(error), statistic, p, reach, members, notes)


def trend(series: Floats, years: Floats, lags: int) -> tuple[Floats, Floats]:
    """Slope of (..., time) on the years, and its Newey–West standard error."""
    x = np.column_stack([np.ones_like(years), years - years.mean()])
    coefficients, _ = least_squares(series, x)
    residuals = series - np.einsum("nk,...k->...n", x, coefficients)
    # What rounding leaves of a perfect line is no error.
    residuals = np.where(np.abs(residuals) <= 1e-13 * np.abs(series).max(axis=-1, keepdims=True), 0.0, residuals)
    covariance = newey_west(x, residuals, lags)
    return coefficients[..., 1], np.sqrt(np.maximum(covariance[..., 1, 1], 0.0))


@dataclass(frozen=True)
class BetaConvergence:
    """Growth regressed on the initial level: β, the speed it means, and all coefficients.

    ``speed`` = -ln(1 + β s)/s a year and ``half_life`` = ln 2 / speed for a growth span of s years, with the intervals
    that β's own interval becomes under the same map. They are ``None`` where 1 + β s ≤ 0, which has no speed, and
    the half-life also where the speed is not above zero, since a gap that widens is never halved.
    """

    fit: Fit
    span: float
    form: Literal["panel", "cross-section"]
    effects: tuple[Effect, ...]
    small_sample: SmallSample
    level: float
    omitted: tuple[Fault, ...]

    @property
    def beta(self) -> float:
        """The coefficient of the initial level; below zero, the poorer grow faster."""
        return float(self.fit.coefficients[0])

    @property
    def speed(self) -> float | None:
        """Yearly rate at which a gap closes, continuous compounding."""
        return speed_of(self.beta, self.span)

    @property
    def speed_interval(self) -> tuple[float | None, float | None]:
        """The ends of the speed's interval, slowest first."""
        low, high = self.fit.interval(self.level)
        return speed_of(float(high[0]), self.span), speed_of(float(low[0]), self.span)

    @property
    def half_life(self) -> float | None:
        """Years until half of a gap is closed."""
        return float(np.log(2) / self.speed) if self.speed is not None and self.speed > 0 else None

    def to_frame(self) -> pd.DataFrame:
        """One row per coefficient: estimate, clustered error, t, p and interval."""
        low, high = self.fit.interval(self.level)
        return pd.DataFrame(
            {
                VARIABLE: self.fit.names,
                "coefficient": self.fit.coefficients,
                "error": self.fit.errors,
                "t": self.fit.statistics,
                "p": self.fit.p,
                "low": low,
                "high": high,
            }
        )

    def __repr__(self) -> str:
        low, high = self.fit.interval(self.level)
        kind = (
            "conditional" if len(set(self.fit.names) - {LEVEL, "constant"}) or "region" in self.effects else "absolute"
        )
        effects = " and ".join(self.effects) or "no"
        speed = "none (β overshoots)" if self.speed is None else f"{self.speed:.4f} a year"
        half = "" if self.half_life is None else f", half-life {self.half_life:.1f} years"
        return "\n".join(
            (
                f"BetaConvergence: {kind}, {self.form}, {effects} effects, growth over {self.span:g} years",
                f"  β = {self.beta:.4f}, {self.level:.0%} interval {low[0]:.4f} to {high[0]:.4f}, "
                f"p = {self.fit.p[0]:.3f}",
                f"  speed {speed}{half}",
                f"  {self.fit.observations} observations, {self.fit.clusters} regions, errors by region "
                f"({self.small_sample})",
                f"  notes: {', '.join(note.code for note in self.omitted) or 'none'}",
            )
        )


def beta_convergence(
    values: xr.DataArray,
    *,
    controls: xr.DataArray | None = None,
    form: Literal["panel", "cross-section"] = "panel",
    effects: Sequence[Effect] = ("region", "time"),
    span: int | None = None,
    overlapping: bool = False,
    neighbours: Any = None,
    correction: Literal["none", "half-panel"] = "none",
    small_sample: SmallSample = "jackknife",
    level: float = 0.95,
) -> BetaConvergence:
    """Ask whether regions that start lower grow faster.

    The growth from year t to t + s, (ln y[t+s] - ln y[t]) / s a year, is regressed on ln y[t] (Barro, Sala-i-Martin
    1992; their non-linear speed is read off β). ``values`` is region × time, above zero. ``panel`` takes spans of
    ``span`` years (1 unless given) one after another, or from every year if ``overlapping``; its ``effects`` are swept
    out, which makes convergence conditional on each region's own level. ``cross-section`` takes the first year and the
    last, one growth rate per region, no effects. ``controls`` (region × time, or × variable) enter with their value at
    the start of each span. ``neighbours`` (weights as ``lags.neighbour_weights`` takes them, rows summing to one) adds
    the mean initial level of the neighbours (spatial lag of X); the lag of growth itself is endogenous and belongs to a
    spatial panel estimator, to which ``growth_terms`` hands the same variables.

    Observations with a gap are left out and listed. Errors are clustered by region with t of G-1 degrees of freedom;
    ``small_sample`` as in ``panels.regress``. Region effects pull β down where years are few (Nickell 1981), by an
    amount that does not fall with the number of regions while the standard error does: in 500 panels of 30 regions with
    β = -0.05 an interval of 95 % held it in 0.4 % of those with 12 years and in 5 % of those with 60. Wherever the
    bias to be expected is more than half a standard error the result carries a warning with both (see ``nickell``;
    controls and neighbours are not reckoned with there). ``correction`` takes the leading part of the bias out:
    ``half-panel`` gives twice the estimate less the mean of those of the two halves of the years, with an odd number of
    spans over both ways to split them (Dhaene, Jochmans 2015); 94 % of intervals then held β with 12 years, 93 % with
    60. It needs every span observed, its intervals are wider, and what bias it leaves is warned about in the same way.
    Regions must have settled around a level of their own: where they still come from afar, which is warned about too,
    it takes out too much (``nickell.settled_note`` has the figures).
    """
    if form == "cross-section":
        effects = ()
    terms = growth_terms(
        values, controls=controls, span=_span(values, form, span), overlapping=overlapping, neighbours=neighbours
    )
    seen = np.isfinite(terms.growth) & np.isfinite(terms.regressors).all(axis=-1)
    notes = list(_incomplete(seen, terms.regions))
    at_region, at_time = np.nonzero(seen)
    options: dict[str, Any] = {"effects": tuple(effects), "small_sample": small_sample}
    fit = regress(terms.growth[seen], terms.regressors[seen], terms.names, regions=at_region, times=at_time, **options)
    if np.ptp(terms.growth[seen]) == 0:
        raise MethodError(
            Fault(
                "no-growth-to-explain",
                "every region grew at the same rate in every span, so there is nothing to explain. Check the data.",
                "所有地区各区间的增长率完全相同，没有可供解释的变化。请核对数据。",
            )
        )
    if correction == "half-panel":
        fit = _half_panel(fit, terms, seen, options)
    if "region" in effects:
        notes += _biased(fit.coefficients[0], fit.errors[0], terms, seen, "plain" if correction == "none" else "halved")
        notes += _unsettled(fit, terms, seen)
    notes += few_clusters(fit.clusters)
    return BetaConvergence(fit, terms.span, form, tuple(effects), small_sample, level, tuple(notes))


def spatial_beta(
    values: xr.DataArray,
    neighbours: Neighbours,
    *,
    controls: xr.DataArray | None = None,
    effects: Sequence[Effect] = ("region", "time"),
    span: int = 1,
    overlapping: bool = False,
    model: Model = "sdm",
    level: float = 0.95,
) -> SpatialPanel:
    """β convergence in which growth also depends on the neighbours' growth: ρ W growth, by maximum likelihood.

    Growth, initial level and ``controls`` are those of ``beta_convergence``; ``model`` ``sar`` adds the lag of growth,
    ``sdm`` also the neighbours' initial level and controls. The panel must be balanced. Read the total effect of
    ``initial_level`` where all regions start lower, the direct one where one does; ``speed_of`` turns either into a
    speed. Nickell's bias of region effects is not taken out; where it is not small the result says so, as in
    ``beta_convergence``, with figures that leave the neighbours aside. Source: Elhorst 2014.
    """
    terms = growth_terms(values, controls=controls, span=span, overlapping=overlapping)
    coords = {REGION: terms.regions, TIME: terms.starts}
    growth, *regressors = (
        xr.DataArray(cells, dims=(REGION, TIME), coords=coords, name=name)
        for name, cells in zip(
            ("growth", *terms.names), (terms.growth, *np.moveaxis(terms.regressors, -1, 0)), strict=True
        )
    )
    swept: Effects = "both" if len(effects) == 2 else effects[0] if effects else "none"
    named_regressors = dict(zip(terms.names, regressors, strict=True))
    found = spatial_panel(growth, named_regressors, neighbours, model=model, effects=swept, level=level)
    if "region" not in effects:
        return found
    table = found.coefficients
    estimate, error = table.loc[table["term"] == LEVEL, ["estimate", "se"]].to_numpy()[0]
    return replace(found, omitted=_biased(estimate, error, terms, np.ones(terms.growth.shape, bool), "spatial"))


@dataclass(frozen=True)
class GrowthTerms:
    """The variables of a growth regression as plain arrays, ``nan`` where they cannot be known.

    ``growth`` is (..., region, period), ``regressors`` (..., region, period, k) with the initial level first.
    """

    growth: Floats
    regressors: Floats
    names: tuple[str, ...]
    regions: np.ndarray[Any, Any]
    starts: Floats
    span: float


def growth_terms(
    values: xr.DataArray,
    *,
    span: int,
    overlapping: bool = False,
    controls: xr.DataArray | None = None,
    neighbours: Any = None,
) -> GrowthTerms:
    """Growth over ``span`` years, the level it started from, the neighbours' level and the controls, one per start."""
    cells, years = rectangle(values)
    regions = values[REGION].values
    if (bad := (np.isfinite(cells) & (cells <= 0)).any(axis=1)).any():
        raise MethodError(
            Fault(
                "not-positive",
                f"growth rates need values above zero; not so in: {named(regions[bad])}. Rescale to a positive range.",
                f"计算增长率要求取值为正；以下地区不满足：{named(regions[bad], joint='、')}。请变换到正值区间。",
            )
        )
    logs = np.log(np.where(np.isfinite(cells), cells, np.nan))
    first, last = _spans(years, span, overlapping)
    growth = (logs[:, last] - logs[:, first]) / span
    parts, names = [logs[:, first]], [LEVEL]
    if neighbours is not None:
        parts.append(neighbour_means(logs[:, first].T, neighbour_weights(neighbours, regions)).T)
        names.append(NEIGHBOURS)
    if controls is not None:
        wide = controls if VARIABLE in controls.dims else controls.expand_dims({VARIABLE: [controls.name or "control"]})
        wide = _matching(wide, values)
        parts += [wide.values[:, first, at] for at in range(wide.sizes[VARIABLE])]
        names += [str(name) for name in wide[VARIABLE].values]
    return GrowthTerms(growth, np.stack(parts, axis=-1), tuple(names), regions, years[first], float(span))


def speed_of(beta: float, span: float) -> float | None:
    """Yearly speed of convergence that a coefficient means: -ln(1 + β s)/s; none where 1 + β s is not positive."""
    return float(-np.log1p(beta * span) / span) if 1 + beta * span > 0 else None


def _span(values: xr.DataArray, form: str, span: int | None) -> int:
    years = rectangle(values)[1]
    if form == "cross-section":
        return int(years[-1] - years[0])
    return 1 if span is None else span


def _spans(years: Floats, span: int, overlapping: bool) -> tuple[list[int], list[int]]:
    """Positions of the years in which a growth span starts and ends."""
    position = {float(year): at for at, year in enumerate(years)}
    first, last, free = [], [], -np.inf
    for year, at in position.items():
        if year + span in position and (overlapping or year >= free):
            first.append(at)
            last.append(position[year + span])
            free = year + span
    if not first or span < 1:
        raise MethodError(
            Fault(
                "no-growth-span",
                f"no two years lie {span} apart (years: {years[0]:g}-{years[-1]:g}). Choose another span.",
                f"没有相隔 {span} 年的两个年份（年份范围 {years[0]:g}—{years[-1]:g}）。请另选增长跨度。",
            )
        )
    return first, last


def _matching(controls: xr.DataArray, values: xr.DataArray) -> xr.DataArray:
    try:
        return controls.transpose(REGION, TIME, VARIABLE).sel({dim: values[dim].values for dim in (REGION, TIME)})
    except (KeyError, ValueError) as problem:
        raise MethodError(
            Fault(
                "controls-do-not-match",
                f"controls must be region × time (× variable) and hold every region and year of the values: {problem}.",
                f"控制变量须为“地区 × 时间（× 变量）”，且包含被解释变量的全部地区和年份：{problem}。",
            )
        ) from None


def _incomplete(seen: np.ndarray[Any, Any], regions: np.ndarray[Any, Any]) -> tuple[Fault, ...]:
    if seen.all():
        return ()
    count, hit = int((~seen).sum()), regions[(~seen).any(axis=1)]
    return (
        Fault(
            "observations-with-gaps",
            f"{count} growth spans with a missing value were left out, in: {named(hit)}.",
            f"有 {count} 个增长区间因缺失值未纳入，涉及：{named(hit, joint='、')}。",
            severity="warning",
        ),
    )


def _half_panel(fit: Fit, terms: GrowthTerms, seen: np.ndarray[Any, Any], options: dict[str, Any]) -> Fit:
    """The estimate with the leading bias of region effects taken out, and what each region does to it."""
    periods = seen.shape[1]
    if periods < 4 or not seen.all():
        raise MethodError(
            Fault(
                "halves-too-short",
                f"the half-panel correction needs four growth spans without gaps; found {periods}, "
                f"{int((~seen).sum())} observations missing. Fill the gaps, or use time effects only.",
                f"半面板校正需要至少 4 个无缺失的增长区间；实际为 {periods} 个，缺失观测 {int((~seen).sum())} 个。"
                "请先填补缺失值，或仅使用时间效应。",
            )
        )
    coefficients, influence = 2 * fit.coefficients, 2 * fit.influence
    for share, years in _halves(periods)[1:]:
        y, x = terms.growth[:, years], terms.regressors[:, years]
        regions, times = (codes.ravel() for codes in np.indices(y.shape))
        half = regress(y.ravel(), x.reshape(-1, x.shape[-1]), terms.names, regions=regions, times=times, **options)
        coefficients, influence = coefficients + share * half.coefficients, influence + share * half.influence
    return replace(fit, coefficients=coefficients, influence=influence)


def _halves(periods: int) -> list[tuple[float, slice]]:
    """Twice the whole, less the halves by their length; an odd number of periods is split both ways."""
    cuts = {periods // 2, periods - periods // 2}
    parts = [(years, len(range(periods)[years])) for cut in cuts for years in (slice(cut), slice(cut, None))]
    return [(2.0, slice(None)), *((-size / periods / len(cuts), years) for years, size in parts)]


def _biased(
    beta: float, error: float, terms: GrowthTerms, seen: np.ndarray[Any, Any], kind: Estimator
) -> tuple[Fault, ...]:
    """The warning of Nickell's bias, or of what halves leave of it."""
    parts = _halves(seen.shape[1]) if kind == "halved" else [(1.0, slice(None))]
    return nickell_note(float(beta), float(error), Spans(terms.starts, terms.span, seen, parts), kind)


def _unsettled(fit: Fit, terms: GrowthTerms, seen: np.ndarray[Any, Any]) -> tuple[Fault, ...]:
    """The warning that regions still come from afar, for which neither the bias nor its correction was worked out."""
    freedom = fit.observations - fit.clusters - len(terms.starts) - len(terms.names) + 1
    level = np.where(seen, terms.regressors[..., 0], np.nan)
    if freedom < 1:
        return ()
    luck = float((fit.residuals**2).sum() / freedom) * terms.span**2
    return settled_note(level[:, 0], level[:, -1], (terms.starts[-1] - terms.starts[0]) / terms.span, luck)


def _short_series(n: int) -> tuple[Fault, ...]:
    if n >= 20:
        return ()
    return (
        Fault(
            "short-series",
            f"{n} years are few for a test that allows for serial correlation; it rejects too often. Read p with care.",
            f"仅有 {n} 年数据，考虑序列相关的检验会过度拒绝原假设，请谨慎解读 p 值。",
            severity="warning",
        ),
    )
