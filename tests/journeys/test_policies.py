"""Policies tried on the provinces: a world begun from real statistics, from files to a report, and its damage told."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from xinzhi.study.outputs import read_record

STUDY = """\
[study]
title = { en = "Three policies for the provinces", zh = "省级三项政策比较" }
regions = "china-provinces"

[[source]]
file = "panel.csv"
unit = "measure"
cite = "China Statistical Yearbook on Science and Technology"

[[links]]
name = "science"
title = { en = "State key laboratories", zh = "国家重点实验室" }
file = "labs.csv"
columns = { region = "province", activity = "area", value = "labs" }
complexity = false
forecast = false

[[industries]]
name = "sectors"
file = "sectors.csv"
region = "province"
measures = { value_added = "value_added" }
names = { file = "names.csv" }
years = [2012, 2019]

[ladder]
size = "value_added"

[simulate]
years = 5
firms = 1_500
draws = 3
facts = false

[simulate.from]
industries = "sectors"
year = 2019
technologies = "science"
technology_of = { va2 = "制造", va3 = "信息" }
research = "rd_expenditure_basic"
talent = "rd_fte_researchers"

[[simulate.policies]]
name = "science"
title = { en = "Science first", zh = "科学优先" }
levers = [ { lever = "basic_research", budget = 0.003, start = 2020 } ]

[[simulate.policies]]
name = "west"
title = { en = "Talent to the west", zh = "人才向西" }
levers = [ { lever = "talent", budget = 0.003, start = 2020, regions = ["陕西", "Sichuan", "500000"] } ]

[[simulate.policies]]
name = "blocked"
title = { en = "Science first, under a blockade", zh = "科学优先，遇封锁" }
levers = [ { lever = "basic_research", budget = 0.001, start = 2020 } ]
shocks = [ { shock = "blockade", size = 0.8, start = 2021 } ]
"""
NAMES = (
    "code,name_en,name_zh\nva1,Primary sector,第一产业\nva2,Secondary sector,第二产业\nva3,Tertiary sector,第三产业\n"
)


def xinzhi(*args):
    return subprocess.run(
        [sys.executable, "-m", "xinzhi", *map(str, args)], capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture(scope="module")
def study(shared_data, tmp_path_factory):
    folder, china = tmp_path_factory.mktemp("policies"), shared_data / "china"
    (folder / "panel.csv").write_bytes((china / "province_sti_panel_2000_2019.csv").read_bytes())
    cities = pd.read_csv(china / "city_gdp_structure_2000_2023.csv")
    sectors = cities.groupby(["province", "time"])[["va1", "va2", "va3"]].sum().reset_index()
    sectors = sectors.rename(columns={"time": "year"}).melt(["province", "year"], var_name="industry")
    sectors.rename(columns={"value": "value_added"}).to_csv(folder / "sectors.csv", index=False)
    labs = pd.read_csv(china / "state_key_labs_2016_2020.csv").dropna(subset=["province", "area"])
    labs.groupby(["province", "area"]).size().rename("labs").to_csv(folder / "labs.csv")
    (folder / "names.csv").write_text(NAMES, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def answer(study):
    done = xinzhi("run", study, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_from_the_command_line_to_a_report(study, answer):
    said = answer["simulation"]
    assert (said["regions"], said["industries"], said["years"]) == (31, 3, [2019, 2023])
    assert [one["name"] for one in said["policies"]] == ["none", "science", "west", "blocked"]
    folder = study / "runs" / "0001"
    assert (folder / "simulation" / "simulate_regions.parquet").is_file()
    assert "人才向西" in (folder / "report.html").read_text(encoding="utf-8")
    assert not (study / ".simulating").exists()


def test_the_world_begins_from_the_yearbooks_and_says_what_it_assumes(study, answer):
    told = {row["what"]: row for row in answer["simulation"]["tables"]["simulate_start"]}
    assert told["research"]["from_en"] == "rd_expenditure_basic, 2019"
    assert told["relatedness"]["from_zh"].endswith("[[links]]“science”")
    assert {name for name, row in told.items() if row["assumed"]} == set(answer["simulation"]["assumed"])
    assert {"venture", "skilled", "openness", "clean", "land_slack"} <= set(answer["simulation"]["assumed"])
    from xinzhi.study.checking import examine

    start = examine(study).begun.start
    by_hand = (
        pd.read_csv(study / "sectors.csv").query("year == 2019").set_index(["province", "industry"])["value_added"]
    )
    at = start.regions.index("440000")
    np.testing.assert_allclose(start.employment[at], [by_hand["广东省", f"va{one}"] for one in (1, 2, 3)])
    panel = pd.read_csv(study / "panel.csv", dtype={"unit": str})
    basic = panel.query("indicator == 'rd_expenditure_basic' and time == 2019 and unit != '000000'").set_index("unit")[
        "value"
    ]
    assert start.research[at] == pytest.approx(basic["440000"] / basic.sum())


def test_policies_spend_the_same_and_where_they_say(study, answer):
    spent = pd.read_parquet(study / "runs" / "0001" / "simulation" / "simulate_spending.parquet")
    planned = spent.groupby("policy")["planned"].sum()
    np.testing.assert_allclose(planned, planned.iloc[0])
    last = pd.read_parquet(study / "runs" / "0001" / "simulation" / "simulate_regions.parquet").query("year == 2023")
    west = last.query("policy == 'west' and series == 'talent'").set_index("region")["gain"]
    meant = ["610000", "510000", "500000"]
    assert west[meant].min() > 0
    assert west.drop(meant).mean() < west[meant].mean()


def test_run_it_again_from_its_record(answer):
    again = xinzhi("run", answer["run"], "--json")
    assert again.returncode == 0, again.stdout + again.stderr
    said = json.loads(again.stdout)
    assert said["different"] == []
    assert any(name.startswith("simulation/") for name in said["equal"])


def test_what_policies_cannot_be_is_told_with_its_line_and_exit_code_2(study, answer, tmp_path):
    for name in ("panel.csv", "labs.csv", "names.csv"):
        (tmp_path / name).write_bytes((study / name).read_bytes())
    sectors = (study / "sectors.csv").read_text(encoding="utf-8").splitlines()
    there = [line for line in sectors if not line.startswith("西藏自治区,2019")]
    (tmp_path / "sectors.csv").write_text("\n".join(there), encoding="utf-8")
    wrong = STUDY.replace("陕西", "山陕").replace("start = 2021", "start = 2031")
    (tmp_path / "study.toml").write_text(wrong.replace("rd_fte_researchers", "rd_fte_researcher"), encoding="utf-8")
    done = xinzhi("check", tmp_path, "--json")
    assert done.returncode == 2
    faults = {(fault["code"], fault.get("column")): fault for fault in json.loads(done.stdout)["faults"]}
    missing = faults["unknown-indicator", "simulate.from.talent"]
    assert "rd_fte_researchers" in missing["en"]
    assert wrong.splitlines()[missing["row"] - 1].startswith("talent")
    assert "540000" in faults["region-without-firms", "simulate.from.industries"]["en"]
    assert "陕西" in faults["unknown-region", "simulate.policies.2.levers.1.regions"]["zh"]
    assert "2019 to 2024" in faults["outside-the-run", "simulate.policies.3.shocks.1.start"]["en"]


def test_the_record_has_every_file(study, answer):
    assert read_record(study / "runs" / "0001")["inputs"].keys() == {
        "study.toml", "panel.csv", "labs.csv", "sectors.csv", "names.csv",
    }  # fmt: skip
