from __future__ import annotations

import numpy as np
import pytest

from xinzhi.core.specs import FaultyValue
from xinzhi.measure.treatment import BOTTOM, TOP, TRANSFORMED, Treated, treatments

_ = np.nan
OUTLIERS = np.array([*range(1, 11), 30.0, 100.0, _])[:, None]


def take(name, x, **options):
    return treatments.find(name).function(x, **options)


def test_winsorising_pulls_extremes_to_the_next_value_until_the_column_passes():
    made = take("winsorise", OUTLIERS)
    assert made.values[:12, 0].tolist() == [*range(1, 11), 30, 30]
    assert made.marks[:, 0].tolist() == [0] * 11 + [TOP, 0]
    further = take("winsorise", OUTLIERS, skew=1.0, kurtosis=1.0)
    assert further.values[:12, 0].tolist() == [*range(1, 11), 10, 10]
    assert further.marks[:, 0].tolist() == [0] * 10 + [TOP, TOP, 0]
    assert further.details["winsorised"].tolist() == [2]


def test_low_outliers_are_pulled_up():
    made = take("winsorise", -OUTLIERS)
    assert made.marks[:, 0].tolist() == [0] * 11 + [BOTTOM, 0]


def test_tied_extremes_move_together_past_the_limit():
    x = np.array([*range(1, 13), 100.0, 100.0])[:, None]
    assert take("winsorise", x, limit=1, skew=0.1, kurtosis=-5).details["winsorised"].tolist() == [2]


def test_a_limit_of_nothing_moves_nothing_and_none_is_no_limit():
    assert take("winsorise", OUTLIERS, limit=0).details["winsorised"].tolist() == [0]
    x = np.array([0.0] * 60 + [1, 2, 3, 4, 5, 6, 1e3, 2e3, 3e3, 4e3, 5e3, 6e3, 7e3])[:, None]
    assert take("winsorise", x, limit=None).details["winsorised"][0] > 5


def test_force_goes_to_the_limit_in_a_column_that_passes():
    x = np.arange(10.0)[:, None]
    assert take("winsorise", x, limit=2).details["winsorised"].tolist() == [0]
    assert take("winsorise", x, limit=2, force=True).details["winsorised"].tolist() == [2]


def test_a_column_that_would_become_constant_is_left_alone():
    rare = np.array([0.0] * 20 + [1.0])[:, None]
    for name in ("winsorise", "winsorise-then-log", "chain"):
        made = take(name, rare)
        assert np.array_equal(made.values, rare)
        assert not made.marks.any()
        assert made.details["undone"].tolist() == [True]


def test_the_logarithm_takes_over_from_the_original():
    x = np.exp(np.linspace(0, 12, 40))[:, None]
    made = take("winsorise-then-log", x, limit=1)
    low, high = x.min(), x.max()
    np.testing.assert_allclose(made.values, np.log(x - low + 0.01 * (high - low)))
    assert (made.marks == TRANSFORMED).all()
    assert made.details["stage"].tolist() == [2]


def test_combined_the_logarithm_is_of_the_winsorised_and_both_marks_stay():
    x = np.exp(np.linspace(0, 12, 40))[:, None]
    made = take("winsorise-then-log", x, limit=1, combine=True)
    clipped = np.minimum(x, x[-2])
    low, high = clipped.min(), clipped.max()
    np.testing.assert_allclose(made.values, np.log(clipped - low + 0.01 * (high - low)))
    assert made.marks[:, 0].tolist() == [TRANSFORMED] * 39 + [TOP]


def test_a_chain_takes_any_two_methods_by_name_or_as_functions():
    x = np.exp(np.linspace(0, 12, 40))[:, None]

    def halve(x):
        return Treated(x / 2, np.full(x.shape, TRANSFORMED, np.int8))

    made = take("chain", x, first=halve, then="box-cox", then_options={"power": 0})
    np.testing.assert_allclose(made.values, np.log(x - x.min() + 1))
    with pytest.raises(FaultyValue, match="winsorise"):
        take("chain", x, first="winsorize")


def test_logarithms():
    x = np.array([1.0, 2.0, 11.0, _])[:, None]
    seen = x[:3, 0]
    for name, expected in {
        "log": np.log(seen),
        "log-ct": np.log(seen - 1 + 0.1),
        "log-ct-plus": np.log(seen - 1 + 0.1),
        "log-ct-orig": np.log(seen),
        "log-gii": np.log(10 * (seen - 1) / 10 + 1),
    }.items():
        np.testing.assert_allclose(take(name, x).values[:3, 0], expected, err_msg=name)
    np.testing.assert_allclose(take("log-ct-plus", -x).values[:3, 0], -np.log(seen - 1 + 0.1))


def test_a_logarithm_that_does_not_exist_is_not_finite():
    assert np.isnan(take("log", np.array([[-1.0], [1.0]])).values).tolist() == [[True], [False]]
    assert np.isnan(take("log-gii", np.array([[0.1], [0.9]])).values).all()
    assert np.isnan(take("box-cox", np.array([[-1.0], [1.0]]), power=2, shift=False).values[0, 0])


def test_box_cox():
    x = np.array([[1.0], [4.0], [9.0]])
    np.testing.assert_allclose(take("box-cox", x, power=0.5).values, 2 * (np.sqrt(x) - 1))
    np.testing.assert_allclose(take("box-cox", x, power=0, shift=False).values, np.log(x))


def test_a_constant_column_is_left_alone():
    flat = np.full((5, 1), 3.0)
    for name in treatments.members:
        options = {"power": 0.5} if name == "box-cox" else {}
        made = take(name, flat, **options)
        assert np.array_equal(made.values, flat), name
        assert not made.marks.any(), name
