"""Entry and exit of solar clusters in European regions, cell by cell as EconGeo has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tests.golden.tables import Row, apart
from tests.golden.test_golden_relatedness import GEO, ROOM, SOLAR, held
from xinzhi.structure.entry import transitions
from xinzhi.structure.links import Links

CHANGES = ("entry", "exit")


@pytest.mark.parametrize("change", CHANGES)
def test_golden(golden: Path, shared_data: Path, change: str) -> None:
    assert difference(change) == 0


def worst_differences() -> list[Row]:
    return [(f"complexity/{GEO}/nuts2_pv.{change}.mat.csv.gz", change, difference(change)) for change in CHANGES]


def difference(change: str) -> float:
    """1 where a link enters (leaves), 0 where one could and does not, missing where it is held (is not) before."""
    theirs = pd.read_csv(ROOM / GEO / f"nuts2_pv.{change}.mat.csv.gz", index_col=0, keep_default_na=False, dtype=str)
    both = [reached(held(name), theirs.index, theirs.columns) for name in SOLAR]
    labels = theirs.index.to_numpy(object), theirs.columns.to_numpy(object)
    (step,) = transitions(Links(tuple(both), *labels, periods=(1, 2)))
    before = step.held.toarray() > 0
    changed = (step.entered if change == "entry" else step.left).toarray()
    if change == "entry":  # EconGeo counts what appears from nowhere too; a transition asks of what existed before
        nowhere = np.ones(before.shape, dtype=bool)
        nowhere[np.ix_(step.rows, step.columns)] = False
        assert not changed[nowhere].any()
        changed[nowhere] = step.later.toarray()[nowhere]
    ours = np.where(before if change == "entry" else ~before, np.nan, changed)
    return apart(ours, theirs.replace("NA", np.nan).to_numpy(float))


def reached(links: Links, regions: pd.Index, activities: pd.Index) -> sparse.csr_array:
    """Who has what over the labels of both periods, among which all of one are."""
    row, column = links.values[0].tocoo().coords
    at, of = regions.get_indexer(links.regions[row]), activities.get_indexer(links.activities[column])
    assert min(at.min(), of.min()) >= 0
    return sparse.csr_array((np.ones(len(at)), (at, of)), shape=(len(regions), len(activities)))
