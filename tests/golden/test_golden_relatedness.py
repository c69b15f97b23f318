"""Relatedness, density, outlook and location as EconGeo, economiccomplexity, ecomplexity, fermi and others have them.

EconGeo rounds several of its measures; its z-score has on the diagonal what ours leaves 0, so pairs are compared. Files
with ``first`` in their names hold the first rows only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tests.conftest import SHARED
from tests.golden.tables import Row, apart
from xinzhi.structure.density import Density, density
from xinzhi.structure.intensity import location_quotients
from xinzhi.structure.links import Links
from xinzhi.structure.location import concentration, specialisation
from xinzhi.structure.network import nestedness
from xinzhi.structure.outlook import outlook
from xinzhi.structure.presence import presence
from xinzhi.structure.relatedness import Relatedness, relatedness

ROOM, LINKS = SHARED / "golden" / "complexity", SHARED / "data" / "links"
TRADE, COUNTIES, SOLAR = "sitc4_1999", "cbp_naics4_2018", ("nuts2_pv_1", "nuts2_pv_2")
R, GEO, OTHERS = "R_economiccomplexity", "R_EconGeo", "others"

EXACT = 1e-9
# What a file's own rounding allows; EconGeo's entropy also adds 1e-9 to every share before it takes the logarithm.
ROUNDED = {
    "entropy": 0.5e-3 + 2e-6,
    "Hoover.index": 0.5e-2,
    "Hoover.Gini": 0.5e-3,
    ".Gini": 0.5e-3,
    "relatedness.density": 0.5e-2,
}
GEO_REGIONS: dict[str, tuple[str, dict]] = {
    "Herfindahl": ("herfindahl", {}),
    "Krugman": ("krugman", {}),
    "spec.coeff": ("hoover-specialisation", {}),
    "lq.avg": ("average-quotient", {}),
    "Hachman": ("hachman", {}),
    "entropy": ("shannon-entropy", {}),
}
GEO_ACTIVITIES: dict[str, tuple[str, str, float]] = {
    "Gini": ("gini", "equal", 1),
    "Hoover.Gini": ("gini", "total", 1),
    "locational.Gini": ("locational-gini", "total", 1),
    "Hoover.index": ("hoover", "total", 100),
}
GEO_PAIRS: dict[str, tuple[str, dict]] = {
    "association": ("association", {}),
    "cosine": ("cosine", {"margins": "co-occurrence"}),
    "jaccard": ("jaccard", {"margins": "co-occurrence"}),
    "prob": ("combination-probability", {}),
}
ASKED = {"discrete": ("min-probability", {}), "asym": ("probability", {"given": "self"}), "continuous": None}

Check = Callable[[], float]


def checks() -> dict[tuple[str, str], Check]:
    """Every comparison by file and measure."""
    found: dict[tuple[str, str], Check] = {}
    for name in (TRADE, *SOLAR):
        for file, (method, options) in GEO_REGIONS.items():
            found[f"{GEO}/{name}.{file}.csv", method] = lambda n=name, f=file, m=method, o=options: apart(
                specialisation(amounts(n), m, **o).values.values[0], column(f"{GEO}/{n}.{f}.csv")
            )
        for file, (method, base, unit) in GEO_ACTIVITIES.items():
            found[f"{GEO}/{name}.{file}.csv", method] = lambda n=name, f=file, m=method, b=base, u=unit: apart(
                u * concentration(amounts(n), m, base=b).values.values[0], column(f"{GEO}/{n}.{f}.csv")
            )
        for file, (method, options) in GEO_PAIRS.items():
            path = f"{GEO}/{name}.relatedness.{file}_first60rows.csv.gz"
            found[path, method] = lambda n=name, p=path, m=method, o=options: first_rows(square(n, m, **o), p)
        path = f"{GEO}/{name}.relatedness.density.csv.gz"
        found[path, "share, of prob above 1"] = lambda n=name, p=path: first_rows(100 * of_links(n), p)
        path = f"{GEO}/{name}.location.quotient_first50rows.csv.gz"
        found[path, "location quotient"] = lambda n=name, p=path: first_rows(quotients(n).values[0].toarray(), p)
    path = f"{GEO}/{SOLAR[1]}.zScore.csv.gz"
    found[path, "z-score"] = lambda p=path: pairs_apart(square(SOLAR[1], "z-score"), p)
    for name in (TRADE, COUNTIES):
        found |= ours_and_ecomplexity(name)
        for file, made in (
            ("balassa_first50rows", lambda n=name: held(n).values[0].toarray().astype(float)),
            ("proximity_country", lambda n=name: relatedness(turned(n)).to_table().to_numpy()),
            ("density_first50rows", lambda n=name: near(n, "discrete").values.values),
            *([("proximity_product", lambda n=name: square(n, "min-probability"))] if name == COUNTIES else []),
        ):
            path = f"{R}/{name}.{file}.csv.gz"
            found[path, file.partition("_first")[0]] = lambda p=path, m=made: first_rows(m(), p)
        found[f"{R}/{name}.coi.csv", "outlook"] = lambda n=name: apart(r_outlook(n), column(f"{R}/{n}.coi.csv"))
    found[f"{OTHERS}/datawheel_sitc4.relatedness.npz", "share, zero diagonal"] = lambda: apart(
        density(held(TRADE), relatedness(held(TRADE), diagonal="zero")).values.values,
        arrays(f"{OTHERS}/datawheel_sitc4.relatedness.npz")["relatedness"],
    )
    for file, method in (("proximity", "min-probability"), ("taxonomy", "taxonomy")):
        path = f"{OTHERS}/fermi_sitc4.{file}.npz"
        found[path, method] = lambda p=path, m=method: apart(square(TRADE, m), arrays(p)["m"])
    path = f"{OTHERS}/fermi_sitc4.cooccurrence.npz"
    found[path, "co-occurrence"] = lambda p=path: apart(met(TRADE), arrays(p)["m"])
    return found


def ours_and_ecomplexity(name: str) -> dict[tuple[str, str], Check]:
    path = f"ecomplexity/{name}.proximity.npz"
    found: dict[tuple[str, str], Check] = {
        (path, "min-probability"): lambda p=path: apart(square(name, "min-probability").ravel(), arrays(p)["proximity"])
    }
    for kind in ASKED:
        cells, places = f"ecomplexity/{name}.{kind}.cells.npz", f"ecomplexity/{name}.{kind}.loc.csv"
        for measure, made in (
            ("rca", lambda k: quotients(name).values[0].toarray()),
            ("mcp", lambda k: held(name).values[0].toarray()),
            ("density", lambda k: near(name, k).values.values),
            ("cog", lambda k: reached(name, k)[1]),
        ):
            found[cells, measure] = lambda c=cells, m=measure, f=made, k=kind: apart(f(k).ravel(), arrays(c)[m])
        found[places, "outlook index"] = lambda p=places, k=kind: apart(reached(name, k)[0], column(p, "coi"))
    return found


CHECKS = checks()


@pytest.mark.parametrize(("file", "measure"), CHECKS)
def test_golden(golden: Path, shared_data: Path, file: str, measure: str) -> None:
    assert CHECKS[file, measure]() <= limit(file)


@pytest.mark.parametrize(("weigh", "published"), [("sides", 0.28575), ("pairs", 0.29835)])
def test_nestedness_of_trade(golden: Path, shared_data: Path, weigh: str, published: float) -> None:
    """The first as fermi-cref 0.2.0 has it; the second is the definition's own mean, of which no peer was asked."""
    assert nestedness(held(TRADE), weigh=weigh).value == pytest.approx(published, abs=0.5e-5)


