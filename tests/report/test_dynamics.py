"""The course of the scores in the report's document: the numbers of the tables, packed for the page."""

import base64
import json

import numpy as np
import pytest

from tests.report.runs import a_run
from xinzhi.report.payload import payload

WHOLE = 65_535


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return a_run(tmp_path_factory.mktemp("dynamics"), years=7)


@pytest.fixture(scope="module")
def told(made):
    return json.loads(json.dumps(payload(made)["dynamics"], allow_nan=False))


def of(made, name, at):
    table = made.dynamics.tables[name]
    return table[table["element"] == made.dynamics.courses[at].code].reset_index(drop=True)


def elements(made, told):
    return enumerate(zip(made.dynamics.courses, told["elements"], strict=True))


def test_elements_go_by_their_place_among_those_of_the_page(made, told):
    nodes, k = payload(made)["nodes"], made.index.tree.n_indicators
    assert [nodes[k + one["element"]]["code"] for one in told["elements"]] == [c.code for c in made.dynamics.courses]
    assert told["groups"]["of"] == made.dynamics.grouping.codes.tolist()


def test_curves_are_shares_of_the_highest(made, told):
    for at, (course, one) in elements(made, told):
        held = one["distribution"]
        curves = np.frombuffer(base64.b64decode(held["curves"]), "<u2") / WHOLE * held["highest"]
        by_table = of(made, "density", at)["density"].to_numpy()
        np.testing.assert_allclose(curves, by_table, atol=held["highest"] / WHOLE)
        grid = course.density.density["value"].values
        assert held["ends"] == [grid[0], grid[-1]]
        for name, column in (("threeQuarters", "three_quarters"), ("median", "median"), ("modes", "modes")):
            np.testing.assert_allclose(held[name], of(made, "distribution", at)[column], rtol=1e-5)


def test_classes_of_every_region_and_year(made, told):
    for at, (course, one) in elements(made, told):
        held = one["mobility"]
        both = np.frombuffer(base64.b64decode(held["states"]), "u1")
        states = np.stack([both & 15, both >> 4], axis=1).ravel()[: course.chain.states.size]
        np.testing.assert_array_equal(states.reshape(len(made.index.regions), -1), course.chain.states.values)
        assert np.ravel(held["counts"]).tolist() == of(made, "transitions", at)["count"].tolist()
        np.testing.assert_allclose(
            np.ravel(held["probabilities"]), of(made, "transitions", at)["probability"], rtol=1e-5
        )
        np.testing.assert_allclose(held["longRun"], of(made, "classes", at)["long_run"], rtol=1e-5)


def test_inequality_and_its_parts(made, told):
    for at, (_, one) in elements(made, told):
        by_year, parts = of(made, "inequality", at), of(made, "dagum", at)
        held = one["inequality"]
        np.testing.assert_allclose(held["rows"], by_year[held["columns"]], rtol=1e-5)
        np.testing.assert_allclose(
            one["dagum"]["parts"], parts[["total", "within", "between", "transvariation"]], rtol=1e-5, atol=1e-12
        )
        pairs = of(made, "dagum-pairs", at)
        assert np.ravel(one["dagum"]["giniAcross"]) == pytest.approx(pairs["gini"].to_numpy(), rel=1e-5)
        names = [made.dynamics.grouping.names[one].zh for one, _ in one["dagum"]["pairs"]]
        assert names == pairs["group"].tolist()[: len(names)]


def test_convergence_by_kind(made, told):
    table = of(made, "convergence", 0)
    assert [row["kind"] for row in told["elements"][0]["convergence"]] == table["kind"].tolist()
    for row, by_table in zip(told["elements"][0]["convergence"], table.to_dict("records"), strict=True):
        assert row["estimate"] == pytest.approx(by_table["estimate"], rel=1e-5)
        assert (row["halfLife"] is None) == bool(np.isnan(by_table["half_life"]))


def test_years_that_cannot_be_compared_have_places_and_a_word(tmp_path):
    made = a_run(tmp_path, years=6, normalise={"method": "min-max", "scope": "year"})
    one = payload(made)["dynamics"]["elements"][0]
    assert (one["distribution"], one["inequality"], one["dagum"], one["convergence"]) == (None, None, None, [])
    assert one["mobility"]["cuts"] is None
    assert "标尺不同" in one["notices"]["distribution"][0]["zh"]


def test_an_index_of_one_year_has_none(tmp_path):
    assert payload(a_run(tmp_path, years=1))["dynamics"] is None
