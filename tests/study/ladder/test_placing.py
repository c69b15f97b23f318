"""A study of industries: brought in, placed, written, repeated, told in words; and everything wrong with it at once."""

import json

import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests.climbing import COURSES, REGIONS, STUDY, YEARS, climbing_study, rows
from tests.small import small_study
from xinzhi.console import STAGES
from xinzhi.core.errors import errors_in
from xinzhi.data.industries import industries
from xinzhi.structure.ladder import ladder
from xinzhi.structure.ladder.rungs import RUNGS, LadderSpec
from xinzhi.study.checking import examine
from xinzhi.study.outputs import make, write
from xinzhi.study.reading import read_study
from xinzhi.study.repeating import repeat
from xinzhi.study.running import Run, StructureRun, run
from xinzhi.study.summary import as_data, in_words

MEASURES = 'measures = { employment = "jobs" }\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return climbing_study(tmp_path_factory.mktemp("climbing"))


@pytest.fixture(scope="module")
def made(folder):
    stages = []
    return run(read_study(folder), tell=stages.append), stages


def changed(tmp_path, *pairs, lines=None):
    text = STUDY
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return climbing_study(tmp_path / "study", text, lines)


def errors(folder):
    return [fault for fault in examine(folder).faults if fault.severity == "error"]


def test_a_study_of_industries_alone_runs_and_tells_its_stages(made):
    result, stages = made
    assert isinstance(result, StructureRun)
    assert stages == ["ladder"]
    assert set(stages) <= set(STAGES)
    assert list(result.ladder.blocks) == ["crafts"]
    assert result.structure.ladder is result.ladder
    assert set(result.record.inputs) == {"study.toml", "crafts.csv", "names.csv", "research.csv"}
    assert result.record.settings["structure"]["ladder"]["size"] == "employment"
    assert "ladder (rule): 18 series" in repr(result.ladder)


def test_every_industry_stands_where_its_course_leads(made):
    last = made[0].ladder["crafts"].rungs.query("year == 2017").set_index(["region", "industry"])["rung"]
    for region in REGIONS:
        found = last[region].to_dict()
        assert found["mills"] == "declining"
        assert found["bakeries"] == "mature"
        assert found["robots"] in ("strategic-emerging", "leading")
        assert found["qubits"] == "future"


def test_the_study_places_as_the_library_does(made, folder):
    research = {code: of[2] for code, of in COURSES.items()}
    table = industries(
        folder / "crafts.csv", industry="craft", period="year", region="where", measures={"employment": "jobs"}
    )
    alone = ladder(table, LadderSpec(), technology=research)
    np.testing.assert_array_equal(alone.probability.values, made[0].ladder["crafts"].ladder.probability.values)


def test_tables_name_regions_and_industries_and_add_up(made):
    placed = made[0].ladder["crafts"]
    assert placed.rungs["industry_zh"].iloc[0] == "面包"
    np.testing.assert_allclose(placed.rungs[list(RUNGS)].sum(axis=1), 1)
    pipeline = placed.beside["pipeline"].query("year >= 2005").groupby(["region", "year"])
    np.testing.assert_allclose(pipeline["number"].sum(), len(COURSES))
    np.testing.assert_allclose(pipeline["share"].sum(), 1)
    moves = placed.beside["moves"].groupby("from")["probability"]
    np.testing.assert_allclose(moves.sum()[moves.count() > 0], 1)
    ahead = placed.beside["rung-forecast"].groupby("year")["number"].sum()
    np.testing.assert_allclose(ahead, len(REGIONS) * len(COURSES))
    assert len(placed.reasons) == len(REGIONS) * len(COURSES)
    assert placed.reasons["why_en"].str.contains("technology intensity").all()
    assert placed.reasons["why_zh"].str.contains("技术强度").all()
    assert (placed.reasons["year"] == YEARS[-1]).all()


