"""What-if over the network: the numbers of the library, on the data of the run, whatever is sent."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tests.web.served import client, run_small
from xinzhi.measure.composite import measure
from xinzhi.study.measuring import load, measured
from xinzhi.study.outputs import write
from xinzhi.study.reading import read_study
from xinzhi.study.running import run
from xinzhi.web.app import create_app

ENTROPY = 'weigh = [{ method = "entropy", level = 1 }, "equal"]'
API = "/api/v1/studies/s"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return run_small(tmp_path_factory.mktemp("what-if") / "s", index=ENTROPY)


@pytest.fixture(scope="module")
def web(place):
    with client(create_app([place])) as asked:
        yield asked


def ask(web, body, run="0001"):
    return web.post(f"{API}/runs/{run}/what-if", json=body)


def codes(answer):
    return {(fault["code"], fault.get("column")) for fault in answer.json()["faults"]}


def test_without_changes_it_is_the_index_of_the_run(web, place):
    made = measured(read_study(place)).index
    said = ask(web, {"of": ["index", "one", "two"]}).json()
    expected = made.scores.sel(element=["index", "one", "two"])
    np.testing.assert_allclose(said["scores"], expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(said["ranks"], made.ranks().sel(element=["index", "one", "two"]))
    assert (said["regions"], said["years"]) == (list(made.regions), list(made.times))
    assert said["toml"] == ""
    assert said["weights"] == pytest.approx(dict(zip(made.tree.codes[:-1], made.stages.weights[:-1], strict=True)))


@pytest.mark.parametrize(
    "said",
    [
        {"normalise": {"method": "rank", "scope": "year"}},
        {"weights": {"a": 0.1, "b": 0.9}, "aggregate": [{"method": "geometric", "level": 3}, "arithmetic"],
         "normalise": {"method": "min-max", "to": [1, 2]}},
        {"weigh": "critic", "weights": {"one": 20, "two": 80}},
    ],
)  # fmt: skip
def test_a_run_of_the_saved_variant_has_the_numbers_that_were_shown(web, place, said):
    shown = ask(web, said | {"of": ["index", "one", "two"]}).json()
    name = f"v{abs(hash(json.dumps(said)))}"
    saved = web.post(f"{API}/variants", json={"name": name, "changes": said, "of_run": "0001"})
    assert saved.status_code == 201
    index = run(read_study(place / saved.json()["file"])).index
    np.testing.assert_allclose(shown["scores"], index.scores.sel(element=["index", "one", "two"]), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(shown["ranks"], index.ranks().sel(element=["index", "one", "two"]))


def test_years_and_elements_can_be_asked_for(web):
    every = ask(web, {"normalise": "rank"}).json()
    some = ask(web, {"normalise": "rank", "years": [2022, 2020], "of": ["two"]}).json()
    assert (every["of"], every["years"]) == (["index"], [2020, 2021, 2022])
    assert (some["of"], some["years"]) == (["two"], [2022, 2020])
    assert len(some["scores"]) == 4
    assert len(some["scores"][0]) == 2


def test_weights_of_each_year_come_by_year(web, place):
    said = {"weigh": [{"method": "entropy", "scope": "year", "level": 1}, "equal"]}
    shares = ask(web, said | {"years": [2022, 2021]}).json()["weights"]
    assert {code: len(of) for code, of in shares.items()} == dict.fromkeys(["a", "b", "c", "d", "one", "two"], 2)
    assert sum(shares[code][0] for code in "ab") == pytest.approx(1)


def test_missing_scores_are_null(tmp_path):
    from tests.small import table

    data = table(a_East_2020="", b_East_2020="", c_East_2020="", d_East_2020="")
    place = run_small(tmp_path / "s", data=data)
    with client(create_app([place])) as web:
        said = ask(web, {}).json()
    assert said["scores"][0][0] == said["ranks"][0][0] == [None]
    assert sorted(rank[0][0] for rank in said["ranks"][1:]) == [1, 2, 3]


def test_choices_tell_methods_and_what_the_study_uses(web):
    said = web.get(f"{API}/runs/latest/what-if/choices").json()
    assert said["now"] == {
        "normalise": {"method": "min-max"},
        "weigh": [{"method": "entropy", "level": 1}, {"method": "equal"}],
        "aggregate": [{"method": "arithmetic"}],
    }
    entropy = next(one for one in said["weigh"] if one["name"] == "entropy")
    assert entropy["title"]["zh"] == "熵值法"
    assert {one["name"]: one["kind"] for one in entropy["options"]}["zeros"] == "choice"
    assert {one["name"] for one in said["normalise"]} >= {"min-max", "z-score", "rank"}
    assert [one["code"] for one in said["nodes"]] == ["a", "b", "c", "d", "one", "two", "index"]
    assert (said["available"], said["levels"], said["years"]) == (True, 3, [2020, 2021, 2022])


@pytest.mark.parametrize("method", ["normalise", "weigh", "aggregate"])
def test_every_method_without_needed_options_is_answered_or_refused_with_faults(web, method):
    choices = web.get(f"{API}/runs/0001/what-if/choices").json()[method]
    for one in choices:
        answer = ask(web, {method: one["name"]})
        assert answer.status_code in (200, 422), one["name"]
        faults = answer.json()["faults"]
        assert answer.status_code == 200 or all(fault["en"] and fault["zh"] for fault in faults)


HOSTILE = [
    ({"weights": {"nobody": 1}}, "unknown-node"),
    ({"weights": {"a": "x"}}, "bad-value"),
    ({"weights": {"a": 10**400, "b": 1}}, None),
    ({"weights": {"\ud800": 1}}, None),
    ({"of": ["nobody"]}, "unknown-node"),
    ({"of": ["\ud800"]}, None),
    ({"years": [1999]}, "unknown-time"),
    ({"years": [10**30]}, None),
    ({"normalise": {"method": "min-max", "to": [[[[[[[[[[[[[1]]]]]]]]]]]]]}}, "too-deep"),
    ({"weigh": {"method": "entropy", "low": float("nan")}}, "no-such-number"),
    ({"aggregate": {"method": "generalised-mean", "p": float("inf")}}, "no-such-number"),
    ({"aggregate": {"method": "mean-min", "beta": 1e308}}, "no-such-number"),
    ({"normalise": {"\ud800": 1}}, None),
    ({"normalise": {"method": "\ud800"}}, None),
    ({"normalise": {"method": "min-max", "to": "\ud800"}}, None),
    ({"normalise": {"method": ["min-max"]}}, "bad-value"),
    ({"normalise": {}}, "missing-key"),
    ({"normalise": 3}, None),
    ({"weigh": [None]}, None),
    ({"weigh": {"method": "ahp", "matrices": {"one": [[1, 2]]}}}, None),
    ({"weigh": {"method": "average", "of": [{"method": "average", "of": ["__import__"]}]}}, None),
    ({"aggregate": {"method": "arithmetic", "least": 2}}, "bad-value"),
    ({"nonsense": 1}, "unknown-key"),
    ([], None),
    (None, None),
]


@pytest.mark.parametrize(("body", "code"), HOSTILE)
def test_hostile_bodies_are_refused_with_faults(web, body, code):
    answer = web.post(
        f"{API}/runs/0001/what-if", content=json.dumps(body), headers={"content-type": "application/json"}
    )
    assert 400 <= answer.status_code < 500
    assert answer.json()["faults"]
    assert code is None or code in {fault["code"] for fault in answer.json()["faults"]}


@pytest.mark.parametrize(
    "text", ["{", "[" * 100_000, '{"weights": {"a": NaN, "b": 1}}', '{"weights": {"a": Infinity, "b": 1}}', '"x"',
             '{"weights":{"a":1' + "0" * 5000 + "}}", "\xff"],
)  # fmt: skip
def test_what_is_no_json_is_refused(web, text):
    answer = web.post(
        f"{API}/runs/0001/what-if", content=text.encode("latin-1"), headers={"content-type": "application/json"}
    )
    assert 400 <= answer.status_code < 500
    assert answer.json()["faults"]


def test_where_data_have_changed_since_the_run_that_is_said(tmp_path):
    place = run_small(tmp_path / "s")
    data = place / "data.csv"
    was = data.read_bytes()
    with client(create_app([place])) as web:
        assert ask(web, {}).status_code == 200
        data.write_bytes(was.replace(b"East,2020,", b"East,2020,9"))
        refused = ask(web, {})
        assert (refused.status_code, codes(refused)) == (409, {("input-changed", None)})
        assert refused.json()["faults"][0]["file"] == "data.csv"
        choices = web.get(f"{API}/runs/0001/what-if/choices").json()
        assert (choices["available"], {one["code"] for one in choices["faults"]}) == (False, {"input-changed"})
        assert choices["now"]["normalise"] == {"method": "min-max"}
        data.unlink()
        assert codes(ask(web, {})) == {("input-gone", None)}
        data.write_bytes(was)
        assert ask(web, {}).status_code == 200


def test_a_changed_study_file_does_not_change_what_a_run_was(tmp_path):
    place = run_small(tmp_path / "s")
    panel, spec = load(read_study(place)).panel, read_study(place).index
    file = place / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("[index]", '[index]\nnormalise = "rank"'), "utf-8")
    with client(create_app([place])) as web:
        said = ask(web, {}).json()
    np.testing.assert_allclose(np.array(said["scores"])[:, :, 0], measure(panel, spec).top, rtol=0, atol=1e-12)


def test_a_run_without_an_index_has_no_what_if(tmp_path):
    place = tmp_path / "s"
    place.mkdir()
    (place / "l.csv").write_text("region,activity,value\nA,x,1\nA,y,2\nB,x,3\nB,z,1\nC,y,2\nC,z,5\n", encoding="utf-8")
    (place / "study.toml").write_text(
        '[study]\ntitle = "L"\n[[links]]\nname = "l"\ntitle = "l"\nfile = "l.csv"\n', encoding="utf-8"
    )
    write(run(read_study(place)))
    with client(create_app([place])) as web:
        for answer in (ask(web, {}), web.get(f"{API}/runs/0001/what-if/choices")):
            assert (answer.status_code, codes(answer)) == (404, {("no-index", None)})


def test_an_index_that_another_version_wrote_is_told(tmp_path):
    place = run_small(tmp_path / "s")
    record = place / "runs" / "0001" / "record.json"
    said = json.loads(record.read_text(encoding="utf-8"))
    said["settings"]["index"]["of_another_version"] = 1
    record.write_text(json.dumps(said), encoding="utf-8")
    with client(create_app([place])) as web:
        answer = web.get(f"{API}/runs/0001/what-if/choices")
        assert (answer.status_code, codes(answer)) == (409, {("other-version", None)})


def test_nothing_is_written(web, place):
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*") if ".xinzhi" not in path.parts}
    assert ask(web, {"normalise": "rank"}).status_code == 200
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*") if ".xinzhi" not in path.parts} == before
    assert not math.isnan(ask(web, {}).json()["ms"])
