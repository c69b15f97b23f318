"""Quantity and standard of emerging industries: two axes, each with its interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.structure.ladder.placed import at_random, certain, industries, ladder
from xinzhi.core.errors import MethodError
from xinzhi.structure.ladder.carriers import QUADRANTS, STANDARDS, standing

LAW = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
REGIONS = list("aaabbb")


def random(seed):
    rng = np.random.default_rng(seed)
    of = industries(rng.uniform(1, 50, (6, 3, 2)), REGIONS, ("employment", "value_added"))
    return of, ladder(of, at_random(rng, 6, 3), {"technology": rng.uniform(0, 4, (6, 3))})


@LAW
@given(seed=SEEDS)
def test_both_axes_are_what_a_hand_would_reckon(seed):
    of, placed = random(seed)
    found = standing(placed, of, least=0)
    size, chances = of.of("employment").values, placed.probability.values[..., 1]
    technology, made = placed.evidence.values[..., 0], of.of("value_added").values / size
    for region in range(2):
        for time in range(3):
            ours = [at for at in range(3 * region, 3 * region + 3) if np.isfinite(chances[at, time])]
            weight = [size[at, time] * chances[at, time] for at in ours]
            whole = sum(size[at, time] for at in ours)
            share = sum(weight) / whole if ours else np.nan
            np.testing.assert_allclose(found.quantity["share"].values[region, time], share, atol=1e-12)
            if ours and sum(weight) > 0:
                mean = sum(w * technology[at, time] for w, at in zip(weight, ours, strict=True)) / sum(weight)
                np.testing.assert_allclose(found.quality["value"].sel(standard="technology").values[region, time], mean)
                best = [max(made[at % 3, time], made[at % 3 + 3, time]) for at in ours]
                near = [w * made[at, time] / b for w, at, b in zip(weight, ours, best, strict=True)]
                value = found.quality["value"].sel(standard="frontier").values[region, time]
                np.testing.assert_allclose(value, sum(near) / sum(weight))


@LAW
@given(seed=SEEDS)
def test_intervals_hold_what_is_expected_and_axes_do_not_touch(seed):
    of, placed = random(seed)
    found = standing(placed, of)
    for table, name in ((found.quantity, "share"), (found.quality, "value")):
        known = np.isfinite(table[name].values)
        assert (table["low"].values <= table[name].values)[known].all()
        assert (table[name].values <= table["high"].values)[known].all()
    other = ladder(of, placed.probability.values, {"technology": 2 * placed.evidence.values[..., 0]})
    again = standing(other, of)
    np.testing.assert_array_equal(again.quantity["share"].values, found.quantity["share"].values)
    one, two = (of.quality["value"].sel(standard="technology").values for of in (found, again))
    np.testing.assert_allclose(two, 2 * one)


def test_each_quadrant_is_named():
    of = industries(np.array([[8.0], [2.0], [8.0], [2.0], [2.0], [8.0], [2.0], [8.0]]), list("aabbccdd"))
    rungs = [["strategic-emerging"], ["mature"]] * 4
    technology = np.array([[3.0], [1], [1], [1], [9], [1], [1], [1]])
    found = standing(ladder(of, certain(rungs), {"technology": technology}), of)
    assert found.quadrant.values[:, 0, 0].tolist() == ["many-high", "many-low", "few-high", "few-low"]
    assert found.certain.values.all()
    assert found.beside == "all regions"
    assert set(found.to_frame()["quadrant"]) == QUADRANTS.keys()
    said = found.reasons("c")
    assert said[0].en == "strategic emerging industry: 20.0% of employment (20.0% to 20.0%; all regions: 50.0%)"
    assert said[1].zh.startswith("比重低、水准高")
    assert len(str(found).splitlines()) <= 6


def test_a_region_on_its_own_is_held_against_its_first_year():
    of = industries([[1.0, 3.0], [9.0, 7.0]])
    technology = np.array([[2.0, 4.0], [1.0, 1.0]])
    placed = ladder(of, certain([["strategic-emerging"] * 2, ["mature"] * 2]), {"technology": technology})
    found = standing(placed, of, complexity={"i0": 1.5, "i1": -1})
    assert found.beside == "2000"
    assert found.standards == ("technology", "complexity")
    assert found.quadrant.sel(time=2001).values.tolist() == [["many-high", "many-high"]]
    np.testing.assert_allclose(found.quality["cut"].values[0, 1], [2, 1.5])


def test_a_place_that_hangs_on_doubtful_rungs_is_uncertain():
    of = industries(np.ones((4, 1)), list("aabb"))
    chances = certain([["strategic-emerging"], ["mature"], ["strategic-emerging"], ["mature"]])
    chances[1, 0] = [0, 0.5, 0, 0, 0.5, 0]
    found = standing(ladder(of, chances, {"technology": np.ones((4, 1))}), of)
    assert found.certain.values.ravel().tolist() == [False, True]
    assert "uncertain" in found.reasons("a")[1].en


def test_without_a_standard_quantity_is_told_alone_and_a_note_says_so():
    of = industries(np.ones((2, 2)))
    found = standing(ladder(of, certain([["strategic-emerging"] * 2, ["mature", ""]])), of, least=0.5)
    assert found.standards == ()
    assert [note.code for note in found.notes] == ["no-standard"]
    assert len(found.reasons("r")) == 1
    assert found.to_frame()["share"].tolist() == [0.5, 1.0]
    assert "nothing placed" in str(standing(ladder(of, certain([["", ""], ["", ""]])), of))


def test_every_standard_has_its_words():
    assert all(text.en != text.zh for text in (*STANDARDS.values(), *QUADRANTS.values()))


def test_what_does_not_fit_is_refused_in_both_languages():
    of = industries(np.ones((2, 2)))
    placed = ladder(of, certain([["mature"] * 2] * 2))
    for wrong in ({"rungs": ("emerging",)}, {"rungs": ()}, {"rungs": "leading"}, {"level": 0}, {"complexity": 3}):
        with pytest.raises(MethodError) as caught:
            standing(placed, of, **wrong)
        assert caught.value.say("zh") != caught.value.say("en")
    with pytest.raises(MethodError, match="nothing is known"):
        standing(placed, of).reasons("nowhere")
