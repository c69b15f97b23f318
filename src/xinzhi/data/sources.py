"""What a study says about its data (``[[source]]``, ``[[indicator]]``), and what was found in each file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from xinzhi.core.specs import FaultyValue, Spec, Text

LayoutName = Literal["long", "wide-years", "wide-indicators", "wide-units"]
Cell: TypeAlias = bool | int | float | str

FIRST_YEAR, LAST_YEAR = 1800, 2100


def _as_tuple(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


Columns: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class TableSpec(Spec):
    """How to read one table. Everything is found by looking; a key is set where the guess would be wrong.

    ``region``, ``time``, ``indicator``, ``value``, ``unit`` and ``filled`` name columns; ``value`` may list the
    columns to bring in from a table with one column per indicator. ``indicator_code``, ``year`` and ``measured_in``
    say what the table itself does not; ``measured_in`` given per indicator also overrules wrong unit labels.
    ``names`` says what a region name means; an empty text leaves its rows out. Rows of regions that nobody knows
    stop the work, or are left out and listed where ``unknown = "drop"``.
    """

    layout: LayoutName | None = None
    region: str | None = None
    time: str | None = None
    indicator: str | None = None
    value: Columns = ()
    unit: str | None = None
    filled: str | None = None
    groups: Columns = ()
    indicator_code: str | None = None
    year: int | None = Field(default=None, ge=FIRST_YEAR, le=LAST_YEAR)
    measured_in: str | dict[str, str] | None = None
    decimal: Literal[".", ","] | None = None
    where: dict[str, Cell | tuple[Cell, ...]] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict)
    aggregates: Literal["drop", "keep"] = "drop"
    unknown: Literal["stop", "drop"] = "stop"
    cite: Text | None = None


class SourceSpec(TableSpec):
    """One ``[[source]]`` block: a file inside the study folder and, where needed, how to read it."""

    file: str
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1)
    encoding: str | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None

    @model_validator(mode="after")
    def _readable(self) -> SourceSpec:
        if not self.file.strip():
            raise FaultyValue("no-file", "a source needs a file name.", "数据来源须写明文件名。")
        if self.encoding is not None:
            try:
                "".encode(self.encoding)
            except LookupError:
                raise FaultyValue(
                    "unknown-encoding",
                    f"no encoding is named '{self.encoding}'. Try utf-8, gb18030 or latin-1.",
                    f"没有名为“{self.encoding}”的编码。可用 utf-8、gb18030 或 latin-1。",
                ) from None
        return self


class IndicatorSpec(Spec):
    """One ``[[indicator]]`` block: describes an indicator that was brought in, and the unit wanted for it."""

    code: str
    unit: str | None = None
    title: Text | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: the file, its SHA-256, and how it was understood.

    ``rows`` counts the rows of the table, ``records`` the cells brought in (observed or missing), ``empty`` those of
    them with nothing written. ``columns`` says which column played which role, ``notes`` are the lines above and
    below the table that were set aside.
    """

    file: str
    sha256: str
    rows: int
    records: int
    layout: LayoutName
    columns: dict[str, str]
    encoding: str | None = None
    sheet: str | None = None
    header: int = 1
    empty: int = 0
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    cite: Text | None = None

    def to_dict(self) -> dict[str, Any]:
        """The source as plain data."""
        return asdict(self) | {"cite": self.cite.model_dump() if self.cite else None}


@dataclass(frozen=True, slots=True)
class Repair:
    """One mending of what was written, the same everywhere it occurs: ``was`` became ``now`` in ``count`` rows."""

    reason: str
    en: str
    zh: str
    was: str
    now: str
    file: str
    column: str
    count: int
    rows: tuple[int, ...]
    sheet: str | None = None
    region: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The repair as plain data."""
        return {key: value for key, value in asdict(self).items() if value is not None}
