"""COINr's golden folders as this project sees them: a panel, a spec, and tables to compare with.

Every folder holds the input of one data set (``iData.csv``, ``iMeta.csv``) and what COINr 1.1.14 made of it. The base
pipeline of most files: denominate, impute by the column mean, treat by COINr's default, min-max to 1-100, weighted
arithmetic mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tests.golden.tables import Row, apart
from xinzhi.core.labels import Panel, panel
from xinzhi.measure.spec import IndexSpec

TOLERANCE = 1e-9


def table(path: Path) -> pd.DataFrame:
    """A golden file as it stands; an empty cell is missing, "NaN" and "Inf" are numbers."""
    return pd.read_csv(path, keep_default_na=False, na_values=["", "NaN"])


def coin_panel(folder: Path, data: str = "iData.csv") -> Panel:
    """The input of a folder: indicators and denominators as columns, groups along the regions."""
    wide, meta = table(folder / data), table(folder / "iMeta.csv")
    kinds = {kind: list(own["iCode"]) for kind, own in meta.groupby("Type")}
    columns = kinds["Indicator"] + kinds.get("Denominator", [])
    if "Time" not in wide:
        wide["Time"] = 2018
    first = wide.drop_duplicates("uCode").set_index("uCode")
    times = sorted(wide["Time"].unique())
    rows = pd.MultiIndex.from_product([first.index, times])
    cells = wide.set_index(["uCode", "Time"])[columns].reindex(rows).to_numpy(float)
    about = {group: first[group].to_numpy(object) for group in kinds.get("Group", []) if group in first}
    about["name_en"] = about["name_zh"] = first["uName"].to_numpy(object)
    return panel(cells.reshape(len(first), len(times), len(columns)), first.index, times, columns, about_region=about)


def coin_spec(
    folder: Path, *, weights: Mapping[str, float] | None = None, without: Iterable[str] = (), **overrides: Any
) -> IndexSpec:
    """The base pipeline of a folder, ``without`` some indicators.

    ``overrides`` replace steps of the spec, ``weights`` those of single nodes.
    """
    meta = table(folder / "iMeta.csv")
    nodes = meta[meta["Type"].isin(["Indicator", "Aggregate"]) & ~meta["iCode"].isin(list(without))]
    # COINr keeps nodes by level and parent, which decides between equals when it lists strengths and weaknesses.
    nodes = nodes.sort_values(["Level", "Parent"], kind="stable")
    weigh = dict(zip(nodes["iCode"], nodes["Weight"], strict=True)) | dict(weights or {})
    elements, indicators = [], []
    for row in nodes.to_dict("records"):
        known = {key: value for key, value in row.items() if not pd.isna(value)}
        node = {
            "code": row["iCode"],
            "parent": known.get("Parent"),
            "name": row["iName"],
            "weight": float(weigh[row["iCode"]]),
            "direction": int(row["Direction"]),
        }
        if row["Type"] == "Aggregate":
            elements.append(node)
        else:
            marks = {"denominator": "Denominator", "unit": "Unit", "target": "Target"}
            indicators.append(node | {ours: known[theirs] for ours, theirs in marks.items() if theirs in known})
    base: dict[str, Any] = {
        "impute": "mean",
        "treat": "winsorise-then-log",
        "normalise": {"method": "min-max", "to": (1, 100)},
        "weigh": {"method": "given", "relative": True},
        "aggregate": "arithmetic",
    }
    return IndexSpec(elements=elements, indicators=indicators, **(base | overrides))


def apart_by_label(ours: pd.Series, theirs: pd.Series) -> float:
    """``apart`` of two series with the same labels in any order; other labels count as infinitely wrong."""
    if set(ours.index) != set(theirs.index) or len(ours) != len(theirs):
        return float("inf")
    return apart(ours.reindex(theirs.index).to_numpy(float), theirs.to_numpy(float))


def within(rows: Iterable[Row], tolerance: float = TOLERANCE) -> None:
    """Fail with every file that is further off than ``tolerance``."""
    off = [(file, measure, worst) for file, measure, worst in rows if not worst <= tolerance]
    assert not off, "\n".join(f"{file}: {measure} is off by {worst:.3g}" for file, measure, worst in off)
