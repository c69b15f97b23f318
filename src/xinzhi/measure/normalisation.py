"""Bringing indicators of different units to one scale, on which more is better.

Every method takes its measures (least, greatest, mean, …) from the observed cells of ``frame`` and applies them to
``x``; both come in their original orientation, and a column with direction -1 is multiplied by -1 first. ``nan``
stays ``nan`` and takes no part. What cannot be computed comes back not finite where a value was observed (a column
that is constant in the frame, a target that is not given, a reference equal to the minimum): the caller, who knows
the indicator's name, refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family
from xinzhi.core.specs import FaultyValue
from xinzhi.measure import _kernels as kernels

normalisations = Family(
    "normalisation",
    "无量纲化",
    "f(x (..., cells, indicator), frame (..., cells, indicator), marks, *, options) -> like x; more is better",
)

Ties = Literal["min", "average", "max"]
_HANDBOOK = "OECD/JRC 2008, Handbook on Constructing Composite Indicators, step 5"
_COINR = "Becker et al. 2022, COINr, JOSS 7(78) 4567"


@dataclass(frozen=True)
class Marks:
    """What is known of the indicators: +1/-1 ``direction``, and ``target``, ``low``, ``high`` (nan where not given).

    All are (indicator,). ``reference`` is the row of the frame that distances to a reference are taken from.
    """

    direction: Floats
    target: Floats
    low: Floats
    high: Floats
    reference: int | None = None


def mirror(name: str, options: dict[str, Any], scores: Floats) -> Floats:
    """Turn scores (..., cells, k) made by a named method round, for an element of which less is better.

    On a scale with fixed ends (or a fixed mean) the mirror stands in its middle; ranks, Borda scores and functions
    of one's own are mirrored within the observed range of each column.
    """
    method = normalisations.find(name) if name in normalisations.members else None
    settled = method.options(**options).model_dump() if method else {}
    if name in _MIDDLES:
        return _MIDDLES[name](settled) - scores
    low, high = _range(scores.reshape(-1, scores.shape[-1]))
    return low + high - scores


# Twice the middle of the scale that each method produces.
_MIDDLES: dict[str, Callable[[dict[str, Any]], float]] = {
    "min-max": lambda options: options["to"][0] + options["to"][1],
    "z-score": lambda options: 2 * options["mean"],
    "percentile-rank": lambda options: 1.0,
    "distance-to-target": lambda options: 1.0,
    "distance-to-maximum": lambda options: 1.0,
    "distance-to-reference": lambda options: 1.0,
    "fraction-of-maximum": lambda options: 1.0,
    "goalposts": lambda options: options["scale"],
    "scaled": lambda options: options["scale"],
}


@normalisations.add("none", zh="不作变换", cite="", formula=r"z_{ij} = d_j x_{ij}")
def none(x: Floats, frame: Floats, marks: Marks) -> Floats:
    """Keep the values, negated where less is better: for indicators that share a scale already."""
    return x * marks.direction


@normalisations.add(
    "min-max",
    zh="极差标准化",
    cite=_HANDBOOK,
    formula=r"z_{ij} = \mathrm{to}_1 + (\mathrm{to}_2 - \mathrm{to}_1) \frac{y_{ij} - \min_l y_{lj}}{\max_l "
    r"y_{lj} - \min_l y_{lj}}, \quad y_{ij} = d_j x_{ij}",
)
def min_max(x: Floats, frame: Floats, marks: Marks, *, to: tuple[float, float] = (0.0, 1.0)) -> Floats:
    """Stretch the range of the frame to the range ``to``."""
    x, frame = _turned(x, frame, marks)
    low, high = _range(frame)
    scores = x - low
    scores /= _positive(high - low)  # in place: large panels are measured thousands of times
    scores *= to[1] - to[0]
    scores += to[0]
    return scores


@normalisations.add(
    "z-score",
    zh="Z 分数标准化",
    cite=_HANDBOOK,
    formula=r"z_{ij} = \mathrm{mean} + \mathrm{sd} \cdot \frac{y_{ij} - \bar{y}_j}{\sigma_j}, \quad \sigma_j^2 = "
    r"\frac{1}{n_j - 1} \sum_l (y_{lj} - \bar{y}_j)^2, \quad y_{ij} = d_j x_{ij}",
)
def z_score(x: Floats, frame: Floats, marks: Marks, *, mean: float = 0.0, sd: float = 1.0) -> Floats:
    """Measure in standard deviations (over n - 1) from the mean, rescaled to ``mean`` and ``sd``."""
    x, frame = _turned(x, frame, marks)
    seen = ~np.isnan(frame)
    n = seen.sum(axis=-2, keepdims=True)
    centre = _ratio(np.where(seen, frame, 0.0).sum(axis=-2, keepdims=True), n)
    squares = np.where(seen, frame - centre, 0.0) ** 2
    spread = np.sqrt(_ratio(squares.sum(axis=-2, keepdims=True), n - 1.0))
    low, high = _range(frame)  # rounding can leave a constant with a spread just above zero
    return _ratio(x - centre, np.where(high > low, spread, np.nan)) * sd + mean


@normalisations.add(
    "rank",
    zh="排名法",
    cite=_HANDBOOK,
    formula=r"z_{ij} = r_{ij}, \quad r_{ij} = 1 + \# \{ l : y_{lj} < y_{ij} \}, \quad y_{ij} = d_j x_{ij}",
)
def rank(x: Floats, frame: Floats, marks: Marks, *, ties: Ties = "min") -> Floats:
    """Rank among the frame's values, 1 = worst.

    A value that is not itself in the frame takes the place it would have if it stood there.
    """
    below, upto, _ = _places(x, frame, marks)
    return _tied(below, upto, ties)


@normalisations.add(
    "percentile-rank",
    zh="百分位排名法",
    cite=_COINR + ": n_prank",
    formula=r"z_{ij} = \frac{r_{ij} - 1}{n_j - 1}, \quad r_{ij} = 1 + \# \{ l : y_{lj} < y_{ij} \}, \quad y_{ij} "
    r"= d_j x_{ij}",
)
def percentile_rank(x: Floats, frame: Floats, marks: Marks, *, ties: Ties = "min") -> Floats:
    """Take (rank - 1)/(n - 1) with n the observed values of the frame; at most 1 for values beyond the frame."""
    below, upto, n = _places(x, frame, marks)
    return np.minimum(_ratio(_tied(below, upto, ties) - 1, n - 1.0), 1.0)


@normalisations.add(
    "borda",
    zh="波达计数法",
    cite="de Borda 1781",
    formula=r"z_{ij} = r_{ij} - 1, \quad r_{ij} = 1 + \# \{ l : y_{lj} < y_{ij} \}, \quad y_{ij} = d_j x_{ij}",
)
def borda(x: Floats, frame: Floats, marks: Marks, *, ties: Ties = "min") -> Floats:
    """Count the values of the frame that are beaten: rank - 1."""
    return rank(x, frame, marks, ties=ties) - 1


@normalisations.add(
    "distance-to-target",
    zh="目标距离法",
    cite=_COINR + ": n_dist2targ",
    formula=r"z_{ij} = 1 - \frac{d_j T_j - y_{ij}}{d_j T_j - \min_l y_{lj}}, \quad y_{ij} = d_j x_{ij}",
)
def distance_to_target(x: Floats, frame: Floats, marks: Marks, *, cap: bool = False) -> Floats:
    """Share of the way from the worst value to the indicator's target; ``cap`` stops at 1."""
    x, frame = _turned(x, frame, marks)
    return _way(x, _range(frame)[0], marks.target * marks.direction, cap)


