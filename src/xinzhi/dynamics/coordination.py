"""Coupling coordination through time, and the shortfalls that keep a region's score down.

The degree of coordination itself is a way of aggregating systems and belongs to the index; here it is graded and
followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy.stats import rankdata

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import CELL, INDICATOR, REGION, TIME, Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import Text
from xinzhi.dynamics._scores import Scores, names

GRADE, NEXT = "grade", "next_grade"

# The ten grades of Liao 1999, a tenth each, from the worst to the best.
GRADES: tuple[Text, ...] = (
    Text(en="extreme disorder", zh="极度失调"),
    Text(en="severe disorder", zh="严重失调"),
    Text(en="moderate disorder", zh="中度失调"),
    Text(en="mild disorder", zh="轻度失调"),
    Text(en="on the verge of disorder", zh="濒临失调"),
    Text(en="barely coordinated", zh="勉强协调"),
    Text(en="primary coordination", zh="初级协调"),
    Text(en="intermediate coordination", zh="中级协调"),
    Text(en="good coordination", zh="良好协调"),
    Text(en="high-quality coordination", zh="优质协调"),
)


@dataclass(frozen=True)
class Coordination:
    """Degrees of coordination, graded and followed.

    ``degrees`` and ``grades`` are region × time; a grade is a number from 1 to the number of ``names``, 0 where the
    degree is missing. ``counts`` and ``shares`` (time × grade) say how many regions stand where, ``moves`` (grade ×
    next_grade) how many went from one grade to another from one period to the next, over all periods, and ``course``
    has, by time, the ``mean`` of the degrees, their ``deviation`` (divided by n) and its ratio to the mean
    ``variation``, and how many regions rose, stayed and fell since the period before (0 in the first).
    """

    degrees: xr.DataArray
    grades: xr.DataArray
    names: tuple[Text, ...]
    counts: xr.DataArray
    shares: xr.DataArray
    moves: xr.DataArray
    course: xr.Dataset
    omitted: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: region, time, degree, grade and its names; region-years without a degree are left out."""
        table = self.degrees.to_dataframe("degree")[["degree"]].assign(grade=self.grades.values.ravel())
        table = table[table[GRADE] > 0].reset_index()
        return table.assign(
            name_en=[self.names[at - 1].en for at in table[GRADE]],
            name_zh=[self.names[at - 1].zh for at in table[GRADE]],
        )

    def __repr__(self) -> str:
        lines = ["Coordination (耦合协调度)"]
        for at in dict.fromkeys((0, self.course.sizes[TIME] - 1)):
            year, count = self.course.isel({TIME: at}), self.counts.isel({TIME: at}).values
            held = ", ".join(f"{self.names[grade].en} {count[grade]}" for grade in np.flatnonzero(count))
            lines.append(f"  {year[TIME].item()}: mean {year['mean'].item():.4f}; {held}")
        rose, fell = int(self.course["rose"].sum()), int(self.course["fell"].sum())
        return "\n".join([*lines, f"  moves up {rose}, down {fell}", f"  left out: {len(self.omitted)} notes"])


