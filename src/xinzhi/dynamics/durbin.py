"""The spatial Durbin panel: what a region has from its own means, its neighbours' means, and their outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue
from xinzhi.dynamics.likelihood import Correction, Effects, Fit, Information, Setting, fit_error, fit_lag
from xinzhi.dynamics.neighbours import Neighbours, lag
from xinzhi.dynamics.spillovers import Inference, Spillovers, delta_errors, effects_table, impacts, simulated

Model = Literal["sdm", "sar", "slx"]
RHO, CONSTANT, LAGGED = "rho", "constant", "W "


@dataclass(frozen=True, eq=False)
class SpatialPanel:
    """An estimated spatial panel.

    ``fit`` holds the estimates as arrays, in the order of ``terms``: the variables as they are, the lagged ones with a
    leading ``W ``, and a constant where there are no fixed effects. ``level`` is that of intervals; ``omitted`` what
    else a reader must know.
    """

    model: Model
    terms: tuple[str, ...]
    variables: tuple[str, ...]
    fit: Fit
    setting: Setting
    level: float
    times: Any
    left_over: Floats = field(repr=False)
    total: float = field(repr=False)
    record: Record = field(repr=False)
    omitted: tuple[Fault, ...] = ()

    @property
    def rho(self) -> float:
        """How much of the neighbours' outcome carries over."""
        return float(self.fit.rho)

    @property
    def sigma2(self) -> float:
        """Variance of what is left."""
        return float(self.fit.sigma2)

    @property
    def loglik(self) -> float:
        """Log-likelihood, of the transformed data under "lee-yu"."""
        return float(self.fit.loglik)

    @property
    def parameters(self) -> int:
        """How many were estimated: ρ, the coefficients, the variance; fixed effects are not counted."""
        return len(self.terms) + (self.model != "slx") + 1

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * self.parameters - 2 * self.loglik

    @property
    def bic(self) -> float:
        """Schwarz's criterion, over the observations that the variance is divided by."""
        return float(np.log(self.setting.size) * self.parameters - 2 * self.loglik)

    @property
    def r2(self) -> float:
        """Share of the variance, effects swept out, that is explained with the neighbours' outcome as given."""
        return 1 - float((self.fit.residuals**2).sum()) / self.total

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """One row per term, ρ first: ``estimate``, ``se``, ``z``, ``p``, ``low``, ``high``."""
        first = 1 if self.model == "slx" else 0
        estimate = np.concatenate([[self.rho], self.fit.delta])[first:]
        se = np.sqrt(np.diag(self.fit.covariance)[first:-1])
        reach = stats.norm.ppf((1 + self.level) / 2) * se
        columns = {"estimate": estimate, "se": se, "z": estimate / se, "p": 2 * stats.norm.sf(np.abs(estimate / se))}
        terms = [RHO, *self.terms][first:]
        return pd.DataFrame({"term": terms, **columns, "low": estimate - reach, "high": estimate + reach})

    @cached_property
    def fixed_effects(self) -> xr.Dataset:
        """What regions and times have of their own: ``constant``, ``region`` and ``time``, each mean 0."""
        u, found = self.left_over, xr.Dataset({"constant": float(self.left_over.mean())})
        if self.setting.within:
            found["of_region"] = (REGION, u.mean(axis=0) - u.mean())
            found = found.assign_coords({REGION: self.setting.neighbours.regions})
        if self.setting.by_time:
            found["of_time"] = (TIME, u.mean(axis=1) - u.mean())
            found = found.assign_coords({TIME: self.times})
        return found

    def effects(self, *, inference: Inference = "simulation", draws: int = 2_000, seed: int = 0) -> Spillovers:
        """Direct, indirect and total effects of each variable (LeSage, Pace 2009).

        ``simulation`` draws parameters from their joint normal: standard errors are those of the effects of the draws,
        intervals their quantiles. ``delta`` linearises. In a "sdm" or "slx" a coefficient is no effect by itself.
        """
        own, lagged, covariance = self._by_variable()
        theta, w = np.concatenate([[self.rho], own, lagged]), self.setting.neighbours
        estimate, spread, rejected = impacts(self.fit.rho, own, lagged, w), None, 0.0
        if inference == "simulation":
            spread, rejected = simulated(theta, covariance, w, draws=draws, seed=seed)
            se = spread.std(axis=0, ddof=1)
        else:
            se = delta_errors(self.fit.rho, own, lagged, covariance, w)
        table = effects_table(list(self.variables), estimate, se, spread, self.level)
        settings = {**self.record.settings, "inference": inference, "draws": draws}
        return Spillovers(table, inference, self.level, rejected, Record("effects", settings, self.record.inputs, seed))

    def to_frame(self) -> pd.DataFrame:
        """The coefficients, with how well the whole fits in columns of its own."""
        whole = {"model": self.model, "sigma2": self.sigma2, "loglik": self.loglik, "aic": self.aic, "bic": self.bic}
        return self.coefficients.assign(**whole, r2=self.r2, observations=self.setting.size)

    def __repr__(self) -> str:
        of = self.setting
        return "\n".join(
            (
                f"Spatial panel: {self.model.upper()}, effects of {of.effects}, correction {of.correction}",
                f"  {len(of.neighbours.regions)} regions × {of.times} times, neighbours by {of.neighbours.kind}",
                *("  " + line for line in self.coefficients.round(4).to_string(index=False).splitlines()),
                f"  sigma² {self.sigma2:.4g}, log-likelihood {self.loglik:.3f}, R² (swept) {self.r2:.3f}",
                *(f"  {note.en}" for note in self.omitted),
            )
        )

    def _by_variable(self) -> tuple[Floats, Floats, Floats]:
        """b and θ of every variable (θ 0 where it is not lagged), and the covariance of (ρ, b, θ)."""
        k = len(self.variables)
        at = {term: i for i, term in enumerate(self.terms)}
        wanted = [at[name] for name in self.variables] + [at.get(LAGGED + name, -1) for name in self.variables]
        theta = np.array([self.fit.delta[i] if i >= 0 else 0.0 for i in wanted])
        places = np.array([0, *(i + 1 for i in wanted)])
        here = np.array([True, *(i >= 0 for i in wanted)])
        covariance = self.fit.covariance[np.ix_(places, places)] * here[:, None] * here
        return theta[:k], theta[k:], covariance


