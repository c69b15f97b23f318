import numpy as np
import pytest
import xarray as xr
from benchmarks import convergence_coverage as planted
from numpy.testing import assert_allclose

from tests.oracles import convergence as slow
from xinzhi.core.errors import MethodError
from xinzhi.dynamics.breaks import chow_test, errors_drawn, structural_break

PEER = "statsmodels is an oracle only, not in the lock"
SHIFTS = ["level", "trend", "both"]


def series(values, start=2000):
    return xr.DataArray(np.asarray(values, float), dims="time", coords={"time": start + np.arange(len(values))})


NOISE = np.random.default_rng(2).normal(size=30)


@pytest.mark.parametrize("shift", SHIFTS)
def test_every_candidate_by_two_regressions(shift):
    found = structural_break(series(NOISE), shift=shift, replications=9)
    years = np.arange(30.0)
    expected = [slow.chow(NOISE, years, int(date - 2000), shift) for date in found.f.time.values]
    assert_allclose(found.f, expected, rtol=1e-8)
    assert found.sup_f == found.f.max()
    assert found.date in found.dates


@pytest.mark.parametrize("shift", SHIFTS)
def test_chow_agrees_with_statsmodels(shift):
    sm = pytest.importorskip("statsmodels.api", reason=PEER)
    years = np.arange(30.0)
    jump, bend = (years >= 12).astype(float), np.maximum(years - 11, 0)
    added = {"level": [jump], "trend": [bend], "both": [jump, jump * (years - 12)]}[shift]
    base = sm.OLS(NOISE, np.column_stack([np.ones(30), years])).fit()
    full = sm.OLS(NOISE, np.column_stack([np.ones(30), years, *added])).fit()
    f, p, _ = full.compare_f_test(base)
    ours = chow_test(series(NOISE), 2012, shift=shift)
    assert_allclose([ours.statistic, ours.p], [f, p], rtol=1e-9)
    sizes = [size for size in (ours.jump, ours.bend) if size is not None]
    assert_allclose(sizes, full.params[2:], rtol=1e-8)


@pytest.mark.parametrize(("shift", "jump", "bend"), [("level", 5, None), ("trend", None, 1.5), ("both", 5, 1.5)])
def test_a_planted_break_is_given_back(shift, jump, bend):
    years = np.arange(24)
    path = 1 + 0.2 * years + (jump or 0) * (years >= 14)
    path = path + (bend or 0) * np.maximum(years - (13 if shift == "trend" else 14), 0)
    found = structural_break(series(path + 0.1 * NOISE[:24]), shift=shift, replications=199, bootstrap="wild")
    assert found.date == 2014
    assert found.p <= 0.05
    assert 2014 in found.dates
    if jump:
        assert found.jump == pytest.approx(jump, abs=0.3)
    if bend:
        assert found.bend == pytest.approx(bend, abs=0.1)
    assert found.fitted.values == pytest.approx(path, abs=0.3)


def test_the_mean_of_regions_without_gaps_is_taken():
    regions = planted.labelled(NOISE[:20] + np.array([[0.0], [1.0], [2.0]]))
    regions[2, 4] = np.nan
    found = structural_break(regions, replications=9)
    assert_allclose(found.series, NOISE[:20] + 0.5)
    assert found.omitted[0].code == "regions-with-gaps"


def test_a_seed_gives_the_same_answer_and_the_unit_does_not_matter():
    for bootstrap in errors_drawn:
        first = structural_break(series(NOISE), bootstrap=bootstrap.name, replications=99, seed=3)
        again = structural_break(series(1000 * NOISE - 7), bootstrap=bootstrap.name, replications=99, seed=3)
        assert (first.p, first.dates, first.date) == (again.p, again.dates, again.date)
        assert bootstrap.zh
        assert bootstrap.cite
        assert bootstrap.summary.endswith(".")


