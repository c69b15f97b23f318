"""How many years technology comes after science, and industry after technology, and whether the years grow fewer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.structure.crossed import Crossed, noted, one_of, settled
from xinzhi.structure.fusion import common
from xinzhi.structure.lagged import Bools, Ints, by_exchange, lead_lags, peak
from xinzhi.structure.links import Links, Names

Resample = Literal["regions", "years"]

ALL_FIELDS = "all"
_FEWEST_REGIONS = 8  # below which draws of regions say little
_FEWEST_YEARS = 4  # of growth, beside every lag


@dataclass(frozen=True, eq=False)
class Leads:
    """How many years one stage leads another, by field and over all fields (``"all"``).

    ``fields``: field, regions, lag (years, at the highest point of the curve), low, high, ``after`` (share of draws in
    which the lag is above 0), strength (the curve's highest point), p (that regions dealt anew reach as much), q
    (Benjamini, Hochberg over the fields), ``edge`` (the highest point lies at an end of the lags asked for, so the lag
    is at least or at most this). ``curve``: field, lag, value, low, high, share (of draws that peak there).
    ``cohorts``: field, first, last (years of the later stage), lag, low, high, p. ``trend``: field, slope (years of lag
    per year), low, high, ``falls`` (share of draws with a slope below 0). A lag whose p is high is no lag: read nothing
    into it.
    """

    method: str
    earlier: str
    later: str
    level: float
    resample: Resample
    fields: pd.DataFrame
    curve: pd.DataFrame
    cohorts: pd.DataFrame
    trend: pd.DataFrame
    notices: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Rows by field: field, regions, lag, low, high, after, strength, p, q, edge."""
        return self.fields.copy()

    def __repr__(self) -> str:
        whole = self.fields.iloc[-1]
        told = self.fields.iloc[:-1]
        lines = [
            f"Leads: {self.later} after {self.earlier}, {len(told)} fields, by {self.method}, draws of {self.resample}",
            f"  all fields: {whole['lag']:.1f} years ({whole['low']:.1f} to {whole['high']:.1f}), strength "
            f"{whole['strength']:.3f}, p {whole['p']:.3g}",
            f"  fields beyond chance (q ≤ 0.05): {int((told['q'] <= 0.05).sum())}",
        ]
        if len(self.trend):
            slope = self.trend.iloc[-1]
            lines.append(
                f"  over cohorts: {slope['slope']:+.2f} years a year ({slope['low']:+.2f} to {slope['high']:+.2f}); "
                f"falls in {slope['falls']:.0%} of draws"
            )
        return "\n".join([*lines, f"  notices: {len(self.notices)}"])


def leads(
    earlier: Links,
    later: Links,
    method: str | Callable[..., Any] = "cross-correlation",
    *,
    lags: tuple[int, int] = (-2, 6),
    cohorts: int = 1,
    at_least: float = 5.0,
    years_out: bool = True,
    resample: Resample = "regions",
    draws: int = 400,
    level: float = 0.9,
    seed: int = 0,
) -> Leads:
    """Tell how many years ``later`` comes after ``earlier``, field by field and over all fields.

    Both are links of the same fields (bring them there with ``carried``), with yearly periods; regions, fields and
    years that both have are used. Growth of the logarithm of 1 + amount is centred on each region's mean, which takes
    out its trend, and with ``years_out`` on each year's, which takes out what all regions do together. A region counts
    in a field where both amounts are ``at_least`` so much in an average year. ``lags`` are the first and last tried;
    below 0 the earlier stage follows. ``method`` is of the family ``lead-lag``. Intervals hold ``level`` of the draws:
    whole ``regions`` drawn again, or, where regions are few, blocks of ``years`` (of the cube root of their number).
    With ``cohorts`` of 2 or more the years of the later stage are cut into so many parts of nearly equal length, and
    the slope of the lag over their middle years tells whether it shrinks. Künsch 1989 (blocks).

    In made worlds with a planted lag, 90% intervals of draws of regions held it in 87% of fields with 25 regions and in
    83% with 12: take them for a little narrow.
    Raises ``MethodError``.
    """
    chosen, _ = settled(lead_lags, method, {})
    one_of("resample", resample, Resample)
    _refuse_options(lags, cohorts, at_least, draws, level)
    pair, notices = common({"earlier": earlier, "later": later})
    first, second = pair.values()
    fields = np.array(sorted(set(first.activities) & set(second.activities)), dtype=object)
    years = _years(first.periods)
    tried = np.arange(lags[0], lags[1] + 1)
    span = max(lags[1], 0) - min(lags[0], 0)
    _refuse_data(fields, years, len(first.regions), span, cohorts, resample, first, second)
    first, second = (one.only(activities=fields, periods=years.tolist()) for one in (first, second))
    x, y, counts = _growth(first, second, at_least, years_out)
    enough = counts.sum(axis=0) >= (1 + years_out if resample == "years" else _FEWEST_REGIONS)
    notices += noted(
        "too-few-regions",
        fields,
        ~enough,
        f"fewer regions than are needed reach {at_least:g} a year in both stages; no lag for {{}}.",
        f"两个环节年均达到 {at_least:g} 的地区过少，不估计以下领域的时滞：{{}}。",
    )
    if not enough.any():
        raise MethodError(_no_field(at_least))
    rng = np.random.default_rng(seed)
    weights = _weights(x.shape, resample, rng, draws)
    unit = _units(x.shape, resample)
    parts = np.array_split(np.arange(len(years) - 1), cohorts)
    every = np.full(len(years) - 1, True)
    rows: dict[str, list[pd.DataFrame]] = {"fields": [], "curve": [], "cohorts": [], "trend": []}
    told = np.flatnonzero(enough)
    for name, at in [*((str(fields[k]), np.array([k])) for k in told), (ALL_FIELDS, told)]:
        a, b, of, inside = x[:, at], y[:, at], unit[:, at], counts[:, at].any(axis=1)
        drawn = chosen.function(a, b, tried, of, weights, every)
        lag = peak(drawn, tried)
        p = by_exchange(a[inside], b[inside], tried, every, rng, draws)
        rows["fields"].append(_field_row(name, int(inside.sum()), drawn[0], lag, tried, p, level))
        rows["curve"].append(_curve_rows(name, drawn, tried, level))
        if cohorts > 1:
            found = []
            for part in parts:
                used = np.isin(np.arange(len(years) - 1), part)
                found.append(peak(chosen.function(a, b, tried, of, weights, used), tried))
                chance = by_exchange(a[inside], b[inside], tried, used, rng, draws)
                edges = {"first": years[part[0] + 1], "last": years[part[-1] + 1]}
                row = {"field": name} | edges | _interval(found[-1], level) | {"p": chance}
                rows["cohorts"].append(pd.DataFrame([row]))
            middles = np.array([years[part + 1].mean() for part in parts])
            rows["trend"].append(_trend_row(name, np.stack(found, axis=1), middles, level))
    tables = {name: pd.concat(made, ignore_index=True) if made else pd.DataFrame() for name, made in rows.items()}
    table = tables["fields"].assign(q=np.nan)
    notices += noted(
        "no-lag",
        table["field"].to_numpy(dtype=object),
        table["lag"].isna().to_numpy(),
        "growth never differs from its mean in one of the stages, so there is no lag: {}.",
        "某一环节的增长始终与均值相同，无法估计时滞：{}。",
    )
    known = table["p"].notna() & (np.arange(len(table)) < len(told))
    table.loc[known, "q"] = stats.false_discovery_control(table.loc[known, "p"])
    settings = {
        "method": chosen.name,
        "lags": list(lags),
        "cohorts": cohorts,
        "at_least": at_least,
        "years_out": years_out,
        "resample": resample,
        "draws": draws,
        "level": level,
    }
    inputs = {name: digest("".join(Crossed.of(one, at).digest for at in one.periods)) for name, one in pair.items()}
    return Leads(
        chosen.name,
        earlier.title.en,
        later.title.en,
        level,
        resample,
        table[["field", "regions", "lag", "low", "high", "after", "strength", "p", "q", "edge"]],
        tables["curve"],
        tables["cohorts"],
        tables["trend"],
        tuple(notices),
        Record("leads", settings, inputs, seed=seed),
    )


def _growth(first: Links, second: Links, at_least: float, years_out: bool) -> tuple[Floats, Floats, Bools]:
    """Centred growth of both stages (region, field, time), 0 where a region does not count in a field; and who does."""
    amounts = [np.stack([matrix.toarray() for matrix in one.values], axis=2) for one in (first, second)]
    # A region that never has anything does not grow, however low the floor.
    counts = np.all([(one.mean(axis=2) >= at_least) & one.any(axis=2) for one in amounts], axis=0)
    made = []
    for one in amounts:
        growth = np.diff(np.log1p(one), axis=2)
        growth -= growth.mean(axis=2, keepdims=True)
        if years_out:
            many = counts.sum(axis=0)[None, :, None]
            growth -= np.where(counts[:, :, None], growth, 0.0).sum(axis=0, keepdims=True) / np.maximum(many, 1)
        made.append(np.where(counts[:, :, None], growth, 0.0))
    return made[0], made[1], counts


def _units(shape: tuple[int, ...], resample: Resample) -> Ints:
    """What is drawn together, for each cell (region, field, time): its region, or its year."""
    regions, _, time = shape
    return np.broadcast_to(
        np.arange(regions)[:, None, None] if resample == "regions" else np.arange(time)[None, None, :], shape
    )


def _weights(shape: tuple[int, ...], resample: Resample, rng: np.random.Generator, draws: int) -> Floats:
    """How often each unit is drawn, (1 + draw, unit); the first row is the data as they are."""
    regions, _, time = shape
    if resample == "regions":
        drawn = rng.multinomial(regions, np.full(regions, 1 / regions), size=draws)
    else:
        length = int(np.ceil(time ** (1 / 3)))
        many = int(np.ceil(time / length))
        starts = rng.integers(0, time - length + 1, size=(draws, many))
        years = (starts[:, :, None] + np.arange(length)).reshape(draws, -1)[:, :time]
        drawn = np.stack([np.bincount(one, minlength=time) for one in years])
    return np.concatenate([np.ones((1, drawn.shape[1])), drawn.astype(float)])


def _interval(lag: Floats, level: float) -> dict[str, float]:
    """The lag of the data and the interval of its draws, which come after it."""
    drawn = lag[1:][~np.isnan(lag[1:])]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]) if len(drawn) else (np.nan, np.nan)
    return {"lag": float(lag[0]), "low": float(low), "high": float(high)}


