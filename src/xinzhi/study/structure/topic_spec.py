"""What a study file says of topics that may emerge: ``[[emergence]]``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.data.sources import Cell
from xinzhi.structure.curves import Noise, growth_curves
from xinzhi.structure.yearly import Gaps
from xinzhi.study.structure.spec import Name


class TopicColumns(Spec):
    """Which columns hold topic, year and count."""

    topic: str = "topic"
    year: str = "year"
    count: str = "count"


class CurveSpec(Spec):
    """Growth curves of every topic, and how many years ``ahead`` they are drawn on; see ``growth_curve``."""

    curves: tuple[str, ...] = Field(default=("logistic", "gompertz", "bass", "richards"), min_length=1)
    noise: Noise = "negative-binomial"
    background: bool = False
    draws: int = Field(default=4_000, ge=100)
    seed: int = 0
    ahead: int = Field(default=3, ge=1)

    @field_validator("curves")
    @classmethod
    def _known(cls, curves: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(growth_curves.find(name).name for name in curves)


class CodeColumns(Spec):
    """Which columns hold record, year, code and topic."""

    record: str = "record"
    year: str = "year"
    code: str = "code"
    topic: str = "topic"


class ActorColumns(Spec):
    """Which columns hold year, actor and topic."""

    year: str = "year"
    actor: str = "actor"
    topic: str = "topic"


class RecordsFile(Spec):
    """A file with a row a record and what it names, and how to read it."""

    file: str
    where: dict[str, Cell | tuple[Cell, ...]] = Field(default_factory=dict)
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1)
    encoding: str | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None


class CodesSpec(RecordsFile):
    """The codes of every record of the topics: how new their combinations are, how alike records, how many codes."""

    columns: CodeColumns = CodeColumns()


class ActorsSpec(RecordsFile):
    """Who took part in every record of the topics: how many, how many of them new, how concentrated."""

    columns: ActorColumns = ActorColumns()


def _or_none(given: Any) -> Any:
    return {True: {}, False: None}[given] if isinstance(given, bool) else given


def _by_file(given: Any) -> Any:
    return {"file": given} if isinstance(given, str) else given


class EmergenceSpec(Spec):
    """One ``[[emergence]]`` block: yearly counts of topics, and since when each has been growing.

    Counts come from a ``file``, one row a topic and year, or from ``links`` by name, whose activities are the topics,
    added up over regions, year by year; or they are counted of ``records`` by name, where "all" counts every record.
    ``whole`` is the topic that counts all records, and no topic of its own.
    ``codes`` and ``actors`` are files of the records themselves, where there are any.
    """

    name: Name
    title: Text | None = None
    links: Name | None = None
    records: Name | None = None
    file: str | None = None
    columns: TopicColumns = TopicColumns()
    where: dict[str, Cell | tuple[Cell, ...]] = Field(default_factory=dict)
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1)
    encoding: str | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None
    whole: str | None = None
    codes: Annotated[CodesSpec | None, BeforeValidator(_by_file)] = None
    actors: Annotated[ActorsSpec | None, BeforeValidator(_by_file)] = None
    window: int = Field(default=5, ge=3)
    threshold: float = Field(default=1.0, gt=0)
    since: int | None = None
    through: int | None = None
    gaps: Gaps = "refuse"
    level: float = Field(default=0.9, gt=0, lt=1)
    curve: Annotated[CurveSpec | None, BeforeValidator(_or_none)] = None

    @property
    def called(self) -> Text:
        """The title, or the name where none is given."""
        return self.title or Text(en=self.name, zh=self.name)

    @model_validator(mode="after")
    def _from_one_place(self) -> EmergenceSpec:
        if sum(of is not None for of in (self.links, self.records, self.file)) != 1:
            raise FaultyValue(
                "counts-from-where",
                "counts of topics come from a `file`, from `links` or from `records` by name: give one of these.",
                "主题计数来自文件（file）、某组关联数据（links）或记录（records），请写明其中之一。",
            )
        return self
