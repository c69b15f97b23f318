"""From the files of ``[[records]]`` to what is wrong with them, what they are recognised as, and how many there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xinzhi.core.errors import DataError, Fault, XinzhiError, errors_in
from xinzhi.core.results import digest
from xinzhi.data.files import inside
from xinzhi.study.places import at_its_line
from xinzhi.study.reading import Study
from xinzhi.study.records.classes import CLASS, Classed, classed
from xinzhi.study.records.results import Recorded, Tallied
from xinzhi.study.records.spec import CrosswalkFile, RecordsSpec

if TYPE_CHECKING:
    from xinzhi.data.micro.cleaning import Cleaning
    from xinzhi.data.micro.counts import Counts
    from xinzhi.data.micro.doubles import Deduplicated
    from xinzhi.data.micro.records import Records
    from xinzhi.data.micro.vintages import Crosswalk

_ROLES = ("unit", "region", "activity", "date", "first", "last", "value")
_READING = ("split", "digits", "dates", "years", "sheet", "header", "encoding", "separator")
# Blocks that take what was counted of records by name.
TAKERS = ("links", "emergence", "industries")


def recorded(study: Study) -> tuple[Recorded, list[Fault]]:
    """The records of every block that is sound, and everything that is wrong with the others."""
    made: dict[str, Tallied] = {}
    faults: list[Fault] = []
    for at, spec in enumerate(study.spec.records, start=1):
        try:
            made[spec.name] = _Tallying(study, spec).whole()
        except XinzhiError as error:
            faults += [_at(fault, f"records.{at}", study) for fault in error.faults]
    return Recorded(made), list(dict.fromkeys(faults))


def unknown_records(study: Study) -> Iterator[Fault]:
    """Records that other blocks ask for and that are not there."""
    names = [one.name for one in study.spec.records]
    for kind in TAKERS:
        for at, spec in enumerate(getattr(study.spec, kind), start=1):
            if spec.records is None or spec.records in names:
                continue
            near = difflib.get_close_matches(spec.records, names, n=3) or names[:5]
            fault = Fault(
                "unknown-records",
                f"no [[records]] are called '{spec.records}'. There are: {', '.join(near) or 'none'}.",
                f"没有名为“{spec.records}”的 [[records]]。现有：{'、'.join(near) or '无'}。",
                column=f"{kind}.{at}.records",
            )
            yield at_its_line(fault, study)


def settled(study: Study) -> Study:
    """The study with every block that takes records saying which file they come from, and whether they have regions."""
    held = {one.name: one for one in study.spec.records}
    if not held:
        return study

    def told(kind: str, spec: Any) -> Any:
        of = held.get(spec.records or "")
        if of is None:
            return spec
        changes: dict[str, Any] = {"file": of.file}
        if kind == "industries":
            changes |= {"industry": "activity", "period": "period", "region": "region" if of.region else None}
        return spec.model_copy(update=changes)

    blocks = {kind: tuple(told(kind, spec) for spec in getattr(study.spec, kind)) for kind in TAKERS}
    return replace(study, spec=study.spec.model_copy(update=blocks))


@dataclass
class _Tallying:
    """One block on its way from the file to counts; ``notes`` gather what is worth knowing."""

    study: Study
    spec: RecordsSpec
    notes: list[Fault] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)

    def whole(self) -> Tallied:
        """Everything there is of the block. Raises ``DataError`` or ``MethodError`` with all that is wrong."""
        opened = self._opened()
        cleaning = self._cleaned(opened)
        known, removed = self._once(opened)
        found = classed(self.study.folder, self.spec, known)
        if found is not None:
            known = found.records
            self.inputs |= found.inputs
            self.notes += found.notices
        known = known.spans() if self.spec.spans else known
        counts = known.count(_measures(known), fractional=self.spec.fractional, concordance=self._way())
        counts = counts.rounded()  # a run must come out the same twice
        self.notes += self._of_counts(counts, found)
        notices = tuple(dict.fromkeys(self._of_file(note) for note in self.notes))
        evaluation = found.evaluation if found else None
        recognised, classes = (found.recognised, found.labels) if found else (None, None)
        return Tallied(
            self.spec, known, counts, cleaning, removed, recognised, evaluation, classes, self.inputs, notices
        )

    def _opened(self) -> Records:
        """The records where they are, with one spelling for each region."""
        from xinzhi.data.micro.records import records

        path = inside(self.study.folder, self.spec.file, folders=True)
        roles = {role: getattr(self.spec, role) for role in _ROLES}
        how = {key: getattr(self.spec, key) for key in _READING}
        try:
            found = records(path, kind=self.spec.kind, flags=self.spec.flags, **roles, **how)  # type: ignore[arg-type]
        except DataError as error:
            raise DataError([self._of_file(fault, path) for fault in error.faults]) from None
        # Digests of whole files, so that a later run can tell whether one has changed.
        files = [path] if path.is_file() else sorted(path.rglob("*.parquet"))
        self.inputs |= {file.relative_to(self.study.folder).as_posix(): digest(file) for file in files}
        if "region" in found.roles:
            found = found.regions(self.study.spec.study.regions)
        self.notes += found.notes
        return found

    def _cleaned(self, opened: Records) -> Cleaning:
        """What is wrong with the file; raised where it must be mended first."""
        cleaning = opened.check()
        told = list(cleaning.notes)
        if self.spec.unique is not False:  # told with what was taken out
            told = [note for note in told if note.code != "exact-duplicates"]
        if errors_in(told):
            raise DataError([self._of_file(note) for note in told])
        self.notes += told
        return cleaning

    def _once(self, opened: Records) -> tuple[Records, Deduplicated | None]:
        if self.spec.unique is False:
            return opened, None
        by = () if self.spec.unique is True else self.spec.unique
        try:
            removed = opened.deduplicated(by, keep=self.spec.keep)
        except DataError as error:
            raise DataError([replace(self._of_file(fault), column="unique") for fault in error.faults]) from None
        self.notes += removed.notes
        return removed.records, removed

    def _way(self) -> Crosswalk | None:
        asked = self.spec.concordance
        if asked is None:
            return None
        from xinzhi.data.micro.vintages import crosswalk

        path = inside(self.study.folder, asked.file)
        try:
            found = crosswalk(path, asked.source, asked.target, asked.share)
        except DataError as error:
            raise DataError([_named(fault, path, asked) for fault in error.faults]) from None
        self.inputs[asked.file] = digest(path)
        self.notes += [_named(note, path, asked) for note in found.notes]
        return replace(found, notes=())

    def _of_counts(self, counts: Counts, found: Classed | None) -> Iterable[Fault]:
        """What counting tells beside what is known of the file: what is not placed, codes without an entry."""
        told = {(note.code, note.column) for note in self.notes}
        for note in counts.notes:
            of_class = found is not None and note.column == CLASS  # told by outcome
            if (note.code, note.column) not in told and not of_class:
                yield note
        if "first" in counts.records.roles and "last" not in counts.records.roles:
            yield Fault(
                "nobody-leaves",
                "there is no column `last`, so nobody leaves: the stock only grows.",
                "没有 last 列，因此没有退出：存量只增不减。",
                self.spec.file,
                severity="warning",
            )

    def _of_file(self, fault: Fault, path: Path | None = None) -> Fault:
        """A fault by the name the study gives the file; one of a key of the study stays without."""
        was = Path(self.spec.file).name if path is None else path.name
        of_column = fault.file is None and fault.column is not None and fault.severity == "warning"
        return replace(fault, file=self.spec.file) if fault.file == was or of_column else fault


def _measures(records: Records) -> list[str]:
    """All that the roles allow to be counted."""
    spans = ["entries", *(["exits"] if "last" in records.roles else []), "stock"] if "first" in records.roles else []
    return ["records", *(["value"] if "value" in records.roles else []), *spans]


def _named(fault: Fault, path: Path, asked: CrosswalkFile) -> Fault:
    return replace(fault, file=asked.file) if fault.file in (None, path.name) else fault


def _at(fault: Fault, block: str, study: Study) -> Fault:
    """A fault at its line of the study file, where it is not of a data file."""
    if fault.file:
        return fault
    return at_its_line(replace(fault, column=f"{block}.{fault.column}" if fault.column else block), study)
