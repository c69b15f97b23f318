"""Pitfalls 8, 9, 10 and 13, planted and absent."""

from itertools import pairwise

import numpy as np
import pytest

from tests.study.auditing import a_run, codes_of, columns
from xinzhi.measure.coupling import coupling
from xinzhi.study.audit import audit


def ladder(regions=8, years=4, k=3):
    """Every column says the same order, far apart: nothing can shake the ranking."""
    level = np.arange(1.0, regions + 1)[:, None] * 10 + np.arange(years)
    return {code: level * (1 + j) for j, code in enumerate("abcdef"[:k])}


def test_an_order_that_all_columns_share_is_stable():
    (found,) = audit(a_run(ladder())).of(8)
    assert found.severity == "fine"
    assert (found.numbers["swaps"] == 0).all()


def test_independent_columns_make_unstable_ranks():
    run = a_run(columns(3, regions=20))
    (found,) = audit(run, unstable=0.2).of(8)
    assert (found.code, found.severity) == ("unstable-ranks", "serious")
    # By hand: neighbours a and b change places where the mean of two columns turns their order round.
    z = run.index.stages.normalised[-1]
    pairs = []
    order = np.argsort(-z.mean(axis=1))
    for a, b in pairwise(order):
        pairs.append(any((z[a].sum() - z[a, j]) < (z[b].sum() - z[b, j]) for j in range(3)))
    assert (found.numbers["swaps"] > 0).tolist() == pairs


def test_a_little_shuffling_is_worth_knowing_and_far_moves_are_serious():
    """Neighbours change places in both; what tells them apart is how far regions go."""
    rng = np.random.default_rng(2)
    level = rng.uniform(20, 80, size=(31, 1))
    alike = {code: level + rng.uniform(-8, 8, size=(31, 2)) for code in "abcdefgh"}
    apart = {code: rng.uniform(20, 80, size=(31, 2)) for code in "abcdefgh"}
    for values, severity in ((alike, "worth-knowing"), (apart, "serious")):
        run = a_run(values)
        (found,) = audit(run, unstable=0.2).of(8)
        assert found.severity == severity
        z = run.index.stages.normalised[-1]
        ranked = [np.argsort(np.argsort(-np.delete(z, j, axis=1).mean(axis=1))) for j in range(8)]
        moved = np.abs(np.array(ranked) - np.argsort(np.argsort(-z.mean(axis=1)))).mean()
        assert f"{moved:.1f} places on average" in found.said.en


def test_what_is_far_grows_with_the_number_of_regions():
    for regions, far in ((8, 3), (31, 3), (310, 30)):
        (found,) = audit(a_run(columns(3, regions=regions))).of(10)
        assert f"at most (limit {far})" in found.said.en
        assert f"（界限为 {far} 位）" in found.said.zh


def test_one_indicator_cannot_be_left_out():
    (found,) = audit(a_run(columns(1))).of(8)
    assert found.code == "not-checked"


def test_gaps_that_narrow_whatever_is_done():
    level = np.linspace(20, 80, 10)[:, None]
    values = {code: 50 + (level - 50) * np.linspace(1, 0.2, 5) + j for j, code in enumerate("abc")}
    (found,) = audit(a_run(values)).of(9)
    assert found.severity == "fine"
    assert len(found.numbers) == 13
    assert (found.numbers["slope"][:9] < 0).all()


def test_gaps_whose_trend_depends_on_the_method():
    """Everybody grows by the same factor: relative gaps stay, while those on a scale with another zero do not."""
    level = np.geomspace(1, 8, 12)[:, None] * np.geomspace(1, 4, 6)
    values = {"a": level, "b": level[::-1] ** 0.5}
    (found,) = audit(a_run(values)).of(9)
    assert found.code == "opposite-trends"
    slopes = found.numbers["slope"][1:]
    assert slopes.min() < 0 < slopes.max()


