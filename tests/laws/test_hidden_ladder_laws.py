"""What must hold of the hidden Markov ladder and of moves between rungs, whatever the industries."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.laws.test_ladder_laws import MEASURES, SHARES, cells, industries, made
from xinzhi.structure.ladder import ladder
from xinzhi.structure.ladder.rungs import LadderSpec
from xinzhi.structure.ladder.transitions import transitions

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

LAW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SEEDS = st.integers(0, 2**32 - 1)
HIDDEN = LadderSpec(way="hidden-markov")


def close(one, other):
    """Equal up to what EM's last step and a tie in the rule's bands may move."""
    np.testing.assert_array_equal(np.isnan(one), np.isnan(other))
    assert np.nanmean(np.abs(one - other)) < 0.02


@LAW
@given(seed=SEEDS)
def test_chances_add_up_wherever_an_industry_is_there(seed):
    found = ladder(industries(seed), HIDDEN)
    chances = found.probability.values
    placed = np.isfinite(chances[..., 0])
    np.testing.assert_allclose(chances[placed].sum(axis=-1), 1)
    assert (chances[placed] >= 0).all()


@LAW
@given(seed=SEEDS, power=st.integers(-8, 8))
def test_the_unit_of_an_amount_does_not_matter(seed, power):
    values, region, industry = cells(industries(seed))
    scaled = values * np.array([2.0**power if name not in SHARES else 1.0 for name in MEASURES])
    one, other = (ladder(made(of, region, industry), HIDDEN).probability.values for of in (values, scaled))
    close(one, other)


@LAW
@given(seed=SEEDS)
def test_the_order_and_the_names_of_industries_do_not_matter(seed):
    values, region, industry = cells(industries(seed))
    order = np.concatenate([np.random.default_rng(seed).permutation(5) + 5 * k for k in range(2)])
    one = ladder(made(values, region, industry), HIDDEN).probability.values
    close(one[order], ladder(made(values[order], region, industry[order]), HIDDEN).probability.values)


@LAW
@given(seed=SEEDS)
def test_a_series_of_which_nothing_is_known_changes_nothing(seed):
    values, region, industry = cells(industries(seed))
    more = np.concatenate([values, np.full((1, *values.shape[1:]), np.nan)])
    one = ladder(made(values, region, industry), HIDDEN).probability.values
    other = ladder(made(more, np.append(region, "z"), np.append(industry, "a")), HIDDEN).probability.values
    assert np.isnan(other[-1]).all()
    close(one, other[:-1])


@LAW
@given(seed=SEEDS, way=st.sampled_from(["rule", "hidden-markov"]))
def test_moves_add_up_to_years_and_chances_to_one(seed, way):
    of = ladder(industries(seed, blank=0.02), LadderSpec(way=way))
    found = transitions(of, horizon=3)
    placed = np.isfinite(of.probability.values[..., 0])
    pairs = (placed[:, :-1] & placed[:, 1:]).sum()
    gone = (placed.any(axis=1) & ~placed[:, placed.any(axis=0).nonzero()[0][-1]]).sum()
    np.testing.assert_allclose(found.counts.sum(), pairs + gone, rtol=1e-6)
    known = found.counts.sum("to").values > 0
    chances = found.probability.sel(bound="estimate").values
    np.testing.assert_allclose(chances[known].sum(axis=-1), 1)
    np.testing.assert_allclose(found.forecast.sel(bound="estimate").sum("rung"), len(found.labels), rtol=1e-6)
    told = found.incidence.sel(bound="estimate")
    assert (told.sum("event", skipna=False).fillna(0) <= 1 + 1e-9).all()
    assert (told.diff("years").fillna(0) >= -1e-12).all()
