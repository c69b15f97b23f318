"""The parameters of the hidden Markov model by EM, started from the rule's placement and kept near its words."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.structure.ladder import _hidden_kernels as kernels
from xinzhi.structure.ladder.readings import Readings
from xinzhi.structure.ladder.rungs import RUNGS

TAIL = 4.0  # degrees of freedom of the readings: one odd year in a hundred is nothing unusual
ANCHOR = 0.2  # what the rule's idea of a rung weighs: a fifth of the years it rests on itself
LEAST_ANCHOR = 20.0  # and as these years at least
STEPS, GAIN = 300, 1e-6  # of EM at most, and the gain per series-year below which it has settled
STARTS, SPREAD = 4, 0.5  # of EM, and how far they are from the rule's in standard deviations
BETTER = 1e-4  # gain per series-year for which another start is preferred to the rule's
FITTED = 1_500  # series that parameters are learned from; more tell nothing new of six rungs
BLOCK = 4_096  # series smoothed at once
LEAST = 3.0  # series-years the rule must put on a rung for the model to know of it

# Expected moves a year from rung (row) to rung, in the order of RUNGS, before the data speak. Up the ladder one rung
# at a time, off it from everywhere, back on from mature and declining (upgraded industries); 0 is never.
PRIOR = np.array(
    [
        [0.905, 0.060, 0.005, 0.000, 0.020, 0.010],
        [0.000, 0.900, 0.060, 0.005, 0.025, 0.010],
        [0.000, 0.000, 0.900, 0.060, 0.030, 0.010],
        [0.000, 0.000, 0.010, 0.920, 0.050, 0.020],
        [0.000, 0.005, 0.010, 0.010, 0.925, 0.050],
        [0.000, 0.000, 0.005, 0.005, 0.040, 0.950],
    ]
)
PRIOR_YEARS = 20.0
# First rungs of industries there from the start and of those born later, in pseudo-series.
PRIOR_FIRST = np.array([[0.5, 0.5, 0.5, 1.0, 2.0, 1.0], [2.0, 2.0, 0.5, 0.2, 1.0, 0.2]])


@dataclass(frozen=True)
class Parameters:
    """What the model believes: readings of each rung (rung × reading), first rungs and moves a year.

    For a flag ``mean`` is its chance. ``power`` is what a reading counts for: see ``powers``.
    """

    mean: Floats
    scale: Floats
    power: Floats
    first: Floats
    move: Floats


@dataclass(frozen=True)
class Fit:
    """The parameters found, how EM came to them, and how much of the series read stands on each rung."""

    parameters: Parameters
    on: npt.NDArray[np.bool_]
    settled: bool
    steps: tuple[int, ...]
    likelihoods: tuple[float, ...]
    best: int
    series: int
    years: int
    ruled: Floats
    mass: Floats

    def told(self, names: tuple[str, ...]) -> dict[str, Any]:
        """The fit as plain data: enough to smooth the same series again."""
        of = self.parameters
        return {
            "readings": list(names),
            "rungs": list(RUNGS),
            "known": self.on.tolist(),
            **{name: getattr(of, name).tolist() for name in ("mean", "scale", "power", "first", "move")},
            "tail": TAIL,
            "settled": self.settled,
            "steps": list(self.steps),
            "likelihoods": list(self.likelihoods),
            "start": self.best,
            "series": self.series,
            "series_years": self.years,
        }


@dataclass(frozen=True)
class _Anchors:
    """Where the rule's placement puts each rung, what that weighs, and between what the means of growth must stay."""

    mean: Floats
    scale: Floats
    weight: Floats
    low: Floats
    high: Floats
    move: Floats
    first: Floats


def smoothed_all(read: Readings, of: Parameters) -> Floats:
    """Probabilities (series, time, rung) alone, block by block, so that what is made on the way stays small."""
    out = np.empty((*read.cells.shape[:2], len(RUNGS)))

    def work(begin: int) -> None:
        span = slice(begin, begin + BLOCK)
        out[span] = smoothed(read.of(span), of)[0]

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(work, range(0, len(out), BLOCK)))
    return out


def smoothed(read: Readings, of: Parameters) -> tuple[Floats, Floats, Floats, float]:
    """Probabilities (series, time, rung), expected moves and first rungs, and the log likelihood."""
    out = np.full((*read.cells.shape[:2], len(RUNGS)), np.nan)
    pairs, firsts = np.zeros((len(RUNGS), len(RUNGS))), np.zeros((2, len(RUNGS)))
    likelihood = kernels.smooth(
        read.cells,
        read.gates,
        read.begin,
        read.end,
        read.born,
        of.mean,
        of.scale,
        read.flag,
        of.power,
        TAIL,
        of.first,
        of.move,
        out,
        pairs,
        firsts,
    )
    return out, pairs, firsts, float(likelihood)


