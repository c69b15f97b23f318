"""What an industry is judged by: the criteria, where they come from, and their quantities per series and year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from xinzhi.core.errors import DataError, Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.data.industries import Industries
from xinzhi.structure.ladder.given import aligned
from xinzhi.structure.ladder.rungs import CRITERION, SERIES, TIME, LadderSpec
from xinzhi.structure.ladder.trends import Groups, level, logs, over

BORN = 3  # years without a trace at the start of a table after which what appears counts as new
LEAST_INCOME = 0.002  # growth of income below which elasticity has no meaning
TIE = 1e-9  # what two ways of adding up may differ by
OUTPUTS = ("value_added", "output", "revenue")


@dataclass(frozen=True)
class Criterion:
    """One thing an industry is judged by: its name in both languages, how it is counted, and its source."""

    text: Text
    unit: str  # "share" | "growth" | "ratio" | "years" | "flag"
    cite: str = ""


def _said(en: str, zh: str, unit: str, cite: str = "") -> Criterion:
    return Criterion(Text(en=en, zh=zh), unit, cite)


CRITERIA: dict[str, Criterion] = {
    "share": _said("share of the region", "占本地区比重", "share"),
    "relative-size": _said("size beside a pillar industry", "相对支柱产业门槛的规模", "ratio"),
    "growth": _said("trend growth a year", "趋势增长率（年）", "growth"),
    "excess-growth": _said("growth above the region's a year", "超出本地区的增长率（年）", "growth"),
    "steadiness": _said("share of years in which it outgrew the region", "增长快于本地区的年份占比", "share"),
    "below-peak": _said("level below its peak so far", "较历史峰值的差距", "share"),
    "entry-rate": _said("entry rate", "进入率", "share", "Davis, Haltiwanger, Schuh 1996"),
    "exit-rate": _said("exit rate", "退出率", "share", "Davis, Haltiwanger, Schuh 1996"),
    "net-entry": _said("net entry rate", "净进入率", "share", "Gort, Klepper 1982"),
    "liveliness": _said("entry rate beside the region's", "相对本地区的进入率", "ratio"),
    "firm-growth": _said("growth of the number of firms a year", "企业数增长率（年）", "growth"),
    "technology": _said("technology intensity beside the economy's", "相对整体的技术强度", "ratio"),
    "technology-growth": _said("growth of technology intensity above the region's", "技术强度的超额增长率", "growth"),
    "digital": _said("digital intensity beside the economy's", "相对整体的数字化水平", "ratio"),
    "digital-growth": _said("growth of digital intensity above the region's", "数字化水平的超额增长率", "growth"),
    "upgraded": _said("digital or technical upgrading", "数字化、技术升级", "flag"),
    "age": _said("years since first seen", "首次出现以来的年数", "years"),
    "advantage": _said("location quotient", "区位商", "ratio", "Florence 1939"),
    "relatedness": _said("relatedness to what the region does", "与本地区产业的关联密度", "ratio"),
    "backward": _said(
        "backward linkage (influence)", "后向关联（影响力系数）", "ratio", "Rasmussen 1956; Hirschman 1958"
    ),
    "forward": _said(
        "forward linkage (sensitivity)", "前向关联（感应度系数）", "ratio", "Rasmussen 1956; Hirschman 1958; Jones 1976"
    ),
    "elasticity": _said("income elasticity", "收入弹性", "ratio", "Shinohara 1957"),
    "productivity-growth": _said(
        "productivity growth above the region's a year",
        "超出本地区的生产率增长（年）",
        "growth",
        "Shinohara 1957; Rostow 1960",
    ),
}
"""Every criterion by name. Those of leading industries: Shinohara's income elasticity (收入弹性基准) and productivity
growth (生产率上升基准), Hirschman's linkages (关联度基准), Rostow's fast growth passed on to others, and the location
quotient of regional practice."""


@dataclass(frozen=True)
class Evidence:
    """The quantities known, (criterion, series, time), who can be placed at all, and what could not be told.

    ``rows`` has room for one more criterion, so that none has to be copied to add it.
    """

    criteria: tuple[str, ...]
    rows: Floats
    placeable: npt.NDArray[np.bool_]
    notes: tuple[Fault, ...]

    @property
    def cells(self) -> Floats:
        """The rows that are told."""
        return self.rows[: len(self.criteria)]

    def also(self, name: str, cells: Floats) -> Evidence:
        """The evidence with one criterion more."""
        self.rows[len(self.criteria)] = cells
        return replace(self, criteria=(*self.criteria, name))

    def labelled(self, industries: Industries) -> xr.DataArray:
        """The quantities as series × time × criterion."""
        coords = {**labels(industries), CRITERION: np.array(self.criteria, dtype=object)}
        return xr.DataArray(np.moveaxis(self.cells, 0, -1), coords, (SERIES, TIME, CRITERION), name="evidence")


def labels(industries: Industries) -> dict[str, Any]:
    """The coordinates of series and years."""
    values = industries.values
    named = {name: (SERIES, values[name].values.astype(str)) for name in ("region", "industry")}
    return {**named, TIME: values[TIME].values}


@dataclass(frozen=True)
class Arguments:
    """What comes from elsewhere, each aligned to (series, time); none where it was not given."""

    advantage: Floats | None
    relatedness: Floats | None
    backward: Floats | None
    forward: Floats | None
    technology: Floats | None

    @classmethod
    def of(
        cls, industries: Industries, relative_advantage: Any, relatedness: Any, linkages: Any, technology: Any
    ) -> Arguments:
        """Arguments put in the order of the series. Raises ``MethodError`` with everything that does not fit."""
        sides = {"backward": None, "forward": None}
        if linkages is not None:
            lacking = [side for side in sides if not hasattr(linkages, side) and side not in linkages]
            if lacking:
                raise MethodError(_no_linkages(lacking))
            sides = {
                side: getattr(linkages, side, None) if hasattr(linkages, side) else linkages[side] for side in sides
            }
        offered = {
            "advantage": ("relative_advantage", relative_advantage),
            "relatedness": ("relatedness", relatedness),
            "backward": ("linkages", sides["backward"]),
            "forward": ("linkages", sides["forward"]),
            "technology": ("technology", technology),
        }
        return cls(**{key: aligned(of, industries, name) for key, (name, of) in offered.items()})


def _no_linkages(lacking: list[str]) -> Fault:
    return Fault(
        "no-linkages",
        f"`linkages` needs backward and forward linkages; not there: {', '.join(lacking)}. "
        "Give the result of `linkages(...)` or a table with both.",
        f"linkages 须含后向与前向关联；缺少：{'、'.join(lacking)}。请给出 linkages(...) 的结果或含两列的表。",
    )


def gather(industries: Industries, spec: LadderSpec, given: Arguments, drawn: Floats | None = None) -> Evidence:
    """Every quantity that the data allow, and a note for every one they do not.

    ``drawn`` stands in for ``industries.values`` where cells between bounds have been drawn. Raises ``DataError``
    where the measure of size, or of growth, is not there.
    """
    measured = industries.values.values if drawn is None else drawn
    at = {measure: place for place, measure in enumerate(industries.measures)}
    wanted = dict.fromkeys(one for one in (spec.size, spec.growth) if one is not None)
    if lacking := [measure for measure in wanted if measure not in at]:
        raise DataError(_no_measure(lacking, industries))

    columns = dict[str, Floats]()

    def raw(*names: str) -> Floats | None:
        """The first of these measures there is; kernels want it in one piece."""
        for name in names:
            if name in at:
                if name not in columns:
                    columns[name] = np.ascontiguousarray(measured[:, :, at[name]])
                return columns[name]
        return None

    groups, told = Groups(industries), dict[str, Floats]()
    rows = np.empty((len(CRITERIA) + 1, *measured.shape[:2]))  # memory is only taken for the rows that are written

    def keep(found: dict[str, Floats]) -> None:
        for name in list(found):
            row = rows[len(told)]
            row[:] = found.pop(name)
            told[name] = row

    size = raw(spec.size)
    assert size is not None
    scale = level(size)
    share = over(scale, groups.total(scale))
    typical = groups.total(share**2) if spec.pillar_share is None else np.float64(spec.pillar_share)
    keep({"share": share, "relative-size": over(share, typical)})
    grown = raw(spec.growth) if spec.growth else size
    assert grown is not None
    log = logs(level(grown) if spec.growth else scale)
    common = groups.running(log, share)
    keep(dict(zip(("growth", "excess-growth"), groups.trends(log, common, spec.window), strict=True)))
    keep({"steadiness": groups.steadiness(log, common, spec.window)})
    keep({"below-peak": 1 - np.exp(log - np.fmax.accumulate(log, axis=1))})
    keep(_turnover(raw, groups, spec))
    keep(_intensity(raw, groups, given.technology, share, spec))
    keep(_classical(raw, groups, given, spec, scale, share))
    keep(_upgraded(told, spec))
    age = _age(size, groups.of)
    if np.isfinite(age).any():
        keep({"age": age})
    if given.relatedness is not None:
        keep({"relatedness": given.relatedness})
    return Evidence(tuple(told), rows, _placeable(size, scale), tuple(_lacking(told)))


def _turnover(raw: Callable[..., Floats | None], groups: Groups, spec: LadderSpec) -> dict[str, Floats]:
    """Entry and exit over the mean of this year's and last year's stock, and growth of the stock."""
    stock, told = raw("establishments", "firms"), dict[str, Floats]()
    if stock is None:
        return told
    many = raw("firms", "establishments")
    assert many is not None
    told["firm-growth"] = groups.growth(logs(level(many)), spec.window)
    for flow, name in (("entries", "entry-rate"), ("exits", "exit-rate")):
        moved = raw(flow)
        if moved is not None:
            told[name], region = groups.turnover(moved, stock)
            if flow == "entries":
                told["liveliness"] = over(told[name], region)
    if "entry-rate" in told and "exit-rate" in told:
        told["net-entry"] = told["entry-rate"] - told["exit-rate"]
    return told


def _intensity(
    raw: Callable[..., Floats | None], groups: Groups, technology: Floats | None, share: Floats, spec: LadderSpec
) -> dict[str, Floats]:
    """Technology and digital intensity beside the economy's, and their growth above the region's.

    Beside the economy of all regions, as a region without any high technology has no high-technology industry.
    """
    told = dict[str, Floats]()
    found = {"technology": technology, "digital": raw("digital")}
    if technology is None:
        effort, scale = raw("rd"), raw(*OUTPUTS)
        if effort is None or scale is None:
            effort, scale = raw("rd", "patents"), raw("employment")
        found["technology"] = None if effort is None or scale is None else over(effort, scale)
    for name, intensity in found.items():
        if intensity is None or not np.isfinite(intensity).any():
            continue
        reached = level(intensity)
        weight = np.where(np.isnan(reached), 0.0, np.nan_to_num(share))
        told[name] = over(reached, over((weight * np.nan_to_num(reached)).sum(axis=0), weight.sum(axis=0)))
        log = logs(reached)
        if np.nan_to_num(np.diff(log, axis=1)).any():  # what never changes says nothing of upgrading
            told[f"{name}-growth"] = groups.trends(log, groups.running(log, share), spec.window)[1]
    return told


def _upgraded(told: dict[str, Floats], spec: LadderSpec) -> dict[str, Floats]:
    """Whether an industry has upgraded its base: 1, 0, or nan where nothing tells.

    Digital or technology intensity has risen faster than the region's by ``upgrade`` a year and reached that of the
    average industry; and where productivity is known, it keeps up with the region's. Productivity alone would not
    do: an industry that sheds its workers looks productive.
    """
    routes = [one for one in ("digital", "technology") if f"{one}-growth" in told]
    if not routes:
        return {}
    known = np.logical_or.reduce([np.isfinite(told[one]) & np.isfinite(told[f"{one}-growth"]) for one in routes])
    met = np.logical_or.reduce(
        [(told[f"{one}-growth"] >= spec.upgrade - TIE) & (told[one] >= 1 - TIE) for one in routes]
    )
    if (productivity := told.get("productivity-growth")) is not None:
        met = met & ~(productivity < spec.productive - TIE)
    return {"upgraded": np.where(known, met.astype(float), np.nan)}


def _classical(
    raw: Callable[..., Floats | None],
    groups: Groups,
    given: Arguments,
    spec: LadderSpec,
    scale: Floats,
    share: Floats,
) -> dict[str, Floats]:
    """The classical criteria of leading industries."""
    told = dict[str, Floats]()
    if given.advantage is not None:
        told["advantage"] = given.advantage
    elif groups.many > 1:
        told["advantage"] = over(share, groups.share_of_all(scale))
    for side in ("backward", "forward"):
        if (linkage := getattr(given, side)) is not None:
            told[side] = linkage
    output = next((name for name in OUTPUTS if raw(name) is not None), None)
    # Where growth is of output itself, elasticity above one and growth above the region's are the same statement.
    if output is not None and output != (spec.growth or spec.size):
        made = raw(output)
        assert made is not None
        part = level(made)
        log = logs(part)
        grown, beyond = groups.trends(log, groups.running(log, over(part, groups.total(part))), spec.window)
        income = grown - beyond
        told["elasticity"] = np.where(income > LEAST_INCOME, grown / np.where(income > LEAST_INCOME, income, 1), np.nan)
    productivity, made, workers = raw("productivity"), raw(*OUTPUTS), raw("employment")
    if productivity is None and made is not None and workers is not None:
        productivity = over(made, workers)
    if productivity is not None:
        rise = logs(level(productivity))
        told["productivity-growth"] = groups.trends(rise, groups.running(rise, share), spec.window)[1]
    return told


def _age(size: Floats, of: npt.NDArray[np.intp]) -> Floats:
    """Years since an industry was first seen; nan before, and for what was there in its region's first years.

    That may be as old as the hills or not: old codes hold new industries.
    """
    there = size > 0
    first = np.where(there.any(axis=1), there.argmax(axis=1), size.shape[1])
    starts = np.full(of.max() + 1, size.shape[1])
    np.minimum.at(starts, of, first)
    age = np.arange(size.shape[1]) - first[:, None].astype(float)
    return np.where((age < 0) | (first < starts[of] + BORN)[:, None], np.nan, age)


def _placeable(size: Floats, level: Floats) -> npt.NDArray[np.bool_]:
    """From the first to the last year seen, where a level is known and the industry was not observed to be gone."""
    there = size > 0
    since = np.logical_or.accumulate(there, axis=1)
    until = np.logical_or.accumulate(there[:, ::-1], axis=1)[:, ::-1]
    within: npt.NDArray[np.bool_] = since & until & (level > 0) & (size != 0)
    return within


# What lacks, what it would have told, and what to give; named once for the whole table.
_WANTED: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    (
        "no-technology",
        ("technology",),
        "technology intensity is not known (measures rd or patents, or `technology`), so strategic emerging industries "
        "rest on growth, entry and age, and are less certain",
        "缺少技术强度（度量 rd 或 patents，或参数 technology），战略性新兴产业仅据增长、进入与产业年龄判定，把握较低",
    ),
    (
        "no-entries",
        ("liveliness",),
        "entry is not known (measure entries, with establishments or firms)",
        "缺少企业进入数据（度量 entries，并须有 establishments 或 firms）",
    ),
    (
        "no-age",
        ("age",),
        "no industry appears after the table begins, so that none is known to be new",
        "没有产业在数据起始之后出现，无从判断何者为新",
    ),
    (
        "no-classical-criteria",
        ("elasticity", "productivity-growth", "backward", "advantage"),
        "none of the classical criteria of leading industries is known (output, productivity, `linkages`, several "
        "regions), so these rest on growth, steadiness and size, and are less certain",
        "主导产业的经典基准均无数据（产出、生产率、linkages、多个地区），仅据增长、稳定性与规模判定，把握较低",
    ),
    (
        "no-upgrading",
        ("digital-growth", "technology-growth"),
        "digital and technical upgrading is not known (measures digital, rd), so no traditional industry is put "
        "back on the ladder for it",
        "缺少数字化、技术升级数据（度量 digital、rd），故没有传统产业因升级而重回梯级",
    ),
)


def _lacking(told: dict[str, Floats]) -> list[Fault]:
    found = []
    for code, criteria, en, zh in _WANTED:
        if not any(np.isfinite(told[name]).any() for name in criteria if name in told):
            found.append(Fault(code, f"{en}.", f"{zh}。", severity="warning"))
    some = [name for name in ("elasticity", "productivity-growth", "backward", "advantage") if name not in told]
    if 0 < len(some) < 4:
        said = "、".join(CRITERIA[name].text.zh for name in some)
        en = ", ".join(CRITERIA[name].text.en for name in some)
        found.append(
            Fault(
                "fewer-classical-criteria",
                f"leading industries are judged without: {en}.",
                f"主导产业的判定未计入：{said}。",
                severity="warning",
            )
        )
    return found


def _no_measure(lacking: list[str], industries: Industries) -> Fault:
    named, there = ", ".join(map(repr, lacking)), industries.measures
    return Fault(
        "no-measure",
        f"the ladder reads {named}; the industries have: {', '.join(there)}. Set `size` or `growth` to one of these.",
        f"判定所需的度量 {named} 不在数据中；现有：{'、'.join(there)}。请将 size 或 growth 设为其中之一。",
    )
