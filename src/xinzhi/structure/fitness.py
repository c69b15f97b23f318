"""Fitness and complexity that do not average: an activity is only as complex as the weakest region that has it.

Beside it the oldest of these measures, the income behind what is sold: PRODY and EXPY.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import sparse

from xinzhi.core.errors import Fault
from xinzhi.core.labels import Floats
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.diagnosis import warning
from xinzhi.structure.scoring import Scores, complexities

FitnessConvention = Literal["converged", "fermi", "economiccomplexity"]

# A fitness that still loses this share of itself at each step when the rest has settled is on its way to zero.
FADING = 1e-3


@complexities.add("fitness", zh="适应度—复杂度", cite="Tacchella et al. 2012; Pugliese, Zaccaria, Pietronero 2016")
def fitness(
    m: sparse.csr_array,
    anchor: Floats | None = None,
    *,
    convention: FitnessConvention = "converged",
    tolerance: float = 1e-12,
    iterations: int | None = None,
    extremality: float = 1.0,
) -> Scores:
    """Fitness of regions and complexity of activities: having counts, and what weak regions have counts little.

    F = M Q and Q = (M' F^-γ)^(-1/γ) with γ the ``extremality``, both from the step before and divided by their means,
    starting from 1. ``converged`` (the default, and ``fermi``) stops when no value moves by more than ``tolerance``
    (both have mean 1) or after ``iterations`` (5000), and says so. ``economiccomplexity`` takes ``iterations`` - 1
    steps (19) whatever comes; there they are not always enough. Where links are poorly nested some fitness falls
    towards zero for ever: those regions are counted and keep the order of the last step. Fitness is never negative, so
    the ``anchor`` is not used. Tacchella et al. 2012, Scientific Reports 2: 723, eq. 1.
    """
    if not tolerance >= 0 or not extremality > 0:
        raise FaultyValue(
            "bad-option",
            f"tolerance must not be negative and extremality must be above 0; found {tolerance:g} and {extremality:g}.",
            f"tolerance 不得为负，extremality 须大于 0；实际为 {tolerance:g} 与 {extremality:g}。",
        )
    counted = convention == "economiccomplexity"
    most = ((20 if counted else 5000) if iterations is None else iterations) - counted
    if most < 1:
        raise FaultyValue(
            "bad-option", f"iterations leave {most} steps; take more.", f"iterations 仅留下 {most} 步；请增大。"
        )
    f, q, taken, moved, fading = settle(m, most, 0.0 if counted else tolerance, extremality)
    notes: tuple[Fault, ...] = ()
    if not counted and moved > tolerance:
        notes += (_unsettled(taken, moved, tolerance),)
    if fading:
        notes += (_fading(fading, len(f)),)
    return Scores(f, q, steps=taken, notes=notes)


@complexities.add("prody", zh="PRODY 与 EXPY（收入含量）", cite="Hausmann, Hwang, Rodrik 2007")
def prody(m: sparse.csr_array, anchor: Floats | None = None) -> Scores:
    """PRODY and EXPY: the income of the regions that specialise in an activity, and of a region's activities.

    ``m`` holds quantities and the ``anchor`` income per head. PRODY is the mean income of regions weighted by the share
    the activity has in each; EXPY the mean PRODY of a region's activities weighted by their shares. Regions without an
    income give none to PRODY but have an EXPY, over the activities that have a PRODY. In units of income. Hausmann,
    Hwang, Rodrik 2007, Journal of Economic Growth 12: 1, eqs. 1-2.
    """
    if anchor is None:
        raise FaultyValue(
            "needs-anchor",
            "PRODY is made of the regions' incomes: give income per head as `anchor`.",
            "PRODY 由各地区收入构成：请以 `anchor` 给出人均收入。",
        )
    share = sparse.csr_array(sparse.diags_array(1 / np.asarray(m.sum(axis=1)).ravel()) @ m)
    known = ~np.isnan(anchor)
    back = sparse.csr_array(share.T)
    of_activity = _over(back @ np.where(known, anchor, 0.0), back @ known.astype(float))
    has = ~np.isnan(of_activity)
    of_region = _over(share @ np.where(has, of_activity, 0.0), share @ has.astype(float))
    if known.all():
        return Scores(of_region, of_activity)
    missing = int((~known).sum())
    return Scores(
        of_region,
        of_activity,
        notes=(
            warning(
                "no-income",
                f"{missing} regions have no income; they add nothing to PRODY.",
                f"有 {missing} 个地区缺少收入数据，不参与 PRODY 的计算。",
            ),
        ),
    )


def settle(
    m: sparse.csr_array, most: int, tolerance: float, extremality: float
) -> tuple[Floats, Floats, int, float, int]:
    """Fitness, complexity, steps taken, the largest movement of the last, and how many regions still fade."""
    back = sparse.csr_array(m.T)
    f, q = np.ones(m.shape[0]), np.ones(m.shape[1])
    taken, moved, before = 0, np.inf, f
    # A fitness that has faded out of the numbers is 0; its inverse makes what it has worth nothing, as it should.
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        while taken < most and moved > tolerance:
            then_f, then_q = m @ q, (back @ f**-extremality) ** (-1 / extremality)
            then_f, then_q = then_f / then_f.mean(), then_q / then_q.mean()
            moved = max(float(np.abs(then_f - f).max()), float(np.abs(then_q - q).max()))
            before, f, q, taken = f, then_f, then_q, taken + 1
    return f, q, taken, moved, int((f <= (1 - FADING) * before).sum())


def _over(total: Floats, weight: Floats) -> Floats:
    return np.asarray(np.divide(total, weight, out=np.full(total.size, np.nan), where=weight > 0))


def _unsettled(taken: int, moved: float, tolerance: float) -> Fault:
    return warning(
        "not-converged",
        f"fitness still moved by {moved:.1e} in step {taken}, more than the tolerance of {tolerance:g}. Allow more "
        "iterations, or read the ranks only.",
        f"第 {taken} 步时适应度仍变动 {moved:.1e}，超过容差 {tolerance:g}。请增加迭代次数，或仅使用排名。",
    )


def _fading(fading: int, regions: int) -> Fault:
    return warning(
        "fading-fitness",
        f"the fitness of {fading} of {regions} regions falls towards zero for ever: its size depends on the number of "
        "steps and only its order can be read. Drop activities found in very few regions, or use the eigenvector.",
        f"{regions} 个地区中有 {fading} 个的适应度持续趋于零，其数值取决于迭代步数，仅次序可用。"
        "可剔除极少地区具有的活动，或改用特征向量法。",
    )
