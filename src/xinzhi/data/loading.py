"""From the files of a study to one panel, with everything that was mended or found wrong on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from xinzhi.core.errors import DataError, Fault, errors_in
from xinzhi.core.labels import MISSING, ORIGINS, Panel, panel
from xinzhi.data.files import find
from xinzhi.data.layout import find_roles
from xinzhi.data.numbers import Ints
from xinzhi.data.reading import TableReading
from xinzhi.data.reconciling import Reconciling, spans
from xinzhi.data.records import Bools, Cells, Findings, Vocabulary, first_of
from xinzhi.data.regions import gazetteer
from xinzhi.data.sources import IndicatorSpec, Repair, Source, SourceSpec, TableSpec
from xinzhi.data.tables import RawTable, read_tables

# A panel is dense: beyond this many cells (1.6 GB of numbers) the table is not one of regions, years and indicators.
MOST_CELLS = 200_000_000
SHOWN = 5


@dataclass(frozen=True)
class Data:
    """What was brought in: the panel, where it came from, what was mended on the way.

    ``faults`` are warnings; errors are raised, unless they were asked for (``load_sources(..., strict=False)``).
    """

    panel: Panel
    sources: tuple[Source, ...]
    repairs: tuple[Repair, ...]
    faults: tuple[Fault, ...]
    recall: Callable[[], pa.Table] = field(repr=False, compare=False)

    @cached_property
    def records(self) -> pa.Table:
        """One row per cell read: where it stood, what the file said, what became of it."""
        return self.recall()

    def store(self, path: Path) -> None:
        """Write sources, records, repairs and notices to a DuckDB file, whole or not at all. Raises ``DataError``."""
        from xinzhi.data.store import write_store  # Ibis and DuckDB take longer to import than most studies to load

        write_store(self, path)


def load_sources(
    folder: Path,
    sources: Sequence[SourceSpec],
    indicators: Sequence[IndicatorSpec] = (),
    *,
    regions: str = "own",
    years: tuple[int, int] | None = None,
    strict: bool = True,
) -> Data:
    """Read every source and build the panel.

    ``regions`` names the gazetteer, ``years`` keeps first to last. Raises ``DataError`` with every error of every
    file; with ``strict`` off the errors are in ``Data.faults`` instead and the rows concerned are left out.
    """
    loading = Loading(regions, years)
    for spec in sources:
        try:
            found = find(folder, spec.file)
            tables = read_tables(found, spec)
        except DataError as error:
            loading.found.faults.extend(error.faults)
            continue
        for table in tables:
            loading.add(table, spec, found.sha256, several=len(tables) > 1)
    return loading.finish(indicators, strict=strict)


@dataclass
class Loading:
    """Tables in, one after the other; then everything brought together."""

    book: str
    years: tuple[int, int] | None
    words: Vocabulary = field(default_factory=Vocabulary)
    found: Findings = field(default_factory=Findings)
    parts: list[Cells] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    specs: list[TableSpec] = field(default_factory=list)
    readings: list[TableReading] = field(default_factory=list)

    def add(self, table: RawTable, spec: TableSpec, sha256: str, *, several: bool = False) -> None:
        """Read one table; its faults are gathered, not raised."""
        self.found.faults.extend(table.faults)
        self.found.repairs.extend(table.repairs)
        roles, faults = find_roles(table, spec, self.book, several=several)
        self.found.faults.extend(faults)
        if roles is None:
            return
        reading = TableReading(len(self.sources), table, roles, spec, self.book, self.years, self.words, self.found)
        parts = reading.read()
        self.parts += parts
        self.specs.append(spec)
        self.readings.append(reading)
        self.sources.append(
            Source(
                file=table.file,
                sha256=sha256,
                rows=len(table.rows),
                records=sum(map(len, parts)),
                layout=roles.layout,
                columns=roles.described(),
                encoding=table.encoding,
                sheet=table.sheet,
                header=table.header,
                empty=reading.empty,
                notes=(*table.above, *table.below),
                ignored=roles.ignored,
                cite=spec.cite,
            )
        )

    def finish(self, indicators: Sequence[IndicatorSpec], *, strict: bool) -> Data:
        """Bring units and duplicates to agree and build the panel. Raises ``DataError``."""
        records = Cells.join(self.parts) if self.parts else None
        if records is None or not len(records):
            if not errors_in(self.found.faults):
                self.found.faults.append(_nothing_left(self.sources, self.years))
            raise DataError(self.found.faults)
        agreeing = Reconciling(records, self.words, self.sources, self.found)
        for number, spec in enumerate(self.specs):
            if isinstance(spec.measured_in, dict):
                agreeing.told_units(number, spec.measured_in)
        units = agreeing.settle_units(indicators)
        standing = agreeing.settle_duplicates()
        if strict and errors_in(self.found.faults):
            raise DataError(self.found.faults)
        made = self._panel(agreeing.records, standing, units, indicators)
        self.found.faults.extend(_gaps(made, self.years))
        return Data(
            made,
            tuple(self.sources),
            tuple(self.found.repairs),
            tuple(self.found.faults),
            partial(_table, agreeing.records, self.words, tuple(self.sources), units),
        )

    def _panel(self, records: Cells, standing: Bools, units: dict[str, str], wanted: Sequence[IndicatorSpec]) -> Panel:
        regions, region_at = _numbered(records.region, self.words.regions.texts, self._rank)
        codes, indicator_at = _numbered(records.indicator, self.words.indicators.texts, lambda code, met: met)
        first_year = int(records.time.min())
        times = np.flatnonzero(np.bincount(records.time - first_year)) + first_year
        time_at = np.searchsorted(times, records.time)
        shape = len(regions), len(times), len(codes)
        if np.prod(shape, dtype=np.int64) > MOST_CELLS:
            raise DataError(_too_large(*shape))
        values = np.full(shape, np.nan)
        origin = np.full(shape, MISSING, dtype=np.uint8)
        place = region_at[standing], time_at[standing], indicator_at[standing]
        values[place] = records.value[standing]
        origin[place] = records.origin[standing]
        first = first_of(indicator_at, len(codes))
        titles = {spec.code: spec.title for spec in wanted if spec.title is not None}
        told = self._titles()
        return panel(
            values,
            regions,
            times,
            codes,
            origin=origin,
            about_region=self._about_regions(regions),
            about_indicator={
                "unit": _texts(units.get(code, "") for code in codes),
                "title_en": _texts(titles[code].en if code in titles else told.get(code, code) for code in codes),
                "title_zh": _texts(titles[code].zh if code in titles else told.get(code, code) for code in codes),
                "source": _texts(self.sources[records.source[at]].file for at in first),
            },
        )

    def _rank(self, code: str, met: int) -> int:
        """Regions in the order of the gazetteer, those it does not have behind in the order met."""
        return self._order.get(code, len(self._order) + met)

    @cached_property
    def _order(self) -> dict[str, int]:
        book = gazetteer(self.book)
        return {code: at for at, code in enumerate([*book.aggregates, *book.regions])}

    def _about_regions(self, codes: Sequence[str]) -> dict[str, npt.ArrayLike]:
        book = gazetteer(self.book)
        entries = [book.find(code) for code in codes]
        own = {code: name for reading in self.readings for code, name in reading.names.items() if name}
        about: dict[str, npt.ArrayLike] = {
            "name_en": _texts(e.name_en if e else own.get(code, code) for code, e in zip(codes, entries, strict=True)),
            "name_zh": _texts(e.name_zh if e else own.get(code, code) for code, e in zip(codes, entries, strict=True)),
        }
        for group in book.groups:
            about[group] = _texts(entry.groups.get(group, "") if entry else "" for entry in entries)
        for reading in self.readings:
            for group, said in reading.groups.items():
                about[group] = _texts(said.get(code, "") for code in codes)
        return about

    def _titles(self) -> dict[str, str]:
        """Names of indicators that the tables themselves give beside the codes."""
        told: dict[str, str] = {}
        for reading in self.readings:
            told |= reading.titles
        return told


def _numbered(used: Ints, texts: Sequence[str], rank: Callable[[str, int], int]) -> tuple[list[str], Ints]:
    """The texts in use in their order, and the place of every record among them."""
    present = [int(code) for code in np.flatnonzero(np.bincount(used))]
    order = sorted(present, key=lambda code: rank(texts[code], code))
    place = np.zeros(len(texts), dtype=np.int64)
    place[order] = np.arange(len(order))
    return [texts[code] for code in order], place[used]


def _texts(texts: Iterable[str]) -> npt.NDArray[np.object_]:
    return np.array(list(texts), dtype=object)


def _gaps(made: Panel, asked: tuple[int, int] | None) -> list[Fault]:
    """Whole years without any value within the range asked for or else of the panel, or of an indicator."""
    years = made["time"].values
    has = np.isfinite(made.values).sum(axis=0) > 0
    first, last = asked or (int(years[0]), int(years[-1]))
    every = np.arange(first, last + 1)
    full = np.zeros((len(every), has.shape[1]), dtype=bool)
    full[np.searchsorted(every, years)] = has
    faults = []
    if len(none := every[full.sum(axis=1) == 0]):
        faults.append(
            Fault(
                "year-missing",
                f"no region has any value in {spans(none)}, within the range {first}–{last}.",
                f"在 {first}–{last} 年范围内，{spans(none)} 年全部地区均无数据。",
                severity="warning",
            )
        )
    seen = full.cumsum(axis=0) > 0
    later = full[::-1].cumsum(axis=0)[::-1] > 0
    holes = seen & later & ~full & (full.sum(axis=1) > 0)[:, None]
    by_years: dict[str, list[str]] = {}
    for at in np.flatnonzero(holes.sum(axis=0)):
        by_years.setdefault(spans(every[holes[:, at]]), []).append(str(made["indicator"].values[at]))
    for told, codes in by_years.items():
        more_en = f" and {len(codes) - SHOWN} more" if len(codes) > SHOWN else ""
        more_zh = f"等 {len(codes)} 个指标" if len(codes) > SHOWN else ""
        faults.append(
            Fault(
                "indicator-year-missing",
                f"no region has a value in {told} for: {', '.join(codes[:SHOWN])}{more_en}.",
                f"{told} 年全部地区均无数据的指标：{'、'.join(codes[:SHOWN])}{more_zh}。",
                severity="warning",
            )
        )
    return faults


def _nothing_left(sources: Sequence[Source], years: tuple[int, int] | None) -> Fault:
    asked = f" within {years[0]}–{years[1]}" if years else ""
    asked_zh = f"（{years[0]}–{years[1]} 年）" if years else ""
    return Fault(
        "no-data",
        f"nothing is left to bring in{asked}. Check `years`, `where` and the files.",
        f"没有可用的数据{asked_zh}。请检查 years、where 和文件。",
        file=sources[0].file if sources else None,
    )


def _too_large(regions: int, times: int, indicators: int) -> Fault:
    return Fault(
        "too-large",
        f"{regions} regions × {times} years × {indicators} indicators are too many for a panel. "
        "Probably a column was taken for regions or indicators that is something else: set `region`, `indicator`.",
        f"{regions} 个地区 × {times} 年 × {indicators} 个指标超出面板数据的规模。"
        "可能误认了地区列或指标列：请设置 region、indicator。",
    )


def _table(records: Cells, words: Vocabulary, sources: Sequence[Source], units: dict[str, str]) -> pa.Table:
    """The records with their labels, dictionary-encoded: 2 million rows take some 100 MB."""

    def labels(codes: npt.NDArray[np.integer[Any]], texts: Sequence[str]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(texts, type=pa.string()))

    settled = np.array([words.units.codes([units.get(code, "")])[0] for code in words.indicators.texts])
    return pa.table(
        {
            "source": labels(records.source, [source.file for source in sources]),
            "row": records.row,
            "column": labels(records.column, words.columns.texts),
            "region_given": labels(records.given, words.given.texts),
            "region": labels(records.region, words.regions.texts),
            "time": records.time,
            "indicator": labels(records.indicator, words.indicators.texts),
            "value_given": pa.chunked_array([chunk.cast(pa.string()) for chunk in records.text], type=pa.string()),
            "value": pa.array(records.value, from_pandas=True),
            "unit_given": labels(records.unit, words.units.texts),
            "unit": labels(settled[records.indicator], words.units.texts),
            "origin": labels(records.origin, ORIGINS),
        }
    )
