"""What must hold of life cycles and shakeouts, whatever the industries."""

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xinzhi as xz
from tests.structure.lifecycle.planted import grown, made, wandering

LAW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SEEDS = st.integers(0, 2**32 - 1)


def firms(seed, many=5, years=30):
    rng = np.random.default_rng(seed)
    means = np.repeat(rng.uniform(-0.08, 0.1, (many, 3)), years // 3, axis=1)
    return grown(means + wandering(rng, means.shape, 0.02, 0.3))


@LAW
@given(seed=SEEDS, power=st.integers(-3, 6))
def test_counting_in_other_units_leaves_all_dates(seed, power):
    # Powers of two, so that not even rounding differs.
    of = firms(seed)
    for one, other in zip(
        (xz.life_cycle(made({"firms": of}), draws=19), xz.shakeouts(made({"firms": of}), draws=19, walks=49)),
        (
            xz.life_cycle(made({"firms": of * 2.0**power}), draws=19),
            xz.shakeouts(made({"firms": of * 2.0**power}), draws=19, walks=49),
        ),
        strict=True,
    ):
        dates = ["begins", "low", "high"] if "begins" in one.to_frame() else ["peak", "trough", "onset", "status"]
        pd.testing.assert_frame_equal(one.to_frame()[dates], other.to_frame()[dates])


@LAW
@given(seed=SEEDS)
def test_the_order_of_series_changes_nothing_of_each(seed):
    of = firms(seed)
    order = np.random.default_rng(seed).permutation(len(of))
    there, here = (xz.life_cycle(made({"firms": one}), draws=19) for one in (of, of[order]))
    np.testing.assert_array_equal(here.phase.values, there.phase.values[order])
    there, here = (
        one.found[one.found["basis"] == "number"].reset_index(drop=True)
        for one in (xz.shakeouts(made({"firms": each}), draws=19, walks=49) for each in (of, of[order]))
    )
    told = ["status", "peak", "onset", "low", "high", "p"]
    pd.testing.assert_frame_equal(here[told], there.loc[order, told].reset_index(drop=True))


@LAW
@given(seed=SEEDS)
def test_intervals_hold_their_date_and_phases_run_forwards(seed):
    found = xz.life_cycle(made({"firms": firms(seed)}), draws=19)
    dated = found.boundaries.dropna(subset=["begins"])
    assert (dated["low"] <= dated["begins"]).all()
    assert (dated["begins"] <= dated["high"]).all()
    told = found.phase.values
    assert (np.diff(told, axis=1)[(told > 0).all(axis=1)] >= 0).all()


@LAW
@given(seed=SEEDS)
def test_firms_lives_do_not_depend_on_their_order_or_on_the_calendar(seed):
    rng = np.random.default_rng(seed)
    entered = rng.integers(1980, 2010, 120)
    left = entered + rng.integers(0, 25, 120)
    order = rng.permutation(120)
    one = xz.lifetimes(entered, left, until=2012).survival
    moved = xz.lifetimes(entered[order] + 10, left[order] + 10, until=2022).survival
    columns = ["time", "at_risk", "exits", "survival"]
    all_one, all_moved = (each.loc[each["cohort"] == "all", columns].reset_index(drop=True) for each in (one, moved))
    pd.testing.assert_frame_equal(all_one, all_moved)
    assert (np.diff(all_one["survival"]) <= 0).all()
