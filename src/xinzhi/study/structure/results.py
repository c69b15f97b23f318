"""What a study found of what its regions are made of: one space for each of its links, and their fusion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from xinzhi.core.errors import Fault
from xinzhi.core.specs import Text
from xinzhi.structure.complexity import Complexity
from xinzhi.structure.forecast import Forecast
from xinzhi.structure.links import Links, Period
from xinzhi.structure.relatedness import Relatedness
from xinzhi.structure.validity import Validity
from xinzhi.study.ladder.results import Laddered
from xinzhi.study.records.results import Recorded
from xinzhi.study.structure.dependency_spec import DependencySpec
from xinzhi.study.structure.digital import Digital
from xinzhi.study.structure.spec import FusionSpec, LinksSpec
from xinzhi.study.structure.topic_spec import EmergenceSpec


@dataclass(frozen=True, eq=False)
class Space:
    """One ``[[links]]`` block, told in tables; what was not asked for or cannot be told is missing.

    ``links`` are the amounts by period as they were worked with, ``presence`` who counts as having what, ``validity``
    how far ranks of complexity can be trusted, ``relatedness`` that of the last period.

    ``periods``: period, regions, activities, links, total, share_linked, nestedness, and with draws parts, second,
    third, gap (of the eigenvalues), diversity and anchor (rank correlations with them), ordered, stable, turned; see
    ``xinzhi.structure.validity.Validity``.
    ``regions``: period, region, name_en, name_zh, total, diversity, specialisation (Krugman), entropy, complexity,
    rank, rank_low, rank_high, density_held, density_missing, coherence, outlook.
    ``activities``: period, activity, name_en, name_zh, group, total, ubiquity, gini (over regions), complexity, rank;
    community of the last period (0: none).
    ``pairs``, of the last period: region, activity, value, intensity (location quotient), present, density, by_chance
    (the density that diversity and ubiquity alone lead to expect), gain (of the outlook), chance and chance_null (of
    entry until the next period; missing where the region has the activity).
    ``ties``, of the last period: activity, other, relatedness, tree (of the maximum spanning tree).
    ``rates``: before, after, region, name_en, name_zh, candidates, entries, entry_rate, entry_low, entry_high, held,
    exits, exit_rate, exit_low, exit_high; ``changes``: before, after, region, activity, change (entry or exit).
    ``forecast``: how well entry in the last transition was foretold, by forecast and null: method, name_en, name_zh,
    auc, lead, lead_low, lead_high (over diversity × ubiquity), average_precision, brier, skill, cells, entries;
    ``verdict`` says in words which wins.
    ``standing`` and ``closer``, where asked for: period, region, activity, value, frontier, ratio, low, high, stage
    (``absent``, ``follow``, ``alongside``, ``lead``) and the share of draws in each; and how that changed from the
    first period to the last; see ``xinzhi.structure.frontier.Standing``.
    """

    spec: LinksSpec
    links: Links
    presence: Links
    periods: pd.DataFrame
    regions: pd.DataFrame
    activities: pd.DataFrame
    pairs: pd.DataFrame
    ties: pd.DataFrame
    rates: pd.DataFrame
    changes: pd.DataFrame
    forecast: pd.DataFrame
    verdict: Text | None
    complexity: Complexity | None
    validity: Validity | None
    relatedness: Relatedness | None
    foretold: Forecast | None
    notices: tuple[Fault, ...]
    standing: pd.DataFrame = field(default_factory=pd.DataFrame)
    closer: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def name(self) -> str:
        """What the study calls it."""
        return self.spec.name

    @property
    def title(self) -> Text:
        """Its title."""
        return self.spec.called

    @property
    def last(self) -> Period:
        """The last period."""
        return self.links.periods[-1]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name, but those that have nothing."""
        names = ("periods", "regions", "activities", "pairs", "ties", "rates", "changes", "forecast")
        placed = ("standing", "closer")
        return {name: table for name in (*names, *placed) if len(table := getattr(self, name))}

    def __repr__(self) -> str:
        last = self.regions[self.regions["period"] == self.last]
        best = last.nsmallest(3, "rank") if "rank" in last else last.nlargest(3, "total")
        by = "most complex" if "rank" in last else "largest"
        return "\n".join(
            (
                f"Space '{self.name}': {len(self.links.regions)} regions × {len(self.links.activities)} activities, "
                f"{len(self.links.periods)} periods (to {self.last})",
                f"  {by}: {', '.join(map(str, best['name_en']))}",
                f"  tables: {', '.join(self.tables)}",
                f"  notices: {len(self.notices)}",
            )
        )