@dataclass(frozen=True)
class Obstacles:
    """Obstacle degrees: each indicator's part in what a region's weighted score falls short of full marks.

    ``degrees`` is region × time × indicator and adds up to 1 wherever there is a shortfall; ``ranks`` has 1 for the
    largest. ``CAVEAT`` says what they cannot prove, and stands in the printed result.
    """

    degrees: xr.DataArray
    ranks: xr.DataArray
    omitted: tuple[Fault, ...]
    record: Record

    CAVEAT = Text(
        en="A ranking always exists, also by chance or where every shortfall is small: it proves no bottleneck. The "
        "degrees split 1 minus the weighted score, not the coordination degree, and say nothing of cause.",
        zh="排序必然存在（即使差距很小或纯属偶然），不能据此证明存在“瓶颈”。障碍度分解的是 1 减加权得分，"
        "而非耦合协调度，也不说明因果关系。",
    )

    def summed(self, coordinate: str) -> xr.DataArray:
        """Degrees added up by a coordinate along indicator, such as ``parent``. Raises ``MethodError``."""
        known = [str(name) for name, of in self.degrees.coords.items() if of.dims == (INDICATOR,)]
        if coordinate not in known:
            raise MethodError(
                Fault(
                    "unknown-coordinate",
                    f"indicators have no coordinate '{coordinate}'. They have: {', '.join(known)}.",
                    f"指标没有名为“{coordinate}”的坐标。现有：{'、'.join(known)}。",
                    column=coordinate,
                )
            )
        return self.degrees.groupby(coordinate).sum(skipna=True, min_count=1).transpose(REGION, TIME, coordinate)

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: region, time, indicator, degree, rank; cells without a degree are left out."""
        table = self.degrees.to_dataframe("degree")[["degree"]].assign(rank=self.ranks.values.ravel())
        return table.dropna().astype({"rank": int}).reset_index()

    def __repr__(self) -> str:
        mean = self.degrees.isel({TIME: -1}).mean(REGION)
        order = np.argsort(-mean.values, kind="stable")[:5]
        first = ", ".join(f"{mean[INDICATOR].values[at]} {mean.values[at]:.1%}" for at in order)
        last = self.degrees[TIME].values[-1]
        return (
            f"Obstacles (障碍度), {self.degrees.sizes[INDICATOR]} indicators\n  mean of regions, {last}: {first}\n"
            f"  {self.CAVEAT.en}\n  {self.CAVEAT.zh}\n  left out: {len(self.omitted)} notes"
        )


def coordination(degrees: xr.DataArray, *, grades: Sequence[Text] = GRADES) -> Coordination:
    """Grade degrees of coordination and follow them: who stands where, who moves, whether regions draw together.

    ``degrees`` is region × time within [0, 1], made by the index (aggregation ``coupling-coordination``). The
    ``grades`` divide [0, 1] evenly, worst first; each begins at its lower bound. Region-years without a degree are
    left out and listed; a move needs a degree in both of two neighbouring periods, in the order of time. Liao 1999,
    Tropical Geography 19(2). Raises ``MethodError``, naming regions and years.
    """
    degrees = degrees.sortby(TIME) if TIME in degrees.coords else degrees
    laid = Scores.of(degrees)
    outside = (laid.x < -1e-9) | (laid.x > 1 + 1e-9)
    if outside.any():
        raise laid.refusal(
            "off-scale",
            f"degrees of coordination lie within 0 and 1; found {np.nanmin(laid.x):g} to {np.nanmax(laid.x):g}.",
            f"耦合协调度须在 0 与 1 之间；实际为 {np.nanmin(laid.x):g} 至 {np.nanmax(laid.x):g}。",
            outside,
        )
    k = len(grades)
    grade = graded(laid.x, k)
    counts = np.stack([(grade == at).sum(axis=1) for at in range(1, k + 1)], axis=-1)
    numbers = np.arange(1, k + 1)
    about = {"name_en": (GRADE, [name.en for name in grades]), "name_zh": (GRADE, [name.zh for name in grades])}
    held = xr.DataArray(counts, dims=(TIME, GRADE), coords={TIME: laid.times, GRADE: numbers, **about}, name="regions")
    was, now = grade[:-1], grade[1:]
    both = (was > 0) & (now > 0)
    moves = np.zeros((k, k), dtype=int)
    np.add.at(moves, (was[both] - 1, now[both] - 1), 1)
    coords = {REGION: laid.regions, TIME: laid.times}
    n = counts.sum(axis=1, keepdims=True)
    return Coordination(
        degrees.transpose(REGION, TIME),
        xr.DataArray(grade.T, dims=(REGION, TIME), coords=coords, name=GRADE),
        tuple(grades),
        held,
        held.copy(data=counts / np.where(n > 0, n, np.nan)).rename("share"),
        xr.DataArray(moves, dims=(GRADE, NEXT), coords={GRADE: numbers, NEXT: numbers}, name="moves"),
        _course(laid, np.sign(now - was), both),
        tuple(laid.missing()),
        Record("coordination", {"grades": [name.en for name in grades]}, {"degrees": laid.digest}),
    )


def graded(degrees: Floats, k: int = 10) -> npt.NDArray[np.int_]:
    """The grade of each degree when [0, 1] is divided into ``k`` equal parts, from 1; 0 where it is missing."""
    return np.where(np.isnan(degrees), 0, 1 + np.digitize(degrees, np.arange(1, k) / k))


def obstacles(z: xr.DataArray, weights: xr.DataArray) -> Obstacles:
    """Rank the indicators of every region and year by their part in the weighted shortfall.

    ``z`` is region × time × indicator within [0, 1], 1 best; ``weights`` is by indicator, or time × indicator, and not
    negative: an indicator's weight in the whole index. O_j = w_j (1 - z_j) / Σ w (1 - z). Missing cells are left out,
    so the others add up to 1 without them; they are listed, and so are region-years without a shortfall, which have
    no obstacles. What the ranking cannot prove is in ``Obstacles.CAVEAT``. Raises ``MethodError``.
    """
    cells, w = _aligned(z, weights)
    values = cells.values
    outside = (values < -1e-9) | (values > 1 + 1e-9)
    if outside.any():
        en, zh = names(cells[INDICATOR].values[outside.any(axis=(0, 1))])
        raise MethodError(
            Fault(
                "off-scale",
                f"obstacle degrees need values normalised to [0, 1]; these indicators reach outside: {en}.",
                f"障碍度要求指标已标准化到 [0, 1]；以下指标超出：{zh}。",
            )
        )
    found = obstacle_degrees(np.clip(values, 0.0, 1.0), w)
    ranks = rankdata(-found, method="min", axis=-1, nan_policy="omit")
    seen = ~np.isnan(values)
    omitted = [*_gaps(seen, cells), *_without_shortfall(seen & np.isnan(found), cells)]
    record = Record("obstacles", {"weights": np.asarray(w).tolist()}, {"z": digest(values.tobytes())})
    degrees, ranked = (cells.copy(data=of).rename(name) for of, name in ((found, "degree"), (ranks, "rank")))
    return Obstacles(degrees, ranked, tuple(omitted), record)


def obstacle_degrees(z: Floats, w: Floats) -> Floats:
    """w (1 - z) over its sum: z (..., k) within [0, 1], w (..., k) -> (..., k); missing where nothing falls short."""
    short = w * (1 - z)
    total = np.nansum(short, axis=-1, keepdims=True)
    return np.asarray(short / np.where(total > 0, total, np.nan))


def _course(laid: Scores, direction: npt.NDArray[np.int_], both: npt.NDArray[np.bool_]) -> xr.Dataset:
    """Mean and spread of the degrees by period, and how many regions changed grade since the one before."""
    n = laid.seen.sum(axis=1)
    x, n = np.where(laid.seen, laid.x, 0.0), np.where(n > 0, n, np.nan)
    mean = x.sum(axis=1) / n
    deviation = np.sqrt(np.where(laid.seen, (x - mean[:, None]) ** 2, 0.0).sum(axis=1) / n)
    moved = {
        name: (both & (direction == sign)).sum(axis=1) for name, sign in (("rose", 1), ("stayed", 0), ("fell", -1))
    }
    columns = {"mean": mean, "deviation": deviation, "variation": deviation / np.where(mean > 0, mean, 1.0)}
    columns |= {name: np.concatenate([[0], of]) for name, of in moved.items()}
    return xr.Dataset({name: (TIME, of) for name, of in columns.items()}, coords={TIME: laid.times})


def _aligned(z: xr.DataArray, weights: xr.DataArray) -> tuple[xr.DataArray, Floats]:
    """Values (region, time, indicator) and weights (indicator) or (time, indicator) in the same order."""
    if set(z.dims) != set(CELL) or not z.size or set(weights.dims) not in ({INDICATOR}, {TIME, INDICATOR}):
        found = " × ".join(map(str, z.dims)), " × ".join(map(str, weights.dims))
        raise MethodError(
            Fault(
                "wrong-dimensions",
                "obstacle degrees need values region × time × indicator, and weights by indicator or time × indicator; "
                f"found {found[0]} and {found[1]}.",
                f"障碍度需要地区×时间×指标的数值，以及按指标或时间×指标的权重；实际为 {found[0]} 与 {found[1]}。",
            )
        )
    cells = z.transpose(*CELL).astype(float)
    w = weights.reindex({dim: cells[dim] for dim in weights.dims}).transpose(..., INDICATOR).values.astype(float)
    bad = ~((w >= 0) & (w < np.inf))
    if bad.any():
        en, zh = names(cells[INDICATOR].values[bad.reshape(-1, bad.shape[-1]).any(axis=0)])
        raise MethodError(
            Fault(
                "bad-weight",
                f"every indicator needs a weight that is neither missing nor negative nor infinite; not so: {en}.",
                f"每个指标均须有权重，且不得缺失、为负或无穷大；以下指标不符：{zh}。",
            )
        )
    return cells, w


def _gaps(seen: npt.NDArray[np.bool_], cells: xr.DataArray) -> list[Fault]:
    if seen.all():
        return []
    en, zh = names(cells[INDICATOR].values[~seen.all(axis=(0, 1))])
    return [
        Fault(
            "unobserved-cells",
            f"{(~seen).sum()} of {seen.size} cells have no value; obstacles are shared among the others ({en}).",
            f"{seen.size} 个单元中有 {(~seen).sum()} 个没有数值，障碍度在其余指标间分配（{zh}）。",
            severity="warning",
        )
    ]


def _without_shortfall(full: npt.NDArray[np.bool_], cells: xr.DataArray) -> list[Fault]:
    """``full`` is true at the observed cells of region-years in which no weighted indicator falls short."""
    where = np.asarray(full.any(axis=2))
    if not where.any():
        return []
    en, zh = Scores.of(cells[:, :, 0].copy(data=np.zeros(where.shape))).places(where.T)
    return [
        Fault(
            "no-shortfall",
            f"nothing falls short of full marks, so there are no obstacles: {en}.",
            f"各指标均达到最优，不存在障碍：{zh}。",
            severity="warning",
        )
    ]