def test_results_are_written_whole_and_repeat(made, folder):
    place = write(made[0])
    outputs = {file.relative_to(place).as_posix() for file in place.rglob("*") if file.is_file()}
    names = ("ladder-rungs", "ladder-reasons", "ladder-pipeline", "ladder-standing", "ladder-moves", "ladder-outlooks")
    assert {f"structure/{name}.{kind}" for name in names for kind in ("csv", "parquet")} <= outputs
    assert len(pd.read_parquet(place / "structure" / "ladder-rungs.parquet")) == len(made[0].ladder["crafts"].rungs)
    assert repeat(place).same
    book = openpyxl.load_workbook(place / "results.xlsx", read_only=True)
    assert {"ladder 产业梯级", "ladder evidence 梯级依据", "pipeline 产业梯队", "moves 梯级转移"} <= set(
        book.sheetnames
    )
    heads = next(book["ladder 产业梯级"].iter_rows(values_only=True))
    assert "Rung in Chinese\n梯级" in heads
    assert "Chance: pillar industry\n概率：支柱产业" in heads


def firms(craft, year):
    """A number of firms that falls by two thirds for good after 2008, or grows."""
    age = year - YEARS[0]
    return 40 + 30 * age if year <= 2008 else max(340 - 40 * (year - 2008), 90) if craft == "radios" else 40 + 30 * age


def test_life_cycles_and_shakeouts_are_told_where_firms_are_counted(tmp_path):
    lines = ["where,craft,year,jobs,firms"]
    lines += [f"{line},{firms(line.split(',')[1], int(line.split(',')[2]))}" for line in rows()[1:]]
    folder = changed(tmp_path, (MEASURES, 'measures = { employment = "jobs", firms = "firms" }\n'), lines=lines)
    result = run(read_study(folder))
    beside = result.ladder["crafts"].beside
    fell = beside["shakeouts"].query("basis == 'number' and status == 'shakeout'")
    assert set(fell["industry_zh"]) == {"无线电"}
    assert fell["onset"].between(2008, 2010).all()
    assert {4} <= set(beside["life-cycles"].query("industry == 'radios'")["phase"])
    assert not any(notice.code == "no-life-cycle" for notice in result.warnings)


def test_what_cannot_be_told_is_a_notice(made):
    assert [notice.severity for notice in made[0].warnings if notice.code == "no-life-cycle"] == ["warning"]


def test_words_and_data_say_who_stands_where(made, tmp_path):
    result = made[0]
    words = in_words(result, tmp_path, "en")
    assert "Crafts, 2017: 3 regions × 6 industries" in words
    assert "future: Qubits (East" in words
    assert "未来产业：量子比特（East" in in_words(result, tmp_path, "zh")
    data = as_data(result, tmp_path)
    json.dumps(data, allow_nan=False)
    assert data["ladder"][0]["years"] == [int(made[0].ladder["crafts"].rungs["year"].min()), 2017]
    assert len(data["ladder"][0]["rungs"]) == 18


def test_a_study_may_have_an_index_and_industries(tmp_path):
    folder = small_study(tmp_path)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    block = STUDY[STUDY.index("[[industries]]") :]
    other = climbing_study(tmp_path / "other")
    for name in ("crafts", "names", "research"):
        (other / f"{name}.csv").rename(folder / f"{name}.csv")
    (folder / "study.toml").write_text(text + block, encoding="utf-8")
    result = run(read_study(folder))
    assert isinstance(result, Run)
    assert len(result.ladder["crafts"].rungs)
    assert {"scores.parquet", "structure/ladder-rungs.csv"} <= make(result, tmp_path / "made").keys()


def test_without_a_block_of_its_own_the_ladder_has_the_usual_thresholds(tmp_path):
    result = run(read_study(climbing_study(tmp_path / "study", STUDY[: STUDY.index("[ladder]")])))
    assert result.ladder["crafts"].ladder.spec == LadderSpec()


def test_without_a_region_there_is_one(tmp_path):
    lines = ["craft,year,jobs", *(line.removeprefix("East,") for line in rows() if line.startswith("East,"))]
    result = run(read_study(changed(tmp_path, ('region = "where"\n', ""), lines=lines)))
    placed = result.ladder["crafts"]
    assert not placed.regional
    assert set(placed.rungs["region"]) == {"all"}
    assert "Crafts, 2017: 6 industries" in in_words(result, tmp_path, "en")


