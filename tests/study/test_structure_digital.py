"""The digital in the real economy at three levels, against sums written out by hand; and all that may be wrong."""

import json
import math

import openpyxl
import pandas as pd
import pytest

from xinzhi.cli import main
from xinzhi.console import STAGES
from xinzhi.report.structure import structured as page
from xinzhi.study.checking import examine
from xinzhi.study.outputs import make, write
from xinzhi.study.reading import read_study
from xinzhi.study.repeating import repeat
from xinzhi.study.running import StructureRun, run
from xinzhi.study.summary import as_data, in_words

STUDY = """\
[study]
title = { en = "Digital", zh = "数实融合" }
fictional = true

[[source]]
file = "firms.csv"

[[links]]
name = "technology"
file = "technology.csv"
complexity = false
relatedness = false
forecast = false

[[concordance]]
file = "way.csv"
source = "technology"
target = "industry"

[digital]
industries = { links = "technology", into = "industry", of = ["G06*"] }
firms = { indicators = ["online", "software"], normalise = "none" }
innovation = { file = "records.csv", of = ["G06*"] }
"""
# A (region, year): G06F, G06N, C07, F16.
PATENTS = {("A", 2020): (2, 1, 5, 2), ("A", 2021): (4, 4, 5, 2), ("B", 2020): (0, 1, 8, 8), ("B", 2021): (1, 1, 8, 8)}
ONLINE = {("A", 2020): (40, 20), ("A", 2021): (70, 50), ("B", 2020): (30, 10), ("B", 2021): ("", 10)}
RECORDS = [
    *("r1,G06F,A,2020", "r1,C07,A,2020", "r2,C07,A,2020", "r3,F16,A,2020", "r4,G06N,A,2020"),
    *("r5,G06F,A,2021", "r5,C07,A,2021", "r6,F16,A,2021", "r7,C07,B,2020", "r8,F16,B,2021", "r8,G06N,B,2021"),
]
FILES = {
    "technology": ["region,activity,year,value"]
    + [
        f"{region},{code},{year},{many}"
        for (region, year), row in PATENTS.items()
        for code, many in zip(("G06F", "G06N", "C07", "F16"), row, strict=True)
    ],
    "way": [
        *("technology,industry,share", "G06F,software,1", "G06N,software,0.5", "G06N,machines,0.5"),
        *("C07,drugs,1", "F16,machines,1"),
    ],
    "firms": ["region,year,online,software", *(f"{a},{t},{x},{y}" for (a, t), (x, y) in ONLINE.items())],
    "records": ["record,code,region,year", *RECORDS],
}


def digital_study(folder, text=STUDY, **files):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    for name, lines in (FILES | files).items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return digital_study(tmp_path_factory.mktemp("digital"), STUDY.replace(', normalise = "none"', ""))


@pytest.fixture(scope="module")
def made(folder):
    stages = []
    return run(read_study(folder), tell=stages.append), stages


def errors(folder):
    return [fault for fault in examine(folder).faults if fault.severity == "error"]


def cells(table, column):
    return {(row["region"], row["period"]): row[column] for row in table.to_dict("records")}


def test_each_level_is_the_sum_written_out(made):
    result, stages = made
    assert isinstance(result, StructureRun)
    assert stages[-1] == "digital" and set(stages) <= set(STAGES)
    levels = result.structure.digital.levels
    for key, (f, n, c, m) in PATENTS.items():
        assert cells(levels, "score_industries")[key] == pytest.approx((f + n) / (f + n + c + m))
    by = result.structure.digital.industries.set_index(["region", "period", "field"])["share"]
    assert by["A", 2020, "machines"] == pytest.approx(0.5 / 2.5)
    assert by["A", 2020, "drugs"] == 0
    assert by["A", 2020, "software"] == 1
    firms = cells(levels, "score_firms")
    assert firms["A", 2020] == pytest.approx(((40 - 30) / 40 + (20 - 10) / 40) / 2)
    assert firms["A", 2021] == 1
    assert firms["B", 2020] == 0
    assert math.isnan(firms["B", 2021])  # one of its two indicators is not observed
    innovation = cells(levels, "score_innovation")
    assert innovation["A", 2020] == pytest.approx(1 / 3)  # r1, of r1, r2 and r3; r4 is of no other field
    assert innovation["A", 2021] == pytest.approx(1 / 2)
    assert innovation["B", 2020] == 0
    assert innovation["B", 2021] == 1


def test_levels_are_coupled_and_those_lacking_are_named(made):
    found = made[0].structure.digital
    table = found.levels.set_index(["region", "period"])
    names = ("industries", "firms", "innovation")
    scaled = {}
    for name in names:
        score = table[f"score_{name}"]
        scaled[name] = (score - score.min()) / (score.max() - score.min())
    for key, row in table.iterrows():
        u = [scaled[name][key] for name in names]
        if any(map(math.isnan, u)):
            assert math.isnan(row["coordination"]) and pd.isna(row["grade_en"])
            continue
        mean = sum(u) / 3
        c = math.prod(u) ** (1 / 3) / mean if mean else 0.0
        assert row["coupling"] == pytest.approx(c, abs=1e-9)
        assert row["coordination"] == pytest.approx(math.sqrt(c * mean), abs=1e-7)
    assert table["lacking"].to_dict() == {("A", 2020): "", ("A", 2021): "", ("B", 2020): "", ("B", 2021): "firms"}
    codes = {fault.code for fault in found.notices}
    assert {"some-indicators", "level-not-observed"} <= codes


