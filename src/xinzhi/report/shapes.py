"""The study's own shapes: a GeoJSON file cut down to the regions of the index."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from xinzhi.core.errors import Fault, StudyError
from xinzhi.data.regions import gazetteer
from xinzhi.study.running import Run

# Five thousand steps across the whole map are finer than any screen it is drawn on.
STEPS = 5_000


def read_shapes(run: Run) -> list[dict[str, Any]] | None:
    """The polygons of the index's regions (``region`` is their position), or nothing where tiles are wanted.

    A feature is a region's by the property ``geojson_key``, or by any property that names one. Features of no region
    are left out. Raises ``StudyError`` where the file is not GeoJSON or shows no region of the study.
    """
    wanted = run.study.spec.report
    if wanted.map == "tiles":
        return None
    try:
        features = json.loads(run.study.path(wanted.map).read_text(encoding="utf-8-sig"))["features"]
        found = [*_matched(features, _positions(run), run.study.spec.study.regions, wanted.geojson_key)]
        grain = _grain([point for shape in found for point in _points(shape["geometry"]["coordinates"])])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _refused(
            wanted.map,
            "not-geojson",
            "this is not a GeoJSON file of polygons. Export the map as GeoJSON (FeatureCollection).",
            "该文件不是多边形 GeoJSON。请将地图导出为 GeoJSON（FeatureCollection）。",
        ) from None
    if not found:
        key = f" under '{wanted.geojson_key}'" if wanted.geojson_key else ""
        raise _refused(
            wanted.map,
            "no-region-on-map",
            f"no feature names a region of the study{key}. Set geojson_key to the property with codes or names.",
            f"没有要素{'在“' + wanted.geojson_key + '”中' if wanted.geojson_key else ''}对应本研究的地区。"
            "请将 geojson_key 设为含代码或名称的属性。",
        )
    for shape in found:
        shape["geometry"] = {
            "type": shape["geometry"]["type"],
            "coordinates": _coarser(shape["geometry"]["coordinates"], grain),
        }
    return found


def _refused(file: str, code: str, en: str, zh: str) -> StudyError:
    return StudyError(Fault(code, en, zh, file=file, column="report.map"))


def _positions(run: Run) -> dict[str, int]:
    """Every region's position by its code and its names."""
    index = run.index
    named: dict[str, int] = {}
    for labels in (index.about_region.get("name_zh", ()), index.about_region.get("name_en", ()), index.regions):
        named |= {str(label): at for at, label in enumerate(labels)}
    return named


def _matched(features: list[Any], positions: dict[str, int], kind: str, key: str | None) -> Iterator[dict[str, Any]]:
    names = gazetteer(kind)
    for feature in features:
        geometry = feature.get("geometry") or {}
        if geometry.get("type") not in ("Polygon", "MultiPolygon"):
            continue
        properties = feature.get("properties") or {}
        tried = [properties.get(key)] if key else [*properties.values(), feature.get("id")]
        for label in (str(value) for value in tried if isinstance(value, (str, int)) and not isinstance(value, bool)):
            # A map is matched by what it says; only a column that is known to hold names is read with repairs.
            code = names.resolve(label).code if key and label not in positions and kind != "own" else label
            if code in positions:
                yield {"region": positions[code], "geometry": geometry}
                break


def _points(coordinates: Any) -> Iterator[tuple[float, float]]:
    if isinstance(coordinates[0], (int, float)):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for part in coordinates:
        yield from _points(part)


def _grain(points: list[tuple[float, float]]) -> int:
    """The decimals that keep the map's shapes at the size of a screen."""
    spans = [max(of) - min(of) for of in zip(*points, strict=True)]
    if not spans or not all(math.isfinite(span) for span in spans):
        return 0
    return max(0, math.ceil(-math.log10(max(*spans, 1e-9) / STEPS)))


def _coarser(coordinates: Any, decimals: int) -> Any:
    if isinstance(coordinates[0], (int, float)):
        return [round(value, decimals) for value in coordinates[:2]]
    made = [_coarser(part, decimals) for part in coordinates]
    # Rounding makes neighbours equal; a point that repeats the one before it draws nothing.
    return [part for at, part in enumerate(made) if at == 0 or at == len(made) - 1 or part != made[at - 1]]
