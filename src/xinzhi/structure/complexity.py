"""How complex regions and activities are: who can do what only the capable can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.results import Record, digest
from xinzhi.structure import fitness, reflections, spectra, ubiquity  # noqa: F401 - they fill the family
from xinzhi.structure.crossed import ACTIVITY, Crossed, numbers, settled
from xinzhi.structure.diagnosis import Indices, core, empty, left_out, warning
from xinzhi.structure.links import ALL, Links, stored
from xinzhi.structure.presence import presence as present_in
from xinzhi.structure.scoring import Scores, checked, complexities

if TYPE_CHECKING:
    from xinzhi.structure.validity import Validity

# Measures made of amounts rather than of who has what.
OF_AMOUNTS = ("prody", "normalised-ubiquity")
AS_GIVEN = "as-given"

Presence = str | Callable[..., Any] | Mapping[str, Any] | None


@dataclass(frozen=True, eq=False)
class Asked:
    """What was asked for: the measure, its options, and how amounts become presence."""

    function: Callable[..., Any]
    options: dict[str, Any]
    presence: Presence


@dataclass(frozen=True, eq=False)
class Complexity:
    """Scores of regions (time, region) and activities (time, activity), ``nan`` for what has none in a period.

    ``values`` are the links that were scored; ``amounts`` those that were given. ``spectrum`` (time, order) holds the
    eigenvalues behind the scores, without the trivial 1, where the measure has any. ``diagnosis`` says what was left
    out and what is doubtful, period by period; ``validity()`` tells how far the ranks can be trusted. ``base`` names
    what activities were scored in, where one score serves every period.
    """

    method: str
    zh: str
    regions: xr.DataArray
    activities: xr.DataArray
    values: Links
    amounts: Links
    spectrum: xr.DataArray
    diagnosis: tuple[Fault, ...]
    anchor: xr.DataArray | None
    base: str | None
    asked: Asked
    record: Record

    @cached_property
    def ranks(self) -> xr.DataArray:
        """Ranks of regions in each period (time, region), 1 for the most complex, ties sharing their mean rank."""
        return self.regions.copy(data=ranked(self.regions.values)).rename("rank")

    def to_frame(self, of: str = REGION) -> pd.DataFrame:
        """Tidy rows of regions, or of activities: time, region (activity), score, rank, diversity (ubiquity)."""
        scores, size, count = (
            (self.regions, self.values.diversity, "diversity")
            if of == REGION
            else (self.activities, self.values.ubiquity, "ubiquity")
        )
        frame = scores.to_dataframe("score").reset_index()
        return frame.assign(rank=ranked(scores.values).ravel(), **{count: size.ravel()})

    def validity(self, **options: Any) -> Validity:
        """How far the scores can be trusted: see ``xinzhi.structure.validity.validity`` for the options."""
        from xinzhi.structure.validity import validity

        return validity(self, **options)

    def __repr__(self) -> str:
        times = self.regions[TIME].values
        last = self.regions.isel({TIME: -1})
        order = np.argsort(-np.nan_to_num(last.values, nan=-np.inf), kind="stable")[:3]
        top = ", ".join(f"{last[REGION].values[i]} {last.values[i]:.3f}" for i in order if not np.isnan(last.values[i]))
        scored = int((~np.isnan(last.values)).sum())
        spread = f"{times[0]} to {times[-1]}" if len(times) > 1 else f"{times[0]}"
        lines = [
            f"Complexity: {self.method} ({self.zh}), {len(times)} periods ({spread})",
            f"  last period: {scored} of {last.size} regions scored; most complex: {top or 'none'}",
        ]
        if self.base:
            lines.append(f"  activities scored once, in {self.base}: periods can be compared")
        lines += [f"  {fault.en}" for fault in self.diagnosis[:3]]
        return "\n".join([*lines, f"  notes: {len(self.diagnosis)}"])


def complexity(
    links: Any,
    method: str | Callable[..., Any] = "eigenvector",
    *,
    presence: Presence = None,
    anchor: Any = None,
    **options: Any,
) -> Complexity:
    """Score regions and activities by one another, period by period.

    ``links`` are ``Links``, a table or labelled array of region × activity, or a mapping of periods to such tables.
    Amounts become presence by ``presence`` (a name, a function, or ``{"method": "rca", "above": 1}``), RCA of at least
    1 unless told otherwise; links of truth values or of ones alone are presence already, and ``"as-given"`` takes any
    weights as they are. ``prody`` is made of the amounts themselves. ``anchor`` settles the sign: one number a region
    (a series, a mapping, an array over region or region × time), such as income or research spending; without one it
    is the convention's own, mostly diversity.

    Each period stands for itself: its scores say who is ahead then, not who has risen (``comparable`` does). What has
    no link, or lies outside the largest connected part, is ``nan`` and named in ``.diagnosis``; the rest is scored.
    Options are the method's own. Raises ``MethodError``.
    """
    chosen, options = settled(complexities, method, options)
    amounts = laid(links)
    values, how = presented(amounts, chosen.name, presence)
    witness = anchored(anchor, values)
    found = [
        score(matrix, chosen.function, None if witness is None else witness[at], **options)
        for at, matrix in enumerate(values.values)
    ]
    return gathered(
        chosen.name,
        chosen.zh,
        found,
        values,
        amounts,
        labelled(witness, values),
        Asked(chosen.function, options, presence),
        recorded("complexity", {"method": chosen.name, "presence": how, **options}, amounts, witness, values),
    )


def score(
    m: Any, method: str | Callable[..., Any] = "eigenvector", anchor: Floats | None = None, **options: Any
) -> Scores:
    """Score every region and activity of a matrix by a measure of complexity.

    ``m`` (regions, activities), sparse or dense, holds 0/1 presence or any weights that are not negative. Regions and
    activities without a link, or outside the largest connected part, score ``nan`` and are told in ``.notes``.
    ``anchor`` (regions,) settles the sign where a measure has none; ``nan`` in it is left out. Raises ``MethodError``
    for values that are negative, infinite or missing, and for a method or an option that is not known.
    """
    chosen, options = settled(complexities, method, options)
    links = checked(m)
    part = core(links)
    if not part.rows.size:
        nothing = warning("nothing-present", "no region has any activity.", "没有任何地区具有任何活动。")
        return Scores(np.full(links.shape[0], np.nan), np.full(links.shape[1], np.nan), notes=(nothing,), core=part)
    everything = part.rows.size == links.shape[0] and part.columns.size == links.shape[1]
    within = links if everything else links[part.rows][:, part.columns]
    found = chosen.function(within, None if anchor is None else np.asarray(anchor, float)[part.rows], **options)
    if not isinstance(found, Scores):  # a function of the user's own may give just the two vectors
        regions, activities = found
        found = Scores(np.asarray(regions, float), np.asarray(activities, float))
    return Scores(
        _spread(found.regions, part.rows, links.shape[0]),
        _spread(found.activities, part.columns, links.shape[1]),
        found.spectrum,
        found.steps,
        (*left_out(part), *found.notes),
        part,
    )


def gathered(
    method: str,
    zh: str,
    found: list[Scores],
    values: Links,
    amounts: Links,
    anchor: xr.DataArray | None,
    asked: Asked,
    record: Record,
    *,
    base: str | None = None,
) -> Complexity:
    """The scores of all periods as one labelled result, with names and periods put to their notes."""
    times = np.asarray(values.periods)
    orders = max((one.spectrum.size for one in found), default=0)
    spectrum = np.full((len(found), orders), np.nan)
    for row, one in zip(spectrum, found, strict=True):
        row[: one.spectrum.size] = one.spectrum
    return Complexity(
        method,
        zh,
        xr.DataArray(
            np.stack([one.regions for one in found]),
            dims=(TIME, REGION),
            coords={TIME: times, REGION: values.regions},
            name=method,
        ),
        xr.DataArray(
            np.stack([one.activities for one in found]),
            dims=(TIME, ACTIVITY),
            coords={TIME: times, ACTIVITY: values.activities},
            name=method,
        ),
        values,
        amounts,
        xr.DataArray(spectrum, dims=(TIME, "order"), coords={TIME: times, "order": np.arange(2, orders + 2)}),
        _told(found, values),
        anchor,
        base,
        asked,
        record,
    )


def laid(links: Any) -> Links:
    """Links from links, a labelled table of region × activity, or a mapping of periods to such tables."""
    if isinstance(links, Links):
        return links
    if not isinstance(links, Mapping):
        one = Crossed.of(links)
        return Links((one.matrix,), one.regions, one.activities)
    if not links:
        raise MethodError(Fault("no-periods", "there are no periods to score.", "没有可计算的时期。"))
    tables = [Crossed.of(table) for table in links.values()]
    regions = pd.Index(np.concatenate([one.regions for one in tables])).unique()
    activities = pd.Index(np.concatenate([one.activities for one in tables])).unique()
    matrices = []
    for one in tables:
        cells = one.matrix.tocoo()
        at = regions.get_indexer(one.regions)[cells.row], activities.get_indexer(one.activities)[cells.col]
        matrices.append(sparse.csr_array((cells.data, at), shape=(len(regions), len(activities))))
    return Links(tuple(matrices), regions.to_numpy(dtype=object), activities.to_numpy(dtype=object), tuple(links))


def presented(amounts: Links, method: str, presence: Presence) -> tuple[Links, Any]:
    """The links a measure is to score, and in a few words how they were made of the amounts."""
    if isinstance(presence, str) and presence == AS_GIVEN:
        return amounts, AS_GIVEN
    if presence is None and method in OF_AMOUNTS:
        return amounts, "amounts"
    if presence is None and all(bool((stored(matrix).data == 1).all()) for matrix in amounts.values):
        return amounts, "ones"
    given = dict(presence) if isinstance(presence, Mapping) else {"method": "rca" if presence is None else presence}
    made = present_in(amounts, given.pop("method", "rca"), **given)
    return made, made.record.settings


def anchored(anchor: Any, values: Links) -> Floats | None:
    """The anchor as (period, region) in the order of the links, ``nan`` where not known. Raises ``MethodError``."""
    if anchor is None:
        return None
    if isinstance(anchor, xr.DataArray):
        frame = anchor.transpose(REGION, TIME).to_pandas() if TIME in anchor.dims else anchor.to_series()
    else:
        frame = pd.Series(anchor) if isinstance(anchor, Mapping) else anchor
    if not isinstance(frame, (pd.Series, pd.DataFrame)):
        raise MethodError(
            Fault(
                "bad-anchor",
                "an anchor is one number a region: a series, a mapping, or an array over region or region × time; "
                f"found {type(anchor).__name__}.",
                "锚定变量须为每个地区一个数：序列、映射，或地区（或地区 × 时间）数组；"
                f"实际为 {type(anchor).__name__}。",
            )
        )
    if twice := [str(label) for label in frame.index[frame.index.duplicated()]]:
        raise MethodError(
            Fault(
                "bad-anchor",
                f"the anchor names regions more than once, such as {twice[0]}. Keep one number for each.",
                f"锚定变量中有地区重复出现，如 {twice[0]}。请每个地区只留一个数。",
            )
        )
    numbers(frame, "the anchor", "锚定变量")
    frame = frame.astype(float)
    if isinstance(frame, pd.DataFrame):
        found = frame.reindex(index=values.regions, columns=list(values.periods)).to_numpy().T
    else:
        found = np.tile(frame.reindex(values.regions).to_numpy(), (len(values.periods), 1))
    if np.isnan(found).all():
        raise MethodError(_knows_nothing(frame, values))
    return np.asarray(found)


def _knows_nothing(frame: pd.Series | pd.DataFrame, values: Links) -> Fault:
    """Why an anchor has no number for any region: none is named, no period is, or nothing was observed."""
    shown = ", ".join(map(str, values.regions[:3])), "、".join(map(str, values.regions[:3]))
    said = ", ".join(map(str, frame.index[:3])), "、".join(map(str, frame.index[:3]))
    if not frame.index.isin(values.regions).any():
        return Fault(
            "bad-anchor",
            f"the anchor names none of the regions, such as {shown[0]}; it names {said[0] or 'nothing'}.",
            f"锚定变量与各地区的名称均不相符，地区如 {shown[1]}；锚定变量所列为 {said[1] or '空'}。",
        )
    if isinstance(frame, pd.DataFrame) and not frame.columns.isin(list(values.periods)).any():
        of, there = ", ".join(map(str, frame.columns[:3])), ", ".join(map(str, values.periods[:3]))
        return Fault(
            "bad-anchor",
            f"the anchor has none of the periods of the links, such as {there}; it has {of or 'none'}.",
            f"锚定变量没有关联数据的任何时期（如 {there}）；其时期为 {of or '空'}。",
        )
    return Fault(
        "bad-anchor",
        "the anchor has no number for any region of the links: all are missing. Give numbers for some regions at "
        "least, or leave the anchor out.",
        "锚定变量对各地区均无数值（全部缺失）。请至少为部分地区提供数值，或不设锚定变量。",
    )


def labelled(witness: Floats | None, values: Links) -> xr.DataArray | None:
    """An anchor (period, region) with its labels."""
    if witness is None:
        return None
    return xr.DataArray(
        witness, dims=(TIME, REGION), coords={TIME: np.asarray(values.periods), REGION: values.regions}, name="anchor"
    )


def recorded(operation: str, settings: dict[str, Any], amounts: Links, witness: Floats | None, values: Links) -> Record:
    """The record of an operation on links, with the digests of what they were made of or else of every period."""
    inputs = dict(amounts.record.inputs) or {
        str(period): Crossed(stored(matrix), amounts.regions, amounts.activities).digest
        for period, matrix in zip(amounts.periods, amounts.values, strict=True)
    }
    if witness is not None:
        inputs["anchor"] = digest(np.ascontiguousarray(witness).tobytes())
    return Record(operation, settings, inputs)


def ranked(scores: Floats) -> Floats:
    """Ranks along the last axis, 1 for the highest, ties sharing their mean rank; ``nan`` stays."""
    from scipy.stats import rankdata

    missing = np.isnan(scores)
    return np.asarray(np.where(missing, np.nan, rankdata(np.where(missing, np.inf, -scores), axis=-1)))


def _told(found: list[Scores], values: Links) -> tuple[Fault, ...]:
    """All notes: what has no link once for all periods, by name; the others with their period before them."""
    notes = [
        *empty("empty-regions", _without_links(found, "empty_rows"), values.regions, values.periods),
        *empty("empty-activities", _without_links(found, "empty_columns"), values.activities, values.periods),
    ]
    for period, one in zip(values.periods, found, strict=True):
        alone = values.periods == (ALL,)
        notes += [
            note if alone else replace(note, en=f"{period}: {note.en}", zh=f"{period}：{note.zh}") for note in one.notes
        ]
    return tuple(notes)


def _without_links(found: list[Scores], which: str) -> list[Indices]:
    return [np.empty(0, dtype=np.intp) if one.core is None else getattr(one.core, which) for one in found]


def _spread(found: Floats, at: np.ndarray, size: int) -> Floats:
    full = np.full(size, np.nan)
    full[at] = found
    return full
