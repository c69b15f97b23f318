"""How the links of a chain, such as science, technology and industry, grow into one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.specs import Text
from xinzhi.structure.across import Support, across, support
from xinzhi.structure.bicm import configuration
from xinzhi.structure.chain import missing_links
from xinzhi.structure.concordance import Concordance, carried, written_otherwise
from xinzhi.structure.crossed import ACTIVITY, named, totals
from xinzhi.structure.density import share
from xinzhi.structure.fusion import common, fusion
from xinzhi.structure.leads import leads
from xinzhi.structure.links import Links, Period, stored
from xinzhi.study.structure.bringing import Brought
from xinzhi.study.structure.coupling import coupled
from xinzhi.study.structure.results import Fused, Space
from xinzhi.study.structure.spec import FusionSpec

EMPTY = pd.DataFrame()
# Where more of a stage than this is beyond the concordance, its codes are of another classification.
_MOST = 0.5
_LED = ("fields", "curve", "cohorts", "trend")


def fused(asked: FusionSpec, spaces: Mapping[str, Space], brought: Brought) -> Fused:
    """Hold the stages of a chain together. Raises ``MethodError`` or ``DataError``."""
    stages = {name: spaces[name].links for name in asked.chain if name in spaces}
    ways = [brought.concordances[step] for step in pairwise(asked.chain)]
    by = ways[: len(stages) - 1]
    if faults := [
        fault for (_, then), way in zip(pairwise(stages), by, strict=True) for fault in _strange(stages[then], way)
    ]:
        raise MethodError(faults)
    found = fusion(
        stages,
        by,
        fit=asked.fit.method,
        profile=asked.profile,
        null=asked.null.method,
        draws=asked.draws,
        seed=asked.seed,
        unknown=asked.unknown,
    )
    broken = missing_links(stages, by, unknown=asked.unknown)
    notices = [*found.notices, *broken.notices]
    last = found.overall["period"].iloc[-1]
    ties, held, cells = [], [], []
    for first, then in pairwise(stages):
        key = {"from": first, "to": then}
        one, other = spaces[first].presence, spaces[then].presence
        tied = across(one, other, period=last)
        notices += tied.notices
        ties.append(_beside(key, tied.to_frame()))
        for way, near, has, lacks in ((key, tied, one, other), (_turned(key), tied.turned(), other, one)):
            drawn_on = support(near, has, lacks, period=last)
            notices += drawn_on.notices
            held.append(_beside(way, drawn_on.by_region()))
            cells.append(_beside(way, _supported(drawn_on, has, lacks, last)))
    behind, led_notices = _behind(asked, brought, list(stages))
    ahead, beyond = _led(asked, stages, ways[-1]) if len(stages) < len(asked.chain) else (EMPTY, ())
    level = EMPTY
    if asked.coupling is not None:
        level, floored = coupled(stages, list(found.overall["period"].unique()), asked.coupling)
        notices += floored
    regions = _named(spaces, "region")
    fields = _named(spaces, "activity")
    return Fused(
        asked,
        asked.chain,
        {name: spaces[name].title if name in spaces else Text(en=name, zh=name) for name in asked.chain},
        overall=found.overall,
        regions=_with_names(found.regions, "region", regions),
        fields=_with_names(found.fields, "field", fields),
        gaps=found.gaps(),
        missing=broken.missing,
        across=pd.concat(ties, ignore_index=True),
        support=pd.concat(held, ignore_index=True),
        supported=_called(_called(pd.concat(cells, ignore_index=True), "region", regions), "field", fields),
        led=_with_names(ahead, "field", _beyond(asked, brought, fields)) if len(ahead) else EMPTY,
        **{f"lag_{name}" if name != "fields" else "lags": behind.get(name, EMPTY) for name in _LED},
        coupling=_with_names(level, "region", regions) if len(level) else EMPTY,
        notices=tuple(dict.fromkeys((*notices, *led_notices, *beyond))),
    )


def _turned(key: dict[str, str]) -> dict[str, str]:
    return {"from": key["to"], "to": key["from"]}


def _supported(found: Support, sources: Links, targets: Links, period: Period) -> pd.DataFrame:
    """The support of every field in every region, whether it has it, and the support that chance leads to expect.

    Chance keeps how many sources each region has and how many regions have each (bipartite configuration model); what
    is related to what stays as it was found.
    """
    pair, _ = common({"sources": sources.only(periods=[period]), "targets": targets.only(periods=[period])})
    chance = configuration(stored(pair["sources"].at(period)), "links")
    phi = sparse.csr_array(np.nan_to_num(found.across.values).T)
    kinds = share(sparse.csr_array(chance.mean[:, chance.column]), phi)
    table = found.values.to_dataframe("support").reset_index().rename(columns={ACTIVITY: "field"})
    table.insert(2, "held", found.has.toarray().ravel() != 0)
    return table.assign(by_chance=kinds[chance.row].ravel())[table["support"].notna()].reset_index(drop=True)


def _strange(links: Links, way: Concordance) -> Iterator[Fault]:
    """A fault where most of what a stage has is nothing that the concordance leads to: codes of something else."""
    amount = np.sum([totals(matrix, 0) for matrix in links.values], axis=0)
    beyond = ~np.isin(links.activities, way.targets) & (amount > 0)
    share = float(amount[beyond].sum() / amount.sum())
    if share > _MOST:
        en, zh = named(links.activities, beyond)
        hint_en, hint_zh = written_otherwise(links.activities[beyond], way.targets)
        known = list(map(str, way.targets[:3]))
        yield Fault(
            "wrong-codes",
            f"{share:.1%} of {links.title.en} is nothing that the concordance from {way.source} leads to: {en}."
            f"{hint_en} The codes are of another classification or edition; the concordance leads to "
            f"{', '.join(known)} …",
            f"{links.title.zh}有 {share:.1%} 不在 {way.source} 对照表的目标类别之中：{zh}。{hint_zh}"
            f"代码属于其他分类或版本；对照表的目标类别如 {'、'.join(known)}。",
        )


def _behind(
    asked: FusionSpec, brought: Brought, stages: list[str]
) -> tuple[dict[str, pd.DataFrame], tuple[Fault, ...]]:
    """By how many years each stage follows the one before, from their yearly links; nothing where it is not asked."""
    how = asked.leads
    if how is None:
        return {}, ()
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in _LED}
    notices: list[Fault] = []
    for first, then in pairwise(stages):
        moved = carried(brought.raw[first], brought.concordances[first, then], unknown=asked.unknown).links
        found = leads(
            moved,
            brought.raw[then],
            how.method,
            lags=how.lags,
            cohorts=how.cohorts,
            at_least=how.at_least,
            resample=how.resample,
            draws=how.draws,
            seed=how.seed,
        )
        notices += [*moved.notices, *found.notices]
        for name in _LED:
            parts[name].append(_beside({"from": first, "to": then}, getattr(found, name)))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}, tuple(notices)


def _led(asked: FusionSpec, stages: Mapping[str, Links], way: Concordance) -> tuple[pd.DataFrame, tuple[Fault, ...]]:
    """What the last stage with links leads to beyond it, by period, region and field, as amounts and shares."""
    source = list(stages.values())[-1]
    moved = carried(source, way, unknown=asked.unknown).links
    table = moved.to_frame().rename(columns={"activity": "field"})
    whole = np.concatenate([totals(matrix, 1) for matrix in moved.values])
    sums = pd.Series(whole, index=pd.MultiIndex.from_product([moved.periods, moved.regions]))
    of = pd.MultiIndex.from_arrays([table["period"], table["region"]])
    table["share"] = table["value"].to_numpy() / sums.reindex(of).to_numpy()
    told = {one for links in stages.values() for one in links.notices}
    return table, tuple(one for one in moved.notices if one not in told)


def _beside(key: dict[str, str], table: pd.DataFrame) -> pd.DataFrame:
    """A table with the same two columns before every row."""
    made = table.copy()
    for place, (name, of) in enumerate(key.items()):
        made.insert(place, name, of)
    return made


def _named(spaces: Mapping[str, Space], side: str) -> pd.DataFrame:
    """Names of regions, or of the activities of all spaces, by label."""
    tables = [space.regions if side == "region" else space.activities for space in spaces.values()]
    names = pd.concat([table[[side, "name_en", "name_zh"]] for table in tables])
    return names.drop_duplicates(side).set_index(side)


def _beyond(asked: FusionSpec, brought: Brought, known: pd.DataFrame) -> pd.DataFrame:
    """Names of what the last stage holds, from the file of its concordance; else those of other stages."""
    labels = brought.labels.get(asked.chain[-1])
    if labels is None:
        return known
    return pd.DataFrame({"name_en": labels.name_en, "name_zh": labels.name_zh}, index=pd.Index(labels.codes))


def _called(table: pd.DataFrame, column: str, names: pd.DataFrame) -> pd.DataFrame:
    """A table with names that say of which column they are, as where two columns have some."""
    made = _with_names(table, column, names)
    return made.rename(columns={f"name_{language}": f"{column}_{language}" for language in ("en", "zh")})


def _with_names(table: pd.DataFrame, column: str, names: pd.DataFrame) -> pd.DataFrame:
    """A table with the names of what one of its columns holds behind that column; labels where there are none."""
    labels = table[column]
    at = list(table.columns).index(column) + 1
    made = table.copy()
    for place, name in enumerate(("name_en", "name_zh")):
        made.insert(at + place, name, labels.map(names[name]).fillna(labels))
    return made
