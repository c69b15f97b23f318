"""What a study asks of its index, under [vary], [[follow]] and [[claim]], held against the index it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from xinzhi.core.errors import Fault, MethodError, StudyError
from xinzhi.core.labels import Panel
from xinzhi.core.workers import Workers
from xinzhi.data.loading import Data
from xinzhi.measure.cells import gathered
from xinzhi.measure.result import Index
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.places import at_its_line
from xinzhi.study.reading import Study
from xinzhi.study.vary.choices import VarySpec
from xinzhi.study.vary.claims import unfit
from xinzhi.study.vary.plan import Plan
from xinzhi.study.vary.results import Doubt
from xinzhi.study.vary.setting import Setting
from xinzhi.study.vary.varying import design_of, vary

# How many versions show whether the choices go together.
_REHEARSED = 128


def unanswerable(study: Study, panel: Panel, index: Index) -> tuple[Fault, ...]:
    """Everything asked that cannot be answered, at its line of the study file; nothing is varied.

    Such are versions that do not fit the index, and regions, groups, levels and years that it does not have.
    """
    asked = study.spec
    faults = [*_unfit_versions(panel, index.spec, asked.vary)] if asked.vary else []
    setting = Setting(index.regions, index.times, index.about_region)
    scores = np.ascontiguousarray(index.stages.scores[:, :, -1])
    faults += unfit(setting, scores, asked.follow, asked.claim)
    return tuple(_placed(faults, study))


def varied(study: Study, data: Data, *, workers: Workers = None) -> Doubt:
    """Vary the study. Raises ``StudyError`` naming the combination of choices that cannot be measured."""
    try:
        return vary(study, data, workers=workers)
    except MethodError as error:
        raise StudyError(_placed(error.faults, study)) from None


def rehearse(study: Study, data: Data) -> None:
    """Try a few versions of the study, to find choices that do not go together. Raises ``StudyError``."""
    said = study.spec.vary
    if said is None:
        return
    try:
        vary(study, data, draws=min(said.draws, _REHEARSED), sampling="sobol", effects=False)
    except MethodError as error:
        raise StudyError(_placed(error.faults, study)) from None


def _unfit_versions(panel: Panel, spec: IndexSpec, said: VarySpec) -> Iterator[Fault]:
    def classes_of_errors() -> None:
        if said.error:
            said.error.sizes(panel, gathered(panel, spec), spec)

    for step in (lambda: design_of(Plan.of(spec, said), said), classes_of_errors):
        try:
            step()
        except MethodError as error:
            yield from error.faults


def _placed(faults: Iterable[Fault], study: Study) -> Iterator[Fault]:
    """Faults at their lines; what names no key of its own is of the versions."""
    return (at_its_line(replace(fault, column=fault.column or "vary"), study) for fault in faults)
