"""The course of the index in brief tables: inequality by year, moves between classes, convergence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xinzhi.report.documents.blocks import Block, Heading
from xinzhi.report.documents.numbers import NONE, between, count, fixed, percent, significant
from xinzhi.report.documents.paper import Column, Paper

_MEASURES = {"gini": "gini", "theil-t": "theil", "coefficient-of-variation": "variation"}
_PARTS = {"theil_between": "theilBetween", "theil_within": "theilWithin"}
_DAGUM = ("dagumWithin", "dagumBetween", "dagumTransvariation")
_KINDS = frozenset({"sigma", "absolute-beta", "conditional-beta"})


def dynamics(paper: Paper) -> Iterator[Block]:
    """What is told of the index itself; its parts have theirs on the page."""
    found = paper.report.payload.get("dynamics")
    course = next((one for one in (found or {}).get("elements", []) if one["element"] == paper.report.top), None)
    blocks = list(_course(paper, course)) if course else []
    if blocks:
        yield Heading(paper.say("dynamics"))
        yield from blocks


def _course(paper: Paper, course: dict[str, Any]) -> Iterator[Block]:
    if course.get("inequality"):
        yield _inequality(paper, course)
    if course.get("mobility"):
        yield _mobility(paper, course["mobility"])
    if course.get("convergence"):
        yield _convergence(paper, course["convergence"])


def _inequality(paper: Paper, course: dict[str, Any]) -> Block:
    table, dagum = course["inequality"], course.get("dagum")
    columns: list[Column] = [(paper.say("year"), "left", [str(year) for year in course["years"]])]
    for at, name in enumerate(table["columns"]):
        word = (_MEASURES | _PARTS).get(name)
        head = paper.say(word) if word else paper.writing.short(name)
        columns.append((head, "right", [fixed(row[at], 3) for row in table["rows"]]))
    if dagum:
        # The first part is the whole.
        for at, word in enumerate(_DAGUM, start=1):
            columns.append((paper.say(word), "right", [fixed(row[at], 3) for row in dagum["parts"]]))
    return paper.table(paper.say("inequalityTable", what=paper.element(paper.report.top)), columns)


def _mobility(paper: Paper, found: dict[str, Any]) -> Block:
    classes = range(found["classes"])
    columns: list[Column] = [
        (paper.say("fromClass"), "left", [str(one + 1) for one in classes]),
        (paper.say("moves"), "right", [count(sum(row)) for row in found["counts"]]),
    ]
    chances = found["probabilities"]
    columns += [(str(to + 1), "right", [fixed(chances[one][to], 3) for one in classes]) for to in classes]
    if found.get("longRun"):
        columns.append((paper.say("longRun"), "right", [percent(share) for share in found["longRun"]]))
    return paper.table(paper.say("mobilityTable"), columns, note=paper.say("mobilityNote"))


def _convergence(paper: Paper, rows: list[dict[str, Any]]) -> Block:
    def interval(row: dict[str, Any]) -> str:
        return NONE if row["low"] is None else between(row["low"], row["high"], 4).replace("–", " … ")

    kinds = [paper.say(row["kind"]) if row["kind"] in _KINDS else paper.writing.short(row["kind"]) for row in rows]
    columns: list[Column] = [
        (paper.say("convergence"), "left", kinds),
        (paper.say("estimate"), "right", [fixed(row["estimate"], 4) for row in rows]),
        (paper.say("error"), "right", [fixed(row["error"], 4) for row in rows]),
        (paper.say("p"), "right", [_chance(row["p"]) for row in rows]),
        (paper.say("interval95"), "right", [interval(row) for row in rows]),
        (paper.say("halfLife"), "right", [significant(row["halfLife"], 3) for row in rows]),
    ]
    return paper.table(paper.say("convergenceTable"), columns)


def _chance(p: float | None) -> str:
    """A probability; what is all but nothing is not written as nothing."""
    return "<0.001" if p is not None and p < 0.0005 else fixed(p, 3)
