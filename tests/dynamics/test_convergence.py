import numpy as np
import pytest
from benchmarks import convergence_coverage as planted
from numpy.testing import assert_allclose
from scipy import sparse

from tests.oracles import convergence as slow
from xinzhi.core.errors import MethodError
from xinzhi.dynamics.convergence import beta_convergence, growth_terms, sigma_convergence, spatial_beta, speed_of, trend
from xinzhi.dynamics.neighbours import Neighbours
from xinzhi.dynamics.nickell import Spans

PEER = "linearmodels and statsmodels are oracles only, not in the lock"
VALUES = planted.growing(np.random.default_rng(4), 12, 9, -0.05)
CIRCLE = (np.eye(12, k=1) + np.eye(12, k=-1) + np.eye(12, k=11) + np.eye(12, k=-11)) / 2


def codes(notes):
    return [note.code for note in notes]


class TestSigma:
    def test_measures_are_the_classics(self):
        cv, sd = (sigma_convergence(VALUES, measure=name) for name in ("coefficient-of-variation", "sd-of-logs"))
        assert_allclose(cv.dispersion, VALUES.std("region") / VALUES.mean("region"), rtol=1e-12)
        assert_allclose(sd.dispersion, np.log(VALUES).std("region"), rtol=1e-12)
        wide = sigma_convergence(VALUES, measure="sd-of-logs", divisor="n-1")
        assert_allclose(wide.dispersion, np.log(VALUES).std("region", ddof=1), rtol=1e-12)
        assert sigma_convergence(VALUES, measure="gini").measure == "gini"

    @pytest.mark.parametrize("lags", ["newey-west-1994", "stock-watson", 0, 3])
    def test_trend_agrees_with_statsmodels(self, lags):
        sm = pytest.importorskip("statsmodels.api", reason=PEER)
        found = sigma_convergence(VALUES, lags=lags)
        design = sm.add_constant(VALUES.time.values.astype(float))
        kwds = {"maxlags": found.lags, "use_correction": True}
        theirs = sm.OLS(found.dispersion.values, design).fit(cov_type="HAC", cov_kwds=kwds, use_t=True)
        assert_allclose(
            [found.slope, found.error, found.p], [theirs.params[1], theirs.bse[1], theirs.pvalues[1]], rtol=1e-7
        )

    def test_gaps_short_series_and_constants(self):
        holed = VALUES.copy()
        holed[3, 2] = np.nan
        found = sigma_convergence(holed)
        assert "r3" not in found.regions
        assert codes(found.omitted) == ["regions-with-gaps", "short-series"]
        with pytest.raises(MethodError, match="straight line"):
            sigma_convergence(VALUES * 0 + 1)
        with pytest.raises(MethodError, match="above zero"):
            sigma_convergence(VALUES - 3 * VALUES.max())
        with pytest.raises(MethodError, match="Did you mean"):
            sigma_convergence(VALUES, measure="coefficient-of-variance")

    def test_draws_stand_in_front(self):
        years = np.arange(9.0)
        series = np.random.default_rng(0).normal(size=(4, 9))
        slopes, errors = trend(series, years, 2)
        for at in range(4):
            assert_allclose([slopes[at], errors[at]], trend(series[at], years, 2), rtol=1e-12)


class TestSpatialBeta:
    def circle(self, n):
        ring = (np.eye(n, k=1) + np.eye(n, k=-1) + np.eye(n, k=n - 1) + np.eye(n, k=1 - n)) / 2
        return Neighbours(sparse.csr_array(ring), np.array([f"r{at}" for at in range(n)], dtype=object), "given", True)

    def test_a_planted_lag_of_growth_is_given_back(self):
        rng, n, t = np.random.default_rng(3), 60, 15
        w = self.circle(n)
        logs = np.empty((n, t))
        logs[:, 0] = rng.normal(3, 1, n)
        for year in range(1, t):
            pushed = 0.3 - 0.05 * logs[:, year - 1] + 0.02 * rng.normal(size=n)
            logs[:, year] = logs[:, year - 1] + np.linalg.solve(np.eye(n) - 0.4 * w.weights.toarray(), pushed)
        found = spatial_beta(planted.labelled(np.exp(logs)), w, effects=("time",), model="sar")
        assert found.rho == pytest.approx(0.4, abs=0.08)
        assert found.terms == ("initial_level",)
        assert float(found.fit.delta[0]) == pytest.approx(-0.05, abs=0.005)

    def test_without_the_lag_it_is_beta_with_the_neighbours_level(self):
        w = self.circle(12)
        found = spatial_beta(VALUES, w, model="slx", effects=("region",), span=2)
        ours = beta_convergence(VALUES, neighbours=w, effects=("region",), span=2)
        assert_allclose(found.fit.delta, ours.fit.coefficients, rtol=1e-8)
        assert codes(found.omitted) == ["nickell-bias"]
        assert "beta_convergence" in repr(found)
        assert spatial_beta(VALUES, w, model="slx", effects=("time",)).omitted == ()


