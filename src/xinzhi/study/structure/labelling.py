"""Codes and names of activities from a file of the study, and links brought to these codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.specs import Text
from xinzhi.data.files import find
from xinzhi.data.heads import key
from xinzhi.data.sources import SourceSpec
from xinzhi.data.tables import RawTable, read_tables
from xinzhi.structure.concordance import Concordance
from xinzhi.structure.crossed import named, totals
from xinzhi.structure.links import Dropped, Links, Names, Unknown
from xinzhi.study.structure.spec import Labels

_HEADS = {
    "code": frozenset(("code", "id", "activity", "activitycode", "代码", "编码", "行业代码")),
    "name": frozenset(("name", "label", "title", "description", "nameen", "english", "activityname")),
    "name_zh": frozenset(("namezh", "chinese", "zh", "中文", "中文名", "中文名称", "名称", "类别名称", "行业名称")),
}


@dataclass(frozen=True, eq=False)
class Labelled:
    """Codes of activities with their names and groups, and the file they come from with its digest."""

    codes: tuple[str, ...]
    name_en: tuple[str, ...]
    name_zh: tuple[str, ...]
    group: tuple[str, ...] | None
    file: str
    sha256: str
    group_zh: tuple[str, ...] | None = None

    def places(self, texts: Sequence[str]) -> np.ndarray:
        """Where each text stands among the codes: as a code, else as a name in either language; -1 where it does not.

        Names are compared without case, width and punctuation.
        """
        known = {key(name): at for names in (self.name_zh, self.name_en) for at, name in enumerate(names)}
        known |= {code: at for at, code in enumerate(self.codes)}
        return np.array([known.get(text, known.get(key(text), -1)) for text in map(str, texts)], dtype=np.int64)


def labels_of(folder: Path, spec: Labels) -> Labelled:
    """Read a file of codes and names. Raises ``DataError``."""
    found = find(folder, spec.file)
    table = read_tables(found, SourceSpec(file=spec.file))[0]
    heads = _heads(table, spec)
    texts = {role: _texts(table, head) for role, head in heads.items()}
    codes = texts["code"]
    blank = [int(row) for row, code in zip(table.rows, codes, strict=True) if not code]
    twice = pd.Index(codes).duplicated()
    faults = []
    if blank:
        faults.append(
            Fault(
                "no-code",
                f"rows without a code: {len(blank)}. Write it in, or delete them.",
                f"缺少代码的行：{len(blank)} 行。请补全或删除。",
                file=spec.file,
                row=blank[0],
                column=heads["code"],
            )
        )
    if twice.any():
        en, zh = named(np.array(codes, dtype=object), twice)
        faults.append(
            Fault(
                "code-twice",
                f"codes that stand there more than once: {en}. Keep one row of each.",
                f"重复的代码：{zh}。每个代码只保留一行。",
                file=spec.file,
                column=heads["code"],
            )
        )
    if faults:
        raise DataError(faults)
    name_en = texts.get("name", texts.get("name_zh", codes))
    return Labelled(
        codes, name_en, texts.get("name_zh", name_en), texts.get("group"), spec.file, found.sha256, _filled(texts)
    )


def _filled(texts: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """The Chinese names of groups; a group without one goes by what it is called otherwise."""
    if "group_zh" not in texts:
        return None
    return tuple(zh or group for zh, group in zip(texts["group_zh"], texts["group"], strict=True))


def coded(links: Links, labels: Labelled, unknown: Unknown) -> Links:
    """Links whose activities are the codes of ``labels``, with names; what stood for one code is added up.

    Activities that are neither a code nor a name there are reported, or left out and told. Raises ``DataError``.
    """
    place = labels.places(list(links.activities))
    strange = place < 0
    notices, dropped = links.notices, links.dropped
    if strange.any():
        fault = _strange(links, strange, labels, unknown)
        if unknown == "stop":
            raise DataError(fault)
        amount = np.sum([totals(matrix, 0) for matrix in links.values], axis=0)
        why = Text(en=f"not in {labels.file}", zh=f"{labels.file} 中没有")
        dropped += tuple(
            Dropped("activity", str(links.activities[at]), why, float(amount[at])) for at in np.flatnonzero(strange)
        )
        notices += (fault,)
    used = np.unique(place[~strange])
    order = np.argsort(np.array(labels.codes, dtype=object)[used], kind="stable")
    used = used[order]
    column = pd.Index(used).get_indexer(pd.Index(place[~strange]))
    into = sparse.csr_array((np.ones(len(column)), (np.flatnonzero(~strange), column)), (len(place), len(used)))
    about = {"name_en": labels.name_en, "name_zh": labels.name_zh}
    if labels.group is not None:
        about["group"] = labels.group
    if labels.group_zh is not None:
        about["group_zh"] = labels.group_zh
    return replace(
        links,
        values=tuple(sparse.csr_array(matrix @ into) for matrix in links.values),
        activities=_objects([labels.codes[at] for at in used]),
        about_activity={name: _objects([of[at] for at in used]) for name, of in about.items()},
        notices=notices,
        dropped=dropped,
    )


def recoded(classes: Names, labels: Labelled | None) -> Names:
    """Classes of a concordance by the codes of ``labels`` where they stand there by name; the others as they are."""
    if labels is None:
        return classes
    place = labels.places(list(classes))
    return _objects([labels.codes[at] if at >= 0 else str(one) for one, at in zip(classes, place, strict=True)])


def with_codes(way: Concordance, source: Labelled | None, target: Labelled | None) -> Concordance:
    """A concordance with both sides brought to codes. Raises ``DataError`` where two classes become one."""
    sources, targets = recoded(way.sources, source), recoded(way.targets, target)
    for side, labels in ((sources, source), (targets, target)):
        twice = pd.Index(side).duplicated()
        if twice.any() and labels is not None:
            en, zh = named(side, twice)
            raise DataError(
                Fault(
                    "class-twice",
                    f"several classes of the concordance mean the same code of {labels.file}: {en}. Keep one.",
                    f"对照表中有多个类别对应 {labels.file} 的同一代码：{zh}。请只保留一个。",
                )
            )
    return replace(way, sources=sources, targets=targets)


def _heads(table: RawTable, spec: Labels) -> dict[str, str]:
    asked = {
        role: getattr(spec, role) for role in ("code", "name", "name_zh", "group", "group_zh") if getattr(spec, role)
    }
    if faults := [
        Fault(
            "unknown-column",
            f"`{role}` names a column '{head}' that is not there. The table has: {', '.join(table.heads[:12])}.",
            f"{role} 所指的列“{head}”不存在。表中有：{'、'.join(table.heads[:12])}。",
            file=spec.file,
        )
        for role, head in asked.items()
        if head not in table.heads
    ]:
        raise DataError(faults)
    found = dict(asked)
    for role, words in _HEADS.items():
        free = [head for head in table.heads if head not in found.values()]
        if role not in found and (near := [head for head in free if key(head) in words]):
            found[role] = near[0]
    free = [head for head in table.heads if head not in found.values()]
    if "code" not in found:  # a file of codes without a head that says so has them first
        found["code"] = free.pop(0) if free else table.heads[0]
    if not {"name", "name_zh"} & found.keys() and free:
        found["name"] = free[0]
    return found


def _texts(table: RawTable, head: str) -> tuple[str, ...]:
    column = table.column(head).to_pylist()
    return tuple("" if cell is None else str(cell).strip() for cell in column)


def _strange(links: Links, strange: np.ndarray, labels: Labelled, unknown: Unknown) -> Fault:
    amount = np.sum([totals(matrix, 0) for matrix in links.values], axis=0)
    share = float(amount[strange].sum() / amount.sum()) if amount.sum() > 0 else 0.0
    en, zh = named(links.activities, strange)
    way_en = 'They were left out (unknown = "drop").' if unknown == "drop" else 'Add them, or set unknown = "drop".'
    way_zh = "已剔除（unknown = “drop”）。" if unknown == "drop" else "请补充，或设置 unknown = “drop” 予以剔除。"
    return Fault(
        "unknown-activity",
        f"{int(strange.sum())} of {len(strange)} activities are neither a code nor a name in "
        f"{labels.file}, {share:.1%} of the value: {en}. {way_en}",
        f"{len(strange)} 项活动中有 {int(strange.sum())} 项既非 {labels.file} 中的代码也非名称，"
        f"占总值 {share:.1%}：{zh}。{way_zh}",
        file=links.source,
        severity="warning" if unknown == "drop" else "error",
    )


def _objects(texts: Sequence[str]) -> Names:
    labels = np.empty(len(texts), dtype=object)
    labels[:] = texts
    return labels
