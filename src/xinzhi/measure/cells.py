"""The panel's cells as the methods see them, and the way from a refused cell back to the region and year it is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import INDICATOR, MISSING, OBSERVED, REGION, TIME, Floats, Panel
from xinzhi.core.specs import FaultyValue
from xinzhi.data.units import conversion, quotient
from xinzhi.measure.result import Codes, Units
from xinzhi.measure.spec import IndexSpec, Scope
from xinzhi.measure.tree import Indicator
from xinzhi.measure.unfit import Unfit


@dataclass(frozen=True)
class Gathered:
    """The panel's cells in the order of the tree, with the denominators beside them."""

    values: Floats
    below: Floats | None
    divided: npt.NDArray[np.intp]
    origin: npt.NDArray[np.uint8]
    regions: Codes
    times: npt.NDArray[np.int64]
    about_region: dict[str, npt.NDArray[Any]]
    units: Units
    axes: dict[str, xr.Variable] = field(default_factory=dict)


def gathered(panel: Panel, spec: IndexSpec) -> Gathered:
    """The columns that the spec names, in the order of its tree. Raises ``MethodError`` naming all it lacks."""
    # Variables rather than labelled arrays: an index is built thousands of times when its choices are varied.
    about = panel.coords.variables
    index = panel.get_index(INDICATOR)
    leaves = spec.tree.indicators
    divided = [at for at, leaf in enumerate(leaves) if leaf.denominator and spec.denominate]
    wanted = [leaf.source for leaf in leaves] + [str(leaves[at].denominator) for at in divided]
    at = index.get_indexer(pd.Index(wanted, dtype=object))
    if (at < 0).any():
        users = [*leaves, *(leaves[i] for i in divided)]
        lacking = zip(wanted, users, at, strict=True)
        raise MethodError(_no_column(column, leaf, index) for column, leaf, found in lacking if found < 0)
    array = panel.variable.transpose(TIME, REGION, INDICATOR).values[:, :, at].astype(float, order="C")
    if "origin" in about:
        origin = about["origin"].transpose(TIME, REGION, INDICATOR).values[:, :, at]
    else:
        origin = np.where(np.isnan(array), MISSING, OBSERVED).astype(np.uint8)
    n = len(leaves)
    if divided:
        # A quotient is as well known as the less known of its two parts.
        origin[:, :, divided] = np.where(origin[:, :, n:] == OBSERVED, origin[:, :, divided], origin[:, :, n:])
    return Gathered(
        np.ascontiguousarray(array[:, :, :n]),
        array[:, :, n:] if divided else None,
        np.array(divided, dtype=np.intp),
        np.ascontiguousarray(origin[:, :, :n]),
        about[REGION].values,
        about[TIME].values,
        {str(name): of.values for name, of in about.items() if of.dims == (REGION,) and name != REGION},
        _units(about["unit"].values[at] if "unit" in about else [""] * len(at), leaves, divided),
        {REGION: about[REGION], TIME: about[TIME]},
    )


def _units(told: Iterable[object], leaves: Sequence[Indicator], divided: Sequence[int]) -> Units:
    """What the data say of the columns and the spec of its indicators, brought together."""
    said = [unit if isinstance(unit, str) else "" for unit in told]
    below = dict(zip(divided, said[len(leaves) :], strict=True))
    # A unit stated for a quotient is none of its column, where ratios are taken as given.
    stated = ["" if leaf.denominator and said[at] and at not in below else leaf.unit for at, leaf in enumerate(leaves)]
    settled = [_settled(said[at], below.get(at), stated[at] or "") for at in range(len(leaves))]
    given = tuple(said[at] or leaf.unit or "" for at, leaf in enumerate(leaves))
    return Units(given, tuple(unit for unit, _ in settled), np.array([factor for _, factor in settled]))


