"""What the data leave of a parameter's range: a weighted sample, and which parameters they pin down at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, Language, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.core.specs import Text

Verdict = Literal["identified", "weakly identified", "not identified"]

VERDICTS: dict[Verdict, Text] = {
    "identified": Text(en="identified", zh="可识别"),
    "weakly identified": Text(en="weakly identified", zh="弱识别"),
    "not identified": Text(en="not identified", zh="不可识别"),
}

# A parameter is identified when its range shrinks by half. Below WEAK, or below twice the sampling error of the
# shrinkage itself, the data have not been heard.
STRONG, WEAK = 0.5, 0.15
# A combination that loads less than this on a parameter is not about it.
_LOADS = 0.35


def fewest_draws(parameters: int, generations: int = 4) -> int:
    """The fewest runs that place so many parameters at all, shared out among generations."""
    return (generations + 1) * max(10, 2 * parameters)


@dataclass(frozen=True)
class Prior:
    """A parameter that is equally likely to be anywhere between ``low`` and ``high``."""

    name: str
    low: float
    high: float
    unit: str = ""
    zh: str = ""


@dataclass(frozen=True)
class Target:
    """A moment to be met: its value, how far from it the truth may be (one deviation), and where it comes from."""

    value: float
    sd: float = 0.0
    source: str = ""


@dataclass(frozen=True)
class Pair:
    """Two parameters of which a combination is known better than at least one of them alone.

    ``correlation`` is of the posterior; ``contraction`` is that of the combination known best, ``first`` x + ``second``
    y in units of the priors' deviations.
    """

    names: tuple[str, str]
    correlation: float
    contraction: float
    first: float
    second: float


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is believed of the parameters once the moments have been seen.

    ``sample`` (n, p) with ``weights`` (n,) summing to 1. ``contraction`` (p,) is 1 - posterior sd / prior sd.
    ``coverage`` (p,) is how often intervals of ``level`` held the truth when runs near the data took the data's place.
    ``sensitivity`` (m, p) says by how many deviations of its own noise each moment moves per prior deviation of each
    parameter; ``predictive`` (k, m) are moments of fresh runs at draws from the posterior. ``nan`` in ``predictive``
    is a moment that a run did not have.
    """

    priors: tuple[Prior, ...]
    targets: dict[str, Target]
    sample: Floats
    weights: Floats
    predictive: Floats
    sensitivity: Floats
    coverage: Floats
    draws: int
    threshold: float
    level: float
    notes: tuple[Fault, ...]
    record: Record

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(prior.name for prior in self.priors)

    @property
    def mean(self) -> Floats:
        """Posterior means (p,)."""
        return np.asarray(self.weights @ self.sample)

    @property
    def covariance(self) -> Floats:
        """Posterior covariance (p, p), with the correction for few effective draws."""
        apart = self.sample - self.mean
        return np.asarray((apart.T * self.weights) @ apart / (1 - (self.weights**2).sum()))

    @property
    def effective(self) -> float:
        """How many equally weighted draws the sample is worth (Kish)."""
        return float(1 / (self.weights**2).sum())

    @property
    def contraction(self) -> Floats:
        """1 - posterior sd / prior sd (p,): 1 where nothing is left to know, 0 where nothing was learned."""
        return np.asarray(1 - np.sqrt(np.diag(self.covariance)) / _prior_sd(self.priors))

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Of each parameter, whether the moments tell what it is."""
        floor = max(WEAK, 2 / np.sqrt(2 * self.effective))
        return tuple(
            "identified" if c >= max(STRONG, floor) else "weakly identified" if c >= floor else "not identified"
            for c in self.contraction
        )

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Pairs of which only a combination is known: neither or only one is identified, the combination is."""
        scale = _prior_sd(self.priors)
        spread = self.covariance / np.outer(scale, scale)
        found = []
        for one in range(len(self.priors)):
            for other in range(one + 1, len(self.priors)):
                if all(self.verdicts[k] == "identified" for k in (one, other)):
                    continue
                both = spread[np.ix_([one, other], [one, other])]
                values, vectors = np.linalg.eigh(both)
                known, loads = 1 - float(np.sqrt(max(values[0], 0))), vectors[:, 0] * np.sign(vectors[0, 0] or 1)
                alone = 1 - np.sqrt(np.diag(both))
                # Known together: clearly better than the better known of the two alone.
                if known >= STRONG and np.abs(loads).min() >= _LOADS and known - alone.max() >= WEAK:
                    rho = float(both[0, 1] / np.sqrt(both[0, 0] * both[1, 1]))
                    pair = (self.names[one], self.names[other])
                    found.append(Pair(pair, rho, known, float(loads[0]), float(loads[1])))
        return tuple(sorted(found, key=lambda pair: -pair.contraction))

    def quantile(self, at: float) -> Floats:
        """The posterior quantile of every parameter (p,)."""
        return weighted_quantile(self.sample, self.weights, at)

    def resample(self, count: int, *, seed: int = 0) -> Floats:
        """Equally weighted draws (count, p), for runs that carry the uncertainty of the parameters on.

        Systematic resampling: a draw of weight w comes up ⌊count w⌋ or ⌈count w⌉ times. Kitagawa 1996, Journal of
        Computational and Graphical Statistics 5: 1.
        """
        rng = np.random.default_rng(seed)
        at = (rng.random() + np.arange(count)) / count
        rows = np.minimum(np.searchsorted(np.cumsum(self.weights), at), len(self.weights) - 1)
        return np.asarray(self.sample[rng.permutation(rows)])

    def directions(self) -> pd.DataFrame:
        """Combinations of parameters from the best known to the least, with what the moments tell of each.

        One row a combination: ``information`` (eigenvalue of S'S, with S the sensitivity: 1 means as much as the prior
        tells), ``sloppy`` (below 1) and the loading of every parameter. Gutenkunst et al. 2007, PLoS Computational
        Biology 3: e189.
        """
        values, vectors = np.linalg.eigh(self.sensitivity.T @ self.sensitivity)
        order = np.argsort(values)[::-1]
        largest = np.argmax(np.abs(vectors), axis=0)
        vectors = vectors * np.sign(vectors[largest, np.arange(len(largest))])  # an eigenvector's sign is arbitrary
        told = {"information": np.maximum(values[order], 0.0), "sloppy": values[order] < 1}
        return pd.DataFrame(told | dict(zip(self.names, vectors[:, order], strict=True)))

    def fit(self) -> pd.DataFrame:
        """Targets beside the posterior's own moments, one row a moment.

        Columns: moment, target, target_sd, predicted (mean of fresh runs), low, high (interval of ``level``, the
        target's own error included), inside, runs (that had the moment), source.
        """
        rng = np.random.default_rng(0)
        tail, rows = (1 - self.level) / 2, []
        for (name, target), got in zip(self.targets.items(), self.predictive.T, strict=True):
            had = got[~np.isnan(got)]
            low, high = np.nan, np.nan
            if had.size:
                low, high = np.quantile(had + target.sd * rng.standard_normal(had.size), [tail, 1 - tail])
            row = {"moment": name, "target": target.value, "target_sd": target.sd}
            row |= {"predicted": had.mean() if had.size else np.nan, "low": low, "high": high}
            rows.append(row | {"inside": low <= target.value <= high, "runs": had.size, "source": target.source})
        return pd.DataFrame(rows)

    def to_frame(self, language: Language = "en") -> pd.DataFrame:
        """One row a parameter: name, unit, prior range, mean, sd, median, interval, contraction, verdict, coverage."""
        tail = (1 - self.level) / 2
        return pd.DataFrame(
            {
                "parameter": self.names,
                "name": [(prior.zh if language == "zh" else "") or prior.name for prior in self.priors],
                "unit": [prior.unit for prior in self.priors],
                "prior_low": [prior.low for prior in self.priors],
                "prior_high": [prior.high for prior in self.priors],
                "mean": self.mean,
                "sd": np.sqrt(np.diag(self.covariance)),
                "median": self.quantile(0.5),
                "low": self.quantile(tail),
                "high": self.quantile(1 - tail),
                "contraction": self.contraction,
                "verdict": [VERDICTS[verdict][language] for verdict in self.verdicts],
                "coverage": self.coverage,
            }
        )

    def __repr__(self) -> str:
        lines = [
            f"Posterior: {len(self.priors)} parameters from {len(self.targets)} moments, {self.draws} runs, "
            f"worth {self.effective:.0f} draws"
        ]
        for verdict in VERDICTS:
            which = [k for k, mine in enumerate(self.verdicts) if mine == verdict]
            said = ", ".join(f"{self.names[k]} {self.mean[k]:.3g} ({self.contraction[k]:.0%})" for k in which[:6])
            lines.append(f"  {verdict}: {said or 'none'}{' …' if len(which) > 6 else ''}")
        pairs = ", ".join(" with ".join(pair.names) for pair in self.pairs[:4])
        lines.append(f"  known only together: {pairs or 'none'}")
        fit = self.fit()
        lines.append(
            f"  targets inside the {self.level:.0%} interval of fresh runs: {int(fit['inside'].sum())} of {len(fit)}; "
            f"coverage {np.nanmean(self.coverage):.2f}; {len(self.notes)} notes"
        )
        return "\n".join(lines)


