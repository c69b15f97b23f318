"""Energy: what is built makes clean energy cheaper, buyers switch as capacity is renewed, dear energy costs firms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.simulate._kernels import OUTPUT, SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xinzhi.simulate.policy import Quarter
    from xinzhi.simulate.world import World

    Floats = NDArray[np.float64]

BUILT = 40.0  # clean output before the start, in that of the first quarter
_CLEAN_COST = 1.1  # of clean energy at the start, against fossil
_TASTE = 0.25  # cost difference at which nearly three quarters choose the cheaper
_THRIFT = 0.5  # fall of energy need per log of output a worker
_LARGEST_AID = 0.5  # of the cost


def price(world: World) -> None:
    """What energy costs in each region, against fossil energy at the start."""
    regions = world.regions
    regions.energy_price = 1.0 + regions.clean * (cost_of_clean(world) - 1.0)


def balance(world: World) -> None:
    """Begin where nobody would switch at the first prices."""
    share = world.regions.clean
    world.regions.sunshine = np.log(share / (1.0 - share)) - (1.0 - _CLEAN_COST) / _TASTE
    world.first_clean = float(_used(world) @ share)


def _used(world: World) -> Floats:
    """Energy used by region, per worker-quarter of the start's output."""
    output, size = world.industries.tally[OUTPUT].sum(axis=1), world.industries.tally[SIZE].sum(axis=1)
    ratio = np.maximum(output, 1e-12) / np.maximum(size, 1e-12)
    return np.asarray(output * ratio**-_THRIFT)


def cost_of_clean(world: World) -> float:
    """What clean energy costs against fossil at the start: Wright's law on all that was ever built."""
    return float(_CLEAN_COST * (world.clean_built / BUILT) ** -world.knobs.learning)


def switch(world: World, quarter: Quarter) -> None:
    """Renewed capacity chooses by cost and by what the place favours; aid makes clean energy cheaper (A20, A21)."""
    regions, knobs = world.regions, world.knobs
    used = _used(world)
    clean = used * regions.clean
    bill = knobs.energy_share * clean / max(used.sum(), 1e-12)
    aid = np.minimum(quarter.plan("clean_energy") / np.maximum(bill, 1e-12), _LARGEST_AID) * (bill > 0)
    quarter.pay("clean_energy", aid * bill)
    fossil = 1.0 + quarter.shock("carbon_price")
    cheaper = (fossil - cost_of_clean(world) * (1.0 - aid)) / _TASTE
    wanted = 1.0 / (1.0 + np.exp(-(cheaper + regions.sunshine)))
    regions.clean = regions.clean + knobs.switching * (wanted - regions.clean)
    world.clean_built += clean.sum() / max(world.first_clean, 1e-12)
    regions.energy_price = regions.clean * cost_of_clean(world) * (1.0 - aid) + (1.0 - regions.clean) * fossil
    world.add("emitted", float(used @ (1.0 - regions.clean)))


def handicap(world: World) -> Floats:
    """Log efficiency lost to energy that is dearer than the country's mean, (R,)."""
    price = world.regions.energy_price
    return np.asarray(world.knobs.energy_share * (np.log(price) - np.log(price).mean()))
