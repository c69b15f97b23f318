"""How sure the results are: what was varied, rank intervals, effects, statistics, claims; and the audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from xinzhi.report.documents import figures
from xinzhi.report.documents.blocks import Block, Heading, Paragraph, Table
from xinzhi.report.documents.findings import last_year
from xinzhi.report.documents.numbers import NONE, between, count, fixed, percent, significant
from xinzhi.report.documents.paper import WIDTH, Column, Paper
from xinzhi.report.documents.unpacking import HIGH, LOW, MEDIAN

_MOST_SPANS, _MOST_VERSIONS, _MOST_FINDING_ROWS = 40, 12, 12


def sureness(paper: Paper) -> Iterator[Block]:
    """What the versions of the index say of its ranks, statistics and claims."""
    r = paper.report
    sure = r["sureness"]
    if not (sure or r["followed"] or r["claims"]):
        return
    yield Heading(paper.say("sureness" if sure else "follow"))
    if sure:
        yield Paragraph(paper.joined(list(_sentences(paper))))
        yield _varied(paper)
        yield from _spans(paper)
        if sure["effects"]:
            yield _effects(paper)
    if r["followed"]:
        if sure:
            yield Heading(paper.say("follow"), 2)
        yield _followed(paper)
    if r["claims"]:
        yield Heading(paper.say("claims"), 2)
        yield _claims(paper)


def _sentences(paper: Paper) -> Iterator[str]:
    r, last = paper.report, last_year(paper)
    sure = r["sureness"]
    yield paper.say("varied", n=count(sure["independent"]))
    if sure["shift"] is not None:
        yield paper.say("shift", shift=significant(sure["shift"], 2))
    assert r.intervals is not None
    low, high = r.intervals[:, last, LOW], r.intervals[:, last, HIGH]
    width = np.where(np.isfinite(high - low), high - low, -1.0)
    if (width >= 0).any():
        widest = int(np.argmax(width))
        yield paper.say(
            "width",
            year=paper.year(last),
            level=percent(sure["level"], 0),
            width=significant(float(np.median(width[width >= 0])), 3),
            region=paper.region(widest),
            low=fixed(low[widest], 0),
            high=fixed(high[widest], 0),
        )


def _varied(paper: Paper) -> Block:
    factors = paper.report["sureness"]["factors"]

    def versions(factor: dict[str, Any]) -> str:
        if factor["how"]:
            return paper.prose(factor["how"])
        return paper.listed([paper.text(one) for one in factor["versions"]], _MOST_VERSIONS)

    columns: list[Column] = [
        (paper.say("choice"), "left", [paper.text(one["title"]) for one in factors]),
        (paper.say("versions"), "left", [versions(one) for one in factors]),
    ]
    return paper.table(paper.say("variedTable"), columns)


def _spans(paper: Paper) -> Iterator[Block]:
    r, last = paper.report, last_year(paper)
    assert r.intervals is not None
    order = [at for at in r.ranking(last, r.top) if np.isfinite(r.intervals[at, last, [LOW, MEDIAN, HIGH]]).all()]
    if not order:
        return
    shown = order[:_MOST_SPANS]
    cells = np.column_stack([r.intervals[shown, last][:, [LOW, MEDIAN, HIGH]], r.ranks[shown, last, r.top]])
    sure = r["sureness"]
    level, n = percent(sure["level"], 0), count(sure["independent"])
    note = paper.say("intervalsNote", level=level, n=n)
    if len(order) > len(shown):
        note = paper.joined([note, paper.say("firstRows", n=len(shown), all=len(order))])
    told = [
        f"{paper.region(at)} {between(float(r.intervals[at, last, LOW]), float(r.intervals[at, last, HIGH]))}"
        for at in order[:3]
    ]
    picture = figures.spans([paper.region(at) for at in shown], cells, WIDTH)
    alt = paper.say("intervalsAlt", leaders=paper.listed(told, 3))
    yield paper.figure(paper.say("intervalsFigure", year=paper.year(last)), alt, picture, note)


def _effects(paper: Paper) -> Block:
    sure = paper.report["sureness"]

    def effect(of: dict[str, Any], name: str) -> str:
        value, low, high = of[name], of[f"{name}Low"], of[f"{name}High"]
        if value is None:
            return NONE
        return percent(value) if low is None else f"{percent(value)} ({percent(low)} … {percent(high)})"

    pairs = list(zip(sure["factors"], sure["effects"], strict=True))
    columns: list[Column] = [
        (paper.say("choice"), "left", [paper.text(factor["title"]) for factor, _ in pairs]),
        (paper.say("first"), "right", [effect(of, "first") for _, of in pairs]),
        (paper.say("total"), "right", [effect(of, "total") for _, of in pairs]),
    ]
    note = paper.say("effectsNote", level=percent(sure["level"], 0))
    return paper.table(paper.say("effectsTable"), columns, note=note)


def _followed(paper: Paper) -> Block:
    """A row for each statistic's first and last year."""
    rows: list[tuple[str, str, str]] = []
    for one in paper.report["followed"]:
        years = one["years"]
        for at in [0] if years is None or len(years) == 1 else [0, len(years) - 1]:
            span = ""
            if one["varied"] and one["low"][at] is not None and one["high"][at] is not None:
                span = f" [{significant(one['low'][at], 4)}, {significant(one['high'][at], 4)}]"
            year = paper.say("allYears") if years is None else str(years[at])
            rows.append((paper.text(one["title"]), year, significant(one["nominal"][at], 4) + span))
    titles, years_of, values = zip(*rows, strict=True)
    columns: list[Column] = [
        (paper.say("statistic"), "left", titles),
        (paper.say("year"), "left", years_of),
        (paper.say("asItStands"), "right", values),
    ]
    sure = paper.report["sureness"]
    note = paper.say("followNote", level=percent(sure["level"], 0)) if sure else paper.say("followNominal")
    return paper.table(paper.say("followTable"), columns, note=note)


