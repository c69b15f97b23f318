"""The worlds that were grown: policies, fans, effects, facts, lags, claims, what was assumed; the model's equations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.report.documents import figures
from xinzhi.report.documents.blocks import Block, Formula, Heading, Listed, Paragraph
from xinzhi.report.documents.numbers import NONE, count, percent, signed, significant
from xinzhi.report.documents.paper import WIDTH, Column, Paper
from xinzhi.report.documents.unpacking import unpacked_scaled
from xinzhi.report.formulas import tree

# What a reader asks of a policy first; other outcomes are in the page and in the tables of the run.
HEADLINES = ("output", "productivity", "new_quality_share", "industries_born", "region_gini", "clean_share")
# Beside the baseline, as many as there are colours.
_MOST_FANS = len(figures.LINES)
_MOST = 40


def simulation(paper: Paper) -> Iterator[Block]:
    """What came of growing worlds under policies; nothing where a study grows none."""
    found = paper.report.payload.get("simulation")
    if not found:
        return
    yield Heading(paper.say("simulation"))
    yield Paragraph(_set_up(paper, found))
    if found["experiment"]["fictional"]:
        yield Paragraph(paper.say("simulatedFictional"), style="note")
    if found["policies"]:
        yield _policies(paper, found)
        yield from _fans(paper, found)
    if found["effects"]:
        yield _effects(paper, found)
    for lags in found["lags"]:
        yield _lags(paper, found, lags)
    if found["claims"]:
        yield Heading(paper.say("simulatedClaims"), 2)
        yield from _claims(paper, found)
    if found["facts"] or found["posterior"] or found["heldout"]:
        yield Heading(paper.say("simulatedTrust"), 2)
        yield from _trust(paper, found)
    if found["start"]["rows"]:
        yield _start(paper, found)
    if found["equations"]:
        yield Heading(paper.say("simulatedEquations"), 2)
        yield from _equations(paper, found)


def _set_up(paper: Paper, found: dict[str, Any]) -> str:
    about = found["experiment"]
    if not found["policies"]:
        return paper.say("simulatedStart", start=paper.text(found["start"]["name"]))
    first, last = about["years"]
    said = [
        paper.say(
            "simulatedSay",
            start=paper.text(found["start"]["name"]),
            first=first,
            last=last,
            firms=count(about["firms"]),
            draws=about["draws"],
            seed=about["seed"],
        ),
        paper.say("simulatedEqual") if about["equalSpending"] else paper.say("simulatedUnequal"),
    ]
    if about["knobSets"] > 1:
        said.append(paper.say("simulatedSets", n=about["knobSets"]))
    return paper.joined(said)


def _policies(paper: Paper, found: dict[str, Any]) -> Block:
    policies = found["policies"]
    said = [
        paper.joined([paper.prose(one["says"]) for one in (*policy["levers"], *policy["shocks"])]) or NONE
        for policy in policies
    ]
    columns: list[Column] = [
        (paper.say("policy"), "left", [_headed_by(paper, policy["title"]) for policy in policies]),
        (paper.say("policySays"), "left", said),
        (paper.say("planned"), "right", [percent(policy["planned"], 2) for policy in policies]),
        (paper.say("spentOf"), "right", [percent(policy["spent"], 2) for policy in policies]),
    ]
    return paper.table(paper.say("policiesTable"), columns, note=paper.say("policiesNote"), most=_MOST)


def _fans(paper: Paper, found: dict[str, Any]) -> Iterator[Block]:
    """The headline outcomes through time, the baseline first and as many others as there are colours."""
    baseline, policies = found["experiment"]["baseline"], found["policies"]
    others = [at for at in range(len(policies)) if at != baseline]
    shown = [baseline, *others[:_MOST_FANS]]
    series = [(at, one) for at, one in enumerate(found["series"]) if one["code"] in HEADLINES]
    if not series:
        return
    shape = (len(found["series"]), len(policies), len(found["moments"]), 3)
    cells = unpacked_scaled(found["fans"]["cells"], found["fans"]["ends"]).reshape(shape)
    panels: list[tuple[str, Floats]] = [(_headed(paper, one), cells[at][shown]) for at, one in series]
    names = [_headed_by(paper, policies[at]["title"]) for at in shown]
    shares = [one["kind"] == "share" for _, one in series]
    picture = figures.fans(found["moments"], panels, names, WIDTH, shares)
    first, last = found["experiment"]["years"]
    level = percent(found["experiment"]["level"], 0)
    note = paper.say("fansNote", level=level, draws=found["experiment"]["draws"])
    if len(others) > _MOST_FANS:
        note = paper.joined([note, paper.say("fansMore", n=len(shown), all=len(policies))])
    alt = paper.say("fansAlt", what=paper.listed([paper.text(one["name"]) for _, one in series], len(series)))
    yield paper.figure(paper.say("fansFigure", first=first, last=last), alt, picture, note)


def _headed(paper: Paper, series: dict[str, Any]) -> str:
    """An outcome with its unit."""
    name, unit = _headed_by(paper, series["name"]), paper.text(series["unit"])
    if not unit or series["kind"] == "share":
        return name
    return f"{name}（{unit}）" if paper.language == "zh" else f"{name} ({unit})"


def _headed_by(paper: Paper, name: dict[str, str]) -> str:
    """A name as it stands at the head of something."""
    said = paper.text(name)
    return said[:1].upper() + said[1:]


def _effects(paper: Paper, found: dict[str, Any]) -> Block:
    codes = [one["code"] for one in found["series"]]
    wanted = [codes.index(code) for code in HEADLINES if code in codes]
    rows = sorted(
        (one for one in found["effects"] if one["series"] in wanted),
        key=lambda one: (one["policy"], wanted.index(one["series"])),
    )
    about = [found["series"][one["series"]] for one in rows]
    columns: list[Column] = [
        (paper.say("policy"), "left", [_headed_by(paper, found["policies"][one["policy"]]["title"]) for one in rows]),
        (paper.say("outcome"), "left", [_headed(paper, one) for one in about]),
        (
            paper.say("effect"),
            "right",
            [_effect(paper, one["effect"], of["kind"]) for one, of in zip(rows, about, strict=True)],
        ),
        (paper.say("interval95"), "right", [_span(one, of["kind"]) for one, of in zip(rows, about, strict=True)]),
        (paper.say("agree"), "right", [percent(one["agree"], 0) for one in rows]),
    ]
    experiment = found["experiment"]
    baseline = paper.text(found["policies"][experiment["baseline"]]["title"])
    level = percent(experiment["confidence"], 0)
    note = paper.say("effectsOfPolicies", baseline=baseline, level=level, year=experiment["years"][1])
    return paper.table(paper.say("policyEffectsTable"), columns, note=note, most=_MOST)


def _effect(paper: Paper, value: float | None, kind: str) -> str:
    """An effect with its sign: of shares in percentage points."""
    if value is not None and kind in ("share", "money"):
        return paper.say("points", n=signed(100 * value, 2))
    return _change(value)


def _change(value: float | None) -> str:
    """A difference with its sign."""
    return f"+{significant(value, 3)}" if value is not None and value > 0 else significant(value, 3)


def _span(row: dict[str, Any], kind: str) -> str:
    low, high = (row[name] for name in ("low", "high"))
    if low is None or high is None:
        return NONE
    scale = 100 if kind in ("share", "money") else 1
    return f"{significant(scale * low, 3)} … {significant(scale * high, 3)}"


def _lags(paper: Paper, found: dict[str, Any], lags: dict[str, Any]) -> Block:
    """What has become of a hundred after five and ten years: every cause beside the others, so that they add up."""
    years = sorted({one["years"] for one in lags["at"]})
    of = {(one["policy"], one["cause"], one["years"]): one for one in lags["at"]}
    policies = range(len(found["policies"]))
    columns: list[Column] = [
        (paper.say("policy"), "left", [_headed_by(paper, found["policies"][at]["title"]) for at in policies])
    ]
    for cause, about in enumerate(lags["causes"]):
        for year in years:
            head = paper.say("afterYears", what=_headed_by(paper, about["name"]), n=year)
            columns.append((head, "right", [_share(of.get((at, cause, year))) for at in policies]))
    return paper.table(paper.text(lags["title"]), columns, note=paper.say("lagsNote"), most=_MOST)


def _share(one: dict[str, Any] | None) -> str:
    return percent(one["share"]) if one else NONE


# --- The paper's claims -----------------------------------------------------------------------------------------


_VERDICTS = {"holds": "holds", "fails": "fails", "depends": "depends", "undecided": "undecided", "built-in": "builtIn"}


def _claims(paper: Paper, found: dict[str, Any]) -> Iterator[Block]:
    claims = found["claims"]
    verdicts = [one["verdict"] for one in claims if one["kind"] == "emergent"]
    yield Paragraph(
        paper.say(
            "claimsSay",
            n=len(claims),
            emergent=len(verdicts),
            hold=verdicts.count("holds"),
            depend=verdicts.count("depends"),
            fail=verdicts.count("fails"),
            open=verdicts.count("undecided"),
        )
    )
    plain = paper.writing.short
    columns: list[Column] = [
        (
            paper.say("claimPut"),
            "left",
            [f"{plain(one['id'])}\u2002{_put(paper, one)}" for one in claims],
        ),
        (paper.say("kind"), "left", [paper.say(_KINDS.get(one["kind"], "emergent")) for one in claims]),
        (paper.say("signs"), "left", [f"{_sign(one['expected'])} → {_sign(one['found'])}" for one in claims]),
        (
            paper.say("effect"),
            "left",
            [
                f"{_effect(paper, one['effect'], kind)} [{_span(one, kind)}]"
                for one in claims
                for kind in [one["scale"]]
            ],
        ),
        (
            paper.say("verdict"),
            "left",
            [paper.say(_VERDICTS.get(one["verdict"], "undecided")) for one in claims],
        ),
    ]
    runs = found["claimed"] or {}
    note = paper.say(
        "simulatedClaimsNote",
        level=percent(runs.get("level"), 0),
        worlds=count(runs.get("worlds", 0)),
        firms=count(runs.get("firms", 0)),
        years=runs.get("years", NONE),
        draws=runs.get("draws", NONE),
    )
    yield paper.table(paper.say("simulatedClaimsTable"), columns, note=note, most=_MOST)
    failing = [one for one in claims if one["fails"]]
    if failing:
        yield Paragraph(paper.say("failsWhere"))
        called = [f"{plain(one['id'])} {paper.text(one['title'])}" for one in failing]
        where = [paper.prose(one["fails"]) for one in failing]
        yield Listed(tuple(map(paper.labelled, called, where)))


def _put(paper: Paper, claim: dict[str, Any]) -> str:
    """What the paper claims, and how it was put to the model."""
    return f"{paper.text(claim['title'])}{'。' if paper.language == 'zh' else '. '}{paper.prose(claim['put'])}"


_KINDS = {"built-in": "builtIn", "emergent": "emergent"}


def _sign(sign: int) -> str:
    return "+" if sign > 0 else "−" if sign < 0 else "0"


# --- What the model is worth ------------------------------------------------------------------------------------


def _trust(paper: Paper, found: dict[str, Any]) -> Iterator[Block]:
    if found["facts"]:
        yield _facts(paper, found["facts"], found["factual"] or {})
    if found["posterior"]:
        yield _posterior(paper, found["posterior"])
    if found["heldout"]:
        yield _held_out(paper, found["heldout"])


def _facts(paper: Paper, facts: Sequence[dict[str, Any]], runs: dict[str, Any]) -> Block:
    columns: list[Column] = [
        (paper.say("fact"), "left", [_headed_by(paper, one["name"]) for one in facts]),
        (paper.say("target"), "right", [_target(one) for one in facts]),
        (paper.say("got"), "right", [significant(one["got"], 3) for one in facts]),
        (paper.say("interval95"), "right", [_span(one, "") for one in facts]),
        (paper.say("targeted"), "left", [paper.say("yes" if one["targeted"] else "no") for one in facts]),
        (paper.say("meets"), "left", [_meets(paper, one["meets"]) for one in facts]),
        (paper.say("citation"), "left", [paper.references.method(one["source"]) or NONE for one in facts]),
    ]
    met = sum(one["meets"] is True for one in facts)
    told = sum(one["meets"] is not None for one in facts)
    note = paper.say("factsNote", met=met, n=told, level=percent(runs.get("level"), 0), runs=runs.get("runs", NONE))
    notes = [paper.labelled(paper.text(one["name"]), paper.prose(one["missing"])) for one in facts if one["missing"]]
    return paper.table(paper.say("factsTable"), columns, note=paper.joined([note, *notes]), most=_MOST)


def _target(fact: dict[str, Any]) -> str:
    value, low, high = (significant(fact[name], 3) for name in ("target", "targetLow", "targetHigh"))
    spanned = f"{low} … {high}" if fact["targetLow"] is not None or fact["targetHigh"] is not None else ""
    return spanned if value == NONE else f"{value} ({spanned})" if spanned else value


def _meets(paper: Paper, meets: bool | None) -> str:
    return NONE if meets is None else paper.say("yes" if meets else "no")


def _posterior(paper: Paper, posterior: dict[str, Any]) -> Block:
    knobs = posterior["knobs"]
    columns: list[Column] = [
        (paper.say("knob"), "left", [_headed_by(paper, one["title"]) for one in knobs]),
        (paper.say("unit"), "left", [paper.text(one["unit"]) or NONE for one in knobs]),
        (
            paper.say("prior"),
            "right",
            [f"{significant(one['priorLow'], 3)} … {significant(one['priorHigh'], 3)}" for one in knobs],
        ),
        (paper.say("median"), "right", [significant(one["median"], 3) for one in knobs]),
        (paper.say("interval95"), "right", [_span(one, "") for one in knobs]),
        (paper.say("narrowed"), "right", [percent(one["narrowed"], 0) for one in knobs]),
        (paper.say("identified"), "left", [paper.say("yes" if one["identified"] else "no") for one in knobs]),
    ]
    note = paper.say(
        "posteriorNote",
        method=paper.text(posterior["method"]),
        n=count(posterior["accepted"]),
        all=count(posterior["tried"]),
    )
    return paper.table(paper.say("posteriorTable"), columns, note=note, most=_MOST)


def _held_out(paper: Paper, heldout: Sequence[dict[str, Any]]) -> Block:
    rows = [(test, row) for test in heldout for row in test["rows"]]
    columns: list[Column] = [
        (paper.say("heldOut"), "left", [_headed_by(paper, test["title"]) for test, _ in rows]),
        (paper.say("measure"), "left", [paper.text(test["measure"]) for test, _ in rows]),
        (paper.say("model"), "left", [_headed_by(paper, row["name"]) for _, row in rows]),
        (paper.say("score"), "right", [significant(row["score"], 3) for _, row in rows]),
        (paper.say("ahead"), "right", [_lead(row) for _, row in rows]),
    ]
    return paper.table(paper.say("heldOutTable"), columns, note=paper.say("heldOutNote"), most=_MOST)


def _lead(row: dict[str, Any]) -> str:
    """By how much the model is better than a rival, with its interval."""
    if row["lead"] is None:
        return NONE
    return f"{_change(row['lead'])} [{_span({'low': row['leadLow'], 'high': row['leadHigh']}, '')}]"


# --- What it starts from and how it goes ------------------------------------------------------------------------


def _start(paper: Paper, found: dict[str, Any]) -> Block:
    rows = found["start"]["rows"]
    columns: list[Column] = [
        (paper.say("startWhat"), "left", [_headed_by(paper, one["what"]) for one in rows]),
        (paper.say("startFrom"), "left", [paper.prose(one["from"]) for one in rows]),
        (paper.say("assumed"), "left", [paper.say("yes" if one["assumed"] else "no") for one in rows]),
    ]
    changed = [one for one in found["knobs"] if one["changed"]]
    named = [f"{paper.text(one['title'])} {significant(one['value'], 3)}" for one in changed]
    note = paper.say("knobsChanged", what=paper.listed(named, 20)) if changed else paper.say("knobsUsual")
    return paper.table(paper.say("startTable"), columns, note=note, most=_MOST)


def _equations(paper: Paper, found: dict[str, Any]) -> Iterator[Block]:
    yield Paragraph(paper.say("equationsSay"))
    values = {one["name"]: one for one in found["knobs"]}
    for one in found["equations"]:
        mark = paper.references.method(one["cite"])
        said = paper.joined([paper.prose(one["says"]), mark])
        yield Paragraph(said, lead=paper.text(one["title"]) + ("：" if paper.language == "zh" else ": "))
        try:
            yield Formula(tree(one["mathml"]), str(one["latex"]))
        except ValueError:  # a formula that is none of ours, in a report from elsewhere
            yield Paragraph(paper.writing.plain(one["latex"]), style="command")
        named = [
            f"{paper.text(knob['title'])} {significant(knob['value'], 3)}"
            for knob in map(values.get, one["knobs"])
            if knob
        ]
        if named:
            yield Paragraph(paper.say("knobsOf", what=paper.listed(named, 20)), style="note")


def lead(paper: Paper) -> list[str]:
    """A sentence for the abstract: the largest sure effect on new quality industries, or that there is none."""
    found = paper.report.payload.get("simulation")
    if not found:
        return []
    codes = [one["code"] for one in found["series"]]
    if "new_quality_share" not in codes:
        return []
    rows = [one for one in found["effects"] if one["series"] == codes.index("new_quality_share")]
    sure = [one for one in rows if one["low"] is not None and one["low"] * one["high"] > 0]
    if not rows:
        return []
    year = found["experiment"]["years"][1]
    if not sure:
        return [paper.say("leadNoPolicy", year=year, n=len(rows))]
    most = max(sure, key=lambda one: float(np.abs(one["effect"])))
    return [
        paper.say(
            "leadPolicy",
            year=year,
            policy=paper.text(found["policies"][most["policy"]]["title"]),
            effect=_effect(paper, most["effect"], "share"),
            span=_span(most, "share"),
            level=percent(found["experiment"]["confidence"], 0),
        )
    ]
