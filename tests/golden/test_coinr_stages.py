"""Screening, imputation, treatment and normalisation against COINr 1.1.14, stage by stage.

COINr's ``linear`` for panels holds the ends of a series, so it is our ``linear-constant``. COINr keeps the label of a
winsorisation that was given up ("winhi+log_CT", or "winhi" under Box-Cox); here a column has the marks of what
stands, so the points are compared under that reading. COINr drops the tie rule of ``scaled`` and the like from its
metadata; the options below say what each file was made with.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SHARED
from tests.golden.tables import Row, Table, apart, read, scale
from xinzhi.core.labels import OBSERVED
from xinzhi.measure.imputation import Near, fill, imputations
from xinzhi.measure.normalisation import Marks, normalisations
from xinzhi.measure.screening import screen
from xinzhi.measure.treatment import treatments

ROOM = SHARED / "golden" / "coinr"
SETS = ("asem", "syn_a")
CLOSE = 1e-9

TIGHT = {"limit": 5, "skew": 1.0, "kurtosis": 1.0}
CHAINS = {
    "treat_default": {},
    "treat_winmax0": {"limit": 0},
    "treat_winmax1": {"limit": 1},
    "treat_winmax2": {"limit": 2},
    "treat_winmax3": {"limit": 3},
    "treat_winmax10": {"limit": 10},
    "treat_combine_win1": {"limit": 1, "combine": True},
    "treat_forcewin3": {"limit": 3, "force": True},
    "treat_tight": TIGHT,
    "treat_log_log_CT_plus": {"first_options": {"limit": 0}, "then": "log-ct-plus"},
    "treat_log_log_CT_orig": {"first_options": {"limit": 0}, "then": "log-ct-orig"},
    "treat_boxcox05_win2": {"first_options": {"limit": 2}, "then": "box-cox", "then_options": {"power": 0.5}},
    "treat_default_with_NA": {},
    "treat_winmax1_with_NA": {"limit": 1},
}
NORMS = {
    "norm_minmax_0_100": ("min-max", {"to": (0, 100)}),
    "norm_minmax_1_100": ("min-max", {"to": (1, 100)}),
    "norm_zscore_0_1": ("z-score", {}),
    "norm_zscore_100_15": ("z-score", {"mean": 100, "sd": 15}),
    "norm_scaled_0_50": ("scaled", {"between": (0, 50), "scale": 10}),
    "norm_rank": ("rank", {}),
    "norm_rank_average": ("rank", {"ties": "average"}),
    "norm_rank_max": ("rank", {"ties": "max"}),
    "norm_borda": ("borda", {}),
    "norm_prank": ("percentile-rank", {}),
    "norm_prank_average": ("percentile-rank", {"ties": "average"}),
    "norm_prank_max": ("percentile-rank", {"ties": "max"}),
    "norm_fracmax": ("fraction-of-maximum", {}),
    "norm_dist2max": ("distance-to-maximum", {}),
    "norm_dist2ref_3": ("distance-to-reference", {}),
    "norm_dist2ref_3_cap": ("distance-to-reference", {"cap": True}),
    "norm_dist2targ_iMeta_raw": ("distance-to-target", {}),
    "norm_goalposts_iMeta_raw": ("goalposts", {"scale": 100, "clip": False}),
    "norm_minmax_iMeta_raw": ("min-max", {"to": (1, 10)}),
    "norm_zscore_iMeta_raw": ("z-score", {"mean": 100, "sd": 15}),
    "norm_scaled_iMeta_raw": ("scaled", {"scale": 10}),
    "norm_minmax_0_100_with_NA": ("min-max", {"to": (0, 100)}),
    "norm_zscore_with_NA": ("z-score", {}),
    "norm_prank_with_NA": ("percentile-rank", {}),
    "norm_rank_with_NA": ("rank", {}),
    "normalised": ("min-max", {"to": (1, 100)}),
    "normalised_with_NA": ("min-max", {"to": (1, 100)}),
}
# Options that COINr reads for each indicator alone.
SWITCHES = {
    "norm_dist2targ_iMeta_raw": ({"cap": True}, "dist2targ_cap_max"),
    "norm_goalposts_iMeta_raw": ({"clip": True}, "goalpost_trunc2posts"),
}
TREATED = {False: "treat_default", True: "treat_default_with_NA"}


@pytest.mark.usefixtures("golden")
@pytest.mark.parametrize("name", SETS)
def test_screening(name):
    _agree(screening(name))


@pytest.mark.usefixtures("golden")
@pytest.mark.parametrize("name", SETS)
def test_imputation(name):
    _agree(imputation(name))


@pytest.mark.usefixtures("golden")
@pytest.mark.parametrize("name", SETS)
def test_treatment(name):
    _agree(treatment(name))


@pytest.mark.usefixtures("golden")
@pytest.mark.parametrize("name", SETS)
def test_normalisation(name):
    _agree(normalisation(name))


@pytest.mark.usefixtures("golden")
def test_panel_imputation():
    _agree(panel_imputation())


@pytest.mark.usefixtures("golden")
def test_panel_treatment_and_normalisation():
    _agree(panel_scopes())


def worst_differences() -> list[Row]:
    """File, measure and worst absolute difference, for every file of these stages."""
    stages = (stage(name) for stage in (screening, imputation, treatment, normalisation) for name in SETS)
    found = [found for stage in (*stages, panel_imputation(), panel_scopes()) for found in stage]
    return [(file, measure, apart(ours, theirs)) for file, measure, ours, theirs in found]


Found = Iterator[tuple[str, str, np.ndarray, np.ndarray]]


def _agree(found: Found) -> None:
    seen = 0
    for file, measure, ours, theirs in found:
        seen += 1
        assert apart(ours, theirs) <= CLOSE * scale(theirs), f"{file}: {measure}"
    assert seen


class Study:
    """One data set's indicators and what is known of them."""

    def __init__(self, name: str) -> None:
        self.folder = ROOM / name
        about = read(self.folder / "iMeta.csv")
        leaves = [at for at, kind in enumerate(about["Type"]) if kind == "Indicator"]
        self.codes = [about["iCode"][at] for at in leaves]
        self.parents = np.unique([about["Parent"][at] for at in leaves], return_inverse=True)[1]
        self.direction = about.numbers("Direction")[leaves, 0]
        self.about, self.leaves = about, leaves

    def known(self, name: str) -> np.ndarray:
        if name not in self.about:
            return np.full(len(self.codes), np.nan)
        return self.about.numbers(name)[self.leaves, 0]

    def table(self, file: str) -> Table:
        return read(self.folder / f"{file}.csv")

    def values(self, file: str) -> np.ndarray:
        return self.table(file).numbers(*self.codes)

    @property
    def raw(self) -> np.ndarray:
        """The values as brought in, sorted by unit as all later stages are."""
        table = self.table("iData")
        return table.numbers(*self.codes)[np.argsort(table["uCode"])]

    def marks(self, low: str = "goalpost_lower", high: str = "goalpost_upper") -> Marks:
        return Marks(self.direction, self.known("Target"), self.known(low), self.known(high), reference=2)


