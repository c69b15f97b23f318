"""What the hidden Markov model reads of an industry each year, on scales on which a rung has a middle and a spread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.data.industries import Industries
from xinzhi.structure.ladder import _hidden_kernels as kernels
from xinzhi.structure.ladder.criteria import BORN, Criterion, Evidence
from xinzhi.structure.ladder.rungs import LadderSpec
from xinzhi.structure.ladder.trends import Groups, logs

SMALL, SIZEABLE, LARGE, FALLEN, FAST, UPGRADED = range(6)  # places in `passed`
NOTHING = 0.1  # added to ratios before logs, so that an industry without any research is far below, not infinitely

YEARLY = "growth-this-year"
YEARLY_CRITERION = Criterion(Text(en="growth above the region's this year", zh="当年超出本地区的增长率"), "growth")

# Readings of the evidence, how each is laid out, and whether it is a flag; yearly growth comes first.
_RATIOS = ("technology", "digital", "liveliness", "advantage", "backward", "forward")
_PLAIN = ("net-entry", "productivity-growth")
_FLAGS = ("upgraded",)


@dataclass(frozen=True)
class Readings:
    """Quantities by series, year and reading, which of them are flags, and from when to when each series is read.

    ``cells`` is nan where a quantity was not observed. ``passed`` (series, time, 6) says in which share of their bands
    the thresholds small, sizeable, large, fallen and fast are met, and whether the industry is upgraded. A series is
    read in the years ``begin`` to ``end`` (not included), and counts as ``born`` where it was first seen after the
    table begins. ``yearly`` is growth of the year above the region's.
    """

    names: tuple[str, ...]
    cells: Floats
    flag: npt.NDArray[np.bool_]
    passed: Floats
    begin: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    born: npt.NDArray[np.int64]
    yearly: Floats

    @cached_property
    def gates(self) -> Floats:
        """What the thresholds say of each rung, (series, time, rung), as logs: the same in every step of EM."""
        found: Floats = kernels.gates(self.passed)
        return found

    def of(self, series: npt.NDArray[np.intp] | slice) -> Readings:
        """The readings of some series."""
        return Readings(
            self.names,
            np.ascontiguousarray(self.cells[series]),
            self.flag,
            np.ascontiguousarray(self.passed[series]),
            self.begin[series],
            self.end[series],
            self.born[series],
            self.yearly[series],
        )


def readings(industries: Industries, spec: LadderSpec, evidence: Evidence, values: Floats) -> Readings:
    """Growth of the year above the region's, whatever else the evidence holds, and where size stands.

    ``values`` are the industries' with cells between bounds filled. Who is first seen in one of the first ``BORN``
    years may be of any age.
    """
    told = dict(zip(evidence.criteria, evidence.cells, strict=True))
    at = {measure: place for place, measure in enumerate(industries.measures)}
    groups = Groups(industries)
    log = logs(values[:, :, at[spec.growth or spec.size]])
    change, common = np.full(log.shape, np.nan), groups.running(log, told["share"])[groups.of]
    change[:, 1:] = np.diff(log, axis=1) - np.diff(common, axis=1)
    found = {YEARLY: change.copy()}
    found |= {name: np.log(np.maximum(told[name], 0.0) + NOTHING) for name in _RATIOS if name in told}
    found |= {name: told[name].copy() for name in (*_PLAIN, *_FLAGS) if name in told}
    for of in found.values():
        of[~evidence.placeable] = np.nan
    # What is the same for everybody tells no rung from another.
    names = tuple(name for name, of in found.items() if name == YEARLY or _varies(of))
    cells = np.stack([found.pop(name) for name in names], axis=-1)
    there = evidence.placeable
    begin = np.where(there.any(axis=1), there.argmax(axis=1), 0)
    end = np.where(there.any(axis=1), there.shape[1] - there[:, ::-1].argmax(axis=1), 0)
    return Readings(
        names,
        cells,
        np.array([name in _FLAGS for name in names]),
        _passed(told, spec, begin),
        begin.astype(np.int64),
        end.astype(np.int64),
        (begin >= BORN).astype(np.int64),
        change,
    )


def _varies(cells: Floats) -> bool:
    known = cells[np.isfinite(cells)]
    return known.size > 0 and bool(known.max() - known.min() > 1e-9)


def _passed(told: dict[str, Floats], spec: LadderSpec, begin: npt.NDArray[np.intp]) -> Floats:
    """In which share of its band each threshold of size is met, and whether the industry is upgraded."""
    size, band = told["relative-size"], spec.band
    shares = [_share(size, cut, band * cut) for cut in (spec.small, spec.sizeable, 1.0)]
    # Whoever has just come into view may have fallen already: a peak is known after some years.
    early = np.arange(size.shape[1]) < spec.window
    peak = np.where((begin < BORN)[:, None] & early & (told["below-peak"] < spec.fallen), np.nan, told["below-peak"])
    shares.append(_share(peak, spec.fallen, band * spec.fallen))
    shares.append(_share(told["excess-growth"], spec.fast, spec.growth_band))
    upgraded = told.get("upgraded", np.zeros(size.shape))
    return np.ascontiguousarray(np.stack([*shares, upgraded], axis=-1))


def _share(value: Floats, cut: float, half: float) -> Floats:
    if half <= 0:
        return np.where(np.isnan(value), np.nan, (value >= cut).astype(float))
    met: Floats = np.clip((value - cut + half) / (2 * half), 0.0, 1.0)
    return met
