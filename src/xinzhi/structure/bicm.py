"""Networks as they would be by chance, given the sums of their rows and columns: maximum-entropy null models.

Regions i and activities j carry energies a_i + b_j = θ_ij, set so that the expected sums of rows and columns are those
observed. What is expected of a cell is 1/(e^θ + 1) where links are or are not (the bipartite configuration model,
Saracco et al. 2015), 1/(e^θ - 1) where they are counts and 1/θ where they are amounts (Bruno et al. 2023). Rows of
equal sums have equal energies, so only distinct sums are solved for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse, special

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats

Kind = Literal["links", "counts", "amounts"]
Ints: TypeAlias = npt.NDArray[np.int64]

STEPS = 200
CLOSE = 1e-10  # how far an expected sum may be from the observed one, relative


@dataclass(frozen=True, eq=False)
class Chance:
    """What chance makes of a network: energies and expectations for each distinct row sum × distinct column sum.

    ``row`` and ``column`` say of which class each region and each activity is.
    """

    kind: Kind
    row: Ints
    column: Ints
    energy: Floats
    mean: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Regions × activities."""
        return len(self.row), len(self.column)

    def expected(self) -> Floats:
        """What is expected of every cell, (region, activity), dense; for links it is their probability."""
        return np.asarray(self.mean[self.row][:, self.column])

    def p_values(self, values: sparse.csr_array) -> sparse.csr_array:
        """How probable at least so large a value is by chance, for each stored cell of (region, activity)."""
        cells = sparse.csr_array(values)
        rows = np.repeat(np.arange(cells.shape[0]), np.diff(cells.indptr))
        at = self.row[rows], self.column[cells.indices]
        # Geometric and exponential alike: P(W >= w) = e^(-θw).
        tail = self.mean[at] if self.kind == "links" else np.exp(-self.energy[at] * cells.data)
        return sparse.csr_array((tail, cells.indices, cells.indptr), shape=cells.shape)


def configuration(values: sparse.csr_array, kind: Kind = "links") -> Chance:
    """The network that keeps the row and column sums of ``values`` (region, activity) and nothing else.

    ``links`` asks who does what and takes every stored value for 1; ``counts`` asks for whole numbers, ``amounts`` for
    any that are not negative. Rows and columns of zeros expect zeros; sums that leave a cell no choice (a region with
    every activity) fix it at 0 or 1 and the rest is solved without it. Raises ``MethodError``.
    Saracco, Di Clemente, Gabrielli, Squartini 2015, eqs. 4-5; Bruno, Mazzilli, Patelli, Squartini, Saracco 2023.
    """
    cells = sparse.csr_array(values)
    data = (cells.data != 0).astype(float) if kind == "links" else np.asarray(cells.data, dtype=float)
    if kind == "counts" and (data != np.round(data)).any():
        raise MethodError(_not_counts(data))
    plain = sparse.csr_array((data, cells.indices, cells.indptr), shape=cells.shape)
    by_row, row = np.unique(np.asarray(plain.sum(axis=1), dtype=float), return_inverse=True)
    by_column, column = np.unique(np.asarray(plain.sum(axis=0), dtype=float), return_inverse=True)
    r, c = (np.bincount(one).astype(float) for one in (row, column))
    if kind == "links":
        energy = _blocks(by_row, r, by_column, c)
    else:
        energy = np.full((len(by_row), len(by_column)), np.inf)
        rows, columns = by_row > 0, by_column > 0
        if rows.any():
            energy[np.ix_(rows, columns)] = _energies(by_row[rows], r[rows], by_column[columns], c[columns], kind)
    return Chance(kind, row.astype(np.int64), column.astype(np.int64), energy, _MODELS[kind].mean(energy))


def benjamini_hochberg(p: Floats, alpha: float, tests: int) -> float:
    """The largest p that is discovered when a share ``alpha`` of discoveries may be false; -1 where none is.

    ``p`` are the p-values at hand of ``tests`` tests, the others being 1. Benjamini, Hochberg 1995.
    """
    ordered = np.sort(p)
    found = np.flatnonzero(ordered <= alpha * np.arange(1, len(ordered) + 1) / max(tests, 1))
    return float(ordered[found[-1]]) if len(found) else -1.0


def _blocks(rows: Floats, r: Floats, columns: Floats, c: Floats) -> Floats:
    """Energies of links: -inf where the degrees force a link, inf where they forbid one, finite in the blocks between.

    The k regions of highest degree have at most Σ_j min(d_j, k) links (Gale 1957, Ryser 1957). Where they have that
    many, each of them has every activity of degree k or more, and no other region has an activity of degree k or less.
    """
    energy = np.full((len(rows), len(columns)), np.inf)
    down = np.argsort(-rows)
    tops = np.concatenate([[0.0], np.cumsum(r[down])])
    have = np.concatenate([[0.0], np.cumsum((r * rows)[down])])
    most = np.minimum(columns, tops[:, None]) @ c
    tight = np.flatnonzero(have >= most)  # whole numbers, summed without rounding
    for low, high in pairwise(tight):
        group = down[low:high]
        forced, between = columns >= tops[high], (columns > tops[low]) & (columns < tops[high])
        energy[np.ix_(group, forced)] = -np.inf
        if between.any():
            left = rows[group] - c[forced].sum()
            energy[np.ix_(group, between)] = _energies(
                left, r[group], columns[between] - tops[low], c[between], "links"
            )
    return energy


