"""From a study to its results: the index, how sure it is, what its claims are worth; what regions are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from xinzhi.core.errors import Fault, StudyError
from xinzhi.core.results import Record
from xinzhi.core.workers import Workers
from xinzhi.data.loading import Data
from xinzhi.study.audit import Audit, audit
from xinzhi.study.dynamics.following import dynamics_of
from xinzhi.study.dynamics.results import Dynamics
from xinzhi.study.ladder.results import Laddered
from xinzhi.study.measuring import Measured, Tell, load, measured
from xinzhi.study.places import at_its_line
from xinzhi.study.questions import unanswerable, varied
from xinzhi.study.reading import Study
from xinzhi.study.structure.building import structured
from xinzhi.study.structure.results import Structure
from xinzhi.study.vary.claims import Verdict
from xinzhi.study.vary.following import Followed, followed
from xinzhi.study.vary.results import Doubt


@dataclass(frozen=True, kw_only=True)
class Run(Measured):
    """A study that has been run: what came in, what came out, and the record that can repeat it.

    ``doubt`` is nothing where the study does not say what varies; ``followed`` then are values without draws, and there
    are no ``verdicts``. ``structure`` is there where the study has links, topics, supply or industries, ``dynamics``
    where the index has more than one year.
    """

    structure: Structure | None = None
    dynamics: Dynamics | None = None
    doubt: Doubt | None = None
    followed: tuple[Followed, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    audit: Audit

    @property
    def ladder(self) -> Laddered | None:
        """The rungs on which industries stand, where the study has industries."""
        return self.structure.ladder if self.structure else None

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What is worth knowing: of the data, the matching, the index, versions that cannot answer, and the links."""
        told = self.structure.notices if self.structure else ()
        return (*super().warnings, *self._unscored(), *self._undefined(), *told)

    def _unscored(self) -> Iterator[Fault]:
        if self.doubt is None:
            return
        n = self.doubt.design.independent
        missing = np.isnan(self.doubt.draws[:n]) & ~np.isnan(self.doubt.nominal)
        if not missing.any():
            return
        share = missing.any(axis=1).mean(axis=0)
        most = int(share.argmax())
        names = {name: self.doubt.about_region.get(name, self.doubt.regions) for name in ("name_en", "name_zh")}
        fault = Fault(
            "version-without-score",
            f"regions with a score in the study but not in every version of it: {int((share > 0).sum())}, above all "
            f"{names['name_en'][most]} (without in {share[most]:.0%} of versions). Intervals are of versions with one.",
            f"有 {int((share > 0).sum())} 个地区在本研究中有得分，但在部分方案中没有，"
            f"以{names['name_zh'][most]}最多（占方案的 {share[most]:.0%}）。区间仅取有得分的方案。",
            column="vary",
            severity="warning",
        )
        yield at_its_line(fault, self.study)

    def _undefined(self) -> Iterator[Fault]:
        if self.doubt is None:
            return
        told = [(f"follow.{at}", one.title, _share_defined(one)) for at, one in enumerate(self.followed, start=1)]
        told += [(f"claim.{at}", one.title, one.share_defined) for at, one in enumerate(self.verdicts, start=1)]
        for key, title, share in told:
            if share < 1:
                fault = Fault(
                    "version-undefined",
                    f"'{title.en}' cannot be told in {1 - share:.0%} of versions; what is said of it is of the others.",
                    f"“{title.zh}”在 {1 - share:.0%} 的方案中无法计算，相关结论仅依据其余方案。",
                    column=key,
                    severity="warning",
                )
                yield at_its_line(fault, self.study)


@dataclass(frozen=True, kw_only=True)
class StructureRun:
    """A study without an index that has been run: of links, topics, supply or industries.

    ``data`` is what its sources brought in. It has no score, no version and no audit; what it found is in
    ``structure``.
    """

    study: Study
    data: Data | None
    structure: Structure
    record: Record

    @property
    def ladder(self) -> Laddered | None:
        """The rungs on which industries stand, where the study has industries."""
        return self.structure.ladder

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What is worth knowing: of the data and of the links."""
        return (*(self.data.faults if self.data else ()), *self.structure.notices)


AnyRun: TypeAlias = Run | StructureRun


def run(study: Study, *, tell: Tell = lambda stage: None, workers: Workers = None) -> AnyRun:
    """Run a study: load, match, measure; vary, follow and judge what it asks for; audit; then what its links tell.

    A study of links, topics, supply or industries without an index gives a ``StructureRun``. ``write`` puts either on
    disk. ``tell`` is called with the name of each stage as it begins. ``workers`` (threads, or an ``Executor``) make
    no difference to the numbers. Raises ``DataError``, ``StudyError`` or ``MethodError``; everything that the study
    asks of its index and its data cannot answer is said before anything is varied.
    """
    if study.spec.index is None and study.spec.of_structure:
        return _without_index(study, tell)
    made = measured(study, tell=tell)
    if faults := unanswerable(study, made.data.panel, made.index):
        raise StudyError(faults)
    doubt = None
    if study.spec.vary is not None:
        tell("vary")
        doubt = varied(study, made.data, workers=workers)
    follow = [doubt.follow(one) if doubt else followed(made.index, one) for one in study.spec.follow]
    verdicts = [doubt.judge(claim) for claim in study.spec.claim] if doubt else []
    tell("audit")
    audited = audit(made)
    tell("dynamics")
    dynamics = dynamics_of(study, made.index)
    structure = structured(study, made.data.panel, tell=tell) if study.spec.of_structure else None
    return Run(
        study=study,
        data=made.data,
        settled=made.settled,
        index=made.index,
        record=_record(made, doubt, audited, structure),
        structure=structure,
        dynamics=dynamics,
        doubt=doubt,
        followed=tuple(follow),
        verdicts=tuple(verdicts),
        audit=audited,
    )


def _without_index(study: Study, tell: Tell) -> StructureRun:
    data = None
    if study.spec.source:
        tell("load")
        data = load(study)
    structure = structured(study, data.panel if data else None, tell=tell)
    inputs = {study.file: study.digest} | ({one.file: one.sha256 for one in data.sources} if data else {})
    return StructureRun(
        study=study,
        data=data,
        structure=structure,
        record=Record("run", {"study": study.text, "structure": structure.settings}, inputs | dict(structure.inputs)),
    )


def _record(made: Measured, doubt: Doubt | None, audited: Audit, structure: Structure | None) -> Record:
    settings = made.record.settings | {"audit": audited.record.settings["limits"]}
    if doubt is not None:
        settings |= {"vary": doubt.record.settings["vary"]}
    inputs = made.record.inputs
    if structure is not None:
        settings |= {"structure": structure.settings}
        inputs = inputs | dict(structure.inputs)
    return Record("run", settings, inputs, seed=doubt.record.seed if doubt else None)


def _share_defined(one: Followed) -> float:
    """The share of versions that have the statistic in every year in which the study has it."""
    draws = one.draws[: one.independent]
    missing = np.isnan(draws) & ~np.isnan(one.nominal)
    return float(1 - missing.reshape(len(draws), -1).any(axis=1).mean())