def test_it_is_written_shown_said_and_repeated(made, folder, tmp_path):
    result = made[0]
    make(result, tmp_path / "made")
    kept = pd.read_parquet(tmp_path / "made" / "structure" / "digital-levels.parquet")
    pd.testing.assert_frame_equal(kept, result.structure.digital.levels, check_dtype=False)
    names = openpyxl.load_workbook(tmp_path / "made" / "results.xlsx", read_only=True).sheetnames
    assert [name for name in names if name.startswith("digital")] == [
        *("digital levels 数实融合", "digital industries 产业", "digital innovation 技术创新", "digital fields 领域")
    ]
    words = in_words(result, tmp_path, "en"), in_words(result, tmp_path, "zh")
    assert "With industries, 2021: mean of 2 regions" in words[0]
    assert "与企业融合，2021：1 个地区均值 1.00；居前：A 1.00" in words[1]
    assert as_data(result, tmp_path)["digital"]["levels"][0]["region"] == "A"
    told = page(result.structure)["digital"]
    assert [one["en"] for one in told["chain"]] == ["With industries", "With firms", "With innovation"]
    assert told["coupling"][0]["region"] == "A" and told["coupling"][0]["was"] is not None
    assert told["couplingFirst"] == "2020" and told["couplingScale"] == "min-max"
    assert told["files"] == ["technology.csv", "way.csv", "firms.csv", "records.csv"]
    assert {"records.csv", "technology.csv"} <= set(result.record.inputs)
    assert result.record.settings["structure"]["digital"]["innovation"]["of"] == ["G06*"]
    assert repeat(write(result)).same


def test_industries_are_weighed_by_the_regions_own(tmp_path):
    jobs = ["region,activity,year,value", "A,drugs,2020,3", "A,machines,2020,1", "B,drugs,2020,1"]
    lean = "complexity = false\nrelatedness = false\nforecast = false\n"
    text = STUDY.replace("[[concordance]]", f'[[links]]\nname = "industry"\nfile = "jobs.csv"\n{lean}\n[[concordance]]')
    text = text.split("firms = {")[0]
    found = run(read_study(digital_study(tmp_path, text, jobs=jobs))).structure.digital
    assert cells(found.levels, "score_industries") == pytest.approx({("A", 2020): 0.25 * 0.5 / 2.5, ("B", 2020): 0.0})
    assert found.missing == ("firms", "innovation") and not found.coupled
    assert "level-not-given" in {fault.code for fault in found.notices}
    assert set(found.levels["lacking"]) == {"firms, innovation"}


def test_records_alone_are_a_study_and_the_study_keeps_its_regions_and_years(tmp_path):
    text = STUDY.split("[[source]]")[0] + STUDY[STUDY.index("[digital]") :]
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("industries", "firms")))
    text = text.replace("fictional = true", 'fictional = true\nkeep_regions = ["B"]\nyears = [2021, 2021]')
    found = run(read_study(digital_study(tmp_path, text))).structure.digital
    assert cells(found.levels, "score_innovation") == {("B", 2021): 1.0}


def test_shares_may_be_taken_as_they_are(tmp_path):
    shares = ["region,year,online,software", "A,2020,0.4,0.2", "A,2021,0.7,0.5", "B,2020,0.3,0.1", "B,2021,0.3,0.2"]
    found = run(read_study(digital_study(tmp_path, firms=shares))).structure.digital
    assert cells(found.levels, "score_firms")["A", 2020] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("edit", "code", "column"),
    [
        (('links = "technology", into', 'links = "technolgy", into'), "unknown-links", "digital.industries.links"),
        (('into = "industry"', 'into = "trade"'), "unknown-concordance", "digital.industries.into"),
        (('"software"]', '"softwear"]'), "unknown-indicator", "digital.firms"),
        (
            ('into = "industry", of = ["G06*"]', 'into = "industry", of = ["X*"]'),
            "mark-of-nothing",
            "digital.industries",
        ),
        (('"records.csv", of = ["G06*"]', '"records.csv", of = ["Z"]'), "mark-of-nothing", "digital.innovation"),
        (("[digital]", "[digital]\ncolour = 1"), "unknown-key", "digital.colour"),
        (('["online", "software"]', '["online", "online"]'), "indicator-twice", "digital.firms.indicators"),
        (("fictional", "fictional"), "off-scale", "digital.firms"),  # percentages without a unit
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_key(tmp_path, edit, code, column):
    shown = errors(digital_study(tmp_path, STUDY.replace(*edit)))
    found = {(fault.code, fault.column) for fault in shown}
    assert (code, column) in found
    assert all(fault.row for fault in shown)
    assert all(fault.zh and any(letter >= "\u4e00" for letter in fault.zh) for fault in shown)


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    text = STUDY.replace('links = "technology", into', 'links = "nobody", into').replace('"software"]', '"softwear"]')
    records = ["record,code,region,year", "r1,G06F,A,soon"]
    found = {fault.code for fault in errors(digital_study(tmp_path, text, records=records))}
    assert {"unknown-links", "unknown-indicator", "no-year"} <= found
    broken = text.replace("fictional = true", "fictional = true\nregons = 1")
    found = {fault.code for fault in errors(digital_study(tmp_path / "more", broken, records=records))}
    assert {"unknown-key", "no-year"} <= found


def test_nothing_asked_is_refused(tmp_path):
    assert "no-level" in {fault.code for fault in errors(digital_study(tmp_path, STUDY.split("industries = {")[0]))}


def test_the_command_runs_it_from_files_to_report(tmp_path, capsys):
    folder = digital_study(tmp_path, STUDY.replace(', normalise = "none"', ""))
    for asked in (["check", str(folder)], ["run", str(folder), "--json"]):
        with pytest.raises(SystemExit) as ended:
            main(asked)
        assert not ended.value.code
        said = capsys.readouterr().out
    assert json.loads(said)["digital"]["missing"] == []
    assert next(folder.glob("runs/*/report.html")).stat().st_size > 0
