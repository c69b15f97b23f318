"""Who does the work: this process, threads or processes of this machine, or an executor of somebody's cluster.

Work is written to the interface of ``concurrent.futures``, so that ``client.get_executor()`` of Dask serves as well.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing.connection import wait

# A number of threads or processes (one: in turn, here; none: as many as there are cores), or an executor.
Workers = int | Executor | None

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def hands_of(workers: int | None) -> int:
    """How many hands that is: as many as there are cores unless a number is given."""
    return workers or os.cpu_count() or 1


def processes(hands: int) -> ProcessPoolExecutor:
    """A pool of fresh processes, each with one thread for its numbers, which end when this process ends.

    Fresh (spawned), because a copy of a process that has threads can stop for good; so what they are given must be
    found by name in a module. They end with this process even when it is killed, and leave nobody behind.
    """
    return ProcessPoolExecutor(hands, multiprocessing.get_context("spawn"), _settle_in)


def _settle_in() -> None:
    """What a process of the pool does first."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(dict.fromkeys(_THREADS, "1"))  # for libraries that are loaded later
    import numba
    from threadpoolctl import threadpool_limits

    numba.set_num_threads(1)  # loads what Numba's threads need, so it comes first
    threadpool_limits(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)  # whatever it was doing is of no use to anybody now
