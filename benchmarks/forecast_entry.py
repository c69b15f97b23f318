"""The figures of docs/why/forecasting-entry.md, from the data: `python -m benchmarks.forecast_entry [case …]`.

Reads the folder that XINZHI_SHARED names (links/ in its data/). Minutes, most of them for the photovoltaic cases.

Tried for photovoltaics and left: boosted trees and more features of activity, region and pair (not ahead where neither
the region nor the activity had been seen); what other regions of the country have (+0.002); and, learned from other
fields, ranks, centring and shrinking towards the null (order mended from -0.026 to +0.003, Brier spoilt from 0.0777 to
0.0807). The page has the figures.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import xinzhi as xz
from xinzhi.structure.links import Links, Period

FOLDER = Path(os.environ.get("XINZHI_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "links"


def patents() -> tuple[Links, dict[str, Any]]:
    """Location quotients of countries (NA is Namibia) in IPC subclasses, five-year periods."""
    path = FOLDER / "ipc_subclass_country_rta_1974_1993.csv.gz"
    found = xz.links(path, region="country", activity="ipc_subclass", period="period", value="rta")
    return found, {"values": "quotients"}


def energy(field: str) -> Links:
    """Papers of European regions in clusters of a field of energy science, two periods."""
    frame = pd.read_csv(FOLDER / "nuts2_energy_knowledge_clusters.csv.gz", keep_default_na=False, dtype=str)
    frame = frame[frame["field"] == field].assign(count=lambda rows: rows["count"].astype(float))
    return xz.links(frame, region="nuts2", activity="cluster", period="period", value="count")


def photovoltaics() -> tuple[Links, dict[str, Any]]:
    return energy("PV"), {}


def photovoltaics_from_others() -> tuple[Links, dict[str, Any]]:
    return energy("PV"), {"learn_from": [energy(field) for field in ("GEO", "HYDRO", "OCEAN")]}


def inventors() -> tuple[Links, dict[str, Any]]:
    """Patents of countries in 35 fields of technology, five-year periods."""
    path = FOLDER / "patstat_inventor_country_wipo35_to2010.csv.gz"
    found = xz.links(path, region="country", activity="tech", period="year", value="count", unknown="drop")
    return windows(found), {}


def science() -> tuple[Links, dict[str, Any]]:
    """Papers of countries in 27 areas, five-year periods."""
    path = FOLDER / "scimago_country_area_to2010.csv.gz"
    found = xz.links(path, region="country", activity="area", period="year", value="documents")
    return windows(found), {}


def windows(links: Links, years: int = 5, most: int = 6) -> Links:
    """The last periods of so many years that are whole."""
    found: dict[Period, list[Period]] = {}
    last = max(int(year) for year in links.periods)
    while last - years + 1 >= int(min(links.periods)) and len(found) < most:
        found[f"{last - years + 1}-{last}"] = [year for year in links.periods if last - years < int(year) <= last]
        last -= years
    return links.summed(dict(reversed(found.items())))


CASES = {
    "patents": patents,
    "photovoltaics": photovoltaics,
    "photovoltaics-from-others": photovoltaics_from_others,
    "inventors": inventors,
    "science": science,
}


def main(wanted: list[str]) -> None:
    for name in wanted or CASES:
        links, options = CASES[name]()
        start = time.perf_counter()
        tested = xz.backtest(links, **options)
        print(f"{name}, {len(links.regions)} regions × {len(links.activities)} activities")
        print(tested)
        with pd.option_context("display.width", 160):
            print(tested.reliability(bins=5).round(4).to_string(index=False))
        print(f"{time.perf_counter() - start:.0f} s, mean probability {np.mean(tested.probability):.4f}\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
