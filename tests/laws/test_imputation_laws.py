"""What must hold of every imputation, whatever the data."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.oracles import stages as slow
from xinzhi.core.labels import MISSING, OBSERVED
from xinzhi.measure.imputation import Near, fill, imputations

FEW = settings(max_examples=50, deadline=None)
numbers = st.one_of(st.integers(-50, 50).map(float), st.just(np.nan))
panels = arrays(float, st.tuples(st.integers(1, 4), st.integers(2, 6), st.integers(1, 4)), elements=numbers)


def near(x: np.ndarray, *, pooled: bool = False) -> Near:
    t, r, k = x.shape
    return Near(np.arange(r) % 2, np.arange(k) // 2, np.arange(float(t)), np.ones(k), pooled)


@pytest.mark.parametrize("name", list(imputations.members))
@FEW
@given(x=panels, pooled=st.booleans())
def test_what_was_observed_stays_and_what_is_filled_is_known(name, x, pooled):
    seen = ~np.isnan(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # On a handful of cells EM may take for ever; a strong ridge settles it.
        step = (name, imputations.find(name).function, {"ridge": 1.0} if name == "em" else {})
        filled, origin = fill(x, [step], near(x, pooled=pooled), seen.astype(np.uint8))
    assert np.array_equal(filled[seen], x[seen])
    assert (origin[seen] == OBSERVED).all()
    assert np.array_equal(origin == MISSING, np.isnan(filled))
    assert not np.isinf(filled).any()


@pytest.mark.parametrize("name", [name for name in imputations.members if name != "em"])
@FEW
@given(x=panels, pooled=st.booleans())
def test_filled_values_lie_within_the_observed_range(name, x, pooled):
    filled = imputations.find(name).function(x, near(x, pooled=pooled))
    for j in range(x.shape[2]):
        seen = x[:, :, j][~np.isnan(x[:, :, j])]
        got = filled[:, :, j][~np.isnan(filled[:, :, j])]
        if seen.size:
            assert (got >= seen.min() - 1e-9).all()
            assert (got <= seen.max() + 1e-9).all()
        else:
            assert not got.size


@FEW
@given(x=panels)
def test_one_year_makes_no_difference_between_pooled_and_not(x):
    year = x[:1]
    for name in ("mean", "median", "group-mean", "row-mean"):
        method = imputations.find(name).function
        assert np.array_equal(method(year, near(year)), method(year, near(year, pooled=True)), equal_nan=True)


@FEW
@given(seed=st.integers(0, 10_000))
def test_em_agrees_with_the_slow_twin(seed):
    rng = np.random.default_rng(seed)
    x = rng.multivariate_normal(np.zeros(3), [[1, 0.6, 0.2], [0.6, 1, 0.4], [0.2, 0.4, 1]], size=15)
    x[rng.random(x.shape) < 0.15] = np.nan
    x = x[~np.isnan(x).all(axis=1)]
    ours = imputations.find("em").function(x[None], near(x[None]), ridge=0.1, tolerance=1e-12)
    np.testing.assert_allclose(ours[0], slow.em(x, 0.1, 300), rtol=1e-7, atol=1e-7)
