"""The shape of the network of regions and activities: communities in it, and how nested it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION
from xinzhi.core.results import Record, digest
from xinzhi.structure._network_kernels import move_nodes
from xinzhi.structure.crossed import ACTIVITY, Crossed, Csr, held, noted, one_of, per_label, totals
from xinzhi.structure.links import Counts, Names, Period
from xinzhi.structure.relatedness import Relatedness
from xinzhi.structure.squares import entries

Weighing = Literal["pairs", "sides"]


@dataclass(frozen=True, eq=False)
class Communities:
    """Groups of nodes more linked among themselves than chance has it, and the modularity of that partition.

    ``nodes`` has one row a node: ``kind`` (region or activity), ``label``, ``community`` (numbered from 1, the largest
    first; 0 for a node without any link). ``starts`` are the modularities reached from every random order.
    """

    modularity: float
    nodes: pd.DataFrame
    starts: tuple[float, ...]
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Rows: kind, label, community."""
        return self.nodes.copy()

    def __repr__(self) -> str:
        sizes = self.nodes.loc[self.nodes["community"] > 0, "community"].value_counts().sort_index()
        return "\n".join(
            [
                f"Communities: {len(sizes)} of {int(sizes.sum())} nodes, modularity {self.modularity:.4f}",
                f"  sizes: {', '.join(map(str, sizes.to_list()[:8]))}{' …' if len(sizes) > 8 else ''}",
                f"  from {len(self.starts)} starts: {min(self.starts):.4f} to {max(self.starts):.4f}",
            ]
        )


