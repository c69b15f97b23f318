"""From a country's tables to the beginning of a world; what no table says is assumed equal, and said to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.simulate.world import MOST_LAND, RUNGS, VAST, Start

Table: TypeAlias = pd.DataFrame | xr.DataArray
Numbers: TypeAlias = Mapping[str, float] | pd.Series
Kind = Literal["share", "level", "amount", "relative"]

_SHOWN = 5
# Years since birth and membership of the rungs of an industry of which neither is known.
_AGE, _RUNG = 30.0, 1 / len(RUNGS)


@dataclass(frozen=True, slots=True)
class Column:
    """What may be known of every region: its kind, and the value that all have where nobody says.

    A ``share`` is of the whole country, a ``level`` between 0 and 1, an ``amount`` not below 0, and ``relative`` is to
    the mean of regions.
    """

    title: Text
    kind: Kind
    assumed: float = np.nan


COLUMNS: dict[str, Column] = {
    "research": Column(Text(en="basic research", zh="基础研究"), "share"),
    "venture": Column(Text(en="venture capital", zh="风险投资"), "share"),
    "talent": Column(Text(en="talent", zh="人才"), "share"),
    "skilled": Column(Text(en="skilled workers", zh="技能劳动者占比"), "level", 0.2),
    "digital": Column(Text(en="digital infrastructure", zh="数字基础设施"), "level", 0.5),
    "openness": Column(Text(en="openness", zh="对外开放"), "level", 0.2),
    "amenity": Column(Text(en="amenities", zh="宜居环境"), "level", 0.5),
    "clean": Column(Text(en="clean energy", zh="清洁能源占比"), "level", 0.2),
    "land_slack": Column(Text(en="free land", zh="可用工业用地"), "amount", 0.1),
    "productivity": Column(Text(en="productivity", zh="生产率"), "relative", 1.0),
}
"""What may be known of every region, in the order of ``Start``."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one part of a beginning came from; ``assumed`` where no table says it."""

    field: str
    title: Text
    source: Text
    assumed: bool


@dataclass(frozen=True, eq=False)
class Beginning:
    """A start, where each part of it came from, and what was left out or is doubtful."""

    start: Start
    origins: tuple[Origin, ...]
    notices: tuple[Fault, ...]

    @property
    def assumed(self) -> tuple[Origin, ...]:
        """What no table says."""
        return tuple(origin for origin in self.origins if origin.assumed)


def start_from(
    employment: Table,
    *,
    name: str = "own",
    first_year: int = 2022,
    technology: Table | None = None,
    technology_of: Mapping[str, str] | None = None,
    relatedness: Table | None = None,
    age: Numbers | None = None,
    rungs: Table | None = None,
    sources: Mapping[str, Text] | None = None,
    **columns: Numbers,
) -> Start:
    """Begin a world from a country's own tables; see ``begin_from``, which also says what it assumed."""
    return begin_from(
        employment,
        name=name,
        first_year=first_year,
        technology=technology,
        technology_of=technology_of,
        relatedness=relatedness,
        age=age,
        rungs=rungs,
        sources=sources,
        **columns,
    ).start


def begin_from(
    employment: Table,
    *,
    name: str = "own",
    first_year: int = 2022,
    technology: Table | None = None,
    technology_of: Mapping[str, str] | None = None,
    relatedness: Table | None = None,
    age: Numbers | None = None,
    rungs: Table | None = None,
    sources: Mapping[str, Text] | None = None,
    **columns: Numbers,
) -> Beginning:
    """Begin a world from a country's own tables, with word of where everything came from.

    ``employment`` is region × industry in any unit (jobs, output, firms); a cell without a number is none.
    ``technology`` is region × technology; ``technology_of`` names the technology of an industry, else it is the one of
    its own name, else the one that is at home in the same regions; without either every industry is a technology of
    its own. ``relatedness`` is technology × technology in [0, 1]; without it two technologies are as near as the lower
    of the two conditional chances that a region specialised in one is specialised in the other (Hidalgo et al. 2007,
    Science 317: 482, equation 1), from ``technology``, else from ``employment`` itself. ``age`` is in years by
    industry, ``rungs`` holds memberships, industry × the five rungs. ``columns`` are numbers by region under the names
    of ``COLUMNS``; a number is needed of every region of ``employment``. What is not given is equal everywhere, shares
    by employment. ``sources`` says in words, by name of the argument, where a table came from.

    Raises ``MethodError`` with everything that is wrong with all tables at once.
    """
    given = dict(sources or {})
    reading = _Reading(given)
    jobs = reading.table("employment", employment, "region", "industry")
    jobs = reading.peopled(jobs)
    techs = None if technology is None else reading.table("technology", technology, "region", "technology")
    if techs is not None:
        techs = reading.rows(techs, "technology", jobs.index)
    of = reading.technologies(jobs, techs, technology_of or {})
    near = reading.relatedness(jobs, techs, of, relatedness)
    ages = reading.by_industry("age", age, jobs.columns, _AGE)
    standing = reading.rungs(rungs, jobs.columns)
    weight = np.asarray(jobs.sum(axis=1)) if jobs.size else np.zeros(0)
    found = {code: reading.column(code, columns.get(code), jobs.index, weight) for code in COLUMNS}
    reading.faults += [_unknown(name) for name in sorted(columns.keys() - COLUMNS.keys())]
    if reading.faults:
        raise MethodError(tuple(dict.fromkeys(reading.faults)))
    start = Start(
        name=name,
        first_year=first_year,
        regions=tuple(jobs.index),
        industries=tuple(jobs.columns),
        technologies=tuple(near.index),
        employment=np.ascontiguousarray(jobs, dtype=float),
        technology_of=np.array([near.index.get_loc(of[industry]) for industry in jobs.columns], dtype=np.int64),
        relatedness=np.ascontiguousarray(near, dtype=float),
        age=ages,
        rungs=standing,
        sources=tuple(f"{origin.title.en}: {origin.source.en}" for origin in reading.origins),
        **found,
    )
    return Beginning(start, tuple(reading.origins), tuple(reading.notices))


