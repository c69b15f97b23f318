"""Variants over the network: new study files beside those that are there."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.web.served import client, run_small
from xinzhi.study.reading import read_study
from xinzhi.web.app import create_app

API = "/api/v1/studies/s/variants"
CHANGES = {"normalise": "rank"}


@pytest.fixture(scope="module")
def run_once(tmp_path_factory):
    return run_small(tmp_path_factory.mktemp("variants") / "s")


@pytest.fixture
def place(tmp_path, run_once):
    return shutil.copytree(run_once, tmp_path / "s")


@pytest.fixture
def web(place):
    with client(create_app([place])) as asked:
        yield asked


def test_a_variant_is_written_listed_and_can_be_read(web, place):
    answer = web.post(API, json={"name": "位次", "changes": CHANGES, "title": {"en": "Ranked", "zh": "按位次"}})
    said = answer.json()
    assert (answer.status_code, said["file"], said["main"]) == (201, "位次.toml", False)
    assert said["title"] == {"en": "Ranked", "zh": "按位次"}
    assert (place / "位次.toml").read_text(encoding="utf-8") == said["text"]
    study = read_study(place / "位次.toml")
    assert study.spec.index.normalise.method == "rank"
    listed = web.get(API).json()["variants"]
    assert [one["file"] for one in listed] == ["study.toml", "位次.toml"]
    assert listed[1] == {key: said[key] for key in listed[1]}


def test_a_variant_of_a_variant(web, place):
    web.post(API, json={"name": "one", "changes": CHANGES})
    said = web.post(API, json={"name": "two", "changes": {"aggregate": "median"}, "of_variant": "one"})
    assert said.status_code == 422
    said = web.post(API, json={"name": "two", "changes": {"weights": {"a": 0.5, "b": 0.5}}, "of_variant": "one"})
    assert said.status_code == 201
    assert read_study(place / "two.toml").spec.index.normalise.method == "rank"
    assert "one.toml" in said.json()["text"].splitlines()[1]


def test_a_variant_of_a_run_starts_from_the_study_as_it_was_then(web, place):
    file = place / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("[index]", '[index]\naggregate = "geometric"'), "utf-8")
    said = {"name": "v", "changes": CHANGES, "of_run": "0001"}
    assert web.post(API, json=said).status_code == 201
    assert read_study(place / "v.toml").spec.index.aggregate[0].method == "arithmetic"


@pytest.mark.parametrize(
    ("body", "status", "code", "column"),
    [
        ({"name": "study", "changes": CHANGES}, 422, "bad-name", "name"),
        ({"name": "../up", "changes": CHANGES}, 422, "bad-name", "name"),
        ({"name": "CON", "changes": CHANGES}, 422, "bad-name", "name"),
        ({"name": "x" * 300, "changes": CHANGES}, 422, "bad-value", "name"),
        ({"name": "a\ud800", "changes": CHANGES}, 422, None, None),
        ({"name": "v", "changes": {}}, 422, "nothing-changes", "changes"),
        ({"name": "v", "changes": {"normalise": "nope"}}, 422, "unknown-method", "changes.normalise"),
        ({"name": "v", "changes": {"weights": {"a": 1}}}, 422, "weights-of-part", "changes.weights"),
        ({"name": "v", "changes": CHANGES, "title": " "}, 422, "empty-title", "title"),
        ({"name": "v", "changes": CHANGES, "title": {}}, 422, "empty-title", "title"),
        ({"name": "v", "changes": CHANGES, "title": {"en": "\ud800"}}, 422, None, None),
        ({"name": "v", "changes": CHANGES, "title": "\ud800"}, 422, "not-text", "title"),
        ({"name": "v", "changes": CHANGES, "of_run": "../../etc"}, 404, "no-such-run", None),
        ({"name": "v", "changes": CHANGES, "of_variant": "nope"}, 404, "no-such-variant", None),
        ({"name": "v", "changes": CHANGES, "of_run": "0001", "of_variant": "study"}, 422, "two-origins", "of_variant"),
        ({"name": "v", "changes": CHANGES, "path": "/tmp"}, 422, "unknown-key", "path"),
        ({"name": "v"}, 422, "missing-key", "changes"),
        ({}, 422, "missing-key", "name"),
    ],
)
def test_what_will_not_do_is_refused_and_nothing_is_written(web, place, body, status, code, column):
    before = sorted(path.name for path in place.iterdir())
    answer = web.post(API, content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code == status
    found = [(fault["code"], fault.get("column")) for fault in answer.json()["faults"]]
    assert code is None or (code, column) in found
    assert sorted(path.name for path in place.iterdir()) == before


def test_a_hostile_title_is_only_text(web, place):
    title = 'x"\n[index]\nstructure = "\u202e</script>\\'
    said = web.post(API, json={"name": "v", "changes": CHANGES, "title": title})
    assert said.status_code == 201
    assert read_study(place / "v.toml").spec.title.en == title
    assert read_study(place / "v.toml").spec.index == read_study(place).spec.index.model_copy(
        update={"normalise": read_study(place / "v.toml").spec.index.normalise}
    )


def test_of_several_posts_of_one_name_at_once_one_is_written(web, place):
    def post(method):
        return web.post(API, json={"name": "v", "changes": {"normalise": method}}).status_code

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(post, ["rank", "z-score", "percentile-rank"] * 2))
    assert codes == [201, 409, 409, 409, 409, 409]
    assert sorted(path.name for path in place.glob("*.toml")) == ["study.toml", "v.toml"]


def test_a_study_that_is_not_there(web):
    for answer in (web.get("/api/v1/studies/no/variants"), web.post("/api/v1/studies/no/variants", json={"name": "v", "changes": {}})):  # fmt: skip # noqa: E501
        assert answer.status_code == 404
