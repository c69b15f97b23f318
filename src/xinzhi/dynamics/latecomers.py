"""Do regions that start low overtake? Leaps from the bottom, against what noise and mere reshuffling would give.

The test is this project's own: the literature has rank mobility (Rey 2004) and regression to the mean (Quah 1993), but
no agreed test of overtaking, so nobody else's figures can be compared with it. It was checked against simulated panels
whose truth is known (noise about fixed places, random walks, a common trend, planted overtakers, a complete exchange
of places), its two statistics against a slow twin, and its level is given with ``latecomers``.

A region at the bottom in one year has often been unlucky in that year and stands higher in the next (regression to
the mean): rises from the bottom are no evidence by themselves. The nulls here rearrange each region's own years, so
that its places, its volatility and its noise are kept and only their order in time is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.methods import Family
from xinzhi.core.results import Record
from xinzhi.core.specs import Text
from xinzhi.dynamics._scores import Scores, names
from xinzhi.dynamics.courses import courses
from xinzhi.dynamics.mobility import ranks, short

Orders: TypeAlias = npt.NDArray[np.intp]

# Draws are made in batches of about so many cells, to keep memory small.
BATCH = 4_000_000
FEW_REGIONS = 10

nulls = Family(
    "latecomer-null",
    zh="后发赶超检验的零假设",
    about="f(rng, draws: int, times: int, regions: int) -> which year stands in for which, (draws, times, regions).",
)


@nulls.add("reversed", zh="时间反演零假设", cite="Fisher 1935, The Design of Experiments (pairs at random)")
def backwards(rng: np.random.Generator, draws: int, times: int, regions: int) -> Orders:
    """Run each region's course forwards or backwards at random.

    It asks whether there are more leaps up than falls of the same kind. Noise and any reshuffling that looks the same
    in both directions of time, regression to the mean included, give as much in either direction. Rejected: low
    starters leap up more than the mirror image does.
    """
    forwards = np.arange(times)[:, None]
    turn = rng.integers(0, 2, size=(draws, 1, regions), dtype=np.int8).astype(bool)
    return np.where(turn, forwards[::-1], forwards)


@nulls.add("shuffled", zh="年份随机重排零假设", cite="Pitman 1937, JRSS Supplement 4(1): 119")
def shuffled(rng: np.random.Generator, draws: int, times: int, regions: int) -> Orders:
    """Put each region's years in random order.

    It asks whether places change lastingly or there is noise about fixed places. Rejected: leaps from the bottom last
    longer than independent yearly noise could make them. Drift in any direction rejects it too, so it does not by
    itself speak for latecomers.
    """
    years = np.broadcast_to(np.arange(times)[:, None], (draws, times, regions))
    return np.asarray(rng.permuted(years, axis=1))


# What no rank test of this kind can show, said with every result.
LIMITS = Text(
    en="The test is a design of this software, checked on simulated panels only and not taken from the literature: no "
    "conclusion should rest on it alone. Ranks only: it does not say why regions rose, nor that the gap in levels "
    "closed. A complete exchange of places looks the same backwards, so only the shuffled null can speak of it. Noise "
    "that lasts for years passes for lasting change. With few leaps the test has little power: a large p-value is no "
    "evidence that latecomers cannot overtake.",
    zh="本检验由本软件自行设计，仅经模拟面板检验，并非文献中的既有方法，不宜单独作为结论依据。检验只依据位次：不能说明地区"
    "上升的原因，也不说明水平差距是否缩小。若高低位次完全互换，则正向与反向无从区分，此时仅“年份随机重排”零假设有意义。"
    "持续多年的噪声会被当作持久变化。赶超地区较少时检验功效很低，p 值大并不表明后发地区不能赶超。",
)


def latecomers(
    scores: xr.DataArray,
    *,
    low: float = 1 / 3,
    high: float = 1 / 2,
    window: int = 1,
    draws: int = 9_999,
    seed: int = 0,
) -> Latecomers:
    """Test whether regions that start low rise more than chance has it, and name those that overtook.

    A design of this project, not a test from the literature; what it was checked against stands above, in the module.
    ``scores`` are region × time; regions with a gap are left out and listed. A region's place is its rank from below
    over the number of regions, (rank - 1/2) / n, averaged over the first and the last ``window`` years and ranked
    again. ``leaps`` is the share of the regions that start within the lowest ``low`` and end above ``high``;
    ``rise`` is the mean change of place of those that start there. Both are compared with ``draws`` rearrangements of
    time (see ``nulls``), one-sided: p = (1 + draws with at least as much) / (1 + draws). Ranks of one year hang
    together, so the test is not exact: of 30 regions in noise about fixed places, 5.6 % of p-values of ``rise`` and
    fewer of ``leaps`` lie at or below 0.05 (1,000 simulated panels). Raises ``MethodError`` for
    fewer than six complete regions, windows that overlap, and bounds out of order.
    """
    laid, notices = courses(scores, least_regions=6, least_times=2)
    whole = laid.seen.all(axis=0)
    _refuse(laid, int(whole.sum()), low, high, window, draws)
    x = laid.x[:, whole]
    start, end = window_places(places(x), window)
    leaps, rise = leap_statistics(start, end, low, high)
    rows = [
        {"null": null.name, "null_zh": null.zh, **_compared(x, null.function, (low, high), window, draws, seed)}
        for null in nulls
    ]
    settings = {"low": low, "high": high, "window": window, "draws": draws}
    return Latecomers(
        leaps=float(leaps),
        rise=float(rise),
        tests=pd.DataFrame(rows),
        overtakers=_overtakers(laid.regions[whole], laid.times, x, start, end, low, high),
        low=low,
        high=high,
        window=window,
        limits=LIMITS,
        omitted=(*notices, *_left_out(laid.regions[~whole]), *short(laid), *_few(int(whole.sum()))),
        record=Record("latecomers", settings, {"scores": laid.digest}, seed=seed),
    )


@dataclass(frozen=True)
class Latecomers:
    """The latecomer test: how many that started low ended high, against rearranged time.

    ``tests`` has one row per null: what the null gives on average (``leaps_null``, ``rise_null``) and the p-values.
    ``overtakers`` has one row per region that leapt: its ranks, how many regions it passed, and ``holds_since``, the
    year from which it stayed above ``high`` until the end (``None`` where only the average of the last years is).
    """

    leaps: float
    rise: float
    tests: pd.DataFrame
    overtakers: pd.DataFrame
    low: float
    high: float
    window: int
    limits: Text
    omitted: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row per null, with the statistics observed."""
        return self.tests.assign(leaps=self.leaps, rise=self.rise)

    def __repr__(self) -> str:
        leapt = ", ".join(map(str, self.overtakers[REGION])) or "none"
        return "\n".join(
            (
                f"Latecomers: {self.leaps:.0%} of those in the lowest {self.low:.0%} ended above {self.high:.0%} "
                f"(mean rise {self.rise:+.3f} of the ranking)",
                *(
                    f"  against time {row.null}: {row.leaps_null:.0%} leap by chance, p = {row.p_leaps:.4f}; "
                    f"rise {row.rise_null:+.3f}, p = {row.p_rise:.4f}"
                    for row in self.tests.itertuples()
                ),
                f"  overtakers: {leapt}",
                f"  {self.limits.en}",
            )
        )


