from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from tests.dynamics.places import YEARS, over_provinces, provinces
from tests.oracles import space as slow
from xinzhi.core.errors import MethodError
from xinzhi.dynamics.neighbours import neighbours
from xinzhi.dynamics.space import NOT_SIGNIFICANT, global_moran, local_moran

# PySAL's esda 2.8.2 on the first year of `over_provinces()`, weights row-standardised ("r", its default).
ESDA = {
    "I": 0.08842102199588653,
    "expected": -0.03333333333333333,
    "variance_normal": 0.014043177430022188,
    "variance_randomisation": 0.014703042561574623,
    "z_normal": 1.027428986105162,
    "z_randomisation": 1.0041090891345148,
    "p_normal": 0.30421850838143527,
    "p_randomisation": 0.31532603488360733,
}
ESDA_LOCAL = [
    -0.522889671190958,
    -0.17615776626054638,
    0.03475249932808998,
    0.5328574097315969,
    -0.015817342066650173,
    0.3066402385918655,
]
# Its p from permutations ("directed"), 20,000 for the whole and 99,999 for the first regions with three neighbours or
# more. With fewer neighbours ties are common, and esda leaves them out of the lower tail.
ESDA_P = 0.1594
ESDA_LOCAL_P = [0.4058, 0.1166, 0.4978, 0.2999, 0.3805, 0.1929, 0.3330, 0.3996, 0.4808, 0.4436, 0.1366, 0.3246, 0.0487]
ESDA_QUADRANTS = [4, 4, 3, 3, 4, 3, 1, 1, 3, 4, 3, 4]
FIRST = over_provinces().isel(time=0, drop=True)


def clustered() -> xr.DataArray:
    """High in the south-west, low in the north-east, and 四川 low amid the high."""
    data = xr.zeros_like(FIRST) + np.random.default_rng(3).normal(size=31) * 0.3
    for code in ("450000", "520000", "530000", "540000", "630000", "500000"):
        data.loc[code] = 5.0
    for code in ("210000", "220000", "230000", "150000"):
        data.loc[code] = -5.0
    data.loc["510000"] = -4.0
    return data


def test_the_numbers_of_esda():
    row = global_moran(FIRST, provinces(), permutations=0).to_frame().iloc[0]
    for name, value in ESDA.items():
        assert row[name] == pytest.approx(value, rel=1e-9), name
    local = local_moran(FIRST, provinces(), permutations=99)
    np.testing.assert_allclose(local.table["I"].values[:6], ESDA_LOCAL, rtol=1e-9)
    numbered = {"HH": 1, "LH": 2, "LL": 3, "HL": 4}
    assert [numbered[q] for q in local.table["quadrant"].values[:12]] == ESDA_QUADRANTS


def test_the_permutation_p_of_esda():
    nb = provinces()
    whole = global_moran(FIRST, nb, permutations=9_999, alternative="directed").to_frame()
    assert whole["p_permuted"][0] == pytest.approx(ESDA_P, abs=0.015)
    local = local_moran(FIRST, nb, permutations=19_999, alternative="directed").table["p"].values
    several = np.diff(nb.strengths.indptr) > 2
    np.testing.assert_allclose(local[several][: len(ESDA_LOCAL_P)], ESDA_LOCAL_P, atol=0.015)


def test_agrees_with_esda_as_installed():
    esda = pytest.importorskip("esda", reason="a peer to compare with, not needed by the project")
    libpysal = pytest.importorskip("libpysal", reason="a peer to compare with, not needed by the project")
    nb, data = provinces(), over_provinces()
    w = libpysal.weights.util.full2W(nb.strengths.toarray())
    ours, local = global_moran(data, nb, permutations=0).table, local_moran(data, nb, permutations=99).table
    for year in YEARS:
        x = data.sel(time=year).values
        theirs, own = esda.Moran(x, w, permutations=0), ours.sel(time=year)
        for name, value in (("I", theirs.I), ("variance_randomisation", theirs.VI_rand), ("z_normal", theirs.z_norm)):
            assert float(own[name]) == pytest.approx(value, rel=1e-9)
        places = esda.Moran_Local(x, w, permutations=0)
        np.testing.assert_allclose(local["I"].sel(time=year), places.Is, rtol=1e-9, atol=1e-12)


def test_moments_under_randomisation_are_those_of_all_orders_there_are():
    x = np.array([1.0, 4.0, 2.0, 8.0, 5.0, 7.0])
    w = (np.arange(36).reshape(6, 6) % 5).astype(float)
    np.fill_diagonal(w, 0)
    data = xr.DataArray(x, dims="region", coords={"region": list("abcdef")})
    nb = neighbours(data, "given", matrix=w, standardise=False)
    row = global_moran(data, nb).to_frame().iloc[0]
    mean, variance = slow.moran_over_all_orders(x, w)
    assert row["expected"] == pytest.approx(mean, abs=1e-12)
    assert row["variance_randomisation"] == pytest.approx(variance, rel=1e-10)