@dataclass(frozen=True, eq=False)
class Fused:
    """How far the links of a chain fit one another in each region, beside chance.

    ``overall``, ``regions`` and ``fields`` hold, by period, from and to: fit, by_chance, z, p (and q); see
    ``xinzhi.structure.fusion.Fusion``. ``gaps``: from, to, period, region, field, carried, actual, difference.
    ``missing``: period, region, field, and by stage has_… and lq_…, has, missing (the one stage that lacks).
    ``across``, of the last period: from, to, source, target, relatedness, both, expected, p, q, significant.
    ``support``, of the last period and in both directions: from, to, region, held, missing, difference (mean support of
    what is held or not); ``supported``: from, to, region, field (with names), held, support, by_chance (the
    support that diversity and ubiquity alone lead to expect).
    ``led``: period, region, field, value, share: what the chain leads to in a last stage without links of its own.
    ``lags``, ``lag_curve``, ``lag_cohorts``, ``lag_trend``: by from and to, by how many years a stage follows the one
    before, where the study asks for it; see ``xinzhi.structure.leads.Leads``.
    ``coupling``, where asked for: period, region, by stage total_… and level_…, coupling (C), level (T), coordination
    (D), grade (1 to 10) with grade_en and grade_zh; see ``xinzhi.study.structure.coupling.coupled``.
    Regions and fields of ``regions``, ``fields``, ``led`` and ``coupling`` have name_en and name_zh beside them.
    """

    spec: FusionSpec
    chain: tuple[str, ...]
    titles: Mapping[str, Text]
    overall: pd.DataFrame
    regions: pd.DataFrame
    fields: pd.DataFrame
    gaps: pd.DataFrame
    missing: pd.DataFrame
    across: pd.DataFrame
    support: pd.DataFrame
    supported: pd.DataFrame
    led: pd.DataFrame
    lags: pd.DataFrame
    lag_curve: pd.DataFrame
    lag_cohorts: pd.DataFrame
    lag_trend: pd.DataFrame
    notices: tuple[Fault, ...]
    coupling: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of the chain that have links: all, or all but the last."""
        met = set(self.overall["from"]) | set(self.overall["to"])
        return tuple(name for name in self.chain if name in met)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name, but those that have nothing."""
        names = ("overall", "regions", "fields", "gaps", "missing", "across", "support", "supported", "led", "coupling")
        lags = ("lags", "lag_curve", "lag_cohorts", "lag_trend")
        return {name: table for name in (*names, *lags) if len(table := getattr(self, name))}

    def __repr__(self) -> str:
        last = self.overall[self.overall["period"] == self.overall["period"].iloc[-1]]
        return "\n".join(
            [
                f"Fused: {' → '.join(self.chain)}",
                *(
                    f"  {row['period']} {row['from']} → {row['to']}: fit {row['fit']:.3f}, by chance "
                    f"{row['by_chance']:.3f} (p {row['p']:.3g})"
                    for row in last.to_dict("records")
                ),
                f"  notices: {len(self.notices)}",
            ]
        )


