"""Replaying an index: the mixture of choices that is promised, at three sizes, and data errors on top."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.job import Job
from benchmarks.measure import skewed, whole
from xinzhi.study.vary.choices import Variations
from xinzhi.study.vary.varying import vary

CHOICES: dict[str, Any] = {
    "normalise": ["min-max", {"method": "z-score", "mean": 100, "sd": 10}],
    "weigh": ["given", "entropy", "critic"],
    "aggregate": {2: ["arithmetic", "geometric"]},
    "noise": {"level": 1, "share": 0.25},
    "leave_out": "one indicator",
}

RESIDUALS = {"method": "em", "noise": "residual"}


def replay(
    draws: int, regions: int, indicators: int, years: int = 1, **more: Any
) -> Callable[[], Callable[[], object]]:
    """Draws without those for effects, and the intervals of scores and ranks."""

    def ready() -> Callable[[], object]:
        data, spec = skewed(regions, indicators, years), whole(indicators)
        said = Variations.model_validate(CHOICES | more)
        return lambda: vary(data, spec, said, draws=draws, effects=False).intervals()

    return ready


JOBS = [
    Job("vary: 1,000 draws, 51 x 49 (ASEM size)", replay(1_000, 51, 49), reference=106.0, goal=0.2),
    Job("vary: 10,000 draws, 51 x 49 (ASEM size)", replay(10_000, 51, 49), reference=1060.0, goal=2.0),
    Job("vary: 100 draws, 3,000 x 60", replay(100, 3_000, 60), reference=125.0, goal=1.0),
    Job("vary: 10,000 draws, 31 x 40 x 20 years", replay(10_000, 31, 40, 20), goal=5.0),
    Job("vary: 1,000 draws, 51 x 49, with data errors", replay(1_000, 51, 49, error={"*": 0.05})),
    Job("vary: 1,000 draws, 51 x 49, donors drawn", replay(1_000, 51, 49, impute=["mean", "hot-deck"])),
    Job("vary: 1,000 draws, 51 x 49, residuals drawn", replay(1_000, 51, 49, impute=["mean", RESIDUALS])),
]
