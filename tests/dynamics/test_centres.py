from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from tests.dynamics.places import over_provinces
from tests.oracles import space as slow
from xinzhi.core.errors import MethodError
from xinzhi.dynamics.centres import ellipses, gravity_centres, spreads
from xinzhi.dynamics.nearness import EARTH_KM

PLACES = {"lon": ("region", [100.0, 110.0, 110.0]), "lat": ("region", [30.0, 30.0, 40.0])}
MOVING = xr.DataArray(
    [[2.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 2.0, 1.0]],
    dims=("region", "time"),
    coords={"region": ["a", "b", "c"], "time": [2010, 2012, 2013], **PLACES},
)


def test_the_centre_is_the_weighted_mean_and_moves_by_hand():
    rows = gravity_centres(MOVING).to_frame()
    assert rows["lon"].tolist() == pytest.approx([105.0, 107.5, 320 / 3])
    assert rows["lat"].tolist() == pytest.approx([32.5, 35.0, 100 / 3])
    moved = slow.great_circle((105.0, 32.5), (107.5, 35.0), EARTH_KM)
    assert rows["moved"][1] == pytest.approx(moved)
    assert rows["per_year"][1] == pytest.approx(moved / 2)
    assert rows["direction_en"].tolist() == ["", "northeast", "southwest"]
    assert rows["direction_zh"].tolist() == ["", "东北", "西南"]


def test_a_centre_that_stands_still_has_no_direction():
    rows = gravity_centres(xr.ones_like(MOVING)).to_frame()
    assert rows["moved"].tolist()[1:] == pytest.approx([0, 0])
    assert rows["bearing"].isna().all()


def test_due_north_and_due_east():
    grid = xr.DataArray(
        [[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 0, 1.0]],
        dims=("time", "region"),
        coords={
            "time": [1, 2, 3],
            "region": list("abcd"),
            "lon": ("region", [100.0, 100.0, 0.0, 100.2]),
            "lat": ("region", [0.0, 5.0, 0.0, 5.0]),
        },
    )
    rows = gravity_centres(grid).to_frame()
    assert rows["bearing"][1] == pytest.approx(0, abs=1e-9)
    assert rows["direction_en"].tolist() == ["", "north", "east"]
    assert rows["moved"][1] == pytest.approx(EARTH_KM * np.pi / 36)


def test_maps_are_walked_back_and_equal_area_maps_keep_areas():
    for plane in ("local", "albers-china"):
        one = xr.DataArray(
            np.eye(3), dims=("region", "time"), coords={"region": list("abc"), "time": [1, 2, 3], **PLACES}
        )
        rows = gravity_centres(one, plane=plane).to_frame()
        np.testing.assert_allclose(rows[["lon", "lat"]], [[100, 30], [110, 30], [110, 40]], atol=1e-9)
    # A small box of 0.1° anywhere in China has R² cos φ dλ dφ on the ground and on the map.
    for lon, lat in ((90.0, 40.0), (120.0, 25.0)):
        box = [(lon, lat), (lon + 0.1, lat), (lon, lat + 0.1)]
        places = {"lon": ("region", [p[0] for p in box]), "lat": ("region", [p[1] for p in box])}
        corner = xr.DataArray(
            np.eye(3), dims=("region", "time"), coords={"region": list("abc"), "time": [1, 2, 3], **places}
        )
        x = gravity_centres(corner, plane="albers-china").to_frame()[["x", "y"]].to_numpy()
        (a, b), (c, d) = x[1] - x[0], x[2] - x[0]
        ground = EARTH_KM**2 * np.cos(np.radians(lat + 0.05)) * np.radians(0.1) ** 2
        assert a * d - b * c == pytest.approx(ground, rel=2e-3)


def test_the_ellipse_is_that_of_the_tangent_formula():
    rng = np.random.default_rng(1)
    for _ in range(30):
        at, w = rng.normal(size=(9, 2)) * [1, 3], rng.uniform(0.1, 2, size=9)
        major, minor, rotation = spreads(w, at)
        along, across, degrees = slow.ellipse(w, at)
        if along < across:
            along, across, degrees = across, along, (degrees + 90) % 180
        assert (float(major), float(minor), float(rotation)) == pytest.approx((along, across, degrees), rel=1e-9)


def test_conventions_differ_by_their_named_factors():
    data = np.exp(over_provinces())
    tables = {name: ellipses(data, convention=name).table for name in ("plain", "arcgis", "crimestat")}
    np.testing.assert_allclose(tables["arcgis"]["major"], np.sqrt(2) * tables["plain"]["major"])
    np.testing.assert_allclose(tables["crimestat"]["minor"], np.sqrt(2 * 31 / 29) * tables["plain"]["minor"])
    np.testing.assert_allclose(tables["arcgis"]["rotation"], tables["crimestat"]["rotation"])
    np.testing.assert_allclose(
        tables["plain"]["area"], np.pi * tables["plain"]["major"] * tables["plain"]["minor"], rtol=1e-12
    )


def test_a_given_plane_is_taken_as_it_is():
    flat = MOVING.drop_vars(["lon", "lat"]).assign_coords(x=("region", [0.0, 2.0, 0.0]), y=("region", [0.0, 0.0, 2.0]))
    rows = gravity_centres(flat, plane="given").to_frame()
    assert rows["moved"][1] == pytest.approx(0.5)
    assert "lon" not in rows
    assert ellipses(flat, plane="given").table["rotation"].values[2] == pytest.approx(135)
    with pytest.raises(MethodError, match="`x` and `y`"):
        gravity_centres(MOVING, plane="given")


def test_results_print_and_say_whose_positions_were_used():
    data = np.exp(over_provinces())
    assert "provincial capitals" in repr(gravity_centres(data))
    assert "convention 'plain'" in repr(ellipses(data))


def test_what_cannot_be_a_weight_is_refused_all_at_once():
    bad = MOVING.copy()
    bad[0, 0], bad[1, 1] = np.nan, -1
    with pytest.raises(MethodError, match=r"missing: 1 \(a 2010\)") as caught:
        gravity_centres(bad)
    assert "b 2012" in caught.value.say()
    assert "为负 1 个" in caught.value.say("zh")
    with pytest.raises(MethodError, match="all values are 0 in 2010"):
        gravity_centres(MOVING.where(MOVING["time"] > 2010, 0))
    with pytest.raises(MethodError, match="3 regions"):
        gravity_centres(MOVING.isel(region=[0, 1]))
    with pytest.raises(MethodError, match="one place in 2012"):
        ellipses(MOVING.where((MOVING["time"] != 2012) | (MOVING["region"] == "a"), 0))
