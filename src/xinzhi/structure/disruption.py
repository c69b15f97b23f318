"""Whether later work sets a paper or patent in the place of what it rests on, or cites it along with that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.links import SHOWN

Ints = npt.NDArray[np.int64]

disruptions = Family(
    "disruption",
    zh="颠覆性指数",
    about="f(alone, both, around: (papers,) counts of later papers that cite the paper but none of its references, "
    "the paper and its references, only its references) -> (papers,); nan where nothing is to be counted.",
)


@disruptions.add("cd", zh="颠覆性指数 CD", cite="Funk, Owen-Smith 2017; Wu, Wang, Evans 2019")
def consolidating_or_destabilising(alone: Floats, both: Floats, around: Floats) -> Floats:
    """Citing alone less citing together, over all who cite the paper or its references: 1 disrupts, −1 consolidates.

    Funk, Owen-Smith 2017, Management Science 63: 791, equation 2 with all weights 1; Wu, Wang, Evans 2019, Nature 566:
    378, write it D = (n_i − n_j) / (n_i + n_j + n_k).
    """
    return _over(alone - both, alone + both + around)


@disruptions.add("without-nk", zh="不含 n_k 的颠覆性指数", cite="Bornmann et al. 2020; Wu, Yan 2019")
def among_citing(alone: Floats, both: Floats, around: Floats) -> Floats:
    """Citing alone less citing together, over those who cite the paper: n_k is left out."""
    return _over(alone - both, alone + both)


@disruptions.add("mcd", zh="加权颠覆性指数 mCD", cite="Funk, Owen-Smith 2017")
def magnified(alone: Floats, both: Floats, around: Floats) -> Floats:
    """The index cd times how often the paper is cited: direction and size of its use together."""
    return consolidating_or_destabilising(alone, both, around) * (alone + both)


def _over(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.where(below > 0, above / np.where(below > 0, below, 1), np.nan))


@dataclass(frozen=True, eq=False)
class Disruption:
    """The index of every paper asked for, with the counts it is made of.

    ``papers`` is by paper: year, references, citations, n_i, n_j, n_k, disruption, and whether its window is complete.
    """

    variant: str
    zh: str
    papers: pd.DataFrame
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """A row a paper."""
        return self.papers.reset_index()

    def by_year(self, *, complete: bool = True) -> pd.DataFrame:
        """Median, mean and number of papers with an index by year; only those with a whole window if ``complete``.

        Reference lists grow over the years and pull the index towards 0, so years are not comparable as they are
        (Petersen, Arroyave, Pammolli 2023, arXiv 2306.01949).
        """
        kept = self.papers[self.papers["complete"]] if complete else self.papers
        found = kept.dropna(subset=["disruption"]).groupby("year")["disruption"]
        return found.agg(["median", "mean", "count"])

    def __repr__(self) -> str:
        index = self.papers["disruption"]
        known = index.dropna()
        window = self.record.settings["window"]
        told = "no paper has an index"
        if len(known):
            top = ", ".join(f"{paper} {value:.3f}" for paper, value in known.nlargest(3).items())
            told = f"median {known.median():.3f}, above 0: {(known > 0).mean():.0%}; highest: {top}"
        return "\n".join(
            [
                f"Disruption of {len(index)} papers: {self.variant} ({self.zh}), "
                + (f"{window} years after" if window is not None else "all years after"),
                f"  {told}",
                f"  without references or citations: {int(index.isna().sum())}; window not yet complete: "
                f"{int((~self.papers['complete']).sum())}",
            ]
        )


def disruption(
    citations: pd.DataFrame,
    years: Mapping[Any, float] | pd.Series,
    *,
    variant: str | Callable[..., Any] = "cd",
    window: int | None = 5,
    least: int = 1,
    papers: Iterable[Any] | None = None,
    last: int | None = None,
    citing: str = "citing",
    cited: str = "cited",
) -> Disruption:
    """Tell of every paper whether those that build on it leave behind what it was built on.

    ``citations`` has a row a reference, the columns ``citing`` and ``cited``; ``years`` says when each paper came out.
    Later papers alone count, from the year after up to ``window`` years after, or all with ``None``; the record and the
    column ``complete`` say whose window goes beyond ``last`` (the last year of any paper if not given). ``least`` is
    how many of the references must be cited along with the paper to count among n_j; those that cite fewer, but some,
    count nowhere: DI5 of Bornmann, Devarakonda, Tekles, Chacko 2020, QSS 1: 1242, is ``least=5``. ``papers`` names
    those wanted; without it all that cite or are cited. A paper without references or without later citations has no
    index; a paper without a year is left out and cites nothing. Repeated rows and papers citing themselves count
    once and not at all. Raises ``MethodError``.
    """
    chosen = disruptions.find(variant)
    _refuse(citations, window, least, citing, cited)
    born = years if isinstance(years, pd.Series) else pd.Series(dict(years), dtype=object)
    named = pd.concat([citations[citing], citations[cited]], ignore_index=True)
    codes, labels = pd.factorize(named, use_na_sentinel=True)
    source, target = codes[: len(citations)], codes[len(citations) :]
    dated = pd.to_numeric(born[~born.index.duplicated()], errors="coerce").reindex(labels)
    when = dated.to_numpy(dtype=float)
    when = np.where(np.isfinite(when), when, np.nan)
    if np.isnan(when).all():
        raise MethodError(
            Fault(
                "no-years",
                "none of the papers in the citations has a year. Give `years` by the same labels as the citations.",
                "引用表中的文献均无年份。请以与引用表相同的标识提供 years。",
            )
        )
    kept, faults = _kept(source, target, np.isnan(when), labels)
    wanted = np.flatnonzero(~np.isnan(when)) if papers is None else _wanted(papers, labels, when)
    counts, references = _counted(source[kept], target[kept], np.nan_to_num(when), wanted, window, least)
    alone, both, around, cites = counts.T.astype(float)
    index = np.asarray(chosen.function(alone, both, around), dtype=float)
    unknown = (references == 0) | (cites == 0)
    until = int(np.nanmax(when)) if last is None else last
    complete = np.ones(len(wanted), dtype=bool) if window is None else when[wanted] + window <= until
    table = pd.DataFrame(
        {
            "year": when[wanted].astype(int),
            "references": references,
            "citations": counts[:, 3],
            "n_i": counts[:, 0],
            "n_j": counts[:, 1],
            "n_k": counts[:, 2],
            "disruption": np.where(unknown, np.nan, index),
            "complete": complete,
        },
        index=pd.Index(np.asarray(labels)[wanted], name="paper"),
    )
    if not complete.all():
        n = int((~complete).sum())
        faults.append(
            Fault(
                "window-open",
                f"{n} papers came out less than {window} years before {until}: their citations are not all in yet "
                "(column complete).",
                f"{n} 篇文献的引用窗口在 {until} 年前尚未满 {window} 年，引用数据不完整（见 complete 列）。",
                severity="warning",
            )
        )
    edges = np.stack([source, target]).astype(np.int64).tobytes() + when.tobytes()
    settings = {"variant": chosen.name, "window": window, "least": least, "last": until}
    return Disruption(
        chosen.name, chosen.zh, table, tuple(faults), Record("disruption", settings, {"citations": digest(edges)})
    )


def _refuse(citations: pd.DataFrame, window: int | None, least: int, citing: str, cited: str) -> None:
    faults = []
    for column in (citing, cited):
        if column not in citations.columns:
            shown = ", ".join(map(str, citations.columns[:12]))
            faults.append(
                Fault(
                    "unknown-column",
                    f"the citations have no column '{column}'; they have: {shown}. Say citing = '…' and cited = '…'.",
                    f"引用表中没有“{column}”列；现有：{shown}。请用 citing = '…'、cited = '…' 指明。",
                )
            )
    if faults:
        raise MethodError(faults)
    if not len(citations):
        raise MethodError(Fault("no-citations", "the table of citations is empty.", "引用表为空。"))
    for name, value in (("window", window), ("least", least)):
        if value is not None and value < 1:
            raise FaultyValue(
                f"bad-{name}",
                f"{name} is a whole number from 1 up; found {value!r}.",
                f"{name} 须为不小于 1 的整数；实际为 {value!r}。",
            )


def _kept(source: Any, target: Any, undated: Any, labels: Any) -> tuple[npt.NDArray[np.int64], list[Fault]]:
    """Rows that count: each pair once, no paper citing itself, both ends named, the citing one dated."""
    faults: list[Fault] = []
    named = (source >= 0) & (target >= 0)
    itself = named & (source == target)
    late = np.where(named, undated[source], False)
    good = np.flatnonzero(named & ~itself & ~late)
    _, first = np.unique(source[good].astype(np.int64) * len(labels) + target[good], return_index=True)
    said = (
        ("no-label", int((~named).sum()), "name only one end", "缺少一端标识"),
        ("itself-cited", int(itself.sum()), "cite the paper itself", "为自身引用自身"),
        ("no-year", int((late & ~itself).sum()), "are of citing papers without a year", "的施引文献没有年份"),
        ("cited-twice", len(good) - len(first), "repeat another row", "与其他行重复"),
    )
    faults += [
        Fault(
            code,
            f"{n} rows of the citations {en} and are left out.",
            f"引用表中有 {n} 行{zh}，未计入。",
            severity="warning",
        )
        for code, n, en, zh in said
        if n
    ]
    return good[first], faults


def _wanted(papers: Iterable[Any], labels: Any, when: Floats) -> npt.NDArray[np.int64]:
    """Where the papers asked for stand. Raises ``MethodError`` with those not known or without a year."""
    asked = list(papers)
    at = pd.Index(labels).get_indexer(pd.Index(asked))
    unknown = [str(paper) for paper, where in zip(asked, at, strict=True) if where < 0 or np.isnan(when[where])]
    if unknown:
        shown = ", ".join(unknown[:SHOWN])
        raise MethodError(
            Fault(
                "unknown-papers",
                f"{len(unknown)} of the papers asked for have no citation or no year: {shown}.",
                f"所求文献中有 {len(unknown)} 篇没有引用关系或年份：{shown}。",
            )
        )
    return np.asarray(at, dtype=np.int64)


def _counted(
    source: Ints, target: Ints, when: Floats, wanted: Ints, window: int | None, least: int
) -> tuple[Ints, npt.NDArray[np.int64]]:
    """Counts (papers, 4) of the kernel, and how many references each has."""
    from xinzhi.structure._disruption_kernels import tell_apart

    n = len(when)

    def listed(by: Ints, other: Ints) -> tuple[Ints, Ints]:
        order = np.argsort(by, kind="stable")
        ends = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(by, minlength=n), out=ends[1:])
        return other[order].astype(np.int64), ends

    refs, ref_ends = listed(source, target)
    citers, citer_ends = listed(target, source)
    made = tell_apart(
        refs, ref_ends, citers, citer_ends, when.astype(np.int64), wanted, -1 if window is None else window, least
    )
    return np.asarray(made), np.diff(ref_ends)[wanted]
