"""The method of reflections: averages of averages, step by step.

Every step shrinks the differences between regions while their common level stays, so after twenty steps the plain
recursion has lost most of its digits to that level. Here level and differences are carried apart.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import sparse

from xinzhi.core.labels import Floats
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.crossed import totals
from xinzhi.structure.diagnosis import on_spectrum
from xinzhi.structure.scoring import Scores, complexities, standardised

ReflectionsConvention = Literal["economiccomplexity", "economic-complexity", "fermi", "econgeo"]


@complexities.add("reflections", zh="反射法", cite="Hidalgo, Hausmann 2009")
def reflections(
    m: sparse.csr_array,
    anchor: Floats | None = None,
    *,
    convention: ReflectionsConvention = "economiccomplexity",
    steps: int | None = None,
) -> Scores:
    """Method of reflections: diversity and ubiquity, each time averaged over what lies on the other side.

    k(0) = sums of rows and of columns; k(n) of a region is the mean k(n-1) of its activities, and the other way round.
    Even steps of regions and odd steps of activities lean on diversity, the others on ubiquity, so the ``anchor`` is
    not used. As steps go on the z-scores approach ECI and PCI.

    ``economiccomplexity`` and ``economic-complexity``: ``steps`` (18) for regions and one more for activities, z-scores
    with ddof 1; what they call 20 iterations. ``fermi``: ``steps`` (18) for both, ddof 0. ``econgeo``: MORc and MORt,
    ``steps`` (20) for both, plain up to the second and rescaled to 0-100 from the third. Hidalgo, Hausmann 2009, PNAS
    106: 10570, eqs. 1-2.
    """
    steps = (20 if convention == "econgeo" else 18) if steps is None else steps
    if steps < 0:
        raise FaultyValue(
            "bad-option", f"steps must not be negative; found {steps}.", f"steps 不得为负；实际为 {steps}。"
        )
    further = steps + 1 if convention in ("economiccomplexity", "economic-complexity") else steps
    levels_first, levels_second = levels(m, steps), levels(m, further)
    regions, activities = reflected(m, steps)[0], reflected(m, further)[1]
    if convention == "econgeo":
        if steps <= 2:
            return Scores(levels_first[0] + regions, levels_second[1] + activities, steps=steps)
        return _told(_percent(regions), _percent(activities), steps)
    ddof = 0 if convention == "fermi" else 1
    return _told(_varying(regions, ddof), _varying(activities, ddof), steps)


def reflected(m: sparse.csr_array, steps: int) -> tuple[Floats, Floats]:
    """Differences of k(steps) from their level, (regions,) and (activities,); zero where all are the same.

    The level is the mean weighted by the sums of rows (of columns), which no step changes.
    """
    d, u = totals(m, 1), totals(m, 0)
    back = sparse.csr_array(m.T)
    x, y = _apart(d, d), _apart(u, u)
    for _ in range(steps):
        x, y = _centred(m @ y / d, d), _centred(back @ x / u, u)
    return x, y


def levels(m: sparse.csr_array, steps: int) -> tuple[float, float]:
    """The common levels of k(steps) of regions and of activities."""
    d, u = totals(m, 1), totals(m, 0)
    of_regions, of_activities = float(np.average(d, weights=d)), float(np.average(u, weights=u))
    return (of_regions, of_activities) if steps % 2 == 0 else (of_activities, of_regions)


def _apart(x: Floats, weights: Floats) -> Floats:
    """Differences from the weighted mean, none where they are its rounding."""
    mean = np.average(x, weights=weights)
    away = x - mean
    return np.zeros_like(x) if np.abs(away).max() <= 1e-13 * abs(mean) else away


def _centred(x: Floats, weights: Floats) -> Floats:
    return np.asarray(x - np.average(x, weights=weights))


def _varying(x: Floats, ddof: int) -> Floats:
    """z-scores, missing where nothing varies."""
    if x.size < 2 or not np.ptp(x):
        return np.full(x.size, np.nan)
    return standardised(x / np.abs(x).max(), ddof)


def _percent(x: Floats) -> Floats:
    """From 0 for the lowest to 100 for the highest, missing where nothing varies."""
    spread = np.ptp(x)
    return np.asarray((x - x.min()) / spread * 100) if spread else np.full(x.size, np.nan)


def _told(regions: Floats, activities: Floats, steps: int) -> Scores:
    nothing = np.isnan(regions).all()
    return Scores(regions, activities, steps=steps, notes=on_spectrum(np.empty(0)) if nothing else ())
