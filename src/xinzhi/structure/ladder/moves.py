"""Moves between rungs: chances with intervals, forecasts, and time to the next rung."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.ladder.chances import BOUND, DRAWS, ENDS, FROM, GROUP, TO, absorbing, named, quantiles, shares
from xinzhi.structure.ladder.rungs import RUNG, RUNGS

STEP = "step"


@dataclass(frozen=True, eq=False)
class Transitions:
    """Moves between rungs from one year to the next.

    ``counts`` is group × from × to, expected numbers of moves; the last ``to`` is "gone", not seen again before the
    table ends. ``rates`` is group × from × direction × bound: the chance a year to move up, to move down (or be
    gone), to stay; up is towards pillar, and from off the ladder back on to it. ``incidence`` is group × from × event
    × years × bound: the share that has moved up, or down, within so many years of reaching the rung, each in the
    presence of the other. Bounds are "estimate", "low" and "high" (95 %). ``hazards`` are odds by covariates, none
    where none were given.
    """

    counts: xr.DataArray
    rates: xr.DataArray
    incidence: xr.DataArray
    hazards: pd.DataFrame | None
    horizon: int
    draws: Floats
    now: Floats
    group: npt.NDArray[np.int64]
    labels: pd.DataFrame
    last: int
    notes: tuple[Fault, ...]
    record: Record

    @cached_property
    def probability(self) -> xr.DataArray:
        """Chances of a move a year, group × from × to × bound; nan from a rung on which nobody was seen."""
        chances = np.stack([shares(self.counts.values), *quantiles(self.draws[:, :, : len(RUNGS)])], axis=-1)
        chances[self.counts.values.sum(axis=-1) <= 0] = np.nan
        coords = {**self.counts.coords, BOUND: named("estimate", "low", "high")}
        return xr.DataArray(chances, coords, (GROUP, FROM, TO, BOUND), name="probability")

    @cached_property
    def forecast(self) -> xr.DataArray:
        """How many industries will stand on each rung, group × step × rung (and gone) × bound.

        Of industries that are there in the last year; new ones are not foreseen. Intervals hold both doubt about the
        chances and the luck of so many industries.
        """
        groups, steps = self.counts.sizes[GROUP], self.horizon + 1
        rng = np.random.default_rng(0)
        found = np.zeros((groups, steps, len(ENDS), 3))
        for group in range(groups):
            mine = self.now[self.group == group]
            if not len(mine):
                continue
            squares = mine.T @ mine
            powers, point = np.eye(len(ENDS))[None].repeat(len(self.draws), 0), np.eye(len(ENDS))
            move = absorbing(shares(self.counts.values[group]))
            for step in range(steps):
                total = mine.sum(axis=0) @ powers
                variance = np.maximum(total - np.einsum("dij,ik,dkj->dj", powers, squares, powers), 0.0)
                drawn = total + np.sqrt(variance) * rng.standard_normal(total.shape)
                found[group, step, :, 0] = mine.sum(axis=0) @ point
                found[group, step, :, 1:] = np.moveaxis(np.clip(quantiles(drawn), 0, len(mine)), 0, -1)
                powers, point = powers @ self.draws[:, group], point @ move
        coords = {
            GROUP: self.counts[GROUP].values,
            STEP: self.last + np.arange(steps),
            RUNG: named(*ENDS),
            BOUND: named("estimate", "low", "high"),
        }
        return xr.DataArray(found, coords, (GROUP, STEP, RUNG, BOUND), name="industries")

    def outlook(self, region: str, industry: str) -> xr.DataArray:
        """Where one industry will stand, step × rung (and gone) × bound: chances with intervals.

        Raises ``MethodError`` where it is not there in the last year.
        """
        there = (self.labels["region"] == region) & (self.labels["industry"] == str(industry))
        if not there.any():
            raise MethodError(_not_there(region, industry, self.last))
        at = int(np.flatnonzero(there)[0])
        group, start = self.group[at], self.now[at]
        move = absorbing(shares(self.counts.values[group]))
        point, drawn = [start], [np.repeat(start[None], len(self.draws), axis=0)]
        for _ in range(self.horizon):
            point.append(point[-1] @ move)
            drawn.append(np.einsum("di,dij->dj", drawn[-1], self.draws[:, group]))
        cells = np.stack([np.array(point), *np.stack([quantiles(one) for one in drawn], axis=1)], axis=-1)
        coords = {
            STEP: self.last + np.arange(self.horizon + 1),
            RUNG: named(*ENDS),
            BOUND: named("estimate", "low", "high"),
        }
        return xr.DataArray(cells, coords, (STEP, RUNG, BOUND), name="probability")

    def outlooks(self, step: int | None = None) -> pd.DataFrame:
        """Every industry's chances ``step`` years ahead (else the horizon): region, industry, a column per rung.

        ``rung`` is the likeliest and ``set`` the fewest rungs that hold it with 90 %. Raises ``MethodError`` for steps
        beyond the horizon.
        """
        step = self.horizon if step is None else step
        if not 1 <= step <= self.horizon:
            said = (
                f"step is 1 to {self.horizon} (the horizon); found {step}.",
                f"step 须为 1 至 {self.horizon}；实际为 {step}。",
            )
            raise FaultyValue("bad-option", *said)
        chances = np.zeros(self.now.shape)
        for group in range(self.counts.sizes[GROUP]):
            mine = self.group == group
            move = np.linalg.matrix_power(absorbing(shares(self.counts.values[group])), step)
            chances[mine] = self.now[mine] @ move
        order = np.argsort(-chances, axis=1, kind="stable")
        reached = np.cumsum(np.take_along_axis(chances, order, axis=1), axis=1)
        many = (reached < 0.9 - 1e-12).sum(axis=1) + 1
        sets = [", ".join(ENDS[k] for k in row[:size]) for row, size in zip(order, many, strict=True)]
        columns = {end: chances[:, k] for k, end in enumerate(ENDS)}
        return self.labels.assign(time=self.last + step, rung=np.array(ENDS)[order[:, 0]], set=sets, **columns)

    @cached_property
    def waiting(self) -> pd.DataFrame:
        """Time to the next rung: one row per group and rung, from the incidence.

        ``risen`` and ``fallen`` are the shares that moved up and down within ``seen`` years of reaching the rung;
        ``median`` is the year by which half of all have risen (nan: fewer than half do), those who fell included as
        never rising; ``years`` is the mean time on the rung within ``seen`` years. Low and high are 95 %.
        """
        rows = []
        for group in self.counts[GROUP].values.tolist():
            for rung in RUNGS:
                one = self.incidence.sel({GROUP: group, FROM: rung})
                known = np.isfinite(one.sel(event="up", bound="estimate").values)
                if not known.any():
                    continue
                seen = int(np.flatnonzero(known)[-1])
                up, down = (one.sel(event=event).values for event in ("up", "down"))
                half = [np.flatnonzero(up[:, bound] >= 0.5) for bound in range(3)]
                median = [float(years[0]) if len(years) else np.nan for years in half]
                stays = 1 - up[: seen + 1, 0] - down[: seen + 1, 0]
                row: dict[str, Any] = {GROUP: group, FROM: rung, "seen": seen}
                for name, of in (("risen", up), ("fallen", down)):
                    row |= {name: of[seen, 0], f"{name}_low": of[seen, 1], f"{name}_high": of[seen, 2]}
                # The more rise, the earlier half have: the bounds change places.
                row |= {"median": median[0], "median_low": median[2], "median_high": median[1]}
                rows.append(row | {"years": float((stays[1:] + stays[:-1]).sum() / 2)})
        return pd.DataFrame(rows)

    def to_frame(self) -> pd.DataFrame:
        """One row per group, from and to: count, probability, low, high."""
        chances = self.probability
        frame = self.counts.rename("count").to_series().reset_index()
        for bound in ("estimate", "low", "high"):
            name = "probability" if bound == "estimate" else bound
            frame[name] = chances.sel({BOUND: bound}).values.ravel()
        return frame

    def __str__(self) -> str:
        pooled = self.counts.sum(GROUP)
        stay = float(np.trace(pooled.values[:, : len(RUNGS)]) / max(float(pooled.sum()), 1e-300))
        ahead = self.forecast.sum(GROUP).sel({BOUND: "estimate"}).isel({STEP: -1}).values
        moved = ", ".join(f"{rung} {value:.1f}" for rung, value in zip(ENDS, ahead, strict=True))
        told = "none" if self.hazards is None else ", ".join(dict.fromkeys(self.hazards["covariate"]))
        groups = self.counts[GROUP].values.tolist()
        return "\n".join(
            (
                f"transitions: {float(pooled.sum()):.0f} series-years, {stay:.1%} stay",
                f"groups: {', '.join(map(str, groups[:6]))}{' …' if len(groups) > 6 else ''}",
                f"clusters: {self.record.settings['clusters']} industries, {DRAWS} draws",
                f"{self.last + self.horizon}: {moved}",
                f"covariates: {told}",
                f"notes: {len(self.notes)}",
            )
        )


def _not_there(region: str, industry: str, last: int) -> Fault:
    return Fault(
        "no-such-series",
        f"there is no industry '{industry}' of region '{region}' in {last}, from which forecasts start.",
        f"{last} 年（预测起点）没有地区“{region}”的产业“{industry}”。",
    )
