"""How near what stands in one space is to what stands in another, told by the regions that have both.

Science fields and technologies, or technologies and industries, are of two kinds; they are related where regions have
both of them more often than one of them alone explains. Density then says how much of what an activity draws on a
region has, in either direction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse, stats

from xinzhi.core.errors import Fault
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.methods import Family
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue
from xinzhi.structure._projection_kernels import poisson_binomial_tails
from xinzhi.structure.bicm import configuration
from xinzhi.structure.crossed import (
    ACTIVITY,
    Crossed,
    Csr,
    aligned,
    held,
    needs_links,
    noted,
    one_of,
    settled,
    totals,
)
from xinzhi.structure.density import share
from xinzhi.structure.fusion import common
from xinzhi.structure.links import ALL, Links, Names, Period

Chance = Literal["configuration", "hypergeometric"]

across_relatednesses = Family(
    "relatedness-across",
    zh="跨空间关联度",
    about="f(both: (source, target) regions with both, sources: (source,) and targets: (target,) regions with each, "
    "regions, *, options) -> (source, target); nan = not defined.",
)


@dataclass(frozen=True, eq=False)
class Across:
    """Relatedness of source to target activities, (source, target), missing where one of them is held nowhere.

    ``both`` counts the regions with both, ``expected`` how many chance gives, ``p`` how probable at least so many are
    by chance. ``notices`` name activities that are held nowhere.
    """

    method: str
    zh: str
    chance: Chance
    sources: Names
    targets: Names
    values: Floats
    both: Floats
    expected: Floats
    p: Floats
    notices: tuple[Fault, ...]
    record: Record

    def to_frame(self, *, alpha: float = 0.05) -> pd.DataFrame:
        """Rows of the pairs that are defined: source, target, relatedness, both, expected, p, q, significant.

        ``q`` is p after Benjamini and Hochberg 1995 over all pairs, ``significant`` whether it is at most ``alpha``.
        """
        rows, columns = np.nonzero(~np.isnan(self.values))
        at = rows, columns
        q = stats.false_discovery_control(self.p[at]) if len(rows) else np.empty(0)
        return pd.DataFrame(
            {
                "source": self.sources[rows],
                "target": self.targets[columns],
                "relatedness": self.values[at],
                "both": self.both[at].astype(int),
                "expected": self.expected[at],
                "p": self.p[at],
                "q": q,
                "significant": q <= alpha,
            }
        )

    def only_significant(self, *, alpha: float = 0.05) -> Across:
        """The same with nothing left of pairs that chance explains: their relatedness is 0."""
        known = ~np.isnan(self.values)
        q = np.ones(self.p.shape)
        q[known] = stats.false_discovery_control(self.p[known]) if known.any() else 1.0
        values = np.where(known & (q > alpha), 0.0, self.values)
        settings = self.record.settings | {"alpha": alpha}
        return replace(self, values=values, record=replace(self.record, settings=settings))

    def turned(self) -> Across:
        """The same seen from the targets: what was target is source."""
        return replace(
            self,
            sources=self.targets,
            targets=self.sources,
            values=self.values.T,
            both=self.both.T,
            expected=self.expected.T,
            p=self.p.T,
            record=replace(self.record, settings=self.record.settings | {"turned": True}),
        )

    def __repr__(self) -> str:
        frame = self.to_frame()
        lines = [
            f"Relatedness across: {self.method} ({self.zh}), {len(self.sources)} × {len(self.targets)} activities",
            f"  {int(frame['significant'].sum())} of {len(frame)} pairs beyond chance ({self.chance}, q ≤ 0.05)",
        ]
        if len(frame):
            top = frame.iloc[int(frame["p"].to_numpy().argmin())]
            lines.append(
                f"  surest: {top['source']} – {top['target']}, {top['both']} regions, {top['expected']:.1f} by chance"
            )
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class Support:
    """How much of what each target draws on a region has among the sources, region × target, missing if not defined.

    ``has`` says which targets a region has. It is support, not cause: regions that have much have both.
    """

    values: xr.DataArray
    has: Csr
    across: Across
    notices: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of the cells that are defined: region, activity, held, support."""
        frame = self.values.to_dataframe("support").reset_index()
        frame.insert(2, "held", self.has.toarray().ravel() != 0)
        return frame[frame["support"].notna()].reset_index(drop=True)

    def by_region(self) -> pd.DataFrame:
        """Rows: region, held and missing (mean support of targets it has and has not), difference (missing if none)."""
        values, has = self.values.values, self.has.toarray() != 0
        means = {}
        for name, which in (("held", has), ("missing", ~has)):
            known = which & ~np.isnan(values)
            count = known.sum(axis=1)
            means[name] = np.where(known, values, 0.0).sum(axis=1) / np.where(count > 0, count, np.nan)
        return pd.DataFrame(
            {REGION: self.values[REGION].values, **means, "difference": means["held"] - means["missing"]}
        )

    def __repr__(self) -> str:
        regions, activities = self.values.shape
        means = self.by_region()
        had, lacked = means["held"].mean(), means["missing"].mean()
        return (
            f"Support: {regions} regions × {activities} activities by {self.across.method}\n"
            f"  mean over regions: of what they have {had:.4f}, of what they do not {lacked:.4f}"
        )


