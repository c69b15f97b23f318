"""What of an index can vary, as a study file says it under ``[vary]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import INDICATOR, ORIGINS, Floats, Panel
from xinzhi.core.specs import FaultyValue, Spec
from xinzhi.measure.cells import Gathered
from xinzhi.measure.spec import Aggregate, Choice, Impute, IndexSpec, Normalise, Scope, Treat, Weigh
from xinzhi.measure.weighting import weightings
from xinzhi.study.vary.design import Sampling

ONE_INDICATOR: Literal["one indicator"] = "one indicator"
EVERY_LEVEL = 0


class Noise(Spec):
    """Weights of a level times 1 ± ``share``, uniform and each on its own, then shared out within parents again.

    R's COINr leaves such weights as they are; a weighted mean does not see the difference.
    """

    level: int = Field(default=1, ge=1)
    share: float = Field(default=0.25, gt=0, lt=1)


class Deviation(Spec):
    """The standard deviation of an error: a ``share`` of each value, or ``sd`` in the indicator's own unit, or both."""

    share: float = Field(default=0.0, ge=0)
    sd: float = Field(default=0.0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _as_share(cls, given: Any) -> Any:
        return {"share": given} if isinstance(given, (int, float)) and not isinstance(given, bool) else given


class Errors(Spec):
    """Normal errors of observed values, independent from cell to cell, per indicator (``*``: all others).

    With ``by`` the keys are classes: of ``origin`` (``observed``, ``filled-in-source``, …) or of any coordinate that
    the panel has along its indicators, such as ``source``. In a study file the keys stand beside ``by``. An error is
    made to the indicator as it came, before it is divided by its denominator, which has none.
    """

    by: str | None = None
    of: dict[str, Deviation] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        if not isinstance(given, dict) or isinstance(given.get("of"), dict):
            return given
        return {"of": {key: value for key, value in given.items() if key != "by"}} | (
            {"by": given["by"]} if "by" in given else {}
        )

    def sizes(self, panel: Panel, raw: Gathered, spec: IndexSpec) -> tuple[Floats, Floats]:
        """The share and the sd that holds for every cell, (time, region, indicator) each. Raises ``MethodError``."""
        shape = raw.values.shape
        classes = np.broadcast_to(self._classes(panel, raw, spec), shape)
        if stray := sorted(set(self.of) - {"*"} - set(map(str, np.unique(classes)))):
            known = ", ".join(map(str, np.unique(classes)))
            raise MethodError(
                Fault(
                    "unknown-error-class",
                    f"[vary] error names {', '.join(stray)}, which the data do not have. They have: {known}.",
                    f"[vary] 的 error 列出了数据中没有的 {'、'.join(stray)}。现有：{known}。",
                    column="vary.error",
                )
            )
        share, sd = np.zeros(shape), np.zeros(shape)
        nothing = self.of.get("*", Deviation())
        for name in np.unique(classes):
            held = self.of.get(str(name), nothing)
            share[classes == name], sd[classes == name] = held.share, held.sd
        return share, sd

    def _classes(self, panel: Panel, raw: Gathered, spec: IndexSpec) -> Any:
        leaves = spec.tree.indicators
        if self.by is None:
            return np.array([leaf.code for leaf in leaves], dtype=str)
        if self.by == "origin":
            return np.array(ORIGINS, dtype=str)[raw.origin]
        about = panel.coords.variables.get(self.by)
        if about is None or about.dims != (INDICATOR,):
            known = ", ".join(str(name) for name, of in panel.coords.variables.items() if of.dims == (INDICATOR,))
            raise MethodError(
                Fault(
                    "unknown-error-class",
                    f"indicators have no coordinate '{self.by}'. They have: {known}; `by` may also be origin.",
                    f"指标没有名为“{self.by}”的属性。现有：{known}；by 亦可为 origin。",
                    column="vary.error.by",
                )
            )
        at = panel.get_index(INDICATOR).get_indexer(pd.Index([leaf.source for leaf in leaves], dtype=object))
        return about.values[at].astype(str)


def _each_a_list(given: Any) -> Any:
    if not isinstance(given, (list, tuple)):
        return given
    return [one if isinstance(one, (list, tuple)) else [one] for one in given]


def _by_level(given: Any) -> Any:
    if isinstance(given, (list, tuple)):
        return {EVERY_LEVEL: _each_a_list(given)}
    if isinstance(given, dict):
        return {level: _each_a_list(versions) for level, versions in given.items()}
    return given


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, (dict, Spec)) else given


