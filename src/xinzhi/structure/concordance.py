"""From one classification to another: what share of each class lies in which class of the other.

Science fields lead to technology fields, technology fields to industries. A concordance says how, as probabilities, and
what is carried over through it is neither made nor lost; what has no entry is told, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse

from xinzhi.core.errors import DataError, Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import Text
from xinzhi.structure.crossed import Bools, Csr, named, needs_links, one_of, per_label, totals
from xinzhi.structure.links import Dropped, Links, Names, Period, Unknown

TOLERANCE = 1e-6  # shares of a class may be this far from one together, which is what eight printed digits leave
_MOST = 0.5  # where more than half of what is carried has no entry, the codes are of something else


@dataclass(frozen=True, eq=False)
class Concordance:
    """The share of every source class that lies in each target class, (source, target); each row sums to one.

    ``source`` and ``target`` name the two classifications, ``vintages`` their editions where they are known.
    ``tolerance`` is how far a sum may be from one. Raises ``DataError`` that lists every class whose shares do not
    sum to one.
    """

    shares: Csr
    sources: Names
    targets: Names
    source: str
    target: str
    vintages: tuple[str, str] = ("", "")
    tolerance: float = TOLERANCE
    notices: tuple[Fault, ...] = ()
    record: Record = Record("concordance", {}, {})  # noqa: RUF009 - frozen

    def __post_init__(self) -> None:
        if (least := float(self.shares.data.min(initial=0.0))) < 0:
            raise DataError(_negative(least, self.source))
        if faults := _faulty_sums(self.shares, self.sources, self.source, self.tolerance):
            raise DataError(faults)

    def carry(self, links: Links, *, unknown: Unknown = "stop") -> Carried:
        """Links of source classes as links of target classes: see ``carried``."""
        return carried(links, self, unknown=unknown)

    def then(self, other: Concordance, *, unknown: Literal["stop", "rescale"] = "stop") -> Concordance:
        """This concordance and after it another, as one: P(c | a) = sum over b of P(b | a) P(c | b).

        Every class in between must have an entry in the other. With ``unknown = "rescale"`` what lies in a class
        without one is spread over the others in proportion, and source classes with no way through are left out; both
        are told in ``.notices``. Raises ``MethodError``, also where the editions in between are known to differ.
        """
        middle, edition = self.vintages[1], other.vintages[0]
        if middle and edition and middle != edition:
            raise MethodError(_other_vintage(self.target, middle, edition))
        at = pd.Index(other.sources).get_indexer(pd.Index(self.targets))
        lost = (at < 0) & (totals(self.shares, 0) > 0)
        if lost.any() and unknown == "stop":
            raise MethodError(_no_way_on(self, other, lost))
        known = np.flatnonzero(at >= 0)
        joined = sparse.csr_array(self.shares[:, known] @ other.shares[at[known]])
        kept = totals(joined, 1)
        through = kept > 0
        joined = sparse.csr_array(sparse.diags_array(1 / kept[through]) @ joined[np.flatnonzero(through)])
        notices = (*self.notices, *other.notices)
        if lost.any():
            notices += (
                _rescaled(self, lost, 1 - float(kept.mean())),
                *_without_way(self.source, self.sources, ~through),
            )
        return Concordance(
            joined,
            self.sources[through],
            other.targets,
            self.source,
            other.target,
            (self.vintages[0], other.vintages[1]),
            max(self.tolerance, other.tolerance),
            notices,
            Record(
                "concordance-then",
                {"unknown": unknown},
                {"first": digest(self.record.to_json()), "then": digest(other.record.to_json())},
            ),
        )

    def inverse(self, weights: Any) -> Concordance:
        """The way back, by Bayes: P(a | b) = P(b | a) w_a over the sum of it, w how much there is of each source.

        ``weights`` is a mapping or a series by source class, or an array in their order; none negative. Target classes
        that nothing leads to have no way back and are left out, named in ``.notices``. Raises ``MethodError``.
        """
        w = per_label(weights, self.sources, "the table of weights", "权重表")
        if not (np.isfinite(w).all() and (w >= 0).all() and w.any()):
            raise MethodError(_bad_weights(self.sources[~(np.isfinite(w) & (w >= 0))]))
        back: Any = (sparse.diags_array(w) @ self.shares).T.tocsr()
        reached = totals(back, 1)
        known = reached > 0
        shares: Any = sparse.diags_array(1 / reached[known]) @ back[np.flatnonzero(known)]
        return Concordance(
            shares.tocsr(),
            self.targets[known],
            self.sources,
            self.target,
            self.source,
            self.vintages[::-1],
            self.tolerance,
            (*self.notices, *_without_way(self.target, self.targets, ~known)),
            Record("concordance-inverse", {}, {"concordance": digest(self.record.to_json())}),
        )

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of the shares there are: source, target, share."""
        cells = self.shares.tocoo()
        return pd.DataFrame({"source": self.sources[cells.row], "target": self.targets[cells.col], "share": cells.data})

    def to_table(self) -> pd.DataFrame:
        """The shares as a table, sources down and targets across."""
        return pd.DataFrame(self.shares.toarray(), index=self.sources, columns=self.targets)

    def __repr__(self) -> str:
        off = np.abs(totals(self.shares, 1) - 1).max(initial=0.0)
        many = np.diff(self.shares.indptr)
        editions = " → ".join(self.vintages) if any(self.vintages) else "not stated"
        return "\n".join(
            (
                f"Concordance: {self.source} → {self.target}, {len(self.sources)} → {len(self.targets)} classes",
                f"  shares: {self.shares.nnz}; a class lies in {np.median(many) if len(many) else 0:.0f} (median)",
                f"  sums: within {off:.1e} of one (allowed {self.tolerance:g})",
                f"  editions: {editions}",
                *(f"  {notice.en}" for notice in self.notices[:3]),
            )
        )


