"""Published tables of the field: an index of government reports, and the coupling of Wang, Kong, Ren et al. 2021."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SHARED
from tests.golden.tables import Row, apart, read
from xinzhi.measure.aggregation import arithmetic
from xinzhi.measure.coupling import coupling
from xinzhi.measure.weighting import Siblings, entropy, scored

ROOM = SHARED / "golden" / "nqpf"
REPORTS = "truth_gaaiyun_central_reports_2014_2025.csv"
CITIES = "truth_wang_2021_coupling_C.csv"
INDICATORS = ("tech_innovation", "industrial_upgrade", "green_low_carbon", "digital_empowerment", "talent_support")
SIBLINGS = Siblings("nqp", INDICATORS, np.ones(5))

# The table prints four decimals, of the degrees and of the levels they imply.
PRINTED = 0.5e-4


def test_the_index_of_reports(golden: Path) -> None:
    assert apart(*reports()) < 1e-9


@pytest.mark.parametrize(
    ("options", "talent"),
    [
        ({"zeros": "skip"}, 0.4065),
        ({"zeros": "shift", "eps": 0.001}, 0.4053),
        ({"zeros": "shift", "eps": 0.01}, 0.3984),
        ({"zeros": "half-minimum"}, 0.3164),
        ({"zeros": "shift", "eps": 1.0}, 0.2772),
    ],
)
def test_the_zero_rule_moves_a_weight_by_a_third(golden: Path, options: dict, talent: float) -> None:
    assert entropy(minmax(), SIBLINGS, **options)[-1] == pytest.approx(talent, abs=5e-5)


@pytest.mark.parametrize("form", ["standard", "wang-2021"])
def test_the_coupling_of_cities(golden: Path, form: str) -> None:
    """90 of 91 cells; the other, Shijiazhuang 2012, has a standard degree rounded to 1, which implies no levels."""
    ours, theirs = cities(form)
    assert ours.size == 90
    assert (np.abs(ours - theirs) <= rounding(form)).all()


def worst_differences() -> list[Row]:
    rows: list[Row] = [(f"nqpf/{REPORTS}", "index", apart(*reports()))]
    rows.append((f"nqpf/{CITIES}", "C standard (4 decimals of 4-decimal levels)", apart(*cities("standard"))))
    rows.append((f"nqpf/{CITIES}", "C modified (4 decimals of 4-decimal levels)", apart(*cities("wang-2021"))))
    return rows


def reports() -> tuple[np.ndarray, np.ndarray]:
    """Half the smallest positive value enters the weights only."""
    z = minmax()
    ours = arithmetic(scored(z, zeros="half-minimum"), entropy(z, SIBLINGS, zeros="half-minimum"))
    return ours, read(ROOM / REPORTS).numbers("nqp_index_published")[:, 0]


def minmax() -> np.ndarray:
    x = read(ROOM / REPORTS).numbers(*INDICATORS)
    return (x - x.min(0)) / np.ptp(x, axis=0)


def levels() -> np.ndarray:
    return read(ROOM / CITIES).numbers("Umin_implied", "Umax_implied")


def cities(form: str) -> tuple[np.ndarray, np.ndarray]:
    u = levels()
    column = "C_original" if form == "standard" else "C_modified"
    theirs = read(ROOM / CITIES).numbers(column)[:, 0]
    known = ~np.isnan(u).any(-1)
    return coupling(u[known], form=form), theirs[known]


def rounding(form: str) -> np.ndarray:
    """How far the rounding of a cell's levels and of its degree can carry the degree."""
    u = levels()
    u = u[~np.isnan(u).any(-1)]
    corners = [coupling(u + PRINTED * np.array(signs), form=form) for signs in ((1, -1), (-1, 1), (1, 1), (-1, -1))]
    return np.abs(np.array(corners) - coupling(u, form=form)).max(axis=0) + PRINTED