@normalisations.add(
    "distance-to-maximum",
    zh="最大值距离法",
    cite=_COINR + ": n_dist2max",
    formula=r"z_{ij} = 1 - \frac{\max_l y_{lj} - y_{ij}}{\max_l y_{lj} - \min_l y_{lj}}, \quad y_{ij} = d_j x_{ij}",
)
def distance_to_maximum(x: Floats, frame: Floats, marks: Marks) -> Floats:
    """Share of the way from the worst to the best value."""
    x, frame = _turned(x, frame, marks)
    return _way(x, *_range(frame), cap=False)


@normalisations.add(
    "distance-to-reference",
    zh="参照距离法",
    cite=_COINR + ": n_dist2ref",
    formula=r"z_{ij} = 1 - \frac{y_{\mathrm{ref},j} - y_{ij}}{y_{\mathrm{ref},j} - \min_l y_{lj}}, \quad y_{ij} = "
    r"d_j x_{ij}",
)
def distance_to_reference(x: Floats, frame: Floats, marks: Marks, *, cap: bool = False) -> Floats:
    """Share of the way from the worst value to that of the reference region; ``cap`` stops at 1."""
    if marks.reference is None:
        raise FaultyValue(
            "no-reference",
            "distance-to-reference needs the region to measure against. Name it with `reference`.",
            "参照距离法需要参照地区。请用 `reference` 指定。",
        )
    x, frame = _turned(x, frame, marks)
    return _way(x, _range(frame)[0], frame[..., marks.reference, None, :], cap)


