"""Who cites a paper, what it rests on, or both; paper by paper."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]


@njit(cache=True)
def tell_apart(
    refs: Ints, ref_ends: Ints, citers: Ints, citer_ends: Ints, years: Ints, focal: Ints, window: int, least: int
) -> Ints:
    """Counts (focal, 4): cite it alone, cite it with at least ``least`` of its references, cite only those, cite it.

    ``refs`` of a paper lie between two of ``ref_ends``, ``citers`` alike. Only papers later than the focal one, by at
    most ``window`` years (any number where it is below 0), count.
    """
    counts = np.zeros((focal.size, 4), dtype=np.int64)
    shared = np.zeros(years.size, dtype=np.int64)
    touched = np.empty(years.size, dtype=np.int64)
    for row in range(focal.size):
        paper = focal[row]
        born = years[paper]
        seen = 0
        for at in range(ref_ends[paper], ref_ends[paper + 1]):
            reference = refs[at]
            for other in range(citer_ends[reference], citer_ends[reference + 1]):
                citing = citers[other]
                age = years[citing] - born
                if citing != paper and age > 0 and (window < 0 or age <= window):
                    if shared[citing] == 0:
                        touched[seen] = citing
                        seen += 1
                    shared[citing] += 1
        # Those that cite the paper itself are marked off, so that what is left rests on its references only.
        for at in range(citer_ends[paper], citer_ends[paper + 1]):
            citing = citers[at]
            age = years[citing] - born
            if age > 0 and (window < 0 or age <= window):
                counts[row, 3] += 1
                if shared[citing] == 0:
                    counts[row, 0] += 1
                elif shared[citing] >= least:
                    counts[row, 1] += 1
                shared[citing] = 0
        for at in range(seen):
            if shared[touched[at]] > 0:
                counts[row, 2] += 1
            shared[touched[at]] = 0
    return counts
