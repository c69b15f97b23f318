"""The industry ladder at three sizes: from a long table, by rule, by model, moves, pipelines, and growth taken apart.

`python -m benchmarks.ladder rule 3000` runs one step alone, in a fresh process, at so many regions of 100 industries
over 30 years, and prints what it took of the processors and of memory, which other work on the machine hardly changes.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from benchmarks.job import Job
from xinzhi.data.industries import Industries, industries
from xinzhi.data.recognise.recognising import recognise
from xinzhi.data.taxonomies import Taxonomy
from xinzhi.structure.conversion.shift_share import shift_share
from xinzhi.structure.ladder import ladder
from xinzhi.structure.ladder.pipeline import pipeline
from xinzhi.structure.ladder.rungs import Ladder, LadderSpec
from xinzhi.structure.ladder.transitions import transitions

MEASURES = ("employment", "output", "establishments", "entries", "rd")
FIRST, YEARS, INDUSTRIES = 1995, 30, 100
SIZES = (31, 300, 3_000)
CLASSES = 23


def table(regions: int) -> pd.DataFrame:
    """A long table: sizes that wander, one industry in seven born later, other measures beside them, 3 % blank."""
    rng = np.random.default_rng(7)
    many = regions * INDUSTRIES
    steps = rng.normal(0, 0.06, (many, YEARS)) + rng.normal(0, 0.04, (many, 1))
    steps[:, 0] = rng.normal(5, 1.5, many)
    size = np.exp(np.cumsum(steps, axis=1))
    born = np.where(rng.random(many) < 0.15, rng.integers(1, 20, many), 0)
    series, year = np.nonzero(np.arange(YEARS) >= born[:, None])
    columns = {
        "region": np.array([f"r{at:04d}" for at in range(regions)], dtype=object)[series // INDUSTRIES],
        "industry": np.array([f"{at:03d}" for at in range(INDUSTRIES)], dtype=object)[series % INDUSTRIES],
        "year": FIRST + year,
        "employment": size[series, year],
    }
    for name, level, noise in (("output", 8.0, 0.1), ("establishments", 0.1, 0.05), ("entries", 0.01, 0.4)):
        columns[name] = columns["employment"] * level * np.exp(rng.normal(0, noise, len(series)))
    columns["rd"] = columns["output"] * 0.03 * np.exp(rng.normal(0, 0.5, many)[series])
    for name in MEASURES:
        columns[name][rng.random(len(series)) < 0.03] = np.nan
    return pd.DataFrame(columns)


def laid(frame: pd.DataFrame) -> Industries:
    return industries(frame, region="region", industry="industry", period="year", measures=MEASURES)


@cache
def held(regions: int) -> Industries:
    """The industries of that size, made once; how they are brought in is timed by itself."""
    return laid(table(regions))


def placed(regions: int, way: str) -> Ladder:
    return ladder(held(regions), LadderSpec.model_validate({"way": way}))


def from_table(regions: int) -> Callable[[], object]:
    frame = table(regions)
    return lambda: laid(frame)


def by(way: str) -> Callable[[int], Callable[[], object]]:
    def ready(regions: int) -> Callable[[], object]:
        held(regions)
        return lambda: placed(regions, way)

    return ready


def moves(regions: int) -> Callable[[], object]:
    of = placed(regions, "rule")
    return lambda: transitions(of)


def modelled_moves(regions: int) -> Callable[[], object]:
    of = placed(regions, "hidden-markov")
    return lambda: transitions(of)


def pipelines(regions: int) -> Callable[[], object]:
    of = placed(regions, "rule")
    return lambda: pipeline(of, held(regions))


def apart(regions: int) -> Callable[[], object]:
    of = held(regions)
    return lambda: shift_share(of, start=FIRST, end=FIRST + YEARS - 1)


def titles(many: int) -> pd.DataFrame:
    """Titles of made-up words, one in four with a word of a class."""
    rng = np.random.default_rng(7)
    words = np.array([f"{a}{b}{c}" for a in ("ka", "lo", "mi", "ru") for b in ("ne", "ta", "so") for c in "xyz"])
    told = words[rng.integers(0, len(words), (many, 8))]
    classed = rng.random(many) < 0.25
    told[classed, 3] = [f"signword{at}" for at in rng.integers(0, CLASSES, int(classed.sum()))]
    return pd.DataFrame({"title": [" ".join(row) for row in told]})


def recognised(many: int) -> Callable[[], object]:
    frame = titles(many)
    classes = [
        {"code": f"c{at:02d}", "name": f"Class {at}", "words": {"en": [f"signword{at}"]}} for at in range(CLASSES)
    ]
    said = {"code": "made-up", "title": "Made up", "about": "classes of made-up words", "source": "this benchmark"}
    made = Taxonomy.model_validate(said | {"wording": ["en"], "classes": classes})
    return lambda: recognise(frame, made, text="title")


STEPS: dict[str, Callable[[int], Callable[[], object]]] = {
    "industries": from_table,
    "rule": by("rule"),
    "hidden-markov": by("hidden-markov"),
    "transitions": moves,
    "modelled-transitions": modelled_moves,
    "pipeline": pipelines,
    "shift-share": apart,
}
JOBS = [
    Job(f"ladder, {step}: {regions:,} x {INDUSTRIES} x {YEARS}", lambda make=make, regions=regions: make(regions))  # type: ignore[misc]
    for step, make in STEPS.items()
    for regions in SIZES
]
JOBS += [
    Job(f"recognise: {many:,} titles, {CLASSES} classes", lambda many=many: recognised(many))  # type: ignore[misc]
    for many in (500, 5_000, 50_000)
]


def alone(step: str, size: int) -> None:
    """One run of a step, after a small one that compiles, and the peak of memory before and after it."""
    make = recognised if step == "recognise" else STEPS[step]
    make(200 if step == "recognise" else 20)()
    work = make(size)
    before, peak = os.times(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    work()
    after, top = os.times(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"{step} at {size:,}: {after.elapsed - before.elapsed:.1f} s, processors {after.user - before.user:.1f} s and "
        f"system {after.system - before.system:.1f} s, peak {top:.2f} GiB ({peak:.2f} before)"
    )


if __name__ == "__main__":
    alone(sys.argv[1], int(sys.argv[2].replace("_", "")))
