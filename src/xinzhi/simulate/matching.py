"""The parameters whose runs come nearest to the moments seen, and how sure that makes us: simulated moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, differential_evolution
from scipy.stats import chi2, qmc
from threadpoolctl import threadpool_limits

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.simulate.inference import Seeds, Simulate, named, run, seeds
from xinzhi.simulate.posterior import STRONG, Prior, Target, check_priors
from xinzhi.simulate.summaries import noise

__all__ = ["Match", "match"]

# Of a parameter's range, the step by which moments are asked how they turn on it: small runs jump at smaller ones.
_STEP = 0.05
# Fresh runs at the estimate, for the covariance of the moments there.
_FRESH = 40
# Candidates of one round, for each parameter.
_CROWD = 6


@dataclass(frozen=True, eq=False)
class Match:
    """The estimate (p,) with its standard errors, and the distance that is left.

    ``errors`` are as large as the range allows (its deviation under the prior) where moments do not tell. ``moments``
    (m,) are the mean moments of fresh runs at the estimate. ``j`` and ``p`` test that some parameters meet all moments;
    they are ``nan`` where there are no more moments than parameters.
    """

    priors: tuple[Prior, ...]
    targets: dict[str, Target]
    estimate: Floats
    covariance: Floats
    moments: Floats
    distance: float
    j: float
    p: float
    runs: int
    record: Record

    @property
    def errors(self) -> Floats:
        """Standard errors (p,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def contraction(self) -> Floats:
        """1 - error / prior sd (p,)."""
        return np.asarray(1 - self.errors * np.sqrt(12) / [prior.high - prior.low for prior in self.priors])

    def to_frame(self) -> pd.DataFrame:
        """One row a parameter: parameter, unit, prior_low, prior_high, estimate, error, contraction."""
        told = {name: [getattr(prior, name) for prior in self.priors] for name in ("unit", "low", "high")}
        frame = pd.DataFrame({"parameter": [prior.name for prior in self.priors], **told})
        frame = frame.rename(columns={"low": "prior_low", "high": "prior_high"})
        return frame.assign(estimate=self.estimate, error=self.errors, contraction=self.contraction)

    def __repr__(self) -> str:
        said = [
            f"{prior.name} {at:.3g} ± {error:.2g}"
            for prior, at, error in zip(self.priors, self.estimate, self.errors, strict=True)
        ]
        loose = [prior.name for prior, c in zip(self.priors, self.contraction, strict=True) if c < STRONG]
        test = "as many parameters as moments" if np.isnan(self.j) else f"J = {self.j:.1f}, p = {self.p:.3f}"
        return "\n".join(
            [
                f"Match: {len(self.priors)} parameters to {len(self.targets)} moments, {self.runs} runs",
                f"  {', '.join(said[:4])}",
                f"  {', '.join(said[4:8]) or 'no more parameters'}{' …' if len(said) > 8 else ''}",
                f"  not told by the moments: {', '.join(loose) or 'none'}",
                f"  distance {self.distance:.3g}; {test}",
                f"  seed {self.record.seed}",
            ]
        )


def match(
    simulate: Simulate,
    targets: Mapping[str, Target | float],
    priors: Sequence[Prior],
    *,
    draws: int = 1_200,
    repeats: int = 4,
    seed: int = 0,
) -> Match:
    """Find the parameters whose mean moments lie nearest to the targets, weighed by the inverse of their covariance.

    Minimises (m(θ) - t)' Ω⁻¹ (m(θ) - t), where m is the mean over ``repeats`` runs whose seeds are the same for every
    candidate, and Ω the covariance of one run's moments (from a third of the ``draws``, spread over the ``priors``)
    plus the targets' own variance. Differential evolution does the search: moments of firms that enter and exit jump,
    which leaves methods that follow slopes behind (Storn, Price 1997, Journal of Global Optimization 11: 341). Errors
    are those of McFadden 1989, Econometrica 57: 995 and Duffie, Singleton 1993, Econometrica 61: 929, with Ω of fresh
    runs at the estimate and 1 + 1/``repeats`` for having simulated; a prior's own information is added, so that an
    error never exceeds what the range allows. ``simulate`` is as in ``infer``. Raises ``MethodError``.
    """
    priors, goals = tuple(priors), {n: t if isinstance(t, Target) else Target(float(t)) for n, t in targets.items()}
    check_priors(priors)
    _enough(priors, goals, draws, repeats)
    settings = {"draws": draws, "repeats": repeats, "priors": {prior.name: [prior.low, prior.high] for prior in priors}}
    settings |= {"targets": {name: [goal.value, goal.sd] for name, goal in goals.items()}}
    record = Record("match", settings, {"simulate": named(simulate)}, seed)
    with threadpool_limits(limits=1, user_api="blas"):
        return _Search(priors, goals, repeats, seed, simulate).found(draws, record)


@dataclass(frozen=True, eq=False)
class _Search:
    priors: tuple[Prior, ...]
    targets: dict[str, Target]
    repeats: int
    seed: int
    simulate: Simulate

    def found(self, draws: int, record: Record) -> Match:
        p = len(self.priors)
        seen = np.array([target.value for target in self.targets.values()])
        error = np.diag([target.sd**2 for target in self.targets.values()])
        unit = qmc.LatinHypercube(p, rng=np.random.default_rng([self.seed, 0])).random(draws // 3)
        tried = self.run(unit, self.seeds(1, len(unit)))
        whole = ~np.isnan(tried).any(axis=1)
        if whole.sum() < max(30, 3 * p):
            raise MethodError(_lacking(int(whole.sum()), len(tried), max(30, 3 * p)))
        weigh: Floats = np.linalg.inv(noise(unit[whole], tried[whole]) + error).astype(float)
        apart = tried[whole] - seen
        nearest = np.argsort(((apart @ weigh) * apart).sum(axis=1), kind="stable")
        crowd = unit[whole][nearest[: _CROWD * p]]
        rounds = max(1, (draws - draws // 3 - 2 * p * self.repeats - _FRESH) // (len(crowd) * self.repeats) - 1)
        far: Any = partial(self.columns, seen=seen, weigh=weigh)
        search = differential_evolution(
            far,
            Bounds(np.zeros(p), np.ones(p)),
            init=crowd,
            maxiter=rounds,
            vectorized=True,
            updating="deferred",
            polish=False,
            tol=1e-6,
            rng=np.random.default_rng([self.seed, 1]),
        )
        runs = len(unit) + self.repeats * (len(crowd) * (search.nit + 1) + 2 * p) + _FRESH
        return self.judged(np.asarray(search.x), float(search.fun), runs, seen, error, record)

    def judged(self, at: Floats, distance: float, runs: int, seen: Floats, error: Floats, record: Record) -> Match:
        """The estimate with its covariance and the test of what is left."""
        p = len(at)
        fresh = self.run(np.tile(at, (_FRESH, 1)), self.seeds(2, _FRESH))
        fresh = fresh[~np.isnan(fresh).any(axis=1)]
        spread = np.atleast_2d(np.cov(fresh.T)) * (1 + 1 / self.repeats) + error
        weigh = np.asarray(np.linalg.pinv(spread, rcond=1e-8, hermitian=True), dtype=float)
        sides = np.clip(at + _STEP * np.vstack([np.eye(p), -np.eye(p)]), 0, 1)
        moved = self.means(sides)
        slopes = (moved[:p] - moved[p:]).T / (sides[:p] - sides[p:]).diagonal()
        inverse = np.asarray(
            np.linalg.inv(slopes.T @ weigh @ slopes + 12 * np.eye(p)), dtype=float
        )  # 1/12: the variance of a unit range
        width = np.array([prior.high - prior.low for prior in self.priors])
        left, spare = fresh.mean(axis=0) - seen, len(seen) - p
        j = float(left @ weigh @ left) if spare else np.nan
        return Match(
            self.priors,
            self.targets,
            self.natural(at[None])[0],
            inverse * np.outer(width, width),
            fresh.mean(axis=0),
            distance,
            j,
            float(chi2.sf(j, spare)) if spare else np.nan,
            runs,
            record,
        )

    def columns(self, unit: Floats, *, seen: Floats, weigh: Floats) -> Floats:
        """The distances of candidates as the search gives them, one column each."""
        return self.distances(np.atleast_2d(unit.T), seen, weigh)

    def distances(self, unit: Floats, seen: Floats, weigh: Floats) -> Floats:
        left = self.means(unit) - seen
        told = ((left @ weigh) * left).sum(axis=1)
        return np.where(np.isnan(told), np.inf, told)  # where a moment is lacking the parameters are no candidate

    def means(self, unit: Floats) -> Floats:
        """Mean moments (n, m) over runs with the same seeds for every candidate."""
        same = np.tile(self.seeds(0, self.repeats), len(unit))
        moments = self.run(np.repeat(unit, self.repeats, axis=0), same)
        return np.asarray(moments.reshape(len(unit), self.repeats, -1).mean(axis=1))

    def natural(self, unit: Floats) -> Floats:
        low, high = (np.array([getattr(prior, end) for prior in self.priors]) for end in ("low", "high"))
        return np.asarray(low + unit * (high - low))

    def seeds(self, what: int, count: int) -> Seeds:
        return seeds(count, self.seed, 7, what)

    def run(self, unit: Floats, which: Seeds) -> Floats:
        return run(self.simulate, self.natural(unit), which, len(self.targets))


def _enough(priors: tuple[Prior, ...], targets: dict[str, Target], draws: int, repeats: int) -> None:
    p, m = len(priors), len(targets)
    faults = []
    if m < p:
        faults.append(
            Fault(
                "fewer-moments-than-parameters",
                f"{m} moments cannot place {p} parameters: give as many moments as parameters, or fix some of them.",
                f"{m} 个矩无法确定 {p} 个参数：目标矩的个数不得少于参数个数，请增加目标或固定部分参数。",
            )
        )
    least = 3 * max(30, 3 * p, _CROWD * p, repeats * p * _CROWD)
    if draws < least or repeats < 1:
        faults.append(
            Fault(
                "too-few-draws",
                f"{draws} runs, {repeats} for each candidate, cannot place {p} parameters: give at least {least} runs "
                "and 1 repeat.",
                f"共 {draws} 次运行、每个候选重复 {repeats} 次，不足以估计 {p} 个参数："
                f"至少需要 {least} 次运行和 1 次重复。",
            )
        )
    if faults:
        raise MethodError(faults)


def _lacking(whole: int, of: int, least: int) -> Fault:
    return Fault(
        "runs-without-moments",
        f"only {whole} of {of} runs have every moment, {least} are needed. Drop the targets that runs lack, or make "
        "runs longer or larger.",
        f"{of} 次运行中仅 {whole} 次含有全部矩，至少需要 {least} 次。请去掉运行中缺失的目标，或加长、扩大运行。",
    )