def spatial_panel(
    y: xr.DataArray,
    x: Mapping[str, xr.DataArray] | xr.DataArray,
    neighbours: Neighbours,
    *,
    model: Model = "sdm",
    effects: Effects = "both",
    correction: Correction | None = None,
    lagged: Sequence[str] | None = None,
    information: Information = "expected",
    level: float = 0.95,
) -> SpatialPanel:
    """Estimate y = ρWy + Xb + WXθ + fixed effects + e by maximum likelihood.

    ``y`` is region × time; ``x`` arrays of the same (or of one of the two), by name, or one with a third dimension.
    ``model``: ``sdm`` has all terms, ``sar`` no WX, ``slx`` no Wy. ``lagged`` names the variables that also act on
    neighbours (all, unless named). ``effects`` of ``region``, ``time``, ``both`` or ``none`` (then a constant) are
    swept out by subtracting means. ``correction``: "lee-yu" (the default with fixed effects) is the likelihood of the
    data transformed so that no fixed effect is left to estimate (Lee, Yu 2010), consistent also for few times; "none"
    divides by T n (Elhorst 2003; spreg), so that the variance is too small by (T - 1) / T, and with both effects the
    other estimates are biased as well. ``information`` says which matrix standard errors come from.
    The panel must be balanced; years of ``x`` that ``y`` lacks are not used. Raises ``MethodError`` with all cells
    missing, for regressors that effects or others already explain, for a ρ at its bound.
    """
    data = _gathered(y, x, neighbours, lagged if model != "sar" else ())
    setting = _setting(neighbours, data.y.shape[0], effects, correction)
    terms, z = data.columns(effects)
    _refuse_singular(terms, z, setting)
    _refuse_no_remainder(data.y, z, setting)
    fit = fit_lag(data.y, z, setting, spatial=model != "slx", information=information)
    _refuse_at_bound(float(fit.rho), neighbours)
    own = setting.sweep(data.y)
    total = float(((own - own.mean()) ** 2).sum())
    settings: dict[str, Any] = {
        "model": model,
        "effects": effects,
        "correction": setting.correction,
        "information": information,
    }
    settings |= {"lagged": list(data.lagged), "neighbours": neighbours.kind}
    inputs = {"y": data.y, "x": data.x, "weights": neighbours.weights.toarray()}
    record = Record("spatial_panel", settings, {name: digest(a.tobytes()) for name, a in inputs.items()})
    left_over = data.y - float(fit.rho) * lag(data.y, neighbours.weights) - z @ fit.delta
    return SpatialPanel(
        model, tuple(terms), tuple(data.names), fit, setting, level, data.times, left_over, total, record
    )


