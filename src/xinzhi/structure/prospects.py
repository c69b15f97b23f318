"""What is known of a missing link before anybody can know whether it will be taken up: the features of a forecast.

Everything is told from the period at hand and those before it. All features stay finite for regions with one activity
and for activities that every region has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import linalg

from xinzhi.core.labels import Floats
from xinzhi.structure.crossed import Csr
from xinzhi.structure.density import share
from xinzhi.structure.intensity import location_quotients
from xinzhi.structure.links import Places, stored
from xinzhi.structure.relatedness import min_probability
from xinzhi.structure.squares import with_diagonal

Values = Literal["amounts", "quotients"]

# A location quotient beyond this says that the region is small, not that it is that much stronger.
_STRONG = 20.0
_SMOOTH = (4, 12, 30)
_SWEEPS = 500

HISTORY = ("held before", "linked before", "strength before")
PAIRS = (
    ("reach", "strength"),
    ("reach", "spread"),
    ("diversity", "ubiquity"),
    ("reach", "density"),
    ("reach", "smooth 4"),
    ("reach", "alike activities"),
)
PAIRS_OF_HISTORY = (("strength before", "strength"), ("held before", "reach"))
NAMES_ZH = {
    "diversity": "多样性",
    "reach": "涉足活动数",
    "specialised": "优势活动占比",
    "size": "地区规模",
    "concentration": "集中度",
    "middle strength": "地区优势中位数",
    "ubiquity": "普遍性",
    "spread": "涉足地区数",
    "contested": "优势地区占比",
    "weight": "活动规模",
    "middle strength there": "活动优势中位数",
    "diversity × ubiquity": "多样性×普遍性",
    "expected size": "期望规模",
    "density": "关联密度",
    "strength": "现有强度",
    "alike activities": "相似活动（优势）",
    "alike activities linked": "相似活动（涉足）",
    "links alike": "涉足活动的相似度",
    "alike regions linked": "相似地区（涉足）",
    "smooth 4": "平滑强度（4 维）",
    "smooth 12": "平滑强度（12 维）",
    "smooth 30": "平滑强度（30 维）",
    "links smooth 12": "平滑涉足（12 维）",
    "held before": "此前具备次数",
    "linked before": "此前涉足次数",
    "strength before": "此前强度",
}


@dataclass(frozen=True, eq=False)
class Known:
    """A period: ``amounts`` and who is present, ``held``; csr (region, activity), over the same labels."""

    amounts: Csr
    held: Csr


@dataclass(frozen=True, eq=False)
class Prospects:
    """Features (cells, features) of missing links at ``rows`` and ``columns``, by name; ``nan`` = not known yet."""

    names: tuple[str, ...]
    features: Floats
    rows: Places
    columns: Places

    def of(self, name: str) -> Floats:
        """One feature of every cell."""
        return np.asarray(self.features[:, self.names.index(name)])

    def relative(self) -> Prospects:
        """Every feature in standard deviations from its mean over these cells, so that fields of any size compare."""
        known = ~np.isnan(self.features)
        count = np.maximum(known.sum(axis=0), 1)
        middle = np.where(known, self.features, 0.0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, self.features - middle, 0.0) ** 2).sum(axis=0) / count)
        scaled = (self.features - middle) / np.where(spread > 1e-9 * (1 + np.abs(middle)), spread, np.inf)
        return replace(self, features=scaled)


def prospects(periods: Sequence[Known], rows: Places, columns: Places, values: Values) -> Prospects:
    """The features of cells of the last of these periods; what earlier periods tell is ``nan`` where there are none.

    ``values`` says whether the numbers are amounts, or location quotients already, whose shares are then recovered.

    Of the region: diversity (activities held), reach (activities with any link), their ratio, its size, how
    concentrated it is, its middle strength. Of the activity: ubiquity, spread, ratio, size, middle strength. Of both:
    diversity × ubiquity, the size expected of the cell, relatedness density, the strength there is already, what the
    regions and activities most alike have (cosine similarity, cubed), and strengths smoothed by the first singular
    vectors. Of the past: how often the cell was held or linked, and how strong it was.
    """
    last = periods[-1]
    linked = stored(last.amounts)
    r = (location_quotients(linked) if values == "amounts" else linked).toarray()
    m, a = last.held.toarray(), (linked.toarray() > 0).astype(float)
    diversity, ubiquity, reach, spread = m.sum(axis=1), m.sum(axis=0), a.sum(axis=1), a.sum(axis=0)
    strength = np.log1p(np.minimum(r, _STRONG))
    size, weight, concentration = _sizes(linked, r, values)
    held_alike, linked_alike = alike(m.T), alike(a.T)
    phi = with_diagonal(min_probability(last.held), np.zeros(m.shape[1]))
    by_region = {
        "diversity": np.log1p(diversity),
        "reach": np.log1p(reach),
        "specialised": diversity / np.maximum(reach, 1),
        "size": size,
        "concentration": concentration,
        "middle strength": _middle(r),
    }
    by_activity = {
        "ubiquity": np.log1p(ubiquity),
        "spread": np.log1p(spread),
        "contested": ubiquity / np.maximum(spread, 1),
        "weight": weight,
        "middle strength there": _middle(r.T),
    }
    found = {name: feature[rows] for name, feature in by_region.items()}
    found |= {name: feature[columns] for name, feature in by_activity.items()}
    found["diversity × ubiquity"] = np.log1p(diversity[rows] * ubiquity[columns])
    found["expected size"] = found["size"] + found["weight"]
    by_cell = {
        "density": np.nan_to_num(share(last.held, phi)),
        "strength": strength,
        "alike activities": _weighted(m, held_alike),
        "alike activities linked": _weighted(a, linked_alike),
        "links alike": (a @ linked_alike) / np.maximum(reach, 1)[:, None],
        "alike regions linked": _weighted(a.T, alike(a)).T,
        **{f"smooth {rank}": smooth for rank, smooth in zip(_SMOOTH, smoothed(strength, _SMOOTH), strict=True)},
        "links smooth 12": smoothed(a, (12,))[0],
    }
    found |= {name: feature[rows, columns] for name, feature in by_cell.items()}
    found |= dict(zip(HISTORY, _past(periods[:-1], rows, columns, values), strict=True))
    return Prospects(tuple(found), np.column_stack(list(found.values())), rows, columns)


def alike(links: Floats) -> Floats:
    """Cosine similarity of rows, cubed so that the nearest count, and nothing on the diagonal."""
    meet = links @ links.T
    length = np.sqrt(np.diag(meet))
    meet /= np.maximum(np.outer(length, length), 1e-9)
    np.fill_diagonal(meet, 0.0)
    return np.asarray(meet**3)


def smoothed(values: Floats, ranks: Sequence[int]) -> list[Floats]:
    """The values as the first singular vectors of the columns' deviations tell them, for each number of vectors."""
    level = values.mean(axis=0)
    apart = values - level
    wide = apart.shape[0] <= apart.shape[1]
    gram = apart @ apart.T if wide else apart.T @ apart
    size = len(gram)
    _, vectors = linalg.eigh(gram, subset_by_index=(max(size - max(ranks), 0), size - 1))
    found = []
    for rank in ranks:
        first = vectors[:, max(vectors.shape[1] - rank, 0) :]
        found.append(level + (first @ (first.T @ apart) if wide else (apart @ first) @ first.T))
    return found


