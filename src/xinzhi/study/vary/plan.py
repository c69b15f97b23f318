"""How a draw becomes choices: the factors that vary, their columns, and the index each combination describes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text, faults_of
from xinzhi.measure.aggregation import DEAF_TO_WEIGHTS
from xinzhi.measure.imputation import draws
from xinzhi.measure.spec import Aggregate, Choice, Impute, IndexSpec, Normalise, Scope, Treat, Weigh
from xinzhi.study.vary.choices import EVERY_LEVEL, ONE_INDICATOR, Variations
from xinzhi.study.vary.design import binned, seeds

# The step at which a factor makes itself felt, in the order in which draws are gathered to share their work.
Step = Literal["cells", "scale", "climb", "weights"]
Picks = npt.NDArray[np.int64]
Edit = Callable[[IndexSpec, int], dict[str, Any]]

NOBODY = "-"

_TITLES: dict[str, tuple[str, str]] = {
    "denominate": ("denominators", "是否除以分母"),
    "error": ("data error", "数据误差"),
    "impute": ("imputation", "缺失值填补方法"),
    "fill": ("draws of filled cells", "填补值抽样"),
    "treat": ("treatment of outliers", "异常值处理"),
    "normalise": ("normalisation", "无量纲化方法"),
    "base_period": ("base period", "无量纲化基期"),
    "stated": ("stated weights", "指定权重方案"),
    "weigh": ("weighting", "赋权方法"),
    "zeros": ("zero rule", "零值处理规则"),
    "aggregate": ("aggregation", "合成方法"),
    "noise": ("noise of weights", "权重扰动"),
    "leave_out": ("indicator left out", "剔除指标"),
}


@dataclass(frozen=True)
class Factor:
    """One choice that varies: its key in the study file, its versions (none for what is continuous), its columns."""

    name: str
    step: Step
    versions: tuple[str, ...] = ()
    width: int = 1
    start: int = 0
    edit: Edit | None = field(default=None, repr=False, compare=False)

    @property
    def title(self) -> Text:
        """The choice in both languages."""
        key, _, level = self.name.partition(".")
        en, zh = _TITLES[key]
        return Text(en=f"{en}, level {level}" if level else en, zh=f"{zh}（第 {level} 层）" if level else zh)

    @property
    def columns(self) -> slice:
        """The columns of a point that are the factor's."""
        return slice(self.start, self.start + self.width)

    @property
    def seeds(self) -> bool:
        """Whether the factor's point stands for a whole cloud of random numbers."""
        return self.name in ("error", "fill")