def durbin_tests(
    y: xr.DataArray,
    x: Mapping[str, xr.DataArray] | xr.DataArray,
    neighbours: Neighbours,
    *,
    effects: Effects = "both",
    correction: Correction | None = None,
) -> pd.DataFrame:
    """Can the spatial Durbin model be simplified? Likelihood ratio and Wald tests, one row each.

    Against ``sar``: θ = 0, the neighbours' variables do nothing. Against ``sem``: θ + ρ b = 0, the model is one of
    spatially correlated errors (common factor; Burridge 1981). Against ``slx``: ρ = 0. A small ``p`` speaks for the
    Durbin model. Elhorst 2014. All variables are lagged. Data and errors as in ``spatial_panel``.
    """
    given = {"effects": effects, "correction": correction}
    whole, sar, slx = (spatial_panel(y, x, neighbours, model=m, **given) for m in ("sdm", "sar", "slx"))  # type: ignore[arg-type]
    data = _gathered(y, x, neighbours, ())
    sem = float(fit_error(data.y, data.columns(effects)[1], whole.setting)[1])
    k = len(whole.variables)
    own, lagged, covariance = whole._by_variable()
    pick_lagged = np.hstack([np.zeros((k, 1 + k)), np.eye(k)])
    common = np.hstack([own[:, None], whole.rho * np.eye(k), np.eye(k)])
    rows = [
        ("sar", "LR", 2 * (whole.loglik - sar.loglik), k),
        ("sar", "Wald", _wald(lagged, pick_lagged, covariance), k),
        ("sem", "LR", 2 * (whole.loglik - sem), k),
        ("sem", "Wald", _wald(lagged + whole.rho * own, common, covariance), k),
        ("slx", "LR", 2 * (whole.loglik - slx.loglik), 1),
        ("slx", "Wald", whole.rho**2 / covariance[0, 0], 1),
    ]
    table = pd.DataFrame(rows, columns=["against", "test", "statistic", "df"])
    return table.assign(p=stats.chi2.sf(table["statistic"], table["df"]))


def _wald(value: Floats, gradient: Floats, covariance: Floats) -> float:
    return float(value @ np.linalg.solve(gradient @ covariance @ gradient.T, value))


