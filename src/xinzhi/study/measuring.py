"""From a study to its index: bring the data in, settle the index, measure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from xinzhi.core.errors import Fault, StudyError
from xinzhi.core.labels import REGION, Panel
from xinzhi.core.results import Record, digest
from xinzhi.data.loading import Data, load_sources
from xinzhi.data.regions import resolve
from xinzhi.measure.composite import measure
from xinzhi.measure.result import Index
from xinzhi.study.matching import Settled, settle

if TYPE_CHECKING:
    from xinzhi.study.reading import Study
    from xinzhi.study.spec import About

# Told the name of each stage as it begins: load, measure, and whatever the caller adds.
Tell = Callable[[str], object]


@dataclass(frozen=True)
class Measured:
    """A study that has been measured: what came in, the index that came out, and the record of how."""

    study: Study
    data: Data
    settled: Settled
    index: Index
    record: Record

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What is worth knowing: of the data, of the matching, of the index."""
        return (*self.data.faults, *self.settled.faults, *self.index.omitted)


def load(study: Study, *, strict: bool = True) -> Data:
    """Bring in the data of a study. Raises ``DataError`` with every fault found, ``StudyError`` for unknown regions.

    With ``strict`` off the faults of the data are in ``Data.faults`` and the rows concerned are left out.
    """
    about = study.spec.study
    spec = study.spec
    data = load_sources(
        study.folder, spec.source, spec.indicator, regions=about.regions, years=about.years, strict=strict
    )
    if not (about.keep_regions or about.drop_regions):
        return data
    return replace(data, panel=_chosen(data.panel, about, study.file))


def measured(study: Study, *, tell: Tell = lambda stage: None) -> Measured:
    """Load, match and measure a study; ``tell`` is called with the name of each stage as it begins."""
    tell("load")
    data = load(study)
    settled = settle(study, data.panel, data.sources)
    tell("measure")
    inputs = inputs_of(study, data)
    index = measure(data.panel, settled.spec, inputs=inputs)
    settings = {"study": study.text, "index": index.record.settings, "matched": settled.matched}
    return Measured(study, data, settled, index, Record("measure", settings, inputs))


def inputs_of(study: Study, data: Data) -> dict[str, str]:
    """The digest of everything a run reads, by path within the study."""
    inputs = {study.file: study.digest} | {source.file: source.sha256 for source in data.sources}
    if (drawn := study.spec.report.map) != "tiles":
        inputs[drawn] = digest(study.path(drawn))
    return inputs


def _chosen(panel: Panel, about: About, file: str) -> Panel:
    kept, dropped = (_codes(panel, about, key, file) for key in ("keep_regions", "drop_regions"))
    codes = panel[REGION].values
    inside = np.isin(codes, kept) if about.keep_regions else np.ones(len(codes), dtype=bool)
    inside &= ~np.isin(codes, dropped)
    if not inside.any():
        raise StudyError(
            Fault(
                "no-region-left",
                "keep_regions and drop_regions leave no region. Keep at least one.",
                "按 keep_regions 与 drop_regions 筛选后没有剩余地区。请至少保留一个。",
                file=file,
                column="study",
            )
        )
    return panel.isel({REGION: np.flatnonzero(inside)})


def _codes(panel: Panel, about: About, key: str, file: str) -> list[str]:
    """The codes of the regions that a list in the study file names. Raises ``StudyError`` for those it cannot find."""
    names: tuple[str, ...] = getattr(about, key)
    codes = panel[REGION].values
    known = {str(code): str(code) for code in codes}
    for called in ("name_en", "name_zh"):
        if called in panel.coords:
            known |= dict(zip(map(str, panel[called].values), map(str, codes), strict=True))
    strange = [name for name in names if name not in known]
    if strange and about.regions != "own":
        meant = resolve(strange, about.regions).matches
        known |= {name: match.code for name, match in meant.items() if match.code in known}
    if faults := [_unknown(name, known, key, file) for name in names if name not in known]:
        raise StudyError(faults)
    return [known[name] for name in names]


def _unknown(name: str, known: Iterable[str], key: str, file: str) -> Fault:
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return Fault(
        "unknown-region",
        f"'{name}' is not a region of the data." + (f" Did you mean: {', '.join(near)}?" if near else ""),
        f"数据中没有地区“{name}”。" + (f"是否指：{'、'.join(near)}？" if near else ""),
        file=file,
        column=f"study.{key}",
    )
