"""Start-ups, patents and firms from real files to a report, and a table recognised at the command line."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.journeys.test_provinces import xinzhi
from tests.recording import recording_study

LABELS = Path(__file__).parents[1] / "labels" / "future-industries.csv"
STARTUPS = """\
[study]
title = "Start-ups"
regions = "countries"

[[records]]
name = "startups"
file = "crunchbase_startups_funding_2014.csv.gz"
kind = "firms"
region = "country_code"
activity = "market"
first = "founded_year"
unique = true

[[industries]]
name = "markets"
records = "startups"
measures = { firms = "stock", entries = "entries" }
unknown = "drop"
years = [1995, 2013]

[ladder]
size = "firms"
"""
DRONES = """\
[study]
title = "Drones"

[[records]]
name = "patents"
file = "drone_patents_lens.csv.gz"
kind = "patents"
unit = "lens_id"
region = "jurisdiction"
date = "publication_date"
dates = "day-first"
fractional = true

[records.recognise]
taxonomy = "future-industries"
text = "title"
codes = { cpc = "cpc_classifications", ipc = "ipcr_classifications" }
labels = { file = "labels.csv", where = { file = "drone_patents_lens.csv.gz" } }

[[industries]]
name = "fields"
records = "patents"
measures = { patents = "records" }

[ladder]
size = "patents"
"""


def study(folder, text, *files):
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


def answered(folder):
    done = xinzhi("run", folder, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_startups_climb_the_ladder(shared_data, tmp_path):
    source = shared_data / "micro" / "crunchbase_startups_funding_2014.csv.gz"
    if not source.is_file():
        pytest.skip(f"no {source}")
    answer = answered(study(tmp_path, STARTUPS, source))
    (block,) = answer["records"]
    found = {(row["code"], row["column"]): row["count"] for row in block["found"]}
    assert block["rows"] == 49_438
    assert found["removed-exact", None] == 1_673
    assert found["blank-cells", "founded_year"] == 10_956
    assert len(answer["ladder"][0]["rungs"]) > 1_000
    assert (tmp_path / "runs" / "0001" / "report.html").is_file()


def test_drone_patents_are_recognised_placed_and_repeated(shared_data, tmp_path):
    source = shared_data / "micro" / "drone_patents_lens.csv.gz"
    if not source.is_file():
        pytest.skip(f"no {source}")
    folder = study(tmp_path, DRONES, source)
    (folder / "labels.csv").write_bytes(LABELS.read_bytes())
    answer = answered(folder)
    (block,) = answer["records"]
    classes = {row["class"]: row["records"] for row in block["classes"]}
    assert classes["artificial-intelligence"] > 500
    micro = next(row for row in block["evaluation"] if row["class"] == "(micro)")
    assert micro["labelled"] > 0
    counts = pd.read_parquet(folder / "runs" / "0001" / "structure" / "records-counts-patents.parquet")
    assert counts["records"].sum() == pytest.approx(block["rows"], rel=1e-9)  # by fractions nothing is lost
    again = xinzhi("run", folder / "runs" / "0001", "--lang", "en")
    assert "agree bit for bit" in again.stdout, again.stdout + again.stderr


def test_a_table_is_recognised_at_the_command_line(tmp_path):
    recording_study(tmp_path)
    command = ["recognise", tmp_path / "inventions.csv", "--taxonomy", "future-industries", "--text", "title"]
    out = tmp_path / "found.csv"
    done = xinzhi(
        *command,
        "--codes",
        "cpc=cpc",
        "--ids",
        "number",
        "--labels",
        tmp_path / "labels.csv",
        "--out",
        out,
        "--lang",
        "en",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Quantum information" in done.stdout
    assert "precision" in done.stdout
    rows = pd.read_csv(out)
    assert rows.loc[rows["id"] == "P9001", "class"].tolist() == ["next-generation-it", "quantum-information"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--text", "tilte"], "title"),
        (["--text", "title", "--labels", "labels.csv"], "--ids"),
        (["--text", "title", "--codes", "cpc"], "scheme=column"),
        (["--text", "title", "--out", "found.doc"], ".parquet"),
    ],
)
def test_what_is_wrong_with_a_table_is_told(tmp_path, options, said):
    folder = recording_study(tmp_path)
    done = xinzhi("recognise", folder / "inventions.csv", "--taxonomy", "future-industries", *options, "--lang", "en")
    assert done.returncode == 2
    assert said in done.stdout + done.stderr
