"""Benefit of the doubt: every unit is judged with the weights that suit it best."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from xinzhi.core.labels import Floats
from xinzhi.core.specs import FaultyValue


def unit_weights(x: Floats, *, floor: float = 0.0, ceiling: float = 1.0) -> Floats:
    """The weights under which a unit looks best while no unit exceeds 1: (units, k) -> (units, k).

    The score of a unit is the sum of its weights times its values. ``floor`` and ``ceiling`` bound the share of every
    indicator in that sum. Values are non-negative; a unit with a missing value gets no weights and bounds nobody.
    Melyn, Moesen 1991; Cherchye, Moesen, Rogge, Van Puyenbroeck 2007, Social Indicators Research 82: 111.

    Raises ``FaultyValue`` when the bounds leave no shares that add up to one.
    """
    k = x.shape[-1]
    if floor * k > 1 + 1e-12 or ceiling * k < 1 - 1e-12:
        raise FaultyValue(
            "impossible-bounds",
            f"shares of {k} indicators cannot add up to 1 with each between {floor} and {ceiling}. "
            f"Choose a floor of at most {1 / k:.4g} and a ceiling of at least that.",
            f"{k} 个指标的份额均在 {floor} 与 {ceiling} 之间时无法合计为 1。下限应不高于、上限应不低于 {1 / k:.4g}。",
        )
    weights = np.full(x.shape, np.nan)
    complete = np.flatnonzero(~np.isnan(x).any(-1))
    known = x[complete]
    for at in complete:
        weights[at] = _best(x[at], known, floor, ceiling)
    return weights


def _best(own: Floats, known: Floats, floor: float, ceiling: float) -> Floats:
    k = own.size
    rows, limits = [known], [np.ones(len(known))]
    if floor > 0:
        rows.append(floor * own - np.diag(own))
    if ceiling < 1:
        rows.append(np.diag(own) - ceiling * own)
    limits += [np.zeros(k)] * (len(rows) - 1)
    # A value of nothing has no bound of its own: without one the weight of an all-zero column would be unbounded.
    bounds = [(0, None) if column.any() else (0, 0) for column in known.T]
    found = linprog(-own, A_ub=np.vstack(rows), b_ub=np.concatenate(limits), bounds=bounds, method="highs")
    return np.asarray(found.x)
