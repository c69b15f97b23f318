"""Time on each rung of the ladder by cohort, and how long firms live: whether lives have become shorter, tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue, Text
from xinzhi.structure.ladder.rungs import ON_THE_LADDER, RUNGS
from xinzhi.structure.lifecycle.hazards import cox
from xinzhi.structure.lifecycle.incidence import lasting
from xinzhi.structure.lifecycle.stocks import check_options

if TYPE_CHECKING:
    from xinzhi.structure.ladder.rungs import Ladder

WAYS = ("up", "down")
# The four rungs in their order, mature below them, declining lowest.
_HEIGHT = {"": -3, "declining": -2, "mature": -1} | {rung: at for at, rung in enumerate(ON_THE_LADDER)}
FEWEST_EXITS, FEWEST_CLUSTERS = 10, 10
VERDICTS: dict[str, Text] = {
    "shorter": Text(en="shorter", zh="缩短"),
    "longer": Text(en="longer", zh="延长"),
    "not-found": Text(en="no change found", zh="未见变化"),
    "not-told": Text(en="cannot be told", zh="无法判断"),
}


@dataclass(frozen=True, eq=False)
class Lifetimes:
    """How long spells last, by cohort, and whether that has changed.

    ``spells`` holds a row a spell used; ``survival`` a row a group, cohort and time (Kaplan–Meier); ``incidence`` a row
    a group, way of ending and time; ``trend`` a row a group, way and window: the hazard ratio of a cohort ten years
    later. ``verdict`` is a key of ``VERDICTS``, ``said`` the same in words with its numbers.
    """

    spells: pd.DataFrame
    survival: pd.DataFrame
    incidence: pd.DataFrame
    trend: pd.DataFrame
    verdict: str
    said: Text
    level: float
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """A row a group, way and window: spells, exits, clusters, hazard_ratio, low, high, p, p_proportional."""
        return self.trend.copy()

    def __str__(self) -> str:
        kind, groups = type(self).__name__, self.spells["group"].unique()
        ended = int((self.spells["way"] != "").sum())
        return "\n".join(
            (
                f"{kind}: {len(self.spells)} spells of {len(groups)} groups, {ended} ended",
                f"cohorts: {', '.join(dict.fromkeys(self.survival['cohort']))}",
                f"verdict: {VERDICTS[self.verdict].en}",
                f"  {self.said.en}",
                f"level: {100 * self.level:g} %",
                f"notes: {len(self.notes)}",
            )
        )


class RungSpells(Lifetimes):
    """How long industries stand on each rung, by the cohort that came to it; ``group`` is the rung."""


def time_on_rungs(ladder: Ladder, *, cohort: int = 10, level: float = 0.95) -> RungSpells:
    """How long industries stay on each rung, by cohort of arrival, and whether their time has become shorter.

    A spell is an unbroken run of years on one likeliest rung. One under way when its series is first placed began at an
    unknown date and is left out, counted, unless the industry was first seen after the record begins: then it is new.
    A spell that lasts to the end of the record, or breaks off in a year without a place, is still going on.
    Spells end "up" (to a higher rung of the four, or back on the ladder) or "down" (to a lower one, or off it).

    ``survival`` is by Kaplan, Meier 1958 for each rung and each ``cohort`` of so many years, ``incidence`` by Aalen,
    Johansen 1978 for the competing ends, both with bands at ``level``. ``trend`` is Cox's model of the year of arrival
    (per decade; ties by Efron, errors robust to clusters of industries), for each rung, and for all with a baseline of
    its own for each ("all"), in two windows: "all" years watched, and "same", where every cohort is watched
    equally long and later ones are left out. A ratio above one says that later cohorts leave sooner. ``p_proportional``
    is Grambsch and Therneau's test that it is the same at all durations.

    Recent cohorts can only have ended spells that are short; censoring is taken into account, averages of ended spells
    would mislead. Raises ``MethodError`` where no spell began in the record.
    """
    check_options(level=level, draws=1, shares={}, positive={"cohort": cohort})
    rung, years = ladder.rung.values.astype(str), ladder.probability["time"].values.astype(np.int64)
    spells, left_out, broken = _runs(rung, years, _born(ladder))
    if spells.empty:
        raise FaultyValue(
            "no-spells",
            f"no spell on a rung began within {years[0]}-{years[-1]} ({left_out} were under way before). "
            "Give more years.",
            f"{years[0]}–{years[-1]} 年间没有任何新进入某级的记录（{left_out} 段在此之前已开始）。请补充年份。",
        )
    at = spells.pop("series").to_numpy()
    spells.insert(0, "industry", ladder.probability["industry"].values[at])
    spells.insert(0, "region", ladder.probability["region"].values[at])
    settings = {"cohort": cohort, "level": level, "ladder": ladder.record.operation}
    notes = []
    if left_out:
        notes.append(
            Fault(
                "begun-before",
                f"{left_out} spells were under way when their series was first placed; as their beginning is not "
                "known, they are left out.",
                f"{left_out} 段在其序列首次定级时已在进行；起点不明，未予使用。",
                severity="warning",
            )
        )
    if broken:
        notes.append(
            Fault(
                "broken-off",
                f"{broken} spells break off in a year in which the industry was not placed; they count as lasting",
                f"{broken} 段因其后年份无法定级而中断；按仍在继续（删失）处理。",
                severity="warning",
            )
        )
    made = _told(spells, spells["industry"].to_numpy(), cohort, level, int(years[-1]), WAYS)
    record = Record("time-on-rungs", settings, ladder.record.inputs)
    return RungSpells(spells, *made[:-1], level, (*notes, *made[-1]), record)


def lifetimes(
    entered: Any,
    left: Any,
    *,
    until: int,
    since: int | None = None,
    group: Any = None,
    cluster: Any = None,
    cohort: int = 10,
    level: float = 0.95,
) -> Lifetimes:
    """How long firms live, from the years they entered and left, and whether later cohorts live shorter.

    ``entered`` and ``left`` are years (firm,); nan in ``left`` is a firm still there at the end of ``until``, as is
    one that left later. Records begin in ``since`` (none: they hold whoever ever entered): a firm that entered before
    counts from the age at which it could first be seen (left truncation), and one that left before is not counted.
    ``group``
    and ``cluster`` are labels (firm,), say of industries. A firm that enters and leaves in one year lives half a year.
    Everything else is as in ``time_on_rungs``. Raises ``DataError`` for exits before entries and missing entries.
    """
    check_options(level=level, draws=1, shares={}, positive={"cohort": cohort})
    began, ended = (np.asarray(each, dtype=float).ravel() for each in (entered, left))
    if len(began) != len(ended):
        raise FaultyValue(
            "unequal-lengths",
            f"entered and left need a year for each firm; found {len(began)} and {len(ended)}.",
            f"entered 与 left 须逐个企业对应；实际为 {len(began)} 与 {len(ended)} 个。",
        )
    faults = []
    for wrong, code, en, zh in (
        (~np.isfinite(began), "no-entry", "have no year of entry", "没有进入年份"),
        (ended < began, "exit-before-entry", "left before they entered", "退出早于进入"),
        (began > until, "entry-after-end", f"entered after {until}", f"进入年份晚于 {until} 年"),
    ):
        if wrong.any():
            shown = ", ".join(map(str, np.flatnonzero(wrong)[:4].tolist()))
            faults.append(
                Fault(
                    code,
                    f"{int(wrong.sum())} firms {en} (at positions {shown}). Correct or leave them out.",
                    f"{int(wrong.sum())} 个企业{zh}（位置 {shown}）。请更正或剔除。",
                )
            )
    if faults:
        raise DataError(faults)
    gone = ended <= until
    first = -np.inf if since is None else float(since)
    seen = ~gone | (ended >= first)
    # Seen from the start of the record's first year, half a year before whoever leaves in it.
    start = np.maximum(first - began - 0.5, 0.0)
    end = np.where(gone, np.maximum(ended - began, 0.5), until - began + 1.0)
    start = np.where(start >= end, 0.0, start)  # entered and left in the year before
    labels = np.full(len(began), "firms") if group is None else np.asarray(group).astype(str).ravel()
    spells = pd.DataFrame(
        {
            "group": labels,
            "start": began,
            "from_age": start,
            "age": end,
            "way": np.where(gone, "left", ""),
        }
    )[seen].reset_index(drop=True)
    if spells.empty:
        raise FaultyValue("no-spells", "no firm was there within the record.", "记录期内没有任何企业。")
    of = np.arange(len(began)) if cluster is None else np.asarray(cluster).ravel()
    made = _told(spells, of[seen], cohort, level, until, ("left",))
    notes = []
    if (~seen).any():
        notes.append(
            Fault(
                "left-before",
                f"{int((~seen).sum())} firms left before the record begins in {since} and are not counted.",
                f"{int((~seen).sum())} 个企业在记录始于 {since} 年之前已退出，未计入。",
                severity="warning",
            )
        )
    settings = {"until": until, "since": since, "cohort": cohort, "level": level}
    record = Record("lifetimes", settings, {"firms": digest(began.tobytes() + ended.tobytes())})
    return Lifetimes(spells, *made[:-1], level, (*notes, *made[-1]), record)


def _born(ladder: Ladder) -> npt.NDArray[np.bool_]:
    """Which series were first seen after the record begins; their age is among the evidence."""
    if "age" not in ladder.evidence["criterion"].values:
        return np.zeros(ladder.probability.sizes["series"], dtype=bool)
    age = ladder.evidence.sel(criterion="age").transpose("series", "time").values
    born: npt.NDArray[np.bool_] = np.isfinite(age).any(axis=1)
    return born


def _runs(
    rung: npt.NDArray[np.str_], years: npt.NDArray[np.int64], born: npt.NDArray[np.bool_]
) -> tuple[pd.DataFrame, int, int]:
    """The spells whose beginning is known, how many are left out, and how many break off."""
    many, times = rung.shape
    placed = rung != ""
    opens = np.ones((many, times), dtype=bool)
    opens[:, 1:] = rung[:, 1:] != rung[:, :-1]
    series, first = np.nonzero(opens & placed)
    closes = np.ones((many, times), dtype=bool)
    closes[:, :-1] = opens[:, 1:]
    _, last = np.nonzero(closes & placed)
    debut = np.where(placed.any(axis=1), placed.argmax(axis=1), times)[series]
    # Known: a change of rung from the year before, or the debut of an industry that was new in the record.
    known = np.where(first == debut, born[series], placed[series, np.maximum(first - 1, 0)] & (first > 0))
    following = np.where(last + 1 < times, rung[series, np.minimum(last + 1, times - 1)], "")
    now = rung[series, first]
    higher = np.array([_HEIGHT[one] for one in following]) > np.array([_HEIGHT[one] for one in now])
    way = np.where(following == "", "", np.where(higher, "up", "down"))
    broken = known & (following == "") & (last < times - 1)
    table = pd.DataFrame(
        {
            "series": series,
            "group": now,
            "start": years[first],
            "from_age": 0.0,
            "age": (last - first + 1).astype(float),
            "way": way,
            "next": following,
        }
    )
    return table[known].reset_index(drop=True), int((~known).sum()), int(broken.sum())


def _told(
    spells: pd.DataFrame, cluster: npt.NDArray[Any], cohort: int, level: float, until: int, ways: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, str, Text, tuple[Fault, ...]]:
    """Survival, incidence, trend, verdict, words and notes of spells."""
    first = np.floor(spells["start"].to_numpy(dtype=float) / cohort).astype(int) * cohort
    cohorts = np.array([f"{year}-{year + cohort - 1}" for year in first], dtype=object)
    spells["cohort"] = cohorts
    start, end = spells["from_age"].to_numpy(), spells["age"].to_numpy()
    way = np.array([ways.index(one) if one else -1 for one in spells["way"]], dtype=np.int64)
    group = spells["group"].to_numpy(dtype=object)
    groups = [one for one in RUNGS if one in set(group)] + sorted(set(group) - set(RUNGS))
    survival, incidence = [], []
    for one in groups:
        rows = group == one
        for name in ["all", *sorted(set(cohorts[rows]))]:
            part = rows if name == "all" else rows & (cohorts == name)
            if not (way[part] >= 0).any():
                continue
            found = lasting(start[part], end[part], way[part], len(ways), level)
            median, low, high = found.median()
            columns = {
                "time": found.time,
                "at_risk": found.at_risk,
                "exits": found.exits,
                "survival": found.survival,
                "low": found.low,
                "high": found.high,
            }
            head = {"group": one, "cohort": name, "spells": int(part.sum())}
            middle = {"median": median, "median_low": low, "median_high": high}
            survival.append(pd.DataFrame(head | columns | middle))
            if name == "all":
                for at, each in enumerate(ways):
                    sides = {"share": found.ended[at], "low": found.ended_low[at], "high": found.ended_high[at]}
                    incidence.append(pd.DataFrame({"group": one, "way": each, "time": found.time} | sides))
    empty = ["group", "cohort", "spells", "time", "at_risk", "exits", "survival", "low", "high", "median"]
    curves = pd.concat(survival, ignore_index=True) if survival else pd.DataFrame(columns=empty)
    ends = pd.concat(incidence, ignore_index=True) if incidence else pd.DataFrame(columns=["group", "way", "time"])
    trend = _trend(spells, way, cluster, level, until, ways, groups)
    verdict, said, notes = _verdict(trend, level)
    return curves, ends, trend, verdict, said, notes


def _trend(
    spells: pd.DataFrame,
    way: npt.NDArray[np.int64],
    cluster: npt.NDArray[Any],
    level: float,
    until: int,
    ways: tuple[str, ...],
    groups: list[str],
) -> pd.DataFrame:
    """The hazard ratio per decade of arrival, for every group and all, every way and any, both windows."""
    from scipy.stats import t

    begun, start, end = (spells[each].to_numpy(dtype=float) for each in ("start", "from_age", "age"))
    strata = np.unique(spells["group"].to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64)
    # Watched equally long: the half of the spells that could have been watched longest, for as long as all of them.
    could = until - begun + 1
    horizon = float(np.median(could))
    windows = {"all": (np.ones(len(spells), dtype=bool), np.inf), "same": (could >= horizon, horizon)}
    rows = []
    for window, (chosen, most) in windows.items():
        cut = end > most
        for one in ["all", *groups] if len(groups) > 1 else groups:
            use = chosen & (start < most) & ((spells["group"] == one).to_numpy() | (one == "all"))
            for each in ("any", *ways) if len(ways) > 1 else ways:
                exited = (way >= 0) & ~cut if each == "any" or len(ways) == 1 else (way == ways.index(each)) & ~cut
                found = None
                if int(exited[use].sum()) >= FEWEST_EXITS and np.ptp(begun[use]) > 0:
                    held = np.minimum(end, most)[use]
                    decade = begun[use, None] / 10
                    found = cox(start[use], held, exited[use], decade, strata=strata[use], clusters=cluster[use])
                row: dict[str, object] = {"group": one, "way": each, "window": window, "spells": int(use.sum())}
                row |= {"exits": int(exited[use].sum()), "clusters": len(np.unique(cluster[use]))}
                row |= dict.fromkeys(("hazard_ratio", "low", "high", "p", "p_proportional"), np.nan)
                if found is not None and found.clusters >= FEWEST_CLUSTERS:
                    beta, many = float(found.beta[0]), found.clusters
                    error = float(np.sqrt(found.robust[0, 0] * many / (many - 1)))
                    reach = float(t.ppf((1 + level) / 2, many - 1)) * error
                    row |= {
                        "hazard_ratio": np.exp(beta),
                        "low": np.exp(beta - reach),
                        "high": np.exp(beta + reach),
                        "p": float(2 * t.sf(abs(beta) / error, many - 1)) if error > 0 else np.nan,
                        "p_proportional": float(found.p_proportional[0]),
                    }
                rows.append(row | {"horizon": most})
    return pd.DataFrame(rows)


def _verdict(trend: pd.DataFrame, level: float) -> tuple[str, Text, tuple[Fault, ...]]:
    """Whether lives have become shorter, in words: by all years watched, and whether equal watching agrees."""
    main, same = (trend[trend["window"] == window].iloc[0].to_dict() for window in ("all", "same"))
    if np.isnan(main["hazard_ratio"]):
        said = Text(
            en=f"whether lives have become shorter cannot be told: {int(main['exits'])} ends of "
            f"{int(main['clusters'])} clusters (at least {FEWEST_EXITS} of {FEWEST_CLUSTERS} are needed, of "
            "cohorts that differ).",
            zh=f"生命周期是否缩短无法判断：仅 {int(main['clusters'])} 个聚类中的 {int(main['exits'])} 次结束"
            f"（至少需要 {FEWEST_CLUSTERS} 个聚类、{FEWEST_EXITS} 次，且队列不同）。",
        )
        return "not-told", said, ()
    verdict = "shorter" if main["low"] > 1 else "longer" if main["high"] < 1 else "not-found"
    numbers = f"{main['hazard_ratio']:.2f} ({100 * level:g} %: {main['low']:.2f} to {main['high']:.2f})"
    numbers_zh = f"{main['hazard_ratio']:.2f}（{100 * level:g}% 区间 {main['low']:.2f}–{main['high']:.2f}）"
    found = {"shorter": "have become shorter", "longer": "have become longer"}
    found_zh = {"shorter": "生命周期缩短", "longer": "生命周期延长"}
    en = f"{found.get(verdict, 'are not found to have become shorter or longer')}: a cohort ten years later leaves at "
    said = Text(
        en=f"spells {en}{numbers} times the rate; {int(main['exits'])} ends of {int(main['spells'])} spells.",
        zh=f"{found_zh.get(verdict, '未发现生命周期缩短或延长')}：晚十年的队列，其退出风险为 {numbers_zh} 倍；"
        f"共 {int(main['spells'])} 段，其中 {int(main['exits'])} 段已结束。",
    )
    notes = [
        Fault(
            "recent-look-short",
            "recent cohorts have been watched for few years, so of theirs only short spells can have ended: compare "
            "curves at equal durations, not averages. What late cohorts will do later is not in the data.",
            "近期队列观测年数少，已结束的只可能是较短的段：应在相同时长处比较曲线，而非比较平均值。"
            "近期队列今后的情形不在数据之中。",
            severity="warning",
        )
    ]
    agree = same["low"] > 1 if verdict == "shorter" else same["high"] < 1
    if verdict in found and not agree:
        notes.append(
            Fault(
                "window-matters",
                f"where all cohorts are watched equally long the ratio is {same['hazard_ratio']:.2f} "
                f"({same['low']:.2f} to {same['high']:.2f}), which does not say the same: the finding rests on cohorts "
                "that were watched for different times.",
                f"在各队列观测时长相同的情形下，风险比为 {same['hazard_ratio']:.2f}（{same['low']:.2f}–"
                f"{same['high']:.2f}），不支持同一结论：该结论有赖于观测时长不同的队列。",
                severity="warning",
            )
        )
    if main["p_proportional"] < 0.05:
        notes.append(
            Fault(
                "not-proportional",
                f"the ratio is not the same at all durations (p = {main['p_proportional']:.3f}); it is an average over "
                "them. Look at the curves.",
                f"风险比随时长而变（p = {main['p_proportional']:.3f}）；所报为其平均。请查看曲线。",
                severity="warning",
            )
        )
    return verdict, said, tuple(notes)
