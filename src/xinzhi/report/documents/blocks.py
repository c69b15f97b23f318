"""What a document is made of, before it is set: headings, paragraphs, tables, figures, formulas. Plain text throughout.

Nothing here is markup: what stands in a text stands so on paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Style = Literal["body", "note", "banner", "command", "abstract"]
Align = Literal["left", "right"]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1, 2 or 3; appendices and what follows them have no number."""

    text: str
    level: int = 1
    numbered: bool = True


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, with words in bold before it where there are any."""

    text: str
    style: Style = "body"
    lead: str = ""


@dataclass(frozen=True)
class Listed:
    """Items one under the other; ``marks`` stand before them (a dot where there are none)."""

    items: tuple[str, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Formula:
    """A formula on a line of its own: the tree of ``report.formulas`` and the words that a reader hears."""

    tree: dict[str, Any]
    spoken: str


@dataclass(frozen=True)
class Table:
    """A three-line table (三线表) under its caption. Columns of numbers are aligned to the right."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: tuple[Align, ...]
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """A picture over its caption, an SVG of ``width`` by ``height`` cm; ``alt`` says what is to be seen."""

    caption: str
    alt: str
    svg: bytes
    width: float
    height: float
    note: str = ""


Block = Heading | Paragraph | Listed | Formula | Table | Figure


@dataclass(frozen=True)
class Document:
    """A whole document: its title, the line under it, and its blocks in order."""

    title: str
    language: Literal["zh", "en"]
    version: str
    under: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)


def table(
    caption: str,
    columns: Sequence[tuple[str, Align, Sequence[str]]],
    *,
    note: str = "",
) -> Table:
    """A table from its columns: head, alignment, cells."""
    heads, align, cells = zip(*columns, strict=True)
    return Table(caption, tuple(heads), tuple(zip(*cells, strict=True)), tuple(align), note)
