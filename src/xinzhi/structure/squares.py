"""Matrices of activity by activity, sparse or dense: most pairs of a product space meet somewhere, few of a patent's.

A product of sparse matrices is slow where it fills up, a dense one where it stays empty; both forms go through here,
and nothing else in the room needs to know which it has.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from xinzhi.core.labels import Floats
from xinzhi.structure.crossed import Bools, Csr

Square: TypeAlias = Csr | Floats
Ints: TypeAlias = npt.NDArray[np.intp]

# A multiplication of the sparse product takes about as long as this many of the dense one.
_SPARSE_COST = 300
# Up to so many multiplications a whole product is done before the kernels are read in, and in a third of the memory.
_SMALL = 1e9
# Beyond so many activities a dense square no longer fits beside its own temporaries in a few gigabytes.
_MOST_DENSE = 12_000
# A multiplication of gathered rows takes about as long as this many of a dense product.
_GATHER_COST = 6.5
# Below this a float of 32 bits holds every whole number.
_EXACT = 2**24
# Columns gathered at a time, so that they stay in the nearest memory.
_TILE = 128
_BLOCK = 256


def together(columns: Csr) -> Square:
    """The product of a matrix (regions, activities) with itself: co-occurrences, where it holds ones."""
    regions, activities = columns.shape
    work = float((np.diff(columns.indptr).astype(float) ** 2).sum())
    if activities > _MOST_DENSE or work * _SPARSE_COST < regions * activities**2:
        return sparse.csr_array(columns.T @ columns)
    if not (columns.data == 1).all():
        x = columns.toarray()
        return np.asarray(x.T @ x, dtype=float)
    if regions * activities**2 <= _SMALL and regions < _EXACT:
        x = columns.astype(np.float32).toarray()
        return np.asarray(x.T @ x, dtype=float)
    from xinzhi.structure._product_kernels import count_common, packed

    bits = packed(columns.indptr, columns.indices, activities)
    found, parts = np.empty((activities, activities)), os.cpu_count() or 1
    _at_once(lambda part: count_common(bits, part, parts, found), range(parts))
    return found


def against(both: Square, expected: Callable[[Ints, Ints], Floats], own: Floats, *, less: bool = False) -> Square:
    """Every pair over what it is expected to be (``less`` itself), and ``own`` on the diagonal.

    ``expected`` takes the positions of pairs, as arrays that broadcast. Pairs that never meet stay nothing. A dense
    square is worked on in place.
    """
    if not sparse.issparse(both):
        every = np.arange(len(own))[None, :]
        for span in blocks(len(own)):
            rows = np.arange(span.start, span.stop)[:, None]
            block = both[span]
            with np.errstate(divide="ignore", invalid="ignore"):
                wanted = expected(rows, every) - block if less else expected(rows, every)
                np.divide(block, wanted, out=block, where=block != 0)
        np.fill_diagonal(both, own)
        return both
    found = both.tocoo()
    off = (found.row != found.col) & (found.data != 0)
    i, j, values = found.row[off], found.col[off], found.data[off]
    values = values / (expected(i, j) - values if less else expected(i, j))
    return assembled(i, j, values, own)


def blocks(rows: int) -> Iterator[slice]:
    """Rows in turn, some hundreds at a time, so that what is made on the way stays small."""
    return (slice(start, min(start + _BLOCK, rows)) for start in range(0, rows, _BLOCK))


def entries(square: Square) -> tuple[Ints, Ints, Floats]:
    """Rows, columns and values of all that is not zero off the diagonal."""
    if sparse.issparse(square):
        found = square.tocoo()
        off = (found.row != found.col) & (found.data != 0)
        return found.row[off].astype(np.intp), found.col[off].astype(np.intp), found.data[off]
    rows, columns = np.nonzero(square)
    off = rows != columns
    return rows[off], columns[off], square[rows[off], columns[off]]


def times(rows: Csr, square: Square) -> Floats:
    """A sparse matrix (regions, activities) times a square, dense.

    A full square is multiplied whole where the product is small or the rows are fuller than about a seventh; else their
    few entries are summed, on all processors.
    """
    if sparse.issparse(square):
        return np.asarray((rows @ square.tocsr()).toarray(), dtype=float)
    found = np.empty((rows.shape[0], square.shape[1]))
    cells = rows.shape[0] * rows.shape[1]
    if cells * square.shape[1] <= _SMALL or rows.nnz * _GATHER_COST > cells:
        for span in blocks(rows.shape[0]):
            np.matmul(rows[span].toarray(), square, out=found[span])
        return found
    from xinzhi.structure._product_kernels import add_rows

    parts = os.cpu_count() or 1
    spans = [(found.shape[0] * part // parts, found.shape[0] * (part + 1) // parts) for part in range(parts)]
    ends, at, data = rows.indptr, rows.indices, rows.data.astype(float)
    with ThreadPoolExecutor(parts) as pool:
        for start in range(0, square.shape[1], _TILE):
            tile = np.ascontiguousarray(square[:, start : start + _TILE])
            columns = slice(start, start + tile.shape[1])
            jobs = [
                pool.submit(add_rows, ends[first : last + 1], at, data, tile, found[first:last, columns])
                for first, last in spans
            ]
            for job in jobs:
                job.result()
    return found


def times_twice(held: Csr, square: Square, worth: Floats) -> tuple[Floats, Floats]:
    """Ones (regions, activities) times the square with rows for columns, and each times its worth times the square.

    Where the square is full and mutual both come from reading it once.
    """
    if sparse.issparse(square) or not _mirrored(square):
        scaled = sparse.csr_array((held.data * worth[held.indices], held.indices, held.indptr), held.shape)
        return times(held, turned(square)), times(scaled, square)
    if held.shape[0] * square.size <= _SMALL:
        both = np.empty((2, *held.shape))
        held.toarray(out=both[0])
        np.multiply(both[0], worth, out=both[1])
        plain, weighed = both @ square
        return plain, weighed
    from xinzhi.structure._product_kernels import add_rows_twice

    held.sort_indices()
    ends, at = held.indptr, held.indices
    plain, weighed = np.empty(held.shape), np.empty(held.shape)
    parts = os.cpu_count() or 1
    cuts = [len(square) * part // parts for part in range(parts + 1)]
    _at_once(
        lambda part: add_rows_twice(ends, at, square, worth, (cuts[part], cuts[part + 1]), plain, weighed), range(parts)
    )
    return plain, weighed


def _mirrored(square: Floats) -> bool:
    """Whether a full square is the same with rows for columns."""
    return all(np.array_equal(square[rows, rows.start :], square[rows.start :, rows].T) for rows in blocks(len(square)))


def _at_once(work: Callable[[int], None], parts: range) -> None:
    """The same work on every part, each on a processor of its own."""
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(work, parts))


def turned(square: Square) -> Square:
    """The square with rows for columns."""
    return sparse.csr_array(square.T) if sparse.issparse(square) else np.asarray(square.T)


def taken(square: Square, at: npt.NDArray[np.integer[Any]]) -> Square:
    """The square of some activities, in the order given."""
    if np.array_equal(at, np.arange(square.shape[0])):
        return square
    return square[at][:, at].tocsr() if sparse.issparse(square) else square[np.ix_(at, at)]


def dense(square: Square) -> Floats:
    """The square as an array of its own."""
    return square.toarray() if sparse.issparse(square) else square.copy()


def values_of(square: Any) -> Floats:
    """The numbers that a square stores, flat."""
    return np.asarray(getattr(square, "data") if sparse.issparse(square) else square).ravel()  # noqa: B009


def assembled(rows: Ints, columns: Ints, values: Floats, own: Floats) -> Csr:
    """A sparse square of entries off the diagonal and of the diagonal, without stored zeros."""
    every = np.arange(len(own))
    at = np.concatenate([rows, every]), np.concatenate([columns, every])
    square = sparse.csr_array((np.concatenate([values, own]), at), (len(own), len(own)))
    square.eliminate_zeros()
    return square


def without(square: Square, undefined: Bools) -> Square:
    """The square with nothing in the rows and columns of activities that are not defined, nor where a pair is nan."""
    if sparse.issparse(square):
        if not undefined.any() and not np.isnan(square.data).any():
            return square
        rows, columns, values = entries(square)
        fine = ~undefined[rows] & ~undefined[columns] & ~np.isnan(values)
        return assembled(rows[fine], columns[fine], values[fine], np.where(undefined, 0.0, square.diagonal()))
    if not undefined.any() and not np.isnan(square).any():
        return square
    clean = np.nan_to_num(square, nan=0.0, posinf=np.inf, neginf=-np.inf)
    clean[undefined] = 0.0
    clean[:, undefined] = 0.0
    return clean


def with_diagonal(square: Square, own: Floats) -> Square:
    """The square with other numbers on its diagonal."""
    if sparse.issparse(square):
        return assembled(*entries(square), own)
    changed = square.copy()
    np.fill_diagonal(changed, own)
    return changed
