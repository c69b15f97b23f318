"""How sure a run is, as the page shows it: rank intervals, effects of the choices, followed statistics, claims.

Draws stay out of the page: intervals per region and year, and of every claim's draws a few hundred, evenly over their
order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.errors import MethodError
from xinzhi.report.packing import camel, packed, packed_short, rounded, text
from xinzhi.report.versions import varied, version
from xinzhi.study.vary.claims import Verdict
from xinzhi.study.vary.following import Followed
from xinzhi.study.vary.plan import Plan
from xinzhi.study.vary.results import Doubt

LEVEL = 0.9
# What a specification curve is thinned to.
MOST_VERSIONS = 300
# What a page's reader asks for: "is it in the top five?" among few dozen, in the top ten among hundreds.
_TOPS = ((12, 3), (60, 5))
_MOST_TOP = 10


def sureness(doubt: Doubt) -> dict[str, Any]:
    """Rank intervals per region and year, the share of versions among the first k, the effects of the choices."""
    k = next((top for regions, top in _TOPS if len(doubt.regions) <= regions), _MOST_TOP)
    table = doubt.intervals(LEVEL)
    shape = (len(doubt.regions), len(doubt.times))
    columns = [table[name].to_numpy().reshape(shape) for name in ("rank_low", "rank_median", "rank_high")]
    columns += [doubt.top(k).values, table["share_scored"].to_numpy().reshape(shape)]
    return {
        "level": LEVEL,
        "independent": doubt.design.independent,
        "top": k,
        "factors": varied(doubt.plan),
        "cells": packed_short(np.stack(columns, axis=-1)),
        "effects": _effects(doubt),
        "shift": rounded(float(np.nanmean(doubt.rank_shift()[: doubt.design.independent]))),
    }


def _effects(doubt: Doubt) -> list[dict[str, Any]] | None:
    """Effects on the mean rank shift in the order of the factors; nothing where the draws cannot tell them."""
    try:
        table = doubt.effects(level=LEVEL).to_frame()
    except MethodError:
        return None
    columns = ("first", "first_low", "first_high", "total", "total_low", "total_high")
    return [{camel(name): rounded(float(row[name])) for name in columns} for row in table.to_dict("records")]


def followed(all_followed: Iterable[Followed]) -> list[dict[str, Any]]:
    """Every followed statistic: as the study stands, and its median and interval over the versions, if there are."""
    return [_followed(one) for one in all_followed]


def _followed(one: Followed) -> dict[str, Any]:
    table = one.intervals(LEVEL)
    columns = ("nominal", "median", "low", "high", "share_defined")
    return {
        "title": text(one.title),
        "years": None if one.times is None else [int(time) for time in one.times],
        "varied": one.independent > 0,
        **{camel(name): [rounded(float(value)) for value in table[name]] for name in columns},
    }


def claims(verdicts: Iterable[Verdict], doubt: Doubt) -> list[dict[str, Any]]:
    """Every claim: in how many versions it holds, the versions in the order of their margins, what breaks it."""
    return [_claim(verdict, doubt) for verdict in verdicts]


def _claim(verdict: Verdict, doubt: Doubt) -> dict[str, Any]:
    return {
        "title": text(verdict.title),
        "strict": verdict.claim.strict,
        "nominal": None if verdict.nominal is None else bool(verdict.nominal),
        "share": rounded(verdict.share),
        "shareDefined": rounded(verdict.share_defined),
        "nominalMargin": rounded(verdict.nominal_margin),
        "curve": _curve(verdict, doubt),
        "breakers": _breakers(verdict.breakers, doubt.plan),
    }


def _curve(verdict: Verdict, doubt: Doubt) -> dict[str, Any]:
    """Margins from the smallest up, whether each holds, and the version of every factor: 255 where there is none.

    ``below`` is where the study as it stands belongs among the versions shown, amid those with the same margin.
    """
    table = verdict.curve()
    table = table[(table["draw"] >= 0) & table["margin"].notna()]
    table = table.iloc[_evenly(len(table))]
    draws = table["draw"].to_numpy()
    picks = doubt.picks[draws]
    countable = np.array([0 < len(factor.versions) < 255 for factor in doubt.plan.factors])
    margins = table["margin"].to_numpy(dtype=float)
    own = verdict.nominal_margin
    below = (np.count_nonzero(margins < own) + np.count_nonzero(margins <= own)) / 2
    return {
        "margins": packed(margins, "<f4"),
        "holds": packed(table["holds"].to_numpy(dtype=bool), "u1"),
        "picks": packed(np.where(countable, picks, 255), "u1"),
        "below": below if np.isfinite(own) else None,
    }


def _evenly(n: int) -> npt.NDArray[np.intp]:
    """Positions among ``n``, at most so many, the first and the last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, MOST_VERSIONS)).round().astype(np.intp))


def _breakers(table: pd.DataFrame, plan: Plan) -> list[dict[str, Any]]:
    places = {factor.name: at for at, factor in enumerate(plan.factors)}
    return [
        {
            "factor": places[str(row["factor"])],
            "version": text(version(str(row["factor"]), str(row["version"]), plan)),
            "draws": int(row["draws"]),
            "share": rounded(float(row["share"])),
            "difference": rounded(float(row["difference"])),
            "alone": None if pd.isna(row["alone"]) else bool(row["alone"]),
        }
        for row in table.to_dict("records")
    ]


__all__ = ["claims", "followed", "sureness"]