def _field_row(
    name: str, regions: int, curve: Floats, lag: Floats, tried: Ints, p: float, level: float
) -> pd.DataFrame:
    strength = float(np.nanmax(curve)) if not np.isnan(curve).all() else np.nan
    row = {"field": name, "regions": regions} | _interval(lag, level)
    known = lag[1:][~np.isnan(lag[1:])]
    row["after"] = float((known > 0).mean()) if len(known) else np.nan
    row |= {"strength": strength, "p": p, "edge": bool(lag[0] in (tried[0], tried[-1]))}
    return pd.DataFrame([row])


def _curve_rows(name: str, drawn: Floats, tried: Ints, level: float) -> pd.DataFrame:
    known = drawn[1:][~np.isnan(drawn[1:]).any(axis=1)]
    low, high = (
        np.quantile(known, [(1 - level) / 2, (1 + level) / 2], axis=0)
        if len(known)
        else np.full((2, len(tried)), np.nan)
    )
    share = np.bincount(known.argmax(axis=1), minlength=len(tried)) / max(len(known), 1)
    return pd.DataFrame({"field": name, "lag": tried, "value": drawn[0], "low": low, "high": high, "share": share})


def _trend_row(name: str, lags: Floats, middles: Floats, level: float) -> pd.DataFrame:
    """The slope of the lag over cohorts, of the data and of each draw (draw, cohort)."""
    centred = middles - middles.mean()
    slopes = lags @ centred / (centred @ centred)
    row = _interval(slopes, level)
    known = slopes[1:][~np.isnan(slopes[1:])]
    falls = float((known < 0).mean()) if len(known) else np.nan
    return pd.DataFrame([{"field": name, "slope": row["lag"], "low": row["low"], "high": row["high"], "falls": falls}])


