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
    return together(amounts, shared, periods, asked)


def together(
    amounts: Mapping[str, Floats],
    regions: Sequence[str],
    periods: Sequence[Period],
    asked: CouplingSpec,
    *,
    of: str = "total",
) -> tuple[pd.DataFrame, tuple[Fault, ...]]:
    """Coupling coordination of amounts (period, region) by name, in the columns that ``coupled`` has.

    ``of`` is what their columns are called after. ``nan`` is not observed: it takes no part in a scale, and where one
    amount is not observed, nothing is told of that region and period (grade 0, without words). Raises ``MethodError``.
    """
    levels = {name: _levels(name, given, asked.scale) for name, given in amounts.items()}
    u = np.stack(list(levels.values()), axis=-1)
    degree, mean = coupling(u, form=asked.form), u.mean(axis=-1)
    # Rounding may put C a hair above 1.
    both = np.sqrt(np.clip(degree, 0.0, 1.0) * mean)
    grade = graded(both).ravel()
    table = pd.DataFrame(
        {
            "period": np.repeat(np.array(periods, dtype=object), len(regions)),
            "region": np.tile(np.array(regions, dtype=object), len(periods)),
            **{f"{of}_{name}": given.ravel() for name, given in amounts.items()},
            **{f"level_{name}": given.ravel() for name, given in levels.items()},
            "coupling": degree.ravel(),
            "level": mean.ravel(),
            "coordination": both.ravel(),
            "grade": grade,
            "grade_en": [GRADES[at - 1].en if at else None for at in grade],
            "grade_zh": [GRADES[at - 1].zh if at else None for at in grade],
        }
    ).infer_objects()
    return table, _floored(np.array(regions, dtype=object), u)


def _amounts(links: Links) -> Floats:
    return np.array([totals(matrix, 1) for matrix in links.values])


def _levels(name: str, amount: Floats, scale: str) -> Floats:
    """Amounts (period, region) brought to [0, 1]."""
    if scale == "share":
        amount = amount / np.nansum(amount, axis=1, keepdims=True)
    least, high = np.nanmin(amount), np.nanmax(amount)
    low = least if scale == "min-max" else 0.0
    if high - least <= 1e-12 * high:
        raise MethodError(
            Fault(
                "no-spread",
                f"the stage '{name}' is as large in every region and period ({high:g}), so there is no level "
                "to tell. Take `coupling` out, or a chain whose stages differ between regions.",
                f"环节“{name}”在各地区、各时期的规模全部相同（{high:g}），无从区分水平。请删去 coupling，"
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