def across(
    sources: Links,
    targets: Links,
    method: str | Callable[..., Any] = "min-probability",
    *,
    chance: Chance = "configuration",
    period: Period | None = None,
    **options: Any,
) -> Across:
    """Tell how near activities of one kind, such as science fields, are to those of another, such as technologies.

    ``sources`` and ``targets`` are who has what (``presence``), in the regions that both have and in ``period`` or the
    only one each has, which may differ: science of earlier years beside later technology. Every pair stands beside
    chance: ``"configuration"`` keeps how many activities of either kind each region has and how many regions have each
    (two bipartite configuration models, Poisson binomial), ``"hypergeometric"`` only the latter, so that regions that
    have much of everything make all pairs look related. ``method`` is of the family ``relatedness-across``.
    Raises ``MethodError``.
    """
    one_of("chance", chance, Chance)
    pair, left_out = common({"sources": _at(sources, period), "targets": _at(targets, period)})
    chosen, options = settled(across_relatednesses, method, options)
    first, second = (Crossed.of(one) for one in pair.values())
    a, b = held(first.matrix), held(second.matrix)
    both = np.asarray((a.T @ b).toarray(), dtype=float)
    in_a, in_b = totals(a, 0), totals(b, 0)
    defined = (in_a > 0)[:, None] & (in_b > 0)
    found = np.asarray(chosen.function(both, in_a, in_b, a.shape[0], **options), dtype=float)
    expected, p = _configured(a, b, both) if chance == "configuration" else _drawn(in_a, in_b, a.shape[0], both)
    notices = list(left_out)
    for labels, many in ((first.activities, in_a), (second.activities, in_b)):
        notices += noted(
            "held-nowhere",
            labels,
            many == 0,
            "held nowhere, so related to nothing: {}.",
            "没有任何地区拥有，关联度无定义：{}。",
        )
    return Across(
        chosen.name,
        chosen.zh,
        chance,
        first.activities,
        second.activities,
        np.where(defined, found, np.nan),
        both,
        expected,
        np.where(defined, p, np.nan),
        tuple(notices),
        Record(
            "across",
            {"method": chosen.name, "chance": chance, "period": period, **options},
            {"sources": first.digest, "targets": second.digest},
        ),
    )


def support(near: Across, sources: Links, targets: Links, *, period: Period | None = None) -> Support:
    """Tell how much of what each target draws on every region has: its sources' relatedness held over all of it.

    ``near`` may come from other regions or years; its activities are matched by label. For the other direction turn it:
    ``support(near.turned(), targets, sources)``. A target related to nothing has no support and is named.
    Raises ``MethodError``.
    """
    pair, left_out = common({"sources": _at(sources, period), "targets": _at(targets, period)})
    first, second = (Crossed.of(one) for one in pair.values())
    rows = aligned(near.sources, first.activities, "the relatedness", "关联度矩阵")
    columns = aligned(near.targets, second.activities, "the relatedness", "关联度矩阵")
    phi = np.nan_to_num(near.values[np.ix_(rows, columns)]).T
    if phi.size and phi.min() < 0:
        raise FaultyValue(
            "negative-relatedness",
            "support is a share of relatedness, which must not be negative. Take another method, or keep what is "
            "beyond chance: only_significant().",
            "支撑度是关联度的份额，关联度不得为负。请换用其他方法，或只保留显著关联：only_significant()。",
        )
    found = share(held(first.matrix), sparse.csr_array(phi))
    alone = np.asarray(np.isnan(found).all(axis=0))
    return Support(
        xr.DataArray(
            found,
            dims=(REGION, ACTIVITY),
            coords={REGION: first.regions, ACTIVITY: second.activities},
            name="support",
        ),
        second.matrix,
        near,
        (
            *left_out,
            *noted(
                "no-relatives",
                second.activities,
                alone,
                "nothing is related to {}; their support is not defined.",
                "没有任何活动与以下活动相关，其支撑度无定义：{}。",
            ),
        ),
        Record(
            "support",
            {"period": period},
            {"sources": first.digest, "targets": second.digest, "relatedness": digest(near.record.to_json())},
        ),
    )


