"""Frames as sources: pandas, Polars or Arrow in, a panel out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import ValidationError

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.labels import Panel
from xinzhi.core.results import digest
from xinzhi.core.specs import faults_of
from xinzhi.data.loading import Data, Loading
from xinzhi.data.sources import IndicatorSpec, TableSpec
from xinzhi.data.tables import from_arrow


def panel_from_frame(frame: Any, *, regions: str = "own", **how: Any) -> Panel:
    """The panel of a frame (pandas, Polars, Arrow), long or wide. ``load_frame`` says more of how it came about.

    ``regions`` names the gazetteer; ``how`` are the keys of ``TableSpec`` where the guess would be wrong, such as
    ``panel_from_frame(frame, region="province", where={"sex": "total"})``. Raises ``DataError``.
    """
    return load_frame(frame, regions=regions, **how).panel


def load_frame(
    frame: Any,
    *,
    regions: str = "own",
    indicators: Sequence[IndicatorSpec] = (),
    years: tuple[int, int] | None = None,
    name: str = "frame",
    **how: Any,
) -> Data:
    """A frame brought in like a file: the panel, its repairs and warnings. Raises ``DataError``."""
    try:
        spec = TableSpec(**how)
    except ValidationError as error:
        raise DataError(faults_of(error)) from None
    table = arrow_of(frame, name)
    loading = Loading(regions, years)
    loading.add(from_arrow(table, name), spec, digest(_bytes(table)))
    return loading.finish(indicators, strict=True)


def arrow_of(frame: Any, name: str) -> pa.Table:
    """Any frame as an Arrow table, mixed columns as text. Raises ``DataError`` for what is none, or has no rows."""
    if isinstance(frame, pd.Series):
        frame = frame.to_frame(frame.name or "value")
    if isinstance(frame, pd.DataFrame):
        # An index with names is data (set_index(["province", "year"])), one without is a row number.
        named = [level for level in frame.index.names if level is not None]
        frame = frame.reset_index(level=named) if named else frame
        frame = frame.set_axis([str(head) for head in frame.columns], axis=1).reset_index(drop=True)
        frame = frame.apply(_of_one_kind) if frame.columns.is_unique else frame
    elif isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    try:
        table: pa.Table = nw.from_native(frame, eager_only=True).to_arrow()
    except (TypeError, nw.exceptions.NarwhalsError, pa.ArrowException) as error:
        said = " ".join(str(error).split())
        raise DataError(
            Fault(
                "not-a-frame",
                f"a pandas, Polars or Arrow table is needed: {said}",
                f"需要 pandas、Polars 或 Arrow 表：{said}",
                file=name,
            )
        ) from None
    if not len(table):
        raise DataError(Fault("no-rows", "the frame has no rows.", "数据框没有行。", file=name))
    return table


def mixed_labels(column: Any, head: str) -> Fault | None:
    """Text and numbers in one column, as reading a file in pieces leaves them: 0011 and 11 may be the same code."""
    native = nw.to_native(column, pass_through=True)
    if not (isinstance(native, pd.Series) and native.dtype == object):
        return None
    if not pd.api.types.infer_dtype(native, skipna=True).startswith("mixed"):
        return None
    kinds = native.map(type)[native.notna().to_numpy()]
    first = int(np.flatnonzero((native.map(type) != kinds.iloc[0]).to_numpy() & native.notna().to_numpy())[0])
    here, other = native.iloc[first], kinds.iloc[0].__name__
    return Fault(
        "mixed-labels",
        f"the column mixes kinds: {other} and {type(here).__name__} (first: {here!r}), so that codes such as 0011 and "
        f'11 may be the same. Read it as one kind, such as pd.read_csv(…, dtype={{"{head}": str}}).',
        f"该列混有不同类型：{other} 与 {type(here).__name__}（首个：{here!r}），0011 与 11 可能是同一代码。"
        f'请按同一类型读入，如 pd.read_csv(…, dtype={{"{head}": str}})。',
        "frame",
        row=first + 1,
        column=head,
    )


def _of_one_kind(column: pd.Series[Any]) -> pd.Series[Any]:
    """Periods, and texts mixed with numbers as a spreadsheet leaves them, as text; everything else as it is."""
    mixed = column.dtype == object and pd.api.types.infer_dtype(column, skipna=True).startswith("mixed")
    if mixed or isinstance(column.dtype, pd.PeriodDtype):
        return column.map(str, na_action="ignore")
    return column


def _bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    content: bytes = sink.getvalue().to_pybytes()
    return content