def fit(read: Readings, ruled: Floats) -> Fit | None:
    """Parameters that make the series likeliest, from the rule's placement (series, time, rung) and near it.

    Posterior mode by EM, t readings as scale mixtures. Means and spreads have conjugate priors at the rule's, which
    weigh a fifth of the years that the rule puts on the rung. None where the rule places nothing.

    Labels cannot switch: what small, sizeable, large and fallen mean is fixed by the spec's thresholds and differs from
    rung to rung, and in growth every rung's mean stays between the midpoints to its neighbours' under the rule, so
    that the six keep the order they have there, whatever the start.
    """
    used = np.flatnonzero((read.end > read.begin) & np.isfinite(ruled[..., 0]).any(axis=1))
    if len(used) > FITTED:
        used = np.sort(np.random.default_rng(0).choice(used, FITTED, replace=False))
    if not len(used):
        return None
    part = read.of(used)
    ruled = np.ascontiguousarray(ruled[used])
    mass = np.nansum(ruled, axis=(0, 1))
    on = mass >= LEAST
    if not on.any():
        return None
    anchors = _anchors(part, ruled, on)
    years = int((part.end - part.begin).sum())
    power = powers(part, anchors.mean, ruled)
    start = Parameters(anchors.mean, anchors.scale, power, _shares(anchors.first), _shares(anchors.move))
    # Where the rule is wrong for years, what is left beside its means looks like one long error: once more.
    first, _, _, chances = _climb(part, start, anchors, on, years)
    start = replace(start, power=powers(part, first.mean, chances))
    found = [_climb(part, one, anchors, on, years) for one in _starts(start, anchors, read.flag)]
    reached = np.array([likelihood for _, likelihood, _, _ in found])
    best = int(reached.argmax()) if reached.max() > reached[0] + BETTER * years else 0
    parameters, _, steps, chances = found[best]
    return Fit(
        parameters,
        on,
        steps < STEPS,
        tuple(steps for _, _, steps, _ in found),
        tuple(reached.tolist()),
        best,
        len(used),
        years,
        mass,
        np.nansum(chances, axis=(0, 1)),
    )


def _anchors(read: Readings, ruled: Floats, on: npt.NDArray[np.bool_]) -> _Anchors:
    """The rule's means and spreads."""
    rungs, many = len(RUNGS), read.cells.shape[-1]
    mean, scale, heavy = np.zeros((rungs, many)), np.ones((rungs, many)), np.zeros((rungs, many))
    weight = np.nan_to_num(ruled)
    for q in range(many):
        y = read.cells[..., q]
        known = np.isfinite(y) & np.isfinite(ruled[..., 0])
        w, v = weight[known], y[known]
        if not len(v):
            continue
        heavy[:, q] = w.sum(axis=0)
        share = heavy[:, q] / (heavy[:, q] + LEAST_ANCHOR)
        mean[:, q] = share * _middles(v, w) + (1 - share) * np.median(v)
        if read.flag[q]:
            mean[:, q] = np.clip((w.T @ v + v.mean()) / (heavy[:, q] + 1), 0.005, 0.995)
        rest = v - w @ mean[:, q]
        common = max(float(np.median(np.abs(rest))), 0.1 * float(rest.std()), 1e-3)
        own = _middles(np.abs(v[:, None] - mean[:, q]), w)
        # Three quarters of a t with 4 degrees of freedom lie within 0.74 scales of its middle, half of them either way.
        scale[:, q] = (share * np.maximum(own, common / 3) + (1 - share) * common) / 0.741
    low_end, high_end = np.full((rungs, many), -np.inf), np.full((rungs, many), np.inf)
    order = np.flatnonzero(on)[np.argsort(mean[on, 0], kind="stable")]
    middle = (mean[order[1:], 0] + mean[order[:-1], 0]) / 2
    low_end[order[1:], 0], high_end[order[:-1], 0] = middle, middle
    move = PRIOR_YEARS * PRIOR * on
    move[np.diag_indices(rungs)] += PRIOR_YEARS - move.sum(axis=1)
    anchor = np.maximum(ANCHOR * heavy, LEAST_ANCHOR)
    return _Anchors(mean, scale, anchor, low_end, high_end, move, PRIOR_FIRST * on)


def _middles(values: Floats, weight: Floats) -> Floats:
    """Weighted medians for each rung of values (cells,) or (cells, rung), under weights (cells, rung)."""
    found = np.zeros(weight.shape[1])
    for k in range(weight.shape[1]):
        column = values[:, k] if values.ndim == 2 else values
        order = np.argsort(column, kind="stable")
        reached = np.cumsum(weight[order, k])
        found[k] = column[order[min(np.searchsorted(reached, reached[-1] / 2), len(column) - 1)]]
    return found


