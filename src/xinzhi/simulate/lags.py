"""How long it takes from a discovery to the market, and from a start-up to its exit, with all other ends beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.specs import Text

if TYPE_CHECKING:
    import pandas as pd

    from xinzhi.core.labels import Floats

Rows = npt.NDArray[Any]
Whole = npt.NDArray[np.int64]

DISCOVERIES: Final[Mapping[int, Text]] = {
    1: Text(en="came to the market", zh="进入市场"),
    2: Text(en="lapsed", zh="流失"),
    3: Text(en="given up", zh="放弃"),
}
"""The ends of a discovery that somebody took up, by ``cause`` of ``History.ventures``."""
BACKED: Final[Mapping[int, Text]] = {
    1: Text(en="listed", zh="上市"),
    2: Text(en="acquired", zh="被收购"),
    3: Text(en="dead", zh="倒闭"),
}
"""The ends of a start-up that venture capital backed, by ``outcome`` of ``History.backed``."""

OPEN: Final = -1
_A_YEAR: Final = 4  # quarters


@dataclass(frozen=True, eq=False)
class Incidence:
    """The share of all that began which had ended each way so many years later.

    ``years`` (T,) since the beginning, in quarters; ``share``, ``low`` and ``high`` cause × T; ``open`` (T,) is the
    share still open, so that ``open`` and all shares add up to one. ``entered`` counts all that began, ``at_risk`` (T,)
    those still open and still watched just before. nan bounds where the share is 0 or 1, or nobody is left to tell.
    """

    years: Floats
    causes: tuple[Text, ...]
    share: Floats
    low: Floats
    high: Floats
    open: Floats
    at_risk: Whole
    entered: int
    runs: int
    level: float

    def at(self, years: float) -> tuple[Floats, Floats, Floats]:
        """Share, low and high of each cause so many years after the beginning; nan past the end of the watch."""
        where = int(np.floor(years * _A_YEAR + 1e-9))
        if not 0 <= where < len(self.years):
            nothing = np.full(len(self.causes), np.nan)
            return nothing, nothing, nothing
        return self.share[:, where], self.low[:, where], self.high[:, where]

    def when(self, cause: int, share: float = 0.5) -> tuple[float, float, float]:
        """Years until this share of all that began had ended so, low and high; inf where it was not reached."""

        def first(curve: Floats) -> float:
            reached = np.flatnonzero(np.nan_to_num(curve) >= share - 1e-12)
            return float(self.years[reached[0]]) if reached.size else np.inf

        return first(self.share[cause]), first(self.high[cause]), first(self.low[cause])

    def to_frame(self) -> pd.DataFrame:
        """A row a cause and quarter: cause, years, share, low, high, open, at_risk."""
        import pandas as pd

        one = {"years": self.years, "open": self.open, "at_risk": self.at_risk}
        return pd.concat(
            [
                pd.DataFrame({"cause": cause.en, "share": share, "low": low, "high": high, **one})
                for cause, share, low, high in zip(self.causes, self.share, self.low, self.high, strict=True)
            ],
            ignore_index=True,
        )[["cause", "years", "share", "low", "high", "open", "at_risk"]]


def incidence(
    ventures: Rows | Sequence[Rows],
    horizon: int,
    causes: Mapping[int, Text] = DISCOVERIES,
    *,
    level: float = 0.95,
    draws: int = 999,
    seed: int = 0,
) -> Incidence:
    """The share of all discoveries (or backed start-ups) that had ended each way so many years after they began.

    ``ventures`` is ``History.ventures`` or ``History.backed``, or one of them for each of several runs: ``born`` and
    ``ended`` in quarters (-1 = still open) and ``cause`` (or ``outcome``), a key of ``causes`` or 0 = open. ``horizon``
    is the last quarter of the watch; what ended later is still open. What was born before quarter 0 is watched from
    quarter 0 on (late entry). The estimate is that of Aalen, Johansen 1978, Scandinavian Journal of Statistics 5: 141.

    The mean lag of those that arrived is never given: it leaves out whoever is still on the way or has dropped out, so
    a help that lets slow ones arrive too makes it longer, and a run that ends sooner makes it shorter. Of the
    cumulative incidence neither is true.

    With one run the bounds are by log(-log) with the variance of Aalen 1978, Annals of Statistics 6: 534. With several
    the runs are pooled and whole runs drawn again ``draws`` times, as the ventures of a run share their fate.
    Raises ``MethodError`` where nothing began, or rows contradict each other.
    """
    runs = [ventures] if isinstance(ventures, np.ndarray) else list(ventures)
    ends = "outcome" if runs and "cause" not in (runs[0].dtype.names or ()) else "cause"
    tables = [counts(one["born"], one["ended"], one[ends], horizon, tuple(causes)) for one in runs]
    entered = sum(entrants for _, _, entrants in tables)
    if not entered:
        raise MethodError(
            Fault(
                "nothing-began",
                f"nothing began by quarter {horizon}, so no lag can be told. Let the run go on for longer.",
                f"截至第 {horizon} 季度没有任何项目开始，无法计算时滞。请延长运行期。",
            )
        )
    longest = max(len(at_risk) for at_risk, _, _ in tables)
    at_risk = np.array([np.pad(one, (0, longest - len(one))) for one, _, _ in tables])
    exits = np.array([np.pad(one, ((0, 0), (0, longest - one.shape[1]))) for _, one, _ in tables])
    pooled = _estimate(at_risk.sum(axis=0), exits.sum(axis=0), level)
    found = Incidence(
        years=np.arange(longest) / _A_YEAR,
        causes=tuple(causes.values()),
        share=pooled[0],
        low=pooled[1],
        high=pooled[2],
        open=pooled[3],
        at_risk=at_risk.sum(axis=0),
        entered=entered,
        runs=len(runs),
        level=level,
    )
    return found if len(runs) == 1 else _over_runs(found, at_risk, exits, draws, seed)


def counts(born: Rows, ended: Rows, cause: Rows, horizon: int, causes: tuple[int, ...]) -> tuple[Whole, Whole, int]:
    """Those at risk (T,) and ends (cause, T) by quarters since the beginning, and how many began.

    All that the curves need of a run, so that its rows need not be kept. Raises ``MethodError`` where rows contradict
    each other.
    """
    there = born <= horizon
    born, ended, cause = (one[there].astype(np.int64) for one in (born, ended, cause))
    over = (ended != OPEN) & (ended <= horizon)
    wrong = (over & ((ended < born) | ~np.isin(cause, causes))) | ((ended == OPEN) & (cause != 0))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        row = f"born {born[first]}, ended {ended[first]}, cause {cause[first]}"
        row_zh = f"开始 {born[first]}，结束 {ended[first]}，原因 {cause[first]}"
        raise MethodError(
            Fault(
                "ends-disagree",
                f"{int(wrong.sum())} rows say of their end what cannot be (first: row {first + 1}, {row}). An end "
                f"needs a quarter not before the beginning and a cause of {causes}; what is open has -1 and cause 0.",
                f"{int(wrong.sum())} 行的结束信息相互矛盾（首例：第 {first + 1} 行，{row_zh}）。"
                f"结束季度不得早于开始季度，且原因须为 {causes} 之一；尚未结束的，季度记 -1、原因记 0。",
            )
        )
    before = over & (ended < 0)  # over before anybody watched
    born, ended, cause, over = (one[~before] for one in (born, ended, cause, over))
    since, lasted = np.maximum(-born, 0), np.where(over, ended, horizon) - born
    longest = int(lasted.max(initial=0)) + 1
    came = np.bincount(since, minlength=longest + 1)[: longest + 1].cumsum()
    gone = np.bincount(lasted, minlength=longest + 1)[: longest + 1].cumsum()
    at_risk = came[:longest] - np.concatenate([[0], gone[: longest - 1]])
    exits = np.array([np.bincount(lasted[over & (cause == one)], minlength=longest) for one in causes])
    return at_risk, exits.reshape(len(causes), longest), int(born.size)


def _estimate(at_risk: Whole, exits: Whole, level: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Shares (cause, T) with bounds, and what is open (T,), by Aalen and Johansen; at_risk (T,), exits (cause, T)."""
    from scipy.stats import norm

    share, still, before = curves(at_risk, exits)
    n = np.maximum(at_risk, 1).astype(float)
    every = exits.sum(axis=0)
    # Where all that are left end at once, no end comes after it: the term that would be infinite counts for nothing.
    left = np.where(at_risk > every, every / (n * np.maximum(n - every, 1)), 0.0)
    thin = exits / n**2 * before
    # Aalen's variance of the survival up to each end, of the end itself and of both together, squares multiplied out.
    variance = (
        share**2 * left.cumsum()
        - 2 * share * (share * left).cumsum(axis=1)
        + (share**2 * left).cumsum(axis=1)
        + (thin * before * (n - exits) / n).cumsum(axis=1)
        - 2 * (share * thin.cumsum(axis=1) - (share * thin).cumsum(axis=1))
    )
    inner = (share > 0) & (share < 1) & (at_risk > 0)
    safe = np.where(inner, share, 0.5)
    reach = norm.isf((1 - level) / 2) * np.sqrt(np.maximum(variance, 0)) / (safe * np.abs(np.log(safe)))
    reach = np.where(inner, np.minimum(reach, 500), np.nan)
    return share, safe ** np.exp(reach), safe ** np.exp(-reach), still


