"""The industry ladder as the page is given it: every number that is packed is the one that was worked out."""

import base64
import json

import numpy as np
import pytest

from tests.climbing import COURSES, REGIONS, STUDY, YEARS, climbing_study, rows
from tests.linked import linked_study
from xinzhi.report import ladder as report
from xinzhi.report.payload import payload
from xinzhi.structure.ladder.rungs import RUNGS
from xinzhi.study.reading import read_study
from xinzhi.study.running import run


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return run(read_study(climbing_study(tmp_path_factory.mktemp("climbing"))))


@pytest.fixture(scope="module")
def block(result):
    document = payload(result)
    json.dumps(document, allow_nan=False)
    assert [one["code"] for one in document["others"]] == sorted(REGIONS)
    (only,) = document["structure"]["ladder"]
    return only


def whole(packed, kind):
    return np.frombuffer(base64.b64decode(packed), dtype=kind)


def short(packed):
    cells = np.frombuffer(base64.b64decode(packed), dtype=np.uint8).reshape(-1, 3)
    return np.concatenate([np.zeros((len(cells), 1), np.uint8), cells], axis=1).copy().view("<f4").ravel()


def test_series_years_and_chances_are_those_of_the_ladder(result, block):
    ladder = result.ladder["crafts"].ladder
    assert block["years"] == YEARS.tolist()
    assert block["regional"] is True
    assert [one["code"] for one in block["rungs"]] == list(RUNGS)
    assert [one["on"] for one in block["rungs"]] == [True] * 4 + [False] * 2
    region = [block["regions"][at] for at in whole(block["region"], "<u2")]
    industry = [block["industries"][at]["code"] for at in whole(block["industry"], "<u2")]
    assert region == ladder.probability["region"].values.tolist()
    assert industry == ladder.probability["industry"].values.tolist()
    chances = whole(block["chances"], "u1").reshape(len(region), len(YEARS), len(RUNGS))
    placed = ladder.placed.values
    assert (chances[~placed] == 255).all()
    np.testing.assert_allclose(chances[placed] / 100, ladder.probability.values[placed], atol=0.005 + 1e-12)


def test_sizes_and_evidence_are_those_of_the_ladder(result, block):
    placed = result.ladder["crafts"]
    shape = block["series"], len(YEARS)
    np.testing.assert_allclose(
        short(block["amount"]).reshape(shape), placed.industries.of("employment").values, rtol=1e-4
    )
    evidence = placed.ladder.evidence
    assert [one["code"] for one in block["criteria"]] == evidence["criterion"].values.tolist()
    assert block["evidence"]["years"] == YEARS.tolist()
    cells = short(block["evidence"]["cells"]).reshape(evidence.shape)
    np.testing.assert_allclose(cells, evidence.values, rtol=1e-4, atol=1e-7)
    (size,) = (one for one in block["criteria"] if one["code"] == "relative-size")
    spec = placed.ladder.spec
    assert [cut["value"] for cut in size["cuts"]] == [spec.small, spec.sizeable, 1.0]


def test_every_series_has_its_verdict_in_both_languages(block):
    texts = block["reasons"]["texts"]
    assert len(texts) == block["series"]
    at = [one["code"] for one in block["industries"]].index("qubits")
    own = [text for text, of in zip(texts, whole(block["industry"], "<u2"), strict=True) if of == at]
    assert all(one[0]["en"].startswith("future industry") for one in own)
    assert all(one[0]["zh"].startswith("未来产业") for one in own)


def test_a_page_keeps_the_largest_series_and_the_last_evidence(result, monkeypatch):
    monkeypatch.setattr(report, "MOST_CELLS", 5 * len(YEARS))
    monkeypatch.setattr(report, "MOST_EVIDENCE", 5 * 20 * 3)
    (block,) = report.laddered(result.ladder)
    assert (block["series"], block["seriesInAll"]) == (5, len(REGIONS) * len(COURSES))
    amount = short(block["amount"]).reshape(5, -1)
    peaks = np.sort(result.ladder["crafts"].industries.of("employment").values.max(axis=1))
    np.testing.assert_allclose(np.sort(amount.max(axis=1)), peaks[-5:], rtol=1e-4)
    years = block["evidence"]["years"]
    assert years == YEARS.tolist()[-len(years) :]
    assert len(short(block["evidence"]["cells"])) == 5 * len(years) * len(block["criteria"])


def test_one_region_is_no_place_to_choose(tmp_path):
    text = STUDY.replace('region = "where"\n', "").replace(
        'measures = { employment = "jobs" }\n', 'measures = { employment = "jobs" }\nwhere = { where = "East" }\n'
    )
    document = payload(run(read_study(climbing_study(tmp_path / "one", text))))
    assert document["others"] == []
    (block,) = document["structure"]["ladder"]
    assert block["regional"] is False
    assert block["regions"] == ["all"]


