"""An index's cells in many draws at once: the steps up to the weights, taken together wherever that is the same.

Draws lie along a leading axis (draw, time, region, indicator). Scales and weights know leading axes; treatments and
most imputations work column by column, so that the columns of all draws may stand side by side. What must see one
draw at a time, such as functions of one's own, does. What is refused is asked again draw by draw, so that the fault
is said with the regions and years of the draw concerned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from xinzhi.core.errors import MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.specs import FaultyValue
from xinzhi.measure.cells import Gathered, frames
from xinzhi.measure.climb import OPTIMISED, put, shares_of, spread_up, weigh
from xinzhi.measure.composite import denominate, nearby, normalise, prepare, rescale
from xinzhi.measure.imputation import COLUMNWISE, draws, fill
from xinzhi.measure.screening import screen
from xinzhi.measure.spec import Choice, Impute, IndexSpec, Weigh
from xinzhi.measure.sweep import Sweep
from xinzhi.measure.weighting import Siblings


def normalise_draws(values: Floats, seeds: Sequence[int], spec: IndexSpec, raw: Gathered) -> Floats:
    """Denominate, screen, impute, treat and normalise draws of the values: (draw, time, region, indicator).

    ``values`` are (draw, …), or (1, …) where draws differ by the ``seeds`` of imputations alone; one draw comes back
    where nothing draws. The same numbers as ``prepare`` and ``normalise`` give draw by draw, to rounding. Raises
    ``MethodError`` with the faults of the first draw that cannot be measured.
    """
    if _named(spec.treat, spec.normalise, *spec.normalise.only.values(), *spec.impute):
        try:
            return _normalised(values, seeds, spec, raw)
        except FaultyValue:
            pass  # said again below by the draw concerned
    own = np.broadcast_to(values, (len(seeds), *values.shape[1:]))
    return np.stack([_alone(one, seed, spec, raw) for one, seed in zip(own, seeds, strict=True)])


def weigh_draws(normalised: Floats, spec: IndexSpec, raw: Gathered) -> Floats:
    """Weights of all nodes for every draw, (draw, 1 or time, node): shares within each parent.

    The same numbers as ``weigh`` gives draw by draw, to rounding. Raises ``MethodError`` as ``weigh`` does.
    """
    if _named(*spec.weigh, *spec.aggregate) and not any(choice.name in OPTIMISED for choice in spec.weigh):
        try:
            return _weights(normalised, spec, raw)
        except (FaultyValue, MethodError):
            pass  # said again below by the draw concerned
    return np.stack([np.atleast_2d(weigh(one, spec, raw)) for one in normalised])


def _named(*choices: Choice) -> bool:
    """Whether all methods are the house's own, also those among their options."""
    return not any(_holds_function((choice.method, choice.options)) for choice in choices)


def _holds_function(said: Any) -> bool:
    if isinstance(said, dict):
        return any(map(_holds_function, said.values()))
    if isinstance(said, (list, tuple)):
        return any(map(_holds_function, said))
    return callable(said)


def _alone(values: Floats, seed: int, spec: IndexSpec, raw: Gathered) -> Floats:
    return normalise(prepare(replace(raw, values=values), spec, seed=seed).treated, spec, raw)


def _normalised(values: Floats, seeds: Sequence[int], spec: IndexSpec, raw: Gathered) -> Floats:
    x = denominate(replace(raw, values=values), spec, [])
    if spec.screen is not None:
        rule = spec.screen
        included = screen(x, by=rule.by, least=rule.least, least_nonzero=rule.least_nonzero).included
        x = np.where(included[..., None], x, np.nan)
    treated = _treated(_filled(x, seeds, spec, raw), spec)
    normalised = rescale(treated, spec, raw)
    seen = ~np.isnan(treated)
    if (seen & ~np.isfinite(normalised)).any() or not seen.any(axis=(1, 2)).all():
        raise FaultyValue("no-scale", "some indicator of some draw has no scale", "某次抽样中有指标无法标准化")
    return normalised


