"""From a panel to an index: the steps in their order, and the result that remembers each of them.

Labels, gaps, options and messages are settled here; the methods of the single steps see arrays only, laid out
(time, region, indicator) so that "each year alone" is a leading axis and "all years pooled" one long axis of cells.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy.stats import rankdata

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import CELL, INDICATOR, MISSING, OBSERVED, REGION, TIME, Floats, Panel
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue
from xinzhi.measure.aggregation import Unfit
from xinzhi.measure.imputation import Near, fill
from xinzhi.measure.normalisation import Marks, mirror
from xinzhi.measure.screening import screen
from xinzhi.measure.spec import Aggregate, IndexSpec, Normalise, Scope, Weigh
from xinzhi.measure.tree import Indicator, Tree
from xinzhi.measure.weighting import OPTIMISED, Siblings, scored

ELEMENT, NODE = "element", "node"
Codes = npt.NDArray[np.object_]


def measure(panel: Panel, spec: IndexSpec, *, inputs: Mapping[str, str] | None = None) -> Index:
    """Build a composite index: denominate, screen, impute, treat, normalise, weigh, aggregate.

    ``panel`` is region × time × indicator, ``nan`` where nothing was observed; ``inputs`` are digests of the files
    behind it, kept in the record. Cells that stay missing are left out of the aggregates (see ``Aggregate.least``).
    Raises ``MethodError`` with every fault found. Order of steps: OECD/JRC Handbook 2008, step 3 to 6.
    """
    raw = _gathered(panel, spec)
    omitted: list[Fault] = []
    denominated = _denominate(raw, spec, omitted)
    kept = _screened(denominated, spec, raw, omitted)
    imputed, origin = _filled(kept, spec, raw)
    treated, marks, details = _treated(imputed, spec, raw)
    normalised = _normalised(treated, spec, raw)
    _refuse_flat(treated, normalised, spec, raw)
    weights, scores = _climb(normalised, spec, raw)
    stages = Stages(raw.values, denominated, imputed, treated, normalised, origin, marks, scores, weights)
    return Index(spec, raw.regions, raw.times, stages, details, tuple(omitted), dict(inputs or {}), raw.about_region)


@dataclass(frozen=True)
class Stages:
    """Every step's outcome as plain arrays: (time, region, indicator), scores (time, region, node), weights (…, node)."""

    raw: Floats
    denominated: Floats
    imputed: Floats
    treated: Floats
    normalised: Floats
    origin: npt.NDArray[np.uint8]
    marks: npt.NDArray[np.int8]
    scores: Floats
    weights: Floats


