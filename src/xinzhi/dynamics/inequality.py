"""How unequal regions are: indices of inequality year by year, overall and inside groups of regions.

All of them compare scores with their mean, so they ask for a ratio scale: where zero lies must mean something. A
min-max or z-score moves the zero, and adding a constant to every score lowers every index here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.methods import Family, Method
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue
from xinzhi.dynamics import _inequality_kernels as kernels
from xinzhi.dynamics._scores import Grouping, Scores, runs

GROUP = "group"

inequalities = Family(
    "inequality",
    zh="不平等测度",
    about="f(x: (..., regions), w: (..., regions) | None, *, options) -> (...); nan = missing, left out.",
)

Zeros = Literal["refuse", "keep"]
Divisor = Literal["n", "n-1"]


@dataclass(frozen=True)
class Inequality:
    """An index of inequality through time, of all regions and inside each group.

    ``values`` is time, ``groups`` time × group or ``None``, ``regions`` how many regions a value rests on (time).
    ``weighting`` names the weights; ``omitted`` lists what was left out.
    """

    method: str
    zh: str
    weighting: str
    values: xr.DataArray
    regions: xr.DataArray
    groups: xr.DataArray | None
    omitted: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: time, group (empty for all regions), value."""
        frames = [self.values.to_dataframe("value").reset_index().assign(**{GROUP: ""})]
        if self.groups is not None:
            frames.append(self.groups.to_dataframe("value").reset_index())
        return pd.concat(frames, ignore_index=True)[[TIME, GROUP, "value"]]

    def __repr__(self) -> str:
        first, last = self.values.values[[0, -1]]
        times = self.values[TIME].values
        lines = [
            f"Inequality: {self.method} ({self.zh}), {self.weighting}",
            f"  {times[0]}: {first:.4f}, {times[-1]}: {last:.4f}",
        ]
        if self.groups is not None:
            inside = zip(self.groups[GROUP].values, self.groups.values[-1], strict=True)
            told = (f"{name} {'too few' if np.isnan(value) else f'{value:.4f}'}" for name, value in inside)
            lines.append(f"  inside, {times[-1]}: " + ", ".join(told))
        return "\n".join([*lines, f"  left out: {len(self.omitted)} notes"])


def inequality(
    scores: xr.DataArray,
    method: str | Callable[..., Any] = "gini",
    *,
    groups: Grouping | None = None,
    weights: xr.DataArray | None = None,
    **options: Any,
) -> Inequality:
    """Follow an index of inequality between regions through time.

    ``scores`` is region × time. ``groups`` (a region coordinate, labels by region) adds the index inside each group.
    ``weights``, region or region × time, are shares of population, output, …: their name is kept in the result;
    without them every region counts once. Regions without a score or with a weight of zero are left out of that year
    and listed, so are years and groups with fewer than two. ``options`` are the method's own. Raises ``MethodError``.
    """
    laid = Scores.of(scores)
    w = laid.weights(weights)
    chosen, options = _settled(method, options)
    values, omitted = _indices(laid, w, chosen, options)
    if np.isnan(values).all():
        raise MethodError(
            Fault(
                "too-few-regions",
                "no year has two regions with a score; inequality needs at least two.",
                "没有任何年份有两个以上有得分的地区；不平等测度至少需要两个地区。",
            )
        )
    inside, named = None, {}
    if groups is not None:
        codes, labels = laid.groups(groups)
        named = laid.spelled(codes, labels)
        columns = [_indices(laid, w, chosen, options, codes == at, str(name)) for at, name in enumerate(labels)]
        omitted += [fault for _, faults in columns for fault in faults]
        inside = xr.DataArray(
            np.stack([column for column, _ in columns], axis=1),
            dims=(TIME, GROUP),
            coords={TIME: laid.times, GROUP: labels},
            name=chosen.name,
        )
    return Inequality(
        chosen.name,
        chosen.zh,
        weighting(weights),
        xr.DataArray(values, dims=(TIME,), coords={TIME: laid.times}, name=chosen.name),
        xr.DataArray(laid.counted(w).sum(axis=1), dims=(TIME,), coords={TIME: laid.times}, name=REGION),
        inside,
        tuple(laid.missing(w) + omitted),
        recorded("inequality", {"method": chosen.name, "groups": named, **options}, laid, weights, w),
    )