@dataclass(frozen=True, eq=False)
class Emerged:
    """Which topics emerge, by block of ``[[emergence]]``; ``years`` are the first and last counted of each.

    ``wholes`` are the names of what growth is held against, in blocks that say so. All tables begin with block, topic,
    name_en, name_zh. ``measures``: attribute, measure (with names), value, low, high. ``topics``: counted, first_seen,
    kind (``bend``, ``birth``, ``none``), onset with low, high, p and q, rate_before, rate_after, growth_p, growth_q:
    see ``xinzhi.structure.emergence.Emergence``. ``curves``, where asked for: a row a curve with ceiling, rate, peak,
    reached (low, high), aicc, weight, and p_… of every stage over all curves; ``forecasts``: year, mean, median, low,
    high and totals; see ``xinzhi.structure.curves.GrowthCurve``.
    ``counts``: year, count (missing: not observed), expected (by the curves, by weight; missing without), may_be_onset.
    """

    specs: tuple[EmergenceSpec, ...]
    years: Mapping[str, tuple[int, int]]
    wholes: Mapping[str, Text]
    counts: pd.DataFrame
    measures: pd.DataFrame
    topics: pd.DataFrame
    curves: pd.DataFrame
    forecasts: pd.DataFrame
    notices: tuple[Fault, ...]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name, but those that have nothing."""
        found = {"emergence-measures": self.measures, "emergence-topics": self.topics, "emergence-counts": self.counts}
        found |= {"growth-curves": self.curves, "forecasts": self.forecasts}
        return {name: table for name, table in found.items() if len(table)}

    def __repr__(self) -> str:
        dated = int(self.topics["onset"].notna().sum())
        return f"Emerged: {len(self.topics)} topics, {dated} with an onset\n  notices: {len(self.notices)}"


@dataclass(frozen=True, eq=False)
class Depended:
    """In which goods regions depend on others, and on few of them, by block of ``[[dependency]]``.

    Both tables begin with block, region (the importer), name_en, name_zh, period. ``points``: good, good_en, good_zh,
    total, foreign, domestic, dependency, hhi, sources, top_source (with top_en, top_zh), top_share, exposure, choke,
    substitution, and rank among the choke points of the period; see ``xinzhi.structure.chokepoints.ChokePoints``.
    ``regions``: goods with any supply, chokes, total, foreign, in_chokes (share of all supply that is of choke points),
    dependency over all goods, own_told (whether the file says what the region makes itself).
    """

    specs: tuple[DependencySpec, ...]
    points: pd.DataFrame
    regions: pd.DataFrame
    notices: tuple[Fault, ...]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Both tables by name."""
        return {"choke-points": self.points, "choke-regions": self.regions}

    def __repr__(self) -> str:
        last = self.regions.groupby(["block", "region"]).last()
        return (
            f"Depended: {len(last)} importers, {int(last['chokes'].sum())} choke points\n  notices: {len(self.notices)}"
        )


@dataclass(frozen=True, eq=False)
class Structure:
    """What regions are made of: spaces of activities by name, their fusion, what emerges, on whom they depend, and
    on which rungs their industries stand; and the records that were counted.

    Each is there where the study asks for it.
    """

    spaces: Mapping[str, Space]
    fusion: Fused | None
    inputs: Mapping[str, str]
    emergence: Emerged | None = None
    dependency: Depended | None = None
    ladder: Laddered | None = None
    records: Recorded | None = None
    digital: Digital | None = None

    @property
    def notices(self) -> tuple[Fault, ...]:
        """What was left out, mended or is doubtful, of all spaces, and of all that is told beside them."""
        beside = (self.fusion, self.emergence, self.dependency, self.ladder, self.digital)
        first = [self.records] if self.records else []
        parts = [*first, *self.spaces.values(), *(part for part in beside if part is not None)]
        return tuple(dict.fromkeys(notice for part in parts for notice in part.notices))

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table, named after its space (``technology-regions``), ``fusion-…``, or as it is named where it is."""
        found = {f"{name}-{key}": of for name, space in self.spaces.items() for key, of in space.tables.items()}
        if self.fusion:
            found |= {f"fusion-{key}": of for key, of in self.fusion.tables.items()}
        for part in (self.emergence, self.dependency, self.ladder, self.records, self.digital):
            found |= part.tables if part else {}
        return found

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked of records, links, fusion, topics, supply and industries, with all that was left to itself."""
        asked: dict[str, Any] = {"links": [one.spec.model_dump(mode="json") for one in self.spaces.values()]}
        for name, part in (("emergence", self.emergence), ("dependency", self.dependency)):
            asked |= {name: [one.model_dump(mode="json") for one in part.specs]} if part else {}
        asked |= self.ladder.settings if self.ladder else {}
        asked |= {"digital": self.digital.spec.model_dump(mode="json")} if self.digital else {}
        asked |= {"records": self.records.settings} if self.records else {}
        return asked | ({"fusion": self.fusion.spec.model_dump(mode="json")} if self.fusion else {})

    def __getitem__(self, name: str) -> Space:
        return self.spaces[name]

    def __repr__(self) -> str:
        topics = self.emergence, self.dependency, self.ladder, self.digital
        parts: list[object | None] = [self.records, *self.spaces.values(), self.fusion, *topics]
        return "\n".join(repr(part) for part in parts if part is not None)
