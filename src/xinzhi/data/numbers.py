"""Text to numbers and years: what is plainly a number, what can be mended and how, what stands for nothing.

Columns are read as a whole: plain numbers by vector operations, the rest once per distinct text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from xinzhi.core.labels import Floats
from xinzhi.data.sources import FIRST_YEAR, LAST_YEAR

Ints: TypeAlias = npt.NDArray[np.int64]
Mark: TypeAlias = Literal[".", ","]

# What was done to a text that is not a plain number; "wrong" is a fault, the others are listed.
REASONS: dict[str, tuple[str, str]] = {
    "missing-mark": ("stands for a missing value", "表示缺失"),
    "suppressed": ("stands for a value withheld by the source", "表示来源未公布（保密）的数据"),
    "thousands": ("separators of thousands removed", "去除千位分隔符"),
    "indian-grouping": ("separators of lakh and crore removed", "去除印度式数位分隔符"),
    "decimal-comma": ("decimal comma read as a point", "小数逗号读作小数点"),
    "full-width": ("full-width characters made plain", "全角字符转为半角"),
    "spaces": ("spaces around the number removed", "去除数字两侧空格"),
    "sign": ("plus or typographic minus sign made plain", "正号或排版负号规范化"),
    "percent": ("percent sign moved to the unit", "百分号移入计量单位"),
    "year-as-decimal": ("a year written as a decimal number", "年份写成了小数"),
    "year-in-words": ("a year written with other characters", "年份带有其他字符"),
    "year-of-date": ("the year of a date", "取日期中的年份"),
}

_GROUPED = r"^-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$"
_PLAIN = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_NUMBER = re.compile(_PLAIN.replace("^-?", "^[+-]?"))
_THOUSANDS = re.compile(r"^[+-]?[1-9]\d{0,2}(?:([,' \u00a0\u202f\u2009])\d{3})(?:\1\d{3})*(\.\d+)?$")
_INDIAN = re.compile(r"^[+-]?[1-9]\d?(,\d{2})+,\d{3}(\.\d+)?$")
_DECIMAL_COMMA = re.compile(r"^[+-]?(\d+|[1-9]\d{0,2}(\.\d{3})+),\d+$")
_THOUSAND_POINTS = re.compile(r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$")
_DASHES_OR_DOTS = re.compile(r"^([-‐-―−─━/\\]+|[.。·]+|:)$")
_MISSING_WORDS = frozenset(
    re.split(r"\s+", "na n/a #n/a (na) [na] n.a. n.a n/d nan null none nil missing 无 暂无 缺 缺失 不详")
)
_SUPPRESSED = re.compile(r"^(\*+|[(\[]?[cdsx][)\]]?)$")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one text was read as; ``value`` is nan where it stands for nothing or is ``wrong``."""

    text: str
    value: float
    reason: str
    percent: bool = False


@dataclass(frozen=True)
class Numbers:
    """A column of numbers. ``odd`` are the positions of texts that were not plain numbers, ``which`` their reading.

    ``empty`` counts cells with nothing written in them; they are missing without further words.
    """

    values: Floats
    odd: Ints
    which: Ints
    readings: tuple[Reading, ...]
    empty: int

    @property
    def percent(self) -> npt.NDArray[np.bool_]:
        """Which cells carried a percent sign."""
        marked = np.array([reading.percent for reading in self.readings], dtype=bool)
        found = np.zeros(len(self.values), dtype=bool)
        found[self.odd[marked[self.which]]] = True
        return found

    def positions(self, reading: int) -> Ints:
        """Where in the column that reading occurs."""
        found: Ints = self.odd[self.which == reading]
        return found


def read_numbers(column: pa.Array, decimal: Mark | None = None) -> Numbers:
    """A column as numbers. ``decimal`` settles the decimal mark; without it the whole column has to agree on one.

    A decimal comma is accepted when some text can only be one and no text has a decimal point; otherwise texts
    such as "12,5" are wrong.
    """
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return _typed(column)
    plain, blank = _matches(column, _PLAIN), _matches(column, r"^[\s　]*$", empty=True)
    grouped = _matches(column, _GROUPED)
    odd, texts, which = _distinct(column, ~plain & ~blank & ~grouped)
    mark = decimal or _decimal_mark(texts, column, plain, grouped)
    if mark == ",":  # then every point groups thousands, also in what looked plain, and a comma never does
        plain &= ~_matches(column, r"\.")
        grouped[:] = False
        odd, texts, which = _distinct(column, ~plain & ~blank)
    values = np.full(len(column), np.nan)
    values[plain] = np.asarray(column.filter(pa.array(plain)).cast(pa.float64()))
    readings = [_read(text, mark) for text in texts]
    values[odd] = np.array([reading.value for reading in readings], dtype=float)[which]
    if grouped.any():
        # A whole column may be written so: read at once, and listed as one reading with its first text.
        written = column.filter(pa.array(grouped))
        values[grouped] = np.asarray(pc.replace_substring(written, ",", "").cast(pa.float64()))
        at = np.flatnonzero(grouped)
        which = np.concatenate([which, np.full(len(at), len(readings))])
        odd = np.concatenate([odd, at])
        readings.append(Reading(written[0].as_py(), float(values[at[0]]), "thousands"))
    return _without_infinities(Numbers(values, odd, which, tuple(readings), int(blank.sum())), column)


def _matches(column: pa.Array, pattern: str, *, empty: bool = False) -> npt.NDArray[np.bool_]:
    return np.array(pc.fill_null(pc.match_substring_regex(column, pattern), empty), dtype=bool)


