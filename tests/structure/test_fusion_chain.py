"""Fields in which a region has every stage of a chain but one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from xinzhi.core.errors import MethodError
from xinzhi.structure.chain import missing_links
from xinzhi.structure.concordance import Concordance
from xinzhi.structure.links import Links

NAMES = np.array(["chips", "drugs", "ships"], dtype=object)


def way(source, target, shares=None):
    matrix = sparse.eye_array(3).tocsr() if shares is None else sparse.csr_array(np.array(shares))
    return Concordance(sparse.csr_array(matrix), NAMES, NAMES, source, target)


def links(table):
    regions = np.array(["east", "north", "west"], dtype=object)
    return Links((sparse.csr_array(np.array(table, dtype=float)),), regions, NAMES)


CHAIN = {
    "science": links([[9, 1, 1], [1, 9, 1], [1, 1, 9]]),
    "technology": links([[9, 1, 1], [1, 1, 9], [1, 9, 1]]),
    "industry": links([[9, 1, 1], [1, 9, 1], [1, 1, 9]]),
}
WAYS = [way("science", "technology"), way("technology", "industry")]


def test_by_hand():
    found = missing_links(CHAIN, WAYS)
    assert found.at == "technology"
    missing = found.missing[["region", "field", "missing"]].to_numpy().tolist()
    assert sorted(missing) == [["north", "drugs", "technology"], ["west", "ships", "technology"]]
    table = found.table.set_index(["region", "field"])
    assert table.loc[("east", "chips"), "has"] == 3
    assert table.loc[("east", "chips"), "lq_science"] == pytest.approx(9 / 11 * 3)
    assert table.loc[("north", "ships"), "missing"] == ""  # two are missing there
    by_region = found.by_region().set_index("region")
    assert by_region["complete"].tolist() == [1, 0, 0]
    assert by_region["lacks_technology"].tolist() == [0, 1, 1]
    assert "2 lack technology" in repr(found)


def test_the_strongest_come_first():
    chain = CHAIN | {"science": links([[9, 1, 1], [1, 20, 1], [1, 1, 9]])}
    found = missing_links(chain, WAYS).missing
    weaker = found[["lq_science", "lq_industry"]].min(axis=1)
    assert weaker.is_monotonic_decreasing


def test_in_the_fields_of_any_stage():
    for at in CHAIN:
        found = missing_links(CHAIN, WAYS, at=at)
        assert found.at == at
        assert len(found.missing) == 2


def test_two_stages_are_a_chain_too():
    pair = {name: CHAIN[name] for name in ("science", "technology")}
    found = missing_links(pair, WAYS[:1])
    assert sorted(found.missing["missing"]) == ["science", "science", "technology", "technology"]


def test_later_stages_come_back_by_bayes():
    merged = way("technology", "industry", [[1, 0, 0], [0, 1, 0], [0, 1, 0]])
    chain = CHAIN | {"industry": links([[9, 1, 0], [1, 9, 0], [1, 9, 0]])}
    found = missing_links(chain, [WAYS[0], merged]).table.set_index(["region", "field"])
    # drugs and ships have 11 patents each, so each gets half of the industry they share
    assert found.loc[("north", "drugs"), "lq_industry"] == pytest.approx(found.loc[("north", "ships"), "lq_industry"])
    assert not [name for name in found.columns if found[name].isna().any()]


def test_thresholds_and_nothing():
    none = missing_links(CHAIN, WAYS, at_least=10).table
    assert none["has"].eq(0).all()
    empty = CHAIN | {"science": links([[9, 1, 1], [0, 0, 0], [1, 1, 9]])}
    found = missing_links(empty, WAYS).table
    assert not found[found["region"] == "north"]["has_science"].any()
    assert found["lq_science"].notna().all()


def test_what_cannot_be_is_refused():
    with pytest.raises(MethodError, match="no stage is named 'trade'"):
        missing_links(CHAIN, WAYS, at="trade")
    with pytest.raises(MethodError, match="3 stages and 1 concordances"):
        missing_links(CHAIN, WAYS[:1])


def test_what_the_presence_refuses_is_told_as_an_error_of_method():
    with pytest.raises(MethodError, match="no option 'least'"):
        missing_links(CHAIN, WAYS, least=1)
    with pytest.raises(MethodError, match="at_least above 0"):
        missing_links(CHAIN, WAYS, at_least=-1)
    with pytest.raises(MethodError, match="found list and list"):
        missing_links(list(CHAIN.values()), WAYS)
