"""The Human Development Index 1990-2010 from its components: goalposts, a mean within education, a geometric mean.

UNDP publishes three decimals.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.conftest import SHARED
from tests.golden.tables import Row, apart, read
from xinzhi.measure.aggregation import arithmetic, geometric

FILE = SHARED / "golden" / "hdi" / "hdi_1990_2010.csv"

# UNDP, Human Development Report 2016, technical note 1. Income counts up to 75,000 and schooling up to its goalpost.
GOALPOSTS = {
    "life_expectancy": (20.0, 85.0),
    "expected_schooling": (0.0, 18.0),
    "mean_schooling": (0.0, 15.0),
    "gnipc": (np.log(100.0), np.log(75_000.0)),
}


def test_every_published_value(golden: Path) -> None:
    ours, theirs = index()
    assert theirs.size > 3_000
    assert apart(ours, theirs) <= 0.5e-3 + 1e-9


def worst_differences() -> list[Row]:
    return [("hdi/hdi_1990_2010.csv", "index (published to 3 decimals)", apart(*index()))]


def index() -> tuple[np.ndarray, np.ndarray]:
    """Ours and the published, where UNDP publishes one."""
    table = read(FILE)
    raw = table.numbers(*GOALPOSTS)
    raw[:, 3] = np.log(raw[:, 3])
    low, high = np.array(list(GOALPOSTS.values())).T
    life, expected, mean, income = np.minimum((raw - low) / (high - low), 1.0).T
    education = arithmetic(np.stack([expected, mean], axis=-1), np.ones(2))
    ours = geometric(np.stack([life, education, income], axis=-1), np.ones(3))
    theirs = table.numbers("hdi_published")[:, 0]
    return ours[~np.isnan(theirs)], theirs[~np.isnan(theirs)]
