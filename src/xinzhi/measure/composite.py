"""From a panel to an index: the steps in their order, and the result that remembers each of them.

Labels, gaps, options and messages are settled here; the methods of the single steps see arrays only, laid out
(time, region, indicator) so that "each year alone" is a leading axis and "all years pooled" one long axis of cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import MISSING, Floats, Panel
from xinzhi.measure.cells import Gathered, frames, gathered, places_of, telling
from xinzhi.measure.climb import climb
from xinzhi.measure.imputation import Near, fill
from xinzhi.measure.normalisation import Marks
from xinzhi.measure.result import Index, Stages
from xinzhi.measure.screening import screen
from xinzhi.measure.spec import Impute, IndexSpec, Normalise
from xinzhi.measure.tree import Indicator

__all__ = ["Index", "Prepared", "denominate", "measure", "nearby", "normalise", "prepare", "rescale"]


def measure(panel: Panel, spec: IndexSpec, *, inputs: Mapping[str, str] | None = None) -> Index:
    """Build a composite index: denominate, screen, impute, treat, normalise, weigh, aggregate.

    ``panel`` is region × time × indicator, ``nan`` where nothing was observed, each column in its ``unit`` where it has
    that coordinate; ``inputs`` are digests of the files behind it, kept in the record. Indicators are measured in the
    unit the spec states, and one amount over another of its kind as a ratio, where the units are known. Cells that stay
    missing are left out of the aggregates (see ``Aggregate.least``). Raises ``MethodError`` with every fault found.
    Order of steps: OECD/JRC Handbook 2008, step 3 to 6.
    """
    raw = gathered(panel, spec)
    made = prepare(raw, spec)
    denominated, normalised = made.denominated, normalise(made.treated, spec, raw)
    weights, scores = climb(normalised, spec, raw)
    omitted = (
        *made.divided_by_zero,
        *_suspicions(denominated, spec, raw),
        *made.screened_out,
        *_thin(normalised, scores[:, :, -1], raw),
    )
    stages = Stages(
        raw.values, denominated, made.imputed, made.treated, normalised, made.origin, made.marks, scores, weights
    )
    return Index(
        spec,
        raw.regions,
        raw.times,
        stages,
        made.details,
        omitted,
        dict(inputs or {}),
        raw.about_region,
        raw.units,
        raw.axes,
    )


@dataclass(frozen=True)
class Prepared:
    """The cells on their way to being normalised, (time, region, indicator) each, with what was left out."""

    denominated: Floats
    imputed: Floats
    treated: Floats
    origin: npt.NDArray[np.uint8]
    marks: npt.NDArray[np.int8]
    details: tuple[tuple[int | None, dict[str, Any]], ...]
    divided_by_zero: tuple[Fault, ...]
    screened_out: tuple[Fault, ...]


def prepare(raw: Gathered, spec: IndexSpec, *, seed: int = 0) -> Prepared:
    """Denominate, screen, impute and treat; ``seed`` is for imputations that draw. Raises ``MethodError``."""
    divided_by_zero: list[Fault] = []
    screened_out: list[Fault] = []
    denominated = denominate(raw, spec, divided_by_zero)
    kept = _screened(denominated, spec, raw, screened_out)
    imputed, origin = _filled(kept, spec, raw, seed)
    treated, marks, details = _treated(imputed, spec, raw)
    return Prepared(denominated, imputed, treated, origin, marks, details, tuple(divided_by_zero), tuple(screened_out))


def normalise(treated: Floats, spec: IndexSpec, raw: Gathered) -> Floats:
    """Bring treated indicators to one scale. Raises ``MethodError`` for indicators that have none."""
    normalised = rescale(treated, spec, raw)
    _refuse_flat(treated, normalised, spec, raw)
    return normalised


def denominate(raw: Gathered, spec: IndexSpec, omitted: list[Fault]) -> Floats:
    """The values, (…, time, region, indicator), over their denominators and in the units of the spec.

    Cells whose denominator is zero become ``nan``, which is added to ``omitted``.
    """
    x = raw.values if raw.below is None else _divided(raw, raw.below, spec, omitted)
    factors = raw.units.factors
    return x if (factors == 1).all() else x * factors


def _divided(raw: Gathered, below: Floats, spec: IndexSpec, omitted: list[Fault]) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = raw.values[..., raw.divided] / below
    by_zero = below == 0
    if by_zero.any():
        quotient[..., by_zero] = np.nan
        for j, leaf in enumerate(raw.divided):
            if (where := by_zero[:, :, j]).any():
                code, places = spec.tree.indicators[leaf].code, places_of(where, raw)
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
    out[..., raw.divided] = quotient
    return out


def _suspicions(x: Floats, spec: IndexSpec, raw: Gathered) -> Iterator[Fault]:
    """What no step can settle but a person should look at: impossible values, years in which everybody is alike."""
    leaves = spec.tree.indicators
    for at, leaf in enumerate(leaves):
        if leaf.within:
            outside = (x[:, :, at] < leaf.within[0]) | (x[:, :, at] > leaf.within[1])
            if outside.any():
                yield _implausible(leaf, leaf.within, outside, x[:, :, at], raw)
    if len(raw.times) == 1:
        return
    low, high = np.fmin.reduce(x, axis=1), np.fmax.reduce(x, axis=1)
    alike = (low == high) & ((~np.isnan(x)).sum(axis=1) > 2)
    for j in np.flatnonzero(alike.any(axis=0) & ~alike.all(axis=0)):
        yield _alike(leaves[j].code, raw.times[alike[:, j]], low[alike[:, j], j])


def _implausible(
    leaf: Indicator, within: tuple[float, float], outside: npt.NDArray[np.bool_], x: Floats, raw: Gathered
) -> Fault:
    places, n = places_of(outside, raw), int(outside.sum())
    worst = x[outside][np.argmax(np.abs(x[outside] - sum(within) / 2))]
    return Fault(
        "implausible-value",
        f"indicator '{leaf.code}' can only lie within {within[0]:g} and {within[1]:g}. Cells outside: {n}, the "
        f"farthest {worst:g}: {places.en}. They are used as they are: check the source, or leave them out.",
        f"指标“{leaf.code}”只能在 {within[0]:g} 与 {within[1]:g} 之间。超出的单元有 {n} 个，最远为 {worst:g}："
        f"{places.zh}。这些数值按原样使用，请核对来源或予以剔除。",
        column=leaf.code,
        severity="warning",
    )


def _alike(code: str, years: npt.NDArray[np.int64], values: Floats) -> Fault:
    when = ", ".join(map(str, years))
    what = ", ".join(dict.fromkeys(f"{value:g}" for value in values))
    return Fault(
        "same-everywhere",
        f"indicator '{code}' is the same in every region ({what}) in {when}, and differs in other years. "
        "This is often a gap written as a number: check the source.",
        f"指标“{code}”在 {when} 年所有地区取值相同（{what}），其他年份则不同。这常是把缺失写成了数字，请核对来源。",
        column=code,
        severity="warning",
    )


def _screened(x: Floats, spec: IndexSpec, raw: Gathered, omitted: list[Fault]) -> Floats:
    if spec.screen is None:
        return x
    rule = spec.screen
    included = screen(x, by=rule.by, least=rule.least, least_nonzero=rule.least_nonzero).included
    if included.all():
        return x
    places = places_of(~included, raw)
    omitted.append(
        Fault(
            "screened-out",
            f"too little data (share observed below {rule.least:.0%}), left out: {places.en}.",
            f"数据不足（观测比例低于 {rule.least:.0%}），未纳入：{places.zh}。",
            severity="warning",
        )
    )
    return np.where(included[:, :, None], x, np.nan)


def _filled(x: Floats, spec: IndexSpec, raw: Gathered, seed: int) -> tuple[Floats, npt.NDArray[np.uint8]]:
    origin = np.where(np.isnan(x), np.uint8(MISSING), raw.origin)
    if not spec.impute or not (missing := np.isnan(x)).any():
        return x, origin
    out_of_study = np.logical_and(spec.screen is not None, np.all(missing, axis=2))
    for step in spec.impute:
        with telling(f"impute: {step.name}", f"填补：{step.name}", raw):
            steps = [(step.name, step.function, step.options)]
            x, origin = fill(x, steps, nearby(step, spec, raw, seed), origin)
    if out_of_study.any():
        x, origin = np.where(out_of_study[:, :, None], np.nan, x), origin.copy()
        origin[out_of_study] = MISSING
    return x, origin


def nearby(step: Impute, spec: IndexSpec, raw: Gathered, seed: int) -> Near:
    """What a step of imputation may look at. Raises ``MethodError`` where regions have no such group."""
    tree = spec.tree
    return Near(
        groups=_groups(step.by, raw),
        parents=tree.parents[: tree.n_indicators],
        times=raw.times.astype(float),
        directions=tree.directions[: tree.n_indicators].astype(float),
        pooled=step.scope == "pooled",
        seed=seed,
    )


def _groups(by: str | None, raw: Gathered) -> npt.NDArray[np.intp] | None:
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
    names = raw.about_region[by].astype(str)
    codes = np.unique(names, return_inverse=True)[1]
    return np.where(np.isin(names, ["", "nan", "None"]), -1, codes)


def _treated(
    x: Floats, spec: IndexSpec, raw: Gathered
) -> tuple[Floats, npt.NDArray[np.int8], tuple[tuple[int | None, dict[str, Any]], ...]]:
    choice = spec.treat
    if choice.method == "none":
        return x, np.zeros(x.shape, dtype=np.int8), ()
    years = list(raw.times) if choice.scope == "year" else [None]
    layers = x if choice.scope == "year" else x.reshape(1, -1, x.shape[2])
    with telling(f"treat: {choice.name}", f"异常值处理：{choice.name}", raw):
        done = [choice.function(layer, **choice.options) for layer in layers]
    values = np.stack([one.values for one in done]).reshape(x.shape)
    marks = np.stack([one.marks for one in done]).reshape(x.shape)
    if choice.skip:
        untouched = [spec.tree.position(code) for code in choice.skip]
        values[:, :, untouched], marks[:, :, untouched] = x[:, :, untouched], 0
    lost = ~np.isnan(x) & ~np.isfinite(values)
    if lost.any():
        hit = [at for at in range(len(spec.tree.indicators)) if lost[:, :, at].any()]
        raise MethodError(_cannot_treat(lost[:, :, at], spec.tree.indicators[at], choice.name, raw) for at in hit)
    return values, marks, tuple(zip(years, (one.details for one in done), strict=True))


def _cannot_treat(lost: npt.NDArray[np.bool_], leaf: Indicator, method: str, raw: Gathered) -> Fault:
    places = places_of(lost, raw)
    return Fault(
        "cannot-treat",
        f"indicator '{leaf.code}': '{method}' has no value at {places.en}; a logarithm or power needs numbers above "
        "zero. Use log-ct, which shifts them, or list the indicator under `skip`.",
        f"指标“{leaf.code}”：“{method}”在 {places.zh} 无法取值；对数或幂变换要求数值大于零。"
        "请改用会平移数值的 log-ct，或把该指标列入 skip。",
        column=leaf.code,
    )


def rescale(x: Floats, spec: IndexSpec, raw: Gathered) -> Floats:
    """Treated indicators (…, time, region, indicator) on one scale; not finite where a column has none."""
    leaves = spec.tree.indicators
    special = spec.normalise.only
    if not special:
        return _normalise(x, spec.normalise, leaves, raw)
    out = np.empty_like(x)
    rest = [at for at, leaf in enumerate(leaves) if leaf.code not in special]
    groups: list[tuple[list[int], Normalise]] = [(rest, spec.normalise)] if rest else []
    groups += [([spec.tree.position(code)], choice) for code, choice in special.items()]
    for at, choice in groups:
        out[..., at] = _normalise(x[..., at], choice, tuple(leaves[i] for i in at), raw)
    return out


def _normalise(x: Floats, choice: Normalise, leaves: Sequence[Indicator], raw: Gathered) -> Floats:
    layout, frame = frames(x, choice.scope, raw)
    marks = Marks(
        direction=np.array([leaf.direction for leaf in leaves], dtype=float),
        target=_known(leaf.target for leaf in leaves),
        low=_known(leaf.low for leaf in leaves),
        high=_known(leaf.high for leaf in leaves),
        reference=None if choice.reference is None else _reference_row(choice.reference, frame, raw),
    )
    with telling(f"normalise: {choice.name}", f"标准化：{choice.name}", raw):
        return np.asarray(choice.function(layout, frame, marks, **choice.options)).reshape(x.shape)


def _reference_row(region: str, frame: Floats, raw: Gathered) -> int:
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
    return int(frame.shape[-2]) - n + int(np.flatnonzero(raw.regions == region)[0])


def _known(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values])


def _thin(x: Floats, top: Floats, raw: Gathered) -> Iterator[Fault]:
    """Scores that stand on fewer than half of the indicators rank with the others and do not compare with them."""
    thin = (2 * np.isnan(x).sum(axis=2) > x.shape[2]) & ~np.isnan(top)
    if thin.any():
        places = places_of(thin, raw)
        yield Fault(
            "few-indicators",
            f"scored on fewer than half of the indicators: {places.en}. Such scores hardly compare with the others: "
            "set `screen`, `impute`, or `least` of the aggregation.",
            f"以下得分所依据的指标不足一半：{places.zh}。这类得分与其他得分难以比较："
            "请设置 screen、impute，或合成方法的 least。",
            severity="warning",
        )


def _refuse_flat(treated: Floats, normalised: Floats, spec: IndexSpec, raw: Gathered) -> None:
    """An indicator that nobody has, or that does not vary where its scale is taken from, cannot be measured."""
    seen = ~np.isnan(treated)
    lost = seen & ~np.isfinite(normalised)
    empty = np.asarray(~seen.any(axis=(0, 1)))
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
            choice = spec.normalise.only.get(leaf.code, spec.normalise)
            faults.append(_cannot_scale(treated[:, :, at], lost[:, :, at], leaf, choice.name, raw))
    raise MethodError(faults)


# What an indicator itself has to say for a method that measures it against bounds of its own.
_BOUNDS = {"distance-to-target": ("target",), "goalposts": ("low", "high"), "scaled": ("low", "high")}


def _cannot_scale(x: Floats, lost: npt.NDArray[np.bool_], leaf: Indicator, method: str, raw: Gathered) -> Fault:
    if lacking := [bound for bound in _BOUNDS.get(method, ()) if getattr(leaf, bound) is None]:
        return Fault(
            "bound-not-given",
            f"indicator '{leaf.code}' has no {' and no '.join(lacking)}, which '{method}' measures against. "
            f"Add {', '.join(f'{bound} = …' for bound in lacking)} to the indicator.",
            f"指标“{leaf.code}”没有给出 {'、'.join(lacking)}，而“{method}”须以此为准。"
            f"请在该指标中添加 {', '.join(f'{bound} = …' for bound in lacking)}。",
            column=leaf.code,
        )
    observed = x[~np.isnan(x)]
    if (observed == observed[0]).all():
        return Fault(
            "indicator-constant",
            f"indicator '{leaf.code}' is {observed[0]:g} everywhere, so it cannot tell regions apart. Leave it out.",
            f"指标“{leaf.code}”处处等于 {observed[0]:g}，无法区分地区。请去掉该指标。",
            column=leaf.code,
        )
    places = places_of(lost, raw)
    return Fault(
        "cannot-normalise",
        f"indicator '{leaf.code}' has no finite normalised value at {places.en}: it does not vary where its scale is "
        "taken from, or a target or reference is zero. Pool the years, choose another normalisation, or leave it out.",
        f"指标“{leaf.code}”在 {places.zh} 无法标准化：取尺度的范围内没有差异，或目标、参照值为零。"
        "请合并各年、改用其他标准化方法或去掉该指标。",
        column=leaf.code,
    )
