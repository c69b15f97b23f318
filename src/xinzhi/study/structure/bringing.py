"""From the files that a study names to links in its periods and the concordances between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from xinzhi.core.errors import DataError, Fault, MethodError, StudyError, XinzhiError
from xinzhi.core.specs import faults_of
from xinzhi.data.files import find, inside
from xinzhi.data.regions import resolve
from xinzhi.data.sources import SourceSpec
from xinzhi.data.tables import read_tables
from xinzhi.structure.concordance import Concordance
from xinzhi.structure.correspondences import concordance
from xinzhi.structure.filters import without_small
from xinzhi.structure.links import Links
from xinzhi.structure.records import links as links_of
from xinzhi.study.places import at_its_line
from xinzhi.study.reading import Study
from xinzhi.study.records.giving import links_of_records
from xinzhi.study.records.results import Tallied
from xinzhi.study.spec import About
from xinzhi.study.structure.labelling import Labelled, coded, labels_of, with_codes
from xinzhi.study.structure.periods import in_periods, refuse_empty
from xinzhi.study.structure.spec import ConcordanceSpec, Labels, LinksSpec

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Brought:
    """Links by name in the study's periods and as they came (``raw``), concordances by source and target, digests."""

    links: Mapping[str, Links]
    raw: Mapping[str, Links]
    concordances: Mapping[tuple[str, str], Concordance]
    labels: Mapping[str, Labelled]
    inputs: Mapping[str, str]


@dataclass
class _Bringing:
    study: Study
    faults: list[Fault] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)

    def try_(self, step: Callable[[], T], key: str) -> T | None:
        """What a step makes, or nothing, its faults gathered; those that name no file stand at the block's line."""
        try:
            return step()
        except XinzhiError as error:
            self.faults += [
                fault if fault.file else at_its_line(replace(fault, column=key), self.study) for fault in error.faults
            ]
            return None


def bring(study: Study, records: Mapping[str, Tallied] | None = None) -> Brought:
    """Bring in every file of links, labels and concordances. Raises ``StudyError`` or ``DataError`` with all faults.

    Links of records that are not there are passed over.
    """
    held = records or {}
    work = _Bringing(study)
    labels: dict[str, Labelled] = {}
    raw: dict[str, Links] = {}
    made: dict[str, Links] = {}
    for at, spec in enumerate(study.spec.links, start=1):
        if spec.records and spec.records not in held:
            continue
        names = spec.names
        if names and (found := work.try_(partial(labels_of, study.folder, names), f"links.{at}.names")):
            labels[spec.name] = found
            work.inputs[found.file] = found.sha256
        source = held.get(spec.records or "")
        if source and source.classes and not names:
            labels[spec.name] = source.classes
        if came := work.try_(partial(_came, work, spec, labels.get(spec.name), source), f"links.{at}"):
            raw[spec.name] = came
    kept = work.try_(partial(_chosen, raw, study.spec.study), "study") if study.spec.links else {}
    for at, spec in enumerate(study.spec.links, start=1):
        if kept is None or spec.name not in kept:
            continue
        links = kept[spec.name]
        settled = work.try_(partial(_settled, links, spec, study), f"links.{at}")
        if settled is not None:
            made[spec.name] = settled
    ways: dict[tuple[str, str], Concordance] = {}
    for at, way in enumerate(study.spec.concordance, start=1):
        if way.names and (
            found := work.try_(partial(_beyond, study, way.target, way.names), f"concordance.{at}.names")
        ):
            labels[way.target] = found
            work.inputs[found.file] = found.sha256
        found_way = work.try_(partial(_way, work, way, labels), f"concordance.{at}")
        if found_way is not None:
            ways[way.source, way.target] = found_way
    if work.faults:
        ours = all(fault.file == study.file for fault in work.faults)
        raise (StudyError if ours else DataError)(dict.fromkeys(work.faults))
    return Brought(made, kept or {}, ways, labels, work.inputs)


def _came(work: _Bringing, spec: LinksSpec, labels: Labelled | None, records: Tallied | None) -> Links:
    """The links of one file or of records, with the study's regions, and codes of activities where these have names."""
    if records is not None:
        work.inputs |= records.inputs
        found = links_of_records(records, spec, work.study)
        return coded(found, labels, spec.unknown) if labels else found
    path = inside(work.study.folder, spec.file)
    how: dict[str, Any] = {"where": spec.where, "sheet": spec.sheet, "header": spec.header}
    how |= {"encoding": spec.encoding, "separator": spec.separator, "decimal": spec.decimal}
    columns = spec.columns
    try:
        found = links_of(
            path,
            region=columns.region,
            activity=columns.activity,
            period=columns.period,
            value=columns.value,
            count=spec.count,
            regions=work.study.spec.study.regions,
            unknown=spec.unknown,
            title=spec.called,
            unit=spec.unit,
            source=spec.file,
            **how,
        )
    except DataError as error:  # by the name the study gives the file
        raise DataError(_renamed(error.faults, path, spec.file)) from None
    work.inputs[spec.file] = next(iter(found.record.inputs.values()))
    found = replace(found, notices=tuple(_renamed(found.notices, path, spec.file)))
    return coded(found, labels, spec.unknown) if labels else found


