"""Concordances from files and tables: shares, weights or bare pairs, and everything wrong with them said at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
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
from xinzhi.data.frames import mixed_labels
from xinzhi.data.sources import SourceSpec
from xinzhi.data.tables import RawTable, from_arrow, read_tables
from xinzhi.structure.concordance import TOLERANCE, Concordance, written_otherwise
from xinzhi.structure.crossed import named, totals
from xinzhi.structure.links import Names

FRAME = "table"
_READING = ("sheet", "header", "encoding", "separator")


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
    asked = {"source": source, "target": target} | ({} if share is None else {"share": share})
    tables, inputs = _tables(table, how, asked)
    faults: list[Fault] = []
    frame = pd.concat([_frame(one, asked) for one in tables], ignore_index=True)
    file = tables[0].file
    faults += _faulty_rows(frame, file, asked)
    known = {"source": sources, "target": targets}
    for side, listed in known.items():
        faults += [] if listed is None else _not_listed(frame, side, asked[side], [str(one) for one in listed], file)
    if not len(frame):
        faults.append(Fault("no-rows", "there are no rows.", "表中没有数据行。", file=file))
    if errors_in(faults):
        raise DataError(faults)
    if repeats := int(frame.duplicated(["source", "target"]).sum()):
        faults.append(_repeated(repeats, file))
    down, across = (np.sort(frame[side].unique()).astype(object) for side in ("source", "target"))
    places = pd.Index(down).get_indexer(frame["source"]), pd.Index(across).get_indexer(frame["target"])
    matrix = sparse.csr_array(sparse.coo_array((frame["share"].to_numpy(), places), (len(down), len(across))))
    matrix.eliminate_zeros()
    if weights or share is None:
        total = totals(matrix, 1)
        if not (total > 0).all():
            raise DataError([*faults, _no_weight(down[~(total > 0)], file, asked["share"])])
        matrix = sparse.csr_array(sparse.diags_array(1 / total) @ matrix)
    settings = {"columns": asked, "weights": weights, "tolerance": tolerance, "vintages": list(vintages), **how}
    record = Record("concordance", settings, inputs or {FRAME: digest(frame.to_csv(index=False))})
    return Concordance(matrix, down, across, source, target, vintages, tolerance, tuple(faults), record)


def _tables(given: Any, how: dict[str, Any], asked: dict[str, str]) -> tuple[list[RawTable], dict[str, str]]:
    """The tables with the columns asked for, and their digests. Raises ``DataError``."""
    if strange := sorted(set(how) - set(_READING)):
        raise DataError(_unknown_key(strange[0]))
    path = Path(given) if isinstance(given, (str, os.PathLike)) else None
    try:
        spec = SourceSpec(file=FRAME if path is None else path.name, **how)
    except ValidationError as error:
        raise DataError(faults_of(error)) from None
    if path is not None:
        found = find(path.parent, path.name)
        tables = read_tables(found, spec)
        if faults := [fault for one in tables for fault in _absent(one.heads, one.file, asked)]:
            raise DataError(faults)
        return tables, {path.name: found.sha256}
    try:
        frame = nw.from_native(given, eager_only=True)
    except (TypeError, nw.exceptions.NarwhalsError) as error:
        raise DataError(_not_a_table(given, error)) from None
    if faults := _absent(frame.columns, FRAME, asked):
        raise DataError(faults)
    heads = list(dict.fromkeys(asked.values()))
    if mixed := [fault for head in heads if (fault := mixed_labels(frame[head], head)) is not None]:
        raise DataError(mixed)
    return [from_arrow(frame.select(heads).to_arrow(), FRAME)], {}


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


def _absent(heads: Sequence[str], file: str, asked: dict[str, str]) -> list[Fault]:
    shown = ", ".join(heads[:12])
    return [
        Fault(
            "unknown-column",
            f"`{role}` names a column '{head}' that is not there. The table has: {shown}.",
            f"{role} 所指的列“{head}”不存在。表中有：{shown}。",
            file=file,
        )
        for role, head in asked.items()
        if head not in heads
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


def _unknown_key(key: str) -> Fault:
    known = ", ".join(_READING)
    return Fault(
        "unknown-key",
        f"a concordance has no option '{key}'. How to read a file is told by: {known}.",
        f"对照表没有选项“{key}”。读取方式的选项有：{known}。",
    )


def _no_weight(labels: Names, file: str, head: str) -> Fault:
    en, zh = named(labels, np.ones(len(labels), bool))
    return Fault(
        "no-weight",
        f"the weights of {len(labels)} classes sum to 0: {en}. Give them some, or leave these classes out.",
        f"有 {len(labels)} 个类别的权重合计为 0：{zh}。请补全，或剔除这些类别。",
        file=file,
        column=head,
    )


def _not_a_table(given: Any, error: Exception) -> Fault:
    said = "" if isinstance(error, TypeError) else f" ({' '.join(str(error).split())})"
    return Fault(
        "not-a-table",
        f"a path or a table (pandas, Polars, Arrow) is needed; found {type(given).__name__}{said}.",
        f"须提供文件路径或表格（pandas、Polars、Arrow）；实际为 {type(given).__name__}{said}。",
    )
