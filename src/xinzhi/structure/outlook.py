"""What a region's place among related activities is worth: complexity outlook, opportunity gain, and coherence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record, digest
from xinzhi.structure.crossed import (
    ACTIVITY,
    Bools,
    Crossed,
    Csr,
    aligned,
    held,
    noted,
    per_label,
    totals,
)
from xinzhi.structure.density import Density, refuse_negative
from xinzhi.structure.links import Period
from xinzhi.structure.relatedness import Relatedness
from xinzhi.structure.squares import Square, blocks, dense, taken, times

Gain = Literal["hausmann-2014", "without-own"]
Scale = Literal["raw", "z"]
Neighbours = Literal["all", "spanning-tree"]


@dataclass(frozen=True, eq=False)
class Outlook:
    """How much complexity lies within reach: an ``index`` for every region, a ``gain`` for every missing activity.

    ``gain`` is region × activity, missing where the region has the activity already or nothing is known of it.
    """

    index: xr.DataArray
    gain: xr.DataArray
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of missing activities: region, activity, gain, and the region's index beside each."""
        frame = self.gain.to_dataframe("gain").reset_index()
        frame["index"] = np.repeat(self.index.values, self.gain.sizes[ACTIVITY])
        return frame[frame["gain"].notna()].reset_index(drop=True)

    def __repr__(self) -> str:
        ranked = self.index.to_series().sort_values(ascending=False)
        ends = ", ".join(f"{region} {value:.3f}" for region, value in ranked.dropna().head(3).items())
        return "\n".join(
            [
                f"Outlook: {self.index.sizes[REGION]} regions × {self.gain.sizes[ACTIVITY]} activities, gain "
                f"{self.record.settings['gain']}",
                f"  most complexity within reach: {ends}",
                f"  left out: {len(self.notes)} notes",
            ]
        )


