"""How often intervals of growth curves and onsets hold planted truths: `python -m benchmarks.emergence_coverage [n]`.

Every function plants one truth, estimates it and says whether it was found, one verdict per repetition.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.structure.curves import Noise, growth_curve, growth_curves
from xinzhi.structure.emergence import emergence


def counted(rng: np.random.Generator, mean: np.ndarray, dispersion: float) -> np.ndarray:
    """Counts about their mean, negative binomial, or Poisson without dispersion."""
    if not dispersion:
        return rng.poisson(mean).astype(float)
    return rng.poisson(rng.gamma(1 / dispersion, dispersion * mean)).astype(float)


def curve_held(
    rng: np.random.Generator,
    curve: str,
    years: int,
    middle: float,
    *,
    rate: float = 0.5,
    ceiling: float = 2000.0,
    dispersion: float = 0.05,
    tried: tuple[str, ...] | None = None,
) -> tuple[float, ...]:
    """Whether the intervals hold ceiling, rate and date, the forecasts of 1 and 3 years; and whether a ceiling is told.

    With several curves ``tried``, the forecasts are over all of them, the rest is of the true one.
    """
    ends = np.arange(years + 4, dtype=float)
    mean = ceiling * np.diff(growth_curves.find(curve).function(ends, rate, middle)) + 1e-9
    counts = pd.Series(counted(rng, mean, dispersion), index=2000 + np.arange(years + 3))
    if (counts.iloc[:years] > 0).sum() < 4:
        return (np.nan,) * 6
    noise: Noise = "negative-binomial" if dispersion else "poisson"
    found = growth_curve(counts, through=1999 + years, noise=noise, curves=tried or (curve,), draws=1_500)
    row, ahead = found.fits.loc[curve], found.against(counts)
    return (
        bool(row["ceiling_low"] <= ceiling <= row["ceiling_high"]),
        bool(row["rate_low"] <= rate <= row["rate_high"]),
        bool(row["peak_low"] <= 2000 + middle <= row["peak_high"]),
        bool(ahead["inside"].iloc[0]),
        bool(ahead["inside"].iloc[2]),
        bool(row["identified"]),
    )


def bent(rng: np.random.Generator, years: int, at: int, before: float, after: float, dispersion: float) -> pd.Series:
    """Counts whose growth changes from one rate to another in year ``at``."""
    time = np.arange(years)
    mean = 20 * np.exp(before * time + (after - before) * np.maximum(time - at, 0))
    return pd.Series(counted(rng, mean, dispersion), index=2000 + time)


def onset_held(
    rng: np.random.Generator, years: int, at: int, before: float, after: float, dispersion: float
) -> tuple[float, ...]:
    """Whether the set of onsets holds the true year, whether it is the likeliest, and whether one is claimed at 5 %."""
    topic = emergence(bent(rng, years, at, before, after, dispersion)).topics.iloc[0]
    held = topic["onset_low"] <= 2000 + at <= topic["onset_high"]
    return held, topic["onset"] == 2000 + at, topic["onset_p"] <= 0.05


def growth_held(rng: np.random.Generator, years: int, rate: float, dispersion: float) -> bool:
    """Whether the interval of growth in the last years holds the planted one."""
    found = emergence(bent(rng, years, 0, rate, rate, dispersion)).measure("growth").iloc[0]
    return bool(found["low"] <= np.expm1(rate) <= found["high"])


def rate(repetitions: int, work: Any, *arguments: Any, **options: Any) -> np.ndarray:
    """Share of repetitions with each verdict; those that cannot be fitted at all do not count."""
    verdicts = [work(np.random.default_rng(at), *arguments, **options) for at in range(repetitions)]
    return np.asarray(np.nanmean(np.array(verdicts, dtype=float), axis=0))


_ALL = ("logistic", "gompertz", "bass", "richards")
CASES: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
    "logistic, past its peak, 20 years": (curve_held, ("logistic", 20, 10.0), {}),
    "logistic at its peak, 20 years": (curve_held, ("logistic", 20, 19.0), {}),
    "logistic long before its peak, 20 years": (curve_held, ("logistic", 20, 28.0), {"ceiling": 20_000.0}),
    "logistic, Poisson, past its peak, 15 years": (curve_held, ("logistic", 15, 9.0), {"dispersion": 0.0}),
    "Gompertz, past its peak, 20 years": (curve_held, ("gompertz", 20, 8.0), {"rate": 0.25}),
    "Bass, past its peak, 20 years": (curve_held, ("bass", 20, 9.0), {"rate": 0.4}),
    "logistic beside Richards, past its peak, 25 years": (
        curve_held,
        ("logistic", 25, 13.0),
        {"tried": ("richards", "logistic"), "rate": 0.4},
    ),
    "logistic among all four, at its peak": (curve_held, ("logistic", 20, 17.0), {"tried": _ALL}),
    "onset held / exact / claimed, 5 to 30 %, 25 years": (onset_held, (25, 14, 0.05, 0.3, 0.0), {}),
    "onset held / exact / claimed, 5 to 30 %, dispersed": (onset_held, (25, 14, 0.05, 0.3, 0.05), {}),
    "onset held / exact / claimed, 0 to 20 %, 30 years": (onset_held, (30, 18, 0.0, 0.2, 0.03), {}),
    "onset claimed without one, steady 10 %, Poisson": (onset_held, (25, 14, 0.1, 0.1, 0.0), {}),
    "onset claimed without one, steady 10 %, dispersed": (onset_held, (25, 14, 0.1, 0.1, 0.05), {}),
    "onset claimed without one, steady 10 %, 12 years": (onset_held, (12, 6, 0.1, 0.1, 0.05), {}),
    "growth held, last 5 years, Poisson": (growth_held, (15, 0.1, 0.0), {}),
    "growth held, last 5 years, dispersed": (growth_held, (15, 0.1, 0.05), {}),
}


def main(repetitions: int = 200, only: str = "") -> None:
    for name, (work, arguments, options) in CASES.items():
        if only in name:
            found = np.atleast_1d(rate(repetitions, work, *arguments, **options))
            print(f"{name:<56}" + " ".join(f"{one:7.3f}" for one in found), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, *sys.argv[2:3])
