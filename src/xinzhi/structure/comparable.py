"""Complexity that can be compared over time: one score an activity, whatever the period.

Scored year by year, complexity is standardised within each year, and activities change their worth as others enter
and leave: a region can rise while it stands still. With the worth of activities fixed, a region rises only by what it
takes up or gives up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import digest
from xinzhi.structure.complexity import (
    Asked,
    Complexity,
    Presence,
    anchored,
    gathered,
    labelled,
    laid,
    presented,
    recorded,
    score,
)
from xinzhi.structure.crossed import ACTIVITY, settled, totals
from xinzhi.structure.diagnosis import warning
from xinzhi.structure.links import Links, Period
from xinzhi.structure.scoring import Scores, complexities

POOLED = "pooled"
# How a region's score follows from those of its activities.
SUMMED, AVERAGED = ("fitness",), ("eigenvector", "prody")


def comparable(
    links: Any,
    base: Period | Any = POOLED,
    method: str | Callable[..., Any] = "eigenvector",
    *,
    presence: Presence = None,
    anchor: Any = None,
    **options: Any,
) -> Complexity:
    """Score every period by one and the same complexity of activities.

    ``base`` is where that comes from: ``"pooled"`` scores the regions of all periods together, as if each region and
    period were a region of its own; a period scores that one and carries its activities to the others; numbers by
    activity (a series or mapping, such as a published PCI) are taken as they are. Regions then score the mean of their
    activities, weighted by their links, or for ``fitness`` the sum; scaled so that the base period keeps its own
    scores. Activities that the base does not know count nothing, and the share of links so lost is told. A base period
    or numbers need a method of which this is true: ``eigenvector``, ``fitness`` or ``prody``. Other arguments as in
    ``complexity``.
    """
    chosen, options = settled(complexities, method, options)
    amounts = laid(links)
    values, how = presented(amounts, chosen.name, presence)
    witness = anchored(anchor, values)
    given = not isinstance(base, (str, int, np.integer))
    settings = {"method": chosen.name, "presence": how, "base": "given" if given else base, **options}
    record = recorded("comparable", settings, amounts, witness, values)
    if not given and base == POOLED:
        found, words = _pooled(values, chosen.function, witness, options), "all periods together"
    else:
        found, words, weights = _carried(values, chosen, base, given, witness, options)
        if given:
            record.inputs["activities"] = digest(np.ascontiguousarray(weights).tobytes())
    asked = Asked(chosen.function, options, presence)
    return gathered(
        chosen.name, chosen.zh, found, values, amounts, labelled(witness, values), asked, record, base=words
    )


def _pooled(
    values: Links, function: Callable[..., Any], witness: Floats | None, options: dict[str, Any]
) -> list[Scores]:
    every = sparse.csr_array(sparse.vstack(values.values, format="csr"), dtype=float)
    together = score(every, function, None if witness is None else witness.ravel(), **options)
    by_period = together.regions.reshape(len(values.periods), -1)
    notes = [together.notes] + [()] * (len(values.periods) - 1)
    return [
        Scores(regions, together.activities, together.spectrum, together.steps, note)
        for regions, note in zip(by_period, notes, strict=True)
    ]


def _carried(
    values: Links, chosen: Any, base: Any, given: bool, witness: Floats | None, options: dict[str, Any]
) -> tuple[list[Scores], str, Floats]:
    if chosen.name not in SUMMED + AVERAGED:
        raise MethodError(
            Fault(
                "no-fixed-form",
                f"scores by '{chosen.name}' do not follow from those of activities. Use base = \"pooled\", or one of "
                f"{', '.join(AVERAGED + SUMMED)}.",
                f'“{chosen.name}”的地区得分不能由活动得分直接得到。请用 base = "pooled"，'
                f"或改用 {'、'.join(AVERAGED + SUMMED)}。",
            )
        )
    own: Scores | None = None
    if given:
        weights = _given(base, values)
    else:
        at = values.periods.index(base) if base in values.periods else -1
        own = score(values.at(base), chosen.function, None if witness is None else witness[at], **options)
        weights = own.activities
    rule = _summed if chosen.name in SUMMED else _averaged
    scale = (0.0, 1.0)
    if own is not None:
        scale = _scale(rule(values.at(base), weights), own.regions, through_zero=rule is _summed)
    found = []
    for matrix in values.values:
        regions = scale[0] + scale[1] * rule(matrix, weights)
        spectrum = np.empty(0) if own is None else own.spectrum
        found.append(Scores(regions, weights, spectrum, notes=_lost(matrix, weights)))
    if own is not None:
        at = values.periods.index(base)
        found[at] = Scores(found[at].regions, weights, own.spectrum, own.steps, own.notes, own.core)
    return found, "the numbers given" if given else f"period {base}", weights


def _given(base: Any, values: Links) -> Floats:
    """The numbers given, one an activity in the order of the links, ``nan`` where there is none."""
    series = pd.Series(base) if isinstance(base, Mapping) else base
    if isinstance(series, xr.DataArray) and series.dims == (ACTIVITY,):
        series = series.to_series()
    if not isinstance(series, pd.Series):
        raise MethodError(
            Fault(
                "bad-base",
                "a base is 'pooled', a period, or one number an activity (a series, a mapping or an array over "
                f"activity); found {type(base).__name__}.",
                "base 须为 'pooled'、某一时期，或每项活动一个数（序列、映射或活动数组）；"
                f"实际为 {type(base).__name__}。",
            )
        )
    weights = series.astype(float).reindex(values.activities).to_numpy()
    if np.isnan(weights).all():
        raise MethodError(
            Fault(
                "bad-base",
                f"the numbers given name none of the activities, such as {', '.join(map(str, values.activities[:3]))}.",
                f"所给数值与各活动的名称均不相符，活动如 {'、'.join(map(str, values.activities[:3]))}。",
            )
        )
    return np.asarray(weights)


def _averaged(m: sparse.csr_array, weights: Floats) -> Floats:
    """The mean score of a region's activities, weighted by its links; missing where none is known."""
    known = ~np.isnan(weights)
    much = totals(m[:, known], 1)
    total = m[:, known] @ weights[known]
    return np.asarray(np.divide(total, much, out=np.full(m.shape[0], np.nan), where=much > 0))


