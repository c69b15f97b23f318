"""How a document ends: the record that repeats the run, what could not be printed, the references."""

from __future__ import annotations

from collections.abc import Iterator

from xinzhi.report.documents.blocks import Block, Heading, Listed, Paragraph
from xinzhi.report.documents.characters import code
from xinzhi.report.documents.paper import Column, Paper

_MOST_CODES = 60


def record(paper: Paper) -> Iterator[Block]:
    """Version, seed, command and digests."""
    r, plain = paper.report, paper.writing.short
    kept = r["record"] if isinstance(r["record"], dict) else {}
    yield Heading(paper.say("record"), numbered=False)
    yield Paragraph(paper.say("recordIntro"))
    seed = kept.get("seed")
    version = plain(r["version"])
    mark = paper.references.software(version)
    said = paper.say("versionOnly", version=version) if seed is None else ""
    yield Paragraph(f"{said or paper.say('versionIs', version=version, seed=plain(seed))} {mark}")
    yield Paragraph(paper.say("repeatBy", command=plain(r["command"])), style="command")
    inputs = kept.get("inputs") or {}
    if inputs:
        columns: list[Column] = [
            (paper.say("file"), "left", [plain(name) for name in inputs]),
            (paper.say("digest"), "left", [plain(digest) for digest in inputs.values()]),
        ]
        yield paper.table(paper.say("digestsTable"), columns)


def unshown(paper: Paper) -> Iterator[Block]:
    """What the fonts lack, told once all else has been written."""
    lacking = sorted(paper.writing.lacking)
    if lacking:
        codes = paper.listed([code(one) for one in lacking], _MOST_CODES)
        yield Paragraph(paper.say("unshown", n=len(lacking), example=code(lacking[0]), codes=codes), style="note")


def references(paper: Paper) -> Iterator[Block]:
    """The list of references."""
    lines = paper.references.lines()
    if lines:
        yield Heading(paper.say("references"), numbered=False)
        marks = tuple(f"[{at}]" for at in range(1, len(lines) + 1))
        yield Listed(tuple(paper.writing.plain(line) for line in lines), marks)
