"""Gazetteers, and whom a name on a sheet means: exact first, then damage that leaves one reading, else nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

How = Literal["code", "name", "alias", "spacing", "confusable", "near"]


@dataclass(frozen=True, slots=True)
class Region:
    """One entry of a gazetteer. ``groups`` are the columns one may group by; ``tile`` is (row, column) or nothing."""

    code: str
    name_en: str
    name_zh: str
    aliases: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    tile: tuple[int, int] | None = None
    aggregate: bool = False


@dataclass(frozen=True)
class Gazetteer:
    """The regions of one kind by code; ``aggregates`` are totals and groups of them."""

    name: str
    regions: Mapping[str, Region]
    aggregates: Mapping[str, Region]


@dataclass(frozen=True, slots=True)
class Match:
    """Whom a given name means. ``code`` is nothing where that is unknown; ``how`` "code", "name" and "alias" are exact."""

    given: str
    code: str | None
    how: How | None
    suggestions: tuple[str, ...] = ()
    aggregate: bool = False

    @property
    def repaired(self) -> bool:
        """Whether the name had to be mended to be understood; the caller lists it."""
        return self.how in ("spacing", "confusable", "near")


@dataclass(frozen=True)
class Resolution:
    """One match for every distinct given name."""

    gazetteer: str
    matches: Mapping[str, Match]

    @property
    def repairs(self) -> tuple[Match, ...]:
        """The names that were mended."""
        return tuple(match for match in self.matches.values() if match.repaired)

    @property
    def unknown(self) -> tuple[Match, ...]:
        """The names nobody could be found for."""
        return tuple(match for match in self.matches.values() if match.code is None)


def resolve(names: Sequence[str], gazetteer: str) -> Resolution:
    """Whom each distinct name means."""
    return Resolution(gazetteer, {name: Match(name, name, "code") for name in names})


def gazetteer(name: str) -> Gazetteer:
    """The gazetteer of that name."""
    return Gazetteer(name, {}, {})


def tiles(name: str) -> dict[str, tuple[int, int]]:
    """Where each region stands on the tile grid, as (row, column) from the top left."""
    return {code: entry.tile for code, entry in gazetteer(name).regions.items() if entry.tile is not None}
