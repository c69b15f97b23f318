"""The bias of region effects: against the published formula, simulated panels, and what a correction leaves of it."""

import numpy as np
import pytest

from tests.oracles import convergence as slow
from xinzhi.dynamics.nickell import SMALL, Spans, nickell_note, settled_note

HALVES = [(2.0, slice(None)), (-0.5, slice(6)), (-0.5, slice(6, None))]


def balanced(periods, parts=((1.0, slice(None)),), regions=3):
    return Spans(np.arange(float(periods)), 1.0, np.ones((regions, periods), bool), parts)


@pytest.mark.parametrize("periods", [2, 3, 8, 30])
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9, 0.99])
def test_spans_of_one_year_have_the_bias_of_the_published_formula(rho, periods):
    spans = balanced(periods)
    assert spans.limit(rho) - spans.truth(rho) == pytest.approx(slow.nickell(rho, periods), rel=1e-8)


def test_a_random_walk_is_the_limit_of_the_formula():
    spans = balanced(9)
    assert spans.limit(1.0) == pytest.approx(-3 / 10)
    assert spans.limit(1 - 1e-7) == pytest.approx(spans.limit(1.0), abs=1e-6)


def test_long_overlapping_spans_with_gaps_have_the_bias_of_simulated_panels():
    rng, rho, span = np.random.default_rng(0), 0.9, 4
    y = slow.settled_paths(rng, 20_000, 12, rho)
    starts = np.arange(8)
    level, growth = y[:, starts], (y[:, starts + span] - y[:, starts]) / span
    seen = rng.uniform(size=level.shape) < 0.8
    found = slow.within_slope(growth, level, seen)
    spans = Spans(starts.astype(float), float(span), seen)
    assert spans.limit(rho) == pytest.approx(found, abs=0.004)
    assert spans.bias(found) == pytest.approx(found - spans.truth(rho), abs=0.01)


@pytest.mark.parametrize("parts", [((1.0, slice(None)),), HALVES])
@pytest.mark.parametrize("rho", [0.2, 0.7, 0.95])
def test_the_bias_of_an_estimate_is_that_of_the_persistence_behind_it(rho, parts):
    spans = balanced(12, parts)
    assert spans.bias(spans.limit(rho)) == pytest.approx(spans.limit(rho) - spans.truth(rho), abs=1e-7)


def test_estimates_out_of_reach_have_the_bias_of_the_nearest_persistence():
    spans = balanced(12)
    assert spans.bias(0.5) == pytest.approx(spans.limit(1.0))
    assert spans.bias(-3.0) == pytest.approx(spans.limit(0.0) + 1)


def test_halves_leave_less_than_half_of_it():
    whole, halved = balanced(12), balanced(12, HALVES)
    for rho in (0.3, 0.8, 0.95):
        assert abs(halved.limit(rho) - halved.truth(rho)) < 0.5 * abs(whole.limit(rho) - whole.truth(rho))


@pytest.mark.parametrize("kind", ["plain", "halved", "spatial"])
def test_a_bias_is_told_where_it_is_not_small_beside_the_error(kind):
    spans = balanced(12)
    bias = -spans.bias(-0.3)
    assert nickell_note(-0.3, 1.01 * bias / SMALL, spans, kind) == ()
    (note,) = nickell_note(-0.3, bias / 2, spans, kind)
    assert "2.0 times" in note.en
    assert "2.0 倍" in note.zh
    assert "48%" in note.en  # Φ(1.96 - 2) - Φ(-1.96 - 2)
    assert ('"half-panel"' in note.en) == (kind != "halved")


def test_nothing_is_said_of_one_span_or_without_an_error():
    assert nickell_note(-0.3, 0.01, balanced(1), "plain") == ()
    assert nickell_note(-0.3, 0.0, balanced(12), "plain") == ()


def test_settled_regions_are_not_taken_for_travellers():
    rng = np.random.default_rng(3)
    told = 0
    for _ in range(200):
        y = slow.settled_paths(rng, 30, 12, 0.97)
        told += bool(settled_note(y[:, 0], y[:, -1], 11, 1.0))
    assert told <= 6  # at most 1 % by design; more than 6 of 200 has a chance of 0.4 %
    (note,) = settled_note(y[:, 0] * 0, np.linspace(-30, 30, 30), 11, 1.0)
    assert note.severity == "warning"
    assert settled_note(y[:3, 0], y[:3, -1] + 100, 11, 1.0) == ()
