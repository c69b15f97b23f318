"""How far the digital has grown into the real economy: with industries, with firms, with innovation, and together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import DataError, Fault, MethodError, XinzhiError, errors_in
from xinzhi.core.labels import INDICATOR, REGION, Floats, Panel
from xinzhi.core.specs import Text
from xinzhi.data.regions import resolve
from xinzhi.measure.composite import measure
from xinzhi.measure.spec import IndexSpec
from xinzhi.structure.classification import settle
from xinzhi.structure.combination import combination
from xinzhi.structure.content import content
from xinzhi.structure.links import SHOWN, Links
from xinzhi.study.places import at_its_line
from xinzhi.study.reading import Study
from xinzhi.study.structure.bringing import Brought
from xinzhi.study.structure.coupling import together
from xinzhi.study.structure.digital_spec import LEVELS, DigitalInnovation, DigitalSpec
from xinzhi.study.structure.rows import Column, rows_of_file, source_of

TITLES = {
    "industries": Text(en="With industries", zh="与产业融合"),
    "firms": Text(en="With firms", zh="与企业融合"),
    "innovation": Text(en="With innovation", zh="与技术创新融合"),
}
EMPTY = pd.DataFrame()
_SLACK = 1e-9  # what rounding may put beyond 0 and 1


@dataclass(frozen=True, eq=False)
class DigitalRecords:
    """Records of one file, a row a record and code with its region and year, names of regions, digest of the file."""

    codes: pd.DataFrame
    names: pd.DataFrame
    notices: tuple[Fault, ...]
    inputs: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Digital:
    """How far the digital has grown into the real economy of each region and year, at the levels that data tell.

    ``levels``: period, region (with name_en, name_zh), score_… of every level told, within [0, 1]; ``lacking``, the
    levels of the three not observed there; and where two or more are told and coupling is asked for, level_… of each,
    coupling (C), level (T), coordination (D), grade with grade_en and grade_zh, missing where a level is. ``missing``
    are the levels that the study gives no data for. ``industries``: period, region, field, total, share, all that
    leads to an industry and the share of it that is digital. ``innovation``: region, year, records, marked, others,
    combined, share, low, high, and ``fields`` the same by code over all: see ``Content`` and ``Combination``.
    """

    spec: DigitalSpec
    levels: pd.DataFrame
    industries: pd.DataFrame
    innovation: pd.DataFrame
    fields: pd.DataFrame
    notices: tuple[Fault, ...]
    inputs: Mapping[str, str]
    files: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The levels that the study gives no data for."""
        return tuple(name for name in LEVELS if name not in self.spec.levels)

    @property
    def coupled(self) -> bool:
        """Whether the levels were held together."""
        return "coordination" in self.levels

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name, but those that have nothing."""
        found = {"digital-levels": self.levels, "digital-industries": self.industries}
        found |= {"digital-innovation": self.innovation, "digital-fields": self.fields}
        return {name: table for name, table in found.items() if len(table)}

    def __repr__(self) -> str:
        told = f"Digital: {', '.join(self.spec.levels)}; {len(self.levels)} regions and years"
        return "\n".join([told, f"  no data: {', '.join(self.missing) or 'none'}", f"  notices: {len(self.notices)}"])


@dataclass
class _Found:
    """Scores (region, period) of each level as they are told, with all that is beside them."""

    scores: dict[str, pd.Series[float]] = field(default_factory=dict)
    names: list[pd.DataFrame] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notices: list[Fault] = field(default_factory=list)


def unknown_in_digital(study: Study, panel: Panel | None) -> Iterator[Fault]:
    """Links, concordances and indicators that ``[digital]`` names and that are not there."""
    asked = study.spec.digital
    if asked is None:
        return
    if (of := asked.industries) is not None:
        names = [one.name for one in study.spec.links]
        ways = [f"{one.source} → {one.target}" for one in study.spec.concordance]
        if of.links not in names:
            yield _unknown(study, "industries.links", of.links, names, ("links", "关联数据"))
        elif f"{of.links} → {of.into}" not in ways:
            yield _unknown(study, "industries.into", f"{of.links} → {of.into}", ways, ("concordance", "对照表"))
    codes = [] if panel is None else [str(code) for code in panel[INDICATOR].values]
    for name in asked.firms.indicators if asked.firms else ():
        if name not in codes:
            yield _unknown(study, "firms", name, codes, ("indicator", "指标"))


def digital_records(study: Study) -> DigitalRecords | None:
    """The records of the level of innovation, nothing where it is not asked for. Raises ``DataError``."""
    asked = study.spec.digital
    if asked is None or asked.innovation is None:
        return None
    of, about = asked.innovation, study.spec.study
    found = rows_of_file(study.folder, source_of(of), _columns(of))
    rows = found.table
    texts, place = np.unique(rows["region"].to_numpy(dtype=str), return_inverse=True)
    many = np.bincount(place, minlength=len(texts))
    told = settle("region", texts.tolist(), about.regions, many.astype(float), many, asked.unknown)
    faults = [replace(fault, file=of.file, column=of.columns.region) for fault in told.faults]
    if errors_in(faults):
        raise DataError(faults)
    names = pd.DataFrame(
        {f"name_{one}": told.about.get(f"name_{one}", told.labels) for one in ("en", "zh")}, index=told.labels
    )
    # Whom the study keeps may be written as a name, or as the file writes it.
    called = {str(name): str(code) for column in names for name, code in zip(names[column], names.index, strict=True)}
    called |= {str(code): str(code) for code in names.index}
    kept, dropped = (
        {called.get(code) or called.get(name) for name, code in _codes(listed, about.regions).items()}
        for listed in (about.keep_regions, about.drop_regions)
    )
    region = np.array([*told.labels, ""], dtype=object)[told.place][place]
    stays = np.array([bool(one) and (not kept or one in kept) and one not in dropped for one in region])
    if about.years:
        stays &= rows["year"].between(*about.years).to_numpy()
    if not stays.any():
        raise DataError(
            Fault(
                "no-data",
                "no record is of the regions and years that the study keeps.",
                "没有属于研究所保留地区和年份的记录。",
                file=of.file,
            )
        )
    codes = rows.assign(region=region)[stays].reset_index(drop=True)
    return DigitalRecords(codes, names, tuple(faults), {of.file: found.sha256})


def digitised(study: Study, brought: Brought, panel: Panel | None, records: DigitalRecords | None) -> Digital:
    """Score and couple the levels at which the digital grows into the real economy.

    With industries: the share of the digital in what leads to the industries of a region, by year; weighed by what the
    region's industries themselves are where ``into`` has links of its own, else by what leads there. With firms: the
    plain mean of the indicators brought to [0, 1], where all of them are observed. With innovation: the share of the
    records of other fields that also carry a digital code. Levels lie within [0, 1]; they are held together by
    region and year (``together``). Hong 2024, part 2. Raises ``MethodError`` with the faults of all levels.
    """
    asked = study.spec.digital
    assert asked is not None
    made, faults = _Found(), list[Fault]()
    steps: dict[str, Callable[[], None]] = {
        "industries": lambda: _industries(made, asked, brought, study.spec.study.years),
        "firms": lambda: _firms(made, asked, panel),
        "innovation": lambda: _innovation(made, asked, records),
    }
    for name in asked.levels:
        try:
            steps[name]()
        except XinzhiError as error:
            faults += [_placed(fault, f"digital.{name}", study) for fault in error.faults]
    if faults:
        raise MethodError(faults)
    try:
        levels = _held(made, asked)
    except XinzhiError as error:
        raise MethodError([_placed(fault, "digital.coupling", study) for fault in error.faults]) from None
    names = pd.concat(made.names)
    names = names[~names.index.duplicated()]
    tables = {key: _named(made.tables[key], names) if key in made.tables else EMPTY for key in _OF_REGIONS}
    missing = [name for name in LEVELS if name not in asked.levels]
    notices = [*made.notices, *([_absent(missing)] if missing else [])]
    return Digital(
        asked,
        levels=_named(levels, names),
        industries=tables["industries"],
        innovation=tables["innovation"],
        fields=made.tables.get("fields", EMPTY),
        notices=tuple(dict.fromkeys(notices)),
        inputs={} if records is None else dict(records.inputs),
        files=tuple(dict.fromkeys(_files(study, asked))),
    )


def _files(study: Study, asked: DigitalSpec) -> Iterator[str]:
    """The files that the levels come from."""
    if asked.industries is not None:
        ends = (asked.industries.links, asked.industries.into)
        yield from (one.file for one in study.spec.links if one.name in ends and one.file)
        yield from (one.file for one in study.spec.concordance if (one.source, one.target) == ends)
    if asked.firms is not None:
        yield from (one.file for one in study.spec.source)
    if asked.innovation is not None:
        yield asked.innovation.file


_OF_REGIONS = ("industries", "innovation")


# --- The three levels -------------------------------------------------------------------------------------------


def _industries(made: _Found, asked: DigitalSpec, brought: Brought, span: tuple[int, int] | None) -> None:
    of = asked.industries
    assert of is not None
    links = _yearly(brought.raw[of.links], of.links, span)
    weights = brought.raw.get(of.into)
    if weights is not None:
        weights = _yearly(weights, of.into, span)
        if not (shared := [year for year in links.periods if year in weights.periods]):
            raise MethodError(
                Fault(
                    "no-year-in-common",
                    f"'{of.links}' and '{of.into}' have no year in common, so industries have no weight.",
                    f"“{of.links}”与“{of.into}”没有共同年份，产业无从加权。",
                )
            )
        links, weights = links.only(periods=shared), weights.only(periods=shared)
    marks = marked(of.of, map(str, links.activities))
    found = content(links, brought.concordances[of.links, of.into], marks, unknown=asked.unknown)
    by_region = found.by_region(weights)
    made.scores["industries"] = by_region.set_index(["region", "period"])["share"].dropna()
    made.names.append(_names_of(links))
    made.tables["industries"] = found.to_frame()
    made.notices += found.notices


def _firms(made: _Found, asked: DigitalSpec, panel: Panel | None) -> None:
    of = asked.firms
    assert of is not None and panel is not None
    mine = panel.sel({INDICATOR: list(of.indicators)})
    if of.normalise.name == "none" and "unit" in mine.coords:
        # A share written in per cent is a share.
        mine = mine / np.where(mine["unit"].values == "%", 100.0, 1.0)
        mine = mine.drop_vars("unit", errors="ignore")
    index = measure(
        mine,
        IndexSpec.model_validate(
            {
                "elements": [{"code": "_firms"}],
                "indicators": [{"code": code, "parent": "_firms"} for code in of.indicators],
                "weigh": "equal",
                "normalise": of.normalise,
            }
        ),
    )
    values = index.stages.normalised
    outside = np.asarray(((values < -_SLACK) | (values > 1 + _SLACK)).any(axis=(0, 1)))
    if outside.any():
        wide = [code for code, bad in zip(of.indicators, outside, strict=True) if bad]
        raise MethodError(
            Fault(
                "off-scale",
                f"levels lie within [0, 1], and by '{of.normalise.name}' these indicators reach outside: "
                f'{", ".join(wide)}. Try normalise = "min-max".',
                f"水平须在 [0, 1] 之内，而按“{of.normalise.name}”以下指标超出：{'、'.join(wide)}。"
                '可用 normalise = "min-max"。',
            )
        )
    cells = pd.MultiIndex.from_product(
        [[int(time) for time in index.times], [str(one) for one in index.regions]], names=["period", "region"]
    )
    score = pd.Series(values.mean(axis=2).ravel(), cells).swaplevel().dropna()
    made.scores["firms"] = score.clip(0.0, 1.0)
    codes = mine[REGION].values.astype(str)
    known = {name: mine[name].values if name in mine.coords else codes for name in ("name_en", "name_zh")}
    made.names.append(pd.DataFrame(known, index=codes))
    made.notices += index.omitted
    if partly := int((np.isnan(values).any(axis=2) & ~np.isnan(values).all(axis=2)).sum()):
        made.notices.append(
            Fault(
                "some-indicators",
                f"regions and years in which only some indicators of firms are observed; they have no level: {partly}.",
                f"企业层面仅部分指标有数据、因而没有得分的地区与年份：{partly} 处。",
                severity="warning",
            )
        )


def _innovation(made: _Found, asked: DigitalSpec, records: DigitalRecords | None) -> None:
    of = asked.innovation
    assert of is not None and records is not None
    codes = records.codes
    known = codes["code"].dropna().unique()
    found = combination(codes, marked(of.of, known), by=("region", "year"))
    groups = found.to_frame()
    made.scores["innovation"] = (
        groups.rename(columns={"year": "period"}).set_index(["region", "period"])["share"].dropna()
    )
    made.names.append(records.names)
    made.tables["innovation"] = groups
    made.tables["fields"] = found.fields
    made.notices += [*records.notices, *found.notices]


def marked(marks: Iterable[str], known: Iterable[str]) -> list[str]:
    """The codes that marks mean: a code itself, or with a * at its end all that begin so. Raises ``MethodError``."""
    there = sorted(set(known))
    found: dict[str, None] = {}
    strange = []
    for mark in marks:
        begins = mark.removesuffix("*")
        codes = [code for code in there if code.startswith(begins)] if mark != begins else [mark] * (mark in there)
        strange += [] if codes else [mark]
        found |= dict.fromkeys(codes)
    if strange:
        shown = there[:SHOWN]
        raise MethodError(
            Fault(
                "mark-of-nothing",
                f"no code is meant by: {', '.join(strange)}. There are: {', '.join(shown)} … Correct `of`; a * at the "
                "end stands for all that begin so.",
                f"以下标记没有对应的代码：{'、'.join(strange)}。现有：{'、'.join(shown)}……请更正 of；"
                "末尾的 * 表示以此开头的全部代码。",
            )
        )
    return list(found)


# --- Together ---------------------------------------------------------------------------------------------------


def _held(made: _Found, asked: DigitalSpec) -> pd.DataFrame:
    """Levels by period and region, what is lacking, and their coupling coordination where two or more are told."""
    scores = pd.DataFrame(made.scores).reindex(columns=list(asked.levels))
    regions, periods = (sorted(scores.index.unique(level)) for level in (0, 1))
    whole = scores.reindex(pd.MultiIndex.from_product([regions, periods]))
    amounts = {
        name: np.asarray(whole[name], dtype=float).reshape(len(regions), len(periods)).T for name in asked.levels
    }
    if asked.coupling is None or len(amounts) < 2:
        table = _alone(amounts, regions, periods)
    else:
        if not np.isfinite(np.stack(list(amounts.values()))).all(axis=0).any():
            raise MethodError(
                Fault(
                    "nothing-in-common",
                    f"no region and year has all levels ({', '.join(amounts)}), so they cannot be held together. Write "
                    "regions and years in the same way, or set coupling = false.",
                    f"没有任何地区和年份同时具有各层次（{'、'.join(amounts)}）的数据，无法计算耦合协调度。"
                    "请统一地区和年份的写法，或设 coupling = false。",
                )
            )
        table, floored = together(amounts, regions, periods, asked.coupling, of="score")
        made.notices += floored
    seen = table[[f"score_{name}" for name in amounts]].notna()
    absent = [
        ", ".join(name for name in LEVELS if name not in amounts or not row[f"score_{name}"])
        for row in seen.to_dict("records")
    ]
    at = list(table.columns).index(f"score_{asked.levels[-1]}") + 1
    table.insert(at, "lacking", absent)
    some = table[seen.any(axis=1)].reset_index(drop=True)
    gaps = (~seen).sum()[lambda many: many > 0] - int((~seen.any(axis=1)).sum())
    if (gaps > 0).any():
        told = {str(name).removeprefix("score_"): int(many) for name, many in gaps.items() if many > 0}
        made.notices.append(_gaps(told, len(some)))
    return some


def _alone(amounts: Mapping[str, Floats], regions: list[str], periods: list[int]) -> pd.DataFrame:
    frame = {"period": np.repeat(periods, len(regions)), "region": np.tile(regions, len(periods))}
    return pd.DataFrame(frame | {f"score_{name}": of.ravel() for name, of in amounts.items()})


def _gaps(told: Mapping[str, int], rows: int) -> Fault:
    en = "; ".join(f"{TITLES[name].en.lower()} {many}" for name, many in told.items())
    zh = "；".join(f"{TITLES[name].zh} {many}" for name, many in told.items())
    return Fault(
        "level-not-observed",
        f"of {rows} regions and years with any level, so many lack one, and nothing is coupled there: {en}.",
        f"在 {rows} 个有数据的地区与年份中，以下层次缺失（该处不计算耦合协调度）：{zh}。",
        severity="warning",
    )


def _absent(missing: list[str]) -> Fault:
    return Fault(
        "level-not-given",
        f"the study gives no data for the level of {' and '.join(missing)}; scores are of the others.",
        f"研究没有为以下层次提供数据：{'、'.join(TITLES[name].zh for name in missing)}；得分仅涉及其余层次。",
        severity="warning",
    )


# --- Labels -----------------------------------------------------------------------------------------------------


def _yearly(links: Links, name: str, span: tuple[int, int] | None) -> Links:
    years = [at for at in links.periods if isinstance(at, int) and (span is None or span[0] <= at <= span[1])]
    if not years:
        raise MethodError(
            Fault(
                "no-years",
                f"levels are held together by year, and the links '{name}' have no year that the study keeps.",
                f"各层次按年份对应，而关联数据“{name}”没有研究所保留的年份。",
            )
        )
    return links.only(periods=years)


def _columns(of: DigitalInnovation) -> list[Column]:
    words = (("record", "记录"), ("code", "代码"), ("region", "地区"), ("year", "年份"))
    named: Any = of.columns.model_dump()
    return [
        Column(role, named[role], "year" if role == "year" else "label", role, zh, needed=role in ("region", "year"))
        for role, zh in words
    ]


def _codes(names: tuple[str, ...], book: str) -> dict[str, str]:
    """The code of each name by the study's list of regions; the name itself where none is known."""
    if book == "own":
        return {name: name for name in names}
    return {name: match.code or name for name, match in resolve(names, book).matches.items()}


def _names_of(links: Links) -> pd.DataFrame:
    return pd.DataFrame(
        {f"name_{one}": links.names("region", one) for one in ("en", "zh")}, index=links.regions.astype(str)
    )


def _named(table: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """A table with the names of its regions behind them."""
    made = table.copy()
    at = list(made.columns).index("region") + 1
    for place, name in enumerate(names.columns):
        made.insert(at + place, name, made["region"].map(names[name]).fillna(made["region"]))
    return made


def _placed(fault: Fault, key: str, study: Study) -> Fault:
    return fault if fault.file else at_its_line(replace(fault, column=key), study)


def _unknown(study: Study, key: str, name: str, known: list[str], kind: tuple[str, str]) -> Fault:
    shown = known[:SHOWN]
    fault = Fault(
        f"unknown-{kind[0]}",
        f"the study has no {kind[0]} '{name}'. There are: {', '.join(shown) or 'none'}.",
        f"研究没有{kind[1]}“{name}”。现有：{'、'.join(shown) or '无'}。",
        column=f"digital.{key}",
    )
    return at_its_line(fault, study)