@dataclass(frozen=True)
class Plan:
    """The factors of a study's variations, in the order of the steps, and what a point makes of them."""

    spec: IndexSpec
    variations: Variations
    factors: tuple[Factor, ...]

    @classmethod
    def of(cls, spec: IndexSpec, variations: Variations) -> Plan:
        """Number the columns and try every version alone. Raises ``MethodError`` with all that do not fit."""
        found = [*_cells(spec, variations), *_scale(variations), *_climb(variations), *_weights(spec, variations)]
        at, numbered = 0, []
        for factor in found:
            numbered.append(replace(factor, start=at))
            at += factor.width
        plan = cls(spec, variations, tuple(numbered))
        plan._refuse_unfit()
        if not found:
            raise MethodError(
                Fault(
                    "nothing-varies",
                    "no choice varies. Say which do under [vary], for example "
                    'normalise = ["min-max", "z-score"] or noise = { share = 0.25 }.',
                    "没有任何选择变动。请在 [vary] 中列出，例如 "
                    'normalise = ["min-max", "z-score"] 或 noise = { share = 0.25 }。',
                )
            )
        return plan

    @cached_property
    def _made(self) -> dict[tuple[int, ...], IndexSpec]:
        return {}

    def version(self, picks: Iterable[int]) -> IndexSpec:
        """The index that one pick per factor describes; noise, errors and what is left out do not show in it."""
        key = tuple(int(pick) for pick, factor in zip(picks, self.factors, strict=True) if factor.edit)
        if key not in self._made:
            edits = [factor.edit for factor in self.factors if factor.edit]
            self._made[key] = _edited(self.spec, zip(edits, key, strict=True))
        return self._made[key]

    def picks(self, points: Floats, seed: int) -> Picks:
        """What every draw picks, (draw, factor): the number of a version, or a seed; 0 for noise."""
        out = np.zeros((len(points), len(self.factors)), dtype=np.int64)
        for at, factor in enumerate(self.factors):
            u = points[:, factor.start]
            if factor.versions:
                out[:, at] = binned(u, len(factor.versions))
            elif factor.seeds:
                out[:, at] = seeds(u, seed + at)
        return out

    def loudness(self, points: Floats) -> Floats:
        """What every draw multiplies the nodes' weights by, (draw, node)."""
        tree = self.spec.tree
        out = np.ones((len(points), len(tree.nodes)))
        for factor in self.factors:
            if factor.name.startswith("noise."):
                level = int(factor.name.partition(".")[2])
                share = next(noise.share for noise in self.variations.noise if noise.level == level)
                out[:, tree.levels == level] = 1 + share * (2 * points[:, factor.columns] - 1)
        return out

    @cached_property
    def left_out(self) -> tuple[int, ...]:
        """The node that each version of ``leave_out`` leaves out, -1 for nobody."""
        codes = next((factor.versions for factor in self.factors if factor.name == "leave_out"), (NOBODY,))
        return tuple(-1 if code == NOBODY else self.spec.tree.position(code) for code in codes)

    def place(self, name: str) -> int | None:
        """Where a factor stands among the picks."""
        return next((at for at, factor in enumerate(self.factors) if factor.name == name), None)

    def at_step(self, *steps: Step) -> list[int]:
        """The factors of some steps, as positions."""
        return [at for at, factor in enumerate(self.factors) if factor.step in steps]

    def said(self, picks: Iterable[int]) -> str:
        """A combination in words, as a study file would say it."""
        pairs = zip(self.factors, picks, strict=True)
        return ", ".join(f"{one.name} = {one.versions[int(pick)]}" for one, pick in pairs if one.edit)

    def _refuse_unfit(self) -> None:
        faults = [*self._idle()]
        for factor in self.factors:
            for at in range(len(factor.versions)):
                if factor.edit is None:
                    continue
                try:
                    _edited(self.spec, [(factor.edit, at)])
                except MethodError as error:
                    faults += [replace(fault, column=f"vary.{factor.name}") for fault in error.faults]
        if not faults:
            faults += self._deaf()
        if faults:
            raise MethodError(dict.fromkeys(faults))

    def _idle(self) -> Iterator[Fault]:
        """Versions that could change nothing: of levels and nodes that there are not, zero rules without entropy."""
        said, height = self.variations, self.spec.tree.height
        for name, levels, least, most in (
            ("weigh", said.weigh, 1, height - 1),
            ("aggregate", said.aggregate, 2, height),
        ):
            for level in levels.keys() - {EVERY_LEVEL, *range(least, most + 1)}:
                yield Fault(
                    "no-such-level",
                    f"versions of {name} are listed for level {level}; it has levels {least} to {most}.",
                    f"{name} 列出了第 {level} 层的方案；可用层级为第 {least} 至 {most} 层。",
                    column=f"vary.{name}",
                )
        for noise in said.noise:
            if noise.level >= height:
                yield Fault(
                    "no-such-level",
                    f"noise is asked for at level {noise.level}; weights stand on levels 1 to {height - 1}.",
                    f"noise 指定了第 {noise.level} 层；有权重的层级为第 1 至 {height - 1} 层。",
                    column="vary.noise",
                )
        if stray := _stray(self.spec, said):
            yield Fault(
                "unknown-node",
                f"leave_out names {', '.join(stray)}, which the index does not have below its top.",
                f"leave_out 列出了指数之下没有的 {'、'.join(stray)}。",
                column="vary.leave_out",
            )
        weighed = [*self.spec.weigh, *(one for versions in said.weigh.values() for steps in versions for one in steps)]
        if said.zeros and not any("entropy" in (one.name, *_parts(one)) for one in weighed):
            yield Fault(
                "zero-rule-idle",
                "zero rules are listed, but no version weighs by entropy. Drop `zeros`, or weigh by entropy.",
                "列出了零值处理规则，但没有任何方案采用熵值法。请去掉 zeros，或采用熵值法赋权。",
                column="vary.zeros",
            )

    def _deaf(self) -> Iterator[Fault]:
        """What is left out where a parent may be made by a method in which a child without weight still counts."""
        tree = self.spec.tree
        for at in (node for node in self.left_out if node >= 0):
            parent = int(tree.parents[at])
            while (tree.parents == parent).sum() == 1 and tree.parents[parent] >= 0:
                parent = int(tree.parents[parent])  # an only child takes its parent with it
            for name in sorted(self._makers(int(tree.levels[parent])) & DEAF_TO_WEIGHTS):
                yield Fault(
                    "weights-not-used",
                    f"'{tree.codes[parent]}' is made by '{name}', in which a child without weight still counts, so "
                    f"'{tree.codes[at]}' cannot be left out. Drop `leave_out`, or name others.",
                    f"“{tree.codes[parent]}”由“{name}”合成，权重为零的下级仍参与计算，故不能剔除“{tree.codes[at]}”。"
                    "请去掉 leave_out，或改列其他指标。",
                    column="vary.leave_out",
                )

    def _makers(self, level: int) -> set[str]:
        """The methods that make the elements of a level in one version or another."""
        said = self.variations.aggregate
        if level in said:
            return {step.name for steps in said[level] for step in steps}
        if EVERY_LEVEL not in said:
            return {self.spec.aggregating(level).name}
        edit = partial(_aggregate, said[EVERY_LEVEL], EVERY_LEVEL)
        return {_edited(self.spec, [(edit, at)]).aggregating(level).name for at in range(len(said[EVERY_LEVEL]))}


