"""How wide columns of a table are, the same in PDF and in Word: in letters, where a Chinese character counts as one."""

from __future__ import annotations

from typing import Any

from xinzhi.report.documents.blocks import Table

# A page takes about so many letters beside one another at the size of tables.
ROOM = 50.0
_WIDEST = 26.0
# A column of numbers may break its head into lines, not its cells.
_HEAD_LINES = 3


def widths(table: Table) -> list[float]:
    """The width that every column would like, at least what its longest word needs."""
    return [_width(table, at) for at in range(len(table.heads))]


def scale(table: Table) -> float:
    """By how much the letters of a table must shrink for its columns to fit a page, 1 where they need not."""
    return min(1.0, max(0.68, ROOM / max(sum(_least(table, at) for at in range(len(table.heads))), 1.0)))


def _width(table: Table, at: int) -> float:
    cells = max((extent(row[at]) for row in table.rows), default=0.0)
    head = extent(table.heads[at])
    if table.align[at] == "right":
        return max(cells, head / _HEAD_LINES, _longest(table.heads[at])) + 1.2
    return min(max(cells, head / 2, _longest(table.heads[at])), _WIDEST) + 1.2


def _least(table: Table, at: int) -> float:
    """What a column cannot do without: numbers are not broken, texts are."""
    width = _width(table, at)
    if table.align[at] == "right":
        return width
    words = max((_longest(row[at]) for row in table.rows), default=0.0)
    return min(width, max(words, 6.0) + 1.2)


def _longest(text: str) -> float:
    """The longest part of a text that no line may break."""
    return max((extent(word) for word in _broken(text)), default=0.0)


def _broken(text: str) -> list[str]:
    out, run = [], ""
    for one in text:
        if one > "⺀":
            out += [run, one]
            run = ""
        elif one.isspace() or one == "\u200b":
            out.append(run)
            run = ""
        else:
            run += one
    return [*out, run]


def extent(text: str) -> float:
    """How wide a text is on one line."""
    return sum(1.0 if one > "⺀" else 0.0 if one == "\u200b" else 0.3 if one in " .,:;|ilj()" else 0.56 for one in text)


def formula_extent(tree: dict[str, Any]) -> float:
    """About how many letters of a formula stand beside one another; small ones count half."""
    k, parts = tree["k"], tree.get("c", [])
    if k == "frac":
        return max(map(formula_extent, parts))
    if k == "cases":
        return max((sum(map(formula_extent, row)) for row in parts), default=0.0) + 2
    if k == "att":
        base, *small = (formula_extent(one) if one else 0.0 for one in parts)
        return max(base, 0.5 * max(small)) if tree["lim"] else base + 0.5 * max(small)
    return float(sum(map(formula_extent, parts)) + len(tree.get("t", "")) + 2 * tree.get("w", 0.0))
