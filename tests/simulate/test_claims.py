"""The paper's claims as experiments: the rules of a verdict, what a claim must say, and the park rule on the model."""

from __future__ import annotations

import csv
import re
from types import SimpleNamespace

import numpy as np
import pytest

from tests.test_readme import IDS
from xinzhi.core.errors import MethodError
from xinzhi.simulate import evidence
from xinzhi.simulate.claims import Claim, claims, judged, read_claims
from xinzhi.simulate.contrasts import Arm, Condition, conditions_of, world_of
from xinzhi.simulate.history import VENTURE
from xinzhi.simulate.knobs import Knobs
from xinzhi.simulate.world import model_start

OWN = read_claims()
START = model_start()
CHINESE = re.compile(r"[\u4e00-\u9fff]")


# --- What a claim must say ---------------------------------------------------------------------------------------


def test_there_are_enough_claims_of_the_paper_each_once():
    assert len(OWN) >= 24
    assert len({claim.name for claim in OWN}) == len(OWN)
    assert {one for claim in OWN for one in claim.ids} <= set(IDS)
    assert sum(claim.kind == "emergent" for claim in OWN) >= 15


def test_claims_stand_where_the_paper_has_them(reference):
    with (reference / "system.csv").open(encoding="utf-8", newline="") as lines:
        stands = {row["id"]: set(re.findall(r"\d+", row["seed_line"])) for row in csv.DictReader(lines)}
    for claim in OWN:
        assert set(re.findall(r"\d+", claim.lines)) <= set().union(*(stands[one] for one in claim.ids)), claim.name


@pytest.mark.parametrize("claim", OWN, ids=lambda claim: claim.name)
def test_a_claim_speaks_both_languages(claim):
    said = [claim.title, claim.says, claim.put, claim.why, *(condition.title for condition in claim.conditions)]
    for text in said:
        assert text.en and not CHINESE.search(text.en)
        assert CHINESE.search(text.zh)
    assert claim.measured.en and CHINESE.search(claim.measured.zh)


@pytest.mark.parametrize("claim", OWN, ids=lambda claim: claim.name)
def test_a_contrast_and_its_conditions_change_something(claim):
    settings = [[world_of(START, arm, one, Knobs(), 25) for arm in claim.arms] for one in conditions_of(claim)]
    for worlds in settings:
        assert all(worlds.count(world) == 1 for world in worlds)
    assert all(settings.count(worlds) == 1 for worlds in settings)


@pytest.mark.parametrize("claim", OWN, ids=lambda claim: claim.name)
def test_worlds_are_compared_at_equal_spending(claim):
    def spending(arm):
        return sum(pull.budget * (min(pull.until, 25.0) - pull.since) for pull in arm.levers)

    weights = sum(arm.weight for arm in claim.arms)
    assert abs(weights) < 1e-12 or len(claim.arms) == 1
    paid = [arm for arm in claim.arms if arm.levers]
    if len(paid) > 1:  # one lever against none is against leaving the money with households
        assert abs(sum(arm.weight * spending(arm) for arm in claim.arms)) < 1e-12


# --- The rules of a verdict --------------------------------------------------------------------------------------


def a_claim(kind="emergent", sign=1, least=0.1):
    text = {"en": "x", "zh": "甲"}
    return Claim(
        name="x", ids=("A01",), lines="L1", kind=kind, title=text, says=text, put=text, why=text, outcome="output",
        sign=sign, least=least, arms=({"weight": 1.0},), conditions=({"title": text, "times": {"lapse": 2.0}},),
    )  # fmt: skip


APART = np.arange(12)
CLEAR, OPPOSITE = 1.0 + np.linspace(-0.3, 0.3, 12), -1.0 + np.linspace(-0.3, 0.3, 12)
SMALL, UNCLEAR = np.linspace(-0.01, 0.01, 12), np.linspace(-3.0, 3.2, 12)
SURE_BUT_SMALL = 0.05 + np.linspace(-0.01, 0.01, 12)


@pytest.mark.parametrize(
    ("usual", "condition", "verdict"),
    [
        (CLEAR, CLEAR, "holds"),
        (CLEAR, SMALL, "depends"),
        (CLEAR, OPPOSITE, "depends"),
        (SMALL, CLEAR, "depends"),
        (UNCLEAR, CLEAR, "depends"),
        (SMALL, SMALL, "undecided"),
        (UNCLEAR, SMALL, "undecided"),
        (SURE_BUT_SMALL, SURE_BUT_SMALL, "undecided"),
        (OPPOSITE, UNCLEAR, "fails"),
        (UNCLEAR, OPPOSITE, "fails"),
    ],
)
def test_the_verdict_follows_its_rules(usual, condition, verdict):
    found = judged(a_claim(), [usual, condition], APART)
    assert found.verdict == verdict and found.evidence
    assert (found.fails is None) == (verdict == "holds")
    mirrored = judged(a_claim(sign=-1), [-usual, -condition], APART)
    assert mirrored.verdict == verdict
    assert [one.found for one in mirrored.effects] == [one.found for one in found.effects]