def _years(periods: tuple[Any, ...]) -> Ints:
    """The periods as years, one after the other without a gap. Raises ``MethodError``."""
    if not all(isinstance(at, (int, np.integer)) for at in periods):
        shown = ", ".join(map(str, periods[:5]))
        raise MethodError(
            Fault(
                "not-years",
                f"lags are counted in years, so periods must be years; found {shown}.",
                f"时滞以年计，各期须为年份；实际为 {shown}。",
            )
        )
    years = np.sort(np.array(periods, dtype=np.int64))
    if (np.diff(years) != 1).any():
        gap = int(years[np.flatnonzero(np.diff(years) != 1)[0]])
        raise MethodError(
            Fault(
                "year-missing",
                f"years must follow one another; nothing in common between {gap} and the next. Choose years without a "
                "gap (links.only(periods = …)).",
                f"年份须连续；{gap} 年之后有缺口。请选取连续年份（links.only(periods = …)）。",
            )
        )
    return years


def _refuse_options(lags: tuple[int, int], cohorts: int, at_least: float, draws: int, level: float) -> None:
    faults = []
    if any(lag != int(lag) for lag in lags) or lags[1] - lags[0] < 2:
        faults.append(
            Fault(
                "bad-option",
                f"lags are whole years, first before last, at least three of them; found {lags[0]} to {lags[1]}.",
                f"时滞须为整数年，由小到大、至少三个；实际为 {lags[0]} 至 {lags[1]}。",
            )
        )
    if cohorts < 1 or at_least < 0 or draws < 20 or not 0 < level < 1:
        faults.append(
            Fault(
                "bad-option",
                f"cohorts must be at least 1, at_least 0 or more, draws at least 20, level between 0 and 1; found "
                f"{cohorts}, {at_least:g}, {draws}, {level:g}.",
                f"cohorts 至少为 1，at_least 不小于 0，draws 至少为 20，level 须在 0 与 1 之间；实际为 "
                f"{cohorts}、{at_least:g}、{draws}、{level:g}。",
            )
        )
    if faults:
        raise MethodError(faults)


