"""What was counted: an expression until it is asked for, then tidy rows, a panel, or industries year by year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import duckdb
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from xinzhi.core.errors import DataError, Fault, MethodError, errors_in
from xinzhi.core.labels import Panel, panel
from xinzhi.core.results import Record
from xinzhi.data.industries import Industries, industries

if TYPE_CHECKING:
    from xinzhi.data.micro.records import Records
    from xinzhi.data.micro.vintages import Crosswalk

ALL = "all"  # the one label where records do not have a role
CELL = ["region", "activity", "period"]
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Counts:
    """Records counted by region × activity × period.

    ``table`` is the expression, for whatever engine the records are in; its rows with a null for a label are records
    that do not tell it. It runs once, when something is asked of it.
    """

    table: ir.Table
    cells: ir.Table
    records: Records
    measures: tuple[str, ...]
    period: str
    way: Crosswalk | None
    record: Record
    digits: int | None = None

    def rounded(self, digits: int = 12) -> Counts:
        """The same to so many digits.

        Engines of several threads add fractions up in any order, so that the last digits are not the same twice.
        """
        return replace(self, digits=digits)

    @cached_property
    def _found(self) -> pd.DataFrame:
        try:
            found: pd.DataFrame = self.table.to_pandas()
        except duckdb.Error as error:
            said = " ".join(str(error).split())[:300]
            raise DataError(
                Fault(
                    "cannot-count",
                    f"the records cannot be read: {said}",
                    f"无法读取记录：{said}",
                    self.records.source.name,
                )
            ) from None
        for name in found.columns.difference(CELL) if self.digits else ():
            if found[name].dtype.kind == "f":
                found[name] = _rounded(found[name], self.digits or 0)
        found = found.sort_values(CELL, ignore_index=True, key=lambda column: column.astype(object).map(_ordered))
        for name in ("region", "activity"):
            found[name] = found[name].astype(object).where(found[name].notna(), None)
        return found

    @property
    def _placed(self) -> pd.Series[bool]:
        return self._found[CELL].notna().all(axis=1)

    @cached_property
    def notes(self) -> tuple[Fault, ...]:
        """What is worth knowing: what could not be placed and why, and what was mended. Raises ``DataError``.

        Where something is amiss the records are looked through once more, so that it can be told which and how many.
        """
        from xinzhi.data.micro.cleaning import faults_of

        notes = [*self.records.notes, *self.records.source.rejected()]
        amiss = not self._placed.all() or bool({"value", "entries", "exits", "stock"} & set(self.measures))
        if amiss:
            notes += faults_of(self.records)
        if self.way is not None:
            notes += [*self.way.notes, *self._without_entry()]
        if not self._placed.any():
            notes.append(
                Fault(
                    "nothing-placed",
                    "no record has all labels, so there is nothing to count.",
                    "没有一条记录的标签齐全，无法计数。",
                    self.records.source.name,
                )
            )
        if errors_in(notes):
            raise DataError(notes)
        return tuple(notes)

    def _without_entry(self) -> list[Fault]:
        assert self.way is not None
        cells = self.cells
        name = next(one for one in cells.columns if one not in CELL)
        entries = self.way.frame["source"].unique().tolist()
        found = cells.filter(cells["activity"].notnull() & ~cells["activity"].isin(entries))
        found = found.group_by("activity").agg(amount=found[name].sum()).to_pandas()
        if not len(found):
            return []
        found = found.sort_values(["amount", "activity"], ascending=[False, True])
        shown = [f"{row.activity} ({row.amount:g})" for row in found.head(SHOWN).itertuples()]
        many, amount = len(found), found["amount"].sum()
        return [
            Fault(
                "no-entry",
                f"{many} activities have no entry in the concordance, with {amount:g} {name}: {', '.join(shown)}. They "
                "are among what could not be placed (.unplaced).",
                f"有 {many} 项活动在对照表中没有条目，涉及 {name} {amount:g}：{'、'.join(shown)}。见 .unplaced。",
                self.records.source.name,
                severity="warning",
            )
        ]

    @property
    def unplaced(self) -> pd.DataFrame:
        """What was counted without a region, an activity or a period: rows like those of ``to_frame``, with gaps."""
        return self._found[~self._placed].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: region, activity, period and one column a measure. Raises ``DataError``."""
        _ = self.notes
        found = self._found[self._placed].reset_index(drop=True)
        if self.period == "year" and len(found) and found["period"].iloc[0] != ALL:
            found["period"] = found["period"].astype("int64")
        return found

    def lines(self, measure: str | None = None) -> pd.DataFrame:
        """Rows as ``xz.links`` reads them: region, activity, period, value. Raises ``DataError``, ``MethodError``."""
        name, frame = self._one(measure), self.to_frame()
        return frame[CELL].assign(value=frame[name].astype(float)).dropna(subset="value", ignore_index=True)

    def to_panel(self, measure: str | None = None) -> Panel:
        """The counts as region × time × indicator, one indicator an activity.

        A cell without records is 0, as nothing was there to be counted; a sum of values nobody told is nan.
        """
        name, frame = self._one(measure), self.to_frame()
        whole = frame.pivot_table(index="region", columns=["period", "activity"], values=name, dropna=False, sort=True)
        periods, regions = self._periods(frame), sorted(frame["region"].unique())
        activities = sorted(frame["activity"].unique())
        order = pd.MultiIndex.from_product([periods, activities])
        flat = whole.reindex(index=regions, columns=order).to_numpy(dtype=float)
        values = flat.reshape(len(regions), len(periods), len(activities))
        if name != "value":
            values = np.nan_to_num(values, nan=0.0)
        unit = np.array([self.unit(name)] * len(activities), dtype=object)
        return panel(values, regions, periods, activities, about_indicator={"unit": unit})

    def to_industries(self, names: Any = None, measures: Mapping[str, str] | None = None) -> Industries:
        """The counts as industries of regions, every year from the first to the last. Raises ``MethodError``.

        Pairs of region and activity that were ever seen have 0 in years without a record; sums of values are nan there.
        Measures keep their names, but ``stock`` and ``units`` of firms are "firms", and ``value`` has its column's;
        or ``measures`` says what is called what, {"employment": "value"}, and leaves the others out.
        """
        if self.period != "year":
            raise MethodError(
                Fault(
                    "years-only",
                    'industries are told by year: count(…, period="year").',
                    "产业数据按年统计：count(…, period=“year”)。",
                )
            )
        frame = self.to_frame()
        years = self._periods(frame)
        pairs = frame[["region", "activity"]].drop_duplicates()
        full = pairs.merge(pd.DataFrame({"period": years}), how="cross").merge(frame, how="left", on=CELL)
        amounts = [name for name in self.measures if name != "value"]
        full[amounts] = full[amounts].fillna(0.0)
        for name in (measures or {}).values():
            self._one(name)
        called = dict(measures or {self.unit(name): name for name in self.measures})
        if not measures and len(called) < len(self.measures):  # two measures of one thing keep their own names
            called = {name: name for name in self.measures}
        sides: dict[str, Any] = {}
        if "value_low" in frame.columns and "value" in called.values():
            value = next(measure for measure, name in called.items() if name == "value")
            sides = {"low": {value: "value_low"}, "high": {value: "value_high"}}
        return industries(
            full, industry="activity", region="region", period="period", measures=called, names=names, **sides
        )

    def unit(self, measure: str) -> str:
        """What a measure counts: the records' kind, the column of the value, or the measure itself."""
        if measure == "value":
            return self.records.roles["value"]
        return self.records.kind if measure in ("records", "units", "stock") else measure

    def _one(self, measure: str | None) -> str:
        if measure is None and len(self.measures) == 1:
            return self.measures[0]
        if measure not in self.measures:
            known = ", ".join(self.measures)
            raise MethodError(
                Fault(
                    "which-measure",
                    f"name the measure, one of: {known}.",
                    f"请指明度量，可取：{known}。",
                )
            )
        return measure

    def _periods(self, frame: pd.DataFrame) -> list[Any]:
        """Every year between the first and the last; other periods as they are there."""
        found = sorted(frame["period"].unique().tolist())
        return list(range(found[0], found[-1] + 1)) if isinstance(found[0], int) else found

    def __repr__(self) -> str:
        return f"Counts: {', '.join(self.measures)} of {self.records.kind} by {self.period}, not yet run"

    def __str__(self) -> str:
        frame, lost = self.to_frame(), self.unplaced
        periods = self._periods(frame)
        totals = {name: (frame[name].sum(), lost[name].sum()) for name in self.measures}
        return "\n".join(
            (
                f"Counts of {self.records.kind} from {self.records.source.name}",
                f"  regions: {frame['region'].nunique()}",
                f"  activities: {frame['activity'].nunique()}",
                f"  periods: {periods[0]} to {periods[-1]}",
                *(f"  {name}: {placed:g} placed, {rest:g} not" for name, (placed, rest) in totals.items()),
                f"  notes: {len(self.notes)}",
            )
        )


def _rounded(column: pd.Series[float], digits: int) -> pd.Series[float]:
    values = column.to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        places = digits - 1 - np.floor(np.log10(np.abs(values)))
    # Tens to a negative power are not exact, to a positive one they are.
    scale = 10.0 ** np.clip(np.where(np.isfinite(places), places, 0.0), 0, 22)
    return pd.Series(np.round(values * scale) / scale, column.index)


def _ordered(label: Any) -> tuple[int, Any]:
    """A place in order for labels of which some are missing: numbers before texts before none."""
    if label is None or label != label:
        return 2, ""
    return (0, float(label)) if isinstance(label, (int, float)) else (1, str(label))
