"""What must hold of growth curves and onsets for any counts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xinzhi.structure.curves import growth_curve, growth_curves
from xinzhi.structure.emergence import emergence
from xinzhi.structure.onsets import bends, growth, step_up

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

LAW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
COUNTS = st.tuples(st.integers(1, 4), st.integers(8, 16)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(0, 60).map(float))
)
RATES, MIDDLES, SHAPES = st.floats(0.05, 2.0), st.floats(1.0, 30.0), st.floats(0.1, 5.0)


def table(y):
    return pd.DataFrame(y, [f"t{at}" for at in range(len(y))], 2000 + np.arange(y.shape[1]))


@LAW
@given(rate=RATES, middle=MIDDLES, shape=SHAPES)
def test_curves_rise_from_nothing_to_all_fastest_in_the_middle(rate, middle, shape):
    time = np.linspace(0, 40, 161)
    for method in growth_curves:
        more = (shape,) if method.name == "richards" else ()
        share = method.function(time, rate, middle, *more)
        assert ((share >= 0) & (share <= 1)).all()
        assert (np.diff(share) >= -1e-12).all()
        gained = np.diff(method.function(middle + np.array([-0.6, -0.5, -0.05, 0.05, 0.5, 0.6]), rate, middle, *more))
        assert gained[2] >= gained[0] - 1e-12
        assert gained[2] >= gained[4] - 1e-12


@LAW
@given(y=COUNTS)
def test_every_interval_holds_its_value_and_no_count_poisons(y):
    if not y.any():
        return
    found = emergence(table(y))
    told = found.measures.dropna()
    assert (told["low"] <= told["value"] + 1e-9).all()
    assert (told["value"] <= told["high"] + 1e-9).all()
    dated = found.topics.dropna(subset=["onset"])
    assert (dated["onset_low"] <= dated["onset"]).all()
    assert (dated["onset"] <= dated["onset_high"]).all()
    assert found.topics["onset_p"].dropna().between(0, 1).all()


@LAW
@given(y=COUNTS, seed=st.integers(0, 99))
def test_topics_do_not_depend_on_one_another_but_for_false_findings(y, seed):
    used, order = np.ones(y.shape, dtype=bool), np.random.default_rng(seed).permutation(len(y))
    one, other = (bends(y[rows], np.zeros(y.shape), used, 0.9) for rows in (np.arange(len(y)), order))
    np.testing.assert_allclose(one.p[order], other.p, atol=1e-6)
    rates, shuffled = (growth(y[rows], np.zeros(y.shape), used)[0].beta[:, 1] for rows in (np.arange(len(y)), order))
    np.testing.assert_allclose(rates[order], shuffled, atol=1e-6)


@LAW
@given(y=COUNTS, factor=st.integers(2, 5))
def test_growth_relative_to_a_whole_does_not_change_when_both_grow_alike(y, factor):
    y = y + 1.0
    years = np.arange(y.shape[1])
    offset = np.log(y.sum(axis=0))[None] + np.zeros(y.shape)
    used = np.ones(y.shape, dtype=bool)
    own = growth(y, offset, used)[0].beta[:, 1]
    scaled = growth(factor * y, offset + np.log(factor), used)[0].beta[:, 1]
    np.testing.assert_allclose(own, scaled, atol=1e-5)
    tilted = growth(y, offset + 0.1 * years, used)[0].beta[:, 1]
    np.testing.assert_allclose(own - 0.1, tilted, atol=1e-5)


@LAW
@given(p=arrays(np.float64, st.integers(1, 12), elements=st.floats(0, 1)))
def test_shares_of_false_findings_are_no_less_than_chances_and_keep_their_order(p):
    q = step_up(p)
    assert (q >= p - 1e-15).all()
    assert (q <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(q[order]) >= 0).all()


@settings(max_examples=6, deadline=None)
@given(start=st.integers(1900, 2020), seed=st.integers(0, 50))
def test_a_curve_knows_only_how_years_follow_one_another(start, seed):
    mean = 900 * np.diff(1 / (1 + np.exp(-0.6 * (np.arange(19) - 9))))
    counts = np.random.default_rng(seed).poisson(mean).astype(float)
    one, other = (
        growth_curve(pd.Series(counts, first + np.arange(18)), curves=["logistic"], noise="poisson", draws=200)
        for first in (2000, start)
    )
    assert one.fits["ceiling"].iloc[0] == pytest.approx(other.fits["ceiling"].iloc[0], rel=1e-9)
    assert one.fits["peak"].iloc[0] - 2000 == pytest.approx(other.fits["peak"].iloc[0] - start, abs=1e-6)
    assert one.stages["probability"].to_numpy() == pytest.approx(other.stages["probability"].to_numpy())
