"""Chances of moves, their draws and cumulative incidences, from expected counts; arrays of moves in, intervals out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import xarray as xr

from xinzhi.core.labels import Floats
from xinzhi.structure.ladder.rungs import RUNGS

GROUP, FROM, TO, YEARS, BOUND = "group", "from", "to", "years", "bound"
GONE = "gone"
ENDS = (*RUNGS, GONE)
DRAWS, LEVEL = 1_000, 0.95
# How high each rung is: off the ladder is below all of it. A move up the ladder, or back on to it, is up.
HEIGHT = np.array([1, 2, 3, 4, 0, -1])


def summed(cells: Floats, of: npt.NDArray[np.int64], groups: int) -> Floats:
    """Cells (cell, …) added up by group."""
    found = np.zeros((groups, *cells.shape[1:]))
    np.add.at(found, of, cells)
    return found


def drawn_moves(
    counts: Floats,
    spells: Floats,
    weights: Floats,
    of_cluster: npt.NDArray[np.int64],
    of_group: npt.NDArray[np.int64],
    names: list[str],
) -> tuple[Floats, xr.DataArray, xr.DataArray]:
    """Draws of the chances (draw, group, from and gone, to), and rates and incidences with their intervals."""
    rungs, groups, draws = len(RUNGS), len(names), len(weights)
    rng = np.random.default_rng(1)
    chances = np.zeros((draws, groups, rungs + 1, rungs + 1))
    chances[..., rungs, rungs] = 1.0
    directions = np.stack([_towards(counts, sign) for sign in (1, -1, 0)], axis=-1)
    rates = np.full((groups, rungs, 3, 3), np.nan)
    years = spells.shape[-1]
    incidence = np.full((groups, rungs, 2, years + 1, 3), np.nan)
    for group in range(groups):
        mine = np.flatnonzero(of_group == group)
        weight = weights[:, of_cluster[mine]]
        flat = weight @ counts[mine].reshape(len(mine), -1)
        drawn = flat.reshape(draws, rungs, rungs + 1) + rng.gamma(1 / (rungs + 1), size=(draws, rungs, rungs + 1))
        chances[:, group, :rungs] = drawn / drawn.sum(axis=-1, keepdims=True)
        moved = chances[:, group, :rungs]
        total = counts[mine].sum(axis=0)
        heights = np.append(HEIGHT, -2)
        for place, sign in enumerate((1, -1, 0)):
            towards = np.sign(heights[None, :] - HEIGHT[:, None]) == sign
            point = directions[mine, :, place].sum(axis=0)
            whole = total.sum(axis=-1)
            rates[group, :, place, 0] = np.divide(point, whole, out=np.full(rungs, np.nan), where=whole > 0)
            low, high = quantiles((moved * towards).sum(axis=-1))
            rates[group, :, place, 1] = np.where(whole > 0, low, np.nan)
            rates[group, :, place, 2] = np.where(whole > 0, high, np.nan)
        events = spells[:, mine]
        at_risk = events[0].sum(axis=0)
        incidence[group, ..., 0] = incidences(events.sum(axis=1), at_risk)
        resampled = (weight @ events.transpose(1, 0, 2, 3).reshape(len(mine), -1)).reshape(draws, 3, rungs, years)
        told = incidences(np.moveaxis(resampled, 1, 0), at_risk)
        incidence[group, ..., 1:] = np.moveaxis(quantiles(told), 0, -1)
        # Where no such move was seen in any draw, the bound is that of a chance a year that may as well not be zero.
        never = events[1:].sum(axis=(1, 3)).T <= 0
        most = 1 - (1 - np.nan_to_num(rates[group, :, :2, 2])[..., None]) ** np.arange(years + 1)
        shown = np.isfinite(incidence[group, ..., 0])
        incidence[group, ..., 2] = np.where(never[..., None] & shown, most, incidence[group, ..., 2])
    coords = {GROUP: np.array(names, dtype=object), FROM: named(*RUNGS), BOUND: named("estimate", "low", "high")}
    return (
        chances,
        xr.DataArray(
            rates,
            {**coords, "direction": named("up", "down", "stay")},
            (GROUP, FROM, "direction", BOUND),
            name="rate",
        ),
        xr.DataArray(
            incidence,
            {**coords, "event": named("up", "down"), YEARS: np.arange(years + 1)},
            (GROUP, FROM, "event", YEARS, BOUND),
            name="incidence",
        ),
    )


def _towards(counts: Floats, sign: int) -> Floats:
    """Moves up (1), down or gone (-1), or neither (0): (…, from)."""
    heights = np.append(HEIGHT, -2)
    return np.asarray((counts * (np.sign(heights[None, :] - HEIGHT[:, None]) == sign)).sum(axis=-1))


def incidences(spells: Floats, known: Floats) -> Floats:
    """Cumulative incidences (…, from, event, years from 0) of spells (3, …, from, year); nan where nobody is left.

    ``known`` (from, year) is who was at risk in the data: below one industry's worth the rest is not shown.
    """
    risk, up, down = spells
    hazard = [np.divide(event, risk, out=np.zeros(risk.shape), where=risk > 0) for event in (up, down)]
    stays = np.cumprod(1 - np.clip(hazard[0] + hazard[1], 0, 1), axis=-1)
    before = np.concatenate([np.ones((*stays.shape[:-1], 1)), stays[..., :-1]], axis=-1)
    shown = np.logical_and.accumulate(known >= 1.0 - 1e-9, axis=-1)
    found = []
    for one in hazard:
        share = np.cumsum(before * one, axis=-1)
        share = np.where(shown, share, np.nan)
        start = np.where(shown[..., :1], 0.0, np.nan)
        found.append(np.concatenate([np.broadcast_to(start, (*share.shape[:-1], 1)), share], axis=-1))
    return np.stack(found, axis=-2)


def shares(counts: Floats) -> Floats:
    """Shares of rows; a rung on which nobody was seen stays where it is."""
    whole = counts.sum(axis=-1, keepdims=True)
    stay = np.broadcast_to(np.eye(len(RUNGS), len(ENDS)), counts.shape)
    return np.asarray(np.where(whole > 0, counts / np.where(whole > 0, whole, 1.0), stay))


def absorbing(move: Floats) -> Floats:
    """The chances with a row for who is gone: for good."""
    return np.concatenate([move, np.eye(len(ENDS))[-1:]], axis=0)


def quantiles(drawn: Floats) -> Floats:
    """Between what the middle 95 % of draws (along the first axis) lie: (2, …)."""
    tail = (1 - LEVEL) / 2
    found: Floats = np.quantile(drawn, (tail, 1 - tail), axis=0)
    return found


def named(*names: str) -> npt.NDArray[np.object_]:
    """Labels of an axis."""
    return np.array(names, dtype=object)
