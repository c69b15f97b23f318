"""What was wanted: frozen, closed descriptions read from a study file or written in Python."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from xinzhi.core.errors import Fault, Language, MethodError


class Spec(BaseModel):
    """A frozen description that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Text(Spec):
    """Words in both languages; where only one is given it serves for both."""

    en: str
    zh: str

    @model_validator(mode="before")
    @classmethod
    def _either(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"en": given, "zh": given}
        if isinstance(given, dict) and len(given) == 1 and set(given) <= {"en", "zh"}:
            only = next(iter(given.values()))
            return {"en": only, "zh": only}
        if not isinstance(given, (dict, cls)):
            raise FaultyValue(
                "not-a-text",
                f'a text is needed, "…" or {{ en = "…", zh = "…" }}; found {given!r}.',
                f'此处须为文本："…" 或 {{ en = "…", zh = "…" }}；实际为 {given!r}。',
            )
        return given

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    @classmethod
    def of(cls, given: str | dict[str, str] | Self) -> Self:
        """The text from a plain string, a table or a text."""
        return cls.model_validate(given)


def by_name(model: type[BaseModel], key: str, given: Any) -> Any:
    """What was given for a choice, laid out: its name (or function) under ``key``, what stood beside it as options.

    Where a study file says ``{ method = "entropy", zeros = "skip" }``, whatever is no field of ``model`` is an option.
    """
    if isinstance(given, str) or callable(given):
        return {key: given}
    if isinstance(given, dict):
        own = {name: value for name, value in given.items() if name in model.model_fields}
        rest = {name: value for name, value in given.items() if name not in model.model_fields}
        return own | {"options": own.get("options", {}) | rest}
    return given


def faults_of(error: ValidationError, file: str | None = None) -> tuple[Fault, ...]:
    """Turn pydantic's findings into faults that name the place in the study file."""
    return tuple(_fault(found, file) for found in error.errors(include_url=False) if not _only_echoed(found))


def _only_echoed(found: Any) -> bool:
    """Whether a list is called too short only because what is in it was refused, which is said of each part."""
    return found["type"] == "too_short" and bool(len(found["input"]) >= found["ctx"]["min_length"])


def _fault(found: Any, file: str | None) -> Fault:
    # A fault raised inside a validator travels whole in ctx["error"].
    cause = found.get("ctx", {}).get("error")
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in found["loc"])
    if isinstance(cause, FaultyValue):
        en, zh, code = cause.en, cause.zh, cause.code
    elif found["type"] == "extra_forbidden":
        code = "unknown-key"
        en = "this key is not known here. Remove it or check its spelling."
        zh = "此处没有这个键。请删除或检查拼写。"
    elif found["type"] == "missing":
        code, en, zh = "missing-key", "this key is needed and is missing. Add it.", "缺少必需的键。请补上。"
    else:
        shown = repr(found.get("input"))
        shown = shown if len(shown) <= 80 else shown[:77] + "…"
        code = "bad-value"
        en = f"{found['msg']}; found {shown}."
        zh = f"{_in_chinese(found)}；实际为 {shown}。"
    return Fault(code, en, zh, file=file, column=place or None)


# What pydantic says most often, in Chinese; the braces take what it says the bound is.
_WANTED_ZH = {
    "literal_error": "可取值为 {expected}",
    "int_type": "须为整数",
    "int_parsing": "须为整数",
    "int_from_float": "须为整数",
    "float_type": "须为数值",
    "float_parsing": "须为数值",
    "finite_number": "须为有限数值",
    "bool_type": "须为 true 或 false",
    "bool_parsing": "须为 true 或 false",
    "string_type": "须为文本",
    "string_too_short": "至少须有 {min_length} 个字符",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "须不小于 {ge}",
    "less_than": "须小于 {lt}",
    "less_than_equal": "须不大于 {le}",
    "dict_type": "须为表（键与值）",
    "model_type": "须为表（键与值）",
    "list_type": "须为列表",
    "tuple_type": "须为列表",
    "too_short": "至少须有 {min_length} 项",
    "too_long": "至多 {max_length} 项",
}


def _in_chinese(found: Any) -> str:
    bounds = {key: str(value).replace(" or ", ", ") for key, value in found.get("ctx", {}).items()}
    wanted = _WANTED_ZH.get(found["type"], "取值不合要求（{msg}）")
    return wanted.format(msg=found["msg"], **bounds)


class FaultyValue(MethodError, ValueError):
    """What is wrong with a value, in both languages, said where its place is not known.

    A ``ValueError``, so that a validator of a study file puts it to its line; and a ``MethodError`` with this one
    fault, so that from Python the same value is refused in the same words.
    """

    def __init__(self, code: str, en: str, zh: str) -> None:
        self.code, self.en, self.zh = code, en, zh
        super().__init__(Fault(code, en, zh))

    def __reduce__(self) -> tuple[type[FaultyValue], tuple[str, str, str]]:  # type: ignore[override]
        return type(self), (self.code, self.en, self.zh)
