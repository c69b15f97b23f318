"""What the page says of links, against the tables of the run."""

from __future__ import annotations

import base64
import json

import numpy as np
import pandas as pd
import pytest

from tests.report.links import a_run_of_links
from xinzhi.report import payload, structure
from xinzhi.report.networks import MOST_NODES, laid_out, thinned
from xinzhi.report.structure import ACTIVITY_COLUMNS, PAIR_COLUMNS, REGION_COLUMNS


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return a_run_of_links(tmp_path_factory.mktemp("links"))


@pytest.fixture(scope="module")
def document(run):
    return json.loads(json.dumps(payload(run), allow_nan=False))


@pytest.fixture(scope="module", params=["science", "technology"])
def name(request):
    return request.param


@pytest.fixture
def space(run, name):
    return run.structure[name]


@pytest.fixture
def told(document, name):
    return next(one for one in document["structure"]["spaces"] if one["name"] == name)


def bytes_of(packed: str, kind: str = "u1") -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed), dtype=kind)


def short(packed: str) -> np.ndarray:
    return np.pad(bytes_of(packed).reshape(-1, 3), ((0, 0), (1, 0))).view("<f4").ravel()


def close(found, expected):
    np.testing.assert_allclose(found, np.asarray(expected, dtype=float), rtol=2e-5, atol=1e-30)


def test_a_study_of_links_alone_has_no_index(document):
    assert document["index"] is None
    assert document["cells"] is None
    assert document["years"] == document["regions"] == document["nodes"] == []
    assert [one["code"] for one in document["others"]] == [f"R{at:02}" for at in range(14)]
    assert {one["file"] for one in document["sources"]} >= {"science.csv", "technology.csv", "names.csv", "way.csv"}
    assert document["record"]["operation"] == "run"


def test_regions_and_activities_are_those_of_the_tables(space, told):
    for side, labels, columns, packed in (
        ("region", told["regions"], REGION_COLUMNS, told["regionCells"]),
        ("activity", [one["code"] for one in told["activities"]], ACTIVITY_COLUMNS, told["activityCells"]),
    ):
        table = space.regions if side == "region" else space.activities
        cells = short(packed).reshape(len(labels), 3, len(columns))
        for at, label in enumerate(labels):
            own = table[table[side] == label].sort_values("period")
            for item, column in enumerate(columns):
                close(cells[at, :, item], own.get(column, [np.nan] * 3))


def pairs_of(told):
    numbers = short(told["pairs"]["numbers"]).reshape(-1, len(told["pairs"]["columns"]))
    regions = np.repeat(told["regions"], told["pairs"]["counts"])
    activities = [told["activities"][at]["code"] for at in bytes_of(told["pairs"]["activities"], "<u2")]
    frame = pd.DataFrame(numbers, columns=told["pairs"]["columns"])
    return frame.assign(region=regions, activity=activities, present=bytes_of(told["pairs"]["present"]).astype(bool))


def test_pairs_are_those_of_the_table(space, told):
    assert told["pairs"]["all"]
    found = pairs_of(told).set_index(["region", "activity"]).sort_index()
    table = space.pairs.set_index(["region", "activity"]).sort_index()
    assert found.index.equals(table.index)
    assert (found["present"] == table["present"]).all()
    for column in (name for name in PAIR_COLUMNS if name in found):
        close(found[column], table[column])
    assert ("chance" in found) == (told["name"] == "technology")


def test_who_has_what_is_told_whole(space, told, monkeypatch):
    shape = len(told["regions"]), len(told["activities"])
    bits = np.unpackbits(bytes_of(told["present"]))[: shape[0] * shape[1]].reshape(shape)
    assert np.array_equal(bits, space.presence.at(space.last).toarray() != 0)
    monkeypatch.setattr(structure, "_MOST_CELLS", 10)
    assert structure._present(space) is None


def test_of_many_pairs_those_that_matter_most_are_kept(space, monkeypatch):
    monkeypatch.setattr(structure, "_FEWEST_PAIRS", 4)
    told = structure._space(space, room=1)
    found = pairs_of(told)
    assert not told["pairs"]["all"]
    assert found.groupby("region").size().max() == 4
    table = space.pairs
    best = "chance" if "chance" in table else "density"
    for region, own in table[table[best].notna() & ~table["present"]].groupby("region"):
        assert own.loc[own[best].idxmax(), "activity"] in set(found.loc[found["region"] == region, "activity"])


def test_the_null_curve_lies_among_the_densities_of_chance(space, told):
    curve = told["pairs"]["curve"]
    means = short(curve["cells"]).reshape(len(told["regions"]), len(curve["complexity"]))
    assert (np.diff(curve["complexity"]) > 0).all()
    bounds = space.pairs.groupby("region")["by_chance"].agg(["min", "max"]).reindex(told["regions"])
    for own, low, high in zip(means, bounds["min"], bounds["max"], strict=True):
        known = own[np.isfinite(own)]
        assert ((known >= low - 1e-5) & (known <= high + 1e-5)).all()


def test_the_network_has_the_tree_and_stays_within_its_frame(space, told):
    net = told["network"]
    nodes = [told["activities"][at]["code"] for at in bytes_of(net["nodes"], "<u2")]
    ends = [[nodes[at] for at in bytes_of(net[side], "<u2")] for side in ("from", "to")]
    drawn = {frozenset(pair): tree for *pair, tree in zip(*ends, bytes_of(net["tree"]), strict=True)}
    tree = space.ties[space.ties["tree"]]
    assert {frozenset(pair) for pair in zip(tree["activity"], tree["other"], strict=True)} == {
        pair for pair, inside in drawn.items() if inside
    }
    assert len(drawn) <= max(2 * len(nodes), len(tree))
    places = short(net["places"]).reshape(-1, 2)
    assert places.min() >= 0
    assert places.max() == pytest.approx(1, abs=1e-4)
    assert np.ptp(places[:, 0]) >= np.ptp(places[:, 1])


