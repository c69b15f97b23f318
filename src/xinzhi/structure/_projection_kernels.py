"""How probable so many meetings are by chance: tails of sums of unlike coins, pair of classes by pair of classes."""

from __future__ import annotations

import numpy as np
from numba import njit

from xinzhi.core.labels import Floats
from xinzhi.structure.links import Counts


@njit(cache=True)
def poisson_binomial_tails(mean: Floats, many: Counts, a: Counts, b: Counts, met: Counts) -> Floats:
    """P(V >= met) of each pair, V the sum over regions of coins that fall with probability mean[., a] × mean[., b].

    ``mean`` is (row class, column class), ``many`` how many regions a row class has; pairs come sorted by (a, b).
    """
    classes, total = mean.shape[0], many.sum()
    tail = np.empty(met.size)
    mass = np.zeros(total + 1)
    for pair in range(met.size):
        if pair == 0 or a[pair] != a[pair - 1] or b[pair] != b[pair - 1]:
            mass[:] = 0.0
            mass[0] = 1.0
            top = 0
            for k in range(classes):
                p = mean[k, a[pair]] * mean[k, b[pair]]
                for _ in range(many[k]):
                    top += 1
                    for v in range(top, 0, -1):
                        mass[v] = mass[v] * (1.0 - p) + mass[v - 1] * p
                    mass[0] *= 1.0 - p
            for v in range(total - 1, -1, -1):  # from the thin end, so that a small tail keeps its digits
                mass[v] += mass[v + 1]
        tail[pair] = min(1.0, mass[met[pair]])
    return tail