@dataclass(frozen=True)
class _Data:
    """A balanced panel: y (times, regions), x (times, regions, variables)."""

    y: Floats
    x: Floats
    names: list[str]
    lagged: list[str]
    times: Any
    neighbours: Neighbours

    def columns(self, effects: Effects) -> tuple[list[str], Floats]:
        """Names and values of all right-hand terms, (times, regions, terms)."""
        at = [self.names.index(name) for name in self.lagged]
        behind = np.moveaxis(lag(np.moveaxis(self.x[..., at], -1, 0), self.neighbours.weights), 0, -1)
        parts, terms = [self.x, behind], [*self.names, *(LAGGED + name for name in self.lagged)]
        if effects == "none":
            parts, terms = [*parts, np.ones((*self.y.shape, 1))], [*terms, CONSTANT]
        return terms, np.concatenate(parts, axis=-1)


def _gathered(
    y: xr.DataArray, x: Mapping[str, xr.DataArray] | xr.DataArray, neighbours: Neighbours, lagged: Sequence[str] | None
) -> _Data:
    if isinstance(x, xr.DataArray):
        more = [dim for dim in x.dims if dim not in (REGION, TIME)]
        x = {str(of): x.sel({more[0]: of}) for of in x[more[0]].values} if more else {str(x.name or "x"): x}
    names = [str(name) for name in x]
    if lagged is None:
        lagged = names
    if not names or (stray := [name for name in lagged if name not in names]):
        listed = ", ".join(stray) if names else "none"
        raise FaultyValue(
            "unknown-variable",
            f"lagged variables must be among those given ({', '.join(names) or 'none'}); found: {listed}.",
            f"空间滞后变量须在给定变量之中（{'、'.join(names) or '无'}）；实际为：{listed}。",
        )
    faults = [
        Fault(
            "not-region-by-time",
            f"'{label}' must be over region and time; found {', '.join(map(str, of.dims)) or 'no dimension'}.",
            f"“{label}”须为地区 × 年份；实际维度为 {'、'.join(map(str, of.dims)) or '无'}。",
        )
        for label, of in [("y", y), *x.items()]
        if not (set(of.dims) == {REGION, TIME} or (label != "y" and set(of.dims) < {REGION, TIME}))
    ]
    if faults:
        raise MethodError(faults)
    times = np.unique(y[TIME].values)
    arrays = [_balanced(label, of, times, neighbours, faults) for label, of in [(str(y.name or "y"), y), *x.items()]]
    if faults:
        raise MethodError(faults)
    return _Data(arrays[0], np.stack(arrays[1:], axis=-1), names, list(lagged), times, neighbours)


def _balanced(name: str, of: xr.DataArray, times: Any, neighbours: Neighbours, faults: list[Fault]) -> Floats:
    """One variable as (times, regions); what is missing goes to ``faults``."""
    of = of.expand_dims({dim: at for dim, at in ((TIME, times), (REGION, neighbours.regions)) if dim not in of.dims})
    if absent := [str(time) for time in times.tolist() if time not in set(of[TIME].values.tolist())]:
        faults.append(
            Fault(
                "missing-years",
                f"'{name}' has no {', '.join(absent)}. A spatial panel must be balanced: give it, or shorten y.",
                f"变量“{name}”缺少 {'、'.join(absent)} 年。空间面板须为平衡面板：请补齐或缩短样本期。",
                column=name,
            )
        )
        return np.empty(0)
    try:
        return np.asarray(neighbours.aligned(of.sel({TIME: times}).transpose(TIME, REGION)).values)
    except MethodError as error:
        told = (Fault(f.code, f"'{name}': {f.en}", f"变量“{name}”：{f.zh}", column=name) for f in error.faults)
        faults.extend(told)
        return np.empty(0)


def _setting(neighbours: Neighbours, times: int, effects: Effects, correction: Correction | None) -> Setting:
    if correction is None:
        correction = "none" if effects == "none" else "lee-yu"
    if effects == "none":
        correction = "none"  # nothing is swept out, nothing to correct
    setting = Setting(neighbours, times, effects, correction)
    if setting.within and times < 2:
        raise MethodError(
            Fault(
                "one-year",
                'effects of regions need two years or more; found 1. Use effects = "none".',
                "地区固定效应至少需要两年数据；现仅一年。请设置 effects = none。",
            )
        )
    if setting.by_time and correction == "lee-yu" and not neighbours.rows_sum_to_one:
        raise MethodError(
            Fault(
                "rows-not-standardised",
                "with effects of time the transformation of Lee and Yu needs weights whose rows sum to 1. Standardise "
                'the weights, or set correction = "none".',
                "含时间固定效应时，Lee–Yu 变换要求权重矩阵行标准化。请行标准化，或设置 correction = none。",
            )
        )
    return setting


