"""Scoring regions and activities by one another: the family of complexity measures and what all of them share.

A measure is given only what can be scored: the largest connected part of the links, without empty rows and columns.
What was left out, and what is doubtful in the rest, comes back as notes beside the scores.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family
from xinzhi.structure.diagnosis import Core

complexities = Family(
    "complexity",
    zh="复杂度测度",
    about=(
        "f(m: csr (regions, activities), anchor: (regions,) | None, *, options) -> Scores or (regions,), (activities,);"
        " m is connected and has no empty row or column."
    ),
)


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of regions (regions,) and activities (activities,), ``nan`` for what has none.

    ``spectrum`` holds the eigenvalues behind them, largest first and without the trivial 1, where there are any;
    ``steps`` the iterations taken. ``notes`` says what is doubtful; ``core`` which part of the links was scored.
    """

    regions: Floats
    activities: Floats
    spectrum: Floats = field(default_factory=lambda: np.empty(0))
    steps: int = 0
    notes: tuple[Fault, ...] = ()
    core: Core | None = None


def checked(m: Any) -> sparse.csr_array:
    """The matrix as csr without stored zeros. Raises ``MethodError`` for negative, infinite or missing values."""
    links = sparse.csr_array(m, dtype=np.float64, copy=True)
    links.sum_duplicates()
    bad = {
        ("missing", "缺失"): int(np.isnan(links.data).sum()),
        ("infinite", "无穷大"): int(np.isinf(links.data).sum()),
        ("negative", "为负"): int((links.data < 0).sum()),
    }
    if any(bad.values()):
        en = ", ".join(f"{count} {word}" for (word, _), count in bad.items() if count)
        zh = "、".join(f"{word} {count} 个" for (_, word), count in bad.items() if count)
        raise MethodError(
            Fault(
                "bad-links",
                f"links must be numbers that are not negative; found {en}. Drop them, or set them to 0 where nothing "
                "is meant.",
                f"联系值须为非负数；发现{zh}。请删除，或在确实为零时设为 0。",
            )
        )
    links.eliminate_zeros()
    return links


def standardised(x: Floats, ddof: int = 0) -> Floats:
    """z-scores over all values."""
    return np.asarray((x - x.mean()) / x.std(ddof=ddof))


def leaning(x: Floats, anchor: Floats) -> float:
    """Correlation with the anchor where both are known; 0 where either does not vary."""
    both = ~(np.isnan(x) | np.isnan(anchor))
    a, b = x[both], anchor[both]
    if a.size < 2:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    # A spread that is nothing but the rounding of a large mean is no spread.
    flat = [np.abs(v).max() <= 1e-12 * np.abs(full[both]).max() for v, full in ((a, x), (b, anchor))]
    return 0.0 if any(flat) else float(a @ b / math.sqrt(float(a @ a) * float(b @ b)))
