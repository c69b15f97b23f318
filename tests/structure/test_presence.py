"""Who counts as having what: thresholds, ties, and what has nothing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tests.oracles import presence as slow
from tests.structure.test_links import TWO, made
from xinzhi.core.errors import MethodError
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.intensity import intensities, intensity, location_quotients
from xinzhi.structure.presence import presence, presences

OPTIONS = {"rpop": {"population": {"east": 2.0, "north": 1.0, "west": 5.0}}, "share": {"at_least": 0.5}}


def test_a_tie_meets_at_least_and_does_not_pass_above():
    even = made([[1, 2], [1, 2], [3, 6]])  # every quotient is 1, whatever rounding makes of it
    assert presence(even).at().nnz == 6
    assert presence(even, "rca", above=1).at().nnz == 0
    assert presence(made([[0.1, 0.2], [0.3, 0.6], [0.7, 1.4]]), at_least=1).at().nnz == 6


def test_what_has_nothing_is_not_present_and_harms_nobody():
    bare = made([[1, 0], [2, 0], [0, 0]])
    for name in presences.members:
        found = presence(bare, name, **OPTIONS.get(name, {})).at()
        assert found.dtype == bool
        assert found.toarray()[2].sum() == found.toarray()[:, 1].sum() == 0


@pytest.mark.parametrize("name", presences.members)
def test_every_member_leaves_labels_as_they_are_and_tells_how(name):
    found = presence(TWO, name, **OPTIONS.get(name, {}))
    assert [matrix.shape for matrix in found.values] == [(3, 2), (3, 2)]
    assert found.record.settings["method"] == name
    assert all(((found.at(period) > 0) > (TWO.at(period) > 0)).nnz == 0 for period in TWO.periods)


def test_count_and_share():
    assert presence(TWO, "count").at(2020).toarray().tolist() == [[True, True], [False, True], [False, False]]
    assert presence(TWO, "count", at_least=2).at(2020).nnz == 2
    assert presence(TWO, "count", above=2).at(2020).nnz == 1
    assert presence(TWO, "share", at_least=0.5).at(2020).toarray().tolist() == [
        [False, True],
        [False, True],
        [False] * 2,
    ]
    assert presence(TWO, "share", of="activity", above=0.5).at(2020).toarray().tolist() == [
        [True, False],
        [False, True],
        [False, False],
    ]


def test_per_head_by_label_whatever_the_order_and_form():
    heads = {"west": 5.0, "east": 2.0, "north": 1.0}
    array = xr.DataArray([1.0, 2.0], dims="region", coords={"region": ["north", "east"]})
    both = xr.DataArray(
        [[5.0, 5.0], [2.0, 2.0], [1.0, 1.0]],
        dims=("region", "time"),
        coords={"region": ["west", "east", "north"], "time": [2020, 2021]},
    )
    wanted = np.array([[1 / 2, 2 / 2], [0, 3 / 1]]) / (np.array([1, 5]) / 3)
    for population in (heads, pd.Series(heads), both):
        ours = intensity(TWO, "rpop", population=population).at(2020).toarray()
        np.testing.assert_allclose(
            ours[:2], np.array([[1 / 2, 2 / 2], [0, 3 / 1]]) / (np.array([1, 5]) / 3), rtol=1e-12
        )
    first = TWO.only(periods=[2020])
    np.testing.assert_allclose(intensity(first, "rpop", population=array).at().toarray()[:2], wanted, rtol=1e-12)
    with pytest.raises(MethodError, match=r"none for 1: west \(2021\)"):
        presence(TWO, "rpop", population=array)
    with pytest.raises(MethodError, match="which region each number is of"):
        presence(TWO, "rpop", population=[1.0, 2.0, 5.0])


@pytest.mark.parametrize(
    "options", [{"at_least": 1, "above": 1}, {"at_least": 0}, {"above": -1}, {"at_least": float("nan")}]
)
def test_thresholds_that_say_nothing_are_refused(options):
    with pytest.raises(FaultyValue):
        presence(TWO, "rca", **options)


def test_a_share_needs_its_threshold_and_a_function_its_shape():
    with pytest.raises(FaultyValue, match="neither"):
        presence(TWO, "share")
    with pytest.raises(MethodError, match="must stay as they are"):
        presence(TWO, lambda values: values[:2])
    assert presence(TWO, lambda values: values > 2).at(2020).nnz == 1


tables = st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=5)


@settings(max_examples=100, deadline=None)
@given(values=tables, scale=st.sampled_from([1, 3, 0.1, 1 / 7, 1e-9, 1e12]))
def test_presence_is_that_of_exact_arithmetic_in_any_unit(values, scale):
    exact = slow.quotients(values)
    matrix = sparse.csr_array(np.array(values) * scale)
    np.testing.assert_allclose(location_quotients(matrix).toarray(), np.array(exact, dtype=float), rtol=1e-12)
    for options, test in (
        ({}, lambda q: q >= 1),
        ({"above": 1}, lambda q: q > 1),
        ({"at_least": 0.5}, lambda q: q >= Fraction(1, 2)),
    ):
        ours = presences.find("rca").function(matrix, **options).toarray()
        assert ours.tolist() == [[bool(q and test(q)) for q in row] for row in exact]


@pytest.mark.parametrize("name", sorted(intensities.members))
@settings(max_examples=25, deadline=None)
@given(values=tables, seed=st.integers(0, 999))
def test_intensity_does_not_care_for_the_order_of_regions_and_activities(name, values, seed):
    rng = np.random.default_rng(seed)
    matrix = np.array(values, dtype=float)
    rows, columns = rng.permutation(len(matrix)), rng.permutation(3)
    heads = rng.uniform(1, 9, len(matrix))
    method = intensities.find(name).function

    def of(table, people):
        return method(sparse.csr_array(table), **({"population": people} if name == "rpop" else {})).toarray()

    once = of(matrix, heads)
    np.testing.assert_allclose(of(matrix[rows][:, columns], heads[rows]), once[rows][:, columns], rtol=1e-11)
    assert ((once > 0) == (matrix > 0)).all()


def test_only_links_have_presence():
    with pytest.raises(MethodError, match="links are needed; found list"):
        presence([[1, 2]])
