"""A report's payload with its cells unpacked: the inverse of ``report.packing``, in the order of the page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.report.packing import STEPS

# What a cell of ``intervals`` holds.
LOW, MEDIAN, HIGH, TOP, SCORED = range(5)


def unpacked(packed: str, kind: str) -> npt.NDArray[Any]:
    """Numbers of a NumPy kind out of base64."""
    return np.frombuffer(base64.b64decode(packed), dtype=kind)


def unpacked_short(packed: str) -> Floats:
    """24-bit floats out of base64: 32-bit ones without their last byte."""
    parts = np.frombuffer(base64.b64decode(packed), dtype=np.uint8).reshape(-1, 3)
    whole = np.zeros((len(parts), 4), dtype=np.uint8)
    whole[:, 1:] = parts
    return whole.view("<f4")[:, 0].astype(np.float64)


def unpacked_scaled(packed: str, ends: Sequence[Sequence[float]]) -> Floats:
    """Numbers out of 16-bit steps between two ends, which are a pair for each equal part; missing is nan."""
    steps = np.frombuffer(base64.b64decode(packed), dtype="<u2").astype(np.float64).reshape(len(ends), -1)
    low, high = np.asarray(ends, dtype=np.float64).T[:, :, None]
    return np.asarray(np.where(steps > STEPS, np.nan, low + (high - low) * steps / STEPS)).ravel()


@dataclass(frozen=True)
class Report:
    """A payload and its numbers; nodes are the indicators first, then elements, the index last.

    ``scores`` and ``ranks`` are (region, year, element), ``normalised`` and ``values`` (region, year, indicator),
    ``intervals`` (region, year, what of LOW … SCORED) or None; missing is nan, a missing rank 0.
    """

    payload: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        """A part of the payload."""
        return self.payload[name]

    @property
    def indicators(self) -> int:
        """How many of the nodes are indicators."""
        return int(self.payload["indicators"])

    @property
    def elements(self) -> int:
        """How many of the nodes are elements; the last one is the index."""
        return len(self.payload["nodes"]) - self.indicators

    @property
    def top(self) -> int:
        """The index among the elements."""
        return self.elements - 1

    @cached_property
    def scores(self) -> Floats:
        """Region, year, element."""
        return self._laid(unpacked(self.payload["cells"]["scores"], "<f4").astype(np.float64), self.elements)

    @cached_property
    def ranks(self) -> npt.NDArray[np.intp]:
        """Region, year, element: 1 is best, 0 where there is no score."""
        return np.asarray(self._laid(unpacked(self.payload["cells"]["ranks"], "<u2"), self.elements), dtype=np.intp)

    @cached_property
    def normalised(self) -> Floats:
        """Region, year, indicator: the scores of indicators."""
        return self._laid(unpacked_short(self.payload["cells"]["normalised"]), self.indicators)

    @cached_property
    def values(self) -> Floats:
        """Region, year, indicator: values after gaps were filled."""
        return self._laid(unpacked_short(self.payload["cells"]["values"]), self.indicators)

    @cached_property
    def intervals(self) -> Floats | None:
        """Region, year, what: rank intervals over the versions of the index, where it was varied."""
        sure = self.payload["sureness"]
        return None if sure is None else self._laid(unpacked_short(sure["cells"]), SCORED + 1)

    def _laid(self, flat: npt.NDArray[Any], items: int) -> npt.NDArray[Any]:
        return flat.reshape(len(self.payload["regions"]), len(self.payload["years"]), items)

    def children(self, node: int) -> list[int]:
        """The nodes right under a node."""
        return [at for at, one in enumerate(self.payload["nodes"]) if one["parent"] == node]

    def node_of(self, element: int) -> int:
        """The node of an element."""
        return self.indicators + element

    def score_of(self, node: int) -> Floats:
        """Region, year: the scores of any node."""
        if node < self.indicators:
            return self.normalised[:, :, node]
        return self.scores[:, :, node - self.indicators]

    def row(self, name: str, year: int) -> list[float]:
        """``shares`` or ``effective`` weights of all nodes in a year."""
        rows = self.payload[name]
        return list(rows[min(year, len(rows) - 1)])

    def scored_years(self, element: int) -> list[int]:
        """Positions of the years in which an element has any score."""
        return [int(at) for at in np.flatnonzero(self.ranks[:, :, element].any(axis=0))]

    def ranking(self, year: int, element: int) -> list[int]:
        """Regions with a score, best first."""
        ranks, scores = self.ranks[:, year, element], self.scores[:, year, element]
        order = np.lexsort((np.arange(len(ranks)), -scores, ranks))
        return [int(at) for at in order if ranks[at]]

    @property
    def comparable(self) -> bool:
        """Whether scores of different years may be compared."""
        return not self.payload["yearly"]

    @property
    def present(self) -> list[int]:
        """In every year the number of indicators that any region has a value of."""
        coverage = self.payload["coverage"]
        seen = np.asarray(coverage["observed"]) + np.asarray(coverage["filled"]) > 0
        return [int(many) for many in seen.sum(axis=0)]