def test_classes_go_by_their_names(document):
    technology = document["structure"]["spaces"][1]
    assert [one["en"] for one in technology["groups"]] == ["chemistry", "machines"]
    assert [one["group"] for one in technology["activities"]] == [at % 2 for at in range(10)]
    assert document["structure"]["spaces"][0]["groups"] == []


def test_a_forecast_stands_beside_its_nulls(run, document):
    science, technology = document["structure"]["spaces"]
    assert science["forecast"] == []
    table = run.structure["technology"].forecast
    assert [one["auc"] for one in technology["forecast"]] == pytest.approx(list(table["auc"]), rel=1e-5)
    assert [one["name"]["zh"] for one in technology["forecast"]] == list(table["name_zh"])
    assert technology["verdict"]["en"] == run.structure["technology"].verdict.en


def test_a_standing_counts_every_stage(run, document):
    told = document["structure"]["spaces"][0]["standing"]
    table = run.structure["science"].standing
    last = table[table["period"] == table["period"].iloc[-1]]
    counted = bytes_of(told["byRegion"], "<u2").reshape(-1, 4)
    assert counted.sum() == last["stage"].isin(["absent", "follow", "alongside", "lead"]).sum()
    assert counted[:, 3].sum() == (last["stage"] == "lead").sum()
    ratios = short(told["numbers"]).reshape(-1, 5)[:, 0]
    close(np.sort(ratios), np.sort(last["ratio"][last["ratio"] > 0]))
    science = document["structure"]["spaces"][0]
    for activity, first in zip(science["activities"], bytes_of(told["frontier"], "<u2"), strict=True):
        cell = last[(last["activity"] == activity["code"]) & (last["region"] == science["regions"][first])]
        assert cell["ratio"].item() == last.loc[last["activity"] == activity["code"], "ratio"].max()
    assert document["structure"]["spaces"][1]["standing"] is None


def test_fits_are_those_of_the_fusion(run, document):
    told, found = document["structure"]["fusion"], run.structure.fusion
    assert [one["zh"] for one in told["chain"]] == ["科学", "技术"]
    assert [one["fit"] for one in told["overall"]] == pytest.approx(list(found.overall["fit"]), rel=1e-5)
    last = found.regions[found.regions["period"] == 2003].set_index("region")
    cells = short(told["cells"]).reshape(len(told["regions"]), 6)
    close(cells[:, 0], last["fit"].reindex(told["regions"]))
    missing = found.missing[found.missing["period"] == 2003]
    assert len(told["missing"]) == len(missing)
    assert {(one["region"], one["field"]["en"]) for one in told["missing"]} == {
        (row.region, f"Field <b>{int(row.field[1:])}</b>") for row in missing.itertuples()
    }


def test_coupling_is_that_of_the_last_period(run, document):
    told, table = document["structure"]["fusion"]["coupling"], run.structure.fusion.coupling
    last = table[table["period"] == 2003]
    assert [one["region"] for one in told] == list(last["region"])
    close([one["coordination"] for one in told], last["coordination"])
    close([one["levels"][1] for one in told], last["level_technology"])
    first = table[table["period"] == table["period"].iloc[0]].set_index("region")["coordination"]
    close([one["was"] for one in told], first.reindex(last["region"]))
    assert document["structure"]["fusion"]["couplingScale"] == "min-max"


def test_equal_networks_are_laid_out_equally():
    rng = np.random.default_rng(5)
    source, target = np.arange(1, 60), np.array([rng.integers(at) for at in range(1, 60)])
    places = laid_out(60, source, target)
    assert np.array_equal(places, laid_out(60, source, target))
    apart = np.hypot(*(places[:, None, axis] - places[None, :, axis] for axis in (0, 1)))
    tied = apart[source, target]
    assert np.median(tied) < 0.5 * np.median(apart[np.triu_indices(60, 1)])
    assert apart[np.triu_indices(60, 1)].min() > 0


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_the_smallest_networks_have_places(size):
    chain = np.arange(max(size - 1, 0))
    places = laid_out(size, chain, chain + 1)
    assert places.shape == (size, 2)
    assert np.isfinite(places).all()


def test_parts_that_do_not_touch_are_set_apart():
    places = laid_out(6, np.array([0, 1, 3, 4]), np.array([1, 2, 4, 5]))
    assert np.isfinite(places).all()
    within = max(np.hypot(*(places[a] - places[b])) for a, b in ((0, 2), (3, 5)))
    between = min(np.hypot(*(places[a] - places[b])) for a in range(3) for b in range(3, 6))
    assert between > 0.3 * within


def test_a_large_tree_loses_its_smallest_ends_and_hangs_together():
    size = MOST_NODES + 40
    source, target = np.arange(1, size), (np.arange(1, size) - 1) // 2
    weight = np.arange(size, 0, -1, dtype=float)
    drawn = thinned(source, target, np.ones(size - 1), np.ones(size - 1, dtype=bool), weight)
    kept = np.unique(np.concatenate([source[drawn], target[drawn]]))
    assert np.array_equal(kept, np.arange(MOST_NODES)), "the smallest stand at the ends of this tree"
    assert drawn.sum() == MOST_NODES - 1


def test_ties_beside_the_tree_are_the_strongest():
    source, target = np.triu_indices(8, 1)
    strength = np.linspace(0, 1, len(source))
    tree = source == 0
    drawn = thinned(source, target, strength, tree, np.ones(8))
    assert drawn[tree].all()
    assert drawn.sum() == 16
    assert strength[drawn & ~tree].min() > strength[~drawn].max()
