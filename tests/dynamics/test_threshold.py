import itertools

import numpy as np
import pytest
from benchmarks import convergence_coverage as planted
from numpy.testing import assert_allclose

from tests.oracles import convergence as slow
from xinzhi.core.errors import MethodError
from xinzhi.dynamics.threshold import panel_threshold


def panel(seed=1, n=10, t=6, change=1.5, second=0.0):
    y, x, q = planted.switching(np.random.default_rng(seed), n, t, change)
    return y + second * x * (q > 1.0), x, q


def flat(y, x, q):
    regions = np.repeat(np.arange(y.sizes["region"]), y.sizes["time"])
    return y.values.ravel(), x.values.ravel(), q.values.ravel(), regions


def test_one_threshold_is_the_best_of_all_regressions():
    data = panel()
    found = panel_threshold(*data, trim=0.1, replications=19)
    y, x, q, regions = flat(*data)
    (one,) = found.thresholds
    values = one.ratio.threshold.values
    squares = [slow.threshold_squares(y, x, q, regions, [value]) for value in values]
    whole = slow.threshold_squares(y, x, q, regions, [])
    variance = min(squares) / (10 * 5)
    assert one.estimate == values[np.argmin(squares)]
    assert one.f == pytest.approx((whole - min(squares)) / variance, rel=1e-9)
    assert_allclose(one.ratio, (np.array(squares) - min(squares)) / variance, rtol=1e-7, atol=1e-9)
    inside = values[one.ratio.values <= -2 * np.log(1 - np.sqrt(0.95))]
    assert (one.low, one.high) == (inside[0], inside[-1])
    assert set(values) == {v for v in q if 6 <= (q <= v).sum() <= 54}


def test_two_thresholds_are_found_one_after_the_other():
    data = panel(n=20, t=8, change=2.0, second=2.5)
    found = panel_threshold(*data, thresholds=2, trim=0.1, replications=99)
    assert [one.estimate for one in found.thresholds] == pytest.approx([0.3, 1.0], abs=0.15)
    assert all(one.p <= 0.05 for one in found.thresholds)
    assert found.fit.coefficients == pytest.approx([1, 3, 5.5], abs=0.6)
    y, x, q, regions = flat(*data)
    values = planted.np.unique(np.concatenate([one.ratio.threshold.values for one in found.thresholds]))
    cuts = [one.estimate for one in found.thresholds]
    best = min(
        slow.threshold_squares(y, x, q, regions, pair)
        for pair in itertools.product([cuts[0]], values)
        if (np.diff(np.sort((q[:, None] <= np.array(pair)).sum(axis=0))) >= 16).all()
    )
    assert slow.threshold_squares(y, x, q, regions, cuts) == pytest.approx(best, rel=1e-9)


def test_slopes_are_those_of_the_regimes():
    data = panel()
    found = panel_threshold(*data, replications=9)
    y, x, q, regions = flat(*data)
    cut = found.thresholds[0].estimate
    below = x * (q <= cut)
    expected, _ = slow.dummies(y, np.column_stack([below, x - below]), regions, regions, ("region",))
    assert_allclose(found.fit.coefficients, expected[:2], rtol=1e-9)
    assert found.fit.names == (f"x [q ≤ {cut:.4g}]", f"x [q > {cut:.4g}]")
    assert found.shares == pytest.approx(((q <= cut).mean(), (q > cut).mean()))


def test_controls_and_time_effects_do_not_hide_the_threshold():
    y, x, q = panel(n=30, t=10, change=2.0)
    rng = np.random.default_rng(0)
    control = y.copy(data=rng.normal(size=y.shape)).rename("size")
    y = y + 3 * control + 5 * rng.normal(size=10)
    found = panel_threshold(y.rename("y"), x, q, controls=control, effects=("region", "time"), replications=99)
    assert found.thresholds[0].low <= 0.3 <= found.thresholds[0].high
    assert found.fit.coefficients == pytest.approx([1, 3, 3], abs=0.3)
    assert found.thresholds[0].p <= 0.05


def test_the_seed_settles_the_bootstrap():
    data = panel()
    one, same, other = (panel_threshold(*data, seed=seed, thresholds=2).thresholds for seed in (1, 1, 2))
    assert [t.p for t in one] == [t.p for t in same]
    assert [t.estimate for t in one] == [t.estimate for t in other]


def test_unbalanced_panels_and_other_refusals():
    y, x, q = panel()
    holed = y.copy()
    holed[3, 2] = np.nan
    found = panel_threshold(holed, x, q, replications=9)
    assert [note.code for note in found.omitted] == ["regions-with-gaps", "few-clusters"]
    assert "r3" in found.omitted[0].en
    assert "r3" in found.omitted[0].zh
    assert found.fit.clusters == 9
    with pytest.raises(MethodError, match="varies too little"):
        panel_threshold(y, x, q * 0 + 1)
    with pytest.raises(MethodError, match="does not vary"):
        panel_threshold(y, x * 0 + 1, q)
    with pytest.raises(MethodError, match="explains the outcome exactly"):
        panel_threshold((2 * x).rename("y"), x, q)
    with pytest.raises(MethodError, match="one or two"):
        panel_threshold(y, x, q, thresholds=3)
    with pytest.raises(MethodError, match="every region and year"):
        panel_threshold(y, x.isel(time=slice(3)), q)
    with pytest.raises(MethodError, match="two regions"):
        panel_threshold(y[:1], x[:1], q[:1])


def test_readable():
    found = panel_threshold(*panel(), replications=9)
    assert "seed 0" in repr(found)
    assert found.to_frame()["variable"].tolist() == list(found.fit.names)


def test_bounds_hold_a_planted_threshold_and_none_is_seldom_claimed():
    """40 panels each: a binomial of 0.95 falls below 34, one of 0.05 exceeds 6, about once in a hundred times."""
    threshold, slope = planted.rate(40, planted.threshold_held, 30, 12, 0.5)
    assert threshold >= 34 / 40
    assert slope >= 34 / 40
    assert planted.rate(40, planted.threshold_claimed, 30, 12) <= 6 / 40
