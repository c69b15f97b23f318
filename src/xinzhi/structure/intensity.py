"""How much more of an activity a region has than one would expect: location quotients and their relatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.methods import Family
from xinzhi.core.results import Record
from xinzhi.core.specs import Text
from xinzhi.structure.links import SHOWN, Links, Period, stored

intensities = Family(
    "intensity",
    zh="专业化强度",
    about="f(values: csr (region, activity), *, options) -> csr (region, activity) of the same links: how strong each "
    "is; a cell that is not stored is 0.",
)


@intensities.add("rca", zh="显性比较优势（区位商）", cite="Balassa 1965; Hoover 1936")
def location_quotients(values: sparse.csr_array) -> sparse.csr_array:
    """Share of an activity in its region over its share in all regions: RCA, the location quotient."""
    cells = stored(values)
    in_region, in_activity = _sums(cells)
    share = cells.data / _by_row(cells, in_region)
    return _with(cells, share / (in_activity[cells.indices] / in_activity.sum()))


@intensities.add("log-rca", zh="对数显性比较优势", cite="after Vollrath 1991")
def log_quotients(values: sparse.csr_array) -> sparse.csr_array:
    """Logarithm of 1 + RCA, so that what is absent stays 0."""
    quotients = location_quotients(values)
    return _with(quotients, np.log1p(quotients.data))


@intensities.add("rpop", zh="人均相对强度", cite="Hausmann et al. 2011; ecomplexity 0.5")
def per_head(values: sparse.csr_array, *, population: Any) -> sparse.csr_array:
    """Amount per head of the region over the amount per head of all regions together.

    ``population`` is one number above 0 per region, in the order of the rows.
    """
    cells = stored(values)
    heads = np.asarray(population, dtype=float)
    if heads.shape != (cells.shape[0],):
        found = " × ".join(map(str, heads.shape)) or "1"
        raise MethodError(
            Fault(
                "bad-population",
                f"one population per region is needed, {cells.shape[0]} numbers; found {found}.",
                f"人口须为每个地区一个数，共 {cells.shape[0]} 个；实际为 {found}。",
            )
        )
    _, in_activity = _sums(cells)
    each = cells.data / _by_row(cells, heads)
    return _with(cells, each / (in_activity[cells.indices] / heads.sum()))


@intensities.add("share", zh="占比", cite="definition")
def shares(values: sparse.csr_array, *, of: Literal["region", "activity"] = "region") -> sparse.csr_array:
    """Share of the region's total, or of the activity's total."""
    cells = stored(values)
    in_region, in_activity = _sums(cells)
    return _with(cells, cells.data / (_by_row(cells, in_region) if of == "region" else in_activity[cells.indices]))


def intensity(links: Links, method: str | Callable[..., Any] = "rca", **options: Any) -> Links:
    """Every period's values turned into how strong each link is, cell by cell of those there are.

    ``method`` is of the family ``intensity`` or a function of one matrix. ``population`` (for ``rpop``) is labelled:
    a mapping or series by region, or an array over region, or region × time. Raises ``MethodError``.
    """
    chosen = intensities.find(method)
    made = [chosen.function(links.at(period), **given) for period, given in settled(links, chosen.accept(options))]
    return replace(
        links,
        values=tuple(sparse.csr_array(matrix) for matrix in made),
        title=Text(en=chosen.name, zh=chosen.zh),
        unit="",
        record=Record("intensity", {"method": chosen.name, **told(options)}, dict(links.record.inputs)),
    )


def settled(links: Links, options: dict[str, Any]) -> list[tuple[Period, dict[str, Any]]]:
    """The options of every period, what is labelled by region put in the order of the rows. Raises ``MethodError``."""
    if "population" not in options:
        return [(period, options) for period in links.periods]
    heads = _aligned(options["population"], links)
    return [(period, {**options, "population": heads[at]}) for at, period in enumerate(links.periods)]


def told(options: dict[str, Any]) -> dict[str, Any]:
    """The options as a record keeps them: plain ones as they are, data by its kind."""
    return {
        name: value if isinstance(value, (str, int, float, bool, type(None))) else f"given as {type(value).__name__}"
        for name, value in options.items()
    }


def _aligned(given: Any, links: Links) -> Floats:
    """Population (period, region); every region that has a link in a period needs a number above 0 there."""
    regions = [str(label) for label in links.regions]
    if isinstance(given, xr.DataArray):
        known = {str(label): at for at, label in enumerate(given[REGION].values)}
        table = given.transpose(REGION, ...).astype(float)
        heads = np.full((len(links.periods), len(regions)), np.nan)
        at = np.array([known.get(label, -1) for label in regions], dtype=np.intp)
        times = list(given[TIME].values.tolist()) if TIME in given.dims else None
        for row, period in enumerate(links.periods):
            if times is None or period in times:
                column = table.values if times is None else table.values[:, times.index(period)]
                heads[row] = np.where(at >= 0, np.asarray(column).reshape(len(known))[at], np.nan)
    elif not isinstance(given, (Mapping, pd.Series)):
        kind = type(given).__name__
        raise MethodError(
            Fault(
                "bad-population",
                f"population must say which region each number is of: a mapping, a series or an array; found {kind}.",
                f"人口须注明所属地区：可为映射、序列或带标签的数组；实际为 {kind}。",
            )
        )
    else:
        by_region = {str(label): float(value) for label, value in dict(given).items()}
        heads = np.tile([by_region.get(label, np.nan) for label in regions], (len(links.periods), 1))
    wrong = ~(np.isfinite(heads) & (heads > 0)) & (links.diversity > 0)
    if wrong.any():
        raise MethodError(_no_population(links, wrong))
    return np.where(links.diversity > 0, heads, 0.0)


def _no_population(links: Links, wrong: Any) -> Fault:
    rows, columns = np.nonzero(wrong)
    pairs = list(dict.fromkeys((str(links.regions[j]), links.periods[i]) for i, j in zip(rows, columns, strict=True)))
    en = ", ".join(f"{label} ({period})" for label, period in pairs[:SHOWN]) + (" …" if len(pairs) > SHOWN else "")
    zh = "、".join(f"{label}（{period}）" for label, period in pairs[:SHOWN]) + ("……" if len(pairs) > SHOWN else "")
    return Fault(
        "no-population",
        f"a population above 0 is needed for every region with a link; none for {len(pairs)}: {en}. "
        "Give it, or leave these regions out.",
        f"凡有关联的地区均须有大于 0 的人口数；缺 {len(pairs)} 处：{zh}。请补全，或剔除这些地区。",
    )


def _sums(cells: sparse.csr_array) -> tuple[Floats, Floats]:
    in_region = np.asarray(cells.sum(axis=1), dtype=float)
    in_activity = np.bincount(cells.indices, weights=cells.data, minlength=cells.shape[1])
    return in_region, np.asarray(in_activity, dtype=float)


def _by_row(cells: sparse.csr_array, of_row: Floats) -> Floats:
    """What belongs to the row of every stored cell."""
    return np.repeat(of_row, np.diff(cells.indptr))


def _with(cells: sparse.csr_array, data: Floats) -> sparse.csr_array:
    return sparse.csr_array((data, cells.indices, cells.indptr), shape=cells.shape)
