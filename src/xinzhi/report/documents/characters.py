"""Which characters the bundled fonts have, and what is printed for one they lack: its code, never an empty box."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
# What is laid out rather than drawn; a word may be broken at a space of no width.
_LAID_OUT = frozenset("\n\t\u200b")
# A name longer than this is cut short where it labels something.
LONGEST = 90
# So many letters without a space are given places to break at.
_UNBROKEN = 24


@lru_cache
def drawn() -> frozenset[str]:
    """The characters that every one of the bundled fonts has."""
    from matplotlib.ft2font import FT2Font

    each = [frozenset(FT2Font(str(path)).get_charmap()) for path in sorted(FONTS.glob("*.otf"))]
    return frozenset(map(chr, frozenset.intersection(*each)))


class Writing:
    """Makes texts fit to print, and remembers which characters could not be printed.

    Marks that steer the direction of writing, and all other controls, are printed as codes too: in a name they are
    a mistake or a trick.
    """

    def __init__(self) -> None:
        self.lacking: dict[str, None] = {}

    def plain(self, text: object) -> str:
        """A text with codes for characters that cannot be printed, and places to break long runs of letters at."""
        said = unicodedata.normalize("NFC", str(text))
        have = drawn()
        if all(one in have for one in said):
            return _breakable(said)
        parts = []
        for one in said:
            if one in have or one in _LAID_OUT:
                parts.append(one)
            else:
                self.lacking.setdefault(one)
                parts.append(code(one))
        return _breakable("".join(parts))

    def short(self, text: object) -> str:
        """A name fit to label a row, a bar or a tile: on one line, cut where it is very long."""
        said = " ".join(str(text).split())
        return self.plain(said if len(said) <= LONGEST else said[: LONGEST - 1] + "…")


def code(character: str) -> str:
    """How a character that cannot be printed is printed."""
    return f"〈U+{ord(character):04X}〉"


def _breakable(text: str) -> str:
    if len(text) <= _UNBROKEN or max(map(len, text.split()), default=0) <= _UNBROKEN:
        return text
    out, run = [], 0
    for one in text:
        run = 0 if one.isspace() or one > "⺀" else run + 1
        out.append(one)
        if run == _UNBROKEN:
            out.append("\u200b")
            run = 0
    return "".join(out)
