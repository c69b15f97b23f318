"""Indices of inequality: against double sums, PySAL and hand, and what they refuse or leave out."""

import numpy as np
import pytest
import xarray as xr

from tests.oracles import inequality as slow
from xinzhi.core.errors import MethodError
from xinzhi.core.specs import FaultyValue
from xinzhi.dynamics.inequality import (
    atkinson,
    coefficient_of_variation,
    gini,
    inequalities,
    inequality,
    theil_l,
    theil_t,
    variance_of_logs,
)

X = np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0])
W = np.array([2.0, 7.0, 1.0, 8.0, 2.0, 8.0, 1.0, 8.0])
ONES = np.ones(8)


def panel(values=None, **coords):
    """Eight regions over three years, the first year as above, the others with other spreads."""
    values = np.stack([X, X + 1, X**1.5], axis=1) if values is None else np.asarray(values, dtype=float)
    names = [f"r{at}" for at in range(len(values))]
    years = range(2020, 2020 + values.shape[1])
    return xr.DataArray(
        values,
        dims=("region", "time"),
        coords={"region": names, "time": list(years)} | {k: ("region", v) for k, v in coords.items()},
    )


@pytest.mark.parametrize("w", [None, W], ids=["unweighted", "weighted"])
def test_against_double_sums(w):
    of = ONES if w is None else w
    assert gini(X, w) == pytest.approx(slow.gini(X, of), rel=1e-13)
    assert theil_t(X, w) == pytest.approx(slow.theil_t(X, of), rel=1e-13)
    assert theil_l(X, w) == pytest.approx(slow.theil_l(X, of), rel=1e-13)
    for epsilon in (0.25, 0.5, 1.0, 2.0):
        assert atkinson(X, w, epsilon=epsilon) == pytest.approx(slow.atkinson(X, of, epsilon), rel=1e-12)


def test_against_pysal():
    """`inequality` is a test oracle only; it is in nobody's lock. It adds a tiny number to zeros where we refuse."""
    peer = pytest.importorskip("inequality", reason="PySAL's inequality is not installed")
    rng = np.random.default_rng(5)
    for x in (X, rng.lognormal(size=200), rng.uniform(1, 2, 31)):
        assert gini(x) == pytest.approx(peer.gini.Gini(x).g, abs=1e-12)
        assert theil_t(x) == pytest.approx(peer.theil.Theil(x).T, abs=1e-12)
        for epsilon in (0.5, 1, 3):
            assert atkinson(x, epsilon=epsilon) == pytest.approx(peer.atkinson.atkinson(x, epsilon), abs=1e-12)


def test_numbers_of_pysal():
    """Once computed with PySAL inequality 1.1.2."""
    x = np.arange(10.0, 51.0, 10.0)
    assert gini(x) == pytest.approx(0.26666666666666666, abs=1e-15)
    assert theil_t(x) == pytest.approx(0.11968759358350917, abs=1e-14)
    assert atkinson(x, epsilon=0.5) == pytest.approx(0.06315339222708616, abs=1e-14)
    assert atkinson(x, epsilon=1) == pytest.approx(0.13160963843421591, abs=1e-14)


def test_variation_names_its_divisor():
    assert coefficient_of_variation(X) == pytest.approx(X.std() / X.mean())
    assert coefficient_of_variation(X, divisor="n-1") == pytest.approx(X.std(ddof=1) / X.mean())
    assert coefficient_of_variation(X, W) == pytest.approx(
        np.sqrt(np.cov(X, aweights=W, ddof=0)) / np.average(X, weights=W)
    )
    with pytest.raises(FaultyValue, match="no meaning with weights"):
        coefficient_of_variation(X, W, divisor="n-1")


def test_variance_of_logs_around_either_mean():
    logs = np.log(X)
    assert variance_of_logs(X) == pytest.approx(logs.var())
    assert variance_of_logs(X, divisor="n-1") == pytest.approx(logs.var(ddof=1))
    assert variance_of_logs(X, centre="arithmetic") == pytest.approx(((logs - np.log(X.mean())) ** 2).mean())


@pytest.mark.parametrize("method", [method.name for method in inequalities])
def test_leading_axes_and_gaps(method):
    """A gap is as if the region were not there, in every draw and year by itself."""
    f = inequalities.find(method).function
    x = np.stack([np.stack([X, X * 2, X**2]), np.stack([X[::-1], X + 3, np.sqrt(X)])])
    x[1, 2, 4] = np.nan
    found = f(x, W)
    assert found.shape == (2, 3)
    assert found[0, 1] == pytest.approx(found[0, 0], rel=1e-12)
    assert found[1, 2] == pytest.approx(float(f(np.delete(x[1, 2], 4), np.delete(W, 4))), rel=1e-12)
    assert np.isnan(f(np.full((1, 3), np.nan), None)).all()
    by_year = f(x, np.stack([W, W + 1, ONES]))
    assert by_year[1, 1] == pytest.approx(float(f(x[1, 1], W + 1)), rel=1e-12)


def test_year_by_year_and_inside_groups():
    zones = ["east", "west"] * 4
    result = inequality(panel(zone=zones), groups="zone")
    assert result.values.values == pytest.approx([slow.gini(of, ONES) for of in (X, X + 1, X**1.5)])
    assert result.groups.sel(group="west", time=2021).item() == pytest.approx(slow.gini(X[1::2] + 1, np.ones(4)))
    table = result.to_frame()
    assert list(table.columns) == ["time", "group", "value"]
    assert len(table) == 3 + 3 * 2
    assert "gini" in repr(result)
    assert "基尼系数" in repr(result)
    assert result.record.settings["method"] == "gini"
    assert not result.omitted


