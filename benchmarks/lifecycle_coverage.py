"""How often intervals of phases and shakeouts hold planted dates: `python -m benchmarks.lifecycle_coverage [n]`.

Every case plants one cycle in n industries of 45 years, with AR(1) noise about their net entry, and says how many show
it, how many intervals (90 %) hold each date, and how wide they are.
"""

from __future__ import annotations

import sys

import numpy as np
from tests.structure.lifecycle.planted import cycle, grown, made, wandering

import xinzhi as xz

# Lengths and rates of rise, plateau and fall; standard deviation and autocorrelation of the noise.
CASES = {
    "steep, quiet": ((15, 14, 15), (0.08, 0.0, -0.05), 0.02, 0.0),
    "steep, some memory": ((15, 14, 15), (0.08, 0.0, -0.05), 0.02, 0.3),
    "steep, noisy": ((15, 14, 15), (0.08, 0.0, -0.05), 0.035, 0.3),
    "steep, long memory": ((15, 14, 15), (0.08, 0.0, -0.05), 0.025, 0.6),
    "gentle, some memory": ((15, 14, 15), (0.05, 0.0, -0.03), 0.02, 0.3),
}
NOISE = {"noise only, no memory": 0.0, "noise only, some memory": 0.3, "noise only, long memory": 0.6}


def main(many: int = 300) -> None:
    print(
        f"{'planted':<26}{'path':>7}{'plateau':>9}{'fall':>7}{'years':>12}{'dated':>9}{'onset':>7}{'years':>7}{'defended':>10}"
    )
    for name, (lengths, rates, spread, memory) in CASES.items():
        rng = np.random.default_rng(0)
        firms = grown(cycle(lengths, rates) + wandering(rng, (many, sum(lengths)), spread, memory))
        phases = xz.life_cycle(made({"firms": firms}))
        right = phases.series["phases"] == "2-3-4"
        rows = phases.boundaries[phases.boundaries["industry"].isin(phases.series.loc[right, "industry"])]
        told = []
        for phase, begins in ((3, 1979 + lengths[0]), (4, 1979 + lengths[0] + lengths[1])):
            one = rows[rows["phase"] == phase]
            held = (one["low"] <= begins) & (one["high"] >= begins)
            told.append((held.mean(), (one["high"] - one["low"] + 1).median()))
        found = xz.shakeouts(made({"firms": firms}), walks=199).found
        found = found[found["basis"] == "number"]
        dated = found[found["status"] == "shakeout"]
        held = (dated["low"] <= begins) & (dated["high"] >= begins)
        width = (dated["high"] - dated["low"] + 1).median()
        beyond = (found["q"] <= 0.1).mean()
        years = f"{told[0][1]:.0f}, {told[1][1]:.0f}"
        print(
            f"{name:<26}{right.mean():7.2f}{told[0][0]:9.2f}{told[1][0]:7.2f}{years:>12}{len(dated) / many:9.2f}"
            f"{held.mean():7.2f}{width:7.0f}{beyond:10.2f}",
            flush=True,
        )
    print(f"\n{'':<26}{'cut':>7}{'fell':>7}{'expected':>10}{'p <= 0.05':>11}{'q <= 0.1':>10}")
    for name, memory in NOISE.items():
        rng = np.random.default_rng(1)
        industries = made({"firms": grown(wandering(rng, (many, 44), 0.03, memory))})
        cut = xz.life_cycle(industries, draws=9).series["phases"].str.contains("-").mean()
        found = xz.shakeouts(industries, draws=9, walks=499)
        rows, chance = found.found[found.found["basis"] == "number"], found.chance.loc["number"]
        share = (rows["p"] <= 0.05).mean()
        print(
            f"{name:<26}{cut:7.2f}{chance['fell'] / many:7.2f}{chance['by_chance'] / many:10.2f}{share:11.3f}"
            f"{(rows['q'] <= 0.1).mean():10.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
