"""Counting records by region × activity × period: one Ibis expression, whatever engine runs it.

Where dates are texts, which are slow to read, sums are taken before anything is read, so that a text is looked at once
a group and not once a record; otherwise adding up twice would take longer than cleaning every label. Labels that are
not told stay as rows with a null, so that what is counted always adds up to what there was.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.results import Record
from xinzhi.data.micro.counts import ALL, Counts
from xinzhi.data.micro.expressions import PeriodOf, period_of
from xinzhi.data.micro.records import HIGH, LABELS, LOW, VALUE, Records
from xinzhi.data.micro.vintages import Crosswalk, crosswalk_of

Fractional = bool | Literal["mentions"]
MEASURES = ("records", "units", "value", "entries", "exits", "stock")
CELL = ("region", "activity", "period")


def counted(
    records: Records,
    measure: str | Sequence[str] = "records",
    *,
    period: PeriodOf = "year",
    fractional: Fractional = False,
    concordance: Any = None,
) -> Counts:
    """Count records by region × activity × period, as far as the records have these roles; periods are of ``date``.

    Measures: ``records`` (rows), ``units`` (different units), ``value`` (sum of the values there are), and of units
    with a ``first`` and perhaps a ``last`` day, one row each, ``entries``, ``exits`` and ``stock``: who is there at the
    end of the period, so that stock = stock before + entries - exits.

    A record with several regions or activities counts once for each; with ``fractional`` it counts one in all, shared
    equally among its different labels, or among all mentions where ``fractional="mentions"`` (a patent with two
    symbols of one class and one of another is 2/3 of the first). Units then count one a period, shared equally among
    the pairs of region and activity their records have. Counting by fractions: OECD Patent Statistics Manual 2009.

    ``concordance`` leads activities into another classification: a ``Crosswalk``, a ``Concordance``, or (table, from,
    to, share). The shares of a class sum to one; what a class has is spread by them, and nothing is made or lost.

    Values told as intervals ("<5", "D") are no number: the sum of a cell that has one is null, between ``value_low``
    and ``value_high``. Rows without a label, or of an impossible date, are counted in ``.unplaced``.
    Raises ``MethodError`` where the records lack a role; ``DataError`` for a concordance that cannot be.
    """
    measures = (measure,) if isinstance(measure, str) else tuple(measure)
    if faults := _lacking(records, measures, period, fractional):
        raise MethodError(faults)
    way = None if concordance is None else crosswalk_of(concordance)
    parts = []
    if rows := [name for name in measures if name in ("records", "value")]:
        parts.append(_summed(records, rows, period, fractional))
    if "units" in measures:
        parts.append(_units(records, period, fractional))
    if spans := [name for name in measures if name in ("entries", "exits", "stock")]:
        parts.append(_spanned(records, spans, fractional))
    cells = functools.reduce(ibis.union, _aligned(parts)) if len(parts) > 1 else parts[0]
    whole = cells if way is None else _carried(cells, way)
    if len(parts) > 1 or way is not None:
        amounts = [name for name in whole.columns if name not in CELL]
        whole = whole.group_by(*CELL).agg(**{name: whole[name].sum() for name in amounts})
    table = _settled(whole, measures, records.bounded)
    settings = {
        **records.record.settings,
        "measure": list(measures),
        "period": period,
        "fractional": fractional,
        "concordance": None if way is None else way.record.to_dict(),
    }
    return Counts(table, cells, records, measures, period, way, Record("count", settings, dict(records.source.inputs)))


def _labelled(records: Records, table: ir.Table, raw: dict[str, Any], fractional: Fractional) -> dict[str, Any]:
    once = fractional != "mentions"
    return {role: records.label(raw[role], role, once=once) if role in raw else ibis.literal(ALL) for role in LABELS}


def _dated(records: Records, column: Any, period: PeriodOf) -> Any:
    return period_of(records.dated(column).day, period)


def _when(records: Records) -> str | None:
    """The role that says when a record is of."""
    return next((role for role in ("date", "first") if role in records.roles), None)


def _summed(records: Records, measures: list[str], period: PeriodOf, fractional: Fractional) -> ir.Table:
    """Rows and values."""
    when = _when(records)
    heads = {role: records.roles[role] for role in (*LABELS, *((when,) if when else ())) if role in records.roles}
    valued = "value" in measures
    table = records.valued(records.table) if valued else records.table
    raw = {role: table[head] for role, head in heads.items()}
    keyed = {f"raw_{role}": column for role, column in raw.items()}
    row: dict[str, Any] = {"records": ibis.literal(1, "int64")} if "records" in measures else {}
    if valued:
        row |= {"value": table[VALUE], "valued": table[VALUE].notnull().cast("int64")}
    if valued and records.bounded:
        row |= {side: ibis.coalesce(table[VALUE], table[of]) for side, of in (("low", LOW), ("high", HIGH))}
        row["bounded"] = table[LOW].notnull().cast("int64")
    slow = when is not None and raw[when].type().is_string()
    # Lists hardly repeat, and numbers and labels are read faster than added up: adding up first wins nothing.
    if not slow or any(records.is_list(role) for role in LABELS):
        tallied = table.select(**keyed, **row)
    else:
        sums = {name: table.count() if name == "records" else of.sum() for name, of in row.items()}
        tallied = table.group_by(**keyed).agg(**sums)
    names = list(row)
    raw = {role: tallied[f"raw_{role}"] for role in heads}
    at = ibis.literal(ALL) if when is None else _dated(records, raw[when], period)
    told = tallied.select(**_labelled(records, tallied, raw, fractional), period=at, **{n: tallied[n] for n in names})
    spread = records.spread(told, fractional)
    return _grouped(spread, names)


def _units(records: Records, period: PeriodOf, fractional: Fractional) -> ir.Table:
    """Different units, each once in a cell, or one a period in all."""
    table, when = records.table, _when(records)
    raw = {role: records.column(role) for role in LABELS if role in records.roles}
    at = ibis.literal(ALL) if when is None else _dated(records, records.column(when), period)
    told = table.select(unit=records.identity(), **_labelled(records, table, raw, fractional), period=at)
    told = records.spread(told.filter(told["unit"].notnull()), fractional)
    cell = ["unit", *CELL]
    if not fractional:
        return told.select(*cell).distinct().group_by(*CELL).agg(units=lambda t: t.count())
    pairs = told.group_by(*cell).agg(part=told.count())
    if fractional != "mentions":
        pairs = pairs.mutate(part=ibis.literal(1, "int64"))
    whole = pairs["part"].sum().over(group_by=[pairs["unit"], pairs["period"]])
    shares = pairs.mutate(part=pairs["part"] / whole.cast("float64"))
    return shares.group_by(*CELL).agg(units=shares["part"].sum())


def _spanned(records: Records, measures: list[str], fractional: Fractional) -> ir.Table:
    """Entries, exits and, for all years between the first and the last event, who is there."""
    raw_roles = [role for role in (*LABELS, "first", "last") if role in records.roles]
    table = records.table
    raw = {role: records.column(role) for role in raw_roles}
    if any(records.is_list(role) for role in LABELS):
        tallied = table.select(**{f"raw_{role}": of for role, of in raw.items()}, n=ibis.literal(1, "int64"))
    else:
        tallied = table.group_by(**{f"raw_{role}": of for role, of in raw.items()}).agg(n=table.count())
    raw = {role: tallied[f"raw_{role}"] for role in raw_roles}
    first, last, sound = records.span(raw["first"], raw.get("last"))
    none = ibis.null("int64")
    told = tallied.select(
        **_labelled(records, tallied, raw, fractional),
        came=ibis.ifelse(sound, first // 10_000, none),
        left=ibis.ifelse(sound, last // 10_000, none),
        n=tallied["n"],
    )
    told = records.spread(told, fractional)
    # Each span is two events, told apart by number, so that the records are read once.
    told = told.mutate(event=ibis.array([0, 1]).unnest(), n=told["n"] * told["weight"])
    told = told.filter((told["event"] == 0) | told["left"].notnull())
    came = told["event"] == 0
    events = told.select(
        "region",
        "activity",
        period=ibis.ifelse(came, told["came"], told["left"]),
        entries=ibis.ifelse(came, told["n"], 0),
        exits=ibis.ifelse(came, 0, told["n"]),
    )
    events = events.group_by(*CELL).agg(entries=events["entries"].sum(), exits=events["exits"].sum())
    return (_stocked(events) if "stock" in measures else events).select(*CELL, *measures)


def _stocked(events: ir.Table) -> ir.Table:
    """Events and what they add up to, for every year from the first event of a cell to the last of all."""
    events = events.mutate(placed=events["period"].notnull())
    cell = [events["region"], events["activity"], events["placed"]]
    until = ibis.window(group_by=cell, order_by="period", preceding=None, following=0)
    after = ibis.window(group_by=cell, order_by="period")
    told = events.mutate(
        stock=(events["entries"] - events["exits"]).sum().over(until),
        following=events["period"].lead().over(after),
        horizon=events["period"].max().over(ibis.window()),
    )
    years = ibis.range(told["period"], ibis.coalesce(told["following"], told["horizon"] + 1))
    told = told.mutate(year=ibis.ifelse(told["placed"], years, ibis.array([ibis.null("int64")])).unnest())
    here = ~told["placed"] | (told["year"] == told["period"])
    return told.select(
        "region",
        "activity",
        period=told["year"],
        entries=ibis.ifelse(here, told["entries"], 0),
        exits=ibis.ifelse(here, told["exits"], 0),
        stock=told["stock"],
    )


def _grouped(spread: ir.Table, names: list[str]) -> ir.Table:
    whole = spread["weight"].type().is_integer()
    sums = {
        name: (spread[name] if whole else spread[name] * spread["weight"]).sum()
        if name not in ("valued", "bounded")
        else spread[name].sum()
        for name in names
    }
    return spread.group_by(*CELL).agg(**sums)


def _aligned(parts: list[ir.Table]) -> list[ir.Table]:
    """Tables of the same columns in the same order; what one does not measure is null there."""
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    kinds = {name: next(part[name].type() for part in parts if name in part.columns) for name in names}
    return [
        part.select(**{name: part[name] if name in part.columns else ibis.null(kinds[name]) for name in names})
        for part in parts
    ]


def _carried(cells: ir.Table, way: Crosswalk) -> ir.Table:
    """Cells of the old activities as cells of the new ones; what has no entry has no label."""
    shares = ibis.memtable(way.table)
    joined = cells.left_join(shares, cells["activity"] == shares["source"])
    share = joined["share"].fill_null(1.0)
    amounts = [name for name in cells.columns if name not in CELL]
    held = {name: joined[name] if name in ("valued", "bounded") else joined[name] * share for name in amounts}
    return joined.select(region="region", activity=joined["target"], period="period", **held)


def _settled(table: ir.Table, measures: Sequence[str], bounded: bool) -> ir.Table:
    """One row a cell with its measures. A sum of values is null where none is known, or one is an interval."""
    told: dict[str, Any] = {name: table[name] for name in CELL}
    for name in measures:
        if name != "value":
            told[name] = table[name].fill_null(0)
            continue
        known = table["valued"].fill_null(0) > 0
        if not bounded:
            told[name] = ibis.ifelse(known, table["value"], ibis.null(float))
            continue
        between = table["bounded"].fill_null(0) > 0
        told[name] = ibis.ifelse(known & ~between, table["value"], ibis.null(float))
        told["value_low"], told["value_high"] = (
            ibis.ifelse(known | between, table[side], ibis.null(float)) for side in ("low", "high")
        )
    return table.select(**told)


def _lacking(records: Records, measures: Sequence[str], period: str, fractional: Any) -> list[Fault]:
    """Roles the measures need and the records do not have, and words nobody knows."""
    faults = []
    for key, given, known in (
        *(("measure", one, MEASURES) for one in measures or ("",)),
        ("period", period, ("year", "quarter", "month")),
        ("fractional", fractional, (True, False, "mentions")),
    ):
        if given not in known:
            named = ", ".join(map(str, known))
            faults.append(
                Fault(
                    "bad-value",
                    f"`{key}` has '{given}'; one of these is needed: {named}.",
                    f"{key} 的取值“{given}”无效；可取：{named}。",
                )
            )
    needed = {"units": "unit", "value": "value", "entries": "first", "exits": "last", "stock": "first"}
    for name in measures:
        role = needed.get(name)
        if role and role not in records.roles:
            hint_en = " Or make spans of what was seen: records.spans()." if role in ("first", "last") else ""
            hint_zh = "也可由观测记录生成：records.spans()。" if role in ("first", "last") else ""
            faults.append(
                Fault(
                    "no-role",
                    f"to count '{name}' the records need a column as `{role}`: records(…, {role}=\"…\").{hint_en}",
                    f"统计“{name}”须指定 {role} 列：records(…, {role}=“…”)。{hint_zh}",
                )
            )
    if period != "year" and any(name in ("entries", "exits", "stock") for name in measures):
        faults.append(
            Fault(
                "years-only",
                "entries, exits and stock are counted by year.",
                "进入数、退出数与存量仅按年统计。",
            )
        )
    return faults
