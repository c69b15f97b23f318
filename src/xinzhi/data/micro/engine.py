"""The DuckDB that records are counted in: bounded memory, and a folder of its own for what does not fit into it."""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path

import ibis

GIB = 1024**3

# What a count may hold at most: with Python, Arrow and the result beside it, a process stays below four of them.
MOST = 3 * GIB


def engine() -> ibis.BaseBackend:
    """A DuckDB in memory that counts out of core: at most 3 GiB or half the machine's memory, the rest on disk.

    The folder is made by DuckDB when something has to be put there, and removed by it when the connection closes.
    """
    spill = Path(tempfile.gettempdir()) / f"xinzhi-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    limit = f"{memory() // 1024**2}MiB"
    made = ibis.duckdb.connect(memory_limit=limit, temp_directory=str(spill))
    made.raw_sql("SET enable_progress_bar = false")
    return made


def memory() -> int:
    """How many bytes the engine may hold."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows does not say
        machine = 2 * MOST
    return min(MOST, machine // 2)
