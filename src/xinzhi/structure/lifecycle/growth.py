"""Growth of output or firms to a ceiling: logistic, Gompertz and Bass beside growth without end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.results import Record
from xinzhi.structure.curves import growth_curves
from xinzhi.structure.lifecycle.stocks import check_options, no_series, stocks

if TYPE_CHECKING:
    from xinzhi.core.labels import Floats
    from xinzhi.data.industries import Industries

LEAST = 12  # years
TAKEOFF, SATURATION = 0.1, 0.9  # shares of the ceiling, as the stages of `growth_curve`
# Rates a year; dates of the fastest growth as multiples of the span; autocorrelations.
_RATES = np.linspace(np.log(0.01), np.log(2.0), 32)
_MIDDLES = np.linspace(-1.0, 3.0, 65)
_MEMORIES = np.array([0.0, 0.25, 0.5, 0.7, 0.85, 0.95])
_FINER, _BELOW = 32, 12.0  # the grid is laid anew, so fine, over what lies within so much of the best log-likelihood


@dataclass(frozen=True, eq=False)
class GrowthPaths:
    """Curves fitted to the size of each industry, up to its peak.

    ``fits`` holds a row a series and curve, likeliest first; ``series`` a row a series: whether it is ``saturating``
    (a ceiling is told by the weight of the curves that have one) and by which year.
    """

    fits: pd.DataFrame
    series: pd.DataFrame
    level: float
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """A row a series and curve: ceiling, takeoff, inflection and saturation with low and high, aicc, weight."""
        return self.fits.copy()

    def __str__(self) -> str:
        best = self.fits.groupby(["region", "industry"], sort=False).first()["curve"].value_counts()
        shown = ", ".join(f"{name} {count}" for name, count in best.items())
        return "\n".join(
            (
                f"growth paths: {len(self.series)} series of {self.record.settings['of']}",
                f"likeliest: {shown}",
                f"saturating: {int(self.series['saturating'].sum())}",
                f"level: {100 * self.level:g} %",
                f"notes: {len(self.notes)}",
            )
        )


def growth_paths(
    industries: Industries,
    *,
    of: str = "output",
    curves: Sequence[str | Callable[..., Any]] = ("logistic", "gompertz", "bass"),
    level: float = 0.9,
) -> GrowthPaths:
    """Fit S-curves to the size of each industry and compare them with growth that knows no ceiling.

    ``curves`` are of the family ``growth_curves`` (three parameters: ceiling, rate, date of the fastest growth);
    "unlimited" growth at a constant rate is always among them. The size itself is fitted, its logarithm having AR(1)
    errors, up to its peak: what comes after is no growth. Ceiling and scale of the errors are integrated out in closed
    form, rate, date and autocorrelation over a grid, all log-uniform beforehand save the date, uniform from one span
    before the record to two after it; intervals at ``level`` are of that posterior. Curves are weighed by AICc at
    their best. ``takeoff`` and ``saturation`` are the years of 10 and 90 % of the ceiling, ``inflection`` that of the
    fastest growth (Bass may be fastest at its start). ``identified`` says whether the inflection's interval ends within
    the record; where not, no ceiling is in sight and none is given. For yearly counts of something new use
    ``growth_curve``. nan is not observed and skipped. Raises ``DataError``, ``MethodError``.
    """
    check_options(level=level, draws=1, shares={}, positive={})
    chosen = [growth_curves.find(one) for one in curves]
    if not chosen:
        raise MethodError(Fault("no-curve", "at least one curve is needed.", "至少须有一条曲线。"))
    held = stocks(industries, of)
    rows: list[dict[str, object]] = []
    series: list[dict[str, object]] = []
    short = []
    for at, number in enumerate(held.number):
        known = np.flatnonzero(np.isfinite(number))
        known = known[: int(number[known].argmax()) + 1] if known.size else known
        if len(known) < LEAST or np.ptp(number[known]) == 0:
            short.append(at)
            continue
        head = {"region": held.region[at], "industry": held.industry[at]}
        table = _compared(number[known], held.years[known], chosen, level)
        rows += [head | one for one in table]
        bounded = sum((float(one["weight"]) for one in table if one["identified"]), 0.0)  # type: ignore[arg-type]
        best = next((one for one in table if one["identified"]), None)
        saturating = best is not None and bounded > 0.5
        told = {"through": int(held.years[known[-1]]), "saturating": saturating, "weight": bounded}
        dates = ("saturation", "saturation_low", "saturation_high")
        series.append(head | told | {one: best[one] if best and saturating else np.nan for one in dates})
    if not rows:
        raise no_series(of, LEAST)
    notes = list(held.notes)
    open_ended = [str(one["industry"]) for one in series if not one["saturating"]]
    if open_ended:
        notes.append(
            Fault(
                "not-saturating",
                f"{len(open_ended)} series are not saturating as far as seen ({', '.join(open_ended[:4])}): growth "
                "without end fits as well, or the year of the fastest growth may lie ahead.",
                f"{len(open_ended)} 个序列就现有数据而言并未趋于饱和（{'、'.join(open_ended[:4])}）："
                "无上限的增长同样相容，或增长最快的年份可能尚未到来。",
                severity="warning",
            )
        )
    if short:
        notes.append(
            Fault(
                "too-few-years",
                f"{len(short)} series have fewer than {LEAST} years up to their peak, or do not vary "
                f"({', '.join(held.name(at) for at in short[:4])}).",
                f"{len(short)} 个序列到峰值为止不足 {LEAST} 年，或毫无变化"
                f"（{'、'.join(held.name(at) for at in short[:4])}）。",
                severity="warning",
            )
        )
    settings = {"of": of, "curves": [one.name for one in chosen], "level": level}
    record = Record("growth-paths", settings, industries.record.inputs)
    return GrowthPaths(pd.DataFrame(rows), pd.DataFrame(series), level, tuple(notes), record)


def _compared(size: Floats, years: np.ndarray, chosen: Sequence[Any], level: float) -> list[dict[str, object]]:
    """A row a curve of one series, likeliest first."""
    y, time = np.log(size), (years - years[0]).astype(float)
    span = float(time[-1])
    rows = [_unlimited(y, time)]
    for one in chosen:
        rates, middles = _RATES, _MIDDLES * span
        for _ in range(3):
            rate, middle = (each.ravel() for each in np.meshgrid(np.exp(rates), middles, indexing="ij"))
            # Half a year in: a curve that starts at the first year has reached something by its end.
            with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
                share = one.function(time[None, :] + 0.5, rate[:, None], middle[:, None])
                shape = np.log(np.asarray(share, dtype=float))
            fits = np.isfinite(shape).all(axis=1)
            found = _gridded(y, time, shape[fits])
            near = found.loglik > found.loglik.max() - _BELOW
            rates = _around(np.log(rate[fits][near]), rates)
            middles = _around(middle[fits][near], middles)
        # Dates at which a share is reached, from the curve itself.
        ahead = np.arange(-2 * span, 5 * span + 1, 0.25)
        kept_rate, kept_middle = rate[fits], middle[fits]
        likely = np.flatnonzero(found.weight > found.weight.max() * 1e-6)
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            path = np.asarray(one.function(ahead[None, :], kept_rate[likely, None], kept_middle[likely, None]))
        first = years[0] - 0.5
        dates = {"takeoff": np.array([ahead[-1]]), "saturation": np.array([ahead[-1]])}
        for name, share_of in (("takeoff", TAKEOFF), ("saturation", SATURATION)):
            reached = np.nan_to_num(path) >= share_of
            dates[name] = first + np.where(reached.any(axis=1), ahead[reached.argmax(axis=1)], np.inf)
        dates["inflection"] = first + np.maximum(kept_middle[likely], 0.0 if one.name == "bass" else -np.inf)
        dates["ceiling"] = np.exp(found.ceiling[likely])
        top = int(np.argmax(found.loglik[likely]))
        row: dict[str, object] = {"curve": one.name, "curve_zh": one.zh}
        tails = (1 - level) / 2, (1 + level) / 2
        for name, each in dates.items():
            low, high = _quantiles(each, found.weight[likely], tails)
            row |= {name: float(each[top]), f"{name}_low": low, f"{name}_high": high}
        seen = bool(row["inflection_high"] < years[-1])  # type: ignore[operator]
        if not seen:
            row |= {"ceiling": np.nan, "ceiling_high": np.inf, "saturation": np.nan, "saturation_high": np.inf}
        row |= {"identified": seen, "rate": float(kept_rate[likely][top])}
        rows.append(row | {"loglik": float(found.loglik.max()), "parameters": 5})
    n = len(y)
    for row in rows:
        k = int(row["parameters"])  # type: ignore[call-overload]
        row["aicc"] = -2 * float(row["loglik"]) + 2 * k + 2 * k * (k + 1) / (n - k - 1)  # type: ignore[arg-type]
    least = min(float(row["aicc"]) for row in rows)  # type: ignore[arg-type]
    total = sum(np.exp(-(float(row["aicc"]) - least) / 2) for row in rows)  # type: ignore[arg-type]
    for row in rows:
        row["weight"] = float(np.exp(-(float(row["aicc"]) - least) / 2) / total)  # type: ignore[arg-type]
    return sorted(rows, key=lambda row: float(row["aicc"]))  # type: ignore[arg-type]


def _around(kept: Floats, grid: Floats) -> Floats:
    """A finer grid over what was kept of one, and a step of the old one to either side."""
    step = grid[1] - grid[0]
    return np.linspace(max(kept.min() - step, grid[0]), min(kept.max() + step, grid[-1]), _FINER)


@dataclass(frozen=True)
class _Grid:
    """For each candidate shape: its best log-likelihood, its weight with all else integrated out, its log ceiling."""

    loglik: Floats
    weight: Floats
    ceiling: Floats


def _gridded(y: Floats, time: Floats, shape: Floats) -> _Grid:
    """Log size = log ceiling + shape + AR(1) errors, for every shape (candidate, year) and autocorrelation."""
    n = len(y)
    gap = np.diff(time)  # an AR(1) over g years has autocorrelation r ** g
    best = np.full(len(shape), -np.inf)
    log_weight = np.full((len(_MEMORIES), len(shape)), -np.inf)
    ceiling = np.zeros(len(shape))
    for at, memory in enumerate(_MEMORIES):
        r = memory**gap
        scale = np.sqrt(1 - r**2)

        def white(each: Floats, r: Floats = r, scale: Floats = scale) -> Floats:
            return np.concatenate([each[..., :1], (each[..., 1:] - r * each[..., :-1]) / scale], axis=-1)

        one = white(np.ones(n))
        rest = white(y) - white(shape)
        level = rest @ one / (one @ one)
        squares = np.maximum(((rest - level[:, None] * one) ** 2).sum(axis=1), 1e-12)
        log_det = float(np.log(scale).sum())
        loglik = -n / 2 * (np.log(2 * np.pi * squares / n) + 1) - log_det
        log_weight[at] = -log_det - 0.5 * np.log(one @ one) - (n - 1) / 2 * np.log(squares)
        ceiling = np.where(loglik > best, level, ceiling)
        best = np.maximum(best, loglik)
    weight = np.exp(log_weight - log_weight.max()).sum(axis=0)
    return _Grid(best, weight / weight.sum(), ceiling)


def _unlimited(y: Floats, time: Floats) -> dict[str, object]:
    """Growth at a constant rate, its rate over a grid of the same errors."""
    rates = np.linspace(-0.5, 0.8, 521)
    found = _gridded(y, time, rates[:, None] * time)
    at = int(found.loglik.argmax())
    names = [
        f"{name}{end}" for name in ("ceiling", "takeoff", "inflection", "saturation") for end in ("", "_low", "_high")
    ]
    row: dict[str, object] = {"curve": "unlimited", "curve_zh": "无上限增长"} | dict.fromkeys(names, np.nan)
    row |= {"identified": False, "rate": float(rates[at]), "loglik": float(found.loglik[at]), "parameters": 4}
    return row


def _quantiles(values: Floats, weights: Floats, tails: tuple[float, float]) -> tuple[float, float]:
    order = np.argsort(values)
    summed = np.cumsum(weights[order])
    low, high = (values[order][min(int(np.searchsorted(summed, tail * summed[-1])), len(order) - 1)] for tail in tails)
    return float(low), float(high)
