"""Who has what: from amounts to links that are or are not, by thresholds that say whether they are met or passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.methods import Family
from xinzhi.core.results import Record
from xinzhi.core.specs import FaultyValue, Text
from xinzhi.structure.bicm import benjamini_hochberg, configuration
from xinzhi.structure.crossed import needs_links
from xinzhi.structure.intensity import location_quotients, per_head, settled, shares, told
from xinzhi.structure.links import Links

Correction = Literal["fdr", "bonferroni", "none"]

SAME = 1e-12  # relative: a value so near a threshold is at the threshold, whatever rounding made of it

presences = Family(
    "presence",
    zh="优势判定",
    about="f(values: csr (region, activity), *, options) -> csr of truth values: who counts as having what. "
    "Thresholds are met (at_least, ≥) or passed (above, >).",
)


@presences.add("rca", zh="显性比较优势（区位商）", cite="Balassa 1965; Hidalgo, Hausmann 2009")
def rca(values: sparse.csr_array, *, at_least: float | None = None, above: float | None = None) -> sparse.csr_array:
    """Present where the location quotient reaches a threshold, at least 1 unless told otherwise."""
    return over(location_quotients(values), at_least, above, usual=1.0)


@presences.add("rpop", zh="人均相对强度", cite="Hausmann et al. 2011; ecomplexity 0.5")
def rpop(
    values: sparse.csr_array, *, population: Any, at_least: float | None = None, above: float | None = None
) -> sparse.csr_array:
    """Present where a head has as much as a head of all regions together, at least 1 time unless told otherwise."""
    return over(per_head(values, population=population), at_least, above, usual=1.0)


@presences.add("count", zh="计数阈值", cite="definition")
def count(values: sparse.csr_array, *, at_least: float | None = None, above: float | None = None) -> sparse.csr_array:
    """Present where the value itself reaches a threshold, above 0 unless told otherwise."""
    return over(sparse.csr_array(values), at_least, 0.0 if at_least is None and above is None else above)


@presences.add("share", zh="占比阈值", cite="definition")
def share(
    values: sparse.csr_array,
    *,
    of: Literal["region", "activity"] = "region",
    at_least: float | None = None,
    above: float | None = None,
) -> sparse.csr_array:
    """Present where the share of the region's (or activity's) total reaches a threshold, which must be given."""
    return over(shares(values, of=of), at_least, above)


@presences.add("bicm", zh="二部配置模型显著性", cite="Saracco, Di Clemente, Gabrielli, Squartini 2015")
def by_links(values: sparse.csr_array, *, alpha: float = 0.05, correction: Correction = "none") -> sparse.csr_array:
    """Present where a link surprises, given only how many links its region and its activity have.

    Amounts play no part: the p-value of a link is its probability in the bipartite configuration model.
    """
    return _significant(sparse.csr_array(values), configuration(values, "links").p_values(values), alpha, correction)


@presences.add("biwcm", zh="加权二部配置模型显著性", cite="Bruno, Mazzilli, Patelli, Squartini, Saracco 2023")
def by_amounts(
    values: sparse.csr_array, *, alpha: float = 0.05, correction: Correction = "fdr", counts: bool = False
) -> sparse.csr_array:
    """Present where the amount is larger than chance makes it, given the totals of its region and its activity.

    ``counts`` takes the values for whole numbers (geometric), else they are amounts (exponential).
    """
    chance = configuration(values, "counts" if counts else "amounts")
    return _significant(sparse.csr_array(values), chance.p_values(values), alpha, correction)


def presence(links: Links, method: str | Callable[..., Any] = "rca", **options: Any) -> Links:
    """Who counts as having what, period by period: links of truth values.

    ``method`` is of the family ``presence`` or a function of one matrix (region, activity). Options are the method's;
    ``population`` (for ``rpop``) is labelled: a mapping or series by region, or an array over region, or region × time.
    A region without any link has none afterwards; nothing is left out. Raises ``MethodError``.
    """
    needs_links(links)
    chosen = presences.find(method)
    made = []
    for period, given in settled(links, chosen.accept(options)):
        found = sparse.csr_array(chosen.function(links.at(period), **given)).astype(bool)
        found.eliminate_zeros()
        if found.shape != links.at(period).shape:
            raise MethodError(_other_shape(chosen.name, found.shape, links.at(period).shape))
        made.append(sparse.csr_array(found))
    return replace(
        links,
        values=tuple(made),
        title=Text(en=f"presence by {chosen.name}", zh=f"优势判定：{chosen.zh}"),
        unit="",
        record=Record("presence", {"method": chosen.name, **told(options)}, dict(links.record.inputs)),
    )


def over(
    strength: sparse.csr_array, at_least: float | None = None, above: float | None = None, *, usual: float | None = None
) -> sparse.csr_array:
    """The cells (region, activity) that meet ``at_least`` or pass ``above``; without either, that meet ``usual``.

    A value within 1e-12 of the threshold is at it. Raises ``FaultyValue`` for two thresholds, none, or one that
    cells without anything would reach.
    """
    if at_least is None and above is None:
        at_least = usual
    if (at_least is None) == (above is None):
        raise FaultyValue(
            "bad-threshold",
            f"one threshold is needed, at_least (≥) or above (>); found {'both' if above is not None else 'neither'}.",
            f"须设一个阈值：at_least（≥）或 above（>）；现{'两者都有' if above is not None else '两者都没有'}。",
        )
    if (at_least is not None and not at_least > 0) or (above is not None and not above >= 0):
        found = at_least if above is None else above
        raise FaultyValue(
            "bad-threshold",
            "a threshold must leave out what a region does not have: at_least above 0, or above at 0 or more; found "
            f"{found}.",
            f"阈值须排除地区没有的活动：at_least 须大于 0，above 须不小于 0；现为 {found}。",
        )
    if at_least is not None:
        return _chosen(strength, strength.data >= at_least * (1 - SAME))
    return _chosen(strength, strength.data > (above or 0.0) * (1 + SAME))


def _significant(
    cells: sparse.csr_array, p: sparse.csr_array, alpha: float, correction: Correction
) -> sparse.csr_array:
    """The links whose p-value says they are there; the tests are all pairs of regions and activities with any link."""
    if not 0 < alpha < 1:
        raise FaultyValue(
            "bad-option", f"alpha must lie between 0 and 1; found {alpha}.", f"alpha 须在 0 与 1 之间；现为 {alpha}。"
        )
    linked = cells.data > 0
    regions = np.count_nonzero(np.diff(_chosen(cells, linked).indptr))
    tests = int(regions) * len(np.unique(cells.indices[linked]))
    limit = alpha
    if correction == "bonferroni":
        limit = alpha / max(tests, 1)
    elif correction == "fdr":
        limit = benjamini_hochberg(p.data[linked], alpha, tests)
    return _chosen(cells, linked & (p.data <= limit))


def _chosen(cells: sparse.csr_array, which: npt.NDArray[np.bool_]) -> sparse.csr_array:
    """True in these of the stored cells, and nothing stored elsewhere."""
    before = np.concatenate([[0], np.cumsum(which)])
    data = np.ones(int(before[-1]), dtype=bool)
    return sparse.csr_array(
        (data, cells.indices[which], before[cells.indptr].astype(cells.indptr.dtype)), shape=cells.shape
    )


def _other_shape(name: str, found: tuple[int, ...], wanted: tuple[int, ...]) -> Fault:
    return Fault(
        "bad-matrix",
        f"the presence '{name}' made {found[0]} × {found[1]} of {wanted[0]} × {wanted[1]}; regions and activities must "
        "stay as they are.",
        f"优势判定“{name}”返回 {found[0]} × {found[1]}，而数据为 {wanted[0]} × {wanted[1]}；不得改变地区和活动。",
    )