@dataclass(frozen=True)
class Index:
    """A composite index with all that led to it.

    Arrays get their labels when they are asked for, because a study that varies its choices asks for few of them.
    """

    spec: IndexSpec
    regions: Codes
    times: npt.NDArray[np.int64]
    stages: Stages
    details: tuple[tuple[int | None, dict[str, npt.NDArray[Any]]], ...]
    omitted: tuple[Fault, ...]
    inputs: dict[str, str]
    about_region: dict[str, npt.NDArray[Any]]

    @property
    def tree(self) -> Tree:
        """The tree of elements and indicators."""
        return self.spec.tree

    @cached_property
    def scores(self) -> xr.DataArray:
        """Scores of the elements, region × time × element, the index itself last."""
        tree = self.tree
        cells = self.stages.scores[:, :, tree.n_indicators :].transpose(1, 0, 2)
        nodes, at = tree.elements, slice(tree.n_indicators, None)
        coords = {
            REGION: self.regions,
            TIME: self.times,
            ELEMENT: np.array([node.code for node in nodes], dtype=object),
            "name_en": (ELEMENT, [node.label.en for node in nodes]),
            "name_zh": (ELEMENT, [node.label.zh for node in nodes]),
            "level": (ELEMENT, tree.levels[at]),
            "parent": (ELEMENT, [node.parent or "" for node in nodes]),
        }
        return xr.DataArray(cells, dims=(REGION, TIME, ELEMENT), coords=coords, name="score")

    @property
    def top(self) -> xr.DataArray:
        """The index itself, region × time."""
        return self.scores.isel({ELEMENT: -1})

    def ranks(self) -> xr.DataArray:
        """Ranks of every element among the regions of a year: 1 is best, ties share the best rank, ``nan`` stays."""
        ranked = rankdata(-self.scores.values, method="min", axis=0, nan_policy="omit")
        return self.scores.copy(data=ranked).rename("rank")

    @cached_property
    def raw(self) -> Panel:
        """The indicators as they came, before anything was divided or filled."""
        return self._panel(self.stages.raw)

    @cached_property
    def denominated(self) -> Panel:
        """The indicators over their denominators; regions and years that were screened out still stand here."""
        return self._panel(self.stages.denominated)

    @cached_property
    def imputed(self) -> Panel:
        """The indicators with gaps filled; ``origin`` says which cells were."""
        cells = self._panel(self.stages.imputed)
        return cells.assign_coords(origin=(CELL, self.stages.origin.transpose(1, 0, 2)))

    @cached_property
    def treated(self) -> Panel:
        """The indicators with outliers tamed."""
        return self._panel(self.stages.treated)

    @cached_property
    def normalised(self) -> Panel:
        """The indicators on one scale, all pointing the same way."""
        return self._panel(self.stages.normalised)

    @cached_property
    def marks(self) -> xr.DataArray:
        """Which cells were treated: 1 winsorised at the top, -1 at the bottom, 2 transformed, 0 untouched."""
        return self._panel(self.stages.marks).rename("mark")

    @cached_property
    def treatment(self) -> pd.DataFrame:
        """What treatment found and did, one row per indicator (and year, where years were treated alone)."""
        codes = [indicator.code for indicator in self.tree.indicators]
        frames = [pd.DataFrame({"indicator": codes, "time": year, **table}) for year, table in self.details]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"indicator": codes})

    @cached_property
    def weights(self) -> xr.DataArray:
        """Each node's share within its parent; node, or time × node where weights change by the year."""
        return self._by_node(self.stages.weights)

    def effective(self) -> xr.DataArray:
        """Each node's nominal weight in the index: the product of the shares along its line to the top."""
        shares, tree = self.stages.weights, self.tree
        lines = [np.prod(shares[..., list(tree.line(at))], axis=-1) for at in range(len(tree.nodes))]
        return self._by_node(np.stack(lines, axis=-1)).rename("effective_weight")

    @cached_property
    def record(self) -> Record:
        """What was done, to what, by which version."""
        cells = {"panel": digest(self.stages.raw.tobytes())}
        return Record("measure", self.spec.model_dump(mode="json", fallback=repr), cells | self.inputs)

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: region, time, element, its names, score, rank."""
        table = self.scores.to_dataframe().reset_index()
        table["rank"] = self.ranks().values.ravel()
        for name, of in self.about_region.items():
            table[f"region_{name}" if name.startswith("name_") else name] = np.repeat(of, table.shape[0] // len(of))
        return table

    def __repr__(self) -> str:
        last = self.top.isel({TIME: -1}).dropna(REGION)
        best = last[REGION].values[np.argsort(-last.values)][:5]
        steps = (*self.spec.impute, self.spec.treat, self.spec.normalise, *self.spec.weigh, *self.spec.aggregate)
        return "\n".join(
            (
                f"Index: {self.spec.title.en} ({self.spec.title.zh})",
                f"  {len(self.regions)} regions × {self.times[0]}-{self.times[-1]}, {self.tree.n_indicators} indicators",
                f"  elements: {', '.join(node.code for node in self.tree.elements)}",
                f"  steps: {', '.join(step.name for step in steps)}",
                f"  first in {self.times[-1]}: {', '.join(map(str, best))}",
                f"  filled cells: {(self.stages.origin > OBSERVED).mean():.1%}, left out: {len(self.omitted)} notes",
            )
        )

    def _panel(self, cells: npt.NDArray[Any]) -> Panel:
        leaves = self.tree.indicators
        coords = {
            REGION: self.regions,
            TIME: self.times,
            INDICATOR: np.array([leaf.code for leaf in leaves], dtype=object),
            "name_en": (INDICATOR, [leaf.label.en for leaf in leaves]),
            "name_zh": (INDICATOR, [leaf.label.zh for leaf in leaves]),
            "parent": (INDICATOR, [leaf.parent for leaf in leaves]),
            "direction": (INDICATOR, [leaf.direction for leaf in leaves]),
            "unit": (INDICATOR, [leaf.unit or "" for leaf in leaves]),
        }
        return xr.DataArray(cells.transpose(1, 0, 2), dims=CELL, coords=coords, name="value")

    def _by_node(self, values: Floats) -> xr.DataArray:
        coords: dict[str, Any] = {NODE: np.array(self.tree.codes, dtype=object)}
        dims = (NODE,) if values.ndim == 1 else (TIME, NODE)
        if values.ndim == 2:
            coords[TIME] = self.times
        return xr.DataArray(values, dims=dims, coords=coords, name="weight")


# --- What the panel offers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Gathered:
    """The panel's cells in the order of the tree, with the denominators beside them."""

    values: Floats
    below: Floats | None
    divided: npt.NDArray[np.intp]
    origin: npt.NDArray[np.uint8]
    regions: Codes
    times: npt.NDArray[np.int64]
    about_region: dict[str, npt.NDArray[Any]]


