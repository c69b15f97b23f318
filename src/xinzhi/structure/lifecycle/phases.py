"""Phases of an industry's life told by net entry: few producers, rise, plateau, shakeout, plateau again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault
from xinzhi.core.results import Record
from xinzhi.core.specs import Text
from xinzhi.data.industries import Industries
from xinzhi.structure.crossed import one_of
from xinzhi.structure.lifecycle.cuts import Cuts, Grammar, Whole, any_order, cut
from xinzhi.structure.lifecycle.stocks import LEAST, Stocks, check_options, no_series, rates, shocks, stocks

if TYPE_CHECKING:
    from xinzhi.core.labels import Floats

Basis = Literal["number", "share"]
NetEntry = Literal["rate", "level"]
PHASES: dict[int, Text] = {
    1: Text(en="few producers", zh="少数先行者"),
    2: Text(en="rise", zh="进入高潮"),
    3: Text(en="plateau", zh="高位平台"),
    4: Text(en="shakeout", zh="淘汰（震荡出清）"),
    5: Text(en="second plateau", zh="再稳定"),
}


@dataclass(frozen=True, eq=False)
class LifeCycle:
    """In which phase of net entry each industry of each region was in each year, and when each phase began.

    ``phase`` is series × time: 1 to 5, 0 where it could not be told. ``boundaries`` holds a row a phase seen: the year
    it ``begins`` with ``low`` and ``high``, and ``net_entry`` a year in it; a phase that was under way when the record
    starts has no year; ``identified`` says whether the whole interval lies within the record. ``series`` holds a row a
    series: the phases seen, and whether the order of the cycle ``follows`` from the numbers at all.
    """

    phase: xr.DataArray
    boundaries: pd.DataFrame
    series: pd.DataFrame
    level: float
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """A row a phase of a series: region, industry, phase, its name, begins, low, high, identified, net_entry."""
        return self.boundaries.copy()

    def __str__(self) -> str:
        years, now = self.phase["time"].values, self.phase.values[:, -1]
        told = ", ".join(f"{number} {name.en} {int((now == number).sum())}" for number, name in PHASES.items())
        dated = self.boundaries["identified"]
        return "\n".join(
            (
                f"life cycles: {self.phase.sizes['series']} series, {years[0]}-{years[-1]}",
                f"{years[-1]}: {told}, not told {int((now == 0).sum())}",
                f"boundaries: {int(self.boundaries['begins'].notna().sum())} dated, {int(dated.sum())} of them within "
                f"the record at {100 * self.level:g} %",
                f"order of the cycle kept: {int(self.series['follows'].sum())} series",
                f"net entry: {self.record.settings['net_entry']} of {self.record.settings['of']}",
                f"notes: {len(self.notes)}",
            )
        )


def life_cycle(
    industries: Industries,
    *,
    of: str = "firms",
    net_entry: NetEntry = "rate",
    basis: Basis = "number",
    flat: float = 0.01,
    few: float = 0.1,
    shortest: int = 3,
    level: float = 0.9,
    draws: int = 199,
    seed: int = 0,
) -> LifeCycle:
    """Tell the phases of net entry of each industry, with the year each began and an interval.

    The five phases are those of Gort, Klepper 1982 (Economic Journal 92: 630): 1 few producers and little entry, 2 net
    entry, 3 none on balance, 4 net exit, 5 none on balance again; each may be missing, and the record may begin in any.
    Their years were assigned by a discriminant procedure; here the series is cut by penalised least squares with the
    noise's autocorrelation paid for, and cuts have sets of years that fit as well (see ``lifecycle.cuts``).

    ``of`` is the stock counted. ``net_entry`` is its log change a year ("rate") or its change over the series' mean
    ("level", nearer to the authors, and better where a phase of few producers is in the record). ``basis="share"``
    takes the number for each firm of the region's other industries, so that the business cycle drops out. Within
    ``flat`` of zero (a year) there is no net entry; a phase 1 has at most the share ``few`` of the most firms seen; a
    phase lasts ``shortest`` years or more. ``level`` is that of the intervals, from ``draws`` simulated series.

    A year that is not observed has no net entry, nor has the next one. A record that begins with many firms has not
    seen phase 1 and, if it does not begin with a rise, phase 2: the notes say so. Raises ``DataError`` and
    ``MethodError``.
    """
    one_of("net_entry", net_entry, NetEntry)
    one_of("basis", basis, Basis)
    check_options(level=level, draws=draws, shares={"few": few}, positive={"flat": flat, "shortest": shortest})
    held = stocks(industries, of)
    numbers = held.number if basis == "number" else held.share
    entry = rates(numbers) if net_entry == "rate" else _levels(numbers)
    usable = np.isfinite(entry).sum(axis=1) >= max(LEAST, 2 * shortest)
    if not usable.any():
        raise no_series(of, max(LEAST, 2 * shortest))
    random = shocks(seed, draws, entry.shape[1])
    phase = np.zeros(numbers.shape, dtype=np.int8)
    boundaries: list[dict[str, object]] = []
    rows: list[dict[str, object]] = []
    for at in range(len(numbers)):
        row: dict[str, object] = {"region": held.region[at], "industry": held.industry[at], "phases": ""}
        row |= {"follows": False, "again": pd.NA, "born": bool(held.born[at]), "first_share": np.nan}
        if usable[at]:
            found = _one(entry[at], numbers[at], held, at, flat, few, shortest, level, random)
            row |= found.row
            boundaries += [{"region": held.region[at], "industry": held.industry[at]} | one for one in found.parts]
            phase[at] = found.phase
        rows.append(row)
    coords = {
        "region": ("series", held.region),
        "industry": ("series", held.industry),
        "time": held.years,
    }
    columns = [
        "region",
        "industry",
        "phase",
        "phase_en",
        "phase_zh",
        "begins",
        "low",
        "high",
        "identified",
        "net_entry",
    ]
    table = pd.DataFrame(boundaries, columns=columns)
    table = table.astype(dict.fromkeys(("begins", "low", "high"), "Int64"))
    series = pd.DataFrame(rows).astype({"again": "Int64"})
    settings = {
        "of": of,
        "net_entry": net_entry,
        "basis": basis,
        "flat": flat,
        "few": few,
        "shortest": shortest,
        "level": level,
        "draws": draws,
    }
    return LifeCycle(
        xr.DataArray(phase, coords, ("series", "time"), name="phase"),
        table,
        series,
        level,
        (*held.notes, *_said(held, series, usable, of)),
        Record("life-cycle", settings, industries.record.inputs, seed),
    )


def _levels(numbers: Floats) -> Floats:
    """Net entry over the mean number of the series."""
    filled = np.where(np.isfinite(numbers), numbers, 0.0)
    many = np.isfinite(numbers).sum(axis=1)
    mean = np.divide(filled.sum(axis=1), many, out=np.full(len(numbers), np.nan), where=many > 0)
    return np.asarray(np.diff(numbers, axis=1) / mean[:, None])


def _cycle(flat: float) -> Grammar:
    """The five phases in their order; 3 may be skipped, and a record may begin and end in any but begin in 5."""
    low = np.array([-flat, flat, -flat, -np.inf, -flat])
    high = np.array([flat, np.inf, flat, -flat, flat])
    follows = np.zeros((5, 5), dtype=bool)
    for before, after in ((0, 1), (1, 2), (1, 3), (2, 3), (3, 4)):
        follows[before, after] = True
    return Grammar(low, high, np.array([True, True, True, True, False]), np.ones(5, dtype=bool), follows)


@dataclass(frozen=True)
class _Found:
    row: dict[str, object]
    parts: list[dict[str, object]]
    phase: Whole


def _one(
    entry: Floats,
    number: Floats,
    held: Stocks,
    at: int,
    flat: float,
    few: float,
    shortest: int,
    level: float,
    random: Floats,
) -> _Found:
    """The phases of one series. Its first change is the second year's."""
    start = int(np.flatnonzero(np.isfinite(entry))[0])
    stop = int(np.flatnonzero(np.isfinite(entry))[-1]) + 1
    x, count = entry[start:stop], number[start : stop + 1]
    most = np.nanmax(count)
    # Phase 1 must have ended by the last year with few firms before there were ever many.
    many = np.flatnonzero(count > few * most)
    latest = np.full(5, len(x))
    latest[0] = max(int(many[0]) - 1, 0)
    cycle = cut(x, _cycle(flat), latest=latest, shortest=shortest, level=level, shocks=random)
    loose = cut(x, any_order(flat), shortest=shortest, level=level, shocks=None)
    if cycle is None or loose is None:  # only where no phase fits, which `usable` has made sure of
        return _Found({}, [], np.zeros(len(number), dtype=np.int64))
    classes = cycle.classes + 1
    follows, again = _kept(cycle, loose)
    alone = len(classes) == 1 and classes[0] == 3  # a plateau with nothing before and after may be the first or second
    phase = np.zeros(len(number), dtype=np.int64)
    year = held.years[start + 1]
    edges = np.concatenate([[0], cycle.begins, [len(x)]])
    parts: list[dict[str, object]] = []
    for part, kind in enumerate(classes.tolist()):
        first, end = int(edges[part]), int(edges[part + 1])
        phase[start + 1 + first : start + 1 + end] = 0 if alone else kind
        one: dict[str, object] = {
            "phase": 0 if alone else kind,
            "phase_en": "plateau, first or second" if alone else PHASES[kind].en,
            "phase_zh": "平台期（先后未定）" if alone else PHASES[kind].zh,
            "begins": pd.NA,
            "low": pd.NA,
            "high": pd.NA,
            "identified": False,
            "net_entry": float(cycle.means[part]),
        }
        if part:
            inside = np.flatnonzero(cycle.inside[part - 1])
            one |= {
                "begins": year + first,
                "low": year + inside[0],
                "high": year + inside[-1],
                "identified": bool(inside[0] > shortest and inside[-1] < len(x) - shortest),
            }
        elif held.born[at]:
            one |= dict.fromkeys(("begins", "low", "high"), held.years[start]) | {"identified": True}
        parts.append(one)
    phase[start] = phase[start + 1]
    row = {
        "phases": "-".join("?" if alone else str(kind) for kind in classes.tolist()),
        "follows": follows,
        "again": pd.NA if again is None else year + again,
        "first_share": float(count[0] / most),
    }
    return _Found(row, parts, phase)


