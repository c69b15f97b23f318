"""Which topics emerge, since when and how far along they are, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.report.packing import camel, number, text
from xinzhi.structure.curves import STAGES
from xinzhi.structure.emergence import ATTRIBUTES, MEASURES
from xinzhi.study.structure.results import Emerged
from xinzhi.study.structure.topic_spec import EmergenceSpec

MOST_TOPICS = 60
# How a measure is printed; those not named here are shares.
_KINDS = dict.fromkeys(("growth", "relative-growth", "actor-growth"), "rate")
_KINDS |= dict.fromkeys(("age", "run"), "years") | dict.fromkeys(("actors", "scatter", "diversity"), "number")
_ONSET = ("first_seen", "onset", "onset_low", "onset_high", "onset_q", "rate_before", "rate_after", "growth_q")
_FITTED = ("ceiling", "peak", "rate", "reached")
_AHEAD = ("mean", "median", "low", "high", "total_median", "total_low", "total_high")

Tables = Mapping[str, Mapping[str, pd.DataFrame]]


def emerged(found: Emerged, files: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every block with its topics: those that emerge, surest first, then the largest. ``files`` are those of links."""
    return [_block(found, spec, files) for spec in found.specs]


def _block(found: Emerged, spec: EmergenceSpec, files: Mapping[str, str]) -> dict[str, Any]:
    topics, counts, measures = (_of(table, spec) for table in (found.topics, found.counts, found.measures))
    dated = topics[topics["onset"].notna()].sort_values("onset_q", kind="stable")
    rest = topics[topics["onset"].isna()].sort_values("counted", ascending=False, kind="stable")
    shown = pd.concat([dated, rest]).head(MOST_TOPICS)
    taken = [name for name in MEASURES if (measures["measure"] == name).any()]
    tables = {"counts": counts, "measures": measures, "curves": found.curves, "forecasts": found.forecasts}
    by = {name: _by_topic(_of(table, spec)) for name, table in tables.items()}
    return {
        "name": spec.name,
        "title": text(spec.called),
        "file": spec.file or files[str(spec.links)],
        "whole": text(found.wholes[spec.name]) if spec.name in found.wholes else None,
        "years": sorted(int(year) for year in counts["year"].unique()),
        "window": spec.window,
        "threshold": spec.threshold,
        "level": spec.level,
        "measures": [_measure(name) for name in taken],
        "stages": [
            {"name": {"en": name, "zh": zh}, "above": above, "upTo": up_to}
            for (name, zh, up_to), above in zip(STAGES, (0.0, *(one[2] for one in STAGES)), strict=False)
        ],
        "topics": [_topic(row, taken, by) for row in shown.to_dict("records")],
        "topicsInAll": len(topics),
        "emerging": len(dated),
    }


def _of(table: pd.DataFrame, spec: EmergenceSpec) -> pd.DataFrame:
    return pd.DataFrame(table[table["block"] == spec.name]) if len(table) else table


def _by_topic(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(topic): rows for topic, rows in table.groupby("topic", sort=False)} if len(table) else {}


def _measure(name: str) -> dict[str, Any]:
    attribute, words = MEASURES[name]
    told = {"attribute": attribute, "attributeName": text(ATTRIBUTES[attribute]), "kind": _KINDS.get(name, "share")}
    return {"measure": name, "name": text(words), **told}


def _topic(row: Mapping[Any, Any], taken: list[str], by: Tables) -> dict[str, Any]:
    topic = str(row["topic"])
    counts = by["counts"][topic].sort_values("year")
    values = by["measures"][topic].set_index("measure")[["value", "low", "high"]]
    expected = [number(one) for one in counts["expected"]]
    return {
        "code": topic,
        "name": {"en": str(row["name_en"]), "zh": str(row["name_zh"])},
        "counts": [number(one) for one in counts["count"]],
        "expected": expected if any(one is not None for one in expected) else None,
        "counted": number(row["counted"]),
        "kind": row["kind"],
        **{camel(name): number(row[name]) for name in _ONSET},
        "onsetYears": [int(year) for year in counts.loc[counts["may_be_onset"].astype(bool), "year"]],
        "values": [[number(one) for one in values.loc[name]] if name in values.index else None for name in taken],
        "curve": _curve(by["curves"][topic], by["forecasts"][topic]) if topic in by["curves"] else None,
    }


def _curve(fits: pd.DataFrame, ahead: pd.DataFrame) -> dict[str, Any]:
    chances = [float(fits[f"p_{name}"].iloc[0]) for name, _, _ in STAGES]
    return {
        "stage": int(np.argmax(chances)),
        "chances": [number(chance) for chance in chances],
        "fits": [
            {
                "name": {"en": str(row["curve"]), "zh": str(row["curve_zh"])},
                "weight": number(row["weight"]),
                "identified": bool(row["identified"]),
                **{name: [number(row[f"{name}{end}"]) for end in ("", "_low", "_high")] for name in _FITTED},
            }
            for row in fits.to_dict("records")
        ],
        "ahead": [
            {"year": int(row["year"]), **{camel(name): number(row[name]) for name in _AHEAD}}
            for row in ahead.to_dict("records")
        ],
    }
