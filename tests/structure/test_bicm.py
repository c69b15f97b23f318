"""Null models of networks: sums are kept, forced cells are forced, p-values are what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tests.oracles import presence as slow
from xinzhi.core.errors import MethodError
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.bicm import benjamini_hochberg, configuration
from xinzhi.structure.links import Links
from xinzhi.structure.presence import presence

seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=60, deadline=None)
@given(seed=seeds, density=st.floats(0.02, 0.98), height=st.integers(1, 9), width=st.integers(1, 9))
def test_expected_links_keep_every_degree_whatever_is_forced(seed, density, height, width):
    links = np.random.default_rng(seed).random((height, width)) < density
    chance = configuration(sparse.csr_array(links)).expected()
    np.testing.assert_allclose(chance.sum(axis=1), links.sum(axis=1), atol=1e-8)
    np.testing.assert_allclose(chance.sum(axis=0), links.sum(axis=0), atol=1e-8)
    assert ((chance >= 0) & (chance <= 1)).all()
    # Where nothing but the observed can be, the observed is certain.
    assert (links[chance == 1]).all()
    assert not (links[chance == 0]).any()


@settings(max_examples=30, deadline=None)
@given(seed=seeds, kind=st.sampled_from(["counts", "amounts"]), spread=st.floats(0, 4))
def test_expected_values_keep_every_sum(seed, kind, spread):
    rng = np.random.default_rng(seed)
    values = np.exp(spread * rng.normal(size=(7, 5))) * (rng.random((7, 5)) < 0.6)
    values = np.ceil(values) if kind == "counts" else values
    chance = configuration(sparse.csr_array(values), kind).expected()
    np.testing.assert_allclose(chance.sum(axis=1), values.sum(axis=1), rtol=1e-8)
    np.testing.assert_allclose(chance.sum(axis=0), values.sum(axis=0), rtol=1e-8)


def test_links_agree_with_the_fixed_point_of_their_equations():
    links = np.array(
        [[1, 1, 1, 0, 1], [1, 0, 1, 1, 0], [0, 1, 0, 1, 0], [1, 0, 0, 0, 1], [0, 1, 1, 0, 1], [1, 1, 0, 1, 0]]
    )
    ours = configuration(sparse.csr_array(links)).expected()
    np.testing.assert_allclose(ours, slow.link_chances(links), atol=1e-9)


def test_a_nested_network_is_certain_and_blocks_are_apart():
    nested = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]])
    assert configuration(sparse.csr_array(nested)).expected().tolist() == nested.tolist()
    # Two regions have all of the first two activities; the others share one each of the last two.
    split = np.array([[1, 1, 1, 0], [1, 1, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]])
    wanted = [[1, 1, 0.5, 0.5], [1, 1, 0.5, 0.5], [0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0]]
    np.testing.assert_allclose(configuration(sparse.csr_array(split)).expected(), wanted, atol=1e-9)


def test_one_region_takes_what_there_is():
    one = sparse.csr_array([[3.0, 0.0, 5.0]])
    assert configuration(one, "amounts").expected().tolist()[0] == pytest.approx([3, 0, 5])
    assert configuration(one).expected().tolist() == [[1, 0, 1]]
    assert configuration(sparse.csr_array((2, 3)), "amounts").expected().tolist() == [[0] * 3] * 2


def test_p_values_of_amounts_are_exponential_tails_and_of_counts_geometric():
    values = sparse.csr_array([[4.0, 1.0, 0.0], [2.0, 2.0, 3.0], [0.0, 5.0, 1.0]])
    amounts, counts = configuration(values, "amounts"), configuration(values, "counts")
    at = values.nonzero()
    np.testing.assert_allclose(amounts.p_values(values).data, np.exp(-values.data / amounts.expected()[at]), rtol=1e-9)
    mean = counts.expected()[at]
    np.testing.assert_allclose(counts.p_values(values).data, (mean / (1 + mean)) ** values.data, rtol=1e-9)
    links = configuration(values)
    np.testing.assert_allclose(links.p_values(values).data, links.expected()[at], rtol=1e-12)


def test_counts_are_whole():
    with pytest.raises(MethodError, match="whole numbers"):
        configuration(sparse.csr_array([[1.5]]), "counts")


@settings(max_examples=100, deadline=None)
@given(p=st.lists(st.integers(0, 1000), min_size=1, max_size=12), alpha=st.sampled_from([0.011, 0.053, 0.107, 0.531]))
def test_discoveries_are_those_of_the_definition(p, alpha):
    chances = [value / 1000 for value in p]  # alpha k / n never falls on a thousandth
    limit = benjamini_hochberg(np.array(chances), alpha, len(chances))
    assert [value <= limit for value in chances] == slow.discoveries(chances, alpha)


def test_significance_names_its_correction():
    # Expected of every cell are 37 / 8, so a 30 has p = e^-6.5 = 0.0015: small enough for 8 of 64, not for 1 of 64.
    values = sparse.csr_array(np.ones((8, 8)) + 29 * np.eye(8))
    labels = np.array(list("abcdefgh"), dtype=object)
    links = Links((values,), labels, labels)
    found = {how: presence(links, "biwcm", correction=how).at() for how in ("none", "fdr", "bonferroni")}
    assert found["none"].toarray().tolist() == np.eye(8, dtype=bool).tolist()
    assert (found["fdr"] != found["none"]).nnz == 0
    assert found["bonferroni"].nnz == 0
    with pytest.raises(FaultyValue):
        presence(links, "biwcm", alpha=0)
    with pytest.raises(FaultyValue):
        presence(links, "bicm", correction="some")
