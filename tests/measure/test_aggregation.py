from __future__ import annotations

import numpy as np
import pytest

from xinzhi.core.specs import FaultyValue
from xinzhi.measure import aggregation as agg
from xinzhi.measure.aggregation import aggregations
from xinzhi.measure.frontier import unit_weights
from xinzhi.measure.outranking import outrank_matrix
from xinzhi.measure.unfit import Unfit

X = np.array([[0.2, 0.9, 0.4], [0.8, 0.1, 0.5], [0.5, 0.5, 0.5], [0.3, 0.6, 0.9]])
W = np.array([0.5, 0.3, 0.2])
GAP = np.array([[0.2, np.nan, 0.4], [np.nan, np.nan, np.nan]])


def test_every_aggregation_has_a_chinese_term_a_source_and_a_summary() -> None:
    for method in aggregations:
        assert method.zh
        assert method.cite
        assert method.summary.endswith(".")


def test_means_drop_what_is_missing_and_renormalise() -> None:
    a, b = 5 / 7, 2 / 7
    for found, expected in (
        (agg.arithmetic(GAP, W), a * 0.2 + b * 0.4),
        (agg.geometric(GAP, W), 0.2**a * 0.4**b),
        (agg.harmonic(GAP, W), 1 / (a / 0.2 + b / 0.4)),
        (agg.generalised_mean(GAP, W, p=2), (a * 0.2**2 + b * 0.4**2) ** 0.5),
    ):
        assert found[0] == pytest.approx(expected)
        assert np.isnan(found[1])


class TestRefusals:
    @pytest.mark.parametrize(
        ("method", "options", "bad"),
        [
            ("geometric", {}, 0.0),
            ("geometric", {}, -0.2),
            ("harmonic", {}, 0.0),
            ("generalised-mean", {"p": -1}, 0.0),
            ("generalised-mean", {"p": 0}, -1.0),
            ("generalised-mean", {"p": 0.5}, -0.1),
            ("generalised-mean", {"p": 3}, -5.0),
            ("coupling-coordination", {}, 1.2),
            ("coupling-coordination", {}, 0.0),
            ("benefit-of-the-doubt", {}, -0.1),
            ("topsis", {"ideal": "absolute"}, 1.5),
        ],
    )
    def test_scores_that_do_not_fit_are_counted_and_placed(self, method: str, options: dict, bad: float) -> None:
        x = np.stack([X, X])
        x[1, 2, 0] = bad
        with pytest.raises(Unfit, match="1 of 24 scores") as caught:
            aggregations.find(method).function(x, W, **options)
        assert np.argwhere(caught.value.where).tolist() == [[1, 2, 0]]
        assert "24 个得分中有 1 个" in caught.value.zh

    def test_a_score_that_carries_no_weight_may_be_anything(self) -> None:
        x = np.column_stack([X, np.zeros(4)])
        w = np.append(W, 0.0)
        for method in (agg.geometric, agg.harmonic):
            np.testing.assert_allclose(method(x, w), method(X, W))
        np.testing.assert_allclose(agg.generalised_mean(x, w, p=-2), agg.generalised_mean(X, W, p=-2))

    def test_a_mean_below_zero_has_no_penalty(self) -> None:
        with pytest.raises(Unfit, match="mean above 0") as caught:
            agg.mazziotta_pareto(X - [[1], [0], [0], [0]], W)
        assert caught.value.where.tolist() == [[True] * 3, [False] * 3, [False] * 3, [False] * 3]

    def test_topsis_does_not_rank_units_that_are_all_alike(self) -> None:
        with pytest.raises(Unfit, match="alike on every indicator") as caught:
            agg.topsis(np.stack([X, np.full((4, 3), 0.5)]), W)
        assert caught.value.where.any(axis=(1, 2)).tolist() == [False, True]

    def test_options_out_of_range(self) -> None:
        for call in (
            lambda: agg.vikor(X, W, v=1.5),
            lambda: agg.grey_relational(X, W, rho=0),
            lambda: agg.mean_min(X, W, alpha=-1),
            lambda: agg.benefit_of_the_doubt(X, W, floor=0.5),
            lambda: agg.coupling_coordination(X[:, :1], W[:1]),
        ):
            with pytest.raises(FaultyValue):
                call()


