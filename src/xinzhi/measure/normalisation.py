"""Bringing indicators of different units to one scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family

normalisations = Family(
    "normalisation",
    "无量纲化",
    "f(x (..., cells, indicator), frame (..., cells, indicator), marks, *, options) -> like x; more is better",
)


@dataclass(frozen=True)
class Marks:
    """What is known of the indicators: +1/-1 ``direction``, and ``target``, ``low``, ``high`` (nan where not given).

    All are (indicator,). ``reference`` is the row of the frame that distances to a reference are taken from.
    """

    direction: Floats
    target: Floats
    low: Floats
    high: Floats
    reference: int | None = None


def mirror(name: str, options: dict[str, Any], scores: Floats) -> Floats:
    """Turn scores made by a named method round, for an element of which less is better."""
    raise NotImplementedError


@normalisations.add("min-max", zh="极差标准化", cite="OECD/JRC 2008, Handbook on Constructing Composite Indicators, 5.3")
def min_max(x: Floats, frame: Floats, marks: Marks, *, to: tuple[float, float] = (0.0, 1.0)) -> Floats:
    """Stretch the range of the frame to the range ``to``."""
    x, frame = x * marks.direction, frame * marks.direction
    low, high = np.fmin.reduce(frame, axis=-2), np.fmax.reduce(frame, axis=-2)
    span = np.where(high > low, high - low, np.nan)
    return (x - low[..., None, :]) / span[..., None, :] * (to[1] - to[0]) + to[0]
