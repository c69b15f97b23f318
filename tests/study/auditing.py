"""Runs for the audit's tests: a small study made in memory, with what is planted in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from xinzhi.core.labels import panel
from xinzhi.core.results import Record
from xinzhi.data.loading import Data
from xinzhi.measure.composite import measure
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.audit import Audit, Finding
from xinzhi.study.matching import Settled
from xinzhi.study.measuring import Measured
from xinzhi.study.reading import study_of

STUDY = """\
[study]
title = "Planted"
regions = "{regions}"
{about}
[[source]]
file = "panel.csv"
"""


def columns(k: int = 4, regions: int = 12, years: int = 4, seed: int = 5) -> dict[str, np.ndarray]:
    """Independent positive columns a, b, …, (region, time), that keep most of a region's level over the years."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(20, 80, size=(k, regions, 1))
    return dict(zip("abcdefgh"[:k], level + rng.uniform(-3, 3, size=(k, regions, years)), strict=True))


def a_run(
    values: Mapping[str, np.ndarray],
    *,
    units: Mapping[str, str] | None = None,
    indicators: Sequence[Mapping[str, Any]] | None = None,
    elements: Sequence[Mapping[str, Any]] | None = None,
    regions: str = "own",
    codes: Sequence[str] | None = None,
    about: str = 'note = "no boundaries changed"',
    **steps: Any,
) -> Measured:
    """Measure (region, time) columns; without ``indicators`` all of them stand under one index."""
    cells = np.stack(list(values.values()), axis=-1)
    r, t, _ = cells.shape
    codes = list(codes or (f"R{i:02d}" for i in range(r)))
    names = {"name_en": [f"Region {code}" for code in codes], "name_zh": [f"地区{code}" for code in codes]}
    unit = [(units or {}).get(code, "") for code in values]
    made = panel(
        cells, codes, np.arange(2023 - t, 2023), list(values), about_region=names, about_indicator={"unit": unit}
    )
    spec = IndexSpec.model_validate(
        {
            "elements": list(elements or [{"code": "index"}]),
            "indicators": list(indicators or [{"code": code, "parent": "index"} for code in values]),
            **steps,
        }
    )
    study = study_of(STUDY.format(regions=regions, about=about), Path())
    data = Data(made, (), (), (), lambda: pa.table({}))
    index = measure(made, spec)
    return Measured(study, data, Settled(spec), index, Record("run", {}, {}))


def codes_of(audited: Audit, pitfall: int) -> dict[str, Finding]:
    """The findings under a pitfall by code."""
    return {finding.code: finding for finding in audited.of(pitfall)}
