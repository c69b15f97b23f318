"""The tree refuses what does not hang together, and numbers what does."""

import pytest
from pydantic import ValidationError

from xinzhi.core.specs import faults_of
from xinzhi.measure.tree import Element, Indicator, Tree


def grow(elements, indicators):
    return Tree.of(
        tuple(Element(**e) for e in elements),
        tuple(Indicator(**i) for i in indicators),
    )


TOP = {"code": "top"}


def refusal(elements, indicators):
    with pytest.raises(ValueError) as caught:
        grow(elements, indicators)
    return caught.value


def test_a_ragged_tree_is_numbered_from_the_leaves_up():
    tree = grow(
        [TOP, {"code": "a", "parent": "top"}, {"code": "b", "parent": "a"}],
        [{"code": "x", "parent": "b"}, {"code": "y", "parent": "top"}, {"code": "z", "parent": "a"}],
    )
    assert tree.codes == ("x", "y", "z", "b", "a", "top")
    assert tree.levels.tolist() == [1, 1, 1, 2, 3, 4]
    assert tree.height == 4
    assert [tree.codes[f.parent] for f in tree.families] == ["b", "a", "top"]
    assert tree.line(0) == (0, 3, 4, 5)
    assert tree.below("a") == (0, 2)


@pytest.mark.parametrize(
    ("elements", "indicators", "code", "named"),
    [
        (
            [TOP, {"code": "other"}],
            [{"code": "x", "parent": "top"}, {"code": "y", "parent": "other"}],
            "no-single-top",
            "other",
        ),
        ([TOP], [{"code": "x", "parent": "nowhere"}, {"code": "y", "parent": "top"}], "orphan", "nowhere"),
        (
            [TOP, {"code": "a", "parent": "b"}, {"code": "b", "parent": "a"}],
            [{"code": "x", "parent": "a"}, {"code": "y", "parent": "top"}],
            "cycle",
            "a → b → a",
        ),
        ([TOP, {"code": "a", "parent": "top"}], [{"code": "x", "parent": "top"}], "childless", "a"),
        ([TOP], [{"code": "x", "parent": "top"}, {"code": "x", "parent": "top"}], "duplicate-code", "x"),
        ([TOP], [{"code": "x", "parent": "top", "weight": 0}], "weights-all-zero", "top"),
    ],
)
def test_flaws_are_named(elements, indicators, code, named):
    found = refusal(elements, indicators)
    assert found.code == code
    assert named in found.en
    assert named in found.zh


def test_several_flaws_are_reported_together():
    found = refusal([TOP, {"code": "a", "parent": "top"}], [{"code": "x", "parent": "nowhere"}])
    assert "nowhere" in found.en
    assert "nothing under them" in found.en


def test_goalposts_out_of_order_are_refused():
    with pytest.raises(ValidationError) as caught:
        Indicator(code="x", parent="top", low=3, high=1)
    assert faults_of(caught.value)[0].code == "goalposts-out-of-order"
