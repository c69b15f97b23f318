from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from tests.dynamics.places import PROVINCES, over_provinces, provinces
from tests.oracles import space as slow
from xinzhi.core.errors import MethodError
from xinzhi.core.specs import FaultyValue
from xinzhi.dynamics.durbin import durbin_tests, spatial_panel
from xinzhi.dynamics.likelihood import Setting, fit_error, fit_lag
from xinzhi.dynamics.neighbours import neighbours
from xinzhi.dynamics.spillovers import delta_errors, impacts, simulated

W = provinces()
DENSE = W.weights.toarray()
X = {"a": over_provinces(2.0), "b": over_provinces(3.0)}

# PySAL's spreg 1.9.0 on `outcome()`, weights row-standardised, tolerance 1e-15: Panel_FE_Lag, Panel_FE_Error, and
# ML_Lag(slx_lags=1, method="full") on the first year. Variances divide by T n. Its panel log-likelihood leaves out the
# constant T n / 2 ln(T n) and is not compared; its AIC does not count the variance among the parameters, ours does.
SPREG_LAG = [0.21855986525218146, 0.9167884582149973, -0.5218139426765951]
SPREG_LAG_SE = [0.06618880396119038, 0.05051933027134293, 0.0502732549170098]
SPREG_LAG_SIGMA2 = 0.027105068419842546
SPREG_ERROR_LAMBDA = 0.12923414988163998
SPREG_CROSS = [-0.18783051057661612, 1.1481237339596595, -0.3401045999238643, 1.0482836286347752, 0.41725185258680575]
SPREG_CROSS_SE = [0.2546376245569, 0.1593659105069206, 0.18595240821519363, 0.4168833781666639, 0.32462661850932045]
SPREG_CROSS_LOGLIK = -29.091629938605863
SPREG_CROSS_MULTIPLIERS = (1.0076721270548026, -0.1658011773731315, 0.8418709496816711)


def outcome() -> xr.DataArray:
    a, b, u = X["a"].values, X["b"].values, over_provinces(5.0).values
    y = np.linalg.solve(np.eye(31) - 0.35 * DENSE, a - 0.5 * b + 0.4 * DENSE @ a + 0.8 * u)
    return over_provinces().copy(data=y).rename("y")


Y = outcome()
FIRST = [Y.isel(time=[0]), {name: of.isel(time=[0]) for name, of in X.items()}]


