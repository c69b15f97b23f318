"""Vintages of codes: from an old classification to a new one by shares, and codes that belong to another vintage."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.results import Record, digest
from xinzhi.data.files import find
from xinzhi.data.frames import arrow_of
from xinzhi.data.micro.expressions import apart
from xinzhi.data.sources import SourceSpec
from xinzhi.data.tables import read_tables

if TYPE_CHECKING:
    from xinzhi.data.micro.records import Records

TOLERANCE = 1e-6  # printed shares may be this far from one together
SHOWN = 5
KINDS = ("same", "renamed", "split", "merged", "split and merged")
KINDS_ZH = ("未变", "改码", "拆分", "合并", "拆分并合并")


@dataclass(frozen=True, eq=False)
class Crosswalk:
    """What share of each old code lies in which new one: rows source, target, share; shares of a source sum to one."""

    frame: pd.DataFrame
    notes: tuple[Fault, ...]
    record: Record

    @property
    def table(self) -> pa.Table:
        """The rows as Arrow, as an engine joins them."""
        return pa.Table.from_pandas(self.frame, preserve_index=False)

    @cached_property
    def kinds(self) -> pd.DataFrame:
        """What became of each old code: source, kind (same, renamed, split, merged, split and merged), targets."""
        rows = self.frame
        out = rows.groupby("source")["target"].transform("nunique")
        inward = rows.groupby("target")["source"].transform("nunique")
        by = rows.assign(split=out > 1, merged=inward > 1).groupby("source", sort=True)
        told = by.agg(
            split=("split", "any"), merged=("merged", "any"), targets=("target", lambda of: ", ".join(sorted(of)))
        )
        same = told["targets"] == told.index
        split, merged = told["split"], told["merged"]
        kind = np.select([split & merged, split, merged, same], [KINDS[at] for at in (4, 2, 3, 0)], KINDS[1])
        return told.assign(kind=kind).reset_index()[["source", "kind", "targets"]]

    def __repr__(self) -> str:
        counts = self.kinds["kind"].value_counts()
        told = ", ".join(f"{kind} {counts[kind]}" for kind in KINDS if kind in counts)
        many = f"{self.frame['source'].nunique()} old codes → {self.frame['target'].nunique()} new ones"
        return "\n".join((f"Crosswalk: {many}", f"  {told}", *(f"  {note.en}" for note in self.notes)))


def crosswalk(table: Any, source: str, target: str, share: str | None = None) -> Crosswalk:
    """From old codes to new ones, out of a table with one row a pair: a path or a frame (pandas, Polars, Arrow).

    ``source``, ``target`` and ``share`` name its columns; without shares an old code is spread evenly. Shares of each
    old code sum to one within a millionth and are then made to sum to one exactly, so that nothing is made or lost.
    Pairs that repeat are added up and told; which industries split and merge is told in ``.notes`` and ``.kinds``.
    Raises ``DataError`` with everything that is wrong.
    """
    arrow, file, seen = _arrow(table)
    asked = {"source": source, "target": target} | ({} if share is None else {"share": share})
    if absent := [head for head in asked.values() if head not in arrow.column_names]:
        shown = ", ".join(arrow.column_names[:12])
        raise DataError(
            [
                Fault(
                    "unknown-column",
                    f"there is no column '{head}'. The table has: {shown}.",
                    f"没有列“{head}”。表中有：{shown}。",
                    file,
                )
                for head in absent
            ]
        )
    frame = pd.DataFrame({role: _texts(arrow[head]) for role, head in asked.items() if role != "share"})
    given = pd.Series(1.0, frame.index)
    if share is not None:
        given = pd.to_numeric(pd.Series(arrow[share].to_pylist()), errors="coerce").astype(float)
    frame["share"] = given.to_numpy()
    faults = [*_faulty(frame, file), *(_faulty_sums(frame, file) if share is not None else ())]
    if faults:
        raise DataError(faults)
    notes = []
    if repeats := int(frame.duplicated(["source", "target"]).sum()):
        notes.append(
            Fault(
                "rows-added-up",
                f"rows that repeat a pair were added up: {repeats}.",
                f"重复的类别对已相加：{repeats} 行。",
                file,
                severity="warning",
            )
        )
    frame = frame.groupby(["source", "target"], sort=True)["share"].sum().reset_index()
    frame["share"] /= frame.groupby("source")["share"].transform("sum")
    frame = frame[frame["share"] > 0].reset_index(drop=True)
    made = Crosswalk(frame, (), Record("crosswalk", {"columns": asked}, {file: seen}))
    return Crosswalk(made.frame, (*notes, *_told(made, file)), made.record)


def crosswalk_of(given: Any) -> Crosswalk:
    """A crosswalk from what counting accepts: one, (table, from, to, share), or something with such rows."""
    if isinstance(given, Crosswalk):
        return given
    if isinstance(given, tuple) and len(given) in (3, 4):
        return crosswalk(*given)
    if hasattr(given, "to_frame"):  # such as a Concordance of structure
        frame = given.to_frame()
        if {"source", "target", "share"} <= set(frame.columns):
            return crosswalk(frame, "source", "target", "share")
    kind = type(given).__name__
    raise DataError(
        Fault(
            "not-a-concordance",
            f'a concordance is a Crosswalk, a Concordance or (table, "from", "to", "share"); found {kind}.',
            f"对照表须为 Crosswalk、Concordance 或 (表, “来源列”, “目标列”, “份额列”)；实际为 {kind}。",
        )
    )


def _arrow(table: Any) -> tuple[pa.Table, str, str]:
    if isinstance(table, (str, os.PathLike)):
        path = Path(table)
        found = find(path.parent, path.name)
        raw = read_tables(found, SourceSpec(file=path.name))[0]
        return pa.table(list(raw.columns), names=list(raw.heads)), found.name, found.sha256
    arrow = arrow_of(table, "crosswalk")
    return arrow, "crosswalk", digest(repr(arrow.to_pydict()))


def _texts(column: pa.ChunkedArray) -> list[str]:
    found = []
    for cell in column.to_pylist():
        text = "" if cell is None or cell != cell else str(cell).strip()
        whole = isinstance(cell, float) and text.endswith(".0")  # codes of a frame that lost some cells
        found.append(text[:-2] if whole else text)
    return found


def _faulty(frame: pd.DataFrame, file: str) -> Iterable[Fault]:
    share = frame["share"]
    for code, bad, en, zh in (
        ("no-code", (frame["source"] == "") | (frame["target"] == ""), "rows without a code", "缺少代码的行"),
        ("no-share", share.isna(), "rows without a share that is a number", "份额缺失或不是数值的行"),
        ("bad-share", (share < 0) | np.isinf(share), "shares that are negative or infinite", "份额为负或无穷大"),
    ):
        if bad.any():
            row = int(np.flatnonzero(bad)[0]) + 1
            yield Fault(code, f"{en}: {int(bad.sum())}. Mend them.", f"{zh}：{int(bad.sum())}。请更正。", file, row=row)
    if not len(frame):
        yield Fault("no-rows", "the table has no rows.", "表中没有行。", file)


def _faulty_sums(frame: pd.DataFrame, file: str) -> Iterable[Fault]:
    """One fault for each old code whose shares are not one together."""
    sums = frame.groupby("source")["share"].sum()
    for code, total in sums[(sums - 1).abs() > TOLERANCE].items():
        yield Fault(
            "sum-not-one",
            f"the shares of '{code}' sum to {total:.6g}, not to one. Mend them.",
            f"“{code}”的份额合计为 {total:.6g}，不等于 1。请更正。",
            file,
        )


def _told(made: Crosswalk, file: str) -> list[Fault]:
    """Which codes split or merge."""
    notes = []
    for kind, zh in zip(KINDS[2:], KINDS_ZH[2:], strict=True):
        rows = made.kinds[made.kinds["kind"] == kind]
        if len(rows):
            shown = [f"{row.source} → {row.targets}" for row in rows.head(3).itertuples()]
            notes.append(
                Fault(
                    "codes-" + kind.replace(" ", "-"),
                    f"{len(rows)} old codes {kind}: {'; '.join(shown)}.",
                    f"{zh}的旧代码：{len(rows)} 个，如 {'；'.join(shown)}。",
                    file,
                    severity="warning",
                )
            )
    return notes


@dataclass(frozen=True, eq=False)
class Vintages:
    """Codes the declared vintage does not know.

    ``table`` has a row a code: ``code``, ``records``, ``share`` of all records with a code, ``known_to`` (the vintages
    that have it, separated by commas), ``written`` (how the declared vintage may write it), ``first`` and ``last`` (the
    years it was seen, where records have a date). ``declared`` is the vintage, ``mixed`` whether another is in use.
    """

    declared: str
    table: pd.DataFrame
    notes: tuple[Fault, ...]
    record: Record

    @property
    def mixed(self) -> bool:
        """Whether codes are there that only another vintage knows."""
        return bool((self.table["known_to"] != "").any())

    def to_frame(self) -> pd.DataFrame:
        """Rows: code, records, share, known_to, written, first, last."""
        return self.table.copy()

    def __repr__(self) -> str:
        share = f"{self.table['share'].sum():.2%} of records"
        first = f"Vintages: {len(self.table)} codes unknown to {self.declared}, {share}"
        return "\n".join((first, *(f"  {note.en}" for note in self.notes)))


def mixed(records: Records, known: Mapping[str, Iterable[str]], declared: str) -> Vintages:
    """Codes of activities that the declared vintage does not know, how many records have them, and who would know.

    ``known`` lists the codes of each vintage, {"NACE 1.1": […], "NACE 2": […]}. A record with several codes counts for
    each. Raises ``DataError``.
    """
    books = {name: {str(code).strip() for code in codes} for name, codes in known.items()}
    if "activity" not in records.roles or declared not in books:
        there = ", ".join(books) or "-"
        raise DataError(
            Fault(
                "no-vintage",
                f"records need a column as `activity`, and the declared vintage '{declared}' is one of: {there}.",
                f"记录须指定 activity 列；所声明的版本“{declared}”须为其中之一：{there}。",
            )
        )
    when = next((role for role in ("date", "first") if role in records.roles), None)
    day = ibis.null("int64") if when is None else records.dated(records.column(when)).day
    told = records.table.select(code=records.label(records.column("activity"), "activity"), year=day // 10_000)
    if told["code"].type().is_array():
        told = apart(told, "code")
    told = told.filter(told["code"].notnull())
    by_code = told.group_by("code").agg(records=told.count(), first=told["year"].min(), last=told["year"].max())
    frame = by_code.to_pandas().sort_values(["records", "code"], ascending=[False, True], ignore_index=True)
    whole = int(frame["records"].sum())
    frame.insert(2, "share", frame["records"] / max(whole, 1))
    strange = frame[~frame["code"].isin(books[declared])].reset_index(drop=True)
    others = {name: codes for name, codes in books.items() if name != declared}
    knowing = [", ".join(name for name, codes in others.items() if code in codes) for code in strange["code"]]
    bare = {_bare(code): code for code in sorted(books[declared])}
    strange.insert(3, "known_to", np.array(knowing, dtype=object))
    strange.insert(4, "written", np.array([bare.get(_bare(code), "") for code in strange["code"]], dtype=object))
    notes = tuple(_mixed_notes(strange, declared, others, records.source.name))
    return Vintages(declared, strange, notes, Record("vintages", {"declared": declared}, dict(records.source.inputs)))


def _bare(code: str) -> str:
    return "".join(character for character in code.casefold() if character.isalnum()).lstrip("0")


def _mixed_notes(strange: pd.DataFrame, declared: str, others: Mapping[str, set[str]], file: str) -> Iterable[Fault]:
    for name in others:
        rows = strange[strange["known_to"].str.split(", ").map(lambda names: name in names)]  # noqa: B023 - used at once
        if len(rows):
            shown = ", ".join(f"{row.code} ({row.records})" for row in rows.head(SHOWN).itertuples())
            many, seen = int(rows["records"].sum()), ("", "")
            if rows["first"].notna().any():
                years = f"{int(rows['first'].min())}-{int(rows['last'].max())}"
                seen = f", seen {years}", f"，出现于 {years}"
            yield Fault(
                "mixed-vintages",
                f"{len(rows)} codes on {many} records are unknown to {declared} but known to {name}{seen[0]}: {shown}. "
                f"Carry them over with a crosswalk from {name} to {declared}.",
                f"有 {len(rows)} 个代码（{many} 条记录）不属于 {declared}，而属于 {name}{seen[1]}：{shown}。"
                f"请用 {name} 到 {declared} 的对照表转换。",
                file,
                severity="warning",
            )
    rows = strange[strange["known_to"] == ""]
    if len(rows):
        shown = ", ".join(f"{row.code} ({row.records})" for row in rows.head(SHOWN).itertuples())
        yield Fault(
            "unknown-codes",
            f"{len(rows)} codes on {int(rows['records'].sum())} records are unknown to every vintage given: {shown}.",
            f"有 {len(rows)} 个代码（{int(rows['records'].sum())} 条记录）不属于任何给定版本：{shown}。",
            file,
            severity="warning",
        )
