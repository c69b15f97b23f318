"""Studies, runs and tables as the plain data that the server answers with."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from xinzhi.web.answers import FaultSaid
from xinzhi.web.shelf import LATEST, RunOnShelf, StudyOnShelf, VariantOnShelf
from xinzhi.web.tables import Table

SCORES = "scores.parquet"


class Words(BaseModel):
    """A text in both languages."""

    en: str
    zh: str


class RunBrief(BaseModel):
    """A run as a list shows it.

    ``variant`` is null where its study file has changed since, or is gone; ``warnings`` where its record has no count.
    """

    id: str
    variant: str | None
    title: Words
    fictional: bool
    when: str | None
    xinzhi: str
    seed: int | None
    digest: str
    page: str
    api: str
    index: Words | None
    indicators: int | None
    regions: int | None
    years: list[int] | None
    warnings: int | None


class VariantBrief(BaseModel):
    """A study file; ``latest`` is its newest run as it stands."""

    id: str
    file: str
    main: bool
    title: Words
    fictional: bool
    digest: str
    latest: str | None


class StudyBrief(BaseModel):
    """A study as a list shows it; ``faults`` where its study file cannot be read."""

    id: str
    title: Words
    fictional: bool
    api: str
    variants: int
    runs: int
    latest: RunBrief | None
    faults: list[FaultSaid]


class Studies(BaseModel):
    """Every study that is served."""

    version: str
    studies: list[StudyBrief]


class StudyTold(BaseModel):
    """A study with its variants and its runs, the newest first."""

    id: str
    title: Words
    fictional: bool
    api: str
    variants: list[VariantBrief]
    runs: list[RunBrief]
    latest: RunBrief | None
    faults: list[FaultSaid]


class TableBrief(BaseModel):
    """A table as a list shows it; ``url`` takes .csv, .xlsx, .json or .parquet."""

    name: str
    title: Words
    rows: int
    columns: list[str]
    url: str
    metadata: str


class Tables(BaseModel):
    """Every table of a run."""

    tables: list[TableBrief]


class FileBrief(BaseModel):
    """A file that the run wrote."""

    name: str
    sha256: str
    bytes: int
    url: str


class DocumentBrief(BaseModel):
    """A document that is made when it is asked for."""

    kind: str
    url: str


class RunTold(RunBrief):
    """A run with all that can be taken from it."""

    study: str
    payload: str
    tables: list[TableBrief]
    files: list[FileBrief]
    documents: list[DocumentBrief]


class ColumnTold(BaseModel):
    """A column: its kind (text, integer, number, boolean, time) and what it means."""

    name: str
    type: str
    en: str
    zh: str
    unit: str | None


class SourceTold(BaseModel):
    """A file that the run read, and how it is cited."""

    file: str
    sha256: str
    cite: Words | None


class TableMetadata(BaseModel):
    """What a table is, where it comes from, and how it is read elsewhere by its lasting address."""

    study: str
    run: str
    table: str
    title: Words
    rows: int
    columns: list[ColumnTold]
    sources: list[SourceTold]
    fictional: bool
    version: str
    record: str
    when: str | None
    url: str
    latest_url: str
    examples: dict[str, str]


class TableInShort(BaseModel):
    """What goes with the rows of a table; ``rows`` counts all that fit the conditions."""

    study: str
    run: str
    table: str
    title: Words
    rows: int
    offset: int
    limit: int | None
    fictional: bool
    version: str
    record: str
    sources: list[Words]
    url: str


class TableAnswer(BaseModel):
    """Rows of a table; what is not observed is null."""

    metadata: TableInShort
    columns: list[ColumnTold]
    rows: list[list[str | int | float | bool | None]]


def run_brief(run: RunOnShelf) -> dict[str, Any]:
    """A ``RunBrief``."""
    return {
        "id": run.id,
        "variant": run.variant,
        "title": run.title,
        "fictional": run.fictional,
        "when": run.when,
        "xinzhi": run.version,
        "seed": run.seed,
        "digest": run.digest,
        "page": run.page,
        "api": run.api,
        "index": run.index,
        "indicators": run.indicators,
        **_extent(run.file(SCORES), run.digest),
        "warnings": run.warnings,
    }


@lru_cache(1_000)
def _extent(scores: Path | None, record: str) -> dict[str, Any]:
    """How many regions an index has, from which year to which; nothing of either where there is no index."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    nothing = {"regions": None, "years": None}
    if scores is None:
        return nothing
    try:
        found = pq.read_table(scores, columns=["region", "time"]).select(["region", "time"])
    except (OSError, KeyError, pa.ArrowException):
        return nothing
    years = pc.min_max(found["time"]).as_py()
    return {"regions": len(pc.unique(found["region"])), "years": list(years.values())} if len(found) else nothing


