"""Which parameters could have made what was seen, where the model can be run but its likelihood not written down.

Approximate Bayesian computation in generations: parameters are proposed where earlier runs came near the data
(population Monte Carlo; Beaumont et al. 2009, Biometrika 96: 983; a threshold that follows the runs as in Lenormand et
al. 2013, Computational Statistics 28: 2777). No run is thrown away: a run counts by how much less likely the
generations together were to propose it than the prior was (Cornuet et al. 2012, Scandinavian Journal of Statistics 39:
798), and a last regression takes out what still lies between a run and the data. No neural network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc
from threadpoolctl import threadpool_limits

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.simulate.posterior import Posterior, Prior, Target, check_priors, fewest_draws
from xinzhi.simulate.summaries import SUMMARIES, Summary, adjusted, noise, quadratic, ridge

__all__ = ["Seeds", "Simulate", "infer"]

Seeds = npt.NDArray[np.int64]
Simulate = Callable[[Floats, Seeds], Floats]

# Runs that take the data's place when the intervals are put to the test.
_TESTS = 100


def infer(
    simulate: Simulate,
    targets: Mapping[str, Target | float],
    priors: Sequence[Prior],
    *,
    draws: int = 600,
    generations: int = 4,
    keep: float = 0.25,
    summaries: str | Callable[..., Summary] = "learned",
    predictive: int = 60,
    level: float = 0.9,
    seed: int = 0,
) -> Posterior:
    """Infer parameters from moments alone: a weighted sample, what is identified, and whether its intervals hold.

    ``simulate`` maps parameters (n, p) and seeds (n,), whole numbers, to moments (n, m) in the order of ``targets``,
    ``nan`` where a run has no such moment; such runs are left out and counted. It is given a whole generation at once,
    to share out among many hands, and the same in every call, so that what has been run may be kept. A target's ``sd``
    is added to every run as normal noise, so that a target known roughly is met roughly (Wilkinson 2013, Statistical
    Applications in Genetics and Molecular Biology 12: 129). The first of ``generations`` covers the ``priors`` evenly
    (a Latin hypercube); each later one is drawn near the share ``keep`` of the ``draws`` that came nearest.
    ``predictive`` runs more are made at draws from the posterior. Raises ``MethodError``.
    """
    priors = tuple(priors)
    goals = {name: goal if isinstance(goal, Target) else Target(float(goal)) for name, goal in targets.items()}
    check_priors(priors)
    _check(goals, len(priors), draws, generations, keep)
    settings: dict[str, Any] = {"draws": draws, "generations": generations, "keep": keep, "level": level}
    settings |= {"summaries": SUMMARIES.find(summaries).name, "predictive": predictive}
    settings |= {"priors": {prior.name: [prior.low, prior.high] for prior in priors}}
    settings |= {"targets": {name: [goal.value, goal.sd] for name, goal in goals.items()}}
    record = Record("infer", settings, {"simulate": named(simulate)}, seed)
    plan = _Plan(priors, goals, keep, draws, seed, SUMMARIES.find(summaries).function)
    with threadpool_limits(limits=1, user_api="blas"):  # threads would show in the last digits
        pool = _Pool.empty(len(priors), len(goals))
        first = draws - (generations - 1) * (draws // (generations + 1))  # the prior's share is the largest
        for generation in range(generations):
            count = first if generation == 0 else draws // (generations + 1)
            unit, proposal = plan.proposed(pool, generation, count)
            moments = run(simulate, plan.natural(unit), seeds(count, seed, generation), len(goals))
            pool = pool.more(unit, moments, proposal)
        found = _posterior(plan, pool, level, record)
        again = found.resample(predictive, seed=seed)
        return replace(found, predictive=run(simulate, again, seeds(predictive, seed, generations), len(goals)))


def run(simulate: Simulate, parameters: Floats, seeds: Seeds, moments: int) -> Floats:
    """The moments (n, m) of runs; what is not finite becomes ``nan``. Raises ``MethodError`` for another shape."""
    got = np.asarray(simulate(parameters, seeds), dtype=float) if len(seeds) else np.empty((0, moments))
    if got.shape == (len(seeds), moments):
        return np.where(np.isfinite(got), got, np.nan)
    wanted = f"({len(seeds)}, {moments})"
    raise MethodError(
        Fault(
            "wrong-shape",
            f"the model gave moments of shape {got.shape}; {wanted} is needed: one row a run, one column a target, in "
            "the targets' order.",
            f"模型返回的矩的形状为 {got.shape}，应为 {wanted}：每次运行一行，每个目标一列，次序与目标一致。",
        )
    )


def seeds(count: int, *of: int) -> Seeds:
    """Seeds of so many runs, which depend on ``of`` alone."""
    return np.random.SeedSequence(of).generate_state(count, np.uint32).astype(np.int64)


def named(simulate: Simulate) -> str:
    """What a record calls a model: its own digest, or the name of its function."""
    return str(getattr(simulate, "digest", None) or getattr(simulate, "__qualname__", type(simulate).__name__))


@dataclass(frozen=True, eq=False)
class _Proposal:
    """Normals around kept points of the unit cube, cut off at its sides; without points, the whole cube evenly."""

    points: Floats
    weights: Floats
    root: Floats
    inside: float
    count: int

    def density(self, unit: Floats) -> Floats:
        if not len(self.points):
            return np.ones(len(unit))
        apart = np.linalg.solve(self.root, (unit[:, None] - self.points).reshape(-1, unit.shape[1]).T)
        heights = np.exp(-0.5 * (apart**2).sum(axis=0)).reshape(len(unit), -1) @ self.weights
        volume = np.sqrt((2 * np.pi) ** unit.shape[1]) * np.prod(np.diag(self.root)) * self.inside
        return np.asarray(heights / volume)


@dataclass(frozen=True, eq=False)
class _Pool:
    """All runs so far: unit parameters (n, p), moments (n, m), and what they were proposed by."""

    unit: Floats
    moments: Floats
    proposals: tuple[_Proposal, ...]

    @classmethod
    def empty(cls, p: int, m: int) -> _Pool:
        return cls(np.empty((0, p)), np.empty((0, m)), ())

    def more(self, unit: Floats, moments: Floats, proposal: _Proposal) -> _Pool:
        return _Pool(np.vstack([self.unit, unit]), np.vstack([self.moments, moments]), (*self.proposals, proposal))

    def weights(self) -> Floats:
        """How much more likely the prior was to propose a run than the generations together were (n,)."""
        total = sum(proposal.count for proposal in self.proposals)
        mixed = sum(proposal.count / total * proposal.density(self.unit) for proposal in self.proposals)
        return np.asarray(1 / mixed)


@dataclass(frozen=True, eq=False)
class _Near:
    """The runs nearest to what was seen: rows, unit parameters as run and corrected for what remains, and weights."""

    rows: npt.NDArray[np.intp]
    plain: Floats
    unit: Floats
    weights: Floats
    threshold: float


@dataclass(frozen=True, eq=False)
class _Plan:
    priors: tuple[Prior, ...]
    targets: dict[str, Target]
    keep: float
    draws: int
    seed: int
    summaries: Callable[[Floats, Floats], Summary]

    def natural(self, unit: Floats) -> Floats:
        low, high = (np.array([getattr(prior, end) for prior in self.priors]) for end in ("low", "high"))
        return np.asarray(low + unit * (high - low))

    def proposed(self, pool: _Pool, generation: int, count: int) -> tuple[Floats, _Proposal]:
        """The next generation's unit parameters (count, p) and what they came from."""
        rng = np.random.default_rng([self.seed, generation])
        p = len(self.priors)
        if generation == 0:
            unit = qmc.LatinHypercube(p, rng=rng).random(count)
            return unit, _Proposal(np.empty((0, p)), np.empty(0), np.eye(p), 1.0, count)
        near = self.nearest(self.complete(pool))
        apart = near.plain - near.weights @ near.plain
        # Twice the covariance of what was kept: the best normal kernel of Beaumont et al. 2009, section 3.
        root = np.asarray(np.linalg.cholesky(2 * (apart.T * near.weights) @ apart + 1e-8 * np.eye(p)), dtype=float)
        drawn, tried = np.empty((0, p)), 0
        while len(drawn) < count or tried < 4096:
            rows = rng.choice(len(near.weights), 1024, p=near.weights)
            moved = near.plain[rows] + rng.standard_normal((1024, p)) @ root.T
            drawn = np.vstack([drawn, moved[((moved > 0) & (moved < 1)).all(axis=1)]])
            tried += 1024
        proposal = _Proposal(near.plain, near.weights, root, len(drawn) / tried, count)
        return drawn[:count], proposal

    def complete(self, pool: _Pool) -> tuple[Floats, Floats, Floats]:
        """Of the runs that have every moment: unit parameters, moments with the targets' error, weights."""
        whole = ~np.isnan(pool.moments).any(axis=1)
        least = max(15, 3 * len(self.priors))
        if whole.sum() < least:
            raise MethodError(_lacking(self.targets, pool.moments, int(whole.sum()), least))
        rng = np.random.default_rng([self.seed, 1, 0])
        error = np.array([target.sd for target in self.targets.values()])
        noisy = pool.moments + error * rng.standard_normal(pool.moments.shape)
        return pool.unit[whole], noisy[whole], pool.weights()[whole]

    def nearest(self, known: tuple[Floats, Floats, Floats]) -> _Near:
        unit, moments, weights = known
        seen = np.array([[target.value for target in self.targets.values()]])
        summary = self.summaries(unit, moments)
        return self.around(unit, summary(moments), summary(seen)[0], weights)

    def around(self, unit: Floats, summaries: Floats, seen: Floats, weights: Floats) -> _Near:
        """The runs whose summaries (n, q) lie nearest to ``seen`` (q,), by Epanechnikov's kernel, and corrected."""
        far = np.sqrt(((summaries - seen) ** 2).sum(axis=1))
        count = min(len(far) - 1, max(int(self.keep * self.draws), 2 * summaries.shape[1] + 10, 20))
        threshold = np.partition(far, count)[count]
        rows = np.flatnonzero(far < threshold) if threshold > 0 else np.flatnonzero(far == 0)
        kernel = 1 - (far[rows] / threshold) ** 2 if threshold > 0 else np.ones(len(rows))
        mine = weights[rows] * kernel / (weights[rows] @ kernel)
        moved = adjusted(unit[rows], summaries[rows], seen, mine)
        return _Near(rows, unit[rows], moved, mine, float(threshold))


