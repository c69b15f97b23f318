"""How far the digital has grown into the real economy, as the page shows it: in the form of coupled stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.report.packing import called, number, text
from xinzhi.study.structure.digital import TITLES, Digital


def digitised(found: Digital, files: list[str]) -> dict[str, Any]:
    """The levels of the last year in which any is coupled, or told, beside the coordination of the first such year.

    ``chain``, ``periods`` and ``coupling`` are laid out as in a fusion; the levels within a row are the scores brought
    to [0, 1] where they are coupled, and ``scores`` are as they came.
    """
    table = found.levels
    told = table[table["coordination"].notna()] if found.coupled else table
    first, last = told["period"].min(), told["period"].max()
    before = told[told["period"] == first].set_index("region")["coordination"] if found.coupled else {}
    return {
        "files": files,
        "chain": [text(TITLES[name]) for name in found.spec.levels],
        "missing": [text(TITLES[name]) for name in found.missing],
        "periods": [called(period) for period in sorted(told["period"].unique())],
        "coupling": [_row(row, found, before) for row in table[table["period"] == last].to_dict("records")],
        "couplingFirst": called(first) if found.coupled and first != last else None,
        "couplingScale": found.spec.coupling.scale if found.coupled and found.spec.coupling else None,
    }


def regions_of(found: Digital) -> dict[str, Text]:
    """The names of its regions by code."""
    rows = found.levels.drop_duplicates("region")
    return {
        str(code): Text(en=str(en), zh=str(zh))
        for code, en, zh in zip(rows["region"], rows["name_en"], rows["name_zh"], strict=True)
    }


def _row(row: Mapping[Any, Any], found: Digital, before: Mapping[Any, Any]) -> dict[str, Any]:
    grade = row.get("grade_en")
    prefix = "level" if found.coupled else "score"
    return {
        "region": str(row["region"]),
        "levels": [number(row[f"{prefix}_{name}"]) for name in found.spec.levels],
        "scores": [number(row[f"score_{name}"]) for name in found.spec.levels],
        **{name: number(row.get(name)) for name in ("coupling", "level", "coordination")},
        "grade": {"en": str(grade), "zh": str(row["grade_zh"])} if pd.notna(grade) else None,
        "was": number(before.get(row["region"]))
        if found.coupled and len(found.levels["period"].unique()) > 1
        else None,
    }