def arrays(lagged: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """y (times, regions) and the right-hand side (times, regions, terms)."""
    x = np.stack([X["a"].values.T, X["b"].values.T], axis=-1)
    return Y.values.T, np.concatenate([x, np.einsum("ij,tjk->tik", DENSE, x)], axis=-1) if lagged else x


def estimates(found) -> np.ndarray:
    return np.array([found.rho, *found.fit.delta, found.sigma2])


def test_the_numbers_of_spreg_for_a_panel():
    found = spatial_panel(Y, X, W, model="sar", effects="region", correction="none")
    assert found.coefficients["term"].tolist() == ["rho", "a", "b"]
    np.testing.assert_allclose(found.coefficients["estimate"], SPREG_LAG, atol=1e-8)
    np.testing.assert_allclose(found.coefficients["se"], SPREG_LAG_SE, atol=1e-8)
    assert found.sigma2 == pytest.approx(SPREG_LAG_SIGMA2, abs=1e-9)
    y, x = arrays(lagged=False)
    assert fit_error(y, x, Setting(W, 8, "region", "none"))[0] == pytest.approx(SPREG_ERROR_LAMBDA, abs=1e-7)


def test_the_numbers_of_spreg_for_one_year():
    found = spatial_panel(*FIRST, W, effects="none")
    table = found.coefficients
    assert table["term"].tolist() == ["rho", "a", "b", "W a", "W b", "constant"]
    np.testing.assert_allclose(table["estimate"][:5], SPREG_CROSS, atol=1e-7)
    np.testing.assert_allclose(table["se"][:5], SPREG_CROSS_SE, atol=1e-7)
    assert found.loglik == pytest.approx(SPREG_CROSS_LOGLIK, abs=1e-9)
    # spreg prints the multipliers of an X that is not lagged; ours are the same for θ = 0.
    got = impacts(np.array(found.rho), np.array([1.0]), np.array([0.0]), W)
    assert got[0].tolist() == pytest.approx(SPREG_CROSS_MULTIPLIERS, abs=1e-7)


def test_agrees_with_spreg_as_installed():
    spreg = pytest.importorskip("spreg", reason="a peer to compare with, not needed by the project")
    libpysal = pytest.importorskip("libpysal", reason="a peer to compare with, not needed by the project")
    w = libpysal.weights.util.full2W(W.strengths.toarray())
    w.transform = "r"
    wide = np.hstack([X["a"].values, X["b"].values])
    theirs = spreg.Panel_FE_Lag(Y.values, wide, w, epsilon=1e-15)
    ours = spatial_panel(Y, X, W, model="sar", effects="region", correction="none")
    np.testing.assert_allclose(ours.coefficients["estimate"], np.roll(theirs.betas.ravel(), 1), atol=1e-8)
    np.testing.assert_allclose(ours.coefficients["se"], np.roll(theirs.std_err, 1), atol=1e-8)


@pytest.mark.parametrize("effects", ["region", "time", "both"])
def test_lee_yu_is_the_likelihood_of_explicitly_transformed_data(effects):
    found = spatial_panel(Y, X, W, effects=effects)
    expected, height = slow.lee_yu(*arrays(), DENSE, effects)
    np.testing.assert_allclose(estimates(found), expected, atol=1e-6)
    assert found.loglik == pytest.approx(height, abs=1e-9)


@pytest.mark.parametrize("standardise", [True, False])
def test_without_correction_it_is_the_likelihood_with_dummies(standardise):
    w = neighbours(Y, standardise=standardise)
    if not standardise:  # scaled so that the slow twin's search covers the bounds
        w = neighbours(Y, "given", matrix=w.strengths.toarray() / 8, standardise=False)
    found = spatial_panel(Y, X, w, model="sar", correction="none")
    expected, height = slow.with_dummies(*arrays(lagged=False), w.weights.toarray())
    np.testing.assert_allclose(estimates(found), expected, atol=1e-6)
    assert found.loglik == pytest.approx(height, abs=1e-9)


def test_both_informations_are_slopes_of_the_likelihood():
    y, z = arrays()
    setting = Setting(W, 8, "both", "lee-yu")
    fit = fit_lag(y, z, setting, information="observed")
    own, others = (setting.sweep(a).ravel() for a in (y, y @ DENSE.T))
    columns = setting.sweep(z, columns=True).reshape(-1, 4)

    def height(theta: np.ndarray) -> float:
        e = own - theta[0] * others - columns @ theta[1:5]
        jacobian = np.log(np.abs(1 - theta[0] * setting.roots)).sum() * setting.periods
        return jacobian - setting.size / 2 * np.log(2 * np.pi * theta[5]) - e @ e / (2 * theta[5])

    at = np.array([float(fit.rho), *fit.delta, float(fit.sigma2)])
    step = 1e-4 * np.maximum(np.abs(at), 0.01)
    hessian = np.empty((6, 6))
    for i in range(6):
        for j in range(6):
            di, dj = np.eye(6)[i] * step, np.eye(6)[j] * step
            corners = [height(at + s * di + t * dj) * s * t for s in (1, -1) for t in (1, -1)]
            hessian[i, j] = sum(corners) / (4 * step[i] * step[j])
    np.testing.assert_allclose(np.linalg.inv(-hessian), fit.covariance, rtol=2e-3, atol=1e-8)
    expected = fit_lag(y, z, setting).covariance
    np.testing.assert_allclose(np.diag(expected), np.diag(fit.covariance), rtol=0.25)


def test_effects_are_those_of_the_whole_matrix():
    for w in (W, neighbours(Y, "nearest", k=3), neighbours(Y, standardise=False)):
        rho = 0.6 * w.bounds[1]
        got = impacts(np.array(rho), np.array([1.5]), np.array([-0.7]), w)[0]
        assert got.tolist() == pytest.approx(slow.impacts(rho, 1.5, -0.7, w.weights.toarray()), rel=1e-9)


@pytest.mark.parametrize("standardise", [True, False])
def test_the_delta_method_is_the_slope_of_the_effects(standardise):
    w = neighbours(Y, standardise=standardise)
    theta, covariance = np.array([0.4 * w.bounds[1], 1.5, -0.7]), np.diag([0.01 * w.bounds[1] ** 2, 0.04, 0.09])

    def effects(t: np.ndarray) -> np.ndarray:
        return impacts(t[0], t[1:2], t[2:3], w)[0]

    slopes = np.array([(effects(theta + h) - effects(theta - h)) / 2e-6 for h in np.eye(3) * 1e-6])
    expected = np.sqrt(np.einsum("ie,ij,je->e", slopes, covariance, slopes))
    got = delta_errors(np.array(theta[0]), theta[1:2], theta[2:3], covariance, w)[0]
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_simulated_and_linearised_effects_say_nearly_the_same():
    found = spatial_panel(Y, X, W)
    drawn, linear = found.effects(draws=4_000, seed=1).table, found.effects(inference="delta").table
    np.testing.assert_allclose(drawn["estimate"], linear["estimate"], rtol=1e-12)
    np.testing.assert_allclose(drawn["se"], linear["se"], rtol=0.1)
    np.testing.assert_array_equal(found.effects(seed=3).table["low"], found.effects(seed=3).table["low"])
    assert drawn["effect"].tolist() == ["direct", "indirect", "total"] * 2
    assert "***" in repr(found.effects())


def test_draws_outside_the_bounds_are_drawn_again_and_counted():
    theta, covariance = np.array([0.95, 1.0, 0.0]), np.diag([0.04, 0.01, 0.0])
    drawn, rejected = simulated(theta, covariance, W, draws=500, seed=0)
    assert drawn.shape == (500, 1, 3)
    assert 0.2 < rejected < 0.6
    with pytest.raises(MethodError, match="not known well enough"):
        simulated(np.array([1.5, 1.0, 0.0]), covariance, W, draws=100, seed=0)


def test_planted_parameters_come_back_with_intervals_that_cover():
    """Over 600 panels of 31 × 8; by hand, 1,000 of 31 × 5 and 31 × 10 gave 0.93 to 0.96 for every parameter and effect.

    Without the correction ρ was covered in 0.77 to 0.80 of them under effects of regions and years.
    """
    rng, times, rho = np.random.default_rng(11), 8, 0.4
    b, theta = np.array([1.0, -0.5]), np.array([0.5, 0.3])
    own = rng.normal(size=31)
    x = rng.normal(size=(times, 31, 2))
    x[..., 0] += own
    z = np.concatenate([x, np.einsum("ij,tjk->tik", DENSE, x)], axis=-1)
    noise = 0.7 * rng.normal(size=(600, times, 31))
    y = (z @ [*b, *theta] + own + rng.normal(size=(times, 1)) + noise) @ np.linalg.inv(np.eye(31) - rho * DENSE).T

    def covered(correction: str) -> tuple[np.ndarray, np.ndarray]:
        fit = fit_lag(y, z, Setting(W, times, "both", correction))
        found = np.concatenate([fit.rho[:, None], fit.delta], axis=-1)
        se = np.sqrt(np.diagonal(fit.covariance, axis1=-2, axis2=-1)[:, :-1])
        hits = np.abs(found - [rho, *b, *theta]) < 1.96 * se
        effects = impacts(fit.rho, fit.delta[:, :2], fit.delta[:, 2:], W)
        reach = 1.96 * delta_errors(fit.rho, fit.delta[:, :2], fit.delta[:, 2:], fit.covariance[:, :-1, :-1], W)
        return hits.mean(axis=0), (np.abs(effects - impacts(np.array(rho), b, theta, W)) < reach).mean(axis=0)

    parameters, effects = covered("lee-yu")
    assert (parameters > 0.92).all()
    assert (parameters < 0.975).all()
    assert (effects > 0.92).all()
    assert (effects < 0.975).all()
    assert covered("none")[0][0] < 0.87


def test_tests_keep_their_level_and_find_what_is_there():
    rng = np.random.default_rng(4)
    x, noise = rng.normal(size=(8, 31, 1)), 0.5 * rng.normal(size=(300, 8, 31))
    z = np.concatenate([x, np.einsum("ij,tjk->tik", DENSE, x)], axis=-1)
    through = np.linalg.inv(np.eye(31) - 0.4 * DENSE).T
    setting = Setting(W, 8, "both", "lee-yu")
    lagged, errors = (x[..., 0] + noise) @ through, x[..., 0] + noise @ through
    against_sar = 2 * (fit_lag(lagged, z, setting).loglik - fit_lag(lagged, x, setting).loglik)
    against_sem = 2 * (fit_lag(errors, z, setting).loglik - fit_error(errors, x, setting)[1])
    assert (against_sar > 3.841).mean() == pytest.approx(0.05, abs=0.035)
    assert (against_sem > 3.841).mean() == pytest.approx(0.05, abs=0.035)
    arrays = Y.copy(data=lagged[0].T), {"x": Y.copy(data=x[..., 0].T)}
    table = durbin_tests(*arrays, W)
    assert table["statistic"][0] == pytest.approx(against_sar[0])
    assert table.query("against == 'sem'")["p"].max() < 1e-3
    assert table.query("against == 'slx'")["p"].max() < 1e-3
    assert table["df"].tolist() == [1] * 6
    # The two kinds of test are alike in large samples, and near one another in this one.
    lr, wald = (table.query("test == @kind")["statistic"].to_numpy() for kind in ("LR", "Wald"))
    np.testing.assert_allclose(lr, wald, rtol=0.5, atol=0.5)


def test_special_cases_nest():
    sdm, sar, slx = (spatial_panel(Y, X, W, model=model) for model in ("sdm", "sar", "slx"))
    assert sdm.loglik >= max(sar.loglik, slx.loglik)
    assert slx.rho == 0
    assert slx.coefficients["term"].tolist() == ["a", "b", "W a", "W b"]
    assert sar.coefficients["term"].tolist() == ["rho", "a", "b"]
    part = spatial_panel(Y, X, W, lagged=["b"])
    assert part.terms == ("a", "b", "W b")
    table = part.effects(inference="delta").table
    ratio = table.query("variable == 'a'")["estimate"].to_numpy() / part.coefficients["estimate"][1]
    assert ratio.tolist() == pytest.approx(slow.impacts(part.rho, 1.0, 0.0, DENSE))
    effects = slx.effects(inference="delta").table.query("variable == 'a'")["estimate"].to_numpy()
    assert effects.tolist() == pytest.approx([slx.fit.delta[0], slx.fit.delta[2], slx.fit.delta[[0, 2]].sum()])


def test_fixed_effects_add_up_to_what_is_left_over():
    found = spatial_panel(Y, X, W)
    own = found.fixed_effects
    assert float(own["of_region"].sum()) == pytest.approx(0, abs=1e-10)
    assert float(own["of_time"].sum()) == pytest.approx(0, abs=1e-10)
    y, z = arrays()
    fitted = found.rho * y @ DENSE.T + z @ found.fit.delta + found.fit.residuals
    whole = fitted + float(own["constant"]) + own["of_time"].values[:, None] + own["of_region"].values
    np.testing.assert_allclose(whole, y, atol=1e-10)


def test_results_print_and_keep_their_record():
    found = spatial_panel(Y, X, W)
    assert "SDM, effects of both, correction lee-yu" in repr(found)
    assert found.to_frame().shape == (5, 14)
    assert found.record.settings["lagged"] == ["a", "b"]
    assert found.bic > found.aic


def test_variables_may_come_as_one_array_in_any_order_of_labels():
    x = xr.concat(list(X.values()), dim="indicator").assign_coords(indicator=["a", "b"])
    order = np.random.default_rng(1).permutation(31)
    again = spatial_panel(Y.isel(region=order), x.transpose("indicator", "time", "region"), W)
    np.testing.assert_allclose(estimates(again), estimates(spatial_panel(Y, X, W)), atol=1e-12)


def test_every_missing_cell_is_listed():
    y, a = Y.copy(), X["a"].copy()
    y[0, 0], a[5, 3] = np.nan, np.nan
    with pytest.raises(MethodError) as caught:
        spatial_panel(y, {"a": a, "b": X["b"].isel(time=slice(1, None))}, W)
    said = caught.value.say()
    assert "'y'" in said
    assert "Beijing 2011" in said
    assert "Liaoning 2014" in said
    assert "'b' has no 2011" in said
    assert "平衡面板" in caught.value.say("zh")


def test_regressors_that_effects_explain_are_named():
    area = xr.DataArray(np.arange(31.0) + 1, dims="region", coords={"region": PROVINCES})
    national = xr.DataArray(np.arange(8.0) ** 2, dims="time", coords={"time": Y["time"]})
    with pytest.raises(MethodError, match=r"do not change over time.*: area, W area"):
        spatial_panel(Y, X | {"area": area}, W, effects="region")
    with pytest.raises(MethodError, match=r"same in all regions of a year.*: price, W price"):
        spatial_panel(Y, X | {"price": national}, W, effects="time")
    with pytest.raises(MethodError, match="area, price"):
        spatial_panel(Y, X | {"area": area, "price": national}, W)


def test_collinear_regressors_are_named():
    with pytest.raises(MethodError, match="swept out: a, double, W a, W double") as caught:
        spatial_panel(Y, X | {"double": 2 * X["a"] + 1}, W, model="sdm")
    assert "共线" in caught.value.say("zh")
    with pytest.raises(MethodError, match="swept out: a, a twice"):
        spatial_panel(Y, X | {"a twice": 2 * X["a"]}, W, model="sar")


def test_what_cannot_be_estimated_says_what_to_try():
    with pytest.raises(MethodError, match="two years or more"):
        spatial_panel(*FIRST, W)
    with pytest.raises(MethodError, match="rows sum to 1"):
        spatial_panel(Y, X, neighbours(Y, standardise=False))
    with pytest.raises(FaultyValue, match="found: c"):
        spatial_panel(Y, X, W, lagged=["c"])
    few = ["110000", "120000", "130000"]
    small = Y.sel(region=few).isel(time=[0, 1]), {k: x.sel(region=few).isel(time=[0, 1]) for k, x in X.items()}
    with pytest.raises(MethodError, match=r"follow from one another|cannot carry"):
        spatial_panel(*small, W.only(few))


def test_an_outcome_without_remainder_or_without_years_is_refused():
    with pytest.raises(MethodError, match="without remainder"):
        spatial_panel(2 * X["a"] + 1, X, W)
    with pytest.raises(MethodError, match="'y' must be over region and time; found region"):
        spatial_panel(Y.isel(time=0), X, W)
