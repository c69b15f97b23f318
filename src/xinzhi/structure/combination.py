"""How far a technology, such as the digital, has entered others: records whose codes join it with other fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.results import Record, digest
from xinzhi.structure.crossed import level_within
from xinzhi.structure.links import SHOWN
from xinzhi.structure.proportions import wilson


@dataclass(frozen=True, eq=False)
class Combination:
    """Records that join marked codes with others.

    ``groups`` has a row a group (such as region and period): records, marked (with a marked code), others (with one
    that is not), combined (with both), and of the others the ``share`` that is combined, with its interval. ``fields``
    has the same by field that is not marked, over all groups: how far the marked has entered it.
    """

    of: tuple[str, ...]
    groups: pd.DataFrame
    fields: pd.DataFrame
    level: float
    notices: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """A row a group: records, marked, others, combined, share, low, high."""
        return self.groups.copy()

    def __repr__(self) -> str:
        all_of, both = self.groups["others"].sum(), self.groups["combined"].sum()
        marked = ", ".join(self.of[:4]) + (" …" if len(self.of) > 4 else "")
        lines = [f"Combination of {marked} with other codes: {both} of {all_of} records of other fields"]
        top = self.fields.dropna(subset=["share"]).nlargest(3, "share")
        named = ", ".join(f"{field} {row.share:.1%}" for field, row in top.set_index("code").iterrows())
        return "\n".join([*lines, f"  most in: {named or 'nothing'}"])


def combination(codes: pd.DataFrame, of: Iterable[str], *, by: Sequence[str] = (), level: float = 0.95) -> Combination:
    """Tell what share of the records of other fields also carries a marked code: technology gone digital.

    ``codes`` has a row a record and code: ``record``, ``code``, and the columns named in ``by``, such as region and
    period; a record in several groups counts once in each. ``of`` are the marked codes. A code twice in a record counts
    once; rows with an empty cell are left out and counted. The share is combined / others, ``nan`` where a group has no
    record of another field; the interval is Wilson's. The third of the three levels at which the digital grows into
    the real economy, that with technological innovation (Hong 2024). Two codes on a record say that it concerns both,
    not which came first. Raises ``MethodError``.
    """
    level_within(level)
    by = (by,) if isinstance(by, str) else tuple(by)
    needed = ["record", "code", *by]
    if lacking := [column for column in needed if column not in codes.columns]:
        raise MethodError(
            Fault(
                "missing-columns",
                f"`codes` needs the columns {', '.join(needed)}; not there: {', '.join(lacking)}.",
                f"代码表须有列 {'、'.join(needed)}；缺少：{'、'.join(lacking)}。",
            )
        )
    whole = codes[needed].notna().all(axis=1)
    kept = codes.loc[whole, needed].astype({"code": str}).drop_duplicates()
    marks = tuple(dict.fromkeys([of] if isinstance(of, str) else map(str, of)))
    known = set(kept["code"])
    if not marks or (strange := [code for code in marks if code not in known]):
        raise MethodError(_unknown(strange if marks else [], sorted(known)))
    kept["marked"] = kept["code"].isin(marks)
    every = [*by, "record"]
    marked = kept.groupby(every, sort=True)["marked"].agg(["any", "all"]).reset_index()
    table = pd.DataFrame(
        {"records": 1, "marked": marked["any"], "others": ~marked["all"], "combined": marked["any"] & ~marked["all"]}
    ).astype(int)
    if by:
        keys = [marked[name] for name in by]
        groups = table.groupby(keys, sort=True).sum().reset_index()
    else:
        groups = table.sum().to_frame().T
    beside = kept[~kept["marked"]].merge(marked[[*every, "any"]], on=every)
    fields = beside.groupby("code")["any"].agg(others="size", combined="sum").reset_index()
    notices = () if whole.all() else (_empty(int((~whole).sum())),)
    return Combination(
        marks,
        _shared(groups, level),
        _shared(fields.astype({"combined": int}), level),
        level,
        notices,
        Record(
            "combination",
            {"of": list(marks), "by": list(by), "level": level},
            {"codes": digest(kept.to_csv(index=False))},
        ),
    )


def _shared(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """The table with the share of others that is combined, and its interval."""
    found, among = table["combined"].to_numpy(dtype=float), table["others"].to_numpy(dtype=float)
    low, high = wilson(found, among, level=level)
    share = np.divide(found, among, out=np.full(len(found), np.nan), where=among > 0)
    return table.assign(share=share, low=low, high=high)


def _unknown(strange: list[str], known: list[str]) -> Fault:
    shown = ", ".join(known[:SHOWN]), "、".join(known[:SHOWN])
    if not strange:
        return Fault(
            "nothing-marked",
            f"name at least one code in `of`. There are: {shown[0]} …",
            f"of 中至少要有一个代码。已有：{shown[1]}……",
        )
    return Fault(
        "unknown-code",
        f"no record carries the codes {', '.join(strange[:SHOWN])}. There are: {shown[0]} …",
        f"没有记录带有以下代码：{'、'.join(strange[:SHOWN])}。已有：{shown[1]}……",
    )


def _empty(rows: int) -> Fault:
    return Fault(
        "empty-cells",
        f"{rows} rows of `codes` lack a cell and are left out.",
        f"代码表中有 {rows} 行存在空单元格，未计入。",
        severity="warning",
    )
