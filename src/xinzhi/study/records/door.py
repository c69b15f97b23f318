"""A table recognised without a study: what `xinzhi recognise` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from xinzhi.core.errors import DataError, Fault
from xinzhi.data.sources import SourceSpec
from xinzhi.study.structure.rows import Column, rows_of_file

if TYPE_CHECKING:
    from xinzhi.data.recognise.evaluation import Evaluation
    from xinzhi.data.recognise.recognised import Recognised


def recognised_file(
    file: Path,
    taxonomy: str,
    text: Sequence[str],
    codes: Sequence[str],
    ids: str | None = None,
    labels: Path | None = None,
    out: Path | None = None,
) -> tuple[Recognised, Evaluation | None]:
    """Recognise the records of a file, hold them against ``labels`` and write them to ``out`` where these are given.

    ``codes`` are written ``scheme=column``. Labels are a table with columns id and classes, ids being those of the
    column ``ids``. Raises ``DataError`` with everything that is wrong.
    """
    from xinzhi.data.micro.sources import opened
    from xinzhi.data.recognise.evaluation import evaluate_recogniser
    from xinzhi.data.recognise.recognising import recognise

    by_scheme: dict[str, list[str]] = {}
    for one in codes:
        scheme, _, column = one.partition("=")
        by_scheme.setdefault(scheme, []).append(column)
    if faults := [*_faulty(by_scheme, labels, ids, out)]:
        raise DataError(faults)
    table = opened(file, {}).table.to_pyarrow()
    how: dict[str, Any] = {"text": list(text), "codes": by_scheme, "ids": ids}
    found = recognise(table, taxonomy, **how)
    evaluation = None
    if labels is not None:
        columns = (
            Column("id", "id", "label", "id", "标识"),
            Column("classes", "classes", "label", "classes", "类别", needed=False),
        )
        rows = rows_of_file(labels.parent, SourceSpec(file=labels.name), columns).table.dropna()
        own = {str(one): one for one in found.ids}
        said = {own.get(one, one): classes for one, classes in zip(rows["id"], rows["classes"], strict=True)}
        evaluation = evaluate_recogniser(table, said, taxonomy, **how)
    if out is not None:
        _put(found.to_frame(), out)
    return found, evaluation


def _put(table: pd.DataFrame, out: Path) -> None:
    try:
        if out.suffix == ".parquet":
            table.to_parquet(out, index=False)
        else:  # Excel takes a CSV for UTF-8 only when it starts with a byte-order mark
            table.to_csv(out, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    except OSError as error:
        raise DataError(
            Fault(
                "cannot-write",
                f"the result cannot be written there ({error.strerror}). Check the folder.",
                f"无法写入结果（{error.strerror}）。请检查文件夹。",
                file=out.name,
            )
        ) from None


def _faulty(codes: dict[str, list[str]], labels: Path | None, ids: str | None, out: Path | None) -> list[Fault]:
    faults = []
    for scheme, columns in codes.items():
        if "" in columns:
            faults.append(
                Fault(
                    "no-column",
                    f"codes are given as scheme=column, such as cpc=cpc_codes; found '{scheme}'.",
                    f"代码列的写法为 体系=列名，如 cpc=cpc_codes；实际为“{scheme}”。",
                )
            )
    if labels is not None and ids is None:
        faults.append(
            Fault(
                "no-ids",
                "labels are found by what tells records apart: name that column with --ids.",
                "标注须与记录对应：请用 --ids 指明区分记录的列。",
            )
        )
    if out is not None and out.suffix not in (".csv", ".parquet"):
        faults.append(
            Fault(
                "unknown-kind",
                f"results are written as .csv or .parquet; found '{out.name}'.",
                f"结果可写为 .csv 或 .parquet；实际为“{out.name}”。",
            )
        )
    return faults
