"""What a study rests on and how it was done: data, methods with their formulas, the appendix of indicators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from xinzhi.report.documents import figures
from xinzhi.report.documents.blocks import Block, Formula, Heading, Paragraph
from xinzhi.report.documents.findings import gaps, last_year
from xinzhi.report.documents.numbers import NONE, count, fixed, percent
from xinzhi.report.documents.paper import WIDTH, Column, Paper
from xinzhi.report.formulas import tree

_MOST_REPAIRS, _MOST_NOTICES = 30, 30
# More rows than this a figure of cells does not show.
_MOST_CELLS = 60


def data(paper: Paper) -> Iterator[Block]:
    """Sources, coverage, repairs and what else was noticed."""
    r = paper.report
    yield Heading(paper.say("data"))
    if r["sources"]:
        yield Paragraph(paper.say("sourcesSay", n=len(r["sources"])))
        yield _sources(paper)
    if r["index"]:
        yield Heading(paper.say("coverage"), 2)
        yield Paragraph(paper.joined(gaps(paper)))
        if r.indicators <= _MOST_CELLS:
            yield _coverage(paper)
    if r["repairs"]:
        yield Heading(paper.say("repairs"), 2)
        yield _repairs(paper)
    if r["notices"]:
        yield Heading(paper.say("notices"), 2)
        yield from _notices(paper, paper.say("notices"), r["notices"], r["noticesInAll"])


def _sources(paper: Paper) -> Block:
    sources, plain = paper.report["sources"], paper.writing.short
    columns: list[Column] = [
        (paper.say("file"), "left", [plain(one["file"]) for one in sources]),
        (paper.say("rows"), "right", [NONE if one["rows"] is None else count(one["rows"]) for one in sources]),
        (paper.say("encoding"), "left", [plain(one["encoding"] or NONE) for one in sources]),
        (paper.say("digest"), "left", [plain(one["sha256"][:12]) for one in sources]),
    ]
    cites = [paper.prose(one["cite"]) for one in sources]
    if any(cites):
        marked = [f"{cite} {paper.references.data(cite)}" if cite else NONE for cite in cites]
        columns.append((paper.say("citation"), "left", marked))
    return paper.table(paper.say("sourcesTable"), columns)


def _coverage(paper: Paper) -> Block:
    r = paper.report
    observed, filled = (
        np.asarray(r["coverage"][name], dtype=float) / len(r["regions"]) for name in ("observed", "filled")
    )
    names = [paper.node(at) for at in range(r.indicators)]
    key = [paper.say(name) for name in ("observed", "filled", "missingShort")]
    picture = figures.cells(names, r["years"], observed, filled, key, WIDTH)
    alt = paper.say("coverageAlt", observed=percent(float(observed.mean())))
    return paper.figure(paper.say("coverageFigure"), alt, picture, paper.say("coverageNote"))


def _repairs(paper: Paper) -> Block:
    repairs, plain = paper.report["repairs"], paper.writing.short
    in_all = paper.report["repairsInAll"]
    note = paper.say("firstRows", n=_MOST_REPAIRS, all=in_all) if in_all > _MOST_REPAIRS else ""
    shown = repairs[:_MOST_REPAIRS]
    columns: list[Column] = [
        (paper.say("was"), "left", [plain(one["was"]) for one in shown]),
        (paper.say("now"), "left", [plain(one["now"]) for one in shown]),
        (paper.say("why"), "left", [paper.prose(one["why"]) for one in shown]),
        (paper.say("file"), "left", [plain(one["file"]) for one in shown]),
        (paper.say("times"), "right", [count(one["count"]) for one in shown]),
    ]
    return paper.table(paper.say("repairsTable"), columns, note=note)


def _notices(paper: Paper, caption: str, notices: Sequence[dict[str, Any]], in_all: int) -> Iterator[Block]:
    shown = notices[:_MOST_NOTICES]
    places = [paper.prose(one["place"]) for one in shown]
    columns: list[Column] = [(paper.say("file"), "left", places)] if any(places) else []
    columns.append((paper.say("notice"), "left", [paper.prose(one["text"]) for one in shown]))
    note = paper.say("firstRows", n=len(shown), all=in_all) if in_all > len(shown) else ""
    yield paper.table(caption, columns, note=note)


# --- Methods ----------------------------------------------------------------------------------------------------


def methods(paper: Paper) -> Iterator[Block]:
    """The structure with its weights, every step with its formula, and what came of treatment."""
    r = paper.report
    spaces = (r["structure"] or {}).get("spaces", [])
    if not (r["index"] or spaces):
        return
    yield Heading(paper.say("methods"))
    if r["index"]:
        yield Heading(paper.say("weights"), 2)
        yield _weights(paper)
        yield Heading(paper.say("steps"), 2)
        yield Paragraph(paper.say("stepsIntro"))
        if any(step.get("formula") for step in r["steps"]):
            yield Paragraph(paper.say("notationIndex"), lead=paper.say("notation"))
        for step in r["steps"]:
            yield from _step(paper, step)
        yield Heading(paper.say("treated"), 2)
        yield _treated(paper) if r["treated"] else Paragraph(paper.say("treatedNone"))
        if r["omitted"]:
            yield Heading(paper.say("omitted"), 2)
            yield from _notices(paper, paper.say("omittedTable"), r["omitted"], r["omittedInAll"])
    for space in spaces:
        yield Heading(paper.text(space["title"]), 2)
        periods = [paper.writing.short(period) for period in space["periods"]]
        sizes = {"regions": count(len(space["regions"])), "activities": count(len(space["activities"]))}
        told = paper.listed(periods, 8)
        yield Paragraph(paper.say("linksSay", title=paper.text(space["title"]), periods=told, **sizes))
        for step in space["steps"]:
            yield from _step(paper, step)


def _step(paper: Paper, step: dict[str, Any]) -> Iterator[Block]:
    """One step: what was done by which method of whom, its formula, its options."""
    method = paper.text(step["name"])
    if paper.language == "zh" and step["method"] and method != step["method"]:
        method = f"{method}（{paper.writing.short(step['method'])}）"
    mark = paper.references.method(step["cite"]) if step["cite"] else ""
    only = paper.say("onlyFor", what=paper.listed([paper.writing.short(one) for one in step["only"]], 20))
    summary = paper.writing.plain(step["summary"]) if paper.language == "en" else ""
    first = f"{method} {mark}".strip() + ("。" if paper.language == "zh" else ".")
    lead = paper.say(step["step"]) + ("：" if paper.language == "zh" else ": ")
    yield Paragraph(paper.joined([first, only if step["only"] else "", summary]), lead=lead)
    formula = step.get("formula")
    if formula:
        try:
            yield Formula(tree(formula["mathml"]), str(formula["latex"]))
        except ValueError:  # a formula that is none of ours, in a report from elsewhere
            yield Paragraph(paper.writing.plain(formula.get("latex", "")), style="command")
    facts = _facts(paper, step)
    if facts:
        joint = "；" if paper.language == "zh" else "; "
        yield Paragraph(paper.say("options", options=joint.join(facts)), style="note")


def _facts(paper: Paper, step: dict[str, Any]) -> list[str]:
    facts = []
    if step["level"] is not None or step["step"] in ("weigh", "aggregate"):
        level = step["level"]
        word = "levelAll" if level is None else "levelOne" if level == 1 else "levelN"
        facts.append(f"{paper.say('level')} = {paper.say(word, n=level)}")
    scope = step["scope"]
    if scope is not None:
        said = (
            paper.say({"pooled": "pooled", "year": "yearly"}[scope])
            if isinstance(scope, str)
            else paper.say("base", first=scope[0], last=scope[1])
        )
        facts.append(f"{paper.say('scope')} = {said}")
    plain = paper.writing.plain
    return facts + [f"{plain(name)} = {plain(value)}" for name, value in step["options"]]


def _weights(paper: Paper) -> Block:
    r = paper.report
    last = last_year(paper)
    shares, effective = r.row("shares", last), r.row("effective", last)
    order = _outline(paper)
    depths = [depth for _, depth in order]
    nodes = [node for node, _ in order]
    indent = "　" if paper.language == "zh" else "\u2003"
    columns: list[Column] = [
        (
            paper.say("name"),
            "left",
            [indent * depth + (paper.node(at) if depth else paper.element(r.top)) for at, depth in order],
        ),
        (paper.say("code"), "left", [paper.writing.short(r["nodes"][at]["code"]) for at in nodes]),
        (
            paper.say("share"),
            "right",
            [percent(shares[at]) if depth else "" for at, depth in zip(nodes, depths, strict=True)],
        ),
        (paper.say("effective"), "right", [percent(effective[at]) for at in nodes]),
    ]
    note = paper.say("weightsYear", year=paper.year(last)) if len(r["shares"]) > 1 else ""
    return paper.table(paper.say("weightsTable"), columns, note=note)


def _outline(paper: Paper) -> list[tuple[int, int]]:
    """Elements as one walks the tree, with their depth."""
    r = paper.report

    def walk(node: int, depth: int) -> Iterator[tuple[int, int]]:
        if node < r.indicators:
            return
        yield node, depth
        for child in r.children(node):
            yield from walk(child, depth + 1)

    return list(walk(r.node_of(r.top), 0))


def _treated(paper: Paper) -> Block:
    treated = paper.report["treated"]
    columns: list[Column] = [
        (paper.say("indicator"), "left", [paper.node(one["indicator"]) for one in treated]),
        *(
            (paper.say(name), "right", [count(one[name]) for one in treated])
            for name in ("lowered", "raised", "transformed")
        ),
    ]
    for name in ("skew", "kurtosis"):
        if any(one[name] for one in treated):
            cells = [" → ".join(fixed(value, 2) for value in one[name]) if one[name] else NONE for one in treated]
            columns.append((paper.say(name), "right", cells))
    return paper.table(paper.say("treatedTable"), columns)


# --- Appendix ---------------------------------------------------------------------------------------------------


def appendix(paper: Paper) -> Iterator[Block]:
    """Every indicator: code, name, unit, direction, weight, what it is computed from."""
    r = paper.report
    if not r["index"]:
        return
    yield Heading(paper.say("appendix"), numbered=False)
    effective = r.row("effective", last_year(paper))
    nodes = r["nodes"][: r.indicators]
    plain = paper.writing.short
    columns: list[Column] = [
        (paper.say("code"), "left", [plain(one["code"]) for one in nodes]),
        (paper.say("name"), "left", [paper.text(one["name"]) for one in nodes]),
        (paper.say("element"), "left", [paper.node(one["parent"]) for one in nodes]),
        (paper.say("unit"), "left", [paper.text(one.get("unit")) or NONE for one in nodes]),
        (paper.say("direction"), "left", ["+" if one["direction"] > 0 else "−" for one in nodes]),
        (paper.say("weight"), "right", [percent(effective[at]) for at in range(r.indicators)]),
        (paper.say("computedFrom"), "left", [plain(_from(one)) for one in nodes]),
    ]
    yield paper.table(paper.say("appendixTable"), columns, most=10_000)


def _from(node: dict[str, Any]) -> str:
    column = str(node.get("column") or node["code"])
    return f"{column} ÷ {node['denominator']}" if node.get("denominator") else column
