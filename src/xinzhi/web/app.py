"""The server's application: every route, and what stands before them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from xinzhi import __version__
from xinzhi.core.errors import Language, XinzhiError
from xinzhi.core.results import digest
from xinzhi.web import describing, jobs, pages, table_routes, tables, variants, what_if
from xinzhi.web.answers import REFUSED, RunId, StudyId, encoded, missing, on_fault, on_invalid, on_status
from xinzhi.web.delivery import Content, Kept, attachment, delivered
from xinzhi.web.grounds import Grounds
from xinzhi.web.logs import Logged
from xinzhi.web.security import Guarded
from xinzhi.web.shelf import API, RunOnShelf, Shelf


class Health(BaseModel):
    """How the server is."""

    status: Literal["ok"]
    version: str
    studies: int
    runs: int
    jobs: dict[str, int]


DocumentKind = Literal["pdf", "docx", "bib"]
Lang = Annotated[Language, Query(description="The language of the document.")]
_DOCUMENTS: dict[DocumentKind, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "bib": "application/x-bibtex",
}
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_HTML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}, "description": "The page."}}


def create_app(folders: Sequence[FilePath], *, hosts: Sequence[str] = ()) -> FastAPI:
    """The application that serves the studies in folders, each a study or a folder of studies.

    ``hosts`` are the names, beside those of loopback, that it may be asked for by. Raises ``StudyError`` for a folder
    without studies.
    """
    shelf, kept, grounds = Shelf(folders), Kept(), Grounds()
    working = jobs.Jobs(shelf)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await to_thread.run_sync(working.start)
        try:
            yield
        finally:
            await to_thread.run_sync(working.stop)

    app = FastAPI(
        title="Xinzhi",
        version=__version__,
        summary="Studies, runs and tables of a Xinzhi server.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        exception_handlers={XinzhiError: on_fault, RequestValidationError: on_invalid, HTTPException: on_status},
    )
    app.include_router(_pages(shelf))
    app.include_router(_studies(shelf, kept), prefix=API)
    for router in (
        table_routes.routes(shelf, kept),
        what_if.routes(shelf, grounds),
        variants.routes(shelf, grounds),
        jobs.routes(working),
    ):
        app.include_router(router, prefix=API)

    @app.get("/health", response_model=Health, responses=REFUSED)
    def health() -> Response:
        """Whether the server answers, and what it serves."""
        studies = shelf.studies()
        told = {
            "status": "ok",
            "version": __version__,
            "studies": len(studies),
            "runs": sum(len(study.runs) for study in studies),
            "jobs": {"running": working.running, "queued": working.queued},
        }
        return _json(told)

    app.add_middleware(Guarded, hosts=hosts)
    app.add_middleware(Logged)  # added last, so that it stands outermost
    return app


def _pages(shelf: Shelf) -> APIRouter:
    """The pages and the script and style that they load."""
    router = APIRouter(tags=["pages"], responses=REFUSED)

    @router.get("/", responses=_HTML, response_class=Response)
    def library(request: Request) -> Response:
        """The page that lists the studies."""
        return delivered(request, pages.of_studies())

    @router.get("/studies/{study}/runs/{run}", responses=_HTML, response_class=Response)
    def run_page(request: Request, study: StudyId, run: RunId) -> Response:
        """The page of a run."""
        return delivered(request, pages.run_page(shelf.run(study, run)))

    @router.get("/static/{name}", include_in_schema=False)
    def static(request: Request, name: pages.Asset) -> Response:
        content = pages.asset(name)
        return delivered(request, content, for_good=request.query_params.get("v") == content.tag)

    return router


def _studies(shelf: Shelf, kept: Kept) -> APIRouter:
    """What is known of studies and runs, and what runs have written."""
    router = APIRouter(tags=["studies"], responses=REFUSED)
    # One at a time: setting a long report takes a processor for seconds, and whoever waits holds no thread.
    setting = CapacityLimiter(1)

    @router.get("/studies", response_model=describing.Studies)
    def list_studies() -> Response:
        """Every study that is served."""
        return _json({"version": __version__, "studies": [describing.study_brief(one) for one in shelf.studies()]})

    @router.get("/studies/{study}", response_model=describing.StudyTold)
    def one_study(study: StudyId) -> Response:
        """A study with its variants and runs."""
        return _json(describing.study_told(shelf.study(study)))

    @router.get("/studies/{study}/runs/{run}", response_model=describing.RunTold)
    def one_run(study: StudyId, run: RunId) -> Response:
        """A run with all that can be taken from it."""
        return _json(_told(shelf.run(study, run)))

    @router.get("/studies/{study}/runs/{run}/payload", response_class=Response, responses={200: {"content": _JSON}})
    def payload(request: Request, study: StudyId, run: RunId) -> Response:
        """The data of a run's page, as its report holds them."""
        return delivered(request, payload_of(shelf.run(study, run)))

    def payload_of(found: RunOnShelf) -> Content:
        return kept.get_or((str(found.folder), found.digest), lambda: pages.payload(found))

    async def document(request: Request, study: str, run: str, kind: DocumentKind, lang: Language) -> Response:
        found = shelf.run(study, run)
        key = ("document", str(found.folder), found.digest, kind, lang)

        def make() -> Content:
            from xinzhi.report import documents

            plain = documents.document(json.loads(payload_of(found).plain), kind, lang)
            return Content.of(plain, _DOCUMENTS[kind], digest(plain)[:20], pack=kind == "bib")

        content = kept.get(key)
        if content is None:
            content = await to_thread.run_sync(kept.get_or, key, make, limiter=setting)
        return delivered(request, content, save_as=f"{found.study}-{found.id}-{lang}.{kind}")

    def add_document(kind: DocumentKind, about: str) -> None:
        async def document_in_format(request: Request, study: StudyId, run: RunId, lang: Lang = "zh") -> Response:
            return await document(request, study, run, kind, lang)

        router.add_api_route(
            f"/studies/{{study}}/runs/{{run}}/report.{kind}",
            document_in_format,
            methods=["GET"],
            response_class=Response,
            responses={200: {"content": {_DOCUMENTS[kind]: _BINARY}, "description": about}},
            name=f"report_{kind}",
            summary=about,
        )

    add_document("pdf", "The report of a run as PDF.")
    add_document("docx", "The report of a run as a Word document.")
    add_document("bib", "What a report refers to, as BibTeX.")

    @router.get("/studies/{study}/runs/{run}/files/{name:path}", response_class=Response, responses={200: _ANY})
    def file(
        study: StudyId,
        run: RunId,
        name: Annotated[str, Path(max_length=400, description="A file's name, as the run gives it.")],
    ) -> Response:
        """A file that the run has written."""
        found = shelf.run(study, run)
        path = found.file(name)
        if path is None or not path.is_file():
            raise missing("no-such-file", "file", "文件", name)
        save_as = attachment(f"{found.study}-{found.id}-{path.name}")
        headers = {"Content-Disposition": save_as, "Cache-Control": "no-cache"}
        return FileResponse(path, headers=headers, media_type="application/octet-stream")

    return router


_JSON: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
_ANY: dict[str, Any] = {"content": {"application/octet-stream": _BINARY}}


def _told(run: RunOnShelf) -> dict[str, Any]:
    return describing.run_brief(run) | {
        "study": run.study,
        "payload": f"{run.api}/payload",
        "tables": [describing.table_brief(run, one) for one in tables.tables(run).values()],
        "files": list(describing.file_briefs(run)),
        "documents": [{"kind": kind, "url": f"{run.api}/report.{kind}"} for kind in _DOCUMENTS],
    }


def _json(told: Any) -> Response:
    return Response(encoded(told), media_type="application/json")
