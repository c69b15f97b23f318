"""How industries move between rungs from one year to the next, where that leads, and what drives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.ladder import _hidden_kernels as kernels
from xinzhi.structure.ladder.chances import DRAWS, ENDS, FROM, GROUP, HEIGHT, TO, drawn_moves, named, summed
from xinzhi.structure.ladder.criteria import BORN
from xinzhi.structure.ladder.hazards import hazards
from xinzhi.structure.ladder.moves import Transitions
from xinzhi.structure.ladder.rungs import RUNGS, SERIES, TIME, Ladder

ALL = "all"
Places = npt.NDArray[np.int64]
LIMIT = 60  # years ahead
DOUBTFUL = 0.05  # share of placements that are not certain from which it is said


def transitions(
    ladder: Ladder,
    *,
    by: str | Mapping[str, str] | None = None,
    covariates: Mapping[str, Any] | Sequence[str] | None = None,
    horizon: int = 5,
) -> Transitions:
    """How industries move between rungs from one year to the next, and where that leads.

    ``by`` groups moves by "region", "industry", "time" or "decade" (in which a move begins; forecasts then go on as in
    the last), or by a mapping of industries to groups, {"334": "manufacturing"}. ``covariates`` are names of the
    ladder's evidence, or a mapping from name to numbers by industry (and region, and time). ``horizon`` is how many
    years ahead forecasts go.

    Uncertain placements count by their probabilities: an industry that is one of two rungs with a half each counts
    half on either. Of how this year's chances turn into next year's, a hidden Markov ladder says so itself (its
    joint chances have the form a·move·b, and are found by scaling to both years' probabilities); of a rule's ladder
    as much stays as can. So doubt alone makes no moves. A step over a gap is left out and counted; where
    a region's record ends before the table does, its industries do not count as gone.

    Intervals are Bayesian bootstraps over industries (Rubin 1981), all series of an industry together, with one move
    of prior weight spread evenly over where a rung may lead (Perks 1947), so that a move never seen is not
    impossible; were every industry one move, that is Dirichlet's. They take the placements as given.

    Time to the next rung is the cumulative incidence of moving up with moving down, or being gone, as the competing
    event (Aalen, Johansen 1978), from spells whose beginning was seen; never the mean of those who rose. Hazards are
    discrete-time logits with a dummy for each rung and errors clustered by industry; what the placement itself rests
    on explains moves by definition. Raises ``MethodError`` for fewer than two placed years and unknown options.
    """
    asked = _checked(ladder, by, horizon)
    covariates = [covariates] if isinstance(covariates, str) else covariates
    chances = np.ascontiguousarray(ladder.probability.values)
    placed = np.isfinite(chances[..., 0])
    seen = np.flatnonzero(placed.any(axis=0))
    last = int(seen[-1])
    names, group = _groups(ladder, asked, last)
    clusters, cluster = np.unique(ladder.probability["industry"].values.astype(str), return_inverse=True)
    pairs, cell = np.unique(cluster[:, None] * len(names) + group, return_inverse=True)
    cell = np.ascontiguousarray(cell.reshape(group.shape)).astype(np.int64)
    move, most = _model(ladder)
    first, starts, ends = _record_of_regions(ladder, placed)
    # What is first placed as soon as anything of its region is, or within three years of it, may be of any age.
    begins = np.where(first > starts + BORN, first, -1)
    counts, spells, moved, gaps = kernels.follow(chances, begins, move, most, cell, len(pairs), HEIGHT, ends)
    of_cluster, of_group = pairs // len(names), pairs % len(names)
    total = summed(counts, of_group, len(names))
    if total.sum() <= 0:
        raise MethodError(_no_moves(ladder))
    weights = np.random.default_rng(0).standard_exponential((DRAWS, len(clusters)))
    draws, rates, incidence = drawn_moves(counts, spells, weights, of_cluster, of_group, names)
    there = np.flatnonzero(placed[:, last])
    axes = {GROUP: np.array(names, dtype=object), FROM: named(*RUNGS), TO: named(*ENDS)}
    found = hazards(ladder, moved, covariates, cluster) if covariates else None
    now = np.concatenate([chances[there, last], np.zeros((len(there), 1))], axis=1)
    settings = {
        "by": dict(by) if isinstance(by, Mapping) else by,
        "covariates": list(covariates) if covariates else None,
        "horizon": horizon,
        "clusters": len(clusters),
        "ladder": ladder.record.settings,
    }
    labels = pd.DataFrame({name: ladder.probability[name].values[there] for name in ("region", "industry")})
    return Transitions(
        xr.DataArray(total, axes, (GROUP, FROM, TO), name="count"),
        rates,
        incidence,
        found,
        horizon,
        draws,
        now,
        group[there, last],
        labels,
        int(ladder.probability[TIME].values[last]),
        (*_notes(total, names, gaps, len(clusters), ladder), *_ended(ladder, ends, last)),
        Record("transitions", settings, {"ladder": digest(chances.tobytes())}, seed=0),
    )


def _checked(ladder: Ladder, by: str | Mapping[str, str] | None, horizon: int) -> str | Mapping[str, str] | None:
    if not isinstance(horizon, int) or isinstance(horizon, bool) or not 1 <= horizon <= LIMIT:
        raise FaultyValue(
            "bad-option",
            f"horizon is a number of years from 1 to {LIMIT}; found {horizon!r}.",
            f"horizon 须为 1 至 {LIMIT} 的年数；实际为 {horizon!r}。",
        )
    if by is not None and not isinstance(by, Mapping) and by not in ("region", "industry", "time", "decade"):
        raise FaultyValue(
            "bad-option",
            f"by is one of: region, industry, time, decade, or a mapping of industries to groups; found {by!r}.",
            f"by 可取 region、industry、time、decade，或“产业 → 组”的映射；实际为 {by!r}。",
        )
    if isinstance(by, Mapping):
        industries = set(map(str, ladder.probability["industry"].values.tolist()))
        lacking = sorted(industries - set(map(str, by)))
        if lacking:
            raise MethodError(
                Fault(
                    "no-group",
                    f"`by` gives no group to {len(lacking)} of {len(industries)} industries "
                    f"(first: {', '.join(lacking[:5])}). Name every industry.",
                    f"by 未给出 {len(industries)} 个产业中 {len(lacking)} 个的分组（首个：{'、'.join(lacking[:5])}）。"
                    "请为每个产业指定分组。",
                )
            )
    if int(np.isfinite(ladder.probability.values[..., 0]).any(axis=0).sum()) < 2:
        raise MethodError(_no_moves(ladder))
    return by


def _groups(ladder: Ladder, by: str | Mapping[str, str] | None, last: int) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The groups in order, and to which each series-year belongs.

    No move begins in the last year: it belongs with the year before.
    """
    of = ladder.probability
    many, years = of.sizes[SERIES], of[TIME].values[: of.sizes[TIME]]
    if by in ("time", "decade"):
        told = np.minimum(years, years[max(last - 1, 0)]).astype(int)
        labels = [str(year) if by == "time" else f"{year // 10 * 10}s" for year in told.tolist()]
        names, at = np.unique(labels, return_inverse=True)
        return names.tolist(), np.repeat(at[None].astype(np.int64), many, axis=0)
    if by is None:
        return [ALL], np.zeros((many, len(years)), dtype=np.int64)
    if isinstance(by, str):
        mine = of[by].values.astype(str)
    else:
        named = {str(industry): str(group) for industry, group in by.items()}
        mine = np.array([named[industry] for industry in of["industry"].values.astype(str).tolist()])
    names, at = np.unique(mine, return_inverse=True)
    return names.tolist(), np.repeat(at[:, None].astype(np.int64), len(years), axis=1)


def _record_of_regions(ladder: Ladder, placed: npt.NDArray[np.bool_]) -> tuple[Places, Places, Places]:
    """Of each series the first year placed (-1: never), and the first and last in which anything of its region is.

    Where a region's record begins late or ends early, its industries were not born or gone: nobody looked.
    """
    times, there = placed.shape[1], placed.any(axis=1)
    first = np.where(there, placed.argmax(axis=1), -1)
    _, of = np.unique(ladder.probability["region"].values.astype(str), return_inverse=True)
    starts, ends = np.full(of.max() + 1, times), np.full(of.max() + 1, -1)
    np.minimum.at(starts, of, np.where(there, first, times))
    np.maximum.at(ends, of, np.where(there, times - 1 - placed[:, ::-1].argmax(axis=1), -1))
    return first.astype(np.int64), starts[of].astype(np.int64), ends[of].astype(np.int64)


def _ended(ladder: Ladder, ends: Places, last: int) -> list[Fault]:
    early = sorted(set(ladder.probability["region"].values[(ends < last) & (ends >= 0)].tolist()))
    if not early:
        return []
    year = int(ladder.probability[TIME].values[last])
    return [
        Fault(
            "record-ends-early",
            f"nothing of {len(early)} regions is placed in {year} (first: {', '.join(early[:3])}): their industries do "
            "not count as gone, and are in no forecast.",
            f"有 {len(early)} 个地区在 {year} 年没有任何判定（首个：{'、'.join(early[:3])}）："
            "其产业不计为消失，也不参与预测。",
            severity="warning",
        )
    ]


def _model(ladder: Ladder) -> tuple[Floats, bool]:
    """The moves of the ladder's own model, and whether there is none, so that as much stays as can."""
    fitted = ladder.record.settings.get("fitted")
    if ladder.way != "hidden-markov" or fitted is None:
        return np.eye(len(RUNGS)), True
    return np.array(fitted["move"], dtype=float), False


def _notes(total: Floats, names: list[str], gaps: int, clusters: int, ladder: Ladder) -> list[Fault]:
    notes = []
    doubtful = 1 - float(ladder.certain.values[ladder.placed.values].mean())
    if doubtful > DOUBTFUL:
        notes.append(
            Fault(
                "doubtful-placements",
                f"{doubtful:.0%} of placements are not certain. Intervals hold the luck of moves, not doubt about "
                "placements: a rule moves to and fro more often than industries do, a smoothed model less often.",
                f"有 {doubtful:.0%} 的判定尚不确定。区间只含转移的随机性，不含判定本身的误差：规则法的往返转移偏多，"
                "平滑后的模型则偏少。",
                severity="warning",
            )
        )
    if gaps:
        notes.append(
            Fault(
                "steps-with-gaps",
                f"{gaps} series-years are left out: the industry is not placed in the year after, and is again later.",
                f"有 {gaps} 个序列—年份未计入：次年未判定，而其后又有判定。",
                severity="warning",
            )
        )
    if clusters < 10:
        notes.append(
            Fault(
                "few-industries",
                f"intervals rest on {clusters} industries; with fewer than 10 they are too narrow as a rule.",
                f"区间仅基于 {clusters} 个产业；少于 10 个时通常偏窄。",
                severity="warning",
            )
        )
    thin = [
        f"{name}: {RUNGS[k]}" for g, name in enumerate(names) for k in range(len(RUNGS)) if 0 < total[g, k].sum() < 10
    ]
    if thin:
        notes.append(
            Fault(
                "few-moves",
                f"fewer than 10 series-years begin on {len(thin)} rungs ({'; '.join(thin[:5])}"
                f"{' …' if len(thin) > 5 else ''}): read their chances with their intervals.",
                f"有 {len(thin)} 个梯级的起始序列—年份不足 10 个（{'；'.join(thin[:5])}"
                f"{'……' if len(thin) > 5 else ''}）：请结合区间解读。",
                severity="warning",
            )
        )
    return notes


def _no_moves(ladder: Ladder) -> Fault:
    years = ladder.probability[TIME].values
    return Fault(
        "no-moves",
        f"no industry is placed in two years running between {years[0]} and {years[-1]}: there are no moves to count. "
        "Place industries over more years.",
        f"{years[0]}—{years[-1]} 年间没有产业连续两年获得判定，无从统计转移。请增加年份。",
    )
