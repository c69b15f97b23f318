"""Faults found in what a person gave us, and the three errors that carry them.

A fault is written for the person with the data: what was found and where, what was needed, what to try.
It is written twice, in English and in Chinese, where it is found, so that neither language lags the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Language = Literal["en", "zh"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, or worth knowing, and where it was found.

    ``code`` is stable and kebab-case; ``row`` counts as the person's program shows it (the first line is 1).
    An ``error`` stops the work, a ``warning`` is listed and the work goes on.
    """

    code: str
    en: str
    zh: str
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    severity: Severity = "error"

    def where(self, language: Language = "en") -> str:
        """The place in one phrase: file, sheet, row, column; empty when the fault has no place."""
        words = {"en": ["sheet {}", "row {}", "column '{}'"], "zh": ["工作表 {}", "第 {} 行", "列“{}”"]}[language]
        if self.file and self.file.endswith(".toml"):  # a study file has lines and keys
            words[1:] = {"en": ["line {}", "key '{}'"], "zh": ["第 {} 行", "键“{}”"]}[language]
        parts = [self.file] if self.file else []
        found = zip(words, (self.sheet, self.row, self.column), strict=True)
        parts += [word.format(value) for word, value in found if value is not None]
        return ", ".join(parts) if language == "en" else "，".join(parts)

    def say(self, language: Language = "en") -> str:
        """The fault as one line of text."""
        place = self.where(language)
        text = self.zh if language == "zh" else self.en
        return f"{place}: {text}" if place else text

    def to_dict(self) -> dict[str, object]:
        """The fault as plain data, without the empty fields."""
        return {key: value for key, value in asdict(self).items() if value is not None}


class XinzhiError(Exception):
    """Something a person can mend; carries every fault found, not just the first."""

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__(self.say())

    def __reduce__(self) -> tuple[type[XinzhiError], tuple[tuple[Fault, ...]]]:
        return type(self), (self.faults,)  # made of its faults again when it comes from another process

    def say(self, language: Language = "en", limit: int = 20) -> str:
        """All faults as text, the first ``limit`` in full and the rest counted."""
        lines = [fault.say(language) for fault in self.faults[:limit]]
        if (rest := len(self.faults) - limit) > 0:
            lines.append(f"… and {rest} more" if language == "en" else f"……另有 {rest} 处")
        return "\n".join(lines)

    def to_json(self) -> str:
        """All faults as a JSON list."""
        return json.dumps([fault.to_dict() for fault in self.faults], ensure_ascii=False)


class StudyError(XinzhiError):
    """The study file must change."""


class DataError(XinzhiError):
    """The data must change."""


class MethodError(XinzhiError):
    """A method cannot do what was asked of it with these numbers."""


def errors_in(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """The faults that stop the work."""
    return tuple(fault for fault in faults if fault.severity == "error")
