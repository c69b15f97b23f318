"""Growth curves fitted to yearly counts by likelihood, many starts and many ceilings at once; arrays only.

A year's count is what the curve gains within the year, so that counts of different years are told apart by noise that
is independent; their running total is not, since each total holds all earlier ones and hides how unsure it is.
Parameters are (log ceiling, log rate, position, [log shape], [log background]); the position is rate × (end of the
counts − date of the fastest growth), so that it stays of order one however far off the ceiling is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from xinzhi.core.labels import Floats

Bools = npt.NDArray[np.bool_]
# A shape this far from Gompertz (0) and logistic (1) is told from neither by yearly counts.
_LOW = np.array([-np.inf, np.log(0.003), -25.0, -3.0, np.log(1e-4)])
_HIGH = np.array([np.inf, np.log(6.0), 25.0, 3.0, np.inf])
LEAST, MOST = 1e-6, 20.0  # dispersion; at the least the noise is Poisson's
ALPHAS = np.exp(np.linspace(np.log(1e-4), np.log(5.0), 41))
# Ceilings looked at, as multiples of all that was counted; the last stands for no ceiling in sight.
MULTIPLES = np.exp(
    np.concatenate([np.linspace(-0.6, 0.6, 17)[:-1], np.linspace(0.6, 2.5, 13)[:-1], np.linspace(2.5, 6.9, 9)])
)
_PACES = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])  # rate × years


@dataclass(frozen=True)
class Model:
    """One curve over so many years; ``shaped`` and ``background`` say which parameters there are besides three."""

    curve: Callable[..., Any]
    years: int
    shaped: bool
    background: bool

    @property
    def parameters(self) -> int:
        """How many parameters the mean has."""
        return 3 + self.shaped + self.background

    @property
    def columns(self) -> list[int]:
        """Where they stand among all five."""
        return [0, 1, 2] + [3] * self.shaped + [4] * self.background

    def reached(self, theta: Floats, ends: Any) -> Floats:
        """Share of the ceiling reached by the years ``ends``, counted from the start; (…, ends)."""
        rate = np.exp(theta[..., 1, None])
        middle = self.years - theta[..., 2, None] / rate
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            shape = (np.exp(theta[..., 3, None]),) if self.shaped else ()
            share = np.asarray(self.curve(np.asarray(ends, dtype=float), rate, middle, *shape), dtype=float)
        return np.asarray(np.nan_to_num(np.broadcast_to(share, np.broadcast_shapes(share.shape, middle.shape))))

    def mean(self, theta: Floats, ends: Any = None) -> Floats:
        """Expected count of every year; ``ends`` are the year ends to go between, 0 … years without."""
        shares = self.reached(theta, np.arange(self.years + 1) if ends is None else ends)
        gained = np.exp(theta[..., 0, None]) * np.diff(shares, axis=-1)
        if self.background:
            gained = gained + np.exp(theta[..., -1, None])
        return np.clip(gained, 1e-10, 1e15)

    def bounded(self, theta: Floats) -> Floats:
        """Parameters held where they mean something."""
        return np.clip(theta, _LOW[self.columns], _HIGH[self.columns])


@dataclass(frozen=True)
class Fit:
    """The best parameters, and along every ceiling looked at (``grid``) the best of the others.

    ``dispersion`` is the likeliest α of the variance μ + α μ², ``spread`` the same once the
    parameters are paid for; it is used for what is uncertain, so for ``profile``, the log-likelihoods along the grid.
    ``chances`` are how likely each of ``ALPHAS`` is, ``None`` for Poisson's noise.
    """

    model: Model
    theta: Floats
    dispersion: float
    loglik: float
    spread: float
    grid: Floats
    thetas: Floats
    profile: Floats
    chances: Floats | None


def loglik(y: Floats, seen: Bools, mu: Floats, alpha: Any) -> Floats:
    """Log-likelihood of the counts (…, years) that were seen, negative binomial, or Poisson at the least α."""
    alpha = np.asarray(alpha, dtype=float)[..., None]
    size = 1 / np.maximum(alpha, LEAST)
    over = gammaln(y + size) - gammaln(size) - size * np.log1p(mu / size) + y * (np.log(mu) - np.log(size + mu))
    plain = y * np.log(mu) - mu
    each = np.where(alpha <= LEAST, plain, over) - gammaln(y + 1)
    return np.asarray(np.where(seen, each, 0.0).sum(axis=-1))


def fit(model: Model, y: Floats, *, overdispersed: bool) -> Fit:
    """The likeliest curve behind counts (years,), ``nan`` where not observed, and its profile over ceilings."""
    seen = ~np.isnan(y)
    counts = np.where(seen, y, 0.0)
    alpha = 0.1 if overdispersed else 0.0
    starts = _starts(model, counts, seen)
    ceilings = starts.shape[0]
    likely = loglik(counts, seen, model.mean(starts), np.full(starts.shape[:2], max(alpha, LEAST)))
    best = np.argsort(-likely, axis=1)[:, :2]
    theta = np.take_along_axis(starts, best[..., None], axis=1).reshape(ceilings * 2, -1)
    held = np.zeros(model.parameters, dtype=bool)
    held[0] = True
    theta, alphas, found = climb(
        model, theta, np.full(len(theta), alpha), counts, seen, held, rounds=25, overdispersed=overdispersed
    )
    theta, alphas, found = _fittest(theta, alphas, found, ceilings)
    # A ceiling may have been led astray by its start: try where its neighbours ended.
    near = np.concatenate([theta[None], np.roll(theta, 1, axis=0)[None], np.roll(theta, -1, axis=0)[None]])
    near[..., 0] = theta[:, 0]
    three = near.transpose(1, 0, 2).reshape(ceilings * 3, -1)
    theta, alphas, found = climb(
        model, three, np.repeat(alphas, 3), counts, seen, held, rounds=12, overdispersed=overdispersed
    )
    theta, alphas, found = _fittest(theta, alphas, found, ceilings)
    top = np.argsort(-found)[:3]
    free, free_alpha, free_found = climb(
        model, theta[top], alphas[top], counts, seen, held & False, rounds=60, overdispersed=overdispersed
    )
    at = int(np.argmax(free_found))
    chances = dispersions(model, free[at], counts, seen) if overdispersed else None
    spread = 0.0 if chances is None else max(float(ALPHAS[chances.argmax()]), float(free_alpha[at]))
    every = np.vstack([theta, free[at]])
    every = every[np.argsort(every[:, 0])]
    return Fit(
        model,
        free[at],
        float(free_alpha[at]),
        float(free_found[at]),
        spread,
        every[:, 0],
        every,
        loglik(counts, seen, model.mean(every), np.full(len(every), spread)),
        chances,
    )


def _starts(model: Model, counts: Floats, seen: Bools) -> Floats:
    """For every ceiling, paces and shapes that would have reached it as far as was counted; (ceiling, start, p)."""
    years = model.years
    early = counts[seen][: max(3, int(seen.sum()) // 3)]
    base = max(float(np.median(early)), 0.05) if model.background else 0.0
    total = max(float(counts.sum()) - base * years, 0.2 * float(counts.sum()))
    shapes = np.array([-2.0, 0.0, 2.0]) if model.shaped else np.array([0.0])
    paces, forms = (each.ravel() for each in np.meshgrid(np.log(_PACES / years), shapes))
    positions = np.linspace(-12, 12, 97)
    table = np.zeros((len(paces), len(positions), 5))
    table[..., 1], table[..., 2], table[..., 3] = paces[:, None], positions, forms[:, None]
    ends = model.reached(table[..., model.columns], [years])[..., 0]
    made = np.zeros((len(MULTIPLES), len(paces), 5))
    made[..., 0] = np.log(total * MULTIPLES)[:, None]
    made[..., 1], made[..., 3], made[..., 4] = paces, forms, np.log(max(base, 1e-3))
    wanted = np.minimum(1 / MULTIPLES, 0.995)
    for at in range(len(paces)):
        made[:, at, 2] = np.interp(wanted, ends[at], positions)
    return model.bounded(made[..., model.columns])


def climb(
    model: Model,
    theta: Floats,
    alpha: Floats,
    counts: Floats,
    seen: Bools,
    held: Bools,
    *,
    rounds: int,
    overdispersed: bool,
) -> tuple[Floats, Floats, Floats]:
    """Fisher scoring with damping for all rows of ``theta`` at once; ``held`` parameters stay as they are."""
    damping = np.full(len(theta), 1e-2)
    alpha = np.maximum(alpha, LEAST)
    mu = model.mean(theta)
    value = loglik(counts, seen, mu, alpha)
    going = np.flatnonzero(~held)
    for step in range(rounds):
        if overdispersed and step % 4 == 2:
            alpha = _dispersion(counts, seen, mu, alpha)
            value = loglik(counts, seen, mu, alpha)
        slopes = slopes_of(model, theta, mu)[..., going]
        weight = np.where(seen, 1 / (mu + alpha[:, None] * mu**2), 0.0)
        push = np.einsum("btp,bt->bp", slopes, weight * (counts - mu))
        bend = np.einsum("btp,bt,btq->bpq", slopes, weight, slopes)
        diagonal = np.einsum("bpp->bp", bend)
        diagonal += damping[:, None] * diagonal + 1e-9
        move = np.zeros_like(theta)
        move[:, going] = np.clip(np.linalg.solve(bend, push[..., None])[..., 0], -2.0, 2.0)
        tried = model.bounded(theta + move)
        tried_mu = model.mean(tried)
        tried_value = loglik(counts, seen, tried_mu, alpha)
        better = tried_value > value
        gain = float(np.where(better, tried_value - value, 0.0).max(initial=0.0))
        theta = np.where(better[:, None], tried, theta)
        mu = np.where(better[:, None], tried_mu, mu)
        value = np.where(better, tried_value, value)
        damping = np.clip(np.where(better, damping / 5, damping * 6), 1e-9, 1e9)
        if gain < 1e-7 and step > 6 and not (damping < 1e3).any():
            break
    if overdispersed:
        alpha = _dispersion(counts, seen, mu, alpha, wide=True)
        value = loglik(counts, seen, mu, alpha)
    return theta, alpha, value


def slopes_of(model: Model, theta: Floats, mu: Floats) -> Floats:
    """How the expected counts change with each parameter; (…, years, parameters)."""
    slopes = np.empty((*mu.shape, model.parameters))
    slopes[..., 0] = mu
    if model.background:
        slopes[..., -1] = np.exp(theta[..., -1, None])
        slopes[..., 0] = mu - slopes[..., -1]
    for at in range(1, 3 + model.shaped):
        ahead, back = theta.copy(), theta.copy()
        ahead[..., at] += 1e-5
        back[..., at] -= 1e-5
        slopes[..., at] = (model.mean(ahead) - model.mean(back)) / 2e-5
    return slopes


def _dispersion(counts: Floats, seen: Bools, mu: Floats, alpha: Floats, *, wide: bool = False) -> Floats:
    """The likeliest α given the means, by golden section on its logarithm."""
    reach = 14.0 if wide else 1.5
    low = np.maximum(np.log(alpha) - reach, np.log(LEAST))
    high = np.minimum(np.log(alpha) + reach, np.log(MOST))
    golden = (np.sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = (loglik(counts, seen, mu, np.exp(each)) for each in (left, right))
    for _ in range(28 if wide else 7):
        go_left = at_left > at_right
        low, high = np.where(go_left, low, left), np.where(go_left, right, high)
        new = np.where(go_left, high - golden * (high - low), low + golden * (high - low))
        value = loglik(counts, seen, mu, np.exp(new))
        left, at_left, right, at_right = (
            np.where(go_left, new, right),
            np.where(go_left, value, at_right),
            np.where(go_left, left, new),
            np.where(go_left, at_left, value),
        )
    middle = np.exp((low + high) / 2)
    return np.asarray(np.where(middle < 5 * LEAST, LEAST, middle))


def _fittest(theta: Floats, alpha: Floats, value: Floats, ceilings: int) -> tuple[Floats, Floats, Floats]:
    at = value.reshape(ceilings, -1).argmax(axis=1) + np.arange(ceilings) * (len(value) // ceilings)
    return theta[at], alpha[at], value[at]


def dispersions(model: Model, theta: Floats, counts: Floats, seen: Bools) -> Floats:
    """How likely each of ``ALPHAS`` is once the parameters are paid for, every √α alike beforehand (Gelman 2006).

    The likelihood at the best parameters less half the logarithm of their information: Cox, Reid 1987, JRSS B 49: 1.
    Without it the noise is taken for too small, by as much as the curve bends to it.
    """
    mu = model.mean(theta[None])
    slopes = slopes_of(model, theta[None], mu)[0]
    weight = np.where(seen, 1 / (mu + ALPHAS[:, None] * mu**2), 0.0)
    bend = np.einsum("tp,at,tq->apq", slopes, weight, slopes) + 1e-6 * np.eye(model.parameters)
    value = loglik(counts, seen, mu, ALPHAS) - 0.5 * np.linalg.slogdet(bend)[1] + 0.5 * np.log(ALPHAS)
    chance = np.exp(value - value.max())
    return np.asarray(chance / chance.sum())


def bounds(fitted: Fit, drop: float) -> tuple[float, float]:
    """Ceilings whose likelihood is within ``drop`` of the best: the profile interval; an open end is 0 or inf."""
    rise = np.sqrt(np.maximum(fitted.profile.max() - fitted.profile, 0.0))
    inside = rise <= np.sqrt(drop)
    first, last = int(np.argmax(inside)), len(rise) - 1 - int(np.argmax(inside[::-1]))

    def crossing(at: int, beyond: int) -> float:
        part = (np.sqrt(drop) - rise[at]) / (rise[beyond] - rise[at])
        return float(np.exp(fitted.grid[at] + part * (fitted.grid[beyond] - fitted.grid[at])))

    low = 0.0 if first == 0 else crossing(first, first - 1)
    high = np.inf if last == len(rise) - 1 else crossing(last, last + 1)
    return low, high


def draw(fitted: Fit, y: Floats, number: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Parameters (number, p) as likely as the counts make them, and a dispersion with each.

    Ceilings are drawn from their profile, widened by how unsure the other parameters are at each (Laplace), every
    order of magnitude up to a thousand times what was counted held as likely beforehand as every other; the others are
    normal about their best, wider or narrower with the dispersion that is drawn along with them.
    """
    model, seen = fitted.model, ~np.isnan(y)
    counts = np.where(seen, y, 0.0)
    theta = fitted.thetas
    mu = model.mean(theta)
    alpha = max(fitted.spread, LEAST)
    weight = np.where(seen, 1 / (mu + alpha * mu**2), 0.0)
    slopes = slopes_of(model, theta, mu)[..., 1:]
    bend = np.einsum("btp,bt,btq->bpq", slopes, weight, slopes)
    # A weak prior, ten times as wide as any data worth fitting would leave it, keeps flat directions finite.
    bend = bend + np.eye(model.parameters - 1) * 0.05
    value = loglik(counts, seen, mu, np.full(len(mu), alpha)) - 0.5 * np.linalg.slogdet(bend)[1]
    width = np.gradient(fitted.grid)
    chance = np.exp(value - value.max()) * width
    at = rng.choice(len(theta), size=number, p=chance / chance.sum())
    away = (rng.random(number) - 0.5) * width[at]
    drift = np.gradient(theta, fitted.grid + 1e-9 * np.arange(len(theta)), axis=0)
    drift[:, 0] = 1.0
    root = np.linalg.cholesky(np.linalg.inv(bend))
    alphas = np.zeros(number) if fitted.chances is None else rng.choice(ALPHAS, size=number, p=fitted.chances)
    best = np.where(seen, model.mean(fitted.theta), 0.0)
    told = (best / (1 + np.append(ALPHAS, alpha)[:, None] * best)).sum(axis=1)
    scale = np.ones(number) if fitted.chances is None else told[-1] / told[np.searchsorted(ALPHAS, alphas)]
    normal = np.einsum("bpq,bq->bp", root[at], rng.normal(size=(number, model.parameters - 1)))
    made = theta[at] + np.clip(drift[at], -5, 5) * away[:, None]
    made[:, 1:] += normal * np.sqrt(scale)[:, None]
    return model.bounded(made), alphas
