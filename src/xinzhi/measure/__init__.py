"""How much: composite indices of new quality productive forces.

The room can itself be called: ``xinzhi.measure(panel, spec)`` is ``xinzhi.measure.composite.measure``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    # The verb `xinzhi.measure` and the package `xinzhi.measure` are one name, and importing any module of the package
    # would put the package in the verb's place.
    def __call__(self, *args: Any, **options: Any) -> Any:
        from xinzhi.measure.composite import measure

        return measure(*args, **options)


sys.modules[__name__].__class__ = _Room
