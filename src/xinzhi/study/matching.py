"""From what a study wants of its index to the index it can have with its data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError

from xinzhi.core.errors import Fault, StudyError, errors_in
from xinzhi.core.labels import INDICATOR, REGION, TIME, Panel
from xinzhi.core.specs import FaultyValue
from xinzhi.data.sources import Source
from xinzhi.data.structures import Column, Leaf, match, structure
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.places import at_its_line, faults_at

if TYPE_CHECKING:
    from xinzhi.study.reading import Study


@dataclass(frozen=True)
class Settled:
    """The index as it will be measured; for a structure of the catalogue, which column carries which indicator.

    ``matched`` says it as "column" or "column / denominator"; ``missing`` are the indicators nothing was found for.
    """

    spec: IndexSpec
    matched: dict[str, str] = field(default_factory=dict)
    missing: tuple[Leaf, ...] = ()
    faults: tuple[Fault, ...] = ()


def settle(study: Study, panel: Panel, sources: Sequence[Source] = ()) -> Settled:
    """The index a study can have with these data. Raises ``StudyError`` where it has none.

    ``sources`` are those of the panel: an indicator may name a column of theirs that is none of numbers.
    """
    wanted = study.spec.index
    if wanted is None:
        raise StudyError(_no_index(study.file))
    if isinstance(wanted, IndexSpec):
        if unread := [*_unread(wanted, panel, sources)]:
            raise StudyError(unread)
        return Settled(wanted)
    found = match(structure(wanted.structure), _columns(panel), wanted.match)
    faults = [replace(fault, file=study.file) for fault in found.faults]
    if errors := errors_in(faults):
        raise StudyError(errors)
    try:
        spec = wanted.on(found)
    except ValidationError as error:
        raise StudyError(faults_at(error, study.text, "index", study.file)) from None
    except FaultyValue as error:
        unfit = (replace(fault, column="index.weights") for fault in error.faults)
        raise StudyError(at_its_line(fault, study) for fault in unfit) from None
    return Settled(spec, found.columns, found.missing, tuple(faults))


def _unread(spec: IndexSpec, panel: Panel, sources: Sequence[Source]) -> Iterator[Fault]:
    known = set(map(str, panel[INDICATOR].values))
    files = {head: source.file for source in sources for head in source.ignored}
    wanted = [column for leaf in spec.indicators for column in (leaf.source, leaf.denominator) if column]
    for column in dict.fromkeys(wanted):
        if column not in known and column in files:
            yield Fault(
                "column-not-of-numbers",
                f"the index needs '{column}', but fewer than half of what is written in that column are numbers, so "
                f'it was not read. Correct it; value = ["{column}", …] in the [[source]] has every cell reported.',
                f"指数需要“{column}”，但该列的内容多半不是数字，因而未读取。"
                f'请改正；在 [[source]] 中设置 value = ["{column}", …] 可逐一列出有误的单元。',
                file=files[column],
                column=column,
            )


def _columns(panel: Panel) -> dict[str, Column]:
    """The columns that have anything in them, with all they are called and their units."""
    seen = ~np.isnan(panel.values).all(axis=(panel.get_axis_num(REGION), panel.get_axis_num(TIME)))
    about = {name: panel[name].values for name in ("title_en", "title_zh", "unit") if name in panel.coords}
    titles = [about[name] for name in ("title_en", "title_zh") if name in about]
    return {
        str(code): Column(
            titles=tuple(str(title[at]) for title in titles if title[at]),
            unit=str(about["unit"][at]) or None if "unit" in about else None,
        )
        for at, code in enumerate(panel[INDICATOR].values)
        if seen[at]
    }


def _no_index(file: str) -> Fault:
    return Fault(
        "no-index",
        'the study says no index, so there is nothing to run. Add [index], for example structure = "hong-2024", or '
        "[[links]] for who does what; `xinzhi check` works without.",
        '研究未写明指数，无从运行。请添加 [index]，例如 structure = "hong-2024"，或为“谁从事什么”添加 [[links]]；'
        "仅作检查则无需指数。",
        file=file,
        column="index",
    )