@dataclass(frozen=True)
class _Model:
    """What energies make of a cell: expectation, variance, and the part of the likelihood that is not linear."""

    mean: Callable[[Floats], Floats]
    variance: Callable[[Floats], Floats]
    weight: Callable[[Floats], Floats]
    bounded: bool  # whether energies must stay above 0


def _bose(energy: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(1 / np.expm1(energy))


_MODELS: dict[Kind, _Model] = {
    "links": _Model(
        lambda e: np.asarray(special.expit(-e)),
        lambda e: np.asarray(special.expit(e) * special.expit(-e)),
        lambda e: -np.logaddexp(0, -e),
        False,
    ),
    "counts": _Model(_bose, lambda e: _bose(e) * (1 + _bose(e)), lambda e: np.log(-np.expm1(-e)), True),
    "amounts": _Model(lambda e: 1 / e, lambda e: 1 / e**2, np.log, True),
}


def _energies(rows: Floats, r: Floats, columns: Floats, c: Floats, kind: Kind) -> Floats:
    """θ for each class of rows × class of columns, by Newton's method on the likelihood, which is concave.

    ``rows`` and ``columns`` are the sums to be met, ``r`` and ``c`` how many rows and columns have them.
    """
    if len(columns) > len(rows):  # the linear system solved is of the size of the shorter side
        return _energies(columns, c, rows, r, kind).T
    model = _MODELS[kind]
    a, b = _start(rows, r, columns, c, kind)
    energy = a[:, None] + b
    likelihood = -np.inf
    for _ in range(STEPS):
        mean = model.mean(energy)
        off_rows, off_columns = mean @ c - rows, r @ mean - columns
        if np.abs(off_rows / rows).max() <= CLOSE and np.abs(off_columns / columns).max() <= CLOSE:
            return energy
        spread = r[:, None] * model.variance(energy) * c
        da, db = _newton(spread, r * off_rows, c * off_columns)
        change = da[:, None] + db
        step = 1.0
        if model.bounded and (steepest := float((-change / energy).max())) > 0:
            step = min(1.0, 0.95 / steepest)
        while True:  # a step that makes the observed less likely is too long; what rounding takes is not counted
            ahead = energy + step * change
            parts = (
                float(r @ model.weight(ahead) @ c),
                -float((r * rows) @ (a + step * da)),
                -float((c * columns) @ (b + step * db)),
            )
            reached = sum(parts)
            if reached >= likelihood - 1e-13 * sum(map(abs, parts)) or step < 1e-8:
                break
            step /= 2
        a, b, energy, likelihood = a + step * da, b + step * db, ahead, reached
    raise MethodError(_no_solution(kind))


def _start(rows: Floats, r: Floats, columns: Floats, c: Floats, kind: Kind) -> tuple[Floats, Floats]:
    if kind == "links":
        total = np.sqrt(r @ rows)
        return -np.log(rows / total), -np.log(columns / total)
    return c.sum() / (2 * rows), r.sum() / (2 * columns)


def _newton(spread: Floats, off_rows: Floats, off_columns: Floats) -> tuple[Floats, Floats]:
    """The change of energies that would put the sums right. Energies a + t, b - t are the same: one of those is taken.

    Variances may lie twenty orders apart, so the system is scaled to ones on its diagonal.
    """
    along, across = np.sqrt(spread.sum(axis=1)), np.sqrt(spread.sum(axis=0))
    scaled = spread / along[:, None] / across
    free = across / np.linalg.norm(across)  # where nothing changes
    reduced = np.eye(len(across)) - scaled.T @ scaled + np.outer(free, free)
    right = (off_columns / across) - (off_rows / along) @ scaled
    db = linalg.solve(reduced, right, assume_a="sym")
    return (off_rows / along - scaled @ db) / along, db / across


def _not_counts(data: Floats) -> Fault:
    first = float(data[data != np.round(data)][0])
    return Fault(
        "not-counts",
        f"counts are whole numbers; found {first:g}. Take amounts instead (counts = false).",
        f"计数须为整数；发现 {first:g}。请改用连续数值（counts = false）。",
    )


def _no_solution(kind: Kind) -> Fault:
    return Fault(
        "no-solution",
        f"the configuration model of {kind} was not solved in {STEPS} steps: sums of rows or columns lie too far "
        "apart. Leave out the smallest regions and activities, or use another presence.",
        f"二部配置模型在 {STEPS} 步内未收敛：行和或列和相差过大。请剔除最小的地区和活动，或改用其他判定方法。",
    )
