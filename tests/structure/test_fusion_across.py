"""How near activities of two spaces are, and what supports what."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from tests.oracles import fusion as slow
from xinzhi.core.errors import MethodError
from xinzhi.structure.across import across, across_relatednesses, support
from xinzhi.structure.bicm import configuration
from xinzhi.structure.links import Links

SCIENCE = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]], dtype=float)  # physics, biology, alchemy (nowhere)
TECHNOLOGY = np.array([[1, 1], [1, 0], [0, 1], [0, 1]], dtype=float)  # optics, drugs


def links(table, names, period="all"):
    regions = np.array([f"r{at:03d}" for at in range(len(table))], dtype=object)
    return Links((sparse.csr_array(table),), regions, np.array(names, dtype=object), (period,))


SIDES = links(SCIENCE, ["physics", "biology", "alchemy"]), links(TECHNOLOGY, ["optics", "drugs"])


def test_by_hand():
    found = across(*SIDES)
    assert found.values[:2].tolist() == [[1, pytest.approx(1 / 3)], [pytest.approx(1 / 3), 1]]
    assert np.isnan(found.values[2]).all()
    assert [notice.code for notice in found.notices] == ["held-nowhere"]
    assert "alchemy" in found.notices[0].en
    assert found.to_frame()["both"].tolist() == [2, 1, 1, 3]
    assert across(*SIDES, "probability").values[0, 1] == 0.5
    assert across(*SIDES, "probability", given="target").values[0, 1] == pytest.approx(1 / 3)
    assert across(*SIDES, "association").values[0, 0] == 2
    assert across(*SIDES, "jaccard").values[0, 1] == pytest.approx(1 / 4)
    assert across(*SIDES, "correlation").values[0, 0] == pytest.approx(1)
    assert across(*SIDES, "cosine").values[0, 1] == pytest.approx(1 / np.sqrt(6))


def test_the_other_way_round_is_the_same():
    for method in across_relatednesses:
        for chance in ("configuration", "hypergeometric"):
            there, back = across(*SIDES, method.name, chance=chance), across(*SIDES[::-1], method.name, chance=chance)
            np.testing.assert_allclose(there.p, back.p.T)
            np.testing.assert_allclose(there.turned().expected, back.expected, atol=1e-9)
            if method.name != "probability":
                np.testing.assert_allclose(there.turned().values, back.values)


def test_chance_by_going_through_every_outcome():
    rng = np.random.default_rng(3)
    a, b = (rng.random((9, 4)) < 0.5).astype(float), (rng.random((9, 3)) < 0.4).astype(float)
    found = across(links(a, list("wxyz")), links(b, list("klm")))
    first, second = (configuration(sparse.csr_array(one)).expected() for one in (a, b))
    drawn = across(links(a, list("wxyz")), links(b, list("klm")), chance="hypergeometric")
    for i in range(4):
        for j in range(3):
            both = int((a[:, i] * b[:, j]).sum())
            tail = slow.two_layers_at_least(both, first[:, i].tolist(), second[:, j].tolist())
            assert found.p[i, j] == pytest.approx(tail)
            assert found.expected[i, j] == pytest.approx((first[:, i] * second[:, j]).sum())
            tail = slow.meets_at_least(both, int(a[:, i].sum()), int(b[:, j].sum()), 9)
            assert drawn.p[i, j] == pytest.approx(tail)


def planted():
    """Twelve sciences and technologies of 120 regions; the first three of either come together, all else by chance."""
    rng = np.random.default_rng(5)
    a, b = (rng.random((120, 12)) < 0.35).astype(float), (rng.random((120, 12)) < 0.35).astype(float)
    b[:, :3] = np.where(rng.random((120, 3)) < 0.85, a[:, :3], b[:, :3])
    return links(a, [f"s{at:02d}" for at in range(12)]), links(b, [f"t{at:02d}" for at in range(12)])


def test_what_comes_together_is_told_from_what_meets_by_chance():
    sides = planted()
    found = across(*sides).to_frame()
    true = {("s00", "t00"), ("s01", "t01"), ("s02", "t02")}
    assert true == set(found[found["significant"]][["source", "target"]].itertuples(index=False, name=None))
    kept = across(*sides).only_significant()
    assert np.count_nonzero(kept.values) == 3


def test_support_is_the_share_of_relatedness_that_is_there():
    near = across(*SIDES)
    found = support(near, *SIDES)
    table = found.values.to_pandas()
    assert table.loc["r001", "optics"] == pytest.approx(1 / (4 / 3))
    assert table.loc["r000"].tolist() == pytest.approx([1, 1])
    assert found.by_region().loc[1, ["held", "missing", "difference"]].tolist() == pytest.approx([0.75, 0.25, 0.5])
    assert np.isnan(found.by_region().loc[0, "missing"])  # it has all there is
    back = support(near.turned(), *SIDES[::-1])
    assert back.values.to_pandas().loc["r001", "physics"] == pytest.approx(0.75)
    assert [notice.code for notice in back.notices] == ["no-relatives"]
    assert back.values.to_pandas()["alchemy"].isna().all()
    assert len(found.to_frame()) == 8


def test_supported_technologies_are_those_that_regions_have():
    sides = planted()
    found = support(across(*sides).only_significant(), *sides)
    means = found.by_region()
    assert means["held"].mean() > means["missing"].mean() + 0.3


def test_sides_may_be_of_different_years_but_not_of_different_regions():
    early = links(SCIENCE, ["physics", "biology", "alchemy"], 2000)
    later = links(TECHNOLOGY, ["optics", "drugs"], 2010)
    np.testing.assert_array_equal(across(early, later).values, across(*SIDES).values)
    fewer = later.only(regions=["r000", "r001", "r002"])
    assert "r003" in across(early, fewer).notices[0].en


def test_what_cannot_be_is_refused():
    with pytest.raises(MethodError, match="ones and zeros"):
        across(links(SCIENCE * 3, ["physics", "biology", "alchemy"]), SIDES[1])
    with pytest.raises(MethodError, match="must not be negative"):
        support(across(*SIDES, "correlation"), *SIDES)
    other = links(SCIENCE, ["physics", "biology", "magic"])
    with pytest.raises(MethodError, match="magic"):
        support(across(*SIDES), other, SIDES[1])


def test_options_that_cannot_be():
    with pytest.raises(MethodError, match="chance is one of: configuration, hypergeometric"):
        across(*SIDES, chance="binomial")
    with pytest.raises(MethodError, match="found DataFrame"):
        across(SIDES[0].to_frame(), SIDES[1])