@dataclass(frozen=True, eq=False)
class Carried:
    """Links carried into another classification, and what had no entry there.

    ``unknown`` has, by period and activity, what was not carried and its ``share`` of the period's total; ``kept`` is
    the share of each region's total that was carried, (period, region), missing where a region has nothing. What was
    carried and what was not add up to what there was.
    """

    links: Links
    unknown: pd.DataFrame
    kept: Floats

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of what was carried: period, region, activity, value."""
        return self.links.to_frame()

    @property
    def lost(self) -> float:
        """The largest share of any period's total that had no entry."""
        return float(self.unknown.groupby("period", sort=False)["share"].sum().max()) if len(self.unknown) else 0.0

    def __repr__(self) -> str:
        return f"Carried: {self.lost:.2%} had no entry, in {self.unknown['activity'].nunique()} classes\n{self.links!r}"


def carried(links: Links, by: Concordance | Mapping[Period, Concordance], *, unknown: Unknown = "stop") -> Carried:
    """Links of source classes as links of target classes, value × share added up; totals stay as they are.

    ``by`` may name a concordance for each period where editions of a classification change; their targets are then
    laid side by side. Activities that have links but no entry stop the work, all named with their share, or are left
    out and told where ``unknown = "drop"``; never where more than half of a period's total has no entry, for then the
    codes are of another classification. Raises ``MethodError``.
    """
    needs_links(links)
    one_of("unknown", unknown, Unknown)
    each = [by[at] if isinstance(by, Mapping) and at in by else by for at in links.periods]
    if bare := [at for at, one in zip(links.periods, each, strict=True) if not isinstance(one, Concordance)]:
        raise MethodError(_no_concordance(bare))
    ways = [one for one in each if isinstance(one, Concordance)]
    targets = np.array(sorted({label for one in ways for label in one.targets}), dtype=object)
    labels = pd.Index([str(label) for label in links.activities])
    values, kept, missing = [], [], []
    for period, matrix, way in zip(links.periods, links.values, ways, strict=True):
        matrix = matrix.astype(float)
        at = pd.Index(way.sources).get_indexer(labels)
        amount, total = totals(matrix, 0), float(matrix.sum())
        gone = np.flatnonzero((at < 0) & (amount > 0))
        missing.append(
            pd.DataFrame(
                {
                    "period": period,
                    "activity": links.activities[gone],
                    "value": amount[gone],
                    "share": amount[gone] / total if total else 0.0,
                }
            )
        )
        known = np.flatnonzero(at >= 0)
        place = pd.Index(targets).get_indexer(pd.Index(way.targets))
        laid = way.shares[at[known]].tocoo()
        wide = sparse.csr_array((laid.data, (laid.row, place[laid.col])), (len(known), len(targets)))
        values.append(sparse.csr_array(matrix[:, known] @ wide))
        had, left = totals(matrix, 1), totals(matrix[:, gone], 1)
        kept.append(1 - np.divide(left, had, out=np.full(len(had), np.nan), where=had > 0))
    lost = pd.concat(missing, ignore_index=True)
    notices = _refuse_or_tell(lost, links, ways[0], unknown) if len(lost) else ()
    dropped = tuple(
        Dropped("activity", str(label), Text(en="no entry in the concordance", zh="对照表中没有对应条目"), float(value))
        for label, value in lost.groupby("activity", sort=False)["value"].sum().items()
    )
    made = Links(
        tuple(values),
        links.regions,
        targets,
        links.periods,
        links.about_region,
        {},
        Text(en=f"{links.title.en} by {ways[0].target}", zh=f"{links.title.zh}（按 {ways[0].target}）"),
        links.unit,
        links.source,
        (*links.notices, *notices),
        (*links.dropped, *dropped),
        Record(
            "carried",
            {"unknown": unknown},
            dict(links.record.inputs) | _digests(ways),
        ),
    )
    return Carried(made, lost, np.array(kept))


