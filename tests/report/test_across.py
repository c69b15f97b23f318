"""What the page says across stages, and of lags, against the tables of the run."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest

from tests.linked import CRAFTS, FIELDS, REGIONS, linked_study
from xinzhi.report import across, payload
from xinzhi.structure.leads import ALL_FIELDS
from xinzhi.study.reading import read_study
from xinzhi.study.running import run

SPAN = range(1996, 2012)
LEAN = "forecast = false\ncomplexity = false"


def table(labels, seed, late=0):
    """Amounts of more years, with shocks that come ``late`` years after those of the other table."""
    rng = np.random.default_rng(1)
    shocks = rng.normal(0, 0.3, (len(SPAN) + 4, len(REGIONS), 1)).cumsum(axis=0)
    rng = np.random.default_rng(seed)
    level = rng.uniform(1, 4, (len(REGIONS), len(labels)))
    cells = rng.poisson(30 * level * np.exp(shocks[4 - late : 4 - late + len(SPAN)]))
    rows = [
        f"{region},{label},{year},{cells[t, r, a]}"
        for t, year in enumerate(SPAN)
        for r, region in enumerate(REGIONS)
        for a, label in enumerate(labels)
    ]
    return "\n".join(["region,activity,year,value", *rows]) + "\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    leads = "leads = { lags = [-1, 2], cohorts = 2, draws = 40 }\n"
    folder = linked_study(
        tmp_path_factory.mktemp("lagged"),
        science=LEAN,
        craft=LEAN,
        more=leads,
        science_csv=table(FIELDS, 2),
        craft_csv=table(CRAFTS, 3, late=1),
    )
    result = run(read_study(folder))
    return result, json.loads(json.dumps(payload(result), allow_nan=False))["structure"]["fusion"]


def short(packed):
    cells = np.frombuffer(base64.b64decode(packed), dtype="u1").reshape(-1, 3)
    return np.pad(cells, ((0, 0), (1, 0))).view("<f4").ravel()


def test_ties_and_cells_are_those_across_the_stages(made):
    result, told = made
    (step,) = told["across"]
    table = result.structure.fusion.across
    assert (step["from"], step["to"], step["pairsInAll"]) == (0, 1, len(table))
    assert [one["zh"] for one in step["sources"]] == [f"领域{field}" for field in FIELDS]
    cells = short(step["cells"]).reshape(len(FIELDS), len(CRAFTS), 2)
    for row in table.to_dict("records"):
        at = FIELDS.index(row["source"]), CRAFTS.index(row["target"])
        np.testing.assert_allclose(cells[at], [row["relatedness"], row["q"]], rtol=2e-5)
    assert step["beyond"] == table["significant"].sum()
    assert [one["relatedness"] for one in step["ties"]] == sorted(
        (one["relatedness"] for one in step["ties"]), reverse=True
    )
    assert len(step["ties"]) == min(step["beyond"], across.MOST_TIES)


def test_a_region_is_told_what_the_other_stage_supports_and_it_lacks(made):
    result, told = made
    lacking = result.structure.fusion.supported.query("not held")
    assert {(one["from"], one["to"]) for one in told["supported"]} == {(0, 1), (1, 0)}
    for one in told["supported"]:
        names = ("science", "craft")[one["from"]], ("science", "craft")[one["to"]]
        row = lacking[(lacking["region"] == one["region"]) & (lacking["from"] == names[0])]
        row = row[row["field_en"] == one["field"]["en"]].iloc[0]
        assert one["support"] == pytest.approx(row["support"], rel=1e-5)
        assert one["byChance"] == pytest.approx(row["by_chance"], rel=1e-5)
    counts = lacking.groupby(["region", "from"]).size().clip(upper=across.MOST_SUPPORTED)
    assert len(told["supported"]) == counts.sum()
    assert {(one["from"], one["to"]) for one in told["support"]} == {(0, 1), (1, 0)}


def test_curves_and_cohorts_of_lags_are_those_of_the_leads(made):
    result, told = made
    found = result.structure.fusion
    first = told["lagCurve"][0]
    assert first["field"] is None
    curve = found.lag_curve[found.lag_curve["field"] == ALL_FIELDS]
    assert [point[0] for point in first["points"]] == [-1, 0, 1, 2]
    np.testing.assert_allclose(np.array(first["points"]), curve[["lag", "value", "low", "high", "share"]], rtol=2e-5)
    assert max(first["points"], key=lambda point: point[1])[0] == 1, "the shocks come a year later"
    assert len(told["lagCurve"]) == found.lag_curve["field"].nunique()
    cohorts = [one for one in told["lagCohorts"] if one["field"] is None]
    whole = found.lag_cohorts[found.lag_cohorts["field"] == ALL_FIELDS]
    assert [(one["first"], one["last"]) for one in cohorts] == list(zip(whole["first"], whole["last"], strict=True))
    np.testing.assert_allclose([one["lag"] for one in cohorts], whole["lag"], rtol=2e-5)
    assert len(told["lagTrend"]) == 1


def test_large_stages_have_no_cells_and_few_fields(made, monkeypatch):
    result, _ = made
    monkeypatch.setattr(across, "MOST_CELLS", 3)
    monkeypatch.setattr(across, "MOST_FIELDS", 2)
    told = payload(result)["structure"]["fusion"]
    assert told["across"][0]["cells"] is None
    kept = [one["field"] for one in told["lagCurve"]]
    assert len(kept) == 3
    best = result.structure.fusion.lags.query("field != @ALL_FIELDS").sort_values("q", kind="stable")["field"].head(2)
    assert {one["en"] for one in kept if one} == set(best)
