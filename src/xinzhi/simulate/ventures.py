"""Ventures: a discovery becomes a technology, seeks its market in funded trials, and ends as a firm or as nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.simulate import _dice
from xinzhi.simulate.world import FUNDS, HOUSEHOLDS, OPEN, Event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xinzhi.simulate.policy import Quarter
    from xinzhi.simulate.world import World

    Ints = NDArray[np.int64]

MARKET, LAPSED, ABANDONED = 1, 2, 3
_PLATFORM = 1.5  # how much sooner technology comes where platforms are complete
_COORDINATION = 0.5  # what an entrepreneur adds to a platform
_DIGITAL_SEARCH = 0.5  # how much sooner with a driver in use everywhere
_ANOTHER_TRY = 0.5  # what compensation costs, in trials
_LISTED, _ACQUIRED = 12.0, 4.0  # what a fund gets back, in trials
_MORE_EXITS = 2.0


def develop(world: World, quarter: Quarter) -> None:
    """Discoveries become technologies; untaken ones lapse (B14).

    Sooner where platforms join research and industry (C16), more so where an entrepreneur brings both together (C05),
    and with the driver that everybody uses: it serves those who search as well (B05).
    """
    ventures, knobs = world.ventures, world.knobs
    rows = ventures.at(0)
    ripe, gone = _dice.uniforms(world.key(Event.DEVELOP), ventures.name[rows], 2)
    joined = world.built("platforms")[ventures.region[rows]] * (1.0 + _COORDINATION * ventures.led[rows])
    sooner = (1.0 + _PLATFORM * joined) * (1.0 + _DIGITAL_SEARCH * world.drivers.scale)
    ready = ripe < np.minimum(knobs.laboratory * sooner, 0.9)
    ventures.stage[rows[ready]] = 1
    _end(world, rows[~ready & (gone < knobs.lapse)], LAPSED)


def try_market(world: World, quarter: Quarter) -> None:
    """Technologies seek trials; funds pay for what they can; success comes by luck, or by learning when led (C08).

    A failed venture may try again with the chance of ``tolerance``, or when the tolerance lever pays for it (B17).
    """
    ventures, knobs, money = world.ventures, world.knobs, world.money
    rows = ventures.at(1)
    seeks, luck, again, gone, order = _dice.uniforms(world.key(Event.TRIAL), ventures.name[rows], 5)
    seeking = seeks < knobs.trial_rate
    where = ventures.region[rows].astype(np.int64)
    affordable = np.floor(money[:, FUNDS] / knobs.trial_cost)
    funded = seeking & (_turn(where, np.where(seeking, order, 2.0)) < affordable[where])
    paid = knobs.trial_cost * np.bincount(where[funded], minlength=len(money))
    money[:, FUNDS] -= paid
    money[:, HOUSEHOLDS] += paid
    world.add("trials", funded.sum())
    _end(world, rows[~funded & (gone < knobs.lapse)], LAPSED)
    learnt = np.where(ventures.led[rows], (1.0 - knobs.steering) ** (ventures.trials[rows] + 1.0), 1.0)
    success = 1.0 - (1.0 - np.minimum(knobs.success * _fit(world, rows), 1.0)) * learnt
    ventures.trials[rows[funded]] += 1
    won = funded & (luck < success)
    ventures.stage[rows[won]] = 2
    lost = funded & ~won & (again >= knobs.tolerance)
    purse = world.purse + quarter.plan("tolerance")  # a quarter's money may be less than one trial: it is saved up
    saved = lost & (
        _turn(where, np.where(lost, order, 2.0)) < np.floor(purse / (_ANOTHER_TRY * knobs.trial_cost))[where]
    )
    used = _ANOTHER_TRY * knobs.trial_cost * np.bincount(where[saved], minlength=len(money))
    quarter.pay("tolerance", used)
    world.purse = purse - used
    _end(world, rows[lost & ~saved], ABANDONED)


def _turn(where: Ints, order: NDArray[np.float64]) -> Ints:
    """The place of each in the queue of its region, by ``order``."""
    queue = np.lexsort((order, where))
    turn = np.empty(where.size, np.int64)
    turn[queue] = np.arange(where.size) - np.searchsorted(where[queue], where[queue])
    return turn


def _fit(world: World, rows: Ints) -> NDArray[np.float64]:
    """How well a region's industry can make a technology, near 1: research and industry must meet (B01)."""
    density = world.industry_density()
    fit = 0.5 + 0.5 * density / max(float(density.mean()), 1e-12)
    return np.asarray(np.minimum(fit, 2.0)[world.ventures.region[rows], world.ventures.technology[rows]])


def _end(world: World, rows: Ints, cause: int) -> None:
    ventures = world.ventures
    ventures.stage[rows], ventures.cause[rows], ventures.ended[rows] = 3, cause, world.quarter
    led = rows[ventures.led[rows]]
    world.regions.busy -= np.bincount(ventures.region[led], minlength=len(world.money))
    if cause == LAPSED:
        world.add("lapsed", rows.size)


def arrive(world: World, row: int) -> None:
    """A venture has founded its firm."""
    _end(world, np.array([row]), MARKET)


def lapse_waiting(world: World) -> None:
    """Ventures that find no land wait, and some are lost while they wait."""
    rows = world.ventures.at(2)
    world.add("blocked", rows.size)
    _end(
        world, rows[_dice.uniforms(world.key(Event.WAIT), world.ventures.name[rows], 1)[0] < world.knobs.lapse], LAPSED
    )


def cash_out(world: World, quarter: Quarter) -> None:
    """Backed start-ups are listed, acquired or die; households pay the fund, which can then pay for trials (B16)."""
    backed, firms, knobs, money = world.backed, world.firms, world.knobs, world.money
    rows = np.flatnonzero(backed.ended[: backed.count] == OPEN)
    place = backed.place[rows]
    dead = (firms.size[place] <= 0) | (firms.born[place] != backed.born[rows])
    luck = _dice.uniforms(world.key(Event.EXIT), backed.name[rows], 1)[0]
    easier = 1.0 + _MORE_EXITS * world.built("exits")[backed.region[rows]]
    listed = ~dead & (luck < knobs.listing * easier) & (firms.size[place] > 0.5)
    acquired = ~dead & ~listed & (luck > 1.0 - np.minimum(knobs.acquisition * easier, 0.5))
    for outcome, those in ((1, listed), (2, acquired), (3, dead)):
        backed.outcome[rows[those]], backed.ended[rows[those]] = outcome, world.quarter
    worth = np.where(listed, _LISTED, np.where(acquired, _ACQUIRED, 0.0)) * knobs.trial_cost
    owed = np.bincount(backed.region[rows], worth, len(money))
    households = money[:, HOUSEHOLDS].sum()
    share = min(
        1.0, 0.1 * households / max(owed.sum(), 1e-300)
    )  # buyers do not spend more than a tenth of what they have
    money[:, HOUSEHOLDS] -= money[:, HOUSEHOLDS] * (share * owed.sum() / households)
    money[:, FUNDS] += share * owed
