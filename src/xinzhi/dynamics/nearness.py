"""Ways to say what regions are to one another: borders, tiles, distances on the ground and in what they have.

Each draws strengths only; ``neighbours`` settles islands, standardises rows and keeps what was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.methods import Family
from xinzhi.core.specs import FaultyValue
from xinzhi.data.catalogue import read_table
from xinzhi.data.regions import GAZETTEERS, gazetteer, resolve, tiles

Tie = tuple[str, str]

EARTH_KM = 6371.0088  # mean radius of the International Union of Geodesy and Geophysics
_PROVINCES = "china-provinces"

neighbourhoods = Family(
    "neighbours",
    zh="空间权重矩阵",
    about="f(places: DataArray over region, *, options) -> Drawn or a matrix (region, region): what column j counts "
    "for row i before rows are standardised; none negative, 0 on the diagonal.",
)


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a method drew: strengths, region × region, and what a reader should know of them."""

    strengths: sparse.csr_array
    notes: tuple[Fault, ...] = ()


@neighbourhoods.add("contiguity", zh="邻接（共边）权重", cite="Moran 1948; Cliff, Ord 1981")
def contiguity(places: xr.DataArray) -> Drawn:
    """Neighbours share a land border: Chinese provinces, by code or name."""
    codes = province_codes(places)
    order = {code: at for at, code in enumerate(codes)}
    pairs = [(order[a], order[b]) for a, b in borders("land") if a in order and b in order]
    return Drawn(mutual_ties(pairs, len(codes)))


@neighbourhoods.add("tiles", zh="网格邻接权重", cite="Cliff, Ord 1981")
def on_tiles(places: xr.DataArray, *, criterion: Literal["rook", "queen"] = "rook") -> Drawn:
    """Neighbours touch on a tile grid: along an edge (rook), or also at a corner (queen).

    The grid is the coordinates ``row`` and ``col``, or that of the gazetteer which knows every region.
    """
    at = _grid(places)
    apart = np.abs(at[:, None, :] - at[None, :, :])
    touching = apart.sum(axis=-1) == 1 if criterion == "rook" else apart.max(axis=-1) == 1
    said = "the neighbours on a tile grid are those of a drawing, not of a map.", "网格邻接来自示意布局，并非真实地图。"
    return Drawn(sparse.csr_array(touching.astype(float)), (_note("tile-grid", *said),))


@neighbourhoods.add("nearest", zh="K 近邻权重", cite="Cliff, Ord 1981")
def nearest(places: xr.DataArray, *, k: int = 4, mutual: bool = False) -> Drawn:
    """Neighbours are the ``k`` nearest; ``mutual`` makes a tie count for both where it counts for one.

    Of regions equally far the one listed first is taken.
    """
    if not 1 <= k < places.sizes[REGION]:
        raise FaultyValue(
            "bad-option",
            f"k must lie within 1 and {places.sizes[REGION] - 1}; found {k}.",
            f"k 须在 1 与 {places.sizes[REGION] - 1} 之间；现为 {k}。",
        )
    apart, notes = distances(places)
    ranked = np.argsort(apart + np.diag(np.full(len(apart), np.inf)), axis=1, kind="stable")[:, :k]
    chosen = np.zeros(apart.shape)
    np.put_along_axis(chosen, ranked, 1.0, axis=1)
    return Drawn(sparse.csr_array(np.maximum(chosen, chosen.T) if mutual else chosen), notes)


@neighbourhoods.add("band", zh="距离阈值权重", cite="Cliff, Ord 1981")
def band(places: xr.DataArray, *, km: float | None = None) -> Drawn:
    """Neighbours lie within ``km``; without it, within the least distance at which everybody has one."""
    apart, notes = distances(places)
    if km is None:
        km = float((apart + np.diag(np.full(len(apart), np.inf))).min(axis=1).max())
        said = f"the band reaches {km:.1f} km, the least that gives every region a neighbour."
        notes += (_note("band-width", said, f"距离阈值取 {km:.1f} 千米，为保证各地区均有邻居的最小距离。"),)
    within = (apart <= km) & ~np.eye(len(apart), dtype=bool)
    return Drawn(sparse.csr_array(within.astype(float)), notes)


