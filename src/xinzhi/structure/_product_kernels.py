"""Products in which one side has few entries, or ones alone; they let go of the interpreter, so threads share them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from xinzhi.core.labels import Floats

Bits: TypeAlias = npt.NDArray[np.uint64]
Places: TypeAlias = npt.NDArray[np.signedinteger[Any]]

# Rows and columns of a square that are gathered at a time: together they stay in the nearer memories, and there are
# rows enough that adding up takes longer than beginning.
_DEEP = 512
_WIDE = 256
# Pairs are counted in squares of so many, so that what is written across stays near.
_PATCH = 32


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def add_rows(ends: Places, at: Places, data: Floats, tile: Floats, out: Floats) -> None:
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


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def add_rows_twice(
    ends: Places,
    at: Places,
    square: Floats,
    worth: Floats,
    span: tuple[int, int],
    plain: Floats,
    weighed: Floats,
) -> None:
    """The rows of ``square`` that each row names, added up as they are and each times its worth, columns of ``span``.

    Every row is read once for both sums. ``at`` ascends within each row.
    """
    tile = np.zeros((_DEEP, _WIDE))
    once, more, here = np.empty(_WIDE), np.empty(_WIDE), np.empty_like(ends)
    for start in range(span[0], span[1], _WIDE):
        width = min(_WIDE, span[1] - start)
        here[:] = ends
        for low in range(0, square.shape[0], _DEEP):
            high = min(low + _DEEP, square.shape[0])
            tile[: high - low, :width] = square[low:high, start : start + width]
            for row in range(len(ends) - 1):
                k = stop = here[row]
                while stop < ends[row + 1] and at[stop] < high:
                    stop += 1
                here[row] = stop
                once[:] = 0.0
                more[:] = 0.0
                while k + 3 < stop:
                    a, b, c, d = worth[at[k]], worth[at[k + 1]], worth[at[k + 2]], worth[at[k + 3]]
                    p, q = tile[at[k] - low], tile[at[k + 1] - low]
                    r, s = tile[at[k + 2] - low], tile[at[k + 3] - low]
                    for j in range(_WIDE):
                        once[j] += (p[j] + q[j]) + (r[j] + s[j])
                        more[j] += (a * p[j] + b * q[j]) + (c * r[j] + d * s[j])
                    k += 4
                while k < stop:
                    a, p = worth[at[k]], tile[at[k] - low]
                    for j in range(_WIDE):
                        once[j] += p[j]
                        more[j] += a * p[j]
                    k += 1
                if low == 0:
                    plain[row, start : start + width] = once[:width]
                    weighed[row, start : start + width] = more[:width]
                else:
                    for j in range(width):
                        plain[row, start + j] += once[j]
                        weighed[row, start + j] += more[j]


@njit(cache=True, nogil=True)
def packed(ends: Places, at: Places, columns: int) -> Bits:
    """Who has each column, one bit a row: (columns, rows / 64)."""
    rows = len(ends) - 1
    bits = np.zeros((columns, (rows + 63) // 64), np.uint64)
    for row in range(rows):
        bit = np.uint64(1) << np.uint64(row & 63)
        for k in range(ends[row], ends[row + 1]):
            bits[at[k], row >> 6] |= bit
    return bits


@njit(cache=True, nogil=True)
def count_common(bits: Bits, first: int, step: int, out: Floats) -> None:
    """How many bits two rows have in common, for every pair; ``out`` is whole once every ``first`` < ``step`` ran."""
    size, words = bits.shape
    for low in range(first * _PATCH, size, step * _PATCH):
        high = min(low + _PATCH, size)
        for left in range(0, high, _PATCH):
            for i in range(low, high):
                for j in range(left, min(left + _PATCH, i + 1)):
                    common = np.uint64(0)
                    for word in range(words):
                        common += _ones(bits[i, word] & bits[j, word])
                    out[i, j] = common
                    out[j, i] = common


@njit(cache=True, nogil=True)
def _ones(x: np.uint64) -> np.uint64:
    """How many bits are set: first of every two, then of four, then of every byte, and the bytes added up."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)
