"""How far science, technology and industry of a region fit one another, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.report.across import crossed
from xinzhi.report.packing import called, camel, number, packed_short, text
from xinzhi.structure.leads import ALL_FIELDS
from xinzhi.study.structure.results import Fused, Space

LAG_LEVEL = 0.9  # what ``leads`` gives unless told otherwise, and a study does not tell it
_USUAL = {
    "science": Text(en="Science", zh="科学"),
    "technology": Text(en="Technology", zh="技术"),
    "industry": Text(en="Industry", zh="产业"),
}
FIT_COLUMNS = ("fit", "by_chance", "z", "p", "q", "carried")
# What a page tells of one region at most: fields in which stages lie furthest apart, missing links, led fields.
MOST_GAPS, MOST_MISSING, MOST_LED = 12, 24, 12


def fused(found: Fused, spaces: Mapping[str, Space]) -> dict[str, Any]:
    """The fit of every pair of stages, overall, by region and by field, and where chains are broken."""
    pairs = list(dict.fromkeys(zip(found.overall["from"], found.overall["to"], strict=True)))
    last = found.overall["period"].iloc[-1]
    regions = sorted({str(code) for code in found.regions["region"]})
    named = _fields(spaces, found.led)
    return {
        "files": [spaces[name].spec.file for name in found.chain if name in spaces],
        "chain": [_stage(name, found.titles) for name in found.chain],
        "periods": [called(period) for period in dict.fromkeys(found.overall["period"])],
        "pairs": [[found.chain.index(first), found.chain.index(then)] for first, then in pairs],
        "overall": [_overall(row, pairs) for row in found.overall.to_dict("records")],
        "regions": regions,
        "cells": packed_short(_by_region(_of(found.regions, last), regions, pairs)),
        "fields": [_field(row, pairs, named) for row in _of(found.fields, last).to_dict("records")],
        "gaps": _gaps(_of(found.gaps, last), pairs, named),
        "missing": _missing(_of(found.missing, last), found.stages, named),
        "led": _led(_of(found.led, last), named),
        "lags": [_lag(row, found.chain, named) for row in found.lags.to_dict("records")],
        "lagTrend": [
            _trend(row, found.chain) for row in found.lag_trend.to_dict("records") if row["field"] == ALL_FIELDS
        ],
        "lagLevel": LAG_LEVEL if len(found.lags) else None,
        **_coupled(found, last),
        "support": [_support(row, found.chain) for row in found.support.to_dict("records")],
        **crossed(found, named),
    }


def _stage(name: str, titles: Mapping[str, Text]) -> dict[str, str]:
    """A stage by its title; one without links of its own has none, so it goes by the paper's words where it may."""
    title = titles.get(name, Text(en=name, zh=name))
    return text(_USUAL.get(name, title) if (title.en, title.zh) == (name, name) else title)


def _fields(spaces: Mapping[str, Space], led: pd.DataFrame) -> dict[str, dict[str, str]]:
    """The names of fields by code, over all links and what they lead to; a field without a name goes by its code."""
    named: dict[str, dict[str, str]] = {}
    for space in spaces.values():
        links = space.links
        for code, en, zh in zip(links.activities, links.names("activity"), links.names("activity", "zh"), strict=True):
            named.setdefault(str(code), {"en": str(en), "zh": str(zh)})
    for row in led.drop_duplicates("field").to_dict("records") if len(led) else ():
        named.setdefault(str(row["field"]), {"en": str(row["name_en"]), "zh": str(row["name_zh"])})
    return named


def _called(code: Any, named: Mapping[str, dict[str, str]]) -> dict[str, str]:
    return named.get(str(code), {"en": str(code), "zh": str(code)})


def _of(table: pd.DataFrame, period: Any) -> pd.DataFrame:
    return table[table["period"] == period] if len(table) and "period" in table else table


def _overall(row: Mapping[Any, Any], pairs: list[Any]) -> dict[str, Any]:
    told = {camel(name): number(row.get(name)) for name in ("fit", "by_chance", "z", "p", "regions", "above")}
    return {"period": called(row["period"]), "pair": pairs.index((row["from"], row["to"])), **told}


def _by_region(table: pd.DataFrame, regions: list[str], pairs: list[Any]) -> Any:
    """Fit and chance (region, pair, column)."""
    keys = [table["region"].astype(str), table["from"], table["to"]]
    laid = table.reindex(columns=list(FIT_COLUMNS)).set_axis(pd.MultiIndex.from_arrays(keys), axis=0)
    order = pd.MultiIndex.from_tuples([(region, *pair) for region in regions for pair in pairs])
    return laid.reindex(order).to_numpy(dtype=float)