def _digests(ways: list[Concordance]) -> dict[str, str]:
    distinct = {id(one): one for one in ways}.values()
    return {f"concordance {at + 1}": digest(one.record.to_json()) for at, one in enumerate(distinct)}


def written_otherwise(strange: Iterable[Any], known: Iterable[Any]) -> tuple[str, str]:
    """A hint where codes differ only in leading zeros, spaces, dots or case."""

    def bare(label: Any) -> str:
        return "".join(str(label).replace(".", "").split()).lstrip("0").casefold()

    same = {bare(label): label for label in known}
    pairs = [(label, same[bare(label)]) for label in strange if bare(label) in same]
    if not pairs:
        return "", ""
    label, code = pairs[0]
    return (
        f" {len(pairs)} only look different: '{label}' is written '{code}' there.",
        f"其中 {len(pairs)} 个只是写法不同：“{label}”在对照表中写作“{code}”。",
    )


def _faulty_sums(shares: Csr, sources: Names, head: str, tolerance: float) -> list[Fault]:
    """One fault for every source class whose shares do not sum to one."""
    sums = totals(shares, 1)
    return [
        Fault(
            "sum-not-one",
            f"the shares of '{sources[at]}' sum to {sums[at]:.6g}, not to one (within {tolerance:g}). Mend them, or "
            "say that they are weights (weights = true).",
            f"“{sources[at]}”的份额合计为 {sums[at]:.6g}，不等于 1（容差 {tolerance:g}）。请更正；若为权重，请设置 "
            "weights = true。",
            column=head,
        )
        for at in np.flatnonzero(~(np.abs(sums - 1) <= tolerance))
    ]


def _negative(least: float, head: str) -> Fault:
    return Fault(
        "negative-share",
        f"shares must not be negative; the lowest is {least:g}.",
        f"份额不得为负；最低为 {least:g}。",
        column=head,
    )


