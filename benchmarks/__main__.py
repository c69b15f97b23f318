"""Time what the house promises: `python -m benchmarks` prints every job at three sizes beside its reference."""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks import complexity, dynamics, ladder, measure, records, serving, simulation, vary
from benchmarks.job import Job


@dataclass(frozen=True)
class Timing:
    seconds: float
    spread: float
    runs: int


def timed(work: Callable[[], object], least: float = 1.0, most: int = 200) -> Timing:
    """Median of repeated runs after two that are thrown away (they compile)."""
    work()
    work()
    runs: list[float] = []
    while sum(runs) < least and len(runs) < most:
        start = time.perf_counter()
        work()
        runs.append(time.perf_counter() - start)
    return Timing(statistics.median(runs), float(np.subtract(*np.percentile(runs, [75, 25]))), len(runs))


def alongside(job: Job) -> float | None:
    """What the reference takes here and now where it can be run, else what it once took."""
    if job.peer is None:
        return job.reference
    if importlib.util.find_spec(job.needs) is None:
        print(f"{job.needs} is not installed (extra `peers`): the next reference was measured once, elsewhere")
        return job.reference
    work = job.peer()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(wanted: list[str]) -> int:
    every: list[Job] = [*measure.JOBS, *vary.JOBS, *dynamics.JOBS, *complexity.JOBS, *ladder.JOBS, *records.JOBS]
    every += [*simulation.JOBS, *serving.JOBS]
    jobs = [job for job in every if not wanted or any(word in job.name for word in wanted)]
    print(f"{'job':<52}{'median':>12}{'IQR':>11}{'runs':>6}{'reference':>12}{'ratio':>9}{'goal':>11}  met")
    for job in jobs:
        took, peer = timed(job.build()), alongside(job)
        reference = f"{peer * 1e3:.0f} ms" if peer else "-"
        ratio = f"{peer / took.seconds:.0f}x" if peer else "-"
        goal = f"{job.goal * 1e3:g} ms" if job.goal else "-"
        met = "" if job.goal is None else "yes" if took.seconds <= job.goal else "NO"
        print(
            f"{job.name:<52}{took.seconds * 1e3:>9.3f} ms{took.spread * 1e3:>8.3f} ms{took.runs:>6}"
            f"{reference:>12}{ratio:>9}{goal:>11}  {met}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
