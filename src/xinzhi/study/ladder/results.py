"""What a study found of its industries: the rung of each, year by year, by block of ``[[industries]]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault
from xinzhi.core.specs import Text
from xinzhi.data.industries import Industries
from xinzhi.structure.ladder.linkages import Linkages
from xinzhi.structure.ladder.rungs import TIME, Ladder
from xinzhi.study.ladder.bringing import Came
from xinzhi.study.ladder.parts import Parts
from xinzhi.study.ladder.spec import IndustriesSpec, LadderChoice


@dataclass(frozen=True, eq=False)
class Placed:
    """One block of industries on the ladder.

    ``rungs``, a row a region, industry and year in which it could be placed: the names, year, rung, certain, a
    probability per rung, and the evidence; see ``xinzhi.structure.ladder.rungs.Ladder``.
    ``reasons``, a row a region and industry in its last such year: rung, certain, and why in words (why_en, why_zh).
    ``parts`` are what is told beside: see ``xinzhi.study.ladder.parts.Parts``.
    """

    spec: IndustriesSpec
    came: Came
    ladder: Ladder
    linkages: Linkages | None
    parts: Parts
    notices: tuple[Fault, ...]

    @property
    def industries(self) -> Industries:
        """What the industries measure, by the study's codes."""
        return self.came.industries

    @property
    def regional(self) -> bool:
        """Whether the table says which region a row is of."""
        return self.spec.region is not None

    @cached_property
    def rungs(self) -> pd.DataFrame:
        """Where every industry stands in every year."""
        return self._named(self.ladder.to_frame())

    @cached_property
    def reasons(self) -> pd.DataFrame:
        """Why every industry stands where it stood last."""
        series = list(self.why)
        chances = self.ladder.probability
        last = [self.last[at] for at in series]
        told: dict[str, Any] = {side: chances[side].values[series] for side in ("region", "industry")}
        told |= {TIME: chances[TIME].values[last], "rung": self.ladder.rung.values[series, last]}
        told |= {"certain": self.ladder.certain.values[series, last]}
        told |= {"why_en": ["; ".join(one.en for one in of) for of in self.why.values()]}
        told |= {"why_zh": ["；".join(one.zh for one in of) for of in self.why.values()]}
        return self._named(pd.DataFrame(told))

    @cached_property
    def last(self) -> dict[int, int]:
        """Of every series that could be placed, the position of its last year in which it could."""
        there = self.ladder.placed.values
        ever = np.flatnonzero(there.any(axis=1))
        return dict(zip(ever.tolist(), (there.shape[1] - 1 - there[ever, ::-1].argmax(axis=1)).tolist(), strict=True))

    @cached_property
    def why(self) -> dict[int, tuple[Text, ...]]:
        """Of every series that could be placed, why it stood where it stood last, in words."""
        chances = self.ladder.probability
        regions, industries = (chances[side].values.astype(str) for side in ("region", "industry"))
        years = chances[TIME].values
        return {
            at: self.ladder.reasons(str(regions[at]), str(industries[at]), int(years[year]))
            for at, year in self.last.items()
        }

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name."""
        return {"rungs": self.rungs, "reasons": self.reasons, **self.beside}

    @cached_property
    def beside(self) -> dict[str, pd.DataFrame]:
        """The tables of what is told beside the rungs, by name."""
        return {name: self._named(table) for name, table in self.parts.tables.items()}

    def _named(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with its block first, names beside codes, and what follows."""
        first: dict[str, Any] = {"block": self.spec.name}
        for side, called in (("region", self.came.regions.__getitem__), ("industry", self.industries.name)):
            if side not in table:
                continue
            text = {code: called(str(code)) for code in table[side].unique()}
            first |= {side: table[side], f"{side}_en": table[side].map({code: one.en for code, one in text.items()})}
            first[f"{side}_zh"] = table[side].map({code: one.zh for code, one in text.items()})
        rest = table.drop(columns=["region", "industry"], errors="ignore").rename(columns={TIME: "year"})
        return pd.DataFrame(first, index=table.index).join(rest)


@dataclass(frozen=True, eq=False)
class Laddered:
    """The industries of a study on the ladder, by block; ``run.ladder["us"].ladder`` is the placement itself."""

    spec: LadderChoice
    blocks: Mapping[str, Placed]

    @property
    def notices(self) -> tuple[Fault, ...]:
        """What was left out, mended or is doubtful, of all blocks."""
        return tuple(dict.fromkeys(notice for placed in self.blocks.values() for notice in placed.notices))

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table of all blocks together, by name, but those that have nothing."""
        found: dict[str, list[pd.DataFrame]] = {}
        for placed in self.blocks.values():
            for name, table in placed.tables.items():
                found.setdefault(f"ladder-{name}", []).append(table)
        joined = {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}
        return {name: table for name, table in joined.items() if len(table)}

    @property
    def inputs(self) -> dict[str, str]:
        """Digests of every file, by its name."""
        return {name: of for placed in self.blocks.values() for name, of in placed.came.inputs.items()}

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked, with all that was left to itself."""
        blocks = [placed.spec.model_dump(mode="json") for placed in self.blocks.values()]
        return {"industries": blocks, "ladder": self.spec.model_dump(mode="json")}

    def __getitem__(self, name: str) -> Placed:
        return self.blocks[name]

    def __repr__(self) -> str:
        return "\n".join(
            f"Placed '{name}'\n  " + str(of.ladder).replace("\n", "\n  ") for name, of in self.blocks.items()
        )
