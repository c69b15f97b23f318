"""Complexity of activities by plain counting: how few regions have them, and how hard those are to combine."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from xinzhi.core.labels import Floats
from xinzhi.structure.crossed import totals
from xinzhi.structure.presence import rca
from xinzhi.structure.scoring import Scores, complexities


@complexities.add("normalised-ubiquity", zh="标准化普遍性", cite="Balland, Rigby 2017")
def normalised_ubiquity(m: sparse.csr_array, anchor: Floats | None = None) -> Scores:
    """Share of an activity in all amounts over its share in all specialisations: large, yet the speciality of few.

    ``m`` holds amounts; a specialisation is a location quotient of at least 1. Regions get no score, and the ``anchor``
    is not used. An activity in which nobody specialises has none. norm.ubiquity of EconGeo, which rounds to two digits.
    """
    amounts, held = totals(m, 0), totals(rca(m).astype(float), 0)
    share = held / held.sum()
    found = np.divide(amounts / amounts.sum(), share, out=np.full(m.shape[1], np.nan), where=share > 0)
    return Scores(np.full(m.shape[0], np.nan), found)


@complexities.add("modular", zh="模块复杂度（组合难度）", cite="Fleming, Sorenson 2001")
def modular(m: sparse.csr_array, anchor: Floats | None = None) -> Scores:
    """How hard the regions that have an activity are to combine: sum of its links over the sum of their ease.

    The ease of a region is the number of other regions with which it shares any activity, over the sum of its links.
    Fleming and Sorenson's measure has classes and patents where regions and activities stand here; modular.complexity
    of EconGeo, which rounds to five digits. 0 where there is no ease; regions get no score, the ``anchor`` is not used.
    """
    shared = sparse.csr_array(m @ m.T)
    shared.setdiag(0)
    # As EconGeo: what is shared counts once however much it is, but weights below 1 count as they are.
    shared.data = np.minimum(shared.data, 1.0)
    ease = m.T @ (totals(shared, 1) / totals(m, 1))
    return Scores(np.full(m.shape[0], np.nan), np.divide(totals(m, 0), ease, out=np.zeros(m.shape[1]), where=ease > 0))
