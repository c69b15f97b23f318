"""Every method that goes by a name, described from its own function."""

from __future__ import annotations

import difflib
import importlib
import types
import typing
from dataclasses import asdict, dataclass
from typing import Any, Literal

from xinzhi.core.errors import Fault, StudyError
from xinzhi.core.methods import FAMILIES, Family, Method

# A family registers itself when its room is imported.
_ROOMS = (
    "xinzhi.measure.spec",
    "xinzhi.dynamics.breaks",
    "xinzhi.dynamics.density",
    "xinzhi.dynamics.inequality",
    "xinzhi.dynamics.latecomers",
    "xinzhi.dynamics.nearness",
    "xinzhi.dynamics.panels",
    "xinzhi.dynamics.states",
    "xinzhi.structure.across",
    "xinzhi.structure.conversion.shares",
    "xinzhi.structure.curves",
    "xinzhi.structure.disruption",
    "xinzhi.structure.fits",
    "xinzhi.structure.lagged",
    "xinzhi.structure.presence",
    "xinzhi.structure.proportions",
    "xinzhi.structure.complexity",
    "xinzhi.structure.density",
    "xinzhi.structure.location",
    "xinzhi.structure.relatedness",
    "xinzhi.simulate.summaries",
    "xinzhi.study.vary.statistics",
)


@dataclass(frozen=True)
class Option:
    """One option as a study file may set it."""

    name: str
    type: str
    required: bool
    default: Any = None


@dataclass(frozen=True)
class Described:
    """One method: its family, its names, one line on what it does, its options and its source."""

    family: str
    family_zh: str
    about: str
    name: str
    zh: str
    summary: str
    options: tuple[Option, ...]
    cite: str

    def to_dict(self) -> dict[str, Any]:
        """The description as plain data."""
        return asdict(self)


def described(which: str | None = None) -> tuple[Described, ...]:
    """Every method, those of one family, or those of one name. Raises ``StudyError`` with near names."""
    for room in _ROOMS:
        importlib.import_module(room)
    every = [_describe(family, one) for family in sorted(FAMILIES.values(), key=_place) for one in members(family)]
    if which is None:
        return tuple(every)
    found = tuple(one for one in every if one.family == which) or tuple(one for one in every if one.name == which)
    if not found:
        raise StudyError(_unknown(which, [*FAMILIES, *dict.fromkeys(one.name for one in every)]))
    return found


def members(family: Family) -> list[Method]:
    """The methods of a family by the module that holds them, whatever was imported first."""
    return sorted(family, key=lambda method: method.function.__module__)


def _place(family: Family) -> tuple[int, str]:
    """Where a family stands: by its house in the order of the rooms, then by name, whatever was imported first."""
    house = [part for method in family for part in method.function.__module__.split(".")[:2]][:2]
    rooms = [room.split(".")[:2] for room in _ROOMS]
    return (rooms.index(house) if house in rooms else len(rooms)), family.name


def _unknown(which: str, known: list[str]) -> Fault:
    near = difflib.get_close_matches(which, known, n=3)
    return Fault(
        "unknown-method",
        f"no family and no method is named '{which}'. "
        + (f"Did you mean: {', '.join(near)}?" if near else f"Families: {', '.join(FAMILIES)}."),
        f"没有名为“{which}”的方法族或方法。"
        + (f"是否指：{'、'.join(near)}？" if near else f"方法族：{'、'.join(FAMILIES)}。"),
    )


def _describe(family: Family, method: Method) -> Described:
    options = tuple(
        Option(name, _type(field.annotation), field.is_required(), None if field.is_required() else field.default)
        for name, field in method.options.model_fields.items()
    )
    return Described(family.name, family.zh, family.about, method.name, method.zh, method.summary, options, method.cite)


def _type(annotation: Any) -> str:
    """A type as a study file's writer would say it."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return " | ".join(repr(part) for part in parts)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type(part) for part in parts if part is not type(None))
    if origin is typing.Annotated:
        return _type(parts[0])
    if origin in (tuple, list):
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"table of {_type(parts[1])}"
    words = {str: "text", int: "whole number", float: "number", bool: "true | false"}
    return words[annotation] if annotation in words else str(getattr(annotation, "__name__", annotation))
