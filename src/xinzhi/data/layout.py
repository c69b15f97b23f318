"""Which column of a table plays which role, and the table taken apart into columns of values with their labels.

The rules, in order. A key set in the study file holds. Otherwise a column is known by its head (地区, year, 指标, …)
and checked by its content: regions must be found in the gazetteer, years must be years. Then

- two or more heads that are years: one column per year (``wide-years``);
- a column headed value, or one column of numbers beside a column of indicators: ``long``;
- heads that are regions and no column of regions: one column per region (``wide-units``);
- a column of regions and columns of numbers: one column per indicator (``wide-indicators``).

What stays open is a fault that lists what was seen and which keys settle it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from xinzhi.core.errors import Fault
from xinzhi.data import units
from xinzhi.data.heads import HEADS, key, unit_above, unit_in
from xinzhi.data.numbers import is_year, read_numbers, read_year
from xinzhi.data.regions import resolve
from xinzhi.data.sources import LayoutName, TableSpec
from xinzhi.data.tables import RawTable

Codes: TypeAlias = npt.NDArray[np.int32]

SAMPLE = 60
LINES_LOOKED_AT = 50_000


@dataclass(frozen=True)
class Coded:
    """A column of labels: each distinct text once, and which of them every line has (-1: none)."""

    codes: Codes
    texts: tuple[str, ...]

    @classmethod
    def constant(cls, text: str, length: int) -> Coded:
        """The same label on every line."""
        return cls(np.zeros(length, dtype=np.int32), (text,))

    @classmethod
    def of(cls, column: pa.Array) -> Coded:
        """The labels of a column as text, whole numbers without a decimal part."""
        given = pa.types.is_dictionary(column.type)
        coded = column if given else column.dictionary_encode()
        texts = tuple("" if text is None else str(text) for text in coded.dictionary.to_pylist())
        numbers = pc.fill_null(coded.indices, -1) if coded.indices.null_count else coded.indices  # which would copy
        codes = np.asarray(numbers).astype(np.int32, copy=False)
        used = np.bincount(codes + 1, minlength=len(texts) + 1)[1:] > 0 if given else np.ones(len(texts), dtype=bool)
        if not used.all():  # a category of lines that were left out
            codes = np.concatenate([np.cumsum(used) - 1, [-1]]).astype(np.int32)[codes]
            texts = tuple(text for text, kept in zip(texts, used, strict=True) if kept)
        return cls(codes, texts)

    @property
    def written(self) -> tuple[str, ...]:
        """The distinct texts that are not blank."""
        return tuple(text for text in self.texts if text.strip())


@dataclass(frozen=True)
class Block:
    """One column of values of a table with the labels of each of its lines."""

    head: str
    values: pa.Array
    region: Coded
    time: Coded
    indicator: Coded
    unit: Coded


@dataclass
class Roles:
    """Which column plays which role; ``values`` are the columns of numbers."""

    layout: LayoutName
    region: str | None = None
    time: str | None = None
    indicator: str | None = None
    unit: str | None = None
    values: tuple[str, ...] = ()
    name: str | None = None
    title: str | None = None
    year: int | None = None
    code: str | None = None
    ignored: tuple[str, ...] = ()

    def described(self) -> dict[str, str]:
        """The roles as plain words for the record."""
        values = ", ".join(self.values) if len(self.values) <= 4 else f"{self.values[0]} … {self.values[-1]}"
        told = {
            "region": self.region,
            "time": self.time or (f"= {self.year}" if self.year else None),
            "indicator": self.indicator or (f"= {self.code}" if self.code else None),
            "value": values,
            "unit": self.unit,
            "name": self.name,
            "title": self.title,
        }
        return {role: column for role, column in told.items() if column}


@dataclass
class _View:
    """A table being looked at: what is known of its columns, and the faults met."""

    table: RawTable
    spec: TableSpec
    gazetteer: str
    several: bool
    taken: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def coded(self, head: str) -> Coded:
        return Coded.of(self.table.column(head))

    def free(self) -> list[str]:
        return [head for head in self.table.heads if head not in self.taken]

    def headed(self, role: str) -> list[str]:
        return [head for head in self.free() if key(head) in HEADS[role]]

    def take(self, role: str, head: str | None) -> str | None:
        if head is not None:
            self.taken[head] = role
        return head

    def fault(self, code: str, en: str, zh: str) -> None:
        table = self.table
        self.faults.append(Fault(code, en, zh, file=table.file, sheet=table.sheet, row=table.header or None))


def find_roles(
    table: RawTable, spec: TableSpec, gazetteer: str, *, several: bool = False
) -> tuple[Roles | None, list[Fault]]:
    """The role of every column, or the faults that keep them from being known. ``several`` sheets are being stacked."""
    view = _View(table, spec, gazetteer, several)
    _check_named(view)
    if view.faults:
        return None, view.faults
    for role in ("region", "time", "indicator", "unit", "filled"):
        view.take(role, getattr(spec, role))
    for head in (*spec.value, *spec.groups):
        view.take("value" if head in spec.value else "group", head)
    roles = _decide(view)
    return (None if view.faults else roles), view.faults


def _check_named(view: _View) -> None:
    spec, heads = view.spec, view.table.heads
    named = {key: getattr(spec, key) for key in ("region", "time", "indicator", "unit", "filled")}
    every = [(setting, head) for setting, head in named.items() if head is not None]
    every += [(setting, head) for setting in ("value", "groups", "where") for head in getattr(spec, setting)]
    for setting, head in every:
        if head not in heads:
            near = difflib.get_close_matches(head, heads, n=3, cutoff=0.4) or list(heads[:8])
            view.fault(
                "unknown-column",
                f"`{setting}` names a column '{head}' that is not there. The table has: {', '.join(near)}.",
                f"{setting} 所指的列“{head}”不存在。表中有：{'、'.join(near)}。",
            )


def _decide(view: _View) -> Roles:
    spec = view.spec
    years = [head for head in view.free() if is_year(head)]
    time = spec.time or (None if spec.year is not None else _find_time(view))
    wide_years = spec.layout == "wide-years" or (spec.layout is None and time is None and len(years) > 0)
    view.take("time", time)
    for head in years if wide_years else ():
        view.take("value", head)
    region = spec.region or (None if spec.layout == "wide-units" else _find_region(view))
    view.take("region", region)
    unit = view.take("unit", spec.unit or _find_unit(view))
    indicator = view.take("indicator", spec.indicator or _find_indicator(view))
    roles = Roles("long", region, time, indicator, unit)
    if region is not None:
        # A region may have been renamed over the years, so names need not pair off to the last one.
        roles.name = view.take("name", _twin(view, region, "region", 1.05) if view.gazetteer == "own" else None)
    if indicator is not None:
        roles.title = view.take("title", _twin(view, indicator, "indicator"))
    if wide_years:
        roles.layout, roles.values = "wide-years", spec.value or tuple(years)
    else:
        _find_values(view, roles)
    _settle_time(view, roles)
    _settle_indicator(view, roles)
    if roles.region is None and roles.layout != "wide-units":
        _say_no_region(view)
    roles.ignored = tuple(head for head in view.free() if head not in roles.values and head not in spec.where)
    return roles


def _find_time(view: _View) -> str | None:
    headed = [head for head in view.headed("time") if _share(map(is_year, _sample(view, head))) >= 0.5]
    if headed:
        return headed[0]
    free = [head for head in view.free() if key(head) not in HEADS["value"] and not is_year(head)]
    found = [head for head in free if (texts := _sample(view, head)) and all(map(is_year, texts))]
    if len(found) > 1:
        view.fault(
            "ambiguous-column",
            f"several columns hold years: {', '.join(found)}. Set `time` to the one that is meant.",
            f"有多列内容为年份：{'、'.join(found)}。请用 time 指定其一。",
        )
    return found[0] if found else None


def _find_region(view: _View) -> str | None:
    headed = [head for head in view.headed("region") if not _holds_units(view, head)]
    if view.gazetteer == "own":
        if headed:
            # The finest division, and of those that are about as fine the first: codes stand before names.
            sizes = {head: len(view.coded(head).written) for head in headed}
            return next(head for head in headed if sizes[head] >= 0.95 * max(sizes.values()))
        texts = [head for head in view.free() if not _is_numeric(view, head) and _sample(view, head)]
        others = HEADS["indicator"] | HEADS["unit"] | HEADS["value"]
        texts = [head for head in texts if key(head) not in others]
        return texts[0] if len(texts) == 1 else None
    known = {head: _known_regions(view, _sample(view, head)) for head in view.free() if _may_be_regions(view, head)}
    likely = [head for head, share in known.items() if share >= (0.5 if head in headed else 0.8)]
    if not likely:
        # A column headed so is still the one meant: its names will be reported one by one.
        return headed[0] if len(headed) == 1 else None
    best = max(likely, key=lambda head: (head in headed, known[head]))
    rivals = [head for head in likely if head in headed] or likely
    different = [head for head in rivals if head != best and not _same_parts(view, best, head)]
    if different and all(known[head] > 0.95 for head in different) and view.spec.region is None:
        listed = [best, *different]
        view.fault(
            "ambiguous-column",
            f"several columns hold regions: {', '.join(listed)}. Set `region` to the one that is meant.",
            f"有多列内容为地区：{'、'.join(listed)}。请用 region 指定其一。",
        )
    return best


def _may_be_regions(view: _View, head: str) -> bool:
    """Text, or whole numbers under a head that says so: a column of counts is full of numbers that are codes too."""
    if key(head) in HEADS["region"]:
        return not pa.types.is_floating(view.table.column(head).type)
    elsewhere = any(key(head) in heads for heads in HEADS.values())
    return not elsewhere and not _is_numeric(view, head)


def _known_regions(view: _View, texts: Sequence[str]) -> float:
    return _share(match.code is not None for match in resolve(texts, view.gazetteer).matches.values())


def _find_unit(view: _View) -> str | None:
    headed = view.headed("unit")
    return next((head for head in headed if _holds_units(view, head)), None) or next(
        (head for head in headed if key(head) not in HEADS["indicator"] | HEADS["region"]), None
    )


def _holds_units(view: _View, head: str) -> bool:
    return _share(map(units.known, _sample(view, head))) >= 0.5


def _find_indicator(view: _View) -> str | None:
    headed = [head for head in view.headed("indicator") if not _is_numeric(view, head)]
    # A code is steadier than a name, and the name becomes the title.
    return next((head for head in headed if key(head).endswith(("code", "代码"))), headed[0] if headed else None)


def _twin(view: _View, head: str, role: str, most: float = 1.0) -> str | None:
    """Another column of the same role that names the same things, each by one name (on average at ``most`` so many)."""
    return next((other for other in view.headed(role) if _same_parts(view, head, other, most)), None)


def _same_parts(view: _View, first: str, second: str, most: float = 1.0) -> bool:
    one, two = view.coded(first), view.coded(second)
    pairs = len(np.unique(one.codes.astype(np.int64) * (len(two.texts) + 1) + two.codes))
    return pairs <= most * min(len(one.texts), len(two.texts))


def _find_values(view: _View, roles: Roles) -> None:
    spec, wanted = view.spec, view.spec.layout
    headed = view.headed("value")
    counters = {head for head in view.headed("counter") if _is_counter(view, head)}
    codes = set(view.headed("region") if roles.region else ())  # they name the regions over again
    numeric = [head for head in view.free() if head not in counters | codes and _is_numeric(view, head)]
    if wanted == "wide-units" or (wanted is None and roles.region is None and _heads_are_regions(view, numeric)):
        roles.layout, roles.region, roles.values = "wide-units", None, spec.value or tuple(numeric)
    elif wanted == "wide-indicators":
        roles.layout, roles.values = "wide-indicators", spec.value or tuple(numeric)
    elif len(spec.value) == 1 and (roles.indicator or spec.indicator_code or wanted == "long"):
        roles.values = spec.value
    elif spec.value:
        roles.layout, roles.values = "wide-indicators", spec.value
    elif headed:
        roles.values = (headed[0],)
    elif (wanted == "long" or roles.indicator) and len(numeric) == 1:
        roles.values = tuple(numeric)
    elif wanted == "long" or (roles.indicator and numeric):
        view.fault(
            "ambiguous-layout",
            f"which column holds the values? Numbers are in: {', '.join(numeric[:8]) or 'none'}. Set `value`, "
            'or layout = "wide-indicators" where each is an indicator.',
            f"哪一列是数值？含数字的列有：{'、'.join(numeric[:8]) or '无'}。请设置 value；"
            '若每列各为一个指标，请设置 layout = "wide-indicators"。',
        )
    elif numeric:
        roles.layout, roles.values = "wide-indicators", tuple(numeric)
    if not roles.values and not view.faults:
        view.fault(
            "no-values",
            f"no column of numbers was found. The heads are: {', '.join(view.table.heads[:8])}. "
            "Set `value`, or `header` when the heads stand in another row.",
            f"没有找到数值列。表头为：{'、'.join(view.table.heads[:8])}。请设置 value；若表头在其他行，请设置 header。",
        )
    for head in roles.values:
        view.take("value", head)


def _heads_are_regions(view: _View, heads: Sequence[str]) -> bool:
    return len(heads) >= 2 and view.gazetteer != "own" and _known_regions(view, heads) >= 0.6


def _is_counter(view: _View, head: str) -> bool:
    numbers = read_numbers(view.table.column(head)).values
    return bool(len(numbers) and np.array_equal(numbers, np.floor(numbers)))


def _settle_time(view: _View, roles: Roles) -> None:
    """Without a column of years the study says the year, or the sheet is named by it."""
    if roles.time is not None or roles.layout == "wide-years":
        return
    roles.year = view.spec.year
    if roles.year is None and view.table.sheet is not None and is_year(view.table.sheet):
        roles.year, _ = read_year(view.table.sheet)
    if roles.year is None and not view.faults:
        view.fault(
            "no-time",
            f"no column of years was found among: {', '.join(view.table.heads[:8])}. Set `time` to the column, "
            "or `year` when the whole table is about one year.",
            f"在以下列中没有找到年份：{'、'.join(view.table.heads[:8])}。"
            "请用 time 指定年份列；若全表为同一年，请设置 year。",
        )


def _settle_indicator(view: _View, roles: Roles) -> None:
    """Without a column of indicators the study names the one there is, or each of several sheets is one."""
    if roles.layout == "wide-indicators":
        if len(roles.values) == 1:
            roles.code = view.spec.indicator_code
        return
    if roles.indicator is not None:
        return
    roles.code = view.spec.indicator_code
    if roles.code is None and view.several and view.table.sheet is not None and not is_year(view.table.sheet):
        roles.code = view.table.sheet
    if roles.code is None and not view.faults:
        view.fault(
            "no-indicator",
            f"read as {roles.layout}, the table does not say what is measured. Set `indicator` to the column that "
            "does, or `indicator_code` when it is all one indicator.",
            f"按 {roles.layout} 版式读取时，表中未说明是什么指标。请用 indicator 指定指标列；若全表为同一指标，"
            "请设置 indicator_code。",
        )


def _say_no_region(view: _View) -> None:
    if not view.faults:
        heads = view.table.heads
        view.fault(
            "no-region",
            f"no column of regions ({view.gazetteer}) was found among: {', '.join(heads[:8])}. Set `region`, "
            'or layout = "wide-units" when the heads are the regions.',
            f"在以下列中没有找到地区（{view.gazetteer}）：{'、'.join(heads[:8])}。请设置 region；"
            '若表头即为地区，请设置 layout = "wide-units"。',
        )


# ---- looking at content


def _sample(view: _View, head: str) -> list[str]:
    """Some of the distinct texts of a column, evenly from the whole of it."""
    column = view.table.column(head)
    if len(column) > LINES_LOOKED_AT:
        column = column.take(pa.array(np.linspace(0, len(column) - 1, LINES_LOOKED_AT).astype(np.int64)))
    texts = Coded.of(column).written
    return list(texts[:: max(1, len(texts) // SAMPLE)][:SAMPLE])


def _is_numeric(view: _View, head: str) -> bool:
    """Whether at least half of what is written in a column are numbers."""
    column = view.table.column(head)
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return True
    read = read_numbers(pa.array(_sample(view, head), type=pa.string()))
    missing = sum(reading.reason in ("missing-mark", "suppressed") for reading in read.readings)
    written = len(read.values) - missing
    return written > 0 and int(np.count_nonzero(~np.isnan(read.values))) >= 0.5 * written


def _share(tests: Iterable[bool]) -> float:
    found = list(tests)
    return sum(found) / len(found) if found else 0.0


# ---- taking the table apart


def blocks(table: RawTable, roles: Roles, spec: TableSpec) -> list[Block]:
    """The columns of values with region, time, indicator and unit of every line."""
    length = len(table.rows)

    def labels(head: str | None, constant: str) -> Coded:
        return Coded.constant(constant, length) if head is None else Coded.of(table.column(head))

    region = labels(roles.region, "")
    time = labels(roles.time, "" if roles.year is None else str(roles.year))
    indicator = labels(roles.indicator, roles.code or "")
    unit = labels(roles.unit, unit_above(table.above))
    if roles.indicator is not None and roles.unit is None:
        indicator, unit = _units_apart(indicator, unit)
    made = []
    for head in roles.values:
        block = Block(head, table.column(head), region, time, indicator, unit)
        if roles.layout == "wide-years":
            block = Block(head, block.values, region, Coded.constant(head, length), indicator, unit)
        elif roles.layout == "wide-units":
            block = Block(head, block.values, Coded.constant(head, length), time, indicator, unit)
        elif roles.layout == "wide-indicators":
            name, found = unit_in(head)
            found = found or unit_in((table.labels or {}).get(head, ""))[1]
            own = unit if roles.unit or not found else Coded.constant(found, length)
            block = Block(head, block.values, region, time, Coded.constant(roles.code or name, length), own)
        made.append(block)
    return [_measured(block, spec) for block in made]


def _units_apart(indicator: Coded, unit: Coded) -> tuple[Coded, Coded]:
    """Units written behind the names of indicators, as a column of their own."""
    parts = [unit_in(text) for text in indicator.texts]
    if not any(found for _, found in parts):
        return indicator, unit
    names = tuple(dict.fromkeys(name for name, _ in parts))
    at = np.array([*(names.index(name) for name, _ in parts), -1], dtype=np.int32)
    shown = tuple(found or unit.texts[0] for _, found in parts)
    return Coded(at[indicator.codes], names), Coded(indicator.codes, shown)


def _measured(block: Block, spec: TableSpec) -> Block:
    """The block with the units the study says: for all of it where it has none, per indicator in any case."""
    if isinstance(spec.measured_in, str):
        unit = Coded(block.unit.codes, tuple(text or spec.measured_in for text in block.unit.texts))
        return Block(block.head, block.values, block.region, block.time, block.indicator, unit)
    return block
