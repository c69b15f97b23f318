"""What regions are specialised in and where activities are concentrated.

Of regions it is told how their mix of activities differs from the whole (``specialisations``), of activities how they
lie over regions (``concentrations``). The location quotient itself is an ``intensity``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.methods import Family
from xinzhi.core.results import Record
from xinzhi.structure._location_kernels import lorenz_areas
from xinzhi.structure.crossed import (
    ACTIVITY,
    PERIOD,
    Crossed,
    Csr,
    aligned,
    every_period,
    noted,
    per_label,
    settled,
    totals,
)
from xinzhi.structure.links import Names, Period

Logarithm = Literal["2", "e"]
Subject = Literal["regions", "activities"]

specialisations = Family(
    "specialisation",
    zh="地区专业化与多样化指数",
    about="f(values: (regions, activities) csr, *, options) -> (regions,); nan where a region has nothing.",
)
concentrations = Family(
    "concentration",
    zh="产业空间集中指数",
    about="f(values: (regions, activities) csr, base: (regions,) shares, *, options) -> (activities,); nan where no "
    "region has the activity.",
)


@dataclass(frozen=True, eq=False)
class Location:
    """An index of regions or of activities, period × region or period × activity, missing where not defined.

    ``base`` names what activities are held against; it is empty for regions, which are held against all regions.
    """

    subject: Subject
    method: str
    zh: str
    base: str
    values: xr.DataArray
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: period, region or activity, value."""
        return self.values.to_dataframe("value").reset_index()

    def __repr__(self) -> str:
        last = self.values.isel({PERIOD: -1}).to_series().sort_values(ascending=False)
        against = f", against {self.base}" if self.base else ""
        known = last.dropna()
        ends = [f"{label} {value:.4f}" for label, value in known.items()]
        shown = ", ".join(ends if len(ends) <= 4 else [*ends[:2], "…", *ends[-2:]])
        return "\n".join(
            [
                f"Location of {len(last)} {self.subject}: {self.method} ({self.zh}){against}",
                f"  {self.values[PERIOD].values[-1]}: {shown}",
                f"  missing: {int(last.isna().sum())}",
            ]
        )


def specialisation(
    values: Any, method: str | Callable[..., Any] = "krugman", *, period: Period | None = None, **options: Any
) -> Location:
    """Tell how each region's mix of activities differs from that of all, or how diverse it is, period by period.

    ``values`` is region × activity, amounts. A region with nothing has no index and is named. ``options`` are the
    method's own. Raises ``MethodError``.
    """
    chosen, options = settled(specialisations, method, options)
    rows: list[Floats] = []
    notes: list[Fault] = []
    periods: dict[Period, str] = {}
    for at, crossed in every_period(values, period):
        rows.append(_made(chosen.function, crossed, options))
        notes += noted(
            "nothing-there",
            crossed.regions,
            np.isnan(rows[-1]),
            f"no {chosen.name} for {{}} ({at}): nothing is there to compare.",
            f"以下地区无可比较的活动，不给出{chosen.zh}（{at}）：{{}}。",
        )
        periods[at] = crossed.digest
        labels = crossed.regions
    record = Record("specialisation", {"method": chosen.name, **options}, _digests(periods))
    return Location(
        "regions", chosen.name, chosen.zh, "", _labelled(rows, REGION, labels, [*periods]), tuple(notes), record
    )


def concentration(
    values: Any,
    method: str | Callable[..., Any] = "locational-gini",
    *,
    base: Any = "total",
    period: Period | None = None,
    **options: Any,
) -> Location:
    """Tell how each activity lies over regions, period by period.

    ``values`` is region × activity, amounts. ``base`` is what a region's part is held against: ``"total"``, its part of
    all activities; ``"equal"``, the same for every region; or numbers by region, such as population or area. An
    activity that no region has gets no index and is named. ``options`` are the method's own. Raises ``MethodError``.
    """
    chosen, options = settled(concentrations, method, options)
    rows: list[Floats] = []
    notes: list[Fault] = []
    periods: dict[Period, str] = {}
    for at, crossed in every_period(values, period):
        rows.append(_made(chosen.function, crossed, options, _base(base, crossed)))
        notes += noted(
            "held-nowhere",
            crossed.activities,
            np.isnan(rows[-1]),
            f"no {chosen.name} for {{}} ({at}): nothing there, or nothing to hold it against.",
            f"以下活动无数值或无可比基准，不给出{chosen.zh}（{at}）：{{}}。",
        )
        periods[at] = crossed.digest
        labels = crossed.activities
    words = base if isinstance(base, str) else str(getattr(base, "name", None) or "numbers by region")
    record = Record("concentration", {"method": chosen.name, "base": words, **options}, _digests(periods))
    return Location(
        "activities", chosen.name, chosen.zh, words, _labelled(rows, ACTIVITY, labels, [*periods]), tuple(notes), record
    )