def _gathered(panel: Panel, spec: IndexSpec) -> _Gathered:
    cells = panel.transpose(TIME, REGION, INDICATOR)
    index = cells.indexes[INDICATOR]
    leaves = spec.tree.indicators
    divided = [at for at, leaf in enumerate(leaves) if leaf.denominator and spec.denominate]
    wanted = [leaf.source for leaf in leaves] + [str(leaves[at].denominator) for at in divided]
    at = index.get_indexer(wanted)
    if (at < 0).any():
        users = [*leaves, *(leaves[i] for i in divided)]
        lacking = zip(wanted, users, at, strict=True)
        raise MethodError(_no_column(column, leaf, index) for column, leaf, found in lacking if found < 0)
    array = np.ascontiguousarray(cells.values[:, :, at], dtype=float)
    known = cells.coords["origin"].values[:, :, at] if "origin" in cells.coords else None
    origin = np.where(np.isnan(array), MISSING, OBSERVED).astype(np.uint8) if known is None else known
    n = len(leaves)
    about = {str(name): c.values for name, c in cells.coords.items() if c.dims == (REGION,) and name != REGION}
    if divided:
        # A quotient is as well known as the less known of its two parts.
        origin[:, :, divided] = np.where(origin[:, :, n:] == OBSERVED, origin[:, :, divided], origin[:, :, n:])
    return _Gathered(
        np.ascontiguousarray(array[:, :, :n]),
        array[:, :, n:] if divided else None,
        np.array(divided, dtype=np.intp),
        np.ascontiguousarray(origin[:, :, :n]),
        cells[REGION].values,
        cells[TIME].values,
        about,
    )


def _no_column(column: str, leaf: Indicator, known: Iterable[str]) -> Fault:
    near = difflib.get_close_matches(column, list(map(str, known)), n=3)
    offer_en = f" Near: {', '.join(near)}." if near else ""
    offer_zh = f"相近的有：{'、'.join(near)}。" if near else ""
    return Fault(
        "no-such-column",
        f"indicator '{leaf.code}' needs '{column}', which the data does not have.{offer_en} "
        "Set `column` or `denominator`, or leave the indicator out.",
        f"指标“{leaf.code}”需要“{column}”，但数据中没有。{offer_zh}请设置 column 或 denominator，或去掉该指标。",
        column=column,
    )


# --- The steps before aggregation -----------------------------------------------------------------------------


def _denominate(raw: _Gathered, spec: IndexSpec, omitted: list[Fault]) -> Floats:
    if raw.below is None:
        return raw.values
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = raw.values[:, :, raw.divided] / raw.below
    by_zero = raw.below == 0
    if by_zero.any():
        quotient[by_zero] = np.nan
        for j, leaf in enumerate(raw.divided):
            if (where := by_zero[:, :, j]).any():
                code, places = spec.tree.indicators[leaf].code, _places(where, raw)
                omitted.append(
                    Fault(
                        "zero-denominator",
                        f"indicator '{code}' has a zero denominator at {places.en}; these cells count as missing.",
                        f"指标“{code}”的分母在 {places.zh} 为零，这些单元按缺失处理。",
                        column=code,
                        severity="warning",
                    )
                )
    out = raw.values.copy()
    out[:, :, raw.divided] = quotient
    return out


