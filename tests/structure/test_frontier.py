"""Follow, run alongside or lead; and what a region gets from few others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from xinzhi.core.errors import MethodError
from xinzhi.structure import fits
from xinzhi.structure.chokepoints import choke_points
from xinzhi.structure.frontier import STAGES, standing
from xinzhi.structure.links import Links

REGIONS = ["east", "north", "south", "west"]


def links(*tables, activities=("chips", "ships"), regions=REGIONS):
    return Links(
        tuple(sparse.csr_array(np.array(table, dtype=float)) for table in tables),
        np.array(regions, dtype=object),
        np.array(activities, dtype=object),
        tuple(range(2000, 2000 + len(tables))),
    )


EARLY = [[1000, 100], [500, 95], [100, 0], [0, 30]]
LATE = [[1000, 100], [950, 40], [100, 10], [0, 60]]


def test_by_hand():
    found = standing(links(EARLY, LATE))
    table = found.table.set_index(["period", "region", "field"])
    assert table.loc[2000, "ratio"].tolist() == pytest.approx([1, 1, 0.5, 0.95, 0.1, 0, 0, 0.3])
    assert table.loc[2000, "stage"].tolist() == [
        *("lead", "lead"),
        *("alongside", "lead"),
        *("follow", "absent"),
        *("absent", "follow"),
    ]
    changes = found.changes.set_index(["region", "field"])
    assert changes.loc[("north", "chips"), ["was", "stage"]].tolist() == ["alongside", "lead"]
    assert changes.loc[("north", "chips"), "change"] == pytest.approx(0.45)
    assert changes.loc[("north", "chips"), "closer"] == 1
    assert changes.loc[("north", "ships"), "closer"] == 0
    assert found.by_region().query("period == 2001 and region == 'north'")[list(STAGES)].to_numpy().tolist() == [
        [0, 1, 0, 1]
    ]
    assert "2001" in repr(found)


def test_noise_puts_cells_at_a_threshold_on_both_sides_of_it():
    table = standing(links(EARLY), draws=2000).table.set_index(["region", "field"])
    shares = table[[f"p_{stage}" for stage in STAGES]]
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert shares.loc[("north", "chips"), "p_alongside"] == pytest.approx(0.5, abs=0.06)
    assert shares.loc[("south", "ships"), "p_absent"] == 1
    assert shares.loc[("south", "chips"), "p_follow"] == 1
    # A count of a thousand is known within about five per cent, one of a hundred within sixteen.
    many, few = table.loc[("north", "chips")], table.loc[("south", "chips")]
    assert many["high"] - many["low"] == pytest.approx(2 * 1.645 * 0.5 * np.sqrt(1 / 500 + 1 / 1000), rel=0.15)
    assert few["high"] - few["low"] == pytest.approx(2 * 1.645 * 0.1 * np.sqrt(1 / 100 + 1 / 1000), rel=0.15)


def test_more_dispersion_is_less_certain():
    wide, narrow = (standing(links(EARLY), dispersion=dispersion).table.eval("high - low") for dispersion in (9, 1))
    ratio = (wide / narrow)[narrow > 0]
    assert ratio.between(2, 4.5).all()  # three times the spread
    assert standing(links(EARLY), draws=0).table[["low", "high", "p_lead"]].isna().all(axis=None)


def test_quality_is_one_amount_over_another_and_the_small_do_not_set_the_frontier():
    citations = links([[100, 10], [60, 10], [3, 0], [0, 0]])
    papers = links([[10, 10], [10, 10], [0.1, 0], [10, 10]])
    found = standing(citations, papers, at_least=1)
    table = found.table.set_index(["region", "field"])
    assert table.loc[("east", "chips"), ["value", "frontier", "ratio"]].tolist() == [10, 10, 1]
    assert table.loc[("north", "chips"), "stage"] == "alongside"
    assert table.loc["south", "ratio"].isna().all()
    assert table.loc["south", "stage"].tolist() == ["", ""]
    assert table.loc[("west", "chips"), "stage"] == "absent"
    loose = standing(citations, papers).table.set_index(["region", "field"])
    assert loose.loc[("south", "chips"), "ratio"] == 1
    with pytest.raises(MethodError, match="ships"):
        standing(citations, papers.only(activities=["chips"]))


def test_the_frontier_of_several():
    table = standing(links(EARLY), top=2).table.set_index(["region", "field"])
    assert table.loc[("east", "chips"), "frontier"] == 750
    assert table.loc[("east", "chips"), "ratio"] == pytest.approx(4 / 3)


def test_a_field_of_nobody_has_no_frontier():
    found = standing(links([[1, 0], [2, 0], [0, 0], [3, 0]]))
    ships = found.table.query("field == 'ships'")
    assert ships["ratio"].isna().all()
    assert "ships" in found.notices[0].en
    assert found.table.query("field == 'chips'")["ratio"].notna().all()


def test_the_same_seed_gives_the_same():
    first, again = (standing(links(EARLY, LATE), seed=3) for _ in range(2))
    assert first.table.equals(again.table)
    assert not first.table.equals(standing(links(EARLY, LATE), seed=4).table)


def test_fields_done_in_portions_come_out_in_order(monkeypatch):
    monkeypatch.setattr(fits, "_AT_ONCE", 1)
    found = standing(links(EARLY, LATE))
    whole = [[year, region, field] for year in (2000, 2001) for region in REGIONS for field in ("chips", "ships")]
    assert found.table[["period", "region", "field"]].to_numpy().tolist() == whole
    assert found.changes[["region", "field"]].to_numpy().tolist() == [one[1:] for one in whole[:8]]
    assert found.table["ratio"].tolist()[:8] == pytest.approx([1, 1, 0.5, 0.95, 0.1, 0, 0, 0.3])


def test_standing_that_cannot_be_is_refused():
    with pytest.raises(MethodError) as caught:
        standing(links(EARLY), alongside=0.9, lead=0.5, top=9, dispersion=0.5)
    assert len(caught.value.faults) == 3


def test_amounts_that_are_no_counts():
    money = links(np.array(EARLY) * 1e18)
    with pytest.raises(MethodError, match="too large to be counts"):
        standing(money)
    plain, small = standing(money, draws=0), standing(links(EARLY), draws=0)
    np.testing.assert_allclose(plain.table["ratio"], small.table["ratio"], rtol=1e-12)
    with pytest.raises(MethodError, match="dispersion"):
        standing(links(EARLY), dispersion=np.inf)


def test_without_draws_nothing_is_said_of_them():
    assert "9 draws in 10" in repr(standing(links(EARLY, LATE)))
    assert "9 draws in 10" not in repr(standing(links(EARLY, LATE), draws=0))


# ---- choke points

SUPPLY = [[80, 5, 0], [15, 5, 50], [5, 5, 0], [0, 85, 0]]


def supplied(*tables):
    return links(*tables, activities=("chips", "ships", "tea"), regions=["abroad", "beyond", "faraway", "home"])


def test_dependence_by_hand():
    found = choke_points(supplied(SUPPLY), "home")
    table = found.table.set_index("activity")
    assert table["dependency"].tolist() == [1, 0.15, 1]
    assert table["hhi"].tolist() == pytest.approx([0.665, 1 / 3, 1])
    assert table["top_source"].tolist() == ["abroad", "abroad", "beyond"]
    assert table["exposure"].tolist() == pytest.approx([0.8, 0.05, 1])
    assert table["choke"].tolist() == [True, False, True]
    assert found.worst["activity"].tolist() == ["tea", "chips"]
    assert "2 of 3 activities" in repr(found)


def test_substitution_is_the_rise_of_the_domestic_share():
    later = [[40, 5, 0], [5, 5, 50], [5, 5, 0], [50, 85, 0]]
    found = choke_points(supplied(SUPPLY, later), "home")
    assert found.table.query("period == 2001")["substitution"].tolist() == pytest.approx([0.5, 0, 0])
    assert found.table.query("period == 2000")["substitution"].tolist() == [0, 0, 0]


def test_thresholds_are_met():
    even = [[50, 0, 0], [0, 0, 0], [0, 0, 0], [50, 0, 0]]
    assert choke_points(supplied(even), "home", dependency=0.5, hhi=1).table["choke"].tolist() == [True, False, False]
    assert not choke_points(supplied(even), "home", dependency=0.51).table["choke"].any()


def test_nothing_supplied_and_nothing_from_elsewhere():
    found = choke_points(supplied([[0, 0, 0], [0, 0, 1], [0, 0, 0], [0, 7, 0]]), "home")
    table = found.table.set_index("activity")
    assert np.isnan(table.loc["chips", "dependency"])
    assert table.loc["ships", ["dependency", "exposure"]].tolist() == [0, 0]
    assert np.isnan(table.loc["ships", "hhi"])
    assert table.loc["ships", "top_source"] == ""
    assert [notice.code for notice in found.notices] == ["no-supply"]


def test_without_a_row_of_its_own_all_is_foreign():
    found = choke_points(supplied(SUPPLY), "nowhere")
    assert found.table["dependency"].eq(1).all()
    assert [notice.code for notice in found.notices] == ["no-domestic-supply"]
    with pytest.raises(MethodError, match="no source besides home"):
        choke_points(supplied(SUPPLY).only(regions=["home"]), "home")
    with pytest.raises(MethodError, match="between 0 and 1"):
        choke_points(supplied(SUPPLY), "home", hhi=40)
