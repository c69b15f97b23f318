"""Index structures of the catalogue, and what of them a set of data can carry.

A structure says which indicators belong together and why, not how to compute a score. An indicator names the ways in
which data may hold it, the best first: as a ratio ready made, or as a total with what to divide it by.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from xinzhi.core.errors import Fault
from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.data import units
from xinzhi.data.catalogue import read_toml

Direction = Literal[1, -1]
Role = Literal["pillar", "integrator"]


class Way(Spec):
    """A way to hold an indicator: names of ``columns.toml``; ``name`` and ``direction`` where these become others.

    ``within`` is the range that the values can have at all, as of a share.
    """

    column: str
    denominator: str | None = None
    name: Text | None = None
    direction: Direction | None = None
    within: tuple[float, float] | None = None


class Part(Spec):
    """An element of a structure. An ``integrator`` is what couples the pillars rather than one of them."""

    code: str
    parent: str | None = None
    name: Text
    about: Text | None = None
    role: Role | None = None
    ideas: tuple[str, ...] = ()


class Leaf(Spec):
    """An indicator of a structure: what it is, why it belongs, its usual unit, and the ways data may hold it."""

    code: str
    parent: str
    name: Text
    about: Text | None = None
    why: Text | None = None
    ideas: tuple[str, ...] = ()
    direction: Direction = 1
    unit: str | None = None
    ways: tuple[Way, ...]

    @property
    def description(self) -> Text:
        """What it is and why it belongs, in one text."""
        said = [text for text in (self.about, self.why) if text] or [self.name]
        return Text(en=" ".join(text.en for text in said), zh="".join(text.zh for text in said))


class Structure(Spec):
    """A tree of elements and indicators with its source; ``warning`` tells the known weakness of a published one.

    ``ideas`` are the paper's systems, mechanisms and claims that a part stands for (A01 to C22).
    """

    code: str
    title: Text
    about: Text
    cite: str
    ideas: tuple[str, ...] = ()
    warning: Text | None = None
    elements: tuple[Part, ...]
    indicators: tuple[Leaf, ...]

    @property
    def top(self) -> Part:
        """The index itself."""
        return next(part for part in self.elements if part.parent is None)

    @property
    def pillars(self) -> tuple[Part, ...]:
        """What the index is made of, the integrator included."""
        return tuple(part for part in self.elements if part.role)

    @property
    def integrator(self) -> Part | None:
        """What couples the pillars, where the structure has such a thing."""
        return next((part for part in self.elements if part.role == "integrator"), None)


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of a column of data beside its code: titles in any language, and the unit."""

    titles: tuple[str, ...] = ()
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class MatchedElement:
    """An element that has data under it."""

    code: str
    parent: str | None
    name: Text
    weight: float = 1.0
    direction: Direction = 1


@dataclass(frozen=True, slots=True)
class MatchedIndicator:
    """An indicator and the column that carries it, with what divides it."""

    code: str
    parent: str
    name: Text
    weight: float
    direction: Direction
    column: str
    denominator: str | None
    unit: str | None
    about: Text
    within: tuple[float, float] | None = None


@dataclass(frozen=True)
class Matched:
    """What of a structure the data can carry. Siblings weigh the same, whoever of them is left.

    ``missing`` are the indicators no column was found for. ``faults`` are errors where what was given by hand does
    not exist or nothing at all was found, and warnings for elements that had to be left out.
    """

    structure: Structure
    elements: tuple[MatchedElement, ...]
    indicators: tuple[MatchedIndicator, ...]
    missing: tuple[Leaf, ...]
    faults: tuple[Fault, ...]

    @property
    def columns(self) -> dict[str, str]:
        """Indicator -> the column that carries it, with its denominator behind a stroke."""
        return {i.code: f"{i.column} / {i.denominator}" if i.denominator else i.column for i in self.indicators}


@lru_cache
def structures() -> dict[str, Structure]:
    """The structures of the catalogue by code."""
    described = {code: about for file in read_toml("indicators").values() for code, about in file.items()}
    return {code: _structure(code, table, described) for code, table in read_toml("structures").items()}