def _posterior(plan: _Plan, pool: _Pool, level: float, record: Record) -> Posterior:
    known = plan.complete(pool)
    near = plan.nearest(known)
    sample = plan.natural(near.unit)
    return Posterior(
        plan.priors,
        plan.targets,
        sample,
        near.weights,
        np.empty((0, len(plan.targets))),
        _sensitivity(known[0], known[1], near),
        _coverage(plan, known, near, level),
        len(pool.unit),
        near.threshold,
        level,
        _notes(plan, pool, known, near),
        record,
    )


def _sensitivity(unit: Floats, moments: Floats, near: _Near) -> Floats:
    """How moments turn on parameters around the posterior's middle (m, p), in noise and prior deviations.

    The slopes there of a quadratic fit to all runs; the noise is what the fit leaves.
    """
    apart = unit - near.weights @ near.unit
    cross = quadratic(apart) if len(apart) > 3 * (quadratic(apart[:1]).shape[1] + 1) else apart
    _, slopes, _ = ridge(cross, moments)
    spread = noise(unit, moments)
    scale = np.sqrt(np.diag(spread))
    values, vectors = np.linalg.eigh(spread / np.outer(scale, scale))
    # The symmetric root: rows stay as near to their own moments as noise in common allows.
    whiten = (vectors / np.sqrt(np.maximum(values, 1e-8 * values.max()))) @ vectors.T / scale
    return np.asarray(whiten @ slopes[: unit.shape[1]].T / np.sqrt(12))


