"""Runs for the report's tests: a study and its data made in memory, measured by the real index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from xinzhi.core.errors import Fault
from xinzhi.core.labels import ORIGINS, Panel, panel
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import Text
from xinzhi.data.loading import Data
from xinzhi.data.regions import gazetteer
from xinzhi.data.sources import Repair, Source
from xinzhi.measure.composite import measure
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.audit import audit
from xinzhi.study.dynamics.following import dynamics_of
from xinzhi.study.matching import Settled
from xinzhi.study.measuring import Measured
from xinzhi.study.reading import study_of
from xinzhi.study.running import Run
from xinzhi.study.vary.choices import VarySpec
from xinzhi.study.vary.claims import Claim
from xinzhi.study.vary.following import followed
from xinzhi.study.vary.statistics import Follow
from xinzhi.study.vary.varying import vary

STUDY = """\
[study]
title = {{ en = {title_en}, zh = "新质生产力：测试" }}
regions = "{regions}"
fictional = {fictional}
[[source]]
file = "panel.csv"
[report]
{report}
"""
PILLARS = (
    ("technology", "New technology", "新技术"),
    ("energy", "New energy", "新能源"),
    ("industry", "New industry", "新产业"),
    ("digital", "Digital economy", "数字经济"),
)


def a_run(
    folder: Path,
    *,
    regions: str = "china-provinces",
    years: int = 6,
    per_pillar: int = 3,
    own: tuple[str, ...] = (),
    title_en: str = '"A test"',
    fictional: bool = True,
    report: str = "",
    missing: float = 0.06,
    drop: int = 0,
    varied: dict[str, object] | None = None,
    follow: tuple[dict[str, object], ...] = (),
    claim: tuple[dict[str, object], ...] = (),
    **steps: object,
) -> Run:
    """Measure made-up data: a quarter of the regions' level drifts, some cells are missing, one is extreme.

    With ``varied`` (what a study file says under [vary]) the index is replayed, ``claim`` is judged.
    """
    entries = list(gazetteer(regions).regions.values())[drop:]
    codes = list(own) or [entry.code for entry in entries]
    text = STUDY.format(title_en=title_en, regions=regions, fictional=str(fictional).lower(), report=report)
    study = study_of(text, folder)
    spec = _spec(per_pillar, steps)
    cells = _cells(codes, entries if not own else [], years, spec, missing)
    data = Data(cells, (_source(),), (_repair(),), (_notice(),), pa.table({"region": codes}))
    index = measure(cells, spec, inputs={"panel.csv": digest("panel")})
    settings = {"study": study.text, "index": index.record.settings, "matched": {}}
    made = Measured(study, data, Settled(spec), index, Record("run", settings, {"panel.csv": digest("panel")}))
    doubt = vary(cells, spec, VarySpec.model_validate({"draws": 64, "seed": 3} | varied)) if varied else None
    follows = [Follow.model_validate(one) for one in follow]
    return Run(
        made.study,
        made.data,
        made.settled,
        made.index,
        made.record,
        doubt=doubt,
        followed=tuple(doubt.follow(one) if doubt else followed(index, one) for one in follows),
        dynamics=dynamics_of(study, index),
        verdicts=tuple(doubt.judge(Claim.model_validate(one)) for one in claim) if doubt else (),
        audit=audit(made),
    )


def _spec(per_pillar: int, steps: dict[str, object]) -> IndexSpec:
    indicators = [
        {
            "code": f"{pillar}_{i}",
            "parent": pillar,
            "name": {"en": f"{en}, reading {i + 1}", "zh": f"{zh}指标{i + 1}"},
            "weight": i + 1,
            "direction": -1 if i == 1 else 1,
            "unit": ("%", "亿元", "件/万人")[i % 3],
        }
        for pillar, en, zh in PILLARS
        for i in range(per_pillar)
    ]
    elements = [{"code": "nqpf", "name": {"en": "New quality productive forces", "zh": "新质生产力"}}]
    elements += [{"code": code, "parent": "nqpf", "name": {"en": en, "zh": zh}} for code, en, zh in PILLARS]
    title = {"en": "New quality productive forces", "zh": "新质生产力指数"}
    chosen = {
        "treat": {"method": "winsorise-then-log"},
        "impute": [{"method": "linear"}],
        "weigh": {"method": "given", "relative": True},
    } | steps
    return IndexSpec.model_validate({"title": title, "elements": elements, "indicators": indicators, **chosen})


def _cells(codes: list[str], entries: list, years: int, spec: IndexSpec, missing: float) -> Panel:
    rng = np.random.default_rng(7)
    r, k = len(codes), len(spec.indicators)
    level = rng.normal(size=(r, 1, 1)) + np.linspace(0, 1, years)[None, :, None] * rng.normal(0.6, 0.5, size=(r, 1, 1))
    values = np.exp(0.5 * level + 0.35 * rng.normal(size=(r, 1, k)) + 0.08 * rng.normal(size=(r, years, k)))
    values[:, :, [leaf.direction < 0 for leaf in spec.indicators]] **= -1
    values[0, -1, 0] *= 30
    values[rng.random(values.shape) < missing] = np.nan
    if r > 8:
        values[r // 2] = np.nan
    origin = np.where(np.isnan(values), 0, 1)
    origin[2, 0][origin[2, 0] == 1] = ORIGINS.index("filled-in-source")
    return panel(
        values,
        codes,
        np.arange(2023 - years, 2023),
        [leaf.code for leaf in spec.indicators],
        origin=origin,
        about_region={
            "name_en": [entry.name_en for entry in entries] or codes,
            "name_zh": [entry.name_zh for entry in entries] or codes,
        },
        about_indicator={"unit": [leaf.unit for leaf in spec.indicators]},
    )


def _source() -> Source:
    columns = {"region": "region", "time": "year"}
    cite = Text(en="Statistical Yearbook of Nowhere", zh="虚构统计年鉴")
    return Source("panel.csv", digest("panel"), 1240, 1240, "long", columns, encoding="gb18030", cite=cite)


def _repair() -> Repair:
    return Repair(
        reason="confusable",
        en="'两' is easily taken for '西'.",
        zh="“两”与“西”形近。",
        was="两藏",
        now="西藏",
        file="panel.csv",
        column="region",
        count=3,
        rows=(4, 9, 14),
    )


def _notice() -> Fault:
    return Fault(
        "totals-dropped",
        "rows for the national total were left out.",
        "已略去全国合计行。",
        file="panel.csv",
        row=2,
        severity="warning",
    )
