"""Weights of siblings: the children of one parent, or all indicators at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family

weightings = Family(
    "weighting",
    zh="赋权",
    about="f(x: (..., cells, k), siblings, *, options) -> (..., k), summing to one; nan = missing.",
)


@dataclass(frozen=True)
class Siblings:
    """Who is weighed: the children of one parent, their stated weights, and what their index would be.

    ``outcome`` maps weights (k,) to index scores (cells,); optimised weights need it.
    """

    parent: str
    codes: tuple[str, ...]
    given: Floats
    outcome: Callable[[Floats], Floats] | None = None


@weightings.add("equal", zh="等权重", cite="OECD, JRC 2008")
def equal(x: Floats, siblings: Siblings) -> Floats:
    """Weigh every sibling alike."""
    k = x.shape[-1]
    return np.full((*x.shape[:-2], k), 1 / k)


@weightings.add("given", zh="给定权重", cite="OECD, JRC 2008")
def given(x: Floats, siblings: Siblings) -> Floats:
    """Take the stated weights, made to sum to one."""
    w = siblings.given / siblings.given.sum()
    return np.broadcast_to(w, (*x.shape[:-2], w.size)).copy()
