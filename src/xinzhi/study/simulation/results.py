"""What a study's world came to under each policy, and what it was begun from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault
from xinzhi.core.specs import Text
from xinzhi.simulate.knobs import KNOBS
from xinzhi.simulate.posterior import VERDICTS
from xinzhi.simulate.tables import Origin
from xinzhi.simulate.world import RUNGS, Start
from xinzhi.study.simulation.beginning import Begun
from xinzhi.study.simulation.spec import SimulateSpec

if TYPE_CHECKING:
    from xinzhi.simulate.claims import Claims
    from xinzhi.simulate.effects import Experiment
    from xinzhi.simulate.facts import Facts
    from xinzhi.simulate.heldout import HeldOut
    from xinzhi.simulate.posterior import Posterior

# Columns that say of what a row is, and so come first, in this order.
_FIRST = ("policy", "against", "series", "region", "industry")


@dataclass(frozen=True, eq=False)
class Simulated:
    """What a study's ``[simulate]`` found; what was not asked for is nothing.

    ``experiment`` holds the policies as they were run; ``facts`` the stylised facts of the runs without policy;
    ``claims`` the paper's claims put to the model; ``posterior`` and ``heldout`` what the data say of the knobs, and
    how well years that were held out are foretold; ``unscored`` says why they could not be. Names are by the codes of
    ``start``.
    """

    spec: SimulateSpec
    begun: Begun
    experiment: Experiment | None = None
    facts: Facts | None = None
    claims: Claims | None = None
    posterior: Posterior | None = None
    heldout: HeldOut | None = None
    unscored: tuple[Fault, ...] = ()

    @property
    def start(self) -> Start:
        """What the world begins from."""
        return self.begun.start

    @property
    def region_names(self) -> Mapping[str, Text]:
        """Names of regions by code; those without a name are missing."""
        return self.begun.regions

    @property
    def industry_names(self) -> Mapping[str, Text]:
        """Names of the industries of the start by code; those without a name are missing."""
        return self.begun.industries

    @property
    def technology_names(self) -> Mapping[str, Text]:
        """Names of technologies by code; those without a name are missing."""
        return self.begun.technologies

    @property
    def inputs(self) -> Mapping[str, str]:
        """Digests of the files that the start came from, by name."""
        return self.begun.inputs

    @property
    def fictional(self) -> bool:
        """Whether no real data went into the start."""
        return self.begun.fictional

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Where every part of the start came from."""
        return self.begun.beginning.origins

    @cached_property
    def notices(self) -> tuple[Fault, ...]:
        """What was assumed, left out or is doubtful."""
        told = [*self.begun.notices, *self.unscored]
        for part in (self.posterior, self.heldout):
            told += part.notes if part is not None else ()
        return tuple(dict.fromkeys(told))

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked, with all that was left to itself, and where the start came from."""
        asked = _plain(self.spec.model_dump(mode="json"))
        return {"simulate": asked, "start": {one.title.en: one.source.en for one in self.origins}}

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name, but those that have nothing."""
        found: dict[str, pd.DataFrame] = {}
        if self.experiment is not None:
            found |= _of_runs(self.experiment)
        for name, part in (("facts", self.facts), ("claims", self.claims), ("heldout", self.heldout)):
            if part is not None:
                found[name] = part.to_frame()
        if self.posterior is not None:
            knobs = self.posterior.to_frame()
            knobs["name"] = [KNOBS[name].en for name in knobs["parameter"]]
            knobs.insert(2, "name_zh", [KNOBS[name].zh for name in knobs["parameter"]])
            knobs["verdict_zh"] = [VERDICTS[verdict].zh for verdict in self.posterior.verdicts]
            found |= {"posterior": knobs, "moments": self.posterior.fit()}
        found["start"] = self._start()
        named = {name: self._named(table) for name, table in found.items()}
        return {f"simulate_{name}": table for name, table in named.items() if len(table)}

    def _start(self) -> pd.DataFrame:
        rows = [
            {
                "what": one.field,
                "what_en": one.title.en,
                "what_zh": one.title.zh,
                "from_en": one.source.en,
                "from_zh": one.source.zh,
                "assumed": one.assumed,
            }
            for one in self.origins
        ]
        return pd.DataFrame(rows)

    def _named(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with names in both languages beside its codes of regions, industries and policies."""
        policies = {one.name: one.title for one in self.experiment.policies} if self.experiment else {}
        for side, names in (("region", self.region_names), ("industry", self.industry_names), ("policy", policies)):
            if side not in table or not names:
                continue
            codes = table[side].astype(str)
            texts = {code: names.get(code) or Text(en=code, zh=code) for code in codes.unique()}
            place = list(table.columns).index(side) + 1
            for at, language in enumerate(("en", "zh")):
                words = codes.map({code: text["zh" if language == "zh" else "en"] for code, text in texts.items()})
                table = pd.concat(
                    [table.iloc[:, : place + at], words.rename(f"{side}_{language}"), table.iloc[:, place + at :]],
                    axis=1,
                )
        return table

    def __repr__(self) -> str:
        start, spec = self.start, self.spec
        policies = ", ".join(self.experiment.names) if self.experiment else "none"
        return "\n".join(
            (
                f"Simulated {start.first_year}-{start.first_year + spec.years - 1}: {len(start.regions)} regions × "
                f"{len(start.industries)} industries, {spec.firms:,} firms, {spec.draws} draws",
                f"  policies: {policies}",
                f"  assumed: {', '.join(one.title.en for one in self.begun.beginning.assumed) or 'nothing'}",
                f"  tables: {', '.join(self.tables)}",
                f"  notices: {len(self.notices)}",
            )
        )


def _of_runs(found: Experiment) -> dict[str, pd.DataFrame]:
    """The tables of an experiment, those of one thing under one name."""
    fans = _ordered(found.fans())
    industries = [found.industry_paths(name).assign(policy=name) for name in found.names]
    of = found.first_year + found.years - 1
    births = found.births_by_year()
    return {
        "national": fans,
        "differences": _ordered(found.differences()),
        "regions": _ordered(found.by_region()),
        "industries": _ordered(pd.concat(industries, ignore_index=True)) if industries else pd.DataFrame(),
        "rungs": _rungs(fans),
        "births": _ordered(births[births["year"] <= of]),
        "incidence": pd.concat(
            [
                found.incidence("discoveries").assign(of="discoveries"),
                found.incidence("startups").assign(of="startups"),
            ],
            ignore_index=True,
        ),
        "spending": _ordered(found.spending),
    }


def _rungs(fans: pd.DataFrame) -> pd.DataFrame:
    """Shares of the rungs through time: the series of the rungs, a row a policy, quarter and rung."""
    series = {f"{rung}_share": rung for rung in RUNGS}
    rows = fans[fans["series"].isin(list(series))]
    return rows.assign(series=rows["series"].map(series)).rename(columns={"series": "rung"}).reset_index(drop=True)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    first = [name for name in _FIRST if name in table]
    return table[[*first, *(name for name in table.columns if name not in first)]]


def _plain(value: Any) -> Any:
    """A setting as JSON has it: no end of time."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
