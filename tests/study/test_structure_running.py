"""A study of links, from its files to its results: with an index and without, written, repeated, printed, checked."""

import json

import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.linked import CRAFTS, FIELDS, REGIONS, linked_study
from tests.small import small_study
from xinzhi.cli import app
from xinzhi.core.errors import errors_in
from xinzhi.study.checking import examine
from xinzhi.study.outputs import STRUCTURE, make, write
from xinzhi.study.reading import read_study
from xinzhi.study.repeating import repeat
from xinzhi.study.running import Run, StructureRun, run
from xinzhi.study.summary import as_data, in_words


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return linked_study(tmp_path_factory.mktemp("linked"))


@pytest.fixture(scope="module")
def made(folder):
    stages = []
    return run(read_study(folder), tell=stages.append), stages


def test_a_study_without_an_index_runs_and_tells_its_stages(made):
    result, stages = made
    assert isinstance(result, StructureRun)
    assert result.data is None
    assert stages == ["links", "complexity", "relatedness", "forecast", "fusion"]
    assert list(result.structure.spaces) == ["science", "craft"]
    assert result.structure.fusion is not None


def test_the_able_are_the_most_complex(made):
    """By construction a region has the rarer activities the later it comes."""
    result, _ = made
    space = result.structure["science"]
    assert space.links.periods == ("2001-2002", "2003-2004", "2005-2006")
    last = space.regions[space.regions["period"] == space.last].set_index("region")
    assert last["complexity"].rank().corr(pd.Series(np.arange(12.0), index=list(REGIONS))) > 0.8
    assert (last["rank_low"] <= last["rank_high"]).all()
    activities = space.activities[space.activities["period"] == space.last]
    assert activities["activity"].tolist() == list(FIELDS)
    assert activities["name_zh"].tolist() == [f"领域{field}" for field in FIELDS]
    assert activities["complexity"].iloc[-1] > activities["complexity"].iloc[0]


