"""The vector functions of COINr 1.1.14 on small awkward vectors: ties, gaps, constants, negatives, two or three values.

Deliberate differences, each left out by name below:

- ``log_GII`` of COINr returns its input unchanged; ``log-gii`` is the definition, checked against it directly.
- The transformation of a constant vector (minus infinity, an error, or 0 there) leaves it as it is here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import pytest

from tests.conftest import SHARED
from tests.golden.tables import Row, apart, number, read, scale
from xinzhi.measure._kernels import limits, shapes
from xinzhi.measure.imputation import Near, imputations
from xinzhi.measure.normalisation import Marks, normalisations
from xinzhi.measure.treatment import treatments

ROOM = SHARED / "golden" / "coinr" / "vec"
OTHERS = {"a_amean", "a_gmean", "a_hmean", "a_genmean", "CAGR", "prc_change"}  # of other stages
LEFT_OUT = {"log_GII"}
TRANSFORMS = {"log_CT", "log_CT_orig", "log_CT_plus", "boxcox"}


@pytest.mark.usefixtures("golden")
def test_every_vector_function_agrees():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = list(vectors())
    far = [
        f"{function}({parameters}) of {case}"
        for (case, function, parameters), ours, theirs in found
        if not apart(ours, theirs) <= 1e-9 * scale(theirs)
    ]
    assert not far
    assert {function for (_, function, _), _, _ in found} == set(OURS)


def worst_differences() -> list[Row]:
    """One row per function and setting: the worst over all vectors."""
    worst: dict[str, float] = {}
    for (_, function, parameters), ours, theirs in vectors():
        measure = f"{function} {parameters}".strip()
        worst[measure] = max(worst.get(measure, 0.0), apart(ours, theirs))
    return [("vec/vec_outputs.csv", measure, difference) for measure, difference in worst.items()]


def vectors() -> Iterator[tuple[tuple[str, str, str], np.ndarray, np.ndarray]]:
    inputs, outputs = tables()
    for (case, function, parameters), theirs in outputs.items():
        x = inputs[case]
        failed = len(theirs) == 1 < len(x) and np.isnan(theirs[0]) and function not in SCALARS
        constant = function in TRANSFORMS and np.nanmin(x) == np.nanmax(x)
        if function in OTHERS | LEFT_OUT or failed or constant:
            continue
        yield (case, function, parameters), np.atleast_1d(OURS[function](x, parameters)), theirs


@lru_cache
def tables() -> tuple[dict[str, np.ndarray], dict[tuple[str, str, str], np.ndarray]]:
    """Input vectors by case; output vectors by case, function and parameters."""
    given, made = read(ROOM / "vec_inputs.csv"), read(ROOM / "vec_outputs.csv")
    inputs: dict[str, list[float]] = {}
    for case, value in zip(given["case"], given["x"], strict=True):
        inputs.setdefault(case, []).append(number(value))
    outputs: dict[tuple[str, str, str], list[float]] = {}
    keys = zip(made["case"], made["fn"], made["par"], strict=True)
    for key, value in zip(keys, made["value"], strict=True):
        outputs.setdefault(key, []).append(number(value))
    return {k: np.array(v) for k, v in inputs.items()}, {k: np.array(v) for k, v in outputs.items()}


def _winsorise(x: np.ndarray, parameters: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, how many were moved, and where: of the cuts, before the family undoes what leaves a constant."""
    settings = dict(part.partition("=")[::2] for part in parameters.split(";"))
    limit = np.iinfo(np.int64).max if settings["winmax"] == "NULL" else int(settings["winmax"])
    skew, kurtosis = float(settings.get("skew", 2)), float(settings.get("kurt", 3.5))
    low, high, moved = limits(x[:, None], limit, skew, kurtosis, "force_win" in settings)
    return np.clip(x, low, high), moved, (x > high).astype(int) - (x < low)


def _passes(x: np.ndarray) -> float:
    skew, kurtosis = (measure[0] for measure in shapes(x[:, None]))
    # In COINr one true half decides, and an undefined one otherwise leaves the whole undefined.
    if abs(skew) < 2 or kurtosis < 3.5:
        return 1.0
    return np.nan if np.isnan(skew) or np.isnan(kurtosis) else 0.0


