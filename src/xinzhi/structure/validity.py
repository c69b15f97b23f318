"""How far scores of complexity can be trusted: spectrum, sign, and the ranks that other draws would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.results import Record
from xinzhi.structure.complexity import Complexity, anchored, presented, ranked, score
from xinzhi.structure.crossed import totals
from xinzhi.structure.diagnosis import core
from xinzhi.structure.links import stored
from xinzhi.structure.resampling import second_of_draws
from xinzhi.structure.scoring import leaning

Resample = Literal["activities", "regions", "amounts"]

# So many numbers of a Lanczos basis are held at a time, 160 MB.
_AT_ONCE = 20_000_000


@dataclass(frozen=True, eq=False)
class Validity:
    """What speaks for and against scores of complexity, period by period.

    ``table`` has, by period: how many regions, activities and links were scored, in how many connected parts the links
    fall (the largest is scored), the second and third eigenvalue and their ``gap`` relative to the second, the rank
    correlation of the scores with diversity and with each anchor, ``ordered`` (the share of telling pairs of pairs in
    which the more complex region has the more complex activity), ``stable``, the mean rank correlation of the draws
    with the scores, and ``turned``, the share of draws that rank the other way round. ``ranks`` has, by period and
    region, the rank and its interval; ``draws`` (draw, time, region) the ranks of all draws. Draws say how far ranks
    hang on which regions or activities happen to be in the data; they say nothing of whether complexity is what one
    wants to know.
    """

    table: pd.DataFrame
    ranks: pd.DataFrame
    draws: xr.DataArray
    resample: Resample
    level: float
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Rows: time, region, rank, low, high, mean, share_defined."""
        return self.ranks.copy()

    def __repr__(self) -> str:
        last = self.table.to_dict("records")[-1]
        width = (self.ranks["high"] - self.ranks["low"]).groupby(self.ranks[TIME], sort=False).median().iloc[-1]
        gap = "" if np.isnan(last["gap"]) else f", gap {last['gap']:.2f}"
        return "\n".join(
            (
                f"Validity: {len(self.table)} periods, {self.draws.sizes['draw']} draws of {self.resample}",
                f"  {last[TIME]}: {last['regions']} regions, {last['activities']} activities in {last['parts']} parts"
                f"{gap}",
                f"  ranks: {self.level:.0%} intervals {width:.0f} wide in the middle; draws agree {last['stable']:.3f}",
                f"  rank correlation with diversity {last['diversity']:.3f}; ordered {last['ordered']:.3f}",
                f"  notes: {len(self.notes)}",
            )
        )


def validity(
    found: Complexity,
    *,
    anchors: Mapping[str, Any] | None = None,
    resample: Resample = "activities",
    noise: float = 0.1,
    draws: int = 200,
    level: float = 0.9,
    seed: int = 0,
) -> Validity:
    """Tell how far scores of complexity can be trusted.

    ``anchors`` are named outside witnesses, each one number a region (or region × time), such as income. ``resample``
    says what another draw would change: ``"activities"`` or ``"regions"`` drawn again with replacement, or
    ``"amounts"`` multiplied by log-normal noise of standard deviation ``noise`` before presence is taken anew. Regions
    that were not drawn are scored by the activities of those that were, where the measure allows it. Intervals hold
    ``level`` of the draws, half of the rest beyond each end. Efron, Tibshirani 1993. Raises ``MethodError``.
    """
    if draws < 2 or not 0 < level < 1 or not noise > 0:
        raise MethodError(
            Fault(
                "bad-option",
                f"draws must be at least 2, level between 0 and 1, noise above 0; found {draws}, {level:g}, {noise:g}.",
                f"draws 至少为 2，level 须在 0 与 1 之间，noise 须大于 0；实际为 {draws}、{level:g}、{noise:g}。",
            )
        )
    if found.base:
        raise MethodError(
            Fault(
                "fixed-base",
                "these scores rest on activities scored elsewhere; ask for the validity of the complexity there.",
                "这些得分依据在别处确定的活动得分；请对该处的复杂度进行检验。",
            )
        )
    witnesses = {name: anchored(values, found.values) for name, values in (anchors or {}).items()}
    rng = np.random.default_rng(seed)
    rank_draws = np.stack(
        [_drawn(found, at, resample, noise, draws, rng) for at in range(len(found.values.periods))], axis=1
    )
    labels = {TIME: found.regions[TIME].values, REGION: found.regions[REGION].values}
    made = xr.DataArray(rank_draws, dims=("draw", TIME, REGION), coords=labels, name="rank")
    settings = {"resample": resample, "draws": draws, "level": level}
    if resample == "amounts":
        settings["noise"] = noise
    return Validity(
        pd.DataFrame([_row(found, at, witnesses, rank_draws[:, at]) for at in range(len(found.values.periods))]),
        _intervals(found, rank_draws, level),
        made,
        resample,
        level,
        found.diagnosis,
        Record("validity", found.record.settings | settings, found.record.inputs, seed=seed),
    )


