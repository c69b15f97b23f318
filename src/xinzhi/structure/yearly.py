"""Yearly counts of topics, read with care: years in order, none left out, none below zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import TIME, Floats
from xinzhi.core.results import digest
from xinzhi.structure.crossed import numbers, one_of
from xinzhi.structure.links import SHOWN, Links

Gaps = Literal["refuse", "zero", "unobserved"]
_WAY_OUT = "Give 0 where there was nothing, nan where it is not known, or say gaps = 'zero' or gaps = 'unobserved'."
_WAY_OUT_ZH = "确无记录的年份请填 0，不清楚的填 nan；或设置 gaps = 'zero' 或 gaps = 'unobserved'。"


@dataclass(frozen=True)
class Yearly:
    """Counts (topic, year) with their labels; ``nan`` means not observed. Years follow one another without a gap."""

    topics: tuple[str, ...]
    years: npt.NDArray[np.int64]
    counts: Floats

    @property
    def digest(self) -> str:
        """Of labels and numbers."""
        head = "\n".join([*self.topics, str(self.years.tolist())]).encode()
        return digest(head + np.ascontiguousarray(self.counts).tobytes())


def yearly(counts: Any, *, through: int | None = None, gaps: Gaps = "refuse") -> Yearly:
    """Read yearly counts: a series or mapping year -> count, a table topic × year, an array, or ``Links``.

    Of ``Links`` the topics are the activities, summed over regions; of an array the dimension beside ``time`` holds
    the topics. ``nan`` means not observed. A year that is left out is refused unless ``gaps`` says what it means:
    ``"zero"`` nothing happened, ``"unobserved"`` not known. Years after ``through`` are not looked at.
    Raises ``MethodError`` with everything that is wrong at once.
    """
    one_of("gaps", gaps, Gaps)
    table = _table(counts)
    years = _years(list(table.columns))
    cells = numbers(table, "counts", "计数")[:, np.argsort(years)]
    years = np.sort(years)
    if through is not None:
        cells, years = cells[:, years <= through], years[years <= through]
    topics = tuple(map(str, table.index))
    faults = _faults(topics, years, cells, through)
    if len(set(topics)) < len(topics):
        twice = sorted({topic for topic in topics if topics.count(topic) > 1})[:SHOWN]
        faults.append(
            Fault(
                "topic-twice",
                f"topics stand more than once in the table: {', '.join(twice)}. Add their rows up first.",
                f"下列主题在表中重复出现：{'、'.join(twice)}。请先合并其行。",
            )
        )
    if faults:
        raise MethodError(faults)
    every = np.arange(years[0], years[-1] + 1)
    if len(every) > len(years):
        left_out = [int(year) for year in every if year not in set(years.tolist())]
        if gaps == "refuse":
            shown = ", ".join(map(str, left_out[:8]))
            raise MethodError(
                Fault(
                    "gap-in-years",
                    f"{len(left_out)} years are left out between {every[0]} and {every[-1]}: {shown}. {_WAY_OUT}",
                    f"{every[0]} 至 {every[-1]} 年之间缺少 {len(left_out)} 个年份：{shown}。{_WAY_OUT_ZH}",
                )
            )
        wide = np.full((len(topics), len(every)), 0.0 if gaps == "zero" else np.nan)
        wide[:, years - every[0]] = cells
        years, cells = every, wide
    return Yearly(topics, years.astype(np.int64), cells)


def _table(counts: Any) -> pd.DataFrame:
    """Topic × year, whatever was given."""
    if isinstance(counts, Links):
        sums = [np.asarray(sparse.csr_array(matrix).sum(axis=0)).ravel() for matrix in counts.values]
        return pd.DataFrame(np.array(sums).T, list(counts.activities), list(counts.periods))
    if isinstance(counts, xr.DataArray):
        if TIME not in counts.dims or counts.ndim > 2:
            raise MethodError(
                Fault(
                    "no-time",
                    f"an array of counts needs the dimension '{TIME}' and at most one other, the topics; found "
                    f"{', '.join(map(str, counts.dims)) or 'none'}.",
                    f"计数数组须有“{TIME}”维，另至多一维为主题；实际为 {'、'.join(map(str, counts.dims)) or '无'}。",
                )
            )
        counts = counts.transpose(..., TIME).to_pandas()
    if isinstance(counts, Mapping):
        counts = pd.Series(dict(counts))
    if isinstance(counts, pd.Series):
        return pd.DataFrame([counts.to_numpy()], [str(counts.name or "counts")], list(counts.index))
    if isinstance(counts, pd.DataFrame):
        return counts
    raise MethodError(
        Fault(
            "not-counts",
            "counts are a series or mapping from year to count, a table topic × year, an array or Links; found "
            f"{type(counts).__name__}.",
            f"计数须为“年份→数量”的序列或映射、主题 × 年份的表、数组或 Links；实际为 {type(counts).__name__}。",
        )
    )


def _years(labels: list[Any]) -> npt.NDArray[np.int64]:
    found = pd.to_numeric(pd.Series([str(label) for label in labels]), errors="coerce").to_numpy(dtype=float)
    bad = np.isnan(found) | (found != np.floor(found)) | (np.abs(found) > 9999)
    if bad.any() or len(set(found.tolist())) < len(found):
        named = [str(label) for label, wrong in zip(labels, bad, strict=True) if wrong][:SHOWN]
        what = f"these are not years: {', '.join(named)}" if named else "a year stands there twice"
        zh = f"下列表头不是年份：{'、'.join(named)}" if named else "有年份重复"
        raise MethodError(
            Fault(
                "not-years",
                f"the columns of a table of counts (or the index of a series) must be whole years, each once; {what}.",
                f"计数表的列（或序列的索引）须为整数年份且不重复；{zh}。",
            )
        )
    return found.astype(np.int64)


def _faults(topics: tuple[str, ...], years: npt.NDArray[np.int64], cells: Floats, through: int | None) -> list[Fault]:
    if not cells.size:
        until = "" if through is None else f" up to {through}"
        until_zh = "" if through is None else f"（截至 {through} 年）"
        return [Fault("no-counts", f"there are no counts{until}.", f"没有任何计数{until_zh}。")]
    faults = []
    for wrong, code, en, zh in (
        (cells < 0, "negative-count", "a count cannot be below zero", "计数不能为负"),
        (np.isinf(cells), "infinite-count", "a count must be finite", "计数须为有限数"),
    ):
        if wrong.any():
            at = [(topics[i], int(years[j]), cells[i, j]) for i, j in np.argwhere(wrong)[:SHOWN]]
            shown = "; ".join(f"{topic} {year}: {value:g}" for topic, year, value in at)
            faults.append(
                Fault(
                    code,
                    f"{en}; {int(wrong.sum())} cells are not so: {shown}. Correct them, or give nan for not known.",
                    f"{zh}；共 {int(wrong.sum())} 处不符：{shown}。请更正，不清楚的填 nan。",
                )
            )
    return faults
