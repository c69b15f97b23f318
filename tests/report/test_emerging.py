"""What the page says of topics, against the tables of the run."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.study.test_structure_emergence import FROM_FILE, counts, lines, records
from xinzhi.report import emerging, payload
from xinzhi.study.reading import read_study
from xinzhi.study.running import run

ASKED = FROM_FILE + 'whole = "all"\ntitle = { en = "Topics", zh = "主题" }\n'


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("topics")
    codes, actors = records()
    for name, content in (("topics", "\n".join(lines(counts())) + "\n"), ("codes", codes), ("actors", actors)):
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    more = 'codes = "codes.csv"\nactors = "actors.csv"\n'
    more += 'curve = { curves = ["logistic", "gompertz"], draws = 200, ahead = 2 }\n'
    (folder / "study.toml").write_text(f'[study]\ntitle = "x"\n{ASKED}{more}', encoding="utf-8")
    return run(read_study(folder))


@pytest.fixture(scope="module")
def document(result):
    return json.loads(json.dumps(payload(result), allow_nan=False))


@pytest.fixture
def block(document):
    (told,) = document["structure"]["emergence"]
    return told


def test_a_study_of_topics_alone_has_no_spaces_and_no_regions(document):
    structure = document["structure"]
    assert (structure["spaces"], structure["fusion"], structure["dependency"]) == ([], None, [])
    assert document["index"] is None
    assert document["others"] == document["regions"] == []
    assert {one["file"] for one in document["sources"]} == {"topics.csv", "codes.csv", "actors.csv"}


def test_what_emerges_comes_first(block, result):
    assert (block["title"]["zh"], block["whole"]["en"], block["file"]) == ("主题", "all", "topics.csv")
    assert (block["years"][0], block["years"][-1], len(block["years"])) == (2000, 2015, 16)
    assert (block["topicsInAll"], block["emerging"]) == (2, 1)
    rising, steady = block["topics"]
    table = result.structure.emergence.topics.set_index("topic")
    assert (rising["code"], steady["code"]) == ("rising", "steady")
    assert (rising["kind"], steady["kind"]) == ("bend", "none")
    for told in (rising, steady):
        row = table.loc[told["code"]]
        assert told["counts"] == list(counts().loc[told["code"]])
        for name, column in (
            ("onset", "onset"),
            ("onsetQ", "onset_q"),
            ("rateAfter", "rate_after"),
            ("growthQ", "growth_q"),
        ):
            assert told[name] == pytest.approx(row[column], rel=1e-5) or (told[name] is None and np.isnan(row[column]))
    assert rising["onsetYears"] == list(range(int(rising["onsetLow"]), int(rising["onsetHigh"]) + 1))
    assert steady["onsetYears"] == []


def test_measures_stand_in_the_order_told(block, result):
    table = result.structure.emergence.measures.set_index(["topic", "measure"])
    names = [one["measure"] for one in block["measures"]]
    assert {"growth", "share", "new-combinations", "actors", "diversity"} <= set(names)
    assert {one["kind"] for one in block["measures"]} == {"rate", "share", "years", "number"}
    for topic in block["topics"]:
        assert len(topic["values"]) == len(names)
        for name, found in zip(names, topic["values"], strict=True):
            row = table.loc[(topic["code"], name), ["value", "low", "high"]].astype(float)
            assert [one is None for one in found] == list(~np.isfinite(row))
            assert [one for one in found if one is not None] == pytest.approx(list(row[np.isfinite(row)]), rel=1e-5)


def test_curves_have_stage_dates_and_next_years(block, result):
    found = result.structure.emergence
    stages = [one["name"]["zh"] for one in block["stages"]]
    assert stages == ["萌芽期", "成长期", "成熟期", "饱和期"]
    assert [(one["above"], one["upTo"]) for one in block["stages"]] == [(0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1)]
    for topic in block["topics"]:
        curve = topic["curve"]
        assert sum(curve["chances"]) == pytest.approx(1, abs=1e-4)
        assert curve["stage"] == int(np.argmax(curve["chances"]))
        table = found.curves[found.curves["topic"] == topic["code"]]
        assert [fit["weight"] for fit in curve["fits"]] == pytest.approx(list(table["weight"]), rel=1e-5)
        assert [fit["ceiling"][1] for fit in curve["fits"]] == pytest.approx(list(table["ceiling_low"]), rel=1e-5)
        assert [one["year"] for one in curve["ahead"]] == [2016, 2017]
        expected = found.counts[found.counts["topic"] == topic["code"]]["expected"]
        assert topic["expected"] == pytest.approx(list(expected), rel=1e-5)


def test_of_many_topics_the_page_has_a_few(result, monkeypatch):
    monkeypatch.setattr(emerging, "MOST_TOPICS", 1)
    (told,) = payload(result)["structure"]["emergence"]
    assert [one["code"] for one in told["topics"]] == ["rising"]
    assert told["topicsInAll"] == 2


def test_without_curves_and_records_there_is_less(tmp_path):
    (tmp_path / "topics.csv").write_text("\n".join(lines(counts())) + "\n", encoding="utf-8")
    (tmp_path / "study.toml").write_text(f'[study]\ntitle = "x"\n{FROM_FILE}', encoding="utf-8")
    (told,) = payload(run(read_study(tmp_path)))["structure"]["emergence"]
    assert told["whole"] is None
    assert "actors" not in [one["measure"] for one in told["measures"]]
    assert all(one["curve"] is None and one["expected"] is None for one in told["topics"])
