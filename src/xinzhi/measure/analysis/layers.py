"""One layer of an index as a frame: the columns of a level, one row per region and year.

The other modules of this package start here, so that "which level, which step, which year" means the same in all.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME
from xinzhi.measure.result import Index
from xinzhi.measure.tree import Tree

Stage = Literal["raw", "denominated", "imputed", "treated", "normalised"]


def layer(index: Index, level: int = 1, *, stage: Stage = "normalised", time: int | None = None) -> pd.DataFrame:
    """The nodes of one level as columns, with one row per region and year.

    ``level`` 1 gives the indicators as they stood after ``stage``; above it the scores, whatever the stage.
    ``time`` picks one year; without it all years stand below one another.
    Raises ``MethodError`` where the index has no such level or year.
    """
    if not 1 <= level <= index.tree.height:
        raise MethodError(
            Fault(
                "no-such-level",
                f"level {level} was asked for; this index has levels 1 (indicators) to {index.tree.height}.",
                f"指定了第 {level} 层；该指数只有第 1 层（指标）至第 {index.tree.height} 层。",
            )
        )
    years = slice(None) if time is None else [year_at(index, time)]
    at = np.flatnonzero(index.tree.levels == level)
    cells = getattr(index.stages, stage) if level == 1 else index.stages.scores
    cells = cells[years][:, :, at].transpose(1, 0, 2)
    rows = pd.MultiIndex.from_product([index.regions, index.times[years]], names=[REGION, TIME])
    return pd.DataFrame(cells.reshape(len(rows), len(at)), index=rows, columns=[index.tree.codes[i] for i in at])


def year_at(index: Index, time: int | None) -> int:
    """The position of a year, the last one where none is named. Raises ``MethodError`` with the years there are."""
    if time is None:
        return len(index.times) - 1
    found = np.flatnonzero(index.times == time)
    if not found.size:
        known = ", ".join(map(str, index.times))
        raise MethodError(
            Fault(
                "no-such-year",
                f"the index has no year {time}. It has: {known}.",
                f"该指数没有 {time} 年。现有：{known}。",
            )
        )
    return int(found[0])


def region_at(index: Index, region: str) -> int:
    """The position of a region, by its code or either of its names. Raises ``MethodError`` with near names."""
    for known in _region_names(index):
        found = np.flatnonzero(known == region)
        if found.size:
            return int(found[0])
    near = _near(region, np.concatenate([*_region_names(index)]))
    raise MethodError(
        Fault("no-such-region", f"the index has no region '{region}'.{near[0]}", f"该指数没有地区“{region}”。{near[1]}")
    )


def node_at(tree: Tree, code: str | None) -> int:
    """The position of a node, the index itself where none is named. Raises ``MethodError`` with near codes."""
    if code is None:
        return len(tree.nodes) - 1
    if code in tree.codes:
        return tree.position(code)
    near = _near(code, tree.codes)
    raise MethodError(
        Fault(
            "no-such-node",
            f"the index has no element or indicator '{code}'.{near[0]}",
            f"该指数没有元素或指标“{code}”。{near[1]}",
        )
    )


def names(tree: Tree, codes: Iterable[str], prefix: str = "") -> dict[str, list[str]]:
    """Columns with the names of nodes in both languages."""
    labels = [tree.nodes[tree.position(code)].label for code in codes]
    return {f"{prefix}name_en": [label.en for label in labels], f"{prefix}name_zh": [label.zh for label in labels]}


def ancestor(tree: Tree, at: int, level: int) -> int:
    """The node itself or the first one above it that stands at ``level`` or higher."""
    return next((i for i in tree.line(at) if tree.levels[i] >= level), len(tree.nodes) - 1)


def place(index: Index, region: int) -> dict[str, str]:
    """A region's code and names, as columns of a table."""
    code = str(index.regions[region])
    about = {name: index.about_region.get(name) for name in ("name_en", "name_zh")}
    return {REGION: code} | {f"region_{k}": code if of is None else str(of[region]) for k, of in about.items()}


def _region_names(index: Index) -> list[np.ndarray]:
    known = [index.regions, *(index.about_region.get(name) for name in ("name_zh", "name_en"))]
    return [np.asarray(of, dtype=object) for of in known if of is not None]


def _near(word: str, known: Iterable[str]) -> tuple[str, str]:
    near = difflib.get_close_matches(str(word), list(map(str, known)), n=3)
    return (f" Did you mean: {', '.join(near)}?", f"是否指：{'、'.join(near)}？") if near else ("", "")
