"""What a study file says of how the digital grows into the real economy: ``[digital]``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator, model_validator

from xinzhi.core.specs import FaultyValue, Spec
from xinzhi.measure.spec import Normalise
from xinzhi.study.structure.spec import CouplingSpec, Name, Unknown
from xinzhi.study.structure.topic_spec import RecordsFile

# Codes that are digital; one that ends in * stands for all that begin so.
Marks = Annotated[tuple[str, ...], Field(min_length=1)]


class DigitalIndustries(Spec):
    """The digital among the activities of ``links``, as these lead to industries by the concordance to ``into``."""

    links: Name
    into: Name
    of: Marks


class DigitalFirms(Spec):
    """Indicators of what firms have put to use, brought to [0, 1]; their plain mean is the level."""

    indicators: tuple[str, ...] = Field(min_length=1)
    normalise: Normalise = Normalise(method="min-max")

    @field_validator("indicators")
    @classmethod
    def _once(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise FaultyValue(
                "indicator-twice",
                f"indicators that stand here twice: {', '.join(twice)}. Name each once.",
                f"重复的指标：{'、'.join(twice)}。每个指标只写一次。",
            )
        return codes


class RecordColumns(Spec):
    """Which columns hold record, code, region and year."""

    record: str = "record"
    code: str = "code"
    region: str = "region"
    year: str = "year"


class DigitalInnovation(RecordsFile):
    """A file with a row a record and code, such as of patents, and which codes are digital."""

    of: Marks
    columns: RecordColumns = RecordColumns()


def _firms(given: Any) -> Any:
    return {"indicators": given} if isinstance(given, (list, tuple)) else given


def _or_none(given: Any) -> Any:
    return {True: {}, False: None}[given] if isinstance(given, bool) else given


class DigitalSpec(Spec):
    """The ``[digital]`` block: the three levels at which the digital grows into the real economy (Hong 2024).

    With ``industries``, with ``firms`` and with ``innovation``; at least one, and those that are not there are named.
    """

    industries: DigitalIndustries | None = None
    firms: Annotated[DigitalFirms | None, BeforeValidator(_firms)] = None
    innovation: DigitalInnovation | None = None
    unknown: Unknown = "stop"
    coupling: Annotated[CouplingSpec | None, BeforeValidator(_or_none)] = CouplingSpec()

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that data are given for, in order."""
        return tuple(name for name in LEVELS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _any(self) -> DigitalSpec:
        if not self.levels:
            raise FaultyValue(
                "no-level",
                "give data for at least one level: `industries`, `firms` or `innovation`.",
                "请至少为一个层次提供数据：industries（产业）、firms（企业）或 innovation（技术创新）。",
            )
        return self


LEVELS = ("industries", "firms", "innovation")