@lru_cache
def study(name: str) -> Study:
    return Study(name)


def screening(name: str) -> Found:
    data = study(name)
    shares = {"N_missing": "missing", "N_zero": "zeros", "Dat_Avail": "available", "Non_Zero": "nonzero"}
    verdicts = {"LowData": "few", "LowNonZero": "idle", "Included": "included"}
    cases = {"avail_summary": (data.raw, {}, shares)}
    for rule, by in (("byNA", "missing"), ("byzeros", "zeros"), ("byNAandzeros", "both")):
        for least in (0.8, 0.95):
            options = {"by": by, "least": least, "least_nonzero": 0.9}
            cases[f"screen_{rule}_{least}"] = (data.values("denominated"), options, shares | verdicts)
    for file, (x, options, columns) in cases.items():
        theirs, ours = data.table(file), screen(x[None], **options)
        for column, field in columns.items():
            yield f"{name}/{file}.csv", column, getattr(ours, field)[0], theirs.numbers(column)[:, 0]


def imputation(name: str) -> Found:
    data = study(name)
    raw, x = data.table("iData"), data.values("denominated")
    assert data.table("denominated")["uCode"] == data.table("imputed")["uCode"]
    plain = {
        "impute_i_mean": ("mean", {}),
        "imputed": ("mean", {}),
        "impute_i_median": ("median", {}),
        "impute_row_mean_lev2": ("row-mean", {}),
        "impute_row_median_lev2": ("row-median", {}),
        "impute_row_mean_all": ("row-mean", {"siblings": False}),
    }
    cases = [(file, method, options, None) for file, (method, options) in plain.items()]
    for group in ("Region",) if name == "syn_a" else ("EurAsia_group", "GDP_group"):
        of = dict(zip(raw["uCode"], raw[group], strict=True))
        codes = np.unique([of[unit] for unit in data.table("denominated")["uCode"]], return_inverse=True)[1]
        cases.append((f"impute_i_mean_grp_{group}", "group-mean", {}, codes))
        cases.append((f"impute_i_median_grp_{group}", "group-median", {}, codes))
    for file, method, options, groups in cases:
        near = Near(groups, data.parents, np.array([0.0]), data.direction)
        ours = imputations.find(method).function(x[None], near, **options)[0]
        yield f"{name}/{file}.csv", method, ours, data.values(file)


