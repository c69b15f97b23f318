"""How well systems match one another in level: the degree of coupling."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xinzhi.core.labels import Floats

Form = Literal["standard", "wang-2021"]


def coupling(u: Floats, *, form: Form = "standard") -> Floats:
    """The degree to which systems are alike in level: 1 when all are equal, 0 when one of them is nothing.

    ``u`` holds the levels of n >= 2 systems, (..., n), each within [0, 1]; missing gives missing. ``"standard"`` is
    the geometric over the arithmetic mean, C = n (prod U)^(1/n) / sum U. It stays near 1 unless systems are far
    apart; ``"wang-2021"`` spreads it over [0, 1]: C = sqrt([1 - mean |Ui - Uj|] (prod U/max U)^(1/(n-1))).
    Wang, Kong, Ren et al. 2021, Journal of Natural Resources 36(3): 793.
    """
    n = u.shape[-1]
    if form == "standard":
        mean = u.mean(-1)
        return np.asarray(_geometric(u) / np.where(mean == 0, 1.0, mean))
    first, second = np.triu_indices(n, 1)
    apart = np.abs(u[..., first] - u[..., second]).mean(-1)
    top = u.max(-1, keepdims=True)
    ratios = u / np.where(top == 0, 1.0, top)
    # One ratio is the largest system over itself, so only n - 1 of them count.
    return np.asarray(np.sqrt((1 - apart) * _geometric(ratios) ** (n / (n - 1))))


def _geometric(u: Floats) -> Floats:
    with np.errstate(divide="ignore"):  # the logarithm of nothing, whose exponential is nothing again
        return np.asarray(np.exp(np.log(u).mean(-1)))
