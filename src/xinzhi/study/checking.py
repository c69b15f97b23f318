"""Every fault in a study and its data at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from xinzhi.core.errors import Fault, XinzhiError, errors_in
from xinzhi.data.loading import Data
from xinzhi.measure.composite import measure
from xinzhi.measure.result import Index
from xinzhi.study.matching import Settled, settle
from xinzhi.study.measuring import Tell, load
from xinzhi.study.questions import rehearse, unanswerable
from xinzhi.study.reading import Study, read_study, readable_part
from xinzhi.study.simulation.beginning import Begun, begun
from xinzhi.study.structure.building import draft, structured
from xinzhi.study.structure.results import Structure

T = TypeVar("T")


@dataclass(frozen=True)
class Checked:
    """What a check found; ``data``, ``settled``, ``index``, ``structure``: nothing where faults forbid getting so far.

    ``structure`` is a draft: without draws and forecasts. ``begun`` is what simulated worlds would begin from.
    """

    faults: tuple[Fault, ...]
    data: Data | None = None
    settled: Settled | None = None
    index: Index | None = None
    structure: Structure | None = None
    begun: Begun | None = None

    @property
    def runs(self) -> bool:
        """Whether the study would run."""
        found = (self.index, self.structure, self.begun)
        return any(one is not None for one in found) and not errors_in(self.faults)


def check(study: Study | str | Path) -> tuple[Fault, ...]:
    """Every fault in a study and its data, errors and warnings; nothing is raised and nothing is written."""
    return examine(study).faults


def examine(
    study: Study | str | Path, *, tell: Tell = lambda stage: None, draw: Callable[[Study, Index], object] | None = None
) -> Checked:
    """Go as far into a study as its faults allow, and keep what was seen on the way.

    A fault does not stop the check: with a faulty index the data are still read, with faulty rows the index is still
    built from the others, and what the study asks of it is held against it (a few versions are tried). ``draw`` is
    tried on what was built (the report's map), and its faults are gathered too.
    """
    faults: list[Fault] = []
    whole = _try(lambda: study if isinstance(study, Study) else read_study(study), faults)
    part = whole or readable_part(Path(str(study)))
    if part is None:
        return Checked(tuple(faults))
    data = None
    if part.spec.source:
        tell("load")
        data = _try(lambda: load(part, strict=False), faults)
        faults += data.faults if data else ()
    structure = None
    if part.spec.of_structure:
        structure = _try(lambda: structured(draft(part), data.panel if data else None, tell=tell), faults)
        faults += structure.notices if structure else ()
    began = None
    if (asked_worlds := part.spec.simulate) is not None and not (part.spec.of_structure and structure is None):
        tell("world")
        panel = data.panel if data else None
        began = _try(lambda: begun(part, asked_worlds, panel, structure), faults)
        faults += began.notices if began else ()
    if whole is None or data is None or whole.spec.index is None:
        return Checked(tuple(faults), data, structure=structure, begun=began)
    settled = _try(lambda: settle(whole, data.panel, data.sources), faults)
    faults += settled.faults if settled else ()
    if whole.spec.report.map != "tiles":
        _try(lambda: whole.path(whole.spec.report.map), faults)
    tell("measure")
    index = _try(lambda: measure(data.panel, settled.spec), faults) if settled else None
    faults += index.omitted if index else ()
    if index:
        asked = unanswerable(whole, data.panel, index)
        faults += asked
        if not (asked or errors_in(data.faults)):
            tell("vary")
            _try(lambda: rehearse(whole, data), faults)
    if index and draw and not any(fault.column == "report.map" for fault in faults):
        _try(lambda: draw(whole, index), faults)
    return Checked(tuple(faults), data, settled, index, structure, began)


def _try(step: Callable[[], T], faults: list[Fault]) -> T | None:
    try:
        return step()
    except XinzhiError as error:
        faults += error.faults
        return None
