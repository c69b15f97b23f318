"""From the runs of an experiment to what they say together, one policy in memory at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.simulate.effects import BAND, Industries, Lags, average
from xinzhi.simulate.lags import curves
from xinzhi.simulate.policy import LeverName, Policy
from xinzhi.simulate.spreads import paired, quantiles

if TYPE_CHECKING:
    import pandas as pd

    from xinzhi.simulate.ensemble import Ensemble
    from xinzhi.simulate.world import Start

_DISCOVERIES = ("market", "lapsed", "abandoned", "open")
_STARTUPS = ("ipo", "acquired", "dead", "open")


def gathered(
    runs: Ensemble,
    start: Start,
    policies: Sequence[Policy],
    reference: str,
    draws: int,
    groups: npt.NDArray[np.int64],
) -> dict[str, Any]:
    """The arrays of an ``Experiment``; ``runs`` come policy by policy, and ``groups`` (draw,) share their knobs."""
    rows = {policy.name: range(at * draws, (at + 1) * draws) for at, policy in enumerate(policies)}
    base = _stacked(runs, "national", rows[reference])
    representative = _nearest_to_median(base)
    quarters = base.shape[1]
    told: dict[str, list[Any]] = {}
    for own in rows.values():
        national = _stacked(runs, "national", own)
        _keep(told, _national(national, base))
        _keep(told, {"births": _births(runs, own, len(start.industries), quarters)})
    regional = _stacked(runs, "regional", rows[reference])
    for own in rows.values():
        _keep(told, _regional(_stacked(runs, "regional", own), regional, groups))
    chosen = {name: _industries(runs[own[representative]], start) for name, own in rows.items()}
    return {
        **{name: np.stack(parts) for name, parts in told.items()},
        "representative": representative,
        "industries_of": chosen,
        "lags": _lags(runs, "lags", rows, _DISCOVERIES),
        "backed": _lags(runs, "backed", rows, _STARTUPS),
        "spending": _spending(runs, rows, policies, start.first_year, quarters // 4),
    }


def _stacked(runs: Ensemble, part: str, rows: Sequence[int] | range) -> npt.NDArray[Any]:
    return np.stack(list(runs.each(part, rows)))


def _keep(told: dict[str, list[Any]], more: Mapping[str, npt.NDArray[Any]]) -> None:
    for name, values in more.items():
        told.setdefault(name, []).append(values)


def _national(values: Floats, base: Floats) -> dict[str, Floats]:
    """Fans of one policy and of its difference from the reference; both (draw, quarter, series)."""
    draws, quarters, series = values.shape
    return {
        "fan": quantiles(values, BAND),
        "mean": average(values),
        "gap": quantiles(values - base, BAND),
        "yearly": values.reshape(draws, quarters // 4, 4, series).mean(axis=2),
    }


def _regional(values: Floats, base: Floats, groups: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """Outcomes of regions under one policy and what it changed; both (draw, year, region, outcome)."""
    low, median, high = quantiles(values, BAND)
    gain = paired(values - base, groups)
    spread = {"region_mean": average(values), "region_low": low, "region_median": median, "region_high": high}
    return spread | {"region_gain": gain.mean, "region_gain_low": gain.low, "region_gain_high": gain.high}


def _births(runs: Ensemble, rows: range, started: int, quarters: int) -> npt.NDArray[np.int64]:
    """Industries born, (draw, year)."""
    years = [born[started:] // 4 for born in runs.each("born", rows)]
    return np.stack([np.bincount(one, minlength=quarters // 4)[: quarters // 4] for one in years])


def _nearest_to_median(values: Floats) -> int:
    """The draw whose series (draw, quarter, series) lie nearest to the medians, every series in its own spread."""
    off = values - quantiles(values, [0.5])[0]
    spread = np.sqrt(average(average(off**2)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return int(np.nan_to_num((off / spread) ** 2, posinf=0.0).sum(axis=(1, 2)).argmin())


def _industries(run: Mapping[str, npt.NDArray[Any]], start: Start) -> Industries:
    born = run["born"].copy()
    known = len(start.industries)
    born[:known] = -np.rint(4 * start.age).astype(born.dtype)
    more = tuple(f"industry {at + 1}" for at in range(known, len(born)))
    share, firms = run["share"].astype(float), run["firms"].astype(float)
    return Industries((*start.industries, *more), share, firms, born, run["standing"])


def _lags(runs: Ensemble, name: str, rows: Mapping[str, range], causes: tuple[str, ...]) -> Lags:
    """Cumulative incidence of each policy, of all its draws together and over them."""
    bands, pooled, entered = [], [], []
    for own in rows.values():
        at_risk, exits = (_stacked(runs, f"{name}_{part}", own) for part in ("at_risk", "exits"))
        begun = _stacked(runs, f"{name}_entered", own)
        bands.append(quantiles(_with_open(at_risk, exits), BAND))
        pooled.append(_with_open(at_risk.sum(axis=0), exits.sum(axis=0)))
        entered.append(begun)
    low, median, high = np.stack(bands, axis=1)
    return Lags(causes, np.stack(entered), np.stack(pooled), low, median, high)


def _with_open(at_risk: npt.NDArray[np.int64], exits: npt.NDArray[np.int64]) -> Floats:
    """Shares (…, lag, cause) from ``at_risk`` (…, lag) and ``exits`` (…, cause, lag), what is open the last cause.

    ``nan`` beyond the longest lag that was watched.
    """
    ended, still, _ = curves(at_risk, exits)
    shares = np.concatenate([np.moveaxis(ended, -2, -1), still[..., None]], axis=-1)
    return np.where((at_risk > 0)[..., None], shares, np.nan)


def _spending(
    runs: Ensemble, rows: Mapping[str, range], policies: Sequence[Policy], first: int, years: int
) -> pd.DataFrame:
    """Money by lever and year, shares of the year's output: planned, and spent and unspent as means over draws."""
    import pandas as pd

    kinds = list(get_args(LeverName))
    quarters = first + np.arange(4 * years).reshape(years, 4) / 4
    parts = []
    for policy in policies:
        spent = _stacked(runs, "spent", rows[policy.name]).mean(axis=0)
        for kind in dict.fromkeys(lever.lever for lever in policy.levers):
            own = [lever for lever in policy.levers if lever.lever == kind]
            planned = sum(
                lever.budget * ((quarters >= lever.start) & (quarters < lever.stop)).mean(axis=1) for lever in own
            )
            of = spent[:, kinds.index(kind)]
            parts.append(
                pd.DataFrame(
                    {
                        "policy": policy.name,
                        "lever": kind,
                        "year": first + np.arange(years),
                        "planned": planned,
                        "spent": of,
                        "unspent": np.round(planned - of, 12),  # nothing is nothing, whatever rounding says
                    }
                )
            )
    if not parts:
        return pd.DataFrame(columns=["policy", "lever", "year", "planned", "spent", "unspent"])
    return pd.concat(parts, ignore_index=True)