def structure(name: str) -> Structure:
    """The structure of that name. Raises ``FaultyValue`` with near names."""
    if found := structures().get(name):
        return found
    near = difflib.get_close_matches(name, structures(), n=3) or list(structures())
    raise FaultyValue(
        "unknown-structure",
        f"the catalogue has no structure '{name}'. Try: {', '.join(near)}.",
        f"目录中没有名为“{name}”的指标体系。可试：{'、'.join(near)}。",
    )


def match(structure: Structure, columns: Mapping[str, Column], given: Mapping[str, str] | None = None) -> Matched:
    """What of a structure the data can carry, column by column.

    ``given`` says by hand which column carries an indicator ("rd_total", or "rd_total / gdp" to divide it). What is a
    share already is never divided again. No data are looked at: a column that is there may still be thin.
    """
    finder = _Finder(columns)
    faults = [*_strangers(structure, columns, given or {})]
    found: list[MatchedIndicator] = []
    for leaf in structure.indicators:
        wanted = (given or {}).get(leaf.code)
        carried = finder.by_hand(leaf, wanted) if wanted is not None else finder.first(leaf)
        if carried:
            found.append(carried)
    carrying = {indicator.code for indicator in found}
    missing = tuple(leaf for leaf in structure.indicators if leaf.code not in carrying)
    kept = _lines(structure.elements, {indicator.parent for indicator in found})
    faults += _left_out(structure, kept, missing) if found else [_nothing(structure)]
    if structure.warning and found:
        faults.append(
            Fault(
                "known-weakness", structure.warning.en, structure.warning.zh, column=structure.code, severity="warning"
            )
        )
    elements = tuple(MatchedElement(p.code, p.parent, p.name) for p in structure.elements if p.code in kept)
    return Matched(structure, elements, tuple(found), missing, tuple(faults))


def _structure(code: str, table: dict[str, object], described: dict[str, dict[str, object]]) -> Structure:
    """A structure's file with its indicators' descriptions put in; what the file says itself comes first."""
    rest = {key: value for key, value in table.items() if key not in ("element", "indicator")}
    leaves: list[dict[str, object]] = table["indicator"]  # type: ignore[assignment]
    whole = [leaf if "ways" in leaf else described[str(leaf["code"])] | leaf for leaf in leaves]
    return Structure.model_validate({"code": code, "elements": table["element"], "indicators": whole} | rest)


class _Finder:
    """Finds the columns that hold a quantity, by every name the catalogue knows it under."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = columns
        self.by_name: dict[str, str] = {}
        for code in columns:
            self.by_name.setdefault(plain(code), code)
        for code, column in columns.items():
            for title in column.titles:
                self.by_name.setdefault(plain(title), code)

    def first(self, leaf: Leaf) -> MatchedIndicator | None:
        for way in leaf.ways:
            column = self._named(way.column)
            if column is None:
                continue
            below = self._named(way.denominator) if way.denominator and not self._is_share(column) else None
            if way.denominator is None or below or self._is_share(column):
                return self._carried(leaf, column, below, way)
        return None

    def by_hand(self, leaf: Leaf, wanted: str) -> MatchedIndicator | None:
        column, below = _apart(wanted, self.columns)
        if column not in self.columns or (below and below not in self.columns):
            return None
        # What a known column is called and which way it counts holds also where it is named by hand.
        ways = [way for way in leaf.ways if self._named(way.column) == column]
        return self._carried(leaf, column, below, ways[0] if ways else None)

    def _carried(self, leaf: Leaf, column: str, below: str | None, way: Way | None) -> MatchedIndicator:
        name, direction = (
            (way.name or leaf.name, way.direction or leaf.direction) if way else (leaf.name, leaf.direction)
        )
        unit = self._unit(leaf, column, below)
        within = way.within if way and below is None else None
        return MatchedIndicator(
            leaf.code, leaf.parent, name, 1.0, direction, column, below, unit, leaf.description, within
        )

    def _named(self, quantity: str | None) -> str | None:
        names = (quantity, *_names()[quantity]) if quantity else ()
        return next((self.by_name[key] for key in map(plain, names) if key in self.by_name), None)

    def _is_share(self, column: str) -> bool:
        unit = units.find(self.columns[column].unit or "")
        return unit is not None and unit.dimension.startswith("share")

    def _unit(self, leaf: Leaf, column: str, below: str | None) -> str | None:
        """The unit as the data say it, a quotient's in the indicator's usual one; none is made up where they do not."""
        above = self.columns[column].unit
        if below is None:
            return above
        found = units.quotient(above or "", self.columns[below].unit or "")
        usual = leaf.unit and units.conversion(found, leaf.unit) is not None
        return leaf.unit if usual else found or None


@lru_cache
def _names() -> dict[str, tuple[str, ...]]:
    return {quantity: tuple(names) for quantity, names in read_toml("columns.toml").items()}


@lru_cache(maxsize=8192)
def plain(name: str) -> str:
    """A name as matching compares it: letters and digits only, of one width and one case."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())


