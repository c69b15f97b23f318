"""What the page tells of an indicator: where it was read, in what unit, and the yardstick it was normalised by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from xinzhi.core.labels import INDICATOR, Floats
from xinzhi.data import units
from xinzhi.measure.result import Index
from xinzhi.measure.spec import Normalise
from xinzhi.measure.tree import Indicator
from xinzhi.report.packing import rounded, text
from xinzhi.study.running import Run

# What each method takes from the cells of its frame: their ends, or their mean and standard deviation.
_ENDS = ("min-max", "distance-to-target", "distance-to-maximum", "distance-to-reference", "fraction-of-maximum")
_MOMENTS = ("z-score",)


def details(run: Run, at: int, leaf: Indicator) -> dict[str, Any]:
    """One indicator's own facts; what nobody gave or nothing can be said of is left out."""
    divided = leaf.denominator if run.index.spec.denominate else None
    found = {
        "column": leaf.source if leaf.source != leaf.code else None,
        "denominator": divided,
        "unit": _unit(run.index.units.measured[at]),
        "about": text(leaf.about) if leaf.about else None,
        "files": _files(run, [leaf.source, *([divided] if divided else [])]),
        "target": leaf.target,
        "low": leaf.low,
        "high": leaf.high,
        "within": list(leaf.within) if leaf.within else None,
        "yardstick": _yardstick(run.index, at, leaf),
    }
    return {key: value for key, value in found.items() if value is not None}


def _unit(unit: str) -> dict[str, str] | None:
    if not unit:
        return None
    known = units.find(unit)
    return {"en": known.en, "zh": known.zh} if known else {"en": unit, "zh": unit}


def _files(run: Run, columns: Iterable[str]) -> list[int] | None:
    """Where among the sources the columns first stand; nothing where the panel does not say."""
    panel = run.data.panel
    if "source" not in panel.coords:
        return None
    file_of = dict(zip(map(str, panel[INDICATOR].values), map(str, panel["source"].values), strict=True))
    names = [source.file for source in run.data.sources]
    found = [names.index(file_of[column]) for column in columns if file_of.get(column) in names]
    return list(dict.fromkeys(found)) or None


def _yardstick(index: Index, at: int, leaf: Indicator) -> dict[str, Any] | None:
    """What the method measures by, after treatment and in the indicator's own direction: one row, or one per year.

    ``ends`` are the least and the greatest value of the frame, ``moments`` its mean and standard deviation (over
    n - 1). Methods that go by order, or by marks that the study gives, take nothing from the data.
    """
    choice = index.spec.normalise.only.get(leaf.code, index.spec.normalise)
    by = "ends" if choice.method in _ENDS else "moments" if choice.method in _MOMENTS else None
    if by is None:
        return None
    rows = [_taken(frame, by) for frame in _frames(index.stages.treated[:, :, at], index, choice)]
    return {"by": by, "rows": rows}


def _frames(cells: Floats, index: Index, choice: Normalise) -> list[Floats]:
    if choice.scope == "year":
        return list(cells)
    if choice.scope == "pooled":
        return [cells]
    first, last = choice.scope
    return [cells[(index.times >= first) & (index.times <= last)]]


def _taken(frame: Floats, by: str) -> list[float | None]:
    seen = frame[np.isfinite(frame)]
    if by == "ends":
        return [rounded(seen.min()), rounded(seen.max())] if seen.size else [None, None]
    return [rounded(seen.mean()), rounded(seen.std(ddof=1))] if seen.size > 1 else [None, None]
