"""Labels held against what they should be: a gazetteer, a list of codes, or codes with their names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from xinzhi.core.errors import Fault
from xinzhi.core.labels import Floats
from xinzhi.core.specs import Text
from xinzhi.data.numbers import Ints
from xinzhi.data.regions import gazetteer
from xinzhi.structure.links import SHOWN, SIDES, Dropped, Names, Side, Unknown

# A gazetteer by name, a list of codes, codes with names, or nothing: labels as they stand.
Known: TypeAlias = str | Iterable[str] | Mapping[str, Any] | None

LISTED = 12


@dataclass(frozen=True)
class Settled:
    """The labels in use in their order, the place of each given text among them (-1: left out), and what was said."""

    labels: Names
    place: Ints
    about: dict[str, Names]
    faults: list[Fault]
    dropped: list[Dropped]


def settle(side: Side, texts: Sequence[str], known: Known, amount: Floats, rows: Ints, unknown: Unknown) -> Settled:
    """Labels to codes: every text to the code it means, codes sorted, unknown ones reported all at once.

    ``amount`` and ``rows`` say how much value and how many rows each text stands for.
    """
    faults: list[Fault] = []
    dropped: list[Dropped] = []
    listed: dict[str, Any] = {}
    about: dict[str, dict[str, str]]
    if isinstance(known, str) and known != "own":
        codes, about = _in_gazetteer(side, texts, known, amount, dropped, faults)
    else:
        named = known if isinstance(known, Mapping) else dict.fromkeys(() if known in (None, "own") else known)
        listed = {str(code): name for code, name in named.items()}
        codes = [text if not listed or text in listed else None for text in texts]
        about = {code: _names(name) for code, name in listed.items() if name is not None}
    gone = {one.label for one in dropped}
    lost = [at for at, code in enumerate(codes) if code is None and texts[at] not in gone]
    if lost:
        choices, size = list(listed), len(listed)
        if isinstance(known, str):
            entries = gazetteer(known).regions.values()
            choices, size = [name for one in entries for name in (one.code, one.name_en, one.name_zh)], len(entries)
        hint = _hint([texts[at] for at in sorted(lost, key=lambda at: -amount[at])], choices)
        faults.append(_unknown(side, texts, lost, size, hint, amount, rows, unknown))
        why = Text(en="not in the classification", zh="不在所给分类中")
        dropped += [Dropped(side, texts[at], why, float(amount[at])) for at in lost]
    labels = sorted({code for code in codes if code is not None})
    order = {code: at for at, code in enumerate(labels)}
    place = np.array([-1 if code is None else order[code] for code in codes], dtype=np.int64)
    columns = sorted({column for one in about.values() for column in one} | {"name_en", "name_zh"}) if about else []
    return Settled(
        np.array(labels, dtype=object),
        place,
        {column: np.array([_said(about, code, column) for code in labels], dtype=object) for column in columns},
        faults,
        dropped,
    )


def _names(named: Any) -> dict[str, str]:
    said = named if isinstance(named, Text) else Text.of(named)
    return {"name_en": said.en, "name_zh": said.zh}


def _said(about: Mapping[str, Mapping[str, str]], code: str, column: str) -> str:
    """What is known of a code; one without a name goes by itself."""
    return about.get(code, {}).get(column, code if column.startswith("name_") else "")


def _in_gazetteer(
    side: Side, texts: Sequence[str], name: str, amount: Floats, dropped: list[Dropped], faults: list[Fault]
) -> tuple[list[str | None], dict[str, dict[str, str]]]:
    book = gazetteer(name)
    codes: list[str | None] = []
    about: dict[str, dict[str, str]] = {}
    totals, mended = [], []
    for at, text in enumerate(texts):
        match = book.resolve(text)
        entry = None if match.code is None else book.find(match.code)
        if entry is None or match.aggregate:
            codes.append(None)
            if match.aggregate:
                totals.append(text)
                why = Text(en="a total, not a region", zh="合计或分组，不是单个地区")
                dropped.append(Dropped(side, text, why, float(amount[at])))
            continue
        if match.repaired:
            mended.append(f"{text} → {entry.called(text)}")
        codes.append(entry.code)
        about[entry.code] = {"name_en": entry.name_en, "name_zh": entry.name_zh, **entry.groups}
    if totals:
        shown = ", ".join(totals[:LISTED])
        faults.append(
            Fault(
                "totals-left-out",
                f"totals, not regions, left out ({len(totals)}): {shown}.",
                f"合计或分组不是单个地区，已剔除（{len(totals)} 个）：{shown}。",
                severity="warning",
            )
        )
    if mended:
        shown = ", ".join(mended[:LISTED])
        faults.append(
            Fault(
                "names-mended",
                f"names understood by mending one slip ({len(mended)}): {shown}.",
                f"更正一处误写后识别的名称（{len(mended)} 个）：{shown}。",
                severity="warning",
            )
        )
    return codes, about


def _unknown(
    side: Side,
    texts: Sequence[str],
    lost: list[int],
    size: int,
    hint: tuple[str, str],
    amount: Floats,
    rows: Ints,
    unknown: Unknown,
) -> Fault:
    """All unknown labels in one fault, the heaviest first, with how much hangs on them and what they may have been."""
    lost = sorted(lost, key=lambda at: (-amount[at], texts[at]))
    names = [f"{texts[at]} ({int(rows[at])})" for at in lost[:LISTED]] + (["…"] if len(lost) > LISTED else [])
    total = float(amount.sum())
    share = float(amount[lost].sum()) / total if total > 0 else 0.0
    en, zh = SIDES[side]
    way_en = 'They were left out (unknown = "drop").' if unknown == "drop" else 'Correct them, or set unknown = "drop".'
    way_zh = "已剔除（unknown = “drop”）。" if unknown == "drop" else "请更正，或设置 unknown = “drop” 予以剔除。"
    return Fault(
        f"unknown-{side}",
        f"{len(lost)} of {len(texts)} {en} are not among the {size} known, {share:.1%} of the value; by rows: "
        f"{', '.join(names)}.{hint[0]} {way_en}",
        f"{len(texts)} 个{zh}中有 {len(lost)} 个不在已知的 {size} 个之内，占总值 {share:.1%}；括号内为行数："
        f"{'、'.join(names)}。{hint[1]}{way_zh}",
        severity="warning" if unknown == "drop" else "error",
    )


def _hint(lost: list[str], known: list[str]) -> tuple[str, str]:
    """What unknown codes look like: known ones without their zeros in front, longer or shorter ones, or near misses."""
    lengths = {len(code) for code in known}
    listed = set(known)
    if len(lengths) == 1:
        (length,) = lengths
        if all(text.zfill(length) in listed for text in lost):
            return " They lost their zeros in front: read the column as text.", "代码前面的零已丢失：请将该列读作文本。"
        if all(len(text) != length for text in lost):
            sizes = ", ".join(str(size) for size in sorted({len(text) for text in lost})[:SHOWN])
            return (
                f" They have {sizes} characters, the known ones {length}: another level or version.",
                f"其长度为 {sizes} 位，而已知代码为 {length} 位：可能属于其他层级或版本。",
            )
    near = [
        f"{text} → {match[0]}" for text in lost[:SHOWN] if (match := difflib.get_close_matches(text, known, 1, 0.75))
    ]
    return (f" Perhaps: {', '.join(near)}.", f"是否指：{'、'.join(near)}。") if near else ("", "")
