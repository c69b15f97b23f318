"""The steps of a method as the page tells them: what was chosen, with every option in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from xinzhi.measure.spec import Choice, IndexSpec
from xinzhi.measure.tree import Tree
from xinzhi.report.formulas import mathml
from xinzhi.report.packing import DIGITS


def steps(spec: IndexSpec, tree: Tree) -> Iterable[dict[str, Any]]:
    """Every step of an index in the order of the work, with its method and options."""
    if spec.denominate and any(leaf.denominator for leaf in tree.indicators):
        yield _plain("denominate", "divided by another column", "除以另一列", {})
    if spec.screen:
        yield _plain("screen", "data availability", "数据可得性", spec.screen.model_dump())
    for fill in spec.impute:
        yield step("impute", fill, {"by": fill.by} if fill.by else {})
    if spec.treat.method != "none":
        yield step("treat", spec.treat, {"skip": ", ".join(spec.treat.skip)} if spec.treat.skip else {})
    yield step("normalise", spec.normalise)
    for code, choice in spec.normalise.only.items():
        yield step("normalise", choice, only=[code])
    for weigh in spec.weigh:
        yield step("weigh", weigh, {"flat": True} if weigh.flat else {}, level=weigh.level)
    for aggregate in spec.aggregate:
        more = {"least": aggregate.least} if aggregate.least else {}
        yield step("aggregate", aggregate, more, level=aggregate.level)


def _plain(step: str, en: str, zh: str, options: Mapping[str, Any]) -> dict[str, Any]:
    said = {"step": step, "method": "", "name": {"en": en, "zh": zh}, "summary": "", "cite": "", "formula": None}
    return said | {"options": _options(options), "scope": None, "level": None, "only": []}


def step(
    name: str,
    choice: Choice,
    more: Mapping[str, Any] | None = None,
    *,
    level: int | None = None,
    only: Sequence[str] = (),
) -> dict[str, Any]:
    """One step: the method chosen and the options in force."""
    method = type(choice).family.find(choice.method)
    return {
        "step": name,
        "method": method.name,
        "name": {"en": method.name.replace("-", " "), "zh": method.zh},
        "summary": method.summary.replace("``", ""),
        "cite": method.cite,
        "formula": {"latex": method.formula, "mathml": mathml(method.formula)} if method.formula else None,
        "options": _options(_all_options(choice) | dict(more or {})),
        "scope": _scope(name, choice),
        "level": level,
        "only": list(only),
    }


def _scope(name: str, choice: Choice) -> Any:
    """What a yardstick is taken from. Only two steps always have one; of others it is said where it was asked for."""
    field = type(choice).model_fields.get("scope")
    if field is None:
        return None
    scope = getattr(choice, "scope")  # noqa: B009 - only some choices have one
    return scope if name in ("treat", "normalise") or scope != field.default else None


def _all_options(choice: Choice) -> dict[str, Any]:
    """The options in force: those given, and the defaults of the rest."""
    fields = type(choice).family.find(choice.method).options.model_fields
    return {name: choice.options.get(name, field.default) for name, field in fields.items()}


def _options(options: Mapping[str, Any]) -> list[list[str]]:
    return [[name, _said(value)] for name, value in options.items() if value is not None]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_said(one) for one in value)
    return str(value)
