"""Analysis of the base pipeline against COINr 1.1.14: statistics, correlation, results, profiles, leaving one out.

COINr's files stand on its Raw, normalised (min-max to 1-100) and aggregated data. Signs of principal components are
arbitrary and compared up to sign. COINr takes Cronbach's alpha "standardised" of normalised data, not of correlations.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import SHARED
from tests.golden.coinr import apart_by_label, coin_panel, coin_spec, table, within
from tests.golden.tables import Row, apart
from xinzhi.measure import analysis
from xinzhi.measure.composite import measure
from xinzhi.measure.result import Index

ROOM = SHARED / "golden" / "coinr"
SETS = ("asem", "syn_a")
UNITS = {"asem": ("CHN", "ESP"), "syn_a": ("R005", "R031")}
GROUP = {"asem": "EurAsia_group", "syn_a": "Region"}
DROPPED = {"asem": ("Services", "ForPort"), "syn_a": ("x02", "x05")}


@lru_cache(maxsize=2)
def base(name: str) -> Index:
    folder = ROOM / name
    return measure(coin_panel(folder), coin_spec(folder))


def statistics(name: str) -> Iterator[Row]:
    ours = analysis.describe(base(name).raw).set_index("indicator")
    theirs = table(ROOM / name / "stats_raw.csv").set_index("iCode")
    columns = {
        "Min": "min",
        "Max": "max",
        "Mean": "mean",
        "Median": "median",
        "Std": "std",
        "Skew": "skew",
        "Kurt": "kurtosis",
        "N.Avail": "observed",
        "N.NonZero": "nonzero",
        "N.Unique": "unique",
        "N.Same": "same",
        "Frc.Avail": "share_observed",
        "Frc.NonZero": "share_nonzero",
        "Frc.Unique": "share_unique",
        "Frc.Same": "share_same",
    }
    for column, own in columns.items():
        size = np.maximum(1, theirs[column].abs())
        yield f"{name}/stats_raw.csv", column, apart_by_label(ours[own] / size, theirs[column] / size)
    flags = {"Avail": "gaps", "NonZero": "zeros", "Unique": "ties", "SkewKurt": "outliers"}
    for flag, own in flags.items():
        raised = (theirs[f"Flag.{flag}"] != "ok").astype(float)
        yield f"{name}/stats_raw.csv", f"Flag.{flag}", apart_by_label(ours[f"flag_{own}"], raised)


def availability(name: str) -> Iterator[Row]:
    index = base(name)
    ours = analysis.availability(index.raw).set_index("region")
    theirs = table(ROOM / name / "avail_summary.csv").set_index("uCode")
    columns = {
        "N_missing": "missing",
        "N_zero": "zero",
        "N_miss_or_zero": "missing_or_zero",
        "Dat_Avail": "share_observed",
        "Non_Zero": "share_nonzero",
    }
    for column, own in columns.items():
        yield f"{name}/avail_summary.csv", column, apart_by_label(ours[own], theirs[column])
    shares = analysis.availability_by_element(index.raw, index.tree).set_index(["region", "element"])["share_observed"]
    groups = table(ROOM / name / "avail_bygroup.csv").set_index("uCode")
    yield f"{name}/avail_bygroup.csv", "share observed", apart_by_label(shares, _long(groups))


def _long(frame: pd.DataFrame) -> pd.Series:
    """The cells of a table, labelled by row and column."""
    return pd.Series(frame.to_numpy(float).ravel(), pd.MultiIndex.from_product([frame.index, frame.columns]))


def _pairs(frame: pd.DataFrame, value: str = "r") -> pd.Series:
    return frame.set_index(["a", "b"])[value]


def _theirs(path: Path) -> pd.Series:
    return table(path).set_index(["Var1", "Var2"])["Correlation"]


def correlation(name: str) -> Iterator[Row]:
    index, folder = base(name), ROOM / name
    for method in ("pearson", "spearman", "kendall"):
        for level in range(1, index.tree.height + 1):
            file = f"corr_{method}_L{level}_L1.csv"
            ours = analysis.correlations(index, level, 1, method=method)
            yield f"{name}/{file}", method, apart_by_label(_pairs(ours), _theirs(folder / file))
    raw = _pairs(analysis.correlations(index, stage="raw"))
    file = "corr_pearson_raw_pairwise_NA.csv"
    yield f"{name}/{file}", "pearson, gaps", apart_by_label(raw, _theirs(folder / file))
    file = "corr_pearson_parent_p05.csv"
    ours = analysis.correlations(index, 2, 1, within=2, significance=0.05)
    yield f"{name}/{file}", "within parent, p ≤ 0.05", apart_by_label(_pairs(ours), _theirs(folder / file))
    p = _pairs(analysis.correlations(index), "p")
    theirs = table(folder / "corr_pvals_pearson.csv").set_index("iCode")
    yield f"{name}/corr_pvals_pearson.csv", "p", apart_by_label(p, _long(theirs))


def flags(name: str) -> Iterator[Row]:
    index, folder = base(name), ROOM / name
    ours = analysis.correlation_flags(index, high=0.6)
    ours["pair"] = [frozenset(pair) for pair in zip(ours["a"], ours["b"], strict=True)]
    for file, flag in (("corr_flags_high.csv", "high"), ("corr_flags_low.csv", "negative")):
        theirs = table(folder / file)
        theirs["pair"] = [frozenset(pair) for pair in zip(theirs["Ind1"], theirs["Ind2"], strict=True)]
        own = ours[ours["flag"] == flag].set_index(["element", "pair"])["r"]
        yield f"{name}/{file}", flag, apart_by_label(own, theirs.set_index(["Group", "pair"])["Corr"])
    meta = table(folder / "iMeta.csv")
    kinds = {kind: list(own["iCode"]) for kind, own in meta.groupby("Type")}
    found = analysis.denominator_correlations(
        coin_panel(folder), kinds["Indicator"], kinds["Denominator"], threshold=0.3
    )
    own = found.set_index(["indicator", "denominator"])["r"]
    theirs = table(folder / "denom_corr.csv").set_index(["Ind", "Denom"])["Corr"]
    yield f"{name}/denom_corr.csv", "pearson", apart_by_label(own, theirs)


def consistency(name: str) -> Iterator[Row]:
    index = base(name)
    theirs = table(ROOM / name / "cronbach.csv").set_index("group")
    for column, stage in (("cronbach_raw", "raw"), ("cronbach_norm", "normalised")):
        ours = analysis.cronbach(index, stage=stage).set_index("element")["alpha"]
        yield f"{name}/cronbach.csv", column, apart_by_label(ours, theirs[column])


def components(name: str) -> Iterator[Row]:
    index = base(name)
    for level in range(1, index.tree.height):
        file = f"pca_full_L{level}.csv"
        ours = analysis.principal_components(index, level).set_index(["element", "component", "node"])
        theirs = table(ROOM / name / file).rename(columns={"group": "element", "pc": "component", "iCode": "node"})
        theirs = theirs.set_index(["element", "component", "node"])
        yield f"{name}/{file}", "sdev", apart_by_label(ours["sdev"], theirs["sdev"])
        both = ours.join(theirs["loading"].rename("theirs"))
        sign = np.sign((both["loading"] * both["theirs"]).groupby(level=[0, 1]).transform("sum"))
        yield f"{name}/{file}", "loading, up to sign", apart_by_label(both["loading"] * sign, theirs["loading"])
        file = f"pca_weights_L{level}.csv"
        weights = table(ROOM / name / file).query("Level == @level").set_index("iCode")["Weight"]
        first = both.xs(1, level="component").droplevel("element")
        sign = np.sign(
            (first["loading"] * weights).groupby(both.xs(1, level=1).index.get_level_values(0)).transform("sum")
        )
        yield f"{name}/{file}", "first loading, up to sign", apart_by_label(first["loading"] * sign, weights)


def tables(name: str) -> Iterator[Row]:
    index, folder = base(name), ROOM / name
    for file, options in (
        ("results_full_scores.csv", {"show": "scores"}),
        ("results_full_ranks.csv", {"show": "ranks"}),
        ("results_aggs_groupranks.csv", {"show": "group_ranks", "group": GROUP[name], "indicators": False}),
    ):
        theirs = table(folder / file).set_index("uCode").rename(columns={"Rank": "rank"})
        ours = analysis.results(index, **options).set_index("region")
        numbers = theirs.drop(columns=GROUP[name], errors="ignore")
        yield f"{name}/{file}", "cells", apart_by_label(_long(ours[numbers.columns]), _long(numbers))
        yield f"{name}/{file}", "order of rows", 0.0 if _same_order(ours, theirs, index) else float("inf")


def _same_order(ours: pd.DataFrame, theirs: pd.DataFrame, index: Index) -> bool:
    top = index.tree.codes[-1]
    return np.array_equal(ours[top], ours.loc[theirs.index, top], equal_nan=True)


def profiles(name: str) -> Iterator[Row]:
    index, folder = base(name), ROOM / name
    for unit in UNITS[name]:
        file = f"unit_summary_{unit}.csv"
        ours = analysis.unit_summary(index, unit).set_index("node")
        theirs = table(folder / file).set_index("Code")
        for column in ("Score", "Rank"):
            yield f"{name}/{file}", column, apart_by_label(ours[column.lower()], theirs[column])
        for kind, function in (("strengths", analysis.strengths), ("weaknesses", analysis.weaknesses)):
            file = f"{kind}_{unit}.csv"
            ours, theirs = function(index, unit), table(folder / file)
            same = list(ours["indicator"]) == list(theirs["Code"])
            same &= list(ours["element"]) == list(theirs.get("Pillar", theirs.get("Level_2")))
            same &= list(ours["unit"]) == list(theirs.get("Unit", ours["unit"]))
            yield f"{name}/{file}", "indicators, in order", 0.0 if same else float("inf")
            for column in ("Rank", "Value"):
                yield f"{name}/{file}", column, apart(ours[column.lower()], theirs[column])


def left_out(name: str) -> Iterator[Row]:
    index, folder = base(name), ROOM / name
    for level in range(1, index.tree.height):
        ours = analysis.leave_one_out(index, level)
        codes = list(ours.scores["left_out"].values)
        for what, cells in (("scores", ours.scores), ("ranks", ours.ranks())):
            file = f"loo_L{level}_{what}.csv"
            theirs = table(folder / file).set_index("uCode")[codes].loc[list(index.regions)]
            yield f"{name}/{file}", what, apart(cells.values[:, 0], theirs.to_numpy())
        file = f"loo_L{level}_meanabsdiff.csv"
        means = ours.to_frame().set_index("left_out")["mean_rank_change"]
        theirs = table(folder / file).query("element != 'Nominal'").set_index("element")["MeanAbsDiff"]
        yield f"{name}/{file}", "mean rank change", apart_by_label(means, theirs)


def versions(name: str) -> Iterator[Row]:
    index, folder = base(name), ROOM / name
    panel = coin_panel(folder)
    percentiles = measure(panel, coin_spec(folder, normalise="percentile-rank"))
    ours = analysis.compare(index, percentiles).set_index("region")
    for what in ("rank", "score"):
        file = f"compare_base_prank_{what}s.csv"
        theirs = table(folder / file).set_index("uCode")
        columns = {"coin.1": f"{what}_a", "coin.2": f"{what}_b", "Diff": f"{what}_difference"}
        for column, own in columns.items():
            yield f"{name}/{file}", column, apart_by_label(ours[own], theirs[column])
    reduced = measure(panel, coin_spec(folder, without=DROPPED[name]))
    ours = analysis.compare_versions({"base": index, "prank": percentiles, "drop": reduced}).set_index("region")
    theirs = table(folder / "compare_multi_ranks.csv").set_index("uCode")
    for version in theirs:
        yield f"{name}/compare_multi_ranks.csv", version, apart_by_label(ours[f"rank_{version}"], theirs[version])


def weights(name: str) -> Iterator[Row]:
    index, folder = base(name), ROOM / name
    ours = index.effective().to_series()
    theirs = table(folder / "weights_effective.csv").set_index("iCode")
    yield f"{name}/weights_effective.csv", "effective weight", apart_by_label(ours, theirs["EffWeight"])
    given = pd.Series({node.code: node.weight for node in index.tree.nodes})
    original = table(folder / "weights_original.csv").set_index("iCode")["Weight"]
    yield f"{name}/weights_original.csv", "given weight", apart_by_label(given, original)
    levels = table(folder / "lineage.csv").set_index(table(folder / "lineage.csv").columns[0])
    same = all(
        [index.tree.codes[at] for at in index.tree.line(index.tree.position(code))[1:]] == list(above)
        for code, above in zip(levels.index, levels.itertuples(index=False), strict=True)
    )
    yield f"{name}/lineage.csv", "line to the top", 0.0 if same else float("inf")


CHECKS = (
    statistics,
    availability,
    correlation,
    flags,
    consistency,
    components,
    tables,
    profiles,
    left_out,
    versions,
    weights,
)


def worst_differences() -> Iterator[Row]:
    """Every file that these tests read, with what is compared and how far off it is."""
    for name in SETS:
        for check in CHECKS:
            yield from check(name)


@pytest.mark.usefixtures("golden")
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_agrees_with_coinr(check, name):
    within(check(name))
