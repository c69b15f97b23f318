"""Calibration of small worlds: moments of runs and of data, what is taken up again, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinzhi.core.errors import MethodError
from xinzhi.simulate.calibration import Model, calibrate, match_moments
from xinzhi.simulate.founding import found_world
from xinzhi.simulate.knobs import KNOBS, Knobs
from xinzhi.simulate.moments import STYLISED, TITLES, cell_moments, moments, quotients, targets_from
from xinzhi.simulate.story import grow
from xinzhi.simulate.world import model_start

START = model_start()
SMALL = {"years": 2, "firms": 1_000, "workers": 1}


@pytest.fixture(scope="module")
def history():
    return grow(found_world(START, firms=2_000, seed=1), 24)


def test_a_run_has_every_moment_that_has_a_title(history):
    told = moments(history)
    assert sorted(told) == sorted(TITLES)
    assert all(isinstance(value, float) for value in told.values())
    shares = [told[name] for name in TITLES if name.endswith(("_share", "_5y"))]
    assert np.nanmin(shares) >= 0
    assert np.nanmax(shares) <= 1
    assert set(STYLISED) <= set(TITLES)


def test_what_crosses_the_ladder_is_what_rungs_gain_and_lose(history):
    """Over one year, the slow obvious way: industry by industry, border by border."""
    up, back = np.zeros(4), 0.0
    spans = history.quarters - 4
    for at in range(spans):
        for j in range(len(history.industries)):
            before, after = history.rungs[at, j], history.rungs[at + 4, j]
            if before.sum() == 0 or after.sum() == 0:
                continue
            for border in range(4):
                moved = (before[: border + 1].sum() - after[: border + 1].sum()) * history.industry_share[at, j]
                up[border] += max(moved, 0) / spans
                back += max(-moved, 0) / spans
    told = moments(history)
    names = ("to_emerging", "to_leading", "to_pillar", "to_traditional")
    assert [told[name] for name in names] == pytest.approx(up.tolist(), abs=1e-12)
    assert told["back"] == pytest.approx(back, abs=1e-12)


def test_moments_of_data_are_those_of_a_run_with_the_same_cells(history):
    old = history.born_quarter == 0
    told = moments(history)
    for name, target in targets_from(history.cells[:, :, old]).items():
        assert target.value == told[name]
        assert target.sd >= 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.floats(1e-3, 1e3))
def test_moments_of_cells_know_no_unit_and_no_order(seed, unit):
    rng = np.random.default_rng(seed)
    cells = rng.gamma(1.0, 1.0, (4, 6, 5)) + 0.01
    told = cell_moments(cells)
    again = cell_moments(unit * cells[:, rng.permutation(6)][:, :, rng.permutation(5)])
    smooth = [name for name in told if name not in ("cell_entry", "cell_exit")]  # a quotient of 1 may round either way
    assert [again[name] for name in smooth] == pytest.approx([told[name] for name in smooth])
    still = cell_moments(np.stack([cells[0]] * 3))
    assert still["region_churn"] == still["industry_churn"] == still["cell_entry"] == still["cell_exit"] == 0
    assert still["cell_memory"] == pytest.approx(1)


def test_quotients_average_to_one_by_industry():
    cells = START.employment
    weights = cells.sum(axis=1) / cells.sum()
    assert weights @ quotients(cells) == pytest.approx(np.ones(cells.shape[1]))
    assert quotients(np.array([[1.0, 0.0], [3.0, 0.0]]))[:, 1].tolist() == [0, 0]


def test_cells_with_gaps_are_refused():
    with pytest.raises(MethodError, match="missing or negative"):
        cell_moments(np.full((2, 3, 3), np.nan))
    assert np.isnan(list(cell_moments(np.ones((1, 3, 3))).values())).all()


def test_a_calibration_that_was_cut_short_ends_with_the_same_bits(tmp_path):
    goals = {"discoveries": 50.0, "exit_rate": 0.03}
    asked = {"knobs": ["discovery_rate"], "draws": 50, "seed": 3, **SMALL}
    whole = calibrate(START, goals, store=tmp_path / "whole", **asked)

    class Killed(Exception):
        pass

    def kill(progress):
        if progress.done > 30:
            raise Killed

    with pytest.raises(Killed):
        calibrate(START, goals, store=tmp_path / "cut", tell=kill, **asked)
    heard = []
    resumed = calibrate(START, goals, store=tmp_path / "cut", tell=heard.append, **asked)
    assert resumed.sample.tobytes() == whole.sample.tobytes()
    assert resumed.predictive.tobytes() == whole.predictive.tobytes()
    assert heard[-1].kept >= 30
    assert heard[-1].done == heard[-1].total == 70


def test_the_rate_of_discovery_is_found_again():
    model = Model(START, ("discoveries",), ("discovery_rate",), **SMALL)
    truth = 20.0
    seen = model(np.array([[truth]]), np.array([7]))[0, 0]
    found = calibrate(START, {"discoveries": seen}, knobs={"discovery_rate": (5.0, 40.0)}, draws=60, **SMALL)
    assert found.verdicts == ("identified",)
    assert abs(found.mean[0] - truth) < 4 * np.sqrt(found.covariance[0, 0])
    assert found.priors[0].zh == KNOBS["discovery_rate"].zh
    assert found.record.inputs["simulate"] == model.digest


def test_simulated_moments_find_the_rate_of_discovery_too():
    asked = {"knobs": {"discovery_rate": (5.0, 40.0)}, "draws": 90, "repeats": 1, **SMALL}
    model = Model(START, ("discoveries", "exit_rate"), ("discovery_rate",), **SMALL)
    seen = model(np.array([[20.0]]), np.array([7]))[0]
    found = match_moments(START, dict(zip(model.moments, seen.tolist(), strict=True)), **asked)
    assert abs(found.estimate[0] - 20) < 4 * found.errors[0]
    assert found.contraction[0] > 0.5


def test_of_every_run_all_moments_are_kept(tmp_path):
    heard = []
    at, seeds = np.array([[0.02], [0.05]]), np.array([1, 2])
    one = Model(START, ("discoveries",), ("lapse",), store=tmp_path, **SMALL)(at, seeds)
    other = Model(START, ("exit_rate", "discoveries"), ("lapse",), store=tmp_path, tell=heard.append, **SMALL)
    assert other(at, seeds)[:, 1].tolist() == one[:, 0].tolist()
    assert heard[-1].kept == 2


def test_other_knobs_are_those_of_the_base():
    model = Model(START, ("discoveries",), ("lapse",), base=Knobs(discovery_rate=0.0), **SMALL)
    assert model(np.array([[0.03]]), np.array([1]))[0, 0] == 0
    assert model.digest != Model(START, ("discoveries",), ("lapse",), firms=500).digest


@pytest.mark.parametrize(
    ("targets", "knobs", "code"),
    [
        ({"happiness": 1.0}, ["lapse"], "unknown-moment"),
        (None, ["luck"], "unknown-knob"),
        (None, {"lapse": (0.0, 9.0)}, "range-outside"),
        (None, {"lapse": (0.1, 0.1)}, "range-outside"),
        (np.ones((3, 2, 2)), ["lapse"], "cells-unlike-start"),
    ],
)
def test_what_cannot_be_calibrated_is_refused_in_both_languages(targets, knobs, code):
    with pytest.raises(MethodError) as caught:
        calibrate(START, targets, knobs=knobs, **SMALL)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert caught.value.say("zh") != caught.value.say("en")
