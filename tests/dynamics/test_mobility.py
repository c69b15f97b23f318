"""Rank mobility: agreement with SciPy and giddy, groups, ties, gaps and refusals."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import kendalltau, spearmanr

from xinzhi.core.errors import MethodError
from xinzhi.dynamics.mobility import concordance, rank_mobility, ranks, theta

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

PEER = "giddy is a test oracle only; it is not among the locked requirements"


def table(x, **coords):
    """Scores (region, time) with labels."""
    n, t = np.shape(x)
    labels = {"region": [f"r{i:02d}" for i in range(n)], "time": list(range(2010, 2010 + t))}
    return xr.DataArray(np.asarray(x, float), dims=("region", "time"), coords=labels | coords)


def panel(n=24, t=6, seed=0):
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.normal(0, 1, (n, t)), axis=1) + rng.normal(0, 2, (n, 1))


GROUPS = ("region", np.array(["east", "west", "north"])[np.arange(24) % 3])


def test_every_step_and_the_whole_are_compared():
    x = panel()
    found = rank_mobility(table(x)).to_frame()
    assert found[["start", "end"]].to_numpy().tolist()[-2:] == [[2014, 2015], [2010, 2015]]
    for row, (a, b) in zip(found.itertuples(), [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 5)], strict=True):
        rho, tau = spearmanr(x[:, a], x[:, b]), kendalltau(x[:, a], x[:, b])
        assert (row.spearman, row.p_spearman) == pytest.approx((rho.statistic, rho.pvalue))
        assert (row.kendall, row.p_kendall) == pytest.approx((tau.statistic, tau.pvalue))
        change = x[:, a].argsort().argsort() - x[:, b].argsort().argsort()
        assert row.mean_change == pytest.approx(np.abs(change).mean())
        assert row.overtakings == round((1 - tau.statistic) / 2 * 24 * 23 / 2)
        assert row.rose + row.fell + row.stayed == row.regions == 24


def test_a_reversal_is_the_most_and_stillness_the_least():
    still = np.arange(9.0)
    found = rank_mobility(table(np.stack([still, still * 2, -still], axis=1))).table
    assert found["share_of_most"].tolist() == pytest.approx([0, 1, 1])
    assert found["spearman"].tolist() == pytest.approx([1, -1, -1])
    assert found["overtakings"].tolist() == [0, 36, 36]


def test_theta_agrees_with_giddy():
    rank = pytest.importorskip("giddy.rank", reason=PEER)
    x = panel()
    found = rank_mobility(table(x, zone=GROUPS))
    peer = rank.Theta(x, GROUPS[1], permutations=0)
    for at in range(5):
        own = found.by_group("zone", 2010 + at, 2011 + at, draws=9)
        assert own.theta == pytest.approx(np.ravel(peer.theta)[at], abs=1e-9)
        assert own.table["gross"].sum() == pytest.approx(peer.total[at])


def test_local_and_regional_tau_agree_with_giddy():
    rank = pytest.importorskip("giddy.rank", reason=PEER)
    x = panel()
    found = rank_mobility(table(x, zone=GROUPS))
    local = rank.Tau_Local(x[:, 0], x[:, -1])
    assert found.between()["tau"].to_numpy() == pytest.approx(local.tau_local, abs=1e-9)
    assert found.persistence["kendall"] == pytest.approx(local.tau, abs=1e-9)
    regional = rank.Tau_Regional(x[:, 0], x[:, -1], GROUPS[1])
    own = found.by_group("zone", draws=9).tau.sortby("group").sortby("other")
    assert own.values == pytest.approx(regional.tau_reg, abs=1e-9)
    tied = np.round(x)
    tau = rank.Tau(tied[:, 0], tied[:, -1]).tau
    assert rank_mobility(table(tied)).persistence["kendall"] == pytest.approx(tau, abs=1e-9)


def test_groups_that_move_as_one_are_told_from_groups_that_do_not():
    rng = np.random.default_rng(1)
    start = rng.permutation(24).astype(float)
    together = start + np.where(GROUPS[1] == "east", 9, 0)
    moved = rank_mobility(table(np.stack([start, together], axis=1), zone=GROUPS)).by_group("zone")
    assert moved.p_cohesion < 0.01
    net = moved.table.set_index("group")["net"]
    assert net["east"] > 0 > net["west"] and net.sum() == 0
    alone = rank_mobility(table(np.stack([start, rng.permutation(24)], axis=1), zone=GROUPS)).by_group("zone")
    assert alone.p_cohesion > 0.05
    again = rank_mobility(table(np.stack([start, together], axis=1), zone=GROUPS)).by_group("zone")
    assert again.p_cohesion == moved.p_cohesion


def test_one_region_of_a_group_makes_no_pair():
    lone = np.where(np.arange(24) == 5, "alone", "others")
    found = rank_mobility(table(panel(), zone=("region", lone))).by_group("zone", draws=9)
    assert found.pairs.sel(group="alone", other="alone") == 0
    assert np.isnan(found.tau.sel(group="alone", other="alone"))
    assert np.isfinite(found.tau.sel(group="others")).all()


def test_draws_in_front_are_independent():
    x = np.stack([panel(10, 4, seed).T for seed in range(3)])
    whole, order = ranks(x), concordance(x[:, 0], x[:, 3])
    change = whole[:, 0] - whole[:, 3]
    codes = np.arange(10) % 2
    for at in range(3):
        assert (whole[at] == ranks(x[at])).all()
        assert (order[at] == concordance(x[at, 0], x[at, 3])).all()
        assert theta(change, codes, 2)[at] == pytest.approx(float(theta(change[at], codes, 2)))


def test_ties_share_their_mean_rank_and_gaps_move_nobody():
    assert ranks(np.array([3.0, 5, 3, np.nan, 1])).tolist()[:3] == [2.5, 1, 2.5]
    x = panel()
    x[4, 0] = np.nan
    found = rank_mobility(table(x))
    assert found.table["regions"].tolist() == [23, 24, 24, 24, 24, 23]
    assert np.isnan(found.ranks.sel(region="r04", time=2010))
    assert "r04" not in set(found.between()["region"])
    assert found.omitted[0].code == "no-score"


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (panel(2, 5), "2 regions"),
        (panel(5, 1), "1 years"),
        (np.stack([np.ones(6), np.arange(6)], axis=1), "2010-2011: 6 regions"),
        (np.where([[1, 0]] * 3 + [[0, 1]] * 4, np.nan, panel(7, 2)), "0 regions"),
        (panel(5, 3)[None], "region × time"),
        (np.where(np.eye(5, 3), np.inf, panel(5, 3)), "finite"),
    ],
)
def test_what_cannot_be_done_is_refused_in_both_languages(x, words):
    scores = table(x) if x.ndim == 2 else xr.DataArray(x, dims=("draw", "region", "time"))
    with pytest.raises(MethodError, match=words) as caught:
        rank_mobility(scores)
    assert caught.value.say("zh") != caught.value.say("en")


def test_questions_that_have_no_answer_are_refused():
    found = rank_mobility(table(np.stack([np.arange(6), np.arange(6) * 2], axis=1), zone=("region", list("aabbcc"))))
    assert [fault.code for fault in found.omitted] == ["short-panel"]
    with pytest.raises(MethodError, match="nothing to split"):
        found.by_group("zone")
    with pytest.raises(MethodError, match="1999"):
        found.between(1999)
    with pytest.raises(MethodError, match="no coordinate"):
        found.by_group("belt")


def test_results_explain_themselves():
    found = rank_mobility(table(panel(), zone=GROUPS))
    assert "overtakings" in repr(found)
    groups = found.by_group({f"r{i:02d}": str(i % 2) for i in range(24)}, draws=99, seed=3)
    assert "99 deals, seed 3" in repr(groups)
    assert list(groups.to_frame()) == ["group", "regions", "net", "gross", "theta", "p_cohesion"]
