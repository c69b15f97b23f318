import os
import signal
import subprocess
import sys
import time

import pytest

from xinzhi.core.workers import hands_of, processes

STARTS_TWO = """
import os, time
from xinzhi.core.workers import processes
if __name__ == "__main__":
    pool = processes(2)
    asked = [pool.submit(time.sleep, 0.5) for _ in range(2)]
    [one.result() for one in asked]
    pool.submit(time.sleep, 600)
    print(*pool._processes, flush=True)
    time.sleep(600)
"""


def threads_of_numbers():
    import numba
    import numpy as np
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))
    return numba.get_num_threads(), {pool["num_threads"] for pool in threadpool_info()}


def test_a_process_of_the_pool_has_one_thread_for_its_numbers():
    with processes(1) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()
        numba, blas = pool.submit(threads_of_numbers).result()
    assert numba == 1
    assert blas <= {1}


def test_no_number_means_every_core():
    assert hands_of(None) == os.cpu_count()
    assert hands_of(3) == 3


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_processes_end_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(STARTS_TWO)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(children) == 2
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 30
    while (left := [pid for pid in children if _lives(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left


def _lives(pid):
    """Whether a process runs; one that has ended and that nobody has asked after does not."""
    try:
        os.kill(pid, 0)
        done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    except ProcessLookupError:
        return False
    return not done.stdout.strip().startswith("Z") and bool(done.stdout.strip())
