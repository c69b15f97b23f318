"""Which factor moves an outcome: first-order and total effects of Sobol, from draws or from every combination.

Outcomes come in blocks: ``a`` and ``b`` (draws, …) from two independent sets of points, ``mixed``
(factors, draws, …) from a's points with one factor's from b. Trailing axes are outcomes looked at side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from xinzhi.core.labels import Floats

# "saltelli" is what SALib computes; "coinr" what R's COINr does; "jansen" takes both effects from squared differences.
Estimator = Literal["saltelli", "jansen", "coinr"]


@dataclass(frozen=True)
class Shares:
    """First-order and total effects as shares of the variance, each (factors, …), with bounds where asked for.

    ``variance`` (…) is that of the outcome. An outcome that nothing moves has no variance and effects of zero.
    """

    first: Floats
    total: Floats
    variance: Floats
    first_bounds: tuple[Floats, Floats] | None = None
    total_bounds: tuple[Floats, Floats] | None = None


def estimated(
    a: Floats,
    b: Floats,
    mixed: Floats,
    *,
    estimator: Estimator = "saltelli",
    resamples: int = 0,
    level: float = 0.9,
    seed: int = 0,
) -> Shares:
    """First-order and total effects from a design of A, B and A with one factor of B.

    ``saltelli``: V_i = mean f(B) (f(A_B) - f(A)) of outcomes centred at the mean of all blocks, over the variance of A
    and B with n (Saltelli et al. 2010, table 2 b). ``coinr``: the same uncentred, over the variance with n - 1.
    ``jansen``: V_i = V - mean (f(B) - f(A_B))² / 2 (Jansen 1999). Total effects are Jansen's throughout,
    mean (f(A) - f(A_B))² / 2. With ``resamples`` the draws are drawn again with replacement, and the bounds are
    the quantiles that hold ``level`` between them; small effects can come out slightly below zero.
    """
    blocks = np.concatenate([a[None], b[None], mixed])
    if estimator == "saltelli":
        blocks = blocks - blocks.mean(axis=(0, 1))
    a, b, mixed = blocks[0], blocks[1], blocks[2:]
    n = len(a)
    half = (a - mixed) ** 2 / 2
    single = (b - mixed) ** 2 / 2 if estimator == "jansen" else b * (mixed - a)
    # Sums that every estimate and every resample is made of, centred so that squares do not cancel.
    centre = (a.mean(axis=0) + b.mean(axis=0)) / 2
    once, squares = (a - centre) + (b - centre), (a - centre) ** 2 + (b - centre) ** 2
    # What rounding leaves of a constant is no variance.
    least = (1e-12 * np.maximum(np.abs(centre), np.abs(blocks).max(axis=(0, 1)))) ** 2
    lost = 1 if estimator == "coinr" else 0

    def shares(w: Floats) -> tuple[Floats, Floats, Floats]:
        """Effects under weights of the draws (resamples, draws) that sum to one: (resamples, factors, …) each."""
        mean = _over(w, once) / 2
        variance = (_over(w, squares) / 2 - mean**2) * 2 * n / (2 * n - lost)
        varies = variance > least
        below = np.where(varies, variance, 1.0)[:, None]
        part = np.stack([_over(w, one) for one in single], axis=1)
        first = 1 - part / below if estimator == "jansen" else part / below
        total = np.stack([_over(w, one) for one in half], axis=1) / below
        return np.where(varies[:, None], first, 0.0), np.where(varies[:, None], total, 0.0), variance * varies

    first, total, variance = (found[0] for found in shares(np.full((1, n), 1 / n)))
    if not resamples:
        return Shares(first, total, variance)
    rng = np.random.default_rng(seed)
    firsts, totals, _ = shares(rng.multinomial(n, np.full(n, 1 / n), size=resamples) / n)
    ends = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(firsts, ends, axis=0)
    least_total, most_total = np.quantile(totals, ends, axis=0)
    return Shares(first, total, variance, (low, high), (least_total, most_total))


def exact(y: Floats, factors: int) -> Shares:
    """Effects from every combination of the options once, all equally likely.

    ``y`` has one axis per factor, then trailing axes. S_i = V(E(y | x_i)) / V and S_Ti = E(V(y | x_~i)) / V, no
    sampling error in either; V is the variance with n.
    """
    every = tuple(range(factors))
    size = np.abs(y).max(axis=every)
    variance = y.var(axis=every)
    varies = variance > (1e-12 * size) ** 2
    below = np.where(varies, variance, 1.0)
    first, total = [], []
    for at in every:
        others = tuple(axis for axis in every if axis != at)
        first.append(y.mean(axis=others).var(axis=0) if others else variance)
        total.append(y.var(axis=at).mean(axis=tuple(range(factors - 1))) if others else variance)
    return Shares(
        np.where(varies, np.stack(first) / below, 0.0),
        np.where(varies, np.stack(total) / below, 0.0),
        np.where(varies, variance, 0.0),
    )


def _over(w: Floats, x: Floats) -> Floats:
    """Weighted sums over the draws: w (resamples, draws), x (draws, …) to (resamples, …)."""
    return np.asarray(w @ x.reshape(len(x), -1)).reshape(len(w), *x.shape[1:])
