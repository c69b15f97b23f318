"""The labelled arrays that move between rooms.

A *panel* is one ``xarray.DataArray`` with dimensions region × time × indicator. ``nan`` means "not observed".
What is known of an indicator (``unit``, ``title_en``, ``title_zh``, …) and of a region (``name_en``, ``name_zh``,
groups) are coordinates, so they follow every selection; so is ``origin``, which says of every cell whether it was
observed, filled (and how) or is missing.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import xarray as xr

Panel: TypeAlias = xr.DataArray
Floats: TypeAlias = npt.NDArray[np.float64]

REGION, TIME, INDICATOR = "region", "time", "indicator"
CELL = (REGION, TIME, INDICATOR)

# How a cell came by its value. The order is stored in files: append, never reorder.
ORIGINS: tuple[str, ...] = (
    "missing",
    "observed",
    "filled-in-source",
    "mean",
    "median",
    "group-mean",
    "group-median",
    "linear",
    "constant",
    "latest",
    "em",
    "regression",
    "row-mean",
    "row-median",
    "function",
    "hot-deck",
)
MISSING, OBSERVED = 0, 1

ORIGINS_ZH: tuple[str, ...] = (
    "缺失",
    "实测",
    "来源已填补",
    "均值填补",
    "中位数填补",
    "分组均值填补",
    "分组中位数填补",
    "线性插值",
    "常数外推",
    "沿用最近值",
    "期望最大化填补",
    "回归填补",
    "同组指标均值填补",
    "同组指标中位数填补",
    "自定义函数填补",
    "热卡填补",
)


def panel(
    values: npt.ArrayLike,
    regions: npt.ArrayLike,
    times: npt.ArrayLike,
    indicators: npt.ArrayLike,
    *,
    origin: npt.ArrayLike | None = None,
    about_region: dict[str, npt.ArrayLike] | None = None,
    about_indicator: dict[str, npt.ArrayLike] | None = None,
) -> Panel:
    """Put labels on a region × time × indicator array.

    Without ``origin`` every number counts as observed and every ``nan`` as missing.
    """
    cells = np.asarray(values, dtype=float)
    if origin is None:
        origin = np.where(np.isnan(cells), MISSING, OBSERVED)
    coords = {
        REGION: np.asarray(regions, dtype=object),
        TIME: np.asarray(times),
        INDICATOR: np.asarray(indicators, dtype=object),
        "origin": (CELL, np.asarray(origin, dtype=np.uint8)),
    }
    coords |= {name: (REGION, np.asarray(of)) for name, of in (about_region or {}).items()}
    coords |= {name: (INDICATOR, np.asarray(of)) for name, of in (about_indicator or {}).items()}
    return xr.DataArray(cells, dims=CELL, coords=coords, name="value")
