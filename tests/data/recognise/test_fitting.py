from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from tests.data.recognise.recognising import taxonomy
from xinzhi.data.recognise.fitting import Material, parts, platt

# The first example reads dictionaries.
UNHURRIED = settings(deadline=None)


def material(labels, group):
    empty = sp.csr_array(np.zeros(labels.shape))
    return Material(taxonomy(), None, None, empty, empty, empty, labels, np.asarray(group))


@UNHURRIED
@given(st.lists(st.integers(0, 12), min_size=10, max_size=60), st.integers(0, 5))
def test_records_of_one_text_are_in_one_part(group, seed):
    rng = np.random.default_rng(seed)
    held = material(rng.random((len(group), 4)) < 0.3, group)
    part = parts(held, 3, seed)
    assert all(len(set(part[held.group == one])) == 1 for one in set(group))
    shuffled = rng.permutation(len(group))
    same = material(held.labels[shuffled], held.group[shuffled])
    if len(set(group)) == len(group):  # else which record speaks for a text depends on the order
        assert (parts(same, 3, seed) == part[shuffled]).all()


def test_a_rare_class_is_in_every_part():
    labels = np.zeros((200, 4), dtype=bool)
    labels[:10, 2] = True
    labels[10:100, 1] = True
    part = parts(material(labels, np.arange(200)), 5, 1)
    assert np.bincount(part[:10], minlength=5).tolist() == [2] * 5
    assert np.bincount(part).tolist() == [40] * 5


def test_the_sigmoid_that_was_planted_is_found():
    rng = np.random.default_rng(2)
    decision = rng.normal(0, 2, 40_000)
    slope, offset = platt(decision, rng.random(40_000) < expit(1.5 * decision - 0.7))
    assert slope == pytest.approx(1.5, abs=0.06)
    assert offset == pytest.approx(-0.7, abs=0.06)


@UNHURRIED
@given(st.integers(0, 100), st.floats(0.1, 10), st.floats(-5, 5))
def test_the_scale_of_decisions_does_not_matter(seed, scale, shift):
    rng = np.random.default_rng(seed)
    decision = rng.normal(size=50)
    truth = rng.random(50) < expit(decision)
    slope, offset = platt(decision, truth)
    again, moved = platt(decision * scale + shift, truth)
    np.testing.assert_allclose(
        expit(again * (decision * scale + shift) + moved), expit(slope * decision + offset), atol=1e-4
    )


def test_one_outcome_only_is_softened():
    slope, offset = platt(np.array([0.3, 0.5, 1.0]), np.ones(3, dtype=bool))
    assert 0.6 < expit(offset + slope * 0.5) < 0.95
    assert platt(np.zeros(0), np.zeros(0, dtype=bool)) == (0.0, 0.0)