def test_names_stand_for_codes_and_industries_are_kept_and_dropped_by_either(tmp_path):
    by_name = [line.replace("mills", "纺织").replace("robots", "Robots") for line in rows()]
    folder = changed(tmp_path, ('names = "names.csv"\n', 'names = "names.csv"\ndrop = ["Bakeries"]\n'), lines=by_name)
    assert set(run(read_study(folder)).ladder["crafts"].rungs["industry"]) == COURSES.keys() - {"bakeries"}
    folder = changed(tmp_path / "kept", ('names = "names.csv"\n', 'names = "names.csv"\nkeep = ["机器人", "mills"]\n'))
    assert set(run(read_study(folder)).ladder["crafts"].rungs["industry"]) == {"robots", "mills"}


def test_two_names_of_one_industry_are_refused(tmp_path):
    twice = [*rows(), "East,Mills,2000,5"]
    (fault,) = errors(changed(tmp_path, lines=twice))
    assert fault.code == "same-code"
    assert "Mills = mills" in fault.en


def test_years_of_the_block_and_regions_of_the_study_are_kept(tmp_path):
    folder = changed(
        tmp_path,
        ("fictional = true\n", 'fictional = true\ndrop_regions = ["West"]\n'),
        ('region = "where"\n', 'region = "where"\nyears = [2003, 2012]\n'),
    )
    placed = run(read_study(folder)).ladder["crafts"]
    assert placed.industries.values["time"].values.tolist() == list(range(2003, 2013))
    assert set(placed.rungs["region"]) == {"East", "North"}


def test_regions_are_the_studys_whatever_they_are_called(tmp_path):
    names = dict(zip(REGIONS, ("江苏", "Zhejiang", "上海市"), strict=True))
    lines = [line.replace(line.split(",")[0], names.get(line.split(",")[0], "where"), 1) for line in rows()]
    folder = changed(tmp_path, ("fictional = true", 'regions = "china-provinces"'), lines=lines)
    placed = run(read_study(folder)).ladder["crafts"]
    assert set(placed.rungs["region_zh"]) == {"江苏", "浙江", "上海"}
    (fault,) = errors(changed(tmp_path / "no", ("fictional = true", 'regions = "china-provinces"')))
    assert fault.code == "unknown-region"
    assert fault.file == "crafts.csv"


def test_suppressed_cells_are_bounds_and_flags_say_which(tmp_path):
    lines = [",".join([*line.split(",")[:3], "a"]) if ",qubits,2010," in line else line for line in rows()]
    assert [fault.code for fault in errors(changed(tmp_path, lines=lines))] == ["not-a-number"]
    told = changed(tmp_path / "told", (MEASURES, MEASURES + "flags = { a = [0, 19] }\n"), lines=lines)
    result = run(read_study(told))
    low, high = result.ladder["crafts"].industries.bounds("employment")
    assert ((high - low).sel(time=2010) == 19).sum() == 3
    assert any(fault.code == "bounded-cells" for fault in result.warnings)


def test_linkages_come_from_an_input_output_table(tmp_path):
    codes = list(COURSES)
    flows = ["craft," + ",".join(codes) + ",use,output"]
    flows += [f"{code}," + ",".join(str(1 + (at * k) % 4) for k in range(6)) + ",7,90" for at, code in enumerate(codes)]
    flows += ["value added,1,1,1,1,1,1,,"]
    folder = changed(tmp_path, ("[ladder]\n", '[ladder]\nlinkages = { file = "flows.csv", industry = "craft" }\n'))
    (folder / "flows.csv").write_text("\n".join(flows) + "\n", encoding="utf-8")
    result = run(read_study(folder))
    placed = result.ladder["crafts"]
    assert placed.linkages.backward.sel(industry="radios").item() == pytest.approx(
        placed.rungs.query("industry == 'radios'")["backward"].iloc[0]
    )
    assert "flows.csv" in result.record.inputs
    (folder / "flows.csv").write_text("\n".join(line.replace(",90", ",9") for line in flows) + "\n", encoding="utf-8")
    (fault,) = errors(folder)
    assert (fault.code, fault.file) == ("not-productive", "flows.csv")