def _renamed(faults: Iterable[Fault], path: Path, name: str) -> list[Fault]:
    return [replace(fault, file=name) if fault.file in (None, path.name) else fault for fault in faults]


def _settled(links: Links, spec: LinksSpec, study: Study) -> Links:
    found = without_small(in_periods(links, spec, study.spec.study.years), **spec.least.model_dump())
    refuse_empty(found)
    return found


def _beyond(study: Study, target: str, names: Labels) -> Labelled:
    """The names of what a concordance leads to. Raises ``MethodError`` where links of the study name it already."""
    if any(spec.name == target for spec in study.spec.links):
        raise MethodError(
            Fault(
                "names-elsewhere",
                f"'{target}' has links of its own: put `names` into their [[links]] block.",
                f"“{target}”有自己的关联数据：请将 names 写入其 [[links]] 段。",
            )
        )
    return labels_of(study.folder, names)


def _way(work: _Bringing, spec: ConcordanceSpec, labels: Mapping[str, Labelled]) -> Concordance:
    how: dict[str, Any] = {"sheet": spec.sheet, "header": spec.header}
    how |= {"encoding": spec.encoding, "separator": spec.separator}
    path = inside(work.study.folder, spec.file)
    try:
        heads = read_tables(find(work.study.folder, spec.file), SourceSpec(file=spec.file, **how))[0].heads
    except ValidationError as error:
        raise DataError(faults_of(error)) from None
    columns = spec.columns
    try:
        found = concordance(
            path,
            source=columns.source or spec.source,
            target=columns.target or spec.target,
            share=columns.share or ("share" if "share" in heads else None),
            weights=spec.weights,
            **how,
        )
    except DataError as error:
        raise DataError(_renamed(error.faults, path, spec.file)) from None
    work.inputs[spec.file] = next(iter(found.record.inputs.values()))
    named = replace(found, source=spec.source, target=spec.target)
    return with_codes(named, labels.get(spec.source), labels.get(spec.target))


def _chosen(raw: Mapping[str, Links], about: About) -> dict[str, Links]:
    """Links of the regions that the study keeps. Raises ``StudyError`` for regions that no links have."""
    if not (about.keep_regions or about.drop_regions):
        return dict(raw)
    called = _regions_by_name(raw.values())
    faults = []
    asked: dict[str, set[str]] = {}
    for key in ("keep_regions", "drop_regions"):
        names = getattr(about, key)
        if about.regions != "own":
            called |= {name: match.code for name, match in resolve(names, about.regions).matches.items() if match.code}
        faults += [_unknown(name, key) for name in names if name not in called]
        asked[key] = {called[name] for name in names if name in called}
    if faults:
        raise StudyError(faults)
    chosen = {}
    for name, links in raw.items():
        inside = np.array([not asked["keep_regions"] or code in asked["keep_regions"] for code in links.regions])
        inside &= np.array([code not in asked["drop_regions"] for code in links.regions])
        if not inside.any():
            raise StudyError(
                Fault(
                    "no-region-left",
                    f"keep_regions and drop_regions leave no region of the links '{name}'. Keep at least one.",
                    f"按 keep_regions 与 drop_regions 筛选后，关联数据“{name}”没有剩余地区。请至少保留一个。",
                )
            )
        chosen[name] = links.take(np.flatnonzero(inside))
    return chosen


def _regions_by_name(links: Iterable[Links]) -> dict[str, str]:
    called: dict[str, str] = {}
    for one in links:
        codes = [str(code) for code in one.regions]
        for language in ("name_en", "name_zh"):
            called |= dict(zip(map(str, one.about_region.get(language, codes)), codes, strict=True))
        called |= dict(zip(codes, codes, strict=True))
    return called


def _unknown(name: str, key: str) -> Fault:
    return Fault(
        "unknown-region",
        f"'{name}' is not a region of the links. Correct {key}.",
        f"关联数据中没有地区“{name}”。请更正 {key}。",
    )
