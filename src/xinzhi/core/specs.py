"""What was wanted: frozen, closed descriptions read from a study file or written in Python."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from xinzhi.core.errors import Fault, Language


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
        return given

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    @classmethod
    def of(cls, given: str | dict[str, str] | Self) -> Self:
        """The text from a plain string, a table or a text."""
        return cls.model_validate(given)


def faults_of(error: ValidationError, file: str | None = None) -> tuple[Fault, ...]:
    """Turn pydantic's findings into faults that name the place in the study file."""
    return tuple(_fault(found, file) for found in error.errors(include_url=False))


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
        zh = f"取值不合要求（{found['msg']}）；实际为 {shown}。"
    return Fault(code, en, zh, file=file, column=place or None)


class FaultyValue(ValueError):
    """Raised inside a validator to say, in both languages, what is wrong with a value."""

    def __init__(self, code: str, en: str, zh: str) -> None:
        self.code, self.en, self.zh = code, en, zh
        super().__init__(en)
