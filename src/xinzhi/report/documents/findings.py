"""What a run found, in sentences that its numbers say themselves: the document's abstract."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xinzhi.report.documents.numbers import count, fixed, percent, significant
from xinzhi.report.documents.paper import Paper
from xinzhi.report.documents.unpacking import HIGH, LOW

# The share of versions from which a claim is said to hold whatever the choices.
ROBUST = 0.9


def findings(paper: Paper) -> list[str]:
    """The sentences on the index; none without one."""
    if not paper.report["index"]:
        return []
    return [one for one in (_facts(paper), _lead(paper), _sure(paper), _rise(paper), _claimed(paper)) if one]


def gaps(paper: Paper) -> list[str]:
    """The sentences on what was observed, filled in and missing."""
    return list(_gaps(paper))


def last_year(paper: Paper) -> int:
    """The last year that has scores."""
    years = paper.report.scored_years(paper.report.top)
    return years[-1] if years else len(paper.report["years"]) - 1


def _facts(paper: Paper) -> str:
    r = paper.report
    elements = [paper.node(node) for node in r.children(r.node_of(r.top))]
    observed, cells = _observed(paper)
    years = r["years"]
    span = f"{years[0]}–{years[-1]}" if len(years) > 1 else str(years[0])
    measured = paper.say("measured", index=paper.element(r.top), elements=paper.listed(elements, 12))
    facts = paper.say(
        "facts",
        regions=count(len(r["regions"])),
        years=span,
        indicators=r.indicators,
        observed=percent(observed / cells if cells else None),
    )
    return paper.joined([measured, facts])


def _observed(paper: Paper) -> tuple[int, int]:
    r = paper.report
    return int(np.sum(r["coverage"]["observed"])), len(r["regions"]) * len(r["years"]) * r.indicators


def _lead(paper: Paper) -> str:
    r, last = paper.report, last_year(paper)
    order = r.ranking(last, r.top)
    if not order:
        return paper.say("leadNone")
    year, scores = paper.year(last), r.scores[:, last, r.top]
    score = paper.score(scores[order[0]], r.top)
    first = [paper.region(at) for at in order if r.ranks[at, last, r.top] == 1]
    if len(order) == 1:
        return paper.say("leadAlone", leader=first[0], year=year, score=score)
    if len(first) > 1:
        return paper.say("leadTie", leaders=paper.listed(first), year=year, score=score)
    gap = float(scores[order[0]] - scores[order[1]])
    shown = paper.score(gap, r.top)
    return paper.say(
        "lead",
        leader=first[0],
        year=year,
        score=score,
        second=paper.region(order[1]),
        secondScore=paper.score(scores[order[1]], r.top),
        gap=shown if any(one in "123456789" for one in shown) else significant(gap, 2),
    )


def _sure(paper: Paper) -> str:
    r, last = paper.report, last_year(paper)
    if r.intervals is None:
        return ""
    sure, said = r["sureness"], []
    for at in r.ranking(last, r.top)[:3]:
        if r.ranks[at, last, r.top] != 1:
            continue
        low, high = (fixed(r.intervals[at, last, what], 0) for what in (LOW, HIGH))
        said.append(
            paper.say(
                "sureSame" if low == high else "sure",
                n=count(sure["independent"]),
                level=percent(sure["level"], 0),
                leader=paper.region(at),
                year=paper.year(last),
                low=low,
                high=high,
            )
        )
    return paper.joined(said)


def _rise(paper: Paper) -> str:
    r = paper.report
    years = r.scored_years(r.top)
    if len(years) < 2:
        return ""
    first, last = years[0], years[-1]
    ranks, scores = r.ranks[:, [first, last], r.top], r.scores[:, [first, last], r.top]
    # Ranks that rise fall in number.
    gained = scores[:, 1] - scores[:, 0] if r.comparable else (ranks[:, 0] - ranks[:, 1]).astype(float)
    gained = np.where((ranks > 0).all(axis=1), gained, -np.inf)
    best = int(np.argmax(gained))
    if not gained[best] > 0:
        return ""
    said = paper.say(
        "rise" if r.comparable else "riseRank",
        first=paper.year(first),
        last=paper.year(last),
        region=paper.region(best),
        rankFrom=ranks[best, 0],
        rankTo=ranks[best, 1],
        from_=paper.score(scores[best, 0], r.top),
        to=paper.score(scores[best, 1], r.top),
    )
    few, many = r.present[first], r.present[last]
    if few == many:
        return said
    span = {"first": paper.year(first), "last": paper.year(last)}
    return paper.joined([said, paper.say("riseUneven", few=few, many=many, **span)])


def _claimed(paper: Paper) -> str:
    claims = paper.report["claims"]
    if not claims:
        return ""
    hold = sum(claim["nominal"] is True for claim in claims)
    robust = sum((claim["share"] or 0) >= ROBUST for claim in claims)
    return paper.say("claimed", n=len(claims), hold=hold, robust=robust)


def _gaps(paper: Paper) -> Iterator[str]:
    r = paper.report
    observed, cells = _observed(paper)
    filled = int(np.sum(r["coverage"]["filled"]))

    def part(n: int) -> str:
        share = percent(n / cells if cells else None)
        return f"{count(n)}（{share}）" if paper.language == "zh" else f"{count(n)} ({share})"

    if observed == cells:
        yield paper.say("missingNone", cells=count(cells))
    else:
        told = {"observed": part(observed), "filled": part(filled), "missing": part(cells - observed - filled)}
        yield paper.say("missingCells", cells=count(cells), **told)
    if r["lacking"]:
        yield paper.say("missingIndicators", n=r["lacking"])
    last = last_year(paper)
    absent = [paper.region(int(at)) for at in np.flatnonzero(r.ranks[:, last, r.top] == 0)]
    if absent:
        yield paper.say("missingRegions", year=paper.year(last), regions=paper.listed(absent, 12))
