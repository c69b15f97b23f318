"""Studies of policies that cannot be: each is told of all that is wrong, at its line, before anything is grown."""

import pytest

from tests.study.simulation.small import DATA, JOBS, NAMES, POLICIES, WHOLE, small_study
from xinzhi.study.checking import check
from xinzhi.study.places import line_of

LEVER = '{ lever = "guidance_fund", budget = 0.004, start = 2021 }'
CALIBRATE = "\n[simulate.calibrate]\nknobs = { lapse = [0.01, 0.1] }\n"


def errors(folder, said, **files):
    faults = [fault for fault in check(small_study(folder, said, **files)) if fault.severity == "error"]
    assert all(fault.row and fault.file == "study.toml" and fault.zh != fault.en for fault in faults)
    return {(fault.code, fault.column) for fault in faults}


def with_lever(lever):
    return WHOLE.replace(LEVER, lever)


def with_digital(said):
    return WHOLE.replace('digital = { column = "online", scale = 0.01 }', said)


@pytest.mark.parametrize(
    ("dates", "code", "key"),
    [
        ("start = 2023", "outside-the-run", "start"),
        ("stop = 2020", "outside-the-run", "stop"),
        ("start = 2021.3, stop = 2021.4", "between-quarters", "stop"),
    ],
)
def test_a_lever_that_acts_in_no_quarter_is_told_by_check(tmp_path, dates, code, key):
    said = with_lever(f'{{ lever = "ipr", budget = 0.004, {dates} }}')
    assert errors(tmp_path, said) == {(code, f"simulate.policies.1.levers.1.{key}")}


def test_a_lever_of_one_quarter_is_one(tmp_path):
    assert not errors(tmp_path, with_lever('{ lever = "ipr", budget = 0.004, start = 2022.75 }'))


def test_policies_of_which_none_does_anything_compare_nothing(tmp_path):
    assert errors(tmp_path, WHOLE.replace(f"levers = [ {LEVER} ]", "")) == {("nothing-to-simulate", "simulate")}


@pytest.mark.parametrize("scale", ["0", "-1", '"biggest"', "nan", "true"])
def test_a_scale_is_refused_once(tmp_path, scale):
    said = with_digital(f'digital = {{ column = "online", scale = {scale} }}')
    assert errors(tmp_path, said) == {("bad-value", "simulate.from.digital.scale")}


def test_nothing_has_no_largest_value(tmp_path):
    said = with_digital('digital = { column = "online", scale = "largest" }')
    data = "\n".join(line if line.startswith("r") else line.rsplit(",", 1)[0] + ",0" for line in DATA.splitlines())
    assert errors(tmp_path, said, data=data) == {("table-empty", "simulate.from.digital")}


@pytest.mark.parametrize("said", ["ages = { C1 = 6, Steel = 7 }", 'rungs = { C1 = "future", "钢铁" = "pillar" }'])
def test_one_industry_by_two_words_is_told(tmp_path, said):
    key = said.split(" ", maxsplit=1)[0]
    assert errors(tmp_path, with_digital(said)) == {("said-twice", f"simulate.from.{key}")}


def test_a_name_of_several_industries_is_none_of_them(tmp_path):
    folder = small_study(tmp_path, with_lever('{ lever = "ipr", budget = 0.001, industries = ["Steel", "C2"] }'))
    (folder / "names.csv").write_text(NAMES.replace("Cars", "Steel"), encoding="utf-8")
    faults = [fault for fault in check(folder) if fault.severity == "error"]
    assert [fault.code for fault in faults] == ["unknown-industry"]
    assert "'Steel'" in faults[0].en


def test_an_industry_that_no_region_has_is_none_of_the_world(tmp_path):
    said = with_lever('{ lever = "ipr", budget = 0.001, industries = ["Steel"] }')
    found = errors(tmp_path, said, jobs=JOBS.replace("East,C1,2020,45", "East,C1,2020,0"))
    assert found == {("unknown-industry", "simulate.policies.1.levers.1.industries")}


@pytest.mark.parametrize("land", ["1e300", "1e12"])
def test_more_land_than_there_can_be(tmp_path, land):
    said = with_digital('land_slack = "online"')
    assert errors(tmp_path, said, data=DATA.replace("12,40", f"12,{land}")) == {
        ("table-value", "simulate.from.land_slack")
    }


@pytest.mark.parametrize(
    ("more", "code", "key"),
    [
        ("draws = 49\n", "too-few-draws", "simulate.calibrate"),
        ("since = 2020\n", "too-few-years", "simulate.calibrate.held_out"),
        ("since = 2030\n", "year-without-data", "simulate.from.year"),
        ("since = 2019\nheld_out = 1\n", "too-few-years", "simulate.calibrate.held_out"),
    ],
)
def test_check_says_what_knobs_cannot_be_inferred_from(tmp_path, more, code, key):
    assert (code, key) in errors(tmp_path, WHOLE + CALIBRATE + more)


def test_many_faults_have_their_lines(tmp_path):
    levers = ",\n".join(f'{{ lever = "lever {at}", budget = 9 }}' for at in range(1_000))
    said = WHOLE.replace(f"[ {LEVER} ]", f"[\n{levers}\n]")
    faults = check(small_study(tmp_path, said))
    rows = [fault.row for fault in faults if fault.code == "unknown-lever"]
    first = said.splitlines().index('{ lever = "lever 0", budget = 9 },') + 1
    assert rows == list(range(first, first + 1_000))


def test_an_array_as_a_whole_stands_where_it_begins():
    assert line_of(["simulate", "policies"], WHOLE) == WHOLE.splitlines().index(POLICIES.splitlines()[1]) + 1
