"""How much of what an activity is related to a region already has: relatedness density, and its mean by region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.methods import Family, Method
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.crossed import ACTIVITY, Crossed, Csr, aligned, noted, one_of, settled, totals
from xinzhi.structure.links import Period
from xinzhi.structure.relatedness import Relatedness, kept, relatedness
from xinzhi.structure.squares import Square, taken, times, turned, with_diagonal

Among = Literal["all", "held", "missing"]
Weights = Literal["relatedness", "equal"]

densities = Family(
    "relatedness-density",
    zh="关联密度",
    about="f(held: (regions, activities) csr, relatedness: (activities, activities) csr, row i what others are to i, "
    "*, options) -> (regions, activities); nan = not defined.",
)


@dataclass(frozen=True, eq=False)
class Density:
    """Relatedness density, region × activity, missing where not defined or not asked for (``among``).

    ``held`` says which activities a region has. ``relatedness`` is what it was made with.
    """

    method: str
    zh: str
    among: Among
    values: xr.DataArray
    held: Csr
    relatedness: Relatedness
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of the cells that are defined: region, activity, held, density."""
        frame = self.values.to_dataframe("density").reset_index()
        frame.insert(2, "held", self.held.toarray().ravel() != 0)
        return frame[frame["density"].notna()].reset_index(drop=True)

    def by_region(self) -> pd.DataFrame:
        """The mean density of a region's activities: ``held`` and ``missing`` (missing where it has none or all).

        Over those held it is how close-knit a region's portfolio is, over those missing how near the rest lies.
        Balland, Rigby, Boschma 2015, Cambridge Journal of Regions 8: 167.
        """
        values, has = self.values.values, self.held.toarray() != 0
        means = {name: _mean(np.where(which, values, np.nan)) for name, which in (("held", has), ("missing", ~has))}
        return pd.DataFrame({REGION: self.values[REGION].values, **means})

    def __repr__(self) -> str:
        known = self.values.values[~np.isnan(self.values.values)]
        regions, activities = self.values.shape
        lines = [
            f"Density: {self.method} ({self.zh}) of {self.relatedness.method}, {regions} regions × {activities} "
            f"activities, among {self.among}"
        ]
        if known.size:
            low, middle, high = np.percentile(known, (5, 50, 95))
            lines.append(f"  median {middle:.4f}; nine in ten lie within {low:.4f} and {high:.4f}")
        return "\n".join([*lines, f"  {np.isnan(self.values.values).mean():.1%} of cells not defined or not asked for"])


def density(
    links: Any,
    near: Relatedness | str | Callable[..., Any] = "min-probability",
    method: str | Callable[..., Any] = "share",
    *,
    among: Among = "all",
    values: Any = None,
    period: Period | None = None,
    **options: Any,
) -> Density:
    """Tell how much of what an activity is related to each region already has.

    ``links`` is region × activity, who has what. ``near`` is a ``Relatedness``, which may come from other regions or
    another year (its activities are matched by label), or the name of a method that makes one of the same links.
    ``among`` leaves out activities that a region has (``"missing"``) or does not have (``"held"``). ``values`` are
    counted in place of ones and zeros, such as location quotients (ecomplexity's continuous density, not bounded by 1).
    ``options`` are the method's own. An activity with no relative has no density: it is missing there and named.
    Raises ``MethodError``.
    """
    one_of("among", among, Among)
    crossed = Crossed.of(links, period)
    space = near if isinstance(near, Relatedness) else relatedness(crossed, near)
    chosen, options = settled(densities, method, options)
    at = aligned(space.activities, crossed.activities, "the relatedness", "关联度矩阵")
    phi = taken(space.matrix, at)
    counted = crossed if values is None else _same(values, crossed, period)
    refuse_negative(phi)
    found = np.asarray(chosen.function(counted.matrix, phi, **options), dtype=float)
    inputs = {} if values is None else {"values": counted.digest}
    return as_density(crossed, space, chosen, found, among, {"period": period, **options}, inputs)