def _refuse_singular(terms: list[str], z: Floats, setting: Setting) -> None:
    """Name the regressors that effects explain, then those that explain one another."""
    flat = z.reshape(-1, len(terms))
    swept = setting.sweep(z, columns=True).reshape(flat.shape)
    size, left = np.sqrt((flat**2).sum(axis=0)), np.sqrt((swept**2).sum(axis=0))
    gone = [term for term, before, after in zip(terms, size, left, strict=True) if after <= 1e-10 * max(before, 1e-300)]
    if gone:
        both = "are sums of what is fixed over time and what is fixed over regions", "可由地区与时间固定效应相加得出"
        en, zh = {
            "region": ("do not change over time", "不随时间变化"),
            "time": ("are the same in all regions of a year", "同一年份各地区取值相同"),
        }.get(setting.effects, both)
        raise MethodError(
            Fault(
                "explained-by-effects",
                f"these regressors {en}, so that the fixed effects leave nothing of them: {', '.join(gone)}. "
                "Leave them out, or choose other effects.",
                f"以下解释变量{zh}，去除固定效应后无变异：{'、'.join(gone)}。请剔除，或更换固定效应。",
            )
        )
    _, singular, turned = np.linalg.svd(swept / left, full_matrices=False)
    if len(swept) < len(terms) or singular[-1] < 1e-9 * singular[0]:
        listed = [term for term, part in zip(terms, np.abs(turned[-1]), strict=True) if part > 1e-6]
        raise MethodError(
            Fault(
                "collinear",
                f"these regressors follow from one another once effects are swept out: {', '.join(listed)}. "
                "Leave one out.",
                f"去除固定效应后，以下解释变量完全共线：{'、'.join(listed)}。请剔除其一。",
            )
        )
    if setting.size <= len(terms) + 2:
        raise MethodError(
            Fault(
                "too-few-cells",
                f"{setting.size} observations cannot carry {len(terms) + 2} parameters.",
                f"{setting.size} 个观测不足以估计 {len(terms) + 2} 个参数。",
            )
        )


def _refuse_no_remainder(y: Floats, z: Floats, setting: Setting) -> None:
    own, swept = setting.sweep(y).ravel(), setting.sweep(z, columns=True).reshape(y.size, -1)
    left = own - swept @ np.linalg.lstsq(swept, own, rcond=None)[0]
    if (left**2).sum() <= 1e-20 * (y**2).sum():
        raise MethodError(
            Fault(
                "no-remainder",
                "effects and regressors explain y without remainder: there is nothing to estimate. Is y one of the "
                "regressors, or made of them?",
                "固定效应与解释变量已完全解释 y，无可估计。请检查 y 是否即为解释变量或由其构成。",
            )
        )


def _refuse_at_bound(rho: float, neighbours: Neighbours) -> None:
    low, high = neighbours.bounds
    if rho - low < 1e-6 * (high - low) or high - rho < 1e-6 * (high - low):
        raise MethodError(
            Fault(
                "rho-at-bound",
                f"rho runs to the end of what the weights allow, ({low:.4f}, {high:.4f}): the model does not fit. "
                "Look for a trend in common (add effects of time), or try other weights.",
                f"rho 达到权重矩阵允许区间 ({low:.4f}, {high:.4f}) 的端点，模型与数据不符。请检查共同趋势（加入时间固定"
                "效应），或更换权重矩阵。",
            )
        )
