"""A sparse matrix times a slice of a dense one, row by row; it lets go of the interpreter, so threads can share it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from xinzhi.core.labels import Floats


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def add_rows(ends: npt.NDArray[np.int64], at: npt.NDArray[np.int64], data: Floats, tile: Floats, out: Floats) -> None:
    """Each row of ``out`` (rows, width) becomes the sum of the rows of ``tile`` it names, each as often as it says.

    Four at a time, since what is summed into would otherwise be read and written for each.
    """
    width = tile.shape[1]
    total = np.empty(width)  # of one piece, as a row of ``out`` need not be
    for row in range(out.shape[0]):
        total[:] = 0.0
        k, last = ends[row], ends[row + 1]
        while k + 3 < last:
            a, b, c, d = data[k], data[k + 1], data[k + 2], data[k + 3]
            p, q, r, s = tile[at[k]], tile[at[k + 1]], tile[at[k + 2]], tile[at[k + 3]]
            for j in range(width):
                total[j] += a * p[j] + b * q[j] + c * r[j] + d * s[j]
            k += 4
        while k < last:
            a, p = data[k], tile[at[k]]
            for j in range(width):
                total[j] += a * p[j]
            k += 1
        out[row] = total
