"""What must hold for any scores: shares add up, long runs stay put, densities integrate to one, ranks balance."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.oracles import markov as oracle
from xinzhi.dynamics import chains
from xinzhi.dynamics.density import epanechnikov, estimate, gaussian
from xinzhi.dynamics.homogeneity import homogeneity_statistics
from xinzhi.dynamics.latecomers import leap_statistics, places, window_places
from xinzhi.dynamics.markov import markov
from xinzhi.dynamics.mobility import ranks, theta
from xinzhi.dynamics.states import NO_STATE, assign, quantiles

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

LAW = settings(max_examples=40, deadline=None)
SCORE = st.one_of(st.integers(0, 8).map(float), st.floats(0, 8), st.just(np.nan))
SCORES = arrays(np.float64, (6, 9), elements=SCORE)
STATES = arrays(np.int64, (3, 5, 8), elements=st.integers(-1, 3))
COUNTS = arrays(np.float64, (3, 4, 4), elements=st.integers(0, 12).map(float))


@st.composite
def chain_matrices(draw):
    """Transition matrices with zeros, so that classes and transient states occur."""
    counts = draw(arrays(np.float64, (4, 4), elements=st.sampled_from([0.0, 0.0, 1.0, 2.0, 5.0])))
    counts[counts.sum(axis=1) == 0, 0] = 1.0
    return counts / counts.sum(axis=1, keepdims=True)


@LAW
@given(states=STATES)
def test_counts_are_those_of_the_twin_and_rows_sum_to_one(states):
    counts = chains.count_transitions(states, 4)[:, 0]
    for at in range(3):
        assert counts[at].astype(int).tolist() == oracle.count(states[at].T.tolist(), 4)
    total = chains.probabilities(counts).sum(axis=-1)
    left = counts.sum(axis=-1) > 0
    assert total[left] == pytest.approx(1)
    assert np.isnan(total[~left]).all()


@LAW
@given(states=STATES, given_=STATES)
def test_counts_by_class_add_up_to_all(states, given_):
    given_ = np.abs(given_)
    whole = chains.count_transitions(states, 4)[:, 0]
    assert (chains.count_transitions(states, 4, given_, 4).sum(axis=1) == whole).all()


@LAW
@given(p=chain_matrices())
def test_long_runs_stay_put_and_are_where_walks_end(p):
    pi, begins = chains.class_distributions(p)
    assert begins.any()
    assert pi[begins].sum(axis=1) == pytest.approx(1)
    assert pi[begins] @ p == pytest.approx(pi[begins], abs=1e-12)
    start = np.array([0.1, 0.2, 0.3, 0.4])
    end = chains.long_run(p, start)
    assert end.sum() == pytest.approx(1)
    assert end @ p == pytest.approx(end, abs=1e-12)
    assert end == pytest.approx(np.array(oracle.average_long_run(p.tolist(), start)), abs=1e-6)


@LAW
@given(p=chain_matrices())
def test_passage_times_obey_one_step_and_return_is_the_inverse_of_the_share(p):
    m = chains.first_passage(p)
    finite = np.isfinite(m)
    for i, j in np.argwhere(finite):
        onward = sum(p[i, a] * m[a, j] for a in range(4) if a != j and p[i, a] > 0)
        assert m[i, j] == pytest.approx(1 + onward, rel=1e-9)
    pi, begins = chains.class_distributions(p)
    share = pi[begins].sum(axis=0)
    inside = chains.closed_classes(p) >= 0
    assert (np.isfinite(np.diagonal(m)) == inside).all()
    assert np.diagonal(m)[inside] == pytest.approx(1 / share[inside], rel=1e-9)


@LAW
@given(p=chain_matrices())
def test_mobility_indices_are_bounded(p):
    found = chains.mobility_indices(p, np.full(4, 0.25))
    assert -1e-12 <= found.trace <= 4 / 3 + 1e-12
    for of in (found.determinant, found.eigenvalue, found.bartholomew_distance):
        assert -1e-9 <= of <= 1 + 1e-9
    assert found.trace == pytest.approx(found.bartholomew_exit)  # under equal shares
    assert chains.mobility_indices(np.eye(4), np.full(4, 0.25)).trace == 0


@LAW
@given(counts=COUNTS)
def test_equality_tests_agree_with_their_twin_and_vanish_for_equal_matrices(counts):
    q, lr, dof = homogeneity_statistics(counts)
    assert (q, lr, dof) == pytest.approx(oracle.equality(counts.tolist()), abs=1e-9)
    same = homogeneity_statistics(np.stack([counts[0], 3 * counts[0]]))
    assert same[:2] == pytest.approx((0, 0), abs=1e-9)


@LAW
@given(x=SCORES, k=st.integers(2, 5))
def test_states_follow_the_scores_and_pooled_states_are_of_even_size(x, k):
    cuts = quantiles(x.reshape(1, -1), k)
    held = assign(x, cuts)
    seen = ~np.isnan(x)
    assert (held[~seen] == NO_STATE).all()
    order = np.argsort(x[seen], kind="stable")
    assert (np.diff(held[seen][order]) >= 0).all()
    if len(np.unique(x[seen])) == seen.sum() and seen.sum() >= k:
        assert np.ptp(np.bincount(held[seen], minlength=k)) <= 1


@LAW
@given(x=SCORES, stretch=st.sampled_from([0.5, 2.0, 4.0]))
def test_a_chain_does_not_depend_on_the_unit(x, stretch):
    x = x.copy()
    x[:, 0], x[:, 1] = -1.0, 9.0 + np.arange(6)
    coords = {"region": list("abcdefghi"), "time": list(range(2000, 2006))}
    scores = xr.DataArray(x, dims=("time", "region"), coords=coords)
    cuts = [2.0, 5.0]
    plain, moved = markov(scores, cut=cuts), markov(scores * stretch, cut=[stretch * of for of in cuts])
    assert (plain.counts.values == moved.counts.values).all()


@LAW
@given(
    x=arrays(np.float64, 12, elements=st.floats(0, 1)),
    h=st.floats(0.02, 0.4),
    kernel=st.sampled_from([gaussian, epanechnikov]),
    bounds=st.sampled_from([(None, None), (0.0, None), (None, 1.0), (0.0, 1.0)]),
)
def test_densities_integrate_to_one(x, h, kernel, bounds):
    low, high = bounds
    grid = np.linspace(-5 * h if low is None else low, 1 + 5 * h if high is None else high, 4001)
    curve = estimate(x, np.array(h), grid, kernel, bounds)
    assert (curve >= 0).all()
    assert np.trapezoid(curve, grid) == pytest.approx(1, abs=1e-5)


@LAW
@given(x=SCORES)
def test_rank_changes_balance_and_groups_never_exceed_the_whole(x):
    x = np.where(np.isnan(x), 4.0, x)
    change = ranks(x[0]) - ranks(x[-1])
    assert change.sum() == pytest.approx(0)
    assume(change.any())
    assert 0 <= theta(change, np.arange(9) % 3, 3) <= 1 + 1e-12
    assert theta(change, np.arange(9), 9) == pytest.approx(1)
    assert theta(change, np.zeros(9, int), 1) == pytest.approx(0)


@LAW
@given(x=SCORES)
def test_time_backwards_turns_leaps_into_falls(x):
    x = np.where(np.isnan(x), 4.0, x)
    start, end = window_places(places(x), 2)
    back_start, back_end = window_places(places(x[::-1]), 2)
    assert (start == back_end).all() and (end == back_start).all()
    leaps, rise = leap_statistics(start, end, 1 / 3, 1 / 2)
    assert 0 <= leaps <= 1 and -1 <= rise <= 1
