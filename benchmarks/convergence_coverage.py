"""How often intervals hold planted truths: `python -m benchmarks.convergence_coverage [repetitions]` prints the rates.

Every function plants one truth, estimates it and says whether it was found, one verdict per repetition.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import xarray as xr

from xinzhi.core.labels import REGION, TIME
from xinzhi.dynamics.breaks import Shift, structural_break
from xinzhi.dynamics.clubs import convergence_clubs
from xinzhi.dynamics.convergence import beta_convergence
from xinzhi.dynamics.panels import Effect
from xinzhi.dynamics.threshold import panel_threshold


def labelled(cells: np.ndarray, name: str | None = None) -> xr.DataArray:
    coords = {REGION: [f"r{at}" for at in range(len(cells))], TIME: 2000 + np.arange(cells.shape[1])}
    return xr.DataArray(cells, dims=(REGION, TIME), coords=coords, name=name)


def growing(rng: np.random.Generator, n: int, t: int, beta: float, own: float = 0.0) -> xr.DataArray:
    """Levels whose yearly growth is beta times the log level, plus a year's luck, a region's own pace and noise."""
    pace, luck = own * rng.normal(size=n), 0.05 * rng.normal(size=t)
    start = (0.2 + pace) / -beta + rng.normal(size=n)
    logs = np.empty((n, t))
    logs[:, 0] = start
    for year in range(1, t):
        logs[:, year] = (1 + beta) * logs[:, year - 1] + 0.2 + pace + luck[year] + 0.05 * rng.normal(size=n)
    return labelled(np.exp(logs))


def beta_held(
    rng: np.random.Generator, n: int, t: int, *, region_effects: bool = False, settled: int = 0, **options: Any
) -> bool:
    """Whether β's interval holds it; ``settled`` years go by before the first is looked at."""
    beta = -0.05
    values = growing(rng, n, t + settled, beta, own=0.02 if region_effects else 0.0).isel({TIME: slice(settled, None)})
    effects: tuple[Effect, ...] = ("region", "time") if region_effects else ("time",)
    found = beta_convergence(values, effects=effects, **options)
    low, high = found.fit.interval()
    return bool(low[0] <= beta <= high[0])


def speed_held(rng: np.random.Generator, n: int, t: int) -> bool:
    found = beta_convergence(growing(rng, n, t, -0.05), form="cross-section")
    low, high = found.speed_interval
    return low is not None and high is not None and low <= -np.log(0.95) <= high


def broken(rng: np.random.Generator, t: int, at: int, shift: Shift, size: float, rho: float = 0.0) -> xr.DataArray:
    """A line with noise of standard deviation one and from year ``at`` on a jump of ``size`` or a bend."""
    years = np.arange(t, dtype=float)
    noise = rng.normal(size=t + 50)
    for year in range(1, t + 50):
        noise[year] = rho * noise[year - 1] + np.sqrt(1 - rho**2) * noise[year]
    change = size * (years >= at) if shift == "level" else size * np.maximum(years - years[at - 1], 0)
    return xr.DataArray(0.1 * years + change + noise[50:], dims=TIME, coords={TIME: 2000 + np.arange(t)})


def date_held(rng: np.random.Generator, t: int, shift: Shift, size: float, rho: float = 0.0) -> tuple[bool, bool]:
    """Whether the set of dates holds the true one, and whether the likeliest is it."""
    at = t // 2 + 1
    found = structural_break(broken(rng, t, at, shift, size, rho), shift=shift, replications=19)
    return 2000 + at in found.dates, found.date == 2000 + at


def break_claimed(rng: np.random.Generator, t: int, shift: Shift, bootstrap: str, rho: float = 0.0) -> bool:
    """Whether a break is found at 5 % where there is none."""
    series, seed = broken(rng, t, 1, shift, 0.0, rho), int(rng.integers(1e9))
    return structural_break(series, shift=shift, bootstrap=bootstrap, replications=199, seed=seed).p <= 0.05