def _filled(x: Floats, seeds: Sequence[int], spec: IndexSpec, raw: Gathered) -> Floats:
    if not spec.impute or not (missing := np.isnan(x)).any():
        return x
    out_of_study = np.logical_and(spec.screen is not None, missing.all(axis=3))
    for step in spec.impute:
        if draws(step.method, step.options):
            own = np.broadcast_to(x, (len(seeds), *x.shape[1:]))
            x = np.stack([_step(one, step, spec, raw, seed) for one, seed in zip(own, seeds, strict=True)])
        elif step.name in COLUMNWISE:
            x = _side_by_side(x, partial(_step, step=step, spec=spec, raw=raw))
        else:
            x = np.stack([_step(one, step, spec, raw) for one in x])
    return np.where(out_of_study[..., None], np.nan, x) if out_of_study.any() else x


def _step(x: Floats, step: Impute, spec: IndexSpec, raw: Gathered, seed: int = 0) -> Floats:
    nobody = np.zeros(x.shape, dtype=np.uint8)  # where cells come from is the same in every draw, and known
    return fill(x, [(step.name, step.function, step.options)], nearby(step, spec, raw, seed), nobody)[0]


def _treated(x: Floats, spec: IndexSpec) -> Floats:
    choice = spec.treat
    if choice.method == "none":
        return x
    _, t, r, _ = x.shape
    # A year alone is a column of its own as well.
    axes = (2, 0, 1, 3) if choice.scope == "year" else (1, 2, 0, 3)
    turned = x.transpose(axes)
    columns = np.ascontiguousarray(turned).reshape(r if choice.scope == "year" else t * r, -1)
    treated = choice.function(columns, **choice.options).values.reshape(turned.shape)
    out = np.ascontiguousarray(treated.transpose(np.argsort(axes)))
    untouched = [spec.tree.position(code) for code in choice.skip]
    out[..., untouched] = x[..., untouched]
    if (~np.isnan(x) & ~np.isfinite(out)).any():
        raise FaultyValue("cannot-treat", "some value of some draw cannot be treated", "某次抽样中有数值无法处理")
    return out


def _side_by_side(x: Floats, work: Callable[[Floats], Floats]) -> Floats:
    """What is done to columns, done to those of all draws: (draw, time, region, k) as (time, region, draw x k)."""
    n, t, r, k = x.shape
    columns = np.ascontiguousarray(x.transpose(1, 2, 0, 3)).reshape(t, r, n * k)
    return work(columns).reshape(t, r, n, k).transpose(2, 0, 1, 3)


def _weights(normalised: Floats, spec: IndexSpec, raw: Gathered) -> Floats:
    tree = spec.tree
    k, n = tree.n_indicators, len(normalised)

    def call(choice: Weigh, x: Floats, siblings: Siblings) -> Floats:
        own = np.asarray(choice.function(frames(x, choice.scope, raw)[1], siblings, **choice.options))
        return own if own.ndim == 3 else own[:, None]

    flat = next((choice for choice in spec.weigh if choice.flat), None)
    if flat is not None:
        siblings = Siblings(tree.codes[-1], tree.codes[:k], tree.given[:k], None)
        return spread_up(call(flat, normalised, siblings), tree)
    shares = np.broadcast_to(shares_of(tree.given, tree), (n, 1, len(tree.nodes)))
    way = Sweep.of(shares, normalised, spec, raw)
    for family in tree.families:
        choice = spec.weighing(int(tree.levels[family.parent]) - 1)
        if choice.method == "given":
            continue
        children = [normalised[..., at] if at < k else way.child(int(at)) for at in family.children]
        siblings = Siblings(
            tree.codes[family.parent], tuple(tree.codes[i] for i in family.children), tree.given[family.children], None
        )
        own = call(choice, np.stack(children, axis=-1), siblings)
        way = replace(way, weights=put(way.weights, family.children, own))
    return way.weights
