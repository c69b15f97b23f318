"""Scores of held-out years and regions: known cases, slow obvious twins, and what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.metrics import average_precision_score, roc_auc_score

from xinzhi.core.errors import MethodError
from xinzhi.simulate.foresight import _ranked, penalised_logit
from xinzhi.simulate.heldout import density, score_heldout
from xinzhi.simulate.moments import quotients
from xinzhi.simulate.world import model_start

START = model_start()
R, J = START.employment.shape


def drifting(seed, years=6, step=0.25, runs=None):
    """Employment that wanders in logs from the start: a truth (years, R, J), or runs of it."""
    rng = np.random.default_rng(seed)
    size = (years, R, J) if runs is None else (runs, years, R, J)
    return START.employment * np.exp(np.cumsum(rng.normal(0, step, size), axis=-3))


def foreseen(truth, seed, runs=15, noise=0.2):
    rng = np.random.default_rng(seed)
    return truth * np.exp(rng.normal(0, noise, (runs, *truth.shape)))


def test_who_knows_what_comes_wins_everywhere():
    truth = drifting(1)
    found = score_heldout(START, truth, foreseen(truth, 2), draws=200)
    table = found.to_frame()
    assert set(table["verdict"]) == {"ahead"}
    assert (table["lead"] > 0).all()
    assert (table["lead_low"] <= table["lead"]).all()
    assert (table["lead"] <= table["lead_high"]).all()
    assert len(table) == 2 * 3 * 2 + 2
    assert not len(found.losses())
    assert found.say("en").startswith("It wins in")
    assert len(repr(found).splitlines()) == 6


def test_who_knows_nothing_is_said_to_lose():
    truth = drifting(1)
    nonsense = np.random.default_rng(3).permuted(drifting(4, runs=15), axis=2)
    found = score_heldout(START, truth, nonsense, draws=200)
    table = found.to_frame().set_index(["outcome", "measure", "rival"])
    assert table.loc[("cells", "rmse", "persistence"), "verdict"] == "behind"
    assert table.loc[("entry", "log_score", "persistence"), "lead"] < 0
    assert found.say("en").startswith("The model loses in: ")
    assert found.say("zh").startswith("模型不及：")
    assert "loses" not in found.say("zh")
    assert (found.losses()["lead"] < 0).all()


def test_runs_that_stand_still_are_level_with_persistence_in_shares():
    still = np.broadcast_to(START.employment, (4, 3, R, J))
    found = score_heldout(START, drifting(5, years=3), still, draws=50)
    shares = found.to_frame().query("measure == 'rmse'")
    assert (shares["lead"] == 0).all()
    assert set(shares["verdict"]) == {"level"}
    assert found.by_year["model"].tolist() == pytest.approx(found.by_year["persistence"].tolist())


def test_regions_kept_aside_are_scored_apart_and_taught_to_nobody():
    """What came in held regions, swapped among them, leaves the country as it was: no rival says else elsewhere."""
    truth, held = drifting(6), START.regions[::4]
    kept = np.flatnonzero(np.isin(START.regions, held))
    swapped = truth.copy()
    swapped[:, kept] = truth[:, kept[::-1]]
    runs = foreseen(truth, 8)
    one, two = (score_heldout(START, later, runs, held=held, draws=20) for later in (truth, swapped))
    assert set(one.scores["place"]) == {"shown", "held"}
    elsewhere = [found.scores.query("place == 'shown' and measure != 'rmse'") for found in (one, two)]
    assert elsewhere[0]["rival_value"].tolist() == pytest.approx(elsewhere[1]["rival_value"].tolist(), rel=1e-9)
    aside = [found.scores.query("place == 'held' and measure == 'log_score'") for found in (one, two)]
    assert (aside[0]["rival_value"].to_numpy() != aside[1]["rival_value"].to_numpy()).all()
    assert one.learned_from.en == "the tested years, in other regions"


def test_rivals_learn_from_earlier_years_where_there_are_any():
    truth = drifting(6)
    earlier = np.concatenate([drifting(9, years=8)[::-1], START.employment[None]])
    found = score_heldout(START, truth, foreseen(truth, 8), earlier=earlier, draws=20)
    assert found.learned_from.en == "3 earlier transitions of 6 years"
    short = score_heldout(START, truth, foreseen(truth, 8), earlier=earlier[-2:], draws=20)
    assert short.learned_from.en == "1 earlier transition of 1 year"


def test_relatedness_wins_where_entry_follows_it():
    """A truth in which industries enter where what is related to them already is."""
    near = density(START, quotients(START.employment) >= 1)
    pull = np.exp(4 * (near - near.mean(axis=0)) / near.std())
    rng = np.random.default_rng(0)
    truth = START.employment * (pull * np.exp(rng.normal(0, 0.3, (R, J))))[None]
    still = START.employment * np.exp(rng.normal(0, 0.3, (15, 1, R, J)))
    table = score_heldout(START, truth, still, draws=100).to_frame().set_index(["outcome", "measure", "rival"])
    told = table.loc[("entry", "auc", "relatedness")]
    assert told["verdict"] == "behind"
    assert told["rival_value"] > table.loc[("entry", "auc", "persistence"), "rival_value"]


def test_density_is_the_related_share_of_what_a_region_has():
    present = quotients(START.employment) >= 1
    found = density(START, present)
    r, j = 3, 7
    related = [START.relatedness[START.technology_of[k], START.technology_of[j]] for k in range(J)]
    others = [k for k in range(J) if k != j]
    expected = sum(related[k] for k in others if present[r, k]) / sum(related[k] for k in others)
    assert found[r, j] == pytest.approx(expected)
    assert found.min() >= 0
    assert found.max() <= 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(4, 40), st.integers(2, 6))
def test_ranks_weighed_by_regions_are_those_of_cells_repeated(seed, n, regions):
    """The slow obvious twin repeats the cells of a region as often as it was drawn."""
    rng = np.random.default_rng(seed)
    happened, p = rng.random(n) < 0.4, rng.integers(0, 6, n) / 8
    happened[:2] = True, False
    codes = rng.integers(0, regions, n)
    codes[:2] = 0
    times = np.vstack([np.ones(regions), rng.integers(0, 3, regions)])
    times[1, 0] = 1
    areas, precisions = _ranked(happened, p, codes, times)
    for row, area, precision in zip(times, areas, precisions, strict=True):
        again = np.repeat(np.arange(n), row[codes].astype(int))
        assert area == pytest.approx(roc_auc_score(happened[again], p[again]))
        assert precision == pytest.approx(average_precision_score(happened[again], p[again]))


def test_a_draw_in_which_nothing_happened_has_no_rank():
    areas, precisions = _ranked(np.array([True, False, False]), np.ones(3) / 2, np.array([0, 1, 1]), np.eye(2))
    assert np.isnan(areas).all()
    assert np.isnan(precisions).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_the_penalised_logit_is_at_its_top(seed):
    """A general optimiser finds no higher place."""
    rng = np.random.default_rng(seed)
    x, happened = np.column_stack([np.ones(40), rng.normal(size=(40, 3))]), rng.random(40) < 0.3
    penalty = np.array([0.01, 0.5, 1.0, 2.0])

    def depth(beta):
        odds = x @ beta
        return np.logaddexp(0, odds).sum() - happened @ odds + 0.5 * penalty @ beta**2

    found = penalised_logit(x, happened, penalty)
    assert depth(found) <= minimize(depth, np.zeros(4)).fun + 1e-7
    slope = x.T @ (happened - 1 / (1 + np.exp(-x @ found))) - penalty * found
    assert np.abs(slope).max() < 1e-6


def test_what_did_not_happen_is_noted_not_scored():
    still = np.broadcast_to(START.employment, (2, R, J))
    found = score_heldout(START, still, drifting(1, years=2, runs=3), draws=10)
    assert {note.code for note in found.notes} == {"one-sided"}
    assert set(found.scores["outcome"]) == {"cells", "regions"}


@pytest.mark.parametrize(
    ("later", "runs", "held", "code"),
    [
        (np.ones((2, R, J - 1)), np.ones((3, 2, R, J)), (), "heldout-shape"),
        (np.ones((2, R, J)), np.ones((2, R, J)), (), "heldout-shape"),
        (np.full((2, R, J), np.nan), np.ones((3, 2, R, J)), (), "heldout-value"),
        (np.ones((2, R, J)), np.ones((3, 4, R, J)), (), "heldout-years"),
        (np.ones((2, R, J)), np.ones((3, 2, R, J)), ("Atlantis",), "unknown-region"),
        (np.ones((2, R, J)), np.ones((3, 2, R, J)), START.regions, "nothing-to-learn-from"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_both_languages(later, runs, held, code):
    with pytest.raises(MethodError) as caught:
        score_heldout(START, later, runs, held=held)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert caught.value.say("zh") != caught.value.say("en")


def test_few_regions_are_warned_of():
    few = dataclasses.replace(
        START,
        regions=START.regions[:6],
        employment=START.employment[:6],
        **{
            name: getattr(START, name)[:6]
            for name in (
                "research",
                "venture",
                "talent",
                "skilled",
                "digital",
                "openness",
                "amenity",
                "clean",
                "land_slack",
                "productivity",
            )
        },
    )
    truth = drifting(2)[:, :6]
    found = score_heldout(few, truth, foreseen(truth, 3), draws=20)
    assert "few-regions" in {note.code for note in found.notes}
