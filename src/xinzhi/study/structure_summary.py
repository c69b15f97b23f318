"""What a run found of its links, in a few lines and as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import Language
from xinzhi.core.specs import Text
from xinzhi.structure.curves import STAGES
from xinzhi.study.ladder import summary as ladder
from xinzhi.study.records import summary as records
from xinzhi.study.structure import digital_summary
from xinzhi.study.structure.dependency_spec import DependencySpec
from xinzhi.study.structure.results import Depended, Emerged, Fused, Space, Structure

_LEADERS = 5
_EMERGING = 20
_WORST = 3


def lines_of(found: Structure, language: Language) -> Iterator[str]:
    """Each space and who leads in it, how its entries are foretold, and how far the stages of the chain fit."""
    if found.records is not None:
        yield from records.lines_of(found.records, language)
    for space in found.spaces.values():
        yield from _space_zh(space) if language == "zh" else _space_en(space)
    if found.fusion is not None:
        yield from _fusion(found.fusion, language)
        yield from _coupling(found.fusion, language)
    if found.emergence is not None:
        yield from _emergence(found.emergence, language)
    if found.dependency is not None:
        yield from _dependency(found.dependency, language)
    if found.ladder is not None:
        yield from ladder.lines_of(found.ladder, language)
    if found.digital is not None:
        yield from digital_summary.lines_of(found.digital, language)


def data_of(found: Structure) -> dict[str, Any]:
    """The same as data: missing numbers are ``None``."""
    beside: dict[str, Any] = {"emergence": _records(found.emergence.topics)} if found.emergence else {}
    if found.dependency is not None:
        beside["dependency"] = [_dependency_data(found.dependency, spec) for spec in found.dependency.specs]
    if found.ladder is not None:
        beside["ladder"] = ladder.data_of(found.ladder)
    if found.digital is not None:
        beside["digital"] = digital_summary.data_of(found.digital)
    if found.records is not None:
        beside["records"] = records.data_of(found.records)
    return beside | {
        "links": [_space_data(space) for space in found.spaces.values()],
        **({"fusion": _records(found.fusion.overall)} if found.fusion else {}),
        **({"coupling": _records(found.fusion.coupling)} if found.fusion and len(found.fusion.coupling) else {}),
    }


def _space_en(space: Space) -> Iterator[str]:
    spread = _spread(space, " to ")
    size = f"{len(space.links.regions)} regions × {len(space.links.activities)} activities"
    yield f"{space.title.en}: {size}, {spread}"
    if len(leaders := _leaders(space)):
        stable = _stable(space)
        sure = "" if np.isnan(stable) else f" (ranks of draws agree {stable:.2f})"
        yield f"  Most complex of {_ranked(space)} in {space.last}{sure}: {', '.join(leaders['name_en'])}"
    if space.verdict is not None:
        yield f"  Entry {space.verdict.en}"


def _space_zh(space: Space) -> Iterator[str]:
    size = f"{len(space.links.regions)} 个地区 × {len(space.links.activities)} 项活动"
    yield f"{space.title.zh}：{size}，{_spread(space, ' 至 ')}"
    if len(leaders := _leaders(space)):
        stable = _stable(space)
        sure = "" if np.isnan(stable) else f"（抽样名次平均秩相关 {stable:.2f}）"
        yield f"  {space.last}：{_ranked(space)} 个地区中复杂度居前{sure}：{'、'.join(leaders['name_zh'])}"
    if space.verdict is not None:
        yield f"  进入预测：{space.verdict.zh}"


def _fusion(found: Fused, language: Language) -> Iterator[str]:
    last = found.overall["period"].iloc[-1]
    for row in found.overall[found.overall["period"] == last].to_dict("records"):
        one, other = found.titles[row["from"]][language], found.titles[row["to"]][language]
        if language == "zh":
            yield (
                f"{one} → {other}，{last}：契合度 {row['fit']:.3f}，随机期望 {row['by_chance']:.3f}"
                f"（p = {row['p']:.3g}）；{row['regions']} 个地区中 {row['above']} 个高于随机"
            )
        else:
            yield (
                f"{one} → {other}, {last}: fit {row['fit']:.3f}, by chance {row['by_chance']:.3f} (p {row['p']:.3g}); "
                f"{row['above']} of {row['regions']} regions above chance"
            )


def _coupling(found: Fused, language: Language) -> Iterator[str]:
    if not len(found.coupling) or found.spec.coupling is None:
        return
    table = found.coupling
    last = table[table["period"] == table["period"].iloc[-1]]
    first = last.nlargest(_LEADERS, "coordination")
    before, after = ("（", "）") if language == "zh" else (" (", ")")
    each = [
        f"{row[f'name_{language}']} {row['coordination']:.2f}{before}{row[f'grade_{language}']}{after}"
        for row in first.to_dict("records")
    ]
    when, mean, scale = last["period"].iloc[0], last["coordination"].mean(), found.spec.coupling.scale
    if language == "zh":
        yield f"{when} 耦合协调度（{scale}）：{len(last)} 个地区均值 {mean:.2f}；居前：{'、'.join(each)}"
    else:
        yield f"Coupling coordination in {when} ({scale}): mean of {len(last)} regions {mean:.2f}; {', '.join(each)}"


def _emergence(found: Emerged, language: Language) -> Iterator[str]:
    """How many topics of each block emerge, and a line for each of them, surest first."""
    for spec in found.specs:
        topics = found.topics[found.topics["block"] == spec.name]
        dated = topics[topics["onset"].notna()].sort_values("onset_q", kind="stable")
        first, last = found.years[spec.name]
        stages = _stages(found, spec.name)
        if language == "zh":
            yield f"{spec.called.zh}：{len(topics)} 个主题，{first} 至 {last}；{len(dated)} 个正在涌现"
        else:
            yield f"{spec.called.en}: {len(topics)} topics, {first} to {last}; {len(dated)} emerge"
        for row in dated.head(_EMERGING).to_dict("records"):
            stage = stages.get(str(row["topic"]))
            along = f"{'；' if language == 'zh' else '; '}{stage[language]}" if stage else ""
            since, span = f"{row['onset']:.0f}", (f"{row['onset_low']:.0f}", f"{row['onset_high']:.0f}")
            if language == "zh":
                yield f"  {row['name_zh']}：自 {since} 年起（{span[0]} 至 {span[1]}，q = {row['onset_q']:.3g}）{along}"
            else:
                yield f"  {row['name_en']}: since {since} ({span[0]} to {span[1]}, q {row['onset_q']:.3g}){along}"
        if (rest := len(dated) - _EMERGING) > 0:
            yield f"  另有 {rest} 个" if language == "zh" else f"  and {rest} more"


def _stages(found: Emerged, block: str) -> dict[str, Text]:
    """The likeliest stage of each topic that has growth curves, in words."""
    if not len(found.curves):
        return {}
    first = found.curves[found.curves["block"] == block].drop_duplicates("topic")
    chances = first[[f"p_{name}" for name, _, _ in STAGES]].to_numpy(dtype=float)
    told = {}
    for topic, row in zip(first["topic"], chances, strict=True):
        (en, zh, _), chance = STAGES[int(row.argmax())], float(row.max())
        told[str(topic)] = Text(en=f"{en} ({chance:.0%} likely)", zh=f"{zh}（概率 {chance:.0%}）")
    return told


def _dependency(found: Depended, language: Language) -> Iterator[str]:
    """How many choke points each importer has in the last period, and the worst of those that have most."""
    for spec in found.specs:
        regions, points = _of_last(found.regions, spec), _of_last(found.points, spec)
        period, many = regions["period"].iloc[0], int(regions["chokes"].sum())
        if language == "zh":
            yield (
                f"{spec.called.zh}，{period}：进口方 {len(regions)} 个，卡脖子环节 {many} 个"
                f"（对外依存度 ≥ {spec.dependency:g}，HHI ≥ {spec.hhi:g}）"
            )
        else:
            yield (
                f"{spec.called.en}, {period}: choke points: {many}, importers: {len(regions)} "
                f"(dependency ≥ {spec.dependency:g}, HHI ≥ {spec.hhi:g})"
            )
        for row in regions.nlargest(_LEADERS, "chokes").to_dict("records"):
            mine = points[(points["region"] == row["region"]) & points["choke"]].nsmallest(_WORST, "rank")
            worst = [_choke(one, language) for one in mine.to_dict("records")]
            if worst and language == "zh":
                yield f"  {row['name_zh']}：{row['goods']} 种产品中 {row['chokes']} 个；最甚：{'；'.join(worst)}"
            elif worst:
                yield f"  {row['name_en']}: {row['chokes']} of {row['goods']} goods; worst: {'; '.join(worst)}"


def _choke(row: dict[Any, Any], language: Language) -> str:
    if language == "zh":
        return f"{row['good_zh']}（{row['top_zh']}占全部供给 {row['exposure']:.0%}）"
    return f"{row['good_en']} ({row['exposure']:.0%} of all supply from {row['top_en']})"


def _of_last(table: pd.DataFrame, spec: DependencySpec) -> pd.DataFrame:
    """The rows of one block in its last period."""
    mine = table[table["block"] == spec.name]
    return pd.DataFrame(mine[mine["period"] == mine["period"].iloc[-1]])


def _dependency_data(found: Depended, spec: DependencySpec) -> dict[str, Any]:
    points = _of_last(found.points, spec)
    return {
        "name": spec.name,
        "title": spec.called.model_dump(),
        "thresholds": {"dependency": spec.dependency, "hhi": spec.hhi},
        "regions": _records(_of_last(found.regions, spec).drop(columns="block")),
        "choke_points": _records(
            points[points["choke"]].sort_values(["region", "rank"], kind="stable").drop(columns=["block", "choke"])
        ),
    }


def _spread(space: Space, to: str) -> str:
    periods = space.links.periods
    return str(periods[0]) if len(periods) == 1 else f"{periods[0]}{to}{periods[-1]}"


def _last(space: Space) -> pd.DataFrame:
    return space.regions[space.regions["period"] == space.last]


def _leaders(space: Space) -> pd.DataFrame:
    """The most complex of the last period; nobody where complexity was not asked for."""
    last = _last(space)
    return last.dropna(subset=["rank"]).nsmallest(_LEADERS, "rank") if "rank" in last else last.iloc[:0]


def _ranked(space: Space) -> int:
    return int(_last(space)["rank"].notna().sum())


def _stable(space: Space) -> float:
    return float(space.periods["stable"].iloc[-1]) if "stable" in space.periods else np.nan


def _space_data(space: Space) -> dict[str, Any]:
    columns = ["region", "name_en", "name_zh", "total", "diversity", "complexity", "rank", "rank_low", "rank_high"]
    last = _last(space)
    return {
        "name": space.name,
        "title": space.title.model_dump(),
        "regions": len(space.links.regions),
        "activities": len(space.links.activities),
        "periods": list(space.links.periods),
        "ranking": _records(last[[name for name in columns if name in last]]),
        "validity": _records(space.periods),
        "forecast": _records(space.forecast),
        "verdict": space.verdict.model_dump() if space.verdict else None,
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return list(json.loads(table.to_json(orient="records", force_ascii=False)))
