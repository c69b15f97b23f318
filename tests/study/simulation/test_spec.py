"""What a study file may say under [simulate], and how it is told of what it may not."""

import pytest

from tests.study.simulation.small import ABOUT, ALONE, FROM, POLICIES, SIMULATE, TABLES, WHOLE, small_study
from xinzhi.core.errors import StudyError
from xinzhi.simulate.knobs import Knobs
from xinzhi.study.checking import check, examine
from xinzhi.study.reading import read_study


def refused(folder, said):
    with pytest.raises(StudyError) as caught:
        read_study(small_study(folder, said))
    assert all(fault.zh and fault.zh != fault.en for fault in caught.value.faults)
    return {fault.column: fault for fault in caught.value.faults}


def line(said, text):
    """The number of the line that begins with this text."""
    return next(at for at, one in enumerate(said.splitlines(), start=1) if one.strip().startswith(text))


def test_what_is_not_said_is_as_usual(tmp_path):
    spec = read_study(small_study(tmp_path, ALONE)).spec.simulate
    assert (spec.years, spec.firms, spec.draws, spec.seed) == (3, 1_000, 2, 7)
    assert spec.knobs == Knobs()
    assert spec.source is None
    assert spec.equal_spending
    assert spec.policies[0].policy().levers[0].budget == 0.004


def test_unknown_names_are_told_with_those_that_may_be_meant(tmp_path):
    said = (
        ABOUT
        + SIMULATE
        + """
[simulate.knobs]
tolerence = 0.5
lapse = 30

[[simulate.policies]]
name = "a"
levers = [
  { lever = "guidance_found", budget = 0.001 },
  { lever = "ipr", budget = 0.2 },
]
shocks = [ { shock = "earthquake", size = 0.4 } ]
"""
    )
    found = refused(tmp_path, said)
    assert "Did you mean: tolerance" in found["simulate.knobs.tolerence"].en
    assert found["simulate.knobs.tolerence"].row == line(said, "tolerence")
    assert found["simulate.knobs.lapse"].row == line(said, "lapse")
    lever = found["simulate.policies.1.levers.1.lever"]
    assert "guidance_fund" in lever.en
    assert lever.row == line(said, '{ lever = "guidance_found"')
    assert found["simulate.policies.1.levers.2.budget"].row == line(said, '{ lever = "ipr"')
    assert "blockade" in found["simulate.policies.1.shocks.1.shock"].zh


def test_blocks_within_blocks_have_their_lines(tmp_path):
    said = (
        ABOUT
        + SIMULATE
        + POLICIES
        + """
[[simulate.policies]]
name = "people"
[[simulate.policies.levers]]
lever = "talent"
budget = 0.001
[[simulate.policies.levers]]
lever = "schooling"
budget = 0.9
"""
    )
    (fault,) = refused(tmp_path, said).values()
    assert fault.column == "simulate.policies.2.levers.2.budget"
    assert fault.row == line(said, "budget = 0.9")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (SIMULATE, "nothing-to-simulate"),
        (SIMULATE + POLICIES + POLICIES, "policy-name-twice"),
        (SIMULATE + POLICIES.replace('"capital"', '"none"'), "policy-name-taken"),
        (SIMULATE + 'reference = "labour"\n' + POLICIES, "unknown-reference"),
        (SIMULATE + POLICIES + '[simulate.from]\nresearch = "papers"\n', "no-industries-named"),
        (SIMULATE + POLICIES + '[simulate.from]\nlinks = "a"\nmeasure = "b"\n', "measure-without-industries"),
        (SIMULATE + POLICIES + '[simulate.calibrate]\nknobs = ["laps"]\n', "unknown-knob"),
        (SIMULATE + POLICIES + "[simulate.calibrate]\nknobs = { lapse = [0.3, 0.1] }\n", "range-outside"),
        (SIMULATE + POLICIES + '[simulate.calibrate]\nknobs = ["lapse"]\nsince = 2019\n', "calibrate-without-data"),
        (SIMULATE + POLICIES + FROM + 'rungs = { C1 = "top" }\n', "unknown-rung"),
        (SIMULATE + POLICIES.replace("start = 2021", "start = 2024, stop = 2023"), "empty-period"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, more, code):
    assert code in {fault.code for fault in refused(tmp_path, ABOUT + TABLES + more).values()}