@dataclass(frozen=True)
class Nestedness:
    """How far the activities of the less diverse are found among those of the more diverse, from 0 to 1 (NODF).

    ``regions`` compares regions by their activities, ``activities`` the other way round, ``value`` is both.
    """

    value: float
    regions: float
    activities: float
    weigh: Weighing
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row: value, regions, activities."""
        return pd.DataFrame([{"value": self.value, "regions": self.regions, "activities": self.activities}])

    def __repr__(self) -> str:
        return (
            f"Nestedness (NODF): {self.value:.4f}, by {self.weigh}\n"
            f"  of regions {self.regions:.4f}, of activities {self.activities:.4f}"
        )


def communities(
    links: Any | Relatedness,
    *,
    resolution: float = 1.0,
    starts: int = 10,
    seed: int = 0,
    period: Period | None = None,
) -> Communities:
    """Find groups of regions and activities, or of activities in a relatedness, by the greatest modularity met.

    Links of region × activity are parted into groups of both (Barber 2007, Physical Review E 76: 066102), weighed by
    their values; a ``Relatedness`` into groups of activities (Newman 2006, PNAS 103: 8577), its diagonal left out.
    Nodes move one at a time and groups merge (Blondel et al. 2008) from ``starts`` random orders, of which the best
    counts: a good partition, not proven the best. ``resolution`` above 1 makes smaller groups. Raises ``MethodError``.
    """
    rng = np.random.default_rng(seed)
    if starts < 1 or not resolution > 0:
        raise MethodError(
            Fault(
                "bad-option",
                f"starts must be at least 1 and resolution above 0; found {starts} and {resolution:g}.",
                f"starts 至少为 1，resolution 须大于 0；实际为 {starts} 和 {resolution:g}。",
            )
        )
    flows, kinds, labels, seen = _network(links, period)
    if not flows.sum() > 0:
        raise MethodError(_no_links())
    found = [_grown(flows, resolution, rng) for _ in range(starts)]
    reached = tuple(modularity(flows, partition, resolution=resolution) for partition in found)
    best = found[int(np.argmax(np.round(reached, 12)))]  # of equals the first
    linked = (totals(flows, 0) + totals(flows, 1)) > 0
    numbers = np.where(linked, _numbered(best, linked), 0)
    settings = {"resolution": resolution, "starts": starts, "period": period}
    return Communities(
        max(reached),
        pd.DataFrame({"kind": kinds, "label": labels, "community": numbers}),
        reached,
        noted(
            "no-links",
            labels,
            ~linked,
            "{} have no link and belong to no group.",
            "以下节点没有任何联系，不属于任何社区：{}。",
        ),
        Record("communities", settings, {"links": seen}, seed),
    )


def partition_modularity(
    links: Any | Relatedness, partition: pd.DataFrame, *, resolution: float = 1.0, period: Period | None = None
) -> float:
    """The modularity of a partition that is given: links inside groups less those that chance puts there.

    ``partition`` has one row a node: kind (region or activity), label, community; a relatedness has activities only.
    Raises ``MethodError``.
    """
    flows, kinds, labels, _ = _network(links, period)
    if not flows.sum() > 0:
        raise MethodError(_no_links())
    if absent := [name for name in ("kind", "label", "community") if name not in partition.columns]:
        raise MethodError(
            Fault(
                "no-column",
                f"a partition needs the columns kind, label and community; missing: {', '.join(absent)}.",
                f"社区划分须含 kind、label、community 三列；缺少：{'、'.join(absent)}。",
            )
        )
    given = pd.Series(
        pd.factorize(partition["community"].astype(str))[0],
        index=[f"{kind} {label}" for kind, label in zip(partition["kind"], partition["label"], strict=True)],
    )
    nodes = np.array([f"{kind} {label}" for kind, label in zip(kinds, labels, strict=True)], dtype=object)
    groups = per_label(given, nodes, "the partition", "社区划分")
    return modularity(flows, groups.astype(np.int64), resolution=resolution)


def nestedness(links: Any, *, weigh: Weighing = "pairs", period: Period | None = None) -> Nestedness:
    """Tell how nested who has what is: NODF, overlap and decreasing fill, from 0 to 1.

    For every two regions of different diversity, the part of the lesser one's activities that the other has too; 0 for
    two of the same; likewise for activities. ``weigh = "pairs"`` is the mean over all pairs of either kind
    (Almeida-Neto et al. 2008, Oikos 117: 1227), ``"sides"`` the mean of the two means (fermi-cref). Regions and
    activities without any link are left out and named. Raises ``MethodError``.
    """
    one_of("weigh", weigh, Weighing)
    crossed = Crossed.of(links, period)
    present = held(crossed.matrix)
    rows, columns = totals(present, 1) > 0, totals(present, 0) > 0
    left = present[rows][:, columns].tocsr()
    sides = nested(left), nested(left.T.tocsr())
    means = [total / pairs if pairs else np.nan for total, pairs in sides]
    pairs = sum(pairs for _, pairs in sides)
    overall = sum(total for total, _ in sides) / pairs if pairs else np.nan
    empty = "{} have no link and are left out.", "以下对象没有任何联系，已剔除：{}。"
    return Nestedness(
        overall if weigh == "pairs" else float(np.mean(means)),
        means[0],
        means[1],
        weigh,
        noted("no-links", crossed.regions, ~rows, *empty) + noted("no-links", crossed.activities, ~columns, *empty),
        Record("nestedness", {"weigh": weigh, "period": period}, {"links": crossed.digest}),
    )


def nested(present: Csr) -> tuple[float, int]:
    """The sum of NODF over pairs of rows, and how many pairs there are."""
    n = present.shape[0]
    degree = totals(present, 1)
    overlap = (present @ present.T).tocoo()
    i, j = overlap.row, overlap.col
    counted = (i < j) & (degree[i] != degree[j])
    total = (overlap.data[counted] / np.minimum(degree[i[counted]], degree[j[counted]])).sum()
    return float(total), n * (n - 1) // 2


def modularity(flows: Csr, community: Counts, *, resolution: float = 1.0) -> float:
    """Links inside groups less what chance puts there: sum over groups of inside / m - resolution × out × in / m².

    ``flows`` (node, node) holds a link of regions and activities once, from the one to the other (Barber), and a link
    between activities in both directions (Newman).
    """
    m = float(flows.sum())
    groups = int(community.max()) + 1
    out = np.bincount(community, weights=totals(flows, 1), minlength=groups)
    into = np.bincount(community, weights=totals(flows, 0), minlength=groups)
    cells = flows.tocoo()
    inside = cells.data[community[cells.row] == community[cells.col]].sum()
    return float(inside / m - resolution * (out / m * (into / m)).sum())


def _grown(flows: Csr, resolution: float, rng: np.random.Generator) -> Counts:
    """A partition grown from single nodes: move nodes, merge each group into one, and again until nothing moves."""
    partition = np.arange(flows.shape[0])
    total = float(flows.sum())
    while True:
        both = sparse.csr_array(flows + flows.T)
        moved = move_nodes(
            both.indptr.astype(np.int64),
            both.indices.astype(np.int64),
            both.data,
            totals(flows, 1),
            totals(flows, 0),
            total,
            rng.permutation(flows.shape[0]),
            resolution,
        )
        groups, codes = np.unique(moved, return_inverse=True)
        partition = codes[partition]
        if len(groups) == flows.shape[0]:
            return partition.astype(np.int64)
        size = flows.shape[0]
        into = sparse.csr_array((np.ones(size), (np.arange(size), codes)), (size, len(groups)))
        flows = sparse.csr_array(into.T @ flows @ into)


def _network(links: Any, period: Period | None) -> tuple[Csr, Names, Names, str]:
    """The links among nodes, what kind each node is, what it is called, and a digest."""
    if isinstance(links, Relatedness):
        rows, columns, values = entries(links.matrix)
        if (values < 0).any():
            raise MethodError(
                Fault(
                    "negative-relatedness",
                    f"groups are found in links that are not negative; the lowest is {values.min():.4g}. Keep what is "
                    "above nothing: above = 0.",
                    f"划分社区要求联系非负；最低为 {values.min():.4g}。请只保留正值：above = 0。",
                )
            )
        size = len(links.activities)
        one_way = sparse.csr_array((values, (rows, columns)), (size, size))
        both = sparse.csr_array((one_way + one_way.T) / 2)
        return both, _repeated(ACTIVITY, size), links.activities, digest(links.record.to_json())
    crossed = Crossed.of(links, period)
    regions, activities = crossed.matrix.shape
    cells = crossed.matrix.tocoo()
    flows = sparse.csr_array(
        (cells.data, (cells.row, cells.col + regions)), (regions + activities, regions + activities)
    )
    kinds = np.concatenate([_repeated(REGION, regions), _repeated(ACTIVITY, activities)])
    return flows, kinds, np.concatenate([crossed.regions, crossed.activities]), crossed.digest


def _no_links() -> Fault:
    return Fault("no-links", "there are no links to find groups in.", "没有任何联系，无法划分社区。")


def _repeated(word: str, times: int) -> Names:
    return np.full(times, word, dtype=object)


def _numbered(partition: Counts, linked: Any) -> Counts:
    """Groups numbered from 1, the largest first, those of a size in the order they are met."""
    codes, first = np.unique(partition[linked], return_index=True)
    sizes = np.bincount(partition[linked], minlength=int(partition.max()) + 1)[codes]
    rank = np.zeros(int(partition.max()) + 1, dtype=np.int64)
    rank[codes[np.lexsort((first, -sizes))]] = np.arange(1, len(codes) + 1)
    return rank[partition]
