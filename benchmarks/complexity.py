"""Complexity and what is near, from a long table to labelled results, at three sizes beside ecomplexity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.job import Job
from xinzhi.structure.complexity import complexity
from xinzhi.structure.presence import presence
from xinzhi.structure.records import links
from xinzhi.structure.space import space


def table(regions: int, activities: int, years: int = 1) -> pd.DataFrame:
    """A long table of amounts: able regions have more activities and harder ones; about six cells of ten are filled."""
    rng = np.random.default_rng(7)
    able, hard = rng.uniform(-1, 1, regions), rng.uniform(-1, 1, activities)
    kept = rng.random((regions, activities)) < 1 / (1 + np.exp(-0.5 - 3 * able[:, None] + 2 * hard))
    kept[0], kept[:, 0] = True, True
    where, what = np.nonzero(kept)
    size = np.exp(rng.normal(size=regions))[where] * np.exp(rng.normal(size=activities))[what]
    parts = []
    for year in range(2000, 2000 + years):
        amount = size * np.exp(rng.normal(size=len(where)))
        parts.append(pd.DataFrame({"year": year, "region": where, "activity": what, "value": amount}))
    whole = pd.concat(parts, ignore_index=True)
    return whole.assign(region="r" + whole["region"].astype(str), activity="a" + whole["activity"].astype(str))


def ours(regions: int, activities: int, years: int = 1) -> Callable[[], Callable[[], object]]:
    def ready() -> Callable[[], object]:
        frame = table(regions, activities, years)

        def work() -> object:
            amounts = links(frame, region="region", activity="activity", period="year", value="value")
            held = presence(amounts)
            scores = complexity(held)
            made = [scores]
            for period in held.periods:
                one = held.only(periods=[period])
                made.append(space(one, scores.activities.sel(time=period), gain="without-own").outlook)
            return made

        return work

    return ready


def scores_only(regions: int, activities: int) -> Callable[[], Callable[[], object]]:
    def ready() -> Callable[[], object]:
        held = presence(links(table(regions, activities), region="region", activity="activity", value="value"))
        return lambda: complexity(held)

    return ready


def intervals(regions: int, activities: int) -> Callable[[], Callable[[], object]]:
    def ready() -> Callable[[], object]:
        held = presence(links(table(regions, activities), region="region", activity="activity", value="value"))
        found = complexity(held)
        return lambda: found.validity(draws=200)

    return ready


def theirs(regions: int, activities: int, years: int = 1) -> Callable[[], Callable[[], object]]:
    def ready() -> Callable[[], object]:
        import contextlib
        import io

        from ecomplexity import ecomplexity

        frame = table(regions, activities, years)
        columns = {"time": "year", "loc": "region", "prod": "activity", "val": "value"}

        def work() -> object:
            # Its sampled test of log-supermodularity, on by default, takes far longer than all the rest.
            with contextlib.redirect_stdout(io.StringIO()):
                return ecomplexity(frame, columns, check_logsupermodularity=False)

        return work

    return ready


_ALL = "ECI, PCI, density, COI, COG from a table: "
JOBS = [
    Job(_ALL + "234 x 1,239", ours(234, 1_239), 1.39, 0.08, peer=theirs(234, 1_239), needs="ecomplexity"),
    Job(_ALL + "22 years", ours(234, 1_239, 22), 34.0, 1.7, peer=theirs(234, 1_239, 22), needs="ecomplexity"),
    Job(_ALL + "3,000 x 5,000", ours(3_000, 5_000), goal=3.0),
    Job("ECI and PCI alone: 234 x 1,239", scores_only(234, 1_239)),
    Job("ECI and PCI alone: 3,000 x 5,000", scores_only(3_000, 5_000)),
    Job("rank intervals, 200 draws: 234 x 1,239", intervals(234, 1_239)),
    Job("rank intervals, 200 draws: 933 x 288", intervals(933, 288)),
]
