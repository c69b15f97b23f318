"""From the files of a study to one panel, with everything that was mended or found wrong on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from xinzhi.core.errors import Fault
from xinzhi.core.labels import Panel
from xinzhi.data.sources import IndicatorSpec, Repair, Source, SourceSpec


@dataclass(frozen=True)
class Data:
    """What was brought in. ``records`` has one row per cell read, with what the file said and what became of it.

    ``faults`` are warnings; errors are raised, unless they were asked for (``load_sources(..., strict=False)``).
    """

    panel: Panel
    sources: tuple[Source, ...]
    repairs: tuple[Repair, ...]
    faults: tuple[Fault, ...]
    records: pa.Table

    def store(self, path: Path) -> None:
        """Write sources, records, repairs and notices to a DuckDB file, whole or not at all."""
        from xinzhi.data.store import write_store

        write_store(self, path)


def load_sources(
    folder: Path,
    sources: Sequence[SourceSpec],
    indicators: Sequence[IndicatorSpec] = (),
    *,
    regions: str = "own",
    years: tuple[int, int] | None = None,
    strict: bool = True,
) -> Data:
    """Read every source and build the panel.

    ``regions`` names the gazetteer, ``years`` keeps first to last. Raises ``DataError`` with every error of every
    file; with ``strict`` off the errors are in ``Data.faults`` instead and the rows concerned are left out.
    """
    raise NotImplementedError