def _rules(given: Any) -> Any:
    if not isinstance(given, (list, tuple)):
        return given
    return [{"zeros": one} if isinstance(one, str) else one for one in given]


def _told(version: Any) -> Any:
    """What a version says: a scope that is stated is not the same as one left to the study."""
    if isinstance(version, tuple):
        return [_told(part) for part in version]
    return (version, version.model_fields_set) if isinstance(version, Choice) else version


class Variations(Spec):
    """The choices that vary; each list holds the versions that are equally likely, two or more.

    A version says what differs from the study: a method by name keeps the study's scope, groups and, if it is the
    study's own method, its options. ``weigh`` and ``aggregate`` list versions for all levels at once, or per level as
    ``{ 2 = […] }``. ``stated`` are sets of stated weights by code; codes left out keep theirs. ``zeros`` are zero rules
    of entropy weights, wherever the version has them. ``base_period`` are scopes of the normalisation. ``leave_out``
    is one indicator at a time (or none), or one of the codes listed (or none): its weight becomes zero and its
    siblings share what it had, as in ``leave_one_out``.
    """

    denominate: tuple[bool, ...] = ()
    error: Errors | None = None
    impute: Annotated[tuple[tuple[Impute, ...], ...], BeforeValidator(_each_a_list)] = ()
    treat: tuple[Treat, ...] = ()
    normalise: tuple[Normalise, ...] = ()
    base_period: tuple[Scope, ...] = ()
    stated: tuple[dict[str, Annotated[float, Field(ge=0)]], ...] = ()
    weigh: Annotated[dict[int, tuple[tuple[Weigh, ...], ...]], BeforeValidator(_by_level)] = Field(default_factory=dict)
    zeros: Annotated[tuple[dict[str, Any], ...], BeforeValidator(_rules)] = ()
    aggregate: Annotated[dict[int, tuple[tuple[Aggregate, ...], ...]], BeforeValidator(_by_level)] = Field(
        default_factory=dict
    )
    noise: Annotated[tuple[Noise, ...], BeforeValidator(_as_list)] = ()
    leave_out: Literal["one indicator"] | tuple[str, ...] = ()

    def said(self) -> dict[str, Any]:
        """What was said, key by key, without what was left to its default."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    @model_validator(mode="after")
    def _versions(self) -> Variations:
        lists: dict[str, Sequence[Any]] = {
            name: getattr(self, name)
            for name in ("denominate", "impute", "treat", "normalise", "base_period", "stated", "zeros")
        }
        for name, by_level in (("weigh", self.weigh), ("aggregate", self.aggregate)):
            lists |= {f"{name}.{level}" if level else name: versions for level, versions in by_level.items()}
        lists |= {"leave_out": ["", *self.leave_out] if isinstance(self.leave_out, tuple) and self.leave_out else []}
        for name, versions in lists.items():
            told = [_told(one) for one in versions]
            alike = any(one in told[:at] for at, one in enumerate(told))
            if len(versions) == 1 or alike:
                raise FaultyValue(
                    "nothing-varies",
                    f"`{name}` needs two versions or more, all different.",
                    f"`{name}` 须列出两个或更多互不相同的方案。",
                )
        if len({noise.level for noise in self.noise}) < len(self.noise):
            raise FaultyValue(
                "noise-twice", "`noise` names a level more than once.", "`noise` 中同一层级出现了不止一次。"
            )
        for rule in self.zeros:
            weightings.members["entropy"].accept(rule)
        return self


class VarySpec(Variations):
    """The ``[vary]`` block: what varies, how many draws from which sequence, whether effects are estimated."""

    draws: int = Field(default=2_000, ge=2)
    seed: int = Field(default=7, ge=0)
    sampling: Sampling = "sobol"
    effects: bool = True
