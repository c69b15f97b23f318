"""What an index should be: its tree of elements and indicators, and the method of every step."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BeforeValidator, Field, field_serializer, model_validator

from xinzhi.core.methods import Family
from xinzhi.core.specs import FaultyValue, Spec, Text, by_name
from xinzhi.measure.aggregation import aggregations
from xinzhi.measure.imputation import imputations
from xinzhi.measure.normalisation import normalisations
from xinzhi.measure.treatment import treatments
from xinzhi.measure.tree import Element, Indicator, Tree
from xinzhi.measure.weighting import adds_up, weightings

# Which cells a method looks at together: all years pooled, each year alone, or a fixed base period.
Together = Literal["pooled", "year"]
Scope = Together | tuple[int, int]


class Choice(Spec):
    """A method by name (or a function) with its options; in a study file the options stand beside the name."""

    family: ClassVar[Family]

    method: str | Callable[..., Any]
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        return by_name(cls, "method", given)

    @model_validator(mode="after")
    def _known(self) -> Choice:
        method = self.family.find(self.method)
        object.__setattr__(self, "options", method.accept(self.options))
        return self

    @field_serializer("method", when_used="json")
    def _told(self, method: str | Callable[..., Any]) -> str:
        # A function's repr holds its address, and a record must be the same on every run.
        return method if isinstance(method, str) else f"{method.__module__}.{getattr(method, '__qualname__', '')}"

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        return self.family.find(self.method).function

    @property
    def name(self) -> str:
        """The method's name, also where a function was given."""
        return self.family.find(self.method).name


class Impute(Choice):
    """Fill what is missing; ``by`` names a region group coordinate. Every filled cell is marked."""

    family: ClassVar[Family] = imputations
    by: str | None = None
    scope: Together = "year"


class Treat(Choice):
    """Tame outliers, column by column."""

    family: ClassVar[Family] = treatments
    scope: Together = "pooled"
    skip: tuple[str, ...] = ()


class Normalise(Choice):
    """Bring indicators to one scale; ``only`` gives single indicators a method of their own.

    ``reference`` is the region that distances to a reference are taken from.
    """

    family: ClassVar[Family] = normalisations
    scope: Scope = "pooled"
    reference: str | None = None
    only: dict[str, Normalise] = Field(default_factory=dict)


class Weigh(Choice):
    """Weights within each parent (``nested``) or over all indicators at once (``flat``), fixed over time unless asked.

    ``level`` 1 weighs the indicators, 2 their parents, and so on; without it the choice holds for every level.
    """

    family: ClassVar[Family] = weightings
    level: int | None = Field(default=None, ge=1)
    flat: bool = False
    scope: Scope = "pooled"


class Aggregate(Choice):
    """Bring children to one score; ``least`` is the share of direct children that must be present.

    ``level`` 2 makes the parents of indicators, and so on; without it the choice holds for every level.
    """

    family: ClassVar[Family] = aggregations
    level: int | None = Field(default=None, ge=2)
    least: float = Field(default=0.0, ge=0, le=1)
    scope: Together = "pooled"


Levelled = TypeVar("Levelled", Weigh, Aggregate)
_GIVEN = Weigh(method="given")
_ARITHMETIC = Aggregate(method="arithmetic")


class Screen(Spec):
    """Which region-years have enough data to be measured."""

    by: Literal["missing", "zeros", "both"] = "missing"
    least: float = Field(default=2 / 3, ge=0, le=1)
    least_nonzero: float = Field(default=0.1, ge=0, le=1)


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, (str, dict)) or callable(given) else given


class IndexSpec(Spec):
    """A composite index from panel to score. Nothing here looks at data; ``measure`` does."""

    title: Text = Text(en="Index", zh="指数")
    elements: tuple[Element, ...]
    indicators: tuple[Indicator, ...]
    denominate: bool = True
    screen: Screen | None = None
    impute: Annotated[tuple[Impute, ...], BeforeValidator(_as_list)] = ()
    treat: Treat = Treat(method="none")
    normalise: Normalise = Normalise(method="min-max")
    weigh: Annotated[tuple[Weigh, ...], BeforeValidator(_as_list)] = (_GIVEN,)
    aggregate: Annotated[tuple[Aggregate, ...], BeforeValidator(_as_list)] = (_ARITHMETIC,)

    @model_validator(mode="after")
    def _whole(self) -> IndexSpec:
        tree = self.tree
        known = {indicator.code for indicator in self.indicators}
        if stray := sorted((set(self.normalise.only) | set(self.treat.skip)) - known):
            raise FaultyValue(
                "unknown-indicator",
                f"these are not indicators of the index: {', '.join(stray)}.",
                f"以下不是该指数的指标：{'、'.join(stray)}。",
            )
        levels = [choice.level for choice in self.weigh] + [choice.level for choice in self.aggregate]
        for level in levels:
            if level and level > tree.height:
                raise FaultyValue(
                    "no-such-level",
                    f"level {level} is asked for, the tree has {tree.height} (1 = indicators).",
                    f"指定了第 {level} 层，而指标树只有 {tree.height} 层（第 1 层为指标）。",
                )
        self._refuse_sums()
        return self

    def _refuse_sums(self) -> None:
        """Stated weights are shares and must add up, unless the study says that they are relative."""
        tree, found = self.tree, []
        if any(choice.flat for choice in self.weigh):
            return
        for family in tree.families:
            choice = self.weighing(int(tree.levels[family.parent]) - 1)
            if choice.method == "given" and not choice.options.get("relative"):
                flaw = adds_up([tree.codes[at] for at in family.children], tree.given[family.children])
                if flaw:
                    found.append((tree.codes[family.parent], flaw))
        if found:
            en = " ".join(f"Under '{parent}', {flaw.en}" for parent, flaw in found)
            zh = "".join(f"“{parent}”之下，{flaw.zh}" for parent, flaw in found)
            raise FaultyValue("weights-do-not-add-up", en, zh)

    @cached_property
    def tree(self) -> Tree:
        """The elements and indicators as a checked tree."""
        return Tree.of(self.elements, self.indicators)

    def weighing(self, level: int) -> Weigh:
        """The choice of weights that holds at a level."""
        return _at(self.weigh, level, _GIVEN)

    def aggregating(self, level: int) -> Aggregate:
        """The choice of aggregation that makes the elements of a level."""
        return _at(self.aggregate, level, _ARITHMETIC)


def _at(choices: tuple[Levelled, ...], level: int, otherwise: Levelled) -> Levelled:
    exact = [choice for choice in choices if choice.level == level]
    general = [choice for choice in choices if choice.level is None]
    return (exact or general or [otherwise])[-1]