def test_a_study_may_have_an_index_and_links(tmp_path):
    folder = small_study(tmp_path)
    rows = [
        f"{region},{a},{2 + i * j}"
        for i, region in enumerate(("East", "West", "North", "South"))
        for j, a in enumerate("pqr")
    ]
    (folder / "links.csv").write_text("region,activity,value\n" + "\n".join(rows) + "\n", encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    asked = '[[links]]\nname = "work"\nfile = "links.csv"\ncomplexity = { draws = 0, anchor = "a" }\n'
    (folder / "study.toml").write_text(text + asked, encoding="utf-8")
    result = run(read_study(folder))
    assert isinstance(result, Run)
    assert set(result.record.inputs) == {"study.toml", "data.csv", "links.csv"}
    space = result.structure["work"]
    assert space.validity is None
    assert space.complexity.anchor.values.ravel() == pytest.approx(
        result.data.panel.sel(indicator="a").mean("time").sel(region=list(space.links.regions)).values
    )
    outputs = make(result, tmp_path / "made")
    assert {"scores.parquet", "structure/work-regions.csv"} <= outputs.keys()
    words = in_words(result, tmp_path, "en")
    assert "First of 4" in words
    assert "work: 4 regions × 3 activities" in words


def test_what_is_written_is_what_was_found_and_can_be_repeated(folder, made):
    result, _ = made
    place = write(result)
    for name, table in result.structure.tables.items():
        kept = pd.read_parquet(place / STRUCTURE / f"{name}.parquet")
        pd.testing.assert_frame_equal(kept, table, check_dtype=False)
    assert not (folder / "study.duckdb").exists()
    again = repeat(place)
    assert again.same, again.say()
    assert "structure/science-regions.parquet" in again.equal
    file = folder / "craft.csv"
    before = file.read_text(encoding="utf-8")
    file.write_text(before + "R01,C1,2006,1\n", encoding="utf-8")
    try:
        with pytest.raises(Exception, match="changed since the run"):
            repeat(place)
    finally:
        file.write_text(before, encoding="utf-8")


def test_every_table_for_people_is_a_sheet_in_both_languages(made, tmp_path):
    result, _ = made
    make(result, tmp_path / "made")
    book = openpyxl.load_workbook(tmp_path / "made" / "results.xlsx", read_only=True)
    for name in ("science", "craft"):
        assert {
            f"{name} {one}" for one in ("periods 时期", "regions 地区", "activities 活动", "next 进入", "entry 进退")
        } <= {*book.sheetnames}
    assert {"fusion overall 融合", "fusion regions 地区契合", "fusion fields 领域契合", "record 记录"} <= {
        *book.sheetnames
    }
    rows = list(book["craft next 进入"].iter_rows(values_only=True))
    heads = [head.split("\n")[0] for head in rows[0]]
    found = [dict(zip(heads, row, strict=True)) for row in rows[1:]]
    pairs = result.structure["craft"].pairs
    lacking = set(pairs.loc[~pairs["present"], ["region", "activity"]].itertuples(index=False, name=None))
    assert found
    assert {(row["Region code"], row["Activity code"]) for row in found} <= lacking


def test_the_summary_says_who_leads_and_how_far_stages_fit(made, tmp_path):
    result, _ = made
    en, zh = (in_words(result, tmp_path, language) for language in ("en", "zh"))
    assert en.startswith("Linked (fictional)\nScience: 12 regions × 8 activities, 2001-2002 to 2005-2006\n")
    assert "Science → Craft, 2005-2006: fit" in en
    assert "科学：12 个地区 × 8 项活动" in zh
    assert "契合度" in zh
    told = json.loads(json.dumps(as_data(result, tmp_path), allow_nan=False))
    assert [one["name"] for one in told["links"]] == ["science", "craft"]
    assert len(told["links"][0]["ranking"]) == len(REGIONS)
    assert {row["from"] for row in told["fusion"]} == {"science"}


def test_check_reads_the_links_and_says_that_the_study_runs(folder):
    checked = examine(folder)
    assert not errors_in(checked.faults)
    assert checked.runs
    assert checked.structure["craft"].links.activities.tolist() == list(CRAFTS)
    answer = CliRunner().invoke(app, ["check", str(folder), "--lang", "en"])
    assert answer.exit_code == 0
    assert "Read craft.csv: 12 regions × 6 activities, periods: 2001-2002, 2003-2004, 2005-2006" in answer.output
    assert "ready to run" in answer.output


def test_every_fault_is_told_at_once_and_at_its_place(tmp_path):
    folder = linked_study(
        tmp_path,
        science='complexity = { method = "eigenvector", anchor = "gdp" }\ncolumns = { value = "papers" }',
        craft="least = { region_total = 1e9 }",
        concordance_csv="science,craft,share\nF1,C1,0.5\n",
    )
    faults = {fault.code: fault for fault in errors_in(examine(folder).faults)}
    assert faults.keys() == {"unknown-indicator", "unknown-column", "nothing-left", "sum-not-one"}
    assert (faults["unknown-indicator"].file, faults["unknown-indicator"].row) == ("study.toml", 12)
    assert faults["unknown-column"].file == "science.csv"
    assert faults["nothing-left"].column == "links.2"
    assert faults["sum-not-one"].file == "concordance.csv"
    answer = CliRunner().invoke(app, ["run", str(folder)])
    assert answer.exit_code == 2
    assert "Traceback" not in answer.output


ROWS = [(region, craft, year) for region in REGIONS for craft in CRAFTS for year in range(2001, 2007)]
ODD = {
    "all the same": [f"{region},{craft},{year},5" for region, craft, year in ROWS],
    "one activity a region": [f"R{at:02d},C{at % 6 + 1},{year},5" for at in range(1, 13) for year in range(2001, 2007)],
    "one activity": [f"{region},C1,{year},{3 + at}" for at, region in enumerate(REGIONS) for year in range(2001, 2007)],
    "labels of every kind": [
        f"{region},{label},{year},{(at * place + year) % 7}"
        for at, region in enumerate(REGIONS)
        for place, label in enumerate((1, "C2", 3.5, "004", "C5", "甲"))
        for year in range(2001, 2007)
    ],
}


@pytest.mark.parametrize("rows", ODD.values(), ids=ODD)
def test_odd_links_are_told_of_and_spoil_nothing(rows, tmp_path):
    folder = linked_study(
        tmp_path,
        science="forecast = false\ncomplexity = { draws = 0 }",
        craft_csv="\n".join(["region,activity,year,value", *rows]) + "\n",
        edit={'[fusion]\nchain = ["science", "craft"]\ndraws = 99\n': ""},
    )
    result = run(read_study(folder))
    space = result.structure["craft"]
    assert space.notices
    assert not result.structure["science"].regions["complexity"].isna().any()
    json.dumps(as_data(result, tmp_path), allow_nan=False)
    assert make(result, tmp_path / "made")


def test_codes_of_another_classification_are_named(tmp_path):
    rows = [f"{region},X{craft},{year},{at % 5 + 1}" for at, (region, craft, year) in enumerate(ROWS)]
    folder = linked_study(tmp_path, craft_csv="\n".join(["region,activity,year,value", *rows]) + "\n")
    (fault,) = errors_in(examine(folder).faults)
    assert (fault.code, fault.column) == ("wrong-codes", "fusion")
    assert "100.0% of Craft" in fault.en


def test_who_leads_is_a_sheet_of_its_own(tmp_path):
    folder = linked_study(tmp_path, science="forecast = false", craft="standing = true\nforecast = false")
    result = run(read_study(folder))
    make(result, tmp_path / "made")
    book = openpyxl.load_workbook(tmp_path / "made" / "results.xlsx", read_only=True)
    rows = list(book["craft standing 跟并领"].iter_rows(values_only=True))
    stage = [head.split("\n")[0] for head in rows[0]].index("Stage")
    assert {row[stage] for row in rows[1:]} == {"lead 领跑", "run alongside 并跑"}