def curves(at_risk: Rows, exits: Rows) -> tuple[Floats, Floats, Floats]:
    """Shares (…, cause, T), what is open after (…, T) and before (…, T) each quarter, by Aalen and Johansen.

    ``at_risk`` (…, T) and ``exits`` (…, cause, T) as ``counts`` gives them; nothing may be missing.
    """
    n = np.maximum(at_risk, 1).astype(float)
    stays = 1 - exits.sum(axis=-2) / n
    still = np.cumprod(stays, axis=-1)
    before = np.concatenate([np.ones_like(still[..., :1]), still[..., :-1]], axis=-1)
    share = np.cumsum(before[..., None, :] * exits / n[..., None, :], axis=-1)
    return share, still, before


def _over_runs(found: Incidence, at_risk: Whole, exits: Whole, draws: int, seed: int) -> Incidence:
    """Bounds from whole runs drawn again; at_risk (run, T), exits (run, cause, T)."""
    runs = len(at_risk)
    times = np.random.default_rng(seed).multinomial(runs, np.full(runs, 1 / runs), size=draws)
    drawn_risk = times @ at_risk
    drawn = curves(drawn_risk, np.einsum("br,rct->bct", times, exits))[0]
    low, high = np.quantile(drawn, [(1 - found.level) / 2, (1 + found.level) / 2], axis=0)
    return replace(found, low=low, high=high)
