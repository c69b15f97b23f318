"""From a study to its results: the index, how sure it is, what its claims are worth; what regions are made of, and
what would grow from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

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
from xinzhi.study.simulation.following import Share, simulated
from xinzhi.study.simulation.results import Simulated
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
    where the index has more than one year, ``simulation`` where worlds were grown.
    """

    structure: Structure | None = None
    dynamics: Dynamics | None = None
    simulation: Simulated | None = None
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
        """What is worth knowing: of the data, the matching, the index, versions that cannot answer, and the rest."""
        told = (*_notices(self.structure), *_notices(self.simulation))
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
    """A study without an index that has been run: of links, topics, supply or industries, or of worlds alone.

    ``data`` is what its sources brought in. It has no score, no version and no audit; what it found is in
    ``structure`` and ``simulation``.
    """

    study: Study
    data: Data | None
    structure: Structure | None
    record: Record
    simulation: Simulated | None = None

    @property
    def ladder(self) -> Laddered | None:
        """The rungs on which industries stand, where the study has industries."""
        return self.structure.ladder if self.structure else None

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What is worth knowing: of the data, of the links, and of the worlds."""
        return (*(self.data.faults if self.data else ()), *_notices(self.structure), *_notices(self.simulation))


AnyRun: TypeAlias = Run | StructureRun


def run(
    study: Study,
    *,
    tell: Tell = lambda stage: None,
    workers: Workers = None,
    progress: Share | None = None,
    cache: Path | None = None,
) -> AnyRun:
    """Run a study: load, match, measure; vary, follow and judge what it asks for; audit; then what its links tell,
    and the worlds that it asks for.

    A study without an index gives a ``StructureRun``. ``write`` puts either on disk. ``tell`` is called with the name
    of each stage as it begins, ``progress`` with the share of it that is done, as far as that is known. ``workers``
    (how many, or an ``Executor``) make no difference to the numbers. In ``cache``, a folder, simulated runs wait until
    the run is written, so that one that was killed takes them up again. Raises ``DataError``,
    ``StudyError`` or ``MethodError``; everything that the study asks of its index and its data cannot answer is said
    before anything is varied.
    """
    if study.spec.index is None and (study.spec.of_structure or study.spec.simulate):
        return _without_index(study, tell, workers, progress, cache)
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
    simulation = simulated(
        study, made.data.panel, structure, tell=tell, progress=progress, workers=workers, cache=cache
    )
    return Run(
        study=study,
        data=made.data,
        settled=made.settled,
        index=made.index,
        record=_record(made, doubt, audited, structure, simulation),
        structure=structure,
        simulation=simulation,
        dynamics=dynamics,
        doubt=doubt,
        followed=tuple(follow),
        verdicts=tuple(verdicts),
        audit=audited,
    )


def _without_index(
    study: Study, tell: Tell, workers: Workers, progress: Share | None, cache: Path | None
) -> StructureRun:
    data = None
    if study.spec.source:
        tell("load")
        data = load(study)
    panel = data.panel if data else None
    structure = structured(study, panel, tell=tell) if study.spec.of_structure else None
    simulation = simulated(study, panel, structure, tell=tell, progress=progress, workers=workers, cache=cache)
    inputs = {study.file: study.digest} | ({one.file: one.sha256 for one in data.sources} if data else {})
    settings, used = _beside(structure, simulation)
    return StructureRun(
        study=study,
        data=data,
        structure=structure,
        simulation=simulation,
        record=Record(
            "run", {"study": study.text} | settings, inputs | used, seed=simulation.spec.seed if simulation else None
        ),
    )


def _beside(structure: Structure | None, simulation: Simulated | None) -> tuple[dict[str, Any], dict[str, str]]:
    """What was asked beside the index, and the files that went into it."""
    settings: dict[str, Any] = {}
    inputs: dict[str, str] = {}
    for name, part in (("structure", structure), ("simulation", simulation)):
        if part is not None:
            settings[name] = part.settings
            inputs |= part.inputs
    return settings, inputs


def _notices(part: Structure | Simulated | None) -> tuple[Fault, ...]:
    return part.notices if part else ()


def _record(
    made: Measured, doubt: Doubt | None, audited: Audit, structure: Structure | None, simulation: Simulated | None
) -> Record:
    settings = made.record.settings | {"audit": audited.record.settings["limits"]}
    if doubt is not None:
        settings |= {"vary": doubt.record.settings["vary"]}
    beside, used = _beside(structure, simulation)
    seed = doubt.record.seed if doubt else simulation.spec.seed if simulation else None
    return Record("run", settings | beside, made.record.inputs | used, seed=seed)


def _share_defined(one: Followed) -> float:
    """The share of versions that have the statistic in every year in which the study has it."""
    draws = one.draws[: one.independent]
    missing = np.isnan(draws) & ~np.isnan(one.nominal)
    return float(1 - missing.reshape(len(draws), -1).any(axis=1).mean())
