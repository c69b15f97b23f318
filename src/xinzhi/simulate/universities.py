"""Universities: discoveries come from research and talent, near what a region knows; rarely, a new driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.simulate import _dice
from xinzhi.simulate._kernels import NEWEST
from xinzhi.simulate.world import OPEN, Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xinzhi.simulate.policy import Quarter
    from xinzhi.simulate.world import World

RESEARCH = 0.0018  # basic research at the start, share of output
_FADES = 0.01  # knowledge lost a quarter
_LEARNT = 0.026  # knowledge one discovery adds, so that the stock begins near its balance
_NAMES = 1024  # more discoveries than a region makes in a quarter
_WIDEST = 50.0  # quality beyond which discoveries are not told apart
_DIGITAL_SCIENCE = 0.3  # discoveries that a driver in use everywhere adds
_DRIVER = 0.01  # chance a quarter of the next driver at usual effort, were the present one used by all
_REST = 20  # quarters after a driver's arrival in which no other comes


def discover(world: World, quarter: Quarter) -> None:
    """Open discoveries ~ Poisson(λ · research^e · talent^(1−e)), their fields near what the region knows.

    Research that outgrows its talent finds less and less, and the reverse: the two are the arguments of a
    Cobb-Douglas function with constant returns.
    """
    regions, knobs = world.regions, world.knobs
    research = regions.research + quarter.spend("basic_research") / RESEARCH
    talent = regions.talent / regions.talent.sum()
    mean = knobs.discovery_rate * research**knobs.research_elasticity * talent ** (1 - knobs.research_elasticity)
    mean *= 1.0 + _DIGITAL_SCIENCE * world.drivers.scale
    number = _dice.poissons(world.key(Event.DISCOVER), mean[:, None])[:, 0]
    regions.knowledge *= 1.0 - _FADES
    world.add("discoveries", number.sum())
    if not number.sum():
        return
    where = np.repeat(np.arange(number.size), number)
    nth = np.arange(where.size) - np.searchsorted(where, where)  # rows come region by region
    # a discovery keeps its name, and so its luck, in a world where others are made as well
    name = (world.quarter * number.size + where) * _NAMES + nth
    field, better = _dice.uniforms(world.key(Event.FIELD), name, 2)
    reach = np.cumsum(_reach(world), axis=1)
    technology = (reach[where] < field[:, None] * reach[where, -1:]).sum(axis=1)
    quality = np.minimum(better ** (-1.0 / knobs.quality_tail), _WIDEST)
    np.add.at(regions.knowledge, (where, technology), _LEARNT)
    ventures = world.ventures
    rows = ventures.grow(where.size)
    ventures.born[rows], ventures.ended[rows], ventures.stage[rows] = world.quarter, OPEN, 0
    ventures.region[rows], ventures.technology[rows], ventures.quality[rows] = where, technology, quality
    ventures.name[rows] = name
    _lead(world, rows, where, nth)


def _reach(world: World) -> NDArray[np.float64]:
    """What each region is likely to find, (R, K): what it knows, drawn towards what is related, and a little of all."""
    knowledge, related = world.regions.knowledge, world.relatedness
    density = knowledge @ related / related.sum(axis=0)
    mean = knowledge.mean(axis=1, keepdims=True)
    return np.asarray(
        knowledge * (1.0 + world.knobs.relatedness_pull * density / np.maximum(mean, 1e-12)) + 0.05 * mean
    )


def _lead(world: World, rows: NDArray[np.int64], where: NDArray[np.int64], nth: NDArray[np.int64]) -> None:
    """Entrepreneurs who are free take up new discoveries of their region."""
    regions = world.regions
    led = nth < np.floor(np.maximum(regions.entrepreneurs - regions.busy, 0.0))[where]
    world.ventures.led[rows] = led
    regions.busy += np.bincount(where[led], minlength=regions.busy.size)


def invent_driver(world: World, quarter: Quarter) -> None:
    """Rarely, research that explores finds the next driver: likelier the wider the present one is used (A06, A09)."""
    drivers, knobs = world.drivers, world.knobs
    if drivers.newest + 1 >= drivers.boost.size or world.quarter - drivers.arrived[-1] < _REST:
        return
    effort = (1.0 + quarter.spend("basic_research").sum() / RESEARCH) ** knobs.research_elasticity
    chance = _DRIVER * (knobs.explore / 0.2) * effort * drivers.breadth
    chance += float(quarter.shock("driver").max())
    if _dice.uniforms(world.key(Event.DRIVER), np.arange(1), 1)[0, 0] < chance * (knobs.discovery_rate > 0):
        drivers.newest += 1
        drivers.arrived.append(world.quarter)
        world.industries.tally[NEWEST] = 0.0  # nobody uses it yet
