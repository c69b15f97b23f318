"""Numbers of firms through the years, and who came and left, read with care from industries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import DataError, Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import FaultyValue
from xinzhi.data.industries import TIME, Industries

SHOWN = 4
LEAST = 8  # rates that a series must have before it is cut
STOCKS = ("firms", "establishments")


@dataclass(frozen=True)
class Stocks:
    """How many firms each series has, series × year: nan not observed, none before the first birth.

    ``first`` and ``last`` are the positions of the first and last year with a firm (−1 without any), ``born`` says
    whether the table watched the series begin: it starts later than the table, or at zero. ``notes`` say what was
    mended.
    """

    of: str
    region: npt.NDArray[np.str_]
    industry: npt.NDArray[np.str_]
    years: npt.NDArray[np.int64]
    number: Floats
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    born: npt.NDArray[np.bool_]
    notes: tuple[Fault, ...]

    def name(self, at: int) -> str:
        """What a series is called: its industry, and its region where there are several."""
        one = self.region.size and bool((self.region == self.region[0]).all())
        return str(self.industry[at]) if one else f"{self.region[at]} × {self.industry[at]}"

    @property
    def share(self) -> Floats:
        """Firms for each firm of the region's other series that are observed in every year; nan where there are none.

        Whatever moves all industries alike, such as a recession, drops out.
        """
        out = np.full_like(self.number, np.nan)
        for region in np.unique(self.region):
            rows = np.flatnonzero(self.region == region)
            whole = rows[np.isfinite(self.number[rows]).all(axis=1)]
            others = np.broadcast_to(self.number[whole].sum(axis=0), (len(rows), len(self.years))).copy()
            others[np.isin(rows, whole)] -= self.number[whole]
            # What is left of a sum less its only part is rounding.
            enough = np.full(len(rows), len(whole)) - np.isin(rows, whole) > 0
            out[rows[enough]] = self.number[rows[enough]] / others[enough]
        return out


def stocks(industries: Industries, of: str) -> Stocks:
    """The number of firms (or whatever ``of`` counts), with what had to be mended.

    A zero after the birth stands for the end of an industry; as it has no logarithm it counts as half of the smallest
    number seen there, and is noted. Raises ``DataError`` for numbers below zero or infinite.
    """
    cells = industries.of(of)
    number = np.array(cells.values, dtype=float)
    years = cells[TIME].values.astype(np.int64)
    region, industry = (cells[each].values.astype(str) for each in ("region", "industry"))
    wrong = np.less(number, 0) | np.isinf(number)
    if wrong.any():
        at = np.argwhere(wrong)[:SHOWN]
        shown = "; ".join(f"{region[s]} × {industry[s]} {years[t]}: {number[s, t]:g}" for s, t in at)
        raise DataError(
            Fault(
                "negative-number",
                f"'{of}' must be finite and not below zero; {int(wrong.sum())} cells are not so: {shown}.",
                f"“{of}”须为有限的非负数；{int(wrong.sum())} 个单元格不符：{shown}。",
            )
        )
    seen = np.asarray(number > 0)
    some = np.asarray(seen.any(axis=1))
    first = np.where(some, seen.argmax(axis=1), -1)
    last = np.where(some, number.shape[1] - 1 - seen[:, ::-1].argmax(axis=1), -1)
    before = np.arange(len(years)) < first[:, None]
    born = some & (first > 0)
    number[before | ~some[:, None]] = np.nan
    notes = []
    zero = np.asarray(number == 0)
    if zero.any():
        least = np.where(number > 0, number, np.inf).min(axis=1)
        number[zero] = np.broadcast_to(least[:, None] / 2, number.shape)[zero]
        rows = np.flatnonzero(zero.any(axis=1))
        shown = ", ".join(str(industry[at]) for at in rows[:SHOWN])
        notes.append(
            Fault(
                "zero-number",
                f"{int(zero.sum())} cells of '{of}' are zero after the industry had begun ({shown}); they count as "
                "half of the smallest number seen in the same series.",
                f"“{of}”有 {int(zero.sum())} 个单元格在产业出现之后为零（{shown}）；按该序列最小值的一半计。",
                severity="warning",
            )
        )
    return Stocks(of, region, industry, years, number, first, last, born, tuple(notes))


def rates(number: Floats) -> Floats:
    """Change of the logarithm from year to year, (…, years − 1); nan beside a year that is not observed."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(number[..., 1:] / number[..., :-1]))


