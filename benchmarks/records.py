"""Records counted by region × activity × year, straight from Parquet, beside the same count written in SQL.

`python -m benchmarks records` runs three sizes. `python -m benchmarks.records 100_000_000` makes a hundred million rows
in a temporary folder (about 1 GB, removed afterwards) and prints time and peak memory of both, each in its own process.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.job import Job
from xinzhi.data.micro.engine import engine
from xinzhi.data.micro.records import records

REGIONS, ACTIVITIES, FIRST, LAST = 300, 700, 1990, 2024
CHUNK = 2_000_000
SQL = "SELECT region, activity, year, count(*), sum(employees) FROM read_parquet('{}') GROUP BY ALL"
UNITS = "SELECT region, activity, year, count(DISTINCT firm) FROM read_parquet('{}') GROUP BY ALL"


def made(folder: Path, rows: int, seed: int = 7) -> Path:
    """A folder of Parquet with firms seen in years, written piece by piece."""
    rng = np.random.default_rng(seed)
    regions = pa.array([f"R{at:03d}" for at in range(REGIONS)])
    activities = pa.array([f"{at:04d}" for at in range(ACTIVITIES)])
    for at, start in enumerate(range(0, rows, CHUNK)):
        n = min(CHUNK, rows - start)
        skewed = np.minimum(rng.exponential(ACTIVITIES / 6, n).astype(np.int32), ACTIVITIES - 1)
        table = pa.table(
            {
                "firm": rng.integers(0, max(rows // 10, 1), n),
                "region": pa.DictionaryArray.from_arrays(
                    pa.array(rng.integers(0, REGIONS, n, dtype=np.int32)), regions
                ),
                "activity": pa.DictionaryArray.from_arrays(pa.array(skewed), activities),
                "year": rng.integers(FIRST, LAST + 1, n, dtype=np.int32),
                "employees": np.ceil(rng.lognormal(2, 1.2, n)),
            }
        )
        pq.write_table(table, folder / f"part-{at:05d}.parquet")
    return folder


def ours(folder: Path, measure: tuple[str, ...] = ("records", "value")) -> Callable[[], object]:
    def work() -> object:
        found = records(folder, unit="firm", region="region", activity="activity", date="year", value="employees")
        return len(found.count(measure).table.to_pyarrow())

    return work


def plain(folder: Path, sql: str = SQL) -> Callable[[], object]:
    def work() -> object:
        with duckdb.connect() as con:
            con.execute("SET enable_progress_bar = false")
            return len(con.sql(sql.format(folder / "*.parquet")).to_arrow_table())

    return work


def built(rows: int) -> Path:
    """The folder of that size, made once and removed when the process ends."""
    if rows not in _FOLDERS:
        _FOLDERS[rows] = tempfile.TemporaryDirectory(prefix="xinzhi-records-")
        made(Path(_FOLDERS[rows].name), rows)
    return Path(_FOLDERS[rows].name)


_FOLDERS: dict[int, tempfile.TemporaryDirectory[str]] = {}

JOBS = [
    Job(
        f"records, {rows:,} rows from Parquet (DuckDB SQL)",
        lambda rows=rows: ours(built(rows)),  # type: ignore[misc]
        peer=lambda rows=rows: plain(built(rows)),  # type: ignore[misc]
        needs="duckdb",
    )
    for rows in (100_000, 1_000_000, 10_000_000)
]


def _measured(which: str, folder: str, tell: multiprocessing.connection.Connection) -> None:
    work = {
        "xinzhi records + value": ours(Path(folder)),
        "DuckDB SQL records + value": plain(Path(folder)),
        "xinzhi different firms": ours(Path(folder), ("units",)),
        "DuckDB SQL different firms": plain(Path(folder), UNITS),
    }[which]
    start = time.perf_counter()
    cells = work()
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    tell.send(json.dumps({"job": which, "cells": cells, "seconds": round(took, 1), "peak GiB": round(peak, 2)}))


def large(rows: int) -> None:
    """One run of each, each in a process of its own so that its memory can be told."""
    with tempfile.TemporaryDirectory(prefix="xinzhi-records-") as name:
        free = shutil.disk_usage(name).free
        if free < 60 * rows:
            raise SystemExit(
                f"{60 * rows / 1024**3:.0f} GiB of disk are needed in {name}; {free / 1024**3:.0f} are free"
            )
        folder = made(Path(name), rows)
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1024**3
        settings = engine().con.sql("SELECT current_setting('memory_limit'), current_setting('threads')").fetchone()  # type: ignore[attr-defined]
        print(f"{rows:,} rows, {size:.2f} GiB of Parquet; memory limit and threads {settings}", flush=True)
        fresh = multiprocessing.get_context("spawn")
        for which in (
            "xinzhi records + value",
            "DuckDB SQL records + value",
            "xinzhi different firms",
            "DuckDB SQL different firms",
        ):
            here, there = fresh.Pipe(duplex=False)
            process = fresh.Process(target=_measured, args=(which, name, there))
            process.start()
            there.close()
            try:
                print(here.recv(), flush=True)
            except EOFError:
                print(json.dumps({"job": which, "ended": "without a result"}), flush=True)
            process.join()


if __name__ == "__main__":
    large(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 10_000_000)
