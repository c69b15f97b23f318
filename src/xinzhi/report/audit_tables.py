"""An audit as the page shows it: pitfalls by number, findings in words, their numbers under heads one can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.measure.aggregation import aggregations
from xinzhi.measure.normalisation import normalisations
from xinzhi.measure.weighting import weightings
from xinzhi.report.packing import rounded, text
from xinzhi.study.audit.findings import PITFALLS, SEVERITIES, Audit, Finding
from xinzhi.study.audit.words import HEADS, Head, Kind, head

# A finding's table may have a row per region or indicator; more than this nobody reads on a page.
MOST_ROWS = 100

Cell = str | float | dict[str, str] | None

_WORDS: dict[str, Text] = {
    "as it stands": Text(en="the study as it stands", zh="研究原方案"),
    "indicator": Text(en="indicator", zh="指标"),
    "element": Text(en="element", zh="维度"),
    "column": Text(en="column", zh="数据列"),
    "denominator": Text(en="denominator", zh="分母"),
    "standard": Text(en="standard", zh="标准形式"),
}
_YES, _NO = Text(en="yes", zh="是"), Text(en="no", zh="否")
_METHODS = {"normalisation": normalisations, "aggregation": aggregations, "weighting": weightings}
_NAMED_BY_CODE = ("nearest", "size")


def audited(audit: Audit, names: Mapping[str, Text]) -> list[dict[str, Any]]:
    """Every pitfall with its findings; ``severity`` is the worst of them. ``names`` are the nodes' names by code."""
    order = list(SEVERITIES)
    return [
        {
            "pitfall": at,
            "title": text(title),
            "severity": min((finding.severity for finding in audit.of(at)), key=order.index, default="fine"),
            "findings": [_finding(finding, names) for finding in audit.of(at)],
        }
        for at, title in enumerate(PITFALLS, start=1)
    ]


def _finding(finding: Finding, names: Mapping[str, Text]) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "title": text(finding.title),
        "said": text(finding.said),
        "wayOut": text(finding.way_out),
        "numbers": numbers(finding.numbers, names),
    }


def numbers(table: pd.DataFrame, names: Mapping[str, Text]) -> dict[str, Any] | None:
    """A finding's table: a label's columns (code, English, Chinese) become one, and those that are empty go."""
    shown = table.head(MOST_ROWS)
    columns = [column for column in _columns(shown, names) if any(cell not in (None, "") for cell in column[2])]
    if not columns:
        return None
    return {
        "heads": [{"en": of.en, "zh": of.zh} for of, _, _ in columns],
        "kinds": [kind for _, kind, _ in columns],
        "rows": [list(row) for row in zip(*(cells for _, _, cells in columns), strict=True)],
        "rowsInAll": len(table),
    }


def _columns(table: pd.DataFrame, names: Mapping[str, Text]) -> list[tuple[Head, Kind, list[Cell]]]:
    found: list[tuple[Head, Kind, list[Cell]]] = []
    heads = [str(column) for column in table.columns]
    labelled = {at.removesuffix("_en") for at in heads if at.endswith("_en") and f"{at[:-3]}_zh" in heads}
    for at, name in enumerate(heads):
        stem = name.removesuffix("_en")
        if name.endswith("_en") and stem in labelled:
            pair = zip(table[name], table[f"{stem}_zh"], strict=True)
            told: list[Cell] = [_either(str(en), str(zh)) for en, zh in pair]
            found.append((head(_labelled(stem, heads[:at])), "text", told))
        elif not _is_label(name, heads, labelled):
            told_as = head(name)
            cells = [_cell(name, value, names) for value in table[name]]
            texts = any(isinstance(cell, (str, dict)) for cell in cells)
            found.append((told_as, "text" if texts else told_as.kind, cells))
    return found


def _is_label(name: str, heads: list[str], labelled: set[str]) -> bool:
    """Whether a column is the code or the Chinese half of a label that is shown as one."""
    if name.endswith("_zh") and name.removesuffix("_zh") in labelled:
        return True
    if f"{name}_name" in labelled and name in ("region", "next"):
        return True
    return "name" in labelled and name in ("indicator", "node", "element") and _labelled("name", heads) == name


def _labelled(stem: str, before: list[str]) -> str:
    """What a pair of label columns is called: after the code column before it."""
    if stem == "name":
        return next((name for name in reversed(before) if name in ("indicator", "node", "element")), "indicator")
    return stem if stem in HEADS else stem.removesuffix("_name")


def _cell(column: str, value: Any, names: Mapping[str, Text]) -> Cell:
    if isinstance(value, (bool, np.bool_)):
        return text(_YES if value else _NO)
    if column == "time":
        return str(int(value))
    if isinstance(value, (int, float, np.number)):
        return rounded(float(value))
    if value is None or pd.isna(value):
        return None
    return _worded(column, str(value), names)


def _worded(column: str, value: str, names: Mapping[str, Text]) -> Cell:
    find: Callable[[str], Text | None] = names.get if column in _NAMED_BY_CODE else _WORDS.get
    if (known := find(value)) is not None:
        return text(known)
    if column in _METHODS and value in _METHODS[column].members:
        method = _METHODS[column].members[value]
        return {"en": method.name.replace("-", " "), "zh": method.zh}
    return value


def _either(en: str, zh: str) -> Cell:
    return en if en == zh else {"en": en, "zh": zh}
