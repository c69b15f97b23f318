"""What regions are made of, in brief tables: one small function for each kind of result, by its name in the payload.

A kind that has no function here is named in the document as being in the page only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from xinzhi.report.documents.blocks import Block, Heading, Paragraph
from xinzhi.report.documents.doubt import numbers
from xinzhi.report.documents.numbers import NONE, between, count, fixed, percent, significant
from xinzhi.report.documents.paper import Column, Paper
from xinzhi.report.documents.unpacking import unpacked, unpacked_short

# Rows of a brief table.
_MOST = 30
# What a cell of a space's regions holds, in the order of report/structure.py: twelve numbers, these among them.
_TOTAL, _DIVERSITY, _COMPLEXITY, _RANK, _LOW, _HIGH, _OUTLOOK, _REGION = 0, 1, 4, 5, 6, 7, 11, 12
_NOT_PLACED = 255
# From this mean rank correlation on draws are said to agree with the ranks, and unless more than so many are turned.
STABLE, _TURNED = 0.8, 0.1


def structure(paper: Paper) -> Iterator[Block]:
    """All kinds of structure that a study has, and what of them is in the page only."""
    found = paper.report["structure"] or {}
    blocks: list[Block] = []
    for name, part in _PARTS.items():
        if found.get(name):
            blocks.extend(part(paper, found[name]))
    if blocks:
        yield Heading(paper.say("structure"))
        yield from blocks


def leads(paper: Paper) -> list[str]:
    """A sentence on each space: its size, and who does what few can, where the ranks hold up over the draws."""
    return [_lead(paper, space) for space in (paper.report["structure"] or {}).get("spaces", [])]


def _lead(paper: Paper, space: dict[str, Any]) -> str:
    n, told = len(space["regions"]), space["told"][-1]
    sizes = {"regions": count(n), "activities": count(len(space["activities"]))}
    ranks = unpacked_short(space["regionCells"]).reshape(n, len(space["periods"]), _REGION)[:, -1, _RANK]
    order = [int(at) for at in np.argsort(ranks, kind="stable") if np.isfinite(ranks[at])]
    what = paper.text(space["title"])
    stable, turned = told.get("stable"), told.get("turned")
    if order and stable is not None and (stable < STABLE or (turned or 0) > _TURNED):
        return paper.say("leadSpaceUnsure", what=what, rho=fixed(stable, 2), **sizes)
    if not order:
        return paper.say("leadSpacePlain", what=what, **sizes)
    names = [paper.place(str(space["regions"][at])) for at in order[:3]]
    return paper.say("leadSpace", what=what, leaders=paper.listed(names, 3), **sizes)


def others(paper: Paper) -> Iterator[Block]:
    """Parts of the payload that have no place of their own here: their tables, and the names of the rest."""
    payload = paper.report.payload
    tabled = {name: _tables(payload[name]) for name in payload if name not in _KNOWN and payload[name]}
    for name, found in tabled.items():
        if found:
            yield Heading(paper.writing.short(name))
            for title, one in found:
                yield numbers(paper, one, paper.text(title) if title else paper.writing.short(name), _MOST)
    left = [name for name, found in tabled.items() if not found]
    left += [name for name in payload["structure"] or {} if payload["structure"][name] and name not in _PARTS]
    if payload["index"]:
        left += ["profiles", "numbers"]
    if left:
        yield Heading(paper.say("pageOnly"), numbered=False)
        names = [paper.say(f"part-{name}") if name in _NAMED else paper.writing.short(name) for name in left]
        yield Paragraph(paper.say("pageOnlySay", what=paper.listed(names, 20)))


def _tables(part: Any, title: Any = None) -> list[tuple[Any, dict[str, Any]]]:
    """Every table in the form of the page's own (heads, kinds, rows) within a part, with the title nearest above it."""
    if isinstance(part, list):
        return [found for one in part for found in _tables(one, title)]
    if not isinstance(part, dict):
        return []
    if {"heads", "kinds", "rows"} <= part.keys():
        return [(part.get("title") or title, part)]
    nearest = part.get("title") if isinstance(part.get("title"), dict) else title
    return [found for one in part.values() for found in _tables(one, nearest)]