_TITLES = {
    "employment": Text(en="industries of regions", zh="地区产业"),
    "technology": Text(en="technologies of regions", zh="地区技术"),
    "technology_of": Text(en="technology of each industry", zh="产业所属技术"),
    "relatedness": Text(en="relatedness of technologies", zh="技术关联度"),
    "age": Text(en="age of industries", zh="产业年龄"),
    "rungs": Text(en="rungs of industries", zh="产业梯级"),
}
_SIDES = {
    "region": Text(en="region", zh="地区"),
    "industry": Text(en="industry", zh="产业"),
    "technology": Text(en="technology", zh="技术"),
    "rung": Text(en="rung", zh="梯级"),
}


class _Reading:
    """Tables that are read one after another; what is wrong, doubtful or assumed is kept."""

    def __init__(self, sources: Mapping[str, Text]) -> None:
        self.sources = sources
        self.faults: list[Fault] = []
        self.notices: list[Fault] = []
        self.origins: list[Origin] = []

    def table(self, what: str, given: Table, rows: str, columns: str, *, told: bool = True) -> pd.DataFrame:
        """A table with labels on both sides, sound but for what was told; a cell without a number is 0."""
        frame = given.to_pandas() if isinstance(given, xr.DataArray) else given
        frame = frame.set_axis([str(one) for one in frame.index], axis=0)
        frame = frame.set_axis([str(one) for one in frame.columns], axis=1)
        for side, labels in ((rows, frame.index), (columns, frame.columns)):
            if twice := sorted(set(labels[labels.duplicated()])):
                self.wrong(
                    "table-key-twice",
                    what,
                    f"the {side} {_few(twice)} stands there more than once; add up its rows first",
                    f"{_SIDES[side].zh} {_few(twice, '、')} 重复出现；请先合并",
                )
        cells = frame.to_numpy(dtype=float, na_value=np.nan)
        for at in np.argwhere(~(cells >= 0) & ~np.isnan(cells) | (cells > VAST))[:_SHOWN]:
            place, value = f"{frame.index[at[0]]} × {frame.columns[at[1]]}", cells[tuple(at)]
            self.wrong(
                "table-value",
                what,
                f"{place} is {value:g}; a number from 0 to {VAST:g} is needed",
                f"{place} 为 {value:g}；须为 0 至 {VAST:g} 之间的数",
            )
        if told:
            self.origin(what, self.sources.get(what, Text(en="given", zh="给定")))
        sound = pd.DataFrame(np.nan_to_num(np.clip(cells, 0.0, VAST)), frame.index, frame.columns)
        return sound.loc[~sound.index.duplicated(), ~sound.columns.duplicated()]

    def peopled(self, jobs: pd.DataFrame) -> pd.DataFrame:
        """Industries that are anywhere; a region without any is told."""
        empty = jobs.columns[~(jobs > 0).any(axis=0)].tolist()
        if len(jobs.index) == 0 or len(empty) == len(jobs.columns):
            self.wrong("table-empty", "employment", "there is no region with any industry", "没有任何拥有产业的地区")
            return jobs
        if empty:
            self.note(
                "industry-nowhere",
                "employment",
                f"industries that no region has were left out: {_few(empty)}",
                f"没有任何地区拥有的产业已剔除：{_few(empty, '、')}",
            )
        idle = jobs.index[~(jobs > 0).any(axis=1)].tolist()
        if idle:
            self.wrong(
                "region-without-firms",
                "employment",
                f"regions without firms in any industry: {_few(idle)}; give them some or leave them out",
                f"以下地区在任何产业中都没有企业：{_few(idle, '、')}；请补充数据或剔除",
            )
        return jobs.drop(columns=empty)

    def rows(self, table: pd.DataFrame, what: str, regions: pd.Index) -> pd.DataFrame:
        """A table with a row for every region of the industries; one that lacks a row is told."""
        self.agree(what, table.index, regions, "region")
        return table.reindex(regions, fill_value=0.0)

    def agree(self, what: str, there: Iterable[str], wanted: Iterable[str], side: str) -> None:
        """Tell what one table has and another has not."""
        there, wanted = list(there), list(wanted)
        if lacking := [one for one in wanted if one not in set(there)]:
            self.wrong(
                "tables-disagree",
                what,
                f"{len(lacking)} of {len(wanted)} have nothing here, though the table "
                f"of industries has them: {_few(lacking)}; add them, or leave them out of the study",
                f"产业表中的 {len(wanted)} 个{_SIDES[side].zh}有 {len(lacking)} 个在此没有数据："
                f"{_few(lacking, '、')}；"
                "请补充，或从研究中剔除",
            )
        if beyond := [one for one in there if one not in set(wanted)]:
            self.note(
                "tables-disagree",
                what,
                f"{len(beyond)} of {len(there)} are not in the table of industries and were left out: {_few(beyond)}",
                f"{len(there)} 个{_SIDES[side].zh}中有 {len(beyond)} 个不在产业表中，已剔除：{_few(beyond, '、')}",
            )

    def technologies(self, jobs: pd.DataFrame, techs: pd.DataFrame | None, said: Mapping[str, str]) -> dict[str, str]:
        """The technology of every industry."""
        of = {str(industry): str(tech) for industry, tech in said.items()}
        if strange := sorted(of.keys() - set(jobs.columns)):
            self.wrong(
                "unknown-industry",
                "technology_of",
                f"no region has these industries: {_few(strange)}",
                f"没有任何地区拥有以下产业：{_few(strange, '、')}",
            )
        if techs is not None and (strange := sorted(set(of.values()) - set(techs.columns))):
            self.wrong(
                "unknown-technology",
                "technology_of",
                f"these are not in the table of technologies: {_few(strange)}",
                f"技术表中没有：{_few(strange, '、')}",
            )
        rest = [industry for industry in jobs.columns if industry not in of]
        if of:
            self.origin("technology_of", self.sources.get("technology_of", Text(en="given", zh="给定")))
        if techs is not None and (own := [industry for industry in rest if industry in techs.columns]):
            self.origin(
                "technology_of",
                Text(
                    en=f"of the same name: {len(own)} of {len(jobs.columns)} industries",
                    zh=f"同名：{len(jobs.columns)} 个产业中的 {len(own)} 个",
                ),
            )
            of |= {industry: industry for industry in own}
            rest = [industry for industry in rest if industry not in of]
        if not rest:
            return of
        share = Text(en=f"{len(rest)} industries: ", zh=f"{len(rest)} 个产业：") if of else Text(en="", zh="")
        if techs is None:
            self.assume("technology_of", f"{share.en}each a technology of its own", f"{share.zh}各自为一项技术")
            return of | {industry: industry for industry in rest}
        self.assume(
            "technology_of",
            f"{share.en}the technology at home in the same regions",
            f"{share.zh}取在相同地区具有优势的技术",
        )
        together = _conditional(_specialised(jobs[rest]), _specialised(techs))
        return of | {industry: str(techs.columns[at]) for industry, at in zip(rest, together.argmax(1), strict=True)}

    def relatedness(
        self, jobs: pd.DataFrame, techs: pd.DataFrame | None, of: Mapping[str, str], given: Table | None
    ) -> pd.DataFrame:
        """How near technologies are to one another: as given, else by where they are found together."""
        where = jobs.T.groupby(pd.Index([of[industry] for industry in jobs.columns]), sort=False).sum().T
        if techs is not None:
            where = techs
        if given is None:
            self.assume("relatedness", *_TOGETHER["technology" if techs is not None else "employment"], assumed=False)
            has = _specialised(where)
            near = np.minimum(_conditional(has, has), _conditional(has, has).T)
            np.fill_diagonal(near, 1.0)
            return pd.DataFrame(near, where.columns, where.columns)
        frame = self.table("relatedness", given, "technology", "technology")
        if set(frame.index) != set(frame.columns):
            self.wrong(
                "not-square", "relatedness", "rows and columns must be the same technologies", "行与列须为相同的技术"
            )
        names = techs.columns if techs is not None else where.columns
        self.agree("relatedness", frame.index, names, "technology")
        frame = frame.reindex(index=names, columns=names, fill_value=0.0)
        near = frame.to_numpy(copy=True)
        if near.size and near.max() > 1:
            self.wrong(
                "table-value",
                "relatedness",
                f"the largest value is {near.max():g}; relatedness lies between 0 and 1",
                f"最大值为 {near.max():g}；关联度须在 0 与 1 之间",
            )
        near = (near + near.T) / 2
        np.fill_diagonal(near, 1.0)
        return pd.DataFrame(near, names, names)

    def by_industry(self, what: str, given: Numbers | None, industries: pd.Index, usual: float) -> Floats:
        """A number for every industry; the usual one where none is given."""
        said = pd.Series(dict(given or {}), dtype=float)
        said.index = said.index.map(str)
        if strange := sorted(set(said.index) - set(industries)):
            self.wrong(
                "unknown-industry",
                what,
                f"no region has these industries: {_few(strange)}",
                f"没有任何地区拥有以下产业：{_few(strange, '、')}",
            )
        if wrong := [str(one) for one, value in said.items() if not 0 <= value < np.inf]:
            self.wrong(
                "table-value",
                what,
                f"a finite number from 0 is needed: {_few(wrong)}",
                f"须为不小于 0 的有限数：{_few(wrong, '、')}",
            )
        values = said[~said.index.duplicated()].reindex(industries)
        rest = int(values.isna().sum())
        if len(said):
            self.origin(what, self.sources.get(what, Text(en="given", zh="给定")))
        if rest:
            self.assume(
                what, f"{rest} industries: {usual:g} years, assumed equal", f"{rest} 个产业：{usual:g} 年（假定相同）"
            )
        return np.asarray(values.fillna(usual), dtype=np.float64)

    def rungs(self, given: Table | None, industries: pd.Index) -> Floats:
        """Memberships of the five rungs of every industry, summing to one."""
        if given is None:
            self.assume(
                "rungs",
                f"{len(industries)} industries: a fifth on every rung, assumed equal",
                f"{len(industries)} 个产业：五个梯级各占五分之一（假定相同）",
            )
            return np.full((len(industries), len(RUNGS)), _RUNG)
        frame = self.table("rungs", given, "industry", "rung")
        if strange := sorted(set(frame.columns) - set(RUNGS)):
            self.wrong(
                "unknown-rung",
                "rungs",
                f"these are no rungs: {_few(strange)}; rungs: {', '.join(RUNGS)}",
                f"以下不是梯级：{_few(strange, '、')}；梯级为：{'、'.join(RUNGS)}",
            )
        if strange := sorted(set(frame.index) - set(industries)):
            self.note(
                "unknown-industry",
                "rungs",
                f"industries that no region has were left out: {_few(strange)}",
                f"没有任何地区拥有的产业已剔除：{_few(strange, '、')}",
            )
        cells = frame.reindex(index=industries, columns=list(RUNGS), fill_value=0.0).to_numpy()
        sums = cells.sum(axis=1, keepdims=True)
        if rest := int((sums == 0).sum()):
            self.assume(
                "rungs",
                f"{rest} industries: a fifth on every rung, assumed equal",
                f"{rest} 个产业：五个梯级各占五分之一（假定相同）",
            )
        return np.where(sums > 0, cells / np.where(sums > 0, sums, 1.0), _RUNG)

    def column(self, code: str, given: Numbers | None, regions: pd.Index, weight: Floats) -> Floats:
        """What is known of every region under one name of ``COLUMNS``."""
        about = COLUMNS[code]
        if given is None:
            values = weight / weight.sum() if weight.sum() > 0 else np.full(len(regions), 1 / max(len(regions), 1))
            if about.kind == "share":
                self.assume(code, "assumed equal by employment", "假定与就业规模成比例")
                return values
            self.assume(code, f"assumed equal: {about.assumed:g}", f"假定各地区相同：{about.assumed:g}")
            return np.full(len(regions), about.assumed)
        said = pd.Series(dict(given), dtype=float)
        said.index = said.index.map(str)
        self.origin(code, self.sources.get(code, Text(en="given", zh="给定")))
        there = said.index[said.notna()]
        self.agree(code, there, regions, "region")
        if len(missing := [one for one in regions if one not in set(there)]):
            said = pd.concat([said[there], pd.Series(0.0, index=missing)])
        values = said.reindex(regions).to_numpy(dtype=float)
        if not self._fits(code, about.kind, pd.Series(values, regions)):
            return values
        if about.kind == "share":
            return values / (values.sum() or 1.0)
        return values / (values.mean() or 1.0) if about.kind == "relative" else values

    def _fits(self, code: str, kind: Kind, values: pd.Series) -> bool:
        """Whether numbers of regions can be what they are taken for; what cannot be is told."""
        before = len(self.faults)
        most = MOST_LAND if kind == "amount" else VAST
        bad = values[~(values >= 0) | (values > most)]
        if len(bad):
            place, value = bad.index[0], bad.iloc[0]
            self.wrong(
                "table-value",
                code,
                f"{len(bad)} regions have no number from 0 to {most:g} (first: {place} {value:g})",
                f"{len(bad)} 个地区的数值不在 0 至 {most:g} 之间（首个：{place} {value:g}）",
            )
        elif kind == "level" and (values > 1).any():
            place, value = values.idxmax(), values.max()
            self.wrong(
                "not-a-level",
                code,
                f"must lie between 0 and 1; {place} has {value:g}. Per cent need "
                'scale = 0.01, other units scale = "largest"',
                f'须在 0 与 1 之间；{place} 为 {value:g}。百分数请设 scale = 0.01，其他单位请设 scale = "largest"',
            )
        elif (kind == "share" and not values.sum() > 0) or (kind == "relative" and not (values > 0).all()):
            self.wrong("table-empty", code, "numbers above 0 are needed", "须有大于 0 的数值")
        return len(self.faults) == before

    def origin(self, what: str, source: Text, *, assumed: bool = False) -> None:
        """Keep where something came from."""
        title = COLUMNS[what].title if what in COLUMNS else _TITLES[what]
        self.origins.append(Origin(what, title, source, assumed))

    def assume(self, what: str, en: str, zh: str, *, assumed: bool = True) -> None:
        """Keep what was assumed, or worked out from other tables."""
        self.origin(what, Text(en=en, zh=zh), assumed=assumed)

    def wrong(self, code: str, what: str, en: str, zh: str) -> None:
        """Keep a fault."""
        self.faults += self._told(code, what, en, zh)

    def note(self, code: str, what: str, en: str, zh: str) -> None:
        """Keep what is worth knowing."""
        self.notices += [
            Fault(one.code, one.en, one.zh, column=one.column, severity="warning")
            for one in self._told(code, what, en, zh)
        ]

    def _told(self, code: str, what: str, en: str, zh: str) -> Iterator[Fault]:
        title = COLUMNS[what].title if what in COLUMNS else _TITLES[what]
        source = self.sources.get(what)
        where = Text(en=f" ({source.en})", zh=f"（{source.zh}）") if source else Text(en="", zh="")
        yield Fault(code, f"{title.en}{where.en}: {en}.", f"{title.zh}{where.zh}：{zh}。", column=what)


