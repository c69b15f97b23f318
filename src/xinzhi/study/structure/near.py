"""What lies within reach of each region: relatedness, density beside chance, and the outlook, period by period."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.structure.bicm import configuration
from xinzhi.structure.complexity import Complexity
from xinzhi.structure.density import Density, density
from xinzhi.structure.links import Links, Period, stored
from xinzhi.structure.network import communities
from xinzhi.structure.outlook import Outlook, coherence, outlook
from xinzhi.structure.relatedness import Relatedness, relatedness
from xinzhi.structure.space import space
from xinzhi.structure.squares import Ints, entries, taken
from xinzhi.study.structure.spec import LinksSpec

# Pairs of activities beyond this many are told by the tree and the strongest of each.
_MOST_TIES = 500_000
_STRONGEST = 20


@dataclass(frozen=True, eq=False)
class Near:
    """What was told of relatedness; empty where it was not asked for or cannot be.

    ``regions`` has, by period, one table: region, density_held, density_missing, coherence, outlook. The rest is of
    the last period: ``by_chance`` (region, activity) is the density that diversity and ubiquity alone lead to expect,
    ``communities`` numbers the group of each activity from 1, 0 where it belongs to none.
    """

    relatedness: Relatedness | None = None
    density: Density | None = None
    by_chance: Floats | None = None
    outlook: Outlook | None = None
    communities: Ints | None = None
    regions: tuple[pd.DataFrame, ...] = ()
    ties: pd.DataFrame = field(default_factory=pd.DataFrame)
    notices: tuple[Fault, ...] = ()


def near(held: Links, scored: Complexity | None, spec: LinksSpec) -> Near:
    """Work out what lies near, from who has what. Raises ``MethodError`` where relatedness itself cannot be told."""
    chosen = spec.relatedness
    if chosen is None:
        return Near()
    notices: list[Fault] = []
    rows: list[pd.DataFrame] = []
    for at, period in enumerate(held.periods):
        tied = relatedness(
            held, chosen.method, above=chosen.above, nearest=chosen.nearest, period=period, **chosen.options
        )
        notices += tied.notes
        close = coherence(held, tied, period=period)
        table = pd.DataFrame({"region": held.regions, "coherence": close.regions.values})
        reach, ahead = None, None
        worth = None if scored is None else scored.activities.values[at]
        try:
            reach, ahead = _reached(held, tied, worth, spec, period)
        except MethodError as error:
            notices += as_warnings(error.faults)
        if reach is not None:
            notices += reach.notes
            means = reach.by_region()
            table["density_held"], table["density_missing"] = means["held"], means["missing"]
            if ahead is not None:
                table["outlook"] = ahead.index.values
        rows.append(table)
    groups = None
    try:
        groups = communities(tied).nodes["community"].to_numpy()
    except MethodError as error:
        notices += as_warnings(error.faults)
    return Near(
        tied,
        reach,
        None if reach is None else _by_chance(reach, spec),
        ahead,
        groups,
        tuple(rows),
        _ties(tied),
        tuple(dict.fromkeys(notices)),
    )


def _reached(
    held: Links, tied: Relatedness, worth: Floats | None, spec: LinksSpec, period: Period
) -> tuple[Density, Outlook | None]:
    """The density, and the outlook where activities have a complexity: both at once where the density is a share."""
    chosen, known = spec.density, worth is not None and not np.isnan(worth).all()
    if known and chosen.method == "share" and not chosen.options:
        both = space(held, worth, tied, period=period)
        return both.density, both.outlook
    reach = density(held, tied, chosen.method, period=period, **chosen.options)
    return reach, outlook(held, reach, worth, period=period) if known else None


def as_warnings(faults: tuple[Fault, ...]) -> list[Fault]:
    """Faults as what is worth knowing: the study goes on without what they forbid."""
    return [replace(fault, severity="warning") for fault in faults]


def _by_chance(reach: Density, spec: LinksSpec) -> Floats:
    """The density of links as probable as the bipartite configuration model makes them, (region, activity).

    The relatedness stays as it was found. Regions of the same diversity have the same probabilities, so each such row
    is worked out once.
    """
    chance = configuration(stored(reach.held), "links")
    kinds = sparse.csr_array(chance.mean[:, chance.column])
    phi = taken(reach.relatedness.matrix, np.arange(len(reach.relatedness.activities)))
    found = np.asarray(spec.density.function(kinds, phi, **spec.density.options), dtype=float)
    return np.asarray(found[chance.row])


def _ties(tied: Relatedness) -> pd.DataFrame:
    """Every pair of related activities, once, the larger of both directions, and whether the spanning tree has it."""
    rows, columns, values = entries(tied.matrix)
    size = len(tied.activities)
    both = sparse.coo_array((values, (rows, columns)), (size, size)).tocsr()
    both = sparse.csr_array(both.maximum(both.T))
    pairs = sparse.triu(both, 1).tocoo()
    i, j = (np.asarray(one, dtype=np.intp) for one in pairs.coords)
    strength = np.asarray(pairs.data)
    # A sparse graph has no edge of length 0, so strengths are turned into lengths that are all above it.
    lengths = sparse.coo_array((strength.max(initial=0.0) - strength + 1.0, (i, j)), (size, size)).tocsr()
    tree = sparse.csgraph.minimum_spanning_tree(lengths).tocoo()
    a, b = (np.asarray(one, dtype=np.int64) for one in tree.coords)
    inside = np.isin(i * size + j, np.minimum(a, b) * size + np.maximum(a, b))
    table = pd.DataFrame(
        {
            "activity": tied.activities[i],
            "other": tied.activities[j],
            "relatedness": strength,
            "tree": inside,
        }
    ).sort_values("relatedness", ascending=False, kind="stable", ignore_index=True)
    if len(table) <= _MOST_TIES:
        return table
    first = table.groupby("activity").cumcount() < _STRONGEST
    second = table.groupby("other").cumcount() < _STRONGEST
    return table[table["tree"] | first | second].reset_index(drop=True)
