"""How sure an index is: intervals, probabilities, and what moves whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.results import Record
from xinzhi.measure.result import Codes
from xinzhi.study.vary import _kernels as kernels
from xinzhi.study.vary.alone import Alone
from xinzhi.study.vary.claims import Claim, Verdict, judge
from xinzhi.study.vary.design import INDEPENDENT, Design
from xinzhi.study.vary.following import Followed, follow, wanted
from xinzhi.study.vary.plan import Picks, Plan
from xinzhi.study.vary.quantiles import mean, quantiles
from xinzhi.study.vary.setting import Setting
from xinzhi.study.vary.sobol import Estimator, Shares, estimated, exact
from xinzhi.study.vary.statistics import Follow

What = Literal["rank", "score"]
# f(scores (draw, time, region)) -> (draw,), or (draw, …) for outcomes looked at side by side.
Outcome = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Doubt:
    """Every version of an index that its choices allow.

    ``nominal`` (time, region) is the study as it stands, ``draws`` (draw, time, region) the versions: the
    independent ones first, then those mixed for effects; ``alone`` holds the study with one choice changed at a time.
    ``nan`` where a version gives a region no score. Intervals and probabilities are taken from the independent draws
    in which a region has a score, and say what share that is.
    """

    plan: Plan
    design: Design
    picks: Picks
    regions: Codes
    times: npt.NDArray[np.int64]
    about_region: dict[str, npt.NDArray[Any]]
    nominal: Floats
    draws: Floats
    alone: Alone
    record: Record

    @cached_property
    def scores(self) -> xr.DataArray:
        """Scores of the independent draws, draw × region × time."""
        return self._labelled(self.draws[: self.design.independent]).rename("score")

    @cached_property
    def ranks(self) -> xr.DataArray:
        """Ranks of the independent draws among the regions of a year: 1 is best, ties share the best rank."""
        placed = self._placed[: self.design.independent]
        return self._labelled(np.where(placed > 0, placed, np.nan)).rename("rank")

    def intervals(self, level: float = 0.9) -> pd.DataFrame:
        """Per region and year: nominal score and rank, and the mean, median and interval of both over the draws.

        An interval runs between the quantiles (type 7) that hold ``level`` between them; ``share_scored`` is the share
        of draws in which the region has a score.
        """
        table = self._rows()
        ends = [(1 - level) / 2, 0.5, (1 + level) / 2]
        n = self.design.independent
        table["share_scored"] = (~np.isnan(self.draws[:n])).mean(axis=0).T.ravel()
        named: list[tuple[What, Floats, Floats]] = [
            ("score", self.nominal, self.draws[:n]),
            ("rank", self._ranked_nominal, self.ranks.values.transpose(0, 2, 1)),
        ]
        for name, nominal, values in named:
            low, middle, high = quantiles(values, ends)
            columns = {"": nominal, "_mean": mean(values), "_median": middle, "_low": low, "_high": high}
            for column, of in columns.items():
                table[name + column] = of.T.ravel()
        return table

    def rank_probabilities(self) -> xr.DataArray:
        """The share of draws in which a region takes a rank, region × time × rank; sums to one where it has a score."""
        n = len(self.regions)
        taken = np.stack([kernels.places(self._year(t))[:, 1:] for t in range(len(self.times))], axis=1)
        coords = {REGION: self.regions, TIME: self.times, "rank": np.arange(1, n + 1)}
        scored = taken.sum(axis=-1, keepdims=True)
        share = np.divide(taken, scored, out=np.full(taken.shape, np.nan), where=scored > 0)
        return xr.DataArray(share, dims=(REGION, TIME, "rank"), coords=coords, name="probability")

    def top(self, k: int) -> xr.DataArray:
        """The share of draws in which a region is among the first ``k``, region × time."""
        return self.rank_probabilities().sel(rank=slice(1, k)).sum("rank", skipna=False).rename(f"top_{k}")

    def ahead(self) -> xr.DataArray:
        """The share of draws in which a region ranks above another, region × other × time; a tie is neither's.

        Over the draws in which both have a score; missing on the diagonal.
        """
        n = len(self.regions)
        out = np.full((n, n, len(self.times)), np.nan)
        for t in range(len(self.times)):
            placed = self._year(t)
            seen = (placed > 0).astype(float)
            both = seen.T @ seen
            np.fill_diagonal(both, 0)
            np.divide(kernels.duels(placed), both, out=out[:, :, t], where=both > 0)
        coords = {REGION: self.regions, "other": self.regions, TIME: self.times}
        return xr.DataArray(out, dims=(REGION, "other", TIME), coords=coords, name="ahead")

    def rank_of(self, region: str, time: int | None = None) -> Floats:
        """A region's rank in a year (the last, unless named) under every draw, to be handed to ``effects``."""
        return self._ranked[:, self._time(time), self._region(region)]

    def score_of(self, region: str, time: int | None = None) -> Floats:
        """A region's score in a year (the last, unless named) under every draw."""
        return self.draws[:, self._time(time), self._region(region)]

    def rank_shift(self) -> Floats:
        """The mean absolute distance of ranks from the nominal ones under every draw, (draw,)."""
        return mean(np.abs(self._ranked - self._ranked_nominal).reshape(len(self.draws), -1), axis=1)

    def outcome(self, of: Callable[[xr.DataArray], Any]) -> Floats:
        """Any function of one version's scores, region × time, under every draw: a Gini, the sign of a trend."""
        coords = {REGION: self.regions, TIME: self.times}
        versions = (xr.DataArray(one.T, dims=(REGION, TIME), coords=coords, name="score") for one in self.draws)
        return np.array([np.asarray(of(version), dtype=float) for version in versions])

    def follow(self, statistic: str | Callable[..., Any] | Follow, **options: Any) -> Followed:
        """A statistic of the index under every version: ``follow("gini")``, ``follow("rank", region="Beijing")``.

        ``xinzhi methods statistic`` lists them; a function f(scores (draw, time, region), setting) of one's own is
        taken too. Raises ``MethodError`` for unknown statistics, options, regions and groups.
        """
        setting = Setting(self.regions, self.times, self.about_region)
        spec = wanted(statistic, options)
        return follow(self.nominal, self.draws, setting, spec, independent=self.design.independent)

    def judge(self, claim: Claim) -> Verdict:
        """The share of versions in which a claim holds, by how much, and the choices that break it."""
        return judge(self, claim)

    def effects(
        self,
        outcome: Floats | Outcome | None = None,
        *,
        estimator: Estimator = "saltelli",
        resamples: int = 500,
        level: float = 0.9,
    ) -> Effects:
        """First-order and total effects of every factor on an outcome, with bootstrap intervals.

        ``outcome`` is one number per draw (``rank_of``, ``score_of``, ``outcome``, ``follow(…).at(year)``), or a
        function of all scores (draw, time, region); without it the mean rank shift. A factorial gives exact effects,
        which need no interval.
        Raises ``MethodError`` where the draws were made without effects or an outcome is missing in some draw.
        """
        y = self.rank_shift() if outcome is None else outcome(self.draws) if callable(outcome) else outcome
        y = np.asarray(y, dtype=float)
        if y.shape != (len(self.draws),):
            raise MethodError(_not_one_number(y.shape, len(self.draws)))
        if np.isnan(y).any():
            raise MethodError(_missing_outcome(int(np.isnan(y).sum()), len(y)))
        shares = self._shares(y, estimator, resamples, level)
        return Effects(tuple(factor.name for factor in self.plan.factors), shares, self.titles)

    def movers(self, of: What = "rank", *, time: int | None = None, estimator: Estimator = "saltelli") -> pd.DataFrame:
        """Which choice moves which region: effects on every region's rank or score in a year (the last, unless named).

        One row per region and factor, with the variance that is shared out; regions without a score in some draw are
        left out. A region that nothing moves has no variance and effects of zero.
        """
        t = self._time(time)
        y = self._ranked[:, t] if of == "rank" else self.draws[:, t]
        whole = ~np.isnan(y).any(axis=0)
        shares = self._shares(y[:, whole], estimator, 0, 0.9)
        names = [factor.name for factor in self.plan.factors]
        regions = self.regions[whole]
        return pd.DataFrame(
            {
                REGION: np.repeat(regions, len(names)),
                TIME: self.times[t],
                "factor": np.tile(np.array(names, dtype=object), len(regions)),
                "first": shares.first.T.ravel(),
                "total": shares.total.T.ravel(),
                "variance": np.repeat(shares.variance, len(names)),
            }
        )

    def by_version(self, *, time: int | None = None) -> pd.DataFrame:
        """What each version of each choice does to each region: its mean rank and score over the draws that have it.

        One row per factor, version and region in a year (the last, unless named), with the difference from the mean
        over all draws; factors without versions (noise, errors) are left out.
        """
        t, n = self._time(time), self.design.independent
        placed, scores = self._ranked[:n, t], self.draws[:n, t]
        parts = []
        for at, factor in enumerate(self.plan.factors):
            for pick, version in enumerate(factor.versions):
                with_it = self.picks[:n, at] == pick
                if not with_it.any():
                    continue
                rank, score = mean(placed[with_it]), mean(scores[with_it])
                columns: dict[str, Any] = {
                    "draws": int(with_it.sum()),
                    "rank": rank,
                    "rank_difference": rank - mean(placed),
                }
                columns |= {"score": score, "score_difference": score - mean(scores)}
                parts.append(pd.DataFrame({"factor": factor.name, "version": version, REGION: self.regions} | columns))
        names = ["factor", "version", REGION, "draws", "rank", "rank_difference", "score", "score_difference"]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)

    def table(self, *, scores: bool = False) -> pd.DataFrame:
        """Every draw with what was varied in it: part of the design, version of each choice, mean rank shift.

        Noise and errors show as the points they come from. With ``scores`` a column per region and year follows.
        """
        names = [factor.name for factor in self.plan.factors]
        parts = np.array(["independent", *(f"mixed: {name}" for name in names)], dtype=object)
        columns: dict[str, Any] = {"draw": np.arange(len(self.draws)), "part": parts[self.design.mixed + 1]}
        for at, factor in enumerate(self.plan.factors):
            if factor.versions:
                columns[factor.name] = np.array(factor.versions, dtype=object)[self.picks[:, at]]
                continue
            block = self.design.points[:, factor.columns]
            codes = self._codes_of(factor.name) if block.shape[1] > 1 else [""]
            columns |= {f"{factor.name}:{code}".rstrip(":"): block[:, j] for j, code in enumerate(codes)}
        columns["rank_shift"] = self.rank_shift()
        if scores:
            for t, year in enumerate(self.times):
                columns |= {f"{region}:{year}": self.draws[:, t, j] for j, region in enumerate(self.regions)}
        return pd.DataFrame(columns)

    @property
    def titles(self) -> pd.DataFrame:
        """The factors with their names in both languages and how many versions each has (0: continuous)."""
        rows = [(one.name, one.title.en, one.title.zh, len(one.versions)) for one in self.plan.factors]
        return pd.DataFrame(rows, columns=["factor", "name_en", "name_zh", "versions"])

    def to_frame(self, level: float = 0.9) -> pd.DataFrame:
        """Tidy rows: what ``intervals`` gives, with the names of the regions."""
        table = self.intervals(level)
        for name, of in self.about_region.items():
            table[f"region_{name}" if name.startswith("name_") else name] = np.repeat(of, len(self.times))
        return table

    def __repr__(self) -> str:
        table = self.intervals()
        last = table[table[TIME] == self.times[-1]].dropna(subset=["rank"]).sort_values("rank").head(3)
        first = ", ".join(
            f"{row.region} {row.rank:.0f} ({row.rank_low:.0f}-{row.rank_high:.0f})" for row in last.itertuples()
        )
        wide = table["rank_high"] - table["rank_low"]
        return "\n".join(
            (
                f"Doubt: {self.plan.spec.title.en} ({self.plan.spec.title.zh})",
                f"  {self.design.independent} independent draws, {len(self.draws)} in all",
                f"  varied: {', '.join(factor.name for factor in self.plan.factors)}",
                f"  90 % interval of a rank: {wide.median():.1f} places wide in the median, {wide.max():.0f} at most",
                f"  first in {self.times[-1]}: {first}",
                f"  mean rank shift: {self.rank_shift()[: self.design.independent].mean():.2f}",
            )
        )

    @cached_property
    def _placed(self) -> npt.NDArray[np.int32]:
        return kernels.ranks(self.draws.reshape(-1, len(self.regions))).reshape(self.draws.shape)

    @cached_property
    def _ranked(self) -> Floats:
        return np.where(self._placed > 0, self._placed, np.nan)

    @cached_property
    def _ranked_nominal(self) -> Floats:
        placed = kernels.ranks(self.nominal)
        return np.where(placed > 0, placed, np.nan)

    def _year(self, t: int) -> npt.NDArray[np.int32]:
        return np.ascontiguousarray(self._placed[: self.design.independent, t])

    def _shares(self, y: Floats, estimator: Estimator, resamples: int, level: float) -> Shares:
        factors = self.plan.factors
        if self.record.settings["vary"]["sampling"] == "factorial":
            # The first factor runs fastest, so it is the last axis of the grid.
            grid = y.reshape(*(len(factor.versions) for factor in reversed(factors)), *y.shape[1:])
            order = [*reversed(range(len(factors))), *range(len(factors), grid.ndim)]
            return exact(grid.transpose(order), len(factors))
        if not self.design.factors:
            raise MethodError(
                Fault(
                    "no-effects",
                    "these draws were made without effects. Vary again with effects = true.",
                    "这些抽样未包含效应估计所需的部分。请以 effects = true 重新运行。",
                )
            )
        n = self.design.independent // 2
        mixed = y[self.design.mixed != INDEPENDENT].reshape(len(factors), n, *y.shape[1:])
        seed = self.record.seed or 0
        return estimated(y[:n], y[n : 2 * n], mixed, estimator=estimator, resamples=resamples, level=level, seed=seed)

    def _codes_of(self, name: str) -> list[str]:
        tree, level = self.plan.spec.tree, int(name.partition(".")[2])
        return [tree.codes[at] for at in np.flatnonzero(tree.levels == level)]

    def _rows(self) -> pd.DataFrame:
        return pd.DataFrame(
            {REGION: np.repeat(self.regions, len(self.times)), TIME: np.tile(self.times, len(self.regions))}
        )

    def _labelled(self, cells: Floats) -> xr.DataArray:
        coords = {REGION: self.regions, TIME: self.times}
        return xr.DataArray(cells.transpose(0, 2, 1), dims=("draw", REGION, TIME), coords=coords)

    def _time(self, time: int | None) -> int:
        if time is None:
            return len(self.times) - 1
        if time not in self.times:
            years = f"{self.times[0]}-{self.times[-1]}"
            raise MethodError(
                Fault("unknown-time", f"no year {time}; there are {years}.", f"没有 {time} 年；现有 {years}。")
            )
        return int(np.flatnonzero(self.times == time)[0])

    def _region(self, region: str) -> int:
        names = [
            self.regions,
            *(self.about_region[name] for name in ("name_en", "name_zh") if name in self.about_region),
        ]
        for of in names:
            if (at := np.flatnonzero(of == region)).size:
                return int(at[0])
        raise MethodError(Fault("unknown-region", f"no region '{region}' in the index.", f"指数中没有地区“{region}”。"))


