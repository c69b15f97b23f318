import itertools

import numpy as np
import pytest
import xarray as xr
from benchmarks import convergence_coverage as planted
from numpy.testing import assert_allclose

from tests.oracles import convergence as slow
from xinzhi.core.errors import MethodError
from xinzhi.dynamics import clubs as module
from xinzhi.dynamics.clubs import convergence_clubs, hodrick_prescott, log_t

PEER = "statsmodels is an oracle only, not in the lock"


def walks(seed, n=9, t=22):
    """Paths without any club planted in them."""
    rng = np.random.default_rng(seed)
    return planted.labelled(20 + rng.normal(size=(n, 1)) * 2 + rng.normal(size=(n, t)).cumsum(axis=1) * 0.3)


def test_two_planted_clubs_are_found():
    found = convergence_clubs(planted.two_clubs(np.random.default_rng(5), 20, 40))
    assert found.membership.values.tolist() == [1] * 10 + [2] * 10
    assert not found.whole.converges
    assert [test.converges for test in found.tests] == [True, True]
    assert found.members(2) == [f"r{at}" for at in range(10, 20)]
    assert found.members(0) == []
    assert found.omitted == ()
    assert "club 2: 10 regions" in repr(found)
    assert found.to_frame()["club"].tolist() == found.membership.values.tolist()


def test_one_region_that_goes_its_own_way_diverges():
    values = planted.two_clubs(np.random.default_rng(5), 20, 40)
    values[7] = values[7] * np.exp(0.05 * np.arange(40))
    found = convergence_clubs(values)
    assert found.members(0) == ["r7"]
    assert "divergent: r7" in repr(found)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("trend", ["none", "hp"])
def test_every_regression_run_from_scratch_gives_the_same_clubs(seed, trend):
    values = walks(seed)
    paths = hodrick_prescott(values.values, 400.0) if trend == "hp" else values.values
    expected = slow.clubs(paths.tolist(), start=6)
    found = convergence_clubs(values, trend=trend, merge="none").initial.values
    assert [sorted(np.flatnonzero(found == at + 1)) for at in range(found.max())] == [sorted(one) for one in expected]


@pytest.mark.parametrize(("variance", "twin"), [("andrews", slow.andrews), ("phillips-sul", slow.gauss_andrews)])
@pytest.mark.parametrize(("first", "start"), [("paper", 6), ("programs", 8)])
def test_log_t_by_the_textbook(variance, twin, first, start):
    values = walks(3)
    found = log_t(values, trend="none", variance=variance, first=first)
    slope, t = slow.log_t(values.values.tolist(), start, twin)
    assert_allclose([found.slope, found.statistic], [slope, t], rtol=1e-9)


def test_trend_agrees_with_statsmodels():
    filters = pytest.importorskip("statsmodels.tsa.filters.hp_filter", reason=PEER)
    x = walks(1).values
    for smoothing in (6.25, 100.0, 400.0):
        expected = [filters.hpfilter(one, lamb=smoothing)[1] for one in x]
        assert_allclose(hodrick_prescott(x, smoothing), expected, rtol=1e-9)


def test_running_variance_is_that_of_each_prefix():
    x = walks(2).values
    found = module._running_variance(x)
    for at in range(1, len(x)):
        assert_allclose(found[at], slow.spread(x[: at + 1].tolist()), rtol=1e-10)


def test_share_that_is_left_out():
    assert module._begin(20, None, "paper") == 6
    assert module._begin(120, None, "paper") == 24
    assert module._begin(34, 1 / 3, "programs") == 12
    assert module._begin(5, None, "paper") == 2
    with pytest.raises(MethodError, match="leave 2 for the log t"):
        module._begin(5, 0.8, "paper")


def test_merging_joins_neighbours_that_pass_together_until_none_do():
    for seed in range(8):
        found = convergence_clubs(walks(seed, n=14), merge="none")
        merged = convergence_clubs(walks(seed, n=14))
        assert merged.membership.max() <= found.membership.max()
        search = module._Search(
            hodrick_prescott(walks(seed, n=14).values, 400.0), 6, module.long_run_variances.find("andrews").function
        )
        settled = [np.flatnonzero(merged.membership.values == at + 1) for at in range(int(merged.membership.max()))]
        together = [search.test(np.concatenate(pair)) for pair in itertools.pairwise(settled)]
        assert not any(test.converges for test in together)


def test_sieving_one_by_one_gives_clubs_that_pass():
    for seed in range(8):
        found = convergence_clubs(walks(seed, n=14), sieve="one-by-one", merge="none")
        assert all(test.converges for test in found.tests)


def test_short_panels_are_warned_about_and_shorter_ones_refused():
    values = planted.two_clubs(np.random.default_rng(5), 20, 12)
    (note,) = convergence_clubs(values).omitted
    assert note.code == "short-panel"
    assert "12 years" in note.en
    assert "12 年" in note.zh
    with pytest.raises(MethodError, match="at least 5 years"):
        convergence_clubs(values.isel(time=slice(4)))
    assert len(convergence_clubs(values.isel(time=slice(5))).omitted) == 1


def test_refusals():
    values = walks(1)
    with pytest.raises(MethodError, match="above zero"):
        log_t(values - 25)
    with pytest.raises(MethodError, match="negative logs"):
        log_t(values / 100, logs=True)
    twins = xr.concat([values, values.isel(region=[0]).assign_coords(region=["twin"])], "region")
    with pytest.raises(MethodError, match="r0 and twin are exactly equal"):
        convergence_clubs(twins)
    with pytest.raises(MethodError, match="at least 2 regions"):
        convergence_clubs(values.isel(region=[0]))
    with pytest.raises(MethodError, match="Did you mean: newey-west"):
        log_t(values, variance="newey-wst")


def test_logs_are_taken_before_the_trend():
    values = walks(1)
    assert log_t(values, logs=True) == log_t(np.log(values))


def test_clubs_are_found_again_and_again():
    exact, share = planted.rate(40, planted.clubs_found, 20, 20)
    assert exact >= 34 / 40
    assert share >= 0.95
