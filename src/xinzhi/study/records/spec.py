"""What a study file says of records of firms, patents, papers, deals, grants or projects: ``[[records]]``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.data.sources import Cell, Columns
from xinzhi.data.taxonomies import Scheme, taxonomy
from xinzhi.study.structure.spec import Name, forwards


def _by_file(given: Any) -> Any:
    return {"file": given} if isinstance(given, str) else given


class ExamplesFile(Spec):
    """A file of labelled records: which column tells records apart, and which holds their classes, parted by ``;``."""

    file: str
    id: str = "id"
    classes: str = "classes"
    where: dict[str, Cell | tuple[Cell, ...]] = Field(default_factory=dict)
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1)
    encoding: str | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None


class RecogniseSpec(Spec):
    """By which ``taxonomy`` records are recognised, and out of which columns of ``text`` and ``codes``.

    ``taxonomy`` is one of the catalogue, or a TOML file of the study. ``labels`` hold recognition against records that
    a person has labelled; with ``learn`` the recogniser learns from them, and each is told by what has not seen it.
    """

    taxonomy: str
    text: Columns = ()
    codes: dict[Scheme, Columns] = Field(default_factory=dict)
    ids: str | None = None
    threshold: float = Field(default=0.5, gt=0, lt=1)
    labels: Annotated[ExamplesFile | None, BeforeValidator(_by_file)] = None
    learn: Literal["words", "evidence"] | None = None

    @field_validator("taxonomy")
    @classmethod
    def _known(cls, name: str) -> str:
        return name if name.endswith(".toml") else taxonomy(name).code

    @model_validator(mode="after")
    def _readable(self) -> RecogniseSpec:
        if not self.text and not self.codes:
            raise FaultyValue(
                "nothing-to-read",
                'name columns to recognise records by: text = ["title"], or codes = { ipc = "ipc" }.',
                '请指明识别所依据的列：text = ["title"]，或 codes = { ipc = "ipc" }。',
            )
        if self.learn and not self.labels:
            raise FaultyValue(
                "learn-without-labels",
                "`learn` needs `labels` to learn from: a file of records with their classes.",
                "learn 须有可供学习的 labels：记录及其类别的文件。",
            )
        return self


class CrosswalkFile(Spec):
    """A file that leads codes of activities into another classification: columns from, to, and share."""

    file: str
    source: str = "source"
    target: str = "target"
    share: str | None = None


class RecordsSpec(Spec):
    """One ``[[records]]`` block: a file with a row a record, and which columns play which role.

    ``[[industries]]``, ``[[links]]`` and ``[[emergence]]`` take what is counted of it by its name. The roles and how
    the file is read are those of ``xinzhi.records``; what is counted is counted as ``Records.count`` does.
    ``unique`` takes out rows that repeat another: all of it (``true``), or these columns. ``recognise`` makes the
    recognised class the activity. ``spans`` makes of dated sightings one record a unit, with its first and last year.
    """

    name: Name
    title: Text | None = None
    file: str
    kind: str = "records"
    unit: str | None = None
    region: str | None = None
    activity: str | None = None
    date: str | None = None
    first: str | None = None
    last: str | None = None
    value: str | None = None
    split: str | dict[Literal["region", "activity"], str] | None = None
    digits: int | None = Field(default=None, ge=1)
    dates: Literal["day-first", "month-first"] | None = None
    years: tuple[int, int] | None = None
    flags: dict[str, tuple[float, float]] = Field(default_factory=dict)
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1)
    encoding: str | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    unique: bool | Columns = False
    keep: Literal["first", "last", "complete"] = "first"
    spans: bool = False
    fractional: bool | Literal["mentions"] = False
    concordance: CrosswalkFile | None = None
    recognise: RecogniseSpec | None = None

    @property
    def called(self) -> Text:
        """The title, or the name where none is given."""
        return self.title or Text(en=self.name, zh=self.name)

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in KINDS:
            named = ", ".join(KINDS)
            raise FaultyValue(
                "bad-value",
                f"`kind` has '{kind}'; one of these is needed: {named}.",
                f"kind 的取值“{kind}”无效；可取：{named}。",
            )
        return kind

    @field_validator("years")
    @classmethod
    def _years(cls, years: tuple[int, int] | None) -> tuple[int, int] | None:
        forwards(() if years is None else (years,))
        return years

    @model_validator(mode="after")
    def _one_activity(self) -> RecordsSpec:
        if self.recognise and self.activity:
            raise FaultyValue(
                "activity-twice",
                "the activity is a column (`activity`) or what records are recognised as (`recognise`): keep one.",
                "活动来自列（activity）或识别所得的类（recognise），请保留其一。",
            )
        if self.date and self.first:
            raise FaultyValue(
                "two-kinds-of-dates",
                "records are of a `date`, or units come and go (`first`, `last`): keep one kind.",
                "记录要么有 date，要么有 first、last（单位的进入与退出），请保留其一。",
            )
        if self.last and not self.first:
            raise FaultyValue(
                "no-first",
                "`last` needs `first` beside it: when did the units come?",
                "给出 last 时须同时给出 first（单位何时出现）。",
            )
        return self


# What records are of, in both languages; ``xinzhi.records`` knows the same kinds.
KINDS: dict[str, Text] = {
    kind: Text(en=kind, zh=zh)
    for kind, zh in (
        ("records", "记录"),
        ("firms", "企业"),
        ("establishments", "经营单位"),
        ("patents", "专利"),
        ("papers", "论文"),
        ("deals", "交易"),
        ("grants", "资助"),
        ("projects", "项目"),
    )
}
