"""Lines added up to a sparse matrix: arrays in, arrays out, and nothing of the size of the lines on the way but one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from xinzhi.core.labels import Floats

Codes = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]

# A row with more cells than one in so many is put in order by going through all columns, not by sorting.
_FULL = 16


@njit(cache=True, nogil=True)
def add_lines(
    region: Codes,
    activity: Codes,
    period: Codes,
    rows: Counts,
    columns: Counts,
    starts: Counts,
    value: Floats,
    shape: tuple[int, int],
) -> tuple[Counts, Codes, Floats, int]:
    """Where rows end, the columns of their cells in order, what these add up to, and how many cells were named at all.

    A line stands in row ``starts[period] + rows[region]``, column ``columns[activity]``; one with a place below 0 is
    left out. Cells that add up to 0 are not among those given.
    """
    height, width = shape
    ends = np.zeros(height + 1, np.int64)
    for k in range(len(value)):
        row, column = rows[region[k]], columns[activity[k]]
        if row >= 0 and column >= 0:
            ends[starts[period[k]] + row + 1] += 1
    for row in range(height):
        ends[row + 1] += ends[row]
    at, data, here = np.empty(ends[height], np.int32), np.empty(ends[height]), ends.copy()
    for k in range(len(value)):
        row, column = rows[region[k]], columns[activity[k]]
        if row >= 0 and column >= 0:
            place = here[starts[period[k]] + row]
            here[starts[period[k]] + row] += 1
            at[place], data[place] = column, value[k]
    total, seen, met = np.zeros(width), np.zeros(width, np.bool_), np.empty(width, np.int32)
    kept = cells = 0
    for row in range(height):
        first, last, many = here[row - 1] if row else 0, here[row], 0
        ends[row] = kept
        for k in range(first, last):
            column = at[k]
            total[column] += data[k]
            if not seen[column]:
                seen[column] = True
                met[many] = column
                many += 1
        if many * _FULL > width:
            many = 0
            for column in range(width):
                if seen[column]:
                    met[many] = column
                    many += 1
        else:
            met[:many].sort()
        cells += many
        # What is written never overtakes what is still to be read.
        for j in range(many):
            column = met[j]
            if total[column] != 0.0:
                at[kept], data[kept] = column, total[column]
                kept += 1
            total[column], seen[column] = 0.0, False
    ends[height] = kept
    return ends, at[:kept], data[:kept], cells