def _apart(wanted: str, columns: Iterable[str]) -> tuple[str, str | None]:
    if wanted in columns or "/" not in wanted:
        return wanted, None
    above, _, below = wanted.partition("/")
    return above.strip(), below.strip()


def _strangers(structure: Structure, columns: Mapping[str, Column], given: Mapping[str, str]) -> Iterable[Fault]:
    """What was given by hand and does not exist."""
    codes = [leaf.code for leaf in structure.indicators]
    for code, wanted in given.items():
        if code not in codes:
            yield _unknown("unknown-indicator", code, codes, f"the structure '{structure.code}'", "该指标体系", code)
        for column in filter(None, _apart(wanted, columns)):
            if column not in columns:
                yield _unknown("unknown-column", column, list(columns), "the data", "数据", code)


def _unknown(code: str, name: str, known: Sequence[str], place: str, place_zh: str, where: str) -> Fault:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or list(known[:3])
    return Fault(
        code,
        f"match: {place} has no '{name}'. Nearest: {', '.join(near)}.",
        f"match：{place_zh}中没有“{name}”。相近的有：{'、'.join(near)}。",
        column=f"index.match.{where}",
    )


def _lines(parts: Sequence[Part], parents: set[str]) -> set[str]:
    """The elements that have data under them: the parents of what was found, and their parents."""
    above = {part.code: part.parent for part in parts}
    kept: set[str] = set()
    for start in parents:
        code: str | None = start
        while code is not None and code not in kept:
            kept.add(code)
            code = above[code]
    return kept


def _left_out(structure: Structure, kept: set[str], missing: Sequence[Leaf]) -> Iterable[Fault]:
    """A warning for every element without data, a whole pillar told apart from a part of one."""
    above = {part.code: part.parent for part in structure.elements}
    for part in structure.elements:
        if part.code in kept or (part.parent is not None and part.parent not in kept):
            continue  # what goes with its parent is said once, with the parent
        lacking = [leaf.name for leaf in missing if part.code in _ancestors(leaf.parent, above)]
        en, zh = ", ".join(name.en for name in lacking), "、".join(name.zh for name in lacking)
        kind, kind_zh = ("pillar", "支柱") if part.role else ("element", "维度")
        yield Fault(
            f"{kind}-without-data",
            f"{kind} '{part.name.en}' is left out: the data hold none of its indicators ({en}). The index does not "
            "speak of it; add a source with any of them, or name columns under [index.match].",
            f"{kind_zh}“{part.name.zh}”未纳入：数据中没有它的任何指标（{zh}）。所得指数不反映该{kind_zh}；"
            "请补充含有任一指标的数据，或在 [index.match] 中指定列。",
            column=structure.code,
            severity="warning",
        )


def _ancestors(code: str | None, above: Mapping[str, str | None]) -> Iterable[str]:
    while code is not None:
        yield code
        code = above[code]


def _nothing(structure: Structure) -> Fault:
    wanted = [leaf.name for leaf in structure.indicators[:6]]
    return Fault(
        "nothing-matched",
        f"no column of the data is known as an indicator of '{structure.code}'. It asks for such as "
        f"{', '.join(name.en for name in wanted)}. Name columns under [index.match], or write elements and indicators.",
        f"数据中没有任何一列可识别为“{structure.code}”的指标，所需指标如{'、'.join(name.zh for name in wanted)}等。"
        "请在 [index.match] 中指定列，或自行写明 elements 与 indicators。",
        column="index.structure",
    )
