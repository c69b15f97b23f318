"""How long spells last, with late entry and competing ends: Kaplan–Meier and Aalen–Johansen; arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lasting:
    """The share of spells that outlast each time with an exit, and of those that ended so far each way.

    ``survival`` has ``low`` and ``high`` by log(−log) with Greenwood's variance; ``ended`` is way × time.
    """

    time: Floats
    at_risk: Whole
    exits: Whole
    survival: Floats
    low: Floats
    high: Floats
    ended: Floats
    ended_low: Floats
    ended_high: Floats

    def median(self) -> tuple[float, float, float]:
        """When half have ended, with its interval (Brookmeyer, Crowley 1982); nan or inf where not reached."""

        def first(curve: Floats, otherwise: float) -> float:
            below = np.flatnonzero(curve <= 0.5)
            return float(self.time[below[0]]) if below.size else otherwise

        return first(self.survival, np.nan), first(self.low, np.nan), first(self.high, np.inf)


def lasting(start: Floats, end: Floats, way: Whole, ways: int, level: float) -> Lasting:
    """Spells watched after ``start`` up to ``end``, which ended ``way`` (0 … ways − 1), or −1: still going on.

    Kaplan, Meier 1958; those at risk at a time started before it (late entry). Bands of the competing ends by log(−log)
    with the variance of Aalen 1978 (Annals of Statistics 6: 534). nan bounds where all have ended.
    """
    from scipy.stats import norm

    exited = way >= 0
    time = np.unique(end[exited])
    by_end, by_start = np.sort(end), np.sort(start)
    at_risk = (len(end) - np.searchsorted(by_end, time, side="left")) - (
        len(end) - np.searchsorted(by_start, time, side="left")
    )
    exits = np.zeros((ways, len(time)), dtype=np.int64)
    np.add.at(exits, (way[exited], np.searchsorted(time, end[exited])), 1)
    every = exits.sum(axis=0)
    survival = np.cumprod(1 - every / at_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        step = every / (at_risk * (at_risk - every).astype(float))
        greenwood = np.cumsum(step)
        low, high = _loglog(survival, np.sqrt(greenwood) * survival, norm.isf((1 - level) / 2))
        ended = np.cumsum(before * exits / at_risk, axis=1)
        # Aalen's variance: of the survival up to each end, of the end itself, and of both together.
        rest = ended[:, :, None] - ended[:, None, :]
        lower = np.tril(np.ones((len(time), len(time))))
        thin = exits / at_risk.astype(float) ** 2
        variance = (
            (rest**2 * lower * np.nan_to_num(step, posinf=0.0)).sum(axis=2)
            + ((before**2 * (at_risk - exits) / at_risk * thin)[:, None, :] * lower).sum(axis=2)
            - 2 * (rest * lower * (before * thin)[:, None, :]).sum(axis=2)
        )
        sides = [
            _loglog(one, np.sqrt(np.maximum(v, 0)), norm.isf((1 - level) / 2))
            for one, v in zip(ended, variance, strict=True)
        ]
    return Lasting(
        time,
        at_risk,
        every,
        survival,
        low,
        high,
        ended,
        np.array([one[0] for one in sides]).reshape(ways, -1),
        np.array([one[1] for one in sides]).reshape(ways, -1),
    )


def _loglog(share: Floats, error: Floats, z: float) -> tuple[Floats, Floats]:
    """Bounds of a share that stay between 0 and 1; nan where it is 0 or 1."""
    inner = (share > 0) & (share < 1)
    safe = np.where(inner, share, 0.5)
    reach = z * np.where(inner, error, np.nan) / (safe * np.abs(np.log(safe)))
    reach = np.minimum(reach, 500)  # one of very few left: anything goes
    return safe ** np.exp(reach), safe ** np.exp(-reach)
