"""What a study found of its records: what was wrong with them, what they were recognised as, how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from xinzhi.core.errors import Fault
from xinzhi.core.specs import Text
from xinzhi.study.records.spec import KINDS, RecordsSpec
from xinzhi.study.structure.labelling import Labelled

if TYPE_CHECKING:
    from xinzhi.data.micro.cleaning import Cleaning
    from xinzhi.data.micro.counts import Counts
    from xinzhi.data.micro.doubles import Deduplicated
    from xinzhi.data.micro.records import Records
    from xinzhi.data.recognise.evaluation import Evaluation
    from xinzhi.data.recognise.recognised import Recognised

ALL_RECORDS = "all"  # the topic that counts every record
ROW = "xinzhi_row"  # the row of a record in its file, as reading tells it
_MOST_REMOVED = 1_000_000


@dataclass(frozen=True, eq=False)
class Tallied:
    """One block of records.

    ``records`` are those that were counted, ``cleaning`` what is wrong with the file, ``removed`` the rows that repeat
    another, ``recognised`` their classes, ``evaluation`` how far these can be trusted, ``counts`` all that the roles
    allow to be counted by region × activity × period.
    """

    spec: RecordsSpec
    records: Records
    counts: Counts
    cleaning: Cleaning
    removed: Deduplicated | None
    recognised: Recognised | None
    evaluation: Evaluation | None
    classes: Labelled | None
    inputs: Mapping[str, str]
    notices: tuple[Fault, ...]

    @property
    def kind(self) -> Text:
        """What the records are of."""
        return KINDS[self.spec.kind]

    @cached_property
    def placed(self) -> float:
        """How many records, or parts of them, have all labels that are counted by."""
        return float(self.counts.to_frame()["records"].sum())

    @property
    def sides(self) -> tuple[str, ...]:
        """By what the records are counted: region, activity, year, as far as they tell."""
        there = [role for role in ("region", "activity") if role in self.records.roles]
        return (*there, *(["year"] if self.dated else []))

    @property
    def taken_out(self) -> int:
        """How many rows were left out because they repeat another."""
        return int(self.removed.counts.sum()) if self.removed else 0

    @property
    def outcomes(self) -> tuple[int, int, int]:
        """How many records are of some class, of none, and had nothing to read."""
        assert self.recognised is not None
        some, none, unread = (int((self.recognised.outcome == one).sum()) for one in ("classes", "none", "unread"))
        return some, none, unread

    @property
    def dated(self) -> bool:
        """Whether records say when they are of."""
        return "date" in self.records.roles or "first" in self.records.roles

    def counting(self, measures: Sequence[str]) -> Counts:
        """Counts that have these measures. Raises ``MethodError`` where a role for one is not there."""
        if set(measures) <= set(self.counts.measures):
            return self.counts
        counts = self.records.count(list(measures), fractional=self.spec.fractional, concordance=self.counts.way)
        return counts.rounded()

    def by_year(self) -> pd.Series[float]:
        """How many records each year has, whatever region and activity they are of."""
        alone = {role: head for role, head in self.records.roles.items() if role not in ("region", "activity")}
        frame = replace(self.records, roles=alone, split={}, names={}).count().to_frame()
        return frame.set_index("period")["records"].astype(float)

    @cached_property
    def report(self) -> pd.DataFrame:
        """What was found, by reason: code, column, count, share, example, row, and in words (said_en, said_zh)."""
        seen = {(note.code, note.column): note for note in reversed(self.notices)}
        whole = self.cleaning.rows
        rows: list[dict[str, Any]] = [
            {"code": "records", "count": whole, "share": 1.0}
            | {"said_en": f"{self.kind.en} in {self.spec.file}", "said_zh": f"{self.spec.file} 中的{self.kind.zh}"}
        ]
        for row in self.cleaning.to_frame().to_dict("records"):
            note = seen.pop((str(row["kind"]), str(row["column"])), None)
            rows.append(
                {"code": row["kind"]} | {str(key): of for key, of in row.items() if key != "kind"} | _said(note)
            )
        for column, share in self.cleaning.blanks[self.cleaning.blanks > 0].items():
            note = seen.pop(("blank-cells", str(column)), None)
            many = round(share * whole)
            rows.append({"code": "blank-cells", "column": column, "count": many, "share": share} | _said(note))
        counted = {"exact-duplicates": self.cleaning.repeats if self.removed is None else 0}
        counted |= (
            {f"removed-{reason}": int(many) for reason, many in self.removed.counts.items()} if self.removed else {}
        )
        counted |= dict(zip(("", "no-class", "unread"), self.outcomes, strict=True)) if self.recognised else {}
        for code, many in counted.items():
            if many and code:
                note = seen.pop((code, None), None)
                rows.append({"code": code, "count": many, "share": many / max(whole, 1)} | _said(note))
        rows += [
            {"code": note.code, "column": note.column} | _said(note) for note in self.notices if _key(note) in seen
        ]
        columns = ["code", "column", "count", "share", "example", "row", "said_en", "said_zh"]
        return self._headed(pd.DataFrame(rows, columns=columns))

    @cached_property
    def counted(self) -> pd.DataFrame:
        """The counts: region, activity (with names), period, and a column a measure; what has no label is left open."""
        table = pd.concat([self.counts.to_frame(), self.counts.unplaced], ignore_index=True)
        table["period"] = table["period"].map(
            lambda one: "" if one is None or one != one else f"{one}".removesuffix(".0")
        )
        table = table.astype({"region": "string", "activity": "string"}).fillna({"region": "", "activity": ""})
        if self.classes is not None:
            for at, language in enumerate(("name_en", "name_zh"), start=2):
                named = dict(zip(self.classes.codes, getattr(self.classes, language), strict=True))
                table.insert(at, f"activity_{language[-2:]}", table["activity"].map(named).fillna(""))
        return self._headed(table)

    @property
    def left_out(self) -> pd.DataFrame:
        """The first rows that were left out because they repeat another, with the row they stand in and the reason."""
        if not self.taken_out:
            return pd.DataFrame()
        assert self.removed is not None
        found: pd.DataFrame = self.removed.removed.limit(_MOST_REMOVED).to_pandas()
        found = found.rename(columns={ROW: "row"})
        return self._headed(found.sort_values([*(["row"] if "row" in found else found.columns)], ignore_index=True))

    @property
    def classed(self) -> pd.DataFrame:
        """Every record with its classes and what speaks for them, or that it is of none, or that nothing was read."""
        if self.recognised is None:
            return pd.DataFrame()
        found = self.recognised.to_frame()
        return self._headed(found.assign(id=found["id"].astype(str)))

    @property
    def scored(self) -> pd.DataFrame:
        """How recognition does on labelled records, by class, with averages."""
        if self.evaluation is None:
            return pd.DataFrame()
        found = self.evaluation.to_frame().reset_index()
        return self._headed(found)

    def _headed(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with its block first."""
        table.insert(0, "block", self.spec.name)
        return table


