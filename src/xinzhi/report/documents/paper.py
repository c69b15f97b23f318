"""What every part of a document is given: the report, its language, its references, and how it calls things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xinzhi.core.errors import Language
from xinzhi.report.documents import figures
from xinzhi.report.documents.blocks import Figure, Table, table
from xinzhi.report.documents.characters import Writing
from xinzhi.report.documents.numbers import decimals, fixed, listed
from xinzhi.report.documents.references import References
from xinzhi.report.documents.unpacking import Report
from xinzhi.report.documents.words import say

# Figures are as wide as the text of a page, in cm.
WIDTH = 15.8
# Longer tables than this nobody reads on paper.
MOST_ROWS = 200

Column = tuple[str, Any, Sequence[str]]


class Paper:
    """A report on its way to paper, in one language."""

    def __init__(self, payload: dict[str, Any], language: Language) -> None:
        self.report = Report(payload)
        self.language: Language = language
        self.writing = Writing()
        self.references = References(language)
        self._regions: list[str] = [self.text(region["name"]) for region in payload["regions"]]
        places = [*payload["regions"], *payload.get("others", [])]
        self._places = {str(place["code"]): place["name"] for place in places}

    # --- Words

    def say(self, word: str, /, **blanks: object) -> str:
        """A sentence or a label."""
        return say(self.language, word, **blanks)

    def text(self, words: dict[str, str] | None) -> str:
        """A name out of the report, short enough for a label."""
        return self.writing.short(words[self.language]) if words else ""

    def prose(self, words: dict[str, str] | None) -> str:
        """A text out of the report in full."""
        return self.writing.plain(words[self.language].strip()) if words else ""

    def region(self, at: int) -> str:
        """A region of the index by name."""
        return self._regions[at]

    def place(self, code: str) -> str:
        """A region by name from its code."""
        return self.text(self._places[code]) if code in self._places else self.writing.short(code)

    def node(self, at: int) -> str:
        """A node by name."""
        return self.text(self.report["nodes"][at]["name"])

    def element(self, at: int) -> str:
        """An element by name; the index goes by its own title."""
        return self.text(self.report["index"]) if at == self.report.top else self.node(self.report.node_of(at))

    def year(self, at: int) -> int:
        """A year."""
        return int(self.report["years"][at])

    def listed(self, names: Sequence[str], most: int = 5) -> str:
        """Names in a row."""
        return listed(names, most, self.language)

    def joined(self, sentences: Sequence[str]) -> str:
        """Sentences one after the other."""
        return ("" if self.language == "zh" else " ").join(one for one in sentences if one)

    def labelled(self, name: str, value: str) -> str:
        """A name and its value."""
        return f"{name}：{value}" if self.language == "zh" else f"{name}: {value}"

    # --- Numbers

    def digits(self, element: int) -> int:
        """Decimals that suit the scores of an element."""
        scores = self.report.scores[:, :, element]
        seen = scores[np.isfinite(scores)]
        return decimals(float(np.ptp(seen)) if seen.size else 0.0)

    def score(self, value: float, element: int) -> str:
        """A score with the digits that suit its element."""
        return fixed(float(value), self.digits(element))

    # --- Blocks

    def table(self, caption: str, columns: Sequence[Column], *, note: str = "", most: int = MOST_ROWS) -> Table:
        """A table of columns (head, alignment, cells), cut where it is very long, and saying so."""
        rows = len(columns[0][2])
        if rows > most:
            columns = [(head, align, list(cells)[:most]) for head, align, cells in columns]
            note = self.joined([note, self.say("firstRows", n=most, all=rows)])
        return table(caption, columns, note=note)

    def figure(self, caption: str, alt: str, picture: figures.Picture, note: str = "") -> Figure:
        """A figure with its source under it."""
        svg, width, height = picture
        return Figure(caption, alt, svg, width, height, self.joined([note, self.source]))

    @property
    def source(self) -> str:
        """Where the numbers come from, and what computed them."""
        r = self.report
        if r["fictional"]:
            return self.say("sourceFictional", version=r["version"])
        named = [self.prose(cite) for cite in r["cites"]] or [self.writing.short(one["file"]) for one in r["sources"]]
        if not named:
            return self.say("made", version=r["version"])
        joint = "；" if self.language == "zh" else "; "
        return self.say("source", sources=joint.join(named).rstrip(".。"), version=r["version"])
