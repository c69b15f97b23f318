"""One spelling for each region: traditional and simplified characters, full width, case and stray spaces."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import replace

import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.data.micro.expressions import apart
from xinzhi.data.micro.records import Records
from xinzhi.data.recognise.folding import simplified
from xinzhi.data.regions import resolve

SHOWN = 5
MOST = 200_000  # different spellings; more than that are no names of regions


def matched(records: Records, gazetteer: str = "own") -> Records:
    """The records with one spelling for each region; the record itself stays as it is.

    Spellings that differ only in traditional or simplified characters, width, case or spaces mean one region, called
    by the spelling most records have. With a ``gazetteer`` such as "china-provinces" regions are found there by code,
    name or alias and called by their code. What was joined, and what nobody knows, is told in ``.notes``.
    Raises ``MethodError``, ``FaultyValue`` for a gazetteer nobody knows.
    """
    if "region" not in records.roles:
        raise MethodError(Fault("no-role", "the records have no column as `region`.", "记录未指定 region 列。"))
    spelt = spellings(records)
    if gazetteer == "own":
        names, notes = _joined(spelt, records)
    else:
        names, notes = _resolved(spelt, records, gazetteer)
    return replace(records, names={**records.names, **names}, notes=(*records.notes, *notes))


def spellings(records: Records) -> pd.Series[int]:
    """How many records have each spelling of a region, most first."""
    told = records.table.select(region=records.label(records.column("region"), "region"))
    if told["region"].type().is_array():
        told = apart(told, "region")
    told = told.filter(told["region"].notnull())
    many = told.group_by("region").agg(many=told.count()).limit(MOST).to_pandas()
    many = many.sort_values(["many", "region"], ascending=[False, True])
    return pd.Series(many["many"].to_numpy(), index=many["region"].to_numpy(dtype=object))


def variants(spelt: pd.Series[int]) -> dict[str, list[str]]:
    """Spellings of the same region where there are several, the most frequent first."""
    groups = defaultdict(list)
    for spelling in spelt.index:
        groups[_key(spelling)].append(spelling)
    return {same[0]: same for same in groups.values() if len(same) > 1}


def told_variants(found: dict[str, list[str]], spelt: pd.Series[int], records: Records, done: bool) -> list[Fault]:
    """Spellings of the same region, as a note."""
    if not found:
        return []
    shown = [" = ".join(f"{one} ({spelt[one]})" for one in same) for same in list(found.values())[:SHOWN]]
    many = sum(int(spelt[one]) for same in found.values() for one in same[1:])
    way = ("", "") if done else (" Join them: records.regions().", "可用 records.regions() 合并。")
    return [
        Fault(
            "region-spellings",
            f"{len(found)} regions are written in more than one way, {many} records otherwise than most: "
            f"{'; '.join(shown)}.{way[0]}",
            f"有 {len(found)} 个地区存在多种写法，涉及 {many} 条记录：{'；'.join(shown)}。{way[1]}",
            records.source.name,
            column=records.roles["region"],
            severity="warning",
        )
    ]


def _joined(spelt: pd.Series[int], records: Records) -> tuple[dict[str, str], list[Fault]]:
    found = variants(spelt)
    names = {other: called for called, same in found.items() for other in same[1:]}
    return names, told_variants(found, spelt, records, done=True)


def _resolved(spelt: pd.Series[int], records: Records, gazetteer: str) -> tuple[dict[str, str], list[Fault]]:
    simple = {spelling: simplified(spelling) for spelling in spelt.index}
    found = resolve(list(simple.values()), gazetteer)
    names: dict[str, str] = {}
    strange = []
    for spelling, name in simple.items():
        code = found.matches[name].code
        if code is None:
            strange.append(spelling)
        elif code != spelling:
            names[spelling] = code
    if not strange:
        return names, []
    shown = ", ".join(f"{one} ({spelt[one]})" for one in strange[:SHOWN])
    many = int(spelt[strange].sum())
    return names, [
        Fault(
            "unknown-region",
            f"{len(strange)} spellings on {many} records are no region of {gazetteer} and stay as they are: {shown}.",
            f"有 {len(strange)} 个名称（{many} 条记录）不属于 {gazetteer}，保持原样：{shown}。",
            records.source.name,
            column=records.roles["region"],
            severity="warning",
        )
    ]


def _key(spelling: str) -> str:
    plain = unicodedata.normalize("NFKC", spelling).casefold()
    return simplified("".join(plain.split()))