def _key(note: Fault) -> tuple[str, str | None]:
    return note.code, note.column


def _said(note: Fault | None) -> dict[str, str]:
    return {"said_en": note.en, "said_zh": note.zh} if note else {"said_en": "", "said_zh": ""}


@dataclass(frozen=True, eq=False)
class Recorded:
    """The records of a study, by block; ``run.structure.records["firms"].counts`` are its counts."""

    blocks: Mapping[str, Tallied]

    @property
    def notices(self) -> tuple[Fault, ...]:
        """What is worth knowing of all blocks."""
        return tuple(dict.fromkeys(notice for of in self.blocks.values() for notice in of.notices))

    @property
    def inputs(self) -> dict[str, str]:
        """Digests of every file, by its name."""
        return {name: of for block in self.blocks.values() for name, of in block.inputs.items()}

    @property
    def settings(self) -> list[dict[str, Any]]:
        """What was asked of every block, with all that was left to itself."""
        return [block.spec.model_dump(mode="json") for block in self.blocks.values()]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table of all blocks together, by name, but those that have nothing."""
        found: dict[str, list[pd.DataFrame]] = {}
        for block in self.blocks.values():
            for name, of in (("report", "report"), ("classes", "classed"), ("evaluation", "scored")):
                found.setdefault(f"records-{name}", []).append(getattr(block, of))
            found[f"records-counts-{block.spec.name}"] = [block.counted]
            found[f"records-removed-{block.spec.name}"] = [block.left_out]
        joined = {
            name: pd.concat([one for one in parts if len(one)]) for name, parts in found.items() if any(map(len, parts))
        }
        return {name: table.reset_index(drop=True) for name, table in joined.items()}

    def __getitem__(self, name: str) -> Tallied:
        return self.blocks[name]

    def __repr__(self) -> str:
        return "\n".join(
            f"Tallied '{name}'\n  " + str(of.counts).replace("\n", "\n  ") for name, of in self.blocks.items()
        )
