"""Entropy and CRITIC weights and TOPSIS on the OECD handbook's Technology Achievement Index (also pymcdm 1.4.0).

The reference puts weights on the matrix before it takes distances.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SHARED
from tests.golden.tables import Row, apart, read
from xinzhi.measure.aggregation import topsis
from xinzhi.measure.weighting import Siblings, critic, entropy

ROOM = SHARED / "golden" / "coinr" / "tai"
WEIGHTS = ("entropy_rawshare", "entropy_minmax", "entropy_minmax_shift1e-4", "critic_minmax")
RANKINGS = (
    "equal_vector",
    "equal_minmax",
    "entropy_raw_vector",
    "entropy_raw_minmax",
    "entropy_minmax_vector",
    "entropy_minmax_minmax",
)


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights(golden: Path, name: str) -> None:
    assert weights_gap(name) < 1e-9


@pytest.mark.parametrize("name", RANKINGS)
def test_topsis(golden: Path, name: str) -> None:
    assert topsis_gap(name) < 1e-9


def worst_differences() -> list[Row]:
    rows: list[Row] = [("tai/tai_weights.csv", name, weights_gap(name)) for name in WEIGHTS]
    return rows + [("tai/tai_topsis.csv", name, topsis_gap(name)) for name in RANKINGS]


def weights_gap(name: str) -> float:
    return apart(weights()[name], read(ROOM / "tai_weights.csv").numbers(name)[:, 0])


def topsis_gap(name: str) -> float:
    kind, _, scaled = name.rpartition("_")
    own = {"equal": np.full(8, 1 / 8), "entropy_raw": weights()["entropy_rawshare"]}
    w = own.get(kind, weights()["entropy_minmax"])
    x = scores()
    z = minmax(x) if scaled == "minmax" else x / np.sqrt((x * x).sum(0))
    return apart(topsis(z, w, weights="matrix"), read(ROOM / "tai_topsis.csv").numbers(name)[:, 0])


@lru_cache
def weights() -> dict[str, np.ndarray]:
    x = scores()
    siblings = Siblings("tai", tuple(read(ROOM / "tai_weights.csv")["indicator"]), np.ones(8))
    return {
        "entropy_rawshare": entropy(x, siblings),
        "entropy_minmax": entropy(minmax(x), siblings),
        "entropy_minmax_shift1e-4": entropy(minmax(x), siblings, zeros="shift", eps=1e-4),
        "critic_minmax": critic(minmax(x), siblings),
    }


def scores() -> np.ndarray:
    return read(ROOM / "tai_input.csv").numbers(*read(ROOM / "tai_weights.csv")["indicator"])


def minmax(x: np.ndarray) -> np.ndarray:
    return (x - x.min(0)) / np.ptp(x, axis=0)
