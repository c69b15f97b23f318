"""Scores as courses through time: years in order, enough of them, each step's length known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME
from xinzhi.dynamics._scores import Scores, names


def courses(scores: xr.DataArray, *, least_regions: int, least_times: int) -> tuple[Scores, tuple[Fault, ...]]:
    """Scores laid out (time, region) with the years in order, and notices of gaps and of uneven steps.

    Raises ``MethodError`` for all that ``Scores.of`` refuses, and for a year without any score and too few regions or
    years, all at once.
    """
    laid = Scores.of(scores.sortby(TIME) if TIME in scores.coords else scores)
    faults = []
    if (empty := ~laid.seen.any(axis=1)).any():
        en, zh = names(laid.times[empty])
        faults.append(
            Fault(
                "year-without-scores",
                f"no region has a score in {en}. Leave these years out.",
                f"以下年份没有任何地区的得分：{zh}。请剔除这些年份。",
            )
        )
    if (regions := int(laid.seen.any(axis=0).sum())) < least_regions:
        faults.append(
            Fault(
                "too-few-regions",
                f"{regions} regions have scores; at least {least_regions} are needed.",
                f"仅 {regions} 个地区有得分；至少需要 {least_regions} 个。",
            )
        )
    if (years := len(laid.times)) < least_times:
        faults.append(
            Fault(
                "too-few-years",
                f"{years} years are there; at least {least_times} are needed.",
                f"仅有 {years} 个年份；至少需要 {least_times} 个。",
            )
        )
    if faults:
        raise MethodError(faults)
    return laid, (*laid.missing(), *_uneven(laid.times))


def labelled(values: npt.NDArray[Any], laid: Scores, name: str) -> xr.DataArray:
    """An array laid out (time, region) as region × time with its labels."""
    return xr.DataArray(values.T, dims=(REGION, TIME), coords={REGION: laid.regions, TIME: laid.times}, name=name)


def _uneven(times: npt.NDArray[Any]) -> tuple[Fault, ...]:
    steps = np.unique(np.diff(times.astype(float))) if times.dtype.kind in "iuf" else np.empty(0)
    if len(steps) < 2:
        return ()
    listed = ", ".join(f"{step:g}" for step in steps)
    return (
        Fault(
            "uneven-steps",
            f"the years are not equally far apart (steps of {listed}); every step counts as one period.",
            f"各年份间隔不等（间隔为 {listed} 年）；每一步均按一期计。",
            severity="warning",
        ),
    )