@across_relatednesses.add("min-probability", zh="最小条件概率", cite="Hidalgo et al. 2007")
def min_probability(both: Floats, sources: Floats, targets: Floats, regions: int) -> Floats:
    """The lesser of two probabilities: of having the one where the other is had, and the other way round."""
    return _over(both, np.maximum.outer(sources, targets))


@across_relatednesses.add("probability", zh="条件概率", cite="Hausmann, Klinger 2007")
def probability(
    both: Floats, sources: Floats, targets: Floats, regions: int, *, given: Literal["source", "target"] = "source"
) -> Floats:
    """The probability of having the target where the source is had, or the source where the target is."""
    return _over(both, np.broadcast_to(sources[:, None] if given == "source" else targets, both.shape))


@across_relatednesses.add("association", zh="关联强度（提升度）", cite="van Eck, Waltman 2009")
def association(both: Floats, sources: Floats, targets: Floats, regions: int) -> Floats:
    """Regions with both over those expected if the two met by chance: 1 is chance, open above."""
    return _over(both * regions, np.outer(sources, targets))


@across_relatednesses.add("cosine", zh="余弦相似度", cite="Salton, McGill 1983")
def cosine(both: Floats, sources: Floats, targets: Floats, regions: int) -> Floats:
    """Regions with both over the geometric mean of those with each."""
    return _over(both, np.sqrt(np.outer(sources, targets)))


@across_relatednesses.add("jaccard", zh="杰卡德系数", cite="Jaccard 1901")
def jaccard(both: Floats, sources: Floats, targets: Floats, regions: int) -> Floats:
    """Regions with both over regions with either."""
    return _over(both, np.add.outer(sources, targets) - both)


@across_relatednesses.add("correlation", zh="相关系数（phi）", cite="Pearson 1895")
def correlation(both: Floats, sources: Floats, targets: Floats, regions: int) -> Floats:
    """Pearson correlation of having the one and having the other; not defined for what all or no regions have."""
    spread = np.outer(sources * (regions - sources), targets * (regions - targets))
    return _over(regions * both - np.outer(sources, targets), np.sqrt(spread))


def _over(top: Floats, bottom: Floats) -> Floats:
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0))


def _configured(a: Csr, b: Csr, both: Floats) -> tuple[Floats, Floats]:
    """Expected meetings and their chance where each layer is as its own configuration model makes it."""
    first, second = configuration(a), configuration(b)
    pairs, many = np.unique(np.stack([first.row, second.row]), axis=1, return_counts=True)
    mean = np.hstack([first.mean[pairs[0]], second.mean[pairs[1]]])
    width = first.mean.shape[1]
    expected = (first.mean[pairs[0]] * many[:, None]).T @ second.mean[pairs[1]]
    i, j = (one.ravel() for one in np.indices(both.shape))
    of_a, of_b = first.column[i], width + second.column[j]
    order = np.lexsort((of_b, of_a))
    tail = np.empty(both.size)
    tail[order] = poisson_binomial_tails(
        mean, many.astype(np.int64), of_a[order], of_b[order], both.ravel().astype(np.int64)[order]
    )
    return np.asarray(expected[first.column][:, second.column]), tail.reshape(both.shape)


def _drawn(sources: Floats, targets: Floats, regions: int, both: Floats) -> tuple[Floats, Floats]:
    """Expected meetings and their chance where each activity's regions are drawn at random: hypergeometric."""
    p = stats.hypergeom.sf(both - 1, regions, sources[:, None], targets[None, :])
    return np.outer(sources, targets) / max(regions, 1), np.asarray(p, dtype=float)


def _at(links: Links, period: Period | None) -> Links:
    """The period named, or the only one, whatever it is called: the two sides may be of different years."""
    needs_links(links)
    return replace(links, values=(links.at(period),), periods=(ALL,))