# --- Kinds ------------------------------------------------------------------------------------------------------


def _spaces(paper: Paper, spaces: list[dict[str, Any]]) -> Iterator[Block]:
    for space in spaces:
        n, t = len(space["regions"]), len(space["periods"])
        last = unpacked_short(space["regionCells"]).reshape(n, t, _REGION)[:, -1]
        order = np.lexsort((np.arange(n), np.nan_to_num(-last[:, _TOTAL]), np.nan_to_num(last[:, _RANK], nan=n + 1)))
        rows = [int(at) for at in order]
        columns: list[Column] = [
            (paper.say("region"), "left", [paper.place(str(space["regions"][at])) for at in rows]),
            (paper.say("diversity"), "right", [fixed(last[at, _DIVERSITY], 0) for at in rows]),
        ]
        if np.isfinite(last[:, _RANK]).any():
            columns.append((paper.say("complexityRank"), "right", [fixed(last[at, _RANK], 0) for at in rows]))
            columns.append((paper.say("complexityOf"), "right", [fixed(last[at, _COMPLEXITY], 2) for at in rows]))
        if space["level"] and np.isfinite(last[:, _LOW]).any():
            spans = [between(float(last[at, _LOW]), float(last[at, _HIGH])) for at in rows]
            columns.insert(3, (paper.say("interval", level=percent(space["level"], 0)), "right", spans))
        if np.isfinite(last[:, _OUTLOOK]).any():
            columns.append((paper.say("outlook"), "right", [significant(last[at, _OUTLOOK], 3) for at in rows]))
        period = paper.writing.short(space["periods"][-1])
        caption = paper.say("spaceTable", what=paper.text(space["title"]), period=period)
        yield paper.table(caption, columns, most=_MOST)
        if space["verdict"]:
            yield Paragraph(paper.prose(space["verdict"]))


def _emergence(paper: Paper, blocks: list[dict[str, Any]]) -> Iterator[Block]:
    for block in blocks:
        topics = block["topics"][:_MOST]
        if not topics:
            continue
        columns: list[Column] = [
            (paper.say("topic"), "left", [paper.text(one["name"]) for one in topics]),
            (paper.say("recordsOf"), "right", [significant(one["counted"], 6) for one in topics]),
            (paper.say("onset"), "right", [_year(one["onset"]) for one in topics]),
            (paper.say("stage"), "left", [_stage(paper, block, one) for one in topics]),
        ]
        said = paper.say("emergenceSay", n=block["emerging"], all=block["topicsInAll"])
        yield paper.table(paper.say("emergenceTable", what=paper.text(block["title"])), columns, note=said)


def _year(value: float | None) -> str:
    return NONE if value is None else str(int(value))


def _stage(paper: Paper, block: dict[str, Any], topic: dict[str, Any]) -> str:
    curve = topic.get("curve") or {}
    at = curve.get("stage")
    return NONE if at is None else paper.text(block["stages"][int(at)]["name"])


def _dependency(paper: Paper, blocks: list[dict[str, Any]]) -> Iterator[Block]:
    for block in blocks:
        regions = block["regions"][:_MOST]
        columns: list[Column] = [
            (paper.say("region"), "left", [paper.text(one["name"]) for one in regions]),
            (paper.say("goods"), "right", [count(one["goods"]) for one in regions]),
            (paper.say("chokes"), "right", [count(one["chokes"]) for one in regions]),
            (paper.say("dependencyShare"), "right", [percent(one["dependency"]) for one in regions]),
            (paper.say("inChokes"), "right", [percent(one["inChokes"]) for one in regions]),
        ]
        period = paper.writing.short(block["periods"][-1])
        note = paper.say("chokeNote", dependency=percent(block["thresholds"][0], 0), hhi=block["thresholds"][1])
        caption = paper.say("dependencyTable", what=paper.text(block["title"]), period=period)
        yield paper.table(caption, columns, note=note)


