"""What must hold of every normalisation, whatever the data."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.oracles import stages as slow
from xinzhi.measure import _kernels as kernels
from xinzhi.measure.normalisation import Marks, mirror, normalisations

FEW = settings(max_examples=50, deadline=None)
numbers = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6).map(lambda v: round(v, 3)), st.just(np.nan))
columns = arrays(float, st.tuples(st.integers(2, 20), st.integers(1, 3)), elements=numbers)
# Dividing by a maximum of unknown sign says nothing about order.
ORDERED = [name for name in normalisations.members if name not in ("fraction-of-maximum", "distance-to-target")]


def known(k: int, direction: float = 1.0) -> Marks:
    one = np.ones(k)
    return Marks(direction * one, 7.0 * one, -3.0 * one, 4.0 * one, reference=0)


@pytest.mark.parametrize("name", list(normalisations.members))
@FEW
@given(x=columns, direction=st.sampled_from([1.0, -1.0]))
def test_gaps_stay_gaps_and_the_input_is_not_changed(name, x, direction):
    before = x.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = normalisations.find(name).function(x, x, known(x.shape[1], direction))
    assert np.array_equal(x, before, equal_nan=True)
    assert scores.shape == x.shape
    assert np.isnan(scores[np.isnan(x)]).all()


@pytest.mark.parametrize("name", ORDERED)
@FEW
@given(x=columns, direction=st.sampled_from([1.0, -1.0]))
def test_better_values_never_score_less(name, x, direction):
    scores = normalisations.find(name).function(x, x, known(x.shape[1], direction))
    for j in range(x.shape[1]):
        fine = np.isfinite(scores[:, j])
        order = np.argsort(direction * x[fine, j], kind="stable")
        steps = np.diff(scores[fine, j][order])
        assert (steps >= -1e-9 * np.abs(scores[fine, j]).max(initial=1)).all()


@pytest.mark.parametrize("name", ["min-max", "z-score", "rank", "percentile-rank", "borda", "distance-to-maximum"])
@FEW
@given(x=arrays(float, st.tuples(st.integers(2, 20), st.integers(1, 3)), elements=st.integers(-9, 9).map(float)))
def test_the_unit_does_not_matter(name, x):
    method, marks = normalisations.find(name).function, known(x.shape[1])
    np.testing.assert_allclose(method(x, x, marks), method(8 * x + 40, 8 * x + 40, marks), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", list(normalisations.members))
@FEW
@given(x=arrays(float, st.tuples(st.integers(1, 3), st.integers(2, 8), st.integers(1, 3)), elements=numbers))
def test_years_apart_are_the_years_one_by_one(name, x):
    method, marks = normalisations.find(name).function, known(x.shape[2])
    together = method(x, x, marks)
    for year, scores in zip(x, together, strict=True):
        assert np.array_equal(scores, method(year, year, marks), equal_nan=True)


@pytest.mark.parametrize("name", list(normalisations.members))
@FEW
@given(x=arrays(float, st.tuples(st.integers(1, 3), st.integers(2, 8), st.integers(1, 3)), elements=numbers))
def test_one_frame_serves_all_years(name, x):
    method, marks = normalisations.find(name).function, known(x.shape[2])
    base = x[0]
    expected = np.stack([method(year, base, marks) for year in x])
    assert np.array_equal(method(x, base, marks), expected, equal_nan=True)


@pytest.mark.parametrize("name", list(normalisations.members))
@FEW
@given(x=arrays(float, st.tuples(st.integers(2, 20), st.integers(1, 3)), elements=st.integers(-9, 9).map(float)))
def test_the_mirror_of_the_mirror_is_the_score(name, x):
    scores = normalisations.find(name).function(x, x, known(x.shape[1]))
    scores[~np.isfinite(scores)] = np.nan
    np.testing.assert_allclose(mirror(name, {}, mirror(name, {}, scores)), scores, rtol=1e-9, atol=1e-9)


@FEW
@given(x=columns, frame=columns)
def test_places_agree_with_the_slow_twin(x, frame):
    k = min(x.shape[1], frame.shape[1])
    below, upto = kernels.places(x[None, :, :k], np.sort(frame[None, :, :k], axis=1))
    for j in range(k):
        seen = [v for v in frame[:, j] if not np.isnan(v)]
        for i, value in enumerate(x[:, j]):
            if not np.isnan(value):
                assert (below[0, i, j], upto[0, i, j]) == slow.places(value, seen)
