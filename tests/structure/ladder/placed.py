"""Ladders and industries made from chances and amounts, for tests of what rests on them."""

import numpy as np
import xarray as xr

from xinzhi.core.results import Record
from xinzhi.data.industries import Industries
from xinzhi.structure.ladder.rungs import RUNGS, Ladder, LadderSpec


def industries(cells, region=None, measures=("employment",), low=None, high=None):
    """Amounts (series, time) or (series, time, measure) as industries named i0, i1, … of regions, from 2000 on."""
    cells = np.asarray(cells, dtype=float)
    cells = cells[..., None] if cells.ndim == 2 else cells
    region = np.array(["r"] * len(cells) if region is None else region, dtype=str)
    # The place within the region: series are sorted by region, then industry.
    place = [int((region[:at] == region[at]).sum()) for at in range(len(region))]
    coords = {
        "region": ("series", region),
        "industry": ("series", np.array([f"i{at}" for at in place], dtype=str)),
        "time": np.arange(2000, 2000 + cells.shape[1]),
        "measure": np.array(measures, dtype=object),
        "unit": ("measure", np.array([""] * len(measures), dtype=object)),
    }

    def laid(side):
        return xr.DataArray(np.asarray(side, dtype=float).reshape(cells.shape), coords, ("series", "time", "measure"))

    sides = (None if side is None else laid(side) for side in (low, high))
    return Industries(laid(cells), *sides, {}, (), Record("industries", {}, {}))


def ladder(of, chances, evidence=None, spec=None):
    """A ladder with these chances, (series, time, rung), and this evidence by criterion."""
    coords = {name: of.values[name] for name in ("region", "industry", "time")}
    placed = xr.DataArray(
        np.asarray(chances, dtype=float), {**coords, "rung": np.array(RUNGS, dtype=object)}, ("series", "time", "rung")
    )
    told = evidence or {}
    cells = np.stack([np.asarray(cell, dtype=float) for cell in told.values()], axis=-1) if told else None
    held = xr.DataArray(
        np.empty((*placed.shape[:2], 0)) if cells is None else cells,
        {**coords, "criterion": np.array(list(told), dtype=object)},
        ("series", "time", "criterion"),
    )
    return Ladder(placed, held, spec or LadderSpec(), "rule", {}, (), Record("ladder", {}, {}))


def certain(rungs):
    """Chances of one and zero from rungs by name, (series, time); "" is not placed."""
    return np.array([[[np.nan if not one else float(one == rung) for rung in RUNGS] for one in row] for row in rungs])


def at_random(rng, series, times, doubtful=0.5, blank=0.1):
    """Chances at random: some certain, some spread over two rungs, some not placed."""
    chances = np.zeros((series, times, len(RUNGS)))
    first, second = rng.integers(0, len(RUNGS), (2, series, times))
    share = np.where(rng.random((series, times)) < doubtful, rng.random((series, times)), 1.0)
    at = np.ix_(range(series), range(times))
    chances[(*at, first)] += share
    chances[(*at, second)] += 1 - share
    chances[rng.random((series, times)) < blank] = np.nan
    return chances
