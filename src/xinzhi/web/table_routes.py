"""The addresses of tables: lists, metadata, and the tables themselves in four formats."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from xinzhi import __version__
from xinzhi.core.errors import Fault
from xinzhi.core.results import digest
from xinzhi.web import describing, encoding, tables
from xinzhi.web.answers import REFUSED, Refused, RunId, StudyId, encoded
from xinzhi.web.delivery import Content, Kept, attachment, delivered, has
from xinzhi.web.encoding import About, Kind
from xinzhi.web.shelf import RunOnShelf, Shelf

JSON_ROWS, MOST_JSON_ROWS, MOST_EXCEL_ROWS, MOST_EXCEL_CELLS = 10_000, 100_000, 1_048_575, 2_000_000
# Answers of up to so many cells are kept; larger ones are written to disk and sent from there.
_MOST_KEPT_CELLS = 500_000
_CHUNK = 2**18
# A larger file is written to disk.
_IN_MEMORY = 2**24

TableName = Annotated[str, Path(max_length=200, description="A table's name, as the list of tables gives it.")]
_Part = Annotated[str, Field(min_length=1, max_length=2_000)]


class TableQuery(BaseModel):
    """Which columns and rows."""

    model_config = ConfigDict(extra="forbid")
    columns: list[_Part] = Field(default=[], description="Columns, between commas or repeated; all of them if none.")
    where: list[_Part] = Field(default=[], description="Conditions such as `time>=2015`; one of = != >= <= > <.")
    order: list[_Part] = Field(default=[], description="Columns to order by; `-` before one turns it round.")
    limit: int | None = Field(default=None, ge=0, le=2**31, description="At most so many rows.")
    offset: int = Field(default=0, ge=0, le=2**31, description="So many rows are passed over.")


Asked = Annotated[TableQuery, Query()]
_FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


def routes(shelf: Shelf, kept: Kept) -> APIRouter:
    """The routes of tables."""
    router = APIRouter(prefix="/studies/{study}/runs/{run}/tables", tags=["tables"], responses=REFUSED)
    # Two at a time leave the others room: what is asked for often is kept and needs none.
    limiter = CapacityLimiter(2)

    @router.get("", response_model=describing.Tables)
    def list_tables(study: StudyId, run: RunId) -> Response:
        """Every table of a run."""
        found = shelf.run(study, run)
        told = {"tables": [describing.table_brief(found, one) for one in tables.tables(found).values()]}
        return Response(encoded(told), media_type="application/json")

    @router.get("/{table}/metadata", response_model=describing.TableMetadata)
    def table_metadata(request: Request, study: StudyId, run: RunId, table: TableName) -> Response:
        """What a table is, where it comes from, and how to read it elsewhere."""
        found = shelf.run(study, run)
        told = describing.metadata(found, tables.table(found, table), str(request.base_url).rstrip("/"))
        return Response(encoded(told), media_type="application/json")

    async def answer(request: Request, study: str, run: str, name: str, kind: Kind, query: TableQuery) -> Response:
        found = shelf.run(study, run)
        key = digest(
            encoded([found.study, found.digest, name, kind, query.model_dump(), str(found.folder), __version__])
        )
        if (content := kept.get(key)) is not None:
            return delivered(request, content, save_as=_file_name(found, name, kind))
        return await to_thread.run_sync(_answered, request, found, name, kind, query, key, kept, limiter=limiter)

    def add(kind: Kind, about: str, model: type[BaseModel] | None = None) -> None:
        content = {encoding.MEDIA[kind]: {} if model else _FILE}
        ok: dict[int | str, dict[str, Any]] = {200: {"content": content, "description": about}}
        if model:
            ok[200]["model"] = model

        async def table_in_format(
            request: Request, study: StudyId, run: RunId, table: TableName, query: Asked
        ) -> Response:
            return await answer(request, study, run, table, kind, query)

        router.add_api_route(
            f"/{{table}}.{kind}",
            table_in_format,
            methods=["GET"],
            response_class=Response,
            responses=ok,
            name=f"table_{kind}",
            summary=about,
        )

    add("json", "Rows of a table as JSON.", describing.TableAnswer)
    add("csv", "A table as CSV, UTF-8 with a byte-order mark.")
    add("xlsx", "A table as an Excel workbook.")
    add("parquet", "A table as Parquet.")
    return router


def _answered(
    request: Request, run: RunOnShelf, name: str, kind: Kind, asked: TableQuery, key: str, kept: Kept
) -> Response:
    table = tables.table(run, name)
    if kind == "json":
        asked = asked.model_copy(update={"limit": _json_limit(asked.limit)})
    query = tables.asked(table, asked.columns, asked.where, asked.order, asked.limit, asked.offset)
    matching = tables.counted(table, query)
    rows = max(0, min(matching - query.offset, matching if query.limit is None else query.limit))
    if kind == "xlsx" and (rows > MOST_EXCEL_ROWS or rows * len(query.columns) > MOST_EXCEL_CELLS):
        raise _too_large(rows, len(query.columns))
    about = About(
        {
            "study": run.study,
            "run": run.id,
            "table": table.name,
            "title": table.title,
            "rows": matching,
            "offset": query.offset,
            "limit": query.limit,
            "fictional": run.fictional,
            "version": run.version,
            "record": run.digest,
            "sources": describing.cites(run),
            "url": f"{describing.address(run, table)}.{kind}" + (f"?{request.url.query}" if request.url.query else ""),
        }
    )
    tag, save_as = key[:20], _file_name(run, name, kind)
    if has(request, f'"{tag}"'):
        return Response(status_code=304, headers={"ETag": f'"{tag}"', "Cache-Control": "no-cache"})
    sink = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when it has been sent
    try:
        encoding.write(table, query, kind, about, sink)  # type: ignore[arg-type]
    except BaseException:
        sink.close()
        raise
    if rows * len(query.columns) <= _MOST_KEPT_CELLS:
        with sink:
            sink.seek(0)
            plain = sink.read()
        content = kept.get_or(key, lambda: Content.of(plain, encoding.MEDIA[kind], tag, pack=kind in ("csv", "json")))
        return delivered(request, content, save_as=save_as)
    headers = {
        "ETag": f'"{tag}"',
        "Cache-Control": "no-cache",
        "Content-Length": str(sink.tell()),
        "Content-Disposition": attachment(save_as or table.name),
    }
    sink.seek(0)
    return StreamingResponse(_sent(sink), media_type=encoding.MEDIA[kind], headers=headers)  # type: ignore[arg-type]


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _json_limit(limit: int | None) -> int:
    if limit is not None and limit > MOST_JSON_ROWS:
        raise Refused(
            422,
            Fault(
                "too-large",
                f"JSON holds at most {MOST_JSON_ROWS} rows at a time. Ask for pages with limit and offset, or take "
                "Parquet.",
                f"JSON 每次至多 {MOST_JSON_ROWS} 行。请用 limit 与 offset 分页，或改取 Parquet。",
                column="limit",
            ),
        )
    return JSON_ROWS if limit is None else limit


def _too_large(rows: int, columns: int) -> Refused:
    return Refused(
        422,
        Fault(
            "too-large",
            f"{rows} rows × {columns} columns are more than an Excel sheet is made for here ({MOST_EXCEL_ROWS} rows, "
            f"{MOST_EXCEL_CELLS} cells). Choose columns or rows, or take CSV or Parquet.",
            f"{rows} 行 × {columns} 列超出此处生成 Excel 的上限（{MOST_EXCEL_ROWS} 行、{MOST_EXCEL_CELLS} 个单元格）。"
            "请选择部分列或行，或改取 CSV、Parquet。",
        ),
    )


def _file_name(run: RunOnShelf, name: str, kind: Kind) -> str | None:
    """What a table is saved as; JSON is shown rather than saved."""
    return None if kind == "json" else f"{run.study}-{run.id}-{name}.{kind}"