def _field(row: Mapping[Any, Any], pairs: list[Any], named: Mapping[str, dict[str, str]]) -> dict[str, Any]:
    told = {camel(name): number(row.get(name)) for name in ("fit", "by_chance", "z", "p", "q", "regions")}
    return {"pair": pairs.index((row["from"], row["to"])), "name": _called(row["field"], named), **told}


def _gaps(table: pd.DataFrame, pairs: list[Any], named: Mapping[str, dict[str, str]]) -> list[dict[str, Any]]:
    """Of every region and pair of stages the fields in which what is there differs most from what is led to."""
    if not len(table):
        return []
    order = (
        table["difference"]
        .abs()
        .groupby([table["region"], table["from"], table["to"]])
        .rank(ascending=False, method="first")
    )
    return [
        {
            "region": str(row["region"]),
            "pair": pairs.index((row["from"], row["to"])),
            "field": _called(row["field"], named),
            "carried": number(row["carried"]),
            "actual": number(row["actual"]),
        }
        for row in table[order <= MOST_GAPS].to_dict("records")
    ]


def _missing(table: pd.DataFrame, chain: tuple[str, ...], named: Mapping[str, dict[str, str]]) -> list[dict[str, Any]]:
    """Fields of which a region has every stage but one, those whose other stages are strongest first."""
    if not len(table):
        return []
    rows = table[table["missing"].isin(chain)]
    quotients = rows[[f"lq_{stage}" for stage in chain]].to_numpy(dtype=float)
    lacks = rows["missing"].to_numpy()[:, None] == np.array(chain, dtype=object)
    strength = pd.Series(np.where(lacks, np.inf, quotients).min(axis=1), index=rows.index)
    order = strength.groupby(rows["region"]).rank(ascending=False, method="first")
    rows = rows.assign(order=order)[order <= MOST_MISSING].sort_values(["region", "order"], kind="stable")
    return [
        {
            "region": str(row["region"]),
            "field": _called(row["field"], named),
            "lacks": chain.index(row["missing"]),
            "quotients": [number(row[f"lq_{stage}"]) for stage in chain],
        }
        for row in rows.to_dict("records")
    ]


def _led(table: pd.DataFrame, named: Mapping[str, dict[str, str]]) -> list[dict[str, Any]]:
    """What the chain leads to in a last stage without links of its own: the largest fields of every region."""
    if not len(table):
        return []
    order = table.groupby("region")["share"].rank(ascending=False, method="first")
    rows = table.assign(order=order)[order <= MOST_LED].sort_values(["region", "order"], kind="stable")
    return [
        {"region": str(row["region"]), "field": _called(row["field"], named), "share": number(row["share"])}
        for row in rows.to_dict("records")
    ]


def _lag(row: Mapping[Any, Any], chain: tuple[str, ...], named: Mapping[str, dict[str, str]]) -> dict[str, Any]:
    """By how many years a field's later stage follows; the row over all fields has no field."""
    told = {name: number(row[name]) for name in ("regions", "lag", "low", "high", "after", "strength", "p", "q")}
    field = None if row["field"] == ALL_FIELDS else _called(row["field"], named)
    at = {"from": chain.index(row["from"]), "to": chain.index(row["to"])}
    return {**at, "field": field, **told, "edge": bool(row["edge"])}


def _trend(row: Mapping[Any, Any], chain: tuple[str, ...]) -> dict[str, Any]:
    told = {name: number(row[name]) for name in ("slope", "low", "high", "falls")}
    return {"from": chain.index(row["from"]), "to": chain.index(row["to"]), **told}


def _coupled(found: Fused, last: Any) -> dict[str, Any]:
    """Coupling coordination in the last period beside the degree in the first, where there are several."""
    table, asked = found.coupling, found.spec.coupling
    first = table["period"].iloc[0] if len(table) else last
    before = table[table["period"] == first].set_index("region")["coordination"] if first != last else {}
    return {
        "coupling": [_coupling(row, found.stages, before) for row in _of(table, last).to_dict("records")],
        "couplingFirst": called(first) if first != last else None,
        "couplingScale": asked.scale if asked else None,
    }


def _coupling(row: Mapping[Any, Any], stages: tuple[str, ...], before: Mapping[Any, Any]) -> dict[str, Any]:
    told = {name: number(row[name]) for name in ("coupling", "level", "coordination")}
    grade = {"en": str(row["grade_en"]), "zh": str(row["grade_zh"])} if pd.notna(row["grade_en"]) else None
    return {
        "region": str(row["region"]),
        "levels": [number(row[f"level_{one}"]) for one in stages],
        **told,
        "grade": grade,
        "was": number(before.get(row["region"])),
    }


def _support(row: Mapping[Any, Any], chain: tuple[str, ...]) -> dict[str, Any]:
    told = {name: number(row.get(name)) for name in ("held", "missing", "difference")}
    return {"region": str(row["region"]), "from": chain.index(row["from"]), "to": chain.index(row["to"]), **told}