def _screened(x: Floats, spec: IndexSpec, raw: _Gathered, omitted: list[Fault]) -> Floats:
    if spec.screen is None:
        return x
    rule = spec.screen
    included = screen(x, by=rule.by, least=rule.least, least_nonzero=rule.least_nonzero).included
    if included.all():
        return x
    places = _places(~included, raw)
    omitted.append(
        Fault(
            "screened-out",
            f"too little data (share observed below {rule.least:.0%}), left out: {places.en}.",
            f"数据不足（观测比例低于 {rule.least:.0%}），未纳入：{places.zh}。",
            severity="warning",
        )
    )
    return np.where(included[:, :, None], x, np.nan)


def _filled(x: Floats, spec: IndexSpec, raw: _Gathered) -> tuple[Floats, npt.NDArray[np.uint8]]:
    origin = np.where(np.isnan(x), np.uint8(MISSING), raw.origin)
    if not spec.impute or not (missing := np.isnan(x)).any():
        return x, origin
    out_of_study = missing.all(axis=2) if spec.screen else np.zeros(x.shape[:2], dtype=bool)
    tree = spec.tree
    for step in spec.impute:
        near = Near(
            groups=_groups(step.by, raw),
            parents=tree.parents[: tree.n_indicators],
            times=raw.times.astype(float),
            directions=tree.directions[: tree.n_indicators].astype(float),
            pooled=step.scope == "pooled",
            seed=0,
        )
        with _telling(f"impute: {step.name}", f"填补：{step.name}", raw):
            x, origin = fill(x, [(step.name, step.function, step.options)], near, origin)
    if out_of_study.any():
        x, origin = np.where(out_of_study[:, :, None], np.nan, x), origin.copy()
        origin[out_of_study] = MISSING
    return x, origin


def _groups(by: str | None, raw: _Gathered) -> npt.NDArray[np.intp] | None:
    if by is None:
        return None
    if by not in raw.about_region:
        known = ", ".join(raw.about_region) or "none"
        raise MethodError(
            Fault(
                "unknown-group",
                f"regions have no group '{by}'. They have: {known}.",
                f"地区没有名为“{by}”的分组。现有：{known}。",
                column=by,
            )
        )
    return np.unique(raw.about_region[by].astype(str), return_inverse=True)[1]


def _treated(
    x: Floats, spec: IndexSpec, raw: _Gathered
) -> tuple[Floats, npt.NDArray[np.int8], tuple[tuple[int | None, dict[str, Any]], ...]]:
    choice = spec.treat
    if choice.method == "none":
        return x, np.zeros(x.shape, dtype=np.int8), ()
    years = list(raw.times) if choice.scope == "year" else [None]
    layers = x if choice.scope == "year" else x.reshape(1, -1, x.shape[2])
    with _telling(f"treat: {choice.name}", f"异常值处理：{choice.name}", raw):
        done = [choice.function(layer, **choice.options) for layer in layers]
    values = np.stack([one.values for one in done]).reshape(x.shape)
    marks = np.stack([one.marks for one in done]).reshape(x.shape)
    if choice.skip:
        untouched = [spec.tree.position(code) for code in choice.skip]
        values[:, :, untouched], marks[:, :, untouched] = x[:, :, untouched], 0
    return values, marks, tuple(zip(years, (one.details for one in done), strict=True))


def _normalised(x: Floats, spec: IndexSpec, raw: _Gathered) -> Floats:
    leaves = spec.tree.indicators
    special = spec.normalise.only
    if not special:
        return _normalise(x, spec.normalise, leaves, raw)
    out = np.empty_like(x)
    rest = [at for at, leaf in enumerate(leaves) if leaf.code not in special]
    groups: list[tuple[list[int], Normalise]] = [(rest, spec.normalise)] if rest else []
    groups += [([spec.tree.position(code)], choice) for code, choice in special.items()]
    for at, choice in groups:
        out[:, :, at] = _normalise(x[:, :, at], choice, tuple(leaves[i] for i in at), raw)
    return out


