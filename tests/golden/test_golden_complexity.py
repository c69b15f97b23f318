"""Complexity as ecomplexity, economiccomplexity, EconGeo, economic-complexity and fermi have it.

EconGeo rounds two of its measures. The reflections of economiccomplexity and economic-complexity carry the level of k
along with its differences, which after 18 steps are a ten-millionth of it: their own last digits are lost, as the same
recursion in extended precision shows, and they differ from one another by as much as from us.
"""

from __future__ import annotations

import csv
import gzip
import io
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from tests.conftest import SHARED
from tests.golden.tables import Row, apart, read
from xinzhi.structure.complexity import complexity, score
from xinzhi.structure.links import Links
from xinzhi.structure.presence import rca

ROOM, LINKS = SHARED / "golden" / "complexity", SHARED / "data" / "links"
R, GEO, OTHERS = "R_economiccomplexity", "R_EconGeo", "others"
STEPS = (1, 2, 3, 4, 10, 11, 19, 20, 21)
TRADE, COUNTIES, SOLAR = "sitc4_1999", "cbp_naics4_2018", ("nuts2_pv_1", "nuts2_pv_2")

# What a file's own rounding allows.
ROUNDED = {"norm.ubiquity": 0.5e-2, "modular": 0.5e-5, "reflections": 1e-7}
EXACT = 1e-9

# Per case: the measure, its options, the files of regions and of activities, on which links.
CASES: dict[str, tuple[str, dict, str | None, str | None, str]] = {}
for _name in (TRADE, COUNTIES):
    for _kind in ("discrete", "continuous", "asym"):
        CASES[f"ecomplexity {_name} {_kind}"] = (
            "eigenvector",
            {"convention": "ecomplexity"},
            f"ecomplexity/{_name}.{_kind}.loc.csv",
            f"ecomplexity/{_name}.{_kind}.prod.csv",
            _name,
        )
    _r = {"convention": "economiccomplexity"}
    for _file, _method, _options in (
        ("eigenvalues", "eigenvector", _r),
        ("reflections", "reflections", _r),
        ("fitness", "fitness", _r),
        ("fitness200", "fitness", _r | {"iterations": 200}),
    ):
        CASES[f"{R} {_name} {_file}"] = (
            _method,
            _options,
            f"{R}/{_name}.{_file}.loc.csv",
            f"{R}/{_name}.{_file}.prod.csv",
            _name,
        )
CASES["fermi eigenvectors"] = (
    "eigenvector",
    {"convention": "fermi"},
    f"{OTHERS}/fermi_sitc4.eci.csv",
    f"{OTHERS}/fermi_sitc4.pci.csv",
    TRADE,
)
CASES["fermi fitness"] = (
    "fitness",
    {"convention": "fermi"},
    f"{OTHERS}/fermi_sitc4.fitness.csv",
    f"{OTHERS}/fermi_sitc4.complexity.csv",
    TRADE,
)
CASES["economic-complexity reflections"] = (
    "reflections",
    {"convention": "economic-complexity"},
    f"{OTHERS}/datawheel_sitc4.eci_reflections20.csv",
    f"{OTHERS}/datawheel_sitc4.pci_reflections20.csv",
    TRADE,
)
for _name in (TRADE, *SOLAR):
    _geo = {"convention": "econgeo"}
    CASES[f"EconGeo {_name} KCI"] = ("eigenvector", _geo, f"{GEO}/{_name}.KCI.csv", f"{GEO}/{_name}.TCI.csv", _name)
    for _step in STEPS:
        CASES[f"EconGeo {_name} MOR {_step}"] = (
            "reflections",
            _geo | {"steps": _step},
            f"{GEO}/{_name}.MORc.{_step}.csv",
            f"{GEO}/{_name}.MORt.{_step}.csv",
            _name,
        )
    CASES[f"EconGeo {_name} counts"] = (
        "reflections",
        _geo | {"steps": 0},
        f"{GEO}/{_name}.diversity.csv",
        f"{GEO}/{_name}.ubiquity.csv",
        _name,
    )
    CASES[f"EconGeo {_name} modular"] = ("modular", {}, None, f"{GEO}/{_name}.modular.csv", _name)
    CASES[f"EconGeo {_name} norm.ubiquity"] = (
        "normalised-ubiquity",
        {},
        None,
        f"{GEO}/{_name}.norm.ubiquity.csv",
        _name,
    )
CASES["economiccomplexity productivity"] = ("prody", {}, f"{R}/{TRADE}.expy.csv", f"{R}/{TRADE}.prody.csv", TRADE)


@pytest.mark.parametrize("case", CASES)
def test_golden(golden: Path, shared_data: Path, case: str) -> None:
    for file, difference in gaps(case):
        assert difference <= limit(file), file


