"""From a study's data to the beginning of a world."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError, StudyError
from xinzhi.core.labels import INDICATOR, REGION, TIME, Floats, Panel
from xinzhi.core.specs import Text
from xinzhi.simulate.tables import COLUMNS, Beginning, Origin, begin_from
from xinzhi.simulate.world import RUNGS, Start, model_start
from xinzhi.structure.links import Links, Period
from xinzhi.structure.relatedness import Relatedness
from xinzhi.study.ladder.bringing import Came, came
from xinzhi.study.ladder.results import Placed
from xinzhi.study.places import at_its_line
from xinzhi.study.reading import Study
from xinzhi.study.simulation.asking import Names, called, unfit
from xinzhi.study.simulation.spec import CalibrateSpec, FromSpec, SimulateSpec, Taken
from xinzhi.study.structure.results import Space, Structure

# The rungs of the ladder as the model has them, which does not tell mature industries from declining ones.
_RUNGS = {
    "future": "future",
    "strategic-emerging": "emerging",
    "leading": "leading",
    "pillar": "pillar",
    "mature": "traditional",
    "declining": "traditional",
}
_YEAR = 2022


@dataclass(frozen=True, eq=False)
class Begun:
    """The beginning of a study's world: its tables, the names of its codes, the files it came from.

    ``fictional`` says that no real data went in.
    """

    beginning: Beginning
    regions: Names
    industries: Names
    technologies: Names
    inputs: Mapping[str, str]
    fictional: bool

    @property
    def start(self) -> Start:
        """What the world begins from."""
        return self.beginning.start

    @property
    def notices(self) -> tuple[Fault, ...]:
        """What no table says, in one notice, then what was left out or is doubtful."""
        assumed = self.beginning.assumed
        return ((_assumed(assumed),) if assumed else ()) + self.beginning.notices


def begun(study: Study, spec: SimulateSpec, panel: Panel | None, structure: Structure | None) -> Begun:
    """Begin the world of a study. Raises ``StudyError`` with every fault, each at its line where it has one.

    ``panel`` holds the indicators and ``structure`` the industries and links that ``[simulate.from]`` names.
    """
    made: Begun | None
    faults: list[Fault]
    if spec.source is None:
        made = _model(spec)
        start = made.start
        faults = unfit(
            spec, start.first_year, called(start.regions, made.regions), called(start.industries, made.industries)
        )
    else:
        work = _Work(study, spec, spec.source, panel, structure)
        made, faults = work.begun(), work.faults
        if (found := work.found) is not None:  # whatever else is wrong, it is known who is there
            places, kinds = (called(list(side), names) for side, names in found.sides)
            faults += unfit(spec, spec.first_year or found.year or _YEAR, places, kinds)
        if made is not None and spec.calibrate is not None and spec.calibrate.since is not None:
            faults += _unlearnable(study, spec, spec.calibrate, panel, structure)
    if faults or made is None:
        raise StudyError([fault if fault.file else at_its_line(fault, study) for fault in dict.fromkeys(faults)])
    return made


def _unlearnable(
    study: Study, spec: SimulateSpec, asked: CalibrateSpec, panel: Panel | None, structure: Structure | None
) -> list[Fault]:
    """Why knobs cannot be inferred from the years since the one that was named."""
    assert asked.since is not None
    try:
        _, cells = record_of(study, spec, panel, structure, asked.since, asked.since)
    except StudyError as error:
        return list(error.faults)
    if len(cells) - asked.held_out >= 2:
        return []
    return [
        Fault(
            "too-few-years",
            f"of {len(cells)} years of data since {asked.since}, {asked.held_out} are held out; at least 2 must be "
            "left to infer from. Hold out fewer, or begin earlier.",
            f"自 {asked.since} 年起共 {len(cells)} 年数据，其中留出 {asked.held_out} 年；至少须留 2 年用于推断。"
            "请减少留出年数，或提前起始年份。",
            column="simulate.calibrate.held_out",
        )
    ]


def _model(spec: SimulateSpec) -> Begun:
    start = model_start()
    if spec.first_year is not None:
        start = replace(start, first_year=spec.first_year)
    whole = Origin(
        "start",
        Text(en="everything", zh="全部起始条件"),
        Text(en="the fictional model country of the project", zh="本项目虚构的模型国"),
        assumed=True,
    )
    return Begun(
        Beginning(start, (whole,), ()),
        _numbered(start.regions, "Region", "地区"),
        _numbered(start.industries, "Industry", "产业"),
        _numbered(start.technologies, "Technology", "技术"),
        {},
        fictional=True,
    )


def _numbered(codes: tuple[str, ...], en: str, zh: str) -> Names:
    """Names in both languages of what the model country calls by kind and number."""
    return {code: Text(en=code, zh=code.replace(f"{en} ", zh)) for code in codes}


def record_of(
    study: Study, spec: SimulateSpec, panel: Panel | None, structure: Structure | None, begins: int, since: int
) -> tuple[Start, Floats]:
    """The world as it began in an earlier year, and its table of industries since a year, (year, region, industry).

    Raises ``StudyError`` where a year has no data.
    """
    assert spec.source is not None
    then = spec.source.model_copy(update={"year": begins})
    work = _Work(study, spec.model_copy(update={"first_year": begins, "source": then}), then, panel, structure)
    made = work.begun()
    now = _Work(study, spec, spec.source, panel, structure)
    cells = now.cells(made.start, since) if made is not None else None
    faults = [*work.faults, *now.faults]
    if made is None or cells is None:
        raise StudyError([one if one.file else at_its_line(one, study) for one in dict.fromkeys(faults)])
    return made.start, cells


class _Work:
    """Tables gathered one after another; what is wrong with any of them is kept."""

    def __init__(
        self, study: Study, spec: SimulateSpec, source: FromSpec, panel: Panel | None, structure: Structure | None
    ) -> None:
        self.study, self.spec, self.source = study, spec, source
        self.panel, self.structure = panel, structure
        self.faults: list[Fault] = []
        self.found: _Found | None = None
        self.told: dict[str, Text] = {}
        self.inputs: dict[str, str] = {}

    def begun(self) -> Begun | None:
        """The beginning, or nothing where what it must have is not there."""
        found = self.found = self._industries() if self.source.industries else self._links()
        tech = self._technologies()
        first = found.year if found else None
        columns = {code: self._column(code, taken, first) for code in COLUMNS if (taken := getattr(self.source, code))}
        if found is None:
            return None
        space, techs = tech or (None, None)
        given: dict[str, Any] = {code: column for code, column in columns.items() if column is not None}
        try:
            beginning = begin_from(
                found.table,
                name=self.study.spec.title.en,
                first_year=self.spec.first_year or found.year or _YEAR,
                technology=techs,
                technology_of=self._technology_of(found, space, techs),
                relatedness=self._relatedness(space, found, techs),
                age=self._by_industry("ages", self.source.ages, found),
                rungs=self._rungs(found),
                sources=self.told,
                **given,
            )
        except MethodError as error:
            self.faults += [self._at(fault) for fault in error.faults]
            return None
        if len(given) < len(columns):
            return None
        start = beginning.start
        return Begun(
            replace(beginning, notices=tuple(self._at(fault) for fault in beginning.notices)),
            {code: found.regions[code] for code in start.regions if code in found.regions},
            {code: found.industries[code] for code in start.industries if code in found.industries},
            _texts(space.links, "activity") if space else dict(found.industries),
            self.inputs,
            fictional=self.study.spec.study.fictional,
        )

    # --- Region × industry ------------------------------------------------------------------------------------

    def _industries(self) -> _Found | None:
        name = str(self.source.industries)
        blocks = {one.name: one for one in self.study.spec.industries}
        if name not in blocks:
            self._no_block("industries", name, list(blocks))
            return None
        placed = self.structure.ladder.blocks.get(name) if self.structure and self.structure.ladder else None
        brought = placed.came if placed else self._again(name)
        if brought is None:
            return None
        self.inputs |= brought.inputs
        held = brought.industries
        measure = self.source.measure or held.measures[0]
        if measure not in held.measures:
            self._wrong(
                "no-measure",
                f"'{name}' has no measure '{measure}'. It has: {', '.join(held.measures)}.",
                f"“{name}”没有度量“{measure}”。现有：{'、'.join(held.measures)}。",
                "measure",
            )
            return None
        values = held.of(measure)
        years = values[TIME].values[np.isfinite(values.values).any(axis=0)].astype(int).tolist()
        year = self._year(years, f"[[industries]] '{name}'")
        if year is None:
            return None
        rows = values.sel({TIME: year})
        table = _crossed(rows)
        unknown = int(table.isna().to_numpy().sum())
        note = f", {unknown} of {table.size} cells not observed: taken as none" if unknown else ""
        note_zh = f"，{table.size} 个单元中 {unknown} 个未观测，按无计" if unknown else ""
        file = blocks[name].file or str(blocks[name].records)
        self.told["employment"] = Text(
            en=f"{measure}, {file}, {year}{note}", zh=f"{measure}，{file}，{year} 年{note_zh}"
        )
        names = {code: held.name(code) for code in map(str, table.columns)}
        return _Found(table, year, dict(brought.regions), names, placed, values=values)

    def _again(self, name: str) -> Came | None:
        """A block that does not climb the ladder is brought in for the world alone."""
        block = next(one for one in self.study.spec.industries if one.name == name)
        records = self.structure.records.blocks if self.structure and self.structure.records else {}
        if block.records and block.records not in records:
            return None  # which is told of where records are read
        return came(self.study, block, records.get(block.records or ""), alone=False)

    def _links(self) -> _Found | None:
        space = self._space("links", str(self.source.links))
        if space is None:
            return None
        period = self._period(space.links, f"[[links]] '{space.name}'", "year")
        if period is None:
            return None
        table = _table(space.links, period)
        self.told["employment"] = _from_links(space, period)
        regions, industries = _texts(space.links, "region"), _texts(space.links, "activity")
        return _Found(table, _last_year(period), regions, industries, space=space)

    def cells(self, start: Start, since: int) -> Floats | None:
        """The table of industries by year from ``since`` on, (year, region, industry) as in a start; nan is none."""
        found = self._industries() if self.source.industries else self._links()
        if found is None or found.year is None:
            return None
        years = list(range(since, found.year + 1))
        tables = {year: table for year in years if (table := self._in(found, year)) is not None}
        if lacking := [str(year) for year in years if year not in tables]:
            self._wrong(
                "year-without-data",
                f"knobs are held against every year from {since} to {found.year}; there is nothing for "
                f"{', '.join(lacking[:5])}. Set `since` to a later year.",
                f"推断需要 {since} 至 {found.year} 年逐年数据；缺少 {'、'.join(lacking[:5])} 年。"
                "请将 since 改为更晚的年份。",
                "year",
            )
            return None
        rows, columns = list(start.regions), list(start.industries)
        return np.array([tables[year].reindex(index=rows, columns=columns).fillna(0.0).to_numpy() for year in years])

    def _in(self, found: _Found, year: int) -> pd.DataFrame | None:
        if found.values is not None:
            there = np.isfinite(found.values.sel({TIME: year}).values).any() if year in found.values[TIME] else False
            return _crossed(found.values.sel({TIME: year})) if there else None
        links = found.space.links if found.space else None
        return _table(links, year) if links is not None and year in links.periods else None

    # --- Technologies -----------------------------------------------------------------------------------------

    def _technologies(self) -> tuple[Space, pd.DataFrame] | None:
        if self.source.technologies is None:
            return None
        space = self._space("technologies", self.source.technologies)
        if space is None:
            return None
        periods = space.links.periods
        before = [one for one in periods if self.source.year is None or _first_year(one) <= self.source.year]
        if not before:
            self._no_year("technologies", f"[[links]] '{space.name}'", list(map(str, periods)))
            return None
        self.told["technology"] = _from_links(space, before[-1])
        return space, _table(space.links, before[-1])

    def _technology_of(self, found: _Found, space: Space | None, techs: pd.DataFrame | None) -> dict[str, str]:
        there = {} if techs is None or space is None else called(list(techs.columns), _texts(space.links, "activity"))
        self.told["technology_of"] = Text(en=self.study.file, zh=self.study.file)
        said = self._by_code("technology_of", self.source.technology_of, found)
        return {one: there.get(tech, tech) for one, tech in said.items()}

    def _relatedness(self, space: Space | None, found: _Found, techs: pd.DataFrame | None) -> pd.DataFrame | None:
        """The relatedness that the study has worked out of the same links, brought to between 0 and 1."""
        of = space or (found.space if not self.source.technology_of else None)
        near: Relatedness | None = of.relatedness if of else None
        if of is None or near is None:
            return None
        wanted = techs.columns if techs is not None else found.table.columns[(found.table > 0).any(axis=0)]
        table = near.to_table().fillna(0.0).clip(lower=0.0).reindex(index=wanted, columns=wanted, fill_value=0.0)
        cells = table.to_numpy(copy=True)
        np.fill_diagonal(cells, 0.0)
        most = float(cells.max(initial=0.0))
        scaled = most > 1
        en, zh = near.method, near.zh
        if scaled:
            cells /= most
            en, zh = f"{en}, over its largest value {most:.4g}", f"{zh}，除以最大值 {most:.4g}"
        self.told["relatedness"] = Text(en=f"{en}, [[links]] '{of.name}'", zh=f"{zh}，[[links]]“{of.name}”")
        return pd.DataFrame(cells, table.index, table.columns)

    # --- Industries -------------------------------------------------------------------------------------------

    def _by_industry(self, key: str, said: Mapping[str, Any], found: _Found) -> dict[str, Any]:
        """What is said of industries, by code; a name that is none stays and is told of with the rest."""
        if said:
            self.told["age" if key == "ages" else key] = Text(en=self.study.file, zh=self.study.file)
        return self._by_code(key, said, found)

    def _by_code(self, key: str, said: Mapping[str, Any], found: _Found) -> dict[str, Any]:
        """What is said of industries, by code; two words for one industry are told."""
        known = called(list(found.table.columns), found.industries)
        made: dict[str, tuple[str, Any]] = {}
        for name, value in said.items():
            code = known.get(name, name)
            if code in made:
                self._wrong(
                    "said-twice",
                    f"'{made[code][0]}' and '{name}' are the same industry ({code}). Say it once.",
                    f"“{made[code][0]}”与“{name}”为同一产业（{code}）。请只写一次。",
                    key,
                )
            made[code] = (name, value)
        return {code: value for code, (_, value) in made.items()}

    def _rungs(self, found: _Found) -> pd.DataFrame | None:
        """Memberships: as the study says, else as its ladder placed the industries, weighed by size."""
        said = self._by_industry("rungs", self.source.rungs, found)
        rows = _on_the_ladder(found.placed, found.table, found.year) if found.placed else None
        if rows is None and not said:
            return None
        if rows is not None:
            spec = self.study.spec.climbs
            way = "规则法" if spec.way == "rule" else "隐马尔可夫模型"
            told = Text(en=f"the study's ladder ({spec.way})", zh=f"本研究的产业梯级（{way}）")
            more = Text(
                en=f", but for {len(said)} said in {self.study.file}", zh=f"，{self.study.file} 另行指定 {len(said)} 个"
            )
            self.told["rungs"] = Text(en=told.en + more.en, zh=told.zh + more.zh) if said else told
        else:
            rows = pd.DataFrame(0.0, list(said), list(RUNGS))
        for industry, rung in said.items():
            rows.loc[industry] = [float(rung == one) for one in RUNGS]
        return rows

    # --- Indicators -------------------------------------------------------------------------------------------

    def _column(self, code: str, taken: Taken, year: int | None) -> pd.Series | None:
        """An indicator by region in the year of the beginning, over another and scaled as asked."""
        if self.panel is None:
            self._wrong(
                "unknown-indicator",
                f"'{taken.column}' is an indicator, and the study has no [[source]] of any. Add one.",
                f"“{taken.column}”为指标，而研究没有 [[source]]。请添加。",
                code,
            )
            return None
        parts: list[pd.Series] = []
        years: set[int] = set()
        for name in (taken.column, taken.per):
            if name is None:
                continue
            found = self._values(code, name, year)
            if found is None:
                return None
            values, when = found
            years.add(when)
            parts.append(values)
        made = parts[0] if len(parts) == 1 else parts[0] / parts[1].where(parts[1] > 0)
        what = taken.column + (f" / {taken.per}" if taken.per else "")
        if taken.scale != "largest":
            made = made * taken.scale
            how = how_zh = "" if taken.scale == 1 else f" × {taken.scale:g}"
        elif (most := float(made.max())) > 0:
            made, how, how_zh = made / most, ", over the largest", "，除以最大值"
        else:
            self._wrong(
                "table-empty",
                f"{what} is above 0 in no region, so that it has no largest value to be divided by.",
                f"{what} 在各地区均不大于 0，无从除以最大值。",
                code,
            )
            return None
        when_told = "/".join(map(str, sorted(years)))
        self.told[code] = Text(en=f"{what}{how}, {when_told}", zh=f"{what}{how_zh}，{when_told} 年")
        return made

    def _values(self, code: str, name: str, year: int | None) -> tuple[pd.Series, int] | None:
        panel = self.panel
        assert panel is not None
        codes = [str(one) for one in panel[INDICATOR].values]
        if name not in codes:
            near = difflib.get_close_matches(name, codes, n=3) or codes[:5]
            self._wrong(
                "unknown-indicator",
                f"'{name}' is not an indicator of the study's sources. They have: {', '.join(near)}.",
                f"“{name}”不是研究数据中的指标。现有：{'、'.join(near)}。",
                code,
            )
            return None
        cells = panel.sel({INDICATOR: name}, drop=True).transpose(REGION, TIME)
        there = cells[TIME].values[np.isfinite(cells.values).any(axis=0)].astype(int).tolist()
        if year is None:
            year = self.source.year or (there[-1] if there else _YEAR)
        if year not in there:
            self._no_year(code, f"'{name}'", list(map(str, there)), year)
            return None
        return pd.Series(cells.sel({TIME: year}).values, [str(one) for one in cells[REGION].values]), year

    # --- Years, blocks, faults --------------------------------------------------------------------------------

    def _year(self, there: list[int], what: str) -> int | None:
        wanted = self.source.year
        if wanted is None and there:
            return there[-1]
        if wanted is None or wanted not in there:
            self._no_year("year", what, list(map(str, there)), wanted)
            return None
        return wanted

    def _period(self, links: Links, what: str, key: str) -> Period | None:
        wanted = self.source.year
        if wanted is None:
            return links.periods[-1]
        inside = [one for one in links.periods if _first_year(one) <= wanted <= (_last_year(one) or wanted)]
        if not inside:
            self._no_year(key, what, list(map(str, links.periods)), wanted)
            return None
        return inside[-1]

    def _space(self, key: str, name: str) -> Space | None:
        there = [one.name for one in self.study.spec.links]
        if name not in there:
            self._no_block(key, name, there)
            return None
        return self.structure.spaces.get(name) if self.structure else None

    def _no_block(self, key: str, name: str, there: list[str]) -> None:
        block = "industries" if key == "industries" else "links"
        near = difflib.get_close_matches(name, there, n=3) or there[:5]
        self._wrong(
            f"unknown-{block}",
            f"no [[{block}]] are called '{name}'. There are: {', '.join(near) or 'none'}.",
            f"没有名为“{name}”的 [[{block}]]。现有：{'、'.join(near) or '无'}。",
            key,
        )

    def _no_year(self, key: str, what: str, there: list[str], wanted: int | None = None) -> None:
        wanted = wanted if wanted is not None else self.source.year
        shown = (
            ", ".join(there[:3])
            + (" … " if len(there) > 6 else ", " if len(there) > 3 else "")
            + ", ".join(there[max(3, len(there) - 3) :])
        )
        self._wrong(
            "year-without-data",
            f"{what} has nothing for {wanted}. It has: {shown or 'nothing'}. Set `year` to a year that all data have.",
            f"{what} 没有 {wanted} 年的数据。现有：{shown or '无'}。请将 year 设为各项数据都有的年份。",
            key,
        )

    def _wrong(self, code: str, en: str, zh: str, key: str) -> None:
        self.faults.append(Fault(code, en, zh, column=f"simulate.from.{key}"))

    def _at(self, fault: Fault) -> Fault:
        """A fault or notice of a table at the key that named the table."""
        own = "links" if self.source.links else "industries"
        key = {"employment": own, "technology": "technologies", "relatedness": "technologies", "age": "ages"}
        named = key.get(fault.column or "", fault.column or "")
        return at_its_line(replace(fault, column=f"simulate.from.{named}".removesuffix(".")), self.study)


@dataclass(frozen=True, eq=False)
class _Found:
    """The table of region × industry, its year, the names of its codes, and what else is known of it."""

    table: pd.DataFrame
    year: int | None
    regions: Names
    industries: Names
    placed: Placed | None = None
    space: Space | None = None
    values: xr.DataArray | None = None

    @property
    def sides(self) -> tuple[tuple[pd.Index, Names], tuple[pd.Index, Names]]:
        """The codes of regions and of industries, each with their names."""
        anywhere = self.table.columns[(self.table > 0).any(axis=0)]  # the world has no others
        return (self.table.index, self.regions), (anywhere, self.industries)


def _crossed(rows: xr.DataArray) -> pd.DataFrame:
    """Series of one year as region × industry; what was not observed is nan."""
    regions, row = np.unique(rows["region"].values.astype(str), return_inverse=True)
    codes, column = np.unique(rows["industry"].values.astype(str), return_inverse=True)
    cells = np.full((len(regions), len(codes)), np.nan)
    cells[row, column] = rows.values
    return pd.DataFrame(cells, regions, codes)


def _on_the_ladder(placed: Placed, table: pd.DataFrame, year: int | None) -> pd.DataFrame | None:
    """Chances of the rungs by industry in the last year in which it could be placed, regions weighed by size."""
    chances = placed.ladder.probability
    when = np.flatnonzero(chances[TIME].values.astype(int) <= (year if year is not None else 10**6))
    if not len(when):
        return None
    cells = chances.values[:, when]
    known = np.isfinite(cells).all(axis=2)
    last = known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    rows = pd.DataFrame(
        cells[np.arange(len(cells)), last], columns=[_RUNGS[str(one)] for one in chances["rung"].values]
    )
    rows = rows.T.groupby(level=0).sum(min_count=1).T.reindex(columns=list(RUNGS))
    industry, region = chances["industry"].values.astype(str), chances["region"].values.astype(str)
    sizes = table.reindex(index=pd.unique(region), columns=pd.unique(industry)).fillna(0.0)
    places = sizes.index.get_indexer(pd.Index(region)), sizes.columns.get_indexer(pd.Index(industry))
    weight = sizes.to_numpy()[places]
    weight = np.where(known.any(axis=1), weight, 0.0)
    summed = rows.fillna(0.0).mul(weight, axis=0).groupby(industry).sum()
    placed_ones = summed.loc[summed.sum(axis=1) > 0]
    return placed_ones if len(placed_ones) else None


def _table(links: Links, period: Period) -> pd.DataFrame:
    cells = links.at(period).astype(float).toarray()
    return pd.DataFrame(cells, [str(one) for one in links.regions], [str(one) for one in links.activities])


def _texts(links: Links, side: Any) -> dict[str, Text]:
    codes = links.regions if side == "region" else links.activities
    named = zip(map(str, codes), links.names(side, "en"), links.names(side, "zh"), strict=True)
    return {code: Text(en=str(en), zh=str(zh)) for code, en, zh in named}


def _from_links(space: Space, period: Period) -> Text:
    file = space.spec.file or str(space.spec.records)
    return Text(en=f"{space.title.en}, {file}, {period}", zh=f"{space.title.zh}，{file}，{period}")


def _first_year(period: Period) -> int:
    """The first year of a period; one without years begins before all of them."""
    found = re.findall(r"\d{4}", str(period))
    return int(found[0]) if found else 0


def _last_year(period: Period) -> int | None:
    found = re.findall(r"\d{4}", str(period))
    return int(found[-1]) if found else None


def _assumed(origins: tuple[Origin, ...]) -> Fault:
    en = "; ".join(f"{one.title.en}: {one.source.en}" for one in origins)
    zh = "；".join(f"{one.title.zh}：{one.source.zh}" for one in origins)
    return Fault(
        "start-assumed",
        f"the simulated world begins with what no table of the study says: {en}. What hangs on it is a scenario.",
        f"模拟的起点含研究数据未给出的内容：{zh}。依赖这些假定的结果仅为情景。",
        severity="warning",
    )
