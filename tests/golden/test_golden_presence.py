"""Location quotients and presence against ecomplexity 0.5.3, R economiccomplexity 2.0.0 and EconGeo 1.3.

The reference programs are read in place: see ``complexity/CONVENTIONS.md`` beside their results.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import SHARED
from tests.golden.tables import Row
from xinzhi.structure.intensity import intensity
from xinzhi.structure.links import Links
from xinzhi.structure.presence import presence
from xinzhi.structure.records import links

GOLDEN, DATA = SHARED / "golden" / "complexity", SHARED / "data" / "links"

CASES = {
    "sitc4_1999": ("trade_sitc4_avg1998_2000.csv.gz", {}),
    "cbp_naics4_2018": ("cbp2018_cbsa_naics4.csv.gz", {"region": "cbsa", "value": "emp"}),
    "nuts2_pv": (
        "nuts2_energy_knowledge_clusters.csv.gz",
        {"region": "nuts2", "activity": "cluster", "where": {"field": "PV"}},
    ),
}


@lru_cache
def given(case: str) -> Links:
    file, columns = CASES[case]
    found = links(DATA / file, **columns)
    # Both programs leave out what has nothing at all.
    totals = [sum(matrix.sum(axis=axis) for matrix in found.values) for axis in (1, 0)]
    return found.take(np.flatnonzero(totals[0]), np.flatnonzero(totals[1]))


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, index_col=0, dtype={"id": str, "loc": str, "prod": str}, keep_default_na=False)


def _apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float((np.abs(ours - theirs) / np.maximum(theirs, 1)).max())


def _ecomplexity(case: str) -> Iterator[Row]:
    for mode in ("discrete", "continuous", "asym"):
        file = f"ecomplexity/{case}.{mode}.cells.npz"
        held = np.load(GOLDEN / file)
        at = tuple(
            np.searchsorted(labels, held[f"{side}_labels"][held[side]])
            for side, labels in (("loc", given(case).regions.astype(str)), ("prod", given(case).activities.astype(str)))
        )
        ours = intensity(given(case), "rca").at().toarray()[at]
        yield f"complexity/{file}", "rca", _apart(ours, held["rca"])
        ours = presence(given(case)).at().toarray()[at]
        yield f"complexity/{file}", "mcp", float((ours != held["mcp"]).sum())
    for side, column, counts in (("loc", "diversity", "diversity"), ("prod", "ubiquity", "ubiquity")):
        file = f"ecomplexity/{case}.discrete.{side}.csv"
        table = pd.read_csv(GOLDEN / file, dtype={side: str}, keep_default_na=False).sort_values(side)
        ours = getattr(presence(given(case)), counts)[0]
        yield f"complexity/{file}", column, float(np.abs(ours - table[column].to_numpy()).max())


def _balassa(case: str) -> Iterator[Row]:
    file = f"R_economiccomplexity/{case}.balassa_first50rows.csv.gz"
    table = _table(GOLDEN / file)
    ours = presence(given(case), "rca").only(regions=table.index, activities=table.columns).at().toarray()
    yield f"complexity/{file}", "balassa_index", float((ours != table.to_numpy()).sum())


def _econgeo(case: str, period: int | str, prefix: str) -> Iterator[Row]:
    file = f"R_EconGeo/{prefix}.location.quotient_first50rows.csv.gz"
    table = _table(GOLDEN / file)
    here = given(case).only(periods=[period])
    ours = intensity(here, "rca").only(regions=table.index, activities=table.columns).at().toarray()
    yield f"complexity/{file}", "location.quotient", _apart(ours, table.to_numpy())
    for side, name in (("regions", "diversity"), ("activities", "ubiquity")):
        file = f"R_EconGeo/{prefix}.{name}.csv"
        table = _table(GOLDEN / file)
        ours = getattr(presence(here).only(**{side: table.index}), name)[0]
        yield f"complexity/{file}", name, float(np.abs(ours - table["value"].to_numpy()).max())


def worst_differences() -> Iterator[Row]:
    """Every golden file of presence: file, measure, by how much we differ."""
    for case in ("sitc4_1999", "cbp_naics4_2018"):
        yield from _ecomplexity(case)
        yield from _balassa(case)
    yield from _econgeo("sitc4_1999", "all", "sitc4_1999")
    for period in (1, 2):
        yield from _econgeo("nuts2_pv", period, f"nuts2_pv_{period}")


@pytest.mark.usefixtures("golden", "shared_data")
def test_presence_agrees_with_the_reference_programs() -> None:
    off = [row for row in worst_differences() if not row[2] <= 1e-9]
    assert not off
