"""The engine under the regressions on regions and years: effects swept out, least squares, forgiving covariances.

Arrays are laid out (..., n) over the n region-years that are used, so that draws or indicators may stand in front.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy import stats

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.methods import Family, Method

Codes = npt.NDArray[np.intp]
Effect = Literal["region", "time"]
SmallSample = Literal["jackknife", "clusters", "dummies", "observations", "none"]
LagRule = Literal["newey-west-1994", "stock-watson"]

# Below this many clusters a clustered standard error is known to be too small, whatever its correction.
FEW_CLUSTERS = 20


@dataclass(frozen=True)
class Complete:
    """The regions that were observed in every year: values (region, time), labels, and what was left out."""

    values: Floats
    regions: npt.NDArray[Any]
    times: Floats
    omitted: tuple[Fault, ...]


def complete(values: xr.DataArray, *, regions: int = 2, times: int = 3, positive: bool = False) -> Complete:
    """Keep the regions of a region × time array that have no gap; name those that have one.

    Needs at least so many ``regions`` and ``times``, increasing numeric times, and values above zero if ``positive``.
    Raises ``MethodError`` with all that is wrong.
    """
    cells, years = rectangle(values)
    labels = values[REGION].values
    whole = np.isfinite(cells).all(axis=1)
    omitted = () if whole.all() else (_gaps(labels[~whole]),)
    kept, faults = cells[whole], []
    if len(kept) < regions:
        faults.append(_too_few(len(kept), regions, "regions without gaps", "无缺失的地区"))
    if len(years) < times:
        faults.append(_too_few(len(years), times, "years", "年份"))
    if positive and (kept <= 0).any():
        faults.append(_not_positive(labels[whole][(kept <= 0).any(axis=1)]))
    if faults:
        raise MethodError(faults)
    return Complete(kept, labels[whole], years, omitted)


def rectangle(values: xr.DataArray) -> tuple[Floats, Floats]:
    """The cells of a region × time array, (region, time), and its times as numbers that increase."""
    if set(values.dims) != {REGION, TIME}:
        raise MethodError(
            Fault(
                "wrong-dimensions",
                f"a region × time array is needed; found {' × '.join(map(str, values.dims))}. Select one indicator.",
                f"须为“地区 × 时间”数组；实际维度为 {' × '.join(map(str, values.dims))}。请选定一个指标。",
            )
        )
    ordered = values.transpose(REGION, TIME)
    try:
        years = ordered[TIME].values.astype(float)
    except (TypeError, ValueError):
        years = np.zeros(ordered.sizes[TIME] + 1)
    if (np.diff(years) <= 0).any():
        raise MethodError(
            Fault(
                "times-out-of-order",
                "times must be numbers, each once and in increasing order. Sort by time first.",
                "时间须为数值、不重复且递增。请先按时间排序。",
            )
        )
    return ordered.values.astype(float), years


def named(regions: npt.NDArray[Any], most: int = 5, joint: str = ", ") -> str:
    """The first few labels in words, and how many more there are."""
    shown = joint.join(map(str, regions[:most]))
    return shown if len(regions) <= most else f"{shown} … (+{len(regions) - most})"


def _gaps(regions: npt.NDArray[Any]) -> Fault:
    return Fault(
        "regions-with-gaps",
        f"left out, because not every year was observed: {named(regions)}. Fill the gaps first to keep them.",
        f"因部分年份缺失而未纳入：{named(regions, joint='、')}。如需保留，请先填补缺失值。",
        severity="warning",
    )


def _too_few(found: int, needed: int, what: str, what_zh: str) -> Fault:
    return Fault(
        "too-few",
        f"at least {needed} {what} are needed; found {found}.",
        f"至少需要 {needed} 个{what_zh}；实际为 {found} 个。",
    )


def _not_positive(regions: npt.NDArray[Any]) -> Fault:
    return Fault(
        "not-positive",
        f"values must be above zero here; not so in: {named(regions)}. Rescale the index to a positive range.",
        f"此处取值须为正；以下地区不满足：{named(regions, joint='、')}。请将指数变换到正值区间。",
    )


def sweep(x: Floats, regions: Codes | None = None, times: Codes | None = None) -> Floats:
    """Take out region means, time means or both from (..., n); exact for unbalanced panels too.

    With both, region means go first and the time dummies, themselves freed of region means, are projected out
    (Frisch, Waugh 1933), which is the least-squares dummy-variable estimator without its dummies.
    """
    if regions is None:
        return x if times is None else x - _means(x, times)
    swept = x - _means(x, regions)
    if times is None:
        return swept
    dummies = np.eye(int(times.max()) + 1)[1:, times]
    dummies = dummies[dummies.any(axis=1)]
    free = dummies - _means(dummies, regions)
    # A year whose regions are seen in no other year leaves a dummy without any variation.
    basis, sizes, _ = np.linalg.svd(free.T, full_matrices=False)
    basis = basis[:, sizes > 1e-10 * max(sizes.max(initial=0.0), 1.0)]
    return np.asarray(swept - (swept @ basis) @ basis.T)


def _means(x: Floats, codes: Codes) -> Floats:
    counts = np.bincount(codes)
    sums = by_group(x, codes)
    return np.asarray((sums / counts[counts > 0])[..., np.unique(codes, return_inverse=True)[1]])


def by_group(x: Floats, codes: Codes) -> Floats:
    """Sums over the observations of each group in the order of the codes, (..., n) -> (..., groups)."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.asarray(np.add.reduceat(x[..., order], starts, axis=-1))


