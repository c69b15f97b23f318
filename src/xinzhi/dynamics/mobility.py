"""Who changes places: rank mobility between years, and what groups of regions have to do with it.

Ranks are 1 for the best; ties share the mean of their ranks. Regions are compared between two years over those
observed in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record
from xinzhi.dynamics._scores import Grouping, Scores
from xinzhi.dynamics.courses import courses, labelled

GROUP = "group"
FEW_YEARS = 3


def rank_mobility(scores: xr.DataArray) -> RankMobility:
    """Measure how much the order of regions changes from year to year, and from the first year to the last.

    ``scores`` are region × time; each pair of years is taken over the regions observed in both. Raises ``MethodError``
    for fewer than three regions or two years, and for pairs of years with fewer than three regions in common or in
    which all tie.
    """
    laid, notices = courses(scores, least_regions=3, least_times=2)
    last = len(laid.times) - 1
    pairs = [(at, at + 1) for at in range(last)] + ([(0, last)] if last > 1 else [])
    _refuse_pairs(laid, pairs)
    rows = [_between(laid, start, end) for start, end in pairs]
    return RankMobility(
        ranks=labelled(ranks(laid.x), laid, "rank"),
        table=pd.DataFrame(rows),
        omitted=(*notices, *short(laid)),
        record=Record("rank_mobility", {}, {"scores": laid.digest}),
        laid=laid,
    )


@dataclass(frozen=True)
class RankMobility:
    """Change of places by pair of years.

    ``table`` has one row per step and a last one from the first year to the last: Spearman's rho and Kendall's tau-b
    with two-sided p-values against no association (small: places persist), the mean absolute change of rank, that
    change as a share of the most that is possible (a full reversal), the overtakings (pairs of regions that changed
    order) and how many regions rose, fell or stayed.
    """

    ranks: xr.DataArray
    table: pd.DataFrame
    omitted: tuple[Fault, ...]
    record: Record
    laid: Scores

    def between(self, start: int | None = None, end: int | None = None) -> pd.DataFrame:
        """Every region's place in two years (first and last unless said): ranks, change (up is positive), local tau.

        ``tau`` is the share of the other regions to which the region kept its order, less the share to which it changed
        it (Rey 2016, Annals of the AAG 106(4): 788); its mean is Kendall's tau without ties.
        """
        at = self._steps(start, end)
        x, y = self.laid.x[at[0]], self.laid.x[at[1]]
        seen = ~(np.isnan(x) | np.isnan(y))
        order = concordance(x[seen], y[seen])
        first, then = ranks(x[seen]), ranks(y[seen])
        return pd.DataFrame(
            {
                REGION: self.laid.regions[seen],
                "rank_start": first,
                "rank_end": then,
                "change": first - then,
                "tau": order.sum(axis=-1) / (seen.sum() - 1),
            }
        )

    def by_group(
        self, groups: Grouping, start: int | None = None, end: int | None = None, *, draws: int = 999, seed: int = 0
    ) -> GroupMobility:
        """Split the change of places between two years into what groups did as a whole and what went on inside them.

        ``groups`` is the name of a coordinate along region, a mapping or a labelled array. The p-value compares with
        ``draws`` random deals of the regions to groups of the same sizes. Raises ``MethodError`` where no rank changed.
        """
        at = self._steps(start, end)
        codes, labels = self.laid.groups(groups)
        x, y = self.laid.x[at[0]], self.laid.x[at[1]]
        seen = ~(np.isnan(x) | np.isnan(y))
        codes, change = codes[seen], ranks(x[seen]) - ranks(y[seen])
        if not change.any():
            raise MethodError(
                Fault(
                    "no-rank-changed",
                    "no region changed its rank, so there is nothing to split between groups.",
                    "没有任何地区的位次发生变化，无法按组分解。",
                )
            )
        member = (codes == np.arange(len(labels))[:, None]).astype(float)
        observed = float(theta(change, codes, len(labels)))
        dealt = np.random.default_rng(seed).permuted(np.tile(codes, (draws, 1)), axis=1)
        drawn = theta(change, dealt, len(labels))
        tau, pairs = _tau_between(concordance(x[seen], y[seen]), member)
        net, gross = member @ change, member @ np.abs(change)
        return GroupMobility(
            theta=observed,
            p_cohesion=float((1 + (drawn >= observed - 1e-12).sum()) / (1 + draws)),
            table=pd.DataFrame({GROUP: labels, "regions": member.sum(axis=1).astype(int), "net": net, "gross": gross}),
            tau=xr.DataArray(tau, dims=(GROUP, "other"), coords={GROUP: labels, "other": labels}, name="tau"),
            pairs=xr.DataArray(pairs, dims=(GROUP, "other"), coords={GROUP: labels, "other": labels}, name="pairs"),
            years=(self.laid.times[at[0]], self.laid.times[at[1]]),
            draws=draws,
            seed=seed,
        )

    def _steps(self, start: int | None, end: int | None) -> tuple[int, int]:
        times = self.laid.times.tolist()
        if stray := [str(year) for year in (start, end) if year is not None and year not in times]:
            raise MethodError(
                Fault(
                    "no-such-year",
                    f"there are no scores of {', '.join(stray)}.",
                    f"没有以下年份的得分：{'、'.join(stray)}。",
                )
            )
        return times.index(start) if start is not None else 0, times.index(end) if end is not None else len(times) - 1

    @cached_property
    def persistence(self) -> pd.Series:
        """Spearman's rho and Kendall's tau-b from the first year to the last."""
        return self.table.iloc[-1][["spearman", "kendall"]].astype(float)

    def to_frame(self) -> pd.DataFrame:
        """One row per pair of years."""
        return self.table.copy()

    def __repr__(self) -> str:
        whole, times = self.table.iloc[-1], self.laid.times
        steps = self.table.iloc[:-1] if len(self.table) > 1 else self.table
        return "\n".join(
            (
                f"Rank mobility: {len(self.laid.regions)} regions, {times[0]}-{times[-1]}",
                f"  first to last year: Spearman {whole['spearman']:.3f}, Kendall {whole['kendall']:.3f}, "
                f"mean rank change {whole['mean_change']:.2f} ({whole['share_of_most']:.0%} of the most possible)",
                f"  from year to year: mean rank change {steps['mean_change'].mean():.2f}, "
                f"{steps['overtakings'].mean():.1f} overtakings",
                f"  notes: {len(self.omitted)}",
            )
        )


@dataclass(frozen=True)
class GroupMobility:
    """Change of places between two years, split by groups of regions.

    ``theta`` is the share of all rank change that groups made as a whole, sum |sum of a group's changes| over sum of
    |changes|: 1 where all of a group moved together, 0 where its members only changed places among themselves
    (Rey 2004, in Getis et al., Spatial Econometrics and Spatial Statistics). ``p_cohesion`` is the share of random
    deals with at least that much. ``table`` has each group's ``net`` rank change (up is positive) and its ``gross``
    one; ``tau`` is Kendall's tau within and between groups (Rey 2016), ``nan`` where there is no ``pairs`` of regions.
    """

    theta: float
    p_cohesion: float
    table: pd.DataFrame
    tau: xr.DataArray
    pairs: xr.DataArray
    years: tuple[object, object]
    draws: int
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """One row per group."""
        return self.table.assign(theta=self.theta, p_cohesion=self.p_cohesion)

    def __repr__(self) -> str:
        moves = ", ".join(f"{row.group} {row.net:+g}" for row in self.table.itertuples())
        return "\n".join(
            (
                f"Rank mobility by group, {self.years[0]}-{self.years[1]}",
                f"  net change: {moves}",
                f"  theta {self.theta:.3f}: share of the change made by groups as a whole (p = {self.p_cohesion:.3f}, "
                f"{self.draws} deals, seed {self.seed})",
            )
        )


def ranks(x: Floats) -> Floats:
    """Ranks along the last axis, 1 for the highest, ties sharing their mean rank; ``nan`` stays."""
    from scipy.stats import rankdata  # takes most of a second to load

    # Missing ones stand behind all others, where they move nobody; SciPy's own way to omit them goes row by row.
    missing = np.isnan(x)
    return np.asarray(np.where(missing, np.nan, rankdata(np.where(missing, np.inf, -x), axis=-1)))


def theta(change: Floats, codes: np.ndarray, groups: int) -> Floats:
    """Sum of |net rank change of a group| over the sum of |rank changes|; ``codes`` (..., region) say whose it is."""
    net = np.stack([np.abs(np.where(codes == group, change, 0.0).sum(axis=-1)) for group in range(groups)])
    return np.asarray(net.sum(axis=0) / np.abs(change).sum(axis=-1))


def concordance(x: Floats, y: Floats) -> Floats:
    """1 where two regions kept their order, -1 where they changed it, 0 for ties: (..., region, region)."""
    return np.asarray(np.sign(x[..., :, None] - x[..., None, :]) * np.sign(y[..., :, None] - y[..., None, :]))


def short(laid: Scores) -> tuple[Fault, ...]:
    """A warning that so few years cannot tell lasting change from noise."""
    if len(laid.times) > FEW_YEARS:
        return ()
    return (
        Fault(
            "short-panel",
            f"{len(laid.times)} years: a change of places cannot be told from noise in the scores.",
            f"仅有 {len(laid.times)} 个年份，无法区分位次的真实变化与得分噪声。",
            severity="warning",
        ),
    )


def _between(laid: Scores, start: int, end: int) -> dict[str, object]:
    from scipy.stats import kendalltau, spearmanr

    x, y = laid.x[start], laid.x[end]
    seen = ~(np.isnan(x) | np.isnan(y))
    x, y, n = x[seen], y[seen], int(seen.sum())
    change = ranks(x) - ranks(y)
    rho, tau = spearmanr(x, y), kendalltau(x, y)
    return {
        "start": laid.times[start],
        "end": laid.times[end],
        "regions": n,
        "spearman": float(rho.statistic),
        "p_spearman": float(rho.pvalue),
        "kendall": float(tau.statistic),
        "p_kendall": float(tau.pvalue),
        "mean_change": float(np.abs(change).mean()),
        "share_of_most": float(np.abs(change).sum() / (n**2 // 2)),
        "overtakings": int((concordance(x, y) < 0).sum() // 2),
        "rose": int((change > 0).sum()),
        "fell": int((change < 0).sum()),
        "stayed": int((change == 0).sum()),
    }


def _refuse_pairs(laid: Scores, pairs: list[tuple[int, int]]) -> None:
    faults = []
    for start, end in pairs:
        seen = laid.seen[start] & laid.seen[end]
        ends = laid.x[[start, end]][:, seen]
        if seen.sum() < 3 or (ends == ends[:, :1]).all(axis=1).any():
            years = f"{laid.times[start]}-{laid.times[end]}"
            faults.append(
                Fault(
                    "no-order",
                    f"{years}: {seen.sum()} regions were observed in both years; three that do not all tie are needed.",
                    f"{years}：两年均有得分的地区为 {seen.sum()} 个；至少需要三个且得分不全相同。",
                )
            )
    if faults:
        raise MethodError(faults)


def _tau_between(order: Floats, member: Floats) -> tuple[Floats, Floats]:
    size = member.sum(axis=1)
    pairs = np.outer(size, size) - np.diag(size)
    held = member @ order @ member.T
    return np.asarray(np.where(pairs > 0, held / np.where(pairs > 0, pairs, 1.0), np.nan)), np.asarray(pairs)
