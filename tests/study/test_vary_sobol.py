"""Effects: against SALib on the same design, against functions whose effects are known, against slow twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import vary as slow
from xinzhi.study.vary.design import arrange
from xinzhi.study.vary.sobol import estimated, exact

# Ishigami, Homma 1990 with a = 7, b = 0.1: effects by hand.
A, B = 7.0, 0.1
V1, V2, V13 = 0.5 * (1 + B * np.pi**4 / 5) ** 2, A**2 / 8, B**2 * np.pi**8 * (1 / 18 - 1 / 50)
V = V1 + V2 + V13
FIRST, TOTAL = np.array([V1, V2, 0]) / V, np.array([V1 + V13, V2, V13]) / V


def ishigami(u: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def blocks(y: np.ndarray, factors: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b, *mixed = y.reshape(factors + 2, -1, *y.shape[1:])
    return a, b, np.array(mixed)


def columns(n: int) -> list[slice]:
    return [slice(at, at + 1) for at in range(n)]


@pytest.mark.parametrize("sampling", ["sobol", "latin-hypercube", "random"])
@pytest.mark.parametrize("estimator", ["saltelli", "jansen", "coinr"])
def test_effects_of_a_known_function_are_found(sampling, estimator):
    n = {"sobol": 8192, "latin-hypercube": 60_000, "random": 200_000}[sampling]
    design = arrange(n, columns(3), sampling, 5, effects=True)
    found = estimated(*blocks(ishigami(design.points), 3), estimator=estimator)
    tolerance = 0.01 if sampling == "sobol" else 0.03
    np.testing.assert_allclose(found.first, FIRST, atol=tolerance)
    np.testing.assert_allclose(found.total, TOTAL, atol=tolerance)
    assert found.variance == pytest.approx(V, rel=0.03)


def test_agrees_with_salib_on_the_same_design():
    salib = pytest.importorskip("SALib.analyze.sobol", reason="SALib is not in the lock: a peer for this test alone")
    design = arrange(1024, columns(3), "sobol", 3, effects=True)
    y = ishigami(design.points)
    a, b, mixed = blocks(y, 3)
    # SALib has the rows of one point together: A, A with one factor of B each, B.
    rows = np.stack([a, *mixed, b], axis=1).ravel()
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}
    theirs = salib.analyze(problem, rows, calc_second_order=False, num_resamples=400, seed=1)
    ours = estimated(a, b, mixed, resamples=4_000, level=0.95)
    np.testing.assert_allclose(ours.first, theirs["S1"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.total, theirs["ST"], rtol=0, atol=1e-9)
    half = (ours.total_bounds[1] - ours.total_bounds[0]) / 2
    np.testing.assert_allclose(half, theirs["ST_conf"], rtol=0.25)


def test_numbers_of_salib_1_6_0():
    # SALib's sobol.analyze (calc_second_order = False) of y = x1 + 2 x2^2 + 3 x1 x2 at the points below.
    u = (np.arange(1, 65)[:, None] * np.array([0.7548776662466927, 0.5698402909980532, 0.1, 0.3])) % 1
    a, b = u[:, :2], u[:, 2:]
    mixed = [np.column_stack([b[:, 0], a[:, 1]]), np.column_stack([a[:, 0], b[:, 1]])]

    def f(x):
        return x[:, 0] + 2 * x[:, 1] ** 2 + 3 * x[:, 0] * x[:, 1]

    found = estimated(f(a), f(b), np.array([f(x) for x in mixed]))
    np.testing.assert_allclose(found.first, [0.30210408443673736, 0.5839249053424818], atol=1e-12)
    np.testing.assert_allclose(found.total, [0.35855981085357036, 0.6127839908365581], atol=1e-12)


def test_bootstrap_intervals_cover_at_their_rate():
    held = np.zeros(3)
    for seed in range(150):
        design = arrange(400, columns(3), "random", seed, effects=True)
        found = estimated(
            *blocks(ishigami(design.points), 3), estimator="saltelli", resamples=300, level=0.9, seed=seed
        )
        held += (found.total_bounds[0] <= TOTAL) & (found.total_bounds[1] >= TOTAL)
    assert (held / 150 > 0.82).all()
    assert (held / 150 < 0.98).all()


@settings(max_examples=40, deadline=None)
@given(options=st.lists(st.integers(1, 4), min_size=1, max_size=4), seed=st.integers(0, 9_999))
def test_exact_effects_are_those_of_the_definition(options, seed):
    y = np.random.default_rng(seed).normal(size=options)
    if y.size < 2:
        return
    found = exact(y, len(options))
    first, total = slow.sobol(lambda *at: y[at], options)
    np.testing.assert_allclose(found.first, first, atol=1e-12)
    np.testing.assert_allclose(found.total, total, atol=1e-12)


def test_exact_effects_of_an_additive_outcome_add_up():
    y = np.add.outer(np.array([0.0, 1.0, 5.0]), np.array([2.0, 3.0]))
    found = exact(y, 2)
    assert found.first.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.first, found.total)


def test_what_nothing_moves_has_no_variance_and_no_effects():
    same = np.full(64, 0.1)
    found = estimated(same, same, np.array([same, same]), resamples=20)
    assert found.variance == 0
    assert not found.first.any()
    assert not found.total.any()
    assert not exact(np.full((2, 3), 0.1), 2).total.any()


def test_outcomes_are_looked_at_side_by_side():
    design = arrange(256, columns(3), "sobol", 1, effects=True)
    y = ishigami(design.points)
    pair = np.stack([y, design.points[:, 1]], axis=1)
    both = estimated(*blocks(pair, 3), resamples=50)
    alone = estimated(*blocks(y, 3), resamples=50)
    np.testing.assert_allclose(both.first[:, 0], alone.first, atol=1e-12)
    np.testing.assert_allclose(both.total_bounds[1][:, 0], alone.total_bounds[1], atol=1e-12)
    np.testing.assert_allclose(both.first[:, 1], [0, 1, 0], atol=0.05)
