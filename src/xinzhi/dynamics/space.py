"""Are neighbours alike? Moran's I for the whole, and for every region with the false discoveries held down.

Arrays are laid out (..., regions): years, draws or elements may stand in front and are done at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy import sparse, stats

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record, digest
from xinzhi.dynamics.neighbours import Neighbours, lag

Alternative = Literal["two-sided", "directed", "greater", "less"]
Divisor = Literal["n-1", "n"]

QUADRANTS = ("HH", "LH", "LL", "HL")
NOT_SIGNIFICANT = "not significant"
_CELLS = 4_000_000  # how many numbers are shuffled at once


@dataclass(frozen=True)
class Moments:
    """What Moran's I would be without spatial order: its mean, and its variance under two assumptions."""

    expected: float
    normal: float
    randomisation: Floats


@dataclass(frozen=True, eq=False)
class GlobalMoran:
    """Moran's I of every year (or whatever dimensions stood beside ``region``), with three tests of no order.

    ``table`` holds ``I``, ``expected``; ``variance_``, ``z_`` and ``p_`` under ``normal`` and ``randomisation``; and
    ``mean_permuted``, ``sd_permuted``, ``p_permuted`` where values were shuffled.
    """

    table: xr.Dataset
    neighbours: Neighbours
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row per year."""
        return _tidy(self.table)

    def __repr__(self) -> str:
        rows = self.to_frame()
        shown = [name for name in rows if name in (*self.table.dims, "I", "z_randomisation", "p_permuted")]
        p = rows.get("p_permuted", rows["p_randomisation"])
        return "\n".join(
            (
                f"Moran's I: {len(rows)} rows, {len(self.neighbours.regions)} regions, {self.neighbours.kind}",
                f"  expected without spatial order: {float(self.table['expected']):.4f}",
                f"  p at most 0.05 in {int((p <= 0.05).sum())} of {len(rows)} ({self.record.settings['alternative']})",
                *("  " + line for line in rows[shown].tail(3).round(4).to_string(index=False).splitlines()),
            )
        )


@dataclass(frozen=True, eq=False)
class LocalMoran:
    """Local Moran's I of every region: who is like its neighbours, and who stands out.

    ``table`` holds ``I``, ``z`` (standardised value), ``lag`` (of z), ``quadrant`` (own value high or low, then the
    neighbours': HH, LL, HL, LH), ``p``, ``p_adjusted`` (false discovery rate, Benjamini, Hochberg 1995), and the
    quadrant where significant: ``cluster`` by the adjusted p, ``cluster_unadjusted`` by p alone.
    """

    table: xr.Dataset
    neighbours: Neighbours
    alpha: float
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row per region and year."""
        return _tidy(self.table)

    def counts(self) -> pd.DataFrame:
        """How many regions stand in each kind of cluster, adjusted and not, per year."""
        parts = [
            (self.table[name] == kind).sum(REGION).rename(f"{kind}{suffix}")
            for name, suffix in (("cluster", ""), ("cluster_unadjusted", "_unadjusted"))
            for kind in QUADRANTS
        ]
        return _tidy(xr.merge(parts, compat="equals"))

    def __repr__(self) -> str:
        adjusted, plain = (
            int((self.table[name] != NOT_SIGNIFICANT).sum()) for name in ("cluster", "cluster_unadjusted")
        )
        cells, kinds = self.table["I"].size, self.table["quadrant"]
        quadrants = ", ".join(f"{kind} {int((kinds == kind).sum())}" for kind in QUADRANTS)
        return "\n".join(
            (
                f"Local Moran's I: {cells} cells, {len(self.neighbours.regions)} regions, {self.neighbours.kind}",
                f"  significant at {self.alpha:g}: {adjusted} with false discoveries held down, {plain} without",
                f"  quadrants: {quadrants}",
                f"  p: {self.record.settings['alternative']}, {self.record.settings['permutations']} permutations",
                *(f"  {note.en}" for note in self.notes),
            )
        )


def global_moran(
    values: xr.DataArray,
    neighbours: Neighbours,
    *,
    permutations: int = 999,
    alternative: Alternative = "two-sided",
    seed: int = 0,
) -> GlobalMoran:
    """Moran's I: do regions resemble their neighbours more than chance would have it?

    ``values`` is over region and any other dimensions (years); all years are shuffled alike. ``alternative`` holds for
    all p: ``directed`` is the smaller tail alone, as GeoDa and PySAL report for permutations, half as large as
    ``two-sided``. ``permutations = 0`` leaves the analytic tests. Needs 4 regions and no missing value; raises
    ``MethodError``, also where all regions are alike. Cliff, Ord 1981.
    """
    own = neighbours.aligned(values)
    x, w = own.values, neighbours.weights
    _refuse_flat(own)
    found, moments = moran_i(x, w), moran_moments(x, w)
    columns: dict[str, Any] = {"I": found}
    for name, variance in (("normal", np.full(found.shape, moments.normal)), ("randomisation", moments.randomisation)):
        z = (found - moments.expected) / np.sqrt(variance)
        columns |= {f"variance_{name}": variance, f"z_{name}": z, f"p_{name}": _normal_p(z, alternative)}
    if permutations:
        shuffled = _shuffled(x, w, permutations, np.random.default_rng(seed))
        columns |= {"mean_permuted": shuffled.mean(axis=-1), "sd_permuted": shuffled.std(axis=-1)}
        columns["p_permuted"] = _tail(*_counted(shuffled, found), permutations, alternative)
    dims = own.dims[:-1]
    coords = {name: of for name, of in own.coords.items() if REGION not in of.dims}
    table = xr.Dataset({name: (dims, of) for name, of in columns.items()}, coords)
    settings = {"permutations": permutations, "alternative": alternative, "neighbours": neighbours.kind}
    return GlobalMoran(
        table.assign(expected=moments.expected), neighbours, _record("global_moran", settings, x, neighbours, seed)
    )


def local_moran(
    values: xr.DataArray,
    neighbours: Neighbours,
    *,
    permutations: int = 9_999,
    alternative: Alternative = "two-sided",
    alpha: float = 0.05,
    across: Literal["year", "all"] = "year",
    divisor: Divisor = "n-1",
    seed: int = 0,
) -> LocalMoran:
    """Local Moran's I: where the resemblance of neighbours lies, tested for every region.

    The p of a region comes from shuffling all others among its neighbours' places while it stays (conditional
    permutation, Anselin 1995). Testing every region finds some by chance: ``p_adjusted`` holds the share of false
    discoveries at ``alpha``, within each ``year`` or over ``all``. ``divisor`` of the variance: ``n-1`` makes I those
    of PySAL and GeoDa, ``n`` those of Anselin 1995. A shuffling that gives exactly the I found counts for both tails;
    PySAL leaves it out of the lower one, which matters for a region with a single neighbour. Needs 4 regions and no
    missing value; raises ``MethodError``.
    """
    own = neighbours.aligned(values)
    x, w = own.values, neighbours.weights
    _refuse_flat(own)
    z = standardised(x)
    behind = lag(z, w)
    found = local_i(x, w, divisor=divisor)
    p = _tail(*_conditional(z, w, permutations, np.random.default_rng(seed)), permutations, alternative)
    adjusted = stats.false_discovery_control(p, axis=-1 if across == "year" else None).reshape(p.shape)
    quadrant = np.array(QUADRANTS, dtype=object)[np.where(behind > 0, np.where(z > 0, 0, 1), np.where(z > 0, 3, 2))]
    columns: dict[str, Any] = {"I": found, "z": z, "lag": behind, "quadrant": quadrant, "p": p, "p_adjusted": adjusted}
    columns["cluster"] = np.where(adjusted <= alpha, quadrant, NOT_SIGNIFICANT)
    columns["cluster_unadjusted"] = np.where(p <= alpha, quadrant, NOT_SIGNIFICANT)
    table = xr.Dataset({name: (own.dims, of) for name, of in columns.items()}, own.coords)
    least = (2 if alternative == "two-sided" else 1) / (permutations + 1)
    notes = (_too_coarse(least, alpha, x),) if least > alpha / x.shape[-1] else ()
    settings: dict[str, Any] = {"permutations": permutations, "alternative": alternative, "alpha": alpha}
    settings |= {"across": across, "divisor": divisor, "neighbours": neighbours.kind}
    return LocalMoran(table, neighbours, alpha, notes, _record("local_moran", settings, x, neighbours, seed))


def moran_i(x: Floats, w: sparse.csr_array) -> Floats:
    """Moran's I of (..., regions): n / Σw · z'Wz / z'z with z the deviations from the mean."""
    z = x - x.mean(axis=-1, keepdims=True)
    return np.asarray(x.shape[-1] / w.sum() * (z * lag(z, w)).sum(-1) / (z * z).sum(-1))


def moran_moments(x: Floats, w: sparse.csr_array) -> Moments:
    """Mean and variances of I without spatial order, for normal values and for the values at hand shuffled.

    Cliff, Ord 1981; b2 = m4 / m2² is the kurtosis of the values.
    """
    n = x.shape[-1]
    s0, s1 = float(w.sum()), float(((w + w.T).power(2)).sum() / 2)
    s2 = float(((w.sum(axis=1) + w.sum(axis=0)) ** 2).sum())
    expected = -1 / (n - 1)
    normal = (n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2) - expected**2
    z = x - x.mean(axis=-1, keepdims=True)
    b2 = (z**4).mean(-1) / (z**2).mean(-1) ** 2
    by_shape = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    by_shape = by_shape - b2 * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    shuffled = by_shape / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2
    return Moments(expected, normal, np.asarray(shuffled))


def local_i(x: Floats, w: sparse.csr_array, *, divisor: Divisor = "n-1") -> Floats:
    """Local Moran's I of (..., regions): z_i Σ_j w_ij z_j over the variance of z, by ``n-1`` or ``n``."""
    z = x - x.mean(axis=-1, keepdims=True)
    n = x.shape[-1] - (1 if divisor == "n-1" else 0)
    return np.asarray(z * lag(z, w) * n / (z * z).sum(-1, keepdims=True))


def standardised(x: Floats) -> Floats:
    """Deviations from the mean of (..., regions) over the standard deviation (by n)."""
    return np.asarray((x - x.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True))


def _shuffled(x: Floats, w: sparse.csr_array, times: int, rng: np.random.Generator) -> Floats:
    """Moran's I of shuffled values, (..., times); every slice is shuffled alike."""
    n = x.shape[-1]
    chunk = max(1, _CELLS // x.size)
    parts = []
    for start in range(0, times, chunk):
        orders = rng.permuted(np.tile(np.arange(n), (min(chunk, times - start), 1)), axis=1)
        parts.append(moran_i(x[..., orders], w))
    return np.concatenate(parts, axis=-1)


def _conditional(
    z: Floats, w: sparse.csr_array, times: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """How many of ``times`` shufflings give a region an I at least, and at most, its own: each (..., regions).

    A shuffling draws places among the other regions once and is shared by all regions and slices.
    """
    n, widest = z.shape[-1], int(np.diff(w.indptr).max())
    own = z * lag(z, w)
    above, below = np.zeros(z.shape, dtype=np.intp), np.zeros(z.shape, dtype=np.intp)
    chunk = max(1, _CELLS // max(z.size // n * widest, n))
    for start in range(0, times, chunk):
        drawn = rng.random((min(chunk, times - start), n - 1)).argsort(axis=1)[:, :widest]
        for i in range(n):
            weights = w.data[w.indptr[i] : w.indptr[i + 1]]
            at = drawn[:, : len(weights)]
            at = at + (at >= i)
            found = (z[..., at] @ weights) * z[..., i, None]
            more, less = _counted(found, own[..., i])
            above[..., i] += more
            below[..., i] += less
    return above, below


def _counted(shuffled: Floats, found: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """How many shuffled values are at least, and at most, the one found; sums in another order count as equal."""
    slack = 1e-12 * (1 + np.abs(found))[..., None]
    return (shuffled >= found[..., None] - slack).sum(-1), (shuffled <= found[..., None] + slack).sum(-1)


def _tail(above: Any, below: Any, times: int, alternative: Alternative) -> Floats:
    """Permutation p, the observed order counted as one of them (Davison, Hinkley 1997)."""
    high, low = (above + 1) / (times + 1), (below + 1) / (times + 1)
    small = np.minimum(high, low)
    return np.asarray(
        {"greater": high, "less": low, "directed": small, "two-sided": np.minimum(2 * small, 1.0)}[alternative]
    )


def _normal_p(z: Floats, alternative: Alternative) -> Floats:
    small = stats.norm.sf(np.abs(z))
    tails = {"greater": stats.norm.sf(z), "less": stats.norm.cdf(z), "directed": small, "two-sided": 2 * small}
    return np.asarray(tails[alternative])


def _tidy(table: xr.Dataset) -> pd.DataFrame:
    if not table.sizes:
        return pd.DataFrame([{str(name): of.item() for name, of in table.data_vars.items()}])
    return table.to_dataframe().reset_index()


def _record(operation: str, settings: dict[str, Any], x: Floats, neighbours: Neighbours, seed: int) -> Record:
    weights = neighbours.weights
    inputs = {"values": digest(np.ascontiguousarray(x).tobytes()), "weights": digest(weights.toarray().tobytes())}
    return Record(operation, settings, inputs, seed)


def _refuse_flat(own: xr.DataArray) -> None:
    x = own.values
    if x.shape[-1] < 4:
        raise MethodError(
            Fault(
                "too-few-regions",
                f"spatial autocorrelation needs 4 regions or more; found {x.shape[-1]}.",
                f"空间自相关至少需要 4 个地区；现有 {x.shape[-1]} 个。",
            )
        )
    spread = x.max(axis=-1) - x.min(axis=-1)
    # Beyond this, what differs between regions is rounding.
    flat = spread <= 1e-13 * np.abs(x).max(axis=-1)
    if flat.any():
        dims = own.dims[:-1]
        where = [
            " ".join(str(own[dim].values[i]) for dim, i in zip(dims, at, strict=True)) for at in np.argwhere(flat)[:8]
        ]
        when = (f" in {', '.join(where)}", f"（{'、'.join(where)}）") if dims else ("", "")
        raise MethodError(
            Fault(
                "all-alike",
                f"all regions have the same value{when[0]}: there is nothing neighbours could share. Leave it out.",
                f"所有地区取值相同{when[1]}，无从考察空间相关。请剔除。",
            )
        )


def _too_coarse(least: float, alpha: float, x: Floats) -> Fault:
    n = x.shape[-1]
    return Fault(
        "too-few-permutations",
        f"with so few permutations p cannot fall below {least:.2g}; to be found at {alpha:g} a single region among {n} "
        f"needs {alpha / n:.2g}. Take more.",
        f"置换次数过少，p 值不低于 {least:.2g}；{n} 个地区中若仅一个显著，须达到 {alpha / n:.2g} 才能在 {alpha:g} "
        "水平上检出。请增加置换次数。",
        severity="warning",
    )
