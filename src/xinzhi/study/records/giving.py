"""What other blocks of a study take of records: links, topics by year, and industries, counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.specs import Text
from xinzhi.data.industries import Industries
from xinzhi.structure.links import Links
from xinzhi.structure.records import links
from xinzhi.study.ladder.spec import IndustriesSpec
from xinzhi.study.reading import Study
from xinzhi.study.records.results import ALL_RECORDS, Tallied
from xinzhi.study.structure.spec import LinksSpec


def links_of_records(records: Tallied, spec: LinksSpec, study: Study) -> Links:
    """Records counted as links, by the measure the block asks for. Raises ``MethodError`` or ``DataError``."""
    _need(records, "region", "activity")
    measure = spec.measure or "records"
    frame = records.counting([measure]).lines(measure)
    found = links(
        frame if records.dated else frame.drop(columns="period"),
        region="region",
        activity="activity",
        period="period" if records.dated else None,
        value="value",
        regions=study.spec.study.regions,
        unknown=spec.unknown,
        title=spec.called,
        unit=spec.unit or (records.spec.kind if measure in ("records", "units", "stock") else ""),
        source=records.spec.file,
    )
    notices = tuple(replace(notice, file=records.spec.file, row=None, column=None) for notice in found.notices)
    return replace(found, notices=notices)


def topics_of_records(records: Tallied) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Yearly counts of every activity, over all regions, beside those of all records; and names of the activities."""
    _need(records, "activity")
    if not records.dated:
        raise _lacking(["date"])
    frame = records.counts.to_frame()
    table = frame.pivot_table(index="activity", columns="period", values="records", aggfunc="sum").fillna(0.0)
    table.loc[ALL_RECORDS] = records.by_year().reindex(table.columns).fillna(0.0)
    years = np.arange(int(table.columns[0]), int(table.columns[-1]) + 1)
    codes = pd.Index(table.index.astype(str), name="topic")
    names = pd.DataFrame({"name_en": codes, "name_zh": codes}, index=codes)
    if records.classes is not None:
        for language in ("name_en", "name_zh"):
            said = dict(zip(records.classes.codes, getattr(records.classes, language), strict=True))
            names[language] = [said.get(code, code) for code in codes]
    names.loc[ALL_RECORDS] = ["All records", "全部记录"]
    return table.reindex(columns=years, fill_value=0.0).set_axis(codes), names


def industries_of_records(records: Tallied, spec: IndustriesSpec) -> Industries:
    """Records counted as industries, by the measures the block asks for. Raises ``MethodError`` or ``DataError``."""
    _need(records, "activity")
    if not records.dated:
        raise _lacking(["date"])
    names = None
    if records.classes is not None:
        rows = zip(records.classes.codes, records.classes.name_en, records.classes.name_zh, strict=True)
        names = {code: Text(en=en, zh=zh) for code, en, zh in rows}
    counts = records.counting(list(dict.fromkeys(spec.measures.values())))
    found = counts.to_industries(names, measures=spec.measures)
    # The rows of a table of counts are none of the file.
    notices = tuple(replace(notice, file=records.spec.file, row=None, column=None) for notice in found.notes)
    units = [spec.units.get(measure, "") for measure in found.measures]
    values = found.values.assign_coords(unit=("measure", np.array(units, dtype=object)))
    return replace(found, values=values, notes=notices)


def _need(records: Tallied, *roles: str) -> None:
    if absent := [role for role in roles if role not in records.records.roles]:
        raise _lacking(absent)


def _lacking(roles: list[str]) -> MethodError:
    named = ", ".join(f"`{role}`" for role in roles)
    return MethodError(
        Fault(
            "no-role",
            f"this takes records that have {named}. Name the columns in their [[records]].",
            f"此处所用的记录须指明 {named}。请在其 [[records]] 中写明相应的列。",
            column="records",
        )
    )
