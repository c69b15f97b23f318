"""What the page says of choke points, against the tables of the run."""

from __future__ import annotations

import json

import pytest

from tests.study.test_structure_dependency import ROWS, ran
from xinzhi.report import dependency, payload


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return ran(tmp_path_factory.mktemp("parts"), more='unit = "pieces"')


@pytest.fixture(scope="module")
def block(result):
    document = json.loads(json.dumps(payload(result), allow_nan=False))
    assert [one["code"] for one in document["others"]] == ["Abroad", "Home"]
    (told,) = document["structure"]["dependency"]
    return told


def test_importers_stand_with_their_sums(block, result):
    assert (block["file"], block["unit"], block["thresholds"]) == ("supply.csv", "pieces", [0.5, 0.4])
    assert block["periods"] == ["2020", "2021"]
    abroad, home = block["regions"]
    assert (home["code"], home["goods"], home["chokes"], home["total"]) == ("Home", 3, 2, 250)
    assert (home["domestic"], abroad["domestic"]) == (True, False)
    assert (home["chokesByPeriod"], abroad["chokesByPeriod"]) == ([2, 2], [1, 1])
    assert home["dependency"] == pytest.approx(115 / 250)
    assert home["inChokes"] == pytest.approx(0.6)


def test_points_are_those_of_the_last_period_worst_first(block, result):
    table = result.structure.dependency.points.set_index(["region", "period", "good"])
    told = [(block["regions"][one["region"]]["code"], block["goods"][one["good"]]["code"]) for one in block["points"]]
    assert told == [("Abroad", "chips"), ("Home", "tea"), ("Home", "chips"), ("Home", "ships")]
    for (region, good), one in zip(told, block["points"], strict=True):
        row = table.loc[(region, 2021, good)]
        for name in ("total", "foreign", "domestic", "dependency", "hhi", "exposure", "substitution"):
            assert one[name] == pytest.approx(row[name], rel=1e-5)
        assert one["choke"] == row["choke"]
        assert block["sources"][one["topSource"]]["code"] == row["top_source"]
        course = [[table.loc[(region, year, good), name] for name in dependency.BY_PERIOD] for year in (2020, 2021)]
        assert one["byPeriod"] == [pytest.approx(past, rel=1e-5) for past in course]
    assert [one["rank"] for one in block["points"]] == [1, 1, 2, None]
    assert block["all"]


def test_of_many_goods_the_page_has_the_worst(result, monkeypatch):
    monkeypatch.setattr(dependency, "_FEWEST", 1)
    monkeypatch.setattr(dependency, "MOST_NUMBERS", 1)
    (told,) = payload(result)["structure"]["dependency"]
    assert [told["goods"][one["good"]]["code"] for one in told["points"]] == ["chips", "tea"]
    assert (told["most"], told["all"]) == (1, False)


def test_an_importer_of_nothing_in_the_last_period_has_no_points(tmp_path):
    rows = [row for row in ROWS if row != "Abroad,Beyond,chips,2021,10"]
    (told,) = payload(ran(tmp_path, rows))["structure"]["dependency"]
    assert {one["region"] for one in told["points"]} == {1}
    assert told["regions"][0]["dependency"] is None
    bare = ran(tmp_path / "bare", ["Home,Abroad,chips,2020,0"])
    (told,) = payload(bare)["structure"]["dependency"]
    assert (told["points"], told["all"], told["regions"][0]["goods"]) == ([], True, 0)
