"""Spatial weights as they arrive, matched to the regions of the scores, and what neighbours have on average."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.dynamics._scores import names
from xinzhi.dynamics.neighbours import Neighbours

# Rows of a hand-made file sum to one only as far as they were written out.
ROUNDING = 1e-6


def neighbour_weights(weights: Any, regions: npt.NDArray[Any]) -> sparse.csr_array:
    """Row-standardised weights in the order of ``regions``.

    A labelled table (``Neighbours``, ``DataFrame``, ``DataArray`` of two dimensions) is matched by its labels, other
    matrices by position. Raises ``MethodError`` for missing labels, another shape, negative or missing weights,
    weights on oneself, and rows that do not sum to one: a region without neighbours must be joined to some, by choice.
    """
    if isinstance(weights, Neighbours):
        weights = pd.DataFrame(weights.weights.toarray(), weights.regions, weights.regions)
    if isinstance(weights, xr.DataArray) and weights.ndim == 2:
        weights = weights.to_pandas()
    if isinstance(weights, pd.DataFrame):
        weights = weights.rename(index=str, columns=str)
        labels = [str(region) for region in regions]
        missing = [label for label in labels if label not in weights.index or label not in weights.columns]
        if missing:
            en, zh = names(missing)
            raise MethodError(
                Fault(
                    "region-without-weights",
                    f"{len(missing)} of {len(regions)} regions are not in the weights: {en}. Islands may have been "
                    "dropped there: join them to a neighbour, or leave these regions out of the scores.",
                    f"{len(regions)} 个地区中有 {len(missing)} 个不在空间权重矩阵中：{zh}。可能是构造权重时剔除了孤岛："
                    "请为其指定邻接，或将这些地区从得分中剔除。",
                )
            )
        weights = weights.loc[labels, labels].to_numpy(dtype=float)
    matrix = sparse.csr_array(weights, dtype=float)
    if matrix.shape != (len(regions), len(regions)):
        raise MethodError(
            Fault(
                "weights-of-another-shape",
                f"weights are {' × '.join(map(str, matrix.shape))}, there are {len(regions)} regions.",
                f"空间权重矩阵为 {' × '.join(map(str, matrix.shape))}，而地区有 {len(regions)} 个。",
            )
        )
    if faults := _flaws(matrix, regions):
        raise MethodError(faults)
    return matrix


def neighbour_means(x: Floats, matrix: sparse.csr_array) -> Floats:
    """The weighted mean of every region's neighbours, (..., region); ``nan`` where one of them is."""
    flat = x.reshape(-1, x.shape[-1])
    seen = ~np.isnan(flat)
    means = (matrix @ np.where(seen, flat, 0.0).T).T
    lost = (matrix @ (~seen).astype(float).T).T > 0
    return np.asarray(np.where(lost, np.nan, means).reshape(x.shape))


def _flaws(matrix: sparse.csr_array, regions: npt.NDArray[Any]) -> list[Fault]:
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    values = sparse.coo_array(matrix)
    bad = np.zeros(len(regions), dtype=bool)
    bad[values.row[~(values.data >= 0)]] = True
    alone = np.zeros_like(bad) if bad.any() else sums == 0
    kinds = (
        (bad, "bad-spatial-weight", "negative or missing spatial weights", "空间权重为负或缺失"),
        (
            matrix.diagonal() != 0,
            "own-neighbour",
            "regions that are their own neighbours (set the diagonal to 0)",
            "地区以自身为邻（请将对角线设为 0）",
        ),
        (
            alone,
            "no-neighbours",
            "regions without neighbours (join them to some, as Hainan is often joined to Guangdong)",
            "没有邻接地区的地区（请为其指定邻接，如通常将海南与广东相连）",
        ),
        (
            ~alone & ~bad & ~(np.abs(sums - 1) <= ROUNDING),
            "rows-do-not-sum-to-one",
            "rows of the weights that do not sum to one (row-standardise them)",
            "空间权重的行和不为 1（请先作行标准化）",
        ),
    )
    faults = []
    for where, code, en, zh in kinds:
        if where.any():
            listed = names(regions[where])
            faults.append(Fault(code, f"{en}: {listed[0]}.", f"{zh}：{listed[1]}。"))
    return faults
