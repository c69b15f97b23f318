"""The logit of entry and its splines, beside the slow and obvious way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import BSpline

from xinzhi.structure.ridge import Logit
from xinzhi.structure.splines import CLIP, DEGREE, KNOTS, SIZE, Splines


def given(cells=501, seed=4):
    """Features of which some are not known, one of them lopsided and one that never varies."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((cells, 4))
    features[:, 1] = np.exp(3 * features[:, 1])
    features[rng.random(features.shape) < 0.1] = np.nan
    features[:, 3] = 2.0
    return features, (rng.random(cells) < 0.2).astype(float)


def test_splines_are_those_of_scipy_and_their_products():
    features, _ = given()
    splines = Splines.over(features, [(1, 0)])
    further = np.vstack([features, 50 * np.ones((1, 4)), -50 * np.ones((1, 4))])
    made = splines.columns(further).toarray()
    expected = np.zeros((len(further), 4, SIZE))
    for at in range(4):
        step = (splines.high[at] - splines.low[at]) / (KNOTS - 1)
        knots = splines.low[at] + step * np.arange(-DEGREE, KNOTS + DEGREE)
        known = ~np.isnan(further[:, at])
        scaled = (further[known, at] - splines.middle[at]) / splines.spread[at]
        inside = np.clip(scaled, splines.low[at], knots[KNOTS + DEGREE - 1])
        expected[known, at] = BSpline.design_matrix(inside, knots, DEGREE).toarray()
    assert np.abs(splines.high).max() <= CLIP + 1
    assert made[:, : 4 * SIZE] == pytest.approx(expected.reshape(len(further), -1), abs=1e-12)
    surface = expected[:, 1, :, None] * expected[:, 0, None, :]
    assert made[:, 4 * SIZE :] == pytest.approx(surface.reshape(len(further), -1), abs=1e-12)


def test_a_fit_is_where_the_penalised_likelihood_is_flat():
    features, happened = given()
    columns = Splines.over(features, [(0, 1)]).columns(features)
    fit = Logit(columns, happened).fit(2.0, precise=1e-15)
    design = columns.toarray()
    miss = 1 / (1 + np.exp(-fit.odds(columns))) - happened
    assert design.T @ miss + 2.0 * fit.weights == pytest.approx(np.zeros(design.shape[1]), abs=1e-2)
    theta = np.append(fit.constant, fit.weights)
    full = np.column_stack([np.ones(len(design)), design])
    ridge = np.diag([0.0, *np.full(design.shape[1], 2.0)])
    for _ in range(30):  # Newton from there moves no further than the search leaves
        p = 1 / (1 + np.exp(-full @ theta))
        theta -= np.linalg.solve(
            (full * (p * (1 - p))[:, None]).T @ full + ridge, full.T @ (p - happened) + ridge @ theta
        )
    assert fit.weights == pytest.approx(theta[1:], abs=1e-3)