def variant_brief(study: StudyOnShelf, variant: VariantOnShelf) -> dict[str, Any]:
    """A ``VariantBrief``."""
    return {
        "id": variant.id,
        "file": variant.path.name,
        "main": variant.main,
        "title": variant.title,
        "fictional": variant.fictional,
        "digest": variant.digest,
        "latest": next((run.id for run in study.runs if run.text == variant.text), None),
    }


def study_brief(study: StudyOnShelf) -> dict[str, Any]:
    """A ``StudyBrief``."""
    return _study(study) | {"variants": len(study.variants), "runs": len(study.runs)}


def study_told(study: StudyOnShelf) -> dict[str, Any]:
    """A ``StudyTold``."""
    return _study(study) | {
        "variants": [variant_brief(study, one) for one in study.variants],
        "runs": [run_brief(one) for one in study.runs],
    }


def _study(study: StudyOnShelf) -> dict[str, Any]:
    return {
        "id": study.id,
        "title": study.title,
        "fictional": study.fictional,
        "api": study.api,
        "latest": run_brief(study.latest) if study.latest else None,
        "faults": [fault.to_dict() for fault in study.main.faults],
    }


def table_brief(run: RunOnShelf, table: Table) -> dict[str, Any]:
    """A ``TableBrief``."""
    url = address(run, table)
    return {
        "name": table.name,
        "title": table.title,
        "rows": table.rows,
        "columns": [column.name for column in table.columns],
        "url": url,
        "metadata": f"{url}/metadata",
    }


def address(run: RunOnShelf, table: Table) -> str:
    """Where a table lies, without its ending."""
    return f"{run.api}/tables/{quote(table.name)}"


def file_briefs(run: RunOnShelf) -> Iterator[dict[str, Any]]:
    """A ``FileBrief`` for every output that is there."""
    for name, sha256 in sorted(run.outputs.items()):
        if (file := run.file(name)) is not None and file.is_file():
            url = f"{run.api}/files/{quote(name)}"
            yield {"name": name, "sha256": sha256, "bytes": file.stat().st_size, "url": url}


def metadata(run: RunOnShelf, table: Table, base: str) -> dict[str, Any]:
    """A ``TableMetadata``; ``base`` is the server's own address."""
    url = f"{base}{address(run, table)}"
    latest = url.replace(f"/runs/{run.id}/", f"/runs/{LATEST}/")
    return {
        "study": run.study,
        "run": run.id,
        "table": table.name,
        "title": table.title,
        "rows": table.rows,
        "columns": [column.to_dict() for column in table.columns],
        "sources": sources(run),
        "fictional": run.fictional,
        "version": run.version,
        "record": run.digest,
        "when": run.when,
        "url": url,
        "latest_url": latest,
        "examples": {
            "pandas": f'pandas.read_csv("{url}.csv")',
            "r": f'read.csv("{url}.csv", fileEncoding = "UTF-8-BOM")',
            "stata": f'import delimited "{url}.csv", encoding("utf-8") clear',
            "excel": f"{url}.xlsx",
            "curl": f'curl -o "{quote(table.name)}.csv" "{url}.csv"',
        },
    }


def sources(run: RunOnShelf) -> list[dict[str, Any]]:
    """A ``SourceTold`` for every file that a run read, with the citation that its study file gives it."""
    cites = dict(_cited(tomllib.loads(run.text)))
    inputs = run.record.get("inputs", {})
    return [{"file": str(name), "sha256": str(of), "cite": cites.get(name)} for name, of in inputs.items()]


def cites(run: RunOnShelf) -> list[dict[str, str]]:
    """How what a run read is cited, each citation once."""
    return list({str(one["cite"]): one["cite"] for one in sources(run) if one["cite"]}.values())


def _cited(said: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    blocks = (block for found in said.values() if isinstance(found, list) for block in found)
    for block in blocks:
        if isinstance(block, dict) and isinstance(block.get("file"), str) and block.get("cite"):
            cite = block["cite"]
            texts = cite if isinstance(cite, dict) else {"en": str(cite)}
            only = str(next(iter(texts.values()), ""))
            yield block["file"], {"en": str(texts.get("en", only)), "zh": str(texts.get("zh", only))}