@lru_cache(maxsize=4096)
def _settled(above: str, below: str | None, stated: str) -> tuple[str, float]:
    """The unit to measure in, which is the stated one if any, and the factor to it; 1 where that is not known."""
    have = above if below is None else f"{above}/{below}"
    unit = stated or (above if below is None else quotient(above, below))
    return unit, conversion(have, unit) or 1.0


def _no_column(column: str, leaf: Indicator, known: Iterable[str]) -> Fault:
    near = difflib.get_close_matches(column, list(map(str, known)), n=3)
    offer_en = f" Near: {', '.join(near)}." if near else ""
    offer_zh = f"相近的有：{'、'.join(near)}。" if near else ""
    return Fault(
        "no-such-column",
        f"indicator '{leaf.code}' needs '{column}', which the data does not have.{offer_en} "
        "Set `column` or `denominator`, or leave the indicator out.",
        f"指标“{leaf.code}”需要“{column}”，但数据中没有。{offer_zh}请设置 column 或 denominator，或去掉该指标。",
        column=column,
    )


def frames(x: Floats, scope: Scope, raw: Gathered) -> tuple[Floats, Floats]:
    """The cells (…, time, region, k) as a method sees them, and the cells it takes its measures from."""
    if scope == "year":
        return x, x
    cells = x.reshape(*x.shape[:-3], -1, x.shape[-1])
    if scope == "pooled":
        return cells, cells
    inside = _years_within((int(scope[0]), int(scope[1])), raw)
    return cells, x[..., inside, :, :].reshape(*x.shape[:-3], -1, x.shape[-1])


def _years_within(scope: tuple[int, int], raw: Gathered) -> npt.NDArray[np.bool_]:
    first, last = scope
    inside = (raw.times >= first) & (raw.times <= last)
    if not inside.any():
        raise MethodError(
            Fault(
                "empty-base-period",
                f"the base period {first}-{last} has no year of the data ({raw.times[0]}-{raw.times[-1]}).",
                f"基期 {first}—{last} 内没有数据年份（数据为 {raw.times[0]}—{raw.times[-1]}）。",
            )
        )
    return inside


@dataclass(frozen=True)
class Places:
    """Region-years in words."""

    en: str
    zh: str


def places_of(where: npt.NDArray[np.bool_], raw: Gathered, most: int = 5) -> Places:
    """Region-years named, the first few; (time, region) mask."""
    t, r = np.nonzero(where)
    names_en = raw.about_region.get("name_en", raw.regions)
    names_zh = raw.about_region.get("name_zh", raw.regions)
    years: dict[int, list[int]] = {}
    for year, region in zip(t, r, strict=True):
        years.setdefault(int(region), []).append(int(raw.times[year]))
    shown = list(years.items())[:most]
    rest = len(years) - len(shown)
    en = "; ".join(f"{names_en[i]} ({_spans(of)})" for i, of in shown) + (f"; and {rest} more" if rest else "")
    zh = "；".join(f"{names_zh[i]}（{_spans(of)}）" for i, of in shown) + (f"；另有 {rest} 个地区" if rest else "")
    return Places(en, zh)


def _spans(years: Sequence[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"


@contextmanager
def telling(en: str, zh: str, raw: Gathered) -> Iterator[None]:
    """Turn what a method refused into an error that names the step, the regions and the years."""
    try:
        yield
    except Unfit as refusal:
        where = refusal.where
        if where.ndim > 2 or where.shape[0] == len(raw.times) * len(raw.regions):
            where = where.reshape(len(raw.times), len(raw.regions), -1)
        places = places_of(np.asarray(where.any(axis=-1)) if where.ndim == 3 else where, raw)
        raise MethodError(
            Fault(refusal.code, f"{en}: {refusal.en} Found at {places.en}.", f"{zh}：{refusal.zh}见于 {places.zh}。")
        ) from None
    except FaultyValue as refusal:
        raise MethodError(Fault(refusal.code, f"{en}: {refusal.en}", f"{zh}：{refusal.zh}")) from None