def _coverage(plan: _Plan, known: tuple[Floats, Floats, Floats], near: _Near, level: float) -> Floats:
    """How often intervals hold the truth when runs near the data stand in for the data, by parameter (p,).

    The stand-ins are drawn from the kept runs by their weights and left out of what they are judged by. Prangle et al.
    2014, Australian & New Zealand Journal of Statistics 56: 309.
    """
    unit, moments, weights = known
    summary = plan.summaries(unit, moments)
    told = summary(moments)
    rng = np.random.default_rng([plan.seed, 2, 0])
    below = []
    for row in rng.choice(near.rows, min(_TESTS, len(near.rows)), p=near.weights, replace=True):
        rest = np.arange(len(unit)) != row
        other = plan.around(unit[rest], told[rest], told[row], weights[rest])
        below.append(other.weights @ (other.unit < unit[row]))
    tail = (1 - level) / 2
    return np.asarray(((np.array(below) > tail) & (np.array(below) < 1 - tail)).mean(axis=0))


def _check(targets: dict[str, Target], p: int, draws: int, generations: int, keep: float) -> None:
    faults = []
    if not targets:
        faults.append(Fault("no-targets", "no moment to meet; give at least one.", "未给出目标矩，至少需要一个。"))
    for name, target in targets.items():
        if not (np.isfinite(target.value) and target.sd >= 0 and np.isfinite(target.sd)):
            faults.append(
                Fault(
                    "bad-target",
                    f"target '{name}': a number with an sd of 0 or more is needed; found {target.value} ± {target.sd}.",
                    f"目标“{name}”：须为有限数值，且标准差不小于 0；实际为 {target.value} ± {target.sd}。",
                )
            )
    least = fewest_draws(p, generations)
    if generations < 1 or draws < least:
        faults.append(
            Fault(
                "too-few-draws",
                f"{draws} draws in {generations} generations cannot place {p} parameters: give at least {least} draws, "
                "or fewer parameters.",
                f"{generations} 代共 {draws} 次抽样不足以估计 {p} 个参数：请至少给出 {least} 次抽样，或减少参数。",
            )
        )
    if not 0 < keep <= 1:
        faults.append(
            Fault(
                "bad-share",
                f"keep must lie above 0 and up to 1; found {keep:g}.",
                f"keep 须大于 0 且不超过 1；实际为 {keep:g}。",
            )
        )
    if faults:
        raise MethodError(faults)


