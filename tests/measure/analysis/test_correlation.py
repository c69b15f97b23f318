"""Correlation, consistency and components: against definitions, with gaps, and at the edges."""

import numpy as np
import pytest
from scipy import stats

from tests.measure.analysis import example
from tests.oracles.analysis import alpha, tau_b
from xinzhi.core.errors import MethodError
from xinzhi.core.labels import panel
from xinzhi.measure.analysis import (
    correlation_flags,
    correlations,
    cronbach,
    denominator_correlations,
    principal_components,
)
from xinzhi.measure.composite import measure


def pair(table, a, b):
    return table[(table["a"] == a) & (table["b"] == b)].iloc[0]


@pytest.mark.parametrize(("method", "function"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)])
def test_r_and_p_are_scipys_over_the_common_cells(method, function):
    index = example.index()
    x, y = (index.raw.sel(indicator=code).values.ravel() for code in ("rd", "staff"))
    seen = ~np.isnan(x + y)
    row = pair(correlations(index, method=method, stage="raw"), "rd", "staff")
    found = function(x[seen], y[seen])
    assert (row["r"], row["p"]) == pytest.approx((found.statistic, found.pvalue))
    assert row["n"] == seen.sum() == 17


def test_kendall_counts_pairs():
    index = example.index()
    x, y = (index.raw.sel(indicator=code).values.ravel().tolist() for code in ("rd", "energy"))
    assert pair(correlations(index, method="kendall", stage="raw"), "rd", "energy")["r"] == pytest.approx(tau_b(x, y))


def test_within_keeps_to_the_group_and_significance_blanks():
    index = example.index()
    table = correlations(index, 2, 1, within=2)
    assert set(zip(table["a"], table["b"], strict=True)) == {
        ("science", "rd"),
        ("science", "staff"),
        ("green", "energy"),
        ("green", "waste"),
    }
    strict = correlations(index, 2, 1, within=2, significance=1e-30)
    assert strict["r"].isna().all()
    assert (pair(table, "green", "waste")["b_name_zh"], len(strict)) == ("废弃物", 4)


def test_one_year_alone_and_a_year_that_is_not_there():
    assert (correlations(example.index(), time=2022)["n"] <= 6).all()
    with pytest.raises(MethodError, match="no year 1999"):
        correlations(example.index(), time=1999)


def test_a_level_that_is_not_there_is_refused_in_both_languages():
    with pytest.raises(MethodError) as refusal:
        correlations(example.index(), 7)
    assert "levels 1 (indicators) to 3" in refusal.value.say("en")
    assert "第 7 层" in refusal.value.say("zh")


def test_flags_name_what_repeats_and_what_opposes():
    cells = np.arange(12.0).reshape(6, 2, 1)
    same, against = cells * 3 + 1, -cells + np.random.default_rng(0).normal(0, 1, cells.shape)
    values = np.concatenate([cells, same, against, -cells, cells], axis=2)
    index = measure(panel(values, example.REGIONS, [2020, 2021], example.CODES), example.spec())
    flags = correlation_flags(index).set_index(["a", "b"])["flag"]
    assert flags["rd", "staff"] == "high"
    # waste counts against its parent, so falling waste and falling clean energy pull apart
    assert flags["energy", "waste"] == "negative"
    assert len(flags) == 2


def test_denominators_that_an_indicator_follows_are_found():
    size = np.arange(1.0, 7.0)
    values = np.stack([size * 2, size[::-1] ** 3, np.array([1.0, -1, 1, -1, 1, -1]), size], axis=1)[:, None, :]
    found = denominator_correlations(panel(values, example.REGIONS, [2020], list("abcs")), list("abc"), ["s"])
    assert list(found["indicator"]) == ["a", "b"]
    assert found["r"][0] == pytest.approx(1)


def test_alpha_is_the_textbooks():
    index = example.index(gap=False)
    items = [index.normalised.sel(indicator=code).values.ravel() for code in ("energy", "waste")]
    row = cronbach(index).set_index("element").loc["green"]
    assert row["alpha"] == pytest.approx(alpha(items))
    standard = [(item - item.mean()) / item.std() for item in items]
    assert row["alpha_standardised"] == pytest.approx(alpha(standard))
    assert list(cronbach(index, 2)["element"]) == ["top"]


def test_components_are_orthonormal_explain_everything_and_point_up():
    table = principal_components(example.index(), grouped=False)
    loadings = table.pivot_table(index="component", columns="node", values="loading").to_numpy()
    assert loadings @ loadings.T == pytest.approx(np.eye(4))
    assert (loadings.sum(axis=1) >= 0).all()
    assert table["cumulative"].iloc[-1] == pytest.approx(1)
    assert (table.groupby("component")["sdev"].first() ** 2).sum() == pytest.approx(4)
    assert set(table["n"]) == {17}


def test_components_of_a_constant_are_refused_by_name():
    with pytest.raises(MethodError, match="energy"):
        principal_components(
            example.index(normalise={"method": "min-max", "only": {"energy": lambda x, *_: x * 0 + 1}})
        )