def _refuse_data(
    fields: Names, years: Ints, regions: int, span: int, cohorts: int, resample: str, first: Links, second: Links
) -> None:
    faults = []
    if not len(fields):
        shown = [", ".join(map(str, one.activities[:3])) for one in (first, second)]
        faults.append(
            Fault(
                "no-common-field",
                f"the two stages have no field in common ({shown[0]} …; {shown[1]} …). Carry one into the fields of "
                "the other.",
                f"两个环节没有共同的领域（{shown[0]} …；{shown[1]} …）。请先通过对照表统一领域。",
            )
        )
    if (need := span + 1 + _FEWEST_YEARS * cohorts) > len(years):
        faults.append(
            Fault(
                "too-few-years",
                f"{len(years)} years in common; these lags and {cohorts} cohorts need {need}. Try fewer lags or "
                "cohorts.",
                f"共同年份为 {len(years)} 年；该时滞范围与 {cohorts} 个批次需要 {need} 年。请减少时滞或批次。",
            )
        )
    if resample == "regions" and regions < _FEWEST_REGIONS:
        faults.append(
            Fault(
                "too-few-regions",
                f"{regions} regions in common, too few to draw from ({_FEWEST_REGIONS} are needed). Draw years: "
                'resample = "years".',
                f"共同地区仅 {regions} 个，不足以重抽样（至少 {_FEWEST_REGIONS} 个）。请按年份抽样："
                "resample = “years”。",
            )
        )
    if faults:
        raise MethodError(faults)


def _no_field(at_least: float) -> Fault:
    return Fault(
        "no-field",
        f"in no field do enough regions reach {at_least:g} a year in both stages. Lower at_least, or take larger "
        "fields.",
        f"没有任何领域有足够多的地区在两个环节年均达到 {at_least:g}。请降低 at_least，或使用更大的领域。",
    )