@dataclass(frozen=True, eq=False)
class Coherence:
    """How related to one another a region's activities are: ``regions``, and ``activities`` (region × activity).

    ``activities`` is the mean relatedness of one of a region's activities to its others, weighted by their size;
    ``regions`` the mean of that, weighted again. Missing where a region has fewer than two activities.
    """

    regions: xr.DataArray
    activities: xr.DataArray
    neighbours: Neighbours
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Rows: region, coherence."""
        return self.regions.to_dataframe("coherence").reset_index()

    def __repr__(self) -> str:
        values = self.regions.values
        known = values[~np.isnan(values)]
        middle = f"; median {np.median(known):.4f}" if known.size else ""
        return (
            f"Coherence: {len(values)} regions, neighbours: {self.neighbours}{middle}\n"
            f"  missing for {int(np.isnan(values).sum())} regions"
        )


def outlook(
    links: Any,
    near: Density,
    complexity: Any,
    *,
    gain: Gain = "hausmann-2014",
    scale: Scale = "raw",
    period: Period | None = None,
) -> Outlook:
    """Tell how much complexity lies within a region's reach, and how much more each new activity would bring there.

    ``links`` is region × activity, who has what; ``near`` the density of the same links; ``complexity`` one number for
    every activity. The index is the sum over activities the region lacks of density × complexity, as it is (``scale =
    "raw"``) or standardised over regions (``"z"``, population standard deviation, as ecomplexity). The gain of an
    activity is the relatedness it would bring to the complexity of all that is lacking; ``"hausmann-2014"`` takes off
    the density × complexity that is given up by having it, ``"without-own"`` (ecomplexity) does not. Activities
    without complexity or density count nothing and are named. Hausmann, Hidalgo et al. 2014, The Atlas of Economic
    Complexity. Raises ``MethodError``.
    """
    crossed = Crossed.of(links, period)
    pci = per_label(complexity, crossed.activities, "complexity", "复杂度")
    at = aligned(near.relatedness.activities, crossed.activities, "the relatedness", "关联度矩阵")
    d = _over(near, crossed)
    has = held(crossed.matrix)
    index = outlook_index(has, d, pci, scale=scale)
    gains = outlook_gain(has, d, taken(near.relatedness.matrix, at), pci, convention=gain)
    return as_outlook(crossed, near, pci, index, gains, {"gain": gain, "scale": scale, "period": period})


def as_outlook(
    crossed: Crossed, near: Density, pci: Floats, index: Floats, gains: Floats, settings: dict[str, Any]
) -> Outlook:
    """What was found of regions (regions,) and of activities there, with labels, notes and the record."""
    return Outlook(
        xr.DataArray(index, dims=(REGION,), coords={REGION: crossed.regions}, name="outlook"),
        xr.DataArray(
            gains, dims=(REGION, ACTIVITY), coords={REGION: crossed.regions, ACTIVITY: crossed.activities}, name="gain"
        ),
        noted(
            "no-complexity",
            crossed.activities,
            np.isnan(pci),
            "no complexity is given for {}; they count nothing.",
            "以下活动未给出复杂度，不计入：{}。",
        )
        + near.notes,
        Record(
            "outlook",
            settings,
            {
                "links": crossed.digest,
                "density": digest(near.record.to_json()),
                "complexity": digest(np.ascontiguousarray(pci).tobytes()),
            },
        ),
    )


def _over(near: Density, crossed: Crossed) -> Floats:
    """The density in the order of the links."""
    rows = aligned(near.values[REGION].values, crossed.regions, "the density", "关联密度")
    columns = aligned(near.values[ACTIVITY].values, crossed.activities, "the density", "关联密度")
    values = np.asarray(near.values.values)
    if np.array_equal(rows, np.arange(values.shape[0])) and np.array_equal(columns, np.arange(values.shape[1])):
        return values
    return values[np.ix_(rows, columns)]


def outlook_index(held: Csr, density: Floats, complexity: Floats, *, scale: Scale = "raw") -> Floats:
    """The density-weighted complexity of all a region lacks; (regions,). What is not known counts nothing."""
    worth, index = np.where(np.isnan(complexity), 0.0, complexity), np.empty(held.shape[0])
    for rows in blocks(held.shape[0]):
        lacking = np.where(held[rows].toarray() != 0, 0.0, density[rows])
        lacking[np.isnan(lacking)] = 0.0
        index[rows] = lacking @ worth
    if scale == "raw":
        return index
    spread = index.std()
    return np.asarray((index - index.mean()) / (spread if spread > 0 else np.nan))


def outlook_gain(
    held: Csr, density: Floats, relatedness: Square, complexity: Floats, *, convention: Gain = "hausmann-2014"
) -> Floats:
    """What having one more activity would bring near, (regions, activities); missing for activities already there.

    Sum over lacking q of relatedness(q, p) / sum of relatedness(q, ·) × complexity of q. Raises ``FaultyValue``.
    """
    refuse_negative(relatedness)
    worth = worth_near(relatedness, complexity)
    weighed = sparse.csr_array((held.data * worth[held.indices], held.indices, held.indptr), held.shape)
    near = times(weighed, relatedness)
    return as_gain(near, held, density, relatedness, complexity, worth, convention=convention)


def worth_near(relatedness: Square, complexity: Floats) -> Floats:
    """What the relatedness to each activity is worth: its complexity over all its relatedness; 0 where not known."""
    total = totals(relatedness, 1)
    return np.asarray(np.nan_to_num(complexity) / np.where(total > 0, total, 1))


def as_gain(
    near: Floats,
    held: Csr,
    density: Floats,
    relatedness: Square,
    complexity: Floats,
    worth: Floats,
    *,
    convention: Gain = "hausmann-2014",
) -> Floats:
    """The gain from the worth of all relatedness to what a region has already, ``near``; in place."""
    # What all would bring less what the region has already, of which there is less to add up.
    gain: Floats = np.subtract(np.asarray(worth @ relatedness), near, out=near)
    unknown = (totals(relatedness, 1) <= 0) | np.isnan(complexity)
    for rows in blocks(held.shape[0]):
        if convention == "hausmann-2014":
            gain[rows] -= density[rows] * complexity
        gain[rows][(held[rows].toarray() != 0) | unknown] = np.nan
    return gain


def coherence(
    values: Any, near: Relatedness, *, neighbours: Neighbours = "all", period: Period | None = None
) -> Coherence:
    """Tell how related to one another the activities of each region are.

    ``values`` is region × activity, sizes or ones and zeros. The relatedness of an activity to the others of its region
    is their mean weighted by size; ``neighbours = "spanning-tree"`` counts only those that hang together along the
    region's maximum spanning tree (Teece's nearest neighbours). Any relatedness does, negative ones too; Teece et al.
    1994, JEBO 23: 1, use the ``z-score``. The region's coherence weights activities by size: Nesta, Saviotti 2005,
    Journal of Industrial Economics 53: 123. A region with fewer than two activities has none and is named.
    """
    crossed = Crossed.of(values, period)
    at = aligned(near.activities, crossed.activities, "the relatedness", "关联度矩阵")
    tau = taken(near.matrix, at)
    own, whole = coherences(crossed.matrix, tau, near.undefined[at], neighbours=neighbours)
    alone = np.isnan(whole)
    return Coherence(
        xr.DataArray(whole, dims=(REGION,), coords={REGION: crossed.regions}, name="coherence"),
        xr.DataArray(
            own,
            dims=(REGION, ACTIVITY),
            coords={REGION: crossed.regions, ACTIVITY: crossed.activities},
            name="coherence",
        ),
        neighbours,
        noted(
            "too-few-activities",
            crossed.regions,
            alone,
            "fewer than two activities with a relatedness in {}; no coherence is given.",
            "以下地区有关联度的活动不足两项，不给出一致性：{}。",
        ),
        Record(
            "coherence",
            {"neighbours": neighbours, "period": period},
            {"values": crossed.digest, "relatedness": digest(near.record.to_json())},
        ),
    )


def coherences(values: Csr, tau: Square, undefined: Bools, *, neighbours: Neighbours = "all") -> tuple[Floats, Floats]:
    """Mean relatedness of each of a region's activities to its others, (regions, activities), and of regions."""
    own = np.full(values.shape, np.nan)
    whole = np.full(values.shape[0], np.nan)
    for region in range(values.shape[0]):
        span = slice(values.indptr[region], values.indptr[region + 1])
        at, size = values.indices[span], values.data[span]
        there = (size > 0) & ~undefined[at]
        at, size = np.asarray(at[there], dtype=np.intp), size[there]
        if len(at) < 2:
            continue
        ties = dense(taken(tau, at))
        np.fill_diagonal(ties, 0.0)
        counts = _spanning(ties) if neighbours == "spanning-tree" else ~np.eye(len(at), dtype=bool)
        mean = ((ties * counts) @ size) / (counts @ size)
        own[region, at] = mean
        whole[region] = (mean * size).sum() / size.sum()
    return own, whole


def _spanning(ties: Floats) -> Bools:
    """Who hangs on whom along the maximum spanning tree."""
    # A sparse graph has no tie of zero, so strengths are turned into lengths that are all above it.
    lengths = ties.max() - ties + 1.0
    np.fill_diagonal(lengths, 0.0)
    tree = sparse.csgraph.minimum_spanning_tree(lengths).toarray() > 0
    return np.asarray(tree | tree.T)
