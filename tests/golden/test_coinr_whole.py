"""Whole indices against COINr 1.1.14, from raw data to the top: its two examples, a panel, and replicates of choices.

``build_example_coin`` imputes by the mean of the EurAsia group and screens only then, when nothing is missing, so that
its screening leaves nobody out. ``build_example_purse`` denominates and imputes nothing, screens at 0.9, treats each
year alone and normalises over all years; its raw data are those of ``panel_asem`` before gaps were cut into them, and
are put together again from there and from the screened stage. A replicate of ``sa_design.csv``
picks the most points to winsorise, the normalisation, one of 40 noisy weight sets, and the mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.conftest import SHARED
from tests.golden.coinr import apart_by_label, coin_panel, coin_spec, table, within
from tests.golden.tables import Row, apart
from xinzhi.core.labels import Panel
from xinzhi.measure import analysis
from xinzhi.measure.composite import measure
from xinzhi.measure.result import Index

ROOM = SHARED / "golden" / "coinr"
BASE = 25  # rows of the designs A and B each
EXAMPLE = {
    "impute": {"method": "group-mean", "by": "EurAsia_group"},
    "normalise": {"method": "min-max", "to": (0, 100)},
}
PURSE = {
    "denominate": False,
    "impute": (),
    "treat": {"method": "winsorise-then-log", "scope": "year"},
}


@lru_cache(maxsize=8)
def input_of(folder: Path, data: str = "iData.csv") -> Panel:
    return coin_panel(folder, data)


def _cells(file: Path, cells: xr.DataArray) -> float:
    """A stage against its file, which leaves out screened rows; scaled by the size of each column."""
    theirs = table(file)
    if "Time" not in theirs:
        theirs["Time"] = cells["time"].values[0]
    theirs = theirs.set_index(["uCode", "Time"])
    columns = [code for code in cells[cells.dims[2]].values if code in theirs]
    ours = cells.sel({cells.dims[2]: columns}).to_numpy().reshape(-1, len(columns))
    rows = pd.MultiIndex.from_product([cells["region"].values, cells["time"].values])
    frame = pd.DataFrame(ours, rows, columns)
    size = np.maximum(1, theirs[columns].abs().max()).to_numpy()
    absent = frame.loc[frame.index.difference(theirs.index)]
    if absent.notna().any(axis=None):
        return float("inf")
    return apart(frame.loc[theirs.index].to_numpy() / size, theirs[columns].to_numpy(float) / size)


def _stages(room: str, index: Index, files: dict[str, str]) -> Iterator[Row]:
    for file, stage in files.items():
        yield f"{room}/{file}", stage, _cells(ROOM / room / file, getattr(index, stage))


def base() -> Iterator[Row]:
    for room in ("asem", "syn_a"):
        index = measure(input_of(ROOM / room), coin_spec(ROOM / room))
        files = {
            "denominated.csv": "denominated",
            "imputed.csv": "imputed",
            "treat_default.csv": "treated",
            "normalised.csv": "normalised",
            "agg_amean.csv": "scores",
        }
        yield from _stages(room, index, files)
        gaps = measure(input_of(ROOM / room), coin_spec(ROOM / room, impute=()))
        files = {"normalised_with_NA.csv": "normalised", "agg_amean_with_NA.csv": "scores"}
        yield from _stages(room, gaps, files)


def example_coin() -> Iterator[Row]:
    folder = ROOM / "example_coin"
    index = measure(input_of(ROOM / "asem"), coin_spec(ROOM / "asem", **EXAMPLE))
    files = {
        "raw.csv": "raw",
        "denominated.csv": "denominated",
        "imputed.csv": "imputed",
        "screened.csv": "imputed",
        "treated.csv": "treated",
        "normalised.csv": "normalised",
        "aggregated.csv": "scores",
    }
    yield from _stages("example_coin", index, files)
    for file, show in (("results_scores.csv", "scores"), ("results_ranks.csv", "ranks")):
        theirs = table(folder / file).set_index("uCode").rename(columns={"Rank": "rank"})
        ours = analysis.results(index, show=show, indicators=False).set_index("region")
        yield f"example_coin/{file}", show, apart(ours[theirs.columns].to_numpy(float), theirs.to_numpy(float))
    for level in (1, 2, 3):
        means = analysis.leave_one_out(index, level).to_frame().set_index("left_out")["mean_rank_change"]
        theirs = table(folder / f"loo_L{level}.csv").query("element != 'Nominal'").set_index("element")["MeanAbsDiff"]
        yield f"example_coin/loo_L{level}.csv", "mean rank change", apart_by_label(means, theirs)


def example_purse() -> Iterator[Row]:
    room = ROOM / "panel_asem"
    screened = {"screen": {"by": "missing", "least": 0.9}, "normalise": {"method": "min-max", "to": (0, 100)}}
    panel = input_of(room, "iData_p.csv")
    whole = table(ROOM / "example_purse" / "screened.csv").set_index(["uCode", "Time"])
    rows = pd.MultiIndex.from_product([panel["region"].values, panel["time"].values])
    cells = whole.reindex(index=rows, columns=panel["indicator"].values).to_numpy(float).reshape(panel.shape)
    index = measure(panel.fillna(panel.copy(data=cells)).drop_vars("origin"), coin_spec(room, **(PURSE | screened)))
    # Nothing is imputed, so that stage holds what passed the screening.
    files = {
        "screened.csv": "imputed",
        "treated.csv": "treated",
        "normalised.csv": "normalised",
        "aggregated.csv": "scores",
    }
    yield from _stages("example_purse", index, files)


def panels() -> Iterator[Row]:
    room = ROOM / "panel_asem"
    imputed = {"impute": ("latest", "median")}
    for mean, method in (("amean", "arithmetic"), ("gmean", "geometric")):
        for file, scope in (("global", "pooled"), ("peryear", "year")):
            normalise = {"method": "min-max", "to": (1, 100), "scope": scope}
            spec = coin_spec(room, **(PURSE | imputed | {"normalise": normalise, "aggregate": method}))
            index = measure(input_of(room, "iData_p.csv"), spec)
            yield from _stages("panel_asem", index, {f"purse_agg_{mean}_{file}.csv": "scores"})


def trends() -> Iterator[Row]:
    room = ROOM / "panel_asem"
    index = measure(input_of(room, "iData_p.csv"), coin_spec(room, **PURSE))
    ours = analysis.trends(index.raw).set_index(["region", "indicator"])
    for file, column in (("CAGR", "growth"), ("prc_change", "percent_change")):
        theirs = table(room / f"trends_{file}.csv").set_index(["uCode", "iCode"])
        own = ours.loc[theirs.index]
        columns = {file: column, "Avail": "share_observed", "t_first": "first", "t_latest": "last"}
        for golden, mine in columns.items():
            size = np.maximum(1, theirs[golden].abs().where(np.isfinite(theirs[golden]), 1))
            differs = apart_by_label(own[mine].astype(float) / size, theirs[golden] / size)
            yield f"panel_asem/trends_{file}.csv", golden, differs


def replicates() -> Iterator[Row]:
    for name in ("asem", "syn_a"):
        folder, data = ROOM / name, input_of(ROOM / name)
        design, noisy = table(folder / "sa_design.csv"), table(folder / "sa_noisy_weights.csv")
        sets = {rep: dict(zip(own["iCode"], own["Weight"], strict=True)) for rep, own in noisy.groupby("rep")}
        scores, ranks = table(folder / "sa_scores.csv"), table(folder / "sa_ranks.csv")
        regions = list(scores["uCode"])
        nominal = measure(data, coin_spec(folder))
        drawn = {"Nominal": nominal.top.sel(region=regions).values[:, 0]}
        for row in design.itertuples(index=False):
            spec = coin_spec(
                folder,
                weights=sets[row[7]],
                treat={"method": "winsorise-then-log", "limit": int(row[5])},
                normalise=(
                    {"method": "min-max", "to": (1, 100)} if row[6] == 1 else {"method": "z-score", "mean": 50, "sd": 5}
                ),
                aggregate="arithmetic" if row[8] == 1 else "geometric",
            )
            drawn[f"r_{row[0]}"] = measure(data, spec).top.sel(region=regions).values[:, 0]
        ours = pd.DataFrame(drawn, index=regions)[[*scores.columns[1:]]]
        yield f"{name}/sa_scores.csv", "150 replicates", apart(ours.to_numpy(), scores.iloc[:, 1:].to_numpy(float))
        placed = ours.rank(ascending=False, method="min")
        theirs = ranks.set_index("uCode").loc[regions, list(ours.columns)]
        yield f"{name}/sa_ranks.csv", "150 replicates", apart(placed.to_numpy(), theirs.to_numpy(float))
        moved = placed.sub(placed["Nominal"], axis=0).abs().mean().drop("Nominal")
        yield f"{name}/sa_y.csv", "mean rank change", apart(moved.to_numpy(), table(folder / "sa_y.csv")["y"])
        theirs = table(folder / "sa_rankstats.csv").set_index("uCode").loc[regions]
        independent = placed.iloc[:, 1 : 2 * BASE + 1]
        spread = {"Mean": independent.mean(axis=1), "Median": independent.median(axis=1)}
        spread |= {f"Q{percent}": independent.quantile(percent / 100, axis=1) for percent in (5, 95)}
        ours = pd.DataFrame({"Nominal": placed["Nominal"]} | spread)
        yield (
            f"{name}/sa_rankstats.csv",
            "ranks of A and B",
            apart(ours.to_numpy(), theirs[ours.columns].to_numpy(float)),
        )
        theirs = table(folder / "sa_indices_exact.csv")[["Si", "STi"]].to_numpy(float)
        yield f"{name}/sa_indices_exact.csv", "Sobol indices", apart(_sobol(moved.to_numpy()), theirs)


def _sobol(y: np.ndarray) -> np.ndarray:
    """First-order and total effects of a design A, B, AB_1, AB_2, …; (factor, 2). Saltelli 2010 and Jansen 1999."""
    a, b, *mixed = y.reshape(-1, BASE)
    variance = np.concatenate([a, b]).var(ddof=1)
    first = [(b * (ab - a)).mean() / variance for ab in mixed]
    total = [((a - ab) ** 2).mean() / 2 / variance for ab in mixed]
    return np.array([first, total]).T


CHECKS = (base, example_coin, example_purse, panels, trends, replicates)


def worst_differences() -> Iterator[Row]:
    """Every file that these tests read, with what is compared and how far off it is."""
    for check in CHECKS:
        yield from check()


@pytest.mark.usefixtures("golden")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_agrees_with_coinr(check):
    within(check())
