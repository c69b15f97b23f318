import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose

from tests.oracles import convergence as slow
from xinzhi.core.errors import MethodError
from xinzhi.dynamics import panels
from xinzhi.dynamics.panels import complete, long_run_variances, regress, sweep

EFFECTS = [(), ("region",), ("time",), ("region", "time")]
PEER = "linearmodels and statsmodels are oracles only, not in the lock"


def unbalanced(seed=3, n=12, t=7):
    rng = np.random.default_rng(seed)
    regions, times = np.repeat(np.arange(n), t), np.tile(np.arange(t), n)
    kept = rng.random(n * t) > 0.2
    regions, times = regions[kept], times[kept]
    x = rng.normal(size=(kept.sum(), 2)) + 0.3 * regions[:, None] + 0.1 * times[:, None]
    y = x @ [0.5, -1.0] + 0.2 * regions + rng.normal(size=len(x)) * (1 + regions / n)
    return y, x, regions, times


@pytest.mark.parametrize("effects", EFFECTS)
def test_sweeping_is_least_squares_with_dummies(effects):
    y, x, regions, times = unbalanced()
    fit = regress(y, x, ["a", "b"], regions=regions, times=times, effects=effects, small_sample="none")
    coefficients, design = slow.dummies(y, x, regions, times, effects)
    assert_allclose(fit.coefficients[:2], coefficients[:2], atol=1e-11)
    assert_allclose(fit.residuals, y - design @ coefficients, atol=1e-11)
    assert_allclose(fit.covariance[:2, :2], slow.sandwich(design, fit.residuals, regions)[:2, :2], atol=1e-11)


@pytest.mark.parametrize("effects", EFFECTS)
def test_the_jackknife_is_what_leaving_out_each_region_does(effects):
    y, x, regions, times = unbalanced()
    fit = regress(y, x, ["a", "b"], regions=regions, times=times, effects=effects, small_sample="jackknife")
    without = [
        slow.dummies(y[regions != g], x[regions != g], regions[regions != g], times[regions != g], effects)[0][:2]
        for g in range(12)
    ]
    moved = np.array(without) - fit.coefficients[:2]
    assert_allclose(fit.covariance[:2, :2], 11 / 12 * moved.T @ moved, atol=1e-11)


@pytest.mark.parametrize(
    ("effects", "small_sample", "peer"),
    [
        (("region",), "observations", {}),
        (("time",), "observations", {}),
        (("region", "time"), "observations", {}),
        (("region",), "clusters", {"group_debias": True}),
        (("time",), "clusters", {"group_debias": True}),
        (("region", "time"), "dummies", {"group_debias": True}),
    ],
)
def test_linearmodels_agrees(effects, small_sample, peer):
    pytest.importorskip("linearmodels", reason=PEER)
    import pandas as pd
    from linearmodels.panel import PanelOLS

    y, x, regions, times = unbalanced()
    data = pd.DataFrame({"y": y, "a": x[:, 0], "b": x[:, 1], "one": 1.0, "region": regions, "time": times})
    data = data.set_index(["region", "time"])
    # With a constant among the regressors, as here the effects' overall mean is always counted.
    which = {"entity_effects": "region" in effects, "time_effects": "time" in effects}
    model = PanelOLS(data["y"], data[["one", "a", "b"]], **which)
    theirs = model.fit(cov_type="clustered", cluster_entity=True, **peer)
    ours = regress(y, x, ["a", "b"], regions=regions, times=times, effects=effects, small_sample=small_sample)
    assert_allclose(ours.coefficients, theirs.params[["a", "b"]], rtol=1e-9)
    assert_allclose(ours.errors, theirs.std_errors[["a", "b"]], rtol=1e-9)
    assert_allclose(ours.fit, theirs.rsquared, rtol=1e-9)
    if small_sample == "observations" and effects != ("region",):
        assert_allclose(ours.p, theirs.pvalues[["a", "b"]], rtol=1e-7)


@pytest.mark.parametrize("effects", EFFECTS)
def test_statsmodels_with_dummies_agrees(effects):
    sm = pytest.importorskip("statsmodels.api", reason=PEER)
    y, x, regions, times = unbalanced()
    design = slow.dummies(y, x, regions, times, effects)[1]
    theirs = sm.OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": regions}, use_t=True)
    ours = regress(y, x, ["a", "b"], regions=regions, times=times, effects=effects, small_sample="dummies")
    assert_allclose(ours.errors[:2], theirs.bse[:2], rtol=1e-9)
    assert_allclose(ours.p[:2], theirs.pvalues[:2], rtol=1e-9)


def test_one_observation_per_region_gives_whites_errors():
    sm = pytest.importorskip("statsmodels.api", reason=PEER)
    y, x, *_ = unbalanced()
    alone = np.arange(len(y))
    for small_sample, theirs, factor in (("clusters", "HC1", 1.0), ("jackknife", "HC3", (len(y) - 1) / len(y))):
        ours = regress(y, x, ["a", "b"], regions=alone, times=alone * 0, small_sample=small_sample)
        expected = sm.OLS(y, sm.add_constant(x, prepend=False)).fit(cov_type=theirs).bse * np.sqrt(factor)
        assert_allclose(ours.errors, expected, rtol=1e-9)


