"""How good a forecast was: whether what happened stood above what did not, and whether probabilities were right.

Kernels take what happened (cells,), true or false, and what was predicted (cells,). Ties of predictions count half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.labels import Floats

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Scores:
    """How good one forecast was; ``brier`` and ``skill`` are ``nan`` for scores that are no probabilities.

    ``skill`` is 1 - Brier / Brier of always saying the share that did happen: 0 for a forecast no better than that.
    """

    auc: float
    average_precision: float
    brier: float
    skill: float
    cells: int
    happened: int

    @classmethod
    def of(cls, happened: Bools, predicted: Floats, *, probabilities: bool = True) -> Scores:
        """The scores of a forecast."""
        error = brier(happened, predicted) if probabilities else np.nan
        share = float(happened.mean()) if happened.size else np.nan
        spread = share * (1 - share)
        return cls(
            auc(happened, predicted),
            average_precision(happened, predicted),
            error,
            1 - error / spread if spread > 0 else np.nan,
            happened.size,
            int(happened.sum()),
        )


def auc(happened: Bools, predicted: Floats) -> float:
    """The probability that a cell where it happened was put above one where it did not; ``nan`` where one is lacking.

    Area under the receiver operating characteristic, a Mann–Whitney statistic. Hanley, McNeil 1982, Radiology 143: 29.
    """
    from scipy.stats import rankdata

    yes = int(happened.sum())
    no = happened.size - yes
    if not yes or not no:
        return np.nan
    above = rankdata(predicted)[happened].sum() - yes * (yes + 1) / 2
    return float(above / (yes * no))


def average_precision(happened: Bools, predicted: Floats) -> float:
    """Precision at every new true cell down the list, averaged; cells that tie are taken together. ``nan`` without any.

    The area under the precision–recall curve as a sum of steps, without interpolation. Its value by chance is the
    share that happened, not one half.
    """
    if not happened.any():
        return np.nan
    order = np.argsort(-predicted, kind="stable")
    ordered = predicted[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    found = np.cumsum(happened[order])[last]
    steps = np.diff(found, prepend=0)
    return float((steps * found / (np.flatnonzero(last) + 1)).sum() / found[-1])


def brier(happened: Bools, predicted: Floats) -> float:
    """Mean squared difference of probability and outcome. Brier 1950, Monthly Weather Review 78: 1."""
    return float(((predicted - happened) ** 2).mean()) if happened.size else np.nan


def reliability(happened: Bools, predicted: Floats, *, bins: int = 10, level: float = 0.95) -> pd.DataFrame:
    """What was said against what came, for groups of cells of ever higher probability, as equal as ties allow.

    Columns: from, to (probabilities of the group), predicted (mean), happened (share) with low and high (Wilson),
    cells. Murphy 1973, Journal of Applied Meteorology 12: 595.
    """
    from xinzhi.structure.proportions import wilson

    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, bins + 1)[1:-1])) if predicted.size else np.empty(0)
    group = np.searchsorted(edges, predicted, side="left")
    cells = np.bincount(group, minlength=edges.size + 1)
    used = np.flatnonzero(cells)
    said = np.bincount(group, predicted, edges.size + 1)[used] / cells[used]
    came = np.bincount(group, happened, edges.size + 1)[used]
    low, high = wilson(came, cells[used], level=level)
    least, most = np.full(edges.size + 1, np.inf), np.full(edges.size + 1, -np.inf)
    np.minimum.at(least, group, predicted)
    np.maximum.at(most, group, predicted)
    columns: dict[str, Any] = {"from": least[used], "to": most[used], "predicted": said}
    columns |= {"happened": came / cells[used], "low": low, "high": high, "cells": cells[used]}
    return pd.DataFrame(columns)


def pairs_won(happened: Bools, predicted: Floats, groups: Codes, size: int) -> Floats:
    """How many pairs are in the right order, (group of what happened, group of what did not); a tie counts half.

    The sum over all, divided by the number of pairs, is the AUC. Counted once, the AUC of any draw of groups with
    replacement, w' U w over its number of pairs, is one product.
    """
    yes = predicted[happened]
    won = np.empty((size, yes.size))
    order = np.lexsort((predicted, groups))
    order = order[~happened[order]]
    start = np.searchsorted(groups[order], np.arange(size + 1))
    values = predicted[order]
    for group in range(size):
        part = values[start[group] : start[group + 1]]
        won[group] = (np.searchsorted(part, yes, "left") + np.searchsorted(part, yes, "right")) / 2
    totals = np.zeros((size, size))
    np.add.at(totals, groups[happened], won.T)
    return totals


@dataclass(frozen=True)
class Lead:
    """By how much the AUC of one forecast exceeds another's, with an interval over regions drawn anew."""

    difference: float
    low: float
    high: float
    level: float
    draws: int

    @property
    def verdict(self) -> str:
        """``ahead``, ``behind`` or ``level``: whether the interval lies above zero, below it, or holds it."""
        return "ahead" if self.low > 0 else "behind" if self.high < 0 else "level"


def lead(
    happened: Bools,
    one: Floats,
    other: Floats,
    regions: Codes,
    *,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 7,
) -> Lead:
    """Compare two forecasts of the same cells by AUC, with a percentile interval over regions drawn with replacement.

    Cells of a region stand or fall together, so regions are drawn, not cells. Draws without both outcomes are left
    out. ``nan`` where one outcome is lacking.
    """
    used, at = np.unique(regions, return_inverse=True)
    size = used.size
    won = pairs_won(happened, one, at, size) - pairs_won(happened, other, at, size)
    yes = np.bincount(at, happened, size)
    no = np.bincount(at, ~happened, size)
    if not yes.sum() or not no.sum():
        return Lead(np.nan, np.nan, np.nan, level, 0)
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(size, np.full(size, 1 / size), size=draws).astype(float)
    pairs = (weights @ yes) * (weights @ no)
    kept = pairs > 0
    found = ((weights @ won) * weights).sum(axis=1)[kept] / pairs[kept]
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Lead(float(won.sum() / (yes.sum() * no.sum())), float(low), float(high), level, int(kept.sum()))
