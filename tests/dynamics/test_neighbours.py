from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.dynamics.places import PROVINCES, over_provinces, provinces
from tests.oracles import space as slow
from xinzhi.core.errors import MethodError
from xinzhi.core.specs import FaultyValue
from xinzhi.data.catalogue import read_table
from xinzhi.data.regions import gazetteer
from xinzhi.dynamics.nearness import EARTH_KM, haversine, positions
from xinzhi.dynamics.neighbours import neighbours


def places(labels: list[str], **coords: list[float]) -> xr.DataArray:
    about = {name: ("region", values) for name, values in coords.items()}
    return xr.DataArray(np.zeros(len(labels)), dims="region", coords={"region": labels, **about})


FOUR = places(["a", "b", "c", "d"], lon=[100.0, 101.0, 102.0, 120.0], lat=[30.0, 30.0, 30.0, 30.0])


def test_the_provinces_of_the_mainland_have_68_borders_and_one_bridge():
    w = provinces()
    assert w.strengths.nnz == 2 * 69
    assert w.joined == (("460000", "440000"),)
    assert "Hainan–Guangdong" in repr(w)
    assert w.rows_sum_to_one


def test_the_catalogue_of_borders_names_each_pair_once():
    rows = read_table("china_neighbours")
    pairs = {frozenset((row["a"], row["b"])) for row in rows}
    book = gazetteer("china-provinces").regions
    assert len(pairs) == len(rows)
    for row in rows:
        assert (book[row["a"]].name_zh, book[row["b"]].name_zh) == (row["a_zh"], row["b_zh"])
    assert {row["code"] for row in read_table("china_seats")} == set(book)


@pytest.mark.parametrize(("province", "count"), [("陕西", 8), ("内蒙古", 8), ("河北", 7), ("北京", 2), ("新疆", 3)])
def test_well_known_numbers_of_neighbours(province, count):
    names = [gazetteer("china-provinces").regions[code].name_zh for code in PROVINCES]
    w = neighbours(places(names), islands="drop")
    assert (w.to_frame()["region"] == province).sum() == count


def test_hainan_can_be_bridged_joined_to_the_nearest_dropped_or_refused():
    data = over_provinces()
    nearest = neighbours(data, islands="nearest")
    assert nearest.joined == (("460000", "450000"),)  # Nanning is nearer to Haikou than Guangzhou is
    assert nearest.notes[0].code == "capital-positions"
    dropped = neighbours(data, islands="drop")
    assert dropped.dropped == ("460000",)
    assert "460000" not in dropped.regions
    assert dropped.weights.shape == (30, 30)
    with pytest.raises(MethodError, match="no neighbour for: Hainan") as caught:
        neighbours(data, islands="refuse")
    assert "海南" in caught.value.say("zh")


def test_taiwan_is_bridged_to_fujian():
    w = neighbours(places(list(gazetteer("china-provinces").regions)))
    assert ("710000", "350000") in w.joined


def test_an_island_whose_bridge_ends_outside_the_data_is_refused():
    with pytest.raises(MethodError, match="Hainan"):
        neighbours(places(["110000", "120000", "460000"]))


def test_nearest_neighbours_by_hand():
    w = neighbours(FOUR, "nearest", k=1)
    assert w.to_frame()[["region", "neighbour"]].values.tolist() == [["a", "b"], ["b", "a"], ["c", "b"], ["d", "c"]]
    assert neighbours(FOUR, "nearest", k=1, mutual=True).strengths.toarray()[1].tolist() == [1, 0, 1, 0]
    with pytest.raises(FaultyValue, match="within 1 and 3"):
        neighbours(FOUR, "nearest", k=4)


def test_a_band_reaches_as_far_as_it_must_and_says_so():
    w = neighbours(FOUR, "band")
    assert np.diff(w.strengths.indptr).min() == 1
    assert any(note.code == "band-width" for note in w.notes)
    with pytest.raises(MethodError, match="no neighbour for: d"):
        neighbours(FOUR, "band", km=200.0, islands="refuse")
    assert neighbours(FOUR, "band", km=200.0, islands="nearest").joined == (("d", "c"),)
    assert neighbours(FOUR, "band", km=200.0, islands="drop").dropped == ("d",)


def test_inverse_distance_by_hand():
    w = neighbours(FOUR, "inverse-distance", power=2.0, standardise=False)
    apart = slow.great_circle((100, 30), (101, 30), EARTH_KM)
    assert w.weights[0, 1] == pytest.approx(apart**-2)
    with pytest.raises(MethodError, match="Choose how islands"):  # a tie of 1 beside 1/km would swamp the rest
        neighbours(FOUR, "inverse-distance", within=300.0, islands="nearest")
    twins = places(["a", "b"], lon=[1.0, 1.0], lat=[2.0, 2.0])
    with pytest.raises(MethodError, match="a–b"):
        neighbours(twins, "inverse-distance")