def test_draws_stand_in_front():
    y, x, regions, times = unbalanced()
    rng = np.random.default_rng(0)
    ys, xs = y + rng.normal(size=(5, len(y))), x + rng.normal(size=(5, *x.shape))
    for small_sample in ("jackknife", "clusters"):
        options = {"regions": regions, "times": times, "effects": ("region", "time"), "small_sample": small_sample}
        together = regress(ys, xs, ["a", "b"], **options)
        for at in range(5):
            alone = regress(ys[at], xs[at], ["a", "b"], **options)
            assert_allclose(together.coefficients[at], alone.coefficients, atol=1e-12)
            assert_allclose(together.covariance[at], alone.covariance, atol=1e-12)


def test_a_regressor_that_effects_explain_is_named():
    y, x, regions, times = unbalanced()
    x = np.column_stack([x, regions])
    with pytest.raises(MethodError, match="altitude") as caught:
        regress(y, x, ["a", "b", "altitude"], regions=regions, times=times, effects=("region",))
    assert "固定效应" in caught.value.say("zh")


def test_too_few_observations_are_counted():
    with pytest.raises(MethodError, match="cannot carry"):
        regress(np.arange(4.0), np.ones((4, 1)) * [[1], [2], [4], [3]], ["a"], regions=np.arange(4) // 2,
                times=np.arange(4) % 2, effects=("region", "time"))  # fmt: skip


def test_sweeping_years_that_one_region_has_alone():
    regions, times = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 2])
    swept = sweep(np.array([1.0, 2, 3, 5, 9]), regions, times)
    assert np.isfinite(swept).all()
    assert swept[-1] == pytest.approx(0)


def test_gaps_are_listed_and_regions_left_out():
    x = xr.DataArray(
        [[1.0, 2, 3], [1, np.nan, 2], [2, 2, 4]],
        dims=("region", "time"),
        coords={"region": ["East", "West", "North"], "time": [2020, 2021, 2022]},
    )
    data = complete(x)
    assert list(data.regions) == ["East", "North"]
    assert "West" in data.omitted[0].en
    assert "West" in data.omitted[0].zh
    with pytest.raises(MethodError, match="at least 4 years"):
        complete(x, times=4)
    with pytest.raises(MethodError, match="above zero"):
        complete(x - 1, positive=True)
    with pytest.raises(MethodError, match="increasing"):
        complete(x.assign_coords(time=[2020, 2022, 2021]))
    with pytest.raises(MethodError, match="region × time"):
        complete(x.rename(region="city"))


U = np.random.default_rng(1).normal(size=(3, 25)).cumsum(axis=1) * 0.3


@pytest.mark.parametrize(("name", "twin"), [("andrews", slow.andrews), ("phillips-sul", slow.gauss_andrews)])
def test_long_run_variances_by_the_definition(name, twin):
    found = long_run_variances.find(name).function(U)
    assert_allclose(found, [twin(list(u)) for u in U], rtol=1e-10)


def test_newey_west_of_statsmodels_agrees():
    sm = pytest.importorskip("statsmodels.api", reason=PEER)
    x = np.column_stack([np.ones(25), np.arange(25.0)])
    for lags in (0, 1, 3):
        for correction in (True, False):
            kwds = {"maxlags": lags, "use_correction": correction}
            theirs = sm.OLS(U[0], x).fit(cov_type="HAC", cov_kwds=kwds)
            assert_allclose(
                panels.newey_west(x, theirs.resid, lags, correction=correction), theirs.cov_params(), rtol=1e-9
            )


def test_long_run_variance_with_bartletts_kernel_is_that_of_a_mean():
    sm = pytest.importorskip("statsmodels.api", reason=PEER)
    u = U[0] - U[0].mean()
    kwds = {"maxlags": 2, "use_correction": False}
    theirs = sm.OLS(u, np.ones(25)).fit(cov_type="HAC", cov_kwds=kwds).cov_params()[0, 0] * 25
    assert panels.bartlett(u, lags=2) == pytest.approx(theirs, rel=1e-9)


def test_lag_rules():
    assert [panels.lags_of("newey-west-1994", n) for n in (12, 30, 100)] == [2, 3, 4]
    assert [panels.lags_of("stock-watson", n) for n in (12, 30, 100)] == [2, 3, 4]
    assert panels.lags_of(9, 6) == 4


def test_every_long_run_variance_has_a_chinese_term_a_source_and_a_summary():
    for method in long_run_variances:
        assert method.zh
        assert method.cite
        assert method.summary.endswith(".")
    with pytest.raises(MethodError, match="Did you mean: andrews"):
        panels.chosen(long_run_variances, "andrew")


def test_an_outcome_that_never_varies_has_no_fit_and_no_statistic():
    regions, times = (codes.ravel() for codes in np.indices((5, 4)))
    x = np.random.default_rng(0).normal(size=(20, 1))
    found = regress(np.zeros(20), x, ["x"], regions=regions, times=times, effects=("region",))
    assert np.isnan(found.fit)
    assert np.isnan(found.statistics).all()
    assert np.isnan(found.p).all()