def _refuse_or_tell(lost: pd.DataFrame, links: Links, way: Concordance, unknown: Unknown) -> tuple[Fault, ...]:
    by_period = lost.groupby("period", sort=False)["share"].sum()
    worst, share = by_period.idxmax(), float(by_period.max())
    labels = lost["activity"].unique().astype(object)
    en, zh = named(labels, np.ones(len(labels), bool))
    hint = written_otherwise(labels, way.sources)
    if share > _MOST:
        edition = f" ({way.vintages[0]})" if way.vintages[0] else ""
        raise MethodError(
            Fault(
                "wrong-codes",
                f"{share:.1%} of {links.title.en} ({worst}) has no entry in the concordance from {way.source}{edition}"
                f": {en}.{hint[0]} The codes are of another classification or edition; the concordance has "
                f"{', '.join(map(str, way.sources[:3]))} …",
                f"{links.title.zh}（{worst}）有 {share:.1%} 在 {way.source}{edition} 对照表中没有条目：{zh}。{hint[1]}"
                f"代码属于其他分类或版本；对照表中的代码如 {'、'.join(map(str, way.sources[:3]))}。",
            )
        )
    fault = Fault(
        "no-entry",
        f"{len(labels)} activities have no entry in the concordance from {way.source}, at most {share:.2%} of a "
        f"period's total ({worst}): {en}.{hint[0]}"
        + (" They were left out." if unknown == "drop" else ' Add them, or leave them out: unknown = "drop".'),
        f"有 {len(labels)} 项活动在 {way.source} 对照表中没有条目，最多占一期总量的 {share:.2%}（{worst}）：{zh}。"
        + hint[1]
        + ("已剔除。" if unknown == "drop" else "请补充条目，或设置 unknown = “drop” 予以剔除。"),
        severity="warning" if unknown == "drop" else "error",
    )
    if unknown == "stop":
        raise MethodError(fault)
    return (fault,)


def _other_vintage(name: str, middle: str, edition: str) -> Fault:
    return Fault(
        "other-vintage",
        f"the first concordance leads to {name} {middle}, the second starts from {edition}. Put one between the two "
        "editions in between.",
        f"前一对照表的目标为 {name} {middle}，后一对照表的来源为 {edition}。请在两个版本之间补一张对照表。",
    )


def _no_way_on(first: Concordance, other: Concordance, lost: Bools) -> Fault:
    en, zh = named(first.targets, lost)
    hint = written_otherwise(first.targets[lost], other.sources)
    return Fault(
        "no-entry",
        f"{int(lost.sum())} classes of {first.target} have no entry in the concordance to {other.target}: {en}."
        f'{hint[0]} Add them, or spread what lies there over the others: first.then(second, unknown = "rescale").',
        f"{first.target} 中有 {int(lost.sum())} 个类别在通向 {other.target} 的对照表中没有条目：{zh}。{hint[1]}"
        "请补充，或用 first.then(second, unknown = “rescale”) 按比例分摊到其他类别。",
    )


def _rescaled(first: Concordance, lost: Bools, share: float) -> Fault:
    en, zh = named(first.targets, lost)
    return Fault(
        "rescaled",
        f"no way on from {en}: {share:.2%} of an average {first.source} class was spread over the others.",
        f"以下类别没有后续条目：{zh}；{first.source} 各类平均有 {share:.2%} 按比例分摊到其他类别。",
        severity="warning",
    )


def _without_way(name: str, labels: Names, which: Bools) -> tuple[Fault, ...]:
    if not which.any():
        return ()
    en, zh = named(labels, which)
    return (
        Fault(
            "no-way",
            f"left out, for no way leads through them: {name} {en}.",
            f"因没有通路而剔除：{name} {zh}。",
            severity="warning",
        ),
    )


def _bad_weights(labels: Names) -> Fault:
    en, zh = named(labels, np.ones(len(labels), bool)) if len(labels) else ("all of them 0", "全部为 0")
    return Fault(
        "bad-weights",
        f"weights must be finite numbers of at least 0, not all of them 0; found otherwise: {en}.",
        f"权重须为有限的非负数，且不全为 0；不符合的有：{zh}。",
    )


def _no_concordance(periods: list[Period]) -> Fault:
    shown = ", ".join(map(str, periods[:5]))
    return Fault(
        "no-concordance",
        f"no concordance was given for these periods: {shown}. Give one for each, or one for all.",
        f"以下时期没有对应的对照表：{shown}。请逐期给出，或给出一张通用的对照表。",
    )