def _claims(paper: Paper) -> Block:
    claims = paper.report["claims"]
    words = {True: "holds", False: "fails", None: "cannotSay"}
    columns: list[Column] = [
        (paper.say("claim"), "left", [paper.prose(one["title"]) for one in claims]),
        (paper.say("asItStands"), "left", [paper.say(words[one["nominal"]]) for one in claims]),
        (paper.say("holdsIn"), "right", [percent(one["share"]) for one in claims]),
        (paper.say("definedIn"), "right", [percent(one["shareDefined"]) for one in claims]),
    ]
    return paper.table(paper.say("claimsTable"), columns)


# --- Audit ------------------------------------------------------------------------------------------------------


def audit(paper: Paper) -> Iterator[Block]:
    """Every pitfall with its severity, and what was found of those that are not fine."""
    pitfalls = paper.report["audit"]
    if not pitfalls:
        return
    yield Heading(paper.say("audit"))
    many = {name: sum(one["severity"] == name for one in pitfalls) for name in ("serious", "worth-knowing", "fine")}
    told = {"serious": many["serious"], "worth": many["worth-knowing"], "fine": many["fine"]}
    yield Paragraph(paper.say("auditIntro", n=len(pitfalls), **told))
    columns: list[Column] = [
        ("", "right", [str(one["pitfall"]) for one in pitfalls]),
        (paper.say("pitfall"), "left", [paper.prose(one["title"]) for one in pitfalls]),
        (paper.say("verdict"), "left", [paper.say(one["severity"]) for one in pitfalls]),
    ]
    yield paper.table(paper.say("auditTable"), columns)
    for one in pitfalls:
        for finding in one["findings"]:
            if finding["severity"] != "fine":
                yield from _finding(paper, one["pitfall"], finding)


def _finding(paper: Paper, pitfall: int, finding: dict[str, Any]) -> Iterator[Block]:
    stop = "。" if paper.language == "zh" else ". "
    lead = f"{pitfall} · {paper.prose(finding['title'])}（{paper.say(finding['severity'])}）{stop}"
    if paper.language == "en":
        lead = f"{pitfall} · {paper.prose(finding['title'])} ({paper.say(finding['severity'])}). "
    yield Paragraph(paper.prose(finding["said"]), lead=lead)
    if finding["numbers"] and finding["severity"] == "serious":
        yield numbers(paper, finding["numbers"], paper.prose(finding["title"]), most=_MOST_FINDING_ROWS)
    if paper.prose(finding["wayOut"]):
        yield Paragraph(paper.labelled(paper.say("wayOut"), paper.prose(finding["wayOut"])), style="note")


def numbers(paper: Paper, found: dict[str, Any], caption: str, most: int) -> Table:
    """A table as the page's own tables come: heads, kinds (text, number, share), rows."""
    rows = found["rows"][:most]
    columns: list[Column] = [
        (
            paper.text(head),
            "left" if kind == "text" else "right",
            [_cell(paper, row[at], kind) for row in rows],
        )
        for at, (head, kind) in enumerate(zip(found["heads"], found["kinds"], strict=True))
    ]
    in_all = int(found.get("rowsInAll", len(found["rows"])))
    note = paper.say("firstRows", n=len(rows), all=in_all) if in_all > len(rows) else ""
    return paper.table(caption, columns, note=note)


def _cell(paper: Paper, value: Any, kind: str) -> str:
    if value is None:
        return NONE
    if isinstance(value, dict):
        return paper.text(value)
    if isinstance(value, str):
        return paper.writing.short(value)
    return percent(value) if kind == "share" else significant(float(value), 4)
