import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.oracles import spreads as slow
from xinzhi.simulate.spreads import paired, quantiles

numbers = st.integers(-1000, 1000).map(lambda one: one / 8)


@given(st.lists(st.lists(numbers | st.just(np.nan), min_size=3, max_size=3), min_size=1, max_size=12))
def test_quantiles_are_those_of_numpy_without_what_is_missing(rows):
    values = np.array(rows, dtype=float)
    found = quantiles(values, (0.05, 0.5, 1.0))
    for column in range(3):
        there = values[~np.isnan(values[:, column]), column]
        wanted = np.quantile(there, (0.05, 0.5, 1.0)) if there.size else np.full(3, np.nan)
        np.testing.assert_allclose(found[:, column], wanted, atol=1e-9)


@given(
    st.lists(st.tuples(numbers | st.just(np.nan), st.integers(0, 4)), min_size=2, max_size=20),
    st.sampled_from([0.8, 0.95]),
)
def test_the_interval_is_that_of_the_slow_twin(draws, level):
    gaps, groups = np.array([gap for gap, _ in draws]), np.array([group for _, group in draws])
    found = paired(gaps, groups, level)
    there = ~np.isnan(gaps)
    assert found.draws == there.sum()
    if len(set(groups[there])) < 2:
        assert np.isnan(found.low) and np.isnan(found.high)
        return
    mean, low, high = slow.paired(gaps.tolist(), groups.tolist(), level)
    np.testing.assert_allclose([found.mean, found.low, found.high], [mean, low, high], atol=1e-9)
    assert found.above == np.mean(gaps[there] > 0)


def test_draws_on_their_own_give_the_paired_t_interval():
    rng = np.random.default_rng(3)
    before, after = rng.normal(size=(2, 15))
    wanted = stats.ttest_rel(after, before).confidence_interval(0.9)
    found = paired(after - before, np.arange(15), 0.9)
    np.testing.assert_allclose([found.low, found.high], wanted)


def test_draws_that_share_their_knobs_count_as_one():
    gaps = np.repeat([0.0, 1.0, 2.0, 3.0], 5)  # within a group nothing differs
    clustered, naive = (paired(gaps, groups) for groups in (np.repeat(np.arange(4), 5), np.arange(20)))
    alone = paired(np.arange(4.0), np.arange(4))
    assert clustered.low == pytest.approx(float(alone.low))
    assert clustered.low < naive.low


def test_every_cell_has_its_own_interval():
    gaps = np.random.default_rng(1).normal(size=(8, 2, 3))
    whole = paired(gaps, np.arange(8))
    one = paired(gaps[:, 1, 2], np.arange(8))
    assert whole.mean.shape == (2, 3)
    assert whole.high[1, 2] == pytest.approx(float(one.high))
