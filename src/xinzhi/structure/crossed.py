"""Regions crossed with activities: a sparse matrix with its two label sets, checked once, at the door.

Kernels of this room know the matrix alone. Links of one period can be handed in, a pandas table, or a labelled array.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.methods import Family, Method
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.links import ALL, Links, Names, Period, stored

ACTIVITY = "activity"
PERIOD = "period"
Csr: TypeAlias = sparse.csr_array
Bools: TypeAlias = npt.NDArray[np.bool_]

_SHOWN = 5
_PIECE = 1_000_000


@dataclass(frozen=True, eq=False)
class Crossed:
    """A matrix of what regions have of activities, (region, activity), none negative, with its labels."""

    matrix: Csr
    regions: Names
    activities: Names

    @classmethod
    def of(cls, given: Any, period: Period | None = None) -> Crossed:
        """The matrix and its labels from links (of a period), a table or a labelled array. Raises ``MethodError``."""
        if isinstance(given, Crossed):
            return given
        if isinstance(given, Links):
            return cls(stored(given.at(period)).astype(float), given.regions, given.activities)
        if isinstance(given, pd.DataFrame):
            found = given.to_numpy(), list(given.index), list(given.columns)
        elif isinstance(given, xr.DataArray) and set(given.dims) == {REGION, ACTIVITY}:
            laid = given.transpose(REGION, ACTIVITY)
            found = laid.values, list(laid[REGION].values), list(laid[ACTIVITY].values)
        else:
            raise MethodError(
                Fault(
                    "not-crossed",
                    "regions by activities are needed: links, a pandas table with regions down and activities across, "
                    f"or a labelled array of region × activity; found {type(given).__name__}.",
                    "须提供地区 × 活动的数据：关联数据、行为地区列为活动的 pandas 表格，或地区 × 活动的带标签数组；"
                    f"实际为 {type(given).__name__}。",
                )
            )
        values = numbers(found[0], "the cells", "各单元")
        crossed = cls(sparse.csr_array(values), _labels(found[1]), _labels(found[2]))
        crossed._check()
        return crossed

    def _check(self) -> None:
        faults = [
            fault
            for labels, en, zh in ((self.regions, "regions", "地区"), (self.activities, "activities", "活动"))
            for fault in _twice(labels, en, zh)
        ]
        matrix = self.matrix
        for wrong, code, en, zh in (
            (~np.isfinite(matrix.data), "not-finite", "not finite numbers", "不是有限数值"),
            (matrix.data < 0, "negative", "negative", "为负"),
        ):
            if wrong.any():
                at = sparse.csr_array((wrong, matrix.indices, matrix.indptr), matrix.shape).tocoo()
                rows, columns = at.row[at.data], at.col[at.data]
                cells = [
                    f"{self.regions[row]}/{self.activities[column]}"
                    for row, column in zip(rows[:_SHOWN], columns[:_SHOWN], strict=True)
                ]
                faults.append(
                    Fault(
                        code,
                        f"{wrong.sum()} cells are {en} (first: {', '.join(cells)}). Mend or leave them out.",
                        f"有 {wrong.sum()} 个单元{zh}（如：{'、'.join(cells)}）。请更正或剔除。",
                    )
                )
        if not faults and not np.isfinite(_total(matrix)):
            faults.append(
                Fault(
                    "too-large",
                    "the sum of all cells is too large to hold. Use a larger unit.",
                    "各单元合计超出数值范围。请换用更大的单位。",
                )
            )
        if faults:
            raise MethodError(faults)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the matrix and its labels."""
        content = hashlib.sha256()
        for part, kind in ((self.matrix.indptr, np.int64), (self.matrix.indices, np.int64), (self.matrix.data, None)):
            for start in range(0, len(part), _PIECE):  # or there would be a wider copy of the whole
                content.update(np.ascontiguousarray(part[start : start + _PIECE], dtype=kind).data)
        content.update("\0".join(map(str, [*self.regions, "", *self.activities])).encode())
        return content.hexdigest()


def every_period(given: Any, period: Period | None = None) -> list[tuple[Period, Crossed]]:
    """What was given, period by period: every period of links unless one is named; a table is one period."""
    if isinstance(given, Links):
        return [(at, Crossed.of(given, at)) for at in (given.periods if period is None else (period,))]
    return [(ALL if period is None else period, Crossed.of(given))]


def settled(family: Family, method: str | Callable[..., Any], options: dict[str, Any]) -> tuple[Method, dict[str, Any]]:
    """The method and its options, checked. Raises ``MethodError``."""
    chosen = family.find(method)
    return chosen, chosen.accept(options)


def one_of(option: str, given: Any, known: Any) -> None:
    """Refuse an option that is none of the words of a ``Literal``. Raises ``MethodError``."""
    words = get_args(known)
    if given not in words:
        raise MethodError(
            Fault(
                "bad-option",
                f"{option} is one of: {', '.join(words)}; found {given!r}.",
                f"{option} 可取：{'、'.join(words)}；实际为 {given!r}。",
            )
        )


def each_of(option: str, given: Sequence[Any], known: Any) -> None:
    """Refuse a list of words of which one is none of a ``Literal``'s. Raises ``MethodError``."""
    for one in (given,) if isinstance(given, str) else given:
        one_of(option, one, known)


