"""The six rungs of the industry ladder, what was asked of a placement, and the placement itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field, model_validator

from xinzhi.core.specs import FaultyValue, Spec, Text

if TYPE_CHECKING:
    from xinzhi.core.errors import Fault
    from xinzhi.core.results import Record

Rung = Literal["future", "strategic-emerging", "leading", "pillar", "mature", "declining"]
RUNGS: tuple[Rung, ...] = ("future", "strategic-emerging", "leading", "pillar", "mature", "declining")
RUNG_NAMES: dict[str, Text] = {
    "future": Text(en="future industry", zh="未来产业"),
    "strategic-emerging": Text(en="strategic emerging industry", zh="战略性新兴产业"),
    "leading": Text(en="leading industry", zh="主导产业"),
    "pillar": Text(en="pillar industry", zh="支柱产业"),
    "mature": Text(en="mature industry", zh="传统产业（成熟）"),
    "declining": Text(en="declining industry", zh="衰退产业"),
}
ON_THE_LADDER = RUNGS[:4]
SERIES, TIME, RUNG, CRITERION = "series", "time", "rung", "criterion"


class LadderSpec(Spec):
    """How industries are placed: the way, the measures it reads, and the thresholds of the rule.

    Growth is log growth a year. ``size`` is the measure that shares are of and ``growth`` the one whose growth counts
    (none: the size). Levels are medians of three years, and growth is between two such medians ``window`` years
    apart, so that one odd year does not show; a rung changes once another has been met ``hold`` years running.

    Where no share is given, ``pillar_share`` is the region's sum of squared shares: the share of the industry in
    which the average worker works, which does not depend on how finely small industries are told apart.
    ``small`` and ``sizeable`` are multiples of it. ``fast`` and ``outgrow`` are by how much an industry outgrows its
    region, ``steady`` in which share of years it must; ``shrink`` is how fast it falls and ``fallen`` how far below its
    peak to be declining. ``young`` is up to which age it is new. ``intense``, ``lively``, ``advantage``, ``linkage``
    and ``elasticity`` are ratios to the region or to the average industry; ``productive`` is by how much productivity
    outgrows the region's; ``quorum`` which share of the classical criteria known a leading industry has to meet, and
    ``untold`` the chance that a criterion nobody could look at would have been met.
    ``upgrade`` is by how much digital or technical intensity must rise a year faster than the region's.

    ``band`` (a share of a threshold) and ``growth_band`` (log points) say how exact the thresholds are meant: a rung
    that depends on where in the band they lie gets a probability; it is certain from ``certainty`` on.
    """

    way: Literal["rule", "hidden-markov"] = "rule"
    size: str = "employment"
    growth: str | None = None
    window: int = Field(default=5, ge=3, le=30)
    hold: int = Field(default=2, ge=1, le=10)
    pillar_share: float | None = Field(default=None, gt=0, lt=1)
    small: float = Field(default=0.02, gt=0, lt=1)
    sizeable: float = Field(default=0.3, gt=0, lt=1)
    fast: float = Field(default=0.02, gt=0)
    outgrow: float = Field(default=0.0)
    steady: float = Field(default=0.5, ge=0, le=1)
    shrink: float = Field(default=0.01, ge=0)
    fallen: float = Field(default=0.1, ge=0, lt=1)
    young: int = Field(default=10, ge=1)
    intense: float = Field(default=1.5, gt=0)
    lively: float = Field(default=1.0, gt=0)
    advantage: float = Field(default=1.0, gt=0)
    linkage: float = Field(default=1.0, gt=0)
    elasticity: float = Field(default=1.0, gt=0)
    productive: float = Field(default=0.0)
    quorum: float = Field(default=0.5, gt=0, le=1)
    untold: float = Field(default=0.6, ge=0, le=1)
    upgrade: float = Field(default=0.02, gt=0)
    band: float = Field(default=0.2, ge=0, lt=1)
    growth_band: float = Field(default=0.005, ge=0)
    certainty: float = Field(default=0.8, gt=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> LadderSpec:
        if self.small >= self.sizeable:
            raise FaultyValue(
                "thresholds-crossed",
                f"`small` ({self.small:g}) must be below `sizeable` ({self.sizeable:g}).",
                f"small（{self.small:g}）须小于 sizeable（{self.sizeable:g}）。",
            )
        if self.outgrow >= self.fast:
            raise FaultyValue(
                "thresholds-crossed",
                f"`outgrow` ({self.outgrow:g}) must be below `fast` ({self.fast:g}).",
                f"outgrow（{self.outgrow:g}）须小于 fast（{self.fast:g}）。",
            )
        return self


@dataclass(frozen=True)
class Ladder:
    """The rung of each industry of each region in each year.

    ``probability`` is series × time × rung and sums to one where an industry could be placed, nan where not;
    ``evidence`` is series × time × criterion, the quantities the placement rests on (nan: could not be told).
    """

    probability: xr.DataArray
    evidence: xr.DataArray
    spec: LadderSpec
    way: str
    names: Mapping[str, Text]
    notes: tuple[Fault, ...]
    record: Record

    @property
    def placed(self) -> xr.DataArray:
        """Whether each industry could be placed in each year, series × time."""
        coords = {name: of for name, of in self.probability.coords.items() if name != RUNG}
        return xr.DataArray(np.isfinite(self.probability.values).all(axis=-1), coords, (SERIES, TIME), name="placed")

    @property
    def rung(self) -> xr.DataArray:
        """The likeliest rung, series × time; "" where the industry could not be placed."""
        cells = self.probability.values
        named = np.array([*RUNGS, ""], dtype=object)
        best, at = cells[..., 0].copy(), np.where(np.isnan(cells[..., 0]), len(RUNGS), 0)
        for place in range(1, len(RUNGS)):  # argmax would copy all cells to look past nan
            better = cells[..., place] > best
            at[better], best[better] = place, cells[better, place]
        coords = {name: of for name, of in self.probability.coords.items() if name != RUNG}
        return xr.DataArray(named[at], coords, (SERIES, TIME), name="rung")

    @property
    def certain(self) -> xr.DataArray:
        """Whether the likeliest rung has at least the probability that the spec calls certain, series × time."""
        return (self.probability.max(RUNG) >= self.spec.certainty - 1e-12).rename("certain")

    def reasons(self, region: str, industry: str, year: int) -> tuple[Text, ...]:
        """Why an industry stands where it does, in words: the criteria met and missed, and by how much.

        Raises ``MethodError`` where there is no such region, industry or year.
        """
        from xinzhi.structure.ladder.reasons import reasons

        return reasons(self, region, industry, year)

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of what was placed: region, industry, time, rung, certain, a probability per rung, the evidence."""
        series, time = np.nonzero(self.placed.values)
        columns = {
            "region": self.probability["region"].values[series],
            "industry": self.probability["industry"].values[series],
            "time": self.probability[TIME].values[time],
            "rung": self.rung.values[series, time],
            "certain": self.certain.values[series, time],
        }
        columns |= {rung: self.probability.values[series, time, at] for at, rung in enumerate(RUNGS)}
        told = self.evidence[CRITERION].values.tolist()
        columns |= {name: self.evidence.values[series, time, at] for at, name in enumerate(told)}
        return pd.DataFrame(columns)

    def __str__(self) -> str:
        times, rung = self.probability[TIME].values, self.rung.values
        placed = (rung != "").any(axis=0)
        last = int(np.flatnonzero(placed)[-1]) if placed.any() else len(times) - 1
        counted = ", ".join(f"{name} {int((rung[:, last] == name).sum())}" for name in RUNGS)
        sure = self.certain.values[rung != ""]
        share = f"{sure.mean():.0%}" if sure.size else "none"
        return "\n".join(
            (
                f"ladder ({self.way}): {self.probability.sizes[SERIES]} series, {times[0]}-{times[-1]}",
                f"placed: {int((rung != '').sum())} of {rung.size} series-years, {share} with certainty",
                f"{times[last]}: {counted}",
                f"criteria: {', '.join(self.evidence[CRITERION].values.tolist())}",
                f"size: {self.spec.size}, window {self.spec.window} years, held {self.spec.hold}",
                f"notes: {len(self.notes)}",
            )
        )
