"""A provincial study on real statistics, from the command line to the report, and the same data with their damage."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from xinzhi.study.checking import examine
from xinzhi.study.outputs import read_record

STUDY = """\
[study]
title = { en = "Provincial new quality productive forces, 2011-2019", zh = "省级新质生产力 2011—2019" }
regions = "china-provinces"
years = [2011, 2019]

[[source]]
file = "panel.csv"
unit = "measure"
cite = "China Statistical Yearbook on Science and Technology"

[index]
title = { en = "New quality productive forces", zh = "新质生产力指数" }
elements = [
  { code = "nqpf", name = { en = "New quality productive forces", zh = "新质生产力" } },
  { code = "technology", parent = "nqpf", name = { en = "New technology", zh = "新科技" } },
  { code = "industry", parent = "nqpf", name = { en = "New industry", zh = "新产业" } },
  { code = "relations", parent = "nqpf", name = { en = "New relations", zh = "新型生产关系" } },
]
indicators = [
  { code = "rd_intensity", parent = "technology", column = "rd_intensity_pct_gdp" },
  { code = "basic", parent = "technology", column = "rd_expenditure_basic", denominator = "rd_expenditure_total" },
  { code = "patents_per_fte", parent = "technology", column = "patent_grants_invention", denominator = "rd_fte_total" },
  { code = "papers_per_fte", parent = "technology", column = "papers_sci", denominator = "rd_fte_total" },
  { code = "hightech_margin", parent = "industry", column = "hightech_profit", denominator = "hightech_revenue" },
  { code = "firm_size", parent = "industry", column = "hightech_revenue", denominator = "hightech_firms" },
  { code = "science_budget", parent = "relations", column = "budget_science_technology", denominator = "budget_total" },
  { code = "market", parent = "relations", column = "techmarket_outflow_value", denominator = "rd_expenditure_total" },
]
impute = ["linear", "linear-constant", { method = "group-median", by = "zone" }]
treat = "winsorise"
weigh = [{ method = "entropy", level = 1 }, { method = "equal" }]
"""


def xinzhi(*args, **env):
    return subprocess.run(
        [sys.executable, "-m", "xinzhi", *map(str, args)], capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="module")
def study(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("provinces")
    (folder / "panel.csv").write_bytes((shared_data / "china" / "province_sti_panel_2000_2019.csv").read_bytes())
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def answer(study):
    done = xinzhi("run", study, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_from_the_command_line_to_a_report(study, answer):
    folder = study / "runs" / "0001"
    assert answer["run"] == str(folder)
    assert {file.name for file in folder.iterdir()} == {
        "dynamics", "record.json", "report.html", "results.xlsx", "scores.csv", "scores.parquet",
    }  # fmt: skip
    assert (study / "study.duckdb").is_file()
    assert (answer["regions"], answer["years"], answer["indicators"]) == (31, [2011, 2019], 8)
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "北京" in report
    assert "Beijing" in report


def test_the_numbers_are_those_of_the_source(study, answer):
    """Beijing leads in 2019, and its ratios are those one computes by hand from the yearbook's figures."""
    assert answer["ranking"][0]["region"] == "110000"
    scores = pd.read_parquet(study / "runs" / "0001" / "scores.parquet")
    assert scores.query("element == 'nqpf'").shape[0] == 31 * 9
    assert scores["score"].between(0, 1).all()
    table = pd.read_csv(study / "panel.csv", dtype={"unit": str}).query("unit == '440000' and time == 2015")
    by_hand = table.set_index("indicator")["value"]
    index = examine(study).index
    cell = index.denominated.sel(region="440000", time=2015)
    assert float(cell.sel(indicator="rd_intensity")) == by_hand["rd_intensity_pct_gdp"]
    patents = by_hand["patent_grants_invention"] / by_hand["rd_fte_total"]
    assert float(cell.sel(indicator="patents_per_fte")) == pytest.approx(patents, rel=1e-12)
    # High-tech statistics skip 2017 in the source; the cells are filled between 2016 and 2018 and say so.
    assert set(np.unique(index.imputed.origin.sel(time=2017, indicator="firm_size"))) == {7}


def test_the_nation_is_not_a_province(answer):
    assert "000000" not in {row["region"] for row in answer["ranking"]}
    assert "totals-left-out" in {warning["code"] for warning in answer["warnings"]}


def test_run_it_again_from_its_record(study, answer):
    again = xinzhi("run", answer["run"], "--json")
    assert again.returncode == 0, again.stdout + again.stderr
    said = json.loads(again.stdout)
    assert said["different"] == []
    assert "report.html" in said["equal"]
    assert list((study / "runs").iterdir()) == [study / "runs" / "0001"]
    assert read_record(study / "runs" / "0001")["inputs"].keys() == {"study.toml", "panel.csv"}


def test_the_paper_s_own_structure_is_matched_as_far_as_the_data_go(study, tmp_path):
    head = STUDY.partition("[index]")[0]
    (tmp_path / "study.toml").write_text(head + '[index]\nstructure = "hong-2024"\n', encoding="utf-8")
    (tmp_path / "panel.csv").write_bytes((study / "panel.csv").read_bytes())
    done = xinzhi("check", tmp_path, "--json")
    said = json.loads(done.stdout)
    assert said["matched"]["rd_intensity"]
    assert said["missing"]


DIRTY = """\
[study]
title = "Dirty"
regions = "china-provinces"

[[source]]
file = "raw.csv.gz"
region = "province"
time = "year"
indicator = "variables"
value = "value"
unit = "units"
"""


def test_the_damaged_file_is_repaired_or_reported_never_silently(shared_data, tmp_path):
    raw = (shared_data / "china" / "province_sti_raw_dirty.csv.gz").read_bytes()
    (tmp_path / "raw.csv.gz").write_bytes(raw)
    (tmp_path / "study.toml").write_text(DIRTY, encoding="utf-8")
    done = xinzhi("check", tmp_path, "--json")
    said = json.loads(done.stdout)
    repaired = {repair["was"]: repair["now"] for repair in said["repairs"]}
    written = pd.read_csv(tmp_path / "raw.csv.gz")["province"].astype(str)
    for was, now in {"两藏": "西藏", "浙汀": "浙江", "北   京": "北京", "内蒙占": "内蒙古"}.items():
        assert was in set(written)
        assert now in repaired[was]
    strange = [fault for fault in said["faults"] if "尔部地区" in fault["zh"]]
    assert strange
    assert done.returncode == 2
    # Every spelling of the file is a name, a listed repair or a listed fault.
    text = json.dumps(said, ensure_ascii=False)
    assert all(name in text for name in set(written) if name in repaired or " " in name)
