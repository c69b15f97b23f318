"""Filling what was not observed, and saying of every filled cell how.

Every method takes (time, region, indicator) and returns it with gaps filled as far as the method can; what it cannot
fill stays ``nan`` for the next step. Observed cells are never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import MISSING, ORIGINS, Floats
from xinzhi.core.methods import Family
from xinzhi.core.specs import FaultyValue

imputations = Family(
    "imputation",
    "缺失值填补",
    "f(x (time, region, indicator), near, *, options) -> x with as many gaps filled as the method can fill",
)

Step = tuple[str, Callable[..., Floats], dict[str, Any]]

_COINR = "Becker et al. 2022, COINr, JOSS 7(78) 4567"


@dataclass(frozen=True)
class Near:
    """What stands near a cell: regions of its group, indicators under its parent, other years.

    ``groups`` (region,) codes, -1 for a region without a group; ``parents`` (indicator,) codes of the parent
    element; ``times`` (time,), increasing; ``directions`` (indicator,) +1 or -1; ``pooled``: columns are taken over
    all years together rather than within each; ``seed`` for methods that draw.
    """

    groups: npt.NDArray[np.intp] | None
    parents: npt.NDArray[np.intp]
    times: Floats
    directions: Floats
    pooled: bool = False
    seed: int | None = None


def fill(
    x: Floats, steps: Sequence[Step], near: Near, origin: npt.NDArray[np.uint8]
) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Take the steps one after another, each filling what the ones before left open.

    Returns the filled array and ``origin`` updated, with the name of the step that filled a cell (``function`` for a
    function of one's own). Observed cells keep their value and origin whatever a step returns.
    """
    filled, origin = x, origin.copy()
    for name, function, options in (part for step in steps for part in _PARTS.get(step[0], [step])):
        gap = np.isnan(filled)
        if not gap.any():
            break
        made = np.asarray(function(filled, near, **options), dtype=float)
        if made.shape != x.shape:
            raise FaultyValue(
                "wrong-shape",
                f"the method returned shape {made.shape}; it must keep {x.shape} (time, region, indicator).",
                f"该方法返回的数组形状为 {made.shape}，须保持 {x.shape}（年份、地区、指标）。",
            )
        filled = np.where(gap, made, filled)
        origin[gap & ~np.isnan(filled)] = ORIGINS.index(name if name in imputations.members else "function")
    origin[np.isnan(filled)] = MISSING
    return filled, origin


@imputations.add(
    "mean", zh="均值填补", cite=_COINR + ": i_mean", formula=r"\hat{x}_{ij} = \frac{1}{n_j} \sum_{l \in O_j} x_{lj}"
)
def mean(x: Floats, near: Near) -> Floats:
    """Fill with the mean of the indicator over the regions (of the same year, or of all years)."""
    return _columnwise(x, near, _mean)


@imputations.add(
    "median",
    zh="中位数填补",
    cite=_COINR + ": i_median",
    formula=r"\hat{x}_{ij} = \mathrm{median}_{l \in O_j} \; x_{lj}",
)
def median(x: Floats, near: Near) -> Floats:
    """Fill with the median of the indicator over the regions (of the same year, or of all years)."""
    return _columnwise(x, near, _median)


@imputations.add(
    "group-mean",
    zh="分组均值填补",
    cite=_COINR + ": i_mean_grp",
    formula=r"\hat{x}_{ij} = \frac{1}{n_{gj}} \sum_{l \in O_{gj}} x_{lj}, \quad g = g(i)",
)
def group_mean(x: Floats, near: Near) -> Floats:
    """Fill with the mean of the region's group; where no member has a value the gap stays open.

    Follow it with ``mean`` to fall back on all regions: such cells are then known as filled by the mean of all.
    """
    return _groupwise(x, near, _mean)


@imputations.add(
    "group-median",
    zh="分组中位数填补",
    cite=_COINR + ": i_median_grp",
    formula=r"\hat{x}_{ij} = \mathrm{median}_{l \in O_{gj}} \; x_{lj}, \quad g = g(i)",
)
def group_median(x: Floats, near: Near) -> Floats:
    """Fill with the median of the region's group; where no member has a value the gap stays open."""
    return _groupwise(x, near, _median)


