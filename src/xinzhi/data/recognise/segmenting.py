"""Words of a text: written apart in most languages, found by a segmenter in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_RUNS = re.compile(r"[㐀-鿿\U00020000-\U00031fff]+|[^\W_㐀-鿿\U00020000-\U00031fff]+")
_HAN = re.compile(r"[㐀-鿿\U00020000-\U00031fff]")
_WINDOW = 16  # characters of Chinese text on either side that may sway where a word ends


def words(text: str) -> Iterator[str]:
    """The words of a folded text in order, without signs."""
    for run in _RUNS.finditer(text):
        if _HAN.match(run[0]):
            yield from _segmenter().cut(run[0])
        else:
            yield run[0]


def parted(text: str, start: int, end: int) -> bool:
    """Whether a word of the text takes one character away from what stands between ``start`` and ``end``.

    核能 (nuclear energy) is not in 审核|能力 (ability to audit), nor 大模型 (large model) in 扩大|模型; but 合成生物
    (synthetic biology) is in 合成|生物学, whose last word takes two characters of it, that is a word of its own.
    """
    before = text[max(0, start - _WINDOW) : start]
    after = text[end : end + _WINDOW]
    left = _HAN_END.search(before)
    right = _HAN_START.match(after)
    head, tail = left[0] if left else "", right[0] if right else ""
    return _parted(head, text[start:end], tail)


_HAN_END = re.compile(r"[㐀-鿿\U00020000-\U00031fff]+$")
_HAN_START = re.compile(r"^[㐀-鿿\U00020000-\U00031fff]+")


@lru_cache(maxsize=1 << 16)
def _parted(head: str, phrase: str, tail: str) -> bool:
    start, end = len(head), len(head) + len(phrase)
    at = 0
    # Without guessing at unknown words: only one that the dictionary has may take a character away.
    for word in _segmenter().cut(head + phrase + tail, False):
        first, last = at, at + len(word)
        at = last
        if first < start and last == start + 1 and last < end:
            return True
        if last > end and first == end - 1 and first > start:
            return True
    return False


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    import rjieba  # its dictionary takes a moment to read

    return rjieba.Jieba()
