"""A study of countries on real statistics: most of the world, many gaps, the paper's own structure."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.journeys.test_provinces import xinzhi
from xinzhi.core.labels import ORIGINS

STUDY = """\
[study]
title = { en = "Countries, 2010-2020", zh = "各国 2010—2020" }
regions = "countries"
years = [2010, 2020]

[[source]]
file = "country_panel.parquet"
where = { is_aggregate = false }
names = { KOS = "Kosovo", NLD_CURACAO = "Curaçao", CHANISL = "" }
cite = "World Bank and others"

[index]
structure = "hong-2024"
screen = { least = 0.6 }
impute = ["linear", { method = "latest", within = 3 }, { method = "group-median", by = "continent" }, "median"]
treat = "winsorise"
normalise = { method = "min-max", to = [1, 100] }
aggregate = [{ method = "arithmetic" }, { method = "geometric", level = 3 }]
"""


@pytest.fixture(scope="module")
def study(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("countries")
    source = shared_data / "country" / "country_panel.parquet"
    (folder / source.name).write_bytes(source.read_bytes())
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def answer(study):
    done = xinzhi("run", study, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_from_the_command_line_to_a_report(study, answer):
    folder = study / "runs" / "0001"
    assert (folder / "report.html").is_file()
    assert answer["years"] == [2010, 2020]
    assert answer["regions"] > 150
    assert len(answer["matched"]) >= 10
    assert "screened-out" in {warning["code"] for warning in answer["warnings"]}


def test_nobody_unobserved_is_ranked_and_every_filled_cell_is_counted(study, answer):
    scores = pd.read_parquet(study / "runs" / "0001" / "scores.parquet")
    top = scores[scores["level"] == scores["level"].max()]
    assert top["score"].notna().any()
    assert (top["score"].isna() == top["rank"].isna()).all()
    coverage = pd.read_excel(study / "runs" / "0001" / "results.xlsx", sheet_name="coverage 覆盖", engine="openpyxl")
    counts = coverage.select_dtypes(np.number)
    total = counts.iloc[:, 0]
    assert (counts.iloc[:, 1:-1].sum(axis=1) == total).all()
    assert any(column.startswith("Linear") for column in coverage.columns)
    assert len(ORIGINS) > 7


def test_no_group_of_countries_is_taken_for_a_country(answer):
    assert {"WLD", "EUU", "OED"}.isdisjoint(row["region"] for row in answer["ranking"])
    assert {"CHN", "DEU", "USA"} <= {row["region"] for row in answer["ranking"]}
