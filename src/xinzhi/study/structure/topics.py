"""From a file with a row a topic and year to a table topic × year; and what single records of topics say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault
from xinzhi.study.structure.rows import Column, rows_of_file, source_of
from xinzhi.study.structure.topic_spec import ActorsSpec, CodesSpec, EmergenceSpec

# What a column of records holds, in words.
_WORDS = {
    "topic": ("topic", "主题"),
    "record": ("record", "记录"),
    "code": ("code", "代码"),
    "actor": ("actor", "主体"),
    "year": ("year", "年份"),
}


def topics_of_file(folder: Path, spec: EmergenceSpec) -> tuple[pd.DataFrame, tuple[Fault, ...], str]:
    """Counts (topic, year) of a file, what is worth knowing of them, and the file's digest. Raises ``DataError``.

    Rows of the same topic and year are added up. A topic without a row in a year that other topics have counts 0; an
    empty count is not observed, ``nan``.
    """
    columns = (
        Column("topic", spec.columns.topic, "label", *_WORDS["topic"]),
        Column("year", spec.columns.year, "year", *_WORDS["year"]),
        Column("count", spec.columns.count, "amount", "counts", "计数"),
    )
    found = rows_of_file(folder, source_of(spec), columns)
    rows = found.table
    topic, topics = pd.factorize(rows["topic"])
    years, year = np.unique(rows["year"].to_numpy(), return_inverse=True)
    shape = len(topics), len(years)
    cell, count = topic * len(years) + year, rows["count"].to_numpy()
    told = np.bincount(cell, minlength=shape[0] * shape[1])
    total = np.bincount(cell, np.nan_to_num(count), len(told))
    total[np.bincount(cell, np.isnan(count), len(told)) > 0] = np.nan
    wide = pd.DataFrame(total.reshape(shape), list(topics), years)
    notices = _mended(str(spec.file), int((told - 1).clip(0).sum()), int((told == 0).sum()))
    return wide, tuple(notices), found.sha256


def records_of_file(folder: Path, spec: CodesSpec | ActorsSpec, *, topics: int) -> tuple[pd.DataFrame, str]:
    """Rows of single records (record, year, code; or year, actor), and the file's digest. Raises ``DataError``.

    With several topics each row names its own. Empty cells are ``None``: such rows are left out and told where they
    are counted.
    """
    roles = [role for role in type(spec.columns).model_fields if role != "topic"]
    if topics > 1:
        roles.append("topic")
    columns = [
        Column(role, getattr(spec.columns, role), "year" if role == "year" else "label", *_WORDS[role], needed=False)
        for role in roles
    ]
    found = rows_of_file(folder, source_of(spec), columns)
    return found.table, found.sha256


def _mended(name: str, repeats: int, absent: int) -> Iterator[Fault]:
    if repeats:
        yield Fault(
            "rows-added-up",
            f"rows that repeat a topic and year were added up: {repeats}.",
            f"主题与年份重复的行已相加：{repeats} 行。",
            file=name,
            severity="warning",
        )
    if absent:
        yield Fault(
            "counts-absent",
            f"topics without a row in a year that others have count 0: {absent} cells. Write an empty count where "
            "it is not known.",
            f"其他主题有记录而该主题无记录的年份按 0 计：{absent} 处。如属未知，请写入空值。",
            file=name,
            severity="warning",
        )