def two_clubs(rng: np.random.Generator, n: int, t: int, gap: float = 1.0, noise: float = 0.01) -> xr.DataArray:
    """Paths that close in on one of two levels, at the rate 1 / (log(t + 1) √t), with noise that fades alike."""
    years = np.arange(1, t + 1)
    levels = np.where(np.arange(n) < n // 2, 2.0 + gap, 2.0)
    apart = 0.3 * rng.normal(size=n)[:, None] + noise * rng.normal(size=(n, t))
    return labelled((levels[:, None] + apart / (np.log(years + 1) * np.sqrt(years))) * (1 + 0.02 * years))


def clubs_found(rng: np.random.Generator, n: int, t: int, gap: float = 1.0, noise: float = 0.01) -> tuple[bool, float]:
    """Whether both clubs were found exactly, and the share of regions put into the right one of the first two."""
    club = convergence_clubs(two_clubs(rng, n, t, gap, noise)).membership.values
    true = np.where(np.arange(n) < n // 2, 1, 2)
    return bool((club == true).all()), float((club == true).mean())


def switching(rng: np.random.Generator, n: int, t: int, change: float, at: float = 0.3) -> tuple[xr.DataArray, ...]:
    """Outcome, regressor and threshold variable: the slope is 1 up to ``at`` and ``change`` more beyond it."""
    q, x = rng.normal(size=(2, n, t))
    y = rng.normal(size=(n, 1)) + x * (1 + change * (q > at)) + rng.normal(size=(n, t))
    return labelled(y, "y"), labelled(x, "x"), labelled(q, "q")


def threshold_held(rng: np.random.Generator, n: int, t: int, change: float) -> tuple[bool, bool]:
    """Whether the bounds hold the true threshold, and the interval of the slope beyond it the true slope."""
    found = panel_threshold(*switching(rng, n, t, change), replications=1)
    (one,) = found.thresholds
    low, high = found.fit.interval()
    return one.low <= 0.3 <= one.high, bool(low[1] <= 1 + change <= high[1])


def threshold_claimed(rng: np.random.Generator, n: int, t: int) -> bool:
    """Whether a threshold is found at 5 % where there is none."""
    seed = int(rng.integers(1e9))
    return panel_threshold(*switching(rng, n, t, 0.0), replications=199, seed=seed).thresholds[0].p <= 0.05


def rate(repetitions: int, work, *arguments, seed: int = 11, **options) -> np.ndarray:
    """The mean of the verdicts, each from a stream of its own."""
    streams = np.random.SeedSequence(seed).spawn(repetitions)
    return np.mean([work(np.random.default_rng(stream), *arguments, **options) for stream in streams], axis=0)


OWN, HALF = {"region_effects": True, "settled": 60}, {"correction": "half-panel"}
CASES = {
    "beta, time effects, 30 x 12": (beta_held, (30, 12), {}),
    "beta, time effects, 30 x 12, CR1 errors": (beta_held, (30, 12), {"small_sample": "clusters"}),
    "beta, time effects, 100 x 12": (beta_held, (100, 12), {}),
    "beta, region and time effects, 30 x 12 (Nickell)": (beta_held, (30, 12), OWN),
    "beta, region and time effects, 30 x 60 (Nickell)": (beta_held, (30, 60), OWN),
    "beta, the same, half-panel, 30 x 12": (beta_held, (30, 12), OWN | HALF),
    "beta, the same, half-panel, 30 x 60": (beta_held, (30, 60), OWN | HALF),
    "beta, the same, half-panel, from afar, 30 x 12": (beta_held, (30, 12), OWN | HALF | {"settled": 0}),
    "speed, cross-section, 30 x 12": (speed_held, (30, 12), {}),
    "break date in set / exact, jump of 2 sd, 12 years": (date_held, (12, "level", 2.0), {}),
    "break date in set / exact, jump of 3 sd, 20 years": (date_held, (20, "level", 3.0), {}),
    "break date in set / exact, jump of 2 sd, 40 years": (date_held, (40, "level", 2.0), {}),
    "break date in set / exact, jump of 2 sd, AR 0.5, 40 years": (date_held, (40, "level", 2.0, 0.5), {}),
    "break date in set / exact, bend of 0.5 sd, AR 0.5, 40 years": (date_held, (40, "trend", 0.5, 0.5), {}),
    "break date in set / exact, bend of 0.5 sd, 40 years": (date_held, (40, "trend", 0.5), {}),
    "break date in set / exact, bend of 0.5 sd, 20 years": (date_held, (20, "trend", 0.5), {}),
    "break claimed without one, wild, 20 years": (break_claimed, (20, "both", "wild"), {}),
    "break claimed without one, resampled, 20 years": (break_claimed, (20, "both", "resampled"), {}),
    "break claimed without one, wild, AR 0.5, 40 years": (break_claimed, (40, "both", "wild", 0.5), {}),
    "break claimed without one, autoregressive, AR 0.5, 40 years": (
        break_claimed,
        (40, "both", "autoregressive", 0.5),
        {},
    ),
    "break claimed without one, autoregressive, AR 0.5, 20 years": (
        break_claimed,
        (20, "both", "autoregressive", 0.5),
        {},
    ),
    "two clubs exact / share right, 30 x 40": (clubs_found, (30, 40), {}),
    "two clubs exact / share right, 30 x 20": (clubs_found, (30, 20), {}),
    "two clubs exact / share right, 30 x 12": (clubs_found, (30, 12), {}),
    "the same, levels 0.3 apart and noise 0.05, 30 x 40": (clubs_found, (30, 40, 0.3, 0.05), {}),
    "the same, levels 0.3 apart and noise 0.05, 30 x 20": (clubs_found, (30, 20, 0.3, 0.05), {}),
    "the same, levels 0.3 apart and noise 0.05, 30 x 12": (clubs_found, (30, 12, 0.3, 0.05), {}),
    "threshold / slope held, change 1, 30 x 12": (threshold_held, (30, 12, 1.0), {}),
    "threshold / slope held, change 0.5, 30 x 12": (threshold_held, (30, 12, 0.5), {}),
    "threshold claimed without one, 30 x 12": (threshold_claimed, (30, 12), {}),
}


def main(repetitions: int = 500) -> None:
    for name, (work, arguments, options) in CASES.items():
        found = np.atleast_1d(rate(repetitions, work, *arguments, **options))
        print(f"{name:<62}" + " ".join(f"{one:7.3f}" for one in found), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