def test_economic_distance_by_hand():
    gdp = xr.DataArray(
        [[1.0, 3.0], [4.0, 4.0], [9.0, 11.0]], dims=("region", "time"), coords={"region": ["a", "b", "c"]}
    )
    w = neighbours(gdp, "economic", by=gdp, standardise=False)
    np.testing.assert_allclose(w.weights.toarray(), [[0, 1 / 2, 1 / 8], [1 / 2, 0, 1 / 6], [1 / 8, 1 / 6, 0]])
    with pytest.raises(MethodError, match="exactly alike"):
        neighbours(gdp, "economic", by=gdp * 0)
    with pytest.raises(MethodError, match="missing for: b"):
        neighbours(gdp, "economic", by=gdp.where(gdp != 4))


def test_a_matrix_is_taken_by_its_labels():
    frame = pd.DataFrame([[0, 2, 1], [1, 0, 0], [1, 0, 0]], index=list("cab"), columns=list("cab"), dtype=float)
    w = neighbours(places(["a", "b", "c"]), "given", matrix=frame)
    np.testing.assert_allclose(w.weights.toarray(), [[0, 0, 1], [0, 0, 1], [2 / 3, 1 / 3, 0]])


@pytest.mark.parametrize(
    ("matrix", "words"),
    [([[0, 1]], "is 1 × 2"), ([[0, -1], [1, 0]], "negative"), ([[1, 1], [1, 0]], "neighbours of themselves")],
)
def test_a_bad_matrix_is_explained(matrix, words):
    with pytest.raises(MethodError, match=words):
        neighbours(places(["a", "b"]), "given", matrix=matrix)


def test_a_function_may_draw_the_neighbours():
    def ring(places: xr.DataArray) -> np.ndarray:
        return np.roll(np.eye(places.sizes["region"]), 1, axis=1)

    assert neighbours(FOUR, ring).lag(FOUR.copy(data=[1.0, 2.0, 3.0, 4.0])).values.tolist() == [2, 3, 4, 1]


def test_tiles_of_the_model_country_and_of_given_grids():
    w = neighbours(places([f"M{i:02d}" for i in range(1, 17)]), "tiles")
    assert w.notes[0].code == "tile-grid"
    square = places(list("abcd"), row=[0, 0, 1, 1], col=[0, 1, 0, 1])
    assert np.diff(neighbours(square, "tiles").strengths.indptr).tolist() == [2, 2, 2, 2]
    assert np.diff(neighbours(square, "tiles", criterion="queen").strengths.indptr).tolist() == [3, 3, 3, 3]


def test_fictional_regions_have_no_map():
    with pytest.raises(MethodError, match="'tiles'"):
        neighbours(places(["M01", "M02"]))


def test_capitals_stand_in_for_positions_and_are_named():
    at, notes = positions(over_provinces())
    assert notes[0].code == "capital-positions"
    # Beijing to Shanghai is a little under 1,070 km.
    assert haversine(at[0], at[PROVINCES.index("310000")]) == pytest.approx(1067, abs=5)


def test_bad_positions_are_named():
    with pytest.raises(MethodError, match="not so for: b"):
        neighbours(places(["a", "b"], lon=[0.0, 0.0], lat=[0.0, 95.0]), "nearest", k=1)


def test_lags_go_by_label_and_refuse_gaps_and_strangers():
    w, data = provinces(), over_provinces()
    shuffled = data.isel(region=np.random.default_rng(1).permutation(31))
    xr.testing.assert_allclose(w.lag(shuffled).sel(region=data["region"]), w.lag(data))
    gap = data.copy()
    gap[3, 2] = np.nan
    with pytest.raises(MethodError, match="Shanxi 2013"):
        w.lag(gap)
    with pytest.raises(MethodError, match="missing 110000"):
        w.lag(data.isel(region=slice(1, None)))


def test_a_part_of_the_neighbours_is_standardised_anew():
    w = provinces().only(["110000", "120000", "130000"])
    np.testing.assert_allclose(w.weights.toarray(), (np.ones((3, 3)) - np.eye(3)) / 2)
    assert w.joined == ()
    with pytest.raises(MethodError, match="no neighbour for: Xinjiang"):
        provinces().only(["110000", "120000", "650000"])


def test_bounds_hold_the_values_for_which_the_model_can_be_solved():
    low, high = provinces().bounds
    assert high == pytest.approx(1)
    dense = provinces().weights.toarray()
    assert np.linalg.det(np.eye(31) - low * dense) == pytest.approx(0, abs=1e-12)
    one_sided = neighbours(over_provinces(), "nearest", k=3)
    assert np.iscomplexobj(one_sided.eigenvalues)
    assert one_sided.bounds[1] == pytest.approx(1)


def test_weights_agree_with_libpysal():
    libpysal = pytest.importorskip("libpysal", reason="a peer to compare with, not needed by the project")
    data = over_provinces()
    at = positions(data)[0]
    theirs = libpysal.weights.KNN.from_array(at, k=4, distance_metric="arc", radius=EARTH_KM).full()[0]
    np.testing.assert_array_equal(neighbours(data, "nearest", k=4).strengths.toarray(), theirs)
