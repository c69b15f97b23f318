"""What makes a move to another rung likelier: discrete-time logits of moving up and of moving down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.data.industries import Industries
from xinzhi.structure.ladder.given import aligned
from xinzhi.structure.ladder.rungs import CRITERION, RUNGS, SERIES, TIME, Ladder
from xinzhi.structure.logit import dummy_logit

FEW = 10  # moves below which a logit tells nothing


def hazards(
    ladder: Ladder, moved: Floats, covariates: Mapping[str, Any] | Sequence[str], cluster: npt.NDArray[np.intp]
) -> pd.DataFrame:
    """Odds of moving up and of moving down in a year, by covariates known before the move.

    One row for each event and covariate: coefficient (of one standard deviation), error, odds ratio with its 95 %
    interval, p, marginal effect, series-years and expected moves. ``moved`` (2, series, time) are the chances to have
    moved up and down, so that an uncertain move counts by its probability: a fractional logit (Papke, Wooldridge
    1996, Journal of Applied Econometrics 11: 619) with a dummy for each likeliest rung and errors clustered by
    industry. Series-years with a covariate missing are left out. Raises ``MethodError``.
    """
    told = _told(ladder, covariates)
    rung = _likeliest(ladder)
    rows = []
    for event, outcome in zip(("up", "down"), moved, strict=True):
        known = np.isfinite(outcome) & np.logical_and.reduce([np.isfinite(one) for one in told.values()])
        # A pillar cannot rise.
        known &= rung != RUNGS.index("pillar") if event == "up" else True
        y = np.clip(outcome[known], 0.0, 1.0)
        if y.sum() < FEW:
            raise MethodError(_few(event, float(y.sum()), int(known.sum()), list(told)))
        x = np.stack([one[known] for one in told.values()], axis=-1)
        spread = x.std(axis=0)
        if (spread <= 1e-12).any():
            raise MethodError(_constant([name for name, one in zip(told, spread, strict=True) if one <= 1e-12]))
        of = np.broadcast_to(cluster[:, None], outcome.shape)[known]
        fit = dummy_logit((x - x.mean(axis=0)) / spread, y, [rung[known]], [of], list(told))
        error = np.sqrt(np.diag(fit.covariance))
        for at, name in enumerate(told):
            b, e = fit.coefficients[at], error[at]
            rows.append(
                {
                    "event": event,
                    "covariate": name,
                    "coefficient": b,
                    "error": e,
                    "odds_ratio": np.exp(b),
                    "low": np.exp(b - 1.959964 * e),
                    "high": np.exp(b + 1.959964 * e),
                    "p": 2 * ndtr(-abs(b / e)) if e > 0 else np.nan,
                    "effect": fit.effects[at],
                    "deviation": spread[at],
                    "series_years": int(fit.used.sum()),
                    "moves": float(y[fit.used].sum()),
                }
            )
    return pd.DataFrame(rows)


def _told(ladder: Ladder, covariates: Mapping[str, Any] | Sequence[str]) -> dict[str, Floats]:
    """Each covariate as (series, time)."""
    if isinstance(covariates, Mapping):
        # What is given by industry, region and time is put in the order of the series as for the ladder itself.
        stand_in = Industries(ladder.probability, None, None, {}, (), ladder.record)
        found = {name: aligned(of, stand_in, name) for name, of in covariates.items()}
        return {name: of for name, of in found.items() if of is not None}
    there = ladder.evidence[CRITERION].values.tolist()
    names = list(covariates)
    if lacking := [name for name in names if name not in there]:
        raise MethodError(
            Fault(
                "no-covariate",
                f"the ladder's evidence has no: {', '.join(map(str, lacking))}. There are: {', '.join(there)}. Others "
                "are given as a mapping from name to numbers.",
                f"梯级判定的依据中没有：{'、'.join(map(str, lacking))}。现有：{'、'.join(there)}。"
                "其他变量请以“名称 → 数值”的映射给出。",
            )
        )
    return {name: ladder.evidence.sel({CRITERION: name}).transpose(SERIES, TIME).values for name in names}


def _likeliest(ladder: Ladder) -> npt.NDArray[np.intp]:
    chances = ladder.probability.values
    return np.where(np.isfinite(chances[..., 0]), np.nan_to_num(chances).argmax(axis=-1), 0)


def _few(event: str, moves: float, cells: int, names: list[str]) -> Fault:
    said = {"up": "向上", "down": "向下"}[event]
    return Fault(
        "too-few-moves",
        f"only {moves:.1f} moves {event} in {cells} series-years with {', '.join(names)}: at least {FEW} are needed. "
        "Use fewer covariates, or ones known for more years.",
        f"在 {', '.join(names)} 均有数据的 {cells} 个序列—年份中，{said}转移仅 {moves:.1f} 次，至少须有 {FEW} 次。"
        "请减少协变量，或选用年份更全的变量。",
    )


def _constant(names: list[str]) -> Fault:
    return Fault(
        "constant-covariate",
        f"the same for every series-year: {', '.join(names)}. Leave it out.",
        f"协变量取值全部相同：{'、'.join(names)}。请去掉。",
    )