class TestBeta:
    def test_a_planted_rate_without_noise_is_read_off_exactly(self):
        logs = np.empty((4, 6))
        logs[:, 0] = [1.0, 2.0, 3.5, 5.0]
        for year in range(1, 6):
            logs[:, year] = np.exp(-0.03) * logs[:, year - 1] + 0.1
        values = planted.labelled(np.exp(logs))
        for options in ({"form": "cross-section"}, {"effects": ()}, {"span": 2}, {"span": 2, "overlapping": True}):
            found = beta_convergence(values, **options)
            assert found.speed == pytest.approx(0.03, abs=1e-9)
            assert found.half_life == pytest.approx(np.log(2) / 0.03, rel=1e-6)

    def test_no_speed_where_beta_overshoots_and_no_half_life_where_gaps_widen(self):
        assert speed_of(-1.2, 1) is None
        values = planted.growing(np.random.default_rng(0), 20, 5, 0.05)
        found = beta_convergence(values, effects=("time",))
        assert found.speed is not None
        assert found.speed < 0
        assert found.half_life is None

    @pytest.mark.parametrize("effects", [("region",), ("time",), ("region", "time")])
    def test_linearmodels_agrees(self, effects):
        pytest.importorskip("linearmodels", reason=PEER)
        from linearmodels.panel import PanelOLS

        data = np.log(VALUES).to_dataframe("level").groupby("region")["level"]
        frame = data.apply(lambda one: one.droplevel(0)).to_frame("level")
        frame["growth"] = frame.groupby("region")["level"].shift(-1) - frame["level"]
        frame = frame.dropna().assign(one=1.0)
        which = {"entity_effects": "region" in effects, "time_effects": "time" in effects}
        model = PanelOLS(frame["growth"], frame[["one", "level"]], **which)
        theirs = model.fit(cov_type="clustered", cluster_entity=True)
        ours = beta_convergence(VALUES, effects=effects, small_sample="observations")
        assert ours.beta == pytest.approx(theirs.params["level"], rel=1e-9)
        assert ours.fit.errors[0] == pytest.approx(theirs.std_errors["level"], rel=1e-9)

    def test_cross_section_agrees_with_statsmodels(self):
        sm = pytest.importorskip("statsmodels.api", reason=PEER)
        logs = np.log(VALUES.values)
        theirs = sm.OLS((logs[:, -1] - logs[:, 0]) / 8, sm.add_constant(logs[:, 0])).fit(cov_type="HC1", use_t=True)
        ours = beta_convergence(VALUES, form="cross-section", small_sample="clusters")
        assert_allclose([ours.beta, ours.fit.errors[0]], [theirs.params[1], theirs.bse[1]], rtol=1e-9)
        assert ours.span == 8

    def test_neighbours_are_weighed_by_label(self):
        labels = list(VALUES.region.values)
        weights = planted.labelled(CIRCLE).rename(time="to").assign_coords(to=labels)
        shuffled = weights.isel(region=slice(None, None, -1), to=np.roll(np.arange(12), 3))
        terms = growth_terms(VALUES, span=1, neighbours=shuffled)
        logs = np.log(VALUES.values)
        assert terms.names == ("initial_level", "neighbours_initial_level")
        assert_allclose(terms.regressors[..., 1], CIRCLE @ logs[:, :-1], rtol=1e-12)
        found = beta_convergence(VALUES, effects=("time",), neighbours=weights)
        assert found.to_frame()["variable"].tolist() == list(terms.names)

    def test_controls_enter_at_the_start_and_gaps_are_listed(self):
        rng = np.random.default_rng(2)
        control = VALUES.copy(data=rng.normal(size=VALUES.shape)).rename("rd")
        control[2, 3] = np.nan
        terms = growth_terms(VALUES, span=2, controls=control)
        assert_allclose(terms.regressors[..., 1], control.values[:, [0, 2, 4, 6]])
        found = beta_convergence(VALUES, controls=control, effects=("time",))
        assert found.fit.observations == 12 * 8 - 1
        assert codes(found.omitted) == ["observations-with-gaps", "few-clusters"]
        assert "r2" in found.omitted[0].zh
        with pytest.raises(MethodError, match="every region and year"):
            beta_convergence(VALUES, controls=control.isel(region=slice(3)))

    def test_region_effects_are_warned_about_by_what_they_do_to_the_interval(self):
        """Not by the number of years: many regions over 60 years are misled more surely than few."""
        few, many = (planted.growing(np.random.default_rng(1), n, 60, -0.8, own=0.3) for n in (4, 150))
        assert "nickell-bias" not in codes(beta_convergence(few).omitted)
        found = beta_convergence(many)
        (note,) = (note for note in found.omitted if note.code == "nickell-bias")
        bias = Spans(2000.0 + np.arange(59), 1.0, np.ones((150, 59), bool)).bias(found.beta)
        assert f"{bias:+.3f}" in note.en
        assert f"{-bias:.3f}" in note.zh
        assert "half-panel" in note.en
        assert "nickell-bias" not in codes(beta_convergence(many, effects=("time",)).omitted)

    def test_regions_that_come_from_afar_are_told_from_settled_ones(self):
        rng = np.random.default_rng(6)
        afar = planted.growing(rng, 30, 20, -0.05, own=0.02)
        settled = planted.growing(rng, 30, 80, -0.05, own=0.02).isel(time=slice(60, None))
        for options in ({}, {"correction": "half-panel"}, {"effects": ("region",)}):
            assert "not-settled" in codes(beta_convergence(afar, **options).omitted)
            assert "not-settled" not in codes(beta_convergence(settled, **options).omitted)
        assert "not-settled" not in codes(beta_convergence(afar, effects=("time",)).omitted)

    def test_half_panels_take_out_the_leading_bias(self):
        found = beta_convergence(VALUES, correction="half-panel")
        halves = [beta_convergence(VALUES.isel(time=years)).beta for years in (slice(0, 5), slice(4, 9))]
        assert found.beta == pytest.approx(2 * beta_convergence(VALUES).beta - np.mean(halves), rel=1e-9)
        odd = VALUES.isel(time=slice(8))
        halves = [(years.stop - years.start - 1, beta_convergence(odd.isel(time=years)).beta)
                  for years in (slice(0, 4), slice(3, 8), slice(0, 5), slice(4, 8))]  # fmt: skip
        expected = 2 * beta_convergence(odd).beta - sum(n * beta for n, beta in halves) / 14
        assert beta_convergence(odd, correction="half-panel").beta == pytest.approx(expected, rel=1e-9)
        holed = VALUES.copy()
        holed[2, 3] = np.nan
        with pytest.raises(MethodError, match="four growth spans without gaps"):
            beta_convergence(holed, correction="half-panel")

    def test_refusals(self):
        with pytest.raises(MethodError, match="values above zero; not so in: r0"):
            beta_convergence(VALUES - VALUES.isel(region=0))
        with pytest.raises(MethodError, match="no two years lie 9 apart"):
            beta_convergence(VALUES, span=9)
        with pytest.raises(MethodError, match="initial_level"):
            beta_convergence(VALUES * 0 + 2, effects=("time",))
        with pytest.raises(MethodError, match="same rate in every span"):
            beta_convergence(VALUES.isel(time=[0] * 9).assign_coords(time=VALUES.time), effects=())
        with pytest.raises(MethodError, match="0 observations of 0 regions"):
            beta_convergence(VALUES * np.nan)
        with pytest.raises(MethodError):
            beta_convergence(VALUES.isel(region=[0]), effects=("time",))

    def test_readable(self):
        text = repr(beta_convergence(VALUES, effects=()))
        assert "absolute, panel" in text
        assert "half-life" in text


def test_swept_out_or_as_dummies_beta_is_the_same():
    terms = growth_terms(VALUES, span=1)
    regions, times = (codes.ravel() for codes in np.indices(terms.growth.shape))
    y, x = terms.growth.ravel(), terms.regressors.reshape(-1, 1)
    expected = slow.dummies(y, x, regions, times, ("region", "time"))[0][0]
    assert beta_convergence(VALUES).beta == pytest.approx(expected, rel=1e-9)


def test_intervals_hold_a_planted_beta():
    """40 panels at a level of 95 %: a binomial of 0.95 falls below 34 about once in a hundred times."""
    assert planted.rate(40, planted.beta_held, 30, 12) >= 34 / 40
    assert planted.rate(40, planted.speed_held, 30, 12) >= 34 / 40
    assert planted.rate(40, planted.beta_held, 30, 12, **planted.OWN, **planted.HALF) >= 34 / 40
