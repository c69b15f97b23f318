"""Where the middle of something lies, how it wanders, and how wide and in which direction it spreads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.results import Record, digest
from xinzhi.dynamics.nearness import EARTH_KM, haversine, positions

PlaneName = Literal["local", "albers-china", "given"]
Convention = Literal["plain", "arcgis", "crimestat"]

_COMPASS_EN = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
_COMPASS_ZH = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")


@dataclass(frozen=True)
class Plane:
    """A flat map: degrees (..., 2) to kilometres and back."""

    onto: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Centres:
    """The weighted centre of every year and how it moved since the year before.

    ``table`` is over time: ``x``, ``y`` on the plane; ``lon``, ``lat`` (unless the plane was given); ``moved``
    kilometres since the last time, ``per_year``, and ``bearing`` in degrees clockwise from north, ``nan`` for the first
    time and for a centre that stands still.
    """

    table: xr.Dataset
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row per time, with the direction of the move in words."""
        rows = self.table.to_dataframe().reset_index()
        sector = ((rows["bearing"].fillna(0) + 22.5) // 45 % 8).astype(int)
        for name, words in (("direction_en", _COMPASS_EN), ("direction_zh", _COMPASS_ZH)):
            rows[name] = [words[at] if moved else "" for at, moved in zip(sector, rows["bearing"].notna(), strict=True)]
        return rows

    def __repr__(self) -> str:
        rows = self.to_frame()
        names = ["lon", "lat"] if "lon" in rows else ["x", "y"]
        first, last = (f"({rows[names[0]].iloc[at]:.3f}, {rows[names[1]].iloc[at]:.3f})" for at in (0, -1))
        return "\n".join(
            (
                f"Centres: {rows[TIME].iloc[0]} to {rows[TIME].iloc[-1]}, plane '{self.record.settings['plane']}'",
                f"  from {first} to {last}",
                f"  way: {rows['moved'].sum():.1f} km in {max(len(rows) - 1, 0)} moves",
                *(f"  {note.en}" for note in self.notes),
            )
        )


@dataclass(frozen=True, eq=False)
class Ellipses:
    """The standard deviational ellipse of every year.

    ``table`` is over time: centre ``x``, ``y`` (and ``lon``, ``lat``); half axes ``major`` and ``minor`` in kilometres;
    ``rotation`` of the major one in degrees clockwise from north, within 0 and 180; ``area`` in km² and
    ``flatness`` = 1 - minor / major. With a given plane, units are its own.
    """

    table: xr.Dataset
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row per time."""
        return self.table.to_dataframe().reset_index()

    def __repr__(self) -> str:
        shown = self.to_frame()[[TIME, "major", "minor", "rotation"]].iloc[[0, -1]].round(2)
        of = self.record.settings
        return "\n".join(
            (
                f"Standard deviational ellipses: convention '{of['convention']}', plane '{of['plane']}'",
                *("  " + line for line in shown.to_string(index=False).splitlines()),
                *(f"  {note.en}" for note in self.notes),
            )
        )


def gravity_centres(values: xr.DataArray, *, plane: PlaneName = "local") -> Centres:
    """The mean position of regions, each counting with its value, and its way from year to year.

    ``values`` is region × time, none missing or negative. Positions are the coordinates ``lon`` and ``lat`` of regions,
    else the capitals of Chinese provinces. ``plane`` is where the mean is taken: ``local`` is the mean of degrees, as
    most papers have it; ``albers-china`` an equal-area map (see ``ellipses``); ``given`` takes the coordinates ``x``
    and ``y`` in kilometres as they are. Distances moved are along the great circle, or straight on a given plane. An
    index of levels (each region one score, whatever its size) moves the centre of scores, not of production. Raises
    ``MethodError``.
    """
    weights, at, map_, notes = _prepared(values, plane)
    x = mean_centres(weights.values, at)
    columns: dict[str, Any] = {"x": x[:, 0], "y": x[:, 1]}
    if map_ is None:
        step = np.diff(x, axis=0)
        moved, bearing = np.hypot(*step.T), np.degrees(np.arctan2(*step.T))
    else:
        seen = map_.back(x)
        columns |= {"lon": seen[:, 0], "lat": seen[:, 1]}
        moved, bearing = haversine(seen[:-1], seen[1:]), _bearing(seen[:-1], seen[1:])
    years = np.diff(weights[TIME].values.astype(float))
    columns["moved"] = np.concatenate([[np.nan], moved])
    columns["per_year"] = np.concatenate([[np.nan], moved / years])
    # Below a metre the direction is that of rounding.
    columns["bearing"] = np.concatenate([[np.nan], np.where(moved > 1e-3, bearing % 360, np.nan)])
    return Centres(_over_time(columns, weights), notes, _record("gravity_centres", {"plane": plane}, weights, at))


def ellipses(values: xr.DataArray, *, convention: Convention = "plain", plane: PlaneName = "albers-china") -> Ellipses:
    """The ellipse that covers where most of something is: its middle, its reach and its direction (Lefever 1926).

    Half axes are deviations along and across the direction in which the spread is greatest, weighted means over the n
    regions. ``convention``: ``plain`` leaves it at that (Yuill 1971); ``arcgis`` multiplies by √2, as ArcGIS's tool for
    directional distributions does for one deviation in two dimensions, weighted or not (its documentation's factor
    1.41, and its source in version 10.1); ``crimestat`` multiplies by √2 and divides by n - 2 where the others divide
    by n, as CrimeStat does for points that all count alike. How CrimeStat takes weights could not be verified: here
    they stay weighted means, times n / (n - 2). ``plane``: ``local`` has the
    kilometres of a degree at the middle of the regions; ``albers-china`` is Albers' equal-area map on a sphere
    (parallels 25° and 47°, meridian 105°); ``given`` takes ``x`` and ``y``. Values as in ``gravity_centres``; 3 regions
    or more. Raises ``MethodError``.
    """
    weights, at, map_, notes = _prepared(values, plane)
    x = mean_centres(weights.values, at)
    major, minor, rotation = spreads(weights.values, at, convention=convention)
    if (point := ~(major > 0)).any():
        raise MethodError(_no_spread(weights[TIME].values[point]))
    columns: dict[str, Any] = {"x": x[:, 0], "y": x[:, 1]}
    if map_ is not None:
        seen = map_.back(x)
        columns |= {"lon": seen[:, 0], "lat": seen[:, 1]}
    columns |= {"major": major, "minor": minor, "rotation": rotation}
    columns |= {"area": np.pi * major * minor, "flatness": 1 - minor / major}
    settings = {"convention": convention, "plane": plane}
    return Ellipses(_over_time(columns, weights), notes, _record("ellipses", settings, weights, at))


def mean_centres(w: Floats, at: Floats) -> Floats:
    """Mean of positions (regions, 2) under weights (..., regions): (..., 2)."""
    return np.asarray(w @ at / w.sum(axis=-1, keepdims=True))


def spreads(w: Floats, at: Floats, *, convention: Convention = "plain") -> tuple[Floats, Floats, Floats]:
    """Half axes and rotation of the standard deviational ellipse: major, minor, degrees from north; each (...).

    The axes are the principal ones of the weighted covariance of positions, so that the major is never the shorter.
    """
    away = at - mean_centres(w, at)[..., None, :]
    share = w / w.sum(axis=-1, keepdims=True)
    xx, yy, xy = ((share * away[..., p] * away[..., q]).sum(-1) for p, q in ((0, 0), (1, 1), (0, 1)))
    middle, reach = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    n = at.shape[0]
    factor = {"plain": 1.0, "arcgis": 2.0, "crimestat": 2.0 * n / (n - 2)}[convention]
    major = np.sqrt(factor * (middle + reach))
    minor = np.sqrt(factor * np.maximum(middle - reach, 0.0))
    return major, minor, np.degrees(np.pi / 2 - np.arctan2(2 * xy, xx - yy) / 2) % 180


def _prepared(values: xr.DataArray, plane: PlaneName) -> tuple[xr.DataArray, Floats, Plane | None, tuple[Fault, ...]]:
    if set(values.dims) != {REGION, TIME}:
        raise MethodError(
            Fault(
                "not-region-by-time",
                f"values must be over region and time; found {', '.join(map(str, values.dims))}.",
                f"数据须为地区 × 年份；实际维度为 {'、'.join(map(str, values.dims))}。",
            )
        )
    weights = values.transpose(TIME, REGION).astype(float).sortby(TIME)
    _refuse_weights(weights)
    if plane == "given":
        if not {"x", "y"} <= set(values.coords):
            raise MethodError(
                Fault(
                    "no-plane",
                    "plane 'given' needs the region coordinates `x` and `y`.",
                    "plane = given 需要地区坐标 x 与 y。",
                )
            )
        at = np.stack([np.asarray(weights[name].values, dtype=float) for name in ("x", "y")], axis=-1)
        return weights, at, None, ()
    degrees, notes = positions(weights)
    map_ = _albers() if plane == "albers-china" else _local(degrees.mean(axis=0))
    return weights, map_.onto(degrees), map_, notes


def _no_spread(times: Any) -> Fault:
    when = [str(time) for time in times]
    return Fault(
        "no-spread",
        f"all of it lies in one place in {', '.join(when)}: there is no ellipse.",
        f"{'、'.join(when)} 年全部集中于一处，无法绘制椭圆。",
    )


def _refuse_weights(weights: xr.DataArray) -> None:
    w, times = weights.values, weights[TIME].values
    faults = []
    if not np.issubdtype(times.dtype, np.number) or len(set(times)) < len(times):
        faults.append(Fault("bad-times", "times must be different numbers, such as years.", "时间须为互不相同的数值。"))
    for code, wrong, en, zh in (
        ("missing-values", ~np.isfinite(w), "missing", "缺失"),
        ("negative", w < 0, "negative", "为负"),
    ):
        if wrong.any():
            cells = [f"{weights[REGION].values[j]} {weights[TIME].values[i]}" for i, j in np.argwhere(wrong)[:8]]
            more = " …" if wrong.sum() > 8 else ""
            faults.append(
                Fault(
                    code,
                    f"a centre needs every region's value, none below 0; {en}: {wrong.sum()} "
                    f"({', '.join(cells)}{more}).",
                    f"计算重心要求各地区数据完整且非负；{zh} {wrong.sum()} 个（{'、'.join(cells)}{more}）。",
                )
            )
    empty = weights[TIME].values[~(np.nansum(w, axis=1) > 0)]
    if not faults and empty.size:
        when = [str(time) for time in empty]
        faults.append(
            Fault("nothing-there", f"all values are 0 in {', '.join(when)}.", f"{'、'.join(when)} 年全部取值为 0。")
        )
    if w.shape[1] < 3:
        faults.append(
            Fault(
                "too-few-regions",
                f"3 regions or more are needed; found {w.shape[1]}.",
                f"至少需要 3 个地区；现有 {w.shape[1]} 个。",
            )
        )
    if faults:
        raise MethodError(faults)


def _local(middle: Floats) -> Plane:
    """Kilometres east and north of the middle; a degree of longitude counts as it does there."""
    scale = np.radians(1) * EARTH_KM * np.array([np.cos(np.radians(middle[1])), 1.0])
    return Plane(lambda degrees: (degrees - middle) * scale, lambda flat: flat / scale + middle)


def _albers() -> Plane:
    """Albers' equal-area conic on a sphere, parallels 25° and 47° north, from 105° east and the equator."""
    low, high = np.sin(np.radians([25.0, 47.0]))
    n = (low + high) / 2
    c = 1 - low**2 + 2 * n * low
    outer = EARTH_KM * np.sqrt(c) / n

    def onto(degrees: Floats) -> Floats:
        radius = EARTH_KM * np.sqrt(c - 2 * n * np.sin(np.radians(degrees[..., 1]))) / n
        turn = n * np.radians(degrees[..., 0] - 105)
        return np.stack([radius * np.sin(turn), outer - radius * np.cos(turn)], axis=-1)

    def back(flat: Floats) -> Floats:
        x, y = flat[..., 0], outer - flat[..., 1]
        lat = np.arcsin((c - (n * np.hypot(x, y) / EARTH_KM) ** 2) / (2 * n))
        return np.stack([105 + np.degrees(np.arctan2(x, y) / n), np.degrees(lat)], axis=-1)

    return Plane(onto, back)


def _bearing(a: Floats, b: Floats) -> Floats:
    """Direction in which the great circle leaves ``a`` for ``b``, degrees clockwise from north."""
    lat_a, lat_b, turn = np.radians(a[..., 1]), np.radians(b[..., 1]), np.radians(b[..., 0] - a[..., 0])
    east = np.sin(turn) * np.cos(lat_b)
    north = np.cos(lat_a) * np.sin(lat_b) - np.sin(lat_a) * np.cos(lat_b) * np.cos(turn)
    return np.asarray(np.degrees(np.arctan2(east, north)))


def _over_time(columns: dict[str, Any], weights: xr.DataArray) -> xr.Dataset:
    return xr.Dataset({name: (TIME, of) for name, of in columns.items()}, {TIME: weights[TIME].values})


def _record(operation: str, settings: dict[str, Any], weights: xr.DataArray, at: Floats) -> Record:
    inputs = {"values": digest(weights.values.tobytes()), "positions": digest(at.tobytes())}
    return Record(operation, settings, inputs)