def _cells(spec: IndexSpec, said: Variations) -> Iterator[Factor]:
    if said.denominate:
        labels = tuple(str(one).lower() for one in said.denominate)
        yield Factor("denominate", "cells", labels, edit=partial(_denominate, said.denominate))
    if said.error:
        yield Factor("error", "cells")
    if said.impute:
        yield Factor("impute", "cells", tuple(map(_label, said.impute)), edit=partial(_impute, said.impute))
    if any(draws(step.method, step.options) for steps in (spec.impute, *said.impute) for step in steps):
        yield Factor("fill", "cells")
    if said.treat:
        labels = tuple(_label([one]) for one in said.treat)
        yield Factor("treat", "cells", labels, edit=partial(_treat, said.treat))


def _scale(said: Variations) -> Iterator[Factor]:
    if said.normalise:
        labels = tuple(_label([one]) for one in said.normalise)
        yield Factor("normalise", "scale", labels, edit=partial(_normalise, said.normalise))
    if said.base_period:
        labels = tuple(_period(one) for one in said.base_period)
        yield Factor("base_period", "scale", labels, edit=partial(_base_period, said.base_period))


def _climb(said: Variations) -> Iterator[Factor]:
    if said.stated:
        labels = tuple(f"set {at}" for at in range(1, len(said.stated) + 1))
        yield Factor("stated", "climb", labels, edit=partial(_stated, said.stated))
    for level, versions in sorted(said.weigh.items()):
        labels = tuple(map(_label, versions))
        yield Factor(_at_level("weigh", level), "climb", labels, edit=partial(_weigh, versions, level))
    if said.zeros:
        labels = tuple(map(_rule_label, said.zeros))
        yield Factor("zeros", "climb", labels, edit=partial(_zeros, said.zeros))
    for level, aggregations in sorted(said.aggregate.items()):
        labels = tuple(map(_label, aggregations))
        yield Factor(_at_level("aggregate", level), "climb", labels, edit=partial(_aggregate, aggregations, level))


def _weights(spec: IndexSpec, said: Variations) -> Iterator[Factor]:
    tree = spec.tree
    for noise in said.noise:
        if noise.level < tree.height:
            yield Factor(f"noise.{noise.level}", "weights", width=int((tree.levels == noise.level).sum()))
    if said.leave_out:
        codes = tree.codes[: tree.n_indicators] if said.leave_out == ONE_INDICATOR else said.leave_out
        if not _stray(spec, said):
            yield Factor("leave_out", "weights", (NOBODY, *codes))


def _stray(spec: IndexSpec, said: Variations) -> list[str]:
    """What is to be left out and is not in the index, or is the index itself."""
    return [] if isinstance(said.leave_out, str) else [c for c in said.leave_out if c not in spec.tree.codes[:-1]]


def _edited(spec: IndexSpec, edits: Iterable[tuple[Edit, int]]) -> IndexSpec:
    try:
        for edit, pick in edits:
            # What is left alone is handed on as it is, so that only the change is checked.
            said = {name: getattr(spec, name) for name in IndexSpec.model_fields}
            spec = IndexSpec.model_validate(said | edit(spec, pick))
    except ValidationError as error:
        raise MethodError(faults_of(error)) from None
    return spec


def _denominate(versions: tuple[bool, ...], spec: IndexSpec, pick: int) -> dict[str, Any]:
    return {"denominate": versions[pick]}


def _impute(versions: tuple[tuple[Impute, ...], ...], spec: IndexSpec, pick: int) -> dict[str, Any]:
    def near(step: Impute) -> Impute | None:
        own = [one for one in spec.impute if one.method == step.method]
        return next(iter(own or spec.impute), None)

    return {"impute": tuple(completed(step, near(step)) for step in versions[pick])}


def _treat(versions: tuple[Treat, ...], spec: IndexSpec, pick: int) -> dict[str, Any]:
    return {"treat": completed(versions[pick], spec.treat)}


