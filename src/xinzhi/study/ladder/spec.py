"""What a study file says of industries and of the ladder they climb: ``[[industries]]`` and ``[ladder]``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.data.sources import Cell
from xinzhi.structure.ladder.linkages import Forward
from xinzhi.structure.ladder.rungs import LadderSpec
from xinzhi.study.structure.spec import Labels, Name, Unknown, forwards, from_one_place


def _by_file(given: Any) -> Any:
    return {"file": given} if isinstance(given, str) else given


def _each_by_itself(given: Any) -> Any:
    return {name: name for name in given} if isinstance(given, (list, tuple)) else given


def _several(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


class TableFile(Spec):
    """A file and how to read it."""

    file: str
    where: dict[str, Cell | tuple[Cell, ...]] = Field(default_factory=dict)
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1)
    encoding: str | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None


class IndustriesSpec(TableFile):
    """One ``[[industries]]`` block: what industries of regions measure, one row per (region ×) industry × year.

    ``industry``, ``period`` and ``region`` are columns; without a region there is one. ``measures`` says which column
    holds which measure, ``low`` and ``high`` which hold bounds of cells without a value, ``flags`` between what a text
    such as "a" lies. Of ``records`` by name, in place of a ``file``, ``measures`` say what is counted of them, such as
    {"firms": "stock"}. ``names`` is a file of codes with names in both languages. ``keep`` and ``drop`` name
    industries.
    """

    name: Name
    file: str = ""
    records: Name | None = None
    title: Text | None = None
    industry: str = "industry"
    period: str = "year"
    region: str | None = None
    measures: Annotated[dict[str, str], BeforeValidator(_each_by_itself)] = Field(min_length=1)
    low: dict[str, str] = Field(default_factory=dict)
    high: dict[str, str] = Field(default_factory=dict)
    flags: dict[str, tuple[float, float]] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    names: Annotated[Labels | None, BeforeValidator(_by_file)] = None
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    years: tuple[int, int] | None = None
    unknown: Unknown = "stop"

    @property
    def called(self) -> Text:
        """The title, or the name where none is given."""
        return self.title or Text(en=self.name, zh=self.name)

    @field_validator("years")
    @classmethod
    def _years(cls, years: tuple[int, int] | None) -> tuple[int, int] | None:
        forwards(() if years is None else (years,))
        return years

    @field_validator("flags")
    @classmethod
    def _upwards(cls, flags: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        if wrong := [text for text, (low, high) in flags.items() if not 0 <= low <= high]:
            raise FaultyValue(
                "flag-crossed",
                f"a flag lies between a low number of at least 0 and a high one; not so: {', '.join(wrong)}.",
                f"标记须给出不小于 0 的下限与不低于下限的上限；不符：{'、'.join(wrong)}。",
            )
        return flags

    @model_validator(mode="after")
    def _fits(self) -> IndustriesSpec:
        from_one_place(self.file, self.records)
        if strange := sorted(({*self.low, *self.high, *self.units}) - self.measures.keys()):
            raise FaultyValue(
                "no-such-measure",
                f"`low`, `high` and `units` are of measures; these are none: {', '.join(strange)}. "
                f"Measures: {', '.join(self.measures)}.",
                f"low、high、units 须针对已有度量；以下不是：{'、'.join(strange)}。度量：{'、'.join(self.measures)}。",
            )
        if self.low.keys() != self.high.keys():
            odd = ", ".join(sorted(self.low.keys() ^ self.high.keys()))
            raise FaultyValue(
                "half-bounds",
                f"`low` and `high` need a column each for the same measures; not so: {odd}.",
                f"low 与 high 须为同一度量各给一列；不符：{odd}。",
            )
        if both := sorted(set(self.keep) & set(self.drop)):
            raise FaultyValue(
                "kept-and-dropped",
                f"these industries are both kept and dropped: {', '.join(both)}. Name each in one list only.",
                f"以下产业既要保留又要剔除：{'、'.join(both)}。每个产业只能列入一处。",
            )
        return self


class ByIndustry(TableFile):
    """A file with a number by industry, and by region and year where these columns are named."""

    industry: str = "industry"
    value: str = "value"
    region: str | None = None
    period: str | None = None


class FlowsFile(TableFile):
    """An input-output table: a row per selling industry, a column per buying one, and a column of total output.

    Rows and columns that are no industry of both sides (value added, final use) are left out.
    """

    industry: str = "industry"
    output: str = "output"
    forward: Forward = "ghosh"


class LadderChoice(LadderSpec):
    """The ``[ladder]`` block: the way, its thresholds, which ``industries`` climb, and what comes from other files.

    Without ``industries`` all blocks of the study are placed.
    """

    industries: Annotated[tuple[Name, ...], BeforeValidator(_several)] = ()
    relative_advantage: Annotated[ByIndustry | None, BeforeValidator(_by_file)] = None
    relatedness: Annotated[ByIndustry | None, BeforeValidator(_by_file)] = None
    technology: Annotated[ByIndustry | None, BeforeValidator(_by_file)] = None
    linkages: Annotated[FlowsFile | None, BeforeValidator(_by_file)] = None

    @property
    def rule(self) -> LadderSpec:
        """The way and the thresholds alone."""
        return LadderSpec.model_validate({name: getattr(self, name) for name in LadderSpec.model_fields})


# Numbers by industry that may come from files of their own, as ``xinzhi.ladder`` calls them.
BY_INDUSTRY = ("relative_advantage", "relatedness", "technology")