@pytest.mark.parametrize("name", [TRADE, COUNTIES])
def test_reflections_lose_their_digits_in_the_references_and_not_here(
    golden: Path, shared_data: Path, name: str
) -> None:
    exact = extended(name)
    ours = score(present(name), "reflections")
    theirs = [values(f"{R}/{name}.reflections.{side}.csv", labels(name, side)) for side in ("loc", "prod")]
    for mine, other, true in zip((ours.regions, ours.activities), theirs, exact, strict=True):
        # Extended precision loses digits too, three fewer; we are nearer to it than the reference by far.
        assert apart(mine, true) < 1e-10
        assert apart(mine, true) < 0.1 * apart(other, true)


def test_the_front_door_gives_the_same(golden: Path, shared_data: Path) -> None:
    amounts, regions, activities = table(TRADE)
    found = complexity(Links((amounts,), regions, activities))
    file = f"ecomplexity/{TRADE}.discrete"
    assert apart(found.regions.values[0], values(f"{file}.loc.csv", list(regions))) <= EXACT
    assert apart(found.activities.values[0], values(f"{file}.prod.csv", list(activities))) <= EXACT
    assert not found.diagnosis


def worst_differences() -> list[Row]:
    return [(f"complexity/{file}", case, difference) for case in CASES for file, difference in gaps(case)]


def limit(file: str) -> float:
    return next((much + EXACT for word, much in ROUNDED.items() if f".{word}" in file or f"_{word}" in file), EXACT)


@lru_cache
def gaps(case: str) -> list[tuple[str, float]]:
    """Both files of a case, and how far we are from each; relative to the size of what is large."""
    method, options, of_regions, of_activities, name = CASES[case]
    amounts, regions, activities = table(name)
    of_amounts = method in ("prody", "normalised-ubiquity")
    links, anchor = (amounts if of_amounts else present(name)), None
    if method == "prody":
        income = {row[0]: float(row[1]) for row in rows(LINKS / "gdppc_avg1998_2000.csv")[1:]}
        anchor = np.array([income.get(region, np.nan) for region in regions])
    found = score(links, method, anchor, **options)
    made = []
    for file, ours, every in ((of_regions, found.regions, regions), (of_activities, found.activities, activities)):
        if file is None:
            continue
        theirs = values(file, list(every))
        if method == "prody":  # they leave out countries without an income, which have an EXPY here
            ours = np.where(np.isnan(theirs), np.nan, ours)
        made.append((file, apart(ours, theirs) / (np.nanmax(np.abs(theirs)) if method == "prody" else 1.0)))
    return made


@lru_cache
def extended(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Reflections as the references take them, with 64 bits of mantissa."""
    m = present(name).toarray().astype(np.longdouble)
    d, u = m.sum(axis=1), m.sum(axis=0)
    x, y = d, u
    for _ in range(18):
        x, y = m @ y / d, m.T @ x / u
    y = m.T @ x / u
    return tuple(np.asarray((k - k.mean()) / k.std(ddof=1), dtype=float) for k in (x, y))  # type: ignore[return-value]


@lru_cache
def present(name: str) -> sparse.csr_array:
    return rca(table(name)[0]).astype(float)


@lru_cache
def table(name: str) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Amounts (region, activity) with their labels, in the order of the reference programs."""
    if name == TRADE:
        cells = [(row[0], row[1], float(row[2])) for row in rows(LINKS / "trade_sitc4_avg1998_2000.csv.gz")[1:]]
    elif name == COUNTIES:
        cells = [(row[0], row[1], float(row[2])) for row in rows(LINKS / "cbp2018_cbsa_naics4.csv.gz")[1:]]
    else:
        every = rows(LINKS / "nuts2_energy_knowledge_clusters.csv.gz")[1:]
        cells = [(row[2], row[4], float(row[5])) for row in every if row[0] == "PV" and row[1] == name[-1]]
    where, what, much = zip(*cells, strict=True)
    regions, at = np.unique(np.array(where, dtype=object), return_inverse=True)
    activities, of = np.unique(np.array(what, dtype=object), return_inverse=True)
    shape = len(regions), len(activities)
    return sparse.csr_array((np.array(much), (at, of)), shape=shape), regions, activities


def labels(name: str, side: str) -> list[str]:
    return list(table(name)[1 if side == "loc" else 2])


def values(file: str, wanted: list[str]) -> np.ndarray:
    """A reference's numbers in our order, missing where it has none."""
    found = read(ROOM / file)
    of_ecomplexity = file.startswith("ecomplexity")
    key = ("loc" if ".loc." in file else "prod") if of_ecomplexity else "patent" if "patent" in found else "id"
    column = ("eci" if ".loc." in file else "pci") if of_ecomplexity else "mod.comp" if "patent" in found else "value"
    known = dict(zip(found[key], found.numbers(column)[:, 0], strict=True))
    return np.array([known.get(label, np.nan) for label in wanted])


def rows(path: Path) -> list[list[str]]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.reader(io.StringIO(content.decode())))
