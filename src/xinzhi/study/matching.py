"""From what a study wants of its index to the index it can have with its data."""

from __future__ import annotations

from dataclasses import dataclass, field

from xinzhi.core.errors import Fault, StudyError
from xinzhi.core.labels import Panel
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.reading import STUDY_FILE, Study
from xinzhi.study.spec import StructureChoice


@dataclass(frozen=True)
class Settled:
    """The index as it will be measured; for a structure of the catalogue, which column carries which indicator."""

    spec: IndexSpec
    matched: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def settle(study: Study, panel: Panel) -> Settled:
    """The index a study can have with these data. Raises ``StudyError`` where it has none."""
    wanted = study.spec.index
    if wanted is None:
        raise StudyError(
            Fault(
                "no-index",
                "the study says no index, so there is nothing to run. Add [index], for example structure = "
                '"hong-2024"; `xinzhi check` works without.',
                '研究未写明指数，无从运行。请添加 [index]，例如 structure = "hong-2024"；仅作检查则无需指数。',
                file=STUDY_FILE,
                column="index",
            )
        )
    if isinstance(wanted, StructureChoice):
        return _matched(wanted, panel)
    return Settled(wanted)


def _matched(wanted: StructureChoice, panel: Panel) -> Settled:
    raise NotImplementedError