@neighbourhoods.add("inverse-distance", zh="反距离权重", cite="Cliff, Ord 1981")
def inverse_distance(places: xr.DataArray, *, power: float = 1.0, within: float | None = None) -> Drawn:
    """All others are neighbours, the nearer the more: one over distance (km) to a power; none beyond ``within`` km."""
    apart, notes = distances(places)
    others = ~np.eye(len(apart), dtype=bool)
    _refuse_twins(apart, others, places, "stand at the same place", "位置相同")
    counted = others if within is None else others & (apart <= within)
    return Drawn(sparse.csr_array(np.where(counted, np.where(others, apart, 1.0) ** -power, 0.0)), notes)


@neighbourhoods.add("economic", zh="经济距离权重", cite="Case, Rosen, Hines 1993")
def economic(places: xr.DataArray, *, by: xr.DataArray) -> Drawn:
    """All others are neighbours, the more alike the more: one over the difference in ``by``, such as GDP per head.

    ``by`` is over region; other dimensions, such as time, are averaged first. It should not be what is explained.
    """
    labels = [str(label) for label in places[REGION].values]
    known = {str(label): at for at, label in enumerate(by[REGION].values)}
    if absent := [label for label in labels if label not in known]:
        raise MethodError(other_regions(absent, []))
    level = by.transpose(REGION, ...).values.reshape(by.sizes[REGION], -1)[[known[label] for label in labels]]
    if not np.isfinite(level).all():
        gone = [label for label, row in zip(labels, level, strict=True) if not np.isfinite(row).all()]
        raise MethodError(
            Fault(
                "missing-values",
                f"economic distance needs every value; missing for: {', '.join(gone)}.",
                f"经济距离要求数据完整；缺失的地区：{'、'.join(gone)}。",
            )
        )
    apart = np.abs(level.mean(axis=1)[:, None] - level.mean(axis=1)[None, :])
    others = ~np.eye(len(apart), dtype=bool)
    _refuse_twins(apart, others, places, "are exactly alike", "取值完全相同")
    return Drawn(sparse.csr_array(np.where(others, 1 / np.where(others, apart, 1.0), 0.0)))


@neighbourhoods.add("given", zh="自定义权重矩阵", cite="given by the user")
def given_matrix(places: xr.DataArray, *, matrix: Any) -> Drawn:
    """Neighbours as given: a matrix in the order of the regions, or a frame with their labels on both sides."""
    if isinstance(matrix, pd.DataFrame):
        labels = [str(label) for label in places[REGION].values]
        matrix = matrix.rename(index=str, columns=str)
        absent = [label for label in labels if label not in matrix.index or label not in matrix.columns]
        if absent:
            raise MethodError(other_regions(absent, []))
        matrix = matrix.loc[labels, labels].to_numpy(dtype=float)
    return Drawn(sparse.csr_array(matrix, dtype=float))


def haversine(a: Floats, b: Floats) -> Floats:
    """Kilometres between (..., 2) and (..., 2), longitude and latitude in degrees, on a sphere."""
    lon_a, lat_a, lon_b, lat_b = (
        np.radians(a[..., 0]),
        np.radians(a[..., 1]),
        np.radians(b[..., 0]),
        np.radians(b[..., 1]),
    )
    half = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def positions(places: xr.DataArray) -> tuple[Floats, tuple[Fault, ...]]:
    """Longitude and latitude in degrees, (regions, 2): the coordinates ``lon`` and ``lat``, else provincial capitals.

    The capitals are approximate (two decimals, WGS 84, general geographic knowledge); a note says that they were used.
    """
    if {"lon", "lat"} <= set(places.coords):
        at = np.stack([np.asarray(places[name].values, dtype=float) for name in ("lon", "lat")], axis=-1)
        outside = ~np.isfinite(at).all(axis=1) | (np.abs(at[:, 0]) > 180) | (np.abs(at[:, 1]) > 90)
        if outside.any():
            listed = [str(label) for label in places[REGION].values[outside]]
            raise MethodError(
                Fault(
                    "bad-position",
                    f"longitude and latitude must be degrees within ±180 and ±90; not so for: {', '.join(listed)}.",
                    f"经纬度须以度为单位并在 ±180 与 ±90 之内；不符的地区：{'、'.join(listed)}。",
                )
            )
        return at, ()
    seats = {row["code"]: (float(row["lon"]), float(row["lat"])) for row in read_table("china_seats")}
    said = "positions are those of the provincial capitals.", "位置取各省级行政中心所在地。"
    return np.array([seats[code] for code in province_codes(places)]), (_note("capital-positions", *said),)


