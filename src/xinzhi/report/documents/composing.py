"""The whole document of a run, in the order in which a paper has its parts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from xinzhi.core.errors import Language
from xinzhi.report.documents import about, closing, doubt, dynamics, results, simulation, structure
from xinzhi.report.documents.blocks import Block, Document, Paragraph
from xinzhi.report.documents.findings import findings
from xinzhi.report.documents.paper import Paper


def composed(payload: dict[str, Any], language: Language) -> tuple[Paper, Document]:
    """The paper and what is on it."""
    paper = Paper(payload, language)
    front = list(_front(paper))
    parts = (
        about.data(paper),
        about.methods(paper),
        results.results(paper),
        doubt.sureness(paper),
        dynamics.dynamics(paper),
        structure.structure(paper),
        simulation.simulation(paper),
        doubt.audit(paper),
        structure.others(paper),
        about.appendix(paper),
        closing.record(paper),
    )
    body = list(chain.from_iterable(parts))
    ends = [*closing.references(paper)]
    title = paper.prose(payload["title"])
    labels = {
        "running": paper.text(payload["title"]),
        "page": paper.say("page"),
        "figure": paper.say("figure"),
        "table": paper.say("table"),
    }
    # What could not be printed is known once everything has been written.
    blocks = (*front, *body, *closing.unshown(paper), *ends)
    under = (paper.say("made", version=paper.writing.short(payload["version"])),)
    return paper, Document(title, language, paper.writing.short(payload["version"]), under, blocks, labels)


def _front(paper: Paper) -> Iterator[Block]:
    r = paper.report
    if r["fictional"]:
        yield Paragraph(paper.say("fictional"), "banner")
    said = [
        *([paper.prose(r["note"])] if r["note"] else []),
        *findings(paper),
        *structure.leads(paper),
        *simulation.lead(paper),
    ]
    if said:
        stop = "：" if paper.language == "zh" else ". "
        yield Paragraph(paper.joined(said), "abstract", lead=paper.say("abstract") + stop)
