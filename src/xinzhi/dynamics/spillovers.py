"""What a change in one region does at home and elsewhere: direct, indirect and total effects, with their doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.dynamics.neighbours import Neighbours

Inference = Literal["simulation", "delta"]
KINDS = ("direct", "indirect", "total")


@dataclass(frozen=True, eq=False)
class Spillovers:
    """Average effects of a unit change of each variable: ``direct`` at home, ``indirect`` on all others, ``total``.

    ``table`` has ``estimate``, ``se``, ``z``, ``p`` and the interval ``low`` to ``high``. ``rejected`` is the share of
    simulated draws whose ρ was outside its bounds and was drawn again.
    """

    table: pd.DataFrame
    inference: Inference
    level: float
    rejected: float
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row per variable and kind of effect."""
        return self.table.copy()

    def __repr__(self) -> str:
        wide = self.table.assign(shown=self.table["estimate"].map("{:.4f}".format) + _stars(self.table["p"]))
        wide = wide.pivot_table(index="variable", columns="effect", values="shown", aggfunc="first", sort=False)
        return "\n".join(
            (
                f"Effects (inference by {self.inference}, intervals {self.level:.0%}; * 10%, ** 5%, *** 1%)",
                *("  " + line for line in wide.to_string().splitlines()),
                *((f"  draws outside the bounds of rho, drawn again: {self.rejected:.1%}",) if self.rejected else ()),
            )
        )


def impacts(rho: Floats, own: Floats, lagged: Floats, neighbours: Neighbours) -> Floats:
    """Direct, indirect and total effects, (..., variables, 3), of (I - ρW)^-1 (I b + W θ).

    ``rho`` is (...), ``own`` b and ``lagged`` θ are (..., variables). Direct is the mean of the diagonal, total the
    mean row sum, indirect their difference. LeSage, Pace 2009.
    """
    a, c, t, u = (part[..., None] for part in _multipliers(rho, neighbours))
    direct, total = own * a + lagged * c, own * t + lagged * u
    return np.stack([direct, total - direct, total], axis=-1)


def simulated(
    theta: Floats, covariance: Floats, neighbours: Neighbours, *, draws: int, seed: int
) -> tuple[Floats, float]:
    """Effects of draws from the joint normal of (ρ, b, θ), (draws, variables, 3), and the share drawn again.

    A draw of ρ outside its bounds has no effects and is drawn again. LeSage, Pace 2009. Raises
    ``MethodError`` where that happens more often than not.
    """
    rng, (low, high) = np.random.default_rng(seed), neighbours.bounds
    root = _root(covariance)
    kept: list[Floats] = []
    found = tried = 0
    while found < draws:
        tried += draws
        drawn = theta + rng.standard_normal((draws, len(theta))) @ root.T
        drawn = drawn[(drawn[:, 0] > low) & (drawn[:, 0] < high)]
        kept.append(drawn)
        found += len(drawn)
        if tried >= 4 * draws and found < tried / 2:
            raise MethodError(
                Fault(
                    "rho-not-known",
                    f"most draws of rho lie outside ({low:.3f}, {high:.3f}): it is not known well enough for effects.",
                    f"rho 的多数抽样落在 ({low:.3f}, {high:.3f}) 之外：其标准误过大，无法推断效应。",
                )
            )
    drawn, k = np.concatenate(kept)[:draws], (len(theta) - 1) // 2
    return impacts(drawn[:, 0], drawn[:, 1 : 1 + k], drawn[:, 1 + k :], neighbours), 1 - found / tried


