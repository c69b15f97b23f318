"""What a study asks of its index, under [vary], [[follow]] and [[claim]], held against the index it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Panel
from xinzhi.measure.cells import gathered
from xinzhi.measure.result import Index
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.places import at_its_line
from xinzhi.study.reading import Study
from xinzhi.study.vary.choices import VarySpec
from xinzhi.study.vary.claims import unfit
from xinzhi.study.vary.plan import Plan
from xinzhi.study.vary.setting import Setting


def unanswerable(study: Study, panel: Panel, index: Index) -> tuple[Fault, ...]:
    """Everything asked that cannot be answered, at its line of the study file; nothing is varied.

    Such are versions that do not fit the index, and regions, groups, levels and years that it does not have.
    """
    asked = study.spec
    faults = [*_unfit_versions(panel, index.spec, asked.vary)] if asked.vary else []
    setting = Setting(index.regions, index.times, index.about_region)
    scores = np.ascontiguousarray(index.stages.scores[:, :, -1])
    faults += unfit(setting, scores, asked.follow, asked.claim)
    return tuple(at_its_line(fault, study.text) for fault in faults)


def _unfit_versions(panel: Panel, spec: IndexSpec, said: VarySpec) -> Iterator[Fault]:
    def classes_of_errors() -> None:
        if said.error:
            said.error.sizes(panel, gathered(panel, spec), spec)

    for step in (lambda: Plan.of(spec, said), classes_of_errors):
        try:
            step()
        except MethodError as error:
            yield from (replace(fault, column=fault.column or "vary") for fault in error.faults)