def powers(read: Readings, mean: Floats, chances: Floats) -> Floats:
    """What each reading of a year counts for beside one that is independent of all others, between 0 and 1.

    A size that is above its rung's middle this year will be so next year: thirty such years are not thirty
    witnesses. With lag-one correlation r of what is left beside the rungs' means, a year counts (1 - r) / (1 + r),
    at least as if the whole series were one year; with correlations c to the other readings, a reading counts
    1 / (1 + Σc²). Powers of a composite likelihood (Varin, Reid, Firth 2011, Statistica Sinica 21: 5).
    """
    many, placed = read.cells.shape[-1], np.isfinite(chances[..., :1])
    left = np.where(placed, read.cells - np.nan_to_num(chances) @ mean, np.nan)
    length = float((read.end - read.begin).mean())
    centred = left - np.nanmean(left.reshape(-1, many), axis=0) if np.isfinite(left).any() else left
    now, before = np.nan_to_num(centred[:, 1:]), np.nan_to_num(centred[:, :-1])
    both = np.isfinite(centred[:, 1:]) & np.isfinite(centred[:, :-1])
    across = (now * before).sum(axis=(0, 1))
    spread = np.sqrt((now**2 * both).sum(axis=(0, 1)) * (before**2 * both).sum(axis=(0, 1)))
    lag = np.clip(np.divide(across, spread, out=np.zeros(many), where=spread > 0), 0.0, 1.0)
    flat = centred.reshape(-1, many)
    known = np.isfinite(flat).astype(float)
    flat = np.nan_to_num(flat)
    product, squares = flat.T @ flat, (flat**2).T @ known
    size = np.sqrt(squares * squares.T)
    alike = np.divide(product, size, out=np.zeros((many, many)), where=size > 0) ** 2
    np.fill_diagonal(alike, 0.0)
    counts: Floats = np.maximum((1 - lag) / (1 + lag), 1 / length) / (1 + alike.sum(axis=1))
    return counts


def _starts(start: Parameters, anchors: _Anchors, flag: npt.NDArray[np.bool_]) -> list[Parameters]:
    """The rule's parameters, and some moved away from them, the same each time."""
    rng = np.random.default_rng(0)
    found = [start]
    for _ in range(STARTS - 1):
        shift = SPREAD * start.scale * rng.standard_normal(start.mean.shape)
        mean = np.clip(start.mean + np.where(flag, 0.0, shift), anchors.low, anchors.high)
        wider = start.scale * np.exp(0.3 * rng.standard_normal(start.scale.shape))
        blurred = _shares(start.move ** rng.uniform(0.5, 1.5))
        found.append(replace(start, mean=mean, scale=wider, move=blurred))
    return found


def _climb(
    read: Readings, of: Parameters, anchors: _Anchors, on: npt.NDArray[np.bool_], years: int
) -> tuple[Parameters, float, int, Floats]:
    """EM until the gain is negligible: the parameters, the penalised log likelihood, the steps, and the chances."""
    before = -np.inf
    for step in range(1, STEPS + 1):
        chances, pairs, firsts, likelihood = smoothed(read, of)
        now = likelihood + _prior(of, anchors, read.flag)
        if now - before < GAIN * years:
            return of, now, step, chances
        before = now
        sums = kernels.moments(read.cells, chances, of.mean, of.scale, read.flag, TAIL)
        of = _maximised(sums, pairs, firsts, of, anchors, read.flag)
    return of, before, STEPS, chances


def _maximised(
    sums: Floats, pairs: Floats, firsts: Floats, of: Parameters, anchors: _Anchors, flag: npt.NDArray[np.bool_]
) -> Parameters:
    mass, pull, first, second = sums
    mean = np.clip((first + anchors.weight * anchors.mean) / (pull + anchors.weight), anchors.low, anchors.high)
    around = second - 2 * mean * first + mean**2 * pull
    prior = anchors.weight * ((mean - anchors.mean) ** 2 + anchors.scale**2)
    scale = np.sqrt((np.maximum(around, 0.0) + prior) / (mass + anchors.weight))
    # Within twice the rule's spread either way, so that no rung takes in everything or a single value.
    scale = np.clip(scale, anchors.scale / 2, anchors.scale * 2)
    chance = np.clip((first + anchors.weight * anchors.mean) / (mass + anchors.weight), 0.005, 0.995)
    return replace(
        of,
        mean=np.where(flag, chance, mean),
        scale=np.where(flag, 1.0, scale),
        first=_shares(firsts + anchors.first),
        move=_shares(pairs + anchors.move),
    )


def _prior(of: Parameters, anchors: _Anchors, flag: npt.NDArray[np.bool_]) -> float:
    """The log of the priors, in the same powers as the readings."""
    off = ((of.mean - anchors.mean) ** 2 + anchors.scale**2) / of.scale**2
    plain = -anchors.weight * (np.log(of.scale) + 0.5 * off)
    chance = np.clip(of.mean, 0.005, 0.995)
    flagged = anchors.weight * (anchors.mean * np.log(chance) + (1 - anchors.mean) * np.log1p(-chance))
    readings = float((of.power * np.where(flag, flagged, plain)).sum())
    moves = sum(
        float((weight * np.log(np.where(weight > 0, share, 1.0))).sum())
        for weight, share in ((anchors.move, of.move), (anchors.first, of.first))
    )
    return readings + moves


def _shares(rows: Floats) -> Floats:
    shares: Floats = rows / rows.sum(axis=1, keepdims=True)
    return shares
