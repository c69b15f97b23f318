"""What must hold in any world: nothing is lost or negative, the same luck gives the same run, scale does not matter."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinzhi.simulate._kernels import FIRMS, SIZE
from xinzhi.simulate.history import REGIONAL, SERIES
from xinzhi.simulate.knobs import KNOBS, Knobs
from xinzhi.simulate.policy import Lever, LeverName, Policy, Programme, Quarter, Shock, ShockName
from xinzhi.simulate.story import grow, step
from xinzhi.simulate.world import found_world, model_start

START = model_start()
FEW = 1_500


def world_of(knobs=None, firms=FEW, seed=3):
    return found_world(START, knobs, firms=firms, seed=seed)


levers = st.lists(
    st.builds(
        Lever,
        lever=st.sampled_from(get_args(LeverName)),
        budget=st.floats(0, 0.05),
        start=st.floats(2020, 2024),
        stop=st.floats(2025, 2030),
        regions=st.lists(st.sampled_from(START.regions), max_size=3).map(tuple),
        industries=st.lists(st.sampled_from(START.industries), max_size=3).map(tuple),
    ),
    max_size=6,
)
shocks = st.lists(
    st.builds(
        Shock,
        shock=st.sampled_from(get_args(ShockName)),
        size=st.floats(0, 1),
        start=st.floats(2020, 2024),
        stop=st.floats(2025, 2030),
    ),
    max_size=3,
)
policies = st.builds(lambda acts, blows: Policy(name="any", levers=tuple(acts), shocks=tuple(blows)), levers, shocks)
knobs = st.fixed_dictionaries({}, optional={name: st.floats(knob.low, knob.high) for name, knob in KNOBS.items()}).map(
    lambda values: Knobs(**values)
)


def accounts(world):
    """What must add up, each as (what is there, what there should be)."""
    firms, industries, regions = world.firms, world.industries, world.regions
    living = firms.size > 0
    employed = np.bincount(firms.region[living], firms.size[living].astype(float), regions.people.size)
    number = np.bincount(firms.region[living], minlength=regions.people.size)
    yield "firms are those that were counted", industries.tally[FIRMS].sum(axis=1), number
    yield "posts are those of the firms", industries.tally[SIZE].sum(axis=1), employed
    yield "people have a post or none", employed + regions.unemployed, regions.people


@settings(deadline=None, max_examples=15)
@given(knobs, policies)
def test_money_people_land_and_firms_add_up(knobs, policy):
    world = world_of(knobs)
    money, people, talent = world.money.sum(), world.regions.people.sum(), world.regions.talent.sum()
    plots = world.regions.plots.copy()
    programme = Programme.of(policy, world, 16)
    before = world.industries.tally[FIRMS].sum()
    for at in range(16):
        step(world, Quarter.of(programme, at))
        assert world.money.sum() == pytest.approx(money, rel=1e-9)
        assert world.regions.people.sum() == pytest.approx(people, rel=1e-9)
        assert world.regions.talent.sum() == pytest.approx(talent, rel=1e-9)
        for what, there, due in accounts(world):
            np.testing.assert_allclose(there, due, rtol=1e-5, atol=1e-6 * FEW, err_msg=what)
        used = world.industries.tally[FIRMS].sum(axis=1)
        assert (used <= plots).all()
        counts = world.counts
        after = used.sum()
        assert after == before + counts.get("entries", 0) - counts.get("exits", 0)
        before = after


@settings(deadline=None, max_examples=15)
@given(knobs, policies)
def test_nothing_becomes_negative_or_infinite(knobs, policy):
    world = world_of(knobs)
    history = grow(world, 24, policy)
    for part in (world.regions, world.industries, world.firms):
        for name in part.__slots__:
            values = getattr(part, name)
            if isinstance(values, np.ndarray):
                assert np.isfinite(values).all(), name
    for name in ("people", "skilled", "talent", "entrepreneurs", "clean", "shortage", "schools", "knowledge"):
        assert (getattr(world.regions, name) >= 0).all(), name
    assert (world.regions.people - world.regions.skilled - world.regions.talent >= -1e-6 * FEW).all()
    assert (world.regions.clean <= 1).all()
    assert (world.firms.size >= 0).all()
    assert (world.money >= -1e-12).all()
    rungs = history.rungs.sum(axis=2)
    np.testing.assert_allclose(rungs[rungs > 0.5], 1.0, atol=1e-9)
    shares = [history.series(name) for name in SERIES if name.endswith("_share")]
    assert all(((share >= 0) & (share <= 1 + 1e-9)).all() for share in shares)


@settings(deadline=None, max_examples=10)
@given(policies)
def test_what_is_spent_is_what_was_planned_or_less(policy):
    history = grow(world_of(), 16, policy)
    programme = Programme.of(policy, world_of(), 16)
    planned = programme.money.sum(axis=2)
    assert (history.spending.cumsum(axis=0) <= planned.cumsum(axis=0) * (1 + 1e-9) + 1e-15).all()
    saves = list(get_args(LeverName)).index("tolerance")  # the one purse that is kept for later quarters
    assert (np.delete(history.spending - planned * (1 + 1e-9), saves, axis=1) <= 1e-15).all()


def test_a_world_in_balance_stays():
    world = world_of(Knobs.still(), firms=3_000)
    size, money, rungs = world.firms.size.copy(), world.money.copy(), world.industries.rungs.copy()
    history = grow(world, 40)
    np.testing.assert_array_equal(world.firms.size, size)
    np.testing.assert_allclose(world.money, money, rtol=1e-9)
    np.testing.assert_allclose(world.industries.rungs, rungs, atol=1e-12)
    np.testing.assert_allclose(history.national, np.tile(history.national[0], (40, 1)), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_threads_do_not_matter(threads):
    alone, together = world_of(), world_of()
    together.threads = threads
    first, second = grow(alone, 12), grow(together, 12)
    np.testing.assert_array_equal(alone.firms.size, together.firms.size)
    np.testing.assert_array_equal(first.national, second.national)


def test_the_same_seed_gives_the_same_run_and_another_does_not():
    first, again, other = (grow(world_of(seed=seed), 20) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.national, again.national)
    np.testing.assert_array_equal(first.ventures, again.ventures)
    assert (first.national != other.national).any()


def test_two_stretches_are_one():
    whole, parted = world_of(), world_of()
    told = grow(whole, 24)
    grow(parted, 8)
    rest = grow(parted, 16)
    np.testing.assert_array_equal(whole.firms.size, parted.firms.size)
    at = [list(SERIES).index(name) for name in ("productivity", "new_quality_share", "clean_share", "driver_share")]
    np.testing.assert_array_equal(told.national[8:, at], rest.national[:, at])


def test_luck_is_shared_between_policies():
    """More research adds discoveries and leaves those there are to their luck."""
    few = grow(world_of(), 24).ventures
    policy = Policy(name="more", levers=(Lever(lever="basic_research", budget=0.004),))
    many = grow(world_of(), 24, policy).ventures
    key = ["born", "region"]
    assert len(many) > 1.2 * len(few)
    first = few[few["born"] == 0]
    assert set(map(tuple, first[key].tolist())) <= set(map(tuple, many[many["born"] == 0][key].tolist()))


def test_scale_does_not_matter():
    """20,000, 100,000 and 300,000 firms tell the same; the bounds are the spread over seeds."""
    outcomes = ("output", "firms", "driver_share", "clean_share", "skill_shortage", "new_quality_share")
    last = []
    for firms in (20_000, 100_000, 300_000):
        history = grow(world_of(firms=firms, seed=1), 40)
        last.append([history.series(name)[-8:].mean() for name in outcomes])
    small, middle, large = np.array(last)
    near = np.array([0.10, 0.08, 0.05, 0.02, 0.04, 0.08])
    assert (np.abs(small - large) <= near * np.maximum(1.0, large)).all(), (small, large)
    assert (np.abs(middle - large) <= near * np.maximum(1.0, large)).all(), (middle, large)


def test_every_lever_and_shock_changes_its_world():
    """A lever that nothing ever answers would be a promise without a model."""
    plain = grow(world_of(), 40).national
    tight = Knobs(land=0.0)
    for lever in get_args(LeverName):
        knobs = tight if lever == "park_rule" else None
        reference = grow(world_of(knobs), 40).national if knobs else plain
        told = grow(world_of(knobs), 40, Policy(name=lever, levers=(Lever(lever=lever, budget=0.005),))).national
        at = [place for place, name in enumerate(SERIES) if name not in ("spent",)]
        assert not np.allclose(told[:, at], reference[:, at], rtol=1e-6, atol=0, equal_nan=True), lever
    for shock in get_args(ShockName):
        told = grow(world_of(), 40, Policy(name=shock, shocks=(Shock(shock=shock, size=0.9),))).national
        assert not np.allclose(told, plain, rtol=1e-6, atol=0, equal_nan=True), shock


def test_history_has_what_it_names():
    history = grow(world_of(), 12)
    assert history.national.shape == (12, len(SERIES))
    assert history.regional.shape == (3, len(START.regions), len(REGIONAL))
    assert history.cells.shape == (3, len(START.regions), len(history.industries))
    assert history.rungs.shape == (12, len(history.industries), 5)
    living = history.firms_now["size"]
    np.testing.assert_allclose(history.cells[-1].sum(), living.sum(), rtol=1e-5)
