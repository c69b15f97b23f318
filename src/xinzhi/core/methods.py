"""Families of methods that can stand in for one another, found by name.

A method is one function. Its keyword-only arguments are the options a study file may set, its first docstring
line is what the documentation and ``xinzhi methods`` print. Wherever a method's name is accepted, a function is too.
"""

from __future__ import annotations

import difflib
import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from xinzhi.core.specs import FaultyValue

F = TypeVar("F", bound=Callable[..., Any])

# Filled as the rooms are imported; `xinzhi methods` walks it.
FAMILIES: dict[str, Family] = {}


@dataclass(frozen=True)
class Method:
    """One named way of doing what its family does."""

    name: str
    function: Callable[..., Any]
    zh: str
    cite: str
    formula: str = ""
    """What the method computes, in LaTeX; nothing where no formula says it."""

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @cached_property
    def options(self) -> type[BaseModel]:
        """The options as a closed pydantic model made from the keyword-only arguments."""
        hints = typing.get_type_hints(self.function)
        fields: dict[str, Any] = {
            name: (hints.get(name, Any), ... if p.default is p.empty else p.default)
            for name, p in inspect.signature(self.function).parameters.items()
            if p.kind is p.KEYWORD_ONLY
        }
        closed = ConfigDict(
            extra="forbid",
            frozen=True,
            allow_inf_nan=False,
            arbitrary_types_allowed=True,
            protected_namespaces=(),
        )
        return create_model(self.name, __config__=closed, **fields)

    def accept(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options, checked and with their types settled. Raises ``FaultyValue``."""
        try:
            settled = self.options(**options)
        except ValidationError as error:
            raise FaultyValue("bad-option", *self._refusal(error)) from None
        return {name: getattr(settled, name) for name in options}

    def _refusal(self, error: ValidationError) -> tuple[str, str]:
        found = error.errors(include_url=False)[0]
        option, known = ".".join(map(str, found["loc"])), ", ".join(self.options.model_fields) or "none"
        if found["type"] == "extra_forbidden":
            return (
                f"method '{self.name}' has no option '{option}'. It has: {known}.",
                f"方法“{self.name}”没有选项“{option}”。可用选项：{known}。",
            )
        if found["type"] == "missing":
            return (
                f"method '{self.name}' needs the option '{option}'. Set it beside the method's name.",
                f"方法“{self.name}”须设置选项“{option}”，请写在方法名旁。",
            )
        return (
            f"option '{option}' of method '{self.name}': {found['msg']}; found {found.get('input')!r}.",
            f"方法“{self.name}”的选项“{option}”不合要求（{found['msg']}）；实际为 {found.get('input')!r}。",
        )


@dataclass(frozen=True)
class Family:
    """A family of methods with one calling convention, stated in ``about``."""

    name: str
    zh: str
    about: str
    members: dict[str, Method] = field(default_factory=dict)

    def __post_init__(self) -> None:
        FAMILIES[self.name] = self

    def add(self, name: str, *, zh: str, cite: str, formula: str = "") -> Callable[[F], F]:
        """Register a function under ``name``, with its Chinese term, its source and its formula in LaTeX."""

        def register(function: F) -> F:
            if name in self.members:
                raise ValueError(f"{self.name} has two methods named {name}")
            self.members[name] = Method(name, function, zh, cite, formula)
            return function

        return register

    def find(self, method: str | Callable[..., Any]) -> Method:
        """The method of that name, or a method made of a function. Raises ``FaultyValue`` with near names."""
        if callable(method):
            return Method(getattr(method, "__name__", "function"), method, "自定义函数", "given as a function")
        if method in self.members:
            return self.members[method]
        near = difflib.get_close_matches(str(method), self.members, n=3)
        known = ", ".join(near or self.members)
        raise FaultyValue(
            "unknown-method",
            f"no {self.name} method is named '{method}'. " + ("Did you mean: " if near else "Known: ") + known + ".",
            f"{self.zh}中没有名为“{method}”的方法。" + ("是否指：" if near else "可用：") + known + "。",
        )

    def __iter__(self) -> Iterator[Method]:
        return iter(self.members.values())