def recorded(
    operation: str, settings: dict[str, Any], laid: Scores, weights: xr.DataArray | None, w: Floats | None
) -> Record:
    """The record of an operation on scores, with what they were weighted by."""
    inputs = {"scores": laid.digest} | ({} if w is None else {"weights": digest(w.tobytes())})
    return Record(operation, settings | {"weights": weighting(weights)}, inputs)


def weighting(weights: xr.DataArray | None) -> str:
    """In a few words, what regions are weighted by."""
    return "unweighted" if weights is None else f"weighted by {weights.name or 'weights without a name'}"


def _settled(method: str | Callable[..., Any], options: dict[str, Any]) -> tuple[Method, dict[str, Any]]:
    """The method and its options, checked. Raises ``MethodError``."""
    chosen = inequalities.find(method)
    return chosen, chosen.accept(options)


def _indices(
    laid: Scores,
    w: Floats | None,
    method: Method,
    options: dict[str, Any],
    own: npt.NDArray[np.bool_] | None = None,
    group: str = "",
) -> tuple[Floats, list[Fault]]:
    """The index of every year among ``own`` regions, missing where fewer than two have a score."""
    inside = np.full(len(laid.regions), True) if own is None else own
    x = np.where(inside, laid.x, np.nan)
    enough = (laid.counted(w) & inside).sum(axis=1) >= 2
    values = np.full(len(laid.times), np.nan)
    if enough.any():
        with telling(laid, np.where(enough[:, None], x, np.nan), w):
            values[enough] = method.function(x[enough], None if w is None else w[enough], **options)
    if enough.all():
        return values, []
    years = runs(~enough, laid.times)
    whose = (f"group '{group}': ", f"分组“{group}”：") if group else ("", "")
    return values, [
        Fault(
            "too-few-regions",
            f"{whose[0]}fewer than two regions with a score in {years}; no inequality is given.",
            f"{whose[1]}{years} 年有得分的地区不足两个，不给出不平等测度。",
            severity="warning",
        )
    ]


@contextmanager
def telling(laid: Scores, x: Floats, w: Floats | None) -> Iterator[None]:
    """Turn what a method refused into an error that names the regions and years whose scores are at fault."""
    try:
        yield
    except FaultyValue as refusal:
        # The code says which scores were refused; methods know arrays only.
        known = ~np.isnan(x) if w is None else ~np.isnan(x) & (w > 0)
        low = np.where(known, x if w is None else x * w, 0.0).sum(axis=1, keepdims=True) <= 0
        at_fault = {"negative": x < 0, "not-positive": x <= 0, "mean-not-positive": low}.get(refusal.code)
        if at_fault is None:
            raise MethodError(Fault(refusal.code, refusal.en, refusal.zh)) from None
        raise laid.refusal(refusal.code, refusal.en, refusal.zh, at_fault & known) from None


@inequalities.add("gini", zh="基尼系数", cite="Gini 1914; Dagum 1997")
def gini(x: Floats, w: Floats | None = None) -> Floats:
    """Half the mean difference between all pairs of regions over the mean: sum |x - x'| / (2 n² mean).

    A region's distance to itself counts, so n equal shares of which one holds all give 1 - 1/n. Weighted, a pair
    counts with the product of its weights. Scores must not be negative.
    """
    not_negative(x, w, "the Gini coefficient", "基尼系数")
    half, mean = kernels.differences(*rows(x, w))
    return np.asarray((half / above_zero(mean)).reshape(x.shape[:-1]))


