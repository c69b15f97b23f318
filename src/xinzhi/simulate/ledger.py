"""The ledger: every payment has a payer and a payee, and what all have together never changes.

Money is in quarters of the country's output at the start. Households spend, firms earn, pay wages and taxes; households
put savings into venture funds; the programme's levy and its spending go through here as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.simulate._kernels import OUTPUT, SIZE
from xinzhi.simulate.policy import LEVER_AT
from xinzhi.simulate.world import FIRM_MONEY, FUNDS, HOUSEHOLDS, PUBLIC

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xinzhi.simulate.policy import Quarter
    from xinzhi.simulate.world import World

    Floats = NDArray[np.float64]

_SPEND, _PAY_OUT, _TAX = 0.5, 0.9, 0.2  # of what is held, a quarter; of what firms earn
_FUND_COST = 0.1  # what funds pay their people and give back idle, of what they hold, a quarter
_LARGEST = 0.5  # of what households hold that one quarter can take


def balance(world: World) -> None:
    """Begin with the stocks that the first quarter's flows would leave unchanged."""
    world.money = np.zeros_like(world.money)
    world.money[:, HOUSEHOLDS] = 2.0 * world.regions.people / world.regions.people.sum()
    for _ in range(400):
        _circulate(world, 0.0)
    # money's unit: what is spent in the first quarter is one
    world.money /= _SPEND * world.money[:, (HOUSEHOLDS, PUBLIC)].sum()


def settle(world: World, quarter: Quarter) -> None:
    """The quarter's payments: circulation, then the programme as it was spent, its unspent rest never raised."""
    _circulate(world, float((world.regions.venture * quarter.shock("funding_drought")).sum()))
    spent = quarter.spent
    money, households = world.money, world.money[:, HOUSEHOLDS]
    total = spent.sum()
    if total > 0:
        most = _LARGEST * households.sum()
        raised = 1.0 if total <= most else most / total
        households -= households * (raised * total / households.sum())
        fund = raised * spent[LEVER_AT["guidance_fund"]]
        money[:, FUNDS] += fund
        households += raised * spent.sum(axis=0) - fund
    world.spent = spent.sum(axis=1)
    world.add("spent", total)


def _circulate(world: World, drought: float) -> None:
    money, regions, knobs = world.money, world.regions, world.knobs
    output = world.industries.tally[OUTPUT].sum(axis=1)
    posts = world.industries.tally[SIZE].sum(axis=1)
    demand = _SPEND * money[:, (HOUSEHOLDS, PUBLIC)]
    money[:, HOUSEHOLDS] -= demand[:, 0]
    money[:, PUBLIC] -= demand[:, 1]
    money[:, FIRM_MONEY] += demand.sum() * output / output.sum()
    paid = _PAY_OUT * money[:, FIRM_MONEY]
    money[:, FIRM_MONEY] -= paid
    money[:, PUBLIC] += _TAX * paid
    wages = (1.0 - _TAX) * paid
    money[:, HOUSEHOLDS] += 0.7 * wages + 0.3 * wages.sum() * posts / posts.sum()  # a third of income knows no region
    saved = min(knobs.venture_savings * (1.0 - drought), _LARGEST * money[:, HOUSEHOLDS].sum())
    money[:, HOUSEHOLDS] -= saved * money[:, HOUSEHOLDS] / money[:, HOUSEHOLDS].sum()
    money[:, FUNDS] += saved * regions.venture
    cost = _FUND_COST * money[:, FUNDS]
    money[:, FUNDS] -= cost
    money[:, HOUSEHOLDS] += cost
