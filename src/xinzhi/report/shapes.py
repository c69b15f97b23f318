"""The study's own shapes: a GeoJSON file cut down to the regions of the index."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, TypeAdapter

from xinzhi.core.errors import Fault, StudyError
from xinzhi.data.regions import gazetteer
from xinzhi.measure.result import Index
from xinzhi.study.reading import Study

# Five thousand steps across the whole map are finer than any screen it is drawn on.
STEPS = 5_000

Point = Annotated[list[float], Field(min_length=2)]
Ring = Annotated[list[Point], Field(min_length=4)]
Rings = Annotated[list[Ring], Field(min_length=1)]


class _Geometry(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)


class Polygon(_Geometry):
    """One outline, with its holes."""

    type: Literal["Polygon"]
    coordinates: Rings

    @property
    def points(self) -> Iterator[Point]:
        """Every point."""
        return (point for ring in self.coordinates for point in ring)

    def coarser(self, decimals: int) -> dict[str, Any]:
        """The shape as GeoJSON, rounded."""
        return {"type": self.type, "coordinates": [_coarser(ring, decimals) for ring in self.coordinates]}


class MultiPolygon(_Geometry):
    """Several outlines that are one region."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Rings], Field(min_length=1)]

    @property
    def points(self) -> Iterator[Point]:
        """Every point."""
        return (point for rings in self.coordinates for ring in rings for point in ring)

    def coarser(self, decimals: int) -> dict[str, Any]:
        """The shape as GeoJSON, rounded."""
        coordinates = [[_coarser(ring, decimals) for ring in rings] for rings in self.coordinates]
        return {"type": self.type, "coordinates": coordinates}


Geometry = Annotated[Polygon | MultiPolygon, Discriminator("type")]
Matched = tuple[int, Polygon | MultiPolygon]
_GEOMETRY: TypeAdapter[Polygon | MultiPolygon] = TypeAdapter(Geometry)


def _coarser(ring: Ring, decimals: int) -> list[list[float]]:
    made = [[round(value, decimals) for value in point[:2]] for point in ring]
    # Rounding makes neighbours equal; a point that repeats the one before it draws nothing.
    return [point for at, point in enumerate(made) if at in (0, len(made) - 1) or point != made[at - 1]]


def read_shapes(study: Study, index: Index) -> list[dict[str, Any]] | None:
    """The polygons of the index's regions (``region`` is their position), or nothing where tiles are wanted.

    A feature is a region's by the property ``geojson_key``, or by any property that names one. Features of no region
    are left out. Raises ``StudyError`` where the file is not GeoJSON or shows no region of the study.
    """
    wanted = study.spec.report
    if wanted.map == "tiles":
        return None
    try:
        features = json.loads(study.path(wanted.map).read_text(encoding="utf-8-sig"))["features"]
        found = [*_matched(features, _positions(index), study.spec.study.regions, wanted.geojson_key)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # pydantic's own error is a ValueError too.
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
    grain = _grain(point for _, geometry in found for point in geometry.points)
    return [{"region": region, "geometry": geometry.coarser(grain)} for region, geometry in found]


def _refused(file: str, code: str, en: str, zh: str) -> StudyError:
    return StudyError(Fault(code, en, zh, file=file))


def _positions(index: Index) -> dict[str, int]:
    """Every region's position by its code and its names."""
    named: dict[str, int] = {}
    for labels in (index.about_region.get("name_zh", ()), index.about_region.get("name_en", ()), index.regions):
        named |= {str(label): at for at, label in enumerate(labels)}
    return named


def _matched(features: list[Any], positions: dict[str, int], kind: str, key: str | None) -> Iterator[Matched]:
    names = gazetteer(kind)
    for feature in features:
        geometry = feature["geometry"]
        if geometry is None or geometry["type"] not in ("Polygon", "MultiPolygon"):
            continue
        properties = feature.get("properties") or {}
        tried = [properties.get(key)] if key else [*properties.values(), feature.get("id")]
        for label in (str(value) for value in tried if isinstance(value, (str, int)) and not isinstance(value, bool)):
            # A map is matched by what it says; only a column that is known to hold names is read with repairs.
            code = names.resolve(label).code if key and label not in positions and kind != "own" else label
            if code in positions:
                yield positions[code], _GEOMETRY.validate_python(geometry)
                break


def _grain(points: Iterable[Point]) -> int:
    """The decimals that keep the map's shapes at the size of a screen."""
    x, y = zip(*((point[0], point[1]) for point in points), strict=True)
    span = max(max(x) - min(x), max(y) - min(y), 1e-9)
    return max(0, math.ceil(-math.log10(span / STEPS)))
