"""Densities through time: bandwidths as R, SciPy and statsmodels have them, bounds, modes, refusals."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import gaussian_kde, norm

from xinzhi.core.errors import MethodError
from xinzhi.core.specs import FaultyValue
from xinzhi.dynamics.bandwidths import bandwidths, direct_plug_in, normal_reference, scott, sheather_jones, silverman
from xinzhi.dynamics.density import density, epanechnikov, estimate, gaussian, kernels, peaks

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

# Average yearly precipitation of 70 cities in inches, the data set `precip` of R.
PRECIP = np.fromstring(
    "67 54.7 7 48.5 14 17.2 20.7 13 43.4 40.2 38.9 54.5 59.8 48.3 22.9 11.5 34.4 35.1 38.7 30.8 30.6 43.1 56.8 40.8 "
    "41.8 42.5 31 31.7 30.2 25.9 49.2 37 35.9 15 30.2 7.2 36.2 45.5 7.8 33.4 36.1 40.2 42.7 42.5 16.2 39 35 37 31.4 "
    "37.6 39.9 36.2 42.8 46.4 24.7 49.1 46 35.9 7.8 48.2 15.2 32.5 44.7 42.6 38.8 17.4 40.8 29.1 14.6 59.2",
    sep=" ",
)


def table(x):
    """Scores (region, time) with labels."""
    n, t = np.shape(x)
    coords = {"region": [f"r{i:02d}" for i in range(n)], "time": list(range(2010, 2010 + t))}
    return xr.DataArray(np.asarray(x, float), dims=("region", "time"), coords=coords)


def panel(n=31, t=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.gamma(3, 0.1, (n, 1)) + rng.gamma(2, 0.05, (n, t))


def test_rules_give_what_r_prints():
    # Printed by R (stats, tests/bandwidth.Rout.save, 2019): nrd0, nrd, and SJ by both methods, to five digits.
    assert silverman(PRECIP) == pytest.approx(3.8479, abs=5e-5)
    assert scott(PRECIP) == pytest.approx(4.5320, abs=5e-5)
    # R puts distances into 1,000 bins, whose width is 0.06; over the same bins the rule gives R's digits.
    binned = np.floor(PRECIP / (1.01 * np.ptp(PRECIP) / 1000)) * 1.01 * np.ptp(PRECIP) / 1000
    assert direct_plug_in(PRECIP) == pytest.approx(4.0220, abs=2e-3)
    assert direct_plug_in(binned) == pytest.approx(4.0220, abs=2e-3)
    # R looks for the root only to within a tenth of its lower end, 0.049 here.
    assert sheather_jones(PRECIP) == pytest.approx(3.9318, abs=0.049)


def test_the_sheather_jones_equation_holds():
    h, n = float(sheather_jones(PRECIP)), len(PRECIP)
    apart = PRECIP[:, None] - PRECIP

    def curvature(b, power, polynomial):
        z = apart / b
        return float((polynomial(z) * norm.pdf(z)).sum() / (n * (n - 1) * b**power))

    def fourth(z):
        return z**4 - 6 * z**2 + 3

    def sixth(z):
        return z**6 - 15 * z**4 + 45 * z**2 - 15

    scale = min(PRECIP.std(ddof=1), np.subtract(*np.quantile(PRECIP, [0.75, 0.25])) / 1.349)
    a = curvature(1.24 * scale * n ** (-1 / 7), 5, fourth)
    b = -curvature(1.23 * scale * n ** (-1 / 9), 7, sixth)
    asked = 1 / (2 * np.sqrt(np.pi) * n * curvature(1.357 * (a / b) ** (1 / 7) * h ** (5 / 7), 5, fourth))
    assert asked**0.2 == pytest.approx(h, rel=1e-10)


def test_normal_reference_is_what_scipy_calls_silverman():
    kde = gaussian_kde(PRECIP, "silverman")
    assert normal_reference(PRECIP) == pytest.approx(kde.factor * PRECIP.std(ddof=1), rel=1e-12)
    grid = np.linspace(-20, 100, 400)
    own = estimate(PRECIP, normal_reference(PRECIP), grid, gaussian)
    assert own == pytest.approx(kde(grid), rel=1e-9)


def test_statsmodels_agrees():
    peer = pytest.importorskip("statsmodels.nonparametric.bandwidths", reason="a test oracle only, not locked")
    kde = pytest.importorskip("statsmodels.nonparametric.kde", reason="a test oracle only, not locked")
    assert silverman(PRECIP, iqr=1.349) == pytest.approx(peer.bw_silverman(PRECIP), rel=1e-9)
    # statsmodels writes 1.059 for Scott's 1.06.
    assert scott(PRECIP, iqr=1.349) / 1.06 == pytest.approx(peer.bw_scott(PRECIP) / 1.059, rel=1e-9)
    fit = kde.KDEUnivariate(PRECIP)
    fit.fit(kernel="gau", bw=4.0, fft=False)
    assert estimate(PRECIP, np.array(4.0), fit.support, gaussian) == pytest.approx(fit.density, rel=1e-9, abs=1e-15)
    # A bandwidth is the standard deviation of the kernel here, and half the base of the parabola there.
    fit.fit(kernel="epa", bw=4.0 * np.sqrt(5), fft=False)
    own = estimate(PRECIP, np.array(4.0), fit.support, epanechnikov)
    assert own == pytest.approx(fit.density, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("method", list(bandwidths), ids=lambda method: method.name)
def test_rules_take_draws_and_gaps(method):
    x = np.stack([panel(20, 3, seed).T for seed in range(4)]).reshape(2, 2, 3, 20)
    x[1, 0, 2, 4:9] = np.nan
    whole = method.function(x)
    assert whole.shape == (2, 2, 3)
    for at in np.ndindex(2, 2, 3):
        own = x[at][~np.isnan(x[at])]
        assert whole[at] == pytest.approx(float(method.function(own)), rel=1e-12)
    assert method.function(10 * x + 3) == pytest.approx(10 * whole, rel=1e-6)


def test_half_ties_fall_back_on_the_standard_deviation():
    x = np.array([1.0] * 8 + [2, 3])
    assert silverman(x) == pytest.approx(0.9 * x.std(ddof=1) * 10**-0.2)
    with pytest.raises(FaultyValue, match="do not differ"):
        sheather_jones(np.ones(6))


@pytest.mark.parametrize("kernel", list(kernels), ids=lambda kernel: kernel.name)
def test_kernels_are_densities_of_standard_deviation_one(kernel):
    z = np.linspace(-9, 9, 200_001)
    k = kernel.function(z)
    assert np.trapezoid(k, z) == pytest.approx(1, abs=1e-9)
    assert np.trapezoid(k * z**2, z) == pytest.approx(1, abs=1e-8)


def test_years_share_one_grid_and_each_has_its_bandwidth():
    found = density(table(panel()))
    assert found.density.dims == ("time", "value")
    assert found.mass.values == pytest.approx(1, abs=1e-6)
    assert found.bandwidths.values == pytest.approx(silverman(panel().T))
    assert found.density.sel(time=2012).values == pytest.approx(
        gaussian_kde(panel()[:, 2], float(found.bandwidths[2]) / panel()[:, 2].std(ddof=1))(found.density["value"])
    )
    shared = density(table(panel()), shared=True)
    assert np.ptp(shared.bandwidths.values) == 0
    assert shared.bandwidths[0] == pytest.approx(found.bandwidths.mean())


def test_reflection_keeps_the_mass_inside():
    x = np.random.default_rng(2).exponential(1.0, (200, 2))
    open_, closed = density(table(x)), density(table(x), support=(0, None))
    assert open_.density.sel(value=slice(None, 0)).integrate("value").max() > 0.02
    assert closed.density["value"].min() == 0
    assert closed.mass.values == pytest.approx(1, abs=1e-6)
    grid = closed.density["value"].values
    folded = [
        estimate(year, h, grid, gaussian) + estimate(year, h, -grid, gaussian)
        for year, h in zip(x.T, closed.bandwidths.values, strict=True)
    ]
    assert closed.density.values == pytest.approx(np.array(folded), rel=1e-12)
    # True density 1 at the bound; without reflection about half of it.
    assert abs(closed.density.values[:, 0] - 1).max() < 0.3
    between = density(table(x / x.max()), support=(0, 1), bandwidth=0.3)
    assert between.mass.values == pytest.approx(1, abs=1e-6)
    above = density(table(-x), support=(None, 0))
    assert above.density.values[:, ::-1] == pytest.approx(closed.density.values, rel=1e-9)


def test_two_clusters_are_two_modes():
    rng = np.random.default_rng(4)
    apart = np.concatenate([rng.normal(0, 0.3, 60), rng.normal(4, 0.3, 40)])
    together = rng.normal(2, 0.5, 100)
    found = density(table(np.stack([together, apart], axis=1)), bandwidth=0.35)
    assert found.count.values.tolist() == [1, 2]
    modes = found.modes
    assert modes.loc[modes["time"] == 2011, "value"].tolist() == pytest.approx([0, 4], abs=0.15)
    assert modes["modes"].tolist() == [1, 2, 2]


def test_peaks_at_ends_and_on_level_tops():
    assert peaks(np.array([3.0, 1, 2, 2, 2, 0, 1])).tolist() == [0, 3, 6]
    assert peaks(np.zeros(5)).tolist() == []
    assert peaks(np.array([0.0, 1, 2])).tolist() == [2]


def test_gaps_are_left_out_and_few_regions_said():
    x = panel(12, 3)
    x[[1, 2, 3], 1] = np.nan
    found = density(table(x))
    assert {fault.code for fault in found.omitted} == {"no-score", "few-regions"}
    assert found.mass.values == pytest.approx(1, abs=1e-6)
    kept = np.delete(x[:, 1], [1, 2, 3])
    alone = estimate(kept, silverman(kept), found.density["value"].values, gaussian)
    assert found.density.sel(time=2011).values == pytest.approx(alone)


@pytest.mark.parametrize(
    ("x", "options", "words"),
    [
        (np.tile([[1.0, 2], [1, 3], [1, 4]], (4, 1)), {}, "in 2010: no rule"),
        (panel(), {"bandwidth": "silvermann"}, "Did you mean: silverman"),
        (panel(), {"kernel": "box"}, "no kernel method"),
        (panel(), {"bandwidth": 0.0}, "above zero"),
        (panel(), {"bandwidth": float("nan")}, "above zero"),
        (panel() - 1, {"support": (0, None)}, "outside the stated support"),
        (panel(), {"support": (1, 0)}, "no inside"),
        (panel(), {"bandwidth": 1e-4}, "grid points or more"),
    ],
)
def test_what_cannot_be_done_is_refused_in_both_languages(x, options, words):
    with pytest.raises(MethodError, match=words) as caught:
        density(table(x), **options)
    assert caught.value.say("zh") != caught.value.say("en")


def test_a_constant_year_has_a_density_under_a_given_bandwidth():
    found = density(table(np.ones((10, 1))), bandwidth=0.5)
    assert found.modes["value"].tolist() == pytest.approx([1], abs=0.01)


def test_results_explain_themselves():
    found = density(table(panel()), bandwidth="sheather-jones", kernel="epanechnikov", support=(0, None))
    assert "bandwidth sheather-jones" in repr(found) and "low 0" in repr(found)
    assert list(found.to_frame()) == ["time", "value", "density", "bandwidth"]
    assert found.record.settings["kernel"] == "epanechnikov"
    named = density(table(panel()), bandwidth=lambda x: np.full(x.shape[:-1], 0.1))
    assert named.bandwidths.values.tolist() == [0.1] * 5
