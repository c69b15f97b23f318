"""From what was seen to who was there when: first and last sight of each unit, entry, exit and how long it stayed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir

from xinzhi.core.errors import Fault, MethodError
from xinzhi.data.micro.records import LABELS, Records

_JOIN = "\x1f"


def spans(records: Records) -> Records:
    """One record a unit, from records that saw it on a ``date``: columns unit, region, activity, first, last.

    A unit enters in the year it is first seen in and exits in the year after it is last seen in; one seen in the last
    year of the data is still there, its ``last`` null. It belongs to the region and activity of its last sight; of
    several on that day, to the last in alphabetical order. Records without a unit or a date are left out, as
    ``records.check()`` counts them. Raises ``MethodError``.
    """
    if lacking := [role for role in ("unit", "date") if role not in records.roles]:
        named = ", ".join(lacking)
        raise MethodError(
            Fault(
                "no-role",
                f"spans need the records to have these columns: {named}.",
                f"生成存续期须指定以下列：{named}。",
            )
        )
    if several := [role for role in LABELS if records.is_list(role)]:
        raise MethodError(
            Fault(
                "several-labels",
                f"a unit has one {' and one '.join(several)} at a time; here a cell holds several. Leave `split` out, "
                "or keep the first of them.",
                "同一时点每个单位只能有一个地区和一项活动，而单元格中有多个标签。请不设 split，或只保留第一个。",
            )
        )
    table = records.table
    labels: dict[str, Any] = {role: ibis.literal("") for role in LABELS}
    for role in (one for one in LABELS if one in records.roles):
        labels[role] = ibis.coalesce(records.label(records.column(role), role), "")
    seen = table.select(
        unit=records.label(records.column("unit"), "unit"), day=records.dated(records.column("date")).day, **labels
    )
    seen = seen.filter(seen["unit"].notnull() & seen["day"].notnull())
    # The label beside the greatest day, without a second look at the records: eight digits, then the label.
    marked = seen["day"].cast(str).lpad(8, "0") + seen["region"] + _JOIN + seen["activity"]
    by_unit = seen.group_by("unit").agg(first=seen["day"].min(), end=seen["day"].max(), marked=marked.max())
    horizon = seen.agg(horizon=seen["day"].max() // 10_000)
    both = by_unit.cross_join(horizon)
    year = both["end"] // 10_000
    told = both.mutate(
        region=both["marked"].substr(8).re_extract(rf"^([^{_JOIN}]*){_JOIN}", 1).nullif(""),
        activity=both["marked"].re_extract(rf"{_JOIN}(.*)$", 1).nullif(""),
        last=ibis.ifelse(year < both["horizon"], (year + 1) * 10_000, ibis.null("int64")),
    )
    told = told.select("unit", "region", "activity", "first", "last")
    roles = {role: role for role in ("unit", *(r for r in LABELS if r in records.roles), "first", "last")}
    made = records.over(told, roles=roles, split={}, digits=None, dates=None)
    return replace(made, source=replace(made.source, ordered=False))


def durations(records: Records, until: int | None = None) -> ir.Table:
    """How long each unit was there: unit, region, activity, cohort, duration (years), ended; ready for survival curves.

    A unit that came in 2010 and left in 2013 lasted 3 years and has ended; one that is still there has lasted until
    ``until`` (default: the last year anything happened in) and has not. Units without a first day, or that left before
    they came, are left out. Raises ``MethodError``.
    """
    if "first" not in records.roles:
        raise MethodError(
            Fault(
                "no-role",
                'durations need a column as `first`: records(…, first="…"), or records.spans().',
                "计算存续时间须指定 first 列：records(…, first=“…”)，或使用 records.spans()。",
            )
        )
    last = records.column("last") if "last" in records.roles else None
    came, gone, sound = records.span(records.column("first"), last)
    table = records.table
    labels: dict[str, Any] = {
        role: records.label(records.column(role), role) for role in ("unit", *LABELS) if role in records.roles
    }
    told = table.select(**labels, cohort=came // 10_000, left=gone // 10_000, sound=sound)
    told = told.filter(told["sound"]).drop("sound")
    horizon: Any = ibis.literal(until)
    if until is None:
        reach = told.agg(reach=ibis.greatest(told["cohort"].max(), told["left"].max()))
        told = told.cross_join(reach)
        horizon = told["reach"]
    ended = ibis.coalesce(told["left"] <= horizon, False)
    return told.filter(told["cohort"] <= horizon).select(
        *labels,
        "cohort",
        duration=ibis.ifelse(ended, told["left"], horizon) - told["cohort"],
        ended=ended,
    )