def as_density(
    crossed: Crossed,
    space: Relatedness,
    chosen: Method,
    found: Floats,
    among: Among,
    settings: dict[str, Any],
    inputs: dict[str, str],
) -> Density:
    """What a method found (regions, activities), with its labels, its notes and its record."""
    alone = ~np.isfinite(found[:1]).ravel() if found.shape[0] else np.zeros(found.shape[1], dtype=bool)
    alone[alone] = np.isnan(found[:, alone]).all(axis=0)
    if among != "all":
        has = crossed.matrix.toarray() != 0
        found = np.where(has if among == "held" else ~has, found, np.nan)
    return Density(
        chosen.name,
        chosen.zh,
        among,
        xr.DataArray(
            found,
            dims=(REGION, ACTIVITY),
            coords={REGION: crossed.regions, ACTIVITY: crossed.activities},
            name="density",
        ),
        crossed.matrix,
        space,
        noted(
            "no-relatives",
            crossed.activities,
            alone,
            "nothing is related to {}; their density is not defined.",
            "没有任何活动与以下活动相关，其关联密度无定义：{}。",
        ),
        Record(
            "density",
            {"method": chosen.name, "among": among, **settings},
            {"links": crossed.digest, "relatedness": digest(space.record.to_json()), **inputs},
        ),
    )


@densities.add("share", zh="关联密度（全部关联活动）", cite="Hausmann, Klinger 2007; Hidalgo et al. 2007")
def share(held: Csr, relatedness: Square) -> Floats:
    """The share of all relatedness to an activity that lies with what the region has.

    Sum over j of held × relatedness over the sum of relatedness; whether an activity counts for itself is the
    diagonal's to say. Hidalgo et al. 2007, Science 317: 482; EconGeo gives it in per cent.
    """
    return as_share(times(held, turned(relatedness)), relatedness)


def as_share(found: Floats, relatedness: Square) -> Floats:
    """Sums of relatedness to each activity (regions, activities), made shares of all there is; in place."""
    total = totals(relatedness, 1)
    found /= np.where(total > 0, total, np.nan)
    return found


@densities.add("nearest", zh="K 近邻关联密度", cite="Hidalgo et al. 2007")
def nearest(held: Csr, relatedness: Square, *, k: int = 10, weights: Weights = "relatedness") -> Floats:
    """The share of relatedness to an activity's own ``k`` nearest that lies with what the region has.

    The nearest are those of each activity, itself left out; those that tie for the last place all count, and where
    fewer are related at all, these. ``weights = "equal"`` counts each of the nearest once.
    """
    hollow = with_diagonal(relatedness, np.zeros(relatedness.shape[0]))
    among = kept(hollow, nearest=k, binary=weights == "equal")
    return share(held, among)


def refuse_negative(phi: Square) -> None:
    """Raise ``FaultyValue`` where relatedness is negative: a share of it would mean nothing."""
    lowest = float(phi.min()) if phi.shape[0] else 0.0
    if lowest < 0:
        raise FaultyValue(
            "negative-relatedness",
            f"density is a share of relatedness, which must not be negative; the lowest is {lowest:.4g}. "
            "Keep what is above nothing: above = 0.",
            f"密度是关联度的份额，关联度不得为负；最低为 {lowest:.4g}。请只保留正值：above = 0。",
        )


def _mean(values: Floats) -> Floats:
    """The mean of what is known in each row; missing where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / np.where(count > 0, count, np.nan))


def _same(values: Any, links: Crossed, period: Period | None) -> Crossed:
    """Values in the order of the links they go with."""
    given = Crossed.of(values, period)
    rows = aligned(given.regions, links.regions, "the table of values", "取值表")
    columns = aligned(given.activities, links.activities, "the table of values", "取值表")
    return Crossed(given.matrix[rows][:, columns].tocsr(), links.regions, links.activities)
