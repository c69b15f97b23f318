"""What a study file says of the living model: ``[simulate]``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.simulate.knobs import KNOBS, Knobs
from xinzhi.simulate.moments import TITLES
from xinzhi.simulate.policy import Lever, LeverName, Policy, Shock, ShockName
from xinzhi.simulate.posterior import fewest_draws
from xinzhi.simulate.world import RUNGS
from xinzhi.study.structure.spec import Name

Rung = Literal["future", "emerging", "leading", "pillar", "traditional"]
NO_POLICY = "none"


def _known(kind: str, kind_zh: str, names: Iterable[str]) -> BeforeValidator:
    """A check that a name is one of those there are, which says what may have been meant."""
    there = tuple(names)

    def check(given: Any) -> Any:
        if given in there:
            return given
        near = difflib.get_close_matches(str(given), there, n=3)
        en = f"Did you mean: {', '.join(near)}?" if near else f"There are: {', '.join(there)}."
        zh = f"是否指：{'、'.join(near)}？" if near else f"可用：{'、'.join(there)}。"
        raise FaultyValue(f"unknown-{kind}", f"'{given}' is no {kind}. {en}", f"没有名为“{given}”的{kind_zh}。{zh}")

    return BeforeValidator(check)


class LeverChoice(Lever):
    """One lever of a policy: which, how much money a year, from when to when, for which regions and industries."""

    lever: Annotated[LeverName, _known("lever", "政策工具", get_args(LeverName))]


class ShockChoice(Shock):
    """Something that happens to a world under a policy, and costs it nothing."""

    shock: Annotated[ShockName, _known("shock", "冲击", get_args(ShockName))]


class PolicyChoice(Spec):
    """One ``[[simulate.policies]]`` block: its name, its levers, and the shocks it is tried under."""

    name: Name
    title: Text | None = None
    levers: tuple[LeverChoice, ...] = ()
    shocks: tuple[ShockChoice, ...] = ()

    @property
    def called(self) -> Text:
        """The title, or the name where none is given."""
        return self.title or Text(en=self.name, zh=self.name)

    @field_validator("name")
    @classmethod
    def _not_taken(cls, name: str) -> str:
        if name == NO_POLICY:
            raise FaultyValue(
                "policy-name-taken",
                f"'{NO_POLICY}' is what a world without any policy is called. Give this one another name.",
                f"“{NO_POLICY}”是无政策情形的名称。请另取名称。",
            )
        return name

    def policy(self) -> Policy:
        """The policy as the model takes it, its regions and industries by the words of the study file."""
        levers = tuple(Lever.model_validate(one.model_dump()) for one in self.levers)
        shocks = tuple(Shock.model_validate(one.model_dump()) for one in self.shocks)
        return Policy(name=self.name, title=self.called, levers=levers, shocks=shocks)


def _by_column(given: Any) -> Any:
    return {"column": given} if isinstance(given, str) else given


def _scale(given: Any) -> Any:
    # Checked here, as pydantic would tell of each of the two kinds by itself.
    if given == "largest" or (type(given) in (int, float) and 0 < given < float("inf")):
        return given
    raise FaultyValue(
        "bad-value",
        f'a number above 0 is needed, or "largest"; found {given!r}.',
        f'须为大于 0 的数或 "largest"；实际为 {given!r}。',
    )


class Taken(Spec):
    """An indicator of the study's sources: ``column``, over ``per`` where that is given, times ``scale``.

    With ``scale`` "largest" it is divided by its largest value, which makes a level of any amount.
    """

    column: str
    per: str | None = None
    scale: Annotated[float | Literal["largest"], BeforeValidator(_scale)] = 1.0


Indicator = Annotated[Taken | None, BeforeValidator(_by_column)]


class FromSpec(Spec):
    """Which of the study's data a world begins from; what is not named is assumed equal.

    ``industries`` names an ``[[industries]]`` block (with the ``measure`` to take), or ``links`` a ``[[links]]`` block
    of region × industry. ``technologies`` names a ``[[links]]`` block of region × technology. ``technology_of``,
    ``ages`` (years since birth) and ``rungs`` are by industry. The rest are indicators of the study's sources; see
    ``xinzhi.simulate.tables.COLUMNS``. ``year`` is the last of the data unless it is given.
    """

    industries: Name | None = None
    links: Name | None = None
    measure: str | None = None
    year: int | None = None
    technologies: Name | None = None
    technology_of: dict[str, str] = Field(default_factory=dict)
    ages: dict[str, Annotated[float, Field(ge=0, le=500)]] = Field(default_factory=dict)
    rungs: dict[str, Annotated[Rung, _known("rung", "梯级", RUNGS)]] = Field(default_factory=dict)
    research: Indicator = None
    venture: Indicator = None
    talent: Indicator = None
    skilled: Indicator = None
    digital: Indicator = None
    openness: Indicator = None
    amenity: Indicator = None
    clean: Indicator = None
    land_slack: Indicator = None
    productivity: Indicator = None

    @model_validator(mode="after")
    def _of_one_table(self) -> FromSpec:
        if (self.industries is None) == (self.links is None):
            raise FaultyValue(
                "no-industries-named",
                "a world begins from one table of region × industry: name an [[industries]] block (industries = …) or "
                "a [[links]] block (links = …), and not both.",
                "世界须以一张“地区 × 产业”表为起点：请指明 [[industries]] 段（industries = …）或 [[links]] 段"
                "（links = …），且只能指明其一。",
            )
        if self.measure is not None and self.industries is None:
            raise FaultyValue(
                "measure-without-industries",
                "`measure` says what of [[industries]] is taken; links have but one. Remove it.",
                "measure 用于 [[industries]]；[[links]] 只有一项数值。请删除。",
            )
        return self


def _whole_ranges(given: Any) -> Any:
    return dict.fromkeys(given) if isinstance(given, (list, tuple)) else given


KnobName = Annotated[str, _known("knob", "参数", KNOBS)]


class CalibrateSpec(Spec):
    """How the ``knobs`` named (or knobs with narrower ranges, ``{ lapse = [0.01, 0.05] }``) are inferred, in ``draws``.

    With ``since`` the world begins in that year of the study's own table of industries and is held against all its
    years but the last ``held_out``, which are then foretold and scored beside simple rivals; without, against what is
    known of firms anywhere, over ``years``. ``moments`` are those to be met, all that can be told unless named.
    """

    knobs: Annotated[dict[KnobName, tuple[float, float] | None], BeforeValidator(_whole_ranges)] = Field(min_length=1)
    since: int | None = None
    held_out: int = Field(default=0, ge=0, le=20)
    moments: tuple[Annotated[str, _known("moment", "矩", TITLES)], ...] = ()
    years: int = Field(default=15, ge=5, le=60)
    draws: int = Field(default=400, ge=40, le=100_000)
    firms: int = Field(default=5_000, ge=1_000, le=1_000_000)

    @field_validator("knobs")
    @classmethod
    def _within(cls, knobs: dict[str, tuple[float, float] | None]) -> dict[str, tuple[float, float] | None]:
        for name, span in knobs.items():
            about = KNOBS[name]
            if span is not None and not about.low <= span[0] < span[1] <= about.high:
                raise FaultyValue(
                    "range-outside",
                    f"'{name}' is to be looked for from {span[0]:g} to {span[1]:g}; a range within {about.low:g} to "
                    f"{about.high:g} is needed.",
                    f"“{name}”的范围为 {span[0]:g} 至 {span[1]:g}；"
                    f"须在 {about.low:g} 至 {about.high:g} 之内，且下限小于上限。",
                )
        return knobs

    @model_validator(mode="after")
    def _of_years(self) -> CalibrateSpec:
        if self.held_out and self.since is None:
            raise FaultyValue(
                "held-out-without-years",
                "`held_out` are years of the study's own data: say with `since` from when these are used.",
                "held_out 为研究自有数据的年份：请用 since 指明自哪一年起使用。",
            )
        return self

    @model_validator(mode="after")
    def _enough(self) -> CalibrateSpec:
        if self.draws < (least := fewest_draws(len(self.knobs))):
            raise FaultyValue(
                "too-few-draws",
                f"{self.draws} draws cannot place {len(self.knobs)} knobs: give at least {least}, or name fewer knobs.",
                f"{self.draws} 次抽样不足以推断 {len(self.knobs)} 个参数：请至少给出 {least} 次，或减少参数。",
            )
        return self

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """The range of every knob, its whole one where none is named."""
        return {name: span or (KNOBS[name].low, KNOBS[name].high) for name, span in self.knobs.items()}


class SimulateSpec(Spec):
    """The ``[simulate]`` block: how long, how many firms and draws, the knobs, the policies, and where it begins.

    A draw is one seed (and one set of knobs, where these are inferred) that every policy sees alike. Policies are
    compared at equal spending unless ``equal_spending`` is false, with the one named as ``reference``, else with none.
    ``claims`` puts the paper's claims to the model, ``facts`` holds it against what is known of firms and industries.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    years: int = Field(default=25, ge=1, le=120)
    firms: int = Field(default=20_000, ge=1_000, le=3_000_000)
    draws: int = Field(default=20, ge=2, le=10_000)
    seed: int = Field(default=7, ge=0, lt=2**31)
    first_year: int | None = Field(default=None, ge=1800, le=2200)
    knobs: Knobs = Knobs()
    policies: tuple[PolicyChoice, ...] = ()
    reference: str | None = None
    equal_spending: bool = True
    claims: bool = False
    facts: bool = True
    source: FromSpec | None = Field(default=None, alias="from")
    calibrate: CalibrateSpec | None = None

    @field_validator("policies")
    @classmethod
    def _named_once(cls, policies: tuple[PolicyChoice, ...]) -> tuple[PolicyChoice, ...]:
        names = [one.name for one in policies]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise FaultyValue(
                "policy-name-twice",
                f"every policy needs a name of its own; found more than once: {', '.join(twice)}.",
                f"每项政策须有各自的名称；重复：{'、'.join(twice)}。",
            )
        return policies

    @model_validator(mode="after")
    def _asks_for_something(self) -> SimulateSpec:
        if not (self.claims or any(one.levers or one.shocks for one in self.policies)):
            raise FaultyValue(
                "nothing-to-simulate",
                "there is nothing to compare. Add a policy ([[simulate.policies]] with levers or shocks), or ask for "
                "the paper's claims (claims = true).",
                "没有可供比较的内容。请添加政策（[[simulate.policies]]，含 levers 或 shocks），"
                "或检验论文论断（claims = true）。",
            )
        names = (NO_POLICY, *(one.name for one in self.policies))
        if self.reference is not None and self.reference not in names:
            near = difflib.get_close_matches(self.reference, names, n=3) or names
            raise FaultyValue(
                "unknown-reference",
                f"`reference` names no policy: '{self.reference}'. Policies: {', '.join(near)}.",
                f"reference 所指“{self.reference}”不是已有政策。现有：{'、'.join(near)}。",
            )
        if self.calibrate is not None and self.calibrate.since is not None and self.source is None:
            raise FaultyValue(
                "calibrate-without-data",
                "`since` is a year of the study's own data: say in [simulate.from] which these are.",
                "since 为研究自有数据中的年份：请在 [simulate.from] 中指明数据。",
            )
        return self
