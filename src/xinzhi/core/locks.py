"""Locks that live as long as the process that holds them, however it ends."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if os.name == "nt":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


_TRIES, _WAIT = 5, 0.02
_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold a lock on a file, which holds our process number. Raises ``OSError`` where another process holds it.

    The system lets go of it when the process ends, even when it is killed. The file itself stays.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take_soon(handle)
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        os.close(handle)


def _take_soon(handle: int) -> None:
    """Take a lock, which somebody who looks whether it is held holds for a moment."""
    for _ in range(_TRIES):
        try:
            _take(handle)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
            time.sleep(_WAIT)
        else:
            return
    _take(handle)


def held(path: Path) -> bool:
    """Whether a process holds the lock on a file, as far as can be told: a disk without locks says yes."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        _take(handle)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def holder(path: Path) -> int | None:
    """The number of the process that holds or last held the lock on a file."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
