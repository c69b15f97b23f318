"""Records as the page shows them: counts by reason, classes with examples, evaluation; nothing that JSON lacks."""

import json

import pytest

from tests.recording import TITLES, recording_study, rows
from xinzhi.report.payload import payload
from xinzhi.study.reading import read_study
from xinzhi.study.running import run


@pytest.fixture(scope="module")
def block(tmp_path_factory):
    found = payload(run(read_study(recording_study(tmp_path_factory.mktemp("recording")))))
    json.dumps(found, allow_nan=False)
    return found["structure"]["records"][0]


def test_counts_add_up(block):
    assert block["rows"] == len(rows()) - 1
    assert block["removed"] == 1
    outcomes = block["recognised"]["outcomes"]
    assert sum(outcomes.values()) == block["rows"] - block["removed"]
    assert block["counted"] == outcomes["classes"]
    assert block["by"] == ["region", "activity", "year"]


def test_what_was_found_is_said_in_both_languages(block):
    codes = [row["code"] for row in block["found"]]
    assert {"records", "removed-exact", "no-class"} <= set(codes)
    assert all(row["text"]["en"] and row["text"]["zh"] for row in block["found"])


def test_classes_have_examples_with_what_speaks_for_them(block):
    classes = {row["code"]: row for row in block["recognised"]["classes"]}
    quantum = classes["quantum-information"]
    assert quantum["records"] == sum(TITLES[0] in line for line in rows()) + 1
    assert quantum["examples"][0]["because"]
    assert block["recognised"]["classes"][quantum["parent"]]["code"] == "next-generation-it"
    assert classes["hydrogen"]["examples"] == []


def test_the_evaluation_has_a_row_for_each_class_seen(block):
    found = block["evaluation"]
    assert found["records"] == 3
    assert {row["code"] for row in found["classes"]} >= {"quantum-information", "artificial-intelligence"}
    assert [row["code"] for row in found["averages"]] == ["(micro)", "(macro)", "(any)"]
    assert found["averages"][0]["precision"][0] == 1