@imputations.add(
    "linear",
    zh="线性插值",
    cite=_COINR + ": impute_panel, linear",
    formula=r"\hat{x}_{rtj} = x_{raj} + (x_{rbj} - x_{raj}) \frac{t - a}{b - a}, \quad a < t < b",
)
def linear(x: Floats, near: Near) -> Floats:
    """Interpolate between the observed years before and after; the ends of a series stay open."""
    before, after = _around(x)
    inside = (before >= 0) & (after < len(x)) & (before < after)
    start, end = near.times[before], near.times[np.minimum(after, len(x) - 1)]
    now = near.times[:, None, None]
    share = np.divide(now - start, end - start, out=np.zeros(x.shape), where=inside)
    low, high = _at(x, before), _at(x, after)
    return np.where(inside, low + (high - low) * share, x)


@imputations.add(
    "constant",
    zh="常数插值",
    cite=_COINR + ": impute_panel, constant",
    formula=r"\hat{x}_{rtj} = \begin{cases} x_{raj} & \text{if any } a < t \text{ was observed} \\ x_{rbj} & "
    r"\text{otherwise} \end{cases}",
)
def constant(x: Floats, near: Near) -> Floats:
    """Carry the last observed year forward; before the first observed year, carry that one back."""
    before, after = _around(x)
    return _at(x, np.where(before >= 0, before, after))


@imputations.add(
    "latest",
    zh="沿用最近值",
    cite=_COINR + ": impute_panel, latest",
    formula=r"\hat{x}_{rtj} = x_{raj}, \quad t - a \leq \mathrm{within}",
)
def latest(x: Floats, near: Near, *, within: float | None = None) -> Floats:
    """Carry the last observed year forward, at most ``within`` units of time."""
    before, _ = _around(x)
    since = near.times[:, None, None] - near.times[before]
    return np.where((before >= 0) & (since <= (np.inf if within is None else within)), _at(x, before), np.nan)


@imputations.add(
    "linear-constant",
    zh="线性插值与常数外推",
    cite=_COINR + ": impute_panel, linear-constant",
    formula=r"\hat{x}_{rtj} = \begin{cases} x_{raj} + (x_{rbj} - x_{raj}) \frac{t - a}{b - a} & a < t < b \\ "
    r"x_{raj} & \text{no } b \\ x_{rbj} & \text{no } a \end{cases}",
)
def linear_constant(x: Floats, near: Near) -> Floats:
    """Interpolate between observed years, and carry the first and last of them outwards."""
    return constant(linear(x, near), near)


# Steps that fill in two ways are taken as two, so that every cell is known by the way that filled it.
_PARTS: dict[str, list[Step]] = {"linear-constant": [("linear", linear, {}), ("constant", constant, {})]}


@imputations.add(
    "row-mean",
    zh="同组指标均值填补",
    cite=_COINR + ": Impute, impute_by = row",
    formula=r"\hat{x}_{ij} = d_j \left( l_j + \frac{h_j - l_j}{m_i} \sum_{q \in S_{ij}} \frac{d_q x_{iq} - "
    r"l_q}{h_q - l_q} \right)",
)
def row_mean(x: Floats, near: Near, *, siblings: bool = True) -> Floats:
    """Fill with the region's mean over the sibling indicators (or all), each on its min-max scale."""
    return _rowwise(x, near, siblings, _mean)


@imputations.add(
    "row-median",
    zh="同组指标中位数填补",
    cite=_COINR + ": Impute, impute_by = row",
    formula=r"\hat{x}_{ij} = d_j \left( l_j + (h_j - l_j) \, \mathrm{median}_{q \in S_{ij}} \frac{d_q x_{iq} - "
    r"l_q}{h_q - l_q} \right)",
)
def row_median(x: Floats, near: Near, *, siblings: bool = True) -> Floats:
    """Fill with the region's median over the sibling indicators (or all), each on its min-max scale."""
    return _rowwise(x, near, siblings, _median)


