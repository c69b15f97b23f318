"""A table as JSON from a real server, over and over: requests a second, the slowest hundredth, memory.

`python -m benchmarks serving` times one request. `python -m benchmarks.serving 60 200` asks for 60 seconds, 200 times a
second, over loopback, and prints what the server took; neither asks for more than 120 seconds or 2,000 times a second.
"""

from __future__ import annotations

import asyncio
import atexit
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.job import Job

TABLE = "/api/v1/studies/provinces/runs/latest/tables/scores.json?where=element=nqpf&columns=region,time,score,rank"
# Every so many requests one asks for what is not kept yet.
FRESH = 20
# Seconds after which a server begins to load, and of a processor in one second that are no work.
BREATH, IDLE = 2.0, 0.05
CONNECTIONS, MOST_SECONDS, MOST_RATE = 16, 120, 2_000


def start(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A server of the provinces template, run once, and its port."""
    study = folder / "provinces"
    xinzhi = [sys.executable, "-m", "xinzhi"]
    for arguments in (["new", str(study)], ["run", str(study), "--json"]):
        subprocess.run([*xinzhi, *arguments], check=True, stdout=subprocess.DEVNULL)
    return listening(folder)


def listening(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A server of a folder of studies, and its port."""
    command = [sys.executable, "-m", "xinzhi", "serve", str(folder), "--port", "0", "--json"]
    log = (folder / "log").open("w")
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    told = "".join(iter(server.stdout.readline, "}\n")) if server.stdout else ""
    return server, int(json.loads(told + "}")["port"])


def one() -> Callable[[], object]:
    """One request over a line that stays open; the server ends with this process."""
    folder = tempfile.TemporaryDirectory()
    server, port = start(Path(folder.name))
    line = http.client.HTTPConnection("127.0.0.1", port)

    def work() -> object:
        line.request("GET", TABLE)
        answer = line.getresponse()
        assert answer.status == 200
        return answer.read()

    atexit.register(folder.cleanup)
    atexit.register(server.terminate)  # the last to be registered is the first to be called
    return work


JOBS = [Job("serving: a table as JSON, one request", one, goal=0.01)]


async def ask(port: int, at: list[float], waits: list[float], answers: Counter[int], begun: float) -> None:
    """Ask at the given seconds over one line; a wait counts from when it should have been asked."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number, due in enumerate(at):
        await asyncio.sleep(max(0.0, begun + due - time.perf_counter()))
        fresh = f"&offset={int(due * 1e6) % 100}&limit={100 + number}" if number % FRESH == 0 else ""
        writer.write(f"GET {TABLE}{fresh} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        answers[int(head.split(b" ", 2)[1])] += 1
        waits.append(time.perf_counter() - begun - due)
    writer.close()


async def load(port: int, pid: int, seconds: int, rate: int) -> None:
    """Ask as often as was said and print what came of it."""
    due = np.arange(seconds * rate) / rate
    waits: list[float] = []
    answers: Counter[int] = Counter()
    memory: list[float] = []

    async def watch() -> None:
        while True:
            memory.append(_resident(pid))
            await asyncio.sleep(1)

    watching = asyncio.create_task(watch())
    worked, begun = _worked(pid), time.perf_counter() + 0.2
    await asyncio.gather(
        *(ask(port, due[at::CONNECTIONS].tolist(), waits, answers, begun) for at in range(CONNECTIONS))
    )
    took = time.perf_counter() - begun
    watching.cancel()
    p50, p99, most = (1e3 * np.quantile(waits, q) for q in (0.5, 0.99, 1.0))
    print(f"{len(waits)} requests in {took:.1f} s: {len(waits) / took:.0f} a second, answers {dict(answers)}")
    print(f"wait: median {p50:.1f} ms, 99th percentile {p99:.1f} ms, longest {most:.1f} ms")
    print(f"work: {1e3 * (_worked(pid) - worked) / len(waits):.2f} ms of a processor for an answer")
    third = max(1, len(memory) // 3)
    print(f"memory: {max(memory[:third]):.0f} MB at most in the first third, {max(memory[-third:]):.0f} MB in the last")


def settle(pid: int) -> None:
    """Wait until a server has loaded what it loads beside its first answers."""
    time.sleep(BREATH)
    for _ in range(MOST_SECONDS):
        before = _worked(pid)
        time.sleep(1)
        if not _worked(pid) - before > IDLE:
            return


def _resident(pid: int) -> float:
    """Megabytes that a process holds, where the system tells."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _worked(pid: int) -> float:
    """Seconds of a processor that a process has had, where the system tells."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def main(seconds: int = 60, rate: int = 200) -> None:
    """Start a server, warm it with one request, let it settle, and load it."""
    with tempfile.TemporaryDirectory() as folder:
        server, port = start(Path(folder))
        try:
            line = http.client.HTTPConnection("127.0.0.1", port)
            line.request("GET", TABLE)
            print(f"one answer: {len(line.getresponse().read())} bytes")
            line.close()
            settle(server.pid)
            asyncio.run(load(port, server.pid, min(seconds, MOST_SECONDS), min(rate, MOST_RATE)))
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