_TOGETHER = {
    "technology": (
        "worked out from where technologies are found together",
        "由技术在各地区的共现情况推算",
    ),
    "employment": (
        "worked out from where industries are found together",
        "由产业在各地区的共现情况推算",
    ),
}


def _specialised(table: pd.DataFrame) -> Floats:
    """Which regions have more than their share of what, (region, what), as 0 and 1."""
    cells = table.to_numpy(dtype=float)
    total = cells.sum()
    expected = np.outer(cells.sum(axis=1), cells.sum(axis=0)) / (total if total > 0 else 1.0)
    return ((cells >= expected) & (cells > 0)).astype(float)


def _conditional(has: Floats, other: Floats) -> Floats:
    """The share of regions specialised in one that are specialised in another too, (one, other)."""
    held = has.sum(axis=0)[:, None]
    return np.asarray(np.divide(has.T @ other, held, out=np.zeros((has.shape[1], other.shape[1])), where=held > 0))


def _unknown(name: str) -> Fault:
    near = difflib.get_close_matches(name, COLUMNS, n=3) or list(COLUMNS)
    return Fault(
        "unknown-column",
        f"a world begins with nothing called '{name}'. There are: {', '.join(near)}.",
        f"模拟的起点没有“{name}”一项。可用：{'、'.join(near)}。",
        column=name,
    )


def _few(names: Iterable[str], between: str = ", ") -> str:
    told = list(names)
    return between.join(told[:_SHOWN]) + (f" … ({len(told)})" if len(told) > _SHOWN else "")
