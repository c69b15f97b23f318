"""Science and technology of countries on real counts: from files to results, from the command line."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.journeys.test_provinces import xinzhi

STUDY = """\
[study]
title = { en = "Science and technology of countries", zh = "各国科学与技术" }
regions = "countries"
years = [1996, 2010]

[[links]]
name = "science"
title = { en = "Science", zh = "科学" }
file = "scimago_country_area_to2010.csv.gz"
columns = { activity = "area", value = "documents" }
names = "areas.csv"
unknown = "drop"
window = 5
least = { region_total = 1000 }

[[links]]
name = "technology"
title = { en = "Technology", zh = "技术" }
file = "patstat_inventor_country_wipo35_to2010.csv.gz"
names = "labels_wipo35.csv"
unknown = "drop"
window = 5
least = { region_total = 50 }

[[concordance]]
file = "concordance_science_wipo35.csv"
source = "science"
target = "technology"
columns = { target = "wipo35" }

[[concordance]]
file = "concordance_wipo35_nace2.csv"
source = "technology"
target = "industry"
columns = { source = "wipo35", target = "nace2" }

[fusion]
chain = ["science", "technology", "industry"]
draws = 199
leads = { lags = [-1, 4], draws = 100 }
"""
FILES = (
    "scimago_country_area_to2010.csv.gz",
    "patstat_inventor_country_wipo35_to2010.csv.gz",
    "concordance_science_wipo35.csv",
    "concordance_wipo35_nace2.csv",
    "labels_wipo35.csv",
)
# The subject areas of Scopus by their ASJC codes 1000, 1100 and so on.
AREAS = [
    "Multidisciplinary",
    "Agricultural and Biological Sciences",
    "Arts and Humanities",
    "Biochemistry, Genetics and Molecular Biology",
    "Business, Management and Accounting",
    "Chemical Engineering",
    "Chemistry",
    "Computer Science",
    "Decision Sciences",
    "Earth and Planetary Sciences",
    "Economics, Econometrics and Finance",
    "Energy",
    "Engineering",
    "Environmental Science",
    "Immunology and Microbiology",
    "Materials Science",
    "Mathematics",
    "Medicine",
    "Neuroscience",
    "Nursing",
    "Pharmacology, Toxicology and Pharmaceutics",
    "Physics and Astronomy",
    "Psychology",
    "Social Sciences",
    "Veterinary",
    "Dentistry",
    "Health Professions",
]


@pytest.fixture(scope="module")
def study(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fusion")
    for name in FILES:
        (folder / name).write_bytes((shared_data / "links" / name).read_bytes())
    areas = "".join(f'{1000 + 100 * at},"{area}"\n' for at, area in enumerate(AREAS))
    (folder / "areas.csv").write_text(f"code,name\n{areas}", encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def answer(study):
    done = xinzhi("run", study, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_from_the_command_line_to_results(study, answer):
    assert [(one["name"], one["activities"]) for one in answer["links"]] == [("science", 27), ("technology", 35)]
    assert all(one["periods"] == ["1996-2000", "2001-2005", "2006-2010"] for one in answer["links"])
    assert {"rows-added-up", "unknown-region", "small-left-out"} & {one["code"] for one in answer["warnings"]}
    folder = study / "runs" / "0001"
    assert (folder / "results.xlsx").is_file()
    assert {path.stem for path in (folder / "structure").glob("*.parquet")} >= {
        *("science-regions", "technology-pairs", "fusion-regions", "fusion-missing", "fusion-led", "fusion-lags")
    }


def test_nothing_is_lost_on_the_way_to_industry(study, answer):
    tables = study / "runs" / "0001" / "structure"
    led, regions = (pd.read_parquet(tables / f"{name}.parquet") for name in ("fusion-led", "technology-regions"))
    carried = led.groupby(["period", "region"])["value"].sum()
    there = regions.set_index(["period", "region"])["total"]
    assert carried.to_numpy() == pytest.approx(there.loc[carried.index].to_numpy(), rel=1e-6)


def test_every_fit_stands_beside_chance(study, answer):
    fits = pd.read_parquet(study / "runs" / "0001" / "structure" / "fusion-regions.parquet")
    assert fits[["fit", "by_chance"]].apply(lambda column: column.between(0, 1)).all().all()
    assert fits["p"].between(0, 1).all()
    assert {"CHN", "DEU", "USA"} <= set(fits["region"])
    for row in answer["fusion"]:
        one = fits[fits["period"] == row["period"]]
        assert one["fit"].mean() == pytest.approx(row["fit"])
        assert (one["fit"] > one["by_chance"]).sum() == row["above"]


def test_the_forecast_of_entry_stands_beside_its_null(answer):
    for one in answer["links"]:
        scores = {row["method"]: row["auc"] for row in one["forecast"]}
        assert len(scores) == 4
        assert all(np.isfinite(score) for score in scores.values())
        assert one["verdict"]["en"]


def test_what_cannot_be_trusted_is_said(answer):
    """Scores of technology fields hardly go with diversity, so their sign and ranks hang on little."""
    told = {(one["code"], one["en"].partition(":")[0]) for one in answer["warnings"]}
    assert ("ranks-unstable", "Technology") in told
    assert ("null-not-beaten", "Technology") in told


def test_it_can_be_repeated(study, answer):
    done = xinzhi("run", study / "runs" / "0001")
    assert done.returncode == 0, done.stdout + done.stderr
