"""The course of an index in a line or two, and as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from xinzhi.core.errors import Language
from xinzhi.study.dynamics.results import Course, Dynamics

# For programs that read tables, in dynamics/.
_LONG = ("density", "moves", "dagum-groups", "dagum-pairs")


def lines_of(found: Dynamics, language: Language) -> Iterator[str]:
    """How unequal regions are, what that is made of, and how many changed their class; of the index alone."""
    if not found.courses:
        return
    course = found.courses[0]
    if course.inequality:
        yield _inequality(found, course, language)
    if course.chain is not None:
        told = {name: int(of) for name, of in course.mobility.items() if name in ("moves", "stayed", "up", "down")}
        share = told["stayed"] / told["moves"]
        if language == "zh":
            kind = "年内位次类型" if found.yearly else "得分类型"
            yield (
                f"流动：{course.chain.k} 个{kind}，共 {told['moves']} 次转移，{share:.0%} 保持原类型，"
                f"{told['up']} 次上升，{told['down']} 次下降"
            )
        else:
            kind = "classes within the year" if found.yearly else "classes of scores"
            yield (
                f"Mobility: {course.chain.k} {kind}, {told['moves']} moves: {share:.0%} stayed, {told['up']} up, "
                f"{told['down']} down"
            )


def data_of(found: Dynamics) -> dict[str, Any]:
    """Every table but the longest, as records; what could not be told, in both languages."""
    tables = {name: table for name, table in found.tables.items() if name not in _LONG}
    return {
        "dynamics": {
            "groups": None if found.grouping is None else found.grouping.column,
            "yearly": list(found.yearly),
            "tables": {
                name: json.loads(table.to_json(orient="records", force_ascii=False)) for name, table in tables.items()
            },
            "notices": [
                {"element": course.code if course else None, "part": part, "en": fault.en, "zh": fault.zh}
                for course, part, fault in found.said()
            ],
        }
    }


def _inequality(found: Dynamics, course: Course, language: Language) -> str:
    name = "gini" if "gini" in course.inequality else next(iter(course.inequality))
    of = course.inequality[name]
    first, last = of.values.values[[0, -1]]
    start, end = course.times[[0, -1]]
    split = ""
    if course.dagum is not None and found.grouping is not None:
        share = float(course.dagum.rates.sel(part="between").values[-1])
        groups = found.grouping.column
        split = (
            f"，其中组间（{groups}）占 {share:.0%}"
            if language == "zh"
            else f", {share:.0%} of it between groups ({groups})"
        )
    if language == "zh":
        return f"差异：{of.zh} {start} 年 {first:.3f}，{end} 年 {last:.3f}{split}"
    return f"Inequality: {name} {first:.3f} in {start}, {last:.3f} in {end}{split}"