def _kept(cycle: Cuts, loose: Cuts) -> tuple[bool, int | None]:
    """Whether the order of the cycle does as well as any order; else where net entry first turned up again."""
    for part in range(1, len(loose.classes)):
        if loose.classes[part] < loose.classes[part - 1] and loose.worth < cycle.worth:
            return False, int(loose.begins[part - 1])
    return True, None


def _said(held: Stocks, series: pd.DataFrame, usable: np.ndarray, of: str) -> list[Fault]:
    """What the record does not tell, in words."""
    notes = []
    told = series["phases"] != ""
    late = told & ~series["born"].to_numpy(dtype=bool) & ~series["phases"].str.startswith("1")
    if late.any():
        share = series.loc[late, "first_share"].median()
        no_rise = late & ~series["phases"].str.startswith("2")
        notes.append(
            Fault(
                "begun-before",
                f"{int(late.sum())} series had begun before the record: in its first year they had {share:.0%} of the "
                f"most {of} seen (median), so phase 1 was not seen; {int(no_rise.sum())} of them do not begin with a "
                "rise either, so phase 2 was not seen. How long these phases took cannot be told.",
                f"{int(late.sum())} 个序列在记录开始前已存在：首年的“{of}”已达所见最大值的 {share:.0%}（中位数），"
                f"故未见第 1 阶段；其中 {int(no_rise.sum())} 个也不以上升开始，故未见第 2 阶段。"
                "这些阶段历时多久无从得知。",
                severity="warning",
            )
        )
    if (~usable).any():
        shown = ", ".join(held.name(at) for at in np.flatnonzero(~usable)[:4])
        notes.append(
            Fault(
                "too-few-years",
                f"{int((~usable).sum())} series have too few years for phases to be told ({shown}).",
                f"{int((~usable).sum())} 个序列年份太少，无法划分阶段（{shown}）。",
                severity="warning",
            )
        )
    broken = series.loc[told & ~series["follows"].astype(bool)]
    if len(broken):
        shown = ", ".join(f"{row.industry} {row.again}" for row in broken.head(4).itertuples())
        notes.append(
            Fault(
                "order-broken",
                f"{len(broken)} series do not keep the order of the cycle: net entry turned up again after a fall "
                f"({shown}). Their phases are the nearest the order allows.",
                f"{len(broken)} 个序列不符合生命周期的先后顺序：净进入回落后再度上升（{shown}）。"
                "所列阶段是该顺序所能容许的最近似者。",
                severity="warning",
            )
        )
    return notes
