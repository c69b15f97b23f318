"""What regions take up and give up from one period to the next: entries, exits, and their rates with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION
from xinzhi.core.methods import Method
from xinzhi.core.results import Record
from xinzhi.structure.complexity import Presence, laid, presented, recorded
from xinzhi.structure.crossed import ACTIVITY, Csr, level_within, named, noted, settled
from xinzhi.structure.links import Links, Period, Places, Side, stored
from xinzhi.structure.proportions import proportion_intervals

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Transition:
    """From one period to the next: who had what, ``held``, and has it afterwards, ``later``; csr of ones.

    What can enter is a *missing link*: a region and an activity that both exist in the earlier period, ``rows`` and
    ``columns``, and are not linked. What appears from nowhere is not among them.
    """

    before: Period
    after: Period
    held: Csr
    later: Csr

    @cached_property
    def rows(self) -> Places:
        """Where regions stand that have anything in the earlier period."""
        return np.flatnonzero(np.diff(self.held.indptr))

    @cached_property
    def columns(self) -> Places:
        """Where activities stand that any region has in the earlier period."""
        return np.flatnonzero(np.bincount(self.held.indices, minlength=self.held.shape[1]))

    @cached_property
    def entered(self) -> Csr:
        """Missing links that are there in the later period, csr of ones (region, activity)."""
        new = (self.later - self.later.multiply(self.held)).tocoo()
        row, column = new.coords
        inside = (new.data != 0) & _among(self.rows, new.shape[0])[row] & _among(self.columns, new.shape[1])[column]
        ones = np.ones(int(inside.sum()))
        return sparse.csr_array((ones, (row[inside], column[inside])), shape=new.shape)

    @cached_property
    def left(self) -> Csr:
        """Links that are gone in the later period, csr of ones (region, activity)."""
        return stored(self.held - self.held.multiply(self.later))

    def missing(self) -> tuple[Places, Places]:
        """Rows and columns of every missing link, region by region."""
        lacking = self.held[self.rows][:, self.columns].toarray() == 0
        row, column = np.nonzero(lacking)
        return self.rows[row], self.columns[column]

    def candidates(self, side: Side) -> Counts:
        """How many missing links each region (or activity) has; 0 for those that do not exist yet."""
        mine, other = (self.rows, self.columns) if side == "region" else (self.columns, self.rows)
        found = np.zeros(self.held.shape[0 if side == "region" else 1], dtype=np.int64)
        found[mine] = len(other) - _count(self.held, side)[mine]
        return found


@dataclass(frozen=True, eq=False)
class Entries:
    """What entered and what left, transition by transition, with the labels of regions and activities.

    ``interval`` names how the intervals of the rates are made, ``level`` what they hold.
    """

    transitions: tuple[Transition, ...]
    links: Links
    interval: Method
    level: float
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Every entry and exit: before, after, region, activity, change (``entry`` or ``exit``)."""
        frames = []
        for one in self.transitions:
            for change, matrix in (("entry", one.entered), ("exit", one.left)):
                row, column = matrix.tocoo().coords
                labels = {REGION: self.links.regions[row], ACTIVITY: self.links.activities[column]}
                frames.append(pd.DataFrame({"before": one.before, "after": one.after, **labels, "change": change}))
        return pd.concat(frames, ignore_index=True)

    def rates(self, of: Side | None = None) -> pd.DataFrame:
        """Rates of each region, of each activity, or (without ``of``) of everything, one row a transition.

        Columns: before, after, the label, name_en and name_zh where known; candidates, entries, entry_rate, entry_low,
        entry_high (of missing links); held, exits, exit_rate, exit_low, exit_high (of links). A rate of nothing is
        ``nan``. The intervals take the cells of a row as independent, which cells of one region are not quite.
        """
        frames = []
        for one in self.transitions:
            side = of or "region"
            counts = [one.candidates(side), *(_count(matrix, side) for matrix in (one.entered, one.held, one.left))]
            candidates, entries, had, exits = counts if of else [each.sum(keepdims=True) for each in counts]
            frame: dict[str, Any] = {"before": one.before, "after": one.after}
            if of:
                about = self.links.about_region if of == "region" else self.links.about_activity
                frame |= {of: self.links.regions if of == "region" else self.links.activities}
                frame |= {name: about[name] for name in ("name_en", "name_zh") if name in about}
            frame |= {"candidates": candidates, "entries": entries} | self._rate("entry", entries, candidates)
            frame |= {"held": had, "exits": exits} | self._rate("exit", exits, had)
            frames.append(pd.DataFrame(frame))
        return pd.concat(frames, ignore_index=True)

    def _rate(self, name: str, found: Counts, among: Counts) -> dict[str, Any]:
        low, high = self.interval.function(found, among, level=self.level)
        share = found / np.where(among > 0, among, np.nan)
        return {f"{name}_rate": share, f"{name}_low": low, f"{name}_high": high}

    def __repr__(self) -> str:
        regions, activities = len(self.links.regions), len(self.links.activities)
        lines = [f"Entries: {regions} regions × {activities} activities, {len(self.transitions)} transitions"]
        lines += [
            f"  {row.before} → {row.after}: {row.entries} of {row.candidates} missing links entered "
            f"({_percent(row.entry_rate)}), {row.exits} of {row.held} links were given up ({_percent(row.exit_rate)})"
            for row in self.rates().itertuples()
        ]
        return "\n".join([*lines, f"  intervals: {self.interval.name}, {self.level:.0%}; notes: {len(self.notes)}"])


