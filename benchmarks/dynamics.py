"""Dynamics under varied choices: decompositions of inequality for every year of every draw, at three sizes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.job import Job
from xinzhi.dynamics.decomposition import dagum_parts, theil_parts
from xinzhi.dynamics.inequality import gini


def build(
    of: str, regions: int, years: int = 12, draws: int = 1_000, groups: int = 4
) -> Callable[[], Callable[[], object]]:
    """Log-normal scores (draw, year, region), their spread growing from year to year, in four groups."""

    def ready() -> Callable[[], object]:
        rng = np.random.default_rng(7)
        spread = np.linspace(0.2, 0.8, years)[:, None]
        x = np.exp(rng.normal(size=(draws, years, regions)) * spread)
        codes = np.arange(regions) % groups
        if of == "dagum":
            return lambda: dagum_parts(x, codes)
        if of == "theil":
            return lambda: theil_parts(x, codes[None])
        return lambda: gini(x)

    return ready


JOBS = [
    Job("Dagum: 31 regions x 12 years x 1,000 draws", build("dagum", 31)),
    Job("Dagum: 300 regions x 12 years x 1,000 draws", build("dagum", 300)),
    Job("Dagum: 2,711 regions x 12 years x 1,000 draws", build("dagum", 2_711), goal=20.0),
    Job("Gini: 300 regions x 12 years x 1,000 draws", build("gini", 300)),
    Job("Theil: 300 regions x 12 years x 1,000 draws", build("theil", 300)),
]
