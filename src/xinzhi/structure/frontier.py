"""Follow, run alongside or lead: how far regions are from the frontier of each field, and whether they come closer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import Text
from xinzhi.structure.crossed import Crossed, needs_links, noted
from xinzhi.structure.fits import portions
from xinzhi.structure.fusion import common
from xinzhi.structure.links import Links

# From the furthest to the nearest; "absent" is nothing at all.
STAGES: dict[str, Text] = {
    "absent": Text(en="absent", zh="空白"),
    "follow": Text(en="follow", zh="跟跑"),
    "alongside": Text(en="run alongside", zh="并跑"),
    "lead": Text(en="lead", zh="领跑"),
}

_MOST = 1e15  # amounts above this are no counts, and random whole numbers of that size cannot be drawn


@dataclass(frozen=True, eq=False)
class Standing:
    """Where every region stands in every field, as a share of the frontier there, with what noise would make of it.

    ``table``: period, region, field, value, frontier, ratio (value over frontier), low, high, stage (a key of
    ``STAGES``), and p_absent, p_follow, p_alongside, p_lead, the share of draws in each stage. ``changes``, from the
    first to the last period: region, field, was, stage, ratio_first, ratio_last, change, low, high, closer (share of
    draws in which the ratio rises). Cells that are too small to tell are missing in ``table`` and left out of
    ``changes``.
    """

    thresholds: tuple[float, float]
    top: int
    level: float
    table: pd.DataFrame
    changes: pd.DataFrame
    notices: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """The whole table."""
        return self.table.copy()

    def by_region(self) -> pd.DataFrame:
        """Rows: period, region, and in how many fields it is absent, follows, runs alongside and leads."""
        keys = [self.table["period"], self.table["region"]]
        counts = pd.DataFrame({stage: self.table["stage"] == stage for stage in STAGES})
        return counts.groupby(keys, sort=False).sum().reset_index()

    def __repr__(self) -> str:
        last = self.table[self.table["period"] == self.table["period"].iloc[-1]]
        each = ", ".join(f"{int((last['stage'] == stage).sum())} {text.en}" for stage, text in STAGES.items())
        alongside, lead = self.thresholds
        lines = [
            f"Standing: {last['region'].nunique()} regions × {last['field'].nunique()} fields, "
            f"{self.table['period'].nunique()} periods; frontier: mean of the top {self.top}",
            f"  alongside from {alongside:g} of the frontier, lead from {lead:g}",
            f"  {last['period'].iloc[0]}: {each}",
        ]
        if self.changes.get("closer", pd.Series(dtype=float)).notna().any():
            lines.append(
                f"  closer since {self.table['period'].iloc[0]} (9 draws in 10): "
                f"{int((self.changes['closer'] >= 0.9).sum())} of {len(self.changes)}"
            )
        return "\n".join([*lines, f"  notices: {len(self.notices)}"])


def standing(
    links: Links,
    over: Links | None = None,
    *,
    top: int = 1,
    alongside: float = 0.5,
    lead: float = 0.9,
    at_least: float = 0.0,
    dispersion: float = 1.0,
    draws: int = 400,
    level: float = 0.9,
    seed: int = 0,
) -> Standing:
    """Tell in which fields a region follows, runs alongside or leads, and whether it comes closer.

    The value of a region in a field is its amount, or its amount ``over`` another, such as citations over documents
    (quality) or patents over people; a share of the field gives the same ratios as the amount. The frontier is the
    mean of the ``top`` values. A region leads from ``lead`` of the frontier, runs alongside from ``alongside``, follows
    below: thresholds are judgements, so look how many cells change with them. ``at_least`` is the amount (of ``over``
    where given) that a cell needs to count, lest small numbers set the frontier; smaller cells are missing.

    Amounts are taken for counts: each draw is Poisson around what was counted, or, with ``dispersion`` above 1, as many
    times more variable (negative binomial; citations, or counts in which one firm files hundreds). ``draws = 0`` leaves
    intervals out, for amounts that are no counts. Raises ``MethodError``.
    """
    needs_links(links)
    _refuse(top, alongside, lead, dispersion, draws, level, len(links.regions))
    pair, notices = common({"links": links} | ({} if over is None else {"over": over}))
    amounts = pair["links"]
    if draws:
        _refuse_large(amounts, dispersion)
    fields = amounts.activities
    under = _laid_like(pair["over"], fields) if over is not None else None
    last = len(amounts.periods) - 1
    tables, changes = [], []
    bare = np.zeros((last + 1, len(fields)), dtype=bool)
    for span in portions(len(fields), max(draws, 1) * len(amounts.regions)):
        part = amounts.take(activities=np.arange(span.start, span.stop))
        kept = {}
        for at, (period, matrix) in enumerate(zip(part.periods, part.values, strict=True)):
            counted = matrix.toarray().astype(float)
            size = counted if under is None else under[at][:, span]
            enough = (size >= at_least) & (size > 0 if under is not None else True)
            rng = np.random.default_rng([seed, at, span.start])
            drawn = _ratios(_noisy(counted, dispersion, draws, rng), size, enough, top, under is not None)[0]
            ratio, value, frontier = (one[0] for one in _ratios(counted[None], size, enough, top, under is not None))
            bare[at, span] = ~(frontier > 0)
            if at in (0, last):
                kept[at] = ratio, drawn
            tables.append(_rows(period, part, ratio, value, frontier, drawn, alongside, lead, level))
        if last:
            changes.append(_changes(part, kept[0], kept[last], alongside, lead, level))
    for period, which in zip(amounts.periods, bare, strict=True):
        notices += noted(
            "no-frontier",
            fields,
            which,
            f"{period}: no region has enough of {{}} to be its frontier.",
            f"{period}：没有地区在以下领域达到可作为前沿的规模：{{}}。",
        )
    settings = {
        "top": top,
        "alongside": alongside,
        "lead": lead,
        "at_least": at_least,
        "dispersion": dispersion,
        "draws": draws,
        "level": level,
    }
    inputs = {name: digest("".join(Crossed.of(one, at).digest for at in one.periods)) for name, one in pair.items()}
    return Standing(
        (alongside, lead),
        top,
        level,
        _in_order(pd.concat(tables), amounts),
        _in_order(pd.concat(changes), amounts) if changes else pd.DataFrame(),
        tuple(dict.fromkeys(notices)),
        Record("standing", settings, inputs, seed=seed),
    )


def _refuse_large(amounts: Links, dispersion: float) -> None:
    """Counts are drawn as whole numbers, which end somewhere. Raises ``MethodError``."""
    largest = max((float(matrix.data.max()) for matrix in amounts.values if matrix.nnz), default=0.0)
    if largest * dispersion > _MOST:
        raise MethodError(
            Fault(
                "too-large",
                f"amounts up to {largest:g} are too large to be counts. Take a larger unit, or leave intervals out: "
                "draws = 0.",
                f"数值最大为 {largest:g}，不可能是计数。请换用更大的单位，或不作区间估计：draws = 0。",
            )
        )


def _laid_like(links: Links, fields: npt.NDArray[np.object_]) -> Floats:
    """What to divide by, (period, region, field), in the order of the fields. Raises ``MethodError``."""
    if strange := sorted(set(fields) - set(links.activities)):
        shown = ", ".join(strange[:5])
        raise MethodError(
            Fault(
                "labels-do-not-fit",
                f"`over` has nothing on {shown}. Give it for these too, or leave them out of both.",
                f"over 中缺少以下领域：{shown}。请补全，或从两者中剔除。",
            )
        )
    return np.stack([matrix.toarray() for matrix in links.only(activities=fields).values]).astype(float)


def _in_order(table: pd.DataFrame, links: Links) -> pd.DataFrame:
    """Rows by period, region and field, as the links have them: portions of fields were done one after another."""
    sides: dict[str, Any] = {"field": links.activities, "region": links.regions, "period": links.periods}
    keys = [pd.Index(of).get_indexer(pd.Index(table[name])) for name, of in sides.items() if name in table]
    return table.iloc[np.lexsort(keys)].reset_index(drop=True)


def _noisy(counted: Floats, dispersion: float, draws: int, rng: np.random.Generator) -> Floats:
    """Counts that might have been, (draw, region, field); their mean is what was counted."""
    shape = draws, *counted.shape
    if not draws:
        return np.empty(shape)
    if dispersion == 1:
        return rng.poisson(counted, shape).astype(float)
    some = counted > 0
    size = np.where(some, counted, 1.0) / (dispersion - 1)
    return np.where(some, rng.negative_binomial(size, 1 / dispersion, shape), 0.0)


def _ratios(
    counted: Floats, size: Floats, enough: npt.NDArray[np.bool_], top: int, divided: bool
) -> tuple[Floats, Floats, Floats]:
    """Ratio to the frontier and value (draw, region, field), nan where too small, and the frontier (draw, field)."""
    value = np.divide(counted, size, out=np.full(counted.shape, np.nan), where=enough) if divided else counted
    value = np.where(enough, value, np.nan)
    ranked = np.where(enough, value, -np.inf)
    highest = np.partition(ranked, value.shape[1] - top, axis=1)[:, -top:] if len(value) else ranked[:, -top:]
    known = np.isfinite(highest)
    frontier = np.where(known, highest, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    there = frontier[:, None, :] > 0
    ratio = np.divide(value, frontier[:, None, :], out=np.full(value.shape, np.nan), where=there)
    return ratio, value, frontier


def _stages(ratio: Floats, alongside: float, lead: float) -> npt.NDArray[np.intp]:
    """The place of each ratio among ``STAGES``; -1 where it is missing. What rounding puts below is at a threshold."""
    edge = 1 - 1e-12
    place = (ratio > 0).astype(np.intp) + (ratio >= alongside * edge) + (ratio >= lead * edge)
    return np.where(np.isnan(ratio), -1, place)


def _named(place: npt.NDArray[np.intp]) -> npt.NDArray[np.object_]:
    return np.array([*STAGES, ""], dtype=object)[place]


def _rows(
    period: int | str,
    links: Links,
    ratio: Floats,
    value: Floats,
    frontier: Floats,
    drawn: Floats,
    alongside: float,
    lead: float,
    level: float,
) -> pd.DataFrame:
    regions, fields = ratio.shape
    low, high = _interval(drawn, level)
    place = _stages(drawn, alongside, lead)
    known = (place >= 0).sum(axis=0)
    share = [
        np.divide((place == k).sum(axis=0), known, out=np.full(ratio.shape, np.nan), where=known > 0)
        for k in range(len(STAGES))
    ]
    columns = {
        "period": period,
        "region": np.repeat(links.regions, fields),
        "field": np.tile(links.activities, regions),
        "value": value.ravel(),
        "frontier": np.tile(frontier, regions),
        "ratio": ratio.ravel(),
        "low": low.ravel(),
        "high": high.ravel(),
        "stage": _named(_stages(ratio, alongside, lead)).ravel(),
    }
    return pd.DataFrame(columns | {f"p_{stage}": one.ravel() for stage, one in zip(STAGES, share, strict=True)})


def _changes(
    links: Links,
    first: tuple[Floats, Floats],
    last: tuple[Floats, Floats],
    alongside: float,
    lead: float,
    level: float,
) -> pd.DataFrame:
    (was, was_drawn), (now, now_drawn) = first, last
    gap = now_drawn - was_drawn
    low, high = _interval(gap, level)
    known = (~np.isnan(gap)).sum(axis=0)
    closer = np.divide((gap > 0).sum(axis=0), known, out=np.full(was.shape, np.nan), where=known > 0)
    told = ~(np.isnan(was) | np.isnan(now))
    rows, columns = np.nonzero(told)
    return pd.DataFrame(
        {
            "region": links.regions[rows],
            "field": links.activities[columns],
            "was": _named(_stages(was, alongside, lead))[told],
            "stage": _named(_stages(now, alongside, lead))[told],
            "ratio_first": was[told],
            "ratio_last": now[told],
            "change": (now - was)[told],
            "low": low[told],
            "high": high[told],
            "closer": closer[told],
        }
    )


def _interval(drawn: Floats, level: float) -> tuple[Floats, Floats]:
    """Bounds of the middle ``level`` of draws (draw, region, field); nan where no draw is known."""
    ends = [np.full(drawn.shape[1:], np.nan) for _ in range(2)]
    known = ~np.isnan(drawn).any(axis=0) if len(drawn) else np.zeros(drawn.shape[1:], bool)
    for end, at in zip(ends, ((1 - level) / 2, (1 + level) / 2), strict=True):
        end[known] = np.quantile(drawn[:, known], at, axis=0) if known.any() else np.nan
    return ends[0], ends[1]


def _refuse(top: int, alongside: float, lead: float, dispersion: float, draws: int, level: float, regions: int) -> None:
    faults = []
    if not 0 < alongside < lead:
        faults.append(
            Fault(
                "bad-threshold",
                f"alongside must be above 0 and below lead; found {alongside:g} and {lead:g}.",
                f"alongside 须大于 0 且小于 lead；实际为 {alongside:g} 与 {lead:g}。",
            )
        )
    if not 1 <= top <= regions:
        faults.append(
            Fault(
                "bad-option",
                f"top must lie between 1 and the number of regions ({regions}); found {top}.",
                f"top 须在 1 与地区数（{regions}）之间；实际为 {top}。",
            )
        )
    if not 1 <= dispersion < np.inf or draws < 0 or not 0 < level < 1:
        found = f"{dispersion:g}, {draws}, {level:g}"
        faults.append(
            Fault(
                "bad-option",
                f"dispersion must be at least 1, draws 0 or more, level between 0 and 1; found {found}.",
                f"dispersion 至少为 1，draws 不小于 0，level 须在 0 与 1 之间；实际为 {found}。",
            )
        )
    if faults:
        raise MethodError(faults)
