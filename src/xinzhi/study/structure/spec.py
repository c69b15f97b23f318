"""What a study file says of who does what: ``[[links]]``, ``[[concordance]]`` and ``[fusion]``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from xinzhi.core.methods import Family
from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.data.sources import Cell
from xinzhi.measure.coupling import Form
from xinzhi.measure.spec import Choice
from xinzhi.structure import complexity  # noqa: F401 - it fills its family
from xinzhi.structure.density import densities
from xinzhi.structure.fits import fit_nulls, fits
from xinzhi.structure.lagged import lead_lags
from xinzhi.structure.presence import presences
from xinzhi.structure.relatedness import relatednesses
from xinzhi.structure.scoring import complexities

# What stands in names of files and of sheets; Excel allows a sheet 31 letters.
Name = Annotated[str, Field(pattern=r"^[\w-]{1,16}$")]
Unknown = Literal["stop", "drop"]
Method = str | Callable[..., Any]
# Fewer draws than these tell nothing of an interval.
FEWEST_DRAWS = 20


class LinkColumns(Spec):
    """Which columns hold region, activity, period and value, where their heads do not tell."""

    region: str | None = None
    activity: str | None = None
    period: str | None = None
    value: str | None = None


class Labels(Spec):
    """A file of codes and names of activities: its columns where heads do not tell, and a ``group`` to colour by.

    ``group_zh`` is the column that holds the groups' Chinese names.
    """

    file: str
    code: str | None = None
    name: str | None = None
    name_zh: str | None = None
    group: str | None = None
    group_zh: str | None = None

    @model_validator(mode="after")
    def _of_a_group(self) -> Labels:
        if self.group_zh and not self.group:
            raise FaultyValue(
                "group-missing",
                "`group_zh` holds the Chinese names of groups; say which column holds the groups, `group`.",
                "group_zh 为分组的中文名称；请同时用 group 指明分组列。",
            )
        return self


class Least(Spec):
    """Floors below which regions and activities are left out, in ``every`` period or in ``any``."""

    region_total: float = Field(default=0, ge=0)
    region_diversity: int = Field(default=0, ge=0)
    activity_total: float = Field(default=0, ge=0)
    activity_ubiquity: int = Field(default=0, ge=0)
    periods: Literal["every", "any"] = "every"


class Presence(Choice):
    """From amounts to who counts as having what; a ``population`` names an indicator of the study."""

    family: ClassVar[Family] = presences
    method: Method = "rca"


class ComplexityChoice(Choice):
    """A measure of complexity. ``anchor`` names an indicator of the study that settles the sign.

    ``draws`` of ``resample`` (0 for none) tell how far ranks can be trusted.
    """

    family: ClassVar[Family] = complexities
    method: Method = "eigenvector"
    anchor: str | None = None
    resample: Literal["activities", "regions", "amounts"] = "activities"
    draws: int = Field(default=200, ge=0)
    seed: int = 0

    @field_validator("draws")
    @classmethod
    def _none_or_some(cls, draws: int) -> int:
        if draws == 1:
            raise FaultyValue(
                "one-draw", "one draw tells nothing: 0, or 2 and more.", "仅抽取一次没有意义：请设为 0，或不少于 2。"
            )
        return draws


class RelatednessChoice(Choice):
    """How near activities are; ``nearest`` keeps only the k strongest of each, ``above`` those above a value."""

    family: ClassVar[Family] = relatednesses
    method: Method = "min-probability"
    above: float | None = None
    nearest: int | None = Field(default=None, ge=1)


class StandingSpec(Spec):
    """From which share of the frontier on a region runs ``alongside`` or leads in a field; see ``standing``."""

    top: int = Field(default=1, ge=1)
    alongside: float = Field(default=0.5, gt=0)
    lead: float = Field(default=0.9, gt=0)
    at_least: float = Field(default=0.0, ge=0)
    dispersion: float = Field(default=1.0, ge=1)
    draws: int = Field(default=400, ge=0)
    seed: int = 0


class DensityChoice(Choice):
    """How much of what an activity is related to a region has."""

    family: ClassVar[Family] = densities
    method: Method = "share"


class Fit(Choice):
    """How far a profile that is carried over fits the one that is there."""

    family: ClassVar[Family] = fits
    method: Method = "cosine"


class FitNull(Choice):
    """What chance makes of a fit."""

    family: ClassVar[Family] = fit_nulls
    method: Method = "exchange"


class LeadsChoice(Choice):
    """By how many years a stage follows the one before, told from yearly links."""

    family: ClassVar[Family] = lead_lags
    method: Method = "cross-correlation"
    lags: tuple[int, int] = (-2, 6)
    cohorts: int = Field(default=1, ge=1)
    at_least: float = Field(default=5.0, ge=0)
    resample: Literal["regions", "years"] = "regions"
    draws: int = Field(default=400, ge=FEWEST_DRAWS)
    seed: int = 0


class CouplingSpec(Spec):
    """Coupling coordination of the stages: how totals become levels within [0, 1], and the form of the coupling."""

    scale: Literal["min-max", "share"] = "min-max"
    form: Form = "standard"


def _or_none(given: Any) -> Any:
    return {True: {}, False: None}[given] if isinstance(given, bool) else given


def _labels(given: Any) -> Any:
    return {"file": given} if isinstance(given, str) else given


class LinksSpec(Spec):
    """One ``[[links]]`` block: who does what, and what is to be told of it.

    They come from a ``file``, or are counted of ``records`` by name: how many, or another ``measure`` of theirs.
    Rows are added up by region, activity and period. ``window`` adds up so many years, counted back from the last;
    ``periods`` says from which to which year. ``complexity`` and ``relatedness`` may be ``false``; ``forecast`` is made
    where there are two periods or more.
    """

    name: Name
    file: str = ""
    records: Name | None = None
    measure: str | None = None
    title: Text | None = None
    unit: str = ""
    columns: LinkColumns = LinkColumns()
    count: bool = False
    where: dict[str, Cell | tuple[Cell, ...]] = Field(default_factory=dict)
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1)
    encoding: str | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None
    decimal: Literal[".", ","] | None = None
    names: Annotated[Labels | None, BeforeValidator(_labels)] = None
    unknown: Unknown = "stop"
    years: tuple[int, int] | None = None
    window: int | None = Field(default=None, ge=1)
    periods: tuple[tuple[int, int], ...] = ()
    least: Least = Least()
    presence: Presence = Presence()
    complexity: Annotated[ComplexityChoice | None, BeforeValidator(_or_none)] = ComplexityChoice()
    relatedness: Annotated[RelatednessChoice | None, BeforeValidator(_or_none)] = RelatednessChoice(
        method="min-probability"
    )
    density: DensityChoice = DensityChoice()
    forecast: bool = True
    standing: Annotated[StandingSpec | None, BeforeValidator(_or_none)] = None

    @property
    def called(self) -> Text:
        """The title, or the name where none is given."""
        return self.title or Text(en=self.name, zh=self.name)

    @field_validator("years")
    @classmethod
    def _years(cls, years: tuple[int, int] | None) -> tuple[int, int] | None:
        forwards(() if years is None else (years,))
        return years

    @field_validator("periods")
    @classmethod
    def _periods(cls, periods: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        forwards(periods)
        return periods

    @model_validator(mode="after")
    def _one_way(self) -> LinksSpec:
        from_one_place(self.file, self.records, self.measure)
        if self.window and self.periods:
            raise FaultyValue(
                "two-kinds-of-periods",
                "`window` and `periods` both say which years make a period. Keep one.",
                "window 与 periods 都在规定时期的划分，请保留其一。",
            )
        return self


def from_one_place(file: str, records: str | None, measure: str | None = None) -> None:
    """Refuse a block that has neither a file nor records to count, or both."""
    if bool(file) == bool(records):
        raise FaultyValue(
            "from-where",
            "what this block is about comes from a `file` or is counted of `records` by name: give one of the two.",
            "数据来自文件（file）或由某组记录（records）统计而得，请写明其中之一。",
        )
    if measure and not records:
        raise FaultyValue(
            "measure-of-records",
            "`measure` says what is counted of `records`; a file has its columns. Remove it.",
            "measure 用于说明统计 records 的何种度量；文件请用其列。请删除。",
        )


def forwards(spans: tuple[tuple[int, int], ...]) -> None:
    """Refuse spans of years that run backwards."""
    for first, last in spans:
        if first > last:
            raise FaultyValue(
                "years-out-of-order",
                f"years run backwards: {first} to {last}. Write the first year first: [{last}, {first}].",
                f"年份次序颠倒：{first} 至 {last}。请先写起始年份：[{last}, {first}]。",
            )


class ConcordanceColumns(Spec):
    """Which columns hold the two classes and the share; by the names of the two links, and ``share``, otherwise."""

    source: str | None = None
    target: str | None = None
    share: str | None = None


class ConcordanceSpec(Spec):
    """One ``[[concordance]]`` block: how the activities of ``source`` lead to those of ``target``, both named links.

    With ``weights`` the column of shares holds weights, such as counts, that are divided by their sum. ``names`` is a
    file of codes and names of the target's activities, where the target has no links of its own.
    """

    file: str
    source: Name
    target: Name
    columns: ConcordanceColumns = ConcordanceColumns()
    weights: bool = False
    names: Annotated[Labels | None, BeforeValidator(_labels)] = None
    sheet: str | None = None
    header: int | None = Field(default=None, ge=1)
    encoding: str | None = None
    separator: Literal[",", ";", "\t", "|"] | None = None


class FusionSpec(Spec):
    """The ``[fusion]`` block: links that lead to one another, in order, and how their fit is told.

    The last of the ``chain`` may be without links of its own: then it is told what the others lead to.
    """

    chain: tuple[Name, ...] = Field(min_length=2)
    fit: Fit = Fit()
    null: FitNull = FitNull()
    profile: Literal["share", "specialisation"] = "share"
    draws: int = Field(default=999, ge=FEWEST_DRAWS)
    seed: int = 0
    unknown: Unknown = "stop"
    leads: Annotated[LeadsChoice | None, BeforeValidator(_or_none)] = None
    coupling: Annotated[CouplingSpec | None, BeforeValidator(_or_none)] = None

    @field_validator("chain")
    @classmethod
    def _once(cls, chain: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(chain)) < len(chain):
            raise FaultyValue(
                "stage-twice",
                f"a stage stands twice in the chain: {', '.join(chain)}. Name each once.",
                f"链条中有重复的环节：{'、'.join(chain)}。每个环节只写一次。",
            )
        return chain
