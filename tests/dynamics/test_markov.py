"""Markov chains: agreement with giddy, chains with several ends, states never left, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import sparse
from scipy.stats import chi2

from tests.oracles import markov as oracle
from xinzhi.core.errors import MethodError
from xinzhi.dynamics import chains
from xinzhi.dynamics.homogeneity import homogeneity_statistics
from xinzhi.dynamics.markov import Transitions, markov, spatial_markov
from xinzhi.dynamics.neighbours import Neighbours
from xinzhi.dynamics.states import assign, quantiles

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

PEER = "giddy is a test oracle only; it is not among the locked requirements"


def table(x, years=None, **coords):
    """Scores (region, time) with labels."""
    n, t = np.shape(x)
    years = range(2010, 2010 + t) if years is None else years
    regions = [f"r{i:02d}" for i in range(n)]
    return xr.DataArray(
        np.asarray(x, float), dims=("region", "time"), coords={"region": regions, "time": list(years)} | coords
    )


def panel(n=30, t=12, seed=3):
    """Persistent scores on a ring of regions that follow their neighbours."""
    rng = np.random.default_rng(seed)
    x = np.empty((n, t))
    x[:, 0] = rng.normal(0, 1, n)
    for year in range(1, t):
        around = (np.roll(x[:, year - 1], 1) + np.roll(x[:, year - 1], -1)) / 2
        x[:, year] = 0.75 * x[:, year - 1] + 0.15 * around + 0.45 * rng.normal(0, 1, n)
    return x


def ring(n=30):
    w = np.zeros((n, n))
    at = np.arange(n)
    w[at, (at + 1) % n] = w[at, (at - 1) % n] = 0.5
    return w


def states_as_scores(courses):
    """Courses of states as scores that given cuts turn back into them."""
    x = np.asarray(courses, float)
    return np.where(x < 0, np.nan, x)


@pytest.fixture
def giddy_markov():
    pytest.importorskip("giddy", reason=PEER)
    return pytest.importorskip("giddy.markov", reason=PEER)


@pytest.fixture
def classify():
    return pytest.importorskip("mapclassify", reason="mapclassify comes with giddy, a test oracle only").Quantiles


@pytest.mark.parametrize("k", [3, 4, 5, 7])
@pytest.mark.parametrize("cut", ["pooled", "annual"])
def test_the_chain_agrees_with_giddy(giddy_markov, classify, k, cut):
    from giddy.mobility import markov_mobility

    x = panel(31, 15)
    whole = classify(x.ravel(), k=k).yb.reshape(x.shape)
    held = whole if cut == "pooled" else np.stack([classify(year, k=k).yb for year in x.T], axis=1)
    peer = giddy_markov.Markov(held, summary=False)
    own = markov(table(x), k, cut=cut)
    assert (own.states.values == held + 1).all()
    assert (own.counts.values == peer.transitions).all()
    assert own.transitions.values == pytest.approx(peer.p, abs=1e-9)
    assert own.ergodic.values[0] == pytest.approx(peer.steady_state, abs=1e-9)
    assert own.first_passage.values == pytest.approx(peer.mfpt, rel=1e-9)
    assert own.sojourn.values == pytest.approx(peer.sojourn_time, rel=1e-9)
    assert own.prais.values == pytest.approx(giddy_markov.prais(peer.p), abs=1e-9)
    named = {"trace": "P", "determinant": "D", "eigenvalue": "L2", "bartholomew_exit": "B1"}
    for name, theirs in (named | {"bartholomew_distance": "B2"}).items():
        value = markov_mobility(peer.p, measure=theirs, ini=own.initial.values)
        assert own.mobility[name] == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(("k", "m"), [(4, 4), (3, 5)])
def test_the_spatial_chain_agrees_with_giddy(giddy_markov, k, m):
    libpysal = pytest.importorskip("libpysal", reason="libpysal comes with giddy, a test oracle only")
    x = panel(30, 30)
    weights = libpysal.weights.util.full2W(ring())
    weights.transform = "r"
    peer = giddy_markov.Spatial_Markov(x, weights, k=k, m=m)
    own = spatial_markov(table(x), sparse.csr_array(ring()), k, lags=m)
    assert (own.counts.values == peer.T).all()
    test = own.test()
    assert (test.q, test.lr) == pytest.approx((peer.Q, peer.LR), rel=1e-9)
    assert test.dof == peer.dof_hom
    assert (test.p_q, test.p_lr) == pytest.approx((peer.Q_p_value, peer.LR_p_value), abs=1e-9)
    # giddy leaves a row without moves at zero; here it is not observed.
    seen = own.counts.values.sum(axis=2) > 0
    assert own.transitions.values[seen] == pytest.approx(np.asarray(peer.P)[seen], abs=1e-9)
    assert np.isnan(own.transitions.values[~seen]).all()
    for lag in np.flatnonzero(seen.all(axis=1)):
        given = own.given(int(lag) + 1)
        assert given.ergodic.values[0] == pytest.approx(np.asarray(peer.S[lag], float), abs=1e-9)
        assert given.first_passage.values == pytest.approx(peer.F[lag], rel=1e-9)
    # giddy's chi2 compares one lag class with all moves; its sum is Q.
    assert test.table["q"].to_numpy() == pytest.approx([of[0] for of in peer.chi2], rel=1e-9)


def test_homogeneity_agrees_with_giddy_and_where_giddys_kullback_does_not(giddy_markov):
    counts = np.stack([np.array(oracle.count(panel_states(seed).tolist(), 4), float) for seed in (1, 2)])
    counts[:, 0] += 5  # rows and columns no longer add up to the same
    q, lr, dof = homogeneity_statistics(counts)
    peer = giddy_markov.homogeneity(counts)
    assert (q, lr, dof) == pytest.approx((peer.Q, peer.LR, peer.dof), rel=1e-9)
    # kullback() of giddy 2.3.8 takes the columns' totals of each matrix where the rows' are meant, so that it is the
    # LR only where the two are equal; and it does not take empty cells off the degrees of freedom.
    wrong = giddy_markov.kullback(counts)["Conditional homogeneity"]
    assert wrong != pytest.approx(float(lr), rel=1e-3)


def panel_states(seed):
    x = panel(40, 12, seed)
    return assign(x.T, quantiles(x.reshape(1, -1), 4)).T


def test_numbers_of_giddy_2_3_8_for_the_us_states():
    # US per capita income 1929-2009 over the yearly mean, five pooled quantiles: the counts and the ergodic
    # distribution printed in the documentation of giddy 2.3.8 (Markov, states relative to all years).
    counts = np.array(
        [[707, 58, 7, 1, 0], [50, 629, 80, 1, 1], [4, 79, 610, 73, 2], [0, 7, 72, 650, 37], [0, 0, 0, 48, 724]], float
    )
    pi, begins = chains.class_distributions(chains.probabilities(counts))
    assert begins.tolist() == [True, False, False, False, False]
    printed = [0.17957376, 0.21631443, 0.21499942, 0.21134662, 0.17776576]
    assert pi[0] == pytest.approx(printed, abs=5e-9)


def test_the_land_of_oz():
    # Kemeny, Snell 1976: rain, nice, snow.
    p = np.array([[0.5, 0.25, 0.25], [0.5, 0, 0.5], [0.25, 0.25, 0.5]])
    assert chains.class_distributions(p)[0][0] == pytest.approx([0.4, 0.2, 0.4])
    passage = [[2.5, 4, 10 / 3], [8 / 3, 5, 8 / 3], [10 / 3, 4, 2.5]]
    assert chains.first_passage(p) == pytest.approx(np.array(passage))
    assert chains.sojourn(p) == pytest.approx([2, 1, 2])
    assert chains.half_life(p) == pytest.approx(0.5)  # the second eigenvalue is 1/4


def test_several_closed_classes_are_said_and_every_start_has_a_long_run():
    p = np.array([[0.5, 0.5, 0, 0], [0.2, 0.8, 0, 0], [0.3, 0, 0.3, 0.4], [0, 0, 0, 1]])
    chain = Transitions(
        xr.DataArray(p * 100, dims=("from", "to"), coords={"from": [1, 2, 3, 4], "to": [1, 2, 3, 4]}),
        xr.DataArray([0.1, 0.2, 0.7, 0.0], dims="state", coords={"state": [1, 2, 3, 4]}),
    )
    assert chain.closed == ((1, 2), (4,))
    assert chain.ergodic.values == pytest.approx(np.array([[2 / 7, 5 / 7, 0, 0], [0, 0, 0, 1]]))
    assert chain.long_run.values == pytest.approx(oracle.average_long_run(p, [0.1, 0.2, 0.7, 0.0]))
    assert chain.long_run.sum() == pytest.approx(1)
    assert chain.half_life == np.inf
    assert chain.sojourn.values[3] == np.inf
    passage = chain.first_passage.values
    assert np.isinf(passage[:3, 3]).all() and np.isinf(passage[2]).all()  # 3 may be lost to either class
    assert passage[:2, :2] == pytest.approx(np.array([[3.5, 2], [5, 1.4]]))  # as giddy's documentation has it
    assert passage[3].tolist() == [np.inf, np.inf, np.inf, 1]


def test_a_transient_start_reaches_the_one_closed_class_in_finite_time():
    p = np.array([[0.5, 0.5, 0], [0, 0.6, 0.4], [0, 0.2, 0.8]])
    passage = chains.first_passage(p)
    assert passage[0, 0] == np.inf and np.isfinite(passage[0, 1:]).all()
    for i, j in ((0, 1), (0, 2), (1, 2), (2, 1), (1, 1)):
        assert passage[i, j] == pytest.approx(oracle.passage(p, i, j), rel=1e-9)


def test_a_chain_that_turns_in_circles():
    p = np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
    assert chains.class_distributions(p)[0][0] == pytest.approx([1 / 3] * 3)
    assert chains.half_life(p) == np.inf
    assert chains.first_passage(p) == pytest.approx(np.array([[3.0, 1, 2], [2, 3, 1], [1, 2, 3]]))


def test_draws_in_front_are_independent():
    x = np.stack([panel(20, 10, seed).T for seed in range(6)]).reshape(2, 3, 10, 20)
    held = assign(x, quantiles(x.reshape(2, 3, 1, -1), 3))
    counts = chains.count_transitions(held, 3)[..., 0, :, :]
    p = chains.probabilities(counts)
    start = np.full((2, 3, 3), 1 / 3)
    every = (
        chains.first_passage(p),
        chains.class_distributions(p)[0],
        chains.long_run(p, start),
        chains.half_life(p),
        chains.mobility_indices(p, start).trace,
    )
    for at in np.ndindex(2, 3):
        assert counts[at].astype(int).tolist() == oracle.count(held[at].T.tolist(), 3)
        alone = (
            chains.first_passage(p[at]),
            chains.class_distributions(p[at])[0],
            chains.long_run(p[at], start[at]),
            chains.half_life(p[at]),
            chains.mobility_indices(p[at], start[at]).trace,
        )
        for whole, one in zip(every, alone, strict=True):
            assert whole[at] == pytest.approx(one, rel=1e-12)


def test_a_planted_chain_comes_back_within_its_errors():
    p = [[0.8, 0.2, 0.0], [0.15, 0.7, 0.15], [0.0, 0.3, 0.7]]
    chain = markov(table(oracle.walk(p, 60, 40, seed=5)), cut=[0.5, 1.5])
    apart = (chain.transitions.values - p) / np.where(chain.errors.values > 0, chain.errors.values, 1)
    assert np.abs(apart).max() < 3
    assert chain.errors.values[0, 0] == pytest.approx(np.sqrt(0.8 * 0.2 / chain.counts.values[0].sum()), rel=0.05)
    assert chain.homogeneity([2030]).p_lr > 0.01
    assert chain.order().p_lr > 0.01
    assert chain.independence().p_lr < 1e-6


def test_intervals_cover_and_tests_keep_their_size():
    # 31 regions over 12 years, 600 times at once: draws in front are what the arithmetic is for.
    rng = np.random.default_rng(0)
    p = np.array([[0.8, 0.15, 0.05, 0], [0.1, 0.7, 0.2, 0], [0, 0.15, 0.7, 0.15], [0, 0, 0.2, 0.8]])
    held = np.empty((600, 12, 31), dtype=np.int64)
    held[:, 0] = rng.integers(0, 4, (600, 31))
    for year in range(1, 12):
        above = rng.random((600, 31, 1)) > p.cumsum(axis=1)[held[:, year - 1]]
        held[:, year] = np.minimum(above.sum(axis=-1), 3)
    counts = chains.count_transitions(held, 4)[:, 0]
    covered = np.abs(chains.probabilities(counts) - p) <= 1.96 * chains.standard_errors(counts)
    assert 0.92 < covered[:, p > 0].mean() < 0.96
    halves = np.stack([chains.count_transitions(part, 4)[:, 0] for part in (held[:, :7], held[:, 6:])], axis=1)
    q, _, dof = homogeneity_statistics(halves)
    assert 0.03 < (chi2.sf(q, dof) <= 0.05).mean() < 0.075
    q, _, dof = homogeneity_statistics(chains.count_transitions(held, 4, rng.integers(0, 4, held.shape), 4))
    assert 0.03 < (chi2.sf(q, dof) <= 0.05).mean() < 0.075


def test_a_change_of_regime_and_a_longer_memory_are_found():
    still, restless = [[0.95, 0.05], [0.05, 0.95]], [[0.5, 0.5], [0.5, 0.5]]
    early, late = oracle.walk(still, 60, 10, seed=1), oracle.walk(restless, 60, 10, seed=2)
    chain = markov(table([a + b for a, b in zip(early, late, strict=True)]), cut=[0.5])
    assert chain.homogeneity([2020]).p_q < 1e-6
    assert chain.homogeneity([2020]).table["begins"].tolist() == [2011, 2020]
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (80, 20))
    for year in range(2, 20):  # repeats the state of two years before
        x[:, year] = np.where(rng.random(80) < 0.8, x[:, year - 2], x[:, year])
    assert markov(table(x), cut=[0.5]).order().p_lr < 1e-6


def test_the_tests_agree_with_their_twin():
    x = panel(25, 9)
    chain = markov(table(x), 3)
    held = chain.states.values - 1
    halves = [oracle.count(held[:, :5].tolist(), 3), oracle.count(held[:, 4:].tolist(), 3)]
    found = chain.homogeneity([2015])
    assert (found.q, found.lr, found.dof) == pytest.approx(oracle.equality(halves))
    by_first = [[[0] * 3 for _ in range(3)] for _ in range(3)]
    for course in held:
        for before, now, then in zip(course, course[1:], course[2:], strict=False):
            by_first[before][now][then] += 1
    found = chain.order()
    assert (found.q, found.lr, found.dof) == pytest.approx(oracle.equality(by_first))
    found = chain.independence()
    rows = [[row] for row in oracle.count(held.tolist(), 3)]
    assert (found.q, found.lr, found.dof) == pytest.approx(oracle.equality(rows))
    assert len(chain.homogeneity().table) == 8


def test_gaps_are_left_out_and_listed():
    x = panel(20, 6)
    x[3, 2] = np.nan
    chain = markov(table(x), 3)
    assert chain.counts.sum() == 20 * 5 - 2
    assert [fault.code for fault in chain.omitted] == ["no-score"]
    assert "r03" in chain.omitted[0].en and "2012" in chain.omitted[0].zh
    assert chain.states.sel(region="r03", time=2012) == 0


def test_a_score_on_a_cut_belongs_below_it():
    chain = markov(table([[1, 2], [2, 3], [3, 1]]), cut=[1, 2])
    assert chain.states.values.tolist() == [[1, 2], [2, 3], [3, 1]]
    # (n - 1) j / k is whole here, so that the quantiles are observations.
    assert quantiles(np.arange(7.0) / 10, 3).tolist() == [0.2, 0.4]


def test_years_are_put_in_order_and_uneven_steps_are_said():
    x = panel(20, 4)
    straight = markov(table(x, [2010, 2012, 2013, 2015]), 3)
    turned = markov(table(x, [2010, 2012, 2013, 2015]).isel(time=[2, 0, 3, 1]), 3)
    assert (straight.counts.values == turned.counts.values).all()
    assert [fault.code for fault in turned.omitted] == ["uneven-steps"]


def test_a_state_never_left_is_not_known_and_one_never_entered_is_no_part():
    chain = markov(table([[0, 1, 2], [1, 0, 0], [0, 0, 1]]), cut=[0.5, 1.5])
    assert np.isnan(chain.transitions.sel({"from": 3})).all()
    assert any(fault.code == "state-never-left" for fault in chain.omitted)
    with pytest.raises(MethodError, match="never observed a year later: 3"):
        chain.ergodic  # noqa: B018
    assert "no long run" in repr(chain)
    empty = markov(table([[0, 1, 0], [1, 0, 0], [0, 0, 1]]), cut=[0.5, 1.5])
    assert empty.ergodic["state"].values.tolist() == [1, 2]
    assert empty.ergodic.sum() == pytest.approx(1)


def test_lag_classes_can_be_those_of_the_scores():
    x = panel()
    own = spatial_markov(table(x), ring(), 4, lag_cut="states")
    assert (own.lag_cuts.values == own.chain.cuts.values).all()
    means = ring() @ x
    assert (own.lag_states.values == np.digitize(means, own.chain.cuts.values.ravel(), right=True) + 1).all()
    assert own.counts.sum() == own.chain.counts.sum()
    with pytest.raises(MethodError, match="3 lag states"):
        spatial_markov(table(x), ring(), 4, lags=3, lag_cut="states")
    annual = spatial_markov(table(x), ring(), 4, cut="annual", lag_cut="annual")
    assert annual.lag_cuts.sizes == {"time": 12, "cut": 3}


def test_labelled_weights_are_matched_by_label():
    x = table(panel())
    labels = x["region"].values
    frame = pd.DataFrame(ring(), labels, labels)
    turned = frame.iloc[::-1, ::-1]
    expected = spatial_markov(x, ring(), 4).counts.values
    assert (spatial_markov(x, turned, 4).counts.values == expected).all()
    array = xr.DataArray(turned.to_numpy(), dims=("region", "to"), coords={"region": labels[::-1], "to": labels[::-1]})
    assert (spatial_markov(x, array, 4).counts.values == expected).all()
    drawn = Neighbours(sparse.csr_array(turned.to_numpy() * 2), labels[::-1].astype(object), "given", standardised=True)
    assert (spatial_markov(x, drawn, 4).counts.values == expected).all()
    with pytest.raises(MethodError, match="not in the weights: r00"):
        spatial_markov(x, frame.iloc[1:, 1:], 4)


def test_a_neighbour_without_a_score_leaves_the_lag_unknown():
    x = panel()
    x[5, 3] = np.nan
    own = spatial_markov(table(x), ring(), 3)
    assert (own.lag_states.values[[4, 6], 3] == 0).all()
    assert own.counts.sum() == own.chain.counts.sum() - 2


def test_neighbours_that_matter_are_found():
    x = panel(60, 30)
    own = spatial_markov(table(x), ring(60), 3)
    assert own.test().p_q < 0.001
    assert own.given(3).transitions.values[0, 0] < own.given(1).transitions.values[0, 0]
    shuffled = np.random.default_rng(8).permutation(60)
    assert spatial_markov(table(x), ring(60)[shuffled][:, shuffled], 3).test().p_q > 0.01


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w * 2, "do not sum to one"),
        (lambda w: w - 2 * w, "negative"),
        (lambda w: np.where(np.arange(30)[:, None] == 4, 0, w), "without neighbours .*r04"),
        (lambda w: (w + np.eye(30)) / 2, "own neighbours"),
        (lambda w: w[:-1, :-1], "29 × 29"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change, words):
    with pytest.raises(MethodError, match=words):
        spatial_markov(table(panel()), change(ring()), 4)


@pytest.mark.parametrize(
    ("x", "options", "words"),
    [
        (panel(10, 1), {}, "1 years are there"),
        (panel(1, 5), {}, "1 regions have scores"),
        (np.ones((8, 4)), {}, "coincide"),
        (panel(8, 4), {"states": 1}, "at least 2 states"),
        (panel(8, 4), {"cut": "quintile"}, "no cutting method"),
        (panel(8, 4), {"cut": [2, 1]}, "that rise"),
        (panel(8, 4), {"cut": []}, "that rise"),
        (np.where(np.arange(4) % 2, np.nan, panel(8, 4)), {}, "no region has a score in 2011, 2013"),
    ],
)
def test_what_cannot_be_done_is_refused_in_both_languages(x, options, words):
    with pytest.raises(MethodError, match=words) as caught:
        markov(table(x), **options)
    assert caught.value.say("zh") != caught.value.say("en")


def test_ties_within_a_year_are_named():
    x = panel(12, 4)
    x[:, 2] = 1
    with pytest.raises(MethodError, match="in 2012"):
        markov(table(x), 4, cut="annual")


def test_breaks_must_be_years_after_the_first():
    chain = markov(table(panel(12, 5)), 2)
    with pytest.raises(MethodError, match="2010"):
        chain.homogeneity([2010, 2012])
    with pytest.raises(MethodError, match="cannot test"):
        markov(table([[0, 0], [0, 0], [1, 1]]), cut=[0.5]).homogeneity()


def test_results_explain_themselves():
    chain = markov(table(panel()), 4, cut="annual")
    assert "mobility is relative" in repr(chain)
    assert list(chain.to_frame()) == ["from", "to", "count", "probability", "standard_error"]
    assert chain.record.settings["cut"] == "annual"
    spatial = spatial_markov(table(panel()), ring(), 4)
    assert spatial.to_frame().shape == (64, 6)
    assert "4 lag states" in repr(spatial)
    assert list(spatial.test().to_frame())[:3] == ["null_en", "null_zh", "q"]
    several = markov(table([[0, 0, 0], [1, 1, 1]]), cut=[0.5])
    assert "2 closed classes" in repr(several)
