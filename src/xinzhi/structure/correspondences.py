"""Concordances from files and tables: shares, weights or bare pairs, and everything wrong with them said at once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from pydantic import ValidationError
from scipy import sparse

from xinzhi.core.errors import DataError, Fault, errors_in
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import faults_of
from xinzhi.data.files import find
from xinzhi.data.sources import SourceSpec
from xinzhi.data.tables import RawTable, from_arrow, read_tables
from xinzhi.structure.concordance import TOLERANCE, Concordance, written_otherwise
from xinzhi.structure.crossed import named, totals

FRAME = "table"


def concordance(
    table: Any,
    *,
    source: str,
    target: str,
    share: str | None = None,
    weights: bool = False,
    sources: Iterable[str] | None = None,
    targets: Iterable[str] | None = None,
    vintages: tuple[str, str] = ("", ""),
    tolerance: float = TOLERANCE,
    **how: Any,
) -> Concordance:
    """What share of each class of one classification lies in which class of another, from a long table.

    ``table`` is a path or a frame (pandas, Polars, Arrow); ``source``, ``target`` and ``share`` name its columns, one
    row per pair. The shares of every source class sum to one within ``tolerance``; with ``weights`` the column holds
    weights instead, such as counts of matches, and without ``share`` every pair counts the same: both are divided by
    their sum. ``sources`` and ``targets`` list the classes there are: classes of the table that are not among them, and
    source classes without an entry, are faults; targets that nothing leads to are a warning. ``vintages`` are the
    editions of the two. ``how`` are ``sheet``, ``header``, ``encoding``, ``separator``. Rows of the same pair are added
    up and told. Raises ``DataError`` with everything that is wrong.
    """
    tables, inputs = _tables(table, how)
    asked = {"source": source, "target": target} | ({} if share is None else {"share": share})
    faults = [fault for one in tables for fault in _absent(one, asked)]
    if faults:
        raise DataError(faults)
    frame = pd.concat([_frame(one, asked) for one in tables], ignore_index=True)
    file = tables[0].file
    faults += _faulty_rows(frame, file, asked)
    known = {"source": sources, "target": targets}
    for side, listed in known.items():
        faults += [] if listed is None else _not_listed(frame, side, asked[side], [str(one) for one in listed], file)
    if errors_in(faults):
        raise DataError(faults)
    if repeats := int(frame.duplicated(["source", "target"]).sum()):
        faults.append(_repeated(repeats, file))
    down, across = (np.sort(frame[side].unique()).astype(object) for side in ("source", "target"))
    places = pd.Index(down).get_indexer(frame["source"]), pd.Index(across).get_indexer(frame["target"])
    matrix = sparse.csr_array(sparse.coo_array((frame["share"].to_numpy(), places), (len(down), len(across))))
    matrix.eliminate_zeros()
    if weights or share is None:
        total = totals(matrix, 1)  # a class of zeros stays one, which its sum then tells
        matrix = sparse.csr_array(sparse.diags_array(1 / np.where(total > 0, total, 1.0)) @ matrix)
    settings = {"columns": asked, "weights": weights, "tolerance": tolerance, "vintages": list(vintages), **how}
    record = Record("concordance", settings, inputs or {FRAME: digest(frame.to_csv(index=False))})
    return Concordance(matrix, down, across, source, target, vintages, tolerance, tuple(faults), record)


def _tables(given: Any, how: dict[str, Any]) -> tuple[list[RawTable], dict[str, str]]:
    if isinstance(given, (str, os.PathLike)):
        path = Path(given)
        try:
            spec = SourceSpec(file=path.name, **how)
        except ValidationError as error:
            raise DataError(faults_of(error)) from None
        found = find(path.parent, path.name)
        return read_tables(found, spec), {path.name: found.sha256}
    try:
        arrow = nw.from_native(given, eager_only=True).to_arrow()
    except TypeError:
        raise DataError(_not_a_table(given)) from None
    return [from_arrow(arrow, FRAME)], {}


def _frame(table: RawTable, asked: dict[str, str]) -> pd.DataFrame:
    """The columns asked for: labels as trimmed text (none: empty), shares as numbers (none or no number: nan)."""
    found: dict[str, Any] = {"row": table.rows}
    for role, head in asked.items():
        column = pd.Series(table.column(head).to_pandas())
        if role == "share":
            found[role] = pd.to_numeric(column, errors="coerce").astype(float)
            continue
        if pd.api.types.is_float_dtype(column):  # codes that lost some cells come as 11.0
            whole = column.notna() & (column == column.round())
            column = column.astype(object).where(~whole, column[whole].astype("int64").astype(str))
        found[role] = column.astype(object).where(column.notna(), "").astype(str).str.strip()
    return pd.DataFrame(found).assign(**({} if "share" in asked else {"share": 1.0}))


def _absent(table: RawTable, asked: dict[str, str]) -> list[Fault]:
    heads = ", ".join(table.heads[:12])
    return [
        Fault(
            "unknown-column",
            f"`{role}` names a column '{head}' that is not there. The table has: {heads}.",
            f"{role} 所指的列“{head}”不存在。表中有：{heads}。",
            file=table.file,
        )
        for role, head in asked.items()
        if head not in table.heads
    ]


def _faulty_rows(frame: pd.DataFrame, file: str, asked: dict[str, str]) -> list[Fault]:
    """Rows without a class, and shares that cannot be: one fault of each kind with its first row."""
    value = frame["share"].to_numpy()
    kinds: list[tuple[str, Any, str, str, str]] = [
        ("no-source", frame["source"] == "", "source", "rows without a source class", "缺少来源类别的行"),
        ("no-target", frame["target"] == "", "target", "rows without a target class", "缺少目标类别的行"),
        ("no-share", np.isnan(value), "share", "rows without a share that is a number", "份额缺失或不是数值的行"),
        ("negative-share", value < 0, "share", "negative shares", "份额为负的行"),
        ("infinite-share", np.isinf(value), "share", "infinite shares", "份额为无穷大的行"),
    ]
    faults = []
    for code, which, role, en, zh in kinds:
        if count := int(np.count_nonzero(which)):
            row = int(frame["row"].to_numpy()[np.flatnonzero(which)[0]])
            said = f"{en}: {count}. Mend or delete them.", f"{zh}：{count} 行。请更正或删除。"
            faults.append(Fault(code, *said, file=file, row=row, column=asked.get(role)))
    return faults


def _not_listed(frame: pd.DataFrame, side: str, head: str, listed: list[str], file: str) -> list[Fault]:
    """Classes of the table that are not listed, and listed ones that the table does not have."""
    there = frame[side].unique().astype(object)
    strange = ~np.isin(there, listed)
    bare = np.array([label for label in listed if label not in set(there)], dtype=object)
    faults = []
    if strange.any():
        en, zh = named(there, strange)
        hint = written_otherwise(there[strange], listed)
        faults.append(
            Fault(
                f"unknown-{side}",
                f"{int(strange.sum())} classes of '{head}' are not among those listed: {en}.{hint[0]} Are they of "
                "another edition?",
                f"“{head}”中有 {int(strange.sum())} 个类别不在所列范围内：{zh}。{hint[1]}是否为其他版本的代码？",
                file=file,
                column=head,
            )
        )
    if len(bare):
        en, zh = named(bare, np.ones(len(bare), bool))
        faults.append(
            Fault(
                f"no-entry-{side}",
                f"{len(bare)} classes of '{head}' have no entry: {en}.",
                f"“{head}”中有 {len(bare)} 个类别没有条目：{zh}。",
                file=file,
                column=head,
                severity="error" if side == "source" else "warning",
            )
        )
    return faults


def _repeated(repeats: int, file: str) -> Fault:
    return Fault(
        "rows-added-up",
        f"rows that repeat a pair were added up: {repeats}.",
        f"重复的类别对已相加：{repeats} 行。",
        file=file,
        severity="warning",
    )


def _not_a_table(given: Any) -> Fault:
    return Fault(
        "not-a-table",
        f"a path or a table (pandas, Polars, Arrow) is needed; found {type(given).__name__}.",
        f"须提供文件路径或表格（pandas、Polars、Arrow）；实际为 {type(given).__name__}。",
    )
