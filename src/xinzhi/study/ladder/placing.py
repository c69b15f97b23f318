"""From a study's industries to the rungs they stand on."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from xinzhi.core.errors import Fault, MethodError, XinzhiError
from xinzhi.structure.ladder import ladder
from xinzhi.structure.ladder.linkages import Linkages
from xinzhi.study.ladder.bringing import Came, came
from xinzhi.study.ladder.giving import by_industry, linked
from xinzhi.study.ladder.parts import parts_of
from xinzhi.study.ladder.results import Laddered, Placed
from xinzhi.study.ladder.spec import BY_INDUSTRY, IndustriesSpec, LadderChoice
from xinzhi.study.places import at_its_line
from xinzhi.study.reading import Study
from xinzhi.study.records.results import Tallied

T = TypeVar("T")


def unknown_industries(study: Study) -> Iterator[Fault]:
    """Blocks of industries and measures that the ladder asks for and that are not there."""
    spec = study.spec.ladder
    if spec is None:
        return
    names = [one.name for one in study.spec.industries]
    for name in spec.industries:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=3) or names[:5]
            fault = Fault(
                "unknown-industries",
                f"no [[industries]] are called '{name}'. There are: {', '.join(near) or 'none'}.",
                f"没有名为“{name}”的 [[industries]]。现有：{'、'.join(near) or '无'}。",
                column="ladder.industries",
            )
            yield at_its_line(fault, study)
    for block in chosen(study, spec):
        for key, measure in (("size", spec.size), ("growth", spec.growth)):
            if measure is not None and measure not in block.measures:
                there = ", ".join(block.measures)
                fault = Fault(
                    "no-measure",
                    f"the ladder's `{key}` is '{measure}', which the industries '{block.name}' do not measure. "
                    f"They have: {there}. Set `{key}` to one of these.",
                    f"[ladder] 的 {key} 为“{measure}”，而产业数据“{block.name}”没有该度量。"
                    f"现有：{there}。请将 {key} 设为其中之一。",
                    column=f"ladder.{key}",
                )
                yield at_its_line(fault, study)


def chosen(study: Study, spec: LadderChoice) -> tuple[IndustriesSpec, ...]:
    """The blocks that climb: those named, else all."""
    return tuple(one for one in study.spec.industries if not spec.industries or one.name in spec.industries)


def brought_in(study: Study, records: Mapping[str, Tallied]) -> dict[str, Came]:
    """The industries of every block, but of records that are not there.

    Raises ``DataError`` with the faults of all of them.
    """
    alone = not (study.spec.links or study.spec.source or study.spec.dependency)
    places = {one.name: f"industries.{at}" for at, one in enumerate(study.spec.industries, start=1)}
    there = tuple(one for one in study.spec.industries if one.records in (None, *records))
    return _each(study, there, places, lambda spec: came(study, spec, records.get(spec.records or ""), alone=alone))


def laddered(study: Study, blocks: Mapping[str, Came]) -> Laddered:
    """Place the industries of every block that climbs. Raises ``MethodError`` or ``DataError`` with all faults."""
    spec = study.spec.climbs
    climbing = chosen(study, spec)
    made = _each(
        study, climbing, dict.fromkeys(blocks, "ladder"), lambda one: _placed(study, spec, one, blocks[one.name])
    )
    return Laddered(spec, made)


def _placed(study: Study, spec: LadderChoice, block: IndustriesSpec, of: Came) -> Placed:
    """One block on the ladder, with what comes from other files; the faults of all of these at once."""
    faults = list[Fault]()
    inputs = dict(of.inputs)

    def given(key: str, read: Callable[..., tuple[T, dict[str, str]]]) -> T | None:
        asked = getattr(spec, key)
        if asked is None:
            return None
        try:
            found, digests = read(study.folder, asked, of)
        except XinzhiError as error:
            faults.extend(one if one.file else replace(one, column=key) for one in error.faults)
            return None
        inputs.update(digests)
        return found

    numbers: dict[str, Any] = {key: given(key, by_industry) for key in BY_INDUSTRY}
    linkages: Linkages | None = given("linkages", linked)
    if faults:
        raise MethodError(faults)
    found = ladder(of.industries, spec.rule, linkages=linkages, **numbers)
    beside = parts_of(found, of.industries)
    notices = dict.fromkeys(_of(block, notice) for notice in (*found.notes, *beside.notices))
    return Placed(block, replace(of, inputs=inputs), found, linkages, beside, tuple(notices))


def _of(spec: IndustriesSpec, notice: Fault) -> Fault:
    """A notice that says of which industries it speaks; one of a file says so already."""
    if notice.file:
        return notice
    return replace(notice, en=f"{spec.called.en}: {notice.en}", zh=f"{spec.called.zh}：{notice.zh}")


def _each(
    study: Study, specs: tuple[IndustriesSpec, ...], places: Mapping[str, str], step: Callable[[IndustriesSpec], T]
) -> dict[str, T]:
    """A step for every block; the faults of all of them at their lines, those of a file as they stand."""
    made: dict[str, T] = {}
    faults: list[Fault] = []
    kind: type[XinzhiError] = MethodError
    for spec in specs:
        try:
            made[spec.name] = step(spec)
        except XinzhiError as error:
            kind = type(error)
            faults += [_at(fault, places[spec.name], study) for fault in error.faults]
    if faults:
        raise kind(dict.fromkeys(faults))
    return made


def _at(fault: Fault, block: str, study: Study) -> Fault:
    if fault.file:
        return fault
    whole = fault.column is not None and fault.column.startswith("study.")
    key = fault.column if whole else ".".join(part for part in (block, fault.column) if part)
    return at_its_line(replace(fault, column=key), study)
