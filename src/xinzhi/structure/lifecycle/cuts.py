"""When a rate changed its course: the cheapest cuts of a series, and the years in which each may lie as well.

For each number of cuts they are those of least squares (Bai, Perron 1998, Econometrica 66: 47); how many there are is
told by the likelihood less 3/2 log(n) for each (leading terms of Zhang, Siegmund 2007, Biometrics 63: 22), the noise
being an AR(1) of its own for each number, so that a rate with memory is not cut at every swing. The years a cut may lie
in are those whose likelihood is not too far below the best (Eo, Morley 2015, Quantitative Economics 6: 463); how far is
too far is drawn from series simulated with the means and the autocorrelated noise that were found, and is never less
than their limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.structure.lifecycle import _phase_kernels as kernels

Whole = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

RIVAL = 6.0  # a number of cuts that is so much worse in twice the log-likelihood is left out: odds of 1 to 20


@dataclass(frozen=True)
class Grammar:
    """Which classes of means there are, which may come first and last, and which may follow which."""

    low: Floats
    high: Floats
    starts: Bools
    ends: Bools
    follows: Bools


@dataclass(frozen=True)
class Cuts:
    """A series cut: the class of each stretch, the position each begins at, its mean, and where each cut may lie.

    ``inside`` is cut × position; ``spread`` and ``memory`` are the noise's standard deviation and autocorrelation;
    ``worth`` is the criterion, less is better.
    """

    classes: Whole
    begins: Whole
    means: Floats
    inside: Bools
    spread: float
    memory: float
    worth: float


def cut(
    rate: Floats,
    grammar: Grammar,
    *,
    latest: Whole | None = None,
    shortest: int,
    most: int = 4,
    level: float,
    shocks: Floats | None,
    rivals: bool = False,
) -> Cuts | None:
    """Cut one series (years,), nan where no rate is known; none where no path of the grammar fits into it.

    ``latest`` is the position by which each class must have ended, ``most`` how many cuts are tried. Without ``shocks``
    (draw, year), standard normal, no intervals are looked for and ``inside`` holds the cuts alone. With ``rivals`` the
    years of the last cut are also those by other numbers of cuts that are not clearly worse.
    """
    known = rate[~np.isnan(rate)]
    latest = np.full(len(grammar.low), len(rate)) if latest is None else latest
    labels = kernels.best_paths(
        rate, grammar.low, grammar.high, grammar.starts, grammar.ends, latest, grammar.follows, shortest, most
    )
    # The floor keeps a series without any noise from being cut at its rounding errors.
    floor = 1e-12 * float(known @ known) / len(known) + 1e-30
    chosen, best, tried = None, np.inf, []
    for cuts, label in enumerate(labels):
        if label[0] < 0:
            continue
        begins = np.flatnonzero(np.diff(label)) + 1
        classes = label[np.append(0, begins)]
        noise = kernels.noise(rate, begins, grammar.low[classes], grammar.high[classes])
        worth = len(known) * np.log(max(noise[4], floor)) + 3 * cuts * np.log(len(known))
        tried.append((worth, begins, classes, noise[3]))
        if worth < best - 1e-9:
            chosen, best = (begins, classes, noise), worth
    if chosen is None:
        return None
    begins, classes, (fitted, spread, memory, settled, _) = chosen
    low, high = grammar.low[classes], grammar.high[classes]
    means = fitted[np.append(0, begins)]
    inside = np.zeros((len(begins), len(rate) + 1), dtype=bool)
    inside[np.arange(len(begins)), begins] = True
    if shocks is not None and len(begins):
        costs = kernels.profiles(rate, low, high, shortest)
        # The profile's own best may lie a hair from the path's where `latest` held a class back.
        gaps = (costs - costs.min(axis=1, keepdims=True)) / max(settled, 1e-300)
        drawn = kernels.calibrate(rate, fitted, begins, low, high, shortest, spread, memory, shocks[:, : len(rate)])
        limit = -2 * np.log(1 - np.sqrt(level))  # Hansen 2000, Econometrica 68: 575, theorem 1
        inside |= gaps <= np.maximum(np.quantile(drawn, level, axis=0), limit)[:, None]
        for worth, others, kinds, scale in tried:
            if rivals and len(others) and worth <= best + RIVAL:
                costs = kernels.profiles(rate, grammar.low[kinds], grammar.high[kinds], shortest)[-1]
                inside[-1] |= costs - costs.min() <= limit * scale
    return Cuts(classes, begins, means, inside, spread, memory, best)


def any_order(flat: float) -> Grammar:
    """Rise, plateau and fall in whatever order."""
    every = np.ones(3, dtype=bool)
    low, high = np.array([flat, -flat, -np.inf]), np.array([np.inf, flat, -flat])
    return Grammar(low, high, every, every, ~np.eye(3, dtype=bool))
