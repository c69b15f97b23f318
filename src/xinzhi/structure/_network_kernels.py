"""Communities by moving nodes one at a time to where modularity gains most."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from xinzhi.core.labels import Floats

Ints = npt.NDArray[np.int64]


@njit(cache=True)
def move_nodes(
    ends: Ints, to: Ints, weight: Floats, out: Floats, into: Floats, total: float, order: Ints, resolution: float
) -> Ints:
    """A community for each node, each alone at first, moved in ``order`` until no move gains.

    Links between two ``ends`` are of both directions added up; ``out`` and ``into`` are the strengths that chance is
    held to: a link from i to j is expected to weigh out[i] × into[j] / total. A gain of a rounding is none.
    """
    n = ends.size - 1
    own = np.arange(n)
    sum_out, sum_in = out.copy(), into.copy()
    towards = np.zeros(n)
    touched = np.empty(n, np.int64)
    least = 1e-12 * total
    moved = True
    while moved:
        moved = False
        for i in order:
            home = own[i]
            count = 0
            for at in range(ends[i], ends[i + 1]):
                if to[at] == i:
                    continue
                there = own[to[at]]
                if towards[there] == 0.0:
                    touched[count] = there
                    count += 1
                towards[there] += weight[at]
            sum_out[home] -= out[i]
            sum_in[home] -= into[i]
            best = home
            most = towards[home] - resolution * (out[i] * sum_in[home] + into[i] * sum_out[home]) / total
            for k in range(count):
                there = touched[k]
                gain = towards[there] - resolution * (out[i] * sum_in[there] + into[i] * sum_out[there]) / total
                if gain > most + least:
                    best, most = there, gain
            for k in range(count):
                towards[touched[k]] = 0.0
            sum_out[best] += out[i]
            sum_in[best] += into[i]
            if best != home:
                own[i] = best
                moved = True
    return own