def entries(
    links: Any,
    *,
    presence: Presence = None,
    interval: str | Callable[..., Any] = "wilson",
    level: float = 0.95,
) -> Entries:
    """Tell what each region took up and gave up between consecutive periods, and at what rates.

    ``links`` are ``Links`` of at least two periods, or a mapping of periods to tables of region × activity, in order.
    Amounts become presence by ``presence`` as in ``complexity``: RCA of at least 1 unless told otherwise, links of
    ones as they are. Candidates for entry are the missing links of regions and activities that have something in the
    earlier period. ``interval`` is ``"wilson"`` or ``"clopper-pearson"``. Raises ``MethodError``.
    """
    level_within(level)
    chosen, _ = settled(proportion_intervals, interval, {})
    amounts = laid(links)
    values, how = presented(amounts, "entries", presence)
    settings = {"presence": how, "interval": chosen.name, "level": level}
    found = transitions(values)
    notes = tuple(note for one in found for note in _notes(one, values))
    return Entries(found, values, chosen, level, notes, recorded("entries", settings, amounts, None, values))


def transitions(values: Links) -> tuple[Transition, ...]:
    """Every step from a period of presence links to the next. Raises ``MethodError`` for fewer than two periods."""
    if len(values.periods) < 2:
        raise MethodError(
            Fault(
                "too-few-periods",
                f"entry and exit happen between periods: at least 2 are needed, found {len(values.periods)} "
                f"({', '.join(map(str, values.periods))}). Name the column of periods, or bring in an earlier file.",
                f"进入与退出发生在两期之间：至少需要 2 期，实际为 {len(values.periods)} 期"
                f"（{'、'.join(map(str, values.periods))}）。请指明时期列，或补充更早的数据。",
            )
        )
    ones = [stored(matrix).astype(float) for matrix in values.values]
    steps = zip(values.periods, values.periods[1:], ones, ones[1:], strict=False)
    return tuple(Transition(before, after, held, later) for before, after, held, later in steps)


def _percent(rate: Any) -> str:
    return "no rate" if np.isnan(rate) else f"{rate:.1%}"


def _among(places: Places, size: int) -> npt.NDArray[np.bool_]:
    inside = np.zeros(size, dtype=bool)
    inside[places] = True
    return inside


def _count(matrix: Csr, side: Side) -> Counts:
    if side == "region":
        return np.diff(matrix.indptr).astype(np.int64)
    return np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.int64)


def _notes(one: Transition, values: Links) -> Sequence[Fault]:
    """What makes a transition's rates say less than they seem to."""
    step = f"{one.before} → {one.after}"
    notes: list[Fault] = []
    if not one.held.nnz:
        notes.append(
            Fault(
                "no-links",
                f"{step}: no region has anything in {one.before}, so nothing can enter or leave. Bring in what is "
                "missing, or leave the period out.",
                f"{step}：{one.before} 期没有任何地区拥有任何活动，无从进入或退出。请补充数据，或剔除该期。",
                severity="warning",
            )
        )
    elif not int(one.candidates("region").sum()):
        notes.append(
            Fault(
                "no-missing-links",
                f"{step}: every region has every activity there is, so nothing can enter. Use a stricter presence.",
                f"{step}：所有地区均已拥有全部活动，无可进入者。请采用更严格的优势判定。",
                severity="warning",
            )
        )
    elif not one.entered.nnz:
        notes.append(
            Fault(
                "no-entry",
                f"{step}: no missing link entered. Check that the periods differ.",
                f"{step}：没有任何新进入。请检查各期数据是否相同。",
                severity="warning",
            )
        )
    gone = (np.diff(one.held.indptr) > 0) & (np.diff(one.later.indptr) == 0)
    notes += noted(
        "regions-gone",
        values.regions,
        gone,
        f"{step}: nothing is left in {{}}. All they had counts as exits; see whether a border, a name or a source "
        "changed.",
        f"{step}：以下地区此后没有任何活动，其原有活动均计为退出，请核对是否因区划、名称或来源变动：{{}}。",
    )
    everywhere = _count(one.held, "activity")[one.columns] == len(one.rows)
    if everywhere.any() and not everywhere.all():
        en, zh = named(values.activities[one.columns], everywhere)
        notes.append(
            Fault(
                "activity-everywhere",
                f"{step}: every region has {en}; nothing can enter there.",
                f"{step}：所有地区均有以下活动，无可进入者：{zh}。",
                severity="warning",
            )
        )
    return notes
