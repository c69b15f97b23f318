"""Phrases looked for one by one, with a regular expression each: the slow way, after the docstring of ``Phrases``."""

from __future__ import annotations

import re

from xinzhi.data.recognise.folding import fold
from xinzhi.data.recognise.segmenting import parted

LETTER = r"[^\W_㐀-鿿]"
HAN = re.compile("[㐀-鿿]")


def spans(phrase: str, text: str) -> list[tuple[int, int]]:
    """Where a phrase stands in a text, in places of the text as given."""
    folded = fold(text)
    low = fold(phrase).text.strip()
    star = low.endswith("*")
    low = low.rstrip("*")
    plural = r"(?:s|es)?" if re.search(r"(?:s|x|z|ch|sh)$", low) else "s?" if re.search("[a-z0-9]$", low) else ""
    if re.search(r"[^aeiou]y$", low):
        core = re.escape(low[:-1]) + r"(?:ys?|ies)"
    else:
        core = re.escape(low) + (rf"{LETTER}*" if star else plural)
    before = rf"(?<!{LETTER})" if re.match(LETTER, low) else ""
    before += r"(?<!\d[.,])" if low[0].isdigit() else ""
    after = rf"(?!{LETTER})" if star or re.search(rf"{LETTER}$", low) else ""
    capital = phrase == phrase.upper() != phrase.lower()
    cased = "".join(map(chr, folded.cased.tolist()))
    found = []
    for hit in re.finditer(f"(?={before}({core}){after})", folded.text):
        start, end = hit.span(1)
        if capital and any(sign.islower() for sign in cased[start : min(end, start + len(low))]):
            continue
        at_start = start and HAN.match(folded.text[start]) and HAN.match(folded.text[start - 1])
        at_end = HAN.match(folded.text[end - 1]) and HAN.match(folded.text[end : end + 1] or " ")
        if (at_start or at_end) and parted(folded.text, start, end):
            continue
        found.append((int(folded.place[start]), int(folded.place[end - 1]) + 1))
    return found


def hits(words: list[str], without: list[str], text: str) -> set[tuple[str, int, int]]:
    """The phrases of a class found in a text: none that touches what is blanked out, none within a longer one."""
    blanks = [span for phrase in without for span in spans(phrase, text)]
    every = {(phrase, *span) for phrase in words for span in spans(phrase, text)}
    every = {
        (phrase, start, end)
        for phrase, start, end in every
        if not any(start < last and first < end for first, last in blanks)
    }
    return {
        (phrase, start, end)
        for phrase, start, end in every
        if not any(a <= start and end <= b and (a, b) != (start, end) for _, a, b in every)
    }