def delta_errors(rho: Floats, own: Floats, lagged: Floats, covariance: Floats, neighbours: Neighbours) -> Floats:
    """Standard errors of the effects by the delta method, (..., variables, 3); ``covariance`` is over (ρ, b, θ)."""
    k = own.shape[-1]
    a, c, t, u = _multipliers(rho, neighbours)
    slopes = [part[..., None] for part in _multiplier_slopes(rho, neighbours)]
    out = np.empty((*own.shape, 3))
    by_rho = own * slopes[0] + lagged * slopes[1], own * slopes[2] + lagged * slopes[3]
    for at, (of_rho, of_own, of_lagged) in enumerate(
        ((by_rho[0], a, c), (by_rho[1] - by_rho[0], t - a, u - c), (by_rho[1], t, u))
    ):
        for j in range(k):
            gradient = np.zeros((*rho.shape, 1 + 2 * k))
            gradient[..., 0], gradient[..., 1 + j], gradient[..., 1 + k + j] = of_rho[..., j], of_own, of_lagged
            out[..., j, at] = np.sqrt(np.einsum("...i,...ij,...j", gradient, covariance, gradient))
    return out


def effects_table(names: list[str], estimate: Floats, se: Floats, spread: Floats | None, level: float) -> pd.DataFrame:
    """Rows of variable and effect; the interval is that of ``spread`` (draws first) or, without, the normal one."""
    z = np.divide(estimate, se, out=np.zeros_like(estimate), where=se > 0)
    if spread is None:
        reach = stats.norm.ppf((1 + level) / 2) * se
        low, high = estimate - reach, estimate + reach
    else:
        low, high = np.quantile(spread, [(1 - level) / 2, (1 + level) / 2], axis=0)
    columns = {"estimate": estimate, "se": se, "z": z, "p": 2 * stats.norm.sf(np.abs(z)), "low": low, "high": high}
    rows = pd.MultiIndex.from_product([names, KINDS], names=["variable", "effect"])
    return pd.DataFrame({name: of.ravel() for name, of in columns.items()}, index=rows).reset_index()


def _multipliers(rho: Floats, neighbours: Neighbours) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean diagonal of S = (I - ρW)^-1 and of SW, and their mean row sums; each (...)."""
    roots = neighbours.eigenvalues
    share = 1 / (1 - rho[..., None] * roots)
    a, c = share.mean(-1).real, (roots * share).mean(-1).real
    if neighbours.rows_sum_to_one:
        return a, c, 1 / (1 - rho), 1 / (1 - rho)
    sums = _row_sums(rho, neighbours)
    return a, c, sums[..., 0], sums[..., 1]


def _multiplier_slopes(rho: Floats, neighbours: Neighbours) -> tuple[Floats, Floats, Floats, Floats]:
    """Derivatives of the multipliers by ρ: dS = S W S."""
    roots = neighbours.eigenvalues
    share = 1 / (1 - rho[..., None] * roots) ** 2
    a, c = (roots * share).mean(-1).real, (roots**2 * share).mean(-1).real
    if neighbours.rows_sum_to_one:
        return a, c, 1 / (1 - rho) ** 2, 1 / (1 - rho) ** 2
    sums = _row_sums(rho, neighbours)
    return a, c, sums[..., 2], sums[..., 3]


def _row_sums(rho: Floats, neighbours: Neighbours) -> Floats:
    """Mean row sums of S, SW, SWS and SWSW, (..., 4); one ρ after the other, since a matrix for each may not fit."""
    w, n = neighbours.weights.toarray(), len(neighbours.regions)
    ends = np.column_stack([np.ones(n), w.sum(axis=1)])
    out = np.empty((*rho.shape, 4))
    for at in np.ndindex(rho.shape):
        first = np.linalg.solve(np.eye(n) - rho[at] * w, ends)
        second = np.linalg.solve(np.eye(n) - rho[at] * w, w @ first)
        out[at] = np.concatenate([first.mean(axis=0), second.mean(axis=0)])
    return out


def _root(covariance: Floats) -> Floats:
    """A root of a covariance that may have zeros, where a parameter was set and not estimated."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _stars(p: pd.Series) -> pd.Series:
    return pd.Series(np.select([p < 0.01, p < 0.05, p < 0.1], ["***", "**", "*"], ""), index=p.index)
