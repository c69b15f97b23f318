"""A browser of this machine for tests; none is ever downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "XINZHI_CHROMIUM"
# What is waited for comes within this many milliseconds, on a busy machine too.
PATIENCE = 60_000


def browser_path() -> str:
    """Where Chromium is: what ``XINZHI_CHROMIUM`` names, else the first found by name; else the test is skipped."""
    named = os.environ.get(VARIABLE)
    found = next(filter(None, map(shutil.which, [named] if named else NAMES)), None)
    if found is None and named:
        pytest.fail(f"{VARIABLE} names {named}, which is no program")
    if found is None:
        pytest.skip(f"no browser: install one of {', '.join(NAMES)}, or name one in {VARIABLE}")
    return found


@contextmanager
def launched(path: str) -> Iterator[Any]:
    """A running browser."""
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
