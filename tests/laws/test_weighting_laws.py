"""What must hold for any weights, whatever the data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import weights as slow
from xinzhi.measure import weighting
from xinzhi.measure.combination import reconcile
from xinzhi.measure.weighting import Siblings, weightings

K = 4
CODES = ("a", "b", "c", "d")
STATED = np.array([1.0, 2.0, 3.0, 4.0])
JUDGED = [[float(p / q) for q in STATED] for p in STATED]
OPTIONS: dict[str, dict[str, Any]] = {
    "pca": {"negative": "keep"},
    "ahp": {"matrices": {"top": JUDGED}},
    "game-theory": {"of": ["entropy", "critic", "given"]},
    "multiplicative": {"of": ["entropy", {"method": "critic", "correlation": "absolute"}]},
    "average": {"of": ["equal", "coefficient-of-variation"]},
}
OPTIMISED = {"correlation-optimised", "effective-weight-optimised"}
# Weights that come from positions in a list, not from the data.
STATED_ONES = {"given", "ahp", "game-theory"}

members = pytest.mark.parametrize("name", sorted(weightings.members))
from_data = pytest.mark.parametrize("name", sorted(set(weightings.members) - STATED_ONES))
seeds = st.integers(0, 2**32 - 1)


def draw(seed: int, *, gaps: bool = False, lead: tuple[int, ...] = ()) -> np.ndarray:
    """Scores within 0 and 1 with some common movement, so that the first component is clear."""
    rng = np.random.default_rng(seed)
    common = rng.uniform(size=(*lead, 20, 1))
    x = 0.05 + 0.9 * (0.6 * common + 0.4 * rng.uniform(size=(*lead, 20, K)))
    if gaps:
        x[..., :6, :] = np.where(rng.uniform(size=(*lead, 6, K)) < 0.3, np.nan, x[..., :6, :])
    return x


def weigh(name: str, x: np.ndarray, codes: tuple[str, ...] = CODES, stated: np.ndarray = STATED) -> np.ndarray:
    def outcome(w: np.ndarray) -> np.ndarray:
        return np.nan_to_num(x) @ w

    siblings = Siblings("top", codes, stated, outcome if name in OPTIMISED else None)
    return weightings.find(name).function(x, siblings, **OPTIONS.get(name, {}))


@members
@settings(max_examples=20, deadline=None)
@given(seed=seeds, gaps=st.booleans())
def test_weights_are_shares(name: str, seed: int, gaps: bool) -> None:
    x = draw(seed, gaps=gaps)
    kept = x.copy()
    w = weigh(name, x)
    assert w.shape == (K,)
    assert w.sum() == pytest.approx(1.0)
    assert (w >= 0).all()
    np.testing.assert_array_equal(x, kept)


@from_data
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_the_order_of_siblings_does_not_matter(name: str, seed: int) -> None:
    x = draw(seed)
    order = np.random.default_rng(seed).permutation(K)
    turned = weigh(name, x[:, order], tuple(CODES[i] for i in order), STATED[order])
    np.testing.assert_allclose(turned, weigh(name, x)[order], atol=1e-6 if name in OPTIMISED else 1e-12)


@members
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_the_order_of_cells_does_not_matter(name: str, seed: int) -> None:
    x = draw(seed, gaps=True)
    order = np.random.default_rng(seed).permutation(len(x))
    np.testing.assert_allclose(weigh(name, x[order]), weigh(name, x), atol=1e-6 if name in OPTIMISED else 1e-12)


@pytest.mark.parametrize("name", sorted(set(weightings.members) - OPTIMISED))
@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_every_year_is_weighed_alone(name: str, seed: int) -> None:
    x = draw(seed, gaps=True, lead=(3,))
    alone = np.stack([weigh(name, year) for year in x])
    np.testing.assert_allclose(weigh(name, x), alone, atol=1e-12)


@members
def test_an_only_child_has_all_the_weight(name: str) -> None:
    x = np.full((5, 1), 0.5)
    assert weigh(name, x, ("a",), np.ones(1)) == pytest.approx([1.0])


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_entropy_does_not_mind_the_unit(seed: int) -> None:
    x = draw(seed, gaps=True)
    scales = np.array([1.0, 10.0, 1e6, 1e-6])
    np.testing.assert_allclose(weigh("entropy", x * scales), weigh("entropy", x), atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_critic_does_not_mind_an_indicator_that_is_constant(seed: int) -> None:
    x = draw(seed)
    more = weigh("critic", np.column_stack([x, np.full(len(x), 0.3)]), (*CODES, "e"), np.ones(5))
    np.testing.assert_allclose(more, [*weigh("critic", x), 0.0], atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=seeds, gaps=st.booleans())
def test_weights_agree_with_their_slow_twins(seed: int, gaps: bool) -> None:
    x = draw(seed, gaps=gaps)
    siblings = Siblings("top", CODES, STATED)
    np.testing.assert_allclose(weighting.entropy(x, siblings), slow.entropy(x), atol=1e-12)
    np.testing.assert_allclose(weighting.critic(x, siblings), slow.critic(x), atol=1e-12)
    absolute = weighting.critic(x, siblings, correlation="absolute")
    np.testing.assert_allclose(absolute, slow.critic(x, absolute=True), atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_no_set_takes_part_in_a_compromise_with_less_than_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sets = rng.dirichlet(np.full(K, 0.4), size=2)
    w, shares = reconcile(sets)
    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(w, slow.reconcile(sets), atol=0.02)
