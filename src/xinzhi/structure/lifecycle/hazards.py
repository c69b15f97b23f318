"""Cox's proportional hazards with late entry, Efron's ties, strata and errors robust to clusters; arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats

Bools = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Hazard:
    """Log hazard ratios (covariate,), their covariance by the model and by clusters, and what the fit rests on.

    ``p_proportional`` is the chance of Schoenfeld residuals so much in step with time if ratios are constant, per
    covariate (Grambsch, Therneau 1994, Biometrika 81: 515, with time as its rank among the exits).
    """

    beta: Floats
    model: Floats
    robust: Floats
    loglik: float
    exits: int
    clusters: int
    p_proportional: Floats


@dataclass(frozen=True)
class _Ties:
    """Exits grouped by stratum and time, in order; a row a group, and a row an exit with its share among its ties."""

    group: Whole  # of each spell that ends in an exit
    ended: Whole  # which spells those are
    many: Whole  # exits of each group
    row: Whole  # group of each tied term
    share: Floats  # 0, 1/d, … (d − 1)/d
    at_least: Whole  # spells sorted by their end: the first that ends no earlier, and one past the stratum's last
    past: Whole
    late: Whole  # spells sorted by their start: the first that starts no earlier, and one past the stratum's last
    late_past: Whole
    by_end: Whole
    by_start: Whole
    first: Whole  # the groups each spell was at risk in: from this one
    last: Whole  # up to the one before this


def cox(
    start: Floats,
    end: Floats,
    exited: Bools,
    covariates: Floats,
    *,
    strata: Whole | None = None,
    clusters: Whole | None = None,
    rounds: int = 50,
) -> Hazard | None:
    """The likeliest hazard ratios of spells watched from ``start`` to ``end``; none where they are not told.

    Each spell is at risk after ``start`` up to and with ``end``; ``covariates`` is spell × covariate. Ties by Efron
    1977 (JASA 72: 557); robust covariance by Lin, Wei 1989 (JASA 84: 1074) summed over ``clusters`` (without: each
    spell its
    own). Not told: no exits, a covariate that does not vary where anyone exits, or a ratio without bound.
    """
    strata = np.zeros(len(end), dtype=np.int64) if strata is None else strata
    x = covariates - covariates.mean(axis=0)
    if not exited.any():
        return None
    ties = _ties(start, end, exited, strata)
    beta: Floats = np.zeros(x.shape[1])
    loglik, score, bend = _slopes(beta, x, ties)
    for _ in range(rounds):
        if np.linalg.matrix_rank(bend, tol=1e-9 * max(float(np.trace(bend)), 1e-12)) < len(beta):
            return None
        move = np.linalg.solve(bend, score)
        for halved in range(12):
            tried = beta + move / 2**halved
            found = _slopes(tried, x, ties)
            if found[0] >= loglik - 1e-12:
                break
        gain = found[0] - loglik
        beta, (loglik, score, bend) = tried, found
        if np.abs(move).max() < 1e-10 or abs(gain) < 1e-13 * max(abs(loglik), 1.0):
            break
    model: Floats = np.asarray(np.linalg.pinv(bend), dtype=float)
    if np.abs(beta * x.std(axis=0)).max() > 15:  # runs away: whoever has more of it exits first, without exception
        return None
    residual = _score_residuals(beta, x, ties)
    of = np.arange(len(end)) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    summed = np.zeros((int(of.max()) + 1, x.shape[1]))
    np.add.at(summed, of, residual)
    return Hazard(
        beta,
        model,
        model @ (summed.T @ summed) @ model,
        loglik,
        int(exited.sum()),
        len(summed),
        _proportional(beta, x, ties, model, end),
    )


def _ties(start: Floats, end: Floats, exited: Bools, strata: Whole) -> _Ties:
    by_end = np.lexsort((end, strata))
    by_start = np.lexsort((start, strata))
    ended = np.flatnonzero(exited)
    keys = np.stack([strata[ended].astype(float), end[ended]], axis=1)
    groups, group, many = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    group = group.ravel()

    def places(order: Whole, times: Floats) -> tuple[Whole, Whole]:
        """Within the sorted spells: the first of a group's stratum no earlier than its time, and the stratum's end."""
        first, past = np.empty(len(groups), np.int64), np.empty(len(groups), np.int64)
        sorted_strata, sorted_times = strata[order], times[order]
        for one in np.unique(groups[:, 0]):
            low, high = np.searchsorted(sorted_strata, [one, one + 0.5])
            rows = groups[:, 0] == one
            first[rows] = low + np.searchsorted(sorted_times[low:high], groups[rows, 1], side="left")
            past[rows] = high
        return first, past

    at_least, past = places(by_end, end)
    late, late_past = places(by_start, start)
    # All groups of earlier strata come before; within a stratum those after the start, up to and with the end.
    first, last = np.zeros(len(end), np.int64), np.zeros(len(end), np.int64)
    for one in np.unique(groups[:, 0]):
        low, high = np.searchsorted(groups[:, 0], [one, one + 0.5])
        rows = strata == one
        first[rows] = low + np.searchsorted(groups[low:high, 1], start[rows], side="right")
        last[rows] = low + np.searchsorted(groups[low:high, 1], end[rows], side="right")
    row = np.repeat(np.arange(len(groups)), many)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    share = nth / np.repeat(many, many)
    return _Ties(group, ended, many, row, share, at_least, past, late, late_past, by_end, by_start, first, last)


def _sums(each: Floats, ties: _Ties) -> tuple[Floats, Floats]:
    """Sums over those at risk at each group's time, and over its exits; (group, …)."""
    shape = (1, *each.shape[1:])
    ending = np.concatenate([np.zeros(shape), np.cumsum(each[ties.by_end], axis=0)])
    starting = np.concatenate([np.zeros(shape), np.cumsum(each[ties.by_start], axis=0)])
    risk = ending[ties.past] - ending[ties.at_least] - (starting[ties.late_past] - starting[ties.late])
    exits = np.zeros((len(ties.many), *each.shape[1:]))
    np.add.at(exits, ties.group, each[ties.ended])
    return risk, exits


