"""Does an effect change once another variable passes a threshold: the panel threshold model with fixed effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.dynamics.panels import Effect, Fit, SmallSample, few_clusters, named, rectangle, regress, sweep

VARIABLE, VALUE = "variable", "threshold"


@dataclass(frozen=True)
class Threshold:
    """One threshold: its estimate, the values a test does not exclude, and the test that it is there at all.

    ``low`` and ``high`` bound the values with a likelihood ratio under the critical one (``ratio`` holds all, along the
    grid), which need not adjoin. ``f`` is Hansen's F of one threshold more, ``p`` its bootstrap p value.
    """

    estimate: float
    low: float
    high: float
    f: float
    p: float
    ratio: xr.DataArray


@dataclass(frozen=True)
class PanelThreshold:
    """Thresholds in increasing order, and the slopes of every regime.

    ``fit`` names a slope by its regressor and regime; ``shares`` are the regimes' shares of the observations.
    """

    thresholds: tuple[Threshold, ...]
    fit: Fit
    shares: tuple[float, ...]
    variable: str
    level: float
    replications: int
    seed: int
    omitted: tuple[Fault, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per slope: estimate, clustered error (thresholds taken as known), t, p and interval."""
        low, high = self.fit.interval(self.level)
        columns = {"coefficient": self.fit.coefficients, "error": self.fit.errors, "t": self.fit.statistics}
        return pd.DataFrame({VARIABLE: self.fit.names, **columns, "p": self.fit.p, "low": low, "high": high})

    def __repr__(self) -> str:
        lines = [
            f"PanelThreshold: {len(self.thresholds)} in '{self.variable}', {self.fit.clusters} regions, "
            f"{self.fit.observations} observations"
        ]
        lines += [
            f"  {one.estimate:.4g} ({self.level:.0%}: {one.low:.4g} to {one.high:.4g}), "
            f"F = {one.f:.2f}, p = {one.p:.3f}"
            for one in self.thresholds
        ]
        slopes = zip(self.fit.names, self.fit.coefficients, self.fit.errors, strict=True)
        lines += [f"  {name}: {slope:.4g} ({error:.2g})" for name, slope, error in slopes]
        lines.append(f"  bootstrap: {self.replications} draws, seed {self.seed}; {len(self.omitted)} notes")
        return "\n".join(lines)


def panel_threshold(
    outcome: xr.DataArray,
    switching: xr.DataArray,
    variable: xr.DataArray,
    *,
    controls: xr.DataArray | None = None,
    thresholds: int = 1,
    effects: Sequence[Effect] = ("region",),
    trim: float = 0.05,
    grid: int = 300,
    replications: int = 300,
    seed: int = 0,
    level: float = 0.95,
    small_sample: SmallSample = "jackknife",
) -> PanelThreshold:
    """Estimate where an effect changes with a third variable, how surely, and the effect on either side.

    y = μ_i + β₁'x 1(q ≤ γ) + β₂'x 1(q > γ) + θ'z + e, with ``outcome`` y, ``switching`` x and ``controls`` z (region ×
    time, or × variable), ``variable`` q, which may be x itself. γ minimises the squared errors over ``grid`` values of
    q (all its values, or as many quantiles of them) that leave each regime a share ``trim`` of the observations and
    every slope some variation. Two ``thresholds`` are found one after the other, the first then again given the second,
    as Hansen does; the p value of the second tests two against one.

    Intervals hold the γ with (S(γ) - S(γ̂))/σ̂² ≤ -2 ln(1 - √level); p values come from ``replications`` panels in
    which whole regions' residuals are drawn with replacement under the model with one threshold fewer. The intervals
    take errors to be of one size and unrelated; the draws keep what errors of one region have in common. σ̂² divides by
    N(T-1) (less T-1 with time effects). The method needs a balanced panel: regions with a gap in any variable are left
    out and listed. Errors of the slopes are clustered by region and take the threshold as known: of 500 panels of 30 ×
    12, intervals of 95 % held the threshold in 94 % and the slope beyond it in 94 % where the slope changed by one
    deviation of the errors, in 97 % and 90 % where it changed by half of one. Raises ``MethodError``. Source: Hansen
    1999, sections 2 to 5.
    """
    data = _gather(outcome, switching, variable, controls)
    search = _Search.of(data, tuple(effects), trim, grid)
    rng = np.random.default_rng(seed)
    critical = -2 * np.log(1 - np.sqrt(level))
    found = _one(search, rng, replications, critical)
    if thresholds == 2:
        found = _two(search, found[0], rng, replications, critical)
    elif thresholds != 1:
        raise MethodError(
            Fault(
                "too-many-thresholds",
                f"one or two thresholds; {thresholds} asked.",
                f"门槛个数须为 1 或 2；实际为 {thresholds}。",
            )
        )
    fit, shares = _slopes(data, [one.estimate for one in found], tuple(effects), small_sample)
    notes = (*data.omitted, *few_clusters(fit.clusters))
    return PanelThreshold(found, fit, shares, data.label, level, replications, seed, notes)


