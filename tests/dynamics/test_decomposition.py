"""Dagum's and Theil's decompositions: against double sums, identities, PySAL, and what they refuse or leave out."""

import numpy as np
import pytest
import xarray as xr

from tests.dynamics.test_inequality import ONES, W, X, panel
from tests.oracles import inequality as slow
from xinzhi.core.errors import MethodError
from xinzhi.dynamics.decomposition import dagum, dagum_parts, theil, theil_parts
from xinzhi.dynamics.inequality import gini, theil_l, theil_t

ZONES = np.array(["east", "west", "east", "west", "north", "north", "east", "west"])
CODES = np.array([0, 1, 0, 1, 2, 2, 0, 1])
HALVES = np.array(["coast", "land", "coast", "land", "land", "land", "coast", "land"])


def weights(of=W):
    return xr.DataArray(of, dims="region", coords={"region": panel().region}, name="population")


@pytest.mark.parametrize("w", [None, W], ids=["unweighted", "weighted"])
def test_dagum_against_double_sums(w):
    of = ONES if w is None else w
    result = dagum(panel(zone=ZONES), "zone", weights=None if w is None else weights())
    for at, x in enumerate((X, X + 1, X**1.5)):
        expected = slow.dagum(x, ZONES, of)
        row = result.parts.isel(time=at)
        assert row.sel(part="total").item() == pytest.approx(slow.gini(x, of), rel=1e-13)
        for part, value in expected.items():
            assert row.sel(part=part).item() == pytest.approx(value, rel=1e-12), part
        assert sum(expected.values()) == pytest.approx(slow.gini(x, of), rel=1e-13)


def test_between_is_the_gini_of_group_means():
    own = [np.flatnonzero(zone == ZONES) for zone in ("east", "west", "north")]
    means, share = [np.average(X[at], weights=W[at]) for at in own], [W[at].sum() for at in own]
    assert dagum_parts(X, CODES, W)[2] == pytest.approx(slow.gini(means, share), rel=1e-12)


def test_tables_of_groups_and_pairs_by_hand():
    x = np.array([[1.0], [3.0], [2.0], [6.0]])
    result = dagum(panel(x, zone=["a", "a", "b", "b"]), "zone")
    inside, pair = result.groups.isel(time=0), result.pairs.isel(time=0).sel(group="b", other="a")
    assert inside["gini"].values == pytest.approx([0.25, 0.25])
    assert inside["weight"].values == pytest.approx([0.5, 0.5])
    assert inside["score"].values == pytest.approx([1 / 3, 2 / 3])
    # b - a: 1, -1, 5, 3 over four pairs
    assert pair["gross_affluence"].item() == pytest.approx(9 / 4)
    assert pair["transvariation_moment"].item() == pytest.approx(1 / 4)
    assert pair["relative_affluence"].item() == pytest.approx(8 / 10)
    assert pair["gini"].item() == pytest.approx(10 / 4 / 6)
    assert result.pairs.isel(time=0).sel(group="a", other="b")["gini"].item() == pytest.approx(10 / 4 / 6)
    assert pair["between"].item() == pytest.approx(result.parts.sel(part="between").item())
    assert pair["transvariation"].item() == pytest.approx(result.parts.sel(part="transvariation").item())
    assert inside["contribution"].sum().item() == pytest.approx(result.parts.sel(part="within").item())
    assert len(result.pairs_to_frame()) == 1
    assert list(result.groups_to_frame()["group"]) == ["a", "b"]


def test_pairs_add_up_to_the_parts():
    result = dagum(panel(zone=ZONES), "zone", weights=weights())
    table = result.pairs_to_frame().groupby("time")[["between", "transvariation"]].sum()
    assert table.to_numpy() == pytest.approx(result.parts.sel(part=["between", "transvariation"]).values, abs=1e-14)
    symmetric = result.pairs["gini"].transpose("time", "other", "group")
    assert result.pairs["gini"].values == pytest.approx(symmetric.values, nan_ok=True)