def ordered(m: sparse.csr_array, regions: Floats, activities: Floats) -> float:
    """Share of telling pairs of pairs in which the more complex region has the more complex activity.

    Of two regions and two activities, exactly one diagonal of presence tells: the one that pairs high with high, or
    the one that crosses. 1 means log-supermodular, which ranks by complexity are if they are right; ties are left out.
    Schetter 2019, A Structural Ranking of Economic Complexity.
    """
    rows, columns = np.flatnonzero(~np.isnan(regions)), np.flatnonzero(~np.isnan(activities))
    x = (m[rows][:, columns].toarray() > 0).astype(float)
    row_at, column_at = (np.unique(v, return_inverse=True)[1] for v in (regions[rows], activities[columns]))
    # Cells by rank, ties together, so that "lower" and "higher" are plain cumulative sums.
    grid = _folded(_folded(x, row_at), column_at, axis=1)
    low = np.pad(grid.cumsum(0).cumsum(1), ((1, 0), (1, 0)))[:-1, :-1]
    across = np.pad(grid.cumsum(0)[:, ::-1].cumsum(1)[:, ::-1], ((1, 0), (0, 1)))[:-1, 1:]
    straight, crossing = float((grid * low).sum()), float((grid * across).sum())
    both = _complete(x, row_at, column_at)
    telling = straight + crossing - 2 * both
    return (straight - both) / telling if telling > 0 else np.nan


def _row(found: Complexity, at: int, witnesses: Mapping[str, Floats | None], drawn: Floats) -> dict[str, Any]:
    matrix = stored(found.values.values[at]).astype(float)
    scores, activities = found.regions.values[at], found.activities.values[at]
    part = core(matrix)
    roots = np.append(found.spectrum.values[at], [np.nan, np.nan])[:2]
    rank = ranked(scores)
    agreed = [] if np.isnan(rank).all() else [leaning(rank, one) for one in drawn if not np.isnan(one).all()]
    return {
        TIME: found.values.periods[at],
        "regions": int((~np.isnan(scores)).sum()),
        "activities": int((~np.isnan(activities)).sum()),
        "links": int(matrix[part.rows].nnz),
        "parts": part.parts,
        "second": roots[0],
        "third": roots[1],
        "gap": (roots[0] - roots[1]) / roots[0] if roots[0] > 0 else np.nan,
        "diversity": _agreement(scores, totals(matrix, 1)),
        **{name: _agreement(scores, np.asarray(values)[at]) for name, values in witnesses.items()},
        "ordered": ordered(matrix, scores, activities),
        "stable": float(np.mean(agreed)) if agreed else np.nan,
        "turned": float(np.mean([of < 0 for of in agreed])) if agreed else np.nan,
    }


def _agreement(scores: Floats, other: Floats) -> float:
    """Rank correlation where both are known."""
    both = ~(np.isnan(scores) | np.isnan(other))
    return leaning(ranked(scores[both]), ranked(other[both])) if both.sum() > 1 else np.nan


def _intervals(found: Complexity, drawn: Floats, level: float) -> pd.DataFrame:
    defined = ~np.isnan(drawn)
    some = defined.any(axis=0)
    filled = np.where(some, drawn, 0.0)  # regions that no draw ranks would only warn
    low, high = np.nanquantile(filled, [(1 - level) / 2, (1 + level) / 2], axis=0)
    columns = {
        "rank": found.ranks.values,
        "low": np.where(some, low, np.nan),
        "high": np.where(some, high, np.nan),
        "mean": np.where(some, np.nanmean(filled, axis=0), np.nan),
        "share_defined": defined.mean(axis=0),
    }
    index = pd.MultiIndex.from_product([found.values.periods, found.values.regions], names=[TIME, REGION])
    return pd.DataFrame({name: of.ravel() for name, of in columns.items()}, index=index).reset_index()


def _drawn(
    found: Complexity, at: int, resample: Resample, noise: float, draws: int, rng: np.random.Generator
) -> Floats:
    """Ranks of all regions in every draw of a period, (draws, regions)."""
    matrix = stored(found.values.values[at]).astype(float)
    part = core(matrix)
    ranks = np.full((draws, matrix.shape[0]), np.nan)
    if np.isnan(found.regions.values[at]).all():
        return ranks
    within = sparse.csr_array(matrix[part.rows][:, part.columns])
    witness = None if found.anchor is None else found.anchor.values[at]
    if resample == "amounts":
        return _renoised(found, at, witness, noise, draws, rng)
    counts = _counts(within.shape, resample, draws, rng)
    inside = None if witness is None else witness[part.rows]
    if found.method == "eigenvector":
        ranks[:, part.rows] = _vectors(within, *counts, found.regions.values[at][part.rows], inside)
    else:
        ranks[:, part.rows] = _one_by_one(found, within, *counts, inside)
    return ranks


