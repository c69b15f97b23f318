"""Numbers as people read them, the same as on the page (``frontend/src/format.ts``)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xinzhi.core.errors import Language

NONE = "–"
_MOST_DECIMALS = 8


def decimals(reach: float) -> int:
    """Decimals that suit a range: up to 1 has 3, up to 10 has 2, up to 100 has 1, more has none."""
    if not (math.isfinite(reach) and reach > 0):
        return 2
    return min(_MOST_DECIMALS, max(0, 3 - math.ceil(math.log10(reach))))


def fixed(value: float | None, digits: int) -> str:
    """A number with so many decimals, and a dash where there is none."""
    if value is None or not math.isfinite(value):
        return NONE
    # -0.000 is no number anybody wrote.
    shown = 0.0 if abs(value) < 0.5 * 10**-digits else value
    return f"{shown:,.{digits}f}".replace("-", "−")


def significant(value: float | None, digits: int) -> str:
    """A number with so many digits that count."""
    if value is None or not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size < -6:
        return f"{value:.{digits - 1}e}".replace("-", "−")
    text = f"{value:,.{max(0, digits - 1 - size)}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def percent(share: float | None, digits: int = 1) -> str:
    """A share in per cent; what is not quite nothing or everything is not rounded to it."""
    if share is None or not math.isfinite(share):
        return NONE
    edge = 0.5 * 10 ** -(digits + 2)
    if 0 < share < edge:
        return f"<{fixed(10**-digits, digits)}%"
    if 1 - edge < share < 1:
        return f">{fixed(100 - 10**-digits, digits)}%"
    return f"{fixed(share * 100, 0 if share in (0, 1) else digits)}%"


def count(value: float) -> str:
    """A whole number."""
    return fixed(value, 0)


def between(low: float | None, high: float | None, digits: int = 0) -> str:
    """Two numbers as a range, or the one they both are."""
    start, end = fixed(low, digits), fixed(high, digits)
    return start if start == end else f"{start}–{end}"


def signed(value: float, digits: int = 0) -> str:
    """A number with its sign."""
    return f"+{fixed(value, digits)}" if value > 0 else fixed(value, digits)


def listed(names: Sequence[str], most: int, language: Language) -> str:
    """Names in a row, the first few, and how many there are."""
    shown, rest = names[:most], len(names) - most
    if language == "zh":
        return "、".join(shown) + (f"等{len(names)}个" if rest > 0 else "")
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