def _weighted(links: Floats, near: Floats) -> Floats:
    """The mean of a region's links, weighted by how near each activity is to the one asked about."""
    return np.asarray(links @ near / np.maximum(near.sum(axis=0), 1e-9))


def _middle(quotients: Floats) -> Floats:
    """The log of the median of what is above 0 in each row; 0 where nothing is."""
    above = np.where(quotients > 0, quotients, np.nan)
    some = (quotients > 0).any(axis=1)
    middle = np.ones(len(quotients))
    middle[some] = np.nanmedian(above[some], axis=1)
    return np.log(middle)


def _sizes(linked: Csr, quotients: Floats, values: Values) -> tuple[Floats, Floats, Floats]:
    """Log sizes of regions and of activities, and the log Herfindahl index of each region's shares.

    Of quotients the amounts are gone. The smallest share a region has tells its size: one patent of n is 1 / n.
    """
    if values == "amounts":
        total = np.asarray(linked.sum(axis=1), dtype=float).ravel()
        weights = np.asarray(linked.sum(axis=0), dtype=float).ravel()
        weights = weights / max(weights.sum(), 1e-300)
    else:
        weights = recovered(quotients)
    shares = quotients * weights
    whole = shares.sum(axis=1, keepdims=True)
    shares /= np.where(whole > 0, whole, 1.0)
    least = np.where(shares > 0, shares, np.inf).min(axis=1)
    size = np.log1p(total) if values == "amounts" else -np.log(np.where(np.isfinite(least), least, 1.0))
    return size, np.log(weights + 1e-9), np.log((shares**2).sum(axis=1) + 1e-6)


def recovered(quotients: Floats) -> Floats:
    """Each activity's share in all, from location quotients alone: with it every region's shares add up to one.

    q = (share in region) / (share in all), so that q s = 1 for every region; solved by the multiplicative steps of
    Richardson 1972 and Lucy 1974, which keep s positive and adding up to one.
    """
    rows = quotients[quotients.any(axis=1)]
    even = rows / rows.sum(axis=1, keepdims=True)  # so that a small region, with quotients of thousands, counts as one
    across = even.sum(axis=0)
    share = np.full(quotients.shape[1], 1 / max(quotients.shape[1], 1))
    for _ in range(_SWEEPS):
        share = share * ((1 / np.maximum(rows @ share, 1e-300)) @ even) / np.where(across > 0, across, np.inf)
        share /= max(share.sum(), 1e-300)
    return np.asarray(share)


def _past(before: Sequence[Known], rows: Places, columns: Places, values: Values) -> tuple[Floats, Floats, Floats]:
    """How often cells were held and linked before, and the log of their mean strength; ``nan`` without a past."""
    if not before:
        unknown = np.full(len(rows), np.nan)
        return unknown, unknown, unknown
    had, was, strong = np.zeros((3, len(rows)))
    for period in before:
        linked = stored(period.amounts)
        quotients = (location_quotients(linked) if values == "amounts" else linked).toarray()[rows, columns]
        had += period.held.toarray()[rows, columns]
        was += quotients > 0
        strong += quotients
    many = len(before)
    return had / many, was / many, np.log1p(np.minimum(strong / many, _STRONG))