def _treat(name: str, **options: object) -> Callable[[np.ndarray, str], np.ndarray]:
    return lambda x, parameters: treatments.find(name).function(x[:, None], **options).values[:, 0]


def _box_cox(x: np.ndarray, parameters: str) -> np.ndarray:
    return _treat("box-cox", power=float(parameters.partition("=")[2].partition(";")[0]))(x, parameters)


def _normalise(name: str, x: np.ndarray, marks: Marks | None = None, **options: object) -> np.ndarray:
    marks = marks or _marks()
    return normalisations.find(name).function(x[:, None], x[:, None], marks, **options)[:, 0]


def _marks(direction: float = 1, target: float = np.nan, reference: int | None = None) -> Marks:
    one = [np.array([value]) for value in (direction, target, 1.0, 5.0)]
    return Marks(*one, reference=reference)


def _pair(parameters: str) -> tuple[float, float]:
    first, second = parameters.partition("=")[2].split(",")
    return float(first), float(second)


def _target(x: np.ndarray, parameters: str) -> np.ndarray:
    settings = dict(part.split("=") for part in parameters.split(";"))
    marks = _marks(float(settings["dir"]), float(settings["targ"]))
    return _normalise("distance-to-target", x, marks, cap=settings["cap"] == "TRUE")


def _goalposts(x: np.ndarray, parameters: str) -> np.ndarray:
    settings = dict(part.split("=") for part in parameters.split(";"))
    clip = settings["trunc"] == "TRUE"
    return _normalise("goalposts", x, _marks(float(settings["dir"])), scale=100, clip=clip)


def _impute(name: str, grouped: bool = False) -> Callable[[np.ndarray, str], np.ndarray]:
    def filled(x: np.ndarray, parameters: str) -> np.ndarray:
        groups = np.arange(x.size) % 2 if grouped else None
        near = Near(groups, np.zeros(1, int), np.zeros(1), np.ones(1))
        return imputations.find(name).function(x[None, :, None], near)[0, :, 0]

    return filled


SCALARS = {"skew", "kurt", "check_SkewKurt", "winsorise.nwin"}
OURS: dict[str, Callable[[np.ndarray, str], np.ndarray]] = {
    "skew": lambda x, p: shapes(x[:, None])[0],
    "kurt": lambda x, p: shapes(x[:, None])[1],
    "check_SkewKurt": lambda x, p: np.array(_passes(x)),
    "winsorise.x": lambda x, p: _winsorise(x, p)[0],
    "winsorise.nwin": lambda x, p: _winsorise(x, p)[1],
    "winsorise.treated": lambda x, p: _winsorise(x, p)[2],
    "log_CT": _treat("log-ct"),
    "log_CT_orig": _treat("log-ct-orig"),
    "log_CT_plus": _treat("log-ct-plus"),
    "boxcox": _box_cox,
    "n_minmax": lambda x, p: _normalise("min-max", x, to=_pair(p)),
    "n_zscore": lambda x, p: _normalise("z-score", x, mean=_pair(p)[0], sd=_pair(p)[1]),
    "n_scaled": lambda x, p: _normalise("scaled", x, between=(1, 7), scale=100),
    "n_dist2max": lambda x, p: _normalise("distance-to-maximum", x),
    "n_dist2ref": lambda x, p: _normalise("distance-to-reference", x, _marks(reference=1), cap=p.endswith("TRUE")),
    "n_dist2targ": _target,
    "n_fracmax": lambda x, p: _normalise("fraction-of-maximum", x),
    "n_rank": lambda x, p: _normalise("rank", x, ties=p),
    "n_prank": lambda x, p: _normalise("percentile-rank", x, ties=p),
    "n_borda": lambda x, p: _normalise("borda", x, ties=p),
    "n_goalposts": _goalposts,
    "i_mean": _impute("mean"),
    "i_median": _impute("median"),
    "i_mean_grp": _impute("group-mean", grouped=True),
    "i_median_grp": _impute("group-median", grouped=True),
}
