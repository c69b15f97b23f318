"""What a claim is: worlds that differ in one thing, the outcome in which they should differ, and when they may not.

A claim stands in ``claims.toml``. Its worlds are laid out here as plain data, so that equal worlds are known for equal
and are grown once.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.simulate.evidence import MEASURES, trailing
from xinzhi.simulate.history import SERIES
from xinzhi.simulate.knobs import KNOBS, Knobs
from xinzhi.simulate.outcomes import OUTCOMES
from xinzhi.simulate.policy import Lever, LeverName, Policy, Shock, ShockName

if TYPE_CHECKING:
    from xinzhi.simulate.world import Start

Kind = Literal["built-in", "emergent"]
Group = Literal["all", "leading", "trailing", "odd", "even"]

# What may be set or multiplied at the start, beside knobs: levels of regions, and whether they have a ceiling of one.
_LEVELS = dict.fromkeys(("skilled", "digital", "openness", "amenity", "clean"), True) | {"land_slack": False}


class Pull(Spec):
    """A lever of a contrast: money as a share of output a year, from and until so many years after the start."""

    lever: LeverName
    budget: float = Field(gt=0, le=0.05)
    since: float = Field(default=1.0, ge=0)
    until: float = Field(default=1000.0, gt=0)
    regions: Group = "all"


class Strike(Spec):
    """A shock of a contrast, from and until so many years after the start."""

    shock: ShockName
    size: float = Field(gt=0, le=1)
    since: float = Field(default=1.0, ge=0)
    until: float = Field(default=1000.0, gt=0)


class Setting(Spec):
    """What is otherwise in a world: ``world`` sets and ``times`` multiplies knobs and levels of all regions."""

    world: dict[str, float] = Field(default_factory=dict)
    times: dict[str, float] = Field(default_factory=dict)
    shocks: tuple[Strike, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in (*self.world, *self.times):
            if name not in KNOBS and name not in _LEVELS:
                raise FaultyValue(
                    "unknown-knob",
                    f"'{name}' is neither a knob nor a level of regions ({', '.join(_LEVELS)}).",
                    f"“{name}”既非旋钮也非地区水平（{'、'.join(_LEVELS)}）。",
                )
        return self


class Arm(Setting):
    """One world of a contrast, and the weight of its outcome in the difference."""

    weight: float
    levers: tuple[Pull, ...] = ()


class Condition(Setting):
    """Circumstances under which a claim is tried again; they change every world of its contrast."""

    title: Text


class Claim(Spec):
    """One claim of the paper put to the model.

    ``says`` is the paper in our own words, ``put`` how it was put to the model, ``why`` which equation assumes it or
    what leaves it open. The effect is the sum of ``outcome`` × weight over the ``arms`` (in logs with ``logs``), means
    of the ``last`` years; ``sign`` is what the paper expects of it and ``least`` the smallest effect worth the name.
    """

    name: str
    ids: tuple[str, ...] = Field(min_length=1)
    lines: str
    kind: Kind
    title: Text
    says: Text
    put: Text
    why: Text
    outcome: str
    sign: Literal[-1, 1]
    least: float = Field(gt=0)
    logs: bool = False
    last: int = Field(default=10, ge=1, le=20)
    arms: tuple[Arm, ...] = Field(min_length=1)
    conditions: tuple[Condition, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.outcome not in SERIES and self.outcome not in MEASURES:
            raise FaultyValue(
                "unknown-outcome",
                f"'{self.outcome}' is no outcome of the model: {', '.join((*SERIES, *MEASURES))}.",
                f"“{self.outcome}”不是模型的结果变量：{'、'.join((*SERIES, *MEASURES))}。",
            )
        return self

    @property
    def unit(self) -> Text:
        """The unit of the effect; empty for a share or a plain number."""
        if self.logs:
            return Text(en="log points", zh="对数点")
        return MEASURES[self.outcome].unit if self.outcome in MEASURES else OUTCOMES[self.outcome].unit

    @property
    def measured(self) -> Text:
        """What the effect is an effect on."""
        return MEASURES[self.outcome].title if self.outcome in MEASURES else OUTCOMES[self.outcome].title


def read_claims(path: Path | str | None = None) -> tuple[Claim, ...]:
    """The claims of a TOML file, tables ``[[claim]]``; the paper's own, which come with the software, by default."""
    if path is None:
        return _own_claims()
    return _claims_in(Path(path).read_text(encoding="utf-8"))


@cache
def _own_claims() -> tuple[Claim, ...]:
    return _claims_in((resources.files("xinzhi.simulate") / "claims.toml").read_text(encoding="utf-8"))


def _claims_in(text: str) -> tuple[Claim, ...]:
    return tuple(Claim.model_validate(one) for one in tomllib.loads(text)["claim"])


AS_USUAL = Text(en="as usual", zh="通常情形")


# --- Its worlds as plain data ------------------------------------------------------------------------------------


def conditions_of(claim: Claim) -> tuple[Condition, ...]:
    """As usual, and then the conditions of the claim."""
    return (Condition(title=AS_USUAL), *claim.conditions)


def world_of(start: Start, arm: Arm, condition: Condition, knobs: Knobs, years: int) -> dict[str, Any]:
    """One world as plain data: what is set at its start, its knobs, its policy. The arm's own word goes last."""
    levels: dict[str, list[float]] = {}
    turned: dict[str, float] = {}
    for part in (condition, arm):
        for name, value in part.world.items():
            if name in KNOBS:
                turned[name] = value
            else:
                levels[name] = [value] * len(start.regions)
        for name, factor in part.times.items():
            if name in KNOBS:
                bounds = KNOBS[name]
                turned[name] = float(np.clip(turned.get(name, getattr(knobs, name)) * factor, bounds.low, bounds.high))
            else:
                scaled = np.asarray(levels.get(name, getattr(start, name))) * factor
                levels[name] = np.clip(scaled, 0.0, 1.0 if _LEVELS[name] else np.inf).tolist()
    strikes = (*condition.shocks, *arm.shocks)
    policy = Policy(
        name="claim",
        title=Text(en="claim", zh="观点"),
        levers=tuple(_lever(pull, start, years) for pull in arm.levers),
        shocks=tuple(
            Shock(shock=one.shock, size=one.size, **_dates(one.since, one.until, start, years)) for one in strikes
        ),
    )
    return {"levels": levels, "knobs": {**knobs.model_dump(), **turned}, "policy": policy.model_dump()}


def _lever(pull: Pull, start: Start, years: int) -> Lever:
    dates = _dates(pull.since, pull.until, start, years)
    return Lever(lever=pull.lever, budget=pull.budget, regions=_members(start, pull.regions), **dates)


def _dates(since: float, until: float, start: Start, years: int) -> dict[str, Any]:
    return {"start": start.first_year + since, "stop": start.first_year + min(until, float(years))}


def _members(start: Start, group: Group) -> tuple[str, ...]:
    """The regions of a group: halves by basic research at the start, or every other one in that order."""
    if group == "all":
        return ()
    order = np.argsort(start.research, kind="stable")
    if group in ("odd", "even"):
        chosen = np.zeros(len(order), dtype=bool)
        chosen[order[0 if group == "even" else 1 :: 2]] = True
    else:
        chosen = trailing(start) if group == "trailing" else ~trailing(start)
    return tuple(label for label, one in zip(start.regions, chosen, strict=True) if one)
