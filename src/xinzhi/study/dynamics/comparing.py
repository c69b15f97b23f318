"""Whether scores of two years of an index may be compared at all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xinzhi.measure.result import Index


def yearly(index: Index) -> list[str]:
    """The steps whose yardstick changes with the year, so that scores of two years cannot be compared."""
    if len(index.times) < 2:
        return []
    spec = index.spec
    by_year = {
        "normalise": any(choice.scope == "year" for choice in (spec.normalise, *spec.normalise.only.values())),
        "weigh": index.stages.weights.ndim > 1 and not np.allclose(index.stages.weights, index.stages.weights[0]),
        "aggregate": any(choice.scope == "year" for choice in spec.aggregate)
        and not all(additive(index, family.parent, family.children) for family in index.tree.families),
    }
    return [step for step, found in by_year.items() if found]


def additive(index: Index, parent: int, children: npt.NDArray[np.intp]) -> bool:
    """Whether an element's score is the weighted sum of its children, found by adding them up."""
    scores, weights = index.stages.scores, index.stages.weights
    whole, parts = scores[:, :, parent], scores[:, :, children]
    shares = weights[..., children] if weights.ndim == 1 else weights[:, None, children]
    present = np.isfinite(parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        summed = np.where(present, parts * shares, 0.0).sum(axis=2) / np.where(present, shares, 0.0).sum(axis=2)
    scored = np.isfinite(whole)
    return bool(scored.any()) and np.allclose(summed[scored], whole[scored], rtol=1e-9, atol=1e-12)
