"""Where a chain from science over technology to industry is broken: fields of which a region has all links but one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.results import Record, digest
from xinzhi.structure.concordance import Concordance, carried
from xinzhi.structure.crossed import Crossed, totals
from xinzhi.structure.fusion import common, no_chain
from xinzhi.structure.intensity import location_quotients
from xinzhi.structure.links import Links, Period, Unknown
from xinzhi.structure.presence import presence


@dataclass(frozen=True, eq=False)
class MissingLinks:
    """Every region × field, with what it has of each stage: ``table`` and, of those that lack one link, ``missing``.

    ``table``: period, region, field, ``has_<stage>``, ``lq_<stage>`` (location quotient of the stage brought into the
    common fields), ``has`` (how many stages), ``missing`` (the one stage that lacks where all others are there, else
    empty). ``at`` is the stage whose fields are common.
    """

    stages: tuple[str, ...]
    at: str
    table: pd.DataFrame
    notices: tuple[Fault, ...]
    record: Record

    @property
    def missing(self) -> pd.DataFrame:
        """The rows that lack one link, those whose other links are strongest (the weaker of them) first."""
        rows = self.table[self.table["missing"] != ""]
        strength = np.column_stack(
            [np.where(rows["missing"] == stage, np.inf, rows[f"lq_{stage}"]) for stage in self.stages]
        )
        order = np.argsort(-strength.min(axis=1, initial=np.inf), kind="stable")
        return rows.iloc[order].reset_index(drop=True)

    def by_region(self) -> pd.DataFrame:
        """Rows: period, region, complete (fields with every stage), and fields that lack each stage alone."""
        keys = [self.table["period"], self.table["region"]]
        counts = {"complete": self.table["has"] == len(self.stages)}
        counts |= {f"lacks_{stage}": self.table["missing"] == stage for stage in self.stages}
        return pd.DataFrame(counts).groupby(keys, sort=False).sum().reset_index()

    def to_frame(self) -> pd.DataFrame:
        """The whole table."""
        return self.table.copy()

    def __repr__(self) -> str:
        by = ", ".join(f"{int((self.table['missing'] == stage).sum())} lack {stage}" for stage in self.stages)
        whole = int((self.table["has"] == len(self.stages)).sum())
        regions, fields = self.table["region"].nunique(), self.table["field"].nunique()
        return (
            f"MissingLinks: {' → '.join(self.stages)} in fields of {self.at}, {regions} regions × {fields} fields\n"
            f"  complete: {whole}; one link short: {by}"
        )


def missing_links(
    stages: Mapping[str, Links],
    by: Sequence[Concordance],
    *,
    at: str | None = None,
    presence_by: str | Callable[..., Any] = "rca",
    period: Period | None = None,
    unknown: Unknown = "stop",
    **options: Any,
) -> MissingLinks:
    """Tell in which fields a region has every stage of a chain but one: what could complete it.

    ``stages`` are links by name in the order of the chain, two or more, ``by`` the concordances between them. All are
    brought into the fields of stage ``at`` (the middle one, unless named): earlier stages through the concordances,
    later ones back through them by Bayes, weighted by how much there is of each field in all regions. Who has what is
    then told by ``presence_by`` of the family ``presence`` with its ``options``. Carrying spreads a class over many
    fields and so draws location quotients towards 1: a threshold above 1 asks more of stages that are carried.
    Raises ``MethodError``.
    """
    names = tuple(stages)
    if not isinstance(stages, Mapping) or not isinstance(by, Sequence):
        raise MethodError(no_chain(stages, by))
    if len(names) < 2 or len(by) != len(names) - 1 or (at is not None and at not in names):
        raise MethodError(_bad_chain(names, len(by), at))
    middle = names[len(names) // 2] if at is None else at
    used, notices = common(stages, period)
    centre = names.index(middle)
    weights = np.sum([totals(matrix, 0) for matrix in used[middle].values], axis=0)
    brought: dict[str, Links] = {}
    for place, name in enumerate(names):
        links = used[name]
        if place < centre:
            links = carried(links, reduce(Concordance.then, by[place:centre]), unknown=unknown).links
        elif place > centre:
            way = reduce(Concordance.then, by[centre:place])
            there = pd.Series(weights, index=used[middle].activities).reindex(way.sources, fill_value=0.0)
            links = carried(links, way.inverse(there), unknown=unknown).links
        notices += [one for one in links.notices if one not in used[name].notices]
        brought[name] = links
    table = _table(names, brought, presence_by, options)
    inputs = {name: digest("".join(Crossed.of(one, when).digest for when in one.periods)) for name, one in used.items()}
    inputs |= {f"concordance {place + 1}": digest(one.record.to_json()) for place, one in enumerate(by)}
    settings = {"stages": list(names), "at": middle, "presence": str(presence_by), "unknown": unknown, **options}
    return MissingLinks(names, middle, table, tuple(dict.fromkeys(notices)), Record("missing-links", settings, inputs))


def _table(
    names: tuple[str, ...], brought: Mapping[str, Links], method: str | Callable[..., Any], options: dict[str, Any]
) -> pd.DataFrame:
    first = brought[names[0]]
    fields = np.array(sorted({label for one in brought.values() for label in one.activities}), dtype=object)
    shape = len(first.periods), len(first.regions), len(fields)
    columns: dict[str, Any] = {
        "period": np.repeat(np.array(first.periods, dtype=object), shape[1] * shape[2]),
        "region": np.tile(np.repeat(first.regions, shape[2]), shape[0]),
        "field": np.tile(fields, shape[0] * shape[1]),
    }
    having = np.zeros((len(names), *shape), dtype=bool)
    for stage, name in enumerate(names):
        one = brought[name]
        place = pd.Index(fields).get_indexer(pd.Index(one.activities))
        strength = np.zeros(shape)
        present = presence(one, method, **options)
        for at, (matrix, has) in enumerate(zip(one.values, present.values, strict=True)):
            strength[at][:, place] = location_quotients(matrix).toarray()
            having[stage, at][:, place] = has.toarray()
        columns |= {f"has_{name}": having[stage].ravel(), f"lq_{name}": strength.ravel()}
    many = having.sum(axis=0)
    lacking = np.array(names, dtype=object)[np.argmin(having, axis=0)]
    columns |= {"has": many.ravel(), "missing": np.where(many == len(names) - 1, lacking, "").ravel()}
    return pd.DataFrame(columns)


def _bad_chain(names: tuple[str, ...], concordances: int, at: str | None) -> Fault:
    if at is not None and at not in names:
        return Fault(
            "unknown-stage",
            f"no stage is named '{at}'. Stages: {', '.join(names)}.",
            f"没有名为“{at}”的环节。已有：{'、'.join(names)}。",
        )
    return Fault(
        "bad-chain",
        f"a chain has two stages or more, and one concordance fewer; found {len(names)} stages and {concordances} "
        "concordances.",
        f"链条须有两个以上环节，对照表比环节少一张；实际为 {len(names)} 个环节、{concordances} 张对照表。",
    )
