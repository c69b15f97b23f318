"""Gazetteers, and whom a name on a sheet means: exact first, then damage that leaves one reading, else nobody.

A repair is never guessed: it is made when a table of characters that scanners confuse, or one edit, leads to one
region and to no other. Two-character Chinese names are never mended by an edit, since 南京 is not a misspelt 北京.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from xinzhi.core.specs import FaultyValue, Text
from xinzhi.data.catalogue import read_table

How = Literal["code", "name", "alias", "spacing", "confusable", "near"]
Tile = tuple[int, int]

GAZETTEERS: dict[str, Text] = {
    "china-provinces": Text(en="Province-level regions of China", zh="中国省级行政区"),
    "countries": Text(en="Countries and territories", zh="国家和地区"),
    "us-states": Text(en="States of the United States", zh="美国各州"),
    "eu-countries": Text(en="Member states of the European Union", zh="欧盟成员国"),
    "model-country": Text(en="Model country (fictional)", zh="模型国（虚构）"),
    "own": Text(en="Names as they stand", zh="沿用数据中的名称"),
}


@dataclass(frozen=True, slots=True)
class Region:
    """One entry. ``groups`` are what one may group by (column -> label); ``tile`` is (row, column) from the top left.

    ``codes`` and ``aliases`` are the other codes and spellings it is known by.
    """

    code: str
    name_en: str
    name_zh: str
    codes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    tile: Tile | None = None
    aggregate: bool = False

    def called(self, like: str) -> str:
        """The name in the script of ``like``."""
        return self.name_zh if _is_chinese(like) else self.name_en


@dataclass(frozen=True, slots=True)
class Match:
    """Whom a given name means; ``code`` is nothing where that cannot be said.

    Where several are equally near, ``suggestions`` names them and ``aggregate`` says whether all are totals.
    """

    given: str
    code: str | None
    how: How | None = None
    suggestions: tuple[str, ...] = ()
    aggregate: bool = False

    @property
    def repaired(self) -> bool:
        """Whether the name had to be mended to be understood; a reader of files lists every such name."""
        return self.how in ("spacing", "confusable", "near")


@dataclass(frozen=True)
class Resolution:
    """One match for every distinct given name, in the order first met."""

    gazetteer: str
    matches: Mapping[str, Match]

    def __getitem__(self, given: object) -> Match:
        return self.matches[str(given)]

    @property
    def repairs(self) -> tuple[Match, ...]:
        """The names that were mended."""
        return tuple(match for match in self.matches.values() if match.repaired)

    @property
    def unknown(self) -> tuple[Match, ...]:
        """The names nobody could be found for."""
        return tuple(match for match in self.matches.values() if match.code is None)


@dataclass(frozen=True)
class Gazetteer:
    """The regions of one kind by code; ``aggregates`` are their totals and groupings, which are no regions."""

    name: str
    regions: Mapping[str, Region]
    aggregates: Mapping[str, Region]

    @property
    def title(self) -> Text:
        """What it lists, in both languages."""
        return GAZETTEERS[self.name]

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns one may group its regions by."""
        return tuple(next(iter(self.regions.values())).groups) if self.regions else ()

    def find(self, code: str) -> Region | None:
        """The region or aggregate with that code."""
        return self.regions.get(code) or self.aggregates.get(code)

    def resolve(self, given: str) -> Match:
        """Whom one name means."""
        if self.name == "own":
            return Match(given, given.strip() or None, "name" if given.strip() else None)
        if not (key := _tight(given)):
            return Match(given, None)
        if exact := self._exact.get(_light(given)) or self._exact.get(_number(given)):
            return self._match(given, exact[0], exact[1])
        if spaced := self._spaced.get(key):
            return self._match(given, spaced, "spacing")
        if key.isdigit():
            return Match(given, None)  # one digit more or less is another code
        if any(key in gazetteer(other)._spaced for other in GAZETTEERS if other != self.name):
            return Match(given, None)  # it is somewhere else, not somewhere here misspelt
        alike = (
            self._shapes.get(_shape(key), frozenset()) if len(key) >= (2 if _is_chinese(key) else 4) else frozenset()
        )
        if len(alike) == 1:
            return self._match(given, next(iter(alike)), "confusable")
        edits = [(code, edit) for name, code in self._spaced.items() if (edit := _edit(key, name)) is not None]
        near = alike or frozenset(code for code, _ in edits)
        # Another direction is another place: it is suggested, never taken for a slip of the pen.
        if len(near) == 1 and any(not edit & _DIRECTIONS for _, edit in edits):
            return self._match(given, next(iter(near)), "near")
        entries = [entry for entry in (self.find(code) for code in sorted(near)) if entry]
        if entries:
            names = tuple(entry.called(given) for entry in entries)
            return Match(given, None, None, names, all(entry.aggregate for entry in entries))
        return Match(given, None, None, self._nearest(given, key))

    def _match(self, given: str, code: str, how: How) -> Match:
        return Match(given, code, how, (), code in self.aggregates)

    def _nearest(self, given: str, key: str) -> tuple[str, ...]:
        # difflib is slow: only names that share half of their characters with the given one are worth its time.
        seen = set(key)
        worth = [name for name in self._spaced if 2 * len(seen & set(name)) >= max(len(seen), len(set(name)))]
        close = difflib.get_close_matches(key[:80], worth, n=6, cutoff=0.5)
        entries = [self.find(self._spaced[name]) for name in close]
        return tuple(dict.fromkeys(entry.called(given) for entry in entries if entry))[:3]

    @cached_property
    def _exact(self) -> dict[str, tuple[str, How]]:
        found: dict[str, tuple[str, How]] = {}
        for entry in self._entries():
            for how, spellings in (
                ("code", (entry.code, *entry.codes)),
                ("name", (entry.name_en, entry.name_zh)),
                ("alias", entry.aliases),
            ):
                for spelling in spellings:
                    found.setdefault(_light(spelling), (entry.code, how))  # type: ignore[arg-type]
        return found

    @cached_property
    def _spaced(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in self._entries():
            for spelling in (entry.name_en, entry.name_zh, *entry.aliases):
                found.setdefault(_tight(spelling), entry.code)
        return found

    @cached_property
    def _shapes(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for name, code in self._spaced.items():
            found[_shape(name)] = found.get(_shape(name), frozenset()) | {code}
        return found

    def _entries(self) -> Iterable[Region]:
        yield from self.regions.values()
        yield from self.aggregates.values()


def resolve(names: Sequence[str], gazetteer: str) -> Resolution:
    """Whom each distinct name means. Raises ``FaultyValue`` where there is no such gazetteer.

    Tried in turn: a code, name or alias as written; the same without spaces, punctuation and accents; the same with
    characters that scanners confuse (浙汀 for 浙江); one edit. The last three are repairs, and hold only where they
    lead to one region. Totals (全国, World, …) are found like regions and flagged.
    """
    book = _named(gazetteer)
    return Resolution(gazetteer, {given: book.resolve(given) for given in dict.fromkeys(map(str, names))})


def gazetteer(name: str) -> Gazetteer:
    """The gazetteer of that name. Raises ``FaultyValue``."""
    return _named(name)


def tiles(name: str) -> dict[str, Tile]:
    """Where each region stands on the tile grid, as (row, column) from the top left; empty where there is none."""
    return {code: region.tile for code, region in _named(name).regions.items() if region.tile is not None}


@lru_cache
def _named(name: str) -> Gazetteer:
    if name not in GAZETTEERS:
        known = ", ".join(GAZETTEERS)
        raise FaultyValue(
            "unknown-gazetteer",
            f"regions = '{name}' is not known. Choose one of: {known}.",
            f"regions = “{name}”无法识别。可选：{known}。",
        )
    regions = {region.code: region for region in _READERS[name]()} if name in _READERS else {}
    totals = [row for row in read_table("aggregates") if row["gazetteer"] == name.replace("eu-", "")]
    return Gazetteer(name, regions, {row["code"]: _region(row, aggregate=True) for row in totals})


def _region(
    row: Mapping[str, str], codes: Iterable[str] = (), groups: Sequence[str] = (), aggregate: bool = False
) -> Region:
    other = [row[column] for column in ("full_zh", "pinyin") if row.get(column)]
    return Region(
        row["code"],
        row["name_en"],
        row["name_zh"],
        tuple(code for code in codes if code),
        (*other, *filter(None, row.get("aliases", "").split("|"))),
        {column: row[column] for column in groups},
        (int(row["row"]), int(row["col"])) if row.get("row") else None,
        aggregate,
    )


def _provinces() -> Iterable[Region]:
    for row in read_table("china_provinces"):
        # Tables shorten the six digits to two, or lengthen them to the twelve of the statistical code.
        codes = (row["code"][:2], row["code"] + "0" * 6, row["iso"])
        yield _region(row, codes, ("zone", "zone_en"))


def _countries() -> Iterable[Region]:
    for row in read_table("countries"):
        yield _region(row, (row["alpha2"], row["numeric"], row["numeric"].lstrip("0")), ("continent", "continent_en"))


def _states() -> Iterable[Region]:
    for row in read_table("us_states"):
        codes = (row["iso"], row["fips"], row["fips"].lstrip("0"), row["fips"] + "000")
        yield _region(row, codes, ("zone", "zone_en"))


def _members() -> Iterable[Region]:
    world = {row["code"]: row for row in read_table("countries")}
    for row in read_table("eu_countries"):
        whole = world[row["code"]] | row
        yield _region(whole, (whole["alpha2"], whole["numeric"], whole["numeric"].lstrip("0")), ("zone", "zone_en"))


def _fictional() -> Iterable[Region]:
    for row in read_table("model_country"):
        yield _region(row, (), ("zone", "zone_en"))


_READERS = {
    "china-provinces": _provinces,
    "countries": _countries,
    "us-states": _states,
    "eu-countries": _members,
    "model-country": _fictional,
}


def _light(name: str) -> str:
    """One spelling for what looks the same: width, case and outer or doubled spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _number(name: str) -> str:
    """A code that a spreadsheet took for a number, back as it was: 110000.0 -> 110000."""
    return re.sub(r"^(\d+)\.0*$", r"\1", _light(name))


def _tight(name: str) -> str:
    """Letters and digits only, without accents."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold().replace("&", "and"))
    return "".join(character for character in parts if character.isalnum())


def _shape(key: str) -> str:
    return key.translate(_twins())


@lru_cache
def _twins() -> dict[int, str]:
    rows = [row["characters"].casefold() for row in read_table("confusables")]
    return {ord(twin): row[0] for row in rows for twin in row[1:]}


def _is_chinese(text: str) -> bool:
    return any("一" <= character <= "鿿" for character in text)


_DIRECTIONS = frozenset("东東西南北中内內外上下前后左右新")


def _edit(given: str, name: str) -> frozenset[str] | None:
    """The characters one edit (or two neighbours swapped) puts in or out, in names long enough to tell."""
    if abs(len(given) - len(name)) > 1 or min(_tellable(given), _tellable(name)) < 1:
        return None
    start = next((i for i, (a, b) in enumerate(zip(given, name, strict=False)) if a != b), min(len(given), len(name)))
    rest, other = given[start:], name[start:]
    if len(rest) == len(other):
        if rest[:2] == other[1::-1] and rest[2:] == other[2:]:
            return frozenset()
        # A direction lost to a misprint (尔部地区) may be read back; one turned into another may not.
        changed = frozenset((rest[0], other[0]))
        return (changed if changed <= _DIRECTIONS else frozenset()) if rest[1:] == other[1:] else None
    longer, shorter = (rest, other) if len(rest) > len(other) else (other, rest)
    return frozenset(longer[0]) if longer[1:] == shorter else None


def _tellable(key: str) -> int:
    """How many characters a name has beyond those too few to tell a slip from another place."""
    return len(key.rstrip("省市州县区")) - 2 if _is_chinese(key) else len(key) - 4