class TestCopeland:
    def test_a_missing_value_is_left_out_of_the_duel(self) -> None:
        x = np.array([[1.0, np.nan, np.nan], [0.5, 9.0, 9.0], [0.1, 9.5, 0.0]])
        assert agg.copeland(x, W).tolist() == [2.0, 0.0, -2.0]

    def test_the_one_sided_rule_favours_the_unit_further_down(self) -> None:
        x = np.array([[1.0, np.nan, np.nan], [0.5, 9.0, 9.0]])
        w = np.array([0.4, 0.3, 0.3])
        assert outrank_matrix(x, w, pairs="one-sided")[0, 1] == pytest.approx(0.4)
        assert outrank_matrix(x, w)[0, 1] == 1
        assert agg.copeland(x, w, pairs="one-sided").tolist() == [-1.0, 1.0]
        assert agg.copeland(x, w).tolist() == [1.0, -1.0]

    def test_units_with_nothing_in_common_draw(self) -> None:
        x = np.array([[1.0, np.nan, np.nan], [np.nan, 9.0, 9.0]])
        assert outrank_matrix(x, W).tolist() == [[0.0, 0.5], [0.5, 0.0]]

    def test_halves_that_rounding_spoils_are_draws(self) -> None:
        x = np.array([[1.0] * 3 + [0.0] * 3, [0.0] * 3 + [1.0] * 3])
        assert agg.copeland(x, np.array([0.1, 0.2, 0.3, 0.15, 0.15, 0.3])).tolist() == [0.0, 0.0]


class TestTopsis:
    def test_the_two_places_of_weights_rank_differently(self) -> None:
        inside, matrix = agg.topsis(X, W), agg.topsis(X, W, weights="matrix")
        np.testing.assert_allclose(matrix, agg.topsis(X, W**2))
        assert not np.allclose(inside, matrix)

    def test_absolute_ideals_do_not_move_with_the_units(self) -> None:
        few = agg.topsis(X[:2], W, ideal="absolute")
        np.testing.assert_allclose(few, agg.topsis(X, W, ideal="absolute")[:2])
        assert agg.topsis(np.array([[1.0] * 3, [0.0] * 3]), W, ideal="absolute").tolist() == [1.0, 0.0]


def test_vikor_puts_the_best_at_one_and_the_worst_at_zero() -> None:
    x = np.array([[1.0, 1, 1], [0.5, 0.5, 0.5], [0, 0, 0]])
    np.testing.assert_allclose(agg.vikor(x, W), [1.0, 0.5, 0.0])


def test_grey_relation_of_the_ideal_is_full() -> None:
    x = np.vstack([X, X.max(axis=0)])
    assert agg.grey_relational(x, W)[-1] == pytest.approx(1)
    assert agg.grey_relational(np.full((3, 3), 0.5), W).tolist() == [1.0, 1.0, 1.0]


def test_the_adjusted_index_does_not_mind_linear_normalisation() -> None:
    np.testing.assert_allclose(
        agg.adjusted_mazziotta_pareto(X, W), agg.adjusted_mazziotta_pareto(X * [10, 2, 5] + [3, 0, -1], W)
    )
    scaled = agg.adjusted_mazziotta_pareto(X[:, :1], np.ones(1))
    assert scaled.mean() == pytest.approx(100)
    assert np.ptp(scaled) == pytest.approx(60)


def test_mean_min_runs_from_the_mean_to_the_lowest_score() -> None:
    np.testing.assert_allclose(agg.mean_min(X, W, alpha=0), agg.arithmetic(X, W))
    np.testing.assert_allclose(agg.mean_min(X, W, alpha=1, beta=0), X.min(axis=1))


class TestBenefitOfTheDoubt:
    def test_a_unit_that_is_best_at_something_is_on_the_frontier(self) -> None:
        scores = agg.benefit_of_the_doubt(X - [[0], [0], [0.2], [0]], W)
        np.testing.assert_allclose(scores[[0, 1, 3]], 1.0)
        assert scores[2] < 0.9

    def test_shares_keep_within_their_bounds(self) -> None:
        w = unit_weights(X, floor=0.2, ceiling=0.5)
        parts = w * X / (w * X).sum(axis=1, keepdims=True)
        assert ((parts >= 0.2 - 1e-9) & (parts <= 0.5 + 1e-9)).all()
        assert (X @ w.T <= 1 + 1e-9).all()
        assert (agg.benefit_of_the_doubt(X, W, floor=0.2, ceiling=0.5) <= agg.benefit_of_the_doubt(X, W) + 1e-9).all()

    def test_a_column_of_nothing_and_a_unit_with_a_gap(self) -> None:
        x = np.column_stack([X, np.zeros(4)])
        np.testing.assert_allclose(agg.benefit_of_the_doubt(x, np.ones(4)), agg.benefit_of_the_doubt(X, W))
        gap = np.vstack([X, [9.0, np.nan, 9.0]])
        scores = agg.benefit_of_the_doubt(gap, W)
        assert np.isnan(scores[-1])
        np.testing.assert_allclose(scores[:-1], agg.benefit_of_the_doubt(X, W))
