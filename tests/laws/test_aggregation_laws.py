"""What must hold for any aggregation, whatever the scores."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import aggregations as slow
from xinzhi.measure import aggregation as agg
from xinzhi.measure.aggregation import aggregations
from xinzhi.measure.outranking import outrank_matrix

OPTIONS: dict[str, dict[str, Any]] = {"generalised-mean": {"p": 3.0}}
MEANS = ("arithmetic", "geometric", "harmonic", "generalised-mean")
# These give no score to a unit with any gap.
WHOLE = {"coupling-coordination", "benefit-of-the-doubt"}

members = pytest.mark.parametrize("name", sorted(aggregations.members))
means = pytest.mark.parametrize("name", MEANS)
seeds = st.integers(0, 2**32 - 1)


def draw(seed: int, *, gaps: bool = False, lead: tuple[int, ...] = ()) -> tuple[np.ndarray, np.ndarray]:
    """Scores within 0 and 1, (7 units, 4 siblings), some of them tied, and weights of any sum."""
    rng = np.random.default_rng(seed)
    x = 0.05 + 0.9 * rng.uniform(size=(*lead, 7, 4)).round(2)
    if gaps:
        x = np.where(rng.uniform(size=x.shape) < 0.2, np.nan, x)
        x[..., 0, :] = np.nan
    return x, rng.uniform(0.1, 2.0, size=4)


def score(name: str, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return aggregations.find(name).function(x, w, **OPTIONS.get(name, {}))


@members
@settings(max_examples=20, deadline=None)
@given(seed=seeds, gaps=st.booleans())
def test_a_unit_with_data_has_a_score_and_one_without_has_none(name: str, seed: int, gaps: bool) -> None:
    x, w = draw(seed, gaps=gaps)
    kept = x.copy()
    scores = score(name, x, w)
    lost = np.isnan(x).any(-1) if name in WHOLE else np.isnan(x).all(-1)
    np.testing.assert_array_equal(np.isnan(scores), lost)
    np.testing.assert_array_equal(x, kept)


@members
@settings(max_examples=15, deadline=None)
@given(seed=seeds, gaps=st.booleans())
def test_the_order_of_units_and_of_siblings_does_not_matter(name: str, seed: int, gaps: bool) -> None:
    x, w = draw(seed, gaps=gaps)
    rng = np.random.default_rng(seed)
    units, siblings = rng.permutation(7), rng.permutation(4)
    np.testing.assert_allclose(score(name, x[units], w), score(name, x, w)[units], atol=1e-9)
    np.testing.assert_allclose(score(name, x[:, siblings], w[siblings]), score(name, x, w), atol=1e-9)


@members
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_only_the_shares_of_weights_matter(name: str, seed: int) -> None:
    x, w = draw(seed, gaps=True)
    np.testing.assert_allclose(score(name, x, 7 * w), score(name, x, w), atol=1e-9)


@members
@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_every_year_is_aggregated_alone(name: str, seed: int) -> None:
    x, w = draw(seed, gaps=True, lead=(3,))
    weights = np.stack([w, w[::-1], np.ones(4)])
    alone = np.stack([score(name, year, own) for year, own in zip(x, weights, strict=True)])
    np.testing.assert_allclose(score(name, x, weights), alone, atol=1e-9)
    together = np.stack([score(name, year, w) for year in x])
    np.testing.assert_allclose(score(name, x, w), together, atol=1e-9)


@members
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_a_unit_that_is_best_at_everything_comes_first(name: str, seed: int) -> None:
    x, w = draw(seed)
    x[3] = x.max(axis=0) + 0.01
    scores = score(name, x, w)
    # Penalties for uneven scores can put an even unit ahead of a better one.
    if name not in {"mazziotta-pareto", "adjusted-mazziotta-pareto", "coupling-coordination", "mean-min"}:
        assert scores[3] >= scores.max() - 1e-12


@means
@settings(max_examples=25, deadline=None)
@given(seed=seeds, gaps=st.booleans())
def test_a_mean_lies_within_the_scores_and_never_falls_when_one_rises(name: str, seed: int, gaps: bool) -> None:
    x, w = draw(seed, gaps=gaps)
    scores, known = score(name, x, w), ~np.isnan(x).all(-1)
    low, high = np.fmin.reduce(x, axis=-1), np.fmax.reduce(x, axis=-1)
    assert ((low - 1e-12 <= scores) & (scores <= high + 1e-12))[known].all()
    x[:, 2] += 0.1
    assert (score(name, x, w) >= scores - 1e-12)[known].all()


@settings(max_examples=25, deadline=None)
@given(seed=seeds, gaps=st.booleans())
def test_the_means_stand_in_order(seed: int, gaps: bool) -> None:
    x, w = draw(seed, gaps=gaps)
    x = x[~np.isnan(x).all(axis=1)]
    scores = [agg.generalised_mean(x, w, p=p) for p in (-1.0, 0.0, 0.5, 1.0, 2.0)]
    assert all((a <= b + 1e-12).all() for a, b in pairwise(scores))
    np.testing.assert_allclose(scores[0], agg.harmonic(x, w), atol=1e-12)
    np.testing.assert_allclose(scores[1], agg.geometric(x, w), atol=1e-12)


@pytest.mark.parametrize("name", [*MEANS, "copeland", "mazziotta-pareto", "mean-min", "topsis", "vikor", "wroclaw"])
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_what_has_no_weight_counts_for_nothing(name: str, seed: int) -> None:
    x, w = draw(seed)
    more = np.column_stack([x, np.random.default_rng(seed + 1).uniform(0.1, 1, size=7)])
    np.testing.assert_allclose(score(name, more, np.append(w, 0.0)), score(name, x, w), atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, gaps=st.booleans())
def test_outranking_is_complementary_and_adds_to_nothing(seed: int, gaps: bool) -> None:
    x, w = draw(seed, gaps=gaps)
    shares = outrank_matrix(x, w)
    np.testing.assert_allclose(shares + shares.T, 1 - np.eye(7), atol=1e-12)
    assert np.nansum(agg.copeland(x, w)) == 0


@settings(max_examples=25, deadline=None)
@given(seed=seeds, gaps=st.booleans())
def test_aggregations_agree_with_their_slow_twins(seed: int, gaps: bool) -> None:
    x, w = draw(seed, gaps=gaps)
    for twin in ("arithmetic", "geometric", "harmonic", "copeland"):
        np.testing.assert_allclose(getattr(agg, twin)(x, w), getattr(slow, twin)(x, w), atol=1e-12)
    np.testing.assert_allclose(agg.generalised_mean(x, w, p=2.5), slow.generalised_mean(x, w, 2.5), atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_distances_agree_with_their_slow_twins(seed: int) -> None:
    x, w = draw(seed)
    for twin in ("topsis", "grey_relational", "coupling_coordination"):
        np.testing.assert_allclose(getattr(agg, twin)(x, w), getattr(slow, twin)(x, w), atol=1e-12)
    np.testing.assert_allclose(agg.vikor(x, w), 1 - slow.vikor(x, w), atol=1e-12)
    np.testing.assert_allclose(agg.mazziotta_pareto(x, np.ones(4)), slow.mazziotta_pareto(x), atol=1e-12)
