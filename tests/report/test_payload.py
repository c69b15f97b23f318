"""The document behind the page says what the index says."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from tests.report.runs import a_run
from xinzhi.core.errors import StudyError
from xinzhi.measure.analysis import contributions
from xinzhi.report import payload
from xinzhi.report.leaves import details


def unpacked(document: dict, name: str, kind: str) -> np.ndarray:
    cells = np.frombuffer(base64.b64decode(document["cells"][name]), dtype=kind)
    return cells.reshape(len(document["regions"]), len(document["years"]), -1)


def lengthened(document: dict, name: str) -> np.ndarray:
    short = np.frombuffer(base64.b64decode(document["cells"][name]), dtype=np.uint8).reshape(-1, 3)
    cells = np.pad(short, ((0, 0), (1, 0))).view("<f4")
    return cells.reshape(len(document["regions"]), len(document["years"]), -1)


def unrolled(document: dict, name: str) -> np.ndarray:
    runs = document["cells"][name]
    shape = (document["indicators"], len(document["regions"]), len(document["years"]))
    return np.repeat(runs[1::2], runs[::2]).reshape(shape).transpose(1, 2, 0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return a_run(tmp_path_factory.mktemp("study"), years=4)


@pytest.fixture(scope="module")
def document(run):
    return json.loads(json.dumps(payload(run), allow_nan=False))


def test_cells_are_those_of_the_index(run, document):
    index = run.index
    np.testing.assert_allclose(unpacked(document, "scores", "<f4"), index.scores.values, rtol=1e-6)
    np.testing.assert_allclose(lengthened(document, "normalised"), index.normalised.values, rtol=2e-5)
    np.testing.assert_allclose(lengthened(document, "values"), index.imputed.values, rtol=2e-5)
    np.testing.assert_array_equal(unpacked(document, "ranks", "<u2"), np.nan_to_num(index.ranks().values))
    np.testing.assert_array_equal(unrolled(document, "origin"), index.imputed.origin.values)
    marks = unrolled(document, "marks").astype(np.uint8).astype(np.int8)
    np.testing.assert_array_equal(marks, index.marks.values)


def test_coverage_counts_regions(run, document):
    observed, filled = (np.array(document["coverage"][name]) for name in ("observed", "filled"))
    origin = run.index.imputed.origin.values
    assert observed.sum() == (origin == 1).sum()
    assert filled.sum() == (origin > 1).sum() > 0


def test_tree_is_whole(document):
    nodes, k = document["nodes"], document["indicators"]
    assert len(nodes) == k + 5
    assert [node["parent"] for node in nodes].count(-1) == 1
    assert sum(document["effective"][0][:k]) == pytest.approx(1, abs=1e-4)
    assert nodes[0]["unit"] == {"en": "%", "zh": "%"}


@pytest.mark.parametrize(
    ("normalise", "rows"),
    [("min-max", 1), ({"method": "min-max", "scope": [2020, 2021]}, 1), ({"method": "z-score", "scope": "year"}, 3)],
)
def test_normalised_values_follow_from_the_yardstick(tmp_path, normalise, rows):
    made = a_run(tmp_path, years=3, normalise=normalise)
    leaves = payload(made)["nodes"][: made.index.tree.n_indicators]
    treated = made.index.stages.treated
    assert {len(leaf["yardstick"]["rows"]) for leaf in leaves} == {rows}
    for at, leaf in enumerate(leaves):
        first, second = np.array(leaf["yardstick"]["rows"]).T[..., None]
        if leaf["yardstick"]["by"] == "moments":
            share = leaf["direction"] * (treated[:, :, at] - first) / second
        else:
            share = (treated[:, :, at] - first) / (second - first)
            share = share if leaf["direction"] > 0 else 1 - share
        np.testing.assert_allclose(share, made.index.stages.normalised[:, :, at], rtol=1e-4, atol=1e-4)


def test_what_goes_by_order_has_no_yardstick(tmp_path):
    leaves = payload(a_run(tmp_path, years=2, normalise="rank"))["nodes"][:12]
    assert not any("yardstick" in leaf for leaf in leaves)


def test_an_indicator_names_the_files_it_was_read_from(run):
    panel = run.data.panel.assign_coords(source=("indicator", ["panel.csv"] * run.data.panel.sizes["indicator"]))
    told = payload(replace(run, data=replace(run.data, panel=panel)))
    assert [node.get("files") for node in told["nodes"]] == [[0]] * 12 + [None] * 5
    assert told["sources"][0]["file"] == "panel.csv"


def test_marks_of_an_indicator_are_told(tmp_path):
    made = a_run(tmp_path, years=2)
    first = made.index.spec.indicators[0].model_copy(update={"target": 3.0, "low": 0.0, "within": (0.0, 100.0)})
    told = details(made, 0, first)
    assert (told["target"], told["low"], told["within"]) == (3.0, 0.0, [0.0, 100.0])
    assert "high" not in told


def test_provinces_have_tiles(document):
    assert all(region["tile"] for region in document["regions"])
    assert len({tuple(region["tile"]) for region in document["regions"]}) == len(document["regions"])


def test_an_arithmetic_index_is_additive_and_contributions_add_up(run, document):
    assert all(document["additive"])
    parts = contributions(run.index, region=str(run.index.regions[0]), time=int(run.index.times[-1]))
    leaves = parts[parts["node"].isin([leaf.code for leaf in run.index.tree.indicators])]
    assert leaves["contribution"].sum() == pytest.approx(float(run.index.top.values[0, -1]), abs=1e-9)


def test_a_geometric_index_is_not_split(tmp_path):
    made = a_run(tmp_path, years=2, aggregate="geometric", normalise={"method": "min-max", "to": [1, 100]})
    assert not any(payload(made)["additive"])


@pytest.mark.parametrize(
    ("steps", "named"),
    [
        ({}, []),
        ({"normalise": {"method": "z-score", "scope": "year"}}, ["normalise"]),
        ({"weigh": {"method": "entropy", "scope": "year"}}, ["weigh"]),
    ],
)
def test_steps_with_a_yardstick_of_their_own_year_are_named(tmp_path, steps, named):
    assert payload(a_run(tmp_path, years=3, **steps))["yearly"] == named


def test_one_year_has_no_yardstick_to_move(tmp_path):
    assert payload(a_run(tmp_path, years=1, normalise={"method": "z-score", "scope": "year"}))["yearly"] == []


def test_every_step_is_told_with_its_options(document):
    told = {step["step"]: step for step in document["steps"]}
    assert list(told) == ["impute", "treat", "normalise", "weigh", "aggregate"]
    assert told["treat"]["name"]["zh"] == "缩尾后取对数"
    assert ["limit", "5"] in told["treat"]["options"]
    assert told["treat"]["scope"] == "pooled"
    assert told["aggregate"]["scope"] is None


def test_treated_indicators_are_counted(run, document):
    marks = run.index.marks.values
    assert {one["indicator"] for one in document["treated"]} == set(np.flatnonzero(marks.any(axis=(0, 1))))
    assert sum(one["lowered"] for one in document["treated"]) == (marks == 1).sum()


def square(x: float, **properties: object) -> dict:
    ring = [[x, 30.0], [x + 1, 30.0], [x + 1, 31.0], [x, 31.00000001], [x, 30.0]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def with_map(folder, features: object, **options: object):
    (folder / "map.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    key = "".join(f'\n{name} = "{value}"' for name, value in options.items())
    return a_run(folder, years=2, report=f'map = "map.geojson"{key}')


def test_shapes_are_matched_by_code_and_name(tmp_path):
    features = [square(1, id=110000), square(3, name="上海"), square(5, name="Atlantis")]
    made = with_map(tmp_path, features)
    shapes = payload(made)["shapes"]
    assert [str(made.index.regions[shape["region"]]) for shape in shapes] == ["110000", "310000"]
    assert shapes[0]["geometry"]["coordinates"][0][3] == [1, 31]


def test_shapes_are_matched_by_the_named_property(tmp_path):
    made = with_map(tmp_path, [square(1, nom="北京市", id=310000)], geojson_key="nom")
    assert [str(made.index.regions[shape["region"]]) for shape in payload(made)["shapes"]] == ["110000"]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"features": 3}', '{"features": [3]}', '{"features": [{"geometry": 1}]}']
)
def test_what_is_no_geojson_is_refused(tmp_path, content):
    (tmp_path / "map.geojson").write_text(content)
    with pytest.raises(StudyError) as refused:
        payload(a_run(tmp_path, years=1, report='map = "map.geojson"'))
    assert [fault.code for fault in refused.value.faults] == ["not-geojson"]


@pytest.mark.parametrize("coordinates", [[], [[]], [[[]]], "x", None, [[["a", "b"]]], [[[1]]], {}])
def test_coordinates_that_make_no_polygon_are_refused(tmp_path, coordinates):
    feature = square(1, id=110000)
    feature["geometry"]["coordinates"] = coordinates
    with pytest.raises(StudyError) as refused:
        payload(with_map(tmp_path, [feature]))
    assert [fault.code for fault in refused.value.faults] == ["not-geojson"]


def test_a_map_of_elsewhere_is_refused(tmp_path):
    with pytest.raises(StudyError) as refused:
        payload(with_map(tmp_path, [square(1, name="Atlantis")]))
    assert [fault.code for fault in refused.value.faults] == ["no-region-on-map"]