def test_rates_are_over_the_gini_itself():
    """Halved d's fall short of G; rates over the sum of the parts would still come to one."""
    result = dagum(panel(zone=ZONES), "zone")
    table = result.to_frame().pivot(index="time", columns="part", values="rate")
    assert table[["within", "between", "transvariation"]].sum(axis=1).to_numpy() == pytest.approx([1, 1, 1], abs=1e-12)
    assert (table["total"] == 1).all()
    total = result.parts.sel(part="total")
    assert result.rates.sel(part="between").values == pytest.approx((result.parts.sel(part="between") / total).values)
    assert "Dagum" in repr(result)


def test_dagum_leaves_out_what_is_missing_and_says_so():
    values = panel().values
    values[4:6, 0] = values[4, 1] = np.nan
    values[:, 2] = 2.0
    result = dagum(panel(values, zone=ZONES), "zone")
    known = ~np.isnan(values[:, 0])
    expected = slow.dagum(X[known], ZONES[known], ONES[known])
    assert result.parts[0, 1:].values == pytest.approx(list(expected.values()), rel=1e-12)
    said = " ".join(fault.en for fault in result.omitted)
    assert "r4 (2020-2021); r5 (2020)" in said
    assert "group 'north' has no region with a score (2020)" in said
    assert "group 'north' has one region with a score; nothing differs within it (2021)" in said
    assert "alike in 2022" in said
    assert np.isnan(result.groups["gini"].sel(time=2020, group="north"))
    assert np.isnan(result.pairs["gini"].sel(time=2020, group="north", other="east"))
    assert result.groups["gini"].sel(time=2021, group="north") == 0
    assert result.parts.sel(time=2022).values == pytest.approx([0, 0, 0, 0], abs=1e-15)
    assert all(fault.zh for fault in result.omitted)


def test_a_group_of_zeros_differs_from_others_only():
    result = dagum(panel(np.array([[0.0], [0.0], [1.0], [2.0]]), zone=list("aabb")), "zone")
    assert result.groups["gini"].sel(group="a").item() == 0
    assert result.pairs["relative_affluence"].sel(group="a", other="b").item() == 1
    assert result.parts[0, 1:].sum().item() == pytest.approx(result.parts[0, 0].item())


def test_the_record_is_enough_to_run_it_again():
    one, other = (dagum(panel(zone=ZONES), "zone", weights=of).record for of in (weights(), weights(W + 1)))
    assert one.settings["groups"] == {f"r{at}": zone for at, zone in enumerate(ZONES)}
    assert one.settings["weights"] == "weighted by population"
    assert one.inputs["scores"] == other.inputs["scores"]
    assert one.inputs["weights"] != other.inputs["weights"]
    assert theil(panel(zone=ZONES), "zone").record.settings["groups"]["zone"]["r0"] == "east"


def test_what_dagum_refuses():
    with pytest.raises(MethodError, match="two groups or more"):
        dagum(panel(zone=["a"] * 8), "zone")
    with pytest.raises(MethodError, match=r"not negative.*r0 \(2020\)"):
        dagum(panel(zone=ZONES).where(lambda x: x != 3, -1.0), "zone")
    with pytest.raises(MethodError, match="must be above zero"):
        dagum(panel(zone=ZONES) * 0, "zone")
    without = ZONES.astype(object)
    without[2] = np.nan
    with pytest.raises(MethodError, match="1 of 8 regions belong to no group"):
        dagum(panel(zone=without), "zone")


def test_draws_and_years_at_once_are_as_one_by_one():
    rng = np.random.default_rng(2)
    x, w = rng.lognormal(size=(5, 3, 8)), rng.uniform(1, 2, size=(3, 8))
    x[2, 1, 3] = np.nan
    every = dagum_parts(x, CODES, w)
    assert every.shape == (5, 3, 4)
    for draw in range(5):
        for year in range(3):
            assert (every[draw, year] == dagum_parts(x[draw, year], CODES, w[year])).all()
    assert every[..., 0] == pytest.approx(gini(x, w), rel=1e-13)
    mixed = np.broadcast_to(w[:1], (5, 1, 8))  # weights that change by the draw, not by the year
    assert dagum_parts(x, CODES, mixed)[1, 2] == pytest.approx(dagum_parts(x[1, 2], CODES, w[0]), rel=1e-13)