@normalisations.add(
    "goalposts",
    zh="上下限阈值法",
    cite="UNDP, Human Development Report, technical note 1",
    formula=r"z_{ij} = \mathrm{scale} \cdot g_{ij}, \quad g_{ij} = \begin{cases} \frac{x_{ij} - L_j}{H_j - L_j} & "
    r"d_j = 1 \\ 1 - \frac{x_{ij} - L_j}{H_j - L_j} & d_j = -1 \end{cases}",
)
def goalposts(x: Floats, frame: Floats, marks: Marks, *, scale: float = 1.0, clip: bool = True) -> Floats:
    """Share of the way between the indicator's ``low`` and ``high``, times ``scale``; ``clip`` stops at both."""
    share = _ratio(x - marks.low, _positive(marks.high - marks.low))
    share = np.where(marks.direction < 0, 1 - share, share)
    return (np.clip(share, 0.0, 1.0) if clip else share) * scale


@normalisations.add(
    "fraction-of-maximum",
    zh="最大值比例法",
    cite=_COINR + ": n_fracmax",
    formula=r"z_{ij} = \frac{y_{ij}}{\max_l y_{lj}}, \quad y_{ij} = d_j x_{ij}",
)
def fraction_of_maximum(x: Floats, frame: Floats, marks: Marks) -> Floats:
    """Divide by the greatest value of the frame (for direction -1, by that of the negated values)."""
    x, frame = _turned(x, frame, marks)
    return _ratio(x, _range(frame)[1])


@normalisations.add(
    "scaled",
    zh="线性缩放",
    cite=_COINR + ": n_scaled",
    formula=r"z_{ij} = \mathrm{scale} \cdot \frac{y_{ij} - L_j}{H_j - L_j}, \quad y_{ij} = d_j x_{ij}",
)
def scaled(
    x: Floats, frame: Floats, marks: Marks, *, between: tuple[float, float] | None = None, scale: float = 100.0
) -> Floats:
    """Take (x - low)/(high - low) times ``scale``, from the indicator's own bounds or from ``between`` for all.

    Own bounds are turned round with their column; ``between`` holds for the column after it has been negated.
    """
    if between is None:
        return goalposts(x, frame, marks, scale=scale, clip=False)
    low, high = between
    return (x * marks.direction - low) / (high - low) * scale


def _turned(x: Floats, frame: Floats, marks: Marks) -> tuple[Floats, Floats]:
    """Both so that more is better."""
    turned = x * marks.direction
    return turned, turned if frame is x else frame * marks.direction


def _range(frame: Floats) -> tuple[Floats, Floats]:
    return np.fmin.reduce(frame, axis=-2, keepdims=True), np.fmax.reduce(frame, axis=-2, keepdims=True)


def _positive(span: Floats) -> Floats:
    return np.where(span > 0, span, np.nan)


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(above / below)


def _way(x: Floats, start: Floats, end: Floats, cap: bool) -> Floats:
    way = 1 - _ratio(end - x, end - start)
    return np.minimum(way, 1.0) if cap else way


def _places(x: Floats, frame: Floats, marks: Marks) -> tuple[Floats, Floats, Floats]:
    """Values of the frame below, and below or at, each x; and the observed values of the frame."""
    ascending = np.sort(frame * marks.direction, axis=-2)
    draws = ascending.reshape(-1, *frame.shape[-2:])
    # One frame for all leading axes: all of x is then one long list of cells.
    cells = x.shape[-2] if len(draws) > 1 else x.size // x.shape[-1]
    below, upto = kernels.places((x * marks.direction).reshape(-1, cells, x.shape[-1]), draws)
    return below.reshape(x.shape), upto.reshape(x.shape), (~np.isnan(ascending)).sum(axis=-2, keepdims=True)


def _tied(below: Floats, upto: Floats, ties: Ties) -> Floats:
    first, last = below + 1, np.maximum(upto, below + 1)
    return {"min": first, "max": last, "average": (first + last) / 2}[ties]