@dataclass(frozen=True)
class Fit:
    """A regression: coefficients (..., k), residuals (..., n) and what they rest on.

    ``influence`` (..., regions, k), scaled so that its squares add up to the covariance, is what each region does to
    the coefficients. ``freedom`` are the degrees of freedom of t; ``parameters`` the count that the covariance's scale
    divided by; ``fit`` is R² after the effects were swept out, ``nan`` where these leave nothing of y.
    """

    names: tuple[str, ...]
    coefficients: Floats
    influence: Floats
    residuals: Floats
    fit: Floats
    observations: int
    clusters: int
    parameters: int
    freedom: int

    @property
    def covariance(self) -> Floats:
        """Covariance of the coefficients, (..., k, k)."""
        return np.asarray(np.swapaxes(self.influence, -1, -2) @ self.influence)

    @property
    def errors(self) -> Floats:
        """Standard errors, (..., k)."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance, axis1=-2, axis2=-1)))

    @property
    def statistics(self) -> Floats:
        """t statistics, (..., k); infinite or ``nan`` where nothing is left to make an error of."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.coefficients / self.errors)

    @property
    def p(self) -> Floats:
        """Two-sided p values of t, (..., k)."""
        return np.asarray(2 * stats.t.sf(np.abs(self.statistics), self.freedom))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Both ends of the confidence intervals, each (..., k)."""
        width = stats.t.ppf((1 + level) / 2, self.freedom) * self.errors
        return self.coefficients - width, self.coefficients + width


def regress(
    y: Floats,
    x: Floats,
    names: Sequence[str],
    *,
    regions: Codes,
    times: Codes,
    effects: Sequence[Effect] = (),
    small_sample: SmallSample = "jackknife",
) -> Fit:
    """Least squares of y (..., n) on x (..., n, k) with fixed effects and standard errors clustered by region.

    Without effects a constant is added as the last column. ``small_sample`` says how the covariance allows for few
    regions. With G of them, n observations and p parameters it is the clustered sandwich times

    - ``clusters``: G/(G-1) · (n-1)/(n-p), where p leaves out region effects because they are nested in the clusters
      (Stata's xtreg, fe; linearmodels with ``group_debias`` for region effects);
    - ``dummies``: the same with every effect in p (statsmodels' OLS with dummies and clusters);
    - ``observations``: n/(n-p) as linearmodels counts: region effects alone stay out of p, two ways are both in it;
    - ``none``: 1;

    or ``jackknife``: (G-1)/G times the squares of what leaving out each region in turn does to the coefficients (CV3),
    which alone allows for regions that pull on the line more than others. t has G-1 degrees of freedom, with
    ``observations`` and ``none`` n - p. With one observation per region the first is White's HC1, the last HC3 times
    (G-1)/G. Raises ``MethodError`` where a regressor has no variation of its own or nothing is left to estimate the
    errors from. Source: Cameron, Miller 2015, sections II and III; MacKinnon, Nielsen, Webb 2023 for the jackknife.
    """
    columns = np.moveaxis(np.asarray(x, dtype=float), -1, -2)
    names = tuple(names)
    if not effects:
        columns = np.concatenate([columns, np.ones((*columns.shape[:-2], 1, columns.shape[-1]))], axis=-2)
        names = (*names, "constant")
    clusters, n, years = len(np.unique(regions)), len(regions), len(np.unique(times))
    parameters = _parameters(len(names), clusters, years, tuple(effects), small_sample)
    _refuse_exhausted(n, len(names), clusters, years, tuple(effects), parameters)
    within = (regions if "region" in effects else None, times if "time" in effects else None)
    swept, target = sweep(columns, *within), sweep(np.asarray(y, dtype=float), *within)
    _refuse_collinear(swept, columns, names, effects)
    design = np.moveaxis(swept, -2, -1)
    coefficients, inverse = least_squares(target, design)
    residuals = target - np.einsum("...nk,...k->...n", design, coefficients)
    if small_sample == "jackknife":
        influence = _jackknife(columns, residuals, regions, within)
    else:
        groups = clusters / (clusters - 1) * (n - 1) / (n - parameters)
        scale = {"clusters": groups, "dummies": groups, "observations": n / (n - parameters), "none": 1.0}[small_sample]
        scores = by_group(swept * residuals[..., None, :], regions)
        influence = np.sqrt(scale) * np.swapaxes(scores, -1, -2) @ inverse
    total = ((target - target.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return Fit(
        names,
        coefficients,
        influence,
        residuals,
        np.asarray(1 - (residuals**2).sum(axis=-1) / np.where(total > 0, total, np.nan)),
        n,
        clusters,
        parameters,
        n - parameters if small_sample in ("observations", "none") else clusters - 1,
    )


def least_squares(y: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Coefficients (..., k) of y (..., n) on x (..., n, k) of full rank, and the inverse of x'x, (..., k, k)."""
    q, r = np.linalg.qr(x)
    back = np.linalg.inv(r)
    coefficients = np.einsum("...ij,...nj,...n->...i", back, q, y, optimize=True)
    return coefficients, np.asarray(back @ np.swapaxes(back, -1, -2))


def _jackknife(columns: Floats, residuals: Floats, regions: Codes, within: tuple[Codes | None, Codes | None]) -> Floats:
    """What leaving out each region does to the coefficients: (X'X - X_g'X_g)⁻¹ X_g'u_g, no refitting needed.

    Region effects leave with their region, so they may be swept out beforehand; years are shared and stay as dummies.
    """
    k = columns.shape[-2]
    if within[1] is not None:
        dummies = np.eye(int(within[1].max()) + 1)[np.unique(within[1])][:, within[1]]
        dummies = np.broadcast_to(dummies, (*columns.shape[:-2], *dummies.shape))
        columns = np.concatenate([columns, dummies], axis=-2)
    rows = sweep(columns, within[0])
    own = by_group(rows[..., :, None, :] * rows[..., None, :, :], regions)
    scores = by_group(rows * residuals[..., None, :], regions)
    left = np.moveaxis(own.sum(axis=-1, keepdims=True) - own, -1, -3)
    # Years that one region alone has and the dummy that region effects make redundant have no inverse; pinv skips them.
    moved = (np.linalg.pinv(left, rcond=1e-11, hermitian=True) @ np.moveaxis(scores, -1, -2)[..., None])[..., :k, 0]
    groups = moved.shape[-2]
    return np.asarray(np.sqrt((groups - 1) / groups) * moved)


def _parameters(k: int, regions: int, times: int, effects: tuple[Effect, ...], small_sample: SmallSample) -> int:
    if not effects:
        return k
    of_time = times - 1 if "time" in effects else 0
    nested = small_sample in ("clusters", "jackknife") or (small_sample == "observations" and effects == ("region",))
    of_region = 0 if nested or "region" not in effects else regions - 1
    return k + 1 + of_time + of_region


def _refuse_exhausted(n: int, k: int, regions: int, times: int, effects: tuple[Effect, ...], parameters: int) -> None:
    every = _parameters(k, regions, times, effects, "dummies")
    if regions < 2 or n <= max(every, parameters):
        raise MethodError(
            Fault(
                "nothing-left-to-estimate",
                f"{n} observations of {regions} regions cannot carry {every} parameters (effects included). "
                "Use more years or regions, fewer controls, or fewer effects.",
                f"{regions} 个地区的 {n} 个观测不足以估计 {every} 个参数（含固定效应）。"
                "请增加年份或地区，或减少控制变量、固定效应。",
            )
        )


def _refuse_collinear(swept: Floats, raw: Floats, names: tuple[str, ...], effects: Sequence[Effect]) -> None:
    """Name the columns that the effects, or the columns before them, explain entirely."""
    size = np.sqrt((raw**2).sum(axis=-1))
    rest = np.abs(np.diagonal(np.linalg.qr(np.moveaxis(swept, -2, -1), mode="r"), axis1=-2, axis2=-1))
    flat = (rest <= 1e-9 * np.where(size > 0, size, 1.0)).reshape(-1, len(names)).any(axis=0)
    if flat.any():
        culprits = [name for name, hit in zip(names, flat, strict=True) if hit]
        by_en = f" beside the {' and '.join(effects)} effects" if effects else ""
        by_zh = "与固定效应" if effects else ""
        raise MethodError(
            Fault(
                "collinear",
                f"no variation of their own{by_en}: {', '.join(culprits)}. Leave them out, or take out the effect that "
                "explains them.",
                f"以下变量{by_zh}完全共线，没有独立变异：{'、'.join(culprits)}。请去掉这些变量或相应的固定效应。",
            )
        )


def chosen(family: Family, method: str | Callable[..., Any], **options: Any) -> Method:
    """The method of that name, or made of a function, with its options settled. Raises ``MethodError``."""
    found = family.find(method)
    return replace(found, function=partial(found.function, **found.accept(options))) if options else found


def few_clusters(clusters: int) -> tuple[Fault, ...]:
    """A warning where the regions are too few for clustered errors to be trusted."""
    if clusters >= FEW_CLUSTERS:
        return ()
    return (
        Fault(
            "few-clusters",
            f"errors are clustered by {clusters} regions; with fewer than {FEW_CLUSTERS} they tend to be too small.",
            f"标准误按 {clusters} 个地区聚类；少于 {FEW_CLUSTERS} 个时往往偏小。",
            severity="warning",
        ),
    )


def lags_of(rule: LagRule | int, n: int) -> int:
    """How many lags Bartlett's kernel reaches for n years, never more than n - 2.

    ``newey-west-1994``: ⌊4 (n/100)^(2/9)⌋; ``stock-watson``: ⌈0.75 n^(1/3)⌉; or the number itself.
    """
    if isinstance(rule, int):
        wanted = rule
    else:
        exact = {"newey-west-1994": 4 * (n / 100) ** (2 / 9), "stock-watson": 0.75 * n ** (1 / 3)}[rule]
        wanted = math.ceil(exact) if rule == "stock-watson" else math.floor(exact)
    return max(0, min(wanted, n - 2))


def newey_west(x: Floats, residuals: Floats, lags: int, *, correction: bool = True) -> Floats:
    """Covariance of least squares under serial correlation, (..., k, k); x is (n, k), residuals (..., n).

    Bartlett weights 1 - l/(lags+1); ``correction`` multiplies by n/(n-k). Source: Newey, West 1987, equation 5.
    """
    n, k = x.shape
    scores = x * residuals[..., None]
    meat = np.swapaxes(scores, -1, -2) @ scores
    for lag in range(1, lags + 1):
        cross = np.swapaxes(scores[..., lag:, :], -1, -2) @ scores[..., : n - lag, :]
        meat = meat + (1 - lag / (lags + 1)) * (cross + np.swapaxes(cross, -1, -2))
    inverse = np.linalg.inv(x.T @ x)
    return np.asarray(inverse @ meat @ inverse * (n / (n - k) if correction else 1.0))


long_run_variances = Family(
    "long-run-variance",
    zh="长期方差",
    about="f(residuals: (..., n), *, options) -> (...), the variance of √n times their mean.",
)


@long_run_variances.add("andrews", zh="Andrews 自动带宽（二次谱核）", cite="Andrews 1991")
def andrews(residuals: Floats) -> Floats:
    """Quadratic-spectral kernel with the automatic bandwidth 1.3221 (α̂ n)^(1/5) of a first-order autoregression.

    α̂ = 4ρ²/(1-ρ)⁴ (equations 6.2 and 6.4); ρ, without a constant, is kept within ±0.97, since a bandwidth beyond that
    is longer than any sample.
    """
    return _spectral(residuals, residuals.shape[-1], bound=0.97)


@long_run_variances.add("phillips-sul", zh="Phillips–Sul 程序口径", cite="Phillips, Sul 2007")
def phillips_sul(residuals: Floats) -> Floats:
    """Andrews' estimator with the end effects of the authors' own program, for agreement with published tables.

    Sums of squares run over all n residuals and those of the lags over the first n - 1, both are divided by n - 1, and
    the autoregression is not bounded; R's ConvergenceClubs computes this as FQSB.
    """
    return _spectral(residuals, residuals.shape[-1] - 1, bound=None)


@long_run_variances.add("newey-west", zh="Newey–West（Bartlett 核）", cite="Newey, West 1987")
def bartlett(residuals: Floats, *, lags: LagRule | int = "newey-west-1994") -> Floats:
    """Bartlett's kernel with a fixed number of lags."""
    n = residuals.shape[-1]
    reach = lags_of(lags, n)
    out = (residuals**2).sum(axis=-1)
    for lag in range(1, reach + 1):
        out = out + 2 * (1 - lag / (reach + 1)) * (residuals[..., lag:] * residuals[..., :-lag]).sum(axis=-1)
    return np.asarray(out / n)


def _spectral(u: Floats, n: int, bound: float | None) -> Floats:
    rho = (u[..., 1:] * u[..., :-1]).sum(axis=-1) / (u[..., :-1] ** 2).sum(axis=-1)
    if bound is not None:
        rho = np.clip(rho, -bound, bound)
    width = 1.3221 * (4 * rho**2 / (1 - rho) ** 4 * u.shape[-1]) ** 0.2
    out = (u**2).sum(axis=-1)
    for lag in range(1, n):
        z = 1.2 * np.pi * lag / np.maximum(width, 1e-8)
        kernel = 3 / z**2 * (np.sin(z) / z - np.cos(z))
        out = out + 2 * kernel * (u[..., :n][..., lag:] * u[..., :n][..., : n - lag]).sum(axis=-1)
    return np.asarray(out / n)