def test_what_an_equation_assumes_is_no_evidence():
    found = judged(a_claim(kind="built-in"), [CLEAR, CLEAR], APART)
    assert found.verdict == "built-in" and not found.evidence
    assert judged(a_claim(kind="built-in"), [CLEAR, SMALL], APART).verdict == "depends"


def test_where_a_claim_fails_is_said_in_words():
    found = judged(a_claim(), [SMALL, OPPOSITE], APART)
    assert found.fails.en == "as usual: next to nothing; x: the other way"
    assert found.fails.zh == "通常情形：几乎没有效应；甲：方向相反"
    assert judged(a_claim(), [CLEAR, UNCLEAR], APART).fails.en == "x: not to be told"


def test_draws_that_cannot_tell_are_left_out():
    gaps = CLEAR.copy()
    gaps[:2] = np.nan
    assert judged(a_claim(), [gaps, CLEAR], APART).usual.draws == 10
    nothing = judged(a_claim(), [np.full(12, np.nan), CLEAR], APART)
    assert nothing.verdict == "depends" and nothing.usual.found == 0 and np.isnan(nothing.usual.effect)


# --- What a run leaves -------------------------------------------------------------------------------------------


def test_quick_discoveries_are_counted_among_all_that_were_followed():
    #         market soon, market late, lapsed soon, still open, market soon but not followed for five years
    born, ended = [0, 3, 5, 9, 30], [20, 24, 6, -1, 31]
    cause = [1, 1, 2, 0, 1]
    rows = np.zeros(5, VENTURE)
    rows["born"], rows["ended"], rows["cause"] = born, ended, cause
    rows = np.concatenate([rows, rows[2:4]])
    assert evidence._quick(SimpleNamespace(ventures=rows, quarters=40), 0.0, 1.0) == pytest.approx(1 / 6)


def test_only_steps_to_the_next_rung_are_in_order():
    main = np.array([[0, 0], [1, 3], [2, 3], [3, 4], [2, 4], [3, 4]])  # five steps to the next rung, one jump, one back
    assert evidence._in_order(SimpleNamespace(rungs=np.eye(5)[main])) == pytest.approx(5 / 7 - 0.5)


def test_half_of_the_regions_trail():
    chosen = evidence.trailing(START)
    assert chosen.sum() == 15
    assert START.research[chosen].max() < START.research[~chosen].min()


def test_the_word_of_an_arm_goes_before_that_of_a_condition():
    arm = Arm(weight=1.0, world={"explore": 0.8, "land_slack": 3.0}, times={"discovery_rate": 2.0})
    condition = Condition(title="x", world={"explore": 0.1}, times={"discovery_rate": 0.5, "digital": 10.0})
    world = world_of(START, arm, condition, Knobs(), 25)
    assert world["knobs"]["explore"] == 0.8
    assert world["knobs"]["discovery_rate"] == Knobs().discovery_rate
    assert world["levels"] == {"land_slack": [3.0] * 31, "digital": [1.0] * 31}


# --- On the model ------------------------------------------------------------------------------------------------

TINY = {"draws": 3, "firms": 2_000, "years": 20, "workers": 1}


def of(*names):
    return [claim for claim in OWN if claim.name in names]


def test_contrasts_share_their_worlds_and_runs_are_taken_up(tmp_path):
    heard = []
    both = claims(START, of=of("ladder", "uncertainty"), store=tmp_path, tell=heard.append, **TINY)
    assert both.worlds == 3 * 3  # as usual for both, and one condition each
    one = claims(START, of=of("uncertainty"), store=tmp_path, tell=heard.append, **TINY)
    assert heard[-1].kept == heard[-1].total == 6
    assert one["uncertainty"].usual == both["uncertainty"].usual
    frame = both.to_frame()
    assert len(frame) == 4 and list(frame["claim"].unique()) == ["ladder", "uncertainty"]
    assert both.record.inputs["start"] == one.record.inputs["start"]
    assert "2 claims" in str(both)


def test_every_fault_is_named_at_once():
    with pytest.raises(MethodError) as caught:
        claims(START, of=[], draws=1, years=5, level=2.0)
    assert {fault.code for fault in caught.value.faults} == {"too-few-draws", "too-few-years", "level", "no-claims"}


@pytest.mark.parametrize("wrong", [{"outcome": "happiness"}, {"arms": ({"weight": 1.0, "world": {"luck": 1.0}},)}])
def test_a_claim_on_what_the_model_does_not_know_is_refused(wrong):
    with pytest.raises(ValueError, match=r"happiness|luck"):
        Claim.model_validate(a_claim().model_dump() | wrong)


def test_the_park_rule_does_nothing_where_land_is_free_and_much_where_it_binds():
    found = claims(START, of=of("cage-and-birds"), **{**TINY, "draws": 4, "firms": 1_500})["cage-and-birds"]
    _, tight, free = found.effects
    assert (free.effect, free.low, free.high) == (0.0, 0.0, 0.0) and free.small
    assert tight.effect > 0.02