@inequalities.add("theil-t", zh="泰尔指数（T）", cite="Theil 1967")
def theil_t(x: Floats, w: Floats | None = None, *, zeros: Zeros = "refuse") -> Floats:
    """Theil's T, the mean of (x / mean) ln (x / mean); sensitive to the top.

    ``zeros = "keep"`` takes 0 ln 0 = 0, the limit. Scores must not be negative. Theil 1967, Economics and Information
    Theory.
    """
    p, values = shares(x, w)
    positive(values, p, "Theil T", "泰尔 T 指数", zeros=zeros == "keep")
    ratio = values / _mean(values, p)[..., None]
    return _least_zero((p * ratio * np.log(np.where(ratio > 0, ratio, 1.0))).sum(-1))


@inequalities.add("theil-l", zh="泰尔指数（L，平均对数离差）", cite="Theil 1967")
def theil_l(x: Floats, w: Floats | None = None) -> Floats:
    """Theil's L, the mean logarithmic deviation, the mean of ln (mean / x); sensitive to the bottom.

    Scores must be above zero. Theil 1967, Economics and Information Theory.
    """
    p, values = shares(x, w)
    positive(values, p, "Theil L", "泰尔 L 指数")
    ratio = values / _mean(values, p)[..., None]
    return _least_zero(-(p * np.log(np.where(p > 0, ratio, 1.0))).sum(-1))


@inequalities.add("coefficient-of-variation", zh="变异系数", cite="Williamson 1965")
def coefficient_of_variation(x: Floats, w: Floats | None = None, *, divisor: Divisor = "n") -> Floats:
    """Standard deviation over the mean; weighted by population it is Williamson's index.

    ``divisor`` is what the sum of squares is divided by, ``n`` or, unweighted only, ``n-1``. The mean must be above
    zero. Williamson 1965, Economic Development and Cultural Change 13(4), part 2.
    """
    p, values = shares(x, w)
    mean = _mean(values, p)
    square = (p * (values - mean[..., None]) ** 2).sum(-1) * _correction(x, w, divisor)
    return np.asarray(np.sqrt(square) / mean)


@inequalities.add("variance-of-logs", zh="对数方差", cite="Cowell 2011")
def variance_of_logs(
    x: Floats,
    w: Floats | None = None,
    *,
    centre: Literal["geometric", "arithmetic"] = "geometric",
    divisor: Divisor = "n",
) -> Floats:
    """Variance of the logarithms around their mean, or around the logarithm of the mean.

    ``centre = "geometric"`` is the variance of logarithms; ``"arithmetic"`` is called the logarithmic variance. Neither
    always falls when a rich region gives to a poorer one. ``divisor`` as in ``coefficient-of-variation``. Scores must
    be above zero. Cowell 2011, Measuring Inequality.
    """
    p, values = shares(x, w)
    positive(values, p, "the variance of logarithms", "对数方差")
    logs = np.log(np.where(p > 0, values, 1.0))
    middle = (p * logs).sum(-1) if centre == "geometric" else np.log(_mean(values, p))
    return np.asarray((p * (logs - middle[..., None]) ** 2).sum(-1) * _correction(x, w, divisor))


@inequalities.add("atkinson", zh="阿特金森指数", cite="Atkinson 1970")
def atkinson(x: Floats, w: Floats | None = None, *, epsilon: float = 0.5) -> Floats:
    """The part of the mean that could be given up if the rest were shared evenly, at an aversion ``epsilon`` > 0.

    1 - (mean of (x / mean)^(1 - epsilon))^(1 / (1 - epsilon)), and 1 - geometric mean / mean at epsilon = 1. From 1 on
    scores must be above zero, below it not negative. Atkinson 1970, Journal of Economic Theory 2: 244.
    """
    if not epsilon > 0:
        raise FaultyValue(
            "bad-option", f"epsilon must be above 0; found {epsilon:g}.", f"epsilon 须大于 0；实际为 {epsilon:g}。"
        )
    p, values = shares(x, w)
    positive(
        values, p, f"Atkinson at epsilon = {epsilon:g}", f"epsilon = {epsilon:g} 的阿特金森指数", zeros=epsilon < 1
    )
    ratio = np.where(p > 0, values / _mean(values, p)[..., None], 1.0)
    if epsilon == 1:
        return _least_zero(1 - np.exp((p * np.log(ratio)).sum(-1)))
    return _least_zero(1 - (p * ratio ** (1 - epsilon)).sum(-1) ** (1 / (1 - epsilon)))


