"""Real records: start-ups, acquisitions, accelerator companies, drone patents and research projects."""

from __future__ import annotations

import pytest

import xinzhi as xz


@pytest.fixture
def micro(shared_data):
    folder = shared_data / "micro"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    return folder


def test_start_ups_by_country_market_and_year(micro):
    roles = {"region": "country_code", "activity": "market", "date": "founded_year", "value": "funding_total_usd"}
    firms = xz.records(micro / "crunchbase_startups_funding_2014.csv.gz", **roles, kind="firms", years=(1900, 2014))
    counts = firms.count(["records", "value"])
    assert counts.to_frame()["records"].sum() + counts.unplaced["records"].sum() == 49_438
    assert firms.deduplicated().counts["exact"] == 1_673
    blanks = {note.column: note.en for note in counts.notes if note.code == "blank-cells"}
    assert blanks["founded_year"].startswith("22.2%")


def test_acquisitions_of_years_that_cannot_be(micro):
    roles = {"region": "acquirer_country_code", "activity": "acquirer_category_list", "date": "acquired_at"}
    deals = xz.records(
        micro / "crunchbase_acquisitions_2015.csv.gz",
        **roles,
        kind="deals",
        split={"activity": "|"},
        years=(1900, 2016),
    )
    counts = deals.count(fractional=True)
    assert counts.to_frame()["records"].sum() + counts.unplaced["records"].sum() == pytest.approx(18_968, rel=1e-9)
    found = deals.check().table.set_index("kind")
    assert found.loc["early-date", "example"].startswith("1201")
    assert found.loc["future-date", "example"].startswith("3201")
    assert (found.loc[["early-date", "future-date"], "count"] == 1).all()


def test_drone_patents_by_subclass_in_fractions(micro):
    roles = {"unit": "lens_id", "region": "jurisdiction", "activity": "cpc_classifications", "date": "application_date"}
    how = {"split": {"activity": ";;"}, "digits": 4, "kind": "patents", "years": (1940, 2018)}
    path = micro / "drone_patents_lens.csv.gz"
    with pytest.raises(xz.DataError, match="They fit dates"):
        xz.records(path, **roles, **how).count().to_frame()
    patents = xz.records(path, **roles, **how, dates="day-first")
    counts = patents.count(["records", "units"], fractional=True)
    frame = counts.to_frame()
    for measure in ("records", "units"):
        assert frame[measure].sum() + counts.unplaced[measure].sum() == pytest.approx(9_071, rel=1e-9)
    assert frame["activity"].str.len().max() == 4
    assert frame.groupby("activity")["records"].sum().idxmax() == "B64C"


def test_accelerator_companies_have_seconds_for_dates(micro):
    firms = xz.records(micro / "yc_companies.csv.gz", unit="id", region="regions", date="launched_at", split="|")
    found = firms.check().table.set_index("kind")
    assert found.loc["unread-date", "count"] == 5_706
    assert found.loc["emoji", "count"].sum() > 0


def test_research_projects_by_institution_and_programme(shared_data):
    path = shared_data / "china" / "nkrdp_projects_2018_2020.csv"
    if not path.is_file():
        pytest.skip(f"no {path}")
    roles = {"unit": "NO", "region": "institution", "activity": "type", "date": "year", "value": "funds"}
    projects = xz.records(path, **roles, kind="projects", years=(2018, 2020))
    made = projects.count(["records", "value"]).to_industries()
    assert made.measures == ("projects", "funds")
    assert made.of("projects").sum() == 2_579