def _terms(beta: Floats, x: Floats, ties: _Ties) -> tuple[Floats, Floats, Floats]:
    """For each tied term: the weight at risk, the mean of the covariates; and the weights of all spells."""
    weight = np.exp(np.clip(x @ beta, -500, 500))
    risk, exits = _sums(weight, ties)
    risk_x, exits_x = _sums(weight[:, None] * x, ties)
    total = risk[ties.row] - ties.share * exits[ties.row]
    mean = (risk_x[ties.row] - ties.share[:, None] * exits_x[ties.row]) / total[:, None]
    return total, mean, weight


def _slopes(beta: Floats, x: Floats, ties: _Ties) -> tuple[float, Floats, Floats]:
    total, mean, weight = _terms(beta, x, ties)
    square = weight[:, None, None] * x[:, :, None] * x[:, None, :]
    risk, exits = _sums(square, ties)
    bend = (risk[ties.row] - ties.share[:, None, None] * exits[ties.row]) / total[:, None, None]
    bend = bend - mean[:, :, None] * mean[:, None, :]
    score = x[ties.ended].sum(axis=0) - mean.sum(axis=0)
    return float((x[ties.ended] @ beta).sum() - np.log(total).sum()), score, bend.sum(axis=0)


def _score_residuals(beta: Floats, x: Floats, ties: _Ties) -> Floats:
    """What each spell adds to the score, less what was expected of it while it was at risk; (spell, covariate)."""
    total, mean, weight = _terms(beta, x, ties)
    groups = len(ties.many)

    def added(each: Floats) -> Floats:
        out = np.zeros((groups, *each.shape[1:]))
        np.add.at(out, ties.row, each)
        return out

    hazard, hazard_x = added(1 / total), added(mean / total[:, None])
    tied, tied_x = added(ties.share / total), added(ties.share[:, None] * mean / total[:, None])
    center = added(mean) / ties.many[:, None]
    sums = np.concatenate([[0.0], np.cumsum(hazard)])
    sums_x = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(hazard_x, axis=0)])
    expected = x * (sums[ties.last] - sums[ties.first])[:, None] - (sums_x[ties.last] - sums_x[ties.first])
    out = -weight[:, None] * expected
    own = ties.group
    back = x[ties.ended] * tied[own][:, None] - tied_x[own]
    out[ties.ended] += x[ties.ended] - center[own] + weight[ties.ended, None] * back
    return np.asarray(out)


def _proportional(beta: Floats, x: Floats, ties: _Ties, model: Floats, end: Floats) -> Floats:
    """The chance of Schoenfeld residuals so much in step with the rank of time, per covariate."""
    from scipy.stats import chi2, rankdata

    _, mean, _ = _terms(beta, x, ties)
    center = np.zeros((len(ties.many), x.shape[1]))
    np.add.at(center, ties.row, mean)
    residual = x[ties.ended] - (center / ties.many[:, None])[ties.group]
    time = rankdata(end[ties.ended])
    time = time - time.mean()
    exits = len(ties.ended)
    spread = float(time @ time)
    if spread == 0:
        return np.full(x.shape[1], np.nan)
    scaled = residual @ model * exits
    return np.asarray(chi2.sf((time @ scaled) ** 2 / (np.diag(model) * exits * spread), 1))