def places(x: Floats) -> Floats:
    """Places from below, (rank - 1/2) / n along the last axis: near 0 for the lowest, near 1 for the highest."""
    return np.asarray((ranks(-x) - 0.5) / x.shape[-1])


def window_places(p: Floats, window: int) -> tuple[Floats, Floats]:
    """Places (..., time, region) over the first and over the last ``window`` years, ranked again: (..., region) each.

    Means are rounded before they are ranked, so that equal ones tie whatever the order of their years.
    """
    first, last = (p[..., at, :].mean(axis=-2).round(12) for at in (slice(None, window), slice(-window, None)))
    return places(first), places(last)


def leap_statistics(start: Floats, end: Floats, low: float, high: float) -> tuple[Floats, Floats]:
    """Of the regions that start at or below ``low``: the share that ends above ``high``, and their mean change.

    Places are (..., region), the answers (...); 0 where ties leave nobody at the bottom.
    """
    bottom = start <= low + 1e-12
    n = np.maximum(bottom.sum(axis=-1), 1)
    leaps = (bottom & (end > high)).sum(axis=-1) / n
    rise = np.where(bottom, end - start, 0.0).sum(axis=-1) / n
    return np.asarray(leaps), np.asarray(rise)


def _compared(
    x: Floats, null: Callable[..., Orders], bounds: tuple[float, float], window: int, draws: int, seed: int
) -> dict[str, float]:
    """The statistics under a null: their means and one-sided p-values."""
    own = places(x)
    observed = leap_statistics(*window_places(own, window), *bounds)
    rng = np.random.default_rng(seed)
    times, regions = x.shape
    batch = max(1, BATCH // x.size)
    sums, least = np.zeros(2), np.zeros(2)
    for done in range(0, draws, batch):
        orders = null(rng, min(batch, draws - done), times, regions)
        drawn = leap_statistics(*window_places(np.take_along_axis(own[None], orders, axis=1), window), *bounds)
        sums += [of.sum() for of in drawn]
        least += [(of >= was - 1e-12).sum() for of, was in zip(drawn, observed, strict=True)]
    p = (1 + least) / (1 + draws)
    return {
        "leaps_null": float(sums[0] / draws),
        "p_leaps": float(p[0]),
        "rise_null": float(sums[1] / draws),
        "p_rise": float(p[1]),
    }


def _overtakers(
    regions: npt.NDArray[np.object_],
    times: npt.NDArray[np.generic],
    x: Floats,
    start: Floats,
    end: Floats,
    low: float,
    high: float,
) -> pd.DataFrame:
    leapt = np.flatnonzero((start <= low + 1e-12) & (end > high))
    leapt = leapt[np.argsort(-(end - start)[leapt], kind="stable")]
    above = places(x) > high
    since = []
    for at in leapt:
        lasting = np.logical_and.accumulate(above[::-1, at])[::-1]
        since.append(times[int(lasting.argmax())] if lasting.any() else None)
    passed = ((start[leapt, None] < start) & (end[leapt, None] > end)).sum(axis=1)
    first, last = ranks(start), ranks(end)
    return pd.DataFrame(
        {
            REGION: regions[leapt],
            "rank_start": first[leapt],
            "rank_end": last[leapt],
            "passed": passed,
            "holds_since": np.array(since, dtype=object),
        }
    )


def _refuse(laid: Scores, complete: int, low: float, high: float, window: int, draws: int) -> None:
    faults = []
    if complete < 6:
        faults.append(
            Fault(
                "too-few-regions",
                f"{complete} regions have a score in every year; at least 6 are needed.",
                f"各年均有得分的地区仅 {complete} 个；至少需要 6 个。",
            )
        )
    if not 1 <= window <= len(laid.times) // 2:
        faults.append(
            Fault(
                "windows-overlap",
                f"a window of {window} years at either end does not fit into {len(laid.times)} years.",
                f"首尾各取 {window} 年的窗口与 {len(laid.times)} 个年份不相容。",
            )
        )
    if not 0 < low <= high < 1:
        faults.append(
            Fault(
                "bounds-out-of-order",
                f"bounds must lie in order between 0 and 1; found low {low:g}, high {high:g}.",
                f"界限须满足 0 < low ≤ high < 1；实际 low 为 {low:g}，high 为 {high:g}。",
            )
        )
    if draws < 1:
        faults.append(Fault("no-draws", "at least one draw is needed.", "至少需要一次随机抽取。"))
    if faults:
        raise MethodError(faults)


def _left_out(regions: npt.NDArray[np.object_]) -> tuple[Fault, ...]:
    if len(regions) == 0:
        return ()
    en, zh = names(regions)
    return (
        Fault(
            "incomplete-course",
            f"left out, because not every year was observed: {en}.",
            f"因部分年份缺失而未纳入：{zh}。",
            severity="warning",
        ),
    )


def _few(regions: int) -> tuple[Fault, ...]:
    if regions >= FEW_REGIONS:
        return ()
    return (
        Fault(
            "few-regions",
            f"{regions} regions: too few for small p-values whatever happened.",
            f"仅 {regions} 个地区，无论实际如何都难以得到较小的 p 值。",
            severity="warning",
        ),
    )
