"""A run as an auditor sees it: its cells, its names in both languages, and the same study with something changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from xinzhi.core.errors import MethodError
from xinzhi.core.labels import INDICATOR, Floats, Panel, panel
from xinzhi.core.specs import Spec, Text
from xinzhi.data import units
from xinzhi.data.catalogue import read_toml
from xinzhi.data.structures import plain
from xinzhi.measure.analysis.profiles import ranks
from xinzhi.measure.cells import Gathered, gathered
from xinzhi.measure.composite import measure
from xinzhi.measure.dispersion import correlation
from xinzhi.measure.result import Index
from xinzhi.measure.spec import IndexSpec, Weigh
from xinzhi.measure.tree import Indicator, Tree
from xinzhi.study.audit.findings import Severity
from xinzhi.study.measuring import Measured

SHOWN = 5


class Limits(Spec):
    """Beyond what an audit speaks up; every finding states the limit it was held against.

    All of them are judgements, none a test of the literature: set your own by name.

    ``dominant``: weight over the mean weight of the siblings. ``effective``: share of the main effects on the index
    over the nominal weight, or the reverse. ``redundant``: |r| of two indicators; ``vif``: variance inflation;
    ``nested_weight``: joint weight of indicators that say the same. ``follows``: rank correlation with a size
    variable; ``decades``: orders of magnitude between regions of one year. ``anchored``: share of a scale that one
    region-year makes. ``rewritten``: change of earlier scores by the last year, over the range of scores.
    ``moved_weight``: movement of an entropy weight between zero rules. ``moved_ranks``: places a region moves among
    31 or fewer, in proportion among more (half of it for the mean of all regions); ``carried``: share of regions
    that filled cells move so far. ``unstable``: share of neighbours in the ranking that change places.
    ``agreement``: share of versions with the same trend; ``steady``: change of the gap over all years, in shares of
    it, up to which there is no trend. ``against``: how negative the correlation of an indicator with the index must
    be. ``coupling_spread``: range of coupling degrees. ``drift``: growth of the mean of a productivity residual.
    """

    dominant: float = Field(default=2.0, gt=1)
    effective: float = Field(default=2.0, gt=1)
    redundant: float = Field(default=0.9, gt=0, le=1)
    vif: float = Field(default=10.0, gt=1)
    nested_weight: float = Field(default=1 / 3, gt=0, le=1)
    follows: float = Field(default=0.6, gt=0, le=1)
    decades: float = Field(default=2.0, gt=0)
    anchored: float = Field(default=0.25, gt=0, le=1)
    rewritten: float = Field(default=0.05, gt=0)
    moved_weight: float = Field(default=0.05, gt=0, le=1)
    moved_ranks: int = Field(default=3, ge=1)
    carried: float = Field(default=0.1, ge=0, le=1)
    unstable: float = Field(default=0.5, gt=0, le=1)
    agreement: float = Field(default=0.8, gt=0, le=1)
    steady: float = Field(default=0.05, ge=0, lt=1)
    against: float = Field(default=0.1, ge=0, lt=1)
    coupling_spread: float = Field(default=0.1, gt=0, le=1)
    drift: float = Field(default=0.5, gt=0)


@dataclass(frozen=True)
class Subject:
    """A run under audit. Arrays are (time, region, …) as in the index's stages."""

    run: Measured
    limits: Limits

    @property
    def index(self) -> Index:
        """The index as it stands."""
        return self.run.index

    @property
    def spec(self) -> IndexSpec:
        """The index as it was wanted."""
        return self.run.index.spec

    @property
    def tree(self) -> Tree:
        """Its tree."""
        return self.spec.tree

    @property
    def leaves(self) -> tuple[Indicator, ...]:
        """Its indicators."""
        return self.tree.indicators

    @property
    def top(self) -> Floats:
        """The index, (time, region)."""
        return self.index.stages.scores[:, :, -1]

    @property
    def times(self) -> npt.NDArray[np.int64]:
        """The years."""
        return self.index.times

    @cached_property
    def cells(self) -> Floats:
        """Normalised indicators, (region-year, indicator)."""
        return self.index.stages.normalised.reshape(-1, len(self.leaves))

    @cached_property
    def nominal(self) -> Floats:
        """What each indicator counts for in the index by its weights, (indicator,); the mean where years differ."""
        weights = self.index.effective().values
        mean = weights if weights.ndim == 1 else weights.mean(axis=0)
        return np.asarray(mean[: len(self.leaves)])

    @cached_property
    def raw(self) -> Gathered:
        """The cells as they came."""
        return gathered(self.run.data.panel, self.spec)

    @cached_property
    def last(self) -> int:
        """The position of the last year in which two regions or more have a score; the last if there is none."""
        compared = np.flatnonzero((~np.isnan(self.top)).sum(axis=1) > 1)
        return int(compared[-1]) if compared.size else len(self.times) - 1

    @property
    def far(self) -> int:
        """Places that count as far: ``moved_ranks`` among 31 regions (the provinces) or fewer, more among more."""
        return max(self.limits.moved_ranks, round(self.limits.moved_ranks * len(self.index.regions) / 31))

    def divides(self, at: int) -> bool:
        """Whether an indicator is divided by something."""
        return bool(self.leaves[at].denominator) and self.spec.denominate

    def unit_label(self, at: int) -> str:
        """The unit an indicator is said to have once it is divided, or its column's where nothing divides it."""
        leaf = self.leaves[at]
        return leaf.unit or ("" if self.divides(at) else self.column_unit(leaf.source))

    def unit(self, at: int) -> units.Unit | None:
        """What that unit means, where the catalogue knows it."""
        return units.find(self.unit_label(at))

    def column_unit(self, column: str) -> str:
        """The unit of a column of the panel, empty where none is stated."""
        return self._about_columns.get(column, ("", ()))[0]

    def titles(self, column: str) -> tuple[str, ...]:
        """What a column of the panel is called besides its code."""
        return self._about_columns.get(column, ("", ()))[1]

    @cached_property
    def _about_columns(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        of = self.run.data.panel
        known = {name: of[name].values for name in ("unit", "title_en", "title_zh") if name in of.coords}
        calls = [known[name] for name in ("title_en", "title_zh") if name in known]
        return {
            str(code): (
                str(known["unit"][at] or "") if "unit" in known else "",
                tuple(str(call[at]) for call in calls if call[at]),
            )
            for at, code in enumerate(of[INDICATOR].values)
        }

    def called(self, at: int) -> tuple[str, ...]:
        """Every name an indicator goes by: labels, code, its column's titles where nothing divides it."""
        leaf = self.leaves[at]
        own = (leaf.label.en, leaf.label.zh, leaf.code)
        return own if self.divides(at) else (*own, leaf.source, *self.titles(leaf.source))

    def names(self, at: Iterable[int]) -> Text:
        """Indicators by name, the first few."""
        labels = [self.leaves[i].label for i in at]
        return listed([label.en for label in labels], [label.zh for label in labels])

    def table(self, at: Sequence[int] | None = None, **columns: Any) -> pd.DataFrame:
        """A table with a row per indicator (all, or those at ``at``): code, names, and the columns given."""
        leaves = self.leaves if at is None else [self.leaves[i] for i in at]
        about = {
            "indicator": [leaf.code for leaf in leaves],
            "name_en": [leaf.label.en for leaf in leaves],
            "name_zh": [leaf.label.zh for leaf in leaves],
        }
        return pd.DataFrame(about | columns)

    def region_names(self) -> tuple[list[str], list[str]]:
        """The regions' English and Chinese names, codes where there are none."""
        about, codes = self.index.about_region, self.index.regions
        en, zh = (list(map(str, about.get(name, codes))) for name in ("name_en", "name_zh"))
        return en, zh

    def changed(self, **changes: Any) -> IndexSpec:
        """The specification with some fields replaced."""
        # A model's own iteration would bring along the tree it remembers.
        return IndexSpec(**({name: getattr(self.spec, name) for name in IndexSpec.model_fields} | changes))

    def measured(self, spec: IndexSpec, data: Panel | None = None) -> Index | None:
        """The index another specification (or panel) gives; nothing where a method refuses it."""
        try:
            return measure(self.run.data.panel if data is None else data, spec)
        except MethodError:
            return None

    def without(self, out: Sequence[int]) -> IndexSpec | None:
        """The specification without some indicators, weights of the rest in proportion; nothing if none is left."""
        gone = {self.leaves[at].code for at in out}
        left = [leaf for leaf in self.leaves if leaf.code not in gone]
        if not left:
            return None
        elements = list(self.tree.elements)
        while idle := {e.code for e in elements} - {n.parent for n in (*left, *elements) if n.parent}:
            elements = [element for element in elements if element.code not in idle]
        total = pd.Series([n.weight for n in (*left, *elements)]).groupby([n.parent or "" for n in (*left, *elements)])
        sums = total.sum()
        if not (sums > 0).all():
            return None

        def scaled(node: Any) -> Any:
            return node.model_copy(update={"weight": node.weight / sums[node.parent or ""]})

        only = {code: choice for code, choice in self.spec.normalise.only.items() if code not in gone}
        height = Tree.of(tuple(elements), tuple(left)).height
        return self.changed(
            elements=tuple(map(scaled, elements)),
            indicators=tuple(map(scaled, left)),
            normalise=self.spec.normalise.model_copy(update={"only": only}),
            treat=self.spec.treat.model_copy(update={"skip": tuple(c for c in self.spec.treat.skip if c not in gone)}),
            weigh=tuple(choice for choice in self.spec.weigh if (choice.level or 1) <= height),
            aggregate=tuple(choice for choice in self.spec.aggregate if (choice.level or 2) <= height),
        )

    @cached_property
    def filled_in(self) -> tuple[IndexSpec, Panel]:
        """The study from its filled cells on: a specification that fills and divides nothing, and their panel."""
        bare = tuple(leaf.model_copy(update={"column": None, "denominator": None}) for leaf in self.leaves)
        values = self.index.stages.imputed.transpose(1, 0, 2)
        cells = panel(values, self.index.regions, self.times, [leaf.code for leaf in self.leaves])
        return self.changed(indicators=bare, impute=(), screen=None), cells

    def moves(self, scores: Floats, year: int | None = None) -> Moves:
        """How ranks of a year (the last) move when the index is replaced by ``scores`` (time, region).

        Only regions that both score are ranked.
        """
        t = self.last if year is None else year
        both = ~np.isnan(self.top[t]) & ~np.isnan(scores[t])
        before = ranks(np.where(both, self.top[t], np.nan))
        after = ranks(np.where(both, scores[t], np.nan))
        en, zh = self.region_names()
        table = pd.DataFrame(
            {
                "region": self.index.regions,
                "region_name_en": en,
                "region_name_zh": zh,
                "time": self.times[t],
                "rank": before,
                "rank_changed": after,
                "places": after - before,
            }
        )[both]
        return Moves(table.sort_values("places", key=abs, ascending=False, kind="stable", ignore_index=True))


@dataclass(frozen=True)
class Moves:
    """How far the ranks of one year moved, the farthest first; a rise is negative."""

    table: pd.DataFrame

    @property
    def largest(self) -> int:
        """Places moved by the region that moved most."""
        return int(self.table["places"].abs().max()) if len(self.table) else 0

    @property
    def mean(self) -> float:
        """Places moved on average."""
        return float(self.table["places"].abs().mean()) if len(self.table) else 0.0

    def grade(self, far: int) -> Severity:
        """Serious where some region moves so ``far`` and all of them half as far on average."""
        if self.largest >= far and self.mean >= far / 2:
            return "serious"
        return "worth-knowing" if self.largest else "fine"

    @property
    def said(self) -> Text:
        """The movement in one clause."""
        if not self.largest:
            return Text(en="no rank changes", zh="排名没有变化")
        first = self.table.iloc[0]
        was, now, year = int(first["rank"]), int(first["rank_changed"]), first["time"]
        return Text(
            en=f"ranks of {year} move by {self.mean:.1f} places on average, {first['region_name_en']} the most "
            f"(from {was} to {now})",
            zh=f"{year} 年排名平均变动 {self.mean:.1f} 位，变动最大的是{first['region_name_zh']}（由第 {was} 位变为第 "
            f"{now} 位）",
        )


def listed(en: Sequence[str], zh: Sequence[str], most: int = SHOWN) -> Text:
    """Names in one phrase, the first few and the number of the rest."""
    more = len(en) - most
    return Text(
        en=", ".join(f"'{name}'" for name in en[:most]) + (f" and {more} more" if more > 0 else ""),
        zh="".join(f"“{name}”" for name in zh[:most]) + (f"等 {len(zh)} 项" if more > 0 else ""),
    )


def rank_correlations(a: Floats, b: Floats) -> Floats:
    """Spearman's correlations of the columns of (..., n, k) with those of (..., n, m), (..., k, m).

    Ranks are among the cells observed in a column, pairs over those observed in both; ``nan`` where one of the two does
    not vary or fewer than three cells are common.
    """
    from scipy.stats import rankdata  # slow to load

    both = np.concatenate([a, b], axis=-1)
    seen = (~np.isnan(both)).astype(float)
    placed = np.where(seen > 0, rankdata(both, axis=-2, nan_policy="omit"), np.nan)
    k = a.shape[-1]
    common = np.swapaxes(seen[..., :k], -1, -2) @ seen[..., k:]
    return np.where(common < 3, np.nan, correlation(placed)[..., :k, k:])


def stretched(cells: Floats, low: float = 0.0, high: float = 1.0) -> Floats:
    """Columns of (cells, k) on their own range from ``low`` to ``high``; ``low`` where a column does not vary."""
    bottom, top = np.fmin.reduce(cells, axis=0), np.fmax.reduce(cells, axis=0)
    reach = np.where(top > bottom, top - bottom, 1.0)
    return np.asarray(low + (high - low) * (cells - bottom) / reach)


def methods_in(choice: Weigh) -> set[str]:
    """The weighting methods a choice uses, with those it combines."""
    return {choice.name} | _named(choice.options.get("of", ()))


def _named(of: Any) -> set[str]:
    found: set[str] = set()
    for part in of:
        if isinstance(part, str):
            found.add(part)
        elif isinstance(part, Mapping):
            found |= {str(part.get("method"))} | _named(part.get("of", ()))
    return found


def quantity(name: str) -> str | None:
    """The quantity of the catalogue that a code or title means, such as ``gdp``."""
    return _quantities().get(plain(name))


@lru_cache
def _quantities() -> dict[str, str]:
    known: dict[str, str] = {}
    for what, spellings in read_toml("columns.toml").items():
        for spelling in (what, *spellings):
            known.setdefault(plain(str(spelling)), what)
    return known
