"""The fifteen pitfalls, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydantic import ValidationError

from xinzhi.core.errors import MethodError
from xinzhi.core.results import Record
from xinzhi.core.specs import faults_of
from xinzhi.study.audit import columns, data, history, labels, robustness, weights
from xinzhi.study.audit.findings import Audit, Finding
from xinzhi.study.audit.subject import Limits, Subject
from xinzhi.study.measuring import Measured

CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    weights.rewarding_dispersion,
    columns.double_counting,
    columns.scale_among_ratios,
    history.moving_scale,
    history.yearly_scale,
    weights.zero_rules,
    data.filled_cells,
    robustness.unstable_ranks,
    robustness.opposite_trends,
    robustness.compensation,
    labels.regressed_on_itself,
    labels.label_drift,
    robustness.coupling_misuse,
    labels.residuals,
    data.coverage,
)


def audit(run: Measured, **limits: float) -> Audit:
    """Hold a run against the fifteen pitfalls of the field, and say what was found, with the numbers that prove it.

    Every pitfall has at least one finding, ``fine`` where it is clear or does not apply. ``limits`` set, by name, what
    ``Limits`` holds: ``audit(run, moved_weight=0.1)``. The index is measured again a few dozen times; the run is left
    as it is. Raises ``MethodError`` for a limit that does not exist or is out of range.
    """
    try:
        held = Limits.model_validate(limits)
    except ValidationError as error:
        raise MethodError(faults_of(error)) from None
    subject = Subject(run, held)
    findings = tuple(finding for check in CHECKS for finding in check(subject))
    settings = {"limits": held.model_dump(), "run": run.record.settings}
    return Audit(findings, Record("audit", settings, run.record.inputs))