def _ladder(paper: Paper, blocks: list[dict[str, Any]]) -> Iterator[Block]:
    for block in blocks:
        rungs, years = block["rungs"], block["years"]
        chances = unpacked(block["chances"], "u1").reshape(block["series"], len(years), len(rungs))
        placed = (chances != _NOT_PLACED).all(axis=2)
        told = [at for at in range(len(years)) if placed[:, at].any()]
        if not told:
            continue
        last = told[-1]
        likeliest = np.where(placed[:, last], chances[:, last].argmax(axis=1), -1)
        counts = [int((likeliest == at).sum()) for at in range(len(rungs))]
        columns: list[Column] = [
            (paper.say("rung"), "left", [paper.text(rung["name"]) for rung in rungs]),
            (paper.say("industries"), "right", [count(many) for many in counts]),
            (paper.say("largest"), "left", _largest(paper, block, likeliest, last)),
        ]
        yield paper.table(paper.say("ladderTable", what=paper.text(block["title"]), year=years[last]), columns)


def _largest(paper: Paper, block: dict[str, Any], rung: Any, year: int) -> list[str]:
    """The three largest industries of every rung, with their region where there are several."""
    amount = unpacked_short(block["amount"]).reshape(block["series"], -1)[:, year]
    industry, region = (unpacked(block[name], "<u2") for name in ("industry", "region"))
    order = np.argsort(-np.nan_to_num(amount), kind="stable")
    out = []
    for at in range(len(block["rungs"])):
        first = [int(one) for one in order if rung[one] == at][:3]
        names = [paper.text(block["industries"][industry[one]]["name"]) for one in first]
        if block["regional"]:
            places = [paper.place(str(block["regions"][region[one]])) for one in first]
            names = [
                f"{name}（{place}）" if paper.language == "zh" else f"{name} ({place})"
                for name, place in zip(names, places, strict=True)
            ]
        out.append(paper.listed(names, 3) or NONE)
    return out


def _digital(paper: Paper, found: dict[str, Any]) -> Iterator[Block]:
    rows = found["coupling"][:]
    rows.sort(key=lambda row: -(row["coordination"] if row["coordination"] is not None else -1.0))
    columns: list[Column] = [(paper.say("region"), "left", [paper.place(row["region"]) for row in rows])]
    for at, level in enumerate(found["chain"]):
        columns.append((paper.text(level), "right", [fixed(row["scores"][at], 3) for row in rows]))
    if any(row["coordination"] is not None for row in rows):
        columns.append((paper.say("coordination"), "right", [fixed(row["coordination"], 3) for row in rows]))
    period = paper.writing.short(found["periods"][-1]) if found["periods"] else ""
    yield paper.table(paper.say("digitalTable", period=period), columns, most=_MOST)


def _records(paper: Paper, blocks: list[dict[str, Any]]) -> Iterator[Block]:
    columns: list[Column] = [
        (paper.say("recordsOf"), "left", [paper.text(one["title"]) for one in blocks]),
        (paper.say("file"), "left", [paper.writing.short(one["file"]) for one in blocks]),
        (paper.say("rows"), "right", [count(one["rows"]) for one in blocks]),
        (paper.say("removed"), "right", [count(one["removed"]) for one in blocks]),
        (paper.say("counted"), "right", [significant(one["counted"], 6) for one in blocks]),
    ]
    yield paper.table(paper.say("recordsTable"), columns)


_PARTS: dict[str, Callable[[Paper, Any], Iterator[Block]]] = {
    "spaces": _spaces,
    "emergence": _emergence,
    "dependency": _dependency,
    "ladder": _ladder,
    "digital": _digital,
    "records": _records,
}
_NAMED = frozenset({"fusion", "profiles", "numbers"})
# What the other parts of a document read, or what is no result.
_KNOWN = frozenset(
    {
        *("format", "title", "note", "fictional", "version", "cites", "command", "notices", "noticesInAll", "sources"),
        *(
            "repairs",
            "repairsInAll",
            "record",
            "index",
            "years",
            "regions",
            "elsewhere",
            "nodes",
            "indicators",
            "shares",
        ),
        *("effective", "additive", "yearly", "origins", "coverage", "steps", "treated", "lacking", "omitted", "cells"),
        *(
            "omittedInAll",
            "dynamics",
            "sureness",
            "followed",
            "claims",
            "audit",
            "shapes",
            "others",
            "structure",
            "scales",
            "simulation",
        ),
    }
)
