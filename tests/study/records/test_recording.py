"""A study of records: checked, recognised, counted, handed on, written, repeated; and all that is wrong with it."""

import json

import openpyxl
import pandas as pd
import pytest

from tests.recording import STUDY, TITLES, recording_study, rows
from xinzhi.console import STAGES
from xinzhi.study.checking import examine
from xinzhi.study.outputs import write
from xinzhi.study.reading import read_study
from xinzhi.study.repeating import repeat
from xinzhi.study.running import StructureRun, run
from xinzhi.study.summary import as_data, in_words


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return recording_study(tmp_path_factory.mktemp("recording"))


@pytest.fixture(scope="module")
def made(folder):
    stages = []
    return run(read_study(folder), tell=stages.append), stages


def changed(tmp_path, *pairs, **parts):
    text = STUDY
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return recording_study(tmp_path / "study", text, **parts)


def told(folder, severity="error"):
    return [fault for fault in examine(folder).faults if fault.severity == severity]


FIRMS = """\
[study]
title = "Firms"

[[records]]
name = "firms"
file = "firms.csv"
kind = "firms"
activity = "craft"
first = "founded"
last = "closed"
value = "jobs"
years = [1950, 2020]

[[industries]]
name = "crafts"
records = "firms"
measures = { firms = "stock", entries = "entries", exits = "exits" }

[ladder]
size = "firms"
"""


