"""The distribution of scores through time: kernel densities of all years on one grid, and their modes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import TIME, Floats
from xinzhi.core.methods import Family
from xinzhi.core.results import Record
from xinzhi.core.specs import FaultyValue
from xinzhi.dynamics._scores import Scores, names
from xinzhi.dynamics.bandwidths import bandwidths
from xinzhi.dynamics.courses import courses

VALUE = "value"
Bandwidth: TypeAlias = str | float | Callable[..., Floats]
Support: TypeAlias = tuple[float | None, float | None]

# Beyond so many bandwidths a kernel holds less than a millionth of its mass.
REACH = 5.0
FEW_REGIONS = 10

kernels = Family(
    "kernel",
    zh="核函数",
    about="f(z: distance in standard deviations of the kernel) -> density of the kernel at z.",
)


@kernels.add("gaussian", zh="高斯核", cite="Silverman 1986, table 3.1")
def gaussian(z: Floats) -> Floats:
    """The normal density."""
    return np.asarray(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))


@kernels.add("epanechnikov", zh="Epanechnikov 核", cite="Epanechnikov 1969; Silverman 1986, table 3.1")
def epanechnikov(z: Floats) -> Floats:
    """3 / (4 sqrt 5) (1 - z^2 / 5) within sqrt 5: the parabola, scaled to standard deviation 1."""
    return np.asarray(np.maximum(1 - z**2 / 5, 0.0) * 3 / (4 * np.sqrt(5)))


def density(
    scores: xr.DataArray,
    *,
    bandwidth: Bandwidth = "silverman",
    kernel: str = "gaussian",
    support: Support = (None, None),
    shared: bool = False,
    points: int = 512,
) -> Density:
    """Estimate the density of scores in every year, on one grid over all years.

    ``scores`` are region × time; unobserved ones are left out of their year and listed. ``bandwidth`` is a rule (see
    ``bandwidths``) or a number; ``shared`` gives every year the mean of the years' bandwidths, so that a change of
    shape is not a change of smoothing. ``support`` are bounds that scores cannot pass, such as ``(0, None)``: what a
    kernel would put outside is reflected back, and the density still integrates to one. Without bounds the grid
    reaches five bandwidths beyond the scores. Raises ``MethodError`` for years with fewer than two scores or without
    any spread, for scores outside the support, and for a grid too coarse for the bandwidth. Silverman 1986, ch. 2-3.
    """
    laid, notices = courses(scores, least_regions=2, least_times=1)
    smooth = kernels.find(kernel)
    widths, rule = _widths(laid, bandwidth)
    _refuse_outside(laid, support)
    if shared:
        widths = np.full_like(widths, widths.mean())
    low, high = support
    seen = laid.x[laid.seen]
    reach = REACH * float(widths.max())
    grid = np.linspace(
        seen.min() - reach if low is None else low, seen.max() + reach if high is None else high, max(points, 2)
    )
    if (grid[1] - grid[0]) > widths.min() / 2:
        needed = int(np.ceil((grid[-1] - grid[0]) / (widths.min() / 2))) + 1
        raise MethodError(
            Fault(
                "grid-too-coarse",
                f"the narrowest bandwidth, {widths.min():.4g}, needs {needed} grid points or more; there are {points}.",
                f"最窄的带宽为 {widths.min():.4g}，至少需要 {needed} 个网格点；现为 {points} 个。",
            )
        )
    values = estimate(laid.x, widths, grid, smooth.function, support)
    settings = {"bandwidth": rule, "kernel": kernel, "support": support, "shared": shared, "points": points}
    return Density(
        density=xr.DataArray(values, dims=(TIME, VALUE), coords={TIME: laid.times, VALUE: grid}, name="density"),
        bandwidths=xr.DataArray(widths, dims=(TIME,), coords={TIME: laid.times}, name="bandwidth"),
        rule=rule,
        kernel=smooth.name,
        support=support,
        shared=shared,
        omitted=(*notices, *_few(laid)),
        record=Record("density", settings, {"scores": laid.digest}),
    )


def estimate(
    x: Floats, width: Floats, grid: Floats, kernel: Callable[[Floats], Floats], support: Support = (None, None)
) -> Floats:
    """Kernel density of ``x`` (..., region) at ``grid`` (g,): (..., g); ``width`` is (...), ``nan`` in x is left out.

    Scores are mirrored at the bounds of ``support``: at one bound once, between two so often that nothing which a
    kernel narrower than their distance puts outside is lost.
    """
    seen = ~np.isnan(x)
    n = seen.sum(axis=-1)[..., None]
    out = np.zeros((*x.shape[:-1], len(grid)))
    h = width[..., None]
    # One region at a time keeps memory to the size of the answer, however many draws stand in front.
    for at in range(x.shape[-1]):
        own = np.where(seen[..., at], x[..., at], np.inf)[..., None]
        for image in _images(own, support):
            with np.errstate(over="ignore"):  # a score far from the grid, in bandwidths, squares to infinity
                out += kernel((grid - image) / h)
    return np.asarray(out / (n * h))


def _images(x: Floats, support: Support) -> list[Floats]:
    low, high = support
    if low is None and high is None:
        return [x]
    if high is None:
        assert low is not None
        return [x, 2 * low - x]
    if low is None:
        return [x, 2 * high - x]
    period = 2 * (high - low)
    shifts = period * np.arange(-3, 4)
    return [image + shift for shift in shifts for image in (x, 2 * low - x)]


@dataclass(frozen=True)
class Density:
    """Densities through time, time × value, with the bandwidths, the rule and the kernel behind them."""

    density: xr.DataArray
    bandwidths: xr.DataArray
    rule: str
    kernel: str
    support: Support
    shared: bool
    omitted: tuple[Fault, ...]
    record: Record

    @cached_property
    def modes(self) -> pd.DataFrame:
        """The peaks of each year, one row each: time, value, density, and how many the year has.

        How many there are depends on the bandwidth, and the kinks of a parabolic kernel make peaks that a normal one
        does not. A peak at a bound of the support counts. Places are as fine as the grid.
        """
        grid, rows = self.density[VALUE].values, []
        for year, curve in zip(self.density[TIME].values, self.density.values, strict=True):
            at = peaks(curve)
            rows.append(pd.DataFrame({TIME: year, VALUE: grid[at], "density": curve[at], "modes": len(at)}))
        return pd.concat(rows, ignore_index=True)

    @property
    def count(self) -> xr.DataArray:
        """Number of peaks per year, (time,)."""
        counts = [len(peaks(curve)) for curve in self.density.values]
        return xr.DataArray(counts, dims=(TIME,), coords={TIME: self.density[TIME].values}, name="modes")

    @property
    def mass(self) -> xr.DataArray:
        """The integral of each year's density over the grid, (time,), by trapezoids: one, but for rounding."""
        return self.density.integrate(VALUE).rename("mass")

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: time, value, density, bandwidth."""
        table = self.density.to_dataframe().reset_index()
        return table.merge(self.bandwidths.to_dataframe().reset_index(), on=TIME)

    def __repr__(self) -> str:
        times, h = self.density[TIME].values, self.bandwidths.values
        low, high = ("none" if bound is None else f"{bound:g}" for bound in self.support)
        return "\n".join(
            (
                f"Density of scores, {times[0]}-{times[-1]}, {self.density.sizes[VALUE]} grid points",
                f"  kernel {self.kernel}, bandwidth {self.rule}{' shared by all years' if self.shared else ''}: "
                f"{h.min():.4g} to {h.max():.4g}",
                f"  bounds: low {low}, high {high}",
                f"  modes: {', '.join(f'{year}: {of}' for year, of in zip(times, self.count.values, strict=True))}",
                f"  notes: {len(self.omitted)}",
            )
        )


def peaks(curve: Floats) -> npt.NDArray[np.intp]:
    """Where a curve (g,) is higher than on both sides, its ends included; of a level top the middle."""
    change = np.flatnonzero(np.diff(curve) != 0)
    starts, ends = np.concatenate([[0], change + 1]), np.concatenate([change, [len(curve) - 1]])
    heights = np.concatenate([[-np.inf], curve[starts], [-np.inf]])
    top = (heights[1:-1] > heights[:-2]) & (heights[1:-1] > heights[2:]) & (curve[starts] > 0)
    return np.asarray((starts[top] + ends[top]) // 2)


def _widths(laid: Scores, bandwidth: Bandwidth) -> tuple[Floats, str]:
    """A bandwidth for every year, and the name of the rule."""
    counts = laid.seen.sum(axis=1)
    flat = np.nanmax(laid.x, axis=1) <= np.nanmin(laid.x, axis=1)
    if isinstance(bandwidth, str) or callable(bandwidth):
        if (bad := (counts < 2) | flat).any():
            en, zh = names(laid.times[bad])
            raise MethodError(
                Fault(
                    "no-spread",
                    f"scores do not differ, or are fewer than two, in {en}: no rule gives a bandwidth. "
                    "Leave these years out or give a number.",
                    f"以下年份得分无差异或不足两个：{zh}，无法按法则确定带宽。请剔除这些年份或直接给定带宽。",
                )
            )
        rule = bandwidths.find(bandwidth)
        return np.asarray(rule.function(laid.x), dtype=float), rule.name
    if not (np.isfinite(bandwidth) and bandwidth > 0):
        raise FaultyValue(
            "bad-bandwidth",
            f"a bandwidth must be a number above zero; found {bandwidth!r}.",
            f"带宽须为正数；实际为 {bandwidth!r}。",
        )
    return np.full(len(counts), float(bandwidth)), "given"


def _refuse_outside(laid: Scores, support: Support) -> None:
    low, high = support
    if low is not None and high is not None and not low < high:
        raise MethodError(
            Fault("bad-support", f"the support {support} has no inside.", f"取值区间 {support} 的下界须小于上界。")
        )
    outside: npt.NDArray[Any] = np.zeros(laid.x.shape, dtype=bool)
    if low is not None:
        outside |= laid.x < low
    if high is not None:
        outside |= laid.x > high
    if outside.any():
        raise laid.refusal(
            "outside-support",
            f"scores lie outside the stated support {support}.",
            f"得分超出给定的取值区间 {support}。",
            outside,
        )


def _few(laid: Scores) -> tuple[Fault, ...]:
    few = laid.seen.sum(axis=1) < FEW_REGIONS
    if not few.any():
        return ()
    en, zh = names(laid.times[few])
    return (
        Fault(
            "few-regions",
            f"fewer than {FEW_REGIONS} scores in {en}: the shape of the density is mostly that of the kernel.",
            f"以下年份得分不足 {FEW_REGIONS} 个：{zh}，密度形状主要取决于核函数。",
            severity="warning",
        ),
    )
