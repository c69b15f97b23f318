from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xinzhi.core.labels import MISSING, OBSERVED, ORIGINS
from xinzhi.core.specs import FaultyValue
from xinzhi.measure.imputation import Near, fill, imputations

_ = np.nan


def near(x, *, groups=None, parents=None, times=None, directions=None, pooled=False):
    t, _regions, k = x.shape
    return Near(
        None if groups is None else np.array(groups),
        np.zeros(k, int) if parents is None else np.array(parents),
        np.arange(float(t)) if times is None else np.array(times, float),
        np.ones(k) if directions is None else np.array(directions, float),
        pooled,
    )


def series(*values):
    """One region and one indicator over time."""
    return np.array(values, float)[:, None, None]


def across(*values):
    """One indicator of several regions in one year."""
    return np.array(values, float)[None, :, None]


def take(name, x, about=None, **options):
    return imputations.find(name).function(x, about or near(x), **options)


def test_mean_and_median_of_the_other_regions():
    x = across(1, 2, 6, _)
    assert take("mean", x)[0, 3, 0] == 3
    assert take("median", x)[0, 3, 0] == 2
    assert take("median", across(1, 3, _))[0, 2, 0] == 2


def test_years_are_kept_apart_unless_pooled():
    x = np.array([[[1.0], [_]], [[5.0], [9.0]]])
    assert take("mean", x)[0, 1, 0] == 1
    assert take("mean", x, near(x, pooled=True))[0, 1, 0] == 5


def test_a_group_without_values_stays_open():
    x = across(1, 3, _, _, _)
    filled = take("group-mean", x, near(x, groups=[0, 0, 0, 1, -1]))
    assert np.array_equal(filled[0, :, 0], [1, 3, 2, _, _], equal_nan=True)


def test_groups_must_be_named():
    with pytest.raises(FaultyValue, match="`by`") as refused:
        take("group-median", across(1, _))
    assert "`by`" in refused.value.zh


def test_linear_follows_the_calendar_and_leaves_the_ends_open():
    x = series(_, 1, _, 7, _)
    filled = take("linear", x, near(x, times=[2000, 2001, 2003, 2004, 2005]))
    assert np.array_equal(filled[:, 0, 0], [_, 1, 5, 7, _], equal_nan=True)


def test_constant_carries_forward_and_the_first_value_back():
    assert take("constant", series(_, 1, _, 7, _))[:, 0, 0].tolist() == [1, 1, 1, 7, 7]


def test_latest_looks_back_only_as_far_as_allowed():
    x = series(_, 1, _, _, 7)
    assert np.array_equal(take("latest", x)[:, 0, 0], [_, 1, 1, 1, 7], equal_nan=True)
    assert np.array_equal(take("latest", x, within=1)[:, 0, 0], [_, 1, 1, _, 7], equal_nan=True)


def test_row_mean_reads_siblings_on_one_scale_and_minds_their_direction():
    # The third region stands at the middle of a, and at the worst end of c, which belongs elsewhere.
    x = np.array([[[0.0, 10.0, 1.0], [10.0, 30.0, 2.0], [5.0, _, 2.0]]])
    about = near(x, parents=[0, 0, 1], directions=[1, -1, -1])
    assert take("row-mean", x, about)[0, 2, 1] == 20
    # Over all indicators: (0.5 + 0)/2 on the scale, and low is good for b.
    assert take("row-mean", x, about, siblings=False)[0, 2, 1] == 25


def test_em_without_a_ridge_is_the_regression_on_complete_cases():
    # With one variable complete and the other missing in places, maximum likelihood is that regression (Anderson 1957).
    rng = np.random.default_rng(3)
    a = rng.normal(size=40)
    b = 2 + 3 * a + rng.normal(size=40)
    x = np.column_stack([a, b])
    x[30:, 1] = _
    slope, level = np.polyfit(a[:30], b[:30], 1)
    filled = take("em", x[None], ridge=0.0, tolerance=1e-12, steps=5000)[0]
    np.testing.assert_allclose(filled[30:, 1], level + slope * a[30:], rtol=1e-8)


