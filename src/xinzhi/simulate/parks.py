"""Parks: where the next generation waits for land, a rule moves old projects with little output per plot out (C18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.simulate._kernels import FIRMS
from xinzhi.simulate.firms import OLD, cohort, count_again

if TYPE_CHECKING:
    from xinzhi.simulate.policy import Quarter
    from xinzhi.simulate.world import World

_COMPENSATION = 2.0  # what a move costs, in quarters of a worker's output for each worker
_SHARE = 0.02  # of a park's plots that can be cleared in a quarter


def make_room(world: World, quarter: Quarter) -> None:
    """Move the old projects of least output out of parks where ventures found no plot, as far as money goes.

    They go to the region with the most free plots. Only plots so paid for are kept for those who wait; others go to
    whoever comes first. Where land is free nobody waits, nobody moves and nothing is spent.
    """
    money = quarter.plan("park_rule")
    waiting = world.waiting * cohort(world)
    world.kept = np.minimum(world.kept, waiting)
    if not money.any():
        return
    firms, industries, regions = world.firms, world.industries, world.regions
    free = (regions.plots - industries.tally[FIRMS].sum(axis=1)).astype(np.int64)
    spent = np.zeros_like(money)
    old = industries.rungs[:, OLD].sum(axis=1) > 0.5
    price = _COMPENSATION / world.workers
    moved = 0
    for r in np.flatnonzero((money > 0) & (waiting > 0)):
        short = int(min(waiting[r] - world.kept[r], np.ceil(_SHARE * regions.plots[r])))
        if short <= 0:
            continue
        here = np.flatnonzero((firms.region == r) & (firms.size > 0))
        here = here[old[firms.industry[here]]]
        output = firms.size[here] * np.exp(firms.productivity[here])
        worst = here[np.argsort(output, kind="stable")[:short]]
        worst = worst[np.cumsum(firms.size[worst]) * price <= money[r]]
        spent[r] = float(firms.size[worst].sum()) * price
        to = int(np.argmax(np.where(np.arange(free.size) == r, -1, free)))
        fits = max(0, int(free[to]))
        firms.region[worst[:fits]] = to
        firms.size[worst[fits:]] = 0.0  # nowhere to go
        world.add("exits", worst[fits:].size)
        free[to] -= min(worst.size, fits)
        free[r] += worst.size
        world.kept[r] += worst.size
        moved += worst.size
    if moved:
        count_again(world, quarter)
    quarter.pay("park_rule", spent)
    world.add("park_moves", moved)
