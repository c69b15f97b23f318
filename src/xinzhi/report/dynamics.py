"""The course of the scores as the page shows it: densities, classes and moves between them, inequality, convergence.

Its shape is ``DynamicsPayload`` of ``frontend/src/dynamics.ts``. Numbers are those of the tables in ``dynamics/``;
curves are packed as shares of the highest in 16 bits, classes in four bits a cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.labels import REGION, TIME
from xinzhi.dynamics.decomposition import DAGUM_PARTS, Dagum
from xinzhi.dynamics.density import VALUE
from xinzhi.dynamics.inequality import GROUP
from xinzhi.report.packing import camel, number, packed, rounded, text
from xinzhi.study.dynamics.following import FEW_MOVES
from xinzhi.study.dynamics.results import Course, Dynamics

_WHOLE = 65_535
YEARLY = (
    "regions",
    "mean",
    "deviation",
    "low",
    "quarter",
    "median",
    "three_quarters",
    "high",
    "mode",
    "height",
    "modes",
)


def dynamics(found: Dynamics) -> dict[str, Any]:
    """The document's part on the course of the scores."""
    split = found.grouping
    return {
        "groups": split
        and {
            "column": split.column,
            "names": [text(name) for name in split.names],
            "of": split.codes.tolist(),
            "source": split.source and text(split.source),
        },
        "fewMoves": FEW_MOVES,
        "elements": [_course(course) for course in found.courses],
        "notices": [{"en": fault.en, "zh": fault.zh} for fault in found.notices],
    }


def _course(course: Course) -> dict[str, Any]:
    return {
        "element": course.at,
        "years": course.times.tolist(),
        "distribution": _distribution(course),
        "mobility": _mobility(course),
        "inequality": _by_year(course.by_year),
        "dagum": _dagum(course.dagum) if course.dagum is not None else None,
        "convergence": [
            {
                camel(str(name)): row[name] if name == "kind" else number(row[name])
                for name in course.convergence.columns
            }
            for row in course.convergence.to_dict("records")
        ],
        "notices": {
            part: [{"en": fault.en, "zh": fault.zh} for fault in faults]
            for part, faults in course.notices.items()
            if faults
        },
    }


def _distribution(course: Course) -> dict[str, Any] | None:
    if course.density is None:
        return None
    grid, curves, table = course.density.density[VALUE].values, course.density.density.values, course.distribution
    highest = float(curves.max())
    return {
        "ends": [float(grid[0]), float(grid[-1])],
        "highest": rounded(highest),
        "bandwidth": rounded(float(course.density.bandwidths.values[0])),
        "curves": packed(np.rint(curves / highest * _WHOLE), "<u2"),
        **{camel(name): _numbers(table[name]) for name in YEARLY},
    }


def _mobility(course: Course) -> dict[str, Any] | None:
    chain = course.chain
    if chain is None:
        return None
    classes = course.classes
    return {
        "classes": chain.k,
        "cuts": _numbers(chain.cuts.values[0]) if len(chain.cuts.values) == 1 else None,
        "counts": chain.counts.values.astype(int).tolist(),
        "probabilities": [_numbers(row) for row in chain.transitions.values],
        "errors": [_numbers(row) for row in chain.errors.values],
        "longRun": None if course.long_run is None else _numbers(course.long_run),
        "oneClass": course.one_class,
        "yearsIn": _numbers(classes["years_in"]),
        "indices": {camel(name): number(of) for name, of in course.mobility.items()},
        "states": _nibbles(chain.states.transpose(REGION, TIME).values),
    }


def _by_year(table: pd.DataFrame) -> dict[str, Any] | None:
    if table.empty:
        return None
    return {"columns": [*table.columns[2:]], "rows": [_numbers(row) for row in table.iloc[:, 2:].to_numpy(dtype=float)]}


def _dagum(found: Dagum) -> dict[str, Any]:
    """Parts by year, Gini inside each group by year, and of each pair of groups by year with what it adds between."""
    count = found.groups.sizes[GROUP]
    pairs = [(one, other) for one in range(count) for other in range(one + 1, count)]
    across = {name: found.pairs[name].values for name in ("gini", "between", "transvariation")}
    return {
        "parts": [_numbers(row) for row in found.parts.sel(part=list(DAGUM_PARTS)).values],
        "groups": {
            name: [_numbers(row) for row in found.groups[name].values] for name in ("gini", "mean", "contribution")
        },
        "regions": found.groups["regions"].values.astype(int).tolist(),
        "pairs": [list(pair) for pair in pairs],
        **{f"{name}Across": [_numbers([row[pair] for pair in pairs]) for row in of] for name, of in across.items()},
    }


def _numbers(values: Any) -> list[float | None]:
    return [rounded(float(value)) for value in values]


def _nibbles(states: npt.NDArray[Any]) -> str:
    """Small whole numbers, two in a byte, the first in its lower half."""
    flat = np.append(states.ravel(), np.zeros(states.size % 2)).astype(np.uint8)
    return packed(flat[0::2] | flat[1::2] << 4, "u1")
