"""Weights from pairwise judgements: the analytic hierarchy process."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.core.specs import FaultyValue

# Mean consistency index of random reciprocal matrices of order 1, 2, …, 15 (Saaty 1980).
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)

# People write a third as 0.33, whose product with 3 is 0.99.
ROUNDED = 0.02


def ahp_weights(matrix: Sequence[Sequence[float | str]] | Floats) -> tuple[Floats, float]:
    """The weights behind a pairwise comparison matrix and its consistency ratio.

    ``matrix[i][j]`` says how many times more important i is than j; fractions may be written as "1/3". Weights are
    the principal eigenvector, summing to one. The ratio is (lambda_max - n) / (n - 1) over Saaty's random index; below
    0.1 judgements are commonly taken as consistent. Saaty 1980, The Analytic Hierarchy Process.

    Raises ``FaultyValue`` when the matrix is not square, not positive, not reciprocal or larger than 15.
    """
    judged = _numbers(matrix)
    n = len(judged)
    _refuse_flaws(judged)
    values, vectors = np.linalg.eig(judged)
    at = int(np.argmax(values.real))
    weights = np.abs(vectors[:, at].real)
    spread = max(float(values[at].real) - n, 0.0) / max(n - 1, 1)
    ratio = spread / RANDOM_INDEX[n - 1] if n > 2 else 0.0
    return weights / weights.sum(), ratio


def _numbers(matrix: Sequence[Sequence[float | str]] | Floats) -> Floats:
    sizes = [len(row) for row in matrix]
    if not sizes or any(size != len(sizes) for size in sizes):
        raise FaultyValue(
            "matrix-not-square",
            f"a comparison matrix must be square; found {len(sizes)} rows of lengths {sizes}.",
            f"判断矩阵须为方阵；现有 {len(sizes)} 行，各行长度为 {sizes}。",
        )
    try:
        return np.array([[float(Fraction(v)) if isinstance(v, str) else float(v) for v in row] for row in matrix])
    except (ValueError, ZeroDivisionError):
        raise FaultyValue(
            "matrix-not-numbers",
            'a comparison matrix holds numbers, or fractions written as "1/3".',
            "判断矩阵的元素须为数值，或写作“1/3”的分数。",
        ) from None


def _refuse_flaws(judged: Floats) -> None:
    n = len(judged)
    if n > len(RANDOM_INDEX):
        raise FaultyValue(
            "matrix-too-large",
            f"a comparison matrix of order {n} cannot be checked: random indices are published up to "
            f"{len(RANDOM_INDEX)}. Group the items and compare the groups first.",
            f"{n} 阶判断矩阵无法检验一致性：随机一致性指标只公布到 {len(RANDOM_INDEX)} 阶。请先分组，再比较各组。",
        )
    if not (np.isfinite(judged) & (judged > 0)).all():
        i, j = np.argwhere(~(np.isfinite(judged) & (judged > 0)))[0] + 1
        raise FaultyValue(
            "matrix-not-positive",
            f"every judgement must be positive; found {judged[i - 1, j - 1]:g} in row {i}, column {j}.",
            f"判断矩阵的元素须为正数；第 {i} 行第 {j} 列为 {judged[i - 1, j - 1]:g}。",
        )
    off = np.abs(judged * judged.T - 1)
    if (off > ROUNDED).any():
        i, j = np.argwhere(off > ROUNDED)[0] + 1
        a, b = judged[i - 1, j - 1], judged[j - 1, i - 1]
        raise FaultyValue(
            "matrix-not-reciprocal",
            f"row {i}, column {j} says {a:g} and row {j}, column {i} says {b:g}; one must be 1 over the other.",
            f"第 {i} 行第 {j} 列为 {a:g}，第 {j} 行第 {i} 列为 {b:g}；二者须互为倒数。",
        )
