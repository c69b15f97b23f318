"""Studies on disk for the server's tests: a small one that has been run, and one whose names are hostile."""

from __future__ import annotations

import warnings
from pathlib import Path

from tests.small import REGIONS, small_study, table
from xinzhi import report
from xinzhi.study.outputs import write
from xinzhi.study.reading import read_study
from xinzhi.study.running import run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have another client than httpx
    from fastapi.testclient import TestClient

HOST = "http://127.0.0.1:8000"
SCRIPT, FORMULA, TURNED = "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\u202egnp.exe\u2066"
HOSTILE = (SCRIPT, FORMULA, TURNED, "@SUM(A1)")


def run_small(folder: Path, **kept: str) -> Path:
    """A small study that has been run once."""
    study = small_study(folder, **kept)
    write(run(read_study(study)), pages=report.write)
    return study


def run_hostile(folder: Path) -> Path:
    """A small study whose regions are markup, a formula and text that is turned round."""
    data = table()
    for region, name in zip(REGIONS, HOSTILE, strict=True):
        data = data.replace(f"\n{region},", f'\n"{name}",')
    return run_small(folder, data=data)


def client(app: object) -> TestClient:
    """A client that is answered as a browser would be: failures are answers, not exceptions."""
    return TestClient(app, base_url=HOST, raise_server_exceptions=False)