def weighted_quantile(values: Floats, weights: Floats, at: float) -> Floats:
    """The smallest value with at least ``at`` of the weight at or below it, by column of ``values`` (n, p)."""
    order = np.argsort(values, axis=0, kind="stable")
    reached = np.cumsum(weights[order], axis=0)
    row = np.minimum((reached < at * reached[-1] * (1 - 1e-12)).sum(axis=0), len(values) - 1)
    return np.asarray(np.take_along_axis(values, np.take_along_axis(order, row[None], axis=0), axis=0)[0])


def check_priors(priors: tuple[Prior, ...]) -> None:
    """Refuse ranges that hold nothing, twice the same name, or no parameter at all. Raises ``MethodError``."""
    faults = []
    if not priors:
        faults.append(
            Fault("no-parameters", "no parameter to infer; give at least one.", "未给出待估参数，至少需要一个。")
        )
    names = [prior.name for prior in priors]
    faults += [
        Fault(
            "empty-range",
            f"parameter '{prior.name}': its range must have a low end below a high one; found {prior.low:g} to "
            f"{prior.high:g}.",
            f"参数“{prior.name}”：取值范围的下限须小于上限；实际为 {prior.low:g} 至 {prior.high:g}。",
        )
        for prior in priors
        if not (np.isfinite(prior.low) and np.isfinite(prior.high) and prior.low < prior.high)
    ]
    faults += [
        Fault("given-twice", f"parameter '{name}' is given twice.", f"参数“{name}”重复给出。")
        for name in dict.fromkeys(name for name in names if names.count(name) > 1)
    ]
    if faults:
        raise MethodError(faults)


def _prior_sd(priors: tuple[Prior, ...]) -> Floats:
    return np.array([(prior.high - prior.low) / np.sqrt(12) for prior in priors])
