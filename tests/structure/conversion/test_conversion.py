"""From old drivers to new: shares, pace, structural change, and industries that carry it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import conversion as twin
from tests.structure.ladder.placed import at_random, certain, industries, ladder
from xinzhi.core.errors import DataError, MethodError
from xinzhi.structure.conversion.change import lilien, moore
from xinzhi.structure.conversion.conversion import PARTS, conversion
from xinzhi.structure.ladder.drawn import Regions

LAW = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
REGION = list("aaaabbbb")
NEW, OTHER, OLD = (0, 1), (2, 3), (4, 5)


def random(seed, blank=0.1):
    rng = np.random.default_rng(seed)
    cells, chances = rng.uniform(1, 100, (8, 4)), at_random(rng, 8, 4, blank=blank)
    chances[[0, 4]] = np.nan_to_num(chances[[0, 4]], nan=1 / 6)  # some industry is placed in every year
    return cells, chances


def found_in(cells, chances, region=REGION, **how):
    of = industries(cells, region)
    return conversion(ladder(of, chances), of, **{"least": 0.0, **how})


@LAW
@given(seed=SEEDS)
def test_shares_are_what_a_hand_would_reckon(seed):
    cells, chances = random(seed)
    shares = found_in(cells, chances).shares
    for at, rows in enumerate((slice(0, 4), slice(4, 8))):
        for time in range(4):
            known = np.isfinite(chances[rows, time, 0])
            size, held = cells[rows, time][known], chances[rows, time][known]
            for name, group in (("new", NEW), ("other", OTHER), ("old", OLD)):
                wanted = sum(s * p[list(group)].sum() for s, p in zip(size, held, strict=True)) / size.sum()
                np.testing.assert_allclose(shares[name].values[at, time], wanted, atol=1e-12)
    np.testing.assert_allclose(shares["new"] + shares["other"] + shares["old"], 1)


@LAW
@given(seed=SEEDS)
def test_what_industries_carry_adds_up_to_the_change_and_is_what_the_twin_says(seed):
    cells, chances = random(seed)
    found = found_in(cells, chances)
    summed = found.carriers.groupby("region")[[*PARTS]].sum().sum(axis=1).to_numpy()
    np.testing.assert_allclose(summed, found.total["change"].values, atol=1e-12)
    np.testing.assert_allclose(found.total["change"], found.shares["new"][:, 3] - found.shares["new"][:, 0])
    whole = np.array([cells[rows][np.isfinite(chances[rows, end, 0]), end].sum() for rows, end in ends()])
    for series in range(8):
        own = [chances[series, end] for end in (0, 3)]
        if np.isnan(own[0][0]) or np.isnan(own[1][0]):
            continue
        shares = [cells[series, end] / whole[2 * (series // 4) + at] for at, end in enumerate((0, 3))]
        grouped = [[p[list(group)].sum() for group in (NEW, OTHER, OLD)] for p in own]
        np.testing.assert_allclose(found.carried.values[series, :3], twin.carried(shares, grouped), atol=1e-12)


def ends():
    return [(rows, end) for rows in (slice(0, 4), slice(4, 8)) for end in (0, 3)]


@LAW
@given(seed=SEEDS)
def test_time_turned_round_turns_the_sign(seed):
    cells, chances = random(seed)
    one, other = found_in(cells, chances), found_in(cells[:, ::-1], chances[:, ::-1])
    np.testing.assert_allclose(other.carried.values[:, :3], -one.carried.values[:, :3], atol=1e-12)
    np.testing.assert_allclose(other.carried.values[:, 3:], -one.carried.values[:, :2:-1], atol=1e-12)


@LAW
@given(seed=SEEDS)
def test_a_move_that_does_not_touch_the_new_carries_nothing(seed):
    rng = np.random.default_rng(seed)
    rungs = rng.choice(["leading", "pillar", "mature", "declining"], (4, 3))
    found = found_in(rng.uniform(1, 9, (4, 3)), certain(rungs), list("aaaa"))
    assert not found.carried.values.any()
    assert found.total["high"].values.tolist() == [0.0]


@LAW
@given(seed=SEEDS, power=st.integers(-10, 10))
def test_the_unit_and_the_regions_beside_do_not_matter(seed, power):
    cells, chances = random(seed)
    one, scaled = found_in(cells, chances), found_in(2.0**power * cells, chances)
    for name in one.shares:
        np.testing.assert_allclose(scaled.shares[name], one.shares[name], atol=1e-12)
    for name in one.pace:
        np.testing.assert_allclose(scaled.pace[name], one.pace[name], atol=1e-9)
    alone = found_in(cells[:4], chances[:4], REGION[:4])
    np.testing.assert_allclose(alone.pace["moore"].values[0], one.pace["moore"].values[0])
    np.testing.assert_allclose(alone.shares["new_high"].values[0], one.shares["new_high"].values[0])


@LAW
@given(seed=SEEDS)
def test_the_order_of_industries_does_not_matter(seed):
    cells, chances = random(seed)
    order = np.concatenate([np.random.default_rng(seed).permutation(4), 4 + np.arange(4)])
    one, other = found_in(cells, chances), found_in(cells[order], chances[order])
    np.testing.assert_allclose(other.carried.values, one.carried.values[order], atol=1e-12)
    for name in ("growth", "growth_new", "lilien", "moore"):
        np.testing.assert_allclose(other.pace[name], one.pace[name], atol=1e-9)


@LAW
@given(seed=SEEDS)
def test_intervals_hold_what_is_expected(seed):
    found = found_in(*random(seed))
    for low, middle, high in (
        (found.shares["new_low"], found.shares["new"], found.shares["new_high"]),
        (found.shares["old_low"], found.shares["old"], found.shares["old_high"]),
        (found.pace["low"][:, 1:], found.pace["change"][:, 1:], found.pace["high"][:, 1:]),
        (found.total["low"], found.total["change"], found.total["high"]),
    ):
        assert (low <= middle).all()
        assert (middle <= high).all()


@LAW
@given(seed=SEEDS)
def test_what_groups_give_to_growth_adds_up(seed):
    cells, chances = random(seed)
    pace = found_in(cells, chances).pace
    parts = pace["growth_new"] + pace["growth_other"] + pace["growth_old"]
    np.testing.assert_allclose(parts, pace["growth"], atol=1e-12)
    known = np.isfinite(chances[:4, 0, 0]) & np.isfinite(chances[:4, 1, 0])
    wanted = cells[:4, 1][known].sum() / cells[:4, 0][known].sum() - 1
    np.testing.assert_allclose(pace["growth"].values[0, 1], wanted)


@LAW
@given(seed=SEEDS)
def test_indices_of_structural_change_are_what_their_formulas_say(seed):
    rng = np.random.default_rng(seed)
    cells = rng.uniform(1, 100, (8, 3))
    cells[rng.random((8, 3)) < 0.1] = 0
    cells[[0, 4]] = 1.0
    regions = Regions(industries(cells, REGION))
    spread, angle = lilien(cells, regions), moore(cells, regions)
    assert np.isnan(spread[:, 0]).all()
    for at, rows in enumerate((slice(0, 4), slice(4, 8))):
        for time in (1, 2):
            before, now = cells[rows, time - 1], cells[rows, time]
            np.testing.assert_allclose(spread[at, time], twin.lilien(before, now), atol=1e-9)
            np.testing.assert_allclose(angle[at, time], twin.moore(before, now), atol=1e-5)


def test_even_growth_is_no_structural_change_and_a_full_turn_is_ninety_degrees():
    even = np.array([[1.0, 2, 2], [3, 6, 0], [0, 0, 5]])
    regions = Regions(industries(even))
    np.testing.assert_allclose(lilien(even, regions)[0, 1], 0, atol=1e-9)
    np.testing.assert_allclose(moore(even, regions)[0, 1], 0, atol=1e-9)
    turned = np.array([[1.0, 0.0], [0.0, 7.0]])
    np.testing.assert_allclose(moore(turned, Regions(industries(turned))), [[np.nan, 90]])


def test_an_old_industry_turned_new_and_a_new_one_grown_up_are_told_apart():
    rungs = [["mature", "strategic-emerging"], ["strategic-emerging", "leading"], ["future", "future"], ["", "future"]]
    cells = np.array([[20.0, 20.0], [10, 10], [10, 20], [1, 50]])
    found = found_in(cells, certain(rungs), list("rrrr"))
    table = found.carriers.set_index("industry")
    np.testing.assert_allclose(found.shares["new"].values, [[0.5, 0.9]])
    np.testing.assert_allclose(table["renewal"].to_dict()["i0"], (20 / 40 + 20 / 100) / 2)
    np.testing.assert_allclose(table["graduation"].to_dict()["i1"], -(10 / 40 + 10 / 100) / 2)
    np.testing.assert_allclose(table["growth"].to_dict()["i2"], 20 / 100 - 10 / 40)
    np.testing.assert_allclose(table["entry"].to_dict()["i3"], 0.5)
    assert table["rung_end"].to_dict()["i1"] == "leading"
    said = [text.en for text in found.reasons("r")]
    assert said[1].startswith("conversion forward: +40.00 points a year")
    assert "old turned new +35.0" in said[2]
    assert said[3].startswith("carried by i3 (+50.0), i0 (+20.0)")
    assert said[4].startswith("held back by i1 (-25.0)")
    assert found.reasons("r")[1].zh.startswith("向新转换")
    assert len(str(found).splitlines()) == 6


def test_leading_industries_may_count_as_new():
    cells, rungs = np.ones((2, 2)), [["leading", "leading"], ["mature", "mature"]]
    found = found_in(cells, certain(rungs), list("rr"), new=("future", "strategic-emerging", "leading"))
    np.testing.assert_allclose(found.shares["new"].values, [[0.5, 0.5]])


def test_a_conversion_that_hangs_on_doubtful_rungs_is_undecided():
    chances = certain([["mature", "mature"], ["strategic-emerging", "mature"]])
    chances[:, 1] = [0, 0.5, 0, 0, 0.5, 0]
    found = found_in(np.ones((2, 2)), chances, list("rr"))
    assert "undecided" in found.reasons("r")[1].en
    assert "1 undecided" in str(found)


def test_a_region_that_is_not_placed_is_named_and_the_rest_stands():
    rungs = [["mature", "mature"], ["", "mature"]]
    found = found_in(np.ones((2, 2)), certain(rungs), list("ab"))
    assert [note.code for note in found.notes] == ["not-placed"]
    assert found.carriers["region"].tolist() == ["a"]
    assert np.isnan(found.total["change"].values[1])
    with pytest.raises(MethodError, match="not known"):
        found.reasons("b")


def test_a_year_nobody_measured_is_no_change_in_the_next():
    cells = np.array([[1.0, np.nan, 2.0], [3.0, np.nan, 3.0]])
    found = found_in(cells, certain([["future"] * 3, ["mature"] * 3]), list("rr"))
    assert np.isnan(found.shares["new"].values[0, 1])
    assert np.isnan(found.pace["change"].values).all()
    np.testing.assert_allclose(found.total["change"], [0.4 - 0.25])
    assert found.to_frame()["time"].tolist() == [2000, 2002]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"new": ("mature",)}, MethodError),
        ({"new": ()}, MethodError),
        ({"old": ("ancient",)}, MethodError),
        ({"start": 1990}, DataError),
        ({"start": 2003, "end": 2001}, MethodError),
        ({"measure": "value_added"}, DataError),
        ({"level": 1.0}, MethodError),
        ({"least": 80}, MethodError),
    ],
)
def test_what_does_not_fit_is_refused_in_both_languages(wrong, error):
    with pytest.raises(error) as caught:
        found_in(*random(0), **wrong)
    assert caught.value.say("zh") != caught.value.say("en")


def test_a_single_year_cannot_be_converted():
    with pytest.raises(DataError, match="two years"):
        found_in(np.ones((2, 1)), certain([["mature"], ["future"]]), list("rr"))
    with pytest.raises(DataError, match="there are: none"):
        found_in(np.ones((2, 2)), certain([["", ""], ["", ""]]), list("rr"))