def hoover_curve(values: Any, activity: str, *, base: Any = "total", period: Period | None = None) -> pd.DataFrame:
    """The curve of concentration of one activity: regions in order of activity over base, both cumulated from 0 to 1.

    Rows: region (empty for the origin), base, activity. With an equal base it is the Lorenz curve. Hoover 1936, Review
    of Economics and Statistics 18: 162.
    """
    crossed = Crossed.of(values, period)
    wanted = np.empty(1, dtype=object)
    wanted[0] = activity
    at = int(aligned(crossed.activities, wanted, "the table", "数据表")[0])
    x = crossed.matrix[:, [at]].toarray().ravel()
    b = _base(base, crossed)
    if not x.sum() > 0:
        raise MethodError(
            Fault(
                "held-nowhere",
                f"no region has anything of '{activity}'; there is no curve.",
                f"没有任何地区拥有“{activity}”，无法绘制曲线。",
            )
        )
    ratio = np.divide(x, b, out=np.where(x > 0, np.inf, 0.0), where=b > 0)
    order = np.argsort(ratio, kind="stable")
    return pd.DataFrame(
        {
            REGION: ["", *crossed.regions[order]],
            "base": np.concatenate([[0.0], np.cumsum(b[order])]),
            ACTIVITY: np.concatenate([[0.0], np.cumsum(x[order] / x.sum())]),
        }
    )


@specialisations.add("krugman", zh="克鲁格曼专业化指数", cite="Krugman 1991")
def krugman(values: Csr, *, reference: Literal["all", "others"] = "all") -> Floats:
    """The sum of absolute differences between a region's shares of activities and the reference's, from 0 to 2.

    ``reference`` is all regions together, the region among them (EconGeo), or the ``others`` only. Krugman 1991,
    Geography and Trade.
    """
    cells = values.tocoo()
    of_region, of_activity = totals(values, 1), totals(values, 0)
    left = of_activity.sum() - (of_region if reference == "others" else 0.0) * np.ones(len(of_region))
    expected = of_activity[cells.col] - (cells.data if reference == "others" else 0.0)
    expected = expected / _positive(left)[cells.row]
    share = cells.data / _positive(of_region)[cells.row]
    # Where a region has nothing the difference is the expected share; all expected shares together are one.
    beyond = np.abs(share - expected) - expected
    compared = (of_region > 0) & ((reference == "all") | (np.count_nonzero(of_region) > 1))
    return np.where(compared, 1 + _by(cells.row, beyond, len(of_region)), np.nan)


@specialisations.add("hoover-specialisation", zh="胡佛专业化系数", cite="Hoover, Giarratani 1985")
def hoover_specialisation(values: Csr) -> Floats:
    """Half of Krugman's index: the part of a region's activity that would have to change to look like all, 0 to 1."""
    return krugman(values) / 2


@specialisations.add("herfindahl", zh="赫芬达尔指数", cite="Herfindahl 1950; Hirschman 1945")
def herfindahl(values: Csr, *, normalised: bool = False) -> Floats:
    """The sum of squared shares of activities in a region, from 1/n to 1.

    ``normalised`` moves it to 0 to 1: (H - 1/n) / (1 - 1/n), n the number of activities in the table.
    """
    return _herfindahl(values, normalised)


@specialisations.add("shannon-entropy", zh="香农熵（多样化）", cite="Shannon 1948; Frenken, Van Oort, Verburg 2007")
def entropy(values: Csr, *, logarithm: Logarithm = "2") -> Floats:
    """Entropy of a region's shares of activities: the more diverse, the larger; in bits unless told otherwise."""
    return entropies(values, logarithm)


