"""Growth of many counts at once: rates, and when a rate went up; arrays only.

Counts are Poisson about exp(line in time), spread by a factor where they scatter more (quasi-likelihood), so that
intervals and tests use Student's t on what degrees of freedom are left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, norm, t

from xinzhi.core.labels import Floats

Bools = npt.NDArray[np.bool_]
# Beyond these an expected count is nothing, or more than anybody counts.
_LEAST, _MOST = -30.0, 40.0
EDGE = 3  # years that a rate needs on either side of an onset


@dataclass(frozen=True)
class Lines:
    """Coefficients (…, k), Poisson deviance (…), the factor of scatter (…) and the spread of the last coefficient.

    ``factor`` is the factor as it was found; ``scatter`` is never below 1, Poisson's own.
    """

    beta: Floats
    deviance: Floats
    factor: Floats
    scatter: Floats
    error: Floats
    freedom: Floats


def poisson_lines(y: Floats, design: Floats, offset: Floats, used: Bools) -> Lines:
    """Log-linear Poisson fits of ``y`` (…, years) on ``design`` (…, years, k), all at once; only ``used`` years count.

    A ridge of 1e-6 keeps counts of nothing finite: their rates run to a bound instead of away.
    """
    shape = np.broadcast_shapes(y.shape, design.shape[:-1], offset.shape, used.shape)
    k = design.shape[-1]
    y, offset, used = (np.broadcast_to(each, shape) for each in (np.where(used, y, 0.0), offset, used))
    beta = np.zeros((*shape[:-1], k))
    level = np.log((y.sum(axis=-1) + 0.5) / (np.where(used, np.exp(offset), 0.0).sum(axis=-1) + 1e-300))
    beta[..., 0] = level
    mu = _mean(design, beta, offset)
    best = _deviance(y, mu, used)
    ridge = 1e-6 * np.eye(k)
    reach = np.ones(shape[:-1])
    for _ in range(60):
        weight = np.where(used, mu, 0.0)
        push = np.einsum("...tk,...t->...k", design, np.where(used, y - mu, 0.0)) - 1e-6 * beta
        bend = _bend(design, weight) + ridge
        move = np.linalg.solve(bend, push[..., None])[..., 0]
        tried = beta + reach[..., None] * np.clip(move, -5, 5)
        tried_mu = _mean(design, tried, offset)
        tried_deviance = _deviance(y, tried_mu, used)
        better = tried_deviance <= best + 1e-9 * (1 + best)  # within rounding it has arrived
        done = bool((better & (best - tried_deviance < 1e-8 * (1 + best)) | (reach < 1e-4)).all())
        beta = np.where(better[..., None], tried, beta)
        mu = np.where(better[..., None], tried_mu, mu)
        best = np.where(better, tried_deviance, best)
        reach = np.where(better, 1.0, reach / 4)
        if done:
            break
    weight = np.where(used, mu, 0.0)
    bend = _bend(design, weight) + ridge
    freedom = np.maximum(used.sum(axis=-1) - k, 1)
    # Fletcher 2012, Biometrika 99: 230, mends Pearson's factor where means are small, as they are before an onset.
    safe = np.where(used, np.maximum(mu, 1e-8), 1.0)
    pearson = np.where(used, (y - mu) ** 2 / safe, 0.0).sum(axis=-1) / freedom
    skew = np.where(used, (y - mu) / safe, 0.0).sum(axis=-1) / np.maximum(used.sum(axis=-1), 1)
    factor = pearson / np.maximum(1 + skew, 0.1)
    scatter = np.maximum(factor, 1.0)
    error = np.sqrt(scatter * np.linalg.inv(bend)[..., -1, -1])
    return Lines(beta, best, factor, scatter, error, freedom.astype(float))


def growth(y: Floats, offset: Floats, used: Bools) -> tuple[Lines, Floats]:
    """Yearly log rate of every row of ``y`` (topic, years), and the chance of one so high if there is none."""
    years = np.arange(y.shape[-1], dtype=float)
    years -= years.mean()
    fitted = poisson_lines(y, np.stack([np.ones_like(years), years], axis=-1), offset, used)
    ratio = fitted.beta[..., -1] / np.maximum(fitted.error, 1e-300)
    return fitted, np.asarray(t.sf(ratio, fitted.freedom))


@dataclass(frozen=True)
class Bends:
    """When the yearly rate of each topic went up: the likeliest year (as a position), those that fit about as well.

    ``p`` is the chance of a rise so clear in some year or other if there is none; ``before`` and ``after`` are the log
    rates; ``years`` are −1 where there are too few years to look.
    """

    years: npt.NDArray[np.int64]
    inside: Bools
    p: Floats
    before: Floats
    after: Floats


def bends(y: Floats, offset: Floats, used: Bools, level: float) -> Bends:
    """Look in every year of every topic (topic, years) for a rise of the growth rate.

    The expected count follows one log-linear line up to the onset and a steeper one, joined to it, after. The set of
    onsets is by likelihood ratio over the factor of scatter against Student's t; the chance by Davies 1987, Biometrika
    74: 33, equation 1.3, for the highest of dependent statistics, each turned from Student's t to normal.
    """
    topics, years = y.shape
    time = np.arange(years, dtype=float)
    nothing = Bends(
        np.full(topics, -1, dtype=np.int64),
        np.zeros((topics, years), dtype=bool),
        np.full(topics, np.nan),
        np.full(topics, np.nan),
        np.full(topics, np.nan),
    )
    order = np.cumsum(used, axis=-1)
    total = order[:, -1:]
    # At least EDGE used years up to the onset and EDGE after it.
    open_ = used & (order >= EDGE) & (total - order >= EDGE) & (total >= 2 * EDGE + 1)
    tried = np.flatnonzero(open_.any(axis=0))
    if not tried.size:
        return nothing
    centred = time - time.mean()
    rise = np.maximum(time[None, :] - tried[:, None], 0.0)
    columns = np.broadcast_to(np.stack([np.ones(years), centred], axis=-1), (len(tried), years, 2))
    design = np.concatenate([columns, rise[..., None]], axis=-1)
    fitted = poisson_lines(y[:, None, :], design[None], offset[:, None, :], used[:, None, :])
    plain = poisson_lines(y, columns[0], offset, used)
    allowed = open_[:, tried]
    rising: Bools = np.asarray(allowed & (fitted.beta[..., -1] > 0))
    deviance = np.where(rising, fitted.deviance, np.inf)
    best = deviance.argmin(axis=1)
    rows = np.arange(topics)
    found = np.atleast_1d(rising.any(axis=1))
    freedom = np.maximum(fitted.freedom[:, 0] - 1, 1)  # the onset itself is paid for
    scatter = np.maximum(fitted.scatter[rows, best] * fitted.freedom[:, 0] / freedom, 1.0)
    gap = (fitted.deviance - fitted.deviance[rows, best][:, None]) / scatter[:, None]
    quantile = np.atleast_1d(t.ppf((1 + level) / 2, freedom)) ** 2
    inside = np.zeros((topics, years), dtype=bool)
    inside[:, tried] = rising & (gap <= quantile[:, None]) & found[:, None]
    # Signed roots of the likelihood ratio, each over the scatter about its own two lines.
    root = np.sqrt(np.maximum(plain.deviance[:, None] - fitted.deviance, 0.0) / fitted.scatter)
    signed = np.where(allowed, np.where(fitted.beta[..., -1] > 0, root, -root), np.nan)
    score = norm.isf(np.clip(t.sf(signed, fitted.freedom), 1e-300, 1.0 - 1e-16))
    p = _davies(score)
    before = fitted.beta[rows, best, 1]
    return Bends(
        np.where(found, tried[best], -1).astype(np.int64),
        inside,
        np.where(allowed.any(axis=1), np.where(found, p, 1.0), np.nan),
        np.where(found, before, np.nan),
        np.where(found, before + fitted.beta[rows, best, 2], np.nan),
    )


def _davies(score: Floats) -> Floats:
    """Upper bound of the chance that the highest of the scores (topic, candidate) is reached without any rise."""
    known = ~np.isnan(score)
    filled = np.where(known, score, -np.inf)
    highest = filled.max(axis=1, initial=-np.inf)
    steps = np.abs(np.diff(score, axis=1))
    variation = np.nansum(steps, axis=1)
    return np.asarray(np.minimum(norm.sf(highest) + variation * np.exp(-(highest**2) / 2) / np.sqrt(8 * np.pi), 1.0))


def step_up(p: Floats) -> Floats:
    """Benjamini–Hochberg: the smallest share of false findings at which each is one; ``nan`` is not tested."""
    q = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    if tested.size:
        order = tested[np.argsort(p[tested], kind="stable")]
        ranked = p[order] * len(order) / np.arange(1, len(order) + 1)
        q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q


def dispersion_interval(scatter: Floats, freedom: Floats, level: float) -> tuple[Floats, Floats]:
    """Interval of a factor of scatter as of a variance: χ² over its degrees of freedom."""
    tail = (1 - level) / 2
    return np.asarray(scatter * freedom / chi2.isf(tail, freedom)), np.asarray(
        scatter * freedom / chi2.isf(1 - tail, freedom)
    )


def _bend(design: Floats, weight: Floats) -> Floats:
    return np.asarray(np.swapaxes(design * weight[..., None], -1, -2) @ design)


def _mean(design: Floats, beta: Floats, offset: Floats) -> Floats:
    line = (design @ beta[..., None])[..., 0]
    return np.asarray(np.exp(np.clip(line + offset, _LEAST, _MOST)))


def _deviance(y: Floats, mu: Floats, used: Bools) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(y > 0, y * np.log(y / mu), 0.0) - (y - mu)
    return np.asarray(2 * np.where(used, each, 0.0).sum(axis=-1))
