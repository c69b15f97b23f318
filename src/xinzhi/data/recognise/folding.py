"""Texts as they are compared: one form of every letter, character for character, so that places stay known."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from xinzhi.data.numbers import Ints
from xinzhi.data.records import Bools

Codes: TypeAlias = npt.NDArray[np.uint32]

END = "\x00"  # stands between two texts; no text holds it
_DROPPED = 0xFFFFFFFF
_UNSEEN = "\u200b"  # has no width, and is dropped
_TOP = 0x110000
_AT_ONCE = 1_000  # texts
# Outside these, no sign is another sign in disguise (surrogates and private use are left alone).
_DISGUISED = (range(0x4E00), range(0xA000, 0xAC00), range(0xF900, 0x10000), range(0x1D400, 0x1D800))
_HAN = (range(0x3400, 0xA000), range(0x20000, 0x32000))
_INLINE = r"sub|sup|b|i|u|em|strong|span|font|mark|small"
_BLOCK = (
    r"p|br|hr|div|a|li|ul|ol|dl|dt|dd|h[1-6]|table|thead|tbody|tr|td|th|img|html|head|body|title|script|style|section"
)
# A tag has a known name, and what follows it is set to something: "a<b and c>d" is none.
_TAGS = re.compile(
    rf"</?(?:(?P<inline>{_INLINE})|{_BLOCK})(?:\s[^<>{END}]{{1,500}}=[^<>{END}]{{0,500}})?\s*/?>", re.IGNORECASE
)
_ENTITIES = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|[A-Za-z]{2,8});")


@dataclass(frozen=True)
class Folded:
    """Texts laid end to end in the form they are compared in.

    ``text`` is in small letters and simplified characters, its codes before that step are ``cased``; ``place`` says
    where each character stood in what was given, texts laid end to end with one sign between.
    """

    text: str
    codes: Codes
    cased: Codes
    place: Ints
    traditional: Bools  # of each character: it was a traditional one


def fold(joined: str) -> Folded:
    """Texts joined by ``END``, in the form they are compared in: compatible forms of a letter become that letter.

    Full-width letters and traditional characters take their plain form; hyphens, underlines and blanks of all kinds
    become one blank; what has no width is dropped, and so are tags and entities of HTML. Nothing is moved: every
    character knows its place.
    """
    given = _codes(_without_markup(joined))
    table = _tables()
    seen = table.plain[given]
    blank = seen == 32
    doubled = np.zeros(len(seen), dtype=bool)
    kept = np.flatnonzero(seen != _DROPPED)
    doubled[kept[1:]] = blank[kept[1:]] & blank[kept[:-1]]
    place = np.flatnonzero((seen != _DROPPED) & ~doubled)
    cased = seen[place]
    small = table.small[cased]
    return Folded(_text(small), small, cased, place, table.traditional[given[place]])


def fold_one(text: str) -> str:
    """One text in the form it is compared in."""
    return fold(text.replace(END, " ")).text.strip()


def fold_each(texts: Sequence[str]) -> list[str]:
    """Texts in the form they are compared in, each by itself."""
    done: list[str] = []
    for first in range(0, len(texts), _AT_ONCE):
        joined = END.join(text.replace(END, " ") for text in texts[first : first + _AT_ONCE])
        done += fold(joined).text.split(END)
    return done


def simplified(text: str) -> str:
    """Chinese text in simplified characters as OpenCC has them, words before single characters; for matching only."""
    if not any("\u3400" <= sign <= "\u9fff" for sign in text):
        return text
    found: str = _converter().convert(text)
    return found


def in_word(codes: Codes) -> Bools:
    """Which characters are letters and digits of words that are written apart, as Chinese ones are not."""
    return _tables().word[codes]


def is_small(codes: Codes) -> Bools:
    """Which characters are small letters."""
    return _tables().is_small[codes]


def is_han(codes: Codes) -> Bools:
    """Which characters are Chinese ones."""
    found = np.zeros(len(codes), dtype=bool)
    for block in _HAN:
        found |= (codes >= block.start) & (codes < block.stop)
    return found


def is_digit(codes: Codes) -> Bools:
    """Which characters are digits."""
    found: Bools = (codes >= ord("0")) & (codes <= ord("9"))
    return found


@dataclass(frozen=True)
class _Tables:
    """What becomes of each character, and of what kind it is."""

    plain: Codes
    small: Codes
    traditional: Bools
    word: Bools
    is_small: Bools


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    plain, small = np.arange(_TOP, dtype=np.uint32), np.arange(_TOP, dtype=np.uint32)
    traditional, word, low = (np.zeros(_TOP, dtype=bool) for _ in range(3))
    for code in (code for block in _DISGUISED for code in block):
        sign = chr(code)
        if 0xD800 <= code < 0xE000:
            continue
        plain[code] = _plain(sign)
        if len(lower := sign.lower()) == 1:
            small[code] = ord(lower)
        low[code] = sign.islower()
        word[code] = unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Nd", "No", "Mn")
    for given, simple in _simplified():
        plain[ord(given)], traditional[ord(given)] = ord(simple), True
    return _Tables(plain, small, traditional, word, low)


def _plain(sign: str) -> int:
    if sign == END:
        return 0
    kind = unicodedata.category(sign)
    if kind in ("Cf", "Me") or 0xFE00 <= ord(sign) < 0xFE10:
        return _DROPPED
    if kind in ("Zs", "Zl", "Zp", "Cc", "Pd") or sign in "_\u2212":
        return 32
    if sign in "\u2018\u2019\u02bc\u2032":
        return ord("'")
    found = unicodedata.normalize("NFKC", sign)
    if len(found) != 1:
        return ord(sign)
    return 32 if unicodedata.category(found) in ("Zs", "Pd") else ord(found)


def _simplified() -> Iterable[tuple[str, str]]:
    """Traditional characters with the simplified ones, as OpenCC has them for a character by itself."""
    every = [
        chr(code) for block in (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00)) for code in block
    ]
    given = [unicodedata.normalize("NFKC", sign) for sign in every]
    simple = _converter().convert("\n".join(given)).split("\n")
    return [(sign, to) for sign, to in zip(every, simple, strict=True) if len(to) == 1 and to != sign]


@lru_cache(maxsize=1)
def _converter() -> Any:
    import opencc  # its dictionaries take a moment to read

    return opencc.OpenCC("t2s")


def _without_markup(joined: str) -> str:
    """Tags and entities replaced by as many signs: a blank if the tag parts words, else something without width."""
    if "<" in joined:
        joined = _TAGS.sub(lambda tag: (_UNSEEN if tag["inline"] else " ") * len(tag[0]), joined)
    if "&" in joined:
        joined = _ENTITIES.sub(_unescaped, joined)
    return joined


def _unescaped(entity: re.Match[str]) -> str:
    sign = html.unescape(entity[0])
    return sign + _UNSEEN * (len(entity[0]) - 1) if len(sign) == 1 and sign != END else entity[0]


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)


def _text(codes: Codes) -> str:
    return codes.tobytes().decode("utf-32-le", "replace")
