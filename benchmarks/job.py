"""One thing to time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """A name, a builder whose result is called again and again, what the reference took and what is promised.

    Reference times are of COINr 1.1.14 and of ecomplexity 0.5.3 on two cores, measured once on an idle machine; they
    are printed for the ratio. R is not part of the set-up and is not run here; a ``peer`` that is a Python package is
    built and timed in the same run where the package it ``needs`` is installed.
    """

    name: str
    build: Callable[[], Callable[[], object]]
    reference: float | None = None
    goal: float | None = None
    peer: Callable[[], Callable[[], object]] | None = None
    needs: str = ""
