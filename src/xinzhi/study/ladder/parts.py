"""What is told of industries beside their rungs: pipelines, standing, moves, life cycles, and conversion."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, XinzhiError
from xinzhi.data.industries import Industries
from xinzhi.structure.conversion.conversion import Conversion, conversion
from xinzhi.structure.conversion.shares import shift_shares
from xinzhi.structure.conversion.shift_share import ShiftShare, shift_share
from xinzhi.structure.ladder.carriers import Standing, standing
from xinzhi.structure.ladder.moves import Transitions
from xinzhi.structure.ladder.pipeline import Pipeline, pipeline
from xinzhi.structure.ladder.rungs import TIME, Ladder
from xinzhi.structure.ladder.transitions import transitions
from xinzhi.structure.lifecycle.phases import LifeCycle, life_cycle
from xinzhi.structure.lifecycle.shakeouts import Shakeouts, shakeouts
from xinzhi.structure.lifecycle.stocks import STOCKS
from xinzhi.structure.lifecycle.survival import RungSpells, time_on_rungs

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Parts:
    """What is told beside the rungs of one block; what the data do not allow is missing, and a notice says why."""

    pipeline: Pipeline | None
    standing: Standing | None
    transitions: Transitions | None
    life_cycle: LifeCycle | None
    shakeouts: Shakeouts | None
    time_on_rungs: RungSpells | None
    conversion: Conversion | None
    shift_shares: tuple[ShiftShare, ...]
    notices: tuple[Fault, ...]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name, with region and industry as codes and years under ``time``."""
        found: dict[str, pd.DataFrame] = {}
        if self.pipeline is not None:
            found["pipeline"] = self.pipeline.to_frame()
        if self.standing is not None:
            found["standing"] = self.standing.to_frame()
        if self.transitions is not None:
            found |= _moves(self.transitions)
        if self.life_cycle is not None:
            found["life-cycles"] = self.life_cycle.to_frame()
        if self.shakeouts is not None:
            found["shakeouts"] = self.shakeouts.to_frame()
        if self.time_on_rungs is not None:
            # What is a group there is a rung, and time is counted in years since it was reached.
            called = {"group": "rung", "time": "years"}
            found["time-on-rungs"] = self.time_on_rungs.trend.replace(np.inf, np.nan).rename(columns=called)
            found["survival"] = self.time_on_rungs.survival.replace(np.inf, np.nan).rename(columns=called)
        if self.conversion is not None:
            found["conversion"] = self.conversion.to_frame()
            found["carriers"] = self.conversion.carriers.drop(columns=["name_en", "name_zh"])
        if self.shift_shares:
            found |= _split(self.shift_shares)
        return {name: table for name, table in found.items() if len(table)}


def parts_of(ladder: Ladder, industries: Industries) -> Parts:
    """Tell all that the ladder and the measures of its industries allow."""
    notices = list[Fault]()

    def told(step: Callable[[], T]) -> T | None:
        """What a step makes; what cannot be told of industries that are otherwise sound is a notice."""
        try:
            made = step()
        except XinzhiError as error:
            notices.extend(replace(fault, severity="warning") for fault in error.faults)
            return None
        notices.extend(getattr(made, "notes", ()))
        return made

    of = next((measure for measure in STOCKS if measure in industries.measures), None)
    if of is None:
        notices.append(_no_stock())
    return Parts(
        told(lambda: pipeline(ladder, industries)),
        told(lambda: standing(ladder, industries)),
        told(lambda: transitions(ladder)),
        None if of is None else told(lambda: life_cycle(industries, of=of)),
        None if of is None else told(lambda: shakeouts(industries, of=of)),
        told(lambda: time_on_rungs(ladder)),
        told(lambda: conversion(ladder, industries)),
        tuple(_told_of_growth(ladder, industries, told)),
        tuple(dict.fromkeys(notices)),
    )


def _told_of_growth(
    ladder: Ladder, industries: Industries, told: Callable[[Callable[[], ShiftShare]], ShiftShare | None]
) -> Iterator[ShiftShare]:
    """The growth of the ladder's size split in every way, where there are regions to hold against one another."""
    if len(set(industries.values["region"].values.tolist())) < 2:
        return
    for method in shift_shares:
        made = told(lambda name=method.name: shift_share(industries, name, measure=ladder.spec.size))  # type: ignore[misc]
        if made is None:  # the other methods ask for the same years
            return
        yield made


def _split(found: tuple[ShiftShare, ...]) -> dict[str, pd.DataFrame]:
    """Shift-share by region and industry, and added up by region, a row a part."""
    whole = [one.to_frame().assign(method=one.method, method_zh=one.zh) for one in found]
    table = pd.concat(whole, ignore_index=True)
    keys = ["method", "method_zh", "region", "part", "part_en", "part_zh"]
    sums = table.groupby(keys, sort=False, as_index=False)["value"].sum()
    base = {one.method: one.regions.set_index("region")["base"] for one in found}
    starts = np.array([base[method][region] for method, region in zip(sums["method"], sums["region"], strict=True)])
    rates = np.divide(sums["value"], starts, out=np.full(len(sums), np.nan), where=starts > 0)
    return {
        "shift-share": table[["method", "method_zh", "region", "industry", "part", "part_en", "part_zh", "value"]],
        "shift-share-regions": sums.assign(rate=rates),
    }


def _moves(found: Transitions) -> dict[str, pd.DataFrame]:
    """Chances of moves, time to the next rung, how many will stand where, and where each industry may go."""
    ahead = found.forecast.isel(group=0)
    steps, rungs = ahead["step"].values, ahead["rung"].values
    cells = ahead.values.reshape(-1, 3)
    forecast = pd.DataFrame({TIME: np.repeat(steps, len(rungs)), "rung": np.tile(rungs, len(steps))})
    forecast = forecast.assign(number=cells[:, 0], low=cells[:, 1], high=cells[:, 2])
    return {
        "moves": found.to_frame().drop(columns="group"),
        "waiting": found.waiting.drop(columns="group", errors="ignore"),
        "rung-forecast": forecast,
        "outlooks": found.outlooks(),
    }


def _no_stock() -> Fault:
    return Fault(
        "no-life-cycle",
        "life cycles and shakeouts are not told: they need the number of firms (measure firms or establishments).",
        "未判定生命周期与淘汰：须有企业数（度量 firms 或 establishments）。",
        severity="warning",
    )
