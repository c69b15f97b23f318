"""What must hold for anybody's transitions: scores, intervals of shares, entries and exits, logit, splines."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.oracles import forecast as slow
from xinzhi.structure.entry import entries
from xinzhi.structure.logit import dummy_logit
from xinzhi.structure.proportions import clopper_pearson, proportion_intervals
from xinzhi.structure.prospects import recovered, smoothed
from xinzhi.structure.ridge import Logit
from xinzhi.structure.scores import auc, average_precision, lead, pairs_won, reliability
from xinzhi.structure.splines import Splines

LAW = settings(max_examples=40, deadline=None)


@st.composite
def outcomes(draw):
    """What happened and what was said, with ties; both outcomes are there."""
    n = draw(st.integers(2, 25))
    happened = draw(arrays(bool, n))
    assume(0 < happened.sum() < n)
    return happened, draw(arrays(np.int64, n, elements=st.integers(0, 6))).astype(float) / 8


@LAW
@given(case=outcomes())
def test_scores_are_what_the_definitions_say(case):
    happened, said = case
    assert auc(happened, said) == pytest.approx(slow.auc(happened, said), abs=1e-12)
    assert average_precision(happened, said) == pytest.approx(slow.average_precision(happened, said), abs=1e-12)


@LAW
@given(case=outcomes(), seed=st.integers(0, 99))
def test_auc_turns_over_and_keeps_its_pairs(case, seed):
    happened, said = case
    assert auc(happened, -said) == pytest.approx(1 - auc(happened, said), abs=1e-12)
    groups = np.random.default_rng(seed).integers(0, 4, len(said))
    won = pairs_won(happened, said, groups, 4)
    assert won.sum() / (happened.sum() * (~happened).sum()) == pytest.approx(auc(happened, said), abs=1e-12)
    drawn = np.array([2, 0, 1, 3])
    cells = np.concatenate([np.flatnonzero(groups == g) for g in range(4) for _ in range(drawn[g])] or [[]]).astype(int)
    if 0 < happened[cells].sum() < len(cells):
        pairs = happened[cells].sum() * (~happened[cells]).sum()
        assert drawn @ won @ drawn / pairs == pytest.approx(slow.auc(happened[cells], said[cells]), abs=1e-12)


@LAW
@given(case=outcomes())
def test_a_forecast_has_no_lead_over_itself(case):
    happened, said = case
    found = lead(happened, said, said, np.arange(len(said)) % 3, draws=20)
    assert found.difference == 0
    assert not found.low > 0
    assert not found.high < 0


@LAW
@given(case=outcomes(), bins=st.integers(1, 6))
def test_reliability_leaves_no_cell_out(case, bins):
    happened, said = case
    table = reliability(happened, said, bins=bins)
    assert table["cells"].sum() == len(said)
    assert (table["happened"] * table["cells"]).sum() == pytest.approx(happened.sum())
    assert (table["predicted"] * table["cells"]).sum() == pytest.approx(said.sum())
    assert (np.diff(table["predicted"]) > 0).all()


@LAW
@given(n=st.integers(1, 60), k=st.integers(0, 60), level=st.sampled_from([0.8, 0.95]))
def test_intervals_of_a_share_hold_it_and_turn_with_it(n, k, level):
    assume(k <= n)
    for method in proportion_intervals:
        low, high = method.function([k], [n], level=level)
        assert 0 <= low[0] <= k / n <= high[0] <= 1
        other = method.function([n - k], [n], level=level)
        assert (1 - other[1][0], 1 - other[0][0]) == pytest.approx((low[0], high[0]), abs=1e-9)
    exact = clopper_pearson([k], [n], level=level)
    assert np.isnan(clopper_pearson([0], [0])[0][0])
    assert exact[0][0] < exact[1][0]


@st.composite
def panels(draw):
    shape = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    return [draw(arrays(np.int8, shape, elements=st.integers(0, 1))).astype(float) for _ in range(2)]


def table(x):
    return pd.DataFrame(x, [f"r{at}" for at in range(len(x))], [f"a{at}" for at in range(x.shape[1])])


@LAW
@given(pair=panels())
def test_entries_and_exits_are_what_the_definition_says(pair):
    found = entries({1: table(pair[0]), 2: table(pair[1])}, presence="as-given")
    (one,) = found.transitions
    missing, entered, left = slow.changes(*(x.tolist() for x in pair))
    assert set(zip(*(at.tolist() for at in one.missing()), strict=True)) == missing
    assert set(zip(*(at.tolist() for at in one.entered.tocoo().coords), strict=True)) == entered
    assert set(zip(*(at.tolist() for at in one.left.tocoo().coords), strict=True)) == left
    for side in ("region", "activity"):
        rates = found.rates(side)
        assert rates["candidates"].sum() == len(missing)
        assert rates["entries"].sum() == len(entered)
        assert rates["exits"].sum() == len(left)
        assert ((rates["entries"] <= rates["candidates"]) & (rates["exits"] <= rates["held"])).all()
    assert len(found.to_frame()) == len(entered) + len(left)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), groupings=st.sampled_from([0, 1, 2]), two=st.booleans())
def test_the_logit_is_its_slow_twin(seed, groupings, two):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 5, 240), rng.integers(0, 6, 240)
    x = rng.normal(size=(240, 2))
    y = rng.random(240) < 1 / (1 + np.exp(-(x @ [0.5, -0.4] + 0.3 * (a - 2))))
    effects, clusters = [a, b][:groupings], [a, b] if two else [b]
    fit = dummy_logit(x, y.astype(float), effects, clusters)
    design, outcome = slow.dummies(x[fit.used], [codes[fit.used] for codes in effects]), y[fit.used].astype(float)
    theta = slow.logit(design, outcome)
    np.testing.assert_allclose(fit.coefficients, theta[:2], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(fit.effects, slow.mean_effects(design, theta, 2), rtol=1e-6, atol=1e-8)
    if not fit.mended:
        whole = slow.clustered(design, outcome, theta, [codes[fit.used] for codes in clusters])
        np.testing.assert_allclose(fit.covariance, whole[:2, :2], rtol=1e-5, atol=1e-9)
        nudged = np.eye(len(theta)) * 1e-6
        slope = np.array(
            [
                (slow.mean_effects(design, theta + up, 2) - slow.mean_effects(design, theta - up, 2)) / 2e-6
                for up in nudged
            ]
        )
        np.testing.assert_allclose(fit.effects_covariance, slope.T @ whole @ slope, rtol=1e-4, atol=1e-9)


@LAW
@given(seed=st.integers(0, 10_000))
def test_splines_add_up_to_one_where_a_feature_is_known(seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(30, 3)) * [1, 100, 0]
    features[::4, 1] = np.nan
    splines = Splines.over(features, [(0, 1)])
    columns = splines.columns(np.vstack([features, features[1:2] * 50])).toarray()
    for at in range(3):
        known = ~np.isnan(np.append(features[:, at], features[1, at]))
        np.testing.assert_allclose(columns[:, at * 6 : at * 6 + 6].sum(axis=1), known, atol=1e-12)
    surface = columns[:, 18:]
    np.testing.assert_allclose(surface.sum(axis=1), ~np.isnan(np.append(features[:, 1], features[1, 1])), atol=1e-12)
    assert (columns >= 0).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), penalty=st.sampled_from([0.5, 5.0]))
def test_the_ridge_has_no_slope_at_its_top(seed, penalty):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(150, 2))
    happened = (rng.random(150) < 0.3).astype(float)
    assume(5 < happened.sum() < 145)
    columns = Splines.over(features, [(0, 1)]).columns(features)
    fit = Logit(columns, happened).fit(penalty, precise=1e-14)
    missed = 1 / (1 + np.exp(-fit.odds(columns))) - happened
    assert abs(missed.sum()) < 1e-2
    assert np.abs(columns.T @ missed + penalty * fit.weights).max() < 1e-2


@LAW
@given(seed=st.integers(0, 10_000))
def test_sizes_are_recovered_from_quotients(seed):
    rng = np.random.default_rng(seed)
    amounts = rng.gamma(1.0, size=(12, 6)) + 0.05
    share = amounts.sum(axis=0) / amounts.sum()
    quotients = amounts / amounts.sum(axis=1, keepdims=True) / share
    np.testing.assert_allclose(recovered(quotients), share, atol=0.01)


@LAW
@given(seed=st.integers(0, 10_000), tall=st.booleans())
def test_all_singular_vectors_give_the_values_back(seed, tall):
    values = np.random.default_rng(seed).normal(size=(7, 4) if tall else (4, 7))
    few, whole = smoothed(values, (1, 7))
    np.testing.assert_allclose(whole, values, atol=1e-9)
    u, s, vt = np.linalg.svd(values - values.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(few, values.mean(axis=0) + np.outer(u[:, 0] * s[0], vt[0]), atol=1e-6)