@dataclass(frozen=True)
class Effects:
    """First-order and total effects of the factors on one outcome, as shares of its variance."""

    factors: tuple[str, ...]
    shares: Shares
    titles: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """One row per factor: first-order and total effect, their bounds (missing where exact), the names."""
        shares, nothing = self.shares, np.full(len(self.factors), np.nan)
        first_low, first_high = shares.first_bounds or (nothing, nothing)
        total_low, total_high = shares.total_bounds or (nothing, nothing)
        table = pd.DataFrame({"factor": self.factors, "first": shares.first, "first_low": first_low})
        table = table.assign(first_high=first_high, total=shares.total, total_low=total_low, total_high=total_high)
        return table.merge(self.titles[["factor", "name_en", "name_zh"]], on="factor")

    def __repr__(self) -> str:
        rows = self.to_frame().sort_values("total", ascending=False)
        lines = [f"Effects on an outcome of variance {float(self.shares.variance):.4g}"]
        lines += [f"  {row.factor:<16} first {row.first:6.3f}   total {row.total:6.3f}" for row in rows.itertuples()]
        return "\n".join(lines)


def _not_one_number(shape: tuple[int, ...], n: int) -> Fault:
    return Fault(
        "not-one-number",
        f"an outcome must have one number for each of the {n} draws, mixed ones included; found shape {shape}.",
        f"结果变量须对全部 {n} 次抽样（含混合抽样）各给出一个数；实际形状为 {shape}。",
    )


def _missing_outcome(lost: int, n: int) -> Fault:
    return Fault(
        "outcome-missing",
        f"the outcome is missing in {lost} of {n} draws, so its variance cannot be shared out. Choose an outcome "
        "that every version has, or drop the choice that loses it.",
        f"结果变量在 {n} 次抽样中有 {lost} 次缺失，无法分解方差。请选择各方案均有取值的结果，或去掉导致缺失的选择。",
    )
