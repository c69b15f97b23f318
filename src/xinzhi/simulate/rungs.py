"""The ladder: future, strategic emerging, leading, pillar; and traditional, which has come down from it (A19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.simulate._kernels import SIZE

if TYPE_CHECKING:
    from xinzhi.simulate.world import World

_STEPS = (0.06, 0.35, 0.80)  # awareness at which half of an industry has left a rung
_WIDTH = 0.5  # of a step, in log odds
_DECLINE = 0.7  # log fall from the peak at which half of a pillar has become traditional
_SLOPE = 0.12


def climb(world: World) -> None:
    """Where each industry stands, as five memberships that sum to one.

    Core quantities: how far its market is developed, and how far its share of employment has fallen from its highest.
    Smooth steps, because with hard ones shares jump as single industries cross them.
    """
    industries = world.industries
    known = np.clip(industries.awareness, 1e-9, 1.0 - 1e-9)
    odds = np.log(known / (1.0 - known))
    passed = [1.0 / (1.0 + np.exp(-(odds - np.log(step / (1.0 - step))) / _WIDTH)) for step in _STEPS]
    share = industries.tally[SIZE].sum(axis=0) / world.workers
    fallen = np.log(np.maximum(industries.peak, 1e-12) / np.maximum(share, 1e-12))
    declined = passed[2] / (1.0 + np.exp(-(fallen - _DECLINE) / _SLOPE))
    # what has passed a later step has passed the earlier ones: products would count a little of it twice
    steps = np.stack([np.ones_like(known), *np.minimum.accumulate(np.stack(passed)), np.minimum(declined, passed[2])])
    memberships = np.append(steps[:-1] - steps[1:], steps[-1:], axis=0).T
    industries.rungs = memberships * world.living[:, None]