def worst_differences() -> list[Row]:
    return [(f"complexity/{file}", measure, check()) for (file, measure), check in CHECKS.items()]


def limit(file: str) -> float:
    return next((much + EXACT for word, much in ROUNDED.items() if f"{word}.csv" in file), EXACT)


@lru_cache
def amounts(name: str) -> Links:
    """Amounts with their labels sorted, as the reference programs have them."""
    if name == TRADE:
        cells = pd.read_csv(LINKS / "trade_sitc4_avg1998_2000.csv.gz", dtype={"product": str})
    elif name == COUNTIES:
        cells = pd.read_csv(LINKS / "cbp2018_cbsa_naics4.csv.gz", dtype=str).iloc[:, :3]
    else:
        every = pd.read_csv(LINKS / "nuts2_energy_knowledge_clusters.csv.gz", dtype=str)
        own = (every["field"] == "PV") & (every["period"] == name[-1])
        cells = every.loc[own, ["nuts2", "cluster", "count"]]
    (at, regions), (of, activities) = (pd.factorize(cells.iloc[:, side], sort=True) for side in (0, 1))
    matrix = sparse.csr_array((cells.iloc[:, 2].astype(float), (at, of)), (len(regions), len(activities)))
    return Links((matrix,), np.array(regions, dtype=object), np.array(activities, dtype=object))