def treatment(name: str) -> Found:
    data = study(name)
    for file, options in CHAINS.items():
        x = data.values("denominated" if file.endswith("_with_NA") else "imputed")
        method = "chain" if "then" in options else "winsorise-then-log"
        made = treatments.find(method).function(x, **options)
        yield f"{name}/{file}.csv", "values", made.values, data.values(file)
        points = np.array([data.table(f"{file}_points")[code] for code in data.codes]).T
        stands = _standing(points, made.details["stage"], combined=options.get("combine", False))
        yield f"{name}/{file}_points.csv", "marks", made.marks, np.where(np.isnan(x), made.marks, stands)
        yield from _details(f"{name}/{file}_dets.csv", data.table(f"{file}_dets"), made.details)


def _standing(points: np.ndarray, stage: np.ndarray, *, combined: bool) -> np.ndarray:
    """COINr's point labels as marks: those of a first step that was given up do not count."""
    winsorised = np.select([np.char.startswith(points, "winhi"), np.char.startswith(points, "winlo")], [1, -1], 0)
    if combined:
        return np.where(winsorised != 0, winsorised, np.where(stage == 2, 2, 0))
    return np.where(stage == 2, 2, winsorised)


def _details(file: str, theirs: Table, ours: dict[str, np.ndarray]) -> Found:
    columns = {
        "check_SkewKurt0.Skew": "skew",
        "check_SkewKurt0.Kurt": "kurtosis",
        "check_SkewKurt1.Skew": "skew_1",
        "check_SkewKurt1.Kurt": "kurtosis_1",
        "check_SkewKurt2.Skew": "skew_2",
        "check_SkewKurt2.Kurt": "kurtosis_2",
    }
    for column, name in columns.items():
        if column in theirs:
            yield file, column, ours[name], theirs.numbers(column)[:, 0]
    moved = theirs.numbers("winsorise.nwin")[:, 0]
    yield file, "winsorise.nwin", ours["winsorised"], np.where(np.isnan(moved), 0, moved)
    for at, stage in enumerate((0, 1, 2)):
        column = f"check_SkewKurt{at}.Pass"
        if column in theirs:
            went_on = (ours["stage"] > stage) if stage < 2 else np.zeros_like(ours["stage"])
            decided = ~np.isnan(theirs.numbers(column)[:, 0])
            if stage < 2:
                yield file, column, (~went_on)[decided], theirs.numbers(column)[decided, 0]


