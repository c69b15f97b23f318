"""Known facts of firms, ventures and industries beside what the model brought forth: met, missed or not to be told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.specs import Text
from xinzhi.simulate import distributions as spread
from xinzhi.simulate.lags import BACKED, incidence
from xinzhi.simulate.targets import IN_VIEW, TARGETS, Target

if TYPE_CHECKING:
    import pandas as pd

    from xinzhi.core.labels import Floats
    from xinzhi.simulate.history import History

LIFETIME: Final = 60
"""Years that a run must last before a shakeout can be asked of it."""
_A_YEAR: Final = 4  # quarters
_SEEN, _RISE = 50, 30  # years that an industry must be watched for its shakeout, and for its rise
_PRODUCERS = 20  # at the peak, at the least; the sources' smallest industry had 29
_BACKED_LEAST, _BACKED_YEARS = 50, 10

Found = Mapping[str, "float | Text"]
"""Facts of one run by their code, or why one cannot be told."""


@dataclass(frozen=True)
class Fact:
    """One fact: what is known of it, and ``got``, the median over runs, with its interval over them.

    ``got`` is nan where half of the runs or more cannot tell; ``missing`` says why. The bounds are nan with one run.
    ``meets`` is None where nothing is asked, or nothing can be told.
    """

    target: Target
    got: float
    low: float
    high: float
    targeted: bool
    meets: bool | None
    missing: Text | None


@dataclass(frozen=True, eq=False)
class Facts:
    """All facts in the order of ``TARGETS``; those that the model was not fitted to (not ``targeted``) are evidence."""

    facts: tuple[Fact, ...]
    runs: int
    level: float

    def __getitem__(self, code: str) -> Fact:
        return next(one for one in self.facts if one.target.code == code)

    def to_frame(self) -> pd.DataFrame:
        """A row a fact, with its name and why it is missing in both languages, target, got, interval and source."""
        import pandas as pd

        nothing = Text(en="", zh="")
        return pd.DataFrame(
            {
                "code": one.target.code,
                "name": one.target.name.en,
                "name_zh": one.target.name.zh,
                "unit": one.target.unit.en,
                "target": np.nan if one.target.value is None else one.target.value,
                "target_low": np.nan if one.target.low is None else one.target.low,
                "target_high": np.nan if one.target.high is None else one.target.high,
                "got": one.got,
                "low": one.low,
                "high": one.high,
                "targeted": one.targeted,
                "meets": one.meets,
                "missing": (one.missing or nothing).en,
                "missing_zh": (one.missing or nothing).zh,
                "source": one.target.source,
            }
            for one in self.facts
        )

    def __str__(self) -> str:
        def named(meets: bool | None, told: bool = True) -> str:
            those = [one.target.code for one in self.facts if one.meets is meets and bool(np.isfinite(one.got)) is told]
            return ", ".join(those) or "none"

        free = [one for one in self.facts if one.meets is not None and not one.targeted]
        return "\n".join(
            (
                f"{type(self).__name__}: {len(self.facts)} facts over {self.runs} runs",
                f"met: {named(True)}",
                f"missed: {named(False)}",
                f"not asked: {named(None)}",
                f"not to be told: {named(None, told=False)}",
                f"of {len(free)} that the model was not fitted to, {sum(bool(one.meets) for one in free)} are met",
            )
        )


def facts(histories: History | Iterable[History], *, targeted: Collection[str] = IN_VIEW, level: float = 0.95) -> Facts:
    """Hold runs against what is known of firms, ventures and industries, each fact with its source in ``TARGETS``.

    ``histories`` may be a generator, so that not all runs need be held at once. ``targeted`` names the facts that the
    knobs were chosen by. ``got`` is the median over runs and the interval the quantiles at ``level``; a fact is met
    where ``got`` lies within its range. What a run cannot tell is a listed omission with its reason.
    Raises ``MethodError`` for unknown names in ``targeted`` and where there is no run.
    """
    if unknown := sorted(set(targeted) - set(TARGETS)):
        raise MethodError(
            Fault(
                "unknown-fact",
                f"no fact is named {', '.join(unknown)}. Known: {', '.join(TARGETS)}.",
                f"没有名为 {', '.join(unknown)} 的事实。可用：{', '.join(TARGETS)}。",
            )
        )
    runs = [measured(one) for one in (histories if isinstance(histories, Iterable) else (histories,))]
    if not runs:
        raise MethodError(
            Fault("no-runs", "no run was given, so no fact can be told.", "没有给出任何运行结果，无法核对事实。")
        )
    return Facts(tuple(_fact(one, runs, one.code in targeted, level) for one in TARGETS.values()), len(runs), level)


def measured(history: History) -> Found:
    """All facts of one run by their code; why, where one cannot be told."""
    found: dict[str, float | Text] = {}
    for part in _PARTS:
        found |= part(history)
    return {code: value if isinstance(value, Text) or np.isfinite(value) else _FEW for code, value in found.items()}


def _fact(target: Target, runs: list[Found], targeted: bool, level: float) -> Fact:
    told = [value for one in runs if not isinstance(value := one[target.code], Text)]
    if 2 * len(told) <= len(runs):
        why = next(value for one in runs if isinstance(value := one[target.code], Text))
        return Fact(target, np.nan, np.nan, np.nan, targeted, None, why)
    got = float(np.median(told))
    low, high = np.quantile(told, [(1 - level) / 2, (1 + level) / 2]) if len(told) > 1 else (np.nan, np.nan)
    meets = None
    if target.low is not None or target.high is not None:
        meets = (target.low is None or got >= target.low) and (target.high is None or got <= target.high)
    return Fact(target, got, float(low), float(high), targeted, meets, None)


_FEW = Text(en="Too few firms, or all of them alike.", zh="企业太少，或彼此无差异。")


def _firms(history: History) -> Found:
    now = history.firms_now
    size, before, industry = now["size"], now["size_year_ago"], now["industry"].astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = spread.centred(np.where((size > 0) & (before > 0), np.log(size / before), np.nan), industry)
    regions = np.split(size[order := np.argsort(now["region"], kind="stable")], _edges(now["region"][order]))
    tails = np.array([spread.upper_tail(one).exponent for one in regions if one.size > 10 * spread.LEAST_TAIL])
    tails = tails[np.isfinite(tails)]
    return {
        "growth_shape": spread.subbotin_shape(growth),
        "growth_tail": 1 + spread.upper_tail(np.abs(growth)).exponent,
        "spread_by_size": spread.spread_by_size(before, growth),
        "size_tail": spread.upper_tail(size).exponent,
        "region_size_tail": 1 + float(np.median(tails)) if tails.size else _FEW,
        "ninety_ten": spread.ninety_ten(now["productivity"], industry),
    }


def _edges(ordered: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    return np.asarray(np.flatnonzero(np.diff(ordered)) + 1, dtype=np.int64)


def _productivity(history: History) -> Found:
    now, left, years = history.firms_now, history.left_since, history.before_quarters / _A_YEAR
    gone = left["size_before"].size
    nothing = np.full(gone, np.nan)
    moves = spread.Moves(
        np.concatenate([now["size_before"], left["size_before"]]),
        np.concatenate([now["productivity_before"], left["productivity_before"]]),
        np.concatenate([now["size"], nothing]),
        np.concatenate([now["productivity"], nothing]),
        np.concatenate([now["industry"], left["industry"]]).astype(np.int64),
    )
    growth = spread.growth_of_productivity(moves)
    shrunk = Text(
        en="Productivity did not grow, so no share of its growth can be told.", zh="生产率未增长，贡献比重无从谈起。"
    )
    return {
        "productivity_growth": float(np.expm1(growth.stayed / years)),
        "net_entry": shrunk if growth.total <= 0 else growth.net_entry,
    }


def _industries(history: History) -> Found:
    firms, born = history.industry_firms, history.born_quarter
    quarters = len(firms)
    never = Text(en="No industry was born that grew large enough.", zh="没有新生产业成长到足够规模。")
    new = np.flatnonzero((born > 0) & (born < quarters))
    found: dict[str, float | Text] = {"industries_born": 10 * _A_YEAR * new.size / quarters}
    paths = [firms[born[one] :, one] for one in new]
    paths = [one for one in paths if one.max() >= _PRODUCERS]
    rises = [_along_an_s(one) for one in paths if len(one) >= _RISE * _A_YEAR]
    young = Text(en=f"No new industry was watched for {_RISE} years.", zh=f"没有新生产业被观察满 {_RISE} 年。")
    found["s_curve"] = float(np.mean(rises)) if rises else young if paths else never
    if quarters < LIFETIME * _A_YEAR:
        short = Text(
            en=f"The run lasts {quarters // _A_YEAR} years; a shakeout takes {LIFETIME}.",
            zh=f"运行期仅 {quarters // _A_YEAR} 年；震荡出清需 {LIFETIME} 年。",
        )
        return found | {"shakeout": short, "years_to_peak": short}
    paths = [one[: LIFETIME * _A_YEAR] for one in paths if len(one) >= _SEEN * _A_YEAR]
    if not paths:
        return found | {"shakeout": never, "years_to_peak": never}
    peaks = [int(one.argmax()) for one in paths]
    found["shakeout"] = float(
        np.median([one[peak] / max(one[peak:].min(), 1.0) for one, peak in zip(paths, peaks, strict=True)])
    )
    # One that stands at its peak in its last five years may be rising still: its peak is later than all others'.
    years = [
        peak / _A_YEAR if peak < len(one) - 5 * _A_YEAR else np.inf for one, peak in zip(paths, peaks, strict=True)
    ]
    rising = Text(en="Half of the new industries have not yet peaked.", zh="半数新生产业尚未达峰。")
    found["years_to_peak"] = middle if np.isfinite(middle := float(np.median(years))) else rising
    return found


def _along_an_s(path: Floats) -> bool:
    """Whether the way from a tenth to nine tenths of the peak is steepest in its middle third."""
    foot, top = (int(np.argmax(path >= share * path.max())) for share in (0.1, 0.9))
    first, second, third = np.diff(np.interp(np.linspace(foot, top, 4), np.arange(len(path)), path))
    return bool(second > first and second > third)


def _ventures(history: History) -> Found:
    ventures, last = history.ventures, len(history.national) - 1
    if not (ventures["born"] <= last).any():
        nothing = Text(en="No discovery was taken up.", zh="没有发现被承接。")
        return {"science_to_market": nothing, "market_in_ten": nothing}
    lags = incidence(ventures, last)
    half, arrived = lags.when(0)[0], float(lags.share[0, -1])
    short = Text(
        en=f"Half never came to the market within {last / _A_YEAR:.0f} years ({100 * arrived:.0f} % did).",
        zh=f"{last / _A_YEAR:.0f} 年内未有半数进入市场（实际 {100 * arrived:.0f} %）。",
    )
    ten = float(lags.at(10)[0][0])
    brief = Text(en="The run is shorter than ten years.", zh="运行期不足十年。")
    return {"science_to_market": half if np.isfinite(half) else short, "market_in_ten": brief if np.isnan(ten) else ten}


def _backed(history: History) -> Found:
    outcome, years = history.backed["outcome"], len(history.national) / _A_YEAR
    names = {0: "still_open", **dict(zip(BACKED, ("listed", "acquired", "dead"), strict=True))}
    if outcome.size < _BACKED_LEAST or years < _BACKED_YEARS:
        few = Text(
            en=f"{outcome.size} backed start-ups in {years:.0f} years; {_BACKED_LEAST} in {_BACKED_YEARS} are needed.",
            zh=f"{years:.0f} 年内仅 {outcome.size} 家风投企业；须 {_BACKED_YEARS} 年、{_BACKED_LEAST} 家。",
        )
        return dict.fromkeys(names.values(), few)
    return {name: float(np.mean(outcome == end)) for end, name in names.items()}


_PARTS: tuple[Callable[[History], Found], ...] = (_firms, _productivity, _industries, _ventures, _backed)
