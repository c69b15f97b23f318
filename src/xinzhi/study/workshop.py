"""A place to make results in beside where they will stand, which a killed process cannot leave lying about for good."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from xinzhi.core.locks import held, holder, holding

# What a folder in the making is called, the lock in it, and the seconds that taking the lock may last.
_MAKING, _ALIVE, _MOMENT = ".making-", ".alive", 10.0


@contextmanager
def workshop(beside: Path) -> Iterator[Path]:
    """A folder on the same disk to make things in; it is gone afterwards, whatever happens.

    A process that is killed leaves its folder behind, and the lock in it free: the next to come clears it away.
    """
    clear_away(beside)
    shop = Path(tempfile.mkdtemp(prefix=_MAKING, dir=beside))
    try:
        with ExitStack() as stack:
            with suppress(OSError):  # a disk without locks
                stack.enter_context(holding(shop / _ALIVE))
            yield shop
    finally:
        shutil.rmtree(shop, ignore_errors=True)
        with suppress(OSError):  # only an empty folder goes: the one made for a run that failed
            beside.rmdir()


def clear_away(runs: Path, *, of: int | None = None) -> None:
    """Remove what killed processes left half-made in a folder of runs; that of process ``of`` however new it is."""
    for shop in runs.glob(f"{_MAKING}*"):
        lock = shop / _ALIVE
        with suppress(OSError):
            # Between making the folder and taking its lock a living process has a moment without.
            settled = holder(lock) == of if of is not None else time.time() - lock.stat().st_mtime > _MOMENT
            if settled and not held(lock):
                shutil.rmtree(shop, ignore_errors=True)
