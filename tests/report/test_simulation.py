"""Grown worlds in the report's document: the numbers of the experiment, packed and thinned; and on paper."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest

from tests.report.documents.made import opened, rows_of, squeezed, text_of_docx, text_of_pdf
from tests.report.runs import a_run
from tests.report.worlds import DRAWS, YEARS, worlds
from xinzhi.report.documents import document
from xinzhi.report.documents.unpacking import unpacked_scaled
from xinzhi.report.packing import STEPS, packed_scaled, packed_within
from xinzhi.report.payload import payload
from xinzhi.report.simulation import MOST_POLICIES, simulated


@pytest.fixture(scope="module")
def found():
    return worlds()


@pytest.fixture(scope="module")
def told(found):
    return json.loads(json.dumps(simulated(found, "own"), allow_nan=False))


@pytest.fixture(scope="module")
def whole(found, tmp_path_factory):
    run = replace(a_run(tmp_path_factory.mktemp("run"), drop=25, years=2, per_pillar=1), simulation=found)
    return json.loads(json.dumps(payload(run), allow_nan=False))


def block(told, name, *shape):
    """The numbers of a block, and how exactly they are packed."""
    ends = np.asarray(told[name]["ends"])
    cells = unpacked_scaled(told[name]["cells"], told[name]["ends"]).reshape(shape)
    return cells, np.ptp(ends, axis=1).reshape(-1, *[1] * (len(shape) - 1)) / STEPS


def near(cells, wanted, step):
    """Whether every number is as it was, or missing as it was."""
    missing = np.isnan(wanted)
    return (np.isnan(cells) == missing).all() and (np.abs(cells - wanted) <= step * 0.51 + 1e-12)[~missing].all()


def test_what_is_packed_comes_back():
    rng = np.random.default_rng(1)
    cells = rng.normal(size=(3, 40)) * [[1.0], [1e-4], [1e6]]
    cells[1, 7] = np.nan
    ends, text = packed_scaled(cells)
    back = unpacked_scaled(text, ends).reshape(cells.shape)
    assert near(back, cells, np.ptp(ends, axis=1)[:, None] / STEPS)
    nothing, none = packed_scaled(np.array([[np.nan, np.nan], [2.0, 2.0]]))
    assert nothing == [[0.0, 0.0], [2.0, 2.0]]
    assert np.array_equal(unpacked_scaled(none, nothing), [np.nan, np.nan, 2.0, 2.0], equal_nan=True)
    assert np.frombuffer(base64.b64decode(packed_within(np.array([-1.0, 0.5, 9.0]), 0, 1)), "<u2").tolist() == [
        0,
        STEPS // 2,
        STEPS,
    ]


def test_fans_are_those_of_the_experiment(found, told):
    runs = found.experiment
    at = [runs.names.index(one["name"]) for one in told["policies"]]
    quarters = [round(4 * (moment - runs.first_year)) for moment in told["moments"]]
    assert quarters[-1] == 4 * YEARS - 1
    cells, step = block(told, "fans", len(runs.series), len(at), len(quarters), 3)
    assert near(cells, runs.fan[at][:, :, quarters].transpose(3, 0, 2, 1), step)
    assert [one["code"] for one in told["series"]] == list(runs.series)


def test_differences_are_paired_and_the_baseline_has_none(found, told):
    runs, base = found.experiment, told["experiment"]["baseline"]
    assert told["policies"][base]["name"] == runs.reference
    years = told["differences"]["years"]
    cells, step = block(told, "differences", len(runs.series), len(told["policies"]), len(years), 3)
    assert near(cells[:, base], np.zeros_like(cells[:, base]), step[:, 0])
    table = runs.differences(policies=["capital"], series="output").set_index("year")
    policy = [one["name"] for one in told["policies"]].index("capital")
    wanted = table.loc[years, ["low", "difference", "high"]].to_numpy()
    output = runs.series.index("output")
    assert near(cells[output, policy], wanted, float(step[output].item()))
    last = table.loc[runs.first_year + YEARS - 1]
    effect = next(one for one in told["effects"] if (one["policy"], one["series"]) == (policy, output))
    assert effect["effect"] == pytest.approx(last["difference"], rel=1e-5)
    assert effect["relative"] == pytest.approx(last["difference"] / last["reference"], rel=1e-5)
    above = last["above"]
    assert effect["agree"] == pytest.approx(above if last["difference"] > 0 else 1 - above, rel=1e-5)
    assert base not in {one["policy"] for one in told["effects"]}


def test_rungs_add_up(told):
    shares = unpacked_scaled(told["rungs"]["shares"], [[0, 1]]).reshape(len(told["policies"]), -1, 5)
    np.testing.assert_allclose(shares.sum(axis=2), 1, atol=5 / STEPS)


def test_the_map_has_every_region_and_says_what_is_sure(found, told):
    runs = found.experiment
    at = [runs.names.index(one["name"]) for one in told["policies"]]
    years = [year - runs.first_year for year in told["map"]["years"]]
    shape = (len(runs.regional), len(at), len(years), len(runs.regions))
    cells, step = block(told, "map", *shape)
    assert near(cells, runs.region_mean[at][:, years].transpose(3, 0, 1, 2), step)
    sure = np.frombuffer(base64.b64decode(told["map"]["sure"]), "u1").reshape(shape[0], shape[1], shape[3])
    low, high = (getattr(runs, f"region_gain_{end}")[at, -1].transpose(2, 0, 1) for end in ("low", "high"))
    assert ((sure == 1) == (low > 0)).all()
    assert ((sure == 2) == (high < 0)).all()
    assert [one["code"] for one in told["regions"]] == list(runs.regions)


def test_industries_are_those_of_one_run(found, told):
    runs = found.experiment
    quarters = [round(4 * (moment - runs.first_year)) for moment in told["moments"]]
    for policy, one in zip(told["policies"], told["industries"]["byPolicy"], strict=True):
        run = runs.industries_of[policy["name"]]
        shares = unpacked_scaled(one["shares"], [one["shareEnds"]]).reshape(-1, len(quarters))
        firms = unpacked_scaled(one["firms"], [one["firmsEnds"]]).reshape(-1, len(quarters))
        many = run.share.shape[1]
        assert told["industries"]["inAll"] == len(shares) >= many
        assert near(shares[:many], run.share[quarters].T, one["shareEnds"][1] / STEPS)
        assert near(firms[:many], run.firms[quarters].T, one["firmsEnds"][1] / STEPS)
        assert not shares[many:].any()
        for industry, born in enumerate(one["born"]):
            there = industry < many and bool((run.share[:, industry] > 0).any() or (run.firms[:, industry] > 0).any())
            assert (born is not None) == there
    assert told["industries"]["names"][0] == {"en": "Industry 01", "zh": "产业01"}


def test_lags_are_shares_of_all_that_began(found, told):
    for kind, part in (("discoveries", found.experiment.lags), ("startups", found.experiment.backed)):
        one = next(held for held in told["lags"] if held["kind"] == kind)
        at = [found.experiment.names.index(policy["name"]) for policy in told["policies"]]
        lags = [round(4 * year) for year in one["years"]]
        cells = unpacked_scaled(one["cells"], [[0, 1]]).reshape(len(at), len(one["causes"]), len(lags), 3)
        assert near(cells[..., 1], part.share[at][:, lags][:, :, : len(one["causes"])].transpose(0, 2, 1), 1 / STEPS)
        five = next(row for row in one["at"] if row["years"] == 5)
        assert five["share"] == pytest.approx(part.share[at[five["policy"]], 20, five["cause"]], rel=1e-5)


def test_a_policy_says_what_it_does_where_and_when(found, told):
    capital = next(one for one in told["policies"] if one["name"] == "capital")
    fund, retrofit = capital["levers"]
    assert fund["says"]["en"] == "Guidance fund: 0.20% of output a year, 2023–2024, Region 01, Region 02."
    assert fund["says"]["zh"] == "政府引导基金：每年占产出的0.20%，2023—2024年，地区01、地区02。"
    # A lever without dates acts as long as the run.
    assert (retrofit["start"], retrofit["stop"]) == (2022, 2022 + YEARS)
    assert retrofit["says"]["en"].endswith("everywhere, for Industry 16.")
    money = found.experiment.spending
    money = money[money["policy"] == "capital"]
    assert capital["spent"] == pytest.approx(money["spent"].sum() / YEARS, rel=1e-5)
    of_fund = money[(money["lever"] == "guidance_fund") & (money["planned"] > 0)]
    assert fund["spent"] == pytest.approx(of_fund["spent"].mean(), rel=1e-5)
    assert "Blockade of 0.8" in next(one for one in told["policies"] if one["shocks"])["shocks"][0]["says"]["en"]


def test_more_policies_than_find_room_are_named_as_left_out():
    found = worlds(others=MOST_POLICIES)
    told = simulated(found, "own")
    names = [one["name"] for one in told["policies"]]
    assert len(names) == MOST_POLICIES
    assert names[told["experiment"]["baseline"]] == "none"
    assert any("3 more policies" in notice["en"] for notice in told["notices"])
    assert {one["policy"] for one in told["effects"]} == set(range(MOST_POLICIES)) - {told["experiment"]["baseline"]}


def test_claims_say_what_was_expected_and_where_they_fail(found, told):
    first, second = told["claims"]
    assert (first["verdict"], first["fails"]) == ("holds", None)
    assert first["found"] == first["expected"]
    assert (second["verdict"], second["found"]) == ("depends", 0)
    assert "as usual" in second["fails"]["en"]
    assert [one["holds"] for one in second["conditions"]][-1] is True
    assert told["claimed"]["worlds"] == found.claims.worlds


def test_facts_and_knobs_say_what_is_not_known(found, told):
    unknown = [one for one in told["facts"] if one["got"] is None]
    assert unknown
    assert all(one["missing"]["zh"] and one["meets"] is None for one in unknown)
    pinned, loose = told["posterior"]["knobs"]
    assert (pinned["identified"], loose["identified"]) == (True, False)
    assert sum(pinned["bins"]) == pytest.approx(1, abs=1e-4)
    assert loose["coverage"] is None
    lapse = next(one for one in told["knobs"] if one["name"] == "lapse")
    # What was inferred counts, not what the study had set.
    assert lapse["value"] == pytest.approx(float(found.posterior.quantile(0.5)[0]), rel=1e-5)
    assert [one["changed"] for one in told["knobs"][:2]] == [True, True]


def test_what_was_held_out_is_scored_beside_its_rivals(found, told):
    table = found.heldout.to_frame()
    assert sum(len(one["rows"]) - 1 for one in told["heldout"]) == len(table)
    assert {one["what"] for one in told["heldout"]} == {"years", "regions"}
    for one in told["heldout"]:
        world, *rivals = one["rows"]
        assert (world["model"], world["lead"]) == ("world", None)
        for rival in rivals:
            gain = one["better"] * (world["score"] - rival["score"])
            assert rival["lead"] == pytest.approx(gain, rel=1e-3, abs=1e-5)
            assert rival["leadLow"] <= rival["leadHigh"]


def test_claims_alone_need_no_runs_of_policies(found):
    told = simulated(replace(found, experiment=None), "own")
    json.dumps(told, allow_nan=False)
    assert (told["policies"], told["effects"], told["lags"], told["map"]) == ([], [], [], None)
    assert len(told["claims"]) == 2


def test_a_run_brings_its_worlds_along(whole):
    assert whole["simulation"]["experiment"]["draws"] == DRAWS
    assert whole["fictional"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_paper_has_policies_effects_facts_claims_and_equations(whole, language):
    made = document(whole, "docx", language)
    said, tables = squeezed(text_of_docx(made)).lower(), [rows_of(one) for one in opened(made).tables]
    head = {"en": "Policy", "zh": "政策"}[language]
    policies, effects = [rows for rows in tables if rows[0][0] == head][:2]
    titles = [one["title"][language].lower() for one in whole["simulation"]["policies"]]
    assert [row[0].lower() for row in policies[1:]] == titles
    assert len(effects) == 1 + 6 * (len(whole["simulation"]["policies"]) - 1)
    for part in ("claims", "facts", "equations"):
        for one in whole["simulation"][part]:
            assert squeezed((one.get("name") or one["title"])[language]).lower() in said
    assert squeezed(whole["simulation"]["claims"][1]["fails"][language]).lower() in said
    assert opened(made).element.body.xml.count("<m:oMathPara") >= len(whole["simulation"]["equations"])


def test_the_pdf_draws_the_fans(whole):
    said = squeezed(text_of_pdf(document(whole, "pdf", "zh")))
    assert squeezed("2022—2027年各政策下的结果") in said
    assert "论文观点的模拟检验" in said


def test_paper_without_policies_tells_the_claims(found, whole):
    alone = simulated(replace(found, experiment=None), "own")
    said = squeezed(text_of_docx(document(whole | {"simulation": json.loads(json.dumps(alone))}, "docx", "en")))
    assert squeezed("The paper’s claims as experiments") in said
    assert "Whatisdone,whathappens" not in said
    none = squeezed(text_of_docx(document(whole | {"simulation": None}, "docx", "en")))
    assert "livingmodel" not in none