def _summed(m: sparse.csr_array, weights: Floats) -> Floats:
    """The sum of the scores of a region's activities; missing where none is known."""
    known = ~np.isnan(weights)
    return np.where(totals(m[:, known], 1) > 0, m[:, known] @ weights[known], np.nan)


def _scale(raw: Floats, own: Floats, *, through_zero: bool) -> tuple[float, float]:
    """Offset and factor that turn what follows from the activities into the scores of the base period."""
    both = ~(np.isnan(raw) | np.isnan(own))
    x, y = raw[both], own[both]
    if not both.any() or np.ptp(x) <= 1e-12 * np.abs(x).max(initial=0.0):
        return 0.0, 1.0
    if through_zero:
        return 0.0, float(y.mean() / x.mean())
    factor = float(y.std() / x.std())
    if ((x - x.mean()) @ (y - y.mean())) < 0:
        factor = -factor
    return float(y.mean() - factor * x.mean()), factor


def _lost(m: sparse.csr_array, weights: Floats) -> tuple[Fault, ...]:
    """A note on links to activities whose score is not known."""
    unknown = np.isnan(weights)
    mass = totals(m, 0)
    if not mass[unknown].sum() > 0:
        return ()
    share, count = mass[unknown].sum() / mass.sum(), int((mass[unknown] > 0).sum())
    return (
        warning(
            "unscored-activities",
            f"{count} activities ({share:.1%} of the links) have no score in the base and count nothing.",
            f"有 {count} 项活动（占联系的 {share:.1%}）在基期没有得分，不计入。",
        ),
    )