def rows(x: Floats, w: Floats | None) -> tuple[Floats, Floats]:
    """Scores and weights as rows for the kernels, (m, regions) each; rows of weights repeat over those of scores."""
    n = x.shape[-1]
    if w is None:
        return np.ascontiguousarray(x).reshape(-1, n), np.ones((1, n))
    if w.shape != x.shape[x.ndim - w.ndim :]:
        w = np.broadcast_to(w, x.shape)
    return np.ascontiguousarray(x).reshape(-1, n), np.ascontiguousarray(w).reshape(-1, n)


def shares(x: Floats, w: Floats | None) -> tuple[Floats, Floats]:
    """Each region's share of the weights, zero where it has no score; and the scores, zero where missing.

    Shares of nothing are missing, and so is all that is made of them.
    """
    seen = ~np.isnan(x)
    weight = np.where(seen, 1.0 if w is None else w, 0.0)
    total = weight.sum(-1, keepdims=True)
    return weight / np.where(total > 0, total, np.nan), np.where(seen, x, 0.0)


def positive(x: Floats, p: Floats, en: str, zh: str, *, zeros: bool = False) -> None:
    """Raise ``FaultyValue`` where scores that carry weight are negative or, unless ``zeros`` may be, zero."""
    bad = ((x < 0) if zeros else (x <= 0)) & (p > 0)
    if not bad.any():
        return
    bound = ("that are not negative", "不为负") if zeros else ("above zero", "大于零")
    raise FaultyValue(
        "negative" if zeros else "not-positive",
        f"{en} needs scores {bound[0]}; cells at fault: {bad.sum()}, the lowest {x[bad].min():g}. "
        "Use scores on a ratio scale, or normalise to a range that starts above zero.",
        f"{zh}要求得分{bound[1]}；不符的观测值有 {bad.sum()} 个，最低为 {x[bad].min():g}。"
        "请使用比率尺度的得分，或标准化到大于零的区间。",
    )


def not_negative(x: Floats, w: Floats | None, en: str, zh: str) -> None:
    """Raise ``FaultyValue`` where scores that carry weight are negative, without a copy where none are."""
    if (x < 0).any():
        p, values = shares(x, w)
        positive(values, p, en, zh, zeros=True)


def above_zero(mean: Floats) -> Floats:
    """The means, of which none may be zero or less: an index that divides by it would mean nothing."""
    if (mean <= 0).any():
        raise FaultyValue(
            "mean-not-positive",
            f"an index of inequality divides by the mean, which must be above zero; found {mean[mean <= 0].min():g}.",
            f"不平等测度须除以均值，均值必须大于零；实际为 {mean[mean <= 0].min():g}。",
        )
    return mean


def _least_zero(index: Floats) -> Floats:
    """The index without the rounding that can carry it below nothing."""
    return np.where(index < 0, 0.0, index)


def _mean(x: Floats, p: Floats) -> Floats:
    return above_zero(np.asarray((p * x).sum(-1)))


def _correction(x: Floats, w: Floats | None, divisor: Divisor) -> Floats | float:
    if divisor == "n":
        return 1.0
    if w is not None:
        raise FaultyValue(
            "bad-option",
            'divisor = "n-1" has no meaning with weights. Set divisor = "n", or leave the weights out.',
            '加权时 divisor = "n-1" 没有意义。请设置 divisor = "n"，或不使用权重。',
        )
    n = (~np.isnan(x)).sum(-1)
    return np.asarray(n / np.where(n > 1, n - 1.0, np.nan))
