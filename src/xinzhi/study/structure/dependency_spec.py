"""What a study file says of who supplies whom: ``[[dependency]]``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.data.regions import GAZETTEERS
from xinzhi.data.sources import Cell
from xinzhi.study.structure.spec import Labels, Name, Unknown, forwards


class SupplyColumns(Spec):
    """Which columns hold importer, source, good, year and value, where their heads do not tell.

    ``domestic`` holds what the importer makes of the good for its own use, or ``consumption`` all that it uses of it,
    the same on every row of that importer, good and year.
    """

    importer: str | None = None
    source: str | None = None
    good: str | None = None
    year: str | None = None
    value: str | None = None
    domestic: str | None = None
    consumption: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> SupplyColumns:
        if self.domestic and self.consumption:
            raise FaultyValue(
                "domestic-or-consumption",
                "`domestic` and `consumption` both say what a region makes itself. Name one.",
                "domestic 与 consumption 都说明自身供给，请只写其一。",
            )
        return self


def _labels(given: Any) -> Any:
    return {"file": given} if isinstance(given, str) else given


class DependencySpec(Spec):
    """One ``[[dependency]]`` block: a file of supply flows, and from where on a good is a choke point.

    A row says how much of a good an importer got from a source in a year; where both are the same it is what the
    importer made for itself. ``home`` are the importers to tell of. A choke point reaches both thresholds:
    ``dependency`` on others and ``hhi`` of the foreign sources; see ``choke_points``.
    """

    name: Name
    file: str
    title: Text | None = None
    unit: str = ""
    columns: SupplyColumns = SupplyColumns()
    home: tuple[str, ...] = ()
    regions: str | None = None
    dependency: float = Field(default=0.5, ge=0, le=1)
    hhi: float = Field(default=0.4, ge=0, le=1)
    years: tuple[int, int] | None = None
    names: Annotated[Labels | None, BeforeValidator(_labels)] = None
    unknown: Unknown = "stop"
    where: dict[str, Cell | tuple[Cell, ...]] = Field(default_factory=dict)
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1)
    encoding: str | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None

    @property
    def called(self) -> Text:
        """The title, or the name where none is given."""
        return self.title or Text(en=self.name, zh=self.name)

    @field_validator("years")
    @classmethod
    def _years(cls, years: tuple[int, int] | None) -> tuple[int, int] | None:
        forwards(() if years is None else (years,))
        return years

    @field_validator("regions")
    @classmethod
    def _gazetteer(cls, name: str | None) -> str | None:
        if name is not None and name not in GAZETTEERS:
            raise FaultyValue(
                "unknown-regions",
                f"there is no list of regions called '{name}'. There are: {', '.join(GAZETTEERS)}.",
                f"没有名为“{name}”的地区表。可用：{'、'.join(GAZETTEERS)}。",
            )
        return name
