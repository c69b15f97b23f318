"""From tables to the beginning of a world: what is told is kept, what is not is assumed and said to be."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinzhi.core.errors import MethodError
from xinzhi.core.specs import Text
from xinzhi.simulate.tables import COLUMNS, begin_from, start_from
from xinzhi.simulate.world import RUNGS, found_world

JOBS = pd.DataFrame(
    [[50.0, 10.0, 0.0], [20.0, 20.0, 5.0], [0.0, 5.0, 40.0]],
    index=["East", "West", "North"],
    columns=["steel", "cars", "chips"],
)


def refused(*args, **how):
    with pytest.raises(MethodError) as caught:
        begin_from(*args, **how)
    assert all(fault.zh and fault.zh != fault.en for fault in caught.value.faults)
    return {(fault.code, fault.column) for fault in caught.value.faults}


def test_what_is_told_is_kept_and_a_world_can_be_founded_on_it():
    start = start_from(
        JOBS,
        name="three",
        first_year=2019,
        research={"East": 30.0, "West": 10.0, "North": 60.0},
        digital=pd.Series({"North": 0.9, "East": 0.5, "West": 0.1}),
        productivity={"East": 2.0, "West": 4.0, "North": 6.0},
        age={"chips": 8},
        rungs=pd.DataFrame({"leading": [3.0], "pillar": [1.0]}, index=["chips"]),
    )
    assert (start.name, start.first_year, start.regions) == ("three", 2019, ("East", "West", "North"))
    np.testing.assert_array_equal(start.employment, JOBS.to_numpy())
    np.testing.assert_allclose(start.research, [0.3, 0.1, 0.6])
    np.testing.assert_allclose(start.digital, [0.5, 0.1, 0.9])
    np.testing.assert_allclose(start.productivity, [0.5, 1.0, 1.5])
    assert dict(zip(start.industries, start.age, strict=True)) == {"steel": 30, "cars": 30, "chips": 8}
    assert dict(zip(RUNGS, start.rungs[2], strict=True))["leading"] == pytest.approx(0.75)
    np.testing.assert_allclose(start.rungs.sum(axis=1), 1)
    world = found_world(start, firms=600, seed=1)
    assert np.isfinite(world.regions.people).all()


def test_everything_assumed_is_listed_and_nothing_else():
    beginning = begin_from(
        JOBS, venture={"East": 1, "West": 1, "North": 2}, sources={"venture": Text(en="a file", zh="文件")}
    )
    assumed = {origin.field for origin in beginning.assumed}
    assert assumed == {"technology_of", "age", "rungs", *COLUMNS} - {"venture"}
    told = {origin.field: origin.source.en for origin in beginning.origins}
    assert told["venture"] == "a file"
    assert "employment" in told["talent"]
    assert len(beginning.start.sources) == len(beginning.origins)
    assert "venture capital: a file" in beginning.start.sources


def test_shares_that_nobody_gives_go_by_employment_and_levels_are_the_same_everywhere():
    start = start_from(JOBS)
    weight = JOBS.sum(axis=1) / JOBS.to_numpy().sum()
    for name, column in COLUMNS.items():
        values = getattr(start, name)
        if column.kind == "share":
            np.testing.assert_allclose(values, weight)
        else:
            assert set(values) == {column.assumed}


def slow_proximity(table):
    """The lower of two conditional chances that a region specialised in one is specialised in the other."""
    cells = table.to_numpy()
    regions, kinds = cells.shape
    has = [
        [cells[r, j] * cells.sum() >= cells[r].sum() * cells[:, j].sum() and cells[r, j] > 0 for j in range(kinds)]
        for r in range(regions)
    ]
    near = np.eye(kinds)
    for i in range(kinds):
        for j in range(kinds):
            both = sum(has[r][i] and has[r][j] for r in range(regions))
            most = max(sum(has[r][k] for r in range(regions)) for k in (i, j))
            if i != j:
                near[i, j] = both / most if most else 0.0
    return near


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 60), min_size=4, max_size=4), min_size=3, max_size=7))
def test_without_relatedness_industries_are_near_where_regions_have_both(rows):
    table = pd.DataFrame(np.array(rows, dtype=float) + np.eye(len(rows), 4))  # no industry without a region
    table.loc[:, :] += 1.0
    start = start_from(table)
    np.testing.assert_allclose(start.relatedness, slow_proximity(table))
    assert (start.relatedness == start.relatedness.T).all()


def test_technologies_of_their_own_table():
    techs = pd.DataFrame(
        [[9.0, 1.0], [5.0, 5.0], [1.0, 9.0]], index=["East", "West", "North"], columns=["heat", "digital"]
    )
    start = start_from(JOBS, technology=techs, technology_of={"steel": "heat"})
    assert start.technologies == ("heat", "digital")
    assert start.technologies[start.technology_of[0]] == "heat"
    assert start.technologies[start.technology_of[2]] == "digital"  # at home in the North, as chips are
    near = pd.DataFrame([[1.0, 0.4], [0.2, 1.0]], techs.columns, techs.columns)
    given_ = start_from(JOBS, technology=techs, relatedness=near)
    np.testing.assert_allclose(given_.relatedness, [[1, 0.3], [0.3, 1]])


def test_an_industry_and_a_technology_of_one_name_are_one():
    techs = pd.DataFrame(
        [[1.0, 9.0], [5.0, 5.0], [9.0, 1.0]], index=["East", "West", "North"], columns=["steel", "digital"]
    )
    beginning = begin_from(JOBS, technology=techs)
    start = beginning.start
    assert start.technologies[start.technology_of[0]] == "steel"  # though it is at home in the North
    assert start.technologies[start.technology_of[2]] == "steel"  # as chips are
    assert "of the same name: 1 of 3 industries" in {origin.source.en for origin in beginning.origins}


def test_technologies_by_name_alone():
    start = start_from(JOBS, technology_of={"steel": "metal", "cars": "metal", "chips": "silicon"})
    assert start.technologies == ("metal", "silicon")
    np.testing.assert_array_equal(start.technology_of, [0, 0, 1])


def test_tables_that_disagree_are_told_of_all_at_once():
    techs = pd.DataFrame([[1.0], [2.0]], index=["East", "Nowhere"], columns=["heat"])
    beside = JOBS.copy()
    beside.loc["South"] = 0.0
    found = refused(
        beside,
        technology=techs,
        research={"East": 1.0},
        digital={"East": 40.0, "West": 30.0, "North": 20.0, "South": 10.0},
        talent=dict.fromkeys(beside.index, 0.0),
        clean=dict.fromkeys(beside.index, -0.1),
        age={"ships": 3.0, "cars": -1.0},
        reserch={},
    )
    assert found == {
        ("region-without-firms", "employment"),
        ("tables-disagree", "technology"),
        ("tables-disagree", "research"),
        ("not-a-level", "digital"),
        ("table-empty", "talent"),
        ("table-value", "clean"),
        ("unknown-industry", "age"),
        ("table-value", "age"),
        ("unknown-column", "reserch"),
    }


def test_negative_cells_and_names_that_stand_twice_are_named():
    table = pd.DataFrame([[5.0, -1.0], [1.0, np.inf]], index=["East", "East"], columns=["steel", "cars"])
    with pytest.raises(MethodError) as caught:
        begin_from(table)
    said = caught.value.say()
    assert "East × cars is -1" in said
    assert "East × cars is inf" in said
    assert "the region East stands there more than once" in said


def test_what_is_left_out_is_a_notice():
    table = JOBS.assign(ships=0.0)
    beginning = begin_from(table, research={"East": 1.0, "West": 1.0, "North": 1.0, "South": 1.0})
    assert beginning.start.industries == tuple(JOBS.columns)
    assert {fault.code for fault in beginning.notices} == {"industry-nowhere", "tables-disagree"}
    assert {fault.severity for fault in beginning.notices} == {"warning"}


def test_relatedness_beyond_one_or_of_other_technologies_is_refused():
    names = list(JOBS.columns)
    assert ("table-value", "relatedness") in refused(JOBS, relatedness=pd.DataFrame(3.0, names, names))
    other = ["steel", "cars", "boats"]
    assert ("tables-disagree", "relatedness") in refused(JOBS, relatedness=pd.DataFrame(0.3, other, other))
    assert ("not-square", "relatedness") in refused(JOBS, relatedness=pd.DataFrame(0.3, names, other))


def test_no_region_at_all():
    assert ("table-empty", "employment") in refused(pd.DataFrame())
