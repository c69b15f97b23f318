"""How wide columns of a table are, the same in PDF and in Word: in letters, where a Chinese character counts as one."""

from __future__ import annotations

from typing import Any

from xinzhi.report.documents.blocks import Table

# A page takes about so many letters beside one another at the size of tables.
ROOM = 50.0
_WIDEST, _SMALLEST = 26.0, 0.62
# A column of text has room for so many letters beside one another, if it has them.
_COMFORT = 7.0
# The space on both sides of a cell.
_AROUND = 1.1
# A column of numbers may break its head into lines, not its cells.
_HEAD_LINES = 3


def widths(table: Table) -> list[float]:
    """The width of every column: what it cannot do without, and of what is left as much as it would like."""
    least = [_least(table, at) for at in range(len(table.heads))]
    more = [max(_wanted(table, at) - one, 0.0) for at, one in enumerate(least)]
    left = ROOM / scale(table) - sum(least)
    share = min(1.0, max(left, 0.0) / max(sum(more), 1e-9))
    return [one + share * other for one, other in zip(least, more, strict=True)]


def scale(table: Table) -> float:
    """By how much the letters of a table must shrink for its columns to fit a page, 1 where they need not."""
    return min(1.0, max(_SMALLEST, ROOM / max(sum(_least(table, at) for at in range(len(table.heads))), 1.0)))


def _wanted(table: Table, at: int) -> float:
    """What a column would like: its longest cell, and its head in a few lines."""
    cells = max((extent(row[at]) for row in table.rows), default=0.0)
    lines = _HEAD_LINES if table.align[at] == "right" else 2
    return min(max(cells, extent(table.heads[at]) / lines), _WIDEST) + _AROUND


def _least(table: Table, at: int) -> float:
    """What a column cannot do without: numbers are not broken, of texts no word is."""
    cells = [row[at] for row in table.rows]
    broken = table.align[at] == "left"
    need = max((_longest(cell) if broken else extent(cell) for cell in cells), default=0.0)
    if broken:  # a column of single characters nobody reads
        need = max(need, min(max(map(extent, cells), default=0.0), _COMFORT))
    head = table.heads[at]
    # Heads are bold, and so somewhat wider.
    return max(need, 1.1 * _longest(head), min(extent(head), 3.0), extent(head) / (2 * _HEAD_LINES)) + _AROUND


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