def test_em_leaves_rows_and_columns_that_say_nothing():
    x = np.array([[[1.0, 2.0, _], [2.0, 3.0, 4.0], [_, _, _], [4.0, _, _]]])
    filled = take("em", x)[0]
    assert np.isnan(filled[2]).all()
    assert np.isnan(filled[[0, 3], 2]).all()
    assert not np.isnan(filled[3, 1])


def test_em_says_so_when_it_does_not_settle():
    x = np.array([[[1.0, 2.0], [2.0, 1.0], [4.0, _]]])
    with pytest.raises(FaultyValue, match="2 steps"):
        take("em", x, steps=2)


def test_every_filled_cell_is_known_by_the_step_that_filled_it():
    x = np.concatenate([series(_, 1, _, 3, _), series(_, _, _, _, _)], axis=1)

    def mine(x, near):
        return np.where(np.isnan(x), 9.0, x + 1)

    steps = [("linear-constant", imputations.find("linear-constant").function, {}), ("mine", mine, {})]
    origin = np.where(np.isnan(x), MISSING, OBSERVED).astype(np.uint8)
    filled, after = fill(x, steps, near(x), origin)
    assert filled[:, 0, 0].tolist() == [1, 1, 2, 3, 3]
    assert [ORIGINS[code] for code in after[:, 0, 0]] == ["constant", "observed", "linear", "observed", "constant"]
    assert (after[:, 1, 0] == ORIGINS.index("function")).all()
    assert (origin[:, 1, 0] == MISSING).all()


def test_what_no_step_can_fill_is_missing():
    x = across(_, _)
    _filled, origin = fill(x, [("mean", imputations.find("mean").function, {})], near(x), np.zeros(x.shape, np.uint8))
    assert (origin == MISSING).all()


def test_a_function_must_keep_the_shape():
    x = across(1, _)
    with pytest.raises(FaultyValue, match="shape"):
        fill(x, [("f", lambda x, near: x[0], {})], near(x), np.zeros(x.shape, np.uint8))


def test_a_hot_deck_takes_values_of_its_own_column_year_and_group():
    rng = np.random.default_rng(3)
    x = rng.random((2, 8, 3))
    x[0, 1, 0] = x[0, 6, 0] = x[1, 2, 1] = np.nan
    groups = np.array([0, 0, 0, 0, 1, 1, 1, -1])
    near = Near(groups, np.zeros(3, dtype=int), np.arange(2.0), np.ones(3), seed=5)
    filled = imputations.find("hot-deck").function(x, near)
    assert filled[0, 1, 0] in x[0, :4, 0]
    assert filled[0, 6, 0] in x[0, 4:7, 0]
    assert filled[1, 2, 1] in x[1, :4, 1]
    assert np.array_equal(filled, imputations.find("hot-deck").function(x, near))
    others = {imputations.find("hot-deck").function(x, replace(near, seed=seed))[0, 1, 0] for seed in range(20)}
    assert len(others) > 1


def test_a_hot_deck_without_donors_leaves_the_gap_open():
    x = np.full((1, 3, 1), np.nan)
    near = Near(None, np.zeros(1, dtype=int), np.arange(1.0), np.ones(1), seed=0)
    assert np.isnan(imputations.find("hot-deck").function(x, near)).all()


def test_em_draws_spread_as_the_conditional_distribution_does():
    rng = np.random.default_rng(8)
    x = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=400)
    x[0, 1] = np.nan
    near = Near(None, np.zeros(2, dtype=int), np.arange(1.0), np.ones(2), seed=0)
    em = imputations.find("em").function
    draws = np.array([em(x[None], replace(near, seed=s), ridge=0.0, noise="residual")[0, 0, 1] for s in range(300)])
    assert abs(draws.mean() - em(x[None], near, ridge=0.0)[0, 0, 1]) < 0.15
    assert abs(draws.std() - 0.6) < 0.1  # sqrt(1 - 0.8²)
