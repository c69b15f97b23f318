"""What the indicators look like before anything is done to them: their spread, their gaps and their trends."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from xinzhi.core.labels import INDICATOR, REGION, TIME, Floats, Panel
from xinzhi.measure._kernels import shapes
from xinzhi.measure.tree import Tree


def describe(
    panel: Panel,
    *,
    by: Literal["pooled", "year"] = "pooled",
    least_observed: float = 0.65,
    least_nonzero: float = 0.5,
    least_unique: float = 0.5,
    most_skew: float = 2.0,
    most_kurtosis: float = 3.5,
) -> pd.DataFrame:
    """Describe every indicator: range, centre, spread, shape, gaps, zeros and ties.

    One row per indicator, or per year and indicator with ``by="year"``. Standard deviation divides by n - 1, skew and
    excess kurtosis are the sample-corrected ones (G1 and G2 of Joanes, Gill 1998); a constant has neither.
    ``share_observed`` is of all cells, the other shares are of the observed ones. The ``flag_`` columns are true where
    a threshold is passed: too few observed, non-zero or different values (as shares of all cells), or skew *and*
    kurtosis of a column with outliers (thresholds of Becker et al. 2022, COINr).
    """
    cells = panel.transpose(TIME, REGION, INDICATOR).values
    n_indicators = cells.shape[2]
    blocks = cells if by == "year" else cells.reshape(1, -1, n_indicators)
    about = _titles(panel)
    frames = []
    for at, block in enumerate(blocks):
        table = pd.DataFrame({**_moments(block), **_counts(block)})
        if by == "year":
            table.insert(0, TIME, int(panel[TIME].values[at]))
        frames.append(pd.concat([about, table], axis=1))
    out = pd.concat(frames, ignore_index=True)
    out["flag_gaps"] = out["share_observed"] < least_observed
    out["flag_zeros"] = out["nonzero"] / out["cells"] < least_nonzero
    out["flag_ties"] = out["unique"] / out["cells"] < least_unique
    out["flag_outliers"] = (out["skew"].abs() > most_skew) & (out["kurtosis"] > most_kurtosis)
    return out


def availability(panel: Panel) -> pd.DataFrame:
    """How much of every region and year was observed.

    One row per region and year: cells missing, zero, either, the share observed, and the share of the observed that
    is not zero (``nan`` where nothing was observed).
    """
    cells = panel.transpose(REGION, TIME, INDICATOR)
    missing = np.isnan(cells.values).sum(axis=2).ravel()
    zero = (cells.values == 0).sum(axis=2).ravel()
    n = cells.sizes[INDICATOR]
    with np.errstate(invalid="ignore"):
        nonzero = 1 - zero / np.where(missing < n, n - missing, np.nan)
    return _region_years(panel).assign(
        missing=missing,
        zero=zero,
        missing_or_zero=missing + zero,
        share_observed=1 - missing / n,
        share_nonzero=nonzero,
    )


def availability_by_element(panel: Panel, tree: Tree) -> pd.DataFrame:
    """The share of the indicators below every element that was observed, per region and year.

    ``panel`` must have the tree's indicators by their codes, as ``Index.raw`` does. Tidy rows, elements top down.
    """
    cells = panel.transpose(REGION, TIME, INDICATOR).sel({INDICATOR: list(tree.codes[: tree.n_indicators])})
    observed = ~np.isnan(cells.values).reshape(-1, tree.n_indicators)
    frames = []
    for element in reversed(tree.elements):
        share = observed[:, list(tree.below(element.code))].mean(axis=1)
        label = element.label
        about = {"element": element.code, "name_en": label.en, "name_zh": label.zh}
        frames.append(_region_years(panel).assign(**about, share_observed=share))
    return pd.concat(frames, ignore_index=True)


def trends(panel: Panel, *, start: int | None = None, end: int | None = None) -> pd.DataFrame:
    """How every indicator moved in every region between its first and its last observed year.

    ``growth`` is the compound annual rate (last / first)^(1 / years) - 1; it is infinite from a first value of zero
    and ``nan`` where the sign changes. ``percent_change`` is per year: the slope of a straight line through the
    observed years over its own value in the first (two observations: their difference over the first), times 100.
    Both are 0 where nothing changed and ``nan`` for fewer than two observations, as then are the two years.
    ``start`` and ``end`` bound the years looked at. Definitions: Becker et al. 2022, COINr.
    """
    cells = panel.sel({TIME: slice(start, end)}).transpose(REGION, INDICATOR, TIME)
    years = cells[TIME].values.astype(float)
    n_regions, n_indicators, n_years = cells.shape
    y = cells.values.reshape(-1, n_years)
    seen = ~np.isnan(y)
    n = seen.sum(axis=1)
    rows, first, last = np.arange(len(y)), seen.argmax(axis=1), n_years - 1 - seen[:, ::-1].argmax(axis=1)
    y0, y1, t0, t1 = y[rows, first], y[rows, last], years[first], years[last]
    with np.errstate(invalid="ignore", divide="ignore"):
        growth = np.where(y0 == y1, 0.0, (y1 / y0) ** (1 / (t1 - t0)) - 1)
        percent = np.where(n == 2, (y1 - y0) / y0 / (t1 - t0), _relative_slope(y, seen, years, t0)) * 100
    percent = np.where(np.fmax.reduce(y, axis=1) == np.fmin.reduce(y, axis=1), 0.0, percent)
    enough = n >= 2
    regions = pd.DataFrame({REGION: cells[REGION].values, **_region_names(panel)})
    table = regions.loc[regions.index.repeat(n_indicators)].reset_index(drop=True)
    about = pd.concat([_titles(panel)] * n_regions, ignore_index=True)
    return pd.concat([table, about], axis=1).assign(
        growth=np.where(enough, growth, np.nan),
        percent_change=np.where(enough, percent, np.nan),
        share_observed=n / n_years,
        first=pd.array(np.where(enough, t0, np.nan), dtype="Int64"),
        last=pd.array(np.where(enough, t1, np.nan), dtype="Int64"),
    )


def _moments(x: Floats) -> dict[str, Floats]:
    skew, kurtosis = shapes(np.ascontiguousarray(x))
    n = (~np.isnan(x)).sum(axis=0).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(x, axis=0) / n
        std = np.sqrt(np.nansum((x - mean) ** 2, axis=0) / np.where(n > 1, n - 1, np.nan))
    # Sorting puts nan last, so the middle of the observed values is found without masking.
    ordered, half = np.sort(x, axis=0), np.maximum(n - 1, 0) / 2
    low, high = (np.take_along_axis(ordered, f(half).astype(int)[None], axis=0)[0] for f in (np.floor, np.ceil))
    return {
        "min": np.fmin.reduce(x, axis=0),
        "max": np.fmax.reduce(x, axis=0),
        "mean": mean,
        "median": (low + high) / 2,
        "std": std,
        "skew": skew,
        "kurtosis": kurtosis,
    }


def _counts(x: Floats) -> dict[str, np.ndarray]:
    observed = (~np.isnan(x)).sum(axis=0)
    nonzero = (~np.isnan(x) & (x != 0)).sum(axis=0)
    tallies = [np.unique(column[~np.isnan(column)], return_counts=True)[1] for column in x.T]
    unique = np.array([len(tally) for tally in tallies])
    same = np.array([tally.max(initial=0) for tally in tallies])
    base = np.where(observed > 0, observed, np.nan)
    return {
        "cells": np.full(x.shape[1], len(x)),
        "observed": observed,
        "nonzero": nonzero,
        "unique": unique,
        "same": same,
        "share_observed": observed / len(x),
        "share_nonzero": nonzero / base,
        "share_unique": unique / base,
        "share_same": same / base,
    }


def _relative_slope(y: Floats, seen: np.ndarray, years: Floats, t0: Floats) -> Floats:
    """Least-squares slope over the fitted value at ``t0``, row by row."""
    n = seen.sum(axis=1)
    t = np.where(seen, years, 0.0)
    t_mean, y_mean = t.sum(axis=1) / n, np.nansum(y, axis=1) / n
    t_off = np.where(seen, years - t_mean[:, None], 0.0)
    y_off = np.where(seen, y - y_mean[:, None], 0.0)
    slope = (t_off * y_off).sum(axis=1) / (t_off**2).sum(axis=1)
    relative: Floats = slope / (y_mean + slope * (t0 - t_mean))
    return relative


def _titles(panel: Panel) -> pd.DataFrame:
    """An indicator's code, names and unit, as far as the panel knows them."""
    codes = panel[INDICATOR].values
    about: dict[str, object] = {INDICATOR: codes}
    for language in ("en", "zh"):
        known = next(
            (panel.coords[n].values for n in (f"name_{language}", f"title_{language}") if _along(panel, n)), codes
        )
        about[f"name_{language}"] = known
    if _along(panel, "unit"):
        about["unit"] = panel.coords["unit"].values
    return pd.DataFrame(about)


def _along(panel: Panel, coord: str) -> bool:
    return coord in panel.coords and panel.coords[coord].dims == (INDICATOR,)


def _region_names(panel: Panel) -> dict[str, np.ndarray]:
    known = {f"region_name_{language}": f"name_{language}" for language in ("en", "zh")}
    return {
        column: panel.coords[name].values
        for column, name in known.items()
        if name in panel.coords and panel.coords[name].dims == (REGION,)
    }


def _region_years(panel: Panel) -> pd.DataFrame:
    n_times = panel.sizes[TIME]
    table = pd.DataFrame({REGION: panel[REGION].values, **_region_names(panel)})
    table = table.loc[table.index.repeat(n_times)].reset_index(drop=True)
    return table.assign(**{TIME: np.tile(panel[TIME].values, panel.sizes[REGION])})