def normalisation(name: str) -> Found:
    data = study(name)
    for file, (method, options) in NORMS.items():
        if not (data.folder / f"{file}.csv").exists():
            continue
        x = data.raw if file.endswith("_raw") else data.values(TREATED[file.endswith("_with_NA")])
        marks = data.marks("scaled_lower", "scaled_upper") if method == "scaled" else data.marks()
        ours = normalisations.find(method).function(x, x, marks, **options)
        if file in SWITCHES:
            switch, column = SWITCHES[file]
            on = normalisations.find(method).function(x, x, marks, **{**options, **switch})
            ours = np.where(data.known(column) == 1, on, ours)
        yield f"{name}/{file}.csv", method, ours, data.values(file)
    yield f"{name}/norm_mixed_indiv.csv", "mixed", _mixed(data), data.values("norm_mixed_indiv")


def _mixed(data: Study) -> np.ndarray:
    x, marks = data.values("treat_default"), data.marks()
    ours = normalisations.find("min-max").function(x, x, marks, to=(0, 100))
    single = ("Goods", "Services", "FDI") if "Goods" in data.codes else ("x01", "x02", "x03")
    methods = (("z-score", {"mean": 10, "sd": 2}), ("percentile-rank", {}), ("none", {}))
    for code, (method, options) in zip(single, methods, strict=True):
        at = data.codes.index(code)
        ours[:, at] = normalisations.find(method).function(x, x, marks, **options)[:, at]
    return ours


def panel_values(path: Path, codes: list[str]) -> np.ndarray:
    """A panel file as (time, region, indicator), sorted by both."""
    table = read(path)
    order = np.lexsort((table["uCode"], table.numbers("Time")[:, 0]))
    years = len(set(table["Time"]))
    return table.numbers(*codes)[order].reshape(years, -1, len(codes))


def panel_imputation() -> Found:
    data, room = study("panel_asem"), ROOM / "panel_asem"
    x = panel_values(room / "iData_p.csv", data.codes)
    near = Near(None, data.parents, np.arange(float(len(x))), data.direction)
    cases = {
        "impute_panel_latest": [("latest", {})],
        "impute_panel_latest_max1": [("latest", {"within": 1})],
        "impute_panel_constant": [("constant", {})],
        "impute_panel_linear": [("linear-constant", {})],
        "impute_panel_linear-constant": [("linear-constant", {})],
        "purse_imputed": [("latest", {}), ("median", {})],
    }
    for file, steps in cases.items():
        named = [(name, imputations.find(name).function, options) for name, options in steps]
        ours, _ = fill(x, named, near, np.full(x.shape, OBSERVED, np.uint8))
        yield (
            f"panel_asem/{file}.csv",
            " + ".join(name for name, _ in steps),
            ours,
            panel_values(room / f"{file}.csv", data.codes),
        )


def panel_scopes() -> Found:
    data, room = study("panel_asem"), ROOM / "panel_asem"
    x = panel_values(room / "purse_imputed.csv", data.codes)
    treated = np.stack([treatments.find("winsorise-then-log").function(year).values for year in x])
    yield (
        "panel_asem/purse_treated_peryear.csv",
        "each year",
        treated,
        panel_values(room / "purse_treated_peryear.csv", data.codes),
    )
    pooled = treated.reshape(-1, len(data.codes))
    for short, method, options in (
        ("minmax", "min-max", {"to": (1, 100)}),
        ("zscore", "z-score", {"mean": 50, "sd": 10}),
        ("prank", "percentile-rank", {}),
    ):
        function = normalisations.find(method).function
        for scope, frame in (("global", pooled), ("peryear", treated)):
            file = f"purse_norm_{short}_{scope}"
            ours = function(treated, frame, data.marks(), **options)
            yield f"panel_asem/{file}.csv", method, ours, panel_values(room / f"{file}.csv", data.codes)
