"""How new quality productive forces grow: universities, entrepreneurs, firms, capital, talent, parks and energy.

The room can itself be called: ``xinzhi.simulate(start, policies)`` is ``xinzhi.simulate.experiments.experiment``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    # The verb `xinzhi.simulate` and the package `xinzhi.simulate` are one name; see `xinzhi.measure`.
    def __call__(self, *args: Any, **options: Any) -> Any:
        from xinzhi.simulate.experiments import experiment

        return experiment(*args, **options)


sys.modules[__name__].__class__ = _Room
