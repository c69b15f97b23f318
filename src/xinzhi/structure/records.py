"""From a file or a table to links: lines added up per region × activity × period, and everything wrong said at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from scipy import sparse

from xinzhi.core.errors import DataError, Fault, errors_in
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import Text, faults_of
from xinzhi.data.numbers import Ints, read_year
from xinzhi.data.records import Words
from xinzhi.data.sources import SourceSpec
from xinzhi.structure.classification import Known, Settled, settle
from xinzhi.structure.columns import Asked
from xinzhi.structure.crossed import one_of
from xinzhi.structure.lines import FLAWS, FRAME, Codes, Lines, lines_of_file, lines_of_frame
from xinzhi.structure.links import ALL, SIDES, Links, Period, Side, Unknown

_SAID = {
    "missing": ("no-value", "rows without a value, left out", "没有数值、已剔除的行"),
    "negative": (
        "negative-value",
        "values below 0, where links are amounts of at least 0",
        "负值（关联数据须为非负数）",
    ),
    "infinite": ("infinite-value", "infinite values", "无穷大的值"),
}
_LABELS = ("region", "activity", "period")


def links(
    table: Any,
    *,
    region: str | None = None,
    activity: str | None = None,
    period: str | None = None,
    value: str | None = None,
    count: bool = False,
    regions: Known = None,
    activities: Known = None,
    unknown: Unknown = "stop",
    title: str | dict[str, str] | Text | None = None,
    unit: str = "",
    source: str = "",
    **how: Any,
) -> Links:
    """How much of each activity each region has, from a long table: one row per region × activity (× period).

    ``table`` is a path (csv, Excel, Parquet, Stata), a frame (pandas, Polars, Arrow) or a table of a database (Ibis,
    DuckDB, lazy Polars), which is added up where it is: the way for files of many millions of rows, such as
    ``links(ibis.read_parquet(path))``. ``region``, ``activity``, ``period`` and ``value`` name its columns where their
    heads do not say; without a column of values, or with ``count``, every row counts 1. Rows of the same cell are
    added up and counted in ``.notices``; rows without a value are left out and counted.

    ``regions`` is a gazetteer by name, a list of codes, or codes with names; ``activities`` a list or codes with
    names. Labels that are not among them, and rows without a label, are reported together, or left out and listed
    where ``unknown="drop"``. ``how`` are the keys of a ``[[source]]``: ``where``, ``decimal``, ``sheet``,
    ``header``, ``encoding``, ``separator``.
    Raises ``DataError`` with everything that is wrong, ``MethodError`` for an option or a gazetteer nobody knows.
    """
    one_of("unknown", unknown, Unknown)
    asked = Asked(region, activity, period, value, count)
    words = {role: Words() for role in _LABELS}
    parts, inputs = _parts(table, asked, how, words)
    known: dict[Side, Known] = {"region": _listed(regions), "activity": _listed(activities)}
    lines = _Joined.of(parts)
    sides = {side: _settled(side, lines, words[side].texts, of, unknown) for side, of in known.items()}
    faults = [fault for part in parts for fault in (*part.faults, *_flawed(part, words, unknown))]
    faults += [fault for side in sides.values() for fault in side.faults]
    if not errors_in(faults) and not all(len(side.labels) for side in sides.values()):
        faults.append(Fault("no-data", "no row is left to bring in.", "没有可用的数据行。", file=parts[0].file))
    if errors_in(faults):
        raise DataError(faults)
    periods, matrices, repeats = _added_up(lines, sides, words["period"].texts)
    if parts[0].roles.value is None:  # then repeats are what is counted
        faults += _counted(parts[0]) if not count else []
    elif repeats:
        faults.append(_repeated(parts[0], repeats))
    if not all(np.isfinite(matrix.data).all() for matrix in matrices):
        raise DataError([*faults, _too_large(parts[0])])
    named = parts[0].roles.value
    made = Links(
        matrices,
        sides["region"].labels,
        sides["activity"].labels,
        periods,
        sides["region"].about,
        sides["activity"].about,
        Text.of(title) if title is not None else Text(en=named or "rows", zh=named or "记录数"),
        unit,
        source or ", ".join(dict.fromkeys(part.file for part in parts if part.file != FRAME)),
        tuple(faults),
        tuple(one for side in sides.values() for one in side.dropped),
    )
    settings = _settings(parts[0], known, unknown, how)
    return replace(made, record=Record("links", settings, inputs or {FRAME: _digest(made)}))


def _parts(
    table: Any, asked: Asked, how: dict[str, Any], words: dict[str, Words]
) -> tuple[list[Lines], dict[str, str]]:
    path = Path(table) if isinstance(table, (str, os.PathLike)) else None
    try:
        spec = SourceSpec(file=FRAME if path is None else path.name, **how)
    except ValidationError as error:
        raise DataError(faults_of(error)) from None
    if path is None:
        return [lines_of_frame(table, asked, spec, words)], {}
    parts, sha256 = lines_of_file(path, asked, spec, words)
    return parts, {path.name: sha256}


def _digest(made: Links) -> str:
    """What a table brought in, as a digest: its labels, and the cells of every period."""
    content = hashlib.sha256()
    for labels in (made.periods, made.regions, made.activities):
        content.update("\n".join(map(str, labels)).encode() + b"\0")
    for matrix in made.values:
        for array in (matrix.indptr, matrix.indices, matrix.data):
            content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


def _listed(known: Known) -> Known:
    return known if known is None or isinstance(known, (str, Mapping)) else list(known)


@dataclass(frozen=True)
class _Joined:
    """The lines of all tables that say something; ``many`` rows with a value stand behind each (none: one)."""

    codes: dict[str, Codes]
    value: Floats
    many: Ints | None

    @classmethod
    def of(cls, parts: Sequence[Lines]) -> _Joined:
        kept = [(part, _sound(part)) for part in parts]
        return cls(
            {role: _join([part.codes[role][at] for part, at in kept]) for role in parts[0].codes},
            _join([part.value[at] for part, at in kept]),
            None if all(part.many is None for part in parts) else _join([_many(part)[at] for part, at in kept]),
        )

    @property
    def rows(self) -> int:
        """How many rows all lines stand for."""
        return len(self.value) if self.many is None else int(self.many.sum())


def _join(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _sound(part: Lines) -> npt.NDArray[np.bool_] | slice:
    """The lines with every label and a value."""
    if "missing" not in part.flaws and all(codes.min(initial=0) >= 0 for codes in part.codes.values()):
        return slice(None)
    blank = np.zeros(len(part), dtype=bool)
    for codes in part.codes.values():
        blank |= codes < 0
    if "missing" in part.flaws:
        blank |= _many(part) == 0
    return ~blank if blank.any() else slice(None)


def _many(part: Lines) -> Ints:
    rows = np.ones(len(part), dtype=np.int64) if part.many is None else part.many
    return rows - part.flaws["missing"] if "missing" in part.flaws else rows


def _flawed(part: Lines, words: dict[str, Words], unknown: Unknown) -> list[Fault]:
    """Labels that are missing and values that cannot be: one fault of each kind, with the first place."""
    faults = []
    for role, codes in part.codes.items():
        if codes.min(initial=0) < 0:
            blank = codes < 0
            zh = {"region": "地区", "activity": "活动", "period": "时期"}[role]
            rows = int(blank.sum() if part.many is None else part.many[blank].sum())
            first = int(np.flatnonzero(blank)[0])
            way_en = "They were left out." if unknown == "drop" else 'Write it in, or set unknown = "drop".'
            way_zh = "这些行已剔除。" if unknown == "drop" else "请补全，或设置 unknown = “drop” 予以剔除。"
            said = f"rows that do not say the {role}: {rows}. {way_en}", f"有 {rows} 行没有写明{zh}。{way_zh}"
            found = part.fault(f"no-{role}", *said, role, first)
            faults.append(replace(found, severity="warning") if unknown == "drop" else found)
    for flaw in FLAWS:
        if flaw not in part.flaws:
            continue
        counts = part.flaws[flaw]
        first, total = int(np.flatnonzero(counts)[0]), int(counts.sum())
        at = {role: int(codes[first]) for role, codes in part.codes.items()}
        cell = " × ".join(words[role].texts[code] if code >= 0 else "?" for role, code in at.items())
        code, en, zh = _SAID[flaw]
        found = part.fault(
            code, f"{en}: {total} (first: {cell}).", f"{zh}：{total} 处（首个：{cell}）。", "value", first
        )
        faults.append(replace(found, severity="warning") if flaw == "missing" else found)
    return faults


def _settled(side: Side, lines: _Joined, texts: Sequence[str], known: Known, unknown: Unknown) -> Settled:
    """The labels of one side; texts that only stood on lines left out are not among them."""
    codes = lines.codes[side]
    rows = np.bincount(codes, weights=lines.many, minlength=len(texts)).astype(np.int64)
    weigh = known is not None  # only labels that are not known are told with their share of the value
    amount = np.asarray(np.bincount(codes, lines.value, len(texts)) if weigh else rows, dtype=float)
    used = np.flatnonzero(rows)
    found = settle(side, [texts[at] for at in used.tolist()], known, amount[used], rows[used], unknown)
    place = np.full(len(texts), -1, dtype=np.int64)
    place[used] = found.place
    return replace(found, place=place)


def _added_up(
    lines: _Joined, sides: dict[Side, Settled], texts: Sequence[str]
) -> tuple[tuple[Period, ...], tuple[sparse.csr_array, ...], int]:
    """The periods, one matrix for each with its cells added up, and how many rows repeat a cell already there."""
    height, width = (len(sides[side].labels) for side in SIDES)
    row, column = (sides[side].place.astype(np.int32)[lines.codes[side]] for side in SIDES)
    value, many, when = lines.value, lines.many, lines.codes.get("period")
    if any((side.place < 0).any() for side in sides.values()):
        inside = (row >= 0) & (column >= 0)
        row, column, value = row[inside], column[inside], value[inside]
        many = None if many is None else many[inside]
        when = None if when is None else when[inside]
    stood = len(value) if many is None else int(many.sum())
    periods: tuple[Period, ...] = (ALL,)
    if when is not None:
        used = np.flatnonzero(np.bincount(when))
        periods, order = _periods([texts[code] for code in used.tolist()])
        start = np.zeros(len(texts), dtype=np.int64)
        start[used] = order * height
        few = len(periods) * height < 2**31
        row = row + (start.astype(np.int32) if few else start)[when]
    every = _sums(value, row, column, (len(periods) * height, width))
    cells = every.nnz
    every.eliminate_zeros()
    ends, cut = every.indptr, []
    for top in range(0, every.shape[0], height):
        own = slice(ends[top], ends[top + height])
        of = (ends[top : top + height + 1] - ends[top]).astype(np.int32)
        cut.append(sparse.csr_array((every.data[own], every.indices[own], of), shape=(height, width)))
    return periods, tuple(cut), stood - cells


def _sums(value: Floats, row: Codes, column: Codes, shape: tuple[int, int]) -> sparse.csr_array:
    """Values added up cell by cell, in the order of the lines.

    Counted out by columns and then by rows, which puts cells in order without comparing them.
    """
    cells = sparse.coo_array((value, (row, column)), shape)
    cells.has_canonical_format = True  # it is not, but what repeats is added up at the end, when it stands in order
    by_column = cells.tocsc()
    del cells
    found = sparse.csr_array(by_column.tocsr())
    del by_column
    found.sum_duplicates()
    return found


def _periods(texts: Sequence[str]) -> tuple[tuple[Period, ...], Ints]:
    """Periods in order, whole numbers where all are numbers or years, and the place of each text among them."""
    years = [int(text) if text.lstrip("-").isdecimal() else read_year(text)[0] for text in texts]
    read: list[Any] = list(texts) if None in years else years
    ordered = sorted(set(read))
    order = {period: at for at, period in enumerate(ordered)}
    return tuple(ordered), np.array([order[period] for period in read], dtype=np.int64)


def _repeated(part: Lines, repeats: int) -> Fault:
    heads = " × ".join(part.roles.heads[role] for role in _LABELS if role in part.roles.heads)
    unused = part.roles.unused
    en = f" Columns not used: {', '.join(unused)}." if unused else ""
    zh = f"未使用的列：{'、'.join(unused)}。" if unused else ""
    said = (
        f"rows that repeat a cell of {heads} were added up: {repeats}.{en}",
        f"{heads} 重复的行已相加：{repeats} 行。{zh}",
    )
    return replace(part.fault("rows-added-up", *said), severity="warning")


def _counted(part: Lines) -> list[Fault]:
    if not part.roles.unused:
        return []
    listed = ", ".join(part.roles.unused), "、".join(part.roles.unused)
    en = f'no column of values was found, so rows were counted; not used: {listed[0]}. Name it, value = "…".'
    zh = f"未识别出数值列，已按行计数；未使用的列：{listed[1]}。请用 value = “…” 指明。"
    return [replace(part.fault("rows-counted", en, zh), severity="warning")]


def _too_large(part: Lines) -> Fault:
    said = "sums are too large to hold. Use a larger unit.", "合计超出数值范围。请换用更大的单位。"
    return part.fault("too-large", *said, "value")


def _settings(part: Lines, known: dict[Side, Known], unknown: str, how: dict[str, Any]) -> dict[str, Any]:
    held = {
        SIDES[side][0]: of or "own" if of is None or isinstance(of, str) else digest("\n".join(map(str, of)))
        for side, of in known.items()
    }
    return {"columns": part.roles.heads, **held, "unknown": unknown, **how}
