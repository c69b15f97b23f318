"""A file made on the spot and brought in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xinzhi.core.errors import DataError, Fault
from xinzhi.data.loading import Data, load_sources
from xinzhi.data.sources import IndicatorSpec, SourceSpec


def bring(
    folder: Path,
    content: str | bytes | None = None,
    *,
    file: str = "data.csv",
    regions: str = "china-provinces",
    years: tuple[int, int] | None = None,
    indicators: tuple[IndicatorSpec, ...] = (),
    strict: bool = True,
    **how: Any,
) -> Data:
    if content is not None:
        (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    spec = SourceSpec(file=file, **how)
    return load_sources(folder, [spec], indicators, regions=regions, years=years, strict=strict)


def refused(folder: Path, content: str | bytes | None = None, **how: Any) -> tuple[Fault, ...]:
    with pytest.raises(DataError) as caught:
        bring(folder, content, **how)
    return caught.value.faults


def codes(faults: tuple[Fault, ...]) -> list[str]:
    return [fault.code for fault in faults]


def cell(data: Data, region: str, year: int, indicator: str) -> float:
    return float(data.panel.sel(region=region, time=year, indicator=indicator))
