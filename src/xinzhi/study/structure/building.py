"""From a study's links to what its regions are made of: each space told in tables, then their fusion."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from xinzhi.core.errors import DataError, Fault, MethodError, StudyError, XinzhiError
from xinzhi.core.labels import INDICATOR, TIME, Panel
from xinzhi.structure.backtest import DENSITY, FORECAST, Backtest
from xinzhi.structure.complexity import OF_AMOUNTS, Complexity, complexity
from xinzhi.structure.entry import Entries, entries
from xinzhi.structure.forecast import Forecast, forecast
from xinzhi.structure.frontier import standing
from xinzhi.structure.links import Links
from xinzhi.structure.presence import presence
from xinzhi.structure.validity import Validity
from xinzhi.study.ladder.bringing import Came
from xinzhi.study.ladder.placing import brought_in, laddered, unknown_industries
from xinzhi.study.measuring import Tell
from xinzhi.study.places import at_its_line
from xinzhi.study.reading import Study
from xinzhi.study.records.bringing import recorded, settled, unknown_records
from xinzhi.study.records.results import Tallied
from xinzhi.study.structure import tables
from xinzhi.study.structure.bringing import Brought, bring
from xinzhi.study.structure.depending import Supplied, depended, supplied
from xinzhi.study.structure.digital import DigitalRecords, digital_records, digitised, unknown_in_digital
from xinzhi.study.structure.emerging import Topics, counted, emerged, unknown_links
from xinzhi.study.structure.fusing import fused
from xinzhi.study.structure.near import Near, as_warnings, near
from xinzhi.study.structure.periods import by_period
from xinzhi.study.structure.results import Space, Structure
from xinzhi.study.structure.spec import FEWEST_DRAWS, LinksSpec

T = TypeVar("T")
# Where ranks of draws agree less than this on average, or more than this share of draws turn them round, it is said.
_AGREE, _TURNED = 0.5, 0.2
_RESAMPLED_ZH = {"activities": "活动", "regions": "地区", "amounts": "数值"}
Asked = dict[str, object]


def structured(study: Study, panel: Panel | None = None, *, tell: Tell = lambda stage: None) -> Structure:
    """Bring in what a study says of links and work it out.

    ``panel`` holds the indicators that anchors and populations name. ``tell`` is called with ``records``, ``links``,
    ``complexity``, ``relatedness``, ``forecast``, ``fusion``, ``emergence``, ``dependency``, ``ladder`` and
    ``digital`` as these
    begin, with those of them that the study asks for. Raises ``DataError``,
    ``StudyError`` or ``MethodError``, each time with every fault of all links. What cannot be told of links that are
    otherwise sound (no forecast where nothing enters, say) is a notice.
    """
    study = settled(study)
    if study.spec.records:
        tell("records")
    held, wrong = recorded(study)
    if study.spec.links:
        tell("links")
    brought, counts, supplies, industries, coded = _brought(study, panel, held.blocks, wrong)
    spaces = _spaces(study, brought, panel, tell) if study.spec.links else {}
    joint = None
    if (asked := study.spec.fusion) is not None:
        tell("fusion")
        try:
            joint = fused(asked, spaces, brought)
        except XinzhiError as error:
            raise MethodError([_placed(fault, "fusion", study) for fault in error.faults]) from None
    topics = depends = climbed = None
    if counts:
        tell("emergence")
        topics = emerged(study, counts)
    if supplies:
        tell("dependency")
        depends = depended(study, supplies)
    if industries:
        tell("ladder")
        climbed = laddered(study, industries)
    inputs = held.inputs | dict(brought.inputs)
    for used in (*(of.inputs for of in counts.values()), *(of.inputs for of in supplies.values())):
        inputs |= used
    joined = None
    if study.spec.digital is not None:
        tell("digital")
        joined = digitised(study, brought, panel, coded)
        inputs |= joined.inputs
    inputs |= climbed.inputs if climbed else {}
    return Structure(spaces, joint, inputs, topics, depends, climbed, held if held.blocks else None, digital=joined)


def draft(study: Study) -> Study:
    """The study with as little of what its links ask for as shows whether all of it can be told."""
    spec = study.spec
    links = tuple(
        one.model_copy(
            update={
                "complexity": one.complexity and one.complexity.model_copy(update={"draws": 0}),
                "forecast": False,
                "standing": one.standing and one.standing.model_copy(update={"draws": 0}),
            }
        )
        for one in spec.links
    )
    few = {"draws": FEWEST_DRAWS}
    fusion = spec.fusion and spec.fusion.model_copy(
        update=few | {"leads": spec.fusion.leads and spec.fusion.leads.model_copy(update=few)}
    )
    emergence = tuple(one.model_copy(update={"curve": None}) for one in spec.emergence)
    ladder = spec.ladder and spec.ladder.model_copy(update={"way": "rule"})
    records = tuple(
        one.model_copy(update={"recognise": one.recognise and one.recognise.model_copy(update={"learn": None})})
        for one in spec.records
    )
    drafts = {"records": records, "links": links, "fusion": fusion, "emergence": emergence, "ladder": ladder}
    return replace(study, spec=spec.model_copy(update=drafts))


def _brought(
    study: Study, panel: Panel | None, records: Mapping[str, Tallied], wrong: Sequence[Fault]
) -> tuple[Brought, dict[str, Topics], dict[str, Supplied], dict[str, Came], DigitalRecords | None]:
    """The files of links, topics, supply and industries, and records of the digital.

    With what is wrong with them and with ``wrong`` records are also told indicators, links, records and measures that
    are not there.
    """
    faults = [*_unknown_indicators(study, panel), *unknown_records(study), *unknown_links(study)]
    faults += [*unknown_industries(study), *unknown_in_digital(study, panel)]
    kinds: set[type[XinzhiError]] = {StudyError} if faults else set()
    kinds |= {DataError} if wrong else set()
    faults += wrong

    def try_(step: Callable[[], T]) -> T | None:
        try:
            return step()
        except XinzhiError as error:
            kinds.add(type(error))
            faults.extend(error.faults)
            return None

    brought = try_(lambda: bring(study, records))
    counts = try_(lambda: counted(study, brought.raw if brought else {}, records))
    supplies = try_(lambda: supplied(study))
    coded = try_(lambda: digital_records(study))
    industries = try_(lambda: brought_in(study, records))
    if brought is None or counts is None or supplies is None or industries is None or faults:
        raise (kinds.pop() if len(kinds) == 1 else DataError)(faults)
    return brought, counts, supplies, industries, coded


def _spaces(study: Study, brought: Brought, panel: Panel | None, tell: Tell) -> dict[str, Space]:
    """Each space, told in tables."""
    specs = {spec.name: spec for spec in study.spec.links}
    held = _each(study, lambda name: _held(brought.links[name], specs[name], panel))
    tell("complexity")
    scored = _each(study, lambda name: _scored(brought.links[name], specs[name], held[name], panel))
    tell("relatedness")
    reached = _each(study, lambda name: near(held[name].presence, scored[name].complexity, specs[name]))
    if any(spec.forecast for spec in specs.values()):
        tell("forecast")
    foretold = _each(study, lambda name: _foretold(brought.links[name], specs[name], held[name]))
    ranged = _each(study, lambda name: _ranged(brought.links[name], specs[name]))
    return _each(
        study,
        lambda name: _space(
            specs[name], brought.links[name], held[name], scored[name], reached[name], foretold[name], ranged[name]
        ),
    )


@dataclass(frozen=True, eq=False)
class _Held:
    """Who counts as having what, and how that is asked of a kernel."""

    presence: Links
    asked: Asked


@dataclass(frozen=True, eq=False)
class _Scored:
    complexity: Complexity | None
    validity: Validity | None
    notices: tuple[Fault, ...]


@dataclass(frozen=True, eq=False)
class _Placed:
    """Where regions stand in every field, and how that changed."""

    standing: pd.DataFrame = field(default_factory=pd.DataFrame)
    closer: pd.DataFrame = field(default_factory=pd.DataFrame)
    notices: tuple[Fault, ...] = ()


@dataclass(frozen=True, eq=False)
class _Foretold:
    entries: Entries | None
    forecast: Forecast | None
    notices: tuple[Fault, ...]


def _each(study: Study, step: Callable[[str], T]) -> dict[str, T]:
    """A step for every block of links. Raises ``MethodError`` with the faults of all of them at their lines."""
    made: dict[str, T] = {}
    faults: list[Fault] = []
    for at, spec in enumerate(study.spec.links, start=1):
        try:
            made[spec.name] = step(spec.name)
        except XinzhiError as error:
            faults += [_placed(fault, f"links.{at}", study) for fault in error.faults]
    if faults:
        raise MethodError(faults)
    return made


def _placed(fault: Fault, block: str, study: Study) -> Fault:
    if fault.file:
        return fault
    return at_its_line(replace(fault, column=f"{block}.{fault.column}" if fault.column else block), study)


def _held(links: Links, spec: LinksSpec, panel: Panel | None) -> _Held:
    chosen = spec.presence
    options = dict(chosen.options)
    if panel is not None and isinstance(wanted := options.get("population"), str):
        options["population"] = by_period(panel, wanted, links.periods)
    return _Held(presence(links, chosen.method, **options), {"method": chosen.method, **options})


def _scored(links: Links, spec: LinksSpec, held: _Held, panel: Panel | None) -> _Scored:
    chosen = spec.complexity
    if chosen is None:
        return _Scored(None, None, ())
    anchor = None
    if panel is not None and chosen.anchor is not None:
        anchor = by_period(panel, chosen.anchor, links.periods)
    how = None if chosen.name in OF_AMOUNTS else held.asked
    found = complexity(links, chosen.method, presence=how, anchor=anchor, **chosen.options)
    if not chosen.draws or np.isnan(found.regions.values).all():
        return _Scored(found, None, found.diagnosis)
    anchors = {} if anchor is None else {"anchor": anchor}
    trusted = found.validity(draws=chosen.draws, resample=chosen.resample, seed=chosen.seed, anchors=anchors)
    told = (*found.diagnosis, *trusted.notes, *_doubtful(trusted))
    return _Scored(found, trusted, tuple(dict.fromkeys(told)))


def _doubtful(trusted: Validity) -> Iterator[Fault]:
    """A notice of the periods whose ranks other draws would not give."""
    weak = trusted.table[(trusted.table["stable"] < _AGREE) | (trusted.table["turned"] > _TURNED)]
    if len(weak):
        each = [f"{row[TIME]} ({row['stable']:.2f}, {row['turned']:.0%})" for row in weak.to_dict("records")]
        yield Fault(
            "ranks-unstable",
            f"ranks of complexity hang on which {trusted.resample} are in the data; agreement of draws, and share of "
            f"draws turned round: {', '.join(each)}. Do not read single ranks; try an anchor or another measure.",
            f"复杂度名次取决于数据中恰有哪些{_RESAMPLED_ZH[trusted.resample]}；抽样的一致程度与方向相反的比例："
            f"{'、'.join(each)}。请勿解读单个名次；可尝试锚定变量或其他测度。",
            severity="warning",
        )


def _foretold(links: Links, spec: LinksSpec, held: _Held) -> _Foretold:
    if len(links.periods) < 2:
        return _Foretold(None, None, ())
    moved = entries(links, presence=held.asked)
    if not spec.forecast:
        return _Foretold(moved, None, moved.notes)
    try:
        found = forecast(links, presence=held.asked)
    except MethodError as error:
        return _Foretold(moved, None, (*moved.notes, *as_warnings(error.faults)))
    return _Foretold(moved, found, (*moved.notes, *found.notes, *_beaten(found.tested)))


def _beaten(tested: Backtest) -> Iterator[Fault]:
    """A notice where the forecast, or plain density, is no better than diversity × ubiquity."""
    if any(tested.leads[method].verdict != "ahead" for method in (FORECAST, DENSITY)):
        yield Fault("null-not-beaten", f"entry {tested.say('en')}", f"进入：{tested.say('zh')}", severity="warning")


def _ranged(links: Links, spec: LinksSpec) -> _Placed:
    if spec.standing is None:
        return _Placed()
    found = standing(links, **spec.standing.model_dump())
    of = {"field": "activity"}
    return _Placed(found.table.rename(columns=of), found.changes.rename(columns=of), found.notices)


def _space(
    spec: LinksSpec, links: Links, held: _Held, scored: _Scored, reached: Near, foretold: _Foretold, placed: _Placed
) -> Space:
    pairs, told = tables.pairs(links, held.presence, reached, foretold.forecast)
    moved, ahead = foretold.entries, foretold.forecast
    empty = tables.EMPTY
    notices = (*links.notices, *scored.notices, *reached.notices, *foretold.notices, *placed.notices)
    return Space(
        spec,
        links,
        held.presence,
        periods=tables.periods(links, held.presence, scored.validity),
        regions=tables.regions(links, held.presence, scored.complexity, scored.validity, reached),
        activities=tables.activities(links, held.presence, scored.complexity, reached),
        pairs=pairs,
        ties=reached.ties,
        rates=empty if moved is None else moved.rates("region"),
        changes=empty if moved is None else moved.to_frame(),
        forecast=empty if ahead is None else tables.scores(ahead.tested),
        verdict=None if ahead is None else tables.verdict(ahead.tested),
        complexity=scored.complexity,
        validity=scored.validity,
        relatedness=reached.relatedness,
        foretold=ahead,
        notices=tuple(dict.fromkeys(_of(spec, notice) for notice in (*notices, *told))),
        standing=placed.standing,
        closer=placed.closer,
    )


def _of(spec: LinksSpec, notice: Fault) -> Fault:
    """A notice that says of which links it speaks; one of a file says so already."""
    if notice.file:
        return notice
    return replace(notice, en=f"{spec.called.en}: {notice.en}", zh=f"{spec.called.zh}：{notice.zh}")


def _unknown_indicators(study: Study, panel: Panel | None) -> Iterator[Fault]:
    """Anchors and populations that no source of the study has."""
    codes = [] if panel is None else [str(code) for code in panel[INDICATOR].values]
    for at, spec in enumerate(study.spec.links, start=1):
        asked = {"presence.population": spec.presence.options.get("population")}
        asked["complexity.anchor"] = spec.complexity.anchor if spec.complexity else None
        for key, name in asked.items():
            if isinstance(name, str) and name not in codes:
                near_names = difflib.get_close_matches(name, codes, n=3) or codes[:5]
                fault = Fault(
                    "unknown-indicator",
                    f"'{name}' is not an indicator of the study's sources. "
                    + (f"They have: {', '.join(near_names)}." if codes else "The study has none: add a [[source]]."),
                    f"“{name}”不是研究数据中的指标。"
                    + (f"现有：{'、'.join(near_names)}。" if codes else "研究没有数据来源：请添加 [[source]]。"),
                    column=f"links.{at}.{key}",
                )
                yield at_its_line(fault, study)