@lru_cache
def held(name: str) -> Links:
    return presence(amounts(name))


@lru_cache
def quotients(name: str) -> Links:
    links = amounts(name)
    return Links((location_quotients(links.values[0]),), links.regions, links.activities)


def turned(name: str) -> Links:
    """Who has what with the sides changed: how near countries are to one another."""
    links = held(name)
    return Links((links.values[0].T.tocsr(),), links.activities, links.regions)


@lru_cache
def space(name: str, kind: str) -> Relatedness:
    if ASKED[kind] is None:
        return relatedness(quotients(name), "correlation", scale="unit")
    method, options = ASKED[kind]
    return relatedness(held(name), method, **options)


def square(name: str, method: str, **options: str) -> np.ndarray:
    """The whole relatedness, 0 where it is not defined, as the peers have it."""
    return np.nan_to_num(relatedness(held(name), method, **options).to_table().to_numpy())


def met(name: str) -> np.ndarray:
    """Co-occurrences from what they are held against, so that the product itself is under test."""
    ubiquity = held(name).ubiquity[0]
    return square(name, "min-probability") * np.maximum.outer(ubiquity, ubiquity)


@lru_cache
def near(name: str, kind: str) -> Density:
    values = quotients(name) if kind == "continuous" else None
    return density(held(name), space(name, kind), values=values)


def of_links(name: str) -> np.ndarray:
    """Density as EconGeo's users have it: related is what has a ``prob`` above 1."""
    related = relatedness(held(name), "combination-probability", above=1, binary=True)
    return density(held(name), related).values.values


@lru_cache
def raw_complexity(name: str) -> tuple[np.ndarray, np.ndarray]:
    """ECI and PCI as the eigenvectors are, not standardised."""
    matrix = held(name).values[0].toarray().astype(float)
    diversity, ubiquity = matrix.sum(axis=1), matrix.sum(axis=0)
    scaled = matrix / np.sqrt(diversity)[:, None] / np.sqrt(ubiquity)
    pci = np.linalg.eigh(scaled.T @ scaled)[1][:, -2] / np.sqrt(ubiquity)
    eci = matrix @ pci / diversity
    sign = np.sign(np.corrcoef(diversity, eci)[0, 1])
    return sign * eci, sign * pci


@lru_cache
def reached(name: str, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """ecomplexity's COI and COG: with the raw vector of products, the gain in units of the spread of ECI."""
    eci, pci = raw_complexity(name)
    found = outlook(held(name), near(name, kind), pci, gain="without-own", scale="z")
    return found.index.values, np.nan_to_num(found.gain.values) / eci.std()


def r_outlook(name: str) -> np.ndarray:
    pci = raw_complexity(name)[1]
    return outlook(held(name), near(name, "discrete"), (pci - pci.mean()) / pci.std(ddof=1)).index.values


def first_rows(ours: np.ndarray, file: str) -> float:
    theirs = frame(file)
    return apart(ours[: len(theirs)], theirs)


def pairs_apart(ours: np.ndarray, file: str) -> float:
    theirs = frame(file)
    np.fill_diagonal(theirs, 0)
    return apart(ours[: len(theirs)], theirs)


def frame(file: str) -> np.ndarray:
    return pd.read_csv(ROOM / file, index_col=0).to_numpy(dtype=float)


def column(file: str, name: str | None = None) -> np.ndarray:
    """A column of numbers, the last unless named; the rows stand in the order of sorted labels, as ours do."""
    found = pd.read_csv(ROOM / file)
    return found[name or found.columns[-1]].to_numpy(dtype=float)


@lru_cache
def arrays(file: str) -> dict[str, np.ndarray]:
    with np.load(ROOM / file, allow_pickle=True) as stored:
        return {name: stored[name] for name in stored.files if name not in ("loc", "prod", "loc_labels")}
