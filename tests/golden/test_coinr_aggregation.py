"""Aggregation against COINr 1.1.14, bottom-up over the tree, on complete data and on data with gaps.

Two differences are on purpose. ``agg_genmean_p2_with_NA`` is compared where COINr gives a number: it gives missing as
soon as one child is missing, while all our means drop what is missing (so does every other mean of COINr). Where
COINr raises an error for a vector, ours must refuse it.

The manifest does not say which methods ``mixed_levels`` and which limits ``threshvec`` were made with; those below are
the only ones among the usual that give the files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SHARED
from tests.golden.tables import Row, apart, number, read, scale
from xinzhi.core.specs import FaultyValue
from xinzhi.measure import aggregation as agg
from xinzhi.measure.outranking import outrank_matrix

ROOM = SHARED / "golden" / "coinr"
SETS = ("asem", "syn_a")
CLOSE = 1e-9

Way = Callable[[np.ndarray, np.ndarray], np.ndarray]
COPELAND = partial(agg.copeland, pairs="one-sided")
SQUARES = partial(agg.generalised_mean, p=2)
# File ending: the data, the weights, the method of every level (the last one serves for all above), least share.
FILES: dict[str, tuple[str, str, tuple[Way, ...], tuple[float, ...]]] = {
    "amean": ("normalised", "original", (agg.arithmetic,), ()),
    "gmean": ("normalised", "original", (agg.geometric,), ()),
    "hmean": ("normalised", "original", (agg.harmonic,), ()),
    "genmean_p2": ("normalised", "original", (SQUARES,), ()),
    "genmean_p-1": ("normalised", "original", (partial(agg.generalised_mean, p=-1),), ()),
    "genmean_p0.5": ("normalised", "original", (partial(agg.generalised_mean, p=0.5),), ()),
    "amean_walt": ("normalised", "alt", (agg.arithmetic,), ()),
    "gmean_walt": ("normalised", "alt", (agg.geometric,), ()),
    "hmean_walt": ("normalised", "alt", (agg.harmonic,), ()),
    "amean_wpca": ("normalised", "pca", (agg.arithmetic,), ()),
    "copeland": ("normalised", "original", (COPELAND,), ()),
    "copeland_walt": ("normalised", "alt", (COPELAND,), ()),
    "mixed_levels": ("normalised", "original", (agg.geometric, agg.arithmetic), ()),
    "amean_with_NA": ("normalised_with_NA", "original", (agg.arithmetic,), ()),
    "gmean_with_NA": ("normalised_with_NA", "original", (agg.geometric,), ()),
    "hmean_with_NA": ("normalised_with_NA", "original", (agg.harmonic,), ()),
    "genmean_p2_with_NA": ("normalised_with_NA", "original", (SQUARES,), ()),
    "copeland_with_NA": ("normalised_with_NA", "original", (COPELAND,), ()),
    "amean_NA_thresh0.9": ("normalised_with_NA", "original", (agg.arithmetic,), (0.9,)),
    "amean_NA_threshvec": ("normalised_with_NA", "original", (agg.arithmetic,), (0.85, 0.2)),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("data", SETS)
def test_the_tree_aggregates_as_in_coinr(golden: Path, data: str, name: str) -> None:
    theirs = columns(f"{data}/agg_{name}.csv")
    ours = climb(data, name)
    for parent, scores in theirs.items():
        if name == "genmean_p2_with_NA":
            known = ~np.isnan(scores)
            assert known.any(), f"nothing left to compare of {parent}"
            if all_known_below(data, parent):
                assert known.all()
            assert apart(ours[parent][known], scores[known]) < CLOSE, parent
        else:
            assert apart(ours[parent], scores) < CLOSE, parent


def test_the_generalised_mean_of_data_with_gaps_has_values_where_coinr_has_none(golden: Path) -> None:
    gaps = sum(
        int(np.isnan(scores).sum()) for d in SETS for scores in columns(f"{d}/agg_genmean_p2_with_NA.csv").values()
    )
    assert gaps > 0
    for data in SETS:
        ours, means = climb(data, "genmean_p2_with_NA"), climb(data, "amean_with_NA")
        assert all((np.isnan(ours[parent]) == np.isnan(means[parent])).all() for parent in means)


@pytest.mark.parametrize("name", ["equal", "alt"])
@pytest.mark.parametrize("data", SETS)
def test_outranking_matrix(golden: Path, data: str, name: str) -> None:
    assert outranking_gap(data, name) < CLOSE


def test_vector_functions(golden: Path) -> None:
    gaps = [*vector_gaps()]
    assert len(gaps) > 100
    assert all(gap < CLOSE for *_, gap in gaps), [row for row in gaps if not row[-1] < CLOSE]


def worst_differences() -> list[Row]:
    rows: list[Row] = []
    for data in SETS:
        for name in FILES:
            theirs, ours = columns(f"{data}/agg_{name}.csv"), climb(data, name)
            known = {
                p: ~np.isnan(s) if name == "genmean_p2_with_NA" else np.full(s.size, True) for p, s in theirs.items()
            }
            worst = max(apart(ours[p][known[p]], theirs[p][known[p]]) for p in theirs)
            rows.append((f"{data}/agg_{name}.csv", "scores of all elements", worst))
        rows += [
            (f"{data}/outrank_{name}.csv", "outranking matrix", outranking_gap(data, name)) for name in ("equal", "alt")
        ]
    gaps = [*vector_gaps()]
    for function in VECTORS:
        rows.append(("vec/vec_outputs.csv", function, max(gap for _, name, _, gap in gaps if name == function)))
    return rows


def climb(data: str, name: str) -> dict[str, np.ndarray]:
    """Every element's scores from the indicators up, computed from our own scores below."""
    source, weights, ways, least = FILES[name]
    scores = dict(columns(f"{data}/{source}.csv"))
    levels = lineage(data)
    for level, (below, above) in enumerate(pairwise(levels)):
        stated = pca_weights(data, level + 1) if weights == "pca" else stated_weights(data, weights)
        way = ways[min(level, len(ways) - 1)]
        for parent in dict.fromkeys(above):
            children = list(dict.fromkeys(c for c, p in zip(below, above, strict=True) if p == parent))
            x = np.stack([scores[child] for child in children], axis=-1)
            own = way(x, np.array([stated[child] for child in children]))
            if least:
                share = (~np.isnan(x)).mean(-1)
                own = np.where(share < least[min(level, len(least) - 1)], np.nan, own)
            scores[parent] = own
    return scores