def distances(places: xr.DataArray) -> tuple[Floats, tuple[Fault, ...]]:
    """Kilometres between regions, (regions, regions), and a note where positions came from the catalogue."""
    at, notes = positions(places)
    return haversine(at[:, None, :], at[None, :, :]), notes


def mutual_ties(pairs: Sequence[tuple[int, int]], n: int) -> sparse.csr_array:
    """Strength 1 both ways for every pair of positions."""
    w = np.zeros((n, n))
    for a, b in pairs:
        w[a, b] = w[b, a] = 1.0
    return sparse.csr_array(w)


def borders(kind: Literal["land", "strait"]) -> list[Tie]:
    """Pairs of Chinese provinces, by code, that meet on land or face each other over a strait."""
    return [(row["a"], row["b"]) for row in read_table("china_neighbours") if row["border"] == kind]


def province_codes(places: xr.DataArray) -> list[str]:
    """The codes of regions that are Chinese provinces. Raises ``MethodError`` with those that are not."""
    labels = [str(label) for label in places[REGION].values]
    found = resolve(labels, _PROVINCES)
    codes = [found[label].code for label in labels]
    regions = gazetteer(_PROVINCES).regions
    if unknown := [label for label, code in zip(labels, codes, strict=True) if code not in regions]:
        listed = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
        raise MethodError(
            Fault(
                "no-map",
                f"the catalogue knows borders and capitals of Chinese provinces only; unknown: {listed}. Give "
                "coordinates `lon` and `lat` with method 'nearest', 'band' or 'inverse-distance', use 'tiles', or give "
                "a matrix.",
                f"目录仅含中国省级行政区的邻接关系与行政中心；无法识别：{listed}。请提供 lon、lat 坐标并改用 nearest、"
                "band 或 inverse-distance，或使用 tiles，或直接给出权重矩阵。",
            )
        )
    return [str(code) for code in codes]


def _grid(places: xr.DataArray) -> npt.NDArray[np.float64]:
    if {"row", "col"} <= set(places.coords):
        return np.stack([np.asarray(places[name].values, dtype=float) for name in ("row", "col")], axis=-1)
    labels = [str(label) for label in places[REGION].values]
    for name in GAZETTEERS:
        if set(labels) <= (known := tiles(name)).keys():
            return np.array([known[label] for label in labels], dtype=float)
    raise MethodError(
        Fault(
            "no-grid",
            "no tile grid has all these regions. Give coordinates `row` and `col`, or choose another method.",
            "没有包含全部地区的网格。请提供 row、col 坐标，或改用其他方法。",
        )
    )


def _refuse_twins(apart: Floats, others: npt.NDArray[np.bool_], places: xr.DataArray, en: str, zh: str) -> None:
    i, j = np.nonzero(np.triu(others & (apart == 0)))
    if i.size:
        labels = [str(label) for label in places[REGION].values]
        pairs = [f"{labels[a]}–{labels[b]}" for a, b in zip(i[:5], j[:5], strict=True)]
        raise MethodError(
            Fault(
                "no-distance",
                f"these {en}, so that one over their distance is infinite: {', '.join(pairs)}.",
                f"以下地区{zh}，其距离倒数为无穷：{'、'.join(pairs)}。",
            )
        )


def other_regions(missing: Sequence[str], stray: Sequence[str]) -> Fault:
    """Data and weights have different regions."""
    en = [f"missing {', '.join(map(str, missing))}"] if missing else []
    en += [f"without weights {', '.join(map(str, stray))}"] if stray else []
    zh = [f"缺少 {'、'.join(map(str, missing))}"] if missing else []
    zh += [f"权重矩阵中没有 {'、'.join(map(str, stray))}"] if stray else []
    return Fault(
        "other-regions",
        f"the data and the weights do not have the same regions: {'; '.join(en) or 'some stand twice'}. "
        "Draw the neighbours from the data; or cut the neighbours to it with `.only(regions)`, or it to them with "
        "`.sel(region=neighbours.regions)`.",
        f"数据与权重矩阵的地区不一致：{'；'.join(zh) or '有重复地区'}。"
        "请用该数据重新构造权重；或用 .only(regions) 截取权重矩阵，或用 .sel(region=neighbours.regions) 截取数据。",
    )


def _note(code: str, en: str, zh: str) -> Fault:
    return Fault(code, en, zh, severity="warning")
