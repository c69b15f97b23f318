"""Composite indices: one whole build at three sizes, and the heavier steps alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.job import Job
from xinzhi.core.labels import Panel, panel
from xinzhi.measure.composite import measure
from xinzhi.measure.spec import IndexSpec


def skewed(regions: int, indicators: int, years: int = 1, denominators: int = 4) -> Panel:
    """Log-normal indicators of growing skew with 2 % of the cells missing, and positive denominators."""
    rng = np.random.default_rng(7)
    spread = np.linspace(0.1, 1.6, indicators)
    values = np.exp(rng.normal(size=(regions, years, indicators)) * spread)
    values[rng.random(values.shape) < 0.02] = np.nan
    below = np.exp(rng.normal(size=(regions, years, denominators)))
    codes = [f"i{at}" for at in range(indicators)] + [f"d{at}" for at in range(denominators)]
    return panel(np.concatenate([values, below], axis=2), [f"r{at}" for at in range(regions)], range(years), codes)


def whole(indicators: int, groups: int = 8) -> IndexSpec:
    """Denominate a quarter, fill by the mean, winsorise or log, min-max, three levels of arithmetic means."""
    tops = ["conn", "sust"]
    elements = [{"code": "index"}] + [{"code": top, "parent": "index"} for top in tops]
    elements += [{"code": f"g{at}", "parent": tops[at % 2]} for at in range(groups)]
    leaves = [
        {"code": f"i{at}", "parent": f"g{at % groups}", "denominator": f"d{at % 4}" if at % 4 == 0 else None}
        for at in range(indicators)
    ]
    return IndexSpec(
        elements=elements,
        indicators=leaves,
        impute=["mean"],
        treat="winsorise-then-log",
        normalise={"method": "min-max", "to": (1, 100)},
    )


def build(regions: int, indicators: int, years: int = 1) -> Callable[[], Callable[[], object]]:
    def ready() -> Callable[[], object]:
        data, spec = skewed(regions, indicators, years), whole(indicators)
        return lambda: measure(data, spec).top

    return ready


JOBS = [
    Job("index: 51 regions x 49 indicators (ASEM size)", build(51, 49), reference=0.093, goal=0.002),
    Job("index: 300 regions x 60 indicators", build(300, 60)),
    Job("index: 3,000 regions x 60 indicators", build(3_000, 60), reference=1.03, goal=0.03),
    Job("index: 31 regions x 60 indicators x 12 years", build(31, 60, 12)),
]
