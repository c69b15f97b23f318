"""The classes of a taxonomy that records are recognised as, in place of a column of activities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.results import digest
from xinzhi.data.files import inside
from xinzhi.data.taxonomies import Taxonomy, taxonomy
from xinzhi.study.records.results import ROW
from xinzhi.study.records.spec import ExamplesFile, RecogniseSpec, RecordsSpec
from xinzhi.study.structure.labelling import Labelled
from xinzhi.study.structure.rows import Column, rows_of_file, source_of

if TYPE_CHECKING:
    from xinzhi.data.micro.records import Records
    from xinzhi.data.recognise.evaluation import Evaluation
    from xinzhi.data.recognise.recognised import Recognised

CLASS = "xinzhi_class"  # the column that recognised classes stand in


@dataclass(frozen=True, eq=False)
class Classed:
    """Records whose activity is their class; the classes with their names, and how far they can be trusted."""

    records: Records
    recognised: Recognised
    evaluation: Evaluation | None
    labels: Labelled
    inputs: dict[str, str]
    notices: tuple[Fault, ...]


def classed(folder: Path, spec: RecordsSpec, records: Records) -> Classed | None:
    """Recognise the records as the block asks for. Raises ``DataError`` with everything that is wrong.

    A record counts for each of its finest classes: what is of a class is of those above it, and would be counted twice.
    """
    asked = spec.recognise
    if asked is None:
        return None
    from xinzhi.data.recognise.evaluation import evaluate_recogniser
    from xinzhi.data.recognise.recogniser import train_recogniser
    from xinzhi.data.recognise.recognising import recognise

    own, inputs = _taxonomy(folder, asked)
    # Engines hand rows over in any order once they have looked for repeats.
    lines = records.source.lines().order_by(ROW) if records.source.ordered else records.table
    table: pa.Table = lines.to_pyarrow()
    ids = asked.ids or records.roles.get("unit")
    how: dict[str, Any] = {"text": asked.text, "codes": dict(asked.codes), "ids": ids}
    try:
        recognised = recognise(table, own, threshold=asked.threshold, **how)
        evaluation = None
        if asked.labels is not None:
            said, sha256 = _labels(folder, asked.labels, recognised.ids, ids)
            inputs[asked.labels.file] = sha256
            evaluation = evaluate_recogniser(table, said, own, threshold=asked.threshold, reads=asked.learn, **how)
            if asked.learn:
                model = train_recogniser(table, said, own, reads=asked.learn, **how)
                recognised = recognise(table, own, threshold=asked.threshold, model=model, **how)
    except DataError as error:
        raise DataError([_of_file(fault, spec, asked) for fault in error.faults]) from None
    notices = [*recognised.notes, *(evaluation.notes if evaluation else ()), *_outcome(recognised, spec)]
    return Classed(
        _with_classes(records, table, recognised),
        recognised,
        evaluation,
        _names(own),
        inputs,
        tuple(dict.fromkeys(_of_file(note, spec, asked) for note in notices)),
    )


def _taxonomy(folder: Path, asked: RecogniseSpec) -> tuple[Taxonomy, dict[str, str]]:
    from xinzhi.data.recognise.reading import as_taxonomy

    if not asked.taxonomy.endswith(".toml"):
        return taxonomy(asked.taxonomy), {}
    path = inside(folder, asked.taxonomy)
    return as_taxonomy(path), {asked.taxonomy: digest(path)}


def _labels(folder: Path, asked: ExamplesFile, ids: tuple[Any, ...], column: str | None) -> tuple[dict[Any, str], str]:
    """What every labelled record is labelled as, and the file's digest. Raises ``DataError``."""
    if column is None:
        raise DataError(
            Fault(
                "no-ids",
                "labels are found by what tells records apart: name that column as `ids`, or as the block's `unit`.",
                "标注须与记录对应：请用 ids 指明区分记录的列，或指定该段的 unit。",
                column="recognise.ids",
            )
        )
    columns = (
        Column("id", asked.id, "label", "id", "标识"),
        Column("classes", asked.classes, "label", "classes", "类别", needed=False),
    )
    found = rows_of_file(folder, source_of(asked), columns)
    own = {str(one): one for one in ids}
    rows = zip(found.table["id"], found.table["classes"], strict=True)
    return {own.get(one, one): said for one, said in rows if said is not None}, found.sha256


def _with_classes(records: Records, table: pa.Table, recognised: Recognised) -> Records:
    """The records with their finest classes as the activity, in the engine they are in."""
    above = {
        own.code: {one.code for one in recognised.taxonomy.lineage(own.code)[:-1]}
        for own in recognised.taxonomy.classes
    }
    finest = [_finest(codes, above) for codes in recognised.classes]
    whole = table.append_column(CLASS, pa.array(finest, pa.list_(pa.string())))
    con: Any = records.table.get_backend()
    con.con.register(CLASS, whole)
    return records.over(con.table(CLASS), roles={**records.roles, "activity": CLASS})


def _finest(codes: tuple[str, ...], above: dict[str, set[str]]) -> list[str]:
    coarser = set[str]().union(*(above[code] for code in codes))
    return [code for code in codes if code not in coarser]


def _names(own: Taxonomy) -> Labelled:
    """The classes of a taxonomy as a file of names would tell them, grouped by the topmost."""
    top = [own.lineage(one.code)[0] for one in own.classes]
    grouped = any(one.parent for one in own.classes)
    return Labelled(
        tuple(one.code for one in own.classes),
        tuple(one.name.en for one in own.classes),
        tuple(one.name.zh for one in own.classes),
        tuple(one.name.en for one in top) if grouped else None,
        own.code,
        "",
        tuple(one.name.zh for one in top) if grouped else None,
    )


def _outcome(recognised: Recognised, spec: RecordsSpec) -> Iterable[Fault]:
    """How many records count for no class, and why."""
    none, unread = (int((recognised.outcome == one).sum()) for one in ("none", "unread"))
    whole, title = len(recognised.ids), recognised.taxonomy.title
    if none:
        yield Fault(
            "no-class",
            f"of {whole} records {none} are of no class of '{title.en}'; they are counted without an activity.",
            f"{whole} 条记录中有 {none} 条不属于“{title.zh}”的任何一类；计数时不归入任何活动。",
            spec.file,
            severity="warning",
        )
    if unread:
        yield Fault(
            "unread",
            f"of {whole} records {unread} have nothing to read; they are counted without an activity.",
            f"{whole} 条记录中有 {unread} 条无可读内容；计数时不归入任何活动。",
            spec.file,
            severity="warning",
        )


def _of_file(fault: Fault, spec: RecordsSpec, asked: RecogniseSpec) -> Fault:
    """What is wrong with columns is of the records' file; what is wrong with labels is of theirs."""
    if fault.file is not None:
        return fault
    if asked.labels is not None and fault.code in ("unknown-class", "labels-without-record"):
        return replace(fault, file=asked.labels.file, column=asked.labels.classes)
    return fault if fault.code == "no-ids" else replace(fault, file=spec.file)