def test_without_a_trend_the_mean_shifts():
    path = np.where(np.arange(20) < 9, 1.0, 3.0) + 0.2 * NOISE[:20]
    found = structural_break(series(path), shift="level", trending=False, replications=99)
    assert found.date == 2009
    assert found.jump == pytest.approx(path[9:].mean() - path[:9].mean(), rel=1e-9)
    with pytest.raises(MethodError, match="trending = false leaves out"):
        structural_break(series(path), shift="trend", trending=False)


def test_short_constant_and_straight_series():
    assert structural_break(series(NOISE[:12]), replications=9).omitted[0].code == "short-series"
    assert structural_break(series(NOISE[:20]), replications=9).omitted == ()
    with pytest.raises(MethodError, match="at least 8 years"):
        structural_break(series(NOISE[:7]))
    with pytest.raises(MethodError, match="leave no room"):
        structural_break(series(NOISE), trim=0.5)
    for path in (np.ones(20), 3 + 0.1 * np.arange(20.0)):
        with pytest.raises(MethodError, match="nothing that a break could explain") as caught:
            structural_break(series(path))
        assert "断点" in caught.value.say("zh")
    with pytest.raises(MethodError, match="Choose a year from 2003 to 2027"):
        chow_test(series(NOISE), 2001)
    with pytest.raises(MethodError, match="no value in 2000") as caught:
        structural_break(series([np.nan, *NOISE]))
    assert "2000" in caught.value.say("zh")
    with pytest.raises(MethodError, match="regions without gaps"):
        structural_break(planted.labelled(np.array([[np.nan, *NOISE]])))


def test_a_step_without_noise_is_found_for_certain():
    step = series(np.where(np.arange(20) < 10, 1.0, 2.0))
    found = structural_break(step, shift="level", trending=False, replications=99)
    assert (found.date, found.dates, found.jump) == (2010, (2010,), pytest.approx(1.0))
    assert 1e6 < found.sup_f < 1e16


def test_the_set_of_dates_allows_for_errors_that_carry_over():
    """Its critical value grows by the long-run variance over the variance, never shrinks."""
    jump = 3.0 * (np.arange(30) >= 15)
    smooth = np.convolve(NOISE, [1, 1, 1], "same")
    for errors in (NOISE, smooth, NOISE * (-1) ** np.arange(30)):
        found = structural_break(series(jump + errors), shift="level", trending=False, replications=9)
        u = found.series.values - found.fitted.values
        rho = (u[1:] @ u[:-1]) / (u[:-1] @ u[:-1])
        rho = min(max(rho + (1 + 3 * max(rho, 0)) / 30, 0), 0.9)
        left = np.array([slow.split_squares(found.series.values, int(date - 2000)) for date in found.f.time.values])
        critical = -2 * np.log(1 - np.sqrt(0.95)) * (1 + rho) / (1 - rho)
        inside = (left - left.min()) / (left.min() / 28) <= critical
        assert found.dates == tuple(found.f.time.values[inside].tolist())


def test_readable():
    found = structural_break(series(NOISE), replications=9)
    assert "sup-F" in repr(found)
    frame = found.to_frame()
    assert frame["possible"].sum() == len(found.dates)
    assert frame["f"].notna().sum() == found.f.size


def test_sets_hold_a_planted_date_and_no_break_is_seldom_claimed():
    """40 series each: a binomial of 0.95 falls below 34, one of 0.05 exceeds 6, about once in a hundred times."""
    held, _ = planted.rate(40, planted.date_held, 25, "level", 3.0)
    assert held >= 34 / 40
    held, _ = planted.rate(40, planted.date_held, 40, "trend", 0.5)
    assert held >= 34 / 40
    held, _ = planted.rate(40, planted.date_held, 40, "level", 2.0, 0.5)
    assert held >= 34 / 40
    assert planted.rate(40, planted.break_claimed, 20, "both", "wild") <= 6 / 40
    assert planted.rate(40, planted.break_claimed, 30, "both", "autoregressive", 0.5) <= 6 / 40
