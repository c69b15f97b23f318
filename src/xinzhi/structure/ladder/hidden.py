"""An ordered hidden Markov model over the six rungs: how likely each rung is, in the light of all years.

An industry stands on one rung each year and moves along a chain: up the ladder one rung after another, off it from
anywhere, back on from mature and declining, never back to future. What the words mean stays as the study says: small,
sizeable, large, fast and fallen are the thresholds of the rule, and a year that misses one speaks against the rung
ten to one. What the model learns is how industries of a rung behave (growth of the year above the region's; where
known, technology, entry, advantage, upgrading …): on each rung these readings have heavy-tailed distributions of
their own, whose width is the rung's volatility, and what is not observed is marginalised. Newness counts through the
first rung: industries born within the table have first rungs of their own. Parameters are learned by EM from the
rule's placement (``hidden_fit``); probabilities are smoothed, so that what came later counts too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.data.industries import Industries
from xinzhi.structure.ladder.criteria import Arguments, Evidence, gather, labels
from xinzhi.structure.ladder.hidden_fit import Fit, fit, smoothed_all
from xinzhi.structure.ladder.readings import SIZEABLE, YEARLY, Readings, readings
from xinzhi.structure.ladder.rule import between, ruled
from xinzhi.structure.ladder.rungs import RUNG, RUNG_NAMES, RUNGS, SERIES, TIME, Ladder, LadderSpec

FEW_SERIES, FEW_YEARS = 30, 8
# Pairs that the thresholds of size tell apart, whatever else is known.
BY_SIZE = (
    *({"future", rung} for rung in ("strategic-emerging", "leading", "pillar")),
    *({"pillar", rung} for rung in ("strategic-emerging", "leading", "mature")),
)
ALIKE = 0.8  # overlap of five years of readings from which two rungs can hardly be told apart
FADED = 0.2  # of what the rule puts on a rung
EMERGING, LEADING, MATURE = (RUNGS.index(rung) for rung in ("strategic-emerging", "leading", "mature"))


def hidden(industries: Industries, spec: LadderSpec, given: Arguments) -> Ladder:
    """Place industries by a hidden Markov model that starts from the rule.

    Probabilities are smoothed over all years of a series (Rabiner 1989), and given for every year from the first to
    the last in which an industry is seen. Cells between bounds are drawn 16 times and probabilities averaged;
    parameters are learned with their middles, of more than 1,500 series from a sample of so many, the same each time
    (how many is in the record); all are smoothed. The fitted parameters are in ``record.settings["fitted"]``. Raises
    ``MethodError`` where the rule places nothing to start from.
    """
    middle, drawn = between(industries)
    values = industries.values.values if middle is None else middle
    start, evidence = ruled(industries, spec, given)
    read = readings(industries, spec, evidence, values)
    found = fit(read, start.probability.values)
    if found is None:
        raise MethodError(_nothing(industries))
    probability = _chances(read, evidence, found, spec)
    if drawn:
        told = []
        for cells in drawn:
            one = gather(industries, spec, given, cells)
            told.append(_chances(_same(readings(industries, spec, one, cells), read), one, found, spec))
        probability = np.mean(told, axis=0)
    coords = {**labels(industries), RUNG: np.array(RUNGS, dtype=object)}
    settings = {**spec.model_dump(), "fitted": found.told(read.names)}
    return Ladder(
        xr.DataArray(probability, coords, (SERIES, TIME, RUNG), name="probability"),
        evidence.also(YEARLY, read.yearly).labelled(industries),
        spec,
        "hidden-markov",
        industries.names,
        (*start.notes, *_diagnosis(found, read)),
        Record("ladder", settings, start.record.inputs),
    )


def _chances(read: Readings, evidence: Evidence, found: Fit, spec: LadderSpec) -> Floats:
    chances = smoothed_all(read, found.parameters)
    chances[~evidence.placeable] = np.nan
    # Strategic emerging industries are intense in technology; where that is not known, the rule's `untold` holds too.
    told = (
        read.cells[..., read.names.index("technology")] if "technology" in read.names else read.cells[..., 0] * np.nan
    )
    blind = np.isnan(told).all(axis=1)
    sizeable = np.nan_to_num(read.passed[blind, :, SIZEABLE])
    doubted = (1 - spec.untold) * chances[blind, :, EMERGING]
    chances[blind, :, EMERGING] -= doubted
    chances[blind, :, LEADING] += doubted * sizeable
    chances[blind, :, MATURE] += doubted * (1 - sizeable)
    return chances


def _same(read: Readings, as_fitted: Readings) -> Readings:
    """Readings of a draw, in the order of those that the model was fitted to."""
    at = [read.names.index(name) if name in read.names else -1 for name in as_fitted.names]
    cells = np.stack([read.cells[..., q] if q >= 0 else np.full(read.cells.shape[:2], np.nan) for q in at], axis=-1)
    return replace(read, names=as_fitted.names, cells=np.ascontiguousarray(cells), flag=as_fitted.flag)


def _diagnosis(found: Fit, read: Readings) -> list[Fault]:
    """What is doubtful about the fit, in words."""
    notes = []
    if found.series < FEW_SERIES or found.years < FEW_YEARS * found.series:
        mean = found.years / found.series
        notes.append(
            _note(
                "little-to-learn-from",
                f"the hidden Markov model learned from {found.series} series of {mean:.1f} years each: below "
                f"{FEW_SERIES} series or {FEW_YEARS} years its probabilities rest mostly on the rule's.",
                f"隐马尔可夫模型仅据 {found.series} 个序列（平均 {mean:.1f} 年）估计；少于 {FEW_SERIES} 个序列或 "
                f"{FEW_YEARS} 年时，其概率主要取决于规则法的判定。",
            )
        )
    if not found.settled:
        notes.append(
            _note(
                "not-settled",
                f"the hidden Markov model had not settled after {max(found.steps)} steps; its probabilities may still "
                "change a little with more.",
                f"隐马尔可夫模型迭代 {max(found.steps)} 步后尚未收敛，概率仍可能有小幅变化。",
            )
        )
    if found.best:
        notes.append(
            _note(
                "other-start",
                f"start {found.best + 1} of {len(found.steps)} fits better than the rule's placement; rungs keep "
                "their order in size and growth, but look at their means in the record.",
                f"第 {found.best + 1} 个初值（共 {len(found.steps)} 个）的拟合优于规则法初值；各梯级在规模与增长上的"
                "次序不变，请查看记录中的均值。",
            )
        )
    off = [rung for rung, on in zip(RUNGS, found.on, strict=True) if not on]
    if off:
        notes.append(
            _note(
                "rung-not-known",
                f"the rule puts next to nothing on: {_en(off)}. The model cannot learn what that looks like and "
                "gives it no probability.",
                f"规则法几乎没有把产业判定为：{_zh(off)}。模型无从学习其特征，概率为零。",
            )
        )
    faded = [
        rung
        for k, rung in enumerate(RUNGS)
        if found.on[k] and found.mass[k] < FADED * found.ruled[k] * found.mass.sum() / found.ruled.sum()
    ]
    if faded:
        notes.append(
            _note(
                "rung-faded",
                f"little is left of what the rule puts on: {_en(faded)}. In these data it does not stand out from "
                "its neighbours year after year.",
                f"模型中仅存规则法判定的一小部分：{_zh(faded)}。该梯级在数据中与相邻梯级难以持续区分。",
            )
        )
    for one, other in _alike(found, read):
        notes.append(
            _note(
                "rungs-alike",
                f"{_en([RUNGS[one]])} and {_en([RUNGS[other]])} look almost the same in what is observed "
                f"({', '.join(read.names)}); bring in technology, entry or linkages to tell them apart.",
                f"{_zh([RUNGS[one]])}与{_zh([RUNGS[other]])}在现有数据中几乎无法区分；请补充技术、进入或关联数据。",
            )
        )
    return notes


def _alike(found: Fit, read: Readings) -> list[tuple[int, int]]:
    """Pairs of rungs of any size whose readings overlap: Bhattacharyya's coefficient over five years."""
    of, pairs = found.parameters, []
    for one, other in combinations(np.flatnonzero(found.on).tolist(), 2):
        if {RUNGS[one], RUNGS[other]} in BY_SIZE:
            continue
        variance = of.scale[one] ** 2 + of.scale[other] ** 2
        apart = (of.mean[one] - of.mean[other]) ** 2 / (4 * variance)
        apart += 0.5 * np.log(variance / (2 * of.scale[one] * of.scale[other]))
        p, q = np.clip(of.mean[one], 0.005, 0.995), np.clip(of.mean[other], 0.005, 0.995)
        apart = np.where(read.flag, -np.log(np.sqrt(p * q) + np.sqrt((1 - p) * (1 - q))), apart)
        if np.exp(-5 * (of.power * apart).sum()) > ALIKE:
            pairs.append((one, other))
    return pairs


def _note(code: str, en: str, zh: str) -> Fault:
    return Fault(code, en, zh, severity="warning")


def _en(rungs: Sequence[str]) -> str:
    return ", ".join(RUNG_NAMES[rung].en for rung in rungs)


def _zh(rungs: Sequence[str]) -> str:
    return "、".join(RUNG_NAMES[rung].zh for rung in rungs)


def _nothing(industries: Industries) -> Fault:
    values = industries.values
    many, years = values.sizes[SERIES], values.sizes[TIME]
    return Fault(
        "nothing-to-learn",
        f"the hidden Markov model starts from the rule, and the rule could place none of {many} series over {years} "
        "years: growth needs 4 years or more with a size. Bring in more years, or another measure of `size`.",
        f"隐马尔可夫模型以规则法为起点，而规则法未能判定任何序列（{many} 个，{years} 年）：须有至少 4 年的规模数据。"
        "请补充年份，或更换 size 度量。",
    )
