"""The story: a quarter's events in their order, and the quarters one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xinzhi.core.errors import Fault, MethodError
from xinzhi.simulate import energy, firms, ledger, markets, parks, people, rungs, universities, ventures
from xinzhi.simulate.history import Chronicle
from xinzhi.simulate.policy import Policy, Programme, Quarter

if TYPE_CHECKING:
    from collections.abc import Callable

    from xinzhi.simulate.history import History
    from xinzhi.simulate.world import World

_WEARS_OUT = 0.02  # of what levers have built, a quarter
_TRAINING = 0.002  # what training one entrepreneur costs, share of the country's quarterly output
_CAREER = 0.01  # entrepreneurs who leave or are lost, a quarter, back towards the usual number


def step(world: World, quarter: Quarter) -> None:
    """Advance one quarter."""
    world.counts.clear()
    build(world, quarter)
    universities.discover(world, quarter)
    universities.invent_driver(world, quarter)
    ventures.develop(world, quarter)
    ventures.try_market(world, quarter)
    firms.improve(world, quarter)
    people.school(world, quarter)
    energy.switch(world, quarter)
    markets.learn_abroad(world, quarter)
    firms.compete(world, quarter)
    ventures.cash_out(world, quarter)
    parks.make_room(world, quarter)
    firms.spin_off(world, quarter)
    firms.found(world, quarter)
    ventures.lapse_waiting(world)
    firms.amplify(world)
    markets.demand(world, quarter)
    rungs.climb(world)
    people.move(world, quarter)
    ledger.settle(world, quarter)
    world.quarter += 1


def build(world: World, quarter: Quarter) -> None:
    """What levers build wears out and is added to; a region's money counts per head; entrepreneurs are trained."""
    regions = world.regions
    heads = regions.people / regions.people.sum()
    for lever in ("platforms", "exits", "talent", "openness", "ipr", "digital"):
        stock = (1.0 - _WEARS_OUT) * regions.stocks[lever] + quarter.spend(lever) / 4.0 / heads
        regions.stocks[lever] = stock
    usual = world.knobs.entrepreneurs * regions.talent / regions.talent.sum()
    regions.entrepreneurs = regions.entrepreneurs + _CAREER * (usual - regions.entrepreneurs)
    regions.entrepreneurs = regions.entrepreneurs + quarter.spend("entrepreneurs") / _TRAINING
    quarter.spend("guidance_fund")


def grow(
    world: World, quarters: int, policy: Policy | None = None, *, watch: Callable[[int], None] | None = None
) -> History:
    """Let a world live for so many quarters under a policy, and keep its history; the world itself moves on.

    ``watch`` is told each quarter that is over; what it raises stops the run. Raises ``MethodError`` for no quarters,
    and for regions and industries of the policy that the world does not have.
    """
    if not (isinstance(quarters, int) and quarters > 0):
        raise MethodError(
            Fault(
                "no-quarters",
                f"a world is to live for {quarters!r} quarters; a whole number from 1 is needed.",
                f"模拟季度数为 {quarters!r}；须为不小于 1 的整数。",
            )
        )
    policy = policy or Policy.none()
    programme = Programme.of(policy, world, quarters)
    chronicle = Chronicle.begin(world, policy, quarters)
    for at in range(quarters):
        quarter = Quarter.of(programme, at)
        step(world, quarter)
        chronicle.write(world, at)
        if watch is not None:
            watch(at + 1)
    return chronicle.close(world)