def _normalise(x: Floats, choice: Normalise, leaves: Sequence[Indicator], raw: _Gathered) -> Floats:
    layout, frame = _frames(x, choice.scope, raw)
    marks = Marks(
        direction=np.array([leaf.direction for leaf in leaves], dtype=float),
        target=_marks(leaf.target for leaf in leaves),
        low=_marks(leaf.low for leaf in leaves),
        high=_marks(leaf.high for leaf in leaves),
        reference=None if choice.reference is None else _reference_row(choice.reference, frame, raw),
    )
    with _telling(f"normalise: {choice.name}", f"标准化：{choice.name}", raw):
        return np.asarray(choice.function(layout, frame, marks, **choice.options)).reshape(x.shape)


def _reference_row(region: str, frame: Floats, raw: _Gathered) -> int:
    """The region's row in the frame; where the frame pools years, its row in the last of them."""
    if region not in raw.regions:
        raise MethodError(
            Fault(
                "unknown-region",
                f"the reference '{region}' is not a region of the data.",
                f"参照地区“{region}”不在数据中。",
            )
        )
    n = len(raw.regions)
    return frame.shape[-2] - n + int(np.flatnonzero(raw.regions == region)[0])


def _marks(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values])


def _frames(x: Floats, scope: Scope, raw: _Gathered) -> tuple[Floats, Floats]:
    """The cells as a method sees them, and the cells it takes its measures from."""
    if scope == "year":
        return x, x
    cells = x.reshape(-1, x.shape[2])
    if scope == "pooled":
        return cells, cells
    inside = _years_within(scope, raw)
    return cells, x[inside].reshape(-1, x.shape[2])


def _years_within(scope: Scope, raw: _Gathered) -> npt.NDArray[np.bool_]:
    first, last = scope  # type: ignore[misc]
    inside = (raw.times >= int(first)) & (raw.times <= int(last))
    if not inside.any():
        raise MethodError(
            Fault(
                "empty-base-period",
                f"the base period {first}-{last} has no year of the data ({raw.times[0]}-{raw.times[-1]}).",
                f"基期 {first}—{last} 内没有数据年份（数据为 {raw.times[0]}—{raw.times[-1]}）。",
            )
        )
    return inside


def _refuse_flat(treated: Floats, normalised: Floats, spec: IndexSpec, raw: _Gathered) -> None:
    """An indicator that nobody has, or that does not vary where its scale is taken from, cannot be measured."""
    seen = ~np.isnan(treated)
    lost = seen & ~np.isfinite(normalised)
    empty = ~seen.any(axis=(0, 1))
    if not (empty.any() or lost.any()):
        return
    faults = []
    for at, leaf in enumerate(spec.tree.indicators):
        if empty[at]:
            faults.append(
                Fault(
                    "indicator-empty",
                    f"indicator '{leaf.code}' has no value for any region or year. Leave it out or bring data for it.",
                    f"指标“{leaf.code}”在所有地区和年份都没有数值。请去掉该指标或补充数据。",
                    column=leaf.code,
                )
            )
        elif lost[:, :, at].any():
            faults.append(_cannot_scale(treated[:, :, at], lost[:, :, at], leaf, raw))
    raise MethodError(faults)


def _cannot_scale(x: Floats, lost: npt.NDArray[np.bool_], leaf: Indicator, raw: _Gathered) -> Fault:
    observed = x[~np.isnan(x)]
    if (observed == observed[0]).all():
        return Fault(
            "indicator-constant",
            f"indicator '{leaf.code}' is {observed[0]:g} everywhere, so it cannot tell regions apart. Leave it out.",
            f"指标“{leaf.code}”处处等于 {observed[0]:g}，无法区分地区。请去掉该指标。",
            column=leaf.code,
        )
    places = _places(lost, raw)
    return Fault(
        "cannot-normalise",
        f"indicator '{leaf.code}' has no finite normalised value at {places.en}: it does not vary where its scale is "
        "taken from, or a target or reference is zero. Pool the years, choose another normalisation, or leave it out.",
        f"指标“{leaf.code}”在 {places.zh} 无法标准化：取尺度的范围内没有差异，或目标、参照值为零。"
        "请合并各年、改用其他标准化方法或去掉该指标。",
        column=leaf.code,
    )


