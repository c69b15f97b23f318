"""From scores to states: where the cuts lie, and on which side of a cut a score falls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family, Method

States: TypeAlias = npt.NDArray[np.int64]
Cut: TypeAlias = str | Sequence[float] | npt.NDArray[np.float64] | Callable[..., Floats]

NO_STATE = -1

cuttings = Family(
    "cutting",
    zh="状态划分方法",
    about="f(x: (..., time, region), states: int) -> cut points (..., time or 1, states - 1), rising.",
)


@cuttings.add("pooled", zh="全样本分位数", cite="Quah 1993, European Economic Review 37(2-3): 426")
def pooled(x: Floats, states: int) -> Floats:
    """Quantiles over all years together: a state is a level, and all regions may rise."""
    return quantiles(x.reshape(*x.shape[:-2], 1, -1), states)


@cuttings.add("annual", zh="逐年分位数", cite="Rey 2001, Geographical Analysis 33(3): 195")
def annual(x: Floats, states: int) -> Floats:
    """Quantiles of every year alone: a state is a place in the year, so one region rises only as another falls."""
    return quantiles(x, states)


def quantiles(x: Floats, states: int) -> Floats:
    """The states - 1 quantiles along the last axis, linear between neighbours; ``nan`` is left out.

    The place of a quantile, (n - 1) j / states, is worked out in whole numbers: where it falls on an observation the
    cut is exactly that observation, so that rounding cannot carry a score over its own cut.
    """
    ordered = np.sort(x, axis=-1)  # nan last
    n = (~np.isnan(x)).sum(axis=-1, keepdims=True)
    place = np.maximum(n - 1, 0) * np.arange(1, states)
    low, rest = place // states, place % states
    high = np.minimum(low + 1, np.maximum(n - 1, 0))
    below, above = (np.take_along_axis(ordered, at, axis=-1) for at in (low, high))
    return np.asarray(np.where(rest == 0, below, below + (above - below) * rest / states))


def assign(x: Floats, cuts: Floats) -> States:
    """The state of every score, 0 the lowest; ``NO_STATE`` where there is none.

    A score that equals a cut belongs below it. ``x`` (..., time, region), ``cuts`` (..., time or 1, states - 1).
    """
    above = (x[..., None] > cuts[..., None, :]).sum(axis=-1)
    return np.where(np.isnan(x), NO_STATE, above)


def cut_points(x: Floats, states: int, cut: Cut, times: npt.NDArray[Any]) -> tuple[Method, Floats]:
    """The cutting method and its cut points, by name, by function or as given numbers.

    Raises ``MethodError`` for an unknown name, given cuts that do not rise, and quantiles that ties have made equal.
    """
    if not isinstance(cut, str) and not callable(cut):
        return _given(cut)
    if states < 2:
        raise MethodError(
            Fault(
                "too-few-states",
                f"at least 2 states are needed; {states} were asked for.",
                f"至少需要 2 个状态；指定了 {states} 个。",
            )
        )
    method = cuttings.find(cut)
    cuts = np.asarray(method.function(x, states), dtype=float)
    if (same := (np.diff(cuts, axis=-1) <= 0).any(axis=-1)).any():
        en, zh = "", ""
        if cuts.shape[-2] > 1:
            years = ", ".join(map(str, times[same.reshape(-1, len(times)).any(axis=0)][:5]))
            en, zh = f" in {years}", f"（{years} 年）"
        raise MethodError(
            Fault(
                "equal-cut-points",
                f"the scores tie so often{en} that cut points of {states} states coincide. "
                "Ask for fewer states, or give the cut points.",
                f"得分并列过多{zh}，{states} 个状态的分界点重合。请减少状态数，或直接给定分界点。",
            )
        )
    return method, cuts


def _given(cut: Sequence[float] | npt.NDArray[np.float64]) -> tuple[Method, Floats]:
    cuts = np.asarray(cut, dtype=float).reshape(1, -1)
    if cuts.size == 0 or not np.isfinite(cuts).all() or (np.diff(cuts) <= 0).any():
        raise MethodError(
            Fault(
                "cut-points-do-not-rise",
                f"given cut points must be finite numbers that rise; found {cuts.ravel().tolist()}.",
                f"给定的分界点须为依次递增的有限数值；实际为 {cuts.ravel().tolist()}。",
            )
        )
    return Method("given", _given, "给定分界点", "given as numbers"), cuts
