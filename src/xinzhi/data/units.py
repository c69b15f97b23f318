"""Units of measurement: what a label means, whether two mean the same, and the factor between two of one kind.

A label is read as multiple × unit (万吨, million USD, 10^4 yuan, TWh), as one unit over another (元/人; 万元/亿元 is a
ratio), or as a share of something (% of GDP). Only exact factors are known: no exchange rates, no price bases, and
none between heat and standard coal, which tables convert in two ways (by heat value or by coal burnt).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from xinzhi.core.errors import Language
from xinzhi.data.catalogue import read_table

RATIO = "比值"
_SHARE = "share"


@dataclass(frozen=True, slots=True)
class Unit:
    """What a label means: ``factor`` times the base unit of its dimension, with a name in both languages."""

    zh: str
    en: str
    dimension: str
    factor: float

    def label(self, language: Language) -> str:
        """The unit's name."""
        return self.zh if language == "zh" else self.en


def find(label: str) -> Unit | None:
    """The unit a label means, or nothing where it is not one of the catalogue's."""
    return _find(label) if isinstance(label, str) and len(label) <= 80 else None


def known(label: str) -> bool:
    """Whether a label means a unit of the catalogue."""
    return find(label) is not None


def same(first: str, second: str) -> bool:
    """Whether two labels mean one unit; labels that are not known are compared as text."""
    if (a := find(first)) and (b := find(second)):
        return a.dimension == b.dimension and a.factor == b.factor
    return _plain(first).casefold() == _plain(second).casefold()


def conversion(have: str, want: str) -> float | None:
    """What to multiply a value in ``have`` by to express it in ``want``; nothing where that is not known."""
    a, b = find(have), find(want)
    return a.factor / b.factor if a and b and a.dimension == b.dimension else None


@lru_cache(maxsize=4096)
def quotient(above: str, below: str) -> str:
    """The unit of a value in one unit over a value in another: a ratio where both measure one thing.

    Empty where either is not said, so that no unit is made up.
    """
    if not above or not below:
        return ""
    return RATIO if same(above, below) or conversion(above, below) is not None else f"{above}/{below}"


def units() -> tuple[Unit, ...]:
    """The units of the catalogue, without their multiples."""
    return tuple(unit for unit, _ in dict.fromkeys(_units().values()))


# Multiples in words, each after those it is the beginning of, so that 百万 is not read as 百.
_WORDS: dict[str, tuple[float, str]] = {
    "万亿": (1e12, "trillion"),
    "千亿": (1e11, "100 billion"),
    "百亿": (1e10, "10 billion"),
    "十亿": (1e9, "billion"),
    "千万": (1e7, "10 million"),
    "百万": (1e6, "million"),
    "十万": (1e5, "100 thousand"),
    "亿": (1e8, "100 million"),
    "万": (1e4, "10 thousand"),
    "千": (1e3, "thousand"),
    "百": (1e2, "hundred"),
}
_ENGLISH = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "mil.": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9}
_ENGLISH |= {"trillion": 1e12}
_SI = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_MULTIPLE = re.compile(
    r"\s*(?:10 ?\^ ?(?P<power>\d{1,2})|(?P<number>1[0, ]*)(?![\d.])"
    rf"|(?P<word>{'|'.join(_WORDS)})|(?P<english>{'|'.join(map(re.escape, _ENGLISH))})\b)\s*",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def _find(label: str) -> Unit | None:
    text = _plain(label)
    return _whole(text) or _share_of(text) or _quotient(text)


def _plain(label: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", label).split())
    return re.sub(r"^(?:单位|unit) ?: ?|^\(|\)$", "", text, flags=re.IGNORECASE) if text.count("(") < 2 else text


def _whole(text: str) -> Unit | None:
    """A unit, or a multiple of one: 万元, TWh, 100 million yuan, RMB million."""
    if found := _units().get(text) or _si(text) or _units().get(text.casefold()):
        return found[0]
    factor, rest = _multiple(text)
    if factor == 1 and (first := text.partition(" "))[2]:  # "USD million" as well as "million USD"
        factor, rest = _multiple(first[2])
        rest = first[0] if not rest else ""
    entry = _units().get(rest) or _units().get(rest.casefold())
    if entry is None or (factor != 1 and "words" not in entry[1]):
        return None
    zh, en = next(((zh, en) for zh, (size, en) in _WORDS.items() if size == factor), (f"{factor:g}", f"{factor:g}"))
    unit = entry[0]
    return Unit(f"{zh}{unit.zh}", f"{en} {unit.en}", unit.dimension, factor * unit.factor) if factor != 1 else unit


def _multiple(text: str) -> tuple[float, str]:
    """The multiples a label begins with, multiplied, and what follows them; 万千瓦 is 万 × 千瓦, not 千万 × 瓦."""
    factor = 1.0
    while text not in _units() and (found := _MULTIPLE.match(text)):
        if found["power"]:
            factor *= 10.0 ** int(found["power"])
        elif found["number"]:
            factor *= float(re.sub(r"[, ]", "", found["number"]))
        else:
            factor *= _WORDS[found["word"]][0] if found["word"] else _ENGLISH[found["english"].casefold()]
        text = text[found.end() :]
    return factor, text


def _si(text: str) -> tuple[Unit, str] | None:
    found = _units().get(text[1:]) if text[:1] in _SI and text.isascii() else None
    if found is None or "si" not in found[1]:
        return None
    return Unit(text, text, found[0].dimension, _SI[text[0]] * found[0].factor), ""


_SHARES = (
    re.compile(r"^(?P<sign>%|‰|percent|per cent|share) ?(?:of )?(?P<whole>[^/%‰]+)$", re.IGNORECASE),
    re.compile(r"^占(?P<whole>.+?)的?(?P<sign>%|‰|比重)$"),
)


def _share_of(text: str) -> Unit | None:
    """A share that says of what: the same only with shares of the same thing."""
    for pattern in _SHARES:
        if found := pattern.match(text):
            sign, whole = _units()[found["sign"].casefold()][0], found["whole"].strip()
            sign_zh, sign_en = ("比重", "share") if sign.factor == 1 else (f"的{sign.zh}", sign.en)
            return Unit(f"占{whole}{sign_zh}", f"{sign_en} of {whole}", f"share of {whole.casefold()}", sign.factor)
    return None


def _quotient(text: str) -> Unit | None:
    above, slash, below = text.partition("/")
    if not slash or "/" in below:
        return None
    over, under = _whole(above.strip()), _whole(re.sub(r"^(cap|capita)$", "person", below.strip(), flags=re.IGNORECASE))
    if over is None or under is None:
        return None
    return Unit(
        f"{over.zh}/{under.zh}",
        f"{over.en} per {under.en.removesuffix('s')}",
        _SHARE if over.dimension == under.dimension else f"{over.dimension} / {under.dimension}",
        over.factor / under.factor,
    )


@lru_cache
def _units() -> dict[str, tuple[Unit, str]]:
    """Every spelling -> (unit, which multiples it takes). Exact spellings win over those without case."""
    exact: dict[str, tuple[Unit, str]] = {}
    loose: dict[str, tuple[Unit, str]] = {}
    for row in read_table("units"):
        unit = Unit(row["zh"], row["en"], row["dimension"], float(row["factor"]))
        for spelling in (row["code"], row["zh"], row["en"], *filter(None, row["aliases"].split("|"))):
            plain = _plain(spelling)
            exact.setdefault(plain, (unit, row["multiples"]))
            loose.setdefault(plain.casefold(), (unit, row["multiples"]))
    return loose | exact
