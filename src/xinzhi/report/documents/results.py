"""What came out: the ranking, scores over the years, the map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from xinzhi.report.documents import figures
from xinzhi.report.documents.blocks import Block, Heading, Paragraph
from xinzhi.report.documents.findings import last_year
from xinzhi.report.documents.numbers import NONE, between, fixed, percent, signed
from xinzhi.report.documents.paper import WIDTH, Column, Paper
from xinzhi.report.documents.unpacking import HIGH, LOW

# Bars, years and lower elements beside one another on a page.
_MOST_BARS, _MOST_YEARS, _MOST_BELOW = 40, 9, 5
_PICKED = 5


def results(paper: Paper) -> Iterator[Block]:
    """The results of the index; nothing where there is none or no region has a score."""
    r = paper.report
    if not r["index"] or not r.ranks[:, :, r.top].any():
        return
    yield Heading(paper.say("results"))
    yield Heading(paper.say("ranking"), 2)
    yield from _ranking(paper)
    if len(r["years"]) > 1:
        yield Heading(paper.say("years"), 2)
        yield from _years(paper)
    yield from _map(paper)


def _ranking(paper: Paper) -> Iterator[Block]:
    r, last = paper.report, last_year(paper)
    order = r.ranking(last, r.top)
    what, year = paper.element(r.top), paper.year(last)
    leaders = _leaders(paper, order, last)
    children = r.children(r.node_of(r.top))
    pieces, key = _pieces(paper, order, last, children)
    shown = order[:_MOST_BARS]
    names = [f"{r.ranks[at, last, r.top]}  {paper.region(at)}" for at in shown]
    labels = [paper.score(r.scores[at, last, r.top], r.top) for at in shown]
    picture = figures.bars(names, pieces[:_MOST_BARS], labels, key, WIDTH)
    note = paper.say("rankingParts") if key else ""
    if len(order) > len(shown):
        note = paper.joined([note, paper.say("firstRows", n=len(shown), all=len(order))])
    alt = paper.say("rankingAlt", leaders=leaders)
    yield paper.figure(paper.say("rankingFigure", what=what, year=year), alt, picture, note)
    below = [node for node in children if node >= r.indicators]
    groups = [below[at : at + _MOST_BELOW] for at in range(0, len(below), _MOST_BELOW)] or [[]]
    for at, group in enumerate(groups):
        yield paper.table(
            paper.say("rankingTable", what=what, year=year),
            _columns(paper, order, last, group, full=at == 0),
        )


def _columns(paper: Paper, order: list[int], last: int, below: list[int], full: bool) -> list[Column]:
    r = paper.report
    columns: list[Column] = [
        (paper.say("rank"), "right", [str(r.ranks[at, last, r.top]) for at in order]),
        (paper.say("region"), "left", [paper.region(at) for at in order]),
        (paper.say("score"), "right", [paper.score(r.scores[at, last, r.top], r.top) for at in order]),
    ]
    if full and r.intervals is not None:
        spans = [between(float(r.intervals[at, last, LOW]), float(r.intervals[at, last, HIGH])) for at in order]
        level = percent(r["sureness"]["level"], 0)
        columns.insert(1, (paper.say("interval", level=level), "right", spans))
    for node in below:
        element = node - r.indicators
        scores = [paper.score(r.scores[at, last, element], element) for at in order]
        columns.append((paper.node(node), "right", scores))
    first = r.scored_years(r.top)[0]
    if full and first != last:
        ranks = r.ranks[:, :, r.top]
        gained = [signed(float(ranks[at, first] - ranks[at, last])) if ranks[at, first] else NONE for at in order]
        columns.append((paper.say("change", first=paper.year(first)), "right", gained))
    return columns


def _leaders(paper: Paper, order: list[int], year: int) -> str:
    r = paper.report
    return paper.listed([f"{paper.region(at)} {paper.score(r.scores[at, year, r.top], r.top)}" for at in order[:3]], 3)


def _pieces(paper: Paper, order: list[int], year: int, children: list[int]) -> tuple[Any, list[str]]:
    """What each child adds to the score, (row, child), where the score is their weighted sum; else the score itself."""
    r = paper.report
    if not r["additive"][r.top] or not 1 < len(children) <= len(figures.PARTS):
        return r.scores[order, year, r.top][:, None], []
    scores = np.stack([r.score_of(node)[order, year] for node in children], axis=1)
    weights = np.asarray(r.row("shares", year), dtype=float)[children]
    present = np.isfinite(scores)
    whole = np.where(present, weights, 0.0).sum(axis=1, keepdims=True)
    return np.where(present, scores, 0.0) * weights / whole, [paper.node(node) for node in children]


def _years(paper: Paper) -> Iterator[Block]:
    r = paper.report
    if not r.comparable:
        steps = [paper.say(step) for step in r["yearly"]]
        yield Paragraph(paper.say("trendRefused", steps=paper.listed(steps, 9)))
        return
    years, last = r.scored_years(r.top), last_year(paper)
    what = paper.element(r.top)
    order = r.ranking(last, r.top)
    picks = order[:_PICKED]
    names = [paper.region(at) for at in range(len(r["regions"]))]
    span = {"first": paper.year(years[0]), "last": paper.year(years[-1])}
    if len(years) > 1:
        scores = r.scores[:, years, r.top]
        picture = figures.lines([paper.year(at) for at in years], scores, names, picks, WIDTH)
        alt = paper.say("trendAlt", leaders=_leaders(paper, order, last))
        yield paper.figure(paper.say("trendFigure", what=what, **span), alt, picture, _trend_note(paper))
    shown = years if len(years) <= _MOST_YEARS else sorted({*years[:: -(-len(years) // _MOST_YEARS)], years[-1]})
    rest = [at for at in range(len(r["regions"])) if at not in set(order)]
    rows = [*order, *rest]
    columns: list[Column] = [(paper.say("region"), "left", [paper.region(at) for at in rows])]
    for year in shown:
        cells = [paper.score(r.scores[at, year, r.top], r.top) for at in rows]
        columns.append((str(paper.year(year)), "right", cells))
    yield paper.table(paper.say("yearsTable", what=what), columns)


def _trend_note(paper: Paper) -> str:
    """What the lines are, and in which years fewer indicators stand behind them."""
    present = paper.report.present
    lean = [str(paper.year(at)) for at, many in enumerate(present) if many < max(present)]
    if not lean:
        return paper.say("trendNote")
    uneven = paper.say("trendUneven", years=paper.listed(lean, 12), least=min(present), most=max(present))
    return paper.joined([paper.say("trendNote"), uneven])


def _map(paper: Paper) -> Iterator[Block]:
    r, last = paper.report, last_year(paper)
    scores = r.scores[:, last, r.top]
    seen = scores[np.isfinite(scores)]
    ends = (
        f"{paper.say('lowest')} {paper.score(seen.min(), r.top)}",
        f"{paper.score(seen.max(), r.top)} {paper.say('highest')}",
    )
    what, year = paper.element(r.top), paper.year(last)
    caption = paper.say("mapFigure", what=what, year=year)
    alt = paper.say("mapAlt", leaders=_leaders(paper, r.ranking(last, r.top), last))

    def score(at: int) -> float | None:
        return float(scores[at]) if np.isfinite(scores[at]) else None

    if r["shapes"]:
        drawn = {int(shape["region"]) for shape in r["shapes"]}
        polygons = [(_rings(shape["geometry"]), score(int(shape["region"]))) for shape in r["shapes"]]
        picture, note = figures.shapes(polygons, ends, WIDTH), ""
    else:
        drawn = {at for at, region in enumerate(r["regions"]) if region["tile"]}
        if not drawn:
            return
        tiles = [(paper.text(r["regions"][at]["label"]), tuple(r["regions"][at]["tile"]), score(at)) for at in drawn]
        labels = [NONE if one is None else fixed(one, paper.digits(r.top)) for _, _, one in tiles]
        for other in r["elsewhere"]:
            tiles.append((paper.text(other["label"]), tuple(other["tile"]), None))
            labels.append("")
        picture, note = figures.tiles(tiles, labels, ends, WIDTH), paper.say("mapTiles")
    rest = [paper.region(at) for at in range(len(r["regions"])) if at not in drawn]
    if rest:
        note = paper.joined([note, paper.say("mapAbsent", regions=paper.listed(rest, 12))])
    yield Heading(paper.say("map"), 2)
    yield paper.figure(caption, alt, picture, note)


def _rings(geometry: dict[str, Any]) -> list[Any]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [ring for polygon in polygons for ring in polygon]
