"""A run in a few lines, and as plain data: who is first and how surely, which claims hold, what was found of links."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import Language
from xinzhi.core.labels import REGION, TIME
from xinzhi.study.audit.findings import Finding
from xinzhi.study.dynamics import summary as course
from xinzhi.study.running import AnyRun, Run
from xinzhi.study.simulation import summary as worlds
from xinzhi.study.structure_summary import data_of, lines_of
from xinzhi.study.vary.claims import Verdict
from xinzhi.study.vary.following import Followed

_LEADERS = 5


def in_words(run: AnyRun, folder: Path, language: Language) -> str:
    """What a run found, in a few lines; ``folder`` is where the results are."""
    lines = [_title(run, language)] if not isinstance(run, Run) else []
    if isinstance(run, Run):
        lines += _lines_zh(run) if language == "zh" else _lines_en(run)
        lines += course.lines_of(run.dynamics, language) if run.dynamics else []
    if run.structure is not None:
        lines += lines_of(run.structure, language)
    if run.simulation is not None:
        lines += worlds.lines_of(run.simulation, language)
    return "\n".join([*lines, *_where(run, folder, language)])


def as_data(run: AnyRun, folder: Path) -> dict[str, Any]:
    """What a run found, as data that JSON can carry: missing numbers are ``None``."""
    return {
        "ok": True,
        "run": str(folder),
        "report": str(folder / "report.html"),
        "title": run.study.spec.title.model_dump(),
        **(_index_data(run) if isinstance(run, Run) else {}),
        **(data_of(run.structure) if run.structure is not None else {}),
        **(worlds.data_of(run.simulation) if run.simulation is not None else {}),
        "repairs": [repair.to_dict() for repair in run.data.repairs] if run.data else [],
        "warnings": [fault.to_dict() for fault in run.warnings],
    }


def _index_data(run: Run) -> dict[str, Any]:
    index = run.index
    return {
        "regions": len(index.regions),
        "years": [int(index.times[0]), int(index.times[-1])],
        "indicators": index.tree.n_indicators,
        "versions": run.doubt.design.independent if run.doubt else 0,
        "matched": run.settled.matched,
        "ranking": _records(_ranking(run)),
        "followed": [_followed(one) for one in run.followed],
        "claims": [_verdict(verdict) for verdict in run.verdicts],
        "audit": [_finding(finding) for finding in run.audit.findings],
        **(course.data_of(run.dynamics) if run.dynamics else {}),
    }


def _lines_en(run: Run) -> Iterator[str]:
    index, leaders = run.index, _leaders(run, "en")
    first, last, ranked = index.times[0], index.times[-1], int(index.top.isel(time=-1).count())
    yield (f"{_title(run, 'en')}: {len(index.regions)} regions, {first}-{last}, {index.tree.n_indicators} indicators")
    sure = f", ranks in 90 % of {run.doubt.design.independent} versions" if run.doubt else ""
    yield f"First of {ranked} in {last}{sure}: {', '.join(leaders)}"
    yield from (_claim_en(verdict) for verdict in run.verdicts)
    serious = run.audit.serious
    if serious:
        count = "1 serious finding" if len(serious) == 1 else f"{len(serious)} serious findings"
        yield f"Audit: {count}: {'; '.join(dict.fromkeys(finding.title.en for finding in serious))}"
    else:
        yield f"Audit: no serious finding, {_notable(run)} worth knowing"


def _lines_zh(run: Run) -> Iterator[str]:
    index, leaders = run.index, _leaders(run, "zh")
    first, last, ranked = index.times[0], index.times[-1], int(index.top.isel(time=-1).count())
    yield (f"{_title(run, 'zh')}：{len(index.regions)} 个地区，{first}—{last} 年，{index.tree.n_indicators} 项指标")
    sure = f"（括号内为 {run.doubt.design.independent} 个方案中的 90% 排名区间）" if run.doubt else ""
    yield f"{last} 年 {ranked} 个地区中居前{sure}：{'、'.join(leaders)}"
    yield from (_claim_zh(verdict) for verdict in run.verdicts)
    serious = run.audit.serious
    if serious:
        titles = "；".join(dict.fromkeys(finding.title.zh for finding in serious))
        yield f"审计：严重问题 {len(serious)} 项：{titles}"
    else:
        yield f"审计：未发现严重问题，提示 {_notable(run)} 项"


def _title(run: AnyRun, language: Language) -> str:
    about = run.study.spec.study
    if not about.fictional:
        return about.title[language]
    return f"{about.title.zh}（虚构）" if language == "zh" else f"{about.title.en} (fictional)"


def _where(run: AnyRun, folder: Path, language: Language) -> Iterator[str]:
    repairs = len(run.data.repairs) if run.data else 0
    if language == "zh":
        yield f"修复 {repairs} 类；提示 {len(run.warnings)} 条（见 results.xlsx 的“修复”表）"
        yield f"结果：{folder}"
        yield f"报告：{folder / 'report.html'}"
    else:
        yield f"Repairs: {repairs}; notes: {len(run.warnings)} (in results.xlsx, sheet repairs)"
        yield f"Results: {folder}"
        yield f"Report: {folder / 'report.html'}"


def _claim_en(verdict: Verdict) -> str:
    own = {True: "it holds", False: "it does not", None: "it is undefined"}[verdict.nominal]
    if np.isnan(verdict.share):
        return f"Claim: {verdict.title.en}: undefined in every version"
    whole = verdict.share_defined == 1
    some = "versions" if whole else f"the {verdict.share_defined:.0%} of versions in which it is defined"
    return f"Claim: {verdict.title.en}: holds in {verdict.share:.1%} of {some}; in the study as it stands {own}"


def _claim_zh(verdict: Verdict) -> str:
    own = {True: "成立", False: "不成立", None: "无法判断"}[verdict.nominal]
    if np.isnan(verdict.share):
        return f"论断：{verdict.title.zh}：在所有方案中均无法判断"
    some = "方案" if verdict.share_defined == 1 else f"可判断的方案（占 {verdict.share_defined:.0%}）"
    return f"论断：{verdict.title.zh}：在 {verdict.share:.1%} 的{some}中成立，按研究现有设定{own}"


def _leaders(run: Run, language: Language) -> list[str]:
    """The first few of the last year, each with the interval of its rank where choices vary."""
    name = f"region_name_{language}"
    table = _ranking(run).dropna(subset=["rank"]).head(_LEADERS)
    names = table[name if name in table else REGION]
    if run.doubt is None:
        return [str(one) for one in names]
    dash, (left, right) = ("—", "（）") if language == "zh" else ("-", (" (", ")"))
    places = zip(names, table["rank"], table["rank_low"], table["rank_high"], strict=True)
    return [f"{one} {rank:.0f}{left}{_places(low, high, dash)}{right}" for one, rank, low, high in places]


def _places(low: float, high: float, dash: str) -> str:
    return f"{low:.0f}{dash}{high:.0f}"


def _notable(run: Run) -> int:
    return sum(finding.severity == "worth-knowing" for finding in run.audit.findings)


def _ranking(run: Run) -> pd.DataFrame:
    """The ranking of the last year, with intervals where choices vary; regions without a score come last."""
    index = run.index
    table = index.to_frame().query(f"{TIME} == {index.times[-1]} and element == '{index.tree.codes[-1]}'")
    columns = [name for name in (REGION, "region_name_en", "region_name_zh", "score", "rank") if name in table]
    table = table[columns].sort_values("rank", kind="stable")
    if run.doubt is None:
        return table
    sure = run.doubt.intervals()
    bounds = ["rank_median", "rank_low", "rank_high", "score_low", "score_high", "share_scored"]
    return table.merge(sure[sure[TIME] == index.times[-1]][[REGION, *bounds]], on=REGION)


def _followed(one: Followed) -> dict[str, Any]:
    return {"statistic": one.spec.method.name, "title": one.title.model_dump(), "values": _records(one.intervals())}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "title": verdict.title.model_dump(),
        "holds": verdict.nominal,
        "share": _number(verdict.share),
        "share_defined": _number(verdict.share_defined),
        "breakers": _records(verdict.breakers),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    words = {"title": finding.title, "said": finding.said, "way_out": finding.way_out}
    return {
        "pitfall": finding.pitfall,
        "code": finding.code,
        "severity": finding.severity,
        **{name: text.model_dump() for name, text in words.items()},
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return list(json.loads(table.to_json(orient="records", force_ascii=False)))


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