def test_several_blocks_climb_unless_one_is_named(tmp_path):
    second = STUDY[STUDY.index("[[industries]]") : STUDY.index("[ladder]")].replace('"crafts"', '"more"')
    folder = changed(tmp_path, ("[ladder]", second + "\n[ladder]"))
    result = run(read_study(folder))
    assert list(result.ladder.blocks) == ["crafts", "more"]
    assert set(result.structure.tables["ladder-rungs"]["block"]) == {"crafts", "more"}
    named = changed(tmp_path / "one", ("[ladder]", second + '\n[ladder]\nindustries = "more"'))
    assert list(run(read_study(named)).ladder.blocks) == ["more"]


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("[ladder]", '[ladder]\nindustries = "craft"', "unknown-industries", "ladder.industries"),
        ("[ladder]", '[ladder]\nsize = "output"', "no-measure", "ladder.size"),
        ("[ladder]", '[ladder]\ngrowth = "output"', "no-measure", "ladder.growth"),
        ("[ladder]", "[ladder]\nsmall = 0.9", "thresholds-crossed", "ladder"),
        ("[ladder]", "[ladder]\nfasst = 0.9", "unknown-key", "ladder.fasst"),
        ("[ladder]", "[ladder]\nwindow = 1", "bad-value", "ladder.window"),
        (MEASURES, "measures = {}\n", "bad-value", "industries.1.measures"),
        (MEASURES, MEASURES + 'units = { output = "t" }\n', "no-such-measure", "industries.1"),
        (MEASURES, MEASURES + 'low = { employment = "jobs" }\n', "half-bounds", "industries.1"),
        (MEASURES, MEASURES + 'keep = ["ships"]\n', "unknown-industry", "industries.1.keep"),
        (MEASURES, MEASURES + "years = [2010, 2000]\n", "years-out-of-order", "industries.1.years"),
        (MEASURES, MEASURES + "flags = { a = [9, 1] }\n", "flag-crossed", "industries.1.flags"),
        ("fictional = true", 'keep_regions = ["South"]', "unknown-region", "study.keep_regions"),
        ("technology = {", 'relatedness = { value = "x", ', "unknown-column", "x"),
    ],
)
def test_what_is_wrong_with_the_study_file_is_said_at_its_line(old, new, code, key, tmp_path):
    folder = (
        changed(tmp_path, (old, new))
        if "relatedness" not in new
        else changed(tmp_path, (old, new), (', value = "share"', ""))
    )
    (fault,) = errors(folder)
    assert (fault.code, fault.column) == (code, key)
    assert fault.row or fault.file != "study.toml"
    assert fault.zh != fault.en


def test_a_ladder_without_industries_and_twice_the_same_name_are_refused(tmp_path):
    alone = climbing_study(tmp_path / "alone", "[study]\ntitle = 'x'\n[ladder]\n")
    assert {fault.code for fault in errors(alone)} == {"ladder-without-industries", "no-data-named"}
    block = STUDY[STUDY.index("[[industries]]") : STUDY.index("[ladder]")]
    (fault,) = errors(changed(tmp_path, ("[ladder]", block + "\n[ladder]")))
    assert fault.code == "industries-name-twice"


def test_everything_wrong_with_file_and_study_is_said_at_once(tmp_path):
    bad = [*rows(), "East,mills,9999,4", "East,robots,2018,-3", "West,robots,2018,many", ",robots,2018,4"]
    folder = changed(tmp_path, ("[ladder]", '[ladder]\nsize = "output"\nfast = 0.0\n'), lines=bad)
    found = errors(folder)
    # The ladder as a whole is faulty, so its size is asked for all the same.
    expected = {"bad-value", "no-measure", "year-out-of-range", "negative-value", "not-a-number", "no-region"}
    assert {fault.code for fault in found} == expected
    of_file = [fault for fault in found if fault.file == "crafts.csv"]
    assert all(fault.row and fault.column for fault in of_file)


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    (fault,) = errors(changed(tmp_path, ('industry = "craft"\nperiod', 'industry = "trade"\nperiod')))
    assert fault.code == "no-column"
    assert "'trade'" in fault.en
    assert "craft" in fault.en


def test_rows_may_be_left_out_and_are_counted(tmp_path):
    bad = [*rows(), "East,mills,9999,4", "East,,2010,4"]
    folder = changed(tmp_path, (MEASURES, MEASURES + 'unknown = "drop"\n'), lines=bad)
    checked = examine(folder)
    assert not errors_in(checked.faults)
    assert checked.runs
    assert {"year-out-of-range", "no-industry"} <= {fault.code for fault in checked.faults}