# --- Weights and aggregation ----------------------------------------------------------------------------------


def _climb(normalised: Floats, spec: IndexSpec, raw: _Gathered) -> tuple[Floats, Floats]:
    """Weigh and aggregate from the indicators to the top; returns (weights, scores) over all nodes."""
    tree = spec.tree
    climb = _Climb(spec, tree, raw, normalised)
    weights = climb.weights()
    return weights, climb.scores(weights)


@dataclass(frozen=True)
class _Climb:
    spec: IndexSpec
    tree: Tree
    raw: _Gathered
    normalised: Floats

    def weights(self) -> Floats:
        tree = self.tree
        shares = _shares(tree.given, tree)
        flat = next((choice for choice in self.spec.weigh if choice.flat), None)
        if flat is not None:
            return self._flat(flat)
        choices = {level: self.spec.weighing(level) for level in range(1, tree.height)}
        if all(choice.method == "given" for choice in choices.values()):
            return shares
        late = []
        for family in tree.families:
            level = int(tree.levels[family.parent]) - 1
            choice = choices[level]
            if choice.name in OPTIMISED:
                late.append(level)
            elif choice.method != "given":
                shares = self._weigh(choice, family.children, tree.nodes[family.parent].code, shares)
        for level in sorted(set(late)):
            shares = self._optimise(choices[level], level, shares)
        return shares

    def _weigh(self, choice: Weigh, children: npt.NDArray[np.intp], parent: str, shares: Floats) -> Floats:
        x = self.scores(shares, upto=children)[:, :, children]
        siblings = Siblings(parent, tuple(self.tree.codes[i] for i in children), self.tree.given[children], None)
        own = self._call(choice, x, siblings)
        return _put(shares, children, own)

    def _flat(self, choice: Weigh) -> Floats:
        tree = self.tree
        leaves = np.arange(tree.n_indicators)
        siblings = Siblings(tree.codes[-1], tree.codes[: tree.n_indicators], tree.given[leaves], None)
        own = self._call(choice, self.normalised, siblings)
        masses = np.zeros((*own.shape[:-1], len(tree.nodes)))
        for at in range(tree.n_indicators):
            for node in tree.line(at):
                masses[..., node] += own[..., at]
        return _shares(masses, tree)

    def _optimise(self, choice: Weigh, level: int, shares: Floats) -> Floats:
        """Weights of a whole level at once, against the index they lead to."""
        nodes = np.flatnonzero((self.tree.levels == level) & (self.tree.parents >= 0))
        x = self.scores(shares, upto=nodes)

        def outcome(own: Floats) -> Floats:
            tried = _shares(_put(shares, nodes, own), self.tree)
            return self.scores(tried)[:, :, -1].ravel()

        siblings = Siblings("", tuple(self.tree.codes[i] for i in nodes), np.ones(len(nodes)), outcome)
        own = self._call(choice, x[:, :, nodes], siblings)
        return _shares(_put(shares, nodes, own), self.tree)

    def _call(self, choice: Weigh, x: Floats, siblings: Siblings) -> Floats:
        _, frame = _frames(x, choice.scope, self.raw)
        with _telling(f"weigh: {choice.name} under '{siblings.parent}'", f"赋权：{choice.name}", self.raw):
            return np.asarray(choice.function(frame, siblings, **choice.options))

    def scores(self, weights: Floats, upto: npt.NDArray[np.intp] | None = None) -> Floats:
        """Scores of all nodes under the given weights; with ``upto``, only as far as those nodes need."""
        tree = self.tree
        t, r, k = self.normalised.shape
        out = np.full((t, r, len(tree.nodes)), np.nan)
        out[:, :, :k] = self._scored()
        last = len(tree.nodes) if upto is None else int(upto.max()) + 1
        for family in tree.families:
            if family.parent >= last:
                break
            x = self._oriented(out[:, :, family.children], family.children)
            choice = self.spec.aggregating(int(tree.levels[family.parent]))
            out[:, :, family.parent] = self._aggregate(x, weights[..., family.children], choice, family.parent)
        return out

    def _scored(self) -> Floats:
        """The data that is scored: as normalised, unless the zero rule of the weights is to enter the score too."""
        choice = self.spec.weighing(1)
        if not choice.options.get("in_score"):
            return self.normalised
        layout, _ = _frames(self.normalised, choice.scope, self.raw)
        return scored(layout, **choice.options).reshape(self.normalised.shape)

    def _oriented(self, x: Floats, children: npt.NDArray[np.intp]) -> Floats:
        # Indicators were turned when they were normalised; an element that counts against its parent is mirrored here.
        against = (self.tree.directions[children] < 0) & (children >= self.tree.n_indicators)
        if not against.any():
            return x
        choice = self.spec.normalise
        return np.where(against, mirror(choice.name, choice.options, x), x)

    def _aggregate(self, x: Floats, w: Floats, choice: Aggregate, parent: int) -> Floats:
        t, r, k = x.shape
        node = self.tree.nodes[parent].code
        by_year = choice.scope == "year" or t == 1 or w.ndim > 1
        layout = x if by_year else x.reshape(t * r, k)
        with _telling(f"aggregate: {choice.name} of '{node}'", f"合成“{node}”：{choice.name}", self.raw):
            score = choice.function(layout, w, **choice.options).reshape(t, r)
        if choice.least > 0:
            present = (~np.isnan(x)).mean(axis=2)
            # Strictly below the limit is missing; the guard keeps 2/3 of 3 children from failing by rounding.
            score = np.where(present < choice.least - 1e-12, np.nan, score)
        return score


