"""Markets: demand learns of new industries and turns to what is better; the foreign frontier moves on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.simulate._kernels import FIRMS, SIZE

if TYPE_CHECKING:
    from xinzhi.simulate.policy import Quarter
    from xinzhi.simulate.world import World

_SUBSTITUTES = 0.005  # share of what is imported that is learnt to be made at home, a quarter
_NECESSITY = 4.0  # how much faster where it is cut off
_HELP = 2.0  # how much faster where platforms are complete


def demand(world: World, quarter: Quarter) -> None:
    """Shares ∝ awareness × appeal × efficiency^σ: new industries take off as they become known and displace the old.

    Awareness spreads by itself and by example (Bass 1969); shares are those of constant elasticity of substitution.
    """
    industries, knobs = world.industries, world.knobs
    known = industries.awareness
    known = known + (knobs.awareness_alone + knobs.awareness_seen * known) * (1.0 - known) * (known > 0)
    industries.awareness = np.minimum(known, 1.0)
    there = industries.tally[FIRMS].sum(axis=0) > 0
    pull = industries.appeal + knobs.substitution * industries.lead
    pull = np.where(there & (known > 0), pull, -np.inf)
    wanted = known * np.exp(pull - pull.max())
    wanted /= wanted.sum()
    industries.share = wanted
    industries.peak = np.maximum(industries.peak, industries.tally[SIZE].sum(axis=0) / world.workers)


def learn_abroad(world: World, quarter: Quarter) -> None:
    """The foreign frontier grows; inputs once imported are slowly made at home, faster where they are cut off (A28)."""
    industries, knobs = world.industries, world.knobs
    industries.foreign = industries.foreign + knobs.foreign_growth
    weight = world.regions.people / world.regions.people.sum()
    cut = (weight * quarter.shock("blockade")).sum() * quarter.hit("blockade", industries.born.size)
    help_ = 1.0 + _HELP * float((weight * world.built("platforms")).sum())
    rate = _SUBSTITUTES * help_ * (1.0 + _NECESSITY * cut) * (knobs.foreign_growth > 0)
    industries.substituted = 1.0 - (1.0 - industries.substituted) * (1.0 - rate)
