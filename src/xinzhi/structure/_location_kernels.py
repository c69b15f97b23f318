"""Areas under curves of concentration, column by column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from xinzhi.core.labels import Floats


@njit(cache=True)
def lorenz_areas(ends: npt.NDArray[np.int64], shares: Floats, base: Floats) -> Floats:
    """Twice the area between the diagonal and each column's curve of concentration.

    A column's cells lie between two of ``ends``, sorted upwards by share over base; regions where the column has
    nothing come before them and add nothing.
    """
    areas = np.full(ends.size - 1, np.nan)
    for column in range(areas.size):
        reached, under = 0.0, 0.0
        for at in range(ends[column], ends[column + 1]):
            under += base[at] * (2.0 * reached + shares[at])
            reached += shares[at]
        if ends[column] < ends[column + 1]:
            areas[column] = 1.0 - under
    return areas