def test_everything_the_world_does_not_have_is_told_at_once(tmp_path):
    said = (
        ABOUT
        + TABLES
        + SIMULATE
        + """
[simulate.from]
industries = "jobs"

[[simulate.policies]]
name = "a"
levers = [
  { lever = "talent", budget = 0.001, start = 2021, regions = ["Est"] },
  { lever = "retrofit", budget = 0.001, stop = 2031, industries = ["Ships", "汽车", "Chips", "C1"] },
]

[[simulate.policies]]
name = "b"
levers = [
  { lever = "ipr", budget = 0.05 },
  { lever = "digital", budget = 0.05 },
  { lever = "talent", budget = 0.05, start = 2022 },
]

[[simulate.policies]]
name = "c"
levers = [ { lever = "openness", budget = 0.02, stop = 2021 } ]
"""
    )
    faults = check(small_study(tmp_path, said))
    found = {(fault.code, fault.column): fault for fault in faults if fault.severity == "error"}
    assert found.keys() == {
        ("unknown-region", "simulate.policies.1.levers.1.regions"),
        ("unknown-industry", "simulate.policies.1.levers.2.industries"),
        ("outside-the-run", "simulate.policies.1.levers.2.stop"),
        ("impossible-budget", "simulate.policies.2.levers"),
        ("impossible-budget", "simulate.policies.1.levers"),
        ("impossible-budget", "simulate.policies.3.levers"),
    }
    assert "East" in found["unknown-region", "simulate.policies.1.levers.1.regions"].en
    assert found["outside-the-run", "simulate.policies.1.levers.2.stop"].row == line(said, '{ lever = "retrofit"')
    assert "2020" in found["outside-the-run", "simulate.policies.1.levers.2.stop"].zh
    assert all(fault.file == "study.toml" and fault.row for fault in found.values())


def test_what_the_study_does_not_have_is_told_with_what_it_has(tmp_path):
    said = ABOUT + TABLES + SIMULATE + FROM.replace('"papers"', '"paper"').replace('"online"', '"papers", per = "x"')
    said = said.replace("[simulate.from]", '[simulate.from]\ntechnologies = "patents"\nmeasure = "jobs"') + POLICIES
    faults = {fault.column: fault for fault in check(small_study(tmp_path, said)) if fault.severity == "error"}
    assert {column: fault.code for column, fault in faults.items()} == {
        "simulate.from.measure": "no-measure",
        "simulate.from.technologies": "unknown-links",
        "simulate.from.research": "unknown-indicator",
        "simulate.from.digital": "unknown-indicator",
    }
    assert "papers" in faults["simulate.from.research"].en
    assert faults["simulate.from.research"].row == line(said, "research")


def test_a_year_without_data(tmp_path):
    said = WHOLE.replace("[simulate.from]", "[simulate.from]\nyear = 2012")
    faults = {fault.column: fault for fault in check(small_study(tmp_path, said)) if fault.severity == "error"}
    assert {"simulate.from.year", "simulate.from.research", "simulate.from.digital"} == faults.keys()
    assert {fault.code for fault in faults.values()} == {"year-without-data"}
    assert "2019, 2020" in faults["simulate.from.year"].en


def test_a_region_without_firms_and_percentages_stand_at_their_keys(tmp_path):
    from tests.study.simulation.small import JOBS

    said = WHOLE.replace(", scale = 0.01", "")
    faults = check(small_study(tmp_path, said, jobs=JOBS + "South,C1,2020,0\n"))
    found = {(fault.code, fault.column) for fault in faults if fault.severity == "error"}
    assert found == {
        ("region-without-firms", "simulate.from.industries"),
        ("tables-disagree", "simulate.from.research"),
        ("tables-disagree", "simulate.from.digital"),
        ("not-a-level", "simulate.from.digital"),
    }


def test_a_fault_elsewhere_does_not_hide_those_of_the_policies(tmp_path):
    said = WHOLE.replace('regions = ""', "").replace("start = 2021", "start = 2051") + "\n[report]\nmap = 3\n"
    codes = {fault.code for fault in check(small_study(tmp_path, said))}
    assert {"bad-value", "outside-the-run"} <= codes


def test_check_says_what_the_worlds_would_begin_from(tmp_path):
    seen = examine(small_study(tmp_path, WHOLE))
    assert seen.runs
    assert seen.begun.start.first_year == 2020
    assert seen.begun.start.regions == ("East", "North", "West")
    assert seen.begun.industries["C1"].zh == "钢铁"
    told = [fault for fault in seen.faults if fault.code == "start-assumed"]
    assert len(told) == 1
    assert "venture capital" in told[0].en
    assert "basic research" not in told[0].en
