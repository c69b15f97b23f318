"""What must hold for any panel: units, orders and labels do not matter, and parts of an answer fit together."""

import numpy as np
import pytest
from benchmarks.convergence_coverage import labelled, switching
from hypothesis import given, settings
from hypothesis import strategies as st

from xinzhi.dynamics.breaks import structural_break
from xinzhi.dynamics.clubs import convergence_clubs, hodrick_prescott, log_t
from xinzhi.dynamics.convergence import beta_convergence, sigma_convergence
from xinzhi.dynamics.panels import long_run_variances, sweep
from xinzhi.dynamics.threshold import panel_threshold

LAW = settings(max_examples=40, deadline=None)
SEEDS = st.integers(0, 10**6)


def walks(seed, n=8, t=10):
    rng = np.random.default_rng(seed)
    return labelled(np.exp(rng.normal(size=(n, 1)) + 0.1 * rng.normal(size=(n, t)).cumsum(axis=1)))


@LAW
@given(seed=SEEDS, n=st.integers(2, 6), t=st.integers(2, 6), share=st.floats(0.5, 1))
def test_sweeping_twice_is_sweeping_once_and_leaves_no_means(seed, n, t, share):
    rng = np.random.default_rng(seed)
    kept = rng.random(n * t) < share
    kept[0] = True
    regions, times = np.repeat(np.arange(n), t)[kept], np.tile(np.arange(t), n)[kept]
    once = sweep(rng.normal(size=kept.sum()), regions, times)
    assert sweep(once, regions, times) == pytest.approx(once, abs=1e-10)
    for codes in (regions, times):
        assert np.bincount(codes, once) == pytest.approx(0, abs=1e-9)


@LAW
@given(seed=SEEDS, scale=st.floats(1e-3, 1e3), effects=st.sampled_from([(), ("time",), ("region", "time")]))
def test_the_unit_of_levels_does_not_change_convergence(seed, scale, effects):
    values = walks(seed)
    plain, scaled = (beta_convergence(one, effects=effects) for one in (values, values * scale))
    assert scaled.beta == pytest.approx(plain.beta, rel=1e-6, abs=1e-9)
    assert scaled.fit.errors[0] == pytest.approx(plain.fit.errors[0], rel=1e-6, abs=1e-9)
    plain, scaled = (sigma_convergence(one) for one in (values, values * scale))
    assert scaled.slope == pytest.approx(plain.slope, rel=1e-6, abs=1e-12)
    plain, scaled = (log_t(one) for one in (values, values * scale))
    assert scaled.statistic == pytest.approx(plain.statistic, rel=1e-5)


@LAW
@given(seed=SEEDS, order=st.permutations(range(8)))
def test_the_order_of_regions_does_not_matter(seed, order):
    values = walks(seed)
    shuffled = values.isel(region=list(order))
    clubs, again = convergence_clubs(values).membership, convergence_clubs(shuffled).membership
    assert (again.sel(region=clubs.region) == clubs).all()
    assert beta_convergence(shuffled).beta == pytest.approx(beta_convergence(values).beta, rel=1e-8)


@LAW
@given(seed=SEEDS, sieve=st.sampled_from(["raise", "one-by-one"]))
def test_clubs_share_out_the_regions_and_pass_their_own_test(seed, sieve):
    found = convergence_clubs(walks(seed, n=10, t=14), sieve=sieve)
    club = found.membership.values
    assert set(club) - {0} == set(range(1, len(found.tests) + 1))
    assert all((club == at).sum() >= 2 for at in range(1, len(found.tests) + 1))
    assert sum(len(found.members(at)) for at in range(len(found.tests) + 1)) == 10
    assert found.transitions.mean("region").values == pytest.approx(1)
    if found.whole.converges:
        assert (club == 1).all()


@LAW
@given(seed=SEEDS, smoothing=st.floats(0, 1e5), a=st.floats(-5, 5), b=st.floats(-5, 5))
def test_a_straight_line_is_its_own_trend(seed, smoothing, a, b):
    line = a + b * np.arange(12.0)
    noise = np.random.default_rng(seed).normal(size=12)
    assert hodrick_prescott(line, smoothing) == pytest.approx(line, abs=1e-6)
    bent = hodrick_prescott(noise + line, smoothing)
    assert bent.sum() == pytest.approx((noise + line).sum(), abs=1e-6)


@LAW
@given(seed=SEEDS, name=st.sampled_from(sorted(long_run_variances.members)), scale=st.floats(0.01, 100))
def test_a_long_run_variance_is_not_negative_and_goes_with_the_square(seed, name, scale):
    function = long_run_variances.find(name).function
    u = np.random.default_rng(seed).normal(size=(3, 15))
    assert (function(u) > 0).all()
    assert function(scale * u) == pytest.approx(scale**2 * function(u), rel=1e-9)


@LAW
@given(seed=SEEDS, slope=st.floats(-3, 3), shift=st.sampled_from(["level", "trend", "both"]))
def test_a_line_put_on_top_moves_no_break(seed, slope, shift):
    noise = labelled(np.random.default_rng(seed).normal(size=(1, 16))).isel(region=0, drop=True)
    plain = structural_break(noise, shift=shift, replications=19)
    tilted = structural_break(noise + slope * (noise.time - 2000) + 4, shift=shift, replications=19)
    assert tilted.f.values == pytest.approx(plain.f.values, rel=1e-6, abs=1e-8)
    assert tilted.date == plain.date
    assert plain.date in plain.dates
    assert 0 < plain.p <= 1


@LAW
@given(seed=SEEDS, scale=st.floats(0.1, 10))
def test_a_threshold_goes_with_its_variable_through_any_rising_map(seed, scale):
    y, x, q = switching(np.random.default_rng(seed), 6, 6, 1.0)
    plain = panel_threshold(y, x, q, replications=9)
    mapped = panel_threshold(y * scale, x, np.exp(q).rename("q"), replications=9)
    (one,), (other,) = plain.thresholds, mapped.thresholds
    assert other.estimate == pytest.approx(np.exp(one.estimate))
    assert (other.low, other.high) == pytest.approx((np.exp(one.low), np.exp(one.high)))
    assert other.f == pytest.approx(one.f, rel=1e-6)
    assert other.p == one.p
    assert one.low <= one.estimate <= one.high
    assert sum(plain.shares) == pytest.approx(1)
