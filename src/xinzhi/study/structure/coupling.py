"""Coupling coordination of the stages of a chain: how far along each region is in all of them, and how evenly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.dynamics.coordination import GRADES, graded
from xinzhi.measure.coupling import coupling
from xinzhi.structure.crossed import noted, totals
from xinzhi.structure.links import Links, Period
from xinzhi.study.structure.spec import CouplingSpec


def coupled(
    stages: Mapping[str, Links], periods: Sequence[Period], asked: CouplingSpec
) -> tuple[pd.DataFrame, tuple[Fault, ...]]:
    """Degrees of coupling coordination of every region that all stages have, by period.

    The level of a stage is the region's total in it, brought to [0, 1] by ``scale``: ``min-max`` over all regions and
    periods, so that growth counts; ``share`` is the part of the period's total, over the largest such part, so that
    only the place among regions counts. T is the plain mean of the levels, C their coupling, D = sqrt(C T), the
    ``grade`` a tenth of D (1 worst, 10 best; Liao 1999, Tropical Geography 19(2)). Columns: period, region,
    total_<stage> and level_<stage> of each, coupling, level, coordination, grade, grade_en, grade_zh.
    Raises ``MethodError`` where a stage has the same everywhere.
    """
    first = next(iter(stages.values()))
    shared = [region for region in first.regions if all(region in links.regions for links in stages.values())]
    amounts = {name: _amounts(links.only(regions=shared, periods=periods)) for name, links in stages.items()}
    levels = {name: _levels(name, of, asked.scale) for name, of in amounts.items()}
    u = np.stack(list(levels.values()), axis=-1)
    degree, mean = coupling(u, form=asked.form), u.mean(axis=-1)
    # Rounding may put C a hair above 1.
    together = np.sqrt(np.clip(degree, 0.0, 1.0) * mean)
    grade = graded(together).ravel()
    table = pd.DataFrame(
        {
            "period": np.repeat(np.array(periods, dtype=object), len(shared)),
            "region": np.tile(np.array(shared, dtype=object), len(periods)),
            **{f"total_{name}": of.ravel() for name, of in amounts.items()},
            **{f"level_{name}": of.ravel() for name, of in levels.items()},
            "coupling": degree.ravel(),
            "level": mean.ravel(),
            "coordination": together.ravel(),
            "grade": grade,
            "grade_en": [GRADES[at - 1].en for at in grade],
            "grade_zh": [GRADES[at - 1].zh for at in grade],
        }
    ).infer_objects()
    return table, _floored(np.array(shared, dtype=object), u)


def _amounts(links: Links) -> Floats:
    return np.array([totals(matrix, 1) for matrix in links.values])


def _levels(name: str, amount: Floats, scale: str) -> Floats:
    """Totals (period, region) brought to [0, 1]."""
    if scale == "share":
        amount = amount / amount.sum(axis=1, keepdims=True)
    low, high = (amount.min() if scale == "min-max" else 0.0), amount.max()
    if amount.max() - amount.min() <= 1e-12 * amount.max():
        raise MethodError(
            Fault(
                "no-spread",
                f"the stage '{name}' is as large in every region and period ({amount.flat[0]:g}), so there is no level "
                "to tell. Take `coupling` out, or a chain whose stages differ between regions.",
                f"环节“{name}”在各地区、各时期的规模全部相同（{amount.flat[0]:g}），无从区分水平。请删去 coupling，"
                "或选用各地区有差异的环节。",
                column="coupling",
            )
        )
    return np.asarray((amount - low) / (high - low))


def _floored(regions: np.ndarray, u: Floats) -> tuple[Fault, ...]:
    """Regions that are at 0 in some stage: then C and D are 0, whatever the other stages are."""
    return noted(
        "level-zero",
        regions,
        (u == 0).any(axis=(0, 2)),
        "regions at the very bottom of a stage, level 0, in some period: coupling and coordination are then 0 whatever "
        "the other stages are: {}.",
        "以下地区在某一时期、某一环节的水平为 0（最低），此时无论其他环节如何，耦合度与耦合协调度均为 0：{}。",
    )
