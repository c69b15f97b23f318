"""Cells as labels and days, written as Ibis expressions that DuckDB and Spark read alike.

A day is one whole number, 20120723; where a month or a day is not told it is 0 there. Only whole numbers, text and
regular expressions that both engines share are used: their own formats of dates differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

Order = Literal["day-first", "month-first"]
PeriodOf = Literal["year", "quarter", "month"]

# Text that split() may cut at: Spark would read the separator itself as a regular expression.
_CUT = "\x1f"
_TIME = r"(?:[T ].*)?"
_YMD = rf"^(\d{{4}})(?:[-/.年](\d{{1,2}})(?:[-/.月](\d{{1,2}})日?)?月?)?年?{_TIME}$"
_COMPACT = r"^(\d{4})(\d{2})(\d{2})?(?:\.0+)?$"
_QUARTER = r"^(\d{4})[-\s]?[Qq]([1-4])$"
_SEASON = r"^(?:[Ss]pring|[Ss]ummer|[Ff]all|[Aa]utumn|[Ww]inter) (\d{4})$"  # a year; seasons are no quarters
_DECIMAL = r"^(\d{4})\.0+$"
_PARTS = rf"^(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}|\d{{2}}){_TIME}$"
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_GROUPED = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"


def text_of(column: Any) -> Any:
    """A cell as trimmed text; nothing written is null. Whole numbers a frame keeps as decimals lose their ".0"."""
    kind = column.type()
    if kind.is_floating():
        sound = ibis.ifelse(column.isnan() | column.isinf(), ibis.null(float), column)
        whole = sound == sound.floor()
        return ibis.ifelse(whole, ibis.ifelse(whole, sound, 0.0).cast("int64").cast(str), sound.cast(str))
    if not kind.is_string():
        return column.cast(str)
    return column.replace("\u3000", " ").replace("\u00a0", " ").strip().nullif("")


def is_list(column: Any, split: str | None) -> bool:
    """Whether a cell may hold several labels."""
    kind = column.type()
    return bool(kind.is_array() or (split and kind.is_string()))


def labels_of(column: Any, split: str | None, digits: int | None, *, once: bool) -> Any:
    """The labels of a cell as an array without blanks; with ``once`` each label stands there once."""
    parts = column.cast("array<string>") if column.type().is_array() else column.replace(str(split), _CUT).split(_CUT)
    parts = parts.map(lambda label: label.replace("\u3000", " ").replace("\u00a0", " ").strip())
    parts = parts.filter(lambda label: label != "")
    if digits is not None:
        parts = parts.map(lambda label: label.substr(0, digits))
    return parts.unique() if once else parts


def label_of(column: Any, digits: int | None) -> Any:
    """The one label of a cell."""
    text = text_of(column)
    return text if digits is None else text.substr(0, digits)


def apart(table: ir.Table, name: str) -> ir.Table:
    """One row for each label of an array column; a row without any stays, with a null."""
    some = ibis.coalesce(table[name].length(), 0) > 0
    made = table.mutate(**{name: ibis.ifelse(some, table[name], ibis.array([""])).unnest()})
    return made.mutate(**{name: made[name].nullif("")})


@dataclass(frozen=True)
class Dated:
    """A column of dates: the day where it can be one, and what keeps it from being one, all boolean expressions.

    ``unordered`` are dates such as 05/10/17 whose order nobody declared, ``short`` those with two digits of a year.
    """

    day: Any
    unread: Any
    unordered: Any
    day_leads: Any
    month_leads: Any
    short: Any
    impossible: Any
    early: Any
    late: Any


def let(value: Any, then: Callable[[Any], Any]) -> Any:
    """An expression of a value that is worked out once, however often it stands in the expression.

    Engines would otherwise repeat the whole of it at each place, and Spark cannot compile what is too long.
    """
    return ibis.array([value]).map(then)[0]


def day_of(column: Any, order: Order | None, years: tuple[int, int]) -> Dated:
    """A column as days within years. Text, whole numbers (2012, 201207, 20120723), dates and timestamps are read."""
    kind = column.type()
    plain: Any = ibis.null("int64")  # a year and nothing else
    if kind.is_string():
        parts = let(text_of(column), lambda text: _parts_of_text(text, order))
        plain = column.re_extract(r"^\d{4}$", 0).nullif("").cast("int64")
    elif kind.is_numeric():
        plain = _whole_number(column)
        parts = let(plain, _parts_of_number)
    else:
        parts = ibis.array([*(getattr(column, part)().cast("int64") for part in ("year", "month", "day")), _ZERO])

    century, two = years[1] // 100 * 100, years[1] % 100
    declared = order is not None

    def year(v: Any) -> Any:
        full = ibis.ifelse(v[3] == 2, v[0] + ibis.ifelse(v[0] <= two, century, century - 100), v[0])
        return full if declared else ibis.ifelse(v[3] > 0, ibis.null("int64"), full)

    def sound(v: Any) -> Any:
        leap = ((year(v) % 4 == 0) & (year(v) % 100 != 0)) | (year(v) % 400 == 0)
        short = (v[1].isin([4, 6, 9, 11]) & (v[2] > 30)) | ((v[1] == 2) & (v[2] > 28 + ibis.ifelse(leap, 1, 0)))
        return v[1].between(0, 12) & v[2].between(0, 31) & ~short

    def whole(v: Any) -> Any:
        within = year(v).between(*years) & sound(v)
        day = year(v) * 10_000 + v[1] * 100 + ibis.ifelse(v[1] == 0, 0, v[2])
        return ibis.ifelse(within, day, ibis.null("int64"))

    def flag(condition: Callable[[Any], Any]) -> Any:
        return _true(let(parts, condition))

    # Most columns hold plain years: engines work out only the branch of a row that is taken.
    day = ibis.ifelse(_true(plain.between(*years)), plain * 10_000, let(parts, whole))
    return Dated(
        day,
        _true(written_as_date(column) & let(parts, lambda v: v[0].isnull())),
        flag(lambda v: v[3] > 0) if not declared else ibis.literal(False),
        flag(lambda v: (v[3] > 0) & (v[2] > 12)),
        flag(lambda v: (v[3] > 0) & (v[1] > 12)),
        flag(lambda v: v[3] == 2),
        flag(lambda v: ~sound(v) & ((v[3] == 0) | declared)),
        flag(lambda v: year(v) < years[0]),
        flag(lambda v: year(v) > years[1]),
    )


_ZERO = ibis.literal(0, "int64")


def written_as_date(column: Any) -> Any:
    """Whether anything is written where a date should be."""
    return text_of(column).notnull() if column.type().is_string() else column.notnull()


def _whole_number(column: Any) -> Any:
    """A column of numbers as whole ones; what is none is null."""
    if column.type().is_floating():
        column = ibis.ifelse(column.isnan() | column.isinf(), ibis.null(float), column)
    return column.cast("int64")


def _parts_of_number(n: Any) -> Any:
    """Year, month and day of a whole number; 0 where it does not tell."""
    none = ibis.null("int64")
    year = ibis.cases((n < 0, none), (n < 10**4, n), (n < 10**6, n // 100), (n < 10**8, n // 10**4), else_=none)
    month = ibis.cases((n < 10**4, 0), (n < 10**6, n % 100), else_=n // 100 % 100)
    day = ibis.cases((n < 10**6, 0), else_=n % 100)
    return ibis.array([year.cast("int64"), month.cast("int64"), day.cast("int64"), _ZERO])


def _parts_of_text(text: Any, order: Order | None) -> Any:
    """Year, month and day of a text, and how many digits the year has where the order has to be declared."""

    def part(pattern: str, at: int) -> Any:
        return text.re_extract(pattern, at).nullif("").cast("int64")

    leading, following = part(_PARTS, 1), part(_PARTS, 2)
    if order == "month-first":
        leading, following = following, leading
    return ibis.array(
        [
            ibis.coalesce(
                part(_YMD, 1),
                part(_COMPACT, 1),
                part(_QUARTER, 1),
                part(_SEASON, 1),
                part(_DECIMAL, 1),
                part(_PARTS, 3),
            ),
            ibis.coalesce(part(_YMD, 2), part(_COMPACT, 2), part(_QUARTER, 2) * 3 - 2, following, 0),
            ibis.coalesce(part(_YMD, 3), part(_COMPACT, 3), leading, 0),
            ibis.coalesce(text.re_extract(_PARTS, 3).length(), 0).cast("int64"),
        ]
    )


def _true(condition: Any) -> Any:
    """A condition that is false, not unknown, where a cell is empty."""
    return ibis.coalesce(condition, False)


def before(one: Any, other: Any) -> Any:
    """Whether a day lies before another, as far as both tell: a year alone is not before a day of that year."""

    def earlier(v: Any) -> Any:
        months = (v[0] // 100 % 100 > 0) & (v[1] // 100 % 100 > 0)
        days = months & (v[0] % 100 > 0) & (v[1] % 100 > 0)
        unit = ibis.ifelse(days, 1, ibis.ifelse(months, 100, 10_000)).cast("int64")
        return v[0] // unit < v[1] // unit

    return _true(let(ibis.array([one, other]), earlier))


def period_of(day: Any, period: PeriodOf) -> Any:
    """The period of a day: a year as a number, "2012-Q3" or "2012-07"; null where the day does not tell it."""
    year = day // 10_000
    if period == "year":
        return year
    month = (day // 100 % 100).nullif(0)
    if period == "quarter":
        return year.cast(str) + "-Q" + ((month + 2) // 3).cast(str)
    return year.cast(str) + "-" + month.cast(str).lpad(2, "0")


def number_of(column: Any) -> tuple[Any, Any]:
    """A cell as a finite number, and text that is none but may be read otherwise (a mark, an interval)."""
    kind = column.type()
    if kind.is_numeric() or kind.is_boolean():
        number = column.cast("float64")
        return ibis.ifelse(number.isnan() | number.isinf(), ibis.null(float), number), ibis.null(str)
    text = text_of(column)
    bare = ibis.ifelse(text.re_search(_GROUPED), text.replace(",", ""), text)
    plain = ibis.ifelse(bare.re_search(_PLAIN), bare, ibis.null(str))
    number = plain.cast("float64")
    sound = number.notnull() & ~(number.isnan() | number.isinf())
    return ibis.ifelse(sound, number, ibis.null(float)), ibis.ifelse(_true(sound), ibis.null(str), text)
