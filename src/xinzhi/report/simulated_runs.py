"""What the runs of an experiment left, as the page shows it: fans, differences, rungs, industries, regions, lags.

Its shape is ``SimulationPayload`` of ``frontend/src/simulation.ts``. What is long is thinned: quarters, years of the
map, the smallest industries; the tables of the run hold all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.report.packing import number, packed, packed_scaled, packed_within, rounded, text
from xinzhi.simulate.experiments import Experiment, Industries, Lags
from xinzhi.simulate.outcomes import OUTCOMES, REGIONAL_OUTCOMES, Outcome

# The spread of the draws that a fan shows, and the confidence of the interval of a mean effect.
LEVEL, CONFIDENCE = 0.9, 0.95
# Numbers of one block on a page.
_FANS, _DIFFERENCES, _INDUSTRIES, _MAP = 40_000, 30_000, 10_000, 40_000
_MOST_MOMENTS = 36
_LAG_YEARS, _MOST_LAGS, _TOLD = 20, 41, (5, 10)
# An industry's firms fall from their peak by this share at least where a shakeout is told of.
_SHAKEOUT, _MOST_SHAKEOUTS = 0.3, 12
_RUNGS = {
    "future": Text(en="future industries", zh="未来产业"),
    "emerging": Text(en="strategic emerging industries", zh="战略性新兴产业"),
    "leading": Text(en="leading industries", zh="主导产业"),
    "pillar": Text(en="pillar industries", zh="支柱产业"),
    "traditional": Text(en="traditional industries", zh="传统产业"),
}

Ints = npt.NDArray[np.intp]


def outcome(known: Outcome) -> dict[str, Any]:
    """An outcome in words."""
    return {
        "code": known.name,
        "name": text(known.title),
        "unit": text(known.unit),
        "kind": known.kind,
        "says": text(known.says),
        "group": known.group,
        "better": known.better,
    }


def national(found: Experiment, kept: Sequence[int]) -> dict[str, Any]:
    """Every outcome of the country through time, its difference from the baseline, the rungs."""
    at = _moments(found, len(kept))
    fans = found.fan[list(kept)][:, :, at].transpose(3, 0, 2, 1)
    ends, cells = packed_scaled(fans)
    shares = [found.series.index(f"{rung}_share") for rung in _RUNGS]
    rungs = np.clip(found.mean[list(kept)][:, at][:, :, shares], 0, 1)
    return {
        "series": [outcome(OUTCOMES[name]) for name in found.series],
        "moments": [found.first_year + int(quarter) / 4 for quarter in at],
        "fans": {"ends": ends, "cells": cells},
        **_differences(found, kept),
        "rungs": {
            "names": [{"code": rung, "name": text(name)} for rung, name in _RUNGS.items()],
            "shares": packed_within(rungs, 0, 1),
        },
    }


def _moments(found: Experiment, policies: int) -> Ints:
    """The quarters that find room, evenly, the last among them."""
    quarters = found.fan.shape[2]
    most = min(_MOST_MOMENTS, max(_FANS // (3 * policies * len(found.series)), 2))
    return _evenly(quarters, most)


def _evenly(count: int, most: int) -> Ints:
    """Positions among ``count``, at most so many, evenly back from the last."""
    return np.arange(count - 1, -1, -max(-(-count // most), 1))[::-1]


def _differences(found: Experiment, kept: Sequence[int]) -> dict[str, Any]:
    """Policy minus baseline by year with the interval of the mean; of the last year also over the draws."""
    most = max(_DIFFERENCES // (3 * len(kept) * len(found.series)), 2)
    years = _evenly(found.years, most)
    cells = np.zeros((len(found.series), len(kept), len(years), 3))
    effects = []
    names = [found.names[at] for at in kept]
    place = {found.first_year + int(year): at for at, year in enumerate(years)}
    table = found.differences(policies=[name for name in names if name != found.reference], level=CONFIDENCE)
    last = found.first_year + found.years - 1
    for row in table.to_dict("records"):
        series, policy = found.series.index(row["series"]), names.index(row["policy"])
        year = place.get(int(row["year"]))
        if year is not None:
            cells[series, policy, year] = row["low"], row["difference"], row["high"]
        if int(row["year"]) == last:
            effects.append(_effect(policy, series, row))
    ends, told = packed_scaled(cells)
    return {
        "differences": {"years": [found.first_year + int(year) for year in years], "ends": ends, "cells": told},
        "effects": effects,
    }


def _effect(policy: int, series: int, row: dict[Any, Any]) -> dict[str, Any]:
    effect, base, above = (float(row[name]) for name in ("difference", "reference", "above"))
    return {
        "policy": policy,
        "series": series,
        "effect": rounded(effect),
        "low": number(row["low"]),
        "high": number(row["high"]),
        "relative": rounded(effect / base) if base else None,
        "spread": [number(row["p05"]), number(row["p95"])],
        "agree": rounded(above if effect > 0 else 1 - above if effect < 0 else 1.0),
    }


# --- Industries -------------------------------------------------------------------------------------------------


def industries(found: Experiment, kept: Sequence[int], names: Sequence[Text]) -> dict[str, Any]:
    """Births, shares and numbers of firms of the industries in one run as it went, the largest where many were born."""
    at = _moments(found, len(kept))
    runs = [found.industries_of[found.names[policy]] for policy in kept]
    count = max(run.share.shape[1] for run in runs)
    peaks = np.stack([_padded(np.nan_to_num(run.share).max(axis=0), count) for run in runs]).max(axis=0)
    most = max(_INDUSTRIES // (2 * len(kept) * len(at)), 8)
    shown = np.sort(np.argsort(-peaks, kind="stable")[:most])
    return {
        "names": [text(_industry(int(one), names)) for one in shown],
        "inAll": count,
        "ofStart": int((shown < len(names)).sum()),
        "atStart": len(names),
        "draw": int(found.representative) + 1,
        "byPolicy": [_industries(place, run, shown, at, found) for place, run in enumerate(runs)],
    }


def _industries(policy: int, run: Industries, shown: Ints, at: Ints, found: Experiment) -> dict[str, Any]:
    there = shown[shown < run.share.shape[1]]
    share, firms = (np.zeros((len(shown), len(run.share))) for _ in range(2))
    share[: len(there)], firms[: len(there)] = run.share[:, there].T, run.firms[:, there].T
    alive = (share > 0) | (firms > 0)
    born = [
        rounded(found.first_year + max(float(run.born_quarter[one]), -400.0) / 4) if alive[place].any() else None
        for place, one in enumerate(there)
    ]
    tops = [float(np.nanmax(one, initial=0.0)) for one in (share, firms)]
    return {
        "policy": policy,
        "born": born + [None] * (len(shown) - len(there)),
        "shareEnds": [0.0, tops[0]],
        "shares": packed_within(share[:, at], 0, tops[0]),
        "firmsEnds": [0.0, tops[1]],
        "firms": packed_within(firms[:, at], 0, tops[1]),
        "rung": [int(run.standing[one].argmax()) if share[place, -1] > 0 else None for place, one in enumerate(there)]
        + [None] * (len(shown) - len(there)),
        "shakeouts": _shakeouts(firms, found.first_year),
    }


def _shakeouts(firms: Floats, first_year: int) -> list[dict[str, Any]]:
    """Industries whose firms came to a peak within the run and fell from it, the deepest fall first."""
    told = []
    for industry, course in enumerate(firms):
        top = int(np.argmax(course))
        peak, last = float(course[top]), float(course[-1])
        if top > 0 and peak > 0 and 1 - last / peak >= _SHAKEOUT:
            fall = rounded(1 - last / peak)
            told.append(
                {"industry": industry, "peak": peak, "peakAt": first_year + top / 4, "last": last, "fall": fall}
            )
    return sorted(told, key=lambda one: (-(one["fall"] or 0.0), one["industry"]))[:_MOST_SHAKEOUTS]


def _industry(at: int, names: Sequence[Text]) -> Text:
    if at < len(names):
        return names[at]
    return Text(en=f"new industry {at - len(names) + 1}", zh=f"新生产业{at - len(names) + 1}")


def _padded(values: Floats, count: int) -> Floats:
    return np.pad(values, (0, count - len(values)))


# --- Regions ----------------------------------------------------------------------------------------------------


def regional(found: Experiment, kept: Sequence[int]) -> dict[str, Any] | None:
    """Outcomes of every region by year, and in the last one who is surely above or below the baseline."""
    means = found.region_mean[list(kept)]
    policies, years, regions, series = means.shape
    if not regions:
        return None
    most = max(_MAP // (policies * regions * series), 2)
    at = _evenly(years, most)
    ends, cells = packed_scaled(means[:, at].transpose(3, 0, 1, 2))
    low, high = (of[list(kept), -1].transpose(2, 0, 1) for of in (found.region_gain_low, found.region_gain_high))
    return {
        "years": [found.first_year + int(year) for year in at],
        "outcomes": [outcome(REGIONAL_OUTCOMES[name]) for name in found.regional],
        "sure": packed(np.where(low > 0, 1, np.where(high < 0, 2, 0)), "u1"),
        "ends": ends,
        "cells": cells,
    }


# --- Lags -------------------------------------------------------------------------------------------------------

_LAGS: dict[str, Text] = {
    "discoveries": Text(en="From discovery to market", zh="从科学发现到市场"),
    "startups": Text(en="From the first money to an exit", zh="从获得投资到退出"),
}
_CAUSES: dict[str, Text] = {
    "market": Text(en="in the market", zh="进入市场"),
    "lapsed": Text(en="lapsed", zh="流失"),
    "abandoned": Text(en="given up", zh="放弃"),
    "ipo": Text(en="listed", zh="上市"),
    "acquired": Text(en="acquired", zh="被并购"),
    "dead": Text(en="closed", zh="关闭"),
}


def lags(found: Experiment, kept: Sequence[int]) -> list[dict[str, Any]]:
    """What became of discoveries and of backed start-ups after so many years, every cause beside the others."""
    parts = {"discoveries": found.lags, "startups": found.backed}
    return [_lags(kind, part, kept) for kind, part in parts.items() if np.isfinite(part.share).any()]


def _lags(kind: str, part: Lags, kept: Sequence[int]) -> dict[str, Any]:
    causes = [cause for cause in part.causes if cause in _CAUSES]
    columns = [part.causes.index(cause) for cause in causes]
    bands = np.stack([part.low, part.share, part.high], axis=-1)[list(kept)][:, :, columns]
    quarters = min(bands.shape[1] - 1, 4 * _LAG_YEARS)
    grid = np.arange(0, quarters + 1, max(-(-quarters // (_MOST_LAGS - 1)), 1))
    told = [
        {
            "policy": policy,
            "cause": cause,
            "years": years,
            **{name: rounded(float(cell)) for name, cell in zip(("low", "share", "high"), band, strict=True)},
        }
        for policy in range(len(kept))
        for cause in range(len(causes))
        for years in _TOLD
        if 4 * years < bands.shape[1] and np.isfinite(band := bands[policy, 4 * years, cause]).all()
    ]
    return {
        "kind": kind,
        "title": text(_LAGS[kind]),
        "causes": [{"code": cause, "name": text(_CAUSES[cause])} for cause in causes],
        "years": [int(lag) / 4 for lag in grid],
        "cells": packed_within(np.clip(bands[:, grid].transpose(0, 2, 1, 3), 0, 1), 0, 1),
        "at": told,
        "entered": [
            rounded(float(many)) for many in part.entered.reshape(len(part.entered), -1)[list(kept)].mean(axis=1)
        ],
    }
