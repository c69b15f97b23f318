"""Taming outliers before they set the scale of an indicator.

Every method works column by column on (cells, indicator); ``nan`` stays ``nan`` and takes no part. A value that was
observed and comes back not finite could not be treated (the logarithm of a negative number, say): the caller,
who knows the indicator's name, refuses it. A column passes when its |skewness| is below ``skew`` *or* its excess
kurtosis is below ``kurtosis`` (both of type 2); a column whose shape is undefined (constant, too few values) is left
as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family
from xinzhi.measure import _kernels as kernels

treatments = Family(
    "treatment",
    "异常值处理",
    "f(x (cells, indicator), *, options) -> Treated; column by column, nan stays nan",
)

UNTOUCHED, TOP, BOTTOM, TRANSFORMED = 0, 1, -1, 2


@dataclass(frozen=True)
class Treated:
    """Treated values, what was done to each cell, and what was found on the way.

    ``marks`` (like values): 0 untouched, 1 winsorised at the top, -1 at the bottom, 2 transformed (where a column
    is both, the winsorised cells keep 1 and -1). ``details``, (indicator,) arrays by name: ``skew`` and ``kurtosis``
    as found, ``winsorised`` cells, whether that was ``undone``; a chain adds ``skew_1``, ``kurtosis_1`` after its first
    method, ``skew_2``, ``kurtosis_2`` after its second, and the ``stage`` (0, 1, 2) whose outcome stands.
    """

    values: Floats
    marks: npt.NDArray[np.int8]
    details: dict[str, np.ndarray] = field(default_factory=dict)


@treatments.add("none", zh="不处理", cite="", formula=r"x'_{ij} = x_{ij}")
def none(x: Floats) -> Treated:
    """Leave the values as they are."""
    return Treated(x, np.zeros(x.shape, np.int8))


@treatments.add(
    "winsorise",
    zh="缩尾处理",
    cite="Becker et al. 2022, COINr, JOSS 7(78) 4567: winsorise",
    formula=r"x'_{ij} = \min \{ \max \{ x_{ij}, a_j \}, b_j \}, \quad \lvert \gamma_1 \rvert < \mathrm{skew} "
    r"\text{ or } \gamma_2 < \mathrm{kurtosis}",
)
def winsorise(
    x: Floats, *, limit: int | None = 5, skew: float = 2.0, kurtosis: float = 3.5, force: bool = False
) -> Treated:
    """Pull extreme values in to the next one until skewness or kurtosis is within its limit.

    Each step takes the side of the sign of the skewness; tied extremes move together, so more than ``limit`` cells
    may move; None sets no limit. ``force`` goes on to the limit whatever the shape. A column that this would make
    constant is left as it was, and said to be so in the details as ``undone``.
    """
    most = np.iinfo(np.int64).max if limit is None else limit
    low, high, moved = kernels.limits(x, most, skew, kurtosis, force)
    values = np.clip(x, low, high)
    undone = (moved > 0) & np.equal(*_range(values))
    if undone.any():
        values[:, undone], moved[undone] = x[:, undone], 0
        low[undone], high[undone] = -np.inf, np.inf
    marks = np.zeros(x.shape, np.int8)
    marks[x > high] = TOP
    marks[x < low] = BOTTOM
    return Treated(values, marks, {"winsorised": moved, "undone": undone})


@treatments.add(
    "log",
    zh="对数变换",
    cite="OECD/JRC 2008, Handbook on Constructing Composite Indicators",
    formula=r"x'_{ij} = \ln x_{ij}",
)
def log(x: Floats) -> Treated:
    """Take the natural logarithm; values must be positive."""
    return _transformed(x, _ln(x))


@treatments.add(
    "log-ct",
    zh="对数变换（COIN Tool，1% 极差平移）",
    cite="Becker et al. 2022, COINr: log_CT",
    formula=r"x'_{ij} = \ln \left( x_{ij} - \min_l x_{lj} + 0.01 \, R_j \right)",
)
def log_ct(x: Floats) -> Treated:
    """Take ln(x - min + 0.01 range): the least value keeps its distance from the rest."""
    low, high = _range(x)
    shifted = x - low
    shifted += 0.01 * (high - low)
    return _transformed(x, _ln(shifted))


@treatments.add(
    "log-ct-plus",
    zh="对数变换（随偏度方向）",
    cite="Becker et al. 2022, COINr: log_CT_plus",
    formula=r"x'_{ij} = \begin{cases} \ln ( x_{ij} - \min_l x_{lj} + 0.01 \, R_j ) & \gamma_1 > 0 \\ - \ln ( "
    r"\max_l x_{lj} + 0.01 \, R_j - x_{ij} ) & \text{otherwise} \end{cases}",
)
def log_ct_plus(x: Floats) -> Treated:
    """Take the log-ct of a column with its long tail to the right, and its mirror image otherwise."""
    low, high = _range(x)
    edge = 0.01 * (high - low)
    right = kernels.shapes(x)[0] > kernels.ROUNDING
    return _transformed(x, np.where(right, _ln(x - low + edge), -_ln(high + edge - x)))


@treatments.add(
    "log-ct-orig",
    zh="对数变换（COIN Tool 原式，加一平移）",
    cite="Becker et al. 2022, COINr: log_CT_orig",
    formula=r"x'_{ij} = \ln \left( x_{ij} - \min_l x_{lj} + 1 \right)",
)
def log_ct_orig(x: Floats) -> Treated:
    """Take ln(x - min + 1)."""
    return _transformed(x, _ln(x - _range(x)[0] + 1))


@treatments.add(
    "log-gii",
    zh="对数变换（全球创新指数）",
    cite="Global Innovation Index 2020, as documented in COINr: log_GII",
    formula=r"x'_{ij} = \ln \left( \frac{(\max_l x_{lj} - 1)(x_{ij} - \min_l x_{lj})}{R_j} + 1 \right)",
)
def log_gii(x: Floats) -> Treated:
    """Take ln((max - 1)(x - min)/range + 1); the greatest value must be above 1, else the order would turn round."""
    low, high = _range(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.where(high > 1, (high - 1) * (x - low) / (high - low) + 1, np.nan)
    return _transformed(x, _ln(inside))


@treatments.add(
    "box-cox",
    zh="Box–Cox 变换",
    cite="Box, Cox 1964, An analysis of transformations, eq. 1",
    formula=r"x'_{ij} = \begin{cases} \frac{u_{ij}^{p} - 1}{p} & p \neq 0 \\ \ln u_{ij} & p = 0 \end{cases}, "
    r"\quad u_{ij} = \begin{cases} x_{ij} - \min_l x_{lj} + 1 & \text{with shift} \\ x_{ij} & "
    r"\text{without} \end{cases}",
)
def box_cox(x: Floats, *, power: float, shift: bool = True) -> Treated:
    """Take (x^power - 1)/power, or ln x for power 0; ``shift`` first moves the least value to 1."""
    moved = x - _range(x)[0] + 1 if shift else x
    if power == 0:
        return _transformed(x, _ln(moved))
    with np.errstate(divide="ignore", invalid="ignore"):
        return _transformed(x, (np.where(moved > 0, moved, np.nan) ** power - 1) / power)


@treatments.add(
    "winsorise-then-log",
    zh="缩尾后取对数",
    cite="Becker et al. 2022, COINr: Treat, its default",
    formula=r"x'_{ij} = \begin{cases} \min \{ \max \{ x_{ij}, a_j \}, b_j \} & \text{if } \lvert \gamma_1 \rvert "
    r"< \mathrm{skew} \text{ or } \gamma_2 < \mathrm{kurtosis} \\ \ln ( x_{ij} - \min_l x_{lj} + 0.01 \, "
    r"R_j ) & \text{otherwise} \end{cases}",
)
def winsorise_then_log(
    x: Floats,
    *,
    limit: int | None = 5,
    skew: float = 2.0,
    kurtosis: float = 3.5,
    force: bool = False,
    combine: bool = False,
) -> Treated:
    """Winsorise columns that do not pass, and take log-ct where that is not enough.

    The logarithm is of the original column, or with ``combine`` of the winsorised one.
    """
    first = {"limit": limit, "skew": skew, "kurtosis": kurtosis, "force": force}
    return chain(x, first_options=first, skew=skew, kurtosis=kurtosis, combine=combine)


@treatments.add(
    "chain",
    zh="组合处理",
    cite="Becker et al. 2022, COINr: Treat",
    formula=r"x'_j = \begin{cases} f_1(x_j) & \text{if it passes} \\ f_2(x_j) & \text{otherwise} \end{cases}",
)
def chain(
    x: Floats,
    *,
    first: str | Callable[..., Treated] = "winsorise",
    then: str | Callable[..., Treated] = "log-ct",
    first_options: dict[str, Any] | None = None,
    then_options: dict[str, Any] | None = None,
    skew: float = 2.0,
    kurtosis: float = 3.5,
    combine: bool = False,
) -> Treated:
    """Try one method on columns that do not pass, then another on those that still do not.

    The second works on the original column, or with ``combine`` on what the first made of it; its outcome stands even
    where the column does not pass after it. A column whose treatment was undone is not treated further.
    ``skew`` and ``kurtosis`` decide between the two; a method's own limits stand among its options.
    """
    found = kernels.shapes(x)
    k = x.shape[1]
    values, marks = x, np.zeros(x.shape, np.int8)
    details = {"skew": found[0], "kurtosis": found[1], "winsorised": np.zeros(k, np.int64)}
    details["undone"] = np.zeros(k, bool)
    details |= {name: np.full(k, np.nan) for name in ("skew_1", "kurtosis_1", "skew_2", "kurtosis_2")}
    details["stage"] = np.zeros(k, np.int64)
    at = np.flatnonzero(_fails(*found, skew, kurtosis))
    for stage, name, options in ((1, first, first_options), (2, then, then_options)):
        if not at.size:
            break
        before = values if combine else x
        if values is x:
            values = x.copy()
        method = treatments.find(name)
        made = method.function(before[:, at], **method.accept(options or {}))
        shape = kernels.shapes(made.values)
        now = made.marks
        if combine:  # winsorised cells stay known as such when the same column is transformed on top of that
            now = np.where(marks[:, at] != UNTOUCHED, marks[:, at], now)
        values[:, at], marks[:, at] = made.values, now
        details["stage"][at] = stage
        details[f"skew_{stage}"][at], details[f"kurtosis_{stage}"][at] = shape
        if "winsorised" in made.details:
            details["winsorised"][at] += made.details["winsorised"]
        undone = made.details.get("undone", np.zeros(at.size, bool))
        details["stage"][at[undone]] = stage - 1 if combine else 0
        details["undone"][at] = details["undone"][at] | undone
        at = at[_fails(*shape, skew, kurtosis) & ~undone]
    return Treated(values, marks, details)


def _fails(found_skew: Floats, found_kurtosis: Floats, skew: float, kurtosis: float) -> npt.NDArray[np.bool_]:
    # Written so that an undefined measure never counts as a failure.
    limit = kernels.ROUNDING
    return (np.abs(found_skew) >= skew - limit) & (found_kurtosis >= kurtosis - limit)


def _range(x: Floats) -> tuple[Floats, Floats]:
    return np.fmin.reduce(x, axis=0), np.fmax.reduce(x, axis=0)


def _ln(x: Floats) -> Floats:
    """Natural logarithm; not finite where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(x)


def _transformed(x: Floats, values: Floats) -> Treated:
    """Constant columns have no shape to mend and stay as they are."""
    low, high = _range(x)
    varied = high > low
    if not varied.all():
        values[:, ~varied] = x[:, ~varied]
    marks = np.where(np.isnan(x), np.int8(UNTOUCHED), np.int8(TRANSFORMED))
    marks[:, ~varied] = UNTOUCHED
    return Treated(values, marks)