@specialisations.add("theil", zh="泰尔相对专业化指数", cite="Theil 1967")
def theil(values: Csr) -> Floats:
    """The information by which a region's mix differs from that of all: sum of share × ln(location quotient)."""
    cells = values.tocoo()
    of_region, of_activity = totals(values, 1), totals(values, 0)
    share = cells.data / _positive(of_region)[cells.row]
    quotient = share / (of_activity / _positive(of_activity.sum()))[cells.col]
    worth = share * np.log(np.where(share > 0, quotient, 1.0))
    return np.where(of_region > 0, np.maximum(_by(cells.row, worth, len(of_region)), 0.0), np.nan)


@specialisations.add("average-quotient", zh="平均区位商", cite="Hoover, Giarratani 1985; Boschma, Balland, Kogler 2015")
def average_quotient(values: Csr) -> Floats:
    """The mean location quotient of a region's activities, each weighted by its share there; 1 is like all."""
    cells = values.tocoo()
    of_region, of_activity = totals(values, 1), totals(values, 0)
    share = cells.data / _positive(of_region)[cells.row]
    whole = (of_activity / _positive(of_activity.sum()))[cells.col]
    worth = np.divide(share**2, whole, out=np.zeros_like(share), where=whole > 0)
    return np.where(of_region > 0, _by(cells.row, worth, len(of_region)), np.nan)


@specialisations.add("hachman", zh="哈克曼指数", cite="Hachman, University of Utah; EconGeo 1.3")
def hachman(values: Csr) -> Floats:
    """One over the average location quotient: 1 where a region is like all regions together, towards 0 where not."""
    return 1 / average_quotient(values)


@concentrations.add("locational-gini", zh="区位基尼系数", cite="Krugman 1991")
def locational_gini(values: Csr, base: Floats) -> Floats:
    """The area between the curve of concentration and the diagonal, from 0 to 0.5; half of ``gini``.

    Krugman 1991, Geography and Trade, chapter 2.
    """
    return gini(values, base) / 2


@concentrations.add("gini", zh="基尼系数（胡佛—基尼）", cite="Gini 1914; Hoover 1936")
def gini(values: Csr, base: Floats) -> Floats:
    """Twice that area, from 0 to 1: Hoover's Gini against population, the plain Gini against equal shares."""
    columns = values.tocsc()
    x = columns.data / _positive(totals(values, 0))[_column_of(columns)]
    b = base[columns.indices]
    ratio = np.divide(x, b, out=np.where(x > 0, np.inf, 0.0), where=b > 0)
    order = np.lexsort((ratio, _column_of(columns)))
    areas = lorenz_areas(columns.indptr.astype(np.int64), x[order], b[order])
    return np.where(totals(values, 0) > 0, np.maximum(areas, 0.0), np.nan)


@concentrations.add("hoover", zh="胡佛指数", cite="Hoover 1936")
def hoover(values: Csr, base: Floats) -> Floats:
    """Half the sum of absolute differences between regions' shares of an activity and of the base, from 0 to 1.

    The part that would have to move to lie like the base; EconGeo gives it in per cent.
    """
    columns = values.tocsc()
    column = _column_of(columns)
    whole = totals(values, 0)
    share, expected = columns.data / _positive(whole)[column], base[columns.indices]
    beyond = _by(column, np.abs(share - expected) - expected, len(whole))
    return np.where(whole > 0, (base.sum() + beyond) / 2, np.nan)


@concentrations.add("raw-concentration", zh="原始集中度", cite="Ellison, Glaeser 1997")
def raw_concentration(values: Csr, base: Floats) -> Floats:
    """The sum of squared differences between regions' shares of an activity and of the base: Ellison, Glaeser's G."""
    columns = values.tocsc()
    column = _column_of(columns)
    whole = totals(values, 0)
    share, expected = columns.data / _positive(whole)[column], base[columns.indices]
    beyond = _by(column, (share - expected) ** 2 - expected**2, len(whole))
    return np.where(whole > 0, np.maximum((base**2).sum() + beyond, 0.0), np.nan)


@concentrations.add("herfindahl", zh="赫芬达尔指数", cite="Herfindahl 1950; Hirschman 1945")
def herfindahl_of_activities(values: Csr, base: Floats, *, normalised: bool = False) -> Floats:
    """The sum of squared shares of regions in an activity; the base does not enter."""
    return _herfindahl(values.T.tocsr(), normalised)


