"""Where records come from: a file, a folder of Parquet, a frame or a table of a database, as one Ibis table."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.results import digest
from xinzhi.core.specs import faults_of
from xinzhi.data.files import KINDS, PARQUET, TEXT, detect_encoding, find
from xinzhi.data.frames import arrow_of
from xinzhi.data.micro.engine import engine
from xinzhi.data.sources import SourceSpec
from xinzhi.data.tables import read_tables

FRAME, TABLE = "frame", "table"
ROW = "xinzhi_row"  # the row in the file, where reading it told
REJECTS = "reject_errors"  # DuckDB's own list of lines that do not fit the heads
_HEAD = 4 * 1024**2
# A cell may hold a whole document: DuckDB's own limit of 2 MB a line would refuse the file.
_LINE, _BUFFER = 64 * 1024**2, 192 * 1024**2


@dataclass(frozen=True, eq=False)
class Opened:
    """A source as an Ibis table. ``ordered`` says that its rows have an order, the first being row ``start``.

    ``rejects`` says that lines which do not fit the heads are listed by the engine once the table was read.
    """

    table: ir.Table
    name: str
    inputs: dict[str, str]
    notes: tuple[Fault, ...] = ()
    ordered: bool = True
    start: int = 1
    rejects: bool = False

    def lines(self) -> ir.Table:
        """The table with the row of every record, where rows have an order."""
        if ROW in self.table.columns:
            return self.table
        return self.table.mutate(**{ROW: ibis.row_number() + self.start})

    @property
    def left_out(self) -> list[int]:
        """Rows that do not fit the heads, as far as the table has been read."""
        if not self.rejects:
            return []
        con: Any = self.table.get_backend().con  # type: ignore[attr-defined]
        found = con.sql(f"SELECT DISTINCT line FROM {REJECTS} ORDER BY line").fetchall()  # noqa: S608 - the name is ours
        return [line for (line,) in found]

    def row(self, at: int) -> int:
        """The row in the file of a record, which rows that were left out stand before."""
        for line in self.left_out:
            at += line <= at
        return at

    def rejected(self) -> list[Fault]:
        """Lines that do not fit the heads, told once the table has been read whole."""
        if not (lines := self.left_out):
            return []
        shown = ", ".join(map(str, lines[:5]))
        return [
            Fault(
                "ragged-line",
                f"lines that do not fit the heads: {len(lines)} (rows {shown}); they were not counted. A separator is "
                "missing, or a field needs quotes.",
                f"与表头不符的行：{len(lines)}（第 {shown} 行），未计入。可能缺少分隔符，或字段需加引号。",
                self.name,
                row=lines[0],
                severity="warning",
            )
        ]


def opened(source: Any, how: dict[str, Any]) -> Opened:
    """A source as an Ibis table, nothing of it loaded before it is asked for. Raises ``DataError``.

    Text in another encoding than UTF-8 is rewritten beside the engine's own temporary files, piece by piece. Workbooks
    and Stata files are read whole, as everywhere in the house.
    """
    if isinstance(source, ir.Table):
        return _of_database(source)
    if not isinstance(source, (str, os.PathLike)):
        table = source if isinstance(source, pa.Table) else arrow_of(source, FRAME)
        if not len(table):
            raise DataError(_no_rows(FRAME))
        return Opened(_registered(table), FRAME, {FRAME: _arrow_digest(table)})
    path = Path(source)
    try:
        spec = SourceSpec(file=path.name, **how)
    except ValidationError as error:
        raise DataError(faults_of(error)) from None
    if path.is_dir():
        return _of_parquet(path, sorted(path.rglob("*.parquet")))
    kind = KINDS.get(Path(path.name.lower().removesuffix(".gz")).suffix)
    if path.is_file() and kind == PARQUET:
        return _of_parquet(path, [path])
    if path.is_file() and kind == TEXT and path.stat().st_size:
        return _of_text(path, spec)
    found = find(path.parent, path.name)
    tables = read_tables(found, spec)
    arrow = pa.concat_tables(
        [pa.table([*one.columns, pa.array(one.rows)], names=[*one.heads, ROW]).combine_chunks() for one in tables],
        promote_options="permissive",
    )
    notes = tuple(fault for one in tables for fault in one.faults)
    return Opened(_registered(arrow), found.name, {found.name: found.sha256}, notes)


def _of_database(table: ir.Table) -> Opened:
    try:
        backend = table.get_backend().name
    except ibis.common.exceptions.IbisError:
        return Opened(table, TABLE, {TABLE: digest(str(ibis.to_sql(table)))})
    return Opened(table, TABLE, {TABLE: digest(str(ibis.to_sql(table)))}, ordered=backend == "duckdb")


def _registered(table: pa.Table) -> ir.Table:
    con: Any = engine()
    con.con.register("records", table)
    found: ir.Table = con.table("records")
    return found


def _of_parquet(path: Path, files: list[Path]) -> Opened:
    if not files:
        raise DataError(
            Fault(
                "no-parquet",
                "this folder has no .parquet files.",
                "该文件夹中没有 .parquet 文件。",
                file=path.name,
            )
        )
    con: Any = engine()
    try:
        inputs = {file.relative_to(path.parent).as_posix(): _footer(file) for file in files}
        table: ir.Table = con.read_parquet([str(file) for file in files], union_by_name=True)
    except (pa.ArrowInvalid, OSError, duckdb.Error) as error:
        raise DataError(_damaged(path.name, error)) from None
    if not sum(pq.read_metadata(file).num_rows for file in files):
        raise DataError(_no_rows(path.name))
    return Opened(table, path.name, inputs)


def _footer(file: Path) -> str:
    """A digest of a Parquet file's length and footer, which holds the place, size and bounds of every column chunk."""
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(size - 8, 0))
        tail = int.from_bytes(stream.read(4), "little")
        stream.seek(max(size - 8 - tail, 0))
        return digest(str(size).encode() + stream.read())