def firms(folder, lines, text=FIRMS):
    (folder / "firms.csv").write_text("\n".join(["craft,founded,closed,jobs", *lines]) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


def test_records_feed_links_topics_and_industries(made):
    result, stages = made
    assert isinstance(result, StructureRun)
    assert stages[0] == "records"
    assert set(stages) <= set(STAGES)
    block = result.structure.records["patents"]
    lines = rows()[1:]
    quantum = sum(TITLES[0] in line for line in lines) + 1  # and one by its code
    neural = sum(TITLES[1] in line for line in lines)
    counts = block.counts.to_frame().groupby("activity")["records"].sum()
    assert counts.to_dict() == {"artificial-intelligence": neural, "quantum-information": quantum}
    space = result.structure["fields"]
    assert [list(space.links.activities), list(space.links.regions)] == [
        ["artificial-intelligence", "quantum-information"],
        ["East", "North", "West"],
    ]
    assert sum(matrix.sum() for matrix in space.links.values) == quantum + neural
    assert space.spec.file == "inventions.csv"
    topics = result.structure.emergence.counts
    assert topics["count"].sum() == quantum + neural
    assert set(topics["name_zh"]) == {"人工智能", "量子信息"}
    placed = result.ladder["industries"]
    assert placed.industries.values.sum() == quantum + neural
    assert placed.industries.name("quantum-information").zh == "量子信息"
    assert placed.regional


def test_the_whole_of_topics_counts_every_record_once(made):
    block = made[0].structure.records["patents"]
    assert block.by_year().sum() == len(rows()) - 2  # without the heads and the row that stands there twice


def test_what_was_found_is_counted_by_reason(made):
    report = made[0].structure.records["patents"].report.set_index("code")
    assert report.loc["records", "count"] == len(rows()) - 1
    assert report.loc["removed-exact", "count"] == 1
    chairs = sum(TITLES[2] in line for line in rows()) - 1
    assert report.loc["no-class", "count"] == chairs
    assert report.loc["no-class", "said_zh"]
    assert report.loc["blank-cells", "column"] == "cpc"


def test_results_are_written_whole_and_repeat(made, folder):
    place = write(made[0])
    names = ("report", "classes", "evaluation", "counts-patents", "removed-patents")
    for name in names:
        assert (place / "structure" / f"records-{name}.parquet").is_file()
    classes = pd.read_parquet(place / "structure" / "records-classes.parquet")
    assert classes.loc[classes["id"] == "P9001", "because"].iloc[0] == "cpc G06N10/20"
    book = openpyxl.load_workbook(place / "results.xlsx", read_only=True)
    assert {"records 记录", "recognised 识别结果", "recognised why 识别依据", "recognition 识别评估"} <= set(
        book.sheetnames
    )
    assert set(made[0].record.inputs) == {"study.toml", "inventions.csv", "labels.csv"}
    assert repeat(place).same


def test_words_and_data_tell_of_records(made, tmp_path):
    words = in_words(made[0], tmp_path, "en")
    assert f"Inventions: {len(rows()) - 1} patents, 1 repeat another" in words
    assert "held against 3 labels: precision 1.00" in words
    assert "条重复；按地区 × 活动 × 年份计入" in in_words(made[0], tmp_path, "zh")
    data = as_data(made[0], tmp_path)
    json.dumps(data, allow_nan=False)
    assert data["records"][0]["rows"] == len(rows()) - 1


def test_a_study_of_records_alone_runs(tmp_path):
    text = STUDY[: STUDY.index("[[links]]")].replace('date = "filed"\n', "").replace('region = "town"\n', "")
    result = run(read_study(recording_study(tmp_path, text)))
    assert result.structure.records["patents"].sides == ("activity",)
    assert set(result.structure.tables) >= {"records-report", "records-counts-patents"}


def test_stocks_are_entries_less_exits(tmp_path):
    lines = ["mill,2000,2003,1", "mill,2001,,2", "forge,2002,2004,3", "forge,1999,9999-12-31,4"]
    result = run(read_study(firms(tmp_path, lines)))
    table = result.ladder["crafts"].industries
    stock, come, gone = (table.of(name).values for name in ("firms", "entries", "exits"))
    assert (stock == (come - gone).cumsum(axis=1)).all()
    assert stock[:, -1].tolist() == [1, 1]


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    (fault,) = told(changed(tmp_path, ('region = "town"', 'region = "twon"')))
    assert fault.file == "inventions.csv"
    assert "'twon'" in fault.en
    assert "town" in fault.en
    assert "“twon”" in fault.zh


def test_an_order_of_dates_nobody_declared_stops_and_says_which_fits(tmp_path):
    lines = [line.replace("2010-01-01", "26/10/10") for line in rows()]
    (fault,) = told(changed(tmp_path, lines=lines))
    assert fault.code == "date-order"
    assert "day-first" in fault.en
    assert (fault.file, fault.column) == ("inventions.csv", "filed")


def test_dates_of_other_ages_negative_jobs_and_blanks_are_notices_with_counts(tmp_path):
    lines = ["mill,1201-02-03,,1", "mill,3201-02-03,,1", "forge,2002,2000,-3", "forge,1999,,4", *[",2001,,5"] * 4]
    report = examine(firms(tmp_path, lines)).structure.records["firms"].report.set_index(["code", "column"])
    for key in (
        ("early-date", "founded"),
        ("future-date", "founded"),
        ("exit-before-entry", "closed"),
        ("negative-value", "jobs"),
    ):
        assert report.loc[key, "count"] == 1
    assert report.loc[("blank-cells", "craft"), "share"] == 0.5
    assert "50.0% of 8 records" in report.loc[("blank-cells", "craft"), "said_en"]
    assert not told(tmp_path)


def test_an_unknown_taxonomy_is_told_at_its_line_with_near_names(tmp_path):
    (fault,) = told(changed(tmp_path, ('taxonomy = "future-industries"', 'taxonomy = "future-industry"')))[:1]
    assert "future-industries" in fault.en
    assert fault.row == STUDY.splitlines().index('taxonomy = "future-industries"') + 1


def test_labels_of_unknown_classes_are_of_their_file(tmp_path):
    (fault,) = told(changed(tmp_path, labels=("id,classes", "P1,quantum", "P2,none")))
    assert (fault.code, fault.file) == ("unknown-class", "labels.csv")


def test_several_faults_are_told_together(tmp_path):
    faults = told(
        changed(
            tmp_path,
            ('text = "title"', 'text = "tilte"'),
            ('name = "topics"\nrecords = "patents"', 'name = "topics"\nrecords = "patent"'),
        )
    )
    assert {fault.code for fault in faults} == {"unknown-column", "unknown-records"}
    unknown = next(fault for fault in faults if fault.code == "unknown-records")
    assert "patents" in unknown.en
    assert unknown.file == "study.toml"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('unit = "number"\n', 'unit = "number"\nactivity = "cpc"\n', "activity-twice"),
        ('date = "filed"\n', 'date = "filed"\nfirst = "filed"\n', "two-kinds-of-dates"),
        ('labels = "labels.csv"', 'learn = "words"', "learn-without-labels"),
        ('kind = "patents"', 'kind = "patent"', "bad-value"),
        ('text = "title"\ncodes = { cpc = "cpc" }\n', "", "nothing-to-read"),
        ('records = "patents"\nwindow', 'records = "patents"\nfile = "x.csv"\nwindow', "from-where"),
        ('records = "patents"\nwhole', 'records = "patents"\nfile = "x.csv"\nwhole', "counts-from-where"),
        ('measures = { patents = "records" }', 'measures = { patents = "exits" }', "no-role"),
    ],
)
def test_what_does_not_go_together_is_refused_at_its_line(tmp_path, old, new, code):
    faults = told(changed(tmp_path, (old, new)))
    assert code in {fault.code for fault in faults}
    assert all(fault.row for fault in faults if fault.code == code)
    assert all(fault.zh for fault in faults)