def test_gaps_that_hardly_change_have_no_direction_to_disagree_on():
    rng = np.random.default_rng(4)
    values = {code: rng.uniform(20, 80, size=(31, 1)) + rng.normal(0, 0.5, size=(31, 8)) for code in "abcdef"}
    (found,) = audit(a_run(values)).of(9)
    slopes = found.numbers["slope"][1:]
    assert slopes.min() < 0 < slopes.max()
    assert found.severity == "fine"
    assert "change by no more than 5% in 12 of 12" in found.said.en
    assert audit(a_run(values), steady=0).of(9)[0].severity != "fine"


def test_two_years_have_no_trend():
    (found,) = audit(a_run(columns(3, years=2))).of(9)
    assert (found.code, found.severity) == ("clear", "fine")


def one_sided():
    values = columns(3)
    for code in values:
        values[code][:] = np.linspace(40, 60, 12)[:, None]
    values["a"][8], values["b"][8] = 100, 0  # as good as can be on one, as bad as can be on another
    values["c"] = values["c"] + np.random.default_rng(1).uniform(0, 1, (12, 4))
    return values


def test_a_region_that_a_strength_makes_up_for():
    (found,) = audit(a_run(one_sided()), moved_ranks=2).of(10)
    assert found.code == "full-compensation"
    assert found.numbers.loc[0, "region"] == "R08"
    assert found.numbers.loc[0, "places"] > 0
    assert found.numbers.loc[0, ["best", "worst"]].tolist() == pytest.approx([100, 1])


def test_even_regions_and_geometric_means_are_fine():
    assert audit(a_run(ladder())).of(10)[0].severity == "fine"
    steps = {"aggregate": "geometric", "normalise": {"method": "min-max", "to": [1, 100]}}
    assert audit(a_run(one_sided(), **steps)).of(10)[0].severity == "fine"


ELEMENTS = [{"code": "index"}, {"code": "one", "parent": "index"}, {"code": "two", "parent": "index"}]
COUPLED = {
    "elements": ELEMENTS,
    "indicators": [{"code": code, "parent": "one" if code in "ab" else "two"} for code in "abcd"],
    "normalise": {"method": "min-max", "to": [0.01, 1]},
}


def coupled(values, form="standard", **more):
    aggregate = ["arithmetic", {"method": "coupling-coordination", "level": 3, "form": form, **more}]
    return a_run(values, **(COUPLED | {"aggregate": aggregate}))


def test_coupling_that_is_the_same_for_everybody():
    values = ladder(k=4)
    found = codes_of(audit(coupled(values)), 13)["coupling-without-spread"]
    assert found.severity == "serious"
    assert found.numbers["c_min"].item() > 0.9


def test_coupling_of_systems_apart_is_fine():
    values = ladder(k=4)
    values |= {code: values[code][::-1] for code in "cd"}
    run = coupled(values)
    (found,) = audit(run).of(13)
    assert found.severity == "fine"
    systems = run.index.stages.scores[:, :, [run.index.tree.position("one"), run.index.tree.position("two")]]
    assert found.numbers["c_min"].item() == pytest.approx(coupling(systems).min())


def test_systems_that_share_a_column_are_coupled_by_construction():
    leaves = [*COUPLED["indicators"], {"code": "again", "parent": "two", "column": "a"}]
    aggregate = ["arithmetic", {"method": "coupling-coordination", "level": 3}]
    run = a_run(columns(4), **(COUPLED | {"indicators": leaves, "aggregate": aggregate}))
    assert codes_of(audit(run), 13)["systems-share-columns"].severity == "serious"


def test_a_system_at_zero_is_said():
    values = ladder(k=4)
    aggregate = ["arithmetic", {"method": "coupling-coordination", "level": 3, "zeros": "keep"}]
    run = a_run(values, **(COUPLED | {"normalise": "min-max", "aggregate": aggregate}))
    assert codes_of(audit(run), 13)["coupling-of-zero"].numbers["zero_region_years"].item() == 1


def test_without_coupling_the_warning_about_obstacles_stands():
    (found,) = audit(a_run(columns(3))).of(13)
    assert found.severity == "fine"
    assert "障碍度" in found.said.zh