def _of_text(path: Path, spec: SourceSpec) -> Opened:
    with _unpacked(path) as stream:
        head = stream.read(_HEAD)
    encoding = spec.encoding or detect_encoding(_whole_characters(head))
    notes: tuple[Fault, ...] = ()
    plain = path
    if encoding.lower().replace("-", "").removesuffix("sig") not in ("utf8", "ascii"):
        plain = _rewritten(path, encoding)
        notes = (
            Fault(
                "other-encoding",
                f"the text is {encoding}; it was read as such.",
                f"文本编码为 {encoding}，已按此读取。",
                path.name,
                severity="warning",
            ),
        )
    con: Any = engine()
    options: dict[str, Any] = {"skip": spec.header - 1} if spec.header else {}
    if spec.separator:
        options["delim"] = spec.separator
    elif path.name.lower().removesuffix(".gz").endswith(".tsv"):
        options["delim"] = "\t"
    options |= {"header": True, "max_line_size": _LINE, "buffer_size": _BUFFER, "store_rejects": True}
    try:
        # The form of the file is found once, not on every pass; all columns are text, so that codes keep their zeros.
        asked = "".join(f", {name} = {_literal(of)}" for name, of in options.items())
        found = f"sniff_csv({_literal(str(plain))}, all_varchar = true{asked})"
        seen = con.con.sql(f"SELECT Delimiter, Quote, Escape, SkipRows, Columns FROM {found}")  # noqa: S608 - quoted
        form = dict(zip(seen.columns, seen.fetchone(), strict=True))
        options |= {"delim": form["Delimiter"], "skip": form["SkipRows"]}
        options |= {name.lower(): form[name] if len(form[name]) == 1 else '"' for name in ("Quote", "Escape")}
        columns = {column["name"]: "VARCHAR" for column in form["Columns"]}
        table: ir.Table = con.read_csv(str(plain), table_name="records", auto_detect=False, columns=columns, **options)
        if not table.limit(1).to_pyarrow().num_rows:
            raise DataError(_no_rows(path.name))
    except duckdb.Error as error:
        raise DataError(_damaged(path.name, error)) from None
    if plain is not path:
        weakref.finalize(table.get_backend(), plain.unlink, missing_ok=True)
    start = (spec.header or 1) + 1
    return Opened(table, path.name, {path.name: digest(path)}, notes, start=start, rejects=True)


def _literal(given: object) -> str:
    """A value as SQL writes it."""
    if isinstance(given, bool):
        return str(given).lower()
    return str(given) if isinstance(given, int) else "'" + str(given).replace("'", "''") + "'"


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb") as stream:
        try:
            yield stream  # type: ignore[misc]
        except (EOFError, gzip.BadGzipFile) as error:
            raise DataError(_damaged(path.name, error)) from None


def _whole_characters(head: bytes) -> bytes:
    """The bytes up to the last line break, so that no character is cut in two."""
    return head[: head.rfind(b"\n") + 1] or head


def _rewritten(path: Path, encoding: str) -> Path:
    """The file as UTF-8, written piece by piece to a temporary file. Raises ``DataError``."""
    handle, name = tempfile.mkstemp(suffix=".csv", prefix="xinzhi-")
    decode = codecs.getincrementaldecoder(encoding)()
    try:
        with os.fdopen(handle, "wb") as out, _unpacked(path) as stream:
            while piece := stream.read(_HEAD):
                out.write(decode.decode(piece).encode())
            out.write(decode.decode(b"", final=True).encode())
    except (UnicodeDecodeError, LookupError) as error:
        Path(name).unlink(missing_ok=True)
        raise DataError(
            Fault(
                "wrong-encoding",
                f"the text is not {encoding} throughout ({error}). Try gb18030 or latin-1.",
                f"文本并非全部为 {encoding} 编码（{error}）。可改用 gb18030 或 latin-1。",
                file=path.name,
            )
        ) from None
    return Path(name)


def _arrow_digest(table: pa.Table) -> str:
    """A digest of an Arrow table without a copy of it."""
    seen = hashlib.sha256()

    class Sink:
        closed = False

        def write(self, piece: Any) -> int:
            seen.update(piece)
            return len(piece)

        def flush(self) -> None: ...

        def close(self) -> None: ...

    with pa.ipc.new_stream(pa.PythonFile(Sink(), mode="w"), table.schema) as stream:
        stream.write_table(table)
    return seen.hexdigest()


def _no_rows(name: str) -> Fault:
    return Fault("no-rows", "the table has heads but no rows.", "表格只有表头，没有数据行。", file=name)


def _damaged(name: str, error: Exception) -> Fault:
    said = " ".join(str(error).split())[:300]
    return Fault("damaged-file", f"this cannot be read as a table: {said}", f"无法将其读作表格：{said}", file=name)
