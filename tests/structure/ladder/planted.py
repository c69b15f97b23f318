"""Made-up industries whose phase is known in every year: what a placement, and moves between rungs, are held against.

An industry starts as a future one, emerges, leads, becomes a pillar, matures and declines, or drops out on the way; a
mature one may upgrade and come back. Phases follow sizes: an emerging industry leads once it is sizeable, a leading
one is a pillar once it is large, by the thresholds of `LadderSpec`. Sizes are shares of a region in units of
`PILLAR_SHARE`, the rest is a background. Readings are noisy: an industry has a technology of its own, entry and exit
swing from year to year, employment is measured with an error of 2 %.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

import xinzhi as xz
from xinzhi.structure.ladder.rungs import RUNGS, Ladder, LadderSpec

PILLAR_SHARE = 0.02
REGION_GROWTH = 0.01
BACKGROUND = "background"
FUTURE, EMERGING, LEADING, PILLAR, MATURE, DECLINING = range(6)


class Phase(NamedTuple):
    """Growth above the region's a year and its spread, technology, entry and exit beside the region's."""

    growth: float
    spread: float
    technology: float
    entry: float
    exit: float


PHASES = (
    Phase(0.00, 0.06, 3.0, 1.8, 1.2),
    Phase(0.12, 0.05, 2.5, 1.6, 1.0),
    Phase(0.03, 0.03, 1.3, 1.2, 1.0),
    Phase(0.00, 0.02, 1.0, 0.9, 0.9),
    Phase(-0.015, 0.03, 0.6, 0.7, 0.9),
    Phase(-0.05, 0.03, 0.5, 0.5, 1.3),
)
SPEC = LadderSpec(pillar_share=PILLAR_SHARE)
SMALL, SIZEABLE = np.log(SPEC.small), np.log(SPEC.sizeable)


def planted(seed: int, regions: int = 4, industries: int = 40, years: int = 40, blank: float = 0.1):
    """Industries, and the true rung of each series in each year as (series, time); -1 for what is not one of them."""
    rng = np.random.default_rng(seed)
    many = regions * industries
    phase, size = _courses(rng, many, years)
    time = np.arange(1980, 1980 + years)
    own = rng.normal(0, 0.4, many)
    tech = np.array([one.technology for one in PHASES])[phase] * np.exp(own[:, None] + rng.normal(0, 0.3, phase.shape))
    rise = np.cumsum(np.where(_upgraded(phase), 0.05, 0.0), axis=1)
    digital = 0.5 * np.exp(0.2 * rng.normal(size=many))[:, None] * np.exp(rise)
    share = np.where(phase >= 0, np.exp(size), 0.0) * PILLAR_SHARE
    total = 1e6 * np.exp(REGION_GROWTH * np.arange(years))
    rows = []
    for region in range(regions):
        mine = slice(region * industries, (region + 1) * industries)
        rest = 1 - share[mine].sum(axis=0)
        assert (rest > 0.1).all(), "the background must remain the largest"
        table = {
            "employment": np.concatenate([share[mine], rest[None]]) * total,
            "tech": np.concatenate([tech[mine], np.ones((1, years))]),
            "digital": np.concatenate([digital[mine], np.full((1, years), 0.5)]),
        }
        stock = table["employment"] ** 0.8
        table["employment"] = table["employment"] * np.exp(rng.normal(0, 0.02, stock.shape))
        entry = np.concatenate([_of("entry", phase[mine]), np.ones((1, years))])
        exit_ = np.concatenate([_of("exit", phase[mine]), np.ones((1, years))])
        table["establishments"] = stock
        table["entries"] = 0.1 * entry * stock * np.exp(rng.normal(0, 0.4, stock.shape))
        table["exits"] = 0.09 * exit_ * stock * np.exp(rng.normal(0, 0.4, stock.shape))
        table["rd"] = 0.03 * table.pop("tech") * table["employment"]
        names = [*(f"i{k:03d}" for k in range(industries)), BACKGROUND]
        there = np.concatenate([phase[mine] >= 0, np.ones((1, years), dtype=bool)])
        for measure in ("rd", "digital", "entries", "exits"):
            table[measure] = np.where(rng.random(stock.shape) < blank, np.nan, table[measure])
        at = np.nonzero(there)
        rows.append(
            pd.DataFrame(
                {"region": f"r{region}", "industry": np.array(names)[at[0]], "year": time[at[1]]}
                | {name: of[at] for name, of in table.items()}
            )
        )
    measures = ["employment", "establishments", "entries", "exits", "rd", "digital"]
    made = xz.industries(pd.concat(rows), industry="industry", period="year", region="region", measures=measures)
    place = {(f"r{k // industries}", f"i{k % industries:03d}"): k for k in range(many)}
    pairs = zip(made.values["region"].values.tolist(), made.values["industry"].values.tolist(), strict=True)
    truth = np.stack([phase[place[pair]] if pair in place else np.full(years, -1) for pair in pairs])
    return made, truth


def _of(what: str, phase: np.ndarray) -> np.ndarray:
    return np.array([getattr(one, what) for one in PHASES])[phase]


def _upgraded(phase: np.ndarray) -> np.ndarray:
    """The years after a mature industry has come back, in which its digital intensity rises."""
    back = np.zeros(phase.shape, dtype=bool)
    for t in range(1, phase.shape[1]):
        returned = (phase[:, t - 1] == MATURE) & (phase[:, t] == LEADING)
        back[:, t] = returned | (back[:, t - 1] & (phase[:, t] >= LEADING) & (phase[:, t] <= PILLAR))
    return back


def _courses(rng: np.random.Generator, many: int, years: int) -> tuple[np.ndarray, np.ndarray]:
    """Phase (-1 before birth) and log size of every industry and year."""
    phase = rng.choice(6, many, p=[0.1, 0.15, 0.15, 0.15, 0.3, 0.15])
    low = np.array([SMALL - 1.5, SMALL, SIZEABLE, 0.1, -2.5, -2.5])[phase]
    high = np.array([SMALL - 0.1, SIZEABLE - 0.2, -0.1, 0.7, -0.2, -0.3])[phase]
    size = rng.uniform(low, high)
    birth = np.where(rng.random(many) < 0.2, rng.integers(5, max(6, years - 10), many), 0)
    new = birth > 0
    phase = np.where(new, rng.choice(2, many), phase)
    size = np.where(new, rng.uniform(SMALL - 1.5, SMALL - 0.3, many), size)
    phases, sizes = np.full((many, years), -1), np.full((many, years), np.nan)
    for t in range(years):
        alive = birth <= t
        phases[alive, t], sizes[alive, t] = phase[alive], size[alive]
        chance = rng.random(many)
        turned = np.array([_next(int(p), float(s), float(u)) for p, s, u in zip(phase, size, chance, strict=True)])
        phase = np.where(alive, turned, phase)
        drift = np.array([one.growth for one in PHASES])[phase]
        spread = np.array([one.spread for one in PHASES])[phase]
        size = np.where(alive, np.minimum(size + drift + spread * rng.normal(size=many), 1.3), size)
    return phases, sizes


def _next(phase: int, size: float, chance: float) -> int:
    """Where an industry stands next year."""
    moves = {
        FUTURE: [(EMERGING, 0.08), (MATURE, 0.02)],
        EMERGING: [(LEADING, 0.25 if size > SIZEABLE else 0.0), (MATURE, 0.03)],
        LEADING: [(PILLAR, 0.25 if size > 0 else 0.0), (MATURE, 0.03)],
        PILLAR: [(MATURE, 0.3 if size < np.log(0.9) else 0.0), (DECLINING, 0.02)],
        MATURE: [(DECLINING, 0.03), (LEADING, 0.01 if size > SIZEABLE else 0.0)],
        DECLINING: [(MATURE, 0.03)],
    }[phase]
    for to, share in moves:
        if chance < share:
            return to
        chance -= share
    return phase


CHAIN = np.array(
    [
        [0.90, 0.07, 0.00, 0.00, 0.02, 0.01],
        [0.00, 0.88, 0.08, 0.00, 0.03, 0.01],
        [0.00, 0.00, 0.90, 0.06, 0.03, 0.01],
        [0.00, 0.00, 0.01, 0.93, 0.05, 0.01],
        [0.00, 0.00, 0.02, 0.00, 0.93, 0.05],
        [0.00, 0.00, 0.00, 0.00, 0.03, 0.97],
    ]
)


def chained(seed: int, series: int = 120, years: int = 25, chain: np.ndarray = CHAIN, first=None) -> Ladder:
    """A ladder whose moves follow a known chain, every rung certain."""
    rng = np.random.default_rng(seed)
    paths = np.empty((series, years), dtype=int)
    paths[:, 0] = rng.choice(6, series, p=[0.2, 0.2, 0.15, 0.15, 0.2, 0.1] if first is None else first)
    for t in range(1, years):
        paths[:, t] = (rng.random(series)[:, None] > chain[paths[:, t - 1]].cumsum(axis=1)).sum(axis=1).clip(0, 5)
    return certain(paths)


def certain(paths: np.ndarray, way: str = "rule") -> Ladder:
    """A ladder of rungs known for certain, (series, time); -1 where not placed."""
    chances = np.where(paths[..., None] >= 0, np.eye(6)[paths], np.nan)
    return laddered(chances, way)


def laddered(chances: np.ndarray, way: str = "rule", settings=None, industries=None) -> Ladder:
    """A ladder of given probabilities, one region."""
    from xinzhi.core.results import Record

    many, years = chances.shape[:2]
    named = np.array([f"i{k:04d}" for k in range(many)] if industries is None else industries)
    coords = {
        "region": ("series", np.array(["r"] * many)),
        "industry": ("series", named),
        "time": np.arange(2000, 2000 + years),
        "rung": np.array(RUNGS, dtype=object),
    }
    probability = xr.DataArray(chances, coords, ("series", "time", "rung"))
    share = probability.isel(rung=[0]).drop_vars("rung").rename(rung="criterion")
    evidence = share.assign_coords(criterion=np.array(["share"], dtype=object))
    return Ladder(probability, evidence, LadderSpec(), way, {}, (), Record("ladder", settings or {}, {}))