@concentrations.add("shannon-entropy", zh="香农熵", cite="Shannon 1948")
def entropy_of_activities(values: Csr, base: Floats, *, logarithm: Logarithm = "2") -> Floats:
    """Entropy of regions' shares in an activity: the wider it is spread, the larger; the base does not enter."""
    return entropies(values.T.tocsr(), logarithm)


@concentrations.add("theil", zh="泰尔集中指数", cite="Theil 1967; Brülhart, Traeger 2005")
def theil_of_activities(values: Csr, base: Floats) -> Floats:
    """The information by which an activity lies other than the base: sum of share × ln(share / base).

    Not defined for an activity of a region whose base is nothing. Brülhart, Traeger 2005, RSUE 35: 597.
    """
    columns = values.tocsc()
    column = _column_of(columns)
    whole = totals(values, 0)
    share, expected = columns.data / _positive(whole)[column], base[columns.indices]
    ratio = np.divide(share, expected, out=np.full_like(share, np.nan), where=expected > 0)
    worth = np.where(share > 0, share * np.log(np.where(share > 0, ratio, 1.0)), 0.0)
    return np.where(whole > 0, np.maximum(_by(column, worth, len(whole)), 0.0), np.nan)


def entropies(values: Csr, logarithm: Logarithm = "2") -> Floats:
    """Entropy of the shares in each row, nan for a row of nothing."""
    cells = values.tocoo()
    whole = totals(values, 1)
    share = cells.data / _positive(whole)[cells.row]
    worth = -share * np.log(np.where(share > 0, share, 1.0)) / (np.log(2) if logarithm == "2" else 1.0)
    return np.where(whole > 0, _by(cells.row, worth, len(whole)), np.nan)


def _herfindahl(values: Csr, normalised: bool) -> Floats:
    cells = values.tocoo()
    whole = totals(values, 1)
    squares = _by(cells.row, (cells.data / _positive(whole)[cells.row]) ** 2, len(whole))
    if normalised:
        n = values.shape[1]
        squares = (squares - 1 / n) / (1 - 1 / n if n > 1 else np.nan)
    return np.where(whole > 0, squares, np.nan)


def _made(f: Callable[..., Any], crossed: Crossed, options: dict[str, Any], *base: Floats) -> Floats:
    return np.asarray(f(crossed.matrix, *base, **options), dtype=float)


def _base(base: Any, crossed: Crossed) -> Floats:
    """The part of each region in what activities are held against, together one. Raises ``MethodError``."""
    size = len(crossed.regions)
    if isinstance(base, str):
        if base not in ("total", "equal"):
            raise MethodError(
                Fault(
                    "bad-option",
                    f'base is "total", "equal" or numbers by region; found {base!r}.',
                    f"base 须为 “total”、“equal” 或各地区数值；实际为 {base!r}。",
                )
            )
        of = np.ones(size) if base == "equal" else totals(crossed.matrix, 1)
    else:
        of = per_label(base, crossed.regions, "the base", "基准")
    if not (np.isfinite(of) & (of >= 0)).all() or not of.sum() > 0:
        raise MethodError(
            Fault(
                "bad-base",
                "the base must be a number of at least 0 for every region, and not 0 for all.",
                "各地区基准须为非负数，且不得全为 0。",
            )
        )
    return np.asarray(of / of.sum())


def _labelled(rows: list[Floats], dimension: str, labels: Names, periods: list[Period]) -> xr.DataArray:
    return xr.DataArray(np.array(rows), dims=(PERIOD, dimension), coords={PERIOD: periods, dimension: labels})


def _digests(periods: dict[Period, str]) -> dict[str, str]:
    return {str(period): found for period, found in periods.items()}


def _positive(of: Any) -> Any:
    """What is divided by; nothing becomes one, since only what is nothing itself is divided by it."""
    return np.where(np.asarray(of) > 0, of, 1.0)


def _by(at: Any, what: Floats, size: int) -> Floats:
    return np.bincount(at, weights=what, minlength=size).astype(float)


def _column_of(columns: sparse.csc_array) -> Any:
    return np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))