def _normalise(versions: tuple[Normalise, ...], spec: IndexSpec, pick: int) -> dict[str, Any]:
    return {"normalise": completed(versions[pick], spec.normalise)}


def _base_period(versions: tuple[Scope, ...], spec: IndexSpec, pick: int) -> dict[str, Any]:
    return {"normalise": spec.normalise.model_copy(update={"scope": versions[pick]})}


def _stated(versions: tuple[dict[str, float], ...], spec: IndexSpec, pick: int) -> dict[str, Any]:
    weights = versions[pick]
    if stray := sorted(weights.keys() - set(spec.tree.codes)):
        raise MethodError(
            Fault(
                "unknown-node",
                f"a set of stated weights names {', '.join(stray)}, which the index does not have.",
                f"指定权重方案列出了指数中没有的 {'、'.join(stray)}。",
            )
        )

    def told(node: Any) -> Any:
        return node.model_copy(update={"weight": float(weights.get(node.code, node.weight))})

    return {"elements": tuple(map(told, spec.elements)), "indicators": tuple(map(told, spec.indicators))}


def _weigh(versions: tuple[tuple[Weigh, ...], ...], level: int, spec: IndexSpec, pick: int) -> dict[str, Any]:
    if level == EVERY_LEVEL:
        return {"weigh": tuple(completed(one, spec.weighing(one.level or 1)) for one in versions[pick])}
    own = tuple(completed(one, spec.weighing(level)).model_copy(update={"level": level}) for one in versions[pick])
    return {"weigh": tuple(one for one in spec.weigh if one.level != level) + own}


def _aggregate(versions: tuple[tuple[Aggregate, ...], ...], level: int, spec: IndexSpec, pick: int) -> dict[str, Any]:
    if level == EVERY_LEVEL:
        return {"aggregate": tuple(completed(one, spec.aggregating(one.level or 2)) for one in versions[pick])}
    own = tuple(completed(one, spec.aggregating(level)).model_copy(update={"level": level}) for one in versions[pick])
    return {"aggregate": tuple(one for one in spec.aggregate if one.level != level) + own}


def _zeros(versions: tuple[dict[str, Any], ...], spec: IndexSpec, pick: int) -> dict[str, Any]:
    return {"weigh": tuple(_with_rule(choice, versions[pick]) for choice in spec.weigh)}


def _with_rule(choice: Weigh, rule: dict[str, Any]) -> Weigh:
    options = dict(choice.options)
    if choice.method == "entropy":
        options |= rule
    if "of" in options:
        options["of"] = [_part_with_rule(part, rule) for part in options["of"]]
    return choice.model_copy(update={"options": options})


def _parts(choice: Weigh) -> list[Any]:
    """The names of the methods that a combination combines."""
    return [part.get("method") if isinstance(part, dict) else part for part in choice.options.get("of", [])]


def _part_with_rule(part: Any, rule: dict[str, Any]) -> Any:
    if part == "entropy" or (isinstance(part, dict) and part.get("method") == "entropy"):
        return ({"method": "entropy"} if isinstance(part, str) else part) | rule
    return part


C = TypeVar("C", bound=Choice)


def completed(version: C, base: C | None) -> C:
    """A version with what it leaves unsaid taken from the study: the scope and such, and its own method's options.

    The level is not handed on: a version for all levels holds for all.
    """
    if base is None:
        return version
    unsaid = type(version).model_fields.keys() - version.model_fields_set - {"method", "options", "level"}
    kept: dict[str, Any] = {name: getattr(base, name) for name in unsaid}
    if version.method == base.method:
        kept["options"] = base.options | version.options
    return version.model_copy(update=kept)


def _label(steps: Sequence[Choice]) -> str:
    return " + ".join(_one_label(step) for step in steps) or "none"


def _one_label(step: Choice) -> str:
    said = {name: getattr(step, name) for name in step.model_fields_set - {"method", "options"}}
    told = _options(dict(sorted(said.items())) | step.options)
    return f"{step.name} ({told})" if told else step.name


def _rule_label(rule: dict[str, Any]) -> str:
    told = _options({name: value for name, value in rule.items() if name != "zeros"})
    return f"{rule.get('zeros', 'skip')} ({told})" if told else str(rule.get("zeros", "skip"))


def _options(options: dict[str, Any]) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in options.items())


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _period(scope: Scope) -> str:
    return scope if isinstance(scope, str) else f"{scope[0]}-{scope[1]}"


def _at_level(name: str, level: int) -> str:
    return name if level == EVERY_LEVEL else f"{name}.{level}"
