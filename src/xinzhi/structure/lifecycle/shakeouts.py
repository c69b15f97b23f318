"""Shakeouts: when the number of firms began a fall from which it did not come back, and what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault
from xinzhi.core.results import Record
from xinzhi.core.specs import Text
from xinzhi.structure.lifecycle.cuts import Grammar, any_order, cut
from xinzhi.structure.lifecycle.stocks import (
    LEAST,
    Stocks,
    Turnover,
    check_options,
    no_series,
    rates,
    shocks,
    stocks,
    turnover,
)
from xinzhi.structure.onsets import step_up

if TYPE_CHECKING:
    from xinzhi.core.labels import Floats
    from xinzhi.data.industries import Industries

BASES: dict[str, Text] = {
    "number": Text(en="number of firms", zh="企业数"),
    "share": Text(en="firms for each firm of the other industries", zh="相对于其他产业的企业数"),
}
STATUS: dict[str, Text] = {
    "shakeout": Text(en="shakeout", zh="淘汰（震荡出清）"),
    "begun-before": Text(en="falling since before the record", zh="记录开始前已在减少"),
    "undated": Text(en="fell, but no year of onset is told", zh="已减少，但起始年份无法判定"),
    "recovered": Text(en="fell and recovered", zh="减少后恢复"),
    "none": Text(en="no such fall", zh="未见此类减少"),
    "not-told": Text(en="too few years", zh="年份太少"),
}
FELL = ("shakeout", "begun-before", "undated")
FALSE_SHARE = 0.1  # of the falls held to be beyond chance, the share that may be chance
AROUND = 5  # years before the onset that entry and exit are compared with
SIZE = "employment"


@dataclass(frozen=True, eq=False)
class Shakeouts:
    """Which industries went through a shakeout, when it began, and what speaks for it and against it.

    ``found`` holds a row for each series and basis (number of firms; number for each firm of the other industries).
    ``chance`` holds a row a basis: how many series met the criterion, how many would by chance alone.
    """

    found: pd.DataFrame
    chance: pd.DataFrame
    level: float
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """A row a series and basis; the columns are told at ``shakeouts``."""
        return self.found.copy()

    def __str__(self) -> str:
        lines = [f"shakeouts: {self.found[['region', 'industry']].drop_duplicates().shape[0]} series"]
        for basis, row in self.chance.iterrows():
            rows = self.found[self.found["basis"] == basis]
            dated = rows[rows["status"] == "shakeout"].nsmallest(3, ["q", "p"])
            shown = ", ".join(f"{one.industry} {one.onset} (-{one.fall:.0%})" for one in dated.itertuples())
            lines.append(
                f"{basis}: {int((rows['status'] == 'shakeout').sum())} dated, {int(row['fell'])} fell so far, "
                f"{row['by_chance']:.1f} expected of random walks"
            )
            lines.append(f"  surest: {shown or 'none'}")
        lines.append(f"notes: {len(self.notes)}")
        return "\n".join(lines)


def shakeouts(
    industries: Industries,
    *,
    of: str = "firms",
    fall: float = 0.3,
    recovery: float = 0.9,
    flat: float = 0.01,
    shortest: int = 3,
    level: float = 0.9,
    draws: int = 199,
    walks: int = 999,
    seed: int = 0,
) -> Shakeouts:
    """Find industries whose number of firms fell far from its peak for good, and date the onset with an interval.

    A shakeout is a fall of ``fall`` or more below the peak after which the number never comes back to ``recovery`` of
    it. The two numbers are a convention (Klepper, Miller 1995, IJIO 13: 567, speak of falls of half and more in new
    products); state them. Each series is looked at twice: the ``basis`` "number" is of the firms as they are, "share"
    of the firms for each firm of the region's other industries, from which recessions and the general course drop out.

    ``onset`` is the first year of the last lasting fall before the trough: the rate up to there is cut into rising,
    steady and falling (``flat`` a year, ``shortest`` years) as in ``lifecycle.cuts``, with ``low`` and ``high`` at
    ``level`` from ``draws`` simulated series, over all numbers of cuts that are not clearly worse. ``status`` is one of
    ``STATUS``. Columns besides: ``peak``, ``trough``,
    ``fall`` (a share), ``p`` (how often one of ``walks`` random walks without drift falls so far for good, its steps
    as variable as what is left of the series' rates about rise, plateau and fall, in the long run), ``q`` (as p,
    once all series of a basis are searched, Benjamini–Hochberg), ``chance`` (how often such walks meet the criterion).

    What speaks for one: ``size_change``, log employment per firm from onset to trough; ``employment_change`` (a decline
    in which employment falls as much as firms is no selection of survivors); ``entry_before``, ``entry_during``,
    ``exit_before``, ``exit_during``, rates a year in the five years before and from onset to trough; ``entry_share``,
    how much of the change of net entry the fall of entry makes up (above one: exits fell too). ``kind`` is "selection"
    where log employment fell less than half as far as log firms, "decline" where it fell further. ``defended`` is a
    shakeout in numbers whose interval lies within the record, whose q is at most 0.1, and which the share shows too.

    nan is not observed and is skipped. Raises ``DataError`` and ``MethodError``.
    """
    shares = {"fall": fall, "recovery": recovery}
    check_options(
        level=level, draws=draws, shares=shares, positive={"flat": flat, "shortest": shortest, "walks": walks}
    )
    held, moved = stocks(industries, of), turnover(industries)
    employment = np.asarray(industries.of(SIZE).values, dtype=float) if SIZE in industries.measures else None
    usable = np.isfinite(rates(held.number)).sum(axis=1) >= max(LEAST, 2 * shortest)
    if not usable.any():
        raise no_series(of, max(LEAST, 2 * shortest))
    grammar = _to_a_fall(flat)
    years = len(held.years) - 1
    random, steps = shocks(seed, draws, years), shocks(seed + 1, walks, years)
    rows: list[dict[str, object]] = []
    for basis, numbers in (("number", held.number), ("share", held.share)):
        for at in range(len(numbers)):
            row = _blank(held, at, basis)
            known = np.isfinite(numbers[at])
            if np.isfinite(rates(numbers[at])).sum() >= max(LEAST, 2 * shortest):
                path = numbers[at][known]
                row |= _fallen(path, held.years[known], fall, recovery)
                rate, deep = rates(numbers[at]), float(row["fall"])  # type: ignore[arg-type]
                row |= _by_chance(rate, deep, steps, fall, recovery, flat, shortest)
                if row["status"] == "shakeout":
                    between = int(row["peak"]), int(row["trough"])  # type: ignore[call-overload]
                    row |= _onset(numbers[at], held, *between, grammar, shortest, level, random)
                if row["status"] == "shakeout":
                    row |= _defence(at, row, held, moved, employment)
            rows.append(row)
    found = pd.DataFrame(rows).astype(dict.fromkeys(("peak", "trough", "onset", "low", "high"), "Int64"))
    found["q"] = found.groupby("basis", sort=False)["p"].transform(lambda p: step_up(p.to_numpy(dtype=float)))
    found["defended"] = _defended(found)
    found = found.sort_values(["region", "industry", "basis"], ignore_index=True)
    settings = {
        "of": of,
        "fall": fall,
        "recovery": recovery,
        "flat": flat,
        "shortest": shortest,
        "level": level,
        "draws": draws,
        "walks": walks,
    }
    chance = _chance(found)
    notes = (*held.notes, *moved.notes, *_said(held, found, usable))
    return Shakeouts(found, chance, level, notes, Record("shakeouts", settings, industries.record.inputs, seed))


def _blank(held: Stocks, at: int, basis: str) -> dict[str, object]:
    """A row of which nothing is told yet."""
    row: dict[str, object] = {"region": held.region[at], "industry": held.industry[at], "basis": basis}
    row |= {"status": "not-told", "kind": ""}
    row |= dict.fromkeys(("peak", "trough"), pd.NA) | {"fall": np.nan}
    row |= dict.fromkeys(("onset", "low", "high"), pd.NA) | {"identified": False}
    told = ("p", "chance", "rate_before", "rate_during", "size_change", "employment_change", "entry_before")
    return row | dict.fromkeys((*told, "entry_during", "exit_before", "exit_during", "entry_share"), np.nan)


def _deepest(paths: Floats, recovery: float) -> Floats:
    """How far below its peak each path (…, year) ends up for good: 0 where it comes back to ``recovery`` of it."""
    top = paths.argmax(axis=-1)[..., None]
    after = np.arange(paths.shape[-1]) >= top
    highest = np.take_along_axis(paths, top, axis=-1)
    below = np.where(after, paths, np.inf)
    bottom = below.argmin(axis=-1)[..., None]
    lowest = np.take_along_axis(below, bottom, axis=-1)
    later = np.where(np.arange(paths.shape[-1]) >= bottom, paths, -np.inf).max(axis=-1, keepdims=True)
    return np.asarray(np.where(later < recovery * highest, 1 - lowest / highest, 0.0)[..., 0])


def _fallen(path: Floats, years: np.ndarray, fall: float, recovery: float) -> dict[str, object]:
    """Peak, trough and depth of the fall of one series, and whether it meets the criterion."""
    top = int(path.argmax())
    bottom = top + int(path[top:].argmin())
    deep = 1 - path[bottom] / path[top]
    lasting = float(_deepest(path, recovery)) >= fall - 1e-9  # rounding must not decide a fall of just so much
    dip = (1 - path / np.maximum.accumulate(path)).max() >= fall - 1e-9
    status = "shakeout" if lasting else "recovered" if dip else "none"
    return {"status": status, "peak": years[top], "trough": years[bottom], "fall": float(deep)}


def _by_chance(
    rate: Floats, deep: float, steps: Floats, fall: float, recovery: float, flat: float, shortest: int
) -> dict[str, object]:
    """How often a random walk without drift, of the series' noise, falls so far, and far enough."""
    around = cut(rate, any_order(flat), shortest=shortest, level=0.9, shocks=None)
    spread = 0.0 if around is None else around.spread * np.sqrt((1 + around.memory) / (1 - around.memory))
    walk = np.cumsum(steps[:, : int(np.isfinite(rate).sum())] * spread, axis=1)
    falls = _deepest(np.exp(np.concatenate([np.zeros((len(steps), 1)), walk], axis=1)), recovery)
    many = len(steps) + 1
    return {
        "p": (1 + int((falls >= deep - 1e-12).sum())) / many if deep >= fall - 1e-9 else 1.0,
        "chance": (1 + int((falls >= fall).sum())) / many,
    }