def all_known_below(data: str, parent: str) -> bool:
    levels = lineage(data)
    at = next(i for i, level in enumerate(levels) if parent in level)
    leaves = {leaf for leaf, own in zip(levels[0], levels[at], strict=True) if own == parent}
    return not any(np.isnan(columns(f"{data}/normalised_with_NA.csv")[leaf]).any() for leaf in leaves)


def outranking_gap(data: str, name: str) -> float:
    table = read(ROOM / data / f"outrank_{name}.csv")
    theirs = table.numbers(*[column for column in table.columns if column != "uCode"])
    leaves = columns(f"{data}/normalised.csv")
    x = np.stack(list(leaves.values()), axis=-1)[: len(theirs)]
    stated = stated_weights(data, "alt")
    w = np.ones(len(leaves)) if name == "equal" else np.array([stated[leaf] for leaf in leaves])
    return apart(outrank_matrix(x, w, pairs="one-sided"), theirs)


VECTORS: dict[str, Callable[..., np.ndarray]] = {
    "a_amean": agg.arithmetic,
    "a_gmean": agg.geometric,
    "a_hmean": agg.harmonic,
    "a_genmean": agg.generalised_mean,
}


def vector_gaps() -> Iterator[tuple[str, str, str, float]]:
    """Case, function, parameters and gap, in parts of a value that exceeds 1; a refusal on both sides is no gap."""
    table, out = read(ROOM / "vec" / "vec_inputs.csv"), read(ROOM / "vec" / "vec_outputs.csv")
    vectors: dict[str, list[float]] = {}
    for case, value in zip(table["case"], table["x"], strict=True):
        vectors.setdefault(case, []).append(number(value))
    for case, name, par, value in zip(out["case"], out["fn"], out["par"], out["value"], strict=True):
        if name not in VECTORS:
            continue
        x = np.array(vectors[case])
        options = {"p": float(par.partition("p=")[2])} if "p=" in par else {}
        theirs = number(value)
        if options and np.isnan(x).any():
            assert np.isnan(theirs)  # COINr's generalised mean of a vector with gaps; see above
            continue
        try:
            ours = float(VECTORS[name](x[None, :], np.arange(1, x.size + 1) / 3, **options)[0])
        except FaultyValue:
            ours = np.nan
        yield case, name, par, apart(np.array(ours), np.array(theirs)) / scale(np.array(theirs))


@lru_cache
def columns(file: str) -> dict[str, np.ndarray]:
    table = read(ROOM / file)
    return {name: table.numbers(name)[:, 0] for name in table.columns if name != "uCode"}


@lru_cache
def lineage(data: str) -> list[list[str]]:
    return list(read(ROOM / data / "lineage.csv").columns.values())


@lru_cache
def stated_weights(data: str, name: str) -> dict[str, float]:
    table = read(ROOM / data / f"weights_{name}.csv")
    return dict(zip(table["iCode"], map(float, table["Weight"]), strict=True))


def pca_weights(data: str, level: int) -> dict[str, float]:
    """COINr's set ``wpca``: loadings at level 1, the original weights above."""
    return stated_pca(data, 1) if level == 1 else stated_weights(data, "original")


@lru_cache
def stated_pca(data: str, level: int) -> dict[str, float]:
    table = read(ROOM / data / f"pca_weights_L{level}.csv")
    return dict(zip(table["iCode"], map(float, table["Weight"]), strict=True))