def _counts(shape: tuple[int, int], resample: Resample, draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """How often each region and each activity was drawn: (regions, draws), (activities, draws)."""
    counts = [np.ones((size, draws)) for size in shape]
    side = 0 if resample == "regions" else 1
    size = shape[side]
    counts[side] = rng.multinomial(size, np.full(size, 1 / size), size=draws).T.astype(float)
    return counts[0], counts[1]


def _vectors(m: sparse.csr_array, rows: Floats, columns: Floats, nominal: Floats, witness: Floats | None) -> Floats:
    """Ranks by the second vectors of all draws, each with the sign of its own anchor, (draws, regions)."""
    start = nominal - np.average(nominal, weights=totals(m, 1))
    at_once = max(1, _AT_ONCE // (20 * m.shape[0]))
    made = []
    for first in range(0, rows.shape[1], at_once):
        now = slice(first, first + at_once)
        vectors, roots = second_of_draws(m, rows[:, now], columns[:, now], start)
        vectors[:, roots <= 1e-9] = np.nan
        against = m @ columns[:, now] if witness is None else np.tile(witness[:, None], (1, vectors.shape[1]))
        signs = [-1.0 if leaning(v, a) < 0 else 1.0 for v, a in zip(vectors.T, against.T, strict=True)]
        made.append(_rounded(vectors * signs).T)
    return ranked(np.concatenate(made))


def _rounded(vectors: Floats) -> Floats:
    """Equal regions tie: the last digits of an iteration must not part them."""
    size = np.nanmax(np.abs(vectors), axis=0, initial=0.0)
    return np.round(vectors / np.where(size > 0, size, 1.0), 7)


def _one_by_one(
    found: Complexity, m: sparse.csr_array, rows: Floats, columns: Floats, witness: Floats | None
) -> Floats:
    """Ranks of the regions that were drawn, on the scale of all, (draws, regions)."""
    ranks = np.full((rows.shape[1], m.shape[0]), np.nan)
    for draw in range(rows.shape[1]):
        again = [np.repeat(np.arange(count.shape[0]), count[:, draw].astype(int)) for count in (rows, columns)]
        scores = score(
            m[again[0]][:, again[1]],
            found.asked.function,
            None if witness is None else witness[again[0]],
            **found.asked.options,
        )
        here, first = np.unique(again[0], return_index=True)
        own = ranked(scores.regions[first])
        most = (~np.isnan(own)).sum()
        ranks[draw, here] = 1 + (own - 1) * ((m.shape[0] - 1) / (most - 1) if most > 1 else 1.0)
    return ranks


def _renoised(
    found: Complexity, at: int, witness: Floats | None, noise: float, draws: int, rng: np.random.Generator
) -> Floats:
    if found.record.settings["presence"] == "ones":
        raise MethodError(
            Fault(
                "no-amounts",
                "these scores were made of presence alone; there are no amounts to disturb. Resample activities or "
                "regions.",
                "这些得分仅由有无构成，没有可扰动的数量。请对活动或地区重抽样。",
            )
        )
    amounts, asked = stored(found.amounts.values[at]).astype(float), found.asked
    ranks = np.empty((draws, amounts.shape[0]))
    for draw in range(draws):
        disturbed = amounts.copy()
        disturbed.data *= np.exp(noise * rng.standard_normal(amounts.nnz))
        one = replace(found.amounts, values=(disturbed,), periods=(found.amounts.periods[at],))
        again, _ = presented(one, found.method, asked.presence)
        ranks[draw] = ranked(score(again.values[0], asked.function, witness, **asked.options).regions)
    return ranks


def _folded(x: Floats, at: np.ndarray, axis: int = 0) -> Floats:
    """Rows (columns) of the same rank added up, in the order of the ranks."""
    out = np.zeros(
        (int(at.max(initial=-1)) + 1, x.shape[1]) if axis == 0 else (x.shape[0], int(at.max(initial=-1)) + 1)
    )
    np.add.at(out if axis == 0 else out.T, at, x if axis == 0 else x.T)
    return out


def _complete(x: Floats, row_at: np.ndarray, column_at: np.ndarray) -> float:
    """How many pairs of unequal regions share both of two unequal activities."""
    shared = x @ x.T
    # Pairs of activities of the same rank are no pairs.
    same = sum(
        (x[:, column_at == rank] @ x[:, column_at == rank].T) ** 2
        for rank in np.flatnonzero(np.bincount(column_at) > 1)
    )
    alone = np.bincount(column_at, minlength=1)
    single = x[:, alone[column_at] == 1]
    pairs = (shared**2 - same - single @ single.T) / 2
    return float((pairs * (row_at[:, None] > row_at[None, :])).sum())