def test_local_p_is_that_of_all_orders_of_the_others_ties_included():
    x = np.array([1.0, 4.0, 2.0, 8.0, 5.0, 7.5])
    w = np.zeros((6, 6))
    for i, j in ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 3)):
        w[i, j] = w[j, i] = 1
    data = xr.DataArray(x, dims="region", coords={"region": list("abcdef")})
    nb = neighbours(data, "given", matrix=w)
    up = local_moran(data, nb, permutations=20_000, alternative="greater").table["p"].values
    down = local_moran(data, nb, permutations=20_000, alternative="less").table["p"].values
    for i in range(6):
        exact = slow.conditional_p(x, nb.weights.toarray(), i)
        assert (up[i], down[i]) == pytest.approx(exact, abs=0.015)


def test_clusters_and_outliers_are_found_where_they_were_put():
    found = local_moran(clustered(), provinces(), seed=1).table
    kinds = dict(zip(found["region"].values, found["cluster"].values, strict=True))
    plain = dict(zip(found["region"].values, found["cluster_unadjusted"].values, strict=True))
    assert kinds["510000"] == plain["510000"] == "LH"
    assert kinds["220000"] == plain["220000"] == "LL"
    assert plain["530000"] == "HH"
    assert kinds["530000"] == NOT_SIGNIFICANT  # p is 0.02, one of 31
    assert (found["p_adjusted"] >= found["p"]).all()
    assert sum(kind != NOT_SIGNIFICANT for kind in kinds.values()) <= sum(k != NOT_SIGNIFICANT for k in plain.values())


def test_adjustment_is_by_year_unless_all_are_taken_together():
    data, nb = over_provinces(), provinces()
    by_year = local_moran(data, nb, permutations=499).table
    for year in YEARS:
        at = by_year.sel(time=year)
        np.testing.assert_allclose(at["p_adjusted"], slow.adjusted(at["p"].values), rtol=1e-12)
    together = local_moran(data, nb, permutations=499, across="all").table
    np.testing.assert_allclose(together["p_adjusted"].values.ravel(), slow.adjusted(together["p"].values.ravel()))


def test_few_permutations_are_said_to_be_few():
    assert local_moran(FIRST, provinces(), permutations=999).notes[0].code == "too-few-permutations"
    assert not local_moran(FIRST, provinces()).notes


def test_counts_go_through_time_and_results_print():
    found = local_moran(over_provinces(), provinces(), permutations=199)
    assert found.counts().shape == (len(YEARS), 9)
    assert "false discoveries held down" in repr(found)
    whole = global_moran(over_provinces(), provinces())
    assert len(whole.to_frame()) == len(YEARS)
    assert "Moran's I: 8 rows" in repr(whole)
    assert whole.record.seed == 0


def test_the_same_seed_gives_the_same_p_and_years_do_not_depend_on_one_another():
    data, nb = over_provinces(), provinces()
    whole, again = local_moran(data, nb, permutations=199, seed=4), local_moran(data, nb, permutations=199, seed=4)
    xr.testing.assert_equal(whole.table, again.table)
    alone = local_moran(data.isel(time=[2]), nb, permutations=199, seed=4)
    np.testing.assert_array_equal(alone.table["p"].values[0], whole.table["p"].isel(time=2).values)


def test_p_values_are_level_where_there_is_no_spatial_order():
    noise = xr.DataArray(
        np.random.default_rng(2).normal(size=(400, 31)), dims=("draw", "region"), coords={"region": FIRST["region"]}
    )
    found = global_moran(noise, provinces(), permutations=499).table
    for name in ("p_normal", "p_randomisation", "p_permuted"):
        assert stats.kstest(found[name].values, "uniform").pvalue > 0.01
        assert (found[name] <= 0.05).mean() == pytest.approx(0.05, abs=0.03)


def test_alternatives_by_hand():
    both, one = (
        global_moran(FIRST, provinces(), alternative=kind).to_frame().iloc[0] for kind in ("two-sided", "directed")
    )
    up, down = (global_moran(FIRST, provinces(), alternative=kind).to_frame().iloc[0] for kind in ("greater", "less"))
    assert both["p_permuted"] == pytest.approx(2 * one["p_permuted"])
    assert one["p_normal"] == pytest.approx(min(up["p_normal"], down["p_normal"]))
    assert up["p_normal"] + down["p_normal"] == pytest.approx(1)


def test_years_without_differences_and_gaps_are_named():
    data = over_provinces()
    data[:, 3] = 7.3
    with pytest.raises(MethodError, match="same value in 2014") as caught:
        global_moran(data, provinces())
    assert "2014" in caught.value.say("zh")
    data[2, 3] = np.nan
    with pytest.raises(MethodError, match="Hebei 2014"):
        local_moran(data, provinces())


def test_three_regions_are_too_few():
    data = FIRST.isel(region=slice(0, 3))
    with pytest.raises(MethodError, match="4 regions"):
        global_moran(data, neighbours(data))
