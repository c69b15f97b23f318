"""The second vectors of many slightly different versions of the same links, found together.

Drawing regions or activities again with replacement only weighs rows or columns. All draws can then share one sparse
matrix, and one product with it serves every draw: a Lanczos iteration that walks all of them in step, each from the
vector of the links as they are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from xinzhi.core.labels import Floats
from xinzhi.structure.diagnosis import core

STEPS = 20
ROUNDS = 12
# Ranks need far fewer digits than scores.
SETTLED = 1e-8
# A second eigenvalue of 1 says that a draw has fallen apart.
APART = 1 - 1e-7


def second_of_draws(m: sparse.csr_array, rows: Floats, columns: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Second vectors of regions (regions, draws) for weighted rows and columns, and the eigenvalues (draws,).

    ``m`` (regions, activities) is connected; ``rows`` (regions, draws) and ``columns`` (activities, draws) are how
    often each was drawn, ``start`` (regions,) the vector of m itself. A region scores the mean of its activities,
    drawn or not itself; ``nan`` where none of its activities was drawn. In draws that fall apart the largest part is
    scored.
    """
    back = sparse.csr_array(m.T)
    vectors, roots = _second(m, back, rows, columns, start)
    if (broken := np.flatnonzero(roots > APART)).size:
        rows, columns = rows.copy(), columns.copy()
        for draw in broken:
            _keep_core(m, rows[:, draw], columns[:, draw])
        vectors[:, broken], roots[broken] = _second(m, back, rows[:, broken], columns[:, broken], start)
    ubiquity = back @ rows
    of_activities = np.divide(back @ (rows * vectors), ubiquity, out=np.zeros_like(ubiquity), where=ubiquity > 0)
    weight = columns * (ubiquity > 0)
    diversity = m @ weight
    mean = np.divide(m @ (weight * of_activities), diversity, out=np.full(diversity.shape, np.nan), where=diversity > 0)
    return mean, roots


def _second(
    m: sparse.csr_array, back: sparse.csr_array, rows: Floats, columns: Floats, start: Floats
) -> tuple[Floats, Floats]:
    diversity, ubiquity = m @ columns, back @ rows
    left = _root_over(rows, diversity)
    middle = np.divide(columns, ubiquity, out=np.zeros_like(ubiquity), where=ubiquity > 0)
    first = np.sqrt(rows * diversity)
    first /= np.linalg.norm(first, axis=0)

    def remaining(x: Floats) -> Floats:
        y = left * (m @ (middle * (back @ (left * x))))
        return np.asarray(y - first * (first * y).sum(axis=0))

    x = first * start[:, None]
    # Two draws in a hundred thousand may start at right angles to their vector; a trace of something else helps out.
    x += 1e-3 * np.linalg.norm(x, axis=0) * (left > 0) * _trace(m.shape[0])[:, None]
    roots = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        x -= first * (first * x).sum(axis=0)
        x, roots, residual = _lanczos(remaining, x)
        if residual.max(initial=0.0) <= SETTLED:
            break
    return np.asarray(x * _root_over(np.ones_like(diversity), rows * diversity)), roots


def _lanczos(remaining: Callable[[Floats], Floats], x: Floats) -> tuple[Floats, Floats, Floats]:
    """The best vectors of so many steps from x (regions, draws), their eigenvalues, and what they leave unsettled."""
    steps = min(STEPS, x.shape[0])
    basis = np.zeros((steps, *x.shape))
    along, across = np.zeros((steps, x.shape[1])), np.zeros((steps, x.shape[1]))
    q = _unit(x)[0]
    for step in range(steps):
        basis[step] = q
        y = remaining(q)
        along[step] = (q * y).sum(axis=0)
        for _ in range(2):  # twice is enough to keep the basis square
            y -= np.einsum("kb,krb->rb", np.einsum("krb,rb->kb", basis[: step + 1], y), basis[: step + 1])
        q, across[step] = _unit(y)
    small = np.zeros((x.shape[1], steps, steps))
    at = np.arange(steps)
    small[:, at, at] = along.T
    small[:, at[:-1], at[1:]] = small[:, at[1:], at[:-1]] = across[:-1].T
    values, vectors = np.linalg.eigh(small)
    best = vectors[:, :, -1].T
    return np.einsum("kb,krb->rb", best, basis), values[:, -1], np.abs(across[-1] * best[-1])


def _unit(x: Floats) -> tuple[Floats, Floats]:
    """Columns of length one, nothing where there is nothing left, and the lengths."""
    length = np.linalg.norm(x, axis=0)
    length = np.where(length > 1e-13, length, 0.0)
    return np.divide(x, length, out=np.zeros_like(x), where=length > 0), length


def _root_over(top: Floats, bottom: Floats) -> Floats:
    return np.asarray(np.sqrt(np.divide(top, bottom, out=np.zeros_like(bottom), where=bottom > 0)))


def _trace(size: int) -> Floats:
    return np.asarray(np.random.default_rng(0).standard_normal(size) / np.sqrt(size))


def _keep_core(m: sparse.csr_array, rows: Floats, columns: Floats) -> None:
    """Set to zero, in place, the weights of what lies outside the largest connected part of a draw."""
    drawn, held = np.flatnonzero(rows), np.flatnonzero(columns)
    part = core(sparse.csr_array(m[drawn][:, held]))
    keep_row, keep_column = np.zeros(rows.size, bool), np.zeros(columns.size, bool)
    keep_row[drawn[part.rows]], keep_column[held[part.columns]] = True, True
    rows[~keep_row], columns[~keep_column] = 0.0, 0.0