def _to_a_fall(flat: float) -> Grammar:
    """Rise and plateau in any order, then a fall that lasts."""
    low, high = np.array([flat, -flat, -np.inf]), np.array([np.inf, flat, -flat])
    follows = np.array([[False, True, True], [True, False, True], [False, False, False]])
    return Grammar(low, high, np.array([True, True, False]), np.array([False, False, True]), follows)


def _onset(
    number: Floats, held: Stocks, peak: int, trough: int, grammar: Grammar, shortest: int, level: float, random: Floats
) -> dict[str, object]:
    """The first year of the fall that ends in the trough."""
    start = int(np.flatnonzero(np.isfinite(number))[0])
    rate = rates(number[start : trough - int(held.years[0]) + 1])
    nothing: dict[str, object] = {"status": "undated"}
    if np.isfinite(rate).sum() < 2 * shortest:
        return nothing
    if peak - int(held.years[start]) < shortest:  # too few years up to the peak to say what came before
        return {"status": "begun-before"}
    path = cut(rate, grammar, shortest=shortest, level=level, shocks=random, rivals=True)
    if path is None:
        return nothing
    year, inside = held.years[start + 1], np.flatnonzero(path.inside[-1])
    return {
        "onset": year + path.begins[-1],
        "low": year + inside[0],
        "high": year + inside[-1],
        "identified": bool(inside[0] > shortest and inside[-1] < len(rate) - shortest),
        "rate_before": float(path.means[-2]),
        "rate_during": float(path.means[-1]),
    }


