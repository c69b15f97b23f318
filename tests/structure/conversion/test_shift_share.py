"""Shift-share: parts add up, agree with worked examples and slow twins, and nothing is lost on the way."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xinzhi as xz
from tests.oracles import conversion as twin
from tests.structure.ladder.placed import industries
from xinzhi.core.errors import DataError, MethodError
from xinzhi.structure.conversion.shares import PARTS, shift_shares
from xinzhi.structure.conversion.shift_share import shift_share

LAW = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
METHODS = tuple(shift_shares.members)
REGIONS, INDUSTRIES, YEARS = 3, 4, 5


def random(seed, regions=REGIONS):
    cells = np.random.default_rng(seed).uniform(1, 100, (regions * INDUSTRIES, YEARS))
    return industries(cells, np.repeat([f"r{at}" for at in range(regions)], INDUSTRIES))


def of(result, part):
    return result.parts.sel(part=part).values


def krumme():
    """Employment of a region and its nation, from the composition and growth rates of the nation that are given."""
    rows = []
    region = [(500, 1000), (100, 100), (200, 250), (200, 280)]
    nation = [(1000, 1100), (2000, 2400), (4000, 5200), (3000, 4200)]
    for name, pairs in (("Holukuluku", region), ("nation", nation)):
        for industry, pair in zip(("I", "II", "III", "IV"), pairs, strict=True):
            rows += [(name, industry, year, jobs) for year, jobs in zip((1985, 1995), pair, strict=True)]
    table = pd.DataFrame(rows, columns=["region", "industry", "year", "employment"])
    return xz.industries(table, industry="industry", period="year", region="region", measures=["employment"])


def test_a_worked_example_of_a_course_comes_out():
    """G. Krumme, University of Washington, Geography 350, "Shift & Share Table": 630 = 290 - 80 + 420."""
    found = shift_share(krumme(), reference="nation")
    row = found.regions.set_index("region").loc["Holukuluku"]
    assert row[["base", "change"]].tolist() == [1000, 630]
    np.testing.assert_allclose(row[["national", "mix", "competitive"]].tolist(), [290, -80, 420])
    np.testing.assert_allclose(of(found, "competitive"), [450, -20, -10, 0], atol=1e-9)
    np.testing.assert_allclose(of(found, "mix"), [-95, -9, 2, 22], atol=1e-9)
    np.testing.assert_allclose(row["competitive_rate"], 0.42)
    # Homothetic employment is 100, 200, 400, 300; the region outgrows its industries by .9, -.2, -.05 and 0.
    split = shift_share(krumme(), "esteban-marquillas", reference="nation")
    np.testing.assert_allclose(of(split, "competitive"), [90, -40, -20, 0], atol=1e-9)
    np.testing.assert_allclose(of(split, "allocation"), [360, 20, 10, 0], atol=1e-9)


@LAW
@given(seed=SEEDS, method=st.sampled_from(METHODS))
def test_parts_add_up_to_the_change(seed, method):
    found = shift_share(random(seed), method)
    np.testing.assert_allclose(found.parts.sum("part").values, found.change.values, rtol=1e-12, atol=1e-12 * 400)
    assert set(found.parts["part"].values) <= PARTS.keys()


@LAW
@given(seed=SEEDS)
def test_each_method_is_what_its_formula_says(seed):
    data = random(seed)
    cells = data.of("employment").values[:, [0, -1]]
    table = cells.reshape(REGIONS, INDUSTRIES, 2)
    nation, region, whole = table.sum(axis=0), table.sum(axis=1), table.sum(axis=(0, 1))
    found = {method: shift_share(data, method) for method in ("classical", "esteban-marquillas", "arcelus")}
    for series in range(REGIONS * INDUSTRIES):
        r, i = divmod(series, INDUSTRIES)
        np.testing.assert_allclose(
            found["classical"].parts.values[series], twin.classical(table[r, i], nation[i], whole), atol=1e-10
        )
        np.testing.assert_allclose(
            found["esteban-marquillas"].parts.values[series, 2:],
            twin.esteban_marquillas(table[r, i], nation[i], whole, region[r]),
            atol=1e-8,
        )
        np.testing.assert_allclose(
            found["arcelus"].parts.values[series], twin.arcelus(table[r, i], nation[i], whole, region[r]), atol=1e-8
        )


@LAW
@given(seed=SEEDS)
def test_year_by_year_adds_up_the_classical_parts_of_each_step(seed):
    data = random(seed)
    steps = [shift_share(data, start=year, end=year + 1).parts.values for year in range(2000, 2000 + YEARS - 1)]
    np.testing.assert_allclose(shift_share(data, "dynamic").parts.values, np.sum(steps, axis=0), atol=1e-9)


@LAW
@given(seed=SEEDS)
def test_against_the_sum_of_regions_shifts_and_mixes_cancel(seed):
    found = shift_share(random(seed))
    np.testing.assert_allclose(found.industries["competitive"], 0, atol=1e-9)
    np.testing.assert_allclose(of(found, "mix").sum(), 0, atol=1e-9)
    homothetic = shift_share(random(seed), "homothetic")
    np.testing.assert_allclose(homothetic.regions["mix"], 0, atol=1e-8)


@LAW
@given(seed=SEEDS)
def test_a_region_with_the_mix_of_the_reference_has_no_allocation(seed):
    rng = np.random.default_rng(seed)
    nation = rng.uniform(10, 100, (INDUSTRIES, 2))
    region = np.stack([nation[:, 0] / 8, rng.uniform(1, 20, INDUSTRIES)], axis=1)
    data = industries(np.concatenate([nation, region]), ["n"] * INDUSTRIES + ["r"] * INDUSTRIES)
    for method, part in (("esteban-marquillas", "allocation"), ("homothetic", "specialisation")):
        np.testing.assert_allclose(of(shift_share(data, method, reference="n"), part), 0, atol=1e-9)


@LAW
@given(seed=SEEDS, method=st.sampled_from(METHODS), power=st.integers(-10, 10))
def test_the_unit_does_not_matter(seed, method, power):
    data = random(seed)
    scaled = industries(2.0**power * data.of("employment").values, data.values["region"].values)
    one, other = shift_share(data, method), shift_share(scaled, method)
    np.testing.assert_allclose(other.parts.values, 2.0**power * one.parts.values, rtol=1e-9, atol=1e-12)


@LAW
@given(seed=SEEDS, method=st.sampled_from(METHODS))
def test_the_order_of_industries_does_not_matter(seed, method):
    data = random(seed, regions=1)
    nation = random(seed + 1, regions=1)
    cells, beside = data.of("employment").values, nation.of("employment").values
    order = np.random.default_rng(seed).permutation(INDUSTRIES)
    region = ["n"] * INDUSTRIES + ["r"] * INDUSTRIES
    one = shift_share(industries(np.concatenate([beside, cells]), region), method, reference="n")
    other = shift_share(industries(np.concatenate([beside[order], cells[order]]), region), method, reference="n")
    np.testing.assert_allclose(other.parts.values, one.parts.values[order], rtol=1e-9, atol=1e-9)


@LAW
@given(seed=SEEDS)
def test_two_regions_taken_together_have_the_parts_of_both(seed):
    cells = random(seed).of("employment").values
    region = np.repeat(["n", "r0", "r1"], INDUSTRIES)
    apart = shift_share(industries(cells, region), reference="n")
    merged = np.concatenate([cells[:INDUSTRIES], cells[INDUSTRIES : 2 * INDUSTRIES] + cells[2 * INDUSTRIES :]])
    together = shift_share(industries(merged, region[: 2 * INDUSTRIES]), reference="n")
    np.testing.assert_allclose(
        apart.parts.values.reshape(2, INDUSTRIES, 3).sum(axis=0), together.parts.values, atol=1e-9
    )


def entering():
    cells = [[10, 12, 20], [0, 4, 5], [30, 30, 15], [40, 40, 50], [0, 0, 9], [10, 5, 0]]
    return industries(cells, list("aaabbb"))


@pytest.mark.parametrize("method", METHODS)
def test_industries_enter_and_leave_and_all_still_adds_up(method):
    found = shift_share(entering(), method)
    np.testing.assert_allclose(found.parts.sum("part").values, found.change.values, atol=1e-12)
    assert "entry" in found.parts["part"].values  # an industry that the reference did not have either
    assert "entered-from-nothing" in [note.code for note in found.notes]


def test_an_industry_new_to_the_region_alone_counts_in_its_shift():
    data = industries([[10, 20], [0, 5], [30, 30], [10, 20]], list("aabb"))
    found = shift_share(data)
    assert "entry" not in found.parts["part"].values
    np.testing.assert_allclose(found.parts.values[1], [0, 0, 5])
    split = shift_share(data, "esteban-marquillas")
    assert of(split, "entry").tolist() == [0, 5, 0, 0]


def test_what_is_not_observed_is_left_out_unless_it_is_zero():
    nan = np.nan
    data = industries([[10, 12, 20], [nan, 4, 5], [30, nan, 15], [40, 40, 50], [7, 5, nan], [10, 5, 3]], list("aaabbb"))
    found = shift_share(data)
    assert found.left_out == (("a", "i1"), ("b", "i1"))
    assert found.change.values.sum() == 10 - 15 + 10 - 7
    assert [note.code for note in found.notes] == ["series-left-out"]
    assert shift_share(data, "dynamic").left_out == (("a", "i1"), ("a", "i2"), ("b", "i1"))
    filled = shift_share(data, absent="zero")
    assert filled.left_out == ()
    assert filled.change.values.sum() == 10 + 5 - 15 + 10 - 7 - 7
    # A gap between two numbers is no zero.
    assert shift_share(data, "dynamic", absent="zero").left_out == (("a", "i2"),)


def test_a_year_in_which_nobody_was_asked_is_stepped_over():
    nan = np.nan
    data = industries([[10, nan, 20, 30], [5, nan, 5, 2], [8, nan, 9, 3], [7, nan, 7, 7]], list("aabb"))
    found = shift_share(data, "dynamic")
    assert found.years == (2000, 2002, 2003)
    np.testing.assert_allclose(found.parts.sum("part").values, found.change.values)
    with pytest.raises(DataError, match="no industry has 'employment' in 2001"):
        shift_share(data, end=2001)


def test_the_reference_may_hold_more_than_the_regions_and_is_not_split():
    data = industries([[10, 20], [100, 110], [1, 2]], ["n", "n", "r"])
    found = shift_share(data, reference="n")
    assert found.parts["region"].values.tolist() == ["r"]
    np.testing.assert_allclose(found.parts.values[0], [20 / 110, 1 - 20 / 110, 0], atol=1e-12)


def test_one_region_or_one_industry_is_no_fault():
    alone = shift_share(industries([[10, 20], [5, 2]]))
    np.testing.assert_allclose(of(alone, "competitive"), 0, atol=1e-12)
    assert [note.code for note in alone.notes] == ["own-reference"]
    single = shift_share(industries([[10, 20], [5, 2]], list("ab")))
    np.testing.assert_allclose(of(single, "mix"), 0, atol=1e-12)
    assert len(str(single).splitlines()) == 6


def test_a_function_stands_in_for_a_name():
    def all_its_own(own, reference, everything, total):
        return {"own": own[:, -1] - own[:, 0]}

    found = shift_share(random(0), all_its_own)
    assert found.to_frame()["part_zh"].tolist()[-1] == "own"
    np.testing.assert_allclose(of(found, "own"), found.change.values)


def test_rows_are_tidy_and_bilingual():
    rows = shift_share(random(0)).to_frame()
    assert list(rows.columns) == ["region", "industry", "part", "part_en", "part_zh", "value"]
    assert set(rows["part_zh"]) == {"增量", "份额分量", "结构分量", "竞争力分量"}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"start": 1990}, DataError),
        ({"start": 2004, "end": 2001}, MethodError),
        ({"measure": "output"}, DataError),
        ({"reference": "nowhere"}, MethodError),
        ({"absent": "guess"}, MethodError),
        ({"method": "spatial"}, MethodError),
        ({"weight": 3}, MethodError),
    ],
)
def test_what_does_not_fit_is_refused_in_both_languages(wrong, error):
    with pytest.raises(error) as caught:
        shift_share(random(0), **wrong)
    assert caught.value.say("zh") != caught.value.say("en")


@pytest.mark.parametrize("cells", [[[1, -1], [1, 1]], [[np.nan, 1], [np.nan, 2]], [[1, np.nan], [np.nan, 2]]])
def test_numbers_that_cannot_be_split_are_refused(cells):
    with pytest.raises(DataError):
        shift_share(industries(cells))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("error")
def test_where_everything_begins_from_nothing_all_is_entry(method):
    found = shift_share(industries([[0.0, 5.0], [0.0, 3.0]], ["a", "b"]), method)
    np.testing.assert_array_equal(of(found, "entry"), [5.0, 3.0])


@pytest.mark.parametrize("start", [2000.5, "soon"])
def test_a_year_that_is_none_is_refused(start):
    with pytest.raises(DataError, match=str(start)):
        shift_share(random(1), start=start)


def test_of_nothing_every_part_is_nothing():
    assert not shift_share(industries([[0, 0], [0, 0]])).parts.values.any()
