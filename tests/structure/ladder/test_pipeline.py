"""A region's pipeline: what stands on each rung, between what bounds, and who follows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import conversion as twin
from tests.structure.ladder.placed import at_random, certain, industries, ladder
from xinzhi.core.errors import DataError, MethodError
from xinzhi.structure.ladder.drawn import Regions
from xinzhi.structure.ladder.pipeline import pipeline
from xinzhi.structure.ladder.rungs import RUNGS

LAW = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)


def small(seed, series=4, times=3):
    rng = np.random.default_rng(seed)
    of = industries(rng.uniform(1, 100, (series, times)))
    return of, ladder(of, at_random(rng, series, times))


@LAW
@given(seed=SEEDS)
def test_what_is_expected_is_what_all_ways_to_stand_have_on_average(seed):
    of, placed = small(seed)
    found = pipeline(placed, of, least=0)
    chances, sizes = placed.probability.values, of.of("employment").values
    for time in range(3):
        known = np.isfinite(chances[:, time, 0])
        if not known.any():
            assert np.isnan(found.stock["number"].values[0, time]).all()
            continue
        number, size = twin.expected(chances[known, time], sizes[known, time])
        np.testing.assert_allclose(found.stock["number"].values[0, time], number, atol=1e-12)
        np.testing.assert_allclose(found.stock["size"].values[0, time], size, atol=1e-9)
        np.testing.assert_allclose(found.stock["share"].values[0, time].sum(), 1)
        ahead = (sizes * chances[..., :2].sum(axis=-1))[known, time]
        np.testing.assert_allclose(found.generations["next"].values[0, time], twin.breadth(ahead))


@LAW
@given(seed=SEEDS)
def test_intervals_hold_what_is_expected_and_are_points_where_all_is_certain(seed):
    of, placed = small(seed)
    found = pipeline(placed, of)
    for name in ("number", "size", "share"):
        low, expected, high = (found.stock[name + end].values for end in ("_low", "", "_high"))
        known = np.isfinite(expected)
        assert (low <= expected)[known].all()
        assert (expected <= high)[known].all()
    sure = pipeline(ladder(of, certain([["pillar"] * 3, ["future"] * 3, [""] * 3, ["mature"] * 3])), of).stock
    for name in ("number", "size", "share"):
        np.testing.assert_allclose(sure[f"{name}_low"].values, sure[f"{name}_high"].values)


def test_the_interval_of_a_number_is_that_of_its_distribution():
    of = industries(np.ones((40, 1)))
    chances = np.zeros((40, 1, 6))
    chances[:, 0, 1], chances[:, 0, 4] = 0.5, 0.5
    found = pipeline(ladder(of, chances), of).stock.sel(rung="strategic-emerging").isel(region=0, time=0)
    assert float(found["number"]) == 20
    # The 5 % and 95 % points of the binomial distribution with 40 trials of 1/2 are 15 and 25.
    assert abs(float(found["number_low"]) - 15) <= 1
    assert abs(float(found["number_high"]) - 25) <= 1


@LAW
@given(seed=SEEDS)
def test_draws_have_the_chances_they_are_drawn_from(seed):
    of, placed = small(seed)
    chances = placed.probability.values
    weights = np.ones((1, 4, 3))
    drawn = next(Regions(of).draws(chances, weights, seed))
    np.testing.assert_allclose(drawn[:, :, 0].mean(axis=-1), np.nansum(chances, axis=0), atol=4 * 6 / 512)
    placed = np.isfinite(chances[..., 0]).sum(axis=0)
    np.testing.assert_allclose(drawn.sum(axis=(1, 2)), placed[:, None].repeat(512, axis=1))


@LAW
@given(seed=SEEDS)
def test_the_unit_of_size_and_the_regions_beside_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    cells, chances = rng.uniform(1, 100, (6, 3)), at_random(rng, 6, 3)
    region = list("aaabbb")
    both = industries(cells, region)
    found = pipeline(ladder(both, chances), both)
    scaled = industries(1024 * cells, region)
    again = pipeline(ladder(scaled, chances), scaled)
    np.testing.assert_allclose(again.stock["share"].values, found.stock["share"].values, atol=1e-12)
    np.testing.assert_allclose(again.succession["size"].values, found.succession["size"].values, rtol=1e-9)
    alone = industries(cells[:3], region[:3])
    only = pipeline(ladder(alone, chances[:3]), alone)
    for name in found.stock:
        np.testing.assert_allclose(only.stock[name].values[0], found.stock[name].values[0])


def test_who_follows_whom():
    of = industries([[10.0], [40.0], [100.0], [50.0], [5.0]])
    found = pipeline(ladder(of, certain([[rung] for rung in RUNGS[1:]])), of)
    size = found.succession["size"].isel(region=0, time=0).to_series().to_dict()
    assert size == {"strategic-emerging": 0, "leading": 0.25, "pillar": 0.4, "mature": 1.0, "declining": 10.0}
    assert float(found.generations["ratio"][0, 0]) == pytest.approx(1 / twin.breadth([40, 100]))
    assert found.to_frame().set_index("rung")["size_succession"]["pillar"] == 0.4


def test_a_broken_ladder_says_which_rung_is_empty():
    of = industries(np.ones((4, 2)), list("aabb"))
    doubtful = certain([["pillar"] * 2, ["future"] * 2, ["strategic-emerging", "leading"], ["mature"] * 2])
    doubtful[3, 1] = [0, 0.4, 0, 0, 0.6, 0]
    found = pipeline(ladder(of, doubtful), of)
    said = [text.en for text in found.reasons("b")]
    assert said[0] == "broken: no future industry"
    assert said[1].startswith("perhaps broken: no strategic emerging industry is certain (0.4 expected, at most 1)")
    assert found.reasons("b")[2].zh == "断档：没有支柱产业"
    assert len(str(found).splitlines()) == 6
    unseen = pipeline(ladder(of, certain([["mature"] * 2] * 4)), of)
    assert "may be unable to show one" in unseen.reasons("a")[0].en
    whole = industries(np.ones((4, 1)))
    assert (
        pipeline(ladder(whole, certain([[rung] for rung in RUNGS[:4]])), whole).reasons("r")[0].en.startswith("no rung")
    )


def test_nothing_placed_is_no_number():
    of = industries(np.ones((2, 2)))
    found = pipeline(ladder(of, certain([["", "mature"], ["", ""]])), of, least=0.5)
    assert np.isnan(found.stock["share"].values[0, 0]).all()
    assert found.years == (2001,)
    assert float(found.generations["placed"][0, 1]) == 0.5
    assert "nothing placed" in str(pipeline(ladder(of, certain([["", ""], ["", ""]])), of))


def test_cells_between_bounds_count_at_their_middle_and_are_counted():
    of = industries([[np.nan, 3.0]], low=[[2.0, 3.0]], high=[[6.0, 3.0]])
    found = pipeline(ladder(of, certain([["mature", "mature"]])), of)
    np.testing.assert_allclose(found.stock["size"].sel(rung="mature").values[0], [4, 3])
    assert [note.code for note in found.notes] == ["middle-of-bounds"]


def test_what_does_not_fit_is_refused_in_both_languages():
    of, other = industries(np.ones((2, 2))), industries(np.ones((3, 2)))
    placed = ladder(of, certain([["mature"] * 2] * 2))
    with pytest.raises(MethodError, match="not made from these industries"):
        pipeline(placed, other)
    with pytest.raises(MethodError, match="level must lie between"):
        pipeline(placed, of, level=90)
    with pytest.raises(DataError, match="no measure 'output'"):
        pipeline(placed, of, "output")
    negative = industries([[1.0, -1.0], [1.0, 1.0]], measures=("value_added",))
    with pytest.raises(DataError, match="negative in 1 cells") as caught:
        pipeline(placed, negative, "value_added")
    assert "非负数量" in caught.value.say("zh")
    for wrong in (("nowhere", None), ("r", 1990)):
        with pytest.raises(MethodError):
            pipeline(placed, of).reasons(*wrong)


def test_years_in_which_too_little_is_placed_are_left_open():
    of = industries([[1.0, 1.0], [9.0, 9.0]])
    placed = ladder(of, certain([["future", "future"], ["", "mature"]]))
    found = pipeline(placed, of)
    assert found.years == (2001,)
    np.testing.assert_allclose(found.generations["placed"].values, [[0.1, 1]])
    np.testing.assert_allclose(pipeline(placed, of, least=0.1).stock["share"].values[0, :, 0], [1, 0.1])
    with pytest.raises(MethodError, match="a share between 0 and 1"):
        pipeline(placed, of, least=80)
