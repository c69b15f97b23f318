"""What a study brought in, kept in one DuckDB file: sources, records, repairs and notices."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import ibis
import pyarrow as pa

from xinzhi.core.errors import DataError, Fault

if TYPE_CHECKING:
    from xinzhi.data.loading import Data

TABLES = ("sources", "records", "repairs", "notices")


def write_store(data: Data, path: Path) -> None:
    """Write the four tables to a DuckDB file, which is put in place only when it is whole. Raises ``DataError``."""
    tables = {
        "sources": _sources(data),
        "records": data.records,
        "repairs": _listed([repair.to_dict() for repair in data.repairs], _REPAIRS),
        "notices": _listed([fault.to_dict() for fault in data.faults], _NOTICES),
    }
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            draft = Path(folder) / path.name
            with duckdb.connect(draft) as store:
                for name, table in tables.items():
                    store.register("arriving", table)
                    store.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")  # noqa: S608 - names are ours
                    store.unregister("arriving")
                # Closing writes the file too, but says nothing when the disk is full.
                store.execute("CHECKPOINT")
            draft.replace(path)
    except (OSError, duckdb.Error) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error).splitlines()[0]
        raise DataError(
            Fault(
                "cannot-write",
                f"the store cannot be written ({reason}). Check the folder, its permissions and the free space.",
                f"无法写入数据存储文件（{reason}）。请检查文件夹、权限和剩余空间。",
                file=str(path),
            )
        ) from None


def open_store(path: Path) -> ibis.BaseBackend:
    """The store as an Ibis connection that cannot change it; its tables are ``TABLES``."""
    return ibis.duckdb.connect(path, read_only=True)


_REPAIRS = pa.schema(
    [(name, pa.string()) for name in ("reason", "en", "zh", "was", "now", "file", "sheet", "column", "region")]
    + [("count", pa.int64()), ("rows", pa.list_(pa.int64()))]
)
_NOTICES = pa.schema(
    [(name, pa.string()) for name in ("code", "severity", "en", "zh", "file", "sheet", "column")]
    + [("row", pa.int64())]
)


def _listed(rows: list[dict[str, object]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema)


def _sources(data: Data) -> pa.Table:
    texts = ("file", "sha256", "sheet", "encoding", "layout", "columns", "notes", "ignored", "cite")
    schema = pa.schema(
        [(name, pa.string()) for name in texts] + [(n, pa.int64()) for n in ("header", "rows", "records", "empty")]
    )
    rows = [source.to_dict() for source in data.sources]
    for row in rows:
        for name in ("columns", "notes", "ignored", "cite"):
            row[name] = json.dumps(row[name], ensure_ascii=False) if row[name] else None
    return pa.Table.from_pylist(rows, schema=schema)
