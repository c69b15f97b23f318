"""What moves together: correlations within and across levels, internal consistency, principal components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import INDICATOR, REGION, TIME, Floats, Panel
from xinzhi.measure.analysis.layers import Stage, ancestor, layer, names
from xinzhi.measure.result import Index
from xinzhi.measure.tree import Tree

Coefficient = Literal["pearson", "spearman", "kendall"]


def correlations(
    index: Index,
    level_a: int = 1,
    level_b: int = 1,
    *,
    method: Coefficient = "pearson",
    within: int | None = None,
    significance: float | None = None,
    stage: Stage = "normalised",
    time: int | None = None,
) -> pd.DataFrame:
    """Correlate the nodes of two levels, each pair over the region-years where both are observed.

    One row per pair: ``r``, its two-sided ``p`` and ``n``. Pearson and Spearman take p from t = r √((n-2)/(1-r²)),
    Kendall is tau-b with the exact p for small samples without ties and the normal approximation otherwise.
    ``within`` keeps only pairs that stand under (or at) the same element of that level; ``significance`` blanks every
    ``r`` whose p is larger. A pair with a constant or with fewer than two common cells has r = ``nan``.
    """
    a, b = layer(index, level_a, stage=stage, time=time), layer(index, level_b, stage=stage, time=time)
    r, p, n = coefficients(a.to_numpy(), b.to_numpy(), method)
    pairs = [(i, j) for j in range(b.shape[1]) for i in range(a.shape[1])]
    if within is not None:
        above = {code: ancestor(index.tree, index.tree.position(code), within) for code in (*a.columns, *b.columns)}
        pairs = [(i, j) for i, j in pairs if above[a.columns[i]] == above[b.columns[j]]]
    at = tuple(np.array(pairs, dtype=np.intp).reshape(-1, 2).T)
    codes_a, codes_b = a.columns[at[0]], b.columns[at[1]]
    table = pd.DataFrame(
        {"a": codes_a, "b": codes_b}
        | names(index.tree, codes_a, "a_")
        | names(index.tree, codes_b, "b_")
        | {"r": r[at], "p": p[at], "n": n[at]}
    )
    if significance is not None:
        table["r"] = table["r"].where(table["p"] <= significance)
    return table


def correlation_flags(
    index: Index,
    *,
    high: float = 0.9,
    low: float = 0.3,
    within: int = 2,
    method: Coefficient = "pearson",
    stage: Stage = "normalised",
    time: int | None = None,
) -> pd.DataFrame:
    """Name the pairs of indicators in one group that say the same, little in common, or opposite things.

    ``flag`` is ``high`` for r > ``high`` (counted twice), ``negative`` for r < 0 (they cancel out) and ``low`` for
    0 ≤ r < ``low``; other pairs are left out. Groups are the elements of level ``within``. Each pair stands once.
    """
    table = correlations(index, method=method, within=within, stage=stage, time=time)
    order = {code: at for at, code in enumerate(index.tree.codes)}
    table = table[table["a"].map(order) < table["b"].map(order)].dropna(subset="r")
    kind = np.select([table["r"] > high, table["r"] < 0, table["r"] < low], ["high", "negative", "low"], "")
    group = [_group(index.tree, code, within) for code in table["a"]]
    table = table.assign(element=group, **names(index.tree, group, "element_"), flag=kind)
    return table[table["flag"] != ""].sort_values("r", ascending=False, ignore_index=True)


def denominator_correlations(
    panel: Panel,
    indicators: Sequence[str],
    denominators: Sequence[str],
    *,
    threshold: float = 0.6,
    method: Coefficient = "pearson",
) -> pd.DataFrame:
    """Find indicators that follow the size of a region: |r| with a possible denominator above ``threshold``.

    Such an indicator may need to be divided by it. All region-years of the panel are taken together.
    """
    cells = panel.transpose(REGION, TIME, INDICATOR)
    x, y = (cells.sel({INDICATOR: list(of)}).values.reshape(-1, len(of)) for of in (indicators, denominators))
    r, p, n = coefficients(x, y, method)
    i, j = np.nonzero(np.abs(r) > threshold)
    found = {INDICATOR: np.array(indicators, dtype=object)[i], "denominator": np.array(denominators, dtype=object)[j]}
    return pd.DataFrame(found | {"r": r[i, j], "p": p[i, j], "n": n[i, j]})


def coefficients(a: Floats, b: Floats, method: Coefficient) -> tuple[Floats, Floats, np.ndarray]:
    """Correlate the columns of (cells, ka) with those of (cells, kb), pairwise complete: r, p, n, each (ka, kb)."""
    seen_a, seen_b = ~np.isnan(a), ~np.isnan(b)
    n = seen_a.astype(int).T @ seen_b.astype(int)
    if method == "kendall":
        r, p = _kendall(a, b)
        return r, p, n
    both = pd.DataFrame(np.hstack([a, b]))
    r = both.corr(method=method).to_numpy()[: a.shape[1], a.shape[1] :]
    r = np.where(n >= 2, np.clip(r, -1, 1), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.abs(r) * np.sqrt((n - 2) / (1 - r**2))
        p = np.where(n > 2, 2 * stats.t.sf(t, n - 2), np.nan)
    return r, p, n


def cronbach(index: Index, level: int = 1, *, stage: Stage = "normalised", time: int | None = None) -> pd.DataFrame:
    """Cronbach's alpha of the children of every element: do they measure one thing?

    ``alpha`` = k² c̄ / Σ C with C the pairwise complete covariances of the k children (of ``level``) and c̄ the mean
    off the diagonal; ``alpha_standardised`` is the same of correlations. Cronbach 1951; ``nan`` for a single child.
    Raw data in different units should be read by the standardised form.
    """
    x = layer(index, level, stage=stage, time=time)
    rows = []
    for element, children in _groups(index.tree, level).items():
        own = x[children]
        alpha, standardised = (_alpha(matrix.to_numpy()) for matrix in (own.cov(), own.corr()))
        rows.append((element, len(children), alpha, standardised))
    table = pd.DataFrame(rows, columns=["element", "items", "alpha", "alpha_standardised"])
    return table.assign(**names(index.tree, table["element"]))


def principal_components(
    index: Index,
    level: int = 1,
    *,
    grouped: bool = True,
    stage: Stage = "normalised",
    time: int | None = None,
) -> pd.DataFrame:
    """Principal components of the standardised nodes of a level, within every parent or (``grouped=False``) overall.

    One row per component and node: ``sdev`` of the component, its ``share`` of the variance, their running sum, and
    the ``loading``. Rows with a gap are left out; ``n`` says how many remain. The sign of a component is arbitrary: it
    is set so that the loadings sum to a positive number. Raises ``MethodError`` for a constant column.
    """
    x = layer(index, level, stage=stage, time=time)
    groups = _groups(index.tree, level) if grouped else {index.tree.codes[-1]: list(x.columns)}
    return pd.concat(
        [_components(x[nodes], element, index.tree) for element, nodes in groups.items()], ignore_index=True
    )


def _kendall(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    r, p = np.full((2, a.shape[1], b.shape[1]), np.nan)
    same = a.shape == b.shape and np.array_equal(a, b, equal_nan=True)
    for i, x in enumerate(a.T):
        for j, y in enumerate(b.T):
            if same and j < i:
                r[i, j], p[i, j] = r[j, i], p[j, i]
                continue
            seen = ~(np.isnan(x) | np.isnan(y))
            if seen.sum() >= 2:
                found = stats.kendalltau(x[seen], y[seen])
                r[i, j], p[i, j] = found.statistic, found.pvalue
    return r, p


def _alpha(matrix: Floats) -> float:
    k, total = len(matrix), np.nansum(matrix)
    if k < 2 or total == 0:
        return float("nan")
    between = (total - np.nansum(np.diag(matrix))) / (k * (k - 1))
    return float(k**2 * between / total)


def _components(x: pd.DataFrame, element: str, tree: Tree) -> pd.DataFrame:
    whole = x.dropna()
    constant = [str(code) for code in whole if whole[code].nunique() < 2]
    if constant:
        listed = ", ".join(constant)
        raise MethodError(
            Fault(
                "constant-column",
                f"no principal components under '{element}': {listed} does not vary over the {len(whole)} region-years "
                "without gaps. Impute first, or leave it out.",
                f"无法对“{element}”做主成分分析：{listed} 在 {len(whole)} 个完整观测上没有变化。"
                "请先填补缺失值或去掉该指标。",
            )
        )
    z = ((whole - whole.mean()) / whole.std()).to_numpy()
    _, singular, axes = np.linalg.svd(z, full_matrices=False)
    axes = axes * np.where(axes.sum(axis=1) < 0, -1.0, 1.0)[:, None]
    sdev = singular / np.sqrt(len(whole) - 1)
    share = sdev**2 / (sdev**2).sum()
    count, k = axes.shape
    codes = list(x.columns) * count
    return pd.DataFrame(
        {
            "element": element,
            "component": np.repeat(np.arange(1, count + 1), k),
            "sdev": np.repeat(sdev, k),
            "share": np.repeat(share, k),
            "cumulative": np.repeat(share.cumsum(), k),
            "node": codes,
            **names(tree, codes),
            "loading": axes.ravel(),
            "n": len(whole),
        }
    )


def _groups(tree: Tree, level: int) -> dict[str, list[str]]:
    """The nodes of a level by their parent."""
    groups: dict[str, list[str]] = {}
    for at in np.flatnonzero(tree.levels == level):
        if (parent := tree.nodes[at].parent) is not None:
            groups.setdefault(parent, []).append(tree.codes[at])
    return groups


def _group(tree: Tree, code: str, level: int) -> str:
    return tree.codes[ancestor(tree, tree.position(code), level)]