@pytest.mark.parametrize("kind", ["T", "L"])
@pytest.mark.parametrize("w", [None, W], ids=["unweighted", "weighted"])
def test_theil_against_sums_group_by_group(kind, w):
    of = ONES if w is None else w
    result = theil(panel(zone=ZONES), "zone", kind=kind, weights=None if w is None else weights())
    index = theil_t if kind == "T" else theil_l
    for at, x in enumerate((X, X + 1, X**1.5)):
        total, between, within = result.parts[at].values
        assert (between, within) == pytest.approx(slow.theil_split(x, ZONES, of, kind), rel=1e-12)
        assert total == pytest.approx(between + within, abs=1e-15)
        assert total == pytest.approx(float(index(x, w)), rel=1e-12)
    table = result.groups_to_frame().groupby("time")["contribution"].sum()
    assert table.to_numpy() == pytest.approx(result.parts.sel(part="within").values, rel=1e-12)
    assert result.to_frame().query("part != 'total'").groupby("time")["rate"].sum().to_numpy() == pytest.approx(1.0)
    assert result.weighting == ("unweighted" if w is None else "weighted by population")
    assert f"Theil {kind}" in repr(result)


def test_theil_against_pysal():
    peer = pytest.importorskip("inequality", reason="PySAL's inequality is not installed")
    x = np.random.default_rng(3).lognormal(size=(40, 4))
    codes = np.arange(40) % 5
    split = peer.theil.TheilD(x, codes)
    parts = theil_parts(x.T, codes[None])
    assert parts == pytest.approx(np.stack([split.T, split.bg, split.wg], axis=1), abs=1e-12)


def test_nested_groupings():
    result = theil(panel(half=HALVES, zone=ZONES), ["half", "zone"], weights=weights())
    assert list(result.parts["part"].values) == ["total", "between:half", "between:zone", "within"]
    halves, zones = (theil(panel(g=of), "g", weights=weights()).parts for of in (HALVES, ZONES))
    assert result.parts[:, 1].values == pytest.approx(halves[:, 1].values, rel=1e-12)
    assert result.parts[:, 1:3].sum("part").values == pytest.approx(zones[:, 1].values, rel=1e-12)
    assert result.parts[:, 3].values == pytest.approx(zones[:, 2].values, rel=1e-12)
    own = result.groups["contribution"].sum("group").values + result.parts[:, 1].values
    assert own == pytest.approx(result.parts[:, 0].values, rel=1e-12)
    unnamed = [dict(zip(panel().region.values, of, strict=True)) for of in (HALVES, ZONES)]
    assert list(theil(panel(), unnamed).parts["part"].values[1:3]) == ["between:level 1", "between:level 2"]
    with pytest.raises(MethodError, match=r"nested.*: land"):
        theil(panel(half=HALVES, odd=list("ab") * 4), ["odd", "half"])


def test_theil_zeros():
    scores = panel(np.array([[0.0, 1], [0, 2], [1, 3], [2, 4]]), zone=list("aabb"))
    with pytest.raises(MethodError, match=r"above zero.*r0 \(2020\); r1 \(2020\)"):
        theil(scores, "zone")
    kept = theil(scores, "zone", zeros="keep")
    assert kept.parts[0].values == pytest.approx(
        [slow.theil_t([0, 0, 1, 2], np.ones(4)), np.log(2), slow.theil_t([1, 2], [1, 1])]
    )
    assert kept.groups["index"].sel(time=2020, group="a") == 0
    with pytest.raises(MethodError, match="above zero"):
        theil(scores, "zone", kind="L", zeros="keep")


def test_theil_leaves_out_what_is_missing():
    values = panel().values
    values[4:6, 0] = np.nan
    result = theil(panel(values), {f"r{at}": zone for at, zone in enumerate(ZONES)})
    known = ~np.isnan(values[:, 0])
    assert result.parts[0, 1:].values == pytest.approx(slow.theil_split(X[known], ZONES[known], ONES[known], "T"))
    assert np.isnan(result.groups["index"].sel(time=2020, group="north"))
    assert {fault.code for fault in result.omitted} == {"no-score", "small-group"}
