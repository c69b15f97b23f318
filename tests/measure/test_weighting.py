from __future__ import annotations

import numpy as np
import pytest

from xinzhi.core.specs import FaultyValue
from xinzhi.measure import weighting
from xinzhi.measure.dispersion import conflict, correlation, deviation
from xinzhi.measure.optimisation import correlations, main_effects
from xinzhi.measure.weighting import Siblings, adds_up, scored, weightings

RNG = np.random.default_rng(5)
X = RNG.uniform(0.1, 1, size=(30, 3))
ABC = Siblings("top", ("a", "b", "c"), np.array([2.0, 1.0, 1.0]))


def test_every_weighting_has_a_chinese_term_a_source_and_a_summary() -> None:
    for method in weightings:
        assert method.zh
        assert method.cite
        assert method.summary.endswith(".")


def test_given_weights_are_made_to_sum_to_one() -> None:
    assert weighting.given(X, ABC).tolist() == [0.5, 0.25, 0.25]


@pytest.mark.parametrize("stated", [[1, 1, 1], [0.2, 0.3, 0.5], [20, 30, 50], [0.333, 0.333, 0.3335], [7.0]])
def test_stated_weights_that_add_up(stated: list[float]) -> None:
    assert adds_up("abc"[: len(stated)], stated) is None


@pytest.mark.parametrize("stated", [[0.2, 0.3, 0.4], [1, 2, 3], [20, 30, 55]])
def test_stated_weights_that_do_not_add_up_are_listed(stated: list[float]) -> None:
    fault = adds_up("abc", stated)
    assert fault is not None
    assert f"c {stated[2]:g}" in fault.en
    assert f"{sum(stated):g}" in fault.zh
    assert "relative" in fault.zh


class TestPca:
    def test_a_negative_loading_is_refused_by_name(self) -> None:
        x = np.column_stack([X[:, 0], X[:, 0] + 0.01 * X[:, 1], -X[:, 0] + 0.01 * X[:, 2]])
        with pytest.raises(FaultyValue, match="negative weights to: c") as caught:
            weighting.pca(x, ABC)
        assert "c" in caught.value.zh
        assert (weighting.pca(x, ABC, negative="zero") >= 0).all()
        assert weighting.pca(x, ABC, negative="zero")[2] == 0
        assert weighting.pca(x, ABC, negative="keep")[2] < 0

    def test_an_indicator_that_is_constant_where_all_are_known_is_refused_by_name(self) -> None:
        x = X.copy()
        x[:, 1] = 0.4
        x[0] = [np.nan, 9.0, 0.5]
        with pytest.raises(FaultyValue, match="do not: b"):
            weighting.pca(x, ABC)


class TestEntropy:
    X = np.array([[0.0, 1.0], [0.5, 2.0], [1.0, 2.0], [0.25, 1.5]])
    AB = Siblings("top", ("a", "b"), np.ones(2))

    @pytest.mark.parametrize(
        ("options", "used"),
        [
            ({}, X),
            ({"zeros": "shift", "eps": 0.01}, X + 0.01),
            ({"zeros": "replace", "eps": 0.01}, np.where(X == 0, 0.01, X)),
            ({"zeros": "half-minimum"}, X + np.array([0.125, 0.5])),
            ({"zeros": "rescale", "low": 0.002, "high": 0.998}, 0.002 + 0.996 * (X - [0, 1])),
        ],
    )
    def test_every_zero_rule_and_what_is_scored_under_it(self, options: dict, used: np.ndarray) -> None:
        w = weighting.entropy(self.X, self.AB, **options)
        np.testing.assert_allclose(w, weighting.entropy(used, self.AB), atol=1e-15)
        assert scored(self.X, **options) is self.X
        np.testing.assert_allclose(scored(self.X, in_score=True, **options), used)

    def test_a_negative_value_is_refused_by_name(self) -> None:
        with pytest.raises(FaultyValue, match="below zero: b"):
            weighting.entropy(self.X - [0, 1.2], self.AB)

    def test_nothing_but_zeros_counts_as_no_difference(self) -> None:
        x = np.column_stack([self.X, np.zeros(4)])
        w = weighting.entropy(x, ABC)
        assert w[2] == 0
        np.testing.assert_allclose(w[:2], weighting.entropy(self.X, self.AB))

    def test_siblings_that_are_all_constant_are_refused(self) -> None:
        with pytest.raises(FaultyValue, match="no difference to weigh by: a, b"):
            weighting.entropy(np.full((5, 2), 0.3), self.AB)

    def test_the_number_of_cells_is_that_of_the_observed(self) -> None:
        more = np.vstack([self.X, [[np.nan, np.nan]] * 3])
        np.testing.assert_allclose(weighting.entropy(more, self.AB), weighting.entropy(self.X, self.AB), atol=1e-15)


