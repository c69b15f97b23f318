"""The tree of an index: indicators at the leaves, elements above them, one index at the top."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from xinzhi.core.specs import FaultyValue, Spec, Text

Direction = Literal[1, -1]


class Element(Spec):
    """A node of the tree. The one without a parent is the index itself."""

    code: str = Field(min_length=1)
    parent: str | None = None
    name: Text | None = None
    weight: float = Field(default=1.0, ge=0)
    direction: Direction = 1

    @field_validator("name", mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        return {"en": given, "zh": given} if isinstance(given, str) else given

    @property
    def label(self) -> Text:
        """The name, or the code where no name is given."""
        return self.name or Text(en=self.code, zh=self.code)


class Indicator(Element):
    """A leaf: a column of the panel, what divides it, and the marks that some normalisations need.

    ``unit`` is what values are measured in, once divided; they are converted to it where the panel's unit is known.
    Marks are in it too. ``within`` is the range that values can have at all; what lies outside is pointed out.
    """

    parent: str = Field(min_length=1)
    column: str | None = None
    denominator: str | None = None
    unit: str | None = None
    target: float | None = None
    low: float | None = None
    high: float | None = None
    within: tuple[float, float] | None = None
    about: Text | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Indicator:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise FaultyValue(
                "goalposts-out-of-order",
                f"indicator '{self.code}': low ({self.low}) must be below high ({self.high}).",
                f"指标“{self.code}”：下限（{self.low}）须小于上限（{self.high}）。",
            )
        return self

    @property
    def source(self) -> str:
        """The panel column this indicator is read from."""
        return self.column or self.code


@dataclass(frozen=True)
class Family:
    """A parent and its children, as positions among all nodes."""

    parent: int
    children: np.ndarray


@dataclass(frozen=True)
class Tree:
    """A checked tree. Nodes are numbered indicators first, then elements from the lowest level up."""

    nodes: tuple[Element, ...]
    n_indicators: int
    parents: np.ndarray
    levels: np.ndarray

    @classmethod
    def of(cls, elements: tuple[Element, ...], indicators: tuple[Indicator, ...]) -> Tree:
        """Check the nodes and number them. Raises ``FaultyValue`` naming the nodes at fault."""
        return _grow(elements, indicators)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Every node's code, indicators first."""
        return tuple(node.code for node in self.nodes)

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """The leaves."""
        return self.nodes[: self.n_indicators]  # type: ignore[return-value]

    @property
    def elements(self) -> tuple[Element, ...]:
        """Everything above the leaves, the index last."""
        return self.nodes[self.n_indicators :]

    @property
    def height(self) -> int:
        """The number of levels; 1 is the indicators."""
        return int(self.levels[-1])

    @cached_property
    def families(self) -> tuple[Family, ...]:
        """Parents with their children, lowest level first, so that a walk along it always finds children done."""
        return tuple(Family(at, np.flatnonzero(self.parents == at)) for at in range(self.n_indicators, len(self.nodes)))

    @cached_property
    def given(self) -> np.ndarray:
        """The weights as given, one per node."""
        return np.array([node.weight for node in self.nodes])

    @cached_property
    def directions(self) -> np.ndarray:
        """+1 or -1 per node."""
        return np.array([node.direction for node in self.nodes])

    def position(self, code: str) -> int:
        """Where a node stands."""
        return self.codes.index(code)

    def below(self, code: str) -> tuple[int, ...]:
        """The indicators under a node, as positions."""
        top = self.position(code)
        return tuple(at for at in range(self.n_indicators) if top in self.line(at))

    def line(self, at: int) -> tuple[int, ...]:
        """A node and everything above it."""
        line = [at]
        while (at := int(self.parents[at])) >= 0:
            line.append(at)
        return tuple(line)


# One study measures the same tree thousands of times when it varies its choices.
@lru_cache(maxsize=64)
def _grow(elements: tuple[Element, ...], indicators: tuple[Indicator, ...]) -> Tree:
    _refuse_flaws(elements, indicators)
    by_code = {node.code: node for node in (*elements, *indicators)}
    level = dict.fromkeys((i.code for i in indicators), 1)
    for _ in elements:  # a tree of n elements is at most n levels high
        for node in by_code.values():
            if node.parent:
                level[node.parent] = max(level.get(node.parent, 2), level.get(node.code, 0) + 1)
    ranked = sorted(elements, key=lambda element: level[element.code])
    nodes = (*indicators, *ranked)
    at = {node.code: i for i, node in enumerate(nodes)}
    return Tree(
        nodes,
        len(indicators),
        np.array([at[node.parent] if node.parent else -1 for node in nodes]),
        np.array([level[node.code] for node in nodes]),
    )


def _refuse_flaws(elements: tuple[Element, ...], indicators: tuple[Indicator, ...]) -> None:
    flaws = [*_flaws(elements, indicators)]
    if flaws:
        code, ens, zhs = flaws[0][0], [en for _, en, _ in flaws], [zh for *_, zh in flaws]
        raise FaultyValue(code, " ".join(ens), "".join(zhs))


def _flaws(elements: tuple[Element, ...], indicators: tuple[Indicator, ...]):  # type: ignore[no-untyped-def]
    nodes = (*elements, *indicators)
    twice = sorted(code for code, n in Counter(node.code for node in nodes).items() if n > 1)
    if twice:
        yield (
            "duplicate-code",
            f"these codes are used more than once: {', '.join(twice)}. Give every node its own.",
            f"以下代码重复：{'、'.join(twice)}。每个节点须有自己的代码。",
        )
    tops = [element.code for element in elements if element.parent is None]
    if len(tops) != 1:
        yield (
            "no-single-top",
            f"exactly one element must have no parent (the index); found {len(tops)}: {', '.join(tops) or 'none'}.",
            f"须有且仅有一个元素没有上级（即指数本身）；现有 {len(tops)} 个：{'、'.join(tops) or '无'}。",
        )
    known = {element.code for element in elements}
    for node in nodes:
        if node.parent is not None and node.parent not in known:
            yield (
                "orphan",
                f"'{node.code}' has parent '{node.parent}', which is not an element. Add it or correct the parent.",
                f"“{node.code}”的上级“{node.parent}”不存在。请添加该元素或更正上级。",
            )
    parent = {node.code: node.parent for node in nodes}
    for code in parent:
        seen: list[str] = []
        step: str | None = code
        while step is not None and step in parent and step not in seen:
            seen.append(step)
            step = parent[step]
        if step == code:
            yield (
                "cycle",
                f"'{code}' is its own ancestor: {' → '.join([*seen, code])}. Break the circle.",
                f"“{code}”成了自己的上级：{' → '.join([*seen, code])}。请断开循环。",
            )
    childless = sorted(known - {node.parent for node in nodes if node.parent})
    if childless:
        yield (
            "childless",
            f"these elements have nothing under them: {', '.join(childless)}. Remove them or give them indicators.",
            f"以下元素没有下级：{'、'.join(childless)}。请删除或为其添加指标。",
        )
    idle = [p for p in sorted(known) if (own := [n.weight for n in nodes if n.parent == p]) and not sum(own) > 0]
    if idle:
        yield (
            "weights-all-zero",
            f"under {', '.join(idle)} every weight is zero. At least one must be positive.",
            f"{'、'.join(idle)} 之下的权重全为零。至少须有一个为正。",
        )
