"""Regions for tests: the provinces of the mainland, and numbers that anyone can compute again."""

from __future__ import annotations

import numpy as np
import xarray as xr

from xinzhi.data.regions import gazetteer
from xinzhi.dynamics.neighbours import Neighbours, neighbours

PROVINCES = [code for code in gazetteer("china-provinces").regions if code[:2] not in ("71", "81", "82")]
YEARS = np.arange(2011, 2019)


def over_provinces(seed: float = 1.0) -> xr.DataArray:
    """Region × time, from sines, so that another program can be given the same."""
    i, t = np.arange(31)[:, None], np.arange(len(YEARS))
    values = np.sin(seed * (1 + i) ** 1.3) + 0.3 * np.cos(seed * i + 2 * t) + 0.02 * i
    return xr.DataArray(values, dims=("region", "time"), coords={"region": PROVINCES, "time": YEARS})


def provinces() -> Neighbours:
    return neighbours(over_provinces())