def level_within(level: float) -> None:
    """Refuse an interval that holds nothing, or more than all. Raises ``MethodError``."""
    if not 0 < level < 1:
        raise MethodError(
            Fault(
                "bad-option",
                f"level must lie between 0 and 1; found {level:g}.",
                f"level 须在 0 与 1 之间；实际为 {level:g}。",
            )
        )


def needs_links(given: Any) -> None:
    """Refuse what is not links, such as the table that they are to be made of. Raises ``MethodError``."""
    if not isinstance(given, Links):
        raise MethodError(
            Fault(
                "not-links",
                f"links are needed; found {type(given).__name__}. Make them of a long table: xz.links(table).",
                f"须提供关联数据；实际为 {type(given).__name__}。请先由长表生成：xz.links(table)。",
            )
        )


def held(matrix: Csr) -> Csr:
    """The matrix as one that says only who has what: ones, and nothing where nothing is held. Raises ``FaultyValue``.

    Values other than zero and one are refused rather than cut at zero: who counts as having something is a choice.
    """
    if ((matrix.data != 0) & (matrix.data != 1)).any():
        raise FaultyValue(
            "not-presence",
            "this method needs who has what, ones and zeros; found other values. Take presence first, such as a "
            "location quotient of at least 1.",
            "该方法需要 0/1 的拥有矩阵；发现其他取值。请先判定优势，例如区位商不小于 1。",
        )
    if (matrix.data == 1).all():
        return matrix
    clean = matrix.copy()
    clean.eliminate_zeros()
    return clean


def totals(matrix: Any, axis: int) -> Floats:
    """Sums along an axis of a sparse matrix, as a flat array."""
    return np.asarray(matrix.sum(axis=axis), dtype=float).ravel()


def named(labels: Names, which: Bools) -> tuple[str, str]:
    """The labels at ``which`` in English and in Chinese, the first few by name and the rest counted."""
    found = [str(label) for label in labels[which]]
    rest = len(found) - _SHOWN
    en, zh = ", ".join(found[:_SHOWN]), "、".join(found[:_SHOWN])
    return (f"{en} and {rest} more", f"{zh}等 {len(found)} 个") if rest > 0 else (en, zh)


def noted(code: str, labels: Names, which: Bools, en: str, zh: str) -> tuple[Fault, ...]:
    """A notice that names the labels at ``which`` in place of ``{}``; none where there are none."""
    if not which.any():
        return ()
    names = named(labels, which)
    return (Fault(code, en.format(names[0]), zh.format(names[1]), severity="warning"),)


def aligned(labels: Names, wanted: Names, en: str, zh: str) -> npt.NDArray[np.intp]:
    """Where each wanted label stands in ``labels``. Raises ``MethodError`` that names those that are not there."""
    if len(labels) == len(wanted) and (labels == wanted).all():
        return np.arange(len(wanted))
    if twice := _twice(labels, f"in {en}, labels", f"{zh}的标签"):
        raise MethodError(twice)
    at = pd.Index(labels).get_indexer(pd.Index(wanted))
    if (at < 0).any():
        names = named(wanted, at < 0)
        raise MethodError(
            Fault(
                "labels-do-not-fit",
                f"{en} has nothing on {names[0]}. Give it for these too, or leave them out of both.",
                f"{zh}缺少：{names[1]}。请补全，或从两者中剔除。",
            )
        )
    return np.asarray(at, dtype=np.intp)


def per_label(given: Any, labels: Names, en: str, zh: str) -> Floats:
    """One number for every label: from a mapping or a labelled series, or an array in the order of the labels."""
    if isinstance(given, xr.DataArray):
        given = given.to_series()
    elif isinstance(given, Mapping):
        given = pd.Series(dict(given))
    if isinstance(given, pd.Series):
        return numbers(given, en, zh)[aligned(_labels(list(given.index)), labels, en, zh)]
    values = numbers(given, en, zh)
    if values.shape != labels.shape:
        raise MethodError(
            Fault(
                "labels-do-not-fit",
                f"{en} must be {len(labels)} numbers; found shape {values.shape}.",
                f"{zh}须为 {len(labels)} 个数；实际形状为 {values.shape}。",
            )
        )
    return values


def numbers(given: Any, en: str, zh: str) -> Floats:
    """What was given as an array of numbers. Raises ``MethodError`` where it holds something else."""
    try:
        return np.asarray(given, dtype=float)
    except (TypeError, ValueError) as error:
        said = " ".join(str(error).split())
        raise MethodError(Fault("not-numbers", f"{en} must be numbers: {said}.", f"{zh}须为数值：{said}。")) from None


def _total(matrix: Csr) -> float:
    with np.errstate(over="ignore"):
        return float(matrix.data.sum())


def _labels(given: Sequence[Any]) -> Names:
    labels = np.empty(len(given), dtype=object)
    labels[:] = given
    return labels


def _twice(labels: Names, en: str, zh: str) -> list[Fault]:
    repeated = pd.Index(labels).duplicated()
    if not repeated.any():
        return []
    names = named(labels, repeated)
    return [
        Fault(
            "label-twice",
            f"{en} stand there more than once: {names[0]}. Sum or rename them.",
            f"{zh}重复出现：{names[1]}。请合并或改名。",
        )
    ]
