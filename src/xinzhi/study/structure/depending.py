"""Choke points, as a study asks for them: in which goods regions depend on others, and on few of them, in tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import pandas as pd

from xinzhi.core.errors import Fault, Language, MethodError, XinzhiError
from xinzhi.structure.chokepoints import choke_points
from xinzhi.structure.links import SHOWN, Links, Period
from xinzhi.study.places import at_its_line
from xinzhi.study.reading import Study
from xinzhi.study.structure.dependency_spec import DependencySpec
from xinzhi.study.structure.labelling import labels_of
from xinzhi.study.structure.results import Depended
from xinzhi.study.structure.supply import Supply, supply_of_file

T = TypeVar("T")
_LANGUAGES: tuple[Language, ...] = ("en", "zh")
_NAMES = ("name_en", "name_zh")
_POINTS = (
    *("period", "good", "good_en", "good_zh", "rank", "choke", "total", "foreign", "domestic", "dependency", "hhi"),
    *("sources", "top_source", "top_en", "top_zh", "top_share", "exposure", "substitution"),
)


@dataclass(frozen=True, eq=False)
class Supplied:
    """The supply of one block and the digests of its files."""

    supply: Supply
    inputs: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class _Told:
    points: pd.DataFrame
    regions: pd.DataFrame
    notices: list[Fault]


def supplied(study: Study) -> dict[str, Supplied]:
    """The supply of every block by its name. Raises ``DataError`` with the faults of all of them."""
    return _each(study, partial(_supplied, study))


def depended(study: Study, supplies: Mapping[str, Supplied]) -> Depended:
    """Tell the choke points of every importer of every block. Raises ``MethodError`` with the faults of all blocks."""
    made = _each(study, lambda spec: _block(spec, supplies[spec.name].supply))
    points, regions = pd.concat([of.points for of in made.values()]), pd.concat([of.regions for of in made.values()])
    notices: list[Fault] = []
    for spec in study.spec.dependency:
        notices += supplies[spec.name].supply.notices
        notices += [_of(spec, notice) for notice in made[spec.name].notices]
    return Depended(
        study.spec.dependency,
        points.reset_index(drop=True),
        regions.reset_index(drop=True),
        tuple(dict.fromkeys(notices)),
    )


def _each(study: Study, step: Callable[[DependencySpec], T]) -> dict[str, T]:
    """A step for every block; the faults of all of them at their lines, those of a file as they stand."""
    made: dict[str, T] = {}
    faults: list[Fault] = []
    kind: type[XinzhiError] = MethodError
    for at, spec in enumerate(study.spec.dependency, start=1):
        try:
            made[spec.name] = step(spec)
        except XinzhiError as error:
            kind = type(error)
            faults += [
                fault if fault.file else at_its_line(replace(fault, column=_key(at, fault)), study)
                for fault in error.faults
            ]
    if faults:
        raise kind(faults)
    return made


def _key(at: int, fault: Fault) -> str:
    """The key that a fault is of: one of the study as a whole, of the block, or the block itself."""
    if fault.column and fault.column.startswith("study."):
        return fault.column
    return f"dependency.{at}.{fault.column}" if fault.column else f"dependency.{at}"


def _supplied(study: Study, spec: DependencySpec) -> Supplied:
    labels = labels_of(study.folder, spec.names) if spec.names else None
    alone = not (study.spec.links or study.spec.source)
    supply = supply_of_file(study.folder, spec, study.spec.study, labels, alone=alone)
    inputs = {spec.file: supply.sha256} | ({labels.file: labels.sha256} if labels else {})
    return Supplied(supply, inputs)


def _block(spec: DependencySpec, supply: Supply) -> _Told:
    """Choke points of every importer, their sums by period, and what is worth knowing."""
    points, regions = [], []
    alone: list[Fault] = []
    notices: list[Fault] = []
    for home, links in supply.links.items():
        try:
            found = choke_points(links, home, dependency=spec.dependency, hhi=spec.hhi)
        except MethodError as error:  # one that gets nothing from elsewhere; the others are told
            alone += [replace(fault, severity="warning") for fault in error.faults]
            continue
        told = {"block": spec.name, "region": home}
        told |= {name: str(supply.names.loc[home, name]) for name in _NAMES}
        table = _named(_ranked(found.table), links, supply.names)
        points.append(pd.DataFrame(told, index=table.index).join(table))
        sums = _summed(table)
        regions.append(pd.DataFrame(told, index=sums.index).join(sums).assign(own_told=supply.domestic[home]))
        notices += [notice for notice in found.notices if notice.code != "no-domestic-supply"]
    if not points:
        raise MethodError([replace(fault, severity="error") for fault in alone])
    silent = [code for code in supply.links if not supply.domestic[code]]
    notices += [_silent(silent, supply.names)] if silent else []
    sums = pd.concat(regions, ignore_index=True)
    last = sums[sums["period"] == sums["period"].iloc[-1]]
    if (bare := last["total"] == 0).any():
        notices.append(_bare(last[bare], last["period"].iloc[0]))
    return _Told(pd.concat(points), sums, [*alone, *notices])


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """A table of choke points with their rank in each period: first what hangs most on one source."""
    exposure = table["exposure"].where(table["choke"])
    return table.assign(rank=exposure.groupby(table["period"]).rank(ascending=False, method="min"))


def _named(table: pd.DataFrame, links: Links, names: pd.DataFrame) -> pd.DataFrame:
    """A table with the names of goods and of the largest sources beside their codes."""
    told = {
        f"good_{language}": dict(zip(links.activities, links.names("activity", language), strict=True))
        for language in _LANGUAGES
    }
    made = table.rename(columns={"activity": "good"})
    made = made.assign(**{name: made["good"].map(of) for name, of in told.items()})
    made = made.assign(**{f"top_{one}": made["top_source"].map(names[f"name_{one}"]).fillna("") for one in _LANGUAGES})
    return made[list(_POINTS)]


def _summed(table: pd.DataFrame) -> pd.DataFrame:
    """By period: goods with any supply, choke points, sums over goods, and the share of supply that is of choke points.

    Periods without any supply have no shares.
    """
    parts = pd.DataFrame(
        {
            "period": table["period"],
            "goods": table["total"] > 0,
            "chokes": table["choke"],
            "total": table["total"],
            "foreign": table["foreign"],
            "in_chokes": table["total"].where(table["choke"], 0.0),
        }
    )
    sums = parts.groupby("period", sort=False).sum().reset_index()
    whole = sums["total"].where(sums["total"] > 0)
    return sums.assign(dependency=sums["foreign"] / whole, in_chokes=sums["in_chokes"] / whole)


def _silent(codes: list[str], names: pd.DataFrame) -> Fault:
    en, zh = (", ".join(map(str, names.loc[codes[:SHOWN], name])) for name in _NAMES)
    return Fault(
        "no-domestic-supply",
        f"importers of whom nothing says what they make themselves, so that all their supply counts as foreign: "
        f"{len(codes)} ({en}). Add rows in which importer and source are the same, or a column `domestic`.",
        f"{len(codes)} 个进口方没有自身供给的数据（{zh}），其全部供给按外部来源计。"
        "请补充进口方与来源相同的行，或 domestic 列。",
        severity="warning",
    )


def _bare(rows: pd.DataFrame, period: Period) -> Fault:
    en, zh = (", ".join(map(str, rows[name].head(SHOWN))) for name in _NAMES)
    return Fault(
        "no-supply-in-last-period",
        f"importers with no supply at all in {period}, the last period, so that nothing is told of them there: "
        f"{len(rows)} ({en}).",
        f"最后一期（{period}）没有任何供给、因而没有结果的进口方：{len(rows)} 个（{zh}）。",
        severity="warning",
    )


def _of(spec: DependencySpec, notice: Fault) -> Fault:
    if notice.file:
        return notice
    return replace(notice, en=f"{spec.called.en}: {notice.en}", zh=f"{spec.called.zh}：{notice.zh}")
