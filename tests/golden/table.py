"""How far the project is from every golden number: ``python -m tests.golden.table`` prints it as markdown.

One row per file: the measure that is furthest off, by how much, and what there is to say. Below it stand the golden
files that no test reads. Exit code 1 when a file is further off than its limit or read by no test.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import SHARED
from tests.golden.tables import Row

GOLDEN = SHARED / "golden"
LIMIT = 1e-9

# Files whose numbers are rounded, or with which we differ on purpose: the limit that holds instead, and the reason.
NOTES: dict[str, tuple[float, str]] = {
    "coinr/asem/agg_genmean_p2_with_NA.csv": (LIMIT, "where COINr has a number; it loses units with any gap (its bug)"),
    "coinr/syn_a/agg_genmean_p2_with_NA.csv": (
        LIMIT,
        "where COINr has a number; it loses units with any gap (its bug)",
    ),
    "coinr/vec/vec_outputs.csv": (LIMIT, "but for the differences on purpose that test_coinr_vectors.py lists"),
    "coinr/compind/bli2017_ampi.csv": (5e-4, "published to 3 decimals"),
    "nqpf/truth_wang_2021_coupling_C.csv": (2e-4, "published to 4 decimals, from levels of 4 decimals"),
    "hdi/hdi_1990_2010.csv": (5e-4, "published to 3 decimals"),
}
# As extended precision shows (test_golden_complexity.py), these lose digits to the level that k keeps while its
# differences shrink.
LOST = "its last digits are lost to cancellation; ours are not"
NOTES |= {
    f"complexity/{file}": (1e-7, LOST)
    for file in (
        *(
            f"R_economiccomplexity/{of}.reflections.{side}.csv"
            for of in ("sitc4_1999", "cbp_naics4_2018")
            for side in ("loc", "prod")
        ),
        "others/datawheel_sitc4.eci_reflections20.csv",
        "others/datawheel_sitc4.pci_reflections20.csv",
    )
}
for _of in ("sitc4_1999", "nuts2_pv_1", "nuts2_pv_2"):
    NOTES[f"complexity/R_EconGeo/{_of}.norm.ubiquity.csv"] = (5e-3 + LIMIT, "rounded to 2 decimals")
    NOTES[f"complexity/R_EconGeo/{_of}.modular.csv"] = (5e-6 + LIMIT, "rounded to 5 decimals")
    for _file, _limit, _why in (
        ("entropy.csv", 5e-4 + 2e-6, "rounded to 3 decimals, of logarithms of shares that 1e-9 was added to"),
        ("Gini.csv", 5e-4, "rounded to 3 decimals"),
        ("Hoover.Gini.csv", 5e-4, "rounded to 3 decimals"),
        ("Hoover.index.csv", 5e-3, "per cent rounded to 2 decimals of a share"),
        ("relatedness.density.csv.gz", 5e-3, "per cent rounded to 2 decimals"),
    ):
        NOTES[f"complexity/R_EconGeo/{_of}.{_file}"] = (_limit + LIMIT, _why)
# What a reference program was given, rather than what it made of it; and uncertainty, which is another subject.
INPUTS = ("iData.csv", "iData_p.csv", "iMeta.csv", "_input.csv", "_inputs.csv")
ELSEWHERE = {
    "sa_design.csv": "input of sa_scores.csv",
    "sa_noisy_weights.csv": "input of sa_scores.csv",
    "weights_alt.csv": "input of agg_*_walt.csv",
}


def main() -> int:
    """Print the table; 1 if anything is off or unread."""
    rows = list(_rows())
    worst: dict[str, Row] = {}
    for file, measure, difference in rows:
        if file not in worst or not difference <= worst[file][2]:
            worst[file] = (file, measure, difference)
    print("| file | measure | worst difference | note |\n|---|---|---:|---|")
    off = 0
    for file, (_, measure, difference) in sorted(worst.items()):
        limit, note = NOTES.get(file, (LIMIT, ""))
        wrong = not difference <= limit
        off += wrong
        print(f"| {file} | {measure} | {difference:.1e} | {'**OFF** ' if wrong else ''}{note} |")
    unread = [file for file in _files() if file not in worst]
    print(f"\n{len(worst)} files, {len(rows)} comparisons, {off} off.")
    if unread:
        print("\nRead by no test:\n" + "\n".join(f"- {file}" for file in unread))
    return int(off > 0 or bool(unread))


def _rows() -> Iterator[Row]:
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.golden.{path.stem}")
        for file, measure, difference in getattr(module, "worst_differences", list)():
            yield _full(file), measure, difference


def _full(file: str) -> str:
    """Tests of COINr's folders leave out the name of their common parent."""
    return file if (GOLDEN / file).exists() else f"coinr/{file}"


def _files() -> list[str]:
    found = [*GOLDEN.glob("coinr/*/*.csv"), *GOLDEN.glob("nqpf/*.csv")]
    found += [path for kind in ("csv", "csv.gz", "npz") for path in GOLDEN.glob(f"complexity/*/*.{kind}")]
    names = [path.relative_to(GOLDEN).as_posix() for path in sorted(found)]
    return [
        name
        for name in names
        if not name.startswith("coinr/sa/") and not name.endswith(INPUTS) and Path(name).name not in ELSEWHERE
    ]


if __name__ == "__main__":
    sys.exit(main())