def _lacking(targets: dict[str, Target], moments: Floats, whole: int, least: int) -> Fault:
    gaps = np.isnan(moments).sum(axis=0)
    worst = [list(targets)[k] for k in np.argsort(-gaps, kind="stable")[:3] if gaps[k]]
    return Fault(
        "runs-without-moments",
        f"only {whole} of {len(moments)} runs have every moment, {least} are needed; most often missing: "
        f"{', '.join(f'{name} ({gaps[list(targets).index(name)]})' for name in worst)}. Drop these targets, or make "
        "runs longer or larger.",
        f"{len(moments)} 次运行中仅 {whole} 次含有全部矩，至少需要 {least} 次；最常缺失："
        f"{'、'.join(f'{name}（{gaps[list(targets).index(name)]}）' for name in worst)}。"
        "请去掉这些目标，或加长、扩大运行。",
    )


def _notes(plan: _Plan, pool: _Pool, known: tuple[Floats, Floats, Floats], near: _Near) -> tuple[Fault, ...]:
    """What a reader must know: runs left out, targets that no run came near, a sample worth little."""
    unit, moments, _ = known
    notes = []
    if lost := len(pool.unit) - len(unit):
        notes.append(
            Fault(
                "runs-left-out",
                f"{lost} of {len(pool.unit)} runs lack a moment and were left out.",
                f"{len(pool.unit)} 次运行中有 {lost} 次缺少某个矩，已剔除。",
                severity="warning",
            )
        )
    for (name, target), got in zip(plan.targets.items(), moments.T, strict=True):
        if not got.min() <= target.value <= got.max():
            notes.append(
                Fault(
                    "out-of-reach",
                    f"no run reaches the target '{name}' {target.value:.4g}: they give {got.min():.4g} to "
                    f"{got.max():.4g}. What is inferred from it lies beyond what was tried.",
                    f"没有运行达到目标“{name}” {target.value:.4g}：各次运行为 {got.min():.4g} 至 {got.max():.4g}，"
                    "据此推断属于外推。",
                    severity="warning",
                )
            )
    if (worth := 1 / (near.weights**2).sum()) < 5 * len(plan.priors):
        notes.append(
            Fault(
                "few-effective-draws",
                f"the sample is worth only {worth:.0f} equal draws for {len(plan.priors)} parameters: make more draws.",
                f"样本仅相当于 {worth:.0f} 个等权抽样，而参数有 {len(plan.priors)} 个：请增加抽样次数。",
                severity="warning",
            )
        )
    return tuple(notes)
