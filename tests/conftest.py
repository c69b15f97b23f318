"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.browsing import browser_path, launched

# Tests run side by side, one a core: threads of linear algebra inside each would only wait for one another. It has to
# be said before NumPy is loaded.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# The same examples every time, so that a verdict can be repeated; XINZHI_LAWS=search looks for others at random.
settings.register_profile("steady", derandomize=True)
settings.register_profile("search", print_blob=True)
settings.load_profile(os.environ.get("XINZHI_LAWS", "steady"))

SHARED = Path(os.environ.get("XINZHI_SHARED", Path(__file__).parents[2] / "shared"))


def _folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"no {folder}: set XINZHI_SHARED to the folder that holds {name}/")
    return folder


@pytest.fixture(scope="session")
def golden() -> Path:
    """Results of the field's reference programs; read in place, never copied."""
    return _folder("golden")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data sets with their defects; read in place, never copied."""
    return _folder("data")


@pytest.fixture(scope="session")
def reference() -> Path:
    """The paper, the list of its systems, and notes on methods; read in place, never copied."""
    return _folder("reference")


@pytest.fixture(scope="module")
def browser() -> str:
    """Where a browser is."""
    return browser_path()


@pytest.fixture(scope="module")
def chromium(browser: str) -> Iterator[Any]:
    """A running browser; of a module and no longer, as nothing else can start a loop of events beside it."""
    with launched(browser) as running:
        yield running