@dataclass(frozen=True)
class Turnover:
    """Entries and exits of each year over the stock of the year before, series × year; nan where not known.

    ``stock`` is the measure they are of; both are none where the table has no entries and exits.
    """

    entry: Floats | None
    exit: Floats | None
    stock: str
    notes: tuple[Fault, ...]


def turnover(industries: Industries) -> Turnover:
    """Entry and exit rates, of the stock whose yearly change entries less exits explain better.

    Years in which more left than there were (at the start of the year and entering in it) are not used, and are noted.
    """
    have = [stock for stock in STOCKS if stock in industries.measures]
    if not have or not {"entries", "exits"} <= set(industries.measures):
        return Turnover(None, None, "", ())
    entries, exits = (np.asarray(industries.of(each).values, dtype=float) for each in ("entries", "exits"))
    misses = []
    for stock in have:
        number = np.asarray(industries.of(stock).values, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = np.abs(np.diff(number, axis=1) - (entries - exits)[:, 1:]) / number[:, 1:]
        gap = gap[np.isfinite(gap)]
        misses.append(float(np.median(gap)) if gap.size else np.inf)
    stock = have[int(np.argmin(misses))]
    number = np.asarray(industries.of(stock).values, dtype=float)
    base = np.full_like(number, np.nan)
    base[:, 1:] = np.where(number[:, :-1] > 0, number[:, :-1], np.nan)
    impossible = exits > base + np.where(np.isnan(entries), 0.0, entries)
    notes = []
    if impossible.any():
        at = np.argwhere(impossible)[:SHOWN]
        codes, years = industries.values["industry"].values, industries.values[TIME].values
        shown = "; ".join(f"{codes[s]} {years[t]}: {exits[s, t]:g}" for s, t in at)
        notes.append(
            Fault(
                "exits-exceed-stock",
                f"{int(impossible.sum())} cells have more exits than there were {stock} ({shown}); entry and exit of "
                "these years are not used. Check whether exits count something else.",
                f"{int(impossible.sum())} 个单元格的退出数多于“{stock}”存量（{shown}）；这些年份的进入与退出不予使用。"
                "请核对退出数的统计口径。",
                severity="warning",
            )
        )
    entry, exit_ = (np.where(impossible, np.nan, each / base) for each in (entries, exits))
    return Turnover(entry, exit_, stock, tuple(notes))


def check_options(*, level: float, draws: int, shares: dict[str, float], positive: dict[str, float]) -> None:
    """Refuse options that mean nothing, all at once. Raises ``MethodError``."""
    faults = []
    for name, value in {"level": level, **shares}.items():
        if not 0 < value < 1:
            faults.append((name, value, "a share between 0 and 1", "须在 0 与 1 之间"))
    for name, value in {"draws": draws, **positive}.items():
        if not value > 0 or not np.isfinite(value):
            faults.append((name, value, "above zero", "须大于零"))
    if faults:
        raise MethodError(
            Fault("bad-option", f"{name} must be {en}; found {value!r}.", f"{name} {zh}；实际为 {value!r}。")
            for name, value, en, zh in faults
        )


def shocks(seed: int, draws: int, years: int) -> Floats:
    """Standard normal shocks (draw, year), the same for every series, so that their order changes nothing."""
    return np.random.default_rng(seed).standard_normal((draws, years))


def no_series(of: str, least: int) -> FaultyValue:
    """No series is long enough for anything to be told."""
    return FaultyValue(
        "too-few-years",
        f"no series has '{of}' in enough years: {least} yearly changes are needed. Give more years.",
        f"没有任何序列的“{of}”年份足够：至少需要 {least} 个年度变化。请补充年份。",
    )
