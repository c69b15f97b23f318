"""Tables of records as a recogniser reads them: texts and codes out of cells of any kind, and what was odd in them."""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.specs import FaultyValue, faults_of
from xinzhi.data.frames import arrow_of
from xinzhi.data.taxonomies import SCHEMES, Scheme, Taxonomy, steps, taxonomy

LONG = 100_000  # characters; a text longer than that is said to be
_SHOWN = 5
_NOTHING = re.compile(r"[\s\ufeff\u200b-\u200f\u2060\xad]*")
_BETWEEN_CODES = re.compile(r"[;,|\n\t、；，]+")


@dataclass(frozen=True)
class Cells:
    """What is read of a table: ``ids`` of its records, ``text`` by column, lists of ``codes`` by scheme and column."""

    ids: tuple[Any, ...]
    text: Mapping[str, tuple[str, ...]]
    codes: Mapping[tuple[Scheme, str], tuple[tuple[str, ...], ...]]
    notes: tuple[Fault, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def whole(self) -> list[str]:
        """All columns of text of each record, one after the other."""
        return ["\n".join(parts) for parts in zip(*self.text.values(), strict=True)] or [""] * len(self)

    @property
    def unread(self) -> list[bool]:
        """Which records have neither text nor codes."""
        held = [False] * len(self)
        for column in self.text.values():
            held = [any_ or not is_blank(cell) for any_, cell in zip(held, column, strict=True)]
        for lists in self.codes.values():
            held = [any_ or bool(cell) for any_, cell in zip(held, lists, strict=True)]
        return [not any_ for any_ in held]


def as_taxonomy(given: str | Path | Mapping[str, Any] | Taxonomy) -> Taxonomy:
    """A taxonomy: one itself, the name of one of the catalogue, a TOML file of one's own, or what such a file says.

    Raises ``DataError`` with everything that is wrong with a file, ``FaultyValue`` for a name that is not known.
    """
    if isinstance(given, Taxonomy):
        return given
    if isinstance(given, Mapping):
        return _validated(given, None)
    path = Path(given)
    if path.suffix != ".toml":
        return taxonomy(str(given))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        said = " ".join(str(error).split())
        raise DataError(
            Fault(
                "unreadable-taxonomy",
                f"the file cannot be read as a taxonomy: {said}. It must be TOML in UTF-8.",
                f"无法将该文件读作分类：{said}。须为 UTF-8 编码的 TOML 文件。",
                file=path.name,
            )
        ) from None
    return _validated({"code": path.stem} | table, path.name)


def _validated(table: Mapping[str, Any], file: str | None) -> Taxonomy:
    classes = {"classes": table["class"]} if "class" in table else {}
    try:
        return Taxonomy.model_validate({key: value for key, value in table.items() if key != "class"} | classes)
    except ValidationError as error:
        raise DataError(faults_of(error, file)) from None


def read_cells(
    table: Any, text: str | Sequence[str], codes: Mapping[Scheme, str | Sequence[str]] | None, ids: str | None
) -> Cells:
    """The texts and codes of a table (pandas, Polars, Arrow; Ibis and ``Records`` are read in).

    A blank cell is an empty text. Numbers are read as text; several codes in a cell stand apart by ; , | or a line.
    Raises ``DataError`` with every column and scheme that is not there.
    """
    if hasattr(table, "table") and hasattr(table, "roles"):
        table = table.table
    if hasattr(table, "to_pyarrow"):
        table = table.to_pyarrow()
    arrow = arrow_of(table, "table")
    columns = [text] if isinstance(text, str) else list(dict.fromkeys(text))
    wanted = {scheme: [of] if isinstance(of, str) else list(of) for scheme, of in (codes or {}).items()}
    _check(arrow, columns, wanted, ids)
    content = hashlib.sha256()
    notes = list[Fault]()
    texts = {}
    for column in columns:
        texts[column], found = _texts(arrow[column], column)
        notes += found
    lists = {}
    for scheme, of in wanted.items():
        for column in of:
            lists[scheme, column], found = _codes(arrow[column], scheme, column)
            notes += found
    named, found = _ids(arrow, ids)
    notes += found
    for name, cells in (*texts.items(), *((":".join(key), map(";".join, cells)) for key, cells in lists.items())):
        content.update(name.encode() + b"\0")
        for cell in cells:
            content.update(cell.encode("utf-8", "surrogatepass") + b"\0")
    return Cells(named, texts, lists, tuple(notes), content.hexdigest())


def _check(arrow: pa.Table, text: Sequence[str], codes: Mapping[Scheme, Sequence[str]], ids: str | None) -> None:
    faults = []
    if not text and not codes:
        faults.append(
            Fault(
                "nothing-to-read",
                'no column is named to read. Name columns of text, text=["title"], or of codes, codes={"ipc": "ipc"}.',
                '没有指定要读取的列。请指定文本列，如 text=["title"]，或代码列，如 codes={"ipc": "ipc"}。',
            )
        )
    for scheme in codes:
        if scheme not in SCHEMES:
            known = ", ".join(SCHEMES)
            faults.append(
                Fault(
                    "unknown-scheme",
                    f"no scheme of codes is called '{scheme}'. Known: {known}.",
                    f"没有代码体系“{scheme}”。可用：{known}。",
                )
            )
    wanted = (*text, *(column for of in codes.values() for column in of), *((ids,) if ids is not None else ()))
    for column in dict.fromkeys(wanted):
        many = arrow.column_names.count(column)
        if many == 1:
            continue
        near = difflib.get_close_matches(str(column), arrow.column_names, n=3, cutoff=0.4) or arrow.column_names[:10]
        faults.append(
            Fault(
                "repeated-column" if many else "unknown-column",
                f"{many} columns are called '{column}'. Rename all but one."
                if many
                else f"the table has no column '{column}'. Try: {', '.join(near)}.",
                f"有 {many} 列名为“{column}”。请只保留一个。"
                if many
                else f"表中没有列“{column}”。可试：{'、'.join(near)}。",
            )
        )
    if faults:
        raise DataError(faults)


def _texts(column: pa.ChunkedArray, name: str) -> tuple[tuple[str, ...], list[Fault]]:
    """The cells of a column as text, and what is worth knowing of them."""
    kind = column.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    cells = tuple(_text(cell) for cell in column.to_pylist())
    notes = []
    blank = [row for row, cell in enumerate(cells, start=1) if is_blank(cell)]
    if blank:
        notes.append(
            Fault(
                "blank-texts",
                f"{len(blank)} of {len(cells)} records have no text here (first: row {blank[0]}).",
                f"{len(cells)} 条记录中有 {len(blank)} 条此列无文本（首条：第 {blank[0]} 行）。",
                column=name,
                severity="warning",
            )
        )
    if not (is_text or pa.types.is_null(kind) or pa.types.is_dictionary(kind) or pa.types.is_nested(kind)):
        notes.append(
            Fault(
                "not-text",
                f"the column holds {kind}, not text; its values were read as they print.",
                f"该列为 {kind} 而非文本；已按其显示形式读入。",
                column=name,
                severity="warning",
            )
        )
    if long := [row for row, cell in enumerate(cells, start=1) if len(cell) > LONG]:
        most = max(map(len, cells))
        notes.append(
            Fault(
                "long-texts",
                f"{len(long)} texts are longer than {LONG:,} characters (first: row {long[0]}; longest: {most:,}). "
                "Words are looked for in all of them; a trained model reads the beginning.",
                f"有 {len(long)} 条文本超过 {LONG:,} 个字符（首条：第 {long[0]} 行；最长 {most:,}）。"
                "关键词检索全文；训练得到的模型只读开头部分。",
                row=long[0],
                column=name,
                severity="warning",
            )
        )
    return cells, notes


def _text(cell: Any) -> str:
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if isinstance(cell, (list, tuple)):
        return "; ".join(filter(None, map(_text, cell)))
    return str(cell)


def _codes(column: pa.ChunkedArray, scheme: Scheme, name: str) -> tuple[tuple[tuple[str, ...], ...], list[Fault]]:
    """The codes in each cell that can be read as codes of the scheme; the others are counted."""
    cells = []
    bad: dict[str, int] = {}
    for row, cell in enumerate(column.to_pylist(), start=1):
        given = cell if isinstance(cell, (list, tuple)) else _BETWEEN_CODES.split(_code(cell))
        found = dict.fromkeys(code for one in given if (code := _code(one)))
        for code in found:
            if not steps(scheme, code):
                bad.setdefault(code, row)
        cells.append(tuple(code for code in found if code not in bad))
    notes = []
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        notes.append(
            Fault(
                "codes-as-numbers",
                f"the codes are numbers, so that a zero in front is lost: 0111 has become 111. Read the column as "
                f'text, such as pd.read_csv(…, dtype={{"{name}": str}}).',
                f"代码为数字，前面的零会丢失：0111 变成 111。请按文本读入该列，"
                f'如 pd.read_csv(…, dtype={{"{name}": str}})。',
                column=name,
                severity="warning",
            )
        )
    if bad:
        shown = list(bad)[:_SHOWN]
        notes.append(
            Fault(
                "unreadable-codes",
                f"{len(bad)} different codes cannot be read as {scheme} and were passed over "
                f"(first: {', '.join(shorten(code) for code in shown)}).",
                f"有 {len(bad)} 种代码无法读作{SCHEMES[scheme].zh}，已略过"
                f"（前几种：{'、'.join(shorten(code) for code in shown)}）。",
                row=next(iter(bad.values())),
                column=name,
                severity="warning",
            )
        )
    return tuple(cells), notes


def _code(cell: Any) -> str:
    """A code as it is written; one that a table has as 5112.0 is 5112."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else _text(cell).strip()


def _ids(arrow: pa.Table, column: str | None) -> tuple[tuple[Any, ...], list[Fault]]:
    """The name of every record: of its column, or its row counted from 1."""
    if column is None:
        return tuple(range(1, arrow.num_rows + 1)), []
    ids = tuple(arrow[column].to_pylist())
    counts: dict[Any, int] = {}
    for one in ids:
        counts[one] = counts.get(one, 0) + 1
    again = [one for one, many in counts.items() if many > 1]
    if not again:
        return ids, []
    shown = ", ".join(shorten(str(one)) for one in again[:_SHOWN])
    return ids, [
        Fault(
            "repeated-ids",
            f"{len(again)} ids stand in more than one row ({shown}); every row is recognised by itself.",
            f"有 {len(again)} 个标识出现于多行（{shown}）；各行分别识别。",
            column=column,
            severity="warning",
        )
    ]


def read_labels(labels: Any, cells: Cells, taxonomy: Taxonomy) -> tuple[list[frozenset[str] | None], list[Fault]]:
    """The classes each record was labelled with, those above them too; none at all for "none", ``None`` for no label.

    ``labels`` has one entry per record in order, or is a mapping from ids; an entry is a list of class codes or a text
    with ; between them. Raises ``DataError`` with every class that is not known.
    """
    known = {own.code: frozenset(one.code for one in taxonomy.lineage(own.code)) for own in taxonomy.classes}
    faults: list[Fault] = []
    if isinstance(labels, Mapping):
        held = set(cells.ids)
        if lost := [one for one in labels if one not in held]:
            faults.append(
                Fault(
                    "labels-without-record",
                    f"{len(lost)} labels are of ids that the table does not have "
                    f"(first: {', '.join(shorten(str(one)) for one in lost[:_SHOWN])}).",
                    f"有 {len(lost)} 个标注的标识不在表中"
                    f"（前几个：{'、'.join(shorten(str(one)) for one in lost[:_SHOWN])}）。",
                    severity="warning",
                )
            )
        given = [labels.get(one) for one in cells.ids]
    else:
        given = list(labels)
    if len(given) != len(cells):
        raise FaultyValue(
            "labels-do-not-match",
            f"{len(given)} labels were given for {len(cells)} records. Give one each, None where there is none.",
            f"共 {len(cells)} 条记录，却给出 {len(given)} 个标注。请每条给一个，无标注处给 None。",
        )
    read = [_label(entry) for entry in given]
    unknown = sorted({code for entry in read if entry for code in entry} - set(known))
    if unknown:
        raise DataError([*faults, *(_unknown_class(code, taxonomy, known) for code in unknown)])
    return [
        None if entry is None else frozenset[str]().union(*(known[code] for code in entry)) for entry in read
    ], faults


def _label(entry: Any) -> tuple[str, ...] | None:
    if isinstance(entry, (list, tuple, set, frozenset)):
        return tuple(str(code) for code in entry)
    said = _text(entry).strip()
    if not said:
        return None
    codes = tuple(code for part in said.split(";") if (code := part.strip()))
    return () if codes == ("none",) else codes


def _unknown_class(code: str, taxonomy: Taxonomy, known: Iterable[str]) -> Fault:
    every = list(known)
    near = difflib.get_close_matches(code, every, n=3, cutoff=0.4) or every[:10]
    return Fault(
        "unknown-class",
        f"a label names the class '{shorten(code)}', which taxonomy '{taxonomy.code}' does not have. "
        f'Try: {", ".join(near)}; or "none".',
        f'标注中的类“{shorten(code)}”不在分类“{taxonomy.code}”中。可试：{"、".join(near)}；或 "none"。',
    )


def is_blank(text: str) -> bool:
    """Whether nothing in a text can be seen."""
    return _NOTHING.fullmatch(text) is not None


def shorten(text: str, most: int = 60) -> str:
    """A text cut to be shown."""
    return text if len(text) <= most else text[: most - 1] + "…"