@dataclass(frozen=True)
class _Data:
    """The balanced panel, flattened region by region: y and q (n,), x and z (k, n)."""

    y: Floats
    x: Floats
    z: Floats
    q: Floats
    regions: npt.NDArray[np.intp]
    times: npt.NDArray[np.intp]
    names: tuple[str, ...]
    others: tuple[str, ...]
    label: str
    omitted: tuple[Fault, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Regions and years."""
        return int(self.regions[-1]) + 1, int(self.times[-1]) + 1


def _gather(y: xr.DataArray, x: xr.DataArray, q: xr.DataArray, z: xr.DataArray | None) -> _Data:
    rectangle(y)
    regions, years = y[REGION].values, y[TIME].values
    layers = [_layers(y, y, "outcome"), _layers(q, y, "variable"), _layers(x, y, "x")]
    layers.append(_layers(z, y, "control") if z is not None else ([], np.empty((0, len(regions), len(years)))))
    cells = np.concatenate([layer for _, layer in layers])
    whole = np.isfinite(cells).all(axis=(0, 2))
    omitted: tuple[Fault, ...] = ()
    if not whole.all():
        gone = regions[~whole]
        omitted = (
            Fault(
                "regions-with-gaps",
                f"left out, because the method needs a balanced panel: {named(gone)}. Fill the gaps first to "
                "keep them.",
                f"该方法要求平衡面板，以下地区因缺失而未纳入：{named(gone, joint='、')}。如需保留，请先填补缺失值。",
                severity="warning",
            ),
        )
    n, t = int(whole.sum()), len(years)
    if n < 2 or t < 2:
        raise MethodError(
            Fault(
                "too-few",
                f"two regions without gaps and two years are needed; found {n} and {t}.",
                f"至少需要 2 个无缺失的地区和 2 个年份；实际为 {n} 个和 {t} 个。",
            )
        )
    flat = cells[:, whole].reshape(len(cells), -1)
    k = len(layers[2][0])
    return _Data(
        flat[0],
        flat[2 : 2 + k],
        flat[2 + k :],
        flat[1],
        np.repeat(np.arange(n), t),
        np.tile(np.arange(t), n),
        tuple(layers[2][0]),
        tuple(layers[3][0]),
        layers[1][0][0],
        omitted,
    )


def _layers(given: xr.DataArray, like: xr.DataArray, otherwise: str) -> tuple[list[str], Floats]:
    """Names and cells (variable, region, time) in the order of the outcome's regions and years."""
    wide = given if VARIABLE in given.dims else given.expand_dims({VARIABLE: [given.name or otherwise]})
    try:
        wide = wide.transpose(VARIABLE, REGION, TIME).sel({dim: like[dim].values for dim in (REGION, TIME)})
    except (KeyError, ValueError) as problem:
        raise MethodError(
            Fault(
                "panels-do-not-match",
                f"'{otherwise}' must be region × time and hold every region and year of the outcome: {problem}.",
                f"“{otherwise}”须为“地区 × 时间”，且包含被解释变量的全部地区和年份：{problem}。",
            )
        ) from None
    return [str(name) for name in wide[VARIABLE].values], wide.values.astype(float)


@dataclass(frozen=True)
class _Search:
    """What each value on the grid would explain, as orthonormal bases that errors are projected on.

    ``bases`` is (value, n, k): x below the value, freed of effects, of x itself and of the controls; ``common`` (n, m)
    spans the latter two; ``places`` counts the observations at or below each value.
    """

    values: Floats
    places: npt.NDArray[np.intp]
    bases: Floats
    common: Floats
    y: Floats
    least: int
    freedom: int
    within: tuple[npt.NDArray[np.intp] | None, npt.NDArray[np.intp] | None]
    shape: tuple[int, int]

    @classmethod
    def of(cls, data: _Data, effects: tuple[Effect, ...], trim: float, grid: int) -> _Search:
        within = (data.regions if "region" in effects else None, data.times if "time" in effects else None)
        n, t = data.shape
        size = n * t
        raw = np.concatenate([data.x, data.z])
        if not effects:
            raw = np.concatenate([raw, np.ones((1, size))])
        common = _basis(sweep(raw, *within)[None], raw)[0]
        if common.shape[1] < len(raw):
            raise MethodError(
                Fault(
                    "collinear",
                    "a regressor does not vary once the effects and the other regressors are taken out. Leave it out.",
                    "剔除固定效应和其他变量后，有解释变量不再变化。请去掉该变量。",
                )
            )
        values = np.unique(data.q)
        places = np.searchsorted(np.sort(data.q), values, side="right")
        least = max(int(np.ceil(trim * size)), len(data.x) + 1)
        inside = (places >= least) & (places <= size - least)
        values, places = values[inside], places[inside]
        if len(values) > grid:
            kept = np.unique(np.linspace(0, len(values) - 1, grid).round().astype(int))
            values, places = values[kept], places[kept]
        below = data.x[None] * (data.q <= values[:, None])[:, None, :]
        freed = sweep(below, *within)
        freed = freed - (freed @ common) @ common.T
        sizes = np.linalg.norm(freed, axis=-1)
        varies = (sizes > 1e-8 * np.maximum(np.linalg.norm(below, axis=-1), 1e-300)).all(axis=-1)
        if varies.sum() < 2:
            raise MethodError(
                Fault(
                    "no-threshold-to-try",
                    f"'{data.label}' offers {int(varies.sum())} values that leave {least} of {size} observations on "
                    "each side; it varies too little, or trim is too large.",
                    f"“{data.label}”仅有 {int(varies.sum())} 个取值能使两侧各留 {least} 个观测（共 {size} 个）；"
                    "其变化过小，或 trim 过大。",
                )
            )
        bases = np.linalg.qr(np.swapaxes(freed[varies], -1, -2))[0]
        freedom = size - (n if "region" in effects else 1) - (t - 1 if "time" in effects else 0)
        return cls(values[varies], places[varies], bases, common, data.y, least, freedom, within, (n, t))

    def rest(self, y: Floats) -> Floats:
        """What effects, x and controls leave of (..., n)."""
        swept = sweep(y, *self.within)
        return np.asarray(swept - (swept @ self.common) @ self.common.T)

    def given(self, at: int) -> tuple[Floats, npt.NDArray[np.intp]]:
        """Bases freed of the one at ``at``, and the positions of the values far enough from it to be tried."""
        apart = np.flatnonzero(np.abs(self.places - self.places[at]) >= self.least)
        own, others = self.bases[at], self.bases[apart]
        others = others - own @ (own.T @ others)
        enough = (np.linalg.norm(others, axis=1) > 1e-6).all(axis=-1)
        return np.linalg.qr(others[enough])[0], apart[enough]


def _basis(rows: Floats, raw: Floats) -> Floats:
    """Orthonormal columns of (1, k, n) rows; those that nothing is left of are dropped."""
    q, r = np.linalg.qr(np.swapaxes(rows, -1, -2))
    kept = np.abs(np.diagonal(r[0])) > 1e-9 * np.maximum(np.linalg.norm(raw, axis=-1), 1e-300)
    return np.asarray(q[:, :, kept])


def _gains(rest: Floats, bases: Floats) -> Floats:
    """By how much each value lowers the squared errors of (..., n): (..., value)."""
    values, n, k = bases.shape
    projected = rest @ bases.transpose(1, 0, 2).reshape(n, values * k)
    return np.asarray((projected.reshape(*rest.shape[:-1], values, k) ** 2).sum(axis=-1))


def _drawn(residuals: Floats, search: _Search, rng: np.random.Generator, replications: int) -> Floats:
    """Errors of whole regions drawn with replacement, (replications, n)."""
    n, t = search.shape
    return residuals.reshape(n, t)[rng.integers(n, size=(replications, n))].reshape(replications, n * t)


def _one(search: _Search, rng: np.random.Generator, replications: int, critical: float) -> tuple[Threshold, ...]:
    rest = search.rest(search.y)
    whole, gains = float(rest @ rest), _gains(rest, search.bases)
    best = int(np.argmax(gains))
    variance = _variance(whole - gains[best], search)
    basis = search.bases[best]
    errors = search.rest(_drawn(rest - basis @ (basis.T @ rest), search, rng, replications))
    drawn, most = (errors**2).sum(axis=-1), _gains(errors, search.bases).max(axis=-1)
    f = float(gains[best] / variance)
    p = _share(most / ((drawn - most) / search.freedom), f)
    return (_threshold(search.values, gains, best, variance, critical, f, p),)


def _two(
    search: _Search, single: Threshold, rng: np.random.Generator, replications: int, critical: float
) -> tuple[Threshold, ...]:
    rest = search.rest(search.y)
    whole = float(rest @ rest)
    first = int(np.flatnonzero(search.values == single.estimate)[0])
    bases, tried = search.given(first)
    if len(tried) < 1:
        raise MethodError(
            Fault(
                "no-second-threshold",
                f"no value leaves {search.least} observations between itself and the first threshold. Lower trim.",
                f"没有取值能与第一个门槛之间留出 {search.least} 个观测。请调低 trim。",
            )
        )
    gains, one = _gains(rest, bases), float(_gains(rest, search.bases[first : first + 1])[0])
    at = int(np.argmax(gains))
    second = int(tried[at])
    variance = _variance(whole - one - gains[at], search)
    f = float(gains[at] / variance)
    own, added = search.bases[first], bases[at]
    residuals = rest - own @ (own.T @ rest) - added @ (added.T @ rest)
    null = own @ (own.T @ rest)  # effects, x and controls are taken out again, so they need not be put back
    p = _share(_second_f(search.rest(null + _drawn(residuals, search, rng, replications)), search), f)
    later = _threshold(search.values[tried], gains, at, variance, critical, f, p)
    # The first was found while the second was still unknown: look for it again (Hansen 1999, section 5).
    bases, tried = search.given(second)
    gains, other = _gains(rest, bases), float(_gains(rest, search.bases[second : second + 1])[0])
    at = int(np.argmax(gains))
    variance = _variance(whole - other - gains[at], search)
    earlier = _threshold(search.values[tried], gains, at, variance, critical, single.f, single.p)
    return (earlier, later) if earlier.estimate < later.estimate else (later, earlier)


def _second_f(rest: Floats, search: _Search) -> Floats:
    """F of a second threshold in panels that were drawn with one, each with its own first threshold."""
    gains = _gains(rest, search.bases)
    first = gains.argmax(axis=-1)
    out = np.zeros(len(rest))
    for at in np.unique(first):
        of = first == at
        bases, tried = search.given(int(at))
        if not len(tried):
            continue
        more = _gains(rest[of], bases).max(axis=-1)
        left = (rest[of] ** 2).sum(axis=-1) - gains[of, at] - more
        out[of] = more / (left / search.freedom)
    return out


def _threshold(
    values: Floats, gains: Floats, best: int, variance: float, critical: float, f: float, p: float
) -> Threshold:
    ratio = (gains[best] - gains) / variance
    inside = values[ratio <= critical]
    labelled = xr.DataArray(ratio, dims=VALUE, coords={VALUE: values}, name="likelihood_ratio")
    return Threshold(float(values[best]), float(inside.min()), float(inside.max()), f, p, labelled)


def _variance(left: float, search: _Search) -> float:
    if left <= 1e-12 * max(float((sweep(search.y, *search.within) ** 2).sum()), 1e-300):
        raise MethodError(
            Fault(
                "perfect-fit",
                "the model explains the outcome exactly, so there is no error to test against. Is it built from x?",
                "模型完全解释了被解释变量，没有误差可供检验。请核对被解释变量是否由解释变量计算得来。",
            )
        )
    return float(left / search.freedom)


def _share(drawn: Floats, f: float) -> float:
    return float((1 + (drawn >= f).sum()) / (1 + len(drawn)))


def _slopes(
    data: _Data, cuts: list[float], effects: tuple[Effect, ...], small_sample: SmallSample
) -> tuple[Fit, tuple[float, ...]]:
    edges = [-np.inf, *cuts, np.inf]
    columns: list[Floats] = []
    names: list[str] = []
    shares = []
    for low, high in pairwise(edges):
        inside = (data.q > low) & (data.q <= high)
        shares.append(float(inside.mean()))
        columns += [x * inside for x in data.x]
        names += [f"{name} [{_regime(data.label, low, high)}]" for name in data.names]
    design: npt.NDArray[Any] = np.stack([*columns, *data.z], axis=-1)
    fit = regress(
        data.y,
        design,
        [*names, *data.others],
        regions=data.regions,
        times=data.times,
        effects=effects,
        small_sample=small_sample,
    )
    return fit, tuple(shares)


def _regime(label: str, low: float, high: float) -> str:
    if low == -np.inf:
        return f"{label} ≤ {high:.4g}"
    return f"{label} > {low:.4g}" if high == np.inf else f"{low:.4g} < {label} ≤ {high:.4g}"
