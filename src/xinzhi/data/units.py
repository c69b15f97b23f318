"""Units of measurement: what a label means, whether two mean the same, and the factor between two of one kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: ``factor`` of it make the dimension's base unit."""

    code: str
    zh: str
    en: str
    dimension: str
    factor: float


def units() -> Mapping[str, Unit]:
    """Every unit of the catalogue by its code."""
    return {}


def find(label: str) -> Unit | None:
    """The unit a label means, or nothing."""
    return None


def known(label: str) -> bool:
    """Whether a label is a unit of the catalogue."""
    return find(label) is not None


def same(first: str, second: str) -> bool:
    """Whether two labels mean one unit."""
    return first == second


def conversion(have: str, want: str) -> float | None:
    """What to multiply a value in ``have`` by to express it in ``want``; nothing where that is not known."""
    return 1.0 if same(have, want) else None
