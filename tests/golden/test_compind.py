"""Compind 3.4 on the OECD's Better Life Index 2017: benefit of the doubt, Mazziotta-Pareto, Wroclaw, mean-min.

Compind's own AMPI is rounded to three decimals, and its file gives the mean less the penalty, as ours does. Its
mean-min recycles the z-scores down the rows, so the file holds the published formula instead. Its taxonomic measure is
the distance itself; ours is one less that, since higher is better here.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SHARED
from tests.golden.tables import Row, apart, read
from xinzhi.measure import aggregation as agg

ROOM = SHARED / "golden" / "coinr" / "compind"
ROUNDED = 0.5e-3 + 1e-9

CASES = (
    "bod_raw",
    "bod_minmax",
    "mpi_minus",
    "mpi_plus",
    "ampi_3dp",
    "penalty",
    "mean_min_formula",
    "wroclaw",
)
FILES = {
    "bod_raw": "bli2017_bod.csv",
    "bod_minmax": "bli2017_bod.csv",
    "mpi_minus": "bli2017_mpi.csv",
    "mpi_plus": "bli2017_mpi.csv",
    "ampi_3dp": "bli2017_ampi.csv",
    "penalty": "bli2017_ampi.csv",
    "mean_min_formula": "bli2017_meanmin_formula.csv",
    "wroclaw": "bli2017_wroclaw.csv",
}


@pytest.mark.parametrize("case", CASES)
def test_compind(golden: Path, case: str) -> None:
    assert gap(case) < (ROUNDED if case == "ampi_3dp" else 1e-9)


def test_the_scale_of_the_adjusted_index(golden: Path) -> None:
    # The scale is inside the method; with one indicator at a time there is no penalty and the scale shows.
    assert scale_gap() < 1e-9


def worst_differences() -> list[Row]:
    rows: list[Row] = [(f"compind/{FILES[case]}", case, gap(case)) for case in CASES]
    return [*rows, ("compind/bli2017_ampi_norm.csv", "scale of the adjusted index", scale_gap())]


def gap(case: str) -> float:
    theirs = read(ROOM / FILES[case]).numbers(case)[:, 0]
    return apart(ours()[case], theirs)


def scale_gap() -> float:
    table = read(ROOM / "bli2017_ampi_norm.csv")
    theirs = table.numbers(*[name for name in table.columns if name != "unit"])
    columns = [agg.adjusted_mazziotta_pareto(column[:, None], np.ones(1)) for column in scores().T]
    return apart(np.stack(columns, axis=-1), theirs)


@lru_cache
def ours() -> dict[str, np.ndarray]:
    x = scores()
    w = np.ones(x.shape[1])
    z = 100 + 10 * (x - x.mean(0)) / x.std(0, ddof=1)
    adjusted, mean = agg.adjusted_mazziotta_pareto(x, w), agg.adjusted_mazziotta_pareto(x, w, penalty="up")
    return {
        "bod_raw": agg.benefit_of_the_doubt(x, w),
        "bod_minmax": agg.benefit_of_the_doubt((x - x.min(0)) / np.ptp(x, axis=0), w),
        "mpi_minus": agg.mazziotta_pareto(z, w),
        "mpi_plus": agg.mazziotta_pareto(z, w, penalty="up"),
        "ampi_3dp": adjusted,
        "penalty": (mean - adjusted) / 2,
        "mean_min_formula": agg.mean_min(z, w, alpha=0.5, beta=1.0),
        "wroclaw": 1 - agg.wroclaw(z, w),
    }


@lru_cache
def scores() -> np.ndarray:
    table = read(ROOM / "bli2017_input.csv")
    return table.numbers(*[name for name in table.columns if name != "country"])