@imputations.add(
    "em",
    zh="期望最大化（EM）填补",
    cite="Dempster, Laird, Rubin 1977, section 4.1.3",
    formula=r"\hat{x}_{iM} = \mu_M + \Sigma_{MO} \Sigma_{OO}^{-1} (x_{iO} - \mu_O), \quad \Sigma \leftarrow "
    r"\frac{\Sigma + \mathrm{ridge} \cdot I}{1 + \mathrm{ridge}}",
)
def em(
    x: Floats,
    near: Near,
    *,
    ridge: float = 0.1,
    tolerance: float = 1e-8,
    steps: int = 1000,
    noise: Literal["none", "residual"] = "none",
) -> Floats:
    """Fill with the conditional mean under a multivariate normal whose parameters are found by EM.

    ``ridge`` pulls the correlations towards zero as if that share of the cases showed none; with 0 the result is the
    maximum-likelihood one, which needs many more regions than indicators. A row with nothing observed and a
    column with fewer than two values stay open. ``noise = "residual"`` draws from the conditional distribution
    instead of taking its mean, with the parameters held at their estimates: filled cells are as uncertain as the other
    indicators would leave them if means and correlations were known. Proper multiple imputation would draw these as
    well (Rubin 1987), so that intervals over such draws are somewhat too narrow, the more the fewer the complete
    region-years. Raises ``FaultyValue`` when ``steps`` do not suffice.
    """
    # Found once: under ``vary`` the same cells are filled thousands of times, each time with other residuals.
    found = [_conditional(layer.tobytes(), layer.shape, ridge, tolerance, steps) for layer in _layers(x, near)]
    rng = np.random.default_rng(near.seed) if noise == "residual" else None
    return np.stack([one.cells(rng) for one in found]).reshape(x.shape)


@imputations.add(
    "hot-deck",
    zh="热卡填补",
    cite="Andridge, Little 2010, International Statistical Review 78(1): 40",
    formula=r"\hat{x}_{ij} = x_{lj}, \quad l \text{ drawn evenly from } O_{gj}",
)
def hot_deck(x: Floats, near: Near) -> Floats:
    """Fill with the value of a donor drawn at random from the regions that have one (of the region's group, if any).

    Donors are regions of the same year, or of all years. Where no member of the group has a value the gap stays
    open. One study shows one draw; under ``vary`` every draw has donors of its own.
    """
    rng = np.random.default_rng(near.seed)
    filled = x.copy()
    groups = np.zeros(x.shape[1], dtype=np.intp) if near.groups is None else near.groups
    for group in np.unique(groups[groups >= 0]):
        members = groups == group
        layers = _layers(x[:, members], near)
        filled[:, members] = _drawn(layers, rng).reshape(x[:, members].shape)
    return filled


# These fill a column from that column alone, whatever stands beside it.
COLUMNWISE = frozenset(
    {"mean", "median", "group-mean", "group-median", "linear", "constant", "latest", "linear-constant"}
)


def draws(method: str | Callable[..., Any], options: dict[str, Any]) -> bool:
    """Whether an imputation draws at random, so that another seed fills otherwise."""
    return method == "hot-deck" or options.get("noise", "none") != "none"


Measure = Callable[[Floats, int], Floats]


def _mean(x: Floats, axis: int) -> Floats:
    """Mean of what was observed; nan where nothing was."""
    seen = ~np.isnan(x)
    n = seen.sum(axis=axis, keepdims=True)
    total = np.where(seen, x, 0.0).sum(axis=axis, keepdims=True)
    measured: Floats = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
    return measured


