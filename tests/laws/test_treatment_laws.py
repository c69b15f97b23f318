"""What must hold of every treatment, whatever the data."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.oracles import stages as slow
from xinzhi.measure import _kernels as kernels
from xinzhi.measure.treatment import treatments

FEW = settings(max_examples=50, deadline=None)
NEEDS = {"box-cox": {"power": 0.5}}
# Small integers give ties and constants; wide floats give outliers.
numbers = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6).map(lambda v: round(v, 6)), st.just(np.nan))
columns = arrays(float, st.tuples(st.integers(1, 25), st.integers(1, 3)), elements=numbers)


@pytest.mark.parametrize("name", list(treatments.members))
@FEW
@given(x=columns)
def test_gaps_stay_gaps_and_the_input_is_not_changed(name, x):
    before = x.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = treatments.find(name).function(x, **NEEDS.get(name, {}))
    assert np.array_equal(x, before, equal_nan=True)
    assert np.isnan(made.values[np.isnan(x)]).all()
    assert (made.marks[np.isnan(x)] == 0).all()
    untouched = made.marks == 0
    assert np.array_equal(made.values[untouched], x[untouched], equal_nan=True)


@pytest.mark.parametrize("name", [name for name in treatments.members if name not in ("log", "log-gii")])
@FEW
@given(x=columns)
def test_order_is_kept(name, x):
    made = treatments.find(name).function(x, **NEEDS.get(name, {})).values
    for j in range(x.shape[1]):
        seen = ~np.isnan(x[:, j])
        order = np.argsort(x[seen, j], kind="stable")
        steps = np.diff(made[seen, j][order])
        assert (steps >= -1e-9 * np.abs(made[seen, j]).max(initial=1)).all()


@pytest.mark.parametrize("name", ["winsorise", "winsorise-then-log", "chain", "log-ct", "log-ct-plus", "log-ct-orig"])
@FEW
@given(x=columns, move=st.integers(-100, 100))
def test_the_unit_of_origin_does_not_matter(name, x, move):
    x = np.round(x)  # so that moving is exact and ties stay ties
    method = treatments.find(name).function
    assert np.array_equal(method(x).marks, method(x + move).marks)


@FEW
@given(x=columns, most=st.integers(0, 8), force=st.booleans())
def test_the_cuts_agree_with_the_slow_twin(x, most, force):
    low, high, moved = kernels.limits(x, most, 1.5, 2.0, force)
    for j in range(x.shape[1]):
        seen = [v for v in x[:, j] if not np.isnan(v)]
        values, count = slow.winsorise(seen, most, 1.5, 2.0, force)
        assert moved[j] == count
        assert np.array_equal(np.clip(seen, low[j], high[j]), values)


@FEW
@given(x=columns)
def test_the_shapes_agree_with_the_slow_twin(x):
    skew, kurtosis = kernels.shapes(x)
    for j in range(x.shape[1]):
        twin = slow.skew_kurtosis([v for v in x[:, j] if not np.isnan(v)])
        np.testing.assert_allclose((skew[j], kurtosis[j]), twin, rtol=1e-9, atol=1e-9)


@FEW
@given(x=columns, combine=st.booleans())
def test_a_column_that_passes_is_left_alone(x, combine):
    made = treatments.find("winsorise-then-log").function(x, combine=combine)
    skew, kurtosis = kernels.shapes(x)
    limit = kernels.ROUNDING
    passes = ~((np.abs(skew) >= 2 - limit) & (kurtosis >= 3.5 - limit))
    assert (made.details["stage"][passes] == 0).all()
    assert np.array_equal(made.values[:, passes], x[:, passes], equal_nan=True)