def test_critic_with_the_coefficient_of_variation() -> None:
    spread = X.std(0, ddof=1) / X.mean(0)
    expected = spread * (1 - np.corrcoef(X.T)).sum(0)
    np.testing.assert_allclose(weighting.critic(X, ABC, spread="cv"), expected / expected.sum())
    np.testing.assert_allclose(weighting.coefficient_of_variation(X, ABC), spread / spread.sum())


def test_a_mean_that_is_not_positive_has_no_coefficient_of_variation() -> None:
    with pytest.raises(FaultyValue, match="not so: b"):
        weighting.coefficient_of_variation(X - [0, 2, 0], ABC)


def test_correlation_is_missing_where_a_column_does_not_vary() -> None:
    for constant in (1e9, 0.3, 0.1 + 0.2, 0.0):
        x = np.column_stack([1e12 * X[:, 0], np.full(30, constant), 1e-12 * X[:, 1]])
        r = correlation(x)
        assert np.isnan(r[1]).all()
        assert r[0, 2] == pytest.approx(np.corrcoef(X[:, 0], X[:, 1])[0, 1])
        assert conflict(x)[1] == 0
        assert deviation(x)[1] == 0


def test_correlation_is_missing_where_a_column_does_not_vary_beside_the_other() -> None:
    x = X[:, :2].copy()
    x[10:, 0] = np.nan
    x[:10, 1] = 0.7
    assert np.isnan(correlation(x)[0, 1])
    assert correlation(x)[1, 1] == pytest.approx(1)


class TestAhp:
    JUDGED = ((1, 3, 5), ("1/3", 1, 3), ("1/5", "1/3", 1))

    def test_a_textbook_matrix(self) -> None:
        w, ratio = weighting.ahp_weights(self.JUDGED)
        np.testing.assert_allclose(w, [0.637, 0.258, 0.105], atol=5e-4)
        assert ratio == pytest.approx(0.033, abs=5e-4)
        np.testing.assert_allclose(weighting.ahp(X, ABC, matrices={"top": self.JUDGED}), w)

    def test_consistent_judgements_give_their_own_ratios(self) -> None:
        own = np.array([0.5, 0.3, 0.15, 0.05])
        w, ratio = weighting.ahp_weights(own[:, None] / own)
        np.testing.assert_allclose(w, own)
        assert ratio == pytest.approx(0, abs=1e-12)

    def test_rounded_reciprocals_pass(self) -> None:
        w, _ = weighting.ahp_weights([[1, 3], [0.33, 1]])
        np.testing.assert_allclose(w, [0.75, 0.25], atol=2e-3)

    def test_contradictions_are_refused_unless_the_limit_is_raised(self) -> None:
        circle = [[1, 5, 0.2], [0.2, 1, 5], [5, 0.2, 1]]
        with pytest.raises(FaultyValue, match="consistency ratio") as caught:
            weighting.ahp(X, ABC, matrices={"top": circle})
        assert "一致性检验" in caught.value.zh
        np.testing.assert_allclose(weighting.ahp(X, ABC, matrices={"top": circle}, limit=10), np.full(3, 1 / 3))

    @pytest.mark.parametrize(
        ("matrix", "code"),
        [
            ([[1, 2], [0.5, 1]], "wrong-matrix"),
            ([[1, 2, 3], [0.5, 1], [1, 1, 1]], "matrix-not-square"),
            ([[1, 2, 3], [0.5, 1, 1], [1, 1, 1]], "matrix-not-reciprocal"),
            ([[1, -2, 3], [-0.5, 1, 1], [1 / 3, 1, 1]], "matrix-not-positive"),
            ([[1, float("nan"), 3], [0.5, 1, 1], [1 / 3, 1, 1]], "matrix-not-positive"),
            ([[1, "two", 3], [0.5, 1, 1], [1 / 3, 1, 1]], "matrix-not-numbers"),
            ([[1, "1/0", 3], [0.5, 1, 1], [1 / 3, 1, 1]], "matrix-not-numbers"),
        ],
    )
    def test_a_matrix_with_flaws_is_refused_with_its_parent_and_order(self, matrix: list, code: str) -> None:
        with pytest.raises(FaultyValue, match=r"'top'.*a, b, c") as caught:
            weighting.ahp(X, ABC, matrices={"top": matrix})
        assert caught.value.code == code
        assert "top" in caught.value.zh

    def test_a_parent_without_a_matrix_is_refused(self) -> None:
        with pytest.raises(FaultyValue, match="found none"):
            weighting.ahp(X, ABC, matrices={})

    def test_more_than_fifteen_items_cannot_be_checked(self) -> None:
        with pytest.raises(FaultyValue, match="order 16"):
            weighting.ahp_weights(np.ones((16, 16)))