def _distinct(column: pa.Array, chosen: npt.NDArray[np.bool_]) -> tuple[Ints, list[str], Ints]:
    """The chosen positions, the distinct texts there, and which of them stands at each."""
    coded = column.filter(pa.array(chosen)).dictionary_encode()
    return np.flatnonzero(chosen), coded.dictionary.to_pylist(), np.asarray(coded.indices, dtype=np.int64)


def _typed(column: pa.Array) -> Numbers:
    if pa.types.is_dictionary(column.type):
        return read_numbers(column.dictionary_decode().cast(pa.string()))
    plain = column.cast(pa.float64())
    values = np.asarray(pc.fill_null(plain, np.nan) if plain.null_count else plain, dtype=float)
    none = np.empty(0, dtype=np.int64)
    numbers = Numbers(values, none, none, (), int(np.isnan(values).sum()))
    return _without_infinities(numbers, column)


def _without_infinities(numbers: Numbers, column: pa.Array) -> Numbers:
    """Infinite values (typed, or too large to hold) are wrong, not numbers."""
    infinite = np.flatnonzero(np.isinf(numbers.values))
    if not len(infinite):
        return numbers
    values = numbers.values.copy()
    values[infinite] = np.nan
    texts, codes = np.unique([str(column[int(at)].as_py()) for at in infinite], return_inverse=True)
    readings = (*numbers.readings, *(Reading(str(text), np.nan, "wrong") for text in texts))
    odd = np.concatenate([numbers.odd, infinite])
    which = np.concatenate([numbers.which, codes + len(numbers.readings)])
    return Numbers(values, odd, which, readings, numbers.empty)


def _decimal_mark(
    texts: Iterable[str], column: pa.Array, plain: npt.NDArray[np.bool_], grouped: npt.NDArray[np.bool_]
) -> Mark:
    """The one decimal mark of a column; a point unless only a comma makes sense everywhere."""
    forms = [_simplified(text)[0].removesuffix("%").rstrip() for text in texts]
    commas = [form for form in forms if "," in form]
    if not any(_DECIMAL_COMMA.match(form) and not _THOUSANDS.match(form) for form in commas):
        return "."
    commas += pc.unique(column.filter(pa.array(grouped))).to_pylist()
    if not all(_DECIMAL_COMMA.match(form) for form in commas):
        return "."
    pointed = column.filter(pa.array(plain))
    pointed = pointed.filter(pc.match_substring(pointed, "."))
    written = [*(form for form in forms if "." in form and "," not in form), *pc.unique(pointed).to_pylist()]
    decimal_points = any(_NUMBER.match(form) and not _THOUSAND_POINTS.match(form) for form in written)
    return "." if decimal_points else ","


def _simplified(text: str) -> tuple[str, str]:
    """The text with plain characters, and what was done to it last."""
    trimmed = text.strip()
    reason = "spaces" if trimmed != text else ""
    narrow = unicodedata.normalize("NFKC", trimmed).strip()
    if narrow != trimmed and not re.search(r"[\u00a0\u202f\u2009]", trimmed):
        reason = "full-width"
    signed = re.sub(r"^[−–]\s*(?=[\d.])", "-", narrow)
    return signed, "sign" if signed != narrow else reason


def _read(text: str, mark: Mark) -> Reading:
    form, reason = _simplified(text)
    word = form.casefold()
    if word in _MISSING_WORDS or _DASHES_OR_DOTS.match(word):
        return Reading(text, np.nan, "missing-mark")
    if _SUPPRESSED.match(word):
        return Reading(text, np.nan, "suppressed")
    percent = form.endswith("%")
    form = form.removesuffix("%").rstrip()
    if mark == ",":
        if _DECIMAL_COMMA.match(form):
            form, reason = form.replace(".", "").replace(",", "."), "decimal-comma"
        elif _THOUSAND_POINTS.match(form):
            form, reason = form.replace(".", ""), "thousands"
        elif "." in form:
            return Reading(text, np.nan, "wrong")
    elif _THOUSANDS.match(form):
        form, reason = re.sub(r"[,'\s]", "", form), "thousands"
    elif _INDIAN.match(form):
        form, reason = form.replace(",", ""), "indian-grouping"
    if not _NUMBER.match(form):
        return Reading(text, np.nan, "wrong")
    return Reading(text, float(form), "percent" if percent else reason or "sign", percent)


def read_year(text: str) -> tuple[int | None, str | None]:
    """The year a text means, and the reason where it had to be mended; nothing where it is not a year.

    Only whole years are years: "2010.5" is none, and the year of a date is taken where it is the first or last day.
    """
    form = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"\d{4}", form):
        return int(form), None if form == text else "full-width" if form != text.strip() else "spaces"
    if found := re.fullmatch(r"(\d{4})\.0*", form):
        return int(found[1]), "year-as-decimal"
    if found := re.fullmatch(r"(?:fy|yr|y|cy)?\s*(\d{4})\s*(?:年|年度|年末|年底|\[yr\1\])?", form, re.IGNORECASE):
        return int(found[1]), "year-in-words"
    if found := re.fullmatch(r"(\d{4})[-/](?:0?1[-/]0?1|12[-/]31)(?:[ T]00:00.*)?", form):
        return int(found[1]), "year-of-date"
    return None, None


def is_year(text: str) -> bool:
    """Whether a text means a year that statistics could be about."""
    year, _ = read_year(text)
    return year is not None and FIRST_YEAR <= year <= LAST_YEAR
