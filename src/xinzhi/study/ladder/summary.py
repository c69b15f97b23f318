"""What a run found of the industry ladder, in a few lines and as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from xinzhi.core.errors import Language
from xinzhi.structure.ladder.rungs import ON_THE_LADDER, RUNG_NAMES, RUNGS
from xinzhi.study.ladder.results import Laddered, Placed

_NAMED = 5


def lines_of(found: Laddered, language: Language) -> Iterator[str]:
    """By block how many industries stand on each rung in the last year, and the surest of those on the ladder."""
    for placed in found.blocks.values():
        yield from _block(placed, language)


def data_of(found: Laddered) -> list[dict[str, Any]]:
    """The same as data: by block the rungs of the last year, and where every industry stands."""
    return [
        {
            "name": name,
            "way": placed.ladder.way,
            "years": [int(year) for year in (placed.rungs["year"].min(), placed.rungs["year"].max())],
            "series": int(placed.ladder.probability.sizes["series"]),
            "rungs": _records(_last(placed).drop(columns="block")),
        }
        for name, placed in found.blocks.items()
        if len(placed.rungs)
    ]


def _block(placed: Placed, language: Language) -> Iterator[str]:
    zh, title = language == "zh", placed.spec.called[language]
    if not len(placed.rungs):
        yield f"{title}：没有可判定的产业" if zh else f"{title}: no industry could be placed"
        return
    last = _last(placed)
    regions, industries = last["region"].nunique(), last["industry"].nunique()
    year, sure = int(last["year"].iloc[0]), last["certain"].mean()
    if zh:
        size = f"{regions} 个地区 × {industries} 个产业" if placed.regional else f"{industries} 个产业"
        counted = "，".join(f"{RUNG_NAMES[rung].zh} {(last['rung'] == rung).sum()}" for rung in RUNGS)
        yield f"{title}，{year} 年：{size}，其中 {sure:.0%} 的判定有把握：{counted}"
    else:
        size = f"{regions} regions × {industries} industries" if placed.regional else f"{industries} industries"
        counted = ", ".join(f"{rung} {(last['rung'] == rung).sum()}" for rung in RUNGS)
        yield f"{title}, {year}: {size}, {sure:.0%} placed with certainty: {counted}"
    for rung in ON_THE_LADDER:
        here = last[last["rung"] == rung]
        if not len(here):
            continue
        first = here.sort_values([rung, "share"], ascending=False, kind="stable").head(_NAMED)
        names = [_called(row, placed, language) for row in first.to_dict("records")]
        more = len(here) - len(names)
        if zh:
            yield f"  {RUNG_NAMES[rung].zh}：{'、'.join(names)}" + (f"，另有 {more} 个" if more else "")
        else:
            yield f"  {rung}: {', '.join(names)}" + (f", and {more} more" if more else "")


def _called(row: dict[Any, Any], placed: Placed, language: Language) -> str:
    """An industry by its name, with its region where there are several, and its chance where it is not certain."""
    name = str(row[f"industry_{language}"])
    where = [str(row[f"region_{language}"])] if placed.regional else []
    told = [*where, *([] if row["certain"] else [f"{row[row['rung']]:.0%}"])]
    if not told:
        return name
    return f"{name}（{'，'.join(told)}）" if language == "zh" else f"{name} ({', '.join(told)})"


def _last(placed: Placed) -> pd.DataFrame:
    """Where every industry stands in the last year in which any could be placed."""
    return pd.DataFrame(placed.rungs[placed.rungs["year"] == placed.rungs["year"].max()])


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return list(json.loads(table.to_json(orient="records", force_ascii=False)))