def test_weights_are_named_in_the_result():
    weights = xr.DataArray(W, dims="region", coords={"region": [f"r{at}" for at in range(8)]}, name="population")
    shuffled = weights[::-1]
    result = inequality(panel(), "theil-l", weights=shuffled)
    assert result.weighting == "weighted by population"
    assert result.values[0].item() == pytest.approx(slow.theil_l(X, W))


def test_a_weight_of_zero_leaves_a_region_out_and_is_listed():
    weights = xr.DataArray(np.where(X == 9, 0.0, W), dims="region", coords={"region": panel().region})
    result = inequality(panel(), weights=weights)
    assert result.values[0].item() == pytest.approx(slow.gini(X[X != 9], W[X != 9]))
    assert result.regions.values.tolist() == [7, 7, 7]
    assert [fault.en for fault in result.omitted] == [
        "regions with a weight of zero are left out of that year: r5 (2020-2022)."
    ]


def test_a_function_and_options():
    spread = inequality(panel(), lambda x, w: x.max(-1) / x.min(-1))
    assert spread.values[0].item() == 9
    assert inequality(panel(), "atkinson", epsilon=2).values[0].item() == pytest.approx(slow.atkinson(X, ONES, 2))
    with pytest.raises(MethodError, match="gini"):
        inequality(panel(), "ginni")
    with pytest.raises(MethodError, match="epsilon"):
        inequality(panel(), "gini", epsilon=2)
    with pytest.raises(MethodError, match="above 0"):
        inequality(panel(), "atkinson", epsilon=0)


def test_gaps_are_left_out_and_listed():
    values = panel().values
    values[2, 1] = values[3:, 2] = np.nan
    values[1:, 0] = np.nan
    result = inequality(panel(values, zone=["a"] * 7 + ["b"]), groups="zone")
    assert np.isnan(result.values[0])
    assert result.values[1].item() == pytest.approx(slow.gini(np.delete(X + 1, 2), np.ones(7)))
    said = " ".join(fault.en for fault in result.omitted)
    assert "r2 (2020-2021)" in said
    assert "fewer than two regions with a score in 2020" in said
    assert "group 'b'" in said
    assert result.regions.values.tolist() == [1, 7, 3]
    assert all(fault.zh for fault in result.omitted)
    with pytest.raises(MethodError, match="at least two"):
        inequality(panel(values[:, :1]))


@pytest.mark.parametrize(
    ("method", "value", "code"),
    [
        ("gini", -1.0, "negative"),
        ("theil-t", 0.0, "not-positive"),
        ("theil-l", 0.0, "not-positive"),
        ("variance-of-logs", -2.0, "not-positive"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_their_places(method, value, code):
    scores = panel(name_zh=[f"地区{at}" for at in range(8)])
    scores.values[5, 1] = value
    with pytest.raises(MethodError) as caught:
        inequality(scores, method)
    fault = caught.value.faults[0]
    assert fault.code == code
    assert "r5 (2021)" in fault.en
    assert "地区5（2021）" in fault.zh


def test_zeros_may_be_kept_where_there_is_a_limit():
    x = np.array([0.0, 1.0, 3.0])
    assert theil_t(x, zeros="keep") == pytest.approx(slow.theil_t(x, np.ones(3)))
    assert atkinson(x, epsilon=0.5) == pytest.approx(slow.atkinson(x, np.ones(3), 0.5))
    with pytest.raises(FaultyValue, match="above zero"):
        atkinson(x, epsilon=1)


def test_a_mean_of_nothing_is_refused():
    with pytest.raises(MethodError, match=r"must be above zero.*2021"):
        inequality(panel(np.where([[True, False, True]], X[:, None], 0.0)))
    with pytest.raises(MethodError, match="must be above zero"):
        inequality(panel(-X[:, None]), "coefficient-of-variation")


def test_a_constant_has_none_and_one_of_n_has_almost_all():
    for method in inequalities:
        assert method.function(np.full((2, 7), 0.1), None) == pytest.approx([0, 0], abs=1e-12)
    assert gini(np.array([0.0, 0, 0, 5])) == pytest.approx(0.75)


def test_what_is_not_a_table_of_scores_is_refused():
    with pytest.raises(MethodError, match="region × time"):
        inequality(panel().expand_dims("indicator"))
    with pytest.raises(MethodError, match="more than once"):
        inequality(xr.concat([panel(), panel()[:1]], "region"))
    with pytest.raises(MethodError, match="finite"):
        inequality(panel().where(lambda x: x < 9, np.inf))
    with pytest.raises(MethodError, match="no score at all"):
        inequality(panel() * np.nan)


def test_weights_that_do_not_fit_are_refused():
    scores = panel()
    weights = xr.DataArray(W, dims="region", coords={"region": scores.region})
    with pytest.raises(MethodError, match=r"r0 \(2020-2022\)"):
        inequality(scores, weights=weights[1:])
    with pytest.raises(MethodError, match="negative"):
        inequality(scores, weights=-weights)
    with pytest.raises(MethodError, match="weight above zero"):
        inequality(scores, weights=weights * 0)
    with pytest.raises(MethodError, match="region × time"):
        inequality(scores, weights=weights.rename(region="place"))


def test_groups_that_do_not_fit_are_refused():
    with pytest.raises(MethodError, match="zone"):
        inequality(panel(zone=["a", "b"] * 4), groups="zones")
    with pytest.raises(MethodError, match="r7"):
        inequality(panel(), groups={f"r{at}": "a" for at in range(7)})
    with pytest.raises(MethodError, match="one dimension region"):
        inequality(panel(), groups=panel())
