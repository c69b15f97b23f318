"""What comes from elsewhere (advantage, relatedness, linkages, technology), put in the order of the series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.data.industries import SERIES, TIME, Industries

_ALSO = {"activity": "industry", "period": "time", "year": "time"}
_ROLES = ("region", "industry", "time")


def aligned(given: Any, industries: Industries, name: str) -> Floats | None:
    """A quantity by industry, by region × industry, and by year where it has years, as (series, time).

    ``given`` is a labelled array, a mapping from industry to number, or a Series whose index levels are named region,
    industry and time (one unnamed level is the industry). Series it does not name are nan. Raises ``MethodError``
    where it is none of these, has a label twice, or names no industry there is.
    """
    if given is None:
        return None
    table = _table(given, name)
    there = [role for role in _ROLES if role in table.index.names]
    table = table.reorder_levels([table.index.names.index(role) for role in there]) if len(there) > 1 else table
    if not table.index.is_unique:
        raise MethodError(_fault(name, "repeated-label", "has labels that occur more than once", "有重复的标签", table))
    values = industries.values
    sides = {"region": values["region"].values.astype(str), "industry": values["industry"].values.astype(str)}
    shape = values.sizes[SERIES], values.sizes[TIME]
    years = values[TIME].values
    if "time" not in there:
        wanted = pd.MultiIndex.from_arrays([sides[role] for role in there]) if len(there) > 1 else sides[there[0]]
        found = table.reindex(wanted).to_numpy(dtype=float)
        cells = np.repeat(found[:, None], shape[1], axis=1)
    else:
        wide = table.unstack("time").reindex(columns=years)  # noqa: PD010 - a Series has no pivot_table
        wanted = pd.MultiIndex.from_arrays([sides[role] for role in there[:-1]]) if len(there) > 2 else sides[there[0]]
        cells = wide.reindex(wanted).to_numpy(dtype=float)
    if not np.isfinite(cells).any():
        raise MethodError(
            _fault(name, "no-match", "names no industry and year there are", "与产业、年份均不匹配", table)
        )
    return np.where(np.isfinite(cells), cells, np.nan)


def _table(given: Any, name: str) -> pd.Series[Any]:
    """Numbers under labels as text (years as numbers), with levels named region, industry and time."""
    if isinstance(given, xr.DataArray):
        kept = {SERIES: [one for one in ("region", "industry") if one in given.coords]} if SERIES in given.dims else {}
        given = given.set_index(kept) if kept else given
        table = given.rename("given").to_series()
    elif isinstance(given, Mapping):
        table = pd.Series(dict(given))
    elif isinstance(given, pd.Series):
        table = given
    else:
        raise MethodError(_unknown(name, type(given).__name__))
    names = [_ALSO.get(str(level), level) for level in table.index.names]
    names = ["industry"] if names == [None] or (len(names) == 1 and names[0] not in _ROLES) else names
    dropped = [at for at, level in enumerate(names) if level not in _ROLES]
    try:
        table = table.astype(float)
    except (TypeError, ValueError):
        raise MethodError(_unknown(name, f"{table.dtype}")) from None
    table.index = table.index.set_names(names)
    if dropped or "industry" not in names:
        raise MethodError(_unknown(name, ", ".join(map(str, names))))
    levels = [
        table.index.get_level_values(level).astype(int if level == "time" else str) for level in table.index.names
    ]
    table.index = pd.MultiIndex.from_arrays(levels, names=names) if len(levels) > 1 else levels[0].rename("industry")
    known: pd.Series[Any] = table.dropna()
    return known


def _unknown(name: str, found: str) -> Fault:
    return Fault(
        "not-by-industry",
        f"`{name}` needs numbers by industry (and region, and time): a Series with such index levels, a labelled array "
        f"or a mapping; found {found}.",
        f"{name} 须为按产业（及地区、年份）标注的数值：带此类索引层级的 Series、带标签数组或映射；实际为 {found}。",
    )


def _fault(name: str, code: str, en: str, zh: str, table: pd.Series[Any]) -> Fault:
    first = table.index[0] if len(table) else "nothing"
    return Fault(code, f"`{name}` {en} (first: {first}).", f"{name} {zh}（首个：{first}）。")