class TestCombinations:
    def test_each_of_the_three(self) -> None:
        of = ["given", {"method": "critic", "correlation": "absolute"}]
        a, b = weighting.given(X, ABC), weighting.critic(X, ABC, correlation="absolute")
        np.testing.assert_allclose(weighting.average(X, ABC, of=of), (a + b) / 2)
        np.testing.assert_allclose(weighting.multiplicative(X, ABC, of=of), a * b / (a * b).sum())
        gram = np.array([[a @ a, a @ b], [b @ a, b @ b]])
        shares = np.linalg.solve(gram, np.diag(gram))
        assert (shares > 0).all()
        expected = shares / shares.sum() @ np.array([a, b])
        np.testing.assert_allclose(weighting.game_theory(X, ABC, of=of), expected)

    def test_a_share_that_would_be_negative_becomes_nothing(self) -> None:
        sets = np.array([[0.98, 0.01, 0.01], [0.4, 0.3, 0.3]])
        gram = sets @ sets.T
        assert (np.linalg.solve(gram, np.diag(gram)) < 0).any()

        def lopsided(x: np.ndarray, siblings: Siblings) -> np.ndarray:
            return sets[0]

        def even(x: np.ndarray, siblings: Siblings) -> np.ndarray:
            return sets[1]

        np.testing.assert_allclose(weighting.game_theory(X, ABC, of=[lopsided, even]), sets[0])

    def test_one_method_is_no_combination(self) -> None:
        with pytest.raises(FaultyValue, match="two methods or more"):
            weighting.average(X, ABC, of=["equal"])

    def test_an_unknown_method_or_option_is_refused(self) -> None:
        with pytest.raises(FaultyValue, match="Did you mean: entropy"):
            weighting.average(X, ABC, of=["equal", "entropi"])
        with pytest.raises(FaultyValue, match="no option 'epsilon'"):
            weighting.average(X, ABC, of=["equal", {"method": "entropy", "epsilon": 1}])

    def test_sets_that_exclude_one_another_leave_nothing_to_multiply(self) -> None:
        def first(x: np.ndarray, siblings: Siblings) -> np.ndarray:
            return np.array([1.0, 0, 0])

        def rest(x: np.ndarray, siblings: Siblings) -> np.ndarray:
            return np.array([0, 0.5, 0.5])

        with pytest.raises(FaultyValue, match="no difference to weigh by"):
            weighting.multiplicative(X, ABC, of=[first, rest])


class TestOptimised:
    def siblings(self, stated: list[float] | None = None) -> Siblings:
        return Siblings("top", ("a", "b", "c"), np.array(stated or [1.0, 1, 1]), lambda w: X @ w)

    def test_correlations_come_to_match_the_stated_importance(self) -> None:
        for stated in ([1.0, 1, 1], [2.0, 1, 1]):
            w = weighting.correlation_optimised(X, self.siblings(stated))
            found = correlations(X, X @ w)
            np.testing.assert_allclose(found / found.sum(), np.array(stated) / sum(stated), atol=1e-6)

    def test_information_raises_the_correlations(self) -> None:
        def miss(w: np.ndarray) -> float:
            return float(((1 - correlations(X, X @ w)) ** 2).sum())

        w = weighting.correlation_optimised(X, self.siblings(), aim="information")
        assert (w >= 0).all()
        assert miss(w) <= min(miss(np.array(other)) for other in ([1, 1, 1], [2, 1, 1], [1, 2, 1], [1, 1, 2]))

    @pytest.mark.parametrize("effect", ["squared-correlation", "correlation-ratio"])
    def test_main_effects_come_to_match_the_stated_importance(self, effect: str) -> None:
        w = weighting.effective_weight_optimised(X, self.siblings([2.0, 1, 1]), effect=effect)
        found = main_effects(X, X @ w, effect=effect)
        np.testing.assert_allclose(found / found.sum(), [0.5, 0.25, 0.25], atol=1e-5)

    def test_the_correlation_ratio_sees_what_a_line_does_not(self) -> None:
        x = np.linspace(-1, 1, 101)[:, None]
        y = x[:, 0] ** 2
        assert main_effects(x, y)[0] == pytest.approx(0, abs=1e-12)
        assert main_effects(x, y, effect="correlation-ratio")[0] == pytest.approx(1)

    def test_they_need_the_index_over_the_same_cells(self) -> None:
        with pytest.raises(FaultyValue, match="pooled"):
            weighting.correlation_optimised(X, ABC)
        with pytest.raises(FaultyValue, match="pooled"):
            weighting.effective_weight_optimised(X[:10], self.siblings())