def _shares(masses: Floats, tree: Tree) -> Floats:
    """Scale the masses of siblings so that they sum to one under each parent; the top has all."""
    out = np.array(masses, dtype=float)
    for family in tree.families:
        own = out[..., family.children]
        out[..., family.children] = own / own.sum(axis=-1, keepdims=True)
    out[..., -1] = 1.0
    return out


def _put(shares: Floats, at: npt.NDArray[np.intp], own: Floats) -> Floats:
    """``shares`` with those of some nodes replaced, taking on a time axis where the new ones have it."""
    shape = np.broadcast_shapes(shares.shape[:-1], own.shape[:-1])
    out = np.broadcast_to(shares, (*shape, shares.shape[-1])).copy()
    out[..., at] = own
    return out


# --- Telling people what went wrong ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Places:
    en: str
    zh: str


def _places(where: npt.NDArray[np.bool_], raw: _Gathered, most: int = 5) -> _Places:
    """Region-years named, the first few; (time, region) mask."""
    t, r = np.nonzero(where)
    names_en = raw.about_region.get("name_en", raw.regions)
    names_zh = raw.about_region.get("name_zh", raw.regions)
    years: dict[int, list[int]] = {}
    for year, region in zip(t, r, strict=True):
        years.setdefault(int(region), []).append(int(raw.times[year]))
    shown = list(years.items())[:most]
    rest = len(years) - len(shown)
    en = "; ".join(f"{names_en[i]} ({_spans(of)})" for i, of in shown) + (f"; and {rest} more regions" if rest else "")
    zh = "；".join(f"{names_zh[i]}（{_spans(of)}）" for i, of in shown) + (f"；另有 {rest} 个地区" if rest else "")
    return _Places(en, zh)


def _spans(years: Sequence[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"


@contextmanager
def _telling(en: str, zh: str, raw: _Gathered) -> Iterator[None]:
    """Turn what a method refused into an error that names the step, the regions and the years."""
    try:
        yield
    except Unfit as refusal:
        where = refusal.where
        if where.ndim > 2 or where.shape[0] == len(raw.times) * len(raw.regions):
            where = where.reshape(len(raw.times), len(raw.regions), -1)
        places = _places(where.any(axis=-1) if where.ndim == 3 else where, raw)
        raise MethodError(
            Fault(
                refusal.code, f"{en}: {refusal.en} Found at {places.en}.", f"{zh}：{refusal.zh}见于 {places.zh}。"
            )
        ) from None
    except FaultyValue as refusal:
        raise MethodError(Fault(refusal.code, f"{en}: {refusal.en}", f"{zh}：{refusal.zh}")) from None