def test_a_study_without_industries_has_an_empty_list(tmp_path):
    assert payload(run(read_study(linked_study(tmp_path))))["structure"]["ladder"] == []


def test_pipelines_moves_and_standing_are_those_worked_out(result, block):
    of = result.ladder["crafts"].parts
    told = block["pipeline"]
    shape = len(block["regions"]), len(told["years"]), len(RUNGS), len(told["columns"])
    cells = short(told["cells"]).reshape(shape)
    stock = of.pipeline.stock.sel(region=block["regions"], time=told["years"])
    np.testing.assert_allclose(cells[..., 0], stock["number"].values, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(cells[..., 4], stock["share"].values, rtol=1e-4, atol=1e-7)
    assert len(told["lacking"]) == len(REGIONS)
    growing = stock["number"].values[..., :2].sum(axis=-1)  # future and strategic emerging industries
    np.testing.assert_array_equal(whole(told["successors"], "u1"), (growing >= 0.5).ravel())
    moves = block["transitions"]
    np.testing.assert_allclose(moves["counts"], of.transitions.counts.values[0], rtol=1e-5, atol=1e-12)
    assert len(moves["ends"]) == 7
    assert moves["forecast"]["years"][0] == YEARS[-1]
    assert np.asarray(moves["forecast"]["number"], dtype=float)[..., 0].sum(axis=1) == pytest.approx(18)
    standing = block["standing"]
    assert standing["year"] == YEARS[-1]
    assert {point["region"] for point in standing["points"]} == {0, 1, 2}
    assert all(low <= value <= high for value, low, high in (point["quantity"] for point in standing["points"]))
    assert "lifecycle" not in block


def test_conversion_adds_up_and_time_on_rungs_starts_with_everybody(result, block):
    of = result.ladder["crafts"].parts
    told = block["conversion"]
    assert (told["from"], told["to"]) == of.conversion.years
    for row in told["shiftShare"]:
        assert sum(row["parts"]) == pytest.approx(row["total"], rel=1e-4, abs=1e-3)
    assert {row["kind"] for row in told["shiftShare"]} == set(range(len(told["kinds"])))
    assert {"classical", "dynamic", "esteban-marquillas", "homothetic"} <= {kind["code"] for kind in told["kinds"]}
    moved = [carrier["contribution"] for carrier in told["carriers"]]
    speed = {one["region"]: one["value"][0] for one in told["speed"]}
    span = told["to"] - told["from"]
    for place in speed:
        own = [one["contribution"] for one in told["carriers"] if whole(block["region"], "<u2")[one["series"]] == place]
        assert sum(own) == pytest.approx(speed[place] * span, abs=1e-4)
    assert [abs(one) for one in moved] == sorted((abs(one) for one in moved), reverse=True)
    assert len(told["say"]) == len(REGIONS)
    for rung in block["survival"]:
        for cohort in rung["cohorts"]:
            share = [one for one in cohort["curve"]["share"] if one is not None]
            assert share[0] == 1
            assert share == sorted(share, reverse=True)
    assert block["timeOnRungs"]["verdict"]["en"]


def test_the_model_with_probabilities_reads_as_the_rule_does(tmp_path):
    text = STUDY.replace("[ladder]", '[ladder]\nway = "hidden-markov"')
    result = run(read_study(climbing_study(tmp_path / "hidden", text)))
    document = payload(result)
    json.dumps(document, allow_nan=False)
    (block,) = document["structure"]["ladder"]
    assert block["way"] == "hidden-markov"
    chances = whole(block["chances"], "u1").reshape(18, len(YEARS), len(RUNGS))[:, -1]
    found = result.ladder["crafts"].ladder.probability.sel(time=YEARS[-1]).values
    np.testing.assert_allclose(chances / 100, found, atol=0.005 + 1e-12)


def test_life_cycles_are_told_by_series(tmp_path):
    lines = rows()
    firms = [line.rsplit(",", 1)[0] + ",5," + str(40 + 9 * (int(line.split(",")[2]) - 1998)) for line in lines[1:]]
    text = STUDY.replace('{ employment = "jobs" }', '{ employment = "jobs", firms = "firms" }')
    folder = climbing_study(tmp_path / "firms", text, ["where,craft,year,jobs,firms", *firms])
    (block,) = payload(run(read_study(folder)))["structure"]["ladder"]
    cycle = block["lifecycle"]
    assert cycle["inAll"] == len(cycle["series"]) == 18
    assert cycle["shakeouts"] == 0
    first = cycle["series"][0]
    assert first["count"][:2] == [40, 49]
    assert first["phases"][-1]["to"] == YEARS[-1]
    for series in cycle["series"]:
        assert all(0 <= one["phase"] < len(cycle["phases"]) for one in series["phases"])
    told = {cycle["phases"][one["phase"]]["en"] for series in cycle["series"] for one in series["phases"]}
    assert "rise" in told
    assert first["entries"] is None
    assert first["shakeout"] is None
