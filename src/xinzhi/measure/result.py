"""A composite index with all that led to it: every step's outcome, the weights, the record."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault
from xinzhi.core.labels import CELL, INDICATOR, OBSERVED, REGION, TIME, Floats, Panel
from xinzhi.core.results import Record, digest
from xinzhi.measure.spec import IndexSpec
from xinzhi.measure.tree import Tree

ELEMENT, NODE = "element", "node"
Codes = npt.NDArray[np.object_]


def ranked(scores: Floats) -> Floats:
    """Ranks along the first axis: 1 is best, ties share the best rank, ``nan`` stays."""
    from scipy.stats import rankdata  # takes most of a second to load, and checking a study needs no ranks

    missing = np.isnan(scores)
    # What is missing stands behind all others, where it moves nobody; SciPy's own way to leave it out is a loop.
    return np.where(missing, np.nan, rankdata(np.where(missing, np.inf, -scores), method="min", axis=0))


@dataclass(frozen=True)
class Stages:
    """Every step's outcome as plain arrays.

    All are (time, region, indicator), but ``scores`` (time, region, node) and ``weights``, which is (node,) or, where
    weights change by the year, (time, node).
    """

    raw: Floats
    denominated: Floats
    imputed: Floats
    treated: Floats
    normalised: Floats
    origin: npt.NDArray[np.uint8]
    marks: npt.NDArray[np.int8]
    scores: Floats
    weights: Floats


@dataclass(frozen=True)
class Units:
    """The units of the indicators: as brought in, and as measured, once divided; empty where nobody says.

    ``factors`` take a value from the first to the second (a quotient: from the one unit over the other).
    """

    given: tuple[str, ...]
    measured: tuple[str, ...]
    factors: Floats


@dataclass(frozen=True)
class Index:
    """A composite index with all that led to it.

    Arrays get their labels when they are asked for, because a study that varies its choices asks for few of them.
    """

    spec: IndexSpec
    regions: Codes
    times: npt.NDArray[np.int64]
    stages: Stages
    details: tuple[tuple[int | None, dict[str, npt.NDArray[Any]]], ...]
    omitted: tuple[Fault, ...]
    inputs: dict[str, str]
    about_region: dict[str, npt.NDArray[Any]]
    units: Units
    # The panel's own labels of region and time: making them anew from arrays takes as long as measuring does.
    axes: dict[str, xr.Variable] = field(default_factory=dict)

    @property
    def tree(self) -> Tree:
        """The tree of elements and indicators."""
        return self.spec.tree

    @cached_property
    def scores(self) -> xr.DataArray:
        """Scores of the elements, region × time × element, the index itself last."""
        tree = self.tree
        cells = self.stages.scores[:, :, tree.n_indicators :].transpose(1, 0, 2)
        nodes, at = tree.elements, slice(tree.n_indicators, None)
        coords = {
            **self._axes,
            ELEMENT: np.array([node.code for node in nodes], dtype=object),
            "name_en": (ELEMENT, [node.label.en for node in nodes]),
            "name_zh": (ELEMENT, [node.label.zh for node in nodes]),
            "level": (ELEMENT, tree.levels[at]),
            "parent": (ELEMENT, [node.parent or "" for node in nodes]),
        }
        return xr.DataArray(cells, dims=(REGION, TIME, ELEMENT), coords=coords, name="score")

    @property
    def top(self) -> xr.DataArray:
        """The index itself, region × time."""
        return xr.DataArray(self.stages.scores[:, :, -1].T, dims=(REGION, TIME), coords=self._axes, name="score")

    def ranks(self) -> xr.DataArray:
        """Ranks of every element among the regions of a year: 1 is best, ties share the best rank, ``nan`` stays."""
        return self.scores.copy(data=ranked(self.scores.values)).rename("rank")

    @cached_property
    def raw(self) -> Panel:
        """The indicators as they came, before anything was divided or filled."""
        return self._panel(self.stages.raw).assign_coords(unit=(INDICATOR, list(self.units.given)))

    @cached_property
    def denominated(self) -> Panel:
        """The indicators over their denominators, in their units; what was screened out still stands here."""
        return self._panel(self.stages.denominated)

    @cached_property
    def imputed(self) -> Panel:
        """The indicators with gaps filled; ``origin`` says which cells were."""
        cells = self._panel(self.stages.imputed)
        return cells.assign_coords(origin=(CELL, self.stages.origin.transpose(1, 0, 2)))

    @cached_property
    def treated(self) -> Panel:
        """The indicators with outliers tamed."""
        return self._panel(self.stages.treated)

    @cached_property
    def normalised(self) -> Panel:
        """The indicators on one scale, all pointing the same way."""
        return self._panel(self.stages.normalised)

    @cached_property
    def marks(self) -> xr.DataArray:
        """Which cells were treated: 1 winsorised at the top, -1 at the bottom, 2 transformed, 0 untouched."""
        return self._panel(self.stages.marks).rename("mark")

    @cached_property
    def treatment(self) -> pd.DataFrame:
        """What treatment found and did, one row per indicator (and year, where years were treated alone)."""
        codes = [indicator.code for indicator in self.tree.indicators]
        frames = [pd.DataFrame({"indicator": codes, "time": year, **table}) for year, table in self.details]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"indicator": codes})

    @cached_property
    def weights(self) -> xr.DataArray:
        """Each node's share within its parent; node, or time × node where weights change by the year."""
        return self._by_node(self.stages.weights)

    def effective(self) -> xr.DataArray:
        """Each node's nominal weight in the index: the product of the shares along its line to the top."""
        shares, tree = self.stages.weights, self.tree
        lines = [np.prod(shares[..., list(tree.line(at))], axis=-1) for at in range(len(tree.nodes))]
        return self._by_node(np.stack(lines, axis=-1)).rename("effective_weight")

    @cached_property
    def record(self) -> Record:
        """What was done, to what, by which version."""
        cells = {"panel": digest(self.stages.raw.tobytes())}
        return Record("measure", self.spec.model_dump(mode="json", fallback=repr), cells | self.inputs)

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: region, time, element, its names, score, rank."""
        table = self.scores.to_dataframe().reset_index()
        table["rank"] = self.ranks().values.ravel()
        for name, of in self.about_region.items():
            table[f"region_{name}" if name.startswith("name_") else name] = np.repeat(of, table.shape[0] // len(of))
        return table

    def __repr__(self) -> str:
        last = self.top.isel({TIME: -1}).dropna(REGION)
        best = last[REGION].values[np.argsort(-last.values)][:5]
        steps = (*self.spec.impute, self.spec.treat, self.spec.normalise, *self.spec.weigh, *self.spec.aggregate)
        return "\n".join(
            (
                f"Index: {self.spec.title.en} ({self.spec.title.zh})",
                f"  {len(self.regions)} regions, {self.times[0]}-{self.times[-1]}, {self.tree.n_indicators} indicators",
                f"  elements: {', '.join(node.code for node in self.tree.elements)}",
                f"  steps: {', '.join(step.name for step in steps)}",
                f"  first in {self.times[-1]}: {', '.join(map(str, best))}",
                f"  filled cells: {(self.stages.origin > OBSERVED).mean():.1%}, left out: {len(self.omitted)} notes",
            )
        )

    @property
    def _axes(self) -> dict[str, Any]:
        return {REGION: self.regions, TIME: self.times} | self.axes

    def _panel(self, cells: npt.NDArray[Any]) -> Panel:
        leaves = self.tree.indicators
        coords = {
            **self._axes,
            INDICATOR: np.array([leaf.code for leaf in leaves], dtype=object),
            "name_en": (INDICATOR, [leaf.label.en for leaf in leaves]),
            "name_zh": (INDICATOR, [leaf.label.zh for leaf in leaves]),
            "parent": (INDICATOR, [leaf.parent for leaf in leaves]),
            "direction": (INDICATOR, [leaf.direction for leaf in leaves]),
            "unit": (INDICATOR, list(self.units.measured)),
        }
        return xr.DataArray(cells.transpose(1, 0, 2), dims=CELL, coords=coords, name="value")

    def _by_node(self, values: Floats) -> xr.DataArray:
        coords: dict[str, Any] = {NODE: np.array(self.tree.codes, dtype=object)}
        dims = (NODE,) if values.ndim == 1 else (TIME, NODE)
        if values.ndim == 2:
            coords[TIME] = self.times
        return xr.DataArray(values, dims=dims, coords=coords, name="weight")