def _defence(
    at: int, row: dict[str, object], held: Stocks, moved: Turnover, employment: Floats | None
) -> dict[str, object]:
    """What happened to survivors' size, entry and exit."""
    first = int(held.years[0])
    onset, trough = int(row["onset"]) - first, int(row["trough"]) - first  # type: ignore[call-overload]
    out: dict[str, object] = {}
    if employment is not None:
        start = max(onset - 1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = np.log(employment[at, trough] / employment[at, start])
            firms = np.log(held.number[at, trough] / held.number[at, start])
        out |= {"employment_change": float(change), "size_change": float(change - firms)}
        if np.isfinite(change - firms):
            out["kind"] = "selection" if change > firms / 2 else "decline"
    if moved.entry is not None and moved.exit is not None:
        early, late = slice(max(onset - AROUND, 0), onset), slice(onset, trough + 1)
        means = {}
        for name, rate in (("entry", moved.entry[at]), ("exit", moved.exit[at])):
            for when, stretch in (("before", early), ("during", late)):
                known = rate[stretch][np.isfinite(rate[stretch])]
                means[f"{name}_{when}"] = float(known.mean()) if known.size else np.nan
        lost = means["entry_before"] - means["entry_during"]
        whole = lost + means["exit_during"] - means["exit_before"]
        out |= means | {"entry_share": lost / whole if whole > 0 else np.nan}
    return out


def _defended(found: pd.DataFrame) -> pd.Series:
    """Shakeouts in numbers that are dated, beyond chance, and not the economy's."""
    key = pd.MultiIndex.from_frame(found[["region", "industry"]])
    alone = set(key[(found["basis"] == "share") & found["status"].isin(FELL)])
    also = pd.Series([one in alone for one in key], index=found.index)
    dated = (found["basis"] == "number") & (found["status"] == "shakeout") & found["identified"].astype(bool)
    return dated & (found["q"] <= FALSE_SHARE) & also


def _chance(found: pd.DataFrame) -> pd.DataFrame:
    """How many series of each basis fell so far, how many would by chance, and the share of false alarms at most."""
    rows = []
    for basis in BASES:
        part = found[(found["basis"] == basis) & (found["status"] != "not-told")]
        fell = int(part["status"].isin(FELL).sum())
        by_chance = float(part["chance"].sum())
        rows.append(
            {
                "series": len(part),
                "fell": fell,
                "by_chance": by_chance,
                "false_alarms": min(by_chance / fell, 1.0) if fell else np.nan,
                "beyond_chance": int((part["q"] <= FALSE_SHARE).sum()),
            }
        )
    return pd.DataFrame(rows, index=pd.Index(list(BASES), name="basis"))


def _said(held: Stocks, found: pd.DataFrame, usable: np.ndarray) -> list[Fault]:
    """What the record does not tell, in words."""
    notes = []
    number = found[found["basis"] == "number"]
    old = number.loc[number["status"] == "begun-before", "industry"].tolist()
    if old:
        shown = ", ".join(map(str, old[:4]))
        notes.append(
            Fault(
                "begun-before",
                f"{len(old)} series have been falling since before the record ({shown}); when that began cannot be "
                "told, and whether it followed a rise neither.",
                f"{len(old)} 个序列在记录开始前已在减少（{shown}）；何时开始、此前是否曾上升，均无从得知。",
                severity="warning",
            )
        )
    chance = _chance(found)
    for basis, row in chance.iterrows():
        if row["fell"] and row["by_chance"] > 0.5 * row["fell"]:
            name = BASES[str(basis)]
            notes.append(
                Fault(
                    "many-by-chance",
                    f"{name.en}: {int(row['fell'])} series fell so far, but {row['by_chance']:.1f} random walks as "
                    "variable as they are would have. Trust those with a small q.",
                    f"{name.zh}：{int(row['fell'])} 个序列达到该降幅，而同样波动的随机游走预期也有 "
                    f"{row['by_chance']:.1f} 个。宜只采信 q 值小者。",
                    severity="warning",
                )
            )
    if (found["basis"].eq("share") & found["status"].eq("not-told")).sum() > (~usable).sum():
        notes.append(
            Fault(
                "no-others",
                "where a region has no other series that is observed in every year, the share of firms is not told: a "
                "general recession cannot be told from a shakeout.",
                "若某地区没有其他逐年均有观测的序列，则无法计算相对企业数：普遍的衰退与淘汰无法区分。",
                severity="warning",
            )
        )
    if (~usable).any():
        shown = ", ".join(held.name(at) for at in np.flatnonzero(~usable)[:4])
        notes.append(
            Fault(
                "too-few-years",
                f"{int((~usable).sum())} series have too few years for a shakeout to be told ({shown}).",
                f"{int((~usable).sum())} 个序列年份太少，无法判断是否发生淘汰（{shown}）。",
                severity="warning",
            )
        )
    return notes
