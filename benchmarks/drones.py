"""Patents that name drones, dated from what was out by 2014 and held against 2015 to 2017.

`python -m benchmarks.drones` reads micro/drone_patents_lens.csv.gz in the data folder under XINZHI_SHARED and prints
the figures of docs/why/dating-an-emergence.md.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from xinzhi.structure.curves import growth_curve
from xinzhi.structure.emergence import emergence

FIRST, KNOWN, LAST = 1975, 2014, 2017


def published(folder: Path) -> pd.DataFrame:
    """The records with the year they were published in.

    The year is taken from the date: the file's own year column is one too early for dates at the turn of a year. Dates
    have two digits for the year, so that what seems to lie in the future is of the century before.
    """
    records = pd.read_csv(folder / "micro" / "drone_patents_lens.csv.gz", dtype=str)
    for kind in ("publication", "application"):
        year = pd.to_datetime(records[f"{kind}_date"], format="%d/%m/%y").dt.year
        records[kind] = year.where(year <= LAST, year - 100)
    flying = records["cpc_classifications"].str.contains("B64[CDU]").mean()
    print(
        f"{len(records)} records; year column differs from the date in "
        f"{int((records['publication'] != records['publication_year'].astype(int)).sum())}; application years read as "
        f"of this century that lie after {LAST}: {int((records['application'] < 1969).sum())}; with a code of "
        f"aeroplanes and helicopters (B64C, B64D, B64U): {flying:.0%}"
    )
    return records


def yearly_counts(records: pd.DataFrame) -> pd.Series:
    counts = records["publication"].value_counts().reindex(range(FIRST, LAST + 1), fill_value=0)
    return counts.rename("drones").astype(float)


def truncated(records: pd.DataFrame) -> pd.DataFrame:
    """Applications by year of application: as they could be counted at the end of 2014, and as they are now."""
    by = {
        f"published by {KNOWN}": records[records["publication"] <= KNOWN],
        f"published by {LAST}": records,
    }
    years = range(2008, KNOWN + 1)
    return pd.DataFrame({name: part["application"].value_counts().reindex(years) for name, part in by.items()})


def codes(records: pd.DataFrame) -> pd.DataFrame:
    listed = records.dropna(subset=["cpc_classifications"])
    listed = listed.assign(code=listed["cpc_classifications"].str.split(";;")).explode("code")
    listed["code"] = listed["code"].str[:4]
    return listed.rename(columns={"lens_id": "record", "publication": "year"})[["record", "year", "code"]]


def shown(title: str, table: object) -> None:
    print(f"\n{title}\n{table}")


def main() -> None:
    folder = Path(os.environ.get("XINZHI_SHARED", "../shared")) / "data"
    if not folder.is_dir():
        sys.exit(f"no {folder}: set XINZHI_SHARED to the folder that holds data/")
    pd.set_option("display.width", 160, "display.max_columns", 30)
    records = published(folder)
    counts = yearly_counts(records)
    shown("published a year", counts.loc[2005:].astype(int).to_dict())
    shown("by year of application", truncated(records))

    for through in range(KNOWN, LAST + 1):
        found = emergence(counts, through=through)
        topic = found.topics.iloc[0]
        print(
            f"\nup to {through}: onset {topic['onset']:.0f} ({topic['onset_low']:.0f} to {topic['onset_high']:.0f}), "
            f"growth before {topic['rate_before']:.1%}, after {topic['rate_after']:.1%}, q {topic['onset_q']:.1g}"
        )
    later = emergence(counts, since=1998, through=KNOWN).topics.iloc[0]
    print(f"a second bend after 1998, up to {KNOWN}: p {later['onset_p']:.2f}")
    known = records[records["publication"] <= KNOWN]
    shown("measures, 2010 to 2014", emergence(counts, codes=codes(known), through=KNOWN).measures.iloc[:, [3, 6, 7, 8]])

    for title, options in (("with a background", {"background": True}), ("from 1998 on", {"since": 1998})):
        curve = growth_curve(counts, through=KNOWN, **options)
        shown(f"curves up to {KNOWN}, {title}", curve)
        columns = ["ceiling_low", "ceiling_high", "rate", "peak_low", "peak_high", "background", "dispersion", "weight"]
        shown("", curve.fits[columns].round(3))
        shown("", curve.against(counts)[["observed", "mean", "median", "low", "high", "inside"]].round(0))

    shown("what earlier forecasts were worth: share of years inside 90 %", track_record(counts))
    shown(f"curves up to {LAST}", growth_curve(counts, background=True))


def track_record(counts: pd.Series) -> pd.DataFrame:
    """Forecasts from the end of each year, one to three years ahead, beside what came."""
    rows = []
    for origin in range(2002, KNOWN + 1):
        ahead = growth_curve(counts.loc[: min(origin + 3, LAST)], through=origin, background=True, draws=1_500)
        found = ahead.against(counts.loc[: min(origin + 3, LAST)])
        rows += [
            (origin, at + 1, bool(row["inside"]), float(np.log(row["observed"] / row["median"])))
            for at, (_, row) in enumerate(found.iterrows())
        ]
    table = pd.DataFrame(rows, columns=["origin", "ahead", "inside", "error"])
    table["era"] = np.where(table["origin"] + table["ahead"] <= KNOWN, f"up to {KNOWN}", f"after {KNOWN}")
    return table.groupby(["era", "ahead"]).agg(inside=("inside", "mean"), n=("inside", "size"), error=("error", "mean"))


if __name__ == "__main__":
    main()
