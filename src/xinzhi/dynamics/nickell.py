"""How far region effects pull β where years are few: Nickell's bias, for spans of any length, overlapping, with gaps.

Growth g = (y' - y)/s is regressed on y with region means taken out. The mean of a region's own years holds the same
luck as its growth, so β comes out too low however many regions there are. For paths that have settled around a level
of their own, y a first-order autoregression with persistence r from year to year, the limit in the number of regions
is a ratio of two traces, exact for any spans; with spans of one year it is equation 18 of Nickell (1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from xinzhi.core.errors import Fault
from xinzhi.core.labels import Floats

Estimator = Literal["plain", "halved", "spatial"]

# A bias of so many standard errors leaves an interval of 95 % with 92 %.
SMALL = 0.5


@dataclass(frozen=True)
class Spans:
    """The growth spans of a panel: years (spans,) of their starts, their length, and which regions have them.

    ``seen`` is (region, span). ``parts`` are the panels that an estimate is put together from, with their shares: the
    whole once, or twice the whole less its halves.
    """

    starts: Floats
    span: float
    seen: npt.NDArray[np.bool_]
    parts: Sequence[tuple[float, slice]] = ((1.0, slice(None)),)

    def limit(self, persistence: float) -> float:
        """What β comes to with ever more regions, if levels persist so far from year to year (0 to 1)."""
        return sum(share * self._limit(persistence, part) for share, part in self.parts)

    def truth(self, persistence: float) -> float:
        """The β that is meant: (rˢ - 1)/s."""
        return float((persistence**self.span - 1) / self.span)

    def bias(self, beta: float) -> float:
        """By how much an estimate of ``beta`` is expected to be off, the persistence being what would give it."""
        if beta >= self.limit(1.0):
            persistence = 1.0
        elif beta <= self.limit(0.0):
            persistence = 0.0
        else:
            persistence = float(optimize.brentq(lambda r: self.limit(r) - beta, 0.0, 1.0, xtol=1e-10))
        return self.limit(persistence) - self.truth(persistence)

    def _limit(self, persistence: float, part: slice) -> float:
        starts = self.starts[part]
        before = _apart(starts, starts, persistence)
        # Of a span that ends where another starts the two share a year: that is where the bias comes from.
        gain = (_apart(starts, starts + self.span, persistence) - before) / self.span
        patterns, counts = np.unique(self.seen[:, part], axis=0, return_counts=True)
        above = below = 0.0
        for pattern, count in zip(patterns, counts, strict=True):
            if pattern.sum() > 1:
                above += count * _within(gain[np.ix_(pattern, pattern)])
                below += count * _within(before[np.ix_(pattern, pattern)])
        return above / below


def nickell_note(beta: float, error: float, spans: Spans, kind: Estimator) -> tuple[Fault, ...]:
    """A warning where the bias that is to be expected is not small beside the standard error.

    The bias does not fall with the number of regions while the standard error does, so that what is harmless with 10
    regions is not with 300. ``kind`` says how β was estimated, and so what is left to do. Nickell 1981.
    """
    longest = int(spans.seen.sum(axis=1).max(initial=0))
    if longest < 2 or not error > 0:
        return ()
    bias = spans.bias(beta)
    if abs(bias) <= SMALL * error:
        return ()
    reach, off = stats.norm.ppf(0.975), bias / error
    held = float(stats.norm.cdf(reach - off) - stats.norm.cdf(-reach - off))
    cause_en, cause_zh = _CAUSES[kind == "halved"]
    way_en, way_zh = _WAYS[kind]
    faster = ("", "") if bias > 0 else (" Convergence looks faster than it is.", "收敛速度因此被高估。")
    return (
        Fault(
            "nickell-bias",
            f"with {longest} growth spans a region, {cause_en} β off by about {bias:+.3f} (estimate {beta:.3f}), "
            f"{abs(off):.1f} times its standard error, so that an interval of 95% holds the true β in about {held:.0%} "
            f"of samples (Nickell 1981).{faster[0]} More regions do not help, more years do. {way_en}",
            f"每个地区仅有 {longest} 个增长区间，{cause_zh} β 的估计{'偏低' if bias < 0 else '偏高'}约 {abs(bias):.3f}"
            f"（估计值为 {beta:.3f}），为其标准误的 {abs(off):.1f} 倍，名义 95% 的置信区间实际覆盖真值的概率约为 "
            f"{held:.0%}（Nickell 1981）。{faster[1]}增加地区无助于缓解，须延长年份。{way_zh}",
            severity="warning",
        ),
    )


def settled_note(first: Floats, last: Floats, spans: float, variance: float) -> tuple[Fault, ...]:
    """A warning where regions moved farther than luck carries regions that had settled around a level of their own.

    ``first`` and ``last`` (regions,) are levels that lie so many ``spans`` apart, ``variance`` that of the luck of one
    span. Of settled levels the change has at most max(spans, 2) times that variance, whatever their persistence, so
    that the test at 1 % errs on the side of silence. In panels of 30 × 12 and 30 × 20 whose regions began six times as
    far from their levels as settled ones lie, intervals of 95 % after the half-panel correction held β in 49 % and 34 %
    of 100 each; this warning came with all of these, and with none of as many that had settled.
    """
    moved = last - first
    moved = moved[np.isfinite(moved)]
    if len(moved) < 4 or not variance > 0:
        return ()
    ratio = float(moved.var(ddof=1) / (max(spans, 2.0) * variance))
    if ratio <= stats.chi2.ppf(0.99, len(moved) - 1) / (len(moved) - 1):
        return ()
    return (
        Fault(
            "not-settled",
            f"levels changed with {ratio:.1f} times the variance that yearly luck could give regions which had settled "
            "around a level of their own: these still come from afar. The bias of region effects is then smaller than "
            "for settled regions, and the half-panel correction takes out too much, so that its interval often misses "
            "the true β. Compare with time effects only.",
            f"各地区水平变动的方差为稳态地区随机波动所能产生的 {ratio:.1f} 倍：各地区仍处于趋向自身稳态的途中。此时地区"
            "固定效应的偏误小于稳态情形，半面板校正会矫枉过正，其置信区间往往不含真值。请与仅含时间效应的结果对照。",
            severity="warning",
        ),
    )


_CAUSES = (
    ("region effects pull", "地区固定效应使"),
    ("the half-panel correction still leaves", "半面板校正后仍使"),
)
_COMPARE = "Compare with time effects only, or with the cross-section.", "请与仅含时间效应或截面回归的结果对照。"
_WAYS: dict[Estimator, tuple[str, str]] = {
    "plain": (
        f'Set correction = "half-panel" (four spans or more, without gaps). {_COMPARE[0]}',
        '请设置 correction = "half-panel"（至少 4 个区间且无缺失），并与仅含时间效应或截面回归的结果对照。',
    ),
    "halved": _COMPARE,
    "spatial": (
        'Compare with effects of time only, and with beta_convergence and its correction = "half-panel".',
        '请与仅含时间效应的结果、以及 beta_convergence 的半面板校正（correction = "half-panel"）结果对照。',
    ),
}


def _apart(a: Floats, b: Floats, persistence: float) -> Floats:
    """Half the mean squared difference of a level between years a and years b, (a, b), in variances of its luck.

    (1 - r^h)/(1 - r²) at h years, h/2 where r = 1. Region means take out what is common to all years, so that the
    covariance may be replaced by less than itself.
    """
    years = np.abs(a[:, None] - b[None, :])
    if persistence > 1 - 1e-9:
        return np.asarray(years / 2)
    return np.asarray((1 - persistence**years) / (1 - persistence**2))


def _within(table: Floats) -> float:
    """Trace of a table from whose columns the means were taken."""
    return float(np.trace(table) - table.mean(axis=0).sum())
