"""How an industry pulls on those it buys from and pushes those it sells to, from an input-output table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue

Forward = Literal["ghosh", "leontief"]


@dataclass(frozen=True)
class Linkages:
    """Backward and forward linkages of industries; 1 is the average industry.

    ``backward`` is the index of the power of dispersion (影响力系数), ``forward`` that of sensitivity (感应度系数).
    ``direct_backward`` and ``direct_forward`` are what is bought from, or sold to, other industries and itself per
    unit of output (Chenery, Watanabe 1958).
    """

    backward: xr.DataArray
    forward: xr.DataArray
    direct_backward: xr.DataArray
    direct_forward: xr.DataArray
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row per industry."""
        named = ("backward", "forward", "direct_backward", "direct_forward")
        return pd.DataFrame({name: getattr(self, name).to_series() for name in named})

    def __str__(self) -> str:
        frame = self.to_frame()
        key = frame[(frame["backward"] >= 1) & (frame["forward"] >= 1)].index.tolist()
        return f"linkages of {len(frame)} industries\nabove the average both ways: {', '.join(key) or 'none'}"


def linkages(flows: pd.DataFrame, output: Any, *, forward: Forward = "ghosh") -> Linkages:
    """Backward and forward linkages of industries, from the flows of an input-output table and their total output.

    ``flows`` has sellers as rows and buyers as columns, the same industries in both, in the unit of ``output``, a
    mapping or Series from industry to total output. With
    A = flows / buyer's output and L = (I - A)⁻¹, ``backward`` is the column sum of L over the mean column sum
    (Rasmussen 1956; Hirschman 1958). ``forward`` is the row sum of the inverse of Ghosh (1958), flows over the
    seller's output, which Jones (1976) argued for, over its mean; ``"leontief"`` takes the row sum of L, as the
    感应度系数 of Chinese tables does. Industries without output are left out of both. Raises ``DataError`` for a table
    that is not square, has gaps, or in which industries use up more than they make.
    """
    if forward not in get_args(Forward):
        known = ", ".join(get_args(Forward))
        raise FaultyValue(
            "bad-option",
            f"forward is one of: {known}; found {forward!r}.",
            f"forward 可取：{known}；实际为 {forward!r}。",
        )
    made = pd.Series(dict(output), dtype=float)
    table = flows.set_axis(flows.index.map(str), axis=0).set_axis(flows.columns.map(str), axis=1)
    made.index = made.index.map(str)
    _check(table, made)
    codes = [code for code in table.index if made[code] > 0]
    cells, total = table.loc[codes, codes].to_numpy(dtype=float), made[codes].to_numpy(dtype=float)
    bought, sold = cells / total, cells / total[:, None]
    pull = _inverse(bought, codes)
    push = _inverse(sold, codes).sum(axis=1) if forward == "ghosh" else pull.sum(axis=1)

    def told(values: Floats) -> xr.DataArray:
        return xr.DataArray(values, {"industry": np.array(codes, dtype=str)}, ("industry",))

    return Linkages(
        told(pull.sum(axis=0) / pull.sum(axis=0).mean()),
        told(push / push.mean()),
        told(bought.sum(axis=0)),
        told(sold.sum(axis=1)),
        Record("linkages", {"forward": forward}, {"flows": digest(cells.tobytes()), "output": digest(total.tobytes())}),
    )


def _inverse(shares: Floats, codes: list[str]) -> Floats:
    """The sum of I + A + A² + …, which exists where every chain of purchases dies out."""
    if not len(codes) or np.abs(np.linalg.eigvals(shares)).max() >= 1 - 1e-12:
        most = codes[int(shares.sum(axis=0).argmax())] if codes else "none"
        raise DataError(
            Fault(
                "not-productive",
                f"industries use up all they make or more (most: {most}), so indirect purchases have no end. "
                "Check that flows and output are in one unit.",
                f"各产业的中间消耗达到或超过总产出（最甚：{most}），完全消耗无法求和。请检查流量与总产出的单位是否一致。",
            )
        )
    return np.asarray(np.linalg.inv(np.eye(len(codes)) - shares), dtype=np.float64)


def _check(table: pd.DataFrame, made: pd.Series[float]) -> None:
    """Everything wrong with a table of flows. Raises ``DataError``."""
    faults = list[Fault]()
    rows, columns = list(table.index), list(table.columns)
    if not table.index.is_unique or not table.columns.is_unique or set(rows) != set(columns):
        odd = sorted(set(rows) ^ set(columns))[:5]
        faults.append(
            Fault(
                "not-square",
                f"rows and columns must be the same industries, each once (only in one: {', '.join(odd) or 'none'}).",
                f"行与列须为相同的产业且不重复（仅见于一侧：{'、'.join(odd) or '无'}）。",
            )
        )
    lacking = [code for code in rows if code not in made.index or not np.isfinite(made[code])]
    if lacking:
        faults.append(
            Fault(
                "no-output",
                f"{len(lacking)} industries have no total output ({', '.join(lacking[:5])}).",
                f"有 {len(lacking)} 个产业缺少总产出（{'、'.join(lacking[:5])}）。",
            )
        )
    numbers = table.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    for code, bad, en, zh in (
        ("no-flow", ~np.isfinite(numbers), "no number", "不是数字"),
        ("negative-flow", numbers < 0, "a negative flow", "负流量"),
    ):
        if bad.any():
            row, column = (int(at[0]) for at in np.nonzero(bad))
            faults.append(
                Fault(
                    code,
                    f"{int(bad.sum())} cells hold {en} (first: {rows[row]} to {columns[column]}).",
                    f"有 {int(bad.sum())} 格{zh}（首个：{rows[row]} 至 {columns[column]}）。",
                )
            )
    if faults:
        raise DataError(faults)