def _median(x: Floats, axis: int) -> Floats:
    """Median of what was observed; nan where nothing was."""
    ascending = np.sort(x, axis=axis)  # nan goes last
    n = (~np.isnan(x)).sum(axis=axis, keepdims=True)
    low, high = (np.take_along_axis(ascending, middle, axis) for middle in (np.maximum(n - 1, 0) // 2, n // 2))
    return np.where(n > 0, (low + high) / 2, np.nan)


def _layers(x: Floats, near: Near) -> Floats:
    """Cells that are looked at together on the middle axis: (1, time x region, k) or (time, region, k)."""
    return x.reshape(1, -1, x.shape[2]) if near.pooled else x


def _columnwise(x: Floats, near: Near, measure: Measure) -> Floats:
    layers = _layers(x, near)
    return np.where(np.isnan(layers), measure(layers, 1), layers).reshape(x.shape)


def _groupwise(x: Floats, near: Near, measure: Measure) -> Floats:
    if near.groups is None:
        raise FaultyValue(
            "no-groups",
            "filling by group needs to know the groups. Name a column of the regions with `by`.",
            "分组填补需要知道分组。请用 `by` 指定地区的分组列。",
        )
    filled = x.copy()
    for group in np.unique(near.groups[near.groups >= 0]):
        members = near.groups == group
        filled[:, members] = _columnwise(x[:, members], near, measure)
    return filled


def _drawn(layers: Floats, rng: np.random.Generator) -> Floats:
    """Every gap of a column filled with one of the column's values; a column without any stays open."""
    filled = layers.copy()
    for layer, of in zip(layers, filled, strict=True):
        gaps = np.isnan(layer)
        lacking = gaps.sum(axis=0)
        for j in np.flatnonzero((lacking > 0) & (lacking < len(layer))):
            donors = layer[~gaps[:, j], j]
            # As ``rng.choice`` draws, without its checks, which take longer than the draw.
            of[gaps[:, j], j] = donors[rng.integers(0, donors.size, size=int(lacking[j]))]
    return filled


def _around(x: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The last observed time up to each cell (-1: none) and the first from it on (number of times: none)."""
    seen, now = ~np.isnan(x), np.arange(len(x))[:, None, None]
    before = np.maximum.accumulate(np.where(seen, now, -1), axis=0)
    after = np.minimum.accumulate(np.where(seen, now, len(x))[::-1], axis=0)[::-1]
    return before, after


def _at(x: Floats, time: npt.NDArray[np.intp]) -> Floats:
    """The values at given times of the same series; where there is no such time, whatever stands at the edge."""
    return np.take_along_axis(x, np.clip(time, 0, len(x) - 1), axis=0)


def _rowwise(x: Floats, near: Near, siblings: bool, measure: Measure) -> Floats:
    layers = _layers(x, near) * near.directions
    low = np.fmin.reduce(layers, axis=1, keepdims=True)
    span = np.fmax.reduce(layers, axis=1, keepdims=True) - low
    score = np.divide(layers - low, span, out=np.full(layers.shape, np.nan), where=span > 0)
    rows = np.full(layers.shape, np.nan)
    families = near.parents if siblings else np.zeros_like(near.parents)
    for family in np.unique(families):
        rows[:, :, families == family] = measure(score[:, :, families == family], 2)
    filled: Floats = np.where(np.isnan(layers), rows * span + low, layers).reshape(x.shape)
    return filled * near.directions


@dataclass(frozen=True)
class _Conditional:
    """What EM has found: the cells with gaps at their conditional means, and what residuals are drawn from.

    ``draws`` are sets of rows with the same gaps, their columns, and the root of the covariance of what is missing,
    all in the columns' own standard units, which ``spread`` turns back.
    """

    filled: Floats
    spread: Floats
    draws: tuple[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats], ...] = ()

    def cells(self, rng: np.random.Generator | None) -> Floats:
        """The cells (cells, indicator), with residuals where there is something to draw them with."""
        if rng is None:
            return self.filled
        out = self.filled.copy()
        for rows, columns, root in self.draws:
            residual = rng.standard_normal((len(rows), len(columns))) @ root.T
            out[np.ix_(rows, columns)] += residual * self.spread[columns]
        return out


@lru_cache(maxsize=32)  # a layer for each of some decades
def _conditional(cells: bytes, shape: tuple[int, int], ridge: float, tolerance: float, steps: int) -> _Conditional:
    """EM on (cells, indicator), on standardised columns so that ``ridge`` and ``tolerance`` have no unit."""
    x = np.frombuffer(cells).reshape(shape)
    columns = (~np.isnan(x)).sum(axis=0) > 1
    rows = ~np.isnan(x[:, columns]).all(axis=1)
    known = x[np.ix_(rows, columns)]
    spread = np.ones(shape[1])
    if not np.isnan(known).any():
        return _Conditional(x, spread)
    centre = _mean(known, 0)
    spread[columns] = np.sqrt(_mean((known - centre) ** 2, 0))[0]
    spread[spread == 0] = 1.0
    filled = x.copy()
    z = (known - centre) / spread[columns]
    settled, scatter = _settled(z, ridge, tolerance, steps)
    filled[np.ix_(rows, columns)] = settled * spread[columns] + centre
    here, there = np.flatnonzero(rows), np.flatnonzero(columns)
    draws = tuple((here[own], there[gap], root) for own, gap, root in _roots(np.isnan(z), scatter))
    return _Conditional(filled, spread, draws)


def _settled(z: Floats, ridge: float, tolerance: float, steps: int) -> tuple[Floats, Floats]:
    """The cells with gaps at their conditional means, and the scatter (k, k) that EM has found."""
    n, k = z.shape
    patterns, which = np.unique(np.isnan(z), axis=0, return_inverse=True)
    location, scatter = np.zeros(k), np.eye(k)
    solve = np.linalg.solve if ridge > 0 else _least_squares  # without a ridge the scatter may be singular
    for _ in range(steps):
        filled, unsure = z.copy(), np.zeros((k, k))
        for at, gap in enumerate(patterns):
            if not gap.any():
                continue
            rows, seen = np.flatnonzero(which == at), ~gap
            slopes = solve(scatter[np.ix_(seen, seen)], scatter[np.ix_(seen, gap)])
            filled[np.ix_(rows, gap)] = location[gap] + (z[np.ix_(rows, seen)] - location[seen]) @ slopes
            rest = scatter[np.ix_(gap, gap)] - scatter[np.ix_(gap, seen)] @ slopes
            unsure[np.ix_(gap, gap)] += len(rows) * rest
        last = location, scatter
        location = filled.mean(axis=0)
        scatter = ((filled - location).T @ (filled - location) + unsure) / n
        # A prior of uncorrelated unit variables, worth the share `ridge` of the cases.
        scatter = (scatter + ridge * np.eye(k)) / (1 + ridge)
        if max(np.abs(location - last[0]).max(), np.abs(scatter - last[1]).max()) < tolerance:
            return filled, scatter
    raise FaultyValue(
        "em-not-settled",
        f"EM has not settled after {steps} steps. Raise `ridge` (now {ridge:g}), `steps` or `tolerance`.",
        f"EM 迭代 {steps} 步后仍未收敛。请调高 `ridge`（现为 {ridge:g}）、`steps` 或 `tolerance`。",
    )


def _roots(
    gaps: npt.NDArray[np.bool_], scatter: Floats
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]]:
    """Rows with the same gaps, the columns of these, and a root of their covariance given what is observed."""
    patterns, which = np.unique(gaps, axis=0, return_inverse=True)
    for at, gap in enumerate(patterns):
        if not gap.any():
            continue
        seen = ~gap
        slopes = _least_squares(scatter[np.ix_(seen, seen)], scatter[np.ix_(seen, gap)])
        rest = scatter[np.ix_(gap, gap)] - scatter[np.ix_(gap, seen)] @ slopes
        # The root by eigenvalues also serves where what is left is singular.
        values, vectors = np.linalg.eigh((rest + rest.T) / 2)
        yield np.flatnonzero(which == at), np.flatnonzero(gap), vectors * np.sqrt(np.maximum(values, 0.0))


def _least_squares(scatter: Floats, against: Floats) -> Floats:
    return np.asarray(np.linalg.lstsq(scatter, against, rcond=None)[0], dtype=np.float64)
