"""One thing to time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """A name, a builder whose result is called again and again, what the reference took and what is promised.

    Reference times are of COINr 1.1.14 on two cores, measured once on an idle machine; they are printed for the
    ratio and are not run here, since R is not part of the set-up.
    """

    name: str
    build: Callable[[], Callable[[], object]]
    reference: float | None = None
    goal: float | None = None
